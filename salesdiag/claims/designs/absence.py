"""Managers' absences as evidence of their own about hours that managers give.

Hours that stop because a manager is on leave were set by something other than results, which is
what the panel of rep-months can only hope for. The estimate comes ready to stand beside it: same
unit, over the months from the start of an absence on.
"""

from __future__ import annotations

import pandas as pd

from salesdiag import checks
from salesdiag.claims.keeping import kept
from salesdiag.company import Company
from salesdiag.estimate.absence import AbsenceEffect, absence_effect
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import Check, Estimate
from salesdiag.panel import absence_spells


def events(company: Company) -> pd.DataFrame:
    """Return the absences of a month or more, in the panel's months.

    Returns
    -------
    DataFrame
        ``manager_id``, ``first``, ``last`` (as in ``month_index``). People who are no managers are
        among them; no rep-month has them as a manager.
    """
    found = absence_spells(company.tables).rename(columns={"person_id": "manager_id"})
    dates = company.panel["month"].dt
    number = (dates.year - 1970) * 12 + dates.month - 1
    zero = int((number - company.panel["month_index"]).iloc[0]) if len(number) else 0
    return found.assign(first=found["first"] - zero, last=found["last"] - zero)


def effect(company: Company, driver: str) -> AbsenceEffect:
    """Return what managers' absences tell of a driver in hours; fitted once for a company.

    Raises
    ------
    NotEstimable
        As :func:`salesdiag.estimate.absence.absence_effect`.
    """
    return kept(
        company,
        ("absences", driver),
        lambda: absence_effect(company.panel, events(company), driver=driver),
    )


def check(company: Company, driver: str, estimate: Estimate) -> Check:
    """Say whether managers' absences agree with an estimate, contradict it, or are too few."""
    try:
        found = effect(company, driver)
    except NotEstimable as refusal:
        return checks.few_absences(refusal.reason)
    return checks.absences(estimate, found.interval, found.before_p_value)


def table(found: AbsenceEffect) -> pd.DataFrame:
    """Return results around the start of absences and, last, the effect of an hour.

    Returns
    -------
    DataFrame
        ``month`` since the start (missing in the last row), ``value``, ``low``, ``high`` (log
        points; of the last row per hour), ``hours`` (change), ``n`` (absences), ``groups``.
    """
    ratio = pd.DataFrame(
        {
            "month": [pd.NA],
            "value": [found.interval.value],
            "low": [found.interval.low],
            "high": [found.interval.high],
            "hours": [found.hours.value],
        }
    )
    rows = pd.concat([found.by_month, ratio], ignore_index=True)
    return rows.assign(n=found.events, groups=found.absent_groups)
