"""Effect of something a rep receives on the rep's later results: the panel of rep-months.

What is estimated is the effect of one hour, added up over the months after it, in log points of a
month's sales. An hour may act next month, after three, or as a stock that decays, and the sum is
the same question in all of them; the first month alone is not. Two ways to the sum were compared on
planted companies (W0, W2, W2b, W5, with and without an effect): local projections of the summed
result, and the dynamic panel carried forward. Both held their size once the bias of fixed effects
was taken out of the latter; its standard error is a seventh smaller, it loses no months at the end
and no reps who leave within the horizon, and its sum is what hours do while later hours stay as
they were. So the dynamic panel is used. What managers see of a rep besides revenue (meetings, wins,
active clients) enters where it is recorded: without it, managers who answer to what revenue does
not show bend the sum (coverage .84 instead of .96 in the world ``strugglers``). As coaching moves
it too, it is carried forward by equations of its own; held still, it would take away what works
through it.

The hour's own month never decides: whether the hour moved the result or the result the hour cannot
be seen within a month. It must, however, leave no room for an effect that matters before an effect
is called too small.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import pandas as pd

from salesdiag import checks
from salesdiag.claims.base import Claim
from salesdiag.claims.designs import absence, pipeline, shocks
from salesdiag.claims.designs.base import Effect, Evidence, apart, attempt, other_specifications
from salesdiag.claims.designs.common import effects_by
from salesdiag.claims.designs.foresight import foresight_of, guarded, negative_control, sensitivity
from salesdiag.claims.designs.pipeline import BEFORE
from salesdiag.claims.designs.sizes import size_of
from salesdiag.claims.keeping import kept
from salesdiag.company import Company
from salesdiag.estimate import dynamic, naive, pool
from salesdiag.estimate.design import DynamicPanel
from salesdiag.finding import LEVEL, Check, Estimate, Guard, TeamEstimate
from salesdiag.metrics.pipeline import cycle_days
from salesdiag.text import Template
from salesdiag.text import claims as words

INFORMATION = ("discovery_meetings", "proposal_meetings", "wins", "active_share")
"""What managers can see of a rep besides revenue; used where it is recorded throughout."""
MOSTLY = 0.95
LAGS = 3
AHEAD = 6
"""Months over which the reaction of later hours is taken out: hours remember results for a few
months, and more terms add noise; not more than half the months of a short panel."""
HORIZONS = (3, 6)
"""Least and most months over which an effect is added up, where none is declared."""
DAYS = 30.4
OFTEN = 0.90
NARROW = round(2 * LEVEL - 1, 10)
TEAMS_APART = 8.0
"""Scale of the prior on how far teams' effects lie apart, in margins.

Nearly flat: with two margins, 95 % intervals of teams whose effects differ by a standard deviation
of 1.5 margins held the truth in 91 % (`calibrate`, world ``unequal``).
"""


@dataclass(frozen=True, kw_only=True)
class RepEffect(Effect):
    """Effect of something a rep receives on the rep's months after: the panel of rep-months.

    Attributes
    ----------
    driver : str
        Column of the rep-month panel, hours.
    break_even : bool
        Whether the margin follows from the company's gross margin and cost of a manager's hour
        where both are given. It is then one of an hour, at any dose; else the claim's margin is
        one of a realistic change of dose.
    """

    break_even: bool = False
    plain: ClassVar[Template] = words.PLAIN_NEXT_MONTH

    @property
    def per_hour(self) -> bool:
        """Whether the driver is counted in hours of a manager, which have a price."""
        return self.break_even

    def panel(self, company: Company) -> pd.DataFrame:
        """Return the rep-months, with the open pipeline where it is recorded."""
        return kept(company, "pipeline", lambda: pipeline.with_pipeline(company))[0]

    def spec(self, company: Company) -> DynamicPanel:
        """Return the panel's specification: horizon, earlier months, pipeline before the hours."""
        _, measures = kept(company, "pipeline", lambda: pipeline.with_pipeline(company))
        months = self.horizon(company)
        panel = company.panel
        there = panel.loc[panel["complete"], "month_index"].nunique()
        seen = [c for c in INFORMATION if panel[c].notna().mean() >= MOSTLY]
        lags = max(LAGS, months) if there - months >= dynamic.MIN_PERIODS else LAGS
        return DynamicPanel(
            driver=self.driver,
            lags=lags,
            information=(*seen, *(f"{m}{BEFORE}" for m in measures)),
            effects_by=effects_by(panel),
            horizon=months,
            ahead=AHEAD,
        )

    def horizon(self, company: Company) -> int:
        """Return the months over which an effect is added up: as declared, or the sales cycle."""
        declared = company.settings.effects.horizon_months
        if declared is not None:
            return declared
        days = kept(company, "sales cycle", lambda: cycle_days(company))
        least, most = HORIZONS
        return int(min(max(math.ceil(days / DAYS), least), most)) if days > 0 else least

    def evidence(self, company: Company, claim: Claim) -> Evidence:
        """Fit everything that the finding needs, once."""
        return kept(company, (self, claim.slug), lambda: self._gather(company, claim))

    def _gather(self, company: Company, claim: Claim) -> Evidence:
        panel, spec = self.panel(company), self.spec(company)
        primary = dynamic.fit(panel, spec)
        estimate = primary.estimate
        margin = self.margin(claim, company)
        bare = _without_pipeline(spec)
        seen_late = attempt(lambda: dynamic.fit(panel, _after(spec))) if bare != spec else None
        with_month = attempt(lambda: dynamic.fit(panel, replace(spec, same_month=True)))
        bent = foresight_of(panel, primary, seen_late)
        guard = self._guard(company, margin, bent.worst(self.floor(company)), with_month)
        unseen = sensitivity(primary, bent, self.floor(company))
        second = attempt(lambda: dynamic.fit(panel, dynamic.supply(bare)))
        team_lead = attempt(lambda: dynamic.placebo_lead(panel, dynamic.supply(bare)))
        reaction = attempt(lambda: dynamic.placebo_lead(panel, spec))
        alone = second.estimate if second else None
        trusted = alone if second and guarded(panel, second, team_lead) else None
        doubts = [
            checks.enough_groups(estimate.groups),
            checks.enough_periods(primary.periods),
            checks.logged(primary.missing_driver),
            checks.rounded(panel[self.driver]),
            checks.bias_direction(estimate, reaction, trusted, claim.direction),
            checks.second_design(estimate, alone, apart(estimate, alone), claim.direction),
            checks.same_sign(estimate.value, self._others(panel, spec)),
            checks.one_team(estimate),
            checks.short_panel(estimate, _half_panel(panel, spec, estimate)),
            checks.same_month(guard.room, estimate, with_month.estimate if with_month else None),
            checks.robustness(unseen),
            *self._seen_coming(estimate, seen_late, guard),
            *self._unmoved(company, spec),
            *shocks.doubts(panel, spec, estimate),
            absence.check(company, self.driver, estimate),
        ]
        return Evidence(
            estimate=estimate,
            reaction=reaction,
            plain=attempt(lambda: naive.pooled_ols(panel, driver=self.driver)),
            checks=tuple(doubts),
            teams=attempt(
                lambda: pool.pooled(
                    self.teams(company), scale=TEAMS_APART * margin, company=estimate
                )
            )
            or {},
            table=_profile(primary, with_month),
            guard=guard,
            sensitivity=unseen,
            foresight=bent,
        )

    def floor(self, company: Company) -> float:
        """Return the least foresight that a verdict must survive, hours per log point."""
        settings = company.settings
        by_design = settings.coaching.hours_set_by is not None
        return 0.0 if by_design else settings.foresight.floor_hours_per_log_point

    def _guard(
        self, company: Company, margin: float, bias: float, with_month: dynamic.Dynamic | None
    ) -> Guard:
        """Return what the intervals must survive: foresight, largest usual dose, the own month.

        An hour's break-even is the same at any dose; another margin is one of a realistic change.
        """
        guard = Guard(bias=bias)
        if not (self.break_even and margin == _break_even(company)):
            often = company.panel[self.driver].dropna().quantile(OFTEN)
            guard = replace(guard, reach=max(1.0, float(often) / self.change(company)))
        if with_month is None:
            return replace(guard, room=True)
        ends = guard.narrow(with_month.estimate.interval(NARROW))
        return replace(guard, room=not (-margin < ends.low and ends.high < margin))

    @staticmethod
    def _others(panel: pd.DataFrame, spec: DynamicPanel) -> list[float]:
        """Return the other specifications' estimates; where there is a pipeline, without it."""
        bare = _without_pipeline(spec)
        without = attempt(lambda: dynamic.value(panel, bare)) if bare != spec else None
        return [*other_specifications(panel, bare), *([] if without is None else [without])]

    @staticmethod
    def _seen_coming(estimate: Estimate, late: dynamic.Dynamic | None, guard: Guard) -> list[Check]:
        return [] if late is None else [checks.pipeline(estimate, late.estimate, guard)]

    def _unmoved(self, company: Company, spec: DynamicPanel) -> list[Check]:
        """Return the check on orders that cannot be moved, where some are declared."""
        if not company.settings.negative_control.products:
            return []
        return [checks.negative_control(attempt(lambda: negative_control(company, spec)))]

    def teams(self, company: Company) -> pd.DataFrame:
        """Return each team's estimate from its own rows alone."""
        spec = self.spec(company)
        return kept(company, spec, lambda: pool.team_coefficients(self.panel(company), spec))

    def change(self, company: Company) -> float:
        """Return a realistic change of dose: as declared, or a rep's SD from month to month."""
        declared = company.settings.effects.change_hours
        if declared is not None:
            return declared
        return kept(company, (self.driver, "change"), lambda: _within_sd(company, self.driver))

    def margin(self, claim: Claim, company: Company) -> float:
        """Return the smallest effect worth acting on, per hour: break-even where it is known.

        Else the claim's margin, which is one of a realistic change of dose.
        """
        known = _break_even(company) if self.break_even else math.nan
        return known if known > 0 else claim.margin / self.change(company)

    def told(self, company: Company) -> Mapping[str, object]:
        """Return the months over which the effect is added up, which the sentences name."""
        return {"months": self.horizon(company)}

    def team_estimate(self, seen: Evidence, team: str) -> TeamEstimate | None:
        """Return a team's estimate, None where its rows say nothing."""
        return seen.teams.get(team)


def _after(spec: DynamicPanel) -> DynamicPanel:
    """Return the specification with the pipeline at the end of the month of the hours.

    Coaching may have made some of that pipeline, so it decides nothing; but an effect that is gone
    once the pipeline is known was as well foreseen as made.
    """
    return replace(spec, information=tuple(m.removesuffix(BEFORE) for m in spec.information))


def _without_pipeline(spec: DynamicPanel) -> DynamicPanel:
    told = tuple(m for m in spec.information if not m.endswith(BEFORE))
    return replace(spec, information=told)


def _break_even(company: Company) -> float:
    s = company.settings
    if not (s.gross_margin and s.manager_hour_cost):
        return math.nan
    revenue = size_of(company, None).revenue
    return s.manager_hour_cost / (s.gross_margin * revenue) if revenue > 0 else math.nan


def _within_sd(company: Company, driver: str) -> float:
    """Return the standard deviation of a driver within rep and team, 1 where there is none."""
    rows = company.panel.loc[company.panel["complete"], ["rep_id", "team_id", driver]].dropna()
    units = rows.groupby(["rep_id", "team_id"])[driver]
    away = rows[driver] - units.transform("mean")
    free = len(rows) - units.ngroups
    sd = math.sqrt(float((away**2).sum()) / free) if free > 0 else 0.0
    return sd if sd > 0 else 1.0


def _profile(primary: dynamic.Dynamic, with_month: dynamic.Dynamic | None) -> pd.DataFrame:
    """Return the effect month by month after the hour, and added up so far.

    Month 0 is the hour's own, in which cause and reaction cannot be told apart; it is not in the
    sum.
    """
    months = dynamic.profile(primary)
    if with_month is not None:
        months[0] = dynamic.profile(with_month)[0]
    return pd.DataFrame(
        {
            "months_after": range(len(months)),
            "value": [m.value for m in months],
            "low": [m.low for m in months],
            "high": [m.high for m in months],
            "summed": [math.nan, *primary.path[0, 1:].cumsum()],
        }
    ).iloc[int(with_month is None) :]


def _half_panel(panel: pd.DataFrame, spec: DynamicPanel, estimate: Estimate) -> Estimate | None:
    """Return the half-panel estimate with the standard error of its difference from the whole."""
    halves = attempt(lambda: dynamic.half_panel_jackknife(panel, spec))
    gap = apart(halves, estimate) if halves is not None else math.nan
    if halves is None or not math.isfinite(gap) or gap == 0:
        return None
    return replace(halves, se=abs((halves.value - estimate.value) / gap))
