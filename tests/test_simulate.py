"""Planted companies: what was planted is there, nothing else is, and tables agree with panels."""

from __future__ import annotations

import json
import time
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from salesdiag.panel import rep_months, team_months
from salesdiag.schema import DTYPES, RANGES, TABLE
from salesdiag.settings import Settings
from salesdiag.simulate import (
    DEMO_EFFECTS,
    EFFECTS,
    WORLDS,
    Truth,
    World,
    demo,
    draws,
    find_world,
    names,
    plant,
    simulate,
    true_effect,
)

ROOT = Path(__file__).resolve().parent.parent
SMALL = {"teams": 5, "months": 9}
BUSY = replace(WORLDS["demo"], teams=6, months=14, manager_exit=0.06, exit_rate=0.05, transfer=0.4)
WINDOW = Settings(data_from="2024-11-01", data_to="2025-12-31")
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


@pytest.mark.parametrize("name", ["demo", "random", "adverse", "W2", "W8"])
def test_nothing_is_true_in_a_null_company(name):
    world = replace(WORLDS[name], **SMALL)
    assert true_effect(Truth(), world, 3, hours=1.0) == 0.0
    assert true_effect(Truth(), world, 3, deals=1.0) == 0.0


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
        ({"precall": 1.0}, "won"),
        ({"debrief": 1.0}, "won"),
        ({"rescue": 1.0}, "won"),
        ({"focus": 1.0}, "won"),
        ({"discount": 1.0}, "won"),
        ({"one_on_one": 1.0}, "cycle"),
    ],
)
def test_each_switch_moves_its_own_thing(truth, moves):
    world = replace(World(), teams=8, kpi_share=1.0, transfer=0.0)
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


# --- tables -----------------------------------------------------------------------------------


def test_panels_are_what_the_tables_say(busy, tables):
    panel = rep_months(tables, WINDOW)
    pd.testing.assert_frame_equal(busy.panel(), panel, rtol=1e-9, atol=1e-6)
    teams = team_months(panel, tables, WINDOW)
    pd.testing.assert_frame_equal(busy.team_panel(), teams, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        {"kpi_share": 0.0, "own_deals": 0.0, "log_miss": 1.0, "exit_rate": 0.0},
        {"log_heap": 60, "coach_hours": 0.3, "log_empty": 0.5},
        {"coach_hours": 14.0, "log_heap": 1, "reps_min": 9, "reps_max": 9},
        {"sd_shock": 0.0, "sd_ability": 0.0, "sd_team_shock": 0.0, "exit_rate": 0.2},
        {"base": 5.0, "active": 0.05, "lose": 0.5},
        {"teams": 1, "months": 4, "reps_min": 2, "reps_max": 2, "transfer": 1.0, "regions": 9},
        {"last_month": "2024-02"},
    ],
)
def test_panels_agree_with_tables_in_strange_worlds_too(change):
    world = replace(World(teams=3, months=8), **change)
    company = simulate(Truth(coach=0.02), world, 9)
    tables = company.tables()
    first, last = company.roster.first[world.burn], company.roster.first[-1] - 1
    window = Settings(data_from=str(first), data_to=str(last))
    panel = rep_months(tables, window)
    pd.testing.assert_frame_equal(company.panel(), panel, rtol=1e-9, atol=1e-6)
    teams = team_months(panel, tables, window)
    pd.testing.assert_frame_equal(company.team_panel(), teams, rtol=1e-9, atol=1e-6)


def test_every_table_keeps_the_contract(tables):
    assert set(tables) == set(TABLE)
    for name, frame in tables.items():
        table = TABLE[name]
        assert list(frame) == [c.name for c in table.columns if c.name in frame]
        assert len(frame), name
        assert not frame.duplicated().any(), name
        if table.key:
            assert not frame.duplicated(list(table.key)).any(), name
        for a, b in table.ordered:
            both = frame[[a, b]].dropna()
            assert (both[a] <= both[b]).all(), (name, a, b)
        for column in table.columns:
            if column.name in frame:
                _keeps(frame[column.name], column, tables)
            else:
                assert not column.required, (name, column.name)


def _keeps(values, column, tables):
    assert str(values.dtype) == DTYPES[column.kind], column
    present = values.dropna()
    assert not column.filled or len(present) == len(values), column
    if column.choices:
        assert set(present) <= set(column.choices), column
    if column.kind in RANGES:
        low, high = RANGES[column.kind]
        assert present.between(low, high).all(), column
    if column.kind == "date":
        assert (present == present.dt.normalize()).all(), column
    if column.refers_to:
        known = set()
        for target in column.refers_to.split():
            table, _, key = target.partition(".")
            known |= set(tables[table][key])
        assert set(present) <= known, column


def test_nobody_is_in_two_places_and_every_team_always_has_a_manager(tables):
    rows = tables["assignments"].sort_values(["person_id", "start_on"])
    end = rows["end_on"].fillna(pd.Timestamp("2262-01-01"))
    following = rows.groupby("person_id")["start_on"].shift(-1)
    assert not (following < end).any()
    managers = rows[rows["role"] == "manager"].sort_values(["team_id", "start_on"])
    nexts = managers.groupby("team_id")["start_on"].shift(-1)
    assert (managers["end_on"].dropna() == nexts.dropna()).all()
    assert managers.groupby("team_id")["end_on"].apply(lambda d: d.isna().sum()).eq(1).all()
    roles = rows.groupby("person_id")["role"].nunique()
    teams = rows[rows["role"] == "rep"].groupby("person_id")["team_id"].nunique()
    assert (roles > 1).any(), "nobody was promoted"
    assert (teams > 1).any(), "nobody moved"
    assert len(managers) > len(tables["teams"]), "no manager left"


def test_people_work_only_while_they_are_there(tables):
    spells = tables["assignments"]
    end = spells["end_on"].fillna(pd.Timestamp("2262-01-01"))
    left = tables["people"].set_index("person_id")["left_on"]
    joined = spells.assign(until=end).merge(
        tables["orders"].groupby(["owner_id", "ordered_on"], as_index=False)["amount"].sum(),
        left_on="person_id",
        right_on="owner_id",
    )
    inside = joined["ordered_on"].between(joined["start_on"], joined["until"], inclusive="left")
    days = tables["orders"][["owner_id", "ordered_on"]].drop_duplicates()
    assert inside.sum() == len(days)
    last = spells.groupby("person_id")["end_on"].max()
    gone = left.dropna()
    assert (last[gone.index] == gone + pd.Timedelta(days=1)).all()


def test_orders_add_up_to_revenue_and_go_to_clients_of_their_owner(busy, tables):
    orders = tables["orders"]
    reps = orders[orders["owner_id"].isin(busy.panel()["rep_id"])]
    month = reps["ordered_on"].dt.to_period("M")
    sums = reps.groupby(["owner_id", month])["amount"].sum()
    panel = busy.panel().set_index(["rep_id", "month"])["revenue"]
    promoted = set(busy.team_panel()["manager_id"])
    checked = 0
    for (owner, period), amount in sums.items():
        if owner not in promoted:
            assert amount == pytest.approx(panel[owner, period.to_timestamp()], abs=0.005)
            checked += 1
    assert checked > 400
    owned = tables["account_owners"]
    until = owned["end_on"].fillna(pd.Timestamp("2262-01-01"))
    both = orders.merge(owned.assign(until=until), on=["account_id", "owner_id"])
    held = both["ordered_on"].between(both["start_on"], both["until"], inclusive="left")
    assert both.loc[held, "order_id"].nunique() == len(orders)
    assert (orders["amount"] > 0).all()
    assert (orders["list_amount"] >= orders["amount"] - 1).all()
    assert (orders["margin"] < orders["amount"]).all()


def test_a_managers_own_deals_are_orders_too_and_never_the_teams_revenue(busy, tables):
    teams = busy.team_panel()
    assert teams["manager_deals"].sum() > 5
    total = tables["orders"]["amount"].sum()
    assert total == pytest.approx(teams["revenue"].sum() + teams["manager_revenue"].sum())
    won = tables["opportunities"].query("outcome == 'won'")
    own = won[won["owner_id"].isin(teams["manager_id"]) & won["account_id"].str.startswith("M")]
    assert own["amount"].sum() == pytest.approx(teams["manager_revenue"].sum())
    assert len(own) == teams["manager_deals"].sum()


def test_coaching_contacts_add_up_to_the_hours_and_group_sessions_count_once(busy, tables):
    contacts = tables["coaching"]
    group = contacts[contacts["kind"] == "training"]
    single = contacts[contacts["kind"] != "training"]
    alike = single[single["kind"] != "one_on_one"]  # which are never taken for a group's
    assert not alike.duplicated(["manager_id", "held_on", "kind", "minutes"]).any()
    size = group.groupby(["manager_id", "held_on"])["rep_id"].transform("nunique")
    assert (group["minutes"] == 10 * size).all()
    assert size.max() > 3
    parts = pd.concat([single, group.assign(minutes=group["minutes"] / size)])
    parts = parts.assign(month=parts["held_on"].dt.to_period("M").dt.to_timestamp())
    sums = parts.groupby(["rep_id", "month"])["minutes"].agg(lambda m: m.sum(skipna=False))
    panel = busy.panel().set_index(["rep_id", "month"])["coaching_hours"]
    both = pd.DataFrame({"h": panel, "m": sums / 60})
    assert both["h"].isna().sum() > 20
    known = both.dropna(subset=["h"])
    assert known["h"].to_numpy() == pytest.approx(known["m"].fillna(0).to_numpy())
    assert both.loc[both["h"].isna(), "m"].isna().all()
    assert (single["minutes"].dropna() % 5 == 0).all()


def test_deals_have_a_life_in_the_right_order(tables):
    deals = tables["opportunities"]
    for date in ("manager_joined_on", "pre_call_on"):
        there = deals.dropna(subset=[date])
        assert len(there) > 50
        assert (there[date] >= there["created_on"]).all()
        assert (there[date] <= there["closed_on"]).all()
    still = deals["outcome"] == "open"
    assert still.sum() > 10
    assert deals.loc[still, "closed_on"].isna().all()
    assert (deals.loc[still, "created_on"] <= pd.Timestamp("2025-12-31")).all()
    assert deals.loc[~still, "closed_on"].notna().all()
    assert deals["competitor"].notna().mean() > 0.3
    events = tables["stage_events"].merge(deals, on="opportunity_id")
    assert (events["entered_on"] >= events["created_on"]).all()
    closing = events[events["stage"].isin(["won", "lost"])]
    assert (closing["entered_on"] == closing["closed_on"]).all()
    assert len(closing) == (~still).sum()
    order = events.groupby("opportunity_id")["entered_on"].agg(lambda d: d.is_monotonic_increasing)
    assert order.all()


def test_nothing_is_dated_after_the_last_month(tables):
    planned = {"expected_close_on"}
    for name, frame in tables.items():
        for column in frame.select_dtypes("datetime"):
            if column not in planned:
                assert not (frame[column] > pd.Timestamp("2026-01-01")).any(), (name, column)


def test_names_are_invented_in_several_scripts():
    people = [names.person(i) for i in range(360)]
    assert len(set(people)) == 360
    text = "".join(people)
    for letters in ("Łż", "ЩФ", "مگ"):
        assert set(letters) & set(text), letters
    teams = [names.team(i) for i in range(45)]
    assert len(set(teams)) == 45
    assert len({names.region(i) for i in range(20)}) == 20


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


# --- declarations -----------------------------------------------------------------------------


def test_a_truth_by_default_is_none():
    neutral = {"own_deal_knot": 1.0, "cliff_month": 18, "cliff_ratio": 1.0}
    for field in fields(Truth):
        value = getattr(Truth(), field.name)
        assert value == neutral.get(field.name, (0.0,) * 12 if field.name == "behaviours" else 0.0)


def test_effects_are_planted_where_they_belong():
    assert plant(None) == plant({}) == Truth()
    assert plant({"coaching-hours": 0.02}).coach == 0.02
    helps, hurts = plant({"selling-helps": 0.03}), plant({"selling-hurts": 0.03})
    assert (helps.own_deal_low, helps.own_deal_high) == (0.03, 0.03)
    assert (hurts.own_deal_low, hurts.own_deal_high) == (-0.03, -0.03)
    one = plant({"one-deal-a-quarter": 0.04, "coaching-hours": 0.01})
    assert (one.own_deal_low, one.own_deal_high, one.coach) == (0.0, -0.04, 0.01)


@pytest.mark.parametrize(
    ("effects", "says"),
    [
        ({"coaching-hour": 0.02}, "coaching-hour.*Allowed are coaching-hours"),
        ({"a": 1, "b": 2, "coaching-hours": 0.1}, "a and b"),
        ({"": 0.1}, "Allowed"),
        ({3: 0.1}, "Allowed"),
        ({"coaching-hours": float("nan")}, "nan"),
        ({"coaching-hours": float("inf")}, "inf"),
        ({"coaching-hours": 1e300}, "between"),
        ({"coaching-hours": -2}, "between"),
        ({"coaching-hours": True}, "between"),
        ({"coaching-hours": "0.02"}, "between"),
        ({"coaching-hours": None}, "between"),
        ({"selling-helps": 0.1, "selling-hurts": 0.1}, "only one"),
        ({"selling-helps": 0.1, "one-deal-a-quarter": 0.1}, "only one"),
        ({"../../etc": 0.1}, "Allowed"),
    ],
)
def test_hostile_effects_are_refused_and_nothing_is_written(effects, says, tmp_path):
    with pytest.raises(ValueError, match=says):
        demo(tmp_path / "x", effects=effects)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"world": "paradise"}, "demo.*W9"),
        ({"teams": 0}, "teams"),
        ({"teams": 2.5}, "teams"),
        ({"teams": True}, "teams"),
        ({"reps": 1}, "reps_min"),
        ({"reps": 10**6}, "reps_min"),
        ({"months": 3}, "months"),
        ({"seed": -1}, "seed"),
        ({"seed": "1"}, "seed"),
        ({"world": "null", "effects": {"coaching-hours": 0.02}}, "Nothing is true"),
    ],
)
def test_impossible_companies_are_refused_and_nothing_is_written(arguments, says, tmp_path):
    with pytest.raises(ValueError, match=says):
        demo(tmp_path / "x", **arguments)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Truth(coach=float("nan")),
        lambda: Truth(behaviours=(0.1,)),
        lambda: Truth(behaviours=(float("inf"),) * 12),
        lambda: Truth(coach_decay=1.5),
        lambda: Truth(star=-2.0),
        lambda: World(rho_shock=1.0),
        lambda: World(log_miss=1.2),
        lambda: World(sd_shock=-1.0),
        lambda: World(base=float("inf")),
        lambda: World(reps_min=8, reps_max=7),
    ],
)
def test_impossible_declarations_are_refused(wrong):
    with pytest.raises(ValueError, match=r"must|needs"):
        wrong()


@pytest.mark.parametrize("name", WORLDS)
def test_every_world_gives_a_company(name):
    world = replace(find_world(name), **SMALL)
    panel = simulate(Truth(), world, 2).panel()
    assert panel["team_id"].nunique() == 5
    assert panel["month"].nunique() == 9
    assert panel["month"].max() == pd.Timestamp("2025-12-01")
    assert panel["coaching_hours"].notna().mean() > 0.5


# --- a company on disk ------------------------------------------------------------------------


def read(folder: Path) -> dict[str, pd.DataFrame]:
    return {p.stem: pd.read_parquet(p) for p in sorted(folder.glob("*.parquet"))}


def small_demo(dest: Path, **more) -> Path:
    return demo(dest, **{"teams": 2, "reps": 5, "months": 6, **more})


def test_a_demo_is_the_company_and_its_truth(tmp_path):
    folder = small_demo(tmp_path / "deep" / "c", seed=3, effects={"coaching-hours": 0.02})
    world = replace(WORLDS["demo"], teams=2, reps_min=5, reps_max=5, months=6)
    for name, table in simulate(Truth(coach=0.02), world, 3).tables().items():
        pd.testing.assert_frame_equal(read(folder)[name], table)
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    assert set(truth["effects"]) == set(EFFECTS)
    assert truth["truth"]["coach"] == 0.02
    assert truth["seed"] == 3
    assert truth["world"]["teams"] == 2
    assert truth["effects"]["coaching-hours"]["value"] == pytest.approx(0.02, rel=0.15)
    assert truth["effects"]["selling-helps"]["value"] == 0.0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["deep"]
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["c"]
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert "salesdiag demo DEST --world demo --teams 2 --reps 5 --months 6 --seed 3" in readme
    assert str(tmp_path) not in readme


def test_the_demo_world_has_effects_of_its_own_and_null_has_none(tmp_path):
    planted = json.loads((small_demo(tmp_path / "a") / "truth.json").read_text(encoding="utf-8"))
    assert planted["truth"]["coach"] == DEMO_EFFECTS["coaching-hours"]
    assert planted["truth"]["own_deal_high"] == -DEMO_EFFECTS["one-deal-a-quarter"]
    null = small_demo(tmp_path / "b", world="null") / "truth.json"
    effects = json.loads(null.read_text(encoding="utf-8"))["effects"]
    values = [v for e in effects.values() for v in e.values() if not isinstance(v, str)]
    assert {v for v in values if v is not None} == {0.0}


def test_writing_again_gives_the_same_bytes_and_replaces_only_our_own(tmp_path):
    one, two = small_demo(tmp_path / "a"), small_demo(tmp_path / "b")
    content = {p.name: p.read_bytes() for p in one.iterdir()}
    assert content == {p.name: p.read_bytes() for p in two.iterdir()}
    small_demo(one, seed=2)
    assert (one / "orders.parquet").read_bytes() != content["orders.parquet"]
    (one / "mine.txt").write_text("keep me", encoding="utf-8")
    with pytest.raises(ValueError, match=r"mine\.txt"):
        small_demo(one)
    assert (one / "mine.txt").read_text(encoding="utf-8") == "keep me"
    small_demo(one, force=True)
    assert {p.name: p.read_bytes() for p in one.iterdir()} == content


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_of_somebody_else_is_never_touched(tmp_path, force):
    (tmp_path / "orders.csv").write_text("order_id\n1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="not written by this command"):
        small_demo(tmp_path, force=force)
    file = tmp_path / "orders.csv"
    with pytest.raises(ValueError, match="is a file"):
        small_demo(file, force=force)
    assert file.read_text(encoding="utf-8") == "order_id\n1\n"
    assert [p.name for p in tmp_path.iterdir()] == ["orders.csv"]


def test_a_run_that_breaks_off_leaves_what_was_there(tmp_path, monkeypatch):
    folder = small_demo(tmp_path / "a")
    before = {p.name: p.read_bytes() for p in folder.iterdir()}

    def full_disk(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full_disk)
    for name in ("a", "b"):
        with pytest.raises(OSError, match="no space"):
            small_demo(tmp_path / name, seed=2)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "empty").mkdir()
    assert (small_demo(tmp_path / "empty") / "orders.parquet").exists()


def test_the_bundled_company_is_small_and_says_what_is_true():
    folder = ROOT / "data" / "demo"
    assert sum(p.stat().st_size for p in folder.iterdir()) < 3_000_000
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    assert truth["effects"]["coaching-hours"]["value"] == pytest.approx(0.015, rel=0.05)
    assert truth["effects"]["one-deal-a-quarter"]["beyond_one"] == pytest.approx(-0.04, rel=0.06)
    assert truth["effects"]["one-deal-a-quarter"]["up_to_one"] == 0.0
    found = read(folder)
    world = replace(WORLDS["demo"], teams=12)
    tables = simulate(plant(DEMO_EFFECTS), world, truth["seed"]).tables()
    assert set(found) == set(tables)
    for name in ("people", "assignments", "orders", "coaching"):
        pd.testing.assert_frame_equal(found[name], tables[name])
