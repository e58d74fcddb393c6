"""Quarter ends, heavy tails and common shocks: the specifications by brute force, the bars."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from claim_cases import company_of

from salesdiag import checks
from salesdiag.claims import CLAIM
from salesdiag.claims.designs import shocks
from salesdiag.estimate import dynamic
from salesdiag.estimate.design import DynamicPanel, design
from salesdiag.estimate.robust import drawn_in
from salesdiag.finding import Estimate
from salesdiag.simulate import Truth, find_world, simulate

SPEC = DynamicPanel(driver="coaching_hours")


@pytest.fixture(scope="module")
def panel():
    return simulate(Truth(coach=0.02), replace(find_world("W2"), teams=10), 7).panel()


def with_quarter_ends(panel: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Give each rep a hockey stick of his own, and coaching in the month before it."""
    rng = np.random.default_rng(seed)
    reps = panel["rep_id"].unique()
    size = pd.Series(np.abs(rng.normal(0, 0.5, len(reps))), reps)[panel["rep_id"]].to_numpy()
    place = panel["month_index"].to_numpy() % 3
    pattern = np.where(place == 2, size, -size / 2)
    before = np.where(place == 1, np.exp(1.2 * size), 1.0)
    return panel.assign(
        revenue=panel["revenue"] * np.exp(pattern),
        coaching_hours=panel["coaching_hours"] * before,
    )


def estimate(value: float, se: float = 0.01) -> Estimate:
    return Estimate(value=value, se=se, df=19, unit="log_points", n=900, groups=20, method="")


def dummies_of(*codes):
    return [pd.get_dummies(pd.Series(c), dtype=float).to_numpy() for c in codes]


# --- the specifications --------------------------------------------------------------------------


def test_a_cycle_is_a_dummy_for_each_rep_and_month_of_the_quarter(panel):
    ours = dynamic.fit(panel, replace(SPEC, cycle=3)).estimate.value
    made = design(panel, SPEC)
    rows = panel.iloc[made.index]
    cells = rows["rep_id"] + rows["team_id"] + (rows["month_index"] % 3).astype(str)
    many = (cells.groupby(cells).transform("size") > 1).to_numpy()
    X = np.column_stack([made.X, *dummies_of(cells.to_numpy(), rows["month_index"].to_numpy())])
    slopes, *_ = np.linalg.lstsq(X[many], made.y[many], rcond=None)
    assert ours == pytest.approx(slopes[0], abs=1e-9)


def test_drawn_in_results_give_hubers_estimator_of_statsmodels():
    rng = np.random.default_rng(3)
    unit, month = np.repeat(np.arange(12), 10), np.tile(np.arange(10), 12)
    X = rng.normal(size=(120, 2))
    y = X @ [0.5, -0.2] + rng.standard_t(2, 120) + unit / 3
    cut = drawn_in(y, X, unit, [month], 0.05)
    z = np.column_stack([X, *dummies_of(unit), dummies_of(month)[0][:, 1:]])
    least = y - z @ np.linalg.lstsq(z, y, rcond=None)[0]
    bound = np.quantile(np.abs(least), 0.9)
    slopes = np.linalg.lstsq(z, cut, rcond=None)[0]
    rlm = sm.RLM(y, z, M=sm.robust.norms.HuberT(t=bound))
    # their scale is re-estimated; the score at ours must vanish with the scale held at one
    error = y - z @ slopes
    assert np.abs(z.T @ rlm.M.psi(error)).max() < 1e-4 * np.abs(z.T @ error).max() + 1e-4
    assert np.abs(cut - z @ slopes).max() <= bound + 1e-4


def test_robust_specification_bends_earlier_results_and_keeps_a_true_effect(panel):
    made = design(panel, replace(SPEC, tame=0.02))
    whole, within = design(panel, SPEC), dict(zip(made.names, made.X.T, strict=True))
    own = dict(zip(whole.names, whole.X.T, strict=True))
    for k in (1, 2, 3):
        both = within[f"revenue_{k}"] + within[f"beyond_revenue_{k}"]
        np.testing.assert_allclose(both, own[f"revenue_{k}"], atol=1e-12)
        assert 0.01 < (np.abs(within[f"beyond_revenue_{k}"]) > 1e-9).mean() < 0.08
    plain, robust = (dynamic.fit(panel, replace(SPEC, tame=t)).estimate for t in (0.0, 0.02))
    assert abs(plain.value - robust.value) < 0.5 * plain.se
    assert robust.interval().low < 0.02 < robust.interval().high


# --- the bars ------------------------------------------------------------------------------------


def test_quarter_ends_with_coaching_before_them_bar():
    found = []
    for seed in range(1, 7):
        plain = simulate(Truth(), find_world("W2"), seed).panel()
        for panel in (plain, with_quarter_ends(plain, seed)):
            answer = dynamic.fit(panel, SPEC).estimate
            check = shocks.quarter_ends(panel, SPEC, answer, shocks.first_month)
            found.append((answer.interval().low > 0, check.passed))
    benign, hockey = found[::2], found[1::2]
    assert all(passed for _, passed in benign)
    assert sum(wrong for wrong, _ in hockey) >= 3
    assert not any(wrong and passed for wrong, passed in hockey)


def test_a_short_panel_cannot_tell_quarter_ends(panel):
    short = panel[panel["month_index"] < 23]
    answer = dynamic.fit(short, SPEC).estimate
    check = shocks.quarter_ends(short, SPEC, answer, shocks.first_month)
    assert check.passed is None
    assert not check.bars


def test_regional_slumps_that_managers_answer_bar_where_regions_are_too_small_to_carry():
    world = replace(find_world("W2"), teams=24, regions=6)
    panel = simulate(Truth(), world, 11).panel()
    rng = np.random.default_rng(1)
    slump = pd.DataFrame(
        [(r, m, v) for r in panel["region"].unique() for m, v in enumerate(rng.normal(0, 0.4, 24))],
        columns=["region", "month_index", "slump"],
    )
    slump["before"] = slump.groupby("region")["slump"].shift(-1).fillna(0.0)
    panel = panel.merge(slump, on=["region", "month_index"], how="left")
    panel["revenue"] *= np.exp(panel["slump"])
    panel["coaching_hours"] *= np.exp(panel["before"])  # more in the month before a good one
    spec = replace(SPEC, peers=())
    answer = dynamic.fit(panel, spec).estimate
    assert answer.interval().low > 0
    check = shocks.common_shocks(panel, spec, answer, shocks.first_month)
    assert check.passed is False
    assert check.bars == checks.DECIDED
    carried = replace(spec, effects_by=("region", "segment"))
    within = dynamic.fit(panel, carried).estimate
    check = shocks.common_shocks(panel, carried, within, shocks.first_month)
    assert within.interval().low < 0
    assert check.passed is True


def test_the_rules_of_the_bars():
    near, far, turned = estimate(0.035), estimate(0.045), estimate(-0.001)
    answer = estimate(0.03)
    assert checks.common_shocks(answer, [near], carried=False).passed is True
    assert checks.common_shocks(answer, [near, far], carried=True).passed is False
    assert checks.common_shocks(answer, [], carried=True).passed is True
    assert checks.common_shocks(answer, [], carried=False).passed is None
    assert checks.quarter_ends(answer, far, 2.1, 24).passed is False
    assert checks.quarter_ends(answer, far, 1.9, 24).passed is True
    assert checks.quarter_ends(answer, near, 9.0, 24).passed is True
    assert checks.quarter_ends(answer, turned, 1.0, 24).passed is False
    assert checks.quarter_ends(estimate(0.009), turned, 1.0, 24).passed is True
    assert checks.heavy_tails(answer, [far], []).passed is False
    assert checks.heavy_tails(answer, [near], [(far, 1.9)]).passed is True
    half, less = estimate(0.024, se=0.012), estimate(0.026, se=0.013)
    assert checks.heavy_tails(answer, [half], []).passed is False
    assert checks.heavy_tails(answer, [less], []).passed is True
    assert checks.heavy_tails(estimate(0.02), [half], []).passed is True
    assert checks.heavy_tails(answer, [near], [(far, 2.1)]).passed is False
    assert checks.heavy_tails(answer, [], []).passed is None
    for failed in (checks.heavy_tails(answer, [far], []), checks.quarter_ends(answer, far, 3, 24)):
        assert failed.bars == checks.DECIDED
        assert "+3.0%" in str(failed.text)
        assert "+4.6%" in str(failed.text)


def test_coaching_hours_carries_all_of_them():
    made = simulate(Truth(), replace(find_world("W2"), teams=10), 7)
    claim = CLAIM["coaching-hours"]
    finding = claim.design.company(claim, company_of(made.tables()))
    passed = {c.name: c.passed for c in finding.checks}
    assert {"common_shocks", "quarter_ends", "heavy_tails", "absences"} <= set(passed)
    assert passed["absences"] is None
