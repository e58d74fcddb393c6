"""Panels against brute force; published values and other libraries are in test_reference_*.

SAME allows for another order of summation in double precision.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from salesdiag.estimate.blocks import Blocks, independent_columns
from salesdiag.estimate.panel_ols import (
    fixed_effects,
    jackknife_se,
    solve_leaving_out,
    wild_bootstrap,
)

SAME = 1e-9


def random_panel(seed=0, units=30, months=8, k=3, groups=6):
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(units), months)
    month = np.tile(np.arange(months), units)
    X = rng.normal(size=(units * months, k)) + unit[:, None] / 10
    y = X @ np.arange(1, k + 1) + unit + np.sin(month) + rng.normal(size=len(unit))
    return y, X, unit, unit % groups, month


def by_dummies(y, X, unit, month, rows):
    """Coefficients by least squares with one column per unit and month."""
    D = pd.get_dummies(pd.DataFrame({"u": unit[rows], "m": month[rows]}).astype(str)).to_numpy(
        float
    )
    return np.linalg.lstsq(np.column_stack([X[rows], D]), y[rows], rcond=None)[0][: X.shape[1]]


@pytest.mark.parametrize("seed", [0, 1])
def test_leave_one_group_out_is_the_fit_without_it(seed):
    y, X, unit, group, month = random_panel(seed)
    fit = fixed_effects(y, X, unit, group, names=list("abc"), dummies=[month])
    everyone = np.ones(len(y), dtype=bool)
    np.testing.assert_allclose(fit.coefficients, by_dummies(y, X, unit, month, everyone), rtol=SAME)
    brute = np.stack([by_dummies(y, X, unit, month, group != g) for g in fit.group_names])
    np.testing.assert_allclose(fit.leave_one_out, brute, rtol=SAME)
    expected = np.sqrt(5 / 6 * ((brute - fit.coefficients) ** 2).sum(axis=0))
    np.testing.assert_allclose(np.sqrt(np.diag(fit.cv3)), expected, rtol=SAME)
    assert fit.se("b") == pytest.approx(expected[1], rel=SAME)


def test_rows_in_any_order_give_the_same():
    y, X, unit, group, month = random_panel()
    order = np.random.default_rng(3).permutation(len(y))
    a = fixed_effects(y, X, unit, group, names=list("abc"), dummies=[month])
    names = np.array([f"G{g}" for g in group[order]])
    b = fixed_effects(
        y[order], X[order], unit[order], names, names=list("abc"), dummies=[month[order]]
    )
    np.testing.assert_allclose(a.leave_one_out, b.leave_one_out, rtol=SAME)
    assert b.group_names == ("G0", "G1", "G2", "G3", "G4", "G5")


def test_single_rows_are_left_out_and_counted():
    y, X, unit, group, month = random_panel()
    more = [
        np.r_[v, w]
        for v, w in ((y, [5.0, 9.0]), (unit, [90, 91]), (group, [2, 3]), (month, [0, 1]))
    ]
    fit = fixed_effects(
        more[0], np.vstack([X, [[9, 9, 9], [1, 2, 3]]]), more[1], more[2],
        names=list("abc"), dummies=[more[3]],
    )  # fmt: skip
    plain = fixed_effects(y, X, unit, group, names=list("abc"), dummies=[month])
    assert (fit.singletons, fit.n, fit.units) == (2, 240, 30)
    np.testing.assert_allclose(fit.coefficients, plain.coefficients, rtol=SAME)


@pytest.mark.parametrize(
    ("make", "left_out"),
    [
        (lambda X, u, m: X[:, 1] * 2 - X[:, 2], ("a",)),  # first of three that are collinear
        (lambda X, u, m: np.cos(m), ("a",)),  # a function of the month
        (lambda X, u, m: u * 1.0, ("a",)),  # constant within units
        (lambda X, u, m: np.full(len(X), 7.0), ("a",)),
        (lambda X, u, m: X[:, 1] + 1e-4 * X[:, 0], ()),  # close, but not collinear
    ],
)
def test_collinear_columns_are_named_and_change_nothing(make, left_out):
    y, X, unit, group, month = random_panel()
    X = X.copy()
    X[:, 0] = make(X, unit, month)
    fit = fixed_effects(y, X, unit, group, names=list("abc"), dummies=[month])
    assert fit.collinear == left_out
    assert fit.names == tuple(n for n in "abc" if n not in left_out)
    if left_out:
        alone = fixed_effects(y, X[:, 1:], unit, group, names=list("bc"), dummies=[month])
        np.testing.assert_allclose(fit.coefficients, alone.coefficients, rtol=1e-7)
        with pytest.raises(KeyError):
            fit.value("a")


def test_a_month_of_one_group_only_leaves_the_others_determined():
    y, X, unit, group, month = random_panel()
    month = np.where((group == 2) & (month == 7), 8, month)
    fit = fixed_effects(y, X, unit, group, names=list("abc"), dummies=[month])
    brute = np.stack([by_dummies(y, X, unit, month, group != g) for g in range(6)])
    np.testing.assert_allclose(fit.leave_one_out, brute, rtol=1e-7)


def test_a_driver_that_one_group_alone_varies_has_no_jackknife():
    y, X, unit, group, month = random_panel()
    X = X.copy()
    X[:, 0] *= group == 2
    fit = fixed_effects(y, X, unit, group, names=list("abc"), dummies=[month])
    assert np.isnan(fit.leave_one_out[2, 0])
    assert np.isfinite(np.delete(fit.leave_one_out[:, 0], 2)).all()
    assert np.isnan(fit.se("a"))
    assert np.isfinite(fit.se("b"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"group": lambda g: np.arange(len(g)) % 5}, "within one group"),
        ({"y": lambda y: np.where(np.arange(len(y)) == 3, np.nan, y)}, "finite"),
        ({"group": lambda g: g * 0}, "two groups"),
        ({"group": lambda g: np.where(g == 2, np.nan, g)}, "needs a unit and a group"),
    ],
)
def test_wrong_input_is_refused(change, message):
    y, X, unit, group, _ = random_panel()
    given = {"y": y, "group": group}
    given |= {k: f(given[k]) for k, f in change.items()}
    with pytest.raises(ValueError, match=message):
        fixed_effects(given["y"], X, unit, given["group"], names=list("abc"))


def test_input_is_not_changed():
    y, X, unit, group, month = random_panel()
    before = [v.copy() for v in (y, X, unit, group, month)]
    fixed_effects(y, X, unit, group, names=list("abc"), dummies=[month])
    for now, then in zip((y, X, unit, group, month), before, strict=True):
        np.testing.assert_array_equal(now, then)


def brute_bootstrap(y, X, unit, group, month, weights):
    """Restricted wild cluster bootstrap of the first coefficient, refitting every draw."""
    D = pd.get_dummies(pd.DataFrame({"u": unit, "m": month}).astype(str)).to_numpy(float)[:, 1:]
    full = np.column_stack([X, D])
    full = full[:, independent_columns(full, full, full.shape[1])]
    inverse = np.linalg.inv(full.T @ full)

    def t(outcome):
        beta = inverse @ full.T @ outcome
        e = outcome - full @ beta
        s = np.stack([full[group == g].T @ e[group == g] for g in np.unique(group)])
        return beta[0] / np.sqrt((inverse @ s.T @ s @ inverse)[0, 0])

    null = full[:, 1:]
    mean = null @ np.linalg.lstsq(null, y, rcond=None)[0]
    return t(y), np.array([t(mean + (y - mean) * np.asarray(w)[group]) for w in weights])


def test_wild_bootstrap_against_refitting_every_draw():
    rng = np.random.default_rng(5)
    unit, month = np.repeat(np.arange(16), 5), np.tile(np.arange(5), 16)
    group = unit // 2
    X = rng.normal(size=(80, 2))
    y = 0.3 * X[:, 0] + rng.normal(size=8)[group] * X[:, 0] + rng.normal(size=80) + unit
    fit = fixed_effects(y, X, unit, group, names=["a", "b"], dummies=[month])
    # 2^8 sign vectors; the reversed ones give the same |t|
    t0, ts = brute_bootstrap(y, X, unit, group, month, list(product([-1, 1], repeat=8)))
    expected = np.mean(np.abs(ts) >= abs(t0) * (1 - 1e-9))
    assert wild_bootstrap(fit, "a", draws=256).p_value == pytest.approx(expected, abs=1e-12)
    assert 0.01 < expected < 0.9


@pytest.mark.parametrize(
    ("groups", "draws", "weights", "used"),
    [
        (5, 1999, "webb", 1999),  # 2^5 sign vectors cannot give p under .0625
        (10, 1999, "all signs", 1024),
        (10, 999, "webb", 999),
        (15, 1999, "rademacher", 1999),
    ],
)
def test_bootstrap_weights_by_number_of_groups(groups, draws, weights, used):
    y, X, unit, group, month = random_panel(groups=groups)
    fit = fixed_effects(y, X, unit, group, names=list("abc"), dummies=[month])
    boot = wild_bootstrap(fit, "c", draws=draws, seed=1)
    assert (boot.weights, boot.draws) == (weights, used)
    assert boot.p_value < 0.05  # the true effect is three standard deviations of the noise
    assert boot == wild_bootstrap(fit, "c", draws=draws, seed=1)


def test_leaving_out_works_on_badly_scaled_columns():
    y, X, unit, group, month = random_panel()
    scale = np.array([1e7, 1.0, 1e-6])
    a = fixed_effects(y, X, unit, group, names=list("abc"), dummies=[month])
    b = fixed_effects(y, X * scale, unit, group, names=list("abc"), dummies=[month])
    np.testing.assert_allclose(b.leave_one_out * scale, a.leave_one_out, rtol=1e-7)
    _, loo = solve_leaving_out(a.xx, a.xy[:, :, None])
    np.testing.assert_allclose(loo[:, :3, 0], a.leave_one_out, rtol=SAME)


def test_blocks_keep_units_and_groups_together():
    unit = np.array(["b", "a", "b", "c", "a", "d"])
    group = np.array([1, 0, 1, 1, 0, 0])
    blocks = Blocks.of(unit, group)
    assert blocks.order.tolist() == [1, 4, 0, 2]
    assert blocks.singletons == 2
    assert [unit[blocks.order][s].tolist() for s in blocks.group_slices] == [["a", "a"], ["b", "b"]]


def test_jackknife_se_of_a_mean_is_the_usual_one():
    x = np.random.default_rng(2).normal(size=12)
    loo = (x.sum() - x) / 11
    assert jackknife_se(x.mean(), loo) == pytest.approx(x.std(ddof=1) / np.sqrt(12), rel=SAME)
