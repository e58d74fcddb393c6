"""Who is where, and who is away: territories and their reps, teams and their managers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesdiag.calibrate.field.days import Days, stream
from salesdiag.calibrate.field.firm import Firm

PEOPLE = 6
"""Reps that a territory, and managers that a team, may have in a row."""
MOVED = 0.2
"""Share of territories that change teams in a reorganisation."""
HOLIDAYS = ((6, 25, 10), (1, 15, 5), (9, 15, 3), (11, 12, 5))
"""Month of the year, latest working day on which they begin, working days."""
NEVER = np.datetime64("2262-01-01", "D")


@dataclass(frozen=True, kw_only=True)
class People:
    """Who is where.

    Attributes
    ----------
    team : array (months, territories)
    region : array (teams,)
    hired, left : array (territories, PEOPLE) of datetime64[D]
        Of the people a territory had in a row; ``NEVER`` where there is none, or who stayed.
    skill : array (territories, PEOPLE)
    who : array (territories, days)
        Which of them it is; while it is empty the one before.
    there, at_work : array (territories, days) of bool
        Somebody has the territory; he is neither ill nor on holiday.
    tenure : array (territories, days)
        Months since he was hired.
    post : array (teams, months)
        Which of the managers in a row it is.
    leads : array (teams, days) of bool
        The manager is at work.
    away : array (absences, 3)
        Team, first working day, and the one after the last, of each absence of a manager.
    kind : array (absences,)
        ``vacation``, ``sick`` or ``leave``.
    """

    team: np.ndarray
    region: np.ndarray
    hired: np.ndarray
    left: np.ndarray
    skill: np.ndarray
    who: np.ndarray
    there: np.ndarray
    at_work: np.ndarray
    tenure: np.ndarray
    post: np.ndarray
    leads: np.ndarray
    away: np.ndarray
    kind: np.ndarray


def people_of(firm: Firm, days: Days, seed: int) -> People:
    """Draw who is where."""
    hired, left = _careers(firm, days, seed)
    date = days.date
    who = np.full((firm.territories, len(date)), -1, np.int16)
    there = np.zeros(who.shape, bool)
    tenure = np.zeros(who.shape, np.float32)
    for k in range(PEOPLE):
        came = date >= hired[:, k, None]
        who[came] += 1
        there |= came & (date < left[:, k, None])
        since = (date - hired[:, k, None]).astype(np.float32) / np.float32(30.4)
        np.copyto(tenure, since, where=came)
    rng = stream(seed, "absences")
    gone, _, _ = _absences(rng, firm.territories, days, firm.sick, 0.0)
    rng = stream(seed, "leaves")
    away, spells, kind = _absences(rng, firm.teams, days, firm.manager_sick, firm.long_leave)
    return People(
        team=_teams(firm, seed),
        region=np.arange(firm.teams) % firm.regions,
        hired=hired,
        left=left,
        skill=firm.skill_sd * stream(seed, "skills").standard_normal((firm.territories, PEOPLE)),
        who=who,
        there=there,
        at_work=there & ~gone,
        tenure=tenure,
        post=_posts(firm, seed),
        leads=~away,
        away=spells,
        kind=kind,
    )


def _careers(firm: Firm, days: Days, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = stream(seed, "exits")
    n = firm.territories
    u, place = rng.random((2, n, firm.span))
    age = rng.integers(30, 2000, n)
    hired = np.full((n, PEOPLE), NEVER)
    left = np.full((n, PEOPLE), NEVER)
    hired[:, 0] = days.starts[0] - age
    now = np.zeros(n, int)
    free_from = np.zeros(n, int)  # month from which somebody is there
    for month in range(firm.span):
        back = month + 1 + firm.vacancy
        goes = (u[:, month] < firm.exit_rate) & (free_from <= month) & (now < PEOPLE - 1)
        who = np.nonzero(goes)[0]
        left[who, now[who]] = days.date[days.at(np.full(len(who), month), place[who, month])]
        now[who] += 1
        free_from[who] = back
        if back <= firm.span:
            hired[who, now[who]] = days.starts[back]
    return hired, left


def _teams(firm: Firm, seed: int) -> np.ndarray:
    """Return each territory's team by month; some change places with others."""
    rng = stream(seed, "moves")
    team = np.tile(np.repeat(np.arange(firm.teams), firm.reps), (firm.span, 1))
    for k in range(firm.reorganisations):
        month = firm.burn + (k + 1) * firm.months // (firm.reorganisations + 1)
        moved = rng.permutation(firm.territories)[: int(MOVED * firm.territories)]
        team[month:, moved] = team[month, np.roll(moved, 1)]
    return team


def _posts(firm: Firm, seed: int) -> np.ndarray:
    change = stream(seed, "posts").random((firm.teams, firm.span)) < firm.manager_exit
    change[:, 0] = False
    return np.minimum(change.cumsum(axis=1), PEOPLE - 1)


def _absences(
    rng: np.random.Generator, units: int, days: Days, sick: float, leave: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return who is away by day, and the spells: unit, first day, day after the last; and kinds."""
    months = len(days.of_year)
    every = np.arange(units)
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray, str]] = []
    for of_year, latest, length in HOLIDAYS:
        for holiday in np.nonzero(days.of_year == of_year)[0]:
            begin = days.first[holiday] + rng.integers(0, latest, units)
            parts.append((every, begin, np.full(units, length), "vacation"))
    u, place = rng.random((2, units, months))
    long = np.minimum(rng.geometric(0.2, (units, months)), 25)
    ill, leaves = np.nonzero(u < sick), np.nonzero(u > 1 - leave / 12)
    parts.append((ill[0], days.at(ill[1], place[ill]), long[ill], "sick"))
    parts.append((leaves[0], days.at(leaves[1], place[leaves]), 30 + long[leaves], "leave"))
    unit = np.concatenate([p[0] for p in parts])
    start = np.concatenate([p[1] for p in parts])
    stop = np.minimum(start + np.concatenate([p[2] for p in parts]), len(days.date))
    kinds = np.concatenate([np.full(len(p[0]), p[3], dtype="U8") for p in parts])
    inside = start < len(days.date)
    unit, start, stop, kinds = unit[inside], start[inside], stop[inside], kinds[inside]
    steps = np.zeros((units, len(days.date) + 1), int)
    np.add.at(steps, (unit, start), 1)
    np.add.at(steps, (unit, stop), -1)
    return steps.cumsum(axis=1)[:, :-1] > 0, np.column_stack([unit, start, stop]), kinds
