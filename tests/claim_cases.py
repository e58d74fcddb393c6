"""Companies that claims are asked of, and how tests ask."""

from __future__ import annotations

from dataclasses import replace

import pytest

import salesdiag as sd
from salesdiag import claims as cl
from salesdiag.company import Company
from salesdiag.settings import Settings
from salesdiag.simulate import WORLDS, plant, simulate

EFFECTS = tuple(c for c in cl.CATALOGUE if c.entry.kind == "effect")
STATES = tuple(c for c in cl.CATALOGUE if c.entry.kind != "effect")
CURVE = ("selling-helps", "selling-hurts")
DECIDED = ("supported", "contradicted", "negligible", "inconclusive")
HOURS = (
    "coaching", "own_selling", "admin", "internal_meetings", "strategy", "other",
)  # fmt: skip
each_claim = pytest.mark.parametrize("claim", cl.CATALOGUE, ids=lambda c: c.slug)
each_effect = pytest.mark.parametrize("claim", EFFECTS, ids=lambda c: c.slug)
each_scope = pytest.mark.parametrize("team", [None, "T02"], ids=["company", "team"])


def company_of(tables, **settings):
    return Company(name="x", settings=Settings(name="x", **settings), tables=tables)


def invented(teams=6, months=18, seed=3, truth=None, world="demo"):
    made = replace(WORLDS[world], teams=teams, months=months, regions=min(4, teams))
    return simulate(plant(truth or {}), made, seed)


@pytest.fixture(scope="module")
def demo():
    return sd.load("data/demo")


@pytest.fixture(scope="module")
def results(demo):
    return cl.test_all(demo)


@pytest.fixture(scope="module")
def found(results):
    return {f.claim: f for f in results.company}


@pytest.fixture(scope="module")
def small():
    return company_of(invented().tables())


def finding_of(company, slug, team=None):
    return cl.test(slug, company, team)


def recent_rows(frame, team=None):
    """Yield the rows of the last twelve complete months."""
    rows = [r for r in frame.to_dict("records") if r["complete"]]
    last = max(r["month_index"] for r in rows)
    for r in rows:
        if r["month_index"] > last - 12 and team in (None, r["team_id"]):
            yield r
