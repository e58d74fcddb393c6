"""Working days, working weeks and months of a company, and its streams of random numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesdiag.calibrate.field.firm import Firm

WEEKS = 4
"""Working weeks of a month."""
MECHANISMS = (
    "skills", "exits", "managers", "posts", "moves", "absences", "leaves", "clients", "orders",
    "deals", "cycles", "wins", "shocks", "team_shocks", "region_shocks", "market", "quarters",
    "levels", "plans", "rota", "kinds", "selling", "own", "closings",
)  # fmt: skip


def stream(seed: int, mechanism: str) -> np.random.Generator:
    """Return the random numbers of one mechanism; new mechanisms go to the end of the list."""
    return np.random.default_rng([20_271, seed, MECHANISMS.index(mechanism)])


def noise(rng: np.random.Generator, shape: tuple[int, ...], tail: float) -> np.ndarray:
    """Return noise of mean 0 and SD 1, normal or of Student's t; at most 12 either way."""
    if not tail:
        return rng.standard_normal(shape)
    return np.clip(rng.standard_t(tail, shape) * np.sqrt((tail - 2) / tail), -12, 12)


def even(rng: np.random.Generator, shape: tuple[int, ...], cv: float) -> np.ndarray:
    """Return positive numbers of mean 1 (gamma) with a coefficient of variation."""
    if cv == 0:
        return np.ones(shape)
    return rng.gamma(1 / cv**2, cv**2, shape)


@dataclass(frozen=True, kw_only=True)
class Days:
    """The working days of a company.

    Attributes
    ----------
    date : array (days,) of datetime64[D]
    month, week : array (days,)
        Month of each, from 0, and its working week within the month, 0 to 3.
    first : array (months + 1,)
        Number of each month's first working day; the last one is the number of days.
    of_year, quarter : array (months,)
        Month of the year, 0 to 11; calendar quarter, from 0.
    starts : array (months + 1,) of datetime64[D]
        First calendar day of each month.
    """

    date: np.ndarray
    month: np.ndarray
    week: np.ndarray
    first: np.ndarray
    of_year: np.ndarray
    quarter: np.ndarray
    starts: np.ndarray

    @property
    def block(self) -> np.ndarray:
        """Working week of each day, counted through all months."""
        return self.month * WEEKS + self.week

    def at(self, month: np.ndarray, place: np.ndarray) -> np.ndarray:
        """Return the number of the working day at a place (0 to 1) of a month."""
        length = self.first[month + 1] - self.first[month]
        return self.first[month] + np.minimum((place * length).astype(int), length - 1)

    def number(self, dates: np.ndarray) -> np.ndarray:
        """Return the number of the first working day on or after each date."""
        return np.searchsorted(self.date, dates)


def days_of(firm: Firm) -> Days:
    """Return the working days of all months simulated."""
    # the last month told is the last but one simulated
    start = np.datetime64(firm.last_month, "M") - (firm.span - 2)
    months = start + np.arange(firm.span + 1)
    starts = months.astype("datetime64[D]")
    every = np.arange(starts[0], starts[-1])
    date = every[np.is_busday(every)]
    month = np.searchsorted(starts, date, side="right") - 1
    first = np.searchsorted(month, np.arange(firm.span + 1))
    length = (first[1:] - first[:-1])[month]
    number = months.astype(int)[:-1]
    return Days(
        date=date,
        month=month,
        week=(np.arange(len(date)) - first[month]) * WEEKS // length,
        first=first,
        of_year=number % 12,
        quarter=number // 3 - number[0] // 3,
        starts=starts,
    )
