"""Declarations: what is true in a planted company, and what it looks like."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any

from salesdiag.text import demo as words

BEHAVIOURS = (
    "questioning", "listening", "preparation", "follow-up", "value case", "closing",
    "negotiation", "prospecting", "account planning", "product knowledge", "storytelling",
    "time management",
)  # fmt: skip
"""Names of the skills whose weights are ``Truth.behaviours``."""


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
        Effect on the other members per own deal that the manager closed in the last three months:
        up to ``own_deal_knot`` deals, and per deal beyond.
    own_deal_knot : float
        Deals a quarter.
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
    satisfaction : float
        Fall of the log hazard of losing a client per SD of its satisfaction.
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
    satisfaction: float = 0.0
    behaviours: tuple[float, ...] = (0.0,) * len(BEHAVIOURS)
    cliff_month: int = 18
    cliff_ratio: float = 1.0

    def __post_init__(self) -> None:
        _finite(self)
        if len(self.behaviours) != len(BEHAVIOURS):
            raise ValueError(f"behaviours needs {len(BEHAVIOURS)} weights")
        _within(self, -1, 1, "star")
        _within(self, 0, 1, "coach_decay", "imitate")
        _within(self, 0, math.inf, "coach_saturation", "own_deal_knot", "cliff_ratio")


@dataclass(frozen=True, kw_only=True)
class World:
    """Structure of a company, and everything that misleads.

    Attributes
    ----------
    teams, reps_min, reps_max, months, regions : int
    last_month : str
        ``YYYY-MM``.
    burn : int
        Months simulated before the first one told.
    sd_ability, sd_team, sd_trend : float
        SD of a rep's ability and of the team's, in log points; of a rep's trend a month.
    sd_shock, rho_shock, sd_team_shock, rho_team_shock : float
        SD and autocorrelation of monthly shocks of reps and of teams.
    sd_ticket : float
        Log noise of revenue per active account.
    ramp, ramp_months : float
        A new rep starts ``ramp`` log points below, closing with time constant ``ramp_months``.
    base, active, ticket : float
        Accounts per rep, their active share a month, revenue per active account.
    acquire, lose : float
        New accounts per rep-month, monthly hazard of losing one.
    growth, sd_market, season : float
        Market growth a month, its SD, amplitude of the season, in log points.
    stretch, ratchet : float
        Quota above expectation, share of the last quarter's surplus that is put on top.
    exit_rate, exit_selection : float
        Monthly hazard of leaving; its fall per SD of shock and ability.
    transfer : float
        Share of vacancies filled from another team.
    manager_exit, promote : float
        Monthly hazard of a manager's leaving; share succeeded by one of the team's reps.
    promote_on_sales : float
        Weight of own sales in promotion, the rest is leadership.
    coach_hours, coach_sd_manager, coach_sd_month, coach_sd_rep, coach_rho : float
        Mean coaching hours per rep-month; log SD between managers, over a manager's months (with
        autocorrelation), between a manager's reps.
    k_ability, k_shock, k_seen, k_team, k_trend : float
        Who is coached: weak reps, last month's strugglers by their hidden shock or by what their
        results show, struggling teams, rising reps. Negative turns it round.
    confounding : float
        Correlation of team quality with the manager's coaching level.
    own_deals, own_sd_manager, own_sd_month, own_rho, own_none : float
        Manager's own won deals a month: mean, log SDs and autocorrelation as for coaching; share of
        managers who do not sell.
    k_sell : float
        Managers sell more when the team struggles.
    time_split : tuple of float
        What is left of a manager's time: admin, internal meetings, strategy, other.
    kpi_share, kpi_after_dip : float
        Share of teams that take up the weekly KPI review; 1 gives it to those after a bad quarter.
    climate_reverse : float
        Effect of results on climate.
    discount_reaction : float
        Discount granted to deals in trouble.
    halo : float
        Weight of known results in skill ratings.
    log_miss, log_empty, log_mnar : float
        Share of manager-months without coaching log; of rep-months with a contact of unknown
        length, and what is added to it where hours are below the median.
    log_noise : float
        Log SD of logged hours.
    log_heap : int
        Minutes to which they are rounded.
    """

    teams: int = 20
    reps_min: int = 6
    reps_max: int = 12
    months: int = 24
    regions: int = 4
    last_month: str = "2025-12"
    burn: int = 6
    sd_ability: float = 0.30
    sd_team: float = 0.10
    sd_trend: float = 0.0
    sd_shock: float = 0.25
    rho_shock: float = 0.5
    sd_team_shock: float = 0.08
    rho_team_shock: float = 0.5
    sd_ticket: float = 0.1
    ramp: float = 0.6
    ramp_months: float = 5.0
    base: float = 40.0
    active: float = 0.35
    ticket: float = 900.0
    acquire: float = 0.6
    lose: float = 0.015
    growth: float = 0.004
    sd_market: float = 0.01
    season: float = 0.08
    stretch: float = 0.05
    ratchet: float = 0.3
    exit_rate: float = 0.02
    exit_selection: float = 0.5
    transfer: float = 0.08
    manager_exit: float = 0.008
    promote: float = 0.5
    promote_on_sales: float = 1.0
    coach_hours: float = 3.0
    coach_sd_manager: float = 0.40
    coach_sd_month: float = 0.35
    coach_sd_rep: float = 0.5
    coach_rho: float = 0.5
    k_ability: float = 0.0
    k_shock: float = 0.0
    k_seen: float = 0.0
    k_team: float = 0.0
    k_trend: float = 0.0
    confounding: float = 0.0
    own_deals: float = 0.4
    own_sd_manager: float = 0.9
    own_sd_month: float = 0.5
    own_rho: float = 0.7
    own_none: float = 0.2
    k_sell: float = 0.0
    time_split: tuple[float, float, float, float] = (0.40, 0.35, 0.15, 0.10)
    kpi_share: float = 0.6
    kpi_after_dip: float = 0.0
    climate_reverse: float = 0.0
    discount_reaction: float = 0.0
    halo: float = 0.0
    log_miss: float = 0.0
    log_empty: float = 0.0
    log_mnar: float = 0.0
    log_noise: float = 0.0
    log_heap: int = 5

    def __post_init__(self) -> None:
        _finite(self)
        _whole(self, "teams", 1, 2000)
        _whole(self, "reps_min", 2, 200)
        _whole(self, "reps_max", self.reps_min, 200)
        _whole(self, "months", 4, 240)
        _whole(self, "regions", 1, 1000)
        _whole(self, "burn", 4, 240)
        _whole(self, "log_heap", 1, 240)
        shares = [f.name for f in fields(self) if f.name.startswith("rho_")]
        _within(self, 0, 0.999, *shares, "coach_rho", "own_rho")
        _within(
            self, 0, 1, "active", "lose", "exit_rate", "transfer", "manager_exit", "promote",
            "promote_on_sales", "own_none", "kpi_share", "kpi_after_dip", "log_miss", "log_empty",
            "log_mnar", "halo", "ratchet",
        )  # fmt: skip
        _within(self, -1, 1, "confounding")
        _within(self, 1e-6, math.inf, "base", "ticket", "coach_hours", "ramp_months")
        positive = [f.name for f in fields(self) if f.name.startswith("sd_") or "_sd_" in f.name]
        _within(self, 0, math.inf, *positive, "own_deals", "log_noise", "acquire")


def _finite(of: Any) -> None:
    for field in fields(of):
        value = getattr(of, field.name)
        for number in value if isinstance(value, tuple) else (value,):
            if not isinstance(number, str) and not math.isfinite(number):
                raise ValueError(f"{field.name} must be finite, not {number}")


def _within(of: Any, low: float, high: float, *names: str) -> None:
    for name in names:
        value = getattr(of, name)
        if not low <= value <= high:
            raise ValueError(f"{name} must lie within {low} and {high}, not {value}")


def _whole(of: World, name: str, low: int, high: int) -> None:
    whole_number(name, getattr(of, name), low, high)


def whole_number(name: str, value: object, low: int, high: int) -> int:
    """Return a whole number that lies within its limits.

    Raises
    ------
    ValueError
        It does not, or is not one.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(str(words.WRONG_SIZE(name=name, low=low, high=high, value=str(value))))
    return value


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
        "W2": replace(_PLAIN, k_seen=0.8),
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
    }
)  # fmt: skip
"""Named worlds; W0 to W9 are those in which error rates are calibrated."""

DEMO_EFFECTS: Mapping[str, float] = MappingProxyType(
    {"coaching-hours": 0.015, "one-deal-a-quarter": 0.04}
)
"""What is true in the world ``demo`` unless said otherwise."""
EFFECTS = ("coaching-hours", "selling-helps", "selling-hurts", "one-deal-a-quarter")
"""Claims whose effect :func:`plant` can set."""
_SELLING = frozenset(EFFECTS[1:])
LARGEST_EFFECT = 0.5


def plant(effects: Mapping[str, float] | None) -> Truth:
    """Return the truth in which claims have the given effects, and nothing else is true.

    Parameters
    ----------
    effects : mapping or None
        Claim slug to effect. ``coaching-hours``: log points of next month's revenue per hour.
        ``selling-helps``: log points of the others' revenue per own deal of the manager in three
        months; ``selling-hurts`` the same with the sign turned; ``one-deal-a-quarter``: nothing up
        to one deal, minus the value per deal beyond.

    Raises
    ------
    ValueError
        Unknown slugs (one message lists the allowed ones), a value that is not a finite number of
        moderate size, or more than one of the three claims about own selling.

    Examples
    --------
    >>> plant({"one-deal-a-quarter": 0.04}).own_deal_high
    -0.04
    """
    effects = dict(effects or {})
    unknown = [slug for slug in effects if slug not in EFFECTS]
    if unknown:
        raise ValueError(str(words.UNKNOWN_EFFECT(unknown=unknown, allowed=list(EFFECTS))))
    for slug, value in effects.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not abs(value) <= LARGEST_EFFECT:
            raise ValueError(
                str(words.WRONG_EFFECT(slug=slug, value=str(value), limit=LARGEST_EFFECT))
            )
    selling = sorted(_SELLING & set(effects))
    if len(selling) > 1:
        raise ValueError(str(words.EFFECTS_CLASH(slugs=selling)))
    low = effects.get("selling-helps", 0.0) - effects.get("selling-hurts", 0.0)
    return Truth(
        coach=effects.get("coaching-hours", 0.0),
        own_deal_low=low,
        own_deal_high=low - effects.get("one-deal-a-quarter", 0.0),
    )


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
