"""A batch of reports beside the loops that people write with papermill and nbconvert."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import nbformat

from salesdiag import batch, simulate
from salesdiag.batch import engines, planning
from salesdiag.batch.files import NOTEBOOK, PAGE
from salesdiag.batch.jobs import Job
from salesdiag.report import page
from salesdiag.report.block import environment, style
from salesdiag.warm.client import Request, Warm
from tools.bench import analysis
from tools.bench.rows import Row, spent

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
FEW, SOME = 4, 8
"""Teams of the slow loops; their cost a team does not depend on how many there are."""

OWN = 1.6
"""Bound of our own report, whose analysis is done before; that of a lean analysis is 1.3."""

ROUNDS = 9
"""Of both sides, in turn; the first is not counted."""


def rows(scratch: Path, teams: int = 200, more: int = 2000) -> Iterator[Row]:
    """Yield the figures of the batch; ``teams`` and ``more`` are the sizes of its two companies."""
    ready = Prepared.make(scratch, teams)
    ready.refuse_differences()
    yield from _loops(ready, teams)
    yield from _floor(scratch, ready)
    yield _memory(ready)
    yield _growth(scratch, ready, teams, more)


@dataclass(frozen=True)
class Prepared:
    """A company whose findings are handed over, so that loops need not compute them.

    Attributes
    ----------
    data : Path
        Folder of the company.
    jobs : tuple of Job
        Of the teams.
    wall : float
        Seconds a team that a whole run of ours takes.
    """

    data: Path
    jobs: tuple[Job, ...]
    wall: float

    @classmethod
    def make(cls, scratch: Path, teams: int) -> Prepared:
        """Make the company, run it whole, and hand its findings over once more for the loops."""
        data = company(scratch, teams)
        wall = whole_run(scratch, data) / teams
        parts = planning.Parts(notebooks=ROOT / "notebooks")
        loaded = parts.load(str(data))
        ids = planning.team_ids(loaded)[:40]
        work = scratch / f"work-{teams}"
        (work / "findings").mkdir(parents=True, exist_ok=True)
        options: dict[str, str | bool] = {"identify": False, "language": ""}
        jobs = planning.make_jobs(loaded, ids, str(data), parts, work, options)[1:]
        results, overview = parts.test_all(loaded, ids), parts.overview(loaded, False)
        for job in jobs:
            planning.hand_over(job, overview, (*results.company, *results.team(str(job.team))))
        return cls(data, tuple(jobs), wall)

    def refuse_differences(self) -> None:
        """Compare reports of ours with those of stock papermill.

        Raises
        ------
        ValueError
            An output differs.
        """
        chosen = self.jobs[:: len(self.jobs) // 3][:3]
        for job, outcome in zip(chosen, forked(chosen), strict=True):
            if not outcome.done:
                raise ValueError(str(outcome.reason))
            ours = nbformat.read(Path(job.work, NOTEBOOK), as_version=4)
            stock = Path(job.work, "stock.ipynb")
            papermill(job, stock)
            if shown(ours) != shown(nbformat.read(stock, as_version=4)):
                raise ValueError(f"{job.key}: our outputs are not those of stock papermill")


def company(scratch: Path, teams: int) -> Path:
    """Return the folder of a planted company, made where it is not there yet."""
    folder = scratch / f"company-{teams}"
    if not folder.exists():
        simulate.demo(folder, teams=teams, reps=8, months=24, seed=5)
    return folder


def whole_run(scratch: Path, data: Path) -> float:
    """Return the wall seconds of ``salesdiag run``, everything included."""
    out = scratch / f"report-{data.name}"
    command = [BIN / "salesdiag", "run", data, "--out", out, "--force"]
    with spent() as taken:
        subprocess.run(command, check=True, capture_output=True, cwd=scratch)
    return taken.wall


def shown(notebook: nbformat.NotebookNode) -> list[Any]:
    """Return what a notebook shows, without addresses of objects and process ids."""
    return [
        (cell.execution_count, re.sub(r"0x[0-9a-f]+|ipykernel_\d+", "", json.dumps(cell.outputs)))
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def forked(jobs: Sequence[Job], slots: int = 2) -> list[batch.Outcome]:
    """Return the outcomes of jobs done by our engine, in their order."""
    with engines.Local(slots) as engine:
        found = {o.key: o for o in engine.run(jobs, 600)}
    return [found[j.key] for j in jobs]


def papermill(job: Job, out: Path) -> None:
    """Run a job's notebook by papermill's command."""
    given = [x for k, v in job.parameters.items() for x in ("-p", k, str(v))]
    command = [BIN / "papermill", job.notebook, out, "--no-progress-bar", "-k", "python3", *given]
    subprocess.run(command, check=True, capture_output=True)


LOOP = """
import json, sys, time
import papermill
from nbconvert import HTMLExporter
exporter = HTMLExporter()
jobs = json.load(open(sys.argv[1]))
def one(job):
    out = job["work"] + ".loop.ipynb"
    made = papermill.execute_notebook(
        job["notebook"], out, job["parameters"], progress_bar=False, kernel_name="python3")
    html, _ = exporter.from_notebook_node(made)
    open(job["work"] + ".loop.html", "w").write(html)
one(jobs[0])
began = time.perf_counter()
for job in jobs[1:]:
    one(job)
print(time.perf_counter() - began)
"""


def loop(jobs: Sequence[Job], scratch: Path, name: str) -> float:
    """Return the seconds that a Python loop takes, its imports and first team not counted."""
    file = scratch / f"{name}.json"
    file.write_text(json.dumps([asdict(j) for j in jobs]))
    command = [sys.executable, "-c", LOOP, str(file)]
    said = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(said.stdout)


def _loops(ready: Prepared, teams: int) -> Iterator[Row]:
    jobs, scratch = ready.jobs, ready.data.parent
    with spent() as shell:
        for job in jobs[:FEW]:
            out = Path(f"{job.work}.shell.ipynb")
            papermill(job, out)
            command = [BIN / "jupyter", "nbconvert", "--to", "html", out]
            subprocess.run(command, check=True, capture_output=True)
    single = loop(jobs[: SOME + 1], scratch, "single")
    halves = (jobs[: SOME + 1], jobs[SOME + 1 : 2 * SOME + 2])
    with ThreadPoolExecutor(2) as pool:
        double = max(pool.map(lambda h: loop(h[1], scratch, f"half-{h[0]}"), enumerate(halves)))
    said = (
        "ours: {:.3f} s of wall time a team in a whole run of {} teams, reading, tests and "
        "index included; the loop: {:.2f} s a team, given our findings and panels"
    )
    for what, seconds, bound in (
        ("shell loop of papermill and nbconvert", shell.wall / FEW, 10),
        ("Python loop of execute_notebook with a reused exporter", single / SOME, 5),
        ("two processes of that loop", double / (2 * SOME), 2.5),
    ):
        yield Row(
            what=f"{what}, against a batch of ours",
            measured=seconds / ready.wall,
            bound=bound,
            at_least=True,
            detail=said.format(ready.wall, teams, seconds),
        )


def _floor(scratch: Path, ready: Prepared) -> Iterator[Row]:
    data = scratch / "weeks.parquet"
    if not data.exists():
        analysis.data(data, 40)
    for lean, bound, name in ((False, 1.15, "drawn by seaborn"), (True, 1.3, "lean")):
        path = scratch / f"analysis-{lean}.ipynb"
        analysis.notebook(path, lean)
        jobs = [
            replace(
                job,
                notebook=str(path),
                parameters={"data": str(data), "team": str(n), "findings": ""},
                team=str(n),
                renderer="tools.bench.analysis:render",
            )
            for n, job in enumerate(ready.jobs[: 2 * SOME])
        ]
        plain = [(str(data), j.team, f"{j.work}.plain.html") for j in jobs]
        ratios, sides = _interleaved(
            lambda jobs=jobs: _checked(jobs), "tools.bench.batch:plain_analysis", plain, lean
        )
        yield Row(
            what=f"an analysis with six figures, {name}: ours / a plain function in two processes",
            measured=ratios,
            bound=bound,
            at_least=False,
            detail=sides,
        )
    jobs = list(ready.jobs)
    ratio, sides = _interleaved(
        lambda: _checked(jobs),
        "tools.bench.batch:plain_page",
        [(j.parameters["data"], j.team, j.parameters["findings"], f"{j.work}.html") for j in jobs],
        False,
    )
    yield Row(
        what="our own report of a team: ours / a plain function in two processes",
        measured=ratio,
        bound=OWN,
        at_least=False,
        detail=f"{sides}; it has no analysis left to do, so a fork and ten cells weigh more",
    )


def _checked(jobs: Sequence[Job]) -> None:
    failed = [o for o in _WARM_ENGINE[0].run(jobs, 600) if not o.done]
    if failed:
        raise ValueError(str(failed[0].reason))


_WARM_ENGINE: list[engines.Local] = []


def _interleaved(
    ours: Callable[[], object], call: str, given: Sequence[tuple[Any, ...]], lean: bool
) -> tuple[float, str]:
    """Return ours over the plain function, the median of pairs run in turn, and the two sides."""
    taken: list[tuple[float, float]] = []
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])
    )
    with engines.Local(2) as engine:
        _WARM_ENGINE[:] = [engine]
        warm = Warm(engines.MODULES, ["salesdiag.report.page:warm"])
        try:
            for _ in range(ROUNDS):
                with spent() as one:
                    ours()
                taken.append((one.wall, _two_processes(warm, call, given, lean)))
        finally:
            warm.close()
    counted = taken[1:]
    ratios = [one / other for one, other in counted]
    sides = [statistics.median(side) / len(given) for side in zip(*counted, strict=True)]
    said = (
        f"{sides[0]:.3f} s and {sides[1]:.3f} s of wall time a team, HTML included; "
        f"{len(ratios)} pairs of runs, {min(ratios):.2f} to {max(ratios):.2f} x"
    )
    return statistics.median(ratios), said


def _two_processes(warm: Warm, call: str, given: Sequence[tuple[Any, ...]], lean: bool) -> float:
    with spent() as taken:
        forks = [
            warm.fork(Request(call=call, arguments=[list(given[n::2]), lean], cwd=str(ROOT)))
            for n in range(2)
        ]
        codes = [f.wait().code for f in forks]  # type: ignore[union-attr]
    if any(codes):
        raise ValueError("the plain function failed")
    return taken.wall


def plain_analysis(given: Sequence[Sequence[str]], lean: bool) -> None:
    """Do the analysis of several teams, one after the other."""
    does = analysis.Plain(lean)
    for data, team, out in given:
        Path(out).write_text(does(data, team))


def plain_page(given: Sequence[Sequence[str]], _: bool) -> None:
    """Make the pages of several teams without Jupyter, one after the other."""
    from salesdiag import report

    for data, team, findings, out in given:
        dossier = report.open(data, team=team, findings=findings)
        shown = [block(dossier) for block in report.TEAM_PAGE]
        made = environment().get_template("page.html.j2").render(shown=shown, style=style())
        Path(out).write_text(made)


def _memory(ready: Prepared) -> Row:
    jobs = [replace(j, renderer="tools.bench.batch:weighed") for j in ready.jobs[:SOME]]
    os.environ["PYTHONPATH"] = str(ROOT)
    if any(not o.done for o in forked(jobs)):
        raise ValueError("a report failed")
    held = [float(Path(j.work, PAGE).read_text()) for j in jobs]
    return Row(
        what="private memory of a worker when its page is made",
        measured=max(held),
        bound=100,
        at_least=False,
        unit="MB",
        detail=f"most of {len(held)} teams; from /proc/self/smaps_rollup",
    )


def weighed(notebook: nbformat.NotebookNode, team: str | None) -> str:
    """Render a page, and return the megabytes that this process then holds for itself."""
    page.render(notebook, team)
    told = Path("/proc/self/smaps_rollup").read_text()
    parts = re.findall(r"^Private_(?:Clean|Dirty): +(\d+) kB", told, flags=re.MULTILINE)
    return str(sum(map(int, parts)) / 1024)


def _growth(scratch: Path, ready: Prepared, teams: int, more: int) -> Row:
    wall = whole_run(scratch, company(scratch, more)) / more
    return Row(
        what=f"cost a team at {more:,} teams against {teams}",
        measured=wall / ready.wall,
        bound=1.1,
        at_least=False,
        detail=f"{wall:.3f} s and {ready.wall:.3f} s of wall time a team, whole runs",
    )
