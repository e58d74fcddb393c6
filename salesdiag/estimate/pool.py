"""One team's answer, between its own few rows and what the company's other teams show.

A team alone says little; taking the company's mean for every team says too much. The normal
hierarchy weighs the two by how much the teams differ. The spread between teams is integrated over
a grid rather than plugged in: with the plug-in, intervals of 20 teams cover 85 % instead of 95 %.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special, stats

from salesdiag.estimate.blocks import Array
from salesdiag.estimate.design import Design, DynamicPanel, design
from salesdiag.estimate.dynamic import driver_names
from salesdiag.estimate.panel_ols import Fit, LinearFit, fixed_effects, jackknife_se
from salesdiag.estimate.poisson import poisson_fixed_effects
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.estimate.response import cumulative, gradient, responses
from salesdiag.estimate.sensitivity import independent_se
from salesdiag.finding import LEVEL, Estimate, Interval, TeamEstimate
from salesdiag.text import methods as words

MIN_REPS = 3
MIN_DF = 10
MIN_TEAMS = 2
GRID = 200
WIDEST = 5.0  # the grid ends at this many scales of the prior
NARROW = round(2 * LEVEL - 1, 10)


@dataclass(frozen=True, kw_only=True)
class Hierarchy:
    """Posterior of a normal hierarchy, as a mixture over the spread between teams.

    Attributes
    ----------
    share : ndarray, shape (T,)
        Posterior weight of each spread on the grid.
    spread : ndarray, shape (T,)
    centre, centre_sd : ndarray, shape (T,)
        Mean over teams and its standard deviation, given the spread.
    team, team_sd : ndarray, shape (T, J)
        Each team's effect and standard deviation, given the spread.
    weight : ndarray, shape (J,)
        Posterior mean weight of the team's own estimate.
    """

    share: Array
    spread: Array
    centre: Array
    centre_sd: Array
    team: Array
    team_sd: Array
    weight: Array


def hierarchy(
    value: ArrayLike, se: ArrayLike, scale: float, centre: tuple[float, float] | None = None
) -> Hierarchy:
    """Fit the hierarchy value_j ~ N(theta_j, se_j^2), theta_j ~ N(mu, tau^2).

    Parameters
    ----------
    value, se : array, shape (J,)
        Estimates of the teams; NaN for a team without one, which is then predicted.
    scale : float
        Of the half-normal prior on tau, in the unit of ``value``.
    centre : tuple of float, optional
        What is known of mu, value and standard error, if it is better known than from the teams'
        own estimates: these then say how far teams differ, and no longer where their middle is.
        By default mu has a flat prior.

    Raises
    ------
    ValueError
        The scale or a standard error is not positive.
    NotEstimable
        Fewer than two teams have an estimate.

    References
    ----------
    Gelman, A. (2006). Prior distributions for variance parameters in hierarchical models.
    Bayesian Analysis 1; Gelman et al. (2013), Bayesian Data Analysis, 5.4.
    """
    y, s = np.asarray(value, dtype=float), np.asarray(se, dtype=float)
    known = np.isfinite(y) & np.isfinite(s)
    if not scale > 0 or (s[known] <= 0).any():
        raise ValueError("the prior's scale and all standard errors must be positive")
    if known.sum() < MIN_TEAMS:
        raise NotEstimable(words.TOO_FEW_TEAMS(n=int(known.sum()), needed=MIN_TEAMS))
    tau = (np.arange(GRID)[:, None] + 0.5) * (WIDEST * scale / GRID)  # midpoints
    own, own_se = y[known], s[known]
    precision = 1 / (own_se**2 + tau**2)
    prior = (0.0, 0.0) if centre is None else (centre[0], 1 / centre[1] ** 2)
    mu_var = 1 / (precision.sum(axis=1) + prior[1])
    mu = ((precision * own).sum(axis=1) + prior[0] * prior[1]) * mu_var
    log = 0.5 * (np.log(precision).sum(axis=1) + np.log(mu_var))
    log -= 0.5 * (precision * (own - mu[:, None]) ** 2).sum(axis=1) + 0.5 * (tau[:, 0] / scale) ** 2
    log -= 0.5 * prior[1] * (prior[0] - mu) ** 2
    if centre is not None:
        mu, mu_var = np.full(GRID, centre[0]), np.full(GRID, centre[1] ** 2)
    share = np.exp(log - log.max())
    share /= share.sum()
    trust = np.where(known, tau**2 / (np.where(known, s, 1.0) ** 2 + tau**2), 0.0)
    noise = np.where(known, np.where(known, s, 1.0) ** 2 * trust, tau**2)
    return Hierarchy(
        share=share,
        spread=np.asarray(tau[:, 0]),
        centre=mu,
        centre_sd=np.sqrt(mu_var),
        team=mu[:, None] + trust * (np.where(known, y, 0.0) - mu[:, None]),
        team_sd=np.sqrt(noise + (1 - trust) ** 2 * mu_var[:, None]),
        weight=share @ trust,
    )


def mixture_quantiles(share: Array, mean: Array, sd: Array, q: ArrayLike) -> Array:
    """Return quantiles of normal mixtures by bisection.

    Parameters
    ----------
    share : ndarray, shape (T,)
        Weights of the components.
    mean, sd : ndarray, shape (T, J)
        Components of J mixtures.
    q : array, shape (Q,)

    Returns
    -------
    ndarray, shape (Q, J)
    """
    target = np.asarray(q, dtype=float)[:, None]
    low = np.broadcast_to((mean - 9 * sd).min(axis=0), (len(target), mean.shape[1])).copy()
    high = np.broadcast_to((mean + 9 * sd).max(axis=0), low.shape).copy()
    for _ in range(45):
        middle = (low + high) / 2
        below = np.einsum("t,tqj->qj", share, special.ndtr((middle - mean[:, None]) / sd[:, None]))
        low = np.where(below < target, middle, low)
        high = np.where(below < target, high, middle)
    return (low + high) / 2


def team_coefficients(frame: pd.DataFrame, spec: DynamicPanel) -> pd.DataFrame:
    """Estimate the driver's effect within each team alone.

    Month effects are the team's own, so that whatever moves the whole team in a month drops out;
    the other reps' results are then implied and not used. Effects added up over several months
    leave out information, which would need an equation for each piece. Standard errors are those of
    independent errors (of a sum, by its derivatives): eight reps are too few to cluster by.

    Returns
    -------
    DataFrame
        Indexed by team: ``value``, ``se``, ``df``, ``n``, ``reps``; NaN where fewer than three
        reps or ten degrees of freedom are left.
    """
    told = spec.information if spec.horizon == 1 else ()
    made = design(frame, replace(spec, peers=(), effects_by=(), information=told))
    team = frame[spec.team].to_numpy()
    codes, names = pd.factorize(team)
    used = codes[made.index]
    order = np.argsort(used, kind="stable")
    edges = np.searchsorted(used[order], np.arange(len(names) + 1))
    rows = {}
    for t, (start, stop) in zip(names, pairwise(edges), strict=True):
        part = made.rows(order[start:stop])
        value, se, df = np.nan, np.nan, np.nan
        reps = len(np.unique(part.unit))
        if reps >= MIN_REPS and len(part.y) > reps + MIN_DF:
            value, se, df = _alone(part)
        rows[t] = (value, se, df, int(stop - start), reps)
    return pd.DataFrame.from_dict(
        rows, orient="index", columns=["value", "se", "df", "n", "reps"]
    ).sort_index()


def _alone(part: Design) -> tuple[float, float, float]:
    nothing, spec = (np.nan,) * 3, part.spec
    args = (part.y, part.X, part.unit, part.unit)
    fitted: Fit
    try:
        if part.family == "poisson":
            fitted, _ = poisson_fixed_effects(*args, names=part.names, dummies=[part.time])
        else:
            fitted = fixed_effects(
                *args, names=part.names, dummies=[part.time],
                time=part.time, ahead=min(spec.ahead, part.periods // 2),
            )  # fmt: skip
    except NotEstimable:
        return nothing
    except ValueError:  # fewer than two reps with two months each
        return nothing
    if not set(driver_names(spec)[: spec.horizon]) <= set(fitted.names):
        return nothing
    b = np.vstack([fitted.coefficients, fitted.leave_one_out])
    effects = cumulative(spec, responses(spec, [(fitted.names, b)]))
    value = float(effects[0])
    if not isinstance(fitted, LinearFit):
        se = jackknife_se(value, effects[1:])
        return (value, se, fitted.groups - 1) if np.isfinite(se) else nothing
    if fitted.residual_df < MIN_DF:
        return nothing
    slope = gradient(spec, [(fitted.names, fitted.coefficients)])
    return value, independent_se(fitted, slope), float(fitted.residual_df)


def pooled(
    own: pd.DataFrame,
    *,
    scale: float,
    company: Estimate | None = None,
    unit: str = "log_points",
) -> dict[str, TeamEstimate]:
    """Return every team's estimate from the teams' own ones.

    Parameters
    ----------
    own : DataFrame
        Indexed by team, with ``value``, ``se`` and ``df``.
    scale : float
        Of the prior on how far apart teams' true effects lie, in log points per unit of the
        driver; several times the smallest effect worth acting on.
    company : Estimate, optional
        The company's own estimate, towards which the teams' are drawn, so that a page shows one
        figure for the company; by default the mean of the teams' estimates.

    Raises
    ------
    NotEstimable
        Fewer than two teams have an estimate of their own.
    """
    df = own["df"].to_numpy(dtype=float)
    se = own["se"].to_numpy(dtype=float)
    centre = None
    if company is not None:
        centre = (company.value, company.se * float(_widened(company.df)))
    found = hierarchy(own["value"], se * _widened(df), scale, centre)
    ends = [(1 - LEVEL) / 2, (1 + LEVEL) / 2, (1 - NARROW) / 2, (1 + NARROW) / 2]
    teams = mixture_quantiles(found.share, found.team, found.team_sd, ends)
    means = found.share @ found.team
    mean = float(found.share @ found.centre)
    middle = mixture_quantiles(
        found.share, found.centre[:, None], found.centre_sd[:, None], ends[:2]
    )[:, 0]
    half = stats.t.ppf((1 + LEVEL) / 2, df) * se

    def interval(value: float, low: float, high: float, level: float = LEVEL) -> Interval:
        return Interval(
            value=float(value), low=float(low), high=float(high), unit=unit, level=level
        )

    result = {}
    for j, (team, value) in enumerate(own["value"].items()):
        alone = interval(value, value - half[j], value + half[j]) if np.isfinite(value) else None
        result[str(team)] = TeamEstimate(
            own=alone,
            pooled=interval(mean, middle[0], middle[1]),
            shrunken=interval(means[j], teams[0, j], teams[1, j]),
            narrow=interval(means[j], teams[2, j], teams[3, j], NARROW),
            weight=float(found.weight[j]),
        )
    return result


def _widened(df: ArrayLike) -> Array:
    """Return the factor that gives a normal interval the width of a t interval.

    The hierarchy is normal: few degrees of freedom become a larger standard error.
    """
    t = stats.t.ppf((1 + LEVEL) / 2, np.asarray(df, dtype=float))
    return np.asarray(t / stats.norm.ppf((1 + LEVEL) / 2))
