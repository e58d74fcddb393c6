"""Foreign tables onto the contract, by a declaration: decide once, declare, convert.

A mapping is a TOML file. Every table of the contract that it fills is one query, written column
by column in DuckDB's SQL over the source files, of which every cell is text:

.. code-block:: toml

    [company]                       # becomes company.toml
    name = "Northwind"

    [sources.lines]                 # a file of the source folder
    file = "order_details.csv"      # or a list of files of the same columns
    delimiter = ","                 # these only where they differ: CSV in UTF-8 with a header,
    encoding = "utf-8"              # only empty cells missing, or what [company.reading] says
    quote = '"'
    columns = ["a", "b"]            # names for a file without a header
    null = ["NULL"]

    [views]                         # names for queries that several tables use
    staff = "SELECT ..."

    [tables.orders]
    from = "lines"
    join = "LEFT JOIN ..."          # may look things up, must not change the number of rows
    group_by = ["orderID"]          # rows that are added up
    [tables.orders.leave_out]       # by cause: rows that do not arrive
    "test orders" = "customerID = 'TEST'"
    [tables.orders.columns]
    order_id = "orderID"
    amount = "sum(unitPrice::DECIMAL(18, 4) * quantity::INT)"

The queries run in memory, without access to files or network. What the text in their answers means
is decided as for any other company: by ``[company.reading]``, or it is asked about.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from salesdiag import settings
from salesdiag.errors import DataError, Problem, as_frame, line, lines
from salesdiag.ingest import Raw, files
from salesdiag.ingest.forms import READ, form
from salesdiag.ingest.log import Log
from salesdiag.ingest.losses import Imported, Losses, dropped_frame
from salesdiag.mapping import plan as plans
from salesdiag.mapping import write as writing
from salesdiag.mapping.plan import shipped as shipped
from salesdiag.plausible import doubted
from salesdiag.schema import TABLE, order
from salesdiag.text import Message
from salesdiag.text import data as words
from salesdiag.validate import Validated, validate

ROW = "salesdiag_row"
"""Stands for the number of a row of a source among the columns of an answer."""


@dataclass(frozen=True, kw_only=True)
class Converted:
    """What an import did.

    Attributes
    ----------
    report : pandas.DataFrame
        ``table`` (source files, then tables of the contract), ``outcome``, ``rows``: what was
        read, added up, left out by cause, and arrived; rows of a file that is not used are not
        counted.
    problems : pandas.DataFrame
        As :func:`salesdiag.company.check` gives them.
    losses : Losses
    """

    report: pd.DataFrame
    problems: pd.DataFrame
    losses: Losses


@dataclass
class _Report:
    """Where rows went: source or table, outcome, rows."""

    lines: list[tuple[str, str, int | None]] = field(default_factory=list)

    def add(self, where: str, outcome: Message, rows: int | None) -> None:
        if rows != 0:
            self.lines.append((where, str(outcome), rows))

    def records(self) -> list[dict[str, Any]]:
        """Return the lines as plain values."""
        found: list[dict[str, Any]] = json.loads(self.frame().to_json(orient="records"))
        return found

    def frame(self) -> pd.DataFrame:
        where, outcome, rows = zip(*self.lines, strict=True) if self.lines else ((), (), ())
        return pd.DataFrame(
            {
                "table": pd.Series(where, dtype="str"),
                "outcome": pd.Series(outcome, dtype="str"),
                "rows": pd.Series(rows, dtype="Int64"),
            }
        )


def convert(
    source: str | Path,
    dest: str | Path,
    mapping: str | Path | None = None,
    *,
    force: bool = False,
    accept_losses: bool = False,
) -> Converted:
    """Convert foreign tables to a company: Parquet files and a ``company.toml``.

    The company is checked before it is kept and appears whole or not at all. What is not used is
    kept with it, see :class:`salesdiag.ingest.losses.Imported`. Converting again replaces what an
    earlier import wrote; a ``company.toml`` that was changed since is kept, and told of.

    Parameters
    ----------
    source : str or Path
        Folder of CSV or Parquet files.
    dest : str or Path
        Folder to write, absent, empty or written by an earlier import.
    mapping : str or Path, optional
        Name of a shipped mapping or a TOML file; by default the shipped mapping whose files
        all lie in ``source``.
    force : bool
        Replace a folder that holds other files too; they are removed.
    accept_losses : bool
        Keep the company also where more of sales is lost than ``reading.most_lost`` allows.

    Returns
    -------
    Converted

    Raises
    ------
    DataError
        The mapping, a file or the converted company cannot be used. Nothing was changed.
    ValueError
        There is no such mapping, or ``dest`` holds something else. Nothing was changed.
    """
    source, dest = Path(source), Path(dest)
    if not source.is_dir():
        raise DataError(words.NO_SOURCE(source=source))
    writing.refuse_unsafe(source, dest, force)
    name, plan = plans.chosen(source, mapping)
    report, log = _Report(), Log()
    raw = _run(source, name, plan, report, log)
    usable, faults = settings.parse(raw.settings_raw, name)
    if faults:
        raise DataError("\n".join(map(str, faults)))
    changed = writing.changed_settings(dest, raw.settings_raw)
    if changed:
        log.table = writing.SETTINGS
        log.whole("kept_settings", "note", 0, settings=changed)
    raw = replace(raw, imported=_left_out(raw, log))
    found = validate(raw, usable)
    asked = doubted(found, usable)
    _refuse_unusable(asked, dest)
    refusal = asked.losses.refusal(usable.reading.most_lost)
    if refusal is not None and not accept_losses:
        dropped = found.problems["severity"] == "dropped"
        lost = [line(p) for p in found.problems[dropped].to_dict("records")]
        told = [refusal, *lost, words.MAPPING_READING()]
        raise DataError("\n".join(map(str, told)), found.problems)
    for table, cause, rows in found.dropped.itertuples(index=False):
        if table in TABLE and (table, cause) not in log.dropped:
            report.add(table, words.LEFT_OUT(cause=cause), rows)
    for table, frame in found.tables.items():
        report.add(table, words.ARRIVED(), len(frame))
    kept = Imported(problems=found.problems, dropped=found.dropped, losses=found.losses)
    marker = {"mapping": name, "rows": report.records(), **kept.to_dict()}
    writing.write(found.tables, raw.settings_raw, dest, marker, changed is not None)
    return Converted(report=report.frame(), problems=asked.problems, losses=asked.losses)


def _left_out(raw: Raw, log: Log) -> Imported:
    """Return what the mapping itself leaves out, before the tables are checked."""
    rows = sum(log.dropped.values())
    return Imported(
        problems=as_frame(log.problems),
        dropped=dropped_frame((t, cause, n) for (t, cause), n in log.dropped.items()),
        losses=Losses(rows=rows),
    )


def _refuse_unusable(found: Validated, dest: Path) -> None:
    errors = found.problems[found.problems["severity"] == "error"]
    if len(errors):
        head = str(words.UNUSABLE(source=dest.name, count=len(errors)))
        told = [head, *lines(found.problems), str(words.MAPPING_READING())]
        raise DataError("\n".join(told), found.problems)


def _run(source: Path, name: str, plan: plans.Plan, report: _Report, log: Log) -> Raw:
    """Run a mapping in memory; what it leaves out goes to the log."""
    # one thread, so that sums and the order of rows are the same every time
    options: dict[str, Any] = {"enable_external_access": "false", "threads": 1}
    read = {key: _source(source, key, plan, report) for key in plan["sources"]}
    with closing(duckdb.connect(config=options)) as connection:
        connection.execute("SET enable_progress_bar = false")  # in a notebook it would be shown
        for key, content in read.items():
            connection.register("given", pa.Table.from_pandas(content.frame, preserve_index=False))
            # a table has row ids, by which a row of the file is found again
            connection.execute(f'CREATE TABLE "{key}" AS SELECT * FROM given')
            connection.unregister("given")
        connection.execute("SET lock_configuration = true")
        for key, query in plan.get("views", {}).items():
            _ask(connection, name, f"views.{key}", f'CREATE VIEW "{key}" AS {query}')
        numbers = {
            key: content.frame.index
            for key, content in read.items()
            if content.frame.index.is_unique
            and "rowid" not in {str(c).lower() for c in content.frame}
        }
        tables = {
            table: _table(connection, name, table, plan["tables"][table], numbers, report, log)
            for table in order(plan["tables"])
        }
    used = plans.files_of(plan)
    for path in sorted(source.iterdir()):
        if form(path).read and path.name not in used:
            report.add(path.name, words.NOT_USED(), None)
    left_out: dict[str, int] = {}
    for content in read.values():
        for file, n in content.left_out.items():
            left_out[file] = left_out.get(file, 0) + n
    return Raw(
        tables=tables,
        settings_raw=plan.get("company", {}),
        source=str(source),
        name=name,
        problems=tuple(p for content in read.values() for p in content.problems),
        left_out=left_out,
        feeds=plans.feeds(plan),
    )


@dataclass(frozen=True, kw_only=True)
class _Read:
    """What the files of a source hold together."""

    frame: pd.DataFrame
    problems: tuple[Problem, ...]
    left_out: Mapping[str, int]


def _source(folder: Path, key: str, plan: plans.Plan, report: _Report) -> _Read:
    dialect = plans.dialect(plan, key)
    found: list[tuple[str, files.Content]] = []
    for name in plans.texts(plan["sources"][key]["file"]):
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            raise DataError(words.MAPPING_FILE(file=name, source=folder))
        content = files.failed(name, "unknown_format", file=name, format=form(path).ending)
        if form(path).ending in (*READ, "", ".txt"):  # the mapping says that it is text
            content = files.read_file(path, name, dialect)
        if content.frame is None:
            told = " ".join(f"{p.problem} {p.remedy}" for p in content.problems)
            raise DataError(words.UNREADABLE_SOURCE(source=path, reason=told.rstrip(".")))
        head = str(content.frame.columns[0])
        if len(content.frame.columns) == 1 and any(mark in head for mark in ",;\t|"):
            fault = words.MAPPING_VALUE(
                key=f"sources.{key}.delimiter",
                value=repr(dialect.delimiter),
                hint=words.MAPPING_ONE_COLUMN(column=head),
            )
            raise DataError(words.UNREADABLE_SOURCE(source=path, reason=str(fault).rstrip(".")))
        report.add(name, words.READ(), len(content.frame))
        report.add(name, words.RAGGED(), content.left_out)
        found.append((name, content))
    return _Read(
        frame=pd.concat([c.frame for _, c in found if c.frame is not None]),
        problems=tuple(p for _, c in found for p in c.problems),
        left_out={name: c.left_out for name, c in found if c.left_out},
    )


def _ask(
    connection: duckdb.DuckDBPyConnection, mapping: str, where: str, query: str
) -> pa.Table | None:
    try:
        answer = connection.sql(query)
        return answer.to_arrow_table() if answer is not None else None
    except duckdb.Error as error:
        reason = str(error).splitlines()[0].rstrip(".")
        fault = words.MAPPING_SQL(where=where, reason=reason)
        raise DataError(words.WRONG_MAPPING(name=mapping, faults=str(fault))) from error


def _table(
    connection: duckdb.DuckDBPyConnection,
    mapping: str,
    table: str,
    declared: Mapping[str, Any],
    numbers: Mapping[str, pd.Index],
    report: _Report,
    log: Log,
) -> pd.DataFrame:
    """Return one table of the contract, before it is checked.

    ``numbers`` are the row numbers of the sources: rows that stand for one row of a file bear its
    number.
    """
    at = f"tables.{table}"

    def count(relation: str) -> int:
        found = _ask(connection, mapping, f"{at}.from", f"SELECT count(*) AS n FROM {relation}")
        return int(found["n"][0].as_py()) if found is not None else 0

    relation = f"{declared['from']} {declared.get('join', '')}"
    before, joined = count(declared["from"]), count(relation)
    if before != joined:
        fault = words.MAPPING_JOIN(table=table, before=before, after=joined)
        raise DataError(words.WRONG_MAPPING(name=mapping, faults=str(fault)))
    kept = joined
    conditions: list[str] = []
    for cause, condition in declared.get("leave_out", {}).items():
        conditions.append(f"coalesce(NOT ({condition}), true)")
        left = count(f"{relation} WHERE {' AND '.join(conditions)}")
        report.add(table, words.LEFT_OUT(cause=cause), kept - left)
        if kept > left:
            log.table = table
            log.whole("declared_out", "note", kept - left, cause=cause)
            log.drop(words.FAULTS["declared_out"].problem(cause=cause), kept - left)
        kept = left
    if conditions:
        relation += f" WHERE {' AND '.join(conditions)}"
    grouped = plans.texts(declared.get("group_by", []))
    if grouped:
        relation += f" GROUP BY {', '.join(grouped)}"
    columns = declared["columns"]
    for column, expression in columns.items():  # one by one, so that a fault names its column
        _ask(connection, mapping, f"{at}.columns.{column}", f"SELECT {expression} FROM {relation}")
    chosen = ", ".join(f'{expression} AS "{c}"' for c, expression in columns.items())
    source = declared["from"].strip()
    of_file = source in numbers and not grouped
    number = f'"{source}".rowid AS {ROW}, ' if of_file else ""
    answer = _ask(connection, mapping, at, f"SELECT {number}{chosen} FROM {relation}")
    frame = files.as_frame(answer)
    if of_file:
        rows = frame.pop(ROW)
        if rows.notna().all() and rows.is_unique:
            frame = frame.set_axis(numbers[source][rows.to_numpy("int64")])
    report.add(table, words.ADDED_UP(), kept - len(frame))
    return frame
