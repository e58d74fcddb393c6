"""One report: a notebook in a process of its own, ended with everything it started.

The runner starts a worker (:mod:`salesdiag.batch.worker`) and holds its standard input open. The
worker starts the kernel. Whoever of the three dies, the others end: the worker reads the end of its
input when the runner is gone, and the runner ends the kernel's process group when the worker is.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from salesdiag.text import Message
from salesdiag.text import commands as words

GRACE = 15.0
"""Seconds that a worker has, after the time allowed, to mark the notebook and end by itself."""

LAST_WORDS = 2.0
"""Seconds that a worker has to end its kernel once its input is closed."""

ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
"""Notebooks run side by side: threads inside each would only compete."""

NOTEBOOK, PAGE, RESULT, STATE, LOG = (
    "notebook.ipynb", "page.html", "result.json", "state.json", "log.txt",
)  # fmt: skip


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


def attempt(
    job: Job,
    timeout: float,
    started: Callable[[subprocess.Popen[bytes]], object] = lambda process: None,
) -> Outcome:
    """Execute a job in a process of its own and wait for it.

    Parameters
    ----------
    job : Job
    timeout : float
        Seconds that the whole job may take.
    started : callable
        Is given the process as soon as it runs; closing its ``stdin`` ends the job.

    Returns
    -------
    Outcome
        Never an exception of the notebook's making.
    """
    began = time.monotonic()
    work = Path(job.work)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    (work / "job.json").write_text(json.dumps(asdict(job)), encoding="utf-8")
    # Sockets of the kernel live here: their paths must be short. So do files a cell leaves behind.
    with (
        tempfile.TemporaryDirectory(prefix="salesdiag-", ignore_cleanup_errors=True) as private,
        (work / LOG).open("wb") as log,
    ):
        process = subprocess.Popen(
            [sys.executable, "-m", "salesdiag.batch.worker", str(work), private, str(timeout)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=private,
            env={**ONE_THREAD, **os.environ},
            start_new_session=True,
        )
        started(process)
        try:
            process.wait(timeout + GRACE)
        except subprocess.TimeoutExpired:
            pass
        finally:
            _end(process, work)
    seconds = time.monotonic() - began
    result = _read(work / RESULT) or _silence(work, process.returncode, seconds > timeout)
    done = result["kind"] == "done"
    reason = None if done else _reason(job, result, private, seconds, timeout)
    return Outcome(key=job.key, team=job.team, done=done, seconds=seconds, reason=reason)


def _end(process: subprocess.Popen[bytes], work: Path) -> None:
    """End a worker and its kernel, gently at first; nothing of them is left."""
    if process.stdin is not None:
        with suppress(BrokenPipeError):
            process.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(LAST_WORDS)
    if process.returncode is None:
        end_group(process.pid)
        process.wait()
    if not (work / RESULT).exists():
        end_group((_read(work / STATE) or {}).get("kernel"))


def end_group(leader: int | None) -> None:
    """Kill a process group, if it is still there."""
    if leader is not None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _silence(work: Path, code: int, late: bool) -> dict[str, Any]:
    """Say what happened where the worker could not."""
    cell = (_read(work / STATE) or {}).get("cell", 0)
    if late:
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
