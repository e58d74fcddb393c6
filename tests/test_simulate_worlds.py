"""Planted companies: adversities, and what is given after a look at the results."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from salesdiag.simulate import (
    WORLDS,
    Truth,
    World,
    accounts,
    draws,
    ledger,
    records,
    roster,
    simulate,
)

SMALL = {"teams": 5, "months": 9}


def told(company, array):
    return array[company.world.burn :]


def _team_mean(course, values):
    team = course.setup.team
    return np.stack([np.bincount(team, v) / np.bincount(team) for v in values])


# --- worlds that break methods ----------------------------------------------------------------


def made(seed=3, truth=None, **change):
    return simulate(truth or Truth(), replace(WORLDS["W2"], **change), seed)


def test_heavy_tails_keep_the_spread_and_fatten_the_ends():
    plain, heavy = (made(rho_shock=0.0, sd_ticket=0.3, heavy_tails=df) for df in (0.0, 5.0))
    one, other = (c.course.theta - c.course.theta.mean(0) for c in (plain, heavy))
    assert other.std() == pytest.approx(one.std(), rel=0.05)
    t = draws.stream(1, "tails").standard_t(5, 200_000)
    noise = [accounts.revenue_noise(c.world, 3, c.course.theta.shape)[1] for c in (plain, heavy)]
    assert noise[1].std() == pytest.approx(1, rel=0.05)
    far = np.mean(np.abs(t) / t.std() > 3)
    assert np.mean(np.abs(noise[1]) > 3) == pytest.approx(far, rel=0.3)
    assert np.mean(np.abs(noise[0]) > 3) < far / 2


def test_whales_are_single_orders_worth_months():
    plain, whale = made(teams=8), made(teams=8, whales=0.02)
    ratio = whale.sales.revenue / np.maximum(plain.sales.revenue, 1)
    assert np.mean(ratio > 1.001) == pytest.approx(0.02, abs=0.006)
    assert np.median(ratio[ratio > 1.001]) == pytest.approx(1 + accounts.WHALE_MONTHS, rel=0.25)
    orders = ledger.orders(whale.roster)
    orders = orders[orders["owner_id"].isin(whale.panel()["rep_id"])]
    by_rep = orders.groupby(["owner_id", orders["ordered_on"].dt.to_period("M")])["amount"]
    largest = by_rep.max() / by_rep.sum()
    assert np.mean(largest > 0.5) == pytest.approx(np.mean(told(whale, ratio) > 2), abs=0.002)


def test_nothing_is_invoiced_in_the_share_of_months_that_the_world_says():
    panel, plain = made(zero_share=0.15).panel(), made().panel()
    empty = panel["revenue"] == 0
    assert empty.mean() == pytest.approx(0.15, abs=0.015)
    assert (panel.loc[empty, "accounts_active"] == 0).all()
    pd.testing.assert_series_equal(panel.loc[~empty, "revenue"], plain.loc[~empty, "revenue"])
    assert panel.loc[empty, "wins"].sum() > 0  # what is sold is sold


def test_a_share_of_revenue_is_invoiced_a_month_late():
    late, plain = made(invoice_lag=0.35).sales.revenue, made().sales.revenue
    expected = 0.65 * plain[1:] + 0.35 * plain[:-1]
    assert late[1:] == pytest.approx(expected, abs=0.011)


def test_teams_of_a_region_move_together():
    company = made(sd_region_shock=0.4, rho_region_shock=0.8, months=48, regions=5)
    course = company.course
    mean = _team_mean(course, course.theta - course.theta.mean(1, keepdims=True))
    both = np.corrcoef(mean.T)
    same = course.setup.region[:, None] == course.setup.region
    off = ~np.eye(len(both), dtype=bool)
    assert both[same & off].mean() > 0.5
    assert abs(both[~same].mean()) < 0.3
    panel = company.team_panel().pivot_table(index="month", columns="team_id", values="revenue")
    assert np.corrcoef(np.log(panel).to_numpy().T)[same & off].mean() > 0.5


def test_one_team_is_huge_and_coaching_stands_still_where_the_world_says():
    plain, huge = (made(huge_team=f).course.setup.size for f in (1.0, 6.0))
    assert huge[0] == 6 * plain[0]
    assert (huge[1:] == plain[1:]).all()
    course = made(coach_switches=6).course
    changes = (course.hours[1:] != course.hours[:-1]).reshape(len(course.hours) - 1, -1)
    assert changes.mean() == pytest.approx(1 / 6, abs=0.01)
    spells = np.diff(np.flatnonzero(changes[:, 0]))
    assert (spells == 6).all()


def test_some_teams_are_known_for_some_months_only():
    company = made(unbalanced=0.4, exit_rate=0.03, manager_exit=0.02)
    months = company.team_panel().groupby("team_id")["month"].agg(["count", "min", "max"])
    part = months[months["count"] < 24]
    assert len(part) == pytest.approx(8, abs=4)
    assert part["count"].between(8, 16).all()
    ends = (part["min"] == months["min"].min()) ^ (part["max"] == months["max"].max())
    assert ends.all()
    people = roster.people(company.roster)
    assert set(company.panel()["rep_id"]) <= set(people["person_id"])


def test_logs_are_heaped_where_the_world_says():
    rows = simulate(Truth(), replace(WORLDS["heaped-logs"], **SMALL), 2).panel()
    hours = rows["coaching_hours"].dropna()
    assert (hours == hours.round()).all()
    exact = simulate(Truth(), replace(WORLDS["W2"], **SMALL), 2).panel()["coaching_hours"]
    assert np.corrcoef(hours, exact[hours.index])[0, 1] < 0.95


# --- what is given after a look at the results ------------------------------------------------


def test_quotas_follow_what_was_sold_by_hand():
    world = replace(World(), teams=2, months=12, ratchet=0.4, exit_rate=0.0, manager_exit=0.0)
    company = simulate(Truth(), world, 3)
    revenue, quota = company.sales.revenue, company.sales.quota
    course = company.course
    checked = 0
    for seat in range(revenue.shape[1]):
        for t in range(3, len(revenue)):
            before = quota[t - 1, seat]
            if (t - world.burn) % 3:
                assert quota[t, seat] == before
                continue
            surplus = revenue[t - 3 : t, seat].mean() - before
            if surplus > 0:
                expected = before + 0.4 * surplus
            else:
                level = (
                    course.ability[t, seat] + course.setup.quality_of_team[course.setup.team[seat]]
                )
                level = level - world.ramp * np.exp(-course.tenure[t, seat] / world.ramp_months)
                clients = course.setup.book.alive(t)[seat].sum()
                norm = world.ticket * world.active * clients * np.exp(level)
                expected = 0.7 * before + 0.3 * norm * (1 + world.stretch)
            assert quota[t, seat] == pytest.approx(expected, abs=10.1)  # rounded to tens, twice
            checked += 1
    assert checked > 40


def test_plans_are_given_after_a_dip_and_last_half_a_year():
    def before(dip):
        world = World(teams=60, plan_share=0.4, plan_after_dip=dip, exit_rate=0.0)
        world = replace(world, manager_exit=0.0)
        company = simulate(Truth(), world, 5)
        plan = company.course.plan
        starts = plan[1:] & ~plan[:-1]
        surprise = company.course.theta - company.course.theta.mean(0)
        assert plan.any(0).mean() == pytest.approx(1 - np.exp(-0.4), abs=0.06)
        length = plan[:-6].any(0)
        assert (plan.sum(0)[length] <= 6).all()
        rows = company.plans()
        assert len(rows) == plan.any(0).sum()
        return surprise[:-1][starts].mean()

    assert abs(before(0.0)) < 0.08
    assert before(1.0) < -0.15


def test_raters_who_know_the_results_rate_by_them():
    def slope(halo):
        company = simulate(Truth(), World(teams=12, halo=halo), 2)
        scores = (
            records.skills(company.roster).groupby(["person_id", "assessed_on"])["score"].mean()
        )
        panel = company.panel()
        panel = panel[panel["days_present"] == 1]
        result = np.log(panel.set_index(["rep_id", "month"])["revenue"])
        scores.index = scores.index.set_levels(
            scores.index.levels[1].to_period("M").to_timestamp(), level=1
        )
        return scores.corr(result.rename_axis(scores.index.names))

    assert abs(slope(0.0)) < 0.1
    assert slope(1.0) > 0.6


def test_happy_clients_order_where_it_was_planted():
    plain, planted = (simulate(Truth(csat=c), World(teams=30), 2) for c in (0.0, 0.5))
    mood = planted.course.setup.book.mood
    assert mood.std() == pytest.approx(1)
    book = planted.course.setup.book
    t = 9
    alive = book.alive(t)
    means = np.array([book.satisfaction[n, alive[n]].mean() for n in range(len(alive))])
    assert np.corrcoef(means, mood[t])[0, 1] == pytest.approx(1)
    share = planted.sales.active / planted.course.assigned
    change = share - plain.sales.active / plain.course.assigned
    assert np.corrcoef(change.ravel(), mood.ravel())[0, 1] > 0.7
    rise = np.polyfit(mood.ravel(), change.ravel(), 1)[0]
    mean = share.mean()
    assert rise == pytest.approx(0.5 * mean * (1 - mean), rel=0.1)  # slope of the log odds


def test_target_segments_pay_only_once_they_are_declared():
    world = World(teams=60, declare=1.0, months=24)
    company = simulate(Truth(focus=2.0), world, 4)
    since = records.programmes(company.roster).query("programme == 'target segments'")
    since = since.set_index("team_id")["start_on"]
    assert len(since) == 60
    deals = company.sales.deals
    month = company.roster.first[:-1].astype("datetime64[M]")
    start = since[company.roster.team_ids[company.course.setup.team]].to_numpy("datetime64[M]")
    later = (month[:, None] >= start)[..., None] & deals.closing
    earlier = ~(month[:, None] >= start)[..., None] & deals.closing
    lift = [
        deals.won[rows & deals.target].mean() - deals.won[rows & ~deals.target].mean()
        for rows in (earlier, later)
    ]
    assert abs(lift[0]) < 0.04
    assert lift[1] > 0.3


# --- promotions -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def promotions():
    return simulate(Truth(), replace(WORLDS["promotions"], teams=30, log_miss=0.0), 3)


@pytest.fixture(scope="module")
def promoted(promotions):
    return promotions.tables()


def test_promoted_managers_keep_clients_for_a_while(promotions, promoted):
    tables, course = promoted, promotions.course
    owned, posts = tables["account_owners"], tables["assignments"].query("role == 'manager'")
    both = owned.merge(posts, left_on="owner_id", right_on="person_id", suffixes=("", "_post"))
    both = both[~both["account_id"].str.startswith("M")]
    both = both[both["end_on"].isna() | (both["end_on"] > both["start_on_post"])]
    assert len(both) > 20
    assert (both.groupby("owner_id")["account_id"].nunique() <= 5).all()
    late = np.zeros(course.own.shape)
    for (_, start), rows in both.groupby(["owner_id", "start_on_post"]):
        team = int(rows["team_id"].iloc[0][1:]) - 1
        end = rows["end_on"].max() if rows["end_on"].notna().all() else pd.Timestamp("2026-01-01")
        for t, day in enumerate(promotions.roster.first[:-1]):
            since = (
                12 * (pd.Timestamp(day).year - start.year) + pd.Timestamp(day).month - start.month
            )
            if start <= pd.Timestamp(day) < end:
                late[t, team] = max(since + 1 - 3, 0)
    planted = simulate(Truth(late_handover=-0.05), promotions.world, 3).course
    change = _team_mean(course, planted.theta - course.theta)
    assert (late > 0).sum() > 10
    assert told(promotions, change) == pytest.approx(-0.05 * told(promotions, late), abs=1e-9)


def test_what_kept_clients_buy_is_the_managers_and_leaves_the_rep(promotions, promoted):
    orders, owners = promoted["orders"], promoted["account_owners"]
    bosses = set(promotions.team_panel()["manager_id"])
    mine = orders[orders["owner_id"].isin(bosses) & ~orders["account_id"].str.startswith("M")]
    held = mine.merge(owners, on=["account_id", "owner_id"])
    inside = (held["ordered_on"] >= held["start_on"]) & ~(held["ordered_on"] >= held["end_on"])
    assert held.loc[inside, "order_id"].nunique() == len(mine)
    kept = told(promotions, promotions.sales.kept)
    assert kept.sum() > 0
    assert promotions.team_panel()["manager_revenue"].sum() > kept.sum()
    plain = simulate(Truth(), replace(promotions.world, handover_months=0.0), 3)
    fewer = plain.course.assigned - promotions.course.assigned
    assert fewer.min() == 0
    assert fewer.sum() == sum(
        promotions.course.setup.book.alive(t)[s, p]
        for t, g, k in zip(*np.nonzero(promotions.course.kept_place >= 0), strict=True)
        for s, p in [(promotions.course.kept_seat[t, g], promotions.course.kept_place[t, g, k])]
    )


def test_the_record_of_a_promoted_rep_is_what_he_sold(promotions, promoted):
    panel, found = promotions.panel(), promoted["prior_record"]
    panel = panel.assign(full=panel["revenue"] / panel["days_present"])
    first = panel["month"].min()
    checked = 0
    for row in found.itertuples():
        own = panel["rep_id"] == row.person_id
        year = panel["month"].between(
            row.promoted_on - pd.DateOffset(months=12), row.promoted_on - pd.DateOffset(days=1)
        )
        if own.any() and row.promoted_on - pd.DateOffset(months=12) >= first:
            index = panel.loc[own & year, "full"].mean() / panel.loc[year, "full"].median()
            assert row.sales_index == pytest.approx(index, abs=0.0051)
            checked += 1
    assert checked > 5


def test_a_promoted_rep_leads_as_his_record_says_where_that_was_planted(promotions):
    truth = Truth(star=1.0, manager_quality=0.1)
    company = simulate(truth, promotions.world, 3)
    index = roster.prior_record(company.roster).set_index("person_id")["sales_index"]
    course, ids = company.course, company.roster.person_ids
    promoted = set(ids[np.unique(course.person)]) - {""}
    at = [
        (ids[m], course.leadership[g, s])
        for m, g, s in zip(
            course.manager[-1], range(len(course.manager[-1])), course.slot[-1], strict=True
        )
        if ids[m] in promoted
    ]
    assert len(at) > 5
    leads = np.array([x for _, x in at])
    assert np.corrcoef(np.log(index[[p for p, _ in at]]), leads)[0, 1] > 0.8
