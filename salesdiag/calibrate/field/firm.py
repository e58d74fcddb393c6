"""Declarations: what a company of this kind is like, what misleads in it, and what is true."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Firm:
    """Structure of a company and what its managers react to.

    Attributes
    ----------
    teams, reps, regions, months : int
        Reps are territories of a team; months are those told.
    burn : int
        Months before the first one told, in which the pipeline fills.
    last_month : str
        ``YYYY-MM``.
    cut : int
        Days of the last month that are not told.
    skill_sd : float
        SD of reps' skill, log points.
    ramp_start, ramp_months : float
        Share of his later results with which a new rep starts; months until all of it is reached.
    exit_rate, manager_exit : float
        Monthly risk of leaving.
    vacancy : int
        Whole months for which a territory stays empty.
    reorganisations : int
        Times at which a fifth of all territories change teams.
    sick, manager_sick, long_leave : float
        Monthly risk of an illness of a rep and of a manager (a week on average); yearly risk of a
        manager's absence of six to ten weeks.
    accounts : int
        Clients of a territory.
    order_value, deal_value : float
        Median money of a repeat order and of a deal.
    order_sd, deal_sd : float
        Their SD in log points.
    deals : float
        Deals created in a territory in a month.
    win : float
        Share of them that a fully ramped average rep wins.
    cycle_weeks, cycle_sd, cycle_by_size : float
        Median weeks of a deal of median size; log SD; how many times as long, in log points, per SD
        of size.
    slip : float
        Share of deals decided later than was expected when they were created, by half a cycle on
        average.
    shock_sd, shock_rho : float
        SD, and autocorrelation from week to week, of a rep's shocks.
    team_shock_sd, region_shock_sd, common_rho : float
        Of a team's and a region's; autocorrelation from month to month.
    tail : float
        Degrees of freedom of Student's t for all shocks and deal sizes, their SD staying as it is;
        0 is normal.
    season, growth, market_sd : float
        Amplitude of the season, growth a month and its SD by region, log points.
    turn : float
        By how much monthly growth changes for the last third of the months.
    hockey : float
        Mean log points that a rep's last month of a quarter is better, half of which the next month
        lacks; reps differ from none to much.
    later_in_month, later_in_quarter : float
        Drift of closing over the months told: exponent by which days of the month move later; log
        points moved from the first to the last month of a quarter.
    capacity, admin : float
        A manager's hours a week; those that administration takes at the least.
    hours : float
        Coaching hours a rep has planned for a month.
    level_cv, month_cv, rep_cv : float
        Coefficients of variation of planned hours between managers, between a manager's months, and
        between a rep's months.
    roster : bool
        Planned hours follow a rota that was set in advance: a third of the team in turn has most.
    k_past : float
        Hours more a month per log point by which the rep's last month was better than usual;
        negative is for strugglers.
    k_skill : float
        Per log point of skill.
    k_same : float
        In the second half of a month, per log point by which the first half was better than usual.
    k_region, k_team : float
        Per log point of this month's shock of the region, of the team.
    k_quarter : float
        Before a quarter's last month: per log point of the rep's own quarter end.
    foresight : float
        Per log point by which the rep's next month will be better than usual, coaching left aside.
    k_pipeline : float
        Per log point by which next month will be better, as far as the open pipeline shows it.
    neutral : bool
        What foresight and pipeline give to one rep is taken from the team's others.
    own_deals : float
        Deals a manager closes in a quarter himself, on average.
    own_none : float
        Share of managers who do not sell.
    own_cv : float
        Coefficient of variation of the own selling between a manager's quarters.
    own_hours : float
        Hours an own deal takes.
    k_fail : float
        Log points by which a manager closes more own deals per log point by which his team's
        quarter is worse than usual.
    pipeline : bool
        Deals are recorded; otherwise the company only has its invoices.
    clients, clocks : bool
        Clients are listed; managers' hours are logged.
    by_design : bool
        The company says that hours were set by a rota.
    """

    teams: int = 20
    reps: int = 8
    regions: int = 4
    months: int = 24
    burn: int = 6
    last_month: str = "2025-12"
    cut: int = 0
    skill_sd: float = 0.25
    ramp_start: float = 0.5
    ramp_months: float = 6.0
    exit_rate: float = 0.012
    manager_exit: float = 0.006
    vacancy: int = 1
    reorganisations: int = 0
    sick: float = 0.10
    manager_sick: float = 0.08
    long_leave: float = 0.04
    accounts: int = 12
    order_value: float = 3200.0
    deal_value: float = 5000.0
    order_sd: float = 0.35
    deal_sd: float = 0.6
    deals: float = 5.0
    win: float = 0.35
    cycle_weeks: float = 8.0
    cycle_sd: float = 0.4
    cycle_by_size: float = 0.25
    slip: float = 0.3
    shock_sd: float = 0.20
    shock_rho: float = 0.9
    team_shock_sd: float = 0.06
    region_shock_sd: float = 0.0
    common_rho: float = 0.6
    tail: float = 0.0
    season: float = 0.10
    growth: float = 0.003
    market_sd: float = 0.01
    turn: float = 0.0
    hockey: float = 0.0
    later_in_month: float = 0.0
    later_in_quarter: float = 0.0
    capacity: float = 45.0
    admin: float = 6.0
    hours: float = 3.6
    level_cv: float = 0.35
    month_cv: float = 0.25
    rep_cv: float = 0.45
    roster: bool = False
    k_past: float = 0.0
    k_skill: float = 0.0
    k_same: float = 0.0
    k_region: float = 0.0
    k_team: float = 0.0
    k_quarter: float = 0.0
    foresight: float = 0.0
    k_pipeline: float = 0.0
    neutral: bool = False
    own_deals: float = 1.6
    own_none: float = 0.15
    own_cv: float = 0.7
    own_hours: float = 15.0
    k_fail: float = 0.0
    pipeline: bool = True
    clients: bool = True
    clocks: bool = True
    by_design: bool = False

    def __post_init__(self) -> None:
        least = {"teams": 2, "reps": 2, "regions": 1, "months": 6, "burn": 3, "accounts": 1}
        wrong = [f"{name} below {low}" for name, low in least.items() if getattr(self, name) < low]
        shares = ("exit_rate", "manager_exit", "sick", "manager_sick", "long_leave", "win", "slip",
                  "shock_rho", "common_rho", "own_none", "ramp_start")  # fmt: skip
        wrong += [f"{name} outside 0 to 1" for name in shares if not 0 <= getattr(self, name) <= 1]
        positive = ("order_value", "deal_value", "hours", "cycle_weeks", "ramp_months", "capacity")
        wrong += [f"{name} not above 0" for name in positive if not getattr(self, name) > 0]
        wrong += [f.name for f in fields(self) if f.name.endswith(("_sd", "_cv"))
                  and not getattr(self, f.name) >= 0]  # fmt: skip
        if self.tail and not self.tail > 2:
            wrong.append("tail not above 2")
        if wrong:
            raise ValueError(f"no such company: {', '.join(wrong)}")

    @property
    def territories(self) -> int:
        """How many there are in the company."""
        return self.teams * self.reps

    @property
    def span(self) -> int:
        """Months simulated: before those told, these, and one in which open deals are decided."""
        return self.burn + self.months + 1


@dataclass(frozen=True, kw_only=True)
class Planted:
    """What is true: effects in log points of expected revenue, none by default.

    Attributes
    ----------
    hour : float
        What an hour of coaching comes to in all, in log points of one month's revenue.
    lags : tuple of float
        Shares of it by months after the hour, beginning with the same month; in that month an hour
        acts on the weeks that are left. They sum to 1.
    keep : float
        Above 0 an hour is put on a stock instead, of which this share is left a week later; it
        acts from the week after.
    deal : float
        Per own deal of the manager, on everybody else in the team, in the quarter it is closed.
    beyond : float
        Per own deal beyond the first of that quarter.
    deal_next, beyond_next : float
        Likewise in the quarter after.
    """

    hour: float = 0.0
    lags: tuple[float, ...] = (0.0, 1.0)
    keep: float = 0.0
    deal: float = 0.0
    beyond: float = 0.0
    deal_next: float = 0.0
    beyond_next: float = 0.0

    def __post_init__(self) -> None:
        if not np.isclose(sum(self.lags), 1) or min(self.lags) < 0:
            raise ValueError(f"lags must be shares that sum to 1, not {self.lags}")
        if not 0 <= self.keep < 1:
            raise ValueError(f"keep must lie within 0 and 1, not {self.keep}")

    @property
    def coaches(self) -> bool:
        """Whether an hour of coaching does anything."""
        return self.hour != 0

    @property
    def sells(self) -> bool:
        """Whether own deals do anything to the others."""
        return any((self.deal, self.beyond, self.deal_next, self.beyond_next))
