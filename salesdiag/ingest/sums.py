"""What DuckDB does with an activity log: adds up plain rows, sets others aside, counts copies."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from salesdiag.ingest import files
from salesdiag.ingest.cells import FIRST_YEAR, LARGEST, LAST_YEAR
from salesdiag.ingest.log import Log, Tally
from salesdiag.ingest.parts import Parts, is_text
from salesdiag.schema import DTYPES, TABLE, Column

CHUNK = 100_000
"""Rows that are not plain and are checked at a time."""

KEPT_TO = 0.85
"""Part of the limit that DuckDB is given: it holds some memory outside its own count."""

NANO = 10**9
"""Fractions are added as whole billionths: exact, whatever the order of rows."""

_ACTIVITIES = TABLE["activities"]
_ARROW = {"datetime64[us]": pa.timestamp("us"), "float64": pa.float64()}
_CANONICAL = pa.schema(
    [(c.name, _ARROW.get(DTYPES[c.kind], pa.string())) for c in _ACTIVITIES.columns]
)

Check = Callable[[pd.DataFrame, Log], pd.DataFrame | None]


def references() -> list[tuple[str, str]]:
    """Return tables and columns, besides people, in which ids of activities are looked up."""
    refers = [c.refers_to.split(".") for c in _ACTIVITIES.columns if c.refers_to]
    return [(table, key) for table, key in refers if table != "people"]


class Sums:
    """Sums of an activity log, with the people and ids that activities refer to.

    Parameters
    ----------
    folder : Path
        For what does not fit into memory; emptied by the caller.
    people : DataFrame
        ``id``, ``code`` and the days from which a person's place may differ, in columns of dates.
    done : mapping
        Canonical tables that activities refer to.
    memory_limit : str
        For DuckDB, such as ``"300MB"``.
    """

    def __init__(
        self,
        folder: Path,
        people: pd.DataFrame,
        done: Mapping[str, pd.DataFrame],
        memory_limit: str,
    ):
        self.folder, self.people, self.memory_limit = folder, people, memory_limit
        self.odd, self.rest = folder / "odd.parquet", folder / "rest.parquet"
        self.changes = [c for c in people.columns if c.startswith("change_")]
        self.known = {
            f"known_{c.name}": pa.array(done[table][key].dropna().unique(), pa.string())
            for c in _ACTIVITIES.columns
            for table, _, key in [(c.refers_to or "").partition(".")]
            if table in done and c.name != "person_id"
        }

    @contextmanager
    def _connected(self, threads: int = 2) -> Iterator[None]:
        """Connect, with the tables that queries look into; memory is free again afterwards."""
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": self.memory_limit,
            "threads": threads,
            "preserve_insertion_order": False,
            "temp_directory": str(self.folder),
            # give memory back sooner
            "allocator_flush_threshold": "8MB",
            "allocator_bulk_deallocation_flush_threshold": "8MB",
        }
        with closing(duckdb.connect(config=config)) as self.sql:
            self.sql.execute("SET enable_progress_bar = false")  # it would go to stdout
            self._allow(KEPT_TO)
            self.sql.register("given", pa.Table.from_pandas(self.people, preserve_index=False))
            dates = "".join(f", CAST({c} AS DATE) AS {c}" for c in self.changes)
            self.sql.execute(f"CREATE TEMP TABLE people AS SELECT id, code{dates} FROM given")
            kinds = ", ".join(f"'{k}'" for k in _ACTIVITIES["kind"].choices)
            self.sql.execute(f"CREATE TEMP TYPE kinds AS ENUM ({kinds})")
            for name, ids in self.known.items():
                self.sql.register("given", pa.table({"id": ids}))
                self.sql.execute(f"CREATE TEMP TABLE {name} AS SELECT id FROM given")
            self.sql.unregister("given")
            yield

    def run(self, log_files: Parts, check: Check, tally: Tally) -> pd.DataFrame:
        """Return sums by code, month, stretch and kind, and tell of what was found."""
        with self._connected():
            self._set_aside(log_files)
        self._checked(log_files.schema, check, tally)
        # each thread would hold sums and hashes of its own
        with self._connected(threads=1):
            copies = self._copies(log_files)
        with self._connected(threads=1):
            sums = self._sums(log_files)
        timed = int(sums["timed"].sum())
        if timed:
            tally.whole("time_cut", "note", timed, column="done_on")
        if copies:
            tally.whole("alike", "note", copies)
        return sums

    def _sums(self, log_files: Parts) -> pd.DataFrame:
        """Return sums over all rows that can be used, as :meth:`run` does."""
        stretch = " + ".join(f"CAST(done_on >= {c} AS SMALLINT)" for c in self.changes) or "0"
        number = 'coalesce("count", 1)'
        found = self.sql.sql(
            f"""WITH usable AS ({self._usable(log_files)})
            SELECT code, CAST(12 * year(done_on) + month(done_on) AS SMALLINT) AS month,
              CAST({stretch} AS SMALLINT) AS stretch, kind, count(*) AS rows,
              sum(floor({number})) AS whole,
              CAST(sum(CAST(({number} - floor({number})) * {NANO} AS BIGINT)) AS BIGINT) AS part,
              min(done_on) AS first, max(done_on) AS last, count(*) FILTER (timed) AS timed
            FROM usable JOIN people ON usable.person_id = people.id GROUP BY ALL"""
        )
        return found.to_arrow_table().to_pandas(date_as_object=False)

    def _usable(self, log_files: Parts) -> str:
        """Return the query for canonical rows: those not set aside, and those left of them."""
        rest = Parts(files=(self.rest,), counts=(0,), schema=_CANONICAL)
        return f"""SELECT * EXCLUDE (row_number) FROM ({_cells(log_files, _row_number(log_files))})
              ANTI JOIN {_quoted(self.odd)} USING (row_number)
            UNION ALL {_cells(rest)}"""

    def _right(self, column: Column) -> str:
        """Return the condition for a canonical cell to be right as it stands."""
        name = f'"{column.name}"'
        if column.name == "person_id":
            return "code IS NOT NULL"
        if column.kind == "choice":
            return f"{name} IS NOT NULL"
        if column.kind == "date":
            return f"{name} BETWEEN DATE '{FIRST_YEAR}-01-01' AND DATE '{LAST_YEAR}-12-31'"
        if column.kind == "id":
            right = f"regexp_full_match({name}, '[!-~]([ -~]*[!-~])?')"
            if f"known_{column.name}" in self.known:
                right = f"{name} IN (SELECT id FROM known_{column.name})"
        else:
            right = f"({name} BETWEEN 0 AND {LARGEST})"
        return f"({name} IS NULL OR {right})"

    def _set_aside(self, log_files: Parts) -> None:
        """Write the rows that are not plain, as they stand, with their numbers, in any order."""
        schema = log_files.schema
        names = [c.name for c in _ACTIVITIES.columns if c.name in schema.names]
        stored = [f's."{n}" AS "stored_{n}"' for n in names]
        shown = ", ".join(f'"stored_{n}" AS "{n}"' for n in names)
        plain = " AND ".join(
            self._right(c) if _cell(c, schema)[1] else "false" for c in _ACTIVITIES.columns
        )
        self.sql.execute(
            f"""COPY (SELECT row_number, {shown}
              FROM ({_cells(log_files, _row_number(log_files), *stored)}) cells
              LEFT JOIN people ON cells.person_id = people.id
              WHERE NOT coalesce({plain}, false)) TO {_quoted(self.odd)} (FORMAT parquet)"""
        )

    def _checked(self, schema: pa.Schema, check: Check, tally: Tally) -> None:
        """Check the rows set aside, some at a time, and write those that can be used."""
        with pq.ParquetWriter(self.rest, _CANONICAL) as writer:
            for raw in _chunks(self.odd, schema):
                found = check(raw, tally)
                if found is not None and len(found):
                    writer.write_table(
                        pa.Table.from_pandas(found, schema=_CANONICAL, preserve_index=False)
                    )
        tally.wholes.pop(("alike", "note", None), None)  # rows like others here: counted over all

    def _copies(self, log_files: Parts) -> int:
        """Return how many rows are like another in every column (by a hash of 64 bits)."""
        names = ", ".join(
            f'CAST("{c.name}" AS VARCHAR)' if c.kind == "choice" else f'"{c.name}"'
            for c in _ACTIVITIES.columns
        )
        self._allow(1 / 3)  # counting takes more memory than it is allowed
        hashes = f"SELECT hash({names}) AS h FROM ({self._usable(log_files)})"
        return int(self._one(f"SELECT count(*) - count(DISTINCT h) FROM ({hashes})"))

    def _allow(self, part: float) -> None:
        """Lower DuckDB's limit of memory to a part of what it is."""
        amount, unit = self._one("SELECT current_setting('memory_limit')").split()
        self.sql.execute(f"SET memory_limit = '{float(amount) * part} {unit}'")

    def _one(self, query: str) -> Any:
        return self.sql.sql(query).fetchall()[0][0]


def _cells(log_files: Parts, *more: str) -> str:
    """Return the query for canonical cells of rows that are plain, and ``timed``: at a time."""
    values = [f'{_cell(c, log_files.schema)[0]} AS "{c.name}"' for c in _ACTIVITIES.columns]
    timed = "false"
    if pa.types.is_timestamp(log_files.schema.field("done_on").type):
        moment = 'CAST(s."done_on" AS TIMESTAMP)'
        timed = f"{moment} <> CAST({moment} AS DATE)"
    columns = ", ".join([*values, f"{timed} AS timed", *more])
    return f"SELECT {columns} FROM {_source(log_files)} s"


def _cell(column: Column, schema: pa.Schema) -> tuple[str, bool]:
    """Return the expression for a canonical cell, and whether a stored one can be plain at all."""
    empty = {"date": "DATE", "id": "VARCHAR", "choice": "kinds"}.get(column.kind, "DOUBLE")
    if column.name not in schema.names:
        return f"CAST(NULL AS {empty})", True
    kind, name = schema.field(column.name).type, f's."{column.name}"'
    if pa.types.is_null(kind):
        return f"CAST(NULL AS {empty})", True
    if column.kind == "id" and (is_text(kind) or pa.types.is_integer(kind)):
        return f"CAST({name} AS VARCHAR)", True
    if column.kind == "choice" and is_text(kind):
        return f"TRY_CAST({name} AS kinds)", True
    if column.kind == "date" and pa.types.is_date(kind):
        return f"CAST({name} AS DATE)", True
    if column.kind == "date" and pa.types.is_timestamp(kind) and kind.tz is None:
        return f"CAST(CAST({name} AS TIMESTAMP) AS DATE)", True
    exact = pa.types.is_decimal(kind) and kind.precision <= 15
    if empty == "DOUBLE" and (pa.types.is_floating(kind) or pa.types.is_integer(kind) or exact):
        return f"nullif(CAST({name} AS DOUBLE), CAST('nan' AS DOUBLE))", True
    return f"CAST(NULL AS {empty})", False


def _source(log_files: Parts) -> str:
    # a name may hold what stands for other names
    names = ", ".join(_quoted(glob.escape(str(f))) for f in log_files.files)
    return f"read_parquet([{names}])"


def _row_number(log_files: Parts) -> str:
    """Return the expression for a row's number, counted from 1 through all files."""
    before = np.cumsum((0, *log_files.counts[:-1])).tolist()
    return f"file_row_number + 1 + {before}[CAST(file_index AS BIGINT) + 1] AS row_number"


def _quoted(name: str | Path) -> str:
    return "'" + str(name).replace("'", "''") + "'"


def _chunks(odd: Path, schema: pa.Schema) -> Iterator[pd.DataFrame]:
    """Return the rows set aside as the files hold them, some at a time."""
    with pq.ParquetFile(odd) as file:
        for batch in file.iter_batches(CHUNK, use_threads=False):
            rows = pa.table(batch)
            names = rows.column_names[1:]
            stored = pa.schema([pa.field(n, schema.field(n).type) for n in names])
            cells = rows.select(names).cast(stored)
            yield files.as_frame(cells, rows["row_number"].to_numpy())
