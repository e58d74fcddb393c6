"""Month effects by region and segment: where they are taken, and what they take away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from salesdiag.claims.designs.common import MOST_EFFECTS, effects_by, untried
from salesdiag.estimate import dynamic
from salesdiag.estimate.design import DynamicPanel
from salesdiag.simulate import find_world, simulate


def company(regions: list[str], segments: list[str] | None = None, months: int = 2) -> pd.DataFrame:
    """Return one row per team and month, each team a group."""
    teams = pd.DataFrame({"group_id": range(len(regions)), "region": regions})
    teams = teams.assign(segment=segments or ["all"] * len(regions))
    return teams.merge(pd.DataFrame({"month_index": range(months)}), how="cross")


@pytest.mark.parametrize(
    ("regions", "segments", "taken"),
    [
        (["N"] * 5 + ["S"] * 5, None, ("region",)),
        (["N"] * 5 + ["S"] * 4, None, ()),
        (["N"] * 5 + ["S"] * 5 + ["W"], None, ("region",)),
        (["N"] * 20, None, ()),
        (["N"] * 5 + [None] * 5, None, ()),
        (["N", "S"] * 5, ["a"] * 5 + ["b"] * 5, ("region", "segment")),
        (["N", "S", "W", "E", "M"] * 2, ["a"] * 5 + ["b"] * 5, ("segment",)),
    ],
)
def test_two_cells_of_five_groups_carry_their_own_months(regions, segments, taken):
    assert effects_by(company(regions, segments)) == taken


def test_groups_count_not_teams():
    panel = company(["N"] * 5 + ["S"] * 5)
    assert effects_by(panel.assign(group_id=panel["group_id"] // 2)) == ()


def test_what_is_not_taken_is_tried_unless_it_is_too_much():
    spec = DynamicPanel(driver="hours", effects_by=("segment",))
    panel = company(["N"] * 5 + ["S"] * 4)
    assert untried(panel, spec) == {"region": replace(spec, effects_by=("segment", "region"))}
    many = company(["N"] * 5 + ["S"] * 4, months=MOST_EFFECTS)
    assert untried(many, spec) == {}
    assert effects_by(company(["N"] * 5 + ["S"] * 5, months=MOST_EFFECTS)) == ()


def test_both_kinds_of_month_effects_are_those_of_dummies_written_out():
    panel = simulate(world=find_world("W0"), seed=3).panel()
    spec = DynamicPanel(driver="coaching_hours", effects_by=("region", "segment"))
    ours = dynamic.fit(panel, spec).estimate
    made = dynamic.design(panel, spec)
    rows = panel.iloc[made.index]
    cells = [rows["month_index"].astype(str) + rows[place] for place in spec.effects_by]
    units = rows["rep_id"] + rows["team_id"]
    dummies = [pd.get_dummies(c, dtype=float).to_numpy() for c in (units, *cells)]
    slopes, *_ = np.linalg.lstsq(np.column_stack([made.X, *dummies]), made.y, rcond=None)
    assert ours.value == pytest.approx(slopes[0], abs=1e-9)
