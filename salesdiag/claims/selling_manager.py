"""Claims about the manager who sells: one curve, read three ways."""

from __future__ import annotations

import math

import pandas as pd

from salesdiag.claims.base import Claim
from salesdiag.claims.effects import DoseEffect
from salesdiag.claims.measured import Measure, Measured, of_team, people_of, recent
from salesdiag.company import Company
from salesdiag.estimate.proportion import mean_share
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import Interval
from salesdiag.text import N_
from salesdiag.text import claims as words

DRIVER, LIMIT = "manager_deals_quarter", "own_deals_per_quarter"
NEEDS = ("orders|opportunities.amount", "assignments")


def own_revenue(company: Company, team: str | None) -> Measure:
    """Measure what managers close themselves, and its share of what they and their teams close."""
    frame = of_team(recent(company.team_panel), team)
    frame = frame.dropna(subset=["manager_id", "manager_revenue"])
    sums = frame.groupby("manager_id").agg(
        own=("manager_revenue", "sum"),
        others=("revenue", "sum"),
        deals=("manager_deals", "sum"),
        months=("month", "nunique"),
    )
    sums = sums.loc[sums["own"] + sums["others"] > 0]
    if sums.empty:
        raise NotEstimable(words.NO_OWN_SALES())
    share = sums["own"] / (sums["own"] + sums["others"])
    if team is None:
        estimate = mean_share(share)
    else:
        total = float(sums["own"].sum() / (sums["own"] + sums["others"]).sum())
        estimate = Interval(value=total, low=math.nan, high=math.nan, unit="share")
    return Measure(
        estimate=estimate,
        values={
            "share": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "managers": len(sums),
            "selling": int((sums["own"] > 0).sum()),
            "revenue": float(sums["own"].sum() / frame["month"].nunique()),
            "deals": float(3 * sums["deals"].sum() / sums["months"].sum()),
            "limit": company.settings.limits[LIMIT],
        },
        table=_months(frame),
        n=len(frame),
        groups=len(sums),
        people=len(sums) if team is None else people_of(company, team),
        method=words.METHOD_OWN_SHARE() if team is None else words.METHOD_COUNT(),
    )


def _months(frame: pd.DataFrame) -> pd.DataFrame:
    """Return own revenue, the others' revenue and the own share by month."""
    sums = frame.groupby("month")[["manager_revenue", "revenue", "manager_deals"]].sum()
    total = sums["manager_revenue"] + sums["revenue"]
    sums["own_selling_share"] = (sums["manager_revenue"] / total).where(total > 0)
    return sums.reset_index()


CURVE_WORDS = {
    "headline": N_(
        "Each own deal of the manager in a quarter goes with {percent:+pct1} sales of the "
        "others in the month after."
    ),
    "small": N_(
        "An own deal of the manager changes what the others sell by too little to matter "
        "({low:+pct1} to {high:+pct1})."
    ),
    "untold": N_(
        "Whether a manager's own selling helps or hurts the others cannot be told: each own "
        "deal goes with anything from {low:+pct1} to {high:+pct1} of their sales."
    ),
    "size": N_(
        "For the company that is {money:+money} a month for each own deal of every manager "
        "({low:+money} to {high:+money})."
    ),
    "team_size": N_(
        "For this team that is {money:+money} a month for each own deal of the manager "
        "({low:+money} to {high:+money})."
    ),
    "change": N_(
        "Would change our mind: managers who hand over their deals on a date that has "
        "nothing to do with results, and whose teams do not change."
    ),
}
CURVE_THREATS = (
    N_("A manager may sell because the team is failing, for reasons the data lack."),
    N_("A deal closed by the manager may have been taken from a rep."),
)
"""One estimate read from two sides has one set of sentences."""

CLAIMS = (
    Claim(
        slug="own-revenue",
        needs=NEEDS,
        design=Measured(measure=own_revenue),
        unit="share",
        words={
            "headline": N_(
                "{selling:int} of {managers:int} managers closed something themselves; on average "
                "it is {share:pct1} of what manager and team sold together."
            ),
            "team": N_(
                "The manager personally closed {revenue:money} a month, {share:pct1} of what "
                "manager and team sold together, in {deals:num1} own deals a quarter."
            ),
        },
        threats=(N_("A deal stands under one name even where several people worked on it."),),
    ),
    Claim(
        slug="selling-helps",
        needs=NEEDS,
        design=DoseEffect(driver=DRIVER, limit=LIMIT),
        direction=1,
        margin=0.01,
        words=CURVE_WORDS,
        threats=CURVE_THREATS,
    ),
    Claim(
        slug="selling-hurts",
        needs=NEEDS,
        design=DoseEffect(driver=DRIVER, limit=LIMIT),
        direction=-1,
        margin=0.01,
        words=CURVE_WORDS,
        threats=CURVE_THREATS,
    ),
    Claim(
        slug="one-deal-a-quarter",
        needs=NEEDS,
        design=DoseEffect(driver=DRIVER, limit=LIMIT, beyond=True),
        direction=-1,
        margin=0.02,
        words={
            "headline": N_(
                "Quarters in which the manager closes more than {limit:num} own deal go with "
                "{percent:+pct1} sales of the others, compared with quarters up to that limit.",
                "Quarters in which the manager closes more than {limit:num} own deals go with "
                "{percent:+pct1} sales of the others, compared with quarters up to that limit.",
                count="limit",
            ),
            "small": N_(
                "Whether the manager closes more than {limit:num} own deal a quarter makes too "
                "little difference to matter ({low:+pct1} to {high:+pct1}).",
                "Whether the manager closes more than {limit:num} own deals a quarter makes too "
                "little difference to matter ({low:+pct1} to {high:+pct1}).",
                count="limit",
            ),
            "untold": N_(
                "Whether {limit:num} own deal a quarter is a limit cannot be told: going beyond "
                "it goes with anything from {low:+pct1} to {high:+pct1} sales of the others.",
                "Whether {limit:num} own deals a quarter are a limit cannot be told: going beyond "
                "it goes with anything from {low:+pct1} to {high:+pct1} sales of the others.",
                count="limit",
            ),
            "size": N_(
                "For the company that is {money:+money} a month if every manager goes beyond it "
                "({low:+money} to {high:+money})."
            ),
            "team_size": N_(
                "For this team that is {money:+money} a month when the manager goes beyond it "
                "({low:+money} to {high:+money})."
            ),
            "change": N_(
                "Would change our mind: a quarter in which deals handed over did not recover."
            ),
        },
        threats=(N_("A manager may sell more just when the team is in trouble."),),
    ),
)
