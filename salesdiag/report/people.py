"""Who may be called what: pseudonyms, and file names that no name from the data can break."""

from __future__ import annotations

import copy
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Collection, Mapping

import pandas as pd

from salesdiag.company import Company
from salesdiag.text import clean_name

ALPHABET = "23456789BCDFGHJKLMNPQRSTVWXZ"
CODE_LENGTH = 4
FILE_NAME_LENGTH = 60
PERSON_COLUMNS = ("person_id", "rep_id", "manager_id", "owner_id")
"""Columns of tables that hold ids of people."""


class Names:
    """What people and teams of a company are called in its reports.

    Parameters
    ----------
    company : Company
    identify : bool
        Call people by their names; otherwise by pseudonyms such as ``R-7KQ2`` for a rep and
        ``M-X4PD`` for a manager.

    Notes
    -----
    A pseudonym is a keyed hash of the person's id, the key being the company's name. It stays the
    same over reports and when others join or leave. It hides names from readers of a report; who
    has the ids can work it out. Where two people would share one, the later hired gets a longer
    one.
    """

    def __init__(self, company: Company, identify: bool = False):
        self.identify = identify
        people = company.tables.get("people", pd.DataFrame(columns=["person_id", "name"]))
        self._names: dict[str, str] = dict(zip(people["person_id"], people["name"], strict=True))
        self._managers = _latest_managers(company.tables.get("assignments"))
        self._codes = _codes(_by_seniority(people), company.name)
        teams = company.teams
        self._teams: dict[str, str] = dict(zip(teams["team_id"], teams["name"], strict=True))

    def person(self, person_id: str) -> str:
        """Return what a person is called."""
        if self.identify:
            return clean_name(self._names.get(person_id, person_id))
        prefix = "M" if person_id in self._managers else "R"
        code = self._codes.get(person_id) or _digest(person_id, "")[:CODE_LENGTH]
        return f"{prefix}-{code}"

    def team(self, team_id: str) -> str:
        """Return what a team is called."""
        return clean_name(self._teams.get(team_id, team_id))

    def only(self, team_id: str | None, people: Collection[str]) -> Names:
        """Return what a team and some people are called, and nothing about anybody else."""
        few = copy.copy(self)
        few._names = {p: self._names[p] for p in people if p in self._names and self.identify}
        few._codes = {p: self._codes[p] for p in people if p in self._codes}
        few._managers = self._managers & frozenset(people)
        few._teams = {team_id: self._teams[team_id]} if team_id in self._teams else {}
        return few

    @property
    def people(self) -> Mapping[str, str]:
        """What people are called, by their ids."""
        return {p: self.person(p) for p in self._codes}

    @property
    def given(self) -> Mapping[str, str]:
        """Names as they stand in the data, by person id."""
        return self._names

    @property
    def teams(self) -> Mapping[str, str]:
        """Names of teams as they stand in the data, by team id."""
        return self._teams


def _latest_managers(assignments: pd.DataFrame | None) -> frozenset[str]:
    if assignments is None or assignments.empty:
        return frozenset()
    latest = assignments.sort_values("start_on", kind="stable").groupby("person_id")["role"].last()
    return frozenset(latest.index[latest == "manager"])


def _by_seniority(people: pd.DataFrame) -> list[str]:
    """Return person ids, earliest hired first, so that a joiner never changes another's code."""
    by = [c for c in ("hired_on", "person_id") if c in people]
    return list(people.sort_values(by, na_position="last", kind="stable")["person_id"])


def _codes(person_ids: list[str], key: str) -> dict[str, str]:
    codes: dict[str, str] = {}
    taken: set[str] = set()
    for person in person_ids:
        digest = _digest(person, key)
        length = CODE_LENGTH
        while digest[:length] in taken:
            length += 1
        codes[person] = digest[:length]
        taken.add(digest[:length])
    return codes


def _digest(person_id: str, key: str) -> str:
    raw = hmac.new(str(key).encode(), str(person_id).encode(), hashlib.sha256).digest()
    number = int.from_bytes(raw)
    letters = []
    while number:
        number, rest = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[rest])
    return "".join(letters)


def file_name(team_id: str, name: str) -> str:
    """Return a file name for a team's page: ASCII, short, and never a path.

    Parameters
    ----------
    team_id, name : str
        As they stand in the data, however hostile.

    Examples
    --------
    >>> file_name("T01", "North/East ../team")
    'north-east-team-1b98de9a.html'
    """
    tail = f"-{hashlib.sha256(str(team_id).encode()).hexdigest()[:8]}.html"
    plain = unicodedata.normalize("NFKD", str(name)).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return (slug[: FILE_NAME_LENGTH - len(tail)].strip("-") or "team") + tail
