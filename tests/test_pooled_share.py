"""The share over managers as sum over sum: its value, its interval, and how often that covers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from salesdiag.estimate.proportion import pooled_share


def test_no_manager_s_own_share_is_averaged():
    found = pooled_share([100, 0, 0, 0, 0], [100, 900, 950, 900, 1000])
    assert found.value == pytest.approx(100 / 3850)  # the mean of the ratios is .2
    assert found.low == 0  # kept within 0 to 1
    assert found.value < found.high < 0.12


def test_the_interval_equals_a_loop_and_comes_near_the_jackknife():
    rng = np.random.default_rng(1)
    wholes = rng.gamma(4, 100, 60)
    parts = wholes * rng.beta(1, 9, 60)
    found = pooled_share(parts, wholes)
    ratio, m = parts.sum() / wholes.sum(), len(parts)
    squares = sum((p - ratio * w) ** 2 for p, w in zip(parts, wholes, strict=True))
    se = math.sqrt(m / (m - 1) * squares) / wholes.sum()
    assert found.value == pytest.approx(ratio)
    assert found.high - found.value == pytest.approx(stats.t.ppf(0.975, m - 1) * se)
    without = [(parts.sum() - p) / (wholes.sum() - w) for p, w in zip(parts, wholes, strict=True)]
    jackknife = math.sqrt((m - 1) / m * sum((x - ratio) ** 2 for x in without))
    assert se == pytest.approx(jackknife, rel=0.03)


def test_equal_wholes_give_the_mean_and_its_t_interval():
    shares = np.array([0.1, 0.3, 0.2, 0.25])
    found = pooled_share(shares * 50, np.full(4, 50.0))
    low, high = stats.t.interval(0.95, 3, shares.mean(), stats.sem(shares))
    assert (found.value, found.low, found.high) == pytest.approx((shares.mean(), low, high))


@pytest.mark.parametrize(
    ("parts", "wholes", "value"), [([], [], math.nan), ([0], [0], math.nan), ([2], [8], 0.25)]
)
def test_few_managers_have_no_ends(parts, wholes, value):
    found = pooled_share(parts, wholes)
    assert found.value == pytest.approx(value, nan_ok=True)
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_the_interval_covers_about_as_often_as_it_says():
    rng = np.random.default_rng(2)
    truth, hits, runs = 0.1, 0, 2000
    for _ in range(runs):
        wholes = rng.gamma(4, 100, 30)
        found = pooled_share(wholes * rng.beta(2, 18, 30), wholes)
        hits += found.low <= truth <= found.high
    assert 0.92 <= hits / runs <= 0.97
