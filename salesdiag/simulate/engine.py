"""The course of a company: who sits where, who is coached, what each rep's productivity is.

Months run in a loop because decisions feed on results; whatever follows from the course without
feeding back (deals, meetings, logs) is computed afterwards for all months at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesdiag.simulate.accounts import active_accounts, ticket
from salesdiag.simulate.draws import poisson
from salesdiag.simulate.setup import Setup, shared_out
from salesdiag.simulate.staff import Person, Staff, scaled
from salesdiag.simulate.truth import Truth
from salesdiag.simulate.world import World

OWN_DEALS_MAX = 6
PLAN_MONTHS = 6
"""Months that a development plan lasts."""
_KPI_WAVES = (6, 10, 14)
_BUSY = 120.0  # hours a month that a manager can coach at most
_MOST = 24.0  # and that one rep can be coached
_TOLD = (
    "person", "tenure", "share", "start_day", "theta", "hours", "slot", "manager", "own", "climate",
    "kpi", "mix", "ability", "behaviours", "plan", "assigned", "kept_seat", "kept_place",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Extra:
    """What is added to find an effect, all decisions staying as they were.

    Attributes
    ----------
    hours : float
        Coaching hours to every rep-month.
    deals : float
        Own deals to every manager's count of three months, whichever the truth counts.
    late : float
        Months for which a manager has kept clients of his own beyond the knot.
    plans : float
        Development plans to every rep-month.
    """

    hours: float = 0.0
    deals: float = 0.0
    late: float = 0.0
    plans: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Course:
    """Arrays (months, seats) or (months, teams), burn-in included, and the people.

    ``hours`` are true coaching hours; ``theta`` is log productivity, one for one with log revenue;
    ``own`` are the manager's own won deals, by team; ``share`` is the part of the month that the
    seat's person was there from ``start_day`` on; ``assigned`` are the seat's clients;
    ``kept_seat`` (or -1) and ``kept_place`` are those a promoted manager still has;
    ``leadership`` (teams, SLOTS) is that of the managers there were.
    """

    setup: Setup
    people: list[Person]
    leadership: np.ndarray
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
    behaviours: np.ndarray
    plan: np.ndarray
    assigned: np.ndarray
    kept_seat: np.ndarray
    kept_place: np.ndarray


def run(truth: Truth, world: World, seed: int, extra: Extra | None = None) -> Course:
    """Run a company from its first month to its last."""
    return _Run(truth, world, seed, extra or Extra()).course()


def own_dose(own: np.ndarray, first: np.ndarray, timing: str) -> np.ndarray:
    """Return the own deals that act in each month.

    Parameters
    ----------
    own : array (months, teams)
        Managers' own deals.
    first : array (months,), datetime64[M]
    timing : str
        One of :data:`~salesdiag.simulate.truth.TIMINGS`.
    """
    if timing == "month_after":
        before = np.vstack([np.zeros((3, own.shape[1]), own.dtype), own])
        return before[:-3] + before[1:-2] + before[2:-1]
    quarter = first.astype(int) // 3
    quarter = quarter - quarter[0]
    total = np.zeros((quarter[-1] + 2, own.shape[1]), own.dtype)
    np.add.at(total, quarter + 1, own)
    return total[quarter + (1 if timing == "quarter" else 0)]


def mean_of_team(values: np.ndarray, team: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return team means, one per team."""
    return np.bincount(team, values, len(size)) / size


def _step(rho: float, old: np.ndarray, new: np.ndarray) -> np.ndarray:
    return rho * old + np.sqrt(1 - rho**2) * new


class _Run(Staff):
    """One company in motion."""

    def __init__(self, truth: Truth, world: World, seed: int, extra: Extra) -> None:
        super().__init__(truth, world, seed)
        self.extra = extra
        w, g, m = world, world.teams, world.months + world.burn
        self.team_shock = w.sd_team_shock * self.drawn.z_team_shock[0]
        self.region_shock = w.sd_region_shock * self.drawn.z_region[0]
        self.supply, self.selling = np.zeros((2, g))
        self.decided_hours, self.decided_by = np.zeros(len(self.team)), np.zeros(g, int)
        self.climate = self.setup.climate.copy()
        self.behaviour_weights = np.array(truth.behaviours)
        u_share, u_wave = self.drawn.u_kpi
        waves = w.burn + 4 + (u_wave * max(w.months - 8, 1)).astype(int)
        self.kpi_from = np.where(u_share < w.kpi_share, waves, m)
        if w.kpi_after_dip > 0:
            self.kpi_from = np.full(g, m)
        self.own_history: list[np.ndarray] = [np.zeros(g, int)] * 3

    def course(self) -> Course:
        """Run all months."""
        kept: dict[str, list[np.ndarray]] = {name: [] for name in _TOLD}
        for t in range(self.world.months + self.world.burn):
            self._month(t)
            for name in _TOLD:
                kept[name].append(getattr(self, name))
            self.turnover(t)
        arrays = {name: np.array(rows) for name, rows in kept.items()}
        if self.truth.own_deal_timing == "quarter":
            # a quarter's deals are known when it is over: what people decide in it is decided
            # without what they do to its results
            dose = own_dose(np.array(self.own_history[3:]), self.first, "quarter")
            arrays["theta"] += self._selling_effect(dose + self.extra.deals)[:, self.team]
        return Course(setup=self.setup, people=self.people, leadership=self.leadership, **arrays)

    def _month(self, t: int) -> None:
        w, truth, team, drawn = self.world, self.truth, self.team, self.drawn
        self.share = (self.days[t] - self.start_day + 1) / self.days[t]
        self.assigned = self.accounts(t)
        self.plan = self._plan(t)
        self.hours = self._hours(t)
        self.own = self._own_deals(t)
        self.kpi = self._kpi(t)
        self.mix = self.mix + truth.imitate * (self._manager(self.setup.manager_mix) - self.mix)
        self.shock = _step(w.rho_shock, self.shock, w.sd_shock * drawn.z_shock[t + 1])
        self.team_shock = _step(
            w.rho_team_shock, self.team_shock, w.sd_team_shock * drawn.z_team_shock[t + 1]
        )
        self.region_shock = _step(
            w.rho_region_shock, self.region_shock, w.sd_region_shock * drawn.z_region[t + 1]
        )
        norm = self._norm(t)
        common = self.team_shock + self.region_shock[self.setup.region]
        decided = norm + self.shock + common[team] + self.stock + self._planted(t)
        before, more = self._sold_before(t)
        shift = (
            more - before + truth.late_handover * self.extra.late + truth.plan * self.extra.plans
        )
        decided = decided + before[team]
        self.theta = decided + (self.stock_added - self.stock) + shift[team]
        self.record.append(decided)
        if w.k_seen:
            shown = self._log_revenue(decided, t)
            expected = np.log(self.setup.book.size[0] * w.active) + norm + np.log(self.share)
            self.seen = (shown - expected) / np.sqrt(w.sd_shock**2 + 0.2**2)
        self._learn()
        self.own_history.append(shared_out(self.own, self.setup.exists[t], self.setup.lead))
        pull = 0.3 * w.climate_reverse * self._fortune()
        self.climate = (
            0.8 * self.climate + 0.2 * self.setup.climate + pull + 0.1 * drawn.z_climate[t]
        )

    def _manager(self, values: np.ndarray) -> np.ndarray:
        """Return an attribute of the managers of the month, per seat."""
        return values[np.arange(len(self.slot)), self.slot][self.team]

    def _plan(self, t: int) -> np.ndarray:
        """Return who has a development plan, after giving it to some."""
        w = self.world
        if t >= w.burn:
            low = -2 * w.plan_after_dip * scaled(self.shock, w.sd_shock)
            chance = w.plan_share / w.months * np.exp(low - 2 * w.plan_after_dip**2)
            given = (self.plan_from < 0) & (self.drawn.u_plan[t] < chance) & (self.tenure > 1)
            self.plan_from = np.where(given, t, self.plan_from)
        return (self.plan_from >= 0) & (t < self.plan_from + PLAN_MONTHS)

    def _hours(self, t: int) -> np.ndarray:
        w = self.world
        weight = np.exp(
            w.coach_sd_rep * self.drawn.z_alloc[t]
            - w.k_ability * scaled(self.ability, w.sd_ability)
            - w.k_shock * scaled(self.shock, w.sd_shock)
            - w.k_seen * self.seen
            + w.k_trend * scaled(self.trend, w.sd_trend)
        )
        self.supply = _step(w.coach_rho, self.supply, w.coach_sd_month * self.drawn.z_supply[t])
        level = self.setup.coach_level[np.arange(w.teams), self.slot] + self.supply
        level = level - 0.35 * w.k_team * self._fortune()
        hours = np.minimum(np.exp(level), _BUSY / self.size) / mean_of_team(
            weight, self.team, self.size
        )
        given = self._held(t, np.minimum(hours[self.team] * weight, _MOST)) * self.share
        return np.where(self.setup.away[t][self.team], 0.0, given)

    def _held(self, t: int, hours: np.ndarray) -> np.ndarray:
        """Return full-month hours as decided when the manager last decided anew."""
        every = self.world.coach_switches
        if not every:
            return hours
        due = (t + (self.drawn.u_switch * every).astype(int)) % every == 0
        anew = due | (self.slot != self.decided_by) if t else np.ones(len(due), bool)
        self.decided_hours = np.where(anew[self.team], hours, self.decided_hours)
        self.decided_by = self.slot
        return self.decided_hours

    def _fortune(self) -> np.ndarray:
        """Return how the teams fare, in SD of what they share."""
        shared = self.team_shock + self.region_shock[self.setup.region]
        sd = np.hypot(self.world.sd_team_shock, self.world.sd_region_shock)
        return scaled(shared, float(sd))

    def _own_deals(self, t: int) -> np.ndarray:
        w = self.world
        self.selling = _step(w.own_rho, self.selling, w.own_sd_month * self.drawn.z_own[t])
        swing = self.selling - w.k_sell * self._fortune()
        rate = self.setup.own_rate[np.arange(w.teams), self.slot] * np.exp(swing)
        rate = np.where(self.setup.away[t], 0.0, np.minimum(rate, 3.0))
        return poisson(self.drawn.u_own[t], rate).clip(max=OWN_DEALS_MAX)

    def _kpi(self, t: int) -> np.ndarray:
        w, m = self.world, self.world.months + self.world.burn
        if w.kpi_after_dip > 0 and t - w.burn in _KPI_WAVES:
            wave = _KPI_WAVES.index(t - w.burn)
            need = -w.kpi_after_dip * self._fortune()
            need = need + (1 - w.kpi_after_dip) * self.drawn.z_kpi[wave]
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
        of_team = of_team + truth.late_handover * self.late(t)
        return (
            of_team[self.team]
            + truth.manager_quality * self._manager(self.leadership)
            + self.behaviours @ self.behaviour_weights
            + truth.plan * self.plan
        )

    def _sold_before(self, t: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the effect of managers' deals of earlier months, and with the added deals."""
        if self.truth.own_deal_timing == "quarter":
            nothing = np.zeros(self.world.teams)
            return nothing, nothing
        after = self.truth.own_deal_timing == "month_after"
        over = 0 if after else int(self.first[t].astype(int)) % 3
        end = len(self.own_history) - over
        dose = np.sum(self.own_history[max(end - 3, 0) : end], axis=0)
        return self._selling_effect(dose), self._selling_effect(dose + self.extra.deals)

    def _selling_effect(self, dose: np.ndarray) -> np.ndarray:
        knot = self.truth.own_deal_knot
        low = self.truth.own_deal_low * np.minimum(dose, knot)
        return low + self.truth.own_deal_high * np.maximum(dose - knot, 0)

    def _log_revenue(self, theta: np.ndarray, t: int) -> np.ndarray:
        """Return the log revenue of a month, in tickets, as a manager sees it."""
        w, drawn = self.world, self.drawn
        lift = self.truth.csat * self.setup.book.mood[t]
        active = active_accounts(drawn.u_active[t], theta, self.share, self.assigned, w, lift)
        each = ticket(drawn.z_ticket[t], theta, self.share, w) + np.log1p(drawn.whale[t])
        return np.log(np.maximum(active, 0.5)) + each

    def _learn(self) -> None:
        truth = self.truth
        per_hour = truth.coach + truth.coach_quality * (
            self._manager(self.setup.session_quality) - 0.6
        )
        added = self.hours + self.extra.hours
        keep, slow = truth.coach_decay, truth.coach_saturation
        self.stock = keep * self.stock + per_hour * self.hours / (1 + slow * self.hours)
        self.stock_added = keep * self.stock_added + per_hour * added / (1 + slow * added)
