"""Claims about the plan, and about where growth comes from."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from salesdiag.claims.base import Claim
from salesdiag.claims.measured import Measure, Measured, of_team
from salesdiag.company import Company
from salesdiag.estimate.decompose import bootstrap_totals, bridge
from salesdiag.estimate.forecast import forecast, past_periods
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
    year = quarters.tail(4).sum()
    return Measure(
        estimate=Interval(value=won / quota, low=math.nan, high=math.nan, unit="share"),
        values={
            "attainment": won / quota,
            "gap": abs(won - quota),
            "quarter": quarters.index[-1],
            "below": int((reps["revenue"] < reps["quota"]).sum()),
            "reps": len(reps),
            "year": float(year["revenue"] / year["quota"]),
            "side": words.ABOVE_PLAN() if won >= quota else words.BELOW_PLAN(),
        },
        table=quarters.reset_index()
        .rename(columns={"revenue": "won"})[["quarter", "won", "quota"]]
        .tail(8),
        n=len(last),
        groups=last["team_id"].nunique(),
        people=len(reps),
        method=words.METHOD_COUNT(),
        more=_running_quarter(company, team),
    )


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
    if end >= starts[-1] - pd.Timedelta(days=1):
        return None
    lines = revenue_lines(tables, settings)
    days = pd.Series(lines["day"].to_numpy().astype("datetime64[D]").astype("datetime64[us]"))
    home = team_at(tables, lines["person_id"], days).reset_index(drop=True)
    mine = home.notna() if team is None else home.eq(team).fillna(value=False)
    past = past_periods(days[mine], lines["amount"].reset_index(drop=True)[mine], starts, end)
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
        quarter=last,
        value=found.total.value,
        low=found.total.low,
        high=found.total.high,
        pace=found.run_rate,
    )


def base_and_depth(company: Company, team: str | None) -> Measure:
    """Split the change of revenue over clients assigned, active share, and revenue per active one.

    The quarter is compared with the same quarter a year before, where there is one, so that the
    season drops out; else with the quarter before. Contributions are summed over reps; reps who
    joined or left stand apart; together they add up exactly.

    References
    ----------
    Ang, B. W. (2005). The LMDI approach to decomposition analysis. Energy Policy 33.
    """
    quarters = complete_quarters(company)
    if len(quarters) < 2:
        raise NotEstimable(words.NO_TWO_PERIODS())
    last = quarters[-1]
    year_before = last - pd.DateOffset(years=1)
    first = year_before if year_before in quarters else quarters[-2]
    panel = of_team(company.panel, team)
    before, after = (_factors(panel, company, q) for q in (first, last))
    if before.empty or after.empty:
        raise NotEstimable(words.NO_TWO_PERIODS())
    parts = bridge(before, after, FACTORS)
    totals = bootstrap_totals(parts, seed=SEED)
    start, end = (float(f.prod(axis=1).sum()) for f in (before, after))
    rows = totals.drop(index="change").reset_index(names="step")
    rows["kind"] = "part"
    ends = pd.DataFrame({"step": ["before", "after"], "value": [start, end], "kind": "total"})
    table = pd.concat([ends.iloc[:1], rows, ends.iloc[1:]], ignore_index=True)
    moved = totals.to_dict("index")
    change = moved.pop("change")
    lever = max(moved, key=lambda step: abs(moved[step]["value"]))
    return Measure(
        estimate=Interval(
            value=change["value"], low=change["low"], high=change["high"], unit="money"
        ),
        values={
            "first": first,
            "last": last,
            "start": start,
            "end": end,
            "growth": end / start - 1 if start else math.nan,
            "lever": words.LEVERS[str(lever)](),
            "moved": moved[lever]["value"],
        },
        table=table,
        n=len(parts),
        groups=panel["team_id"].nunique(),
        people=len(parts),
        method=words.METHOD_BRIDGE(),
    )


FACTORS = ("clients", "active_share", "per_active_client")


def _factors(panel: pd.DataFrame, company: Company, quarter: pd.Timestamp) -> pd.DataFrame:
    """Return a quarter's factors of each rep; their product is the rep's revenue.

    Clients are client-months, as clients come and go within the quarter. A rep without clients or
    without an active one, but with revenue, is given the least the identity allows: one.
    """
    rows = panel.loc[_quarter(panel["month"], company) == quarter]
    sums = rows.groupby("rep_id")[["accounts_assigned", "accounts_active", "revenue"]].sum()
    sums = sums.loc[(sums["revenue"] > 0) | (sums["accounts_assigned"] > 0)]
    active = sums["accounts_active"].where(
        sums["revenue"] <= 0, np.maximum(sums["accounts_active"], 1)
    )
    clients = np.maximum(sums["accounts_assigned"], active)
    return pd.DataFrame(
        {
            "clients": clients,
            "active_share": active / clients,
            "per_active_client": (sums["revenue"] / active).where(active > 0),
        }
    )


CLAIMS = (
    Claim(
        slug="plan-first",
        needs=("quotas", "orders|opportunities.amount", "assignments"),
        design=Measured(measure=plan),
        unit="share",
        words={
            "headline": N_(
                "The quarter from {quarter:month} closed at {attainment:pct} of plan, {gap:money} "
                "{side:text}; {below:int} of {reps:int} reps were below theirs."
            ),
            "team": N_(
                "The quarter from {quarter:month} closed at {attainment:pct} of plan, {gap:money} "
                "{side:text}; {below:int} of {reps:int} reps were below theirs."
            ),
        },
        threats=(N_("A plan can be met because it was set low."),),
    ),
    Claim(
        slug="base-and-depth",
        needs=("accounts|account_owners", "orders", "assignments"),
        design=Measured(measure=base_and_depth),
        unit="money",
        words={
            "headline": N_(
                "Sales went from {start:money} to {end:money} ({growth:+pct1}) between the "
                "quarters from {first:month} and from {last:month}; most came from {lever:text} "
                "({moved:+money})."
            ),
            "team": N_(
                "Sales went from {start:money} to {end:money} ({growth:+pct1}) between the "
                "quarters from {first:month} and from {last:month}; most came from {lever:text} "
                "({moved:+money})."
            ),
        },
        threats=(N_("A split of growth adds up; it does not say what caused it."),),
    ),
)
