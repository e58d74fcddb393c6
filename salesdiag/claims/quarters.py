"""Fiscal quarters of a company: which are complete, which are compared, what they are called."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from salesdiag.claims.keeping import kept
from salesdiag.company import Company
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.text import Message
from salesdiag.text import claims as words


def complete_quarters(company: Company) -> list[pd.Timestamp]:
    """Return the first months of the fiscal quarters whose three months are complete."""

    def find() -> list[pd.Timestamp]:
        panel = company.panel
        months = panel.loc[panel["complete"], "month"].drop_duplicates()
        counts = quarter_of(months, company).value_counts()
        return sorted(counts.index[counts == 3])

    return kept(company, "complete quarters", find)


def quarter_of(months: pd.Series, company: Company) -> pd.Series:
    """Return the first month of the fiscal quarter of each month."""
    lag = (months.dt.month - company.settings.fiscal_year_start_month) % 3
    return (months.dt.to_period("M") - lag.to_numpy()).dt.to_timestamp()


def quarter_months(quarter: pd.Timestamp) -> tuple[pd.Timestamp, ...]:
    """Return the first days of a quarter's months."""
    return tuple(quarter + pd.DateOffset(months=k) for k in range(3))


def panel_of(company: Company, by: Sequence[str]) -> pd.DataFrame:
    """Return rep-months with their fiscal quarter, in the order of ``by``."""

    def make() -> pd.DataFrame:
        panel = company.panel.assign(quarter=quarter_of(company.panel["month"], company))
        return panel.sort_values(list(by), kind="stable") if by else panel

    return kept(company, ("quarters", *by), make)


def compared_quarters(company: Company) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the last complete quarter after the one to compare it with: a year before, if any.

    Raises
    ------
    NotEstimable
        Fewer than two quarters are complete.
    """
    quarters = complete_quarters(company)
    if len(quarters) < 2:
        raise NotEstimable(words.NO_TWO_PERIODS())
    year_before = quarters[-1] - pd.DateOffset(years=1)
    return year_before if year_before in quarters else quarters[-2], quarters[-1]


def called(quarter: pd.Timestamp, company: Company) -> Message:
    """Return what a fiscal quarter is called: by number only where that is the calendar's too."""
    calendar = company.settings.fiscal_year_start_month == 1
    return (words.QUARTER if calendar else words.QUARTER_FROM)(day=quarter)


def column_name(company: Company) -> str:
    """Return the column in which a table names fiscal quarters."""
    return "quarter" if company.settings.fiscal_year_start_month == 1 else "quarter_from"
