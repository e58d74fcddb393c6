"""What moves many teams at once: which month effects are separate by region and segment.

A slump of a region, and managers of the region who answer it, look like an effect to whoever
compares all teams of a month. Effects of month by region compare teams of one region only, and
cost as many comparisons between teams as there are regions; they are taken where enough teams are
left to compare, and tried beside the answer elsewhere.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from salesdiag.estimate.design import DynamicPanel
from salesdiag.panel import PLACES

LEAST_GROUPS = 5
"""Independent groups of a cell; two cells that have as many carry month effects of their own."""
MOST_EFFECTS = 600
"""Month effects of one kind: columns of the regression, for every row of the company."""


def effects_by(panel: pd.DataFrame, *, time: str = "month_index") -> tuple[str, ...]:
    """Return the columns by which month effects are separate in a company's answer.

    Parameters
    ----------
    panel : DataFrame
        Rep-months or team-months, or quarters of them, with ``group_id`` and the columns
        :data:`~salesdiag.panel.PLACES`.
    time : str
        Column of the month or quarter.

    Returns
    -------
    tuple of str
        Those of which two or more values have five groups or more each. What is not said is a
        value of its own, but counts for none of the two.

    Examples
    --------
    >>> rows = pd.DataFrame({"group_id": list("abcdefghij"), "region": list("NNNNNSSSSS")})
    >>> effects_by(rows.assign(segment="x", month_index=0))
    ('region',)
    """
    return tuple(
        place
        for place in _known(panel, time)
        if (panel.groupby(place)["group_id"].nunique() >= LEAST_GROUPS).sum() > 1
    )


def untried(panel: pd.DataFrame, spec: DynamicPanel) -> dict[str, DynamicPanel]:
    """Return specifications with the month effects that the answer could not carry, by column."""
    others = [place for place in _known(panel, spec.time) if place not in spec.effects_by]
    return {place: replace(spec, effects_by=(*spec.effects_by, place)) for place in others}


def _known(panel: pd.DataFrame, time: str) -> list[str]:
    """Return the columns that part the company, in no more pieces than can be fitted."""
    months = panel[time].nunique()
    pieces = {place: panel[place].nunique() for place in PLACES if place in panel}
    return [place for place, n in pieces.items() if n > 1 and n * months <= MOST_EFFECTS]
