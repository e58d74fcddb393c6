"""When people were away, by month, and months in which a manager's silence is not explained."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from salesdiag.panel.spells import FOREVER, by_month, day_number, managers, month_of, union

PARTLY, MOSTLY = 0.25, 0.75
"""Shares of a month's days: who was away for the larger one gave nobody anything in that month;
with the smaller one an absence has begun."""


def away(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the share of each month's days for which a person was away.

    Days of absences that overlap count once; those before 1970 do not count.

    Returns
    -------
    DataFrame
        ``person_id``, ``month`` (since January 1970), ``share`` (0..1); months without any absence
        are left out.
    """
    nothing = pd.DataFrame({c: [] for c in ("person_id", "start_on", "end_on")})
    rows = tables.get("absences", nothing)
    told = pd.DataFrame(
        {
            "person_id": rows["person_id"].astype("str"),
            "start": day_number(pd.to_datetime(rows["start_on"])),
            "end": day_number(pd.to_datetime(rows["end_on"])),
        }
    )
    told = union(told[told["start"] < told["end"]], ["person_id"])
    days = by_month(told, 0, int(month_of(np.array(FOREVER))))
    share = (days["days"] / days["length"]).groupby([days["person_id"], days["month"]]).sum()
    return share.rename("share").reset_index()


def mostly_away(tables: Mapping[str, pd.DataFrame]) -> pd.MultiIndex:
    """Return the pairs of person and month in which the person was hardly there."""
    found = away(tables)
    return pd.MultiIndex.from_frame(found.loc[found["share"] >= MOSTLY, ["person_id", "month"]])


def absence_spells(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return absences that took most of a month at least, by whole months.

    Returns
    -------
    DataFrame
        ``person_id``, ``first``, ``last`` (months since January 1970): the months in a row in which
        the person was away for a quarter or more, where in one of them for three quarters.
    """
    found = away(tables)
    found = found[found["share"] >= PARTLY].sort_values(["person_id", "month"])
    follows = found["person_id"].eq(found["person_id"].shift())
    follows &= found["month"].eq(found["month"].shift() + 1)
    runs = found.groupby((~follows).cumsum()).agg(
        person_id=("person_id", "first"),
        first=("month", "min"),
        last=("month", "max"),
        share=("share", "max"),
    )
    return runs.loc[runs["share"] >= MOSTLY, ["person_id", "first", "last"]].reset_index(drop=True)


def silent_months(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return months in which a manager logged no contact with anyone, and nobody says why.

    Only months between the first and the last contact that the manager logged, which he spent in
    the role from the first day to the last, and which no absence explains.

    Returns
    -------
    DataFrame
        ``manager_id``, ``month`` (since January 1970), in this order.
    """
    nothing = pd.DataFrame({"manager_id": [], "month": []})
    if "coaching" not in tables or not len(tables["coaching"]):
        return nothing.astype({"manager_id": "str", "month": "int64"})
    held = tables["coaching"][["manager_id", "held_on"]].dropna()
    month = pd.Series(month_of(day_number(held["held_on"])), index=held.index)
    months = month.groupby(held["manager_id"].astype("str")).agg(["min", "max"])
    led = by_month(
        union(managers(tables), ["person_id"]), int(months["min"].min()), int(months["max"].max())
    )
    led = led[led["days"] == led["length"]].rename(columns={"person_id": "manager_id"})
    edges = months.reindex(led["manager_id"]).to_numpy(dtype=float)
    inside = (led["month"] > edges[:, 0]) & (led["month"] < edges[:, 1])
    pairs = pd.MultiIndex.from_frame(led[["manager_id", "month"]])
    logged = pd.MultiIndex.from_arrays([held["manager_id"].astype("str"), month])
    unexplained = inside & ~pairs.isin(logged) & ~pairs.isin(mostly_away(tables))
    found = led.loc[np.asarray(unexplained), ["manager_id", "month"]]
    return found.sort_values(["manager_id", "month"], ignore_index=True)
