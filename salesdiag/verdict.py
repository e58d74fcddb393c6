"""The verdict rule: intervals, then one correction over all tests of a run, then checks.

A company that is looked at again and again is tested at the level of the look
(``salesdiag.looks``): the intervals read here are of that level. q-values are made of p-values that
count all looks, and are therefore compared with the same rate at every look.

Nothing else in the project gives verdicts to effects.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from scipy import stats

from salesdiag.finding import LEVEL, NO_GUARD, Check, Finding, Guard, Interval, Verdict
from salesdiag.looks import Look
from salesdiag.text import Message
from salesdiag.text import findings as words
from salesdiag.text import looks as look_words

FALSE_DISCOVERY_RATE = 0.05


def lean(value: float, wide: Interval, narrow: Interval, direction: int, margin: float) -> Verdict:
    """Read a verdict from intervals alone, before checks and multiplicity.

    The rule of the method notes: *negligible* when the 90 % interval lies within the margin (two
    one-sided tests); *supported* when the 95 % interval excludes zero on the claim's side and the
    estimate reaches the margin; *contradicted* likewise on the other side; else *inconclusive*.

    Parameters
    ----------
    value : float
        Estimate.
    wide, narrow : Interval
        Its 95 % and 90 % intervals.
    direction : {1, -1}
        Sign that the claim expects.
    margin : float
        Smallest effect worth acting on, positive, declared beforehand.

    Examples
    --------
    >>> wide = Interval(value=0.02, low=0.01, high=0.03, unit="log_points")
    >>> lean(0.02, wide, wide, direction=1, margin=0.005)
    'supported'
    """
    if not margin > 0:
        raise ValueError(f"a margin must be positive, not {margin}")
    if direction not in (1, -1):
        raise ValueError(f"a direction is 1 or -1, not {direction}")
    if not all(math.isfinite(x) for x in (value, wide.low, wide.high)):
        return "inconclusive"
    if math.isnan(narrow.low) or math.isnan(narrow.high):  # infinite is known, and never small
        return "inconclusive"
    if -margin < narrow.low and narrow.high < margin:
        return "negligible"
    sides = {1: wide.low > 0 and value >= margin, -1: wide.high < 0 and value <= -margin}
    if sides[direction]:
        return "supported"
    return "contradicted" if sides[-direction] else "inconclusive"


def decide(finding: Finding, q_value: float) -> Finding:
    """Give a finding its verdict: intervals, then one correction over all tests, then checks.

    Parameters
    ----------
    finding : Finding
        With estimate, margin, direction and checks; for a team, with its ``team_estimate``.
    q_value : float
        Benjamini-Hochberg adjusted p-value within the confirmatory family of the run; NaN for a
        team's finding, whose interval is already pooled over all teams.

    Returns
    -------
    Finding
        The same with ``q_value``, ``verdict`` and ``reason`` set.

    Notes
    -----
    All three verdicts are read from intervals that were moved out by what foresight at the declared
    floor could have done (``finding.guard``); the published interval is not. A failed check takes
    away the verdicts that it bars. The reason is the doubt that would stay if there were no other:
    a failed check that bars what the intervals alone would say (or any side, where they say
    nothing) comes before foresight, looks and correction.
    """
    verdict = _read(finding, finding.guard)
    reason = words.REASONS[verdict]() if verdict != "inconclusive" else _undecided(finding)
    if verdict in ("supported", "contradicted") and q_value > FALSE_DISCOVERY_RATE:
        verdict, reason = "inconclusive", words.NOT_AFTER_CORRECTION(q=q_value)
    barring = _barring(finding)
    if barring is not None:
        verdict, reason = "inconclusive", barring.text
    return replace(finding, verdict=verdict, reason=reason, q_value=q_value)


def _barring(finding: Finding) -> Check | None:
    """Return the failed check that bars what the intervals say by themselves, None without one.

    Intervals at a later look or moved out by a guard are only wider, so what they decide is what
    they say by themselves.
    """
    alone = _read(replace(finding, look=Look()), NO_GUARD)
    sides = {"supported", "contradicted"} if alone == "inconclusive" else {alone}
    return next((c for c in finding.checks if c.passed is False and sides & set(c.bars)), None)


def _read(finding: Finding, guard: Guard) -> Verdict:
    """Return the verdict of a finding's intervals, moved out by a guard."""
    wide, narrow = _intervals(finding)
    return lean(
        wide.value, guard.wide(wide), guard.narrow(narrow), finding.direction, finding.margin
    )


def _undecided(finding: Finding) -> Message:
    """Return why intervals do not decide: too wide, by foresight, or as it is not the only look."""
    look, once = finding.look, replace(finding, look=Look())
    alone = _read(once, NO_GUARD)
    if _read(once, finding.guard) == "inconclusive":
        unguarded = words.UNGUARDED.get((finding.guard.against, alone))
        return (unguarded or words.REASONS["inconclusive"])()
    if look.number > look.planned:
        return look_words.USED_UP(planned=look.planned)
    return look_words.NOT_AT_THIS_LOOK(
        number=look.number, planned=look.planned, sure=1 - look.level(1 - LEVEL)
    )


def _intervals(finding: Finding) -> tuple[Interval, Interval]:
    """Return the intervals that decide on a sign and on too small an effect, at this look."""
    if finding.evidence is None and finding.team_estimate is None:
        raise ValueError(f"the finding on {finding.claim!r} has no estimate to decide from")
    alpha = 1 - LEVEL
    sign, small = finding.look.level(alpha), finding.look.level(2 * alpha)
    team = finding.team_estimate
    if team is not None:
        return _stretched(team.shrunken, alpha, sign), _stretched(team.narrow, 2 * alpha, small)
    return finding.evidence.interval(1 - sign), finding.evidence.interval(1 - small)  # type: ignore[union-attr]


def _stretched(interval: Interval, alpha: float, level: float) -> Interval:
    """Return an interval of error ``alpha`` at a stricter level, as that of a normal estimate."""
    if level == alpha:
        return interval
    times = float(stats.norm.isf(level / 2) / stats.norm.isf(alpha / 2))
    low, high = (
        interval.value + times * (x - interval.value) for x in (interval.low, interval.high)
    )
    return replace(interval, low=low, high=high, level=1 - level)


def correct(findings: Sequence[Finding], look: Look | None = None) -> list[Finding]:
    """Decide all company findings of a run together, with one correction over the effect tests.

    Two claims that read one estimate from opposite sides count as one test.

    Parameters
    ----------
    findings : sequence of Finding
        Company scope; those without ``evidence`` pass through unchanged.
    look : Look, optional
        Which look at growing data it is; the only one by default.

    Notes
    -----
    The p-values that go into the correction are those over all looks. If no claim has an effect,
    any of them is therefore decided at any look with a probability of at most the rate, where tests
    are independent or depend positively: what is rejected at a look would also be by each claim's
    smallest p-value over the looks.

    Returns
    -------
    list of Finding
        In the given order.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995), JRSS B 57.
    """
    findings = [replace(f, look=look or Look()) if f.evidence else f for f in findings]
    tests = [f for f in findings if f.evidence is not None and math.isfinite(f.p_value)]
    keys = list(dict.fromkeys((f.p_value, f.evidence.value) for f in tests if f.evidence))
    over_looks = {p: (look or Look()).over_looks(p) for p, _ in keys}
    adjusted = stats.false_discovery_control([over_looks[p] for p, _ in keys]) if keys else []
    q_of = dict(zip(keys, map(float, adjusted), strict=True))
    return [
        decide(f, q_of.get((f.p_value, f.evidence.value), math.nan)) if f.evidence else f
        for f in findings
    ]
