"""The sentences of a decided effect: headline, size, what a plain look would have said, doubts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from salesdiag import checks
from salesdiag.claims.base import Claim
from salesdiag.claims.designs.base import Effect
from salesdiag.company import Company
from salesdiag.finding import Estimate, Finding, Interval, Sensitivity, growth
from salesdiag.text import Message, Template
from salesdiag.text import claims as words

DECIDED = ("supported", "contradicted")


def tell(claim: Claim, company: Company, finding: Finding) -> Finding:
    """Give a decided finding its sentences.

    Parameters
    ----------
    claim : Claim
    company : Company
    finding : Finding
        Decided; one without an estimate is returned as it is.
    """
    percent = finding.effect_sizes.get("percent")
    if percent is None or not isinstance(claim.design, Effect):
        return finding
    said = claim.words
    values = {
        "size": abs(percent.value),
        "low": percent.low,
        "high": percent.high,
        **claim.design.told(company),
    }
    told: dict[str, Message] = {"headline": _headline(finding, percent, said, values)}
    silent = told["headline"].template in (*words.LEANS.values(), words.NO_ANSWER)
    money = finding.effect_sizes.get("money_per_month")
    if money is not None and finding.verdict in DECIDED:
        told["size"] = said["size" if finding.team is None else "team_size"](
            money=money.value, low=money.low, high=money.high
        )
    elif math.isfinite(finding.mde) and not silent:
        told["size"] = words.SMALLEST_SEEN(mde=growth(finding.mde), margin=growth(finding.margin))
    if finding.naive is not None:
        reaction = claim.design.evidence(company, claim).reaction
        told["naive"] = _beside(finding, reaction, claim.design.plain)
    if finding.verdict in DECIDED:
        told["doubt"] = _unseen(finding.sensitivity)
    told["change"] = _change(finding, said)
    return replace(finding, words=told)


def _headline(
    finding: Finding, percent: Interval, said: Mapping[str, Template], values: Mapping[str, object]
) -> Message:
    """Return the sentence that answers a claim.

    An interval on one side of zero says more than that nothing can be told: which side it is, and
    why that does not decide the claim all the same. How large the effect would be is not said then,
    nor where a check takes away the answer: a size that is not trusted is not told.
    """
    way = "more" if percent.value > 0 else "less"
    if finding.verdict == "negligible":
        return said["small"](**values)
    if finding.verdict in DECIDED:
        return said[way](**values)
    if percent.low > 0 or percent.high < 0:
        side = 1 if percent.value * finding.direction > 0 else -1
        return words.LEANS[side](reason=finding.reason)
    # checks of a sign fail near zero by nature: they take away a verdict, not the range
    doubted = any(c.passed is False and "negligible" in c.bars for c in finding.checks)
    return words.NO_ANSWER(reason=finding.reason) if doubted else said["untold"](**values)


def _change(finding: Finding, said: Mapping[str, Template]) -> Message:
    """Return what would change an answer, or give one: first of all more teams, if they are few."""
    if finding.verdict != "inconclusive":
        return said["change"]()
    few = next((c for c in finding.checks if c.name == "enough_groups" and not c.passed), None)
    if few is not None and isinstance(few.text, Message):
        return words.MORE_TEAMS(least=few.text.values["least"])
    return said["tell"]()


def _unseen(sensitivity: Sensitivity | None) -> Message:
    """Return what a decided answer still hangs on."""
    if sensitivity is None or not math.isfinite(sensitivity.tipping_minutes):
        return words.ONLY_IF_NOTHING_HIDDEN()
    if sensitivity.floor_minutes == 0:
        return words.TIPPED_BY_DESIGN()
    return words.TIPPED[sensitivity.towards](tipping=sensitivity.tipping_minutes)


def _beside(finding: Finding, reaction: Estimate | None, named: Template) -> Message:
    """Return what a plain regression would have said, and why it differs."""
    plain = finding.naive
    if plain is None or finding.evidence is None:
        raise ValueError("there is no plain analysis to set beside")
    shown: dict[str, object] = {k: growth(getattr(plain, k)) for k in ("value", "low", "high")}
    shown["plain"] = named()
    if finding.verdict == "inconclusive":
        return words.PLAIN_UNSETTLED(**shown)
    if plain.low <= finding.evidence.value <= plain.high:
        return words.PLAIN_AGREES(**shown)
    side = 0
    if reaction is not None and reaction.p_value < checks.SIGNIFICANCE:
        # a reaction explains a plain figure only on the side to which it bends it
        bent = reaction.value * (plain.value - finding.evidence.value) > 0
        side = (1 if reaction.value > 0 else -1) if bent else 0
    return words.PLAIN_DIFFERS[side](**shown)
