"""Claims about the plan, and about where growth comes from."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from salesdiag.claims.base import Claim
from salesdiag.claims.measured import Measure, Measured, of_team
from salesdiag.company import Company
from salesdiag.estimate.decompose import bootstrap_totals, bridge, fewest
from salesdiag.estimate.forecast import forecast, past_periods
from salesdiag.estimate.proportion import share
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import Interval
from salesdiag.panel import observation_window, team_at
from salesdiag.panel.credit import revenue_lines
from salesdiag.text import N_, Message
from salesdiag.text import claims as words

SEED = 20251231  # resampling gives the same interval every time


def complete_quarters(company: Company) -> list[pd.Timestamp]:
    """Return the first months of the fiscal quarters whose three months are complete."""
    panel = company.panel
    months = panel.loc[panel["complete"], "month"].drop_duplicates()
    counts = _quarter(months, company).value_counts()
    return sorted(counts.index[counts == 3])


def _quarter(months: pd.Series, company: Company) -> pd.Series:
    """Return the first month of the fiscal quarter of each month."""
    lag = (months.dt.month - company.settings.fiscal_year_start_month) % 3
    return (months.dt.to_period("M") - lag.to_numpy()).dt.to_timestamp()


def plan(company: Company, team: str | None) -> Measure:
    """Measure attainment of the last complete quarter: revenue of people with a quota over quotas.

    Sum over sum: a mean of the reps' own ratios would let a small quota weigh as much as a large
    one.
    """
    panel = of_team(company.panel, team)
    panel = panel.loc[panel["complete"] & (panel["quota"] > 0)]
    panel = panel.assign(quarter=_quarter(panel["month"], company))
    panel = panel.loc[panel["quarter"].isin(complete_quarters(company))]
    if panel.empty:
        raise NotEstimable(words.NO_QUOTA())
    quarters = panel.groupby("quarter")[["revenue", "quota"]].sum()
    last = panel.loc[panel["quarter"] == quarters.index[-1]]
    won, quota = (float(quarters[c].iloc[-1]) for c in ("revenue", "quota"))
    reps = last.groupby("rep_id")[["revenue", "quota"]].sum()
    below = int((reps["revenue"] < reps["quota"]).sum())
    return Measure(
        estimate=Interval(value=won / quota, low=math.nan, high=math.nan, unit="share"),
        values={
            "attainment": won / quota,
            "side": _beside_plan(won - quota),
            "quarter": _called(quarters.index[-1], company),
            "below": words.BELOW(below=below, reps=len(reps))
            if below
            else words.NOBODY_BELOW(reps=len(reps)),
        },
        table=quarters.reset_index()
        .rename(columns={"revenue": "won", "quarter": _column(company)})[
            [_column(company), "won", "quota"]
        ]
        .tail(8),
        n=len(last),
        groups=last["team_id"].nunique(),
        people=len(reps),
        method=words.METHOD_COUNT(),
        more=_running_quarter(company, team),
    )


def _beside_plan(gap: float) -> Message:
    """Return how far a result lies beside its plan."""
    if round(gap) == 0:
        return words.ON_PLAN()
    return words.OVER_PLAN(gap=gap) if gap > 0 else words.SHORT_OF_PLAN(gap=-gap)


def _called(quarter: pd.Timestamp, company: Company) -> Message:
    """Return what a fiscal quarter is called: by number only where that is the calendar's too."""
    calendar = company.settings.fiscal_year_start_month == 1
    return (words.QUARTER if calendar else words.QUARTER_FROM)(day=quarter)


def _column(company: Company) -> str:
    return "quarter" if company.settings.fiscal_year_start_month == 1 else "quarter_from"


def _running_quarter(company: Company, team: str | None) -> Message | None:
    """Return where the quarter that is not over will end; None where it is over or cannot be told.

    The rule is the chain ladder of :mod:`salesdiag.estimate.forecast`, with the errors it would
    have made in the company's own past quarters.
    """
    tables, settings = company.tables, company.settings
    start, end = observation_window(tables, settings)
    if pd.isna(end):
        return None
    first, last = (_quarter(pd.Series([day]), company).iloc[0] for day in (start, end))
    starts = pd.date_range(first, last + pd.DateOffset(months=3), freq="3MS")
    if end >= starts[-1] - pd.Timedelta(days=1) or last in complete_quarters(company):
        return None
    lines = revenue_lines(tables, settings)
    days = pd.Series(lines["day"].to_numpy().astype("datetime64[D]").astype("datetime64[us]"))
    home = team_at(tables, lines["person_id"], days).reset_index(drop=True)
    mine = home.notna() if team is None else home.eq(team).fillna(value=False)
    amounts = lines["amount"].fillna(0.0).reset_index(drop=True)
    past = past_periods(days[mine], amounts[mine], starts, end)
    past = past.loc[past["start"] >= start]
    try:
        found = forecast(
            float(past["to_date"].iloc[-1]),
            float(past["elapsed"].iloc[-1]),
            past["to_date"].iloc[:-1],
            past["total"].iloc[:-1],
        )
    except NotEstimable:
        return None
    return words.RUNNING_QUARTER(
        quarter=_called(last, company),
        value=found.total.value,
        low=found.total.low,
        high=found.total.high,
        pace=found.run_rate,
    )


def base_and_depth(company: Company, team: str | None) -> Measure:
    """Split the change of revenue over clients assigned, active share, and revenue per active one.

    The quarter is compared with the same quarter a year before, where there is one, so that the
    season drops out; else with the quarter before. Contributions are summed over reps; reps who
    joined or left stand apart; together they add up exactly. What a rep's returns exceed the sales
    by counts as a change of sales per client.

    References
    ----------
    Ang, B. W. (2005). The LMDI approach to decomposition analysis. Energy Policy 33.
    """
    first, last = _compared_quarters(company)
    panel = of_team(company.panel, team)
    if panel["accounts_assigned"].isna().all():
        raise NotEstimable(words.NO_CLIENT_OWNERS())
    before, after = (_factors(panel, company, q) for q in (first, last))
    if before.empty or after.empty:
        raise NotEstimable(words.NO_TWO_PERIODS())
    parts = _split(before, after, FACTORS)
    totals = bootstrap_totals(parts, seed=SEED)
    start, end = (_total(f, FACTORS) for f in (before, after))
    _anything_sold(start)
    change = totals.to_dict("index")["change"]
    return Measure(
        estimate=Interval(
            value=change["value"], low=change["low"], high=change["high"], unit="money"
        ),
        values={
            "first": _called(first, company),
            "last": _called(last, company),
            "start": start,
            "end": end,
            "growth": end / start - 1,
        },
        table=_steps(totals, start, end),
        n=len(parts),
        groups=panel["team_id"].nunique(),
        people=len(parts),
        method=words.METHOD_BRIDGE(),
        more=_stayed(totals["value"]),
    )


def _anything_sold(start: float) -> None:
    """Refuse to speak of growth where there was no revenue to grow from."""
    if not start > 0:
        raise NotEstimable(words.NOTHING_SOLD())


def _stayed(moved: pd.Series) -> Message | None:
    """Return what reps who stayed changed, and through what most: a factor of the same sign."""
    total = sum(moved[f] for f in FACTORS)
    if round(total) == 0:
        return None
    side = 1 if total > 0 else -1
    lever = max(FACTORS, key=lambda f: side * moved[f])
    stayed = words.STAYED[side](amount=abs(total), lever=words.LEVERS[lever](), moved=moved[lever])
    if round(moved["joined"]) == 0 and round(moved["left"]) == 0:
        return stayed
    return words.STAYED_AND_MOVED(stayed=stayed, joined=moved["joined"], left=moved["left"])


FACTORS = ("clients", "active_share", "per_active_client")


def _factors(panel: pd.DataFrame, company: Company, quarter: pd.Timestamp) -> pd.DataFrame:
    """Return a quarter's factors of each rep; their product plus ``returns`` is the rep's revenue.

    Clients are client-months, as clients come and go within the quarter. A rep without clients or
    without an active one, but with revenue, is given the least the identity allows: one. Revenue
    below zero, which no factors can make, is ``returns``.
    """
    rows = panel.loc[_quarter(panel["month"], company) == quarter]
    sums = rows.groupby("rep_id")[["accounts_assigned", "accounts_active", "revenue"]].sum()
    sums = sums.loc[(sums["revenue"] != 0) | (sums["accounts_assigned"] > 0)]
    returns = sums["revenue"].clip(upper=0)
    sums = sums.assign(revenue=sums["revenue"].clip(lower=0))
    active = sums["accounts_active"].where(
        sums["revenue"] <= 0, np.maximum(sums["accounts_active"], 1)
    )
    clients = np.maximum(sums["accounts_assigned"], active)
    return pd.DataFrame(
        {
            "clients": clients,
            "active_share": active / clients,
            "per_active_client": (sums["revenue"] / active).where(active > 0),
            "returns": returns,
        }
    )


def two_focuses(company: Company, team: str | None) -> Measure:
    """Split the change of revenue over reps who stayed, joined and left, and count who grew.

    Quarters are compared as in :func:`base_and_depth`. A rep who was there in both grew if his
    sales per month worked rose: the bare sum would let everyone grow who came within the first
    quarter. How much growth rests on few is told by the fewest reps who made half of it, as a Gini
    coefficient has no meaning for contributions of both signs.
    """
    first, last = _compared_quarters(company)
    panel = of_team(company.panel, team)
    before, after = (_paces(panel, company, q) for q in (first, last))
    if before.empty or after.empty:
        raise NotEstimable(words.NO_TWO_PERIODS())
    parts = _split(before, after, PACE)
    stayed = parts.loc[before.index.intersection(after.index)]
    gains = stayed.loc[stayed["per_month"] > 0, "per_month"]
    start, end = (_total(f, PACE) for f in (before, after))
    _anything_sold(start)
    growing = share(len(gains), len(stayed))
    return Measure(
        estimate=growing,
        values={
            "first": _called(first, company),
            "last": _called(last, company),
            "start": start,
            "end": end,
            "growth": end / start - 1,
            "grew": len(gains),
            "reps": len(stayed),
            "share": growing.value,
            "low": growing.low,
            "high": growing.high,
        },
        table=_steps(bootstrap_totals(parts, seed=SEED), start, end),
        n=len(parts),
        groups=panel["team_id"].nunique(),
        people=len(stayed),
        method=METHOD_GROWING(),
        more=WHERE_FROM(
            stayed=float(stayed["change"].sum()),
            joined=float(parts["joined"].sum()),
            left=float(parts["left"].sum()),
            half=HALF(few=fewest(gains)) if len(gains) else NOBODY_GREW(),
        ),
    )


PACE = ("months_worked", "per_month")


def _paces(panel: pd.DataFrame, company: Company, quarter: pd.Timestamp) -> pd.DataFrame:
    """Return each rep's months worked in a quarter and sales per month; ``returns`` as above."""
    rows = panel.loc[_quarter(panel["month"], company) == quarter].dropna(subset=["revenue"])
    sums = rows.groupby("rep_id")[["days_present", "revenue"]].sum()
    return pd.DataFrame(
        {
            "months_worked": sums["days_present"],
            "per_month": sums["revenue"].clip(lower=0) / sums["days_present"],
            "returns": sums["revenue"].clip(upper=0),
        }
    )


def _compared_quarters(company: Company) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the last complete quarter after the one to compare it with: a year before, if any."""
    quarters = complete_quarters(company)
    if len(quarters) < 2:
        raise NotEstimable(words.NO_TWO_PERIODS())
    year_before = quarters[-1] - pd.DateOffset(years=1)
    return year_before if year_before in quarters else quarters[-2], quarters[-1]


def _split(before: pd.DataFrame, after: pd.DataFrame, factors: Sequence[str]) -> pd.DataFrame:
    """Return the bridge of each rep; returns are added where the rep's change stands.

    Those of a rep who stayed are added to the last factor.
    """
    result = bridge(before, after, factors)
    was, now = (f["returns"].reindex(result.index, fill_value=0.0) for f in (before, after))
    came, went = ~result.index.isin(before.index), ~result.index.isin(after.index)
    change = now - was
    result["joined"] += change.where(came, 0.0)
    result["left"] += change.where(went, 0.0)
    result[factors[-1]] += change.where(~(came | went), 0.0)
    result["change"] += change
    return result


def _total(frame: pd.DataFrame, factors: Sequence[str]) -> float:
    """Return the revenue that factors and returns of all reps make."""
    return float(frame[list(factors)].prod(axis=1).sum() + frame["returns"].sum())


def _steps(totals: pd.DataFrame, start: float, end: float) -> pd.DataFrame:
    """Return the rows of a bridge: the total before, each part, the total after."""
    rows = totals.drop(index="change").reset_index(names="step")
    rows["kind"] = "part"
    ends = pd.DataFrame({"step": ["before", "after"], "value": [start, end], "kind": "total"})
    return pd.concat([ends.iloc[:1], rows, ends.iloc[1:]], ignore_index=True)


ATTAINED = N_(
    "In {quarter:text} sales came to {attainment:pct} of plan, {side:text}; {below:text}."
)

PLAN_FIRST = Claim(
    slug="plan-first",
    needs=("quotas", "orders|opportunities.amount", "assignments"),
    design=Measured(measure=plan),
    unit="share",
    words={
        "headline": ATTAINED,
        "team": ATTAINED,
    },
    threats=(N_("A plan can be met because it was set low."),),
)

METHOD_GROWING = N_(
    "share of reps there in both quarters, Wilson interval; logarithmic mean Divisia decomposition "
    "per rep, summed, intervals by resampling reps"
)
WHERE_FROM = N_(
    "Of the change, {stayed:+money} is from reps who were there in both quarters, {joined:+money} "
    "from reps who joined and {left:+money} from reps who left; {half:text}."
)
HALF = N_(
    "half of what the growing reps gained came from one of them",
    "half of what the growing reps gained came from {few:int} of them",
    count="few",
)
NOBODY_GREW = N_("none of those who stayed grew")
GREW = N_(
    "Of the {reps:int} reps who were there in {first:text} and in {last:text}, {grew:int} sold "
    "more per month worked ({share:pct}, {low:pct} to {high:pct}); all sales together changed by "
    "{growth:+pct1}."
)

TWO_FOCUSES = Claim(
    slug="two-focuses",
    needs=("orders|opportunities.amount", "assignments"),
    design=Measured(measure=two_focuses),
    unit="share",
    words={"headline": GREW, "team": GREW},
    threats=(
        N_("Who was new in the first of the two quarters grows by settling in, led well or not."),
    ),
)

CHANGED = N_(
    "Sales went from {start:money} in {first:text} to {end:money} in {last:text} ({growth:+pct1})."
)

BASE_AND_DEPTH = Claim(
    slug="base-and-depth",
    needs=("accounts|account_owners", "orders", "assignments"),
    design=Measured(measure=base_and_depth),
    unit="money",
    words={
        "headline": CHANGED,
        "team": CHANGED,
    },
    threats=(N_("A split of growth adds up; it does not say what caused it."),),
)
