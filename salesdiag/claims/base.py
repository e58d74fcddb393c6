"""What a claim declares, and what a design must be able to do with it."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Protocol

from salesdiag.claims.register import ENTRY, Entry
from salesdiag.company import Company
from salesdiag.finding import Benchmark, Finding
from salesdiag.schema import lookup
from salesdiag.text import Template
from salesdiag.text import claims as words


class Design(Protocol):
    """A way of answering a claim."""

    def company(self, claim: Claim, company: Company) -> Finding:
        """Return the company's finding; an effect is decided later, with the whole run."""
        ...

    def team(self, claim: Claim, company: Company, finding: Finding, team: str) -> Finding:
        """Return the finding of one team, given the company's."""
        ...


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One claim and how it is tested; everything is fixed before data are seen.

    Attributes
    ----------
    slug : str
        Row of the register, which holds title, statement, sources and kind.
    needs : tuple of str
        Tables and columns of the contract; alternatives stand in one string, parted by ``|``.
    design : Design
        How it is answered.
    direction : {1, -1, 0}
        Sign of the estimate that the claim expects; 0 for measured states.
    margin : float
        Smallest effect worth acting on, in the unit of the estimate, positive.
    unit : str
        Unit of the estimate, as in :class:`salesdiag.finding.Interval`.
    words : mapping
        Sentences by role. An effect opens with ``more`` or ``less`` by its sign, ``small`` when it
        is too small to matter, ``untold`` when it cannot be told; ``size`` and ``team_size`` give
        it in money, ``change`` what would change our mind, ``tell`` what would tell it. A measured
        state opens with ``headline`` or ``team``.
    threats : tuple of Template
        What could still make the answer wrong, one sentence each.
    """

    slug: str
    needs: tuple[str, ...]
    design: Design
    direction: int = 0
    margin: float = math.nan
    unit: str = "log_points"
    words: Mapping[str, Template] = field(default_factory=dict)
    threats: tuple[Template, ...] = ()

    @property
    def entry(self) -> Entry:
        """The claim's row in the register."""
        return ENTRY[self.slug]

    def missing(self, company: Company) -> list[str]:
        """Return what a company lacks, as tables and columns of the contract."""
        return [need for need in self.needs if not any(company.has(n) for n in need.split("|"))]


def not_testable(slug: str, reason: object, team: str | None = None) -> Finding:
    """Return the finding that says a claim cannot be tested here, and why."""
    return Finding(
        claim=slug,
        scope="company" if team is None else "team",
        team=team,
        verdict="not_testable",
        reason=reason,  # type: ignore[arg-type]
    )


def lacking(slug: str, missing: list[str], team: str | None = None) -> Finding:
    """Return the finding that says which records are missing, in words."""
    return not_testable(slug, words.NEEDS(needs=[describe(m) for m in missing]), team)


def describe(need: str) -> object:
    """Return a need of a claim in words a sales director understands."""
    first = need.split("|")[0]
    lookup(first)
    said = words.RECORDS.get(need) or words.RECORDS.get(first)
    return said() if said else first


@cache
def _published() -> tuple[tuple[frozenset[str], Benchmark], ...]:
    text = resources.files("salesdiag.claims").joinpath("benchmarks.csv").read_text("utf-8")
    return tuple(
        (
            frozenset(row["claims"].split()),
            Benchmark(
                id=row["id"],
                value=float(row["value"]) / (100 if row["unit"].startswith("pct") else 1),
                unit="share" if row["unit"].startswith("pct") else row["unit"],
                source=f"{row['source']} ({row['metric']}; {row['design']})",
                grade=row["grade"],
            ),
        )
        for row in csv.DictReader(text.splitlines())
    )


def benchmarks(slug: str, company: Company) -> tuple[Benchmark, ...]:
    """Return the published figures for a claim; a company's own replace them by id."""
    own = company.settings.benchmarks
    return tuple(
        Benchmark(id=b.id, value=own[b.id], unit=b.unit, source=company.name, grade=b.grade)
        if b.id in own
        else b
        for slugs, b in _published()
        if slug in slugs
    )
