"""Designs of the claims about cause and effect.

A design gathers evidence once for a company (estimate, second design, reaction of managers, naive
analysis, teams) and keeps it, so that it is not fitted again for every team. The verdict comes
later, from all tests of a run together (:func:`salesdiag.verdict.correct`); the sentences come
after the verdict (:mod:`salesdiag.claims.telling`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

import numpy as np
import pandas as pd

from salesdiag import checks
from salesdiag.claims.base import Claim, benchmarks, not_testable
from salesdiag.claims.keeping import kept
from salesdiag.claims.measured import recent
from salesdiag.company import Company
from salesdiag.estimate import dose, dynamic, naive, pool, sensitivity
from salesdiag.estimate.design import DynamicPanel, team_panel
from salesdiag.estimate.panel_ols import LinearFit, wild_bootstrap
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import Check, Estimate, Finding, Interval, Naive, TeamEstimate
from salesdiag.text import claims as words
from salesdiag.verdict import decide

INFORMATION = ("discovery_meetings", "proposal_meetings", "wins", "active_share")
"""What managers can see of a rep besides revenue; used where it is recorded throughout."""
MOSTLY = 0.95
BOOTSTRAP_DRAWS = 1999
TEAMS_APART = 8.0
"""Scale of the prior on how far teams' effects lie apart, in margins.

Nearly flat: with two margins, 95 % intervals of teams whose effects differ by a standard deviation
of 1.5 margins held the truth in 91 % (`calibrate`, world ``unequal``).
"""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What a design found out about a company.

    Attributes
    ----------
    estimate : Estimate
        Log points of the result per unit of the driver.
    reaction : Estimate or None
        How the driver answers last month's result.
    plain : Naive
        What users do today, in the same unit.
    checks : tuple of Check
    teams : mapping
        Each team's estimate, by team id.
    table : DataFrame or None
        The curve behind the estimate.
    """

    estimate: Estimate
    reaction: Estimate | None
    plain: Naive | None
    checks: tuple[Check, ...]
    teams: Mapping[str, TeamEstimate] = field(default_factory=dict)
    table: pd.DataFrame | None = None


def attempt(make: Callable[[], T]) -> T | None:
    """Return what is made, or None where the data refuse it."""
    try:
        return make()
    except NotEstimable:
        return None


@dataclass(frozen=True, kw_only=True)
class RepEffect:
    """Effect of something a rep receives on the rep's next month: the dynamic panel of rep-months.

    Attributes
    ----------
    driver : str
        Column of the rep-month panel.
    break_even : bool
        Whether the margin follows from the company's gross margin and cost of a manager's hour
        where both are given.
    """

    driver: str
    break_even: bool = False

    def spec(self, company: Company) -> DynamicPanel:
        """Return the panel's specification, with the information that the company records."""
        panel = company.panel
        seen = tuple(c for c in INFORMATION if panel[c].notna().mean() >= MOSTLY)
        return DynamicPanel(driver=self.driver, information=seen)

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
            checks.same_sign(estimate.value, _others(panel, spec)),
            checks.one_team(estimate),
            checks.short_panel(estimate, _half_panel(panel, spec, estimate)),
            checks.hidden_cause(_times_strongest(primary)),
            *_bootstrap(primary),
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
        revenue = _size_of(company, None).revenue
        return s.manager_hour_cost / (s.gross_margin * revenue) if revenue > 0 else claim.margin

    def company(self, claim: Claim, company: Company) -> Finding:
        """Return the company's finding, not yet decided."""
        try:
            seen = self.evidence(company, claim)
        except NotEstimable as refusal:
            return not_testable(claim.slug, refusal.reason)
        return _finding(claim, company, seen, seen.estimate, self.margin(claim, company))

    def team(self, claim: Claim, company: Company, finding: Finding, team: str) -> Finding:
        """Return a team's finding: its own estimate, drawn towards the company's."""
        if finding.verdict == "not_testable":
            return not_testable(claim.slug, finding.reason, team)
        seen = self.evidence(company, claim)
        if team not in seen.teams:
            return not_testable(claim.slug, words.TEAM_NOT_SEEN(), team)
        return _team_finding(claim, company, finding, team, seen.teams[team])


@dataclass(frozen=True, kw_only=True)
class _Curve:
    """What is fitted once for all claims that read one curve."""

    primary: dynamic.Dynamic
    reaction: Estimate | None
    steps: dose.DoseResponse | None
    checks: tuple[Check, ...]
    table: pd.DataFrame | None


@dataclass(frozen=True, kw_only=True)
class DoseEffect:
    """Effect of what a manager does on the others' results: the dynamic panel of team-months.

    Attributes
    ----------
    driver : str
        Column of the team-month panel.
    limit : str
        Name of the articles' limit, a key of the company's limits.
    beyond : bool
        Whether the estimate is the step from up to the limit to beyond it; else it is the mean
        slope per unit.
    """

    driver: str
    limit: str
    beyond: bool = False

    def spec(self) -> DynamicPanel:
        """Return the panel's specification: teams followed over months, revenue per rep."""
        return team_panel(self.driver)

    def evidence(self, company: Company, claim: Claim) -> Evidence:
        """Fit everything that the finding needs, once for all claims that read the curve."""
        limit = company.settings.limits[self.limit]
        key = (self, claim.direction)
        return kept(company, key, lambda: self._gather(company, claim, limit))

    def _gather(self, company: Company, claim: Claim, limit: float) -> Evidence:
        curve = kept(company, (self.driver, limit), lambda: self._fits(company, limit))
        estimate = curve.primary.estimate
        doubts: list[Check] = []
        plain = partial(naive.pooled_ols, company.team_panel)
        if self.beyond:
            if curve.steps is None:
                raise NotEstimable(words.NO_DOSE(limit=limit))
            estimate = curve.steps.contrast(2, 1)
            up_to = attempt(partial(curve.steps.contrast, 1, 0))
            doubts.append(checks.up_to_limit(up_to, claim.margin))
            plain = partial(naive.pooled_step, company.team_panel, limit)
        doubts = [
            checks.enough_groups(estimate.groups),
            checks.enough_periods(curve.primary.periods),
            checks.logged(curve.primary.missing_driver),
            checks.bias_direction(estimate, curve.reaction, None, claim.direction),
            *([] if self.beyond else curve.checks),
            checks.one_team(estimate),
            *doubts,
        ]
        return Evidence(
            estimate=estimate,
            reaction=curve.reaction,
            plain=attempt(partial(plain, driver=self.driver, unit="team_id")),
            checks=tuple(doubts),
            table=curve.table,
        )

    def _fits(self, company: Company, limit: float) -> _Curve:
        panel, spec = company.team_panel, self.spec()
        primary = dynamic.fit(panel, spec)
        return _Curve(
            primary=primary,
            reaction=attempt(lambda: dynamic.placebo_lead(panel, spec)),
            steps=attempt(lambda: dose.by_bin(panel, spec, (0.0, limit, math.inf))),
            checks=(
                checks.same_sign(primary.estimate.value, _others(panel, spec)),
                *_bootstrap(primary),
            ),
            table=_curve(panel, spec),
        )

    def company(self, claim: Claim, company: Company) -> Finding:
        """Return the company's finding, not yet decided."""
        try:
            seen = self.evidence(company, claim)
        except NotEstimable as refusal:
            return not_testable(claim.slug, refusal.reason)
        return _finding(claim, company, seen, seen.estimate, claim.margin)

    def team(self, claim: Claim, company: Company, finding: Finding, team: str) -> Finding:
        """Return a team's finding: the company's, as one team's months cannot tell its own."""
        if finding.verdict == "not_testable":
            return not_testable(claim.slug, finding.reason, team)
        seen = self.evidence(company, claim)
        whole = seen.estimate.interval()
        pooled = TeamEstimate(
            own=None,
            pooled=whole,
            shrunken=whole,
            narrow=seen.estimate.interval(0.90),
            weight=0.0,
        )
        return _team_finding(claim, company, finding, team, pooled)


def apart(first: Estimate, second: Estimate | None) -> float:
    """Return how far two estimates are apart, in jackknife standard errors of the difference."""
    if second is None or second.leave_one_out.keys() != first.leave_one_out.keys():
        return math.nan
    gap = first.value - second.value
    loo = np.array([first.leave_one_out[g] - second.leave_one_out[g] for g in first.leave_one_out])
    se = math.sqrt((len(loo) - 1) / len(loo) * float(((loo - gap) ** 2).sum()))
    return gap / se if se > 0 else math.nan


def _others(panel: pd.DataFrame, spec: DynamicPanel) -> list[float]:
    """Return the estimates of the other specifications that could be fitted."""
    choices = dynamic.specifications(spec)
    del choices["primary"]
    found = (attempt(partial(dynamic.value, panel, choice)) for choice in choices.values())
    return [value for value in found if value is not None]


def _half_panel(panel: pd.DataFrame, spec: DynamicPanel, estimate: Estimate) -> Estimate | None:
    """Return the half-panel estimate with the standard error of its difference from the whole."""
    halves = attempt(lambda: dynamic.half_panel_jackknife(panel, spec))
    gap = apart(halves, estimate) if halves is not None else math.nan
    if halves is None or not math.isfinite(gap) or gap == 0:
        return None
    return replace(halves, se=abs((halves.value - estimate.value) / gap))


def _bootstrap(primary: dynamic.Dynamic) -> list[Check]:
    """Return the wild cluster bootstrap's p-value, where there are cross products to draw from."""
    if not isinstance(primary.fit, LinearFit):
        return []
    driver = dynamic.driver_names(primary.spec)[0]
    return [checks.bootstrap(wild_bootstrap(primary.fit, driver, draws=BOOTSTRAP_DRAWS).p_value)]


def _times_strongest(primary: dynamic.Dynamic) -> float:
    """Return how many times as strong as the strongest recorded cause a hidden one must be.

    Every control but the driver's own earlier months is tried; the least multiple counts.
    """
    fit, drivers = primary.fit, dynamic.driver_names(primary.spec)
    if not isinstance(fit, LinearFit):
        return math.nan
    controls = [name for name in fit.names if name not in drivers]
    return min(sensitivity.confounder_multiple(fit, drivers[0], name) for name in controls)


def _curve(panel: pd.DataFrame, spec: DynamicPanel) -> pd.DataFrame | None:
    """Return the others' result by own deals, 0, 1, 2, 3 and more, against none."""
    found = attempt(lambda: dose.by_bin(panel, spec, (0.0, 1.0, 2.0, math.inf)))
    if found is None:
        return None
    curve = found.curve
    return pd.DataFrame(
        {
            "dose": np.arange(len(curve), dtype=float),
            "value": curve["value"],
            "low": curve["low"],
            "high": curve["high"],
            "label": ["0", "1", "2", "3+"],
            "n": curve["rows"],
            "groups": curve["groups"],
        }
    )


@dataclass(frozen=True, kw_only=True)
class _Size:
    revenue: float  # a rep-month's
    reps: float
    people: int


_NOBODY = _Size(revenue=math.nan, reps=0.0, people=0)


def _recent_sizes(company: Company) -> dict[str | None, _Size]:
    """Return mean revenue of a full rep-month and headcount over the recent months, by team.

    The whole company stands under None; a team without anybody in these months is absent.
    """
    frame = recent(company.panel)

    def size(part: pd.DataFrame) -> _Size:
        present, months = part["days_present"].sum(), max(part["month"].nunique(), 1)
        return _Size(
            revenue=float(part["revenue"].sum() / present) if present else math.nan,
            reps=float(present / months),
            people=int(part["rep_id"].nunique()),
        )

    return {None: size(frame)} | {str(t): size(part) for t, part in frame.groupby("team_id")}


def _size_of(company: Company, team: str | None) -> _Size:
    sizes = kept(company, "recent sizes", lambda: _recent_sizes(company))
    return sizes.get(team, _NOBODY)


def _sizes(
    claim: Claim, company: Company, estimate: Interval, team: str | None
) -> dict[str, Interval | None]:
    percent = estimate.map(math.expm1, "share")
    try:
        size = _size_of(company, team)
    except NotEstimable:
        return {"percent": percent, "money_per_month": None, "per_manager_hour": None}
    hour = isinstance(claim.design, RepEffect) and claim.design.break_even
    return {
        "percent": percent,
        "money_per_month": percent.map(lambda x: x * size.revenue * size.reps, "money"),
        "per_manager_hour": percent.map(lambda x: x * size.revenue, "money") if hour else None,
    }


def _finding(
    claim: Claim, company: Company, seen: Evidence, estimate: Estimate, margin: float
) -> Finding:
    interval = estimate.interval()
    return Finding(
        claim=claim.slug,
        scope="company",
        verdict="inconclusive",
        reason=words.NOT_YET(),
        estimate=interval,
        effect_sizes=_sizes(claim, company, interval, None),
        p_value=estimate.p_value,
        margin=margin,
        mde=estimate.smallest_detectable,
        naive=seen.plain,
        n=estimate.n,
        groups=estimate.groups,
        dropped=estimate.dropped,
        method=estimate.method,
        checks=seen.checks,
        table=seen.table,
        benchmarks=benchmarks(claim.slug, company),
        evidence=estimate,
        direction=claim.direction,
    )


def _team_finding(
    claim: Claim, company: Company, finding: Finding, team: str, found: TeamEstimate
) -> Finding:
    """Return a team's finding, decided: one team may be told to have an effect only with others.

    A team without weight of its own has the company's answer, so the company's checks and its
    correction over all tests hold for it too.
    """
    minimum = company.settings.min_group
    try:
        people = _size_of(company, team).people
    except NotEstimable as error:
        return not_testable(claim.slug, error.reason, team)
    if people < minimum:
        return not_testable(claim.slug, words.TOO_SMALL_A_GROUP(minimum=minimum), team)
    own = found.weight > 0
    doubts = tuple(
        replace(c, bars=checks.EFFECT) if own and c.name == "enough_groups" else c
        for c in finding.checks
    )
    undecided = replace(
        finding,
        scope="team",
        team=team,
        estimate=found.shrunken,
        effect_sizes=_sizes(claim, company, found.shrunken, team),
        p_value=math.nan,
        mde=finding.mde if found.shrunken == found.pooled else math.nan,
        checks=doubts,
        team_estimate=found,
        words={},
    )
    return decide(undecided, math.nan if own else finding.q_value)
