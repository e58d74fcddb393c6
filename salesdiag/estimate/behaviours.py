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

from salesdiag.estimate.permute import DRAWS, MIN_PEOPLE, MaxT, check_columns, max_t, usable
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import LEVEL, Interval, Naive
from salesdiag.text import methods as words


@dataclass(frozen=True, kw_only=True)
class Replication:
    """Behaviours found in some teams, looked at again in the others.

    Attributes
    ----------
    whole, discovery, held_out : MaxT
        All teams, and the two halves.
    best : str
        Behaviour with the largest statistic in the discovery teams.
    best_effect : Interval
        Its effect in the held-out teams, which had no part in its choice; the interval is for this
        one behaviour. Its effect in the discovery teams is too large on average, having been
        chosen for its size.
    confirmed : tuple of str
        Behaviours with adjusted (step-down) p-value up to 5 % in all teams and one sign in both
        halves.
    """

    whole: MaxT
    discovery: MaxT
    held_out: MaxT
    best: str
    best_effect: Interval
    confirmed: tuple[str, ...]

    @property
    def table(self) -> pd.DataFrame:
        """All teams' table with each half's effect and whether the behaviour is confirmed."""
        table = self.whole.table
        return table.assign(
            discovery=self.discovery.table["effect"].reindex(table.index),
            held_out=self.held_out.table["effect"].reindex(table.index),
            confirmed=table.index.isin(self.confirmed),
        )


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
    """Test behaviours in all teams and in two halves of them, one to find and one to look again.

    Parameters
    ----------
    people : DataFrame
        As in :func:`max_t`: behaviours of an earlier period, results of a later one, so that
        luck of one period is not on both sides.
    behaviours, result, stratum, unit, draws, seed
        As in :func:`max_t`; the seed also deals the teams to the halves.

    Raises
    ------
    ValueError, NotEstimable
        As in :func:`max_t`, also for either half: with fewer than eight people in each half, no
        teams can be held out.
    """
    names = list(behaviours)
    check_columns(people, names, [result, stratum])
    rows, _ = usable(people, names, result, stratum)
    second = rows[stratum].isin(_dealt(rows[stratum], seed))
    halves = rows[~second], rows[second]
    fewest = min(map(len, halves))
    if fewest < MIN_PEOPLE:
        raise NotEstimable(words.NONE_HELD_OUT(n=fewest, needed=MIN_PEOPLE))

    def test(frame: pd.DataFrame, which: Sequence[str]) -> MaxT:
        return max_t(
            frame, which, result=result, stratum=stratum, unit=unit, draws=draws, seed=seed
        )

    whole, discovery, held_out = test(people, names), *(test(half, names) for half in halves)
    both = [n for n in discovery.table.index if n in held_out.table.index]
    if not both:
        raise NotEstimable(words.NO_BEHAVIOUR(names=names))
    best = str(discovery.table.loc[both, "t"].abs().idxmax())
    found = whole.table.index[whole.table["p_step_down"] <= 1 - LEVEL]
    one_sign = discovery.table["effect"] * held_out.table["effect"] > 0
    return Replication(
        whole=whole, discovery=discovery, held_out=held_out, best=best,
        best_effect=test(halves[1], [best]).interval(best),
        confirmed=tuple(str(n) for n in found if one_sign.get(n, False)),
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
