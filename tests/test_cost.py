"""What a run costs before its first page: whole frames are gone through once, not once a team."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from salesdiag import claims as cl
from salesdiag import panel as panels
from salesdiag.claims.keeping import ByTeam, kept, table_of
from salesdiag.company import Company
from salesdiag.estimate import dynamic, poisson
from salesdiag.estimate.design import DynamicPanel
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.metrics import METRICS
from salesdiag.panel import records
from salesdiag.settings import Settings
from salesdiag.simulate import WORLDS, simulate

TEAMS = 7


@pytest.fixture(scope="module")
def tables():
    """Return tables whose last quarter is not over, so that it is forecast as well."""
    world = replace(WORLDS["demo"], teams=TEAMS, months=16, regions=2)
    found = simulate(world=world, seed=3).tables()
    orders = found["orders"]
    day = orders["ordered_on"].max() - pd.Timedelta(days=40)
    return {**found, "orders": orders[orders["ordered_on"] <= day].reset_index(drop=True)}


class Counted(Mapping):
    """Tables that count who asks for them."""

    def __init__(self, found: Mapping[str, pd.DataFrame], asked: Counter) -> None:
        self.found, self.asked = found, asked

    def __getitem__(self, name: str) -> pd.DataFrame:
        self.asked[name] += 1
        return self.found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)


def asked_for(tables, teams: int, monkeypatch) -> Counter:
    """Return how often whole frames are asked for or built in a run for some teams."""
    asked: Counter = Counter()
    with monkeypatch.context() as patch:
        for name in ("panel", "team_panel", "records", "teams"):
            whole = vars(Company)[name]

            def counted(self, whole=whole, name=name):
                asked[name] += 1
                return whole.__get__(self)

            patch.setattr(Company, name, property(counted))
        for name in ("roster", "place", "revenue_lines", "closed_deals", "assigned", "buying"):
            real = vars(records)[name]

            def counting(*args, real=real, name=name):
                asked[name] += 1
                return real(*args)

            patch.setattr(records, name, counting)
        company = Company(name="x", settings=Settings(name="x"), tables=Counted(tables, asked))
        results = cl.test_all(company, company.teams["team_id"].tolist()[:teams])
    assert len(results.teams) == teams
    assert any("will end" in str(f) or "size" in f.words for f in results.all())
    return asked


def test_what_a_run_goes_through_does_not_depend_on_its_number_of_teams(tables, monkeypatch):
    one, all_of_them = (asked_for(tables, n, monkeypatch) for n in (1, TEAMS))
    assert one == all_of_them
    assert {one[name] for name in ("roster", "revenue_lines", "closed_deals", "assigned")} == {1}
    assert one["place"] <= 4  # revenue, deals, meetings; contacts only for what is in no panel


def test_whoever_asks_for_records_they_are_worked_out_once(tables, monkeypatch):
    built: Counter = Counter()
    for name in ("roster", "revenue_lines", "closed_deals", "assigned", "buying"):
        real = vars(records)[name]

        def counting(*args, real=real, name=name):
            built[name] += 1
            return real(*args)

        monkeypatch.setattr(records, name, counting)
    company = Company(name="x", settings=Settings(name="x"), tables=tables)
    _ = company.panel, company.team_panel, company.unplaced
    for metric in METRICS:
        for by in metric.by:
            if metric.name != "share_change":
                metric.function(company, by=by, period="quarter")
    assert set(built.values()) == {1}


def test_a_company_travels_without_its_records(tables):
    company = Company(name="x", settings=Settings(name="x"), tables=tables)
    panel = company.panel
    assert "records" in vars(company)
    moved = pickle.loads(pickle.dumps(company))
    assert "records" not in vars(moved)
    pd.testing.assert_frame_equal(vars(moved)["panel"], panel)
    pd.testing.assert_frame_equal(moved.unplaced, company.unplaced)
    again = panels.team_months(panel, tables, company.settings)
    pd.testing.assert_frame_equal(again, company.team_panel)


@pytest.mark.parametrize("seed", range(3))
def test_rows_of_a_team_are_those_that_a_filter_finds(seed):
    rng = np.random.default_rng(seed)
    names = np.array(["B", "A", "", "C", "ä"])
    frame = pd.DataFrame({"x": rng.normal(size=40), "team_id": names[rng.integers(0, 5, 40)]})
    frame.loc[rng.random(40) < 0.1, "team_id"] = None
    parts = ByTeam(frame)
    for team in (*names, "nobody"):
        expected = frame.loc[frame["team_id"] == team, ["x"]].reset_index(drop=True)
        pd.testing.assert_frame_equal(parts[team], expected)


def test_a_table_is_made_once_for_all_teams_and_a_refusal_is_kept(tables):
    company = Company(name="x", settings=Settings(name="x"), tables=tables)
    made = []

    def make(by):
        made.append(tuple(by))
        return company.panel.groupby([*by, "month"])["revenue"].sum().reset_index()

    for team in (None, "T01", "T02", None, "T01"):
        found = table_of(company, "sales", team, make)
        rows = company.panel if team is None else company.panel.query("team_id == @team")
        assert found.set_index("month")["revenue"].to_dict() == pytest.approx(
            rows.groupby("month")["revenue"].sum().to_dict()
        )
    assert sorted(made) == [(), ("team_id",)]

    def refuse():
        made.append("refused")
        raise NotEstimable(cl.words.NOT_YET())

    for _ in range(3):
        with pytest.raises(NotEstimable):
            kept(company, "nothing", refuse)
    assert made.count("refused") == 1


@pytest.fixture(scope="module")
def empty_months():
    world = replace(WORLDS["zero-inflated"], teams=9, months=20)
    return simulate(world=world, seed=2).panel()


SPEC = DynamicPanel(driver="coaching_hours")


@pytest.mark.parametrize("name", dynamic.specifications(SPEC))
def test_a_value_alone_is_that_of_the_whole_fit(empty_months, name, monkeypatch):
    spec = dynamic.specifications(SPEC)[name]
    whole = dynamic.fit(empty_months, spec)
    assert whole.family == "poisson"  # the world's results call for it
    monkeypatch.setattr(poisson, "_several", None)  # no group is left out for it
    assert dynamic.value(empty_months, spec) == whole.estimate.value


def test_a_value_that_one_group_decides_is_refused_like_the_fit(empty_months):
    # only one team's hours move at all
    only = empty_months["team_id"].eq(empty_months["team_id"].iloc[0])
    panel = empty_months.assign(coaching_hours=empty_months["coaching_hours"].where(only, 1.0))
    for estimate in (dynamic.fit, dynamic.value):
        with pytest.raises(NotEstimable, match="Without one of the groups"):
            estimate(panel, SPEC)


def test_groups_can_be_left_out_a_few_at_a_time(empty_months, monkeypatch):
    whole = dynamic.fit(empty_months, SPEC).estimate
    monkeypatch.setattr(poisson, "CELLS", 2 * len(empty_months))
    part = dynamic.fit(empty_months, SPEC).estimate
    assert part.leave_one_out == pytest.approx(whole.leave_one_out, rel=1e-7, abs=1e-9)
    assert part.value == whole.value
