"""Foreign tables onto the contract, by a declaration: decide once, declare, convert.

A mapping is a TOML file. Every table of the contract that it fills is one query, written column
by column in DuckDB's SQL over the source files, of which every cell is text:

.. code-block:: toml

    [company]                       # becomes company.toml
    name = "Northwind"

    [sources.lines]                 # a file of the source folder
    file = "order_details.csv"      # or a list of files of the same columns
    delimiter = ","                 # these four only where they differ: CSV in UTF-8 with a header,
    encoding = "utf-8"              # only empty cells missing
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

The queries run in memory, without access to files or network.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import tomllib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from salesdiag import looks, settings
from salesdiag.errors import DataError
from salesdiag.ingest import Raw, files
from salesdiag.schema import TABLE, order
from salesdiag.text import Message
from salesdiag.text import data as words
from salesdiag.validate import Validated, validate

SHIPPED = Path(__file__).parent
MARKER = "import.json"
SECTIONS = frozenset({"company", "sources", "views", "tables"})
SOURCE_KEYS = frozenset({"file", "delimiter", "encoding", "columns", "null"})
TABLE_KEYS = frozenset({"from", "join", "group_by", "leave_out", "columns"})


@dataclass
class _Report:
    """Where rows went: source or table, outcome, rows."""

    lines: list[tuple[str, str, int | None]] = field(default_factory=list)

    def add(self, where: str, outcome: Message, rows: int | None) -> None:
        if rows != 0:
            self.lines.append((where, str(outcome), rows))

    def frame(self) -> pd.DataFrame:
        where, outcome, rows = zip(*self.lines, strict=True) if self.lines else ((), (), ())
        return pd.DataFrame(
            {
                "table": pd.Series(where, dtype="str"),
                "outcome": pd.Series(outcome, dtype="str"),
                "rows": pd.Series(rows, dtype="Int64"),
            }
        )


def shipped() -> dict[str, Path]:
    """Return the mappings that come with the package, by name."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.toml"))}


def convert(
    source: str | Path, dest: str | Path, mapping: str | Path | None = None, *, force: bool = False
) -> pd.DataFrame:
    """Convert foreign tables to a company: Parquet files and a ``company.toml``.

    The company is checked before it is kept and appears whole or not at all. Converting
    again replaces what an earlier import wrote; a ``company.toml`` that lies there is kept.

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

    Returns
    -------
    pandas.DataFrame
        ``table`` (source files, then tables of the contract), ``outcome``, ``rows``: what was
        read, added up, left out by cause, and arrived; rows of a file that is not used are not
        counted.

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
    _refuse_unsafe(source, dest, force)
    name, plan = _plan(source, mapping)
    report = _Report()
    raw = _run(source, name, plan, report)
    usable, faults = settings.parse(raw.settings_raw, name)
    if faults:
        raise DataError("\n".join(map(str, faults)))
    found = validate(raw, usable)
    _refuse_unusable(found, dest)
    for table, cause, rows in found.dropped.itertuples(index=False):
        report.add(table, words.LEFT_OUT(cause=cause), rows)
    for table, frame in found.tables.items():
        report.add(table, words.ARRIVED(), len(frame))
    frame = report.frame()
    lines = json.loads(frame.to_json(orient="records"))
    _write(found, raw.settings_raw, dest, {"mapping": name, "rows": lines})
    return frame


def _refuse_unsafe(source: Path, dest: Path, force: bool) -> None:
    here, there = source.resolve(), dest.resolve()
    if here == there or here in there.parents or there in here.parents:
        raise ValueError(str(words.DEST_OVERLAPS(dest=dest, source=source)))
    if not dest.exists():
        return
    content = {p.name for p in dest.iterdir()} if dest.is_dir() else {dest.name}
    ours = {MARKER, "company.toml", looks.NAME, *(f"{t}.parquet" for t in TABLE)}
    written = MARKER in content and content <= ours
    if content and not written and not (force and dest.is_dir()):
        raise ValueError(str(words.DEST_IN_USE(dest=dest)))


def _refuse_unusable(found: Validated, dest: Path) -> None:
    errors = found.problems[found.problems["severity"] == "error"]
    if len(errors):
        head = str(words.UNUSABLE(source=dest.name, count=len(errors)))
        lines = [f"{e.table}: {e.problem} {e.remedy}" for e in errors.itertuples()]
        raise DataError("\n".join([head, *lines]), found.problems)


def _plan(source: Path, mapping: str | Path | None) -> tuple[str, dict[str, Any]]:
    """Return name and content of the mapping asked for, or of the shipped one that fits."""
    known = shipped()
    if mapping is None:
        fitting = [p for p in known.values() if _files_of(_load(p)) <= _names(source)]
        if len(fitting) != 1:
            raise DataError(words.NO_MAPPING(source=source, names=list(known)))
        path = fitting[0]
    else:
        path = known.get(str(mapping), Path(mapping))
        if not path.is_file():
            raise ValueError(str(words.UNKNOWN_MAPPING(name=mapping, names=list(known))))
    return path.stem, _load(path)


def _names(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir()}


def _files_of(plan: Mapping[str, Any]) -> set[str]:
    return {name for s in plan["sources"].values() for name in _list(s["file"])}


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _load(path: Path) -> dict[str, Any]:
    try:
        plan = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeError, OSError) as error:
        raise DataError(words.WRONG_MAPPING(name=path.name, faults=str(error))) from error
    faults = _plan_faults(plan)
    if faults:
        told = " ".join(map(str, faults))
        raise DataError(words.WRONG_MAPPING(name=path.name, faults=told))
    return plan


def _plan_faults(plan: Mapping[str, Any]) -> list[Message]:
    faults = [words.MAPPING_KEY(key=k) for k in plan if k not in SECTIONS]
    faults += [words.MAPPING_MISSING(key=k) for k in ("sources", "tables") if not plan.get(k)]
    for head, allowed, needed in (("sources", SOURCE_KEYS, "file"), ("tables", TABLE_KEYS, "from")):
        for name, part in plan.get(head, {}).items():
            at = f"{head}.{name}"
            if not isinstance(part, dict) or needed not in part:
                faults.append(words.MAPPING_MISSING(key=f"{at}.{needed}"))
                continue
            faults += [words.MAPPING_KEY(key=f"{at}.{k}") for k in part if k not in allowed]
    for name, part in plan.get("tables", {}).items():
        if name not in TABLE:
            faults.append(words.MAPPING_TABLE(table=name))
            continue
        columns = part.get("columns", {}) if isinstance(part, dict) else {}
        strange = [c for c in columns if c not in TABLE[name]]
        faults += [words.MAPPING_COLUMN(column=f"{name}.{c}") for c in strange]
        missing = [c for c in TABLE[name].required if c not in columns]
        faults += [words.MAPPING_MISSING(key=f"tables.{name}.columns.{c}") for c in missing]
    return faults


def _run(source: Path, name: str, plan: Mapping[str, Any], report: _Report) -> Raw:
    """Run a mapping in memory."""
    # one thread, so that sums and the order of rows are the same every time
    options: dict[str, Any] = {"enable_external_access": "false", "threads": 1}
    with closing(duckdb.connect(config=options)) as connection:
        connection.execute("SET enable_progress_bar = false")  # in a notebook it would be shown
        for key, declared in plan["sources"].items():
            connection.register(key, _source(source, declared, report))
        connection.execute("SET lock_configuration = true")
        for key, query in plan.get("views", {}).items():
            _ask(connection, name, f"views.{key}", f'CREATE VIEW "{key}" AS {query}')
        tables = {
            table: _table(connection, name, table, plan["tables"][table], report)
            for table in order(plan["tables"])
        }
    for file in sorted(_names(source) - _files_of(plan)):
        if file.endswith((".csv", ".parquet")):
            report.add(file, words.NOT_USED(), None)
    company = plan.get("company", {})
    return Raw(tables=tables, settings_raw=company, source=str(source), name=name)


def _file(path: Path, declared: Mapping[str, Any]) -> files.Content:
    if path.suffix.lower() == ".parquet":
        return files.read_parquet(path, path.name)
    return files.read_csv(
        path,
        path.name,
        delimiter=declared.get("delimiter", ","),
        encoding=declared.get("encoding", "utf-8"),
        names=declared.get("columns"),
        null=declared.get("null", ()),
    )


def _source(folder: Path, declared: Mapping[str, Any], report: _Report) -> pa.Table:
    frames = []
    for name in _list(declared["file"]):
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            raise DataError(words.MAPPING_FILE(file=name, source=folder))
        content = _file(path, declared)
        if content.frame is None:
            told = " ".join(f"{p.problem} {p.remedy}" for p in content.problems)
            raise DataError(words.UNREADABLE_SOURCE(source=path, reason=told.rstrip(".")))
        report.add(name, words.READ(), len(content.frame))
        report.add(name, words.RAGGED(), content.left_out)
        frames.append(content.frame)
    return pa.Table.from_pandas(pd.concat(frames), preserve_index=False)


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
    report: _Report,
) -> pd.DataFrame:
    """Return one table of the contract, before it is checked."""
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
        kept = left
    if conditions:
        relation += f" WHERE {' AND '.join(conditions)}"
    if declared.get("group_by"):
        relation += f" GROUP BY {', '.join(declared['group_by'])}"
    columns = declared["columns"]
    for column, expression in columns.items():  # one by one, so that a fault names its column
        _ask(connection, mapping, f"{at}.columns.{column}", f"SELECT {expression} FROM {relation}")
    chosen = ", ".join(f'{expression} AS "{c}"' for c, expression in columns.items())
    answer = _ask(connection, mapping, at, f"SELECT {chosen} FROM {relation}")
    frame = files.as_frame(answer)
    report.add(table, words.ADDED_UP(), kept - len(frame))
    return frame


def _write(
    found: Validated, company: Mapping[str, Any], dest: Path, marker: Mapping[str, Any]
) -> None:
    """Write a company beside its destination and move it there when it is whole."""
    dest.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{dest.name}-", dir=dest.parent))
    try:
        fresh = work / "new"
        fresh.mkdir()
        for table, frame in found.tables.items():
            frame.dropna(axis=1, how="all").pipe(_with_required, frame, table).to_parquet(
                fresh / f"{table}.parquet", index=False
            )
        kept = dest / "company.toml"
        if kept.is_file():
            shutil.copy(kept, fresh / "company.toml")
        else:
            (fresh / "company.toml").write_text(_toml(company), encoding="utf-8")
        if (dest / looks.NAME).is_file():  # how often these data were looked at goes on counting
            shutil.copy(dest / looks.NAME, fresh / looks.NAME)
        text = json.dumps(marker, ensure_ascii=False, indent=1)
        (fresh / MARKER).write_text(text + "\n", encoding="utf-8")
        if dest.exists():
            dest.rename(work / "old")
        fresh.rename(dest)
    finally:
        if not dest.exists() and (work / "old").exists():
            (work / "old").rename(dest)
        shutil.rmtree(work)


def _with_required(some: pd.DataFrame, frame: pd.DataFrame, table: str) -> pd.DataFrame:
    return frame[[c for c in frame if c in some or c in TABLE[table].required]]


def _toml(content: Mapping[str, Any]) -> str:
    """Write settings as TOML: plain values first, then tables of plain values."""
    plain = {k: v for k, v in content.items() if not isinstance(v, dict)}
    parts = ["".join(f"{_key(k)} = {json.dumps(v)}\n" for k, v in plain.items())]
    parts += [f"[{_key(k)}]\n" + _toml(v) for k, v in content.items() if k not in plain]
    return "\n".join(parts).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if re.fullmatch(r"[\w-]+", name, re.ASCII) else json.dumps(name)
