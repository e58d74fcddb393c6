"""Metrics against plain loops over days and rows, worked examples and the catalogue's promises."""

from __future__ import annotations

import math
from collections import defaultdict
from statistics import median

import numpy as np
import pandas as pd
import pytest
from brute import Ledger
from small_company import Small, frame, random_company

from salesdiag import metrics
from salesdiag.metrics import METRICS
from salesdiag.schema import lookup
from salesdiag.settings import Settings
from salesdiag.text import terms

NAN = math.nan
OPEN = pd.NaT


@pytest.fixture(scope="module", params=[1, 4])
def company(request) -> Small:
    return random_company(request.param)


@pytest.fixture(scope="module")
def ledger(company) -> Ledger:
    return Ledger(company.tables)


def slot(day: pd.Timestamp, period: str) -> pd.Timestamp:
    """Return the first day of the calendar month or quarter."""
    return day.to_period({"month": "M", "quarter": "Q"}[period]).start_time


def values(table: pd.DataFrame, column: str = "value") -> dict:
    """Return a column by unit and period, without missing values."""
    unit = table.columns[0]
    keys = zip(table[unit].replace("", ""), table["period"], strict=True)
    return {k: v for k, v in zip(keys, table[column], strict=True) if not pd.isna(v)}


def divided(above: dict, below: dict) -> dict:
    return {k: above.get(k, 0) / v for k, v in below.items() if v > 0}


def same(got: dict, expected: dict) -> None:
    assert set(got) == set(expected)
    for key, value in expected.items():
        assert got[key] == pytest.approx(value, abs=1e-9), key


def deeds(ledger: Ledger, table: str, date: str, by: str, period: str):
    """Yield rows of a table with the unit and period that they count for."""
    for row in ledger.tables[table].itertuples():
        day = getattr(row, date)
        if not pd.isna(day) and (unit := ledger.unit(by, row.owner_id, day)) is not None:
            yield row, (unit, slot(day, period))


WAYS = [("team", "month"), ("manager", "quarter"), ("rep", "month"), ("company", "quarter")]


@pytest.mark.parametrize(("by", "period"), WAYS)
def test_deals_equal_a_loop(company, ledger, by, period):
    won, closed, amounts, days = (
        defaultdict(int),
        defaultdict(int),
        defaultdict(list),
        defaultdict(list),
    )
    for deal, key in deeds(ledger, "opportunities", "closed_on", by, period):
        if deal.outcome == "open":
            continue
        closed[key] += 1
        won[key] += deal.outcome == "won"
        if deal.outcome == "won" and not pd.isna(deal.amount):
            amounts[key].append(deal.amount)
        if deal.outcome == "won" and not pd.isna(deal.created_on):
            days[key].append((deal.closed_on - deal.created_on).days)
    rates = metrics.win_rate(company, by=by, period=period)
    same(values(rates), divided(won, closed))
    for row in rates.itertuples():
        p, n, z = row.value, row.denominator, 1.959963984540054
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        mid = (p + z * z / (2 * n)) / (1 + z * z / n)
        assert (row.low, row.high) == pytest.approx((mid - half, mid + half), abs=1e-9)
    sizes = {k: sum(v) / len(v) for k, v in amounts.items()}
    cycles = {k: median(v) for k, v in days.items()}
    same(values(metrics.average_deal_size(company, by=by, period=period)), sizes)
    same(values(metrics.sales_cycle(company, by=by, period=period)), cycles)
    opened = defaultdict(int)
    for month in ledger.months:
        end = ledger.month_days(month)[-1]
        if month != ledger.months[-1] and slot(end + pd.Timedelta(days=1), period) == slot(
            end, period
        ):
            continue
        for deal in company.tables["opportunities"].itertuples():
            unit = ledger.unit(by, deal.owner_id, end)
            if unit is None or pd.isna(deal.created_on) or deal.created_on > end:
                continue
            if deal.outcome == "open" or deal.closed_on > end:
                opened[unit, slot(end, period)] += 1
    flow = {
        k: opened[k] * won[k] / closed[k] * sizes[k] / cycles[k]
        for k in closed
        if k in sizes and cycles.get(k, 0) > 0
    }
    same(values(metrics.velocity(company, by=by, period=period)), flow)


def quota_of(company: Small, rep: str, month: pd.Timestamp) -> float:
    quotas = company.tables["quotas"]
    for q in quotas[quotas["owner_id"] == rep].sort_values("period_kind").itertuples():
        if q.period_kind == "month" and q.period == month:
            return q.amount
        if q.period_kind == "quarter" and q.period <= month < q.period + pd.DateOffset(months=3):
            return q.amount / 3
    return NAN


@pytest.mark.parametrize(("by", "period"), WAYS)
def test_money_and_people_equal_a_loop(company, ledger, by, period):
    sold, with_quota, quota = defaultdict(float), defaultdict(float), defaultdict(float)
    above, below = defaultdict(float), defaultdict(float)
    clients = defaultdict(set)
    monthly = {
        (p, m): quota_of(company, p, m)
        for p in company.tables["people"]["person_id"]
        for m in ledger.months
    }
    for order, key in deeds(ledger, "orders", "ordered_on", by, period):
        sold[key] += order.amount
        clients[key].add(order.account_id)
        if not pd.isna(monthly[order.owner_id, order.ordered_on.replace(day=1)]):
            with_quota[key] += order.amount
        if not pd.isna(order.list_amount):
            above[key] += order.amount
            below[key] += order.list_amount
    reps = defaultdict(set)
    for (person, day), _ in ledger.team.items():
        unit, target = ledger.unit(by, person, day), monthly[person, day.replace(day=1)]
        if unit is None:
            continue
        reps[unit, slot(day, period)].add(person)
        if not pd.isna(target):
            quota[unit, slot(day, period)] += target / day.days_in_month
    revenue = metrics.revenue(company, by=by, period=period)
    same(values(revenue), dict(sold))
    same(values(revenue, "n"), {k: len(reps[k]) for k in sold})
    same(values(metrics.attainment(company, by=by, period=period)), divided(with_quota, quota))
    price = divided(above, below)
    same(values(metrics.price_realisation(company, by=by, period=period)), price)
    same(
        values(metrics.discount(company, by=by, period=period)),
        {k: 1 - v for k, v in price.items()},
    )
    same(
        values(metrics.revenue_per_active_account(company, by=by, period=period)),
        {k: sold[k] / len(v) for k, v in clients.items()},
    )
    assigned, active = defaultdict(set), defaultdict(set)
    for (account, day), person in ledger.owner.items():
        if (unit := ledger.unit(by, person, day)) is not None:
            assigned[unit, slot(day, period)].add(account)
    for order in company.tables["orders"].itertuples():
        person = ledger.owner.get((order.account_id, order.ordered_on))
        if person and (unit := ledger.unit(by, person, order.ordered_on)) is not None:
            active[unit, slot(order.ordered_on, period)].add(order.account_id)
    same(
        values(metrics.active_share(company, by=by, period=period)),
        {k: len(active[k]) / len(v) for k, v in assigned.items()},
    )


@pytest.mark.parametrize(
    ("by", "period"), [("team", "month"), ("manager", "quarter"), ("company", "month")]
)
def test_managers_equal_a_loop(company, ledger, by, period):
    own, team, reps, led = (defaultdict(float) for _ in range(4))
    for order, key in deeds(ledger, "orders", "ordered_on", by, period):
        day = order.ordered_on
        # what he sold as a rep of another team is in the company's total as his own already
        twice = by == "company" and ledger.manages.get((order.owner_id, day))
        if ledger.boss.get((ledger.team[order.owner_id, day], day)) is not None and not twice:
            team[key] += order.amount
    for order in company.tables["orders"].itertuples():
        teams = ledger.manages.get((order.owner_id, order.ordered_on), ())
        for t in teams:
            unit = {"team": t, "manager": order.owner_id, "company": ""}[by]
            own[unit, slot(order.ordered_on, period)] += order.amount / len(teams)
    whole = {k: own.get(k, 0) + team.get(k, 0) for k in {*own, *team}}
    same(values(metrics.own_selling_share(company, by=by, period=period)), divided(own, whole))
    bosses = defaultdict(set)
    for (t, day), boss in ledger.boss.items():
        unit = {"team": t, "manager": boss, "company": ""}[by]
        bosses[unit, slot(day, period)].add((day, t if by == "team" else boss))
    for (_, day), t in ledger.team.items():
        if (boss := ledger.boss.get((t, day))) is not None:
            reps[{"team": t, "manager": boss, "company": ""}[by], slot(day, period)] += 1
    led = {k: len(v) for k, v in bosses.items()}
    same(values(metrics.span_of_control(company, by=by, period=period)), divided(reps, led))
    hours, coached = defaultdict(float), defaultdict(float)
    order = {"self": 0, "calendar": 1, "reports": 2}
    for (person, week), rows in company.tables["time_log"].groupby(["person_id", "week"]):
        best = rows[rows["source"] == min(rows["source"], key=order.get)]
        for day in pd.date_range(week, periods=7):
            teams = ledger.manages.get((person, day), ())
            for t in teams:
                key = ({"team": t, "manager": person, "company": ""}[by], slot(day, period))
                hours[key] += best["hours"].sum() / 7 / len(teams)
                mine = best.loc[best["category"] == "coaching", "hours"].sum()
                coached[key] += mine / 7 / len(teams)
    same(
        values(metrics.coaching_share_of_time(company, by=by, period=period)),
        divided(coached, hours),
    )


@pytest.mark.parametrize("by", ["rep", "manager"])
def test_cadence_and_exits_equal_a_loop(company, ledger, by):
    held = company.tables["coaching"]
    met = {(c.rep_id, c.held_on - pd.Timedelta(days=c.held_on.weekday()))
           for c in held.itertuples() if c.kind == "one_on_one"}  # fmt: skip
    panel = company.panel
    known = {(r.rep_id, r.month) for r in panel.itertuples() if not pd.isna(r.one_on_ones)}
    weeks, kept = defaultdict(int), defaultdict(int)
    for (person, day), _ in ledger.team.items():
        unit = ledger.unit(by, person, day)
        if day.weekday() == 0 and unit is not None and (person, day.replace(day=1)) in known:
            weeks[unit, slot(day, "month")] += 1
            kept[unit, slot(day, "month")] += (person, day) in met
    same(values(metrics.one_on_one_adherence(company, by=by, period="month")), divided(kept, weeks))
    if by == "rep":
        return
    exits, days, length = defaultdict(int), defaultdict(int), defaultdict(int)
    for day in ledger.days:
        length[slot(day, "quarter")] += 1
    for (person, day), _ in ledger.team.items():
        if (unit := ledger.unit(by, person, day)) is not None:
            days[unit, slot(day, "quarter")] += 1
    for person in company.tables["people"].dropna(subset=["left_on"]).itertuples():
        for day in (person.left_on, person.left_on - pd.Timedelta(days=1)):
            if (person.person_id, day) in ledger.team:
                exits[ledger.unit(by, person.person_id, day), slot(day, "quarter")] += 1
                break
    average = {k: v / length[k[1]] for k, v in days.items()}
    same(values(metrics.attrition(company, by=by, period="quarter")), divided(exits, average))


@pytest.mark.parametrize("by", ["team", "rep", "company"])
def test_coverage_and_slippage_equal_a_loop(company, ledger, by):
    on = pd.Timestamp("2024-05-10")
    opens, closes = pd.Timestamp("2024-04-01"), pd.Timestamp("2024-07-01")
    pipeline, left, due, slipped = (defaultdict(float) for _ in range(4))
    for deal in company.tables["opportunities"].itertuples():
        unit = ledger.unit(by, deal.owner_id, on)
        ends = pd.Timestamp.max if deal.outcome == "open" else deal.closed_on
        if pd.isna(deal.expected_close_on):
            continue
        in_period = opens <= deal.expected_close_on < closes and not pd.isna(deal.amount)
        if unit is not None and deal.created_on <= on < ends and in_period:
            pipeline[unit] += deal.amount
        unit = ledger.unit(by, deal.owner_id, deal.expected_close_on)
        end = deal.expected_close_on.replace(day=1) + pd.DateOffset(months=1)
        whole = company.panel.loc[company.panel["complete"], "month"].max()
        last = max(ledger.last, whole + pd.offsets.MonthEnd(1))
        if unit is not None and end <= last + pd.Timedelta(days=1):
            key = (unit, slot(deal.expected_close_on, "month"))
            due[key] += 1
            slipped[key] += ends >= end
    for (person, day), _ in ledger.team.items():
        target = quota_of(company, person, day.replace(day=1))
        unit = ledger.unit(by, person, day)
        if opens <= day < closes and not pd.isna(target) and unit is not None:
            left[unit] += target / day.days_in_month
    for order, (unit, _) in deeds(ledger, "orders", "ordered_on", by, "month"):
        if unit in left and opens <= order.ordered_on <= on:
            left[unit] -= order.amount
    got = metrics.pipeline_coverage(company, by=by, on=on)
    same({k: v for (k, _), v in values(got).items()}, divided(pipeline, left))
    same(values(metrics.slippage(company, by=by, period="month")), divided(slipped, due))


def plain(months: int = 24, **tables: pd.DataFrame) -> Small:
    """Return one team of a manager and two reps from January 2023."""
    places = [("m", "T1", "manager", "2023-01-01", OPEN), ("a", "T1", "rep", "2023-01-01", OPEN),
              ("b", "T1", "rep", "2023-01-01", OPEN)]  # fmt: skip
    last = pd.Timestamp("2023-01-01") + pd.DateOffset(months=months) - pd.Timedelta(days=1)
    settings = Settings(name="Firm", data_from="2023-01-01", data_to=str(last.date()))
    base = {
        "people": frame("person_id name left_on", [(p, p, OPEN) for p in "mab"]),
        "teams": frame("team_id name region", [("T1", "T1", "north")]),
        "assignments": frame("person_id team_id role start_on end_on", places),
    }
    return Small({**base, **tables}, settings)


def orders(*rows: tuple) -> pd.DataFrame:
    return frame("owner_id account_id ordered_on amount", list(rows)).assign(
        order_id=lambda d: d.index.astype("str")
    )


SPENT = orders(
    ("a", "x", "2023-03-01", 100.0), ("a", "x", "2024-03-01", 150.0),
    ("a", "y", "2023-04-01", 100.0), ("b", "y", "2024-04-01", 40.0),
    ("b", "z", "2023-05-01", 200.0), ("m", "w", "2023-06-01", 100.0),
    ("m", "w", "2024-06-01", 60.0), ("a", "new", "2024-07-01", 900.0),
)  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "by", "expected"),
    [
        (metrics.gross_revenue_retention, "company", (100 + 40 + 0 + 60) / 500),
        (metrics.net_revenue_retention, "company", (150 + 40 + 0 + 60) / 500),
        (metrics.logo_retention, "company", 3 / 4),
        (metrics.gross_revenue_retention, "team", (100 + 40) / 400),
        (metrics.net_revenue_retention, "team", (150 + 40) / 400),
        (metrics.logo_retention, "team", 2 / 3),
    ],
)
def test_retention_by_hand(metric, by, expected):
    table = metric(plain(orders=SPENT), by=by)
    assert table["period"].tolist() == [pd.Timestamp("2024-01-01")]
    assert table["value"].iloc[0] == pytest.approx(expected)
    assert table["complete"].iloc[0]


def test_share_change_by_hand_and_only_with_the_whole_market():
    months = pd.date_range("2023-01-01", periods=24, freq="MS")
    sizes = [("all", m, 100.0 if m.year == 2023 else 113.0) for m in months]
    market = frame("region period amount", sizes)
    firm = orders(("a", "x", "2023-03-01", 100.0), ("m", "y", "2024-03-01", 200.0))
    table = metrics.share_change(plain(orders=firm, market=market))
    assert table[["numerator", "denominator"]].iloc[0].tolist() == pytest.approx([2.0, 1.13])
    assert table["value"].iloc[0] == pytest.approx(2 / 1.13 - 1)
    assert metrics.share_change(plain(orders=firm, market=market.iloc[1:])).empty
    north = market.assign(region="north")
    team = orders(("a", "x", "2023-03-01", 100.0), ("b", "y", "2024-03-01", 50.0))
    table = metrics.share_change(plain(orders=team, market=north), by="team")
    assert table["value"].iloc[0] == pytest.approx(0.5 / 1.13 - 1)


def test_stage_conversion_by_hand():
    deals = [("1", "a", "2023-01-01", "won", "2023-02-01", 1.0),
             ("2", "a", "2023-01-01", "lost", "2023-02-01", 1.0),
             ("3", "b", "2023-01-01", "lost", "2023-03-01", 1.0),
             ("4", "b", "2023-01-01", "open", OPEN, 1.0)]  # fmt: skip
    stages = [("1", "Meet", "2023-01-01"), ("1", "Offer", "2023-01-05"),
              ("1", "Meet", "2023-01-09"),
              ("1", "Closed", "2023-02-01"), ("2", "Meet", "2023-01-02"),
              ("2", "Closed", "2023-02-01"), ("3", "Meet", "2023-01-03"),
              ("3", "Offer", "2023-01-20"), ("3", "Closed", "2023-03-01"),
              ("4", "Meet", "2023-01-04")]  # fmt: skip
    company = plain(
        opportunities=frame("opportunity_id owner_id created_on outcome closed_on amount", deals),
        stage_events=frame("opportunity_id stage entered_on", stages),
        orders=SPENT,
    )
    table = metrics.stage_conversion(company).set_index("stage")
    assert table["numerator"].to_dict() == {"Meet": 2, "Offer": 1}
    assert table["denominator"].to_dict() == {"Meet": 3, "Offer": 2}


def test_ramp_time_by_hand():
    places = [
        ("m", "T1", "manager", "2023-01-01", OPEN),
        ("old", "T1", "rep", "2020-01-01", OPEN),
        *((r, "T1", "rep", "2023-01-01", OPEN) for r in ("fast", "slow", "never")),
    ]
    months = pd.date_range("2023-01-01", periods=12, freq="MS")
    good = {"fast": 1, "slow": 5, "never": 99, "old": 0}
    sold = [
        (r, "x", m, 100.0 if k >= good[r] or (r == "slow" and k == 2) else 10.0)
        for r in good
        for k, m in enumerate(months)
    ]
    company = plain(
        12,
        assignments=frame("person_id team_id role start_on end_on", places),
        people=frame("person_id name", [(p, p) for p in ("m", *good)]),
        orders=orders(*sold),
        quotas=frame("owner_id period period_kind amount",
                     [(r, m, "month", 100.0) for r in good for m in months]),
    )  # fmt: skip
    reps = metrics.ramp_time(company, by="rep").set_index("rep_id")
    assert reps["value"].dropna().to_dict() == {"fast": 1, "slow": 5}
    assert set(reps.index) == {"fast", "slow", "never"}
    team = metrics.ramp_time(company).iloc[0]
    assert team[["numerator", "denominator", "value"]].tolist() == [2, 3, 5]
    assert metrics.ramp_time(company, by="rep", months=1).set_index("rep_id")["value"]["slow"] == 2


def test_hazard_by_hand():
    places = [(p, "T1", "rep", s, OPEN) for p, s in
              (("a", "2023-01-01"), ("b", "2023-01-01"), ("c", "2022-12-01"))]  # fmt: skip
    company = plain(
        3,
        people=frame("person_id name left_on", [("a", "a", "2023-02-10"), ("b", "b", OPEN),
                                                ("c", "c", OPEN)]),
        assignments=frame("person_id team_id role start_on end_on", places),
        orders=SPENT,
    )  # fmt: skip
    table = metrics.attrition_hazard(company)
    assert table["tenure_month"].tolist() == [0, 1, 2, 3]
    assert table["at_risk"].tolist() == [2, 3, 2, 1]
    assert table["exits"].tolist() == [0, 1, 0, 0]


def test_attainment_is_sum_over_sum_and_fiscal_years_follow_the_settings():
    sold = orders(("a", "x", "2023-07-01", 100.0), ("b", "x", "2023-08-01", 1.0),
                  ("a", "x", "2024-06-30", 50.0), ("m", "x", "2023-09-01", 999.0))  # fmt: skip
    quotas = frame(
        "owner_id period period_kind amount",
        [("a", "2023-07-01", "month", 100.0), ("b", "2023-08-01", "month", 900.0)],
    )
    company = plain(orders=sold, quotas=quotas)
    company.settings = Settings(**{**vars(company.settings), "fiscal_year_start_month": 7})
    table = metrics.attainment(company, period="year")
    assert table["period"].tolist() == [pd.Timestamp("2023-07-01")]
    assert table["value"].tolist() == [pytest.approx(101 / 1000)]
    year = metrics.revenue(company, period="year").set_index("period")["value"]
    assert year.to_dict() == {pd.Timestamp("2023-07-01"): 151.0}


def test_nothing_closed_is_missing_not_zero():
    deals = frame("opportunity_id owner_id created_on outcome closed_on amount",
                  [("1", "a", "2023-01-01", "lost", "2023-01-20", 5.0)])  # fmt: skip
    table = metrics.win_rate(plain(orders=SPENT, opportunities=deals))
    assert table["value"].tolist() == [0.0]
    assert table["period"].tolist() == [pd.Timestamp("2023-01-01")]


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)
def test_catalogue(metric):
    for need in metric.needs:
        for name in need.split("|"):
            lookup(name)
    assert metric.unit in terms.UNITS
    assert str(metric.title)
    assert str(metric.formula)
    assert "References" in metric.function.__doc__
    assert "Unit: " in metric.function.__doc__
    company = random_company(2)
    before = {k: v.copy(deep=True) for k, v in company.tables.items()}
    for by in metric.by:
        table = metric.function(company, by=by)
        head = ["company" if by == "company" else f"{by}_id", "period"]
        assert list(table.columns[:2]) == head
        assert {"numerator", "denominator", "value", "n", "complete"} <= set(table)
        assert str(table["period"].dtype) == "datetime64[us]"
        assert np.isfinite(table["value"].dropna()).all()
    for name, table in before.items():
        pd.testing.assert_frame_equal(company.tables[name], table)
    for by in {"team", "rep", "manager", "company"} - set(metric.by):
        with pytest.raises(ValueError, match="by must be one of"):
            metric.function(company, by=by)
    with pytest.raises(ValueError, match="period must be"):
        metric.function(company, by=metric.by[0], period="week")
    bare = Small({k: v for k, v in company.tables.items() if k in ("people", "assignments")})
    bare.tables["people"] = bare.tables["people"].drop(columns="left_on")
    if metric.needs:
        table = metric.function(bare, by=metric.by[0])
        assert table["value"].isna().all()
