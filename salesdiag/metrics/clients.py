"""Clients: how many buy, how much, who stays; and the firm against its market."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesdiag.metrics.view import By, HasTables, Period, View, months_of, of_reps, view
from salesdiag.panel.accounts import count_active, count_assigned
from salesdiag.panel.credit import column
from salesdiag.panel.spells import month_of

YEAR = 12


def active_share(company: HasTables, *, by: By = "team", period: Period = "month") -> pd.DataFrame:
    """Return clients with a sale in the period / clients assigned in it.

    Unit: share. A client is assigned to whoever had it on any day of the period; it is active if it
    bought on a day when it was theirs, whoever is credited.

    References
    ----------
    Field standard ("active share of the base", "penetration").
    """
    seen = view(company, by, period)
    owned = company.records.owned
    owned = seen.keyed(owned.assign(month=month_of(owned["start"].to_numpy())))
    sold = seen.keyed(company.records.bought)
    zero = int(seen.periods([seen.who.first])[0])
    last = seen.periods(month_of(owned["end"].to_numpy() - 1))
    first = owned["slot"].to_numpy()
    number = count_assigned(
        owned, ["unit"], (first - zero) // seen.length, (last - zero) // seen.length
    )
    listed = number[number > 0].reset_index(name="accounts")
    listed["slot"] = listed["period"].astype("int64") * seen.length + zero
    active = count_active(sold, ["unit"], sold["slot"].to_numpy()).rename_axis(["unit", "slot"])
    return seen.ratio(active, listed.set_index(["unit", "slot"])["accounts"])


def revenue_per_active_account(
    company: HasTables, *, by: By = "team", period: Period = "month"
) -> pd.DataFrame:
    """Return revenue / number of clients that it came from.

    Unit: money. Clients whom the unit sold to, assigned or not; revenue without a client is left
    out.

    References
    ----------
    Field standard ("average revenue per account").
    """
    seen = view(company, by, period)
    lines = seen.lines().dropna(subset=["account_id"])
    return seen.ratio(seen.total(lines, "amount"), seen.count(lines, "account_id"))


def gross_revenue_retention(
    company: HasTables, *, by: By = "company", period: Period = "year"
) -> pd.DataFrame:
    """Return what clients of a year before still bring, growth not counted / what they brought.

    Unit: share. The period is compared with the same one a year before; each client counts at most
    with its revenue then. For a team or rep, a client handed to another is lost.
    ``by="company"`` counts all revenue, whoever sold.

    References
    ----------
    Field standard ("GRR").
    """
    return _retained(
        company, by, period, lambda then, now: now.clip(lower=0).clip(upper=then), "sum"
    )


def net_revenue_retention(
    company: HasTables, *, by: By = "company", period: Period = "year"
) -> pd.DataFrame:
    """Return revenue of clients of a year before / their revenue then.

    Unit: share; above 1 where they grew. Otherwise as :func:`gross_revenue_retention`.

    References
    ----------
    Field standard ("NRR", "net dollar retention").
    """
    return _retained(company, by, period, lambda then, now: now, "sum")


def logo_retention(
    company: HasTables, *, by: By = "company", period: Period = "year"
) -> pd.DataFrame:
    """Return clients of a year before that still buy / clients then.

    Unit: share. Otherwise as :func:`gross_revenue_retention`.

    References
    ----------
    Field standard ("logo retention", "customer retention").
    """
    return _retained(company, by, period, lambda then, now: (now > 0).astype("float64"), "size")


def _all_lines(seen: View) -> pd.DataFrame:
    """Return revenue in view, whoever sold; each line once."""
    lines = seen.company.records.lines
    if seen.by != "company":
        return of_reps(lines)
    return lines[~lines["status"].isin(["no_date", "outside_window"])]


def _retained(company: HasTables, by: str, period: str, kept, below: str) -> pd.DataFrame:
    seen = view(company, by, period)
    if period == "all":
        raise ValueError("retention compares a month, quarter or year with the one a year before")
    lines = seen.keyed(_all_lines(seen).dropna(subset=["account_id"]))
    spent = lines.groupby(["unit", "account_id", "slot"])["amount"].sum()
    then = spent[spent > 0].reset_index(name="then")
    then = then.assign(slot=then["slot"] + YEAR)
    then = then[then["slot"] <= int(seen.periods([seen.who.last])[0])]
    now = spent.reindex(pd.MultiIndex.from_frame(then[["unit", "account_id", "slot"]]))
    then["now"] = now.fillna(0).to_numpy()
    then["kept"] = kept(then["then"], then["now"])
    grouped = then.groupby(["unit", "slot"])
    base = grouped["then"].sum() if below == "sum" else grouped.size()
    return _whole_base(seen, seen.ratio(grouped["kept"].sum(), base))


def _whole_base(seen: View, table: pd.DataFrame) -> pd.DataFrame:
    """Return a comparison with a year before, complete only where both periods are."""
    start = months_of(table["period"]) - YEAR
    whole = table["complete"].to_numpy(copy=True)
    for k in range(seen.length):
        whole &= np.isin(start + k, seen.who.complete)
    return table.assign(complete=whole)


def share_change(
    company: HasTables, *, by: By = "company", period: Period = "year"
) -> pd.DataFrame:
    """Return (1 + firm growth) / (1 + market growth) - 1, against the same period a year before.

    Unit: share: by how much the share of the market changed. ``numerator`` and ``denominator`` are
    the growth factors. The company stands against the market's region ``all``, or the sum of its
    regions; a team against its own region. Missing unless the market is known for every month of
    both periods.

    References
    ----------
    Identity: share = revenue / market.

    Raises
    ------
    ValueError
        ``by`` is not ``"company"`` or ``"team"``, or ``period="all"``.
    """
    seen = view(company, by, period, units=("company", "team"))
    if period == "all":
        raise ValueError("growth compares a month, quarter or year with the one a year before")
    firm = seen.total(_all_lines(seen), "amount")
    market = _market(seen)
    factors = pd.DataFrame({"numerator": _growth(firm), "denominator": _growth(market)}).dropna()
    table = seen.tidy(factors.assign(value=factors["numerator"] / factors["denominator"] - 1))
    return _whole_base(seen, table)


def _growth(total: pd.Series) -> pd.Series:
    """Return the factor against the same period a year before, where that was above 0."""
    base = total[total > 0].rename("then").reset_index()
    then = base.assign(slot=base["slot"] + YEAR).set_index(["unit", "slot"])["then"]
    return total.reindex(then.index) / then


def _market(seen: View) -> pd.Series:
    """Return market size by unit and period, for periods with every month of every region."""
    tables = seen.company.tables
    market = tables.get("market", pd.DataFrame({"region": [], "period": [], "amount": []}))
    sizes = market[["region", "amount"]].astype({"region": "str", "amount": "float64"})
    sizes = sizes.assign(
        month=months_of(column(market, "period", "datetime64[us]").astype("datetime64[us]"))
    )
    if seen.by == "company":
        whole = sizes["region"].eq("all")
        sizes = sizes[whole] if whole.any() else sizes
    else:
        teams = tables.get("teams", pd.DataFrame({"team_id": []}))
        regions = pd.DataFrame(
            {"team_id": teams["team_id"], "region": column(teams, "region", "str")}, dtype="str"
        ).dropna()
        sizes = regions.merge(sizes, on="region")
    sizes = seen.keyed(sizes)
    needed = sizes.groupby("unit")["region"].nunique() * seen.length
    grouped = sizes.groupby(["unit", "slot"])["amount"]
    number = grouped.size()
    enough = number.to_numpy() == needed.reindex(number.index.get_level_values(0)).to_numpy()
    return grouped.sum()[enough]
