"""What does not depend on any effect: the times, and everything that may be bought."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from salesdiag.calibrate.field.days import WEEKS, Days, days_of, even, noise, stream
from salesdiag.calibrate.field.firm import Firm
from salesdiag.calibrate.field.people import People, people_of

STAGES = (("qualified", 0.0, 0.39), ("proposal", 0.35, 0.53), ("negotiation", 0.7, 0.78))
"""Name of a stage, share of the cycle after which it is entered, share won of those in it."""
AWAY = 0.5
"""What of a day's results is left when the rep is away."""
SURE = 0.97
OWN = 10
"""Own deals that a manager may close in a quarter at most."""
LATE = 0.95


@dataclass(frozen=True, kw_only=True)
class Chances:
    """Orders and deals that may come about, in the order of their days.

    Attributes
    ----------
    territory, day : array
    amount : array
        Money in ordinary times.
    draw : array
        A deal is won if this is below its chance; NaN for an order.
    client : array
    created, expected, gone, id : array
        Of deals: day numbers (``gone`` is when it is lost unless it is won on its day), and a
        number that orders do not have (-1).
    """

    territory: np.ndarray
    day: np.ndarray
    amount: np.ndarray
    draw: np.ndarray
    client: np.ndarray
    created: np.ndarray
    expected: np.ndarray
    gone: np.ndarray
    id: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A company before anybody coaches.

    Attributes
    ----------
    firm : Firm
    seed : int
    days : Days
    people : People
    chances : Chances
    state : array (territories, weeks)
        How good the times and the rep are, log points; weeks of all months.
    region_shock, team_shock : array (regions or teams, months)
    hockey : array (territories,)
    market : array (regions, months)
    usual : array (territories, weeks)
        Revenue without coaching and without own deals.
    shown : array (territories, months)
        Revenue of the next month that the pipeline lets expect at the start of each.
    own : array (teams, quarters, OWN) of bool
        Own deals that managers close.
    """

    firm: Firm
    seed: int
    days: Days
    people: People
    chances: Chances
    state: np.ndarray
    region_shock: np.ndarray
    team_shock: np.ndarray
    hockey: np.ndarray
    market: np.ndarray
    usual: np.ndarray
    shown: np.ndarray
    own: np.ndarray

    @property
    def block(self) -> np.ndarray:
        """Territory and working week of each chance, as one number."""
        weeks = self.firm.span * WEEKS
        return self.chances.territory * weeks + self.days.block[self.chances.day]


def scene_of(firm: Firm, seed: int) -> Scene:
    """Draw everything that no effect changes."""
    days = days_of(firm)
    people = people_of(firm, days, seed)
    region_shock = _common(firm, seed, "region_shocks", firm.regions, firm.region_shock_sd)
    team_shock = _common(firm, seed, "team_shocks", firm.teams, firm.team_shock_sd)
    hockey = firm.hockey * even(stream(seed, "quarters"), (firm.territories,), 0.8)
    growth = firm.growth + firm.market_sd * stream(seed, "market").standard_normal(
        (firm.regions, firm.span)
    )
    growth[:, firm.burn + firm.months * 2 // 3 :] += firm.turn
    market = growth.cumsum(axis=1)
    state = _state(firm, days, people, seed, hockey) + np.repeat(
        (market + region_shock)[people.region[people.team.T], np.arange(firm.span)]
        + team_shock[people.team.T, np.arange(firm.span)],
        WEEKS,
        axis=1,
    )
    chances = _chances(firm, days, people, seed)
    usual, money = realised(firm, days, chances, state)
    draft = Scene(
        firm=firm, seed=seed, days=days, people=people, chances=chances, state=state,
        region_shock=region_shock, team_shock=team_shock, hockey=hockey, market=market,
        usual=usual, shown=_shown(firm, days, chances, money > 0), own=np.zeros(0, bool),
    )  # fmt: skip
    return _with_own(draft)


def monthly(weekly: np.ndarray) -> np.ndarray:
    """Return sums by month of figures by working week."""
    return weekly.reshape(*weekly.shape[:-1], -1, WEEKS).sum(axis=-1)


def realised(
    firm: Firm, days: Days, chances: Chances, state: np.ndarray, part: slice | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return revenue by territory and working week, and the money of each chance.

    Parameters
    ----------
    firm, days, chances
    state : array (territories, weeks)
        How good rep and times are; it multiplies orders, and the chance of winning.
    part : slice, optional
        Of the chances; all by default.
    """
    some = slice(None) if part is None else part
    territory, week = chances.territory[some], days.block[chances.day[some]]
    factor = np.exp(state[territory, week])
    draw = chances.draw[some]
    money = chances.amount[some] * np.where(
        np.isnan(draw), factor, draw < np.minimum(firm.win * factor, SURE)
    )
    weeks = state.shape[1]
    cells = np.bincount(territory * weeks + week, money, minlength=firm.territories * weeks)
    return cells.reshape(firm.territories, weeks), money


def better_than_usual(values: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Return log points by which figures lie above their unit's mean and their month's mean.

    Parameters
    ----------
    values : array (units, months)
        Money; 0 counts as a fifth of the unit's mean.
    there : array (units, months) of bool
        Figures that count; elsewhere the result is 0.
    """
    count = np.maximum(there.sum(axis=1, keepdims=True), 1)
    mean = np.where(there, values, 0).sum(axis=1, keepdims=True) / count
    logs = np.log(np.maximum(values, np.maximum(mean, 1) / 5))
    for axis in (1, 0):
        count = np.maximum(there.sum(axis=axis, keepdims=True), 1)
        logs = logs - np.where(there, logs, 0).sum(axis=axis, keepdims=True) / count
    return np.where(there, np.clip(logs, -1.5, 1.5), 0.0)


def present(people: People, days: Days, months: int) -> np.ndarray:
    """Return by territory and month whether somebody was there on all working days."""
    sums = np.add.reduceat(people.there, days.first[:months], axis=1, dtype=int)
    return np.asarray(sums == np.diff(days.first[: months + 1]))


def _common(firm: Firm, seed: int, mechanism: str, units: int, sd: float) -> np.ndarray:
    raw = noise(stream(seed, mechanism), (units, firm.span + 12), firm.tail)
    return sd * _persistent(raw, firm.common_rho)[:, 12:]


def _persistent(raw: np.ndarray, rho: float) -> np.ndarray:
    """Return an autoregression whose SD is 1."""
    return np.asarray(lfilter([np.sqrt(1 - rho**2)], [1, -rho], raw, axis=-1))


def _state(firm: Firm, days: Days, people: People, seed: int, hockey: np.ndarray) -> np.ndarray:
    """Return what is the rep's own, and the seasons."""
    weeks = firm.span * WEEKS
    edge = np.searchsorted(days.block, np.arange(weeks))
    who, tenure = people.who[:, edge], people.tenure[:, edge]
    skill = np.take_along_axis(people.skill, np.maximum(who, 0), axis=1)
    ramp = np.log(
        firm.ramp_start + (1 - firm.ramp_start) * np.minimum(tenure / firm.ramp_months, 1)
    )
    lead = 40
    raw = noise(stream(seed, "shocks"), (firm.territories, weeks + lead), firm.tail)
    shock = firm.shock_sd * _persistent(raw, firm.shock_rho)[:, lead:]
    length = np.diff(np.append(edge, len(days.date)))
    work = np.add.reduceat(people.at_work, edge, axis=1, dtype=int) / length
    effort = np.log(AWAY + (1 - AWAY) * work)
    month = np.arange(weeks) // WEEKS
    of_year, of_quarter = days.of_year[month], days.of_year[month] % 3
    told = np.clip((month - firm.burn) / firm.months, 0, 1)
    season = firm.season * np.sin(2 * np.pi * (of_year + 2) / 12)
    drift = firm.later_in_quarter * told * (of_quarter - 1)
    pull = np.array([-0.5, 0.0, 1.0])[of_quarter]
    return skill + ramp + shock + effort + season + drift + hockey[:, None] * pull


def _chances(firm: Firm, days: Days, people: People, seed: int) -> Chances:
    parts = [_orders(firm, days, seed), _deals(firm, days, seed)]
    joined = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
    kept = people.there[joined["territory"], joined["day"]]
    order = np.argsort(joined["day"][kept], kind="stable")
    return Chances(**{name: values[kept][order] for name, values in joined.items()})


def _late(firm: Firm, month: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return places in the month, later from year to year where closing drifts."""
    told = np.clip((month - firm.burn) / firm.months, 0, 1)
    return np.asarray(place ** (1 / (1 + firm.later_in_month * told)))


def _orders(firm: Firm, days: Days, seed: int) -> dict[str, np.ndarray]:
    rng = stream(seed, "clients")
    shape = (firm.territories, firm.accounts)
    every = rng.choice([1, 2, 3], shape)
    phase = rng.integers(0, 6, shape)
    size = np.exp(firm.order_sd * rng.standard_normal(shape))
    rng = stream(seed, "orders")
    u, place = rng.random((2, *shape, firm.span))
    z = rng.standard_normal(u.shape)
    due = ((np.arange(firm.span) + phase[..., None]) % every[..., None] == 0) & (u < LATE)
    territory, client, month = np.nonzero(due)
    amount = firm.order_value * size[territory, client] * np.exp(firm.order_sd * z[due])
    n = len(month)
    nothing = np.full(n, -1)
    return {
        "territory": territory, "day": days.at(month, _late(firm, month, place[due])),
        "amount": amount, "draw": np.full(n, np.nan), "client": client,
        "created": nothing, "expected": nothing, "gone": nothing, "id": nothing,
    }  # fmt: skip


def _deals(firm: Firm, days: Days, seed: int) -> dict[str, np.ndarray]:
    rng = stream(seed, "deals")
    slots = 2 * int(np.ceil(firm.deals))
    shape = (firm.territories, firm.span, slots)
    exists, place, late, slipped, gone = rng.random((5, *shape))
    size = noise(rng, shape, firm.tail)
    client = rng.integers(0, firm.accounts, shape)
    z, later = stream(seed, "cycles").standard_normal((2, *shape))
    draw = stream(seed, "wins").random(shape)
    at = np.nonzero(exists < firm.deals / slots)
    created = days.at(at[1], place[at])
    weeks = firm.cycle_weeks * np.exp(firm.cycle_sd * z[at] + firm.cycle_by_size * size[at])
    cycle = np.maximum(5 * weeks, 3)
    slip = np.where(slipped[at] < firm.slip, np.exp(0.5 * later[at]) * cycle / 2, 0)
    # an expected day may lie beyond the months simulated
    expected = created + np.round(cycle).astype(int)
    decided = np.minimum(expected + np.round(slip).astype(int), len(days.date) - 1)
    beyond = expected + np.round(slip) > len(days.date) - 1
    month = days.month[decided]
    if firm.later_in_month:
        within = (decided - days.first[month] + late[at]) / np.diff(days.first)[month]
        decided = np.maximum(days.at(month, _late(firm, month, within)), created + 1)
        decided = np.minimum(decided, len(days.date) - 1)
    return {
        "territory": at[0],
        "day": np.where(beyond, len(days.date) - 1, decided),
        "amount": firm.deal_value * np.exp(firm.deal_sd * np.clip(size[at], -6, 6)),
        "draw": np.where(beyond, 2.0, draw[at]),  # not decided in any month: never won
        "client": client[at],
        "created": created,
        "expected": expected,
        "gone": created + np.ceil((decided - created) * gone[at]).astype(int),
        "id": np.arange(len(created)),
    }


def _shown(firm: Firm, days: Days, chances: Chances, won: np.ndarray) -> np.ndarray:
    """Return the revenue that open deals and habit let expect: value by stage of what is due."""
    deal = chances.id >= 0
    territory, day, created, expected, amount = (
        a[deal]
        for a in (
            chances.territory, chances.day, chances.created, chances.expected, chances.amount
        )
    )  # fmt: skip
    closed = np.where(won[deal], day, chances.gone[deal])
    orders = np.bincount(
        chances.territory[~deal], chances.amount[~deal], minlength=firm.territories
    )
    shown = np.repeat((orders / firm.span)[:, None], firm.span, axis=1)
    chance = np.array([share for *_, share in STAGES])
    for month in range(firm.span - 1):
        now, due, after = days.first[month : month + 3]
        seen = np.nonzero((created < now) & (closed >= now) & (expected >= due))[0]
        seen = seen[expected[seen] < after]
        passed = (now - created[seen]) / np.maximum(expected[seen] - created[seen], 1)
        stage = np.searchsorted([share for _, share, _ in STAGES], passed, side="right") - 1
        worth = amount[seen] * chance[stage]
        shown[:, month] += np.bincount(territory[seen], worth, minlength=firm.territories)
    return shown


def _with_own(scene: Scene) -> Scene:
    """Return the scene with managers' own deals, which may answer to the team's quarter."""
    firm, days = scene.firm, scene.days
    quarters = int(days.quarter.max()) + 1
    rng = stream(scene.seed, "selling")
    level = even(rng, (firm.teams, 8), 0.6)
    sells = rng.random((firm.teams, 8)) >= firm.own_none
    times = even(rng, (firm.teams, quarters), firm.own_cv)
    u = stream(scene.seed, "own").random((firm.teams, quarters, OWN))
    first_month = np.searchsorted(days.quarter, np.arange(quarters))
    post = scene.people.post[:, first_month]
    result = np.zeros((firm.teams, quarters))
    np.add.at(result, (scene.people.team.T, days.quarter[None, :]), monthly(scene.usual))
    better = better_than_usual(result, np.ones(result.shape, bool))
    rate = np.take_along_axis(level * sells, post, axis=1) * firm.own_deals * times
    rate = rate * np.exp(-firm.k_fail * better)
    fields = {name: getattr(scene, name) for name in Scene.__dataclass_fields__}
    return Scene(**fields | {"own": u < np.minimum(rate / OWN, SURE)[..., None]})
