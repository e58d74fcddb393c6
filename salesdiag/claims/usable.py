"""Whether a figure can be told as a level: what share of its records says what is counted."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from salesdiag.claims.keeping import table_of
from salesdiag.company import Company
from salesdiag.finding import Check
from salesdiag.panel import revenue_source
from salesdiag.panel.usable import LEAST_USABLE, Usable, summed, usable_sales
from salesdiag.text import N_, Message, Template

RECORDS = N_(
    "{known:int} of {rows:int} record of sales",
    "{known:int} of {rows:int} records of sales",
    count="rows",
)
LOGGED = N_(
    "{known:int} of {rows:int} logged month of a manager",
    "{known:int} of {rows:int} logged months of managers",
    count="rows",
)
NONE_MISSING = N_("Every one of the {rows:int} records behind the figure can be used.")
FEW_MISSING = N_(
    "{records:text} can be used ({share:pct1}); fewest in {month:month}, {worst:pct1}. The others "
    "are missing, not 0."
)
NO_LEVEL = N_(
    "It cannot be told as a level: only {records:text} can be used ({share:pct1}; fewest in "
    "{month:month}, {worst:pct1}), and {least:pct} are needed. {remedy:text}"
)
FILL_AMOUNTS = N_("Fill the amounts that are empty.")
LOG_EVERYTHING = N_("Log all working time, not one category of it.")


def usable_of(
    company: Company, team: str | None, months: Collection[pd.Timestamp] | None = None
) -> Usable:
    """Return how many records of sales of a company or team have an amount, in some months."""

    def make(by: Sequence[str]) -> pd.DataFrame:
        if revenue_source(company.tables, company.settings) is None:
            return pd.DataFrame({"team_id": [], "month": [], "rows": [], "known": []})
        return usable_sales(company.records, by_team=bool(by))

    return summed(table_of(company, "usable sales", team, make), months)


def check(seen: Usable, records: Template = RECORDS, remedy: Template = FILL_AMOUNTS) -> Check:
    """Ask that nine in ten records of a figure are usable; below, it is not told as a level."""
    return Check(name="usable_records", passed=seen.enough, text=_text(seen, records, remedy))


def _text(seen: Usable, records: Template, remedy: Template) -> Message:
    if seen.known == seen.rows:
        return NONE_MISSING(rows=seen.rows)
    said = {
        "records": records(known=seen.known, rows=seen.rows),
        "share": seen.share,
        "month": seen.worst,
        "worst": seen.worst_share,
    }
    if seen.enough:
        return FEW_MISSING(**said)
    return NO_LEVEL(**said, least=LEAST_USABLE, remedy=remedy())
