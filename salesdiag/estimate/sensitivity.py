"""How strong an unseen cause would have to be to explain an estimate away.

References
----------
Cinelli, C. and Hazlett, C. (2020). Making sense of sensitivity: extending omitted variable bias.
JRSS B 82. VanderWeele, T. J. and Ding, P. (2017). Sensitivity analysis in observational research:
introducing the E-value. Annals of Internal Medicine 167.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats

from salesdiag.estimate.blocks import Array
from salesdiag.estimate.panel_ols import LinearFit


def partial_r2(t: ArrayLike, df: ArrayLike) -> Array:
    """Return the share of residual variance that a regressor explains, from its t and df."""
    square = np.asarray(t, dtype=float) ** 2
    return np.asarray(square / (square + df))


def robustness_value(
    t: ArrayLike, df: ArrayLike, *, q: float = 1.0, alpha: float | None = None
) -> Array:
    """Return how much of driver and result an unseen cause must explain to change the answer.

    Parameters
    ----------
    t, df : array
        t ratio of the driver and residual degrees of freedom.
    q : float
        Share of the estimate to be explained away.
    alpha : float, optional
        Ask instead when the estimate stops being significant at this level.

    Returns
    -------
    ndarray
        Partial R2 with both, 0..1.
    """
    degrees = np.asarray(df, dtype=float)
    f = q * np.abs(np.asarray(t, dtype=float)) / np.sqrt(degrees)
    critical = np.zeros_like(degrees)
    if alpha is not None:
        critical = stats.t.isf(alpha / 2, degrees - 1) / np.sqrt(degrees - 1)
    left = np.maximum(f - critical, 0.0)
    value = 0.5 * (np.sqrt(left**4 + 4 * left**2) - left**2)
    with np.errstate(divide="ignore"):
        extreme = (critical > 0) & (f > 1 / critical)
    return np.asarray(np.where(extreme, (f**2 - critical**2) / (1 + f**2), value))


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """An estimate adjusted for an unseen cause ``k`` times as strong as a benchmark.

    Attributes
    ----------
    k : ndarray
    r2_driver, r2_result : ndarray
        Partial R2 of the cause with driver and with result.
    value, se : ndarray
        Adjusted estimate and standard error; NaN where no cause can be that strong.
    """

    k: Array
    r2_driver: Array
    r2_result: Array
    value: Array
    se: Array


def bounds(
    value: float, se: float, df: float, r2_driver: float, r2_result: float, k: ArrayLike
) -> Bounds:
    """Bound the estimate under causes as strong as multiples of an observed control.

    Parameters
    ----------
    value, se, df : float
        Estimate, its classical standard error, residual degrees of freedom.
    r2_driver, r2_result : float
        Partial R2 of the observed control with the driver, and with the result given the driver.
    k : array
        Multiples.
    """
    times = np.asarray(k, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        with_driver = times * r2_driver / (1 - r2_driver)
        shared = times * r2_driver**2 / ((1 - times * r2_driver) * (1 - r2_driver))
        with_result = ((np.sqrt(times) + np.sqrt(shared)) / np.sqrt(1 - shared)) ** 2
        with_result = np.minimum(with_result * r2_result / (1 - r2_result), 1.0)
        possible = (with_driver < 1) & (shared < 1)
        bias = se * np.sqrt(with_result * with_driver / (1 - with_driver) * df)
        spread = se * np.sqrt((1 - with_result) / (1 - with_driver) * df / (df - 1))
    return Bounds(
        k=times,
        r2_driver=with_driver,
        r2_result=with_result,
        value=np.where(possible, np.sign(value) * (np.abs(value) - bias), np.nan),
        se=np.where(possible, spread, np.nan),
    )


@dataclass(frozen=True, kw_only=True)
class Strength:
    """Partial R2 of an observed control with driver and result."""

    r2_driver: float
    r2_result: float


def strength(fit: LinearFit, driver: str, control: str) -> Strength:
    """Return how strongly a control of a fit goes with the driver and with the result."""
    inverse = np.linalg.inv(fit.xx.sum(axis=0))
    d, c = fit.position(driver), fit.position(control)
    t = fit.coefficients[c] / fit.iid_se[c]
    return Strength(
        r2_driver=float(inverse[d, c] ** 2 / (inverse[d, d] * inverse[c, c])),
        r2_result=float(partial_r2(t, fit.residual_df)),
    )


def confounder_multiple(fit: LinearFit, driver: str, control: str) -> float:
    """Return how many times as strong as a control an unseen cause must be to leave nothing.

    Returns
    -------
    float
        Multiple at which the bounded estimate is zero; infinite where none can do it.
    """
    found = strength(fit, driver, control)
    j = fit.position(driver)
    value, se = float(fit.coefficients[j]), float(fit.iid_se[j])

    def left(k: float) -> float:
        result = bounds(value, se, fit.residual_df, found.r2_driver, found.r2_result, k)
        return float(np.sign(value) * result.value)

    most = (1 - found.r2_driver) / found.r2_driver if found.r2_driver > 0 else np.inf
    top = min(most, 1e6) * (1 - 1e-9)
    if not left(top) < 0:
        return np.inf
    return float(optimize.brentq(left, 0.0, top))


def e_value(ratio: ArrayLike) -> Array:
    """Return the E-value of a risk ratio (or of one near enough: a hazard or rate ratio).

    Examples
    --------
    >>> float(e_value(3.9).round(3))
    7.263
    """
    r = np.asarray(ratio, dtype=float)
    if (r <= 0).any():
        raise ValueError("a ratio must be positive")
    r = np.maximum(r, 1 / r)
    return np.asarray(r + np.sqrt(r * (r - 1)))
