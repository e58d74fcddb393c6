"""How much more data an answer would take."""

from __future__ import annotations

import math

from scipy import stats

from salesdiag.finding import LEVEL, POWER

MOST = 100_000


def groups_needed(se: float, groups: int, margin: float) -> int | None:
    """Return how many groups like these would show an effect of the size of the margin.

    At 5 % with 80 % power, the standard error falling with the root of the number of groups.

    Parameters
    ----------
    se : float
        Standard error with ``groups`` groups, in the unit of ``margin``.
    groups : int
    margin : float
        Smallest effect worth acting on, positive.

    Returns
    -------
    int or None
        At least 3; None where more than a hundred thousand would be needed or ``se`` is unknown.
    """
    _check(margin)
    if not se > 0:
        return None

    def detectable(g: int) -> float:
        return _factor(g - 1) * se * math.sqrt(groups / g)

    low, high = 2, 3
    while detectable(high) > margin:
        low, high = high, 2 * high
        if low > MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if detectable(middle) <= margin else (middle, high)
    return high


def periods_needed(se: float, groups: int, periods: int, margin: float) -> int | None:
    """Return how many months of these groups would show an effect of the size of the margin.

    As :func:`groups_needed`, the standard error falling with the root of the number of months.
    """
    _check(margin)
    if not (se > 0 and groups > 1):
        return None
    needed = periods * (_factor(groups - 1) * se / margin) ** 2
    return math.ceil(needed - 1e-9) if needed <= MOST else None


def _factor(df: int) -> float:
    return float(stats.t.ppf((1 + LEVEL) / 2, df) + stats.t.ppf(POWER, df))


def _check(margin: float) -> None:
    if not margin > 0:
        raise ValueError(f"a margin must be positive, not {margin}")
