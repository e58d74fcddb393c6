"""How often verdicts are wrong, counted on companies whose truth was planted.

Each company is simulated, tested as a run would test it, and compared with what is true in it.
Rates carry their Monte Carlo error, so that nobody reads more into them than was computed.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from types import MappingProxyType

import numpy as np
import pandas as pd

from salesdiag.claims import CATALOGUE
from salesdiag.company import Company
from salesdiag.finding import Finding
from salesdiag.settings import Settings
from salesdiag.simulate import WORLDS, plant, simulate
from salesdiag.text import calibration as words
from salesdiag.verdict import correct

EFFECTS = tuple(c for c in CATALOGUE if c.entry.kind == "effect")
SIGNIFICANCE = 0.05


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One row of the experiment: a world, what is planted in it, and what is then true.

    Attributes
    ----------
    world : str
        Name in :data:`salesdiag.simulate.WORLDS`.
    planted : mapping
        Effects by claim, as ``salesdiag demo --effect`` takes them.
    true : mapping
        The estimands' values by claim where they are known exactly; claims that are not named are
        true zero if nothing is planted, else unknown.
    """

    world: str
    planted: Mapping[str, float] = field(default_factory=dict)
    true: Mapping[str, float] = field(default_factory=dict)

    def truth(self, claim: str) -> float:
        """Return the true value of a claim's estimand; NaN where it is not known."""
        untouched = not any(c.startswith(("sell", "one-deal")) for c in self.planted)
        if claim in self.true:
            return self.true[claim]
        if claim == "coaching-hours":
            return self.planted.get(claim, 0.0)
        return 0.0 if untouched else math.nan


CELLS: Mapping[str, Cell] = MappingProxyType(
    {name: Cell(world=name) for name in WORLDS}
    | {
        "planted": Cell(world="random", planted={"coaching-hours": 0.01}),
        "planted-demo": Cell(world="demo", planted={"coaching-hours": 0.02}),
        "planted-adverse": Cell(world="adverse", planted={"coaching-hours": 0.01}),
        "selling": Cell(
            world="demo",
            planted={"selling-hurts": 0.03},
            true={"selling-helps": -0.03, "selling-hurts": -0.03},
        ),
        "one-deal": Cell(world="demo", planted={"one-deal-a-quarter": 0.06}),
    }
)
"""Rows by name: every world with nothing true in it, and some with planted effects."""

DEFAULT = ("null", "planted-demo")


def calibrate(
    worlds: Sequence[str] | None = None,
    companies: int = 60,
    seed: int = 1,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Count how often findings are right on companies whose truth is known.

    Parameters
    ----------
    worlds : sequence of str, optional
        Names of :data:`CELLS`; a null world and a planted one by default.
    companies : int
        Companies in each world.
    seed : int
        Of the first company; the next ones count on, so that the result is the same every time.
    jobs : int, optional
        Processes; one a core by default.
    progress : callable, optional
        Called with companies done and companies in all.

    Returns
    -------
    DataFrame
        One row a world and effect claim: ``world``, ``claim``, ``truth`` (log points, NaN where
        it is not known), ``companies`` (tested), ``rejected`` (share with p < .05: size where the
        truth is 0, else power), ``covered`` (share of 95 % intervals that hold the truth),
        ``bias``, ``rmse``, a share for each verdict, ``wrong_sign`` (decided on the wrong
        side; any decision where the truth is 0), ``naive_rejected``, ``naive_covered``; shares
        have their Monte Carlo standard error in a column ending in ``_se``.

    Raises
    ------
    ValueError
        A world is not known, or a number is not positive.
    """
    names = list(worlds) if worlds else list(DEFAULT)
    unknown = [n for n in names if n not in CELLS]
    if unknown:
        raise ValueError(str(words.NO_SUCH_WORLD(names=unknown, known=list(CELLS))))
    if companies < 1 or (jobs is not None and jobs < 1):
        raise ValueError(str(words.NOT_POSITIVE()))
    tasks = [(name, number) for name in names for number in range(seed, seed + companies)]
    rows: list[dict[str, object]] = []
    # the workers' numerical libraries read it when they start: processes share the cores already
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with ProcessPoolExecutor(jobs or os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for done, found in enumerate(pool.map(_tested, tasks, chunksize=4), start=1):
            rows += found
            if progress is not None:
                progress(done, len(tasks))
    table = pd.DataFrame(rows)
    kept = [_rates(part) for _, part in table.groupby(["world", "claim"], sort=False)]
    return pd.DataFrame(kept)


def _tested(task: tuple[str, int]) -> list[dict[str, object]]:
    """Test one company; a row a claim."""
    name, seed = task
    cell = CELLS[name]
    made = simulate(plant(cell.planted), WORLDS[cell.world], seed)
    company = Company(name=name, settings=Settings(name=name), tables={})
    # the simulator makes the panels that `panel` would make from its tables (tested)
    vars(company).update(panel=made.panel(), team_panel=made.team_panel())
    findings = correct([claim.design.company(claim, company) for claim in EFFECTS])
    return [_row(name, cell.truth(f.claim), f) for f in findings]


def _row(world: str, truth: float, finding: Finding) -> dict[str, object]:
    e, plain = finding.estimate, finding.naive
    return {
        "world": world,
        "claim": finding.claim,
        "truth": truth,
        "direction": finding.direction,
        "verdict": finding.verdict,
        "value": e.value if e else math.nan,
        "low": e.low if e else math.nan,
        "high": e.high if e else math.nan,
        "p": finding.p_value,
        "naive_p": plain.p_value if plain else math.nan,
        "naive_low": plain.low if plain else math.nan,
        "naive_high": plain.high if plain else math.nan,
    }


def _rates(part: pd.DataFrame) -> dict[str, object]:
    truth = float(part["truth"].iloc[0])
    known = part.loc[part["value"].notna()]
    error = known["value"] - truth
    decided = known["verdict"].isin(["supported", "contradicted"])
    side = np.where(known["verdict"] == "supported", known["direction"], -known["direction"])
    wrong = decided & (side != np.sign(truth))
    shares = {
        "rejected": known["p"] < SIGNIFICANCE,
        "covered": _holds(known["low"], known["high"], truth),
        **{
            v: known["verdict"] == v
            for v in ("supported", "contradicted", "negligible", "inconclusive")
        },
        "wrong_sign": wrong if not math.isnan(truth) else pd.Series(dtype=float),
        "naive_rejected": known["naive_p"] < SIGNIFICANCE,
        "naive_covered": _holds(known["naive_low"], known["naive_high"], truth),
    }
    result: dict[str, object] = {
        "world": part["world"].iloc[0],
        "claim": part["claim"].iloc[0],
        "truth": truth,
        "companies": len(known),
        "bias": float(error.mean()),
        "rmse": float(np.sqrt((error**2).mean())),
    }
    for name, hits in shares.items():
        share = float(hits.mean()) if len(hits) else math.nan
        result[name] = share
        result[f"{name}_se"] = math.sqrt(share * (1 - share) / len(known)) if len(hits) else share
    return result


def _holds(low: pd.Series, high: pd.Series, truth: float) -> pd.Series:
    if math.isnan(truth):
        return pd.Series(dtype=float)
    return (low <= truth) & (truth <= high)
