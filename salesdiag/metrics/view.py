"""The common form of all metrics: unit, period, numerator, denominator, value, people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd

from salesdiag.panel.credit import Roster
from salesdiag.panel.records import Records
from salesdiag.panel.spells import Ints, dated, month_of
from salesdiag.panel.window import period_of
from salesdiag.settings import Settings

By = Literal["team", "rep", "manager", "company"]
Period = Literal["month", "quarter", "year", "all"]
KEYS: Mapping[str, str] = {
    "team": "team_id",
    "rep": "rep_id",
    "manager": "manager_id",
    "company": "company",
}
MONTHS: Mapping[str, int] = {"month": 1, "quarter": 3, "year": 12}
EVERY: tuple[str, ...] = tuple(KEYS)


class HasTables(Protocol):
    """What metrics use of a company."""

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Canonical tables."""

    @property
    def settings(self) -> Settings:
        """Settings."""

    @property
    def records(self) -> Records:
        """Whose result everything is."""

    @property
    def panel(self) -> pd.DataFrame:
        """Rep-months."""


@dataclass(frozen=True, kw_only=True)
class View:
    """A company seen by one kind of unit and period."""

    company: HasTables
    by: str
    period: str
    who: Roster

    @property
    def key(self) -> str:
        """Column that names the unit."""
        return KEYS[self.by]

    @property
    def length(self) -> int:
        """Months of a period."""
        return MONTHS.get(self.period, self.who.last + 1 - self.who.first)

    def periods(self, months: Any) -> Ints:
        """Return the first month of the period of each month (months since January 1970)."""
        return period_of(
            np.asarray(months, dtype="int64"),
            self.period,
            self.company.settings.fiscal_year_start_month,
            self.who.first,
        )

    def keyed(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return rows with ``unit`` and ``slot``, the first month of the period.

        Rows without a unit are left out.
        """
        if self.by == "company":
            rows = rows.assign(unit=self.company.settings.name)
        else:
            rows = rows.assign(unit=rows[self.key].astype("str"))
        rows = rows.assign(slot=self.periods(rows["month"]))
        return rows.dropna(subset=["unit"])

    def total(self, rows: pd.DataFrame, column: str) -> pd.Series:
        """Return sums of a column by unit and period."""
        return self.keyed(rows).groupby(["unit", "slot"])[column].sum()

    def count(self, rows: pd.DataFrame, column: str | None = None) -> pd.Series:
        """Return numbers of rows, or of distinct values, by unit and period.

        A row that is shared (``part``) counts with its share.
        """
        grouped = self.keyed(rows).groupby(["unit", "slot"])
        if column is not None:
            return grouped[column].nunique().astype("float64")
        number = grouped["part"].sum() if "part" in rows else grouped.size()
        return number.astype("float64")

    def ratio(self, numerator: pd.Series, denominator: pd.Series) -> pd.DataFrame:
        """Return sum over sum; missing, not 0, where there is nothing below the line."""
        both = pd.DataFrame({"numerator": numerator, "denominator": denominator}).astype("float64")
        both["numerator"] = both["numerator"].where(
            both["numerator"].notna() | both["denominator"].isna(), 0.0
        )
        below = both["denominator"].where(both["denominator"] > 0)
        return self.tidy(both.assign(value=both["numerator"] / below))

    def tidy(self, rows: pd.DataFrame, *extra: str) -> pd.DataFrame:
        """Return rows indexed by unit and period in the common form.

        Parameters
        ----------
        rows : DataFrame
            Indexed by unit, first month and the columns of ``extra``.
        """
        rows = rows.reset_index().set_axis(["unit", "slot", *extra, *rows.columns], axis=1)
        rows = rows.astype({"slot": "int64"})
        people = self.count(self.who.cells, "rep_id")
        index = pd.MultiIndex.from_frame(rows[["unit", "slot"]])
        whole = np.ones(len(rows), dtype=bool)
        for k in range(self.length):
            whole &= np.isin(rows["slot"] + k, self.who.complete)
        rows = rows.assign(
            n=people.reindex(index, fill_value=0).to_numpy().astype("int64"),
            complete=whole,
            period=dated(rows["slot"].to_numpy()),
        )
        rows = rows.rename(columns={"unit": self.key}).astype({self.key: "str"})
        ends = [c for c in ("low", "high") if c in rows]
        columns = [self.key, "period", *extra, "numerator", "denominator", "value", *ends]
        sort = [self.key, "period", *extra]
        return rows[[*columns, "n", "complete"]].sort_values(sort, ignore_index=True)

    def lines(self) -> pd.DataFrame:
        """Return revenue of reps, one row per order or won deal, with rep, team and manager."""
        return of_reps(self.company.records.lines)

    def deals(self) -> pd.DataFrame:
        """Return deals that reps closed, with rep, team and manager of the closing day."""
        return of_reps(self.company.records.deals)


def of_reps(placed: pd.DataFrame) -> pd.DataFrame:
    """Return placed rows that are result of a rep."""
    mine = placed[placed["status"].eq("rep")]
    return mine.rename(columns={"person_id": "rep_id"}).reset_index(drop=True)


def view(company: HasTables, by: str, period: str, *, units: tuple[str, ...] = EVERY) -> View:
    """Return a company seen by unit and period.

    Raises
    ------
    ValueError
        A unit that the metric does not have, or an unknown period.
    """
    if by not in units:
        raise ValueError(f"by must be one of {', '.join(units)}, not {by!r}")
    if period not in (*MONTHS, "all"):
        raise ValueError(f"period must be month, quarter, year or all, not {period!r}")
    return View(company=company, by=by, period=period, who=company.records.who)


def months_of(dates: pd.Series) -> Ints:
    """Return months since January 1970 of dates without gaps."""
    return month_of(dates.to_numpy("datetime64[D]").astype("int64"))
