"""What an adoption's effect would survive, had those who took it up been on another path anyway.

Differences in differences take for granted that without the measure all would have moved alike.
Before the start it can be seen how far they did not. The question is by how much the paths may part
after it, in multiples of the largest step seen before, until the answer is gone.

References
----------
Rambachan, A. and Roth, J. (2023). A more credible approach to parallel trends. Review of Economic
Studies 90. Roth, J. (2024). Interpreting event-studies from recent difference-in-differences
methods. arXiv 2401.12309 (why months before and after are to be told from the same earlier ones).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from salesdiag.estimate.adoption import Adoption, excess, freedom, mean_excess
from salesdiag.estimate.blocks import Array
from salesdiag.estimate.panel_ols import jackknife_se
from salesdiag.finding import LEVEL, Interval

BLOCK = 3
"""Months told together: steps between single months are noise."""
BLOCKS_BEFORE = 2
FOR_STEPS = 0.1  # of the error allowed that is spent on not knowing the steps before the start


@dataclass(frozen=True, kw_only=True)
class Trends:
    """An effect against paths that part.

    Attributes
    ----------
    value, se, df : float
        Effect measured from the last block of months before the start.
    step : float
        Largest step between blocks before the start that these data allow, an upper confidence
        bound.
    reach : float
        Steps that the paths take from the last block before the start to the months of the effect,
        on average: 1 for the first block.
    unit : str
    """

    value: float
    se: float
    df: float
    step: float
    reach: float
    unit: str

    def interval(self, multiple: float, level: float = LEVEL) -> Interval:
        """Return the effects possible if no later step is larger than ``multiple`` of the largest.

        It holds the effect in at least ``level`` of cases: part of the error is spent on the steps
        (Bonferroni). The conditional and least favourable tests of Rambachan and Roth are shorter;
        this needs no simulation and no normal distribution of many groups.
        """
        half = self._noise(level) + multiple * self.step * self.reach
        return Interval(
            value=self.value, low=self.value - half, high=self.value + half, unit=self.unit,
            level=level,
        )  # fmt: skip

    @property
    def breakdown(self) -> float:
        """Multiple of the largest step before at which no effect is possible any more; 0 at once.

        One step after the start as large as the largest before it gives 1.
        """
        left = abs(self.value) - self._noise(LEVEL)
        if not left > 0:
            return 0.0
        return left / (self.step * self.reach) if self.step * self.reach > 0 else math.inf

    def _noise(self, level: float) -> float:
        spared = (1 - level) * (1 - FOR_STEPS)
        return float(stats.t.ppf(1 - spared / 2, self.df)) * self.se


def relative_magnitudes(
    before: Array, after: Array, weights: Array, *, df: float, unit: str, level: float = LEVEL
) -> Trends:
    """Return an effect with the steps between blocks of months before it.

    Parameters
    ----------
    before : ndarray, shape (1 + G, K)
        Differences in the blocks before the start from what the months before them predict, from
        the first to the last; of all groups, then without each.
    after : ndarray, shape (1 + G, H)
        The same in the blocks with the measure, told from the same months.
    weights : ndarray, shape (H,)
        Of the blocks in the effect; they add up to 1.
    df : float
        Degrees of freedom of the jackknife.
    unit : str
    level : float

    Raises
    ------
    ValueError
        Weights do not add up to 1, or there is no block before.
    """
    if before.shape[1] < 1 or abs(weights.sum() - 1) > 1e-9:
        raise ValueError("an effect needs weights that add up to 1, and a block before the start")
    path = np.column_stack([np.zeros(len(before)), before])
    steps = np.diff(path, axis=1)
    effect = after @ weights - before[:, -1]
    each = (1 - level) * FOR_STEPS / steps.shape[1]
    t = float(stats.t.ppf(1 - each / 2, df))
    bounds = [abs(float(s[0])) + t * jackknife_se(float(s[0]), s[1:]) for s in steps.T]
    return Trends(
        value=float(effect[0]),
        se=jackknife_se(float(effect[0]), effect[1:]),
        df=df,
        step=max(bounds),
        reach=float(weights @ np.arange(1, len(weights) + 1)),
        unit=unit,
    )


def trends(a: Adoption, unit: str, *, least: int) -> tuple[Trends, ...]:
    """Return what the effect in the first block, and in all, survives; nothing where untold.

    Blocks before and after the start are told from the same earlier months.

    Parameters
    ----------
    a : Adoption
    unit : str
        Of the effect.
    least : int
        Groups that need the earlier months.
    """
    lead = BLOCK * BLOCKS_BEFORE
    without = a.seen & (a.since < -lead)
    known = excess(a, a.y[None], without[None])[1][0] & a.seen & ~without & np.isfinite(a.since)
    block = np.floor(a.since / BLOCK)
    own = np.isin(np.arange(len(a.groups)), a.group[(known & (block == 0)).any(axis=1)])
    blocks = tuple(int(b) for b in np.unique(block[known]))
    if own.sum() < least or blocks[:BLOCKS_BEFORE] != tuple(range(-BLOCKS_BEFORE, 0)):
        return ()
    left_out = np.arange(-1, len(a.groups))
    starts = np.broadcast_to(a.start, (len(left_out), len(a.start)))
    moving = mean_excess(
        a, a.y[None], starts, lead=lead, horizons=blocks, without=left_out, block=BLOCK
    )[0, :, 1:]
    before, after = moving[:, :BLOCKS_BEFORE], moving[:, BLOCKS_BEFORE:]
    kept = np.atleast_1d(np.isfinite(after).all(axis=0))
    if not (np.isfinite(before).all() and kept[:1].all()):
        return ()
    after = after[:, kept.cumprod().astype(bool)]  # blocks follow each other
    cells = np.array([(known & (block == b)).sum() for b in range(after.shape[1])], dtype=float)
    first = np.eye(after.shape[1])[0]
    return tuple(
        relative_magnitudes(
            before, after, w, unit=unit,
            df=freedom(np.r_[after @ w - before[:, -1]], own),
        )
        for w in (first, cells / cells.sum())
    )  # fmt: skip
