"""Randomisation: what would have been found had something fallen to others.

References
----------
Rosenbaum, P. R. (2002). Observational Studies, 2nd ed., ch. 2.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import stats

from salesdiag.estimate.blocks import Array, Codes
from salesdiag.finding import LEVEL, POWER, Estimate, Interval

MOST_EXACT = 5000  # assignments
SAME = 1e-10


@dataclass(frozen=True, kw_only=True, eq=False)
class Randomisation:
    """What would have been found had the starts fallen to others.

    Attributes
    ----------
    value : float
        What was found.
    statistics : ndarray, shape (B,)
        The same for each assignment of the starts, that which happened being among them, if the
        measure does nothing; NaN where it cannot be had, which counts against an effect.
    lows, highs : ndarray, shape (B,)
        Between which constant effects an assignment gives a statistic as far out as what
        happened.
    exact : bool
        All assignments, rather than some drawn at random, and that which happened.
    """

    value: float
    statistics: Array
    lows: Array
    highs: Array
    exact: bool

    @property
    def p_value(self) -> float:
        """Two-sided p-value of no effect for anybody."""
        return share_as_far(np.abs(self.statistics), abs(self.value))

    def interval(self, unit: str, level: float = LEVEL) -> Interval:
        """Return the constant effects that are not rejected; infinite ends where all are not.

        The statistic is linear in the effect, so that the test is inverted exactly: an effect is
        rejected when no more than ``1 - level`` of the assignments' intervals hold it.
        """
        k = math.floor((1 - level) * len(self.lows) + SAME)
        return Interval(
            value=self.value,
            low=float(np.sort(self.lows)[k]),
            high=float(np.sort(self.highs)[::-1][k]),
            unit=unit,
            level=level,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class RandomisedEstimate(Estimate):
    """An estimate whose interval and p-value come from randomisation.

    ``se`` and ``df`` are those of the jackknife, for orientation.
    """

    randomisation: Randomisation

    def interval(self, level: float = LEVEL) -> Interval:
        """Return the constant effects that randomisation does not reject."""
        return self.randomisation.interval(self.unit, level)

    @property
    def p_value(self) -> float:
        """Two-sided p-value of no effect for anybody."""
        return self.randomisation.p_value

    @property
    def smallest_detectable(self) -> float:
        """Effect found at 5 % with 80 % power, were the interval a normal one; in ``unit``."""
        ends = self.interval()
        if not math.isfinite(ends.high - ends.low):
            return math.nan
        z = stats.norm.ppf((1 + LEVEL) / 2)
        return float((ends.high - ends.low) / 2 * (1 + stats.norm.ppf(POWER) / z))


def assignments(start: Array, draws: int, seed: int) -> tuple[Array, bool]:
    """Return the ways in which starts could have fallen to those who took the measure up, or not.

    Parameters
    ----------
    start : ndarray, shape (C,)
    draws : int
        Permutations to draw where there are more than 5000 different ones.
    seed : int

    Returns
    -------
    starts : ndarray, shape (B, C)
        All different permutations, or the given starts and ``draws`` random permutations.
    exact : bool
        Whether they are all.
    """
    values, counts = np.unique(start, return_counts=True)
    if math.factorial(len(start)) // math.prod(map(math.factorial, counts)) <= MOST_EXACT:
        return np.array(list(_permutations(len(start), values, counts))), True
    rng = np.random.default_rng(seed)
    return np.vstack([start, rng.permuted(np.tile(start, (draws, 1)), axis=1)]), False


def _permutations(places: int, values: Array, counts: Codes) -> Iterator[Array]:
    """Yield the different orders of values that occur several times."""

    def fill(order: Array, free: tuple[int, ...], v: int) -> Iterator[Array]:
        if v == len(values) - 1:
            order[list(free)] = values[v]
            yield order.copy()
            return
        for chosen in combinations(free, int(counts[v])):
            order[list(chosen)] = values[v]
            yield from fill(order, tuple(f for f in free if f not in chosen), v + 1)

    return fill(np.empty(places), tuple(range(places)), 0)


def share_as_far(statistics: Array, value: float) -> float:
    """Return the share of statistics that reach a value; those unknown count as if they did."""
    tolerance = SAME * max(abs(value), 1.0)
    return float(np.mean(~(statistics < value - tolerance)))
