"""One notebook from its parameters to its page, on whatever kernel it is given.

Whoever runs this process reads from the job's folder how far it came: ``state.json`` and the
notebook as it stood not long ago are written before a cell, page and ``result.json`` at the end.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from salesdiag.warm.preload import without_grammar

with without_grammar():
    import nbformat
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError
    from papermill.execute import ERROR_MARKER_TAG

from salesdiag.batch.files import NOTEBOOK, PAGE, RESULT, STATE
from salesdiag.text import commands as words

SAVED_EVERY = 0.5
"""Seconds after which the notebook is saved again as it stands; saving costs as much as a cell."""


class Kernel(Protocol):
    """A kernel manager, as nbclient takes it, that says what became of its process."""

    @property
    def pid(self) -> int | None:
        """Process of its own, if it has one."""

    @property
    def exit_code(self) -> int | None:
        """Exit code, negative for a signal; None while it runs or where it never did."""


class Execution:
    """The execution of one job.

    Parameters
    ----------
    work : Path
        Folder of the job.
    kernel : Kernel

    Attributes
    ----------
    late : bool
        Set by who ends the kernel because its time is over.
    """

    def __init__(self, work: Path, kernel: Kernel):
        self.work, self.kernel = work, kernel
        self.job = json.loads((work / "job.json").read_text(encoding="utf-8"))
        self.cell = 0
        self.late = False
        self._notebook = nbformat.NotebookNode()
        self._save_after = 0.0

    def run(self) -> dict[str, Any]:
        """Execute the notebook, look at it, write it; return what happened."""
        result = self._execute()
        if result["kind"] != "done" and self._notebook:
            try:
                put(self.work / NOTEBOOK, nbformat.writes(self._notebook))
            except OSError:  # papermill may have written half of it; that also makes room
                (self.work / NOTEBOOK).unlink(missing_ok=True)
        return result

    def page(self) -> dict[str, Any]:
        """Write the page of an executed notebook; return what happened."""
        module, _, function = self.job["renderer"].partition(":")
        try:
            render = getattr(import_module(module), function)
            html = render(self._notebook, team=self.job["team"])
            (self.work / PAGE).write_text(html, encoding="utf-8")
        except Exception as error:
            (self.work / PAGE).unlink(missing_ok=True)
            return self._failed("page", error=type(error).__name__, message=str(error))
        return {"kind": "done"}

    def tell(self, result: Mapping[str, Any]) -> None:
        """Leave word of what happened."""
        write(self.work / RESULT, result)

    def _execute(self) -> dict[str, Any]:
        try:
            papermill.execute_notebook(
                self.job["notebook"],
                str(self.work / NOTEBOOK),
                request_save_on_cell_execute=False,
                parameters=self.job["parameters"],
                kernel_name="python3",
                language="python",
                progress_bar=False,
                start_timeout=self.job["patience"],
                iopub_timeout=60,
                km=self.kernel,
                on_notebook_start=self._begins,
                on_cell_execute=self._cell_starts,
            )
        except PapermillExecutionError as error:
            return self._failed("error", error=error.ename, message=error.evalue)
        except Exception as error:
            # A dead kernel shows as one of several exceptions; how it ended is the better reason.
            if self.late:
                return self._failed("timeout")
            if self.kernel.exit_code is not None or isinstance(error, DeadKernelError):
                return self._failed("exit", code=self.kernel.exit_code or 0)
            return self._failed("error", error=type(error).__name__, message=str(error))
        return examine(self._notebook)

    def _begins(self, notebook: nbformat.NotebookNode) -> None:
        self._notebook = notebook
        without_folders(notebook)

    def _cell_starts(self, **_: Any) -> None:
        self.cell += 1
        state = json.dumps({"cell": self.cell, "kernel": self.kernel.pid})
        with (self.work / STATE).open("r+" if self.cell > 1 else "w") as file:
            file.write(state)  # never shorter than before, so a reader sees the old or the new one
        if time.monotonic() > self._save_after:
            write(self.work / NOTEBOOK, self._notebook)
            self._save_after = time.monotonic() + SAVED_EVERY

    def _failed(self, kind: str, **details: Any) -> dict[str, Any]:
        return {"kind": kind, "cell": self.cell, **details}


def examine(notebook: nbformat.NotebookNode) -> dict[str, Any]:
    """Say whether every cell was executed without error.

    papermill calls a notebook completed whose kernel died and lets ``sys.exit()`` and cells that
    may raise pass; a report needs every cell.

    Returns
    -------
    dict
        ``kind`` is ``"done"``, ``"error"`` or ``"unexecuted"``; ``cell`` counts code cells from 1.
    """
    code = [c for c in notebook.cells if c.cell_type == "code" and c.source.strip()]
    for number, cell in enumerate(code, 1):
        for output in cell.outputs:
            if output.output_type == "error":
                return {
                    "kind": "error",
                    "cell": number,
                    "error": output.ename,
                    "message": output.evalue,
                }
        if cell.execution_count is None:
            return {"kind": "unexecuted", "cell": number}
    return {"kind": "done"}


def without_folders(notebook: nbformat.NotebookNode) -> None:
    """Take the places of this machine out of what papermill noted."""
    about = notebook.metadata.get("papermill", {})
    about.update({k: Path(about[k]).name for k in ("input_path", "output_path") if about.get(k)})


def mark_failed(path: Path, cell: int) -> None:
    """Say at the head of a notebook where it failed, unless papermill has done so."""
    notebook = nbformat.read(path, as_version=4)
    without_folders(notebook)
    if not any(ERROR_MARKER_TAG in c.metadata.get("tags", []) for c in notebook.cells):
        mark = nbformat.v4.new_markdown_cell(str(words.MARK(cell=cell)), id="failed")
        mark.metadata["tags"] = [ERROR_MARKER_TAG]
        notebook.cells.insert(0, mark)
    put(path, nbformat.writes(notebook))


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON; see :func:`put`."""
    put(path, json.dumps(content))


def put(path: Path, text: str) -> None:
    """Write text so that a reader sees all of it or nothing, and a full disk is left as it was."""
    whole = path.with_suffix(".tmp")
    try:
        whole.write_text(text, encoding="utf-8")
        whole.replace(path)
    except OSError:
        whole.unlink(missing_ok=True)
        raise
