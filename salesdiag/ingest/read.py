"""Tables as they stand: from a folder, a DuckDB or SQLite file, or a database. Nothing is written.

Reading only reads. What the cells mean is decided in :mod:`salesdiag.validate`.
"""

from __future__ import annotations

import difflib
import json
import re
import sqlite3
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from salesdiag import settings
from salesdiag.errors import DataError, Problem
from salesdiag.ingest import files
from salesdiag.ingest.dialect import Dialect
from salesdiag.ingest.forms import form
from salesdiag.ingest.losses import MARKER, Imported
from salesdiag.ingest.parts import Parts, parts
from salesdiag.schema import CORE, REVENUE, TABLE
from salesdiag.text import data as words

URL = re.compile(r"[A-Za-z][\w+.-]*://")
FILE_URL = re.compile(r"(sqlite|duckdb):///")
"""A file by its URL is read as the file; a driver would make one that is not there."""


@dataclass(frozen=True, kw_only=True)
class Raw:
    """Tables and settings as they stand at the source.

    Attributes
    ----------
    tables : mapping
        Frames by table of the contract, indexed by row number: for CSV as a spreadsheet counts
        (the header is row 1), otherwise from 1. Columns are text, ``Int64``, ``float64``,
        ``boolean`` or ``datetime64[us]``.
    settings_raw : mapping
        Content of ``company.toml``.
    source : str
        Where it was read; a database URL without user, password and options.
    name : str
        Name of the folder, file or database, for a company that gives itself none.
    problems : tuple of Problem
        Of files, not of their content.
    left_out : mapping
        Rows that could not be read, by table.
    large : mapping
        Tables that are not read but checked where they lie, see :mod:`salesdiag.ingest.large`.
    feeds : mapping
        Tables of the contract that a source file of a mapping goes into, by its name.
    imported : Imported or None
        What the import that wrote the tables could not use.
    unread : tuple of str
        Names of what is there beside the tables and could be read, were it named like one.
    """

    tables: Mapping[str, pd.DataFrame]
    settings_raw: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    name: str = ""
    problems: tuple[Problem, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    large: Mapping[str, Parts] = field(default_factory=dict)
    feeds: Mapping[str, frozenset[str]] = field(default_factory=dict)
    imported: Imported | None = None
    unread: tuple[str, ...] = ()


def read(source: str | Path) -> Raw:
    """Read a company's tables without changing or interpreting them.

    Parameters
    ----------
    source : str or Path
        A folder with one file per table (CSV, packed or not, TSV or Parquet), a DuckDB file, an
        SQLite file, or a database URL (needs SQLAlchemy, the optional part ``database``).
        ``company.toml`` lies in the folder or beside the file; beside a file,
        ``<file's name>.toml`` goes first.

    Returns
    -------
    Raw

    Raises
    ------
    DataError
        There is nothing at the source, or it cannot be opened, or its settings are not TOML.
        Single files that cannot be read are told of in ``Raw.problems``.
    """
    if isinstance(source, str) and URL.match(source) and not FILE_URL.match(source):
        return _database(source)
    path = Path(FILE_URL.sub("", source) if isinstance(source, str) else source)
    if not path.exists():
        raise DataError(words.NO_SOURCE(source=source))
    try:
        if path.is_dir():
            return _folder(path)
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise DataError(words.UNREADABLE_SOURCE(source=source, reason=error.strerror)) from error
    readers = {head[8:12] == b"DUCK": _duckdb, head.startswith(b"SQLite format 3"): _sqlite}
    if True not in readers:
        raise DataError(words.NOT_A_SOURCE(source=source))
    return _file(path, readers[True])


def _settings(*candidates: Path) -> dict[str, Any]:
    path = next((p for p in candidates if p.exists()), candidates[-1])
    try:
        return settings.read(path)
    except (tomllib.TOMLDecodeError, UnicodeError, OSError) as error:
        reason = words.NOT_UTF8() if isinstance(error, UnicodeError) else error
        raise DataError(words.UNREADABLE_SOURCE(source=path.name, reason=reason)) from error


def note(file: str, fault: str, **values: Any) -> Problem:
    """Return a note on a file that is not read."""
    kind = words.FAULTS[fault]
    return Problem(
        table=file,
        problem=kind.problem(file=file, **values),
        remedy=kind.remedy(file=file, **values),
        severity="note",
        rows=0,
    )


def near(name: str, allowed: Iterable[str]) -> list[str]:
    """Return the allowed names most like a name, or all of them where none is like it."""
    known = list(allowed)
    return difflib.get_close_matches(name.strip().lower(), known, n=2, cutoff=0.6) or known


def _folder(path: Path) -> Raw:
    raw = _settings(path / "company.toml")
    reading = raw.get("reading")
    dialect = Dialect.of(reading) if isinstance(reading, dict) else Dialect()
    by_table: dict[str, list[Path]] = {}
    others: dict[str, list[Path]] = {}
    folders: list[tuple[str, Path, str]] = []
    problems: list[Problem] = []
    unread: list[str] = []
    for file in sorted(p for p in path.iterdir() if not p.name.startswith(".")):
        kind = form(file)
        if kind.read and kind.stem in TABLE:
            by_table.setdefault(kind.stem, []).append(file)
        elif file.is_dir():
            folders += _tables_in(file)
        elif not file.is_file():
            continue
        elif kind.read:
            unread.append(kind.stem)
            problems.append(note(file.name, "unknown_table", allowed=near(kind.stem, TABLE)))
        elif kind.ending and kind.stem in TABLE:
            others.setdefault(kind.stem, []).append(file)
    read = {table: _table_file(table, found, dialect) for table, found in by_table.items()}
    for table, found in others.items():
        if table in read:
            problems += [note(f.name, "unknown_format", format=form(f).ending) for f in found]
        else:
            read[table] = files.failed(
                table, "unknown_format", file=found[0].name, format=form(found[0]).ending
            )
    for table, file, fault in folders:
        inside = [t for t, f, _ in folders if f == file]
        if table in read or table not in (*CORE, *REVENUE):
            problems.append(note(file.name, fault, inside=inside))
        else:  # without it others would stand in its place
            read[table] = files.failed(table, fault, file=file.name, inside=inside)
    contents = {t: c for t, c in read.items() if isinstance(c, files.Content)}
    return Raw(
        tables={t: c.frame for t, c in contents.items() if c.frame is not None},
        settings_raw=raw,
        source=str(path),
        name=path.resolve().name,
        problems=(*problems, *(p for c in contents.values() for p in c.problems)),
        left_out={t: c.left_out for t, c in contents.items() if c.left_out},
        large={t: c for t, c in read.items() if isinstance(c, Parts)},
        imported=_imported(path / MARKER),
        unread=tuple(unread),
    )


def _tables_in(folder: Path) -> list[tuple[str, Path, str]]:
    """Return the tables that a folder is named like or holds files of, the folder, the fault."""
    if form(folder).stem in TABLE:
        return [(form(folder).stem, folder, "folder")]
    try:
        inside = {form(p).stem for p in folder.iterdir() if form(p).read}
    except OSError:  # a folder of somebody else
        return []
    return [(table, folder, "inner") for table in TABLE if table in inside]


def _imported(path: Path) -> Imported | None:
    """Return what an import that wrote a folder could not use."""
    if not path.is_file():
        return None
    try:
        return Imported.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        reason = type(error).__name__
        raise DataError(words.UNREADABLE_SOURCE(source=path, reason=reason)) from error


def _table_file(table: str, found: list[Path], dialect: Dialect) -> files.Content | Parts:
    if len(found) > 1:
        return files.failed(table, "twice", files=[f.name for f in found])
    where = parts(table, found[0])
    if where is not None:
        return where
    if not found[0].exists():
        return files.failed(table, "dead_link", file=found[0].name)
    if not found[0].is_file():
        return files.failed(table, "folder", file=found[0].name)
    return files.read_file(found[0], table, dialect)


def _file(path: Path, reader: Any) -> Raw:
    raw = _settings(path.with_suffix(".toml"), path.parent / "company.toml")
    try:
        tables, others = reader(path)
    except (duckdb.Error, sqlite3.Error) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise DataError(words.UNREADABLE_SOURCE(source=path, reason=reason)) from error
    return _from_tables(tables, others, raw, str(path), path.stem)


def _from_tables(
    tables: Mapping[str, pa.Table],
    others: Iterable[str],
    raw: dict[str, Any],
    source: str,
    name: str,
) -> Raw:
    return Raw(
        tables={t: files.as_frame(content) for t, content in tables.items()},
        settings_raw=raw,
        source=source,
        name=name,
        problems=tuple(note(t, "unknown_table", allowed=near(t, TABLE)) for t in sorted(others)),
        unread=tuple(sorted(others)),
    )


def _duckdb(path: Path) -> tuple[dict[str, pa.Table], set[str]]:
    # a view in a foreign file must not read other files of this machine
    sealed = duckdb.connect(str(path), read_only=True, config={"enable_external_access": "false"})
    with closing(sealed) as connection:
        connection.execute("SET enable_progress_bar = false")  # in a notebook it would be shown
        names = {row[0] for row in connection.sql("SHOW TABLES").fetchall()}
        return {
            t: connection.sql(f'SELECT * FROM "{t}"').to_arrow_table() for t in TABLE if t in names
        }, names - set(TABLE)


def _sqlite(path: Path) -> tuple[dict[str, pa.Table], set[str]]:
    uri = f"{path.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        found = connection.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
            "AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
        )
        names = {row[0] for row in found}
        tables = {}
        for table in (t for t in TABLE if t in names):
            cursor = connection.execute(f'SELECT * FROM "{table}"')
            columns = [d[0] for d in cursor.description]
            tables[table] = files.from_rows(columns, cursor.fetchall())
        return tables, names - set(TABLE)


def _database(url: str) -> Raw:
    try:
        import sqlalchemy as sa
    except ImportError:
        raise DataError(words.NO_SQLALCHEMY()) from None
    shown = _without_secrets(url)
    try:
        address = sa.make_url(url)
        engine = sa.create_engine(address)
        try:
            with engine.connect() as connection:
                inspector = sa.inspect(connection)
                names = {*inspector.get_table_names(), *inspector.get_view_names()}
                tables = {}
                for table in (t for t in TABLE if t in names):
                    result = connection.execute(
                        sa.select(sa.text("*")).select_from(sa.table(table))
                    )
                    tables[table] = files.from_rows(list(result.keys()), result.all())
        finally:
            engine.dispose()
    except (sa.exc.SQLAlchemyError, ImportError, OSError) as error:
        # the driver's own words may repeat the password: only the kind of error is told
        cause = getattr(error, "orig", None) or error
        reason = str(error) if isinstance(error, ImportError) else type(cause).__name__
        raise DataError(words.UNREADABLE_SOURCE(source=shown, reason=reason)) from None
    name = Path(address.database or shown).stem
    return _from_tables(tables, names - set(TABLE), {}, shown, name)


def _without_secrets(url: str) -> str:
    """Return a database URL without user, password and options."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{re.split('[?#]', rest.rpartition('@')[2])[0]}"
