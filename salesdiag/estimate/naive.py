"""What is computed on such data every day, to be shown beside the answer.

Blanks in the coaching log are read as zero hours, months as independent, results as if nobody
chose whom to coach: as a spreadsheet does. None of these figures decides anything.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from salesdiag.estimate.blocks import Array
from salesdiag.estimate.panel_ols import fixed_effects
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import LEVEL, Interval, Naive
from salesdiag.text import Message
from salesdiag.text import methods as words

MIN_PAIRS = 4


def growth_correlation(
    frame: pd.DataFrame,
    *,
    driver: str = "coaching_hours",
    outcome: str = "revenue",
    unit: str = "rep_id",
    time: str = "month_index",
) -> Naive:
    """Correlate a quarter's mean hours with growth into the next quarter, over reps and quarters.

    Parameters
    ----------
    frame : DataFrame
        Rep-months.

    Raises
    ------
    NotEstimable
        Fewer than four pairs of quarters.
    """
    quarters = _filled(frame, driver).assign(quarter=frame[time] // 3)
    means = quarters.groupby([unit, "quarter"])[[driver, outcome]].mean().reset_index()
    following = means.assign(quarter=means["quarter"] - 1)[[unit, "quarter", outcome]]
    pairs = means.merge(following, on=[unit, "quarter"], suffixes=("", "_next"))
    pairs = pairs[pairs[outcome] > 0]
    growth = pairs[f"{outcome}_next"] / pairs[outcome] - 1
    return pearson(pairs[driver], growth, words.NAIVE_GROWTH())


def level_correlation(
    frame: pd.DataFrame,
    *,
    driver: str = "coaching_hours",
    outcome: str = "revenue",
    unit: str = "rep_id",
) -> Naive:
    """Correlate reps' mean hours with the logarithm of their mean revenue.

    Raises
    ------
    NotEstimable
        Fewer than four reps with revenue.
    """
    means = _filled(frame, driver).groupby(unit)[[driver, outcome]].mean()
    means = means[means[outcome] > 0]
    return pearson(means[driver], np.log(means[outcome]), words.NAIVE_LEVEL())


def pearson(x: pd.Series, y: pd.Series, method: Message) -> Naive:
    """Return Pearson's r with Fisher's interval.

    Raises
    ------
    NotEstimable
        Fewer than four pairs, or one side does not vary.
    """
    known = np.isfinite(x.to_numpy(dtype=float)) & np.isfinite(y.to_numpy(dtype=float))
    a, b = x.to_numpy(dtype=float)[known], y.to_numpy(dtype=float)[known]
    if len(a) < MIN_PAIRS or np.ptp(a) == 0 or np.ptp(b) == 0:
        raise NotEstimable(words.TOO_FEW_PAIRS(n=len(a)))
    found = stats.pearsonr(a, b)
    ends = found.confidence_interval(LEVEL)
    return Naive(
        value=float(found.statistic), low=float(ends.low), high=float(ends.high),
        p_value=float(found.pvalue), method=method,
    )  # fmt: skip


def pooled_ols(frame: pd.DataFrame, **columns: str) -> Naive:
    """Regress log revenue on last month's hours over all rows, as if they were independent.

    Parameters
    ----------
    frame : DataFrame
        Rep-months.
    **columns : str
        ``driver``, ``outcome``, ``unit``, ``time`` where they are called otherwise.

    Returns
    -------
    Naive
        Log points per hour.
    """
    rows = _last_month(frame, **columns)
    found = stats.linregress(rows["x"], rows["y"])
    return normal(float(found.slope), float(found.stderr), words.NAIVE_POOLED(), df=len(rows) - 2)


def two_way(frame: pd.DataFrame, *, group: str = "group_id", **columns: str) -> Naive:
    """Regress log revenue on last month's hours with effects of rep and month.

    Standard errors are clustered by group, with the normal distribution for reference.

    Parameters
    ----------
    frame, **columns
        As in :func:`pooled_ols`.

    Returns
    -------
    Naive
        Log points per hour.
    """
    rows = _last_month(frame, group=group, **columns)
    unit = rows.groupby(["unit", "group"], sort=False).ngroup()
    fit = fixed_effects(
        rows["y"], rows[["x"]], unit, rows["group"], names=["x"], dummies=[rows["time"]]
    )
    if not fit.names:
        raise NotEstimable(words.NO_VARIATION())
    return normal(fit.value("x"), float(np.sqrt(fit.cv1[0, 0])), words.NAIVE_TWO_WAY())


def before_after(
    frame: pd.DataFrame,
    start: pd.Series,
    *,
    outcome: str = "revenue",
    unit: str = "team_id",
    time: str = "month_index",
    months: int = 6,
) -> Naive:
    """Compare units' mean log results after a start with those before it.

    Parameters
    ----------
    frame : DataFrame
        Team-months or rep-months.
    start : Series
        First month with the measure (as in ``time``), indexed by unit.
    months : int
        Months taken on each side.

    Returns
    -------
    Naive
        Log points; t interval over units.

    Raises
    ------
    NotEstimable
        Fewer than two units have months on both sides.
    """
    rows = frame[(frame[outcome] > 0) & frame[unit].isin(start.index)]
    away = rows[time] - rows[unit].map(start)
    rows = rows.assign(y=np.log(rows[outcome]))
    sides = [
        rows[away.between(*ends)].groupby(unit)["y"].mean()
        for ends in ((-months, -1), (0, months - 1))
    ]
    gaps = (sides[1] - sides[0]).dropna().to_numpy()
    if len(gaps) < 2:
        raise NotEstimable(words.TOO_FEW_PAIRS(n=len(gaps)))
    se = float(gaps.std(ddof=1) / np.sqrt(len(gaps)))
    return normal(float(gaps.mean()), se, words.NAIVE_BEFORE_AFTER(), df=len(gaps) - 1)


def plug_in(own: pd.DataFrame) -> dict[str, Interval]:
    """Shrink teams' estimates by the usual recipe, which takes the spread of teams as known.

    The spread is the moment estimate; that it is an estimate, and the mean too, is left out of
    the intervals, which are too short.

    Parameters
    ----------
    own : DataFrame
        Indexed by team, with ``value`` and ``se`` (NaN where a team has none).

    Returns
    -------
    dict
        Interval by team; teams without an estimate are left out.

    References
    ----------
    DerSimonian, R. and Laird, N. (1986), Controlled Clinical Trials 7 (moment estimate);
    Morris, C. N. (1983), JASA 78 (empirical Bayes).
    """
    known = own.dropna(subset=["value", "se"])
    y, variance = known["value"].to_numpy(dtype=float), known["se"].to_numpy(dtype=float) ** 2
    w = 1 / variance
    mean = np.average(y, weights=w) if len(y) else np.nan
    excess = (w * (y - mean) ** 2).sum() - (len(y) - 1)
    room = w.sum() - (w**2).sum() / w.sum() if len(y) > 1 else np.inf
    spread = max(excess / room, 0.0)
    mean = np.average(y, weights=1 / (variance + spread)) if len(y) else np.nan
    trust = spread / (variance + spread)
    value = mean + trust * (y - mean)
    half = stats.norm.ppf((1 + LEVEL) / 2) * np.sqrt(trust * variance)
    return {
        str(team): Interval(value=float(v), low=float(v - h), high=float(v + h), unit="log_points")
        for team, v, h in zip(known.index, value, half, strict=True)
    }


def _filled(frame: pd.DataFrame, driver: str) -> pd.DataFrame:
    return frame.assign(**{driver: frame[driver].fillna(0.0)})


def _last_month(
    frame: pd.DataFrame,
    *,
    driver: str = "coaching_hours",
    outcome: str = "revenue",
    unit: str = "rep_id",
    time: str = "month_index",
    group: str | None = None,
) -> pd.DataFrame:
    rows = _filled(frame, driver)
    earlier = rows[[unit, time, driver]].drop_duplicates([unit, time])
    earlier = earlier.assign(**{time: earlier[time] + 1}).rename(columns={driver: "x"})
    both = rows[rows[outcome] > 0].merge(earlier, on=[unit, time])
    if len(both) < MIN_PAIRS or both["x"].nunique() < 2:
        raise NotEstimable(words.TOO_FEW_PAIRS(n=len(both)))
    names = {unit: "unit", time: "time"} | ({group: "group"} if group else {})
    return both.rename(columns=names).assign(y=np.log(both[outcome]))


def normal(value: float, se: float, method: Message, df: float = np.inf) -> Naive:
    """Return a plain estimate with the interval and p-value of its usual standard error."""
    t: Array = stats.t.ppf((1 + LEVEL) / 2, df)
    p = float(2 * stats.t.sf(abs(value) / se, df)) if se > 0 else np.nan
    return Naive(
        value=value, low=float(value - t * se), high=float(value + t * se), p_value=p, method=method
    )
