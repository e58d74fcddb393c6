"""Day-by-day bookkeeping with plain loops: what panel and metrics must agree with."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

import pandas as pd

DAY = pd.Timedelta(days=1)


class Ledger:
    """A small company, asked day by day and row by row."""

    def __init__(self, tables: dict[str, pd.DataFrame]):
        self.tables = tables
        dates = tables["orders"]["ordered_on"]
        self.first, self.last = dates.min(), dates.max()
        opens = self.first.replace(day=1)
        closes = (self.last + pd.offsets.MonthBegin(1)).normalize()
        self.days = [d for d in pd.date_range(opens, closes) if d < closes]
        self.months = sorted({d.replace(day=1) for d in self.days})

    @cached_property
    def spells(self) -> list[tuple]:
        people = self.tables["people"].set_index("person_id")
        teams = set(self.tables["teams"]["team_id"])
        found = []
        for a in self.tables["assignments"].itertuples():
            if a.team_id not in teams:
                continue
            end = a.end_on
            left = people["left_on"].get(a.person_id)
            if not pd.isna(left) and (pd.isna(end) or left + DAY < end):
                end = left + DAY
            if pd.isna(end):
                end = pd.Timestamp("2100-01-01")
            found.append((a.person_id, a.team_id, a.role, a.start_on, end))
        return found

    def held(self, role: str, day: pd.Timestamp) -> list[tuple]:
        return [s for s in self.spells if s[2] == role and s[3] <= day < s[4]]

    @cached_property
    def manages(self) -> dict:
        """(person, day) -> set of teams."""
        found = defaultdict(set)
        for day in self.days:
            for s in self.held("manager", day):
                found[s[0], day].add(s[1])
        return found

    @cached_property
    def boss(self) -> dict:
        """(team, day) -> manager."""
        found = {}
        for day in self.days:
            for s in sorted(self.held("manager", day), key=lambda s: (s[3], s[0])):
                found[s[1], day] = s[0]
        return found

    @cached_property
    def team(self) -> dict:
        """(person, day) -> team as a rep."""
        found = {}
        for day in self.days:
            for s in sorted(self.held("rep", day), key=lambda s: (s[3], s[1])):
                if s[1] not in self.manages[s[0], day]:
                    found[s[0], day] = s[1]
        return found

    @cached_property
    def owner(self) -> dict:
        """(account, day) -> person."""
        found = {}
        owners = self.tables["account_owners"]
        for a in self.tables["accounts"].itertuples():
            mine = owners[owners["account_id"] == a.account_id].sort_values("start_on")
            for day in self.days:
                if day < a.acquired_on or (not pd.isna(a.lost_on) and day >= a.lost_on):
                    continue
                if not len(mine):
                    found[a.account_id, day] = a.owner_id
                for o in mine.itertuples():
                    if o.start_on <= day and (pd.isna(o.end_on) or day < o.end_on):
                        found[a.account_id, day] = o.owner_id
        return found

    def unit(self, by: str, person: str, day: pd.Timestamp) -> str | None:
        """Return the unit whose result a deed of a day is; None where it counts nowhere."""
        team = self.team.get((person, day))
        if team is None:
            return None
        boss = self.boss.get((team, day))
        return {"rep": person, "team": team, "manager": boss, "company": ""}[by]

    def month_days(self, month: pd.Timestamp) -> list[pd.Timestamp]:
        return [d for d in self.days if d.replace(day=1) == month]
