"""What one page is about: a company's findings, perhaps one team's, and who may be called what."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from salesdiag import text
from salesdiag.claims import ENTRIES, test_all
from salesdiag.company import Company, load
from salesdiag.finding import Finding
from salesdiag.report.people import Names
from salesdiag.text import Message, Speech
from salesdiag.text import pages as words

MONTHS = 3
"""Months that a page calls its period: the last complete ones."""

HANDED = "run.company"
"""File beside the findings of a run in which it left the company, read and counted once for all."""


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """What one page is about.

    Attributes
    ----------
    company : Company
    findings : tuple of Finding
        Of company scope, and of the team's scope where there is a team.
    team : str or None
        Team id; None for the page of the company.
    people : Names
        What people and teams are called.
    speech : Speech
        Language and currency of the page.
    """

    company: Company
    findings: tuple[Finding, ...]
    people: Names
    speech: Speech
    team: str | None = None

    @property
    def min_group(self) -> int:
        """Groups of fewer people are not shown."""
        return self.company.settings.min_group

    @cached_property
    def answers(self) -> tuple[Finding, ...]:
        """The finding on each claim, in the order of the register.

        A team's own finding, where there is one to show; otherwise that of the whole company.
        """
        best = {f.claim: f for f in self.findings if f.team is None}
        for f in self.findings:
            told = f.verdict != "not_testable" or f.claim not in best
            if f.team == self.team and told and not self.withheld:
                best[f.claim] = f
        order = {e.slug: place for place, e in enumerate(ENTRIES)}
        return tuple(sorted(best.values(), key=lambda f: order.get(f.claim, len(order))))

    def answer(self, claim: str) -> Finding | None:
        """Return the finding on a claim that this page shows."""
        return next((f for f in self.answers if f.claim == claim), None)

    @cached_property
    def period(self) -> tuple[pd.Timestamp, pd.Timestamp] | None:
        """First and last of the last complete months; None where no month is complete."""
        months = self.months
        return (months[-MONTHS:][0], months[-1]) if months else None

    @cached_property
    def months(self) -> list[pd.Timestamp]:
        """All complete months of the data."""
        panel = self.company.team_panel
        return sorted(panel.loc[panel["complete"].astype(bool), "month"].unique())

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """How many reps each team had at the end of the period, by team id."""
        places = self._places
        reps = places.loc[places["role"] == "rep"]
        counts = reps.groupby("team_id")["person_id"].nunique()
        return {team: int(counts.get(team, 0)) for team in self.people.teams}

    @property
    def withheld(self) -> bool:
        """Whether the team is too small for its own figures to be shown."""
        return self.team is not None and self.sizes.get(self.team, 0) < self.min_group

    @cached_property
    def large_teams(self) -> frozenset[str]:
        """Teams whose figures may be shown; empty where they are so few that each is known."""
        large = frozenset(t for t, n in self.sizes.items() if n >= self.min_group)
        return large if len(large) >= self.min_group else frozenset()

    @property
    def managers(self) -> list[str]:
        """What the managers of the team are called."""
        places = self._places
        chosen = places.loc[(places["role"] == "manager") & (places["team_id"] == self.team)]
        return [self.people.person(p) for p in dict.fromkeys(chosen["person_id"])]

    @cached_property
    def _places(self) -> pd.DataFrame:
        """Assignments in force on the last day of the period, or at the end of what is known."""
        places = self.company.tables["assignments"]
        if self.period is None:
            last = places["start_on"].max()
        else:
            last = self.period[1] + pd.offsets.MonthEnd(0)
        ends = places["end_on"] if "end_on" in places else pd.Series(pd.NaT, places.index)
        return places.loc[(places["start_on"] <= last) & (ends.isna() | (ends > last))]

    def say(self, sentence: Message | str) -> Message | str:
        """Return a sentence fit for this page: people by what they may be called, no other team.

        Every value of the sentence that is the id or the name of somebody, or of a team other than
        the page's own, is replaced.
        """
        return self._value(sentence)

    def _value(self, value: Any) -> Any:
        if isinstance(value, Message):
            return replace(value, values={k: self._value(v) for k, v in value.values.items()})
        if isinstance(value, str):
            return self._covers.get(value, value)
        if isinstance(value, Sequence):
            return [self._value(v) for v in value]
        return value

    @cached_property
    def _covers(self) -> Mapping[str, Any]:
        """What stands for each id and name in the data."""
        own = self._own_people
        called = {
            p: name if own is None or p in own else words.ANOTHER_PERSON()
            for p, name in self.people.people.items()
        }
        covers: dict[str, Any] = {self.people.given[p]: name for p, name in called.items()} | called
        for team, name in self.people.teams.items():
            shown = self.people.team(team) if self.team in (None, team) else words.ANOTHER_TEAM()
            covers |= {name: shown, team: shown}
        return covers

    @property
    def own_ids(self) -> frozenset[str]:
        """Ids of the page's team and of everybody who ever was in it."""
        return (self._own_people or frozenset()) | {self.team or ""}

    @cached_property
    def _own_people(self) -> frozenset[str] | None:
        """Everybody who ever was in the team; None for the company's page."""
        if self.team is None:
            return None
        places = self.company.tables["assignments"]
        return frozenset(places.loc[places["team_id"] == self.team, "person_id"])


def open(
    company: Company | str | Path,
    findings: Iterable[Finding] | str | Path = "",
    team: str | None = None,
    identify: bool = False,
    language: str | None = None,
) -> Dossier:
    """Open the dossier of a company or of one of its teams, and speak its language from here on.

    Parameters
    ----------
    company : Company or path
        A path or database URL is loaded, unless the run that left the findings left the company
        beside them.
    findings : iterable of Finding, or path
        A path is that of a file in which a run left them (a pickle of our own making); an empty
        one has them computed. Findings of other teams are left out.
    team : str, optional
        Team id; none, or an empty one, for the company.
    identify : bool
        Call people by their names.
    language : str, optional
        ISO 639-1 code; the company's where not given.

    Raises
    ------
    ValueError
        The company has no such team, or there are no texts in the language.
    DataError
        The data cannot be used.
    """
    team, language = team or None, language or None
    if isinstance(company, str | Path):
        company = _company(company, findings)
    people = Names(company, identify)
    if team is not None and team not in people.teams:
        raise ValueError(str(words.REFUSE_TEAM(team=team, teams=sorted(people.teams)[:20])))
    language = language or company.settings.language
    if language not in text.languages():
        raise ValueError(str(words.REFUSE_LANGUAGE(language=language, known=text.languages())))
    text.speak(language, company.settings.currency)
    return Dossier(
        company=company,
        findings=tuple(f for f in _read(findings, company, team) if f.team in (None, team)),
        team=team,
        people=people,
        speech=text.current(),
    )


def _company(source: str | Path, findings: Iterable[Finding] | str | Path) -> Company:
    if isinstance(findings, str | Path) and str(findings):
        handed = Path(findings).with_name(HANDED)
        if handed.exists():
            company: Company = pickle.loads(handed.read_bytes())
            return company
    return load(source)


def _read(
    findings: Iterable[Finding] | str | Path, company: Company, team: str | None
) -> Iterable[Finding]:
    if not isinstance(findings, str | Path):
        return findings
    if str(findings):
        return pickle.loads(Path(findings).read_bytes())
    return test_all(company, [team] if team else []).all()
