"""Rows brought into the units of the contract: weeks, months, quarters and the company's money."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from salesdiag.ingest import cells
from salesdiag.ingest.log import Causes, Log
from salesdiag.schema import TABLE, Table
from salesdiag.settings import Reading

PERIODS = {
    ("quotas", "period"): "month",
    ("market", "period"): "month",
    ("rates", "period"): "month",
    ("time_log", "week"): "week",
}
"""Columns that name a period by its first day."""

LATE_DAYS = 4
"""A quarter's target dated in the last days of a month may mean the quarter that ends or the next:
how many days these are. The company says which (``reading.quarter_dates``)."""

SHARE_SLACK = 0.001
"""How far the shares of one sale may be from one, as thirds are written with three digits."""

EARNED: Mapping[str, str | None] = {
    "orders": "ordered_on",
    "opportunities": "closed_on",
    "quotas": "period",
    "market": "period",
    "accounts": None,
}
"""Tables whose amounts may be in other currencies, and the date whose month's rate holds. Without
one, as of clients and open deals, it is the currency's latest rate."""


def periods(
    frame: pd.DataFrame, table: Table, reading: Reading, causes: Causes, log: Log
) -> pd.DataFrame:
    """Name periods by their first day, and tell where another day stood.

    Where rows of a time log are of days, the day is kept in a column ``_day`` for :func:`weekly`.
    """
    for column in (c.name for c in table.columns if (table.name, c.name) in PERIODS):
        days, period = frame[column], PERIODS[table.name, column]
        moved = cells.first_day(days, period)
        frame = frame.assign(**{column: moved.values})
        late = np.zeros(len(frame), dtype=bool)
        if table.name == "quotas":
            left = days.dt.days_in_month - days.dt.day
            asked = frame["period_kind"].eq("quarter") & (left < LATE_DAYS)
            late = asked.to_numpy() & (reading.quarter_dates != "start")
            frame = _late_quarters(frame, days, late, reading, log)
        if table.name == "time_log":
            frame = frame.assign(_day=days)  # weekly tells
            continue
        changed = moved.faults["moved"] & ~late
        if changed.any():
            log.whole("moved", "note", int(changed.sum()), column=column, period=period)
    if table.name == "rates":
        nothing = frame["rate"] <= 0
        if nothing.any():
            cause = log.rows("rate_nothing", "error", frame.loc[nothing, "rate"], "rate")
            causes.add(nothing.to_numpy(), cause)
    if table.name == "quotas":
        negative = frame["amount"] < 0
        if negative.any():
            cause = log.rows("quota_negative", "dropped", frame.loc[negative, "amount"], "amount")
            causes.add(negative.to_numpy(), cause)
        nothing = frame["amount"].eq(0)
        if nothing.any():
            log.whole("quota_zero", "note", int(nothing.sum()), column="amount")
    return frame


def _late_quarters(
    frame: pd.DataFrame, days: pd.Series, late: np.ndarray, reading: Reading, log: Log
) -> pd.DataFrame:
    """Read targets of quarters that are dated in the last days of a month, as declared."""
    if not late.any():
        return frame
    shown = days[late].dt.strftime("%Y-%m-%d")
    if reading.quarter_dates is None:
        log.rows("quarter_asked", "error", shown, column="period")
        return frame
    log.whole("quarter_moved", "note", int(late.sum()), column="period")
    ahead = 1 if reading.quarter_dates == "before" else -2
    return frame.assign(
        period=frame["period"].mask(late, frame["period"] + pd.DateOffset(months=ahead))
    )


def weekly(frame: pd.DataFrame, log: Log) -> pd.DataFrame:
    """Add up the hours of a time log that has rows of several days of one week.

    Parameters
    ----------
    frame : DataFrame
        A time log with ``_day``, one row per person, day, category and source.
    log : Log
    """
    key = ["person_id", "week", "category", "source"]
    grouped = frame.groupby(key, dropna=False)
    moved = int(frame["_day"].ne(frame["week"]).sum())
    frame = frame.assign(hours=grouped["hours"].transform("sum")).drop(columns="_day")
    once = frame.drop_duplicates(key)
    if len(once) < len(frame):
        log.whole("daily", "note", len(frame), column="week", weeks=len(once))
    elif moved:
        log.whole("moved", "note", moved, column="week", period="week")
    return once


def shares(tables: Mapping[str, pd.DataFrame], log: Log) -> dict[str, pd.DataFrame]:
    """Return tables with those splits that can be used: of one sale, with shares that make one."""
    splits = tables.get("splits")
    if splits is None:
        return dict(tables)
    log.table = "splits"
    both = splits["order_id"].notna() == splits["opportunity_id"].notna()
    total = splits.groupby(["order_id", "opportunity_id"], dropna=False)["share"].transform("sum")
    wrong = (total - 1).abs() > SHARE_SLACK
    for fault, mask in (("split_of", both), ("split_sum", wrong & ~both)):
        if mask.any():
            cause = log.rows(fault, "dropped", splits.loc[mask, "share"], "share")
            log.drop(cause, int(mask.sum()))
    kept = splits[~both & ~wrong]
    others = {name: frame for name, frame in tables.items() if name != "splits"}
    return {**others, "splits": kept} if len(kept) else others


def money(tables: Mapping[str, pd.DataFrame], currency: str, log: Log) -> dict[str, pd.DataFrame]:
    """Return tables whose amounts are in the company's currency; tell of those that cannot be.

    Amounts of a month are multiplied by the month's rate; a rate that is missing is an error, as
    is every other currency where there are no rates. An empty currency is the company's.
    """
    return {
        name: _converted(frame, name, tables.get("rates"), currency, log)
        if "currency" in frame and name != "rates"
        else frame
        for name, frame in tables.items()
    }


def _converted(
    frame: pd.DataFrame, name: str, rates: pd.DataFrame | None, currency: str, log: Log
) -> pd.DataFrame:
    said = frame["currency"].str.strip().str.upper().fillna(currency)
    other = said.ne(currency)
    if not other.any():
        return frame
    log.table = name
    foreign = said[other]
    if rates is None and any(p.table == "rates" for p in log.problems):
        log.rows("no_rate", "error", foreign, "currency", own=currency)  # what is wrong is told
        return frame
    if rates is None:
        names = sorted(foreign.unique())
        log.rows("currencies", "error", foreign, "currency", currencies=names, own=currency)
        return frame
    rate = _rates(frame[other], foreign, name, rates)
    missing = rate.isna()
    if missing.any():
        log.rows("no_rate", "error", foreign[missing], "currency", own=currency)
        return frame
    columns = [c.name for c in TABLE[name].columns if c.kind == "money"]
    factor = rate.reindex(frame.index).fillna(1.0)
    log.whole("converted", "note", int(other.sum()), "currency", own=currency)
    return frame.assign(
        **{c: frame[c] * factor for c in columns}, currency=frame["currency"].mask(other, currency)
    )


def _rates(rows: pd.DataFrame, foreign: pd.Series, name: str, rates: pd.DataFrame) -> pd.Series:
    """Return for each row the rate of its currency in its month, else the latest, else nothing."""
    codes = rates["currency"].str.strip().str.upper()
    table = (
        rates.assign(currency=codes).sort_values("period").drop_duplicates(["currency", "period"])
    )
    latest = foreign.map(table.groupby("currency")["rate"].last())
    earned = EARNED[name]
    if earned is None:
        return latest
    dates = rows[earned]
    month = dates.dt.to_period("M").dt.to_timestamp().astype(table["period"].dtype)
    keys = pd.DataFrame({"currency": foreign, "period": month})
    found = keys.merge(table[["currency", "period", "rate"]], on=["currency", "period"], how="left")
    return found["rate"].set_axis(rows.index).where(dates.notna(), latest)
