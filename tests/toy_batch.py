"""A company of two small notebooks for tests of the batch, and what its runs leave behind."""

from __future__ import annotations

import hashlib
import os
import textwrap
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest

from salesdiag import batch
from salesdiag.batch import engines, files, planning
from salesdiag.finding import Check, Finding, Interval
from salesdiag.ingest.losses import Losses
from salesdiag.settings import Settings
from salesdiag.text import findings as finding_words

MARKER = "SALESDIAG_TEST_RUN"
TEAM_CELLS = [
    """
    data: str = ""
    team: str = "T"
    findings: str = ""
    identify: bool = False
    language: str = ""
    """,
    """
    import os, pathlib, pickle, subprocess, sys, time

    seen = pickle.loads(pathlib.Path(findings).read_bytes())
    print("seen:", [(f.claim, f.team) for f in seen])
    """,
    """
    fate = os.environ.get("FATE_" + team, "")
    if fate == "raise":
        raise KeyError(data + " has no row")
    if fate == "kill":
        os.kill(os.getpid(), 9)
    if fate == "leave":
        os._exit(3)
    if fate == "sysexit":
        sys.exit(0)
    if fate == "hang":
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        while True:
            time.sleep(0.1)
    """,
    """
    print("the end of", team)
    """,
]
RENDERER = """
def render(notebook, team):
    shown = "".join(o.get("text", "") for c in notebook.cells for o in c.get("outputs", []))
    if team == "unpaged":
        raise RuntimeError("no such block")
    return "<p>" + shown + "</p>"
"""


def notebook(cells: list[str]) -> nbformat.NotebookNode:
    """Return a notebook; the first cell holds the parameters."""
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(textwrap.dedent(c).strip()) for c in cells]
    )
    made.cells[0].metadata["tags"] = ["parameters"]
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    made.metadata["language_info"] = {"name": "python"}
    return made


def finding(claim: str, team: str | None = None) -> Finding:
    return Finding(
        claim=claim,
        scope="company" if team is None else "team",
        team=team,
        verdict="measured",
        reason=finding_words.REASONS["measured"](),
        estimate=Interval(value=1.0, low=0.5, high=float("nan"), unit="share"),
        checks=(Check(name="c", passed=None, text=finding_words.REASONS["measured"]()),),
        table=pd.DataFrame({"a": [1.0, float("nan")]}),
        n=12,
    )


def company(*teams: tuple[str, str]) -> SimpleNamespace:
    """Return what a run needs of a company: one rep in each team."""
    ids = [t for t, _ in teams]
    return SimpleNamespace(
        name="Toy",
        state=None,
        settings=Settings(name="Toy"),
        losses=Losses(),
        fingerprint=hashlib.sha256(repr(teams).encode()).hexdigest(),
        teams=pd.DataFrame({"team_id": ids, "name": [n for _, n in teams]}),
        tables={
            "assignments": pd.DataFrame(
                {"team_id": [*ids, "HQ"], "role": ["rep"] * len(ids) + ["manager"]}
            )
        },
    )


def overview(company: SimpleNamespace, identify: bool) -> SimpleNamespace:
    """Return what hands a notebook its findings and nothing else."""
    return SimpleNamespace(dossier=lambda team, findings: tuple(findings))


@pytest.fixture
def parts(tmp_path, monkeypatch) -> planning.Parts:
    """Two small notebooks, a renderer, and a company of two teams, told apart by hostile names."""
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    nbformat.write(notebook(TEAM_CELLS), notebooks / planning.TEAM)
    cells = [TEAM_CELLS[0].replace('    team: str = "T"\n', ""), "1 + 1"]
    nbformat.write(notebook(cells), notebooks / planning.COMPANY)
    (tmp_path / "toy_renderer.py").write_text(RENDERER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv(MARKER, str(tmp_path))
    (tmp_path / "data").mkdir()
    return planning.Parts(
        load=lambda source: company(("T1", "../../etc/<script>"), ("T2", "Ost ✓" * 80)),
        test_all=lambda company, teams: SimpleNamespace(
            company=(finding("a"), finding("b")), team=lambda team: (finding("a", team),)
        ),
        overview=overview,
        notebooks=notebooks,
        renderer="toy_renderer:render",
    )


def with_teams(parts: planning.Parts, *ids: str) -> planning.Parts:
    return replace(parts, load=lambda source: company(*((i, i) for i in ids)))


def put_cell(parts: planning.Parts, source: str) -> None:
    """Let the teams' notebook do something else between its first cells and its last."""
    made = notebook([*TEAM_CELLS[:2], source, TEAM_CELLS[-1]])
    nbformat.write(made, parts.notebooks / planning.TEAM)


def go(parts, tmp_path, engine=None, progress=lambda *_: None, **request) -> batch.RunResult:
    request = {"data": tmp_path / "data", "out": tmp_path / "out", "timeout": 60, **request}
    return batch.run_with(parts, engine or engines.Local(2), batch.Request(**request), progress)


class Instant:
    """An engine that runs nothing: each report is there at once, or fails."""

    def __init__(self, *fail: str | None, stop_after: int | None = None):
        self.fail, self.stop_after, self.ran, self.notes = fail, stop_after, [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def run(self, todo, timeout):
        for number, job in enumerate(todo):
            if number == self.stop_after:
                raise KeyboardInterrupt
            work = Path(job.work)
            work.mkdir(parents=True, exist_ok=True)
            (work / files.NOTEBOOK).write_text("{}")
            (work / files.PAGE).write_text(f"page of {job.key}")
            self.ran.append(job.team)
            done = job.team not in self.fail
            yield batch.Outcome(
                key=job.key,
                team=job.team,
                done=done,
                seconds=1.0,
                reason=None if done else "bad luck",
            )


def left_over(tmp_path: Path) -> list[int]:
    """Return processes other than this one that a run of this test has started."""
    return started_with(MARKER, tmp_path)


def started_with(name: str, value: Path) -> list[int]:
    """Return processes other than this one that have a setting in their environment."""
    mark, found = f"{name}={value}".encode(), []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mark in environ.read_bytes().split(b"\0") and int(environ.parts[2]) != os.getpid():
                found.append(int(environ.parts[2]))
    return found


def nobody_left(tmp_path: Path, seconds: float = 5) -> bool:
    """Wait until a test's processes are gone, or say that they are not."""
    end = time.monotonic() + seconds
    while left_over(tmp_path):
        if time.monotonic() > end:
            return False
        os.sched_yield()
    return True
