"""What managers may have seen coming: how far it bends an effect, and what shows that it did."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from salesdiag.company import Company
from salesdiag.estimate import dynamic
from salesdiag.estimate import sensitivity as strength
from salesdiag.estimate.design import Design, DynamicPanel, design
from salesdiag.estimate.panel_ols import LinearFit
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.estimate.response import gradient
from salesdiag.finding import Estimate, Guard, Sensitivity
from salesdiag.panel import rep_months
from salesdiag.text import claims as words

RISE = math.log(1.1)  # a rep who is about to sell 10 % more
MINUTES = 60
SIGNIFICANCE = 0.05


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
    sensitive = [(names, b[0]) for names, b in primary.equations]
    gradients = [gradient(primary.spec, sensitive, of=q) for q in range(len(sensitive))]
    found = strength.foresight(
        fit, dynamic.driver_names(primary.spec)[0], gradients, _shared(made, fit, len(gradients))
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
    """Return covariances of the result's surprise with other equations', over its own variance.

    From the sums of squares of the result, the other and both together (polarisation).
    """
    if equations == 1:
        return [1.0]
    own = dynamic.information_fits(made)
    both = dynamic.information_fits(made, add_result=True)
    return [1.0] + [
        (b.rss - o.rss - fit.rss) / (2 * fit.rss) for o, b in zip(own, both, strict=True)
    ]


def sensitivity(primary: dynamic.Dynamic, bent: strength.Foresight, floor: float) -> Sensitivity:
    """Return how little unseen would overturn an effect.

    Parameters
    ----------
    primary : Dynamic
    bent : Foresight
    floor : float
        Declared foresight, hours per log point.
    """
    interval, fit = primary.estimate.interval(), primary.fit
    edge = interval.low if interval.low > 0 else interval.high if interval.high < 0 else math.nan
    partial_r2 = robustness = math.nan
    if isinstance(fit, LinearFit):
        slope = gradient(primary.spec, [(names, b[0]) for names, b in primary.equations])
        t = primary.estimate.value / strength.independent_se(fit, slope)
        partial_r2 = float(strength.partial_r2(t, fit.residual_df))
        robustness = float(strength.robustness_value(t, fit.residual_df))
    return Sensitivity(
        tipping_minutes=_minutes(bent.tipping(edge)),
        floor_minutes=_minutes(floor),
        partial_r2=partial_r2,
        robustness_value=robustness,
    )


def _minutes(phi: float) -> float:
    """Return foresight in minutes a month to a rep who is about to sell 10 % more."""
    return phi * RISE * MINUTES


def guarded(panel: pd.DataFrame, second: dynamic.Dynamic, lead: Estimate | None) -> bool:
    """Say whether a second design can confirm what foresight within teams may have made.

    It can where the team's hours are shown not to answer to the team's results: the reaction is
    not significant, and an estimate that was bent by as much of it as its interval leaves open
    would still lie on its side of zero.
    """
    if lead is None or not lead.p_value >= SIGNIFICANCE:
        return False
    reaction = lead.interval()
    most = max(abs(reaction.low), abs(reaction.high))
    wide = Guard(bias=foresight_of(panel, second).bias(most)).wide(second.estimate.interval())
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
