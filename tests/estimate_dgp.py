"""A small rep-month world with planted truth, for size and coverage of the estimators."""

from __future__ import annotations

import numpy as np
import pandas as pd

BURN = 12


def simulate(
    seed: int,
    *,
    groups: int = 20,
    months: int = 24,
    effect: float = 0.0,
    spread: float = 0.0,
    strugglers: float = 0.0,
    memory: float = 0.3,
) -> pd.DataFrame:
    """Return rep-months: teams of 6 to 12 reps, log revenue, coaching hours.

    Parameters
    ----------
    effect, spread : float
        Mean over teams, and standard deviation between teams, of the log points that an hour adds
        to next month's revenue. Each team's own truth is in the column ``truth``.
    strugglers : float
        How strongly hours go to those whose last month was bad.
    memory : float
        Autocorrelation of a rep's monthly shock.
    """
    rng = np.random.default_rng(seed)
    size = rng.integers(6, 13, groups)
    team = np.repeat(np.arange(groups), size)
    reps = len(team)
    total = months + BURN + 1
    truth = effect + spread * rng.normal(size=groups)
    ability = rng.normal(0, 0.35, reps) + rng.normal(0, 0.15, groups)[team]
    generosity = np.log(3.0) + 0.4 * rng.normal(size=groups)
    season = 0.3 * np.cumsum(rng.normal(0, 0.06, total)) + rng.normal(0, 0.06, total)
    shock, weather = rng.normal(0, 0.3, reps), rng.normal(0, 0.1, groups)
    mood, hours = rng.normal(0, 0.35, groups), np.full(reps, 3.0)
    frames = []
    for t in range(total):
        mood = 0.5 * mood + np.sqrt(0.75) * rng.normal(0, 0.35, groups)
        weight = np.exp(0.6 * rng.normal(size=reps) - strugglers * shock / 0.3)
        weight /= (np.bincount(team, weight) / size)[team]
        given = np.exp(generosity + mood)[team] * weight
        shock = memory * shock + np.sqrt(1 - memory**2) * rng.normal(0, 0.3, reps)
        weather = 0.5 * weather + np.sqrt(0.75) * rng.normal(0, 0.1, groups)
        log = ability + season[t] + truth[team] * hours + shock + weather[team]
        hours = given
        if t >= BURN:
            frames.append(
                pd.DataFrame(
                    {
                        "rep": np.arange(reps),
                        "team": team,
                        "month_index": t - BURN,
                        "revenue": 1e4 * np.exp(log),
                        "coaching_hours": given,
                        "truth": truth[team],
                    }
                )
            )
    panel = pd.concat(frames, ignore_index=True)
    panel["rep_id"] = "R" + panel.pop("rep").astype(str).str.zfill(3)
    panel["team_id"] = "T" + panel.pop("team").astype(str).str.zfill(2)
    return panel.assign(
        group_id=panel["team_id"], complete=True, days_present=1.0, tenure_months=60.0
    )
