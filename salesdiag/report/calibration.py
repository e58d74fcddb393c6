"""Tables and drawings of the counts on planted companies: ours beside what is done today.

Every function takes a claim and returns what it made; ``data`` are counts as
:func:`salesdiag.claims.error_rates.measured` returns them, which are used where none are given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from salesdiag.claims.error_rates import COVERAGE, FINDING, OURS, SIZE, measured
from salesdiag.estimate import proportion
from salesdiag.report import canvas
from salesdiag.report.canvas import ACCENT, INK, LINE, NEGATIVE, POSITIVE, SOFT
from salesdiag.report.reliability import kind
from salesdiag.text import Message, Template
from salesdiag.text import calibration as words
from salesdiag.text import findings as finding_words
from salesdiag.text import pages as page_words

MAIN = (FINDING, "test")
"""What we say of a claim; a test is a finding's that has no verdict yet."""
LEVEL = 0.05
LEFT, RIGHT = 0.36, 0.84
"""Where a row's label ends and its value begins, in parts of the width."""
MARKS = "^sDvPX"
"""Markers of plain analyses, in the order of the counts."""
COLOURS = {
    "supported": POSITIVE, "contradicted": NEGATIVE, "negligible": ACCENT, "inconclusive": LINE,
}  # fmt: skip


def kinds(data: pd.DataFrame | None = None) -> pd.Series:
    """Return what each kind of planted company is like, by name, in the language in force."""
    counts = measured() if data is None else data
    names = counts["world"].unique()
    return pd.Series([str(kind(name)) for name in names], index=names, name="kind")


def analysis(name: str) -> Message:
    """Return what an analysis is called; its name where we have no words."""
    return words.ANALYSES[name]() if name in words.ANALYSES else words.OTHER_KIND(name=name)


def side_by_side(
    claim: str, column: str = "rejected", data: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return one column of the counts with the analyses of a claim beside each other.

    Parameters
    ----------
    claim : str
    column : str
        Of the counts, such as ``rejected`` or ``covered``.
    data : DataFrame, optional

    Returns
    -------
    DataFrame
        One row a kind of company, with ``companies`` and ``truth``; one column an analysis.
    """
    counts = measured() if data is None else data
    mine = counts[counts["claim"] == claim]
    wide = mine.pivot_table(
        index="world", columns="analysis", values=column, aggfunc="first", sort=False, dropna=False
    )
    about = mine[mine["analysis"].isin(MAIN)].set_index("world")[["companies", "truth"]]
    return about.join(wide)


def plot_false_findings(
    claim: str, *, data: pd.DataFrame | None = None, ax: Axes | Figure | None = None
) -> Axes:
    """Draw how often something is found where nothing is true, ours against plain analyses.

    Parameters
    ----------
    claim : str
    data : DataFrame, optional
    ax : Axes or Figure, optional
        Where to draw.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        No kind in which nothing is true was counted.
    """
    rows = _rows(claim, data)
    null = rows.loc[rows["analysis"].isin(MAIN) & (rows["truth"] == 0)]
    worlds = _some(claim, list(null["world"]))
    analyses = [a for a in rows["analysis"].unique() if a not in (*MAIN, *OURS)]
    marks = dict(zip(analyses, MARKS, strict=False))
    with canvas.canvas(ax, 22 * len(worlds) + 20 * (len(marks) + 1) + 56, foot=40) as axes:
        _asked(axes, len(worlds), SIZE, LEVEL)
        for y, (world, value) in enumerate(zip(worlds, null["rejected"], strict=True)):
            canvas.row(axes, y, world, _percent(value), ACCENT)
            for name, mark in marks.items():
                of = rows[(rows["world"] == world) & (rows["analysis"] == name)]
                axes.plot(of["rejected"], [y] * len(of), mark, color=SOFT, ms=5, alpha=0.7)
        _intervals(axes, null, "rejected")
        canvas.window(axes, 0, 1, LEFT, RIGHT)
        keys = [(analysis(null["analysis"].iloc[0]), "o", ACCENT)]
        keys += [(analysis(name), mark, SOFT) for name, mark in marks.items()]
        for y, (label, mark, colour) in enumerate(keys, start=len(worlds)):
            axes.plot(0.02, y, mark, color=colour, ms=6, transform=canvas.beside(axes))
            canvas.write(axes, 0.05, y, label, va="center", transform=canvas.beside(axes))
        _finish(axes, len(worlds) + len(keys), (0, 1), words.FALSE_AXIS)
    return axes


def plot_coverage(
    claim: str, *, data: pd.DataFrame | None = None, ax: Axes | Figure | None = None
) -> Axes:
    """Draw how often the finding's 95 % range holds the truth, by kind of company.

    Parameters
    ----------
    claim : str
    data : DataFrame, optional
    ax : Axes or Figure, optional
        Where to draw.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        No kind whose truth is known was counted.
    """
    rows = _rows(claim, data)
    known = rows.loc[rows["analysis"].isin(MAIN) & rows["covered"].notna()]
    worlds = _some(claim, list(known["world"]))
    with canvas.canvas(ax, 22 * len(worlds) + 56, foot=40) as axes:
        _asked(axes, len(worlds), COVERAGE, 1 - LEVEL)
        for y, (world, value) in enumerate(zip(worlds, known["covered"], strict=True)):
            canvas.row(axes, y, world, _percent(value), ACCENT)
        least = min(_intervals(axes, known, "covered"), 0.9)
        canvas.window(axes, least, 1, LEFT, RIGHT)
        _finish(axes, len(worlds), (least, 1), words.COVERED_AXIS)
    return axes


def plot_verdicts(
    claim: str, *, data: pd.DataFrame | None = None, ax: Axes | Figure | None = None
) -> Axes:
    """Draw the shares of the verdicts, where nothing is true and where something is.

    Parameters
    ----------
    claim : str
    data : DataFrame, optional
    ax : Axes or Figure, optional
        Where to draw.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        Nothing was counted of the claim.
    """
    rows = _rows(claim, data)
    found = rows.loc[(rows["analysis"] == FINDING) & rows["supported"].notna()].set_index("world")
    _some(claim, list(found.index))
    nothing = found["truth"] == 0  # a truth that is not one number was planted too
    parts = ((words.NULL_KINDS, found[nothing]), (words.PLANTED_KINDS, found[~nothing]))
    lines = len(found) + sum(bool(len(part)) for _, part in parts) + len(COLOURS)
    y = 0
    with canvas.canvas(ax, 22 * lines + 20) as axes:
        for head, part in parts:
            if len(part):
                canvas.write(
                    axes, 0, y, head, va="center", color=SOFT, transform=canvas.beside(axes)
                )
                y += 1
            for world, row in part.iterrows():
                _stack(axes, y, row[list(COLOURS)].astype(float))
                canvas.row(axes, y, world, "")
                y += 1
        canvas.window(axes, 0, 1, LEFT, 1.0)
        for verdict, colour in COLOURS.items():
            axes.plot(0.02, y, "s", color=colour, ms=8, transform=canvas.beside(axes))
            label = finding_words.VERDICTS[verdict]
            canvas.write(axes, 0.05, y, label, va="center", transform=canvas.beside(axes))
            y += 1
        axes.set_ylim(y - 0.3, -0.7)
    return axes


def _rows(claim: str, data: pd.DataFrame | None) -> pd.DataFrame:
    counts = measured() if data is None else data
    return counts[(counts["claim"] == claim) & (counts["companies"] > 0)]


def _some(claim: str, worlds: Sequence[str]) -> Sequence[str]:
    if not worlds:
        raise ValueError(str(words.NOTHING_COUNTED(claim=claim)))
    return worlds


def _asked(axes: Axes, rows: int, ends: tuple[float, float], nominal: float) -> None:
    """Draw what a test should reach behind its rows, and the band that is allowed."""
    height = [-0.5, rows - 0.5]
    axes.fill_betweenx(height, *ends, color=LINE, lw=0, zorder=0)
    axes.plot([nominal] * 2, height, color=SOFT, lw=1, zorder=0)


def _intervals(axes: Axes, rows: pd.DataFrame, column: str) -> float:
    """Draw shares of counted companies with their 95 % Monte Carlo range; return the lowest end."""
    least = math.inf
    for y, (value, n) in enumerate(zip(rows[column], rows["companies"], strict=True)):
        of = proportion.share(round(value * n), int(n))
        axes.plot([of.low, of.high], [y, y], color=ACCENT, lw=2.2)
        axes.plot(value, y, "o", color=ACCENT, ms=6)
        least = min(least, of.low)
    return least


def _stack(axes: Axes, y: float, shares: pd.Series) -> None:
    """Draw shares that add up to one beside each other; a large one is told."""
    begin = 0.0
    for verdict, share in shares.items():
        axes.barh(y, share, left=begin, height=0.7, color=COLOURS[str(verdict)])
        if share >= 0.12:
            colour = INK if verdict == "inconclusive" else canvas.PAPER
            canvas.write(
                axes, begin + share / 2, y, _percent(share),
                color=colour, ha="center", va="center", fontsize=10,
            )  # fmt: skip
        begin += share


def _percent(share: float) -> Message:
    return words.SHARE(share=share)


def _finish(axes: Axes, lines: int, ends: tuple[float, float], label: Template) -> None:
    axes.set_ylim(lines - 0.3, -0.7)
    canvas.ticks(axes, *ends, lambda x: page_words.SINGLES["share"](value=x))
    axes.set_xlabel(str(label), parse_math=False)
