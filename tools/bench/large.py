"""A log of 50 million activities under a limit of memory, against pandas reading all of it.

Both sides do the same job, each in a process of its own: check every row, count what is left out,
count copies, and add up meetings by rep and month. Their tables are compared before their costs.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq

from salesdiag.panel import read_team, write_by_team
from tools.bench.rows import Row

MILLION = 1_000_000
TEAMS, REPS, ACCOUNTS, DEALS = 200, 12, 40_000, 60_000
MONTHS = ("2022-01-01", 1096)
"""First day of the log, and its days."""

MEMORY_BOUND, TIME_BOUND, SLICE_BOUND = 450.0, 1.0, 5.0

KINDS = ("call", "email", "email", "call", "other", "demo", "discovery_meeting", "proposal_meeting")

OURS = """
import resource, sys
import salesdiag as sd
from salesdiag.ingest import parts
parts.MANY = 1
company = sd.load(sys.argv[1])
panel = company.panel
panel.to_parquet(sys.argv[2] + "/panel.parquet")
found = {
    "dropped": company.dropped.query("table == 'activities'")["rows"].tolist(),
    "unplaced": dict(company.unplaced.query("table == 'activities'")[["cause", "rows"]].values),
    "copies": int(
        company.problems[company.problems["problem"].str.contains("alike")]["rows"].sum()
    ),
    "accounts": int(company.problems.query("column == 'account_id'")["rows"].sum()),
}
"""

PANDAS = """
import resource, sys
import pandas as pd
folder = sys.argv[1]
people = pd.read_parquet(folder + "/people.parquet")
places = pd.read_parquet(folder + "/assignments.parquet")
accounts = pd.read_parquet(folder + "/accounts.parquet")
deals = pd.read_parquet(folder + "/opportunities.parquet")
log = pd.read_parquet(folder + "/activities.parquet")
kinds = ["discovery_meeting", "proposal_meeting", "demo", "call", "email", "other"]
unknown = ~log["person_id"].isin(people["person_id"])
taken = unknown & False
dropped = []
# in the order of the contract's columns, each row under its first cause; references come last
for bad in (log["done_on"].isna(), ~log["kind"].isin(kinds), unknown):
    dropped.append(int((bad & ~taken).sum()))
    taken |= bad
strange = log["account_id"].notna() & ~log["account_id"].isin(accounts["account_id"])
other = log["opportunity_id"].notna() & ~log["opportunity_id"].isin(deals["opportunity_id"])
log["account_id"] = log["account_id"].mask(strange)
log["opportunity_id"] = log["opportunity_id"].mask(other)
for name in ("minutes", "count"):
    log[name] = log[name].where(log[name].between(0, 1e308))
log = log[~taken]
copies = int(log.duplicated().sum())
start = places[places["role"].eq("rep")].groupby("person_id")["start_on"].min()
log = log[["person_id", "done_on", "kind", "count"]]
before = log["done_on"] < log["person_id"].map(start)
outside = log["done_on"] > pd.Timestamp(sys.argv[3])
unplaced = {"no_assignment": int((before & ~outside).sum()), "outside_window": int(outside.sum())}
log = log[~before & ~outside]
month = log["done_on"].astype("datetime64[s]").to_numpy().astype("datetime64[M]")
month = pd.Series(month.astype("datetime64[us]"), index=log.index, name="month")
count = log["count"].fillna(1)
meetings = ("discovery_meeting", "proposal_meeting")
panel = pd.DataFrame(
    {f"{k}s": count.where(log["kind"].eq(k), 0.0) for k in meetings}
).groupby([log["person_id"].rename("rep_id"), month]).sum().reset_index()
panel.to_parquet(sys.argv[2] + "/panel.parquet")
found = {
    "dropped": [n for n in dropped if n],
    "unplaced": {k: n for k, n in unplaced.items() if n},
    "copies": copies,
    "accounts": int(strange.sum()),
}
"""

SPENT = """
import json
used = resource.getrusage(resource.RUSAGE_SELF)
found |= {"cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss / 1024}
print(json.dumps(found))
"""


def company(folder: Path, count: int) -> None:
    """Write a company with a log of so many activities, one row in a thousand wrong.

    Needs little memory and gives the same content each time (the order of rows may differ).
    """
    folder.mkdir(parents=True, exist_ok=True)
    first, days = MONTHS
    tables = {
        "people": f"""SELECT printf('P%05d', i) AS person_id, printf('Rep %d', i) AS name
            FROM range({TEAMS * (REPS + 1)}) t(i)""",
        "teams": f"SELECT printf('T%03d', i) AS team_id, printf('T%d', i) AS name "
        f"FROM range({TEAMS}) t(i)",
        # one rep in five joins later, one in seven changes teams within a month
        "assignments": f"""WITH reps AS (
              SELECT i, DATE '{first}' + CAST(if(i % 5 = 0, hash(i) % 300, 0) AS INTEGER) AS start,
                DATE '{first}' + CAST(400 + hash(i) % 500 AS INTEGER) AS move
              FROM range({TEAMS * REPS}) t(i))
            SELECT printf('P%05d', i) AS person_id, printf('T%03d', i % {TEAMS}) AS team_id,
              'rep' AS role, CAST(start AS TIMESTAMP) AS start_on,
              CAST(if(i % 7 = 0, move, NULL) AS TIMESTAMP) AS end_on FROM reps
            UNION ALL SELECT printf('P%05d', i), printf('T%03d', (i + 1) % {TEAMS}), 'rep', move,
              NULL FROM reps WHERE i % 7 = 0
            UNION ALL SELECT printf('P%05d', {TEAMS * REPS} + i), printf('T%03d', i), 'manager',
              DATE '{first}', NULL FROM range({TEAMS}) t(i)""",
        "accounts": f"""SELECT printf('A%06d', i) AS account_id,
              printf('P%05d', i % {TEAMS * REPS}) AS owner_id FROM range({ACCOUNTS}) t(i)""",
        "opportunities": f"""SELECT printf('D%06d', i) AS opportunity_id,
              printf('P%05d', i % {TEAMS * REPS}) AS owner_id,
              DATE '{first}' + CAST(hash(i) % {days} AS INTEGER) AS created_on, 'won' AS outcome,
              created_on AS closed_on, 100.0 AS amount FROM range({DEALS}) t(i)""",
        "activities": f"""SELECT
              if(i % 4000 = 1, 'P99999', printf('P%05d', CAST(h % {TEAMS * REPS} AS BIGINT)))
                AS person_id,
              if(i % 4000 = 2, NULL, CAST(DATE '{first}' + CAST((h // 2400) % {days} AS INTEGER)
                AS TIMESTAMP)) AS done_on,
              if(i % 4000 = 3, 'meeting', ({list(KINDS)})[1 + CAST((h // 2630400) % 8 AS BIGINT)])
                AS kind,
              if(i % 4000 = 4, 'A999999', if(h % 5 = 0, NULL,
                printf('A%06d', CAST((h // 21043200) % {ACCOUNTS} AS BIGINT)))) AS account_id,
              if(h % 3 = 0, NULL, printf('D%06d', CAST((h // 7919) % {DEALS} AS BIGINT)))
                AS opportunity_id,
              CAST(5 * (1 + (h // 104729) % 12) AS DOUBLE) AS minutes,
              CAST(if((h // 1299709) % 20 = 0, 2, if((h // 1299709) % 20 = 1, NULL, 1)) AS DOUBLE)
                AS "count"
            FROM (SELECT i, hash(if(i % 1000 = 7, i - 1, i)) AS h FROM range({count}) t(i))""",
    }
    config = {"memory_limit": "300MB", "threads": 2, "preserve_insertion_order": False}
    with duckdb.connect(config=config) as connection:
        connection.execute("SET enable_progress_bar = false")
        for name, query in tables.items():
            target = str(folder / f"{name}.parquet").replace("'", "''")
            connection.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")


def run(code: str, folder: Path, out: Path) -> dict:
    """Run one side in a process of its own and return what it found and spent."""
    out.mkdir(parents=True, exist_ok=True)
    last = pd.read_parquet(folder / "opportunities.parquet", columns=["closed_on"])["closed_on"]
    end = pd.Timestamp(last.max()) + pd.offsets.MonthEnd(0)
    done = subprocess.run(
        [sys.executable, "-c", code + SPENT, str(folder), str(out), str(end.date())],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(done.stdout)


def same(ours: dict, theirs: dict, out: Path) -> None:
    """Compare what both sides found.

    Raises
    ------
    ValueError
        They differ.
    """
    for name in ("unplaced", "copies", "accounts"):
        if ours[name] != theirs[name]:
            raise ValueError(f"{name}: {ours[name]} and {theirs[name]}")
    if sorted(ours["dropped"]) != sorted(theirs["dropped"]):
        raise ValueError(f"dropped: {ours['dropped']} and {theirs['dropped']}")
    keys, values = ["rep_id", "month"], ["discovery_meetings", "proposal_meetings"]
    panel = pd.read_parquet(out / "ours" / "panel.parquet")[[*keys, *values]].set_index(keys)
    other = pd.read_parquet(out / "pandas" / "panel.parquet").set_index(keys)
    other = other.reindex(panel.index, fill_value=0.0)
    pd.testing.assert_frame_equal(panel, other[values], check_exact=True, check_index_type=False)


def slice_row(panel: pd.DataFrame, scratch: Path) -> Row:
    """Return what one team's rows cost to read, against reading all and choosing.

    Raises
    ------
    ValueError
        The slice is not that of the panel, or its team is in more than one row group.
    """
    path, team = scratch / "by_team.parquet", str(panel["team_id"].iloc[len(panel) // 2])
    write_by_team(panel, path)
    groups = pq.read_metadata(path)
    column = groups.schema.names.index("team_id")
    stats = [groups.row_group(k).column(column).statistics for k in range(groups.num_row_groups)]
    if [(s.min, s.max) for s in stats] != [(t, t) for t in sorted(panel["team_id"].unique())]:
        raise ValueError("a row group has more than one team, or a team more than one row group")
    chosen = panel[panel["team_id"].eq(team)].reset_index(drop=True)
    pd.testing.assert_frame_equal(read_team(path, team), chosen)

    def whole() -> pd.DataFrame:
        panel = pd.read_parquet(path)
        return panel[panel["team_id"].eq(team)]

    def cost(read: Callable[[], pd.DataFrame], times: int = 15) -> float:
        spent = []
        for _ in range(times):
            began = time.process_time()
            read()
            spent.append(time.process_time() - began)
        return sorted(spent)[times // 2]

    all_of_it = cost(whole)
    one = cost(lambda: read_team(path, team))
    return Row(
        what="one team's rows of a panel: its row group against the whole file",
        measured=all_of_it / one,
        bound=SLICE_BOUND,
        at_least=True,
        detail=f"{1000 * all_of_it:.1f} ms and {1000 * one:.1f} ms; 1 of {len(stats)} row groups "
        "read, rows equal",
    )


def rows(scratch: Path, count: int = 50 * MILLION) -> list[Row]:
    """Compare both sides on a log of so many activities.

    Parameters
    ----------
    scratch : Path
        Folder for about 12 bytes per activity.
    count : int

    Raises
    ------
    ValueError, AssertionError
        The two sides do not find the same.
    """
    folder = scratch / "company"
    company(folder, count)
    ours = run(OURS, folder, scratch / "ours")
    theirs = run(PANDAS, folder, scratch / "pandas")
    same(ours, theirs, scratch)
    equal = "panel, rows left out by cause and copies equal"
    size = f"{count / MILLION:g} million activities"
    return [
        Row(
            what=f"{size}: peak memory of loading and of the panel, 300 MB for DuckDB",
            measured=ours["peak"],
            bound=MEMORY_BOUND,
            at_least=False,
            unit="MB",
            detail=f"pandas {theirs['peak']:.0f} MB; {equal}",
        ),
        Row(
            what=f"{size}: processor time of loading and of the panel against pandas",
            measured=ours["cpu"] / theirs["cpu"],
            bound=TIME_BOUND,
            at_least=False,
            detail=f"{ours['cpu']:.1f} s and {theirs['cpu']:.1f} s; {equal}",
        ),
        slice_row(pd.read_parquet(scratch / "ours" / "panel.parquet"), scratch),
    ]
