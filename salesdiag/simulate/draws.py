"""Random numbers that stay the same when something else is switched on.

Each mechanism has its own stream and draws blocks of fixed shape, and counts are had by inverting
their distribution functions. Two simulations that differ in one effect therefore share every
random number, and their difference is that effect (common random numbers).
"""

from __future__ import annotations

import numpy as np

MECHANISMS = (
    "structure", "managers", "ability", "behaviours", "market", "hours", "selling", "shocks",
    "team_shocks", "climate", "exits", "hires", "manager_exits", "programme", "accounts",
    "revenue", "activity", "deals", "manager_deals", "open_deals", "log", "sessions", "time",
    "orders", "surveys", "skills", "careers", "transfers", "mixes", "pay",
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
    mass = np.exp(-mean)
    below = mass.copy()
    count = np.zeros(u.shape, np.int64)
    for k in range(1, int(top + 12 * np.sqrt(top) + 40)):
        above = u > below
        if not above.any():
            break
        count += above
        mass = mass * (mean / k)
        below += mass
    return count


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
    odds = p / (1 - p)
    mass = (1 - p) ** n
    below = mass.copy()
    count = np.zeros(u.shape, np.int64)
    for k in range(int(n.max(initial=0))):
        above = (u > below) & (count < n)
        if not above.any():
            break
        count += above
        mass = mass * (odds * np.maximum(n - k, 0) / (k + 1))
        below += mass
    return count


def logistic(x: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))
