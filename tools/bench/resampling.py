"""Resampling on sufficient statistics against loops that refit every draw, on 40 clusters.

``OMP_NUM_THREADS=1 python -m tools.bench.resampling`` prints the rows. Loops are given their draws,
run on fewer of them and are scaled; before anything is timed, both sides must give the same p-value
(or interval) on the same draws.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import NDArray

from salesdiag.estimate.decompose import bootstrap_totals, bridge
from salesdiag.estimate.panel_ols import fixed_effects, wild_bootstrap
from salesdiag.estimate.permute import CELLS, TIE, max_t, usable
from salesdiag.estimate.resample import drawn_counts, drawn_orders, wild_weights
from tools.bench.rows import Row, spent

Array = NDArray[np.float64]
DRAWS = 10_000
FEWER = 100  # draws of a loop
CLUSTERS, PERIODS, TEAMS, BEHAVIOURS = 40, 39, 5, 12
MOST_MS, LEAST_TIMES = 50.0, 50.0
TIMES = 7


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A resampling and loops that do the same; each gives p-values or ends of intervals.

    Attributes
    ----------
    name : str
    ours : callable
        From a number of draws.
    loop, bare : callable
        On ``FEWER`` draws: as it is written with statsmodels or pandas; with numpy alone.
    """

    name: str
    ours: Callable[[int], Array]
    loop: Callable[[], Array]
    bare: Callable[[], Array]


def rows(scratch: Path) -> list[Row]:
    """Measure every kind of resampling.

    Parameters
    ----------
    scratch : Path
        Not used: nothing is written.

    Raises
    ------
    ValueError
        A loop does not give the same on the same draws.
    """
    return [row for kind in kinds() for row in _measured(kind)]


def kinds() -> Iterator[Kind]:
    """Yield what is compared."""
    yield _wild()
    yield _permuted("permutation within teams, one behaviour", 1)
    yield _permuted(f"max-T, {BEHAVIOURS} behaviours", BEHAVIOURS)
    yield _totals()


def _measured(kind: Kind) -> list[Row]:
    ours = kind.ours(FEWER)
    for run in (kind.loop, kind.bare):
        if not np.allclose(ours, theirs := run(), rtol=1e-10, atol=0):
            raise ValueError(f"{kind.name}: a loop gives {theirs}, not {ours}, on the same draws")
    mine = _ms(lambda: kind.ours(DRAWS), TIMES)
    scale = DRAWS / FEWER
    loop, bare = (scale * _ms(run, 3) for run in (kind.loop, kind.bare))
    return [
        Row(
            what=f"{kind.name}: processor time of {DRAWS:,} draws, {CLUSTERS} clusters",
            measured=mine, bound=MOST_MS, at_least=False, unit="ms",
            detail=f"median of {TIMES}, with the fit, or what else precedes the draws",
        ),
        Row(
            what=f"{kind.name}: loop over refits against it",
            measured=loop / mine, bound=LEAST_TIMES, at_least=True,
            detail=f"{loop:,.0f} ms ({FEWER} draws, scaled) against {mine:.1f} ms; a loop in numpy "
            f"alone {bare:,.0f} ms ({bare / mine:.0f} x); same result on the same draws",
        ),
    ]  # fmt: skip


def _ms(run: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        with spent() as one:
            run()
        taken.append(1000 * one.cpu)
    return statistics.median(taken)


def _wild() -> Kind:
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(CLUSTERS), PERIODS)
    n = len(group)
    x = rng.normal(size=n) + rng.normal(size=CLUSTERS)[group]
    y = 0.1 * x + rng.normal(size=n) + rng.normal(size=CLUSTERS)[group]
    given = np.column_stack([x, rng.normal(size=n), np.ones(n)])

    def ours(draws: int) -> Array:
        fit = fixed_effects(y, given, None, group, names=["x", "z", "constant"])
        return np.array([wild_bootstrap(fit, "x", draws=draws).p_value])

    def statsmodels(outcome: Array) -> float:
        clustered = {"cov_type": "cluster", "cov_kwds": {"groups": group}}
        return float(sm.OLS(outcome, given).fit(**clustered).tvalues[0])

    def bare(outcome: Array) -> float:
        inverse = np.linalg.inv(given.T @ given)
        b = inverse @ (given.T @ outcome)
        scores = np.zeros((CLUSTERS, 3))
        np.add.at(scores, group, given * (outcome - given @ b)[:, None])
        se = np.sqrt((inverse @ (scores.T @ scores) @ inverse)[0, 0])
        # the factor that statsmodels has
        return float(b[0] / se / np.sqrt(CLUSTERS / (CLUSTERS - 1) * (n - 1) / (n - 3)))

    def p(t: Callable[[Array], float]) -> Array:
        mean = given[:, 1:] @ np.linalg.lstsq(given[:, 1:], y, rcond=None)[0]
        weights, _ = wild_weights(CLUSTERS, FEWER, 0)
        seen, drawn = abs(t(y)), [abs(t(mean + (y - mean) * w[group])) for w in weights]
        return np.array([(np.sum(np.array(drawn) >= seen * (1 - TIE)) + 1) / (FEWER + 1)])

    return Kind(
        name="wild cluster bootstrap",
        ours=ours,
        loop=lambda: p(statsmodels),
        bare=lambda: p(bare),
    )


def _permuted(name: str, behaviours: int) -> Kind:
    rng = np.random.default_rng(1)
    names = [f"b{i}" for i in range(behaviours)]
    people = pd.DataFrame(rng.normal(size=(CLUSTERS, behaviours)), columns=names)
    people["team_id"] = np.arange(CLUSTERS) % TEAMS
    people["performance"] = 0.3 * people["b0"] + rng.normal(size=CLUSTERS)
    frame, _ = usable(people, names, "performance", "team_id")
    team = frame["team_id"].to_numpy()
    y = frame["performance"].to_numpy()
    dummies = np.eye(TEAMS)[team]
    given = [np.column_stack([frame[b], dummies]) for b in names]

    def statsmodels(x: Array, outcome: Array) -> float:
        return float(sm.OLS(outcome, x).fit(cov_type="HC3").tvalues[0])

    def bare(x: Array, outcome: Array) -> float:
        inverse = np.linalg.inv(x.T @ x)
        b = inverse @ (x.T @ outcome)
        left = (outcome - x @ b) / (1 - np.einsum("ij,jk,ik->i", x, inverse, x))
        scores = x * left[:, None]
        return float(b[0] / np.sqrt((inverse @ (scores.T @ scores) @ inverse)[0, 0]))

    orders = np.concatenate(list(drawn_orders(team, FEWER, 0, at_once=CELLS)))

    def p(t: Callable[[Array, Array], float]) -> Array:
        drawn = np.array([[abs(t(x, y[order])) for x in given] for order in orders])
        return np.asarray((drawn.max(axis=1)[:, None] >= drawn[0] * (1 - TIE)).mean(axis=0))

    return Kind(
        name=name,
        ours=lambda draws: max_t(people, names, draws=draws).table["p_single_step"].to_numpy(),
        loop=lambda: p(statsmodels),
        bare=lambda: p(bare),
    )


def _totals() -> Kind:
    rng = np.random.default_rng(2)
    factors = ["accounts", "orders_each", "order_value"]
    before = pd.DataFrame(rng.gamma(5, 2, (CLUSTERS, 3)), columns=factors)
    after = before * rng.lognormal(0, 0.2, before.shape)
    before, after = before.iloc[:-3], after.iloc[3:]  # some join, some leave
    parts = bridge(before, after, factors)
    n = len(parts)
    counts = next(drawn_counts(n, FEWER, 0, at_once=FEWER)).astype(int)

    def ends(totals: list[Array]) -> Array:
        return np.quantile(np.array(totals), [0.025, 0.975], axis=0).T

    def again(count: NDArray[np.int64]) -> Array:
        drawn = np.repeat(parts.index.to_numpy(), count)
        was, now = (side.reindex(drawn).set_axis(np.arange(n)).dropna() for side in (before, after))
        return bridge(was, now, factors).sum().to_numpy()

    table = parts.to_numpy()
    return Kind(
        name="cluster bootstrap of a decomposition",
        ours=lambda draws: bootstrap_totals(bridge(before, after, factors), draws=draws)[
            ["low", "high"]
        ].to_numpy(),
        loop=lambda: ends([again(count) for count in counts]),
        bare=lambda: ends([np.repeat(table, count, axis=0).sum(axis=0) for count in counts]),
    )


if __name__ == "__main__":
    for row in rows(Path()):
        print(f"{'kept' if row.kept else 'MISSED':6} {row.what}: {row.measured:,.1f} {row.unit}")
        print(f"       bound {row.bound:g}; {row.detail}")
