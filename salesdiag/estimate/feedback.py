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


def later_sums(blocks: Blocks, moved: Array, time: Codes, ahead: int) -> Array:
    """Return each row's sum of the regressors of the months after it, over free months.

    Taking out a unit's means mixes every month's error with later months' regressors. Where these
    react to the error (weak months bring hours, results carry over), the cross products of
    regressors and errors are off by minus the sum of their later covariances over the unit's
    months. The sum is cut off after ``ahead`` months, from where on it is noise. The products of
    these sums with residuals are what is missing; residuals have lost their unit's mean as well,
    which takes ``ahead`` over the unit's months of every product, so these are divided by the
    months less ``ahead`` (not below half of them).

    Parameters
    ----------
    blocks : Blocks
    moved : ndarray, shape (n, C)
        Regressors after the within transformation, sorted as in ``blocks``.
    time : ndarray of int, shape (n,)
        Month numbers from 0, sorted alike.
    ahead : int

    Returns
    -------
    ndarray, shape (n, C)
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
    free = np.maximum(sizes - ahead, sizes / 2)
    return np.asarray(later / free[unit][:, None])
