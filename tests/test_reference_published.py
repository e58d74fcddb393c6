"""Published figures, and figures by R and other packages, that our estimators must reproduce.

The table in ``reference/README.md`` says which row of the literature is asserted where, and which
script made a figure that no paper prints. Tolerances: R printed ten digits and both sides work in
double precision, so 1e-8 relative (PRINTED) is what the printing leaves; figures from papers are
good to their last printed digit.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from salesdiag.estimate import dynamic, naive, pool, sensitivity
from salesdiag.estimate.design import DynamicPanel
from salesdiag.estimate.panel_ols import fixed_effects, t_p_value, wild_bootstrap
from salesdiag.finding import Estimate, Finding
from salesdiag.text.findings import REASONS
from salesdiag.verdict import correct

HERE = Path(__file__).parent / "reference"
PRINTED = 1e-8

# least squares, clusters ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def petersen():
    return pd.read_csv(HERE / "petersen.csv")


@pytest.fixture(scope="module")
def grunfeld():
    return pd.read_csv(HERE / "grunfeld.csv")


def pooled(data, group):
    X = np.column_stack([np.ones(len(data)), data["x"]])
    return fixed_effects(data["y"], X, None, group, names=["one", "x"])


def within(data, **options):
    return fixed_effects(
        data["inv"], data[["value", "capital"]], data["firm"], data["firm"],
        names=["value", "capital"], **options,
    )  # fmt: skip


def two_way(data):
    return within(data, dummies=[data["year"]])


def least_squares(y, regressors, names):
    """Plain least squares with an intercept: every row a group of its own."""
    X = np.column_stack([np.ones(len(y)), regressors])
    return fixed_effects(y, X, None, np.arange(len(y)), names=["one", *names])


def cv1_se(fit):
    return np.sqrt(np.diag(fit.cv1))


# R: sandwich::PetersenCL, vcov, vcovHC(HC1), vcovCL(HC1)
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("iid", (0.02835931627, 0.02858328779)),
        ("HC1", (0.02836067223, 0.02839516147)),
        ("firm", (0.06701270370, 0.05059572588)),
        ("year", (0.02338672110, 0.03338891341)),
        ("firm and year", (0.06506391820, 0.05355802294)),
    ],
)
def test_petersen_standard_errors(petersen, kind, expected):
    rows = np.arange(len(petersen))
    if kind == "iid":
        found = pooled(petersen, rows).iid_se
    elif kind == "firm and year":
        cross = pooled(petersen, rows).cv1
        v = pooled(petersen, petersen["firm"]).cv1 + pooled(petersen, petersen["year"]).cv1 - cross
        found = np.sqrt(np.diag(v))
    else:
        found = cv1_se(pooled(petersen, rows if kind == "HC1" else petersen[kind]))
    np.testing.assert_allclose(found, expected, rtol=PRINTED)


def test_petersen_coefficients_and_jackknife(petersen):
    fit = pooled(petersen, petersen["year"])
    np.testing.assert_allclose(fit.coefficients, (0.02967972073, 1.03483343946), rtol=PRINTED)
    assert fit.se("x") == pytest.approx(0.03340713, rel=1e-7)  # MNW's CV3, eight digits
    # clubSandwich's CR3 leaves out the factor (G-1)/G
    expected = np.array((0.02466763500, 0.03521420472)) * np.sqrt(9 / 10)
    np.testing.assert_allclose([fit.se("one"), fit.se("x")], expected, rtol=PRINTED)


def test_grunfeld_within_and_two_way(grunfeld):
    for fit, values, iid, arellano, columns in (
        (
            within(grunfeld), (0.1101238041, 0.3100653413), (0.01185669421, 0.01735450278),
            (0.01434214371, 0.04979260872), 2,
        ),
        (
            two_way(grunfeld), (0.1177158551, 0.3579162731), (0.01375128300, 0.02271901088),
            (0.009712023687, 0.04293110894), 21,
        ),
    ):  # fmt: skip
        np.testing.assert_allclose(fit.coefficients, values, rtol=PRINTED)
        np.testing.assert_allclose(fit.iid_se, iid, rtol=PRINTED)
        # plm's Arellano HC0 is CV1 without its small-sample factor
        factor = 10 / 9 * 199 / (200 - columns)
        np.testing.assert_allclose(cv1_se(fit) / np.sqrt(factor), arellano, rtol=PRINTED)


def test_grunfeld_jackknife(grunfeld):
    cr3 = np.array((0.03593761191, 0.14654183461))  # clubSandwich, without the factor (G-1)/G
    one, two = within(grunfeld), two_way(grunfeld)
    np.testing.assert_allclose(np.diag(one.cv3), cr3**2 * 9 / 10, rtol=PRINTED)
    # R: ten times lm() without a firm
    np.testing.assert_allclose(
        np.sqrt(np.diag(two.cv3)), (0.0523302123, 0.2465632844), rtol=PRINTED
    )


def test_grunfeld_with_ten_groups_depends_on_the_inference(grunfeld):
    fit = two_way(grunfeld)
    assert t_p_value(fit.value("value"), fit.se("value"), 9) == pytest.approx(0.0510, abs=5e-5)
    assert t_p_value(fit.value("value"), cv1_se(fit)[0], 9) == pytest.approx(1.7e-6, rel=0.05)
    boot = wild_bootstrap(fit, "value", draws=1024)
    assert (boot.p_value, boot.draws, boot.weights) == (0.001953125, 1024, "all signs")


# wildboottest, reference_py.out
@pytest.mark.parametrize(
    ("data", "make", "name", "theirs"),
    [
        ("petersen", lambda d: pooled(d, d["year"]), "one", 0.216796875),
        ("petersen", lambda d: pooled(d, d["year"]), "x", 0.0),
        ("grunfeld", within, "value", 0.001953125),
        ("grunfeld", within, "capital", 0.025390625),
        ("grunfeld", two_way, "value", 0.0),
        ("grunfeld", two_way, "capital", 0.048828125),
    ],
)
def test_all_sign_vectors_against_wildboottest(request, data, make, name, theirs):
    boot = wild_bootstrap(make(request.getfixturevalue(data)), name, draws=1024)
    # they count t values above the sample's; whether the sample itself and its mirror image are
    # above is left to rounding there, and counted here: up to two of the 1024
    assert boot.draws == 1024
    assert (boot.p_value - theirs) * 1024 in (0, 2)


def test_darwin_sign_flips_are_the_wild_bootstrap_of_a_mean():
    # Fisher (1935): 15 differences, exact two-sided p = 1726 / 2^15
    z = [6.125, -8.375, 1, 2, 0.75, 2.875, 3.5, 5.125, 1.75, 3.625, 7, 3, 9.375, 7.5, -6]
    fit = fixed_effects(z, np.ones((15, 1)), None, np.arange(15), names=["mean"])
    assert wild_bootstrap(fit, "mean", draws=2**15).p_value == 1726 / 2**15


def test_lalonde_experiment(shared_data):
    nsw = pd.read_stata(shared_data / "stat_reference" / "nsw_mixtape.dta")
    fit = least_squares(nsw["re78"], nsw[["treat"]], ["treat"])
    assert fit.value("treat") == pytest.approx(1794.3433, rel=1e-6)  # file holds single precision
    assert fit.iid_se[1] == pytest.approx(632.8534, rel=1e-6)
    assert cv1_se(fit)[1] == pytest.approx(670.8245, rel=1e-6)


def test_lalonde_against_a_survey_the_naive_comparison_has_the_wrong_sign():
    men = pd.read_csv(HERE / "lalonde_cps.csv.gz")
    raw = least_squares(men["re78"], men[["treat"]], ["treat"])
    # R: lm, vcov, vcovHC(HC1); Dehejia and Wahba (1999), table 3: -8498 (712)
    np.testing.assert_allclose(
        (raw.value("treat"), raw.iid_se[1], cv1_se(raw)[1]),
        (-8497.516143, 712.020722, 581.915790), rtol=PRINTED,
    )  # fmt: skip
    names = ["treat", "age", "age2", *men.columns[2:-1]]
    adjusted = least_squares(men["re78"], men.assign(age2=men["age"] ** 2)[names], names)
    np.testing.assert_allclose(
        (adjusted.value("treat"), adjusted.iid_se[1], cv1_se(adjusted)[1]),
        (793.5871436, 548.2543269, 618.6091838), rtol=PRINTED,
    )  # fmt: skip


def test_lalonde_as_hours_and_revenue_is_what_the_naive_analysis_reports():
    men = pd.read_csv(HERE / "lalonde_cps.csv.gz")
    rep = np.arange(len(men))
    before = pd.DataFrame({"rep_id": rep, "month_index": 0, "coaching_hours": men["treat"]})
    after = before.assign(month_index=1, coaching_hours=0.0, revenue=np.exp(men["re78"] / 1e4))
    found = naive.pooled_ols(pd.concat([before.assign(revenue=1.0), after]))
    half = stats.t.ppf(0.975, len(men) - 2) * 712.020722
    np.testing.assert_allclose(
        np.array((found.value, found.low, found.high)) * 1e4,
        (-8497.516143, -8497.516143 - half, -8497.516143 + half), rtol=PRINTED,
    )  # fmt: skip
    assert found.p_value < 1e-30


def printed(figure):
    """A published figure, good to half of its last printed digit."""
    return pytest.approx(float(figure), abs=0.5001 * 10 ** -len(figure.split(".")[1]))


# Wooldridge, Introductory Econometrics: example 14.1, and table 14.2 (Vella and Verbeek's men)
@pytest.mark.parametrize(
    ("file", "outcome", "unit", "expected"),
    [
        (
            "jtrain.csv.bz2", "lscrap", "fcode",
            {"grant": ("-0.252", "0.151"), "grant_1": ("-0.422", "0.210")},
        ),
        (
            "wage_panel.csv.bz2", "lwage", "nr",
            {
                "expersq": ("-0.0052", "0.0007"), "married": ("0.047", "0.018"),
                "union": ("0.080", "0.019"),
            },
        ),
    ],
)  # fmt: skip
def test_textbook_panels_with_year_effects(shared_data, file, outcome, unit, expected):
    data = pd.read_csv(shared_data / "stat_reference" / file)
    names = list(expected)
    rows = data.dropna(subset=[outcome, *names])
    fit = fixed_effects(
        rows[outcome], rows[names], rows[unit], rows[unit], names=names, dummies=[rows["year"]]
    )
    for name, se in zip(names, fit.iid_se, strict=True):
        assert (fit.value(name), se) == tuple(map(printed, expected[name]))


# NIST Statistical Reference Datasets, certified values. Longley's columns are nearly collinear
# (condition number 5e9); cross products lose half of the sixteen digits there, and keep seven
LONGLEY = {
    "one": (-3482258.63459582, 890420.383607373),
    "GNPDEFL": (15.0618722713733, 84.9149257747669),
    "GNP": (-0.0358191792925910, 0.0334910077722432),
    "UNEMP": (-2.02022980381683, 0.488399681651699),
    "ARMED": (-1.03322686717359, 0.214274163161675),
    "POP": (-0.0511041056535807, 0.226073200069370),
    "YEAR": (1829.15146461355, 455.478499142212),
}
NORRIS = {
    "one": (-0.262323073774029, 0.232818234301152),
    "x": (1.00211681802045, 0.000429796848199937),
}


def longley(folder):
    data = pd.read_csv(folder / "longley.csv")
    return data["TOTEMP"], data[list(LONGLEY)[1:]]


def norris(folder):
    data = np.loadtxt(folder / "nist_linregress" / "Norris.dat", skiprows=60)
    return data[:, 0], data[:, 1:]


@pytest.mark.parametrize(
    ("read", "certified", "rtol"), [(longley, LONGLEY, 2e-7), (norris, NORRIS, 1e-9)]
)
def test_certified_regressions(shared_data, read, certified, rtol):
    fit = least_squares(*read(shared_data / "stat_reference"), list(certified)[1:])
    found = np.column_stack([fit.coefficients, fit.iid_se])
    np.testing.assert_allclose(found, list(certified.values()), rtol=rtol)


# dynamic panels ---------------------------------------------------------------------------------

AUTOREGRESSION = DynamicPanel(
    driver="hours", lags=1, own_lags=1, peers=(), tenure=None, exposure=None, complete=None
)


def autoregression(seed, carried, *, effect=0.0, reaction=0.0, months=12, units=2000, burn=40):
    """Reps with level and memory; hours react to the month's surprise and move the next month."""
    rng = np.random.default_rng(seed)
    level, rep = rng.normal(size=units), np.arange(units)
    y, hours, rows = level / (1 - carried), rng.normal(size=units), []
    for t in range(-burn, months):
        surprise = rng.normal(size=units)
        y = level + carried * y + effect * hours + surprise
        hours = rng.normal(size=units) + reaction * surprise
        if t >= 0:
            rows.append(
                pd.DataFrame(
                    {
                        "rep_id": rep, "team_id": rep % 20, "group_id": rep % 20,
                        "month_index": t, "revenue": np.exp(y), "hours": hours,
                    }
                )
            )  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def nickell(r, months):
    """Bias of the within estimate of a first-order autoregression (Nickell 1981, eq. 18)."""
    c = 1 - (1 - r**months) / (months * (1 - r))
    return -(1 + r) / (months - 1) * c / (1 - 2 * r / ((1 - r) * (months - 1)) * c)


@pytest.mark.parametrize("carried", [0.3, 0.6, 0.8])
@pytest.mark.parametrize("months", [11, 15])
def test_bias_of_short_panels_is_nickells(carried, months):
    fit = dynamic.fit(autoregression(1, carried, months=months), AUTOREGRESSION).fit
    bias = fit.value("revenue_1") - carried
    # the first month has no earlier one; .03 is four standard errors
    assert bias == pytest.approx(nickell(carried, months - 1), abs=4 * fit.se("revenue_1"))
    assert fit.se("revenue_1") < 0.0075
    assert nickell(carried, months - 1) < -0.09


@pytest.mark.parametrize("reaction", [-0.8, 0.8])
def test_half_panels_take_out_most_of_what_a_reacting_driver_adds(reaction):
    frame = autoregression(2, 0.5, effect=0.1, reaction=reaction, months=13)
    whole = dynamic.fit(frame, AUTOREGRESSION).estimate
    half = dynamic.half_panel_jackknife(frame, AUTOREGRESSION)
    assert np.sign(whole.value - 0.1) == np.sign(reaction)  # strugglers: "coaching hurts"
    assert abs(whole.value - 0.1) > 4 * whole.se
    assert abs(half.value - 0.1) < 0.4 * abs(whole.value - 0.1)


# pooling ----------------------------------------------------------------------------------------

SCHOOLS = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
SCHOOLS_SE = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])
# metafor: rma(tau2 = tau^2) and blup()
AT_SPREAD = {
    2.5: (
        7.733261202, 4.182401012, -26.36361089,
        (8.281010899, 7.748951720, 7.477463747, 7.697246408, 7.107669425, 7.402550927, 8.337187014,
         7.814009476),
        (4.758234705, 4.623572229, 4.771759939, 4.664695494, 4.569293633, 4.664695494, 4.623572229,
         4.792532671),
    ),
    7.5: (
        7.992505949, 4.953321961, -26.82667897,
        (11.994004759, 7.995203807, 6.012270690, 7.677535796, 4.307052691, 5.773445528,
         11.595203807, 8.585330513),
        (7.791190859, 6.785992868, 7.912565767, 7.059247424, 6.460823505, 7.059247424, 6.785992868,
         8.108162968),
    ),
    12.5: (
        8.240477968, 6.158721487, -27.6935469,
        (16.338642735, 8.093845061, 3.980139139, 7.541380827, 2.154810181, 4.159956120,
         14.191406036, 9.463643647),
        (10.267610916, 8.170187157, 10.566691965, 8.684272046, 7.600448168, 8.684272046,
         8.170187157, 11.075994186),
    ),
}  # fmt: skip


def likelihood(found, scale):
    """Logarithm of the posterior of the spread without its half-normal prior."""
    return np.log(found.share) + 0.5 * (found.spread / scale) ** 2


def test_eight_schools_at_a_given_spread_against_metafor():
    scale = 200.0  # midpoints of the grid are then 2.5, 7.5, 12.5
    found = pool.hierarchy(SCHOOLS, SCHOOLS_SE, scale)
    log = likelihood(found, scale)
    for i, (spread, (mu, se, restricted, teams, team_se)) in enumerate(AT_SPREAD.items()):
        assert found.spread[i] == pytest.approx(spread)
        assert (found.centre[i], found.centre_sd[i]) == pytest.approx((mu, se), rel=PRINTED)
        np.testing.assert_allclose(found.team[i], teams, rtol=PRINTED)
        np.testing.assert_allclose(found.team_sd[i], team_se, rtol=PRINTED)
        assert log[i] - log[0] == pytest.approx(restricted + 26.36361089, abs=2e-8)


def test_eight_schools_without_spread_are_the_pooled_mean():
    # metafor: DL, PM and REML all put the spread at 0
    found = pool.hierarchy(SCHOOLS, SCHOOLS_SE, 1e-3)
    assert found.share @ found.centre == pytest.approx(7.685616725, rel=1e-6)
    assert found.share @ found.centre_sd == pytest.approx(4.071919158, rel=1e-6)


def stacked(spread):
    """Posterior given a spread as one regression: 8 results, 8 schools around a centre.

    Dense least squares instead of formulas; the integral over centre and schools is the
    determinant.
    """
    eye = np.eye(8)
    design = np.block(
        [
            [eye / SCHOOLS_SE[:, None], np.zeros((8, 1))],
            [eye / spread, np.full((8, 1), -1 / spread)],
        ]
    )
    target = np.r_[SCHOOLS / SCHOOLS_SE, np.zeros(8)]
    cov = np.linalg.inv(design.T @ design)
    mean = cov @ design.T @ target
    rest = target - design @ mean
    log = 0.5 * np.linalg.slogdet(cov)[1] - 8 * np.log(spread) - 0.5 * rest @ rest
    return log, mean[:8], np.sqrt(np.diag(cov)[:8])


def test_eight_schools_with_a_wide_prior():
    scale = 50.0
    own = pd.DataFrame({"value": SCHOOLS, "se": SCHOOLS_SE, "df": np.inf}, index=list("ABCDEFGH"))
    ours = pool.pooled(own, scale=scale)
    spreads = np.arange(0.125, 250, 0.25)
    log, mean, sd = map(np.stack, zip(*map(stacked, spreads), strict=True))
    share = np.exp(log - log.max() - 0.5 * (spreads / scale) ** 2)
    share /= share.sum()
    grid = np.linspace(-80, 100, 1801)
    for j, team in enumerate(ours.values()):
        below = share @ stats.norm.cdf((grid - mean[:, [j]]) / sd[:, [j]])
        low, middle, high = np.interp([0.025, 0.5, 0.975], below, grid)
        assert team.shrunken.value == pytest.approx(share @ mean[:, j], abs=0.01)
        assert (team.shrunken.low, team.shrunken.high) == pytest.approx((low, high), abs=0.03)
        # Gelman et al., Bayesian Data Analysis, table 5.3: flat prior, median of 200 draws
        assert middle == pytest.approx([10, 8, 7, 8, 5, 6, 10, 8][j], abs=1.2)


@pytest.fixture(scope="module")
def bcg(shared_data):
    file = shared_data.parent / "reference" / "bcg.csv"
    if not file.is_file():
        pytest.skip("the 13 trials of BCG vaccine are not here")
    return pd.read_csv(file)


def test_bcg_vaccine_against_metafor(bcg):
    value, se = bcg["yi"].to_numpy(), np.sqrt(bcg["vi"].to_numpy())
    spread = 0.3087602629**0.5  # DerSimonian and Laird
    found = pool.hierarchy(value, se, spread * 40 / 39.5)  # then the grid's 40th midpoint
    assert found.spread[39] == pytest.approx(spread)
    assert found.centre[39] == pytest.approx(-0.7141172221, rel=PRINTED)
    assert found.centre_sd[39] == pytest.approx(0.1787420895, rel=PRINTED)
    best = (-0.799390973186, -1.248573568693, -0.984429013264, -1.397277187360)
    best_se = (0.40852317436, 0.35232754746, 0.43315168804, 0.13751547182)
    np.testing.assert_allclose(found.team[39, :4], best, rtol=PRINTED)
    np.testing.assert_allclose(found.team_sd[39, :4], best_se, rtol=PRINTED)


def test_bcg_vaccine_the_likeliest_spread_is_that_of_reml(bcg):
    scale = 0.2
    found = pool.hierarchy(bcg["yi"], np.sqrt(bcg["vi"]), scale)
    log = likelihood(found, scale)
    near = np.argmax(log) + np.arange(-1, 2)
    square, linear, _ = np.polyfit(found.spread[near], log[near], 2)
    assert (linear / (2 * square)) ** 2 == pytest.approx(0.313243326, abs=1e-4)


# multiplicity -----------------------------------------------------------------------------------

BH_1995 = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
    0.6528, 0.7590, 1.0,
]  # fmt: skip
MCDONALD = [
    0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216, 0.222, 0.251, 0.269, 0.275,
    0.34, 0.341, 0.384, 0.569, 0.594, 0.696, 0.762, 0.94, 0.942, 0.975, 0.986,
]  # fmt: skip
MCDONALD_Q = [
    0.025, 0.1, 0.21, 0.21, 0.21, 0.25, 0.2642857143, *[0.4910714286] * 7, 0.5328125, 0.5328125,
    0.5647058824, 0.7815789474, 0.7815789474, 0.87, 0.9071428571, *[0.986] * 4,
]  # fmt: skip


def corrected(p_values):
    findings = [
        Finding(
            claim=f"c{i}", scope="company", verdict="inconclusive",
            reason=REASONS["inconclusive"](),
            p_value=p, margin=1.0, direction=1,
            evidence=Estimate(
                value=float(i), se=1.0, df=9, unit="sd", n=10, groups=10, method=""
            ),
        )
        for i, p in enumerate(p_values)
    ]  # fmt: skip
    return [f.q_value for f in correct(findings)]


def test_correction_against_benjamini_hochberg_and_r():
    assert sum(q <= 0.05 for q in corrected(BH_1995)) == 4  # Bonferroni and Holm: 3
    # R: p.adjust(p, "BH")
    np.testing.assert_allclose(corrected(MCDONALD), MCDONALD_Q, rtol=1e-9)


# sensitivity ------------------------------------------------------------------------------------

DARFUR = {"value": 0.0973158193, "se": 0.0232565378, "df": 783}  # reference_py.out


def test_robustness_of_darfur():
    # Cinelli and Hazlett (2020), table 1; sensemakr README
    t = DARFUR["value"] / DARFUR["se"]
    assert t == pytest.approx(4.18445, abs=5e-6)
    assert sensitivity.partial_r2(t, 783) == pytest.approx(0.02187, abs=5e-6)
    assert sensitivity.robustness_value(t, 783) == pytest.approx(0.13878, abs=5e-6)
    assert sensitivity.robustness_value(t, 783, alpha=0.05) == pytest.approx(0.07626, abs=5e-6)
    many = sensitivity.robustness_value(np.array([t, 0.0, 1.0]), 783, alpha=0.05)
    assert many.tolist() == [pytest.approx(0.07626, abs=5e-6), 0, 0]
