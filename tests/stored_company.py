"""A small company that is right in every cell, and ways to store it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import pandas as pd


def tables() -> dict[str, pd.DataFrame]:
    """Return all cells as text, as a CSV holds them; an empty cell is ``""``."""
    text = {
        "people": """person_id|name|hired_on|left_on|exit_reason|team_pay_share
007|Ann|2020-01-01|||0.25
7|Bob|2019-03-01|2024-05-01|voluntary|
8|Ceo|2018-01-01||||
9|Dan|2021-01-01|||0.5""",
        "teams": """team_id|name|region
T1|North|DE
T2|South|FR""",
        "assignments": """person_id|team_id|role|start_on|end_on
007|T1|rep|2020-01-01|2023-01-01
007|T2|rep|2023-01-01|
7|T1|rep|2020-01-01|2024-05-01
8|T1|manager|2020-01-01|
9|T2|manager|2021-01-01|""",
        "quotas": """owner_id|period|period_kind|amount
007|2024-01-01|month|1000
007|2024-02-01|month|1000
7|2024-01-01|quarter|3000.5""",
        "accounts": """account_id|owner_id|name|acquired_on|lost_on
A1|007|Alpha|2020-01-01|
A2||Beta|2020-02-01|2024-01-01""",
        "orders": """order_id|account_id|owner_id|ordered_on|amount|margin
1|A1|007|2024-01-05|1234.56|
2|A1|7|2024-01-06|100|10
3|A2|7|2024-01-07|-50|-5
4||007|2024-02-07|0.1|0.01
5|A2|007|2024-02-08|1e3|3""",
        "opportunities": """opportunity_id|owner_id|created_on|outcome|closed_on|amount|disqualified
O1|007|2024-01-01|won|2024-02-01|10|false
O2|7|2024-01-02|lost|2024-02-02||true
O3|7||open|||""",
        "coaching": """manager_id|rep_id|held_on|minutes|kind|quality
8|7|2024-01-02|30|one_on_one|0.5
8|007|2022-01-02||training|""",
        "time_log": """person_id|week|category|hours
8|2024-01-01|coaching|10.5
8|2024-01-01|admin|3""",
    }
    frames = {}
    for name, lines in text.items():
        head, *body = [line.split("|") for line in lines.splitlines()]
        cells = [(row + [""] * len(head))[: len(head)] for row in body]
        frames[name] = pd.DataFrame(cells, columns=head, dtype="str")
    return frames


NUMBERS = {"amount", "margin", "minutes", "hours", "quality", "team_pay_share"}


def typed(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the cells as a database holds them: numbers, dates, flags, missing values."""
    done = {}
    for name, frame in frames.items():
        full = frame.mask(frame == "")
        for column in full:
            if column in NUMBERS:
                full[column] = full[column].astype("float64")
            elif column == "disqualified":
                full[column] = full[column].map({"true": True, "false": False}).astype("boolean")
            elif column.endswith("_on") or column in ("week", "period"):
                full[column] = pd.to_datetime(full[column])
        done[name] = full
    return done


def write_csv(folder: Path, frames: dict[str, pd.DataFrame], **how) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False, **how)
    return folder


def write_parquet(folder: Path, frames: dict[str, pd.DataFrame]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in typed(frames).items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    return folder


def write_duckdb(folder: Path, frames: dict[str, pd.DataFrame]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "company.duckdb"
    with duckdb.connect(str(path)) as connection:
        for name, frame in typed(frames).items():
            connection.register("frame", frame)
            connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM frame')
            connection.unregister("frame")
    return path


def write_sqlite(folder: Path, frames: dict[str, pd.DataFrame]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "company.sqlite"
    connection = sqlite3.connect(path)
    for name, frame in typed(frames).items():
        plain = frame.copy()
        for column in plain.select_dtypes("datetime"):
            plain[column] = plain[column].dt.strftime("%Y-%m-%d")
        plain.to_sql(name, connection, index=False)
    connection.commit()
    connection.close()
    return path
