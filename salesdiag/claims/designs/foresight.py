"""What managers may have seen coming: how far it bends an effect, and what shows that it did."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from salesdiag.company import Company
from salesdiag.estimate import dynamic
from salesdiag.estimate import sensitivity as strength
from salesdiag.estimate.blocks import Array
from salesdiag.estimate.design import Design, DynamicPanel, design
from salesdiag.estimate.panel_ols import LinearFit
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.estimate.response import cumulative, gradient, responses
from salesdiag.finding import Estimate, Guard, Interval, Sensitivity
from salesdiag.panel import rep_months
from salesdiag.text import claims as words

RISE = math.log(1.1)  # a rep who is about to sell 10 % more
MINUTES = 60
SIGNIFICANCE = 0.05
NARROW = 0.90


def foresight_of(
    panel: pd.DataFrame, primary: dynamic.Dynamic, late: dynamic.Dynamic | None = None
) -> strength.Foresight:
    """Return how foresight of the next month bends an effect.

    Where the pipeline at the end of the month of the hours is recorded, what it foretells is looked
    at by itself (it must agree); the surprise is then what is left of the result given it.

    Parameters
    ----------
    panel : DataFrame
    primary : Dynamic
    late : Dynamic, optional
        The same with the pipeline at the end of the month.
    """
    made = _linear(design(panel, primary.spec))
    fit = primary.fit if isinstance(primary.fit, LinearFit) else _refit(made)
    names = [n for n, _ in primary.equations]

    def total(coefficients: Sequence[Array]) -> float:
        now = [(n, b[None]) for n, b in zip(names, coefficients, strict=True)]
        return float(cumulative(primary.spec, responses(primary.spec, now))[0])

    found = strength.foresight(
        fit,
        [n for n in dynamic.driver_names(primary.spec) if n in fit.names],
        total,
        [b[0] for _, b in primary.equations],
        _shared(made, fit, len(names)),
    )
    if late is not None and isinstance(late.fit, LinearFit):
        left = math.sqrt(late.fit.rss / late.fit.residual_df)
        found = replace(found, surprise_sd=min(found.surprise_sd, left))
    return found


def _linear(made: Design) -> Design:
    """Return a design with log results, or results in units of the rep's mean for a Poisson one."""
    if made.family == "log":
        return made
    codes = np.unique(made.unit, return_inverse=True)[1]
    mean = np.bincount(codes, made.y) / np.bincount(codes)
    part = made.rows(mean[codes] > 0)
    scaled = part.y / mean[codes][mean[codes] > 0]
    return replace(part, y=scaled, family="log")


def _refit(made: Design) -> LinearFit:
    fit = dynamic.regress(made)[0]
    if not isinstance(fit, LinearFit):  # pragma: no cover - a log design gives no other
        raise NotEstimable(words.NOT_YET())
    return fit


def _shared(made: Design, fit: LinearFit, equations: int) -> list[float]:
    """Return covariances of the result's surprise with other equations', over its own variance."""
    others = dynamic.information_fits(made) if equations > 1 else ()
    return [1.0] + [float(np.nansum(f.residuals * fit.residuals)) / fit.rss for f in others]


def sensitivity(primary: dynamic.Dynamic, bent: strength.Foresight, floor: float) -> Sensitivity:
    """Return how little unseen would overturn an effect.

    Parameters
    ----------
    primary : Dynamic
    bent : Foresight
    floor : float
        Declared foresight, hours per log point.
    """
    fit = primary.fit
    partial_r2 = robustness = math.nan
    if isinstance(fit, LinearFit):
        slope = gradient(primary.spec, [(names, b[0]) for names, b in primary.equations])
        t = primary.estimate.value / strength.independent_se(fit, slope)
        partial_r2 = float(strength.partial_r2(t, fit.residual_df))
        robustness = float(strength.robustness_value(t, fit.residual_df))
    unseen = Sensitivity(
        tipping_minutes=math.nan,
        floor_minutes=_minutes(floor),
        partial_r2=partial_r2,
        robustness_value=robustness,
    )
    return overturned(unseen, bent, primary.estimate.interval())


def overturned(unseen: Sensitivity, bent: strength.Foresight, interval: Interval) -> Sensitivity:
    """Return the same with the foresight that brings an interval to zero, a team's for example."""
    edge = interval.low if interval.low > 0 else interval.high if interval.high < 0 else math.nan
    tipping = bent.tipping(edge)
    return replace(unseen, tipping_minutes=abs(_minutes(tipping)), towards=-1 if tipping < 0 else 1)


def _minutes(phi: float) -> float:
    """Return foresight in minutes a month to a rep who is about to sell 10 % more."""
    return phi * RISE * MINUTES


def guarded(panel: pd.DataFrame, second: dynamic.Dynamic, lead: Estimate | None) -> bool:
    """Say whether a second design can confirm what foresight within teams may have made.

    It can where the team's hours are shown not to answer to the team's results: the reaction is
    not significant, and as much of it as its 90 % interval leaves open (two one-sided tests),
    taken for foresight of the whole team's next month, would not bend the estimate to zero. Only
    more hours for teams about to rise could make an estimate above zero, and less one below.
    """
    if lead is None or not lead.p_value >= SIGNIFICANCE:
        return False
    reaction = lead.interval(NARROW)
    side = 1 if second.estimate.value > 0 else -1
    most = max(reaction.high if side > 0 else -reaction.low, 0.0)
    made = _linear(design(panel, second.spec))
    fit = second.fit if isinstance(second.fit, LinearFit) else _refit(made)
    rows = panel.iloc[made.index]
    month = [rows[second.spec.team].to_numpy(), made.time]
    together = pd.Series(fit.residuals).groupby(month).transform("mean")
    bent = replace(foresight_of(panel, second), surprise_sd=math.sqrt((together**2).mean()))
    wide = Guard(bias=bent.bias(side * most)).wide(second.estimate.interval())
    return wide.low > 0 or wide.high < 0


def negative_control(company: Company, spec: DynamicPanel) -> Estimate:
    """Return the same effect on orders that coaching cannot move.

    Raises
    ------
    NotEstimable
        There are no such orders, or too few.
    """
    orders = company.tables.get("orders", pd.DataFrame())
    wanted = company.settings.negative_control.products
    if "product" not in orders or not orders["product"].isin(wanted).any():
        raise NotEstimable(words.NO_CONTROL_ORDERS(products=list(wanted)))
    tables = {**company.tables, "orders": orders[orders["product"].isin(wanted)]}
    settings = replace(company.settings, revenue_source="orders")
    keys = ["rep_id", "month"]
    unmoved = rep_months(tables, settings).set_index(keys)["revenue"]
    panel = company.panel
    found = unmoved.reindex(pd.MultiIndex.from_frame(panel[keys])).to_numpy()
    frame = panel.assign(unmoved=np.where(panel["complete"], np.nan_to_num(found), np.nan))
    changed = replace(spec, outcome="unmoved", peers=("unmoved",), information=())
    return dynamic.fit(frame, changed).estimate
