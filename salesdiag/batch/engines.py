"""Where jobs run: side by side on this machine, or on the workers of a Dask cluster.

An engine takes jobs and yields outcomes as they come. It has no state between runs.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from salesdiag.batch.jobs import Job, Outcome, attempt
from salesdiag.text import commands as words


class Engine(Protocol):
    """What runs jobs."""

    def run(self, jobs: Sequence[Job], timeout: float) -> Generator[Outcome]:
        """Yield each job's outcome; closing the iterator ends what still runs."""


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Running:
    """Processes under way, which end when their input is closed."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()
        self._ended = False

    def add(self, process: subprocess.Popen[bytes]) -> None:
        """Take note of a process; end it at once if all are being ended."""
        with self._lock:
            self._processes.append(process)
            if self._ended:
                self._close(process)

    def end(self) -> None:
        """End them all, and those that come later."""
        with self._lock:
            self._ended = True
            for process in self._processes:
                self._close(process)

    @staticmethod
    def _close(process: subprocess.Popen[bytes]) -> None:
        with suppress(BrokenPipeError):
            process.stdin.close()  # type: ignore[union-attr]


class Local:
    """Processes on this machine, ``slots`` at a time.

    Parameters
    ----------
    slots : int or None
        One per processor where None.

    Raises
    ------
    ValueError
        Fewer than one.
    """

    def __init__(self, slots: int | None = None):
        if slots is not None and slots < 1:
            raise ValueError(str(words.TOO_FEW_JOBS(jobs=slots)))
        self.slots = slots or processors()

    def run(self, jobs: Sequence[Job], timeout: float) -> Generator[Outcome]:
        """Yield each job's outcome; closing the iterator ends what still runs."""
        running = _Running()
        with ThreadPoolExecutor(self.slots) as threads:
            futures = [threads.submit(attempt, job, timeout, running.add) for job in jobs]
            try:
                for future in as_completed(futures):
                    yield future.result()
            finally:
                for future in futures:
                    future.cancel()
                running.end()


class Cluster:
    """Workers of a Dask cluster that see the same files as this machine.

    Parameters
    ----------
    address : str
        Of the scheduler, ``tcp://host:port``.

    Raises
    ------
    ValueError
        The package ``distributed`` is missing, nothing answers, or a worker does not see the files.
    """

    def __init__(self, address: str):
        self.address = address

    def run(self, jobs: Sequence[Job], timeout: float) -> Generator[Outcome]:
        """Yield each job's outcome; closing the iterator drops what has not begun."""
        if not jobs:
            return
        try:
            from distributed import Client, as_completed
        except ImportError:
            raise ValueError(str(words.NO_DISTRIBUTED())) from None
        try:
            client = Client(self.address, timeout=10, set_as_default=False)
        except OSError:
            raise ValueError(str(words.NO_CLUSTER(address=self.address))) from None
        with client:
            folder = str(Path(jobs[0].work).parents[1])
            blind = [w for w, sees in client.run(os.path.isdir, folder).items() if not sees]
            if blind:
                raise ValueError(str(words.BLIND_WORKERS(workers=blind)))
            futures = {
                client.submit(attempt, job, timeout, pure=False, retries=2): job for job in jobs
            }
            try:
                for future in as_completed(futures, loop=client.loop):
                    yield self._outcome(futures[future], future)
            finally:
                client.cancel(list(futures))

    @staticmethod
    def _outcome(job: Job, future: object) -> Outcome:
        error = future.exception()  # type: ignore[attr-defined]
        if error is None:
            return future.result()  # type: ignore[attr-defined]
        reason = words.LOST_ON_CLUSTER(error=type(error).__name__, message=str(error))
        return Outcome(key=job.key, team=job.team, done=False, seconds=0.0, reason=reason)
