"""What one page is about: findings, and the figures of a company or one team that it may show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import pandas as pd

from salesdiag.claims import ENTRIES
from salesdiag.finding import Finding
from salesdiag.ingest.losses import Losses
from salesdiag.panel.usable import Usable
from salesdiag.report.people import Names
from salesdiag.report.standing import Standing
from salesdiag.settings import Settings
from salesdiag.text import Speech

MONTHS = 3
"""Months that a page calls its period: the last complete ones."""

Period = tuple[pd.Timestamp, pd.Timestamp]
Step = Literal["read", "counted"]


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Rows of a table that were left out, for one cause, while reading or counting."""

    when: Step
    table: str
    cause: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What all the data hold of a team or the company.

    Attributes
    ----------
    start, end : Timestamp
        First and last day.
    revenue : float
        Sales of reps in money; NaN where unknown.
    managing : float
        The part of it that people sold who managed another team that day.
    usable : Usable
        How many of the records of sales have an amount.
    won, closed : float
        Number of deals.
    rate : float
        Share won; NaN where nothing was closed.
    """

    start: pd.Timestamp
    end: pd.Timestamp
    revenue: float
    managing: float
    usable: Usable
    won: float
    closed: float
    rate: float


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """What one page is about and all that it may know; nobody of another team is named in it.

    It is made by :meth:`salesdiag.report.overview.Overview.dossier`.

    Attributes
    ----------
    team : str or None
        Team id; None for the page of the company.
    company : str
        What the company is called.
    settings : Settings
    fingerprint : str
        Of the data.
    people : Names
        What the team and everybody who ever was in it are called.
    managers : tuple of str
        What the managers at the end of the period are called.
    months : tuple of Timestamp
        Complete months of the data.
    left_out : tuple of LeftOut
    losses : Losses
        What of the tables and of sales could not be used.
    teams : int
        How many teams the company has.
    shown : int
        How many of them are large enough to be shown; 0 where these are so few that each is known.
    reps : int
        How many the team had at the end of the period; 0 where withheld.
    withheld : bool
        Whether the team is too small for its own figures to be shown.
    standings : tuple of Standing
        Figures of the period, in the order of :data:`salesdiag.report.standing.FIGURES`.
    own_deals : float or None
        The manager's own deals at the end of the period, None where unknown or not to be shown.
    totals : Totals or None
        Of all the data; None where unknown or not to be shown.
    findings : tuple of Finding
        Of company scope, and of the team's scope where there is a team.
    speech : Speech
        Language and currency of the page.
    """

    team: str | None
    company: str
    settings: Settings
    fingerprint: str
    people: Names
    managers: tuple[str, ...]
    months: tuple[pd.Timestamp, ...]
    left_out: tuple[LeftOut, ...]
    losses: Losses
    teams: int
    shown: int
    reps: int
    withheld: bool
    standings: tuple[Standing, ...]
    own_deals: float | None
    totals: Totals | None
    findings: tuple[Finding, ...]
    speech: Speech = field(default_factory=Speech)

    @property
    def min_group(self) -> int:
        """Groups of fewer people are not shown."""
        return self.settings.min_group

    @property
    def period(self) -> Period | None:
        """First and last of the last complete months; None where no month is complete."""
        return last_months(self.months)

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


def last_months(months: Sequence[pd.Timestamp]) -> Period | None:
    """Return first and last of the months that a page calls its period."""
    return (months[-MONTHS:][0], months[-1]) if months else None
