"""The second generator: nothing is nothing, what is planted comes out, and the contract is kept."""

from __future__ import annotations

import time
import tomllib
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from salesdiag import check, load
from salesdiag.calibrate import field
from salesdiag.calibrate.field import Firm, Planted, course, days, make, scene, tables, to_company
from salesdiag.calibrate.field.tables import own_deals
from salesdiag.calibrate.field.tables import settings as company_settings
from salesdiag.calibrate.field.truth import hour_effect, own_deal_effect

SMALL = Firm(teams=4, reps=5, months=12, regions=2)
FULL = replace(
    SMALL, tail=4, region_shock_sd=0.1, hockey=0.2, reorganisations=1, later_in_month=0.5,
    later_in_quarter=0.1, turn=-0.01, k_past=-1.0, k_skill=1.0, k_same=1.0, k_region=2.0,
    k_team=1.0, k_quarter=1.0, foresight=0.4, k_pipeline=0.4, neutral=True, k_fail=1.0,
    exit_rate=0.05, manager_exit=0.05, long_leave=0.3,
)  # fmt: skip
TRUE = Planted(hour=0.02, deal=-0.02, beyond=-0.05)


@pytest.fixture(scope="module")
def full():
    return make(FULL, TRUE, 3)


def frames_equal(one, two):
    assert one.keys() == two.keys()
    for name in one:
        pd.testing.assert_frame_equal(one[name], two[name])


# nothing is true


@pytest.mark.parametrize("firm", [SMALL, FULL, replace(FULL, roster=True, pipeline=False)])
def test_where_nothing_is_true_more_coaching_changes_exactly_nothing(firm):
    made = make(firm, Planted(), 2)
    more = course.relived(made, made.minutes + 60, made.scene.own.sum(axis=2) + 3)
    assert np.array_equal(made.revenue, more.revenue)
    assert (hour_effect(made) == 0.0).all()
    assert own_deal_effect(made, 3) == 0.0
    assert not made.lift.any()


@pytest.mark.parametrize("planted", [TRUE, Planted(hour=0.05, keep=0.9), Planted(deal_next=-0.1)])
def test_no_random_number_depends_on_an_effect(planted):
    null, true = make(FULL, Planted(), 4), make(FULL, planted, 4)
    for name in (f.name for f in fields(null.scene.chances)):
        assert np.array_equal(
            getattr(null.scene.chances, name), getattr(true.scene.chances, name), equal_nan=True
        )
    assert np.array_equal(null.scene.own, true.scene.own)
    assert not np.array_equal(null.revenue, true.revenue)


def test_a_seed_is_a_company():
    frames_equal(tables(make(FULL, TRUE, 5)), tables(make(FULL, TRUE, 5)))
    assert not tables(make(FULL, TRUE, 6))["orders"].equals(tables(make(FULL, TRUE, 5))["orders"])


# the planted truth, by brute force


def by_hand(made):
    """Add up revenue by territory and month in a loop over what may be bought."""
    s, lift = made.scene, by_hand_lift(made)
    total = np.zeros((made.firm.territories, made.firm.span))
    c = s.chances
    for k in range(len(c.day)):
        month, week = s.days.month[c.day[k]], s.days.week[c.day[k]]
        at = c.territory[k], month * 4 + week
        good = np.exp(s.state[at] + lift[at])
        if np.isnan(c.draw[k]):
            total[c.territory[k], month] += c.amount[k] * good
        elif c.draw[k] < min(made.firm.win * good, 0.97):
            total[c.territory[k], month] += c.amount[k]
    return total


def by_hand_lift(made):
    """Return what coaching and own deals do, meeting by meeting and quarter by quarter."""
    s, p = made.scene, made.planted
    territories, weeks = made.minutes.shape
    lift = np.zeros((territories, weeks))
    first = [int(np.nonzero(s.days.block == w)[0][0]) for w in range(weeks)]
    who = s.people.who[:, first]
    for t in range(territories):
        for w in range(weeks):
            hours, month = made.minutes[t, w] / 60, w // 4
            for then in range(w, weeks):
                if who[t, then] != who[t, w] or not hours:
                    continue
                lag = then // 4 - month
                if p.keep:
                    gap = then - w - 1
                    lift[t, then] += p.hour * hours * 4 * (1 - p.keep) * p.keep**gap * (gap >= 0)
                elif lag < len(p.lags):
                    left = 4 - w % 4 if lag == 0 else 4
                    lift[t, then] += p.hour * hours * p.lags[lag] * 4 / left
        for w in range(weeks):
            team, quarter = s.people.team[w // 4, t], s.days.quarter[w // 4]
            now = int(s.own[team, quarter].sum())
            before = int(s.own[team, quarter - 1].sum()) if quarter else 0
            lift[t, w] += p.deal * now + p.beyond * max(now - 1, 0)
            lift[t, w] += p.deal_next * before + p.beyond_next * max(before - 1, 0)
    return lift


@pytest.mark.parametrize(
    "planted",
    [
        Planted(hour=0.03),
        Planted(hour=0.03, lags=(1.0,)),
        Planted(hour=0.03, lags=(0.2, 0.3, 0.0, 0.5), deal=-0.03),
        Planted(hour=0.03, keep=0.8, beyond=-0.1, deal_next=0.02, beyond_next=-0.04),
    ],
)
def test_revenue_is_what_a_loop_over_orders_deals_and_meetings_gives(planted):
    firm = Firm(teams=2, reps=3, months=6, burn=3, regions=1, exit_rate=0.05, k_past=-1.0)
    made = make(firm, planted, 7)
    np.testing.assert_allclose(made.lift, by_hand_lift(made), atol=1e-12)
    np.testing.assert_allclose(made.revenue, by_hand(made), rtol=1e-12)


@pytest.mark.parametrize(
    ("planted", "by_month"),
    [
        (Planted(hour=0.02), {0: 0.0, 1: 0.02, 2: 0.0}),
        (Planted(hour=0.02, lags=(1.0,)), {0: 0.02, 1: 0.0}),
        (Planted(hour=-0.02, lags=(0.0, 0.0, 0.0, 1.0)), {0: 0.0, 2: 0.0, 3: -0.02, 4: 0.0}),
        # 1 - .8 of what is there acts each week: 4 weeks, the first half a month late
        (Planted(hour=0.04, keep=0.8), {6: 0.0003}),
    ],
)
def test_an_hour_comes_to_what_was_planted_when_it_was_planted(planted, by_month):
    made = make(Firm(exit_rate=0.0), planted, 8)
    found = hour_effect(made)
    assert found.sum() == pytest.approx(planted.hour, rel=0.2)
    for lag, value in by_month.items():
        assert found[lag] == pytest.approx(value, abs=0.0025), lag
    if planted.keep:
        assert 0 < found[3] < found[2] < found[1]


@pytest.mark.parametrize(
    ("planted", "deals", "after", "value"),
    [
        (Planted(beyond=-0.15), 1, 0, 0.0),
        (Planted(beyond=-0.15), 3, 0, -0.30),
        (Planted(beyond=-0.15), 3, 1, 0.0),
        (Planted(deal=-0.05), 2, 0, -0.10),
        (Planted(deal=0.05), 2, 0, 0.10),
        (Planted(deal_next=-0.05), 2, 0, 0.0),
        (Planted(deal_next=-0.05), 2, 1, -0.10),
        (Planted(beyond_next=-0.1), 2, 1, -0.10),
    ],
)
def test_own_deals_take_what_was_planted_in_their_quarter(planted, deals, after, value):
    found = own_deal_effect(make(Firm(), planted, 9), deals, after)
    assert found == pytest.approx(value, rel=0.1, abs=1e-12)


def test_coaching_and_own_selling_do_not_touch_each_other():
    alone, both = (
        make(Firm(), p, 10) for p in (Planted(hour=0.03), Planted(hour=0.03, deal=-0.05))
    )
    assert np.array_equal(alone.minutes, both.minutes)
    assert hour_effect(alone).sum() == pytest.approx(hour_effect(both).sum(), abs=0.002)
    sold = make(Firm(), Planted(deal=-0.05), 10)
    assert own_deal_effect(sold, 2) == pytest.approx(own_deal_effect(both, 2), abs=0.005)


# what managers answer to


def hours_of(made):
    return course.monthly(made.minutes) / 60


@pytest.mark.parametrize(
    ("reason", "strength"),
    [("foresight", 0.8), ("foresight", -0.8), ("k_past", 1.5), ("k_same", 2.0), ("k_skill", 2.0)],
)
def test_hours_follow_what_managers_are_said_to_look_at(reason, strength):
    firm = replace(Firm(hours=8.0), **{reason: strength})
    with_reason, without = make(firm, seed=11), make(replace(firm, **{reason: 0.0}), seed=11)
    moved = (hours_of(with_reason) - hours_of(without))[:, 1:-1]
    s = with_reason.scene
    there = scene.present(s.people, s.days, firm.span)
    result = scene.better_than_usual(scene.monthly(s.usual), there)
    half = scene.better_than_usual(s.usual.reshape(len(s.usual), -1, 4)[..., :2].sum(-1), there)
    who = np.maximum(s.people.who[:, s.days.first[:-1]], 0)
    seen = {
        "foresight": result[:, 2:], "k_past": result[:, :-2], "k_same": half[:, 1:-1],
        "k_skill": np.take_along_axis(s.people.skill, who, axis=1)[:, 1:-1],
    }  # fmt: skip
    met = hours_of(without)[:, 1:-1] > 1
    slope = np.polyfit(seen[reason][met], moved[met], 1)[0]
    # a part of the meetings does not take place; half a month's result moves half its hours
    assert 0.6 < slope / strength * (2 if reason == "k_same" else 1) < 1.05


def test_team_neutral_foresight_leaves_the_teams_total():
    rep_wise, neutral = (
        course._known(scene.scene_of(Firm(foresight=0.8, neutral=n), 12)) for n in (False, True)
    )
    s = scene.scene_of(Firm(), 12)
    totals = [
        np.array([[k[s.people.team[m] == g, m].sum() for m in range(20)] for g in range(20)])
        for k in (rep_wise, neutral)
    ]
    assert np.abs(totals[0]).max() > 0.5
    np.testing.assert_allclose(totals[1], 0, atol=1e-9)


def test_managers_sell_more_in_quarters_in_which_their_team_fails():
    firm = Firm(teams=60, k_fail=4.0, team_shock_sd=0.2)
    s = scene.scene_of(firm, 13)
    own, quarters = s.own.sum(axis=2), s.own.shape[1]
    result = np.zeros(own.shape)
    usual = scene.monthly(s.usual)
    for q in range(quarters):
        months = np.nonzero(s.days.quarter == q)[0]
        for g in range(firm.teams):
            result[g, q] = sum(usual[s.people.team[m] == g, m].sum() for m in months)
    y = np.log(result[:, 1:9]) - np.log(result[:, 1:9]).mean(axis=1, keepdims=True)
    y -= y.mean(axis=0)
    assert np.corrcoef(y.ravel(), own[:, 1:9].ravel())[0, 1] < -0.1
    assert own_deal_effect(make(firm, seed=13), 3) == 0.0


def test_the_pipeline_tells_something_of_next_month_and_not_all():
    s = scene.scene_of(Firm(teams=60), 14)
    there = scene.present(s.people, s.days, s.firm.span)
    result = scene.better_than_usual(scene.monthly(s.usual), there)
    shown = scene.better_than_usual(s.shown, there)
    assert 0.1 < np.corrcoef(shown[:, 6:-2].ravel(), result[:, 7:-1].ravel())[0, 1] < 0.7


def test_a_rota_leaves_nothing_to_choose():
    s = scene.scene_of(replace(FULL, roster=True, foresight=0.0), 1)
    assert set(np.unique(course._habit(s))) == {s.firm.hours * share for share in course.ROTA}


# the contract


def test_files_hold_no_problem_and_give_the_panels_of_the_frames(full, tmp_path):
    field.write(full, tmp_path)
    assert check(tmp_path).empty
    by_files, by_frames = load(tmp_path), to_company(full)
    for name in ("panel", "team_panel"):
        pd.testing.assert_frame_equal(getattr(by_files, name), getattr(by_frames, name))
    assert by_files.tables.keys() == tables(full).keys()
    assert by_files.dropped.empty
    # targets are for a whole quarter, also of those who are there for a part of it
    assert set(by_files.unplaced["cause"]) <= {"not_rep_in_month"}
    assert set(by_files.unplaced["table"]) <= {"quotas"}


def test_the_panel_has_what_happened(full):
    panel, s = to_company(full).panel, full.scene
    burn, months = full.firm.burn, full.firm.months
    assert panel["revenue"].sum() == pytest.approx(full.revenue[:, burn : burn + months].sum())
    hours = course.monthly(full.minutes)[:, burn : burn + months] / 60
    assert panel["coaching_hours"].sum() == pytest.approx(hours.sum())
    by_rep = panel.set_index([panel["rep_id"].str[1:5].astype(int), "month_index"])["revenue"]
    by_rep = by_rep.groupby(level=[0, 1]).sum()
    where = tuple(zip(*by_rep.index, strict=True))
    assert by_rep.to_numpy() == pytest.approx(
        full.revenue[list(where[0]), [burn + m for m in where[1]]], abs=0.5
    )
    moved = s.people.team[burn : burn + months]
    assert (moved[0] != moved[-1]).any()


def test_own_deals_are_the_managers_and_nobody_elses(full):
    panel, s = to_company(full).team_panel, full.scene
    assert panel["manager_deals"].sum() == len(own_deals(full))
    quarter = s.days.quarter[full.firm.burn + panel["month_index"]]
    found = panel.groupby(["team_id", quarter])["manager_deals"].sum()
    whole = [q for q in np.unique(quarter) if (quarter == q).sum() == 3 * full.firm.teams]
    for team, number in ((f"T{g + 1:02d}", g) for g in range(full.firm.teams)):
        for q in whole:
            assert found[team, q] == s.own[number, q].sum()


def test_nobody_is_met_while_he_or_his_manager_is_away(full):
    frames = tables(full)
    away = frames["absences"]
    met = frames["coaching"].merge(away, left_on="manager_id", right_on="person_id")
    assert len(away) > 10
    days = [
        (row.person_id, day)
        for row in away.itertuples()
        for day in pd.bdate_range(row.start_on, row.end_on, inclusive="left")
    ]
    assert len(days) == len(set(days))  # nobody is away twice at once
    told = full.scene.days.date[:, None] >= np.datetime64("2025-01-01")
    told &= full.scene.days.date[:, None] < np.datetime64("2026-01-01")
    assert len(days) == (~full.scene.people.leads.T & told).sum()
    assert not ((met["held_on"] >= met["start_on"]) & (met["held_on"] < met["end_on"])).any()
    assert frames["coaching"]["held_on"].dt.day_of_week.max() < 5
    others = frames["coaching"][frames["coaching"]["kind"] != "one_on_one"]
    assert not others.duplicated(["manager_id", "held_on"]).any()


def test_deals_go_through_stages_and_may_slip():
    frames = tables(make(SMALL, seed=3))
    deals, stages = frames["opportunities"], frames["stage_events"]
    closed = deals[deals["outcome"] != "open"]
    assert (closed["closed_on"] >= closed["created_on"]).all()
    won = closed[closed["outcome"] == "won"]
    assert 0.1 < (won["closed_on"] > won["expected_close_on"]).mean() < 0.5
    assert set(stages["stage"]) == {"qualified", "proposal", "negotiation", "won", "lost"}
    last = stages.merge(deals[["opportunity_id", "closed_on"]], on="opportunity_id")
    assert not (last["entered_on"] > last["closed_on"]).any()


def test_a_company_says_when_hours_were_set_by_a_rota(tmp_path):
    made = make(replace(SMALL, roster=True, by_design=True), seed=1)
    field.write(made, tmp_path)
    content = tomllib.loads((tmp_path / "company.toml").read_text("utf-8"))
    assert content == company_settings(made)
    assert content["coaching"] == {"hours_set_by": "roster"}


def test_without_a_recorded_pipeline_there_are_invoices_only():
    company = to_company(make(replace(SMALL, pipeline=False), seed=1))
    assert "opportunities" not in company.tables
    assert company.panel["revenue"].sum() > 0
    assert company.team_panel["manager_deals"].sum() > 0


def test_closing_drifts_later_where_it_is_said_to():
    def mean_day(firm):
        orders = tables(make(firm, seed=2))["orders"]["ordered_on"]
        late = orders[orders.dt.year == orders.dt.year.max()]
        return late.dt.day.mean()

    assert mean_day(Firm(later_in_month=1.0)) > mean_day(Firm()) + 2


def test_data_may_end_within_a_month(tmp_path):
    whole, cut = (tables(make(replace(SMALL, cut=c), seed=4)) for c in (0, 14))
    last = pd.Timestamp("2025-12-17")
    for name, day in (("orders", "ordered_on"), ("coaching", "held_on")):
        assert cut[name][day].max() <= last
        assert len(cut[name]) == (whole[name][day] <= last).sum()
    deals = cut["opportunities"].set_index("created_on")
    assert not (deals["closed_on"] > last).any()
    assert (deals["outcome"] == "open").sum() > 10
    field.write(make(replace(SMALL, cut=14), seed=4), tmp_path)
    assert check(tmp_path).empty


def test_working_weeks_divide_months():
    found = days.days_of(SMALL)
    for month in range(SMALL.span):
        weeks = found.week[found.month == month]
        assert set(weeks) == {0, 1, 2, 3}
        assert np.bincount(weeks).min() >= 5 - 1
    assert str(found.starts[SMALL.burn]) == "2025-01-01"
    assert str(found.starts[-2]) == "2026-01-01"


def test_declarations_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="months below 6, win outside 0 to 1"):
        Firm(months=2, win=2.0)
    with pytest.raises(ValueError, match="sum to 1"):
        Planted(hour=0.1, lags=(0.5, 0.1))


def test_making_a_company_costs_less_than_reading_it():
    made = make(Firm(), TRUE, 1)
    start = time.process_time()
    for seed in (2, 3):
        make(Firm(), TRUE, seed)
    simulated = time.process_time() - start
    start = time.process_time()
    company = to_company(made)
    assert len(company.panel) > 3000
    assert len(company.team_panel) == 480
    assert simulated / 2 < time.process_time() - start
