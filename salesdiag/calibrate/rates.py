"""From rows of single companies to rates with their Monte Carlo error."""

from __future__ import annotations

import math

import pandas as pd

from salesdiag.calibrate.said import JUDGED

KEYS = ["world", "claim", "analysis"]
SHARES = tuple(name for name in JUDGED if name not in ("error", "square", "wrong_sign"))


def rates(rows: pd.DataFrame) -> pd.DataFrame:
    """Return error rates by world, claim and analysis.

    Parameters
    ----------
    rows : DataFrame
        Of :func:`~salesdiag.calibrate.trials.trial`.

    Returns
    -------
    DataFrame
        ``world``, ``claim``, ``analysis``, ``asked`` (companies simulated), ``companies`` (in
        which it could be made), ``truth`` (mean), ``bias``, ``rmse``, the shares ``rejected``
        (p < .05: size where the truth is 0, else power), ``rejected_up``, ``rejected_down``,
        ``covered`` (95 % intervals that hold the truth), each verdict, ``decided`` and
        ``sign_error`` (share of the decided with the wrong sign, where something is true); Monte
        Carlo standard errors in columns ending in ``_se``.
    """
    found = [
        dict(zip(KEYS, key, strict=True)) | _rates(part)
        for key, part in rows.groupby(KEYS, sort=False)
    ]
    return pd.DataFrame(found)


def _rates(part: pd.DataFrame) -> dict[str, object]:
    known = part[part["rejected"].notna()]
    n = len(known)
    bias, bias_se = _mean(known["error"])
    result: dict[str, object] = {
        "asked": len(part),
        "companies": n,
        "truth": float(known["truth"].mean()),
        "bias": bias,
        "bias_se": bias_se,
        "rmse": math.sqrt(known["square"].mean()) if n else math.nan,
    }
    for name in SHARES:
        result[name], result[f"{name}_se"] = _mean(known[name])
    result["sign_error"], result["sign_error_se"] = _sign_errors(known)
    return result


def _sign_errors(known: pd.DataFrame) -> tuple[float, float]:
    """Return the share of the decided with the wrong sign, where there is a sign to be right."""
    true = known[known["truth"].notna() & (known["truth"] != 0)]
    decided, wrong = true["decided"].sum(), true["wrong_sign"].sum()
    if not decided > 0:
        return math.nan, math.nan
    share = float(wrong / decided)
    away = true["wrong_sign"] - share * true["decided"]
    return share, math.sqrt((away**2).sum()) / float(decided)  # of a ratio of two counts


def _mean(values: pd.Series) -> tuple[float, float]:
    """Return mean and standard error; for a count of companies that of a share."""
    known = values.dropna()
    if known.empty:
        return math.nan, math.nan
    return float(known.mean()), float(known.std(ddof=0) / math.sqrt(len(known)))
