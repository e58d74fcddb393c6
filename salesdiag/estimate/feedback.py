"""Bias of fixed effects where later regressors react to earlier errors.

References
----------
Nickell, S. (1981). Biases in dynamic models with fixed effects. Econometrica 49. Hahn, J. and
Kuersteiner, G. (2011). Bias reduction for dynamic nonlinear panel models with fixed effects.
Econometric Theory 27 (the truncated sum).
"""

from __future__ import annotations

import numpy as np

from salesdiag.estimate.blocks import Array, Blocks, Codes


def taken(blocks: Blocks, moved: Array, residual: Array, time: Codes, ahead: int) -> Array:
    """Return what the reaction of later regressors takes from the cross products, shape (G, C).

    Taking out a unit's means mixes every month's error with later months' regressors. Where these
    react to the error (weak months bring hours, results carry over), the cross products of
    regressors and errors are off by minus the sum of their later covariances over the unit's
    months. The sum is cut off after ``ahead`` months, from where on it is noise.

    Parameters
    ----------
    blocks : Blocks
    moved : ndarray, shape (n, C)
        Regressors after the within transformation, sorted as in ``blocks``.
    residual : ndarray, shape (n,)
    time : ndarray of int, shape (n,)
        Month numbers, sorted alike.
    ahead : int
    """
    sizes = np.diff([*blocks.unit_starts, len(time)])
    unit = np.repeat(np.arange(len(sizes)), sizes)
    span = int(time.max()) + 1 + ahead
    slots = np.full(len(sizes) * span, -1, dtype=np.intp)
    slots[unit * span + time] = np.arange(len(time))
    later = np.zeros_like(moved)
    for months in range(1, ahead + 1):
        place = slots[unit * span + time + months]
        there = place >= 0
        later[there] += moved[place[there]]
    later *= (residual / sizes[unit])[:, None]
    return np.asarray(np.add.reduceat(later, blocks.group_starts))
