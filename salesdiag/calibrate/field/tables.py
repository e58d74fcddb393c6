"""The tables of the contract, as such a company would write them down."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from salesdiag.calibrate.field.course import MONTH_WEEKS, Made, meeting_day, place_in_team
from salesdiag.calibrate.field.days import WEEKS, stream
from salesdiag.calibrate.field.people import NEVER
from salesdiag.calibrate.field.scene import STAGES, monthly
from salesdiag.schema import DTYPES, TABLE

KINDS = (("one_on_one", 0.6), ("observation", 0.25), ("pipeline_review", 0.15))
STRETCH = 1.05
STAY = np.datetime64("NaT", "D")
Frames = dict[str, pd.DataFrame]


def settings(made: Made) -> dict[str, Any]:
    """Return the content of ``company.toml``."""
    first, last = told(made)
    content: dict[str, Any] = {
        "name": "planted", "currency": "EUR", "data_from": str(first), "data_to": str(last - 1),
    }  # fmt: skip
    return content | ({"coaching": {"hours_set_by": "roster"}} if made.firm.by_design else {})


def told(made: Made) -> tuple[np.datetime64, np.datetime64]:
    """Return the first day told, and the one after the last."""
    starts, burn = made.scene.days.starts, made.firm.burn
    return starts[burn], starts[burn + made.firm.months] - made.firm.cut


def tables(made: Made) -> Frames:
    """Return the tables of a company, with the names, columns and dtypes of the contract."""
    firm = made.firm
    clients = _names("A", firm.territories * firm.accounts, 5)
    coaching = _coaching(made)
    found = {
        "people": _people(made),
        "teams": _teams(made),
        "assignments": _assignments(made),
        "quotas": _quotas(made),
        "orders": _orders(made, clients),
        "coaching": coaching,
        "market": _market(made),
        "absences": _absences(made),
    }
    if firm.clients:
        found["accounts"] = _accounts(made, clients)
    if firm.clocks:
        found["time_log"] = _time_log(made, coaching)
    if firm.pipeline:
        found["opportunities"], found["stage_events"] = _deals(made, clients)
    return {name: _typed(name, frame) for name, frame in found.items() if len(frame)}


def _typed(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    kinds = {c.name: DTYPES[c.kind] for c in TABLE[name].columns if c.name in frame}
    return frame[list(kinds)].astype(kinds).reset_index(drop=True)


def _names(letter: str, count: int, digits: int) -> np.ndarray:
    return np.array([f"{letter}{i:0{digits}d}" for i in range(count)], dtype=object)


def rep_ids(made: Made) -> np.ndarray:
    """Return the ids of the people that each territory had in a row."""
    territories, people = made.scene.people.hired.shape
    return np.array(
        [[f"R{t:04d}{'abcdef'[k]}" for k in range(people)] for t in range(territories)], object
    )


def manager_ids(made: Made) -> np.ndarray:
    """Return the ids of the managers that each team had in a row."""
    people = made.scene.people.hired.shape[1]
    return np.array(
        [[f"M{t:03d}{'abcdef'[k]}" for k in range(people)] for t in range(made.firm.teams)], object
    )


def team_ids(made: Made) -> np.ndarray:
    """Return the ids of the teams."""
    return np.array([f"T{t + 1:02d}" for t in range(made.firm.teams)], object)


def _reps(made: Made) -> pd.DataFrame:
    """Return reps who were there in the time told."""
    people, (first, last) = made.scene.people, told(made)
    seen = (people.hired < last) & (people.left > first)
    territory, k = np.nonzero(seen)
    return pd.DataFrame(
        {
            "person_id": rep_ids(made)[territory, k], "territory": territory,
            "hired_on": people.hired[territory, k], "left_on": people.left[territory, k],
        }
    )  # fmt: skip


def _managers(made: Made) -> pd.DataFrame:
    """Return stretches of managers, by team, in the time told."""
    post, days, burn = made.scene.people.post, made.scene.days, made.firm.burn
    rows = []
    for team in range(made.firm.teams):
        row = post[team, burn : burn + made.firm.months]
        edges = [0, *(np.nonzero(np.diff(row))[0] + 1), len(row)]
        for start, stop in pairwise(edges):
            begin = days.starts[burn + start] if start else days.starts[0]
            end = days.starts[burn + stop] if stop < len(row) else STAY
            rows.append((manager_ids(made)[team, row[start]], team, begin, end))
    return pd.DataFrame(rows, columns=["person_id", "team", "start_on", "end_on"])


def _people(made: Made) -> pd.DataFrame:
    reps, managers = _reps(made), _managers(made)
    gone = reps["left_on"].to_numpy() < told(made)[1]
    reps["left_on"] = np.where(gone, reps["left_on"].to_numpy(), STAY)
    managers = managers.rename(columns={"start_on": "hired_on", "end_on": "left_on"})
    both = pd.concat([reps, managers], ignore_index=True)
    return both.assign(name=both["person_id"])


def _teams(made: Made) -> pd.DataFrame:
    ids, region = team_ids(made), made.scene.people.region
    return pd.DataFrame({"team_id": ids, "name": ids, "region": [f"Region {r}" for r in region]})


def _assignments(made: Made) -> pd.DataFrame:
    """Return who was where: a rep's stretch ends with his job or with a reorganisation."""
    days, team, ids = made.scene.days, made.scene.people.team, team_ids(made)
    cuts = np.nonzero((np.diff(team, axis=0) != 0).any(axis=1))[0] + 1
    edges = [days.starts[0] - 4000, *days.starts[cuts], NEVER]
    months = [0, *cuts]
    reps = _reps(made)
    hired, left = (reps[c].to_numpy().astype("datetime64[D]") for c in ("hired_on", "left_on"))
    parts = []
    for month, begin, end in zip(months, edges[:-1], edges[1:], strict=True):
        start, stop = np.maximum(hired, begin), np.minimum(left, end)
        here = start < stop
        parts.append(
            pd.DataFrame(
                {
                    "person_id": reps["person_id"][here],
                    "team_id": ids[team[month, reps["territory"][here]]],
                    "role": "rep",
                    "start_on": start[here],
                    "end_on": np.where(stop < told(made)[1], stop, STAY)[here],
                }
            )
        )
    managers = _managers(made)
    parts.append(managers.assign(team_id=ids[managers["team"]], role="manager"))
    rows = pd.concat(parts, ignore_index=True)
    # who stayed in the same team through a reorganisation has one stretch
    rows = rows.sort_values(["person_id", "start_on"], kind="stable", ignore_index=True)
    same = rows[["person_id", "team_id", "role"]].eq(rows[["person_id", "team_id", "role"]].shift())
    stretch = (~same.all(axis=1)).cumsum()
    found = rows.groupby(stretch).agg(
        person_id=("person_id", "first"), team_id=("team_id", "first"), role=("role", "first"),
        start_on=("start_on", "first"),
    )  # fmt: skip
    return found.assign(end_on=rows["end_on"].groupby(stretch).nth(-1).to_numpy())


def _quotas(made: Made) -> pd.DataFrame:
    """Return a target a quarter: what the territory usually brings, and a little more."""
    scene, burn = made.scene, made.firm.burn
    usual = monthly(scene.usual)[:, burn : burn + made.firm.months]
    reps = _reps(made)
    amount = np.round(3 * STRETCH * usual.mean(axis=1), -2)[reps["territory"]]
    parts = []
    for month in range(burn, burn + made.firm.months):
        if scene.days.of_year[month] % 3 and month > burn:
            continue
        begin = scene.days.starts[month - scene.days.of_year[month] % 3]
        end = scene.days.starts[month] + 90
        here = (reps["hired_on"] < end) & (reps["left_on"] > scene.days.starts[month])
        parts.append(
            pd.DataFrame({"owner_id": reps["person_id"][here], "amount": amount[here.to_numpy()]})
            .assign(period=begin, period_kind="quarter")
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _accounts(made: Made, clients: np.ndarray) -> pd.DataFrame:
    """Return clients; each belongs to the one who has the territory last."""
    people, (_, last) = made.scene.people, told(made)
    k = np.maximum((people.hired < last).sum(axis=1) - 1, 0)
    owner = rep_ids(made)[np.arange(len(k)), k]
    return pd.DataFrame(
        {"account_id": clients, "owner_id": np.repeat(owner, made.firm.accounts), "name": clients}
    )


def _owner(made: Made, territory: np.ndarray, day: np.ndarray) -> np.ndarray:
    return np.asarray(rep_ids(made)[territory, made.scene.people.who[territory, day]])


def _in_view(made: Made, day: np.ndarray) -> np.ndarray:
    date, (first, last) = made.scene.days.date[day], told(made)
    return np.asarray((date >= first) & (date < last))


def own_deals(made: Made) -> pd.DataFrame:
    """Return managers' own deals in view: team, day, amount."""
    scene = made.scene
    rng = stream(made.seed, "closings")
    shape = scene.own.shape
    place, z = rng.random((2, *shape))
    team, quarter, _ = at = np.nonzero(scene.own)
    of_quarter = np.searchsorted(scene.days.quarter, np.arange(shape[1] + 1))
    edge = scene.days.first[of_quarter]
    day = edge[quarter] + (place[at] * (edge[quarter + 1] - edge[quarter])).astype(int)
    amount = made.firm.deal_value * np.exp(made.firm.deal_sd * (2 * z[at] - 0.5))
    own = pd.DataFrame({"team": team, "day": day, "amount": amount})
    return own[_in_view(made, day)].reset_index(drop=True)


def _own_owner(made: Made, own: pd.DataFrame) -> np.ndarray:
    month = made.scene.days.month[own["day"]]
    return np.asarray(manager_ids(made)[own["team"], made.scene.people.post[own["team"], month]])


def _orders(made: Made, clients: np.ndarray) -> pd.DataFrame:
    """Return invoices: of repeat orders, of won deals, and of what managers sold."""
    chances, days = made.scene.chances, made.scene.days
    paid = (made.money > 0) & _in_view(made, chances.day)
    territory, day = chances.territory[paid], chances.day[paid]
    own = own_deals(made)
    amount = np.concatenate([made.money[paid], own["amount"]])
    account = clients[territory * made.firm.accounts + chances.client[paid]]
    # a manager's clients are those of the first territory of his team
    theirs = clients[own["team"] * made.firm.reps * made.firm.accounts]
    return pd.DataFrame(
        {
            "order_id": _names("I", len(amount), 7),
            "account_id": np.concatenate([account, theirs]),
            "owner_id": np.concatenate([_owner(made, territory, day), _own_owner(made, own)]),
            "ordered_on": days.date[np.concatenate([day, own["day"]])],
            "amount": np.round(amount, 2),
        }
    )


def _deals(made: Made, clients: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return deals and the stages they entered, as they stood on the last day told."""
    chances, days, firm = made.scene.chances, made.scene.days, made.firm
    begin, end = (int(np.searchsorted(days.date, edge)) for edge in told(made))
    deal = chances.id >= 0
    won = made.money > 0
    closed = np.where(won, chances.day, chances.gone)
    some = np.nonzero(deal & (closed >= begin) & (chances.created < end))[0]
    # a deal lost while the territory is empty is closed by nobody, and not written down
    there = made.scene.people.there[chances.territory[some], np.minimum(closed[some], end - 1)]
    some = some[there]
    still = closed[some] >= end
    won, closed, created = won[some], closed[some], chances.created[some]
    owner = _owner(made, chances.territory[some], np.minimum(closed, end - 1))
    amount = chances.amount[some]
    own = own_deals(made)
    asked = np.maximum(own["day"].to_numpy() - 30, 0)
    ids = _names("D", len(some) + len(own), 6)
    due = chances.expected[some]
    later = np.maximum(due - (len(days.date) - 1), 0)
    expected = days.date[due - later] + later * 7 // 5
    paid = np.where(won & ~still, made.money[some], amount)
    deals = pd.DataFrame(
        {
            "opportunity_id": ids,
            "owner_id": np.concatenate([owner, _own_owner(made, own)]),
            "created_on": days.date[np.concatenate([created, asked])],
            "outcome": np.concatenate(
                [np.where(still, "open", np.where(won, "won", "lost")), np.full(len(own), "won")]
            ),
            "closed_on": np.concatenate(
                [np.where(still, STAY, days.date[closed]), days.date[own["day"]]]
            ),
            "amount": np.round(np.concatenate([paid, own["amount"]]), 2),
            "account_id": np.concatenate(
                [
                    clients[chances.territory[some] * firm.accounts + chances.client[some]],
                    clients[own["team"] * firm.reps * firm.accounts],
                ]
            ),
            "expected_close_on": np.concatenate([expected, days.date[own["day"]]]),
        }
    )
    length = np.maximum(due - created, 1)
    parts = []
    for name, share, _ in STAGES:
        entered = created + np.floor(share * length).astype(int)
        passed = np.nonzero((entered <= closed) & (entered < end))[0]
        parts.append((ids[passed], name, days.date[entered[passed]]))
    stages = [
        pd.DataFrame({"opportunity_id": deal, "stage": name, "entered_on": on})
        for deal, name, on in parts
    ]
    over = deals[deals["outcome"] != "open"]
    last = {"outcome": "stage", "closed_on": "entered_on"}
    ended = over[["opportunity_id", *last]].rename(columns=last)
    return deals, pd.concat([*stages, ended], ignore_index=True)


def _coaching(made: Made) -> pd.DataFrame:
    """Return meetings of manager and rep."""
    scene, firm = made.scene, made.firm
    day, place = meeting_day(scene), np.repeat(place_in_team(scene), WEEKS, axis=1)
    u = stream(made.seed, "kinds").random(day.shape)
    shares = np.cumsum([share for _, share in KINDS])
    # one meeting of a manager's day at most is no one-on-one, so that none looks like a group's
    alone = place < np.diff(np.searchsorted(scene.days.block, np.arange(firm.span * WEEKS + 1)))
    kind = np.where(alone, np.minimum(np.searchsorted(shares, u), len(KINDS) - 1), 0)
    held = (made.minutes > 0) & _in_view(made, day)
    territory, week = np.nonzero(held)
    month = week // WEEKS
    team = scene.people.team[month, territory]
    return pd.DataFrame(
        {
            "manager_id": manager_ids(made)[team, scene.people.post[team, month]],
            "rep_id": _owner(made, territory, day[held]),
            "held_on": scene.days.date[day[held]],
            "minutes": made.minutes[held],
            "kind": np.array([name for name, _ in KINDS], object)[kind[held]],
        }
    )


def _time_log(made: Made, coaching: pd.DataFrame) -> pd.DataFrame:
    """Return managers' weeks: what they coached, what their own deals took, and the rest."""
    scene, firm, (first, last) = made.scene, made.firm, told(made)
    monday = first + (7 - (first.astype(int) + 3) % 7) % 7
    weeks = np.arange(monday, last - 6, 7)
    start = scene.days.number(weeks)
    end = int(np.searchsorted(scene.days.date, last))
    work = np.add.reduceat(scene.people.leads[:, :end], start, axis=1, dtype=int)
    length = np.diff(np.append(start, end))
    there = np.minimum(work / np.maximum(length, 1), 1)
    on = coaching["held_on"].to_numpy().astype("datetime64[D]")
    week = (on - monday).astype(int) // 7
    team = coaching["manager_id"].str.slice(1, 4).astype(int).to_numpy()
    inside = (week >= 0) & (week < len(weeks))
    hours = np.zeros((firm.teams, len(weeks)))
    np.add.at(hours, (team[inside], week[inside]), coaching["minutes"].to_numpy()[inside] / 60)
    month = scene.days.month[start]
    own = scene.own.sum(axis=2)[:, scene.days.quarter[month]]
    selling = firm.own_hours * own / (3 * MONTH_WEEKS) * there
    rest = np.maximum(firm.capacity * there - hours - selling, 0)
    post = scene.people.post[:, month]
    who = np.take_along_axis(manager_ids(made), post, axis=1)
    found = {"coaching": hours, "own_selling": selling, "admin": rest * 0.6,
             "internal_meetings": rest * 0.4}  # fmt: skip
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "person_id": who.ravel(),
                    "week": np.tile(weeks, firm.teams),
                    "category": category,
                    "hours": np.round(amount, 2).ravel(),
                    "source": "calendar",
                }
            )
            for category, amount in found.items()
        ],
        ignore_index=True,
    )


def _market(made: Made) -> pd.DataFrame:
    days, burn = made.scene.days, made.firm.burn
    months = np.arange(burn, burn + made.firm.months)
    region = np.arange(made.firm.regions)
    amount = 1e7 * np.exp(made.scene.market[:, months])
    return pd.DataFrame(
        {
            "region": np.repeat([f"Region {r}" for r in region], len(months)),
            "period": np.tile(days.starts[months], len(region)),
            "amount": np.round(amount.ravel(), -2),
        }
    )


def _absences(made: Made) -> pd.DataFrame:
    """Return when managers were away, each time once; the end is the first day back."""
    scene, (first, last) = made.scene, told(made)
    people, days = scene.people, scene.days
    kind: np.ndarray = np.full(people.leads.shape, "", dtype="U8")
    for (team, start, stop), name in zip(people.away, people.kind, strict=True):
        kind[team, start:stop] = name  # where several meet, the one drawn last
    inside = (days.date >= first) & (days.date < last)
    post = people.post[:, days.month]
    new: np.ndarray = np.ones(kind.shape, bool)
    new[:, 1:] = (kind[:, 1:] != kind[:, :-1]) | (post[:, 1:] != post[:, :-1])
    new[:, 1:] |= inside[1:] != inside[:-1]
    begin = np.nonzero(new.ravel())[0]
    end = np.append(begin[1:], new.size) - 1
    team, start = np.divmod(begin, kind.shape[1])
    stop = end % kind.shape[1]
    away = (kind[team, start] != "") & inside[start]
    team, start, stop = team[away], start[away], stop[away]
    return pd.DataFrame(
        {
            "person_id": manager_ids(made)[team, post[team, start]],
            "start_on": days.date[start],
            "end_on": days.date[stop] + 1,
            "kind": kind[team, start],
        }
    )
