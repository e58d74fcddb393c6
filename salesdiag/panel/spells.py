"""Who was where on a day: effective-dated assignments as half-open spells of whole days.

Days are counted from 1970-01-01 and spells are ``[start, end)``. Spells of one key never overlap,
so that a day has one answer, found by one binary search for all rows at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
FOREVER = 2**17
"""End of a spell that still lasts: a day in the year 2328."""
_SPAN = 2**20


def day_number(dates: pd.Series) -> Ints:
    """Return days since 1970-01-01; a missing date becomes the smallest integer."""
    days: Ints = dates.to_numpy("datetime64[D]").astype("int64")
    return days


def month_of(days: Ints) -> Ints:
    """Return months since January 1970 of days."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype("int64")


def first_day(months: Ints) -> Ints:
    """Return the first day of months."""
    return months.astype("datetime64[M]").astype("datetime64[D]").astype("int64")


def dated(months: Ints) -> npt.NDArray[np.datetime64]:
    """Return months as the dates of their first days."""
    return np.asarray(months, dtype="int64").astype("datetime64[M]").astype("datetime64[us]")


def disjoint(spells: pd.DataFrame, by: Sequence[str], rank: Sequence[str]) -> pd.DataFrame:
    """Return spells cut so that those of one key never overlap.

    Parameters
    ----------
    spells : DataFrame
        With ``start``, ``end`` (days) and the columns named.
    by : sequence of str
        Columns of the key.
    rank : sequence of str
        Where spells overlap, the one that is last in the order of these columns holds.

    Returns
    -------
    DataFrame
        Same columns, sorted by key and start.
    """
    keys = list(by)
    ordered = spells.sort_values([*keys, "start", "end"], ignore_index=True)
    following = ordered.groupby(keys, sort=False)["start"].shift(-1)
    if not (ordered["end"] > following).any():
        return ordered
    pieces = cut(ordered, keys).sort_values([*keys, "_from", *rank])
    pieces = pieces.drop_duplicates([*keys, "_from"], keep="last")
    pieces = pieces.assign(start=pieces["_from"], end=pieces["_to"])
    return _joined(pieces[ordered.columns])


def cut(spells: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return spells cut at each other's edges, so that pieces of a key coincide or do not touch.

    The piece is ``_from`` to ``_to``; ``start`` and ``end`` stay those of the spell.
    """
    keys = list(by)
    edges = pd.concat([spells[keys].assign(_from=spells[edge]) for edge in ("start", "end")])
    edges = edges.drop_duplicates().sort_values([*keys, "_from"])
    edges["_to"] = edges.groupby(keys, sort=False)["_from"].shift(-1)
    edges = edges.dropna(subset=["_to"]).astype({"_to": "int64"})
    pieces = edges.merge(spells, on=keys)
    inside = (pieces["start"] <= pieces["_from"]) & (pieces["_to"] <= pieces["end"])
    return pieces[inside].reset_index(drop=True)


def _joined(pieces: pd.DataFrame) -> pd.DataFrame:
    """Return adjacent pieces that say the same as one."""
    same = [c for c in pieces.columns if c not in ("start", "end")]
    before = pieces[same].shift()
    equal = pieces[same].eq(before) | (pieces[same].isna() & before.isna())
    new = ~(equal.all(axis=1) & pieces["start"].eq(pieces["end"].shift()))
    firsts = pieces[new].reset_index(drop=True)
    return firsts.assign(end=pieces.groupby(new.cumsum())["end"].last().to_numpy())


def union(spells: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return the days covered by any spell of a key, as disjoint spells: key, start, end."""
    keys = list(by)
    ordered = spells[[*keys, "start", "end"]].sort_values([*keys, "start"], ignore_index=True)
    reach = ordered.groupby(keys, sort=False)["end"].cummax()
    before = reach.groupby([ordered[k] for k in keys], sort=False).shift()
    run = (before.isna() | (ordered["start"] > before)).cumsum()
    firsts = ordered[~run.duplicated()].reset_index(drop=True)
    return firsts.assign(end=ordered.groupby(run)["end"].max().to_numpy())


def locate(spells: pd.DataFrame, by: str, keys: pd.Series, days: Ints) -> Ints:
    """Return the position of the spell that holds for each key and day, -1 where none does.

    Parameters
    ----------
    spells : DataFrame
        Disjoint within ``by``.
    by : str
    keys : Series
        Values looked for in ``by``.
    days : array of int
        Of the same length.
    """
    if not len(spells) or not len(keys):
        return np.full(len(keys), -1, dtype="int64")
    codes, known = pd.factorize(spells[by])
    start = codes * _SPAN + spells["start"].to_numpy()
    order = np.argsort(start, kind="stable")
    wanted = positions(keys, known)
    day = np.clip(days, -FOREVER, FOREVER)
    slot = np.searchsorted(start[order], wanted * _SPAN + day, side="right") - 1
    found = order[np.maximum(slot, 0)]
    held = (
        (slot >= 0)
        & (wanted >= 0)
        & (codes[found] == wanted)
        & (day >= spells["start"].to_numpy()[found])
        & (day < spells["end"].to_numpy()[found])
    )
    return np.where(held, found, -1).astype("int64")


def positions(keys: pd.Series, known: pd.Index) -> Ints:
    """Return where each text stands among distinct ones, -1 where it does not."""
    # pandas' own get_indexer makes a Python object of every cell
    found = pc.index_in(
        pa.array(keys.astype("str").array), value_set=pa.array(known.astype("str").array)
    )
    at: Ints = found.fill_null(-1).to_numpy().astype("int64")
    return at


def value_at(spells: pd.DataFrame, by: str, value: str, keys: pd.Series, days: Ints) -> pd.Series:
    """Return a column of the spell that holds for each key and day; missing where none does."""
    at = locate(spells, by, keys, days)
    values = spells[value].astype("str")
    return pd.Series(values.array.take(at, allow_fill=True), index=keys.index, name=value)


def in_role(tables: Mapping[str, pd.DataFrame], role: str, *, known: bool = True) -> pd.DataFrame:
    """Return the raw spells of a role: person_id, team_id, start, end.

    A spell ends with the last day of employment (``people.left_on``) where that comes first.
    Assignments to teams that the ``teams`` table does not have are left out; ``known=False``
    gives these instead.
    """
    rows = tables["assignments"]
    rows = rows[rows["role"].eq(role)]
    teams = tables.get("teams")
    if teams is not None and len(teams):
        rows = rows[rows["team_id"].isin(teams["team_id"]) == known]
    elif not known:
        rows = rows.iloc[:0]
    people = tables["people"]
    end = _ends(rows["end_on"]) if "end_on" in rows else np.full(len(rows), FOREVER)
    if "left_on" in people:
        left = people.drop_duplicates("person_id").set_index("person_id")["left_on"]
        last = _ends(left.reindex(rows["person_id"]))
        end = np.minimum(end, np.where(last == FOREVER, last, last + 1))
    found = pd.DataFrame(
        {
            "person_id": rows["person_id"].to_numpy(),
            "team_id": rows["team_id"].to_numpy(),
            "start": day_number(rows["start_on"]),
            "end": end,
        }
    ).astype({"person_id": "str", "team_id": "str"})
    return found[(found["start"] < found["end"]) & (found["start"] > -FOREVER)]


def _ends(dates: pd.Series) -> Ints:
    dates = pd.to_datetime(dates)
    return np.where(dates.isna(), FOREVER, day_number(dates)).astype("int64")


def reps(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the spells of reps, one team per person and day.

    Who is a rep in two teams at once counts in the one joined last. Who manages a team is not a
    rep of that team on the same days; a rep of another team he may be.
    """
    both = pd.concat(
        [in_role(tables, role).assign(manages=role == "manager") for role in ("rep", "manager")]
    )
    both = both.assign(since=both["start"])
    kept = disjoint(both, ["person_id", "team_id"], ["manages", "since"])
    kept = kept[~kept["manages"]].drop(columns="manages")
    return disjoint(kept, ["person_id"], ["since", "team_id"]).drop(columns="since")


def managers(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the spells of managers, one person per team and day: who took over last."""
    return disjoint(in_role(tables, "manager"), ["team_id"], ["start", "person_id"])


def with_vacancies(managed: pd.DataFrame, teams: pd.Series) -> pd.DataFrame:
    """Return manager spells that cover every day of the teams; a vacancy has no person."""
    every = pd.DataFrame({"team_id": teams.unique(), "start": -FOREVER, "end": FOREVER})
    every = every.assign(person_id=pd.Series(pd.NA, index=every.index, dtype="str"), filled=False)
    return disjoint(
        pd.concat([every, managed.assign(filled=True)]), ["team_id"], ["filled", "start"]
    ).drop(columns="filled")


def intersect(left: pd.DataFrame, right: pd.DataFrame, on: str) -> pd.DataFrame:
    """Return the overlaps of two sets of spells that share a key."""
    both = left.merge(right, on=on, suffixes=("", "_right"))
    both["start"] = both[["start", "start_right"]].max(axis=1)
    both["end"] = both[["end", "end_right"]].min(axis=1)
    both = both[both["start"] < both["end"]]
    return both.drop(columns=["start_right", "end_right"]).reset_index(drop=True)


def by_month(spells: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    """Return one row per spell and month between two months, with the ``days`` in it.

    Returns
    -------
    DataFrame
        The spells' columns, ``month`` (months since 1970), ``days`` and ``length`` (days of the
        month).
    """
    begin = np.maximum(month_of(spells["start"].to_numpy()), first)
    stop = np.minimum(month_of(spells["end"].to_numpy() - 1), last)
    count = np.maximum(stop - begin + 1, 0)
    rows = spells.loc[spells.index.repeat(count)].reset_index(drop=True)
    offset = np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)
    month = np.repeat(begin, count) + offset
    opens, closes = first_day(month), first_day(month + 1)
    days = np.minimum(rows["end"], closes) - np.maximum(rows["start"], opens)
    return rows.assign(month=month, days=days.astype("int64"), length=closes - opens)
