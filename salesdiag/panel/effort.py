"""What managers put in: coaching contacts and hours by category, with the unknown kept unknown."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from salesdiag.panel.absences import mostly_away
from salesdiag.panel.credit import Roster, column
from salesdiag.panel.spells import by_month, day_number, intersect, month_of

CATEGORIES = ("coaching", "own_selling", "admin", "internal_meetings", "strategy", "other")
HOURS = tuple(f"manager_hours_{c}" for c in CATEGORIES)
_TRUST, _UNSAID = {"self": 0, "calendar": 1, "reports": 3}, 2


def contacts(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return coaching contacts with the hours that each rep had of them.

    Minutes repeated for several reps with the same manager, day and kind are one group session and
    are shared out among those who took part. A one-on-one is never a group session.

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
    sessions = found.assign(minutes=minutes).groupby(
        ["manager_id", "day", "kind", "minutes"], dropna=False
    )
    took_part = sessions["rep_id"].transform("nunique").where(found["kind"].ne("one_on_one"), 1)
    return found.assign(hours=minutes / 60 / took_part)


def coaching_by_rep(tables: Mapping[str, pd.DataFrame], panel: pd.DataFrame) -> pd.DataFrame:
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
    held = contacts(tables)
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
    calendar's, then one of unknown source, then what reports say. Weeks are split over months, and
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


def _weeks(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return recorded weeks as spells, hours by category in columns."""
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
    best = rows.groupby(["person_id", "start"])["trust"].transform("min")
    rows = rows[rows["trust"].eq(best)]
    wide = rows.pivot_table(
        index=["person_id", "start"], columns="category", values="hours", aggfunc="sum"
    )
    wide = wide.reindex(columns=list(HOURS)).fillna(0).reset_index()
    return wide.assign(end=wide["start"] + 7)
