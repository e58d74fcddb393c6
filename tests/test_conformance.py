"""A notebook shows the same whichever kernel runs it: a stock one, a forked one, a warm one.

Compared are outputs, execution counts and metadata, byte for byte, but for addresses, numbers of
processes and tasks, and places in time. A stock kernel sends text from several threads; what two
runs of it do not agree on is not compared.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import edge_cases
import nbformat
import pytest
import warm_jobs
from jupyter_client.kernelspec import find_kernel_specs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks need Linux"),
]
ROOT = Path(__file__).parents[1]
MASKS = ((r"ipykernel_\d+", "ipykernel_N"), (r"Task-\d+", "Task-N"), (r"0x[0-9a-f]+", "0x"))
OURS = ("papermill", "execution")
"""Metadata in which papermill and nbclient note times and places."""

Run = Callable[[Path, Path, dict[str, Any]], nbformat.NotebookNode]


@pytest.fixture(scope="module", autouse=True)
def _environment(tmp_path_factory) -> Iterator[None]:
    """The same for all kernels; and nothing of the user's or of pytest's in it."""
    folder = tmp_path_factory.mktemp("of-jupyter")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "PYTHONPATH": warm_jobs.pythonpath(dict(os.environ)),
            "PYTHONHASHSEED": "0",
            "SOURCE_DATE_EPOCH": "0",
            "IPYTHONDIR": str(folder / "ipython"),
            "JUPYTER_RUNTIME_DIR": str(folder),
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }.items():
            patch.setenv(name, value)
        patch.delenv("MPLBACKEND", raising=False)
        yield
        for log in folder.glob("salesdiag-*.log"):
            end_shared(log.with_suffix(""))


def end_shared(path: Path) -> None:
    """End the warm process that listens at a path."""
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(path).encode() in command.read_bytes().split(b"\0"):
                os.kill(int(command.parts[2]), 15)
        except OSError:
            continue


@pytest.fixture(scope="module")
def forked(_environment) -> Iterator[Run]:
    """The engine of a run: a process forked from a warm one is the kernel."""
    warm = warm_jobs.warm()

    def run(notebook: Path, folder: Path, parameters: dict[str, Any]) -> nbformat.NotebookNode:
        return warm_jobs.forked(warm, notebook, folder, parameters)

    yield run
    warm.close()


def by_papermill(kernel: str) -> Run:
    def run(notebook: Path, folder: Path, parameters: dict[str, Any]) -> nbformat.NotebookNode:
        executed = folder.with_name(f"{folder.name}.{kernel}.ipynb")
        executed.unlink(missing_ok=True)
        command = [sys.executable, "-m", "papermill", str(notebook), str(executed)]
        command += ["-k", kernel, "--cwd", str(folder), "--no-progress-bar"]
        command += ["--no-request-save-on-cell-execute"]
        for name, value in parameters.items():
            command += ["-p", name, str(value)]
        # with it, ipykernel leaves the file descriptors alone
        env = {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"}
        with executed.with_suffix(".log").open("wb") as log:
            subprocess.run(command, stdout=log, stderr=log, env=env, timeout=400)
        assert executed.exists(), executed.with_suffix(".log").read_text()
        return nbformat.read(executed, as_version=4)

    return run


stock = by_papermill("python3")


@pytest.fixture(scope="module", params=["forked", "salesdiag"])
def engine(request) -> Run:
    if request.param == "forked":
        return request.getfixturevalue("forked")
    if "salesdiag" not in find_kernel_specs():
        pytest.skip("the kernel salesdiag is not installed")
    return by_papermill("salesdiag")


def shown(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """Return what a notebook shows of each cell, in a form in which only its content counts."""
    mark = "papermill-error-cell-tag"
    cells = [c for c in notebook.cells if mark not in c.metadata.get("tags", [])]
    told = {f"{number} {cell.source[:60]}": _cell(cell) for number, cell in enumerate(cells)}
    about = {k: v for k, v in notebook.metadata.items() if k not in OURS}
    return {**told, "notebook": json.dumps(about, sort_keys=True)}


def _cell(cell: nbformat.NotebookNode) -> str:
    outputs = _joined(cell.get("outputs", []))
    if cell.source.startswith(edge_cases.ANY_ORDER):
        outputs = [*sorted(Counter(_lines(outputs)).items()), *(o for o in outputs if not _text(o))]
    about = {k: v for k, v in cell.metadata.items() if k not in OURS}
    told = {"count": cell.get("execution_count"), "outputs": outputs, "metadata": about}
    text = json.dumps({**told, "type": cell.cell_type, "source": cell.source}, sort_keys=True)
    for pattern, mask in MASKS:
        text = re.sub(pattern, mask, text)
    return text


def _joined(outputs: list[Any]) -> list[Any]:
    """Join pieces of one stream that follow each other; where they break is chance."""
    joined: list[Any] = []
    for output in outputs:
        if joined and _text(output) and joined[-1].get("name") == output["name"]:
            joined[-1] = {**joined[-1], "text": joined[-1]["text"] + output["text"]}
        else:
            joined.append(dict(output))
    return joined


def _text(output: Any) -> bool:
    return bool(output["output_type"] == "stream")


def _lines(outputs: list[Any]) -> list[str]:
    return [f"{o['name']}: {t}" for o in outputs if _text(o) for t in o["text"].split("\n") if t]


def differing(one: dict[str, str], other: dict[str, str]) -> set[str]:
    assert one.keys() == other.keys()
    return {name for name in one if one[name] != other[name]}


def compared(
    run: Run, notebook: Path, folder: Path, parameters: dict[str, Any], *, fair: bool = True
) -> dict[str, str]:
    """Return the cells in which a kernel differs from a stock one, with what both show.

    It is fair to leave out what another run of the stock one shows differently, too.
    """
    folder.mkdir()
    results = []
    for kernel in (stock, run):
        for left in folder.iterdir():
            left.unlink()
        results.append(shown(kernel(notebook, folder, parameters)))
    different = differing(*results)
    if different and fair:
        for left in folder.iterdir():
            left.unlink()
        again = shown(stock(notebook, folder, parameters))
        different -= differing(results[0], again)
    return {name: f"{results[0][name]}\n\n{results[1][name]}" for name in different}


def test_every_cell_shows_the_same(engine, tmp_path):
    path = tmp_path / "edge.ipynb"
    nbformat.write(edge_cases.notebook(edge_cases.CELLS), path)
    assert compared(engine, path, tmp_path / "here", {}) == {}


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("team_report", {"team": "T05", "identify": True}),
        ("company_report", {}),
        ("selling_manager", {}),
    ],
)
def test_a_notebook_of_the_project_shows_the_same(engine, tmp_path, name, parameters):
    data = {"data": str(ROOT / "data" / "demo")}
    notebook = ROOT / "notebooks" / f"{name}.ipynb"
    assert compared(engine, notebook, tmp_path / "here", {**data, **parameters}) == {}


def test_only_what_is_known_differs_in_a_forked_kernel(forked, tmp_path):
    """If one of these becomes equal, the list is to be shortened."""
    path = tmp_path / "different.ipynb"
    cells = [case.cells.split(edge_cases.RULE) for case in edge_cases.DIFFERENT]
    nbformat.write(edge_cases.notebook(edge_cases.RULE.join(c for of in cells for c in of)), path)
    different = compared(forked, path, tmp_path / "here", {}, fair=False)
    assert {name.partition(" ")[2] for name in different} == {of[-1][:60] for of in cells}
