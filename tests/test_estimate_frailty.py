"""Spread of managers' hazards: exact chances by enumeration, planted spreads, coverage."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from salesdiag.estimate.frailty import frailty
from salesdiag.estimate.refusal import NotEstimable


def test_p_value_against_all_ways_of_leaving():
    """Six leavers of five groups: every outcome and its multinomial chance."""
    expected, seen = np.array([1.0, 2.0, 1.0, 3.0, 1.0]), np.array([4, 0, 0, 2, 0])
    share = expected / expected.sum()

    def score(o):
        return ((o - 6 * share) ** 2).sum()

    chance = sum(
        stats.multinomial.pmf(o, 6, share)
        for o in itertools.product(range(7), repeat=5)
        if sum(o) == 6 and score(np.array(o)) >= score(seen) - 1e-9
    )
    found = frailty(seen, expected, draws=20_000)
    assert found.p_value == pytest.approx(chance, abs=4 * math.sqrt(chance / 20_000))
    assert (found.groups, found.leavers) == (5, 6)


def test_scale_of_the_expected_and_empty_groups_do_not_matter():
    one = frailty([3, 9, 1, 0, 7, 2], [4.0, 5, 4, 3, 4, 4])
    assert one == frailty([3, 9, 1, 0, 7, 2, 0], [40.0, 50, 40, 30, 40, 40, 0])


def drawn(rng, groups: int, spread: float):
    expected = rng.uniform(2, 8, groups)
    return rng.poisson(expected * np.exp(spread * rng.normal(size=groups))), expected


@pytest.mark.parametrize("spread", [0.0, 0.5, 1.0])
def test_intervals_hold_what_was_planted(spread):
    """Bound .93; 30 companies of 30 managers."""
    held, values, p = [], [], []
    for seed in range(30):
        found = frailty(*drawn(np.random.default_rng(seed), 30, spread), draws=199)
        held.append(found.spread.low <= spread <= found.spread.high)
        values.append(found.spread.value)
        p.append(found.p_value <= 0.05)
    assert np.mean(held) >= 0.93 - 3 * math.sqrt(0.07 * 0.93 / 30)
    if spread:
        assert np.median(values) == pytest.approx(spread, abs=0.15)
        assert np.mean(p) > 0.65
    else:
        assert np.mean(p) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 30)


def test_refusals_and_mistakes():
    with pytest.raises(NotEstimable, match="4 groups"):
        frailty([5] * 4, [5.0] * 4)
    with pytest.raises(NotEstimable, match="4 leavers are too few"):
        frailty([4, 0, 0, 0, 0], [5.0] * 5)
    for leavers, expected in (([1], [1, 2]), ([-1] * 5, [1] * 5), ([1] * 5, [1, 1, 1, 1, 0])):
        with pytest.raises(ValueError, match=r"below 0|nobody can leave"):
            frailty(leavers, expected)
