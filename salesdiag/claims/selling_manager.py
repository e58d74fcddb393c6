"""Claims about the manager who sells: one curve, read three ways."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from salesdiag.claims.base import Claim
from salesdiag.claims.designs.dose import DoseEffect
from salesdiag.claims.keeping import table_of
from salesdiag.claims.measured import Measure, Measured, people_of, recent
from salesdiag.claims.usable import check, usable_of
from salesdiag.company import Company
from salesdiag.estimate.proportion import pooled_share
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import Interval
from salesdiag.text import N_
from salesdiag.text import claims as words

DRIVER, LIMIT = "manager_deals_quarter", "own_deals_per_quarter"
NEEDS = ("orders|opportunities.amount", "assignments")


def own_revenue(company: Company, team: str | None) -> Measure:
    """Measure what managers close themselves, and its share of what they and their teams close.

    Sum over sum. What a manager sold as a rep of another team stands in that team's sales on its
    page, and once, as the manager's own, in the company's.
    """
    sums, months = _managers(company, team), _months(company, team)
    if sums.empty:
        raise NotEstimable((words.NO_OWN_SALES if team is None else words.TEAM_WITHOUT_MANAGER)())
    won = round(float(sums["deals"].sum()))
    if won and not sums["own"].any():
        raise NotEstimable(words.OWN_DEALS_ELSEWHERE(deals=won))
    rows = int(sums["rows"].sum())
    sums = sums.loc[sums["own"] + sums["others"] > 0]
    if sums.empty:
        raise NotEstimable(words.NOTHING_SOLD())
    own, both = sums["own"], sums["own"] + sums["others"]
    if team is None and own.any():
        estimate = pooled_share(own, both)
    else:  # one team, or nobody sells: a count of everything there is, without sampling error
        total = float(own.sum() / both.sum())
        estimate = Interval(value=total, low=math.nan, high=math.nan, unit="share")
    return Measure(
        estimate=estimate,
        values={
            "share": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "managers": len(sums),
            "selling": int((own > 0).sum()),
            "revenue": float(own.sum() / len(months)),
            "deals": won,
            "months": len(months),
            "span": words.MONTHS(months=len(months)),
        },
        case="" if (own != 0).any() else "none",
        table=months,
        n=rows,
        groups=len(sums),
        people=len(sums) if team is None else people_of(company, team),
        about="managers",
        usable=check(usable_of(company, team, set(months["month"]))),
        method=words.METHOD_OWN_SHARE() if math.isfinite(estimate.low) else words.METHOD_COUNT(),
    )


def _known(company: Company) -> pd.DataFrame:
    """Return recent team-months whose manager and whose manager's revenue are known."""
    return recent(company.team_panel).dropna(subset=["manager_id", "manager_revenue"])


def _once(known: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return team-months in which, for the whole company, no sale is in two teams' columns."""
    if by:
        return known
    return known.assign(revenue=known["revenue"] - known["revenue_of_managers"])


def _managers(company: Company, team: str | None) -> pd.DataFrame:
    """Return own revenue, the others' revenue and own deals by manager."""

    def make(by: Sequence[str]) -> pd.DataFrame:
        sums = _once(_known(company), by).groupby([*by, "manager_id"]).agg(
            own=("manager_revenue", "sum"),
            others=("revenue", "sum"),
            deals=("manager_deals", "sum"),
            rows=("month", "size"),
        )  # fmt: skip
        return sums.reset_index()

    return table_of(company, "own revenue", team, make)


def _months(company: Company, team: str | None) -> pd.DataFrame:
    """Return own revenue, the others' revenue and the own share by month."""

    def make(by: Sequence[str]) -> pd.DataFrame:
        columns = ["manager_revenue", "revenue", "manager_deals"]
        sums = _once(_known(company), by).groupby([*by, "month"])[columns].sum(min_count=1)
        total = sums["manager_revenue"] + sums["revenue"]
        sums["own_selling_share"] = (sums["manager_revenue"] / total).where(total > 0)
        return sums.reset_index()

    return table_of(company, "own revenue by month", team, make)


CURVE_WORDS = {
    "more": N_(
        "Each own deal of the manager goes with {size:pct1} higher sales of the others in the same "
        "quarter ({low:+pct1} to {high:+pct1})."
    ),
    "less": N_(
        "Each own deal of the manager goes with {size:pct1} lower sales of the others in the same "
        "quarter ({low:+pct1} to {high:+pct1})."
    ),
    "small": N_(
        "An own deal of the manager changes what the others sell in the same quarter by too little "
        "to matter ({low:+pct1} to {high:+pct1})."
    ),
    "untold": N_(
        "Whether a manager's own selling helps or hurts the others cannot be told: each own "
        "deal may change their sales of the same quarter by anything between {low:+pct1} and "
        "{high:+pct1}."
    ),
    "size": N_(
        "For the company that is {money:+money} of their sales a month, in that quarter, for each "
        "own deal of every manager "
        "({low:+money} to {high:+money})."
    ),
    "team_size": N_(
        "For this team that is {money:+money} of their sales a month, in that quarter, for each "
        "own deal of the manager "
        "({low:+money} to {high:+money})."
    ),
    "change": N_(
        "Would change our mind: managers who hand over their deals on a date that has "
        "nothing to do with results, and whose teams do not change."
    ),
    "tell": N_(
        "Would tell it: more managers whose own deals rise and fall over time, or who hand them "
        "over on a date that has nothing to do with results."
    ),
}
CURVE_THREATS = (
    N_(
        "A manager may sell because the team is failing in the same quarter; how strongly managers "
        "would have to do so stands among the checks."
    ),
    N_(
        "A deal closed by the manager may have been taken from a rep: then the others' sales fall "
        "by that deal and by nothing else."
    ),
)
"""One estimate read from two sides has one set of sentences."""

OWN_REVENUE = Claim(
    slug="own-revenue",
    needs=NEEDS,
    design=Measured(measure=own_revenue),
    unit="share",
    words={
        "headline": N_(
            "{selling:int} of {managers:int} managers closed something themselves in "
            "{span:text}; over all managers it is {share:pct1} of what manager and team "
            "sold together."
        ),
        "headline_none": N_("No manager closed anything themselves in {span:text}."),
        "team": N_(
            "The manager closed {deals:int} own deal in {span:text}, worth "
            "{revenue:money} a month: {share:pct1} of what manager and team sold together.",
            "The manager closed {deals:int} own deals in {span:text}, worth "
            "{revenue:money} a month: {share:pct1} of what manager and team sold together.",
            count="deals",
        ),
        "team_none": N_("The manager closed nothing personally in {span:text}."),
    },
    threats=(N_("A deal stands under one name even where several people worked on it."),),
)

SELLING_HELPS = Claim(
    slug="selling-helps",
    needs=NEEDS,
    design=DoseEffect(driver=DRIVER, limit=LIMIT),
    direction=1,
    margin=0.01,
    words=CURVE_WORDS,
    threats=CURVE_THREATS,
)

SELLING_HURTS = Claim(
    slug="selling-hurts",
    needs=NEEDS,
    design=DoseEffect(driver=DRIVER, limit=LIMIT),
    direction=-1,
    margin=0.01,
    words=CURVE_WORDS,
    threats=CURVE_THREATS,
)

ONE_DEAL_A_QUARTER = Claim(
    slug="one-deal-a-quarter",
    needs=NEEDS,
    design=DoseEffect(driver=DRIVER, limit=LIMIT, beyond=True),
    direction=-1,
    margin=0.02,
    words={
        "more": N_(
            "Beyond {limit:num} own deal of the manager a quarter, each further one goes with "
            "{size:pct1} higher sales of the others in it ({low:+pct1} to {high:+pct1}).",
            "Beyond {limit:num} own deals of the manager a quarter, each further one goes with "
            "{size:pct1} higher sales of the others in it ({low:+pct1} to {high:+pct1}).",
            count="limit",
        ),
        "less": N_(
            "Beyond {limit:num} own deal of the manager a quarter, each further one goes with "
            "{size:pct1} lower sales of the others in it ({low:+pct1} to {high:+pct1}).",
            "Beyond {limit:num} own deals of the manager a quarter, each further one goes with "
            "{size:pct1} lower sales of the others in it ({low:+pct1} to {high:+pct1}).",
            count="limit",
        ),
        "small": N_(
            "Beyond {limit:num} own deal of the manager a quarter, each further one changes "
            "what the others sell in it by too little to matter ({low:+pct1} to {high:+pct1}).",
            "Beyond {limit:num} own deals of the manager a quarter, each further one changes "
            "what the others sell in it by too little to matter ({low:+pct1} to {high:+pct1}).",
            count="limit",
        ),
        "untold": N_(
            "Whether {limit:num} own deal a quarter is a limit cannot be told: each deal beyond it "
            "may change what the others sell in that quarter by anything between {low:+pct1} and "
            "{high:+pct1}.",
            "Whether {limit:num} own deals a quarter are a limit cannot be told: each deal beyond "
            "them may change what the others sell in that quarter by anything between {low:+pct1} "
            "and {high:+pct1}.",
            count="limit",
        ),
        "size": N_(
            "For the company that is {money:+money} of their sales a month, in that quarter, for "
            "each deal beyond it of every manager "
            "({low:+money} to {high:+money})."
        ),
        "team_size": N_(
            "For this team that is {money:+money} of their sales a month, in that quarter, for "
            "each deal beyond it "
            "({low:+money} to {high:+money})."
        ),
        "change": N_(
            "Would change our mind: managers who crossed the limit for reasons that have nothing "
            "to do with results, and whose teams sold as before."
        ),
        "tell": N_(
            "Would tell it: more managers who have had quarters on both sides of the limit, or who "
            "crossed it for reasons that have nothing to do with results."
        ),
    },
    threats=CURVE_THREATS,
)
