"""Bridges between two quarters, rep by rep, for the company and all its teams together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from salesdiag.claims.keeping import kept
from salesdiag.claims.quarters import compared_quarters, panel_of
from salesdiag.company import Company
from salesdiag.estimate.decompose import bootstrap_totals, bridge
from salesdiag.estimate.proportion import MIN_CLUSTERS
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.text import claims as words

SEED = 20251231  # resampling gives the same interval every time
ENDS = ("joined", "left", "change")


def bridged(
    company: Company,
    measure: Callable[[pd.DataFrame, Sequence[str]], pd.DataFrame],
    factors: Sequence[str],
    by: Sequence[str],
) -> pd.DataFrame:
    """Return the bridge of each rep between the quarters compared, with revenue on both sides.

    Returns are added where the rep's change stands; those of a rep who stayed are added to the
    last factor. ``was`` and ``now`` say whether the rep is on a side; what its factors make is
    ``made_``, what goes back ``returned_``.
    """
    panel, keys = panel_of(company, by), [*by, "rep_id"]
    both = [
        measure(panel.loc[panel["quarter"] == quarter], keys)
        for quarter in compared_quarters(company)
    ]
    result = bridge(both[0], both[1], factors)
    was, now = (result.index.isin(side.index) for side in both)
    back = [side["returns"].reindex(result.index, fill_value=0.0) for side in both]
    made = [side[list(factors)].prod(axis=1).reindex(result.index) for side in both]
    change = back[1] - back[0]
    result["joined"] += change.where(~was, 0.0)
    result["left"] += change.where(~now, 0.0)
    result[factors[-1]] += change.where(was & now, 0.0)
    result["change"] += change
    for side, there, product, returns in zip(("was", "now"), (was, now), made, back, strict=True):
        result[side], result[f"made_{side}"], result[f"returned_{side}"] = there, product, returns
    return result.reset_index()


def ends(moved: pd.DataFrame) -> tuple[float, float]:
    """Return the revenue of all reps before and after.

    Raises
    ------
    NotEstimable
        Nobody was there on one side, or there was no revenue to grow from.
    """
    sums = []
    for side in ("was", "now"):
        there = moved[side].to_numpy()
        if not there.any():
            raise NotEstimable(words.NO_TWO_PERIODS())
        parts = (moved[f"{name}_{side}"].to_numpy()[there] for name in ("made", "returned"))
        sums.append(float(sum(np.nansum(part) for part in parts)))
    start, end = sums
    if not start > 0:
        raise NotEstimable(words.NOTHING_SOLD())
    return start, end


def resampled(
    parts: pd.DataFrame, factors: Sequence[str], groups: pd.Series | None
) -> pd.DataFrame:
    """Return the total of each part of a bridge, with its interval.

    Groups of teams (of each rep: ``groups``) are resampled, as what moves a whole team moves all
    its reps. Without groups, or with fewer than five, there is no interval: everything there is
    was counted.
    """
    # copied side by side: the last digit of a sum depends on how columns lie in memory
    columns = {c: parts[c].to_numpy() for c in (*factors, *ENDS)}
    table = pd.DataFrame(columns)
    if groups is None or groups.nunique() < MIN_CLUSTERS:
        return pd.DataFrame({"value": table.sum(), "low": math.nan, "high": math.nan})
    drawn = bootstrap_totals(table.groupby(groups.to_numpy()).sum(), seed=SEED)
    return drawn.assign(value=table.sum())


def groups_of(company: Company, team: str | None, reps: pd.Series) -> pd.Series | None:
    """Return the group of teams that each rep was last in; None for the reps of one team."""
    if team is not None:
        return None
    return reps.map(kept(company, "last group", lambda: _last_group(company)))


def _last_group(company: Company) -> pd.Series:
    panel = panel_of(company, ())
    known = panel.loc[panel["quarter"].isin(compared_quarters(company))]
    return known.sort_values("month", kind="stable").groupby("rep_id")["group_id"].last()


def steps(totals: pd.DataFrame, start: float, end: float) -> pd.DataFrame:
    """Return the rows of a bridge: the total before, each part, the total after."""
    parts, whole = totals.iloc[:-1], [math.nan]  # the last is the change itself
    return pd.DataFrame(
        {
            "step": ["before", *parts.index, "after"],
            "value": [start, *parts["value"].tolist(), end],
            "kind": ["total", *["part"] * len(parts), "total"],
            "low": whole + parts["low"].tolist() + whole,
            "high": whole + parts["high"].tolist() + whole,
        }
    )
