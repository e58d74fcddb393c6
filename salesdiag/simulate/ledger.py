"""Orders, deals and activities as tables; orders add up to the revenue of the course."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesdiag.simulate.accounts import SEGMENTS
from salesdiag.simulate.draws import logistic, stream
from salesdiag.simulate.roster import MANAGER_ACCOUNTS, Roster
from salesdiag.simulate.sales import (
    ASSESSED,
    CLOSINGS_MAX,
    COMPETITORS,
    CONTACTS,
    assessed,
    ratings,
)
from salesdiag.simulate.setup import month_lengths

PRODUCTS = ("Basic", "Plus", "Pro", "Service")
UNIT_PRICE = (90.0, 140.0, 260.0, 60.0)
MARGIN = 0.32
STAGES = (("discovery", 0.0), ("proposal", 0.35), ("negotiation", 0.7))
LOST_REASONS = ("price", "timing", "competitor", "no decision")
WEEK_CHUNKS = 4


def orders(roster: Roster) -> pd.DataFrame:
    """Return orders: one per active account and month, and one per own deal won by a manager."""
    course, own, book = roster.course, roster.sales.own, roster.course.setup.book
    burn, m = roster.world.burn, len(course.person)
    _, days = month_lengths(roster.world)
    rng = stream(roster.seed, "orders")
    parts = []
    for month in range(m):
        u_order, u_day, u_cut, u_product = rng.random((4, *book.born.shape))
        z_size, z_margin = rng.standard_normal((2, *book.born.shape))
        if month < burn:
            continue
        seat, place, cents = _active_amounts(roster, month, u_order, z_size)
        start = course.start_day[month, seat]
        day = start + (u_day[seat, place] * (days[month] - start + 1)).astype(int)
        parts.append(
            pd.DataFrame(
                {
                    "account_id": roster.account_ids[seat, place],
                    "owner_id": roster.person_ids[course.person[month, seat]],
                    "ordered_on": roster.first[month] + (day - 1),
                    "amount": cents / 100,
                    "cut": 0.2 * u_cut[seat, place] ** 2,
                    "kind": (u_product[seat, place] * len(PRODUCTS)).astype(int),
                    "profit": MARGIN + 0.04 * z_margin[seat, place],
                }
            )
        )
    t, g, k = np.nonzero(own.won & (np.arange(m) >= burn)[:, None, None])
    parts.append(
        pd.DataFrame(
            {
                "account_id": roster.manager_accounts[g, (t + k) % MANAGER_ACCOUNTS],
                "owner_id": roster.person_ids[course.manager[t, g]],
                "ordered_on": roster.first[t] + (own.day[t, g, k] - 1),
                "amount": own.amount[t, g, k],
                "cut": 1 - own.amount[t, g, k] / own.list_amount[t, g, k],
                "kind": len(PRODUCTS) - 2,
                "profit": MARGIN,
            }
        )
    )
    parts.append(_kept_orders(roster))
    found = pd.concat(parts, ignore_index=True).sort_values(
        ["ordered_on", "owner_id", "account_id"], ignore_index=True
    )
    amount, cut = found["amount"], found.pop("cut")
    kind, profit = found.pop("kind"), found.pop("profit")
    price = kind.map(dict(enumerate(UNIT_PRICE)))
    return found.assign(
        list_amount=np.round(amount / (1 - cut)),
        quantity=np.maximum(np.round(amount / (1 - cut) / price), 1),
        product=kind.map(dict(enumerate(PRODUCTS))),
        margin=np.round(amount * (profit - 0.3 * cut)),
        order_id=[f"R{i:06d}" for i in range(1, len(found) + 1)],
    )


def _kept_orders(roster: Roster) -> pd.DataFrame:
    """Return orders of clients that a promoted manager still has."""
    course, told = roster.course, np.arange(len(roster.sales.kept)) >= roster.world.burn
    t, g, k = np.nonzero((roster.sales.kept > 0) & told[:, None, None])
    place, seat = course.kept_place[t, g, k], course.kept_seat[t, g]
    return pd.DataFrame(
        {
            "account_id": roster.account_ids[seat, place],
            "owner_id": roster.person_ids[course.manager[t, g]],
            "ordered_on": roster.first[t] + (roster.sales.kept_day[t, g, k] - 1),
            "amount": roster.sales.kept[t, g, k],
            "cut": 0.0,
            "kind": 0,
            "profit": MARGIN,
        }
    )


def _active_amounts(
    roster: Roster, t: int, u: np.ndarray, z: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return which accounts order in a month (seats, places), and for how many cents."""
    book = roster.course.setup.book
    eager = 0.8 * np.log(book.weight) - np.log(-np.log(u)) + roster.csat * book.satisfaction
    there = book.alive(t) if roster.kept is None else book.alive(t) & ~roster.kept[t]
    eager = np.where(there, eager, -np.inf)
    rank = np.argsort(np.argsort(-eager, axis=1), axis=1)
    chosen = rank < roster.sales.active[t][:, None]
    weight = np.where(chosen, np.sqrt(book.weight) * np.exp(0.3 * z), 0)
    part = weight / np.maximum(weight.sum(1, keepdims=True), 1e-12)
    total = np.round(roster.sales.revenue[t] * 100).astype(np.int64)
    rest = total - np.round(total * roster.sales.whale[t]).astype(np.int64)
    cents = np.floor(rest[:, None] * part).astype(np.int64)
    cents[np.arange(len(total)), weight.argmax(1)] += total - cents.sum(1)
    seat, place = np.nonzero(chosen)
    return seat, place, cents[seat, place]


def opportunities(roster: Roster) -> pd.DataFrame:
    """Return deals: closed ones of reps and managers, and those open at the end."""
    deals = pd.concat([_closed(roster), _own(roster), _open(roster)], ignore_index=True)
    deals = deals.sort_values(["created_on", "owner_id", "amount"], ignore_index=True)
    return deals.assign(opportunity_id=[f"D{i:05d}" for i in range(1, len(deals) + 1)])


def _when(condition: np.ndarray, dates: np.ndarray) -> np.ndarray:
    return np.where(condition, dates, np.datetime64("NaT", "D"))


def _closed(roster: Roster) -> pd.DataFrame:
    course, d = roster.course, roster.sales.deals
    told = (np.arange(len(course.person)) >= roster.world.burn)[:, None, None]
    t, n, k = at = np.nonzero(d.closing & told)
    closed = roster.first[t] + (d.day[at] - 1)
    cycle, won = d.cycle[at], d.won[at]
    rated, let_go = ratings(course, d, roster.seed)
    created = closed - cycle
    born, lost = course.setup.book.born[n, d.place[at]], course.setup.book.lost[n, d.place[at]]
    theirs = (born <= t - 3) & (lost > t)
    if roster.kept is not None:
        theirs &= ~roster.kept[t, n, d.place[at]]
    account = np.where(theirs, roster.account_ids[n, d.place[at]], "")
    rival = np.array([*COMPETITORS, ""])[d.rival[at]]
    reason = np.array(LOST_REASONS)[(d.place[at] + k) % len(LOST_REASONS)]
    last = roster.first[-1] - 1
    debriefed = closed + 1 + k % 4
    return pd.DataFrame(
        {
            "owner_id": roster.person_ids[course.person[t, n]],
            "created_on": created,
            "outcome": np.where(won, "won", "lost"),
            "closed_on": closed,
            "amount": d.amount[at],
            "list_amount": d.list_amount[at],
            "account_id": account,
            "segment": np.array(SEGMENTS)[course.setup.book.segment[n, d.place[at]]],
            "competitor": rival,
            "lost_reason": np.where(won, "", reason),
            "probability": rated[at],
            "expected_close_on": closed - d.slip[at],
            "manager_joined_on": _when(d.joined[at], created + (cycle * 6) // 10),
            "pre_call_on": _when(d.prepared[at], created + (cycle * 3) // 10),
            "debriefed_on": _when(d.debriefed[at], np.minimum(debriefed, last)),
            "value_assessed_on": _when(
                assessed(roster.seed, d.won.shape)[at], created + cycle // 4
            ),
            "disqualified": let_go[at],
        }
    )


def _own(roster: Roster) -> pd.DataFrame:
    course, d = roster.course, roster.sales.own
    told = (np.arange(len(course.person)) >= roster.world.burn)[:, None, None]
    t, g, k = at = np.nonzero(d.closing & told)
    closed = roster.first[t] + (d.day[at] - 1)
    return pd.DataFrame(
        {
            "owner_id": roster.person_ids[course.manager[t, g]],
            "created_on": closed - d.cycle[at],
            "outcome": np.where(d.won[at], "won", "lost"),
            "closed_on": closed,
            "amount": d.amount[at],
            "list_amount": d.list_amount[at],
            "account_id": roster.manager_accounts[g, (t + k) % MANAGER_ACCOUNTS],
            "segment": SEGMENTS[0],
            "expected_close_on": closed,
            "disqualified": False,
        }
    )


def _open(roster: Roster) -> pd.DataFrame:
    course, deals = roster.course, roster.sales.open_deals
    u_age, z = stream(roster.seed, "open_deals").random((2, len(deals), CLOSINGS_MAX))
    rng = stream(roster.seed, "open_values")
    u_assessed, z_rated = rng.random((len(deals), CLOSINGS_MAX)), rng.standard_normal(z.shape)
    n, k = at = np.nonzero(np.arange(CLOSINGS_MAX) < deals[:, None])
    last = roster.first[-1] - 1
    length = (last - roster.first[-2]).astype(int) - course.start_day[-1, n] + 2
    created = last - (u_age[at] * length).astype(int)
    list_amount = np.round(np.exp(8 + 0.3 * course.theta[-1, n] + 1.2 * (z[at] - 0.5)))
    return pd.DataFrame(
        {
            "owner_id": roster.person_ids[course.person[-1, n]],
            "created_on": created,
            "outcome": "open",
            "closed_on": np.datetime64("NaT", "D"),
            "amount": np.round(list_amount * 0.92, 2),
            "list_amount": list_amount,
            "segment": np.array(SEGMENTS)[k % len(SEGMENTS)],
            "probability": np.round(logistic(-0.7 + 0.5 * course.theta[-1, n] + z_rated[at]), 1),
            "expected_close_on": created + 45,
            "value_assessed_on": _when(u_assessed[at] < ASSESSED, np.minimum(created + 10, last)),
            "disqualified": False,
        }
    )


def stage_events(deals: pd.DataFrame, last: pd.Timestamp) -> pd.DataFrame:
    """Return when deals entered their stages; a closed deal also enters ``won`` or ``lost``."""
    end = deals["closed_on"].fillna(deals["expected_close_on"])
    length = (end - deals["created_on"]).dt.days
    parts = [
        pd.DataFrame(
            {
                "opportunity_id": deals["opportunity_id"],
                "stage": stage,
                "entered_on": deals["created_on"] + pd.to_timedelta((length * at) // 1, unit="D"),
            }
        )
        for stage, at in STAGES
    ]
    closed = deals[deals["closed_on"].notna()]
    parts.append(
        closed[["opportunity_id"]].assign(stage=closed["outcome"], entered_on=closed["closed_on"])
    )
    events = pd.concat(parts, ignore_index=True)
    events = events[events["entered_on"] <= last]
    return events.sort_values(["opportunity_id", "entered_on"], kind="stable", ignore_index=True)


def activities(roster: Roster) -> pd.DataFrame:
    """Return what people did, in four rows a month and kind with a count."""
    course, sales = roster.course, roster.sales
    told = slice(roster.world.burn, None)
    _, days = month_lengths(roster.world)
    kinds = {
        "discovery_meeting": sales.discovery,
        "proposal_meeting": sales.proposals,
        **{kind: sales.contacts[..., i] for i, kind in enumerate(CONTACTS)},
    }
    mixes = course.setup.manager_mix[np.arange(roster.world.teams), course.slot]
    contacts = np.round(40 * mixes[told]).astype(int) * roster.foremost[told][..., None]
    rows = [
        _spread(roster, kind, count[told], course.person[told], course.start_day[told], days[told])
        for kind, count in kinds.items()
    ] + [
        _spread(
            roster, kind, contacts[..., i], course.manager[told],
            np.ones_like(course.manager[told]), days[told],
        )
        for i, kind in enumerate(CONTACTS)
    ]  # fmt: skip
    return pd.concat(rows, ignore_index=True).sort_values(
        ["person_id", "done_on", "kind"], ignore_index=True
    )


def _spread(
    roster: Roster, kind: str, count: np.ndarray, person: np.ndarray, start: np.ndarray,
    days: np.ndarray,
) -> pd.DataFrame:  # fmt: skip
    parts = []
    month = np.arange(len(count))[:, None] + np.zeros_like(count)
    for week in range(WEEK_CHUNKS):
        here = count // WEEK_CHUNKS + ((week + month) % WEEK_CHUNKS < count % WEEK_CHUNKS)
        span = days[:, None] - start
        day = start + (span * (2 * week + 1)) // (2 * WEEK_CHUNKS)
        some = here > 0
        parts.append(
            pd.DataFrame(
                {
                    "person_id": roster.person_ids[person[some]],
                    "done_on": roster.first[roster.world.burn + month[some]] + (day[some] - 1),
                    "kind": kind,
                    "count": here[some],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
