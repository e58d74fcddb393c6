"""Claims about where a manager's time goes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from salesdiag.claims.base import Claim
from salesdiag.claims.keeping import table_of
from salesdiag.claims.measured import Measure, Measured, people_of, recent
from salesdiag.claims.usable import LOG_EVERYTHING, LOGGED, check
from salesdiag.company import Company
from salesdiag.estimate.proportion import composition, share
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import Interval
from salesdiag.panel.usable import summed
from salesdiag.schema import TABLE
from salesdiag.text import N_
from salesdiag.text import claims as words

CATEGORIES = TABLE["time_log"]["category"].choices
HOURS = [f"manager_hours_{c}" for c in CATEGORIES]


def _manager_hours(company: Company, team: str | None) -> pd.DataFrame:
    """Return hours by category over the recent months, one row a manager; a team is one row."""

    def make(by: Sequence[str]) -> pd.DataFrame:
        frame = _told(_logged(company))
        hours = frame.groupby(list(by) or "manager_id")[HOURS].sum()
        hours.columns = list(CATEGORIES)
        return hours.loc[hours.sum(axis=1) > 0].reset_index()

    hours = table_of(company, "manager hours", team, make)[list(CATEGORIES)]
    if hours.empty:
        some = bool(_counts(company, team)["rows"].sum())
        raise NotEstimable((words.ONLY_ONE_CATEGORY if some else words.NO_TIME_LOGGED)())
    return hours


def _logged(company: Company) -> pd.DataFrame:
    """Return recent team-months for which a manager logged anything."""
    frame = recent(company.team_panel).dropna(subset=["manager_id", *HOURS])
    return frame.loc[frame[HOURS].sum(axis=1) > 0]


def _told(logged: pd.DataFrame) -> pd.DataFrame:
    """Return the months that say how time divides: one category alone says nothing of others."""
    return logged.loc[(logged[HOURS] > 0).sum(axis=1) > 1]


def _counts(company: Company, team: str | None) -> pd.DataFrame:
    """Return by month how many logged months of managers there are, and how many can be used."""

    def make(by: Sequence[str]) -> pd.DataFrame:
        logged = _logged(company)
        told = logged.index.isin(_told(logged).index)
        grouped = logged.assign(known=told).groupby([*by, "month"])["known"]
        return pd.DataFrame({"rows": grouped.size(), "known": grouped.sum()}).reset_index()

    return table_of(company, "usable logs", team, make)


def _usable(company: Company, team: str | None) -> Mapping[str, Any]:
    """Return whether enough of the logged months can be used, and how many are left out."""
    seen = summed(_counts(company, team))
    left = seen.rows - seen.known
    return {
        "usable": check(seen, LOGGED, LOG_EVERYTHING),
        "dropped": {"one_category": left} if left else {},
    }


def time_split(company: Company, team: str | None) -> Measure:
    """Measure how managers' logged time divides into categories.

    Shares are taken per manager and then averaged, so that one who logs more does not count more.
    """
    hours = _manager_hours(company, team)
    table = composition(hours).rename_axis("category").reset_index()
    at = CATEGORIES.index("own_selling")
    value, low, high = (float(table[c].iloc[at]) for c in ("value", "low", "high"))
    shares = dict(zip(CATEGORIES, table["value"].tolist(), strict=True))
    return Measure(
        estimate=Interval(value=value, low=low, high=high, unit="share"),
        values={**shares, "managers": len(hours), "months": _months(company, team)},
        table=table,
        n=len(hours),
        groups=len(hours),
        people=len(hours) if team is None else people_of(company, team),
        about="managers",
        method=words.METHOD_MEAN_SHARES() if team is None else words.METHOD_HOURS(),
        **_usable(company, team),
    )


def coaching_half_time(company: Company, team: str | None) -> Measure:
    """Measure the share of time managers spend on coaching, and how many reach the limit."""
    limit = company.settings.limits["coaching_share"]
    hours = _manager_hours(company, team)
    coached = hours["coaching"] / hours.sum(axis=1)
    reach = int((coached >= limit).sum())
    monthly = _monthly_coaching_share(company, team)
    mean = float(coached.mean())
    if team is None:
        estimate = share(reach, len(coached))
    else:
        estimate = Interval(value=mean, low=math.nan, high=math.nan, unit="share")
    return Measure(
        estimate=estimate,
        values={
            "limit": limit,
            "reach": reach,
            "managers": len(coached),
            "mean": mean,
            "months": _months(company, team),
        },
        case="none" if team is None and not reach else "",
        table=monthly,
        n=len(coached),
        groups=len(coached),
        people=len(coached) if team is None else people_of(company, team),
        about="managers",
        method=words.METHOD_WILSON() if team is None else words.METHOD_HOURS(),
        **_usable(company, team),
    )


def _monthly_coaching_share(company: Company, team: str | None) -> pd.DataFrame:
    """Return coaching hours over all logged hours by month, sum over sum."""

    def make(by: Sequence[str]) -> pd.DataFrame:
        frame = _told(_logged(company))
        sums = frame.groupby([*by, "month"])[HOURS].sum()
        total = sums.sum(axis=1)
        share = sums["manager_hours_coaching"] / total
        return pd.DataFrame({"coaching_share": share, "hours": total}).reset_index()

    return table_of(company, "monthly coaching share", team, make)


def _months(company: Company, team: str | None) -> int:
    """Return in how many of the recent months anything was logged."""
    return int((_monthly_coaching_share(company, team)["hours"] > 0).sum())


MANAGER_TIME_SPLIT = Claim(
    slug="manager-time-split",
    needs=("time_log",),
    design=Measured(measure=time_split),
    unit="share",
    words={
        "headline": N_(
            "In {months:int} month managers logged {own_selling:pct} of their time on selling "
            "themselves, {coaching:pct} on coaching, {internal_meetings:pct} in internal meetings "
            "and {admin:pct} on administration.",
            "In {months:int} months managers logged {own_selling:pct} of their time on selling "
            "themselves, {coaching:pct} on coaching, {internal_meetings:pct} in internal meetings "
            "and {admin:pct} on administration.",
            count="months",
        ),
        "team": N_(
            "In {months:int} month the manager logged {own_selling:pct} of the time on own "
            "selling, {coaching:pct} on coaching, {internal_meetings:pct} in internal meetings "
            "and {admin:pct} on administration.",
            "In {months:int} months the manager logged {own_selling:pct} of the time on own "
            "selling, {coaching:pct} on coaching, {internal_meetings:pct} in internal meetings "
            "and {admin:pct} on administration.",
            count="months",
        ),
    },
    threats=(N_("Time logs are what people write down, not what a clock saw."),),
)

COACHING_HALF_TIME = Claim(
    slug="coaching-half-time",
    needs=("time_log",),
    design=Measured(measure=coaching_half_time),
    unit="share",
    words={
        "headline": N_(
            "In {months:int} month {reach:int} of {managers:int} managers logged {limit:pct} of "
            "their time or more as coaching; on average it was {mean:pct}.",
            "In {months:int} months {reach:int} of {managers:int} managers logged {limit:pct} of "
            "their time or more as coaching; on average it was {mean:pct}.",
            count="months",
        ),
        "headline_none": N_(
            "In {months:int} month none of {managers:int} managers logged {limit:pct} of their "
            "time or more as coaching; on average it was {mean:pct}.",
            "In {months:int} months none of {managers:int} managers logged {limit:pct} of their "
            "time or more as coaching; on average it was {mean:pct}.",
            count="months",
        ),
        "team": N_(
            "In {months:int} month the manager logged {mean:pct} of the time as coaching, against "
            "a mark of {limit:pct}.",
            "In {months:int} months the manager logged {mean:pct} of the time as coaching, against "
            "a mark of {limit:pct}.",
            count="months",
        ),
    },
    threats=(
        N_(
            "What managers log as coaching is usually more than what their reps remember as "
            "coaching."
        ),
    ),
)
