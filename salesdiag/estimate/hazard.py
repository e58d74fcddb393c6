"""When people leave: spells of tenure, life table, how many stay.

A spell is a stretch of someone's tenure that was watched: from ``entry`` to ``exit`` months after
hiring, ended by leaving or not. Who was hired before the data begin is watched from a later tenure
on (left truncation): he is at risk only from then on, as those who left earlier were never seen.

Months of tenure are numbered from 1: who leaves in month ``m`` was there ``m - 1`` whole months. A
spell is at risk in the months ``entry + 1`` to ``exit``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight

from salesdiag.estimate.blocks import Array
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import LEVEL, Interval
from salesdiag.text import Message
from salesdiag.text import methods as words

MIN_AT_RISK = 5
"""A month of tenure in which fewer were watched says nothing."""
MIN_CURVE_LEAVERS = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class LifeTable:
    """Leavers and those at risk by month of tenure.

    Attributes
    ----------
    month : array, shape (M,)
        1 to M, without gaps.
    at_risk, leavers : array of int, shape (M,)
        Spells that were watched in the month; those of them that ended by leaving.
    spells : int
        Used.
    dropped : mapping
        Spells left out, by cause (``text.methods.CAUSES``).
    """

    month: np.ndarray
    at_risk: np.ndarray
    leavers: np.ndarray
    spells: int
    dropped: Mapping[str, int]


@dataclass(frozen=True, kw_only=True, eq=False)
class PersonMonths:
    """One row per spell and month at risk.

    Attributes
    ----------
    rows : DataFrame
        The spells' columns but ``entry`` and ``exit``; ``tenure`` (month of it, from 1); ``left``,
        whether he left in that month; ``spell``, position among the spells given.
    dropped : mapping
        Spells left out, by cause.
    """

    rows: pd.DataFrame
    dropped: Mapping[str, int]


@dataclass(frozen=True, kw_only=True, eq=False)
class Survival:
    """How many are still there after a time.

    Attributes
    ----------
    table : DataFrame
        By time at which someone left: ``month``, ``at_risk``, ``leavers``, ``survival``, ``se``
        (Greenwood), ``low``, ``high``; up to ``covered`` only.
    at : mapping
        Share still there after the months asked for; NaN beyond ``covered``.
    median : Interval
        Tenure reached by half, months; NaN where fewer than half leave within ``covered``.
    covered : float
        Up to this tenure, at least :data:`MIN_AT_RISK` spells were at risk at any time.
    spells, leavers : int
    dropped : mapping
        Spells left out, by cause.
    method : Message
    """

    table: pd.DataFrame
    at: Mapping[float, Interval]
    median: Interval
    covered: float
    spells: int
    leavers: int
    dropped: Mapping[str, int]
    method: Message


def usable(spells: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the spells that can be used, and how many cannot, by cause.

    Parameters
    ----------
    spells : DataFrame
        ``exit`` (months of tenure), ``left`` (True where the spell ended by leaving) and, where not
        everyone was watched from hiring on, ``entry``.

    Raises
    ------
    ValueError
        A column is missing.
    """
    lacking = {"exit", "left"} - set(spells.columns)
    if lacking:
        raise ValueError(f"spells need the columns {sorted(lacking)}")
    entry = spells["entry"] if "entry" in spells else pd.Series(0.0, index=spells.index)
    numbers = pd.DataFrame({"entry": entry, "exit": spells["exit"]}).astype("float64")
    causes = {
        "tenure_unknown": numbers.isna().any(axis=1) | spells["left"].isna(),
        "before_hiring": numbers["entry"] < 0,
        "no_month_at_risk": numbers["exit"] <= numbers["entry"],
    }
    kept = pd.Series(True, index=spells.index)
    dropped = {}
    for cause, bad in causes.items():
        count = int((kept & bad).sum())
        dropped.update({cause: count} if count else {})
        kept &= ~bad
    rows = spells.assign(**numbers).loc[kept]
    return rows.assign(left=rows["left"].astype(bool)), dropped


def _whole(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    ends = rows[["entry", "exit"]].to_numpy()
    if not (np.isfinite(ends).all() and (ends == np.round(ends)).all()):
        raise ValueError("months of tenure must be whole numbers here")
    whole = ends.astype("int64")
    return whole[:, 0], whole[:, 1]


def life_table(spells: pd.DataFrame, *, until: int | None = None) -> LifeTable:
    """Count leavers and those at risk in each month of tenure.

    Parameters
    ----------
    spells : DataFrame
        As for :func:`usable`, in whole months.
    until : int, optional
        Last month of tenure counted; who stays longer was there to its end.

    References
    ----------
    Singer, J. D. and Willett, J. B. (2003). Applied Longitudinal Data Analysis, ch. 10.

    Examples
    --------
    >>> seen = pd.DataFrame({"entry": [0, 1, 0], "exit": [2, 3, 3], "left": [True, False, True]})
    >>> life_table(seen).at_risk.tolist()
    [2, 3, 2]
    """
    rows, dropped = usable(spells)
    left = rows["left"].to_numpy()
    entry, end = _whole(rows)
    if until is not None:
        early = entry < until
        dropped |= {"later_tenure": int((~early).sum())} if not early.all() else {}
        left = (left & (end <= until))[early]
        entry, end = entry[early], np.minimum(end, until)[early]
    size = int(end.max(initial=0))
    change = np.bincount(entry, minlength=size + 1) - np.bincount(end, minlength=size + 1)
    return LifeTable(
        month=np.arange(1, size + 1),
        at_risk=change.cumsum()[:size],
        leavers=np.bincount(end[left], minlength=size + 1)[1:],
        spells=len(entry),
        dropped=dropped,
    )


def person_months(spells: pd.DataFrame) -> PersonMonths:
    """Return one row per spell and month of tenure at risk.

    Parameters
    ----------
    spells : DataFrame
        As for :func:`usable`, in whole months; further columns are repeated.

    Examples
    --------
    >>> seen = pd.DataFrame({"entry": [3], "exit": [5], "left": [True]})
    >>> person_months(seen).rows[["tenure", "left"]].to_numpy().tolist()
    [[4, False], [5, True]]
    """
    rows, dropped = usable(spells.assign(spell=np.arange(len(spells))))
    entry, end = _whole(rows)
    count = end - entry
    repeated = rows.iloc[np.repeat(np.arange(len(rows)), count)]
    step = np.arange(count.sum()) - np.repeat(count.cumsum() - count, count)
    tenure = np.repeat(entry, count) + step + 1
    last = tenure == np.repeat(end, count)
    table = repeated.drop(columns=["entry", "exit"]).reset_index(drop=True)
    return PersonMonths(
        rows=table.assign(tenure=tenure, left=table["left"].to_numpy() & last), dropped=dropped
    )


def survival(
    spells: pd.DataFrame, *, at: Sequence[float] = (6, 12, 24), level: float = LEVEL
) -> Survival:
    """Estimate how many are still there after each time (Kaplan-Meier, late entry allowed for).

    Parameters
    ----------
    spells : DataFrame
        As for :func:`usable`; fractions of months are allowed.
    at : sequence of float
        Months of tenure asked for.
    level : float
        Of the intervals: Greenwood's variance on the scale of log(-log).

    Raises
    ------
    NotEstimable
        Fewer than five leavers; or hardly anyone was watched from hiring on, so that the curve
        has no beginning.

    Notes
    -----
    With late entry few may be at risk early on, and one who leaves then would bend the whole
    curve; a month nobody was watched in would count as one nobody leaves in. The curve therefore
    ends where fewer than five are at risk for the first time.

    References
    ----------
    Kaplan, E. L. and Meier, P. (1958), JASA 53; Tsai, Jewell and Wang (1987), Biometrika 74.
    """
    rows, dropped = usable(spells)
    entry, end = rows["entry"].to_numpy(), rows["exit"].to_numpy()
    covered = _covered(entry, end)
    leavers = int((rows["left"] & (end <= covered)).sum())
    if covered <= 0:
        raise NotEstimable(words.TENURE_NOT_COVERED(needed=MIN_AT_RISK))
    if leavers < MIN_CURVE_LEAVERS:
        raise NotEstimable(words.TOO_FEW_LEAVERS(n=leavers, needed=MIN_CURVE_LEAVERS))
    curve = SurvfuncRight(end, rows["left"].to_numpy().astype(int), entry=entry)
    table = pd.DataFrame(
        {
            "month": curve.surv_times,
            "at_risk": curve.n_risk.astype("int64"),
            "leavers": curve.n_events.astype("int64"),
            "survival": curve.surv_prob,
            "se": curve.surv_prob_se,
        }
    )
    table = _banded(table[table["month"] <= covered].reset_index(drop=True), level)
    return Survival(
        table=table,
        at={t: _share_at(table, t, covered, level) for t in at},
        median=_median(table, level),
        covered=covered,
        spells=len(rows),
        leavers=leavers,
        dropped=dropped,
        method=words.KAPLAN_MEIER(),
    )


def _covered(entry: Array, end: Array) -> float:
    """Return the tenure up to which enough spells were at risk all along, from hiring on."""
    edges = np.unique(np.concatenate([[0.0], entry, end]))
    after = np.searchsorted(np.sort(entry), edges, "right")
    after = after - np.searchsorted(np.sort(end), edges, "right")
    return float(edges[np.argmax(after < MIN_AT_RISK)])  # behind the last edge there is nobody


def _banded(table: pd.DataFrame, level: float) -> pd.DataFrame:
    s, z = table["survival"].to_numpy(), stats.norm.ppf((1 + level) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.exp(z * table["se"].to_numpy() / (s * np.abs(np.log(s))))
        low, high = s**power, s ** (1 / power)
    return table.assign(low=low, high=high)


def _share_at(table: pd.DataFrame, time: float, covered: float, level: float) -> Interval:
    before = table[table["month"] <= time]
    if time > covered:
        ends = [np.nan] * 3
    elif before.empty:
        ends = [1.0, np.nan, np.nan]
    else:
        ends = before.iloc[-1][["survival", "low", "high"]].astype(float).tolist()
    return Interval(value=ends[0], low=ends[1], high=ends[2], unit="share", level=level)


def _median(table: pd.DataFrame, level: float) -> Interval:
    """Return the first times at which the curve and its band fall below one half."""

    def first(column: str) -> float:
        below = table.loc[table[column] < 0.5, "month"]
        return float(below.iloc[0]) if len(below) else np.nan

    return Interval(
        value=first("survival"), low=first("low"), high=first("high"), unit="months", level=level
    )
