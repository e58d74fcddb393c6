"""The tool that counts wrong verdicts, and the document that it makes of the counts."""

from __future__ import annotations

import importlib.util
import json
import math
from pathlib import Path

import pandas as pd
import pytest
from test_report_error_rates import COUNTS, HOURS, row

from salesdiag.calibrate import CELLS
from salesdiag.claims import error_rates

ROOT = Path(__file__).resolve().parent.parent
MADE = {"seed": 1, "versions": {"numpy": "2.0"}}


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("calibration_tool", ROOT / "tools/calibration.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_document_is_what_the_shipped_counts_make(tool):
    assert tool.DOCUMENT.read_text("utf-8") == tool.written()


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def find(document: str, *start: str) -> list[str]:
    """Return the cells of the row that begins with these."""
    rows = [cells(line) for line in document.splitlines() if line.startswith("|")]
    (found,) = [r for r in rows if r[: len(start)] == list(start)]
    return found


def test_figures_have_their_monte_carlo_error(tool):
    table = pd.DataFrame([row("W2", HOURS, n=1000, rejected=0.047, covered=0.953)])
    told = find(tool.render(table, MADE), "W2", "managers coach last month's strugglers")
    # sqrt(.047 * .953 / 1000) = .0067
    assert told[2:] == ["1000", ".047 (±.007)", ".000 (±.000)", ".000 (±.000)", ".953 (±.007)"]


def test_every_miss_is_listed_with_its_figure(tool):
    document = tool.render(pd.DataFrame(COUNTS), MADE)
    missed = [line for line in document.splitlines() if line.startswith("- ")]
    assert missed == [
        "- wrongly supported, coaching-hours, W4 (five teams): .060 (±.011), asked ≤ .025",
        "- size, coaching-hours, W4 (five teams): .090 (±.013), asked ≤ .064",
        "- coverage, coaching-hours, W4 (five teams): .900 (±.013), asked ≥ .935",
        "- sign errors, coaching-hours, planted (nothing misleads, and an hour of coaching adds 1%)"
        ": .050 (±.011), asked ≤ .010",
        "- coverage of teams, coaching-hours, W4 (five teams): .800 (±.018), asked ≥ .925",
    ]
    holds = {name: find(document, name)[-4:] for name, *_ in tool.BOUNDS}
    assert holds["wrongly supported"] == ["4", "1", "1", "miss"]
    assert holds["wrongly contradicted"] == ["4", "0", "0", "pass"]
    assert holds["coverage of teams"] == ["3", "1", "1", "miss"]
    total = sum(
        len(error_rates.misses(pd.Series(one)))
        for one in COUNTS
        if one["analysis"] in ("finding", "team")
    )
    assert total == len(missed)


def test_a_figure_beyond_a_bound_within_its_error_is_told_but_no_miss(tool):
    close = pd.DataFrame([row("W2", HOURS, n=100, supported=0.03)])
    assert find(tool.render(close, MADE), "wrongly supported")[-3:] == ["1", "0", "pass"]
    none = pd.DataFrame([row("planted", HOURS, truth=0.01)])
    assert find(tool.render(none, MADE), "wrongly supported")[-1] == "not counted"


def test_planted_and_team_tables(tool):
    document = tool.render(pd.DataFrame(COUNTS), MADE)
    planted = find(document, "planted-demo")
    assert planted[2:6] == ["100", "0.0200", "0.0000", "0.1000"]
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
    told = find(document, "behaviours-halo")
    assert told[2:] == ["1000", ".300 (±.014)", "–", "–", ".950 (±.007)", ".900 (±.009)"]
    assert find(document, "leaving-point")[6] == ".800 (±.013)"
    assert "- size, top-versus-average (ratings), behaviours-halo" in document


def test_kinds_that_were_not_counted_are_named(tool):
    document = tool.render(pd.DataFrame(COUNTS), MADE)
    (absent,) = [line for line in document.splitlines() if line.startswith("Declared, but not")]
    named = absent.removesuffix(".").split(": ")[1].split(", ")
    assert named == [world for world in CELLS if world not in {r["world"] for r in COUNTS}]
    assert "1900 companies of 5 kinds" not in document
    assert "2300 companies of 5 kinds, 100 to 1000 of each; seeds from 1 on." in document


def test_every_kind_has_its_number_of_companies(tool):
    assert {tool.group(world) for world in CELLS} == set(tool.COMPANIES)
    assert set(tool.BREAKING) <= set(CELLS)
    assert tool.group("W2b") == "bounded"
    assert tool.group("harmful") == "planted"
    assert tool.group("heavy-tails") == "null"
    assert tool.group("one-deal") == "others"


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
    assert list(asked) != list(CELLS)
    assert set(asked) == set(CELLS)
    wanted = {w: min(tool.COMPANIES[tool.group(w)], most) for w in CELLS}
    assert asked == {w: (n, 1, 2, tmp_path / "kept") for w, n in wanted.items()}
    written = pd.read_csv(tmp_path / "TABLE", keep_default_na=False)
    assert list(written["world"]) == list(CELLS)
    assert set(written["rejected"]) == {0.33333}
    made = json.loads((tmp_path / "CIRCUMSTANCES").read_text())
    assert made["versions"].keys() == {"salesdiag", "numpy", "pandas", "scipy"}
    assert (tmp_path / "DOCUMENT").read_text("utf-8") == tool.written()
