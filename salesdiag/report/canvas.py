"""The ground that drawings stand on: house style, bare axes, words that are never formulas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

WIDTH = 380
"""Units; a drawing is as wide as a telephone, so that its text of 12 stays readable."""
INK, SOFT, LINE, PAPER = "#1c2430", "#5b6675", "#d9dee5", "#ffffff"
ACCENT, POSITIVE, NEGATIVE = "#0b6e8f", "#2f7d5b", "#b4532a"
COLOURS = {
    INK: "ink", SOFT: "soft", LINE: "line", PAPER: "paper",
    ACCENT: "accent", POSITIVE: "pos", NEGATIVE: "neg",
}  # fmt: skip
"""Colours of the theme and the style sheet's variables that take their place on a page."""

STYLE: dict[Any, object] = {
    "font.size": 12,
    "text.color": INK,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": SOFT,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "svg.fonttype": "none",
}


@contextmanager
def canvas(ax: Axes | Figure | None, height: float, foot: float = 0) -> Iterator[Axes]:
    """Yield bare axes in the house style; ``height`` and the margin ``foot`` in units."""
    with mpl.rc_context(STYLE):
        if not isinstance(ax, Axes):
            figure = plt.figure(dpi=144) if ax is None else ax
            figure.set_size_inches(WIDTH / 72, height / 72)
            ax = figure.add_axes((0, foot / height, 1, 1 - foot / height))
        ax.spines[:].set_visible(False)
        ax.tick_params(length=0)
        ax.set_xticks([])
        ax.set_yticks([])
        yield ax


def write(ax: Axes, x: float, y: float, text: object, **style: object) -> Text:
    """Write words that may come from data: never read as a formula."""
    return ax.text(x, y, str(text), parse_math=False, **style)  # type: ignore[arg-type]


def window(ax: Axes, low: float, high: float, left: float, right: float) -> None:
    """Set the x range so that ``low..high`` fills the part ``left..right`` of the width."""
    span = (high - low or 1) / (right - left)
    ax.set_xlim(low - left * span, high + (1 - right) * span)


def ticks(ax: Axes, low: float, high: float, say: Callable[[float], object]) -> None:
    """Mark up to five round values of a range on the x axis, told by a function."""
    steps = mpl.ticker.MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    shown = [x for x in steps if low <= x <= high]
    ax.set_xticks(shown, [str(say(x)) for x in shown])
    ax.spines["bottom"].set_visible(True)


def beside(ax: Axes) -> mpl.transforms.Transform:
    """Return the transform of x in parts of the width and y in rows."""
    return ax.get_yaxis_transform()


def row(ax: Axes, y: float, label: object, value: object, colour: str = INK) -> None:
    """Write a row's label on the left and its value on the right."""
    write(ax, 0, y, label, va="center", transform=beside(ax))
    write(ax, 1, y, value, va="center", ha="right", color=colour, transform=beside(ax))
