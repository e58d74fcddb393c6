"""Drawings of findings: one grammar for notebooks and pages.

Every function takes a finding and returns the Axes it drew on.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from salesdiag.claims.register import ENTRY
from salesdiag.finding import Finding, Interval
from salesdiag.report import canvas, units
from salesdiag.report.canvas import ACCENT, INK, LINE, NEGATIVE, POSITIVE, SOFT
from salesdiag.text import Message, clean_name
from salesdiag.text import pages as words

Surface = Axes | Figure
LABEL_LENGTH = 24
NOTE_SIZE = 11
NOTE_WIDTH = 52
"""Characters that fit into the width of a drawing."""
PROFILE = ("months_after", "value", "low", "high")
"""Columns of a table that holds an effect month by month."""
CURVE = ("dose", "value", "low", "high", "n")
"""Columns of a table that holds a dose-response curve."""


def stands_apart(finding: Finding) -> bool:
    """Say whether a team's answer is its own at all, and not simply that of all teams."""
    return finding.team_estimate is not None and finding.team_estimate.weight > 0


def intervals(finding: Finding) -> list[tuple[Message, Interval, str]]:
    """Return what a forest plot shows: label, interval and colour, one a row."""
    team = finding.team_estimate
    if team is not None and stands_apart(finding):
        own = [(words.OWN_ALONE(), team.own, SOFT)] if team.own is not None else []
        rest = [
            (words.ALL_POOLED(), team.pooled, INK),
            (words.SHRUNKEN(), team.shrunken, ACCENT),
        ]
        return [*own, *rest]
    if finding.estimate is None:
        return []
    months = _profile(finding)
    label = words.ADDED_UP() if months else words.ESTIMATE()
    return [*months, (label, finding.estimate, ACCENT)]


def _profile(finding: Finding) -> list[tuple[Message, Interval, str]]:
    """Return the months behind an effect that is added up over them; month 0 is not in the sum."""
    table = finding.table
    if table is None or not set(PROFILE) <= set(table.columns):
        return []
    shown = table[table["months_after"] > 0]
    return [
        (
            words.MONTH_AFTER(months=month),
            Interval(value=value, low=low, high=high, unit=_unit(finding)),
            SOFT,
        )
        for month, value, low, high in shown[list(PROFILE)].itertuples(index=False)
    ]


def plot_interval(finding: Finding, *, ax: Surface | None = None) -> Axes:
    """Draw estimates with their ranges: this team alone, all teams, this team given all.

    Parameters
    ----------
    finding : Finding
        With ``estimate`` or ``team_estimate``; the grey band is its margin.
    ax : Axes or Figure, optional
        Where to draw; an empty figure is sized for the drawing.

    Returns
    -------
    Axes
    """
    rows = intervals(finding)
    unit = rows[-1][1].unit
    ends = [[units.convert(x, unit) for x in (i.value, i.low, i.high)] for _, i, _ in rows]
    zero, band = _band(finding, unit)
    low, high = _reach([ends[-1], ends[-2] if len(ends) > 1 else ends[-1]], [zero, *band])
    with canvas.canvas(ax, 46 * len(rows) + 44, foot=24) as axes:
        for row, ((label, interval, colour), (value, lo, hi)) in enumerate(
            zip(rows, ends, strict=True)
        ):
            canvas.write(axes, 0, row - 0.2, label, color=colour, transform=canvas.beside(axes))
            canvas.write(
                axes, 1, row - 0.2, units.spoken(interval),
                color=colour, ha="right", transform=canvas.beside(axes),
            )  # fmt: skip
            axes.plot(np.clip([lo, hi], low, high), [row + 0.12] * 2, color=colour, lw=2.2)
            for end, mark in ((lo, "<"), (hi, ">")):
                if math.isfinite(end) and not low <= end <= high:
                    axes.plot(np.clip(end, low, high), row + 0.12, mark, color=colour, ms=5)
            if low <= value <= high:
                axes.plot(value, row + 0.12, "o", color=colour, ms=7)
        if band:
            axes.axvspan(*band, color=LINE, lw=0, alpha=0.6, zorder=0)
            canvas.write(
                axes, 0, len(rows) - 0.45, words.TOO_SMALL(),
                color=SOFT, fontsize=NOTE_SIZE, transform=canvas.beside(axes),
            )  # fmt: skip
        below = np.arange(len(rows))  # the line of no effect leaves room for what is written
        ends_at = below + np.where(below < len(rows) - 1, 0.6, 0.32)
        axes.vlines([zero] * len(rows), below - 0.02, ends_at, color=SOFT, lw=1, zorder=1)
        canvas.window(axes, low, high, 0.03, 0.97)
        axes.set_ylim(len(rows) - 0.3, -0.55)
        canvas.ticks(axes, low, high, _speaker(unit))
    return axes


def _band(finding: Finding, unit: str) -> tuple[float, list[float]]:
    """Return the place of no effect and the margin round it, in the reader's terms."""
    zero = units.convert(0, unit)
    if not (math.isfinite(finding.margin) and finding.direction):
        return zero, []
    return zero, [units.convert(x, unit) for x in (-finding.margin, finding.margin)]


def _reach(ends: list[list[float]], marks: list[float]) -> tuple[float, float]:
    """Return the range that shows the sharpest rows whole; wider ones are cut with an arrow."""
    finite = [x for row in ends for x in row if math.isfinite(x)] + marks
    low, high = min(finite), max(finite)
    spare = 0.15 * (high - low)
    return low - spare, high + spare


def _speaker(unit: str) -> Callable[[float], Message]:
    template = words.SINGLES[{"change": "tick"}.get(units.term(unit), units.term(unit))]
    return lambda x: template(value=x)


def plot_curve(finding: Finding, *, ax: Surface | None = None, mark: float | None = None) -> Axes:
    """Draw a dose-response curve with its band and how often each dose was seen.

    Parameters
    ----------
    finding : Finding
        Its ``table`` holds ``dose``, ``value``, ``low``, ``high`` (in the unit of the estimate)
        and ``n`` (rows seen at the dose); ``label`` where a dose stands for a range (``3+``).
    ax : Axes or Figure, optional
        Where to draw.
    mark : float, optional
        The dose of this page's team, marked by a line.

    Returns
    -------
    Axes
    """
    table = _curve(finding)
    unit = _unit(finding)
    shown = {c: [units.convert(x, unit) for x in table[c]] for c in ("value", "low", "high")}
    zero = units.convert(0, unit)
    low, high = _reach(list(shown.values()), [zero])
    floor = low - 0.3 * (high - low)
    dose, n = (table[c].to_numpy(dtype=float) for c in ("dose", "n"))
    with canvas.canvas(ax, 230, foot=38) as axes:
        axes.fill_between(dose, shown["low"], shown["high"], color=ACCENT, alpha=0.16, lw=0)
        axes.plot(dose, shown["value"], "o-", color=ACCENT, lw=2.2, ms=4)
        seen = 0.24 * (high - low) * n / float(table["n"].max())
        narrow = 0.12 * float(np.min(np.diff(dose))) if len(dose) > 1 else 0.1
        axes.bar(dose, seen, bottom=floor, width=2 * narrow, color=SOFT, alpha=0.5)
        axes.axhline(zero, xmin=0.13, color=SOFT, lw=1, zorder=0)
        canvas.window(axes, float(dose.min()), float(dose.max()), 0.14, 0.96)
        axes.set_ylim(floor, high)
        for y in MaxNLocator(4).tick_values(low, high):
            if low <= y <= high:
                canvas.write(
                    axes, 0.11, y, _speaker(unit)(y),
                    color=SOFT, ha="right", va="center", transform=canvas.beside(axes),
                )  # fmt: skip
        if mark is not None and math.isfinite(mark):
            place = float(np.clip(mark, dose.min(), dose.max()))
            late = place > float(dose.mean())
            axes.axvline(place, color=ACCENT, lw=1.2, ls=(0, (4, 3)))
            axes.annotate(
                str(words.TEAM_MARKED),
                (place, high),
                xytext=(-4 if late else 4, 0),
                textcoords="offset points",
                color=ACCENT,
                ha="right" if late else "left",
                va="top",
                parse_math=False,
            )
        every = math.ceil(len(dose) / 7)
        axes.set_xticks(list(dose[::every]), doses(table)[::every])
        axes.set_xlabel(str(words.CURVE_X), parse_math=False)
    return axes


def doses(table: pd.DataFrame) -> list[str]:
    """Return what the doses are called: by their label where the table has one."""
    if "label" in table:
        return [str(label) for label in table["label"]]
    return [str(words.SINGLES["number"](value=x)) for x in table["dose"]]


def has_curve(finding: Finding) -> bool:
    """Say whether a finding holds a dose-response curve: at least two doses that are known."""
    table = finding.table
    if not set(CURVE) <= set(table.columns):
        return False
    return int((table["dose"].notna() & table["value"].notna()).sum()) > 1


def _curve(finding: Finding) -> pd.DataFrame:
    return finding.table.dropna(subset=["dose", "value"]).sort_values("dose")


def _unit(finding: Finding) -> str:
    return finding.estimate.unit if finding.estimate else "log_points"


def labelled(table: pd.DataFrame) -> list[tuple[str, float]]:
    """Return label and value of each row; the label is the first column."""
    return [
        (str(label), float(value))
        for label, value in zip(map(_label, table.iloc[:, 0]), table["value"], strict=True)
    ]


def _label(value: object) -> object:
    """Return a row's label in words: ours where we have one, else as it stands in the data."""
    if str(value) in words.LABELS:
        return words.LABELS[str(value)]
    return clean_name(str(value).replace("_", " "), LABEL_LENGTH)


def plot_shares(finding: Finding, *, ax: Surface | None = None) -> Axes:
    """Draw the parts of a whole as bars, with a line where a reference is known.

    Parameters
    ----------
    finding : Finding
        Its ``table`` holds a label (first column), ``value`` (share, 0..1) and perhaps
        ``reference``.
    ax : Axes or Figure, optional
        Where to draw.

    Returns
    -------
    Axes
    """
    table = finding.table
    rows = labelled(table)
    reference = table["reference"] if "reference" in table else [math.nan] * len(rows)
    with canvas.canvas(ax, 26 * len(rows) + 12) as axes:
        axes.barh(range(len(rows)), [value for _, value in rows], height=0.6, color=ACCENT)
        for y, ((label, value), expected) in enumerate(zip(rows, reference, strict=True)):
            canvas.row(axes, y, label, words.SINGLES["share"](value=value))
            if math.isfinite(expected):
                axes.plot([expected] * 2, [y - 0.4, y + 0.4], color=INK, lw=2)
        canvas.window(axes, 0, max([value for _, value in rows] + [0.01]), 0.42, 0.88)
        axes.set_ylim(len(rows) - 0.3, -0.7)
    return axes


def plot_bridge(finding: Finding, *, ax: Surface | None = None) -> Axes:
    """Draw parts that add up exactly from one total to the next.

    Parameters
    ----------
    finding : Finding
        Its ``table`` holds a label (first column), ``value`` (money) and ``kind``: ``total`` for
        the first and last row, ``part`` for those between.
    ax : Axes or Figure, optional
        Where to draw.

    Returns
    -------
    Axes
    """
    table = finding.table
    rows, totals = labelled(table), list(table["kind"] == "total")
    starts = _starts([v for _, v in rows], totals)
    edges = [x for (_, v), s in zip(rows, starts, strict=True) for x in (s, s + v)]
    parts = [x for x, t in zip(zip(edges[::2], edges[1::2], strict=True), totals, strict=True) if t]
    floor = _floor(edges, [p[1] for p in parts])
    with canvas.canvas(ax, 28 * len(rows) + 12) as axes:
        for y, ((label, value), start, total) in enumerate(zip(rows, starts, totals, strict=True)):
            colour = SOFT if total else POSITIVE if value >= 0 else NEGATIVE
            spoken = words.SINGLES["amount" if total else "money"](value=value)
            canvas.row(axes, y, label, spoken, INK if total else colour)
            begin = floor if total else start
            axes.barh(y, start + value - begin, left=begin, height=0.62, color=colour)
            if y + 1 < len(rows):
                axes.plot([start + value] * 2, [y + 0.31, y + 0.69], color=SOFT, lw=1)
        canvas.window(axes, floor, max(edges), 0.42, 0.8)
        axes.set_ylim(len(rows) - 0.3, -0.7)
    return axes


def _starts(values: list[float], totals: list[bool]) -> list[float]:
    """Return where each bar begins: totals at zero, parts where the one before ended."""
    starts, at = [], 0.0
    for value, total in zip(values, totals, strict=True):
        starts.append(0.0 if total else at)
        at = value if total else at + value
    return starts


def _floor(edges: list[float], totals: list[float]) -> float:
    """Return where the axis begins: cut off below when the parts would be too small to see."""
    inner = [x for x in edges if x != 0]
    low, high = min(inner, default=0), max(inner, default=1)
    return low - 0.6 * (high - low) if totals and 0 < high - low < 0.4 * low else min(0.0, low)


def plot_attainment(finding: Finding, *, ax: Surface | None = None) -> Axes:
    """Draw results against plan, one bar a period, the plan as a line.

    Parameters
    ----------
    finding : Finding
        Its ``table`` holds a period (first column), ``won`` and ``quota`` (money).
    ax : Axes or Figure, optional
        Where to draw.

    Returns
    -------
    Axes
    """
    table = finding.table
    rows, colours = attainments(table), []
    with canvas.canvas(ax, 26 * len(rows) + 12) as axes:
        for y, (label, share) in enumerate(rows):
            canvas.row(axes, y, label, words.SINGLES["share"](value=share))
            colours.append(ACCENT if share >= 1 else NEGATIVE)
        axes.barh(range(len(rows)), [share for _, share in rows], height=0.6, color=colours)
        axes.axvline(1, color=INK, lw=2)
        canvas.window(axes, 0, max([1.05] + [share for _, share in rows]), 0.3, 0.86)
        axes.set_ylim(len(rows) - 0.3, -0.7)
    return axes


def attainments(table: pd.DataFrame) -> list[tuple[str, float]]:
    """Return period and won over quota, one a row; a period without quota is left out."""
    known = table.loc[table["quota"] > 0]
    name = "quarter" if table.columns[0] == "quarter" else "month"
    return [
        (str(_period(period, name)), float(won / quota))
        for period, won, quota in zip(known.iloc[:, 0], known["won"], known["quota"], strict=True)
    ]


def _period(value: object, name: str) -> object:
    if isinstance(value, pd.Timestamp):
        return words.SINGLES[name](value=value)
    return _label(value)


PLOTS: dict[frozenset[str], Callable[..., Axes]] = {
    frozenset(CURVE): plot_curve,
    frozenset({"value", "kind"}): plot_bridge,
    frozenset({"won", "quota"}): plot_attainment,
}
"""Drawings by the columns that a finding's table must hold, tried in this order."""


def kind(finding: Finding) -> Callable[..., Axes] | None:
    """Return the function that draws a finding, None where there is nothing to draw."""
    table = finding.table
    if stands_apart(finding):
        return plot_interval
    if not table.empty:
        for columns, function in PLOTS.items():
            if columns <= set(table.columns) and (function is not plot_curve or has_curve(finding)):
                return function
        if "value" in table and _unit(finding) == "share" and finding.estimate is not None:
            return plot_shares
    known = finding.estimate is not None and math.isfinite(finding.estimate.low)
    return plot_interval if known else None


def plot(finding: Finding, *, ax: Surface | None = None) -> Axes:
    """Draw a finding in the way that fits what it holds.

    Parameters
    ----------
    finding : Finding
    ax : Axes or Figure, optional
        Where to draw; a new pyplot figure by default.

    Returns
    -------
    Axes
        Where there is nothing to draw, bare ones that say why.
    """
    return (kind(finding) or plot_reason)(finding, ax=ax)


def plot_reason(finding: Finding, *, ax: Surface | None = None) -> Axes:
    """Write down why there is nothing to draw of a finding.

    Parameters
    ----------
    finding : Finding
    ax : Axes or Figure, optional
        Where to write.

    Returns
    -------
    Axes
    """
    reason = words.NO_RANGE() if finding.verdict == "measured" else finding.reason
    entry = ENTRY.get(finding.claim)
    head = fill(str(entry.title) if entry else finding.claim, NOTE_WIDTH)
    said = fill(str(words.NOTHING_TO_DRAW(reason=reason)), NOTE_WIDTH)
    lines = f"{head}\n{said}".count("\n") + 1
    with canvas.canvas(ax, 17 * lines + 12) as axes:
        for text, colour, y in ((head, INK, 1.0), (said, SOFT, 1 - (head.count("\n") + 1) / lines)):
            canvas.write(axes, 0, y, text, color=colour, va="top", transform=axes.transAxes)
    return axes
