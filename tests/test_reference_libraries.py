"""Production fits of a simulated company against pyfixest, linearmodels and statsmodels.

The regressors are built here a second time, by looking months up in indexed series, so that design
and arithmetic are both compared. Factors by which other libraries scale their covariances are
derived beside the test that uses them, and then asserted as they are. Libraries that iterate the
demeaning are asked for 1e-13; what remains is SAME.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from salesdiag.claims.designs.rep_month import INFORMATION
from salesdiag.estimate import dynamic, pool
from salesdiag.estimate.design import DynamicPanel, design
from salesdiag.estimate.panel_ols import fixed_effects
from salesdiag.simulate import WORLDS, Truth, simulate

HERE = Path(__file__).parent / "reference"
SAME = 1e-8
FIT_AGAIN = 1e-4  # pyfixest refits without each group at its own, looser tolerance
REGIONS = 2
SPEC = DynamicPanel(driver="coaching_hours", information=INFORMATION, effects_by=("region",))
LAGS = (1, 2, 3)


def quietly(function, *args, **options):
    """Call another library, whose own use of its dependencies warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **options)


@pytest.fixture(scope="module")
def pf():
    return quietly(pytest.importorskip, "pyfixest")


@pytest.fixture(scope="module")
def lm():
    return quietly(pytest.importorskip, "linearmodels")


@pytest.fixture(scope="module")
def company():
    panel = simulate(Truth(coach=0.02), WORLDS["demo"], seed=5).panel()
    panel = panel.assign(region=np.where(panel["team_id"] < "T08", "N", "S"))
    assert (panel["revenue"] > 0).all()
    return panel.sample(frac=1.0, random_state=2)


@pytest.fixture(scope="module")
def with_empty_months(company):
    rng = np.random.default_rng(4)
    empty = rng.random(len(company)) < 0.12
    never = company["rep_id"].isin(company["rep_id"].drop_duplicates().iloc[:2])
    return company.assign(revenue=company["revenue"].where(~(empty | never), 0.0))


def by_lookup(panel, *, supply=False, lead=False, poisson=False):
    """Rows of the dynamic panel, indexed by rep, team and month, and names of the regressors."""
    f = panel[panel["complete"]].set_index(["rep_id", "team_id", "month_index"]).sort_index()
    level = (f["revenue"] / f["days_present"]).where(f["days_present"] >= 0.5)
    log = np.log(level.where(level > 0))
    cell = [f.index.get_level_values("team_id"), f.index.get_level_values("month_index")]

    def earlier(series, k):
        index = f.index.to_frame(index=False)
        index["month_index"] -= k
        return series.reindex(pd.MultiIndex.from_frame(index)).to_numpy()

    total, count = log.groupby(cell).transform("sum"), log.groupby(cell).transform("count")
    others = (total - log.fillna(0)) / (count - log.notna()).replace(0, np.nan)
    hours = f["coaching_hours"]
    x = {
        "coaching_hours": hours.groupby(cell).transform("mean") if supply else hours,
        "revenue": log.fillna(0.0).where(level.notna()),
        "peers_revenue": others,
        **{name: f[name] for name in INFORMATION},
    }
    if poisson:
        x["no_revenue"] = (level <= 0).astype(float).where(level.notna())
    columns = {f"{name}_{k}": earlier(values, k) for name, values in x.items() for k in LAGS}
    columns["ramp"] = np.exp(-f["tenure_months"] / 5)
    rows = pd.DataFrame(columns, index=f.index).assign(
        y=hours if lead else level if poisson else log,
        unit=f.groupby(level=[0, 1]).ngroup(),
        cell=f.groupby(["region", "month_index"]).ngroup(),
        team=f.groupby("group_id").ngroup(),  # integers: strings break some of their functions
    )
    rows = rows.dropna()
    return rows[rows.groupby("unit")["unit"].transform("size") > 1], list(columns)


def as_fitted(rows, fit):
    """The same rows without reps or months that never sold, as both sides leave them out."""
    while True:
        sold = rows.groupby("unit")["y"].transform("sum") * rows.groupby("cell")["y"].transform(
            "sum"
        )
        if (sold > 0).all():
            assert len(rows) == fit.n
            return rows
        rows = rows[sold > 0]


def absorbed(rows, names, unit="unit"):
    return f"y ~ {' + '.join(names)} | {unit} + cell"


def exact(pf):
    return pf.MapDemeaner(fixef_tol=1e-13, fixef_maxiter=100_000)


CASES = {
    "own": (lambda panel: dynamic.fit(panel, SPEC).fit, {}),
    "supply": (lambda panel: dynamic.fit(panel, dynamic.supply(SPEC)).fit, {"supply": True}),
    "lead": (
        lambda panel: dynamic.regress(design(panel, SPEC).with_driver_as_outcome())[0],
        {"lead": True},
    ),
}


@pytest.fixture(scope="module", params=CASES)
def case(request, company):
    ours, how = CASES[request.param]
    rows, names = by_lookup(company, **how)
    return ours(company), rows, names


def test_the_dynamic_panel_against_pyfixest(case, pf):
    fit, rows, names = case
    theirs = quietly(
        pf.feols, absorbed(rows, names), rows, vcov={"CRV1": "team"}, fixef_rm="none",
        demeaner=exact(pf),
    )  # fmt: skip
    assert (fit.n, fit.units, fit.groups) == (len(rows), rows["unit"].nunique(), 20)
    assert set(fit.names) == set(names)
    order = list(fit.names)
    np.testing.assert_allclose(fit.coefficients, theirs.coef()[order], rtol=SAME, atol=1e-11)
    # columns: theirs counts every region's months; the units absorb one month of each region
    k, cells = len(names), rows["cell"].nunique()
    ratio = (fit.n - (k + cells - REGIONS)) / (fit.n - (k + cells))
    np.testing.assert_allclose(np.sqrt(np.diag(fit.cv1) * ratio), theirs.se()[order], rtol=SAME)


def test_the_dynamic_panel_against_linearmodels(case, lm):
    fit, rows, names = case
    data = rows.reset_index(drop=True).assign(when=np.arange(len(rows)))
    data = data.set_index(["unit", "when"])
    theirs = lm.PanelOLS(
        data["y"], data[names], entity_effects=True, other_effects=data["cell"]
    ).fit(
        cov_type="clustered", clusters=data["team"], debiased=False, group_debias=False,
        auto_df=False, count_effects=False,
    )  # fmt: skip
    order = list(fit.names)
    np.testing.assert_allclose(fit.coefficients, theirs.params[order], rtol=SAME, atol=1e-11)
    # theirs, told not to count effects, is the sandwich alone
    k, cells = len(names), rows["cell"].nunique()
    factor = 20 / 19 * (fit.n - 1) / (fit.n - (k + cells - REGIONS))
    np.testing.assert_allclose(
        np.sqrt(np.diag(fit.cv1) / factor), theirs.std_errors[order], rtol=SAME
    )


def test_the_dynamic_panel_against_statsmodels_with_a_column_for_every_effect(case):
    import statsmodels.api as sm

    fit, rows, names = case
    ends = [rows["cell"].min(), rows["cell"].max()]  # a month of each region
    months = pd.get_dummies(rows["cell"]).drop(columns=ends)
    dummies = np.column_stack([pd.get_dummies(rows["unit"]), months]).astype(float)
    theirs = sm.OLS(rows["y"].to_numpy(), np.column_stack([rows[names], dummies])).fit()
    place = [names.index(n) for n in fit.names]
    np.testing.assert_allclose(fit.coefficients, theirs.params[place], rtol=SAME, atol=1e-11)
    np.testing.assert_allclose(fit.iid_se, theirs.bse[place], rtol=SAME)
    assert fit.residual_df == theirs.df_resid
    assert fit.rss == pytest.approx(theirs.ssr, rel=SAME)


def test_the_jackknife_against_pyfixest(company, pf):
    """Theirs is the sum of squares over groups times G/(G-1) (n-1)/(n-k); CV3 is (G-1)/G of it."""
    result = dynamic.fit(company, SPEC)
    rows, names = by_lookup(company)
    theirs = quietly(
        pf.feols, absorbed(rows, names), rows, vcov={"CRV3": "team"}, fixef_rm="none",
    )  # fmt: skip
    k, cells = len(names), rows["cell"].nunique()
    factor = (20 / 19) ** 2 * (result.fit.n - 1) / (result.fit.n - (k + cells))
    expected = theirs.se()[list(result.fit.names)] / np.sqrt(factor)
    np.testing.assert_allclose(np.sqrt(np.diag(result.fit.cv3)), expected, rtol=FIT_AGAIN)
    assert result.estimate.se == pytest.approx(expected["coaching_hours_1"], rel=FIT_AGAIN)


def test_the_poisson_panel_against_pyfixest(with_empty_months, pf):
    result = dynamic.fit(with_empty_months, replace(SPEC, family="auto"))
    assert result.family == "poisson"
    rows, names = by_lookup(with_empty_months, poisson=True)
    rows = as_fitted(rows, result.fit)
    assert 0.08 < (rows["y"] == 0).mean() < 0.16
    theirs = quietly(
        pf.fepois, absorbed(rows, names), rows, vcov={"CRV1": "team"}, fixef_rm="none",
        demeaner=exact(pf), iwls_tol=1e-12, iwls_maxiter=100,
    )  # fmt: skip
    order = list(result.fit.names)
    assert set(order) == set(names)
    np.testing.assert_allclose(result.fit.coefficients, theirs.coef()[order], rtol=1e-6, atol=1e-9)
    k, cells = len(names), rows["cell"].nunique()
    ratio = (result.fit.n - (k + cells - REGIONS)) / (result.fit.n - (k + cells))
    np.testing.assert_allclose(
        np.sqrt(np.diag(result.fit.cv1) * ratio), theirs.se()[order], rtol=1e-6
    )


def test_the_poisson_panel_without_a_group_against_pyfixest(with_empty_months, pf):
    result = dynamic.fit(with_empty_months, SPEC)
    rows, names = by_lookup(with_empty_months, poisson=True)
    rows = as_fitted(rows, result.fit)
    teams = {g: i for i, g in enumerate(sorted(with_empty_months["group_id"].unique()))}
    for group in list(result.estimate.leave_one_out)[::7]:
        rest = rows[rows["team"] != teams[group]]
        theirs = quietly(
            pf.fepois, absorbed(rest, names), rest, vcov="iid", fixef_rm="none",
            demeaner=exact(pf), iwls_tol=1e-12, iwls_maxiter=100,
        )  # fmt: skip
        assert result.estimate.leave_one_out[group] == pytest.approx(
            theirs.coef()["coaching_hours_1"], rel=1e-6
        )


def test_clusters_by_year_against_pyfixest(pf):
    data = pd.read_csv(HERE / "petersen.csv")
    X = np.column_stack([np.ones(len(data)), data["x"]])
    fit = fixed_effects(data["y"], X, None, data["year"], names=["one", "x"])
    cv1, cv3 = (quietly(pf.feols, "y ~ x", data, vcov={k: "year"}) for k in ("CRV1", "CRV3"))
    np.testing.assert_allclose(fit.coefficients, cv1.coef(), rtol=SAME)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.cv1)), cv1.se(), rtol=SAME)
    factor = (10 / 9) ** 2 * 4999 / 4998  # as above
    np.testing.assert_allclose(np.sqrt(np.diag(fit.cv3) * factor), cv3.se(), rtol=SAME)
    assert cv3.se()["x"] == pytest.approx(0.03712, abs=5e-6)  # R and Stata's CV3: .03521, .03341


@pytest.fixture(scope="module")
def grunfeld():
    data = pd.read_csv(HERE / "grunfeld.csv")
    fit = fixed_effects(
        data["inv"], data[["value", "capital"]], data["firm"], data["firm"],
        names=["value", "capital"], dummies=[data["year"]],
    )  # fmt: skip
    return data, fit


def test_grunfeld_against_pyfixest(grunfeld, pf):
    data, fit = grunfeld
    theirs = quietly(
        pf.feols, "inv ~ value + capital | firm + year", data, vcov={"CRV1": "firm"},
        demeaner=exact(pf),
    )  # fmt: skip
    np.testing.assert_allclose(fit.coefficients, theirs.coef(), rtol=SAME)
    # theirs counts one more column (the year left out here, whose effect the firms' absorb)
    ratio = np.sqrt((200 - 21) / (200 - 22))
    np.testing.assert_allclose(np.sqrt(np.diag(fit.cv1)) * ratio, theirs.se(), rtol=SAME)


def test_grunfeld_against_linearmodels(grunfeld, lm):
    data, fit = grunfeld
    theirs = lm.PanelOLS.from_formula(
        "inv ~ value + capital + EntityEffects + TimeEffects", data.set_index(["firm", "year"])
    ).fit()
    np.testing.assert_allclose(fit.coefficients, theirs.params, rtol=SAME)
    np.testing.assert_allclose(fit.iid_se, theirs.std_errors, rtol=SAME)


def test_teams_alone_against_pyfixest(company, pf):
    """Month effects of the team's own, no other reps' results, errors independent."""
    rows, names = by_lookup(company)
    own = pool.team_coefficients(company, SPEC)
    names = [n for n in names if not n.startswith("peers")]
    for team in ("T02", "T11"):
        mine = rows[rows.index.get_level_values("team_id") == team]
        theirs = quietly(
            pf.feols, absorbed(mine, names), mine, vcov="iid", fixef_rm="none", demeaner=exact(pf),
        )  # fmt: skip
        found = own.loc[team]
        assert found["value"] == pytest.approx(theirs.coef()["coaching_hours_1"], rel=1e-7)
        assert found["se"] == pytest.approx(theirs.se()["coaching_hours_1"], rel=1e-7)
