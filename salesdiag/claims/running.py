"""Where the quarter that is not over will end."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd

from salesdiag.claims.keeping import kept, table_of
from salesdiag.claims.quarters import called, complete_quarters, quarter_of
from salesdiag.company import Company
from salesdiag.estimate.forecast import forecast, past_periods
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.panel import observation_window
from salesdiag.text import N_, Message
from salesdiag.text import claims as words

NO_FORECAST = N_("{quarter:text} is not over, and there is no forecast of it. {reason:text}")


def running_quarter(company: Company, team: str | None) -> Message | None:
    """Return where the quarter that is not over will end; None where it is over or cannot be told.

    The rule is the chain ladder of :mod:`salesdiag.estimate.forecast`, with the errors it made in
    the company's own past quarters. Where these are too few, that is said in its place.
    """
    running = kept(company, "running quarter", lambda: _running(company))
    if running is None:
        return None
    starts, start, end = running
    sales = table_of(company, "sales by day", team, partial(_sales, company))
    past = past_periods(sales["day"], sales["amount"], starts, end)
    past = past.loc[past["start"] >= start]
    try:
        found = forecast(
            float(past["to_date"].iloc[-1]),
            float(past["elapsed"].iloc[-1]),
            past["to_date"].iloc[:-1],
            past["total"].iloc[:-1],
        )
    except NotEstimable as refusal:
        return NO_FORECAST(quarter=called(starts[-2], company), reason=refusal.reason)
    return words.RUNNING_QUARTER(
        quarter=called(starts[-2], company),
        value=found.total.value,
        low=found.total.low,
        high=found.total.high,
        pace=found.run_rate,
    )


def _running(
    company: Company,
) -> tuple[pd.DatetimeIndex, pd.Timestamp, pd.Timestamp] | None:
    """Return where quarters begin, and the window, if its last quarter is not over."""
    start, end = observation_window(company.tables, company.settings)
    if pd.isna(end):
        return None
    first, last = (quarter_of(pd.Series([day]), company).iloc[0] for day in (start, end))
    starts = pd.date_range(first, last + pd.DateOffset(months=3), freq="3MS")
    if end >= starts[-1] - pd.Timedelta(days=1) or last in complete_quarters(company):
        return None
    return starts, start, end


def _sales(company: Company, by: Sequence[str]) -> pd.DataFrame:
    """Return what people sold as reps, on any day."""
    lines = company.records.lines
    days = lines["day"].to_numpy().astype("datetime64[D]").astype("datetime64[us]")
    rows = lines[list(by)].assign(day=days, amount=lines["amount"].fillna(0.0))
    return rows.loc[lines["team_id"].notna()]
