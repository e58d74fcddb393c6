"""Rows in blocks of units and groups, and equations that may not determine every unknown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

CONSTANT = 1e-12  # within sum of squares, relative to raw: the column does not vary within units
COLLINEAR = 1e-9  # share of a column's within variance that the others leave unexplained
ESTIMABLE = 1e-6


@dataclass(frozen=True)
class Blocks:
    """Rows sorted by group and unit, so that both are contiguous.

    ``order`` sorts the given rows; ``unit_starts`` and ``group_starts`` are first positions.
    """

    order: Codes
    unit_starts: Codes
    group_starts: Codes
    group_names: tuple[object, ...]
    singletons: int

    @classmethod
    def of(cls, unit: ArrayLike | None, group: ArrayLike) -> Blocks:
        """Sort rows; without ``unit``, rows stand alone and nothing is absorbed."""
        g, names = pd.factorize(np.asarray(group), sort=True)
        if (g < 0).any() or (unit is not None and pd.isna(np.asarray(unit)).any()):
            raise ValueError("every row needs a unit and a group")
        if unit is None:
            order = np.argsort(g, kind="stable")
            return cls(order, np.arange(len(g)), _starts(g[order]), tuple(names), 0)
        u = pd.factorize(np.asarray(unit))[0]
        first = np.zeros(u.max(initial=-1) + 1, dtype=np.intp)
        first[u] = g
        if (first[u] != g).any():
            raise ValueError("each unit must lie within one group")
        lonely = np.bincount(u)[u] == 1
        order = np.lexsort((u, g))
        order = order[~lonely[order]]
        kept = g[order]
        return cls(
            order, _starts(u[order]), _starts(kept), tuple(names[np.unique(kept)]),
            int(lonely.sum()),
        )  # fmt: skip

    @property
    def group_slices(self) -> list[slice]:
        """Rows of each group."""
        ends = [*self.group_starts[1:], len(self.order)]
        return [slice(a, b) for a, b in zip(self.group_starts, ends, strict=True)]

    def within(self, matrix: Array) -> Array:
        """Subtract unit means from sorted rows."""
        return matrix - self.unit_means(matrix)

    def unit_means(self, matrix: Array, weights: Array | None = None) -> Array:
        """Return unit means, weighted where weights are given, one row per sorted row."""
        sizes = np.diff([*self.unit_starts, len(self.order)])
        if weights is None:
            means = np.add.reduceat(matrix, self.unit_starts) / sizes[:, None]
        else:
            total = np.add.reduceat(weights, self.unit_starts)[:, None]
            means = np.add.reduceat(matrix * weights[:, None], self.unit_starts) / total
        return np.asarray(np.repeat(means, sizes, axis=0))


def _starts(sorted_codes: Codes) -> Codes:
    return np.flatnonzero(np.r_[True, sorted_codes[1:] != sorted_codes[:-1]][: len(sorted_codes)])


def dummy_columns(codes: ArrayLike) -> Array:
    """Return indicator columns of every level but the first, shape (n, levels - 1)."""
    values, levels = pd.factorize(np.asarray(codes), sort=True)
    return (values[:, None] == np.arange(1, len(levels))).astype(float)


def independent_columns(raw: Array, moved: Array, regressors: int) -> Codes:
    """Return positions of linearly independent columns, in ascending order.

    Dummies (from position ``regressors`` on) are kept first, then regressors from last to first.
    """
    squares = (moved**2).sum(axis=0)
    varies = squares > CONSTANT * (raw**2).sum(axis=0)
    order = np.r_[np.arange(regressors, raw.shape[1]), np.arange(regressors)[::-1]]
    order = order[varies[order]]
    z = moved[:, order] / np.sqrt(squares[order])
    gram = z.T @ z
    if well_conditioned(gram):
        return np.sort(order)
    keep = []
    for j in range(len(order)):
        if gram[j, j] > COLLINEAR:
            keep.append(j)
            gram = gram - np.outer(gram[:, j], gram[j]) / gram[j, j]
    return np.sort(order[keep])


def well_conditioned(gram: Array) -> bool:
    """Say whether a scaled cross product, or each of a stack of them, can be solved as it is."""
    try:
        pivots = np.diagonal(np.linalg.cholesky(gram), axis1=-2, axis2=-1) ** 2
    except np.linalg.LinAlgError:
        return False
    return bool((pivots > COLLINEAR).all())


def determined(matrix: Array, right: Array) -> Array:
    """Solve symmetric equations; NaN for unknowns that they do not determine.

    Parameters
    ----------
    matrix : ndarray, shape (C, C)
        Positive semi-definite, scaled to a diagonal of about one.
    right : ndarray, shape (C,)
    """
    values, vectors = np.linalg.eigh(matrix)
    good = values > COLLINEAR
    span = vectors[:, good]
    solution = span @ ((span.T @ right) / values[good])
    return np.where((span**2).sum(axis=1) > 1 - ESTIMABLE, solution, np.nan)
