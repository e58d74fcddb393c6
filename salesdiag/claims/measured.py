"""The design of levels and bridges: a measured state, with its interval and its reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from salesdiag.claims.base import Claim, benchmarks, not_testable
from salesdiag.claims.keeping import kept
from salesdiag.company import Company
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import Check, Finding, Interval
from salesdiag.text import Message
from salesdiag.text import claims as words
from salesdiag.text.findings import REASONS

RECENT = 12
"""Months that a level is measured over, unless its own words say otherwise."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What was measured for a company or a team.

    Attributes
    ----------
    estimate : Interval or None
        The figure; its ends are NaN where the figure is a count of everything there is.
    values : mapping
        What the headline speaks of.
    more : Message or None
        A further sentence.
    table : DataFrame
        The rows behind it, tidy.
    n, groups : int
        Rows and managers or teams used.
    people : int
        People the figures are about; fewer than the company's minimum are not shown.
    method : Message
    dropped : mapping
        Rows left out, by cause.
    about : str
        Whom a company's figure is about: ``people`` or ``managers``.
    usable : Check or None
        Whether enough of the records behind the figure can be used; if not, it is not told.
    case : str
        Where other words are needed: ``none`` takes ``headline_none`` or ``team_none``.
    """

    estimate: Interval | None
    values: Mapping[str, Any]
    table: pd.DataFrame
    n: int
    groups: int
    people: int
    method: Message
    dropped: Mapping[str, int] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    more: Message | None = None
    about: str = "people"
    usable: Check | None = None
    case: str = ""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A design that measures and gives no verdict.

    Attributes
    ----------
    measure : callable
        ``measure(company, team)``; team None asks for the company.
    """

    measure: Callable[[Company, str | None], Measure]

    def company(self, claim: Claim, company: Company) -> Finding:
        """Measure the company."""
        return self._finding(claim, company, None)

    def team(self, claim: Claim, company: Company, finding: Finding, team: str) -> Finding:
        """Measure one team."""
        return self._finding(claim, company, team)

    def _finding(self, claim: Claim, company: Company, team: str | None) -> Finding:
        try:
            seen = self.measure(company, team)
        except NotEstimable as error:
            return not_testable(claim.slug, error.reason, team)
        minimum = company.settings.min_group
        if seen.people < minimum:
            withheld = (
                words.TOO_FEW[seen.about](count=seen.people, minimum=minimum)
                if team is None
                else words.TOO_SMALL_A_GROUP(minimum=minimum)
            )
            return not_testable(claim.slug, withheld, team)
        if seen.usable is not None and not seen.usable.passed:
            refused = not_testable(claim.slug, seen.usable.text, team)
            return replace(refused, checks=(seen.usable,), dropped=seen.dropped)
        role = "headline" if team is None else "team"
        headline = claim.words[f"{role}_{seen.case}" if seen.case else role]
        return Finding(
            claim=claim.slug,
            scope="company" if team is None else "team",
            team=team,
            verdict="measured",
            reason=REASONS["measured"](),
            estimate=seen.estimate,
            n=seen.n,
            groups=seen.groups,
            dropped=seen.dropped,
            method=seen.method,
            checks=(*([seen.usable] if seen.usable else []), *seen.checks),
            table=seen.table,
            benchmarks=benchmarks(claim.slug, company),
            words={
                "headline": headline(**seen.values),
                **({"size": seen.more} if seen.more else {}),
            },
        )


def recent(frame: pd.DataFrame, months: int = RECENT) -> pd.DataFrame:
    """Return the rows of the last complete months.

    Parameters
    ----------
    frame : DataFrame
        Rep-months or team-months.

    Raises
    ------
    NotEstimable
        There is no complete month.
    """
    complete = frame.loc[frame["complete"]]
    if complete.empty:
        raise NotEstimable(words.NO_COMPLETE_MONTH())
    last = complete["month_index"].max()
    return complete.loc[complete["month_index"] > last - months]


def people_of(company: Company, team: str) -> int:
    """Return how many reps a team has had in the recent months."""

    def count() -> dict[str, int]:
        reps = recent(company.panel).groupby("team_id")["rep_id"].nunique()
        return {str(team): int(number) for team, number in reps.items()}

    return kept(company, "recent people", count).get(team, 0)
