"""What one unit of a driver does month by month: the dynamic panel carried forward.

A unit given once moves the next month, through it the months after, and whatever else of the unit
the panel controls for, which then moves the result in turn. All of it counts: a recursion that
holds the other controls still would leave out what works through them.

References
----------
Lutkepohl, H. (2005). New Introduction to Multiple Time Series Analysis, 2.3 and 10.2 (dynamic
multipliers).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from salesdiag.estimate.blocks import Array
from salesdiag.estimate.design import DynamicPanel

Equation = tuple[tuple[str, ...], np.ndarray]
"""Names of regressors, and coefficients, shape (draws, names): all groups, then without each."""


def responses(spec: DynamicPanel, equations: Sequence[Equation]) -> np.ndarray:
    """Return the effect of one unit of the driver, given once, on months 0 to the horizon after.

    Parameters
    ----------
    spec : DynamicPanel
    equations : sequence of Equation
        Of the result, then of each of ``spec.information`` (not needed up to a horizon of one).

    Returns
    -------
    ndarray, shape (draws, horizon + 1)
        Month 0 is 0 unless ``spec.same_month``. Hours of later months stay as they were.
    """
    states = (spec.outcome, *spec.information)[: len(equations)]
    first = 0 if spec.same_month else 1
    path: list[list[np.ndarray]] = []
    for k in range(spec.horizon + 1):
        now = []
        for equation in equations:
            total = _column(equation, f"{spec.driver}_{k}" if first <= k <= spec.lags else "")
            for j in range(1, min(k, spec.own_lags) + 1):
                for state, moved in zip(states, path[k - j], strict=True):
                    total = total + _carried(equation, spec, state, j) * moved
            now.append(total)
        path.append(now)
    return np.stack([month[0] for month in path], axis=-1)


def cumulative(spec: DynamicPanel, path: np.ndarray) -> np.ndarray:
    """Return the sum over the months that the specification counts, shape (draws,)."""
    return np.asarray(path[:, 0 if spec.same_month else 1 :].sum(axis=-1))


def gradient(
    spec: DynamicPanel, equations: Sequence[tuple[tuple[str, ...], Array]], of: int = 0
) -> Array:
    """Return the derivative of the cumulative effect by the coefficients of one equation.

    The effect is a polynomial of the coefficients, so that a step in the imaginary direction gives
    the derivative to the last digit (Squire and Trapp 1998, SIAM Review 40).
    """
    step = 1e-30
    size = len(equations[of][1])
    moved = [
        (names, np.tile(b, (size, 1)) + (1j * step * np.eye(size) if q == of else 0))
        for q, (names, b) in enumerate(equations)
    ]
    return np.asarray(cumulative(spec, responses(spec, moved)).imag / step)


def _column(equation: Equation, name: str) -> np.ndarray:
    names, b = equation
    return b[:, names.index(name)] if name in names else np.zeros(len(b), dtype=b.dtype)


def _carried(equation: Equation, spec: DynamicPanel, state: str, months: int) -> np.ndarray:
    """Return what a unit of a state adds later; the whole team's, where the whole team moves."""
    own = _column(equation, f"{state}_{months}")
    return own + _column(equation, f"peers_{state}_{months}") if spec.supply else own
