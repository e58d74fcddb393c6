"""Error rates on planted worlds: what holds its promises, and what is computed every day instead.

100 companies of 20 teams x 24 months per world; seeds are fixed, so the rates are exact and the
tests cannot flicker. Bounds are the nominal rate and three Monte Carlo standard errors (ERROR).
"""

from __future__ import annotations

import numpy as np
import pytest
from estimate_dgp import simulate

from salesdiag.estimate import dynamic, naive
from salesdiag.estimate.design import DynamicPanel
from salesdiag.estimate.panel_ols import wild_bootstrap

COMPANIES = 100
ERROR = 3 * np.sqrt(0.05 * 0.95 / COMPANIES)
SPEC = DynamicPanel(driver="coaching_hours")
WORLDS = {
    "W0 random": {},
    "W2 strugglers are coached": {"strugglers": 0.8},
    "W2b and results carry over": {"strugglers": 0.8, "memory": 0.7},
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=WORLDS, ids=lambda w: w.split()[0])
def companies(request):
    return request.param, [simulate(10_000 + s, **WORLDS[request.param]) for s in range(COMPANIES)]


def rate(flags):
    return float(np.mean(list(flags)))


def test_size_of_the_dynamic_panel_and_its_second_opinions(companies):
    _, frames = companies
    fits = [dynamic.fit(f, SPEC) for f in frames]
    assert rate(f.estimate.p_value < 0.05 for f in fits) <= 0.05 + ERROR
    boot = [wild_bootstrap(f.fit, "coaching_hours_1", draws=399, seed=1).p_value for f in fits]
    assert rate(p < 0.05 for p in boot) <= 0.05 + ERROR
    supplied = [dynamic.fit(f, dynamic.supply(SPEC)).estimate for f in frames]
    assert rate(e.p_value < 0.05 for e in supplied) <= 0.05 + ERROR
    # about three times less precise
    ratio = np.median([s.se / f.estimate.se for s, f in zip(supplied, fits, strict=True)])
    assert 2 < ratio < 5
    half = [dynamic.half_panel_jackknife(f, SPEC).p_value for f in frames]
    assert rate(p < 0.05 for p in half) <= 0.05 + ERROR


def test_lead_tells_worlds_where_coaching_reacts_from_those_where_it_does_not(companies):
    world, frames = companies
    leads = [dynamic.placebo_lead(f, SPEC) for f in frames]
    flagged = rate(e.p_value < 0.05 for e in leads)
    if world.startswith("W0"):
        assert flagged <= 0.05 + ERROR
    else:
        assert flagged >= 0.95
        assert all(e.value < 0 for e in leads)


def test_what_is_computed_every_day_is_wrong(companies):
    world, frames = companies
    if world.startswith("W0"):
        return
    growth = [naive.growth_correlation(f) for f in frames]
    assert rate(n.p_value < 0.05 and n.value > 0 for n in growth) >= 0.95  # "coaching works"
    if world.startswith("W2b"):
        two = [naive.two_way(f) for f in frames]
        assert rate(n.p_value < 0.05 and n.value < 0 for n in two) >= 0.9  # "coaching hurts"


def test_planted_effect_is_covered(companies):
    world, _ = companies
    frames = [simulate(20_000 + s, effect=0.01, **WORLDS[world]) for s in range(COMPANIES)]
    found = [dynamic.fit(f, SPEC).estimate for f in frames]
    inside = rate(e.interval().low <= 0.01 <= e.interval().high for e in found)
    assert inside >= 0.95 - ERROR
    assert np.mean([e.value for e in found]) == pytest.approx(0.01, abs=0.001)
    assert rate(e.p_value < 0.05 and e.value > 0 for e in found) >= 0.9


@pytest.mark.parametrize("groups", [5])
def test_five_teams(groups):
    frames = [simulate(30_000 + s, groups=groups, strugglers=0.8) for s in range(COMPANIES)]
    fits = [dynamic.fit(f, SPEC) for f in frames]
    assert rate(f.estimate.p_value < 0.05 for f in fits) <= 0.05 + ERROR
    # six-point weights: signs alone could not go below 2/32
    boot = [wild_bootstrap(f.fit, "coaching_hours_1", draws=399, seed=1).p_value for f in fits]
    assert rate(p < 0.05 for p in boot) <= 0.05 + ERROR
    assert min(boot) < 0.0625
