"""Every doubt: when it passes, when it fails, and which verdicts it takes away."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest

from salesdiag import checks
from salesdiag.finding import Check, Estimate, Finding, Guard, Sensitivity, growth
from salesdiag.text import N_
from salesdiag.verdict import decide

DECIDED = {"supported", "contradicted", "negligible"}
EFFECT = {"supported", "contradicted"}
TINY, CLEAR, VAGUE = 0.001, 0.03, 0.012
SE = 0.01
UNSEEN = Sensitivity(
    tipping_minutes=3.5, floor_minutes=1.14, partial_r2=0.02, robustness_value=0.14
)


def _estimate(value, se=SE, df=19, **more):
    more = {"unit": "log_points", "n": 400, "groups": 20, "method": "m"} | more
    return Estimate(value=value, se=se, df=df, **more)


def _decided(estimate, *doubts, direction=1, margin=0.005):
    finding = Finding(
        claim="c", scope="company", verdict="inconclusive", reason=N_("x")(), evidence=estimate,
        direction=direction, margin=margin, checks=doubts,
    )  # fmt: skip
    return decide(finding, 0.01).verdict


@pytest.mark.parametrize(
    ("check", "passed", "bars", "words"),
    [
        (checks.enough_groups(5), True, DECIDED, "5 independent teams"),
        (checks.enough_groups(4), False, DECIDED, "Only 4 independent teams are there"),
        (checks.enough_groups(1), False, DECIDED, "Only 1 independent team is there"),
        (checks.enough_groups(4, checks.EFFECT), False, EFFECT, "fewer than 5"),
        (checks.enough_periods(10), True, DECIDED, "10 months"),
        (checks.enough_periods(9), False, DECIDED, "Only 9 months could"),
        (checks.enough_periods(1), False, DECIDED, "Only 1 month could"),
        (checks.logged(0.40), True, DECIDED, "40% of the months"),
        (checks.logged(0.401), False, DECIDED, "above 40%"),
        (checks.logged(0.0), True, DECIDED, "0% of the months"),
        (checks.logged(math.nan), False, DECIDED, "–"),
        (checks.same_sign(1.0, [1, 2, 3, 4, -1]), True, EFFECT, "80% of 5"),
        (checks.same_sign(-1.0, [-1, -2, -3, -4, 1]), True, EFFECT, "80% of 5"),
        (checks.same_sign(1.0, [1, 2, 3, -1]), False, EFFECT, "only 75% of 4"),
        (checks.same_sign(1.0, [0.0]), False, EFFECT, "only 0% of 1"),
        (checks.same_sign(1.0, []), None, EFFECT, "No other way"),
        (checks.rounded([1.0, 2.5, 0.5, 3.0, 0.7, 0.0, math.nan]), None, set(), "80% of the"),
        (checks.rounded([1.0, 2.5, 0.5, 0.7]), True, set(), "75% of the logged"),
        (checks.rounded([130 / 60, 55 / 60, 150 / 60]), True, set(), "33% of the logged"),
        (checks.rounded([]), True, set(), "0% of the logged"),
        (checks.robustness(UNSEEN), None, set(), "more than 3.5 minutes more a month"),
        (checks.robustness(UNSEEN), None, set(), "up to 1.1 minutes are allowed for"),
        (checks.robustness(UNSEEN), None, set(), "explains 2.0% of what is left"),
        (checks.robustness(UNSEEN), None, set(), "explain 14.0% of what is left of both"),
        (checks.robustness(replace(UNSEEN, tipping_minutes=math.nan)), None, set(), "holds zero"),
        (checks.robustness(replace(UNSEEN, partial_r2=math.nan)), None, set(), "not worked out"),
        (checks.same_month(True), None, set(), "nothing is called too small"),
        (checks.same_month(False), True, set(), "leaves no room"),
        (checks.negative_control(None), None, set(), "too few"),
        (checks.negative_control(_estimate(0.03)), False, DECIDED, "something else moves both"),
        (checks.negative_control(_estimate(-0.03)), False, DECIDED, "something else moves both"),
        (checks.negative_control(_estimate(0.01)), True, DECIDED, "as it should be"),
        (checks.up_to_limit(_estimate(0.0, 0.001), 0.01), True, set(), "no harm"),
        (checks.up_to_limit(_estimate(-0.04), 0.01), False, {"supported"}, "Even up to the limit"),
        (checks.up_to_limit(_estimate(-0.01), 0.01), None, set(), "cannot be told"),
        (checks.up_to_limit(_estimate(0.05), 0.01), True, set(), "no harm"),
    ],
)  # fmt: skip
def test_what_each_check_says(check, passed, bars, words):
    assert check.passed is passed
    assert set(check.bars) == bars
    assert words in str(check.text)
    assert str(check.text.html())


@pytest.mark.parametrize("value", [0.03, -0.03])
@pytest.mark.parametrize(
    ("without", "passed"), [((1, 0.5), True), ((1, -0.01), False), ((1, 0.0), False)]
)
def test_no_single_team_may_turn_the_sign(value, without, passed):
    loo = {str(i): w * value for i, w in enumerate(without)}
    check = checks.one_team(_estimate(value, leave_one_out=loo))
    assert check.passed is passed
    assert set(check.bars) == EFFECT


@pytest.mark.parametrize(
    ("moved", "se", "passed"),
    [
        (0.5, 0.01, True),  # moved by half a standard error
        (1.5, 0.5, False),  # by one and a half, three times its own noise
        (1.5, 1.0, True),  # by one and a half, within twice its own noise
        (-1.5, 0.5, False),
        (0.99, 0.1, True),  # by less than one, however sure
    ],
)
def test_a_short_history(moved, se, passed):
    check = checks.short_panel(_estimate(0.03), _estimate(0.03 + moved * SE, se * SE))
    assert check.passed is passed
    assert set(check.bars) == DECIDED
    assert ("by more than chance" in str(check.text)) == (not passed)


def test_a_history_that_cannot_be_halved_claims_nothing():
    check = checks.short_panel(_estimate(0.03), None)
    assert check.passed is None
    assert "too short" in str(check.text)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("without", "late", "bias", "passed"),
    [
        (0.03, 0.03, 0.0, True),
        (0.03, 0.012, 0.0, False),  # no longer clear
        (0.03, -0.03, 0.0, False),  # clear on the other side
        (0.03, 0.03, 0.02, True),  # at this floor neither is clear, and nothing moved
        (0.012, 0.001, 0.0, False),  # moved by more than a standard error
        (0.012, 0.005, 0.0, True),
        (0.05, 0.022, 0.01, False),  # clear by itself, not at the floor
    ],
)
def test_what_the_pipeline_foretold(without, late, bias, passed, sign):
    found = checks.pipeline(_estimate(sign * without), _estimate(sign * late), Guard(bias=bias))
    assert found.passed is passed
    assert set(found.bars) == EFFECT
    assert ("seen it coming" in str(found.text)) == (not passed)


# The gate on the direction of known bias

SIGNS = (1, -1)
KINDS = (None, *itertools.product(SIGNS, (CLEAR, VAGUE)))


def _of(kind):
    return None if kind is None else _estimate(kind[0] * kind[1])


def _rejects(kind, sign):
    """Say whether a two-sided 5 % test rejects on a side; CLEAR is t = 3, VAGUE t = 1.2."""
    return kind is not None and kind == (sign, CLEAR)


def _gated(verdict, lead, second, direction):
    """The published rule, for a claim signed plus; one signed minus reads the two words swapped.

    If strugglers get more (a negative lead rejects), "the effect is negative" needs the second
    design to reject on that side on its own; if winners get more, "positive" likewise.
    """
    words = {"supported": direction, "contradicted": -direction}
    for sign in SIGNS:
        if words.get(verdict) == sign and _rejects(lead, sign) and not _rejects(second, sign):
            return "inconclusive"
    return verdict


@pytest.mark.parametrize("direction", SIGNS)
@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("size", [CLEAR, VAGUE, TINY])
def test_the_bias_direction_gate_is_the_published_rule(direction, sign, size):
    estimate = _estimate(sign * size, 0.002 if size == TINY else SE)
    free = _decided(estimate, direction=direction)
    assert (free in EFFECT) == (size == CLEAR)
    assert (free == "negligible") == (size == TINY)
    for lead, second in itertools.product(KINDS, KINDS):
        check = checks.bias_direction(estimate, _of(lead), _of(second), direction)
        expected = _gated(free, lead, second, direction)
        assert _decided(estimate, check, direction=direction) == expected, (lead, second)
        assert (check.passed is False) == (expected != free)
        assert (check.passed is None) == (lead is None)


@pytest.mark.parametrize(
    ("lead", "words"),
    [
        (None, "cannot be told"),
        (0.0, "Nothing shows that the manager reacts"),
        (VAGUE, "Nothing shows that the manager reacts"),
        (-CLEAR, "whose result was weak"),
        (CLEAR, "whose result was strong"),
    ],
)
def test_the_gate_says_how_managers_react(lead, words):
    reaction = None if lead is None else _estimate(lead)
    check = checks.bias_direction(_estimate(TINY), reaction, None, 1)
    assert words in str(check.text)


# The second design


def _doubted(value, z, direction):
    """Return the verdicts taken away by a second design, by hand.

    More than two standard errors apart, "too small to matter" falls in any case, and so does the
    effect where it lies further out on its own side than the second design.
    """
    if abs(z) <= 2:
        return set()
    further_out = (value > 0 and z > 0) or (value < 0 and z < 0)
    effect = {1: "supported", -1: "contradicted"}[(1 if value > 0 else -1) * direction]
    return {"negligible", effect} if further_out else {"negligible"}


@pytest.mark.parametrize("direction", SIGNS)
@pytest.mark.parametrize("value", [CLEAR, -CLEAR])
@pytest.mark.parametrize("z", [-3.0, -2.0, 0.0, 2.0, 2.1])
def test_the_second_design(direction, value, z):
    check = checks.second_design(_estimate(value), _estimate(value / 2), z, direction)
    barred = {verdict for verdict in DECIDED if check.passed is False and verdict in check.bars}
    assert barred == _doubted(value, z, direction)
    assert ("disagrees" in str(check.text)) == (abs(z) > 2)
    verdict = _decided(_estimate(value), check, direction=direction)
    assert (verdict == "inconclusive") == (len(barred) == 2)


@pytest.mark.parametrize(
    ("second", "z"), [(None, 1.0), (None, math.nan), (_estimate(0.1), math.nan)]
)
def test_without_a_second_design_nothing_is_barred(second, z):
    check = checks.second_design(_estimate(CLEAR), second, z, 1)
    assert (check.passed, check.bars) == (None, ())
    assert _decided(_estimate(CLEAR), check) == "supported"


def test_the_second_designs_figures_are_percentages():
    check = checks.second_design(_estimate(CLEAR), _estimate(0.1, 1e-9), 0.5, 1)
    assert f"{math.expm1(0.1):+.1%}" in str(check.text)


def test_names_are_unique_and_checks_are_plain():
    e = _estimate(CLEAR, leave_one_out={"a": 1.0})
    made = [
        checks.enough_groups(5), checks.enough_periods(10), checks.logged(0.1),
        checks.same_sign(1, [1]), checks.one_team(e), checks.short_panel(e, e),
        checks.second_design(e, e, 0.0, 1), checks.bias_direction(e, e, e, 1),
        checks.robustness(UNSEEN), checks.up_to_limit(e, 0.1), checks.rounded([1.0]),
    ]  # fmt: skip
    assert len({c.name for c in made}) == len(made)
    for check in made:
        assert isinstance(check, Check)
        assert set(check.to_dict()) == {"name", "passed", "text"}
        assert check.name.isidentifier()


def test_a_limit_that_nobody_moved_across_is_not_judged():
    check = checks.up_to_limit(None, margin=0.02)
    assert check.passed is None
    assert not check.bars


def test_an_interval_that_is_as_good_as_unbounded_is_told_without_overflow():
    """A second design with next to no variation has ends of thousands of log points."""
    second = _estimate(2.0, se=900.0)
    check = checks.second_design(_estimate(0.03), second, 0.1, 1)
    assert check.passed
    assert "(+638.9%, −100.0% to –)" in str(check.text)
    assert growth(0.1) == pytest.approx(math.exp(0.1) - 1)
    assert growth(math.log(1e6)) == growth(math.inf) == math.inf
    assert math.isnan(growth(math.nan))


@pytest.mark.parametrize("side", [1, -1])
def test_a_sum_that_its_own_month_turns_round_is_barred(side):
    """An hour that helps by 10 % at once and no longer: the months after fall back from it."""
    after = _estimate(-0.04 * side)
    turned = checks.same_month(True, after, _estimate(0.08 * side))
    assert (turned.passed, set(turned.bars)) == (False, EFFECT)
    assert _decided(after, turned) == "inconclusive"
    for total in (0.01 * side, -0.08 * side):  # not clear; on the same side
        assert checks.same_month(True, after, _estimate(total)).passed is None
    assert checks.same_month(False, after, None).passed
