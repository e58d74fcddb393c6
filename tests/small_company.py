"""Small random companies with every awkward thing in them, for tests of panel and metrics."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from salesdiag import panel as panels
from salesdiag.settings import Settings

KINDS = ["one_on_one", "pre_call", "debrief", "training"]


@dataclass(eq=False)
class Small:
    """What metrics use of a company: tables, settings, panel, team_panel and has."""

    tables: dict[str, pd.DataFrame]
    settings: Settings = field(default_factory=Settings)

    @cached_property
    def records(self) -> panels.Records:
        return panels.Records(tables=self.tables, settings=self.settings)

    @cached_property
    def panel(self) -> pd.DataFrame:
        return panels.rep_months(self.tables, self.settings)

    @cached_property
    def team_panel(self) -> pd.DataFrame:
        return panels.team_months(self.panel, self.tables, self.settings)

    def has(self, need: str) -> bool:
        table, _, column = need.partition(".")
        return table in self.tables and (not column or column in self.tables[table])


def frame(columns: str, rows: list[tuple]) -> pd.DataFrame:
    """Return a frame; columns ending in ``_on``, ``week`` and ``period`` are dates."""
    names = columns.split()
    table = pd.DataFrame(rows, columns=names)
    for name in names:
        if name.endswith("_on") or name in ("week", "period", "wave"):
            table[name] = pd.to_datetime(table[name]).astype("datetime64[us]")
        elif name.endswith("_id"):
            table[name] = table[name].astype("str")
    return table


def random_company(seed: int) -> Small:
    """Return 3 or 4 teams, about ten people, seven months; movers, joiners, leavers, vacancies,
    people in two teams, managers who also are reps elsewhere or in their own team."""
    rng = np.random.default_rng(seed)
    start, stop = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-07-20")
    span = (stop - start).days

    def day(low: int = 0, high: int = span) -> pd.Timestamp:
        return start + pd.Timedelta(days=int(rng.integers(low, high)))

    teams = [f"T{k}" for k in range(int(rng.integers(3, 5)))]
    staff = [f"P{k:02d}" for k in range(11)]
    clients = [f"A{k:02d}" for k in range(12)]
    places = []
    for person in staff:
        for _ in range(int(rng.integers(1, 4))):
            begin = day(-60)
            end = begin + pd.Timedelta(days=int(rng.integers(5, 200)))
            places.append(
                (
                    person,
                    str(rng.choice([*teams, "T9"], p=[*[0.97 / len(teams)] * len(teams), 0.03])),
                    str(rng.choice(["rep", "manager"], p=[0.7, 0.3])),
                    begin,
                    pd.NaT if rng.random() < 0.3 else end,
                )
            )
    who = lambda n: rng.choice(staff, n)  # noqa: E731
    orders = [
        (f"O{k}", str(rng.choice(clients)), p, day(), float(rng.integers(-50, 1000)))
        for k, p in enumerate(who(260))
    ]
    orders = [(*o, o[4] * 1.25 if rng.random() < 0.8 else np.nan) for o in orders]
    orders += [("Ofirst", clients[0], staff[0], start, 1.0, 2.0)]
    deals = []
    for k, p in enumerate(who(150)):
        outcome = str(rng.choice(["won", "lost", "open"]))
        made = day(-40, span - 5)
        closed = made + pd.Timedelta(days=int(rng.integers(0, 90)))
        due = pd.NaT if rng.random() < 0.2 else made + pd.Timedelta(days=int(rng.integers(0, 120)))
        deals.append(
            (
                f"D{k}",
                p,
                pd.NaT if rng.random() < 0.1 else made,
                outcome,
                pd.NaT if outcome == "open" and rng.random() < 0.8 else closed,
                np.nan if rng.random() < 0.1 else float(rng.integers(1, 500)),
                str(rng.choice(clients)),
                due,
            )
        )
    quotas = [(p, m, "month", float(rng.integers(100, 900)))
              for p in staff[:8] for m in pd.date_range(start, periods=5, freq="MS")
              if rng.random() < 0.7]  # fmt: skip
    quotas += [(p, pd.Timestamp("2024-04-01"), "quarter", 900.0) for p in staff[5:]]
    contacts = []
    for manager in staff[:6]:
        for _ in range(12):
            held, kind = day(), str(rng.choice(KINDS))
            minutes = np.nan if rng.random() < 0.1 else float(rng.choice([30, 60]))
            contacts += [
                (manager, r, held, minutes, kind)
                for r in rng.choice(staff, int(rng.integers(1, 4)), replace=False)
            ]
    weeks = pd.date_range("2024-01-01", periods=28, freq="W-MON")
    log = [
        (p, w, str(c), float(rng.integers(0, 20)), s)
        for p in staff
        for w in weeks
        if rng.random() < 0.5
        for s in rng.choice(["self", "calendar", "reports"], 2, replace=False)
        for c in rng.choice(["coaching", "own_selling", "admin"], 2, replace=False)
    ]
    activities = [
        (p, day(), str(rng.choice(["discovery_meeting", "proposal_meeting", "call"])),
         np.nan if rng.random() < 0.7 else float(rng.integers(1, 4)))
        for p in who(120)
    ]  # fmt: skip
    owners = []
    for client in clients[:8]:
        for _ in range(int(rng.integers(1, 4))):
            begin = day(-30)
            end = (
                pd.NaT
                if rng.random() < 0.4
                else begin + pd.Timedelta(days=int(rng.integers(1, 120)))
            )
            owners.append((client, str(rng.choice(staff)), begin, end))
    accounts = [
        (c, str(rng.choice(staff)), day(-80, 60), pd.NaT if rng.random() < 0.7 else day(60))
        for c in clients
    ]
    leavers = {p: day(60) for p in staff if rng.random() < 0.25}
    hired = {p: day(-400, 0) for p in staff if rng.random() < 0.6}
    tables = {
        "people": frame("person_id name hired_on left_on", [
            (p, p, hired.get(p, pd.NaT), leavers.get(p, pd.NaT)) for p in staff]),
        "teams": frame("team_id name", [(t, t) for t in teams]),
        "assignments": frame("person_id team_id role start_on end_on", places),
        "quotas": frame("owner_id period period_kind amount", quotas),
        "accounts": frame("account_id owner_id acquired_on lost_on", accounts),
        "account_owners": frame("account_id owner_id start_on end_on", owners).drop_duplicates(
            ["account_id", "start_on"]),
        "orders": frame("order_id account_id owner_id ordered_on amount list_amount", orders),
        "opportunities": frame(
            "opportunity_id owner_id created_on outcome closed_on amount account_id "
            "expected_close_on", deals),
        "activities": frame("person_id done_on kind count", activities),
        "coaching": frame("manager_id rep_id held_on minutes kind", contacts),
        "time_log": frame("person_id week category hours source", log).drop_duplicates(
            ["person_id", "week", "category", "source"]),
    }  # fmt: skip
    return Small(tables)
