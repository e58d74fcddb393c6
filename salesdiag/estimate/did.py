"""Staggered adoption: what a measure did to those who took it up, month by month.

A weekly review, a development plan or a programme starts in different months with different teams,
often after a bad quarter. Comparing before with after reads the recovery as its effect; a two-way
fixed effects regression also compares late starters with early ones, who already have the effect,
and may even turn its sign. Imputation uses only months without the measure to say what would have
been, and averages the difference over the months with it.

Two inferences are computed each time, as they fail in different places: the jackknife takes groups
as independent and needs many; randomisation asks what would have been found had the starts fallen
to others, and has no need of many, but takes for granted that they could have.

References
----------
Borusyak, K., Jaravel, X. and Spiess, J. (2024). Revisiting event-study designs: robust and
efficient estimation. Review of Economic Studies 91.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from salesdiag.estimate.adoption import Adoption, adoption, excess, mean_excess
from salesdiag.estimate.blocks import Array
from salesdiag.estimate.panel_ols import jackknife_se
from salesdiag.estimate.permute import check_draws
from salesdiag.estimate.randomise import (
    SAME,
    Randomisation,
    RandomisedEstimate,
    assignments,
    share_as_far,
)
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import LEVEL, Estimate
from salesdiag.text import Message
from salesdiag.text import methods as words

MIN_TREATED = 3  # groups; with fewer, one group's luck is the answer
MIN_JACKKNIFE = 5  # groups with the measure, and groups to compare with
SIGNIFICANCE = 0.05


@dataclass(frozen=True, kw_only=True)
class Placebo:
    """The months before the start, predicted as if the measure had already begun.

    Attributes
    ----------
    months : int
    p_value : float
        Joint test, by randomisation, that none of these months stands out.
    dip : Estimate
        Mean difference over these months; below zero, the measure followed a bad spell
        (Ashenfelter's dip) and part of what came after is recovery.
    dip_p_value : float
        One-sided, by randomisation: such a dip or a deeper one.
    """

    months: int
    p_value: float
    dip: Estimate
    dip_p_value: float

    @property
    def dipped(self) -> bool:
        """Whether those who took the measure up had fallen below their norm before."""
        return self.dip_p_value <= SIGNIFICANCE


@dataclass(frozen=True, kw_only=True)
class AdoptionEffect:
    """What a measure did to those who took it up.

    Attributes
    ----------
    estimate : Estimate
        Mean over unit-months with the measure, with the inference that ``inference`` names.
    inference : str
        ``"jackknife"`` or ``"randomisation"``.
    jackknife : Estimate
        With leave-one-group-out standard error and t(groups - 1), be they few or many.
    randomisation : Randomisation
    by_month : DataFrame
        ``month`` since the start (negative: placebo), ``value``, ``low``, ``high``, ``n``
        (unit-months) and ``groups``. Intervals are the jackknife's, t(groups of the row - 1), and
        missing where there are fewer than five such groups.
    placebo : Placebo or None
        None where fewer than three groups have enough earlier months.
    treated_cells : int
        Unit-months with the measure that enter.
    treated_groups : int
        Groups they belong to.
    comparison_groups : int
        Groups still without the measure in the same months, mean over those unit-months.
    """

    estimate: Estimate
    inference: Literal["jackknife", "randomisation"]
    jackknife: Estimate
    randomisation: Randomisation
    by_month: pd.DataFrame
    placebo: Placebo | None
    treated_cells: int
    treated_groups: int
    comparison_groups: int


def imputation(
    frame: pd.DataFrame,
    start: pd.Series,
    *,
    outcome: str = "revenue",
    unit: str = "team_id",
    time: str = "month_index",
    group: str = "group_id",
    by: str | None = None,
    complete: str | None = "complete",
    log: bool = True,
    measured: str = "log_points",
    least_before: int = 3,
    placebo_months: int = 3,
    draws: int = 999,
    seed: int = 0,
) -> AdoptionEffect:
    """Estimate the effect of a measure that units take up at different times, or never.

    Unit and month effects are fitted by least squares to the unit-months without the measure; the
    effect is the mean difference of the others from what these predict.

    Parameters
    ----------
    frame : DataFrame
        One row per unit and month; months may be missing, order does not matter.
    start : Series
        First month with the measure (as in ``time``), indexed by unit. Units that are missing
        here, or whose start is missing, never take it up; nobody gives it up again. Units that
        are not in the panel do not matter.
    outcome, unit, time, group : str
        Columns. Groups are independent of each other.
    by : str, optional
        Column of who takes the measure up together. Needed only where starts differ within a
        group, such as plans given to single reps: then ``"rep_id"``.
    complete : str or None
        Column that is false in months not to be used.
    log : bool
        Take the logarithm of the outcome.
    measured : str
        Unit of the estimate, as in :class:`~salesdiag.finding.Interval`.
    least_before : int
        Months without the measure that a unit needs.
    placebo_months : int
        Months before the start in which to look for what cannot be an effect.
    draws : int
        Random assignments, 19 or more, where there are more than 5000 different ones.
    seed : int

    Returns
    -------
    AdoptionEffect

    Raises
    ------
    NotEstimable
        Fewer than three groups took the measure up, had ``least_before`` months before it, or had
        others without it to be compared with; or months with nothing are too many for logarithms.
    ValueError
        Columns are absent, units have two rows for a month or lie in several groups, starts
        differ within a group and ``by`` does not say why, or draws are too few.

    Notes
    -----
    *Jackknife*: the estimate without each group in turn, whose spread is referred to t with one
    degree of freedom less than groups. It decides where at least five groups have the measure
    and, in the mean over their months with it, at least five others do not.

    *Randomisation*: the same estimate under other assignments of the starts to those who took the
    measure up or did not; exact under the null that it does nothing for anybody if the starts
    could as well have fallen otherwise. It decides where groups are too few for the jackknife. A
    p-value by random draws is (count + 1) / (draws + 1).

    Neither makes good a start that followed a bad spell; see ``placebo``.

    References
    ----------
    Borusyak, Jaravel and Spiess (2024), Review of Economic Studies 91; Fisher, R. A. (1935), The
    Design of Experiments, ch. 2; Ashenfelter, O. (1978), Review of Economics and Statistics 60.

    Examples
    --------
    >>> teams = [(team, month) for team in range(12) for month in range(10)]
    >>> panel = pd.DataFrame(teams, columns=["team_id", "month_index"])
    >>> start = pd.Series({0: 4, 1: 5, 2: 6, 3: 6, 4: 7, 5: 8})
    >>> with_it = panel["month_index"] >= panel["team_id"].map(start)
    >>> panel["revenue"] = np.exp(panel["team_id"] + panel["month_index"] + 0.1 * with_it)
    >>> panel = panel.assign(group_id=panel["team_id"], complete=True)
    >>> found = imputation(panel, start)
    >>> round(found.estimate.value, 6), found.treated_groups, found.inference
    (0.1, 6, 'jackknife')
    """
    check_draws(draws)
    a = adoption(
        frame, start, outcome=outcome, unit=unit, time=time, group=group, by=by,
        complete=complete, log=log, least=least_before,
    )  # fmt: skip
    cells, dropped = _usable(a)
    own = a.group[:, None]
    there = [len(np.unique(a.group[without])) for without in (a.seen & (a.since < 0)).T]
    comparison = int(cells.sum(axis=0) @ np.array(there) // cells.sum())
    treated = len(np.unique(np.broadcast_to(own, cells.shape)[cells]))
    horizons = tuple(int(h) for h in np.unique(a.since[cells]))
    moving = _without_each(a, 0, horizons)
    rows = int((a.seen & (a.since < 0)).sum() + cells.sum())
    jackknife = _jackknifed(
        moving[:, 0], a, n=rows, dropped=dropped, unit=measured,
        method=words.ADOPTION(df=len(a.groups) - 1),
    )  # fmt: skip
    ways, exact = _ways(a, draws, seed)
    randomised = _randomised(a, ways, exact, jackknife.value)
    many = min(treated, comparison) >= MIN_JACKKNIFE
    tables = [_by_month(a, cells, moving, horizons)]
    before, placebo = _placebo(a, ways, placebo_months, jackknife)
    return AdoptionEffect(
        estimate=jackknife if many else _from_randomisation(jackknife, randomised),
        inference="jackknife" if many else "randomisation",
        jackknife=jackknife,
        randomisation=randomised,
        by_month=pd.concat([*before, *tables], ignore_index=True),
        placebo=placebo,
        treated_cells=int(cells.sum()),
        treated_groups=treated,
        comparison_groups=comparison,
    )


def _usable(a: Adoption) -> tuple[np.ndarray, dict[str, int]]:
    """Return the cells with the measure that can be predicted, and what is dropped, by cause."""
    treated = a.seen & (a.since >= 0)
    before = (a.seen & (a.since < 0)).sum(axis=1)[:, None]
    enough = treated & (before >= a.least)
    late = {
        "always_treated": treated & (before == 0),
        "few_months_before": treated & (before > 0) & (before < a.least),
    }
    _need(a, treated & (before > 0), words.TOO_FEW_ADOPTERS)
    _need(a, enough, words.TOO_FEW_MONTHS_BEFORE, months=a.least)
    fit = (a.seen & (a.since < 0))[None]
    cells = enough & excess(a, a.y[None], fit)[1][0]
    _need(a, cells, words.NOBODY_WITHOUT)
    counts = {cause: int(mask.sum()) for cause, mask in late.items()}
    counts["nobody_without"] = int((enough & ~cells).sum())
    total = {c: a.dropped.get(c, 0) + counts.get(c, 0) for c in a.dropped | counts}
    return cells, {cause: n for cause, n in total.items() if n}


def _need(a: Adoption, cells: np.ndarray, reason: Any, **values: int) -> None:
    n = len(np.unique(a.group[cells.any(axis=1)]))
    if n < MIN_TREATED:
        raise NotEstimable(reason(n=n, needed=MIN_TREATED, **values))


def _without_each(a: Adoption, lead: int, horizons: tuple[int, ...]) -> Array:
    """Return means over all groups, then without each, shape (1 + G, 1 + horizons)."""
    left_out = np.arange(-1, len(a.groups))
    starts = np.broadcast_to(a.start, (len(left_out), len(a.start)))
    return mean_excess(a, a.y[None], starts, lead=lead, horizons=horizons, without=left_out)[0]


def _jackknifed(
    values: Array, a: Adoption, *, n: int, dropped: dict[str, int], unit: str, method: Message
) -> Estimate:
    return Estimate(
        value=float(values[0]),
        se=jackknife_se(float(values[0]), values[1:]),
        df=len(a.groups) - 1,
        unit=unit,
        n=n,
        groups=len(a.groups),
        method=method,
        leave_one_out={str(g): float(v) for g, v in zip(a.groups, values[1:], strict=True)},
        dropped=dropped,
    )


def _by_month(
    a: Adoption, cells: np.ndarray, moving: Array, horizons: tuple[int, ...]
) -> pd.DataFrame:
    rows = []
    for j, h in enumerate(horizons, start=1):
        at = cells & (a.since == h)
        groups = len(np.unique(a.group[at.any(axis=1)]))
        value = float(moving[0, j])
        half = math.nan
        if groups >= MIN_JACKKNIFE:
            t = float(stats.t.ppf((1 + LEVEL) / 2, groups - 1))
            half = t * jackknife_se(value, moving[1:, j])
        rows.append((h, value, value - half, value + half, int(at.sum()), groups))
    return pd.DataFrame(rows, columns=["month", "value", "low", "high", "n", "groups"])


def _ways(a: Adoption, draws: int, seed: int) -> tuple[Array, bool]:
    first = np.unique(a.taker, return_index=True)[1]
    ways, exact = assignments(a.start[first], draws, seed)
    return ways[:, a.taker], exact


def _randomised(a: Adoption, ways: Array, exact: bool, value: float) -> Randomisation:
    """Compare with other assignments.

    Under a constant effect ``c``, an assignment's statistic is ``s - c * m``: what it gives on the
    outcomes, less what it gives on the measure itself. What happened gives ``value - c``. Both are
    as far out where ``c`` is one of two ends; between these the assignment is at least as far out.
    """
    measure = (a.since >= 0).astype(float)
    s, m = mean_excess(a, np.stack([a.y, measure]), ways)[..., 0]
    bounded = np.isfinite(s) & (np.abs(m) < 1 - SAME)
    away = np.where(bounded, 1 - m, 1.0), np.where(bounded, 1 + m, 1.0)
    ends = np.stack([(value - s) / away[0], (value + s) / away[1]])
    return Randomisation(
        value=value,
        statistics=s,
        lows=np.where(bounded, ends.min(axis=0), -np.inf),
        highs=np.where(bounded, ends.max(axis=0), np.inf),
        exact=exact,
    )


def _from_randomisation(jackknife: Estimate, randomised: Randomisation) -> RandomisedEstimate:
    given = {name: getattr(jackknife, name) for name in Estimate.__dataclass_fields__}
    said = words.ADOPTION_RANDOMISED(ways=len(randomised.statistics))
    return RandomisedEstimate(**given | {"method": said}, randomisation=randomised)


def _placebo(
    a: Adoption, ways: Array, months: int, main: Estimate
) -> tuple[list[pd.DataFrame], Placebo | None]:
    """Move the starts back, so that the months before them are predicted from earlier ones."""
    without = a.seen & (a.since < -months)
    known = excess(a, a.y[None], without[None])[1][0]
    cells = a.seen & ~without & (a.since < 0) & known
    if months < 1 or len(np.unique(a.group[cells.any(axis=1)])) < MIN_TREATED:
        return [], None
    leads = tuple(h for h in range(-months, 0) if (cells & (a.since == h)).any())
    moving = _without_each(a, months, leads)
    drawn = mean_excess(a, a.y[None], ways, lead=months, horizons=leads)[0]
    mean, by_lead = drawn[:, 0], drawn[:, 1:]
    usable = np.isfinite(by_lead).all(axis=1)
    spread = by_lead[usable] - by_lead[usable].mean(axis=0)
    inverse = np.linalg.pinv(spread.T @ spread / len(spread), rcond=SAME, hermitian=True)
    far = np.full(len(drawn), np.inf)
    far[usable] = np.einsum("bi,ij,bj->b", spread, inverse, spread)
    own = moving[0, 1:] - by_lead[usable].mean(axis=0)
    dip = _jackknifed(
        moving[:, 0], a, n=int(without.sum() + cells.sum()), dropped={}, unit=main.unit,
        method=words.ADOPTION_PLACEBO(months=months),
    )  # fmt: skip
    placebo = Placebo(
        months=months,
        p_value=share_as_far(far, float(own @ inverse @ own)),
        dip=dip,
        dip_p_value=share_as_far(-mean, -dip.value),
    )
    return [_by_month(a, cells, moving, leads)], placebo
