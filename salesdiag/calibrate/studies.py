"""Tests whose claims are still to come, on planted companies: leaving, behaviours, adoption.

Each study takes a company and yields what the test and the usual analysis say of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from salesdiag.calibrate.said import Said
from salesdiag.estimate import behaviours, did, hazard_scan, naive, permute
from salesdiag.estimate.panel_ols import fixed_effects
from salesdiag.finding import Naive
from salesdiag.simulate import Simulation, records
from salesdiag.simulate.truth import BEHAVIOURS
from salesdiag.text import methods as words

Heard = Iterator[tuple[str, Said]]
DRAWS = 499
HALF = 12
"""Months in which behaviours are seen; results are those of the months after."""
LEAST_MONTHS = 3
NOISE = 0.5
"""SD of what a log shows of a behaviour around the behaviour itself."""


def leaving(made: Simulation) -> Heard:
    """Scan tenure for a point at which reps leave."""
    spells = _spells(made)
    found = hazard_scan.scan(spells, draws=DRAWS, seed=made.seed)
    truth = _ratio(made, found)
    yield "test", Said(
        value=found.ratio.value, low=found.ratio.low, high=found.ratio.high, p=found.p_value,
        truth=truth,
    )  # fmt: skip
    yield "month_by_month", _naive(hazard_scan.naive_months(spells), truth)


def _ratio(made: Simulation, found: hazard_scan.Scan) -> float:
    """Return the true log hazard ratio of the window found, over those to be expected there."""
    first, last = found.window
    inside = found.table[found.table["month"].between(first, last)]
    near = (inside["month"] - made.truth.cliff_month).abs() <= 1
    ratio = np.where(near, made.truth.cliff_ratio, 1.0)
    return math.log(np.average(ratio, weights=inside["at_risk"] * inside["smooth"]))


def _spells(made: Simulation) -> pd.DataFrame:
    """Return spells of reps with tenure at first and last sight; those promoted are censored."""
    course, burn = made.course, made.world.burn
    seats = course.person[burn:]
    stop = len(course.person) - 1  # nobody leaves at the end of the last month
    month, seat = np.indices(seats.shape)
    seen = pd.DataFrame(
        {
            "person": seats.ravel(),
            "month": month.ravel() + burn,
            "group": course.setup.team[seat.ravel()],
        }
    )
    rows = seen.groupby("person").agg(
        first=("month", "min"), last=("month", "max"), group=("group", "last")
    )
    hired = np.array([course.people[p].hired for p in rows.index])
    gone = np.array([course.people[p].left or -1 for p in rows.index])
    return pd.DataFrame(
        {
            "entry": rows["first"] - hired,
            "exit": np.minimum(rows["last"] + 1, stop) - hired,
            "left": gone == rows["last"] + 1,
            "group": rows["group"],
        }
    )


def top_reps(made: Simulation) -> Heard:
    """Compare behaviours, as logs show them in one year, with results of the year after."""
    yield from _behaviours(made, _logged(made), _performance(made, later=True))


def rated_reps(made: Simulation) -> Heard:
    """Do the same with managers' ratings, which know the results."""
    yield from _behaviours(made, _rated(made), _performance(made, later=True))


def _behaviours(made: Simulation, seen: pd.DataFrame, results: pd.DataFrame) -> Heard:
    names = list(BEHAVIOURS)
    found = permute.max_t(results.merge(seen, on="rep_id"), names, draws=DRAWS, seed=made.seed)
    gaps = behaviours.naive_gaps(_performance(made, later=False).merge(seen, on="rep_id"), names)
    real = [n for n, w in zip(names, made.truth.behaviours, strict=True) if w]
    # where one behaviour matters the question is that one, otherwise any
    asked = real[:1] or names
    row = found.table.loc[asked].sort_values("p_step_down").iloc[0]
    yield "test", Said(
        value=float(row["effect"]), low=float(row["low"]), high=float(row["high"]),
        p=float(row["p_step_down"]),
        truth=math.nan if real else 0.0,  # an effect is per SD of what was seen, noise included
    )  # fmt: skip
    least = min((gaps[n] for n in asked if n in gaps), key=lambda gap: gap.p_value)
    yield "gap_by_gap", _naive(least, math.nan if real else 0.0)


def _performance(made: Simulation, *, later: bool) -> pd.DataFrame:
    """Return reps' mean log results against the month's mean, in the first year or after it."""
    panel = made.panel()
    when = panel["month_index"] >= HALF if later else panel["month_index"] < HALF
    rows = panel[when & (panel["revenue"] > 0) & (panel["days_present"] > 0.5)]
    y = pd.Series(np.log(rows["revenue"] / rows["days_present"]), index=rows.index)
    y = y - y.groupby(rows["month_index"]).transform("mean")
    found = rows[["rep_id", "team_id"]].assign(performance=y)
    means = found.groupby(["rep_id", "team_id"])["performance"].agg(["mean", "size"])
    means = means[means["size"] >= LEAST_MONTHS].sort_values("size", kind="stable").reset_index()
    means = means.drop_duplicates("rep_id", keep="last").rename(columns={"mean": "performance"})
    return means[["rep_id", "team_id", "performance"]]


def _logged(made: Simulation) -> pd.DataFrame:
    month = made.world.burn + HALF - 1
    true = made.course.behaviours[month]
    noise = NOISE * np.random.default_rng([made.seed, HALF]).standard_normal(true.shape)
    ids = made.roster.person_ids[made.course.person[month]]
    return pd.DataFrame(true + noise, columns=list(BEHAVIOURS)).assign(rep_id=ids)


def _rated(made: Simulation) -> pd.DataFrame:
    ratings = records.skills(made.roster)
    start = np.datetime64(made.world.last_month, "M") - (made.world.months - 1)
    early = ratings[ratings["assessed_on"] < pd.Timestamp(start + HALF)]
    wide = early.pivot_table(index="person_id", columns="skill", values="score")
    return wide.rename_axis("rep_id").reset_index()


def review(made: Simulation) -> Heard:
    """Ask what a weekly review did to discovery meetings of the teams that took it up."""
    keys, held = ["team_id", "month_index"], made.course.kpi
    sums = made.panel().groupby(keys)[["discovery_meetings", "days_present"]].sum().reset_index()
    panel = made.team_panel().merge(sums, on=keys)
    panel = panel.assign(meetings=panel["discovery_meetings"] / panel["days_present"])
    first = np.where(held.any(0), held.argmax(0) - float(made.world.burn), np.nan)
    start = pd.Series(first, index=sorted(panel["team_id"].unique()))
    truth = made.truth.kpi_review
    found = did.imputation(panel, start, outcome="meetings", draws=DRAWS, seed=made.seed)
    both = {
        "test": (found.estimate.interval(), found.estimate.p_value),
        "randomisation": (found.randomisation.interval("log_points"), found.randomisation.p_value),
    }
    for name, (ends, p) in both.items():
        yield name, Said(value=ends.value, low=ends.low, high=ends.high, p=p, truth=truth)
    known = start.dropna()
    plain = naive.before_after(panel, known, outcome="meetings", months=3)
    yield "before_after", _naive(plain, truth)
    two_way = _two_way(panel, panel["month_index"] >= panel["team_id"].map(start))
    yield "two_way_fixed_effects", _naive(two_way, truth)


def _two_way(panel: pd.DataFrame, on: pd.Series) -> Naive:
    """Regress log meetings on the measure with effects of team and month, clustered by team."""
    rows = panel["meetings"] > 0
    part = panel[rows]
    fit = fixed_effects(
        np.log(part["meetings"]), on[rows].astype(float).to_frame("on"), part["team_id"],
        part["team_id"], names=["on"], dummies=[part["month_index"]],
    )  # fmt: skip
    return naive.normal(fit.value("on"), math.sqrt(fit.cv1[0, 0]), words.NAIVE_TWO_WAY())


def _naive(found: Naive, truth: float) -> Said:
    """Return what a usual analysis said; it is right only about whether there is anything."""
    told = truth if truth == 0 else math.nan
    return Said(value=found.value, low=found.low, high=found.high, p=found.p_value, truth=told)


STUDIES: Mapping[str, Callable[[Simulation], Heard]] = MappingProxyType(
    {
        "reps-leave-at-a-point": leaving,
        "kpi-rhythm": review,
        "top-versus-average": top_reps,
        "top-versus-average (ratings)": rated_reps,
    }
)
"""Studies by the claim that they are for."""
