"""Poisson pseudo-maximum likelihood with fixed effects and a jackknife over groups.

For revenue with many empty months, where logarithms would lose or distort them. The unit effects
are concentrated out: at the optimum each unit's fitted total equals its observed total.

References
----------
Santos Silva, J. M. C. and Tenreyro, S. (2006). The log of gravity. REStat 88.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from salesdiag.estimate.blocks import (
    Array,
    Blocks,
    Codes,
    determined,
    dummy_columns,
    independent_columns,
    well_conditioned,
)
from salesdiag.estimate.panel_ols import Fit
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.text import methods as words

CELLS = 8_000_000  # rows times groups left out at a time: 64 MB for each of a few arrays
STEPS = 60
TOLERANCE = 1e-9  # Newton step, in standard deviations of the linear predictor's columns
FARTHEST = 30.0  # a coefficient this many standard deviations out runs to infinity


def poisson_fixed_effects(
    y: ArrayLike,
    X: ArrayLike,
    unit: ArrayLike,
    group: ArrayLike,
    *,
    names: Sequence[str],
    dummies: Sequence[ArrayLike] = (),
) -> tuple[Fit, int]:
    """Fit a Poisson panel with absorbed unit effects and dummies, clustered by group.

    Parameters
    ----------
    y : array, shape (n,)
        Outcome, zero or more; its unit does not matter.
    X, unit, group, names, dummies
        As in :func:`~salesdiag.estimate.panel_ols.fixed_effects`.

    Returns
    -------
    fit : Fit
        Coefficients are semi-elasticities, in log points.
    never : int
        Rows left out because their unit or dummy level has no outcome above zero anywhere.

    Raises
    ------
    NotEstimable
        The iteration does not converge.
    ValueError
        The outcome is negative, or a unit lies in several groups.
    """
    p = _prepared(y, X, unit, group, names, dummies)
    loo = _without_each(p.y, p.z, p.blocks, p.beta)
    k = len(p.names)
    fit = Fit(
        names=p.names,
        collinear=tuple(name for name in names if name not in p.names),
        coefficients=(p.beta / p.scale)[:k],
        leave_one_out=(loo / p.scale)[:, :k],
        cv1=(_sandwich(p.y, p.z, p.blocks, p.beta) / np.outer(p.scale, p.scale))[:k, :k],
        group_names=p.blocks.group_names,
        n=len(p.y),
        units=len(p.blocks.unit_starts),
        singletons=p.blocks.singletons,
    )
    return fit, p.never


def coefficients_alone(
    y: ArrayLike,
    X: ArrayLike,
    unit: ArrayLike,
    group: ArrayLike,
    *,
    names: Sequence[str],
    dummies: Sequence[ArrayLike] = (),
) -> tuple[tuple[str, ...], Array, int]:
    """Return the coefficients alone, with the names of regressors, and the number of groups.

    What makes :func:`poisson_fixed_effects` slow is left out: the coefficients without each group,
    for which every row is gone through once a group.

    Parameters
    ----------
    y, X, unit, group, names, dummies
        As there.

    Returns
    -------
    names : tuple of str
        Regressors that are not collinear.
    coefficients : ndarray, shape (K,)
        NaN where one group alone determines it.
    groups : int

    Raises
    ------
    NotEstimable, ValueError
        As there.
    """
    p = _prepared(y, X, unit, group, names, dummies)
    groups = len(p.blocks.group_names)
    k = len(p.names)
    found = (p.beta / p.scale)[:k]
    rest = _rest(p.z, p.blocks, _fitted(p.y, p.z, p.blocks, p.beta))
    for g in _deciding(rest):
        alone = _without(p.y, p.z, p.blocks, p.blocks.group_slices[g], p.beta)
        found = np.where(np.isfinite(alone[:k]), found, np.nan)
    return p.names, found, groups


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    """Sorted rows, scaled regressors that are not collinear, and their coefficients."""

    y: Array
    z: Array
    blocks: Blocks
    beta: Array
    scale: Array
    names: tuple[str, ...]
    never: int


def _prepared(
    y: ArrayLike,
    X: ArrayLike,
    unit: ArrayLike,
    group: ArrayLike,
    names: Sequence[str],
    dummies: Sequence[ArrayLike],
) -> _Prepared:
    outcome, regressors = np.asarray(y, dtype=float), np.asarray(X, dtype=float)
    if (outcome < 0).any():
        raise ValueError("a Poisson outcome cannot be negative")
    codes = [np.unique(np.asarray(d), return_inverse=True)[1] for d in dummies]
    units = np.unique(np.asarray(unit), return_inverse=True)[1]
    alive = _with_outcome(outcome, [units, *codes])
    groups = np.asarray(group)[alive]
    blocks = Blocks.of(units[alive], groups)
    if len(blocks.group_names) < 2:
        raise ValueError("at least two groups with usable rows are needed")
    raw = np.column_stack([regressors[alive], *(dummy_columns(c[alive]) for c in codes)])
    raw, target = raw[blocks.order], outcome[alive][blocks.order]
    columns = independent_columns(raw, blocks.within(raw), len(names))
    scale = raw[:, columns].std(axis=0)
    z = raw[:, columns] / scale
    beta = _maximise(target, z, blocks, np.zeros(len(columns)))
    if np.isnan(beta).any():
        raise NotEstimable(words.NO_CONVERGENCE())
    return _Prepared(
        y=target,
        z=z,
        blocks=blocks,
        beta=beta,
        scale=scale,
        names=tuple(names[c] for c in columns if c < len(names)),
        never=int((~alive).sum()),
    )


def _with_outcome(y: Array, factors: Sequence[Codes]) -> np.ndarray:
    """Mark rows whose unit and dummy levels all have some outcome; repeated until it settles."""
    alive = np.ones(len(y), dtype=bool)
    while True:
        kept = alive.copy()
        for codes in factors:
            kept &= np.bincount(codes[alive], y[alive], codes.max() + 1)[codes] > 0
        if (kept == alive).all():
            return alive
        alive = kept


def _fitted(y: Array, z: Array, blocks: Blocks, beta: Array) -> Array:
    predictor = z @ beta
    rate = np.exp(predictor - predictor.max())
    sizes = np.diff([*blocks.unit_starts, len(y)])
    totals = np.add.reduceat(y, blocks.unit_starts) / np.add.reduceat(rate, blocks.unit_starts)
    return np.asarray(rate * np.repeat(totals, sizes))


def _likelihood(y: Array, fitted: Array) -> float:
    some = y > 0
    with np.errstate(divide="ignore"):
        return float(y[some] @ np.log(fitted[some]))


def _maximise(y: Array, z: Array, blocks: Blocks, start: Array) -> Array:
    """Newton steps on the concentrated likelihood, halved while they lower it."""
    beta, fitted = start, _fitted(y, z, blocks, start)
    best = _likelihood(y, fitted)
    undetermined = np.zeros(len(beta), dtype=bool)
    for _ in range(STEPS):
        moved = z - blocks.unit_means(z, fitted)
        hessian = (moved * fitted[:, None]).T @ moved
        size = np.sqrt(np.maximum(np.diag(hessian), np.finfo(float).tiny))
        step = determined(hessian / np.outer(size, size), z.T @ (y - fitted) / size) / size
        undetermined = np.isnan(step)
        step = np.where(undetermined, 0.0, step)
        for _ in range(20):
            trial = _fitted(y, z, blocks, beta + step)
            reached = _likelihood(y, trial)
            if reached >= best - 1e-12 * abs(best):
                break
            step = step / 2
        beta, fitted, best = beta + step, trial, reached
        if np.abs(step).max() < TOLERANCE:
            return np.where(undetermined, np.nan, beta)
        if np.abs(beta).max() > FARTHEST:
            break
    return np.full(len(beta), np.nan)


def _without_each(y: Array, z: Array, blocks: Blocks, start: Array) -> Array:
    """Return the coefficients without each group, shape (G, C).

    Units lie within groups, so that score and Hessian are sums over groups: all groups are left
    out at once, by steps with the Hessian of the whole fit less the group's.
    """
    rest = _rest(z, blocks, _fitted(y, z, blocks, start))
    if not _deciding(rest):
        at_once = max(CELLS // len(y), 1)
        slices = blocks.group_slices
        parts = [
            _several(y, z, blocks, rest[g : g + at_once], slices[g : g + at_once], start)
            for g in range(0, len(slices), at_once)
        ]
        if not any(part is None for part in parts):
            return np.concatenate(parts)  # type: ignore[arg-type]
    return np.stack([_without(y, z, blocks, s, start) for s in blocks.group_slices])


def _rest(z: Array, blocks: Blocks, fitted: Array) -> Array:
    """Return the Hessian of the whole fit less each group's, shape (G, C, C)."""
    moved = z - blocks.unit_means(z, fitted)
    parts = [(moved[s] * fitted[s, None]).T @ moved[s] for s in blocks.group_slices]
    return np.asarray(np.sum(parts, axis=0) - np.stack(parts))


def _norms(rest: Array) -> Array:
    size = np.sqrt(np.maximum(np.diagonal(rest, axis1=1, axis2=2), np.finfo(float).tiny))
    return np.asarray(size[:, :, None] * size[:, None, :])


def _deciding(rest: Array) -> list[int]:
    """Return the groups without which some coefficient, whichever it is, is not determined."""
    scaled = rest / _norms(rest)
    if well_conditioned(scaled):
        return []
    return [g for g, part in enumerate(scaled) if not well_conditioned(part)]


def _several(
    y: Array, z: Array, blocks: Blocks, rest: Array, left_out: Sequence[slice], start: Array
) -> Array | None:
    """Return the coefficients without each of some groups; None where they do not converge."""
    norm = _norms(rest)
    inverse = np.linalg.inv(rest / norm) / norm
    keep = np.ones((len(y), len(left_out)))
    for g, rows in enumerate(left_out):
        keep[rows, g] = 0.0
    sold = np.add.reduceat(y, blocks.unit_starts)[:, None]
    sizes = np.diff([*blocks.unit_starts, len(y)])
    betas = np.tile(start, (len(left_out), 1))
    for _ in range(STEPS):
        predictor = z @ betas.T
        rate = np.exp(predictor - predictor.max(axis=0))
        level = sold / np.add.reduceat(rate, blocks.unit_starts)
        residual = (y[:, None] - rate * np.repeat(level, sizes, axis=0)) * keep
        step = (inverse @ (z.T @ residual).T[:, :, None])[:, :, 0]
        betas += step
        if np.abs(step).max() < TOLERANCE:
            return betas
        if not np.isfinite(step).all() or np.abs(betas).max() > FARTHEST:
            break
    return None


def _without(y: Array, z: Array, blocks: Blocks, left_out: slice, start: Array) -> Array:
    """Return the coefficients without the rows of one group."""
    size = left_out.stop - left_out.start
    keep = np.r_[0 : left_out.start, left_out.stop : len(y)]
    starts = blocks.unit_starts
    starts = np.r_[starts[starts < left_out.start], starts[starts >= left_out.stop] - size]
    rest = Blocks(keep, starts, starts[:1], (), 0)
    return _maximise(y[keep], z[keep], rest, start)


def _sandwich(y: Array, z: Array, blocks: Blocks, beta: Array) -> Array:
    fitted = _fitted(y, z, blocks, beta)
    moved = z - blocks.unit_means(z, fitted)
    inverse = np.linalg.inv((moved * fitted[:, None]).T @ moved)
    scores = np.add.reduceat(moved * (y - fitted)[:, None], blocks.group_starts)
    g, c = scores.shape
    factor = g / (g - 1) * (len(y) - 1) / max(len(y) - c, 1)
    return np.asarray(factor * inverse @ (scores.T @ scores) @ inverse)
