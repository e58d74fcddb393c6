"""Paths that part: bounds against linear programming, planted paths, coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize, stats
from test_estimate_did import company, fast

from salesdiag.checks import parting_paths
from salesdiag.estimate.trends import Trends, relative_magnitudes


def largest_bias(weights, step: float, multiple: float) -> float:
    """Return by linear programming how far paths can move an effect after the last block before.

    Unknown are the paths' gaps in each block with the measure; no step is larger than allowed.
    """
    h, most = len(weights), multiple * step
    steps = np.eye(h) - np.eye(h, k=-1)  # the first from the last block before
    found = optimize.linprog(
        -np.asarray(weights),
        A_ub=np.vstack([steps, -steps]),
        b_ub=np.full(2 * h, most),
        bounds=[(None, None)] * h,
    )
    return -found.fun


@pytest.mark.parametrize("multiple", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("weights", [[1.0], [0.5, 0.5], [0.4, 0.3, 0.2, 0.1]])
def test_bounds_are_those_of_linear_programming(weights, multiple):
    rng = np.random.default_rng(1)
    before, after = rng.normal(size=(12, 2)) / 50, 0.3 + rng.normal(size=(12, len(weights))) / 50
    found = relative_magnitudes(before, after, np.array(weights), df=8.0, unit="log_points")
    wide = found.interval(multiple)
    noise = stats.t.ppf(1 - 0.045 / 2, 8.0) * found.se
    assert wide.high - wide.value == pytest.approx(
        noise + largest_bias(weights, found.step, multiple), abs=1e-9
    )
    assert wide.value - wide.low == pytest.approx(wide.high - wide.value)


def test_numbers_by_hand():
    before = np.array([[0.02, -0.01], [0.03, -0.01], [0.01, -0.01]])
    after = np.array([[0.2, 0.3], [0.21, 0.3], [0.19, 0.3]])
    found = relative_magnitudes(before, after, np.array([0.5, 0.5]), df=2.0, unit="log_points")
    se = math.sqrt(1 / 2 * 2 * 0.01**2)
    assert found.value == pytest.approx(0.25 + 0.01)
    assert found.se == pytest.approx(se / 2)
    t = stats.t.ppf(1 - 0.005 / 2 / 2, 2.0)
    assert found.step == pytest.approx(0.03 + t * se)  # from +.02 to -.01
    assert found.reach == 1.5
    edge = found.interval(found.breakdown)
    assert min(abs(edge.low), abs(edge.high)) == pytest.approx(0.0, abs=1e-12)


def test_breakdown_of_nothing_and_of_certainty():
    assert Trends(value=0.1, se=0.1, df=9, step=0.1, reach=1, unit="").breakdown == 0
    assert Trends(value=0.1, se=0.01, df=9, step=0.0, reach=1, unit="").breakdown == math.inf
    with pytest.raises(ValueError, match="add up to 1"):
        relative_magnitudes(np.ones((3, 2)), np.ones((3, 2)), np.ones(2), df=2.0, unit="")


def test_without_noise_a_path_is_seen_and_an_effect_measured_from_its_end():
    """Takers rise by .01 a month all along: steps of .03, and an effect of .2 on top."""
    frame, start = company(1, takers=9)
    start = start.where(start.isna(), 14.0)
    on = frame["month_index"] >= frame["team_id"].map(start)
    rising = 0.01 * frame["month_index"] * frame["team_id"].map(start.notna())
    noise = 1e-12 * frame["y"]  # for degrees of freedom
    first, whole = fast(frame.assign(y=rising + 0.2 * on + noise), start).trends
    assert (first.reach, whole.reach) == (1.0, pytest.approx((3 * (1 + 2 + 3) + 4) / 10))
    assert first.value == pytest.approx(0.2 + 0.03)  # one step of three months
    assert whole.value == pytest.approx(0.2 + 0.01 * (5.5 + 1), abs=1e-9)
    # earlier months lie 4.5 + .5 before the first block's middle
    assert first.step == pytest.approx(0.01 * (3.5 + 1 + 1), abs=1e-9)


def test_too_few_months_before_give_none():
    frame, start = company(2, takers=9)
    assert fast(frame, start.where(start.isna(), 8.0)).trends == ()
    assert len(fast(frame, start.where(start.isna(), 9.0)).trends) == 2


@pytest.mark.slow
def test_coverage_where_paths_part():
    """Steps after the start as large as the largest before it, in the worst direction."""
    held, plain = [], []
    for seed in range(100):
        frame, start = company(seed, takers=10)
        start = start.where(start.isna(), 14.0)
        block = np.floor((frame["month_index"] - 14) / 3).clip(-2, 3)
        drift = 0.05 * (block + 3).clip(0) * frame["team_id"].map(start.notna())
        found = fast(frame.assign(y=frame["y"] + drift), start)
        wide = found.trends[1].interval(1.0)
        held.append(wide.low <= 0 <= wide.high)
        plain.append(found.estimate.interval().low <= 0 <= found.estimate.interval().high)
    assert np.mean(held) >= 0.95
    assert np.mean(plain) < 0.5


def test_it_is_said_and_bars_nothing():
    frame, start = company(5, takers=9)
    start = start.where(start.isna(), 14.0)
    on = frame["month_index"] >= frame["team_id"].map(start)
    found = fast(frame.assign(y=frame["y"] + 0.4 * on), start)
    first, whole = (t.breakdown for t in found.trends)
    assert 0 < whole < first  # more months, more steps
    check = parting_paths(first, whole)
    assert (check.passed, check.bars) == (None, ())
    assert "largest before it" in str(check.text)
    assert "cannot be told" in str(parting_paths(math.nan, math.nan).text)
