"""Reports on a Dask cluster of two workers beside the same reports without one."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from salesdiag.batch import engines
from salesdiag.batch.jobs import Job
from tools.bench.batch import Prepared
from tools.bench.rows import Row, spent

ROUNDS = 3


def rows(scratch: Path, teams: int = 200) -> Iterator[Row]:
    """Yield what going through a scheduler costs."""
    jobs = Prepared.make(scratch, teams).jobs
    quiet = ("--no-dashboard", "--host", "127.0.0.1")
    with ExitStack() as running, engines.Local(2) as local:
        line = running.enter_context(
            _process("dask_scheduler", "--port", "0", *quiet, says="Scheduler at:")
        )
        address = line.split()[-1]
        own = ("--nthreads", "1", "--no-nanny", "--local-directory", str(scratch), *quiet)
        for _ in range(2):
            running.enter_context(_process("dask_worker", address, *own, says="Registered to:"))
        taken: dict[str, list[float]] = {"cluster": [], "local": []}
        for _ in range(ROUNDS + 1):  # the first starts the warm processes
            taken["cluster"].append(_wall(engines.Cluster(address), jobs))
            taken["local"].append(_wall(local, jobs))
    through, here = (statistics.median(s[1:]) / len(jobs) for s in taken.values())
    yield Row(
        what="a team on a Dask cluster of two workers against two processes here",
        measured=through / here,
        bound=1.05,
        at_least=False,
        detail=f"{through:.3f} s and {here:.3f} s of wall time a team",
    )


def _wall(engine: engines.Engine, jobs: Sequence[Job]) -> float:
    with spent() as taken:
        failed = [o for o in engine.run(jobs, 600) if not o.done]
    if failed:
        raise ValueError(str(failed[0].reason))
    return taken.wall


@contextmanager
def _process(module: str, *arguments: str, says: str) -> Iterator[str]:
    """Run a command of Dask until it is left; yield the line in which it says something."""
    command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as started:
        try:
            yield next(line for line in started.stderr or () if says in line)
        finally:
            started.kill()
