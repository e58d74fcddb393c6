"""Who sits where: exits, successors, promotions, and the clients that a promoted rep keeps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesdiag.simulate.blocks import blocks
from salesdiag.simulate.setup import SLOTS, month_lengths, setup
from salesdiag.simulate.truth import Truth
from salesdiag.simulate.world import World

START_DAYS = (1, 8, 15)
"""Days of a month on which people start."""
KEPT_MAX = 5
"""Largest clients that a promoted rep may keep for a while; never more than a third."""
RECORD_MONTHS = 12
"""Months whose results make up a rep's record at promotion."""
RECORD_SD = 0.35
"""SD of the log of a rep's record, relative to the median rep."""
_STATE = (
    "person", "ability", "trend", "behaviours", "mix", "tenure", "shock", "stock", "stock_added",
    "seen", "start_day", "plan_from",
)  # fmt: skip


@dataclass
class Person:
    """Someone's career, in months of the simulation; ``left`` is the first month gone."""

    hired: int
    day: int
    ability: float
    left: int | None = None


def scaled(value: np.ndarray, sd: float) -> np.ndarray:
    """Return values in SD, 0 where there is none."""
    return value / sd if sd > 0 else np.zeros_like(value)


class Staff:
    """The people of one company in motion: state of the current month, by seat and by team."""

    def __init__(self, truth: Truth, world: World, seed: int) -> None:
        self.truth, self.world = truth, world
        self.setup = setup(truth, world, seed)
        self.team, self.size = self.setup.team, self.setup.size
        self.drawn = blocks(world, seed, len(self.team))
        self.first, self.days = month_lengths(world)
        w, n, g = world, len(self.team), world.teams
        self.ability = w.sd_ability * self.drawn.z_ability[0, :, 0]
        self.trend = w.sd_trend * self.drawn.z_ability[0, :, 1]
        self.behaviours = self.drawn.z_behaviours[0].copy()
        self.mix = self.drawn.mix[0].copy()
        # tenures of those present, as after many years of the same hazard, at most eight years
        years = np.log(self.drawn.u_tenure) / np.log(1 - max(w.exit_rate, 0.015))
        self.tenure = np.minimum(years[:n].astype(int), 96) + 1
        self.shock = w.sd_shock * self.drawn.z_shock[0]
        self.seen, self.stock, self.stock_added = np.zeros((3, n))
        self.plan_from = np.full(n, -1)
        self.start_day = np.ones(n, int)
        self.slot = np.zeros(g, int)
        self.leadership = self.setup.leadership.copy()
        self.person, self.manager = np.arange(n), n + self.setup.lead
        self.people = [
            Person(-int(t), 1, float(a)) for t, a in zip(self.tenure, self.ability, strict=True)
        ] + [Person(-int(12 + 60 * u), 1, 0.0) for u in self.drawn.u_tenure[n:]]
        self.kept_seat, self.kept_place = np.full(g, -1), np.full((g, KEPT_MAX), -1)
        self.promoted_in, self.kept_until = np.zeros((2, g), int)
        self.record: list[np.ndarray] = []

    def turnover(self, t: int) -> None:
        """Let people go at the end of a month; successors start in the next."""
        w = self.world
        self.tenure = self.tenure + 1
        self.start_day = np.ones(len(self.team), int)
        if t == w.months + w.burn - 1:
            return
        z = scaled(self.shock + 0.5 * self.ability, w.sd_shock)
        spread = 1 + 0.25 * (w.sd_ability / w.sd_shock) ** 2 if w.sd_shock > 0 else 0.0
        hazard = w.exit_rate * np.exp(-w.exit_selection * z - w.exit_selection**2 * spread / 2)
        near = np.abs(self.tenure - self.truth.cliff_month) <= 1
        hazard = hazard * np.where(near, self.truth.cliff_ratio, 1.0)
        leaving = self.drawn.u_exit[t] < np.minimum(hazard, 0.6)
        for seat in np.flatnonzero(leaving):
            self.people[self.person[seat]].left = t + 1
        vacant = leaving | self._succession(t, leaving)
        if vacant.any():
            self._fill(t, vacant)
        self._hand_over(t)

    def accounts(self, t: int) -> np.ndarray:
        """Return the clients that the seats have in a month, without those kept from them."""
        of_seats = self.setup.book.size[t]
        kept = self._kept_alive(t).sum(1)
        if kept.any():
            of_seats = of_seats.copy()
            np.subtract.at(of_seats, self.kept_seat, kept)
        return of_seats

    def late(self, t: int) -> np.ndarray:
        """Return for how many months too many each team's manager has kept clients of his own."""
        since = t + 1 - self.promoted_in - self.truth.handover_knot
        late = np.where(self._kept_alive(t).any(1), np.maximum(since, 0), 0)
        return late[self.setup.lead]

    def _kept_alive(self, t: int) -> np.ndarray:
        book, seat = self.setup.book, self.kept_seat[:, None]
        alive = (book.born[seat, self.kept_place] <= t) & (t < book.lost[seat, self.kept_place])
        return (self.kept_place >= 0) & alive

    def _hand_over(self, t: int) -> None:
        """Give the clients back whose time has come, from the next month on."""
        due = self.kept_until <= t + 1
        self.kept_seat = np.where(due, -1, self.kept_seat)
        self.kept_place = np.where(due[:, None], -1, self.kept_place)

    def _succession(self, t: int, leaving: np.ndarray) -> np.ndarray:
        """Replace managers who leave; return the seats of promoted reps."""
        w, lead = self.world, self.setup.lead
        promoted = np.zeros(len(self.team), bool)
        leaves = self.drawn.u_manager[t, lead, 0] < w.manager_exit
        due = leaves & (self.slot < SLOTS - 1)
        if t < w.burn + 2 or not due.any():
            return promoted
        self.slot, self.manager = self.slot + due, self.manager.copy()
        self.kept_until = np.where(due, t + 1, self.kept_until)
        for g in np.flatnonzero(due & (lead == np.arange(len(lead)))):
            self.people[self.manager[g]].left = t + 1
            fit = np.where((self.team == g) & ~leaving & (self.tenure >= 6), self.ability, -np.inf)
            if self.drawn.u_manager[t, g, 1] < w.promote and np.isfinite(fit).any():
                seat = int(fit.argmax())
                promoted[seat] = True
                self.manager[lead == g] = self.person[seat]
                self._promote(t, int(g), seat)
            else:
                self.manager[lead == g] = self._hire(t + 1, 1, 0.0)
        return promoted

    def _promote(self, t: int, g: int, seat: int) -> None:
        """Let a rep's record tell of his leadership as far as records do; he may keep clients."""
        recent = np.mean(self.record[-RECORD_MONTHS:], axis=0)
        record = (recent[seat] - np.median(recent)) / RECORD_SD
        slot = self.slot[g]
        change = self.truth.star * (record - self.setup.prior[g, slot])
        self.leadership[self.setup.lead == g, slot] += change
        stay = int(np.ceil(2 * self.world.handover_months * self.drawn.u_handover[t, g]))
        if not stay:
            return
        book = self.setup.book
        free = book.alive(t + 1)[seat]
        number = min(KEPT_MAX, int(free.sum()) // 3)
        largest = np.argsort(-np.where(free, book.weight[seat], 0))[:number]
        self.kept_seat, self.kept_place = self.kept_seat.copy(), self.kept_place.copy()
        self.kept_seat[g], self.kept_place[g] = seat, -1
        self.kept_place[g, :number] = largest
        self.promoted_in[g], self.kept_until[g] = t + 1, t + 1 + stay

    def _hire(self, month: int, day: int, ability: float) -> int:
        self.people.append(Person(month, day, ability))
        return len(self.people) - 1

    def _fill(self, t: int, vacant: np.ndarray) -> None:
        """Fill vacancies, some with a rep of another team, whose seat is then vacant instead."""
        w, drawn = self.world, self.drawn
        for name in _STATE:
            setattr(self, name, getattr(self, name).copy())
        taken = vacant.copy()
        for seat in np.flatnonzero(vacant & (drawn.u_transfer[t, :, 0] < w.transfer)):
            donor = int(drawn.u_transfer[t, seat, 1] * len(self.team))
            if taken[donor] or self.team[donor] == self.team[seat] or self.tenure[donor] < 6:
                continue
            for name in _STATE:
                getattr(self, name)[seat] = getattr(self, name)[donor]
            vacant[seat], vacant[donor], taken[donor] = False, True, True
        for seat in np.flatnonzero(vacant):
            self.ability[seat] = w.sd_ability * drawn.z_ability[t + 1, seat, 0]
            self.trend[seat] = w.sd_trend * drawn.z_ability[t + 1, seat, 1]
            self.start_day[seat] = START_DAYS[int(drawn.u_hire[t, seat] * 3)]
            self.person[seat] = self._hire(
                t + 1, int(self.start_day[seat]), float(self.ability[seat])
            )
            self.behaviours[seat] = drawn.z_behaviours[t + 1, seat]
            self.mix[seat] = drawn.mix[t + 1, seat]
            for name in ("tenure", "shock", "stock", "stock_added", "seen"):
                getattr(self, name)[seat] = 0
            self.plan_from[seat] = -1
