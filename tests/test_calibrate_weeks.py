"""Counting on companies of both generators: routes, truths, shared companies, looks."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from salesdiag import load
from salesdiag.calibrate import CELLS, COUNTED, subjects, trial, trials, weeks
from salesdiag.calibrate.catalogue import subject
from salesdiag.calibrate.cells import COACHING, SELLING
from salesdiag.calibrate.field import Firm, Planted, make, own_deal_effect
from salesdiag.calibrate.field.scene import monthly, scene_of
from salesdiag.calibrate.subjects import FILES, OfWeeks
from salesdiag.calibrate.weeks import FIELD_CELLS, FieldCell
from salesdiag.claims import CLAIM
from salesdiag.company import Company
from salesdiag.settings import Settings

SMALL = Firm(teams=6, reps=5, months=24, clients=False, clocks=False)


def test_one_company_in_five_goes_through_files_whichever_generator_made_it(monkeypatch):
    loaded = []
    monkeypatch.setattr(subjects, "load", lambda folder: loaded.append(folder))
    for name in ("weeks-random", "W4"):
        for seed in range(1, 11):
            one = subject(name, seed)
            before = len(loaded)
            if one.by_files:
                assert one.company is None
                assert len(loaded) == before + 1
        assert len(loaded) == 2
        loaded.clear()


@pytest.mark.parametrize("name", ["weeks-random", "weeks-two-invoices", "W6"])
def test_both_routes_give_equal_panels_and_findings(name, tmp_path):
    one = subject(name, FILES)
    one.write(tmp_path)
    files, frames = load(tmp_path), one.at_once()
    for panel in ("panel", "team_panel"):
        a, b = getattr(files, panel), getattr(frames, panel)
        if name.startswith("W"):  # what the simulator leaves out is in no claim's reach
            b = b[[c for c in a if c in b]]
        pd.testing.assert_frame_equal(a[list(b)], b, check_dtype=False, rtol=1e-9)
    for slug in (*COACHING, *SELLING):
        claim = CLAIM[slug]
        a, b = (claim.design.company(claim, c) for c in (files, frames))
        assert a.verdict == b.verdict
        assert a.estimate.value == pytest.approx(b.estimate.value, rel=1e-6)
        assert a.p_value == pytest.approx(b.p_value, rel=1e-6)


def test_every_question_of_the_issue_has_its_companies():
    firms = [c.firm for c in FIELD_CELLS.values() if c.planted == Planted()]
    for reason in ("k_past", "k_pipeline", "k_team", "k_region", "k_quarter", "k_same", "k_fail"):
        assert any(getattr(f, reason) for f in firms), reason
    assert any(f.tail and f.k_past for f in firms)
    ways = {
        (c.firm.foresight, c.firm.neutral, c.planted.hour)
        for c in FIELD_CELLS.values()
        if c.firm.foresight
    }
    assert ways == {
        (sign * hours, neutral, effect)
        for sign in (1, -1)
        for hours in (0.2, 0.4, 0.8)
        for neutral in (False, True)
        for effect in (0.0, 0.02)
    }
    assert {c.planted.hour for c in FIELD_CELLS.values()} >= {0.02, 0.04}
    assert {c.planted.lags for c in FIELD_CELLS.values()} == {(1.0,), (0.0, 1.0), (0, 0, 0, 1.0)}
    harm = {(c.firm.teams, c.planted.beyond) for c in FIELD_CELLS.values()}
    assert harm >= {(20, -0.05), (20, -0.15), (60, -0.05), (60, -0.15)}
    assert any(c.planted.deal > 0 for c in FIELD_CELLS.values())
    assert any(c.planted.deal_next or c.planted.beyond_next for c in FIELD_CELLS.values())
    assert sum("plan-first" in c.claims for c in FIELD_CELLS.values()) == 4
    assert all(COUNTED[name] >= 300 for name, c in FIELD_CELLS.items() if c.planted == Planted())


@pytest.mark.parametrize(
    "name", [n for n, c in FIELD_CELLS.items() if c.planted == Planted() and not c.looks]
)
def test_a_null_kind_is_exactly_null(name):
    cell = FIELD_CELLS[name]
    one = OfWeeks(replace(cell, firm=replace(cell.firm, teams=3, reps=3)), 1)
    assert [one.truth(slug, 6, True) for slug in (*COACHING, *SELLING)] == [0.0] * 4
    assert not one.made.lift.any()


# truths


def test_the_truth_is_summed_over_the_horizon_of_the_claim():
    cell = FieldCell(firm=SMALL, planted=Planted(hour=0.03, lags=(0.2, 0.3, 0.0, 0.5)))
    one = OfWeeks(cell, 1)
    of = [one.truth("coaching-hours", months) for months in (1, 2, 3, 6)]
    assert of == pytest.approx([0.009, 0.009, 0.024, 0.024], abs=0.003)
    with_same = one.truth("coaching-hours", 3, True)
    assert with_same == pytest.approx(0.03, abs=0.003)
    assert set(one.of_teams(3, True).values()) == {with_same}
    assert set(one.of_teams()) == {f"T{k:02d}" for k in range(1, 7)}


@pytest.mark.parametrize(
    ("planted", "mean", "beyond"),
    [
        (Planted(deal=-0.05), -0.05, None),
        (Planted(deal=0.05), 0.05, None),
        (Planted(deal_next=-0.2, beyond_next=-0.2), 0.0, 0.0),
        (Planted(hour=0.05), 0.0, 0.0),
        (Planted(beyond=-0.15), "by hand", -0.15),
    ],
)
def test_what_is_true_of_own_deals(planted, mean, beyond):
    one = OfWeeks(FieldCell(firm=SMALL, planted=planted), 3)
    firm, s = one.made.firm, one.made.scene
    if mean == "by hand":
        quarters = np.unique(s.days.quarter[firm.burn : firm.burn + firm.months])
        own = s.own.sum(axis=2)[:, quarters].ravel()
        mean = sum(-0.15 * max(n - 1, 0) for n in own) / own.sum()
    for slug in ("selling-helps", "selling-hurts"):
        assert one.truth(slug) == pytest.approx(mean, rel=0.1, abs=1e-12)
    found = one.truth("one-deal-a-quarter")
    assert math.isnan(found) if beyond is None else found == pytest.approx(beyond, rel=0.1)


def test_what_own_deals_do_goes_on_in_a_line():
    one = OfWeeks(FieldCell(firm=SMALL, planted=Planted(beyond=-0.04)), 1)
    found = one.by_deals(np.array([0, 1, 2, 4, 7]))
    assert found == pytest.approx([0, 0, -0.04, -0.12, -0.24], abs=0.012)
    many = [own_deal_effect(make(SMALL, Planted(beyond=-0.04), s), 7) for s in (1, 2, 3)]
    assert np.mean(many) == pytest.approx(found[-1], abs=0.02)


def test_the_share_of_growing_reps_is_counted_in_a_loop():
    scene = scene_of(replace(SMALL, exit_rate=0.03), 4)
    revenue, people, days = monthly(scene.usual), scene.people, scene.days
    end = scene.firm.burn + scene.firm.months
    rose = []
    for t in range(scene.firm.territories):
        paces, persons = [], []
        for last in (end - 12, end):
            sold = worked = 0.0
            for month in range(last - 3, last):
                at = slice(days.first[month], days.first[month + 1])
                sold += revenue[t, month]
                worked += people.there[t, at].mean()
            paces.append(sold / worked if worked else math.nan)
            persons.append(people.who[t, days.first[last] - 1] if worked else -1)
        if persons[0] == persons[1] and -1 not in persons:
            rose.append(paces[1] > paces[0])
    assert subjects._rose(scene).tolist() == rose


# what is said


def test_a_company_serves_all_claims_of_its_kind_and_corrects_them_apart(monkeypatch):
    small = replace(FIELD_CELLS["weeks-four"], firm=replace(SMALL, months=18))
    families = []
    real = trials.correct
    monkeypatch.setattr(
        trials, "correct", lambda found: families.append([f.claim for f in found]) or real(found)
    )
    one = OfWeeks(small, 1)
    heard = list(trials._heard(small, one))
    assert families == [list(COACHING), list(SELLING)]
    findings = {claim: said for claim, analysis, (said, *_) in heard if analysis == "finding"}
    assert set(findings) == {*COACHING, *SELLING}
    assert findings["coaching-hours"].truth == pytest.approx(0.04, rel=0.15)


def test_foresight_printed_must_not_exceed_what_there_is():
    class Told:
        tipping_minutes = 0.3 * 60 * math.log(1.1)

    finding = CLAIM["coaching-hours"]  # anything that has what is asked for
    shown = type("Shown", (), {"estimate": finding, "sensitivity": Told()})()
    assert trials._tipping(shown, 0.4).judged()["covered"] == 1.0
    assert trials._tipping(shown, 0.2).judged()["covered"] == 0.0
    Told.tipping_minutes = math.nan  # the interval holds zero: nothing is decided
    assert trials._tipping(shown, 0.2).judged()["covered"] == 1.0


def test_a_look_knows_what_could_be_known_then():
    made = make(replace(SMALL, months=12), Planted(hour=0.05), 2)
    whole = subjects.field.to_company(made)
    early = trials.until(whole, 8)
    first, last = "2025-01-01", "2025-09-30"
    settings = Settings(name="planted", data_from=first, data_to=last)
    cut = {name: frame for name, frame in whole.tables.items()}
    for name, day in (("orders", "ordered_on"), ("coaching", "held_on")):
        cut[name] = cut[name][cut[name][day] <= last]
    deals = cut["opportunities"]
    cut["opportunities"] = deals[(deals["created_on"] <= last) & ~(deals["closed_on"] > last)]
    known = Company(name="planted", settings=settings, tables=cut)
    assert early.settings.data_to == last
    pd.testing.assert_frame_equal(early.panel, known.panel)
    # wins of the last month stay those that were known
    pd.testing.assert_frame_equal(early.team_panel, known.team_panel)


def test_looks_stop_at_the_first_decided_verdict(monkeypatch):
    seen = []

    class Design:
        def company(self, claim, company):
            seen.append(int(company.panel["month_index"].max()))
            return company

    class Found:
        estimate, p_value, direction = None, 0.5, 1

        def __init__(self, verdict):
            self.verdict = verdict

    verdicts = iter(["inconclusive", "negligible", "supported", "inconclusive"])
    monkeypatch.setattr(trials, "correct", lambda found, look: [Found(next(verdicts))])
    company = subjects.field.to_company(make(replace(SMALL, months=12), seed=1))
    claim = type("C", (), {"design": Design(), "slug": "x"})()
    trials._looked(claim, company, 4, 0.0)
    assert seen == [8, 9, 10]


@pytest.mark.parametrize("name", ["weeks-plan-steady", "weeks-plan-later-in-month"])
def test_the_quarter_to_come_is_judged_by_how_it_ended(name):
    one = subject(name, 1)
    (row,) = trial(name, 1)
    assert (row["claim"], row["analysis"]) == ("plan-first", "test")
    assert row["truth"] == pytest.approx(math.log(one.quarter_to_come))
    panel = one.company.panel
    told = panel[panel["month"] >= "2025-10-01"]["revenue"].sum()
    # two months of three are known when the data end, or one and a half
    assert 0.35 < told / one.quarter_to_come < 0.8
    assert abs(row["error"]) < 0.2


def test_declared_kinds_can_all_be_made():
    assert set(FIELD_CELLS) <= set(CELLS)
    assert not set(weeks.NULLS) & set(weeks.TRUE)
    for name in FIELD_CELLS:
        assert FIELD_CELLS[name].firm.span > 12, name
