"""Worlds by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from salesdiag.simulate.world import World
from salesdiag.text import demo as words

_ADVERSE: Mapping[str, Any] = {
    "k_ability": 0.5,
    "k_team": 0.3,
    "confounding": 0.5,
    "log_empty": 0.1,
    "log_mnar": 0.1,
}
_DEMO = World(
    **{**_ADVERSE, "k_team": 0.2, "log_empty": 0.03, "log_mnar": 0.03},
    k_seen=0.6, k_sell=0.5, reps_max=9, log_miss=0.04, climate_reverse=0.5,
    discount_reaction=0.5, kpi_after_dip=0.5, halo=0.3,
)  # fmt: skip
_PLAIN = World(
    sd_ability=0.35, sd_team=0.15, sd_shock=0.30, rho_shock=0.3, sd_team_shock=0.10, ramp=0.0,
    coach_sd_rep=0.6, exit_rate=0.0, transfer=0.0, manager_exit=0.0, burn=12,
    base=150.0, active=0.4, ticket=240.0, sd_ticket=0.05,  # results show nearly what they are
)  # fmt: skip
_HARD = replace(_PLAIN, k_seen=0.8)
"""W2: managers coach those whose last month looked bad."""

WORLDS: Mapping[str, World] = MappingProxyType(
    {
        "demo": _DEMO,
        "null": _DEMO,
        "random": World(),
        "strugglers": World(k_shock=0.6),
        "winners": World(k_shock=-0.6),
        "adverse": World(**_ADVERSE, k_shock=0.6, log_noise=0.2, log_heap=30),
        "W0": _PLAIN,
        "W1": replace(_PLAIN, k_ability=0.8),
        "W2": _HARD,
        "W2b": replace(_PLAIN, k_seen=0.8, rho_shock=0.7),
        "W3": replace(_PLAIN, confounding=0.8, sd_team=0.30, k_ability=0.8),
        "W3b": replace(_PLAIN, k_team=1.0),
        "W4": replace(_PLAIN, teams=5),
        "W4b": replace(_PLAIN, teams=5, k_seen=0.8),
        "W5": replace(_PLAIN, k_seen=0.8, exit_rate=0.02, exit_selection=0.7),
        "W6": replace(_PLAIN, k_seen=0.8, log_empty=0.10, log_mnar=0.30),
        "W7": replace(
            _PLAIN, rho_shock=0.7, rho_team_shock=0.8, sd_team_shock=0.15, coach_rho=0.8
        ),
        "W8": replace(
            _PLAIN, **_ADVERSE, k_seen=0.6, rho_shock=0.5, exit_rate=0.015, exit_selection=0.7,
            log_noise=0.3,
        ),
        "W9": replace(_PLAIN, sd_trend=0.008, k_trend=0.8),
        # t(3), and one order worth a quarter in one rep-month of fifty: deal sizes are lognormal
        # with log SD above 1 in most pipelines
        "heavy-tails": replace(_HARD, heavy_tails=3.0, whales=0.02),
        # project sellers and small patches invoice nothing in one month of seven
        "zero-inflated": replace(_HARD, zero_share=0.15),
        # a third of sales is booked after the month's end where terms are 30 days
        "invoice-lag": replace(_HARD, invoice_lag=0.35),
        # a regional slump of 15 % that halves in three months, and managers who answer to it
        "region-shocks": replace(_HARD, sd_region_shock=0.15, rho_region_shock=0.8, k_team=0.5),
        # a call centre beside field teams: as many reps as the next six teams together
        "huge-team": replace(_HARD, huge_team=6.0),
        # coaching plans are made twice a year
        "few-switches": replace(_HARD, coach_switches=6),
        # growth and re-organisation: two teams of five were not there all the time
        "unbalanced": replace(_HARD, unbalanced=0.4),
        # managers move on every other year, reps take over and keep clients for five months
        "promotions": replace(_DEMO, manager_exit=0.04, promote=1.0, handover_months=5.0),
        # logs filled in from memory, to the hour, three tenths off
        "heaped-logs": replace(_HARD, log_noise=0.3, log_heap=60),
    }
)  # fmt: skip
"""Named worlds. In W0 to W9 error rates are calibrated. The others after them are W2 with one
adversity more, strong but plausible, and are searched for what breaks the methods; ``promotions``
is the demo's with more of them."""


def find_world(name: str) -> World:
    """Return a named world.

    Raises
    ------
    ValueError
        There is no such world; the message lists them.
    """
    if name not in WORLDS:
        raise ValueError(str(words.UNKNOWN_WORLD(name=name, allowed=list(WORLDS))))
    return WORLDS[name]
