"""How many records of sales can be used: one without an amount is missing, not a sale of 0."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from salesdiag.panel.credit import own_teams
from salesdiag.panel.records import Records
from salesdiag.panel.spells import dated

LEAST_USABLE = 0.90
"""Share of the records that must be usable for a figure to be told as a level."""


@dataclass(frozen=True, kw_only=True)
class Usable:
    """How many of the records that a figure counts can be used.

    Attributes
    ----------
    rows, known : int
        Records, and those of them that say what is counted.
    worst : Timestamp or None
        First day of the month with the least share; None where there is no record.
    worst_share : float
        That month's share.
    """

    rows: int = 0
    known: int = 0
    worst: pd.Timestamp | None = None
    worst_share: float = 1.0

    @property
    def share(self) -> float:
        """Share of the records that can be used; 1 where there is none, as nothing is missing."""
        return self.known / self.rows if self.rows else 1.0

    @property
    def enough(self) -> bool:
        """Whether a figure may be told as a level."""
        return self.share >= LEAST_USABLE


def usable_sales(records: Records, *, by_team: bool) -> pd.DataFrame:
    """Count records of sales, and those with an amount, by month.

    Parameters
    ----------
    records : Records
    by_team : bool
        By team as well: its reps' sales and those of its managers. A sale of a manager who is a
        rep of another team then counts in both; without, every sale counts once.

    Returns
    -------
    DataFrame
        ``team_id`` if by team, ``month`` (first day), ``rows``, ``known``.
    """
    lines = records.lines[records.lines["status"].isin(["rep", "manager"])]
    keys = ["team_id", "month"] if by_team else ["month"]
    if by_team:
        own = own_teams(lines, records.who)
        columns = ["team_id", "month", "amount"]
        lines = pd.concat([lines.loc[lines["status"].eq("rep"), columns], own[columns]])
    amounts = lines.groupby(keys)["amount"]
    found = pd.DataFrame({"rows": amounts.size(), "known": amounts.count()}).reset_index()
    return found.assign(month=dated(found["month"].to_numpy()))


def summed(counts: pd.DataFrame, months: Collection[pd.Timestamp] | None = None) -> Usable:
    """Return what counts by month come to, over some months or all of them."""
    seen = counts if months is None else counts[counts["month"].isin(list(months))]
    seen = seen[seen["rows"] > 0].sort_values("month")
    if seen.empty:
        return Usable()
    shares = seen["known"] / seen["rows"]
    worst = shares.to_numpy().argmin()
    return Usable(
        rows=int(seen["rows"].sum()),
        known=int(seen["known"].sum()),
        worst=pd.Timestamp(seen["month"].iloc[worst]),
        worst_share=float(shares.iloc[worst]),
    )
