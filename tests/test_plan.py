"""Who is below plan, to the cent: quotas met exactly, quarters' quotas spread over months."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from small_company import Small, frame

from salesdiag.claims.plan_and_growth import plan
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.settings import Settings
from salesdiag.text import claims as words

MONTHS = pd.date_range("2024-01-01", "2024-03-01", freq="MS")


def made(sold: dict[str, float], quotas: dict[str, float], kind: str = "quarter") -> Small:
    """Return reps of one team who sell a third of an amount in each month of a quarter."""
    orders = [(rep, m, amount / 3) for rep, amount in sold.items() for m in MONTHS]
    orders += [("R0", MONTHS[-1] + pd.offsets.MonthEnd(), 0.0)]
    periods = MONTHS[:1] if kind == "quarter" else MONTHS
    return Small(
        {
            "people": frame("person_id", [(rep,) for rep in sold]),
            "assignments": frame(
                "person_id team_id role start_on end_on",
                [(rep, "T1", "rep", MONTHS[0], None) for rep in sold],
            ),
            "orders": frame(
                "order_id owner_id ordered_on amount",
                [(f"O{i}", *o) for i, o in enumerate(orders)],
            ),
            "quotas": frame(
                "owner_id period period_kind amount",
                [(r, p, kind, q / len(periods)) for r, q in quotas.items() for p in periods],
            ),
        },
        Settings(data_from="2024-01-01", data_to="2024-03-31"),
    )


@pytest.mark.parametrize("kind", ["quarter", "month"])
@pytest.mark.parametrize("amount", [300.0, 1000.57, 1000.10, 0.1, 1234567.89])
def test_a_quota_met_exactly_is_not_below(kind, amount):
    sold = {f"R{k}": amount for k in range(3)} | {"low": amount - 0.01, "high": amount + 0.01}
    found = plan(made(sold, dict.fromkeys(sold, amount), kind), None)
    assert found.values["below"] == words.BELOW(below=1, reps=5)
    assert found.values["attainment"] == pytest.approx(1.0)
    assert found.values["side"] == words.ON_PLAN()
    everybody = dict.fromkeys(sold, amount)
    assert plan(made(everybody, everybody, kind), None).values["below"] == words.NOBODY_BELOW(
        reps=5
    )


def test_attainment_is_sum_over_sum_of_those_with_a_quota():
    sold = {"R0": 90.0, "R1": 300.0, "R2": 1000.0}
    found = plan(made(sold, {"R0": 30.0, "R1": 600.0, "R2": 0.0}), "T1")
    assert found.values["attainment"] == pytest.approx(390 / 630)
    assert found.values["side"].template == words.SHORT_OF_PLAN
    assert found.values["side"].values["gap"] == pytest.approx(240)
    assert found.people == 2  # a quota of nothing is none
    assert found.values["below"] == words.BELOW(below=1, reps=2)
    assert math.isnan(found.estimate.low)  # a count has no interval
    over = plan(made(sold, {"R0": 30.0}), None)
    assert over.values["side"] == words.OVER_PLAN(gap=pytest.approx(60))
    assert over.table[["won", "quota"]].to_numpy().tolist() == [[90.0, 30.0]]


def test_without_quotas_there_is_no_plan():
    with pytest.raises(NotEstimable, match="No complete quarter"):
        plan(made({"R0": 3.0}, {"R0": 0.0}), None)
