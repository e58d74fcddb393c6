"""Dose and response: how the result differs between doses fixed beforehand.

Bins and breaks come from the claim (none, up to one deal a quarter, more), never from the data. A
quadratic is not offered: it finds a turning point in a third to a half of companies where more is
simply better or worse. A bin counts the groups that moved into or out of it, since only they say
anything about it once units are compared with themselves.

References
----------
Simonsohn, U. (2018). Two lines: a valid alternative to the invalid testing of U-shaped
relationships with quadratic regressions. Advances in Methods and Practices in Psychological
Science 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from salesdiag.estimate.blocks import Array
from salesdiag.estimate.design import Design, DynamicPanel, design
from salesdiag.estimate.dynamic import coefficient, regress, transformed
from salesdiag.estimate.panel_ols import Fit
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import Estimate
from salesdiag.text import methods as words

MIN_MOVERS = 5


@dataclass(frozen=True, kw_only=True)
class DoseResponse:
    """Results by bin of the dose one month earlier.

    Attributes
    ----------
    uppers : tuple of float
        Upper ends of the bins, inclusive; the first bin, the reference, holds all up to the first.
    support : DataFrame
        Per bin ``above`` (exclusive lower end), ``to``, ``rows``, and ``groups`` that moved into
        or out of it.
    fit : Fit
        Column ``bin_1`` and so on: log points against the reference bin.
    """

    uppers: tuple[float, ...]
    support: pd.DataFrame
    fit: Fit
    dropped: dict[str, int]

    def contrast(self, high: int, low: int = 0) -> Estimate:
        """Return the result in bin ``high`` less that in bin ``low``, in log points.

        Raises
        ------
        NotEstimable
            Fewer than five groups moved into or out of one of the bins.
        """
        for b in (low, high):
            _enough(int(self.support["groups"].to_numpy()[b]), *_range(self.uppers, b))
        names = [f"bin_{b}" for b in (high, low)]
        missing = [n for n in names if n != "bin_0" and n not in self.fit.names]
        if missing:
            raise NotEstimable(words.NO_VARIATION())

        def difference(b: Array) -> Array:
            return self._level(b, names[0]) - self._level(b, names[1])

        result = transformed(
            self.fit,
            difference,
            method=words.BINS(df=self.fit.groups - 1),
            dropped=self.dropped,
        )
        if not np.isfinite(result.se):
            raise NotEstimable(words.ONE_GROUP_DECIDES())
        return result

    def _level(self, b: Array, name: str) -> Array:
        if name == "bin_0":
            return np.zeros(b.shape[:-1])
        return np.asarray(b[..., self.fit.names.index(name)])

    @property
    def curve(self) -> pd.DataFrame:
        """Support with ``value``, ``low`` and ``high`` (95 %) against the reference bin.

        Bins without support have NaN there.
        """
        rows = []
        for b in range(len(self.uppers)):
            try:
                found = self.contrast(b).interval() if b else None
                rows.append((found.value, found.low, found.high) if found else (0.0, 0.0, 0.0))
            except NotEstimable:
                rows.append((np.nan,) * 3)
        values = pd.DataFrame(rows, columns=["value", "low", "high"], index=self.support.index)
        return self.support.join(values)


@dataclass(frozen=True, kw_only=True)
class TwoLines:
    """Slopes below and above a break fixed beforehand, log points per unit of dose."""

    below: Estimate
    above: Estimate


def by_bin(frame: pd.DataFrame, spec: DynamicPanel, uppers: Sequence[float]) -> DoseResponse:
    """Estimate results by bin of the driver one month earlier, given earlier results.

    Parameters
    ----------
    frame : DataFrame
        As for :func:`~salesdiag.estimate.dynamic.fit`.
    spec : DynamicPanel
        The bins stand for the driver one month earlier; its months before enter as they are.
    uppers : sequence of float
        Increasing upper ends of the bins, inclusive; the last is normally infinite. For a limit
        of one deal: ``(0, 1, inf)``, with contrasts ``contrast(1, 0)`` and ``contrast(2, 1)``.

    Raises
    ------
    ValueError
        The ends do not increase.
    NotEstimable
        As :func:`~salesdiag.estimate.dynamic.fit`.
    """
    ends = tuple(float(u) for u in uppers)
    if len(ends) < 2 or any(a >= b for a, b in pairwise(ends)):
        raise ValueError(f"bins need two or more increasing upper ends, not {ends}")

    def basis(dose: Array) -> dict[str, Array]:
        bins = np.searchsorted(ends, dose, side="left")
        known = np.isfinite(dose) & (bins < len(ends))
        return {
            f"bin_{b}": np.where(known, (bins == b).astype(float), np.nan)
            for b in range(1, len(ends))
        }

    made = design(frame, spec, basis)
    fitted, dropped = regress(made)
    return DoseResponse(uppers=ends, support=_support(made, ends), fit=fitted, dropped=dropped)


def _support(made: Design, ends: tuple[float, ...]) -> pd.DataFrame:
    inside = made.X[:, : len(ends) - 1]
    inside = np.column_stack([1 - inside.sum(axis=1), inside])
    rows = []
    for b in range(len(ends)):
        above, to = _range(ends, b)
        rows.append((above, to, int(inside[:, b].sum()), _movers(made, inside[:, b])))
    return pd.DataFrame(rows, columns=["above", "to", "rows", "groups"])


def _range(ends: tuple[float, ...], b: int) -> tuple[float, float]:
    return (ends[b - 1] if b else -np.inf), ends[b]


def _movers(made: Design, inside: Array) -> int:
    """Count groups with a unit that has months both inside and outside."""
    within = np.bincount(made.unit, inside)
    mixed = (within > 0) & (within < np.bincount(made.unit))
    return len(np.unique(made.group[mixed[made.unit]]))


def _enough(groups: int, above: float, to: float) -> None:
    if groups < MIN_MOVERS:
        kind = words.RANGE_BETWEEN
        if np.isinf(above) or np.isinf(to):
            kind = words.RANGE_UP_TO if np.isinf(above) else words.RANGE_ABOVE
        where = kind(above=above, to=to)
        raise NotEstimable(words.NO_SUPPORT(groups=groups, needed=MIN_MOVERS, range=where))


def two_lines(frame: pd.DataFrame, spec: DynamicPanel, knot: float) -> TwoLines:
    """Estimate slopes on both sides of a break fixed beforehand; the lines need not meet.

    A turning point is shown only where both slopes are clear and of opposite sign.

    Raises
    ------
    NotEstimable
        Fewer than five groups moved across the break, or as
        :func:`~salesdiag.estimate.dynamic.fit`.
    """

    def basis(dose: Array) -> dict[str, Array]:
        return {
            "below": np.minimum(dose - knot, 0),
            "above": np.maximum(dose - knot, 0),
            "over": np.where(np.isfinite(dose), (dose > knot).astype(float), np.nan),
        }

    made = design(frame, spec, basis)
    _enough(_movers(made, made.X[:, 2]), knot, np.inf)
    fitted, dropped = regress(made)
    method = words.TWO_LINES(knot=knot)
    return TwoLines(
        below=coefficient(fitted, "below", method=method, dropped=dropped),
        above=coefficient(fitted, "above", method=method, dropped=dropped),
    )


def jackknife_covariance(first: Estimate, second: Estimate) -> float:
    """Return the covariance of two estimates from one fit, such as two contrasts.

    Raises
    ------
    ValueError
        They were not made from the same groups.
    """
    if first.leave_one_out.keys() != second.leave_one_out.keys():
        raise ValueError("the two estimates do not come from the same groups")
    a = np.array([first.leave_one_out[g] - first.value for g in first.leave_one_out])
    b = np.array([second.leave_one_out[g] - second.value for g in first.leave_one_out])
    return float((len(a) - 1) / len(a) * a @ b)
