"""What is fixed in a company from the start: its calendar, teams, markets and managers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesdiag.simulate.accounts import Book, book
from salesdiag.simulate.draws import stream
from salesdiag.simulate.truth import Truth
from salesdiag.simulate.world import World

SLOTS = 3
"""Managers a team may have in a row."""
_POOL = 20  # candidates of whom each manager was chosen


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What is fixed from the start; seats of all teams stand in one row.

    Attributes
    ----------
    team : array (seats,)
    region, size, quality_of_team : array (teams,)
    exists, declared : array (months, teams) of bool
        The data know the team; its target segments are declared.
    away : array (months, teams) of bool
        The team's manager is away.
    lead : array (teams,)
        The first of the teams that share a manager with this one, itself included.
    market : array (regions, months)
        Cumulated log market.
    coach_level, own_rate, leadership, prior, session_quality : array (teams, SLOTS)
        Of each manager a team may have: log hours, own deals a month, management quality and
        selling record (SD), quality of coaching (0..1).
    manager_mix : array (teams, SLOTS, 3)
        Shares of contacts.
    clarity, climate : array (teams,)
        In SD; the climate is the level that a team returns to.
    book : Book
        Accounts.
    """

    team: np.ndarray
    region: np.ndarray
    size: np.ndarray
    exists: np.ndarray
    declared: np.ndarray
    away: np.ndarray
    lead: np.ndarray
    quality_of_team: np.ndarray
    market: np.ndarray
    coach_level: np.ndarray
    own_rate: np.ndarray
    leadership: np.ndarray
    prior: np.ndarray
    session_quality: np.ndarray
    manager_mix: np.ndarray
    clarity: np.ndarray
    climate: np.ndarray
    book: Book


def month_lengths(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Return first days (``datetime64[M]``) and lengths in days of all months, burn-in included."""
    first = (
        np.datetime64(world.last_month, "M")
        - (world.months + world.burn - 1)
        + np.arange(world.months + world.burn)
    )
    days = ((first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(int)
    return first, days


def setup(truth: Truth, world: World, seed: int) -> Setup:
    """Draw what is fixed from the start."""
    g, m = world.teams, world.months + world.burn
    rng = stream(seed, "structure")
    size = rng.integers(world.reps_min, world.reps_max + 1, g)
    size[0] = int(size[0] * world.huge_team)
    team = np.repeat(np.arange(g), size)
    region = rng.permutation(np.arange(g) % world.regions)
    z_team, clarity, climate = rng.standard_normal((3, g))
    market = world.growth + world.sd_market * stream(seed, "market").standard_normal(
        (world.regions, m)
    )
    rng = stream(seed, "managers")
    prior, own_talent, noise, z_level, z_own, z_quality = rng.standard_normal((6, g, SLOTS, _POOL))
    leads = truth.star * prior + np.sqrt(1 - truth.star**2) * own_talent
    merit = world.promote_on_sales * prior + (1 - world.promote_on_sales) * leads + 0.3 * noise
    best = merit.argmax(-1)[..., None]
    conf = world.confounding
    level = conf * z_team[:, None] + np.sqrt(1 - conf**2) * z_level[..., 0]
    rate = world.own_deals * np.exp(
        world.own_sd_manager * z_own[..., 0] - world.own_sd_manager**2 / 2
    )
    lead = np.arange(g)
    paired = 2 * int(world.shared_managers * g / 2)
    lead[:paired] -= lead[:paired] % 2
    return Setup(
        team=team,
        region=region,
        size=size,
        exists=_existence(world, seed),
        declared=_declared(world, seed),
        away=_absences(world, seed)[:, lead],
        lead=lead,
        quality_of_team=world.sd_team * z_team,
        market=market.cumsum(1),
        coach_level=(np.log(world.coach_hours) + world.coach_sd_manager * level)[lead],
        own_rate=np.where(rng.random((g, SLOTS)) < world.own_none, 0.0, rate)[lead],
        leadership=np.take_along_axis(leads, best, -1)[lead, :, 0],
        prior=np.take_along_axis(prior, best, -1)[lead, :, 0],
        session_quality=np.clip(0.6 + 0.15 * z_quality[..., 0], 0.05, 0.95)[lead],
        manager_mix=rng.dirichlet([4, 3, 3], (g, SLOTS))[lead],
        clarity=clarity,
        climate=climate,
        book=book(truth, world, seed, len(team)),
    )


def _existence(world: World, seed: int) -> np.ndarray:
    """Return which months know which teams; a third to two thirds of them where not all do."""
    if not world.unbalanced:
        return np.ones((world.months + world.burn, world.teams), bool)
    u_whole, u_cut, u_side = stream(seed, "existence").random((3, world.teams))
    month = np.arange(world.months + world.burn)[:, None]
    cut = world.burn + ((1 + u_cut) * world.months / 3).astype(int)
    return (u_whole >= world.unbalanced) | np.where(u_side < 0.5, month >= cut, month < cut)


def _declared(world: World, seed: int) -> np.ndarray:
    """Return which months find which teams' segments declared."""
    u_late, u_month = stream(seed, "declared").random((2, world.teams))
    since = world.burn + 1 + (u_month * (world.months - 2)).astype(int)
    month = np.arange(world.months + world.burn)[:, None]
    return (u_late >= world.declare) | (month >= since)


def _absences(world: World, seed: int) -> np.ndarray:
    """Return in which months whose manager is away: absences begin at random, told months only."""
    months = world.months + world.burn
    begins = stream(seed, "absences").random((months, world.teams)) < world.absence
    begins[: world.burn] = False
    away = np.zeros_like(begins)
    for late in range(world.absence_months):
        away[late:] |= begins[: months - late]
    return away


def of_manager(values: np.ndarray, lead: np.ndarray) -> np.ndarray:
    """Return for each team the sum over all teams of its manager; teams stand last."""
    if (lead == np.arange(len(lead))).all():
        return values
    total = np.zeros_like(values)
    np.add.at(total.T, lead, values.T)
    return total[..., lead]


def shared_out(values: np.ndarray, there: np.ndarray, lead: np.ndarray) -> np.ndarray:
    """Return what managers did, shared equally among their teams that are there."""
    number = np.maximum(of_manager(there.astype(int), lead), 1)
    return np.where(number > 1, of_manager(values * there, lead) / number, values)
