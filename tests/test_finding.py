"""The verdict rule, its one correction over all tests, and the JSON that is promised."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

import salesdiag as sd
from salesdiag.claims import test_all as run_all
from salesdiag.company import Company
from salesdiag.finding import (
    Benchmark,
    Check,
    Estimate,
    Finding,
    Interval,
    Naive,
    TeamEstimate,
    plain,
    rows,
)
from salesdiag.text import N_
from salesdiag.verdict import correct, decide, lean

REASON = N_("for a reason")()
DIRECTIONS = (1, -1)

KEYS = [
    "claim", "scope", "team", "verdict", "reason", "estimate", "effect_sizes", "p_value",
    "q_value", "margin", "mde", "naive", "n", "groups", "dropped", "method", "checks", "table",
    "benchmarks", "sensitivity",
]  # fmt: skip
"""The promised keys, in the order of the interface page."""
INSIDE = {
    "estimate": {"value", "low", "high", "level", "unit"},
    "effect_sizes": {"percent", "money_per_month", "per_manager_hour"},
    "naive": {"value", "low", "high", "p_value", "method"},
    "checks": {"name", "passed", "text"},
    "benchmarks": {"value", "unit", "source", "grade"},
    "team_estimate": {"own", "pooled", "shrunken", "weight"},
    "sensitivity": {
        "tipping_minutes",
        "floor_minutes",
        "partial_r2",
        "robustness_value",
        "towards",
    },
}
VERDICTS = {
    "supported", "contradicted", "negligible", "inconclusive", "not_testable", "measured",
}  # fmt: skip


def _interval(low, high, level=0.95):
    return Interval(value=(low + high) / 2, low=low, high=high, unit="log_points", level=level)


def _estimate(value=0.02, se=0.004, df=19.0, **more):
    more = {"unit": "log_points", "n": 400, "groups": 20, "method": "m"} | more
    return Estimate(value=value, se=se, df=df, **more)


def _finding(evidence, direction=1, margin=0.005, checks=(), **more):
    return Finding(
        claim="c",
        scope="company",
        verdict="inconclusive",
        reason=REASON,
        evidence=evidence,
        p_value=evidence.p_value if evidence else math.nan,
        direction=direction,
        margin=margin,
        checks=checks,
        **more,
    )


def _by_hand(value, wide, narrow, direction, margin):
    """The rule as the method notes state it, for a claim signed plus; a minus claim is mirrored."""
    (low, high), (low90, high90) = wide, narrow
    if direction < 0:
        value, low, high, low90, high90 = -value, -high, -low, -high90, -low90
    nil = low90 > -margin and high90 < margin
    yes = low > 0 and value >= margin
    no = high < 0 and value <= -margin
    return {
        (True, False, False): "negligible",
        (True, True, False): "negligible",
        (True, False, True): "negligible",
        (False, True, False): "supported",
        (False, False, True): "contradicted",
        (False, False, False): "inconclusive",
    }[nil, yes, no]


def _lean(value, wide, narrow, direction, margin):
    return lean(value, _interval(*wide), _interval(*narrow, 0.9), direction, margin)


def test_the_rule_on_a_grid():
    grid = np.round(np.arange(-4, 4.5, 0.5), 1)
    seen = set()
    for value, half, direction in itertools.product(grid, (0.0, 0.25, 0.5, 1.0, 3.0), DIRECTIONS):
        wide, narrow = (value - half, value + half), (value - 0.8 * half, value + 0.8 * half)
        found = _lean(value, wide, narrow, direction, 1.0)
        assert found == _by_hand(value, wide, narrow, direction, 1.0), (value, half, direction)
        seen.add(found)
    assert seen == {"supported", "contradicted", "negligible", "inconclusive"}


number = st.floats(-1, 1, allow_nan=False)


@given(
    value=number, below=st.floats(0, 1), above=st.floats(0, 1), share=st.floats(0, 1),
    direction=st.sampled_from(DIRECTIONS), margin=st.floats(1e-3, 0.5),
)  # fmt: skip
@settings(max_examples=400, deadline=None)
def test_the_rule_restated(value, below, above, share, direction, margin):
    wide = (value - below, value + above)
    narrow = (value - share * below, value + share * above)
    found = _lean(value, wide, narrow, direction, margin)
    assert found == _by_hand(value, wide, narrow, direction, margin)
    # one estimate read from both sides gives opposite readings
    swap = {"supported": "contradicted", "contradicted": "supported"}
    assert _lean(value, wide, narrow, -direction, margin) == swap.get(found, found)


@pytest.mark.parametrize("at", range(5))
def test_unknown_numbers_decide_nothing(at):
    numbers = [0.02, 0.01, 0.03, 0.012, 0.028]
    numbers[at] = math.nan
    value, *ends = numbers
    assert _lean(value, tuple(ends[:2]), tuple(ends[2:]), 1, 0.005) == "inconclusive"


@pytest.mark.parametrize(
    ("direction", "margin"), [(1, 0.0), (1, -1.0), (1, math.nan), (0, 0.1), (2, 0.1)]
)
def test_a_rule_without_margin_or_side_is_refused(direction, margin):
    with pytest.raises(ValueError, match=r"margin|direction"):
        _lean(0.0, (-1, 1), (-1, 1), direction, margin)


@pytest.mark.parametrize("df", [1, 4, 19, 1e6])
@pytest.mark.parametrize(("value", "se"), [(0.02, 0.004), (-0.3, 0.2), (0.0, 1.0)])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_an_estimate_speaks_as_scipy_does(value, se, df, level):
    e = _estimate(value, se, df)
    t = stats.t(df, value, se)
    found = e.interval(level)
    assert (found.low, found.high) == pytest.approx(t.interval(level), rel=1e-10)
    assert (found.value, found.level, found.unit) == (value, level, "log_points")
    assert e.p_value == pytest.approx(2 * stats.t.cdf(-abs(value / se), df), rel=1e-10)
    # the interval excludes zero exactly where the test rejects
    assert (found.low > 0 or found.high < 0) == (e.p_value < 1 - level)


@pytest.mark.parametrize("df", [4, 19, 60])
def test_the_smallest_detectable_effect_is_detected_four_times_in_five(df):
    rng = np.random.default_rng(1)
    size = _estimate(se=1.0, df=df).smallest_detectable
    z, spread = rng.standard_normal(200_000), np.sqrt(rng.chisquare(df, 200_000) / df)
    power = (np.abs((z + size) / spread) > stats.t.ppf(0.975, df)).mean()
    # t quantiles for the noncentral t: within a point of 80 % from five groups on
    assert power == pytest.approx(0.80, abs=0.015)


@pytest.mark.parametrize(("se", "df"), [(0.0, 19), (math.nan, 19), (0.1, 0), (0.1, math.nan)])
def test_without_uncertainty_there_is_neither_interval_nor_verdict(se, df):
    e = _estimate(0.5, se, df)
    found = e.interval()
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert math.isnan(e.p_value)
    assert math.isnan(e.smallest_detectable)
    assert correct([_finding(e)])[0].verdict == "inconclusive"


def test_an_interval_keeps_its_order_in_another_unit():
    found = _interval(-0.1, 0.3).map(math.expm1, "share")
    assert found.to_dict() == {
        "value": pytest.approx(math.expm1(0.1)),
        "low": pytest.approx(math.expm1(-0.1)),
        "high": pytest.approx(math.expm1(0.3)),
        "level": 0.95,
        "unit": "share",
    }


# Decisions


@pytest.mark.parametrize(
    ("value", "q", "verdict", "reason"),
    [
        (0.02, 0.01, "supported", "on the side the claim expects"),
        (0.02, 0.05, "supported", "on the side the claim expects"),
        (0.02, 0.051, "inconclusive", "among all the tests of this run"),
        (-0.02, 0.01, "contradicted", "opposite to the claim"),
        (-0.02, 0.2, "inconclusive", "among all the tests of this run"),
        (0.0, 0.9, "negligible", "too small"),
        (0.0085, 0.9, "inconclusive", "among all the tests of this run"),
        (0.006, 0.9, "inconclusive", "leaves room"),
    ],
)
def test_a_decision_is_corrected_for_all_tests(value, q, verdict, reason):
    se = 0.002 if value == 0.0 else 0.004
    found = decide(_finding(_estimate(value, se)), q)
    assert found.verdict == verdict
    assert reason in str(found.reason)
    assert found.q_value == q


@pytest.mark.parametrize("passed", [True, False, None])
@pytest.mark.parametrize("bars", [("supported",), ("contradicted",), ("negligible",), ()])
@pytest.mark.parametrize(
    ("value", "se", "verdict"),
    [(0.02, 0.004, "supported"), (-0.02, 0.004, "contradicted"), (0.0, 0.002, "negligible")],
)
def test_only_a_failed_check_bars_and_only_what_it_names(passed, bars, value, se, verdict):
    check = Check(name="x", passed=passed, text=N_("doubtful")(), bars=bars)
    found = decide(_finding(_estimate(value, se), checks=(check,)), 0.001)
    barred = passed is False and verdict in bars
    assert found.verdict == ("inconclusive" if barred else verdict)
    assert (str(found.reason) == "doubtful") == barred
    assert found.checks == (check,)


def test_the_first_failed_check_gives_the_reason():
    doubts = tuple(
        Check(name=n, passed=False, text=N_("doubt {n:text}")(n=n), bars=bars)
        for n, bars in [("a", ("contradicted",)), ("b", ("supported",)), ("c", ("supported",))]
    )
    assert str(decide(_finding(_estimate(), checks=doubts), 0.001).reason) == "doubt b"


def test_a_team_is_read_from_its_own_interval_and_not_corrected():
    def team(low, high, narrow):
        wide = _interval(low, high)
        pooled = TeamEstimate(
            own=None, pooled=wide, shrunken=wide, narrow=_interval(*narrow, 0.9), weight=0.0
        )
        evidence = _estimate(-0.02)  # the company's own would contradict
        return decide(replace(_finding(evidence), team_estimate=pooled), math.nan)

    assert team(0.001, 0.03, (0.002, 0.029)).verdict == "supported"
    assert team(-0.01, 0.03, (-0.009, 0.029)).verdict == "inconclusive"
    assert team(-0.0045, 0.0045, (-0.004, 0.004)).verdict == "negligible"
    assert math.isnan(team(0.001, 0.03, (0.002, 0.029)).q_value)


def test_nothing_to_decide_from_is_a_mistake_of_the_programmer():
    with pytest.raises(ValueError, match="no estimate"):
        decide(_finding(None), 0.01)


# One correction

BH_1995 = (
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
    0.5719, 0.6528, 0.7590, 1.0,
)  # fmt: skip
"""Benjamini and Hochberg (1995), section 3.2: their procedure rejects four."""


def _with_p(p, df=30.0, sign=1):
    """Return a finding whose two-sided p-value is ``p``, with a margin it surely reaches."""
    t = float(stats.t.isf(p / 2, df))
    return _finding(_estimate(sign * t * 1.0, 1.0, df), margin=0.01)


def test_benjamini_and_hochbergs_own_example():
    found = correct([_with_p(p) for p in BH_1995])
    assert [f.verdict for f in found].count("supported") == 4
    assert [f.q_value for f in found] == pytest.approx(
        multipletests(BH_1995, method="fdr_bh")[1], rel=1e-6
    )


distinct = st.lists(
    st.floats(1e-6, 1.0), min_size=1, max_size=25, unique_by=lambda p: round(math.log(p), 3)
)


@given(distinct)
@settings(max_examples=60, deadline=None)
def test_the_correction_is_statsmodels(p_values):
    found = correct([_with_p(p, sign=-1 if i % 2 else 1) for i, p in enumerate(p_values)])
    q = multipletests([f.p_value for f in found], method="fdr_bh")[1]
    assert [f.q_value for f in found] == pytest.approx(q, rel=1e-9)


def test_one_estimate_read_twice_counts_once():
    e = _estimate(0.02, 0.0085)  # p about .03
    other = _with_p(0.9)
    both = correct([_finding(e), _finding(e, direction=-1), other])
    alone = correct([_finding(e), other])
    assert both[0].q_value == both[1].q_value == alone[0].q_value == pytest.approx(2 * e.p_value)
    assert [f.verdict for f in correct([_finding(e), _finding(e, direction=-1)])] == [
        "supported",
        "contradicted",
    ]


def test_findings_without_an_estimate_pass_and_do_not_count():
    absent = Finding(claim="x", scope="company", verdict="not_testable", reason=REASON)
    found = correct([absent, _with_p(0.04), absent])
    assert found[0] is absent
    assert found[2] is absent
    assert found[1].q_value == pytest.approx(0.04)
    assert correct([]) == []


# Plain values


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None), (math.nan, None), (math.inf, None), (pd.NaT, None), (pd.NA, None),
        (np.float64("nan"), None), (np.float32(0.5), 0.5), (np.int64(3), 3), (True, True),
        (np.bool_(False), False), (pd.Timestamp("2024-02-03"), "2024-02-03"), ("x", "x"),
        (np.float64("-inf"), None),
    ],
)  # fmt: skip
def test_plain_values(value, expected):
    found = plain(value)
    assert found == expected
    assert type(found) is type(expected)


def test_a_table_becomes_rows():
    table = pd.DataFrame({"a": [1, 2], "b": [0.5, math.nan], "c": ["x", None]})
    assert rows(table) == [{"a": 1, "b": 0.5, "c": "x"}, {"a": 2, "b": None, "c": None}]
    assert rows(pd.DataFrame()) == []


def test_a_finding_with_everything_round_trips():
    full = replace(
        decide(_finding(_estimate()), 0.01),
        estimate=_interval(0.01, 0.03),
        effect_sizes={"percent": _interval(0.01, 0.03), "money_per_month": None},
        naive=Naive(value=-0.01, low=-0.02, high=math.nan, p_value=0.1, method=REASON),
        team_estimate=TeamEstimate(
            own=_interval(0, 1), pooled=_interval(0, 1), shrunken=_interval(0, 1),
            narrow=_interval(0, 1), weight=0.25,
        ),
        benchmarks=(Benchmark(id="b", value=0.5, unit="share", source="s", grade="C"),),
        checks=(Check(name="n", passed=None, text=REASON),),
        table=pd.DataFrame({"month": [pd.Timestamp("2024-01-01")], "n": [1]}),
    )  # fmt: skip
    found = json.loads(json.dumps(full.to_dict(), allow_nan=False))
    _as_promised(found)
    assert found["naive"]["high"] is None
    assert found["mde"] is None
    assert found["effect_sizes"]["per_manager_hour"] is None
    assert found["table"] == [{"month": "2024-01-01", "n": 1}]
    assert found["team_estimate"]["weight"] == 0.25
    assert full.doubts.to_dict("records") == [
        {"name": "n", "passed": None, "text": "for a reason", "bars": ""}
    ]
    assert str(full).startswith("c: supported")


def _as_promised(found):
    assert [k for k in found if k not in ("team_estimate", "look", "text")] == KEYS
    assert found["verdict"] in VERDICTS
    assert found["reason"]
    assert (found["team"] is None) == (found["scope"] == "company")
    for key, keys in INSIDE.items():
        for part in found[key] if isinstance(found[key], list) else [found[key]]:
            assert part is None or set(part) == keys, key
    for size in found["effect_sizes"].values():
        assert size is None or set(size) == INSIDE["estimate"]
    assert all(isinstance(n, int) for n in found["dropped"].values())


@pytest.fixture(scope="module")
def demo():
    return sd.load("data/demo")


@pytest.mark.parametrize(
    "without",
    [
        (),
        ("orders",),
        ("orders", "opportunities"),
        ("coaching", "time_log", "activities", "quotas"),
        ("accounts", "account_owners", "teams"),
    ],
    ids=lambda names: "-".join(names) or "whole",
)
def test_every_finding_of_a_run_is_json(demo, without):
    tables = {k: v for k, v in demo.tables.items() if k not in without}
    company = demo if not without else Company(name="x", settings=demo.settings, tables=tables)
    results = run_all(company, teams=["T01", "T05"])
    assert len(results.company) == 47
    for finding in results.all():
        text = json.dumps(finding.to_dict(), allow_nan=False)
        _as_promised(json.loads(text))
    if without:
        assert {f.verdict for f in results.company} >= {"not_testable"}
