"""Rep-months and team-months: effective-dated managers, own deals apart, forward outcomes.

The manager of a team on a day is whoever has the role then. Only people with the role ``rep``
count in a team's result. A person may be a rep of one team and manager of another at the same time:
what he sells is then result of the first as that of any rep, and ``manager_revenue`` of the second,
never result of the second.
"""

from salesdiag.panel.absences import absence_spells, away, silent_months
from salesdiag.panel.credit import manager_at, team_at
from salesdiag.panel.months import PLACES, REP_MONTH, TEAM_MONTH, rep_months, team_months
from salesdiag.panel.records import Records
from salesdiag.panel.slices import read_team, write_by_team
from salesdiag.panel.unplaced import dropped
from salesdiag.panel.window import complete_months, observation_window, revenue_source

__all__ = [
    "PLACES",
    "REP_MONTH",
    "TEAM_MONTH",
    "Records",
    "absence_spells",
    "away",
    "complete_months",
    "dropped",
    "manager_at",
    "observation_window",
    "read_team",
    "rep_months",
    "revenue_source",
    "silent_months",
    "team_at",
    "team_months",
    "write_by_team",
]
