"""Exact decomposition of a change in a product into what each factor contributed.

Two methods, both exact: the logarithmic mean Divisia index (LMDI-I) and the Shapley value. They
agree closely; where they do not, the changes are too large for either to be "the" answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import factorial
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from salesdiag.estimate.blocks import Array
from salesdiag.estimate.resample import drawn_counts
from salesdiag.finding import LEVEL

CELLS = 1 << 16
"""Members times draws that are counted at once, few enough to stay near the processor."""


def lmdi(start: ArrayLike, end: ArrayLike) -> Array:
    """Split the change of a product over its factors by LMDI-I.

    Parameters
    ----------
    start, end : array, shape (..., F)
        Factors before and after, zero or more. NaN where a factor is undefined because another
        one is zero (revenue per active account without active accounts): it then counts as
        unchanged.

    Returns
    -------
    ndarray, shape (..., F)
        Contributions; over the last axis they add up to the change of the product.

    Raises
    ------
    ValueError
        A factor is negative, or undefined while the product is not zero.

    Notes
    -----
    Zeros are the limits of small values: a product that comes from (or falls to) zero changes
    wholly by the factors that were (or became) zero, in equal parts; a product that is zero before
    and after has no contributions.

    References
    ----------
    Ang, B. W. (2005). The LMDI approach to decomposition analysis. Energy Policy 33; Ang, B. W.
    and Liu, N. (2007). Handling zero values in the logarithmic mean Divisia index. Energy Policy
    35.

    Examples
    --------
    >>> lmdi([1000, 0.4, 10], [1200, 0.5, 9]).round(4)
    array([ 850.5374, 1040.9736, -491.511 ])
    """
    a, b = _factors(start, end)
    before, after = a.prod(axis=-1), b.prod(axis=-1)
    both = (before > 0) & (after > 0)
    mean = _logarithmic_mean(np.where(both, before, 1.0), np.where(both, after, 1.0))
    positive = np.where(both[..., None], b, 1.0) / np.where(both[..., None], a, 1.0)
    split = mean[..., None] * np.log(positive)
    # one side is zero: equal parts over the factors that are zero on that side only
    vanished = np.where((before > 0)[..., None], (b == 0) & (a > 0), (a == 0) & (b > 0))
    parts = np.maximum(vanished.sum(axis=-1), 1)
    whole = ((after - before) / parts)[..., None] * vanished
    return np.where(both[..., None], split, whole)


def _logarithmic_mean(a: Array, b: Array) -> Array:
    """Return (b - a) / ln(b / a), by its series where the two are nearly equal."""
    x = np.log(b / a)
    small = np.abs(x) < 1e-5
    return np.asarray(
        np.where(small, a * (1 + x / 2 + x**2 / 6), (b - a) / np.where(small, 1.0, x))
    )


def shapley(start: ArrayLike, end: ArrayLike) -> Array:
    """Split the change of a product over its factors by the Shapley value.

    Each factor gets its mean effect over all orders in which the factors could have changed.
    Parameters, result and errors are those of :func:`lmdi`; cost doubles with each factor.

    References
    ----------
    Shorrocks, A. F. (2013). Decomposition procedures for distributional analysis: a unified
    framework based on the Shapley value. Journal of Economic Inequality 11.
    """
    a, b = _factors(start, end)
    f = a.shape[-1]
    result = np.zeros_like(a)
    for j in range(f):
        others = [k for k in range(f) if k != j]
        for size in range(f):
            weight = factorial(size) * factorial(f - size - 1) / factorial(f)
            for changed in combinations(others, size):
                mixed = a.copy()
                mixed[..., list(changed)] = b[..., list(changed)]
                result[..., j] += weight * np.delete(mixed, j, axis=-1).prod(axis=-1)
        result[..., j] *= b[..., j] - a[..., j]
    return result


def _factors(start: ArrayLike, end: ArrayLike) -> tuple[Array, Array]:
    a, b = np.broadcast_arrays(np.asarray(start, dtype=float), np.asarray(end, dtype=float))
    if (a < 0).any() or (b < 0).any():
        raise ValueError("factors cannot be negative")
    for side in (a, b):
        if (np.isnan(side).any(axis=-1) & ~(side == 0).any(axis=-1)).any():
            raise ValueError("a factor is unknown although no other factor is zero")
    filled_a = np.where(np.isnan(a), np.where(np.isnan(b), 1.0, b), a)
    filled_b = np.where(np.isnan(b), filled_a, b)
    return filled_a, filled_b


def bridge(
    before: pd.DataFrame,
    after: pd.DataFrame,
    factors: Sequence[str],
    method: Literal["lmdi", "shapley"] = "lmdi",
) -> pd.DataFrame:
    """Split each member's change in the product of factors; joiners and leavers stand apart.

    Parameters
    ----------
    before, after : DataFrame
        Indexed by member (rep), one column per factor.
    factors : sequence of str
        Columns whose product is the result.
    method : {"lmdi", "shapley"}

    Returns
    -------
    DataFrame
        Indexed by member: one column per factor, ``joined``, ``left`` and ``change``; the others
        add up to ``change`` in every row, and rows add up to the change of the total.

    Raises
    ------
    ValueError
        A member has several rows, or as :func:`lmdi`.
    """
    names = list(factors)
    if not (before.index.is_unique and after.index.is_unique):
        raise ValueError("each member must have one row before and one after")
    members = before.index.union(after.index)
    a, b = before.reindex(members)[names], after.reindex(members)[names]
    was, now = members.isin(before.index), members.isin(after.index)
    stayed = was & now
    split = {"lmdi": lmdi, "shapley": shapley}[method]
    result = pd.DataFrame(0.0, index=members, columns=names)
    result.loc[stayed] = split(a[stayed], b[stayed])
    old, new = _product(a, was), _product(b, now)
    result["joined"] = np.where(was, 0.0, new)
    result["left"] = np.where(now, 0.0, -old)
    result["change"] = new - old
    return result


def _product(factors: pd.DataFrame, there: np.ndarray) -> Array:
    """Return each member's product, 0 for members who are not there."""
    values = factors.to_numpy(dtype=float)[there]
    result = np.zeros(len(factors))
    result[there] = _factors(values, values)[0].prod(axis=1)
    return result


def bootstrap_totals(
    contributions: pd.DataFrame, *, draws: int = 2000, seed: int = 0, level: float = LEVEL
) -> pd.DataFrame:
    """Return column totals with percentile intervals from resampling whole members.

    Parameters
    ----------
    contributions : DataFrame
        One row per member, as made by :func:`bridge`.

    Returns
    -------
    DataFrame
        Indexed by column: ``value``, ``low``, ``high``.
    """
    table = contributions.to_numpy(dtype=float)
    n = len(table)
    if n == 0:
        raise ValueError("there are no members to resample")
    parts = drawn_counts(n, draws, seed, at_once=max(1, CELLS // n))
    totals = np.concatenate([counts @ table for counts in parts])
    low, high = np.quantile(totals, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return pd.DataFrame(
        {"value": table.sum(axis=0), "low": low, "high": high}, index=contributions.columns
    )


def fewest(gains: ArrayLike, part: float = 0.5) -> int:
    """Return the fewest members whose gains make up a part of all gains.

    Parameters
    ----------
    gains : array, shape (M,)
        Positive, at least one.
    part : float
        Above 0, at most 1.

    Raises
    ------
    ValueError
        A gain is not positive, there is none, or the part is not one.

    Examples
    --------
    >>> fewest([50, 30, 10, 10])
    1
    """
    largest = np.sort(np.asarray(gains, dtype=float))[::-1]
    if not (len(largest) and (largest > 0).all() and 0 < part <= 1):
        raise ValueError("gains must be positive, and their part above 0 and at most 1")
    sums = np.cumsum(largest)
    # sums of equal gains may miss the part by rounding alone
    return int(np.searchsorted(sums, part * sums[-1] * (1 - 1e-12))) + 1
