"""A simulated company: its panels and its tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property, partial

import pandas as pd

from salesdiag.schema import DTYPES, TABLE
from salesdiag.simulate import clients, frames, ledger, records
from salesdiag.simulate import roster as places
from salesdiag.simulate.engine import Course, Extra, run
from salesdiag.simulate.logs import CoachingLog, coaching_log
from salesdiag.simulate.roster import Roster
from salesdiag.simulate.sales import Sales, sell
from salesdiag.simulate.truth import Truth
from salesdiag.simulate.world import World


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
        return Roster(self.course, self.sales, self.world, self.seed, self.truth.csat)

    def panel(self) -> pd.DataFrame:
        """Return rep-months, as :func:`salesdiag.panel.rep_months` gives them from the tables."""
        return frames.rep_months(self.roster, self.log)

    def team_panel(self) -> pd.DataFrame:
        """Return team-months, as :func:`salesdiag.panel.team_months` gives them."""
        return frames.team_months(self.roster, self.log)

    def plans(self) -> pd.DataFrame:
        """Return the reps' development plans, which the contract has no table for.

        Returns
        -------
        DataFrame
            ``rep_id``, ``start_on``, ``end_on`` (exclusive, missing where it lasts).
        """
        return places.plans(self.roster)

    def tables(self, *names: str) -> dict[str, pd.DataFrame]:
        """Return canonical tables, with the names and dtypes of the contract.

        Parameters
        ----------
        *names : str
            Those that are wanted, as far as the company has them; all by default.
        """
        roster, last = self.roster, pd.Timestamp(self.roster.first[-1] - 1)
        deals = cache(partial(ledger.opportunities, roster))
        made: dict[str, Callable[[], pd.DataFrame]] = {
            "people": partial(places.people, roster),
            "teams": partial(places.teams, roster),
            "assignments": partial(places.assignments, roster),
            "quotas": partial(places.quotas, roster),
            "accounts": partial(clients.accounts, roster),
            "account_owners": partial(clients.account_owners, roster),
            "orders": partial(ledger.orders, roster),
            "opportunities": deals,
            "stage_events": lambda: ledger.stage_events(deals(), last),
            "activities": partial(ledger.activities, roster),
            "coaching": partial(records.coaching, roster, self.log),
            "team_meetings": partial(records.team_meetings, roster),
            "time_log": partial(records.time_logs, roster),
            "skills": partial(records.skills, roster),
            "surveys": partial(records.surveys, roster),
            "programmes": partial(records.programmes, roster),
            "market": partial(records.market, roster),
            "prior_record": partial(places.prior_record, roster),
        }
        if self.world.absence:
            made["absences"] = partial(records.absences, roster)
        return {name: _canonical(name, made[name]()) for name in made if not names or name in names}


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
    add_late: float = 0.0,
    add_plans: float = 0.0,
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
    add_late : float
        Likewise months for which managers have kept clients of their own beyond the knot.
    add_plans : float
        Likewise development plans in every rep-month.

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
    extra = Extra(hours=add_hours, deals=add_deals, late=add_late, plans=add_plans)
    course = run(truth, world, seed, extra)
    return Simulation(truth=truth, world=world, seed=seed, course=course)
