"""What happens: managers plan, meet their reps, sell themselves, and results follow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from salesdiag.calibrate.field.days import WEEKS, even, stream
from salesdiag.calibrate.field.firm import Firm, Planted
from salesdiag.calibrate.field.people import PEOPLE
from salesdiag.calibrate.field.scene import (
    Scene,
    better_than_usual,
    monthly,
    present,
    realised,
    scene_of,
)

LEAST = 8
"""Minutes below which a meeting does not take place."""
ROTA = (0.4, 1.0, 1.6)
"""Shares of mean hours that a rota gives in turn."""
MONTH_WEEKS = 4.35


@dataclass(frozen=True, kw_only=True)
class Made:
    """A company of this kind.

    Attributes
    ----------
    scene : Scene
    planted : Planted
    minutes : array (territories, weeks) of int
        Of the meeting of each working week; 0 where none took place.
    lift : array (territories, weeks)
        What coaching and own deals add to how good the rep and the times are, log points.
    """

    scene: Scene
    planted: Planted
    minutes: np.ndarray
    lift: np.ndarray

    @property
    def firm(self) -> Firm:
        """What the company is like."""
        return self.scene.firm

    @property
    def seed(self) -> int:
        """Of its random numbers."""
        return self.scene.seed

    @cached_property
    def money(self) -> np.ndarray:
        """Money of each chance, 0 where a deal is lost."""
        s = self.scene
        return realised(s.firm, s.days, s.chances, s.state + self.lift)[1]

    @cached_property
    def revenue(self) -> np.ndarray:
        """Revenue by territory and month."""
        s = self.scene
        return monthly(realised(s.firm, s.days, s.chances, s.state + self.lift)[0])


def make(firm: Firm | None = None, planted: Planted | None = None, seed: int = 1) -> Made:
    """Make a company.

    Parameters
    ----------
    firm : Firm, optional
    planted : Planted, optional
        What is true in it; by default nothing.
    seed : int
        The same seed gives the same company.
    """
    scene = scene_of(firm or Firm(), seed)
    return lived(scene, planted or Planted())


def lived(scene: Scene, planted: Planted) -> Made:
    """Let the months of a scene pass, managers deciding as they do."""
    firm, days = scene.firm, scene.days
    habit, known = _habit(scene), _known(scene)
    meets, room = _meets(scene), _room(scene)
    there = present(scene.people, days, firm.span)
    same = better_than_usual(_first_half(scene.usual), there) if firm.k_same else None
    minutes = np.zeros((firm.territories, firm.span * WEEKS), int)
    lift = own_lift(scene, planted, scene.own.sum(axis=2))
    starts = np.searchsorted(scene.chances.day, days.first)
    usual = monthly(scene.usual)
    mean = np.log(np.maximum(_mean(usual, there), 1))
    past = np.zeros(firm.territories)
    stock = Stock(scene, planted)
    for month in range(firm.span):
        weeks = slice(month * WEEKS, (month + 1) * WEEKS)
        planned = habit[:, month] + known[:, month] + firm.k_past * past
        by_week = np.repeat(planned[:, None], WEEKS, axis=1)
        if same is not None:
            by_week[:, WEEKS // 2 :] += firm.k_same * same[:, month, None]
        by_week = _within(np.maximum(by_week, 0), scene.people.team[month], room[:, month])
        minutes[:, weeks] = _held(by_week, meets[:, weeks])
        stock.add(lift, minutes, month)
        if firm.k_past:
            part = slice(starts[month], starts[month + 1])
            cells = realised(firm, days, scene.chances, scene.state + lift, part)[0]
            now = np.log(np.maximum(monthly(cells)[:, month], np.exp(mean) / 5)) - mean
            now = np.where(there[:, month], now, 0)
            past = np.clip(now - now.sum() / max(there[:, month].sum(), 1), -1.5, 1.5)
            past = np.where(there[:, month], past, 0)
    return Made(scene=scene, planted=planted, minutes=minutes, lift=lift)


def relived(made: Made, minutes: np.ndarray, own: np.ndarray) -> Made:
    """Return the same company with other hours and own deals, decided by nobody.

    Parameters
    ----------
    made : Made
    minutes : array (territories, weeks)
    own : array (teams, quarters)
        Own deals.
    """
    lift = own_lift(made.scene, made.planted, own)
    stock = Stock(made.scene, made.planted)
    for month in range(made.firm.span):
        stock.add(lift, minutes, month)
    return Made(scene=made.scene, planted=made.planted, minutes=minutes, lift=lift)


class Stock:
    """What meetings do, written into the weeks in which they do it; nothing where nothing is true.

    Parameters
    ----------
    scene : Scene
    planted : Planted
    """

    def __init__(self, scene: Scene, planted: Planted):
        self.planted, weeks = planted, scene.firm.span * WEEKS
        edge = np.searchsorted(scene.days.block, np.arange(weeks))
        self.who = scene.people.who[:, edge]
        self.held = np.zeros(scene.firm.territories)

    def add(self, lift: np.ndarray, minutes: np.ndarray, month: int) -> None:
        """Add to the lift what a month's meetings do, then and later."""
        if not self.planted.coaches:
            return
        if self.planted.keep:
            return self._stock(lift, minutes, month)
        weeks = np.arange(month * WEEKS, (month + 1) * WEEKS)
        hour, who = self.planted.hour / 60, self.who
        for lag, share in enumerate(self.planted.lags):
            for week in weeks:
                # an hour acts on the weeks of the same month that are left, and on whole later ones
                first = week if lag == 0 else (month + lag) * WEEKS
                last = (month + lag + 1) * WEEKS
                if share == 0 or first >= lift.shape[1]:
                    continue
                each = hour * share * WEEKS / (last - first)
                his = who[:, first:last] == who[:, week, None]
                lift[:, first:last] += each * minutes[:, week, None] * his
        return None

    def _stock(self, lift: np.ndarray, minutes: np.ndarray, month: int) -> None:
        each = self.planted.hour / 60 * WEEKS * (1 - self.planted.keep)
        for week in range(month * WEEKS, (month + 1) * WEEKS):
            if week:
                self.held[self.who[:, week] != self.who[:, week - 1]] = 0
            lift[:, week] += each * self.held
            self.held = self.planted.keep * self.held + minutes[:, week]


def own_lift(scene: Scene, planted: Planted, own: np.ndarray) -> np.ndarray:
    """Return what managers' own deals do to their teams, by territory and working week."""
    firm = scene.firm
    if not planted.sells:
        return np.zeros((firm.territories, firm.span * WEEKS))
    before = np.hstack([np.zeros((firm.teams, 1)), own[:, :-1]])
    by_quarter = (
        planted.deal * own
        + planted.beyond * np.maximum(own - 1, 0)
        + planted.deal_next * before
        + planted.beyond_next * np.maximum(before - 1, 0)
    )
    quarter = scene.days.quarter
    by_month = by_quarter[scene.people.team, quarter[:, None]].T
    return np.repeat(by_month, WEEKS, axis=1)


def _mean(usual: np.ndarray, there: np.ndarray) -> np.ndarray:
    return np.where(there, usual, 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)


def _first_half(weekly: np.ndarray) -> np.ndarray:
    return weekly.reshape(len(weekly), -1, WEEKS)[..., : WEEKS // 2].sum(axis=-1)


def _habit(scene: Scene) -> np.ndarray:
    """Return the hours that managers plan without a reason, by territory and month."""
    firm, people = scene.firm, scene.people
    if firm.roster:
        turn = stream(scene.seed, "rota").integers(0, len(ROTA), firm.teams)
        place = np.arange(firm.territories)
        turns = (np.arange(firm.span) + place[:, None] + turn[people.team.T]) % len(ROTA)
        return np.asarray(firm.hours * np.array(ROTA)[turns])
    level = even(stream(scene.seed, "levels"), (firm.teams, PEOPLE), firm.level_cv)
    rng = stream(scene.seed, "plans")
    times = even(rng, (firm.teams, firm.span), firm.month_cv)
    each = even(rng, (firm.territories, firm.span), firm.rep_cv)
    of_team = np.take_along_axis(level, people.post, axis=1) * times
    return np.asarray(firm.hours * of_team[people.team.T, np.arange(firm.span)] * each)


def _known(scene: Scene) -> np.ndarray:
    """Return the hours that managers add for what they know, by territory and month."""
    firm, people = scene.firm, scene.people
    there = present(people, scene.days, firm.span)
    month = np.arange(firm.span)
    team = people.team.T
    ahead = np.zeros(there.shape)
    if firm.foresight:
        result = better_than_usual(monthly(scene.usual), there)
        ahead[:, :-1] += firm.foresight * result[:, 1:]
    if firm.k_pipeline:
        # he plans at the start of a month, and sees by then a part of what is due in the next
        ahead += firm.k_pipeline * better_than_usual(scene.shown, there)
    if firm.neutral:
        ahead = _without_mean(ahead, team, there, firm.teams)
    added = ahead
    if firm.k_skill:
        edge = scene.days.first[:-1]
        who = np.maximum(people.who[:, edge], 0)
        added = added + firm.k_skill * np.take_along_axis(people.skill, who, axis=1)
    if firm.k_region:
        added = added + firm.k_region * scene.region_shock[people.region[team], month]
    if firm.k_team:
        added = added + firm.k_team * scene.team_shock[team, month]
    if firm.k_quarter:
        before = scene.days.of_year % 3 == 1
        added = added + firm.k_quarter * scene.hockey[:, None] * before
    return np.asarray(added)


def _without_mean(
    values: np.ndarray, team: np.ndarray, there: np.ndarray, teams: int
) -> np.ndarray:
    """Return values less the mean over the reps of the team who are there in the month."""
    months = values.shape[1]
    cell = team * months + np.arange(months)
    weight = there.astype(float)
    size = np.bincount(cell.ravel(), weight.ravel(), teams * months)
    total = np.bincount(cell.ravel(), (values * weight).ravel(), teams * months)
    return np.where(there, values - (total / np.maximum(size, 1))[cell], 0.0)


def _meets(scene: Scene) -> np.ndarray:
    """Return whether rep and manager are both at work on the day on which they meet."""
    people = scene.people
    day = meeting_day(scene)
    territory = np.arange(len(day))[:, None]
    team = np.repeat(people.team.T, WEEKS, axis=1)
    return np.asarray(people.at_work[territory, day] & people.leads[team, day])


def meeting_day(scene: Scene) -> np.ndarray:
    """Return the working day on which each rep is met in each working week."""
    firm, days = scene.firm, scene.days
    weeks = firm.span * WEEKS
    edge = np.searchsorted(days.block, np.arange(weeks + 1))
    place = place_in_team(scene)
    return np.asarray(edge[:-1] + np.repeat(place, WEEKS, axis=1) % np.diff(edge))


def place_in_team(scene: Scene) -> np.ndarray:
    """Return by territory and month the place among those of the team, from 0."""
    team = scene.people.team
    order = np.argsort(team, axis=1, kind="stable")
    ordered = np.take_along_axis(team, order, axis=1)
    rank = np.arange(team.shape[1])
    new = np.concatenate([np.ones((len(team), 1), bool), np.diff(ordered, axis=1) != 0], axis=1)
    begin = np.maximum.accumulate(np.where(new, rank, 0), axis=1)
    place = np.empty_like(team)
    np.put_along_axis(place, order, rank - begin, axis=1)
    return np.asarray(place.T)


def _room(scene: Scene) -> np.ndarray:
    """Return the hours a month that own deals and administration leave to each manager."""
    firm = scene.firm
    own = scene.own.sum(axis=2)[:, scene.days.quarter] / 3
    left = MONTH_WEEKS * (firm.capacity - firm.admin) - firm.own_hours * own
    return np.asarray(np.maximum(left, 0))


def _within(hours: np.ndarray, team: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Return planned hours a month, by working week, cut where the team's exceed the room."""
    total = np.bincount(team, hours.mean(axis=1), len(room))
    share = np.minimum(1, room / np.maximum(total, 1e-9))
    return hours * share[team, None]


def _held(hours: np.ndarray, meets: np.ndarray) -> np.ndarray:
    """Return the minutes of each working week's meeting."""
    minutes = np.round(hours * 60 / WEEKS).astype(int)
    return np.where(meets & (minutes >= LEAST), minutes, 0)
