"""How often a claim's verdicts are wrong, as counted on planted companies and shipped with us.

The counts are made by ``make calibration`` (:mod:`salesdiag.calibrate`), which writes
``error_rates.csv`` beside this file; pages read it, so that every verdict can be shown with the
share of such verdicts that are wrong where the truth is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import pandas as pd

from salesdiag.claims.register import ENTRY
from salesdiag.text import claims as words

FILE = "error_rates.csv"
FINDING = "finding"
MOST_FALSE = 0.025
SIZE = (0.036, 0.064)
COVERAGE = (0.935, 0.965)
TEAM_COVERAGE = 0.925
MOST_SIGN_ERRORS = 0.01
"""What was asked of every test before anything was counted."""


@dataclass(frozen=True, kw_only=True)
class ErrorRates:
    """How often one claim's verdicts are wrong; shares 0..1, NaN where nothing was counted.

    Attributes
    ----------
    claim : str
    worlds, companies : int
        Kinds of company in which nothing is true, and companies of those kinds.
    supported, contradicted : float
        Share of them with that verdict, which is then false.
    supported_worst, contradicted_worst : float
        The same in the worst kind.
    covered_least, covered_most : float
        Share of 95 % intervals that hold the truth, over all kinds whose truth is known.
    planted : int
        Companies in which something is true.
    effect_least, effect_most : float
        Its size there, in the unit of the estimate.
    found, found_least : float
        Share of them in which the verdict says so; the same in the worst kind.
    sign_error : float
        Share of the decided verdicts among them with the wrong sign.
    plain : mapping
        Share of the companies in which nothing is true where a plain analysis finds something at
        5 %, by analysis.
    misses : tuple of str
        Kinds of company in which a bound is missed.
    """

    claim: str
    worlds: int
    companies: int
    supported: float
    contradicted: float
    supported_worst: float
    contradicted_worst: float
    covered_least: float
    covered_most: float
    planted: int
    effect_least: float
    effect_most: float
    found: float
    found_least: float
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
    """Return how often a claim's verdicts are wrong; None for a claim that was not counted.

    Parameters
    ----------
    claim : str
        Slug of the register.
    analysis : str
        ``team`` for the verdicts of teams, of which each company has several.

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
    null, planted = (
        found[found["truth"] == 0],
        found[found["truth"].notna() & (found["truth"] != 0)],
    )
    known = found["truth"].notna() & found["covered"].notna()
    right = planted[["supported", "contradicted"]].max(axis=1)
    sizes = planted["truth"].abs()
    plain = mine[mine["world"].isin(null["world"]) & ~mine["analysis"].isin(OURS)]
    return ErrorRates(
        claim=claim,
        worlds=len(null),
        companies=int(null["companies"].sum()),
        supported=_mean(null, "supported"),
        contradicted=_mean(null, "contradicted"),
        supported_worst=float(null["supported"].max()),
        contradicted_worst=float(null["contradicted"].max()),
        covered_least=float(found.loc[known, "covered"].min()),
        covered_most=float(found.loc[known, "covered"].max()),
        planted=int(planted["companies"].sum()),
        effect_least=float(sizes.min()),
        effect_most=float(sizes.max()),
        found=_mean(planted.assign(right=right), "right"),
        found_least=float(right.min()),
        sign_error=_mean(planted, "sign_error"),
        plain={
            str(name): _mean(part, "rejected")
            for name, part in plain.groupby("analysis", sort=False)
        },
        misses=tuple(found.loc[[bool(misses(row)) for _, row in found.iterrows()], "world"]),
    )


OURS = (FINDING, "second_design", "team", "team_alone", "team_plug_in")


def _mean(rows: pd.DataFrame, column: str) -> float:
    """Return a share over all companies of several worlds."""
    known = rows[rows[column].notna()]
    weight = known["companies"].sum()
    return float((known[column] * known["companies"]).sum() / weight) if weight else float("nan")


def misses(row: pd.Series) -> list[str]:
    """Return which of the bounds a row of counts misses; two Monte Carlo errors are allowed for.

    Parameters
    ----------
    row : Series
        Of :func:`measured`.
    """

    def beyond(name: str, low: float, high: float) -> bool:
        value, slack = row[name], 2 * row[f"{name}_se"]
        return bool(value + slack < low or value - slack > high)

    if row["analysis"] == "team":
        return ["covered"] if beyond("covered", TEAM_COVERAGE, 1.0) else []
    wrong = []
    if row["truth"] == 0:
        bounds = {"rejected": (0.0, SIZE[1]), "supported": (0.0, MOST_FALSE),
                  "contradicted": (0.0, MOST_FALSE)}  # fmt: skip
        wrong += [name for name, ends in bounds.items() if beyond(name, *ends)]
    if beyond("covered", COVERAGE[0], 1.0):
        wrong.append("covered")
    if beyond("sign_error", 0.0, MOST_SIGN_ERRORS):
        wrong.append("sign_error")
    return wrong
