"""Permutation tests against enumeration by hand, statsmodels, scipy, exact published figures."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from salesdiag.estimate import behaviours, permute
from salesdiag.estimate.behaviours import naive_gaps, replicate
from salesdiag.estimate.calendar_shift import calendar_permutation
from salesdiag.estimate.design import DynamicPanel
from salesdiag.estimate.permute import max_t
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.text import methods as words

P_VALUES = ["p_value", "p_single_step", "p_step_down"]
DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]  # eighths of an inch


def people(sizes, k=3, seed=0, gap=0.0, missing=()):
    """People in teams of given sizes: K behaviours, results that follow the first by ``gap``."""
    rng = np.random.default_rng(seed)
    team = np.repeat(np.arange(len(sizes)), sizes)
    x = rng.normal(size=(len(team), k)) + 0.5 * rng.normal(size=(len(sizes), k))[team]
    frame = pd.DataFrame(x, columns=[f"b{i}" for i in range(k)])
    shocks = 0.7 * rng.normal(size=len(sizes))[team]
    frame["performance"] = gap * frame["b0"] + shocks + rng.normal(size=len(team))
    frame["team_id"] = np.array([f"T{t:02d}" for t in team])
    for row, name in missing:
        frame.loc[row, name] = np.nan
    return frame, [f"b{i}" for i in range(k)]


def hc3(y, x, team):
    """Slope of y on x and team dummies, and its HC3 t, by statsmodels."""
    known = np.isfinite(x)
    dummies = pd.get_dummies(pd.Series(team[known]), dtype=float).to_numpy()
    fit = sm.OLS(y[known], np.column_stack([x[known], dummies])).fit(cov_type="HC3")
    return fit.params[0], fit.tvalues[0]


def all_results(frame):
    """Every arrangement of results within teams, the observed one first."""
    y = frame["performance"].to_numpy()
    parts = [list(itertools.permutations(y[frame["team_id"] == t])) for t in
             frame["team_id"].unique()]  # fmt: skip
    return [np.concatenate(choice) for choice in itertools.product(*parts)]


@pytest.mark.parametrize(
    ("sizes", "gap", "missing"),
    [((3, 3, 2), 0.0, ()), ((2, 2, 2, 2, 2), 2.0, ()), ((3, 3, 3), 0.8, [(1, "b1")])],
)
def test_enumeration_against_a_loop_over_statsmodels(sizes, gap, missing):
    frame, names = people(sizes, gap=gap, seed=3, missing=missing)
    found = max_t(frame, names)
    team = frame["team_id"].to_numpy()
    t = np.array(
        [[abs(hc3(y, frame[n].to_numpy(), team)[1]) for n in names] for y in all_results(frame)]
    )
    assert (found.exact, found.arrangements) == (True, len(t))
    near = 1 - 1e-9
    alone = [(t[:, k] >= t[0, k] * near).mean() for k in range(3)]
    single = [(t.max(axis=1) >= t[0, k] * near).mean() for k in range(3)]
    down, last = [0.0] * 3, 0.0
    left = [0, 1, 2]
    for k in sorted(left, key=lambda k: -t[0, k]):  # drop the largest, then look at the others
        last = max(last, (t[:, left].max(axis=1) >= t[0, k] * near).mean())
        down[k] = last
        left = [j for j in left if j != k]
    np.testing.assert_allclose(found.table["t"].abs(), t[0], rtol=1e-9)
    np.testing.assert_allclose(found.table[P_VALUES], np.column_stack([alone, single, down]))


@pytest.mark.parametrize("missing", [(), [(4, "b0"), (9, "b0"), (9, "b7")]])
def test_statistics_against_statsmodels(missing):
    frame, names = people([8] * 20, k=12, gap=0.3, missing=missing)
    found = max_t(frame, names, draws=19)
    team = frame["team_id"].to_numpy()
    for name in names:
        x = frame[name].to_numpy()
        slope, t = hc3(frame["performance"].to_numpy(), x, team)
        within = frame[name] - frame.groupby("team_id")[name].transform("mean")
        sd = np.sqrt((within**2).sum() / (within.notna().sum() - 20))
        assert found.table.loc[name, "t"] == pytest.approx(t, rel=1e-9)
        assert found.table.loc[name, "effect"] == pytest.approx(slope * sd, rel=1e-9)
        assert found.table.loc[name, "people"] == np.isfinite(x).sum()


def test_one_behaviour_against_scipy():
    frame, _ = people([8], k=1, seed=5, gap=0.9)
    x = (frame["b0"] - frame["b0"].mean()).to_numpy()
    h = 1 / 8 + x**2 / (x @ x)

    def statistic(y):
        y = y - y.mean()
        b = x @ y / (x @ x)
        return abs(b) * (x @ x) / np.sqrt((x**2 * ((y - b * x) / (1 - h)) ** 2).sum())

    expected = stats.permutation_test(
        (frame["performance"],), statistic, permutation_type="pairings", alternative="greater",
        n_resamples=np.inf,
    )  # fmt: skip
    found = max_t(frame, ["b0"])
    assert found.arrangements == len(expected.null_distribution) == 40_320
    assert found.table["p_value"].item() == pytest.approx(expected.pvalue, abs=1e-12)


@pytest.mark.parametrize(("right", "ways"), [(4, 2), (3, 34), (2, 70)])
def test_lady_tasting_tea(right, ways):
    """All four right is 1 way in 70; two-sided, all four wrong counts as well."""
    milk_first = np.r_[np.ones(4), np.zeros(4)]
    said = np.r_[np.arange(4) < right, np.arange(4) >= right].astype(float)
    frame = pd.DataFrame({"said": said, "performance": milk_first, "team_id": "table"})
    assert max_t(frame, ["said"]).table["p_value"].item() == pytest.approx(ways / 70)


def test_darwins_maize():
    """Fifteen pots as teams of two: turning signs gives 1726 of 32768 (Fisher 1935)."""
    frame = pd.DataFrame(
        {
            "crossed": [1.0, 0.0] * 15,
            "performance": [v for d in DARWIN for v in (100.0 + d, 100.0)],
            "team_id": np.repeat(np.arange(15), 2),
        }
    )
    found = max_t(frame, ["crossed"])
    assert found.exact
    assert found.table["p_single_step"].item() == 1726 / 32768
    assert found.table["effect"].item() == pytest.approx(np.mean(DARWIN) * np.sqrt(0.5))


def test_draws_come_near_the_enumeration(monkeypatch):
    frame, names = people([4, 4], gap=0.7, seed=2)
    exact = max_t(frame, names).table[P_VALUES]
    monkeypatch.setattr(permute, "ENUMERATED", 1)
    drawn = max_t(frame, names, draws=4999)
    assert (drawn.exact, drawn.arrangements) == (False, 5000)
    assert (drawn.table[P_VALUES] - exact).abs().max(axis=None) < 4 * np.sqrt(0.25 / 5000)


@pytest.mark.parametrize("gap", [0.0, 0.35, 1.0])
@pytest.mark.parametrize("sizes", [[8], [10], [60], [8] * 20, [1, 2, 3, 9, 4]])
def test_p_values_and_intervals_agree_with_each_other(sizes, gap):
    frame, names = people(sizes, k=6, gap=gap, seed=7)
    table = max_t(frame, names, draws=999).table
    assert (table["p_value"] <= table["p_step_down"]).all()
    assert (table["p_step_down"] <= table["p_single_step"]).all()
    assert table.sort_values("t", key=lambda t: -t.abs())[P_VALUES[1:]].apply(
        lambda p: p.is_monotonic_increasing
    ).all()  # fmt: skip
    assert table["p_step_down"].min() == table["p_single_step"].min()
    excludes = (table["low"] > 0) | (table["high"] < 0)
    assert (excludes == (table["p_single_step"] <= 0.05)).all()


def test_what_must_not_matter():
    frame, names = people([6] * 6, k=5, gap=0.4)
    frame["performance"] = frame["performance"].round(0)  # ties
    before = frame.copy()
    table = max_t(frame, names, draws=499, seed=4).table
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(max_t(frame, names, draws=499, seed=4).table, table)
    assert not max_t(frame, names, draws=499, seed=5).table[P_VALUES].equals(table[P_VALUES])
    shuffled = frame.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(max_t(shuffled, names, draws=499, seed=4).table, table)
    turned = max_t(frame, names[::-1], draws=499, seed=4).table
    pd.testing.assert_frame_equal(turned.loc[names], table)
    moved = frame.assign(
        b0=frame["b0"] * 1000 - 7,
        performance=frame["performance"] + frame["team_id"].str[1:].astype(float) * 10,
    )
    pd.testing.assert_frame_equal(
        max_t(moved, names, draws=499, seed=4).table, table, check_exact=False, rtol=1e-8
    )


def test_chunks_do_not_matter(monkeypatch):
    frame, names = people([6] * 5)
    table = max_t(frame, names, draws=99).table
    monkeypatch.setattr(permute, "CELLS", 200)
    pd.testing.assert_frame_equal(max_t(frame, names, draws=99).table, table)


def test_people_left_out_are_counted_and_behaviours_refused_by_name():
    frame, names = people([4, 4, 4, 1], k=4)
    frame.loc[0, "performance"] = np.nan
    frame["team_id"] = frame["team_id"].mask(frame.index == 5)
    frame["b1"] = frame["team_id"].map({"T00": 0.1, "T01": 0.7, "T02": 1e6, "T03": 3.0})
    frame.loc[9, names] = np.nan
    frame.loc[frame.index > 5, "b2"] = np.nan
    found = max_t(frame, names, draws=19)
    assert found.dropped == {"no_result": 1, "no_team": 1, "driver_missing": 1, "no_peers": 1}
    assert set(found.dropped) <= set(words.CAUSES)
    assert found.people + sum(found.dropped.values()) == len(frame)
    assert list(found.table.index) == ["b0", "b3"]
    assert {n: m.template for n, m in found.refused.items()} == {
        "b1": words.BEHAVIOUR_ALIKE, "b2": words.BEHAVIOUR_UNKNOWN,
    }  # fmt: skip
    assert "b1 does not differ" in str(found.refused["b1"])
    usable = frame.drop(index=[0, 5, 9, 12])
    pd.testing.assert_frame_equal(max_t(usable, ["b0", "b3"], draws=19).table, found.table)


def test_nullable_columns_are_read_as_numbers():
    frame, names = people([8] * 3, missing=[(2, "b0")])
    typed = frame.astype({"b0": "Float64", "performance": "Float64", "team_id": "category"})
    pd.testing.assert_frame_equal(
        max_t(typed, names, draws=19).table, max_t(frame, names, draws=19).table
    )


@pytest.mark.parametrize(
    ("sizes", "change", "template"),
    [
        ([7], {}, words.TOO_FEW_PEOPLE),
        ([1] * 30, {}, words.TOO_FEW_PEOPLE),
        ([2] * 4, {}, words.TOO_FEW_ARRANGEMENTS),
        ([8], {"performance": 1.0}, words.RESULTS_ALIKE),
        ([3] * 5, {"performance": 0.1}, words.RESULTS_ALIKE),  # whose mean is not quite 0.1
        ([8], {"b0": 0.1, "b1": 0.1, "b2": 1e9}, words.NO_BEHAVIOUR),
    ],
)
def test_refusals(sizes, change, template):
    frame, names = people(sizes)
    with pytest.raises(NotEstimable) as caught:
        max_t(frame.assign(**change), names)
    assert caught.value.reason.template == template
    assert "{" not in str(caught.value)


@pytest.mark.parametrize(
    ("names", "options", "said"),
    [
        ([], {}, "at least one"),
        (["b0", "b0"], {}, "each once"),
        (["b0", "zeal"], {}, "no column zeal"),
        (["b0"], {"stratum": "region"}, "no column region"),
        (["b0"], {"draws": 18}, "at least 19"),
    ],
)
def test_wrong_calls(names, options, said):
    frame, _ = people([9])
    with pytest.raises(ValueError, match=said):
        max_t(frame, names, **options)


def test_replication_holds_whole_teams_out():
    frame, names = people([8] * 20, k=8, gap=0.6)
    found = replicate(frame, names, draws=499, seed=3)
    again = replicate(frame.sample(frac=1, random_state=0), names, draws=499, seed=3)
    pd.testing.assert_frame_equal(found.table, again.table)
    assert found.discovery.people + found.held_out.people == 160
    assert found.discovery.teams + found.held_out.teams == 20
    assert found.best == "b0"
    assert found.confirmed == ("b0",)
    assert found.best_effect.low > 0
    assert found.best_effect.value == found.table.loc["b0", "effect"]
    assert found.table["confirmed"].sum() == 1
    other = replicate(frame, names, draws=499, seed=4)
    assert other.table.loc["b0", "effect"] != found.table.loc["b0", "effect"]


def test_the_held_out_half_tests_the_selected_ones_alone():
    """Selection by the first half only; p-values of the second are max-T over those selected."""
    frame, names = people([8] * 20, k=8, gap=0.6)
    found = replicate(frame, names, draws=499, seed=3)
    strong = found.discovery.table.query("p_value <= 0.1")
    assert 1 <= len(found.selected) <= 5
    assert set(found.selected) == set(strong.index) | {found.best}
    assert found.best == found.discovery.table["t"].abs().idxmax()
    assert set(found.table["effect"].dropna().index) == set(found.selected)
    held = behaviours._dealt(frame["team_id"], 3)
    alone = max_t(frame[frame["team_id"].isin(held)], list(found.selected), draws=499, seed=3)
    pd.testing.assert_frame_equal(alone.table, found.held_out.table)


def test_at_most_five_are_looked_at_again():
    rng = np.random.default_rng(2)
    frame, names = people([10] * 12, k=9, seed=2)
    for name in names:
        frame[name] = frame["performance"] + rng.normal(size=120)
    found = replicate(frame, names, draws=199)
    assert len(found.selected) == 5
    t = found.discovery.table["t"].abs()
    assert set(found.selected) == set(t.nlargest(5).index)


def test_replication_needs_the_same_sign_again():
    """What is strong in the teams of one half and turned round in the other is not confirmed."""
    frame, names = people([8] * 12, k=2, seed=1)
    held = frame["team_id"].isin(behaviours._dealt(frame["team_id"], 0))
    frame["performance"] += frame["b0"] * np.where(held, -2.0, 2.0)
    found = replicate(frame, names, draws=499)
    assert found.held_out.table.loc["b0", "p_step_down"] <= 0.05
    assert found.confirmed == ()


def test_members_are_held_out_where_teams_are_too_few():
    frame, names = people([40], k=3, gap=1.5)
    found = replicate(frame, names, draws=199)
    assert found.discovery.people == found.held_out.people == 20
    assert found.confirmed == ("b0",)


@pytest.mark.parametrize("sizes", [[15], [10], [3, 3, 3, 3, 3]])
def test_replication_needs_people_to_hold_out(sizes):
    with pytest.raises(NotEstimable) as caught:
        replicate(*people(sizes))
    assert caught.value.reason.template == words.NONE_HELD_OUT


def test_naive_gaps_against_statsmodels():
    frame, names = people([10] * 6, gap=0.5, missing=[(3, "b1"), (11, "performance")])
    gaps = naive_gaps(frame.assign(flat=1.0), [*names, "flat"])
    assert list(gaps) == names
    rows = frame[frame["performance"].notna()]
    rows = rows.sort_values("performance")  # 59 people: 12 on top, 12 at the bottom
    for name, gap in gaps.items():
        x = rows[name] / rows[name].std()
        best, middle = x.iloc[-12:].dropna(), x.iloc[12:-12].dropna()
        both = CompareMeans(DescrStatsW(best), DescrStatsW(middle))
        assert gap.p_value == pytest.approx(both.ttest_ind(usevar="unequal")[1])
        low, high = both.tconfint_diff(usevar="unequal")
        assert (gap.value, gap.low, gap.high) == pytest.approx(
            (best.mean() - middle.mean(), low, high)
        )


def team_calendar(reps=3, months=11, effect=0.0, seed=0):
    """Rep-months of one team, with hours that carry over from month to month."""
    rng = np.random.default_rng(seed)
    hours = rng.gamma(2.0, 1.5, (reps, months)) + rng.gamma(2.0, 0.5, months)
    y = rng.normal(size=(reps, 1)) + 0.3 * rng.normal(size=(reps, months)) + 9
    y[:, 1:] += effect * hours[:, :-1]
    rep, month = np.indices((reps, months))
    return pd.DataFrame(
        {
            "rep_id": np.char.add("R", rep.ravel().astype(str)), "team_id": "T",
            "group_id": "T", "month_index": month.ravel(), "revenue": np.exp(y.ravel()),
            "coaching_hours": hours.ravel(), "days_present": 1.0, "complete": True,
        }
    )  # fmt: skip


CALENDAR = DynamicPanel(driver="coaching_hours", own_lags=1, tenure=None)


@pytest.mark.parametrize("effect", [0.0, 0.1])
def test_all_shifts_against_a_loop_over_statsmodels(effect):
    frame = team_calendar(effect=effect)
    found = calendar_permutation(frame, CALENDAR)
    frame["y"] = np.log(frame["revenue"])
    frame[["x", "lag"]] = frame.groupby("rep_id")[["coaching_hours", "y"]].shift()
    rows = frame.dropna()
    held = pd.get_dummies(rows[["rep_id", "month_index"]], columns=["rep_id", "month_index"])
    held = held.drop(columns="month_index_1").assign(lag=rows["lag"]).astype(float).to_numpy()
    x = rows["x"].to_numpy().reshape(3, 10)
    fits = []
    for shifts in itertools.product(range(10), repeat=3):
        turned = np.concatenate([np.roll(s, k) for s, k in zip(x, shifts, strict=True)])
        fits.append(sm.OLS(rows["y"].to_numpy(), np.column_stack([turned, held])).fit())
    t = np.array([abs(f.tvalues[0]) for f in fits])
    assert (found.exact, found.arrangements, found.n) == (True, 1000, 30)
    assert found.effect.value == pytest.approx(fits[0].params[0])
    assert found.p_value == pytest.approx((t >= t[0] * (1 - 1e-9)).mean())
    half = np.sort(t)[::-1][50] * fits[0].bse[0]  # at most 50 of 1000 may be larger
    assert found.effect.high - found.effect.value == pytest.approx(half)


def test_calendar_of_a_team():
    frame = team_calendar(8, 24, effect=0.1)
    frame.loc[5, "coaching_hours"] = np.nan
    found = calendar_permutation(frame, CALENDAR, draws=499, seed=1)
    shuffled = calendar_permutation(
        frame.sample(frac=1, random_state=2), CALENDAR, draws=499, seed=1
    )
    assert shuffled.p_value == found.p_value
    assert found.p_value == 1 / 500
    assert found.effect.low < 0.1 < found.effect.high
    assert found.n + sum(found.dropped.values()) == len(frame)
    assert found.dropped["driver_missing"] == 1
    assert "8 reps, 23 months" in str(found.method)


def without_change(frame):
    return frame.assign(coaching_hours=frame.groupby("rep_id")["coaching_hours"].transform("mean"))


@pytest.mark.parametrize(
    ("frame", "template"),
    [
        (team_calendar(8, 10), words.TOO_FEW_PERIODS),
        (team_calendar(1, 24), words.ONE_REP),
        (team_calendar(2, 12), words.TOO_FEW_ROWS),
        (without_change(team_calendar(4, 24)), words.NO_VARIATION),
    ],
)
def test_calendar_refusals(frame, template):
    with pytest.raises(NotEstimable) as caught:
        calendar_permutation(frame, CALENDAR)
    assert caught.value.reason.template == template


def test_calendar_takes_one_team():
    frame = team_calendar(4, 24)
    with pytest.raises(ValueError, match="one team"):
        calendar_permutation(frame.assign(team_id=frame["rep_id"]), CALENDAR)
    with pytest.raises(ValueError, match="at least 19"):
        calendar_permutation(frame, CALENDAR, draws=5)


# error rates -----------------------------------------------------------------------------------


def survey(rng, sizes, k=20, gap=0.0, noisy=0.0):
    """Correlated behaviours of people in teams, seen with error; some people's numbers scatter."""
    n, teams = sum(sizes), np.repeat(np.arange(len(sizes)), sizes)
    own = np.exp(noisy * rng.normal(size=(n, 1)))
    common = 0.0 if gap else 0.3  # with a planted one, the others must be false
    true = np.sqrt(common) * rng.normal(size=(n, 1)) + np.sqrt(1 - common) * rng.normal(size=(n, k))
    seen = (
        own * (true + 0.5 * rng.normal(size=(n, k))) + 0.5 * rng.normal(size=(len(sizes), k))[teams]
    )
    y = gap * true[:, 0] + own[:, 0] * rng.normal(size=n) * np.sqrt(2)
    frame = pd.DataFrame(seen, columns=[f"b{i}" for i in range(k)])
    return frame.assign(performance=y + 0.7 * rng.normal(size=len(sizes))[teams], team_id=teams)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sizes", "noisy", "most"),
    [([60], 0.0, 0.064), ([10], 0.0, 0.064), ([8] * 20, 0.0, 0.064), ([8] * 20, 0.35, 0.075)],
)
def test_max_t_finds_nothing_where_there_is_nothing(sizes, noisy, most):
    names = [f"b{i}" for i in range(20)]
    false = [
        max_t(survey(np.random.default_rng(s), sizes, noisy=noisy), names, draws=199)
        .table["p_single_step"].min() <= 0.05
        for s in range(300)
    ]  # fmt: skip
    assert np.mean(false) <= most + 2 * np.sqrt(0.05 * 0.95 / 300)
    assert np.mean(false) >= 0.02  # not by never finding anything


@pytest.mark.slow
def test_the_others_are_controlled_when_one_is_true():
    names = [f"b{i}" for i in range(20)]
    tables = [
        max_t(survey(np.random.default_rng(s), [8] * 20, gap=0.6), names, draws=199).table
        for s in range(400)
    ]
    down = np.array([t["p_step_down"] for t in tables])
    assert (down[:, 0] <= 0.05).mean() > 0.8
    assert (down[:, 1:].min(axis=1) <= 0.05).mean() <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)


@pytest.mark.slow
@pytest.mark.parametrize(("size", "rate"), [(60, 0.57), (10, 0.75)])
def test_the_naive_way_finds_secrets_where_there_are_none(size, rate):
    names = [f"b{i}" for i in range(20)]
    false = [
        min(g.p_value for g in naive_gaps(survey(np.random.default_rng(s), [size]), names).values())
        < 0.05
        for s in range(400)
    ]
    assert np.mean(false) == pytest.approx(rate, abs=3 * np.sqrt(rate * (1 - rate) / 400))


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [[60], [6] * 10])
def test_nothing_is_confirmed_where_there_is_nothing(sizes):
    """20 behaviours, 60 people; with 10 people none can be held out, and that is said."""
    names = [f"b{i}" for i in range(20)]
    false, strong = [], []
    for s in range(200):
        found = replicate(survey(np.random.default_rng(s), sizes), names, draws=199, seed=s)
        false.append(bool(found.confirmed))
        strong.append(found.discovery.table["p_value"].min() <= 0.05)
    assert np.mean(false) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)
    assert np.mean(strong) > 0.4  # what the first half alone would have called found


@pytest.mark.slow
def test_a_planted_one_is_confirmed():
    names = [f"b{i}" for i in range(20)]
    found = [
        replicate(survey(np.random.default_rng(s), [8] * 20, gap=0.8), names, draws=199, seed=s)
        for s in range(60)
    ]
    assert np.mean(["b0" in f.confirmed for f in found]) >= 0.8
    assert np.mean([set(f.confirmed) - {"b0"} != set() for f in found]) <= 0.15


@pytest.mark.slow
def test_the_best_shrinks_in_other_teams():
    """With nothing true, the best of 20 is large where it was found and nothing elsewhere."""
    names = [f"b{i}" for i in range(20)]
    there, elsewhere, covered = [], [], []
    for s in range(200):
        found = replicate(survey(np.random.default_rng(s), [8] * 20), names, draws=99, seed=s)
        effect = found.discovery.table.loc[found.best, "effect"]
        there.append(abs(effect))
        elsewhere.append(found.best_effect.value * np.sign(effect))
        covered.append(found.best_effect.low <= 0 <= found.best_effect.high)
    assert np.mean(there) > 0.25
    assert abs(np.mean(elsewhere)) < 3 * np.std(elsewhere) / np.sqrt(200) < 0.05
    assert np.mean(covered) > 0.95 - 3 * np.sqrt(0.05 * 0.95 / 200)


@pytest.mark.slow
def test_calendars_of_nothing_are_rarely_told_from_chance():
    spec = DynamicPanel(driver="coaching_hours", tenure=None)
    p = [
        calendar_permutation(team_calendar(6, 18, seed=s), spec, draws=199).p_value
        for s in range(400)
    ]
    assert 0.02 <= np.mean(np.array(p) <= 0.05) <= 0.064 + 2 * np.sqrt(0.05 * 0.95 / 400)
