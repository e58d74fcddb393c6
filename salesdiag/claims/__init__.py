"""The claims: the register of 47, the declarations by topic, and their tests.

Adding a claim: declare it in its topic's module, add a line to :data:`CATALOGUE`, add a section to
the topic's notebook (ARCHITECTURE.md).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType, ModuleType

import pandas as pd

from salesdiag.claims import coaching, manager_time, plan_and_growth, selling_manager
from salesdiag.claims.base import Claim, lacking, not_testable
from salesdiag.claims.designs.base import Effect
from salesdiag.claims.keeping import kept
from salesdiag.claims.register import ENTRIES, ENTRY, TOPICS, Entry
from salesdiag.claims.telling import tell
from salesdiag.claims.usable import check, usable_of
from salesdiag.company import Company
from salesdiag.errors import Refusal
from salesdiag.finding import Finding
from salesdiag.text import claims as words
from salesdiag.text import near
from salesdiag.verdict import correct

CATALOGUE: tuple[Claim, ...] = (
    coaching.COACHING_HOURS,
    manager_time.MANAGER_TIME_SPLIT,
    manager_time.COACHING_HALF_TIME,
    selling_manager.OWN_REVENUE,
    selling_manager.SELLING_HELPS,
    selling_manager.SELLING_HURTS,
    selling_manager.ONE_DEAL_A_QUARTER,
    plan_and_growth.PLAN_FIRST,
    plan_and_growth.TWO_FOCUSES,
    plan_and_growth.BASE_AND_DEPTH,
)
"""Every claim that this version can test, in the order of a report."""

CLAIM: Mapping[str, Claim] = MappingProxyType({c.slug: c for c in CATALOGUE})

__all__ = [
    "CATALOGUE", "CLAIM", "ENTRIES", "ENTRY", "TOPICS", "Claim", "Entry", "Results", "claims",
    "test", "test_all",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Results:
    """All findings of a run.

    Attributes
    ----------
    company : tuple of Finding
        One for each row of the register, decided together.
    teams : mapping
        Findings of each team by team id, one for each claim that has a test.
    """

    company: tuple[Finding, ...]
    teams: Mapping[str, tuple[Finding, ...]]

    def team(self, team: str) -> tuple[Finding, ...]:
        """Return the findings of one team."""
        return self.teams[team]

    def all(self) -> tuple[Finding, ...]:
        """Return the company's findings, then each team's."""
        return (*self.company, *(f for findings in self.teams.values() for f in findings))


def test(slug: str, company: Company, team: str | None = None) -> Finding:
    """Test one claim on a company, or give one team's view of it.

    Parameters
    ----------
    slug : str
        Row of the register, for example ``"coaching-hours"``.
    company : Company
        See :func:`salesdiag.load`.
    team : str, optional
        Team id.

    Returns
    -------
    Finding
        Its ``q_value`` is that of a family of one test; a run corrects over all its tests. It is
        decided as the look that a run on these data would be (``finding.look``); asking counts as
        none, see :mod:`salesdiag.looks`.

    Raises
    ------
    ValueError
        The register has no such claim, or the company no such team.

    Examples
    --------
    >>> import salesdiag as sd
    >>> sd.test("coaching-hours", sd.load("data/demo")).estimate.unit
    'log_points'
    """
    _known(slug, ENTRY, words.NO_SUCH_CLAIM)
    (finding,) = _decided([slug], company)
    if team is None:
        return finding
    _known(team, list(company.teams["team_id"]), words.NO_SUCH_TEAM)
    return _team_finding(ENTRY[slug], company, finding, team)


def test_all(company: Company, teams: list[str] | None = None) -> Results:
    """Test every claim for the company and for each of its teams, with one correction.

    Parameters
    ----------
    company : Company
    teams : list of str, optional
        Teams to give a view of; all by default.

    Returns
    -------
    Results
    """
    decided = _decided([entry.slug for entry in ENTRIES], company)
    of = {f.claim: f for f in decided}
    known = list(company.teams["team_id"])
    wanted = known if teams is None else teams
    for team in set(wanted).difference(known):
        _known(team, known, words.NO_SUCH_TEAM)
    return Results(
        company=tuple(decided),
        teams={
            team: tuple(_team_finding(c.entry, company, of[c.slug], team) for c in CATALOGUE)
            for team in wanted
        },
    )


def claims(company: Company | None = None) -> pd.DataFrame:
    """Return the register, one row a claim; with a company, what can be tested there.

    Parameters
    ----------
    company : Company, optional

    Returns
    -------
    DataFrame
        Columns slug, topic, kind, sources, title, statement, status (``testable``, ``lacks data``,
        ``no test yet``) and missing (tables and columns that the company lacks).
    """
    return pd.DataFrame([_row(entry, company) for entry in ENTRIES])


def _row(entry: Entry, company: Company | None) -> dict[str, str]:
    claim = CLAIM.get(entry.slug)
    missing = claim.missing(company) if claim and company is not None else []
    status = "no test yet" if claim is None else "lacks data" if missing else "testable"
    return {
        "slug": entry.slug,
        "topic": entry.topic,
        "kind": entry.kind,
        "sources": entry.sources,
        "title": str(entry.title),
        "statement": str(entry.statement),
        "status": status,
        "missing": " ".join(missing),
    }


def _company_finding(entry: Entry, company: Company) -> Finding:
    claim = CLAIM.get(entry.slug)
    if claim is None:
        return not_testable(entry.slug, words.NOT_YET())
    missing = _missing(claim, company)
    if missing:
        return lacking(entry.slug, missing)
    if isinstance(claim.design, Effect):
        doubt = kept(company, "usable records", lambda: check(usable_of(company, None)))
        if not doubt.passed:  # an amount that is missing would be a result of 0
            return replace(not_testable(entry.slug, doubt.text), checks=(doubt,))
    return claim.design.company(claim, company)


def _missing(claim: Claim, company: Company) -> list[str]:
    """Return what a company lacks for a claim; every team asks for it again."""
    return kept(company, ("missing", claim.slug), lambda: claim.missing(company))


def _decided(slugs: list[str], company: Company) -> list[Finding]:
    """Return the company's findings, decided together and told."""
    found = correct([_company_finding(ENTRY[slug], company) for slug in slugs], company.look)
    return [tell(CLAIM[f.claim], company, f) if f.claim in CLAIM else f for f in found]


def _team_finding(entry: Entry, company: Company, finding: Finding, team: str) -> Finding:
    claim = CLAIM.get(entry.slug)
    if claim is None or _missing(claim, company):
        return not_testable(entry.slug, finding.reason, team)
    return tell(claim, company, claim.design.team(claim, company, finding, team))


def _known(name: str, names: object, message: object) -> None:
    known = list(names)  # type: ignore[call-overload]
    if name not in known:
        raise Refusal(message(name=name, near=near(name, known)))  # type: ignore[operator]


class _Callable(ModuleType):
    """Lets ``sd.claims(company)`` work although ``salesdiag.claims`` is this package."""

    def __call__(self, company: Company | None = None) -> pd.DataFrame:
        """Return the register; see :func:`claims`."""
        return claims(company)


sys.modules[__name__].__class__ = _Callable
