"""Results: revenue, attainment, win rate, deal size, cycle, price, and the manager's own share."""

from __future__ import annotations

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from salesdiag.metrics.view import By, HasTables, Period, view
from salesdiag.panel.credit import monthly_quotas, own_teams
from salesdiag.panel.months import quota_cells

LEVEL = 0.95


def revenue(company: HasTables, *, by: By = "team", period: Period = "month") -> pd.DataFrame:
    """Return revenue of reps: orders, or won deals where there are no orders.

    Unit: money. Credited to the owner on its date and to his team and manager of that day; what a
    manager sold himself is not part of it. ``by="company"`` is the sum over teams.

    References
    ----------
    Field standard ("bookings" where won deals are the source).
    """
    seen = view(company, by, period)
    total = seen.total(seen.lines(), "amount")
    return seen.tidy(
        pd.DataFrame({"numerator": total, "denominator": np.nan, "value": total}).astype("float64")
    )


def attainment(company: HasTables, *, by: By = "team", period: Period = "month") -> pd.DataFrame:
    """Return revenue / quota, sum over sum.

    Unit: share. Only months in which a rep has a quota count, above and below the line; a quarter's
    quota is spread over its months; who joined or left within a month has the days present of his
    quota, and a rep who moved has it split between the teams by days.

    References
    ----------
    Field standard ("quota attainment"; pooled, not the mean of the reps' ratios).
    """
    seen = view(company, by, period)
    targets = monthly_quotas(company.tables)
    sold = seen.lines().merge(targets[["rep_id", "month"]], on=["rep_id", "month"])
    below = seen.total(quota_cells(company.tables, seen.who), "quota")
    above = seen.total(sold, "amount")
    return seen.ratio(above.reindex(above.index.intersection(below.index)), below)


def win_rate(company: HasTables, *, by: By = "team", period: Period = "month") -> pd.DataFrame:
    """Return won / (won + lost) by closing date, with a Wilson 95 % interval.

    Unit: share. Open deals do not count; missing where nothing was closed.

    References
    ----------
    Field standard. Interval: Wilson, E. B. (1927), JASA 22.
    """
    seen = view(company, by, period)
    deals = seen.deals()
    table = seen.ratio(seen.count(deals[deals["won"]]), seen.count(deals))
    low, high = proportion_confint(
        table["numerator"], table["denominator"], alpha=1 - LEVEL, method="wilson"
    )
    at = int(list(table.columns).index("value")) + 1
    table.insert(at, "low", np.asarray(low, dtype="float64"))
    table.insert(at + 1, "high", np.asarray(high, dtype="float64"))
    return table


def average_deal_size(
    company: HasTables, *, by: By = "team", period: Period = "month"
) -> pd.DataFrame:
    """Return amount of won deals / number of won deals, of those with an amount.

    Unit: money.

    References
    ----------
    Field standard.
    """
    seen = view(company, by, period)
    deals = seen.deals()
    deals = deals[deals["won"] & deals["amount"].notna()]
    return seen.ratio(seen.total(deals, "amount"), seen.count(deals))


def sales_cycle(company: HasTables, *, by: By = "team", period: Period = "month") -> pd.DataFrame:
    """Return the median number of days from creation to closing of won deals.

    Unit: days. ``denominator`` is the number of deals; deals without a creation date are left out.

    References
    ----------
    Field standard; the median, because cycles are skewed.
    """
    seen = view(company, by, period)
    deals = seen.deals()
    days = deals["day"] - deals["created"]
    deals = seen.keyed(deals.assign(days=days)[deals["won"] & (deals["created"] > -(2**40))])
    grouped = deals.groupby(["unit", "slot"])["days"]
    return seen.tidy(
        pd.DataFrame(
            {"numerator": np.nan, "denominator": grouped.size(), "value": grouped.median()}
        ).astype("float64")
    )


def price_realisation(
    company: HasTables, *, by: By = "team", period: Period = "month"
) -> pd.DataFrame:
    """Return amount / list_amount of what was sold, sum over sum, where both are known.

    Unit: share. Orders count, or won deals where only those have list amounts.

    References
    ----------
    Field standard ("price realisation"; the complement of the discount).
    """
    seen = view(company, by, period)
    sold = seen.lines()
    if not sold["list_amount"].notna().any():
        deals = seen.deals()
        sold = deals[deals["won"]]
    sold = sold[sold["amount"].notna() & sold["list_amount"].notna()]
    return seen.ratio(seen.total(sold, "amount"), seen.total(sold, "list_amount"))


def discount(company: HasTables, *, by: By = "team", period: Period = "month") -> pd.DataFrame:
    """Return 1 - amount / list_amount of what was sold, sum over sum.

    Unit: share. ``numerator`` is the money forgone.

    References
    ----------
    Field standard; the complement of :func:`price_realisation`.
    """
    table = price_realisation(company, by=by, period=period)
    return table.assign(
        numerator=table["denominator"] - table["numerator"], value=1 - table["value"]
    )


def own_selling_share(
    company: HasTables, *, by: By = "team", period: Period = "month"
) -> pd.DataFrame:
    """Return the manager's own revenue / (the team's + his own).

    Unit: share. What a manager of several teams sold is shared out equally among them. Only days on
    which a team has a manager count, above and below the line: without one there is no share, which
    is not 0. What a manager sold as a rep of another team stands in that team's result, and once
    in the company's.

    References
    ----------
    Field standard ("player-coach share").

    Raises
    ------
    ValueError
        ``by="rep"``.
    """
    seen = view(company, by, period, units=("team", "manager", "company"))
    own = own_teams(company.records.lines, seen.who)
    above = seen.total(own.assign(amount=own["amount"] * own["share"]), "amount")
    lines = seen.lines()
    lines = lines[lines["manager_id"].notna()]
    team = seen.total(lines[~lines["manages"]] if by == "company" else lines, "amount")
    return seen.ratio(above, team.add(above, fill_value=0))
