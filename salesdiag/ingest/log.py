"""What validation finds, as it goes: problems told, rows left out and counted by cause."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from salesdiag.errors import Problem, Severity, listed
from salesdiag.text import Message
from salesdiag.text import data as words


@dataclass
class Log:
    """Collects what is found; ``table`` is the one being checked."""

    table: str = ""
    problems: list[Problem] = field(default_factory=list)
    dropped: dict[tuple[str, str], int] = field(default_factory=dict)

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
