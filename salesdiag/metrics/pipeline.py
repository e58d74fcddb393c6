"""Deals on their way: velocity, coverage, stage conversion, slippage."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd

from salesdiag.metrics.selling import average_deal_size, sales_cycle, win_rate
from salesdiag.metrics.view import By, HasTables, Period, of_reps, view
from salesdiag.panel.credit import column, place, revenue_lines
from salesdiag.panel.months import quota_cells
from salesdiag.panel.spells import FOREVER, by_month, day_number, first_day, month_of
from salesdiag.panel.window import observation_window


def _deals(company: HasTables) -> pd.DataFrame:
    """Return all deals with creation, closing and expected closing days; open ones never close."""
    deals = company.tables.get("opportunities", pd.DataFrame({"outcome": []}))
    closed = day_number(column(deals, "closed_on", "datetime64[us]"))
    never = deals["outcome"].eq("open") | (closed < -FOREVER)
    return pd.DataFrame(
        {
            "id": column(deals, "opportunity_id", "str").astype("str"),
            "person_id": column(deals, "owner_id", "str").astype("str"),
            "outcome": deals["outcome"].astype("str"),
            "amount": column(deals, "amount", "float64"),
            "start": day_number(column(deals, "created_on", "datetime64[us]")),
            "end": np.where(never, FOREVER, closed),
            "due": day_number(column(deals, "expected_close_on", "datetime64[us]")),
        }
    ).reset_index(drop=True)


def cycle_days(company: HasTables) -> float:
    """Return the median days from creation to closing of all deals won, NaN where none tells."""
    deals = _deals(company)
    won = deals[deals["outcome"].eq("won") & (deals["start"] > -FOREVER)]
    days = won["end"] - won["start"]
    return float(days[days >= 0].median()) if len(days) else float("nan")


def velocity(company: HasTables, *, by: By = "team", period: Period = "month") -> pd.DataFrame:
    """Return open deals x win rate x average deal size / sales cycle.

    Unit: money a day. Deals open at the end of the period count; win rate, deal size and cycle are
    those of deals closed in it. ``denominator`` is the cycle in days.

    References
    ----------
    Field standard ("sales velocity", "pipeline velocity").
    """
    seen = view(company, by, period)
    deals = _deals(company)
    deals = deals[(deals["start"] > -FOREVER) & (deals["start"] < deals["end"])]
    held = by_month(deals, seen.who.first, seen.who.last)
    closes = first_day(held["month"].to_numpy() + 1)
    held = held.assign(day=closes - 1)
    last = seen.periods(held["month"]) + seen.length - 1 == held["month"]
    held = held[(last | (held["month"] == seen.who.last)) & (held["end"] >= closes)]
    number = seen.count(of_reps(place(held.drop(columns=["start", "end"]), seen.who)))
    parts = [
        metric(company, by=by, period=period).set_index([seen.key, "period"])["value"]
        for metric in (win_rate, average_deal_size, sales_cycle)
    ]
    together = pd.concat(parts, axis=1, keys=["rate", "size", "days"])
    index = pd.MultiIndex.from_arrays(
        [
            together.index.get_level_values(0),
            month_of(day_number(together.index.get_level_values(1).to_series())),
        ],
        names=["unit", "slot"],
    )
    together = together.set_axis(index)
    flow = number.reindex(index, fill_value=0) * together["rate"] * together["size"]
    days = together["days"]
    value = flow / days.where(days > 0)
    return seen.tidy(pd.DataFrame({"numerator": flow, "denominator": days, "value": value}))


def pipeline_coverage(
    company: HasTables,
    *,
    by: By = "team",
    period: Period = "quarter",
    on: dt.date | str | None = None,
) -> pd.DataFrame:
    """Return open pipeline due in the period / (quota - revenue so far), at the end of a day.

    Unit: ratio. Missing where the quota is already reached.

    Parameters
    ----------
    company, by, period
        As everywhere; the period is the one that contains the day.
    on : date or str, optional
        The snapshot day, by default the last day of the data. Expected closing dates and amounts
        are those recorded now: the tables keep no earlier ones.

    References
    ----------
    Field standard ("pipeline coverage", commonly wanted at 3).
    """
    seen = view(company, by, period)
    day = (
        pd.Timestamp(on)
        if on is not None
        else observation_window(company.tables, company.settings)[1]
    )
    today = int(day_number(pd.Series([pd.Timestamp(0) if pd.isna(day) else day]))[0])
    start = int(seen.periods(month_of(np.array([today])))[0])
    stop = start + seen.length - 1
    seen = replace(
        seen,
        who=replace(seen.who, cells=by_month(seen.who.served, start, stop), first=start, last=stop),
    )
    opens, closes = (int(d) for d in first_day(np.array([start, stop + 1])))
    deals = _deals(company)
    deals = deals[(deals["start"] > -FOREVER) & (deals["start"] <= today) & (deals["end"] > today)]
    deals = deals[(deals["due"] >= opens) & (deals["due"] < closes)].assign(day=today)
    # the period may reach beyond the months in view
    lines = revenue_lines(company.tables, company.settings)
    lines = of_reps(place(lines[lines["day"] <= today], seen.who))
    sold = seen.total(lines, "amount")
    quota = seen.total(quota_cells(company.tables, seen.who), "quota")
    pipeline = seen.total(of_reps(place(deals, seen.who)), "amount")
    left = quota - sold.reindex(quota.index, fill_value=0)
    return seen.ratio(pipeline.reindex(pipeline.index.intersection(left.index)), left)


def stage_conversion(
    company: HasTables, *, by: By = "team", period: Period = "all"
) -> pd.DataFrame:
    """Return, for each stage, the share of deals that went on from it or were won.

    Unit: share. A deal counts once per stage, when it first enters it; deals still in the stage are
    undecided and left out. Stages that close a deal (every deal that enters them closes that day)
    are not shown. Counted for the owner of the day of entry.

    Returns
    -------
    DataFrame
        The common form, with ``stage`` after the period.

    References
    ----------
    Field standard ("stage-to-stage conversion", "funnel").
    """
    seen = view(company, by, period)
    events = company.tables.get("stage_events", pd.DataFrame())
    rows = pd.DataFrame(
        {
            "id": column(events, "opportunity_id", "str").astype("str"),
            "stage": column(events, "stage", "str").astype("str"),
            "day": day_number(column(events, "entered_on", "datetime64[us]")),
        }
    )
    rows = rows.sort_values(["id", "day"], kind="stable").drop_duplicates(["id", "stage"])
    rows = rows.merge(_deals(company)[["id", "person_id", "outcome", "end"]], on="id")
    closing = (
        (rows["outcome"].ne("open") & rows["day"].eq(rows["end"])).groupby(rows["stage"]).all()
    )
    rows = rows[~rows["stage"].isin(closing[closing].index)]
    later = rows["id"].eq(rows["id"].shift(-1))
    rows = rows.assign(went_on=(later | rows["outcome"].eq("won")).astype("float64"))
    rows = rows[rows["went_on"].eq(1) | rows["outcome"].eq("lost")]
    grouped = seen.keyed(of_reps(place(rows, seen.who))).groupby(["unit", "slot", "stage"])[
        "went_on"
    ]
    return seen.tidy(
        pd.DataFrame(
            {"numerator": grouped.sum(), "denominator": grouped.size(), "value": grouped.mean()}
        ).astype("float64"),
        "stage",
    )


def slippage(company: HasTables, *, by: By = "team", period: Period = "month") -> pd.DataFrame:
    """Return the share of deals expected to close in the period that were not closed by its end.

    Unit: share. Only periods that are over. Expected closing dates are those recorded now, so a
    date that was moved and not kept hides a slip: the figure is a lower bound.

    References
    ----------
    Field standard ("slippage", "pushed deals").
    """
    seen = view(company, by, period)
    deals = _deals(company)
    deals = deals[(deals["start"] <= deals["due"]) & (deals["due"] > -FOREVER)]
    deals = of_reps(place(deals.assign(day=deals["due"]), seen.who))
    closes = first_day(seen.periods(deals["month"]) + seen.length)
    last = observation_window(company.tables, company.settings)[1]
    known = int(day_number(pd.Series([last]))[0])
    if seen.who.last in seen.who.complete:
        known = int(first_day(np.array([seen.who.last + 1]))[0]) - 1
    over = closes <= known + 1
    slipped = deals["end"] >= closes
    return seen.ratio(seen.count(deals[over & slipped]), seen.count(deals[over]))
