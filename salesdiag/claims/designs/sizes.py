"""How large an effect is in the reader's terms: in money, for the people of a company or a team."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from salesdiag.claims.keeping import kept
from salesdiag.claims.measured import recent
from salesdiag.company import Company
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import Interval, growth


@dataclass(frozen=True, kw_only=True)
class Size:
    """Revenue of a full rep-month, mean headcount, and people who were there at some time."""

    revenue: float
    reps: float
    people: int


NOBODY = Size(revenue=math.nan, reps=0.0, people=0)


def _recent_sizes(company: Company) -> dict[str | None, Size]:
    """Return mean revenue of a full rep-month and headcount over the recent months, by team.

    The whole company stands under None; a team without anybody in these months is absent.
    """
    frame = recent(company.panel)

    def size(part: pd.DataFrame) -> Size:
        present, months = part["days_present"].sum(), max(part["month"].nunique(), 1)
        return Size(
            revenue=float(part["revenue"].sum() / present) if present else math.nan,
            reps=float(present / months),
            people=int(part["rep_id"].nunique()),
        )

    return {None: size(frame)} | {str(t): size(part) for t, part in frame.groupby("team_id")}


def size_of(company: Company, team: str | None) -> Size:
    """Return the size of a company (team None) or of a team over the recent months."""
    sizes = kept(company, "recent sizes", lambda: _recent_sizes(company))
    return sizes.get(team, NOBODY)


def sizes(
    company: Company, estimate: Interval, team: str | None, *, per_hour: bool
) -> dict[str, Interval | None]:
    """Return an effect in log points as a share, in money a month, and in money per hour."""
    percent = estimate.map(growth, "share")
    try:
        size = size_of(company, team)
    except NotEstimable:
        return {"percent": percent, "money_per_month": None, "per_manager_hour": None}
    return {
        "percent": percent,
        "money_per_month": percent.map(lambda x: x * size.revenue * size.reps, "money"),
        "per_manager_hour": percent.map(lambda x: x * size.revenue, "money") if per_hour else None,
    }
