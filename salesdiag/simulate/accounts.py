"""The accounts of each seat: when they come and go, what they are like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesdiag.simulate.draws import binomial, poisson, stream
from salesdiag.simulate.truth import Truth
from salesdiag.simulate.world import World

WHALE_MONTHS = 3.0
"""Median worth of an order out of all proportion, in months of a rep's revenue."""
SEGMENTS = ("industry", "health", "retail", "public")
TARGET = SEGMENTS[:2]
"""Segments that the company declared as its own."""


@dataclass(frozen=True, kw_only=True)
class Book:
    """Accounts as (seats, places); a place without account is born after the last month.

    Attributes
    ----------
    born, lost : array (seats, places) of int
        First month as a client (before 0: earlier) and first month no longer.
    satisfaction, weight, segment, fit : array (seats, places)
        In SD; relative size; index into :data:`SEGMENTS`; share.
    size : array (months, seats) of int
        Accounts alive.
    mood : array (months, seats)
        Their mean satisfaction, in SD of its own; 0 where it does nothing.
    """

    born: np.ndarray
    lost: np.ndarray
    satisfaction: np.ndarray
    weight: np.ndarray
    segment: np.ndarray
    fit: np.ndarray
    size: np.ndarray
    mood: np.ndarray

    def alive(self, month: int) -> np.ndarray:
        """Return who is a client in a month (seats, places)."""
        return (self.born <= month) & (month < self.lost)


def book(truth: Truth, world: World, seed: int, seats: int) -> Book:
    """Draw the accounts of all seats."""
    months = world.months + world.burn
    rng = stream(seed, "accounts")
    start = np.maximum(poisson(rng.random(seats), world.base), 5)
    coming = poisson(rng.random((months, seats)), world.acquire)
    places = int(world.base + 6 * np.sqrt(world.base) + 2 * world.acquire * months + 10)
    arrived = start + coming.cumsum(0)
    place = np.arange(places)
    born = _up_to(arrived, places)
    satisfaction, z_weight = rng.standard_normal((2, seats, places))
    u_born, u_lost, u_segment, u_fit = rng.random((4, seats, places))
    born = np.where(place < start[:, None], -1 - (60 * u_born**2).astype(int), born)
    hazard = np.clip(world.lose * np.exp(-truth.satisfaction * satisfaction), 1e-9, 0.5)
    life = 1 + (np.log(u_lost) / np.log1p(-hazard)).clip(max=1e6).astype(int)
    lost = np.maximum(born, 0) + life
    lost = np.where(place < 5, 10**6, lost)  # nobody is ever left without accounts
    segment = (u_segment * len(SEGMENTS)).astype(int)
    size = (_up_to(born.T, months) - _up_to(lost.T, months)).T
    return Book(
        born=born,
        lost=lost,
        satisfaction=satisfaction,
        weight=np.exp(0.7 * z_weight),
        segment=segment,
        fit=np.clip(0.25 + 0.5 * (segment < len(TARGET)) + 0.25 * (u_fit - 0.5), 0, 1),
        size=size,
        mood=_mood(satisfaction, born, lost, size) if truth.csat else np.zeros(size.shape),
    )


def _mood(
    satisfaction: np.ndarray, born: np.ndarray, lost: np.ndarray, size: np.ndarray
) -> np.ndarray:
    months = len(size)
    come, gone = (_up_to(edge.T, months, satisfaction.T) for edge in (born, lost))
    mean = (come - gone).T / size
    return (mean - mean.mean()) / mean.std()


def _up_to(values: np.ndarray, stop: int, weights: np.ndarray | None = None) -> np.ndarray:
    """Count, for each column of values, those of at most 0, 1, ... below ``stop``, as rows."""
    columns = values.shape[1]
    number = np.arange(columns) * (stop + 1) + np.clip(values, 0, stop)
    each = None if weights is None else weights.ravel()
    counts = np.bincount(number.ravel(), each, columns * (stop + 1))
    return counts.reshape(columns, stop + 1)[:, :stop].cumsum(1)


def revenue_noise(
    world: World, seed: int, shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what is left to chance in revenue, by (months, seats).

    Returns
    -------
    u, z, whale : array
        Uniform numbers for active accounts, noise of their tickets with SD 1, and what an order out
        of all proportion adds, as a multiple of the month.
    """
    rng = stream(seed, "revenue")
    u, z = rng.random(shape), rng.standard_normal(shape)
    whale: np.ndarray = np.zeros(shape)
    if world.whales:
        rare = stream(seed, "whales")
        u_whale, z_whale = rare.random(shape), rare.standard_normal(shape)
        whale = (u_whale < world.whales) * WHALE_MONTHS * np.exp(0.5 * z_whale)
    return u, z * tails(world, seed, shape)[1], whale


def tails(world: World, seed: int, shape: tuple[int, ...]) -> np.ndarray:
    """Return factors that make normal numbers Student's t of SD 1: of shocks, and of tickets."""
    if not world.heavy_tails:
        return np.ones((2, *shape))
    scale = stream(seed, "tails").chisquare(world.heavy_tails, (2, *shape))
    return np.sqrt((world.heavy_tails - 2) / scale)


def active_accounts(
    u: np.ndarray, theta: np.ndarray, share: np.ndarray, accounts: np.ndarray, world: World,
    lift: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Return how many of a rep's accounts order; the elasticity to productivity is .4.

    ``lift`` is added to the log odds that one does.
    """
    chance = np.minimum(world.active * np.exp(0.4 * (theta + np.log(share))), 0.95)
    odds = np.exp(lift)
    return binomial(u, accounts, chance * odds / (1 + chance * (odds - 1)))


def ticket(z: np.ndarray, theta: np.ndarray, share: np.ndarray, world: World) -> np.ndarray:
    """Return log revenue per active account; the elasticity is .6, so that both add to one."""
    return 0.6 * (theta + np.log(share)) + world.sd_ticket * z
