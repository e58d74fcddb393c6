"""From counts to what is said of a claim: which kinds count, and how a bound is judged."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from salesdiag.claims import error_rates as rates
from salesdiag.claims.error_rates import BOUNDS, error_rates, misses

COLUMNS = (
    "rejected", "covered", "supported", "contradicted", "negligible", "inconclusive", "decided",
    "sign_error",
)  # fmt: skip


def row(world="W2", claim="coaching-hours", analysis="finding", n=1000, truth=0.0, **shares):
    counted = {c: math.nan for c in COLUMNS} | shares
    errors = {f"{c}_se": math.sqrt(max(v * (1 - v), 0) / n) for c, v in counted.items()}
    about = {"world": world, "claim": claim, "analysis": analysis, "companies": n, "truth": truth}
    return about | counted | errors


@pytest.fixture
def counts(monkeypatch):
    def put(*rows):
        monkeypatch.setattr(rates, "measured", lambda: pd.DataFrame(rows))

    return put


@pytest.mark.parametrize(
    ("claim", "truth", "supported", "contradicted", "found"),
    [
        ("coaching-hours", 0.01, 0.1, 0.8, 0.1),  # it expects more
        ("coaching-hours", -0.01, 0.1, 0.8, 0.8),
        ("selling-hurts", -0.03, 0.7, 0.0, 0.7),  # it expects less
        ("selling-helps", -0.03, 0.0, 0.7, 0.7),
        ("selling-hurts", 0.03, 0.7, 0.1, 0.1),
    ],
)
def test_found_is_the_verdict_on_the_true_side(
    counts, claim, truth, supported, contradicted, found
):
    counts(row(claim=claim, truth=truth, supported=supported, contradicted=contradicted))
    assert error_rates(claim).found == found


def test_wrong_signs_are_shares_of_decided_verdicts(counts):
    counts(
        row(truth=0.01, n=200, supported=0.9, contradicted=0.0, decided=0.9, sign_error=0.0),
        row(
            "W6", truth=0.01, n=200, supported=0.0, contradicted=0.01, decided=0.01, sign_error=1.0
        ),
    )
    assert error_rates("coaching-hours").sign_error == pytest.approx(2 / 182)


def test_kinds_count_equally_and_the_worst_has_its_interval(counts):
    counts(
        row(n=1000, supported=0.0, contradicted=0.0, rejected=0.05),
        row("W4", n=100, supported=0.03, contradicted=0.0, rejected=0.07),
    )
    found = error_rates("coaching-hours")
    assert (found.supported, found.supported_worst) == (0.015, 0.03)
    assert found.rejected == pytest.approx(0.06)
    # Wilson by hand: (p + z^2/2n + z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)
    z, p, n = 1.959964, 0.03, 100
    root = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert found.supported_high == pytest.approx((p + z**2 / (2 * n) + root) / (1 + z**2 / n))


def test_effects_keep_their_sign(counts):
    counts(row(truth=-0.08, supported=0.0), row("W6", truth=0.01, supported=0.5))
    found = error_rates("coaching-hours")
    assert (found.effect_least, found.effect_most) == (0.01, -0.08)


def test_negligible_is_wrong_from_the_margin_on(counts):
    counts(row(truth=0.0098, negligible=0.5), row("W6", truth=0.01, negligible=0.02))
    assert error_rates("coaching-hours").negligible == 0.02
    bound = next(b for b in BOUNDS if b.name == "negligible")
    assert bound.outcome(pd.Series(row(truth=0.002, negligible=0.9))) is None
    assert bound.outcome(pd.Series(row(truth=0.01, negligible=0.6))) == "missed"


@pytest.mark.parametrize(
    ("share", "outcome"), [(0.064, "holds"), (0.065, "unsettled"), (0.078, "unsettled"),
                           (0.082, "missed"), (0.02, "holds")],
)  # fmt: skip
def test_a_bound_holds_is_not_settled_or_is_missed(share, outcome):
    size = next(b for b in BOUNDS if b.name == "size")
    assert size.outcome(pd.Series(row(rejected=share))) == outcome
    assert bool(misses(pd.Series(row(rejected=share)))) == (outcome == "missed")


def test_a_claim_without_counts_has_no_rates(counts):
    counts(row())
    assert error_rates("own-revenue") is None
    with pytest.raises(ValueError, match="no claim nonsense"):
        error_rates("nonsense")
