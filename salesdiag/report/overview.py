"""What the pages of a company need of it, counted once; each page is given its own part."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from salesdiag import metrics
from salesdiag.company import Company
from salesdiag.finding import Finding
from salesdiag.ingest.losses import Losses
from salesdiag.metrics.view import of_reps
from salesdiag.panel import observation_window
from salesdiag.panel.usable import LEAST_USABLE, Usable, summed, usable_sales
from salesdiag.report.discretion import Discretion
from salesdiag.report.dossier import Dossier, LeftOut, Period, Step, Totals, last_months
from salesdiag.report.people import Names
from salesdiag.report.standing import FIGURES, Spread
from salesdiag.schema import REVENUE
from salesdiag.settings import Settings

Row = dict[Hashable, Any]
RATE: Mapping[str, str] = {
    "won": "numerator", "closed": "denominator", "rate": "value",
}  # fmt: skip
"""Of deals won: a total's names, and those of the metric's columns."""


@dataclass(frozen=True, kw_only=True)
class Overview:
    """A company as its pages need it.

    Attributes
    ----------
    name : str
    settings : Settings
    fingerprint : str
    names : Names
        What people and teams are called.
    months : tuple of Timestamp
        Complete months.
    left_out : tuple of LeftOut
    losses : Losses
    sizes : mapping
        Reps at the end of the period, by team id.
    managers : mapping
        Person ids of the managers then, by team id.
    discretion : Discretion
        Who is in which team, and what pages may say of them.
    spreads : tuple of Spread
        The figures of :data:`salesdiag.report.standing.FIGURES` in the period.
    own_deals : mapping
        Managers' own deals of three months at the end of the period, by team id.
    totals : mapping
        All sales and deals by team id; under None the company's. Only of groups that are large
        enough.
    """

    name: str
    settings: Settings
    fingerprint: str
    names: Names
    months: tuple[pd.Timestamp, ...]
    left_out: tuple[LeftOut, ...]
    losses: Losses
    sizes: Mapping[str, int]
    managers: Mapping[str, tuple[str, ...]]
    discretion: Discretion
    spreads: tuple[Spread, ...]
    own_deals: Mapping[str, float]
    totals: Mapping[str | None, Totals]

    @classmethod
    def of(cls, company: Company, identify: bool = False) -> Overview:
        """Count what the pages of a company need of it.

        Parameters
        ----------
        company : Company
        identify : bool
            Call people by their names.
        """
        names, settings, panel = Names(company, identify), company.settings, company.team_panel
        months = tuple(sorted(panel.loc[panel["complete"].astype(bool), "month"].unique()))
        period = last_months(months)
        places = company.tables["assignments"]
        last = places["start_on"].max() if period is None else period[1] + pd.offsets.MonthEnd(0)
        there = _in_force(places, last)
        sizes = _sizes(there, names.teams)
        shown, inside = large_teams(sizes, settings.min_group), _inside(company, period)
        everybody = places.groupby("team_id")["person_id"]
        return cls(
            name=company.name,
            settings=settings,
            fingerprint=company.fingerprint,
            names=names,
            months=months,
            left_out=(*_left_out("read", company.dropped), *_left_out("counted", company.unplaced)),
            losses=company.losses,
            sizes=sizes,
            managers=_managers(there),
            discretion=Discretion(
                names=names, members={str(t): frozenset(people) for t, people in everybody}
            ),
            spreads=tuple(Spread.of(f, inside, shown, settings.min_group) for f in FIGURES),
            own_deals=_own_deals(panel, period),
            totals=_totals(company),
        )

    def dossier(self, team: str | None, findings: Iterable[Finding]) -> Dossier:
        """Return what one page may know, and no more: it can be handed to whoever makes the page.

        Parameters
        ----------
        team : str or None
            Team id; None for the page of the company.
        findings : iterable of Finding
            Those of other teams are left out.
        """
        of = team or ""
        size = self.sizes.get(of, 0)
        withheld = team is not None and size < self.settings.min_group
        elsewhere = self.reps - (0 if withheld else size)
        people = self.discretion.members.get(of, frozenset())
        return Dossier(
            team=team,
            company=self.name,
            settings=self.settings,
            fingerprint=self.fingerprint,
            people=self.names.only(team, people),
            managers=tuple(self.names.person(p) for p in self.managers.get(of, ())),
            months=self.months,
            left_out=self.left_out,
            losses=self.losses,
            teams=len(self.sizes),
            shown=len(self.shown),
            reps=0 if withheld else size,
            withheld=withheld,
            standings=tuple(s.standing(team, withheld, elsewhere) for s in self.spreads),
            own_deals=None if withheld else self.own_deals.get(of),
            totals=None if withheld else self.totals.get(team),
            findings=tuple(
                self.discretion.finding(f, team, withheld)
                for f in findings
                if f.team in (None, team)
            ),
        )

    @cached_property
    def reps(self) -> int:
        """All reps at the end of the period."""
        return sum(self.sizes.values())

    @cached_property
    def shown(self) -> frozenset[str]:
        """Teams whose figures may be shown; empty where they are so few that each is known."""
        return large_teams(self.sizes, self.settings.min_group)


def large_teams(sizes: Mapping[str, int], min_group: int) -> frozenset[str]:
    """Return teams of enough people, where these are enough teams; otherwise none."""
    large = frozenset(team for team, n in sizes.items() if n >= min_group)
    return large if len(large) >= min_group else frozenset()


def _in_force(places: pd.DataFrame, last: pd.Timestamp) -> pd.DataFrame:
    """Return the assignments in force on a day."""
    ends = places["end_on"] if "end_on" in places else pd.Series(pd.NaT, places.index)
    return places.loc[(places["start_on"] <= last) & (ends.isna() | (ends > last))]


def _sizes(there: pd.DataFrame, teams: Iterable[str]) -> dict[str, int]:
    reps = there.loc[there["role"] == "rep"].groupby("team_id")["person_id"].nunique().to_dict()
    return {team: int(reps.get(team, 0)) for team in teams}


def _managers(there: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    grouped = there.loc[there["role"] == "manager"].groupby("team_id")["person_id"]
    return {str(team): tuple(dict.fromkeys(people)) for team, people in grouped}


def _inside(company: Company, period: Period | None) -> pd.DataFrame:
    """Return the team-months of the period, with the hours of coaching that reps got in all.

    Sales of a team of which too few records have an amount are missing.
    """
    panel = company.team_panel
    if period is None:
        return panel.iloc[:0]
    inside = panel["month"].between(*period) & panel["complete"].astype(bool)
    panel = panel.loc[inside].assign(coached_hours=lambda d: d["coaching_hours"] * d["reps"])
    if not any(company.has(table) for table in REVENUE):
        return panel
    counts = usable_sales(company.records, by_team=True)
    counts = counts[counts["month"].between(*period)].groupby("team_id")[["rows", "known"]].sum()
    few = counts.index[counts["known"] < LEAST_USABLE * counts["rows"]]
    sales = ["revenue", "manager_revenue"]
    return panel.assign(**{c: panel[c].mask(panel["team_id"].isin(few)) for c in sales})


def _own_deals(panel: pd.DataFrame, period: Period | None) -> dict[str, float]:
    """Return by team the manager's own deals of three months, as last known in the period."""
    if period is None:
        return {}
    last = panel.loc[panel["month"] == period[1]].dropna(subset="manager_deals_quarter")
    deals = last.groupby("team_id")["manager_deals_quarter"].last()
    return {str(team): float(n) for team, n in deals.items()}


def _totals(company: Company) -> dict[str | None, Totals]:
    """Return sales and deals of all the data: a count, so without an interval."""
    if not any(company.has(table) for table in REVENUE):
        return {}
    start, end = observation_window(company.tables, company.settings)
    sold, won = (_by_unit(metric, company) for metric in (metrics.revenue, metrics.win_rate))
    nothing: Row = {}
    also = of_reps(company.records.lines).query("manages")
    sums = also.groupby("team_id")["amount"].sum()
    managing: dict[str | None, float] = {str(t): float(x) for t, x in sums.items()}
    managing[None] = float(also["amount"].sum())
    by_team = usable_sales(company.records, by_team=True).groupby("team_id")
    usable: dict[str | None, Usable] = {
        None: summed(usable_sales(company.records, by_team=False)),
        **{str(t): summed(counts) for t, counts in by_team},
    }
    return {
        unit: Totals(
            start=start,
            end=end,
            revenue=sold.get(unit, nothing).get("value", math.nan),
            managing=managing.get(unit, 0.0),
            usable=usable.get(unit, Usable()),
            **{k: won.get(unit, nothing).get(v, math.nan) for k, v in RATE.items()},
        )
        for unit in {*sold, *won}
    }


def _by_unit(metric: Callable[..., pd.DataFrame], company: Company) -> dict[str | None, Row]:
    """Return a metric over all the data by team, and by None for the company; of large groups."""
    teams = metric(company, by="team", period="all")
    whole = metric(company, by="company", period="all").assign(team_id=None)
    rows = [*teams.to_dict("records"), *whole.to_dict("records")]
    least = company.settings.min_group
    return {row["team_id"]: row for row in rows if row["n"] >= least}


def _left_out(when: Step, rows: pd.DataFrame) -> Iterable[LeftOut]:
    """Yield how many rows were left out in a step, by table and cause."""
    if rows.empty:
        return
    sums = rows.groupby(["table", "cause"])["rows"].sum().reset_index()
    for table, cause, n in sums.loc[sums["rows"] > 0].itertuples(index=False, name=None):
        yield LeftOut(when=when, table=table, cause=cause, rows=int(n))
