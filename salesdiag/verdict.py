"""The verdict rule: intervals, then one correction over all tests of a run, then checks.

Nothing else in the project gives verdicts to effects.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from scipy import stats

from salesdiag.finding import LEVEL, Finding, Interval, Verdict
from salesdiag.text import findings as words

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
    away the verdicts that it bars. The reason is that of the first step that decided.
    """
    wide, narrow = _intervals(finding)
    guard = finding.guard
    rule = partial(lean, wide.value, direction=finding.direction, margin=finding.margin)
    verdict = rule(guard.wide(wide), guard.narrow(narrow))
    reason = words.REASONS[verdict]()
    if verdict == "inconclusive":
        reason = words.UNGUARDED.get(rule(wide, narrow), words.REASONS[verdict])()
    if verdict in ("supported", "contradicted") and q_value > FALSE_DISCOVERY_RATE:
        verdict, reason = "inconclusive", words.NOT_AFTER_CORRECTION(q=q_value)
    for check in finding.checks:
        if check.passed is False and verdict in check.bars:
            verdict, reason = "inconclusive", check.text
            break
    return replace(finding, verdict=verdict, reason=reason, q_value=q_value)


def _intervals(finding: Finding) -> tuple[Interval, Interval]:
    if finding.team_estimate is not None:
        return finding.team_estimate.shrunken, finding.team_estimate.narrow
    if finding.evidence is None:
        raise ValueError(f"the finding on {finding.claim!r} has no estimate to decide from")
    return finding.evidence.interval(LEVEL), finding.evidence.interval(2 * LEVEL - 1)


def correct(findings: Sequence[Finding]) -> list[Finding]:
    """Decide all company findings of a run together, with one correction over the effect tests.

    Two claims that read one estimate from opposite sides count as one test.

    Parameters
    ----------
    findings : sequence of Finding
        Company scope; those without ``evidence`` pass through unchanged.

    Returns
    -------
    list of Finding
        In the given order.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995), JRSS B 57.
    """
    tests = [f for f in findings if f.evidence is not None and math.isfinite(f.p_value)]
    keys = list(dict.fromkeys((f.p_value, f.evidence.value) for f in tests if f.evidence))
    adjusted = stats.false_discovery_control([p for p, _ in keys]) if keys else []
    q_of = dict(zip(keys, map(float, adjusted), strict=True))
    return [
        decide(f, q_of.get((f.p_value, f.evidence.value), math.nan)) if f.evidence else f
        for f in findings
    ]
