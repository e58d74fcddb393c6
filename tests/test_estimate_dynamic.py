"""The dynamic panel against loops over the calendar, other estimators and planted truth.

SAME allows for another order of summation in double precision; Poisson results are compared at
1e-6 relative, since statsmodels stops its iterations at about that.
"""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from estimate_dgp import simulate

from salesdiag.estimate import dynamic
from salesdiag.estimate.design import DynamicPanel, design, team_panel
from salesdiag.estimate.panel_ols import fixed_effects
from salesdiag.estimate.poisson import poisson_fixed_effects
from salesdiag.estimate.refusal import NotEstimable

SAME = 1e-9
SPEC = DynamicPanel(driver="coaching_hours")


@pytest.fixture(scope="module")
def world():
    return simulate(3, groups=8, months=18, effect=0.02, strugglers=0.5)


@pytest.fixture(scope="module")
def ragged(world):
    """The world with gaps, moves, leavers, blanks, zeros, short months and an edge month."""
    rng = np.random.default_rng(11)
    f = world.copy()
    f["tenure_months"] = f["month_index"] + 2.0
    f["calls"] = rng.poisson(6, len(f)).astype(float)
    f = f[rng.random(len(f)) > 0.05]
    f.loc[rng.random(len(f)) < 0.03, "coaching_hours"] = np.nan
    f.loc[rng.random(len(f)) < 0.02, "revenue"] = 0.0
    f.loc[rng.random(len(f)) < 0.01, "revenue"] = -50.0
    f.loc[rng.random(len(f)) < 0.01, "revenue"] = np.nan
    f.loc[rng.random(len(f)) < 0.02, "calls"] = np.nan
    f["days_present"] = np.where(rng.random(len(f)) < 0.05, rng.random(len(f)), 1.0)
    f["complete"] = f["month_index"] < 18
    moved = (f["rep_id"] == "R003") & (f["month_index"] > 9)
    f.loc[moved, ["team_id", "group_id"]] = "T05"
    return f.sample(frac=1.0, random_state=1)  # in no order


def by_loop(frame, spec):
    """Rows of the log design by looking every earlier month up in a dictionary."""
    known = {}
    for i, r in enumerate(frame.to_dict("records")):
        if r["complete"]:
            known[r["rep_id"], r["team_id"], r["month_index"]] = (i, r)
    score = {
        key: r["revenue"] / r["days_present"]
        for key, (_, r) in known.items()
        if np.isfinite(r["revenue"]) and r["days_present"] >= 0.5
    }
    rows = {}
    for (rep, team, t), (i, r) in known.items():
        x, y = [], score.get((rep, team, t), np.nan)
        keys = [(rep, team, t - k) for k in (1, 2, 3)]
        if not y > 0 or any(k not in known for k in keys):
            continue
        mates = [
            [v for (p, q, m), v in score.items() if q == team and m == t - k and p != rep and v > 0]
            for k in (1, 2, 3)
        ]
        x += [known[k][1]["coaching_hours"] for k in keys]
        for k in keys:
            s = score.get(k, np.nan)
            x += [np.log(s) if s > 0 else 0.0 * s, float(s <= 0) if s == s else np.nan]
        x += [np.mean(np.log(m)) if m else np.nan for m in mates]
        x += [known[k][1]["calls"] for k in keys]
        x += [np.exp(-r["tenure_months"] / 5)]
        if np.isfinite(x).all():
            rows[i] = [np.log(y), *x]
    return rows


def test_design_against_a_loop_over_the_calendar(ragged):
    spec = replace(SPEC, information=("calls",), family="log")
    made = design(ragged, spec)
    expected = by_loop(ragged, spec)
    assert sorted(expected) == made.index.tolist()
    # three driver months, then result and flag by month, peers, information, ramp
    loop = np.array([expected[i] for i in made.index])
    names = [f"coaching_hours_{k}" for k in (1, 2, 3)]
    names += [f"{n}revenue_{k}" for k in (1, 2, 3) for n in ("", "no_")]
    names += (
        [f"peers_revenue_{k}" for k in (1, 2, 3)] + [f"calls_{k}" for k in (1, 2, 3)] + ["ramp"]
    )
    assert made.names == tuple(names)
    np.testing.assert_allclose(made.y, loop[:, 0], rtol=SAME)
    for name in names:
        np.testing.assert_allclose(
            made.X[:, made.names.index(name)],
            loop[:, 1 + names.index(name)],
            rtol=SAME,
            err_msg=name,
        )


def test_every_row_left_out_is_counted(ragged):
    spec = replace(SPEC, information=("calls",))
    result = dynamic.fit(ragged, replace(spec, family="log"))
    assert set(result.estimate.dropped) >= {
        "incomplete_month", "no_result", "short_presence", "no_earlier_months", "driver_missing",
        "earlier_result_missing", "control_missing", "zero_result", "negative_result",
    }  # fmt: skip
    assert sum(result.estimate.dropped.values()) + result.estimate.n == len(ragged)
    assert result.estimate.dropped["incomplete_month"] == (~ragged["complete"]).sum()


def test_causes_of_single_rows(world):
    f = world.set_index(["rep_id", "month_index"], drop=False).rename_axis([None, None])
    f.loc[("R000", 9), "coaching_hours"] = np.nan  # months 10 to 12
    f.loc[("R001", 9), "days_present"] = 0.4  # itself, and 10 to 12
    f.loc[("R002", 9), "revenue"] = 0.0  # itself only: an earlier zero is flagged, not lost
    f = f.drop(index=("R004", 9))  # months 10 to 12
    made = design(f.reset_index(drop=True), SPEC)
    reps = world["rep_id"].nunique()
    assert made.dropped == {
        "no_earlier_months": 3 * reps + 3,
        "driver_missing": 3,
        "short_presence": 1,
        "earlier_result_missing": 3,
        "zero_result": 1,
    }
    assert "no_revenue_1" in made.names
    assert design(world, SPEC).dropped == {"no_earlier_months": 3 * reps}
    assert "no_revenue_1" not in design(world, SPEC).names


def test_part_months_count_as_whole_ones(world):
    half = world.assign(days_present=0.6, revenue=world["revenue"] * 0.6)
    assert dynamic.fit(half, SPEC).estimate.value == pytest.approx(
        dynamic.fit(world, SPEC).estimate.value, rel=SAME
    )


def test_a_rep_who_changes_team_starts_anew(world):
    moved = world.copy()
    later = (moved["rep_id"] == "R000") & (moved["month_index"] >= 9)
    moved.loc[later, ["team_id", "group_id"]] = "T07"
    a, b = design(world, SPEC), design(moved, SPEC)
    assert b.dropped["no_earlier_months"] == a.dropped["no_earlier_months"] + 3
    assert len(np.unique(b.unit)) == len(np.unique(a.unit)) + 1


def test_the_order_of_rows_does_not_matter_and_input_stays(ragged):
    before = ragged.copy(deep=True)
    a = dynamic.fit(ragged, SPEC)
    b = dynamic.fit(ragged.sort_values(["month_index", "rep_id"], ascending=False), SPEC)
    assert a.estimate.value == pytest.approx(b.estimate.value, rel=1e-8)
    assert a.estimate.se == pytest.approx(b.estimate.se, rel=1e-8)
    assert a.estimate.leave_one_out.keys() == b.estimate.leave_one_out.keys()
    pd.testing.assert_frame_equal(ragged, before)


def test_leave_one_out_is_the_fit_without_the_group(world):
    result = dynamic.fit(world, SPEC)
    for group, value in result.estimate.leave_one_out.items():
        rest = world[world["group_id"] != group]
        assert dynamic.fit(rest, SPEC).estimate.value == pytest.approx(value, rel=1e-8)
    assert result.estimate.df == 7
    assert result.estimate.groups == 8


def test_supply_uses_the_team_mean_of_those_logged(ragged):
    made = design(ragged, dynamic.supply(SPEC))
    good = ragged[ragged["complete"]]
    mean = good.groupby(["team_id", "month_index"])["coaching_hours"].mean()
    rows = ragged.iloc[made.index]
    for k in (1, 2, 3):
        keys = pd.MultiIndex.from_arrays([rows["team_id"], rows["month_index"] - k])
        np.testing.assert_allclose(made.X[:, k - 1], mean.reindex(keys), rtol=SAME)
    assert "supply" not in repr(SPEC.driver)
    assert dynamic.supply(SPEC).supply


def test_half_panel_jackknife_combines_three_fits(world):
    made = design(world, SPEC)
    months = np.unique(made.time)
    middle = months[len(months) // 2]

    def beta(mask):
        return fixed_effects(
            made.y[mask], made.X[mask], made.unit[mask], made.group[mask],
            names=made.names, dummies=[made.time[mask]],
        ).value("coaching_hours_1")  # fmt: skip

    def combined(keep):
        return (
            2 * beta(keep)
            - (beta(keep & (made.time < middle)) + beta(keep & (made.time >= middle))) / 2
        )

    every = np.ones(len(made.y), dtype=bool)
    found = dynamic.half_panel_jackknife(world, SPEC)
    assert found.value == pytest.approx(combined(every), rel=1e-7)
    loo = np.array([combined(made.group != g) for g in np.unique(made.group)])
    assert found.se == pytest.approx(np.sqrt(7 / 8 * ((loo - found.value) ** 2).sum()), rel=1e-6)


def test_lead_is_the_driver_regressed_on_history(world):
    made = design(world, SPEC)
    brute = fixed_effects(
        world["coaching_hours"].to_numpy()[made.index], made.X, made.unit, made.group,
        names=made.names, dummies=[made.time],
    )  # fmt: skip
    found = dynamic.placebo_lead(world, SPEC)
    assert found.value == pytest.approx(brute.value("revenue_1"), rel=SAME)
    assert found.value < 0  # strugglers are coached
    assert found.p_value < 0.01


@pytest.mark.parametrize(("strugglers", "sign"), [(0.8, -1), (-0.8, 1)])
def test_lead_has_the_sign_of_the_reaction(strugglers, sign):
    found = dynamic.placebo_lead(simulate(5, groups=12, strugglers=strugglers), SPEC)
    assert np.sign(found.value) == sign
    assert found.p_value < 0.001


def test_specification_curve(world):
    frame = world.assign(region=np.where(world["team_id"] < "T04", "N", "S"))
    curve = dynamic.specification_curve(frame, replace(SPEC, effects_by=("region",)))
    names = curve["specification"].tolist()
    assert names == [
        "primary", "lags_1", "lags_2", "lags_4", "without_peers", "without_ramp", "months_alike",
        "poisson",
    ]  # fmt: skip
    table = curve.set_index("specification")
    for name, choice in (("lags_4", replace(SPEC, lags=4, own_lags=4)), ("months_alike", SPEC)):
        spec = replace(choice, effects_by=("region",)) if name == "lags_4" else choice
        assert table.loc[name, "value"] == dynamic.fit(frame, spec).estimate.value
    assert dynamic.sign_agreement(curve) == 1.0
    flipped = curve.assign(value=np.where(curve.index < 2, curve["value"], -curve["value"]))
    assert dynamic.sign_agreement(flipped) == 0.25


def test_planted_effect_is_found_and_months_by_region_absorb_a_regional_market():
    frame = simulate(8, groups=20, months=24, effect=0.03, strugglers=0.8)
    north = frame["team_id"] < "T10"
    market = np.random.default_rng(0).normal(0, 0.4, 40)[frame["month_index"]]
    frame = frame.assign(
        region=np.where(north, "N", "S"),
        revenue=frame["revenue"] * np.exp(np.where(north, market, 0)),
    )
    plain = dynamic.fit(frame, SPEC).estimate
    regional = dynamic.fit(frame, replace(SPEC, effects_by=("region",))).estimate
    interval = regional.interval()
    assert interval.low < 0.03 < interval.high
    assert regional.p_value < 1e-4
    assert regional.se < plain.se


def test_team_months(world):
    teams = (
        world.groupby(["team_id", "month_index"])
        .agg(revenue=("revenue", "sum"), reps=("rep_id", "size"), deals=("coaching_hours", "mean"))
        .reset_index()
    )
    teams["group_id"] = teams["team_id"]
    spec = team_panel("deals", complete=None)
    result = dynamic.fit(teams, spec)
    rows = teams.sort_values(["team_id", "month_index"]).assign(
        y=lambda d: np.log(d["revenue"] / d["reps"])
    )
    g = rows.groupby("team_id")
    lags = {f"x{k}": g["deals"].shift(k) for k in (1, 2, 3)} | {
        f"y{k}": g["y"].shift(k) for k in (1, 2, 3)
    }
    rows = rows.assign(**lags).dropna()
    brute = fixed_effects(
        rows["y"], rows[list(lags)], rows["team_id"], rows["team_id"], names=list(lags),
        dummies=[rows["month_index"]],
    )  # fmt: skip
    assert result.estimate.value == pytest.approx(brute.value("x1"), rel=SAME)
    assert result.fit.names[:3] == ("deals_1", "deals_2", "deals_3")


REFUSALS = [
    (lambda f: f[f["month_index"] < 12], {}, "only 9 usable months"),
    (lambda f: f[f["group_id"] < "T02"], {}, "only 2 groups"),
    (lambda f: f[f["group_id"] < "T01"], {}, "only 1 group "),
    (lambda f: f.assign(coaching_hours=np.nan), {}, "only 0 usable months"),
    (lambda f: f.assign(coaching_hours=2.0), {}, "does not vary"),
    (lambda f: f.assign(coaching_hours=np.cos(f["month_index"])), {}, "does not vary"),
    (
        lambda f: f.assign(coaching_hours=f["coaching_hours"].where(f["group_id"] == "T03", 1.0)),
        {},
        "Without one of the groups",
    ),
    (lambda f: f[f["rep_id"].isin(["R000", "R020", "R040"])], {"peers": ()}, "usable rows"),
    (lambda f: f.assign(revenue=0.0), {}, "no revenue|usable"),
    (lambda f: f.iloc[:0], {}, "only 0 usable months"),
]


@pytest.mark.parametrize(("change", "spec", "reason"), REFUSALS)
def test_what_cannot_be_estimated_is_refused_with_a_reason(world, change, spec, reason):
    with pytest.raises(NotEstimable, match=reason) as caught:
        dynamic.fit(change(world), replace(SPEC, **spec))
    assert caught.value.reason.html()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: pd.concat([f, f.iloc[[5]]]), "several rows for one month"),
        (
            lambda f: f.assign(group_id=f["group_id"].where(f["month_index"] > 3)),
            "without group_id",
        ),
        (
            lambda f: f.drop(columns=["coaching_hours", "tenure_months"]),
            "coaching_hours, tenure_months",
        ),
    ],
)
def test_a_panel_that_is_none_is_a_user_error(world, change, message):
    with pytest.raises(ValueError, match=message):
        design(change(world), SPEC)


def test_a_specification_needs_an_earlier_month():
    with pytest.raises(ValueError, match="earlier month"):
        DynamicPanel(driver="x", lags=0)


# Poisson ---------------------------------------------------------------------------------------


def small_counts(seed=1, units=18, months=7):
    rng = np.random.default_rng(seed)
    unit, month = np.repeat(np.arange(units), months), np.tile(np.arange(months), units)
    X = rng.normal(size=(len(unit), 2))
    rate = np.exp(0.4 * X[:, 0] - 0.2 * X[:, 1] + rng.normal(size=units)[unit] + month / 10)
    return rng.poisson(rate) * 1000.0, X, unit, month, unit % 6


def glm(y, X, unit, month):
    import statsmodels.api as sm

    D = pd.get_dummies(pd.DataFrame({"u": unit, "m": month}).astype(str)).to_numpy(float)
    D = np.delete(D, len(np.unique(unit)), axis=1)  # the first month
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # perfect prediction of units without any outcome
        found = sm.GLM(y, np.column_stack([X, D]), family=sm.families.Poisson()).fit(tol=1e-12)
    return found.params[: X.shape[1]]


def test_poisson_against_statsmodels_with_dummies():
    y, X, unit, month, group = small_counts()
    y = np.where(unit == 4, 0.0, y)  # a unit without any outcome says nothing and is counted
    fit, never = poisson_fixed_effects(y, X, unit, group, names=["a", "b"], dummies=[month])
    some = unit != 4
    assert never == (~some).sum()
    np.testing.assert_allclose(
        fit.coefficients, glm(y[some], X[some], unit[some], month[some]), rtol=1e-6
    )
    for g, row in zip(fit.group_names, fit.leave_one_out, strict=True):
        keep = some & (group != g)
        np.testing.assert_allclose(row, glm(y[keep], X[keep], unit[keep], month[keep]), rtol=1e-6)
    assert (fit.n, fit.units, fit.groups) == (some.sum(), 17, 6)


def test_poisson_sandwich_against_statsmodels():
    import statsmodels.api as sm

    y, X, unit, month, group = small_counts()
    D = pd.get_dummies(pd.DataFrame({"u": unit, "m": month}).astype(str)).to_numpy(float)
    D = np.delete(D, 18, axis=1)
    theirs = sm.GLM(y, np.column_stack([X, D]), family=sm.families.Poisson()).fit(
        tol=1e-12, cov_type="cluster", cov_kwds={"groups": group, "use_correction": False}
    )
    fit, _ = poisson_fixed_effects(y, X, unit, group, names=["a", "b"], dummies=[month])
    factor = 6 / 5 * (len(y) - 1) / (len(y) - 8)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.cv1) / factor), theirs.bse[:2], rtol=1e-6)


def test_poisson_does_not_depend_on_the_currency():
    y, X, unit, month, group = small_counts()
    a, _ = poisson_fixed_effects(y, X, unit, group, names=["a", "b"], dummies=[month])
    b, _ = poisson_fixed_effects(y * 1e-9, X, unit, group, names=["a", "b"], dummies=[month])
    np.testing.assert_allclose(a.leave_one_out, b.leave_one_out, rtol=1e-7)


def test_poisson_refuses_what_runs_to_infinity():
    y, X, unit, month, group = small_counts()
    y = np.where(X[:, 0] > 0, y, 0.0)  # positive only where the regressor is
    separated = np.column_stack([(X[:, 0] > 0).astype(float), X[:, 1]])
    with pytest.raises(NotEstimable, match="does not settle"):
        poisson_fixed_effects(y, separated, unit, group, names=["a", "b"], dummies=[month])
    with pytest.raises(ValueError, match="negative"):
        poisson_fixed_effects(y - 1, X, unit, group, names=["a", "b"])


@pytest.mark.parametrize(("share", "family"), [(0.04, "log"), (0.12, "poisson")])
def test_many_empty_months_call_for_poisson(share, family):
    frame = simulate(4, groups=10, months=20, effect=0.03)
    empty = np.random.default_rng(2).random(len(frame)) < share
    result = dynamic.fit(frame.assign(revenue=frame["revenue"].where(~empty, 0.0)), SPEC)
    assert result.family == family
    assert result.zero_share == pytest.approx(share, abs=0.015)
    interval = result.estimate.interval()
    assert interval.low < 0.03 < interval.high
    assert "no_revenue_1" in result.fit.names
    assert ("zero_result" in result.estimate.dropped) == (family == "log")
    assert result.estimate.n + sum(result.estimate.dropped.values()) == len(frame)
