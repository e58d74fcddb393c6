"""The tool that counts wrong verdicts, and the document that it makes of the counts."""

from __future__ import annotations

import importlib.util
import json
import math
import sys
from pathlib import Path

import pandas as pd
import pytest
from test_report_error_rates import COUNTS as PLAIN_COUNTS
from test_report_error_rates import HOURS
from test_report_error_rates import row as counted_row

from salesdiag.calibrate import CELLS, COUNTED
from salesdiag.calibrate.store import fingerprint
from salesdiag.claims import error_rates

ROOT = Path(__file__).resolve().parent.parent
MADE = {"seed": 1, "code": "0a1b2c", "versions": {"numpy": "2.0"}}
MORE = {"rejected_up": 0.04, "rejected_up_se": 0.001, "bias_se": 0.002}
COUNTS = [MORE | one for one in PLAIN_COUNTS]


def row(*names, **counted):
    return MORE | counted_row(*names, **counted)


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("calibration_tool", ROOT / "tools/calibration.py")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "tools")
        spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page(tool):
    return sys.modules[tool.render.__module__]


def test_the_document_is_what_the_shipped_counts_make(tool):
    assert tool.DOCUMENT.read_text("utf-8") == tool.written()


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def find_all(document: str, *start: str) -> list[list[str]]:
    """Return the cells of the rows that begin with these."""
    rows = [cells(line) for line in document.splitlines() if line.startswith("|")]
    return [r for r in rows if r[: len(start)] == list(start)]


def find(document: str, *start: str) -> list[str]:
    (found,) = find_all(document, *start)
    return found


def listed(document: str, title: str) -> list[str]:
    """Return the items that stand under a title."""
    _, found, after = document.partition(f"\n{title}:\n\n")
    return after.split("\n\n")[0].splitlines() if found else []


def test_figures_have_their_monte_carlo_error(tool):
    table = pd.DataFrame([row("W2", HOURS, n=1000, rejected=0.047, covered=0.953)])
    told = find(tool.render(table, MADE), "W2", "managers coach last month's strugglers")
    # sqrt(.047 * .953 / 1000) = .0067
    assert told[2:] == ["1000", ".047 (±.007)", ".000 (±.000)", ".000 (±.000)", ".953 (±.007)"]


def test_every_figure_beyond_a_bound_is_listed(tool, page):
    document = tool.render(pd.DataFrame(COUNTS), MADE)
    assert listed(document, "Missed") == [
        "- wrongly supported, coaching-hours, W4 (five teams): .060 (±.011), asked ≤ .025",
        "- size, coaching-hours, W4 (five teams): .090 (±.013), asked ≤ .064",
        "- coverage, coaching-hours, W4 (five teams): .900 (±.013), asked ≥ .935",
        "- sign errors, coaching-hours, planted (nothing misleads, and an hour of coaching adds 1%)"
        ": .050 (±.011), asked ≤ .010",
        "- coverage of teams, coaching-hours, W4 (five teams): .800 (±.018), asked ≥ .925",
        "- teams wrongly supported, coaching-hours, W4 (five teams): .050 (±.010), asked ≤ .025",
    ]
    # .005 beyond, and sqrt(.03 * .97 / 1000) = .0054
    assert listed(document, "Not settled") == [
        "- teams wrongly contradicted, coaching-hours, W2 (managers coach last month's strugglers)"
        ": .030 (±.005), asked ≤ .025"
    ]
    # figures, holds, not settled, missed
    assert find(document, "wrongly supported")[2:] == ["4", "3", "0", "1"]
    assert find(document, "wrongly contradicted")[2:] == ["4", "4", "0", "0"]
    assert find(document, "called negligible at or above the margin")[2:] == ["2", "2", "0", "0"]
    assert find(document, "coverage of teams")[2:] == ["3", "2", "0", "1"]
    assert page.NAMES.keys() == {bound.name for bound in error_rates.BOUNDS}


@pytest.mark.parametrize(
    # sqrt(.03 * .97 / 100) = .0171, and .025 + 2 * .0171 = .0591
    ("share", "told"),
    [(0.02, "holds"), (0.03, "not settled"), (0.09, "missed")],
)
def test_a_figure_beyond_a_bound_within_its_error_is_not_settled(tool, share, told):
    table = pd.DataFrame([row("W2", HOURS, n=100, supported=share)])
    document = tool.render(table, MADE)
    counts = dict(zip(("holds", "not settled", "missed"), "000", strict=True)) | {told: "1"}
    assert find(document, "wrongly supported")[3:] == list(counts.values())
    for title in ("not settled", "missed"):
        assert len(listed(document, title.capitalize())) == (told == title)


def test_figures_on_the_safe_side_are_told_and_not_judged(tool):
    rows = [
        row("W0", HOURS, rejected=0.02, covered=0.98),
        row("W1", HOURS, rejected=0.05, covered=0.95),
        row("planted", HOURS, truth=0.01, rejected=0.02, covered=0.97),
    ]
    document = " ".join(tool.render(pd.DataFrame(rows), MADE).split())
    assert "1 of 2 figures of size and 2 of 3 of coverage lie beyond the other side" in document
    assert "Missed: none." in document


def test_the_companies_that_could_not_be_tested_are_told(tool):
    rows = [
        row("W2", HOURS, n=190) | {"asked": 200},
        row("W2", HOURS, "second_design", n=150) | {"asked": 200},
        row("W4", HOURS, n=200) | {"asked": 200},
        row("W4", HOURS, "second_design", n=200) | {"asked": 200},
        row("W5", HOURS, truth=math.nan, **dict.fromkeys(("rejected", "covered"), math.nan))
        | {"asked": 200, "companies": 0},
    ]
    document = tool.render(pd.DataFrame(rows), MADE)
    own, usual = find_all(document, "W2")
    assert (own[2], usual[1]) == ("190 of 200", ".050 (±.018), R 150 of 200")
    assert find_all(document, "W4")[0][2] == "200"
    assert "It could be tested in no company of: W5." in document
    assert "600 companies of 3 kinds, 200 of each" in document


def test_usual_analyses_have_their_own_tables(tool):
    rows = [
        row("W2", HOURS),
        row("W2", HOURS, "second_design", rejected=0.06),
        row("W2", HOURS, "growth_correlation", rejected=0.9),
        row("planted", HOURS, truth=0.01),
        row("planted", HOURS, "team", truth=0.01),
        row("planted", HOURS, "growth_correlation") | {"bias": math.nan, "truth": math.nan},
        row("planted", HOURS, "pooled_regression", truth=0.01, sign_error=0.2)
        | {"bias": -0.03, "rmse": 0.04},
    ]
    document = tool.render(pd.DataFrame(rows), MADE)
    assert "| kind | ours: the second design | correlation with growth |" in document
    assert find_all(document, "W2")[1][1:] == [".060 (±.008)", ".900 (±.009) ↑ .040"]
    assert [r[1] for r in find_all(document, "planted")[1:3]] == [
        "the finding",
        "pooled regression",
    ]
    told = find(document, "planted", "pooled regression")
    assert told[2:5] == ["1000", "-0.0300 (±0.0020)", "0.0400"]
    assert told[-1] == ".200 (±.013)"


def test_planted_and_team_tables(tool):
    document = tool.render(pd.DataFrame(COUNTS), MADE)
    planted = find(document, "planted-demo")
    assert planted[2:6] == ["100", "0.0200", "0.0000 (±0.0020)", "0.1000"]
    assert planted[-1] == ".960 (±.020)"
    unknown = pd.DataFrame([row("one-deal", HOURS, truth=math.nan, covered=math.nan)])
    told = find(tool.render(unknown, MADE), "one-deal")
    assert (told[3], told[-1]) == ("–", "–")


def test_a_test_without_verdicts_has_its_tables_too(tool):
    rated = "top-versus-average (ratings)"  # no claim of the register
    none = dict.fromkeys(("supported", "contradicted"), math.nan)
    rows = [
        row("behaviours-halo", rated, "test", rejected=0.3, **none),
        row("behaviours-halo", rated, "gap_by_gap", rejected=0.9),
        row("leaving-point", "reps-leave-at-a-point", "test", truth=1.1, rejected=0.8, **none),
    ]
    document = tool.render(pd.DataFrame(rows), MADE)
    told, usual = find_all(document, "behaviours-halo")
    assert told[2:] == ["1000", ".300 (±.014)", "–", "–", ".950 (±.007)"]
    assert usual == ["behaviours-halo", ".900 (±.009)"]
    assert find(document, "leaving-point")[6] == ".800 (±.013)"
    assert "- size, top-versus-average (ratings), behaviours-halo" in document


def test_a_bound_beside_the_main_test_names_its_analysis(tool):
    rows = [row("review", "kpi-rhythm", name, rejected=0.3) for name in ("test", "randomisation")]
    lines = listed(tool.render(pd.DataFrame(rows), MADE), "Missed")
    assert [line.split(",")[0] for line in lines] == [
        "- size",
        "- size of randomisation inference",
    ]


def test_kinds_that_break_us_tell_every_bound_they_are_beyond(tool, page, monkeypatch):
    rows = [
        row("promotions", HOURS, n=100, rejected=0.3, covered=0.93),
        row("promotions", HOURS, "team", covered=0.5),
        row("huge-team", HOURS),
    ]
    monkeypatch.setattr(page, "WHAT_WAS_DONE", "So it was mended.\n")
    document = tool.render(pd.DataFrame(rows), MADE)
    told = find_all(document, "promotions")[-1]
    assert told[-1] == "size (missed), coverage (not settled), coverage of teams (missed)"
    assert find_all(document, "huge-team")[-1][-1] == "none"
    assert document.endswith("|\n\nSo it was mended.\n")


def test_kinds_that_were_not_counted_are_named(tool):
    document = tool.render(pd.DataFrame(COUNTS), MADE)
    (absent,) = [line for line in document.splitlines() if line.startswith("Declared, but not")]
    named = absent.removesuffix(".").split(": ")[1].split(", ")
    assert named == [world for world in CELLS if world not in {r["world"] for r in COUNTS}]
    assert "1900 companies of 5 kinds" not in document
    assert "2300 companies of 5 kinds, 100 to 1000 of each; seeds from 1 on." in document
    assert "Made with code 0a1b2c, numpy 2.0." in document


def test_kinds_are_counted_as_often_as_their_bounds_ask():
    assert set(COUNTED) <= set(CELLS)
    assert all(COUNTED[w] == 1000 for w in CELLS if w.startswith("W"))
    # above the floor of foresight only nulls are asked about
    few = {w for w, n in COUNTED.items() if n < 300}
    assert all("foresight-4" in w or "foresight-8" in w for w in few)
    assert all(w.endswith("two") for w in few)


@pytest.mark.parametrize(("capped", "most"), [([], 1000), (["--companies", "30"], 30)])
def test_a_count_is_written_rounded_and_in_the_order_of_the_kinds(
    tool, tmp_path, monkeypatch, capped, most
):
    asked = {}

    def counted(worlds, companies, seed, jobs, out, progress):
        progress(companies, companies)
        asked.update(dict.fromkeys(worlds, (companies, seed, jobs, out)))
        return pd.DataFrame([row(w, HOURS, n=companies, rejected=1 / 3) for w in worlds])

    monkeypatch.setattr(tool, "calibrate", counted)
    for name in ("TABLE", "DOCUMENT", "CIRCUMSTANCES"):
        monkeypatch.setattr(tool, name, tmp_path / name)
    assert tool.main([*capped, "--out", str(tmp_path / "kept"), "--jobs", "2"]) == 0
    assert list(asked) != list(COUNTED)
    wanted = {w: min(n, most) for w, n in COUNTED.items()}
    assert asked == {w: (n, 1, 2, tmp_path / "kept") for w, n in wanted.items()}
    written = pd.read_csv(tmp_path / "TABLE", keep_default_na=False)
    assert list(written["world"]) == [w for w in CELLS if w in COUNTED]
    assert set(written["rejected"]) == {0.33333}
    made = json.loads((tmp_path / "CIRCUMSTANCES").read_text())
    assert made["code"] == fingerprint()
    assert made["versions"].keys() == {"salesdiag", "numpy", "pandas", "scipy"}
    assert (tmp_path / "DOCUMENT").read_text("utf-8") == tool.written()
