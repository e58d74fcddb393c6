"""Effect of something a rep receives on the rep's later results: the panel of rep-months."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import pandas as pd

from salesdiag import checks
from salesdiag.claims.base import Claim
from salesdiag.claims.designs import absence, shocks
from salesdiag.claims.designs.base import (
    Effect,
    Evidence,
    apart,
    attempt,
    bootstrap,
    other_specifications,
)
from salesdiag.claims.designs.common import effects_by
from salesdiag.claims.designs.sizes import size_of
from salesdiag.claims.keeping import kept
from salesdiag.company import Company
from salesdiag.estimate import dynamic, naive, pool, sensitivity
from salesdiag.estimate.design import DynamicPanel
from salesdiag.estimate.panel_ols import LinearFit
from salesdiag.finding import Estimate, TeamEstimate

INFORMATION = ("discovery_meetings", "proposal_meetings", "wins", "active_share")
"""What managers can see of a rep besides revenue; used where it is recorded throughout."""
MOSTLY = 0.95
TEAMS_APART = 8.0
"""Scale of the prior on how far teams' effects lie apart, in margins.

Nearly flat: with two margins, 95 % intervals of teams whose effects differ by a standard deviation
of 1.5 margins held the truth in 91 % (`calibrate`, world ``unequal``).
"""


@dataclass(frozen=True, kw_only=True)
class RepEffect(Effect):
    """Effect of something a rep receives on the rep's next month: the dynamic panel of rep-months.

    Attributes
    ----------
    driver : str
        Column of the rep-month panel, hours.
    break_even : bool
        Whether the margin follows from the company's gross margin and cost of a manager's hour
        where both are given.
    """

    break_even: bool = False

    @property
    def per_hour(self) -> bool:
        """Whether the driver is counted in hours of a manager, which have a price."""
        return self.break_even

    def spec(self, company: Company) -> DynamicPanel:
        """Return the panel's specification, with the information that the company records."""
        panel = company.panel
        seen = tuple(c for c in INFORMATION if panel[c].notna().mean() >= MOSTLY)
        return DynamicPanel(driver=self.driver, information=seen, effects_by=effects_by(panel))

    def evidence(self, company: Company, claim: Claim) -> Evidence:
        """Fit everything that the finding needs, once."""
        return kept(company, (self, claim.direction), lambda: self._gather(company, claim))

    def _gather(self, company: Company, claim: Claim) -> Evidence:
        panel, spec = company.panel, self.spec(company)
        primary = dynamic.fit(panel, spec)
        estimate = primary.estimate
        second = attempt(lambda: dynamic.fit(panel, dynamic.supply(spec)).estimate)
        reaction = attempt(lambda: dynamic.placebo_lead(panel, spec))
        doubts = [
            checks.enough_groups(estimate.groups),
            checks.enough_periods(primary.periods),
            checks.logged(primary.missing_driver),
            checks.rounded(panel[self.driver]),
            checks.bias_direction(estimate, reaction, second, claim.direction),
            checks.second_design(estimate, second, apart(estimate, second), claim.direction),
            checks.same_sign(estimate.value, other_specifications(panel, spec)),
            checks.one_team(estimate),
            checks.short_panel(estimate, _half_panel(panel, spec, estimate)),
            checks.hidden_cause(_times_strongest(primary)),
            *shocks.doubts(panel, spec, estimate),
            absence.check(company, self.driver, estimate),
            *bootstrap(primary),
        ]
        scale = TEAMS_APART * self.margin(claim, company)
        return Evidence(
            estimate=estimate,
            reaction=reaction,
            plain=attempt(lambda: naive.pooled_ols(panel, driver=self.driver)),
            checks=tuple(doubts),
            teams=attempt(lambda: pool.pooled(self.teams(company), scale=scale, company=estimate))
            or {},
        )

    def teams(self, company: Company) -> pd.DataFrame:
        """Return each team's estimate from its own rows alone."""
        spec = self.spec(company)
        return kept(company, spec, lambda: pool.team_coefficients(company.panel, spec))

    def margin(self, claim: Claim, company: Company) -> float:
        """Return the smallest effect worth acting on: break-even of an hour where it is known."""
        s = company.settings
        if not (self.break_even and s.gross_margin and s.manager_hour_cost):
            return claim.margin
        revenue = size_of(company, None).revenue
        return s.manager_hour_cost / (s.gross_margin * revenue) if revenue > 0 else claim.margin

    def team_estimate(self, seen: Evidence, team: str) -> TeamEstimate | None:
        """Return a team's estimate, None where its rows say nothing."""
        return seen.teams.get(team)


def _half_panel(panel: pd.DataFrame, spec: DynamicPanel, estimate: Estimate) -> Estimate | None:
    """Return the half-panel estimate with the standard error of its difference from the whole."""
    halves = attempt(lambda: dynamic.half_panel_jackknife(panel, spec))
    gap = apart(halves, estimate) if halves is not None else math.nan
    if halves is None or not math.isfinite(gap) or gap == 0:
        return None
    return replace(halves, se=abs((halves.value - estimate.value) / gap))


def _times_strongest(primary: dynamic.Dynamic) -> float:
    """Return how many times as strong as the strongest recorded cause a hidden one must be.

    Every control but the driver's own earlier months is tried; the least multiple counts.
    """
    fit, drivers = primary.fit, dynamic.driver_names(primary.spec)
    if not isinstance(fit, LinearFit):
        return math.nan
    controls = [name for name in fit.names if name not in drivers]
    return min(sensitivity.confounder_multiple(fit, drivers[0], name) for name in controls)
