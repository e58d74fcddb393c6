"""Staggered adoption: what a measure did to those who took it up, month by month.

A weekly review, a development plan or a programme starts in different months with different teams,
often after a bad quarter. Comparing before with after reads the recovery as its effect; a two-way
fixed effects regression also compares late starters with early ones, who already have the effect,
and may even turn its sign. Imputation uses only months without the measure to say what would have
been, and averages the difference over the months with it.

Two inferences are computed each time, as they fail in different places: the jackknife takes groups
as independent, and few that took the measure up leave few degrees of freedom; randomisation asks
what would have been found had the starts fallen to others, and takes for granted that they could
have. The jackknife decides, as its size was right throughout.

References
----------
Borusyak, K., Jaravel, X. and Spiess, J. (2024). Revisiting event-study designs: robust and
efficient estimation. Review of Economic Studies 91. MacKinnon, J. G. and Webb, M. D. (2020).
Randomization inference for difference-in-differences with few treated clusters. Journal of
Econometrics 218. Welch, B. L. (1947). The generalization of Student's problem when several
different population variances are involved. Biometrika 34.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from salesdiag.estimate.adoption import Adoption, adoption, excess, freedom, mean_excess, scores
from salesdiag.estimate.blocks import Array
from salesdiag.estimate.panel_ols import jackknife_se
from salesdiag.estimate.permute import check_draws
from salesdiag.estimate.randomise import (
    SAME,
    Randomisation,
    assignments,
    share_as_far,
)
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.estimate.trends import Trends, trends
from salesdiag.finding import LEVEL, Estimate
from salesdiag.text import Template
from salesdiag.text import methods as words

MIN_TREATED = 3  # groups; with fewer, one group's luck is the answer
MIN_JACKKNIFE = 5  # groups with the measure, for the interval of a single month
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
        Mean over unit-months with the measure, with leave-one-group-out standard error.
    randomisation : Randomisation
    by_month : DataFrame
        ``month`` since the start (negative: placebo), ``value``, ``low``, ``high``, ``n``
        (unit-months) and ``groups``. Intervals are missing where there are fewer than five such
        groups.
    placebo : Placebo or None
        None where fewer than three groups have enough earlier months.
    trends : tuple of Trends
        What the effect in the first three months, and in all, survives if paths part; empty where
        fewer than three groups have the six earlier months that this takes beside
        ``least_before``.
    treated_cells : int
        Unit-months with the measure that enter.
    treated_groups : int
        Groups they belong to.
    comparison_groups : int
        Groups still without the measure in the same months, mean over those unit-months.
    """

    estimate: Estimate
    randomisation: Randomisation
    by_month: pd.DataFrame
    placebo: Placebo | None
    trends: tuple[Trends, ...]
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
    *Jackknife*: the estimate without each group in turn. Groups with the measure add to its spread
    apart from the others, and Welch's degrees of freedom tell how much rests on few: about the
    groups with the measure less one where these are few or vary more.

    *Randomisation*: the estimate over its cluster-robust standard error, under other assignments of
    the starts to those who took the measure up or did not; exact under the null that it does
    nothing for anybody if the starts could as well have fallen otherwise. A p-value by random draws
    is (count + 1) / (draws + 1).

    Size at 5 % of the jackknife, where errors of those who took it up are .4, 1 and 2.5 times as
    large as those of the others: 3 of 20 groups .03, .06, .05; 4 of 12 .02, .03, .03; 5 of 20 .02,
    .05, .03; 10 of 20 .05, .07, .06; 17 of 20 .04, .05, .03 (200 companies each, simulation error
    .015; 3 of 5 to 8, 300 companies: .02 to .07). With t(groups - 1) it was .12, .08, .11, .06 and
    .09 in the worst of these. Randomisation has .01 to .10; without dividing by the standard error
    it had .22, .16, .18, .08 and .22. ``uneven`` of tests/test_estimate_did.py makes them.

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
    >>> round(found.estimate.value, 6), found.treated_groups
    (0.1, 6)
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
    estimate = _jackknifed(
        moving[:, 0], a, cells, n=rows, dropped=dropped, unit=measured, said=words.ADOPTION
    )
    ways, exact = _ways(a, draws, seed)
    before, placebo = _placebo(a, ways, placebo_months, measured)
    return AdoptionEffect(
        estimate=estimate,
        randomisation=_randomised(a, ways, exact),
        by_month=pd.concat([*before, _by_month(a, cells, moving, horizons)], ignore_index=True),
        placebo=placebo,
        trends=trends(a, measured, least=MIN_TREATED),
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
    values: Array,
    a: Adoption,
    cells: np.ndarray,
    *,
    n: int,
    dropped: dict[str, int],
    unit: str,
    said: Template,
    **told: int,
) -> Estimate:
    df = freedom(values, np.isin(np.arange(len(a.groups)), a.group[cells.any(axis=1)]))
    return Estimate(
        value=float(values[0]),
        se=jackknife_se(float(values[0]), values[1:]),
        df=df,
        unit=unit,
        n=n,
        groups=len(a.groups),
        method=said(df=df, **told),
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
            own = np.isin(np.arange(len(a.groups)), a.group[at.any(axis=1)])
            t = float(stats.t.ppf((1 + LEVEL) / 2, freedom(moving[:, j], own)))
            half = t * jackknife_se(value, moving[1:, j])
        rows.append((h, value, value - half, value + half, int(at.sum()), groups))
    return pd.DataFrame(rows, columns=["month", "value", "low", "high", "n", "groups"])


def _ways(a: Adoption, draws: int, seed: int) -> tuple[Array, bool]:
    first = np.unique(a.taker, return_index=True)[1]
    ways, exact = assignments(a.start[first], draws, seed)
    return ways[:, a.taker], exact


def _randomised(a: Adoption, ways: Array, exact: bool) -> Randomisation:
    """Compare with other assignments, what happened being put first."""
    measure = (a.since >= 0).astype(float)
    starts = np.vstack([a.start, ways])
    values, own = scores(a, np.stack([a.y, measure]), starts)
    return Randomisation(
        values=values[0], measures=values[1], scores=own[0], slopes=own[1], exact=exact
    )


def _placebo(
    a: Adoption, ways: Array, months: int, unit: str
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
        moving[:, 0], a, cells, n=int(without.sum() + cells.sum()), dropped={}, unit=unit,
        said=words.ADOPTION_PLACEBO, months=months,
    )  # fmt: skip
    placebo = Placebo(
        months=months,
        p_value=share_as_far(far, float(own @ inverse @ own)),
        dip=dip,
        dip_p_value=share_as_far(-mean, -dip.value),
    )
    return [_by_month(a, cells, moving, leads)], placebo
