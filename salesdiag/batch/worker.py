"""The process of one notebook: ``python -m salesdiag.batch.worker WORK PRIVATE SECONDS``.

It reads ``job.json`` in WORK and leaves there the executed notebook, the page and ``result.json``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError
from papermill.execute import ERROR_MARKER_TAG

from salesdiag.batch.jobs import NOTEBOOK, PAGE, RESULT, STATE, end_group
from salesdiag.text import commands as words

SOCKET_PATH = 90
"""Longest path of a Unix socket that every system takes, less what the kernel appends."""


class Kernel(AsyncKernelManager):
    """A kernel of this very Python, whatever kernels are registered, on sockets of its own."""

    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def within(cls, folder: str) -> Kernel:
        """Return a kernel that talks through files in a folder."""
        by_file = sys.platform != "win32" and len(folder) < SOCKET_PATH
        return cls(
            kernel_name="python3",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            connection_file=str(Path(folder, "kernel.json")),
            transport="ipc" if by_file else "tcp",
        )

    async def _async_launch_kernel(self, kernel_cmd: list[str], **kw: Any) -> None:
        await super()._async_launch_kernel(kernel_cmd, **kw)
        self.process = getattr(self.provisioner, "process", None)

    @property
    def exit_code(self) -> int | None:
        """Exit code, negative for a signal; None while it runs or where it never did."""
        return None if self.process is None else self.process.poll()

    def end(self) -> None:
        """Kill the kernel and what its cells started."""
        if self.process is not None:
            end_group(self.process.pid)
            self.process.wait()


class Worker:
    """The execution of one job.

    Parameters
    ----------
    work, private : str
        Folder of the job; folder for sockets and stray files.
    timeout : float
        Seconds until the kernel is ended.
    """

    def __init__(self, work: str, private: str, timeout: float):
        self.work, self.private, self.timeout = Path(work), private, timeout
        self.job = json.loads((self.work / "job.json").read_text(encoding="utf-8"))
        self.kernel = Kernel.within(private)
        self.cell = 0
        self.late = False

    def run(self) -> dict[str, Any]:
        """Execute the notebook, look at it, write the page; return what happened."""
        clock = threading.Timer(self.timeout, self._too_late)
        clock.daemon = True
        clock.start()
        try:
            result = self._execute()
        finally:
            clock.cancel()
            self.kernel.end()
        if result["kind"] == "done":
            result = self._page()
        self._tidy(result)
        return result

    def _too_late(self) -> None:
        self.late = True
        self.kernel.end()

    def watch(self) -> None:
        """End everything when the runner closes our input, or is gone."""
        while os.read(0, 1):
            pass
        self.kernel.end()
        shutil.rmtree(self.private, ignore_errors=True)
        os._exit(1)

    def _cell_starts(self, **_: Any) -> None:
        self.cell += 1
        process = self.kernel.process
        _write(self.work / STATE, {"cell": self.cell, "kernel": process.pid if process else None})
        if self.late:
            self.kernel.end()

    def _execute(self) -> dict[str, Any]:
        try:
            papermill.execute_notebook(
                self.job["notebook"],
                str(self.work / NOTEBOOK),
                parameters=self.job["parameters"],
                kernel_name="python3",
                language="python",
                progress_bar=False,
                start_timeout=int(max(self.timeout, 60)),
                iopub_timeout=60,
                km=self.kernel,
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
        return examine(nbformat.read(self.work / NOTEBOOK, as_version=4))

    def _failed(self, kind: str, **details: Any) -> dict[str, Any]:
        return {"kind": kind, "cell": self.cell, **details}

    def _page(self) -> dict[str, Any]:
        module, _, function = self.job["renderer"].partition(":")
        notebook = nbformat.read(self.work / NOTEBOOK, as_version=4)
        try:
            html = getattr(import_module(module), function)(notebook, team=self.job["team"])
            (self.work / PAGE).write_text(html, encoding="utf-8")
        except Exception as error:
            return self._failed("page", error=type(error).__name__, message=str(error))
        return {"kind": "done"}

    def _tidy(self, result: Mapping[str, Any]) -> None:
        """Take paths out of the notebook and mark it if it failed and papermill has not done so."""
        path = self.work / NOTEBOOK
        if not path.exists():
            return
        notebook = nbformat.read(path, as_version=4)
        about = notebook.metadata.get("papermill", {})
        about.update(
            {k: Path(about[k]).name for k in ("input_path", "output_path") if about.get(k)}
        )
        marked = any(ERROR_MARKER_TAG in c.metadata.get("tags", []) for c in notebook.cells)
        if result["kind"] != "done" and not marked:
            mark = nbformat.v4.new_markdown_cell(str(words.MARK(cell=result["cell"])), id="failed")
            mark.metadata["tags"] = [ERROR_MARKER_TAG]
            notebook.cells.insert(0, mark)
        nbformat.write(notebook, path)


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


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON so that a reader sees all of it or nothing."""
    path.with_suffix(".tmp").write_text(json.dumps(content), encoding="utf-8")
    path.with_suffix(".tmp").replace(path)


def main(work: str, private: str, timeout: str) -> None:
    """Execute the job in a folder."""
    worker = Worker(work, private, float(timeout))
    threading.Thread(target=worker.watch, daemon=True).start()
    _write(worker.work / RESULT, worker.run())


if __name__ == "__main__":
    code = 1
    try:
        main(*sys.argv[1:])
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        # The thread that watches our input never returns, so the interpreter is not waited for.
        sys.stderr.flush()
        os._exit(code)
