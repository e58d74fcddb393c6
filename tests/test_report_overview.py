"""What a page is handed: everything it shows, and nothing of other teams."""

from __future__ import annotations

import math
import pickle
import pickletools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from report_cases import REPS, TEAMS, company, findings

from salesdiag import load, metrics, report, text
from salesdiag.claims import test_all as every_test
from salesdiag.finding import Estimate
from salesdiag.report import standing
from salesdiag.report.overview import Overview
from salesdiag.simulate import demo
from salesdiag.text import N_

TEAM = "T07"
CLAIM = "development-plan"


@pytest.fixture(autouse=True)
def _english():
    with text.speaking("en", "EUR"):
        yield


def pages(dossier) -> dict[str, str]:
    blocks = report.COMPANY_PAGE if dossier.team is None else report.TEAM_PAGE
    return {b.__name__: str(b(dossier).html()) for b in blocks}


def strings(raw: bytes) -> set[str]:
    """Return every string in a pickle."""
    return {value for _, value, _ in pickletools.genops(raw) if isinstance(value, str)}


def gossip(team: str | None = None):
    """Return findings whose sentences, checks, tables and estimates are full of other teams."""
    (first, *rest) = findings(team)
    said = N_("{a:name}, {b:text} and {c:name} of {d:name} did it ({e:list}).")(
        a="Rep 4-2", b="P051", c="Boss 6", d="South", e=["T05", "P070", N_("{x:name}")(x="P080")]
    )
    table = pd.DataFrame(
        {
            "rep_id": ["P070", "P071", "P040", None],
            "team_id": ["T07", "T07", "T04", "T07"],
            "of": ["Boss 6", "mine", "theirs", "South"],
            "amount": [1.0, 2.0, 3.0, 4.0],
        }
    )
    first = replace(
        first,
        reason=said,
        words={"headline": said, "doubt": said},
        checks=(replace(first.checks[0], text=said),),
        naive=replace(first.naive, method=said),
        evidence=Estimate(
            value=0.01, se=0.003, df=19, unit="log_points", n=9, groups=12, method="",
            leave_one_out={f"T{t:02d}": 0.01 for t in range(TEAMS)},
        ),
    )  # fmt: skip
    return (first, *(replace(f, table=table) if f.claim == CLAIM else f for f in rest))


FOREIGN = ("South", "North-East", *(f"T{t:02d}" for t in range(TEAMS) if f"T{t:02d}" != TEAM))


@pytest.mark.parametrize("identify", [False, True])
def test_a_teams_file_names_nobody_of_another_team(identify):
    made = company()
    overview = Overview.of(made, identify)
    raw = pickle.dumps(overview.dossier(TEAM, (*gossip(), *gossip(TEAM), *gossip("T03"))))
    held = strings(raw)
    people, names = made.tables["people"], report.Names(made, identify)
    own = set(overview.discretion.members[TEAM])
    others = people[~people["person_id"].isin(own)]
    secrets = {*FOREIGN, *others["person_id"], *others["name"]} - {names.teams[TEAM]}
    assert len(secrets) > 150
    assert not secrets & held
    for person in others["person_id"]:
        assert names.person(person) not in held
    if not identify:
        assert not (set(people["name"]) - {names.teams[TEAM]}) & held
    dossier = pickle.loads(raw)
    assert {f.team for f in dossier.findings} == {None, TEAM}
    shown = str(report.claims(dossier))
    assert "somebody of another team" in shown
    assert names.person("P070") in shown
    assert {t for f in dossier.findings if "team_id" in f.table
            for t in f.table["team_id"]} == {TEAM}  # fmt: skip


def test_the_companys_file_has_no_rows_of_single_people():
    dossier = Overview.of(company()).dossier(None, gossip())
    (plan,) = (f for f in dossier.findings if f.claim == CLAIM)
    assert plan.table.empty
    held = strings(pickle.dumps(dossier))
    assert not {"Rep 4-2", "Boss 6", "P051"} & held
    assert report.Names(company()).person("P051") in held


def test_rows_of_a_small_team_are_not_handed_to_it():
    overview = Overview.of(company(sizes={7: 4}))
    dossier = overview.dossier(TEAM, (*gossip(), *gossip(TEAM)))
    assert dossier.withheld
    assert [f for f in dossier.findings if f.claim == CLAIM and not f.table.empty] == []
    assert (dossier.reps, dossier.own_deals, dossier.totals) == (0, None, None)
    assert all(math.isnan(s.own) and s.mark is None for s in dossier.standings)


def test_findings_that_name_nobody_are_the_same_on_every_page_and_unchanged():
    overview, found = Overview.of(company()), findings()
    before = pickle.dumps(found)
    one, other = (overview.dossier(team, found) for team in ("T03", TEAM))
    assert pickle.dumps(found) == before
    shared = sum(a is b for a, b in zip(one.findings, other.findings, strict=True))
    assert shared >= 40
    for was, now in zip(found, one.findings, strict=True):
        if was.claim not in (CLAIM, "manager-time-split"):  # which has names of teams for labels
            assert now.to_dict() == was.to_dict()


def test_labels_of_our_own_stay_whatever_teams_are_called():
    made = company()
    made = replace(made, teams=made.teams.assign(name=["coaching", *made.teams["name"][1:]]))
    dossier = Overview.of(made).dossier(TEAM, (*findings(), *findings(TEAM)))
    (split,) = (f for f in dossier.answers if f.claim == "manager-time-split")
    assert list(split.table["category"])[:2] == ["own_selling", "coaching"]


@pytest.mark.parametrize("team", [None, TEAM])
@pytest.mark.parametrize("identify", [False, True])
def test_a_page_from_the_file_is_the_page_made_without_it(team, identify, tmp_path, monkeypatch):
    made, found = company(), (*findings(), *(findings(team) if team else ()))
    without = pages(report.open(made, found, team=team, identify=identify))
    handed = tmp_path / "handed"
    handed.write_bytes(pickle.dumps(Overview.of(made, identify).dossier(team, found)))
    monkeypatch.setattr("salesdiag.report.opening.load", None)
    monkeypatch.setattr("salesdiag.report.opening.test_all", None)
    assert pages(report.open("no/such/data", handed, team=team, identify=identify)) == without


def test_the_file_of_another_team_is_refused(tmp_path):
    handed = tmp_path / "handed"
    handed.write_bytes(pickle.dumps(Overview.of(company()).dossier("T03", findings())))
    with pytest.raises(ValueError, match="left the figures of `T03` where those of `T07`"):
        report.open("data", handed, team=TEAM)
    with pytest.raises(ValueError, match="`T03`"):
        report.open("data", handed)


def test_totals_are_those_of_the_metrics(tmp_path):
    demo(tmp_path, teams=5, reps=6, months=14)
    made = load(tmp_path)
    overview = Overview.of(made)
    lines = made["orders"] if made.has("orders") else made["opportunities"]
    for team in [None, *made.teams["team_id"]]:
        by = "company" if team is None else "team"
        total = overview.totals[team]
        for metric, values in (
            (metrics.revenue, {"value": total.revenue}),
            (metrics.win_rate, {"numerator": total.won, "denominator": total.closed}),
        ):
            table = metric(made, by=by, period="all")
            (row,) = (table if team is None else table[table["team_id"] == team]).to_dict("records")
            assert {k: row[k] for k in values} == values
        assert total.rate == total.won / total.closed
    assert overview.totals[None].end == lines.filter(regex="ed_on$").max().max()
    results = every_test(made, [])
    assert pages(overview.dossier(None, results.company))


# How the teams spread


def spread(values, min_group=5, **changes):
    figure = replace(standing.FIGURES[0], **changes)
    named = {f"T{i}": float(v) for i, v in enumerate(values)}
    return standing.Spread(
        figure=figure, by_team=named, total=1.0, others=tuple(sorted(named.values())),
        min_group=min_group,
    )  # fmt: skip


@pytest.mark.parametrize("teams", [5, 59, 60])
def test_up_to_sixty_teams_are_a_dot_each(teams):
    values = np.random.default_rng(1).normal(1, 0.2, teams)
    at = spread(values).standing("T0", False, 99)
    low, high = values.min(), values.max()
    assert at.dots == tuple(round(8 + 164 * (v - low) / (high - low), 1) for v in sorted(values))
    assert at.mark in at.dots
    assert at.teams == teams


@pytest.mark.parametrize("teams", [61, 200, 2000])
def test_more_teams_are_sixty_quantiles(teams):
    values = np.random.default_rng(1).gamma(2, 1, teams)
    at = spread(values).standing("T0", False, 99)
    assert len(at.dots) == standing.MOST_DOTS
    assert (at.dots[0], at.dots[-1]) == (8, 172)
    shares = [
        np.mean((values > a) & (values <= b))
        for a, b in zip(*[iter([np.quantile(values, k / 59) for k in (10, 11)])] * 2, strict=True)
    ]
    assert shares == pytest.approx([1 / 59], abs=1.5 / teams)
    places = [8 + 164 * (v - values.min()) / np.ptp(values) for v in np.sort(values)]
    counts = np.histogram(places, bins=at.dots)[0]
    assert counts.max() <= 1.2 * teams / 59 + 2  # equally many, but for rounding to a tenth


def test_a_page_says_when_a_dot_is_not_a_team():
    said = "of more than 60 teams, 60 dots show how they spread"
    few, many = (Overview.of(company(teams=n)) for n in (11, 12))
    assert few.shown
    big = standing.Spread(
        figure=standing.FIGURES[0], by_team={TEAM: 0.5}, total=0.5,
        others=tuple(np.linspace(0, 1, 61)), min_group=5,
    )  # fmt: skip
    many = replace(many, spreads=(big, *many.spreads[1:]))
    for overview, expected in ((few, False), (many, True)):
        for team in (TEAM, None):
            dossier = overview.dossier(team, findings())
            block = report.teams(dossier) if team is None else report.beside(dossier)
            assert (said in str(block)) == expected
            strips = BeautifulSoup(str(block.html()), "html.parser").select("svg.dots")
            assert len(strips[0].select("circle[opacity]")) == (60 if expected else 11)


@pytest.mark.parametrize(
    ("of_managers", "known", "elsewhere", "hidden"),
    [(True, 4, 99, True), (True, 5, 0, False), (False, 2, 4, True), (False, 9, 5, False),
     (False, 9, 0, False)],
)  # fmt: skip
def test_a_company_figure_that_tells_of_too_few_is_not_handed(
    of_managers, known, elsewhere, hidden
):
    at = spread(np.arange(known), of_managers=of_managers).standing("T0", False, elsewhere)
    assert at.hidden == hidden
    assert math.isnan(at.total) == hidden
    assert at.known


def test_sizes_and_managers_are_those_of_the_last_day():
    made = company()
    places = made.tables["assignments"].copy()
    gone = (places["team_id"] == TEAM) & places["person_id"].isin(["P070", "P071", "B07"])
    places.loc[gone, "end_on"] = pd.Timestamp("2026-09-30")  # the last day of the period
    kept = (places["team_id"] == "T08") & (places["person_id"] == "P080")
    places.loc[kept, "end_on"] = pd.Timestamp("2026-10-01")
    made = replace(made, tables={**made.tables, "assignments": places})
    overview = Overview.of(made)
    assert (overview.sizes[TEAM], overview.sizes["T08"]) == (REPS - 2, REPS)
    assert TEAM not in overview.managers
    assert "7 reps" in str(report.header(overview.dossier("T08", ())))
    own = overview.discretion.members[TEAM]
    assert {"P070", "B07"} <= own  # who ever was in the team is not a stranger
