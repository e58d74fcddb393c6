"""A simulated company: its panels, its tables, and its true effects by paired re-simulation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from salesdiag.schema import DTYPES, TABLE
from salesdiag.simulate import frames, ledger, records
from salesdiag.simulate import roster as places
from salesdiag.simulate.engine import Course, run
from salesdiag.simulate.logs import CoachingLog, coaching_log
from salesdiag.simulate.roster import Roster
from salesdiag.simulate.sales import Sales, earn, sell
from salesdiag.simulate.world import Truth, World


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """One simulated company.

    Attributes
    ----------
    truth, world : Truth, World
    seed : int
    course : Course
        What happened, as arrays.
    """

    truth: Truth
    world: World
    seed: int
    course: Course

    @cached_property
    def sales(self) -> Sales:
        """What was sold."""
        return sell(self.course, self.truth, self.world, self.seed)

    @cached_property
    def log(self) -> CoachingLog:
        """What of the coaching was written down."""
        return coaching_log(self.course, self.world, self.seed)

    @cached_property
    def roster(self) -> Roster:
        """Identifiers and dates."""
        return Roster(self.course, self.sales, self.world, self.seed)

    def panel(self) -> pd.DataFrame:
        """Return rep-months, as :func:`salesdiag.panel.rep_months` gives them from the tables."""
        return frames.rep_months(self.roster, self.log)

    def team_panel(self) -> pd.DataFrame:
        """Return team-months, as :func:`salesdiag.panel.team_months` gives them."""
        return frames.team_months(self.roster, self.log)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the canonical tables, with the names and dtypes of the contract."""
        roster = self.roster
        deals = ledger.opportunities(roster)
        found = {
            "people": places.people(roster),
            "teams": places.teams(roster),
            "assignments": places.assignments(roster),
            "quotas": places.quotas(roster),
            "accounts": places.accounts(roster),
            "account_owners": places.account_owners(roster),
            "orders": ledger.orders(roster),
            "opportunities": deals,
            "stage_events": ledger.stage_events(deals, pd.Timestamp(roster.first[-1] - 1)),
            "activities": ledger.activities(roster),
            "coaching": records.coaching(roster, self.log),
            "team_meetings": records.team_meetings(roster),
            "time_log": records.time_logs(roster),
            "skills": records.skills(roster),
            "surveys": records.surveys(roster),
            "programmes": records.programmes(roster),
            "market": records.market(roster),
            "prior_record": records.prior_record(roster),
        }
        return {name: _canonical(name, table) for name, table in found.items()}


def _canonical(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the contract's column order and dtypes; empty text is missing."""
    columns = [c for c in TABLE[name].columns if c.name in table]
    typed = table[[c.name for c in columns]].astype({c.name: DTYPES[c.kind] for c in columns})
    words = [c.name for c in columns if DTYPES[c.kind] == "str"]
    return typed.assign(**{c: typed[c].where(typed[c] != "") for c in words})


def simulate(
    truth: Truth | None = None,
    world: World | None = None,
    seed: int = 1,
    *,
    add_hours: float = 0.0,
    add_deals: float = 0.0,
) -> Simulation:
    """Simulate a company.

    Parameters
    ----------
    truth : Truth, optional
        Planted effects; by default none.
    world : World, optional
        Structure and adversities.
    seed : int
        The same seed gives the same company.
    add_hours : float
        Coaching hours given to every rep in every month on top, the managers' decisions staying as
        they were: with the same seed, the difference of two simulations is the effect.
    add_deals : float
        Likewise own deals on top of what each manager closed in the last three months.

    Returns
    -------
    Simulation

    Examples
    --------
    >>> company = simulate(seed=3)
    >>> len(company.panel()) == company.course.person[company.world.burn:].size
    True
    """
    truth, world = truth or Truth(), world or World()
    course = run(truth, world, seed, add_hours=add_hours, add_deals=add_deals)
    return Simulation(truth=truth, world=world, seed=seed, course=course)


def true_effect(
    truth: Truth,
    world: World,
    seed: int = 1,
    *,
    hours: float = 0.0,
    deals: float = 0.0,
    beyond_knot: bool | None = None,
    companies: int = 1,
) -> float:
    """Return a true effect on a rep's log monthly revenue, by paired re-simulation.

    Parameters
    ----------
    truth, world : Truth, World
    seed : int
        Of the first company; the next ones count on.
    hours, deals : float
        What is added: coaching hours in each month, own deals to those of three months.
    beyond_knot : bool, optional
        Take only rep-months whose manager had already closed ``truth.own_deal_knot`` deals or
        more (True), or so few that the added ones stay within it (False).
    companies : int
        How many to average over.

    Returns
    -------
    float
        Mean difference in log points per hour or deal added; NaN where no rep-month qualifies.

    Notes
    -----
    Rep-months without revenue, and those in which the rep was not yet there the month before, are
    left out.

    Examples
    --------
    >>> true_effect(Truth(), World(), hours=1.0)
    0.0
    """
    if bool(hours) == bool(deals):
        raise ValueError("give either hours or deals to add")
    differences = []
    for number in range(seed, seed + companies):
        plain = simulate(truth, world, number)
        more = simulate(truth, world, number, add_hours=hours, add_deals=deals)
        rows = _comparable(plain)
        if beyond_knot is not None:
            dose = _dose(plain.course.own)[:, plain.course.setup.team]
            within = dose + deals <= truth.own_deal_knot
            rows &= (dose >= truth.own_deal_knot) if beyond_knot else within
        a, b = (earn(s.course, s.world, s.seed)[1] for s in (plain, more))
        rows &= (a > 0) & (b > 0)
        differences.append(np.log(b[rows]) - np.log(a[rows]))
    change = np.concatenate(differences)
    return float(change.mean() / (hours or deals)) if len(change) else float("nan")


def _comparable(company: Simulation) -> np.ndarray:
    person = company.course.person
    same = np.zeros(person.shape, bool)
    same[1:] = person[1:] == person[:-1]
    same[: company.world.burn] = False
    return same


def _dose(own: np.ndarray) -> np.ndarray:
    """Return own deals of the three months before each month."""
    before = np.vstack([np.zeros((3, own.shape[1]), own.dtype), own])
    return before[:-3] + before[1:-2] + before[2:-1]
