"""What counts in no result, by cause."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from salesdiag.panel.credit import (
    NO_ASSIGNMENT,
    OUTSIDE,
    UNKNOWN_TEAM,
    Roster,
    column,
    events,
    monthly_quotas,
    place,
)
from salesdiag.panel.effort import MOST_HOURS, time_logs
from salesdiag.panel.records import Records
from salesdiag.panel.spells import day_number
from salesdiag.panel.window import revenue_source
from salesdiag.schema import ROWS
from salesdiag.settings import Settings

NO_AMOUNT, IN_MANAGER_ROLE = "no_amount", "in_manager_role"
IMPOSSIBLE_WEEK = "impossible_week"
INCOMPLETE, NO_QUOTA_MONTH = "incomplete_month", "not_rep_in_month"


def dropped(
    tables: Mapping[str, pd.DataFrame], settings: Settings, records: Records | None = None
) -> pd.DataFrame:
    """Return what counts in no result, by cause.

    For revenue, ``amount`` reconciles exactly: all revenue is that of rep-months, plus what
    managers who are not reps that day sold themselves, plus what is dropped here.

    Parameters
    ----------
    tables, settings, records
        As for :func:`salesdiag.panel.rep_months`.

    Returns
    -------
    DataFrame
        ``table``, ``cause``, ``rows``, ``amount`` (revenue; NaN for other tables). Causes:
        ``no_date``, ``no_amount`` (missing in every sum), ``outside_window``, ``impossible_week``
        (hours of weeks that give a person more than can be worked), ``unknown_team``,
        ``no_assignment``, ``in_manager_role`` (activities and contacts of someone who is not a rep
        that day), ``not_rep_in_month`` (quotas), ``incomplete_month`` (rep-months that are in the
        panel, and left out of estimates).
    """
    seen = records or Records(tables=tables, settings=settings)
    source = revenue_source(tables, settings)
    found = []
    if source is not None:
        lines = seen.lines
        found.append(_count(lines, source, lines["status"], lines["amount"]))
        empty = lines[lines["amount"].isna()]
        found.append(
            _count(empty, source, pd.Series(NO_AMOUNT, index=empty.index), empty["amount"])
        )
    if source != "opportunities":
        found.append(_count(seen.deals, "opportunities", seen.deals["status"]))
    for table in ("activities", "coaching"):
        if table in tables:
            rows = seen.meetings if table == "activities" else _contacts(seen)
            status = rows["status"].replace("manager", IN_MANAGER_ROLE)
            each = column(tables[table], ROWS, "float64").fillna(1)
            found.append(_count(rows, table, status, each=each))
    if "time_log" in tables:
        logs = time_logs(tables)
        weeks = logs.loc[logs["in_week"] > MOST_HOURS, "hours"]
        cause = pd.Series(IMPOSSIBLE_WEEK, index=weeks.index, dtype="str")
        found.append(_count(weeks.to_frame(), "time_log", cause))
    return pd.concat([*found, _months_dropped(tables, seen.who)], ignore_index=True)


def lost_sales(
    tables: Mapping[str, pd.DataFrame], settings: Settings, records: Records | None = None
) -> pd.DataFrame:
    """Return sales with an amount that stand in no result though nobody declared it.

    What lies before ``data_from`` or after ``data_to`` is left out as declared and is not lost.

    Returns
    -------
    DataFrame
        Revenue lines, see :func:`salesdiag.panel.credit.place`, whose owner is in no team that day
        or whose date is far from all others.
    """
    lines = (records or Records(tables=tables, settings=settings)).lines
    ends = (settings.data_from or "1900-01-01", settings.data_to or "2200-01-01")
    begin, end = day_number(pd.Series(pd.to_datetime(list(ends))))
    far = lines["status"].eq(OUTSIDE) & lines["day"].between(begin, end)
    nowhere = lines["status"].isin([NO_ASSIGNMENT, UNKNOWN_TEAM])
    return lines[(far | nowhere) & lines["amount"].notna()]


def _contacts(seen: Records) -> pd.DataFrame:
    return place(events(seen.tables["coaching"], "rep_id", "held_on"), seen.who)


def _count(
    rows: pd.DataFrame,
    table: str,
    status: pd.Series,
    amount: pd.Series | None = None,
    each: pd.Series | None = None,
) -> pd.DataFrame:
    left_out = ~status.isin(["rep", "manager"])
    values = pd.Series(np.nan, index=rows.index) if amount is None else amount
    grouped = values[left_out].groupby(status[left_out])
    total = grouped.sum(min_count=1) if amount is None else grouped.sum()
    number = grouped.size()
    if each is not None:
        number = each[left_out].groupby(status[left_out]).sum().astype("int64")
    return pd.DataFrame(
        {"table": table, "cause": total.index, "rows": number, "amount": total}
    ).reset_index(drop=True)


def _months_dropped(tables: Mapping[str, pd.DataFrame], who: Roster) -> pd.DataFrame:
    present = who.cells[["rep_id", "month"]].drop_duplicates()
    partial = int((~present["month"].isin(who.complete)).sum())
    found = [("rep_months", INCOMPLETE, partial)]
    if "quotas" in tables:
        targets = monthly_quotas(tables)
        inside = targets["month"].between(who.first, who.last)
        kept = targets.merge(present, on=["rep_id", "month"]).shape[0]
        found += [
            ("quotas", OUTSIDE, int((~inside).sum())),
            ("quotas", NO_QUOTA_MONTH, int(inside.sum()) - kept),
        ]
    rows = pd.DataFrame(found, columns=["table", "cause", "rows"]).assign(amount=np.nan)
    return rows[rows["rows"] > 0]
