"""Shares: intervals, differences, and tests that several groups have one share.

Intervals of single proportions are scipy's. A count of zero out of zero is unknown, not 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from salesdiag.finding import LEVEL, Interval

MIN_CLUSTERS = 5
"""Groups of people below which their spread says too little about others like them."""
LEAST_DESIGN_EFFECT = 0.25  # groups that happen to be alike are no proof that all groups are


def share(
    successes: int,
    total: int,
    *,
    method: Literal["wilson", "exact"] = "wilson",
    level: float = LEVEL,
    unit: str = "share",
) -> Interval:
    """Return a proportion with its Wilson or exact (Clopper-Pearson) interval.

    Raises
    ------
    ValueError
        Not ``0 <= successes <= total``.

    References
    ----------
    Wilson, E. B. (1927), JASA 22; Clopper, C. J. and Pearson, E. S. (1934), Biometrika 26.

    Examples
    --------
    >>> interval = share(0, 5, method="exact")
    >>> round(interval.high, 2)
    0.52
    """
    if not 0 <= successes <= total:
        raise ValueError(f"{successes} of {total} is not a share")
    if total == 0:
        return Interval(value=np.nan, low=np.nan, high=np.nan, unit=unit, level=level)
    ends = stats.binomtest(successes, total).proportion_ci(level, method)
    # rounding in scipy's formula can leave the value a hair outside at 0 and 1
    value = successes / total
    return Interval(
        value=value, low=min(ends.low, value), high=max(ends.high, value), unit=unit, level=level
    )


def clustered_share(
    successes: ArrayLike, totals: ArrayLike, *, level: float = LEVEL, unit: str = "share"
) -> Interval:
    """Return a share of people with an interval that takes groups of them as drawn, not people.

    Wilson's interval for as many people as would say as much were they independent: their number
    over the design effect, with t of as many degrees of freedom as there are groups of equal size
    that would say as much, less one.

    Parameters
    ----------
    successes, totals : array, shape (G,)
        People counted, and people there, in each group; groups of nobody do not matter.

    Returns
    -------
    Interval
        With unknown ends below :data:`MIN_CLUSTERS` groups.

    Raises
    ------
    ValueError
        Not ``0 <= successes <= totals``, or not one of each per group.

    Notes
    -----
    The variance over groups is the linearised one, times G / (G - 1). Where everybody or nobody
    counts, groups show no spread; then each of them is taken for one person.

    Coverage of the 95 % interval, 4000 companies a cell, shocks of groups with SD 0, .3, .7 and
    1.5 against 1 within, 3 to 9 people a group, true shares about .5 and .6, 8 to 60 groups: .946
    to .962, where Wilson's interval over people has .95, .92, .82 and .68 (``coverage`` of
    tests/test_estimate_share.py, seed 1). With a true share of .9 and 8 groups of which two hold
    most people it falls to .93; from 20 groups on it does not.

    References
    ----------
    Korn, E. L. and Graubard, B. I. (1998). Confidence intervals for proportions with small expected
    number of positive counts estimated from survey data. Survey Methodology 24. Dean, N. and
    Pagano, M. (2015). Evaluating confidence interval methods for binomial proportions in clustered
    surveys. Journal of Survey Statistics and Methodology 3. Franco, C., Little, R. J. A., Louis,
    T. A. and Slud, E. V. (2019). Comparative study of confidence intervals for proportions in
    complex sample surveys. Same journal 7. Kish, L. (1965). Survey Sampling, for the equal groups.

    Examples
    --------
    >>> alike = clustered_share([2, 3, 2, 3, 2, 3], [5] * 6)
    >>> apart = clustered_share([0, 5, 0, 5, 0, 5], [5] * 6)
    >>> alike.value == apart.value, bool(alike.low > apart.low)
    (True, True)
    """
    s, n = np.asarray(successes, dtype=float), np.asarray(totals, dtype=float)
    if s.shape != n.shape or s.ndim != 1 or not ((s >= 0) & (s <= n)).all():
        raise ValueError("a share needs successes and totals of each group, none above its total")
    s, n = s[n > 0], n[n > 0]
    groups, people = len(n), float(n.sum())
    value = float(s.sum() / people) if people else np.nan
    if groups < MIN_CLUSTERS:
        return Interval(value=value, low=np.nan, high=np.nan, unit=unit, level=level)
    size = n / people
    spread = groups / (groups - 1) * float(((s / people - value * size) ** 2).sum())
    alone = value * (1 - value) / people
    effect = max(spread / alone, LEAST_DESIGN_EFFECT) if alone > 0 else people / groups
    t = float(stats.t.ppf((1 + level) / 2, 1 / (size**2).sum() - 1))
    low, high = _score(value, people / effect, t)
    return Interval(value=value, low=min(low, value), high=max(high, value), unit=unit, level=level)


def _score(value: float, n: float, quantile: float) -> tuple[float, float]:
    """Return the ends of a score interval of a share of ``n``, which need not be whole."""
    z = quantile**2 / n
    middle = (value + z / 2) / (1 + z)
    half = float(np.sqrt(z * (value * (1 - value) + z / 4))) / (1 + z)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def share_bounds(successes: int, total: int, missing: int, *, level: float = LEVEL) -> Interval:
    """Return a proportion and the widest interval that rows with unknown answer allow.

    The lower end counts every unknown as failure, the upper end as success.

    Parameters
    ----------
    successes, total : int
        Among those known.
    missing : int
        Unknown, not in ``total``.

    References
    ----------
    Manski, C. F. (1990). Nonparametric bounds on treatment effects. AER 80 (P&P).
    """
    return Interval(
        value=share(successes, total).value,
        low=share(successes, total + missing, level=level).low,
        high=share(successes + missing, total + missing, level=level).high,
        unit="share",
        level=level,
    )


def difference(
    successes: tuple[int, int], totals: tuple[int, int], *, level: float = LEVEL
) -> Interval:
    """Return the first proportion less the second, with Newcombe's hybrid score interval.

    References
    ----------
    Newcombe, R. G. (1998). Interval estimation for the difference between independent
    proportions. Statistics in Medicine 17, method 10.
    """
    a, b = (share(s, n, level=level) for s, n in zip(successes, totals, strict=True))
    gap = a.value - b.value
    return Interval(
        value=gap,
        low=gap - float(np.hypot(a.value - a.low, b.high - b.value)),
        high=gap + float(np.hypot(a.high - a.value, b.value - b.low)),
        unit="share",
        level=level,
    )


def mean_share(shares: ArrayLike, *, level: float = LEVEL) -> Interval:
    """Return the mean of one share per manager, with a t interval kept within 0..1.

    Parameters
    ----------
    shares : array, shape (M,)
        One mean share per manager, so that managers count alike; NaN are left out.
    """
    values = np.asarray(shares, dtype=float)
    values = values[np.isfinite(values)]
    m = len(values)
    if m == 0:
        return Interval(value=np.nan, low=np.nan, high=np.nan, unit="share", level=level)
    mean = float(values.mean())
    if m == 1:
        return Interval(value=mean, low=np.nan, high=np.nan, unit="share", level=level)
    half = float(stats.t.ppf((1 + level) / 2, m - 1) * values.std(ddof=1) / np.sqrt(m))
    return Interval(
        value=mean, low=max(mean - half, 0.0), high=min(mean + half, 1.0), unit="share", level=level
    )


def pooled_share(parts: ArrayLike, wholes: ArrayLike, *, level: float = LEVEL) -> Interval:
    """Return sum over sum of one part and whole per manager, with a t interval within 0..1.

    The ratio of two sums is linearised: each manager's part less what the common share would make
    of his whole. Who sells more counts more; no manager's own share is averaged.

    Parameters
    ----------
    parts, wholes : array, shape (M,)
        One row per manager.

    Returns
    -------
    Interval
        Unknown ends with one manager, all unknown where the wholes add up to nothing.

    References
    ----------
    Cochran, W. G. (1977). Sampling Techniques, 3rd ed., section 6.4 (ratio estimates).
    """
    part, whole = (np.asarray(x, dtype=float) for x in (parts, wholes))
    total, m = float(whole.sum()), len(whole)
    if m == 0 or total <= 0:
        return Interval(value=np.nan, low=np.nan, high=np.nan, unit="share", level=level)
    value = float(part.sum()) / total
    if m == 1:
        return Interval(value=value, low=np.nan, high=np.nan, unit="share", level=level)
    away = part - value * whole
    se = float(np.sqrt(m / (m - 1) * (away**2).sum())) / total
    half = float(stats.t.ppf((1 + level) / 2, m - 1)) * se
    return Interval(
        value=value,
        low=max(value - half, min(value, 0.0)),
        high=min(value + half, max(value, 1.0)),
        unit="share",
        level=level,
    )


def composition(amounts: pd.DataFrame, *, level: float = LEVEL) -> pd.DataFrame:
    """Return the mean composition over managers; the means add up to one.

    Parameters
    ----------
    amounts : DataFrame
        One row per manager, one column per part (hours by category), zero or more; rows without
        any amount are left out.

    Returns
    -------
    DataFrame
        Indexed by part: ``value``, ``low``, ``high`` and ``managers``.

    Raises
    ------
    ValueError
        An amount is negative.
    """
    table = amounts.to_numpy(dtype=float)
    table = np.where(np.isnan(table), 0.0, table)
    if (table < 0).any():
        raise ValueError("amounts of a composition cannot be negative")
    total = table.sum(axis=1, keepdims=True)
    parts = (table / np.where(total > 0, total, 1.0))[total[:, 0] > 0]
    found = [mean_share(part, level=level) for part in parts.T]
    return pd.DataFrame(
        {
            "value": [i.value for i in found],
            "low": [i.low for i in found],
            "high": [i.high for i in found],
            "managers": len(parts),
        },
        index=amounts.columns,
    )


@dataclass(frozen=True, kw_only=True)
class EqualShares:
    """Test that several groups have one proportion.

    Attributes
    ----------
    chi2, p_value : float
        Pearson's test, which takes every deal as independent.
    df : int
    design_effect : float
        How much more the groups' shares vary, because deals of one rep resemble each other, than
        independent deals would; NaN without reps.
    adjusted_p_value : float
        Of chi2 over the design effect (never under 1); NaN without reps.
    """

    chi2: float
    df: int
    p_value: float
    design_effect: float
    adjusted_p_value: float


def equal_shares(successes: ArrayLike, totals: ArrayLike, group: ArrayLike) -> EqualShares:
    """Test whether proportions differ between groups, given counts per rep within them.

    Parameters
    ----------
    successes, totals : array, shape (R,)
        Counts of each rep (or of each group, then without design effect).
    group : array, shape (R,)
        The rep's group.

    Raises
    ------
    ValueError
        Fewer than two groups have counts.

    References
    ----------
    Rao, J. N. K. and Scott, A. J. (1992). A simple method for the analysis of clustered binary
    data. Biometrics 48.
    """
    reps = pd.DataFrame({"s": successes, "n": totals, "g": np.asarray(group)}).query("n > 0")
    table = reps.groupby("g", sort=True).agg(s=("s", "sum"), n=("n", "sum"), reps=("n", "size"))
    if len(table) < 2:
        raise ValueError("at least two groups with counts are needed")
    p = table["s"].sum() / table["n"].sum()
    df = len(table) - 1
    if p in (0.0, 1.0):
        return EqualShares(
            chi2=0.0, df=df, p_value=1.0, design_effect=np.nan, adjusted_p_value=np.nan
        )
    chi2 = float(((table["s"] - table["n"] * p) ** 2 / (table["n"] * p * (1 - p))).sum())
    effect = _design_effect(reps, table)
    adjusted = float(stats.chi2.sf(chi2 / max(effect, 1.0), df)) if effect == effect else np.nan
    return EqualShares(
        chi2=chi2, df=df, p_value=float(stats.chi2.sf(chi2, df)), design_effect=effect,
        adjusted_p_value=adjusted,
    )  # fmt: skip


def _design_effect(reps: pd.DataFrame, table: pd.DataFrame) -> float:
    """Return the mean ratio of clustered to binomial variance of the groups' shares."""
    p = table["s"] / table["n"]
    away = (reps["s"] - reps["g"].map(p) * reps["n"]) ** 2
    m = table["reps"]
    clustered = away.groupby(reps["g"]).sum() * m / (m - 1).where(m > 1) / table["n"] ** 2
    ratio = clustered / (p * (1 - p) / table["n"]).where((p > 0) & (p < 1))
    weight = (1 - table["n"] / table["n"].sum()).where(ratio.notna())
    return float((ratio * weight).sum() / weight.sum()) if weight.sum() > 0 else np.nan
