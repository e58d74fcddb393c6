"""Limits that declarations must keep."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

from salesdiag.text import demo as words


def finite(of: Any) -> None:
    """Refuse numbers of a declaration that are not finite.

    Raises
    ------
    ValueError
        One is not.
    """
    for field in fields(of):
        value = getattr(of, field.name)
        for number in value if isinstance(value, tuple) else (value,):
            if not isinstance(number, str) and not math.isfinite(number):
                raise ValueError(f"{field.name} must be finite, not {number}")


def within(of: Any, low: float, high: float, *names: str) -> None:
    """Refuse fields of a declaration that lie outside ``low`` to ``high``.

    Raises
    ------
    ValueError
        One does.
    """
    for name in names:
        value = getattr(of, name)
        if not low <= value <= high:
            raise ValueError(f"{name} must lie within {low} and {high}, not {value}")


def whole_number(name: str, value: object, low: int, high: int) -> int:
    """Return a whole number that lies within its limits.

    Raises
    ------
    ValueError
        It does not, or is not one.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(str(words.WRONG_SIZE(name=name, low=low, high=high, value=str(value))))
    return value
