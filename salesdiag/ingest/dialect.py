"""How a text file is written: what stands between cells, around them, and for no value."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

INNER = "\x1f"
"""Stands for a delimiter that the reader of CSV does not know: one of several characters."""

SAID = re.compile(r"sep=([^\r\n])(?:\r\n|\n|\r)", re.IGNORECASE)
"""A first line by which spreadsheets say what the delimiter is."""


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How a text file is written.

    Attributes
    ----------
    delimiter : str
        One character or several.
    encoding : str
        As Python names it.
    quote : str
        What stands around a cell that holds the delimiter; doubled within one.
    null : tuple of str
        Words that stand for a missing value, beside an empty cell.
    columns : tuple of str or None
        Names for a file without a header.
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    quote: str = '"'
    null: tuple[str, ...] = ()
    columns: tuple[str, ...] | None = None

    @classmethod
    def of(cls, declared: Mapping[str, Any]) -> Dialect:
        """Return what is declared as far as it can be used; see :func:`faulty`."""
        wrong = faulty(declared)
        given = {k: v for k, v in declared.items() if k in RIGHT and k not in wrong}
        for key in ("null", "columns"):
            if key in given:
                given[key] = (given[key],) if isinstance(given[key], str) else tuple(given[key])
        return cls(**given)


def _words(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(v, str) for v in value)


def _encoding(value: object) -> bool:
    """Say whether there is such an encoding of text."""
    if not isinstance(value, str):
        return False
    try:
        codecs.lookup(value)
        b"a".decode(value)
    except UnicodeError:  # of two bytes a character
        return True
    except (LookupError, ValueError):  # unknown, not of text, or no name at all
        return False
    return True


def _delimiter(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 10 and not set(value) & {*'\r\n\0"', INNER}


def _quote(value: object) -> bool:
    return isinstance(value, str) and len(value) == 1 and value.isascii() and value.isprintable()


RIGHT: Mapping[str, Callable[[object], bool]] = {
    "delimiter": _delimiter,
    "encoding": _encoding,
    "quote": _quote,
    "null": lambda v: isinstance(v, str) or _words(v),
    "columns": lambda v: _words(v) and bool(v),
}
"""Whether a value can be used, by key of a dialect."""


def faulty(declared: Mapping[str, Any]) -> list[str]:
    """Return the keys of a dialect whose declared values cannot be used."""
    wrong = [k for k, right in RIGHT.items() if k in declared and not right(declared[k])]
    if "quote" in declared and "quote" not in wrong:
        delimiter = declared.get("delimiter", Dialect.delimiter)
        if isinstance(delimiter, str) and declared["quote"] in delimiter:
            wrong.append("quote")
    return wrong


def told(text: str, dialect: Dialect) -> tuple[str, str, int]:
    """Return a text, its delimiter and how many lines were taken off, where it says ``sep=;``."""
    said = SAID.match(text)
    if said is None or not _delimiter(said[1]) or said[1] == dialect.quote:
        return text, dialect.delimiter, 0
    return text[said.end() :], said[1], 1


def simple(text: str, delimiter: str, quote: str) -> tuple[str, str]:
    """Return a text and its delimiter, of one byte: a longer one is put into other words.

    Raises
    ------
    ValueError
        The text holds the character that would stand for it.
    """
    if len(delimiter.encode()) == 1:
        return text, delimiter
    if INNER in text:
        raise ValueError(repr(INNER))
    d, q = re.escape(delimiter), re.escape(quote)
    quoted = rf"(?:\A|(?<=[\r\n])|(?<={d})){q}(?:[^{q}]++|{q}{q})*+{q}"
    return re.sub(rf"({quoted})|{d}", lambda m: m[1] or INNER, text), INNER


def open_quote(text: str, delimiter: str, quote: str, columns: int) -> int | None:
    """Return the line in which a quotation mark opens that is not closed where it should be.

    It is one after which the file ends, or that is closed within a cell, or whose cell has taken
    in lines that are rows by themselves.

    Parameters
    ----------
    text : str
    delimiter, quote : str
        One character each.
    columns : int
        Cells of a line.
    """
    # a cell of one line has both its marks in it; most files have no others
    if quote not in text or not any(line.count(quote) % 2 for line in _lines(text)):
        return None
    d, q = re.escape(delimiter), re.escape(quote)
    cells = re.compile(rf"(?:\A|[{d}\r\n]){q}((?:[^{q}]++|{q}{q})*+)({q}|\Z)([^{d}\r\n]*)")
    for found in cells.finditer(text):
        inside, end, rest = found.groups()
        if not end or rest.strip() or _rows(inside, delimiter, columns):
            return len(_lines(text[: found.start(1)]))
    return None


def _rows(inside: str, delimiter: str, columns: int) -> bool:
    """Say whether all whole lines within a cell have as many cells as a row."""
    whole = _lines(inside)[1:-1]
    return columns > 2 and bool(whole) and all(s.count(delimiter) == columns - 1 for s in whole)


def _lines(text: str) -> list[str]:
    """Return the lines of a text, whatever ends them."""
    return re.split(r"\r\n|\n|\r", text)


def first_line(text: str) -> str:
    """Return the first line of a text."""
    return re.match(r"[^\r\n]*", text)[0]  # type: ignore[index]


def shown(lines: Iterable[str], delimiter: str) -> list[str]:
    """Return lines as the file holds them."""
    return [line.replace(INNER, delimiter) for line in lines]
