"""The curve of own deals against dummies and loops by hand, and planted curves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats

from salesdiag.estimate import dose, dose_doubts
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.estimate.team_quarters import team_quarters
from tests.quarter_cases import KNOT, quarters_by_loop, team_months

LINES = "y ~ below + beyond + b1 + b2 + b3 + C(team) + C(quarter)"


def fitted(**given):
    return dose.fit_curve(team_quarters(team_months(**given)), KNOT)


def by_hand(frame):
    rows = quarters_by_loop(frame)
    return rows.assign(
        below=rows["dose"].clip(upper=KNOT), beyond=(rows["dose"] - KNOT).clip(lower=0)
    )


def test_quarters_are_those_of_a_loop():
    frame = team_months(teams=9).sample(frac=1, random_state=1)
    gone = (frame["team_id"] == "T03") & frame["month_index"].isin([4, 5])
    frame = frame[~gone & ~((frame["team_id"] == "T05") & (frame["month_index"] < 9))]
    rows = team_quarters(frame)
    expected = by_hand(frame)
    assert len(rows.y) == len(expected)
    order = np.lexsort((rows.quarter, rows.unit))
    expected = expected.sort_values(["team", "quarter"])
    for name, values in (
        ("y", rows.y), ("dose", rows.dose), ("b1", rows.before[:, 0]), ("b3", rows.before[:, 2]),
        ("m1", rows.month_results[:, 0]), ("m3", rows.month_results[:, 2]),
        ("first", rows.dose_after),
    ):  # fmt: skip
        np.testing.assert_allclose(values[order], expected[name], rtol=1e-12)
    # 9 teams x 8 quarters less 3 before T05 came
    assert rows.dropped == {"incomplete_quarter": 1, "no_earlier_months": 10}
    assert len(rows.y) + sum(rows.dropped.values()) == 69


def test_each_team_quarter_left_out_has_its_cause():
    frame = team_months(teams=8)
    for team, month, column, value in (
        ("T00", 4, "complete", False), ("T01", 4, "manager_id", None),
        ("T02", 4, "manager_deals", np.nan), ("T03", 4, "revenue", np.nan),
        ("T04", 4, "reps", 0.1),
    ):  # fmt: skip
        frame.loc[(frame["team_id"] == team) & (frame["month_index"] == month), column] = value
    rows = team_quarters(frame)
    assert rows.dropped == {
        "incomplete_quarter": 1, "no_manager": 1, "driver_missing": 1, "no_result": 1,
        # every team's first quarter, and the quarter after month 4 where its result is not known
        "no_earlier_months": 8 + 3,
    }  # fmt: skip
    assert rows.missing_dose == pytest.approx(1 / (8 * 8 - 2))
    assert len(rows.y) + sum(rows.dropped.values()) == 64


def test_readings_against_dummies_by_hand():
    frame = team_months()
    found, rows = fitted(), by_hand(frame)
    ols = smf.ols(LINES, rows).fit()
    low, high = ols.params["below"], ols.params["beyond"]
    every = frame.groupby(["team_id", frame["month_index"] // 3])["manager_deals"].sum()
    share = (every - KNOT).clip(lower=0).sum() / every.sum()
    assert found.beyond == pytest.approx(share)
    assert found.slope_beyond().value == pytest.approx(high, rel=1e-8)
    assert found.mean().value == pytest.approx((1 - share) * low + share * high, rel=1e-8)
    assert found.up_to().value == pytest.approx(low * KNOT, rel=1e-8)
    assert found.at(4).value == pytest.approx(low + 3 * high, rel=1e-8)
    assert found.at(0.5).value == pytest.approx(0.5 * low, rel=1e-8)


def test_uncertainty_against_a_loop_that_leaves_each_team_out():
    rows = by_hand(team_months(teams=9))
    found = fitted(teams=9)
    estimate = found.slope_beyond()
    loo = {
        team: smf.ols(LINES, rows[rows["team"] != team]).fit().params["beyond"]
        for team in rows["team"].unique()
    }
    assert dict(estimate.leave_one_out) == pytest.approx(loo, rel=1e-6)
    jackknife = np.sqrt(8 / 9 * sum((v - estimate.value) ** 2 for v in loo.values()))
    # under independent errors the jackknife's mean and variance follow from the regressors:
    # each team's absence moves the coefficient by a known sum of errors
    X = smf.ols(LINES, rows).fit().model.exog
    names = smf.ols(LINES, rows).exog_names
    residual = np.eye(len(X)) - X @ np.linalg.pinv(X)
    c = np.array([n == "beyond" for n in names], float)
    moves = []
    for team in loo:
        rest = (rows["team"] != team).to_numpy()
        without = np.zeros(len(X))
        without[rest] = c @ np.linalg.pinv(X[rest])
        moves.append((without - c @ np.linalg.pinv(X)) @ residual)
    # what pinv does with the dummy of the team left out adds nothing to the coefficient
    covariance = np.array(moves) @ np.array(moves).T
    scale = np.sqrt(c @ np.linalg.inv(X.T @ X) @ c / (8 / 9 * np.trace(covariance)))
    df = np.trace(covariance) ** 2 / (covariance**2).sum()
    assert estimate.se == pytest.approx(min(scale, 1) * jackknife, rel=1e-6)
    assert estimate.df == pytest.approx(df, rel=1e-6)
    assert estimate.interval().low == pytest.approx(
        estimate.value - stats.t.ppf(0.975, estimate.df) * estimate.se
    )


@pytest.mark.parametrize(("low", "high"), [(0.0, -0.15), (-0.08, -0.08), (0.06, 0.06)])
def test_a_planted_effect_of_the_same_quarter_is_found_with_its_sign_and_size(low, high):
    held = []
    for seed in range(6):
        found = fitted(seed=seed, teams=40, low=low, high=high)
        beyond, truth = found.beyond, (1 - found.beyond) * low + found.beyond * high
        for estimate, real in ((found.mean(), truth), (found.slope_beyond(), high)):
            assert estimate.value * real > 0
            held.append(abs(estimate.value - real) <= 3 * estimate.se)
        assert 0 < beyond < 1
    assert all(held)


def test_what_is_drawn_is_what_is_tested():
    found = fitted()
    table = found.table.set_index("dose")
    for d, row in table.iterrows():
        if d:
            ends = found.at(d).interval()
            assert (row["value"], row["low"], row["high"]) == (ends.value, ends.low, ends.high)
    assert table.loc[0.0, ["value", "low", "high"]].tolist() == [0, 0, 0]
    assert table.loc[3.0, "value"] - table.loc[2.0, "value"] == pytest.approx(
        found.slope_beyond().value
    )
    rows = found.fitted.rows
    sold = np.array([found.at(d).value if d else 0.0 for d in rows.every_dose])
    assert sold.sum() / rows.every_dose.sum() == pytest.approx(found.mean().value)
    assert table["n"].tolist() == [(rows.dose == d).sum() for d in table.index]
    assert table["groups"].tolist() == [
        len(set(rows.group[rows.dose == d])) for d in table.index
    ]  # fmt: skip
    assert max(table.index) == max(d for d in range(9) if len(set(rows.group[rows.dose >= d])) >= 5)


def test_bins_describe_the_same_quarters():
    rows = by_hand(team_months()).assign(step=lambda r: r["dose"].clip(upper=3))
    ols = smf.ols("y ~ C(step) + b1 + b2 + b3 + C(team) + C(quarter)", rows).fit()
    table = fitted().table.set_index("dose")
    assert table.loc[[1.0, 2.0, 3.0], "bin"].tolist() == pytest.approx(
        ols.params[[f"C(step)[T.{k}.0]" for k in (1, 2, 3)]].tolist(), rel=1e-8
    )


def test_a_break_elsewhere_is_drawn_where_it_is():
    found = dose.fit_curve(team_quarters(team_months()), 1.5)
    assert 1.5 in found.table["dose"].tolist()


def test_too_few_teams_across_the_limit_leave_a_straight_line():
    own = [0.5] * 4 + [0.0] * 20
    frame = team_months(own=own)
    once = frame["month_index"].isin([6, 12]) & (frame["team_id"] > "T05")
    frame.loc[once, "manager_deals"] = 1.0
    found = dose.fit_curve(team_quarters(frame), KNOT)
    assert (found.bent, found.movers) == (False, 4)
    with pytest.raises(NotEstimable, match=r"4 of the 5 .* above 1\."):
        found.slope_beyond()
    assert found.at(2).value == pytest.approx(2 * found.mean().value)
    rows = by_hand(frame)
    ols = smf.ols("y ~ dose + b1 + b2 + b3 + C(team) + C(quarter)", rows).fit()
    assert found.mean().value == pytest.approx(ols.params["dose"], rel=1e-8)


def test_managers_who_never_change_say_nothing():
    own = [1.0] * 4 + [0.0] * 20
    with pytest.raises(NotEstimable, match=r"4 independent teams .* 5 are needed"):
        dose.fit_curve(team_quarters(team_months(own=own)), KNOT)


def test_empty_quarters_are_counted_by_a_poisson_panel():
    frame = team_months(teams=30, high=-0.2)
    empty = (frame["team_id"].str[1:].astype(int) + frame["month_index"] // 3) % 8 == 0
    empty |= np.random.default_rng(5).random(len(frame)) < 0.1
    frame["revenue"] = frame["revenue"].where(~empty, 0.0)
    rows = team_quarters(frame)
    assert rows.family == "poisson"
    assert (rows.y == 0).mean() > 0.05
    assert rows.before_names == tuple(f"{n}before_{k}" for n in ("", "no_") for k in (1, 2, 3))
    found = dose.fit_curve(rows, KNOT)
    data = pd.DataFrame(
        {"y": rows.y, "unit": rows.unit, "quarter": rows.quarter, "dose": rows.dose}
        | {n: rows.before[:, k] for k, n in enumerate(rows.before_names)}
    ).assign(
        below=lambda d: d["dose"].clip(upper=1), beyond=lambda d: (d["dose"] - 1).clip(lower=0)
    )
    by_glm = smf.glm(
        f"y ~ below + beyond + {' + '.join(rows.before_names)} + C(unit) + C(quarter)",
        data.assign(y=data["y"] / data["y"].mean()),
        family=sm.families.Poisson(),
    ).fit(tol=1e-12, maxiter=300)
    assert found.slope_beyond().value == pytest.approx(by_glm.params["beyond"], rel=1e-5)
    assert found.slope_beyond().interval().high < 0


def test_regions_have_quarters_of_their_own_where_there_are_enough_teams():
    frame = team_months(teams=18).assign(
        region=lambda f: f["team_id"].map(lambda t: "NSW"[min(int(t[1:]) // 7, 2)])
    )
    rows = team_quarters(frame)
    found = dose.fit_curve(rows, KNOT)
    hand = by_hand(frame)
    cell = hand["quarter"].astype(str) + hand["team"].map(lambda t: "NSW"[int(t[1:]) // 7])
    columns = ["below", "beyond", "b1", "b2", "b3"]
    X = np.column_stack([hand[columns], pd.get_dummies(cell), pd.get_dummies(hand["team"])])
    by_hand_too = np.linalg.lstsq(X.astype(float), hand["y"].to_numpy(), rcond=None)[0]
    assert len(np.unique(rows.effects)) == 21  # what is left, W's four teams, share theirs
    assert found.slope_beyond().value == pytest.approx(by_hand_too[1], rel=1e-8)
    alone = team_quarters(frame.assign(region="N"))
    assert len(np.unique(alone.effects)) == 7


# what could make it wrong


def test_reaction_against_dummies_by_hand():
    rows = by_hand(team_months(reacts=8.0)).dropna()
    ols = smf.ols("first ~ m1 + m2 + m3 + dose + C(team) + C(quarter)", rows).fit()
    found = dose_doubts.reaction(team_quarters(team_months(reacts=8.0)))
    assert found.value == pytest.approx(ols.params["m1"], rel=1e-8)
    assert found.value < 0
    assert (found.unit, found.n) == ("ratio", len(rows))


def test_harm_of_the_quarter_is_no_reaction():
    found = [
        dose_doubts.reaction(team_quarters(team_months(seed=s, high=-0.3))).p_value < 0.05
        for s in range(20)
    ]
    assert sum(found) <= 3  # more than that once in sixty such tests


def test_a_planted_reaction_moves_the_line_as_worked_out():
    gaps, before, after = [], [], []
    for seed in range(12):
        rows = team_quarters(team_months(seed=seed, teams=60, high=0.0, reacts=6.0, sd=0.1))
        found = dose.fit_curve(rows, KNOT)
        reacts, bends = dose_doubts.reaction(rows), dose_doubts.bend(rows)
        estimate = found.mean()
        fixed = dose_doubts.corrected(estimate, reacts, bends)
        assert fixed.value == pytest.approx(estimate.value - 3 * bends * reacts.value)
        before.append(estimate.value)
        after.append(fixed.value)
        gaps.append(3 * bends * reacts.value)
        assert fixed.se > estimate.se
    assert np.mean(before) < -0.01
    assert np.mean(after) > -0.3 * abs(np.mean(before))


def test_bend_and_tipping_are_those_of_the_partialled_out_dose():
    rows = by_hand(team_months())
    y = smf.ols("y ~ dose + b1 + b2 + b3 + C(team) + C(quarter)", rows).fit()
    x = smf.ols("dose ~ b1 + b2 + b3 + C(team) + C(quarter)", rows).fit()
    found = fitted()
    bends = dose_doubts.bend(found.fitted.rows)
    assert bends == pytest.approx((y.resid**2).sum() / (x.resid**2).sum(), rel=1e-8)
    mean = replace(found.mean(), value=-0.05, se=0.01)
    end = mean.interval().high
    told = dose_doubts.tipping(mean, bends)
    assert told > 0  # harm: it takes managers who sell more in a worse quarter
    better = dose_doubts.tipping(replace(mean, value=0.05), bends)
    assert better == pytest.approx(-told)
    assert dose_doubts.tipping(replace(mean, se=1.0), bends) == 0  # it holds zero
    # so strong a reaction to a result of which it leaves 1 / (1 + u^2) makes the end by itself
    draws = np.random.default_rng(4)
    k, scale = told / np.log(0.9), np.sqrt(1 + end * end / bends)
    e = draws.normal(0, scale * np.sqrt(bends), 400_000)
    own = draws.normal(0, 1, len(e))
    own *= np.sqrt(1 - k * k * e.var())  # what is left of the dose is as it was
    x = own + k * e
    assert np.polyfit(x, e, 1)[0] == pytest.approx(end, rel=0.03)
    # deals that answer so strongly to what is left of the result explain the slope
    noise = np.random.default_rng(3)
    e = noise.normal(0, 0.1, 200_000)
    k = -1.5
    dose_now = noise.normal(0, 1, len(e)) + k * e
    slope = np.polyfit(dose_now, e, 1)[0]
    assert slope == pytest.approx(k * e.var() / dose_now.var(), rel=0.05)


def test_changes_of_manager_against_dummies_by_hand():
    frame = team_months()
    frame["manager_id"] += np.where(frame["month_index"] < 12, "a", "b")
    low = frame["manager_id"].str.endswith("b") & (frame["team_id"] < "T12")
    frame["manager_deals"] = frame["manager_deals"].where(~low, 0.0)
    found = dose.fit_curve(team_quarters(frame), KNOT)
    second = dose_doubts.by_manager(found, "beyond")
    rows = by_hand(frame).assign(manager=lambda r: r["team"] + np.where(r["quarter"] < 4, "a", "b"))
    means = rows.groupby("manager")[["below", "beyond"]].transform("mean")
    ols = smf.ols("y ~ below + beyond + C(team) + C(quarter)", rows.assign(**means)).fit()
    assert second.value == pytest.approx(ols.params["beyond"], rel=1e-8)
    with pytest.raises(NotEstimable, match="0 independent teams had two managers"):
        dose_doubts.by_manager(fitted(), "mean")


def test_steps_from_the_plain_to_the_answer():
    rows = by_hand(team_months())
    found = fitted()
    steps = dose_doubts.steps(found, "beyond")
    for name, formula in {
        "plain": "y ~ below + beyond", "within": "y ~ below + beyond + C(team)",
        "quarters": "y ~ below + beyond + C(team) + C(quarter)", "estimate": LINES,
    }.items():  # fmt: skip
        assert steps[name] == pytest.approx(smf.ols(formula, rows).fit().params["beyond"], rel=1e-8)
    plain = smf.ols("y ~ below + beyond", rows).fit()
    told = dose_doubts.plain(found, "beyond")
    assert (told.value, told.low, told.high) == pytest.approx(
        (plain.params["beyond"], *plain.conf_int().loc["beyond"]), rel=1e-8
    )


def test_next_quarters_effect_against_dummies_by_hand():
    frame = team_months()
    rows = by_hand(frame)
    sold = frame.groupby(["team_id", frame["month_index"] // 3])["manager_deals"].sum()
    rows["before"] = [sold[t, q - 1] for t, q in zip(rows["team"], rows["quarter"], strict=True)]
    ols = smf.ols("y ~ before + below + beyond + C(team) + C(quarter)", rows).fit()
    assert dose_doubts.next_quarter(fitted()).value == pytest.approx(ols.params["before"], rel=1e-8)


def test_realistic_changes_are_those_within_teams():
    found = fitted().fitted.rows
    rows = by_hand(team_months())
    away = rows["dose"] - rows.groupby("team")["dose"].transform("mean")
    real = dose.realistic(found)
    assert real.sd == pytest.approx(np.sqrt((away**2).sum() / (len(rows) - 24)))
    assert real.high == pytest.approx(np.quantile(found.every_dose, 0.9))
