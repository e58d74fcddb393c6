"""An activity log that does not fit into memory: checked and added up where it lies.

DuckDB reads the Parquet within a limit of memory. Rows in which every cell is plain (right by the
contract as it stands) are added up at once. All others take the way of any other table, some at a
time, so that they are left out for the same causes, in the same words; what survives is added too.

The result is a canonical table with fewer rows: one per person, kind of activity and month, and
stretch of the month between two changes of the person's place, so that whatever depends on the
place of a person on a day is the same for the whole row.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from salesdiag import __version__, text
from salesdiag.ingest.cells import nothing
from salesdiag.ingest.log import Log, Tally
from salesdiag.ingest.parts import Parts
from salesdiag.ingest.sums import NANO, Check, Sums, references
from salesdiag.schema import DTYPES, ROWS, TABLE

MEMORY = "300MB"
"""What DuckDB may use; the process needs about 100 MB more than before."""

_SAID = b"salesdiag.said"
_NEVER = pd.Timestamp("9999-12-31")


def condense(
    log_files: Parts,
    done: Mapping[str, pd.DataFrame],
    log: Log,
    check: Check,
    *,
    memory_limit: str = MEMORY,
    cache: Path | None = None,
    context: object = None,
) -> pd.DataFrame | None:
    """Return the activity log checked and added up.

    Parameters
    ----------
    log_files : Parts
        With all required columns.
    done : mapping
        Canonical tables that activities refer to.
    log : Log
        Is told of problems and of rows left out.
    check : callable
        Checks rows that are not plain, given as :class:`salesdiag.ingest.Raw` holds them, and
        returns the canonical rows that can be used.
    memory_limit : str
        For DuckDB, such as ``"300MB"``; what does not fit is written to a temporary folder.
    cache : Path, optional
        Folder to keep the result in, made where it is absent. A result is taken from there only
        where everything that it depends on is the same.
    context : object
        What else ``check`` depends on; told apart by its ``repr``.

    Returns
    -------
    DataFrame or None
        The columns of the contract and :data:`ROWS`. ``count`` is the sum over these rows, 1 for a
        row without one; ``done_on`` is the first day on which there was such a row;
        ``account_id``, ``opportunity_id`` and ``minutes`` are checked, not kept. A row with
        :data:`ROWS` 0 marks the last day of the log, where no other row does. None where it
        cannot be used.
    """
    if "people" not in done or "assignments" not in done:
        return None
    people = _places(done)
    kept = None if cache is None else cache / f"{_key(log_files, people, done, context)}.parquet"
    found = None if kept is None else _taken(kept)
    if found is None:
        found = _condensed(log_files, people, done, log, check, memory_limit)
        if found is not None and kept is not None:
            _keep(kept, *found)
    if found is None:
        return None
    frame, tally = found
    tally.tell(log)
    return frame


def _condensed(
    log_files: Parts,
    people: pd.DataFrame,
    done: Mapping[str, pd.DataFrame],
    log: Log,
    check: Check,
    memory_limit: str,
) -> tuple[pd.DataFrame, Tally] | None:
    tally = Tally(table=log.table)
    with tempfile.TemporaryDirectory(prefix="salesdiag-") as folder:
        work = Sums(Path(folder), people, done, memory_limit)
        try:
            sums = work.run(log_files, check, tally)
        except duckdb.Error as error:
            reason = str(error).splitlines()[0].rstrip(".")
            name = log_files.files[0].name
            log.whole("unreadable", "error", log_files.rows, file=name, reason=reason)
            return None
    frame = _table(sums, people["id"])
    del sums
    _give_back()
    return frame, tally


def _give_back() -> None:
    """Give memory that was let go of back to the system, before the panel asks for its own."""
    pa.default_memory_pool().release_unused()
    with suppress(OSError, AttributeError):  # only GNU's C library has it
        ctypes.CDLL(None).malloc_trim(0)


def _key(
    log_files: Parts, people: pd.DataFrame, done: Mapping[str, pd.DataFrame], context: object
) -> str:
    """Return a name for a result that is another wherever the result may be."""
    digest = hashlib.sha256(repr((__version__, text.current(), context)).encode())
    for file in log_files.files:
        stat = file.stat()
        digest.update(repr((file.name, stat.st_size, stat.st_mtime_ns)).encode())
        digest.update(pq.read_metadata(file).to_dict().__repr__().encode())
    referred = [people, *(done[t][[c]] for t, c in references() if t in done)]
    for frame in referred:
        digest.update(repr(list(frame.columns)).encode())
        digest.update(np.sort(pd.util.hash_pandas_object(frame, index=False)).tobytes())
    return f"activities-{digest.hexdigest()[:32]}"


def _taken(kept: Path) -> tuple[pd.DataFrame, Tally] | None:
    """Return a result that was kept; None where there is none that can be read."""
    try:
        table = pq.read_table(kept)
        return table.to_pandas(), Tally.from_json(table.schema.metadata[_SAID].decode())
    except (OSError, ValueError, KeyError, pa.ArrowException):
        return None


def _keep(kept: Path, frame: pd.DataFrame, tally: Tally) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    said = {**table.schema.metadata, _SAID: tally.to_json().encode()}
    unfinished = kept.with_name(f".{kept.name}.{os.getpid()}")
    pq.write_table(table.replace_schema_metadata(said), unfinished, compression="zstd")
    unfinished.replace(kept)


def _places(done: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return ``id``, ``code`` and the days ``change_0`` ... from which a person's place may differ.

    A place begins and ends with an assignment, and with the day after the last of employment.
    """
    places, people = done["assignments"], done["people"]
    left = people["left_on"] + pd.Timedelta(days=1)
    edges = pd.concat(
        [
            pd.DataFrame({"id": places["person_id"], "on": places[edge]})
            for edge in ("start_on", "end_on")
        ]
        + [pd.DataFrame({"id": people["person_id"], "on": left})]
    )
    edges = edges.dropna().drop_duplicates().sort_values(["id", "on"])
    number = edges.groupby("id").cumcount()
    changes = edges.assign(number=number).pivot_table(
        index="id", columns="number", values="on", aggfunc="first"
    )
    ids = pd.Index(people["person_id"].drop_duplicates().sort_values(), name="id")
    changes = changes.reindex(ids).fillna(_NEVER).add_prefix("change_")
    changes.insert(0, "code", np.arange(len(ids), dtype="int32"))
    return changes.rename_axis(columns=None).reset_index()


def _table(sums: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    """Return sums as a canonical table."""
    day = pd.api.types.pandas_dtype(DTYPES["date"])
    kept = pd.DataFrame(
        {
            "person_id": ids.array.take(sums["code"].to_numpy("int64")),
            "done_on": sums["first"].astype(day),
            "kind": sums["kind"].astype("str"),
            "count": sums["whole"].astype("float64") + sums["part"].astype("float64") / NANO,
            ROWS: sums["rows"].astype("int64"),
            "last": sums["last"].astype(day),
        }
    ).sort_values(["person_id", "done_on", "kind"], ignore_index=True)
    if len(kept) and kept["last"].max() > kept["done_on"].max():
        end = kept.loc[[kept["last"].idxmax()]]
        end = end.assign(done_on=end["last"], count=0.0, **{ROWS: 0})
        kept = pd.concat([kept, end], ignore_index=True)
    for column in TABLE["activities"].columns:
        if column.name not in kept:
            kept = kept.assign(**{column.name: nothing(kept.index, column)})
    return kept[[*(c.name for c in TABLE["activities"].columns), ROWS]]
