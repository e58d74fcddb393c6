"""Drawings on a page: inline SVG whose text is text and whose colours are the page's."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Sequence
from xml.etree import ElementTree

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from salesdiag.finding import Finding
from salesdiag.report import canvas, figures, units
from salesdiag.text import Message
from salesdiag.text import pages as words

XLINK = "{http://www.w3.org/1999/xlink}href"


def alt(finding: Finding) -> Message | None:
    """Return what a finding's drawing shows, as a sentence made from its numbers."""
    function = figures.kind(finding)
    if function is figures.plot_curve:
        return _alt_curve(finding)
    if function is figures.plot_interval:
        rows = [(label, units.spoken(i)) for label, i, _ in figures.intervals(finding)]
        return words.ALT_INTERVAL(lines=_lines(rows))
    if function is None:
        return None
    if function is figures.plot_attainment:
        shares = figures.attainments(finding.table)
        return words.ALT_ATTAINMENT(
            lines=_lines([(x, words.SINGLES["share"](value=v)) for x, v in shares])
        )
    template, term = {
        figures.plot_shares: (words.ALT_SHARES, "share"),
        figures.plot_bridge: (words.ALT_BRIDGE, "money"),
    }[function]
    parts = [(x, words.SINGLES[term](value=v)) for x, v in figures.labelled(finding.table)]
    return template(lines=_lines(parts))


def _lines(rows: Sequence[tuple[object, Message]]) -> list[Message]:
    return [words.ALT_LINE(label=label, value=value) for label, value in rows]


def _alt_curve(finding: Finding) -> Message:
    table = finding.table.dropna(subset=["dose", "value"]).sort_values("dose")
    unit = finding.estimate.unit if finding.estimate else "log_points"
    points = [
        words.ALT_DOSE(dose=dose, value=units.one(value, unit))
        for dose, value in zip(figures.doses(table), table["value"], strict=True)
    ]
    return words.ALT_CURVE(points=points, n=table["n"].sum())


def drawing(finding: Finding, name: str, draw: Callable[..., Axes] | None = None) -> Markup:
    """Return a finding's drawing as inline SVG, empty where there is nothing to draw.

    Parameters
    ----------
    finding : Finding
    name : str
        Unique on the page; ids inside the drawing begin with it.
    draw : callable, optional
        Draws instead of the function that fits the finding.
    """
    text = alt(finding)
    if text is None:
        return Markup()
    figure = Figure()
    (draw or figures.plot)(finding, ax=figure)
    return inline(figure, name, str(text))


def inline(figure: Figure, name: str, label: str) -> Markup:
    """Return a figure as SVG to stand inside a page.

    Parameters
    ----------
    figure : Figure
        Drawn with the colours of :data:`salesdiag.report.canvas.COLOURS`.
    name : str
        Unique on the page.
    label : str
        What the drawing shows, for those who do not see it.
    """
    raw = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}), warnings.catch_warnings():
        # The reader's fonts draw the text, so a glyph that ours lack is no loss.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(raw, format="svg", metadata={"Date": None}, transparent=True)
    root = ElementTree.fromstring(raw.getvalue())
    _clean(root, name)
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-label": label}
    root.set("stroke-linejoin", "round")
    return Markup(ElementTree.tostring(root, encoding="unicode", short_empty_elements=False))


def warm() -> None:
    """Draw once what every drawing is made of, so that fonts are known from here on."""
    figure = Figure()
    with canvas.canvas(figure, 60, foot=20) as axes:
        axes.plot([0, 1], [0, 1], "o-")
        axes.barh([0], [1])
        canvas.row(axes, 0, "Ab", "12")
        canvas.write(axes, 0, 0, "Ab", fontsize=figures.NOTE_SIZE)  # fonts are known by size
        canvas.ticks(axes, 0, 1, str)
    inline(figure, "warm", "")


def _clean(root: ElementTree.Element, name: str) -> None:
    """Take away name spaces, global styles and metadata; make ids the drawing's own."""
    for parent in list(root.iter()):
        for child in list(parent):
            if _tag(child) in {"metadata", "style"}:
                parent.remove(child)
    used = set(
        re.findall(r"#([\w-]+)", " ".join(v for e in root.iter() for v in e.attrib.values()))
    )
    for element in root.iter():
        element.tag = _tag(element)
        element.text = element.text if element.tag == "text" else None
        element.tail = None
        old = dict(element.attrib)
        element.attrib.clear()
        for key, value in old.items():
            _attribute(element, key, value, name, used)


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _attribute(
    element: ElementTree.Element, key: str, value: str, name: str, used: set[str]
) -> None:
    if key == "id":
        if value in used:
            element.set("id", f"{name}-{value}")
        return
    value = re.sub(r"url\(#", f"url(#{name}-", value)
    if key == XLINK:
        key, value = "href", f"#{name}-{value[1:]}"
    if key == "style":
        value = re.sub(r"font-family:[^;]*;", "", value)
    for colour, variable in canvas.COLOURS.items():
        value = value.replace(colour, f"var(--{variable},{colour})")
    element.set("style" if "var(" in value else key, _as_style(key, value))


def _as_style(key: str, value: str) -> str:
    return value if key == "style" or "var(" not in value else f"{key}: {value}"
