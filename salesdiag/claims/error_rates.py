"""How often a claim's test errs on planted companies, as counted and shipped with us.

The counts are made by ``make calibration`` (:mod:`salesdiag.calibrate`), which writes
``error_rates.csv`` beside this file. Pages read it, and show beside each verdict how often
companies without an effect were told that there is one, and companies with one that there is none.
That is not the probability that a verdict is wrong, which also depends on how common effects are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

import numpy as np
import pandas as pd

import salesdiag.claims as catalogue
from salesdiag.claims.register import ENTRY
from salesdiag.estimate.proportion import share
from salesdiag.text import claims as words

FILE = "error_rates.csv"
FINDING = "finding"
TEAM = "team"
OURS = (
    FINDING, "test", "randomisation", "second_design", TEAM, "team_alone", "team_plug_in",
    "twelve_looks", "tipping_foresight",
)  # fmt: skip
"""Analyses that are not what is usual today."""
MOST_FALSE = 0.025
MOST_NEGLIGIBLE = 0.05
SIZE = (0.036, 0.064)
COVERAGE = (0.935, 0.965)
TEAM_COVERAGE = 0.925
MOST_SIGN_ERRORS = 0.01
ERRORS_ALLOWED = 2.0
"""Monte Carlo errors by which a figure may lie beyond a bound without being told as a miss."""

Outcome = Literal["holds", "unsettled", "missed"]


@dataclass(frozen=True, kw_only=True)
class Bound:
    """What is asked of a figure.

    Attributes
    ----------
    name : str
    column : str
        Of the counts.
    allowed : float
    most : bool
        Whether ``allowed`` is the most; else the least.
    analyses : tuple of str
    applies : callable
        Whether it is asked of a row.
    """

    name: str
    column: str
    allowed: float
    most: bool = True
    analyses: tuple[str, ...] = (FINDING,)
    applies: Callable[[pd.Series], bool]

    def outcome(self, row: pd.Series) -> Outcome | None:
        """Return how a row stands to the bound; None where it is not asked of it.

        A figure beyond the bound by no more than two Monte Carlo errors is not settled.
        """
        value = row[self.column]
        asked = row["analysis"] in self.analyses and row["companies"] > 0 and self.applies(row)
        if not asked or not math.isfinite(value):
            return None
        beyond = value - self.allowed if self.most else self.allowed - value
        if beyond <= 0:
            return "holds"
        slack = ERRORS_ALLOWED * row[f"{self.column}_se"]
        return "unsettled" if beyond <= slack else "missed"


def _null(row: pd.Series) -> bool:
    return bool(row["truth"] == 0)


def _planted(row: pd.Series) -> bool:
    return bool(np.isfinite(row["truth"]) and row["truth"] != 0)


def _at_least_a_margin(row: pd.Series) -> bool:
    claim = catalogue.CLAIM.get(row["claim"])
    return claim is not None and bool(abs(row["truth"]) >= 0.99 * claim.margin)


BOUNDS = (
    Bound(name="supported", column="supported", allowed=MOST_FALSE, applies=_null),
    Bound(name="contradicted", column="contradicted", allowed=MOST_FALSE, applies=_null),
    Bound(
        name="negligible", column="negligible", allowed=MOST_NEGLIGIBLE, applies=_at_least_a_margin
    ),
    Bound(
        name="size", column="rejected", allowed=SIZE[1], applies=_null,
        analyses=(FINDING, "test", "randomisation"),
    ),
    Bound(
        name="coverage", column="covered", allowed=COVERAGE[0], most=False,
        applies=lambda row: True, analyses=(FINDING, "test"),
    ),
    Bound(name="sign_error", column="sign_error", allowed=MOST_SIGN_ERRORS, applies=_planted),
    Bound(
        name="team_coverage", column="covered", allowed=TEAM_COVERAGE, most=False,
        applies=lambda row: True, analyses=(TEAM,),
    ),
    Bound(
        name="team_supported", column="supported", allowed=MOST_FALSE, applies=_null,
        analyses=(TEAM,),
    ),
    Bound(
        name="team_contradicted", column="contradicted", allowed=MOST_FALSE, applies=_null,
        analyses=(TEAM,),
    ),
    Bound(
        name="team_sign_error", column="sign_error", allowed=MOST_SIGN_ERRORS, applies=_planted,
        analyses=(TEAM,),
    ),
)  # fmt: skip
"""What is asked of every test. Only the dangerous side is judged: a test that rejects too seldom,
or covers too often, costs power and misleads nobody."""


def misses(row: pd.Series) -> list[Bound]:
    """Return the bounds that a row of counts misses."""
    return [bound for bound in BOUNDS if bound.outcome(row) == "missed"]


@dataclass(frozen=True, kw_only=True)
class ErrorRates:
    """How often one claim's test errs; shares 0..1, NaN where nothing was counted.

    Kinds of company count equally, however many companies of each were counted.

    Attributes
    ----------
    claim : str
    worlds, companies : int
        Kinds of company in which nothing is true, and companies of those kinds.
    rejected, supported, contradicted : float
        Share of them with p < .05, and with each verdict, which is then false.
    supported_worst, contradicted_worst : float
        The same in the worst kind.
    supported_high, contradicted_high : float
        Upper ends of the 95 % Wilson intervals of the worst kind.
    covered_least, covered_most : float
        Share of 95 % intervals that hold the truth, over all kinds whose truth is known.
    planted : int
        Companies in which something is true.
    effect_least, effect_most : float
        Smallest and largest effect there, with its sign, in the unit of the estimate.
    found, found_least : float
        Share of them in which the verdict says so, with the right sign; the same in the worst kind.
    negligible : float
        Share told that the effect is too small to matter, where it is not.
    sign_error : float
        Share of the decided verdicts among them with the wrong sign.
    plain : mapping
        Share of the companies in which nothing is true where a plain analysis has p < .05, by
        analysis.
    misses : tuple of str
        Kinds of company in which a bound is missed.
    """

    claim: str
    worlds: int
    companies: int
    rejected: float
    supported: float
    contradicted: float
    supported_worst: float
    contradicted_worst: float
    supported_high: float
    contradicted_high: float
    covered_least: float
    covered_most: float
    planted: int
    effect_least: float
    effect_most: float
    found: float
    found_least: float
    negligible: float
    sign_error: float
    plain: Mapping[str, float]
    misses: tuple[str, ...]


@cache
def measured() -> pd.DataFrame:
    """Return the shipped counts, one row a world, claim and analysis.

    Returns
    -------
    DataFrame
        As :func:`salesdiag.calibrate.rates` returns it.
    """
    with resources.files("salesdiag.claims").joinpath(FILE).open(encoding="utf-8") as text:
        return pd.read_csv(text, keep_default_na=False, na_values=[""])  # a world is called "null"


def error_rates(claim: str, analysis: str = FINDING) -> ErrorRates | None:
    """Return how often a claim's test errs; None for a claim that was not counted.

    Parameters
    ----------
    claim : str
        Slug of the register.
    analysis : str
        ``finding`` for verdicts on companies, ``team`` for those on their teams.

    Raises
    ------
    ValueError
        The register has no such claim.

    Examples
    --------
    >>> error_rates("coaching-hours").supported <= MOST_FALSE
    True
    """
    if claim not in ENTRY:
        raise ValueError(str(words.NO_SUCH_CLAIM(name=claim, near=list(ENTRY)[:5])))
    rows = measured()
    mine = rows[(rows["claim"] == claim) & (rows["companies"] > 0)]
    found = mine[mine["analysis"] == analysis]
    if found.empty:
        return None
    null = found[found["truth"] == 0]
    planted = found[found["truth"].notna() & (found["truth"] != 0)]
    covered = found.loc[found["truth"].notna(), "covered"]
    direction = catalogue.CLAIM[claim].direction if claim in catalogue.CLAIM else 1
    right = planted["supported"].where(planted["truth"] * direction > 0, planted["contradicted"])
    by_size = planted.sort_values("truth", key=abs)["truth"]
    told = [_at_least_a_margin(row) for _, row in planted.iterrows()]
    large = planted.loc[np.array(told, dtype=bool)]
    decided = planted["companies"] * planted["decided"]
    plain = mine[mine["world"].isin(null["world"]) & ~mine["analysis"].isin(OURS)]
    return ErrorRates(
        claim=claim,
        worlds=len(null),
        companies=int(null["companies"].sum()),
        rejected=float(null["rejected"].mean()),
        supported=float(null["supported"].mean()),
        contradicted=float(null["contradicted"].mean()),
        supported_worst=float(null["supported"].max()),
        contradicted_worst=float(null["contradicted"].max()),
        supported_high=_high(null, "supported"),
        contradicted_high=_high(null, "contradicted"),
        covered_least=float(covered.min()),
        covered_most=float(covered.max()),
        planted=int(planted["companies"].sum()),
        effect_least=float(by_size.iloc[0]) if len(by_size) else math.nan,
        effect_most=float(by_size.iloc[-1]) if len(by_size) else math.nan,
        found=float(right.mean()),
        found_least=float(right.min()),
        negligible=float(large["negligible"].mean()),
        sign_error=_weighted(planted["sign_error"], decided),
        plain={
            str(name): float(part["rejected"].mean())
            for name, part in plain.groupby("analysis", sort=False)
        },
        misses=tuple(found.loc[[bool(misses(row)) for _, row in found.iterrows()], "world"]),
    )


def _high(rows: pd.DataFrame, column: str) -> float:
    """Return the upper end of Wilson's interval of the worst kind."""
    known = rows[rows[column].notna()]
    if known.empty:
        return math.nan
    worst = known.sort_values(column).iloc[-1]
    n = int(worst["companies"])
    return float(share(round(float(worst[column]) * n), n).high)


def _weighted(values: pd.Series, weights: pd.Series) -> float:
    known = values.notna() & (weights > 0)
    total = weights[known].sum()
    return float((values[known] * weights[known]).sum() / total) if total else math.nan
