"""Random numbers that stay the same when something else is switched on.

Each mechanism has its own stream and draws blocks of fixed shape, and counts are had by inverting
their distribution functions. Two simulations that differ in one effect therefore share every
random number, and their difference is that effect (common random numbers).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_LOOK = 8  # whether all are done is looked at now and then

MECHANISMS = (
    "structure", "managers", "ability", "behaviours", "market", "hours", "selling", "shocks",
    "team_shocks", "climate", "exits", "hires", "manager_exits", "programme", "accounts",
    "revenue", "activity", "deals", "manager_deals", "open_deals", "log", "sessions", "time",
    "orders", "surveys", "skills", "careers", "transfers", "mixes", "pay", "tails", "whales",
    "zeros", "regions", "switches", "existence", "plans", "handover", "kept", "values", "declared",
    "time_gaps", "open_values", "ratings", "absences",
)  # fmt: skip


def stream(seed: int, mechanism: str) -> np.random.Generator:
    """Return the stream of one mechanism of one company.

    Parameters
    ----------
    seed : int
    mechanism : str
        One of :data:`MECHANISMS`. New ones go to the end, so that old companies stay the same.

    Examples
    --------
    >>> a, b = stream(1, "hours"), stream(1, "hours")
    >>> bool(a.random() == b.random())
    True
    """
    key = (MECHANISMS.index(mechanism),)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def poisson(u: np.ndarray, mean: np.ndarray | float) -> np.ndarray:
    """Invert the Poisson distribution: smallest k with P(K <= k) >= u.

    Parameters
    ----------
    u : array
        Uniform numbers.
    mean : array or float
        Broadcast against ``u``, at most 500.

    Returns
    -------
    array of int64
        Shape of the broadcast.

    Examples
    --------
    >>> poisson(np.array([0.05, 0.5, 0.99]), 2.0)
    array([0, 2, 6])
    """
    u, mean = np.broadcast_arrays(u, np.asarray(mean, float))
    top = float(mean.max(initial=0.0))
    if not top <= 500:
        raise ValueError(f"a mean of {top} is too large to invert")
    limit = int(top + 12 * np.sqrt(top) + 39)
    return _invert(u, np.exp(-mean), lambda k, out: np.divide(mean, k, out=out), limit)


def binomial(u: np.ndarray, n: np.ndarray, p: np.ndarray | float) -> np.ndarray:
    """Invert the binomial distribution: smallest k with P(K <= k) >= u.

    Parameters
    ----------
    u : array
        Uniform numbers.
    n : array of int
        Trials.
    p : array or float
        Probability, at most 0.99.

    Returns
    -------
    array of int64

    Examples
    --------
    >>> binomial(np.array([0.05, 0.5, 0.99]), np.array([10, 10, 10]), 0.3)
    array([1, 3, 7])
    """
    u, n, p = np.broadcast_arrays(u, n, np.minimum(np.asarray(p, float), 0.99))
    odds, left = p / (1 - p), n.astype(float)

    def ratio(k: int, out: np.ndarray) -> None:
        np.multiply(odds, left, out=out)
        out /= k
        np.subtract(left, 1, out=left)  # below 0 only where nothing is left to add

    count = _invert(u, (1 - p) ** n, ratio, int(n.max(initial=0)))
    return np.minimum(count, n)


def _invert(
    u: np.ndarray, mass: np.ndarray, ratio: Callable[[int, np.ndarray], object], limit: int
) -> np.ndarray:
    """Count the k below ``limit`` with P(K <= k) < u.

    Parameters
    ----------
    u, mass : array
        Uniform numbers and P(0).
    ratio : callable
        Writes P(k) / P(k - 1) for k into an array.
    limit : int
    """
    below, each = mass.copy(), np.empty_like(mass)
    count = np.zeros(u.shape, np.int64)
    above = np.empty(u.shape, bool)
    for k in range(1, limit + 1):
        np.greater(u, below, out=above)
        if k % _LOOK == 1 and not above.any():
            break
        count += above
        ratio(k, each)
        mass *= each
        below += mass
    return count


def logistic(x: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))
