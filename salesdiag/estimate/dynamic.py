"""The dynamic panel: what one more unit of a driver does to next month's result.

Managers coach those who did badly last month, results carry over from month to month, and teams
rise and fall together; a correlation reads all three as the effect of coaching. The dynamic panel
compares a rep with the same rep in other months, given the rep's and the team's earlier results.
Months are matched by the calendar, never by row position.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from salesdiag.estimate.blocks import Array
from salesdiag.estimate.design import Design, DynamicPanel, design
from salesdiag.estimate.panel_ols import (
    Fit,
    LinearFit,
    fixed_effects,
    jackknife_se,
    solve_leaving_out,
)
from salesdiag.estimate.poisson import first_coefficient, poisson_fixed_effects
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import Estimate
from salesdiag.text import Message
from salesdiag.text import methods as words

MIN_PERIODS = 10  # the bias of fixed effects with lagged results falls with 1/T
MIN_HALF = 4
MIN_GROUPS = 3
MIN_ROOM = 30  # rows beyond the coefficients and units


@dataclass(frozen=True, kw_only=True)
class Dynamic:
    """A fitted dynamic panel.

    Attributes
    ----------
    spec : DynamicPanel
    estimate : Estimate
        Effect of the driver on next month's result, log points per unit.
    long_run : Estimate
        Sum of the driver's coefficients over one less the sum of the result's own.
    fit : Fit
        All coefficients; a ``LinearFit`` unless ``family`` is ``"poisson"``.
    family : str
        ``"log"`` or ``"poisson"``.
    periods : int
        Months with usable rows.
    zero_share : float
        Share of otherwise usable rows without revenue.
    missing_driver : float
        Share of rows of complete months in which the driver was not logged.
    """

    spec: DynamicPanel
    estimate: Estimate
    long_run: Estimate
    fit: Fit
    family: str
    periods: int
    zero_share: float
    missing_driver: float


def fit(frame: pd.DataFrame, spec: DynamicPanel) -> Dynamic:
    """Estimate a dynamic panel.

    Parameters
    ----------
    frame : DataFrame
        One row per unit and month, with the columns that ``spec`` names.
    spec : DynamicPanel

    Returns
    -------
    Dynamic

    Raises
    ------
    NotEstimable
        Fewer than ten usable months or three groups, or the driver does not vary within units.

    References
    ----------
    Arellano, M. (2003), Panel Data Econometrics, ch. 8 (predetermined regressors and the 1/T
    bias); MacKinnon, Nielsen and Webb (2023), Journal of Applied Econometrics 38 (CV3).
    """
    return _dynamic(design(frame, spec))


def value(frame: pd.DataFrame, spec: DynamicPanel) -> float:
    """Return the estimate of :func:`fit` without its uncertainty.

    Of a Poisson panel it is had without the estimates that leave each group out, whose cost is that
    of rows times groups.

    Raises
    ------
    NotEstimable
        As there.
    """
    made = design(frame, spec)
    if made.family != "poisson":
        return _dynamic(made).estimate.value
    _require_room(made, MIN_PERIODS)
    found, groups = first_coefficient(
        made.y, made.X, made.unit, made.group, names=made.names, dummies=made.dummies
    )
    _require_groups(groups)
    if not np.isfinite(found):
        raise NotEstimable(words.ONE_GROUP_DECIDES())
    return found


def _dynamic(made: Design) -> Dynamic:
    spec = made.spec
    fitted, dropped = regress(made)
    driver, own = driver_names(spec), own_names(spec)
    kind = words.DYNAMIC if made.family == "log" else words.DYNAMIC_POISSON
    method = kind(lags=spec.lags, df=fitted.groups - 1)
    if spec.supply:
        method = words.SUPPLY()
    first = coefficient(fitted, driver[0], method=method, dropped=dropped)

    def long_run(b: Array) -> Array:
        top = sum(_column(fitted, b, name) for name in driver)
        carried = sum(_column(fitted, b, name) for name in own)
        return np.asarray(
            np.where(carried < 1, top / np.where(carried < 1, 1 - carried, 1), np.nan)
        )

    return Dynamic(
        spec=spec,
        estimate=first,
        long_run=transformed(fitted, long_run, method=words.LONG_RUN(), dropped=dropped),
        fit=fitted,
        family=made.family,
        periods=made.periods,
        zero_share=made.zero_share,
        missing_driver=made.missing_driver,
    )


def _column(fitted: Fit, b: Array, name: str) -> Array:
    return b[..., fitted.names.index(name)] if name in fitted.names else np.zeros(b.shape[:-1])


def driver_names(spec: DynamicPanel) -> list[str]:
    """Return the regressors that hold the driver, nearest month first."""
    return [f"{spec.driver}_{k}" for k in range(1, spec.lags + 1)]


def own_names(spec: DynamicPanel) -> list[str]:
    """Return the regressors that hold the unit's own earlier results, nearest month first."""
    return [f"{spec.outcome}_{k}" for k in range(1, spec.own_lags + 1)]


def regress(made: Design, *, min_periods: int = MIN_PERIODS) -> tuple[Fit, dict[str, int]]:
    """Fit a design, and return the fit and all rows left out by cause.

    Raises
    ------
    NotEstimable
        Too few months, groups or rows.
    """
    _require_room(made, min_periods)
    args = (made.y, made.X, made.unit, made.group)
    fitted: Fit
    never = 0
    if made.family == "poisson":
        fitted, never = poisson_fixed_effects(*args, names=made.names, dummies=made.dummies)
    else:
        fitted = fixed_effects(*args, names=made.names, dummies=made.dummies)
    dropped = made.dropped | {"never_sold": never, "single_row": fitted.singletons}
    _require_groups(fitted.groups)
    return fitted, {cause: n for cause, n in dropped.items() if n}


def _require_room(made: Design, min_periods: int) -> None:
    if made.periods < min_periods:
        raise NotEstimable(words.TOO_FEW_PERIODS(n=made.periods, needed=min_periods))
    _require_groups(len(np.unique(made.group)))
    columns = made.X.shape[1] + sum(len(np.unique(kind)) - 1 for kind in made.effects.T)
    room = len(made.y) - len(np.unique(made.unit)) - columns
    if room < MIN_ROOM:
        raise NotEstimable(words.TOO_FEW_ROWS(n=len(made.y), columns=columns))


def _require_groups(groups: int) -> None:
    if groups < MIN_GROUPS:
        raise NotEstimable(words.TOO_FEW_GROUPS(n=groups, needed=MIN_GROUPS))


def coefficient(
    fitted: Fit, name: str, *, method: Message, dropped: dict[str, int], unit: str = "log_points"
) -> Estimate:
    """Return one coefficient with its jackknife uncertainty.

    Raises
    ------
    NotEstimable
        The regressor was left out as collinear, or one group alone determines it.
    """
    if name not in fitted.names:
        raise NotEstimable(words.NO_VARIATION())
    j = fitted.names.index(name)
    result = transformed(fitted, lambda b: b[..., j], method=method, dropped=dropped, unit=unit)
    if not np.isfinite(result.se):
        raise NotEstimable(words.ONE_GROUP_DECIDES())
    return result


def transformed(
    fitted: Fit,
    function: Callable[[Array], Array],
    *,
    method: Message,
    dropped: dict[str, int],
    unit: str = "log_points",
) -> Estimate:
    """Return a function of the coefficients with its jackknife uncertainty.

    Parameters
    ----------
    fitted : Fit
    function : callable
        Takes coefficients, shape (..., K), and returns values, shape (...).
    """
    value = float(function(fitted.coefficients))
    leave_one_out = function(fitted.leave_one_out)
    return Estimate(
        value=value,
        se=jackknife_se(value, leave_one_out),
        df=fitted.groups - 1,
        unit=unit,
        n=fitted.n,
        groups=fitted.groups,
        method=method,
        leave_one_out=dict(zip(map(str, fitted.group_names), leave_one_out.tolist(), strict=True)),
        dropped=dropped,
    )


def supply(spec: DynamicPanel) -> DynamicPanel:
    """Return the second design: the team's mean of the driver in place of the unit's own.

    It does not depend on who of the team gets the driver, and is about three times less precise.
    """
    return replace(spec, supply=True)


def placebo_lead(frame: pd.DataFrame, spec: DynamicPanel) -> Estimate:
    """Ask whether the driver reacts to last month's result, given history.

    The dynamic panel with the driver as outcome: the coefficient is in units of the driver per log
    point of last month's result. Negative: those who did badly get more of it. A reaction does not
    invalidate the dynamic panel, which allows for it; it says on which side the estimate errs
    where managers see more than the data show.

    Raises
    ------
    NotEstimable
        As :func:`fit`.
    """
    made = design(frame, spec).with_driver_as_outcome()
    fitted, dropped = regress(made)
    return coefficient(
        fitted, own_names(spec)[0], method=words.REACTION(), dropped=dropped, unit="ratio"
    )


def half_panel_jackknife(frame: pd.DataFrame, spec: DynamicPanel) -> Estimate:
    """Estimate the driver's coefficient with the 1/T bias of fixed effects taken out.

    Twice the full-sample estimate less the mean of the two halves' estimates; the standard error
    is the jackknife over groups of that combination.

    Raises
    ------
    NotEstimable
        As :func:`fit`, or a half has too few months.

    References
    ----------
    Dhaene, G. and Jochmans, K. (2015). Split-panel jackknife estimation of fixed-effect models.
    Review of Economic Studies 82.
    """
    made = design(frame, spec)
    name = driver_names(spec)[0]
    whole, dropped = regress(made)
    months = np.unique(made.time)
    middle = months[len(months) // 2]
    halves = [
        regress(made.rows(half), min_periods=MIN_HALF)[0]
        for half in (made.time < middle, made.time >= middle)
    ]
    parts = [_by_group(f, name, whole.group_names) for f in (whole, *halves)]
    (value, loo), (early, early_loo), (late, late_loo) = parts
    combined = 2 * value - (early + late) / 2
    combined_loo = 2 * loo - (early_loo + late_loo) / 2
    return Estimate(
        value=combined,
        se=jackknife_se(combined, combined_loo),
        df=whole.groups - 1,
        unit="log_points",
        n=whole.n,
        groups=whole.groups,
        method=words.HALF_PANEL(),
        leave_one_out=dict(zip(map(str, whole.group_names), combined_loo.tolist(), strict=True)),
        dropped=dropped,
    )


def _by_group(fitted: Fit, name: str, groups: tuple[object, ...]) -> tuple[float, Array]:
    """Return a coefficient, and without each group; a group that is absent changes nothing."""
    if name not in fitted.names:
        raise NotEstimable(words.NO_VARIATION())
    j = fitted.names.index(name)
    value = float(fitted.coefficients[j])
    known = dict(zip(fitted.group_names, fitted.leave_one_out[:, j], strict=True))
    return value, np.array([known.get(g, value) for g in groups])


def without_each_group(result: Dynamic) -> pd.DataFrame:
    """Return the estimate without each group, with an interval of its own.

    Returns
    -------
    DataFrame
        ``group``, ``value``, ``low``, ``high`` (95 %, jackknife over the groups left, t(G-2)).

    Raises
    ------
    ValueError
        The panel is a Poisson panel, which has no cross products to take groups out of.
    """
    fitted = result.fit
    if not isinstance(fitted, LinearFit):
        raise ValueError("only a log panel can be refitted without each group")
    j = fitted.names.index(driver_names(result.spec)[0])
    rows = []
    for i, group in enumerate(fitted.group_names):
        value, loo = _refit_without(fitted, i, j)
        estimate = replace(
            result.estimate, value=value, se=jackknife_se(value, loo), df=fitted.groups - 2
        )
        interval = estimate.interval()
        rows.append((str(group), value, interval.low, interval.high))
    return pd.DataFrame(rows, columns=["group", "value", "low", "high"])


def _refit_without(fitted: LinearFit, left_out: int, j: int) -> tuple[float, Array]:
    """Return coefficient ``j`` without a group, and without that and each other group."""
    rest = np.delete(np.arange(fitted.groups), left_out)
    xx, xy = fitted.xx[rest], fitted.xy[rest]
    keep = np.diagonal(xx.sum(axis=0)) > 1e-12 * np.diagonal(fitted.xx.sum(axis=0))
    place = int(keep[:j].sum())
    beta, loo = solve_leaving_out(xx[:, keep][:, :, keep], xy[:, keep])
    return float(beta[place]), loo[:, place]


def specification_curve(frame: pd.DataFrame, spec: DynamicPanel) -> pd.DataFrame:
    """Estimate the driver's coefficient under other defensible choices.

    Returns
    -------
    DataFrame
        ``specification``, ``value``, ``low``, ``high`` (95 %), ``n``; NaN where a choice cannot be
        estimated. The given one is first, as ``"primary"``.

    References
    ----------
    Simonsohn, U., Simmons, J. P. and Nelson, L. D. (2020), Nature Human Behaviour 4.
    """
    rows = []
    for name, choice in specifications(spec).items():
        try:
            estimate = fit(frame, choice).estimate
            interval = estimate.interval()
            rows.append((name, estimate.value, interval.low, interval.high, estimate.n))
        except NotEstimable:
            rows.append((name, np.nan, np.nan, np.nan, 0))
    return pd.DataFrame(rows, columns=["specification", "value", "low", "high", "n"])


def specifications(spec: DynamicPanel) -> dict[str, DynamicPanel]:
    """Return the choices of :func:`specification_curve`, by name."""
    choices = {"primary": spec}
    choices |= {f"lags_{k}": replace(spec, lags=k, own_lags=k) for k in (1, 2, 3, 4)}
    choices["without_peers"] = replace(spec, peers=())
    choices["without_information"] = replace(spec, information=())
    choices["without_ramp"] = replace(spec, tenure=None)
    choices["months_alike"] = replace(spec, effects_by=())
    choices["poisson"] = replace(spec, family="poisson")
    unlike = {name: c for name, c in choices.items() if name == "primary" or c != spec}
    return unlike


def sign_agreement(curve: pd.DataFrame) -> float:
    """Return the share of a curve's estimates that have the sign of its first."""
    values = curve["value"].dropna().to_numpy()
    return float((np.sign(values) == np.sign(curve["value"].iloc[0])).mean())
