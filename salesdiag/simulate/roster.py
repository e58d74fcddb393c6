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
from salesdiag.simulate.handover import kept_mask, owners
from salesdiag.simulate.sales import Sales
from salesdiag.simulate.setup import month_lengths
from salesdiag.simulate.staff import RECORD_MONTHS, RECORD_SD
from salesdiag.simulate.world import World

MANAGER_ACCOUNTS = 4
"""Clients that each team's manager keeps."""
NEVER = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class Spell:
    """A person in a place from month ``first`` to before month ``stop`` (of the simulation)."""

    person: int
    place: int
    first: int
    stop: int


def spells(occupants: np.ndarray) -> Iterator[Spell]:
    """Yield the spells of an array (months, places) of people, negative where nobody is known."""
    months = len(occupants)
    for place, row in enumerate(occupants.T):
        edges = [0, *(np.flatnonzero(np.diff(row)) + 1), months]
        for first, stop in pairwise(edges):
            if row[first] >= 0:
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
    csat: float

    @cached_property
    def first(self) -> np.ndarray:
        """First days of all months (``datetime64[D]``), one more than there are."""
        first = month_lengths(self.world)[0]
        return np.append(first, first[-1] + 1).astype("datetime64[D]")

    @property
    def exists(self) -> np.ndarray:
        """Which months know which teams."""
        return self.course.setup.exists

    @cached_property
    def known(self) -> tuple[np.ndarray, np.ndarray]:
        """First month that knows each seat's team, and first that no longer does."""
        there = self.exists[:, self.course.setup.team]
        first = np.maximum(there.argmax(0), self.world.burn)
        return first, len(there) - there[::-1].argmax(0)

    @cached_property
    def foremost(self) -> np.ndarray:
        """Which team stands for its manager, (months, teams): one for each manager."""
        lead = self.course.setup.lead
        return self.exists & ((lead == np.arange(len(lead))) | ~self.exists[:, lead])

    @cached_property
    def group_ids(self) -> np.ndarray:
        """First of the teams that a team is linked with by managers in common."""
        told = slice(self.world.burn, None)
        both = zip(self.course.manager[told].T, self.exists[told].T, strict=True)
        managers = [set(who[there].tolist()) for who, there in both]
        lead = self.course.setup.lead
        linked = [bool(managers[g] & managers[b]) for g, b in enumerate(lead)]
        return np.where(linked, self.team_ids[lead], self.team_ids)

    @cached_property
    def kept_owners(self) -> dict[tuple[int, int], np.ndarray]:
        """By (seat, place) of clients that a promoted manager kept, whose they were by month."""
        return owners(self.course)

    @cached_property
    def kept(self) -> np.ndarray | None:
        """Which clients a promoted manager kept when, (months, seats, places); None if none."""
        return kept_mask(self.course)

    def owner(self, month: np.ndarray, seat: np.ndarray, place: np.ndarray) -> np.ndarray:
        """Return whose clients were in given months, as numbers of people."""
        month = np.broadcast_to(month, seat.shape)
        whose = self.course.person[month, seat]
        if self.kept_owners:
            for i, key in enumerate(zip(seat.tolist(), place.tolist(), strict=True)):
                if key in self.kept_owners:
                    whose[i] = self.kept_owners[key][month[i]]
        return whose

    @cached_property
    def seats(self) -> list[Spell]:
        """Spells of reps that reach into the months told."""
        known = np.where(self.exists[:, self.course.setup.team], self.course.person, -1)
        return [s for s in spells(known) if s.stop > self.world.burn]

    @cached_property
    def posts(self) -> list[Spell]:
        """Spells of managers that reach into the months told."""
        known = np.where(self.exists, self.course.manager, -1)
        return [s for s in spells(known) if s.stop > self.world.burn]

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
        book = self.course.setup.book
        first, stop = (edge[:, None] for edge in self.known)
        shown = (book.born < stop) & (book.lost > first)
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
    ends = {(s.person, s.stop) for s in (*roster.seats, *roster.posts)}
    left = [roster.course.people[p].left for p in shown]
    left = [m if (p, m) in ends else None for p, m in zip(shown, left, strict=True)]
    manages = {s.person for s in roster.posts}
    return pd.DataFrame(
        {
            "person_id": roster.person_ids[shown],
            "name": [names.person(i) for i in range(len(shown))],
            "hired_on": [roster.hired(p) for p in shown],
            "left_on": [NEVER if m is None else roster.first[m] - 1 for m in left],
            "exit_reason": [
                None if m is None else ("involuntary" if u[p, 0] < 0.3 else "voluntary")
                for p, m in zip(shown, left, strict=True)
            ],
            "team_pay_share": [
                round(0.2 + 0.6 * u[p, 1], 2) if p in manages else 0.1 for p in shown
            ],
        }
    )


def places(roster: Roster) -> dict[str, np.ndarray]:
    """Return region and segment of each team."""
    g = range(roster.world.teams)
    return {
        "region": np.array([names.region(int(r)) for r in roster.course.setup.region]),
        "segment": np.array([SEGMENTS[i % len(SEGMENTS)] for i in g]),
    }


def teams(roster: Roster) -> pd.DataFrame:
    """Return the teams."""
    g = range(roster.world.teams)
    return pd.DataFrame(
        {
            "team_id": roster.team_ids,
            "name": [names.team(i) for i in g],
            **places(roster),
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
    there = roster.exists[:, roster.course.setup.team]
    there[: roster.world.burn] = False
    t, n = np.nonzero(there)
    return pd.DataFrame(
        {
            "owner_id": roster.person_ids[roster.course.person[t, n]],
            "period": roster.first[t],
            "period_kind": "month",
            "amount": roster.sales.quota[t, n],
        }
    ).sort_values(["owner_id", "period"], ignore_index=True)


def prior_record(roster: Roster) -> pd.DataFrame:
    """Return what managers sold before they were promoted, as a multiple of the median rep.

    For a rep promoted here it is what the year before his promotion shows.
    """
    prior, slot = roster.course.setup.prior, roster.course.slot
    rows = []
    for s in roster.posts:
        index = _own_record(roster, s.person, s.first)
        if index is None:
            index = float(np.exp(RECORD_SD * prior[s.place, slot[s.first, s.place]]))
        rows.append((roster.person_ids[s.person], roster.start(s), round(index, 2)))
    columns = ["person_id", "promoted_on", "sales_index"]
    found = pd.DataFrame(rows, columns=columns)
    return found.drop_duplicates("person_id", ignore_index=True)


def _own_record(roster: Roster, person: int, month: int) -> float | None:
    """Return a rep's mean monthly revenue of a year against the median rep's; None if unknown."""
    course, year = roster.course, slice(max(month - RECORD_MONTHS, 0), month)
    there = roster.exists[year][:, course.setup.team]
    sold = roster.sales.revenue[year] / course.share[year]
    own = there & (course.person[year] == person)
    if not own.any():
        return None
    return float(sold[own].mean() / max(np.median(sold[there]), 1.0))


def plans(roster: Roster) -> pd.DataFrame:
    """Return who had a development plan from when to when; the end is exclusive."""
    plan = roster.course.plan & roster.exists[:, roster.course.setup.team]
    who = np.where(plan, roster.course.person, -1)
    found = [s for s in spells(who) if s.stop > roster.world.burn]
    return pd.DataFrame(
        {
            "rep_id": [roster.person_ids[s.person] for s in found],
            "start_on": [roster.first[s.first] for s in found],
            "end_on": [roster.end(s) for s in found],
        }
    ).sort_values(["rep_id", "start_on"], ignore_index=True)
