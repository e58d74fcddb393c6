"""Where a period will end, from what is in so far and from the company's own past periods.

The chain ladder: revenue to date times the ratio of final revenue to revenue at the same point in
past periods. Its interval comes from the errors the same rule would have made in those periods,
each forecast from the others.

References
----------
Mack, T. (1993). Distribution-free calculation of the standard error of chain ladder reserve
estimates. ASTIN Bulletin 23.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from salesdiag.estimate.blocks import Array
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import LEVEL, Interval
from salesdiag.text import Message
from salesdiag.text import methods as words

MIN_PAST = 4


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Revenue at the end of a period.

    Attributes
    ----------
    total : Interval
        Forecast with its prediction interval, money.
    run_rate : float
        What the same pace by the calendar would give, money; NaN at the start of the period.
    to_date : float
        Money in so far.
    past : int
        Past periods used.
    method : Message
    """

    total: Interval
    run_rate: float
    to_date: float
    past: int
    method: Message


def run_rate(to_date: float, elapsed: float) -> float:
    """Return revenue at the end of the period at the pace so far.

    Parameters
    ----------
    to_date : float
        Money so far.
    elapsed : float
        Share of the period's days that have passed, 0..1.
    """
    if not 0 <= elapsed <= 1:
        raise ValueError(f"the elapsed share of a period is 0 to 1, not {elapsed}")
    return to_date / elapsed if elapsed > 0 else np.nan


def forecast(
    to_date: float,
    elapsed: float,
    past_to_date: ArrayLike,
    past_total: ArrayLike,
    *,
    level: float = LEVEL,
) -> Forecast:
    """Forecast a period's revenue.

    Parameters
    ----------
    to_date : float
        Revenue of the running period so far.
    elapsed : float
        Share of the period that has passed, 0..1.
    past_to_date, past_total : array, shape (P,)
        Revenue of past periods at the same point, and in the end. Periods without revenue by then
        cannot be scaled up and are left out.

    Raises
    ------
    NotEstimable
        Fewer than four past periods can be used.
    """
    if elapsed >= 1:
        done = Interval(value=to_date, low=to_date, high=to_date, unit="money", level=level)
        return Forecast(
            total=done, run_rate=to_date, to_date=to_date, past=0, method=words.PERIOD_OVER()
        )
    early, late = np.asarray(past_to_date, dtype=float), np.asarray(past_total, dtype=float)
    if to_date > 0:
        usable = (early > 0) & (late > 0)
        early, late = early[usable], late[usable]
        value, errors = _scaled(to_date, early, late)
        kind = words.CHAIN_LADDER
    else:
        usable = np.isfinite(late) & (late > 0)
        late = late[usable]
        value, errors = _average(late)
        kind = words.AVERAGE_PERIOD
    n = len(errors)
    half = float(stats.t.ppf((1 + level) / 2, n - 1) * np.sqrt((errors**2).mean()))
    low = value * np.exp(-half)
    if to_date > 0 and (late >= early).all():
        low = max(low, to_date)  # what is in has never been lost again
    total = Interval(
        value=value, low=float(low), high=float(value * np.exp(half)), unit="money", level=level
    )
    return Forecast(
        total=total, run_rate=run_rate(to_date, elapsed), to_date=to_date, past=n, method=kind(n=n)
    )


def _scaled(to_date: float, early: Array, late: Array) -> tuple[float, Array]:
    """Return the chain-ladder forecast and its log errors in past periods."""
    _enough(len(early))
    others = (late.sum() - late) / (early.sum() - early)
    return float(to_date * late.sum() / early.sum()), np.log(late / (early * others))


def _average(late: Array) -> tuple[float, Array]:
    _enough(len(late))
    others = (late.sum() - late) / (len(late) - 1)
    return float(late.mean()), np.log(late / others)


def _enough(n: int) -> None:
    if n < MIN_PAST:
        raise NotEstimable(words.TOO_FEW_PAST_PERIODS(n=n, needed=MIN_PAST))


def past_periods(
    dates: pd.Series, amounts: pd.Series, starts: pd.DatetimeIndex, as_of: pd.Timestamp
) -> pd.DataFrame:
    """Return each period's revenue at the same point of its days as ``as_of`` is of the last.

    Parameters
    ----------
    dates, amounts : Series
        Day and money of each order.
    starts : DatetimeIndex
        First days of consecutive periods, ascending, closed by the end (exclusive) of the last;
        ``as_of`` lies in the last period.
    as_of : Timestamp
        Last day that the data cover.

    Returns
    -------
    DataFrame
        One row per period: ``start``, ``to_date``, ``total``, ``elapsed``; the last row is the
        running period.

    Raises
    ------
    ValueError
        ``as_of`` does not lie in the last period.

    Examples
    --------
    >>> starts = pd.date_range("2024-01-01", periods=3, freq="MS")
    >>> orders = pd.DataFrame({"day": pd.to_datetime(["2024-01-10", "2024-01-30", "2024-02-05"])})
    >>> amounts = pd.Series([1.0, 2.0, 4.0])
    >>> past_periods(orders["day"], amounts, starts, pd.Timestamp("2024-02-14"))["to_date"].tolist()
    [1.0, 4.0]
    """
    begin, end = starts[:-1], starts[1:]
    if not begin[-1] <= as_of < end[-1]:
        raise ValueError("the day of the forecast must lie in the last period")
    days = (end - begin).days.to_numpy()
    elapsed = ((as_of - begin[-1]).days + 1) / days[-1]
    known = dates.notna().to_numpy() & (dates <= as_of).to_numpy()
    when, money = dates.to_numpy()[known], amounts.to_numpy(dtype=float)[known]
    period = np.searchsorted(begin.to_numpy(), when, side="right") - 1
    inside = period >= 0
    when, money, period = when[inside], money[inside], period[inside]
    passed = (when - begin.to_numpy()[period]) / np.timedelta64(1, "D")
    early = np.floor(passed) < np.round(elapsed * days)[period]
    return pd.DataFrame(
        {
            "start": begin,
            "to_date": np.bincount(period, money * early, len(begin)),
            "total": np.bincount(period, money, len(begin)),
            "elapsed": elapsed,
        }
    )
