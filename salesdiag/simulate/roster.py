"""People and places as tables: who, where, since when, with which clients and targets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd

from salesdiag.simulate import names
from salesdiag.simulate.accounts import SEGMENTS
from salesdiag.simulate.draws import stream
from salesdiag.simulate.engine import Course
from salesdiag.simulate.sales import Sales
from salesdiag.simulate.setup import month_lengths
from salesdiag.simulate.world import World

MANAGER_ACCOUNTS = 4
"""Clients that each team's manager keeps."""
_NEVER = np.datetime64("NaT", "D")
_GONE = 10**6


@dataclass(frozen=True)
class Spell:
    """A person in a place from month ``first`` to before month ``stop`` (of the simulation)."""

    person: int
    place: int
    first: int
    stop: int


def spells(occupants: np.ndarray) -> Iterator[Spell]:
    """Yield the spells of an array (months, places) of people."""
    months = len(occupants)
    for place, row in enumerate(occupants.T):
        edges = [0, *(np.flatnonzero(np.diff(row)) + 1), months]
        for first, stop in pairwise(edges):
            yield Spell(int(row[first]), place, int(first), int(stop))


def _numbered(letter: str, count: int, digits: int) -> list[str]:
    """Return identifiers of equal length, in the order of their numbers."""
    width = max(digits, len(str(count)))
    return [f"{letter}{i:0{width}d}" for i in range(1, count + 1)]


@dataclass(frozen=True)
class Roster:
    """Identifiers and dates of a simulated company."""

    course: Course
    sales: Sales
    world: World
    seed: int

    @cached_property
    def first(self) -> np.ndarray:
        """First days of all months (``datetime64[D]``), one more than there are."""
        first = month_lengths(self.world)[0]
        return np.append(first, first[-1] + 1).astype("datetime64[D]")

    @cached_property
    def seats(self) -> list[Spell]:
        """Spells of reps that reach into the months told."""
        return [s for s in spells(self.course.person) if s.stop > self.world.burn]

    @cached_property
    def posts(self) -> list[Spell]:
        """Spells of managers that reach into the months told."""
        return [s for s in spells(self.course.manager) if s.stop > self.world.burn]

    @cached_property
    def person_ids(self) -> np.ndarray:
        """Identifier of each person, by number; empty for those who left before."""
        shown = {s.person for s in self.seats} | {s.person for s in self.posts}
        ids = np.full(len(self.course.people), "", dtype="U12")
        ids[sorted(shown)] = _numbered("P", len(shown), 4)
        return ids

    @cached_property
    def team_ids(self) -> np.ndarray:
        """Identifier of each team."""
        return np.array(_numbered("T", self.world.teams, 2))

    @cached_property
    def account_ids(self) -> np.ndarray:
        """Identifier of each account, (seats, places); empty for those not clients when told."""
        book, m = self.course.setup.book, len(self.course.person)
        shown = (book.born < m) & (book.lost > self.world.burn)
        ids = np.full(book.born.shape, "", dtype="U12")
        ids[shown] = _numbered("A", int(shown.sum()), 5)
        return ids

    @cached_property
    def manager_accounts(self) -> np.ndarray:
        """Identifiers of the clients that managers keep, (teams, MANAGER_ACCOUNTS)."""
        ids = _numbered("M", self.world.teams * MANAGER_ACCOUNTS, 5)
        return np.array(ids).reshape(-1, MANAGER_ACCOUNTS)

    def hired(self, person: int | np.integer) -> np.datetime64:
        """Return the day on which a person started."""
        who = self.course.people[int(person)]
        month = self.first[0].astype("datetime64[M]") + who.hired
        return month.astype("datetime64[D]") + (who.day - 1)

    def start(self, spell: Spell) -> np.datetime64:
        """Return the first day of a spell."""
        who = self.course.people[spell.person]
        begins = spell.first == 0 or who.hired == spell.first
        return self.hired(spell.person) if begins else self.first[spell.first]

    def end(self, spell: Spell) -> np.datetime64:
        """Return the first day after a spell, NaT where it lasts."""
        lasts = spell.stop == len(self.course.person)
        return np.datetime64("NaT", "D") if lasts else self.first[spell.stop]


def people(roster: Roster) -> pd.DataFrame:
    """Return the people."""
    shown = np.flatnonzero(roster.person_ids != "")
    u = stream(roster.seed, "pay").random((len(roster.course.people), 2))
    left = [roster.course.people[p].left for p in shown]
    manages = {s.person for s in roster.posts}
    return pd.DataFrame(
        {
            "person_id": roster.person_ids[shown],
            "name": [names.person(i) for i in range(len(shown))],
            "hired_on": [roster.hired(p) for p in shown],
            "left_on": [_NEVER if m is None else roster.first[m] - 1 for m in left],
            "exit_reason": [
                None if m is None else ("involuntary" if u[p, 0] < 0.3 else "voluntary")
                for p, m in zip(shown, left, strict=True)
            ],
            "team_pay_share": [
                round(0.2 + 0.6 * u[p, 1], 2) if p in manages else 0.1 for p in shown
            ],
        }
    )


def teams(roster: Roster) -> pd.DataFrame:
    """Return the teams."""
    g = range(roster.world.teams)
    return pd.DataFrame(
        {
            "team_id": roster.team_ids,
            "name": [names.team(i) for i in g],
            "region": [names.region(int(r)) for r in roster.course.setup.region],
            "segment": [SEGMENTS[i % len(SEGMENTS)] for i in g],
        }
    )


def assignments(roster: Roster) -> pd.DataFrame:
    """Return who was where in which role."""
    team = roster.course.setup.team
    places = [(s, team[s.place], "rep") for s in roster.seats]
    places += [(s, s.place, "manager") for s in roster.posts]
    return pd.DataFrame(
        {
            "person_id": [roster.person_ids[s.person] for s, _, _ in places],
            "team_id": [roster.team_ids[g] for _, g, _ in places],
            "role": [role for _, _, role in places],
            "start_on": [roster.start(s) for s, _, _ in places],
            "end_on": [roster.end(s) for s, _, _ in places],
        }
    ).sort_values(["team_id", "role", "start_on", "person_id"], ignore_index=True)


def quotas(roster: Roster) -> pd.DataFrame:
    """Return the reps' monthly targets."""
    told = slice(roster.world.burn, None)
    person, quota = roster.course.person[told], roster.sales.quota[told]
    return pd.DataFrame(
        {
            "owner_id": roster.person_ids[person].ravel(),
            "period": np.repeat(roster.first[told][:-1], person.shape[1]),
            "period_kind": "month",
            "amount": quota.ravel(),
        }
    ).sort_values(["owner_id", "period"], ignore_index=True)


def accounts(roster: Roster) -> pd.DataFrame:
    """Return the clients, with their last owners."""
    book, m = roster.course.setup.book, len(roster.course.person)
    seat, place = np.nonzero(roster.account_ids != "")
    ids = roster.account_ids[seat, place]
    last = np.minimum(book.lost[seat, place], m) - 1
    owner = roster.course.person[last, seat]
    potential = roster.world.ticket * 12 * book.weight[seat, place]
    sold = pd.DataFrame(
        {
            "account_id": ids,
            "owner_id": roster.person_ids[owner],
            "name": [names.client(i) for i in range(len(ids))],
            "segment": np.array(SEGMENTS)[book.segment[seat, place]],
            "target_fit": np.round(book.fit[seat, place], 2),
            "potential": np.round(potential, -2),
            "acquired_on": _month_date(roster, book.born[seat, place]),
            "lost_on": _month_date(roster, np.where(last < m - 1, last + 1, _GONE)),
        }
    )
    kept = pd.DataFrame(
        {
            "account_id": roster.manager_accounts.ravel(),
            "owner_id": np.repeat(roster.person_ids[roster.course.manager[-1]], MANAGER_ACCOUNTS),
            "name": [names.client(len(ids) + i) for i in range(roster.manager_accounts.size)],
            "segment": np.resize(SEGMENTS, roster.manager_accounts.size),
            "target_fit": 0.75,
            "potential": np.round(roster.world.ticket * 48, -2),
            "acquired_on": roster.first[0] - 365,
            "lost_on": _NEVER,
        }
    )
    return pd.concat([sold, kept], ignore_index=True)


def _month_date(roster: Roster, month: np.ndarray) -> np.ndarray:
    """Return the first days of months of the simulation, NaT for those after it."""
    start = roster.first[0].astype("datetime64[M]")
    dates = (start + np.minimum(month, 5000)).astype("datetime64[D]")
    return np.where(month >= len(roster.course.person), _NEVER, dates)


def account_owners(roster: Roster) -> pd.DataFrame:
    """Return who had which client when."""
    book = roster.course.setup.book
    acquired, lost = _month_date(roster, book.born), _month_date(roster, book.lost)
    parts = []
    for s in roster.seats:
        ids = roster.account_ids[s.place]
        held = (book.born[s.place] < s.stop) & (book.lost[s.place] > s.first) & (ids != "")
        start = np.maximum(acquired[s.place, held], roster.start(s))
        end = np.fmin(lost[s.place, held], roster.end(s))
        parts.append((ids[held], roster.person_ids[s.person], start, end))
    for s in roster.posts:
        ids = roster.manager_accounts[s.place]
        start = np.full(len(ids), max(roster.start(s), roster.first[0] - 365))
        parts.append((ids, roster.person_ids[s.person], start, np.full(len(ids), roster.end(s))))
    return pd.concat(
        [
            pd.DataFrame({"account_id": i, "owner_id": p, "start_on": a, "end_on": b})
            for i, p, a, b in parts
        ],
        ignore_index=True,
    ).sort_values(["account_id", "start_on"], ignore_index=True)
