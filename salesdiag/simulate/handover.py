"""Clients that a promoted manager keeps for a while: what they buy, and whose they are when."""

from __future__ import annotations

import numpy as np

from salesdiag.simulate.draws import stream
from salesdiag.simulate.engine import Course
from salesdiag.simulate.setup import month_lengths
from salesdiag.simulate.staff import KEPT_MAX
from salesdiag.simulate.world import World


def kept_sales(course: Course, world: World, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what kept clients order and on which day, as (months, teams, KEPT_MAX)."""
    shape = (*course.own.shape, KEPT_MAX)
    if (course.kept_place < 0).all():
        return np.zeros(shape), np.ones(shape, int)
    rng = stream(seed, "kept")
    u_order, u_day = rng.random((2, *shape))
    z = rng.standard_normal(shape)
    seat, place = np.broadcast_to(course.kept_seat[..., None], shape), course.kept_place
    book, month = course.setup.book, np.arange(shape[0])[:, None, None]
    alive = (place >= 0) & (book.born[seat, place] <= month) & (month < book.lost[seat, place])
    there = alive & course.setup.exists[..., None]
    ordered = u_order < min(1.5 * world.active, 0.95)  # large clients order more often
    each = world.ticket * np.sqrt(book.weight[seat, place]) * np.exp(0.3 * z)
    _, days = month_lengths(world)
    day = 1 + (u_day * days[:, None, None]).astype(int)
    return np.where(there & ordered, np.round(each, 2), 0.0), day


def owners(course: Course) -> dict[tuple[int, int], np.ndarray]:
    """Return by (seat, place) of each client kept at any time who had it, month by month."""
    found: dict[tuple[int, int], np.ndarray] = {}
    for t, g, k in zip(*np.nonzero(course.kept_place >= 0), strict=True):
        seat, place = int(course.kept_seat[t, g]), int(course.kept_place[t, g, k])
        whose = found.setdefault((seat, place), course.person[:, seat].copy())
        whose[t] = course.manager[t, g]
    return found


def kept_mask(course: Course) -> np.ndarray | None:
    """Return which clients are kept when, as (months, seats, places); None if none ever is."""
    t, g, k = np.nonzero(course.kept_place >= 0)
    if not len(t):
        return None
    mask = np.zeros((len(course.person), *course.setup.book.born.shape), bool)
    mask[t, course.kept_seat[t, g], course.kept_place[t, g, k]] = True
    return mask
