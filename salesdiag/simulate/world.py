"""Declarations: what a planted company looks like, and what misleads in it."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from salesdiag.simulate.limits import finite, whole_number, within


@dataclass(frozen=True, kw_only=True)
class World:
    """Structure of a company, and everything that misleads.

    Attributes
    ----------
    teams, reps_min, reps_max, months, regions : int
    huge_team : float
        Factor by which the first team is larger.
    unbalanced : float
        Share of teams that are known only from some month on, or until some month: they come from,
        or go to, a part of the company that the data do not show.
    last_month : str
        ``YYYY-MM``.
    burn : int
        Months simulated before the first one told.
    sd_ability, sd_team, sd_trend : float
        SD of a rep's ability and of the team's, in log points; of a rep's trend a month.
    sd_shock, rho_shock, sd_team_shock, rho_team_shock : float
        SD and autocorrelation of monthly shocks of reps and of teams.
    sd_region_shock, rho_region_shock : float
        SD and autocorrelation of monthly shocks common to all teams of a region.
    sd_ticket : float
        Log noise of revenue per active account.
    heavy_tails : float
        Degrees of freedom of Student's t, from which reps' shocks and the noise of revenue are
        drawn, their SDs staying as they are; above 2, and 0 is normal.
    whales : float
        Share of rep-months with one order worth about three months more.
    zero_share : float
        Share of rep-months in which nothing is invoiced; what would have been is lost.
    invoice_lag : float
        Share of a month's revenue that is invoiced in the next, by whoever has the clients then.
    ramp, ramp_months : float
        A new rep starts ``ramp`` log points below, closing with time constant ``ramp_months``.
    base, active, ticket : float
        Accounts per rep, their active share a month, revenue per active account.
    acquire, lose : float
        New accounts per rep-month, monthly hazard of losing one.
    growth, sd_market, season : float
        Market growth a month, its SD, amplitude of the season, in log points.
    stretch, ratchet : float
        Quota above expectation, share of the last quarter's surplus that is put on top.
    exit_rate, exit_selection : float
        Monthly hazard of leaving; its fall per SD of shock and ability.
    transfer : float
        Share of vacancies filled from another team.
    manager_exit, promote : float
        Monthly hazard of a manager's leaving; share succeeded by one of the team's reps.
    promote_on_sales : float
        Weight of own sales in promotion, the rest is leadership.
    handover_months : float
        Mean time for which promoted reps keep their largest clients; 0 is handed over at once.
    shared_managers : float
        Share of teams led in pairs by one manager.
    coach_hours, coach_sd_manager, coach_sd_month, coach_sd_rep, coach_rho : float
        Mean coaching hours per rep-month; log SD between managers, over a manager's months (with
        autocorrelation), between a manager's reps.
    coach_switches : int
        Months for which managers leave hours and their allocation as they are; 0 is every month
        anew.
    absence, absence_months : float, int
        Share of manager-months in which a manager goes away, for reasons that have nothing to do
        with results; months for which he stays away, coaching and selling nothing.
    k_ability, k_shock, k_seen, k_team, k_trend : float
        Who is coached: weak reps, last month's strugglers by their hidden shock or by what their
        results show, struggling teams, rising reps. Negative turns it round.
    confounding : float
        Correlation of team quality with the manager's coaching level.
    own_deals, own_sd_manager, own_sd_month, own_rho, own_none : float
        Manager's own won deals a month: mean, log SDs and autocorrelation as for coaching; share of
        managers who do not sell.
    k_sell : float
        Managers sell more when the team struggles.
    time_split : tuple of float
        What is left of a manager's time: admin, internal meetings, strategy, other.
    kpi_share, kpi_after_dip : float
        Share of teams that take up the weekly KPI review; 1 gives it to those after a bad quarter.
    declare : float
        Share of teams that declare their target segments only in some month told; the others had.
    plan_share, plan_after_dip : float
        Share of reps who are given a development plan in the months told, for half a year; 1 gives
        it to those after a bad month.
    climate_reverse : float
        Effect of results on climate.
    discount_reaction : float
        Discount granted to deals in trouble.
    halo : float
        Weight of known results in skill ratings.
    log_miss, log_empty, log_mnar : float
        Share of manager-months without coaching log; of rep-months with a contact of unknown
        length, and what is added to it where hours are below the median.
    time_log_miss : float
        Share of managers' weeks without record of their time.
    log_noise : float
        Log SD of logged hours.
    log_heap : int
        Minutes to which they are rounded.
    """

    teams: int = 20
    reps_min: int = 6
    reps_max: int = 12
    months: int = 24
    huge_team: float = 1.0
    unbalanced: float = 0.0
    regions: int = 4
    last_month: str = "2025-12"
    burn: int = 6
    sd_ability: float = 0.30
    sd_team: float = 0.10
    sd_trend: float = 0.0
    sd_shock: float = 0.25
    rho_shock: float = 0.5
    sd_team_shock: float = 0.08
    rho_team_shock: float = 0.5
    sd_region_shock: float = 0.0
    rho_region_shock: float = 0.5
    sd_ticket: float = 0.1
    heavy_tails: float = 0.0
    whales: float = 0.0
    zero_share: float = 0.0
    invoice_lag: float = 0.0
    ramp: float = 0.6
    ramp_months: float = 5.0
    base: float = 40.0
    active: float = 0.35
    ticket: float = 900.0
    acquire: float = 0.6
    lose: float = 0.015
    growth: float = 0.004
    sd_market: float = 0.01
    season: float = 0.08
    stretch: float = 0.05
    ratchet: float = 0.3
    exit_rate: float = 0.02
    exit_selection: float = 0.5
    transfer: float = 0.08
    manager_exit: float = 0.008
    promote: float = 0.5
    promote_on_sales: float = 1.0
    handover_months: float = 0.0
    shared_managers: float = 0.0
    coach_hours: float = 3.0
    coach_sd_manager: float = 0.40
    coach_sd_month: float = 0.35
    coach_sd_rep: float = 0.5
    coach_rho: float = 0.5
    coach_switches: int = 0
    absence: float = 0.0
    absence_months: int = 2
    k_ability: float = 0.0
    k_shock: float = 0.0
    k_seen: float = 0.0
    k_team: float = 0.0
    k_trend: float = 0.0
    confounding: float = 0.0
    own_deals: float = 0.4
    own_sd_manager: float = 0.9
    own_sd_month: float = 0.5
    own_rho: float = 0.7
    own_none: float = 0.2
    k_sell: float = 0.0
    time_split: tuple[float, float, float, float] = (0.40, 0.35, 0.15, 0.10)
    kpi_share: float = 0.6
    kpi_after_dip: float = 0.0
    declare: float = 0.0
    plan_share: float = 0.3
    plan_after_dip: float = 0.0
    climate_reverse: float = 0.0
    discount_reaction: float = 0.0
    halo: float = 0.0
    log_miss: float = 0.0
    log_empty: float = 0.0
    log_mnar: float = 0.0
    time_log_miss: float = 0.0
    log_noise: float = 0.0
    log_heap: int = 5

    def __post_init__(self) -> None:
        finite(self)
        whole_number("teams", self.teams, 1, 2000)
        whole_number("reps_min", self.reps_min, 2, 200)
        whole_number("reps_max", self.reps_max, self.reps_min, 200)
        whole_number("months", self.months, 4, 240)
        whole_number("regions", self.regions, 1, 1000)
        whole_number("burn", self.burn, 4, 240)
        whole_number("log_heap", self.log_heap, 1, 240)
        whole_number("absence_months", self.absence_months, 1, 24)
        whole_number("coach_switches", self.coach_switches, 0, 240)
        shares = [f.name for f in fields(self) if f.name.startswith("rho_")]
        within(self, 0, 0.999, *shares, "coach_rho", "own_rho")
        within(
            self, 0, 1, "active", "lose", "exit_rate", "transfer", "manager_exit", "promote",
            "promote_on_sales", "own_none", "kpi_share", "kpi_after_dip", "log_miss", "log_empty",
            "log_mnar", "halo", "ratchet", "whales", "zero_share", "invoice_lag", "unbalanced",
            "shared_managers", "declare", "plan_share", "plan_after_dip", "time_log_miss",
            "absence",
        )  # fmt: skip
        within(self, -1, 1, "confounding")
        within(self, 1, 50, "huge_team")
        within(self, 0, 60, "handover_months")
        if self.heavy_tails and not self.heavy_tails > 2:
            raise ValueError(f"heavy_tails must be 0 or above 2, not {self.heavy_tails}")
        within(self, 1e-6, math.inf, "base", "ticket", "coach_hours", "ramp_months")
        positive = [f.name for f in fields(self) if f.name.startswith("sd_") or "_sd_" in f.name]
        within(self, 0, math.inf, *positive, "own_deals", "log_noise", "acquire")
