"""Decompositions: published arithmetic, and the properties that define them."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from salesdiag.estimate.decompose import bootstrap_totals, bridge, lmdi, shapley

METHODS = pytest.mark.parametrize("split", [lmdi, shapley], ids=["lmdi", "shapley"])

settings.register_profile("exact", deadline=None, derandomize=True)
EXACT = settings.get_profile("exact")
factor = st.one_of(st.just(0.0), st.floats(1e-3, 1e3))
pair = st.integers(1, 4).flatmap(
    lambda f: st.tuples(
        hnp.arrays(float, (3, f), elements=factor), hnp.arrays(float, (3, f), elements=factor)
    )
)


def scale_of(a, b):
    """The largest product on any way from a to b: what rounding is relative to."""
    return np.maximum(a, b).prod(-1) + 1e-12


# 1000 accounts x .40 active x 10 each -> 1200 x .50 x 9: R, twice (closed formulas)
@pytest.mark.parametrize(
    ("split", "expected"),
    [
        (lmdi, (850.5374, 1040.9736, -491.5110)),
        (shapley, (853.3333, 1043.3333, -496.6667)),
    ],
)
def test_worked_example(split, expected):
    found = split([1000, 0.4, 10], [1200, 0.5, 9])
    np.testing.assert_allclose(found, expected, atol=5e-5)
    assert found.sum() == pytest.approx(1400, rel=1e-12)


@METHODS
@EXACT
@given(ab=pair)
def test_adds_up_exactly(split, ab):
    a, b = ab
    change = b.prod(-1) - a.prod(-1)
    assert (np.abs(split(a, b).sum(-1) - change) <= 1e-9 * scale_of(a, b)).all()


@METHODS
@EXACT
@given(ab=pair)
def test_the_way_back_is_the_way_there_reversed(split, ab):
    a, b = ab
    assert (np.abs(split(a, b) + split(b, a)) <= 1e-9 * scale_of(a, b)[:, None]).all()


@METHODS
@EXACT
@given(ab=pair, data=st.data())
def test_factors_are_treated_alike(split, ab, data):
    a, b = ab
    order = data.draw(st.permutations(range(a.shape[1])))
    mixed = split(a[:, order], b[:, order])
    assert (np.abs(mixed - split(a, b)[:, order]) <= 1e-9 * scale_of(a, b)[:, None]).all()


@METHODS
@EXACT
@given(ab=pair)
def test_a_factor_that_does_not_change_contributes_nothing(split, ab):
    a, b = ab
    b = b.copy()
    b[:, 0] = a[:, 0]
    assert (np.abs(split(a, b)[:, 0]) <= 1e-9 * scale_of(a, b)).all()


@EXACT
@given(ab=pair)
def test_shapley_is_the_mean_over_all_orders(ab):
    a, b = ab
    expected = np.zeros_like(a)
    orders = list(permutations(range(a.shape[1])))
    for order in orders:
        now = a.copy()
        for j in order:
            before = now.prod(-1)
            now[:, j] = b[:, j]
            expected[:, j] += (now.prod(-1) - before) / len(orders)
    assert (np.abs(shapley(a, b) - expected) <= 1e-9 * scale_of(a, b)[:, None]).all()


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ((10, 0, 3), (12, 4, 5)),
        ((10, 2, 3), (12, 0, 5)),
        ((0, 0, 3), (12, 4, 5)),
        ((0, 2, 3), (0, 4, 5)),
        ((0, 2, 3), (4, 0, 5)),
    ],
)
def test_lmdi_of_zeros_is_the_limit_of_small_values(start, end):
    tiny = 1e-150  # the approach is slow: as 1 over the logarithm
    near = lmdi(np.where(np.equal(start, 0), tiny, start), np.where(np.equal(end, 0), tiny, end))
    np.testing.assert_allclose(
        lmdi(start, end), near, atol=0.02 * max(np.prod(start), np.prod(end), 1)
    )


@METHODS
def test_a_factor_undefined_beside_a_zero_counts_as_unchanged(split):
    # no active account, hence no revenue per active account; all growth is due to activity
    found = split([100, 0.0, np.nan], [100, 0.2, 50.0])
    np.testing.assert_allclose(found, [0, 1000, 0], atol=1e-9)
    np.testing.assert_allclose(split([5, 0, np.nan], [7, 0, np.nan]), 0)


@METHODS
@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ([1, -2], [1, 2], "negative"),
        ([1, np.nan], [1, 2], "unknown"),
        ([1, 2], [np.nan, 2], "unknown"),
    ],
)
def test_wrong_factors_are_refused(split, start, end, message):
    with pytest.raises(ValueError, match=message):
        split(start, end)


def reps():
    before = pd.DataFrame(
        {"base": [100, 80, 50, 60.0], "active": [0.5, 0.25, 0.4, 0.0], "each": [10, 20, 8, np.nan]},
        index=["a", "b", "c", "d"],
    )
    after = pd.DataFrame(
        {"base": [110, 70.0, 60, 40], "active": [0.6, 0.3, 0.5, 0.5], "each": [9, 22.0, 12, 6]},
        index=["a", "b", "d", "e"],
    )
    return before, after


@pytest.mark.parametrize("method", ["lmdi", "shapley"])
def test_bridge_adds_up_over_members_and_factors(method):
    before, after = reps()
    found = bridge(before, after, ["base", "active", "each"], method)
    assert found["change"].tolist() == pytest.approx([94, 62, -160, 360, 120])
    np.testing.assert_allclose(found.drop(columns="change").sum(axis=1), found["change"], atol=1e-9)
    assert found.loc["c", "left"] == -160
    assert found.loc["e", "joined"] == 120
    assert (found.loc[["a", "b", "d"], ["joined", "left"]] == 0).all(axis=None)
    split = {"lmdi": lmdi, "shapley": shapley}[method]
    np.testing.assert_allclose(
        found.loc["a", ["base", "active", "each"]].astype(float),
        split(before.loc["a"], after.loc["a"]),
    )
    assert found["change"].sum() == pytest.approx(
        after.prod(axis=1).sum() - before.prod(axis=1).sum()
    )


def test_bridge_refuses_two_rows_of_a_member_and_unknown_factors_of_joiners():
    before, after = reps()
    with pytest.raises(ValueError, match="one row"):
        bridge(pd.concat([before, before]), after, ["base"])
    with pytest.raises(ValueError, match="unknown"):
        bridge(before, after.assign(each=[9, 22, 12, np.nan]), ["base", "active", "each"])


def test_bootstrap_against_the_formula_for_a_sum():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"x": rng.normal(2, 1, 400), "y": rng.normal(0, 3, 400)})
    found = bootstrap_totals(table, draws=4000, seed=1)
    sd = table.std(ddof=0) * np.sqrt(400)
    # the quantile of 4,000 draws is known to about 2 % of the standard deviation
    np.testing.assert_allclose(found["value"], table.sum())
    np.testing.assert_allclose((found["high"] - found["value"]) / sd, 1.96, atol=0.12)
    np.testing.assert_allclose((found["value"] - found["low"]) / sd, 1.96, atol=0.12)
    pd.testing.assert_frame_equal(found, bootstrap_totals(table, draws=4000, seed=1))
    with pytest.raises(ValueError, match="no members"):
        bootstrap_totals(table.iloc[:0])
