"""Declarations: companies of the second generator on which claims are counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from salesdiag.calibrate.cells import COACHING, SELLING
from salesdiag.calibrate.field import Firm, Planted

FOCUSES = ("two-focuses",)
FORECAST = ("plan-first",)
EFFECTS = COACHING + SELLING


@dataclass(frozen=True, kw_only=True)
class FieldCell:
    """One row of the experiment in which companies are made by the second generator.

    Attributes
    ----------
    firm : Firm
    planted : Planted
    claims : tuple of str
        Claims about coaching, about own selling and measured ones are corrected apart: the company
        is shared, since none of them touches another.
    companies : int
        How many a full count makes.
    looks : int
        Months, the last ones, at the end of each of which the company is looked at; 0 is once.
    teams : bool
        Whether every team's interval is judged too.
    """

    firm: Firm = field(default_factory=Firm)
    planted: Planted = field(default_factory=Planted)
    claims: tuple[str, ...] = EFFECTS
    companies: int = 300
    looks: int = 0
    teams: bool = False


# what the claims do not read is not written down: it would be read all the same
_FIRM = Firm(clients=False, clocks=False)
# how many reps grow is asked of teams; what moves whole regions would move it for all of them
_STEADY = replace(_FIRM, market_sd=0.0)
_ONE_LESS = replace(_FIRM, pipeline=False)
_TWO = Planted(hour=0.02)
_FOUR = Planted(hour=0.04)

NULLS: Mapping[str, FieldCell] = MappingProxyType(
    {
        "weeks-random": FieldCell(firm=_STEADY, claims=EFFECTS + FOCUSES, teams=True),
        "weeks-strugglers": FieldCell(firm=replace(_FIRM, k_past=-1.0)),
        "weeks-winners": FieldCell(firm=replace(_FIRM, k_past=1.0)),
        "weeks-pipeline": FieldCell(firm=replace(_FIRM, k_pipeline=0.4)),
        "weeks-team-shocks": FieldCell(
            firm=replace(_STEADY, team_shock_sd=0.2, k_team=1.0), claims=EFFECTS + FOCUSES
        ),
        "weeks-region-shocks": FieldCell(
            firm=replace(_FIRM, region_shock_sd=0.15, k_region=4.0)
        ),
        "weeks-quarter-ends": FieldCell(firm=replace(_FIRM, hockey=0.25, k_quarter=4.0)),
        "weeks-heavy-tails": FieldCell(
            firm=replace(_FIRM, tail=3.0, deal_sd=0.9, shock_sd=0.3, k_past=-1.0)
        ),
        "weeks-same-month": FieldCell(firm=replace(_FIRM, k_same=1.5)),
        "weeks-reorganised": FieldCell(
            firm=replace(_FIRM, reorganisations=2, exit_rate=0.03, manager_exit=0.02, vacancy=2)
        ),
        "weeks-team-fails": FieldCell(
            firm=replace(_FIRM, k_fail=3.0, team_shock_sd=0.12), claims=SELLING
        ),
    }
)  # fmt: skip
"""Nothing is true, and nobody foresees anything."""


def _foreseeing() -> dict[str, FieldCell]:
    """Return companies whose managers foresee the next month, by how much and in which way."""
    cells = {}
    for hours in (0.2, 0.4, 0.8):
        for sign, towards in ((1, "up"), (-1, "down")):
            for neutral, form in ((False, "rep"), (True, "team")):
                for planted, effect in ((Planted(), "null"), (_TWO, "two")):
                    firm = replace(_FIRM, foresight=sign * hours, neutral=neutral)
                    # above the floor only the tipping foresight is asked, of true nulls
                    asked = 300 if hours == 0.2 or effect == "null" else 60
                    cells[f"weeks-foresight-{hours * 10:.0f}-{towards}-{form}-{effect}"] = (
                        FieldCell(firm=firm, planted=planted, claims=COACHING, companies=asked)
                    )
    return cells


FORESEEING: Mapping[str, FieldCell] = MappingProxyType(
    _foreseeing()
    | {
        f"weeks-seen-{hours * 10:.0f}-{towards}-{effect}": FieldCell(
            firm=replace(_FIRM, k_pipeline=sign * hours), planted=planted, claims=COACHING
        )
        for hours in (0.4, 0.8)
        for sign, towards in ((1, "up"), (-1, "down"))
        for planted, effect in ((Planted(), "null"), (_TWO, "two"))
        if effect == "null" or sign > 0
    }
)
"""Managers foresee: hours a month per log point of a rep's next month, towards the better or the
worse, rep by rep or within the team's total; or as far as the recorded pipeline shows it."""

TRUE: Mapping[str, FieldCell] = MappingProxyType(
    {
        # companies are shared: own deals do not touch what coaching does
        "weeks-two": FieldCell(
            firm=_FIRM, planted=replace(_TWO, beyond=-0.05), claims=EFFECTS, teams=True
        ),
        "weeks-four": FieldCell(firm=_FIRM, planted=replace(_FOUR, beyond=-0.15)),
        "weeks-two-invoices": FieldCell(firm=_ONE_LESS, planted=replace(_TWO, deal=0.05)),
        "weeks-two-rota": FieldCell(
            firm=replace(_FIRM, roster=True, by_design=True), planted=_TWO, claims=COACHING
        ),
        "weeks-four-winners": FieldCell(
            firm=replace(_FIRM, k_past=1.0), planted=_FOUR, claims=COACHING
        ),
        "weeks-two-same-month": FieldCell(
            firm=_FIRM, planted=replace(_TWO, lags=(1.0,), deal=-0.05)
        ),
        "weeks-two-third-month": FieldCell(
            firm=_FIRM, planted=replace(_TWO, lags=(0.0, 0.0, 0.0, 1.0), beyond_next=-0.15)
        ),
        "weeks-two-stock": FieldCell(
            firm=_FIRM, planted=replace(_TWO, keep=0.9, deal_next=-0.05)
        ),
        "weeks-sixty-five": FieldCell(
            firm=replace(_ONE_LESS, teams=60, reps=5), planted=Planted(beyond=-0.05),
            claims=SELLING,
        ),
        "weeks-sixty-fifteen": FieldCell(
            firm=replace(_ONE_LESS, teams=60, reps=5), planted=Planted(beyond=-0.15),
            claims=SELLING,
        ),
    }
)  # fmt: skip
"""Something is true."""

_RUNNING = replace(_FIRM, last_month="2025-11", months=23, pipeline=False)
MEASURED: Mapping[str, FieldCell] = MappingProxyType(
    {
        "weeks-plan-steady": FieldCell(firm=_RUNNING, claims=FORECAST),
        "weeks-plan-later-in-month": FieldCell(
            firm=replace(_RUNNING, later_in_month=1.0, cut=14), claims=FORECAST
        ),
        "weeks-plan-later-in-quarter": FieldCell(
            firm=replace(_RUNNING, later_in_quarter=0.25), claims=FORECAST
        ),
        "weeks-plan-turn": FieldCell(firm=replace(_RUNNING, turn=-0.02), claims=FORECAST),
        "weeks-looks": FieldCell(
            firm=replace(_FIRM, months=36, k_past=-0.5), claims=COACHING, looks=12
        ),
    }
)
"""The plan's forecast two months into a quarter, or one and a half; and a null company looked at
twelve times."""

FIELD_CELLS: Mapping[str, FieldCell] = MappingProxyType({**NULLS, **FORESEEING, **TRUE, **MEASURED})
"""Rows by name."""
