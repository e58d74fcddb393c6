"""The field's terms, one function each.

Every metric takes a company first and returns the common form, one row per unit and period:

================  ====================================================================
column            meaning
================  ====================================================================
``team_id``       or ``rep_id``, ``manager_id``, ``company``: the unit, as ``by`` says
``period``        first day of the month, fiscal quarter, fiscal year, or of all
``numerator``     sum above the line
``denominator``   sum below the line
``value``         their ratio, never a mean of ratios; missing with nothing below
``low, high``     95 % interval, where the metric has one
``n``             reps of the unit in the period
``complete``      whether the data cover every month of the period
================  ====================================================================

Teams and managers are those of the day. A manager's own deals are never part of the team's result.
A company without what a metric needs gets an empty table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from salesdiag.metrics.clients import (
    active_share,
    gross_revenue_retention,
    logo_retention,
    net_revenue_retention,
    revenue_per_active_account,
    share_change,
)
from salesdiag.metrics.people import (
    attrition,
    attrition_hazard,
    coaching_share_of_time,
    one_on_one_adherence,
    ramp_time,
    span_of_control,
)
from salesdiag.metrics.pipeline import pipeline_coverage, slippage, stage_conversion, velocity
from salesdiag.metrics.selling import (
    attainment,
    average_deal_size,
    discount,
    own_selling_share,
    price_realisation,
    revenue,
    sales_cycle,
    win_rate,
)
from salesdiag.text import Template, terms

Function = Callable[..., pd.DataFrame]


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A term of the field.

    Attributes
    ----------
    name : str
        Of the function.
    function : callable
    unit : str
        Key of ``text.terms.UNITS``.
    needs : tuple of str
        Tables and columns without which it is empty; ``"a|b"`` means either.
    by : tuple of str
        Units that it can be asked for, the first is the default.
    """

    name: str
    function: Function
    unit: str
    needs: tuple[str, ...]
    by: tuple[str, ...] = ("team", "rep", "manager", "company")

    @property
    def title(self) -> Template:
        """Name in words."""
        return terms.NAMES[self.name]

    @property
    def formula(self) -> Template:
        """Formula in words, one line."""
        return terms.FORMULAS[self.name]


def _metric(function: Function, unit: str, *needs: str, by: str = "") -> Metric:
    units = {"by": tuple(by.split())} if by else {}
    return Metric(name=function.__name__, function=function, unit=unit, needs=needs, **units)


REVENUE = "orders|opportunities"
LIST_PRICE = "orders.list_amount|opportunities.list_amount"
EXPECTED = "opportunities.expected_close_on"
CLIENTS = ("orders.account_id|opportunities.account_id",)

METRICS: tuple[Metric, ...] = (
    _metric(revenue, "money", REVENUE),
    _metric(attainment, "share", REVENUE, "quotas"),
    _metric(win_rate, "share", "opportunities"),
    _metric(average_deal_size, "money", "opportunities.amount"),
    _metric(sales_cycle, "days", "opportunities.created_on"),
    _metric(velocity, "money_per_day", "opportunities.created_on", "opportunities.amount"),
    _metric(pipeline_coverage, "ratio", EXPECTED, "opportunities.amount", "quotas"),
    _metric(stage_conversion, "share", "stage_events", "opportunities"),
    _metric(slippage, "share", EXPECTED),
    _metric(discount, "share", LIST_PRICE),
    _metric(price_realisation, "share", LIST_PRICE),
    _metric(active_share, "share", "accounts", *CLIENTS),
    _metric(revenue_per_active_account, "money", *CLIENTS),
    _metric(gross_revenue_retention, "share", *CLIENTS, by="company team rep manager"),
    _metric(net_revenue_retention, "share", *CLIENTS, by="company team rep manager"),
    _metric(logo_retention, "share", *CLIENTS, by="company team rep manager"),
    _metric(ramp_time, "months", REVENUE, "quotas"),
    _metric(span_of_control, "people", by="manager team company"),
    _metric(own_selling_share, "share", REVENUE, by="team manager company"),
    _metric(one_on_one_adherence, "share", "coaching", by="manager team rep company"),
    _metric(coaching_share_of_time, "share", "time_log", by="manager team company"),
    _metric(attrition, "share", "people.left_on", by="team manager company"),
    _metric(share_change, "share", REVENUE, "market", by="company team"),
)

__all__ = [
    "METRICS",
    "Metric",
    "active_share",
    "attainment",
    "attrition",
    "attrition_hazard",
    "average_deal_size",
    "coaching_share_of_time",
    "discount",
    "gross_revenue_retention",
    "logo_retention",
    "net_revenue_retention",
    "one_on_one_adherence",
    "own_selling_share",
    "pipeline_coverage",
    "price_realisation",
    "ramp_time",
    "revenue",
    "revenue_per_active_account",
    "sales_cycle",
    "share_change",
    "slippage",
    "span_of_control",
    "stage_conversion",
    "velocity",
    "win_rate",
]
