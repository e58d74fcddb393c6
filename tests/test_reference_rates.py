"""Published error rates, and rates that follow by arithmetic, found again by simulation.

Seeds are fixed. The number of draws follows from what must be told apart: with R draws the bound is
.05 + 3 sqrt(.05 x .95 / R), and R is such that the normal reference distribution with CV1, whose
true rates are about .15, .11 and .07 with 6, 10 and 20 groups, lies above it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from salesdiag.estimate import dynamic, naive
from salesdiag.estimate.panel_ols import fixed_effects, t_p_value, wild_bootstrap
from salesdiag.finding import LEVEL, Interval
from salesdiag.verdict import lean


def error(rate, draws):
    """Three Monte Carlo standard errors of a rate."""
    return 3 * np.sqrt(rate * (1 - rate) / draws)


def bound(draws):
    return 0.05 + error(0.05, draws)


def p_values(fit, name):
    """Without clusters; CV1 with the normal; CV1 with t(G-1); and what we report."""
    b, g = fit.value(name), fit.groups
    j = fit.position(name)
    cv1 = np.sqrt(fit.cv1[j, j])
    return {
        "iid": t_p_value(b, fit.iid_se[j], fit.residual_df),
        "normal": t_p_value(b, cv1, np.inf),
        "t": t_p_value(b, cv1, g - 1),
        "ours": dynamic.coefficient(fit, name, method="", dropped={}).p_value,
    }


def rates(rows):
    return (pd.DataFrame(rows) < 0.05).mean()


# Cameron and Miller (2015), Journal of Human Resources 50, table 2: 1,000 placebo laws each
CAMERON_MILLER = {
    # groups: default, CV1 with T(N-k), CV1 with T(G-1), wild bootstrap (Webb, Webb, signs)
    6: (0.589, 0.149, 0.075, 0.056),
    10: (0.570, 0.098, 0.066, 0.059),
    20: (0.545, 0.065, 0.052, 0.050),
}
DRAWS = {6: 1000, 10: 2000, 20: 6000}
BOOTSTRAPPED = 1000


def placebo_law(seed, groups, people=30, alike=0.3):
    """A law in half of the groups that does nothing, among people who resemble each other."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), people)
    law = (rng.permutation(groups) < groups // 2)[group].astype(float)
    common = rng.normal(0, np.sqrt(alike), groups)[group]
    y = common + rng.normal(0, np.sqrt(1 - alike), len(group))
    X = np.column_stack([np.ones(len(y)), law])
    return fixed_effects(y, X, None, group, names=["one", "law"])


@pytest.mark.slow
@pytest.mark.parametrize("groups", CAMERON_MILLER)
def test_placebo_laws_of_cameron_and_miller(groups):
    draws = DRAWS[groups]
    rows, boot = [], []
    for seed in range(draws):
        fit = placebo_law(seed, groups)
        rows.append(p_values(fit, "law"))
        if seed < BOOTSTRAPPED:
            boot.append(wild_bootstrap(fit, "law", draws=399, seed=seed).p_value < 0.05)
    found = rates(rows)
    assert found["ours"] <= bound(draws) < found["normal"]
    published = dict(zip(("iid", "normal", "t"), CAMERON_MILLER[groups], strict=False))
    for kind, rate in published.items():
        both = np.hypot(error(rate, draws), error(rate, 1000))
        assert found[kind] == pytest.approx(rate, abs=both), kind
    wild = CAMERON_MILLER[groups][3]
    assert np.mean(boot) == pytest.approx(wild, abs=np.sqrt(2) * error(wild, BOOTSTRAPPED))


def measure(seed, carried, teams=20, months=24):
    """Team-months with a measure that half of the teams take up some day, and that does nothing."""
    rng = np.random.default_rng(seed)
    y = np.empty((teams, months))
    y[:, 0] = rng.normal(size=teams)
    for t in range(1, months):
        y[:, t] = carried * y[:, t - 1] + np.sqrt(1 - carried**2) * rng.normal(size=teams)
    start = rng.integers(months // 4, 3 * months // 4, teams)
    start[rng.permutation(teams) < teams // 2] = months
    team, month = np.indices(y.shape).reshape(2, -1)
    taken_up = (month >= start[team]).astype(float)
    return fixed_effects(y.ravel(), taken_up[:, None], team, team, names=["law"], dummies=[month])


@pytest.mark.slow
@pytest.mark.parametrize(("carried", "low", "high"), [(0.0, 0.0, bound(600)), (0.8, 0.30, 0.50)])
def test_how_much_to_trust_differences_in_differences(carried, low, high):
    """Bertrand, Duflo and Mullainathan: up to 45 % of placebo laws; 5 % without memory."""
    found = rates([p_values(measure(seed, carried), "law") for seed in range(600)])
    assert low <= found["iid"] <= high
    assert found["ours"] <= bound(600)


# rates of the method notes that need no simulation to be known ----------------------------------


@pytest.mark.parametrize("teams", [8, 20, 60, 200])
def test_a_true_correlation_is_often_not_significant(teams):
    """With r = .30: "no effect" in 89, 75, 34 and 1 % of companies of 8, 20, 60 and 200 teams."""
    away = np.arctanh(0.30) * np.sqrt(teams - 3)
    expected = stats.norm.cdf(1.96 - away) - stats.norm.cdf(-1.96 - away)
    assert expected == pytest.approx({8: 0.89, 20: 0.75, 60: 0.34, 200: 0.01}[teams], abs=0.015)
    rng, draws = np.random.default_rng(teams), 600
    missed = []
    for _ in range(draws):
        x = rng.normal(size=teams)
        y = 0.3 * x + np.sqrt(1 - 0.3**2) * rng.normal(size=teams)
        missed.append(naive.pearson(pd.Series(x), pd.Series(y), "").p_value > 0.05)
    assert np.mean(missed) == pytest.approx(expected, abs=error(expected, draws) + 0.01)


def test_growth_is_correlated_with_where_it_starts_from():
    """With a correlation q between quarters, growth and baseline have r = -sqrt((1 - q)/2)."""
    alike = 1 - 2 * 0.34**2  # r = -.34
    rng, reps, months = np.random.default_rng(3), 20_000, 6
    level = rng.normal(0, np.sqrt(alike), (reps, 1))
    log = 0.02 * (level + rng.normal(0, np.sqrt(3 * (1 - alike)), (reps, months)))
    rep, month = np.indices(log.shape).reshape(2, -1)
    frame = pd.DataFrame({"rep_id": rep, "month_index": month, "revenue": np.exp(log).ravel()})
    found = naive.growth_correlation(frame.assign(baseline=frame["revenue"]), driver="baseline")
    assert found.value == pytest.approx(-0.34, abs=3 * (1 - 0.34**2) / np.sqrt(reps))
    assert found.p_value < 1e-100


def test_what_starts_after_a_bad_quarter_seems_to_help():
    """Half of the teams have a quarter under the mean: by .8 sd on average, all of it chance."""
    rng, teams = np.random.default_rng(6), 4000
    log = rng.normal(0, 0.3, (teams, 6))
    bad = log[:, :3].mean(axis=1) < 0
    team, month = np.indices(log.shape).reshape(2, -1)
    frame = pd.DataFrame({"team_id": team, "month_index": month, "revenue": np.exp(log).ravel()})
    start = pd.Series(3, index=np.flatnonzero(bad))
    found = naive.before_after(frame, start, months=3)
    expected = 0.3 / np.sqrt(3) * np.sqrt(2 / np.pi)
    assert found.value == pytest.approx(expected, abs=0.015)
    assert found.low > 0.1


@pytest.mark.parametrize(
    ("teams", "truth", "negligible"),
    [(200, 0.0, 0.763), (200, 0.2, 0.05), (200, 0.3, 0.001), (60, 0.0, 0.0)],
)
def test_two_one_sided_tests_have_the_power_of_the_formula(teams, truth, negligible):
    """Margin .2 sd, standard error 1/sqrt(teams): power .76 at 200 teams and none at 60."""
    se, margin = 1 / np.sqrt(teams), 0.2
    drawn = truth + se * stats.norm.ppf((np.arange(2000) + 0.5) / 2000)

    def interval(value, level):
        half = stats.norm.ppf((1 + level) / 2) * se
        return Interval(value=value, low=value - half, high=value + half, unit="sd", level=level)

    verdicts = [lean(b, interval(b, LEVEL), interval(b, 2 * LEVEL - 1), 1, margin) for b in drawn]
    assert np.mean([v == "negligible" for v in verdicts]) == pytest.approx(negligible, abs=1e-3)
