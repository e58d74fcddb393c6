"""One file to one frame: CSV as text, Parquet as typed, with the file's own row numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from salesdiag.errors import Problem, listed
from salesdiag.text import data as words

TYPES = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


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


def read_parquet(path: Path, table: str) -> Content:
    """Read one Parquet file."""
    try:
        with pa.parquet.ParquetFile(path) as file:
            content = file.read()
    except (OSError, pa.ArrowException) as error:
        return failed(table, "unreadable", file=path.name, reason=_first_line(error))
    return _checked(content, table)


def read_csv(
    path: Path,
    table: str,
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
    names: Sequence[str] | None = None,
    null: Sequence[str] = (),
) -> Content:
    """Read one CSV file as text; nothing is typed and, unless declared, nothing is missing but "".

    Parameters
    ----------
    path : Path
    table : str
        What problems are said of.
    delimiter, encoding : str
    names : sequence of str, optional
        Column names of a file without a header.
    null : sequence of str
        Words that stand for a missing value.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        return failed(table, "unreadable", file=path.name, reason=_first_line(error))
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
    except UnicodeError as error:
        line = data[: getattr(error, "start", 0)].count(b"\n") + 1
        return failed(table, "encoding", file=path.name, line=line)
    if not text.split("\n", 1)[0].strip():
        return failed(table, "no_header", file=path.name)
    return _parsed(text + "\n", path, table, delimiter, names, null)


def _parsed(
    text: str,
    path: Path,
    table: str,
    delimiter: str,
    names: Sequence[str] | None,
    null: Sequence[str],
) -> Content:
    data = text.encode()
    misfits: list[pa.csv.InvalidRow] = []

    def skip(row: pa.csv.InvalidRow) -> str:
        misfits.append(row)
        return "skip"

    try:
        header = list(names or next(csv.reader(io.StringIO(text), delimiter=delimiter)))
        repeated = [n for n in header if header.count(n) > 1]
        if repeated:
            return failed(table, "same_column", column=repeated[0])
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
                delimiter=delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=skip,
            ),
            convert_options=pa.csv.ConvertOptions(
                column_types={name: pa.string() for name in header},
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                null_values=["", *null],
            ),
        )
    except (pa.ArrowException, csv.Error) as error:
        return failed(table, "unreadable", file=path.name, reason=_first_line(error))
    return _numbered(content, misfits, table, data, first=1 if names else 2)


def _numbered(
    content: pa.Table, misfits: Sequence[pa.csv.InvalidRow], table: str, data: bytes, first: int
) -> Content:
    wrong = [r for r in misfits if r.text.strip()]
    total = content.num_rows + len(misfits)
    fits = np.ones(total, bool)
    fits[[r.number - first for r in misfits]] = False
    frame = as_frame(content, np.flatnonzero(fits) + first)
    last = frame.iloc[-1].dropna() if len(frame) else pd.Series(dtype="str")
    if data.count(b'"') % 2 and len(last) and "\n" in str(last.iloc[-1]):
        return failed(table, "open_quote", row=int(frame.index[-1]))
    fault = words.FAULTS["ragged"]
    problems = listed(
        [r.number for r in wrong],
        [r.text for r in wrong],
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
