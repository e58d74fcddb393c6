"""Blocks: what each says, what it never says, and that nothing from data gets through."""

from __future__ import annotations

import math
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from report_cases import COMPANY_NAME, REPS, company, findings
from scipy import stats

from salesdiag import report, text
from salesdiag.finding import Check, Finding, Sensitivity
from salesdiag.looks import Look
from salesdiag.report import answers, comparison, standing
from salesdiag.report.block import fill, plain_text
from salesdiag.text import N_
from salesdiag.text import claims as claim_words

TEAM = "T00"


@pytest.fixture(autouse=True)
def _english():
    with text.speaking("en", "EUR"):
        yield


def dossier(team: str | None = TEAM, found=None, made=None, **options):
    if found is None:
        found = findings() + (findings(team) if team else ())
    return report.open(made or company(), found, team=team, **options)


def soup(block) -> BeautifulSoup:
    return BeautifulSoup(str(block.html()), "html.parser")


def every(made) -> list:
    return [b(made) for b in (report.TEAM_PAGE if made.team else report.COMPANY_PAGE)]


@pytest.mark.parametrize("team", [TEAM, None])
def test_every_block_has_a_heading_an_id_and_words(team):
    names = []
    for block in every(dossier(team)):
        names.append(block.name)
        page = soup(block)
        assert page.find(id=block.name) is not None
        assert len(page.find_all("h1" if block.name == "header" else "h2")) == 1
        assert len(str(block)) > 20
        assert len(str(block).split("\n")) > 1
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("team", [TEAM, None])
def test_without_findings_and_figures_every_block_explains(team):
    made = company()
    bare = replace(made, team_panel=made.team_panel.iloc[:0], dropped=pd.DataFrame())
    for block in every(dossier(team, found=(), made=bare)):
        body = soup(block)
        for heading in body.find_all("h2"):
            heading.decompose()
        assert body.get_text(strip=True), block.name


def test_blocks_are_the_same_every_time():
    first, again = every(dossier()), every(dossier())
    assert [str(b.html()) for b in first] == [str(b.html()) for b in again]


def test_bundle_holds_text_and_html_and_says_what_it_is():
    block = report.found(dossier())
    data, metadata = block._repr_mimebundle_()
    assert data == {"text/plain": str(block), "text/html": str(block.html())}
    assert metadata["salesdiag"]["block"] == "found"
    assert metadata["salesdiag"]["team"] == TEAM


def test_plain_text_tells_the_same_as_the_html():
    block = report.found(dossier())
    flat = " ".join(str(block).split())
    for sentence in soup(block).find_all(["b", "h2"]):
        assert " ".join(sentence.get_text().split()) in flat
    assert "1. The quarter closed at 93% of plan, €63,000 short. ▪ measured" in flat


def test_a_sign_stays_with_its_currency():
    assert "+\N{WORD JOINER}€5" in fill("section", title="a (+€5)")
    assert "a (+€5)" in plain_text(fill("section", title="a (+€5)"))


def test_style_reaches_nothing_but_blocks():
    sheet = report.Style()._repr_html_()
    assert sheet.startswith("<style>.salesdiag.salesdiag {")
    assert sheet.count("{") == sheet.count("}")
    assert "& {\n  --ink: " in sheet
    assert ":root" not in sheet
    assert "&amp;" not in sheet
    for block in every(dossier()):
        assert "salesdiag" in soup(block).find(True)["class"]


def test_plain_text_of_parts():
    html = (
        "<h3>T</h3><ul><li><p>a</p></li></ul><table><tr><th>x</th><td>1</td></tr></table>"
        '<svg aria-label="drawn"><text>no</text></svg><p>b <br>c</p>'
    )
    assert plain_text(html) == "T\n- a\nx | 1\n[drawn]\nb c"


# header


def test_header_names_team_period_people_and_reach():
    told = str(report.header(dossier()))
    assert "North-East" in told
    assert "July 2026 to September 2026" in told
    assert f"{REPS} reps" in told
    assert "Boss" not in told
    assert "data to September 30, 2026" in told
    assert "pseudonyms" in told


def test_header_of_an_identified_page_says_so():
    told = str(report.header(dossier(identify=True)))
    assert "Boss 0" in told
    assert "by name" in told


# found


def test_foremost_begins_with_the_plan_then_what_matters_most():
    order = [f.claim for f in answers.foremost(dossier().answers)]
    assert order[:3] == ["plan-first", "coaching-hours", "selling-hurts"]
    assert 3 <= len(order) <= 5
    assert "selling-helps" not in order  # the other reading of the same estimate


@pytest.mark.parametrize(
    ("verdict", "count"), [("not_testable", 0), ("inconclusive", 3), ("negligible", 5)]
)
def test_how_many_findings_open_a_page(verdict, count):
    assert len(answers.foremost(findings(verdict=verdict))) == count


def test_claims_that_say_nearly_the_same_take_one_place():
    (split,) = (f for f in findings() if f.claim == "manager-time-split")
    half = replace(split, claim="coaching-half-time")
    assert [f.claim for f in answers.foremost([half, split])] == ["manager-time-split"]
    assert [f.claim for f in answers.foremost([half])] == ["coaching-half-time"]


def test_what_holds_for_all_teams_leads_where_the_team_cannot_be_told():
    (own, *rest) = findings(TEAM)
    unsure = replace(own, verdict="inconclusive", words={"headline": N_("Cannot be told.")()})
    made = dossier(found=(*findings(), unsure, *rest))
    told = str(report.found(made))
    assert "▲ supported More coaching makes reps grow" in told
    assert (
        "This holds for all teams together. For this team by itself it cannot be told: given "
        in told
    )
    assert "it is +1.1% (+0.3% to +1.9%), and its own months weigh 20% in that." in told
    assert "Cannot be told." not in told
    assert "From: More coaching makes reps grow (all teams together)" in str(report.actions(made))
    assert "? cannot be told" in str(report.claims(made)).split("What is coached")[0]


def test_found_shows_verdict_by_shape_word_and_colour():
    chip = soup(report.found(dossier())).select_one(".chip.supported")
    assert chip.get_text(strip=True) == "▲supported"
    assert chip.span["aria-hidden"] == "true"


def test_found_tells_what_a_plain_look_would_have_said_once():
    told = str(report.found(dossier()))
    assert told.count("A plain correlation would have said the opposite (r = −0.31)") == 1
    same = [replace(f, words={**f.words, "naive": N_("Plainly.")()}) for f in findings(TEAM)]
    assert str(report.found(dossier(found=same))).count("Plainly.") == 1
    untold = [replace(f, verdict="inconclusive") for f in same if f.claim == "coaching-hours"]
    assert "Plainly." not in str(report.found(dossier(found=untold)))


# actions


def test_actions_follow_from_decided_findings_only():
    told = str(report.actions(dossier()))
    assert "Protect coaching time" in told
    assert "Hand the manager's open deals to reps" in told
    for verdict in ("inconclusive", "negligible", "not_testable"):
        page = report.actions(dossier(found=findings(TEAM, verdict)))
        assert "Nothing found here justifies an action" in str(page)
        assert soup(page).ol is None


def test_actions_say_what_is_now_and_what_to_expect():
    made = company()
    told = str(report.actions(dossier(made=made)))
    rows = made.team_panel[made.team_panel["month"] >= "2026-07-01"]
    own = rows[rows["team_id"] == TEAM]
    assert f"Now: {own['coaching_hours'].mean():.1f} hours per rep a month (July 2026 to" in told
    assert "Expect about €3,100 of sales a month (€900 to €5,300)." in told
    assert "Now: 3 own deals (July 2026 to September 2026)." in told
    none = replace(made, team_panel=made.team_panel.assign(manager_deals_quarter=0.0))
    told = str(report.actions(dossier(made=none)))
    assert "Keep the manager out of own deals. Now: no own deal (July" in told
    assert "Hand the manager's open deals" not in told


def test_a_findings_own_action_comes_before_ours():
    (first, *rest) = findings(TEAM)
    own = replace(first, words={**first.words, "action": N_("Do {n:int} things.")(n=2)})
    told = str(report.actions(dossier(found=(own, *rest))))
    assert "Do 2 things." in told
    assert "Protect coaching time" not in told


# beside and teams


def test_beside_is_sum_over_sum_of_the_last_three_months():
    made = company()
    rows = made.team_panel[made.team_panel["month"] >= "2026-07-01"]
    own, total = rows[rows["team_id"] == TEAM], rows
    cells = {
        r.th.get_text(): [c.get_text() for c in r.select("td.num")]
        for r in soup(report.beside(dossier(made=made))).select("tbody tr")
    }
    rate = [r["wins"].sum() / (r["wins"] + r["losses"]).sum() for r in (own, total)]
    assert cells["Win rate"] == [f"{r:.0%}" for r in rate]
    plan = [r["revenue"].sum() / r["quota"].sum() for r in (own, total)]
    assert cells["Plan attainment"] == [f"{p:.0%}" for p in plan]
    hours = [r.filter(like="manager_hours_").to_numpy().sum() for r in (own, total)]
    share = [
        r["manager_hours_coaching"].sum() / h for r, h in zip((own, total), hours, strict=True)
    ]
    assert cells["Manager's logged time on coaching"] == [f"{s:.0%}" for s in share]


def test_beside_draws_positions_without_names_in_order_of_size():
    page = soup(report.beside(dossier()))
    strips = page.select("svg.dots")
    assert len(strips) == len(standing.FIGURES)
    for strip in strips:
        places = [float(c["cx"]) for c in strip.select("circle[opacity]")]
        assert places == sorted(places)
        assert len(places) == 12
        assert len(strip.select("circle")) == 13
    assert not any(name in str(page) for name in ("South", "T01", "T11"))
    assert "rank" not in str(page)


def test_position_says_which_quarter_without_a_rank():
    spread = standing.Spread(
        figure=standing.FIGURES[0],
        by_team={"low": 0.5, "middle": 1.0, "high": 1.5},
        total=1.0,
        others=tuple(np.linspace(0.5, 1.5, 11)),
        min_group=5,
    )
    told = [
        str(comparison._position(spread.standing(team, False, 99)))
        for team in ("low", "middle", "high")
    ]
    assert told == [
        "Plan attainment: 50%; a quarter of the teams or fewer lie lower.",
        "Plan attainment: 100%; within the middle half of the teams.",
        "Plan attainment: 150%; a quarter of the teams or fewer lie higher.",
    ]


def test_unknown_months_count_in_neither_sum():
    made = company()
    panel = made.team_panel.copy()
    gap = (panel["team_id"] == TEAM) & (panel["month"] == "2026-09-01")
    panel.loc[gap, "quota"] = np.nan
    rows = panel[(panel["team_id"] == TEAM) & panel["month"].between("2026-07-01", "2026-08-31")]
    expected = rows["revenue"].sum() / rows["quota"].sum()
    page = soup(report.beside(dossier(made=replace(made, team_panel=panel))))
    assert page.select_one("td.num").get_text() == f"{expected:.0%}"


def test_a_figure_without_records_is_named_as_missing():
    made = company()
    bare = replace(made, team_panel=made.team_panel.assign(quota=np.nan))
    told = str(report.beside(dossier(made=bare)))
    assert "Not shown, because the records are missing: Plan attainment." in told


def test_teams_of_the_company_are_a_spread_without_names():
    page = report.teams(dossier(None))
    assert "Lower quarter" in str(page)
    assert "South" not in str(page)
    assert len(soup(page).select("svg.dots")[0].select("circle")) == 12


# small groups


def test_figures_of_a_small_team_are_withheld():
    made = company(sizes={0: 4})
    pages = every(dossier(made=made))
    told = "\n".join(map(str, pages))
    assert "fewer than 5 people, so its own figures are withheld" in told
    assert "Withheld: fewer than 5 people." in told
    assert "This team +1.1%" not in told  # the company's answer stands instead
    assert "this team" not in str(pages[4].html())  # no mark on the curve
    assert "P000" not in told
    assert "discovery meetings" not in told
    rows = soup(pages[3]).select("tbody tr")
    assert {r.select("td.num")[0].get_text() for r in rows} == {"–"}


def test_small_teams_are_no_dots_and_few_teams_are_not_drawn():
    page = soup(report.beside(dossier(made=company(sizes={3: 2, 4: 4}))))
    assert {len(s.select("circle[opacity]")) for s in page.select("svg.dots")} == {10}
    few = report.beside(dossier(made=company(teams=4)))
    assert not soup(few).select("svg")
    assert "the other teams are not drawn" in str(few)


@pytest.mark.parametrize("minimum", [5, 8])
def test_the_smallest_group_is_the_companys_setting(minimum):
    assert dossier(made=company(min_group=minimum)).withheld == (minimum > REPS)


# curve


def test_curve_reads_one_estimate_twice_and_marks_the_team():
    page = soup(report.curve(dossier()))
    chips = [c.get_text(strip=True)[1:] for c in page.select(".two .chip")]
    assert chips == ["contradicted", "supported"]
    assert len(page.select("figure svg")) == 1
    assert "this team" in page.figure.svg.get_text()
    assert "this team" not in str(report.curve(dossier(None)).html())


def test_what_is_said_of_both_sides_is_said_once_and_a_limit_stands_below():
    headline = {"headline": N_("It cannot be told.")()}
    both = ("selling-helps", "selling-hurts")
    same = [replace(f, words=headline) if f.claim in both else f for f in findings(TEAM)]
    assert str(report.curve(dossier(found=same))).count("It cannot be told.") == 1
    (hurts,) = (f for f in same if f.claim == "selling-hurts")
    limit = replace(hurts, claim="one-deal-a-quarter", words={"headline": N_("Beyond one.")()})
    known = [f for f in same if f.claim != "one-deal-a-quarter"]
    told = str(report.curve(dossier(found=(*known, limit))))
    assert "And one sets a limit:" in told
    assert "Beyond one." in told
    assert "sets a limit" not in str(report.curve(dossier(found=same)))


def test_curve_says_when_it_cannot_be_drawn():
    flat = [replace(f, table=pd.DataFrame()) for f in findings(TEAM)]
    assert "cannot be drawn" in str(report.curve(dossier(found=flat)))


# claims


def test_every_claim_is_one_line_that_opens():
    page = soup(report.claims(dossier()))
    details = page.find_all("details")
    assert len(details) == 47
    assert all(d.summary and d.select_one(".q") and d.select_one(".chip") for d in details)
    assert not any(d.has_attr("open") for d in details)
    line = page.select_one("#claim-coaching-hours .size").get_text()
    assert line == (
        "This team, given all teams: +1.1% (+0.3% to +1.9%); all teams: +1.0% (+0.4% to +1.6%)"
    )
    assert "This team alone: +1.9% (−1.6% to +5.5%); all teams: +1.0%" in page.get_text()
    assert "in which its own months weigh 20%" in page.get_text()


def test_claims_without_a_test_are_one_line_at_the_end():
    without = [replace(f, reason=claim_words.NOT_YET()) if f.verdict == "not_testable" else f
               for f in findings(TEAM)]  # fmt: skip
    for found in (without, pickle.loads(pickle.dumps(without))):  # a run leaves them in a file
        details = soup(report.claims(dossier(found=found))).find_all("details")
        assert len(details) == 47 - 38 + 1
        assert "38 claims of the register have no test" in details[-1].summary.get_text()
        assert len(details[-1].find_all("li")) == 38


def test_an_answer_that_is_all_teams_says_so():
    (first, *rest) = findings(TEAM)
    pooled = replace(first, team_estimate=replace(first.team_estimate, own=None, weight=0.0))
    item = soup(report.claims(dossier(found=(pooled, *rest)))).select_one("#claim-coaching-hours")
    assert item.select_one(".size") is None  # the headline says it
    assert "The answer is that of all teams" in item.get_text()


def test_one_curve_is_drawn_once_among_the_claims():
    page = soup(report.claims(dossier()))
    drawn = [page.select_one(f"#claim-selling-{x} svg") is not None for x in ("helps", "hurts")]
    assert drawn == [True, False]
    assert "under “A manager who sells has a better team”" in page.get_text()


def test_claims_show_checks_benchmarks_corrections_and_rows():
    told = str(report.claims(dossier()))
    for sentence in (
        "passed No single team decides the answer.",
        "for information A hidden cause 1.8 times.",
        "Published: 107%. vendor survey. Evidence grade C.",
        "Method: Dynamic panel with rep and month effects; leave-one-manager-out jackknife.",
        "All teams: +1.0% (+0.4% to +1.6%), 95% interval, 19 degrees of freedom",
        f"p = {2 * stats.t.sf(0.010 / 0.003, 19):.3f}; after correction over all tests of the run "
        "q = 0.012",
        "Enough to act on: 0.5%",
        "Visible in these data: 0.6% or more, with 80% power at 5%",
        "The plain figure: correlation",
        "Rows used: 4,071 in 20 independent groups of teams",
        "Managers may see trouble coming before the figures show it.",
    ):
        assert sentence in told
    assert "The answer is that of all teams" not in told.split("A nice and close team")[1]


# tables


def test_what_failed_is_told_first_and_its_drawing_is_called_no_answer():
    coaching, *rest = findings()
    failed = Check(name="x", passed=False, text="One team decides.", bars=("supported",))
    barred = replace(coaching, verdict="inconclusive", checks=(*coaching.checks, failed))
    told = str(report.claims(dossier(None, [barred, *rest])))
    assert told.index("failed One team") < told.index("passed No single team")
    assert "is not in the sum. A check failed, so what is drawn here is not an answer." in told
    assert "A check failed" not in str(report.claims(dossier(None)))


def test_methods_say_what_a_verdict_must_survive_beside_the_printed_interval():
    coaching, *rest = findings()
    look = Look(months=(24,), planned=13)
    seen = Sensitivity(
        tipping_minutes=3.5, floor_minutes=1.1, partial_r2=0.02, robustness_value=0.1
    )
    found = [replace(coaching, look=look, sensitivity=seen), *rest]
    assert "· look 1 of 13 planned ·" in str(report.header(dossier(None, found)))
    told = str(report.methods(dossier(None, found)))
    assert "only where an interval of 97.5% allows it" in told
    assert "managers giving 1.1 minutes more a month" in told


def test_rows_of_people_are_shown_on_their_own_teams_page_only():
    own = soup(report.claims(dossier())).select_one("#claim-development-plan table")
    assert len(own.select("tbody tr")) == 2  # the third is of another team
    assert all(c.get_text().startswith("R-") for c in own.select("tbody th"))
    company_page = soup(report.claims(dossier(None)))
    assert company_page.select_one("#claim-development-plan table") is None


def test_long_tables_are_cut_and_say_so():
    table = pd.DataFrame(
        {"month": pd.date_range("2024-01-01", periods=20, freq="MS"), "hours": 1.5}
    )
    (first, *rest) = findings(TEAM)
    long = replace(first, table=table, team_estimate=None)
    page = soup(report.claims(dossier(found=(long, *rest))))
    assert len(page.select("#claim-coaching-hours tbody tr")) == answers.TABLE_ROWS
    assert "8 more rows are in the data file" in page.get_text()


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("own_selling_share", 0.2, "20%"),
        ("manager_revenue", 25300.0, "€25,300"),
        ("n", 1092.0, "1,092"),
        ("hours", 177.25, "177"),
        ("month", pd.Timestamp("2026-07-01"), "July 2026"),
        ("left_on", pd.Timestamp("2026-07-15"), "July 15, 2026"),
        ("anything", None, "–"),
        ("anything", math.nan, "–"),
        ("kept", True, "yes"),
        ("value", 0.01, "+1.0%"),
    ],
)
def test_cells_are_told_in_words(column, value, told):
    assert str(answers._cell(column, value, "log_points")) == told


# untold and methods


def test_untold_counts_groups_and_names_the_cheapest_record():
    told = str(report.untold(dossier()))
    assert "38 claims lack records or people they need. 1 claim was tested and cannot" in told
    assert "The next record worth keeping: surveys. Alone it would open 38 claims." in told
    why = "The interval leaves room both for an effect that matters and for one that does not."
    assert f"{why} Two more quarters would settle it." in told
    power = {"size": N_("An effect of 3% would have shown.")()}
    sized = [
        replace(f, words={**f.words, **power}) if f.claim == "weekly-one-on-one" else f
        for f in findings(TEAM)
    ]
    told = str(report.untold(dossier(found=sized)))
    assert "An effect of 3% would have shown. Two more quarters would settle it." in told
    assert why not in told


def test_a_claim_without_a_test_is_not_blamed_on_the_data():
    planned = Finding(
        claim="respect", scope="company", verdict="not_testable", reason=claim_words.NOT_YET()
    )
    told = str(report.untold(dossier(None, found=[planned])))
    assert "1 more claim of the register has no test in this version; it is named" in told
    assert "lack" not in told
    assert "next record" not in told


def test_methods_tell_dropped_rows_by_cause_and_limits():
    told = str(report.methods(dossier()))
    assert "while reading | orders | no_date | 12" in told  # causes of reading are words already
    assert "while reading | quotas | outside_window | 29" in told
    (first, *rest) = findings(TEAM)
    left_out = replace(first, dropped={"driver_missing": 407, "single_row": 0})
    tested = str(report.methods(dossier(found=(left_out, *rest))))
    assert (
        "while testing | More coaching makes reps grow | what is tested was not logged | 407"
        in (tested)
    )
    assert "only one usable month" not in tested
    assert "a correction over the 1 test of this run" in told
    assert "normal hierarchy" in told
    assert "must not be used for decisions about single people" in told
    assert "January 2026 to September 2026" in told
    assert "9f2c9f2c9f2c" in told


# privacy and hostile names


def test_a_teams_page_holds_nothing_of_other_teams():
    made = company()
    (first, *rest) = findings(TEAM)
    gossip = replace(
        first,
        words={
            "headline": N_("{a:name}, {b:text} and {c:name} of {d:name} did it ({e:list}).")(
                a="Rep 4-2", b="P051", c="Boss 6", d="South", e=["T07", "P000"]
            )
        },
    )
    names = report.Names(made)
    pages = every(dossier(made=made, found=(*findings(), gossip, *rest)))
    everything = "".join(map(str, pages)) + "".join(str(p.html()) for p in pages)
    for team in range(1, 12):
        assert f"T{team:02d}" not in everything
        assert f"Rep {team}-" not in everything
        assert f"Boss {team}" not in everything
        for rep in range(REPS):
            assert names.person(f"P{team:02d}{rep}") not in everything
    assert "somebody of another team" in everything
    assert "another team" in everything
    assert "South" not in everything
    assert names.person("P000") in everything


def test_findings_of_other_teams_never_reach_a_dossier():
    made = dossier(found=(*findings(), *findings("T00"), *findings("T01")))
    assert {f.team for f in made.findings} == {None, "T00"}


@pytest.mark.parametrize("team", ["T00", "T01"])
@pytest.mark.parametrize("identify", [False, True])
def test_hostile_names_do_nothing_in_any_block(team, identify):
    for block in every(dossier(team, identify=identify)):
        harmless(block)


@pytest.mark.parametrize("team", [f"T{t:02d}" for t in range(2, 12)])
def test_hostile_team_names_do_nothing_in_the_header(team):
    harmless(report.header(dossier(team)))


def harmless(block) -> None:
    page, html = soup(block), str(block.html())
    assert not page.find_all("script")
    for element in page.find_all(True):
        assert not [a for a in element.attrs if a.startswith("on")], element
    assert "\u202e" not in html
    assert "x" * 100 not in html
    assert COMPANY_NAME not in html  # escaped wherever it stands


@pytest.mark.parametrize(("team", "shown"), [("T04", "{{ 7*7 }}"), ("T05", "{% raise %}")])
def test_names_are_not_read_as_templates(team, shown):
    assert soup(report.header(dossier(team))).h1.get_text() == shown


# language


def test_a_page_is_told_in_its_own_language_whatever_is_spoken_later():
    made = dossier()
    with text.speaking("en", "USD"):
        assert "€63,000" in str(report.found(made))


def test_unknown_team_and_language_are_refused():
    with pytest.raises(ValueError, match="no team `T99`"):
        dossier("T99")
    with pytest.raises(ValueError, match="no texts in the language `xx`"):
        dossier(language="xx")
