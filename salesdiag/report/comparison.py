"""A team beside the company, and the spread of all teams: positions, never ranks."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from salesdiag import metrics
from salesdiag.panel import observation_window
from salesdiag.report.dossier import Dossier
from salesdiag.schema import REVENUE
from salesdiag.text import Message, Template
from salesdiag.text import pages as words

HOURS = "manager_hours_"
LEFT, RIGHT = 8, 172
"""Ends of the strip that the dots lie on."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure of a team over a period: a sum over a sum of team-months.

    Attributes
    ----------
    label : Template
    above, below : tuple of str
        Columns of team-months whose sums are divided; a trailing ``*`` takes all that begin so.
        Months in which any of them is unknown count in neither.
    term : str
        How the figure is told, a key of :data:`salesdiag.text.pages.SINGLES`.
    of_managers : bool
        Whether it is about managers: then the company's is one of as many people as teams.
    """

    label: Template
    above: tuple[str, ...]
    below: tuple[str, ...]
    term: str = "share"
    of_managers: bool = False

    def sums(self, months: pd.DataFrame) -> pd.DataFrame:
        """Return by team the two sums, ``above`` and ``below``; empty where nothing is known."""
        above, below = (_columns(months, names) for names in (self.above, self.below))
        if not above or not below:
            return pd.DataFrame({"above": [], "below": []})
        known = months.dropna(subset=[*above, *below])
        parts = pd.DataFrame({"above": known[above].sum(axis=1), "below": known[below].sum(axis=1)})
        return parts.groupby(known["team_id"]).sum()


FIGURES = (
    Figure(label=words.ATTAINMENT, above=("revenue",), below=("quota",)),
    Figure(label=words.WIN_RATE, above=("wins",), below=("wins", "losses")),
    Figure(
        label=words.COACHING_HOURS,
        above=("coached_hours",),
        below=("reps",),
        term="hours",
        of_managers=True,
    ),
    Figure(
        label=words.COACHING_SHARE,
        above=(f"{HOURS}coaching",),
        below=(f"{HOURS}*",),
        of_managers=True,
    ),
    Figure(
        label=words.SELLING_TIME,
        above=(f"{HOURS}own_selling",),
        below=(f"{HOURS}*",),
        of_managers=True,
    ),
    Figure(
        label=words.OWN_SHARE,
        above=("manager_revenue",),
        below=("revenue", "manager_revenue"),
        of_managers=True,
    ),
    Figure(label=words.ACTIVE_SHARE, above=("accounts_active",), below=("accounts_assigned",)),
)


def _columns(months: pd.DataFrame, names: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        if name.endswith("*"):
            found += [c for c in months.columns if str(c).startswith(name[:-1])]
        elif name in months:
            found.append(name)
        else:
            return []
    return found


@dataclass(frozen=True, kw_only=True)
class Row:
    """A figure as a row: cells in words, dots on a strip, what the strip shows."""

    label: Template
    cells: Sequence[object]
    dots: Sequence[float]
    mark: float | None
    alt: Message | str


def values(dossier: Dossier) -> dict[str, Any]:
    """Return what the template of ``beside`` and ``teams`` shows."""
    months = _months(dossier)
    large = dossier.large_teams
    sums = {f: f.sums(months) for f in FIGURES}
    missing = [f.label for f in FIGURES if not math.isfinite(_total(sums[f]))]
    known = [f for f in FIGURES if f.label not in missing]
    rows = [row for f in known if (row := _row(dossier, f, sums[f])) is not None]
    few = words.FEW_TEAMS(n=dossier.min_group)
    notes: list[object] = _overall(dossier)
    if dossier.withheld or (dossier.team and any(_hidden(dossier, f, sums[f]) for f in known)):
        notes.append(words.WITHHELD(n=dossier.min_group))
    if rows:
        notes += [words.LUCK] if large else [few]
    if rows and missing:
        notes.append(words.PART_MISSING(figures=[m() for m in missing]))
    period = words.PERIOD(start=dossier.period[0], end=dossier.period[1]) if dossier.period else ""
    quarters = [words.LOWER_QUARTER, words.MIDDLE, words.UPPER_QUARTER]
    return {
        "rows": rows,
        "absent": few if known else words.NO_FIGURES,
        "heads": quarters if dossier.team is None else [words.THIS_TEAM, words.COMPANY],
        "drawn": words.TEAMS_DRAWN(n=len(large)) if large else "",
        "caption": (words.TEAMS_CAPTION if dossier.team is None else words.BESIDE_CAPTION)(
            period=period
        ),
        "notes": notes,
    }


def _overall(dossier: Dossier) -> list[object]:
    """Say what the whole of the data holds: sales, and deals won with a Wilson interval."""
    company, team = dossier.company, dossier.team
    if dossier.withheld or not any(company.has(table) for table in REVENUE):
        return []
    by = "company" if team is None else "team"

    def row(term: Callable[..., pd.DataFrame]) -> dict[Hashable, Any] | None:
        found = term(company, by=by, period="all")
        mine = found if team is None else found.loc[found["team_id"] == team]
        shown = mine.loc[mine["n"] >= dossier.min_group]
        return None if shown.empty else shown.to_dict("records")[0]

    said: list[object] = []
    start, end = observation_window(company.tables, company.settings)
    sold, won = row(metrics.revenue), row(metrics.win_rate)
    if sold is not None and math.isfinite(sold["value"]):
        said.append(words.ALL_SALES(start=start, end=end, revenue=sold["value"]))
    if won is not None and won["denominator"] > 0:
        said.append(
            words.ALL_DEALS(
                won=won["numerator"],
                closed=won["denominator"],
                rate=won["value"],
                low=won["low"],
                high=won["high"],
            )
        )
    return said


def _months(dossier: Dossier) -> pd.DataFrame:
    panel = dossier.company.team_panel
    if dossier.period is None:
        return panel.iloc[:0]
    inside = panel["month"].between(*dossier.period) & panel["complete"].astype(bool)
    return panel.loc[inside].assign(coached_hours=lambda d: d["coaching_hours"] * d["reps"])


def _total(sums: pd.DataFrame) -> float:
    """Return the company's figure, sum over sum; NaN where unknown."""
    return float(_ratio(sums.sum().to_frame().T).iloc[0])


def _hidden(dossier: Dossier, figure: Figure, sums: pd.DataFrame) -> bool:
    """Say whether the company's figure, beside the team's own, would tell about too few people."""
    if figure.of_managers:
        return int(_ratio(sums).notna().sum()) < dossier.min_group
    own = 0 if dossier.withheld else dossier.sizes.get(dossier.team or "", 0)
    return 0 < sum(dossier.sizes.values()) - own < dossier.min_group


def _row(dossier: Dossier, figure: Figure, sums: pd.DataFrame) -> Row | None:
    by_team = _ratio(sums)
    others = sorted(by_team[by_team.index.isin(dossier.large_teams)].dropna())
    if len(others) < dossier.min_group:
        others = []
    if dossier.team is None:
        return _spread(figure, others)
    own = math.nan if dossier.withheld else float(by_team.get(dossier.team, math.nan))
    total = math.nan if _hidden(dossier, figure, sums) else _total(sums)
    say = words.SINGLES[figure.term]
    places = _places([*others, own] if math.isfinite(own) else others)
    return Row(
        label=figure.label,
        cells=[say(value=own), say(value=total)],
        dots=places[: len(others)],
        mark=places[-1] if math.isfinite(own) and others else None,
        alt=_position(figure, own, others),
    )


def _ratio(sums: pd.DataFrame) -> pd.Series:
    """Return sum over sum, missing where there is nothing to divide by."""
    return sums["above"] / sums["below"].where(sums["below"] > 0)


def _spread(figure: Figure, others: list[float]) -> Row | None:
    if not others:
        return None
    low, middle, high = (float(q) for q in np.quantile(others, [0.25, 0.5, 0.75]))
    say = words.SINGLES[figure.term]
    return Row(
        label=figure.label,
        cells=[say(value=v) for v in (low, middle, high)],
        dots=_places(others),
        mark=None,
        alt=words.SPREAD(
            figure=figure.label(), n=len(others), low=say(value=low), high=say(value=high)
        ),
    )


def _places(figures: list[float]) -> list[float]:
    """Return where figures lie on the strip, from the least to the greatest."""
    if not figures:
        return []
    low, high = min(figures), max(figures)
    span = (high - low) or 1
    return [round(LEFT + (RIGHT - LEFT) * (v - low) / span, 1) for v in figures]


def _position(figure: Figure, own: float, others: list[float]) -> Message | str:
    if not others or not math.isfinite(own):
        return words.NO_POSITION(figure=figure.label())
    low, high = np.quantile(others, [0.25, 0.75])
    place = "low" if own < low else "high" if own > high else "middle"
    value = words.SINGLES[figure.term](value=own)
    return words.POSITION[place](figure=figure.label(), value=value)


def own_figure(dossier: Dossier, label: Template) -> float | None:
    """Return one of the team's own figures, None where unknown or not to be shown."""
    figure = next(f for f in FIGURES if f.label is label)
    by_team = _ratio(figure.sums(_months(dossier)))
    own = math.nan if dossier.withheld else float(by_team.get(dossier.team, math.nan))
    return own if math.isfinite(own) else None


def own_deals(dossier: Dossier) -> float | None:
    """Return the manager's own deals in the period, None where unknown or not to be shown."""
    if dossier.team is None or dossier.withheld or dossier.period is None:
        return None
    panel = dossier.company.team_panel
    last = panel.loc[(panel["team_id"] == dossier.team) & (panel["month"] == dossier.period[1])]
    known = last["manager_deals_quarter"].dropna()
    return float(known.iloc[-1]) if len(known) else None
