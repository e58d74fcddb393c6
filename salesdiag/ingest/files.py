"""One file to one frame: CSV as text, Parquet as typed, with the file's own row numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from salesdiag.errors import Problem, listed
from salesdiag.ingest import dialect as dialects
from salesdiag.ingest.dialect import Dialect
from salesdiag.ingest.forms import UNPACKING, form
from salesdiag.ingest.forms import content as packed
from salesdiag.text import data as words

TYPES = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
COMMAS = Dialect()


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a file holds.

    Attributes
    ----------
    frame : pandas.DataFrame or None
        Indexed by row number as a spreadsheet counts it; None where the file cannot be used.
    problems : tuple of Problem
    left_out : int
        Rows that are not in ``frame`` because their cells do not fit the columns.
    """

    frame: pd.DataFrame | None = None
    problems: tuple[Problem, ...] = ()
    left_out: int = 0


def failed(table: str, fault: str, row: int | None = None, **values: object) -> Content:
    """Return the content of a file that cannot be used."""
    kind = words.FAULTS[fault]
    return Content(
        problems=(
            Problem(
                table=table,
                row=row,
                problem=kind.problem(**values),
                remedy=kind.remedy(**values),
                severity="error",
            ),
        )
    )


def as_frame(table: pa.Table, rows: Sequence[int] | np.ndarray | None = None) -> pd.DataFrame:
    """Return an Arrow table as a frame of few dtypes, without loss.

    Integers become ``Int64`` (never floats because of a missing value) or text where too large,
    decimals ``float64``, moments ``datetime64[us]`` with their time zone if they have one, all else
    text.

    Parameters
    ----------
    table : pyarrow.Table
        Column names must be unique.
    rows : sequence of int, optional
        Row numbers; by default counted from 1.
    """
    plain = pa.table([_plain(c) for c in table.columns], names=table.column_names)
    frame = plain.to_pandas(types_mapper=TYPES.get)
    frame.index = pd.Index(
        np.arange(1, len(frame) + 1) if rows is None else np.asarray(rows), dtype="int64"
    )
    return frame


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind, is_ = column.type, pa.types
    if is_.is_dictionary(kind):
        return _plain(column.cast(kind.value_type))
    if is_.is_integer(kind) or (is_.is_decimal(kind) and kind.scale <= 0):
        try:
            return column.cast(pa.int64())
        except pa.ArrowInvalid:
            return column.cast(pa.string())
    if is_.is_floating(kind) or is_.is_decimal(kind):
        return column.cast(pa.float64())
    if is_.is_boolean(kind):
        return column
    if is_.is_date(kind):
        return column.cast(pa.timestamp("us"))
    if is_.is_timestamp(kind):
        return column.cast(pa.timestamp("us", kind.tz), safe=False)
    if is_.is_null(kind) or is_.is_string(kind) or is_.is_large_string(kind):
        return column.cast(pa.string())
    return pa.chunked_array(
        [[None if v is None else str(v) for v in column.to_pylist()]], pa.string()
    )


def from_rows(names: Sequence[str], rows: Sequence[Sequence[object]]) -> pa.Table:
    """Return database rows as an Arrow table; a column of mixed types becomes text."""
    columns = []
    for i in range(len(names)):
        values = [row[i] for row in rows]
        try:
            columns.append(pa.array(values))
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            columns.append(pa.array([None if v is None else str(v) for v in values], pa.string()))
    return pa.table(columns, names=list(names))


def read_file(path: Path, table: str, dialect: Dialect) -> Content:
    """Read one file of a form that is read, see :class:`salesdiag.ingest.forms.Form`.

    Parameters
    ----------
    path : Path
    table : str
        What problems are said of.
    dialect : Dialect
        Of text; what stands between the cells of a ``.tsv`` is a tab.
    """
    kind = form(path)
    if kind.ending == ".parquet":
        return read_parquet(path, table)
    return read_csv(
        path, table, replace(dialect, delimiter="\t") if kind.ending == ".tsv" else dialect
    )


def read_parquet(path: Path, table: str) -> Content:
    """Read one Parquet file."""
    try:
        with pa.parquet.ParquetFile(path) as file:
            content = file.read()
    except (OSError, pa.ArrowException) as error:
        return failed(table, "unreadable", file=path.name, reason=_first_line(error))
    return _checked(content, table)


def read_csv(path: Path, table: str, dialect: Dialect = COMMAS) -> Content:
    """Read one CSV file as text; nothing is typed and, unless declared, nothing is missing but "".

    Parameters
    ----------
    path : Path
        A packed file (``.gz``, ``.zip`` with one file in it) is unpacked.
    table : str
        What problems are said of.
    dialect : Dialect
    """
    try:
        data = packed(path)
    except UNPACKING as error:
        return failed(table, "unreadable", file=path.name, reason=_first_line(error))
    except ValueError as error:
        return failed(table, "archive", file=path.name, files=list(error.args), n=len(error.args))
    try:
        text = data.decode(dialect.encoding).removeprefix("\ufeff")
    except UnicodeError as error:
        line = data[: getattr(error, "start", 0)].count(b"\n") + 1
        return failed(
            table, "encoding", file=path.name, encoding=dialect.encoding.upper(), line=line
        )
    if "\0" in text:  # the mark of two bytes a character, read as one
        line = len(text[: text.index("\0")].splitlines()) or 1
        return failed(
            table, "encoding", file=path.name, encoding=dialect.encoding.upper(), line=line
        )
    text, delimiter, skipped = dialects.told(text, dialect)
    if not dialects.first_line(text).strip():
        return failed(table, "no_header", file=path.name)
    try:
        text, inner = dialects.simple(text + "\n", delimiter, dialect.quote)
    except ValueError as error:
        return failed(table, "unreadable", file=path.name, reason=str(error))
    return _parsed(text, path, table, replace(dialect, delimiter=inner), delimiter, skipped)


def _parsed(
    text: str, path: Path, table: str, dialect: Dialect, delimiter: str, skipped: int
) -> Content:
    """Read text whose delimiter is one byte; ``delimiter`` is what the file has in its place."""
    data = text.encode("utf-8", "surrogatepass")
    names = dialect.columns
    misfits: list[pa.csv.InvalidRow] = []

    def skip(row: pa.csv.InvalidRow) -> str:
        misfits.append(row)
        return "skip"

    try:
        header = list(
            names
            or next(
                csv.reader(
                    io.StringIO(text, newline=""),
                    delimiter=dialect.delimiter,
                    quotechar=dialect.quote,
                )
            )
        )
        repeated = [n for n in header if header.count(n) > 1]
        if repeated:
            return failed(table, "same_column", column=repeated[0])
        line = dialects.open_quote(text, dialect.delimiter, dialect.quote, len(header))
        if line is not None:
            line += skipped
            return failed(table, "open_quote", row=line, file=path.name, line=line)
        content = pa.csv.read_csv(
            pa.BufferReader(data),
            # one block, so that no cell straddles two; one thread, so that rows are numbered
            read_options=pa.csv.ReadOptions(
                use_threads=False,
                block_size=min(len(data) + 1, 2**30),
                column_names=header,
                skip_rows_after_names=0 if names else 1,
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter=dialect.delimiter,
                quote_char=dialect.quote,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=skip,
            ),
            convert_options=pa.csv.ConvertOptions(
                column_types={name: pa.string() for name in header},
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                null_values=["", *dialect.null],
            ),
        )
    except (pa.ArrowException, csv.Error) as error:
        return failed(table, "unreadable", file=path.name, reason=_first_line(error))
    return _numbered(content, misfits, table, delimiter, 1 if names else 2, skipped)


def _numbered(
    content: pa.Table,
    misfits: Sequence[pa.csv.InvalidRow],
    table: str,
    delimiter: str,
    first: int,
    skipped: int,
) -> Content:
    wrong = [r for r in misfits if r.text.strip()]
    fits = np.ones(content.num_rows + len(misfits), bool)
    fits[[r.number - first for r in misfits]] = False
    frame = as_frame(content, np.flatnonzero(fits) + first + skipped)
    fault = words.FAULTS["ragged"]
    problems = listed(
        [r.number + skipped for r in wrong],
        dialects.shown((r.text for r in wrong), delimiter),
        table=table,
        problem=fault.problem(),
        remedy=fault.remedy(),
        severity="dropped",
    )
    return Content(frame=frame.dropna(how="all"), problems=tuple(problems), left_out=len(wrong))


def _checked(content: pa.Table, table: str) -> Content:
    names = content.column_names
    repeated = [n for n in names if names.count(n) > 1]
    if repeated:
        return failed(table, "same_column", column=repeated[0])
    return Content(frame=as_frame(content))


def _first_line(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (text.splitlines() or [type(error).__name__])[0].rstrip(".")
