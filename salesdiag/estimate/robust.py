"""Extreme results drawn in: least squares by winsorised residuals.

Winsorising results themselves would shrink the very effect that is asked for, as months with much
of the driver are cut more often. Huber's way cuts what the regression leaves over instead: results
are replaced by what was predicted plus the error, cut at a bound, and fitted again until nothing
changes. At the fixed point that is his M-estimator.

References
----------
Huber, P. J. (1981), Robust Statistics, section 7.8 (modified residuals).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from salesdiag.estimate.blocks import Array, Codes, dummy_columns

ROUNDS = 30
SETTLED = 1e-7  # largest change of a result, relative to the bound


def drawn_in(y: Array, X: Array, unit: Codes, dummies: Sequence[Codes], quantile: float) -> Array:
    """Return results whose errors are cut at a bound.

    Parameters
    ----------
    y : ndarray, shape (n,)
    X : ndarray, shape (n, K)
    unit : ndarray of int, shape (n,)
        Units with a level of their own.
    dummies : sequence of ndarray of int, each shape (n,)
    quantile : float
        Share of errors cut at each end, of those of least squares, whose size then stays the bound.

    Returns
    -------
    ndarray, shape (n,)
        Least squares of these on the same regressors gives Huber's estimator.
    """
    z = _within(np.column_stack([X, *map(dummy_columns, dummies)]), unit)
    scale = np.sqrt((z**2).sum(axis=0))
    z = z[:, scale > 0] / scale[scale > 0]
    inverse = np.linalg.pinv(z.T @ z, hermitian=True)

    def errors(values: Array) -> Array:
        moved = _within(values[:, None], unit)[:, 0]
        return np.asarray(moved - z @ (inverse @ (z.T @ moved)))

    fitted = y - errors(y)
    bound = float(np.quantile(np.abs(y - fitted), 1 - 2 * quantile)) if len(y) else 0.0
    cut = y
    for _ in range(ROUNDS):
        last, cut = cut, fitted + np.clip(y - fitted, -bound, bound)
        if np.abs(cut - last).max(initial=0.0) <= SETTLED * bound:
            break
        fitted = cut - errors(cut)
    return cut


def _within(matrix: Array, unit: Codes) -> Array:
    count = np.maximum(np.bincount(unit), 1)
    means = np.column_stack([np.bincount(unit, column) / count for column in matrix.T])
    return np.asarray(matrix - means[unit])
