"""A panel as a file of which one team can be read without the others."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

_TEAMS = b"salesdiag.teams"


def write_by_team(panel: pd.DataFrame, path: str | Path) -> None:
    """Write a panel as Parquet, sorted by team, with one row group for each team.

    Parameters
    ----------
    panel : DataFrame
        With ``team_id``; :func:`salesdiag.panel.rep_months` or any other. Rows without a team are
        left out. Within a team rows keep their order.
    path : str or Path
        Replaced as a whole, or not at all where writing fails.

    Examples
    --------
    >>> write_by_team(pd.DataFrame({"team_id": ["T2", "T1"], "n": [3, 4]}), "/tmp/p.parquet")
    >>> read_team("/tmp/p.parquet", "T1")
      team_id  n
    0      T1  4
    """
    rows = panel.dropna(subset=["team_id"]).sort_values("team_id", kind="stable")
    table = pa.Table.from_pandas(rows, preserve_index=False)
    sizes = rows.groupby("team_id").size()
    metadata = {**(table.schema.metadata or {}), _TEAMS: json.dumps(list(sizes.index)).encode()}
    table = table.replace_schema_metadata(metadata)
    unfinished = Path(path).with_name(f".{Path(path).name}.{os.getpid()}")
    try:
        with pq.ParquetWriter(unfinished, table.schema, compression="zstd") as writer:
            start = 0
            for size in sizes:
                writer.write_table(table.slice(start, size), row_group_size=int(size))
                start += size
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read_team(path: str | Path, team: str) -> pd.DataFrame:
    """Return one team's rows of a file of :func:`write_by_team`; nothing else is read.

    Parameters
    ----------
    path : str or Path
    team : str
        ``team_id``.

    Raises
    ------
    ValueError
        The file was not written by :func:`write_by_team`, or does not have the team.
    """
    with pq.ParquetFile(path, pre_buffer=False) as file:
        listed = (file.schema_arrow.metadata or {}).get(_TEAMS)
        if listed is None:
            raise ValueError(f"{Path(path).name} is not a panel written by team")
        teams = json.loads(listed)
        if team not in teams:
            raise ValueError(f"{Path(path).name} has no team {team!r}; it has {len(teams)} others")
        return file.read_row_group(teams.index(team), use_threads=False).to_pandas()
