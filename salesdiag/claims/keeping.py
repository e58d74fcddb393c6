"""What is worked out once for a company, however many teams and claims ask for it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise
from typing import TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from salesdiag.company import Company
from salesdiag.estimate.refusal import NotEstimable

T = TypeVar("T")
_kept: WeakKeyDictionary[Company, dict[Hashable, object]] = WeakKeyDictionary()


def kept(company: Company, key: Hashable, make: Callable[[], T]) -> T:
    """Return what was made for a company before, or make and keep it; a refusal is kept too."""
    store = _kept.setdefault(company, {})
    if key not in store:
        try:
            store[key] = make()
        except NotEstimable as refusal:
            store[key] = refusal
    found = store[key]
    if isinstance(found, NotEstimable):
        raise found
    return found  # type: ignore[return-value]


class ByTeam:
    """A frame's rows by team: a team's are a slice of the frame in the order of teams.

    Parameters
    ----------
    frame : DataFrame
        With ``team_id``; rows without a team are nobody's.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        team, names = pd.factorize(frame["team_id"], sort=True)
        order = np.argsort(team, kind="stable")
        self._rows = frame.drop(columns="team_id").iloc[order]
        edges = np.searchsorted(team[order], np.arange(len(names) + 1))
        self._slices = {
            str(name): slice(*ends) for name, ends in zip(names, pairwise(edges), strict=True)
        }

    def __getitem__(self, team: str) -> pd.DataFrame:
        """Return a team's rows, none where it has none; ``team_id`` is left out."""
        return self._rows.iloc[self._slices.get(team, slice(0))].reset_index(drop=True)


def table_of(
    company: Company,
    key: Hashable,
    team: str | None,
    make: Callable[[Sequence[str]], pd.DataFrame],
) -> pd.DataFrame:
    """Return a table about a company, or the same table about one team.

    The teams' tables are made together the first time that a team is asked for: work per team
    must not grow with the rows of the whole company.

    Parameters
    ----------
    company : Company
    key : hashable
        Names the table.
    team : str or None
        None is the whole company.
    make : callable
        ``make(by)`` returns the table; ``by`` holds the columns by which groups are to be formed
        beside the table's own: none, or ``team_id``, which the table must then have as a column.
    """
    if team is None:
        return kept(company, (key, "company"), lambda: make(()))
    return kept(company, (key, "teams"), lambda: ByTeam(make(("team_id",))))[team]
