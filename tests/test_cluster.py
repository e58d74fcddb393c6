"""A real Dask scheduler and two real workers on loopback, one of which is killed."""

from __future__ import annotations

import operator
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import nbformat
import pytest
from toy_batch import go, left_over, with_teams
from toy_batch import parts as parts  # the fixture

from salesdiag.batch import engines

pytestmark = pytest.mark.slow
pytest.importorskip("distributed")


@contextmanager
def process(module: str, *arguments: str, says: str):
    """Run a command of Dask until it is left; yield it and the line in which it says something."""
    command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as started:
        try:
            for line in started.stderr:
                if says in line:
                    break
            else:
                raise AssertionError(f"{module} ended without saying {says!r}")
            yield started, line
        finally:
            started.kill()


@pytest.fixture
def cluster(parts, tmp_path, monkeypatch):
    """Scheduler with its address, and two workers of one thread."""
    monkeypatch.chdir(tmp_path)
    quiet = ("--no-dashboard", "--host", "127.0.0.1")
    with ExitStack() as running:
        scheduler, line = running.enter_context(
            process("dask_scheduler", "--port", "0", *quiet, says="Scheduler at:")
        )
        address = line.split()[-1]
        own = ("--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path), *quiet)
        workers = [
            running.enter_context(process("dask_worker", address, *own, says="Registered to:"))[0]
            for _ in range(2)
        ]
        yield address, workers, scheduler


def test_a_killed_workers_reports_are_made_by_another(cluster, parts, tmp_path):
    """T3 kills the worker that does it, once; whoever does it again finds that it has happened."""
    address, workers, _ = cluster
    cell = f"""
import os, pathlib
mark = pathlib.Path({str(tmp_path)!r}, "killed")
if team == "T3" and not mark.exists():
    mark.write_text("")
    warm = os.getppid()
    worker = int(pathlib.Path(f"/proc/{{warm}}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(worker, 9)
    import time
    time.sleep(600)
"""
    notebook = parts.notebooks / "team_report.ipynb"
    changed = nbformat.read(notebook, as_version=4)
    changed.cells[-1].source = cell + changed.cells[-1].source
    nbformat.write(changed, notebook)
    teams = [f"T{n}" for n in range(8)]
    result = go(with_teams(parts, *teams), tmp_path, engine=engines.Cluster(address))
    assert not result.failed
    assert [o.team for o in result.outcomes] == [None, *teams]
    assert (tmp_path / "killed").exists()
    ended = [w for w in workers if w.poll() is not None]
    assert [w.returncode for w in ended] == [-signal.SIGKILL]
    out = tmp_path / "out"
    assert len(list((out / "teams").iterdir())) == len(teams)
    for report in result.outcomes[1:]:
        assert f"the end of {report.team}" in (out / "teams" / f"{report.key}.html").read_text()
    assert not (out / ".work").exists()


def test_workers_that_do_not_see_the_folder_are_refused(cluster, parts, tmp_path, monkeypatch):
    address = cluster[0]
    monkeypatch.setattr(os.path, "isdir", operator.not_)  # what the workers are asked
    with pytest.raises(ValueError, match="do not see the folder"):
        go(parts, tmp_path, engine=engines.Cluster(address))
    assert not (tmp_path / "out").exists()


def test_an_address_where_nobody_answers_is_refused(parts, tmp_path):
    with pytest.raises(ValueError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        go(parts, tmp_path, engine=engines.Cluster("tcp://127.0.0.1:9"))


def test_nothing_of_a_cluster_is_left(parts, tmp_path, cluster):
    """The warm process of a worker ends with it."""
    address, workers, scheduler = cluster
    assert not go(parts, tmp_path, engine=engines.Cluster(address)).failed
    for worker in workers:
        worker.kill()
        worker.wait()
    end = time.monotonic() + 10
    while set(left_over(tmp_path)) - {scheduler.pid}:
        assert time.monotonic() < end, "a warm process outlived its worker"
        os.sched_yield()
