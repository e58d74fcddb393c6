"""Declarations: the planted companies on which each claim's test is counted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from salesdiag.simulate import WORLDS, Simulation, Truth, World, plant

COACHING = ("coaching-hours",)
LEAVING = ("reps-leave-at-a-point",)
REVIEW = ("kpi-rhythm",)
BEHAVING = ("top-versus-average",)
RATED = "top-versus-average (ratings)"
SELLING = ("selling-helps", "selling-hurts", "one-deal-a-quarter")


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One row of the experiment: a world, what is true in it, and which claims are tested there.

    Attributes
    ----------
    base : str
        Name in :data:`salesdiag.simulate.WORLDS`.
    claims : tuple of str
        They share one correction, as the tests of a run do.
    truth : Truth
        Planted effects; none by default.
    changes : mapping
        Fields of the world that differ from the base.
    teams : bool
        Whether every team's interval is judged too.
    """

    base: str
    claims: tuple[str, ...] = COACHING
    truth: Truth = field(default_factory=Truth)
    changes: Mapping[str, Any] = field(default_factory=dict)
    teams: bool = True

    @property
    def world(self) -> World:
        """The world in which its companies live."""
        return replace(WORLDS[self.base], **self.changes)


_ONE = plant({"coaching-hours": 0.01})
_DEALS = plant({"selling-hurts": 0.03})
_BEYOND = plant({"one-deal-a-quarter": 0.06})
_AFTER = Truth(own_deal_low=-0.05, own_deal_high=-0.05, own_deal_timing="quarter_after")
_MONTHS = Truth(own_deal_low=-0.03, own_deal_high=-0.03, own_deal_timing="month_after")
_BEHAVIOUR = Truth(behaviours=(0.1, *Truth().behaviours[1:]))

CELLS: Mapping[str, Cell] = MappingProxyType(
    # nothing is true
    {
        # the worlds of the bounds are counted on more companies than teams have need of
        name: Cell(base=name, teams=not name.startswith("W"))
        for name in WORLDS
        if name != "demo"  # which "null" is too
    }
    | {
        "random": Cell(base="random", claims=COACHING + SELLING),
        "null": Cell(base="null", claims=COACHING + SELLING),
        # managers see twice as much of what the data lack, and answer to it
        "strugglers-hidden": Cell(base="strugglers", changes={"k_shock": 1.2}),
        "winners-hidden": Cell(base="winners", changes={"k_shock": -1.2}),
        "selling-reacts": Cell(base="random", claims=SELLING, changes={"k_sell": 1.0}),
        "selling-loads": Cell(base="random", claims=SELLING, changes={"k_sell": -0.5}),
    }
    # an hour of coaching adds one per cent
    | {f"planted-{w}": Cell(base=w, truth=_ONE) for w in ("W0", "W2", "W2b", "W4b", "W5", "W6")}
    | {
        "planted": Cell(base="random", truth=_ONE, claims=COACHING + SELLING),
        "planted-adverse": Cell(base="adverse", truth=_ONE),
        "planted-strugglers": Cell(base="strugglers", truth=_ONE),
        "planted-winners": Cell(base="winners", truth=_ONE),
        "planted-demo": Cell(base="demo", truth=plant({"coaching-hours": 0.02})),
        # an effect as large as the margin, or half as large again where logs hide a part of it
        "margin-W2": Cell(base="W2", truth=plant({"coaching-hours": 0.005})),
        "margin-W6": Cell(base="W6", truth=plant({"coaching-hours": 0.005})),
        "margin-heaped": Cell(base="heaped-logs", truth=plant({"coaching-hours": 0.0075})),
        "unequal": Cell(base="W2", truth=Truth(coach=0.01, coach_quality=0.05)),
        "harmful": Cell(base="random", truth=plant({"coaching-hours": -0.01})),
        "harmful-strugglers": Cell(base="strugglers", truth=plant({"coaching-hours": -0.01})),
    }
    # the manager's own deals take from the others
    | {
        "selling": Cell(base="random", truth=_DEALS, claims=COACHING + SELLING),
        "selling-demo": Cell(base="demo", truth=_DEALS, claims=SELLING),
        "one-deal": Cell(base="random", truth=_BEYOND, claims=SELLING),
        "one-deal-demo": Cell(base="demo", truth=_BEYOND, claims=SELLING),
        "selling-helping": Cell(
            base="random", truth=plant({"selling-helps": 0.03}), claims=SELLING
        ),
        # what is planted is not always what is fitted
        "selling-after": Cell(base="random", truth=_AFTER, claims=SELLING),
        "selling-months": Cell(base="random", truth=_MONTHS, claims=SELLING),
    }
    # tests whose claims are still to come
    | {
        "leaving": Cell(base="random", claims=LEAVING),
        "leaving-demo": Cell(base="demo", claims=LEAVING),
        "leaving-point": Cell(base="random", claims=LEAVING, truth=Truth(cliff_ratio=3.0)),
        "review": Cell(base="random", claims=REVIEW),
        "review-dip": Cell(
            base="random", claims=REVIEW, changes={"kpi_after_dip": 1.0, "sd_team_shock": 0.2}
        ),
        "review-planted": Cell(base="random", claims=REVIEW, truth=Truth(kpi_review=0.1)),
        "behaviours": Cell(base="random", claims=(*BEHAVING, RATED)),
        "behaviours-halo": Cell(base="random", claims=(*BEHAVING, RATED), changes={"halo": 0.5}),
        "behaviours-one": Cell(base="random", claims=BEHAVING, truth=_BEHAVIOUR),
    }
)
"""Rows by name: every world with nothing true in it, and some with planted effects."""


def true_value(claim: str, made: Simulation) -> float:
    """Return the true value of a claim's estimand in a company; NaN where it is not one number.

    Parameters
    ----------
    claim : str
    made : Simulation

    Returns
    -------
    float
        Log points: per hour, per own deal of the same quarter, or per deal beyond the limit in it.
    """
    truth = made.truth
    if claim == "coaching-hours":
        return float(np.mean(_per_hour(made))) if not truth.coach_saturation else math.nan
    mean = claim in ("selling-helps", "selling-hurts")
    if not mean and truth.own_deal_low:
        # harm from the first deal on is not what the claim says, whatever lies beyond the limit
        return math.nan
    if truth.own_deal_timing == "quarter":
        return _per_own_deal(made) if mean else truth.own_deal_high
    if truth.own_deal_timing == "quarter_after" or not truth.own_deal_high:
        return 0.0  # nothing happens in the same quarter
    # deals of any three months act in the month that follows: of a quarter's deals a third of the
    # effect falls into the quarter itself, where each deal has as much
    return truth.own_deal_high / 3 if truth.own_deal_low == truth.own_deal_high else math.nan


def true_of_teams(made: Simulation) -> dict[str, float]:
    """Return the true effect of an hour of coaching in each team, by team id."""
    return dict(zip(map(str, made.roster.team_ids), _per_hour(made).tolist(), strict=True))


def _per_hour(made: Simulation) -> np.ndarray:
    """Return log points per hour of each team, over the managers it had."""
    course, truth = made.course, made.truth
    slots = course.slot[made.world.burn :]
    quality = course.setup.session_quality[np.arange(slots.shape[1]), slots]
    return np.asarray(truth.coach + truth.coach_quality * (quality.mean(axis=0) - 0.6))


def _per_own_deal(made: Simulation) -> float:
    """Return the effect of all own deals on their own quarters, over the number of deals."""
    panel, knot = made.team_panel(), made.truth.own_deal_knot
    dose = panel.groupby(["team_id", panel["month"].dt.to_period("Q")])["manager_deals"].sum()
    effect = made.truth.own_deal_low * dose.clip(upper=knot)
    effect += made.truth.own_deal_high * (dose - knot).clip(lower=0)
    return float(effect.sum() / dose.sum()) if dose.sum() else 0.0
