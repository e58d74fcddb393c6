"""Planted companies on disk, and the declarations they are made from."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace
from pathlib import Path

import pandas as pd
import pytest

from salesdiag.claims.register import ENTRY
from salesdiag.simulate import (
    DEMO_EFFECTS,
    EFFECTS,
    WORLDS,
    Truth,
    World,
    demo,
    find_world,
    plant,
    simulate,
)

ROOT = Path(__file__).resolve().parent.parent
SELLING = ("selling-helps", "selling-hurts", "one-deal-a-quarter")
SMALL = {"teams": 5, "months": 9}


# --- declarations -----------------------------------------------------------------------------


def test_a_truth_by_default_is_none():
    neutral = {
        "own_deal_knot": 1.0, "own_deal_timing": "month_after", "cliff_month": 18,
        "cliff_ratio": 1.0, "handover_knot": 3,
    }  # fmt: skip
    for field in fields(Truth):
        value = getattr(Truth(), field.name)
        assert value == neutral.get(field.name, (0.0,) * 12 if field.name == "behaviours" else 0.0)


@pytest.mark.parametrize("slug", EFFECTS)
def test_every_effect_is_a_claim_and_plants_something(slug):
    assert slug in ENTRY
    assert plant({slug: 0}) == Truth()
    low, high = plant({slug: 0.1}), plant({slug: 0.2})
    assert Truth() != low != high
    assert EFFECTS[slug].unit


def test_effects_beside_the_four_are_planted_where_they_belong():
    both = plant({"reps-leave-at-a-point": math.log(3), "top-versus-average": 0.1})
    assert both.cliff_ratio == pytest.approx(3)
    assert both.behaviours == (0.1, *[0.0] * 11)
    assert plant({"three-month-handover": 0.02}).late_handover == -0.02
    assert plant({"precall-postcall": 0.5}) == Truth(precall=0.5, debrief=0.5)
    star = plant({"star-to-manager": -0.08})
    setup = simulate(star, World(teams=30, months=4), 1).course.setup
    assert star.manager_quality * setup.leadership == pytest.approx(-0.08 * setup.prior)


def test_effects_are_planted_where_they_belong():
    assert plant(None) == plant({}) == Truth()
    assert plant({"coaching-hours": 0.02}).coach == 0.02
    helps, hurts = plant({"selling-helps": 0.03}), plant({"selling-hurts": 0.03})
    assert (helps.own_deal_low, helps.own_deal_high) == (0.03, 0.03)
    assert (hurts.own_deal_low, hurts.own_deal_high) == (-0.03, -0.03)
    one = plant({"one-deal-a-quarter": 0.04, "coaching-hours": 0.01})
    assert (one.own_deal_low, one.own_deal_high, one.coach) == (0.0, -0.04, 0.01)


@pytest.mark.parametrize(
    ("effects", "says"),
    [
        ({"coaching-hour": 0.02}, "coaching-hour.*Allowed are coaching-hours"),
        ({"three-month-handover": 0.02}, "promotions"),
        ({"star-to-manager": 0.02, "manager-fit": 0.02}, "only one"),
        ({"deal-rescue": 2.5}, "between.*log odds"),
        ({"reps-copy-boss": -0.1}, "imitate"),
        ({"kpi-rhythm": 0.6}, "log points of activity"),
        ({"a": 1, "b": 2, "coaching-hours": 0.1}, "a and b"),
        ({"": 0.1}, "Allowed"),
        ({3: 0.1}, "Allowed"),
        ({"coaching-hours": float("nan")}, "nan"),
        ({"coaching-hours": float("inf")}, "inf"),
        ({"coaching-hours": 1e300}, "between"),
        ({"coaching-hours": -2}, "between"),
        ({"coaching-hours": True}, "between"),
        ({"coaching-hours": "0.02"}, "between"),
        ({"coaching-hours": None}, "between"),
        ({"selling-helps": 0.1, "selling-hurts": 0.1}, "only one"),
        ({"selling-helps": 0.1, "one-deal-a-quarter": 0.1}, "only one"),
        ({"../../etc": 0.1}, "Allowed"),
    ],
)
def test_hostile_effects_are_refused_and_nothing_is_written(effects, says, tmp_path):
    with pytest.raises(ValueError, match=says):
        demo(tmp_path / "x", effects=effects)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"world": "paradise"}, "demo.*W9"),
        ({"teams": 0}, "teams"),
        ({"teams": 2.5}, "teams"),
        ({"teams": True}, "teams"),
        ({"reps": 1}, "reps_min"),
        ({"reps": 10**6}, "reps_min"),
        ({"months": 3}, "months"),
        ({"seed": -1}, "seed"),
        ({"seed": "1"}, "seed"),
        ({"world": "null", "effects": {"coaching-hours": 0.02}}, "Nothing is true"),
    ],
)
def test_impossible_companies_are_refused_and_nothing_is_written(arguments, says, tmp_path):
    with pytest.raises(ValueError, match=says):
        demo(tmp_path / "x", **arguments)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Truth(coach=float("nan")),
        lambda: Truth(behaviours=(0.1,)),
        lambda: Truth(behaviours=(float("inf"),) * 12),
        lambda: Truth(coach_decay=1.5),
        lambda: Truth(star=-2.0),
        lambda: World(rho_shock=1.0),
        lambda: World(log_miss=1.2),
        lambda: World(sd_shock=-1.0),
        lambda: World(base=float("inf")),
        lambda: World(heavy_tails=2.0),
        lambda: World(zero_share=1.1),
        lambda: World(huge_team=0.5),
        lambda: World(coach_switches=-1),
        lambda: World(handover_months=-1.0),
        lambda: World(reps_min=8, reps_max=7),
    ],
)
def test_impossible_declarations_are_refused(wrong):
    with pytest.raises(ValueError, match=r"must|needs"):
        wrong()


@pytest.mark.parametrize("name", WORLDS)
def test_every_world_gives_a_company(name):
    world = replace(find_world(name), **SMALL)
    panel = simulate(Truth(), world, 2).panel()
    assert panel["team_id"].nunique() == 5
    assert panel["month"].nunique() == 9
    assert panel["month"].max() == pd.Timestamp("2025-12-01")
    assert panel["coaching_hours"].notna().mean() > 0.5


# --- a company on disk ------------------------------------------------------------------------


def read(folder: Path) -> dict[str, pd.DataFrame]:
    return {p.stem: pd.read_parquet(p) for p in sorted(folder.glob("*.parquet"))}


def small_demo(dest: Path, **more) -> Path:
    return demo(dest, **{"teams": 2, "reps": 5, "months": 6, **more})


def test_a_demo_is_the_company_and_its_truth(tmp_path):
    folder = small_demo(tmp_path / "deep" / "c", seed=3, effects={"coaching-hours": 0.02})
    world = replace(WORLDS["demo"], teams=2, reps_min=5, reps_max=5, months=6)
    for name, table in simulate(Truth(coach=0.02), world, 3).tables().items():
        pd.testing.assert_frame_equal(read(folder)[name], table)
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    assert set(truth["effects"]) == {"coaching-hours", *SELLING}
    assert truth["truth"]["coach"] == 0.02
    assert truth["seed"] == 3
    assert truth["world"]["teams"] == 2
    assert truth["effects"]["coaching-hours"]["value"] == pytest.approx(0.02, rel=0.15)
    assert truth["effects"]["selling-helps"]["value"] == 0.0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["deep"]
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["c"]
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert "salesdiag demo DEST --world demo --teams 2 --reps 5 --months 6 --seed 3" in readme
    assert str(tmp_path) not in readme


def test_what_else_was_planted_is_told_too(tmp_path):
    effects = {"kpi-rhythm": 0.2, "development-plan": 0.05, "deal-rescue": 1.0}
    folder = small_demo(tmp_path / "c", world="random", effects=effects)
    told = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["effects"]
    assert told["kpi-rhythm"]["value"] == pytest.approx(0.2, rel=0.05)
    assert told["development-plan"]["value"] == pytest.approx(0.05, rel=0.05)
    assert told["deal-rescue"] == {"value": 1.0, "unit": EFFECTS["deal-rescue"].unit}
    assert told["coaching-hours"]["value"] == 0.0


def test_the_demo_world_has_effects_of_its_own_and_null_has_none(tmp_path):
    planted = json.loads((small_demo(tmp_path / "a") / "truth.json").read_text(encoding="utf-8"))
    assert planted["truth"]["coach"] == DEMO_EFFECTS["coaching-hours"]
    assert planted["truth"]["own_deal_high"] == -DEMO_EFFECTS["one-deal-a-quarter"]
    null = small_demo(tmp_path / "b", world="null") / "truth.json"
    effects = json.loads(null.read_text(encoding="utf-8"))["effects"]
    values = [v for e in effects.values() for v in e.values() if not isinstance(v, str)]
    assert {v for v in values if v is not None} == {0.0}


def test_writing_again_gives_the_same_bytes_and_replaces_only_our_own(tmp_path):
    one, two = small_demo(tmp_path / "a"), small_demo(tmp_path / "b")
    content = {p.name: p.read_bytes() for p in one.iterdir()}
    assert content == {p.name: p.read_bytes() for p in two.iterdir()}
    small_demo(one, seed=2)
    assert (one / "orders.parquet").read_bytes() != content["orders.parquet"]
    (one / "mine.txt").write_text("keep me", encoding="utf-8")
    with pytest.raises(ValueError, match=r"mine\.txt"):
        small_demo(one)
    assert (one / "mine.txt").read_text(encoding="utf-8") == "keep me"
    small_demo(one, force=True)
    assert {p.name: p.read_bytes() for p in one.iterdir()} == content


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_of_somebody_else_is_never_touched(tmp_path, force):
    (tmp_path / "orders.csv").write_text("order_id\n1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="not written by this command"):
        small_demo(tmp_path, force=force)
    file = tmp_path / "orders.csv"
    with pytest.raises(ValueError, match="is a file"):
        small_demo(file, force=force)
    assert file.read_text(encoding="utf-8") == "order_id\n1\n"
    assert [p.name for p in tmp_path.iterdir()] == ["orders.csv"]


def test_a_run_that_breaks_off_leaves_what_was_there(tmp_path, monkeypatch):
    folder = small_demo(tmp_path / "a")
    before = {p.name: p.read_bytes() for p in folder.iterdir()}

    def full_disk(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full_disk)
    for name in ("a", "b"):
        with pytest.raises(OSError, match="no space"):
            small_demo(tmp_path / name, seed=2)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "empty").mkdir()
    assert (small_demo(tmp_path / "empty") / "orders.parquet").exists()


def test_the_bundled_company_is_small_and_says_what_is_true():
    folder = ROOT / "data" / "demo"
    assert sum(p.stat().st_size for p in folder.iterdir()) < 3_000_000
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    assert truth["effects"]["coaching-hours"]["value"] == pytest.approx(0.015, rel=0.05)
    assert truth["effects"]["one-deal-a-quarter"]["beyond_one"] == pytest.approx(-0.04, rel=0.06)
    assert truth["effects"]["one-deal-a-quarter"]["up_to_one"] == 0.0
    found = read(folder)
    world = replace(WORLDS["demo"], teams=12)
    tables = simulate(plant(DEMO_EFFECTS), world, truth["seed"]).tables()
    assert set(found) == set(tables)
    for name in ("people", "assignments", "orders", "coaching"):
        pd.testing.assert_frame_equal(found[name], tables[name])
