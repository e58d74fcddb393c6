"""Tenure: life tables by loop, published curves, statsmodels, and a scan refitted draw by draw."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from scipy.interpolate import CubicSpline
from statsmodels.duration.hazard_regression import PHReg

from salesdiag.estimate import hazard, hazard_ratio, hazard_scan
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.text import methods as words

FIRM = 36  # months watched, and months of hiring before
LINK = sm.families.links.CLogLog()


def company(seed, spells=200, rate=0.03, shape=1.0, cliff=(0, 0), ratio=1.0, hump=None):
    """Return spells of people hired evenly over 72 months, of which the last 36 are watched."""
    rng = np.random.default_rng(seed)
    rows = []
    while len(rows) < spells:
        hired, month = int(rng.integers(-FIRM, FIRM)), 0
        left = False
        while not left and hired + month < FIRM:
            month += 1
            risk = hump(month) if hump else rate * (month / 6) ** (shape - 1)
            left = rng.random() < risk * (ratio if cliff[0] <= month <= cliff[1] else 1.0)
        if hired + month > 0:
            rows.append((max(-hired, 0), month, left))
    return pd.DataFrame(rows, columns=["entry", "exit", "left"])


@pytest.fixture(scope="module")
def smooth():
    return company(1)


@pytest.fixture(scope="module")
def cliff():
    return company(2, cliff=(12, 14), ratio=3.0)


@pytest.fixture(scope="module")
def reference(shared_data):
    folder = shared_data.parent / "reference"
    if not (folder / "heart.csv").exists():
        pytest.skip("the reference data sets are not here (../shared/reference)")
    return folder


# spells ----------------------------------------------------------------------------------------


def test_life_table_and_person_months_against_a_loop(cliff):
    before = cliff.copy(deep=True)
    table, long = hazard.life_table(cliff), hazard.person_months(cliff)
    pd.testing.assert_frame_equal(cliff, before)
    for month, at_risk, leavers in zip(table.month, table.at_risk, table.leavers, strict=True):
        there = [r for r in cliff.itertuples() if r.entry < month <= r.exit]
        assert at_risk == len(there)
        assert leavers == sum(r.left and r.exit == month for r in there)
    assert table.month.tolist() == list(range(1, cliff["exit"].max() + 1))
    grouped = long.rows.groupby("tenure")["left"].agg(["size", "sum"])
    seen = table.at_risk > 0
    assert grouped["size"].tolist() == table.at_risk[seen].tolist()
    assert grouped["sum"].tolist() == table.leavers[seen].tolist()
    assert long.rows.groupby("spell").size().tolist() == (cliff["exit"] - cliff["entry"]).tolist()


def test_life_table_up_to_a_month_is_the_beginning_of_the_whole(cliff):
    whole, early = hazard.life_table(cliff), hazard.life_table(cliff, until=20)
    for name in ("month", "at_risk", "leavers"):
        assert getattr(early, name).tolist() == getattr(whole, name)[:20].tolist()
    later = int((cliff["entry"] >= 20).sum())
    assert later > 0
    assert early.dropped == {"later_tenure": later}
    assert early.spells + later == whole.spells


def test_rows_that_cannot_be_used_are_counted_once_by_cause():
    spells = pd.DataFrame(
        {
            "entry": [0, np.nan, 2, -1, 5, 4, 0],
            "exit": [3, 4, np.nan, 2, 5, 3, 2],
            "left": pd.array([True, True, False, True, False, True, None], dtype="boolean"),
        }
    )
    table = hazard.life_table(spells)
    assert table.spells == 1
    assert table.leavers.tolist() == [0, 0, 1]
    expected = {"tenure_unknown": 3, "before_hiring": 1, "no_month_at_risk": 2}
    assert "later_tenure" in words.CAUSES
    assert table.dropped == expected == hazard.person_months(spells).dropped
    assert set(expected) <= set(words.CAUSES)


@pytest.mark.parametrize("count", [hazard.life_table, hazard.person_months])
def test_mistakes_are_named(count):
    spells = pd.DataFrame({"exit": [2.5], "left": [True]})
    with pytest.raises(ValueError, match="whole"):
        count(spells)
    with pytest.raises(ValueError, match="'left'"):
        count(spells[["exit"]])


# survival --------------------------------------------------------------------------------------


def by_loop(spells, time):
    """Kaplan-Meier and Greenwood at a time, event by event."""
    left, s, v = spells[spells["left"].astype(bool)], 1.0, 0.0
    for t in sorted(set(left["exit"])):
        if t <= time:
            n = ((spells["entry"] < t) & (spells["exit"] >= t)).sum()
            d = (left["exit"] == t).sum()
            s, v = s * (1 - d / n), v + d / (n * (n - d))
    return s, s * np.sqrt(v)


def test_rossi(reference):
    # R: survfit(Surv(week, arrest) ~ 1, carData::Rossi)
    data = pd.read_csv(reference / "rossi.csv")
    spells = data[["week", "arrest"]].set_axis(["exit", "left"], axis=1)
    found = hazard.survival(spells, at=(10, 20, 30, 40, 52))
    expected = [0.965278, 0.907407, 0.861111, 0.803241, 0.736111]
    assert [i.value for i in found.at.values()] == pytest.approx(expected, abs=1e-6)
    assert found.table["se"].iloc[-1] == pytest.approx(0.0212051, abs=1e-7)
    assert np.isnan(found.median.value)
    assert np.isnan(hazard.survival(spells, at=(53,)).at[53].value)


def test_heart_transplants_enter_late(reference):
    # R: survfit(Surv(start, stop, event) ~ 1, survival::heart)
    data = pd.read_csv(reference / "heart.csv")
    spells = data[["start", "stop", "event"]].set_axis(["entry", "exit", "left"], axis=1)
    found = hazard.survival(spells, at=(50, 100, 300))
    expected = [0.67548, 0.49401, 0.36597]
    assert [i.value for i in found.at.values()] == pytest.approx(expected, abs=1e-5)
    s = found.at[50].value
    half = stats.norm.ppf(0.975) * by_loop(spells, 50)[1] / (s * abs(np.log(s)))
    assert found.at[50].low == pytest.approx(s ** np.exp(half))
    assert found.at[50].high == pytest.approx(s ** np.exp(-half))
    curve = hazard.SurvfuncRight(spells["exit"], spells["left"], entry=spells["entry"])
    assert (found.median.low, found.median.high) == curve.quantile_ci(0.5)
    assert found.median.value == curve.quantile(0.5)


def test_curve_with_ties_of_entry_and_exit_against_a_loop(cliff):
    found = hazard.survival(cliff, at=(1, 12, 24))
    for time, interval in found.at.items():
        s, se = by_loop(cliff, time)
        assert interval.value == pytest.approx(s)
        row = found.table[found.table["month"] <= time].iloc[-1]
        assert row["se"] == pytest.approx(se)
    assert (cliff["entry"].isin(cliff.loc[cliff["left"], "exit"])).any()  # there are ties


def test_curve_ends_where_hardly_anyone_is_watched():
    early = pd.DataFrame({"entry": 0, "exit": np.arange(4, 24), "left": True})
    late = pd.DataFrame({"entry": 30, "exit": np.arange(31, 71), "left": True})
    spells = pd.concat([early, late], ignore_index=True)
    found = hazard.survival(spells, at=(10, 19, 24, 40))
    assert found.covered == 19  # 23, 22, 21 and 20 are still to come
    assert found.at[10].value == pytest.approx(13 / 20)
    assert np.isfinite(found.at[19].value)
    assert np.isnan(found.at[24].value)
    assert np.isnan(found.at[40].value)
    assert found.table["month"].max() == 19
    with pytest.raises(NotEstimable, match="from their hiring"):
        hazard.survival(late)
    with pytest.raises(NotEstimable, match="4 leavers"):
        hazard.survival(early.assign(left=early["exit"] < 8))


def test_ignoring_late_entry_flatters():
    truth, kept, ignored = 0.97**24, [], []
    for seed in range(30):
        spells = company(seed)
        kept.append(hazard.survival(spells).at[24].value)
        ignored.append(hazard.survival(spells.drop(columns="entry")).at[24].value)
    assert np.nanmean(kept) == pytest.approx(truth, abs=3 * np.nanstd(kept) / np.sqrt(30))
    assert np.mean(ignored) > truth + 0.08


# regression ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def months():
    """Person-months in 12 groups; weak support doubles the hazard."""
    rng = np.random.default_rng(5)
    people = pd.DataFrame({"group": np.repeat(np.arange(12), 40), "entry": rng.integers(0, 9, 480)})
    people["weak"] = rng.integers(0, 2, 480)
    people["age"] = rng.normal(40, 8, 480)
    risk = 0.03 * np.exp(0.7 * people["weak"] - 0.02 * (people["age"] - 40))
    time = people["entry"] + np.ceil(rng.exponential(1 / -np.log1p(-risk)))
    people["exit"] = np.minimum(time, people["entry"] + 30)
    people["left"] = time <= people["entry"] + 30
    return people


def test_regression_against_statsmodels_and_a_loop_over_groups(months):
    rows = hazard.person_months(months).rows
    found = hazard_ratio.hazard_ratio(rows, "weak", controls=["age"])

    def fit(r):
        x = sm.add_constant(np.column_stack([np.log(r["tenure"]), r["weak"], r["age"]]))
        family = sm.families.Binomial(link=LINK)
        return sm.GLM(r["left"].astype(float), x, family=family).fit(tol=1e-12)

    b = fit(rows).params.iloc[2]
    loo = [fit(rows[rows["group"] != g]).params.iloc[2] for g in range(12)]
    assert found.value == pytest.approx(b, abs=1e-7)
    assert list(found.leave_one_out.values()) == pytest.approx(loo, abs=1e-6)
    assert found.se == pytest.approx(np.sqrt(11 / 12 * ((np.array(loo) - b) ** 2).sum()), abs=1e-6)
    assert (found.df, found.groups, found.n) == (11, 12, len(rows))
    assert found.interval().low < 0.7 < found.interval().high
    # in continuous time; entry moved after ties, which PHReg counts as at risk
    cox = PHReg(
        months["exit"], months[["weak", "age"]], status=months["left"].astype(int),
        entry=months["entry"] + 1e-6, ties="efron",
    ).fit()  # fmt: skip
    assert found.value == pytest.approx(cox.params[0], abs=0.03)


def test_regression_refuses(months):
    rows = hazard.person_months(months).rows
    gaps = rows.assign(weak=rows["weak"].where(rows.index > 99).astype(float))
    assert hazard_ratio.hazard_ratio(gaps, "weak").dropped == {"driver_missing": 100}
    with pytest.raises(NotEstimable, match="4 groups"):
        hazard_ratio.hazard_ratio(rows[rows["group"] < 4], "weak")
    with pytest.raises(NotEstimable, match="does not vary"):
        hazard_ratio.hazard_ratio(rows.assign(weak=1), "weak")
    with pytest.raises(NotEstimable, match="15 are needed"):
        hazard_ratio.hazard_ratio(rows.assign(left=rows["left"] & (rows["tenure"] < 3)), "weak")
    with pytest.raises(NotEstimable, match="Without one of the groups"):
        hazard_ratio.hazard_ratio(rows.assign(weak=rows["left"].astype(int)), "weak")


# scan ------------------------------------------------------------------------------------------


def slow_excess(at_risk, leavers, widths, begin, stop):
    """Largest log likelihood ratio and its window, window by window, fitted by statsmodels."""
    seen = at_risk > 0
    month = np.arange(1, len(at_risk) + 1)
    counts = np.column_stack([leavers, at_risk - leavers])[seen]
    x = sm.add_constant(np.log(month[seen]))
    fit = sm.GLM(counts, x, family=sm.families.Binomial(link=LINK)).fit(tol=1e-13, maxiter=200)
    expected = np.zeros(len(month))
    expected[seen] = at_risk[seen] * fit.fittedvalues
    n, e = leavers.sum(), expected.sum()
    best = (0.0, None)
    for width in widths:
        for first in range(begin, stop - width + 2):
            inside = slice(first - 1, first + width - 1)
            o, u = leavers[inside].sum(), expected[inside].sum()
            if o * (e - u) <= (n - o) * u:
                continue
            terms = ((o, u), (n - o, e - u))
            gain = sum(a * np.log(a / b) for a, b in terms if a > 0) - n * np.log(n / e)
            if gain > best[0] + 1e-12:
                best = (gain, (first, first + width - 1))
    return best, fit, expected


def test_scan_against_a_loop_that_refits_each_draw(cliff, monkeypatch):
    monkeypatch.setattr(hazard_scan, "KNOTS", ((),))  # splines have tests of their own
    widths, draws = (1, 3), 30
    found = hazard_scan.scan(cliff, windows=widths, draws=draws, seed=4)
    table = hazard.life_table(cliff, until=hazard_scan.UNTIL)
    watched = table.month[table.at_risk >= 5]
    ends = (watched[0], watched[-1])
    (top, window), _, expected = slow_excess(table.at_risk, table.leavers, widths, *ends)
    assert found.window == window
    assert found.statistic == pytest.approx(top, rel=1e-6)
    assert found.observed == table.leavers[window[0] - 1 : window[1]].sum()
    risk = expected / np.maximum(table.at_risk, 1)
    drawn = np.random.default_rng(4).binomial(table.at_risk, risk, (draws, len(risk)))
    larger = [slow_excess(table.at_risk, d, widths, *ends)[0][0] >= top for d in drawn]
    assert found.p_value == (sum(larger) + 1) / (draws + 1)
    span = ends[1] - ends[0] + 1
    assert found.windows == sum(span - w + 1 for w in widths)


def test_expected_leavers_are_those_of_the_other_months(cliff, monkeypatch):
    monkeypatch.setattr(hazard_scan, "KNOTS", ((),))
    found = hazard_scan.scan(cliff, draws=9)
    inside = found.table["month"].between(*found.window)
    rows = found.table[found.table["at_risk"] > 0]
    x = np.column_stack([np.ones(len(rows)), np.log(rows["month"]), inside[rows.index]])
    counts = np.column_stack([rows["leavers"], rows["at_risk"] - rows["leavers"]])
    fit = sm.GLM(counts, x, family=sm.families.Binomial(link=LINK)).fit(tol=1e-13)
    x[:, 2] = 0
    expected = (rows["at_risk"] * fit.predict(x))[inside[rows.index]].sum()
    assert found.expected == pytest.approx(expected, rel=1e-6)
    assert found.slope == pytest.approx(fit.params[1], abs=1e-6)


@pytest.mark.parametrize("knots", [(0.5, 1.7, 3.4), (0.2, 1.1, 2.0, 3.9)])
def test_the_smooth_terms_are_natural_cubic_splines(knots):
    """Between the knots scipy's natural spline through their values, beyond them straight."""
    x = np.log(np.arange(1, 61))
    ours = hazard_scan._smooth(x, np.array(knots))
    at = hazard_scan._smooth(np.r_[knots, x.min(), x.max()], np.array(knots))
    assert ours.shape == (60, len(knots))
    assert np.linalg.matrix_rank(ours) == len(knots)
    np.testing.assert_array_equal(ours[:, :2], np.column_stack([np.ones(60), x]))
    inside = (x >= knots[0]) & (x <= knots[-1])
    scale = at[-1, 2:]  # columns are scaled by their largest value among those given
    for j in range(2, len(knots)):
        spline = CubicSpline(knots, at[:-2, j], bc_type="natural")
        theirs = spline(x[inside]) * ours[-1, j] / scale[j - 2]
        np.testing.assert_allclose(ours[inside, j], theirs, atol=1e-9)
        for side in (x < knots[0], x > knots[-1]):
            if side.sum() > 2:
                np.testing.assert_allclose(
                    np.diff(ours[side, j]) / np.diff(x[side]),
                    (np.diff(ours[side, j]) / np.diff(x[side]))[0],
                    atol=1e-9,
                )


def test_a_point_must_stand_out_over_every_smooth_hazard(cliff, monkeypatch):
    """The p-value is the largest of the three, and all else is of the hazard that has it."""
    whole = hazard_scan.scan(cliff, draws=199, seed=5)
    alone = []
    for knots in hazard_scan.KNOTS:
        with monkeypatch.context() as patch:
            patch.setattr(hazard_scan, "KNOTS", (knots,))
            alone.append(hazard_scan.scan(cliff, draws=199, seed=5))
    most = max(alone, key=lambda found: found.p_value)
    assert whole.p_value == most.p_value
    assert (whole.window, whole.ratio) == (most.window, most.ratio)
    pd.testing.assert_frame_equal(whole.table, most.table)
    assert len({found.statistic for found in alone}) == 3


def test_a_hump_is_no_point():
    """A company whose hazard has a smooth hump: the Weibull alone calls it a point."""
    rng = np.random.default_rng(3)
    month = np.arange(1, 49)
    risk = 0.012 + 0.05 * np.exp(-0.5 * (np.log(month / 12) / 0.5) ** 2)
    left = rng.random((400, 48)) < risk
    ends = np.where(left.any(axis=1), left.argmax(axis=1) + 1, 48)
    spells = pd.DataFrame({"entry": 0, "exit": ends, "left": left.any(axis=1)})
    table = hazard.life_table(spells, until=hazard_scan.UNTIL)
    baselines = hazard_scan._baselines(table, [1, 3, 6])
    leavers = table.leavers[None].astype(float)
    chances = [hazard_scan._chance(b, leavers, 199, 0) for b in baselines]
    assert chances[0] < 0.02
    assert max(chances) > 0.1


def test_same_seed_same_answer_whatever_the_order(cliff):
    first, again = hazard_scan.scan(cliff, seed=3), hazard_scan.scan(cliff[::-1], seed=3)
    assert (first.p_value, first.window, first.ratio) == (again.p_value, again.window, again.ratio)
    assert first.ratio != hazard_scan.scan(cliff, seed=4).ratio


def test_planted_point_is_found_and_a_smooth_company_has_none(smooth, cliff):
    found = hazard_scan.scan(cliff)
    assert found.p_value < 0.025
    assert found.window[0] <= 14
    assert found.window[1] >= 12
    assert found.between[0] <= 12
    assert found.between[1] >= 14
    assert found.ratio.low < np.log(3) < found.ratio.high
    assert found.ratio.low < found.narrow.low < found.narrow.high < found.ratio.high
    none = hazard_scan.scan(smooth)
    assert none.p_value > 0.05
    assert none.ratio.low == 0 < none.ratio.high
    assert none.observed > none.expected  # what stands out most stands out; it is not believed
    if none.ratio.value == 0:
        assert none.between == (1, none.table.loc[none.table["at_risk"] >= 5, "month"].max())


@pytest.mark.parametrize("seed", range(100, 112))
def test_interval_and_p_value_agree(seed):
    found = hazard_scan.scan(company(seed, cliff=(12, 14), ratio=2.2), draws=199)
    assert (found.ratio.low > 0) == (found.p_value < 0.025)
    assert (found.narrow.low > 0) == (found.p_value < 0.05)
    assert found.ratio.low <= found.narrow.low <= found.ratio.value <= found.narrow.high


def test_scan_refuses(cliff):
    with pytest.raises(NotEstimable, match="19 leavers are too few; 20 are needed"):
        hazard_scan.scan(cliff[cliff["left"]].head(19))
    short = pd.DataFrame({"entry": 0, "exit": np.tile(np.arange(1, 12), 5), "left": True})
    with pytest.raises(NotEstimable, match="11 months"):
        hazard_scan.scan(short)
    with pytest.raises(NotEstimable, match="18 months of tenure; 20"):
        hazard_scan.scan(cliff, until=18, windows=(3, 10))
    for wrong in ({"windows": ()}, {"windows": (0, 3)}, {"draws": 0}):
        with pytest.raises(ValueError, match="scan needs"):
            hazard_scan.scan(cliff, **wrong)
    with pytest.raises(NotEstimable, match="0 leavers"):
        hazard_scan.scan(cliff.iloc[:0])


def test_naive_months_and_histogram(smooth):
    table = hazard.life_table(smooth, until=hazard_scan.UNTIL)
    p = {}
    for month, n, d in zip(table.month, table.at_risk, table.leavers, strict=True):
        if n >= 5:
            others = (table.leavers.sum() - d) / (table.at_risk.sum() - n)
            p[month] = stats.binomtest(int(d), int(n), others, alternative="greater").pvalue
    found = hazard_scan.naive_months(smooth)
    assert found.p_value == pytest.approx(min(p.values()))
    assert found.method.values["month"] == min(p, key=p.get)
    assert found.low < found.value < found.high
    left = smooth.loc[smooth["left"] & (smooth["exit"] <= hazard_scan.UNTIL), "exit"]
    bins = ((left - 1) // 6).value_counts()
    drawn = hazard_scan.naive_histogram(smooth)
    assert drawn.value == bins.max() / len(left)
    assert drawn.method.values["last"] - drawn.method.values["first"] == 5


# error rates -----------------------------------------------------------------------------------


HUMPS = {
    "wide hump": lambda m: 0.015 + 0.03 * np.exp(-0.5 * (np.log(m / 12) / 0.6) ** 2),
    "hump of months": lambda m: 0.02 + 0.02 * np.exp(-0.5 * ((m - 15) / 6) ** 2),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("world", "naive"),
    [({}, 0.5), ({"rate": 0.04, "shape": 0.7}, 0.5), ({"spells": 80, "rate": 0.04}, 0.5)]
    + [({"hump": h}, 0.5) for h in HUMPS.values()],
    ids=["constant", "fading", "small", *HUMPS],
)
def test_size(world, naive, monkeypatch):
    monkeypatch.setattr(hazard_scan, "DRAWS_PER_RATIO", 1)  # of the interval, not of the p-value
    firms = [company(1000 + s, **world) for s in range(100)]
    rejected = np.mean([hazard_scan.scan(f, draws=199).p_value < 0.05 for f in firms])
    assert rejected <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)
    assert np.mean([hazard_scan.naive_months(f).p_value < 0.05 for f in firms]) >= naive


@pytest.mark.slow
def test_power_and_coverage():
    found = [
        hazard_scan.scan(company(2000 + s, cliff=(12, 14), ratio=3.0), draws=199) for s in range(60)
    ]
    assert np.mean([f.p_value < 0.05 for f in found]) >= 0.6 - 2 * np.sqrt(0.6 * 0.4 / 60)
    inside = [f.ratio.low <= np.log(3) <= f.ratio.high for f in found]
    assert np.mean(inside) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 60)
    covered = [f.between[0] <= 12 and f.between[1] >= 14 for f in found]
    assert np.mean(covered) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 60)
