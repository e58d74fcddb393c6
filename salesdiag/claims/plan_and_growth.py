"""Claims about the plan, and about where growth comes from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from salesdiag.claims.base import Claim
from salesdiag.claims.bridges import bridged, ends, groups_of, resampled, steps
from salesdiag.claims.keeping import kept, table_of
from salesdiag.claims.measured import Measure, Measured
from salesdiag.claims.quarters import (
    called,
    column_name,
    compared_quarters,
    complete_quarters,
    panel_of,
    quarter_months,
)
from salesdiag.claims.running import running_quarter
from salesdiag.claims.usable import check, usable_of
from salesdiag.company import Company
from salesdiag.estimate.decompose import fewest
from salesdiag.estimate.proportion import MIN_CLUSTERS, clustered_share
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import Check, Interval
from salesdiag.text import N_, Message
from salesdiag.text import claims as words

ROUNDING = 0.005
"""Money: a quarter's quota, spread over its months and summed again, may differ by less."""


def plan(company: Company, team: str | None) -> Measure:
    """Measure attainment of the last complete quarter: revenue of people with a quota over quotas.

    Sum over sum: a mean of the reps' own ratios would let a small quota weigh as much as a large
    one.
    """
    quarters = table_of(company, "plan", team, partial(_planned, company))
    if quarters.empty:
        raise NotEstimable(words.NO_QUOTA())
    usable = {q: usable_of(company, team, quarter_months(q)) for q in quarters["quarter"]}
    reps = table_of(company, "plan of reps", team, partial(_planned_last, company))
    last = quarters.iloc[-1]
    won, quota = float(last["won"]), float(last["quota"])
    below = int((reps["quota"] - reps["won"] > ROUNDING).sum())
    return Measure(
        estimate=Interval(value=won / quota, low=math.nan, high=math.nan, unit="share"),
        values={
            "attainment": won / quota,
            "side": _beside_plan(won - quota),
            "quarter": called(last["quarter"], company),
            "below": words.BELOW(below=below, reps=len(reps))
            if below
            else words.NOBODY_BELOW(reps=len(reps)),
        },
        table=quarters.loc[
            [usable[q].enough for q in quarters["quarter"]], ["quarter", "won", "quota"]
        ]
        .rename(columns={"quarter": column_name(company)})
        .tail(8),
        n=int(last["rows"]),
        groups=int(last["teams"]),
        people=len(reps),
        method=words.METHOD_COUNT(),
        more=running_quarter(company, team),
        usable=check(usable[last["quarter"]]),
        **_outside_plan(company, team, last["quarter"], won),
    )


def _outside_plan(
    company: Company, team: str | None, quarter: pd.Timestamp, won: float
) -> Mapping[str, Any]:
    """Return what reps sold in a quarter in months without a quota: in neither sum, and told."""

    def make(by: Sequence[str]) -> pd.DataFrame:
        panel = panel_of(company, by)
        panel = panel.loc[panel["complete"] & panel["quota"].isna() & (panel["revenue"] != 0)]
        grouped = panel.groupby([*by, "quarter"])["revenue"]
        return pd.DataFrame({"rows": grouped.count(), "sold": grouped.sum()}).reset_index()

    found = table_of(company, "outside plan", team, make)
    found = found.loc[(found["quarter"] == quarter) & (found["rows"] > 0)]
    if found.empty:
        return {}
    rows, sold = int(found["rows"].iloc[0]), float(found["sold"].iloc[0])
    share = sold / (sold + won) if sold + won > 0 else math.nan
    text = OUTSIDE_PLAN(rows=rows, sold=sold, share=share, quarter=called(quarter, company))
    return {
        "dropped": {"no_quota": rows},
        "checks": (Check(name="sales_without_quota", passed=None, text=text),),
    }


def _with_quota(company: Company, by: Sequence[str]) -> pd.DataFrame:
    """Return rep-months with a quota, in complete quarters; ``team`` stands for ``team_id``."""
    panel = panel_of(company, by)
    panel = panel.loc[panel["complete"] & (panel["quota"] > 0) & panel["revenue"].notna()]
    panel = panel.loc[panel["quarter"].isin(complete_quarters(company))]
    return panel.rename(columns={"revenue": "won"}).assign(team=panel["team_id"])


def _planned(company: Company, by: Sequence[str]) -> pd.DataFrame:
    """Return revenue of people with a quota and their quotas by quarter."""
    grouped = _with_quota(company, by).groupby([*by, "quarter"])
    sums = grouped[["won", "quota"]].sum()
    return sums.assign(rows=grouped.size(), teams=grouped["team"].nunique()).reset_index()


def _planned_last(company: Company, by: Sequence[str]) -> pd.DataFrame:
    """Return revenue and quota of each rep with one, in the last quarter with any."""
    panel = _with_quota(company, by)
    quarter = panel["quarter"]
    last = panel.groupby(list(by))["quarter"].transform("max") if by else quarter.max()
    return panel.loc[quarter == last].groupby([*by, "rep_id"])[["won", "quota"]].sum().reset_index()


def _beside_plan(gap: float) -> Message:
    """Return how far a result lies beside its plan."""
    if round(gap) == 0:
        return words.ON_PLAN()
    return words.OVER_PLAN(gap=gap) if gap > 0 else words.SHORT_OF_PLAN(gap=-gap)


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
    first, last = compared_quarters(company)
    if not _clients_known(company, team):
        raise NotEstimable(words.NO_CLIENT_OWNERS())
    parts = table_of(company, FACTORS, team, partial(bridged, company, _factors, FACTORS))
    start, end = ends(parts)
    groups = groups_of(company, team, parts["rep_id"])
    totals = resampled(parts, FACTORS, groups)
    change, low, high = (float(totals[c].iloc[-1]) for c in ("value", "low", "high"))
    return Measure(
        estimate=Interval(value=change, low=low, high=high, unit="money"),
        values={
            "first": called(first, company),
            "last": called(last, company),
            "start": start,
            "end": end,
            "growth": end / start - 1,
        },
        table=steps(totals, start, end),
        n=len(parts),
        groups=_teams(company, team),
        people=len(parts),
        method=words.METHOD_BRIDGE()
        if math.isfinite(low)
        else METHOD_BRIDGE_COUNT(fewest=MIN_CLUSTERS),
        more=_stayed(totals["value"]),
        usable=check(usable_of(company, team, (*quarter_months(first), *quarter_months(last)))),
    )


def _clients_known(company: Company, team: str | None) -> bool:
    """Say whether it is known of any rep-month whose clients were whose."""

    def find() -> dict[str | None, bool]:
        panel = company.panel
        known = panel["accounts_assigned"].notna()
        teams = known.groupby(panel["team_id"]).any()
        return {None: bool(known.any()), **{str(t): bool(k) for t, k in teams.items()}}

    return kept(company, "clients known", find).get(team, False)


def _teams(company: Company, team: str | None) -> int:
    """Return of how many teams a figure is."""
    if team is not None:
        return 1
    return kept(company, "number of teams", lambda: int(company.panel["team_id"].nunique()))


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


def _factors(rows: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return a quarter's factors of each rep; their product plus ``returns`` is the rep's revenue.

    Clients are client-months, as clients come and go within the quarter. A rep without clients or
    without an active one, but with revenue, is given the least the identity allows: one. Revenue
    below zero, which no factors can make, is ``returns``.
    """
    sums = rows.groupby(list(keys))[["accounts_assigned", "accounts_active", "revenue"]].sum()
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
    quarter. Reps of a team rise and fall together, so the share's interval is over groups of
    teams; a team's own share has none, as everybody there is was counted. How much growth rests on
    few is told by the fewest reps who made half of it, as a Gini coefficient has no meaning for
    contributions of both signs.
    """
    first, last = compared_quarters(company)
    parts = table_of(company, PACE, team, partial(bridged, company, _paces, PACE))
    start, end = ends(parts)
    stayed = (parts["was"] & parts["now"]).to_numpy()
    moved = parts["per_month"].to_numpy()[stayed]
    gains = moved[moved > 0]
    groups = groups_of(company, team, parts["rep_id"])
    growing = _growing(moved > 0, None if groups is None else groups.loc[stayed])
    return Measure(
        estimate=growing,
        values={
            "first": called(first, company),
            "last": called(last, company),
            "start": start,
            "end": end,
            "growth": end / start - 1,
            "grew": len(gains),
            "reps": len(moved),
            "share": growing.value,
            "low": growing.low,
            "high": growing.high,
        },
        table=steps(resampled(parts, PACE, groups), start, end),
        n=len(parts),
        groups=_teams(company, team),
        people=len(moved),
        usable=check(usable_of(company, team, (*quarter_months(first), *quarter_months(last)))),
        case="counted" if team is None and not math.isfinite(growing.low) else "",
        method=_how(team, growing),
        more=WHERE_FROM(
            stayed=float(parts["change"].to_numpy()[stayed].sum()),
            joined=float(parts["joined"].sum()),
            left=float(parts["left"].sum()),
            half=HALF(few=fewest(gains)) if len(gains) else NOBODY_GREW(),
        ),
    )


def _growing(grew: np.ndarray, groups: pd.Series | None) -> Interval:
    """Return the share who grew, with an interval over groups; without them a count has none."""
    if groups is None:
        value = float(grew.mean()) if len(grew) else math.nan
        return Interval(value=value, low=math.nan, high=math.nan, unit="share")
    counts = pd.Series(grew).groupby(groups.to_numpy()).agg(["sum", "size"])
    return clustered_share(counts["sum"], counts["size"])


def _how(team: str | None, growing: Interval) -> Message:
    """Return how the share was found, and why it has no interval where it has none."""
    if team is not None:
        return METHOD_COUNTED()
    return METHOD_GROWING() if math.isfinite(growing.low) else METHOD_FEW(fewest=MIN_CLUSTERS)


PACE = ("months_worked", "per_month")


def _paces(rows: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return each rep's months worked in a quarter and sales per month; ``returns`` as above."""
    sums = rows.dropna(subset=["revenue"]).groupby(list(keys))[["days_present", "revenue"]].sum()
    return pd.DataFrame(
        {
            "months_worked": sums["days_present"],
            "per_month": sums["revenue"].clip(lower=0) / sums["days_present"],
            "returns": sums["revenue"].clip(upper=0),
        }
    )


OUTSIDE_PLAN = N_(
    "{rows:int} month of a rep in {quarter:text} has sales and no quota: {sold:money}, "
    "{share:pct1} of all, stand in neither sum.",
    "{rows:int} months of reps in {quarter:text} have sales and no quota: {sold:money}, "
    "{share:pct1} of all, stand in neither sum.",
    count="rows",
)
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
    "Share of reps there in both quarters, Wilson interval for as many independent reps as the "
    "spread between groups of teams allows; logarithmic mean Divisia decomposition per rep, "
    "summed, intervals by resampling groups of teams"
)
METHOD_COUNTED = N_(
    "Share of the reps there in both quarters and logarithmic mean Divisia decomposition per rep, "
    "summed; everything there is was counted, so there is no sampling interval"
)
METHOD_FEW = N_(
    "Share of the reps there in both quarters and logarithmic mean Divisia decomposition per rep, "
    "summed; fewer than {fewest:int} groups of teams are too few for an interval"
)
METHOD_BRIDGE_COUNT = N_(
    "Logarithmic mean Divisia decomposition per rep, summed; counted, without interval, as it is "
    "about fewer than {fewest:int} groups of teams"
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
GREW_COUNTED = N_(
    "Of the {reps:int} reps who were there in {first:text} and in {last:text}, {grew:int} sold "
    "more per month worked ({share:pct}); all sales together changed by {growth:+pct1}."
)

TWO_FOCUSES = Claim(
    slug="two-focuses",
    needs=("orders|opportunities.amount", "assignments"),
    design=Measured(measure=two_focuses),
    unit="share",
    words={
        "headline": GREW,
        "headline_counted": GREW_COUNTED,
        "team": GREW_COUNTED,
    },
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
