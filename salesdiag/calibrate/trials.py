"""One planted company: what every analysis says of it, and whether that is right."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType

import numpy as np
import pandas as pd

from salesdiag.calibrate.catalogue import CELLS, subject
from salesdiag.calibrate.cells import COACHING, SELLING, Cell
from salesdiag.calibrate.said import JUDGED, Said
from salesdiag.calibrate.studies import STUDIES
from salesdiag.calibrate.subjects import OfMonths, OfWeeks, Subject
from salesdiag.calibrate.weeks import FOCUSES, FORECAST, FieldCell
from salesdiag.checks import EFFECT
from salesdiag.claims import CLAIM
from salesdiag.claims.base import Claim
from salesdiag.claims.designs.base import attempt
from salesdiag.claims.designs.dose import DoseEffect
from salesdiag.claims.designs.rep_month import RepEffect
from salesdiag.company import Company
from salesdiag.estimate import dynamic, naive
from salesdiag.finding import Finding, Interval
from salesdiag.looks import Look
from salesdiag.verdict import correct

LOOKS, TIPPING = "twelve_looks", "tipping_foresight"
Plain = Callable[[pd.DataFrame, str, str], naive.Naive]


def _after_the_most(panel: pd.DataFrame, driver: str, unit: str) -> naive.Naive:
    """Compare three months after each unit's month with most of the driver with three before."""
    known = panel.dropna(subset=[driver])
    start = known.loc[known.groupby(unit)[driver].idxmax()].set_index(unit)["month_index"] + 1
    return naive.before_after(panel, start, unit=unit, months=3)


PLAIN: Mapping[str, Plain] = MappingProxyType(
    {
        "growth_correlation": lambda p, x, unit: naive.growth_correlation(p, driver=x, unit=unit),
        "level_correlation": lambda p, x, unit: naive.level_correlation(p, driver=x, unit=unit),
        "before_after": _after_the_most,
        "pooled_regression": lambda p, x, unit: naive.pooled_ols(p, driver=x, unit=unit),
        "two_way_fixed_effects": lambda p, x, unit: naive.two_way(p, driver=x, unit=unit),
    }
)
"""What is computed on such data today, by name."""
IN_UNIT = frozenset({"pooled_regression", "two_way_fixed_effects"})
"""Those of them whose value is in the unit of the truth; the others are right only about zero."""


def trial(cell: str, seed: int) -> list[dict[str, object]]:
    """Make one company and return a row for every claim and analysis.

    Parameters
    ----------
    cell : str
        Name in :data:`~salesdiag.calibrate.catalogue.CELLS`.
    seed : int

    Returns
    -------
    list of dict
        ``world``, ``seed``, ``claim``, ``analysis``, ``truth``, ``p`` and the columns
        :data:`JUDGED`; an analysis of every team has one row, the mean over teams.
    """
    rows: list[dict[str, object]] = []
    for claim, analysis, said in _heard(CELLS[cell], subject(cell, seed)):
        judged = pd.DataFrame([one.judged() for one in said], columns=list(JUDGED))
        rows.append(
            {
                "world": cell, "seed": seed, "claim": claim, "analysis": analysis,
                "truth": float(np.mean([one.truth for one in said])) if said else math.nan,
                "p": said[0].p if len(said) == 1 else math.nan,
                **{name: float(judged[name].mean()) for name in JUDGED},
            }
        )  # fmt: skip
    return rows


def _heard(cell: Cell | FieldCell, made: Subject) -> Iterator[tuple[str, str, list[Said]]]:
    """Yield claim, analysis and what it said: once, or once a team."""
    if isinstance(made, OfMonths):
        for slug in (s for s in cell.claims if s in STUDIES):
            yield from ((slug, name, [said]) for name, said in STUDIES[slug](made.made))
    # claims that ask for different things share a company and no correction
    for family in (COACHING, SELLING):
        claims = [CLAIM[slug] for slug in family if slug in cell.claims]
        if claims:
            yield from _effects(cell, made, claims)
    for slug in (s for s in cell.claims if s in FOCUSES + FORECAST):
        yield slug, *_measured(CLAIM[slug], made)


def _effects(
    cell: Cell | FieldCell, made: Subject, claims: Sequence[Claim]
) -> Iterator[tuple[str, str, list[Said]]]:
    """Yield what is said of effects: the findings, and other analyses of the same."""
    company = made.company
    findings = correct([claim.design.company(claim, company) for claim in claims])
    drivers = set()
    for claim, finding in zip(claims, findings, strict=True):
        truth, design = _truth(claim, made), claim.design
        yield claim.slug, "finding", [_finding(finding, finding.estimate, truth)]
        if isinstance(cell, FieldCell) and cell.looks:
            yield claim.slug, LOOKS, [_looked(claim, company, cell.looks, truth)]
        if isinstance(cell, FieldCell) and cell.firm.foresight and claim.slug in COACHING:
            yield claim.slug, TIPPING, [_tipping(finding, abs(cell.firm.foresight))]
        if not isinstance(design, RepEffect | DoseEffect) or design.driver in drivers:
            continue  # other readings of one curve would repeat the same figures
        drivers.add(design.driver)
        if isinstance(design, RepEffect):
            spec = dynamic.supply(design.spec(company))
            second = attempt(partial(dynamic.fit, design.panel(company), spec))
            yield claim.slug, "second_design", [_second(second, truth)]
            said = _teams(claim, design, company, finding, made) if cell.teams else {}
            yield from ((claim.slug, analysis, each) for analysis, each in said.items())
        panel, unit = company.team_panel, "team_id"
        if isinstance(design, RepEffect):
            panel, unit = company.panel, "rep_id"
        for name, compute in PLAIN.items():
            plain = attempt(partial(compute, panel, design.driver, unit))
            told = truth if name in IN_UNIT or truth == 0 else math.nan
            yield claim.slug, name, [_plain(plain, told)]


def _horizon(claim: Claim, company: Company) -> tuple[int, bool]:
    """Return the months over which the claim adds an effect up, and whether the first is one."""
    if not isinstance(claim.design, RepEffect):
        return 1, False
    spec = claim.design.spec(company)
    return spec.horizon, spec.same_month


def _truth(claim: Claim, made: Subject) -> float:
    return made.truth(claim.slug, *_horizon(claim, made.company))


def _measured(claim: Claim, made: Subject) -> tuple[str, list[Said]]:
    """Return what was measured, or foretold of the quarter that is not over."""
    finding = claim.design.company(claim, made.company)
    if claim.slug in FORECAST and isinstance(made, OfWeeks):
        told = finding.words["size"].values if "size" in finding.words else {}
        if "low" not in told:
            return "test", [Said(truth=made.quarter_to_come)]
        value, low, high = (math.log(told[k]) for k in ("value", "low", "high"))
        truth = math.log(made.quarter_to_come)
        return "test", [Said(value=value, low=low, high=high, p=1.0, truth=truth)]
    shown, truth = finding.estimate, made.truth(claim.slug)
    if shown is None:
        return "finding", [Said(truth=truth)]
    said = Said(value=shown.value, low=shown.low, high=shown.high, p=1.0, truth=truth)
    return "finding", [said]


def _looked(claim: Claim, company: Company, looks: int, truth: float) -> Said:
    """Return the first decided verdict of several looks, one a month; the last look if none was."""
    last = int(company.panel["month_index"].max())
    said = Said(truth=truth)
    months: tuple[int, ...] = ()
    for month in range(last - looks + 1, last + 1):
        known = until(company, month)
        months = (*months, int(known.panel.loc[known.panel["complete"], "month"].nunique()))
        look = Look(months=months, planned=looks)
        (finding,) = correct([claim.design.company(claim, known)], look)
        said = _finding(finding, finding.estimate, truth)
        if finding.verdict in EFFECT:
            break
    return said


def until(company: Company, month: int) -> Company:
    """Return a company as it was known at the end of a month.

    Parameters
    ----------
    company : Company
    month : int
        ``month_index`` of the last month known.
    """
    seen = {}
    for name in ("panel", "team_panel"):
        panel = getattr(company, name)
        seen[name] = panel[panel["month_index"] <= month].reset_index(drop=True)
    last = seen["panel"]["month_index"].eq(month)
    seen["panel"] = seen["panel"].assign(revenue_next=seen["panel"]["revenue_next"].where(~last))
    end = seen["panel"]["month"].max() + pd.offsets.MonthEnd()
    settings = replace(company.settings, data_to=str(end.date()))
    known = Company(name=company.name, settings=settings, tables=company.tables)
    vars(known).update(seen)
    return known


def _tipping(finding: Finding, planted: float) -> Said:
    """Return the foresight that would overturn a finding, which must not exceed what there is.

    An interval that holds zero is overturned by nothing: 0 hours.
    """
    told = finding.sensitivity
    if finding.estimate is None or told is None:
        return Said(truth=planted)
    minutes = told.tipping_minutes
    hours = 0.0 if math.isnan(minutes) else minutes / 60 / math.log(1.1)
    return Said(value=hours, low=hours, high=math.inf, p=1.0, truth=planted)


def _finding(finding: Finding, interval: Interval | None, truth: float) -> Said:
    if interval is None:
        return Said(truth=truth)
    return Said(
        value=interval.value, low=interval.low, high=interval.high, p=finding.p_value, truth=truth,
        verdict=finding.verdict, direction=finding.direction,
    )  # fmt: skip


def _second(found: dynamic.Dynamic | None, truth: float) -> Said:
    if found is None:
        return Said(truth=truth)
    e, interval = found.estimate, found.estimate.interval()
    return Said(value=e.value, low=interval.low, high=interval.high, p=e.p_value, truth=truth)


def _plain(found: naive.Naive | None, truth: float) -> Said:
    if found is None:
        return Said(truth=truth)
    return Said(value=found.value, low=found.low, high=found.high, p=found.p_value, truth=truth)


def _teams(
    claim: Claim, design: RepEffect, company: Company, finding: Finding, made: Subject
) -> dict[str, list[Said]]:
    """Return what is said of each team: by us, by its own data alone, by plug-in Bayes."""
    said: dict[str, list[Said]] = {"team": [], "team_alone": [], "team_plug_in": []}
    if finding.evidence is None:
        return said
    truth = made.of_teams(*_horizon(claim, company))
    teams = design.evidence(company, claim).teams
    for team, found in teams.items():
        of_team = design.team(claim, company, finding, team)
        if of_team.verdict == "not_testable":
            continue
        # a team's interval decides, it has no p-value of its own
        said["team"].append(_finding(of_team, found.shrunken, truth[team]))
        if found.own is not None:
            said["team_alone"].append(_interval(found.own, truth[team]))
    for team, interval in naive.plug_in(design.teams(company)).items():
        said["team_plug_in"].append(_interval(interval, truth[team]))
    return said


def _interval(found: Interval, truth: float) -> Said:
    return Said(value=found.value, low=found.low, high=found.high, truth=truth)
