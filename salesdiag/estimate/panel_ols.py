"""Least squares with fixed effects and few groups: CV1, CV3 jackknife, wild cluster bootstrap.

Everything after the within transformation is done from the cross products of each group, so that
the leave-one-group-out coefficients are exact and nearly free; they serve as the jackknife and as
the table "without each team".

References
----------
MacKinnon, J. G., Nielsen, M. O. and Webb, M. D. (2023). Fast and reliable jackknife and bootstrap
methods for cluster-robust inference. Journal of Applied Econometrics 38.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from salesdiag.estimate.blocks import (
    Array,
    Blocks,
    determined,
    dummy_columns,
    independent_columns,
    well_conditioned,
)
from salesdiag.estimate.feedback import later_sums
from salesdiag.estimate.resample import wild_weights


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Coefficients with cluster-robust uncertainty.

    Attributes
    ----------
    names : tuple of str
        Regressors whose coefficients follow, in the given order, without dummies.
    collinear : tuple of str
        Regressors left out because dummies and later regressors explain them.
    coefficients : ndarray, shape (K,)
    leave_one_out : ndarray, shape (G, K)
        Coefficients without each group; NaN where they are not determined.
    cv1 : ndarray, shape (K, K)
        Usual cluster-robust covariance, with the factor G/(G-1) (n-1)/(n-columns).
    group_names : tuple
        Groups, in the order of ``leave_one_out``.
    n, units, singletons : int
        Rows and units used; rows left out because their unit has no other.
    """

    names: tuple[str, ...]
    collinear: tuple[str, ...]
    coefficients: Array
    leave_one_out: Array
    cv1: Array
    group_names: tuple[object, ...]
    n: int
    units: int
    singletons: int

    @property
    def groups(self) -> int:
        """Number of groups."""
        return len(self.group_names)

    @property
    def cv3(self) -> Array:
        """Jackknife covariance over groups, shape (K, K)."""
        away = self.leave_one_out - self.coefficients
        return np.asarray((self.groups - 1) / self.groups * away.T @ away)

    def position(self, name: str) -> int:
        """Return the place of a regressor, or raise ``KeyError`` if it was left out."""
        if name not in self.names:
            raise KeyError(f"{name!r} is not among the estimated regressors {self.names}")
        return self.names.index(name)

    def value(self, name: str) -> float:
        """Return a coefficient."""
        return float(self.coefficients[self.position(name)])

    def se(self, name: str) -> float:
        """Return the jackknife (CV3) standard error of a coefficient."""
        j = self.position(name)
        return jackknife_se(float(self.coefficients[j]), self.leave_one_out[:, j])


@dataclass(frozen=True, kw_only=True)
class LinearFit(Fit):
    """A least-squares fit with the cross products that made it.

    Attributes
    ----------
    xx, xy : ndarray, shapes (G, C, C) and (G, C)
        Cross products of each group after the within transformation; regressors first, then
        dummies.
    all_coefficients : ndarray, shape (C,)
        Of regressors and dummies.
    rss : float
        Residual sum of squares.
    residual_df : int
        Rows less columns less absorbed units.
    residuals : ndarray, shape (rows given,)
        In the order given; NaN where a row was left out.
    """

    xx: Array
    xy: Array
    all_coefficients: Array
    rss: float
    residual_df: int
    residuals: Array

    @property
    def iid_se(self) -> Array:
        """Standard errors under independent errors of equal variance, shape (K,)."""
        inverse = np.linalg.inv(self.xx.sum(axis=0))
        k = len(self.names)
        return np.asarray(np.sqrt(self.rss / self.residual_df * np.diag(inverse)[:k]))


def jackknife_se(value: float, leave_one_out: Array) -> float:
    """Return the CV3 standard error of any function of coefficients.

    Parameters
    ----------
    value : float
        The function at the full-sample coefficients.
    leave_one_out : ndarray, shape (G,)
        The function at the coefficients without each group.
    """
    g = len(leave_one_out)
    return float(np.sqrt((g - 1) / g * np.sum((leave_one_out - value) ** 2)))


def fixed_effects(
    y: ArrayLike,
    X: ArrayLike,
    unit: ArrayLike | None,
    group: ArrayLike,
    *,
    names: Sequence[str],
    dummies: Sequence[ArrayLike] = (),
    time: ArrayLike | None = None,
    ahead: int = 0,
) -> LinearFit:
    """Fit least squares with absorbed unit effects and dummies, clustered by group.

    Parameters
    ----------
    y : array, shape (n,)
        Outcome.
    X : array, shape (n, K)
        Regressors. Of collinear columns the one that stands first gives way, so that a driver
        in first place is refused rather than identified by leaving out a control.
    unit : array, shape (n,), or None
        Units whose means are absorbed, each within one group; None absorbs nothing (put an
        intercept into ``X``). Units with one row are left out and counted.
    group : array, shape (n,)
        Independent groups.
    names : sequence of str
        Names of the columns of ``X``.
    dummies : sequence of arrays, each shape (n,)
        Codes of further effects, such as months; they enter as indicator columns.
    time : array of int, shape (n,), optional
        Month numbers; with ``ahead``, the bias of fixed effects is taken out over so many months
        (:func:`salesdiag.estimate.feedback`), and ``xy`` holds the corrected products.
    ahead : int

    Returns
    -------
    LinearFit

    Raises
    ------
    ValueError
        Values are not finite, a unit lies in several groups, or no rows or fewer than two groups
        are left.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> unit = np.repeat(np.arange(40), 5)
    >>> x = rng.normal(size=200)
    >>> fit = fixed_effects(2 * x + unit, x[:, None], unit, unit // 4, names=["x"])
    >>> round(fit.value("x"), 6), fit.groups
    (2.0, 10)
    """
    outcome = np.asarray(y, dtype=float)[:, None]
    return several_outcomes(
        outcome, X, unit, group, names=names, dummies=dummies, time=time, ahead=ahead
    )[0]


def several_outcomes(
    Y: ArrayLike,
    X: ArrayLike,
    unit: ArrayLike | None,
    group: ArrayLike,
    *,
    names: Sequence[str],
    dummies: Sequence[ArrayLike] = (),
    time: ArrayLike | None = None,
    ahead: int = 0,
) -> tuple[LinearFit, ...]:
    """Fit :func:`fixed_effects` for several outcomes of the same rows, ``Y`` of shape (n, S)."""
    outcomes, regressors = np.asarray(Y, dtype=float), np.asarray(X, dtype=float)
    if not (np.isfinite(outcomes).all() and np.isfinite(regressors).all()):
        raise ValueError("outcome and regressors must be finite")
    blocks = Blocks.of(unit, group)
    if len(blocks.group_names) < 2:
        raise ValueError("at least two groups with usable rows are needed")
    raw = np.column_stack([regressors, *map(dummy_columns, dummies), outcomes])[blocks.order]
    moved = blocks.within(raw) if unit is not None else raw
    wide = raw.shape[1] - outcomes.shape[1]
    columns = independent_columns(raw[:, :wide], moved[:, :wide], len(names))
    z = moved[:, columns]
    xx = np.stack([z[s].T @ z[s] for s in blocks.group_slices])
    k = int((columns < len(names)).sum())
    units = len(blocks.unit_starts) if unit is not None else 0
    targets = moved[:, wide:]
    xy = np.stack([z[s].T @ targets[s] for s in blocks.group_slices])
    if ahead and time is not None and unit is not None:
        months = np.asarray(time, dtype=np.intp)[blocks.order]
        later = later_sums(blocks, z, months - months.min(), ahead)
        residual = targets - z @ _solve(xx.sum(axis=0), xy.sum(axis=0))
        xy = xy + np.stack([later[s].T @ residual[s] for s in blocks.group_slices])
    beta, loo = solve_leaving_out(xx, xy)
    inverse = np.linalg.inv(xx.sum(axis=0))
    left = np.full(outcomes.shape, np.nan)
    left[blocks.order] = targets - z @ beta
    return tuple(
        LinearFit(
            names=tuple(names[c] for c in columns[:k]),
            collinear=tuple(name for c, name in enumerate(names) if c not in columns),
            coefficients=beta[:k, i],
            leave_one_out=loo[:, :k, i],
            cv1=_cv1(xx, xy[:, :, i], beta[:, i], inverse, len(z))[:k, :k],
            group_names=blocks.group_names,
            n=len(z),
            units=units,
            singletons=blocks.singletons,
            xx=xx,
            xy=xy[:, :, i],
            all_coefficients=beta[:, i],
            rss=float(np.nansum(left[:, i] ** 2)),
            residual_df=len(z) - len(columns) - units,
            residuals=left[:, i],
        )
        for i in range(outcomes.shape[1])
    )


def _solve(matrix: Array, right: Array) -> Array:
    scale = np.sqrt(np.diag(matrix))
    solved = np.linalg.solve(matrix / np.outer(scale, scale), right / scale[:, None])
    return np.asarray(solved / scale[:, None])


def solve_leaving_out(xx: Array, xy: Array) -> tuple[Array, Array]:
    """Return coefficients and coefficients without each group, from groups' cross products.

    Parameters
    ----------
    xx, xy : ndarray, shapes (G, C, C) and (G, C, S)
        For S outcomes at once.

    Returns
    -------
    coefficients : ndarray, shape (C, S)
    leave_one_out : ndarray, shape (G, C, S)
        NaN for a coefficient that the remaining groups do not determine.
    """
    total, right = xx.sum(axis=0), xy.sum(axis=0)
    scale = np.sqrt(np.diag(total))
    a, b = (total - xx) / np.outer(scale, scale), (right - xy) / scale[:, None]
    beta = _solve(total, right)
    if well_conditioned(a):
        return beta, np.linalg.solve(a, b) / scale[:, None]
    alone = [
        np.column_stack([determined(m, column) for column in v.T])
        for m, v in zip(a, b, strict=True)
    ]
    return beta, np.stack(alone) / scale[:, None]


def _cv1(xx: Array, xy: Array, beta: Array, inverse: Array, n: int) -> Array:
    g, c = xy.shape
    scores = xy - xx @ beta
    factor = g / (g - 1) * (n - 1) / max(n - c, 1)
    return np.asarray(factor * inverse @ (scores.T @ scores) @ inverse)


@dataclass(frozen=True, kw_only=True)
class Bootstrap:
    """P-value of a wild cluster bootstrap.

    Attributes
    ----------
    p_value : float
        Two-sided, of no effect.
    draws : int
        Weight vectors used.
    weights : str
        ``"all signs"`` (full enumeration), ``"rademacher"`` or ``"webb"``.
    """

    p_value: float
    draws: int
    weights: str


def wild_bootstrap(
    fit: LinearFit, coefficient: str, *, draws: int = 1999, seed: int = 0
) -> Bootstrap:
    """Test a coefficient by the restricted wild cluster bootstrap of its CV1 t statistic.

    All 2^G sign vectors are used where they are no more than ``draws`` and at least 2^8; with
    fewer groups, signs alone are too coarse (five groups: no p-value below .0625) and six-point
    weights are drawn instead, as they are below twelve groups; otherwise random signs.

    Parameters
    ----------
    fit : LinearFit
    coefficient : str
        Regressor whose coefficient is zero under the null.
    draws : int
        Weight vectors to draw.
    seed : int

    References
    ----------
    Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2008), REStat 90; Webb, M. D. (2014),
    Queen's Economics Department Working Paper 1315.
    """
    j = fit.position(coefficient)
    weights, kind = wild_weights(len(fit.xy), draws, seed)
    slope, se = _redrawn(fit, j, weights)
    row = np.linalg.inv(fit.xx.sum(axis=0))[j]
    observed = (fit.xy - fit.xx @ fit.all_coefficients) @ row
    # the small-sample factor is common to all draws and to the sample, and cancels; products rather
    # than ratios, so that draws without any error count as extreme
    reached = np.abs(fit.all_coefficients[j]) * se * (1 - 1e-10)
    extreme = int((np.abs(slope) * np.sqrt(observed @ observed) >= reached).sum())
    sampled = kind != "all signs"  # the sample itself is among all signs, and else counted in
    return Bootstrap(
        p_value=(extreme + sampled) / (len(slope) + sampled), draws=len(slope), weights=kind
    )


def _redrawn(fit: LinearFit, j: int, weights: Array) -> tuple[Array, Array]:
    """Return coefficient ``j`` and its CV1 standard error, less its factor, in every draw.

    Errors are those of the fit without ``j``. Both are linear in the weights of the groups, so that
    a draw costs groups times columns, however many rows were fitted.
    """
    total, right = fit.xx.sum(axis=0), fit.xy.sum(axis=0)
    others = np.delete(np.arange(len(total)), j)
    restricted = np.zeros(len(total))
    restricted[others] = np.linalg.solve(total[np.ix_(others, others)], right[others])
    inverse = np.linalg.inv(total)
    moves = (fit.xy - fit.xx @ restricted) @ inverse  # of coefficients, by each group's weight
    sums = weights * moves[:, j] - (weights @ moves) @ (fit.xx @ inverse[j]).T
    return weights @ moves[:, j], np.sqrt(np.einsum("bg,bg->b", sums, sums))


def t_p_value(value: float, se: float, df: float) -> float:
    """Return the two-sided p-value of a t ratio; the normal where ``df`` is infinite."""
    return float(2 * stats.t.sf(abs(value) / se, df))
