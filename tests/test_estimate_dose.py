"""Bins and broken lines against plain regressions on hand-made columns and planted curves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from salesdiag.estimate import dose
from salesdiag.estimate.design import team_panel
from salesdiag.estimate.panel_ols import fixed_effects
from salesdiag.estimate.refusal import NotEstimable

SPEC = team_panel("deals", complete=None)
LIMIT = (0, 1, np.inf)


def teams(seed=0, groups=24, months=30, curve=lambda x: 0.06 * (x > 0) - 0.12 * (x > 1), high=3):
    """Team-months; the manager's own deals of a month move next month's log revenue by a curve."""
    rng = np.random.default_rng(seed)
    rows = []
    for g in range(groups):
        deals = np.minimum(rng.poisson(rng.uniform(0.5, 2.0), months), high)
        shock = 0.0
        for t in range(months):
            shock = 0.4 * shock + rng.normal(0, 0.05)
            log = 11 + g / 10 + 0.1 * np.sin(t / 2) + shock + (curve(deals[t - 1]) if t else 0)
            rows.append((f"T{g:02}", t, np.exp(log) * 8, 8.0, float(deals[t])))
    frame = pd.DataFrame(rows, columns=["team_id", "month_index", "revenue", "reps", "deals"])
    return frame.assign(group_id=frame["team_id"])


def by_hand(frame, columns):
    f = frame.sort_values(["team_id", "month_index"]).assign(
        y=lambda d: np.log(d["revenue"] / d["reps"])
    )
    g = f.groupby("team_id")
    before = {f"{name}{k}": g[name].shift(k) for name in ("y", "deals") for k in (1, 2, 3)}
    f = f.assign(dose=g["deals"].shift(1), **before).dropna()
    made = columns(f["dose"])
    names = [*made, "deals2", "deals3", "y1", "y2", "y3"]
    return f.assign(**made), fixed_effects(
        f["y"], f.assign(**made)[names], f["team_id"], f["team_id"], names=names,
        dummies=[f["month_index"]],
    )  # fmt: skip


def test_contrasts_against_dummies_by_hand():
    frame = teams()
    found = dose.by_bin(frame, SPEC, LIMIT)
    rows, fit = by_hand(
        frame, lambda x: {"some": (x == 1).astype(float), "more": (x > 1).astype(float)}
    )
    c1, c2 = found.contrast(1, 0), found.contrast(2, 1)
    assert c1.value == pytest.approx(fit.value("some"), rel=1e-9)
    assert c2.value == pytest.approx(fit.value("more") - fit.value("some"), rel=1e-9)
    contrast = np.array([[1.0, 0], [-1, 1]])
    cov = contrast @ fit.cv3[:2, :2] @ contrast.T
    assert c1.se == pytest.approx(np.sqrt(cov[0, 0]), rel=1e-9)
    assert c2.se == pytest.approx(np.sqrt(cov[1, 1]), rel=1e-9)
    assert dose.jackknife_covariance(c1, c2) == pytest.approx(cov[0, 1], rel=1e-9)
    assert found.support["rows"].tolist() == [
        (rows["dose"] == 0).sum(), (rows["dose"] == 1).sum(), (rows["dose"] > 1).sum()
    ]  # fmt: skip
    bins = np.select([rows["dose"] == 0, rows["dose"] == 1], [0, 1], 2)
    some = pd.crosstab(rows["team_id"], bins)
    movers = ((some > 0) & some.lt(some.sum(axis=1), axis=0)).sum()
    assert found.support["groups"].tolist() == movers.tolist()


def test_planted_curve_is_found():
    found = dose.by_bin(teams(groups=40), SPEC, LIMIT)
    for estimate, truth in ((found.contrast(1, 0), 0.06), (found.contrast(2, 1), -0.12)):
        interval = estimate.interval()
        assert interval.low < truth < interval.high
        assert estimate.p_value < 0.001


def test_curve_hides_doses_that_few_teams_ever_had():
    frame = teams()
    rare = (frame["deals"] >= 3) & (frame["team_id"] > "T03")
    frame = frame.assign(deals=frame["deals"].where(~rare, 2.0))
    found = dose.by_bin(frame, SPEC, (0, 1, 2, np.inf))
    curve = found.curve
    assert curve["groups"].tolist()[3] == 4
    assert curve["value"].isna().tolist() == [False, False, False, True]
    assert curve.loc[1, "value"] == found.contrast(1).value
    assert curve.loc[1, ["low", "high"]].tolist() == [
        found.contrast(1).interval().low, found.contrast(1).interval().high
    ]  # fmt: skip
    assert curve["above"].tolist() == [-np.inf, 0, 1, 2]
    with pytest.raises(NotEstimable, match=r"4 of the 5 .* range above 2\."):
        found.contrast(3, 2)


def test_teams_that_stay_in_a_bin_do_not_support_it():
    frame = teams()
    always = frame["team_id"] < "T20"
    frame = frame.assign(deals=np.where(always, 2.0, np.minimum(frame["deals"], 1.0)))
    found = dose.by_bin(frame, SPEC, LIMIT)
    assert found.support["rows"].iloc[2] > 400
    assert found.support["groups"].tolist() == [4, 4, 0]
    with pytest.raises(NotEstimable):
        found.contrast(2, 1)


def test_two_lines_against_columns_by_hand():
    frame = teams(curve=lambda x: 0.05 * min(x, 1.5) - 0.1 * max(x - 1.5, 0), groups=40, high=4)
    found = dose.two_lines(frame, SPEC, 1.5)
    _, fit = by_hand(
        frame,
        lambda x: {
            "below": (x - 1.5).clip(upper=0), "above": (x - 1.5).clip(lower=0),
            "over": (x > 1.5) * 1.0,
        },
    )  # fmt: skip
    assert found.below.value == pytest.approx(fit.value("below"), rel=1e-9)
    assert found.above.se == pytest.approx(fit.se("above"), rel=1e-9)
    assert found.below.interval().low > 0
    assert found.above.interval().high < 0


def test_two_lines_need_teams_on_both_sides():
    with pytest.raises(NotEstimable, match="0 of the 5"):
        dose.two_lines(teams(high=1), SPEC, 1.5)


def test_a_dose_not_logged_is_a_row_left_out():
    frame = teams()
    frame.loc[(frame["team_id"] == "T00") & (frame["month_index"] == 10), "deals"] = np.nan
    for found in (
        dose.by_bin(frame, SPEC, LIMIT).dropped,
        dose.two_lines(frame, SPEC, 1.5).below.dropped,
    ):
        # it is the driver of the month before, of two and of three months before
        assert found == {"no_earlier_months": 72, "driver_missing": 3}


@pytest.mark.parametrize("uppers", [(1,), (0, 0, np.inf), (2, 1)])
def test_bins_must_increase(uppers):
    with pytest.raises(ValueError, match="increasing"):
        dose.by_bin(teams(groups=6), SPEC, uppers)


def test_covariance_needs_one_fit():
    c = dose.by_bin(teams(), SPEC, LIMIT).contrast(1)
    other = replace(c, leave_one_out={"T99": 0.0})
    with pytest.raises(ValueError, match="same groups"):
        dose.jackknife_covariance(c, other)
