"""An effect carried forward month by month, against explicit recursions and planted paths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from estimate_dgp import simulate

from salesdiag.estimate import dynamic
from salesdiag.estimate.blocks import Blocks
from salesdiag.estimate.design import DynamicPanel, design
from salesdiag.estimate.feedback import later_sums
from salesdiag.estimate.panel_ols import fixed_effects
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.estimate.response import cumulative, gradient, responses

SPEC = DynamicPanel(driver="coaching_hours", horizon=3)
TOLD = replace(SPEC, information=("calls",))


@pytest.fixture(scope="module")
def world():
    frame = simulate(3, groups=8, months=18, effect=0.02, strugglers=0.5)
    rng = np.random.default_rng(5)
    before = frame.groupby("rep_id")["coaching_hours"].shift(1).fillna(3.0)
    return frame.assign(calls=6 + 0.5 * before + rng.normal(size=len(frame)))


def shocked(spec, equations, months):
    """Follow a system of equations, month by month, with and without one unit of the driver."""
    states = [spec.outcome, *spec.information]

    def path(dose):
        driver = {0: dose}
        seen = {s: {} for s in states}
        for t in range(months + 1):
            for state, coefficients in zip(states, equations, strict=True):
                total = 0.0
                for name, b in coefficients.items():
                    variable, k = name.rsplit("_", 1) if name[-1].isdigit() else (name, "0")
                    if variable == spec.driver:
                        total += b * driver.get(t - int(k), 0.0)
                    elif variable in seen:
                        total += b * seen[variable].get(t - int(k), 0.0)
                    elif spec.supply and variable.removeprefix("peers_") in seen:
                        total += b * seen[variable.removeprefix("peers_")].get(t - int(k), 0.0)
                seen[state][t] = total
        return [seen[spec.outcome][t] for t in range(months + 1)]

    return np.array(path(1.0)) - np.array(path(0.0))


@pytest.mark.parametrize(
    "spec",
    [
        SPEC,
        TOLD,
        replace(TOLD, horizon=6),
        replace(TOLD, lags=5, horizon=5),
        replace(TOLD, same_month=True),
        dynamic.supply(SPEC),
        replace(SPEC, horizon=1),
    ],
    ids=["alone", "told", "beyond the lags", "five", "own month", "supply", "one"],
)
def test_a_path_is_what_the_equations_do_month_by_month(world, spec):
    result = dynamic.fit(world, spec)
    for row in (0, 3):
        equations = [dict(zip(names, b[row], strict=True)) for names, b in result.equations]
        by_hand = shocked(spec, equations, spec.horizon)
        np.testing.assert_allclose(result.path[row], by_hand, rtol=1e-9, atol=1e-13)
    first = 0 if spec.same_month else 1
    assert result.estimate.value == pytest.approx(result.path[0, first:].sum(), rel=1e-12)
    assert spec.same_month or result.path[0, 0] == 0


def test_leaving_a_group_out_is_the_whole_system_without_it(world):
    result = dynamic.fit(world, TOLD)
    for group in ("T00", "T05"):
        rest = dynamic.fit(world[world["group_id"] != group], TOLD).estimate.value
        assert result.estimate.leave_one_out[group] == pytest.approx(rest, rel=1e-7)
    loo = np.array(list(result.estimate.leave_one_out.values()))
    away = np.sqrt(7 / 8 * ((loo - result.estimate.value) ** 2).sum())
    assert result.estimate.se == pytest.approx(away, rel=1e-9)


def test_every_equation_is_ordinary_least_squares(world):
    made = design(world, replace(TOLD, same_month=True))
    units = pd.get_dummies(pd.Series(made.unit).astype("str"), dtype=float)
    months = pd.get_dummies(pd.Series(made.time).astype("str"), dtype=float, drop_first=True)
    result = dynamic.fit(world, replace(TOLD, same_month=True))
    outcomes = [made.y, world["calls"].to_numpy()[made.index]]
    for (names, b), y in zip(result.equations, outcomes, strict=True):
        used = made.X[:, [made.names.index(n) for n in names]]
        whole = sm.OLS(y, np.column_stack([used, units, months])).fit()
        np.testing.assert_allclose(b[0], whole.params[: len(names)], rtol=1e-6, atol=1e-9)


def test_what_works_through_information_is_counted(world):
    """Hours make calls, calls make sales a month later; calls held still, that would be lost."""
    frame = world.sort_values(["rep_id", "month_index"])
    rng = np.random.default_rng(8)
    calls = frame.groupby("rep_id")["coaching_hours"].shift(1).fillna(3.0) + rng.normal(
        size=len(frame)
    )
    lift = 0.1 * calls.groupby(frame["rep_id"]).shift(1).fillna(3.0)
    frame = frame.assign(calls=calls, revenue=frame["revenue"] * np.exp(lift))
    found = dynamic.fit(frame, TOLD)
    assert found.path[0, 2] == pytest.approx(0.1, abs=0.03)  # two months later, through calls
    assert found.estimate.value == pytest.approx(0.12, abs=0.05)


def test_derivatives_of_the_sum(world):
    result = dynamic.fit(world, replace(TOLD, horizon=5))
    now = [(names, b[0]) for names, b in result.equations]
    for q, (names, b) in enumerate(now):
        exact = gradient(result.spec, now, of=q)
        for j in range(len(names)):
            ends = []
            for step in (1e-6, -1e-6):
                moved = [(n, v[None] + 0.0) for n, v in now]
                moved[q] = (names, (b + step * (np.arange(len(b)) == j))[None])
                ends.append(cumulative(result.spec, responses(result.spec, moved))[0])
            assert exact[j] == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-5, abs=1e-9)


def test_the_profile_has_the_jackknife_interval_of_each_month(world):
    result = dynamic.fit(world, SPEC)
    months = dynamic.profile(result)
    assert len(months) == 4
    first = dynamic.fit(world, replace(SPEC, horizon=1)).estimate.interval()
    assert (months[1].value, months[1].low) == pytest.approx((first.value, first.low), rel=1e-9)
    assert months[0].value == 0


def test_a_driver_month_that_cannot_be_told_apart_is_refused(world):
    frame = world.sort_values(["rep_id", "month_index"]).assign(coaching_hours=0.0)
    odd = frame["rep_id"] <= "R020"
    frame["coaching_hours"] = np.where(odd, frame["month_index"], 0.0)  # a trend: lags are alike
    with pytest.raises(NotEstimable, match="var"):
        dynamic.fit(frame, SPEC)


# The bias of fixed effects


def test_later_sums_by_loop():
    rng = np.random.default_rng(2)
    unit = np.repeat(np.arange(6), 7)
    time = np.tile(np.arange(7), 6)
    keep = rng.random(42) > 0.2
    unit, time = unit[keep], time[keep]
    z = rng.normal(size=(len(unit), 2))
    blocks = Blocks.of(unit, unit // 2)
    order = blocks.order
    found = later_sums(blocks, z[order], time[order], 3)
    for row, i in enumerate(order):
        later = [
            z[j] for j in range(len(unit))
            if unit[j] == unit[i] and 1 <= time[j] - time[i] <= 3
        ]  # fmt: skip
        months = (unit == unit[i]).sum()
        by_hand = np.sum(later, axis=0) / max(months - 3, months / 2) if later else np.zeros(2)
        np.testing.assert_allclose(found[row], by_hand, rtol=1e-12, atol=1e-15)


def test_most_of_the_bias_of_a_short_autoregression_is_taken_out():
    """Nickell (1981): with 12 months and carry-over .5, least squares loses about (1 + r) / T."""
    rng = np.random.default_rng(6)
    plain, mended = [], []
    for _ in range(30):
        y = np.zeros((200, 40))
        for t in range(1, 40):
            y[:, t] = 0.5 * y[:, t - 1] + rng.normal(size=200)
        now, before = y[:, -12:].ravel(), y[:, -13:-1].ravel()
        unit, time = np.repeat(np.arange(200), 12), np.tile(np.arange(12), 200)
        args = (now, before[:, None], unit, unit // 20)
        plain.append(fixed_effects(*args, names=["y"]).value("y"))
        mended.append(fixed_effects(*args, names=["y"], time=time, ahead=5).value("y"))
    assert np.mean(plain) - 0.5 == pytest.approx(-1.5 / 11, abs=0.02)
    assert abs(np.mean(mended) - 0.5) < 0.2 * abs(np.mean(plain) - 0.5)


def test_an_incomplete_month_is_nobodys_earlier_month(world):
    """A month cut off by the data is left out as a lag, in whatever place it lies."""
    cut = world.assign(complete=world["month_index"] != 6)
    made = design(cut, SPEC)
    assert not set(made.time) & {6, 7, 8, 9}
    assert made.dropped["no_earlier_months"] >= 3 * cut["rep_id"].nunique()
    spoiled = cut.assign(
        coaching_hours=cut["coaching_hours"].where(cut["complete"], 1e6),
        revenue=cut["revenue"].where(cut["complete"], 1e9),
    )
    assert dynamic.fit(spoiled, SPEC).estimate.value == dynamic.fit(cut, SPEC).estimate.value
