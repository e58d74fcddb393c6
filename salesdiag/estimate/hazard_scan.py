"""Whether people leave at a point: a scan of tenure for a window in which more leave than should.

The hazard of leaving may rise, fall or have a hump with tenure; that alone is no point. Smooth
hazards are fitted, every window of tenure is compared with them, and the largest excess is judged
against the largest excess in companies drawn from each smooth hazard, fitted and scanned alike. It
is a point only if none of the smooth hazards explains it.
Months of tenure are numbered from 1, windows include both ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special, stats

from salesdiag.estimate.blocks import Array
from salesdiag.estimate.hazard import MIN_AT_RISK, LifeTable, life_table
from salesdiag.estimate.hazard_ratio import MOST_LOG_HAZARD, cloglog
from salesdiag.estimate.proportion import share
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import LEVEL, Interval, Naive
from salesdiag.text import Message
from salesdiag.text import methods as words

WIDTHS = (1, 2, 3, 4, 5, 6)
UNTIL = 60
"""Months of tenure scanned: every further one costs power to find what happens early."""
MIN_LEAVERS = 20
MIN_MONTHS = 12
KNOTS = ((), (0.1, 0.5, 0.9), (0.05, 0.35, 0.65, 0.95))
"""Of the smooth hazards: quantiles of leavers' log tenure between which a natural cubic bends."""
RATIOS = 17  # hazard ratios tried for the interval
DRAWS_PER_RATIO = 299
HALF_YEAR = 6
ROUNDING = 1e-9

Window = tuple[int, int]


@dataclass(frozen=True, kw_only=True, eq=False)
class Scan:
    """The window of tenure in which leaving stands out most, and whether that is chance.

    Attributes
    ----------
    p_value : float
        Share of companies with a smooth hazard in which some window stands out as much; the largest
        over the smooth hazards.
    window : tuple of int
        First and last month of tenure of the window that stands out most.
    observed : int
    expected : float
        Leavers in it, and those to be expected from the hazard of all other months.
    ratio, narrow : Interval
        ``log_hazard_ratio`` of a point there (95 % and 90 %), selection allowed for; the lower end
        is 0 unless the scan itself excludes it, the upper infinite where nothing bounds it.
    between : tuple of int
        Months that the point may lie in: hull of the windows not rejected at 5 %.
    slope : float
        Change of the log hazard per unit of log tenure, a straight line: negative where leaving
        fades.
    statistic : float
        Largest log likelihood ratio.
    windows, draws : int
        Windows compared; companies drawn.
    table : DataFrame
        ``month``, ``at_risk``, ``leavers``, ``smooth`` (hazard of the smooth fit of all other
        months than ``window``; of the smooth hazard with the largest p-value).
    spells, leavers : int
    dropped : mapping
        Spells left out, by cause.
    method : Message
    """

    p_value: float
    window: Window
    observed: int
    expected: float
    ratio: Interval
    narrow: Interval
    between: Window
    slope: float
    statistic: float
    windows: int
    draws: int
    table: pd.DataFrame
    spells: int
    leavers: int
    dropped: Mapping[str, int]
    method: Message


@dataclass(frozen=True, eq=False)
class _Months:
    """What stays the same in every draw: those at risk, the smooth terms, the windows."""

    at_risk: Array
    x: Array
    first: np.ndarray
    last: np.ndarray

    def hazard(self, leavers: Array, offset: Array | float = 0.0) -> tuple[Array, Array]:
        """Return the smooth monthly hazard of each fit, offset included, and its coefficients."""
        b = cloglog(self.x, leavers, self.at_risk, offset)
        rate = np.exp(np.clip(b @ self.x.T + offset, -30.0, MOST_LOG_HAZARD))
        return -np.expm1(-rate), b

    def excess(self, leavers: Array) -> Array:
        """Return the log likelihood ratio of every window, 0 where fewer leave than expected.

        Of a Poisson count in the window against the rest, as in Kulldorff's scan.
        """
        hazard, _ = self.hazard(leavers)
        inside, expected = (self._sums(v) for v in (leavers, self.at_risk * hazard))
        outside = leavers.sum(axis=1, keepdims=True) - inside
        rest = (self.at_risk * hazard).sum(axis=1, keepdims=True) - expected
        with np.errstate(divide="ignore", invalid="ignore"):
            gain = special.xlogy(inside, inside / expected) + special.xlogy(outside, outside / rest)
            gain -= special.xlogy(inside + outside, (inside + outside) / (expected + rest))
            return np.where(inside * rest > outside * expected, np.maximum(gain, 0.0), 0.0)

    def _sums(self, values: Array) -> Array:
        total = np.zeros((len(values), values.shape[1] + 1))
        np.cumsum(values, axis=1, out=total[:, 1:])
        return total[:, self.last] - total[:, self.first - 1]

    def drawn(self, hazard: Array, draws: int, rng: np.random.Generator) -> Array:
        """Return leavers of companies with a hazard, those at risk as they are."""
        shape = (draws, len(self.at_risk))
        return rng.binomial(self.at_risk.astype("int64"), hazard, shape).astype(float)


def scan(
    spells: pd.DataFrame,
    *,
    windows: Iterable[int] = WIDTHS,
    until: int = UNTIL,
    draws: int = 999,
    seed: int = 0,
) -> Scan:
    """Look for a point of tenure at which people leave.

    Parameters
    ----------
    spells : DataFrame
        ``entry``, ``exit`` (whole months of tenure), ``left``: :func:`salesdiag.estimate.hazard`.
    windows : iterable of int
        Widths in months, declared beforehand. Windows lie between the first and the last month in
        which at least five are at risk.
    until : int
        Last month of tenure looked at; likewise.
    draws : int
        Companies drawn from the smooth hazard.
    seed : int

    Returns
    -------
    Scan

    Raises
    ------
    NotEstimable
        Fewer than 20 leavers, or fewer months of tenure watched than 12 or twice the widest window.
    ValueError
        No width or draw.

    Notes
    -----
    Smooth hazards: complementary log-log on the logarithm of tenure (the discrete Weibull; constant
    and fading hazards are special cases), and on natural cubic splines of it with three and four
    knots, which bend. Draws keep the numbers at risk, refit and rescan; each p-value is (as large
    + 1) / (draws + 1), and the largest counts.

    Size at 5 % with 200 spells (150 companies a kind, 99 draws, simulation error .02): constant
    .03, Weibull .03, humps .04 and .05, a hump that quintuples the hazard within a year and falls
    again .07; against the Weibull alone the humps had .52, .29 and .93. Power at three times the
    hazard in three months .66 and .60 (constant, Weibull), against .87 with the Weibull alone: the
    price of telling a point from a hump. It scans tenure only: what happened in one calendar month,
    or to one year's hires, is not allowed for.

    The interval inverts the scan: a hazard ratio belongs to it if companies with that ratio in
    ``window`` have a largest excess like the one seen. So what was picked for its size is not
    taken at its size. The upper end compares with companies without any point (CLs), so that it
    does not shrink when fewer stand out than chance alone would let. ``between`` holds the windows
    whose excess is not further below the largest than that of the true window in such draws.

    References
    ----------
    Kulldorff, M. (1997). A spatial scan statistic. Communications in Statistics 26. Davison, A. C.
    and Hinkley, D. V. (1997). Bootstrap Methods and their Application, ch. 4. Read, A. L. (2002).
    Presentation of search results: the CLs technique. Journal of Physics G 28.
    """
    widths = sorted(set(windows))
    if not widths or widths[0] < 1 or draws < 1:
        raise ValueError("a scan needs widths of a month or more and at least one draw")
    table = life_table(spells, until=until)
    leavers = table.leavers[None].astype(float)
    baselines = _baselines(table, widths)
    chances = [_chance(months, leavers, draws, seed) for months in baselines]
    months, p_value = max(zip(baselines, chances, strict=True), key=lambda pair: pair[1])
    gains = months.excess(leavers)[0]
    best = int(gains.argmax())
    inside = (table.month >= months.first[best]) & (table.month <= months.last[best])
    base, gamma = _elsewhere(months, leavers, inside)
    observed = int(table.leavers[inside].sum())

    rng = np.random.default_rng([seed, 1])
    ratios = np.linspace(0.0, gamma + 0.5 + 4 / np.sqrt(max(observed, 1)), RATIOS)
    offsets = ratios[1:, None] * inside
    chance, behind = _inverted(months, leavers, offsets, best, gains[best], rng)
    chance = np.maximum.accumulate(np.concatenate([[p_value], chance]))
    ratio = _interval(ratios, chance, LEVEL)
    near = int(np.abs(ratios - ratio.value).argmin())
    possible = gains >= gains[best] - (behind[near - 1] if near else np.inf)
    return Scan(
        p_value=p_value,
        window=(int(months.first[best]), int(months.last[best])),
        observed=observed,
        expected=float((months.at_risk * base)[inside].sum()),
        ratio=ratio,
        narrow=_interval(ratios, chance, 2 * LEVEL - 1),
        between=(int(months.first[possible].min()), int(months.last[possible].max())),
        slope=float(_with_window(baselines[0], leavers, inside)[1]),
        statistic=float(gains[best]),
        windows=len(gains),
        draws=draws,
        table=pd.DataFrame(
            {
                "month": table.month, "at_risk": table.at_risk, "leavers": table.leavers,
                "smooth": base,
            }
        ),
        spells=table.spells,
        leavers=int(table.leavers.sum()),
        dropped=table.dropped,
        method=words.HAZARD_SCAN(
            windows=len(gains), shortest=widths[0], longest=widths[-1], draws=draws
        ),
    )  # fmt: skip


def _baselines(table: LifeTable, widths: list[int]) -> list[_Months]:
    """Return what every draw shares with each of the smooth hazards, or refuse."""
    leavers, watched = int(table.leavers.sum()), np.flatnonzero(table.at_risk >= MIN_AT_RISK)
    if leavers < MIN_LEAVERS:
        raise NotEstimable(words.TOO_FEW_LEAVERS(n=leavers, needed=MIN_LEAVERS))
    begin, stop = (watched[0] + 1, watched[-1] + 1) if len(watched) else (1, 0)
    n, needed = int(stop - begin + 1), max(MIN_MONTHS, 2 * widths[-1])
    if n < needed:
        raise NotEstimable(words.TENURE_TOO_SHORT(n=n, needed=needed))
    first = [np.arange(begin, stop - w + 2) for w in widths]
    at = np.log(np.repeat(table.month, table.leavers))
    knots = [np.unique(np.quantile(at, quantiles)) if quantiles else at[:0] for quantiles in KNOTS]
    return [
        _Months(
            at_risk=table.at_risk.astype(float),
            x=_smooth(np.log(table.month), own),
            first=np.concatenate(first),
            last=np.concatenate([f + w - 1 for f, w in zip(first, widths, strict=True)]),
        )
        for own, asked in zip(knots, KNOTS, strict=True)
        if len(own) == len(asked)  # leavers of one month only allow fewer bends
    ]


def _smooth(x: Array, knots: Array) -> Array:
    """Return columns of a natural cubic spline: constant, line, and what bends between knots.

    References
    ----------
    Hastie, Tibshirani and Friedman (2009). The Elements of Statistical Learning, 5.2.1.
    """
    line = np.column_stack([np.ones(len(x)), x])
    if not len(knots):
        return line
    cubes = np.maximum(x[:, None] - knots, 0.0) ** 3
    bent = (cubes[:, :-1] - cubes[:, -1:]) / (knots[-1] - knots[:-1])
    columns = bent[:, :-1] - bent[:, -1:]
    return np.column_stack([line, columns / np.abs(columns).max(axis=0)])


def _chance(months: _Months, leavers: Array, draws: int, seed: int) -> float:
    """Return the share of companies drawn from a smooth hazard whose largest excess is as large."""
    drawn = months.drawn(months.hazard(leavers)[0], draws, np.random.default_rng(seed))
    largest = months.excess(drawn).max(axis=1)
    return float((_as_large(largest, months.excess(leavers).max()).sum() + 1) / (draws + 1))


def _as_large(drawn: Array, seen: float) -> np.ndarray:
    return drawn >= seen - ROUNDING  # the same counts can differ by as much


def _elsewhere(months: _Months, leavers: Array, inside: Array) -> tuple[Array, float]:
    """Return the smooth hazard of the other months, and the window's log ratio to it."""
    b = _with_window(months, leavers, inside)
    rate = np.exp(np.clip(months.x @ b[:-1], -30.0, MOST_LOG_HAZARD))
    return -np.expm1(-rate), float(np.clip(b[-1], 0.0, np.log(100)))


def _with_window(months: _Months, leavers: Array, inside: Array) -> Array:
    return cloglog(np.column_stack([months.x, inside]), leavers, months.at_risk)[0]


def _inverted(
    months: _Months,
    leavers: Array,
    offsets: Array,
    best: int,
    top: float,
    rng: np.random.Generator,
) -> tuple[Array, Array]:
    """Draw companies with each of the log hazard ratios in the window ``best``.

    Returns
    -------
    tuple of array
        Share whose largest excess reaches ``top``; how far that of the window itself stays behind
        the largest in all but 5 % of them.
    """
    hazards, _ = months.hazard(np.repeat(leavers, len(offsets), axis=0), offsets)
    chance, behind = [], []
    for hazard in hazards:
        found = months.excess(months.drawn(hazard, DRAWS_PER_RATIO, rng))
        largest = found.max(axis=1)
        chance.append(_as_large(largest, top).mean())
        behind.append(np.quantile(largest - found[:, best], LEVEL))
    return np.array(chance), np.array(behind)


def _interval(ratios: Array, chance: Array, level: float) -> Interval:
    """Return the log hazard ratios not rejected, and that under which the scan seen is median."""
    tail = (1 - level) / 2

    def reach(target: float) -> float:
        if chance[0] >= target - ROUNDING:
            return 0.0
        found = np.interp(target, chance, ratios) if chance[-1] >= target else np.inf
        return float(found)

    high = np.inf if chance[0] >= 1 else reach(1 - tail * (1 - chance[0]))
    return Interval(
        value=reach(0.5), low=reach(tail), high=high, unit="log_hazard_ratio", level=level
    )


def naive_months(spells: pd.DataFrame, *, until: int = UNTIL) -> Naive:
    """Test each month of tenure against all others and take the smallest p-value as it is.

    The value is the ratio of the two monthly hazards, its interval that of a log rate ratio.

    Raises
    ------
    NotEstimable
        As :func:`scan`.
    """
    table = life_table(spells, until=until)
    _baselines(table, [1])
    n, d = table.at_risk, table.leavers
    hazard = d / np.maximum(n, 1)
    others = (d.sum() - d) / np.maximum(n.sum() - n, 1)
    p = np.where(n >= MIN_AT_RISK, stats.binom.sf(d - 1, n, others), 1.0)
    worst = int(p.argmin())
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(np.divide(hazard[worst], others[worst]))
        half = 1.959964 * np.sqrt(1 / d[worst] + 1 / (d.sum() - d[worst]))
    return Naive(
        value=value,
        low=float(value * np.exp(-half)),
        high=float(value * np.exp(half)),
        p_value=float(p[worst]),
        method=words.NAIVE_TENURE_MONTHS(month=worst + 1),
    )


def naive_histogram(spells: pd.DataFrame, *, until: int = UNTIL) -> Naive:
    """Count leavers by half-years of tenure, not those who were there to leave.

    The value is the share of leavers in the fullest half-year, with Wilson interval; there is no
    p-value.

    Raises
    ------
    NotEstimable
        As :func:`scan`.
    """
    table = life_table(spells, until=until)
    _baselines(table, [1])
    bins = np.bincount((table.month - 1) // HALF_YEAR, table.leavers)
    fullest = int(bins.argmax())
    found = share(int(bins[fullest]), int(bins.sum()))
    return Naive(
        value=found.value,
        low=found.low,
        high=found.high,
        p_value=np.nan,
        method=words.NAIVE_TENURE_HISTOGRAM(
            first=fullest * HALF_YEAR + 1, last=(fullest + 1) * HALF_YEAR
        ),
    )
