"""The dynamic panel: what one more unit of a driver does to the results of the months after.

Managers coach those who did badly last month, results carry over from month to month, and teams
rise and fall together; a correlation reads all three as the effect of coaching. The dynamic panel
compares a rep with the same rep in other months, given the rep's and the team's earlier results.
Months are matched by the calendar, never by row position.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from salesdiag.estimate.blocks import Array
from salesdiag.estimate.design import Design, DynamicPanel, design
from salesdiag.estimate.panel_ols import Fit, LinearFit, jackknife_se, several_outcomes
from salesdiag.estimate.poisson import coefficients_alone, poisson_fixed_effects
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.estimate.response import Equation, cumulative, responses
from salesdiag.finding import Estimate, Interval
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
        Effect of the driver, summed over the months 1 to the horizon after it: log points of a
        month's result per unit. With a horizon of one, its coefficient on the next month's result.
    path : ndarray, shape (G + 1, horizon + 1)
        Effect on each month from the driver's own on; then the same without each group.
    equations : tuple
        Regressors and coefficients behind it: of the result, then of each piece of information
        (:mod:`salesdiag.estimate.response`).
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
    path: Array
    equations: tuple[Equation, ...]
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
    if made.family != "poisson" or (spec.horizon > 1 and spec.information):
        return _dynamic(made).estimate.value
    _require_room(made, MIN_PERIODS)
    names, found, groups = coefficients_alone(
        made.y, made.X, made.unit, made.group, names=made.names, dummies=made.dummies
    )
    _require_groups(groups)
    _require_drivers(spec, names)
    total = float(cumulative(spec, responses(spec, [(names, found[None])]))[0])
    if not np.isfinite(total):
        raise NotEstimable(words.ONE_GROUP_DECIDES())
    return total


def _dynamic(made: Design) -> Dynamic:
    spec = made.spec
    fits, dropped = _system(made, MIN_PERIODS)
    fitted, (equations, path) = fits[0], _carried_forward(spec, fits)
    return Dynamic(
        spec=spec,
        estimate=_stated(
            fitted, cumulative(spec, path), method=_method(made, fitted), dropped=dropped
        ),
        path=path,
        equations=equations,
        fit=fitted,
        family=made.family,
        periods=made.periods,
        zero_share=made.zero_share,
        missing_driver=made.missing_driver,
    )


def _method(made: Design, fitted: Fit) -> Message:
    spec = made.spec
    if spec.supply:
        return words.SUPPLY()
    if spec.horizon > 1:
        kind = words.CUMULATIVE if made.family == "log" else words.CUMULATIVE_POISSON
        return kind(months=spec.horizon, lags=spec.lags, df=fitted.groups - 1)
    kind = words.DYNAMIC if made.family == "log" else words.DYNAMIC_POISSON
    return kind(lags=spec.lags, df=fitted.groups - 1)


def _carried_forward(spec: DynamicPanel, fits: Sequence[Fit]) -> tuple[tuple[Equation, ...], Array]:
    """Return the equations behind an effect, and its path, full sample and without each group.

    Raises
    ------
    NotEstimable
        A month of the driver was left out as collinear, or one group alone determines the effect.
    """
    groups = fits[0].group_names
    _require_drivers(spec, fits[0].names)
    equations = tuple((fit.names, _draws(fit, groups)) for fit in fits)
    path = responses(spec, equations)
    if not np.isfinite(path).all():
        raise NotEstimable(words.ONE_GROUP_DECIDES())
    return equations, path


def information_fits(made: Design) -> tuple[LinearFit, ...]:
    """Fit each piece of information on the regressors of the result."""
    return _least_squares(made, made.now)


def _draws(fitted: Fit, groups: tuple[object, ...]) -> Array:
    """Return coefficients, and below them those without each group; absent ones change nothing."""
    known = dict(zip(fitted.group_names, fitted.leave_one_out, strict=True))
    rows = [known.get(g, fitted.coefficients) for g in groups]
    return np.vstack([fitted.coefficients, *rows])


def _require_drivers(spec: DynamicPanel, names: tuple[str, ...]) -> None:
    needed = driver_names(spec)[: spec.horizon] + [f"{spec.driver}_0"] * spec.same_month
    if not set(needed) <= set(names):
        raise NotEstimable(words.NO_VARIATION())


def profile(result: Dynamic) -> list[Interval]:
    """Return the effect month by month from the driver's own on, with 95 % intervals.

    The driver's own month is 0 by construction unless the specification has it enter.
    """
    return [
        replace(
            result.estimate, value=float(month[0]), se=jackknife_se(float(month[0]), month[1:])
        ).interval()
        for month in result.path.T
    ]


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
    fits, dropped = _system(made, min_periods, carried=False)
    return fits[0], dropped


def _system(
    made: Design, min_periods: int, *, carried: bool = True
) -> tuple[tuple[Fit, ...], dict[str, int]]:
    """Fit a design, and each piece of information where an effect is carried forward."""
    _require_room(made, min_periods)
    carried = carried and (made.spec.horizon > 1 or made.spec.same_month)
    told = made.now if carried else made.now[:, :0]
    fits: tuple[Fit, ...]
    never = 0
    if made.family == "poisson":
        args = (made.y, made.X, made.unit, made.group)
        first, never = poisson_fixed_effects(*args, names=made.names, dummies=made.dummies)
        fits = (first, *(_least_squares(made, told) if told.size else ()))
    else:
        fits = _least_squares(made, np.column_stack([made.y, told]))
    dropped = made.dropped | {"never_sold": never, "single_row": fits[0].singletons}
    _require_groups(fits[0].groups)
    return fits, {cause: n for cause, n in dropped.items() if n}


def _least_squares(made: Design, outcomes: Array) -> tuple[LinearFit, ...]:
    return several_outcomes(
        outcomes, made.X, made.unit, made.group, names=made.names, dummies=made.dummies,
        time=made.time, ahead=min(made.spec.ahead, made.periods // 2),
    )  # fmt: skip


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
    values = np.r_[function(fitted.coefficients), function(fitted.leave_one_out)]
    return _stated(fitted, values, method=method, dropped=dropped, unit=unit)


def _stated(
    fitted: Fit,
    values: Array,
    *,
    method: Message,
    dropped: dict[str, int],
    unit: str = "log_points",
) -> Estimate:
    """Return an estimate from its value and those without each group, shape (G + 1,)."""
    value, leave_one_out = float(values[0]), values[1:]
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
    where managers see more than the data show. With ``spec.supply`` it is the team's mean driver
    and its answer to a month in which the whole team sold more.

    Raises
    ------
    NotEstimable
        As :func:`fit`.
    """
    made = design(frame, replace(spec, same_month=False)).with_driver_as_outcome()
    fitted, dropped = regress(made)
    own = own_names(spec)[0]
    if not spec.supply:
        return coefficient(fitted, own, method=words.REACTION(), dropped=dropped, unit="ratio")
    team = [own, *(f"peers_{name}_1" for name in spec.peers if name == spec.outcome)]
    places = [fitted.names.index(name) for name in team if name in fitted.names]
    found = transformed(
        fitted, lambda b: b[..., places].sum(axis=-1), method=words.REACTION(), dropped=dropped,
        unit="ratio",
    )  # fmt: skip
    if not np.isfinite(found.se):
        raise NotEstimable(words.ONE_GROUP_DECIDES())
    return found


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
    fits, dropped = _system(made, MIN_PERIODS)
    whole = fits[0]
    months = np.unique(made.time)
    middle = months[len(months) // 2]
    parts = [_by_group(spec, fits, whole.group_names)]
    for half in (made.time < middle, made.time >= middle):
        part = made.rows(half)
        parts.append(_by_group(spec, _system(part, MIN_HALF)[0], whole.group_names))
    combined = 2 * parts[0] - (parts[1] + parts[2]) / 2
    return _stated(whole, combined, method=words.HALF_PANEL(), dropped=dropped)


def _by_group(spec: DynamicPanel, fits: Sequence[Fit], groups: tuple[object, ...]) -> Array:
    """Return the effect, and without each group; a group that is absent changes nothing."""
    effect = cumulative(spec, _carried_forward(spec, fits)[1])
    known = dict(zip(fits[0].group_names, effect[1:], strict=True))
    return np.array([effect[0], *(known.get(g, effect[0]) for g in groups)])


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
