"""One report: a notebook in a process of its own, ended with everything it started.

Two kinds of process do it. A spawned one is a fresh Python (:mod:`salesdiag.batch.worker`) that
starts a stock kernel: the runner holds its standard input open, the worker ends when that is
closed, and the runner ends the kernel's process group when the worker is gone. A forked one comes
from a warm process and is the kernel itself (:mod:`salesdiag.batch.warmed`): it ends with its
connection. Whoever dies, the others end.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from salesdiag.batch.files import LOG, NOTEBOOK, RESULT, STATE
from salesdiag.text import Message
from salesdiag.text import commands as words
from salesdiag.warm.client import ColdError, Fork, Warm
from salesdiag.warm.server import Request, end_group

LAST_WORDS = 2.0
"""Seconds that a process has to end once it is told to."""

ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
"""Notebooks run side by side: threads inside each would only compete."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One notebook to execute and to turn into a page.

    Attributes
    ----------
    key : str
        File name of the report without ending.
    team : str or None
        Team id; None for the company's report.
    notebook : str
        Absolute path of the notebook to execute.
    parameters : mapping
        What the notebook is given.
    work : str
        Absolute path of the job's folder, emptied at each attempt.
    renderer : str
        ``"module:function"`` that turns an executed notebook into the HTML of a team's page.
    """

    key: str
    team: str | None
    notebook: str
    parameters: Mapping[str, str | bool]
    work: str
    renderer: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a job.

    Attributes
    ----------
    key, team : str
        As in :class:`Job`.
    done : bool
    seconds : float
        Wall time.
    reason : Message or str or None
        Why there is no report, in words.
    """

    key: str
    team: str | None
    done: bool
    seconds: float
    reason: Message | str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for the manifest."""
        return {
            "report": self.key,
            "team": self.team,
            "status": "done" if self.done else "failed",
            "reason": None if self.reason is None else str(self.reason),
            "seconds": round(self.seconds, 1),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Outcome:
        """Return the outcome that a manifest tells of."""
        return cls(
            key=record["report"],
            team=record["team"],
            done=record["status"] == "done",
            seconds=record["seconds"],
            reason=record["reason"],
        )


class Process(Protocol):
    """What does a job.

    Attributes
    ----------
    grace : float
        Seconds that it has, after the time allowed, to end by itself.
    """

    grace: float

    def wait(self, seconds: float) -> int | None:
        """Return its exit code, negative for a signal; None where it still runs."""

    def end(self) -> None:
        """End it with all that it started, gently where it can be; again, do nothing."""

    def stop(self) -> None:
        """Have it end soon; safe from another thread."""


Launch = Callable[[Path, str, float], Process]
"""Starts a process for the job in a folder, with a private folder and the seconds allowed."""


def attempt(
    job: Job,
    timeout: float,
    launch: Launch | None = None,
    started: Callable[[Process], object] = lambda process: None,
) -> Outcome:
    """Do a job in a process of its own and wait for it.

    Parameters
    ----------
    job : Job
    timeout : float
        Seconds that the whole job may take.
    launch : callable, optional
        Starts the process; a fresh Python with a stock kernel where not given.
    started : callable
        Is given the process as soon as it runs.

    Returns
    -------
    Outcome
        Never an exception of the notebook's making.

    Raises
    ------
    ColdError
        The warm process that ``launch`` uses is gone; the job was not done.
    """
    began = time.monotonic()
    try:
        reason = _reason_of(job, timeout, launch or Spawned, started)
    except OSError as error:  # of our own making: no room, no more processes
        shutil.rmtree(job.work, ignore_errors=True)
        reason = words.REFUSED(reason=error.strerror or str(error))
    seconds = time.monotonic() - began
    return Outcome(key=job.key, team=job.team, done=reason is None, seconds=seconds, reason=reason)


def _reason_of(
    job: Job, timeout: float, launch: Launch, started: Callable[[Process], object]
) -> Message | None:
    """Do a job; return why it failed."""
    began = time.monotonic()
    work = Path(job.work)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    described = {**asdict(job), "patience": int(max(timeout, 60))}
    (work / "job.json").write_text(json.dumps(described), encoding="utf-8")
    # Sockets of the kernel live here: their paths must be short. So do files a cell leaves behind.
    with tempfile.TemporaryDirectory(prefix="salesdiag-", ignore_cleanup_errors=True) as private:
        process = launch(work, private, timeout)
        started(process)
        try:
            code = process.wait(timeout + process.grace)
        finally:
            process.end()
    seconds = time.monotonic() - began
    result = _read(work / RESULT) or _silence(work, code, seconds > timeout)
    if result["kind"] == "done":
        return None
    _mark(work / NOTEBOOK, result.get("cell", 0))
    return _reason(job, result, private, seconds, timeout)


def _mark(notebook: Path, cell: int) -> None:
    """Say in a failed notebook where it failed; remove one that is not whole."""
    from salesdiag.batch.execution import mark_failed  # papermill, which a runner does without

    try:
        mark_failed(notebook, cell)
    except FileNotFoundError:
        pass
    except (OSError, ValueError):  # it was ended while it was writing, or there is no room
        notebook.unlink(missing_ok=True)


class Spawned:
    """A fresh Python that runs a stock kernel; see :class:`Process`."""

    grace = 15.0

    def __init__(self, work: Path, private: str, timeout: float):
        self._work = work
        with (work / LOG).open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "salesdiag.batch.worker", str(work), private, str(timeout)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=private,
                env={**ONE_THREAD, **os.environ},
                start_new_session=True,
            )

    def wait(self, seconds: float) -> int | None:
        """Return its exit code; None where it still runs."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.returncode

    def stop(self) -> None:
        """Close its input."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()

    def end(self) -> None:
        """End the worker and its kernel, gently at first; nothing of them is left."""
        self.stop()
        if self.wait(LAST_WORDS) is None:
            end_group(self._process.pid)
            self._process.wait()
        kernel = (_read(self._work / STATE) or {}).get("kernel")
        if kernel is not None and not (self._work / RESULT).exists():
            end_group(kernel)


class Forked:
    """A process forked by a warm one; see :class:`Process`."""

    grace = 0.0

    def __init__(self, fork: Fork):
        self._fork = fork

    @classmethod
    def launcher(cls, warm: Warm, memory: int | None) -> Launch:
        """Return what launches such processes; each may allocate ``memory`` bytes."""

        def launch(work: Path, private: str, timeout: float) -> Forked:
            request = Request(
                call="salesdiag.batch.warmed:report",
                arguments=[str(work)],
                cwd=private,
                argv=["ipykernel_launcher.py"],
                log=str(work / LOG),
                memory=memory,
            )
            return cls(warm.fork(request))

        return launch

    def wait(self, seconds: float) -> int | None:
        """Return its exit code; None where it still runs."""
        ended = self._fork.wait(seconds)
        return None if ended is None else ended.code

    def stop(self) -> None:
        """Kill it and its group."""
        self._fork.kill()

    def end(self) -> None:
        """Kill it, if it still runs, and wait until it is gone."""
        self.stop()
        with suppress(ColdError):
            self._fork.wait(LAST_WORDS)
        self._fork.close()


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _silence(work: Path, code: int | None, late: bool) -> dict[str, Any]:
    """Say what happened where the worker could not."""
    cell = (_read(work / STATE) or {}).get("cell", 0)
    if late or code is None:
        return {"kind": "timeout", "cell": cell}
    lines = (work / LOG).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return {"kind": "exit", "code": code, "cell": cell, "message": lines[-1] if lines else ""}


def _reason(
    job: Job, result: Mapping[str, Any], private: str, seconds: float, timeout: float
) -> Message:
    kind, cell = result["kind"], result.get("cell", 0)
    if kind == "timeout":
        return words.TOO_LONG(limit=timeout, cell=cell)
    if kind == "exit":
        code = result["code"]
        if code < 0:
            return words.KILLED(signal=-code, seconds=seconds, cell=cell)
        message = without_paths(result.get("message", ""), job, private)
        return words.STOPPED(code=code, seconds=seconds, cell=cell, message=message)
    if kind == "unexecuted":
        return words.UNEXECUTED(cell=cell)
    message = without_paths(result["message"], job, private)
    if kind == "page":
        return words.NO_PAGE(error=result["error"], message=message)
    return words.RAISED(error=result["error"], message=message, cell=cell)


def without_paths(text: str, job: Job, private: str) -> str:
    """Return a message without the places of this machine, which are nobody's business."""
    here, data = Path(job.work).parents[2], str(job.parameters.get("data", ""))
    places = dict.fromkeys(
        [job.work, private, str(here), sys.prefix, sys.base_prefix, str(Path.home())], "…"
    )
    places[str(Path(__file__).parents[2])] = "…"
    places[data] = Path(data).name
    for place in sorted(places, key=len, reverse=True):
        if len(place) > 1:
            text = text.replace(place, places[place])
    return text
