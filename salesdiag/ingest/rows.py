"""Rules about whole rows: references, order of dates, keys, places held at the same time.

Each function takes a table whose columns are canonical already, indexed by file row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from salesdiag.errors import Severity
from salesdiag.ingest.log import Causes, Log
from salesdiag.schema import Column, Table

FOREVER = pd.Timestamp("2200-01-01")


def named(raw: pd.DataFrame, table: Table, null: Collection[str]) -> pd.DataFrame:
    """Return a table with the contract's names of columns, and without words for no value.

    Parameters
    ----------
    raw : pandas.DataFrame
    table : Table
        Names are alike whatever their case.
    null : collection of str
        Words that stand for a missing value.
    """
    known = {c.name for c in table.columns if c.name not in raw}
    names = {n: str(n).strip().casefold() for n in raw.columns if n not in table}
    found = {n: low for n, low in names.items() if low in known}
    once = {n: c for n, c in found.items() if list(found.values()).count(c) == 1}
    named = raw.rename(columns=once)
    if not any(null):
        return named
    texts = {str(c): named[c] for c in named if pd.api.types.is_string_dtype(named[c])}
    return named.assign(**{c: cells.mask(cells.isin(null)) for c, cells in texts.items()})


def unread(raw: pd.DataFrame, frame: pd.DataFrame, column: str) -> np.ndarray:
    """Say in which rows a cell is filled and has no value."""
    if column not in raw:
        return np.zeros(len(raw), bool)
    filled = raw[column].notna()
    if pd.api.types.is_string_dtype(raw[column]):
        filled &= raw[column].str.strip() != ""
    return (filled & frame[column].isna()).to_numpy()


def references(
    frame: pd.DataFrame,
    table: Table,
    column: Column,
    done: Mapping[str, pd.DataFrame],
    causes: Causes,
    log: Log,
) -> pd.Series:
    """Return ids that are all found; where a table referred to is absent, none is missed."""
    values = frame[column.name]
    refers = (column.refers_to or "").split()
    known: list[pd.Series] = []
    for name, _, key in (r.partition(".") for r in refers):
        source = frame if name == table.name else done.get(name)
        if source is None:
            return values
        known.append(source[key])
    ids = pa.array(pd.concat(known).dropna().unique(), pa.string())
    found = pc.is_in(pa.array(values, pa.string(), from_pandas=True), value_set=ids)
    strange = values.notna() & ~found.to_numpy(zero_copy_only=False)
    if not strange.any():
        return values
    severity: Severity = "dropped" if column.filled else "note"
    cause = log.rows("reference", severity, values[strange], column=column.name, refers=refers)
    if column.filled:
        causes.add(strange.to_numpy(), cause)
    return values.mask(strange)


def ordered(frame: pd.DataFrame, table: Table, causes: Causes, log: Log) -> pd.DataFrame:
    """Leave out rows that end before they start; where both dates may be empty, blank both."""
    for start, end in table.ordered:
        wrong = frame[end] < frame[start]
        if not wrong.any():
            continue
        needed = table[start].required
        shown = frame.loc[wrong, end].dt.strftime("%Y-%m-%d")
        severity: Severity = "dropped" if needed else "note"
        cause = log.rows("ordered", severity, shown, column=end, start=start, end=end)
        if needed:
            causes.add(wrong.to_numpy(), cause)
        else:
            frame = frame.assign(**{c: frame[c].mask(wrong) for c in (start, end)})
    return frame


def closings(frame: pd.DataFrame, unread: np.ndarray, causes: Causes, log: Log) -> pd.DataFrame:
    """Leave out deals that closed nobody knows when; blank when an open deal closed.

    Rows that are ``unread`` have a day of closing that cannot be read, which was told already.
    """
    closed = frame["outcome"].isin(["won", "lost"])
    unknown = closed & frame["closed_on"].isna() & ~unread
    if unknown.any():
        shown = frame.loc[unknown, "opportunity_id"]
        causes.add(unknown.to_numpy(), log.rows("not_closed", "dropped", shown, column="closed_on"))
    odd = (frame["outcome"] == "open") & frame["closed_on"].notna()
    if odd.any():
        shown = frame.loc[odd, "closed_on"].dt.strftime("%Y-%m-%d")
        log.rows("open_closed", "note", shown, column="closed_on")
    return frame.assign(closed_on=frame["closed_on"].mask(odd))


def unique(frame: pd.DataFrame, table: Table, log: Log) -> pd.DataFrame:
    """Keep one row per key: of a deal the latest state, otherwise the first row."""
    if not table.key:
        alike = frame.duplicated()
        if alike.any():
            log.whole("alike", "note", int(alike.sum()))
        return frame
    # days of a time log are added up afterwards: two days of one week are no copies
    key = ["_day" if c == "week" and "_day" in frame else c for c in table.key]
    if not frame.duplicated(key).any():
        return frame
    copies = frame.duplicated()
    left = frame[~copies]
    if table.name == "opportunities":
        dates = left[
            [c.name for c in table.columns if c.kind == "date" and c.name != "expected_close_on"]
        ]
        by_age = left.assign(_last=dates.max(axis=1)).sort_values(
            "_last", kind="stable", na_position="first"
        )
        kept = by_age.drop_duplicates(key, keep="last").index
        fault = "reopened"
    else:
        kept = left.drop_duplicates(key).index
        fault = "conflict"
    others = left.index.difference(kept)
    split = others[:0]
    if fault == "reopened":
        split = _splits(left, left.loc[kept], others)
        others = others.difference(split)
    for what, rows in (("identical", frame.index[copies]), ("split", split), (fault, others)):
        if len(rows):
            parts = [frame.loc[rows, k].astype("str").fillna("") for k in key]
            shown = parts[0].str.cat(parts[1:], sep=" ")
            cause = log.rows(what, "dropped", shown, column=key[0], key=key)
            log.drop(cause, len(rows))
    return frame.loc[frame.index.isin(kept)]


def _splits(frame: pd.DataFrame, kept: pd.DataFrame, others: pd.Index) -> pd.Index:
    """Return rows of deals that differ from the kept one in the owner, not in how they ended."""
    rows = frame.loc[others]
    kept = kept.set_index("opportunity_id").loc[rows["opportunity_id"]].set_axis(others)
    ended = rows["closed_on"].eq(kept["closed_on"]) | rows["outcome"].eq("open")
    alike = rows["outcome"].eq(kept["outcome"]) & ended
    return others[alike & rows["owner_id"].ne(kept["owner_id"])]


def overlaps(frame: pd.DataFrame, role: str, one: str, other: str, fault: str, log: Log) -> None:
    """Tell where assignments of a role hold together that exclude each other.

    Nothing is changed: the panel lets the one count that began later.

    Parameters
    ----------
    frame : pandas.DataFrame
        Assignments.
    role : {"rep", "manager"}
    one, other : str
        No two values of ``other`` may stand with one value of ``one`` on a day.
    """
    rows = frame[frame["role"] == role].sort_values("start_on", kind="stable")
    rows = rows.assign(_end=rows["end_on"].fillna(FOREVER))
    before = rows.groupby(one)["_end"].cummax().groupby(rows[one]).shift()
    suspects = rows[rows[one].isin(rows.loc[rows["start_on"] < before, one])]
    found = []
    for _, group in suspects.groupby(one):
        for place in range(1, len(group)):
            row, earlier = group.iloc[place], group.iloc[:place]
            if ((earlier[other] != row[other]) & (earlier["_end"] > row["start_on"])).any():
                found.append(group.index[place])
    if found:
        log.rows(fault, "note", rows.loc[sorted(found), one], column=one)
