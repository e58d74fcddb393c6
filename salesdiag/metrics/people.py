"""People: ramp time, span, cadence, coaching share, attrition."""

from __future__ import annotations

import numpy as np
import pandas as pd
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import proportion_confint

from salesdiag.metrics.view import By, HasTables, Period, months_of, of_reps, view
from salesdiag.panel.credit import column, events, place
from salesdiag.panel.effort import HOURS, contacts, manager_hours
from salesdiag.panel.spells import by_month, day_number, first_day, locate, month_of, union

WEEK = 7
MONDAY = 4
"""The first Monday in days since 1970-01-01, a Thursday."""


def ramp_time(
    company: HasTables,
    *,
    by: By = "team",
    period: Period = "all",
    months: int = 3,
    quota_share: float = 0.8,
) -> pd.DataFrame:
    """Return months from hiring to the first run of months in a row at a share of quota.

    Unit: months. Reps hired within the data count, in the period, team and manager of their first
    month. ``by="rep"`` gives the month of tenure in which the run begins, missing where it has not
    come yet; otherwise the value is the Kaplan-Meier median, missing where fewer than half have
    got there. ``numerator`` is who got there, ``denominator`` who started.

    Parameters
    ----------
    company, by, period
        As everywhere.
    months : int
        Length of the run.
    quota_share : float
        Attainment wanted in each of its months.

    References
    ----------
    Field standard ("ramp time"). Kaplan and Meier (1958), JASA 53.
    """
    seen = view(company, by, period)
    panel = company.panel.assign(month=months_of(company.panel["month"]))
    first = panel.groupby("rep_id")["month"].transform("min")
    started = (panel["tenure_months"] == 0) & (panel["month"] == first)
    started &= _hired(company, panel) >= first_day(np.array([seen.who.first]))[0]
    panel = panel[panel["complete"] & panel["rep_id"].isin(panel.loc[started, "rep_id"])]
    at_quota = panel["revenue"] >= quota_share * panel["quota"]
    run = at_quota.copy()
    for k in range(1, months):
        run &= at_quota.shift(-k, fill_value=False)
        run &= panel["rep_id"].eq(panel["rep_id"].shift(-k))
        run &= panel["month"].add(k).eq(panel["month"].shift(-k))
    reps = panel.groupby("rep_id")[["month", "team_id", "manager_id"]].first()
    begins = panel[run].groupby("rep_id")["tenure_months"].first()
    last = panel.groupby("rep_id")["tenure_months"].last() - months + 1
    spells = reps.assign(time=begins, there=begins.reindex(reps.index).notna())
    spells["time"] = spells["time"].fillna(last)
    keyed = seen.keyed(spells[spells["time"] >= 0].reset_index())
    grouped = keyed.groupby(["unit", "slot"])
    median = {k: _median(g["time"].to_numpy(), g["there"].to_numpy()) for k, g in grouped}
    value = pd.Series(median, index=grouped.size().index, dtype="float64")
    return seen.tidy(
        pd.DataFrame(
            {"numerator": grouped["there"].sum(), "denominator": grouped.size(), "value": value}
        ).astype("float64")
    )


def _hired(company: HasTables, panel: pd.DataFrame) -> np.ndarray:
    """Return the day of hiring, or of the first assignment, for each row."""
    began = company.tables["assignments"].groupby("person_id")["start_on"].min()
    people = company.tables["people"].drop_duplicates("person_id").set_index("person_id")
    hired = column(people, "hired_on", "datetime64[us]").combine_first(began)
    return day_number(hired.reindex(panel["rep_id"]))


def _median(time: np.ndarray, there: np.ndarray) -> float:
    return float(SurvfuncRight(time + 1.0, there.astype(int)).quantile(0.5)) - 1


def span_of_control(
    company: HasTables, *, by: By = "manager", period: Period = "month"
) -> pd.DataFrame:
    """Return reps per manager: days of reps under a manager / days of managers in the role.

    Unit: people. Weighted by time; a manager of several teams counts once.

    References
    ----------
    Field standard ("span of control").

    Raises
    ------
    ValueError
        ``by="rep"``.
    """
    seen = view(company, by, period, units=("manager", "team", "company"))
    led = seen.who.managers.rename(columns={"person_id": "manager_id"})
    led = union(led, ["team_id" if by == "team" else "manager_id"])
    led = by_month(led, seen.who.first, seen.who.last)
    served = seen.who.cells.dropna(subset=["manager_id"])
    return seen.ratio(seen.total(served, "days"), seen.total(led, "days"))


def one_on_one_adherence(
    company: HasTables, *, by: By = "manager", period: Period = "month"
) -> pd.DataFrame:
    """Return weeks with a one-on-one / weeks as a rep.

    Unit: share. A week (Monday to Sunday) counts in the period, and for the rep's team and manager,
    of its Monday. Months in which the rep's manager logged no contact at all are unknown and left
    out.

    References
    ----------
    Field standard ("one-on-one adherence"; weekly cadence as in the articles).
    """
    seen = view(company, by, period)
    if "coaching" not in company.tables:
        return seen.ratio(*[seen.count(seen.lines().iloc[:0])] * 2)
    begin, stop = first_day(np.array([seen.who.first, seen.who.last + 1]))
    mondays = np.arange(begin + (MONDAY - begin) % WEEK, stop, WEEK)
    known = company.panel.loc[company.panel["one_on_ones"].notna(), ["rep_id", "month"]]
    known = known.assign(month=months_of(known["month"]))
    weeks = known.merge(pd.DataFrame({"day": mondays, "month": month_of(mondays)}), on="month")
    weeks = of_reps(place(weeks.rename(columns={"rep_id": "person_id"}), seen.who))
    held = contacts(company.tables, company.settings)
    held = held[held["kind"].eq("one_on_one")]
    monday = held["day"] - (held["day"] - MONDAY) % WEEK
    met = pd.MultiIndex.from_arrays([held["rep_id"], monday])
    kept = weeks[pd.MultiIndex.from_frame(weeks[["rep_id", "day"]]).isin(met)]
    return seen.ratio(seen.count(kept), seen.count(weeks))


def coaching_share_of_time(
    company: HasTables, *, by: By = "manager", period: Period = "month"
) -> pd.DataFrame:
    """Return a manager's hours of coaching / all hours logged.

    Unit: share. Missing where nothing was logged. Weeks are split over months by days.

    References
    ----------
    Field standard (time-use share).

    Raises
    ------
    ValueError
        ``by="rep"``.
    """
    seen = view(company, by, period, units=("manager", "team", "company"))
    spent = manager_hours(company.tables, seen.who)
    spent = spent.assign(hours=spent[list(HOURS)].sum(axis=1))
    return seen.ratio(seen.total(spent, "manager_hours_coaching"), seen.total(spent, "hours"))


def attrition(company: HasTables, *, by: By = "team", period: Period = "year") -> pd.DataFrame:
    """Return reps who left the company / average headcount of the period.

    Unit: share of the period, not annualised. An exit (``people.left_on``) counts for the team and
    manager of that day, or of the day before. Empty where no leaving is recorded at all.

    References
    ----------
    Field standard ("attrition rate", "turnover").

    Raises
    ------
    ValueError
        ``by="rep"``.
    """
    seen = view(company, by, period, units=("team", "manager", "company"))
    leavers = of_reps(place(_leaving(company, seen.who.reps), seen.who))
    cells = seen.who.cells
    months = np.arange(seen.who.first, seen.who.last + 1)
    length = (
        pd.Series(first_day(months + 1) - first_day(months)).groupby(seen.periods(months)).sum()
    )
    days = seen.total(cells, "days")
    if not _exits_known(company):
        days = days.iloc[:0]
    average = days / length.reindex(days.index.get_level_values("slot")).to_numpy()
    return seen.ratio(seen.count(leavers), average)


def _exits_known(company: HasTables) -> bool:
    """Say whether anyone's leaving is recorded: no record at all is not the same as no exit."""
    people = company.tables["people"]
    return "left_on" in people and bool(people["left_on"].notna().any())


def _leaving(company: HasTables, reps: pd.DataFrame) -> pd.DataFrame:
    """Return who left as a rep, with the last day in the role."""
    people = company.tables["people"]
    if "left_on" not in people:
        people = people.iloc[:0].assign(left_on=pd.Series(dtype="datetime64[us]"))
    left = events(people.dropna(subset=["left_on"]), "person_id", "left_on")
    there = locate(reps, "person_id", left["person_id"], left["day"].to_numpy()) >= 0
    return left.assign(day=left["day"].where(there, left["day"] - 1))


def attrition_hazard(company: HasTables) -> pd.DataFrame:
    """Return the share of reps who leave in each month of tenure, of those there at its start.

    Late entry is allowed for: a rep counts only in the months that the data cover.

    Returns
    -------
    DataFrame
        ``tenure_month`` (0 is the first), ``exits``, ``at_risk`` (rep-months), ``hazard`` (share),
        ``low``, ``high`` (Wilson 95 %).

    References
    ----------
    Life table; Singer and Willett (2003), Applied Longitudinal Data Analysis, ch. 10.
    """
    seen = view(company, "rep", "month")
    leavers = place(_leaving(company, seen.who.reps), seen.who)
    leavers = leavers[leavers["status"].eq("rep")]
    panel = company.panel[company.panel["complete"] & _exits_known(company)]
    left = pd.MultiIndex.from_frame(leavers[["person_id", "month"]])
    rows = pd.MultiIndex.from_arrays([panel["rep_id"], months_of(panel["month"])])
    grouped = pd.Series(rows.isin(left)).groupby(panel["tenure_months"].to_numpy().astype("int64"))
    table = pd.DataFrame({"exits": grouped.sum(), "at_risk": grouped.size()})
    low, high = proportion_confint(table["exits"], table["at_risk"], method="wilson")
    table = table.assign(hazard=table["exits"] / table["at_risk"], low=low, high=high)
    return table.rename_axis("tenure_month").reset_index()
