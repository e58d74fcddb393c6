"""The experiment that counts wrong verdicts: its own arithmetic, and that it can be repeated."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from salesdiag.calibrate import CELLS, DEFAULT, EFFECTS, Cell, _rates, _tested, calibrate
from salesdiag.simulate import WORLDS

SHARES = (
    "rejected", "covered", "supported", "contradicted", "negligible", "inconclusive",
    "wrong_sign", "naive_rejected", "naive_covered",
)  # fmt: skip

STORED = {
    ("null", 1): {
        "coaching-hours": 0.8682255806110138,
        "selling-helps": 0.2537383880053018,
        "selling-hurts": 0.2537383880053018,
        "one-deal-a-quarter": 0.973558861174929,
    },
    ("strugglers", 2): {
        "coaching-hours": 0.377114568428214,
        "selling-helps": 0.751637080141814,
        "selling-hurts": 0.751637080141814,
        "one-deal-a-quarter": 0.5415718883764047,
    },
    ("planted-adverse", 3): {
        "coaching-hours": 1.7026751748796936e-05,
        "selling-helps": 0.9922736715365948,
        "selling-hurts": 0.9922736715365948,
        "one-deal-a-quarter": 0.0490503342263379,
    },
}
"""p-values of three companies; the jackknife draws nothing, so they repeat to the last digits.

They change where simulator or estimator change, which should be meant.
"""


@pytest.mark.parametrize("task", STORED, ids=lambda t: f"{t[0]}-{t[1]}")
def test_p_values_repeat(task):
    found = {row["claim"]: row["p"] for row in _tested(task)}
    assert {c: found[c] for c in STORED[task]} == pytest.approx(STORED[task], rel=1e-6)


def _by_hand(rows, truth):
    """Count rates in a loop over companies that could be tested."""
    counts = dict.fromkeys(SHARES, 0)
    errors = []
    known = [r for r in rows if not math.isnan(r["value"])]
    for r in known:
        errors.append(r["value"] - truth)
        counts["rejected"] += r["p"] < 0.05
        counts["covered"] += r["low"] <= truth <= r["high"]
        counts[r["verdict"]] += 1
        counts["naive_rejected"] += r["naive_p"] < 0.05
        counts["naive_covered"] += r["naive_low"] <= truth <= r["naive_high"]
        told = {"supported": r["direction"], "contradicted": -r["direction"]}.get(r["verdict"])
        if told is not None and (truth == 0 or told * truth < 0):
            counts["wrong_sign"] += 1
    n = len(known)
    result = {"companies": n, "bias": sum(errors) / n}
    result["rmse"] = math.sqrt(sum(e * e for e in errors) / n)
    for name, count in counts.items():
        result[name] = count / n
        result[f"{name}_se"] = math.sqrt(count / n * (1 - count / n) / n)
    return result


def _row(value, verdict, direction=1, half=0.01, p=0.5, truth=0.0):
    return {
        "world": "w", "claim": "c", "truth": truth, "direction": direction, "verdict": verdict,
        "value": value, "low": value - half, "high": value + half, "p": p,
        "naive_p": p / 10, "naive_low": value + half, "naive_high": value + 2 * half,
    }  # fmt: skip


@pytest.mark.parametrize("truth", [0.0, 0.02, -0.02])
@pytest.mark.parametrize("direction", [1, -1])
def test_rates_are_counts(truth, direction):
    rows = [
        _row(value, verdict, direction, half, p, truth)
        for value in (-0.03, 0.0, 0.015, 0.02)
        for verdict in ("supported", "contradicted", "negligible", "inconclusive")
        for half, p in ((0.001, 0.01), (0.03, 0.3), (0.005, 0.049))
    ]
    rows += [_row(math.nan, "not_testable", direction, truth=truth)] * 3
    found = _rates(pd.DataFrame(rows))
    expected = _by_hand(rows, truth)
    assert {k: found[k] for k in expected} == pytest.approx(expected)
    assert found["companies"] == 48
    assert 0 < found["wrong_sign"] < 1 or truth == 0
    assert found["truth"] == truth


def test_where_the_truth_is_not_known_nothing_is_said_of_it():
    found = _rates(pd.DataFrame([_row(0.1, "supported", truth=math.nan)] * 4))
    for name in ("covered", "naive_covered", "wrong_sign", "bias", "rmse"):
        assert math.isnan(found[name]), name
    assert found["supported"] == 1.0
    assert found["rejected"] == 0.0


def test_a_claim_that_no_company_could_test_has_no_rates():
    found = _rates(pd.DataFrame([_row(math.nan, "not_testable")] * 2))
    assert found["companies"] == 0
    assert all(math.isnan(found[name]) for name in SHARES)


@pytest.mark.parametrize(
    ("cell", "claim", "truth"),
    [
        ("null", "coaching-hours", 0.0),
        ("null", "selling-hurts", 0.0),
        ("null", "one-deal-a-quarter", 0.0),
        ("planted", "coaching-hours", 0.01),
        ("planted", "selling-helps", 0.0),
        ("planted-demo", "coaching-hours", 0.02),
        ("selling", "selling-helps", -0.03),
        ("selling", "selling-hurts", -0.03),
        ("selling", "one-deal-a-quarter", None),
        ("selling", "coaching-hours", 0.0),
        ("one-deal", "selling-helps", None),
    ],
)
def test_what_is_true_in_each_row(cell, claim, truth):
    found = CELLS[cell].truth(claim)
    assert math.isnan(found) if truth is None else found == truth


def test_every_row_has_a_world():
    assert set(WORLDS) <= set(CELLS)
    assert set(DEFAULT) <= set(CELLS)
    assert all(isinstance(c, Cell) and c.world in WORLDS for c in CELLS.values())
    assert {c.slug for c in EFFECTS} >= set(STORED["null", 1])


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
def test_the_experiment_repeats_whatever_the_number_of_processes():
    worlds, seen = ["null", "planted-demo"], []
    one = calibrate(worlds, 3, seed=4, jobs=1, progress=lambda *done: seen.append(done))
    two = calibrate(worlds, 3, seed=4, jobs=2)
    pd.testing.assert_frame_equal(one, two)
    assert seen == [(i, 6) for i in range(1, 7)]
    assert list(one["world"]) == list(np.repeat(worlds, len(EFFECTS)))
    assert list(one["claim"]) == [c.slug for c in EFFECTS] * 2
    rows = [row for w in worlds for seed in (4, 5, 6) for row in _tested((w, seed))]
    for found in one.to_dict("records"):
        mine = [r for r in rows if (r["world"], r["claim"]) == (found["world"], found["claim"])]
        assert found["truth"] == mine[0]["truth"]
        assert 1 <= found["companies"] <= 3
        expected = _by_hand(mine, found["truth"])
        assert {k: found[k] for k in expected} == pytest.approx(expected, nan_ok=True)
