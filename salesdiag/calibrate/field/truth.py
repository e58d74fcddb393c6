"""What is true in a company: the same company twice, with more coaching or other own deals."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from salesdiag.calibrate.field.course import Made, lived, relived
from salesdiag.calibrate.field.days import WEEKS
from salesdiag.calibrate.field.firm import Firm, Planted
from salesdiag.calibrate.field.scene import present, scene_of

LAGS = 12
"""Months after an hour that are told apart."""
DEALS = 4
"""Own deals of a quarter up to which the effect is worked out one by one."""
COMPANIES = 6
"""Companies over which a truth is averaged."""
HOUR_A_WEEK = 60 // WEEKS
"""Minutes."""


def hour_effect(made: Made, lags: int = LAGS) -> np.ndarray:
    """Return what an hour more for everybody in one month does to log revenue, by months after it.

    Parameters
    ----------
    made : Made
    lags : int

    Returns
    -------
    array (lags + 1,)
        Log points of a month's revenue, mean over reps and months, beginning with the same month.
        Only reps who are there in both months count.
    """
    firm, scene = made.firm, made.scene
    total, count = np.zeros(lags + 1), np.zeros(lags + 1)
    if not made.planted.coaches:
        return total
    there = present(scene.people, scene.days, firm.span)
    who = scene.people.who[:, scene.days.first[:-1]]
    own = scene.own.sum(axis=2)
    base = relived(made, made.minutes, own).revenue
    for month in range(firm.burn, firm.burn + firm.months):
        more = made.minutes.copy()
        more[:, month * WEEKS : (month + 1) * WEEKS] += HOUR_A_WEEK
        other = relived(made, more, own).revenue
        for lag in range(min(lags, firm.burn + firm.months - 1 - month) + 1):
            then = month + lag
            both = there[:, month] & there[:, then] & (who[:, month] == who[:, then])
            both &= (base[:, then] > 0) & (other[:, then] > 0)
            total[lag] += np.log(other[both, then] / base[both, then]).sum()
            count[lag] += both.sum()
    return total / np.maximum(count, 1)


def own_deal_effect(made: Made, deals: int, after: int = 0) -> float:
    """Return what a number of own deals in a quarter does to log revenue of the others, against 0.

    Parameters
    ----------
    made : Made
    deals : int
        In the quarter, in every team.
    after : int
        Quarters after it.
    """
    firm, scene = made.firm, made.scene
    if not made.planted.sells or not deals:
        return 0.0
    quarter = scene.days.quarter
    # whole quarters in view, every fourth, so that a deal's next quarter has none
    last = firm.burn + firm.months
    whole = [q for q in range(quarter[-1]) if (np.nonzero(quarter == q)[0] >= firm.burn).all()
             and (quarter[:last] == q + after).sum() == 3]  # fmt: skip
    none = np.zeros((firm.teams, quarter[-1] + 1), int)
    there = present(scene.people, scene.days, firm.span)
    base = relived(made, made.minutes, none).revenue
    found, count = 0.0, 0
    for start in range(4):
        some = none.copy()
        given = whole[start::4]
        some[:, given] = deals
        other = relived(made, made.minutes, some).revenue
        for q in given:
            months = np.nonzero(quarter == q + after)[0]
            both = there[:, months].all(axis=1)
            sums = [r[:, months].sum(axis=1)[both] for r in (other, base)]
            known = (sums[0] > 0) & (sums[1] > 0)
            found += np.log(sums[0][known] / sums[1][known]).sum()
            count += known.sum()
    return float(found / max(count, 1))


@lru_cache(maxsize=256)
def mean_hour_effect(firm: Firm, planted: Planted) -> tuple[float, ...]:
    """Return :func:`hour_effect` of companies of a kind, mean over :data:`COMPANIES`."""
    if not planted.coaches:
        return (0.0,) * (LAGS + 1)
    made = (lived(scene_of(firm, seed), planted) for seed in range(1, COMPANIES + 1))
    return tuple(np.mean([hour_effect(one) for one in made], axis=0).tolist())


@lru_cache(maxsize=256)
def mean_own_deal_effect(firm: Firm, planted: Planted) -> tuple[float, ...]:
    """Return :func:`own_deal_effect` in the same quarter by number of deals, 0 to :data:`DEALS`.

    Mean over :data:`COMPANIES`; what is planted goes on in a straight line.
    """
    if not planted.sells:
        return (0.0,) * (DEALS + 1)
    made = (lived(scene_of(firm, seed), planted) for seed in range(1, COMPANIES + 1))
    numbers = range(DEALS + 1)
    found = [[own_deal_effect(one, number) for number in numbers] for one in made]
    return tuple(np.mean(found, axis=0).tolist())
