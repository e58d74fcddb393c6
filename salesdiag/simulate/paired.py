"""True effects by paired re-simulation, everything else left to the same chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from salesdiag.simulate.engine import own_dose
from salesdiag.simulate.sales import earn, sell
from salesdiag.simulate.setup import month_lengths, shared_out
from salesdiag.simulate.simulation import Simulation, simulate
from salesdiag.simulate.truth import Truth
from salesdiag.simulate.world import World


def true_effect(
    truth: Truth,
    world: World,
    seed: int = 1,
    *,
    hours: float = 0.0,
    deals: float = 0.0,
    late: float = 0.0,
    plans: float = 0.0,
    beyond_knot: bool | None = None,
    companies: int = 1,
) -> float:
    """Return a true effect on a rep's log monthly revenue, by paired re-simulation.

    Parameters
    ----------
    truth, world : Truth, World
    seed : int
        Of the first company; the next ones count on.
    hours, deals, late, plans : float
        What is added, one of them: coaching hours in each month, own deals to those of three
        months, months of late hand-over, development plans.
    beyond_knot : bool, optional
        Take only rep-months whose manager had already closed ``truth.own_deal_knot`` deals or
        more (True), or so few that the added ones stay within it (False).
    companies : int
        How many to average over.

    Returns
    -------
    float
        Mean difference in log points per unit added; NaN where no rep-month qualifies.

    Raises
    ------
    ValueError
        None or several of the four are given.

    Notes
    -----
    Rep-months without revenue, and those in which the rep was not yet there the month before, are
    left out.

    Examples
    --------
    >>> true_effect(Truth(), World(), hours=1.0)
    0.0
    """
    added = [x for x in (hours, deals, late, plans) if x]
    if len(added) != 1:
        raise ValueError("give either hours, deals, late or plans to add")
    differences = []
    for number in range(seed, seed + companies):
        plain = simulate(truth, world, number)
        more = simulate(
            truth, world, number, add_hours=hours, add_deals=deals, add_late=late, add_plans=plans
        )
        rows = _comparable(plain)
        if beyond_knot is not None:
            dose = _dose(plain)[:, plain.course.setup.team]
            within = dose + deals <= truth.own_deal_knot
            rows &= (dose >= truth.own_deal_knot) if beyond_knot else within
        a, b = (earn(s.course, s.truth, s.world, s.seed)[1] for s in (plain, more))
        rows &= (a > 0) & (b > 0)
        differences.append(np.log(b[rows]) - np.log(a[rows]))
    change = np.concatenate(differences)
    return float(change.mean() / added[0]) if len(change) else float("nan")


def true_review_effect(truth: Truth, world: World, seed: int = 1, *, companies: int = 1) -> float:
    """Return the true effect of the weekly KPI review on activity, by paired re-simulation.

    Parameters
    ----------
    truth, world, seed, companies
        As for :func:`true_effect`.

    Returns
    -------
    float
        Log ratio of all discovery meetings if every team always holds the review, to those if none
        ever does; mean over companies.

    Examples
    --------
    >>> true_review_effect(Truth(), World())
    0.0
    """
    ratios = []
    for number in range(seed, seed + companies):
        made = simulate(truth, world, number)
        held, not_held = (
            sell(replace(made.course, kpi=np.full_like(made.course.kpi, on)), truth, world, number)
            .discovery[world.burn :]
            .sum()
            for on in (True, False)
        )
        ratios.append(np.log(held / not_held))
    return float(np.mean(ratios))


def _comparable(company: Simulation) -> np.ndarray:
    person = company.course.person
    same = np.zeros(person.shape, bool)
    same[1:] = person[1:] == person[:-1]
    same[: company.world.burn] = False
    same &= company.course.setup.exists[:, company.course.setup.team]
    return same


def _dose(company: Simulation) -> np.ndarray:
    """Return the own deals that act in each month."""
    setup = company.course.setup
    own = shared_out(company.course.own, setup.exists, setup.lead)
    return own_dose(own, month_lengths(company.world)[0], company.truth.own_deal_timing)
