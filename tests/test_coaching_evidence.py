"""What the answer on coaching hours rests on: every check bars, and teams carry the same guards."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from claim_cases import company_of, invented

from salesdiag import checks
from salesdiag import claims as cl
from salesdiag.claims.designs import foresight as seen
from salesdiag.claims.designs import pipeline, rep_month
from salesdiag.claims.designs.base import of_team
from salesdiag.claims.telling import tell
from salesdiag.estimate import dynamic, pool
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.estimate.sensitivity import Foresight
from salesdiag.finding import Guard, Interval, TeamEstimate
from salesdiag.settings import Effects, NegativeControl
from salesdiag.text import claims as words
from salesdiag.text import findings as reasons
from salesdiag.verdict import correct

CLAIM = cl.CLAIM["coaching-hours"]
DESIGN = CLAIM.design
SHOCKS = ["common_shocks", "quarter_ends", "heavy_tails", "absences"]
CHECKS = [
    "enough_groups", "enough_periods", "logs", "rounded_log", "bias_direction", "second_design",
    "specification_curve", "leave_one_team_out", "half_panel", "same_month", "robustness",
]  # fmt: skip
BARRING = {
    "enough_groups": 3, "enough_periods": 3, "logs": 3, "second_design": 1,
    "specification_curve": 2, "leave_one_team_out": 2, "half_panel": 3, "pipeline": 2,
}  # fmt: skip
"""Checks, and how many of the three verdicts each takes away when it fails."""


@pytest.fixture(scope="module")
def made():
    return invented(8, 20, 3, {"coaching-hours": 0.05}, world="W2")


def planted(made, **settings):
    company = company_of({}, **settings)
    vars(company).update(panel=made.panel(), team_panel=made.team_panel())
    return company


@pytest.fixture(scope="module")
def company(made):
    return planted(made)


@pytest.fixture(scope="module")
def whole(made):
    return company_of(made.tables())


@pytest.fixture(scope="module")
def undecided(company):
    return DESIGN.company(CLAIM, company)


def test_the_effect_is_found_and_every_doubt_was_asked(undecided):
    assert [c.name for c in undecided.checks][: len(CHECKS)] == CHECKS
    finding = correct([undecided])[0]
    assert finding.verdict == "supported"
    assert finding.estimate.low < 0.05 < finding.estimate.high
    assert undecided.guard.bias > 0


def test_where_deals_are_recorded_the_pipeline_is_asked_too(whole):
    names = [c.name for c in DESIGN.company(CLAIM, whole).checks]
    assert names == [*CHECKS, "pipeline", *SHOCKS]
    told = tuple(f"{m}_before" for m in pipeline.MEASURES)
    assert DESIGN.spec(whole).information == (*rep_month.INFORMATION, *told)


# how a check of each name is made to fail, from the outside of the design
FAILING = {
    "second_design": ("second_design", lambda e, s, z, d: (e, replace(e, value=0.0), 99.0, d)),
    "specification_curve": ("same_sign", lambda v, others: (v, [-v] * 5)),
    "leave_one_team_out": ("one_team", lambda e: (replace(e, leave_one_out={"T": -e.value}),)),
    "half_panel": (
        "short_panel", lambda e, c: (e, replace(e, value=e.value + 9, se=1e-9)),
    ),
    "logs": ("logged", lambda share: (0.9,)),
    "enough_groups": ("enough_groups", lambda groups: (4,)),
    "enough_periods": ("enough_periods", lambda periods: (9,)),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILING)
def test_each_doubt_alone_takes_the_answer_away(made, name, monkeypatch):
    function, spoil = FAILING[name]
    real = getattr(rep_month.checks, function)
    monkeypatch.setattr(rep_month.checks, function, lambda *args: real(*spoil(*args)))
    finding = correct([DESIGN.company(CLAIM, planted(made))])[0]
    failed = next(c for c in finding.checks if c.name == name)
    assert failed.passed is False
    assert finding.verdict == "inconclusive"
    assert finding.reason == failed.text
    said = tell(CLAIM, planted(made), finding).words["headline"]
    assert said.template is words.LEANS[1]
    assert "%" not in str(said).replace(str(failed.text), "")  # no size of what is not trusted


# Teams


def team_estimate(low, high, weight=0.5):
    whole = Interval(value=(low + high) / 2, low=low, high=high, unit="log_points")
    return TeamEstimate(own=whole, pooled=whole, shrunken=whole, narrow=whole, weight=weight)


def test_the_prior_on_how_far_teams_lie_apart_is_eight_margins(made, monkeypatch):
    scales = []
    real = pool.pooled
    monkeypatch.setattr(
        rep_month.pool, "pooled", lambda own, *, scale, company: (
            scales.append(scale), real(own, scale=scale, company=company)
        )[1],
    )  # fmt: skip
    fresh = planted(made)
    seen_here = DESIGN.evidence(fresh, CLAIM)
    assert scales == [pytest.approx(8 * DESIGN.margin(CLAIM, fresh))]
    assert set(seen_here.teams) == set(fresh.panel["team_id"])


def test_a_team_without_a_say_of_its_own_needs_the_correction_of_the_run(company, undecided):
    team = company.panel["team_id"].iloc[0]
    finding = replace(undecided, q_value=0.2, guard=Guard())
    for weight, verdict in ((0.0, "inconclusive"), (0.5, "supported")):
        found = of_team(DESIGN, CLAIM, company, finding, team, team_estimate(0.04, 0.06, weight))
        assert found.verdict == verdict
    alone = of_team(DESIGN, CLAIM, company, finding, team, team_estimate(0.04, 0.06, 0.0))
    assert alone.reason.template is reasons.NOT_AFTER_CORRECTION


@pytest.mark.parametrize(
    ("low", "high", "guard", "verdict"),
    [
        (0.01, 0.05, Guard(), "supported"),
        (0.01, 0.05, Guard(bias=0.02), "inconclusive"),
        (-0.05, -0.01, Guard(bias=0.005), "contradicted"),
        (-0.05, -0.01, Guard(bias=0.02), "inconclusive"),
        (-0.001, 0.001, Guard(), "negligible"),
        (-0.001, 0.001, Guard(bias=0.02), "inconclusive"),
        (-0.001, 0.001, Guard(room=True), "inconclusive"),
    ],
)
def test_a_teams_interval_survives_the_same(company, undecided, low, high, guard, verdict):
    team = company.panel["team_id"].iloc[0]
    finding = replace(undecided, guard=guard)
    found = of_team(DESIGN, CLAIM, company, finding, team, team_estimate(low, high))
    assert found.verdict == verdict
    assert (found.estimate.low, found.estimate.high) == (low, high)


@pytest.mark.parametrize("side", [1, -1])
def test_what_overturns_a_team_is_read_from_its_own_interval(company, undecided, side, monkeypatch):
    team = company.panel["team_id"].iloc[0]
    evidence = replace(
        DESIGN.evidence(company, CLAIM),
        foresight=Foresight(shift=lambda first: 0.8 * first, driver_sd=2.0, surprise_sd=0.3),
    )
    told = []
    for edge in (0.01, 0.02):
        ends = sorted([side * edge, side * 0.05])
        of_the_team = replace(evidence, teams={team: team_estimate(*ends)})
        monkeypatch.setattr(rep_month.RepEffect, "evidence", lambda *_, it=of_the_team: it)
        found = DESIGN.team(CLAIM, company, replace(undecided, guard=Guard()), team)
        assert found.sensitivity.towards == side
        hours = found.sensitivity.tipping_minutes / 60 / np.log(1.1)
        assert evidence.foresight.bias(hours) == pytest.approx(edge)
        (said,) = [c for c in found.checks if c.name == "robustness"]
        assert said.text == checks.robustness(found.sensitivity).text
        told.append(hours)
    assert told[1] > told[0]


def test_a_teams_own_estimate_is_of_the_same_sum(company):
    spec = DESIGN.spec(company)
    team = company.panel["team_id"].iloc[0]
    own = DESIGN.teams(company).loc[team]
    part = company.panel[company.panel["team_id"] == team].assign(
        group_id=lambda f: f["rep_id"]  # reps as groups, so that the whole panel's code runs
    )
    alone = dynamic.fit(part, replace(spec, peers=(), information=()))
    assert own["value"] == pytest.approx(alone.estimate.value, rel=1e-9)
    assert own["n"] == alone.estimate.n


# The second design and the reaction of the team's hours


def test_a_second_design_confirms_only_what_the_teams_reaction_could_not_have_made(company):
    panel, spec = DESIGN.panel(company), DESIGN.spec(company)
    second = dynamic.fit(panel, dynamic.supply(spec))
    strong = replace(second, estimate=replace(second.estimate, value=0.5, se=0.01))
    still = replace(second.estimate, value=0.0, se=1e-6)
    assert seen.guarded(panel, strong, still)
    assert not seen.guarded(panel, strong, None)
    assert not seen.guarded(panel, strong, replace(still, value=0.1))  # it reacts
    assert not seen.guarded(panel, strong, replace(still, se=50.0))  # it may react as it likes
    weak = replace(second, estimate=replace(second.estimate, value=0.0, se=0.01))
    assert not seen.guarded(panel, weak, still)


def test_the_teams_reaction_is_to_a_month_in_which_all_sold_more(company):
    panel, spec = DESIGN.panel(company), dynamic.supply(DESIGN.spec(company))
    found = dynamic.placebo_lead(panel, spec)
    made = dynamic.design(panel, spec).with_driver_as_outcome()
    fit = dynamic.regress(made)[0]
    assert found.value == pytest.approx(fit.value("revenue_1") + fit.value("peers_revenue_1"))


# Horizon, margin, dose


def test_the_margin_is_one_of_a_realistic_change(company):
    rows = company.panel[company.panel["complete"]].dropna(subset=["coaching_hours"])
    away = [
        x - g["coaching_hours"].mean()
        for _, g in rows.groupby(["rep_id", "team_id"]) for x in g["coaching_hours"]
    ]  # fmt: skip
    units = rows.groupby(["rep_id", "team_id"]).ngroups
    change = math.sqrt(sum(a * a for a in away) / (len(away) - units))
    assert DESIGN.change(company) == pytest.approx(change)
    assert DESIGN.margin(CLAIM, company) == pytest.approx(CLAIM.margin / change)
    often = np.quantile(company.panel["coaching_hours"].dropna(), 0.9)
    assert DESIGN.company(CLAIM, company).guard.reach == pytest.approx(often / change)


def test_a_break_even_is_one_of_an_hour_whatever_the_dose(made):
    priced = planted(made, gross_margin=0.5, manager_hour_cost=60.0)
    finding = DESIGN.company(CLAIM, priced)
    assert finding.guard.reach == 1.0
    assert finding.margin == DESIGN.margin(CLAIM, priced) != CLAIM.margin


@pytest.mark.parametrize(("days", "months"), [(10, 3), (91, 3), (92, 4), (160, 6), (400, 6)])
def test_the_horizon_is_the_sales_cycle_in_months(days, months):
    start = pd.Timestamp("2024-01-05")
    deals = pd.DataFrame(
        {
            "opportunity_id": [str(i) for i in range(5)],
            "owner_id": "R1",
            "created_on": [start] * 5,
            "outcome": ["won"] * 3 + ["lost", "open"],
            "closed_on": [start + pd.Timedelta(days=d) for d in (1, days, 900, 2, 2)],
        }
    )
    assert DESIGN.horizon(company_of({"opportunities": deals})) == months
    assert DESIGN.horizon(company_of({})) == 3


def test_a_longer_horizon_takes_as_many_months_of_hours(made):
    assert DESIGN.spec(planted(made, effects=Effects(horizon_months=5))).lags == 5
    short = planted(made, effects=Effects(horizon_months=12))  # twenty months do not allow it
    assert (DESIGN.spec(short).lags, DESIGN.spec(short).horizon) == (3, 12)


def test_the_table_holds_the_months_and_their_sum(undecided):
    table = undecided.table
    assert table["months_after"].tolist() == [0, 1, 2, 3]
    assert table["summed"].iloc[-1] == pytest.approx(undecided.estimate.value)
    assert table["value"].iloc[1:].sum() == pytest.approx(undecided.estimate.value)


# Pipeline and negative control


def test_the_pipeline_by_looking_at_every_deal_on_every_last_day(whole):
    panel, measures = pipeline.with_pipeline(whole)
    deals = whole.tables["opportunities"]
    value_of = {}
    months = sorted(panel["month"].unique())
    for month in months:
        last = month + pd.offsets.MonthBegin(1)
        due = month + pd.offsets.MonthBegin(2)
        open_then = deals[
            (deals["created_on"] < last)
            & (deals["outcome"].eq("open") | (deals["closed_on"] >= last))
        ]
        for rep, mine in open_then.groupby("owner_id"):
            age = (last - mine["created_on"]).dt.days.mean() / 30.4
            soon = mine.loc[mine["expected_close_on"] < due, "amount"].sum()
            value_of[rep, month] = (len(mine), mine["amount"].sum(), age, soon)
    assert measures == pipeline.MEASURES
    rows = panel.set_index(["rep_id", "month"])
    reps = set(panel["rep_id"])
    known = {k: v for k, v in value_of.items() if k[0] in reps}
    for place, name in enumerate(pipeline.MEASURES):
        money = name.endswith("value")
        scale = np.mean([v[place] for v in value_of.values()]) if money else 1.0
        for key in list(rows.index)[::7]:
            by_hand = known.get(key, (0, 0, 0, 0))[place]
            by_hand = math.sqrt(by_hand / scale) if money else by_hand
            assert rows.loc[key, name] == pytest.approx(by_hand, rel=1e-9, abs=1e-12)
    before = panel.groupby("rep_id")["open_deals"].shift(1)
    gap = panel.groupby("rep_id")["month_index"].diff().eq(1)
    assert (panel.loc[gap, "open_deals_before"] == before[gap]).all()


def test_without_recorded_deals_there_is_no_pipeline(made, company):
    assert pipeline.with_pipeline(company)[1] == ()
    tables = made.tables()
    deals = tables["opportunities"]
    for change in ({"amount": np.nan}, {"created_on": pd.NaT}):
        assert (
            pipeline.with_pipeline(company_of({**tables, "opportunities": deals.assign(**change)}))[
                1
            ]
            == ()
        )
    late = deals[deals["created_on"] > deals["created_on"].quantile(0.8)]
    assert pipeline.with_pipeline(company_of({**tables, "opportunities": late}))[1] == ()
    no_day = deals.assign(expected_close_on=pd.NaT)
    assert pipeline.with_pipeline(company_of({**tables, "opportunities": no_day}))[1] == (
        "open_deals", "open_value", "open_age",
    )  # fmt: skip


def renewing(made, moved):
    """Return tables in which every order has a renewal beside it, moved by hours or not at all."""
    tables = made.tables()
    rng = np.random.default_rng(4)
    orders = tables["orders"]
    share = 0.2 * np.exp(0.3 * rng.normal(size=len(orders)))
    panel = company_of(tables).panel
    before = panel.assign(month=panel["month"] + pd.offsets.MonthBegin(1))
    hours = before.set_index(["rep_id", "month"])["coaching_hours"]
    month = orders["ordered_on"].dt.to_period("M").dt.to_timestamp().astype("datetime64[us]")
    seen_then = hours.reindex(pd.MultiIndex.from_arrays([orders["owner_id"], month])).fillna(3.0)
    amount = 50_000 * share * np.exp(moved * seen_then.to_numpy())
    twin = orders.assign(
        order_id="N" + orders["order_id"], product="Renewal", amount=amount.round(2)
    )
    return {**tables, "orders": pd.concat([orders.assign(product="New"), twin])}


@pytest.mark.parametrize(("moved", "passed"), [(0.0, True), (0.08, False)])
def test_orders_that_coaching_cannot_move(moved, passed):
    plain = invented(8, 20, 5, world="W0")
    control = NegativeControl(products=("Renewal",))
    company = company_of(renewing(plain, moved), negative_control=control)
    check = next(c for c in DESIGN.company(CLAIM, company).checks if c.name == "negative_control")
    assert check.passed is passed
    found = seen.negative_control(company, DESIGN.spec(company))
    assert (found.p_value < 0.05) != passed
    assert passed or found.value > 0


def test_control_orders_that_do_not_exist_say_nothing(whole):
    control = NegativeControl(products=("Nothing",))
    other = company_of(whole.tables, negative_control=control)
    with pytest.raises(NotEstimable, match="Nothing"):
        seen.negative_control(other, DESIGN.spec(other))
