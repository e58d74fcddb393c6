"""What could make the curve of own deals wrong, in numbers.

A manager who sells because the team fails in the same quarter looks like a manager whose selling
makes the team fail. No regression of that quarter tells them apart. Three things bear on it: how
the deals of the month after a quarter answer its last month (a reaction that harm of the quarter
itself cannot cause), what the estimate would be if they answered the quarter's own months as
strongly, and what happens where another manager comes, who sells more or less for reasons that are
not the quarter's result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from salesdiag.estimate.blocks import Array, Codes
from salesdiag.estimate.dose import MIN_MOVERS, Curve, basis, history, regress
from salesdiag.estimate.naive import normal
from salesdiag.estimate.panel_ols import LinearFit, fixed_effects, jackknife_se
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.estimate.team_quarters import QUARTER, TeamQuarters
from salesdiag.finding import Estimate, Naive
from salesdiag.text import methods as words

MIN_STAY = 2  # quarters of one manager
SHORTFALL = float(np.log(0.9))


def reaction(rows: TeamQuarters) -> Estimate:
    """Ask whether managers sell after a bad month, where the month cannot be their selling's doing.

    Own deals of the first month after a quarter on the log result of the quarter's last month,
    given its other months and the quarter's own deals. Within a quarter the same regression would
    take harm for reaction, as deals that close in its third month may cost results in its first; on
    planted harm of 5 % a deal (60 teams) it found a reaction in .84 where there was none, this one
    in .01. Deals a month per log point; negative: they sell more after a bad month.

    Raises
    ------
    NotEstimable
        Too few rows, or nothing varies.
    """
    months = {f"month_{k + 1}": rows.month_results[:, k] for k in range(QUARTER)}
    fitted = regress(
        rows, months | {"dose": rows.dose}, words.QUARTER_REACTION(), outcome=rows.dose_after
    )
    return fitted.estimate({"month_1": 1.0}, unit="ratio")


def bend(rows: TeamQuarters) -> float:
    """Return by how much an effect per deal moves if deals answer the same quarter's result.

    Returns
    -------
    float
        Log points per deal, for each deal per log point of the quarter's result.

    Notes
    -----
    With doses ``x = x0 + k e``, where ``e`` is what the regression leaves of the result, the slope
    of a straight line is off by ``k e'e / x'x``, ``x`` being what it leaves of the dose. On planted
    companies whose managers sell after bad months, three times the :func:`reaction` in place of
    ``k`` gave -.0148 where the mean effect was off by -.0125 and the slope beyond by -.0099; -.0116
    for -.0104 and -.0074; -.0324 for -.0350 and -.0233.
    """
    some = _positive(rows)
    fit = regress(some, {"dose": some.dose} | history(some), words.QUARTER_OTHER()).fit
    if not isinstance(fit, LinearFit) or not fit.names or fit.names[0] != "dose":
        raise NotEstimable(words.NO_VARIATION())
    return float(fit.rss * np.linalg.inv(fit.xx.sum(axis=0))[0, 0])


def tipping(estimate: Estimate, bends: float) -> float:
    """Return the reaction that brings the interval to zero: own deals more per 10 % shortfall.

    Negative: it takes managers who sell more when the same quarter goes well. 0 where the interval
    holds zero anyway. What is left of the result is less than what managers would have answered, as
    the deals have taken a part of it along (:class:`salesdiag.estimate.sensitivity.Foresight`).
    """
    edge = _edge(estimate)
    if not bends > 0:
        return float("nan")
    return edge / bends / (1 + edge * edge / bends) * SHORTFALL


def moved(estimate: Estimate, deals: float, bends: float) -> float:
    """Return how far a reaction may have moved an effect, either way.

    A side of zero survives it if, and only if, what :func:`tipping` asks for is more.

    Parameters
    ----------
    estimate : Estimate
    deals : float
        Own deals more per 10 % shortfall of the same quarter, not negative.
    bends : float
        See :func:`bend`.

    Returns
    -------
    float
        Log points per deal. A bias ``E`` takes a reaction of ``E / (bends + E^2)`` deals per log
        point, which falls again beyond ``E^2 = bends``: deals that follow little but the result
        make large slopes. Infinite where the interval lies there, or any bias can be made.
    """
    k = deals / abs(SHORTFALL)
    if k == 0:
        return 0.0
    left = 1 - 4 * k * k * bends if bends > 0 else -1.0
    if not left > 0:
        return float("inf")
    least, most = ((1 + sign * np.sqrt(left)) / (2 * k) for sign in (-1, 1))
    return float(least if abs(_edge(estimate)) < most else np.inf)


def _edge(estimate: Estimate) -> float:
    """Return the end of the interval that is nearer to zero; 0 where the interval holds it."""
    ends = estimate.interval()
    return ends.low if ends.low > 0 else ends.high if ends.high < 0 else 0.0


def corrected(estimate: Estimate, reacts: Estimate, bends: float) -> Estimate:
    """Return an estimate less what a reaction as strong within the quarter would add to it.

    Every month's deals are taken to answer as those of the month after a quarter answer its last
    month, so that the quarter's deals answer a shortfall of the whole quarter three times as
    strongly. Both come from the same groups and are left out together.
    """
    moved = QUARTER * bends
    whole = np.array(list(estimate.leave_one_out.values()))
    loo = {
        g: v - moved * reacts.leave_one_out.get(g, reacts.value)
        for g, v in estimate.leave_one_out.items()
    }
    value = estimate.value - moved * reacts.value
    # the scale of the estimate's own standard error is kept
    scale = estimate.se / jackknife_se(estimate.value, whole)
    return replace(
        estimate,
        value=value,
        se=scale * jackknife_se(value, np.array(list(loo.values()))),
        leave_one_out=loo,
    )


def by_manager(curve: Curve, reading: str) -> Estimate:
    """Return a reading from changes of manager alone: each manager's mean dose in the team.

    What a quarter's result does to the same quarter's deals hardly enters a mean over a manager's
    time. History is left out, since a manager's selling has shaped it.

    Raises
    ------
    NotEstimable
        Fewer than five groups have a team with two managers of two quarters each.
    """
    rows = curve.fitted.rows
    columns = basis(rows.dose, curve.knot, curve.beyond)
    if not curve.bent:
        del columns["kink"]
    frame = pd.DataFrame({"unit": rows.unit, "manager": rows.manager, **columns})
    stays = frame.groupby(["unit", "manager"])[list(columns)]
    enough = stays.transform("size").to_numpy() >= MIN_STAY
    means = stays.transform("mean").to_numpy()
    means = np.where(enough[:, None], means, np.nan)
    known = frame.loc[enough].groupby("unit")["manager"].nunique()
    changed = np.isin(rows.unit, known.index[known > 1])
    groups = len(np.unique(rows.group[changed]))
    if groups < MIN_MOVERS:
        raise NotEstimable(words.TOO_FEW_CHANGES(n=groups, needed=MIN_MOVERS))
    made = dict(zip(columns, means.T, strict=True))
    return regress(rows, made, words.QUARTER_MANAGERS()).estimate(curve.weights(reading))


def next_quarter(curve: Curve) -> Estimate:
    """Return the effect per own deal on the others' result of the quarter after.

    Given that quarter's own deals; history is left out, since the deals have shaped it.

    Raises
    ------
    NotEstimable
        Too few quarters follow another.
    """
    rows = curve.fitted.rows
    columns = basis(rows.dose, curve.knot, curve.beyond)
    fitted = regress(rows, {"before": rows.dose_before} | columns, words.QUARTER_AFTER())
    return fitted.estimate({"before": 1.0})


def others(curve: Curve, reading: str) -> list[float]:
    """Return a reading under other defensible choices, as far as they can be fitted."""
    rows = curve.fitted.rows
    columns = _columns(curve)
    before = history(rows)
    choices = [
        (rows, columns),
        (rows, columns | {"before_1": before["before_1"]}),
        (rows, columns | before | {"dose_before": rows.dose_before}),
    ]
    if rows.family == "log":
        choices.append((replace(rows, y=np.exp(rows.y), family="poisson"), columns | before))
    found = []
    for made, chosen in choices:
        try:
            fitted = regress(made, chosen, words.QUARTER_OTHER())
            found.append(fitted.estimate(curve.weights(reading)).value)
        except NotEstimable:
            continue
    return found


def _columns(curve: Curve) -> dict[str, Array]:
    columns = basis(curve.fitted.rows.dose, curve.knot, curve.beyond)
    return columns if curve.bent else {"dose": columns["dose"]}


def plain(curve: Curve, reading: str) -> Naive:
    """Return the reading that least squares over all team-quarters gives, as if independent.

    Raises
    ------
    NotEstimable
        Nothing varies.
    """
    value, se, df = _pooled(curve, reading)
    return normal(value, se, words.NAIVE_QUARTERS(), df=df)


def steps(curve: Curve, reading: str) -> Mapping[str, float]:
    """Return a reading on its way from the plain one to the estimate.

    Returns
    -------
    mapping
        ``plain`` (all team-quarters), ``within`` (each team with itself), ``quarters`` (each
        quarter with itself, too), ``estimate`` (given the months before).
    """
    rows = _positive(curve.fitted.rows)
    made = replace(curve, fitted=replace(curve.fitted, rows=rows))
    w = made.weights(reading)
    columns = _columns(made)
    X, names = np.column_stack(list(columns.values())), list(columns)

    def value(dummies: list[Codes]) -> float:
        fit = fixed_effects(rows.y, X, rows.unit, rows.group, names=names, dummies=dummies)
        return sum(w[n] * fit.value(n) for n in w) if set(w) <= set(fit.names) else float("nan")

    return {
        "plain": _pooled(curve, reading)[0],
        "within": value([]),
        "quarters": value([rows.effects]),
        "estimate": curve.fitted.estimate(w).value,
    }


def _positive(rows: TeamQuarters) -> TeamQuarters:
    """Return the rows with log results."""
    if rows.family == "log":
        return rows
    some = rows.only(rows.y > 0)
    return replace(some, y=np.log(some.y), family="log")


def _pooled(curve: Curve, reading: str) -> tuple[float, float, int]:
    rows = _positive(curve.fitted.rows)
    made = replace(curve, fitted=replace(curve.fitted, rows=rows))
    columns, w = _columns(made), made.weights(reading)
    X = np.column_stack([*columns.values(), np.ones(len(rows.y))])
    c = np.array([*(w.get(n, 0.0) for n in columns), 0.0])
    if np.linalg.matrix_rank(X) < X.shape[1]:
        raise NotEstimable(words.NO_VARIATION())
    inverse = np.linalg.inv(X.T @ X)
    beta = inverse @ X.T @ rows.y
    df = len(rows.y) - X.shape[1]
    rss = float(((rows.y - X @ beta) ** 2).sum())
    return float(c @ beta), float(np.sqrt(rss / df * c @ inverse @ c)), df
