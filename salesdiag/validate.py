"""Raw tables to canonical ones: typed, checked, every problem told at once.

A row that cannot be used is left out under its first cause; a value that cannot be used, in a
column that may be empty, is blanked. Afterwards these hold, so that nobody downstream needs to ask:
columns and dtypes are the contract's; required cells are filled; keys are unique; what refers to
another table is found there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from salesdiag import restate
from salesdiag.errors import Problem, Severity, as_frame
from salesdiag.ingest import Raw, cells, large, rows
from salesdiag.ingest.log import Causes, Log
from salesdiag.ingest.read import near
from salesdiag.schema import CORE, RANGES, REVENUE, TABLE, Column, Table, order
from salesdiag.settings import Reading, Settings
from salesdiag.text import data as words

SUMMARISED = frozenset({"wrong_type", "time_cut", "stripped", "moved"})
"""Faults told once for a column: its rows are alike."""


@dataclass(frozen=True, kw_only=True)
class Validated:
    """Canonical tables, and what stood against them.

    Attributes
    ----------
    tables : mapping
        Frames with all columns of the contract, in its order and dtypes; without empty tables.
    problems : pandas.DataFrame
        As :func:`salesdiag.errors.as_frame` describes.
    dropped : pandas.DataFrame
        Columns ``table``, ``cause``, ``rows``: rows left out, each counted once.
    at : mapping
        By table, the row in the file of each of its rows.
    """

    tables: Mapping[str, pd.DataFrame]
    problems: pd.DataFrame
    dropped: pd.DataFrame
    at: Mapping[str, pd.Index] = field(default_factory=dict)


def validate(raw: Raw, settings: Settings) -> Validated:
    """Check a company's tables against the contract and bring them into its form.

    Parameters
    ----------
    raw : Raw
        Tables as they stand.
    settings : Settings
        ``settings.reading`` says how text is to be read.

    Returns
    -------
    Validated
        Never raises for what stands in the data: problems of severity ``error`` say that the
        company cannot be used.
    """
    log = Log(problems=list(raw.problems))
    declared = raw.settings_raw.get("reading")
    told = isinstance(declared, dict) and bool({"decimal", "thousands"} & set(declared))
    reading = _reading(settings.reading, log)
    for table, count in raw.left_out.items():
        log.table = table
        log.drop(words.FAULTS["ragged"].problem(), count)
    _presence(raw, log)
    done: dict[str, pd.DataFrame] = {}
    for name in order([*raw.tables, *raw.large]):
        log.table = name
        frame = (
            _table(raw.tables[name], TABLE[name], reading, told, done, log)
            if name in raw.tables
            else _large(raw, TABLE[name], reading, told, done, log)
        )
        if frame is not None and len(frame):
            done[name] = frame
    done = restate.shares(restate.money(done, settings.currency, log), log)
    counts = [(t, cause, n) for (t, cause), n in log.dropped.items()]
    return Validated(
        tables={name: frame.reset_index(drop=True) for name, frame in done.items()},
        at={name: frame.index for name, frame in done.items()},
        problems=as_frame(_by_weight(log.problems)),
        dropped=pd.DataFrame(
            {
                "table": pd.Series([c[0] for c in counts], dtype="str"),
                "cause": pd.Series([c[1] for c in counts], dtype="str"),
                "rows": pd.Series([c[2] for c in counts], dtype="int64"),
            }
        ),
    )


def _by_weight(problems: Sequence[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda p: ("error", "dropped", "note").index(p.severity))


def _reading(reading: Reading, log: Log) -> Reading:
    """Return a reading that can be used; what is wrong with the declared one is told."""
    default = Reading()
    for name, good in {
        "decimal": reading.decimal in (".", ","),
        "thousands": reading.thousands in ("", ".", ",", "'", "’", " ", "\u00a0", "\u202f")
        and reading.thousands != reading.decimal,
        "date_format": reading.date_format == "ISO8601"
        or all(any(f in str(reading.date_format) for f in part) for part in _DATE_PARTS),
        "time_zone": reading.time_zone is None or _is_zone(reading.time_zone),
        "quarter_dates": reading.quarter_dates in (None, "start", "before", "end"),
        "delimiter": isinstance(reading.delimiter, str) and len(reading.delimiter.encode()) == 1,
    }.items():
        if not good:
            log.problems.append(
                Problem(
                    table="company.toml",
                    column=f"reading.{name}",
                    value=str(getattr(reading, name)),
                    problem=words.WRONG_READING(setting=name, value=getattr(reading, name)),
                    remedy=words.READING_HINTS[name](),
                    severity="error",
                    rows=0,
                )
            )
            reading = replace(reading, **{name: getattr(default, name)})
    return reading


_DATE_PARTS = (("%d",), ("%m", "%b", "%B"), ("%Y", "%y"))


def _is_zone(name: object) -> bool:
    try:
        ZoneInfo(str(name))
    except (KeyError, ValueError, OSError):  # unknown, malformed, or the name of a folder
        return False
    return True


def _presence(raw: Raw, log: Log) -> None:
    failed = {p.table for p in raw.problems if p.severity == "error"}
    there = set(raw.tables) | failed
    for name in CORE:
        log.table = name
        if name not in there:
            log.whole("no_table", "error", 0, row=TABLE[name].row)
        elif name in raw.tables and raw.tables[name].empty:
            log.whole("no_rows", "error", 0)
    if not there & set(REVENUE):
        log.table = "orders"
        log.whole("no_revenue", "note", 0)


def _table(
    raw: pd.DataFrame,
    table: Table,
    reading: Reading,
    told: bool,
    done: Mapping[str, pd.DataFrame],
    log: Log,
) -> pd.DataFrame | None:
    """Return one canonical table, indexed by file row; None where it cannot be used."""
    essential = table.name in (*CORE, *REVENUE)
    if not _columns(raw.columns, len(raw), table, essential, log):
        return None
    causes = Causes(raw.index)
    frame = pd.DataFrame(index=raw.index)
    for column in table.columns:
        frame[column.name] = _column(raw, table, column, reading, told, causes, log)
    for column in table.columns:
        if column.refers_to:
            frame[column.name] = rows.references(frame, table, column, done, causes, log)
    frame = rows.ordered(frame, table, causes, log)
    if table.name == "opportunities":
        frame = rows.closings(frame, causes, log)
    frame = restate.periods(frame, table, reading, causes, log)
    frame = rows.unique(causes.apply(frame, log), table, log)
    if table.name == "time_log":
        frame = restate.weekly(frame, log)
    if table.name == "assignments":
        rows.overlaps(frame, "rep", "person_id", "team_id", "two_teams", log)
        rows.overlaps(frame, "manager", "team_id", "person_id", "two_managers", log)
    lost = len(raw) - len(frame)
    if essential and 2 * lost > len(raw):
        log.whole("budget", "error", lost, lost=lost, total=len(raw))
    return frame


def _large(
    raw: Raw,
    table: Table,
    reading: Reading,
    told: bool,
    done: Mapping[str, pd.DataFrame],
    log: Log,
) -> pd.DataFrame | None:
    """Return a canonical table that was never in memory as a whole."""

    def check(some: pd.DataFrame, log: Log) -> pd.DataFrame | None:
        return _table(some, table, reading, told, done, log)

    parts = raw.large[table.name]
    if not _columns(parts.schema.names, parts.rows, table, False, log):
        return None
    cache = None if reading.cache is None else Path(raw.source) / reading.cache
    return large.condense(parts, done, log, check, cache=cache, context=(reading, told))


def _columns(
    columns: Iterable[object], count: int, table: Table, essential: bool, log: Log
) -> bool:
    """Tell of unknown and missing columns; return whether the table can be used."""
    names = [str(c) for c in columns]
    missing = [c for c in table.required if c not in names]
    open_names = [c.name for c in table.columns if c.name not in names]
    marks = [m for m in (";", "\t", "|") if len(names) == 1 and m in names[0]]
    if marks:
        shown = "\\t" if marks[0] == "\t" else marks[0]
        log.whole("delimiter", "error", count, column=names[0], mark=shown)
        return False
    for name in (n for n in names if n not in table):
        log.whole("unknown_column", "note", count, column=name, allowed=near(name, open_names))
    severity: Severity = "error" if essential else "dropped"
    for name in missing:
        log.whole("no_column", severity, count, column=name, present=names)
    if missing and count:
        log.drop(words.FAULTS["no_column"].problem(column=missing[0]), count)
    return not missing


def _column(
    raw: pd.DataFrame,
    table: Table,
    column: Column,
    reading: Reading,
    told: bool,
    causes: Causes,
    log: Log,
) -> pd.Series:
    """Return one canonical column; tell its faults, leave out rows where it must be filled."""
    if column.name not in raw:
        return cells.nothing(raw.index, column)
    stored = raw[column.name]
    parsed = cells.parse(stored, column, reading, told)
    faults = dict(parsed.faults)
    values = parsed.values
    low, high = RANGES.get(column.kind, (0, 0))
    about = {
        "allowed": column.choices,
        "low": low,
        "high": high,
        "decimal": reading.decimal,
        "thousands": reading.thousands,
        "format": reading.date_format,
        "found": words.KINDS[cells.kind_of(stored)](),
        "kind": words.KINDS.get(column.kind, words.KINDS["number"])(),
    }
    # an end that cannot be read must not be taken for "still"
    needed = column.filled or any(
        end == column.name and table[start].filled for start, end in table.ordered
    )
    for fault, mask in faults.items():
        blanked = not needed or (fault == "date_late" and not column.filled)
        severity: Severity = "note" if blanked or fault in cells.KEPT else "dropped"
        if not mask.any():
            continue
        if fault in SUMMARISED:
            log.whole(fault, severity, int(mask.sum()), column=column.name, **about)
        else:
            log.rows(fault, severity, stored[mask], column=column.name, **about)
        if severity == "dropped":
            causes.add(mask, words.FAULTS[fault].problem(column=column.name, **about))
    told_of = np.logical_or.reduce(
        [m for f, m in faults.items() if f not in cells.KEPT] or [np.zeros(len(raw), bool)]
    )
    empty = values.isna().to_numpy() & ~told_of
    if column.filled and empty.any():
        causes.add(empty, log.rows("empty", "dropped", stored[empty], column=column.name))
    return values
