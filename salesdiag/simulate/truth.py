"""Declarations: what is true in a planted company."""

from __future__ import annotations

import math
from dataclasses import dataclass

from salesdiag.simulate.limits import finite, within

BEHAVIOURS = (
    "questioning", "listening", "preparation", "follow-up", "value case", "closing",
    "negotiation", "prospecting", "account planning", "product knowledge", "storytelling",
    "time management",
)  # fmt: skip
"""Names of the skills whose weights are ``Truth.behaviours``."""
TIMINGS = ("quarter", "month_after", "quarter_after")
"""Own deals of a calendar quarter act in each month of that quarter, or of the quarter after it;
those of any three months in the month that follows them."""


@dataclass(frozen=True, kw_only=True)
class Truth:
    """Planted effects; all zero is a company in which nothing that is claimed is true.

    Effects on productivity are log points of a rep's monthly revenue, effects on deals log odds of
    winning. "Per SD" is per standard deviation among teams or people.

    Attributes
    ----------
    coach : float
        Per coaching hour, in the month after.
    coach_decay : float
        Share of the coaching effect that is carried over from month to month, 0..1.
    coach_saturation : float
        Hours ``h`` work as ``h / (1 + coach_saturation * h)``.
    coach_quality : float
        Added per coaching hour and unit of quality (0..1) above 0.6.
    own_deal_low, own_deal_high : float
        Effect on the other members per own deal that the manager closed within three months: up to
        ``own_deal_knot`` deals, and per deal beyond.
    own_deal_knot : float
        Deals a quarter.
    own_deal_timing : str
        Which three months, and which month they act on: one of :data:`TIMINGS`.
    precall, debrief, rescue, focus : float
        Log odds if the call was prepared, per deal debriefed in the month before, if the manager
        joined, in a target segment.
    discount : float
        Log odds per ten points of discount.
    one_on_one : float
        Log odds that a stuck deal moves, per one-on-one in the month before.
    kpi_review : float
        Log points of activity once the weekly KPI review is held.
    imitate : float
        Share of the distance to the manager's activity mix that a rep covers in a month, 0..1.
    star : float
        Correlation of a manager's own selling record with management quality, -1..1.
    manager_quality, climate, clarity : float
        Log points per SD.
    late_handover : float
        Log points of the team's revenue for each month beyond the third (``handover_knot``) in
        which a promoted manager still keeps clients of his own.
    handover_knot : int
        Months after promotion in which keeping them does nothing.
    plan : float
        Log points while a rep has a development plan.
    value_case : float
        Log odds if the deal's value to the client was worked out before the offer.
    satisfaction : float
        Fall of the log hazard of losing a client per SD of its satisfaction.
    csat : float
        Log odds that clients order in a month, per SD of the mean satisfaction of a rep's clients.
    behaviours : tuple of float
        Log points per SD of each of :data:`BEHAVIOURS`.
    cliff_month : int
    cliff_ratio : float
        Hazard ratio of leaving in the three months around ``cliff_month`` of tenure.
    """

    coach: float = 0.0
    coach_decay: float = 0.0
    coach_saturation: float = 0.0
    coach_quality: float = 0.0
    own_deal_low: float = 0.0
    own_deal_high: float = 0.0
    own_deal_knot: float = 1.0
    own_deal_timing: str = "month_after"
    precall: float = 0.0
    debrief: float = 0.0
    rescue: float = 0.0
    focus: float = 0.0
    discount: float = 0.0
    one_on_one: float = 0.0
    kpi_review: float = 0.0
    imitate: float = 0.0
    star: float = 0.0
    manager_quality: float = 0.0
    climate: float = 0.0
    clarity: float = 0.0
    late_handover: float = 0.0
    handover_knot: int = 3
    plan: float = 0.0
    value_case: float = 0.0
    satisfaction: float = 0.0
    csat: float = 0.0
    behaviours: tuple[float, ...] = (0.0,) * len(BEHAVIOURS)
    cliff_month: int = 18
    cliff_ratio: float = 1.0

    def __post_init__(self) -> None:
        finite(self)
        if len(self.behaviours) != len(BEHAVIOURS):
            raise ValueError(f"behaviours needs {len(BEHAVIOURS)} weights")
        if self.own_deal_timing not in TIMINGS:
            raise ValueError(f"own_deal_timing must be one of {TIMINGS}")
        within(self, -1, 1, "star")
        within(self, 0, 1, "coach_decay", "imitate")
        within(
            self, 0, math.inf, "coach_saturation", "own_deal_knot", "cliff_ratio", "handover_knot"
        )
