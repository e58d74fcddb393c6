"""Whose result everything is that a company's tables tell, worked out once for all who ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from salesdiag.panel.accounts import assigned, buying
from salesdiag.panel.credit import (
    Roster,
    closed_deals,
    column,
    events,
    place,
    revenue_lines,
    roster,
)
from salesdiag.settings import Settings


@dataclass(frozen=True, kw_only=True, eq=False)
class Records:
    """Dated rows of a company, each with team and manager of its day.

    Both panels, the rows in neither of them and all metrics read these frames, so that a row's
    person is looked up once and not for every reader. Nobody changes them.

    Attributes
    ----------
    tables : mapping of str to DataFrame
        Canonical tables.
    settings : Settings
    """

    tables: Mapping[str, pd.DataFrame]
    settings: Settings

    @cached_property
    def who(self) -> Roster:
        """The assignments, worked out."""
        return roster(self.tables, self.settings)

    @cached_property
    def lines(self) -> pd.DataFrame:
        """Revenue, see :func:`salesdiag.panel.credit.revenue_lines`, placed."""
        return place(revenue_lines(self.tables, self.settings), self.who)

    @cached_property
    def deals(self) -> pd.DataFrame:
        """Won and lost deals, see :func:`salesdiag.panel.credit.closed_deals`, placed."""
        return place(closed_deals(self.tables), self.who)

    @cached_property
    def meetings(self) -> pd.DataFrame:
        """Activities with the number of meetings of each kind (1 each by default), placed."""
        if "activities" not in self.tables:
            empty = pd.DataFrame({"person_id": [], "day": [], "discovery_meetings": []})
            empty = empty.assign(proposal_meetings=[])
            return place(empty.astype({"person_id": "str", "day": "int64"}), self.who)
        rows = self.tables["activities"]
        count = column(rows, "count", "float64").fillna(1)
        found = events(rows, "person_id", "done_on")
        for kind in ("discovery_meeting", "proposal_meeting"):
            found[f"{kind}s"] = count.where(rows["kind"].eq(kind), 0.0)
        return place(found, self.who)

    @cached_property
    def owned(self) -> pd.DataFrame:
        """Clients as they were assigned, see :func:`salesdiag.panel.accounts.assigned`."""
        return assigned(self.tables, self.who)

    @cached_property
    def bought(self) -> pd.DataFrame:
        """Sales to assigned clients, see :func:`salesdiag.panel.accounts.buying`."""
        return buying(self.owned, self.lines)
