"""How much more often people leave some managers than others, given how long they were there.

Each group (the people of a manager) has leavers, and leavers to be expected from the smooth hazard
of all. Groups whose hazards differ scatter more around what is expected than chance alone would.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from salesdiag.estimate.blocks import Array
from salesdiag.estimate.hazard import MIN_CURVE_LEAVERS
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import LEVEL, Interval
from salesdiag.text import methods as words

MIN_GROUPS = 5
SPREADS = np.linspace(0.0, 2.0, 21)  # SD of log hazards tried for the interval
DRAWS_PER_SPREAD = 299


@dataclass(frozen=True, kw_only=True)
class Frailty:
    """Spread of groups' hazards.

    Attributes
    ----------
    spread : Interval
        SD of the log hazard over groups (log-normal frailty), ``log_hazard_ratio``; an upper end at
        the largest spread tried is infinite.
    p_value : float
        Of groups that are all alike.
    groups, leavers : int
    """

    spread: Interval
    p_value: float
    groups: int
    leavers: int


def frailty(
    leavers: ArrayLike, expected: ArrayLike, *, draws: int = 1999, seed: int = 0
) -> Frailty:
    """Estimate how much groups' hazards differ.

    Parameters
    ----------
    leavers : array of int, shape (G,)
    expected : array, shape (G,)
        Leavers that a hazard common to all groups gives each, from its people's months of tenure;
        on any scale.
    draws : int
        For the p-value.
    seed : int

    Raises
    ------
    NotEstimable
        Fewer than five groups with anybody at risk, or fewer than five leavers.
    ValueError
        Numbers below 0, or not one of each per group.

    Notes
    -----
    The statistic is the score of overdispersion, sum((o - e)^2 - o), e scaled to the total. Given
    the total, leavers of groups that are alike are multinomial with shares e: the p-value needs no
    approximation but the drawing, (as large + 1) / (draws + 1). The interval holds the spreads
    under which a statistic as small or as large as that seen is not rarer than 2.5 %; the value is
    that under which it is median.

    References
    ----------
    Dean, C. B. (1992). Testing for overdispersion in Poisson and binomial regression models. JASA
    87. McGilchrist, C. A. and Aisbett, C. W. (1991). Regression with frailty in survival analysis.
    Biometrics 47 (log-normal frailty).

    Examples
    --------
    >>> alike = frailty([5, 6, 4, 5, 6, 4], [5.0] * 6)
    >>> apart = frailty([0, 16, 1, 12, 0, 1], [5.0] * 6)
    >>> alike.p_value > 0.5, apart.p_value < 0.01, bool(apart.spread.low > 0)
    (True, True, True)
    """
    o, e = np.asarray(leavers, dtype=float), np.asarray(expected, dtype=float)
    if o.shape != e.shape or o.ndim != 1 or not ((o >= 0) & (e >= 0)).all():
        raise ValueError("each group needs its leavers and those expected, none below 0")
    if (o[e == 0] > 0).any():
        raise ValueError("nobody can leave a group in which nobody is expected to")
    o, e = o[e > 0], e[e > 0]
    total = int(o.sum())
    if len(e) < MIN_GROUPS:
        raise NotEstimable(words.TOO_FEW_GROUPS(n=len(e), needed=MIN_GROUPS))
    if total < MIN_CURVE_LEAVERS:
        raise NotEstimable(words.TOO_FEW_LEAVERS(n=total, needed=MIN_CURVE_LEAVERS))
    e = e / e.sum()
    rng = np.random.default_rng(seed)
    seen = _score(o[None], e, total)[0]
    null = _score(rng.multinomial(total, e, draws), e, total)
    # the same noise for all spreads, so that the share rejected moves smoothly with them
    noise = rng.standard_normal((DRAWS_PER_SPREAD, len(e)))
    below = np.array([_at_most(seen, s, noise, e, total, seed) for s in SPREADS])
    below = np.minimum.accumulate(below)  # more spread, larger statistics
    tail = (1 - LEVEL) / 2
    return Frailty(
        spread=Interval(
            value=_reach(below, 0.5), low=_reach(below, 1 - tail), high=_reach(below, tail),
            unit="log_hazard_ratio", level=LEVEL,
        ),
        p_value=float(((null >= seen - 1e-9).sum() + 1) / (draws + 1)),
        groups=len(e),
        leavers=total,
    )  # fmt: skip


def _score(leavers: np.ndarray, shares: Array, total: int) -> Array:
    return np.asarray(((leavers - total * shares) ** 2).sum(axis=1) - total)


def _at_most(seen: float, spread: float, noise: Array, e: Array, total: int, seed: int) -> float:
    """Return the share of drawn companies with a spread whose statistic is no larger."""
    weight = e * np.exp(spread * noise)
    weight /= weight.sum(axis=1, keepdims=True)
    drawn = np.random.default_rng([seed, 1]).multinomial(total, weight)
    return float((_score(drawn, e, total) <= seen + 1e-9).mean())


def _reach(below: Array, share: float) -> float:
    """Return the spread at which so many statistics are at most as large as that seen."""
    if below[0] <= share:
        return 0.0
    if below[-1] > share:
        return np.inf
    return float(np.interp(-share, -below, SPREADS))
