"""Clients as a table: what they are like, and whose they are when."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesdiag.simulate import names
from salesdiag.simulate.accounts import SEGMENTS
from salesdiag.simulate.roster import MANAGER_ACCOUNTS, NEVER, Roster, spells

_GONE = 10**6


def accounts(roster: Roster) -> pd.DataFrame:
    """Return the clients, with their last owners."""
    book = roster.course.setup.book
    seat, place = np.nonzero(roster.account_ids != "")
    ids = roster.account_ids[seat, place]
    stop = roster.known[1][seat]
    lost = book.lost[seat, place]
    owner = roster.owner(np.minimum(lost, stop) - 1, seat, place)
    potential = roster.world.ticket * 12 * book.weight[seat, place]
    sold = pd.DataFrame(
        {
            "account_id": ids,
            "owner_id": roster.person_ids[owner],
            "name": [names.client(i) for i in range(len(ids))],
            "segment": np.array(SEGMENTS)[book.segment[seat, place]],
            "target_fit": np.round(book.fit[seat, place], 2),
            "potential": np.round(potential, -2),
            "acquired_on": _month_date(roster, book.born[seat, place]),
            "lost_on": _month_date(roster, np.where(lost < stop, lost, _GONE)),
        }
    )
    manager = roster.course.manager[
        len(roster.exists) - 1 - roster.exists[::-1].argmax(0), np.arange(roster.world.teams)
    ]
    kept = pd.DataFrame(
        {
            "account_id": roster.manager_accounts.ravel(),
            "owner_id": np.repeat(roster.person_ids[manager], MANAGER_ACCOUNTS),
            "name": [names.client(len(ids) + i) for i in range(roster.manager_accounts.size)],
            "segment": np.resize(SEGMENTS, roster.manager_accounts.size),
            "target_fit": 0.75,
            "potential": np.round(roster.world.ticket * 48, -2),
            "acquired_on": roster.first[0] - 365,
            "lost_on": NEVER,
        }
    )
    return pd.concat([sold, kept], ignore_index=True)


def _month_date(roster: Roster, month: np.ndarray) -> np.ndarray:
    """Return the first days of months of the simulation, NaT for those after it."""
    start = roster.first[0].astype("datetime64[M]")
    dates = (start + np.minimum(month, 5000)).astype("datetime64[D]")
    return np.where(month >= len(roster.course.person), NEVER, dates)


def account_owners(roster: Roster) -> pd.DataFrame:
    """Return who had which client when."""
    book = roster.course.setup.book
    acquired, lost = _month_date(roster, book.born), _month_date(roster, book.lost)
    ever_kept = np.zeros(book.born.shape, bool)
    parts = []
    for (seat, place), whose in roster.kept_owners.items():
        ever_kept[seat, place] = True
        parts += _turns(roster, seat, place, whose)
    for s in roster.seats:
        ids = roster.account_ids[s.place]
        held = (book.born[s.place] < s.stop) & (book.lost[s.place] > s.first) & (ids != "")
        held &= ~ever_kept[s.place]
        start = np.maximum(acquired[s.place, held], roster.start(s))
        end = np.fmin(lost[s.place, held], roster.end(s))
        parts.append((ids[held], roster.person_ids[s.person], start, end))
    for s in roster.posts:
        ids = roster.manager_accounts[s.place]
        start = np.full(len(ids), max(roster.start(s), roster.first[0] - 365))
        parts.append((ids, roster.person_ids[s.person], start, np.full(len(ids), roster.end(s))))
    return pd.concat(
        [
            pd.DataFrame({"account_id": i, "owner_id": p, "start_on": a, "end_on": b})
            for i, p, a, b in parts
        ],
        ignore_index=True,
    ).sort_values(["account_id", "start_on"], ignore_index=True)


def _turns(
    roster: Roster, seat: int, place: int, whose: np.ndarray
) -> list[tuple[np.ndarray, np.str_, np.ndarray, np.ndarray]]:
    """Return who had a client that was kept for a while, as the rows of one owner each."""
    book, known = roster.course.setup.book, (edge[seat] for edge in roster.known)
    opens, closes = known
    acquired = _month_date(roster, book.born[seat, [place]])
    lost = _month_date(roster, book.lost[seat, [place]])
    there = (np.arange(len(whose)) < closes) & roster.exists[:, roster.course.setup.team[seat]]
    turns = []
    for s in spells(np.where(there, whose, -1)[:, None]):
        last = min(s.stop, book.lost[seat, place])
        if last > max(s.first, opens, book.born[seat, place]):
            start = np.maximum(acquired, max(roster.start(s), roster.hired(s.person)))
            end = np.fmin(lost, roster.end(s))
            row = (roster.account_ids[seat, [place]], roster.person_ids[s.person], start, end)
            turns.append(row)
    return turns
