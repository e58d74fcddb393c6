"""What is wrong with data: as rows of a table, and as the exception that stops a run."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from salesdiag.text import Message
from salesdiag.text import data as words

Severity = Literal["error", "dropped", "note"]
LISTED = 20
"""Rows named one by one for each kind of problem; the rest are counted in one line."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing wrong with the data.

    Attributes
    ----------
    table : str
        Table, or file where it is none of the contract's.
    column : str or None
    row : int or None
        Row in the file as a spreadsheet counts it; None where the whole table is meant.
    value : str or None
        What stands there.
    problem, remedy : Message
        What is wrong, and what to do.
    severity : str
        ``error``: the company cannot be used; ``dropped``: rows are left out; ``note``: for
        information, or a value was blanked.
    rows : int
        Rows that have the problem.
    """

    table: str
    problem: Message
    remedy: Message
    severity: Severity
    column: str | None = None
    row: int | None = None
    value: str | None = None
    rows: int = 1


class Refusal(ValueError):  # noqa: N818 -- users read the name
    """What was asked for cannot be done; the message says why, and what to do.

    Notebooks show the message alone, as whoever reads it has made no mistake in Python;
    ``SALESDIAG_DEBUG=1`` shows where it came from.
    """

    def __init__(self, message: Message | str):
        super().__init__(str(message))

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows."""
        if os.environ.get("SALESDIAG_DEBUG"):
            return "".join(traceback.format_exception(self)).splitlines()
        return [str(self)]


class DataError(Refusal):
    """The data cannot be used; the message says why, where and what to do.

    Attributes
    ----------
    problems : pandas.DataFrame
        As :func:`salesdiag.company.check` gives them; empty where the source could not be read.
    """

    def __init__(self, message: Message | str, problems: pd.DataFrame | None = None):
        super().__init__(message)
        self.problems = as_frame(()) if problems is None else problems


def listed(
    rows: Sequence[int], values: Sequence[Any], *, problem: Message, **what: Any
) -> list[Problem]:
    """Return one problem per row, after :data:`LISTED` of them one that counts the others.

    Parameters
    ----------
    rows : sequence of int
        Row numbers in the file.
    values : sequence
        What stands in each; missing values are allowed.
    problem, **what
        As for :class:`Problem`.
    """
    shown = [
        Problem(row=int(r), value=None if pd.isna(v) else str(v), problem=problem, **what)
        for r, v in zip(rows[:LISTED], values[:LISTED], strict=True)
    ]
    more = len(rows) - len(shown)
    if more:
        shown.append(Problem(rows=more, problem=words.MORE(count=more, problem=problem), **what))
    return shown


def as_frame(problems: Iterable[Problem]) -> pd.DataFrame:
    """Return problems as a table, in the language in force.

    Returns
    -------
    pandas.DataFrame
        Columns ``table``, ``column``, ``row`` (missing for whole tables), ``value``, ``problem``,
        ``remedy``, ``severity``, ``rows``.
    """
    found = list(problems)
    text = {
        "table": [p.table for p in found],
        "column": [p.column for p in found],
        "value": [p.value for p in found],
        "problem": [str(p.problem) for p in found],
        "remedy": [str(p.remedy) for p in found],
        "severity": [p.severity for p in found],
    }
    frame = pd.DataFrame({k: pd.Series(v, dtype="str") for k, v in text.items()})
    frame.insert(2, "row", pd.Series([p.row for p in found], dtype="Int64"))
    frame["rows"] = pd.Series([p.rows for p in found], dtype="int64")
    return frame


def lines(problems: pd.DataFrame) -> list[str]:
    """Return why data cannot be used: errors, then rows left out of the tables that have some.

    Parameters
    ----------
    problems : pandas.DataFrame
        As :func:`as_frame` gives them.
    """
    wrong = problems["severity"] == "error"
    rows = (problems["severity"] == "dropped") & problems["table"].isin(problems["table"][wrong])
    found = [*problems[wrong].to_dict("records"), *problems[rows].to_dict("records")]
    return [line(p) for p in found]


def line(problem: dict[Any, Any]) -> str:
    """Return one row of :func:`as_frame` as a sentence that says where it is."""
    if pd.isna(problem["column"]):
        return str(words.AT_TABLE(**problem))
    template = words.AT_COLUMN if pd.isna(problem["row"]) else words.AT_ROW
    return str(template(**problem))
