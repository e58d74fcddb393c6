"""Pooling against quadrature, limits that are known, and coverage of planted team effects."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from estimate_dgp import simulate
from scipy import integrate, stats

from salesdiag.estimate import dynamic, pool
from salesdiag.estimate.design import DynamicPanel
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import Estimate

SPEC = DynamicPanel(driver="coaching_hours")

VALUE = np.array([0.02, -0.01, 0.005, 0.03])
SE = np.array([0.01, 0.02, 0.008, 0.015])
SCALE = 0.01


def posterior_of_team(theta, j):
    """Posterior density of team j's effect on a grid, by integrating tau and mu numerically.

    Given tau, the other teams and mu's flat prior predict team j; its own likelihood multiplies.
    """
    others = np.arange(4) != j
    tau = np.linspace(0, 8 * SCALE, 4001)[:, None]
    w = 1 / (SE[others] ** 2 + tau**2)
    mean, var = (w * VALUE[others]).sum(1) / w.sum(1), 1 / w.sum(1)
    log = 0.5 * (np.log(w).sum(1) + np.log(var)) - 0.5 * (tau[:, 0] / SCALE) ** 2
    log -= 0.5 * (w * (VALUE[others] - mean[:, None]) ** 2).sum(1)
    predicted = stats.norm.pdf(theta, mean[:, None], np.sqrt(var[:, None] + tau**2))
    density = integrate.trapezoid(np.exp(log)[:, None] * predicted, tau, axis=0)
    density *= stats.norm.pdf(VALUE[j], theta, SE[j])
    return density / integrate.trapezoid(density, theta)


@pytest.mark.parametrize("j", [0, 1, 3])
def test_team_intervals_against_quadrature(j):
    found = pool.hierarchy(VALUE, SE, SCALE)
    grid = np.linspace(-0.1, 0.12, 2001)
    density = posterior_of_team(grid, j)
    cdf = integrate.cumulative_trapezoid(density, grid, initial=0)
    expected = np.interp([0.025, 0.5, 0.975], cdf, grid)
    ours = pool.mixture_quantiles(found.share, found.team, found.team_sd, [0.025, 0.5, 0.975])[:, j]
    # the grid of 200 spreads is good to about a thousandth of a standard error
    np.testing.assert_allclose(ours, expected, atol=1e-5)
    mean = integrate.trapezoid(density * grid, grid)
    assert found.share @ found.team[:, j] == pytest.approx(mean, abs=1e-5)


def test_alike_teams_are_pooled_and_unlike_ones_are_not():
    alike = pool.hierarchy(np.full(30, 0.01), np.full(30, 0.02), 0.001)
    assert alike.weight.max() < 0.01
    unlike = pool.hierarchy(np.linspace(-1, 1, 30), np.full(30, 0.01), 1.0)
    assert unlike.weight.min() > 0.99


def test_a_known_centre_is_what_the_company_page_shows():
    """Against the limits: with no spread between teams every team has the company's interval."""
    company = Estimate(value=0.012, se=0.003, df=11, unit="log_points", n=1, groups=12, method="")
    own = pd.DataFrame({"value": VALUE, "se": SE, "df": 1e6}, index=list("abcd"))
    whole = company.interval()
    alike = pool.pooled(own, scale=1e-6, company=company)
    for e in alike.values():
        for seen in (e.pooled, e.shrunken):
            np.testing.assert_allclose(
                [seen.value, seen.low, seen.high], [whole.value, whole.low, whole.high], atol=2e-6
            )
    apart = pool.pooled(own, scale=10.0, company=company)
    assert apart["d"].weight > 0.9
    assert apart["d"].pooled.value == pytest.approx(0.012)


def test_mixture_quantiles_of_one_component_are_normal():
    q = pool.mixture_quantiles(
        np.ones(1), np.array([[2.0, 5.0]]), np.array([[1.0, 3.0]]), [0.1, 0.9]
    )
    expected = stats.norm.ppf([[0.1], [0.9]], [2, 5], [1, 3])
    np.testing.assert_allclose(q, expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("value", "se", "scale", "error"),
    [
        ([0.1, np.nan], [0.1, np.nan], 0.01, NotEstimable),
        ([0.1, 0.2], [0.1, 0.0], 0.01, ValueError),
        ([0.1, 0.2], [0.1, 0.1], 0.0, ValueError),
    ],
)
def test_refusals(value, se, scale, error):
    with pytest.raises(error):
        pool.hierarchy(value, se, scale)


def test_own_estimates_against_dummies_within_the_team():
    frame = simulate(2, groups=6, months=16, effect=0.01)
    own = pool.team_coefficients(frame, SPEC)
    import statsmodels.api as sm

    f = frame[frame["team_id"] == "T03"].sort_values(["rep_id", "month_index"])
    f = f.assign(y=np.log(f["revenue"]))
    g = f.groupby("rep_id")
    lags = {f"{c}{k}": g[c].shift(k) for c in ("coaching_hours", "y") for k in (1, 2, 3)}
    f = f.assign(**lags).dropna()
    D = pd.get_dummies(f[["rep_id", "month_index"]].astype(str)).to_numpy(float)
    X = np.column_stack([f[list(lags)], D[:, :-1]])
    theirs = sm.OLS(f["y"].to_numpy(), X).fit()
    assert own.loc["T03", "value"] == pytest.approx(theirs.params[0], rel=1e-8)
    assert own.loc["T03", "se"] == pytest.approx(theirs.bse[0], rel=1e-8)
    assert own.loc["T03", "df"] == theirs.df_resid
    assert own.loc["T03", "n"] == len(f)


def test_teams_without_an_own_estimate_get_the_company_prediction():
    frame = simulate(2, groups=6, months=18, effect=0.02)
    small = (frame["team_id"] == "T02") & (
        frame["rep_id"] != frame["rep_id"][frame["team_id"] == "T02"].iloc[0]
    )
    found = pool.pooled(pool.team_coefficients(frame[~small], SPEC), scale=0.01)
    assert sorted(found) == [f"T{i:02}" for i in range(6)]
    alone = found["T02"]
    assert alone.own is None
    assert alone.weight == 0
    width = {t: e.shrunken.high - e.shrunken.low for t, e in found.items()}
    assert width["T02"] == max(width.values())
    for team in found.values():
        assert team.pooled == alone.pooled
        assert team.shrunken.low < team.narrow.low < team.narrow.high < team.shrunken.high
        assert team.narrow.level == pytest.approx(0.9)
    between = [e for e in found.values() if e.own]
    for e in between:
        low, high = sorted((e.own.value, e.pooled.value))
        assert low <= e.shrunken.value <= high


def test_poisson_companies_have_own_estimates_too():
    frame = simulate(4, groups=5, months=18, effect=0.05)
    empty = np.random.default_rng(2).random(len(frame)) < 0.12
    own = pool.team_coefficients(frame.assign(revenue=frame["revenue"].where(~empty, 0.0)), SPEC)
    assert (own["df"] == own["reps"] - 1).all()
    covered = (own["value"] - 0.05).abs() < stats.t.ppf(0.999, own["df"]) * own["se"]
    assert covered.all()


def test_no_team_with_enough_reps_is_refused():
    frame = simulate(2, groups=4, months=16)
    first = frame.groupby("team_id")["rep_id"].transform("min")
    with pytest.raises(NotEstimable, match="0 teams"):
        pool.pooled(pool.team_coefficients(frame[frame["rep_id"] == first], SPEC), scale=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(("effect", "spread"), [(0.008, 0.006), (0.0, 0.0)])
def test_coverage_of_team_effects(effect, spread):
    """Target of the method notes: .925. The plug-in covers .85; 1,200 teams tell the two apart."""
    covered, plug_in, wrong = [], [], []
    for seed in range(60):
        frame = simulate(500 + seed, effect=effect, spread=spread, strugglers=0.5)
        truth = frame.groupby("team_id")["truth"].first()
        own = pool.team_coefficients(frame, SPEC)
        company = dynamic.fit(frame, SPEC).estimate
        for team, e in pool.pooled(own, scale=0.01, company=company).items():
            covered.append(e.shrunken.low <= truth[team] <= e.shrunken.high)
            decided = e.shrunken.low > 0 or e.shrunken.high < 0
            wrong.append(decided and np.sign(e.shrunken.value) != np.sign(truth[team]))
        plug_in.append(plug_in_coverage(own, truth))
    # Monte Carlo error, teams of a company taken as dependent: about .01
    assert np.mean(covered) >= 0.925 - 0.015
    assert np.mean(wrong) <= 0.012 + 0.01
    if spread:
        assert np.mean(covered) > np.mean(plug_in) + 0.02


def plug_in_coverage(own, truth):
    """What taking one value of the spread for granted would cover (moment estimate)."""
    y, v = own["value"].to_numpy(), own["se"].to_numpy() ** 2
    tau2 = max(y.var(ddof=1) - v.mean(), 0.0)
    w = 1 / (v + tau2)
    mu = (w * y).sum() / w.sum()
    trust = tau2 / (v + tau2)
    middle = mu + trust * (y - mu)
    sd = np.sqrt(trust * v + (1 - trust) ** 2 / w.sum())
    return np.mean(np.abs(middle - truth[own.index].to_numpy()) < 1.96 * sd)
