"""What a mapping declares: its content, checked before anything is read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from salesdiag.errors import DataError
from salesdiag.ingest.dialect import RIGHT, Dialect, faulty
from salesdiag.schema import TABLE
from salesdiag.text import Message, Template
from salesdiag.text import data as words

SHIPPED = Path(__file__).parent
SECTIONS = frozenset({"company", "sources", "views", "tables"})
SOURCE_KEYS = frozenset({"file", *RIGHT})
TABLE_KEYS = frozenset({"from", "join", "group_by", "leave_out", "columns"})

Plan = dict[str, Any]


def shipped() -> dict[str, Path]:
    """Return the mappings that come with the package, by name."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.toml"))}


def chosen(source: Path, mapping: str | Path | None) -> tuple[str, Plan]:
    """Return name and content of the mapping asked for, or of the shipped one that fits.

    Raises
    ------
    DataError
        None fits, or the mapping cannot be used.
    ValueError
        There is no such mapping.
    """
    known = shipped()
    if mapping is None:
        there = {p.name for p in source.iterdir()}
        fitting = [p for p in known.values() if files_of(load(p)) <= there]
        if len(fitting) != 1:
            raise DataError(words.NO_MAPPING(source=source, names=list(known)))
        path = fitting[0]
    else:
        path = known.get(str(mapping), Path(mapping))
        if not path.is_file():
            raise ValueError(str(words.UNKNOWN_MAPPING(name=mapping, names=list(known))))
    return path.stem, load(path)


def load(path: Path) -> Plan:
    """Return the content of a mapping.

    Raises
    ------
    DataError
        It cannot be used; everything that is wrong with it is told.
    """
    try:
        plan = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeError, OSError) as error:
        reason = words.NOT_UTF8() if isinstance(error, UnicodeError) else error
        raise DataError(words.WRONG_MAPPING(name=path.name, faults=f"{reason}.")) from error
    faults = list(_faults(plan))
    if faults:
        told = " ".join(map(str, faults))
        raise DataError(words.WRONG_MAPPING(name=path.name, faults=told))
    return plan


def files_of(plan: Plan) -> set[str]:
    """Return the names of all source files."""
    return {name for s in plan["sources"].values() for name in texts(s["file"])}


def texts(value: str | list[str]) -> list[str]:
    """Return a list, also where one text stands for it."""
    return [value] if isinstance(value, str) else list(value)


def dialect(plan: Plan, source: str) -> Dialect:
    """Return how the files of a source are written: by its own words, else by the company's."""
    reading = plan.get("company", {}).get("reading", {})
    return Dialect.of({**(reading if isinstance(reading, dict) else {}), **plan["sources"][source]})


def feeds(plan: Plan) -> dict[str, frozenset[str]]:
    """Return which tables each source file goes into, directly or through views."""
    said = {
        **{f"views.{view}": query for view, query in plan.get("views", {}).items()},
        **{
            f"tables.{t}": " ".join([p["from"], p.get("join", ""), *p["columns"].values()])
            for t, p in plan["tables"].items()
        },
    }
    named = {
        place: {k for k in (*plan["sources"], *plan.get("views", {})) if _mentions(query, k)}
        for place, query in said.items()
    }
    found: dict[str, set[str]] = {}
    for table in plan["tables"]:
        seen: set[str] = set()
        left = set(named[f"tables.{table}"])
        while left:
            name = left.pop()
            seen.add(name)
            left |= named.get(f"views.{name}", set()) - seen
        for source in seen & set(plan["sources"]):
            for file in texts(plan["sources"][source]["file"]):
                found.setdefault(file, set()).add(table)
    return {file: frozenset(tables) for file, tables in found.items()}


def _mentions(query: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", query, re.IGNORECASE) is not None


def _faults(plan: Plan) -> Iterator[Message]:
    for key in plan:
        if key not in SECTIONS:
            yield words.MAPPING_KEY(key=key)
        elif not isinstance(plan[key], dict):
            yield _wrong(key, plan[key], words.MAPPING_PART)
    for key in ("sources", "tables"):
        if not plan.get(key):
            yield words.MAPPING_MISSING(key=key)
    for at, source in _parts(plan, "sources"):
        yield from _source_faults(at, source)
    for at, query in _parts(plan, "views"):
        if not isinstance(query, str):
            yield _wrong(at, query, words.MAPPING_TEXT)
    for at, table in _parts(plan, "tables"):
        yield from _table_faults(at, table)


def _parts(plan: Plan, head: str) -> Iterator[tuple[str, Any]]:
    section = plan.get(head)
    for name, part in section.items() if isinstance(section, dict) else ():
        yield f"{head}.{name}", part


def _wrong(key: str, value: object, hint: Template) -> Message:
    return words.MAPPING_VALUE(key=key, value=repr(value), hint=hint())


def _unknown(at: str, part: Iterable[str], allowed: frozenset[str]) -> Iterator[Message]:
    for key in part:
        if key not in allowed:
            yield words.MAPPING_KEY(key=f"{at}.{key}")


def _is_texts(value: object) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and bool(value) and all(isinstance(v, str) for v in value)
    )


def _source_faults(at: str, source: Any) -> Iterator[Message]:
    if not isinstance(source, dict) or "file" not in source:
        yield words.MAPPING_MISSING(key=f"{at}.file")
        return
    yield from _unknown(at, source, SOURCE_KEYS)
    if not _is_texts(source["file"]):
        yield _wrong(f"{at}.file", source["file"], words.MAPPING_TEXTS)
    for key in faulty(source):
        hint = words.READING_HINTS.get(key, words.MAPPING_TEXTS)
        yield _wrong(f"{at}.{key}", source[key], hint)


def _table_faults(at: str, part: Any) -> Iterator[Message]:
    name = at.partition(".")[2]
    if not isinstance(part, dict) or "from" not in part:
        yield words.MAPPING_MISSING(key=f"{at}.from")
        return
    yield from _unknown(at, part, TABLE_KEYS)
    for key in ("from", "join"):
        if not isinstance(part.get(key, ""), str):
            yield _wrong(f"{at}.{key}", part[key], words.MAPPING_TEXT)
    if not _is_texts(part.get("group_by", "")):
        yield _wrong(f"{at}.group_by", part["group_by"], words.MAPPING_TEXTS)
    for key in ("leave_out", "columns"):
        inside = part.get(key, {})
        if not isinstance(inside, dict):
            yield _wrong(f"{at}.{key}", inside, words.MAPPING_PART)
            continue
        for inner, value in inside.items():
            if not isinstance(value, str):
                yield _wrong(f"{at}.{key}.{inner}", value, words.MAPPING_TEXT)
    if name not in TABLE:
        yield words.MAPPING_TABLE(table=name)
        return
    columns = part.get("columns", {})
    columns = columns if isinstance(columns, dict) else {}
    for column in columns:
        if column not in TABLE[name]:
            yield words.MAPPING_COLUMN(column=f"{name}.{column}")
    for column in TABLE[name].required:
        if column not in columns:
            yield words.MAPPING_MISSING(key=f"{at}.columns.{column}")
