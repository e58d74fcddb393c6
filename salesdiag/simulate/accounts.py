"""The accounts of each seat: when they come and go, what they are like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesdiag.simulate.draws import binomial, poisson, stream
from salesdiag.simulate.world import Truth, World

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
    """

    born: np.ndarray
    lost: np.ndarray
    satisfaction: np.ndarray
    weight: np.ndarray
    segment: np.ndarray
    fit: np.ndarray
    size: np.ndarray

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
    born = (arrived[:, :, None] <= place).sum(0)
    satisfaction, z_weight = rng.standard_normal((2, seats, places))
    u_born, u_lost, u_segment, u_fit = rng.random((4, seats, places))
    born = np.where(place < start[:, None], -1 - (60 * u_born**2).astype(int), born)
    hazard = np.clip(world.lose * np.exp(-truth.satisfaction * satisfaction), 1e-9, 0.5)
    life = 1 + (np.log(u_lost) / np.log1p(-hazard)).clip(max=1e6).astype(int)
    lost = np.maximum(born, 0) + life
    lost = np.where(place < 5, 10**6, lost)  # nobody is ever left without accounts
    month = np.arange(months)[:, None, None]
    segment = (u_segment * len(SEGMENTS)).astype(int)
    return Book(
        born=born,
        lost=lost,
        satisfaction=satisfaction,
        weight=np.exp(0.7 * z_weight),
        segment=segment,
        fit=np.clip(0.25 + 0.5 * (segment < len(TARGET)) + 0.25 * (u_fit - 0.5), 0, 1),
        size=((born <= month) & (month < lost)).sum(2),
    )


def active_accounts(
    u: np.ndarray, theta: np.ndarray, share: np.ndarray, accounts: np.ndarray, world: World
) -> np.ndarray:
    """Return how many of a rep's accounts order; the elasticity to productivity is .4."""
    chance = world.active * np.exp(0.4 * (theta + np.log(share)))
    return binomial(u, accounts, np.minimum(chance, 0.95))


def ticket(z: np.ndarray, theta: np.ndarray, share: np.ndarray, world: World) -> np.ndarray:
    """Return log revenue per active account; the elasticity is .6, so that both add to one."""
    return 0.6 * (theta + np.log(share)) + world.sd_ticket * z
