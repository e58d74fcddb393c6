"""Data that can be read and are hardly meant so: each doubt a small check, told and never a crash.

What a doubt means for the figures is decided where they are made (:mod:`salesdiag.panel`); here it
is only told, with table, column, row and value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from salesdiag.errors import Problem, Severity, as_frame, listed
from salesdiag.ingest.losses import Sales
from salesdiag.panel.absences import silent_months
from salesdiag.panel.credit import OUTSIDE, column, monthly_quotas, won
from salesdiag.panel.effort import MOST_HOURS, alike, time_logs
from salesdiag.panel.spells import day_number, in_role, intersect, month_of
from salesdiag.panel.unplaced import lost_sales
from salesdiag.panel.usable import LEAST_USABLE, summed
from salesdiag.panel.window import DATES, bulk, revenue_source
from salesdiag.schema import CORE, REVENUE, ROWS, TABLE
from salesdiag.settings import Settings
from salesdiag.text.plausible import DOUBTS
from salesdiag.validate import Validated

FAR_COLUMNS = (*DATES.items(), ("opportunities", "created_on"), ("quotas", "period"))
SPAN_TABLES = ("orders", "opportunities", "activities", "coaching", "time_log")
"""Tables that are written as things happen, so that they should cover the same time."""

SMALL_SOURCE = 0.5
"""Share of the other table's amounts below which a source of revenue is asked about."""
HIGH_PLAN = 3.0
"""Targets over sales, in a year of targets of six months or more, above which they are doubted."""
LEAST_PLANNED = 6
LATE_MONTHS = 3
"""Months by which a table may start later, or end earlier, than the others."""
LEAST_SALES = 10
"""Sales of which one that is more than half of all is doubted."""
LONG_MINUTES = 24 * 60
NAMED = 5
"""Months that a question names."""


@dataclass(frozen=True, kw_only=True)
class Data:
    """What the checks look at.

    Attributes
    ----------
    tables : mapping of str to DataFrame
        Canonical tables.
    at : mapping of str to Index
        By table, the row in the file of each of its rows.
    settings : Settings
    """

    tables: Mapping[str, pd.DataFrame]
    at: Mapping[str, pd.Index]
    settings: Settings

    @cached_property
    def source(self) -> str | None:
        """The table that revenue is read from."""
        return revenue_source(self.tables, self.settings)

    def column(self, table: str, name: str) -> pd.Series | None:
        """Return a column, None where the company does not have the table."""
        frame = self.tables.get(table)
        return None if frame is None else frame.get(name)

    def sales(self, table: str) -> pd.DataFrame:
        """Return what was sold: ``owner_id``, ``month`` (since January 1970), ``amount``."""
        rows = self.tables.get(table, pd.DataFrame())
        if not len(rows):
            return pd.DataFrame({"owner_id": [], "month": [], "amount": []})
        rows = won(rows) if table == "opportunities" else rows
        dates = rows[DATES[table]]
        rows = rows[dates.notna()]
        return pd.DataFrame(
            {
                "owner_id": rows["owner_id"],
                "month": month_of(day_number(rows[DATES[table]])),
                "amount": column(rows, "amount", "float64"),
            }
        )

    @cached_property
    def sold(self) -> pd.DataFrame:
        """Revenue within the period looked at."""
        lines = self.sales(self.source or "orders")
        if not len(lines):
            return lines
        first, last = bulk(pd.Series(lines["month"].to_numpy().astype("datetime64[M]")))
        ends = month_of(day_number(pd.Series([first, last])))
        return lines[lines["month"].between(*ends)]

    @cached_property
    def lost(self) -> pd.DataFrame:
        """Sales that stand in no result, see :func:`salesdiag.panel.unplaced.lost_sales`."""
        return lost_sales(self.tables, self.settings)

    def rows(
        self, doubt: str, table: str, name: str, values: pd.Series, **said: Any
    ) -> list[Problem]:
        """Return a doubt for each row that is ``values``' index."""
        words = DOUBTS[doubt]
        about: dict[str, Any] = {
            "table": table,
            "column": name,
            "problem": words.problem(**said),
            "remedy": words.remedy(**said),
            "severity": "note",
        }
        if ROWS in self.tables[table]:  # added up while reading: nobody knows the rows of the file
            counts = self.tables[table].loc[values.index, ROWS]
            return [Problem(**about, rows=int(counts.sum()))] if len(counts) else []
        at = self.at[table][values.index] if table in self.at else values.index
        return listed(list(at), list(values), **about)

    def whole(
        self, doubt: str, table: str, name: str | None = None, rows: int = 0,
        severity: Severity = "note", value: object = None, **said: Any,
    ) -> Problem:  # fmt: skip
        """Return a doubt about a whole table or column."""
        words = DOUBTS[doubt]
        return Problem(
            table=table,
            column=name,
            value=None if value is None else str(value),
            problem=words.problem(**said),
            remedy=words.remedy(**said),
            severity=severity,
            rows=rows,
        )


def far_dates(data: Data) -> Iterator[Problem]:
    """Tell of dates far from the rest, which no window follows."""
    for table, name in FAR_COLUMNS:
        dates = data.column(table, name)
        # an assignment may be as old as the person
        if dates is None or table == "assignments":
            continue
        first, last = bulk(dates)
        far = dates[(dates < first) | (dates > last)]
        yield from data.rows("far_date", table, name, far.dt.strftime("%Y-%m-%d"))


def hours(data: Data) -> Iterator[Problem]:
    """Tell of weeks with more hours than a person can work, and contacts longer than a day."""
    if "time_log" in data.tables:
        log = time_logs(data.tables)
        over = log[log["in_week"] > MOST_HOURS]
        for total, rows in over.groupby("in_week"):
            yield from data.rows(
                "week_hours", "time_log", "hours", rows["hours"], hours=total, most=MOST_HOURS
            )
        log = log[(log["in_week"] <= MOST_HOURS) & (log["hours"] > 0)]
        kinds = log.groupby("person_id")["category"].nunique()
        lone = log[log["person_id"].isin(kinds[kinds == 1].index)]
        if len(lone):
            people = sorted(lone["person_id"].unique())
            shown = ", ".join(people[:5]) + ("…" if len(people) > 5 else "")
            yield data.whole("one_category", "time_log", "category", len(lone), value=shown)
    minutes = data.column("coaching", "minutes")
    if minutes is not None:
        long = minutes[minutes > LONG_MINUTES]
        yield from data.rows("long_contact", "coaching", "minutes", long)


def sessions(data: Data) -> Iterator[Problem]:
    """Ask whether contacts alike on one day were sessions of several reps, unless declared."""
    rows, told = data.tables.get("coaching"), data.settings.coaching
    if rows is None or told.shared_kinds is not None:
        return
    kinds = rows["kind"]
    open_ = ~kinds.isin([*told.group_kinds, "one_on_one"]) & rows["minutes"].notna()
    rows = rows[open_ & column(rows, "session_id", "str").isna()]
    several = alike(rows)
    rows = rows.assign(apart=rows["minutes"] / 60, together=rows["minutes"] / 60 / several)
    for kind, same in rows[several > 1].groupby("kind"):
        of_kind = rows.loc[rows["kind"].eq(kind), ["apart", "together"]].sum()
        yield data.whole(
            "sessions", "coaching", "minutes", len(same), value=kind, kind=kind, count=len(same),
            apart=round(of_kind["apart"], 1), together=round(of_kind["together"], 1),
        )  # fmt: skip


def sources(data: Data) -> Iterator[Problem]:
    """Ask which table is revenue where the one that would be taken is far smaller."""
    wanted, source = data.settings.revenue_source, data.source
    if wanted is not None:
        if source is None:
            yield data.whole("no_source", wanted, severity="error", source=wanted)
        return
    if source is None:
        return
    other = next(t for t in REVENUE if t != source)
    sums = [data.sales(t).groupby("month")["amount"].sum() for t in (source, other)]
    both = sums[0].index.intersection(sums[1].index)
    amount, others = (float(s.reindex(both).sum()) for s in sums)
    if abs(amount) < SMALL_SOURCE * abs(others):
        yield data.whole(
            "small_source", source, "amount", len(data.tables[source]), "error",
            source=source, amount=amount, other=other, others=others,
        )  # fmt: skip


def amounts(data: Data) -> Iterator[Problem]:
    """Tell how many records of sales have no amount."""
    amounts = data.sold.groupby("month")["amount"]
    counts = pd.DataFrame({"rows": amounts.size(), "known": amounts.count()}).reset_index()
    seen = summed(
        counts.assign(month=counts["month"].astype("datetime64[M]").astype("datetime64[us]"))
    )
    lost = seen.rows - seen.known
    if lost:
        yield data.whole(
            "no_amount", data.source or "", "amount", lost, count=lost, total=seen.rows,
            share=seen.share, month=seen.worst, worst=seen.worst_share, least=LEAST_USABLE,
        )  # fmt: skip


def large(data: Data) -> Iterator[Problem]:
    """Tell of one sale that is more than all the others together."""
    sizes = data.sales(data.source or "orders")["amount"].dropna().abs()
    if len(sizes) < LEAST_SALES:
        return
    over = sizes[sizes > sizes.sum() / 2]
    if len(over):
        share = float(over.iloc[0] / sizes.sum())
        yield from data.rows("large_sale", data.source or "orders", "amount", over, share=share)


def plans(data: Data) -> Iterator[Problem]:
    """Tell of targets far above sales for a year, and of sales without a target."""
    targets = monthly_quotas(data.tables)
    if targets.empty or data.source is None or data.sold.empty:
        return
    sold = data.sold.groupby(["owner_id", "month"])["amount"].sum().rename("sold").reset_index()
    both = targets.merge(
        sold.rename(columns={"owner_id": "rep_id"}), on=["rep_id", "month"], how="outer"
    )
    months = data.sold["month"]
    both = both[both["month"].between(months.min(), months.max())]
    planned = both.dropna(subset=["target"])
    year = 1970 + (planned["month"] // 12).astype("int64").rename("year")
    sums = planned.groupby(year).agg(
        target=("target", "sum"), sold=("sold", "sum"), months=("month", "nunique")
    )
    high = sums[(sums["target"] > HIGH_PLAN * sums["sold"]) & (sums["months"] >= LEAST_PLANNED)]
    for at, target, sold_then in high.loc[high["sold"] > 0, ["target", "sold"]].itertuples():
        ratio = round(target / sold_then, 1)
        yield data.whole("high_plan", "quotas", "amount", value=at, year=str(at), ratio=ratio)
    held = data.tables["assignments"]
    reps = held.loc[held["role"].eq("rep"), "person_id"]
    within = both["month"].isin(planned["month"]) & both["rep_id"].isin(reps)
    without = both[within & both["target"].isna() & both["sold"].ne(0)]
    total = float(both.loc[within, "sold"].sum())
    if len(without) and total > 0:
        share = float(without["sold"].sum()) / total
        yield data.whole(
            "without_quota", "quotas", "owner_id", len(without), share=share, count=len(without)
        )


def places(data: Data) -> Iterator[Problem]:
    """Tell of managers whose team has no rep, and of people in no team."""
    managing, reps = (in_role(data.tables, role) for role in ("manager", "rep"))
    rows = data.tables["assignments"]
    served = intersect(managing, reps[["team_id", "start", "end"]], "team_id")
    start = pd.Series(day_number(rows["start_on"]), rows.index)
    keys = pd.MultiIndex.from_arrays([rows["person_id"], rows["team_id"], start])
    mine = managing.merge(
        served[["person_id", "team_id"]].drop_duplicates().assign(led=1), how="left"
    )
    lone = mine[mine["led"].isna()]
    at = keys.isin(pd.MultiIndex.from_frame(lone[["person_id", "team_id", "start"]]))
    lone_rows = rows.loc[at & rows["role"].eq("manager"), "person_id"]
    yield from data.rows("lone_manager", "assignments", "person_id", lone_rows)
    people = data.tables["people"]["person_id"]
    yield from data.rows("no_team", "people", "person_id", people[~people.isin(rows["person_id"])])


def unplaced(data: Data) -> Iterator[Problem]:
    """Tell of sales whose owner is in no team that day; dates far from the rest are told apart."""
    lost = data.lost[data.lost["status"].ne(OUTSIDE)]
    if data.source is None or not len(lost):
        return
    (key,) = TABLE[data.source].key
    owners = lost.drop_duplicates("id").set_index("id")["person_id"]
    sold = data.tables[data.source][key].map(owners).dropna()
    yield from data.rows("no_place", data.source, "owner_id", sold)


def spans(data: Data) -> Iterator[Problem]:
    """Tell of tables that start later or end earlier than the others do in the middle."""
    ends = {}
    for table in SPAN_TABLES:
        rows = data.tables.get(table)
        if rows is None:
            continue
        rows = rows[rows["outcome"].ne("open")] if table == "opportunities" else rows
        first, last = bulk(rows[DATES[table]])
        if not pd.isna(first):
            ends[table] = month_of(day_number(pd.Series([first, last])))
    for table, (begin, end) in ends.items():
        others = [e for t, e in ends.items() if t != table]
        if not others:
            continue
        opened, closed = (int(np.median(e)) for e in zip(*others, strict=True))
        for doubt, months, at in (
            ("starts_late", begin - opened, begin),
            ("ends_early", closed - end, end),
        ):
            if months > LATE_MONTHS:
                shown = str(np.datetime64(int(at), "M"))
                yield data.whole(doubt, table, DATES[table], value=shown, months=int(months))


def control(data: Data) -> Iterator[Problem]:
    """Compare revenue with the totals that the company knows from elsewhere."""
    wanted = data.settings.control
    sold = data.sales(data.source or "orders")
    for period, total in wanted.revenue.items():
        inside = sold["month"] // 12 + 1970 == int(period) if period != "total" else slice(None)
        found = float(sold.loc[inside, "amount"].sum())
        gap = found - total
        if abs(gap) > wanted.tolerance * abs(total):
            yield data.whole(
                "control", data.source or "orders", "amount", severity="error", value=found,
                period=period, found=found, wanted=total,
                gap=gap / abs(total) if total else np.sign(gap),
            )  # fmt: skip


def silence(data: Data) -> Iterator[Problem]:
    """Ask whether managers were away in months in which they logged no contact with anyone."""
    silent = silent_months(data.tables)
    if len(silent):
        which = [f"{who} {np.datetime64(m, 'M')}" for who, m in silent.itertuples(index=False)]
        yield data.whole(
            "silent", "coaching", "manager_id", value=which[0],
            count=len(which), which=which[:NAMED],
        )  # fmt: skip


CHECKS: tuple[Callable[[Data], Iterator[Problem]], ...] = (
    sources, control, amounts, large, far_dates, hours, sessions, silence, plans, places,
    unplaced, spans,
)  # fmt: skip


def doubts(data: Data) -> list[Problem]:
    """Return everything about a company's tables that is hardly meant so.

    Parameters
    ----------
    data : Data
        ``people`` and ``assignments`` must be among its tables.
    """
    return [problem for check in CHECKS for problem in check(data)]


def doubted(found: Validated, settings: Settings) -> Validated:
    """Add what is hardly meant so, and sales that stand in no result.

    Not where tables cannot be used, as others then stand alone.
    """
    if (found.problems["severity"] == "error").any() or not set(CORE) <= set(found.tables):
        return found
    data = Data(tables=found.tables, at=found.at, settings=settings)
    told = doubts(data)
    found = replace(found, losses=found.losses.less(Sales.of(data.lost["amount"])))
    if not told:
        return found
    problems = pd.concat([f for f in (as_frame(told), found.problems) if len(f)])
    weight = problems["severity"].map({"error": 0, "dropped": 1, "note": 2}).to_numpy()
    order = np.argsort(weight, kind="stable")
    return replace(found, problems=problems.iloc[order].reset_index(drop=True))
