"""What one report does to its process never reaches another report, nor the run.

All processes of this module are forked, one after the other, from one warm process that has the
libraries of reports loaded and its kernel made.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import toy_batch as toy
import warm_jobs
from isolation_cases import ENDLESS, LIBRARIES, LOOK, POISONS
from toy_batch import parts as parts  # the fixture
from warm_jobs import Word

from salesdiag.batch import engines
from salesdiag.warm.client import Warm
from salesdiag.warm.server import Request

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks need Linux"),
]


@pytest.fixture(scope="module")
def warm():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", warm_jobs.pythonpath(dict(os.environ)))
        made = Warm([*engines.MODULES, "warm_jobs"], ["salesdiag.batch.warmed:prepare"])
        made.wait()
        yield made
        made.close()


def do(warm: Warm, source: str, seconds: float = 60, **more: object):
    """Have a process execute a program; return how it ended."""
    source = textwrap.dedent(source)
    fork = warm.fork(Request(call="warm_jobs:run", arguments=[source], **more))
    try:
        return fork.wait(seconds)
    finally:
        fork.close()


def look(warm: Warm, folder: Path) -> dict[str, object]:
    """Return what a fresh process finds."""
    path = folder / "seen.json"
    log = folder / "log.txt"
    ended = do(warm, LOOK.replace("PATH", repr(str(path))), log=str(log))
    assert ended.code == 0, log.read_text()
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def clean(warm, tmp_path_factory) -> dict[str, object]:
    return look(warm, tmp_path_factory.mktemp("clean"))


@pytest.mark.parametrize("poison", POISONS)
def test_what_a_report_does_to_its_process_reaches_no_other(warm, clean, tmp_path, poison):
    for before in ("from salesdiag.batch import warmed; warmed._KERNELS[0].begin()\n", ""):
        assert do(warm, before + POISONS[poison]) is not None
    seen = look(warm, tmp_path)
    assert {k: (v, clean[k]) for k, v in seen.items() if v != clean[k]} == {}


@pytest.mark.parametrize(
    "poison", [p for p in POISONS if p not in ("recursion", "threads", "locale", "json")]
)
def test_a_poison_does_something(warm, clean, tmp_path, poison):
    """Were the look taken in the same process, it would fail or show the poison."""
    source = POISONS[poison] + "\n" + LOOK.replace("PATH", repr(str(tmp_path / "seen.json")))
    ended = do(warm, source)
    path = tmp_path / "seen.json"
    assert ended.code != 0 or not path.exists() or json.loads(path.read_text()) != clean


def test_each_process_has_its_own_chance(warm, tmp_path):
    source = """
    import json, random, uuid, tempfile, numpy as np, scipy.stats, duckdb
    drawn = [random.random(), np.random.rand(), scipy.stats.norm.rvs()]
    drawn += [np.random.default_rng().random(), str(uuid.uuid4())]
    drawn += [duckdb.sql("select random()").fetchall()[0][0]]
    drawn += [tempfile.mktemp()]
    with open(PATH, "a") as file: print(json.dumps(drawn), file=file)
    """
    for _ in range(8):
        assert do(warm, source.replace("PATH", repr(str(tmp_path / "drawn")))).code == 0
    drawn = [json.loads(line) for line in (tmp_path / "drawn").read_text().splitlines()]
    assert len(drawn) == 8
    for column in zip(*drawn, strict=True):
        assert len(set(column)) == 8, column


@pytest.mark.parametrize("source", ENDLESS.values(), ids=ENDLESS)
def test_what_never_ends_is_ended(warm, tmp_path, source):
    word = Word(tmp_path)
    begins = f"import os\nprint(os.getpid(), file=open({str(word.path)!r}, 'w'), flush=True)\n"
    request = Request(call="warm_jobs:run", arguments=[begins + source])
    fork = warm.fork(request)
    assert int(word.heard()) == fork.pid
    assert fork.wait(0.1) is None
    fork.kill()
    assert fork.wait(20).code == -signal.SIGKILL
    assert do(warm, "pass").code == 0


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("kept = []\nwhile True: kept.append(bytearray(2**24))", "MemoryError"),
        ("import numpy as np; np.ones(10**12)", "Unable to allocate"),
        (
            "import pyarrow as pa\nkept = []\nwhile True: kept.append(pa.allocate_buffer(2**26))",
            "ArrowMemoryError",
        ),
        (
            "import threading\ngate = threading.Event()\n"
            "while True: threading.Thread(target=gate.wait, daemon=True).start()",
            "can't start new thread",
        ),
    ],
    ids=["Python", "numpy", "arrow", "threads"],
)
def test_what_takes_too_much_is_refused_it(warm, tmp_path, source, said):
    log = tmp_path / "log.txt"
    ended = do(warm, source, memory=2**30, log=str(log))
    assert ended.code == 1
    assert said in log.read_text()
    assert ended.peak_kb < 2**21
    assert do(warm, "pass").code == 0


@pytest.mark.parametrize("source", LIBRARIES.values(), ids=LIBRARIES)
def test_libraries_work_in_a_forked_process(warm, tmp_path, source):
    """Several at a time: a lock held at the fork would show as one that never ends."""
    folders = [tmp_path / str(k) for k in range(4)]
    for folder in folders:
        folder.mkdir()
    asked = [
        Request(call="warm_jobs:run", arguments=[source], cwd=str(f), log=str(f / "log.txt"))
        for f in folders
    ]
    forks = [warm.fork(request) for request in asked]
    ended = [fork.wait(60) for fork in forks]
    for fork in forks:
        fork.close()
    logs = [Path(r.log).read_text() for r in asked]
    assert [e and e.code for e in ended] == [0] * 4, logs


# Whole runs on small notebooks


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_run_whose_warm_process_is_killed_goes_on_with_ordinary_kernels(parts, tmp_path):
    """T1 kills it, and is not there any more when it is made again; T2 comes after it."""
    source = """
    import signal
    mark = pathlib.Path(data) / "killed"
    if team == "T1" and not mark.exists():
        mark.touch()
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(600)
    """
    toy.put_cell(parts, source)
    result = toy.go(parts, tmp_path, engines.Local(1))
    assert (tmp_path / "data" / "killed").exists()
    assert not result.failed
    assert [o.team for o in result.outcomes] == [None, "T1", "T2"]
    (note,) = map(str, result.notes)
    assert note == (
        "Reports were made by ordinary kernels, which takes longer: the warm process has died."
    )
    assert toy.nobody_left(tmp_path)


def test_a_run_where_nothing_can_be_warm_is_made_by_ordinary_kernels(parts, tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "MODULES", ["no_such_module"])
    result = toy.go(toy.with_teams(parts, "T1"), tmp_path, engines.Local(2))
    assert not result.failed
    (note,) = map(str, result.notes)
    assert "the warm process could not load" in note


def test_a_cell_may_fork_and_forget_to_end_its_child(parts, tmp_path):
    """The child ends with the cell, and its notebook is not executed twice."""
    source = """
    child = os.fork()
    print("child" if child == 0 else "parent", flush=True)
    if child:
        os.waitpid(child, 0)
    with open(pathlib.Path(data) / team, "a") as file:
        print(child != 0, file=file)
    """
    toy.put_cell(parts, source)
    result = toy.go(parts, tmp_path, engines.Local(1))
    assert not result.failed
    for team in ("T1", "T2"):
        assert (tmp_path / "data" / team).read_text() == "False\nTrue\n"
    for page in (tmp_path / "out" / "teams").iterdir():
        shown = page.read_text()
        assert shown.count("the end of") == shown.count("child") == shown.count("parent") == 1
    assert toy.nobody_left(tmp_path)


def test_a_report_killed_while_it_writes_its_notebook_costs_one_team(parts, tmp_path):
    """Half a notebook is no notebook; the run goes on."""
    source = """
    if team == "T1":
        import papermill.iorw
        def half(self, buf, path, *more):
            pathlib.Path(path).write_text(buf[: len(buf) // 2])
            os.kill(os.getpid(), 9)
        papermill.iorw.PapermillIO.write = half
    """
    toy.put_cell(parts, source)
    result = toy.go(parts, tmp_path, engines.Local(1))
    assert [o.team for o in result.failed] == ["T1"]
    assert str(result.failed[0].reason).startswith("killed by signal 9")
    assert not list((tmp_path / "out" / "failed").iterdir())


def test_memory_beyond_its_part_fails_one_report_in_words(parts, tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "LEAST_MEMORY", 2**30)
    monkeypatch.setattr(engines, "REPORTS_PART", 0)
    source = """
    kept = []
    while team == "T1":
        kept.append(bytearray(2**24))
    """
    toy.put_cell(parts, source)
    result = toy.go(parts, tmp_path, engines.Local(2))
    assert [o.team for o in result.failed] == ["T1"]
    assert str(result.failed[0].reason).startswith("MemoryError in cell ")


def test_two_runs_into_one_folder(parts, tmp_path, monkeypatch):
    """The second is refused in words while the first runs, and costs it nothing."""
    monkeypatch.setenv("FATE_T2", "hang")
    refused = []

    def progress(done, total, outcome):
        if outcome is not None and not refused:
            with pytest.raises(ValueError, match="is writing out") as error:
                toy.go(parts, tmp_path, engines.Local(1))
            refused.append(error.value)

    result = toy.go(parts, tmp_path, engines.Local(1), progress, timeout=10)
    assert len(refused) == 1
    assert [o.team for o in result.failed] == ["T2"]
    assert toy.nobody_left(tmp_path)


@pytest.fixture
def small_disk(tmp_path):
    """Return a folder on a disk of 3 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no mount here")
    if done.returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


FILLING = """
if team in ("T2", "T3"):
    print("x" * 4_000_000)
"""


@pytest.mark.parametrize("stock", [False, True])
def test_a_full_disk_costs_the_reports_that_do_not_fit(parts, tmp_path, small_disk, stock):
    toy.put_cell(parts, FILLING)
    four = toy.with_teams(parts, "T1", "T2", "T3", "T4")
    out = small_disk / "out"
    result = toy.go(four, tmp_path, engines.Local(1, stock=stock), out=out)
    assert [o.team for o in result.failed] == ["T2", "T3"]
    for outcome in result.failed:
        assert "No space left on device" in str(outcome.reason)
    told = json.loads((out / "manifest.json").read_text())
    assert [r["status"] for r in told["reports"]] == ["done", "done", "failed", "failed", "done"]
    assert len(list((out / "teams").iterdir())) == 2
    for path in [*out.rglob("*.ipynb"), *out.rglob("*.json")]:
        json.loads(path.read_text())
    # room is made
    subprocess.run(["mount", "-o", "remount,size=60m", str(small_disk)], check=True)
    again = toy.go(four, tmp_path, engines.Local(1, stock=stock), out=out, only_failed=True)
    assert not again.failed
    assert len(list((out / "teams").iterdir())) == 4


def test_a_disk_that_is_full_from_the_start_changes_nothing(parts, tmp_path, small_disk):
    out = small_disk / "out"
    first = toy.go(parts, tmp_path, toy.Instant(), out=out)
    before = (first.folder / "manifest.json").read_text()
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space left"):
        filler.write_bytes(bytes(4_000_000))
    with pytest.raises((OSError, ValueError), match="No space left on device"):
        toy.go(parts, tmp_path, toy.Instant(), out=out, identify=True)
    assert (out / "manifest.json").read_text() == before
    filler.unlink()
    assert not toy.go(parts, tmp_path, toy.Instant(), out=out, identify=True).failed
    assert not list(small_disk.glob(".out*"))
