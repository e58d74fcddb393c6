"""What claims measure of a company, against loops: states, bridges, the running quarter."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from claim_cases import HOURS, company_of, each_scope, finding_of, recent_rows
from claim_cases import demo as demo
from claim_cases import found as found
from claim_cases import results as results
from scipy import stats

from salesdiag.claims.running import NO_FORECAST
from salesdiag.estimate.forecast import forecast
from salesdiag.text import claims as words

# Levels and bridges, against loops


def _quarter_of(month, start):
    """Return year and number of a fiscal quarter as one number."""
    return (month.year * 12 + month.month - start) // 3


def _whole_quarters(company, start):
    months = {r["month"] for r in company.panel.to_dict("records") if r["complete"]}
    counts = defaultdict(int)
    for m in months:
        counts[_quarter_of(m, start)] += 1
    return sorted(q for q, n in counts.items() if n == 3)


@each_scope
@pytest.mark.parametrize("start", [1, 2, 12])
def test_the_plan_is_sum_over_sum(demo, team, start):
    company = company_of(demo.tables, fiscal_year_start_month=start)
    vars(company).update(panel=demo.panel, team_panel=demo.team_panel)
    finding = finding_of(company, "plan-first", team)
    whole = _whole_quarters(company, start)
    sums, reps = defaultdict(lambda: [0.0, 0.0, 0]), defaultdict(lambda: [0.0, 0.0, 0])
    for r in company.panel.to_dict("records"):
        q = _quarter_of(r["month"], start)
        if r["complete"] and r["quota"] > 0 and q in whole and team in (None, r["team_id"]):
            for part in (sums[q], *([reps[r["rep_id"]]] if q == whole[-1] else [])):
                part[0] += r["revenue"]
                part[1] += r["quota"]
                part[2] += 1
    won, quota, _ = sums[whole[-1]]
    assert finding.verdict == "measured"
    assert finding.estimate.value == pytest.approx(won / quota)
    assert finding.n == sum(n for *_, n in reps.values())
    values = finding.words["headline"].values
    assert values["side"].template is (words.OVER_PLAN if won > quota else words.SHORT_OF_PLAN)
    assert values["side"].values["gap"] == pytest.approx(abs(won - quota))
    assert values["below"].values["below"] == sum(a < b for a, b, _ in reps.values())
    assert values["below"].values["reps"] == len(reps)
    assert finding.table[["won", "quota"]].to_numpy() == pytest.approx(
        np.array([sums[q][:2] for q in whole[-8:]])
    )
    day = values["quarter"].values["day"]
    assert _quarter_of(day, start) == whole[-1]
    assert (day.month - start) % 3 == 0
    # a quarter has a number only where the fiscal year is the calendar's
    assert (values["quarter"].template is words.QUARTER) == (start == 1)


def _by_hand_bridge(panel, quarters, start, team):
    """Return each rep's contributions to growth, by logarithmic means, in a loop."""
    sums = {q: defaultdict(lambda: [0.0, 0.0, 0.0]) for q in quarters}
    for r in panel.to_dict("records"):
        q = _quarter_of(r["month"], start)
        if q in sums and team in (None, r["team_id"]):
            for k, column in enumerate(("accounts_assigned", "accounts_active", "revenue")):
                sums[q][r["rep_id"]][k] += r[column]
    first, last = (
        {rep: s for rep, s in sums[q].items() if s[2] != 0 or s[0] > 0} for q in quarters
    )
    parts = dict.fromkeys(("clients", "active_share", "per_active_client", "joined", "left"), 0.0)
    for rep in {*first, *last}:
        if rep not in first:
            parts["joined"] += last[rep][2]
        elif rep not in last:
            parts["left"] -= first[rep][2]
        else:
            factors = []
            for clients, active, revenue in (first[rep], last[rep]):
                active = max(active, 1) if revenue > 0 else active
                clients = max(clients, active)
                factors.append((clients, active / clients, revenue / active if active else 0.0))
            old, new = first[rep][2], last[rep][2]
            if old > 0 and new > 0:
                mean = old if old == new else (new - old) / math.log(new / old)
                for name, a, b in zip(parts, *factors, strict=False):
                    parts[name] += mean * math.log(b / a)
            else:
                parts["zero"] = parts.get("zero", 0.0) + new - old
    revenue = [sum(s[2] for s in side.values()) for side in (first, last)]
    return parts, revenue


@each_scope
@pytest.mark.parametrize("start", [1, 3])
def test_growth_is_split_without_remainder(demo, team, start):
    company = company_of(demo.tables, fiscal_year_start_month=start)
    vars(company).update(panel=demo.panel, team_panel=demo.team_panel)
    finding = finding_of(company, "base-and-depth", team)
    whole = _whole_quarters(company, start)
    parts, (before, after) = _by_hand_bridge(demo.panel, (whole[-5], whole[-1]), start, team)
    table = finding.table.set_index("step")
    assert list(table.index) == ["before", *parts, "after"] if "zero" not in parts else True
    assert table.loc["before", "value"] == pytest.approx(before)
    assert table.loc["after", "value"] == pytest.approx(after)
    inner = table.loc[table["kind"] == "part", "value"]
    assert inner.sum() == pytest.approx(after - before, rel=1e-12)
    assert finding.estimate.value == pytest.approx(after - before)
    if "zero" not in parts:
        assert inner.to_dict() == pytest.approx(parts)
    for row in table.loc[table["kind"] == "part"].itertuples():
        assert math.isnan(row.low) if team else row.low <= row.value <= row.high
    values = finding.words["headline"].values
    assert values["growth"] == pytest.approx(after / before - 1)
    factors = inner.drop(["joined", "left"])
    said = finding.words["size"].values
    assert said["joined"] == inner["joined"]
    assert said["left"] == inner["left"]
    side = 1 if factors.sum() > 0 else -1
    assert said["stayed"].template is words.STAYED[side]
    assert said["stayed"].values["amount"] == pytest.approx(abs(factors.sum()))
    assert said["stayed"].values["moved"] == side * (side * factors).max()


def test_returns_that_exceed_sales_still_add_up(demo):
    panel = demo.panel.copy()
    last = panel["month"].max()
    there = panel.loc[panel["month"] == last, "rep_id"].tolist()
    before = panel.loc[panel["month"] == last - pd.DateOffset(years=1), "rep_id"].tolist()
    stayed = [r for r in there if r in before]
    hired = next(
        r for r in there if r not in panel.loc[panel["month"] < "2025-01-01", "rep_id"].tolist()
    )
    gone = next(
        r for r in before if r not in panel.loc[panel["month"] > "2025-06-01", "rep_id"].tolist()
    )
    for rep, year in ((stayed[0], 2025), (stayed[1], 2024), (hired, 2025), (gone, 2024)):
        hit = panel["rep_id"].eq(rep) & panel["month"].dt.year.eq(year)
        hit &= panel["month"].dt.quarter.eq(4)
        panel.loc[hit, "revenue"] = -1000.0
    company = company_of(demo.tables)
    vars(company).update(panel=panel)
    finding = finding_of(company, "base-and-depth")
    parts, (start, end) = _by_hand_bridge(panel, (2024 * 4 + 3, 2025 * 4 + 3), 1, None)
    table = finding.table.set_index("step")["value"]
    assert table["before"] == pytest.approx(start)
    assert table["after"] == pytest.approx(end)
    assert table["joined"] == pytest.approx(parts["joined"])
    assert table["left"] == pytest.approx(parts["left"])
    assert table["per_active_client"] == pytest.approx(parts["per_active_client"] + parts["zero"])
    assert table.drop(["before", "after"]).sum() == pytest.approx(end - start)


def test_growth_needs_to_know_whose_clients_are_whose(demo):
    tables = dict(demo.tables)
    del tables["account_owners"]
    tables["accounts"] = tables["accounts"].assign(owner_id=pd.array([None] * len(
        tables["accounts"]), dtype="str"))  # fmt: skip
    finding = finding_of(company_of(tables), "base-and-depth")
    assert finding.verdict == "not_testable"
    assert "whose clients" in str(finding.reason)


@each_scope
def test_own_revenue_is_counted_per_manager(demo, team):
    finding = finding_of(demo, "own-revenue", team)
    own, others, deals = (defaultdict(float) for _ in range(3))
    calendar = set()
    for r in recent_rows(demo.team_panel, team):
        if isinstance(r["manager_id"], str) and r["manager_revenue"] == r["manager_revenue"]:
            boss = r["manager_id"]
            own[boss] += r["manager_revenue"]
            others[boss] += r["revenue"] - (r["revenue_of_managers"] if team is None else 0)
            deals[boss] += r["manager_deals"]
            calendar.add(r["month"])
    values = finding.words["headline"].values
    assert values["managers"] == len(own)
    assert values["selling"] == sum(v > 0 for v in own.values())
    assert values["revenue"] == pytest.approx(sum(own.values()) / len(calendar))
    assert values["deals"] == round(sum(deals.values()))
    assert values["months"] == len(calendar)
    if team is None:
        total, count = sum(own.values()) + sum(others.values()), len(own)
        share = sum(own.values()) / total
        away = [own[b] - share * (own[b] + others[b]) for b in own]
        half = stats.t.ppf(0.975, count - 1) * math.sqrt(
            count / (count - 1) * sum(x * x for x in away)
        ) / total  # fmt: skip
        assert finding.estimate.value == pytest.approx(share)
        assert finding.estimate.high == pytest.approx(share + half)
        assert finding.estimate.low == pytest.approx(max(share - half, 0))
    else:
        total = sum(own.values())
        assert finding.estimate.value == pytest.approx(total / (total + sum(others.values())))
        assert math.isnan(finding.estimate.low)


@each_scope
def test_manager_time_is_counted_per_manager(demo, team):
    hours, calendar = defaultdict(lambda: np.zeros(len(HOURS))), set()
    for r in recent_rows(demo.team_panel, team):
        logged = np.array([r[f"manager_hours_{c}"] for c in HOURS])
        if isinstance(r["manager_id"], str) and not np.isnan(logged).any():
            hours[r["manager_id"] if team is None else team] += logged  # a team is one row
            calendar |= {r["month"]} if logged.any() else set()
    shares = {m: h / h.sum() for m, h in hours.items() if h.sum() > 0}
    mean = dict(zip(HOURS, np.mean(list(shares.values()), axis=0), strict=True))
    split = finding_of(demo, "manager-time-split", team)
    values = split.words["headline"].values
    assert {c: values[c] for c in HOURS} == pytest.approx(mean)
    assert sum(values[c] for c in HOURS) == pytest.approx(1)
    assert split.estimate.value == pytest.approx(mean["own_selling"])
    assert values["months"] == len(calendar)
    half = finding_of(demo, "coaching-half-time", team)
    values = half.words["headline"].values
    assert values["managers"] == split.n == len(shares)
    assert values["reach"] == sum(s[0] >= 0.5 for s in shares.values())
    assert values["mean"] == pytest.approx(mean["coaching"])
    assert values["months"] == len(calendar)
    lowered = company_of(demo.tables, limits={**demo.settings.limits, "coaching_share": 0.14})
    vars(lowered).update(panel=demo.panel, team_panel=demo.team_panel)
    reach = sum(s[0] >= 0.14 for s in shares.values())
    finding = finding_of(lowered, "coaching-half-time", team)
    assert finding.words["headline"].values["reach"] == reach
    if team is None:
        n, z = len(shares), stats.norm.ppf(0.975)
        p = reach / n  # Wilson (1927)
        middle, spread = p + z**2 / (2 * n), z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        assert 0 < reach < n
        assert finding.estimate.low == pytest.approx((middle - spread) / (1 + z**2 / n))
        assert finding.estimate.high == pytest.approx((middle + spread) / (1 + z**2 / n))


@each_scope
@pytest.mark.parametrize(("months", "said"), [(1, "In 1 month "), (3, "In 3 months ")])
def test_months_without_a_time_log_are_not_counted(demo, team, months, said):
    log = demo.tables["time_log"]
    last = log["week"].max() - pd.DateOffset(months=months)
    short = company_of({**demo.tables, "time_log": log.loc[log["week"] > last]})
    for slug in ("manager-time-split", "coaching-half-time"):
        assert str(finding_of(short, slug, team).words["headline"]).startswith(said)


# The running quarter


def _until(demo, day, **changes):
    tables = {**demo.tables, **changes}
    orders, day = tables["orders"], pd.Timestamp(day)
    tables["orders"] = orders.loc[orders["ordered_on"] <= day]
    return company_of(tables, data_from="2024-01-01", data_to=str(day.date()))


def _chain_ladder(company, day, team):
    """Return forecast, to date and pace by hand, order by order, quarters of calendar years."""
    day = pd.Timestamp(day)
    spells = defaultdict(list)
    for a in company.tables["assignments"].to_dict("records"):
        if a["role"] == "rep":
            end = pd.Timestamp.max if pd.isna(a["end_on"]) else a["end_on"]
            spells[a["person_id"]].append((a["start_on"], end, a["team_id"]))
    starts = [q for q in pd.date_range("2024-01-01", day, freq="QS")]
    lengths = [(q + pd.DateOffset(months=3) - q).days for q in starts]
    passed = ((day - starts[-1]).days + 1) / lengths[-1]
    early, late = np.zeros(len(starts)), np.zeros(len(starts))
    for o in company.tables["orders"].to_dict("records"):
        teams = [t for a, b, t in spells[o["owner_id"]] if a <= o["ordered_on"] < b]
        if not teams or (team and team not in teams):
            continue
        q = max(i for i, s in enumerate(starts) if s <= o["ordered_on"])
        late[q] += o["amount"]
        if (o["ordered_on"] - starts[q]).days < round(passed * lengths[q]):
            early[q] += o["amount"]
    known = forecast(late[-1], passed, early[:-1], late[:-1]).total  # its own test: by loop
    return known, late[-1], late[-1] / passed


@each_scope
@pytest.mark.parametrize("day", ["2025-11-14", "2025-08-01", "2025-12-30"])
def test_the_running_quarter_is_forecast_from_past_ones(demo, team, day):
    company = _until(demo, day)
    finding = finding_of(company, "plan-first", team)
    known, to_date, pace = _chain_ladder(company, day, team)
    told = finding.words["size"].values
    for key in ("value", "low", "high"):
        assert told[key] == pytest.approx(getattr(known, key))
    assert told["pace"] == pytest.approx(pace)
    assert to_date <= told["low"] <= told["value"] <= told["high"]
    running = pd.Timestamp(day).to_period("Q").start_time
    assert told["quarter"].values["day"] == running
    closed = finding.words["headline"].values["quarter"].values["day"]
    assert closed == running - pd.DateOffset(months=3)


def test_the_forecast_holds_what_then_came(demo):
    """Seasons of the demo repeat: its teams' intervals hold the quarter's real end."""
    company, held = _until(demo, "2025-11-14"), []
    for team in demo.teams["team_id"].tolist()[:6]:
        told = finding_of(company, "plan-first", team).words["size"].values
        real = _chain_ladder(demo, "2025-12-31", team)[1]
        held.append(told["low"] <= real <= told["high"])
    assert sum(held) >= 5


def test_too_few_past_quarters_are_told_in_place_of_a_forecast(demo):
    orders = demo.tables["orders"]
    cut = {**demo.tables, "orders": orders.loc[orders["ordered_on"] <= "2025-11-14"]}
    for first, past in (("2024-10-01", 4), ("2024-07-01", 5)):
        company = company_of(cut, data_from=first, data_to="2025-11-14")
        told = finding_of(company, "plan-first").words["size"]
        assert (told.template == NO_FORECAST) == (past == 4)
    assert "4 past periods" not in str(told)
    company = company_of(cut, data_from="2024-10-01", data_to="2025-11-14")
    said = str(finding_of(company, "plan-first").words["size"])
    assert "Q4 2025 is not over, and there is no forecast of it. 4 past periods are" in said


def test_a_quarter_that_is_over_is_not_forecast(demo, found):
    assert "size" not in found["plan-first"].words
    # without a declared end the last order decides: two days without orders end no quarter early
    orders = demo.tables["orders"]
    tables = {**demo.tables, "orders": orders.loc[orders["ordered_on"] <= "2025-12-29"]}
    finding = finding_of(company_of(tables), "plan-first")
    closed = finding.words["headline"].values["quarter"].values["day"]
    assert closed == pd.Timestamp("2025-10-01")
    assert "size" not in finding.words


def test_a_deal_without_an_amount_counts_as_a_sale_of_nothing(demo):
    deals = demo.tables["opportunities"]
    won = deals.loc[deals["outcome"].eq("won") & (deals["closed_on"] <= "2025-11-14")]
    tables = {k: v for k, v in demo.tables.items() if k not in ("orders",)}
    settings = {"data_from": "2024-01-01", "data_to": "2025-11-14"}
    known = finding_of(company_of({**tables, "opportunities": won}, **settings), "plan-first")
    last = won.sort_values("closed_on").tail(1).assign(opportunity_id="empty", amount=np.nan)
    more = pd.concat([won, last], ignore_index=True)
    again = finding_of(company_of({**tables, "opportunities": more}, **settings), "plan-first")
    for key in ("value", "low", "high", "pace"):
        assert again.words["size"].values[key] == pytest.approx(known.words["size"].values[key])
