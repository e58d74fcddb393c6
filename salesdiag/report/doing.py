"""What follows for a team's work: from decided findings only, with the team's own figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from salesdiag.finding import Finding
from salesdiag.report import answers, comparison
from salesdiag.report.dossier import Dossier
from salesdiag.text import Message
from salesdiag.text import pages as words


def actions(dossier: Dossier) -> list[dict[str, object]]:
    """Return what to do and from which claim it follows, what matters most first."""
    led = answers.leading(dossier)
    ranked = answers.foremost(led)
    told: dict[str, dict[str, object]] = {}
    for f in (*ranked, *(f for f in led if f not in ranked)):
        what = _what(dossier, f)
        if what is None:
            continue
        beside = [_now(dossier, f), _expected(dossier, f)]
        whole = dossier.team is not None and f.team is None
        why = words.ACTIONS_FROM_ALL if whole else words.ACTIONS_FROM
        told.setdefault(
            str(what),
            {
                "what": what,
                "more": [s for s in beside if s is not None],
                "why": why(claim=str(answers.title(f))),
            },
        )
    return list(told.values())


def _what(dossier: Dossier, finding: Finding) -> Message | str | None:
    """Return what a finding tells to do, None where it tells nothing."""
    if finding.verdict not in ("supported", "contradicted", "measured"):
        return None
    template = words.DO.get((finding.claim, finding.verdict))
    if template is words.DO["selling-hurts", "supported"] and dossier.own_deals == 0:
        template = words.KEEP_OUT
    limits = dossier.settings.limits
    own = finding.words.get("action")
    return own or (template(limit=limits["own_deals_per_quarter"]) if template else None)


def _expected(dossier: Dossier, finding: Finding) -> Message | None:
    """Return what one step is worth to the page's team, where a finding says it of this team."""
    money = finding.effect_sizes.get("money_per_month")
    if money is None or finding.claim not in STEPS or finding.team != dossier.team:
        return None
    return words.EXPECTED(money=money.value, low=money.low, high=money.high)


def _now(dossier: Dossier, finding: Finding) -> Message | None:
    """Return how much of it the team has now, where the page may say so."""
    tell = NOW.get(finding.claim)
    return tell(dossier) if tell and dossier.period and not dossier.withheld else None


def _coached(dossier: Dossier) -> Message | None:
    hours = comparison.own_figure(dossier, words.COACHING_HOURS)
    return None if hours is None else words.COACHED_NOW(period=_period(dossier), hours=hours)


def _own_deals(dossier: Dossier) -> Message | None:
    deals = dossier.own_deals
    if deals is None:
        return None
    said = words.OWN_DEALS_NOW if round(deals) else words.NO_OWN_DEALS_NOW
    return said(period=_period(dossier), deals=round(deals))


def _period(dossier: Dossier) -> Message | str:
    return words.PERIOD(start=dossier.period[0], end=dossier.period[1]) if dossier.period else ""


STEPS = frozenset({"coaching-hours"})
"""Claims whose money is that of the step which their action asks for."""
NOW: Mapping[str, Callable[[Dossier], Message | None]] = {
    "coaching-hours": _coached,
    "selling-hurts": _own_deals,
    "selling-helps": _own_deals,
    "one-deal-a-quarter": _own_deals,
}
