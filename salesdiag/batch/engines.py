"""Where jobs run: side by side on this machine, or on the workers of a Dask cluster.

An engine takes jobs and yields outcomes as they come. It has no state between runs.
"""

from __future__ import annotations

import os
import shutil
import threading
import uuid
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

from salesdiag.batch.jobs import Forked, Job, Launch, Outcome, Process, attempt
from salesdiag.text import Message
from salesdiag.text import commands as words
from salesdiag.warm.client import ColdError, Warm
from salesdiag.warm.preload import STACK

MODULES = (*STACK, "salesdiag.company", "salesdiag.report", "salesdiag.batch.warmed")
"""What a warm process for reports imports."""

REPORTS_PART = 0.8
"""Part of the machine's memory that reports may take together."""

LEAST_MEMORY = 2**31

RETRIES = 2
"""How often a report is begun anew when the worker that made it is gone."""


class Engine(Protocol):
    """What runs jobs, between entering and leaving it.

    Attributes
    ----------
    notes : list of Message
        What there is to say about the run.
    """

    notes: list[Message]

    def __enter__(self) -> Engine:
        """Get ready."""

    def __exit__(self, *_: object) -> None:
        """Let go of everything."""

    def run(self, jobs: Sequence[Job], timeout: float) -> Generator[Outcome]:
        """Yield each job's outcome; closing the iterator ends what still runs."""


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Running:
    """Processes under way, which all can be told to stop."""

    def __init__(self) -> None:
        self._processes: list[Process] = []
        self._lock = threading.Lock()
        self._ended = False

    def add(self, process: Process) -> None:
        """Take note of a process; stop it at once if all are being stopped."""
        with self._lock:
            self._processes.append(process)
            if self._ended:
                process.stop()

    def end(self) -> None:
        """Stop them all, and those that come later."""
        with self._lock:
            self._ended = True
            for process in self._processes:
                process.stop()


class Local:
    """Processes on this machine, ``slots`` at a time.

    Reports are forked from a warm process, unless ``stock`` asks for ordinary kernels. Where there
    can be no warm process, or none any more, they are made by ordinary kernels too.

    Parameters
    ----------
    slots : int or None
        One per processor where None.
    stock : bool
        Use ordinary kernels only.

    Attributes
    ----------
    notes : list of Message
        What there is to say about the last run.

    Raises
    ------
    ValueError
        Fewer than one.
    """

    def __init__(self, slots: int | None = None, *, stock: bool = False):
        if slots is not None and slots < 1:
            raise ValueError(str(words.TOO_FEW_JOBS(jobs=slots)))
        self.slots = slots or processors()
        self.notes: list[Message] = []
        self._stock = stock
        self._warm: Warm | None = None

    def __enter__(self) -> Local:
        """Have the warm process load while other things are done."""
        if not self._stock:
            self._warm = warm_process(self._cold)
        return self

    def __exit__(self, *_: object) -> None:
        """End the warm process."""
        if self._warm is not None:
            self._warm.close()

    def run(self, jobs: Sequence[Job], timeout: float) -> Generator[Outcome]:
        """Yield each job's outcome; closing the iterator ends what still runs."""
        running = _Running()
        launch = None if self._warm is None else Forked.launcher(self._warm, share(self.slots))
        doing = partial(do, launch=launch, cold=self._cold, started=running.add)
        with ThreadPoolExecutor(self.slots) as threads:
            futures = [threads.submit(doing, job, timeout) for job in jobs]
            try:
                for future in as_completed(futures):
                    yield future.result()
            finally:
                for future in futures:
                    future.cancel()
                running.end()

    def _cold(self, error: ColdError) -> None:
        if not self.notes:
            self.notes.append(words.COLD(reason=str(error)))


def do(
    job: Job,
    timeout: float,
    *,
    launch: Launch | None,
    cold: Callable[[ColdError], object] = lambda error: None,
    started: Callable[[Process], object] = lambda process: None,
) -> Outcome:
    """Do a job, on an ordinary kernel where the warm process is gone."""
    if launch is not None:
        try:
            return attempt(job, timeout, launch, started)
        except ColdError as error:
            cold(error)
    return attempt(job, timeout, started=started)


def warm_process(cold: Callable[[ColdError], object] = lambda error: None) -> Warm | None:
    """Start a warm process for reports; return None, having said why, where there can be none."""
    try:
        return Warm(MODULES, ["salesdiag.batch.warmed:prepare"])
    except ColdError as error:
        cold(error)
        return None


def share(slots: int) -> int | None:
    """Return the bytes that one of several reports may allocate; None where it is not known."""
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(int(memory * REPORTS_PART / slots), LEAST_MEMORY)


class Cluster:
    """Workers of a Dask cluster that see the same files as this machine.

    Each worker has a warm process of its own, from which its reports are forked; a Dask worker has
    threads and must not fork itself.

    Parameters
    ----------
    address : str
        Of the scheduler, ``tcp://host:port``.
    stock : bool
        Use ordinary kernels only.

    Attributes
    ----------
    notes : list of Message
        What there is to say about the last run.

    Raises
    ------
    ValueError
        The package ``distributed`` is missing, nothing answers, or a worker does not see the files.
    """

    def __init__(self, address: str, *, stock: bool = False):
        self.address, self._stock = address, stock
        self.notes: list[Message] = []

    def __enter__(self) -> Cluster:
        """Do nothing: the scheduler runs."""
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing: the scheduler goes on."""

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
            submit = partial(client.submit, on_node, pure=False, retries=RETRIES)
            futures = {submit(job, timeout, self._stock): job for job in jobs}
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


def on_node(job: Job, timeout: float, stock: bool) -> Outcome:
    """Do a job on a worker of a cluster, in a process forked from the worker's warm process.

    A worker that seems lost may still be writing when another one does its job again, so each
    works in a folder of its own, and the first to be done puts it in place.
    """
    from distributed import get_worker

    own = replace(job, work=f"{job.work}.{uuid.uuid4().hex}")
    warm = None if stock else _node()
    slots = get_worker().state.nthreads
    launch = None if warm is None else Forked.launcher(warm, share(slots))
    outcome = do(own, timeout, launch=launch)
    try:
        os.rename(own.work, job.work)
    except OSError:
        shutil.rmtree(own.work, ignore_errors=True)
    return outcome


def _node() -> Warm | None:
    """Return the warm process of this worker, started by the first job that comes here."""
    with _NODE_LOCK:
        if not _NODE:
            _NODE.append(warm_process())
        return _NODE[0]


_NODE: list[Warm | None] = []
_NODE_LOCK = threading.Lock()
