"""The course of a company: who sits where, who is coached, what each rep's productivity is.

Months run in a loop because decisions feed on results; whatever follows from the course without
feeding back (deals, meetings, logs) is computed afterwards for all months at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from salesdiag.simulate.accounts import active_accounts, ticket
from salesdiag.simulate.draws import poisson, stream
from salesdiag.simulate.setup import SLOTS, Setup, month_lengths, setup
from salesdiag.simulate.world import BEHAVIOURS, Truth, World

START_DAYS = (1, 8, 15)
"""Days of a month on which people start."""
OWN_DEALS_MAX = 6
_KPI_WAVES = (6, 10, 14)
_BUSY = 120.0  # hours a month that a manager can coach at most
_MOST = 24.0  # and that one rep can be coached


@dataclass
class Person:
    """Someone's career, in months of the simulation; ``left`` is the first month gone."""

    hired: int
    day: int
    ability: float
    left: int | None = None


@dataclass
class Course:
    """Arrays (months, seats) or (months, teams), burn-in included, and the people.

    ``hours`` are true coaching hours; ``theta`` is log productivity, one for one with log revenue;
    ``own`` are the manager's own won deals; ``share`` is the part of the month that the seat's
    person was there from ``start_day`` on.
    """

    setup: Setup
    people: list[Person]
    person: np.ndarray
    tenure: np.ndarray
    share: np.ndarray
    start_day: np.ndarray
    theta: np.ndarray
    hours: np.ndarray
    slot: np.ndarray
    manager: np.ndarray
    own: np.ndarray
    climate: np.ndarray
    kpi: np.ndarray
    mix: np.ndarray
    ability: np.ndarray
    behaviours: list[np.ndarray] = field(default_factory=list)


def run(
    truth: Truth, world: World, seed: int, *, add_hours: float = 0.0, add_deals: float = 0.0
) -> Course:
    """Run a company from its first month to its last.

    Parameters
    ----------
    truth, world : Truth, World
    seed : int
    add_hours : float
        Coaching hours added to every rep-month, the managers' decisions staying as they were.
    add_deals : float
        Own deals added to every manager's count of three months, likewise.
    """
    return _Run(truth, world, seed, add_hours, add_deals).course()


def mean_of_team(values: np.ndarray, team: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return team means, one per team."""
    return np.bincount(team, values, len(size)) / size


def _scaled(value: np.ndarray, sd: float) -> np.ndarray:
    return value / sd if sd > 0 else np.zeros_like(value)


def _step(rho: float, old: np.ndarray, new: np.ndarray) -> np.ndarray:
    return rho * old + np.sqrt(1 - rho**2) * new


class _Run:
    """One company in motion: the blocks drawn for it and the state of the current month."""

    def __init__(
        self, truth: Truth, world: World, seed: int, add_hours: float, add_deals: float
    ) -> None:
        self.truth, self.world = truth, world
        self.add_hours, self.add_deals = add_hours, add_deals
        self.setup = setup(truth, world, seed)
        self.team, self.size = self.setup.team, self.setup.size
        self._draw(seed)
        self._start()

    def _draw(self, seed: int) -> None:
        w, g, n = self.world, self.world.teams, len(self.team)
        m = w.months + w.burn
        normal: Callable[..., np.ndarray] = lambda s, *shape: stream(seed, s).standard_normal(shape)  # noqa: E731
        uniform: Callable[..., np.ndarray] = lambda s, *shape: stream(seed, s).random(shape)  # noqa: E731
        hours = stream(seed, "hours")
        self.z_supply, self.z_alloc = hours.standard_normal((m, g)), hours.standard_normal((m, n))
        selling = stream(seed, "selling")
        self.z_own, self.u_own = selling.standard_normal((m, g)), selling.random((m, g))
        self.z_shock = normal("shocks", m + 1, n)
        self.z_team_shock = normal("team_shocks", m + 1, g)
        self.z_climate = normal("climate", m, g)
        self.u_exit, self.u_hire = uniform("exits", m, n), uniform("hires", m, n)
        self.u_manager = uniform("manager_exits", m, g, 2)
        self.u_transfer = uniform("transfers", m, n, 2)
        programme = stream(seed, "programme")
        self.u_kpi, self.z_kpi = programme.random((2, g)), programme.standard_normal((3, g))
        self.z_ability = normal("ability", m + 1, n, 2)
        self.z_behaviours = normal("behaviours", m + 1, n, len(BEHAVIOURS))
        self.start_mix = stream(seed, "mixes").dirichlet([4, 3, 3], (m + 1, n))
        self.u_tenure = uniform("careers", n + g)
        revenue = stream(seed, "revenue")
        self.u_active, self.z_ticket = revenue.random((m, n)), revenue.standard_normal((m, n))

    def _start(self) -> None:
        w, g, n = self.world, self.world.teams, len(self.team)
        m = w.months + w.burn
        self.ability = w.sd_ability * self.z_ability[0, :, 0]
        self.trend = w.sd_trend * self.z_ability[0, :, 1]
        self.behaviours = self.z_behaviours[0].copy()
        self.mix = self.start_mix[0].copy()
        # tenures of those present, as after many years of the same hazard, at most eight years
        years = np.log(self.u_tenure) / np.log(1 - max(w.exit_rate, 0.015))
        self.tenure = np.minimum(years[:n].astype(int), 96) + 1
        self.shock = w.sd_shock * self.z_shock[0]
        self.team_shock = w.sd_team_shock * self.z_team_shock[0]
        self.seen = np.zeros(n)
        self.supply, self.selling = np.zeros(g), np.zeros(g)
        self.stock, self.stock_added = np.zeros(n), np.zeros(n)
        self.climate = self.setup.climate.copy()
        self.slot = np.zeros(g, int)
        self.person, self.manager = np.arange(n), n + np.arange(g)
        self.start_day = np.ones(n, int)
        self.people = [
            Person(-int(t), 1, float(a)) for t, a in zip(self.tenure, self.ability, strict=True)
        ] + [Person(-int(12 + 60 * u), 1, 0.0) for u in self.u_tenure[n:]]
        waves = w.burn + 4 + (self.u_kpi[1] * max(w.months - 8, 1)).astype(int)
        self.kpi_from = np.where(self.u_kpi[0] < w.kpi_share, waves, m)
        if w.kpi_after_dip > 0:
            self.kpi_from = np.full(g, m)
        self.first, self.days = month_lengths(w)
        self.own_history = [np.zeros(g, int)] * 3

    def course(self) -> Course:
        """Run all months."""
        names = (
            "person", "tenure", "share", "start_day", "theta", "hours", "slot", "manager", "own",
            "climate", "kpi", "mix", "ability",
        )  # fmt: skip
        kept: dict[str, list[np.ndarray]] = {name: [] for name in names}
        behaviours: list[np.ndarray] = []
        for t in range(self.world.months + self.world.burn):
            self._month(t)
            for name in names:
                kept[name].append(getattr(self, name))
            behaviours.append(self.behaviours)
            self._turnover(t)
        arrays = {name: np.array(rows) for name, rows in kept.items()}
        return Course(setup=self.setup, people=self.people, behaviours=behaviours, **arrays)

    def _month(self, t: int) -> None:
        w, truth, team = self.world, self.truth, self.team
        self.share = (self.days[t] - self.start_day + 1) / self.days[t]
        self.hours = self._hours(t)
        self.own = self._own_deals(t)
        self.kpi = self._kpi(t)
        self.mix = self.mix + truth.imitate * (self._manager(self.setup.manager_mix) - self.mix)
        self.shock = _step(w.rho_shock, self.shock, w.sd_shock * self.z_shock[t + 1])
        self.team_shock = _step(
            w.rho_team_shock, self.team_shock, w.sd_team_shock * self.z_team_shock[t + 1]
        )
        norm = self._norm(t)
        decided = norm + self.shock + self.team_shock[team] + self.stock + self._planted(t)
        dose = np.sum(self.own_history[-3:], axis=0)
        shift = self._selling_effect(dose + self.add_deals) - self._selling_effect(dose)
        decided = decided + self._selling_effect(dose)[team]
        self.theta = decided + (self.stock_added - self.stock) + shift[team]
        if w.k_seen:
            shown = self._log_revenue(decided, t)
            expected = np.log(self.setup.book.size[0] * w.active) + norm + np.log(self.share)
            self.seen = (shown - expected) / np.sqrt(w.sd_shock**2 + 0.2**2)
        self._learn()
        self.own_history.append(self.own)
        pull = 0.3 * w.climate_reverse * _scaled(self.team_shock, w.sd_team_shock)
        self.climate = (
            0.8 * self.climate + 0.2 * self.setup.climate + pull + 0.1 * self.z_climate[t]
        )

    def _manager(self, values: np.ndarray) -> np.ndarray:
        """Return an attribute of the managers of the month, per seat."""
        return values[np.arange(len(self.slot)), self.slot][self.team]

    def _hours(self, t: int) -> np.ndarray:
        w = self.world
        weight = np.exp(
            w.coach_sd_rep * self.z_alloc[t]
            - w.k_ability * _scaled(self.ability, w.sd_ability)
            - w.k_shock * _scaled(self.shock, w.sd_shock)
            - w.k_seen * self.seen
            + w.k_trend * _scaled(self.trend, w.sd_trend)
        )
        self.supply = _step(w.coach_rho, self.supply, w.coach_sd_month * self.z_supply[t])
        level = self.setup.coach_level[np.arange(w.teams), self.slot] + self.supply
        level = level - 0.35 * w.k_team * _scaled(self.team_shock, w.sd_team_shock)
        hours = np.minimum(np.exp(level), _BUSY / self.size) / mean_of_team(
            weight, self.team, self.size
        )
        return np.minimum(hours[self.team] * weight, _MOST) * self.share

    def _own_deals(self, t: int) -> np.ndarray:
        w = self.world
        self.selling = _step(w.own_rho, self.selling, w.own_sd_month * self.z_own[t])
        swing = self.selling - w.k_sell * _scaled(self.team_shock, w.sd_team_shock)
        rate = self.setup.own_rate[np.arange(w.teams), self.slot] * np.exp(swing)
        return poisson(self.u_own[t], np.minimum(rate, 3.0)).clip(max=OWN_DEALS_MAX)

    def _kpi(self, t: int) -> np.ndarray:
        w, m = self.world, self.world.months + self.world.burn
        if w.kpi_after_dip > 0 and t - w.burn in _KPI_WAVES:
            wave = _KPI_WAVES.index(t - w.burn)
            need = -w.kpi_after_dip * _scaled(self.team_shock, w.sd_team_shock)
            need = need + (1 - w.kpi_after_dip) * self.z_kpi[wave]
            need = np.where(self.kpi_from < m, -np.inf, need)
            chosen = np.argsort(-need)[: int(w.teams * w.kpi_share / len(_KPI_WAVES))]
            self.kpi_from = self.kpi_from.copy()
            self.kpi_from[chosen] = np.minimum(self.kpi_from[chosen], t)
        return t >= self.kpi_from

    def _norm(self, t: int) -> np.ndarray:
        """Return what a rep's productivity would be without shocks and planted effects."""
        w, team = self.world, self.team
        months = w.months + w.burn
        return (
            self.ability
            + self.setup.quality_of_team[team]
            + self.trend * (t - months / 2)
            - w.ramp * np.exp(-self.tenure / w.ramp_months)
            + self.setup.market[self.setup.region[team], t]
            + w.season * np.sin(2 * np.pi * (int(self.first[t].astype(int)) % 12) / 12)
        )

    def _planted(self, t: int) -> np.ndarray:
        truth = self.truth
        of_team = truth.climate * self.climate + truth.clarity * self.setup.clarity
        return (
            of_team[self.team]
            + truth.manager_quality * self._manager(self.setup.leadership)
            + self.behaviours @ np.array(truth.behaviours)
        )

    def _selling_effect(self, dose: np.ndarray) -> np.ndarray:
        knot = self.truth.own_deal_knot
        low = self.truth.own_deal_low * np.minimum(dose, knot)
        return low + self.truth.own_deal_high * np.maximum(dose - knot, 0)

    def _log_revenue(self, theta: np.ndarray, t: int) -> np.ndarray:
        """Return the log revenue of a month, in tickets, as a manager sees it."""
        w, accounts = self.world, self.setup.book.size[t]
        active = active_accounts(self.u_active[t], theta, self.share, accounts, w)
        return np.log(np.maximum(active, 0.5)) + ticket(self.z_ticket[t], theta, self.share, w)

    def _learn(self) -> None:
        truth = self.truth
        per_hour = truth.coach + truth.coach_quality * (
            self._manager(self.setup.session_quality) - 0.6
        )
        added = self.hours + self.add_hours
        keep, slow = truth.coach_decay, truth.coach_saturation
        self.stock = keep * self.stock + per_hour * self.hours / (1 + slow * self.hours)
        self.stock_added = keep * self.stock_added + per_hour * added / (1 + slow * added)

    def _turnover(self, t: int) -> None:
        """Let people go at the end of a month; successors start in the next."""
        w = self.world
        self.tenure = self.tenure + 1
        self.start_day = np.ones(len(self.team), int)
        if t == w.months + w.burn - 1:
            return
        z = _scaled(self.shock + 0.5 * self.ability, w.sd_shock)
        spread = 1 + 0.25 * (w.sd_ability / w.sd_shock) ** 2 if w.sd_shock > 0 else 0.0
        hazard = w.exit_rate * np.exp(-w.exit_selection * z - w.exit_selection**2 * spread / 2)
        near = np.abs(self.tenure - self.truth.cliff_month) <= 1
        hazard = hazard * np.where(near, self.truth.cliff_ratio, 1.0)
        leaving = self.u_exit[t] < np.minimum(hazard, 0.6)
        for seat in np.flatnonzero(leaving):
            self.people[self.person[seat]].left = t + 1
        vacant = leaving | self._succession(t, leaving)
        if vacant.any():
            self._fill(t, vacant)

    def _succession(self, t: int, leaving: np.ndarray) -> np.ndarray:
        """Replace managers who leave; return the seats of promoted reps."""
        w = self.world
        promoted = np.zeros(len(self.team), bool)
        due = (self.u_manager[t, :, 0] < w.manager_exit) & (self.slot < SLOTS - 1)
        if t < w.burn + 2 or not due.any():
            return promoted
        self.slot, self.manager = self.slot + due, self.manager.copy()
        for g in np.flatnonzero(due):
            self.people[self.manager[g]].left = t + 1
            fit = np.where((self.team == g) & ~leaving & (self.tenure >= 6), self.ability, -np.inf)
            if self.u_manager[t, g, 1] < w.promote and np.isfinite(fit).any():
                seat = int(fit.argmax())
                promoted[seat] = True
                self.manager[g] = self.person[seat]
            else:
                self.manager[g] = self._hire(t + 1, 1, 0.0)
        return promoted

    def _hire(self, month: int, day: int, ability: float) -> int:
        self.people.append(Person(month, day, ability))
        return len(self.people) - 1

    def _fill(self, t: int, vacant: np.ndarray) -> None:
        """Fill vacancies, some with a rep of another team, whose seat is then vacant instead."""
        w = self.world
        state = (
            "person", "ability", "trend", "behaviours", "mix", "tenure", "shock", "stock",
            "stock_added", "seen", "start_day",
        )  # fmt: skip
        for name in state:
            setattr(self, name, getattr(self, name).copy())
        taken = vacant.copy()
        for seat in np.flatnonzero(vacant & (self.u_transfer[t, :, 0] < w.transfer)):
            donor = int(self.u_transfer[t, seat, 1] * len(self.team))
            if taken[donor] or self.team[donor] == self.team[seat] or self.tenure[donor] < 6:
                continue
            for name in state:
                getattr(self, name)[seat] = getattr(self, name)[donor]
            vacant[seat], vacant[donor], taken[donor] = False, True, True
        for seat in np.flatnonzero(vacant):
            self.ability[seat] = w.sd_ability * self.z_ability[t + 1, seat, 0]
            self.trend[seat] = w.sd_trend * self.z_ability[t + 1, seat, 1]
            self.start_day[seat] = START_DAYS[int(self.u_hire[t, seat] * 3)]
            self.person[seat] = self._hire(
                t + 1, int(self.start_day[seat]), float(self.ability[seat])
            )
            self.behaviours[seat] = self.z_behaviours[t + 1, seat]
            self.mix[seat] = self.start_mix[t + 1, seat]
            for name in ("tenure", "shock", "stock", "stock_added", "seen"):
                getattr(self, name)[seat] = 0
