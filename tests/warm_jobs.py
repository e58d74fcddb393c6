"""What processes forked from a warm one do in tests, and how tests look at processes."""

from __future__ import annotations

import json
import os
import select
import threading
import time
from pathlib import Path
from typing import Any

import nbformat

from salesdiag.batch import engines, files
from salesdiag.warm.client import Warm
from salesdiag.warm.server import Request

HERE = str(Path(__file__).parent)


def run(source: str) -> None:
    """Execute a program."""
    exec(source, {"__name__": "job"})


def start_thread() -> None:
    """Start a thread that never ends."""
    threading.Thread(target=threading.Event().wait).start()


def cannot_fork() -> None:
    """Have the system refuse new processes."""

    def fork() -> int:
        raise BlockingIOError("no more processes")

    os.fork = fork


def gone(*pids: int, seconds: float = 20) -> bool:
    """Wait until processes have ended."""
    for pid in pids:
        try:
            watched = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ended = bool(select.select([watched], [], [], seconds)[0])
        os.close(watched)
        if not ended:
            return False
    return True


class Word:
    """A named pipe through which a process says one thing."""

    def __init__(self, folder: Path, name: str = "word"):
        self.path = folder / name
        os.mkfifo(self.path)
        self._end = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)

    def heard(self, seconds: float = 60) -> str:
        """Wait for it."""
        said, until = b"", time.monotonic() + seconds
        while not said.endswith(b"\n"):
            ready = select.select([self._end], [], [], max(until - time.monotonic(), 0))[0]
            if not ready:
                raise TimeoutError
            said += os.read(self._end, 10_000)
        os.close(self._end)
        return said.decode().strip()


def pythonpath(environ: dict[str, str], *more: str) -> str:
    """Return a ``PYTHONPATH`` with the tests in it."""
    return os.pathsep.join(filter(None, [HERE, *more, environ.get("PYTHONPATH")]))


def warm() -> Warm:
    """Start a process that can be forked for notebooks."""
    return Warm([*engines.MODULES, "warm_jobs"], ["salesdiag.batch.warmed:prepare"])


def forked(
    warm: Warm, notebook: Path, folder: Path, parameters: dict[str, Any]
) -> nbformat.NotebookNode:
    """Return a notebook as executed in a folder, by the engine of a run."""
    work = folder.with_name(f"{folder.name}.work")
    work.mkdir()
    job = {"notebook": str(notebook), "parameters": parameters, "team": None}
    job |= {"patience": 60, "renderer": "warm_jobs:no_page"}
    (work / "job.json").write_text(json.dumps(job))
    request = Request(
        call="salesdiag.batch.warmed:report",
        arguments=[str(work)],
        cwd=str(folder),
        argv=["ipykernel_launcher.py"],
        log=str(work / files.LOG),
    )
    fork = warm.fork(request)
    try:
        assert fork.wait(300).code == 0, (work / files.LOG).read_text()
    finally:
        fork.close()
    return nbformat.read(work / files.NOTEBOOK, as_version=4)


def no_page(notebook: object, team: str | None) -> str:
    """Make an empty page."""
    return ""
