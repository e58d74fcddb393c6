"""One planted company as a trial sees it, whichever generator made it."""

from __future__ import annotations

import math
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from salesdiag.calibrate import field
from salesdiag.calibrate.cells import COACHING, SELLING, Cell, true_of_teams, true_value
from salesdiag.calibrate.field.scene import Scene, monthly, scene_of
from salesdiag.calibrate.field.tables import team_ids
from salesdiag.calibrate.field.truth import mean_hour_effect, mean_own_deal_effect
from salesdiag.calibrate.weeks import FieldCell
from salesdiag.company import Company, load
from salesdiag.settings import Settings
from salesdiag.simulate import Simulation, simulate

FILES = 5
"""One company of so many goes through files: those whose seeds are multiples of it."""
IN_PANELS = (
    "people", "teams", "assignments", "quotas", "accounts", "account_owners", "orders",
    "opportunities", "activities", "coaching", "time_log", "absences",
)  # fmt: skip
"""Tables that panels are made of, as far as a company has them."""
BESIDE_PANELS = (
    "people", "teams", "assignments", "accounts", "account_owners", "opportunities", "absences",
)  # fmt: skip
"""Of them, those that designs read themselves: open deals, whose clients, who was away."""
POPULATION = 60
"""Companies over which a share of reps is averaged."""


class Subject(ABC):
    """A planted company, what is known of it, and what a run would read."""

    seed: int

    @property
    def by_files(self) -> bool:
        """Whether the company goes through files."""
        return self.seed % FILES == 0

    @cached_property
    def company(self) -> Company:
        """What is tested."""
        if not self.by_files:
            return self.at_once()
        with tempfile.TemporaryDirectory() as folder:
            self.write(Path(folder))
            return load(folder)

    @abstractmethod
    def at_once(self) -> Company:
        """Return the company without any file."""

    @abstractmethod
    def write(self, folder: Path) -> None:
        """Write the company's files."""

    @abstractmethod
    def truth(self, slug: str, horizon: int = 1, same_month: bool = False) -> float:
        """Return the true value of a claim's estimand; NaN where it is not one number.

        Parameters
        ----------
        slug : str
        horizon : int
            Months after an hour over which its effect is added up.
        same_month : bool
            Whether the month of the hour is added too.
        """

    @abstractmethod
    def of_teams(self, horizon: int = 1, same_month: bool = False) -> Mapping[str, float]:
        """Return the true effect of an hour of coaching in each team, by team id."""


class OfMonths(Subject):
    """A company of :mod:`salesdiag.simulate`; an hour acts in the month after it.

    Parameters
    ----------
    cell : Cell
    seed : int
    """

    def __init__(self, cell: Cell, seed: int):
        self.seed = seed
        self.made: Simulation = simulate(cell.truth, cell.world, seed)

    def at_once(self) -> Company:
        """Return the company with the panels that its tables would give (tested)."""
        tables = self.made.tables(*BESIDE_PANELS)
        company = Company(name="planted", settings=Settings(name="planted"), tables=tables)
        vars(company).update(panel=self.made.panel(), team_panel=self.made.team_panel())
        return company

    def write(self, folder: Path) -> None:
        """Write the tables that panels are made of."""
        first, burn = self.made.roster.first, self.made.world.burn
        for name, frame in self.made.tables(*IN_PANELS).items():
            frame.to_parquet(folder / f"{name}.parquet", index=False)
        dates = {"data_from": first[burn], "data_to": first[-1] - 1}
        lines = ['name = "planted"', *(f'{key} = "{day}"' for key, day in dates.items())]
        (folder / "company.toml").write_text("\n".join(lines) + "\n", "utf-8")

    def truth(self, slug: str, horizon: int = 1, same_month: bool = False) -> float:
        """Return what was planted; there is nothing in the same month, nor after the next."""
        return true_value(slug, self.made)

    def of_teams(self, horizon: int = 1, same_month: bool = False) -> Mapping[str, float]:
        """Return what was planted in each team."""
        return true_of_teams(self.made)


class OfWeeks(Subject):
    """A company of :mod:`salesdiag.calibrate.field`.

    Parameters
    ----------
    cell : FieldCell
    seed : int
    """

    def __init__(self, cell: FieldCell, seed: int):
        self.seed = seed
        self.made = field.make(cell.firm, cell.planted, seed)

    def at_once(self) -> Company:
        """Return the company as it is loaded, by the same checks."""
        return field.to_company(self.made)

    def write(self, folder: Path) -> None:
        """Write all tables."""
        field.write(self.made, folder)

    def truth(self, slug: str, horizon: int = 1, same_month: bool = False) -> float:
        """Return the mean over companies of the kind, by paired simulation."""
        made = self.made
        if slug in COACHING:
            by_month = mean_hour_effect(made.firm, made.planted)
            return float(sum(by_month[0 if same_month else 1 : horizon + 1]))
        if slug in SELLING:
            return self._own(slug)
        if slug == "two-focuses":
            return growing(made.firm)
        return math.nan

    def _own(self, slug: str) -> float:
        """Return the effect per own deal there was, or per own deal beyond the first."""
        firm, planted = self.made.firm, self.made.planted
        if slug == "one-deal-a-quarter":
            # harm from the first deal on is not what the claim says, whatever lies beyond it
            if planted.deal:
                return math.nan
            by_deals = mean_own_deal_effect(firm, planted)
            return (by_deals[-1] - by_deals[1]) / (len(by_deals) - 2)
        quarter = self.made.scene.days.quarter[firm.burn : firm.burn + firm.months]
        own = self.made.scene.own.sum(axis=2)[:, np.unique(quarter)].ravel()
        return float(self.by_deals(own).sum() / own.sum()) if own.sum() else 0.0

    def by_deals(self, own: np.ndarray) -> np.ndarray:
        """Return what numbers of own deals do to the others' log revenue of the same quarter."""
        known = mean_own_deal_effect(self.made.firm, self.made.planted)
        last = len(known) - 1
        beyond = np.maximum(own - last, 0) * (known[-1] - known[-2])
        return np.asarray(np.asarray(known)[np.minimum(own, last)] + beyond)

    def of_teams(self, horizon: int = 1, same_month: bool = False) -> Mapping[str, float]:
        """Return the same for all teams: managers coach equally well."""
        true = self.truth(COACHING[0], horizon, same_month)
        return dict.fromkeys(map(str, team_ids(self.made)), true)

    @property
    def quarter_to_come(self) -> float:
        """Revenue of reps in the quarter that is not over when the data end, as it turned out."""
        days, firm = self.made.scene.days, self.made.firm
        last = days.quarter[firm.burn + firm.months - 1]
        return float(self.made.revenue[:, days.quarter == last].sum())


@lru_cache(maxsize=64)
def growing(firm: field.Firm) -> float:
    """Return the share of reps whose sales per month worked rise from one year to the next.

    Nothing must be true in the company. The last quarter told is compared with that of the year
    before; reps who were there in both count.
    """
    shares = [_rose(scene_of(firm, seed)) for seed in range(1, POPULATION + 1)]
    return float(np.concatenate(shares).mean())


def _rose(scene: Scene) -> np.ndarray:
    firm, days, people = scene.firm, scene.days, scene.people
    revenue = monthly(scene.usual)
    months = np.arange(firm.span)
    worked = np.add.reduceat(people.there, days.first[:-1], axis=1, dtype=int)
    end = firm.burn + firm.months
    pace, who = [], []
    for last in (end - 12, end):
        part = months[last - 3 : last]
        share = (worked[:, part] / np.diff(days.first)[part]).sum(axis=1)
        edge = days.first[part[-1] + 1] - 1
        who.append(np.where(share > 0, people.who[:, edge], -1))
        pace.append(revenue[:, part].sum(axis=1) / np.maximum(share, 1e-9))
    both = (who[0] == who[1]) & (who[0] >= 0)
    return np.asarray((pace[1] > pace[0])[both])
