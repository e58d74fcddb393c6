"""Whose result a sale is: the owner's, his team's and his manager's of that day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesdiag.panel import spells as sp
from salesdiag.panel.spells import Ints, day_number, locate, month_of, positions
from salesdiag.panel.window import complete_months, months, revenue_source
from salesdiag.settings import Settings

NO_DATE, OUTSIDE = "no_date", "outside_window"
UNKNOWN_TEAM, NO_ASSIGNMENT = "unknown_team", "no_assignment"
_STATUS = (NO_DATE, OUTSIDE, "rep", "manager", UNKNOWN_TEAM, NO_ASSIGNMENT)


@dataclass(frozen=True, kw_only=True)
class Roster:
    """Who was where, with the months in view.

    Attributes
    ----------
    reps : DataFrame
        Spells of reps: person_id, team_id, start, end; one team per person and day.
    managers : DataFrame
        Spells of managers; one person per team and day.
    managing : DataFrame
        Every spell in the role manager; a person may have several teams, a team several managers.
        ``share`` is one by the number of teams that the person manages then.
    strange : DataFrame
        Spells in teams that the ``teams`` table does not have.
    served : DataFrame
        Spells of rep_id, team_id and manager_id (missing when vacant).
    cells : DataFrame
        The same by month in view, with month, days and length (days of the month).
    first, last : int
        Months in view, since January 1970.
    complete : array of int
        Those that are whole.
    """

    reps: pd.DataFrame
    managers: pd.DataFrame
    managing: pd.DataFrame
    strange: pd.DataFrame
    served: pd.DataFrame
    cells: pd.DataFrame
    first: int
    last: int
    complete: Ints


def roster(tables: Mapping[str, pd.DataFrame], settings: Settings) -> Roster:
    """Return the assignments of a company, worked out."""
    first, last = months(tables, settings)
    reps, managers = sp.reps(tables), sp.managers(tables)
    managing = sp.cut(
        sp.union(sp.in_role(tables, "manager"), ["person_id", "team_id"]), ["person_id"]
    )
    teams = managing.groupby(["person_id", "_from"])["team_id"].transform("size")
    managing = managing.assign(start=managing["_from"], end=managing["_to"], share=1 / teams)
    strange = pd.concat([sp.in_role(tables, r, known=False) for r in ("rep", "manager")])
    bosses = sp.with_vacancies(managers, reps["team_id"]).rename(
        columns={"person_id": "manager_id"}
    )
    served = sp.intersect(reps.rename(columns={"person_id": "rep_id"}), bosses, "team_id")
    return Roster(
        reps=reps,
        managers=managers,
        managing=managing[["person_id", "team_id", "start", "end", "share"]],
        strange=sp.union(strange, ["person_id"]),
        served=served,
        cells=sp.by_month(served, first, last),
        first=first,
        last=last,
        complete=complete_months(tables, settings),
    )


def team_at(tables: Mapping[str, pd.DataFrame], people: pd.Series, dates: pd.Series) -> pd.Series:
    """Return the team in which each person is a rep on each date; missing where in none.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Canonical tables; ``people`` and ``assignments`` are used.
    people : Series
        person_id.
    dates : Series
        Of the same length. The end of an assignment is exclusive.
    """
    return sp.value_at(sp.reps(tables), "person_id", "team_id", people, day_number(dates))


def manager_at(tables: Mapping[str, pd.DataFrame], teams: pd.Series, dates: pd.Series) -> pd.Series:
    """Return who manages each team on each date; missing where the post is vacant.

    Where two have the role at once, it is the one who began last.
    """
    found = sp.value_at(sp.managers(tables), "team_id", "person_id", teams, day_number(dates))
    return found.rename("manager_id")


def place(rows: pd.DataFrame, who: Roster) -> pd.DataFrame:
    """Say whose result dated rows are.

    Parameters
    ----------
    rows : DataFrame
        With ``person_id`` and ``day`` (days since 1970).
    who : Roster

    Returns
    -------
    DataFrame
        The rows with ``month``, ``team_id`` and ``manager_id`` of the person as a rep that day,
        ``manages`` (has the role manager of any team that day) and ``status``: ``rep``,
        ``manager`` (manages and is not a rep) or the cause for which the row counts nowhere.
    """
    person, day = rows["person_id"], rows["day"].to_numpy()
    dated = np.abs(day) < sp.FOREVER
    month = month_of(np.where(dated, day, 0))
    team = sp.value_at(who.reps, "person_id", "team_id", person, day)
    boss = sp.value_at(who.managers, "team_id", "person_id", team, day)
    any_team = sp.union(who.managing, ["person_id"])
    manages = locate(any_team, "person_id", person, day) >= 0
    strange = locate(who.strange, "person_id", person, day) >= 0
    status = np.select(
        [
            ~dated,
            (month < who.first) | (month > who.last),
            team.notna().to_numpy(),
            manages,
            strange,
        ],
        range(len(_STATUS) - 1),
        default=len(_STATUS) - 1,
    )
    said = pd.array(_STATUS, dtype="str").take(status)
    return rows.assign(month=month, team_id=team, manager_id=boss, manages=manages, status=said)


def own_teams(placed: pd.DataFrame, who: Roster) -> pd.DataFrame:
    """Return what managers did themselves, one row per team managed that day.

    What a manager of several teams did is shared out equally among them (``share``).

    Parameters
    ----------
    placed : DataFrame
        From :func:`place`.
    who : Roster

    Returns
    -------
    DataFrame
        The manager's rows with ``team_id`` and ``manager_id`` of the teams that he manages, and
        ``share``.
    """
    own = placed[placed["manages"] & placed["status"].isin(["rep", "manager"])]
    own = own.drop(columns=["team_id", "manager_id"])
    both = own.merge(who.managing, on="person_id")
    both = both[(both["start"] <= both["day"]) & (both["day"] < both["end"])]
    both = both.assign(manager_id=both["person_id"])
    return both.drop(columns=["start", "end"]).reset_index(drop=True)


def revenue_lines(tables: Mapping[str, pd.DataFrame], settings: Settings) -> pd.DataFrame:
    """Return revenue, one row per order or won deal.

    Returns
    -------
    DataFrame
        ``id``, ``person_id`` (who is credited), ``account_id``, ``day``, ``amount``,
        ``list_amount``, ``part`` (below 1 where a sale is shared); empty where there is no revenue.
    """
    source = revenue_source(tables, settings)
    if source == "orders":
        rows, key, date = tables["orders"], "order_id", "ordered_on"
    elif source == "opportunities":
        rows, key, date = won(tables["opportunities"]), "opportunity_id", "closed_on"
    else:
        return _lines(tables, pd.DataFrame(), "id", "closed_on")
    return _lines(tables, rows, key, date)


def won(deals: pd.DataFrame) -> pd.DataFrame:
    """Return the deals that were won."""
    return deals[deals["outcome"].eq("won")]


def closed_deals(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return won and lost deals by closing day: revenue line columns, ``won`` and ``created``.

    ``created`` is the day of ``created_on``. Open deals are left out, whatever date they carry.
    """
    deals = tables.get("opportunities", pd.DataFrame({"outcome": []}))
    deals = deals[deals["outcome"].isin(["won", "lost"])]
    created = column(deals, "created_on", "datetime64[us]")
    return _lines(
        tables,
        deals,
        "opportunity_id",
        "closed_on",
        won=deals["outcome"].eq("won").to_numpy(),
        created=day_number(created),
    )


def shared(rows: pd.DataFrame, tables: Mapping[str, pd.DataFrame], key: str) -> pd.DataFrame:
    """Credit rows to those who share them, as the table ``splits`` says; others to their owner.

    Parameters
    ----------
    rows : DataFrame
        With ``id``, ``person_id`` and ``amount``; one row per sale or deal.
    tables : mapping of str to DataFrame
    key : {"order_id", "opportunity_id"}
        Column of ``splits`` in which the ids stand.

    Returns
    -------
    DataFrame
        One row per sale and person with ``part``, the person's share (1 where not shared), by
        which amounts are multiplied.
    """
    splits = tables.get("splits", pd.DataFrame({key: []}))
    splits = splits.dropna(subset=[key]) if key in splits else splits.iloc[:0]
    if not len(splits):
        return rows.assign(part=1.0)
    whole = positions(rows["id"], pd.Index(splits[key].unique())) < 0
    of = splits[[key, "person_id", "share"]].set_axis(["id", "person_id", "part"], axis=1)
    parts = rows[~whole].drop(columns="person_id").merge(of, on="id")
    money = [c for c in ("amount", "list_amount") if c in parts]
    parts[money] = parts[money].mul(parts["part"], axis=0)
    return pd.concat([rows[whole].assign(part=1.0), parts], ignore_index=True)


def _lines(
    tables: Mapping[str, pd.DataFrame], rows: pd.DataFrame, key: str, date: str, **more: object
) -> pd.DataFrame:
    lines = pd.DataFrame(
        {
            "id": column(rows, key, "str").array,
            "person_id": column(rows, "owner_id", "str").array,
            "account_id": column(rows, "account_id", "str").array,
            "day": day_number(column(rows, date, "datetime64[us]")),
            "amount": column(rows, "amount", "float64").to_numpy(),
            "list_amount": column(rows, "list_amount", "float64").to_numpy(),
            **more,
        }
    ).astype({"id": "str", "person_id": "str", "account_id": "str"})
    return shared(lines, tables, key)


def column(rows: pd.DataFrame, name: str, dtype: str) -> pd.Series:
    """Return a column, or as many missing values where the frame does not have it."""
    if name in rows:
        return rows[name]
    return pd.Series(index=rows.index, dtype=dtype)


def events(rows: pd.DataFrame, owner: str, date: str) -> pd.DataFrame:
    """Return the person and day of dated rows."""
    return pd.DataFrame({"person_id": rows[owner].astype("str"), "day": day_number(rows[date])})


def monthly_quotas(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return targets by rep_id and month (full months), one row each.

    A quarter's target is spread equally over its three months, counted from its first. Where a
    person has both kinds for a month, the month's own target holds. A target of 0 is none: what is
    sold without a target counts neither above nor below the line of attainment.
    """
    quotas = tables.get("quotas")
    if quotas is None:
        return pd.DataFrame({"rep_id": [], "month": [], "target": []}).astype(
            {"rep_id": "str", "month": "int64", "target": "float64"}
        )
    quotas = quotas.dropna(subset=["period", "amount"])
    rows = pd.DataFrame(
        {
            "rep_id": quotas["owner_id"].to_numpy(),
            "month": month_of(day_number(quotas["period"])),
            "target": quotas["amount"].to_numpy(),
            "quarter": quotas["period_kind"].eq("quarter").to_numpy(),
        }
    ).astype({"rep_id": "str"})
    thirds = rows[rows["quarter"]].assign(target=rows["target"] / 3)
    rows = pd.concat(
        [rows[~rows["quarter"]], *(thirds.assign(month=thirds["month"] + k) for k in range(3))]
    )
    rows = rows.sort_values("quarter", kind="stable").drop_duplicates(["rep_id", "month"])
    return rows[rows["target"] > 0].drop(columns="quarter").reset_index(drop=True)
