"""Effect of what a manager does on the others' results: dose and curve over team-months."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from salesdiag import checks
from salesdiag.claims.base import Claim
from salesdiag.claims.designs.base import (
    Effect,
    Evidence,
    attempt,
    bootstrap,
    other_specifications,
)
from salesdiag.claims.keeping import kept
from salesdiag.company import Company
from salesdiag.estimate import dose, dynamic, naive
from salesdiag.estimate.design import DynamicPanel, team_panel
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import Check, Estimate, TeamEstimate
from salesdiag.text import claims as words


@dataclass(frozen=True, kw_only=True)
class _Curve:
    """What is fitted once for all claims that read one curve."""

    primary: dynamic.Dynamic
    reaction: Estimate | None
    steps: dose.DoseResponse | None
    checks: tuple[Check, ...]
    table: pd.DataFrame | None


@dataclass(frozen=True, kw_only=True)
class DoseEffect(Effect):
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
                checks.same_sign(primary.estimate.value, other_specifications(panel, spec)),
                *bootstrap(primary),
            ),
            table=_curve(panel, spec),
        )

    def told(self, company: Company) -> Mapping[str, object]:
        """Return the limit, which the sentences name."""
        return {"limit": company.settings.limits[self.limit]}

    def team_estimate(self, seen: Evidence, team: str) -> TeamEstimate:
        """Return the company's estimate, as one team's months cannot tell its own."""
        whole, narrow = seen.estimate.interval(), seen.estimate.interval(0.90)
        return TeamEstimate(own=None, pooled=whole, shrunken=whole, narrow=narrow, weight=0.0)


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
