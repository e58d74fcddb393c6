"""What top reps do differently: found, looked at again, and as it is found every day.

With twenty behaviours and nothing in any of them, every other company finds a secret of its best
by comparing the top fifth with the middle (:func:`naive_gaps`). :func:`replicate` asks twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from salesdiag.estimate.permute import (
    DRAWS,
    FEWEST,
    MIN_PEOPLE,
    MaxT,
    check_columns,
    max_t,
    usable,
)
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import LEVEL, Interval, Naive
from salesdiag.text import methods as words

SELECTED = 0.10  # p-value of a behaviour alone up to which it is looked at again
MOST_SELECTED = 5  # fewer tests in the held-out people, more power for each


@dataclass(frozen=True, kw_only=True)
class Replication:
    """Behaviours found in some people, tested in others.

    Attributes
    ----------
    discovery : MaxT
        All behaviours in the people of the first half.
    selected : tuple of str
        Behaviours looked at again: p-value up to 10 % alone, five at most, the strongest first; the
        strongest always.
    held_out : MaxT
        The selected ones in the people of the second half, who had no part in their choice. Sizes
        and intervals (which hold for all selected together) are to be read here: those of the
        discovery are too large on average, having been chosen for their size.
    best : str
        Behaviour with the largest statistic in the discovery.
    best_effect : Interval
        Its effect in the held-out people.
    confirmed : tuple of str
        Selected behaviours with adjusted (step-down) p-value up to 5 % and the same sign in the
        held-out people.
    """

    discovery: MaxT
    selected: tuple[str, ...]
    held_out: MaxT
    best: str
    best_effect: Interval
    confirmed: tuple[str, ...]

    @property
    def table(self) -> pd.DataFrame:
        """All behaviours with ``discovery`` (effect there) and whether ``confirmed``.

        ``effect``, ``low``, ``high`` and ``p_step_down`` are those of the held-out people, NaN
        where not selected.
        """
        found = self.discovery.table
        again = self.held_out.table[["effect", "low", "high", "p_step_down"]].reindex(found.index)
        return again.assign(discovery=found["effect"], confirmed=found.index.isin(self.confirmed))


def replicate(
    people: pd.DataFrame,
    behaviours: Sequence[str],
    *,
    result: str = "performance",
    stratum: str = "team_id",
    unit: str = "log_points",
    draws: int = DRAWS,
    seed: int = 0,
) -> Replication:
    """Select behaviours in one half of the people and test them, all together, in the other.

    Parameters
    ----------
    people : DataFrame
        As in :func:`max_t`: behaviours of an earlier period, results of a later one, so that
        luck of one period is not on both sides.
    behaviours, result, stratum, unit, draws, seed
        As in :func:`max_t`; the seed also deals the halves.

    Raises
    ------
    ValueError, NotEstimable
        As in :func:`max_t`, also for either half: with fewer than eight people in each half, none
        can be held out.

    Notes
    -----
    Whole teams are dealt to the halves; where that leaves too few, members within teams are.
    The halves are people, not periods of the same people: who sells well and what he does both
    last, so that what is related by chance in one period is so in the next. With nothing true, 20
    behaviours and nine tenths of the variance of both lasting, the strongest of one period is
    "confirmed" at 5 % in the next in a third of companies (10 or 60 people, 2000 each).

    As the second half had no part in the selection, the chance of any false confirmation is at most
    5 %, whatever the selection. Effects there need no correction for having won.

    References
    ----------
    Cox, D. R. (1975). A note on data-splitting for the evaluation of significance levels.
    Biometrika 62. Westfall and Young (1993), as in :func:`max_t`.
    """
    names = list(behaviours)
    check_columns(people, names, [result, stratum])
    rows, _ = usable(people, names, result, stratum)
    halves = _halves(rows, stratum, seed)
    fewest = min(map(len, halves))
    if fewest < MIN_PEOPLE:
        raise NotEstimable(words.NONE_HELD_OUT(n=fewest, needed=MIN_PEOPLE))

    def test(frame: pd.DataFrame, which: Sequence[str], draws: int = draws) -> MaxT:
        return max_t(
            frame, which, result=result, stratum=stratum, unit=unit, draws=draws, seed=seed
        )

    discovery = test(halves[0], names)
    # what cannot be tested in the second half is known without its results
    known = test(halves[1], names, draws=FEWEST - 1).table.index
    can = [n for n in discovery.table.index if n in known]
    if not can:
        raise NotEstimable(words.NO_BEHAVIOUR(names=names))
    ranked = discovery.table.loc[can].sort_values("t", key=abs, ascending=False, kind="stable")
    best = str(ranked.index[0])
    strong = ranked.index[(ranked["p_value"] <= SELECTED) & (ranked.index != best)]
    selected = (best, *map(str, strong[: MOST_SELECTED - 1]))
    held_out = test(halves[1], selected)
    table = held_out.table
    same = table["effect"] * discovery.table["effect"].reindex(table.index) > 0
    return Replication(
        discovery=discovery, selected=selected, held_out=held_out, best=best,
        best_effect=held_out.interval(best),
        confirmed=tuple(map(str, table.index[same & (table["p_step_down"] <= 1 - LEVEL)])),
    )  # fmt: skip


def naive_gaps(
    people: pd.DataFrame,
    behaviours: Sequence[str],
    *,
    result: str = "performance",
    top: float = 0.2,
) -> dict[str, Naive]:
    """Compare the top fifth with the middle, behaviour by behaviour, as is done every day.

    Parameters
    ----------
    people, behaviours, result
        As in :func:`max_t`; teams play no part.
    top : float
        Share of people at the top, and at the bottom, who are set apart.

    Returns
    -------
    dict
        Behaviour to its gap in SD over all people, with Welch's interval and p-value; a behaviour
        that cannot be compared is absent.

    Raises
    ------
    NotEstimable
        Fewer than eight people have results.
    """
    check_columns(people, list(behaviours), [result])
    rows = people[np.isfinite(people[result].to_numpy(dtype=float))]
    if len(rows) < MIN_PEOPLE:
        raise NotEstimable(words.TOO_FEW_PEOPLE(n=len(rows), needed=MIN_PEOPLE))
    y = rows[result].to_numpy(dtype=float)
    low, high = np.quantile(y, [top, 1 - top])
    best, middle = y > high, (y >= low) & (y <= high)
    gaps = {}
    for name in behaviours:
        x = rows[name].to_numpy(dtype=float)
        known = np.isfinite(x)
        a, b = x[best & known], x[middle & known]
        if min(len(a), len(b)) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
            continue
        sd = float(x[known].std(ddof=1))
        test = stats.ttest_ind(a / sd, b / sd, equal_var=False)
        ends = test.confidence_interval(LEVEL)
        gaps[name] = Naive(
            value=float(a.mean() - b.mean()) / sd, low=float(ends.low), high=float(ends.high),
            p_value=float(test.pvalue), method=words.NAIVE_TOP_GAP(),
        )  # fmt: skip
    return gaps


def _halves(rows: pd.DataFrame, stratum: str, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return two halves: whole teams, or members within teams where that leaves too few."""
    second = rows[stratum].isin(_dealt(rows[stratum], seed))
    if min(second.sum(), (~second).sum()) < MIN_PEOPLE:
        place = np.random.default_rng(seed).permutation(len(rows))
        rank = pd.Series(place, index=rows.index).groupby(rows[stratum]).rank()
        second = rank % 2 == 0
    return rows[~second], rows[second]


def _dealt(team: pd.Series, seed: int) -> list[object]:
    """Return the teams that are held out: dealt at random, each to the half that is smaller."""
    sizes = team.value_counts().sort_index()
    order = np.random.default_rng(seed).permutation(len(sizes))
    people, held = [0, 0], []
    for i in order:
        half = int(people[1] < people[0])
        people[half] += int(sizes.iloc[i])
        if half:
            held.append(sizes.index[i])
    return held
