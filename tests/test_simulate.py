"""Planted companies: what was planted is there, and nothing else is."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from salesdiag.simulate import (
    DEMO_EFFECTS,
    WORLDS,
    Truth,
    World,
    draws,
    plant,
    simulate,
    true_effect,
    true_review_effect,
)

SMALL = {"teams": 5, "months": 9}
BUSY = replace(WORLDS["demo"], teams=6, months=14, manager_exit=0.06, exit_rate=0.05, transfer=0.4)
ARRAYS = ("revenue", "active", "quota", "discovery", "proposals", "contacts")


@pytest.fixture(scope="module")
def busy():
    return simulate(plant(DEMO_EFFECTS), BUSY, 4)


@pytest.fixture(scope="module")
def tables(busy):
    return busy.tables()


def told(company, array):
    return array[company.world.burn :]


def same_sales(a, b) -> bool:
    return all(np.array_equal(getattr(a.sales, n), getattr(b.sales, n)) for n in ARRAYS)


# --- random numbers ---------------------------------------------------------------------------


@pytest.mark.parametrize("mean", [0.0, 0.05, 1.0, 7.3, 60.0, 400.0])
def test_poisson_inverts_its_distribution(mean):
    u = draws.stream(5, "log").random(2000)
    assert np.array_equal(draws.poisson(u, mean), stats.poisson.ppf(u, mean) if mean else 0 * u)


@pytest.mark.parametrize(("n", "p"), [(0, 0.5), (1, 0.3), (40, 0.35), (60, 0.95), (15, 0.0)])
def test_binomial_inverts_its_distribution(n, p):
    u = draws.stream(6, "log").random(2000)
    expected = stats.binom.ppf(u, n, p).clip(0)
    assert np.array_equal(draws.binomial(u, np.full(2000, n), p), expected)


def test_inverse_counts_are_monotone_at_the_very_end():
    ends = np.array([0.0, 1 - 2**-53])
    low, high = draws.poisson(ends, 5.0)
    assert low == 0
    assert 20 < high < 100
    assert draws.binomial(ends, np.array([10, 10]), 0.5).tolist() == [0, 10]
    with pytest.raises(ValueError, match="too large"):
        draws.poisson(ends, 1e6)


def test_streams_differ_between_mechanisms_and_seeds():
    first = {draws.stream(1, m).random() for m in draws.MECHANISMS}
    assert len(first) == len(draws.MECHANISMS)
    assert draws.stream(2, "log").random() not in first


# --- truth by paired re-simulation ------------------------------------------------------------


@pytest.mark.parametrize("name", WORLDS)
def test_nothing_is_true_in_a_null_company(name):
    world = replace(WORLDS[name], **SMALL)
    for added in ("hours", "deals", "late", "plans"):
        assert true_effect(Truth(), world, 3, **{added: 1.0}) == 0.0
    assert true_review_effect(Truth(), world, 3) == 0.0


@pytest.mark.parametrize(
    ("slug", "added", "planted", "expected"),
    [
        ("development-plan", "plans", 0.06, 0.06),
        ("three-month-handover", "late", 0.04, -0.04),
        ("kpi-rhythm", "review", 0.2, 0.2),
    ],
)
def test_plans_handovers_and_reviews_are_worth_what_was_planted(slug, added, planted, expected):
    truth, world = plant({slug: planted}), WORLDS["promotions"]
    if added == "review":
        effect = true_review_effect(truth, world, 7, companies=4)
    else:
        effect = true_effect(truth, world, 7, companies=4, **{added: 1.0})
    assert effect == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("name", ["random", "demo"])
def test_a_planted_hour_is_worth_what_was_planted(name):
    effect = true_effect(Truth(coach=0.02), WORLDS[name], hours=1.0, companies=12)
    assert effect == pytest.approx(0.02, rel=0.03)


@pytest.mark.parametrize(
    ("effects", "beyond", "expected"),
    [
        ({"selling-helps": 0.03}, None, 0.03),
        ({"selling-hurts": 0.03}, None, -0.03),
        ({"one-deal-a-quarter": 0.04}, True, -0.04),
        ({"one-deal-a-quarter": 0.04}, False, 0.0),
    ],
)
def test_a_planted_own_deal_is_worth_what_was_planted(effects, beyond, expected):
    effect = true_effect(
        plant(effects), WORLDS["demo"], 40, deals=1.0, beyond_knot=beyond, companies=12
    )
    assert effect == pytest.approx(expected, rel=0.05, abs=1e-12)


def test_coaching_carries_over_and_wears_off():
    world = replace(World(), teams=5, exit_rate=0.0, manager_exit=0.0)
    theta = [
        simulate(truth, world, 2, add_hours=hours).course.theta
        for truth in (
            Truth(coach=0.02),
            Truth(coach=0.02, coach_decay=0.5),
            Truth(coach=0.02, coach_saturation=1.0),
        )
        for hours in (0.0, 1.0)
    ]
    once, kept, worn = (theta[i + 1] - theta[i] for i in (0, 2, 4))
    assert once[1:] == pytest.approx(0.02)
    assert once[0] == pytest.approx(0.0)
    assert kept[-1] == pytest.approx(0.04, rel=1e-3)  # 0.02 / (1 - 0.5)
    assert 0 < worn[1:].mean() < 0.01


def test_an_added_hour_changes_no_decision():
    truth, world = Truth(coach=0.05, own_deal_low=0.1), replace(WORLDS["demo"], teams=6)
    plain = simulate(truth, world, 8)
    more = simulate(truth, world, 8, add_hours=3.0, add_deals=2.0)
    for name in ("person", "hours", "own", "manager", "kpi"):
        assert np.array_equal(getattr(plain.course, name), getattr(more.course, name)), name
    assert (more.course.theta[3:] > plain.course.theta[3:]).mean() > 0.9


def test_true_effect_needs_one_thing_to_add():
    for wrong in ({}, {"hours": 1.0, "deals": 1.0}):
        with pytest.raises(ValueError, match="either"):
            true_effect(Truth(), World(), **wrong)


# --- pairing: a mechanism leaves the numbers of the others alone ------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"log_miss": 0.3},
        {"log_empty": 0.4, "log_mnar": 0.3},
        {"log_noise": 0.5, "log_heap": 30},
        {"halo": 1.0},
        {"time_split": (0.1, 0.1, 0.4, 0.4)},
    ],
)
def test_what_is_logged_changes_nothing_that_happens(change):
    world = replace(World(), **SMALL)
    plain, other = (simulate(Truth(coach=0.02), w, 5) for w in (world, replace(world, **change)))
    assert same_sales(plain, other)
    assert np.array_equal(plain.course.hours, other.course.hours)
    before, after = plain.panel(), other.panel()
    sales = [c for c in before if c not in ("coaching_hours", "one_on_ones")]
    pd.testing.assert_frame_equal(before[sales], after[sales])
    if "log_miss" in change or "log_empty" in change:
        gone = after["coaching_hours"].isna()
        assert gone.mean() > before["coaching_hours"].isna().mean() + 0.1
        pd.testing.assert_series_equal(
            after.loc[~gone, "coaching_hours"], before.loc[~gone, "coaching_hours"]
        )


@pytest.mark.parametrize(
    "change", [{"k_seen": 0.8}, {"k_shock": 0.8}, {"k_ability": 0.8}, {"k_team": 0.8}]
)
def test_who_is_coached_matters_only_through_coaching(change):
    world = replace(World(), **SMALL)
    plain, other = (simulate(Truth(), w, 5) for w in (world, replace(world, **change)))
    assert same_sales(plain, other)
    assert not np.allclose(plain.course.hours, other.course.hours)


@pytest.mark.parametrize(
    ("truth", "moves"),
    [
        ({"coach": 0.05}, "revenue"),
        ({"coach_quality": 0.3}, "revenue"),
        ({"own_deal_low": 0.1}, "revenue"),
        ({"own_deal_high": -0.1}, "revenue"),
        ({"manager_quality": 0.1}, "revenue"),
        ({"climate": 0.1}, "revenue"),
        ({"clarity": 0.1}, "revenue"),
        ({"behaviours": (0.1,) + (0.0,) * 11}, "revenue"),
        ({"kpi_review": 0.5}, "discovery"),
        ({"imitate": 0.3}, "contacts"),
        ({"satisfaction": 1.0}, "accounts"),
        ({"cliff_ratio": 8.0}, "person"),
        ({"csat": 1.0}, "revenue"),
        ({"plan": 0.3}, "revenue"),
        ({"late_handover": -0.1}, "revenue"),
        ({"value_case": 1.0}, "won"),
        ({"precall": 1.0}, "won"),
        ({"debrief": 1.0}, "won"),
        ({"rescue": 1.0}, "won"),
        ({"focus": 1.0}, "won"),
        ({"discount": 1.0}, "won"),
        ({"one_on_one": 1.0}, "cycle"),
    ],
)
def test_each_switch_moves_its_own_thing(truth, moves):
    world = replace(World(), teams=8, kpi_share=1.0, transfer=0.0, manager_exit=0.05)
    world = replace(world, handover_months=8.0, promote=1.0)
    a, b = simulate(Truth(), world, 6), simulate(Truth(**truth), world, 6)
    got = {
        name: bool(np.array_equal(x, y))
        for name, x, y in (
            ("person", a.course.person, b.course.person),
            ("accounts", a.course.setup.book.size, b.course.setup.book.size),
            ("theta", a.course.theta, b.course.theta),
            ("hours", a.course.hours, b.course.hours),
            ("discovery", a.sales.discovery, b.sales.discovery),
            ("contacts", a.sales.contacts, b.sales.contacts),
            ("revenue", a.sales.revenue, b.sales.revenue),
            ("won", a.sales.deals.won, b.sales.deals.won),
            ("cycle", a.sales.deals.cycle, b.sales.deals.cycle),
        )
    }
    assert not got[moves]
    if moves in ("won", "cycle", "contacts"):
        assert [name for name, equal in got.items() if not equal] == [moves]
    elif moves != "person":
        assert got["person"]
        assert got["hours"]
    if moves == "won":
        assert told(b, b.sales.deals.won).sum() > told(a, a.sales.deals.won).sum()
    if moves == "cycle":
        assert b.sales.deals.cycle.mean() < a.sales.deals.cycle.mean()


def test_star_sellers_become_star_managers_only_where_it_was_planted():
    def correlation(star):
        setups = [simulate(Truth(star=star), World(teams=200, months=4), s).course.setup
                  for s in range(2)]  # fmt: skip
        return np.corrcoef(
            np.concatenate([s.prior.ravel() for s in setups]),
            np.concatenate([s.leadership.ravel() for s in setups]),
        )[0, 1]

    assert abs(correlation(0.0)) < 0.08
    assert correlation(0.9) > 0.5


def test_the_same_seed_gives_the_same_company_and_another_another(busy, tables):
    again = simulate(plant(DEMO_EFFECTS), BUSY, 4)
    pd.testing.assert_frame_equal(busy.panel(), again.panel())
    for name, table in again.tables().items():
        pd.testing.assert_frame_equal(table, tables[name])
    assert not simulate(plant(DEMO_EFFECTS), BUSY, 5).panel().equals(busy.panel())


# --- who is coached, what misleads ------------------------------------------------------------


def past_shock(company):
    """Return last month's surprise in log revenue and this month's hours, within rep and month."""
    panel = company.panel().assign(y=lambda d: np.log(d["revenue"]))
    panel = panel[panel["days_present"] == 1]
    panel["before"] = panel.groupby("rep_id")["y"].shift()
    panel = panel.dropna(subset=["before", "coaching_hours"])
    hours = np.log(panel["coaching_hours"] + 0.1)
    both = pd.DataFrame({"y": panel["before"], "h": hours})
    both -= both.groupby(panel["rep_id"]).transform("mean")
    both -= both.groupby([panel["team_id"], panel["month"]]).transform("mean")
    return both["y"].corr(both["h"])


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("random", -0.06, 0.06),
        ("strugglers", -1.0, -0.3),
        ("winners", 0.3, 1.0),
        ("demo", -1.0, -0.3),
        ("W2", -1.0, -0.3),
        ("W0", -0.06, 0.06),
    ],
)
def test_who_is_coached(name, low, high):
    assert low < past_shock(simulate(Truth(), WORLDS[name], 7)) < high


def test_weak_reps_good_teams_and_struggling_teams_are_coached_where_the_world_says():
    weak = simulate(Truth(), World(k_ability=0.8, exit_rate=0.0), 1).course
    assert np.corrcoef(weak.ability[0], weak.hours.mean(0))[0, 1] < -0.4
    assert abs(np.corrcoef(*_level_and_quality(0.0))[0, 1]) < 0.15
    assert np.corrcoef(*_level_and_quality(0.8))[0, 1] > 0.7
    calm, busy = (
        simulate(Truth(), World(teams=40, k_team=k, k_sell=k), 3).course for k in (0.0, 1.0)
    )
    trouble = _team_mean(calm, calm.theta - calm.theta.mean(0))[:-1]
    for values in ("hours", "own"):
        change = [
            np.corrcoef(
                trouble.ravel(),
                (_team_mean(c, c.hours) if values == "hours" else c.own)[1:].ravel(),
            )[0, 1]
            for c in (calm, busy)
        ]
        assert change[1] < change[0] - 0.1, values


def _level_and_quality(confounding):
    world = World(teams=300, months=4, confounding=confounding)
    setup = simulate(Truth(), world, 2).course.setup
    return setup.coach_level[:, 0], setup.quality_of_team


def _team_mean(course, values):
    team = course.setup.team
    return np.stack([np.bincount(team, v) / np.bincount(team) for v in values])


def test_those_who_struggle_leave_where_the_world_says():
    def gap(selection):
        course = simulate(Truth(), World(exit_rate=0.03, exit_selection=selection), 3).course
        gone = np.array([p.left is not None for p in course.people])
        ability = np.array([p.ability for p in course.people])
        reps = np.unique(course.person)
        return ability[reps][gone[reps]].mean() - ability[reps][~gone[reps]].mean()

    assert gap(1.5) < -0.1
    assert abs(gap(0.0)) < 0.08


def test_the_naive_correlation_has_the_wrong_sign_in_the_demo_world():
    panel = simulate(Truth(coach=0.02), WORLDS["demo"], 1).panel()
    means = panel.groupby("rep_id")[["coaching_hours", "revenue"]].mean().dropna()
    assert means["coaching_hours"].corr(np.log(means["revenue"])) < -0.1


# --- moments ----------------------------------------------------------------------------------


def test_moments_are_those_declared():
    world = World(teams=150, exit_rate=0.03, exit_selection=0.7, manager_exit=0.0)
    company = simulate(Truth(), world, 12)
    course, panel = company.course, company.panel()
    seats = course.person.shape[1]
    assert course.ability[0].std() == pytest.approx(0.30, rel=4 / np.sqrt(2 * seats))
    leavers = sum(
        p.left is not None and p.left > world.burn for p in course.people[: len(course.people)]
    )
    rate = leavers / (seats * (world.months - 1))
    se = np.sqrt(0.03 / (seats * world.months))
    assert rate == pytest.approx(0.03, abs=6 * se)
    expected = world.own_deals * (1 - world.own_none) * np.exp(world.own_sd_month**2 / 2)
    assert course.own.mean() == pytest.approx(expected, rel=0.25)
    assert (course.setup.own_rate == 0).mean() == pytest.approx(0.2, abs=0.08)
    assert panel["accounts_assigned"].mean() == pytest.approx(world.base, rel=0.1)
    assert panel["active_share"].mean() == pytest.approx(world.active, rel=0.15)
    full = panel[panel["days_present"] == 1]
    log_revenue = np.log(full["revenue"])
    assert 0.35 < log_revenue.std() < 0.65
    assert panel["coaching_hours"].mean() == pytest.approx(3.3, rel=0.15)
    hit = panel["revenue"].sum() / panel["quota"].sum()
    assert 0.8 < hit < 1.25


def test_satisfaction_keeps_clients_where_it_was_planted():
    book = simulate(Truth(satisfaction=1.0), World(lose=0.03), 3).course.setup.book
    months = 30
    was = (book.born < 0) & (book.lost < 10**6)
    stayed = book.lost >= months
    happy = book.satisfaction > 0
    assert stayed[was & happy].mean() > stayed[was & ~happy].mean() + 0.2


def test_arrays_of_a_company_are_quick():
    simulate(Truth(), World(), 1).panel()
    best = np.inf
    for seed in range(3):
        start = time.perf_counter()
        simulate(Truth(coach=0.01), WORLDS["demo"], seed).panel()
        best = min(best, time.perf_counter() - start)
    assert best < 1.0


# --- what was simulated stays so --------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "seed", "effects", "revenue", "wins", "hours", "own"),
    [
        ("demo", 1, {"coaching-hours": 0.01}, 53649258.65, 3692, 11549.1667, 1219175.24),
        ("W2b", 2, {}, 64658106.35, 4708, 13649.4167, 1692085.61),
        ("W8", 3, {}, 62721306.54, 4620, 12929.6667, 600506.82),
        ("adverse", 1, {"coaching-hours": 0.01}, 63007345.97, 4262, 13295.5, 1098273.5),
    ],
)
def test_companies_are_those_of_earlier_versions(name, seed, effects, revenue, wins, hours, own):
    company = simulate(plant(effects), WORLDS[name], seed)
    panel, teams = company.panel(), company.team_panel()
    assert panel["revenue"].sum() == pytest.approx(revenue, rel=1e-7)
    assert panel["wins"].sum() == wins
    assert panel["coaching_hours"].sum() == pytest.approx(hours, rel=1e-6)
    assert teams["manager_revenue"].sum() == pytest.approx(own, rel=1e-7)
