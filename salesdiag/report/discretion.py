"""What findings may name on a page: people by what they may be called, nobody of another team."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import pandas as pd

from salesdiag.finding import Finding
from salesdiag.report.people import PERSON_COLUMNS, Names
from salesdiag.text import Message
from salesdiag.text import pages as words

TEAM_COLUMN = "team_id"


@dataclass(frozen=True, kw_only=True)
class Discretion:
    """Makes findings fit for one page after the other.

    Attributes
    ----------
    names : Names
        What people and teams are called.
    members : mapping
        Everybody who ever was in a team, by team id.
    """

    names: Names
    members: Mapping[str, frozenset[str]]
    _nameless: dict[Finding, Finding | None] = field(default_factory=dict, repr=False)
    """The company's findings fit for every page; None for those that differ from page to page."""

    def finding(self, finding: Finding, team: str | None, withheld: bool = False) -> Finding:
        """Return a finding as the page of a team (None: of the company) may know it.

        Every value of a sentence and every cell of a table that is the id or the name of somebody,
        or of a team other than the page's own, is replaced. Rows about single people or teams are
        those of the page's team, and none on other pages. Which groups an estimate was made
        without is left out.

        Parameters
        ----------
        finding : Finding
        team : str or None
            Team id.
        withheld : bool
            Whether the team is too small for rows of its own.
        """
        if finding.team is None and finding not in self._nameless:
            self._nameless[finding] = None if self._names(finding) else _alone(finding)
        return self._nameless.get(finding) or self._called(finding, team, withheld)

    def _called(self, finding: Finding, team: str | None, withheld: bool) -> Finding:
        plain, table = finding.naive, finding.table
        return replace(
            _alone(finding),
            reason=self._said(finding.reason, team),
            words={role: self._said(said, team) for role, said in finding.words.items()},
            checks=tuple(replace(c, text=self._said(c.text, team)) for c in finding.checks),
            naive=plain and replace(plain, method=self._said(plain.method, team)),
            table=self._table(table, team, withheld),
        )

    def _names(self, finding: Finding) -> bool:
        """Say whether anybody is named in a finding, or a row is of somebody."""
        plain, table = finding.naive, finding.table
        said = [finding.reason, *finding.words.values(), *(c.text for c in finding.checks)]
        if any(map(self._named, [*said, plain and plain.method])):
            return True
        cells = (cell for column in _texts(table) for cell in table[column])
        return bool(_single(table)) or any(self._cell(cell, None) is not cell for cell in cells)

    def _named(self, value: Any) -> bool:
        """Say whether a value, or any within it, is an id or a name."""
        if isinstance(value, str):
            return value in self._known
        within = value.values.values() if isinstance(value, Message) else value
        return isinstance(within, Collection) and any(map(self._named, within))

    @cached_property
    def _known(self) -> Mapping[str, tuple[Literal["person", "team"], str]]:
        """Who or what each id and name in the data stands for; of two, the later."""
        people, teams = self.names.given, self.names.teams
        known: dict[str, tuple[Literal["person", "team"], str]] = {}
        known |= {name: ("person", p) for p, name in people.items()}
        known |= {p: ("person", p) for p in people}
        for team, name in teams.items():
            known |= {name: ("team", team), team: ("team", team)}
        return known

    def _said(self, value: Any, team: str | None) -> Any:
        """Return a value with everybody in it called what this page may call them."""
        if isinstance(value, Message):
            values = {k: self._said(v, team) for k, v in value.values.items()}
            return replace(value, values=values) if values else value
        if isinstance(value, str):
            return self._name(value, team) if value in self._known else value
        if isinstance(value, Sequence):
            return [self._said(v, team) for v in value]
        return value

    def _name(self, name: str, team: str | None) -> Message | str:
        what, who = self._known[name]
        if what == "team":
            return self.names.team(who) if team in (None, who) else words.ANOTHER_TEAM()
        own = team is None or who in self.members.get(team, ())
        return self.names.person(who) if own else words.ANOTHER_PERSON()

    def _table(self, table: pd.DataFrame, team: str | None, withheld: bool) -> pd.DataFrame:
        single = _single(table)
        if single and (team is None or withheld):
            return pd.DataFrame()
        for column in single:
            table = table.loc[table[column].isin(self._own(team))]
        called = {c: [self.names.person(p) for p in table[c]] for c in single if c != TEAM_COLUMN}
        for column in _texts(table):
            cells = list(table[column])
            said = [self._cell(cell, team) for cell in cells]
            if column not in single and said != cells:
                called[column] = said
        return table.assign(**called) if called else table

    def _cell(self, cell: Any, team: str | None) -> Any:
        """Return a cell with whom it names called what this page may; our own labels stay."""
        named = isinstance(cell, str) and cell in self._known and cell not in words.LABELS
        return str(self._name(cell, team)) if named else cell

    def _own(self, team: str | None) -> Collection[str]:
        return self.members.get(team or "", frozenset()) | {team or ""}


def _alone(finding: Finding) -> Finding:
    """Return a finding without what an estimate would be without each group, by its name."""
    evidence = finding.evidence
    return replace(finding, evidence=replace(evidence, leave_one_out={})) if evidence else finding


def _single(table: pd.DataFrame) -> list[str]:
    """Return the columns by which a row is of somebody, or of one team."""
    columns = list(table.columns)
    return [c for c in (*PERSON_COLUMNS, TEAM_COLUMN) if c in columns]


def _texts(table: pd.DataFrame) -> list[str]:
    """Return the columns that hold text."""
    kinds = zip(table.columns, table.dtypes, strict=True)
    return [str(c) for c, kind in kinds if pd.api.types.is_string_dtype(kind)]
