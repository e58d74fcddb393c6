"""A table too large to be read, or in several files: where it lies and what columns it has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from salesdiag.ingest import files
from salesdiag.schema import DTYPES, TABLE

MANY = 2_000_000
"""Rows from which an activity log is not read into memory."""

_ACTIVITIES = TABLE["activities"]


@dataclass(frozen=True, kw_only=True)
class Parts:
    """A table in one or several Parquet files with the same columns.

    Attributes
    ----------
    files : tuple of Path
    counts : tuple of int
        Rows of each file.
    schema : pyarrow.Schema
    """

    files: tuple[Path, ...]
    counts: tuple[int, ...]
    schema: pa.Schema

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return sum(self.counts)


def parts(table: str, path: Path) -> Parts | files.Content | None:
    """Return the files of a table that is not to be read into memory.

    Parameters
    ----------
    table : str
    path : Path
        A Parquet file, or a folder of them whose name ends in ``.parquet``.

    Returns
    -------
    Parts, Content or None
        None where the table is to be read like any other: it is not the activity log, or one file
        with fewer than :data:`MANY` rows. Content where it cannot be used, with the reason.
    """
    if table != _ACTIVITIES.name or path.suffix.lower() != ".parquet":
        return None
    found = [path] if path.is_file() else sorted(path.glob("[!._]*.parquet"))
    try:
        counts = [pq.read_metadata(f).num_rows for f in found]
        schemas = [pq.read_schema(f) for f in found]
    except (OSError, pa.ArrowException):
        # reading it says why; of a folder, that it is one
        return None
    if not found or (path.is_file() and sum(counts) < MANY):
        return None
    for file, schema in zip(found, schemas, strict=True):
        if not schema.equals(schemas[0]):
            return files.failed(table, "parts_differ", file=file.name, first=found[0].name)
    # DuckDB does not tell upper case from lower
    names = [n.casefold() for n in schemas[0].names]
    twice = [n for n, low in zip(schemas[0].names, names, strict=True) if names.count(low) > 1]
    if twice:
        return files.failed(table, "same_column", column=twice[-1])
    for name in (c.name for c in _ACTIVITIES.columns if DTYPES[c.kind] == "float64"):
        if name in schemas[0].names and is_text(schemas[0].field(name).type):
            # what a point means is read off the whole column, which is never seen whole here
            return files.failed(table, "text_numbers", column=name)
    return Parts(files=tuple(found), counts=tuple(counts), schema=schemas[0])


def is_text(kind: pa.DataType) -> bool:
    """Say whether a stored column is text."""
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)
