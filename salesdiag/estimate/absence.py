"""Managers' absences: what happens to reps' results when hours stop for reasons of their own.

A manager's leave takes hours from a whole team at once, whoever of it was doing well. Each absence
is compared with teams whose managers were there in the same months (a stack), as a difference of
differences; what results lose over the months from the start is divided by what hours lose. With
few absences the hours lost are a weak instrument, so that the interval is the Anderson-Rubin one,
which with one instrument is Fieller's of a ratio: it may be unbounded, and says so.

References
----------
Anderson, T. W. and Rubin, H. (1949), Annals of Mathematical Statistics 20; Fieller, E. C. (1954),
JRSS B 16; Andrews, I., Stock, J. H. and Sun, L. (2019), Annual Review of Economics 11; Cengiz, D.,
Dube, A., Lindner, A. and Zipperer, B. (2019), Quarterly Journal of Economics 134 (stacked events).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from salesdiag.estimate.blocks import Array, Blocks, Codes, determined, dummy_columns
from salesdiag.estimate.panel_ols import jackknife_se
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import LEVEL, Estimate, Interval
from salesdiag.text import methods as words

BEFORE, LEADS, AFTER = 6, 3, 4
"""Months of an event before its start, those of them tested, and months after the first: time for
an absence of two months and for what an hour does within three."""
LEAST_GROUPS = 5
LEAST_CONTROLS = 3
MIN_EXPOSURE = 0.5
TINY = 1e-9  # sum of squares of a regressor that nobody has


@dataclass(frozen=True, kw_only=True)
class AbsenceEffect:
    """What an hour did, as told by managers' absences.

    Attributes
    ----------
    estimate : Estimate
        Log points of a month's result per hour a month, both over the months from the start on.
        With a constant effect of every hour, whenever it arrives within these months, that is the
        sum of what an hour does.
    interval : Interval
        Anderson-Rubin, 95 %; an end is infinite where the data do not bound it, both are where
        hours did not fall for sure.
    hours, results : Estimate
        Change a month of hours (``hours``) and of results (log points) of reps whose manager went
        away.
    before_p_value : float
        Joint test that results did not move in the three months before.
    by_month : DataFrame
        ``month`` since the start, ``value``, ``low``, ``high`` of results, ``hours``.
    events, absent_groups : int
        Absences used and independent groups they belong to.
    """

    estimate: Estimate
    interval: Interval
    hours: Estimate
    results: Estimate
    before_p_value: float
    by_month: pd.DataFrame
    events: int
    absent_groups: int


@dataclass(frozen=True)
class _Event:
    """An absence: months ``first`` to ``last`` of a manager of a group."""

    manager: str
    group: int
    first: int
    last: int

    def overlaps(self, other: _Event, after: int) -> bool:
        """Say whether this other absence falls into months that an event is told from."""
        before = self.first < other.first and self.last >= other.first - BEFORE
        return before or other.last < self.first <= other.first + after


def absence_effect(
    frame: pd.DataFrame,
    events: pd.DataFrame,
    *,
    driver: str,
    outcome: str = "revenue",
    after: int = AFTER,
) -> AbsenceEffect:
    """Estimate the effect of an hour from managers' absences.

    Parameters
    ----------
    frame : DataFrame
        Rep-months: ``rep_id``, ``team_id``, ``group_id``, ``manager_id``, ``month_index``,
        ``days_present``, ``complete``, the outcome (money) and the driver (hours; NaN: unknown).
    events : DataFrame
        Absences: ``manager_id``, ``first``, ``last`` (as in ``month_index``).
    driver, outcome : str
    after : int
        Months after an absence's first month over which hours and results are added up.

    Raises
    ------
    NotEstimable
        Fewer than five groups have an absence with six months before it in which nobody of the
        group was away, or none can be compared with three groups whose managers were there.

    Notes
    -----
    Uncertainty is the jackknife over groups, referred to t with one degree of freedom less than
    groups with an absence: they, not those they are compared with, are what is few.
    """
    rows, groups = _rows(frame, driver, outcome)
    known = _events(rows, events)
    usable, dropped = _usable(rows, known, after)
    absent = {e.group for e in usable}
    if len(absent) < LEAST_GROUPS:
        raise NotEstimable(words.TOO_FEW_ABSENCES(n=len(absent), needed=LEAST_GROUPS))
    zz, zt, n = np.zeros(()), np.zeros(()), 0
    for event in usable:
        part = _stack(rows, event, known, after)
        own_zz, own_zt = _products(part, after, len(groups))
        zz, zt, n = zz + own_zz, zt + own_zt, n + len(part)
    months: Codes = np.arange(-LEADS, after + 1, dtype=np.intp)
    later = (months >= 0).astype(float)[:, None]
    path = _solved(zz, zt)
    mean = _solved(later.T @ zz @ later, later.T @ zt)
    df = len(absent) - 1

    def told(values: Array, unit: str) -> Estimate:
        value, loo = float(values[-1]), values[:-1]
        return Estimate(
            value=value, se=jackknife_se(value, loo), df=df, unit=unit, n=n, groups=len(groups),
            method=words.ABSENCES(df=df), dropped=dropped,
            leave_one_out=dict(zip(map(str, groups), loo.tolist(), strict=True)),
        )  # fmt: skip

    if not np.isfinite(mean).all():
        raise NotEstimable(words.ONE_GROUP_DECIDES())
    results, hours = told(mean[:, 0, 0], "log_points"), told(mean[:, 0, 1], "ratio")
    ratio = told(mean[:, 0, 0] / mean[:, 0, 1], "log_points")
    return AbsenceEffect(
        estimate=ratio,
        interval=anderson_rubin(results, hours),
        hours=hours,
        results=results,
        before_p_value=_joint(path[:, :LEADS, 0], df),
        by_month=_path(path, months, df),
        events=len(usable),
        absent_groups=len(absent),
    )


def anderson_rubin(results: Estimate, hours: Estimate, level: float = LEVEL) -> Interval:
    """Return the Anderson-Rubin interval of results per hour, from the jackknife of both changes.

    It holds every ``b`` for which ``results - b * hours`` is not told from 0. Where that set is
    the outside of an interval, both ends are infinite: it excludes too little to be drawn.
    """
    y, x = results.value, hours.value
    both = np.array([[results.leave_one_out[g] - y, hours.leave_one_out[g] - x]
                     for g in results.leave_one_out])  # fmt: skip
    v = (len(both) - 1) / len(both) * both.T @ both
    c = float(stats.t.ppf((1 + level) / 2, results.df)) ** 2
    a, half, rest = x**2 - c * v[1, 1], x * y - c * v[0, 1], y**2 - c * v[0, 0]
    low, high = -math.inf, math.inf
    if a > 0:  # hours fell for sure: the set is bounded
        root = math.sqrt(max(half**2 - a * rest, 0.0))
        low, high = (half - root) / a, (half + root) / a
    return Interval(value=y / x, low=low, high=high, unit=results.unit, level=level)


def _rows(frame: pd.DataFrame, driver: str, outcome: str) -> tuple[pd.DataFrame, list[object]]:
    """Return usable rows with codes of groups and units, log results, and the groups' names."""
    level = frame[outcome] / frame["days_present"]
    good = frame["complete"] & (frame["days_present"] >= MIN_EXPOSURE)
    good &= (level > 0) & frame[driver].notna()
    rows = frame.loc[good, ["manager_id", "month_index"]].assign(
        y=np.log(level[good]), x=frame.loc[good, driver].astype(float)
    )
    rows["group"], names = pd.factorize(frame.loc[good, "group_id"], sort=True)
    rows["unit"] = frame.loc[good].groupby(["rep_id", "team_id"], sort=False).ngroup()
    return rows.reset_index(drop=True), list(names)


def _events(rows: pd.DataFrame, events: pd.DataFrame) -> list[_Event]:
    """Return the absences of people who manage somebody, one for a group and month it began in."""
    led = rows.drop_duplicates("manager_id").set_index("manager_id")["group"]
    known = events[events["manager_id"].isin(led.index.dropna())]
    columns = (known["manager_id"], led.reindex(known["manager_id"]), known["first"], known["last"])
    found = [_Event(str(w), int(g), int(a), int(b)) for w, g, a, b in zip(*columns, strict=True)]
    first_of = {(e.group, e.first): e for e in reversed(found)}
    return sorted(first_of.values(), key=lambda e: (e.group, e.first))


def _usable(
    rows: pd.DataFrame, events: list[_Event], after: int
) -> tuple[list[_Event], dict[str, int]]:
    """Return events that can be compared, and the number of others by cause."""
    start, end = rows["month_index"].min(), rows["month_index"].max()
    whole = [e for e in events if start <= e.first - BEFORE and e.first < end]
    groups = rows["group"].nunique()
    clear = [
        e
        for e in whole
        if all(not near.overlaps(e, after) for near in events if near.group == e.group)
        and groups - len(_busy(e, events, after)) >= LEAST_CONTROLS
        and (rows["manager_id"].eq(e.manager) & rows["month_index"].lt(e.first)).any()
    ]
    lost = {
        "absence_at_the_edge": len(events) - len(whole),
        "absence_not_comparable": len(whole) - len(clear),
    }
    return clear, {cause: n for cause, n in lost.items() if n}


def _busy(event: _Event, events: list[_Event], after: int) -> set[int]:
    """Return groups with a manager away at some time of an event's months, its own among them."""
    first, last = event.first - BEFORE, event.first + after
    return {e.group for e in events if e.last >= first and e.first <= last}


def _stack(rows: pd.DataFrame, event: _Event, events: list[_Event], after: int) -> pd.DataFrame:
    """Return an event's months: reps of the absent manager, and all of groups without absence."""
    since = rows["month_index"] - event.first
    near = rows[since.between(-BEFORE, after)].assign(since=since)
    # reps whom the manager led before: who joins a team without a manager is not its loss
    mine = near.loc[near["manager_id"].eq(event.manager) & (near["since"] < 0), "unit"].unique()
    treated = near["unit"].isin(mine)
    busy = near["group"].isin(_busy(event, events, after))
    return near[treated | ~busy].assign(treated=treated.astype(float))


def _products(stack: pd.DataFrame, after: int, groups: int) -> tuple[Array, Array]:
    """Return a stack's cross products after its own effects of reps and of months.

    Effects of reps are taken out first, within groups; those of months from the cross products, so
    that leaving out a group is a subtraction.

    Returns
    -------
    zz : ndarray, shape (G + 1, K, K)
        Of the regressors, one for each month from the third before on, in reps of the absent
        manager: without each group, and last of all groups.
    zt : ndarray, shape (G + 1, K, 2)
        With results and hours.
    """
    blocks = Blocks.of(stack["unit"].to_numpy(), stack["group"].to_numpy())
    each = stack["since"].to_numpy()[:, None] == np.arange(-LEADS, after + 1)
    z = stack["treated"].to_numpy()[:, None] * each
    months = dummy_columns(stack["since"])
    whole = np.column_stack([months, z, stack[["y", "x"]].to_numpy()])[blocks.order]
    moved = blocks.within(whole)
    m, k = months.shape[1], z.shape[1]
    of_group = np.zeros((groups, moved.shape[1], moved.shape[1]))
    for name, s in zip(blocks.group_names, blocks.group_slices, strict=True):
        of_group[int(name)] = moved[s].T @ moved[s]  # type: ignore[call-overload]
    total = of_group.sum(axis=0)
    rest = np.concatenate([total - of_group, total[None]])
    rest[stack.loc[stack["treated"] > 0, "group"].unique()] = 0.0  # a stack is nothing without it
    across = rest[:, :m, m:]
    slopes = np.linalg.pinv(rest[:, :m, :m], hermitian=True) @ across
    left = rest[:, m:, m:] - np.swapaxes(across, 1, 2) @ slopes
    return left[:, :k, :k], left[:, :k, k:]


def _solved(zz: Array, zt: Array) -> Array:
    """Return coefficients, shape (G + 1, K, 2); NaN where they are not determined."""
    found = np.full(zt.shape, np.nan)
    for i, (a, b) in enumerate(zip(zz, zt, strict=True)):
        square = np.diag(a)
        if (square > TINY).all():
            size = np.sqrt(square)
            parts = [determined(a / np.outer(size, size), t / size) / size for t in b.T]
            found[i] = np.column_stack(parts)
    return found


def _joint(values: Array, df: int) -> float:
    """Return the p-value of a Wald test with the jackknife's covariance: Hotelling's F."""
    beta, away = values[-1], values[:-1] - values[-1]
    q, g = len(beta), len(away)
    if df - q + 1 < 1 or not np.isfinite(values).all():
        return math.nan
    v = (g - 1) / g * away.T @ away
    wald = float(beta @ np.linalg.pinv(v, hermitian=True) @ beta)
    return float(stats.f.sf(wald * (df - q + 1) / (df * q), q, df - q + 1))


def _path(path: Array, months: Codes, df: int) -> pd.DataFrame:
    """Return the change of results, with intervals, and of hours, month by month."""
    rows = []
    for i, month in enumerate(months.tolist()):
        value = float(path[-1, i, 0])
        half = float(stats.t.ppf(0.975, df)) * jackknife_se(value, path[:-1, i, 0])
        rows.append((month, value, value - half, value + half, float(path[-1, i, 1])))
    return pd.DataFrame(rows, columns=["month", "value", "low", "high", "hours"])
