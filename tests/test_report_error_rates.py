"""What pages tell of wrong verdicts, against counts made up for the purpose, and their drawings."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from matplotlib import pyplot as plt
from report_cases import company, findings
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from salesdiag import report, text
from salesdiag.calibrate import CELLS
from salesdiag.calibrate.trials import PLAIN
from salesdiag.claims import CLAIM, error_rates
from salesdiag.report import calibration, reliability
from salesdiag.text import calibration as words

VERDICTS = ("supported", "contradicted", "negligible", "inconclusive")
SHARES = ("rejected", "covered", *VERDICTS, "decided", "sign_error")


@pytest.fixture(autouse=True)
def _english():
    with text.speaking("en", "EUR"):
        yield


def row(world, claim, analysis="finding", n=1000, truth=0.0, **shares):
    """Return counts that miss no bound unless they are told to."""
    known = {"rejected": 0.05, "covered": 0.95, "supported": 0.0, "contradicted": 0.0} | shares
    known = {"decided": known["supported"] + known["contradicted"]} | known
    counted = {name: known.get(name, math.nan) for name in SHARES}
    errors = {f"{k}_se": math.sqrt(max(v * (1 - v), 0.0) / n) for k, v in counted.items()}
    about = {"world": world, "claim": claim, "analysis": analysis, "companies": n, "truth": truth}
    return about | counted | errors | {"bias": 0.0, "rmse": 0.1}


HOURS, HELPS, HURTS = "coaching-hours", "selling-helps", "selling-hurts"
COUNTS = [
    row("W2", HOURS, supported=0.004, contradicted=0.01, covered=0.952),
    row("W4", HOURS, n=500, supported=0.06, contradicted=0.002, rejected=0.09, covered=0.9),
    row("planted", HOURS, n=400, truth=0.01, supported=0.7, negligible=0.01, sign_error=0.05),
    row(
        "planted-demo",
        HOURS,
        n=100,
        truth=0.02,
        supported=0.9,
        negligible=0.03,
        covered=0.96,
        sign_error=0.0,
    ),
    row("W2", HOURS, "growth_correlation", rejected=0.9),
    row("W4", HOURS, "growth_correlation", n=500, rejected=0.3),
    row("W2", HOURS, "before_after", rejected=0.5),
    row("W4", HOURS, "before_after", n=500, rejected=0.5),
    row("planted", HOURS, "pooled_regression", n=400, truth=0.01, rejected=1.0),
    row("W2", HOURS, "team", supported=0.02, contradicted=0.03, covered=0.99),
    row("W4", HOURS, "team", n=500, supported=0.05, contradicted=0.0, covered=0.8),
    row("planted", HOURS, "team", n=400, truth=0.01, supported=0.35, negligible=0.04, covered=0.94),
    row("random", HELPS, n=300, supported=0.01, contradicted=0.01),
    row("random", HELPS, "pooled_regression", n=300, rejected=0.65),
    row("random", HURTS, n=300, supported=0.01, contradicted=0.01),
]


@pytest.fixture
def counts(monkeypatch):
    """Put counts in the place of those shipped."""

    def forget():
        reliability.rates.cache_clear()
        reliability.warning.cache_clear()

    def put(rows):
        frame = pd.DataFrame(rows)
        for module in (error_rates, reliability, calibration):
            monkeypatch.setattr(module, "measured", lambda: frame)
        forget()
        return frame

    yield put
    forget()


def dossier(team=None, found=None):
    found = found or (*findings(), *(findings(team) if team else ()))
    return report.open(company(), found, team=team)


def items(block) -> dict[str, str]:
    """Return what is said of each claim, by its title."""
    page = BeautifulSoup(str(block.html()), "html.parser")
    lines = [li for ul in page.select("ul.answers") for li in ul.find_all("li")]
    return {
        li.b.get_text(): " ".join(s.get_text() for s in li.find_all(class_="line")) for li in lines
    }


# the company's page

EXPECTED = (
    "Of 1,500 planted companies of 2 kinds without any such effect, 3.2% were told “supported” (in "
    "the worst kind 6.0%) and 0.6% “contradicted” (in the worst kind 1.0%). At p below 5% our test "
    "would have “found” an effect in 7.0% of them, and a correlation of coaching hours with growth "
    "in 60.0%. The best of 2 usual analyses would have in 50.0%. Where an effect of 1.0% to 2.0% "
    "was planted, the verdict said so in 80.0% of 500 companies. In 2.0% it wrongly said that the "
    "effect is too small to matter. Of the verdicts for or against it there, 3.8% named the wrong "
    "direction. "
    "Warning: false verdicts came too often in planted companies of the kind “five teams” (6.0%; "
    "asked 2.5%), the 95% range missed the truth too often in planted companies of the kinds “five "
    "teams” (9.0%; asked 6.4%) and “five teams” (90.0%; asked 93.5%), and the wrong direction was "
    "named too often in planted companies of the kind “nothing misleads, and an hour of coaching "
    "adds 1%” (5.0%; asked 1.0%)."
)
GROW = "More coaching makes reps grow"
BOTH = "A manager who sells has a better team and A manager who sells cannot manage"


def test_each_claim_tells_what_was_counted(counts):
    counts(COUNTS)
    told = items(report.error_rates(dossier()))
    # kinds count equally: (.004 + .06) / 2, (.01 + .002) / 2; signs by decided verdicts:
    # (400 * .7 * 20/400 + 100 * .9 * 0) / (400 * .7 + 100 * .9)
    assert told[GROW] == EXPECTED


def test_one_curve_is_told_once_where_it_says_the_same(counts):
    counts(COUNTS)
    told = items(report.error_rates(dossier()))
    assert told[BOTH] == (
        "Of 300 planted companies of 1 kind without any such effect, 1.0% were told “supported” "
        "(in the worst kind 1.0%) and 1.0% “contradicted” (in the worst kind 1.0%). At p below 5% "
        "our test would have “found” an effect in 5.0% of them, and a plain regression of sales on "
        "the manager's own deals in 65.0%."
    )
    counts([*COUNTS[:-1], row("random", HURTS, n=300, supported=0.01, contradicted=0.02)])
    apart = items(report.error_rates(dossier()))
    assert BOTH not in apart
    assert "and 1.0% “contradicted”" in apart["A manager who sells has a better team"]
    assert "and 2.0% “contradicted”" in apart["A manager who sells cannot manage"]


def _most(share, hits, n):
    """Return a share with the upper end of Wilson's interval of the worst kind."""
    return f"{share:.1%} (≤ {proportion_confint(hits, n, method='wilson')[1]:.1%})"


def test_the_table_has_the_worst_kind_and_every_range(counts):
    counts(COUNTS)
    page = BeautifulSoup(str(report.error_rates(dossier()).html()), "html.parser")
    cells = [[c.get_text() for c in tr.find_all(["th", "td"])] for tr in page.tbody.find_all("tr")]
    assert cells == [
        [
            GROW, _most(0.032, 30, 500), _most(0.006, 10, 1000), "90.0% to 96.0%",
            "80.0% (≥ 70.0%)", "3.8%",
        ],
        [BOTH, _most(0.01, 3, 300), _most(0.01, 3, 300), "95.0%", "–", "–"],
    ]  # fmt: skip
    assert page.select_one(".scroll[tabindex='0'] table")
    assert "there were 100 companies: a share of 0 can still hide up to 3.0%" in page.get_text()


def test_claims_without_counts_say_so_and_measured_ones_are_left_out(counts):
    counts(COUNTS)
    told = items(report.error_rates(dossier()))
    missing = "A star seller is no star manager"
    (alone,) = [title for title in told if missing in title]
    assert told[alone] == "How often verdicts on this are wrong was not counted."
    assert "A one-on-one with every rep, every week" in alone
    assert len(told) == 3


def test_a_page_on_which_nothing_was_tested_has_no_table(counts):
    counts(COUNTS)
    measured = [f for f in findings() if f.verdict in ("measured", "not_testable")]
    block = report.error_rates(dossier(found=measured))
    assert "<table" not in block.html()
    assert "No claim on this page is one whose wrong verdicts were counted." in str(block)


def test_unknown_kinds_and_analyses_are_called_by_their_names(counts):
    counts(
        [
            row("<b>new", HOURS, supported=0.5),
            row("<b>new", HOURS, "oracle", rejected=0.4),
        ]
    )
    block = report.error_rates(dossier())
    assert "of the kind “<b>new”" in items(block)[GROW]
    assert "a plain analysis of coaching hours (oracle) in" in items(block)[GROW]
    assert "<b>new" not in str(block.html())


@pytest.mark.parametrize("known", ["null", "planted"])
def test_what_was_not_counted_is_not_told(counts, known):
    counts([r for r in COUNTS if (r["truth"] == 0) == (known == "null")])
    block = report.error_rates(dossier())
    assert ("were told “supported”" in items(block)[GROW]) == (known == "null")
    assert ("was planted, the verdict said so" in items(block)[GROW]) == (known == "planted")
    assert "nan" not in str(block)


@pytest.mark.parametrize(
    ("shares", "failure", "figure"),
    [
        ({"supported": 0.05}, "false verdicts came too often", "5.0%; asked 2.5%"),
        ({"contradicted": 0.05}, "false verdicts came too often", "5.0%; asked 2.5%"),
        ({"rejected": 0.1}, "the 95% range missed the truth too often", "10.0%; asked 6.4%"),
        ({"covered": 0.85}, "the 95% range missed the truth too often", "85.0%; asked 93.5%"),
        (
            {"truth": 0.01, "sign_error": 0.05},
            "the wrong direction was named too often",
            "5.0%; asked 1.0%",
        ),
        (
            {"truth": 0.01, "negligible": 0.1},
            "effects that matter were called too small",
            "10.0%; asked 5.0%",
        ),
        ({"truth": 0.004, "negligible": 0.1}, "", ""),
        ({"supported": 0.02, "contradicted": 0.02, "covered": 0.99, "rejected": 0.01}, "", ""),
    ],
)
def test_every_bound_has_its_warning(counts, shares, failure, figure):
    counts([row("W4", HOURS, **shares), row("W2", HOURS)])
    told = str(reliability.warning(HOURS))
    said = f"Warning: {failure} in planted companies of the kind “five teams” ({figure})."
    assert told == (said if failure else "")


# a team's page


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        # (.02 + .05) / 2 and (.03 + 0) / 2, as kinds count equally
        ("supported", "Of the teams of 1,500 planted companies without such an effect, 3.5% were"),
        ("contradicted", "without such an effect, 1.5% were told “contradicted”"),
        ("negligible", "with an effect of 1.0%, 4.0% were told that it is too small to matter."),
        ("inconclusive", "of 400 planted companies with an effect of 1.0%, 35.0% were told so; “"),
    ],
)
def test_a_team_is_told_of_verdicts_of_teams(counts, verdict, said):
    counts(COUNTS)
    own = tuple(replace(f, verdict=verdict) for f in findings("T00") if f.claim == HOURS)
    told = items(report.methods(dossier("T00", (*findings(), *own))))
    assert said in told[GROW]
    assert (
        "the 95% range missed the truth too often in planted companies of the kind “five teams”"
        in told[GROW]
    )
    assert (
        "false verdicts came too often in planted companies of the kind “five teams” (5.0%; "
        in told[GROW]
    )


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("supported", "Of 1,500 planted companies without such an effect, 3.2% were told “suppor"),
        ("contradicted", "Of 1,500 planted companies without such an effect, 0.6% were told “con"),
        (
            "inconclusive",
            "Of 500 planted companies with an effect of 1.0% to 2.0%, 80.0% were told so; “c",
        ),
    ],
)
def test_an_answer_of_all_teams_is_told_of_verdicts_on_companies(counts, verdict, said):
    counts(COUNTS)
    whole = [replace(f, verdict=verdict) for f in findings() if f.claim == HOURS]
    told = items(report.methods(dossier("T00", whole)))
    assert said in told[GROW]
    assert "false verdicts came too often" in told[GROW]


def test_the_long_form_is_on_the_companys_page_only():
    assert report.error_rates in report.COMPANY_PAGE
    assert report.error_rates not in report.TEAM_PAGE
    assert "How often this kind" not in str(report.methods(dossier()))
    assert "How often this kind" in str(report.methods(dossier("T00")))


# words for all there is


def test_there_are_words_for_every_kind_and_analysis():
    assert set(words.KINDS) == set(CELLS)
    assert set(words.PLAIN) == set(PLAIN)
    assert set(words.ANALYSES) >= {*PLAIN, *error_rates.OURS, *calibration.MAIN}
    assert set(words.ANALYSES) >= set(error_rates.measured()["analysis"])
    tried = {claim for cell in CELLS.values() for claim in cell.claims} & set(CLAIM)
    drivers = {getattr(CLAIM[claim].design, "driver", "") for claim in tried} - {""}
    assert set(words.DRIVERS) == drivers


def test_whatever_can_be_missed_has_a_failure_to_tell():
    worst = dict.fromkeys(SHARES, 1.0) | {"covered": 0.0}
    missed = {
        bound.name
        for truth in (0.0, 0.01)
        for analysis in ("finding", "team")
        for bound in error_rates.misses(
            pd.Series(row("W4", HOURS, analysis, n=10**6, truth=truth, **worst))
        )
    }
    assert missed == {b.name for b in error_rates.BOUNDS} == set(reliability.FAILURES)
    assert set(reliability.FAILURES.values()) == set(words.FAILED)


def test_the_shipped_counts_keep_their_worlds():
    table = error_rates.measured()
    assert set(table["world"]) <= set(CELLS)
    assert set(table["claim"]) <= {claim for cell in CELLS.values() for claim in cell.claims}
    assert not table.duplicated(["world", "claim", "analysis"]).any()


# tables and drawings


def test_side_by_side_is_the_counts_in_their_order():
    frame = pd.DataFrame(COUNTS)
    wide = calibration.side_by_side(HOURS, "covered", data=frame)
    mine = frame[frame["claim"] == HOURS]
    assert list(wide.index) == ["W2", "W4", "planted", "planted-demo"]
    assert list(wide.columns) == ["companies", "truth", *mine["analysis"].unique()]
    for _, one in mine.iterrows():
        assert wide.loc[one["world"], one["analysis"]] == one["covered"]
    assert math.isnan(wide.loc["planted-demo", "team"])


def on(ax) -> set[str]:
    return {t.get_text() for t in ax.texts}


def dots(ax, marker) -> dict[int, list[float]]:
    """Return where a marker stands, by row; those of the key stand beside the axes."""
    found: dict[int, list[float]] = {}
    for line in ax.lines:
        if line.get_marker() == marker and line.get_transform() == ax.transData:
            for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True):
                found.setdefault(int(y), []).append(float(x))
    return found


def test_false_findings_show_ours_and_the_plain_ones_where_nothing_is_true(counts):
    frame = pd.DataFrame(COUNTS)
    _, mine = plt.subplots()
    ax = calibration.plot_false_findings(HOURS, data=frame, ax=mine)
    assert ax is mine
    assert dots(ax, "o") == {0: [0.05], 1: [0.09]}
    assert dots(ax, calibration.MARKS[0]) == {0: [0.9], 1: [0.3]}
    assert on(ax) >= {"W2", "W4", "9.0%", "the finding", "correlation with growth"}
    assert "planted" not in on(ax)
    plt.close("all")
    counts(COUNTS)
    assert on(calibration.plot_false_findings(HOURS)) == on(ax)


def test_a_monte_carlo_range_is_wilsons():
    ax = calibration.plot_coverage(HOURS, data=pd.DataFrame(COUNTS))
    ends = [list(line.get_xdata()) for line in ax.lines if line.get_linewidth() == 2.2]
    tried = [(952, 1000), (450, 500), (380, 400), (96, 100)]
    for found, (k, n) in zip(ends, tried, strict=True):
        wanted = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
        assert found == pytest.approx([wanted.low, wanted.high])
    (band,) = ax.collections
    xs = band.get_paths()[0].vertices[:, 0]
    assert (xs.min(), xs.max()) == pytest.approx((0.935, 0.965))


def test_a_test_without_verdicts_is_drawn_beside_what_is_usual():
    frame = pd.DataFrame(
        [
            row("leaving", "reps-leave-at-a-point", "test", **dict.fromkeys(VERDICTS, math.nan)),
            row("leaving", "reps-leave-at-a-point", "month_by_month", rejected=0.8),
        ]
    )
    ax = calibration.plot_false_findings("reps-leave-at-a-point", data=frame)
    assert on(ax) >= {"the test", "month by month"}
    wide = calibration.side_by_side("reps-leave-at-a-point", data=frame)
    assert wide.loc["leaving", "month_by_month"] == 0.8
    with pytest.raises(ValueError, match="Nothing was counted"):
        calibration.plot_verdicts("reps-leave-at-a-point", data=frame)


def test_verdicts_fill_the_row_and_stand_under_what_is_true():
    full = dict(supported=0.6, contradicted=0.1, negligible=0.05, inconclusive=0.25)
    rows = [row("W2", HOURS, **full), row("one-deal", HOURS, truth=math.nan, **full)]
    ax = calibration.plot_verdicts(HOURS, data=pd.DataFrame(rows))
    widths = np.array([p.get_width() for p in ax.patches]).reshape(2, 4)
    np.testing.assert_allclose(widths, [list(full.values())] * 2)
    heads = {t.get_text(): t.get_position()[1] for t in ax.texts}
    assert heads["nothing is true"] < heads["W2"] < heads["an effect is planted"]
    assert heads["an effect is planted"] < heads["one-deal"]


@pytest.mark.parametrize(
    "draw",
    [calibration.plot_false_findings, calibration.plot_coverage, calibration.plot_verdicts],
)
def test_what_was_not_counted_cannot_be_drawn(draw):
    with pytest.raises(ValueError, match="Nothing was counted of the claim star-to-manager"):
        draw("star-to-manager", data=pd.DataFrame(COUNTS))
