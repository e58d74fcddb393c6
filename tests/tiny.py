"""A small company in files: one team of six reps and a manager, January to March 2025."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

REPS = [f"R{k}" for k in range(1, 7)]
DAYS = ("01-02", "02-14", "03-30")


def tables() -> dict[str, list[str]]:
    """Return the tables as lines: 18 orders of 1,000.50, six won deals of 100.50."""
    people = [f"{p},Name {p}" for p in ("M1", *REPS)]
    places = ["M1,T1,manager,2024-12-01,", *(f"{r},T1,rep,2024-12-01," for r in REPS)]
    orders = [f"O{k}-{day},{r},2025-{day},1000.50" for k, r in enumerate(REPS) for day in DAYS]
    deals = [f"D{k},{r},2025-01-02,won,2025-{DAYS[k % 3]},100.50" for k, r in enumerate(REPS, 1)]
    return {
        "people": ["person_id,name", *people],
        "teams": ["team_id,name", "T1,One"],
        "assignments": ["person_id,team_id,role,start_on,end_on", *places],
        "orders": ["order_id,owner_id,ordered_on,amount", *orders],
        "opportunities": ["opportunity_id,owner_id,created_on,outcome,closed_on,amount", *deals],
    }


def write(folder: Path, content: dict[str, Iterable[str]], settings: str = "") -> Path:
    """Write a company; ``account_id`` of orders, which is required, is added empty."""
    folder.mkdir(parents=True, exist_ok=True)
    head = 'name = "Tiny"\ncurrency = "EUR"\n'
    (folder / "company.toml").write_text(head + settings, encoding="utf-8")
    for name, lines in content.items():
        rows = list(lines)
        if name == "orders" and "account_id" not in rows[0]:
            rows = [rows[0] + ",account_id", *(f"{r}," for r in rows[1:])]
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder
