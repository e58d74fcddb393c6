"""Shares, forecasts, naive figures, sensitivity, required size: published values and formulas."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from estimate_dgp import simulate
from scipy import stats

from salesdiag.estimate import naive, proportion, sensitivity, smallest
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import Estimate

# shares ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("x", "n"), [(0, 5), (5, 5), (3, 100), (81, 263), (1, 2)])
@pytest.mark.parametrize(("method", "theirs"), [("wilson", "wilson"), ("exact", "beta")])
@pytest.mark.parametrize("level", [0.95, 0.9])
def test_share_against_statsmodels(x, n, method, theirs, level):
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(x, n, 1 - level, theirs)
    found = proportion.share(x, n, method=method, level=level)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)
    assert found.value == x / n
    assert 0 <= found.low <= found.value <= found.high <= 1


# Newcombe (1998), Statistics in Medicine 17: 857, table II; and Wilson's 81 of 263
@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)],
)
def test_wilson_published(x, n, low, high):
    found = proportion.share(x, n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


# METHODS: 3 % of managers at half time; with 5 managers 0-52 %, with 100 .6-8.5 %
@pytest.mark.parametrize(("x", "n", "low", "high"), [(0, 5, 0, 0.52), (3, 100, 0.006, 0.085)])
def test_exact_interval_of_the_three_percent(x, n, low, high):
    found = proportion.share(x, n, method="exact")
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-3 if n == 5 else 5e-4)


def test_nothing_out_of_nothing_is_unknown():
    found = proportion.share(0, 0)
    assert np.isnan([found.value, found.low, found.high]).all()
    with pytest.raises(ValueError, match="3 of 2"):
        proportion.share(3, 2)


# Newcombe (1998), Statistics in Medicine 17: 873, table II, method 10
@pytest.mark.parametrize(
    ("successes", "totals", "low", "high"),
    [
        ((56, 48), (70, 80), 0.0524, 0.3339),
        ((9, 3), (10, 10), 0.1705, 0.8090),
        ((10, 0), (10, 20), 0.6791, 1.0),
    ],
)
def test_difference_published(successes, totals, low, high):
    found = proportion.difference(successes, totals)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_missing_answers_widen_the_bounds():
    found = proportion.share_bounds(3, 20, 10)
    assert found.low == proportion.share(3, 30).low
    assert found.high == proportion.share(13, 30).high
    assert proportion.share_bounds(3, 20, 0) == proportion.share(3, 20)


def test_mean_share_is_a_t_interval_within_bounds():
    x = [0.1, 0.3, 0.2, 0.45, np.nan]
    found = proportion.mean_share(x)
    theirs = stats.ttest_1samp(x[:4], 0).confidence_interval()
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))
    assert proportion.mean_share([0.0, 0.0, 0.5]).low == 0.0
    assert np.isnan(proportion.mean_share([0.4]).low)
    assert np.isnan(proportion.mean_share([]).value)


def test_composition_adds_up_and_counts_managers_alike():
    hours = pd.DataFrame(
        {"coaching": [10, 5, np.nan, 0], "selling": [30, 0, 8, 0], "admin": [0, 5, 8, 0]}
    )
    found = proportion.composition(hours)
    assert found["value"].sum() == pytest.approx(1)
    assert found["value"].tolist() == pytest.approx([0.25, 1.25 / 3, 1 / 3])
    assert found["managers"].tolist() == [3, 3, 3]
    with pytest.raises(ValueError, match="negative"):
        proportion.composition(-hours)


def test_win_rate_by_manager_of_public_data(shared_data):
    folder = shared_data / "maven_crm"
    answers = json.loads((folder / "answers.json").read_text())["answers"]
    deals = pd.read_csv(folder / "sales_pipeline.csv").merge(
        pd.read_csv(folder / "sales_teams.csv"), on="sales_agent"
    )
    deals = deals[deals["deal_stage"].isin(["Won", "Lost"])]
    deals = deals.assign(won=deals["deal_stage"] == "Won")
    reps = deals.groupby(["manager", "sales_agent"])["won"].agg(["sum", "size"]).reset_index()
    found = proportion.equal_shares(reps["sum"], reps["size"], reps["manager"])
    expected = answers["chi2_win_by_manager"]
    assert found.chi2 == pytest.approx(expected["chi2"], rel=1e-8)
    assert found.df == 5
    assert found.p_value == pytest.approx(0.786, abs=5e-4)
    assert 0.5 < found.design_effect < 2
    assert found.adjusted_p_value >= found.p_value


def test_reps_that_differ_make_the_test_more_careful():
    """Managers who do not differ: the plain test finds them different far too often."""
    plain, adjusted, effects = [], [], []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        p = rng.beta(6, 6, 60)
        wins = rng.binomial(40, p)
        found = proportion.equal_shares(wins, np.full(60, 40), np.repeat(np.arange(5), 12))
        plain.append(found.p_value < 0.05)
        adjusted.append(found.adjusted_p_value < 0.05)
        effects.append(found.design_effect)
    assert np.mean(plain) > 0.3
    assert (
        np.mean(adjusted) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 150) + 0.03
    )  # few reps: a little high
    # beta(6, 6): intraclass correlation 1/13, design effect 1 + 39/13
    assert np.mean(effects) == pytest.approx(4, rel=0.05)


@pytest.mark.parametrize("successes", [[0, 0, 0, 0], [5, 5, 5, 5]])
def test_groups_that_all_win_or_all_lose_do_not_differ(successes):
    found = proportion.equal_shares(successes, [5] * 4, list("aabb"))
    assert (found.chi2, found.p_value) == (0.0, 1.0)
    with pytest.raises(ValueError, match="two groups"):
        proportion.equal_shares(successes, [5] * 4, list("aaaa"))


# sensitivity -----------------------------------------------------------------------------------


def test_e_values():
    # VanderWeele and Ding (2017)
    np.testing.assert_allclose(
        sensitivity.e_value([3.9, 1.8, 1 / 3.9, 1]), [7.263, 3, 7.263, 1], atol=5e-4
    )
    with pytest.raises(ValueError, match="positive"):
        sensitivity.e_value(0.0)


# naive figures ---------------------------------------------------------------------------------


def test_naive_figures_against_statsmodels_and_pandas():
    import statsmodels.formula.api as smf

    frame = simulate(7, groups=10, months=17)
    frame.loc[3, "coaching_hours"] = np.nan  # read as zero hours
    rows = frame.fillna({"coaching_hours": 0.0}).sort_values(["rep_id", "month_index"])
    rows = rows.assign(
        x=rows.groupby("rep_id")["coaching_hours"].shift(1), y=np.log(rows["revenue"])
    )
    rows = rows.dropna(subset="x")
    ols = smf.ols("y ~ x", rows).fit()
    found = naive.pooled_ols(frame)
    assert (found.value, found.low, found.high) == pytest.approx(
        (ols.params["x"], *ols.conf_int().loc["x"]), rel=1e-8
    )
    assert found.p_value == pytest.approx(ols.pvalues["x"], rel=1e-6)
    two = smf.ols("y ~ x + C(rep_id) + C(month_index)", rows).fit(
        cov_type="cluster", cov_kwds={"groups": rows["team_id"], "use_correction": False}
    )
    found = naive.two_way(frame)
    n, k = len(rows), rows["month_index"].nunique()
    factor = np.sqrt(10 / 9 * (n - 1) / (n - k))
    assert found.value == pytest.approx(two.params["x"], rel=1e-8)
    assert (found.high - found.low) / 2 / 1.959964 == pytest.approx(two.bse["x"] * factor, rel=1e-6)

    mean = rows_of(frame)
    found = naive.level_correlation(frame)
    assert found.value == pytest.approx(
        np.corrcoef(mean["coaching_hours"], np.log(mean["revenue"]))[0, 1]
    )
    half = 1.959964 / np.sqrt(len(mean) - 3)
    assert found.low == pytest.approx(np.tanh(np.arctanh(found.value) - half), rel=1e-6)


def rows_of(frame):
    return (
        frame.fillna({"coaching_hours": 0.0})
        .groupby("rep_id")[["coaching_hours", "revenue"]]
        .mean()
    )


def test_naive_growth_against_a_loop():
    frame = simulate(7, groups=4, months=11)
    x, y = [], []
    for _, rep in frame.groupby("rep_id"):
        by = {q: r for q, r in rep.groupby(rep["month_index"] // 3)}
        for q in (0, 1, 2):
            x.append(by[q]["coaching_hours"].mean())
            y.append(by[q + 1]["revenue"].mean() / by[q]["revenue"].mean() - 1)
    found = naive.growth_correlation(frame)
    r = stats.pearsonr(x, y)
    assert (found.value, found.p_value) == pytest.approx((r.statistic, r.pvalue))


def test_before_after_is_the_paired_difference():
    frame = simulate(7, groups=6, months=20)
    teams = frame.groupby(["team_id", "month_index"], as_index=False)["revenue"].sum()
    start = pd.Series({"T00": 8, "T01": 10, "T03": 12, "T05": 25})
    gaps = []
    for team, s in list(start.items())[:3]:
        log = np.log(teams[teams["team_id"] == team].set_index("month_index")["revenue"])
        gaps.append(log.loc[s : s + 3].mean() - log.loc[s - 4 : s - 1].mean())
    found = naive.before_after(teams, start, months=4)
    theirs = stats.ttest_1samp(gaps, 0)
    assert (found.value, found.p_value) == pytest.approx((np.mean(gaps), theirs.pvalue))
    assert found.low == pytest.approx(theirs.confidence_interval().low)
    with pytest.raises(NotEstimable):
        naive.before_after(teams, start.iloc[[0]])


@pytest.mark.parametrize(
    "figure", [naive.growth_correlation, naive.level_correlation, naive.pooled_ols, naive.two_way]
)
def test_naive_figures_of_nothing_are_refused(figure):
    with pytest.raises(NotEstimable):
        figure(simulate(1, groups=3, months=6).assign(coaching_hours=0.0))


# required size ---------------------------------------------------------------------------------


@pytest.mark.parametrize("margin", [0.001, 0.005, 0.03])
def test_groups_needed_is_the_first_number_that_suffices(margin):
    needed = smallest.groups_needed(0.002, 20, margin)

    def detectable(g):
        return (stats.t.ppf(0.975, g - 1) + stats.t.ppf(0.8, g - 1)) * 0.002 * np.sqrt(20 / g)

    assert detectable(needed) <= margin
    assert needed == 3 or detectable(needed - 1) > margin


def test_periods_needed():
    estimate = Estimate(value=0, se=0.002, df=19, unit="log_points", n=1, groups=20, method="")
    margin = estimate.smallest_detectable
    assert smallest.periods_needed(0.002, 20, 24, margin) == 24
    assert smallest.periods_needed(0.002, 20, 24, margin / 2) == 96
    assert smallest.periods_needed(0.002, 20, 24, 1e-9) is None
    assert smallest.groups_needed(0.002, 20, 1e-9) is None
    assert smallest.groups_needed(np.nan, 20, 0.01) is None
    with pytest.raises(ValueError, match="positive"):
        smallest.groups_needed(0.002, 20, 0)
