"""What is written down of coaching and of managers' time, with its gaps and roundings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesdiag.schema import TABLE
from salesdiag.simulate.draws import stream
from salesdiag.simulate.engine import Course
from salesdiag.simulate.setup import of_manager
from salesdiag.simulate.world import World

SESSION_MINUTES = 50
SESSIONS_MAX = 12
GROUP_SHARE = 10
"""Minutes of a monthly group training per person who took part."""
MANAGER_HOURS = 160.0  # a month
CATEGORIES = TABLE["time_log"]["category"].choices


@dataclass(frozen=True, kw_only=True)
class CoachingLog:
    """Coaching contacts as logged, by (months, seats), burn-in included.

    Attributes
    ----------
    minutes : array of int
        Of a rep's individual contacts.
    sessions : array of int
        Individual contacts.
    one_on_ones : array of int
        Those of them that are one-on-ones; they come first.
    group : array of bool
        Took part in the month's group training.
    logged : array (months, teams) of bool
        The manager kept a log in the month.
    empty : array of bool
        The length of the first individual contact is unknown.
    """

    minutes: np.ndarray
    sessions: np.ndarray
    one_on_ones: np.ndarray
    group: np.ndarray
    logged: np.ndarray
    empty: np.ndarray


def coaching_log(course: Course, world: World, seed: int) -> CoachingLog:
    """Return what of the coaching was logged."""
    rng = stream(seed, "log")
    shape, team = course.hours.shape, course.setup.team
    z_noise, u_empty = rng.standard_normal(shape), rng.random(shape)
    u_miss, u_group = rng.random(course.own.shape), rng.random(course.own.shape)
    u_miss = u_miss[:, course.setup.lead]
    u_kind = rng.random(shape)
    noise = np.exp(world.log_noise * z_noise - world.log_noise**2 / 2)
    heap = world.log_heap
    total = heap * np.round(60 * course.hours * noise / heap).astype(int)
    group = (u_group < 0.5)[:, team] & (total >= 2 * GROUP_SHARE)
    minutes = total - GROUP_SHARE * group
    sessions = np.clip(np.ceil(minutes / SESSION_MINUTES).astype(int), 0, SESSIONS_MAX)
    low = course.hours < np.median(course.hours)
    logged = (u_miss >= world.log_miss) & course.setup.exists
    empty = (u_empty < world.log_empty + world.log_mnar * low) & (sessions > 0)
    return CoachingLog(
        minutes=minutes,
        sessions=sessions,
        one_on_ones=np.minimum(np.round(sessions * (0.4 + 0.4 * u_kind)).astype(int), 5),
        group=group & logged[:, team],
        logged=logged,
        empty=empty & logged[:, team],
    )


def logged_hours(log: CoachingLog, course: Course) -> np.ndarray:
    """Return coaching hours of rep-months as the log shows them; NaN where it does not.

    While the manager is known to be away they are 0.
    """
    team = course.setup.team
    contacts = np.where(log.logged[:, team], log.sessions + log.group, 0)
    of_team = np.stack([np.bincount(team, c, len(course.setup.size)) for c in contacts])
    any_contact = of_manager(of_team, course.setup.lead) > 0
    hours = (log.minutes + GROUP_SHARE * log.group) / 60
    known = (any_contact | course.setup.away)[:, team]
    return np.where(known & ~log.empty, hours, np.nan)


def week_starts(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Return the Mondays of the months told, and the index of each one's month."""
    first = np.datetime64(world.last_month, "M") - (world.months - 1)
    start, stop = first.astype("datetime64[D]"), (first + world.months).astype("datetime64[D]")
    days = np.arange(start, stop)
    mondays = days[(days.astype(int) + 3) % 7 == 0]
    return mondays, (mondays.astype("datetime64[M]") - first).astype(int)


def time_log(course: Course, world: World, seed: int) -> np.ndarray:
    """Return managers' logged hours as (weeks, teams, categories), in half hours.

    A manager of several teams has the same record in each; NaN is a week without record.
    """
    mondays, month = week_starts(world)
    rng = stream(seed, "time")
    lead, there = course.setup.lead, course.setup.exists
    z = rng.standard_normal((len(mondays), world.teams, 4))[:, lead]
    team = course.setup.team
    hours = np.stack([np.bincount(team, h, world.teams) for h in course.hours])
    hours = of_manager(hours * there, lead)
    selling = 6 * course.setup.own_rate[np.arange(world.teams), course.slot]
    selling = selling + 14 * of_manager(course.own * there, lead)
    weeks = np.bincount(month)[month][:, None]
    coach = np.minimum(hours, 0.75 * MANAGER_HOURS)[world.burn :][month] / weeks
    sell = np.minimum(selling, 0.6 * MANAGER_HOURS)[world.burn :][month] / weeks
    rest = np.maximum(MANAGER_HOURS / 4 - coach - sell, 4)
    parts = np.array(world.time_split) * np.exp(0.3 * z)
    parts = parts / parts.sum(-1, keepdims=True)
    all_hours = np.concatenate([np.stack([coach, sell], -1), parts * rest[..., None]], axis=-1)
    gap = stream(seed, "time_gaps").random((len(mondays), world.teams)) < world.time_log_miss
    gap = gap[:, lead] | course.setup.away[world.burn :][month]
    return np.where(gap[..., None], np.nan, np.round(all_hours * 2) / 2)
