"""What the designs of cause and effect share: evidence, and the findings made from it.

A design gathers evidence once for a company (estimate, second design, reaction of managers, naive
analysis, teams) and keeps it, so that it is not fitted again for every team. The verdict comes
later, from all tests of a run together (:func:`salesdiag.verdict.correct`); the sentences come
after the verdict (:mod:`salesdiag.claims.telling`).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import ClassVar, TypeVar

import numpy as np
import pandas as pd

from salesdiag import checks
from salesdiag.claims.base import Claim, benchmarks, not_testable
from salesdiag.claims.designs.foresight import overturned
from salesdiag.claims.designs.sizes import size_of, sizes
from salesdiag.company import Company
from salesdiag.estimate import dynamic
from salesdiag.estimate.design import DynamicPanel
from salesdiag.estimate.panel_ols import LinearFit, wild_bootstrap
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.estimate.sensitivity import Foresight
from salesdiag.finding import (
    NO_GUARD,
    Check,
    Estimate,
    Finding,
    Guard,
    Naive,
    Sensitivity,
    TeamEstimate,
)
from salesdiag.text import Template
from salesdiag.text import claims as words
from salesdiag.verdict import decide

BOOTSTRAP_DRAWS = 1999

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
    guard : Guard
        What the intervals must survive before they decide, the teams' too.
    sensitivity : Sensitivity or None
        How little unseen would overturn the answer.
    foresight : Foresight or None
        How managers' foresight bends it: what overturns a team's interval is not what overturns
        the company's.
    """

    estimate: Estimate
    reaction: Estimate | None
    plain: Naive | None
    checks: tuple[Check, ...]
    teams: Mapping[str, TeamEstimate] = field(default_factory=dict)
    table: pd.DataFrame | None = None
    guard: Guard = NO_GUARD
    sensitivity: Sensitivity | None = None
    foresight: Foresight | None = None


@dataclass(frozen=True, kw_only=True)
class Effect(ABC):
    """A way of answering a claim about cause and effect: a design writes how evidence is gathered.

    Attributes
    ----------
    driver : str
        Column of the panel.
    """

    driver: str
    plain: ClassVar[Template]
    """What the plain analysis that stands beside the answer is called in a sentence."""

    @property
    def per_hour(self) -> bool:
        """Whether the driver is counted in hours of a manager, which have a price."""
        return False

    @abstractmethod
    def evidence(self, company: Company, claim: Claim) -> Evidence:
        """Fit everything that the finding needs, once.

        Raises
        ------
        NotEstimable
            The company's data cannot answer the claim by this design.
        """

    @abstractmethod
    def team_estimate(self, seen: Evidence, team: str) -> TeamEstimate | None:
        """Return a team's estimate, None where its rows say nothing."""

    def margin(self, claim: Claim, company: Company) -> float:
        """Return the smallest effect worth acting on, in the unit of the estimate."""
        return claim.margin

    def told(self, company: Company) -> Mapping[str, object]:
        """Return what the claim's sentences name besides the estimate."""
        return {}

    def company(self, claim: Claim, company: Company) -> Finding:
        """Return the company's finding, not yet decided."""
        try:
            seen = self.evidence(company, claim)
        except NotEstimable as refusal:
            return not_testable(claim.slug, refusal.reason)
        return undecided(self, claim, company, seen)

    def team(self, claim: Claim, company: Company, finding: Finding, team: str) -> Finding:
        """Return a team's finding: its own estimate drawn towards the company's."""
        if finding.verdict == "not_testable":
            return not_testable(claim.slug, finding.reason, team)
        seen = self.evidence(company, claim)
        found = self.team_estimate(seen, team)
        if found is None:
            return not_testable(claim.slug, words.TEAM_NOT_SEEN(), team)
        if seen.foresight is not None and finding.sensitivity is not None:
            unseen = overturned(finding.sensitivity, seen.foresight, found.shrunken)
            doubts = [
                checks.robustness(unseen) if c.name == "robustness" else c for c in finding.checks
            ]
            finding = replace(finding, sensitivity=unseen, checks=tuple(doubts))
        return of_team(self, claim, company, finding, team, found)


def attempt(make: Callable[[], T]) -> T | None:
    """Return what is made, or None where the data refuse it."""
    try:
        return make()
    except NotEstimable:
        return None


def apart(first: Estimate, second: Estimate | None) -> float:
    """Return how far two estimates are apart, in jackknife standard errors of the difference."""
    if second is None or second.leave_one_out.keys() != first.leave_one_out.keys():
        return math.nan
    gap = first.value - second.value
    loo = np.array([first.leave_one_out[g] - second.leave_one_out[g] for g in first.leave_one_out])
    se = math.sqrt((len(loo) - 1) / len(loo) * float(((loo - gap) ** 2).sum()))
    return gap / se if se > 0 else math.nan


def other_specifications(panel: pd.DataFrame, spec: DynamicPanel) -> list[float]:
    """Return the estimates of the other specifications that could be fitted."""
    choices = dynamic.specifications(spec)
    del choices["primary"]
    found = (attempt(partial(dynamic.value, panel, choice)) for choice in choices.values())
    return [value for value in found if value is not None]


def bootstrap(primary: dynamic.Dynamic) -> list[Check]:
    """Return the wild cluster bootstrap's p-value, where there are cross products to draw from."""
    if not isinstance(primary.fit, LinearFit):
        return []
    driver = dynamic.driver_names(primary.spec)[0]
    return [checks.bootstrap(wild_bootstrap(primary.fit, driver, draws=BOOTSTRAP_DRAWS).p_value)]


def undecided(design: Effect, claim: Claim, company: Company, seen: Evidence) -> Finding:
    """Return the company's finding from its evidence; the verdict comes with the whole run."""
    estimate, interval = seen.estimate, seen.estimate.interval()
    return Finding(
        claim=claim.slug,
        scope="company",
        verdict="inconclusive",
        reason=words.NOT_YET(),
        estimate=interval,
        effect_sizes=sizes(company, interval, None, per_hour=design.per_hour),
        p_value=estimate.p_value,
        margin=design.margin(claim, company),
        mde=estimate.smallest_detectable,
        naive=seen.plain,
        n=estimate.n,
        groups=estimate.groups,
        dropped=estimate.dropped,
        method=estimate.method,
        checks=seen.checks,
        table=pd.DataFrame() if seen.table is None else seen.table,
        benchmarks=benchmarks(claim.slug, company),
        evidence=estimate,
        direction=claim.direction,
        guard=seen.guard,
        sensitivity=seen.sensitivity,
    )


def of_team(
    design: Effect,
    claim: Claim,
    company: Company,
    finding: Finding,
    team: str,
    found: TeamEstimate,
) -> Finding:
    """Return a team's finding, decided: one team may be told to have an effect only with others.

    A team without weight of its own has the company's answer, so the company's checks and its
    correction over all tests hold for it too.
    """
    minimum = company.settings.min_group
    try:
        people = size_of(company, team).people
    except NotEstimable as error:
        return not_testable(claim.slug, error.reason, team)
    if people < minimum:
        return not_testable(claim.slug, words.TOO_SMALL_A_GROUP(minimum=minimum), team)
    own = found.weight > 0
    doubts = tuple(
        replace(c, bars=checks.EFFECT) if own and c.name == "enough_groups" else c
        for c in finding.checks
    )
    before = replace(
        finding,
        scope="team",
        team=team,
        estimate=found.shrunken,
        effect_sizes=sizes(company, found.shrunken, team, per_hour=design.per_hour),
        p_value=math.nan,
        mde=finding.mde if found.shrunken == found.pooled else math.nan,
        checks=doubts,
        team_estimate=found,
        words={},
    )
    return decide(before, math.nan if own else finding.q_value)
