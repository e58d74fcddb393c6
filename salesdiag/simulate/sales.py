"""What is sold: meetings, deals, revenue and quotas that follow from the course of a company."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesdiag.simulate.accounts import TARGET, active_accounts, revenue_noise, ticket
from salesdiag.simulate.draws import binomial, logistic, poisson, stream
from salesdiag.simulate.engine import OWN_DEALS_MAX, Course
from salesdiag.simulate.handover import kept_sales
from salesdiag.simulate.setup import month_lengths
from salesdiag.simulate.truth import Truth
from salesdiag.simulate.world import World

CLOSINGS_MAX = 12
"""Deals that a rep can close in a month."""
ASSESSED = 0.3
"""Share of deals whose value to the client is worked out."""
QUARTER = 3
CONTACTS = ("call", "email", "demo")
COMPETITORS = ("Northwind Systems", "Albatros", "Vela")


@dataclass(frozen=True, kw_only=True)
class Deals:
    """Deals that close, as (months, seats, CLOSINGS_MAX); ``closing`` marks those that exist.

    ``place`` is the account's place in the seat's book, ``rival`` an index into
    :data:`COMPETITORS` or -1, ``day`` the day of the month, ``cycle`` days from creation, ``fate``
    what speaks for the deal and nobody records.
    """

    closing: np.ndarray
    won: np.ndarray
    place: np.ndarray
    target: np.ndarray
    prepared: np.ndarray
    debriefed: np.ndarray
    joined: np.ndarray
    fate: np.ndarray
    discount: np.ndarray
    list_amount: np.ndarray
    amount: np.ndarray
    rival: np.ndarray
    day: np.ndarray
    cycle: np.ndarray
    slip: np.ndarray


@dataclass(frozen=True, kw_only=True)
class OwnDeals:
    """Managers' own deals, as (months, teams, OWN_DEALS_MAX); the first ``course.own`` are won."""

    closing: np.ndarray
    won: np.ndarray
    amount: np.ndarray
    list_amount: np.ndarray
    day: np.ndarray
    cycle: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Sales:
    """What was sold by (months, seats), burn-in included.

    Attributes
    ----------
    discovery, proposals : array of int
        Meetings.
    contacts : array (months, seats, 3)
        Counts of :data:`CONTACTS`.
    open_deals : array (seats,)
        Deals open after the last month.
    active : array of int
        Accounts with an order.
    revenue, quota : array
        Money of the month, and its target if the person is there all month.
    whale : array
        Share of the revenue that is one order out of all proportion.
    kept, kept_day : array (months, teams, KEPT_MAX)
        What the clients bought that a promoted manager still keeps, and on which day.
    """

    discovery: np.ndarray
    proposals: np.ndarray
    contacts: np.ndarray
    open_deals: np.ndarray
    deals: Deals
    own: OwnDeals
    active: np.ndarray
    revenue: np.ndarray
    whale: np.ndarray
    kept: np.ndarray
    kept_day: np.ndarray
    quota: np.ndarray


def sell(course: Course, truth: Truth, world: World, seed: int) -> Sales:
    """Return what follows from the course."""
    rng = stream(seed, "activity")
    shape = course.theta.shape
    u_discovery, u_proposals, *u_contacts = rng.random((5, *shape))
    effort = np.exp(0.4 * course.theta + truth.kpi_review * course.kpi[:, course.setup.team])
    discovery = poisson(u_discovery, np.minimum(6 * effort * course.share, 100))
    proposals = binomial(u_proposals, discovery, np.clip(0.45 + 0.03 * course.theta, 0.05, 0.95))
    volume = np.minimum(60 * effort * course.share, 400)
    contacts = poisson(np.stack(u_contacts, -1), volume[..., None] * course.mix)
    closings = np.minimum(np.vstack([proposals[:1], proposals[:-1]]), CLOSINGS_MAX)
    active, revenue, whale = earn(course, truth, world, seed)
    kept, kept_day = kept_sales(course, world, seed)
    there = _there(course)[..., 0]
    return Sales(
        discovery=discovery * there,
        proposals=proposals * there,
        contacts=contacts * there[..., None],
        open_deals=np.minimum(proposals[-1], CLOSINGS_MAX) * there[-1],
        deals=_deals(course, truth, world, seed, closings),
        own=_own_deals(course, world, seed),
        active=active * there,
        revenue=revenue * there,
        whale=whale,
        kept=kept,
        kept_day=kept_day,
        quota=_quota(course, revenue, world),
    )


def earn(
    course: Course, truth: Truth, world: World, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return active accounts, revenue, and the share in it of one large order, (months, seats)."""
    u, z, whale = revenue_noise(world, seed, course.theta.shape)
    lift = truth.csat * course.setup.book.mood
    active = active_accounts(u, course.theta, course.share, course.assigned, world, lift)
    each = world.ticket * np.exp(ticket(z, course.theta, course.share, world))
    revenue = active * each * (1 + whale)
    if world.invoice_lag:
        revenue = (1 - world.invoice_lag) * revenue + world.invoice_lag * _before(revenue)
        active = np.where(revenue > 0, np.maximum(active, 1), 0)
    if world.zero_share:
        invoiced = stream(seed, "zeros").random(revenue.shape) >= world.zero_share
        active, revenue = active * invoiced, revenue * invoiced
    return active, np.round(revenue, 2), whale / (1 + whale)


def _quota(course: Course, revenue: np.ndarray, world: World) -> np.ndarray:
    """Return full-month quotas: last quarter's, raised by a share of what was sold beyond it.

    One that was missed comes down towards what is expected of the rep; a new rep starts there.
    """
    norm = np.exp(
        course.ability
        + course.setup.quality_of_team[course.setup.team]
        - world.ramp * np.exp(-course.tenure / world.ramp_months)
    )
    fresh = world.ticket * world.active * course.assigned * norm * (1 + world.stretch)
    quota = np.empty_like(revenue)
    quota[0] = fresh[0]
    for t in range(1, len(revenue)):
        quota[t] = quota[t - 1]
        if (t - world.burn) % QUARTER == 0 and t >= QUARTER:
            surplus = revenue[t - QUARTER : t].mean(0) - quota[t - 1]
            raised = quota[t - 1] + world.ratchet * surplus
            quota[t] = np.where(surplus > 0, raised, 0.7 * quota[t - 1] + 0.3 * fresh[t])
        quota[t] = np.where(course.person[t] != course.person[t - 1], fresh[t], quota[t])
    return np.round(quota, -1)


def _deals(course: Course, truth: Truth, world: World, seed: int, closings: np.ndarray) -> Deals:
    shape = (*course.theta.shape, CLOSINGS_MAX)
    rng = stream(seed, "deals")
    (
        u_won, u_place, u_prepared, u_debrief, u_join, u_rival, u_stuck, u_moved, u_day, u_slip,
    ) = rng.random((10, *shape))  # fmt: skip
    z_fate, z_discount, z_amount, z_cycle = rng.standard_normal((4, *shape))
    closing = (np.arange(CLOSINGS_MAX) < closings[..., None]) & _there(course)
    theta, hours = course.theta[..., None], course.hours[..., None]
    book = course.setup.book
    place = (u_place * book.born.shape[1]).astype(int)
    seat = np.arange(shape[1])[:, None]
    target = book.segment[seat, place] < len(TARGET)
    prepared = u_prepared < np.clip(hours / 12, 0, 0.8)
    debriefed = closing & (u_debrief < np.clip(hours / 12, 0, 0.8))
    debriefs = _before(debriefed.sum(-1))[..., None]
    one_on_ones = _before(np.clip(course.hours * 0.6, 0, 4))[..., None]
    sold = course.own[:, course.setup.team][..., None]
    joined = u_join < 0.08 + np.minimum(0.1 * sold, 0.3) * (z_fate < -0.5)
    cut = 0.08 + 0.04 * z_discount - world.discount_reaction * 0.04 * z_fate
    discount = np.round(np.clip(cut, 0, 0.4), 3)
    log_odds = (
        -0.7 + 0.5 * theta + 0.8 * z_fate + truth.precall * prepared + truth.debrief * debriefs
        + truth.focus * (target & course.setup.declared[:, course.setup.team, None])
        + truth.rescue * joined + truth.discount * discount / 0.1
    )  # fmt: skip
    if truth.value_case:
        log_odds = log_odds + truth.value_case * assessed(seed, shape)
    won = closing & (u_won < logistic(log_odds))
    list_amount = np.round(np.exp(8 + 0.3 * theta + 0.6 * z_amount))
    moved = u_moved < logistic(-0.8 + truth.one_on_one * one_on_ones)
    _, days = month_lengths(world)
    first_day = course.start_day[..., None]
    return Deals(
        closing=closing,
        won=won,
        place=place,
        target=target,
        prepared=prepared,
        debriefed=debriefed,
        joined=joined,
        fate=z_fate,
        discount=discount,
        list_amount=list_amount,
        amount=np.round(list_amount * (1 - discount), 2),
        rival=np.where(u_rival < 0.6, (u_rival / 0.2).astype(int), -1),
        day=first_day + (u_day * (days[:, None, None] - first_day + 1)).astype(int),
        cycle=(20 + 25 * ((u_stuck < 0.3) & ~moved) + 10 * np.exp(0.4 * z_cycle)).astype(int),
        slip=np.where(u_slip < 0.3, (u_slip * 100).astype(int), 0),
    )


def _there(course: Course) -> np.ndarray:
    """Return which months know which seats, as (months, seats, 1)."""
    return course.setup.exists[:, course.setup.team, None]


def assessed(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    """Return for which deals the value to the client was worked out before the offer."""
    return stream(seed, "values").random(shape) < ASSESSED


def ratings(course: Course, deals: Deals, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return how reps rated deals while they were open (0..1), and which lost ones they let go."""
    rng = stream(seed, "ratings")
    z_rated, u_let_go = rng.standard_normal(deals.won.shape), rng.random(deals.won.shape)
    rated = logistic(-0.7 + 0.5 * course.theta[..., None] + 0.5 * deals.fate + 0.6 * z_rated)
    let_go = u_let_go < np.where(deals.target, 0.08, 0.2)
    return np.round(rated, 1), deals.closing & ~deals.won & let_go


def _before(values: np.ndarray) -> np.ndarray:
    """Return the values of the month before; the first month repeats itself."""
    return np.concatenate([values[:1], values[:-1]])


def _own_deals(course: Course, world: World, seed: int) -> OwnDeals:
    shape = (*course.own.shape, OWN_DEALS_MAX)
    rng = stream(seed, "manager_deals")
    u_day, u_lost = rng.random(shape), rng.random(course.own.shape)
    z_amount, z_discount, z_cycle = rng.standard_normal((3, *shape))
    lost = poisson(u_lost, 0.7 * course.own)
    place = np.arange(OWN_DEALS_MAX)
    there = course.setup.exists[..., None]
    won = (place < course.own[..., None]) & there
    list_amount = np.round(np.exp(9 + 0.5 * z_amount))
    _, days = month_lengths(world)
    return OwnDeals(
        closing=won | ((place < (course.own + lost)[..., None]) & there),
        won=won,
        list_amount=list_amount,
        amount=np.round(list_amount * (1 - np.clip(0.06 + 0.04 * z_discount, 0, 0.4)), 2),
        day=1 + (u_day * days[:, None, None]).astype(int),
        cycle=(30 + 15 * np.exp(0.5 * z_cycle)).astype(int),
    )
