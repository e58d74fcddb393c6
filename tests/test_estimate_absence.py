"""Managers' absences: brute force and statsmodels, planted effects, what is refused."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from salesdiag import checks
from salesdiag.claims.designs import absence as of_company
from salesdiag.company import Company
from salesdiag.estimate.absence import AFTER, BEFORE, LEADS, absence_effect, anderson_rubin
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import Estimate, Interval
from salesdiag.settings import Settings
from salesdiag.simulate import Truth, find_world, simulate
from salesdiag.text import checks as words

MONTHS = 24


def company(seed=1, effect=0.05, teams=14, absent=8, reps=5, noise=0.1, before=0.0):
    """Return rep-months and absences: an hour acts in its own month and in the one after."""
    rng = np.random.default_rng(seed)
    start = {t: int(rng.integers(8, 17)) for t in range(absent)}
    rows = []
    for t in range(teams):
        common = rng.normal(0, noise / 2, MONTHS)
        away = np.array([t in start and 0 <= m - start[t] < 2 for m in range(MONTHS)])
        for r in range(reps):
            hours = np.where(away, 0.0, rng.gamma(8, 0.5, MONTHS))
            stock = effect * (hours + np.r_[hours[0], hours[:-1]]) / 2
            dip = before * np.array([t in start and 0 < start[t] - m <= 3 for m in range(MONTHS)])
            log = 10 + rng.normal() + np.arange(MONTHS) / 50 + common + stock + dip
            log = log + rng.normal(0, noise, MONTHS)
            rows += [
                (f"{t}-{r}", f"T{t:02d}", f"M{t:02d}", m, math.exp(v), h)
                for m, (v, h) in enumerate(zip(log, hours, strict=True))
            ]
    columns = ["rep_id", "team_id", "manager_id", "month_index", "revenue", "hours"]
    frame = pd.DataFrame(rows, columns=columns)
    frame = frame.assign(group_id=frame["team_id"], days_present=1.0, complete=True)
    events = pd.DataFrame(
        [(f"M{t:02d}", s, s + 1) for t, s in start.items()], columns=["manager_id", "first", "last"]
    )
    return frame, events


def stacked(frame, events):
    """Return the events' months one below the other, by plain loops."""
    parts = []
    for n, e in enumerate(events.itertuples()):
        near = frame[(frame["month_index"] - e.first).between(-BEFORE, AFTER)]
        busy = events[(events["last"] >= e.first - BEFORE) & (events["first"] <= e.first + AFTER)]
        own = near["manager_id"] == e.manager_id
        part = near[own | ~near["manager_id"].isin(busy["manager_id"])].copy()
        part["since"], part["own"] = (
            part["month_index"] - e.first,
            part["manager_id"] == e.manager_id,
        )
        part["unit"] = f"{n} " + part["rep_id"]
        part["when"] = f"{n} " + part["month_index"].astype(str)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def by_dummies(rows, target, columns):
    effects = [pd.get_dummies(rows[c], dtype=float) for c in ("unit", "when")]
    X = np.column_stack([*columns, *effects])
    slopes, *_ = np.linalg.lstsq(X, rows[target], rcond=None)
    return slopes[: len(columns)]


def test_changes_and_the_path_are_those_of_dummies_written_out():
    frame, events = company()
    frame = frame.drop(frame.sample(40, random_state=1).index)  # holes
    found = absence_effect(frame.sample(frac=1, random_state=2), events, driver="hours")
    rows = stacked(frame, events).assign(y=lambda d: np.log(d["revenue"]))
    after = (rows["own"] & (rows["since"] >= 0)).astype(float)
    changes = [by_dummies(rows, c, [after])[0] for c in ("y", "hours")]
    assert found.results.value == pytest.approx(changes[0], abs=1e-9)
    assert found.hours.value == pytest.approx(changes[1], abs=1e-9)
    assert found.estimate.value == pytest.approx(changes[0] / changes[1], abs=1e-9)
    months = range(-LEADS, AFTER + 1)
    path = by_dummies(
        rows, "y", [(rows["own"] & (rows["since"] == m)).astype(float) for m in months]
    )
    np.testing.assert_allclose(found.by_month["value"], path, atol=1e-9)
    assert found.by_month["month"].tolist() == list(months)
    assert (found.events, found.absent_groups) == (8, 8)


def test_without_a_group_is_a_fit_without_its_rows_and_absence():
    frame, events = company(seed=2)
    found = absence_effect(frame, events, driver="hours")
    for team in ("T03", "T12"):
        # who else may be compared depends on the absences known, which stay the same
        rows = stacked(frame, events).assign(y=lambda d: np.log(d["revenue"]))
        stack = rows["when"].str.split().str[0]
        its_own = stack[rows["own"] & (rows["team_id"] == team)].unique()
        rows = rows[~stack.isin(its_own) & (rows["team_id"] != team)]
        after = (rows["own"] & (rows["since"] >= 0)).astype(float)
        theirs = by_dummies(rows, "y", [after])[0]
        assert found.results.leave_one_out[team] == pytest.approx(theirs, abs=1e-9)


def test_the_ratio_is_two_stage_least_squares():
    frame, events = company(seed=3)
    found = absence_effect(frame, events, driver="hours")
    rows = stacked(frame, events)
    effects = np.column_stack([pd.get_dummies(rows[c], dtype=float) for c in ("unit", "when")])
    after = (rows["own"] & (rows["since"] >= 0)).to_numpy(float)
    y, x, z = (
        v - effects @ np.linalg.lstsq(effects, v, rcond=None)[0]
        for v in (np.log(rows["revenue"]).to_numpy(), rows["hours"].to_numpy(), after)
    )
    predicted = sm.OLS(x, z).fit().fittedvalues
    assert found.estimate.value == pytest.approx(sm.OLS(y, predicted).fit().params[0], abs=1e-9)


def test_anderson_rubin_holds_what_the_jackknife_cannot_tell_from_nothing():
    frame, events = company(seed=4)
    found = absence_effect(frame, events, driver="hours")
    y, x = found.results, found.hours
    grid = np.linspace(-0.3, 0.4, 7001)
    loo = np.array([[y.leave_one_out[g], x.leave_one_out[g]] for g in y.leave_one_out])
    value = y.value - grid * x.value
    away = loo[:, :1] - grid * loo[:, 1:] - value
    se = np.sqrt((len(loo) - 1) / len(loo) * (away**2).sum(axis=0))
    inside = grid[np.abs(value / se) <= stats.t.ppf(0.975, y.df)]
    assert found.interval.low == pytest.approx(inside.min(), abs=2e-4)
    assert found.interval.high == pytest.approx(inside.max(), abs=2e-4)


def test_hours_that_hardly_fall_bound_nothing():
    def change(value, spread):
        return Estimate(
            value=value, se=1.0, df=7, unit="log_points", n=9, groups=8, method="",
            leave_one_out={str(i): value + spread * (-1) ** i for i in range(8)},
        )  # fmt: skip

    found = anderson_rubin(change(-0.05, 0.001), change(-0.1, 0.5))
    assert (found.low, found.high) == (-math.inf, math.inf)


def test_a_planted_effect_is_found_and_nothing_is_not():
    held, told = 0, 0
    for seed in range(20):
        for effect in (0.0, 0.08):
            frame, events = company(seed, effect, noise=0.15)
            found = absence_effect(frame, events, driver="hours")
            held += found.interval.low <= effect <= found.interval.high
            told += effect > 0 and found.interval.low > 0
    assert held >= 35
    assert told >= 14


def test_results_that_had_moved_before_are_seen():
    frame, events = company(before=-0.4)
    assert absence_effect(frame, events, driver="hours").before_p_value < 0.01
    p = [absence_effect(*company(s), driver="hours").before_p_value for s in range(20)]
    assert np.mean(np.array(p) < 0.05) <= 0.2


def test_too_few_absences_are_refused_with_what_is_needed():
    frame, events = company(absent=4)
    with pytest.raises(NotEstimable, match=r"4 independent teams .* 5 are needed"):
        absence_effect(frame, events, driver="hours")
    with pytest.raises(NotEstimable, match="0 independent teams"):
        absence_effect(frame, events.iloc[:0], driver="hours")


def test_absences_that_cannot_be_compared_are_counted():
    frame, events = company()
    early = pd.DataFrame({"manager_id": ["M09"], "first": [2], "last": [3]})
    first = events.iloc[[0]]
    again = first.assign(first=first["first"] + 4, last=first["first"] + 5)
    strange = pd.DataFrame({"manager_id": ["P99"], "first": [12], "last": [13]})
    found = absence_effect(frame, pd.concat([events, early, again, strange]), driver="hours")
    assert found.estimate.dropped == {"absence_at_the_edge": 1, "absence_not_comparable": 2}
    assert found.events == 7


# --- as evidence ---------------------------------------------------------------------------------


def test_the_check_agrees_contradicts_or_says_what_is_missing():
    answer = Estimate(value=0.03, se=0.005, df=19, unit="log_points", n=9, groups=20, method="")

    def said(low, high, before=0.5):
        middle = (low + high) / 2 if math.isfinite(high) else 0.01
        found = Interval(value=middle, low=low, high=high, unit="log_points")
        return checks.absences(answer, found, before)

    agrees, vague, against = said(0.01, 0.06), said(-0.05, 0.06), said(-0.04, 0.01)
    assert (agrees.passed, vague.passed, against.passed) == (True, True, False)
    assert against.bars == checks.DECIDED
    assert "contradict" in str(against.text)
    assert "bear it out" in str(agrees.text)
    assert "tell little" in str(vague.text)
    assert said(-math.inf, math.inf).text == words.ABSENCES_SILENT()
    assert said(-0.04, 0.01, before=0.01).passed is None


def test_planted_companies_from_their_tables_to_the_check():
    world = replace(find_world("W2"), teams=24, months=30, absence=0.02)
    made = simulate(Truth(coach=0.03), world, 4)
    whole = Company(name="x", settings=Settings(name="x"), tables=made.tables())
    found = of_company.effect(whole, "coaching_hours")
    assert found.hours.value < -0.8
    assert found.interval.low < 0.03 < found.interval.high
    table = of_company.table(found)
    assert table["month"].tolist()[:-1] == list(range(-LEADS, AFTER + 1))
    assert table["value"].iloc[-1] == found.estimate.value
    answer = replace(found.estimate, value=-0.5, se=0.01)
    assert of_company.check(whole, "coaching_hours", answer).passed is False
    bare = Company(name="x", settings=Settings(name="x"), tables=dict(made.tables()))
    bare.tables.pop("absences")  # type: ignore[attr-defined]
    missing = of_company.check(bare, "coaching_hours", answer)
    assert missing.passed is None
    assert "5 are needed" in str(missing.text)


def test_months_of_events_are_those_of_the_panel():
    dates = pd.to_datetime(["2024-03-01", "2024-04-01"])
    panel = pd.DataFrame({"month": dates, "month_index": [0, 1]})
    away = pd.DataFrame(
        {
            "person_id": ["m"], "start_on": [pd.Timestamp("2024-04-01")],
            "end_on": [pd.Timestamp("2024-06-01")],
        }
    )  # fmt: skip
    stub = SimpleNamespace(panel=panel, tables={"absences": away})
    assert of_company.events(stub)[["first", "last"]].values.tolist() == [[1, 2]]  # type: ignore[arg-type]
