"""What managers put in: coaching contacts and hours by category, with the unknown kept unknown."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from salesdiag.panel.absences import mostly_away
from salesdiag.panel.credit import Roster, column
from salesdiag.panel.spells import by_month, day_number, intersect, month_of
from salesdiag.settings import Settings

CATEGORIES = ("coaching", "own_selling", "admin", "internal_meetings", "strategy", "other")
HOURS = tuple(f"manager_hours_{c}" for c in CATEGORIES)
_TRUST, _UNSAID = {"self": 0, "calendar": 1, "reports": 3}, 2


MOST_HOURS = 100.0
"""Hours that one source may give a person's week; a week has 168. Weeks of more are not used."""


def contacts(tables: Mapping[str, pd.DataFrame], settings: Settings) -> pd.DataFrame:
    """Return coaching contacts with the hours that each rep had of them.

    The minutes of a group session are shared out among those who took part. A group session is
    what has one ``session_id``; without an id, what is of a kind that is held with groups
    (``settings.coaching.group_kinds``) and repeats manager, day, kind and minutes for several reps.

    Returns
    -------
    DataFrame
        ``manager_id``, ``rep_id``, ``day``, ``month``, ``kind``, ``hours`` (NaN: held, length
        unknown).
    """
    rows = tables["coaching"]
    day = day_number(rows["held_on"])
    found = (
        rows[["manager_id", "rep_id", "kind"]].astype("str").assign(day=day, month=month_of(day))
    )
    minutes = rows["minutes"]
    took_part = alike(rows).where(found["kind"].isin(settings.coaching.group_kinds), 1)
    session = column(rows, "session_id", "str")
    if session.notna().any():
        said = found.groupby(["manager_id", session.rename("session")])["rep_id"]
        took_part = said.transform("nunique").where(session.notna(), took_part)
    return found.assign(hours=minutes / 60 / took_part)


def alike(rows: pd.DataFrame) -> pd.Series:
    """Return with how many reps each contact repeats manager, day, kind and minutes, itself too."""
    same = ["manager_id", "held_on", "kind", "minutes"]
    return rows.groupby(same, dropna=False)["rep_id"].transform("nunique")


def coaching_by_rep(
    tables: Mapping[str, pd.DataFrame], settings: Settings, panel: pd.DataFrame
) -> pd.DataFrame:
    """Return coaching_hours and one_on_ones for rows of rep_id, manager_id and month.

    Both are NaN where the manager logged no contact with anyone in the month, unless he was away
    (:func:`~salesdiag.panel.absences.mostly_away`): then he gave nothing. The hours are NaN also
    where a contact's minutes are empty. Otherwise no contact is 0.

    Returns
    -------
    DataFrame
        Indexed like ``panel``.
    """
    nothing = pd.DataFrame(np.nan, index=panel.index, columns=["coaching_hours", "one_on_ones"])
    if "coaching" not in tables:
        return nothing
    held = contacts(tables, settings)
    sums = held.assign(
        coaching_hours=held["hours"].fillna(0),
        one_on_ones=held["kind"].eq("one_on_one").astype("float64"),
        unknown=held["hours"].isna(),
    )
    sums = sums.groupby(["rep_id", "month"])[["coaching_hours", "one_on_ones", "unknown"]].sum()
    keys = pd.MultiIndex.from_frame(panel[["rep_id", "month"]])
    found = sums.reindex(keys, fill_value=0).set_axis(panel.index).astype("float64")
    logged = pd.MultiIndex.from_frame(held[["manager_id", "month"]]).unique()
    bosses = pd.MultiIndex.from_frame(panel[["manager_id", "month"]])
    known = bosses.isin(logged) | bosses.isin(mostly_away(tables))
    found.loc[found["unknown"] > 0, "coaching_hours"] = np.nan
    found.loc[~known] = np.nan
    return found[["coaching_hours", "one_on_ones"]]


def manager_hours(tables: Mapping[str, pd.DataFrame], who: Roster) -> pd.DataFrame:
    """Return hours of managers by team, month and category.

    Of several records of a person's week that of the person's own (``self``) is taken, then the
    calendar's, then one of unknown source, then what reports say; one that gives the week more
    hours than :data:`MOST_HOURS` is not used. Weeks are split over months, and
    over the days in the role, by days; a category not recorded in a recorded week is 0. Hours of a
    manager of several teams are shared out equally among them.

    Returns
    -------
    DataFrame
        ``team_id``, ``manager_id``, ``month`` and the columns :data:`HOURS`; months without any
        record are absent.
    """
    spent = by_month(intersect(_weeks(tables), who.managing, "person_id"), who.first, who.last)
    portion = spent["share"] * spent["days"] / 7
    spent[list(HOURS)] = spent[list(HOURS)].mul(portion, axis=0)
    spent = spent.rename(columns={"person_id": "manager_id"})
    return spent.groupby(["team_id", "manager_id", "month"], as_index=False)[list(HOURS)].sum()


def time_logs(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the time log, one row a record: whose, which week, what, how long, how trusted.

    Returns
    -------
    DataFrame
        Indexed like the table: ``person_id``, ``start`` (day), ``category`` (a column of
        :data:`HOURS`), ``hours``, ``trust`` (0 is trusted most) and ``in_week``, all hours that the
        source gives the person's week.
    """
    log = tables.get("time_log", pd.DataFrame({c: [] for c in ("person_id", "category", "hours")}))
    rows = pd.DataFrame(
        {
            "person_id": log["person_id"].astype("str"),
            "start": day_number(column(log, "week", "datetime64[us]")),
            "category": "manager_hours_" + log["category"].astype("str"),
            "hours": log["hours"].astype("float64"),
            "trust": column(log, "source", "str").map(_TRUST).fillna(_UNSAID).astype("int64"),
        }
    ).dropna(subset=["hours"])
    weeks = rows.groupby(["person_id", "start", "trust"])["hours"]
    return rows.assign(in_week=weeks.transform("sum"))


def _weeks(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return recorded weeks that can be, as spells, hours by category in columns."""
    rows = time_logs(tables)
    rows = rows[rows["in_week"] <= MOST_HOURS]
    best = rows.groupby(["person_id", "start"])["trust"].transform("min")
    rows = rows[rows["trust"].eq(best)]
    wide = rows.pivot_table(
        index=["person_id", "start"], columns="category", values="hours", aggfunc="sum"
    )
    wide = wide.reindex(columns=list(HOURS)).fillna(0).reset_index()
    return wide.assign(end=wide["start"] + 7)
