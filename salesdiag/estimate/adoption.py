"""Rows of a staggered adoption as a rectangle of units and months, and the imputation in it.

Everything is done for many sets of starts at once: outcomes stay where they are, only the line
between months without and with the measure moves.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from salesdiag.estimate.blocks import Array, Codes
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.text import methods as words

Mask = NDArray[np.bool_]

MAX_ZERO_SHARE = 0.05  # of rows; with more, leaving out the months with nothing misleads
CHUNK = 250_000  # cells computed at once


@dataclass(frozen=True, kw_only=True)
class Adoption:
    """Units by months.

    Attributes
    ----------
    y : ndarray, shape (N, T)
        Outcome, 0 where not seen.
    seen : ndarray of bool, shape (N, T)
    months : ndarray, shape (T,)
    start : ndarray, shape (N,)
        First month with the measure; infinite where there is none within the data.
    group : ndarray of int, shape (N,)
        Position in ``groups``.
    groups : tuple
        Independent groups.
    taker : ndarray of int, shape (N,)
        Who takes the measure up together: codes of what the starts are permuted over.
    least : int
        Months without the measure that a unit needs.
    dropped : dict
        Rows left out, by cause.
    """

    y: Array
    seen: Mask
    months: Codes
    start: Array
    group: Codes
    groups: tuple[object, ...]
    taker: Codes
    least: int
    dropped: dict[str, int]

    @property
    def since(self) -> Array:
        """Months since the start, shape (N, T); minus infinity where there is none."""
        return self.months - self.start[:, None]


def adoption(
    frame: pd.DataFrame,
    start: pd.Series,
    *,
    outcome: str,
    unit: str,
    time: str,
    group: str,
    by: str | None,
    complete: str | None,
    log: bool,
    least: int,
) -> Adoption:
    """Arrange rows as a rectangle; see :func:`salesdiag.estimate.did.imputation`."""
    named = {outcome, unit, time, group} | {c for c in (by, complete) if c}
    absent = sorted(named - set(frame.columns))
    if absent:
        raise ValueError(f"the panel has no column {', '.join(absent)}")
    if start.index.has_duplicates or not pd.api.types.is_numeric_dtype(start):
        raise ValueError(f"starts must be numbers as in {time}, one for each {unit}")
    if not pd.api.types.is_numeric_dtype(frame[time]) or (frame[time] % 1 != 0).any():
        raise ValueError(f"{time} must number the months")
    rows = pd.DataFrame(
        {
            "unit": frame[unit],
            "time": frame[time],
            "group": frame[group],
            "by": frame[by or unit],
            "y": frame[outcome].astype(float),
        }
    )
    keys = rows[["unit", "time", "group", "by"]]
    if keys.isna().any(axis=None) or keys.duplicated(["unit", "time"]).any():
        raise ValueError(f"each row needs {unit}, {time} and {group}, and each month one row")
    if not keys[["unit", "group", "by"]].drop_duplicates()["unit"].is_unique:
        raise ValueError(f"each {unit} must lie within one {group}")
    done = frame[complete].to_numpy(dtype=bool) if complete else np.ones(len(rows), dtype=bool)
    known = np.isfinite(rows["y"].to_numpy())
    dropped = {"incomplete_month": int((~done).sum()), "no_result": int((done & ~known).sum())}
    rows = rows[done & known]
    if log:
        rows, lost = _logged(rows)
        dropped |= lost
    begin = rows["unit"].map(start).astype(float).fillna(np.inf)
    rows = rows.assign(start=begin.where(begin <= rows["time"].max(), np.inf))
    rows = rows.assign(taker=_takers(rows, by))
    early = (rows["time"] >= rows["start"]).groupby(rows["taker"]).transform("all")
    dropped["always_treated"] = int(early.sum())
    return _rectangle(rows[~early].sort_values(["unit", "time"]), least, dropped)


def _rectangle(rows: pd.DataFrame, least: int, dropped: dict[str, int]) -> Adoption:
    i, units = pd.factorize(rows["unit"])  # in order: draws do not depend on that of the rows
    months, at = np.unique(rows["time"].to_numpy(dtype=np.intp), return_inverse=True)
    of_unit = rows.drop_duplicates("unit")
    group, groups = pd.factorize(of_unit["group"], sort=True)
    y, seen = np.zeros((len(units), len(months))), np.zeros((len(units), len(months)), dtype=bool)
    y[i, at], seen[i, at] = rows["y"], True
    return Adoption(
        y=y,
        seen=seen,
        months=months,
        start=of_unit["start"].to_numpy(),
        group=group,
        groups=tuple(groups),
        taker=pd.factorize(of_unit["taker"])[0],
        least=least,
        dropped=dropped,
    )


def _logged(rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    zero, below = rows["y"] == 0, rows["y"] < 0
    share = float(zero.mean()) if len(rows) else 0.0
    if share > MAX_ZERO_SHARE:
        raise NotEstimable(words.TOO_MANY_ZEROS(share=share, most=MAX_ZERO_SHARE))
    kept = rows[rows["y"] > 0]
    lost = {"zero_result": int(zero.sum()), "negative_result": int(below.sum())}
    return kept.assign(y=np.log(kept["y"])), lost


def _takers(rows: pd.DataFrame, by: str | None) -> pd.Series:
    """Return groups where each starts at once, otherwise what ``by`` names."""
    for name in ("group", "by"):
        if rows[[name, "start"]].drop_duplicates()[name].is_unique:
            return rows[name]
        if by is None:
            raise ValueError("starts differ within groups; name in 'by' who takes the measure up")
    raise ValueError(f"starts differ within {by}")


def excess(a: Adoption, y: Array, fit: Mask) -> tuple[Array, Mask]:
    """Return outcomes less what unit and month effects of other cells predict.

    Parameters
    ----------
    a : Adoption
    y : ndarray, shape (K, N, T)
        Outcomes.
    fit : ndarray of bool, shape (B, N, T)
        Cells from which the effects are estimated by least squares.

    Returns
    -------
    gaps : ndarray, shape (K, B, N, T)
    known : ndarray of bool, shape (B, N, T)
        Where the prediction is determined, and the unit has ``a.least`` months in ``fit``.
    """
    return _predicted(a, y, fit)[:2]


def _predicted(a: Adoption, y: Array, fit: Mask) -> tuple[Array, Mask, Array, Array]:
    """Return also each unit's weights of its months (B, N, T), and the months' equations."""
    u = fit.astype(float)
    per_unit, per_month = u.sum(axis=2), u.sum(axis=1)
    share = u / np.maximum(per_unit, 1)[:, :, None]
    # units are absorbed; what is left is the Laplacian of months linked by common units, made
    # regular by a block of ones for each set of linked months
    gram = -(u.transpose(0, 2, 1) @ share)
    diagonal = np.arange(len(a.months))
    gram[:, diagonal, diagonal] += per_month
    linked = _linked(u, per_month, gram)
    gram += linked
    gram[:, diagonal, diagonal] += per_month == 0
    sums = np.einsum("bnt,knt->bkt", u, y)
    means = np.einsum("bnt,knt->bkn", share, y)
    month = np.linalg.solve(gram, (sums - means @ u).transpose(0, 2, 1))  # (B, T, K)
    level = means.transpose(0, 2, 1) - share @ month  # (B, N, K)
    gaps = y[:, None] - level.transpose(2, 0, 1)[..., None] - month.transpose(2, 0, 1)[:, :, None]
    own = fit.argmax(axis=2)  # a month of the unit's own, whose links are the unit's
    reached = linked[np.arange(len(u))[:, None], own] > 0
    known = reached & (per_unit >= max(a.least, 1))[:, :, None]
    return gaps, known, share, gram


def _linked(u: Array, per_month: Array, gram: Array) -> Array:
    """Return ones where two months are tied by units seen in both, in however many steps."""
    some = (per_month > 0).astype(float)
    if (u.sum(axis=2).max(axis=1) == some.sum(axis=1)).all():  # some unit is there all the time
        return some[:, :, None] * some[:, None, :]
    reach = ((gram < 0) | np.eye(gram.shape[1], dtype=bool)) * some[:, :, None]
    while True:
        further = (reach @ reach > 0).astype(float)
        if (further == reach).all():
            return reach
        reach = further


def mean_excess(
    a: Adoption,
    y: Array,
    start: Array,
    *,
    lead: int = 0,
    horizons: tuple[int, ...] = (),
    without: Codes | None = None,
    block: int = 0,
) -> Array:
    """Return mean differences from what the months without the measure predict.

    Parameters
    ----------
    a : Adoption
    y : ndarray, shape (K, N, T)
        Outcomes.
    start : ndarray, shape (B, N)
        Sets of starts.
    lead : int
        0 for the months with the measure; ``k`` for the ``k`` months before it, which then do not
        enter the prediction.
    horizons : tuple of int
        Months since the start to tell apart.
    without : ndarray of int, shape (B,), optional
        Group left out of each set, -1 for none.
    block : int
        Where given, horizons are blocks of so many months (0 the first with the measure, -1 the
        last before it), and months with the measure are told from the same months as those of
        the lead.

    Returns
    -------
    ndarray, shape (K, B, 1 + len(horizons))
        Over all cells, then by horizon; NaN where none can be predicted.
    """
    found = [
        _means(a, y, start[part], lead, horizons, None if without is None else without[part], block)
        for part in _chunks(len(start), a.y.size)
    ]
    return np.concatenate(found, axis=1)


def _means(
    a: Adoption,
    y: Array,
    start: Array,
    lead: int,
    horizons: tuple[int, ...],
    without: Codes | None,
    block: int,
) -> Array:
    seen = a.seen[None] if without is None else a.seen & (a.group != without[:, None])[..., None]
    fit = seen & (a.months < start[..., None] - lead)
    cells = seen & ~fit
    if lead and not block:
        cells &= a.months < start[..., None]
    gaps, known = excess(a, y, fit)
    cells &= known
    masks = [cells]
    if horizons:
        since = np.floor((a.months - start[..., None]) / max(block, 1))
        masks += [cells & (since == h) for h in horizons]
    counts = np.stack([m.sum(axis=(1, 2)) for m in masks], axis=-1).astype(float)
    totals = np.stack([np.einsum("kbnt,bnt->kb", gaps, m) for m in masks], axis=-1)
    return np.divide(totals, counts, out=np.full(totals.shape, np.nan), where=counts > 0)


def scores(a: Adoption, y: Array, start: Array) -> tuple[Array, Array]:
    """Return mean differences over months with the measure, and each group's part in their error.

    The mean difference is linear in the outcomes. A group's score is the sum of its outcomes'
    weights times its residuals: of months without the measure those of the fit, of months with it
    the distance from the mean difference. Squared scores add up to the cluster-robust variance.

    Parameters
    ----------
    a : Adoption
    y : ndarray, shape (K, N, T)
    start : ndarray, shape (B, N)

    Returns
    -------
    values : ndarray, shape (K, B)
        NaN where no cell can be predicted.
    scores : ndarray, shape (K, B, G)

    References
    ----------
    Borusyak, Jaravel and Spiess (2024), Review of Economic Studies 91, section 4.3.
    """
    member = (a.group[:, None] == np.arange(len(a.groups))).astype(float)
    found = [_scored(a, y, start[part], member) for part in _chunks(len(start), a.y.size)]
    return tuple(np.concatenate(part, axis=1) for part in zip(*found, strict=True))  # type: ignore[return-value]


def _scored(a: Adoption, y: Array, start: Array, member: Array) -> tuple[Array, Array]:
    fit = a.seen & (a.months < start[..., None])
    gaps, known, share, gram = _predicted(a, y, fit)
    cells = (a.seen & ~fit & known).astype(float)
    count = cells.sum(axis=(1, 2))[:, None, None]
    weight = np.divide(cells, count, out=np.full(cells.shape, np.nan), where=count > 0)
    values = np.einsum("bnt,kbnt->kb", weight, gaps)
    per_unit = weight.sum(axis=2)
    right = weight.sum(axis=1) - np.einsum("bnt,bn->bt", share, per_unit)
    month = np.linalg.solve(gram, right[..., None])[..., 0]
    back = month[:, None] - np.einsum("bnt,bt->bn", share, month)[..., None]
    used = share * per_unit[..., None] + fit * back
    own = weight * (gaps - values[..., None, None]) - used * gaps
    return values, own.sum(axis=3) @ member


def freedom(values: Array, treated: np.ndarray) -> float:
    """Return Welch's degrees of freedom of the jackknife: groups with the measure, and the rest.

    Parameters
    ----------
    values : ndarray, shape (1 + G,)
        The estimate, then without each group.
    treated : ndarray of bool, shape (G,)
    """
    away = (values[1:] - values[0]) ** 2
    parts = [(away[side].sum(), side.sum() - 1) for side in (treated, ~treated)]
    known = [(spread, max(free, 1)) for spread, free in parts if spread > 0]
    total = sum(spread for spread, _ in known)
    return float(total**2 / sum(s**2 / free for s, free in known)) if known else math.nan


def _chunks(count: int, cells: int) -> Iterator[slice]:
    step = max(CHUNK // max(cells, 1), 1)
    return (slice(i, i + step) for i in range(0, count, step))
