"""Which months the data cover, which of them whole, and where revenue is read from."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from salesdiag.panel.spells import Ints, day_number, first_day, month_of
from salesdiag.schema import REVENUE
from salesdiag.settings import Settings

EDGE_DAYS = 3
"""An edge month needs a record within this many days of its outer end to count as complete."""

FAR: tuple[tuple[int, float], ...] = ((366, 0.10), (3653, 0.50))
"""Dates are far from the rest that more than so many days without any date part from it, and that
are a smaller share of all than this: a year and a tenth, ten years and a half."""

DATES = {
    "orders": "ordered_on",
    "opportunities": "closed_on",
    "activities": "done_on",
    "coaching": "held_on",
    "time_log": "week",
    "assignments": "start_on",
}


def revenue_source(tables: Mapping[str, pd.DataFrame], settings: Settings) -> str | None:
    """Return the table that revenue is read from: as set, else orders, else won deals."""
    wanted = (settings.revenue_source,) if settings.revenue_source else REVENUE
    return next((t for t in wanted if t in tables and len(tables[t])), None)


def observation_window(
    tables: Mapping[str, pd.DataFrame], settings: Settings
) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the first and the last day that the data speak of.

    ``data_from`` and ``data_to`` decide where they are set. Otherwise it is the range of revenue
    dates without those far from the rest (:func:`bulk`): before the first and after the last of
    them revenue is unknown, not 0, even where other tables reach further. Without revenue, the
    first of deals, activities, coaching, time log and assignments that has dates decides.

    Returns
    -------
    tuple of Timestamp
        Both NaT where nothing has a date.
    """
    first, last = bulk(_dates(tables, settings))
    if settings.data_from is not None:
        first = pd.Timestamp(settings.data_from)
    if settings.data_to is not None:
        last = pd.Timestamp(settings.data_to)
    return first, last


def _dates(tables: Mapping[str, pd.DataFrame], settings: Settings) -> pd.Series:
    source = revenue_source(tables, settings)
    for table in (source, *DATES) if source else DATES:
        rows = tables.get(table)
        if rows is None or DATES[table] not in rows:
            continue
        if table == "opportunities":
            rows = rows[
                rows["outcome"].eq("won") if table == source else rows["outcome"].ne("open")
            ]
        dates = rows[DATES[table]].dropna()
        if len(dates):
            return dates
    return pd.Series([], dtype="datetime64[us]")


def bulk(dates: pd.Series) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the first and the last of dates that lie together; one typing error moves neither.

    Dates are cut where many days pass without any. Groups of few at either end are far from the
    rest, as :data:`FAR` declares; what lies between others is never far.

    Parameters
    ----------
    dates : Series
        Missing ones do not count.

    Returns
    -------
    tuple of Timestamp
        Both NaT where there is no date.
    """
    dates = dates.dropna()
    if dates.empty:
        return pd.NaT, pd.NaT  # type: ignore[return-value]
    days = day_number(dates)
    count = np.bincount(days - days.min())
    held = np.flatnonzero(count)
    first, last = 0, len(held) - 1
    for gap, share in FAR:
        opens = np.append(0, np.flatnonzero(np.diff(held) > gap) + 1)
        rows = np.add.reduceat(count[held], opens)
        kept = np.flatnonzero((rows >= share * rows.sum()) | (rows == rows.max()))
        first = max(first, int(opens[kept[0]]))
        last = min(last, int(np.append(opens, len(held))[kept[-1] + 1]) - 1)
    ends = (held[[first, last]] + days.min()).astype("datetime64[D]")
    return pd.Timestamp(ends[0]), pd.Timestamp(ends[1])


def months(tables: Mapping[str, pd.DataFrame], settings: Settings) -> tuple[int, int]:
    """Return the first and last month of the window, in months since January 1970.

    The last lies before the first where nothing has a date.
    """
    first, last = observation_window(tables, settings)
    if pd.isna(first) or pd.isna(last):
        return 0, -1
    edges = month_of(day_number(pd.Series([first, last])))
    return int(edges[0]), int(edges[1])


def complete_months(tables: Mapping[str, pd.DataFrame], settings: Settings) -> Ints:
    """Return the months of the window that are whole, in months since January 1970.

    With ``data_from`` (``data_to``) the first (last) month must begin (end) within the data.
    Otherwise an edge month is whole when an order or a deal is recorded in its first (last) three
    days.
    """
    first, last = months(tables, settings)
    if last < first:
        return np.array([], dtype="int64")
    begin, end = day_number(pd.Series(list(observation_window(tables, settings))))
    opens, closes = (int(d) for d in first_day(np.array([first, last + 1])))
    records = _records(tables)
    if settings.data_from is not None:
        early = begin <= opens
    else:
        early = bool(((records >= opens) & (records < opens + EDGE_DAYS)).any())
    if settings.data_to is not None:
        late = end >= closes - 1
    else:
        late = bool(((records < closes) & (records >= closes - EDGE_DAYS)).any())
    return np.arange(first + (not early), last + 1 - (not late), dtype="int64")


def _records(tables: Mapping[str, pd.DataFrame]) -> Ints:
    columns = (
        ("orders", "ordered_on"),
        ("opportunities", "created_on"),
        ("opportunities", "closed_on"),
    )
    found = [
        day_number(tables[t][c].dropna()) for t, c in columns if t in tables and c in tables[t]
    ]
    return np.concatenate(found) if found else np.array([], dtype="int64")


def period_of(months: Ints, period: str, fiscal_year_start_month: int, first: int) -> Ints:
    """Return the first month of the period that each month belongs to.

    Parameters
    ----------
    months : array of int
        Months since January 1970.
    period : {"month", "quarter", "year", "all"}
        Quarters and years are fiscal.
    fiscal_year_start_month : int
        1 to 12.
    first : int
        The month that stands for ``"all"``.

    Raises
    ------
    ValueError
        Another period.
    """
    since = (months - (fiscal_year_start_month - 1)) % 12
    if period == "all":
        return np.full_like(months, first)
    steps = {"month": 1, "quarter": 3, "year": 12}
    if period not in steps:
        raise ValueError(f"period must be month, quarter, year or all, not {period!r}")
    return months - since % steps[period]
