"""The two panels: one row per rep and month, one row per team and month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from salesdiag.panel.accounts import count_active, count_assigned
from salesdiag.panel.credit import Roster, column, monthly_quotas, own_teams
from salesdiag.panel.effort import HOURS, coaching_by_rep, manager_hours
from salesdiag.panel.records import Records
from salesdiag.panel.spells import by_month, dated, day_number, first_day, month_of
from salesdiag.panel.window import bulk, revenue_source
from salesdiag.settings import Settings

REP_MONTH = (
    "rep_id", "month", "team_id", "manager_id", "group_id", "month_index", "days_present",
    "tenure_months", "revenue", "wins", "losses", "won_amount", "discovery_meetings",
    "proposal_meetings", "coaching_hours", "one_on_ones", "accounts_assigned", "accounts_active",
    "active_share", "quota", "complete", "revenue_next", "region", "segment",
)  # fmt: skip
TEAM_MONTH = (
    "team_id", "month", "month_index", "group_id", "manager_id", "reps", "revenue", "wins",
    "losses", "quota", "coaching_hours", "manager_revenue", "manager_deals",
    "manager_deals_quarter", "revenue_of_managers", *HOURS, "accounts_assigned",
    "accounts_active", "complete", "region", "segment",
)  # fmt: skip
PLACES = ("region", "segment")
QUARTER = 3


def rep_months(
    tables: Mapping[str, pd.DataFrame], settings: Settings, records: Records | None = None
) -> pd.DataFrame:
    """Return one row per rep and calendar month with at least one day in the role rep.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Canonical tables. All but ``people`` and ``assignments`` may be missing; what would come
        from a missing one is NaN.
    settings : Settings
    records : Records, optional
        Those of the same tables, where they have been worked out already.

    Returns
    -------
    DataFrame
        Sorted by rep and month, with

        * ``rep_id``; ``month``, its first day; ``month_index``, 0 for the first month in view
        * ``team_id``, where the rep spent most days; ``manager_id``, who was his manager there most
          days (missing when the post was vacant); ``group_id``, teams that shared a manager
        * ``days_present``, share of the month's days in the role rep; ``tenure_months``, whole
          months since hiring (else first assignment) at the start of the month, 0 before
        * ``revenue``, ``won_amount``, money, missing where no row has an amount; ``wins``,
          ``losses``, deals by closing day: all that is credited to the person on days as a rep,
          whichever team it was for
        * ``discovery_meetings``, ``proposal_meetings``, counts; ``coaching_hours`` and
          ``one_on_ones`` received, NaN where unknown
        * ``accounts_assigned``, clients that were his on any day of the month;
          ``accounts_active``, those of them that bought then; ``active_share``, their ratio
        * ``quota``, money: the month's target times ``days_present``
        * ``complete``, whether the data cover the whole month
        * ``revenue_next``, the rep's revenue of the next month; NaN where he is not there then or
          that month is not complete
        * ``region``, ``segment`` of the team, missing where ``teams`` does not say
    """
    seen = records or Records(tables=tables, settings=settings)
    who = seen.who
    panel = _homes(who.cells)
    keys = ["rep_id", "month"]
    for name, sums in _sums(seen, {"rep_id": "person_id", "month": "month"}).items():
        panel[name] = _filled(panel, keys, sums)
    panel[["coaching_hours", "one_on_ones"]] = coaching_by_rep(tables, settings, panel)
    panel = _with_accounts(panel, seen, ["rep_id"])
    panel["active_share"] = panel["accounts_active"] / panel["accounts_assigned"].where(
        panel["accounts_assigned"] > 0
    )
    panel["quota"] = _lookup(panel, keys, quota_cells(tables, who).groupby(keys)["quota"].sum())
    panel["group_id"] = panel["team_id"].map(_groups(who))
    panel["tenure_months"] = _tenure(panel, tables)
    panel["complete"] = panel["month"].isin(who.complete)
    whole = panel.loc[panel["complete"], [*keys, "revenue"]]
    following = whole.assign(month=whole["month"] - 1).set_index(keys)["revenue"]
    panel["revenue_next"] = _lookup(panel, keys, following)
    return _finished(_with_places(panel, tables), who, REP_MONTH)


def team_months(
    panel: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    settings: Settings,
    records: Records | None = None,
) -> pd.DataFrame:
    """Return one row per team and calendar month with a rep or a manager in it.

    Parameters
    ----------
    panel : DataFrame
        From :func:`rep_months`.
    tables, settings, records
        As there.

    Returns
    -------
    DataFrame
        Sorted by team and month, with

        * ``team_id``, ``month``, ``month_index``, ``group_id``, ``complete`` as in
          :func:`rep_months`; ``manager_id``, who had the role most days
        * ``reps``, headcount weighted by days
        * ``revenue``, ``wins``, ``losses``, ``quota`` of days as a rep of this team: what a rep who
          moved sold belongs to the team of the day, his target is split by days
        * ``coaching_hours``, mean over the reps with known hours
        * ``manager_revenue``, ``manager_deals``: what its managers sold themselves (won deals, or
          orders where there are no deals), never part of ``revenue``; NaN without a manager and in
          months before or after any record. ``manager_deals_quarter`` counts three months, ending
          with this one; NaN before the third
        * ``revenue_of_managers``, the part of ``revenue`` that people sold who managed another
          team that day: there it is ``manager_revenue``, so it is taken out where teams are added
        * ``manager_hours_*``, NaN where nothing was logged in the month
        * ``accounts_assigned``, ``accounts_active``, distinct clients of its reps
        * ``region``, ``segment`` of the team
    """
    seen = records or Records(tables=tables, settings=settings)
    who = seen.who
    keys = ["team_id", "month"]
    led = by_month(who.managers.rename(columns={"person_id": "manager_id"}), who.first, who.last)
    days = who.cells.assign(reps=who.cells["days"] / who.cells["length"])
    teams = (
        pd.concat([days[keys], led[keys]]).drop_duplicates().sort_values(keys, ignore_index=True)
    )
    teams["manager_id"] = _lookup(teams, keys, _most_days(led, keys, "manager_id"))
    teams["reps"] = _lookup(teams, keys, days.groupby(keys)["reps"].sum()).fillna(0)
    sums = _sums(seen, {"team_id": "team_id", "month": "month"})
    for name in ("revenue", "wins", "losses"):
        teams[name] = _filled(teams, keys, sums[name])
    teams["quota"] = _lookup(teams, keys, quota_cells(tables, who).groupby(keys)["quota"].sum())
    hours = panel.assign(month=month_of(day_number(panel["month"])))
    teams["coaching_hours"] = _lookup(teams, keys, hours.groupby(keys)["coaching_hours"].mean())
    teams = _with_own_selling(teams, seen)
    logged = manager_hours(tables, who).groupby(keys)[list(HOURS)].sum()
    for name in HOURS:
        teams[name] = _lookup(teams, keys, logged[name])
    teams = _with_accounts(teams, seen, ["team_id"])
    teams["group_id"] = teams["team_id"].map(_groups(who))
    teams["complete"] = teams["month"].isin(who.complete)
    return _finished(_with_places(teams, tables), who, TEAM_MONTH)


def quota_cells(tables: Mapping[str, pd.DataFrame], who: Roster) -> pd.DataFrame:
    """Return targets of reps by rep, team, manager and month, each for its share of days."""
    cells = who.cells.merge(monthly_quotas(tables), on=["rep_id", "month"])
    return cells.assign(quota=cells["target"] * cells["days"] / cells["length"])


def _homes(cells: pd.DataFrame) -> pd.DataFrame:
    """Return rep-months with their team, manager and days."""
    keys = ["rep_id", "month"]
    total = cells.groupby(keys).agg(days=("days", "sum"), length=("length", "first"))
    home = _most_days(cells, keys, "team_id")
    panel = total.assign(team_id=home).reset_index()
    there = cells.dropna(subset=["manager_id"])
    boss = _most_days(there, ["rep_id", "month", "team_id"], "manager_id")
    panel["manager_id"] = _lookup(panel, ["rep_id", "month", "team_id"], boss)
    panel["days_present"] = panel["days"] / panel["length"]
    return panel.drop(columns=["days", "length"])


def _most_days(cells: pd.DataFrame, keys: Sequence[str], value: str) -> pd.Series:
    """Return by key the value with most days; of equals, the one held last."""
    sums = cells.groupby([*keys, value], as_index=False).agg(
        days=("days", "sum"), end=("end", "max")
    )
    top = sums.sort_values([*keys, "days", "end", value]).drop_duplicates(list(keys), keep="last")
    return top.set_index(list(keys))[value]


def _lookup(rows: pd.DataFrame, keys: Sequence[str], values: pd.Series) -> pd.Series:
    """Return values by key for each row, missing where there is none."""
    found = values.reindex(pd.MultiIndex.from_frame(rows[list(keys)]))
    return found.set_axis(rows.index)


def _filled(rows: pd.DataFrame, keys: Sequence[str], sums: pd.Series) -> pd.Series:
    """Return sums by key, 0 where there is none, NaN in months before or after any record.

    A sum that is missing, as none of its rows has a value, stays missing.
    """
    months = sums.attrs["months"]
    found = sums.reindex(pd.MultiIndex.from_frame(rows[list(keys)]), fill_value=0.0)
    inside = rows["month"].between(*months)
    return found.set_axis(rows.index).where(inside).astype("float64")


def _sums(seen: Records, by: Mapping[str, str]) -> dict[str, pd.Series]:
    """Return what reps did, summed by rep or team and month, with the months that are recorded."""
    deals = seen.deals.assign(
        wins=lambda d: d["part"].where(d["won"], 0.0),
        losses=lambda d: d["part"].where(~d["won"], 0.0),
    )
    sums = {}
    for rows, names, every in (
        (seen.lines.rename(columns={"amount": "revenue"}), ("revenue",), seen.lines),
        (deals, ("wins", "losses"), deals),
        (deals[deals["won"]].rename(columns={"amount": "won_amount"}), ("won_amount",), deals),
        (seen.meetings, ("discovery_meetings", "proposal_meetings"), seen.meetings),
    ):
        known = _recorded(every, seen, stated=every is not seen.meetings)
        # a row that adds nothing takes memory only: a month without any is 0 all the same
        adds = rows["status"].eq("rep") & rows[list(names)].ne(0).any(axis=1)
        mine = rows.loc[adds, [*by.values(), *names]]
        grouped = mine.groupby([mine[c].rename(k) for k, c in by.items()])
        total = grouped[list(names)].sum(min_count=1)
        for name in names:
            sums[name] = total[name]
            sums[name].attrs["months"] = known
    return sums


def _recorded(rows: pd.DataFrame, seen: Records, *, stated: bool = True) -> tuple[float, float]:
    """Return the first and last month that placed rows cover, both NaN where there is none.

    Where ``stated``, the company's own word on the data's first and last day counts.
    """
    dated = rows.loc[rows["status"].ne("no_date"), "day"]
    if not len(dated):
        return np.nan, np.nan
    ends = bulk(pd.Series(dated.to_numpy().astype("datetime64[D]")))
    first, last = (int(m) for m in month_of(day_number(pd.Series(list(ends)))))
    if stated:
        first = first if seen.settings.data_from is None else seen.who.first
        last = last if seen.settings.data_to is None else seen.who.last
    return first, last


def _with_accounts(rows: pd.DataFrame, seen: Records, by: Sequence[str]) -> pd.DataFrame:
    """Return rows with the clients assigned and active, NaN without tables that tell."""
    owned = seen.owned
    if not len(owned):
        return rows.assign(accounts_assigned=np.nan, accounts_active=np.nan)
    keys = [*by, "month"]
    first, last = month_of(owned["start"].to_numpy()), month_of(owned["end"].to_numpy() - 1)
    count = count_assigned(owned, by, first, last)
    rows = rows.assign(accounts_assigned=_lookup(rows, keys, count).fillna(0))
    if revenue_source(seen.tables, seen.settings) is None:
        return rows.assign(accounts_active=np.nan)
    active = count_active(seen.bought, by, seen.bought["month"].to_numpy())
    return rows.assign(accounts_active=_lookup(rows, keys, active).fillna(0))


def _with_own_selling(teams: pd.DataFrame, seen: Records) -> pd.DataFrame:
    """Return team-months with what their managers sold themselves."""
    keys = ["team_id", "month"]
    managed = teams["manager_id"].notna()
    closed = seen.deals if len(seen.deals) else seen.lines
    won = closed[closed["won"]] if "won" in closed else closed
    for name, rows, every in (
        ("manager_revenue", seen.lines, seen.lines),
        ("manager_deals", won.assign(amount=won["part"]), closed),
    ):
        own = own_teams(rows, seen.who)
        sums = (own["amount"] * own["share"]).groupby([own[k] for k in keys]).sum(min_count=1)
        sums.attrs["months"] = _recorded(every, seen)
        teams[name] = _filled(teams, keys, sums).where(managed)
    also = seen.lines[seen.lines["manages"] & seen.lines["status"].eq("rep")]
    elsewhere = _lookup(teams, keys, also.groupby(keys)["amount"].sum())
    teams["revenue_of_managers"] = elsewhere.fillna(0).where(teams["revenue"].notna())
    before = [
        teams.groupby("team_id")[["month", "manager_deals"]].shift(k) for k in range(1, QUARTER)
    ]
    quarter = sum((b["manager_deals"] for b in before), teams["manager_deals"])
    unbroken = teams["month"].eq(before[-1]["month"] + QUARTER - 1)
    return teams.assign(manager_deals_quarter=quarter.where(unbroken))


def _groups(who: Roster) -> pd.Series:
    """Return by team the first of all teams that it is linked with by managers in common."""
    opens, closes = (int(d) for d in first_day(np.array([who.first, who.last + 1])))
    held = who.managing[(who.managing["start"] < closes) & (who.managing["end"] > opens)]
    team, teams = pd.factorize(pd.concat([held["team_id"], who.cells["team_id"]]), sort=True)
    boss, bosses = pd.factorize(held["person_id"])
    size = len(teams) + len(bosses)
    links = coo_array(
        (np.ones(len(held)), (team[: len(held)], boss + len(teams))), shape=(size, size)
    )
    _, group = connected_components(links, directed=False)
    names = pd.Series(teams, index=teams)
    return names.groupby(group[: len(teams)]).transform("first")


def _with_places(rows: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return rows with region and segment of their team, missing where nobody says."""
    teams = tables.get("teams", pd.DataFrame({"team_id": []}, dtype="str"))
    teams = teams.drop_duplicates("team_id").set_index("team_id")
    found = {c: column(teams, c, "str").reindex(rows["team_id"]) for c in PLACES}
    return rows.assign(**{c: values.astype("str").array for c, values in found.items()})


def _tenure(panel: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.Series:
    """Return whole months since hiring, or the first assignment, at the start of the month."""
    began = tables["assignments"].groupby("person_id")["start_on"].min()
    people = tables["people"].drop_duplicates("person_id").set_index("person_id")
    if "hired_on" in people:
        began = people["hired_on"].combine_first(began)
    since = pd.to_datetime(began.reindex(panel["rep_id"]).set_axis(panel.index))
    months = panel["month"] - (since.dt.year - 1970) * 12 - (since.dt.month - 1)
    return (months - (since.dt.day > 1)).clip(lower=0).astype("float64")


def _finished(rows: pd.DataFrame, who: Roster, columns: Sequence[str]) -> pd.DataFrame:
    rows = rows.assign(month_index=rows["month"] - who.first, month=dated(rows["month"].to_numpy()))
    return rows[list(columns)].sort_values(list(columns[:2]), ignore_index=True)
