"""What changes the hazard of leaving: regression of person-months."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from salesdiag.estimate.blocks import Array
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.finding import Estimate
from salesdiag.text import methods as words

MIN_GROUPS = 5
PER_COEFFICIENT = 5
"""Leavers needed for each coefficient of a regression."""
MOST_LOG_HAZARD = 1.5  # on the complementary log-log scale: a monthly hazard of 99 %
LONGEST_LOG_RATIO = 10.0  # per standard deviation; beyond, the likelihood has no maximum
STEPS = 60
LONGEST_STEP = 2.0
SETTLED = 1e-8
AT_ONCE = 4_000_000  # cells of the fits made together


def cloglog(x: Array, leavers: Array, at_risk: Array, offset: Array | float = 0.0) -> Array:
    """Fit several complementary log-log regressions of counts at once, by Fisher scoring.

    Parameters
    ----------
    x : array, shape (M, K)
        Design shared by all fits.
    leavers : array, shape (D, M)
        Counts of each fit.
    at_risk : array, shape (M,) or (D, M)
    offset : array, shape (M,) or (D, M)
        Known part of the log hazard.

    Returns
    -------
    array, shape (D, K)
        Coefficients; where the likelihood has no maximum, those after the last step.

    References
    ----------
    Prentice, R. L. and Gloeckler, L. A. (1978). Regression analysis of grouped survival data with
    application to breast cancer data. Biometrics 34.
    """
    trials = np.broadcast_to(at_risk, leavers.shape)
    level = np.log(np.maximum(leavers.sum(axis=1), 0.5) / trials.sum(axis=1))
    # projecting the overall level on the design starts every fit at a constant hazard
    b = level[:, None] * np.linalg.lstsq(x, np.ones(len(x)), rcond=None)[0]
    pairs = (x[:, :, None] * x[:, None, :]).reshape(len(x), -1)
    k = x.shape[1]
    for _ in range(STEPS):
        rate = np.exp(np.clip(b @ x.T + offset, -30.0, MOST_LOG_HAZARD))
        hazard = -np.expm1(-rate)
        slope = rate / hazard
        score = (slope * (leavers - trials * hazard)) @ x
        information = ((trials * rate * slope * (1 - hazard)) @ pairs).reshape(-1, k, k)
        information += 1e-10 * np.eye(k)
        step = np.linalg.solve(information, score[:, :, None])[:, :, 0]
        step *= np.minimum(1.0, LONGEST_STEP / np.maximum(np.abs(step).max(axis=1), 1e-300))[
            :, None
        ]
        b = b + step
        if np.abs(step).max(initial=0.0) < SETTLED:
            break
    return np.asarray(b)


def hazard_ratio(
    rows: pd.DataFrame,
    covariate: str,
    *,
    controls: Sequence[str] = (),
    group: str = "group",
) -> Estimate:
    """Estimate how the hazard of leaving changes with a covariate, given tenure.

    A discrete-time proportional hazards regression of person-months: complementary log-log of the
    monthly hazard on the logarithm of tenure, the covariate and controls; leave-one-group-out
    jackknife (CV3), t of groups less one.

    Parameters
    ----------
    rows : DataFrame
        Person-months with ``tenure`` and ``left`` (:func:`person_months`), covariate, controls and
        group.
    covariate : str
        Number; its value in each month has to be known before the month.
    controls : sequence of str
        Further numbers.
    group : str
        Column of independent groups.

    Returns
    -------
    Estimate
        In ``log_hazard_ratio`` per unit of the covariate.

    Raises
    ------
    NotEstimable
        Too few groups or leavers, or the covariate does not vary or decides alone.

    References
    ----------
    Prentice and Gloeckler (1978), Biometrics 34; MacKinnon, Nielsen and Webb (2023), Journal of
    Applied Econometrics 38 (jackknife).
    """
    missing = rows[covariate].isna()
    lacking = rows[list(controls)].isna().any(axis=1) & ~missing
    causes = {"driver_missing": int(missing.sum()), "control_missing": int(lacking.sum())}
    kept = rows[~missing & ~lacking]
    codes, names = pd.factorize(kept[group], sort=True)
    if len(names) < MIN_GROUPS:
        raise NotEstimable(words.TOO_FEW_GROUPS(n=len(names), needed=MIN_GROUPS))
    x = np.column_stack(
        [np.ones(len(kept)), np.log(kept["tenure"]), kept[[covariate, *controls]].astype(float)]
    )
    left = kept["left"].to_numpy(dtype=float)
    needed = PER_COEFFICIENT * x.shape[1]
    if left.sum() < needed:
        raise NotEstimable(words.TOO_FEW_LEAVERS(n=int(left.sum()), needed=needed))
    centre, scale = x[:, 1:].mean(axis=0), x[:, 1:].std(axis=0)
    z = np.column_stack([x[:, :1], (x[:, 1:] - centre) / np.where(scale > 0, scale, 1.0)])
    if np.linalg.matrix_rank(z) < z.shape[1]:
        raise NotEstimable(words.NO_VARIATION())
    g = len(names)
    whole = cloglog(z, left[None], np.ones(len(left)))[:, 2]
    b = np.concatenate([whole, _without_each(z, left, codes, g)]) / scale[1]
    if not np.abs(b * scale[1]).max() < LONGEST_LOG_RATIO:
        raise NotEstimable(words.ONE_GROUP_DECIDES())
    return Estimate(
        value=float(b[0]),
        se=float(np.sqrt((g - 1) / g * ((b[1:] - b[0]) ** 2).sum())),
        df=g - 1,
        unit="log_hazard_ratio",
        n=len(kept),
        groups=g,
        method=words.HAZARD_REGRESSION(df=g - 1),
        leave_one_out=dict(zip(map(str, names), b[1:].tolist(), strict=True)),
        dropped={k: v for k, v in causes.items() if v},
    )


def _without_each(x: Array, left: Array, codes: np.ndarray, groups: int) -> Array:
    """Return the covariate's coefficient without each group; its rows then weigh nothing."""
    found = []
    batch = max(AT_ONCE // len(left), 1)
    for first in range(0, groups, batch):
        out = np.arange(first, min(first + batch, groups))
        weight = (codes != out[:, None]).astype(float)
        found.append(cloglog(x, left * weight, weight)[:, 2])
    return np.concatenate(found)
