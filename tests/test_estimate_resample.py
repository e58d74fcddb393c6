"""Resampling against loops that refit every draw, given the very same draws."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from salesdiag.estimate.decompose import bootstrap_totals, bridge
from salesdiag.estimate.panel_ols import fixed_effects, wild_bootstrap
from salesdiag.estimate.permute import max_t, usable
from salesdiag.estimate.randomise import assignments
from salesdiag.estimate.resample import (
    WEBB,
    all_orders,
    drawn_counts,
    drawn_orders,
    wild_weights,
)

NEAR = 1 - 1e-9
P_VALUES = ["p_value", "p_single_step", "p_step_down"]


# wild cluster bootstrap --------------------------------------------------------------------------


def clusters(count, kind, seed=0):
    """Unbalanced groups (2 to 9 rows): outcome, regressors, group, month."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(count), rng.integers(2, 10, count))
    n = len(group)
    month = rng.integers(0, 4, n)
    X = rng.normal(size=(n, 2)) + rng.normal(size=(count, 2))[group]
    y = 0.4 * X[:, 0] + rng.normal(size=count)[group] + rng.normal(size=n)
    if kind == "ties":  # a regressor of groups and an outcome of few values
        X[:, 0] = group % 2
        y = np.round(y)
    return y, X, group, month


def t_of(y, X, group):
    """Cluster-robust t of the first column, by statsmodels."""
    return abs(sm.OLS(y, X).fit(cov_type="cluster", cov_kwds={"groups": group}).tvalues[0])


@pytest.mark.parametrize("kind", ["continuous", "ties"])
@pytest.mark.parametrize(
    ("count", "draws", "used"),
    [(3, 99, "webb"), (5, 99, "webb"), (8, 256, "all signs"), (9, 99, "webb"),
     (12, 99, "rademacher"), (40, 99, "rademacher")],
)  # fmt: skip
def test_wild_bootstrap_against_a_loop_over_statsmodels(count, draws, used, kind):
    y, X, group, month = clusters(count, kind, seed=count)
    full = np.column_stack([X, pd.get_dummies(month, dtype=float)])  # a constant is among them
    weights, called = wild_weights(count, draws, 3)
    null = full[:, 1:] @ np.linalg.lstsq(full[:, 1:], y, rcond=None)[0]
    seen = t_of(y, full, group)
    drawn = np.array([t_of(null + (y - null) * w[group], full, group) for w in weights])
    counted = called != "all signs"
    expected = (int((drawn >= seen * NEAR).sum()) + counted) / (draws + counted)
    given = np.column_stack([X, np.ones(len(y))])
    fit = fixed_effects(y, given, None, group, names=["a", "b", "one"], dummies=[month])
    found = wild_bootstrap(fit, "a", draws=draws, seed=3)
    assert (found.p_value, found.draws, found.weights) == (expected, draws, used)
    if called == "all signs":  # each draw has its mirror image, the sample among them
        assert int((np.abs(drawn / seen - 1) < 1e-9).sum()) >= 2


@pytest.mark.parametrize("seed", range(12))
def test_the_sample_and_its_mirror_image_count_whatever_rounding_says(seed):
    """With an effect this strong no other of the 256 sign vectors reaches the sample's t."""
    y, X, group, month = clusters(8, "continuous", seed)
    X = np.column_stack([X, np.ones(len(y))])
    y = y + 20 * X[:, 0]
    fit = fixed_effects(y, X, None, group, names=["a", "b", "one"], dummies=[month])
    assert wild_bootstrap(fit, "a", draws=256).p_value == 2 / 256


def test_draws_without_any_error_count_as_extreme():
    """Nothing to explain is no evidence: 0 / 0 must not pass for a small p-value."""
    _, X, group, month = clusters(15, "continuous")
    fit = fixed_effects(np.zeros(len(group)), X, None, group, names=["a", "b"], dummies=[month])
    assert wild_bootstrap(fit, "a", draws=99).p_value == 1


@pytest.mark.parametrize(("count", "points"), [(5, np.r_[-WEBB, WEBB]), (15, [-1.0, 1.0])])
def test_weights_are_those_of_choice(count, points):
    """P-values of earlier runs rest on this stream of random numbers."""
    expected = np.random.default_rng(7).choice(points, size=(500, count))
    np.testing.assert_array_equal(wild_weights(count, 500, 7)[0], expected)


def test_all_signs_are_all():
    weights, kind = wild_weights(8, 256, 0)
    assert kind == "all signs"
    assert set(map(tuple, weights)) == set(itertools.product([-1.0, 1.0], repeat=8))


# permutations ------------------------------------------------------------------------------------


def people(sizes, k, kind, seed=0):
    rng = np.random.default_rng(seed)
    team = np.repeat(np.arange(len(sizes)), sizes)
    frame = pd.DataFrame(rng.normal(size=(len(team), k)), columns=[f"b{i}" for i in range(k)])
    names = list(frame)
    frame["performance"] = 0.5 * frame["b0"] + rng.normal(size=len(team))
    if kind == "ties":
        frame = frame.round(0)
    if kind == "missing":
        frame[names] = frame[names].mask(rng.random((len(team), k)) < 0.2)
    return frame.assign(team_id=np.char.add("T", (team + 10).astype(str))), names


def hc3(y, x, team):
    """HC3 t of the slope of y on x and team dummies, by statsmodels."""
    known = np.isfinite(x)
    known &= pd.Series(known).groupby(team).transform("sum").to_numpy() > 1
    dummies = pd.get_dummies(pd.Series(team[known]), dtype=float).to_numpy()
    fit = sm.OLS(y[known], np.column_stack([x[known], dummies])).fit(cov_type="HC3")
    return abs(fit.tvalues[0])


@pytest.mark.parametrize(
    ("sizes", "k", "kind"),
    [
        ([8] * 5, 1, "plain"),
        ([8] * 5, 3, "plain"),
        ([3, 12, 5, 4, 16], 3, "plain"),
        ([3, 12, 5, 4, 16], 3, "ties"),
        ([40], 2, "ties"),
        ([3, 12, 5, 4, 16], 3, "missing"),
        ([11, 13], 2, "missing"),
    ],
)
def test_max_t_against_a_loop_over_statsmodels(sizes, k, kind):
    frame, names = people(sizes, k, kind, seed=len(sizes) + k)
    rows, _ = usable(frame, names, "performance", "team_id")
    team = pd.factorize(rows["team_id"])[0]
    y = rows["performance"].to_numpy()
    orders = np.concatenate(list(drawn_orders(team, 99, 5, at_once=20)))
    x = rows[names].to_numpy()
    t = np.array([[hc3(y[order], column, team) for column in x.T] for order in orders])
    single = [(t.max(axis=1) >= value * NEAR).mean() for value in t[0]]
    falling, last, down = list(np.argsort(-t[0])), 0.0, np.empty(k)
    for place, j in enumerate(falling):
        last = max(last, (t[:, falling[place:]].max(axis=1) >= t[0, j] * NEAR).mean())
        down[j] = last
    found = max_t(frame, names, draws=99, seed=5)
    assert not found.exact
    expected = np.column_stack([(t >= t[0] * NEAR).mean(axis=0), single, down])
    np.testing.assert_array_equal(found.table[P_VALUES], expected)
    np.testing.assert_allclose(found.table["t"].abs(), t[0], rtol=1e-10)


@pytest.mark.parametrize("sizes", [[2] * 3, [8], [4, 5], [40], [3, 12, 5, 4, 16], [2] * 1500])
def test_orders_are_those_of_noise_sorted_within_teams(sizes):
    """P-values of earlier runs rest on this stream of random numbers."""
    team = np.repeat(np.arange(len(sizes)), sizes)
    noise = np.random.default_rng(2).random((20, len(team)))
    expected = [np.arange(len(team)), *(np.lexsort((row, team)) for row in noise)]
    for at_once in (7, 1000):
        parts = list(drawn_orders(team, 20, 2, at_once=at_once))
        assert max(map(len, parts)) <= at_once
        np.testing.assert_array_equal(np.concatenate(parts), expected)


def test_all_orders_are_equally_likely():
    drawn = np.concatenate(list(drawn_orders(np.repeat([0, 1], [4, 3]), 20_000, 0, at_once=999)))
    _, counts = np.unique(drawn[1:], axis=0, return_counts=True)
    assert len(counts) == 24 * 6
    assert stats.chisquare(counts).pvalue > 0.001


@pytest.mark.parametrize("sizes", [[3], [2, 2, 2], [1, 3, 2]])
def test_all_orders_are_all(sizes):
    ends = np.cumsum(sizes)
    parts = [itertools.permutations(range(e - s, e)) for e, s in zip(ends, sizes, strict=True)]
    expected = [tuple(itertools.chain(*choice)) for choice in itertools.product(*parts)]
    found = [tuple(row) for row in all_orders(np.array(sizes))]
    assert found[0] == tuple(range(sum(sizes)))
    assert sorted(found) == sorted(expected)


def test_starts_drawn_are_those_of_shuffling_row_by_row():
    start = np.r_[np.arange(20.0), np.full(20, np.inf)]
    rng = np.random.default_rng(4)
    expected = [start, *(rng.permuted(start) for _ in range(50))]
    np.testing.assert_array_equal(assignments(start, 50, 4)[0], expected)


# cluster bootstrap -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["joiners and leavers", "alike", "one"])
def test_bootstrap_of_totals_against_decomposing_every_draw_anew(kind):
    rng = np.random.default_rng(6)
    factors = ["accounts", "orders_each", "order_value"]
    before = pd.DataFrame(rng.gamma(5, 2, (12, 3)), columns=factors)
    after = before * rng.lognormal(0, 0.3, before.shape)
    if kind == "joiners and leavers":
        before, after = before.iloc[:-3], after.iloc[2:]
    if kind == "alike":  # many draws have equal totals
        before, after = before * 0 + 2, before * 0 + [3, 2, 1]
    if kind == "one":
        before, after = before.iloc[:1], after.iloc[:1]
    parts = bridge(before, after, factors)
    n = len(parts)
    totals = []
    for drawn in np.random.default_rng(8).integers(0, n, size=(200, n)):
        members = parts.index.to_numpy()[np.sort(drawn)]
        sides = (side.reindex(members).set_axis(range(n)).dropna() for side in (before, after))
        totals.append(bridge(*sides, factors).sum().to_numpy())
    found = bootstrap_totals(parts, draws=200, seed=8)
    expected = np.quantile(totals, [0.025, 0.975], axis=0).T
    np.testing.assert_allclose(found[["low", "high"]], expected, rtol=1e-10, atol=1e-10)


def test_what_is_not_known_of_a_member_is_not_known_of_the_total():
    table = pd.DataFrame({"known": [1.0, 2.0, 3.0], "unknown": [1.0, np.nan, 3.0]})
    found = bootstrap_totals(table, draws=50)
    assert found.loc["unknown"].isna().all()
    assert found.loc["known"].notna().all()


def test_counts_of_drawn_members_have_the_distribution_of_multinomials():
    counts = np.concatenate(list(drawn_counts(4, 20_000, 3, at_once=999)))
    np.testing.assert_array_equal(counts, next(drawn_counts(4, 20_000, 3, at_once=20_000)))
    assert counts.shape == (20_000, 4)
    seen, often = np.unique(counts, axis=0, return_counts=True)
    probability = stats.multinomial.pmf(seen, 4, np.full(4, 0.25))
    assert probability.sum() == pytest.approx(1), "every possible outcome is drawn"
    assert stats.chisquare(often, 20_000 * probability).pvalue > 0.001
