"""Where a team's figures lie among those of all teams: sums over sums, positions, never ranks."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from salesdiag.text import Template
from salesdiag.text import pages as words

HOURS = "manager_hours_"
LEFT, RIGHT = 8, 172
"""Ends of the strip that the dots lie on."""
MOST_DOTS = 60
"""Most dots on a strip; of more teams, these are as many quantiles."""


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
class Standing:
    """A figure of one page: the team's own, the company's, and how the teams spread.

    Attributes
    ----------
    figure : Figure
    own : float
        The team's; NaN where unknown or not to be shown.
    total : float
        The company's, sum over sum; NaN where unknown or not to be shown.
    hidden : bool
        Whether the company's is not shown because it would tell about too few people.
    known : bool
        Whether the company has the figure at all.
    teams : int
        How many teams the spread is of; 0 where they are too few to be shown.
    quartiles : tuple of float
        Lower quarter, middle and upper quarter of the teams; empty where not shown.
    dots : tuple of float
        Where the teams lie on the strip, from the least; quantiles where they are many.
    mark : float or None
        Where the page's team lies on it.
    """

    figure: Figure
    own: float = math.nan
    total: float = math.nan
    hidden: bool = False
    known: bool = True
    teams: int = 0
    quartiles: tuple[float, ...] = ()
    dots: tuple[float, ...] = ()
    mark: float | None = None


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A figure of all teams.

    Attributes
    ----------
    figure : Figure
    by_team : mapping
        By team id, where known.
    total : float
        The company's; NaN where unknown.
    others : tuple of float
        The figures that may be shown, from the least; empty where they are too few.
    min_group : int
        Groups of fewer people are not shown.
    """

    figure: Figure
    by_team: Mapping[str, float]
    total: float
    others: tuple[float, ...]
    min_group: int

    @classmethod
    def of(
        cls, figure: Figure, months: pd.DataFrame, large: Collection[str], min_group: int
    ) -> Spread:
        """Return how a figure spreads over the teams; only ``large`` ones may be shown."""
        sums = figure.sums(months)
        found = _ratio(sums).dropna()
        by_team = {str(team): float(value) for team, value in found.items()}
        others = sorted(value for team, value in by_team.items() if team in large)
        return cls(
            figure=figure,
            by_team=by_team,
            total=float(_ratio(sums.sum().to_frame().T).iloc[0]),
            others=tuple(others) if len(others) >= min_group else (),
            min_group=min_group,
        )

    def standing(self, team: str | None, withheld: bool, elsewhere: int) -> Standing:
        """Return what one page shows of it.

        Parameters
        ----------
        team : str or None
            Team id; None for the page of the company.
        withheld : bool
            Whether the team's own figures are not shown.
        elsewhere : int
            How many reps are in other teams.
        """
        own = math.nan if team is None or withheld else self.by_team.get(team, math.nan)
        few = len(self.by_team) if self.figure.of_managers else elsewhere
        hidden = few < self.min_group and (self.figure.of_managers or few > 0)
        return Standing(
            figure=self.figure,
            own=own,
            total=math.nan if hidden else self.total,
            hidden=hidden,
            known=math.isfinite(self.total),
            teams=len(self.others),
            quartiles=self._quartiles,
            dots=self._dots,
            mark=self._place(own) if self.others and math.isfinite(own) else None,
        )

    @cached_property
    def _quartiles(self) -> tuple[float, ...]:
        return self._quantiles([0.25, 0.5, 0.75])

    @cached_property
    def _dots(self) -> tuple[float, ...]:
        many = len(self.others) > MOST_DOTS
        shown = self._quantiles(np.linspace(0, 1, MOST_DOTS)) if many else self.others
        return tuple(map(self._place, shown))

    def _quantiles(self, parts: Sequence[float] | np.ndarray) -> tuple[float, ...]:
        return tuple(map(float, np.quantile(self.others, parts))) if self.others else ()

    def _place(self, value: float) -> float:
        """Return where a value lies on the strip, from the least team to the greatest."""
        low, high = self.others[0], self.others[-1]
        return round(LEFT + (RIGHT - LEFT) * (value - low) / ((high - low) or 1), 1)


def _ratio(sums: pd.DataFrame) -> pd.Series:
    """Return sum over sum, missing where there is nothing to divide by."""
    return sums["above"] / sums["below"].where(sums["below"] > 0)
