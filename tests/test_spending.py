"""Boundaries of repeated looks against published tables, and what they let pass in simulations."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq

from salesdiag import spending
from salesdiag.claims import CLAIM
from salesdiag.company import Company
from salesdiag.estimate import dynamic
from salesdiag.finding import LEVEL, Check, Estimate, Finding
from salesdiag.looks import Look
from salesdiag.settings import Settings
from salesdiag.simulate import Truth, World, simulate
from salesdiag.text import findings as words
from salesdiag.verdict import correct

MONTHS = tuple(range(24, 37))
PLANNED = len(MONTHS)


def spent(function, looks: int) -> list[float]:
    return [function((k + 1) / looks) for k in range(looks)]


def obrien_fleming(t: float, alpha: float = 0.05) -> float:
    """Spending function of Lan and DeMets (1983), as two one-sided tests."""
    return 4 * stats.norm.sf(stats.norm.isf(alpha / 4) / math.sqrt(t))


def pocock(t: float, alpha: float = 0.05) -> float:
    return alpha * math.log(1 + (math.e - 1) * t)


# Published boundaries


@pytest.mark.parametrize(
    ("function", "published"),
    [
        # two-sided 5 %, five equal looks: Lan and DeMets (1983), as printed by their programs
        (obrien_fleming, [4.8769, 3.3569, 2.6803, 2.2898, 2.0310]),
        (pocock, [2.4380, 2.4268, 2.4101, 2.3966, 2.3859]),
    ],
)
def test_spending_functions_give_their_published_boundaries(function, published):
    found = spending.boundaries(range(1, 6), spent(function, 5))
    assert found == pytest.approx(published, abs=2e-4)


@pytest.mark.parametrize(
    ("looks", "shape", "published"),
    [
        # Jennison and Turnbull (2000), tables 2.1 and 2.3: two-sided 5 %
        (2, 0.0, 2.178), (5, 0.0, 2.413), (10, 0.0, 2.555),
        (2, 0.5, 1.977), (5, 0.5, 2.040), (10, 0.5, 2.087),
    ],
)  # fmt: skip
def test_the_recursion_gives_pococks_and_obrien_flemings_constants(looks, shape, published):
    at = range(1, looks + 1)

    def error(constant: float) -> float:
        bounds = [constant * (looks / k) ** shape for k in at]
        return spending.power(at, bounds, 0.0)[-1] - 0.05

    assert brentq(error, 1.5, 4) == pytest.approx(published, abs=6e-4)


def test_more_points_change_nothing(monkeypatch):
    months = range(120, 133)  # the finest steps that a long history gives
    parts = [0.05 * s for s in spending.shares(13, 13)]
    usual = spending.boundaries(months, parts)
    monkeypatch.setattr(spending, "NODES", 400)
    assert spending.boundaries(months, parts) == pytest.approx(usual, abs=1e-9)


# Our own division


def test_half_is_spent_first_and_the_rest_evenly():
    assert spending.shares(13, 13)[0] == 0.5
    assert np.diff(spending.shares(13, 13)) == pytest.approx([0.5 / 12] * 12)
    assert spending.shares(15, 13)[-3:] == [1.0, 1.0, 1.0]
    assert spending.nominal(0.05, MONTHS[:1], 13) == pytest.approx(0.025)
    assert spending.nominal(0.05, (24,), 1) == pytest.approx(0.05)
    assert spending.nominal(0.05, (24, 25), 1) == 0.0
    assert spending.nominal(0.05, tuple(range(24, 38)), 13) == 0.0


def test_levels_stay_nearly_the_same_from_look_to_look():
    levels = [spending.nominal(0.05, MONTHS[: k + 1], PLANNED) for k in range(1, PLANNED)]
    assert 0.0176 < min(levels) < max(levels) < 0.0226


def test_power_of_the_first_look_and_of_all():
    bounds = spending.boundaries(MONTHS, [0.05 * s for s in spending.shares(PLANNED, PLANNED)])
    drift = stats.norm.isf(0.025) + stats.norm.isf(0.2)  # what one look finds in four of five
    found = spending.power(MONTHS, bounds, drift)
    print("found by each look, where a single one finds 80 %:", np.round(found, 3))  # noqa: T201
    assert found[0] == pytest.approx(stats.norm.sf(bounds[0] - drift), abs=1e-3)
    assert found[0] == pytest.approx(0.712, abs=1e-3)
    assert found[-1] > 0.9
    assert spending.power(MONTHS, bounds, 0.0)[-1] == pytest.approx(0.05, abs=1e-9)


def test_a_p_value_over_looks_is_the_inverse_of_the_level():
    for looks in (1, 2, 7, 13):
        for total in (1e-5, 0.025, 0.03, 0.05, 0.4):
            level = spending.nominal(total, MONTHS[:looks], PLANNED)
            found = spending.over_looks(level, MONTHS[:looks], PLANNED)
            assert found == pytest.approx(total, rel=0.01)
    assert spending.over_looks(0.05 / 2, MONTHS[:1], PLANNED) == 0.05
    assert spending.over_looks(1.0, MONTHS[:3], PLANNED) == 1.0
    assert spending.over_looks(0.0, MONTHS[:3], PLANNED) <= 1e-8
    assert spending.over_looks(1e-9, tuple(range(24, 38)), PLANNED) == 1.0
    assert math.isnan(Look().over_looks(math.nan))


@pytest.mark.parametrize("looks", [2, 5, 13])
def test_levels_grow_with_what_may_be_spent(looks):
    levels = [spending.nominal(float(t), MONTHS[:looks], PLANNED) for t in spending.TOTALS]
    assert np.all(np.diff(levels) > 0)


# What passes


def motion(rng: np.random.Generator, drift: float, size: int) -> np.ndarray:
    """Return the statistics at all looks, one row a company."""
    steps = np.diff([0, *MONTHS])
    moved = rng.standard_normal((size, len(steps))) * np.sqrt(steps) + drift * steps
    return moved.cumsum(axis=1) / np.sqrt(MONTHS)


def finding(z: float, look: Look, se: float, df: float, margin: float) -> Finding:
    # the p-value of z under the normal is that of t under its own law, as in a jackknife of groups
    t = float(stats.t.isf(stats.norm.sf(z), df)) if abs(z) < 8 else math.copysign(9, z)
    estimate = Estimate(value=t * se, se=se, df=df, unit="log_points", n=9, groups=9, method="")
    return Finding(
        claim="c", scope="company", verdict="inconclusive", reason=words.REASONS["inconclusive"](),
        evidence=estimate, p_value=estimate.p_value, direction=1, margin=margin, look=look,
    )  # fmt: skip


def test_the_verdict_rule_decides_exactly_beyond_the_boundary_of_the_look():
    bounds = spending.boundaries(MONTHS, [0.05 * s for s in spending.shares(PLANNED, PLANNED)])
    for k in (0, 1, 6, 12):
        look = Look(months=MONTHS[: k + 1], planned=PLANNED)
        for side, beyond in (("supported", 1), ("contradicted", -1)):
            z = [beyond * bounds[k] * factor for factor in (1.002, 0.998)]
            both = [correct([finding(x, look, 0.1, 200.0, 1e-6)], look)[0] for x in z]
            assert [f.verdict for f in both] == [side, "inconclusive"]
            assert both[0].q_value == pytest.approx(0.05, rel=0.02)
        assert correct([finding(z[1], look, 0.1, 200.0, 1e-6)])[0].verdict == "contradicted"


def test_too_small_is_read_from_both_one_sided_tests_at_the_level_of_the_look():
    for k in (0, 5, 12):
        look = Look(months=MONTHS[: k + 1], planned=PLANNED)
        half = stats.t.isf(spending.nominal(0.10, MONTHS[: k + 1], PLANNED) / 2, 200)
        for margin, verdict in ((1.01 * half, "negligible"), (0.99 * half, "inconclusive")):
            assert correct([finding(0.0, look, 1.0, 200.0, margin)], look)[0].verdict == verdict


@pytest.mark.parametrize(("bars", "told"), [("supported", True), ("contradicted", False)])
@pytest.mark.parametrize("z", [2.1, 6.0])
def test_a_check_that_bars_what_the_interval_says_is_the_reason_before_the_look(z, bars, told):
    look = Look(months=MONTHS[:5], planned=PLANNED)
    check = Check(name="x", passed=False, text="This check bars.", bars=(bars,))
    barred = replace(finding(z, look, 0.1, 200.0, 1e-6), checks=(check,))
    (found,) = correct([barred], look)
    assert (found.reason == check.text) == told
    assert (found.verdict == "supported") == (z == 6.0 and not told)
    unsure = replace(finding(0.5, look, 0.1, 200.0, 1e-6), checks=(check,))
    assert correct([unsure], look)[0].reason == check.text  # it would bar a side, were there one


def test_why_a_look_does_not_decide_is_told():
    look = Look(months=MONTHS[:5], planned=PLANNED)
    (found,) = correct([finding(2.1, look, 0.1, 200.0, 1e-6)], look)
    assert str(found.reason).startswith(
        "By a single look the interval would be enough; as look 5 of"
    )
    late = Look(months=tuple(range(24, 38)), planned=PLANNED)
    (found,) = correct([finding(6.0, late, 0.1, 200.0, 1e-6)], late)
    assert (found.verdict, found.q_value) == ("inconclusive", 1.0)
    assert str(found.reason).startswith("All 13 planned looks have been taken")
    assert found.to_dict()["look"] == {"number": 14, "planned": 13, "level": 0.0}


def any_rejected(p: np.ndarray, rate: float = 0.05) -> np.ndarray:
    """Say where Benjamini and Hochberg's procedure rejects anything; claims are the last axis."""
    claims = p.shape[-1]
    return (np.sort(p) <= rate * np.arange(1, claims + 1) / claims).any(axis=-1)


def over_looks(z: np.ndarray, k: int) -> np.ndarray:
    """Return p-values over the looks up to the k-th, for all companies at once."""
    levels = [spending.nominal(float(t), MONTHS[: k + 1], PLANNED) for t in spending.TOTALS]
    p = np.clip(2 * stats.norm.sf(np.abs(z)), levels[0], None)
    found = np.exp(np.interp(np.log(p), np.log(levels), np.log(spending.TOTALS)))
    assert found.flat[0] == pytest.approx(
        spending.over_looks(float(p.flat[0]), MONTHS[: k + 1], PLANNED)
    )
    return found


@pytest.mark.parametrize("claims", [1, 5, 20])
@pytest.mark.parametrize("shared", [0.0, 0.7])
def test_null_companies_are_decided_wrongly_at_any_look_in_at_most_a_twentieth(claims, shared):
    """Any of several claims, alike or not, at any of thirteen looks; beside it today's habit."""
    size = 40_000
    rng = np.random.default_rng(5)
    common = motion(rng, 0.0, size)[:, None]
    own = motion(rng, 0.0, size * claims).reshape(size, claims, -1)
    zs = math.sqrt(shared) * common + math.sqrt(1 - shared) * own
    kept, habit = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    for k in range(PLANNED):
        kept |= any_rejected(over_looks(zs[..., k], k))
        habit |= any_rejected(2 * stats.norm.sf(np.abs(zs[..., k])))
    rates = f"{kept.mean():.4f}; every look at its full level {habit.mean():.4f}"
    print(f"{claims} claims, {shared:.1f} shared: any false verdict {rates}")  # noqa: T201
    assert kept.mean() < 0.05 + 3 * math.sqrt(0.05 * 0.95 / size)
    assert habit.mean() > 0.07


def test_an_effect_at_the_margin_is_called_too_small_in_at_most_a_twentieth():
    margin, size = 3.0 / math.sqrt(24), 200_000  # three standard errors at the first look
    zs = motion(np.random.default_rng(6), margin, size)
    kept, habit = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    for k, month in enumerate(MONTHS):
        level = spending.nominal(0.10, MONTHS[: k + 1], PLANNED)
        for seen, alpha in ((kept, level), (habit, 0.10)):
            half, edge = stats.norm.isf(alpha / 2), margin * math.sqrt(month)
            seen |= (zs[:, k] + half < edge) & (zs[:, k] - half > -edge)
    rates = f"{kept.mean():.4f}; every look at its full level {habit.mean():.4f}"
    print(f"called too small at the margin: {rates}")  # noqa: T201
    assert kept.mean() < 0.05 + 3 * math.sqrt(0.05 * 0.95 / size)
    assert habit.mean() > 0.07


def test_the_simulated_motion_crosses_as_often_as_the_recursion_says():
    bounds = spending.boundaries(MONTHS, [0.05 * s for s in spending.shares(PLANNED, PLANNED)])
    zs = np.abs(motion(np.random.default_rng(7), 0.0, 400_000))
    crossed = np.logical_or.accumulate(zs > bounds, axis=1).mean(axis=0)
    wanted = [0.05 * s for s in spending.shares(PLANNED, PLANNED)]
    assert crossed == pytest.approx(wanted, abs=4 * math.sqrt(0.05 * 0.95 / 400_000))


def until(panel, month, columns=("revenue_next",)):
    """Return what was known of a panel at the end of a month."""
    known = panel[panel["month"] <= month].copy()
    late = known["month"] == month
    for column in set(columns) & set(known):
        known.loc[late, column] = np.nan
    return known


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_planted_companies_without_effect_are_left_alone_over_twelve_looks():
    """Real panels: neither Brownian nor of known variance, few groups, a moving window."""
    companies, first, looks = 60, 24, 12
    world = World(teams=12, reps_min=5, reps_max=7, months=first + looks - 1)
    claim = CLAIM["coaching-hours"]
    wrong, at_each = 0, 0
    for seed in range(1, companies + 1):
        panel = simulate(Truth(), world, seed).panel()
        months = sorted(panel["month"].unique())[first - 1 :]
        seen, full = set(), set()
        for k, month in enumerate(months):
            company = Company(name="planted", settings=Settings(name="planted"), tables={})
            vars(company).update(panel=until(panel, month))
            fit = partial(dynamic.fit, company.panel, claim.design.spec(company))
            estimate = fit().estimate
            now = replace(
                finding(0.0, Look(), 1.0, 9.0, claim.margin or 0.005),
                evidence=estimate, p_value=estimate.p_value, margin=0.005,
            )  # fmt: skip
            look = Look(months=tuple(range(first, first + k + 1)), planned=13)
            seen |= {f.verdict for f in correct([now], look)}
            full |= {f.verdict for f in correct([now])}
        wrong += bool(seen & {"supported", "contradicted"})
        at_each += bool(full & {"supported", "contradicted"})
    print(f"of {companies} null companies decided wrongly: {wrong}; at full level {at_each}")  # noqa: T201
    assert wrong <= stats.binom.ppf(0.99, companies, 1 - LEVEL)
    assert wrong <= at_each
