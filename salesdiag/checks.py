"""Doubts about an estimate, examined one by one.

Each function takes numbers and returns a :class:`~salesdiag.finding.Check`. The thresholds are
those of the verdict rule, fixed before data are seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from salesdiag.finding import Check, Estimate, Guard, Interval, Sensitivity, Verdict, growth
from salesdiag.text import Message, Template
from salesdiag.text import checks as words

LEAST_GROUPS = 5
LEAST_PERIODS = 10
MOST_UNLOGGED = 0.40
LEAST_SAME_SIGN = 0.80
SIGNIFICANCE = 0.05
LARGE_Z = 2.0
MOSTLY_ROUNDED = 0.80
ROUNDING = 1e-6  # hours, what is left of minutes divided by 60

DECIDED: tuple[Verdict, ...] = ("supported", "contradicted", "negligible")
EFFECT: tuple[Verdict, ...] = ("supported", "contradicted")


def enough_groups(groups: int, bars: tuple[Verdict, ...] = DECIDED) -> Check:
    """Ask for at least five independent groups; the jackknife has no footing below."""
    passed = groups >= LEAST_GROUPS
    text = words.GROUPS_ENOUGH if passed else words.GROUPS_FEW
    return Check(
        name="enough_groups",
        passed=passed,
        text=text(groups=groups, least=LEAST_GROUPS),
        bars=bars,
    )


def enough_periods(periods: int) -> Check:
    """Ask for at least ten usable months; bias of a dynamic panel falls with their number."""
    passed = periods >= LEAST_PERIODS
    text = words.PERIODS_ENOUGH if passed else words.PERIODS_FEW
    return Check(
        name="enough_periods",
        passed=passed,
        text=text(periods=periods, least=LEAST_PERIODS),
        bars=DECIDED,
    )


def logged(missing_share: float) -> Check:
    """Ask that at most 40 % of the months lack a record of the driver."""
    passed = missing_share <= MOST_UNLOGGED
    text = words.LOGS if passed else words.LOGS_TOO_FEW
    return Check(
        name="logs",
        passed=passed,
        text=text(share=missing_share, most=MOST_UNLOGGED),
        bars=DECIDED,
    )


def same_sign(value: float, others: Sequence[float]) -> Check:
    """Ask that four in five reasonable specifications agree on the sign."""
    share = sum(v * value > 0 for v in others) / len(others) if others else math.nan
    passed = share >= LEAST_SAME_SIGN if others else None
    text = words.SIGNS_DIFFER if passed is False else words.SIGNS if others else words.SIGNS_NONE
    return Check(
        name="specification_curve",
        passed=passed,
        text=text(share=share, count=len(others), least=LEAST_SAME_SIGN),
        bars=EFFECT,
    )


def one_team(estimate: Estimate) -> Check:
    """Ask that no single group's absence turns the sign."""
    turned = any(v * estimate.value <= 0 for v in estimate.leave_one_out.values())
    return Check(
        name="leave_one_team_out",
        passed=not turned,
        text=(words.ONE_TEAM_DECIDES if turned else words.ONE_TEAM)(),
        bars=EFFECT,
    )


def short_panel(estimate: Estimate, corrected: Estimate | None) -> Check:
    """Compare with the half-panel jackknife (Dhaene and Jochmans 2015, REStud 82).

    It fails when the correction moves the estimate by more than one standard error and by more
    than twice what the correction's own noise explains.

    Parameters
    ----------
    estimate, corrected : Estimate
        The corrected one carries in ``se`` the standard error of the *difference*.
    """
    if corrected is None:
        return Check(name="half_panel", passed=None, text=words.SHORT_PANEL_UNKNOWN())
    moved = abs(corrected.value - estimate.value)
    passed = not (moved > estimate.se and moved > LARGE_Z * corrected.se)
    return Check(
        name="half_panel",
        passed=passed,
        text=(words.SHORT_PANEL if passed else words.SHORT_PANEL_DIFFERS)(),
        bars=DECIDED,
    )


def second_design(estimate: Estimate, second: Estimate | None, z: float, direction: int) -> Check:
    """Compare with the second design.

    Parameters
    ----------
    estimate, second : Estimate
        Primary and second design.
    z : float
        Their difference, primary less second, in jackknife standard errors.
    direction : {1, -1}
        Sign that the claim expects: an answer is doubted when it lies further out on its own side
        than the second design bears out.
    """
    if second is None or not math.isfinite(z):
        return Check(name="second_design", passed=None, text=words.SECOND_NONE())
    interval = second.interval()
    passed = abs(z) <= LARGE_Z
    beyond: list[Verdict] = ["negligible"]
    if z * estimate.value > 0:
        beyond.append("supported" if estimate.value * direction > 0 else "contradicted")
    return Check(
        name="second_design",
        passed=passed,
        text=(words.SECOND_AGREES if passed else words.SECOND_DISAGREES)(
            value=growth(second.value),
            low=growth(interval.low),
            high=growth(interval.high),
        ),
        bars=tuple(beyond),
    )


def bias_direction(
    estimate: Estimate, lead: Estimate | None, second: Estimate | None, direction: int
) -> Check:
    """Gate a verdict on the side to which a manager's reactions are known to bend the estimate.

    If the driver reacts to results downwards (strugglers get more), what the data do not show
    bends the estimate down; a verdict on that side needs the second design to reject on its own.
    Upwards likewise.

    Parameters
    ----------
    lead : Estimate
        Coefficient of next month's driver on this month's result given history.
    """
    if lead is None:
        return Check(name="bias_direction", passed=None, text=words.REACTION_UNKNOWN())
    if not lead.p_value < SIGNIFICANCE:
        return Check(name="bias_direction", passed=True, text=words.NO_REACTION())
    side = 1 if lead.value > 0 else -1
    barred: Verdict = "supported" if side == direction else "contradicted"
    on_that_side = estimate.value * side > 0
    confirmed = second is not None and second.p_value < SIGNIFICANCE and second.value * side > 0
    if on_that_side and not confirmed and estimate.p_value < SIGNIFICANCE:
        return Check(
            name="bias_direction", passed=False, text=words.REACTION_BARS(), bars=(barred,)
        )
    return Check(
        name="bias_direction",
        passed=True,
        text=(words.REACTS_TO_STRONG if side > 0 else words.REACTS_TO_WEAK)(),
        bars=(barred,),
    )


def rounded(hours: ArrayLike) -> Check:
    """Say where logged hours look rounded (informs, does not decide).

    Hours written down in whole or half hours, or from memory, carry errors that draw an estimate
    towards nothing; how far cannot be seen from the log.

    Parameters
    ----------
    hours : array, shape (n,)
        Logged hours of rep-months; missing ones and zeros are left out.
    """
    logged_hours = np.asarray(hours, dtype=float)
    logged_hours = logged_hours[logged_hours > 0]
    halves = logged_hours * 2
    share = float((np.abs(halves - halves.round()) < ROUNDING).mean()) if len(halves) else 0.0
    is_rounded = share >= MOSTLY_ROUNDED
    return Check(
        name="rounded_log",
        passed=None if is_rounded else True,
        text=(words.ROUNDED if is_rounded else words.NOT_ROUNDED)(share=share),
    )


def robustness(unseen: Sensitivity) -> Check:
    """Say how little unseen would overturn the answer, absolutely (informs, does not decide)."""
    known = math.isfinite(unseen.partial_r2)
    told = words.UNSEEN_CAUSE if known else words.UNSEEN_CAUSE_UNKNOWN
    tipped = words.NOT_OVERTURNED
    if math.isfinite(unseen.tipping_minutes):
        tipped = words.OVERTURNED[unseen.towards]
    elif unseen.tipping_minutes > 0:
        tipped = words.OVERTURNED_BY_NONE
    text = words.UNSEEN(
        foresight=tipped(tipping=unseen.tipping_minutes, floor=unseen.floor_minutes),
        cause=told(r2=unseen.partial_r2, value=unseen.robustness_value),
    )
    return Check(name="robustness", passed=None, text=text)


def same_month(
    leaves_room: bool, estimate: Estimate | None = None, with_month: Estimate | None = None
) -> Check:
    """Say whether the driver's own month leaves room for an effect that matters.

    What is seen in it may be a reaction, so it never supports or contradicts anything; where it
    leaves room nothing is called too small (:class:`~salesdiag.finding.Guard`). It takes away,
    though: an hour that helps at once and no longer is followed by months that fall back from a
    better one, and these look like harm. A sum that lies clearly on the other side of zero once its
    own month is in it is therefore barred.

    Parameters
    ----------
    leaves_room : bool
    estimate, with_month : Estimate, optional
        Sums over the months after the driver's own, and with it.
    """
    if estimate is not None and with_month is not None:
        ends = with_month.interval()
        if (ends.low > 0 > estimate.value) or (ends.high < 0 < estimate.value):
            return Check(
                name="same_month", passed=False, text=words.SAME_MONTH_TURNS(), bars=EFFECT
            )
    return Check(
        name="same_month",
        passed=None if leaves_room else True,
        text=(words.SAME_MONTH_OPEN if leaves_room else words.SAME_MONTH_SMALL)(),
    )


def pipeline(estimate: Estimate, late: Estimate, guard: Guard) -> Check:
    """Ask that an effect is there, too, given the pipeline at the end of the driver's month.

    What managers saw in it may have brought the hours; an effect that is clear without it and not
    with it is barred, and so is one that is not clear but moves by more than a standard error.
    """

    def clear(of: Estimate) -> bool:
        ends = guard.wide(of.interval())
        return ends.low > 0 or ends.high < 0

    same_side = late.value * estimate.value > 0
    if clear(estimate):
        passed = same_side and clear(late)
    else:
        passed = abs(late.value - estimate.value) <= estimate.se
    text = words.PIPELINE_AGREES if passed else words.PIPELINE_MOVES
    return Check(name="pipeline", passed=passed, text=text(), bars=EFFECT)


def negative_control(unmoved: Estimate | None) -> Check:
    """Ask that the driver does nothing to orders that it cannot move."""
    if unmoved is None:
        return Check(name="negative_control", passed=None, text=words.CONTROL_UNKNOWN())
    passed = not unmoved.p_value < SIGNIFICANCE
    return Check(
        name="negative_control",
        passed=passed,
        text=(words.CONTROL_STILL if passed else words.CONTROL_MOVES)(),
        bars=DECIDED,
    )


def bootstrap(p: float) -> Check:
    """Give the wild cluster bootstrap's p-value beside the jackknife's (informs)."""
    return Check(name="wild_bootstrap", passed=None, text=words.BOOTSTRAP(p=p))


def common_shocks(estimate: Estimate, others: Sequence[Estimate], *, carried: bool) -> Check:
    """Ask that the answer stays within one standard error under month effects of places.

    Parameters
    ----------
    others : sequence of Estimate
        With month effects by region or segment that the answer itself does not carry.
    carried : bool
        Whether it carries some.
    """
    far = max(others, key=lambda other: abs(other.value - estimate.value), default=None)
    if far is None:
        held = words.COMMON_HELD if carried else words.COMMON_ALONE
        return Check(name="common_shocks", passed=True if carried else None, text=held())
    passed = abs(far.value - estimate.value) <= estimate.se
    text = words.COMMON_HELD if passed else words.COMMON_MOVES
    return _moved("common_shocks", passed, text, estimate, far)


def quarter_ends(estimate: Estimate, other: Estimate | None, z: float, least: int) -> Check:
    """Ask that the answer stays when each rep's months of a quarter have levels of their own.

    It fails where it moves by more than one standard error and more than twice the move's own, or
    loses its sign although it was told from nothing.

    Parameters
    ----------
    other : Estimate or None
        With effects of rep and month of the quarter; None where the time is too short.
    z : float
        Their difference in jackknife standard errors.
    least : int
        Months needed.
    """
    if other is None:
        return Check(name="quarter_ends", passed=None, text=words.ENDS_SHORT(least=least))
    lost = estimate.p_value < SIGNIFICANCE and other.value * estimate.value <= 0
    passed = not (lost or _far(estimate, other, z))
    text = words.ENDS_HELD if passed else words.ENDS_MOVE
    return _moved("quarter_ends", passed, text, estimate, other)


def heavy_tails(
    estimate: Estimate, drawn_in: Sequence[Estimate], counted: Sequence[tuple[Estimate, float]]
) -> Check:
    """Ask that the answer stays when extreme months weigh less, or otherwise.

    Parameters
    ----------
    drawn_in : sequence of Estimate
        With extreme months drawn in; it fails where one moves by more than one standard error, or
        by half of one and is no longer told from nothing. Companies without extremes stay within
        a fifth.
    counted : sequence of (Estimate, float)
        Of money in place of logarithms, which weighs large sellers more, with their difference from
        the answer in jackknife standard errors: here the move must exceed twice its own, too.
    """
    if not (drawn_in or counted):
        return Check(name="heavy_tails", passed=None, text=words.TAILS_UNKNOWN())
    moved = [
        other for other in drawn_in if _far(estimate, other, math.inf) or _lost(estimate, other)
    ]
    moved += [other for other, z in counted if _far(estimate, other, z)]
    text = words.TAILS_MOVE if moved else words.TAILS_HELD
    return _moved("heavy_tails", not moved, text, estimate, (moved or [estimate])[0])


def _far(estimate: Estimate, other: Estimate, z: float) -> bool:
    return abs(other.value - estimate.value) > estimate.se and abs(z) > LARGE_Z


def _lost(estimate: Estimate, other: Estimate) -> bool:
    told = estimate.p_value < SIGNIFICANCE <= other.p_value
    return told and abs(other.value - estimate.value) > estimate.se / 2


def _moved(name: str, passed: bool, text: Template, estimate: Estimate, other: Estimate) -> Check:
    values = {"value": growth(estimate.value), "other": growth(other.value)}
    return Check(name=name, passed=passed, text=text(**({} if passed else values)), bars=DECIDED)


def absences(estimate: Estimate, found: Interval, before: float) -> Check:
    """Compare with what managers' absences tell of an hour.

    Parameters
    ----------
    estimate : Estimate
        Same unit and horizon.
    found : Interval
        Anderson-Rubin interval; it contradicts where it has no value in common with the estimate's.
    before : float
        P-value of no movement before the absences; below 5 % they tell nothing.
    """
    name, own = "absences", estimate.interval()
    ends = {"value": growth(found.value)}
    if before < SIGNIFICANCE:
        return Check(name=name, passed=None, text=words.ABSENCES_BENT())
    if not (math.isfinite(found.low) and math.isfinite(found.high)):
        return Check(name=name, passed=None, text=words.ABSENCES_SILENT())
    ends |= {"low": growth(found.low), "high": growth(found.high)}
    if found.low > own.high or found.high < own.low:
        return Check(name=name, passed=False, text=words.ABSENCES_CONTRADICT(**ends), bars=DECIDED)
    told = found.low > 0 or found.high < 0
    return Check(
        name=name,
        passed=True,
        text=words.ABSENCES_AGREE(**ends)
        if told
        else words.ABSENCES_OPEN(low=ends["low"], high=ends["high"]),
    )


def few_absences(reason: Message) -> Check:
    """Say why managers' absences cannot be used (informs)."""
    return Check(name="absences", passed=None, text=words.ABSENCES_FEW(reason=reason))


def up_to_limit(contrast: Estimate | None, margin: float) -> Check:
    """Ask whether there is harm already below the articles' limit.

    Parameters
    ----------
    contrast : Estimate or None
        Result at or below the limit less result with none; None where too few teams moved there.
    margin : float
        Smallest harm that matters, positive.
    """
    if contrast is not None and contrast.interval(0.90).low > -margin:
        return Check(name="up_to_limit", passed=True, text=words.UP_TO_LIMIT_FREE())
    if contrast is not None and contrast.interval().high < 0:
        return Check(
            name="up_to_limit", passed=False, text=words.UP_TO_LIMIT_HARM(), bars=("supported",)
        )
    return Check(name="up_to_limit", passed=None, text=words.UP_TO_LIMIT_UNKNOWN())


def dip_before(months: int, value: float, p_value: float) -> Check:
    """Ask that those who took a measure up had not just fallen below their own norm.

    What follows a bad spell is in part recovery (Ashenfelter's dip), which favours the measure.

    Parameters
    ----------
    months : int
        Looked at before the start; 0 where too few had earlier months to compare with.
    value, p_value : float
        Mean difference over them; one-sided, of such a dip or a deeper one.
    """
    if not months:
        return Check(name="dip_before", passed=None, text=words.DIP_UNKNOWN())
    passed = p_value > SIGNIFICANCE
    return Check(
        name="dip_before",
        passed=passed,
        text=(words.DIP_NONE if passed else words.DIP)(months=months, value=value),
        bars=("supported",),
    )


def parting_paths(first: float, whole: float) -> Check:
    """Say how far paths may part after the start until no effect is left.

    Parameters
    ----------
    first, whole : float
        Multiple of the largest step before the start: for the first months with the measure, for
        all of them. NaN where too few had the earlier months that this takes.
    """
    known = math.isfinite(whole)
    text = words.PATHS(first=first, whole=whole) if known else words.PATHS_UNKNOWN()
    return Check(name="parting_paths", passed=None, text=text)
