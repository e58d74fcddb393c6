"""Planting the effect of a claim by one number."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from salesdiag.simulate.truth import BEHAVIOURS, Truth
from salesdiag.text import demo as words


@dataclass(frozen=True)
class Effect:
    """How one number plants the effect of a claim.

    Attributes
    ----------
    fields : callable
        Number to the fields of :class:`~salesdiag.simulate.truth.Truth` that it sets.
    unit : str
        What the number counts.
    largest : float
        Its largest absolute value.
    """

    fields: Callable[[float], Mapping[str, Any]]
    unit: str
    largest: float = 0.5


def _own_deals(low: float, high: float) -> Mapping[str, Any]:
    """Return the fields of an effect of own deals on the same calendar quarter."""
    timing = {"own_deal_timing": "quarter"} if low or high else {}
    return {"own_deal_low": low, "own_deal_high": high, **timing}


_DEAL = "log points of the others' revenue per own deal of the manager in the same quarter"
_WIN = "log odds of winning"

EFFECTS: Mapping[str, Effect] = MappingProxyType(
    {
        "coaching-hours": Effect(
            lambda x: {"coach": x}, "log points of next month's revenue per coaching hour"
        ),
        "selling-helps": Effect(lambda x: _own_deals(x, x), _DEAL),
        "selling-hurts": Effect(lambda x: _own_deals(-x, -x), f"{_DEAL}, with the sign turned"),
        "one-deal-a-quarter": Effect(
            lambda x: _own_deals(0.0, -x),
            f"{_DEAL} beyond the first, with the sign turned",
        ),
        "coaching-quality": Effect(
            lambda x: {"coach_quality": x},
            "log points of next month's revenue per coaching hour and unit of quality",
        ),
        "weekly-one-on-one": Effect(
            lambda x: {"one_on_one": x},
            "log odds that a stuck deal moves, per one-on-one in the month before",
            2.0,
        ),
        "precall-postcall": Effect(
            lambda x: {"precall": x, "debrief": x},
            f"{_WIN} if the call was prepared, and per deal debriefed in the month before",
            2.0,
        ),
        "three-month-handover": Effect(
            lambda x: {"late_handover": -x},
            "log points of the team's revenue per month beyond the third in which a promoted "
            "manager keeps clients, with the sign turned",
        ),
        "deal-rescue": Effect(
            lambda x: {"rescue": x}, f"{_WIN} if the manager joined the deal", 2.0
        ),
        "reps-copy-boss": Effect(
            lambda x: {"imitate": x},
            "share of the distance to the manager's activity mix covered in a month",
        ),
        "star-to-manager": Effect(
            lambda x: {"manager_quality": x, "star": 1.0 if x else 0.0},
            "log points of the team's revenue per SD of the manager's own sales record",
        ),
        "manager-fit": Effect(
            lambda x: {"manager_quality": x}, "log points of the team's revenue per SD of managers"
        ),
        "friendly-is-not-effective": Effect(
            lambda x: {"climate": x}, "log points of revenue per SD of team climate"
        ),
        "reps-leave-at-a-point": Effect(
            lambda x: {"cliff_ratio": math.exp(x)},
            "log hazard ratio of leaving in the three months around the point",
            2.0,
        ),
        "top-versus-average": Effect(
            lambda x: {"behaviours": (x,) + (0.0,) * (len(BEHAVIOURS) - 1)},
            f"log points of revenue per SD of {BEHAVIOURS[0]}",
        ),
        "development-plan": Effect(
            lambda x: {"plan": x}, "log points of revenue while a rep has a plan"
        ),
        "role-clarity": Effect(
            lambda x: {"clarity": x}, "log points of revenue per SD of role clarity"
        ),
        "kpi-rhythm": Effect(
            lambda x: {"kpi_review": x}, "log points of activity once the review is held"
        ),
        "satisfaction-keeps-clients": Effect(
            lambda x: {"satisfaction": x, "csat": x},
            "fall of the log hazard of losing a client, and rise of the log odds that it orders, "
            "per SD of satisfaction",
            2.0,
        ),
        "focus-on-segments": Effect(
            lambda x: {"focus": x}, f"{_WIN} in a declared target segment", 2.0
        ),
        "compete-on-price": Effect(
            lambda x: {"discount": x}, f"{_WIN} per ten points of discount", 2.0
        ),
        "price-to-value": Effect(
            lambda x: {"value_case": x}, f"{_WIN} if the value was worked out first", 2.0
        ),
    }
)
"""Claims whose effect :func:`plant` can set."""
DEMO_EFFECTS: Mapping[str, float] = MappingProxyType(
    {"coaching-hours": 0.015, "one-deal-a-quarter": 0.04}
)
"""What is true in the world ``demo`` unless said otherwise."""


def plant(effects: Mapping[str, float] | None) -> Truth:
    """Return the truth in which claims have the given effects, and nothing else is true.

    Parameters
    ----------
    effects : mapping or None
        Claim slug to effect; slugs and units are those of :data:`EFFECTS`. Some need a world in
        which the thing happens at all: ``three-month-handover`` one with ``handover_months``. The
        plans of ``development-plan`` are in no table but in ``Simulation.plans()``.

    Raises
    ------
    ValueError
        Unknown slugs (one message lists the allowed ones), a value that is not a finite number of
        moderate size, or several claims that are readings of one effect.

    Examples
    --------
    >>> plant({"one-deal-a-quarter": 0.04}).own_deal_high
    -0.04
    """
    effects = dict(effects or {})
    unknown = [slug for slug in effects if slug not in EFFECTS]
    if unknown:
        raise ValueError(str(words.UNKNOWN_EFFECT(unknown=unknown, allowed=list(EFFECTS))))
    set_by: dict[str, str] = {}
    planted: dict[str, Any] = {}
    for slug, value in effects.items():
        _refuse(slug, value)
        for name, number in EFFECTS[slug].fields(value).items():
            if name in set_by:
                clash = sorted((slug, set_by[name]))
                raise ValueError(str(words.EFFECTS_CLASH(slugs=clash)))
            set_by[name] = slug
            # no negative zero
            planted[name] = number + 0.0 if isinstance(number, int | float) else number
    return Truth(**planted)


def _refuse(slug: str, value: object) -> None:
    """Refuse what is not a number of moderate size."""
    effect = EFFECTS[slug]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not abs(value) <= effect.largest:  # type: ignore[arg-type]
        raise ValueError(
            str(
                words.WRONG_EFFECT(
                    slug=slug, value=str(value), limit=effect.largest, unit=effect.unit
                )
            )
        )
