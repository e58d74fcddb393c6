"""Clients: whose they are when, and which of them bought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from salesdiag.panel import spells as sp
from salesdiag.panel.credit import Roster, column
from salesdiag.panel.spells import FOREVER, Ints, day_number, locate, month_of, positions


def ownership(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return whose each client was: account_id, person_id, start, end, one owner on a day.

    ``account_owners`` says so; for clients that it does not have, ``accounts.owner_id`` holds from
    ``acquired_on`` until ``lost_on``, which bound the spells of the others as well.
    """
    empty = pd.DataFrame({"account_id": [], "person_id": []}).astype("str")
    accounts = tables.get("accounts", empty)
    owners = tables.get("account_owners", empty)
    dated = pd.DataFrame(
        {
            "account_id": owners["account_id"],
            "person_id": column(owners, "owner_id", "str"),
            "start": day_number(column(owners, "start_on", "datetime64[us]")),
            "end": _until(column(owners, "end_on", "datetime64[us]")),
        }
    )
    rest = accounts[positions(accounts["account_id"], pd.Index(dated["account_id"])) < 0]
    always = pd.DataFrame(
        {"account_id": rest["account_id"], "person_id": column(rest, "owner_id", "str")}
    ).assign(start=-FOREVER, end=FOREVER)
    spells = pd.concat([dated, always], ignore_index=True).astype(
        {"account_id": "str", "person_id": "str", "start": "int64", "end": "int64"}
    )
    life = pd.DataFrame(
        {
            "account_id": accounts["account_id"].astype("str"),
            "from": day_number(column(accounts, "acquired_on", "datetime64[us]")),
            "to": _until(column(accounts, "lost_on", "datetime64[us]")),
        }
    ).drop_duplicates("account_id")
    spells = spells.dropna(subset=["person_id"]).merge(life, on="account_id", how="left")
    spells["start"] = spells[["start", "from"]].max(axis=1).clip(lower=-FOREVER).astype("int64")
    spells["end"] = spells[["end", "to"]].min(axis=1).astype("int64")
    spells = spells.loc[
        spells["start"] < spells["end"], ["account_id", "person_id", "start", "end"]
    ]
    return sp.disjoint(spells, ["account_id"], ["start", "person_id"])


def _until(dates: pd.Series) -> Ints:
    return np.where(dates.isna(), FOREVER, day_number(dates)).astype("int64")


def assigned(tables: Mapping[str, pd.DataFrame], who: Roster) -> pd.DataFrame:
    """Return clients as they were assigned to reps.

    Returns
    -------
    DataFrame
        ``account_id``, ``rep_id``, ``team_id``, ``manager_id`` (missing when vacant), ``start``,
        ``end``, within the months in view.
    """
    owned = ownership(tables).rename(columns={"person_id": "rep_id"})
    found = sp.intersect(owned, who.served, "rep_id")
    opens, closes = (int(d) for d in sp.first_day(np.array([who.first, who.last + 1])))
    found = found.assign(
        start=found["start"].clip(lower=opens), end=found["end"].clip(upper=closes)
    )
    return found[found["start"] < found["end"]].reset_index(drop=True)


def buying(owned: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Return sales to assigned clients, whoever is credited: account, rep, team, manager, month.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    owned : DataFrame
        From :func:`assigned`.
    lines : DataFrame
        Revenue lines.
    """
    position = locate(owned, "account_id", lines["account_id"], lines["day"].to_numpy())
    held = owned.iloc[position[position >= 0]].reset_index(drop=True)
    return held.assign(month=month_of(lines["day"].to_numpy()[position >= 0]))


def count_assigned(owned: pd.DataFrame, by: Sequence[str], period: Ints, stop: Ints) -> pd.Series:
    """Count distinct clients by unit and period without listing them period by period.

    Parameters
    ----------
    owned : DataFrame
        With ``account_id`` and the columns of ``by``.
    by : sequence of str
        Columns of the unit.
    period, stop : array of int
        First and last period (running number) that each row touches.

    Returns
    -------
    Series
        Counts by unit and period, in every period between the first and the last change.
    """
    keys = list(by)
    runs = owned[["account_id", *keys]].assign(start=period, end=stop + 1).dropna(subset=keys)
    runs = sp.union(runs, ["account_id", *keys])
    steps = pd.concat(
        [
            runs[keys].assign(period=runs["start"], step=1),
            runs[keys].assign(period=runs["end"], step=-1),
        ]
    )
    change = steps.groupby([*keys, "period"])["step"].sum().reset_index()
    change["accounts"] = change.groupby(keys)["step"].cumsum()
    change["until"] = change.groupby(keys)["period"].shift(-1)
    change = change.dropna(subset=["until"]).reset_index(drop=True)
    length = (change["until"] - change["period"]).astype("int64").to_numpy()
    rows = change.loc[change.index.repeat(length)].reset_index(drop=True)
    offset = np.arange(len(rows)) - np.repeat(np.cumsum(length) - length, length)
    rows["period"] = rows["period"] + offset
    return rows.set_index([*keys, "period"])["accounts"].astype("float64")


def count_active(sold: pd.DataFrame, by: Sequence[str], period: Ints) -> pd.Series:
    """Count distinct clients with a sale by unit and period."""
    keys = list(by)
    rows = sold[["account_id", *keys]].assign(period=period).dropna(subset=keys).drop_duplicates()
    return rows.groupby([*keys, "period"]).size().astype("float64")
