"""Randomisation: what would have been found had something fallen to others.

References
----------
Rosenbaum, P. R. (2002). Observational Studies, 2nd ed., ch. 2. MacKinnon, J. G. and Webb, M. D.
(2020). Randomization inference for difference-in-differences with few treated clusters. Journal of
Econometrics 218.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from salesdiag.estimate.blocks import Array, Codes
from salesdiag.finding import LEVEL, Interval

MOST_EXACT = 5000  # assignments
SAME = 1e-10
FARTHEST = 24  # doublings after which an end is taken to be infinite
HALVINGS = 40


@dataclass(frozen=True, kw_only=True, eq=False)
class Randomisation:
    """What would have been found had the starts fallen to others, over its standard error.

    Row 0 is what happened; the others are assignments, that which happened being among them.

    Attributes
    ----------
    values, measures : ndarray, shape (1 + B,)
        Mean difference of the outcomes and of the measure itself (1 on, 0 off); NaN where an
        assignment allows none, which counts against an effect.
    scores, slopes : ndarray, shape (1 + B, G)
        What each group adds to the error of either.
    exact : bool
        All assignments, rather than some drawn at random, and that which happened.

    Notes
    -----
    Errors of those who took the measure up may be larger than others'. Dividing by the
    cluster-robust standard error of each assignment makes the statistics comparable, nearly so
    where few took it up (MacKinnon and Webb 2020).
    """

    values: Array
    measures: Array
    scores: Array
    slopes: Array
    exact: bool

    @property
    def ways(self) -> int:
        """Number of assignments."""
        return len(self.values) - 1

    @property
    def p_value(self) -> float:
        """Two-sided p-value of no effect for anybody."""
        return self.at(0.0)

    def at(self, effect: float) -> float:
        """Return the two-sided p-value of one effect for everybody who has the measure.

        Under it, outcomes without the measure are those seen less the effect: both what an
        assignment gives and its groups' scores are linear in it.
        """
        away = np.abs(self.values - effect * self.measures)
        spread = np.sqrt(((self.scores - effect * self.slopes) ** 2).sum(axis=1))
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.where(spread > SAME * np.maximum(away, 1e-300), away / spread, np.inf)
        t[~np.isfinite(self.values)] = np.nan
        return share_as_far(t[1:], float(t[0])) if math.isfinite(t[0]) else 1 / self.ways

    def interval(self, unit: str, level: float = LEVEL) -> Interval:
        """Return from the least to the largest effect that is not rejected.

        Infinite ends where no effect can be: there are too few assignments.
        """
        value, alpha = float(self.values[0]), 1 - level + SAME
        step = float(np.sqrt((self.scores[0] ** 2).sum())) or SAME
        low, high = (self._end(value, side * step, alpha) for side in (-1, 1))
        return Interval(value=value, low=low, high=high, unit=unit, level=level)

    def _end(self, inside: float, step: float, alpha: float) -> float:
        """Go out in doubling steps until effects are rejected, then halve back."""
        for _ in range(FARTHEST):
            if self.at(inside + step) <= alpha:
                break
            inside, step = inside + step, 2 * step
        else:
            return math.copysign(math.inf, step)
        out = inside + step
        for _ in range(HALVINGS):
            middle = (inside + out) / 2
            inside, out = (inside, middle) if self.at(middle) <= alpha else (middle, out)
        return out


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
