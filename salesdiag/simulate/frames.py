"""Rep-months and team-months straight from the course, as the panel gives them from the tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesdiag.simulate.logs import CATEGORIES, CoachingLog, logged_hours, time_log, week_starts
from salesdiag.simulate.roster import Roster, places
from salesdiag.simulate.sales import QUARTER
from salesdiag.simulate.setup import of_manager, shared_out


def rep_months(roster: Roster, log: CoachingLog) -> pd.DataFrame:
    """Return one row per rep and month, columns as in :func:`salesdiag.panel.rep_months`."""
    course, sales, world = roster.course, roster.sales, roster.world
    team, told = course.setup.team, slice(world.burn, None)
    person = course.person[told]
    shape = person.shape
    month = roster.first[told][:-1]
    since = np.array([p.hired + (p.day > 1) for p in course.people])
    tenure = world.burn + np.arange(shape[0])[:, None] - since[person]
    revenue = sales.revenue[told]
    deals = sales.deals
    contacts = np.where(log.logged[told][:, team], log.sessions[told] + log.group[told], 0)
    logged = of_manager(_sum_by_team(contacts, roster), course.setup.lead)[:, team] > 0
    logged |= course.setup.away[told][:, team]
    active, assigned = sales.active[told], course.assigned[told]
    columns = {
        "rep_id": roster.person_ids[person],
        "month": np.broadcast_to(month[:, None], shape),
        "team_id": np.broadcast_to(roster.team_ids[team], shape),
        "manager_id": roster.person_ids[course.manager[told]][:, team],
        "group_id": np.broadcast_to(roster.group_ids[team], shape),
        "month_index": np.broadcast_to(np.arange(shape[0])[:, None], shape),
        "days_present": course.share[told],
        "tenure_months": np.maximum(tenure, 0).astype(float),
        "revenue": revenue,
        "wins": deals.won[told].sum(-1).astype(float),
        "losses": (deals.closing & ~deals.won)[told].sum(-1).astype(float),
        "won_amount": (deals.won * deals.amount)[told].sum(-1),
        "discovery_meetings": sales.discovery[told].astype(float),
        "proposal_meetings": sales.proposals[told].astype(float),
        "coaching_hours": logged_hours(log, course)[told],
        "one_on_ones": np.where(logged, log.one_on_ones[told], np.nan),
        "accounts_assigned": assigned.astype(float),
        "accounts_active": active.astype(float),
        "active_share": active / assigned,
        "quota": sales.quota[told] * course.share[told],
        "complete": np.ones(shape, bool),
    }
    columns |= {c: np.broadcast_to(v[team], shape) for c, v in places(roster).items()}
    rows = _frame(columns, roster.exists[told][:, team])
    following = rows["rep_id"].eq(rows["rep_id"].shift(-1)) & rows["month_index"].eq(
        rows["month_index"].shift(-1) - 1
    )
    rows.insert(
        list(rows).index("region"), "revenue_next", rows["revenue"].shift(-1).where(following)
    )
    return rows


def _frame(columns: dict[str, np.ndarray], known: np.ndarray) -> pd.DataFrame:
    rows = pd.DataFrame({name: values[known] for name, values in columns.items()})
    rows["month"] = rows["month"].astype("datetime64[us]")
    return rows.sort_values(list(columns)[:2], ignore_index=True)


def _sum_by_team(values: np.ndarray, roster: Roster) -> np.ndarray:
    """Return sums (months, teams) of values (months, seats)."""
    starts = np.concatenate([[0], np.cumsum(roster.course.setup.size)[:-1]])
    return np.add.reduceat(values, starts, axis=1)


def team_months(roster: Roster, log: CoachingLog) -> pd.DataFrame:
    """Return one row per team and month, columns as in :func:`salesdiag.panel.team_months`."""
    course, sales, world = roster.course, roster.sales, roster.world
    told = slice(world.burn, None)
    manager, exists = course.manager[told], roster.exists[told]
    shape = manager.shape
    month = roster.first[told][:-1]
    lead, deals, own = course.setup.lead, sales.deals, sales.own
    won = shared_out(course.own[told].astype(float), exists, lead)
    sold = ((own.won * own.amount).sum(-1) + sales.kept.sum(-1))[told]
    hours = logged_hours(log, course)[told]
    known = _sum_by_team((~np.isnan(hours)).astype(float), roster)
    quarter = np.full(shape, np.nan)
    for t in range(QUARTER - 1, shape[0]):
        last = slice(t - QUARTER + 1, t + 1)
        quarter[t] = np.where(exists[last].all(0), won[last].sum(0), np.nan)
    spent = _monthly_hours(roster)
    columns = {
        "team_id": np.broadcast_to(roster.team_ids, shape),
        "month": np.broadcast_to(month[:, None], shape),
        "month_index": np.broadcast_to(np.arange(shape[0])[:, None], shape),
        "group_id": np.broadcast_to(roster.group_ids, shape),
        "manager_id": roster.person_ids[manager],
        "reps": _sum_by_team(course.share[told], roster),
        "revenue": _sum_by_team(sales.revenue[told], roster),
        "wins": _sum_by_team(deals.won[told].sum(-1).astype(float), roster),
        "losses": _sum_by_team((deals.closing & ~deals.won)[told].sum(-1).astype(float), roster),
        "quota": _sum_by_team(sales.quota[told] * course.share[told], roster),
        "coaching_hours": np.divide(
            _sum_by_team(np.nan_to_num(hours), roster),
            known,
            out=np.full(shape, np.nan),
            where=known > 0,
        ),
        "manager_revenue": shared_out(sold, exists, lead),
        "manager_deals": won,
        "manager_deals_quarter": quarter,
        "revenue_of_managers": np.zeros(shape),  # nobody is a rep of one team and leads another
        **{f"manager_hours_{c}": spent[..., i] for i, c in enumerate(CATEGORIES)},
        "accounts_assigned": _sum_by_team(course.assigned[told], roster).astype(float),
        "accounts_active": _sum_by_team(sales.active[told], roster).astype(float),
        "complete": np.ones(shape, bool),
        **{c: np.broadcast_to(v, shape) for c, v in places(roster).items()},
    }
    return _frame(columns, exists)


def _monthly_hours(roster: Roster) -> np.ndarray:
    """Return logged hours (months, teams, categories), weeks split over months by days.

    Those of a manager of several teams are shared equally; NaN where no record reaches the month.
    """
    course, told = roster.course, slice(roster.world.burn, None)
    hours = time_log(course, roster.world, roster.seed)
    mondays, month = week_starts(roster.world)
    manager = course.manager[told]
    led = of_manager(roster.exists[told].astype(int), course.setup.lead)
    known = ~np.isnan(hours[..., 0]) & (led[month] > 0)
    hours = np.where(known[..., None], hours, 0)
    total, count = np.zeros((*manager.shape, len(CATEGORIES))), np.zeros(manager.shape)
    inside = (roster.first[roster.world.burn + month + 1] - mondays).astype(int).clip(max=7)
    np.add.at(total, month, hours * (inside / 7)[:, None, None])
    np.add.at(count, month, known)
    cut = (inside < 7) & (month + 1 < len(manager))
    stays = (manager[month[cut]] == manager[month[cut] + 1]) & known[cut]
    rest = hours[cut] * ((7 - inside[cut]) / 7)[:, None, None] * stays[..., None]
    np.add.at(total, month[cut] + 1, rest)
    np.add.at(count, month[cut] + 1, stays)
    return np.where(count[..., None] > 0, total / np.maximum(led, 1)[..., None], np.nan)
