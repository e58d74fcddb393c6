"""Shares of people who stand in groups: against statsmodels, by loop, and in worlds of shocks."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from small_company import Small, frame
from statsmodels.stats.proportion import proportion_confint

from salesdiag.claims.plan_and_growth import two_focuses
from salesdiag.estimate.proportion import MIN_CLUSTERS, clustered_share, share

SHOCKS = (0.0, 0.3, 0.7, 1.5)  # SD of teams' growth; that of reps within teams is 1


def grown(rng, teams: int, shock: float, mean: float = 0.0):
    """Return how many grew of how many in each team, and the share true of such companies."""
    sizes = rng.integers(3, 10, teams)
    lift = mean + shock * rng.normal(size=teams)
    counts = [int((lift[k] + rng.normal(size=n) > 0).sum()) for k, n in enumerate(sizes)]
    return np.array(counts), sizes, float(stats.norm.cdf(mean / math.hypot(1, shock)))


@pytest.mark.parametrize("seed", range(4))
def test_it_is_wilsons_interval_of_as_many_independent_people(seed):
    counts, sizes, _ = grown(np.random.default_rng(seed), 9, 0.8)
    n, p = sum(sizes), sum(counts) / sum(sizes)
    spread = 0.0
    for s, m in zip(counts, sizes, strict=True):
        spread += (s - p * m) ** 2 / n**2
    effective = p * (1 - p) / (spread * 9 / 8)
    df = n**2 / sum(int(m) ** 2 for m in sizes) - 1
    alpha = 2 * stats.norm.sf(stats.t.ppf(0.975, df))
    wanted = proportion_confint(p * effective, effective, alpha=alpha, method="wilson")
    found = clustered_share(counts, sizes)
    assert found.value == pytest.approx(p)
    assert (found.low, found.high) == pytest.approx(wanted)


def test_groups_of_one_person_are_people():
    """With many of them, what is left between the two is t against normal."""
    y = np.r_[np.ones(300), np.zeros(500)]
    found, plain = clustered_share(y, np.ones(800)), share(300, 800)
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high), abs=3e-4)


def test_whole_teams_count_once():
    """Forty people of whom teams go one way together say as much as ten people, not forty."""
    found = clustered_share([4, 0] * 5, [4] * 10)
    t = 2 * stats.norm.sf(stats.t.ppf(0.975, 9))
    wanted = proportion_confint(4.5, 9, alpha=t, method="wilson")  # 10 less the mean fitted
    assert (found.low, found.high) == pytest.approx(wanted)
    assert found.low < share(20, 40).low - 0.1


@pytest.mark.parametrize("everybody", [True, False])
def test_teams_that_all_agree_are_not_certainty(everybody):
    found = clustered_share([5 * everybody] * 8, [5] * 8)
    assert found.value == float(everybody)
    ends = share(8 * everybody, 8)  # with t for z, wider than eight people's
    assert found.low <= ends.low
    assert found.high >= ends.high
    alike = clustered_share([2] * 8, [5] * 8)  # no spread at all between teams
    assert alike.high - alike.low > 0.1


def test_too_few_groups_have_no_interval_and_empty_ones_do_not_count():
    few = clustered_share([1, 2, 0, 3, 0], [4, 4, 4, 4, 0])
    assert few.value == 6 / 16
    assert math.isnan(few.low)
    assert math.isnan(few.high)
    assert MIN_CLUSTERS == 5
    assert math.isfinite(clustered_share([1, 2, 0, 3, 1], [4, 4, 4, 4, 4]).low)
    assert math.isnan(clustered_share([], []).value)


@pytest.mark.parametrize(("s", "n"), [([2], [1]), ([-1], [3]), ([1, 1], [3]), ([np.nan], [3])])
def test_what_is_no_share_is_refused(s, n):
    with pytest.raises(ValueError, match="share needs"):
        clustered_share(s, n)


def coverage(teams: int, shock: float, mean: float, runs: int, seed: int) -> tuple[float, float]:
    """Return how often the clustered interval and that over people hold the truth."""
    rng, held, plain = np.random.default_rng(seed), 0, 0
    for _ in range(runs):
        counts, sizes, truth = grown(rng, teams, shock, mean)
        ours, theirs = clustered_share(counts, sizes), share(int(counts.sum()), int(sizes.sum()))
        held += ours.low <= truth <= ours.high
        plain += theirs.low <= truth <= theirs.high
    return held / runs, plain / runs


@pytest.mark.parametrize("shock", SHOCKS)
@pytest.mark.parametrize("teams", [8, 20])
def test_coverage(teams, shock):
    """Bound .93 to .97; 300 companies, so a margin of three standard errors above that."""
    held, plain = coverage(teams, shock, 0.3, 300, seed=teams)
    room = 3 * math.sqrt(0.05 * 0.95 / 300)
    assert 0.93 - room < held < 0.97 + room
    if shock >= 0.7:
        assert plain < 0.9  # over people, as it was


@pytest.mark.slow
@pytest.mark.parametrize("shock", SHOCKS)
@pytest.mark.parametrize("teams", [8, 12, 20, 40, 60])
@pytest.mark.parametrize("mean", [0.0, 0.6])
def test_coverage_of_many(teams, shock, mean):
    held, plain = coverage(teams, shock, mean, 1500, seed=1)
    assert 0.93 <= held <= 0.975
    if shock == 1.5:
        assert plain < 0.8


# through the product -----------------------------------------------------------------------------


def planted(rng, teams: int, shock: float, shared: bool = False) -> tuple[Small, dict[str, bool]]:
    """Return reps who sell in two quarters, growing by team and by themselves; who grew."""
    people, places, sold, grew = [], [], [], {}
    months = pd.date_range("2024-01-01", "2024-06-01", freq="MS")
    for k in range(teams):
        manager = f"M{k // 2 if shared else k}"
        places.append((manager, f"T{k:02d}", "manager", months[0], None))
        lift = shock * rng.normal()
        for j in range(int(rng.integers(3, 7))):
            rep, growth = f"R{k:02d}{j}", lift + rng.normal()
            people.append(rep)
            places.append((rep, f"T{k:02d}", "rep", months[0], None))
            grew[rep] = growth > 0
            sold += [(rep, m, 1000 * math.exp(growth * (m.month > 3) / 10)) for m in months]
    sold += [(rep, months[-1] + pd.offsets.MonthEnd(), 0.0) for rep in people[:1]]
    tables = {
        "people": frame("person_id", [(p,) for p in sorted({p[0] for p in places})]),
        "assignments": frame("person_id team_id role start_on end_on", places),
        "orders": frame(
            "order_id owner_id ordered_on amount", [(f"O{i}", *s) for i, s in enumerate(sold)]
        ),
    }
    return Small(tables), grew


@pytest.mark.parametrize("shared", [False, True])
def test_teams_with_one_manager_are_one_group(shared):
    company, grew = planted(np.random.default_rng(5), 12, 1.0, shared)
    found = two_focuses(company, None)
    by = pd.Series(grew).groupby(lambda rep: int(rep[1:3]) // (2 if shared else 1))
    wanted = clustered_share(by.sum(), by.size())
    assert (found.estimate.value, found.estimate.low, found.estimate.high) == pytest.approx(
        (wanted.value, wanted.low, wanted.high)
    )
    assert found.case == ""
    assert "groups of teams" in str(found.method)
    assert found.table["low"].notna().sum() == 4
    team = two_focuses(company, "T03")
    mine = [g for rep, g in grew.items() if rep.startswith("R03")]
    assert team.estimate.value == pytest.approx(np.mean(mine))
    assert math.isnan(team.estimate.low)
    assert "no sampling interval" in str(team.method)
    assert team.table["low"].isna().all()


def test_four_teams_are_counted_without_an_interval():
    company, grew = planted(np.random.default_rng(6), 4, 1.0)
    found = two_focuses(company, None)
    assert found.estimate.value == pytest.approx(np.mean(list(grew.values())))
    assert math.isnan(found.estimate.low)
    assert found.table["low"].isna().all()
    assert found.case == "counted"
    assert "fewer than 5 groups" in str(found.method)


def test_a_bridge_is_resampled_by_team():
    """What moves whole teams moves the total by the spread of the teams' sums."""
    company, _ = planted(np.random.default_rng(7), 30, 2.0)
    table = two_focuses(company, None).table.set_index("step")
    panel = company.panel.assign(late=company.panel["month"].dt.month > 3)
    sums = panel.pivot_table(index="team_id", columns="late", values="revenue", aggfunc="sum")
    gain = sums[True] - sums[False]
    row = table.loc["per_month"]
    assert row["value"] == pytest.approx(gain.sum(), rel=0.02)  # months differ in working days
    half = 1.96 * math.sqrt(30) * gain.std()
    assert (row["high"] - row["low"]) / 2 == pytest.approx(half, rel=0.15)


@pytest.mark.slow
@pytest.mark.parametrize("shock", [0.0, 1.5])
def test_coverage_through_the_product(shock):
    held = []
    for seed in range(60):
        found = two_focuses(planted(np.random.default_rng(seed), 12, shock)[0], None).estimate
        held.append(found.low <= 0.5 <= found.high)
    assert np.mean(held) >= 0.95 - 3 * math.sqrt(0.05 * 0.95 / 60)
