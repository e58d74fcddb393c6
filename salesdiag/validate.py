"""Raw tables to canonical ones: typed, checked, every problem told at once.

A row that cannot be used is left out under its first cause; a value that cannot be used, in a
column that may be empty, is blanked. Afterwards these hold, so that nobody downstream needs to ask:
columns and dtypes are the contract's; required cells are filled; keys are unique; what refers to
another table is found there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from salesdiag import restate
from salesdiag.errors import Problem, Severity, as_frame
from salesdiag.ingest import Raw, cells, large, rows
from salesdiag.ingest.dialect import Dialect, faulty
from salesdiag.ingest.log import Causes, Log
from salesdiag.ingest.losses import Losses, Sales, Sold, dropped_frame, sold
from salesdiag.ingest.read import near
from salesdiag.schema import CORE, RANGES, REVENUE, TABLE, Column, Table, order
from salesdiag.settings import Reading, Settings
from salesdiag.text import data as words

ASKED = {
    "orders": ("amount", "ordered_on"),
    "opportunities": ("amount", "created_on", "closed_on"),
    "quotas": ("amount", "period"),
    "rates": ("rate",),
}
"""Columns that sales and plans are counted from: what nobody may guess there stops a run."""

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
    losses : Losses
        What was not used, with what an import before could not use.
    """

    tables: Mapping[str, pd.DataFrame]
    problems: pd.DataFrame
    dropped: pd.DataFrame
    at: Mapping[str, pd.Index] = field(default_factory=dict)
    losses: Losses = field(default_factory=Losses)


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
            _table(raw.tables[name], TABLE[name], reading, told, done, log, _ragged(raw, name))
            if name in raw.tables
            else _large(raw, TABLE[name], reading, told, done, log)
        )
        if frame is not None and len(frame):
            done[name] = frame
    done = restate.shares(restate.money(done, settings.currency, log), log)
    losses = _losses(raw, settings, done, log)
    dropped = dropped_frame((t, cause, n) for (t, cause), n in log.dropped.items())
    problems = as_frame(log.problems)
    if raw.imported is not None:
        losses += raw.imported.losses
        dropped = _both(dropped, raw.imported.dropped)
        problems = _both(problems, raw.imported.problems)
    return Validated(
        tables={name: frame.reset_index(drop=True) for name, frame in done.items()},
        at={name: frame.index for name, frame in done.items()},
        problems=_by_weight(problems),
        dropped=dropped,
        losses=losses,
    )


def _both(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([f for f in (one, other) if len(f)] or [one], ignore_index=True)


def _by_weight(problems: pd.DataFrame) -> pd.DataFrame:
    weight = problems["severity"].map({"error": 0, "dropped": 1, "note": 2})
    return problems.loc[weight.sort_values(kind="stable").index].reset_index(drop=True)


def _ragged(raw: Raw, table: str) -> int:
    """Return how many rows of a table, or of the files it was made of, could not be read."""
    return sum(n for t, n in raw.left_out.items() if t == table or table in raw.feeds.get(t, ()))


def _losses(raw: Raw, settings: Settings, done: Mapping[str, pd.DataFrame], log: Log) -> Losses:
    """Return what was not used; sales are those of the table that revenue comes from."""
    source = settings.revenue_source or next((t for t in REVENUE if t in done), REVENUE[0])
    brought = (
        "orders" in raw.tables
        or bool(raw.left_out.get("orders"))
        or any(near(name, TABLE) == ["orders"] for name in raw.unread)  # orders_2025.csv
    )
    switched = brought and settings.revenue_source is None and source == "opportunities"
    if switched:
        log.table = "orders"
        log.whole("switched", "note", 0)
    seen = log.sales.get(source, Sold())
    ragged = _ragged(raw, source)
    return Losses(
        rows=sum(log.dropped.values()),
        total=sum(map(len, raw.tables.values()))
        + sum(p.rows for p in raw.large.values())
        + sum(raw.left_out.values()),
        used=seen.used,
        unused=seen.unused + Sales(rows=ragged, unread=ragged),
        blank=seen.blank,
        switched=switched,
        stayed=seen.stayed,
    )


def _reading(reading: Reading, log: Log) -> Reading:
    """Return a reading that can be used; what is wrong with the declared one is told."""
    default, wrong = Reading(), faulty(vars(reading))
    for name, good in {
        "decimal": reading.decimal in (".", ","),
        "thousands": reading.thousands in ("", ".", ",", "'", "’", " ", "\u00a0", "\u202f")
        and reading.thousands != reading.decimal,
        "date_format": reading.date_format == "ISO8601"
        or all(any(f in str(reading.date_format) for f in part) for part in _DATE_PARTS),
        "time_zone": reading.time_zone is None or _is_zone(reading.time_zone),
        "quarter_dates": reading.quarter_dates in (None, "start", "before", "end"),
        **{key: key not in wrong for key in ("delimiter", "encoding", "quote", "null")},
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
    for name, frame in raw.tables.items():
        if frame.empty and not _ragged(raw, name):
            log.table = name
            log.whole("no_rows", "error" if name in CORE else "note", 0)
    if not any(t in failed or len(raw.tables.get(t, ())) or _ragged(raw, t) for t in REVENUE):
        log.table = "orders"
        log.whole("no_revenue", "note", 0)


def _table(
    raw: pd.DataFrame,
    table: Table,
    reading: Reading,
    told: bool,
    done: Mapping[str, pd.DataFrame],
    log: Log,
    ragged: int = 0,
) -> pd.DataFrame | None:
    """Return one canonical table, indexed by file row; None where it cannot be used.

    ``ragged`` rows of the file are not in ``raw``: they do not fit the columns.
    """
    essential = table.name in (*CORE, *REVENUE)
    raw = rows.named(raw, table, Dialect.of({"null": reading.null}).null)
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
        frame = rows.closings(frame, rows.unread(raw, frame, "closed_on"), causes, log)
    frame = restate.periods(frame, table, reading, causes, log)
    whole, left = frame, causes.apply(frame, log)
    frame = rows.unique(left, table, log)
    if table.name in REVENUE:
        unread = rows.unread(raw, whole, "amount")
        log.sales[table.name] = sold(table.name, whole, left, frame, unread)
    if table.name == "time_log":
        frame = restate.weekly(frame, log)
    if table.name == "assignments":
        rows.overlaps(frame, "rep", "person_id", "team_id", "two_teams", log)
        rows.overlaps(frame, "manager", "team_id", "person_id", "two_managers", log)
    lost, total = len(raw) - len(frame) + ragged, len(raw) + ragged
    if essential and 2 * lost > total:
        log.whole("budget", "error", lost, lost=lost, total=total)
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
    low = [n.strip().casefold() for n in names]
    twice = [n for n, k in zip(names, low, strict=True) if low.count(k) > 1 and k in table]
    if twice:
        log.whole("same_column", "error" if essential else "dropped", count, column=twice[0])
        log.drop(words.FAULTS["same_column"].problem(column=twice[0]), count)
        return False
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
    needed = (
        column.filled
        or any(end == column.name and table[start].filled for start, end in table.ordered)
        or (table.name, column.name) == ("opportunities", "closed_on")
    )
    for fault, mask in faults.items():
        blanked = not needed or (fault == "date_late" and not column.filled)
        severity: Severity = "note" if blanked or fault in cells.KEPT else "dropped"
        if not mask.any():
            continue
        out = severity == "dropped"
        if fault in cells.QUESTIONS and column.name in ASKED.get(table.name, ()):
            severity = "error"
        if fault in SUMMARISED:
            log.whole(fault, severity, int(mask.sum()), column=column.name, **about)
        else:
            log.rows(fault, severity, stored[mask], column=column.name, **about)
        if out:
            causes.add(mask, words.FAULTS[fault].problem(column=column.name, **about))
    told_of = np.logical_or.reduce(
        [m for f, m in faults.items() if f not in cells.KEPT] or [np.zeros(len(raw), bool)]
    )
    empty = values.isna().to_numpy() & ~told_of
    if column.filled and empty.any():
        causes.add(empty, log.rows("empty", "dropped", stored[empty], column=column.name))
    return values
