"""What managers foresee: the formula against many draws, minutes by hand, what it takes away."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from claim_cases import company_of

from salesdiag import checks
from salesdiag.claims import CLAIM
from salesdiag.claims.designs import foresight as seen
from salesdiag.estimate import sensitivity
from salesdiag.estimate.design import DynamicPanel
from salesdiag.estimate.panel_ols import fixed_effects
from salesdiag.estimate.response import cumulative, responses
from salesdiag.estimate.sensitivity import Foresight
from salesdiag.finding import Estimate, Finding, Guard, Interval, Sensitivity
from salesdiag.settings import Settings, parse
from salesdiag.text import N_
from salesdiag.text import findings as reasons
from salesdiag.verdict import decide

SPEC = DynamicPanel(driver="h", outcome="y", peers=(), tenure=None, horizon=3)
CLAIMED = CLAIM["coaching-hours"]


def draw(rng, phi, *, reps=300, months=24, carried=0.4, surprise=0.3, spread=1.5, lasting=0.5):
    """Return results and hours that last, given in view of the next month's surprise."""
    total = months + 12
    e = surprise * rng.normal(size=(reps, total + 1))
    y, own = np.zeros((reps, total)), np.zeros((reps, total))
    for t in range(1, total):
        y[:, t] = carried * y[:, t - 1] + e[:, t]
        own[:, t] = lasting * own[:, t - 1] + spread * rng.normal(size=reps)
    h = own + phi * e[:, 1:]
    return y[:, 12:], h[:, 12:]


def fitted(y, h):
    """Fit the dynamic panel of three months by least squares, as one equation."""
    reps, months = y.shape
    rows = [(y[:, 3:], *(h[:, 3 - k : months - k] for k in (1, 2, 3)),
             *(y[:, 3 - k : months - k] for k in (1, 2, 3)))]  # fmt: skip
    target, *columns = (m.ravel() for m in rows[0])
    unit, time = np.repeat(np.arange(reps), months - 3), np.tile(np.arange(months - 3), reps)
    names = [f"h_{k}" for k in (1, 2, 3)] + [f"y_{k}" for k in (1, 2, 3)]
    return fixed_effects(
        target, np.column_stack(columns), unit, unit // 15, names=names, dummies=[time],
        time=time, ahead=6,
    )  # fmt: skip


def bent(fit):
    """Return the foresight of a fit of one equation."""
    return sensitivity.foresight(
        fit, ["h_1", "h_2", "h_3"], lambda b: total(fit.names, b[0]), [fit.coefficients], [1.0]
    )


def total(names, b):
    return float(cumulative(SPEC, responses(SPEC, [(names, b[None])]))[0])


def total_of(fit):
    return total(fit.names, fit.coefficients)


@pytest.mark.parametrize("phi", [0.4, 2.0, -2.0])
@pytest.mark.parametrize("lasting", [0.0, 0.6])
def test_the_formula_is_the_mean_bias_of_many_draws(phi, lasting):
    rng = np.random.default_rng(7)
    totals, told = [], []
    for _ in range(40):
        fit = fitted(*draw(rng, phi, lasting=lasting))
        totals.append(total_of(fit))
        told.append(bent(fit).bias(phi))
    noise = np.std(totals) / math.sqrt(len(totals))
    assert np.sign(np.mean(totals)) == np.sign(phi)
    over = np.mean(told) / abs(np.mean(totals))
    # where hours last, the correction of fixed effects takes a tenth of the bias along: told is
    # then a little too much, which is the safe side
    assert (
        0.97 - 3 * noise / abs(np.mean(totals))
        < over
        < (1.04 if not lasting else 1.2) + 3 * (noise / abs(np.mean(totals)))
    )


def test_what_is_left_of_the_result_understates_the_surprise():
    """With three hours a log point the driver takes a part of it; unheeded, that is too little."""
    rng = np.random.default_rng(3)
    found = [(total_of(f), bent(f)) for f in (fitted(*draw(rng, 3.0)) for _ in range(15))]
    mean = np.mean([value for value, _ in found])
    exact = np.mean([b.bias(3.0) for _, b in found])
    linear = np.mean([abs(b.shift(3 * (b.surprise_sd / b.driver_sd) ** 2)) for _, b in found])
    assert mean == pytest.approx(exact, rel=0.08)
    assert linear < 0.8 * exact


def test_tipping_is_the_foresight_whose_bias_reaches_zero():
    one = Foresight(shift=lambda first: 0.8 * first, driver_sd=2.0, surprise_sd=0.3)
    for edge in (0.001, 0.02, -0.02, 0.1):
        phi = one.tipping(edge)
        assert one.bias(phi) == pytest.approx(abs(edge), rel=1e-12)
        assert one.bias(-phi) == one.bias(phi) == one.worst(phi)
    assert one.bias(0.0) == 0
    # more than half of both in common cannot be: the driver would be the surprise
    assert one.bias(2.0 / 0.3) == math.inf
    assert one.tipping(0.2) == math.inf  # more than all of it would be needed
    flat = Foresight(shift=lambda first: 0.0, driver_sd=2.0, surprise_sd=0.3)
    assert flat.tipping(0.02) == math.inf
    assert math.isnan(one.tipping(math.nan))


def test_minutes_by_hand():
    """Bias .02 of a slope of one: u = .02 * 2 / .3, phi = u / (1 + u^2) * 2 / .3 hours."""
    u = 0.02 * 2 / 0.3
    phi = u / (1 + u * u) * 2 / 0.3
    one = Foresight(shift=lambda first: first, driver_sd=2.0, surprise_sd=0.3)
    assert one.tipping(0.02) == pytest.approx(phi)
    minutes = phi * 60 * math.log(1.1)  # a rep who is about to sell 10 % more
    assert minutes == pytest.approx(4.995, abs=0.001)
    assert seen._minutes(one.tipping(0.02)) == pytest.approx(minutes)
    assert seen._minutes(0.2) == pytest.approx(1.1437, abs=1e-4)


def test_what_overturns_an_effect_below_zero_is_less_to_those_about_to_rise():
    """Hours taken from who is about to rise leave an effect below zero; more would raise it."""
    rng = np.random.default_rng(11)
    fits = {phi: fitted(*draw(rng, phi)) for phi in (3.0, -3.0)}
    for phi, fit in fits.items():
        edge = total_of(fit) / 2
        tipping = bent(fit).tipping(edge)
        assert np.sign(tipping) == np.sign(phi) == np.sign(edge)
    told = {
        towards: str(checks.robustness(Sensitivity(
            tipping_minutes=2.5, floor_minutes=1.1, partial_r2=0.1, robustness_value=0.2,
            towards=towards,
        )).text)
        for towards in (1, -1)
    }  # fmt: skip
    assert "gave more than 2.5 minutes more a month to a rep about to sell 10% more" in told[1]
    assert "took more than 2.5 minutes a month from a rep about to sell 10% more" in told[-1]
    for tipping, said in ((math.inf, "No foresight"), (math.nan, "The interval holds zero")):
        unseen = Sensitivity(
            tipping_minutes=tipping, floor_minutes=1.1, partial_r2=0.1, robustness_value=0.2
        )
        assert str(checks.robustness(unseen).text).startswith(said)


def test_the_standard_error_of_a_sum_is_that_of_its_linear_form():
    rng = np.random.default_rng(1)
    fit = fitted(*draw(rng, 0.0))
    weights = np.array([1.0, 0, 0, 0, 0, 0])
    assert sensitivity.independent_se(fit, weights) == pytest.approx(fit.iid_se[0], rel=1e-9)
    weights[1] = 1.0
    covariance = np.linalg.inv(fit.xx.sum(axis=0))[:2, :2] * fit.rss / fit.residual_df
    assert sensitivity.independent_se(fit, weights) == pytest.approx(math.sqrt(covariance.sum()))


# What a guard takes away


def _finding(value, se, guard, direction=1, margin=0.01, **more):
    estimate = Estimate(
        value=value, se=se, df=1e9, unit="log_points", n=500, groups=20, method="m"
    )  # fmt: skip
    return Finding(
        claim="c", scope="company", verdict="inconclusive", reason=N_("x")(), evidence=estimate,
        direction=direction, margin=margin, guard=guard, **more,
    )  # fmt: skip


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("value", "guard", "verdict"),
    [
        # the 95 % interval is value +- .0196, the 90 % one +- .0164
        (0.03, Guard(), "supported"),
        (0.03, Guard(bias=0.010), "supported"),  # .0004 left
        (0.03, Guard(bias=0.011), "inconclusive"),
        (-0.03, Guard(bias=0.010), "contradicted"),
        (-0.03, Guard(bias=0.011), "inconclusive"),
        (0.0, Guard(), "negligible"),
        (0.0, Guard(bias=0.003), "negligible"),  # .0194 of .02
        (0.0, Guard(bias=0.004), "inconclusive"),
        (0.0, Guard(reach=1.2), "negligible"),  # .0197 at the 90th percentile of dose
        (0.0, Guard(reach=1.3), "inconclusive"),
        (0.0, Guard(bias=0.001, reach=1.2), "inconclusive"),  # .0209
        (0.0, Guard(room=True), "inconclusive"),
        (0.03, Guard(room=True, reach=9.0), "supported"),  # asked of smallness alone
    ],
)
def test_all_three_verdicts_are_guarded(value, guard, verdict, sign):
    found = _finding(sign * value, 0.01, guard, direction=sign, margin=0.02)
    decided = decide(found, 0.01)
    assert decided.verdict == verdict
    assert decided.estimate is found.estimate  # the published interval is the sampling one
    free = decide(replace(found, guard=Guard()), 0.01).verdict
    if free != verdict:
        assert decided.reason.template is reasons.UNGUARDED["foresight", free]


def test_a_guard_never_makes_a_narrow_interval_narrower():
    one = Interval(value=0.03, low=0.01, high=0.05, unit="log_points")
    assert Guard(reach=2.0).narrow(one).low == 0.01
    assert Guard(reach=2.0).narrow(one).high == 0.10
    assert Guard(bias=0.02).wide(one).low == pytest.approx(-0.01)


# Settings


def test_floor_horizon_and_design_are_declared():
    raw = {
        "effects": {"horizon_months": 5, "change_hours": 2.0},
        "foresight": {"floor_hours_per_log_point": 0.5},
        "coaching": {"hours_set_by": "roster"},
        "negative_control": {"products": ["Renewal"]},
    }
    found, faults = parse(raw, "x")
    assert not faults
    assert found.effects.horizon_months == 5
    assert found.foresight.floor_hours_per_log_point == 0.5
    assert found.negative_control.products == ["Renewal"]
    company = company_of({}, effects=found.effects, foresight=found.foresight)
    assert CLAIMED.design.horizon(company) == 5
    assert CLAIMED.design.change(company) == 2.0
    assert CLAIMED.design.floor(company) == 0.5
    by_design = company_of({}, coaching=found.coaching, foresight=found.foresight)
    assert CLAIMED.design.floor(by_design) == 0.0
    assert CLAIMED.design.floor(company_of({})) == Settings().foresight.floor_hours_per_log_point
    assert Settings().foresight.floor_hours_per_log_point == 0.2
