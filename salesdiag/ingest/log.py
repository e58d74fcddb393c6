"""What validation finds, as it goes: problems told, rows left out and counted by cause."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from salesdiag.errors import LISTED, Problem, Severity, listed
from salesdiag.ingest.losses import Sold
from salesdiag.text import Message
from salesdiag.text import data as words


@dataclass
class Log:
    """Collects what is found; ``table`` is the one being checked.

    ``sales`` holds, by table of revenue, those rows that are used and those that are not.
    """

    table: str = ""
    problems: list[Problem] = field(default_factory=list)
    dropped: dict[tuple[str, str], int] = field(default_factory=dict)
    sales: dict[str, Sold] = field(default_factory=dict)

    def whole(
        self, fault: str, severity: Severity, rows: int, column: str | None = None, **values: Any
    ) -> None:
        """Tell of the whole table or column."""
        kind = words.FAULTS[fault]
        told = {"column": column, **values}
        self.problems.append(
            Problem(
                table=self.table,
                column=column,
                problem=kind.problem(**told),
                remedy=kind.remedy(**told),
                severity=severity,
                rows=rows,
            )
        )

    def rows(
        self,
        fault: str,
        severity: Severity,
        at: pd.Series,
        column: str | None = None,
        **values: Any,
    ) -> Message:
        """Tell of the rows that are ``at``'s index; its values are what stands there."""
        kind = words.FAULTS[fault]
        told = {"column": column, **values}
        cause = kind.problem(**told)
        self.problems += listed(
            list(at.index),
            list(at),
            table=self.table,
            column=column,
            problem=cause,
            remedy=kind.remedy(**told),
            severity=severity,
        )
        return cause

    def drop(self, cause: Message, rows: int) -> None:
        """Count rows left out."""
        key = (self.table, str(cause))
        self.dropped[key] = self.dropped.get(key, 0) + rows


@dataclass
class Tally(Log):
    """Collects what is found in a table that is checked some rows at a time, in any order.

    What it tells does not depend on the order.
    """

    wholes: dict[tuple[str, Severity, str | None], tuple[int, dict[str, Any]]] = field(
        default_factory=dict
    )
    listed: dict[tuple[str, Severity, str | None], _Listed] = field(default_factory=dict)

    def whole(
        self, fault: str, severity: Severity, rows: int, column: str | None = None, **values: Any
    ) -> None:
        """Count rows of a fault that is told once."""
        before, _ = self.wholes.get((fault, severity, column), (0, {}))
        self.wholes[fault, severity, column] = (before + rows, values)

    def rows(
        self,
        fault: str,
        severity: Severity,
        at: pd.Series,
        column: str | None = None,
        **values: Any,
    ) -> Message:
        """Count rows, and keep the first of them in the file."""
        found = self.listed.setdefault((fault, severity, column), _Listed(values))
        both = pd.concat([found.first, at.sort_index()[:LISTED].astype(object)])
        found.first = both.sort_index()[:LISTED]
        found.count += len(at)
        return words.FAULTS[fault].problem(column=column, **values)

    def tell(self, log: Log) -> None:
        """Tell all of it to another log."""
        place = list(words.FAULTS).index

        def order(key: tuple[str, Severity, str | None]) -> tuple[str, int]:
            return key[2] or "", place(key[0])

        for fault, severity, column in sorted(self.wholes, key=order):
            rows, values = self.wholes[fault, severity, column]
            log.whole(fault, severity, rows, column, **values)
        for fault, severity, column in sorted(self.listed, key=order):
            found = self.listed[fault, severity, column]
            cause = log.rows(fault, severity, found.first, column, **found.values)
            more = found.count - len(found.first)
            if more:
                last = log.problems[-1]
                problem = words.MORE(count=more, problem=cause)
                log.problems.append(replace(last, row=None, value=None, rows=more, problem=problem))
        for (_, cause_said), rows in sorted(self.dropped.items()):
            log.dropped[log.table, cause_said] = log.dropped.get((log.table, cause_said), 0) + rows

    def to_json(self) -> str:
        """Return all of it as text, sentences in the language in force."""
        return json.dumps(
            {
                "table": self.table,
                "wholes": [[*key, n, values] for key, (n, values) in self.wholes.items()],
                "listed": [
                    [*key, found.values, list(found.first.index), list(map(_said, found.first)),
                     found.count]
                    for key, found in self.listed.items()
                ],
                "dropped": [[*key, n] for key, n in self.dropped.items()],
            },
            default=str,
        )  # fmt: skip

    @classmethod
    def from_json(cls, text: str) -> Tally:
        """Return what :meth:`to_json` wrote."""
        told = json.loads(text)
        tally = cls(table=told["table"])
        for fault, severity, column, n, values in told["wholes"]:
            tally.wholes[fault, severity, column] = (n, values)
        for fault, severity, column, values, at, cells, count in told["listed"]:
            first = pd.Series(cells, index=at, dtype=object)
            tally.listed[fault, severity, column] = _Listed(values, first, count)
        tally.dropped = {(table, cause): n for table, cause, n in told["dropped"]}
        return tally


def _said(value: Any) -> str | None:
    return None if pd.isna(value) else str(value)


@dataclass
class _Listed:
    values: dict[str, Any]
    first: pd.Series = field(default_factory=lambda: pd.Series([], dtype=object))
    count: int = 0


class Causes:
    """Why rows are left out: the first cause of each."""

    def __init__(self, index: pd.Index):
        self.of_row = np.zeros(len(index), dtype="int64")
        self.messages: list[Message] = []

    def add(self, mask: np.ndarray, cause: Message) -> None:
        """Leave out the rows of a mask, unless they are left out already."""
        self.messages.append(cause)
        self.of_row[mask & (self.of_row == 0)] = len(self.messages)

    def apply(self, frame: pd.DataFrame, log: Log) -> pd.DataFrame:
        """Return the rows without a cause and count the others."""
        for number, message in enumerate(self.messages, start=1):
            rows = int((self.of_row == number).sum())
            if rows:
                log.drop(message, rows)
        return frame[self.of_row == 0]
