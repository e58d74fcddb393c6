"""Doubts that common shocks, quarter ends and extreme months raise about a panel's answer.

Each asks the same question of the same rows by another specification and looks whether the answer
stays. What is asked is handed in, so that the doubts serve any estimand of a dynamic panel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from salesdiag import checks
from salesdiag.claims.designs.base import apart, attempt
from salesdiag.claims.designs.common import untried
from salesdiag.estimate import dynamic
from salesdiag.estimate.design import DynamicPanel
from salesdiag.finding import Check, Estimate

Question = Callable[[pd.DataFrame, DynamicPanel], Estimate]

QUARTER = 3
LEAST_MONTHS = 24
"""Months that effects of rep and month of the quarter need: eight of each."""
EXTREME = 0.02
"""Quantile of a log result's distance from its rep's median, beyond which a month is extreme."""


def first_month(panel: pd.DataFrame, spec: DynamicPanel) -> Estimate:
    """Return the effect of one more unit on next month's result."""
    return dynamic.fit(panel, spec).estimate


def doubts(
    panel: pd.DataFrame, spec: DynamicPanel, estimate: Estimate, ask: Question = first_month
) -> list[Check]:
    """Return the checks ``common_shocks``, ``quarter_ends`` and ``heavy_tails``.

    Parameters
    ----------
    panel : DataFrame
    spec : DynamicPanel
        The answer's own.
    estimate : Estimate
        The answer.
    ask : callable
        Answers the same question from a panel by a specification; raises ``NotEstimable``.
    """
    return [
        common_shocks(panel, spec, estimate, ask),
        quarter_ends(panel, spec, estimate, ask),
        heavy_tails(panel, spec, estimate, ask),
    ]


def common_shocks(
    panel: pd.DataFrame, spec: DynamicPanel, estimate: Estimate, ask: Question
) -> Check:
    """Ask with the month effects of region and segment that the answer does not carry."""
    others = [one for choice in untried(panel, spec).values() for one in _tried(panel, choice, ask)]
    return checks.common_shocks(estimate, others, carried=bool(spec.effects_by))


def quarter_ends(
    panel: pd.DataFrame, spec: DynamicPanel, estimate: Estimate, ask: Question
) -> Check:
    """Ask with a level of its own for each rep's first, second and last months of quarters.

    Who closes at the end of quarters, and is coached in the month before, sells more after each
    hour. A rep's own level by month of the quarter takes that pattern out, whatever its shape.
    """
    there = panel if spec.complete is None else panel[panel[spec.complete]]
    long = there[spec.time].nunique() >= LEAST_MONTHS
    found = _tried(panel, replace(spec, cycle=QUARTER), ask) if long else []
    other = found[0] if found else None
    return checks.quarter_ends(estimate, other, apart(estimate, other), LEAST_MONTHS)


def heavy_tails(
    panel: pd.DataFrame, spec: DynamicPanel, estimate: Estimate, ask: Question
) -> Check:
    """Ask with extreme months drawn in (winsorised), and by Poisson pseudo-likelihood.

    Where extreme months say little about a rep's state, managers' reaction to them is not that to
    ordinary ones, and a straight line through both leaves a part of it over: earlier results
    therefore bend at the same quantiles.
    """
    drawn_in = _tried(panel, replace(spec, tame=EXTREME), ask)
    counted = _tried(panel, replace(spec, family="poisson"), ask)
    return checks.heavy_tails(estimate, drawn_in, [(one, apart(estimate, one)) for one in counted])


def _tried(panel: pd.DataFrame, spec: DynamicPanel, ask: Question) -> list[Estimate]:
    found = attempt(lambda: ask(panel, spec))
    return [] if found is None else [found]
