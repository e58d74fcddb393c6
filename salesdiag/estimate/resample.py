"""What is drawn: weights of groups, arrangements of people, members with replacement."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np

from salesdiag.estimate.blocks import Array, Codes

WEBB = np.sqrt([1.5, 1.0, 0.5])
FEW_FOR_SIGNS = 8  # below it, sign flips alone cannot give p-values under .01
FEW_FOR_RADEMACHER = 12
BITS = 62  # of a whole number that can be sorted


def wild_weights(groups: int, draws: int, seed: int) -> tuple[Array, str]:
    """Return weights of a wild cluster bootstrap.

    Parameters
    ----------
    groups, draws : int
    seed : int

    Returns
    -------
    weights : ndarray, shape (B, groups)
        All sign vectors where they are no more than ``draws`` and at least 2^8; otherwise ``draws``
        random ones, of six points below twelve groups, else of signs.
    kind : str
        ``"all signs"``, ``"webb"`` or ``"rademacher"``.
    """
    if groups >= FEW_FOR_SIGNS and 2**groups <= draws:
        bits = np.arange(2**groups)[:, None] >> np.arange(groups) & 1
        return np.asarray(2.0 * bits - 1), "all signs"
    few = groups < FEW_FOR_RADEMACHER
    points = np.r_[-WEBB, WEBB] if few else np.array([-1.0, 1.0])
    drawn = np.random.default_rng(seed).integers(0, len(points), size=(draws, groups))
    return np.take(points, drawn), "webb" if few else "rademacher"


def all_orders(sizes: Codes) -> Codes:
    """Return all arrangements of people within teams, the one they stand in first.

    Parameters
    ----------
    sizes : ndarray of int, shape (T,)
        Of the teams, whose people stand together.

    Returns
    -------
    ndarray of int, shape (N, n)
        Positions.
    """
    rows = np.zeros((1, 0), dtype=np.intp)
    for size in sizes:
        own = np.array(list(permutations(range(rows.shape[1], rows.shape[1] + int(size)))))
        rows = np.hstack([np.repeat(rows, len(own), axis=0), np.tile(own, (len(rows), 1))])
    return rows


def drawn_orders(team: Codes, draws: int, seed: int, *, at_once: int) -> Iterator[Codes]:
    """Yield the arrangement in which people stand, then random ones within teams.

    Parameters
    ----------
    team : ndarray of int, shape (n,)
        Codes from 0 in ascending order.
    draws : int
    seed : int
    at_once : int
        Arrangements of a part; what is drawn does not depend on it.

    Yields
    ------
    ndarray of int, shape (any, n)
        Positions.

    Notes
    -----
    What is sorted are whole numbers made of team, noise and, in the last bits, position: sorting
    values is several times faster than sorting positions by value.
    """
    rng = np.random.default_rng(seed)
    place = np.arange(len(team), dtype=np.int64)
    yield place[None]
    low = (1 << (len(team) - 1).bit_length()) - 1
    room = BITS - int(team[-1]).bit_length()
    own = (team.astype(np.int64) << room) | place
    for done in range(0, draws, at_once):
        noise = rng.random((min(at_once, draws - done), len(team)))
        noise *= 2.0**room
        keys = noise.astype(np.int64)
        keys &= ~low
        keys |= own
        keys.sort(axis=1)
        keys &= low
        yield keys


def drawn_counts(members: int, draws: int, seed: int, *, at_once: int) -> Iterator[Array]:
    """Yield how often a bootstrap draws each member, with replacement.

    Parameters
    ----------
    members, draws : int
    seed : int
    at_once : int
        Draws of a part; what is drawn does not depend on it.

    Yields
    ------
    ndarray of float, shape (any, members)
        Whole numbers; each row adds up to ``members``.

    Notes
    -----
    Drawing members and counting them is a multinomial distribution, several times faster than
    its generator, which draws a binomial number for each member in turn.
    """
    rng = np.random.default_rng(seed)
    for done in range(0, draws, at_once):
        rows = min(at_once, draws - done)
        drawn = rng.integers(0, members, size=(rows, members))
        drawn += members * np.arange(rows)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=rows * members)
        yield counts.reshape(rows, members).astype(float)
