"""Writing a planted company to a folder."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from salesdiag.schema import TABLE
from salesdiag.simulate.effects import DEMO_EFFECTS, EFFECTS, plant
from salesdiag.simulate.limits import whole_number
from salesdiag.simulate.paired import true_effect, true_review_effect
from salesdiag.simulate.simulation import simulate
from salesdiag.simulate.truth import Truth
from salesdiag.simulate.world import World
from salesdiag.simulate.worlds import find_world
from salesdiag.text import demo as words

TRUTH_FILE = "truth.json"
COMPANIES = 8
"""Companies that a true effect is averaged over, beginning with the one written."""
_TOML = """\
# An invented company; what is true in it stands in truth.json.
name = "Demo company"
currency = "EUR"
fiscal_year_start_month = 1
week_start = "monday"
language = "en"
data_from = "{first}"
data_to = "{last}"
"""


def demo(
    dest: str | Path,
    *,
    world: str = "demo",
    teams: int | None = None,
    reps: int | None = None,
    months: int | None = None,
    seed: int = 1,
    effects: Mapping[str, float] | None = None,
    force: bool = False,
) -> Path:
    """Write an invented company whose truth is known.

    Parameters
    ----------
    dest : path
        Folder to write. It may exist if it is empty or holds a planted company, which is replaced.
    world : str
        One of :data:`~salesdiag.simulate.world.WORLDS`.
    teams, reps, months : int, optional
        Size; ``reps`` is the number in each team. By default as the world says.
    seed : int
        The same seed gives the same company.
    effects : mapping, optional
        Claim slug to planted effect, see :func:`~salesdiag.simulate.world.plant`. Nothing else is
        true in the company. By default :data:`~salesdiag.simulate.world.DEMO_EFFECTS` in the world
        ``demo`` and none in the others; ``null`` takes none.
    force : bool
        Replace a planted company even if files were added to it. A folder that holds no planted
        company is never replaced.

    Returns
    -------
    Path
        The folder: a Parquet file for each table, ``company.toml``, ``truth.json`` and a README.

    Raises
    ------
    ValueError
        Unknown world or effect, impossible size, or a folder that holds something else. Nothing is
        written then.

    Notes
    -----
    The company is written to a folder beside ``dest`` and renamed when it is whole.
    """
    chosen = _sized(find_world(world), teams, reps, months)
    effects = effects or (DEMO_EFFECTS if world == "demo" else {})
    truth = plant(effects)
    if world == "null" and truth != Truth():
        raise ValueError(str(words.NULL_HAS_NO_EFFECT()))
    if truth.late_handover and not chosen.handover_months:
        raise ValueError(str(words.NOBODY_KEEPS_CLIENTS(world=world)))
    seed = whole_number("seed", seed, 0, 2**32 - 1)
    target = Path(dest)
    _refuse(target, force)
    files = _files(truth, chosen, seed)
    files[TRUTH_FILE] = _told(truth, chosen, world, seed, effects)
    files["README.md"] = str(
        words.README(command=_command(world, teams, reps, months, seed, effects))
    )
    _replace(target, files)
    return target


def _sized(chosen: World, teams: int | None, reps: int | None, months: int | None) -> World:
    sizes: dict[str, Any] = {"teams": teams, "reps_min": reps, "reps_max": reps, "months": months}
    return replace(chosen, **{k: v for k, v in sizes.items() if v is not None})


def _refuse(target: Path, force: bool) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise ValueError(str(words.NOT_A_FOLDER(path=target)))
    there = {p.name for p in target.iterdir()}
    if there and TRUTH_FILE not in there:
        raise ValueError(str(words.NOT_EMPTY(path=target)))
    strange = sorted(there - {TRUTH_FILE, "company.toml", "README.md", *map(_file, TABLE)})
    if strange and not force:
        raise ValueError(str(words.ADDED_TO(path=target, files=strange)))


def _file(table: str) -> str:
    return f"{table}.parquet"


def _files(truth: Truth, world: World, seed: int) -> dict[str, pd.DataFrame | str]:
    company = simulate(truth, world, seed)
    first, last = company.roster.first[world.burn], company.roster.first[-1] - 1
    tables: dict[str, Any] = {_file(name): table for name, table in company.tables().items()}
    return tables | {"company.toml": _TOML.format(first=first, last=last)}


def _told(truth: Truth, world: World, name: str, seed: int, planted: Mapping[str, float]) -> str:
    """Return what is true in the company, as JSON."""
    found = partial(true_effect, truth, world, seed, companies=COMPANIES)
    deal, low, high = (found(deals=1.0, beyond_knot=b) for b in (None, False, True))
    unit_of_deal = EFFECTS["selling-helps"].unit
    effects: dict[str, dict[str, Any]] = {
        slug: {"value": float(value), "unit": EFFECTS[slug].unit} for slug, value in planted.items()
    }
    effects |= {
        "coaching-hours": {"value": found(hours=1.0), "unit": EFFECTS["coaching-hours"].unit},
        "selling-helps": {"value": deal, "unit": unit_of_deal},
        "selling-hurts": {"value": deal, "unit": unit_of_deal},
        "one-deal-a-quarter": {"up_to_one": low, "beyond_one": high, "unit": unit_of_deal},
    }
    for slug, measure in (
        ("development-plan", lambda: found(plans=1.0)),
        ("three-month-handover", lambda: -found(late=1.0)),
        ("kpi-rhythm", lambda: true_review_effect(truth, world, seed, companies=COMPANIES)),
    ):
        if slug in planted:
            effects[slug]["value"] = measure()
    rounded = {
        slug: {k: _plain(v) if isinstance(v, float) else v for k, v in what.items()}
        for slug, what in effects.items()
    }
    content = {
        "world_name": name,
        "seed": seed,
        "effects": rounded,
        "truth": asdict(truth),
        "world": asdict(world),
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 5) + 0.0


def _command(
    world: str, teams: int | None, reps: int | None, months: int | None, seed: int,
    effects: Mapping[str, float],
) -> str:  # fmt: skip
    given = {"world": world, "teams": teams, "reps": reps, "months": months, "seed": seed}
    options = [f"--{name} {value}" for name, value in given.items() if value is not None]
    options += [f"--effect {slug}={value}" for slug, value in effects.items()]
    return " ".join(["salesdiag demo DEST", *options])


def _replace(target: Path, files: Mapping[str, pd.DataFrame | str]) -> None:
    """Write files to a folder beside the target, and put it in the target's place when whole."""
    target = target.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as made:
        whole = Path(made) / "whole"
        whole.mkdir()
        for name, content in files.items():
            if isinstance(content, str):
                (whole / name).write_text(content, encoding="utf-8")
            else:
                content.to_parquet(
                    whole / name, index=False, compression="zstd", compression_level=19
                )
        if target.exists():
            target.rename(Path(made) / "replaced")
        whole.rename(target)
