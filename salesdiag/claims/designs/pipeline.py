"""What managers can see coming: the open deals of a rep at the end of a month, and of its start."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesdiag.company import Company
from salesdiag.panel.credit import column
from salesdiag.panel.spells import FOREVER, by_month, day_number, first_day

RECORDED = 0.95  # share of deals with their amount or expected day, or the measure is not used
COVERED = 0.80  # share of complete months with any open deal
DAYS = 30.4
BEFORE = "_before"
"""Ends the names of columns of the month before."""
MEASURES = ("open_deals", "open_value", "open_age", "due_value")


def with_pipeline(company: Company) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the rep-month panel with the open pipeline, and which measures it has.

    Number, value and mean age of a rep's open deals on the last day of the month, and the value
    expected to close in the month after. Each has a second column, ``<measure>_before``, on the
    last day of the month before: what a manager saw when the month's hours were planned. Money is
    in units of its mean over the panel, and its square root enters, so that one huge deal does not
    stand for all. Deals count for the owner recorded now; amounts and expected days are those
    recorded now, which later corrections may have moved.

    Returns
    -------
    DataFrame
    tuple of str
        Measures recorded for nearly all deals; none where deals are not recorded through most of
        the window, or neither their value nor their expected day is.
    """
    panel = company.panel
    deals = company.tables.get("opportunities", pd.DataFrame({"outcome": []}))
    if not len(deals) or not len(panel):
        return panel, ()
    closed = day_number(column(deals, "closed_on", "datetime64[us]"))
    never = deals["outcome"].eq("open").to_numpy() | (np.asarray(closed) < -FOREVER)
    amount = column(deals, "amount", "float64")
    due = np.asarray(day_number(column(deals, "expected_close_on", "datetime64[us]")))
    spans = pd.DataFrame(
        {
            "rep_id": column(deals, "owner_id", "str").astype("str").to_numpy(),
            "start": np.asarray(day_number(column(deals, "created_on", "datetime64[us]"))),
            "end": np.where(never, FOREVER, closed),
            "amount": amount.to_numpy(),
            "due": due,
        }
    )
    has_value = bool(amount.notna().mean() >= RECORDED)
    has_due = has_value and bool((due > -FOREVER).mean() >= RECORDED)
    spans = spans[(spans["start"] > -FOREVER) & (spans["start"] < spans["end"])]
    if not has_value or not len(spans):
        return panel, ()
    who = company.records.who
    held = by_month(spans, who.first, who.last)
    opens = first_day(held["month"].to_numpy() + 1)
    held = held.assign(opens=opens)[held["end"].to_numpy() >= opens]
    following = first_day(held["month"].to_numpy() + 2)
    held = held.assign(
        month_index=held["month"] - who.first,
        open_deals=1.0,
        open_value=held["amount"].fillna(0.0),
        open_age=(held["opens"] - held["start"]) / DAYS,
        due_value=held["amount"].fillna(0.0).where((held["due"] < following), 0.0),
    )
    keys = ["rep_id", "month_index"]
    seen = held.groupby(keys)[list(MEASURES)].sum()
    seen["open_age"] /= seen["open_deals"]
    measures = MEASURES if has_due else MEASURES[:-1]
    for name in ("open_value", "due_value"):
        value = seen[name].clip(lower=0.0)  # a credit note among open deals foretells nothing
        seen[name] = np.sqrt(value / max(float(value.mean()), 1e-9))
    whole = np.unique(panel.loc[panel["complete"], "month_index"])
    if not len(whole) or np.isin(whole, held["month_index"]).mean() < COVERED:
        return panel, ()
    now = pd.MultiIndex.from_frame(panel[keys])
    before = pd.MultiIndex.from_arrays([panel["rep_id"], panel["month_index"] - 1])
    added = {m: seen[m].reindex(now, fill_value=0.0).to_numpy() for m in measures}
    added |= {f"{m}{BEFORE}": seen[m].reindex(before, fill_value=0.0).to_numpy() for m in measures}
    return panel.assign(**added), measures
