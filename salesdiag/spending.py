"""How much of a permitted error each of several looks at growing data may spend.

The statistic of a claim at months of data I_1 < I_2 < ... behaves like Brownian motion seen at
these times: Z_k sqrt(I_k) has independent normal increments of variance I_k - I_(k-1). Whatever the
looks may spend in all is divided among them beforehand, and the boundary of each is what makes the
chance to cross it for the first time, with no effect there, equal to its part.

References
----------
Lan, K. K. G. and DeMets, D. L. (1983), Biometrika 70, 659-663: the spending function.
Armitage, P., McPherson, C. K. and Rowe, B. C. (1969), JRSS A 132, 235-244: the recursion.
Jennison, C. and Turnbull, B. W. (2000), Group Sequential Methods, chapters 7 and 19.
Liu, Q. and Anderson, K. M. (2008), JASA 103, 1621-1630: p-values that hold at every look.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from scipy.special import ndtr

FIRST = 0.5
"""Part of the error that the first look may spend where more are planned.

The first look is at years of data and the others each add a month, so statistics of neighbouring
looks are nearly equal and the levels stay nearly constant: with 24 months, then one more at each
of twelve looks, 2.5 % first and 1.8 % to 2.3 % after (``tests/test_spending.py``). A smaller part
would take power from the look that has most of the information, a larger one would let a verdict
vanish at the second look by the count alone. The price: an effect that a single look would find in
80 % of companies is found in 71 % by the first of thirteen, in 80 % by the sixth and in 91 % by the
last.
"""
NODES = 128
"""Points of the Gauss-Legendre rule on the part where no boundary was crossed."""
REACH = 9.0
"""Standard deviations beyond which nothing happens."""
TOTALS = np.unique(np.append(np.logspace(-8, 0, 25), [0.025, 0.05, 0.1]))


def shares(looks: int, planned: int) -> list[float]:
    """Return the part of the error that may be spent by the end of each look.

    Half at the first, the rest in equal parts at the others that are planned; nothing after them.
    They count by number, not by month, so that somebody who looks each quarter has them all.

    Examples
    --------
    >>> shares(3, planned=5)
    [0.5, 0.625, 0.75]
    >>> shares(2, planned=1)
    [1.0, 1.0]
    """
    if planned == 1:
        return [1.0] * looks
    rest = (1 - FIRST) / (planned - 1)
    return [min(1.0, FIRST + rest * k) for k in range(looks)]


def boundaries(information: Sequence[float], spent: Sequence[float]) -> list[float]:
    """Return the two-sided boundary of each look for a standard normal statistic.

    Parameters
    ----------
    information : sequence of float
        Of each look, increasing, in any unit.
    spent : sequence of float
        Probability to have crossed a boundary by each look when there is no effect, 0..1, never
        decreasing.

    Returns
    -------
    list of float
        Infinite where a look may spend nothing.

    Examples
    --------
    >>> [round(z, 2) for z in boundaries([1, 2], [0.025, 0.05])]
    [2.24, 2.12]
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    bounds: list[float] = []
    before, done = 0.0, 0.0
    at, mass = np.zeros(1), np.ones(1)  # where the motion may be, and how likely
    for now, total in zip(information, spent, strict=True):
        step, scale = math.sqrt(now - before), math.sqrt(now)

        def crossed(
            z: float, at: np.ndarray = at, mass: np.ndarray = mass,
            step: float = step, scale: float = scale,
        ) -> float:  # fmt: skip
            beyond = ndtr((at - z * scale) / step) + ndtr((-at - z * scale) / step)
            return float(mass @ beyond)

        bounds.append(_solve(crossed, total - done))
        edge = min(bounds[-1], REACH) * scale
        new = nodes * edge
        density = np.exp(-(((new[:, None] - at) / step) ** 2) / 2) / (step * math.sqrt(2 * math.pi))
        at, mass = new, weights * edge * (density @ mass)
        before, done = now, total
    return bounds


def _solve(crossed: Callable[[float], float], share: float) -> float:
    """Return the z that is crossed with a probability, by bisection; inf where it is nil."""
    low, high = 0.0, REACH
    if share <= crossed(high):
        return math.inf
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if crossed(middle) > share else (low, middle)
    return (low + high) / 2


@lru_cache(maxsize=4096)
def nominal(total: float, information: tuple[float, ...], planned: int) -> float:
    """Return the two-sided level at which the latest look tests; 0 where it may spend nothing.

    Parameters
    ----------
    total : float
        Error that all planned looks may make together.
    information : tuple of float
        Of each look so far, increasing; the latest is the one asked about.
    planned : int
        Number of looks.
    """
    spent = [total * s for s in shares(len(information), planned)]
    return float(2 * ndtr(-boundaries(information, spent)[-1]))


def over_looks(p_value: float, information: tuple[float, ...], planned: int) -> float:
    """Return the least total error at which the latest look would have rejected.

    It is a p-value that counts all looks: its smallest over the looks is below x with a probability
    of at most x when there is no effect. A correction over many claims therefore takes it like any
    other p-value.
    """
    if not math.isfinite(p_value) or len(information) == 1:
        return min(1.0, p_value / shares(1, planned)[0])
    levels = np.array([nominal(float(t), information, planned) for t in TOTALS])
    if p_value >= levels[-1] or not levels[0]:
        return 1.0
    at = np.interp(math.log(max(p_value, levels[0])), np.log(levels), np.log(TOTALS))
    return float(np.exp(at))


def power(information: Sequence[float], bounds: Sequence[float], drift: float) -> list[float]:
    """Return the probability to have crossed by each look, given the drift.

    Parameters
    ----------
    information, bounds
        As in :func:`boundaries`.
    drift : float
        Effect over its standard error at the first look.
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    rate = drift / math.sqrt(information[0])
    before, at, mass, found = 0.0, np.zeros(1), np.ones(1), []
    for now, bound in zip(information, bounds, strict=True):
        step, edge = math.sqrt(now - before), min(bound, REACH) * math.sqrt(now)
        new = nodes * edge
        moved = new[:, None] - at - rate * (now - before)
        density = np.exp(-((moved / step) ** 2) / 2) / (step * math.sqrt(2 * math.pi))
        at, mass, before = new, weights * edge * (density @ mass), now
        found.append(1 - float(mass.sum()))
    return found
