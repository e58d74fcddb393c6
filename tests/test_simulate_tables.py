"""Planted companies as tables: they keep the contract and agree with the panels."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from salesdiag.panel import rep_months, team_months
from salesdiag.schema import DTYPES, RANGES, TABLE
from salesdiag.settings import Settings
from salesdiag.simulate import (
    DEMO_EFFECTS,
    WORLDS,
    Truth,
    World,
    names,
    plant,
    simulate,
)

BUSY = replace(WORLDS["demo"], teams=6, months=14, manager_exit=0.06, exit_rate=0.05, transfer=0.4)
WINDOW = Settings(data_from="2024-11-01", data_to="2025-12-31")


@pytest.fixture(scope="module")
def busy():
    return simulate(plant(DEMO_EFFECTS), BUSY, 4)


@pytest.fixture(scope="module")
def tables(busy):
    return busy.tables()


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
        {"heavy_tails": 2.5, "whales": 0.3},
        {"zero_share": 0.4},
        {"zero_share": 1.0},
        {"invoice_lag": 0.5, "base": 5.0, "active": 0.05, "zero_share": 0.2},
        {"invoice_lag": 1.0, "exit_rate": 0.2, "transfer": 1.0},
        {"sd_region_shock": 0.3, "rho_region_shock": 0.9, "k_team": 1.0, "k_sell": 1.0},
        {"huge_team": 6.0, "exit_rate": 0.1},
        {"coach_switches": 3, "manager_exit": 0.2, "exit_rate": 0.2},
        {"unbalanced": 1.0, "teams": 8, "exit_rate": 0.1, "transfer": 0.5, "manager_exit": 0.2},
        {"shared_managers": 1.0, "teams": 5, "manager_exit": 0.2, "promote": 1.0},
        {
            "shared_managers": 0.7,
            "unbalanced": 0.7,
            "teams": 8,
            "time_log_miss": 0.3,
            "own_deals": 1.5,
            "coach_hours": 9.0,
            "reps_min": 4,
            "reps_max": 4,
        },
        {"time_log_miss": 0.9},
        {"time_log_miss": 1.0},
        {
            "handover_months": 4.0,
            "manager_exit": 0.4,
            "promote": 1.0,
            "transfer": 0.5,
            "exit_rate": 0.1,
            "months": 12,
        },
        {
            "handover_months": 9.0,
            "manager_exit": 0.3,
            "promote": 1.0,
            "unbalanced": 0.8,
            "shared_managers": 0.6,
            "teams": 7,
            "months": 14,
            "base": 8.0,
            "lose": 0.1,
            "invoice_lag": 0.3,
        },
        {"plan_share": 1.0, "declare": 1.0},
        {"unbalanced": 0.6, "months": 4, "teams": 5, "invoice_lag": 0.3, "kpi_after_dip": 1.0},
    ],
)
def test_panels_agree_with_tables_in_strange_worlds_too(change):
    world = replace(World(teams=3, months=8), **change)
    company = simulate(Truth(coach=0.02, csat=0.5, plan=0.1, late_handover=-0.1), world, 9)
    tables = company.tables()
    first, last = company.roster.first[world.burn], company.roster.first[-1] - 1
    window = Settings(data_from=str(first), data_to=str(last))
    panel = rep_months(tables, window)
    pd.testing.assert_frame_equal(company.panel(), panel, rtol=1e-9, atol=1e-6)
    teams = team_months(panel, tables, window)
    pd.testing.assert_frame_equal(company.team_panel(), teams, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"unbalanced": 0.8, "shared_managers": 0.7, "handover_months": 6.0, "promote": 1.0},
        {"whales": 0.1, "heavy_tails": 3.0, "invoice_lag": 0.4, "time_log_miss": 0.3},
        {"zero_share": 0.5, "declare": 1.0, "huge_team": 3.0},
    ],
)
def test_every_table_keeps_the_contract(change):
    tables = simulate(plant(DEMO_EFFECTS), replace(BUSY, **change), 4).tables()
    # one currency, one owner a sale, and nobody is away in these companies
    assert set(tables) == set(TABLE) - {"rates", "splits", "absences"}
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


def test_deals_tell_how_they_were_rated_assessed_and_let_go(tables):
    deals = tables["opportunities"]
    own = deals["account_id"].str.startswith("M").fillna(False)
    rated = deals[~own]
    assert rated["probability"].between(0, 1).all()
    closed = rated[rated["outcome"] != "open"]
    by_rating = closed.groupby(closed["probability"] > 0.4)["outcome"].apply(
        lambda o: (o == "won").mean()
    )
    assert by_rating[True] > by_rating[False] + 0.1
    assert set(closed["probability"]) - {0.0, 1.0}, "a closed deal keeps its last forecast"
    let_go = deals["disqualified"].astype(bool)
    assert (deals.loc[let_go, "outcome"] == "lost").all()
    target = deals["segment"].isin(["industry", "health"])
    lost = deals["outcome"] == "lost"
    assert let_go[lost & ~target].mean() > let_go[lost & target].mean()
    assessed = deals.dropna(subset=["value_assessed_on"])
    assert len(assessed) / len(rated) == pytest.approx(0.3, abs=0.05)
    assert (assessed["value_assessed_on"] >= assessed["created_on"]).all()
    offers = tables["stage_events"].query("stage == 'proposal'")
    both = assessed.merge(offers, on="opportunity_id")
    both = both[both["outcome"] != "open"]
    assert (both["value_assessed_on"] <= both["entered_on"]).all()


def test_a_manager_of_two_teams_is_one_person_with_one_record():
    world = replace(World(teams=6, months=9), shared_managers=0.7, own_deals=1.5)
    company = simulate(Truth(), world, 2)
    tables = company.tables()
    bosses = tables["assignments"].query("role == 'manager'")
    teams = bosses.groupby("person_id")["team_id"].nunique()
    assert sorted(teams)[-2:] == [2, 2]
    weeks = tables["time_log"].query("source == 'self'")
    assert not weeks.duplicated(["person_id", "week", "category"]).any()
    assert (weeks.groupby(["person_id", "week"])["hours"].sum() < 60).all()
    pairs = company.team_panel().groupby("team_id")["group_id"].first()
    assert pairs.value_counts().tolist() == [2, 2, 1, 1]
    own = company.team_panel().set_index(["team_id", "month"])["manager_deals"]
    assert own["T01"].tolist() == own["T02"].tolist()
    sold = company.course.own[world.burn :, :2].sum(1)
    assert own["T01"].tolist() == (sold / 2).tolist()


def test_work_is_spread_over_the_weeks_of_a_month(busy, tables):
    rows = tables["activities"]
    month = rows["done_on"].dt.to_period("M")
    days = rows.groupby(["person_id", "kind", month])["done_on"].nunique()
    count = rows.groupby(["person_id", "kind", month])["count"].sum()
    enough = count >= 4
    assert (days[enough] >= 3).all()  # four, less where a rep began late in the month
    weekly = rows.groupby(["person_id", rows["done_on"].dt.to_period("W")])["count"].sum()
    assert (weekly < 0.6 * rows.groupby(["person_id", month])["count"].sum().max()).all()
    reviews = tables["team_meetings"].query("kind == 'kpi_review'").sort_values("held_on")
    gaps = reviews.groupby("team_id")["held_on"].diff().dropna().dt.days
    assert set(gaps) == {7}
    by_rep = tables["surveys"].query("item == 'climate'")
    assert by_rep["respondent_id"].isin(busy.panel()["rep_id"]).all()
    assert by_rep.groupby(["about_id", "wave"]).size().median() >= 6
