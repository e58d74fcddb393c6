"""One planted company: what every analysis says of it, and whether that is right."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType

import numpy as np
import pandas as pd

from salesdiag.calibrate.cells import CELLS, Cell, true_of_teams, true_value
from salesdiag.calibrate.said import JUDGED, Said
from salesdiag.calibrate.studies import STUDIES
from salesdiag.claims import CLAIM
from salesdiag.claims.base import Claim
from salesdiag.claims.designs.base import attempt
from salesdiag.claims.designs.dose import DoseEffect
from salesdiag.claims.designs.rep_month import RepEffect
from salesdiag.company import Company
from salesdiag.estimate import dynamic, naive
from salesdiag.finding import Finding, Interval
from salesdiag.settings import Settings
from salesdiag.simulate import Simulation, simulate
from salesdiag.verdict import correct

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
    """Simulate one company and return a row for every claim and analysis.

    Parameters
    ----------
    cell : str
        Name in :data:`~salesdiag.calibrate.cells.CELLS`.
    seed : int

    Returns
    -------
    list of dict
        ``world``, ``seed``, ``claim``, ``analysis``, ``truth``, ``p`` and the columns
        :data:`JUDGED`; an analysis of every team has one row, the mean over teams.
    """
    declared = CELLS[cell]
    made = simulate(declared.truth, declared.world, seed)
    rows: list[dict[str, object]] = []
    for claim, analysis, said in _heard(declared, made):
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


def company_of(made: Simulation) -> Company:
    """Return a planted company with the panels that its tables would give."""
    company = Company(name="planted", settings=Settings(name="planted"), tables={})
    # the simulator makes the panels that `panel` would make from its tables (tested)
    vars(company).update(panel=made.panel(), team_panel=made.team_panel())
    return company


def _heard(cell: Cell, made: Simulation) -> Iterator[tuple[str, str, list[Said]]]:
    """Yield claim, analysis and what it said: once, or once a team."""
    for slug in cell.claims:
        if slug in STUDIES:
            yield from ((slug, name, [said]) for name, said in STUDIES[slug](made))
    claims = [CLAIM[slug] for slug in cell.claims if slug not in STUDIES]
    if not claims:
        return
    company = company_of(made)
    findings = correct([claim.design.company(claim, company) for claim in claims])
    drivers = set()
    for claim, finding in zip(claims, findings, strict=True):
        truth, design = true_value(claim.slug, made), claim.design
        yield claim.slug, "finding", [_finding(finding, finding.estimate, truth)]
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
    claim: Claim, design: RepEffect, company: Company, finding: Finding, made: Simulation
) -> dict[str, list[Said]]:
    """Return what is said of each team: by us, by its own data alone, by plug-in Bayes."""
    said: dict[str, list[Said]] = {"team": [], "team_alone": [], "team_plug_in": []}
    if finding.evidence is None:
        return said
    truth, teams = true_of_teams(made), design.evidence(company, claim).teams
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
