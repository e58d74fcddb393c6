"""Coaching, meetings, time, surveys and skills as tables."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from salesdiag.simulate import names
from salesdiag.simulate.draws import logistic, stream
from salesdiag.simulate.logs import (
    CATEGORIES,
    GROUP_SHARE,
    SESSIONS_MAX,
    CoachingLog,
    time_log,
    week_starts,
)
from salesdiag.simulate.roster import Roster, spells
from salesdiag.simulate.setup import month_lengths
from salesdiag.simulate.truth import BEHAVIOURS

_OTHER_KINDS = np.array(["pre_call", "observation", "debrief", "pipeline_review"])
_GROUP_DAY = 20
_MARKET = 5e7
_REPORTS_EVERY = 4  # weeks
_RESPONSE = 0.3


def coaching(roster: Roster, log: CoachingLog) -> pd.DataFrame:
    """Return coaching contacts whose minutes add up to the log.

    No two contacts of a manager share day, kind and minutes, except those of a group training,
    which stands once for each who took part.
    """
    single, group = _sessions(roster, log), _trainings(roster, log)
    rows = pd.concat([single, group], ignore_index=True)
    shape = (*log.minutes.shape, SESSIONS_MAX + 1)
    z, u = stream(roster.seed, "sessions").standard_normal((2, *shape))
    z, u = (block[rows["t"], rows["n"], rows["k"]] for block in (z, u))
    quality = roster.course.setup.session_quality[rows["g"], rows["slot"]]
    focus = np.array(BEHAVIOURS)[(np.abs(u) * 1000).astype(int) % len(BEHAVIOURS)]
    behaviour = logistic(4 * (quality - 0.6) + u) > 0.5
    return (
        rows.assign(
            quality=np.round(np.clip(quality + 0.1 * z, 0, 1), 2),
            focus=np.where(behaviour, focus, ""),
            about=np.where(behaviour, "behaviour", "result"),
        )
        .drop(columns=["t", "n", "k", "g", "slot"])
        .sort_values(["manager_id", "held_on", "rep_id", "kind"], ignore_index=True)
    )


def _sessions(roster: Roster, log: CoachingLog) -> pd.DataFrame:
    course, world = roster.course, roster.world
    told = np.arange(len(log.minutes)) >= world.burn
    shown = told[:, None] & log.logged[:, course.setup.team]
    t, n = np.nonzero(shown)
    count = log.sessions[t, n]
    t, n = np.repeat(t, count), np.repeat(n, count)
    k = np.arange(len(t)) - np.repeat(np.cumsum(count) - count, count)
    count = log.sessions[t, n]
    unit = math.gcd(world.log_heap, GROUP_SHARE)
    units = log.minutes[t, n] // unit
    minutes = unit * (units // count + (k < units % count))
    g = course.setup.team[n]
    _, days = month_lengths(world)
    start = course.start_day[t, n]
    span = days[t] - start + 1
    offset = (span * (2 * k + 1) // (2 * count) + 3 * n + 5 * t) % span
    kind = np.where(
        k < log.one_on_ones[t, n], "one_on_one", _OTHER_KINDS[(k + n + t) % len(_OTHER_KINDS)]
    )
    empty = (k == 0) & log.empty[t, n]
    rows = pd.DataFrame(
        {
            "t": t,
            "n": n,
            "k": k,
            "g": g,
            "slot": course.slot[t, g],
            "manager_id": roster.person_ids[course.manager[t, g]],
            "rep_id": roster.person_ids[course.person[t, n]],
            "minutes": np.where(empty, np.nan, minutes),
            "kind": kind,
            "start": start,
            "span": span,
            "offset": offset,
        }
    )
    rows = _apart(rows)
    held = roster.first[rows["t"]] + (rows["start"] + rows["offset"] - 1).to_numpy()
    return rows.drop(columns=["start", "span", "offset"]).assign(held_on=held)


def _apart(rows: pd.DataFrame) -> pd.DataFrame:
    """Return contacts moved, day by day, until none looks like a part of another."""
    for _ in range(31):
        day = rows["start"] + rows["offset"]
        keys = rows.assign(day=day)[["t", "manager_id", "day", "kind", "minutes"]]
        twin = keys.duplicated() & (rows["kind"] != "one_on_one")  # which is never a group's
        if not twin.any():
            return rows
        rows = rows.assign(
            offset=np.where(twin, (rows["offset"] + 1) % rows["span"], rows["offset"])
        )
    raise ValueError("a month has too few days to tell so many contacts of a manager apart")


def _trainings(roster: Roster, log: CoachingLog) -> pd.DataFrame:
    course = roster.course
    told = np.arange(len(log.minutes)) >= roster.world.burn
    t, n = np.nonzero(log.group & told[:, None])
    g = course.setup.team[n]
    attended = np.zeros(course.own.shape, int)
    np.add.at(attended, (t, g), 1)
    return pd.DataFrame(
        {
            "t": t,
            "n": n,
            "k": SESSIONS_MAX,
            "g": g,
            "slot": course.slot[t, g],
            "manager_id": roster.person_ids[course.manager[t, g]],
            "rep_id": roster.person_ids[course.person[t, n]],
            "minutes": GROUP_SHARE * attended[t, g].astype(float),
            "kind": "training",
            # so that two teams of one manager are not taken for one
            "held_on": roster.first[t] + (_GROUP_DAY - 1) + (course.setup.lead[g] != g),
        }
    )


def team_meetings(roster: Roster) -> pd.DataFrame:
    """Return the weekly KPI reviews of teams that hold them, and a monthly meeting of all."""
    mondays, month = week_starts(roster.world)
    exists = roster.exists[roster.world.burn :]
    week, g = np.nonzero((roster.course.kpi & roster.exists)[roster.world.burn :][month])
    reviews = pd.DataFrame(
        {
            "team_id": roster.team_ids[g],
            "held_on": mondays[week],
            "kind": "kpi_review",
            "minutes": 45,
        }
    )
    first = mondays[np.flatnonzero(np.diff(month, prepend=-1))] + 1
    t, g = np.nonzero(exists)
    monthly = pd.DataFrame(
        {
            "team_id": roster.team_ids[g],
            "held_on": first[t],
            "kind": "other",
            "minutes": 60,
        }
    )
    return pd.concat([reviews, monthly]).sort_values(["team_id", "held_on"], ignore_index=True)


def time_logs(roster: Roster) -> pd.DataFrame:
    """Return managers' weeks: their own record, and now and then what reps report of coaching."""
    mondays, month = week_starts(roster.world)
    hours = time_log(roster.course, roster.world, roster.seed)
    who = roster.person_ids[roster.course.manager[roster.world.burn :][month]]
    week, g = np.nonzero(roster.foremost[roster.world.burn :][month] & ~np.isnan(hours[..., 0]))
    c = np.tile(np.arange(len(CATEGORIES)), len(g))
    week, g = np.repeat(week, len(CATEGORIES)), np.repeat(g, len(CATEGORIES))
    own = pd.DataFrame(
        {
            "person_id": who[week, g],
            "week": mondays[week],
            "category": np.array(CATEGORIES)[c],
            "hours": hours[week, g, c],
            "source": "self",
        }
    )
    told = own[(own["category"] == "coaching") & (week % _REPORTS_EVERY == 0)]
    told = told.assign(hours=np.round(told["hours"] * 1.6) / 2, source="reports")
    return pd.concat([own, told]).sort_values(
        ["person_id", "week", "source", "category"], ignore_index=True
    )


def absences(roster: Roster) -> pd.DataFrame:
    """Return when managers were away; the end is exclusive."""
    course, burn = roster.course, roster.world.burn
    gone = course.setup.away & roster.foremost
    who = np.where(gone, course.manager, -1)
    found = [s for s in spells(who) if s.stop > burn]
    return pd.DataFrame(
        {
            "person_id": [roster.person_ids[s.person] for s in found],
            "start_on": [roster.first[s.first] for s in found],
            "end_on": [roster.first[s.stop] for s in found],
            "kind": ["leave"] * len(found),
        }
    ).sort_values(["person_id", "start_on"], ignore_index=True)


def surveys(roster: Roster) -> pd.DataFrame:
    """Return quarterly answers of reps on team, roles and manager, half-yearly ones of clients."""
    course, burn = roster.course, roster.world.burn
    rng = stream(roster.seed, "surveys")
    parts = []
    for t in range(2, len(course.person), 3):
        z = rng.standard_normal((4, len(course.setup.team)))
        z_client, u_client = rng.standard_normal((2, *course.setup.book.born.shape))
        told = t - (t - burn) % 3 + 2  # a quarter's last month, counted from the first month told
        if told < burn or told >= len(course.person):
            continue
        parts += _staff_answers(roster, told, z)
        if (told - burn) % 6 == 5:
            parts += _client_answers(roster, told, z_client, u_client)
    return pd.concat(parts, ignore_index=True)


def _staff_answers(roster: Roster, t: int, z: np.ndarray) -> list[pd.DataFrame]:
    course, team = roster.course, roster.course.setup.team
    wave = roster.first[t + 1] - 1
    about_team, boss = roster.team_ids[team], roster.person_ids[course.manager[t]][team]
    leads = course.leadership[np.arange(len(course.slot[t])), course.slot[t]][team]
    answers = (
        ("climate", about_team, 65 + 12 * (course.climate[t][team] + 0.6 * z[0])),
        ("role_clarity", about_team, 60 + 12 * (course.setup.clarity[team] + 0.6 * z[1])),
        ("respect", boss, 65 + 10 * (leads + 0.8 * z[2])),
        ("engagement", about_team, 62 + 12 * (0.5 * course.climate[t][team] + 0.8 * z[3])),
    )
    there = roster.exists[t][team]
    return [
        pd.DataFrame(
            {
                "respondent_id": roster.person_ids[course.person[t]],
                "about_id": about,
                "wave": wave,
                "item": item,
                "score": np.round(np.clip(score, 0, 100)),
            }
        )[there]
        for item, about, score in answers
    ]


def _client_answers(
    roster: Roster, t: int, z: np.ndarray, answers: np.ndarray
) -> list[pd.DataFrame]:
    course, book = roster.course, roster.course.setup.book
    wave = roster.first[t + 1] - 1
    # unhappy clients answer less
    chance = _RESPONSE * logistic(book.satisfaction + 1)
    there = roster.exists[t][course.setup.team][:, None]
    seat, place = np.nonzero(book.alive(t) & (logistic(answers) < chance) & there)
    owner = roster.person_ids[roster.owner(np.array(t), seat, place)]
    account = roster.account_ids[seat, place]
    felt = 70 + 12 * (book.satisfaction[seat, place] + 0.5 * z[seat, place])
    believed = 76 + 12 * (0.4 * book.satisfaction[seat, place] - 0.5 * answers[seat, place])
    return [
        pd.DataFrame(
            {
                "respondent_id": by,
                "about_id": about,
                "wave": wave,
                "item": item,
                "score": np.round(np.clip(score, 0, 100)),
            }
        )
        for item, by, about, score in (
            ("satisfaction", account, owner, felt),
            ("expected_satisfaction", owner, account, believed),
        )
    ]


def skills(roster: Roster) -> pd.DataFrame:
    """Return half-yearly ratings of all reps in all skills; raters may know the results."""
    course, world, team = roster.course, roster.world, roster.course.setup.team
    rng = stream(roster.seed, "skills")
    parts = []
    for wave in range(world.months // 6 + 1):
        z = rng.standard_normal((len(team), len(BEHAVIOURS)))
        t = world.burn + 6 * wave
        if t >= len(course.person):
            break
        halo = world.halo * (course.theta[t] - course.theta[t].mean()) / max(world.sd_ability, 0.1)
        score = logistic(0.8 * (course.behaviours[t] + 0.5 * z) + halo[:, None])
        seat, skill = np.nonzero(np.broadcast_to(roster.exists[t][team][:, None], score.shape))
        parts.append(
            pd.DataFrame(
                {
                    "person_id": roster.person_ids[course.person[t, seat]],
                    "assessed_on": roster.first[t + 1] - 1,
                    "skill": np.array(BEHAVIOURS)[skill],
                    "score": np.round(score[seat, skill], 2),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def programmes(roster: Roster) -> pd.DataFrame:
    """Return which teams took part in what from when, of what began in the months told.

    The programmes are the weekly KPI review, and target segments that are declared and kept to.
    """
    parts = []
    for name, going in (
        ("weekly KPI review", roster.course.kpi),
        ("target segments", roster.course.setup.declared),
    ):
        began = np.where(going.any(0), going.argmax(0), 0)
        g = np.flatnonzero(began >= roster.world.burn)
        g = g[roster.exists[began[g], g]]
        parts.append(
            pd.DataFrame(
                {
                    "team_id": roster.team_ids[g],
                    "programme": name,
                    "start_on": roster.first[began[g]],
                    "end_on": np.datetime64("NaT", "D"),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def market(roster: Roster) -> pd.DataFrame:
    """Return the size of each region's market by month."""
    size = np.exp(roster.course.setup.market[:, roster.world.burn :])
    region, month = (i.ravel() for i in np.indices(size.shape))
    return pd.DataFrame(
        {
            "region": [names.region(int(r)) for r in region],
            "period": roster.first[roster.world.burn + month],
            "amount": np.round(_MARKET * size.ravel(), -3),
        }
    )
