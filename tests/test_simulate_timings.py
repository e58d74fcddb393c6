"""When a manager's own deals act: in their quarter, the months after them, or the next quarter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from salesdiag.simulate import WORLDS, Truth, World, plant, simulate, true_effect
from salesdiag.simulate.truth import TIMINGS

WORLD = World(teams=6, months=18, own_deals=1.0)
HARM = {"own_deal_low": -0.02, "own_deal_high": -0.1, "own_deal_knot": 1.0}


def acting(own, first, t, g, timing):
    """Return the own deals that act in a month, by counting months one by one."""
    months = range(len(own))
    if timing == "month_after":
        chosen = [s for s in months if t - 3 <= s < t]
    else:
        away = 0 if timing == "quarter" else 1
        chosen = [s for s in months if first[t] // 3 - first[s] // 3 == away]
    return sum(own[s][g] for s in chosen)


@pytest.mark.parametrize("timing", TIMINGS)
@pytest.mark.parametrize("last_month", ["2025-12", "2025-10"])
def test_each_month_has_the_effect_of_the_deals_that_act_in_it(timing, last_month):
    world = replace(WORLD, last_month=last_month)
    plain = simulate(Truth(), world, 5).course
    made = simulate(Truth(**HARM, own_deal_timing=timing), world, 5).course
    np.testing.assert_array_equal(made.own, plain.own)
    last = np.datetime64(last_month, "M").astype(int)
    first = last - len(made.own) + 1 + np.arange(len(made.own))
    team = made.setup.team
    for t in range(len(made.own)):
        for seat in range(0, len(team), 5):
            dose = acting(made.own, first, t, team[seat], timing)
            expected = -0.02 * min(dose, 1) - 0.1 * max(dose - 1, 0)
            assert made.theta[t, seat] - plain.theta[t, seat] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("timing", TIMINGS)
def test_without_an_effect_a_timing_changes_nothing(timing):
    for name in ("random", "demo"):
        a = simulate(Truth(), WORLDS[name], 3).course
        b = simulate(Truth(own_deal_timing=timing), WORLDS[name], 3).course
        np.testing.assert_array_equal(a.theta, b.theta)


@pytest.mark.parametrize("timing", TIMINGS)
def test_a_paired_deal_is_worth_what_was_planted(timing):
    truth = Truth(own_deal_low=-0.05, own_deal_high=-0.05, own_deal_timing=timing)
    assert true_effect(truth, WORLDS["random"], 2, deals=1.0, companies=6) == pytest.approx(
        -0.05, rel=0.06
    )
    assert true_effect(Truth(own_deal_timing=timing), WORLD, deals=1.0) == 0.0


def test_claims_about_own_deals_are_planted_in_their_quarter():
    for slug in ("selling-helps", "selling-hurts", "one-deal-a-quarter"):
        assert plant({slug: 0.03}).own_deal_timing == "quarter"
        assert plant({slug: 0.0}) == Truth()


def test_a_timing_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="own_deal_timing"):
        Truth(own_deal_timing="week")
