"""Rows and regressors of a dynamic panel, with every row that is left out counted by cause."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd

from salesdiag.estimate.blocks import Array, Codes
from salesdiag.estimate.robust import drawn_in

MAX_ZERO_SHARE = 0.05  # more empty months than this, and logarithms would lose too much
MIN_EXPOSURE = 0.5
RAMP = 5.0  # months; a new rep's distance from full speed falls as exp(-tenure / RAMP)

Basis = Callable[[Array], Mapping[str, Array]]
Family = Literal["auto", "log", "poisson"]


@dataclass(frozen=True, kw_only=True)
class DynamicPanel:
    """What is regressed on what; columns are named, None where there is no such column.

    Attributes
    ----------
    driver : str
        What the claim says matters, in its own unit (hours, deals).
    outcome : str
        Money of the month.
    lags, own_lags : int
        Earlier months of the driver, and of results, peers and information.
    peers : tuple of str
        Columns whose mean over the *other* units of the team enters, for each earlier month;
        the outcome enters as its logarithm.
    information : tuple of str
        Columns whose earlier months enter as they are: what managers could see.
    unit : tuple of str
        Columns that together name what is followed (a rep within a team).
    team, group, time : str
        Team, independent group, and month number. ``team`` is used for peers and supply.
    tenure : str or None
        Months since hiring; enters as exp(-tenure / 5).
    exposure : str or None
        Share of the month present (or number of reps): the outcome is divided by it, and rows
        below one half of it are left out.
    complete : str or None
        False in months that the data do not cover whole; these are left out.
    effects_by : tuple of str
        Month effects are separate by each of these columns (region, segment); missing values are
        a place of their own.
    cycle : int
        Unit effects are separate by the month's place in a cycle of so many months: with 3, each
        unit has its own level in the first, second and last months of quarters.
    tame : float
        Where above zero, this share of a log panel's errors is cut at each end
        (:func:`salesdiag.estimate.robust.drawn_in`), and earlier results farther from their unit's
        median than this quantile, or its mirror image, of all such distances enter in two parts:
        what is within and what is beyond.
    supply : bool
        The team's mean driver in place of the unit's own.
    family : {"auto", "log", "poisson"}
        Log results, or Poisson where more than 5 % of usable rows have no revenue.
    horizon : int
        The effect is summed over months 1 to this one after a unit of the driver.
    same_month : bool
        The driver's own month enters too, and the sum begins with it.
    ahead : int
        Months over which later regressors' reaction to an error is taken out of the bias of fixed
        effects (log panels); 0 leaves it in.
    """

    driver: str
    outcome: str = "revenue"
    lags: int = 3
    own_lags: int = 3
    peers: tuple[str, ...] = ("revenue",)
    information: tuple[str, ...] = ()
    unit: tuple[str, ...] = ("rep_id", "team_id")
    team: str = "team_id"
    group: str = "group_id"
    time: str = "month_index"
    tenure: str | None = "tenure_months"
    exposure: str | None = "days_present"
    complete: str | None = "complete"
    effects_by: tuple[str, ...] = ()
    cycle: int = 1
    tame: float = 0.0
    supply: bool = False
    family: Family = "auto"
    horizon: int = 1
    same_month: bool = False
    ahead: int = 0

    def __post_init__(self) -> None:
        if self.lags < 1 or self.own_lags < 1 or self.horizon < 1:
            raise ValueError("a dynamic panel needs at least one earlier month")
        if self.cycle < 1 or not 0 <= self.tame < 0.5:
            raise ValueError("a cycle has one month or more, and a quantile is below one half")


def team_panel(driver: str, **changes: object) -> DynamicPanel:
    """Return the specification for team-months: no peers, no tenure, revenue per rep."""
    base = DynamicPanel(driver=driver, peers=(), unit=("team_id",), tenure=None, exposure="reps")
    return replace(base, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class Design:
    """Arrays ready to be regressed.

    Attributes
    ----------
    y : ndarray, shape (n,)
        Log result, or result in a Poisson panel.
    X : ndarray, shape (n, K)
        Driver's columns first, then own results, peers, information, ramp.
    names : tuple of str
        Names of the columns of ``X``; ``x_2`` is ``x`` two months earlier.
    unit, time : ndarray of int, shape (n,)
        Codes of units, month numbers.
    effects : ndarray of int, shape (n, F)
        Codes of month effects, one column for each kind of them.
    group : ndarray, shape (n,)
        Group ids.
    driver : ndarray, shape (n,)
        The driver in the outcome's own month; NaN where not logged.
    now : ndarray, shape (n, len(spec.information))
        The information of the outcome's own month; NaN where unknown.
    index : ndarray of int, shape (n,)
        Row positions in the frame.
    dropped : mapping
        Rows left out, by cause; with ``n`` they add up to the frame's rows.
    """

    spec: DynamicPanel
    y: Array
    X: Array
    names: tuple[str, ...]
    unit: Codes
    time: Codes
    effects: Codes
    group: np.ndarray
    driver: Array
    now: Array
    index: Codes
    family: str
    zero_share: float
    missing_driver: float
    dropped: dict[str, int] = field(default_factory=dict)

    @property
    def periods(self) -> int:
        """Months with usable rows."""
        return len(np.unique(self.time))

    @property
    def dummies(self) -> list[Codes]:
        """Codes of month effects, each kind of them apart."""
        return list(self.effects.T)

    def rows(self, mask: np.ndarray) -> Design:
        """Return the design of some of the rows, marked or by position."""
        return replace(
            self, y=self.y[mask], X=self.X[mask], unit=self.unit[mask], time=self.time[mask],
            effects=self.effects[mask], group=self.group[mask], driver=self.driver[mask],
            now=self.now[mask], index=self.index[mask],
        )  # fmt: skip

    def with_driver_as_outcome(self) -> Design:
        """Return the least-squares design of the driver's own reaction to history."""
        known = np.isfinite(self.driver)
        part = self.rows(known)
        missing = self.dropped.get("driver_missing", 0) + int((~known).sum())
        return replace(
            part, y=part.driver, family="log", dropped=self.dropped | {"driver_missing": missing}
        )


def design(frame: pd.DataFrame, spec: DynamicPanel, basis: Basis | None = None) -> Design:
    """Build the regressors of a dynamic panel by calendar month.

    Parameters
    ----------
    frame : DataFrame
        One row per unit and month; months may be missing, order does not matter.
    spec : DynamicPanel
    basis : callable, optional
        Turns the driver's values one month earlier (NaN where unknown) into named columns, which
        then stand in place of the driver's first column (bins, broken lines). The months before
        stay as they are: without them, what carries over in the results would be taken from the
        latest dose.

    Raises
    ------
    ValueError
        A unit has two rows for a month, or a column is absent.
    """
    _require(frame, spec)
    calendar = _Calendar.of(frame, spec)
    result, exposure = _result(frame, spec)
    complete = _complete(frame, spec)
    driver = frame[spec.driver].to_numpy(dtype=float)
    if spec.supply:
        driver = calendar.team_mean(np.where(complete, driver, np.nan))
    usable = complete & np.isfinite(result) & (exposure >= MIN_EXPOSURE)
    level = np.where(usable, result / np.where(usable, exposure, 1.0), np.nan)
    positive = level > 0
    log = np.full(len(level), np.nan)
    np.log(level, out=log, where=positive)
    steps = max(spec.lags, spec.own_lags)
    back = {k: calendar.earlier(k, complete) for k in range(1, steps + 1)}

    def lagged(values: Array, k: int) -> Array:
        return np.where(back[k] >= 0, values[back[k]], np.nan)

    if basis is None:
        drivers = {f"{spec.driver}_{k}": lagged(driver, k) for k in range(1, spec.lags + 1)}
    else:
        drivers = dict(basis(lagged(driver, 1)))
        drivers |= {f"{spec.driver}_{k}": lagged(driver, k) for k in range(2, spec.lags + 1)}
    if spec.same_month:
        drivers[f"{spec.driver}_0"] = np.where(complete, driver, np.nan)
    own: dict[str, Array] = {}
    peers: dict[str, Array] = {}
    controls: dict[str, Array] = {}
    zero = np.where(usable, (~positive).astype(float), np.nan)
    tamed = _tamed(log, calendar.unit, spec.tame) if spec.tame else log
    beyond = np.where(usable, np.where(positive, log - tamed, 0.0), np.nan)
    filled = np.where(usable, np.where(positive, tamed, 0.0), np.nan)
    seen = {name: frame[name].to_numpy(dtype=float) for name in spec.information}
    # what information does later is carried forward from its own equation, which needs it now
    now = seen if spec.horizon > 1 or spec.same_month else {}
    others = {
        name: calendar.mean_of_others(
            log if name == spec.outcome else frame[name].to_numpy(dtype=float)
        )
        for name in spec.peers
    }
    for k in range(1, spec.own_lags + 1):
        own[f"{spec.outcome}_{k}"] = lagged(filled, k)
        own[f"no_{spec.outcome}_{k}"] = lagged(zero, k)
        if spec.tame:
            own[f"beyond_{spec.outcome}_{k}"] = lagged(beyond, k)
        peers |= {f"peers_{name}_{k}": lagged(values, k) for name, values in others.items()}
        controls |= {f"{name}_{k}": lagged(values, k) for name, values in seen.items()}
    if spec.tenure is not None:
        controls["ramp"] = np.exp(-frame[spec.tenure].to_numpy(dtype=float) / RAMP)
    alive, dropped = _sift(
        {
            "incomplete_month": ~complete,
            "no_result": ~np.isfinite(result),
            "short_presence": ~(exposure >= MIN_EXPOSURE),
            "no_earlier_months": np.any([b < 0 for b in back.values()], axis=0),
            "driver_missing": _unknown(drivers),
            "earlier_result_missing": _unknown(own),
            "no_peers": _unknown(peers),
            "control_missing": _unknown(controls) | _unknown(now),
        }
    )
    zero_share = float((~positive[alive]).mean()) if alive.any() else 0.0
    family = spec.family
    if family == "auto":
        family = "log" if zero_share <= MAX_ZERO_SHARE else "poisson"
    below = ~positive if family == "log" else level < 0
    lost = alive & below
    dropped |= {
        "zero_result": int((lost & (level == 0)).sum()),
        "negative_result": int((lost & (level < 0)).sum()),
    }
    alive &= ~below
    columns = drivers | own | peers | controls
    flags = {f"no_{spec.outcome}_{k}" for k in range(1, spec.own_lags + 1)}
    columns = {n: v for n, v in columns.items() if n not in flags or v[alive].any()}
    made = Design(
        spec=spec,
        y=(log if family == "log" else level)[alive],
        X=np.column_stack([v[alive] for v in columns.values()]),
        names=tuple(columns),
        unit=(calendar.unit * spec.cycle + calendar.time % spec.cycle)[alive],
        time=calendar.time[alive],
        effects=_effects(frame, spec, calendar.time)[alive],
        group=frame[spec.group].to_numpy()[alive],
        driver=np.where(complete, driver, np.nan)[alive],
        now=frame[list(spec.information)].to_numpy(dtype=float)[alive],
        index=np.flatnonzero(alive),
        family=family,
        zero_share=zero_share,
        missing_driver=float(np.isnan(driver[complete]).mean()) if complete.any() else 1.0,
        dropped={cause: n for cause, n in dropped.items() if n},
    )
    if not spec.tame or family != "log":
        return made
    return replace(made, y=drawn_in(made.y, made.X, made.unit, made.dummies, spec.tame))


def _require(frame: pd.DataFrame, spec: DynamicPanel) -> None:
    named = {
        spec.driver, spec.outcome, *spec.peers, *spec.information, *spec.unit, spec.group,
        spec.time, spec.tenure, spec.exposure, spec.complete, *spec.effects_by,
    } | ({spec.team} if spec.peers or spec.supply else set())  # fmt: skip
    absent = sorted(str(c) for c in named - {None} if c not in frame.columns)
    if absent:
        raise ValueError(f"the panel has no column {', '.join(absent)}")
    for name in (*spec.unit, spec.group, spec.time):
        if frame[name].isna().any():
            raise ValueError(f"the panel has rows without {name}")


def _result(frame: pd.DataFrame, spec: DynamicPanel) -> tuple[Array, Array]:
    result = frame[spec.outcome].to_numpy(dtype=float)
    if spec.exposure is None:
        return result, np.ones(len(frame))
    return result, frame[spec.exposure].to_numpy(dtype=float)


def _complete(frame: pd.DataFrame, spec: DynamicPanel) -> np.ndarray:
    if spec.complete is None:
        return np.ones(len(frame), dtype=bool)
    return frame[spec.complete].to_numpy(dtype=bool)


def _tamed(log: Array, unit: Codes, quantile: float) -> Array:
    """Return log results drawn to the quantiles of their distance from their unit's median."""
    away = log - pd.Series(log).groupby(unit).transform("median").to_numpy()
    known = away[np.isfinite(away)]
    if not len(known):
        return log
    low, high = np.quantile(known, (quantile, 1 - quantile))
    return np.asarray(log - away + np.clip(away, low, high))


def _effects(frame: pd.DataFrame, spec: DynamicPanel, time: Codes) -> Codes:
    span = time.max(initial=0) + 1
    parts = [pd.factorize(frame[c], use_na_sentinel=False)[0] for c in spec.effects_by]
    return np.column_stack([part * span + time for part in parts] or [time])


def _unknown(columns: Mapping[str, Array]) -> np.ndarray | bool:
    if not columns:
        return False
    return np.any([~np.isfinite(v) for v in columns.values()], axis=0)


def _sift(causes: Mapping[str, np.ndarray | bool]) -> tuple[np.ndarray, dict[str, int]]:
    """Return the rows that no cause takes away, and how many each takes first."""
    alive = np.ones(np.broadcast_shapes(*(np.shape(c) for c in causes.values())), dtype=bool)
    counts = {}
    for cause, away in causes.items():
        counts[cause] = int((alive & away).sum())
        alive = alive & ~np.asarray(away)
    return alive, counts


@dataclass(frozen=True)
class _Calendar:
    """Where each unit's and each team's months stand among the rows."""

    unit: Codes
    time: Codes
    cell: Codes  # code of team and month

    @classmethod
    def of(cls, frame: pd.DataFrame, spec: DynamicPanel) -> _Calendar:
        month = frame[spec.time].to_numpy()
        time = (month - (month.min() if len(month) else 0)).astype(np.intp)
        span = int(time.max(initial=0)) + 1
        unit = np.zeros(len(frame), dtype=np.intp)
        for name in spec.unit:
            codes = pd.factorize(frame[name])[0]
            unit = pd.factorize(unit * (codes.max(initial=0) + 1) + codes)[0]
        if len(np.unique(unit * span + time)) < len(frame):
            raise ValueError(f"{' and '.join(spec.unit)} have several rows for one month")
        team = pd.factorize(frame[spec.team])[0] if spec.team in frame.columns else unit
        return cls(unit, time, pd.factorize(team * span + time)[0])

    def earlier(self, months: int, there: np.ndarray) -> Codes:
        """Return each row's position ``months`` earlier in the same unit, -1 where none."""
        span = int(self.time.max(initial=0)) + 1
        slots = np.full((int(self.unit.max(initial=-1)) + 1) * span, -1, dtype=np.intp)
        slots[(self.unit * span + self.time)[there]] = np.flatnonzero(there)
        when = self.time - months
        return np.where(when >= 0, slots[self.unit * span + np.maximum(when, 0)], -1)

    def _sums(self, values: Array) -> tuple[Array, Array]:
        known = np.isfinite(values).astype(float)
        total = np.bincount(self.cell, np.where(known > 0, values, 0.0))
        count = np.bincount(self.cell, known)
        return np.asarray(total[self.cell]), np.asarray(count[self.cell], dtype=float)

    def team_mean(self, values: Array) -> Array:
        """Return the mean over the team's rows of the month, NaN where none is known."""
        total, count = self._sums(values)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    def mean_of_others(self, values: Array) -> Array:
        """Return the mean over the team's other rows of the month, NaN where there are none."""
        total, count = self._sums(values)
        known = np.isfinite(values)
        others = count - known
        left = total - np.where(known, values, 0.0)
        return np.where(others > 0, left / np.maximum(others, 1), np.nan)
