"""Team-quarters from team-months: what managers sold themselves, and what the others did then.

A quarter counts when its three months are complete and known; what came before it is read from the
three months before, so that nothing of a quarter stands on both sides of an equation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from salesdiag.estimate.blocks import Array, Codes
from salesdiag.estimate.design import MAX_ZERO_SHARE, MIN_EXPOSURE
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.text import methods as words

QUARTER = 3
MIN_CELL_GROUPS = 5  # a region with fewer groups has no quarter effects of its own


@dataclass(frozen=True, kw_only=True)
class TeamQuarters:
    """Arrays ready to be regressed, one row per team and quarter that can be used.

    Attributes
    ----------
    y : ndarray, shape (n,)
        Log revenue of the others per rep-month present; revenue per rep-month in a Poisson panel.
    dose : ndarray, shape (n,)
        The manager's own won deals of the same quarter.
    before : ndarray, shape (n, C)
        Log results of the three months before the quarter, latest first, and where some are empty
        a mark for each.
    before_names : tuple of str
    dose_before, dose_after : ndarray, shape (n,)
        Own deals of the quarter before, and of the first month after; NaN where not known.
    month_results : ndarray, shape (n, 3)
        Log results of the quarter's own months, latest first; NaN where there was none.
    manager : ndarray, shape (n,)
        Who managed the team in all three months; None where that changed.
    unit, quarter, effects : ndarray of int, shape (n,)
        Codes of teams, quarters, and quarter effects (by region where there are enough groups).
    group : ndarray, shape (n,)
        Group ids.
    family : {"log", "poisson"}
    every_dose : ndarray, shape (m,)
        Doses of all complete quarters, with or without months before.
    missing_dose : float
        Share of complete quarters whose dose is not known.
    dropped : mapping
        Team-quarters left out, by cause; with ``n`` they add up to those with any month.
    """

    y: Array
    dose: Array
    before: Array
    before_names: tuple[str, ...]
    dose_before: Array
    dose_after: Array
    month_results: Array
    manager: np.ndarray
    unit: Codes
    quarter: Codes
    effects: Codes
    group: np.ndarray
    family: str
    every_dose: Array
    missing_dose: float
    dropped: dict[str, int]

    @property
    def periods(self) -> int:
        """Quarters with usable rows."""
        return len(np.unique(self.quarter))

    def only(self, mask: np.ndarray) -> TeamQuarters:
        """Return some of the rows; what is known of all complete quarters stays."""
        by_row = (
            "y", "dose", "before", "dose_before", "dose_after", "month_results", "manager", "unit",
            "quarter", "effects", "group",
        )  # fmt: skip
        return replace(self, **{name: getattr(self, name)[mask] for name in by_row})


def team_quarters(frame: pd.DataFrame) -> TeamQuarters:
    """Sum team-months to team-quarters.

    Parameters
    ----------
    frame : DataFrame
        Team-months with ``team_id``, ``group_id``, ``month_index``, ``place`` (0, 1 or 2: which
        month of its quarter), ``manager_id``, ``manager_deals``, ``revenue``, ``reps``,
        ``complete``, and ``region`` where quarters are to be allowed for by region.

    Raises
    ------
    NotEstimable
        No team-quarter can be used.
    ValueError
        A team has two rows for a month.
    """
    months = _Months(frame)
    revenue, reps, deals = (months.grid(c) for c in ("revenue", "reps", "manager_deals"))
    level = np.where(reps >= MIN_EXPOSURE, revenue / np.where(reps > 0, reps, 1.0), np.nan)
    log, empty = _logs(level)
    total, present = months.sums(revenue), months.sums(reps)
    dose = months.sums(deals)
    with np.errstate(invalid="ignore", divide="ignore"):
        result = np.where(present >= QUARTER * MIN_EXPOSURE, total / present, np.nan)
    before = np.stack([months.before(log, k) for k in range(1, QUARTER + 1)], axis=-1)
    marks = np.stack([months.before(empty, k) for k in range(1, QUARTER + 1)], axis=-1)
    seen, complete = months.sums(months.there) >= 0, months.whole
    led = months.manager != ""
    alive = months.any
    dropped = {}
    for cause, away in (
        ("incomplete_quarter", ~(complete & seen)),
        ("no_manager", ~led.reshape(-1, QUARTER, led.shape[1]).all(axis=1)),
        ("driver_missing", ~np.isfinite(dose)),
        ("no_result", ~np.isfinite(total)),
        ("short_presence", ~np.isfinite(result)),
        ("no_earlier_months", ~np.isfinite(before).all(axis=-1)),
    ):
        dropped[cause] = int((alive & away).sum())
        alive = alive & ~away
        if cause == "no_manager":
            asked = alive
    zero = float((result[alive] == 0).mean()) if alive.any() else 0.0
    family = "log" if zero <= MAX_ZERO_SHARE else "poisson"
    dropped["negative_result"] = int((alive & (result < 0)).sum())
    alive = alive & ~(result < 0)
    if family == "log":
        dropped["zero_result"] = int((alive & (result == 0)).sum())
        alive = alive & (result > 0)
    if not alive.any():
        raise NotEstimable(words.TOO_FEW_PERIODS_QUARTERS(n=0, needed=1))
    some = np.asarray(marks[alive].any(axis=0), dtype=bool).tolist()
    quarter, unit = np.nonzero(alive)
    group = months.group[unit]
    y = result[alive]
    names = [f"before_{k}" for k in range(1, QUARTER + 1)]
    return TeamQuarters(
        y=np.log(y) if family == "log" else y,
        dose=dose[alive],
        before=np.column_stack([before[alive], marks[alive][:, some]]),
        before_names=(*names, *(f"no_{n}" for n, s in zip(names, some, strict=True) if s)),
        dose_before=_shifted(dose, 1)[alive],
        dose_after=_shifted(deals.reshape(-1, QUARTER, deals.shape[1])[:, 0], -1)[alive],
        month_results=np.where(
            months.split(empty) > 0, np.nan, months.split(log)
        )[alive][:, ::-1],
        manager=months.manager_of_quarter()[alive],
        unit=unit,
        quarter=quarter,
        effects=_effects(quarter, months.region[unit], group),
        group=group,
        family=family,
        every_dose=dose[asked & np.isfinite(dose)],
        missing_dose=float((~np.isfinite(dose))[asked].mean()) if asked.any() else 1.0,
        dropped={cause: n for cause, n in dropped.items() if n},
    )  # fmt: skip


def _logs(level: Array) -> tuple[Array, Array]:
    """Return logarithms with 0 for empty months, and marks of these."""
    known, positive = np.isfinite(level), level > 0
    log = np.where(known, 0.0, np.nan)
    np.log(level, out=log, where=positive)
    return log, np.where(known, (~positive).astype(float), np.nan)


def _shifted(values: Array, quarters: int) -> Array:
    """Return the values of earlier quarters (later ones where negative), NaN beyond the edge."""
    moved = np.full_like(values, np.nan)
    if quarters > 0:
        moved[quarters:] = values[:-quarters]
    else:
        moved[:quarters] = values[-quarters:]
    return moved


def _effects(quarter: Codes, region: Codes, group: np.ndarray) -> Codes:
    """Return codes of quarters, apart by region where two or more have five groups.

    Regions with fewer share one effect a quarter.
    """
    pairs = pd.DataFrame({"region": region, "group": group}).drop_duplicates()
    groups = np.bincount(pairs["region"])
    large = np.flatnonzero(groups >= MIN_CELL_GROUPS)
    if len(large) < 2:
        return np.asarray(quarter)
    part = np.where(np.isin(region, large), region + 1, 0)
    return np.asarray(part * (quarter.max() + 1) + quarter)


class _Months:
    """Team-months as arrays (months, teams), beginning with the first month of a quarter."""

    def __init__(self, frame: pd.DataFrame) -> None:
        if frame.duplicated(["team_id", "month_index"]).any():
            raise ValueError("a team has several rows for one month")
        team, self.teams = pd.factorize(frame["team_id"], sort=True)
        month = frame["month_index"].to_numpy()
        self._complete = frame["complete"].to_numpy(dtype=bool)
        start = 0
        if len(frame):
            first = int(month.argmin())
            start = int(month[first]) - int(frame["place"].to_numpy()[first])
        rows = month - start
        self.length = -(-(int(rows.max(initial=-1)) + 1) // QUARTER) * QUARTER
        self._at = (rows, team)
        self._frame = frame
        self.there = self.grid(np.ones(len(frame)))
        self.any = self.split(np.isfinite(self._put(np.ones(len(frame))))).any(axis=-1)
        self.whole = np.isfinite(self.there).reshape(-1, QUARTER, len(self.teams)).all(axis=1)
        self.manager = np.full((self.length, len(self.teams)), "", dtype=object)
        self.manager[self._at] = frame["manager_id"].fillna("").to_numpy(dtype=object)
        last = frame.drop_duplicates("team_id", keep="last").set_index("team_id")
        last = last.reindex(self.teams)
        self.group = last["group_id"].to_numpy()
        known = "region" in frame
        self.region = pd.factorize(last["region"], use_na_sentinel=False)[0] if known else (
            np.zeros(len(self.teams), dtype=np.intp)
        )  # fmt: skip

    def _put(self, values: Array) -> Array:
        grid = np.full((self.length, len(self.teams)), np.nan)
        grid[self._at] = values
        return grid

    def grid(self, column: str | Array) -> Array:
        """Return a column by month and team; NaN where the month is absent or not complete."""
        named = isinstance(column, str)
        values = self._frame[column].to_numpy(dtype=float) if named else np.asarray(column)
        return self._put(np.where(self._complete, values, np.nan))

    def split(self, values: Array) -> Array:
        """Return values by quarter and team, with the quarter's months last."""
        return np.moveaxis(values.reshape(-1, QUARTER, values.shape[1]), 1, -1)

    def sums(self, values: Array) -> Array:
        """Return sums of quarters; NaN where a month is not known."""
        return np.asarray(self.split(values).sum(axis=-1))

    def before(self, values: Array, months: int) -> Array:
        """Return for each quarter the value so many months before its first."""
        return _shifted(self.split(values)[..., QUARTER - months], 1)

    def manager_of_quarter(self) -> np.ndarray:
        """Return who managed each team in all months of the quarter, None where that changed."""
        three = np.moveaxis(self.manager.reshape(-1, QUARTER, len(self.teams)), 1, -1)
        same = (three == three[..., :1]).all(axis=-1) & (three[..., 0] != "")
        found = three[..., 0].copy()
        found[~same] = None
        return np.asarray(found)
