"""Team-months whose own deals act in a known way, and their quarters summed by a loop."""

from __future__ import annotations

import numpy as np
import pandas as pd

KNOT = 1.0


def curve(dose, low, high):
    return low * min(dose, KNOT) + high * max(dose - KNOT, 0)


def team_months(seed=0, teams=24, months=24, low=0.0, high=-0.1, reacts=0.0, sd=0.06, own=None):
    """Return team-months; own deals of a quarter move all its months, and may answer the last one.

    ``own`` multiplies the rate at which each team's manager closes deals.
    """
    rng = np.random.default_rng(seed)
    rate = rng.uniform(0.2, 0.9, teams) if own is None else np.asarray(own, float)
    rows = []
    for g in range(teams):
        shock, shocks, deals = 0.0, [], []
        for _ in range(months):
            deals.append(int(rng.poisson(rate[g] * np.exp(np.clip(-reacts * shock, -2, 2)))))
            shock = 0.4 * shock + rng.normal(0, sd)
            shocks.append(shock)
        for t in range(months):
            dose = sum(deals[t - t % 3 : t - t % 3 + 3])
            log = 11 + g / 10 + 0.1 * np.sin(t / 2) + shocks[t] + curve(dose, low, high)
            rows.append((f"T{g:02}", t, 8 * np.exp(log), 8.0, float(deals[t]), f"M{g:02}"))
    frame = pd.DataFrame(
        rows, columns=["team_id", "month_index", "revenue", "reps", "manager_deals", "manager_id"]
    )
    return frame.assign(
        group_id=frame["team_id"], complete=True, place=frame["month_index"] % 3
    )  # fmt: skip


def quarters_by_loop(frame):
    """Return one row per team-quarter: log result, dose, and the three months before."""
    rows = []
    for team, part in frame.groupby("team_id"):
        of = {r["month_index"]: r for r in part.to_dict("records")}
        for q in sorted({m // 3 for m in of}):
            now = [of.get(3 * q + k) for k in range(3)]
            before = [of.get(3 * q - k) for k in (1, 2, 3)]
            if None in now or None in before:
                continue
            rows.append(
                {
                    "team": team,
                    "group": now[0]["group_id"],
                    "quarter": q,
                    "y": np.log(sum(r["revenue"] for r in now) / sum(r["reps"] for r in now)),
                    "dose": sum(r["manager_deals"] for r in now),
                    "first": of[3 * q + 3]["manager_deals"] if 3 * q + 3 in of else np.nan,
                    **{f"b{k}": np.log(r["revenue"] / r["reps"]) for k, r in enumerate(before, 1)},
                    **{
                        f"m{k}": np.log(r["revenue"] / r["reps"])
                        for k, r in enumerate(now[::-1], 1)
                    },
                }
            )
    return pd.DataFrame(rows)
