"""How strong an unseen cause, or managers' foresight, must be to explain an estimate away.

References
----------
Cinelli, C. and Hazlett, C. (2020). Making sense of sensitivity: extending omitted variable bias.
JRSS B 82. VanderWeele, T. J. and Ding, P. (2017). Sensitivity analysis in observational research:
introducing the E-value. Annals of Internal Medicine 167.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats

from salesdiag.estimate.blocks import Array
from salesdiag.estimate.panel_ols import LinearFit

MOST = 0.5  # foresight in units of the driver's to the surprise's scatter, beyond which all is one


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
class Foresight:
    """How a driver given in view of next month's result bends an estimate.

    Managers who give ``phi`` units more per log point by which a rep's next month will turn out
    above what the data foretell add ``phi`` times that surprise to the driver. Least squares then
    errs by ``phi V (X'X/n)^-1 e_1``, V the variance of the surprise; a function of the coefficients
    by what it loses when they are moved back by that. What is left after the fit understates V, as
    the driver has taken a part of the surprise: with ``u`` the bias of the first coefficient over
    the ratio of the residuals' to the driver's own scatter, V is ``residual (1 + u^2)`` and ``phi``
    is ``u / (1 + u^2)`` times that of the driver's to the residuals'.

    Attributes
    ----------
    shift : callable
        Bias of the estimate when the driver's first coefficient is off by so much.
    driver_sd : float
        What is left of the driver given all else in the fit.
    surprise_sd : float
        What is left of the log result.
    """

    shift: Callable[[float], float]
    driver_sd: float
    surprise_sd: float

    @property
    def _ratio(self) -> float:
        return self.surprise_sd / self.driver_sd

    def bias(self, phi: float) -> float:
        """Return the size of an estimate's bias under ``phi`` units per log point.

        Infinite where so much foresight could make the driver and the surprise one.
        """
        a = abs(phi) * self._ratio
        if a >= MOST:
            return math.inf
        first = 2 * a / (1 + math.sqrt(1 - 4 * a * a)) * self._ratio
        return abs(self.shift(math.copysign(first, phi)))

    def worst(self, phi: float) -> float:
        """Return the larger bias of both directions: more to those about to rise, or to fall."""
        return max(self.bias(phi), self.bias(-phi))

    def tipping(self, edge: float) -> float:
        """Return the foresight whose bias is as large as an end's distance from zero.

        Negative where it is less to those about to rise. Infinite where none that leaves the driver
        and the surprise apart is enough.
        """
        if not math.isfinite(edge):
            return math.nan
        most = self._ratio * (1 - 1e-9)  # u = 1, where half of both is one
        signs = [s for s in (1.0, -1.0) if self.shift(s * most) * edge > 0]
        found = []
        for sign in signs:
            if abs(self.shift(sign * most)) < abs(edge):
                continue
            first = optimize.brentq(lambda x, s=sign: self.shift(s * x) - edge, 0.0, most)
            u = first / self._ratio
            found.append(sign * u / (1 + u * u) / self._ratio)
        return min(found, key=abs, default=math.inf)


def foresight(
    fit: LinearFit,
    drivers: Sequence[str],
    function: Callable[[Sequence[Array]], float],
    coefficients: Sequence[Array],
    covariances: Sequence[float],
) -> Foresight:
    """Return how foresight of next month's surprise bends a function of coefficients.

    Parameters
    ----------
    fit : LinearFit
        Of the result.
    drivers : sequence of str
        The regressor that foresight moves, the driver in the month before the result; then the
        driver in the months before that.
    function : callable
        The estimate, from the coefficients of the result's equation and of others on the same
        regressors.
    coefficients : sequence of ndarray, each shape (K,)
    covariances : sequence of float
        Of the result's residual with that of each equation, over its own variance: 1 first.
    """
    inverse = np.linalg.inv(fit.xx.sum(axis=0))
    j, k = fit.position(drivers[0]), len(fit.names)
    rows = fit.residual_df + k
    scores = inverse[:k, j] * rows
    for later in drivers[1:]:  # taking out a unit's means leaves one of its months with each
        scores = scores - inverse[:k, fit.position(later)] * fit.units
    moved = scores / (inverse[j, j] * rows)
    whole = function(coefficients)

    def shift(first: float) -> float:
        back = [b - first * c * moved for b, c in zip(coefficients, covariances, strict=True)]
        return whole - function(back)

    return Foresight(
        shift=shift,
        driver_sd=math.sqrt(1 / inverse[j, j] / rows),
        surprise_sd=math.sqrt(fit.rss / fit.residual_df),
    )


def independent_se(fit: LinearFit, gradient: Array) -> float:
    """Return the standard error of a function of coefficients if errors were independent and alike.

    Parameters
    ----------
    fit : LinearFit
    gradient : ndarray, shape (K,)
        Derivatives of the function by the coefficients of the regressors.
    """
    k = len(gradient)
    inverse = np.linalg.inv(fit.xx.sum(axis=0))[:k, :k]
    return math.sqrt(fit.rss / fit.residual_df * float(gradient @ inverse @ gradient))


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
