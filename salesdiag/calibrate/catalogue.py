"""All rows of the experiment: companies of both generators, and how many of each are counted."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from salesdiag.calibrate.cells import CELLS as MONTHS
from salesdiag.calibrate.cells import Cell
from salesdiag.calibrate.subjects import OfMonths, OfWeeks, Subject
from salesdiag.calibrate.weeks import FIELD_CELLS, FieldCell

CELLS: Mapping[str, Cell | FieldCell] = MappingProxyType({**MONTHS, **FIELD_CELLS})
"""Rows by name."""

BOUNDED = 1000
OTHERS = 300
COUNTED: Mapping[str, int] = MappingProxyType(
    dict.fromkeys([name for name in MONTHS if name.startswith("W")], BOUNDED)
    | dict.fromkeys(
        (
            "null", "zero-inflated", "invoice-lag", "huge-team", "few-switches", "unbalanced",
            "promotions", "heaped-logs", "planted-W2", "planted-demo", "margin-W2",
            "margin-heaped", "unequal",
        ),
        OTHERS,
    )
    | dict.fromkeys(
        (
            "leaving", "leaving-demo", "leaving-point", "review", "review-dip", "review-planted",
            "behaviours", "behaviours-halo", "behaviours-one",
        ),
        OTHERS,
    )
    | {name: cell.companies for name, cell in FIELD_CELLS.items()}
)  # fmt: skip
"""Companies of each kind in a full count. What is not here answers no question that a kind of the
second generator does not answer: shocks of regions, heavy tails, hidden reactions, harm."""


def subject(name: str, seed: int) -> Subject:
    """Make one company of a kind."""
    cell = CELLS[name]
    return OfMonths(cell, seed) if isinstance(cell, Cell) else OfWeeks(cell, seed)
