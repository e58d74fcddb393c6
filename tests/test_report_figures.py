"""Drawings: what is on the axes, and how they stand on a page."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from report_cases import HOSTILE, findings

from salesdiag.finding import Interval
from salesdiag.report import canvas, figures, plot, plot_curve, svg, units

OF = {f.claim: f for f in findings("T00")}
DRAWN = {
    "coaching-hours": figures.plot_interval,
    "star-to-manager": figures.plot_interval,
    "selling-hurts": figures.plot_curve,
    "plan-first": figures.plot_attainment,
    "base-and-depth": figures.plot_bridge,
    "manager-time-split": figures.plot_shares,
    "development-plan": None,
    "respect": None,
}


def words_on(ax) -> list[str]:
    return [t.get_text() for t in ax.texts if t.get_text()]


@pytest.mark.parametrize(("claim", "function"), DRAWN.items())
def test_the_drawing_fits_what_the_finding_holds(claim, function):
    assert figures.kind(OF[claim]) is function
    if function is None:
        said = " ".join(" ".join(words_on(plot(OF[claim]))).split())
        measured = "What was measured is a list, or a figure without a range."
        reason = measured if OF[claim].verdict == "measured" else OF[claim].reason
        assert said.endswith(f"There is nothing to draw. {reason}")
        return
    _, mine = plt.subplots()
    assert plot(OF[claim], ax=mine) is mine
    assert words_on(mine)


@pytest.mark.parametrize("claim", [c for c, f in DRAWN.items() if f])
def test_global_style_is_left_alone(claim):
    before = dict(mpl.rcParams)
    plot(OF[claim])
    assert dict(mpl.rcParams) == before


def test_forest_shows_every_row_in_percent():
    ax = plot(OF["coaching-hours"])
    lines = [line.get_xdata() for line in ax.lines if len(line.get_xdata()) == 2]
    ends = {tuple(np.round(x, 6)) for x in lines}
    for low, high in ((0.004, 0.016), (0.003, 0.019)):
        assert (round(np.expm1(low), 6), round(np.expm1(high), 6)) in ends
    assert "+1.9% (−1.6% to +5.5%)" in words_on(ax)
    assert "This team alone" in words_on(ax)


def test_forest_shows_the_margin_as_a_band():
    ax = plot(OF["coaching-hours"])
    (band,) = ax.patches
    low, high = np.expm1(-0.005), np.expm1(0.005)
    assert (band.get_x(), band.get_width()) == pytest.approx((low, high - low))


def test_forest_cuts_a_wide_row_and_says_its_numbers():
    wide = replace(
        OF["coaching-hours"],
        team_estimate=replace(
            OF["coaching-hours"].team_estimate,
            own=Interval(value=0.5, low=-2.0, high=3.0, unit="log_points"),
        ),
    )
    ax = plot(wide)
    assert ax.get_xlim()[1] < 0.1
    assert any(t.startswith("+64.9%") for t in words_on(ax))
    assert {line.get_marker() for line in ax.lines} >= {"<", ">"}


def test_an_answer_that_is_all_teams_is_not_drawn_as_the_teams_own():
    apart = OF["coaching-hours"]
    pooled = replace(apart, team_estimate=replace(apart.team_estimate, own=None, weight=0.0))
    assert "This team" not in " ".join(words_on(plot(pooled)))
    curve = replace(OF["selling-hurts"], team_estimate=pooled.team_estimate)
    assert figures.kind(curve) is figures.plot_curve


def test_curve_shows_estimates_support_and_this_team():
    ax = plot_curve(OF["selling-hurts"], mark=3)
    table = OF["selling-hurts"].table
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.expm1(table["value"]))
    bars = np.array([p.get_height() for p in ax.patches])
    np.testing.assert_allclose(bars / bars[0], table["n"] / table["n"].iloc[0])
    assert any("this team" in t for t in words_on(ax))


def test_a_dose_is_called_by_its_label():
    table = OF["selling-hurts"].table.assign(label=["0", "1", "2", "3", "4", "5+"])
    ax = plot(replace(OF["selling-hurts"], table=table))
    assert ax.get_xticklabels()[-1].get_text() == "5+"


def test_bridge_parts_begin_where_the_one_before_ended():
    ax = plot(OF["base-and-depth"])
    ends = [(p.get_x(), p.get_x() + p.get_width()) for p in ax.patches]
    values = list(OF["base-and-depth"].table["value"])
    at = np.cumsum(values[:-1])
    assert ends[0][1] == pytest.approx(values[0])
    for (start, end), before, after in zip(ends[1:-1], at, at[1:], strict=False):
        assert (start, end) == pytest.approx((before, after))
    assert ends[-1][1] == pytest.approx(values[-1])


def test_attainment_is_won_over_quota():
    widths = [p.get_width() for p in plot(OF["plan-first"]).patches]
    assert widths == pytest.approx([1.0, 0.93, 1.07, 0.9])


def test_names_are_not_read_as_formulas():
    ax = plot(OF["manager-time-split"])
    shown = {t.get_text(): t.get_parse_math() for t in ax.texts}
    assert HOSTILE[7] in shown
    assert not any(shown.values())


@pytest.mark.parametrize("claim", [c for c, f in DRAWN.items() if f])
def test_svg_is_text_in_page_colours_without_names_paths_or_addresses(claim):
    drawn = svg.drawing(OF[claim], "one")
    root = ElementTree.fromstring(drawn)
    assert root.get("role") == "img"
    assert root.get("aria-label") == str(svg.alt(OF[claim]))
    assert root.findall(".//text")
    assert "http" not in drawn
    assert "<style" not in drawn
    assert "DejaVu" not in drawn
    colours = set(re.findall(r"#[0-9a-f]{6}", drawn))
    assert colours
    assert all(f"var(--{canvas.COLOURS[c]},{c})" in drawn for c in colours)
    assert not re.findall(r"(?<!,)#[0-9a-f]{6}\b", drawn)


def test_svg_is_the_same_every_time_and_its_ids_are_its_own():
    finding = OF["selling-hurts"]
    first, again, other = (svg.drawing(finding, name) for name in ("one", "one", "two"))
    assert first == again
    ids = re.findall(r' id="([^"]+)"', first)
    assert ids
    assert not set(ids) & set(re.findall(r' id="([^"]+)"', other))
    assert set(re.findall(r"url\(#([^)]+)\)", first)) <= set(ids)


def test_svg_of_a_hostile_label_is_escaped_and_glyphs_we_lack_are_no_matter():
    table = OF["manager-time-split"].table
    table = table.assign(category=[HOSTILE[0], "北東チーム", "a&b", "x" * 300])
    drawn = svg.drawing(replace(OF["manager-time-split"], table=table), "one")
    assert "<script" not in drawn
    texts = [t.text for t in ElementTree.fromstring(drawn).iter("text")]
    assert "北東チーム" in texts
    assert "a&b" in texts
    assert max(map(len, texts)) <= figures.LABEL_LENGTH


def test_alt_text_is_made_from_the_numbers():
    assert str(svg.alt(OF["coaching-hours"])) == (
        "Estimate and interval. This team alone +1.9% (−1.6% to +5.5%), "
        "All teams +1.0% (+0.4% to +1.6%), and This team, given all teams +1.1% (+0.3% to +1.9%)."
    )
    assert svg.alt(OF["respect"]) is None


def test_nothing_to_draw_gives_nothing():
    assert svg.drawing(OF["respect"], "one") == ""


def test_page_drawings_open_no_pyplot_figure():
    svg.drawing(OF["coaching-hours"], "one")
    assert plt.get_fignums() == []


def test_an_empty_figure_is_sized():
    figure = Figure()
    plot(OF["coaching-hours"], ax=figure)
    assert figure.get_size_inches()[0] * 72 == pytest.approx(canvas.WIDTH)


@pytest.mark.parametrize(
    ("unit", "value", "low", "high", "told"),
    [
        ("log_points", 0.1, 0.05, 0.15, "+10.5% (+5.1% to +16.2%)"),
        ("probability", 0.02, -0.01, 0.05, "+2.0 points (−1.0 to +5.0)"),
        ("log_hazard_ratio", 0.0, -0.2231, 0.2231, "1 times (0.8 to 1.25)"),
        ("share", 0.34, 0.3, 0.38, "34% (30% to 38%)"),
        ("share", 0.34, np.nan, np.nan, "34%"),
        ("money", -1250.0, -2000, 300, "−€1,250 (−€2,000 to +€300)"),
        ("months", 3.0, 2.5, 4.0, "3.0 months (2.5 to 4.0)"),
        ("sd", 0.2, 0.1, 0.3, "+0.2 SD (+0.1 to +0.3)"),
        ("anything", 2.0, 1.0, 3.0, "2 (1 to 3)"),
    ],
)
def test_numbers_are_told_in_the_readers_terms(unit, value, low, high, told):
    assert str(units.spoken(Interval(value=value, low=low, high=high, unit=unit))) == told
