"""Every notebook refuses what it does not declare, and runs on companies of few and many tables.

Each is run by papermill from another folder. Most runs are in processes forked from a warm one,
whose kernel shows what a stock one does (``test_conformance.py``); a few are by papermill's own
command on a stock kernel.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import papermill
import pytest
import warm_jobs

from salesdiag import notebook
from salesdiag.company import load
from salesdiag.errors import Refusal
from salesdiag.mapping import convert

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "notebooks"
DEMO = ROOT / "data" / "demo"
NAMES = sorted(p.stem for p in FOLDER.glob("*.ipynb"))
DECLARED = {n: papermill.inspect_notebook(FOLDER / f"{n}.ipynb") for n in NAMES}
OF_TEAMS = [n for n in NAMES if "team" in DECLARED[n]]
OF_DATA = [n for n in NAMES if "data" in DECLARED[n]]
CELL = "data: str = 'here'  # folder\nteam: str = ''\nidentify: bool = False"

# The guard itself


@pytest.fixture
def executed(monkeypatch):
    """Return a function that has cells executed, in this order."""

    def say(*cells: str) -> None:
        monkeypatch.setattr(notebook, "_executed", lambda: reversed(["", *cells]))

    return say


def refused(**declared) -> str:
    with pytest.raises(Refusal) as error:
        notebook.parameters(**declared)
    return str(error.value)


def test_what_is_declared_passes(executed):
    executed(CELL, "# Parameters\nteam = 'T1'\n", "import salesdiag\nx = 1")
    notebook.parameters(data="here", team="T1", identify=False)


def test_a_mistyped_name_is_told_with_the_nearest(executed):
    executed(CELL, "# Parameters\ntean = 'T1'\n")
    said = refused(data="here", team="", identify=False)
    assert said.startswith("This notebook has no parameter tean; did you mean team? It has data,")


def test_all_faults_are_told_at_once(executed):
    executed(CELL, "# Parameters\ntean = 'T1'\nzzz = 1\nidentify = 'no'\n")
    said = refused(data="here", team="", identify="no")
    assert [word in said for word in ("tean", "zzz", "identify is to be")] == [True] * 3


@pytest.mark.parametrize(
    "later",
    [
        ("x = 1",),
        ("finding = 2\nteam = 'T1'",),
        ("%matplotlib inline",),
        ("a, b = 1, 2",),
        ("for tean in (1,): pass",),
    ],
)
def test_other_cells_may_assign_what_they_like(executed, later):
    executed(CELL, *later)
    notebook.parameters(data="here", team="", identify=False)


def test_a_mistake_that_was_mended_is_forgotten(executed):
    executed(CELL, "# Parameters\ntean = 'T1'\n", "sd.parameters()", CELL)
    notebook.parameters(data="here", team="", identify=False)


def test_a_name_added_by_hand_to_the_parameters_is_refused(executed):
    executed(CELL + "\ntean = 'T1'")
    assert "tean" in refused(data="here", team="", identify=False)


@pytest.mark.parametrize(("name", "value"), [("team", 3), ("team", None), ("identify", "no")])
def test_a_value_of_another_kind_is_refused(executed, name, value):
    executed(CELL, f"# Parameters\n{name} = {value!r}\n")
    values = {"data": "here", "team": "", "identify": False}
    assert f"The parameter {name} is to be " in refused(**values | {name: value})


def test_a_team_that_is_not_there_is_refused():
    company = load(DEMO)
    notebook.parameters(company, team="T03")
    notebook.parameters(company, team="")
    with pytest.raises(Refusal, match="has no team T3; did you mean T03"):
        notebook.parameters(company, team="T3")


def test_a_refusal_shows_its_words_alone(monkeypatch):
    assert Refusal("so it is")._render_traceback_() == ["so it is"]
    monkeypatch.setenv("SALESDIAG_DEBUG", "1")
    assert Refusal("so it is")._render_traceback_() == ["salesdiag.errors.Refusal: so it is"]


@pytest.mark.parametrize("name", NAMES)
def test_every_notebook_asks_first_and_names_all_its_parameters(name):
    cells = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4).cells
    code = [c for c in cells if c.cell_type == "code"]
    assert code[0].metadata["tags"] == ["parameters"]
    (line,) = [n for n in code[1].source.splitlines() if "parameters(" in n]
    told = line.split("(")[1].rstrip(")").removeprefix("company, ").split(", ")
    assert told == [f"{p}={p}" for p in DECLARED[name]]
    assert ("company, " in line) == (name in OF_DATA and "findings" not in DECLARED[name] and
                                     name != "data_check")  # fmt: skip


# All notebooks on all companies


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a function that runs a notebook elsewhere and gives its error, None where it ran."""
    if not sys.platform.startswith("linux"):
        pytest.skip("forks need Linux")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", warm_jobs.pythonpath(dict(os.environ)))
        warm = warm_jobs.warm()

    def of(name: str, **parameters) -> str | None:
        folder = tmp_path_factory.mktemp("elsewhere")
        return error(warm_jobs.forked(warm, FOLDER / f"{name}.ipynb", folder, parameters))

    yield of
    warm.close()


def error(executed: nbformat.NotebookNode) -> str | None:
    """Return what is shown in the place of a traceback; nothing may have been run after it."""
    code = [c for c in executed.cells if c.cell_type == "code"]
    told = [o.traceback for c in code for o in c.outputs if o.output_type == "error"]
    if not told:
        assert all(c.execution_count for c in code)
        assert not [o for c in code for o in c.outputs if o.get("name") == "stderr"]
        return None
    assert len(told) == 1
    return "\n".join(told[0])


def least(folder: Path) -> Path:
    """Write the fewest tables that a company can be loaded from, without any revenue."""
    folder.mkdir()
    people = pd.DataFrame({"person_id": ["M", "A", "B"]})
    people.assign(name=people["person_id"]).to_csv(folder / "people.csv", index=False)
    people.assign(
        team_id="T1", role=["manager", "rep", "rep"], start_on="2024-01-01"
    ).to_csv(folder / "assignments.csv", index=False)  # fmt: skip
    return folder


def few(folder: Path) -> Path:
    """Write a company of one team and five months of orders."""
    least(folder)
    days = pd.date_range("2024-01-01", "2024-05-31", freq="9D")
    orders = pd.DataFrame({"order_id": range(len(days)), "ordered_on": days, "amount": 100.0})
    orders = orders.assign(account_id="C", owner_id=["A" if n % 2 else "B" for n in orders.index])
    orders.to_csv(folder / "orders.csv", index=False)
    return folder


@pytest.fixture(scope="module", params=["demo", "maven_crm", "northwind", "least", "few"])
def data(request, tmp_path_factory) -> Path:
    if request.param == "demo":
        return DEMO
    dest = tmp_path_factory.mktemp("companies") / request.param
    if request.param in ("least", "few"):
        return {"least": least, "few": few}[request.param](dest)
    convert(request.getfixturevalue("shared_data") / request.param, dest)
    return dest


def teams_of(data: Path) -> list[str]:
    """Return all teams where they are few; of the demo company two and its smallest."""
    known = list(load(data).teams["team_id"])
    return known if len(known) < 10 else [*known[:2], "T11"]


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_DATA)
def test_a_notebook_runs_on_the_company_and_on_its_teams(run, data, name):
    views = [{"data": str(data)}] if name != "team_report" else []
    if name in OF_TEAMS:
        views += [{"data": str(data), "team": team} for team in teams_of(data)]
    assert {str(view): run(name, **view) for view in views} == {str(view): None for view in views}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_refuses_what_it_does_not_declare(run, name):
    data = {"data": str(DEMO)} if name in OF_DATA else {}
    said = run(name, **data, tean="T03")
    assert said.startswith("This notebook has no parameter tean; did you mean ")
    assert "Traceback" not in said
    if name not in OF_TEAMS:
        assert "This notebook has no parameter team;" in run(name, **data, team="T03")


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_TEAMS)
def test_a_notebook_refuses_a_team_that_the_company_lacks(run, name):
    said = run(name, data=str(DEMO), team="T3")
    assert "no team" in said
    assert "T03" in said
    assert "\n" not in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "parameters", "said"),
    [
        ("team_report", {"tean": "T03"}, "This notebook has no parameter tean; did you mean team?"),
        ("selling_manager", {"team": "T3"}, "The company has no team T3; did you mean T03"),
        ("plan_and_growth", {"team": "T1", "data": "few"}, None),
    ],
)
def test_papermill_itself_sees_the_same_on_a_stock_kernel(tmp_path, name, parameters, said):
    if "data" in parameters:
        parameters = {**parameters, "data": str(few(tmp_path / "few"))}
    made = tmp_path / "made.ipynb"
    command = [sys.executable, "-m", "papermill", str(FOLDER / f"{name}.ipynb"), str(made)]
    command += ["-k", "python3", "--no-progress-bar"]
    command += [x for k, v in parameters.items() for x in ("-p", k, v)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert (done.returncode == 0) == (said is None), done.stderr
    shown = error(nbformat.read(made, as_version=4)) if said is None else done.stderr
    assert shown is None if said is None else said in shown
    assert json.loads(made.read_text())["cells"]
