"""A company of one team whose orders add up to 18,009.00, written as any file may look."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

HEADER = ("order_id", "account_id", "owner_id", "ordered_on", "amount")
AMOUNT, ROWS = "1000.50", 18
TOTAL, DEALS = 18_009.0, 603.0
REPS = [f"R{i}" for i in range(1, 7)]
Rows = Sequence[Sequence[str]]


def tables(**reading: Any) -> dict[str, list[list[str]]]:
    """Return the tables besides orders, numbers and dates in the declared form."""
    form = reading.get("date_format", "%Y-%m-%d")
    start, won = (date(2025, m, 2).strftime(form) for m in (1, 2))
    joined = date(2020, 1, 2).strftime(form)
    amount = "100.50".replace(".", reading.get("decimal", "."))
    return {
        "people": [["person_id", "name"], ["M1", "Max"], *([r, f"Rep {r}"] for r in REPS)],
        "teams": [["team_id", "name"], ["T1", "One"]],
        "assignments": [
            ["person_id", "team_id", "role", "start_on"],
            ["M1", "T1", "manager", joined],
            *([r, "T1", "rep", joined] for r in REPS),
        ],
        "opportunities": [
            ["opportunity_id", "owner_id", "created_on", "outcome", "closed_on", "amount"],
            *([f"D{r}", r, start, "won", won, amount] for r in REPS),
        ],
    }


def orders(changes: Mapping[int, Mapping[str, str]] | None = None, **every: str) -> Rows:
    """Return the cells of orders; rows are counted as a spreadsheet does, from 2."""
    rows = [list(HEADER)]
    for i in range(ROWS):
        cells = (f"O{i + 1}", "", REPS[i % 6], "2025-01-15", AMOUNT)
        row = dict(zip(HEADER, cells, strict=True)) | every | dict((changes or {}).get(i + 2, {}))
        rows.append(list(row.values()))
    return rows


def text(rows: Rows, sep: str = ",", end: str = "\n", quote: str = '"') -> str:
    """Write rows; a cell that holds the separator is put between quotation marks."""

    def cell(value: str) -> str:
        marked = sep in value or quote in value or "\n" in value
        return quote + value.replace(quote, 2 * quote) + quote if marked else value

    return "".join(sep.join(map(cell, line)) + end for line in rows)


def company(
    folder: Path, content: bytes | str | None, name: str = "orders.csv", **reading: Any
) -> Path:
    """Write the company; ``content`` is its file of orders, None for no such file."""
    folder.mkdir(parents=True)
    sep, encoding = reading.get("delimiter", ","), reading.get("encoding", "utf-8")
    sep = sep if isinstance(sep, str) and sep else ","
    for table, rows in tables(**reading).items():
        (folder / f"{table}.csv").write_bytes(encoded(text(rows, sep), encoding))
    if content is not None:
        (folder / name).write_bytes(encoded(content, encoding))
    settings = 'name = "Tiny"\ncurrency = "USD"\n' + section("reading", reading)
    (folder / "company.toml").write_text(settings, encoding="utf-8")
    return folder


def encoded(content: bytes | str, encoding: object) -> bytes:
    """Return text as bytes, in UTF-8 where there is no such encoding."""
    if isinstance(content, bytes):
        return content
    try:
        return content.encode(str(encoding))
    except LookupError:
        return content.encode()


def section(head: str, values: Mapping[str, Any]) -> str:
    """Write a section of TOML."""
    return f"[{head}]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in values.items())


DIALECT = ("delimiter", "encoding", "quote", "null")


def mapping(path: Path, name: str = "orders.csv", **reading: Any) -> Path:
    """Write a mapping that takes the company's tables as they stand."""
    dialect = {k: v for k, v in reading.items() if k in DIALECT}
    told = {k: v for k, v in reading.items() if k not in DIALECT}
    parts = ['[company]\nname = "Tiny"\ncurrency = "USD"\n', section("company.reading", told)]
    heads = {t: rows[0] for t, rows in tables().items() if t != "opportunities"}
    for table, head in {**heads, "orders": list(HEADER)}.items():
        file = name if table == "orders" else f"{table}.csv"
        parts += [
            section(f"sources.s_{table}", {"file": file, **dialect}),
            section(f"tables.{table}", {"from": f"s_{table}"}),
            section(f"tables.{table}.columns", {h: h for h in head}),
        ]
    path.write_text("\n".join(parts), encoding="utf-8")
    return path
