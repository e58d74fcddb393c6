"""How numbers with a unit are told to a reader: percent instead of log points, and so on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from salesdiag.finding import Interval, growth
from salesdiag.text import Message
from salesdiag.text import pages as words


def _same(x: float) -> float:
    return x


def _points(x: float) -> float:
    return 100 * x


READERS: Mapping[str, tuple[str, Callable[[float], float]]] = {
    "log_points": ("change", growth),
    "probability": ("points", _points),
    "log_hazard_ratio": ("times", math.exp),
    "sd": ("sd", _same),
    "share": ("share", _same),
    "money": ("money", _same),
    "months": ("months", _same),
    "ratio": ("number", _same),
}
"""For each unit of an estimate, the reader's term and how to get there."""


def term(unit: str) -> str:
    """Return the reader's term of a unit, a key of :data:`salesdiag.text.pages.RANGES`."""
    return READERS.get(unit, ("number", _same))[0]


def convert(value: float, unit: str) -> float:
    """Return a value in the reader's terms; NaN stays NaN.

    Examples
    --------
    >>> round(convert(0.011, "log_points"), 5)
    0.01106
    """
    return float(READERS.get(unit, ("number", _same))[1](float(value)))


def one(value: float, unit: str) -> Message:
    """Return a single value as words."""
    return words.SINGLES[term(unit)](value=convert(value, unit))


def size(value: float, unit: str) -> Message:
    """Return how large an effect is, either way, as words."""
    return words.SIZES.get(term(unit), words.SINGLES[term(unit)])(value=abs(convert(value, unit)))


def spoken(interval: Interval) -> Message:
    """Return an estimate with its range as words, without the range where it is unknown.

    Examples
    --------
    >>> str(spoken(Interval(value=0.01, low=0.004, high=0.016, unit="log_points")))
    '+1.0% (+0.4% to +1.6%)'
    """
    if not (math.isfinite(interval.low) and math.isfinite(interval.high)):
        return one(interval.value, interval.unit)
    value, low, high = (
        convert(x, interval.unit) for x in (interval.value, interval.low, interval.high)
    )
    return words.RANGES[term(interval.unit)](value=value, low=low, high=high)
