"""The experiment that counts wrong verdicts: its arithmetic, its truths, and that it repeats."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from salesdiag.calibrate import CELLS, DEFAULT, calibrate, rates, store, studies, trial
from salesdiag.calibrate.cells import CELLS as MONTHS
from salesdiag.calibrate.cells import COACHING, SELLING, true_of_teams, true_value
from salesdiag.calibrate.said import JUDGED, VERDICTS, Said
from salesdiag.calibrate.subjects import OfMonths
from salesdiag.claims import CATALOGUE, CLAIM
from salesdiag.cli import main
from salesdiag.finding import Interval
from salesdiag.simulate import WORLDS, Truth, simulate, true_effect

STORED = pd.read_csv(Path(__file__).with_name("stored_p_values.csv"), keep_default_na=False)
KEYS = ["world", "seed", "claim", "analysis"]


def _same_p_values(world, seeds):
    """Compare with the stored ones: the jackknife draws nothing, so they repeat."""
    found = pd.DataFrame([row for seed in seeds for row in trial(world, seed)])
    stored = STORED[(STORED["world"] == world) & STORED["seed"].isin(seeds)]
    both = stored.merge(found, on=KEYS, how="outer", suffixes=("_stored", ""), indicator=True)
    both = both[~both["analysis"].str.startswith("team")]
    assert set(both["_merge"]) == {"both"}
    np.testing.assert_allclose(both["p"], both["p_stored"], rtol=1e-6, atol=1e-300)


@pytest.mark.parametrize("world", ["null", "W2b", "planted-adverse"])
def test_p_values_of_one_company_repeat(world):
    _same_p_values(world, [1])


@pytest.mark.slow
@pytest.mark.parametrize("world", list(STORED["world"].unique()))
def test_p_values_of_sixty_companies_repeat(world):
    seeds = sorted(STORED.loc[STORED["world"] == world, "seed"].unique())
    _same_p_values(world, seeds)


def test_sixty_companies_are_stored_from_every_calibrated_world():
    assert STORED[["world", "seed"]].drop_duplicates().shape[0] == 60
    assert {f"W{i}" for i in range(10)} <= set(STORED["world"]) <= set(CELLS)


# what is true


@pytest.mark.parametrize(
    ("cell", "claim", "truth"),
    [
        ("null", "coaching-hours", 0.0),
        ("null", "selling-hurts", 0.0),
        ("null", "one-deal-a-quarter", 0.0),
        ("W8", "coaching-hours", 0.0),
        ("planted", "coaching-hours", 0.01),
        ("planted", "selling-helps", 0.0),
        ("planted-demo", "coaching-hours", 0.02),
        ("harmful", "coaching-hours", -0.01),
        ("selling", "selling-helps", -0.03),
        ("selling", "selling-hurts", -0.03),
        ("selling", "coaching-hours", 0.0),
        ("selling-helping", "selling-helps", 0.03),
        ("selling-after", "selling-hurts", 0.0),  # the quarter after is another one
        ("selling-after", "one-deal-a-quarter", None),
        ("selling-months", "selling-hurts", -0.01),
        ("selling", "one-deal-a-quarter", None),  # harm begins below the limit
        ("margin-W2", "coaching-hours", 0.005),
    ],
)
def test_what_is_true_in_each_row(cell, claim, truth):
    made = simulate(CELLS[cell].truth, CELLS[cell].world, 2)
    found = true_value(claim, made)
    assert math.isnan(found) if truth is None else found == pytest.approx(truth, abs=1e-15)


@pytest.mark.parametrize("cell", ["planted", "selling"])
def test_truth_is_what_paired_simulation_gives(cell):
    declared = CELLS[cell]
    hours = declared.truth.coach != 0
    given = {"hours": 1.0} if hours else {"deals": 1.0}
    paired = true_effect(declared.truth, declared.world, 3, companies=3, **given)
    made = simulate(declared.truth, declared.world, 3)
    claim = "coaching-hours" if hours else "selling-hurts"
    # accounts cannot all be active, which takes a little off the best
    assert true_value(claim, made) == pytest.approx(paired, rel=0.05)


def test_truth_of_own_deals_is_that_of_the_quarter():
    made = simulate(CELLS["one-deal"].truth, CELLS["one-deal"].world, 5)
    assert true_value("one-deal-a-quarter", made) == -0.06
    first = np.datetime64(made.world.last_month, "M") - made.world.months + 1
    own, harm = made.course.own[made.world.burn :], 0.0
    assert first.astype(int) % 3 == 0
    for quarter in own.reshape(-1, 3, own.shape[1]).sum(axis=1):
        harm += sum(-0.06 * max(int(dose) - 1, 0) for dose in quarter)
    assert true_value("selling-hurts", made) == pytest.approx(harm / own.sum())
    assert true_value("one-deal-a-quarter", simulate(Truth(), made.world, 5)) == 0.0


def test_teams_differ_where_their_managers_coach_unequally_well():
    cell = CELLS["unequal"]
    made = simulate(cell.truth, cell.world, 4)
    of_teams = true_of_teams(made)
    assert len(of_teams) == cell.world.teams
    assert 0.004 < np.std(list(of_teams.values())) < 0.012
    assert np.mean(list(of_teams.values())) == pytest.approx(true_value("coaching-hours", made))
    quality = made.course.setup.session_quality[:, 0]  # nobody is replaced in this world
    assert list(of_teams.values()) == pytest.approx(0.01 + 0.05 * (quality - 0.6))


def test_every_effect_has_its_null_its_planted_company_and_its_trap():
    effects = {c.slug for c in CATALOGUE if c.entry.kind == "effect"}
    assert set(WORLDS) - {"demo"} <= set(CELLS)
    assert set(DEFAULT) <= set(CELLS)
    assert set(COACHING + SELLING) == effects
    for slug in effects:
        mine = [c for c in MONTHS.values() if slug in c.claims]
        true = [true_value(slug, simulate(c.truth, c.world, 1)) for c in mine]
        assert 0.0 in true, slug
        assert any(t != 0 for t in true), slug
        reacting = [c for c in mine if c.world.k_sell or c.world.k_shock or c.world.k_seen]
        assert reacting, slug


def test_a_planted_company_has_the_panels_of_its_tables():
    made = OfMonths(MONTHS["null"], 1)
    assert made.company.panel["revenue"].sum() == pytest.approx(made.made.panel()["revenue"].sum())
    assert made.company.team_panel["team_id"].nunique() == made.made.world.teams


@pytest.mark.parametrize(
    ("cell", "claim", "truth", "beside"),
    [
        ("leaving", "reps-leave-at-a-point", 0.0, {"month_by_month"}),
        ("behaviours", "top-versus-average", 0.0, {"gap_by_gap"}),
        ("behaviours-halo", "top-versus-average (ratings)", 0.0, {"gap_by_gap"}),
        (
            "review-planted", "kpi-rhythm", 0.1,
            {"randomisation", "before_after", "two_way_fixed_effects"},
        ),
    ],
)  # fmt: skip
def test_tests_without_a_claim_are_judged_too(cell, claim, truth, beside):
    rows = pd.DataFrame(trial(cell, 3))
    mine = rows[rows["claim"] == claim].set_index("analysis")
    assert set(mine.index) == {"test"} | beside
    assert mine.loc["test", "truth"] == truth
    assert 0 < mine.loc["test", "p"] <= 1
    if "halo" in cell:  # ratings that know the results find what is not there
        assert mine.loc["test", "rejected"] == 1.0


def test_a_window_beside_the_point_is_not_judged_by_it():
    cell = CELLS["leaving-point"]
    truths = []
    for seed in range(1, 9):
        made = simulate(cell.truth, cell.world, seed)
        truths += [said.truth for name, said in studies.leaving(made) if name == "test"]
    assert max(truths) <= math.log(3.0) + 1e-12
    assert min(truths) < 0.5 < max(truths)


# what is counted


def _said(value, verdict="", direction=1, half=0.01, p=0.5, truth=0.0):
    return Said(
        value=value, low=value - half, high=value + half, p=p, truth=truth, verdict=verdict,
        direction=direction,
    )  # fmt: skip


def _rows(saids):
    return pd.DataFrame(
        [
            {"world": "w", "claim": "c", "analysis": "finding", "truth": s.truth, **s.judged()}
            for s in saids
        ]
    )


def _by_hand(saids, truth):
    """Count rates in a loop over companies that could be tested."""
    counts = dict.fromkeys(
        ("rejected", "rejected_up", "rejected_down", "covered", "decided", *VERDICTS), 0
    )
    errors, wrong = [], 0
    known = [s for s in saids if not math.isnan(s.value)]
    for s in known:
        errors.append(s.value - truth)
        counts["rejected"] += s.p < 0.05
        counts["rejected_up"] += s.p < 0.05 and s.value > 0
        counts["rejected_down"] += s.p < 0.05 and s.value < 0
        counts["covered"] += s.low <= truth <= s.high
        counts[s.verdict] += 1
        told = {"supported": s.direction, "contradicted": -s.direction}.get(s.verdict)
        counts["decided"] += told is not None
        wrong += told is not None and told * truth < 0
    n = len(known)
    result = {"companies": n, "bias": sum(errors) / n}
    result["rmse"] = math.sqrt(sum(e * e for e in errors) / n)
    for name, count in counts.items():
        result[name] = count / n
        result[f"{name}_se"] = math.sqrt(count / n * (1 - count / n) / n)
    share = wrong / counts["decided"]
    result["sign_error"] = share if truth else math.nan
    error = math.sqrt(share * (1 - share) / counts["decided"])
    result["sign_error_se"] = error if truth else math.nan
    return result


@pytest.mark.parametrize("truth", [0.0, 0.02, -0.02])
@pytest.mark.parametrize("direction", [1, -1])
def test_rates_are_counts(truth, direction):
    saids = [
        _said(value, verdict, direction, half, p, truth)
        for value in (-0.03, 0.001, 0.015, 0.02)
        for verdict in VERDICTS
        for half, p in ((0.001, 0.01), (0.03, 0.3), (0.005, 0.049))
    ]
    saids += [Said(truth=truth)] * 3
    (found,) = rates(_rows(saids)).to_dict("records")
    expected = _by_hand(saids, truth)
    assert {k: found[k] for k in expected} == pytest.approx(expected, nan_ok=True)
    assert found["companies"] == 48
    assert math.isnan(found["sign_error"]) if truth == 0 else found["sign_error"] > 0
    assert found["truth"] == truth


def test_a_plain_analysis_decides_by_its_p_value_and_sign():
    wrong, right = _said(0.02, p=0.01, truth=-0.01), _said(-0.02, p=0.01, truth=-0.01)
    silent = _said(0.02, p=0.2, truth=-0.01)
    (found,) = rates(_rows([wrong, right, silent])).to_dict("records")
    assert found["decided"] == pytest.approx(2 / 3)
    assert found["sign_error"] == 0.5
    assert all(math.isnan(found[v]) for v in VERDICTS)


def test_without_a_p_value_an_interval_beyond_zero_rejects():
    assert _said(0.02, p=math.nan).judged()["rejected"] == 1.0
    assert _said(0.005, p=math.nan).judged()["rejected"] == 0.0


def test_where_the_truth_is_not_known_nothing_is_said_of_it():
    (found,) = rates(_rows([_said(0.1, "supported", truth=math.nan)] * 4)).to_dict("records")
    for name in ("covered", "sign_error", "bias", "rmse"):
        assert math.isnan(found[name]), name
    assert found["supported"] == 1.0
    assert found["rejected"] == 0.0


def test_a_claim_that_no_company_could_test_has_no_rates():
    (found,) = rates(_rows([Said(truth=0.0)] * 2)).to_dict("records")
    assert found["companies"] == 0
    assert all(math.isnan(found[name]) for name in (*VERDICTS, "rejected", "covered", "bias"))


def test_rows_of_one_company_hold_every_analysis_once():
    rows = pd.DataFrame(trial("random", 1))
    assert not rows.duplicated(["claim", "analysis"]).any()
    assert set(rows["claim"]) == set(COACHING + SELLING)
    coaching = rows[rows["claim"] == "coaching-hours"].set_index("analysis")
    assert set(coaching.index) == {
        "finding", "second_design", "team", "team_alone", "team_plug_in", "growth_correlation",
        "level_correlation", "before_after", "pooled_regression", "two_way_fixed_effects",
    }  # fmt: skip
    assert coaching[list(JUDGED)].loc["finding"].notna().all()
    verdict = coaching.loc["finding", list(VERDICTS)]
    assert verdict.sum() == 1.0
    # a mean over 20 teams, one company
    assert (coaching.loc["team", "covered"] * 20) % 1 == pytest.approx(0)


def test_each_team_is_judged_by_its_own_interval():
    cell = CELLS["planted"]
    claim, company = CLAIM["coaching-hours"], OfMonths(cell, 6).company
    teams = claim.design.evidence(company, claim).teams
    held = [t.shrunken.low <= 0.01 <= t.shrunken.high for t in teams.values()]
    rows = pd.DataFrame(trial("planted", 6)).set_index(["claim", "analysis"])
    assert isinstance(teams["T01"].shrunken, Interval)
    assert rows.loc[("coaching-hours", "team"), "covered"] == pytest.approx(np.mean(held))


# the command


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"worlds": ["nulll"]}, "nulll"),
        ({"worlds": ["null", "mars"]}, "planted-demo"),
        ({"companies": 0}, "1 or more"),
        ({"companies": -1}, "1 or more"),
        ({"jobs": 0}, "1 or more"),
    ],
)
def test_what_cannot_be_run_is_refused(given, told):
    with pytest.raises(ValueError, match=told):
        calibrate(**given)


@pytest.mark.slow
def test_the_experiment_repeats_whatever_the_number_of_processes(tmp_path):
    worlds, seen = ["W4", "planted-W4b"], []
    one = calibrate(worlds, 3, seed=4, jobs=1, progress=lambda *done: seen.append(done))
    two = calibrate(worlds, 3, seed=4, jobs=2, out=tmp_path)
    pd.testing.assert_frame_equal(one, two)
    assert seen == [(0, 6), (3, 6), (6, 6)]
    rows = pd.DataFrame([row for w in worlds for seed in (4, 5, 6) for row in trial(w, seed)])
    pd.testing.assert_frame_equal(one, rates(rows))
    # all of it is kept: nothing is counted again, and fewer are a part of more
    kept = {f: f.stat().st_mtime_ns for f in tmp_path.iterdir()}
    pd.testing.assert_frame_equal(calibrate(worlds, 3, seed=4, out=tmp_path), one)
    assert {f: f.stat().st_mtime_ns for f in tmp_path.iterdir()} == kept


def test_counts_of_other_code_are_not_mixed(tmp_path, monkeypatch):
    calibrate(["W4"], 1, jobs=1, out=tmp_path)
    before = sorted(f.name for f in tmp_path.iterdir())
    monkeypatch.setattr(store, "fingerprint", lambda: "another")
    with pytest.raises(ValueError, match="another version of the code"):
        calibrate(["W4"], 2, jobs=1, out=tmp_path)
    assert sorted(f.name for f in tmp_path.iterdir()) == before


def test_fingerprint_follows_the_code():
    assert store.fingerprint() == store.fingerprint()
    root = Path(store.salesdiag.__file__).parent
    assert all((root / name).exists() for name in store.SOURCES)


@pytest.mark.slow
def test_a_killed_count_goes_on_where_it_was(tmp_path):
    """Kill the whole process group of a real run once it has kept a block, and start it again."""
    command = [
        sys.executable, "-m", "salesdiag", "calibrate", "--world", "W4", "--companies", "60",
        "--jobs", "1", "--out", str(tmp_path), "--json",
    ]  # fmt: skip
    first = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 240
    while not list(tmp_path.glob("*.parquet")):
        assert first.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    kept = {f.name: f.stat().st_mtime_ns for f in tmp_path.glob("*.parquet")}
    assert 0 < len(kept) < 3
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    told = [line for line in again.stderr.splitlines() if "of 60 companies" in line]
    assert told[0].startswith(f"{20 * len(kept)} of")
    assert told[-1].startswith("60 of 60")
    now = {f.name: f.stat().st_mtime_ns for f in tmp_path.glob("*.parquet")}
    assert kept.items() <= now.items()
    assert len(now) == 3
    found = json.loads(again.stdout)["rates"]
    assert {r["companies"] for r in found if r["analysis"] == "finding"} == {60}
    fresh = calibrate(["W4"], 60, jobs=2)
    assert [r["rejected"] for r in found] == pytest.approx(list(fresh["rejected"]))


def test_the_command_prints_a_table_or_one_document(capsys):
    asked = ["calibrate", "--world", "W4", "--companies", "1", "--jobs", "1"]
    assert main(asked) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[0].split()[:4] == ["world", "claim", "analysis", "companies"]
    assert "1 of 1 companies" in said.err
    assert main([*asked, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    assert {r["world"] for r in document["rates"]} == {"W4"}
    assert any(r["sign_error"] is None for r in document["rates"])
