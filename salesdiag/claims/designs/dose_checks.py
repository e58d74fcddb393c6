"""Doubts about the curve of own deals, as :class:`~salesdiag.finding.Check` objects."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from salesdiag import checks
from salesdiag.finding import Check, Estimate, Verdict, growth
from salesdiag.text import checks as words
from salesdiag.verdict import lean

LEAST_QUARTERS = 6
MOST_TAKEN = 0.2


def enough_quarters(periods: int) -> Check:
    """Ask for at least six usable quarters."""
    passed = periods >= LEAST_QUARTERS
    text = words.QUARTERS_ENOUGH if passed else words.QUARTERS_FEW
    return Check(
        name="enough_quarters",
        passed=passed,
        text=text(quarters=periods, least=LEAST_QUARTERS),
        bars=checks.DECIDED,
    )


def inside(effect: Estimate, margin: float) -> bool:
    """Say whether an effect is too small to matter: its 90 % interval lies within the margin."""
    narrow = effect.interval(0.90)
    return -margin < narrow.low and narrow.high < margin


def reaction_within(
    estimate: Estimate, corrected: Estimate | None, direction: int, margin: float
) -> Check:
    """Ask that a verdict stands if managers answer the same quarter as they answer the last one.

    It is taken away unless the corrected estimate bears it out alone: its 95 % interval on the same
    side of zero, or its 90 % interval within the margin. Where the reaction is not known, nothing
    can be decided.

    Parameters
    ----------
    estimate, corrected : Estimate
        As it is, and less what a reaction within the quarter would add to it.
    direction : {1, -1}
        Sign that the claim expects.
    margin : float
        In the unit of the estimate.
    """
    if corrected is None:
        return Check(
            name="reaction_within", passed=False, text=words.WITHIN_UNKNOWN(), bars=checks.DECIDED
        )
    wide = corrected.interval()
    borne: dict[Verdict, bool] = {
        "supported": wide.low > 0 if direction > 0 else wide.high < 0,
        "contradicted": wide.high < 0 if direction > 0 else wide.low > 0,
        "negligible": inside(corrected, margin),
    }
    alone = lean(estimate.value, estimate.interval(), estimate.interval(0.90), direction, margin)
    passed = borne.get(alone, True)
    return Check(
        name="reaction_within",
        passed=passed,
        text=(words.WITHIN_STANDS if passed else words.WITHIN_FALLS)(
            value=growth(corrected.value),
            low=growth(wide.low),
            high=growth(wide.high),
        ),
        bars=tuple(v for v, stands in borne.items() if not stands),
    )


def change_of_manager(
    estimate: Estimate, second: Estimate | None, z: float, direction: int
) -> Check:
    """Compare with what changes of manager alone say.

    Parameters
    ----------
    estimate, second : Estimate
    z : float
        Their difference in jackknife standard errors.
    direction : {1, -1}
        Sign that the claim expects.
    """
    check = checks.second_design(estimate, second, z, direction)
    text = words.MANAGERS_NONE()
    if second is not None and check.passed is not None:
        ends = second.interval()
        text = (words.MANAGERS_AGREE if check.passed else words.MANAGERS_DISAGREE)(
            value=growth(second.value), low=growth(ends.low), high=growth(ends.high)
        )
    return replace(check, name="change_of_manager", text=text)


def tipping(deals: float) -> Check:
    """Say how strongly deals would have to answer the same quarter's result (informs).

    Parameters
    ----------
    deals : float
        Own deals more in a quarter in which the others fall 10 % short; negative where they would
        have to be more in a better quarter, 0 where the interval holds zero anyway.
    """
    if not math.isfinite(deals):
        return Check(name="tipping_reaction", passed=None, text=words.TIPPING_UNKNOWN())
    if deals == 0:
        return Check(name="tipping_reaction", passed=None, text=words.TIPPING_NONE())
    text = words.TIPPING_SHORT if deals > 0 else words.TIPPING_OVER
    return Check(name="tipping_reaction", passed=None, text=text(deals=abs(deals)))


def taken_from_reps(taken: int, known: int, direction: int) -> Check:
    """Ask that few own deals were a rep's before: these take from the others by being moved.

    Parameters
    ----------
    taken, known : int
        Own deals with a client that was a rep's of the same team when the deal began, and all of
        which that is known.
    direction : {1, -1}
        Sign that the claim expects; harm is not told where more than a fifth were.
    """
    if not known:
        return Check(name="taken_from_reps", passed=None, text=words.TAKEN_UNKNOWN())
    return Check(
        name="taken_from_reps",
        passed=taken <= MOST_TAKEN * known,
        text=words.TAKEN(taken=taken, known=known),
        bars=("supported" if direction < 0 else "contradicted",),
    )


def begins_at_limit(
    estimate: Estimate, up_to: Estimate | None, kink: Estimate | None, margin: float
) -> Check:
    """Ask that harm beyond the limit is not simply harm of every deal.

    Either no harm of a size that matters is left possible up to the limit, or a deal beyond it
    clearly does more harm than one before it. Where nothing speaks for harm, the check informs.

    Parameters
    ----------
    estimate : Estimate
        Slope beyond the limit.
    up_to, kink : Estimate or None
        Effect of as many deals as the limit allows; slope beyond the limit less slope up to it.
    margin : float
        Of a realistic change.
    """
    free = up_to is not None and up_to.interval(0.90).low > -margin
    steeper = kink is not None and kink.interval().high < 0
    begins = free or steeper
    return Check(
        name="begins_at_limit",
        passed=True if begins else False if estimate.value < 0 else None,
        text=(words.BEGINS_AT_LIMIT if begins else words.BEGINS_UNKNOWN)(),
        bars=("supported",),
    )


def at_high_dose(effect: Estimate, margin: float, dose: float, *, asked: bool) -> Check:
    """Ask that what is too small to matter is so where much is sold, too.

    Parameters
    ----------
    effect : Estimate
        Of as many own deals as nine in ten team-quarters do not exceed.
    margin : float
        Of a realistic change.
    dose : float
        That many deals.
    asked : bool
        Whether the estimate itself is too small to matter; else the check informs.
    """
    narrow = effect.interval(0.90)
    passed = inside(effect, margin) or (False if asked else None)
    return Check(
        name="negligible_at_high_dose",
        passed=passed,
        text=(words.HIGH_DOSE_SMALL if passed else words.HIGH_DOSE_OPEN)(
            dose=dose, low=growth(narrow.low), high=growth(narrow.high)
        ),
        bars=("negligible",),
    )


def quarter_after(effect: Estimate | None, margin: float, *, asked: bool) -> Check:
    """Ask that what is too small to matter now is so in the quarter after, too.

    Parameters
    ----------
    effect : Estimate or None
        Per own deal, on the result of the next quarter.
    margin : float
        Per own deal.
    asked : bool
        As in :func:`at_high_dose`.
    """
    otherwise = False if asked else None
    if effect is None:
        return Check(
            name="quarter_after", passed=otherwise, text=words.AFTER_UNKNOWN(), bars=("negligible",)
        )
    wide = effect.interval()
    return Check(
        name="quarter_after",
        passed=inside(effect, margin) or otherwise,
        text=words.AFTER(value=growth(effect.value), low=growth(wide.low), high=growth(wide.high)),
        bars=("negligible",),
    )


def plain_sign(steps: Mapping[str, float] | None) -> Check:
    """Say why a plain comparison has the other sign, where it has.

    Parameters
    ----------
    steps : mapping or None
        The estimate on its way from ``plain`` to ``estimate``; the last step that turns the sign is
        the reason. Without one the difference is not understood, and no effect may be told.
    """
    if steps is None or not all(map(math.isfinite, steps.values())):
        return Check(
            name="plain_sign", passed=False, text=words.PLAIN_UNKNOWN(), bars=checks.EFFECT
        )
    shown = {name: growth(value) for name, value in steps.items()}
    if steps["plain"] * steps["estimate"] > 0:
        text = words.PLAIN_SAME(plain=shown["plain"], estimate=shown["estimate"])
        return Check(name="plain_sign", passed=True, text=text)
    side = 1 if steps["plain"] > 0 else -1
    names = list(steps)
    turned = next(
        b for a, b in reversed(list(pairwise(names)))
        if steps[a] * steps["estimate"] <= 0
    )  # fmt: skip
    return Check(name="plain_sign", passed=True, text=words.PLAIN_TURNS[turned, side](**shown))
