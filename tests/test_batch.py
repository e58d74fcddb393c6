"""The batch with real papermill and real kernels, on two small notebooks of its own."""

from __future__ import annotations

import json
import os
import pickle
import re
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from toy_batch import (
    TEAM_CELLS,
    Instant,
    company,
    finding,
    go,
    left_over,
    nobody_left,
    notebook,
    overview,
    with_teams,
)
from toy_batch import parts as parts  # the fixture

from salesdiag.batch import engines, folder, jobs, planning

# Real kernels


@pytest.mark.slow
@pytest.mark.parametrize("stock", [False, True])
def test_each_fate_is_confined_and_told_in_words(parts, tmp_path, monkeypatch, stock):
    fates = ("raise", "kill", "leave", "sysexit", "hang")
    for fate in fates:
        monkeypatch.setenv(f"FATE_{fate}", fate)
    seen = []
    result = go(
        with_teams(parts, "good", *fates, "unpaged"),
        tmp_path,
        engines.Local(2, stock=stock),
        timeout=15,
        progress=lambda done, total, outcome: seen.append((done, total)),
    )
    reasons = {o.team: str(o.reason) for o in result.failed}
    assert set(reasons) == {*fates, "unpaged"}
    assert reasons["raise"] == "KeyError in cell 4: 'data has no row'"
    assert reasons["kill"].startswith("killed by signal 9 after ")
    assert reasons["kill"].endswith("s in cell 4")
    assert reasons["leave"].startswith("ended with exit code 3 after ")
    assert reasons["sysexit"] == "SystemExit in cell 4: 0"
    assert reasons["hang"] == "ran longer than 15 s, last in cell 4"
    assert reasons["unpaged"].endswith("RuntimeError: no such block")
    assert seen == [(n, 8) for n in range(9)]
    assert nobody_left(tmp_path)

    out = tmp_path / "out"
    assert len(list((out / "teams").iterdir())) == 1
    assert {p.stem for p in (out / "notebooks").iterdir()} == {
        "company",
        next((out / "teams").iterdir()).stem,
    }
    failed = {p.stem.split("-")[0]: p for p in (out / "failed").iterdir()}
    assert set(failed) == {*fates, "unpaged"}
    for path in failed.values():
        marked = nbformat.read(path, as_version=4)
        tags = [t for c in marked.cells for t in c.metadata.get("tags", [])]
        assert "papermill-error-cell-tag" in tags


@pytest.mark.slow
def test_a_report_is_whole_and_hands_each_team_its_own(parts, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = go(parts, tmp_path, data="data", out="out", identify=True)
    out = tmp_path / "out"
    assert not result.failed
    pages = sorted(p.name for p in (out / "teams").iterdir())
    assert len(pages) == 2
    assert all(p.isascii() and len(p) <= 70 for p in pages)
    assert {p.name for p in out.iterdir()} == {
        "index.html", "company.html", "teams", "notebooks", "failed", "findings.json",
        "findings.parquet", "manifest.json",
    }  # fmt: skip
    told = json.loads((out / "manifest.json").read_text())
    assert [r["team"] for r in told["reports"]] == [None, "T1", "T2"]
    assert str(tmp_path) not in (out / "manifest.json").read_text()
    for report in told["reports"][1:]:
        executed = nbformat.read(out / "notebooks" / f"{report['report']}.ipynb", as_version=4)
        printed = "".join(o.get("text", "") for c in executed.cells for o in c.get("outputs", []))
        team = report["team"]
        assert f"seen: [('a', None), ('b', None), ('a', '{team}')]" in printed
        assert f"the end of {team}" in printed
        assert f"the end of {team}" in (out / report["page"]).read_text()
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".out")]


@pytest.mark.slow
@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGINT])
def test_a_dead_runner_leaves_no_process_and_is_resumed(parts, tmp_path, monkeypatch, death):
    """The runner is a process of its own; T1 is made, T2 hangs when it dies."""
    monkeypatch.setenv("FATE_T2", "hang")
    script = tmp_path / "runner.py"
    script.write_text(
        textwrap.dedent(f"""
        import sys
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import toy_batch as t
        from types import SimpleNamespace
        from salesdiag.batch import planning
        here = Path({str(tmp_path)!r})
        parts = planning.Parts(
            load=lambda source: t.company(("T1", "One"), ("T2", "Two")),
            test_all=lambda company, teams: SimpleNamespace(
                company=(t.finding("a"),), team=lambda team: (t.finding("a", team),)
            ),
            overview=t.overview,
            notebooks=here / "notebooks",
            renderer="toy_renderer:render",
        )
        try:
            t.go(parts, here, progress=lambda d, n, o: print(o and o.team, flush=True))
        except KeyboardInterrupt:
            sys.exit(130)
        """)
    )
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as runner:
        try:
            made = [runner.stdout.readline().strip() for _ in range(3)]
            assert sorted(made) == ["None", "None", "T1"]  # the start, the company, the first team
            _until_hanging(tmp_path)
        finally:
            runner.send_signal(death)
    assert runner.returncode == (130 if death == signal.SIGINT else -9)
    assert nobody_left(tmp_path)
    assert not (tmp_path / "out").exists()

    monkeypatch.delenv("FATE_T2")
    again = Instant()
    two = replace(parts, load=lambda source: company(("T1", "One"), ("T2", "Two")))
    result = go(two, tmp_path, engine=again)
    assert again.ran == ["T2"]
    assert [o.team for o in result.outcomes] == [None, "T1", "T2"]
    assert (tmp_path / "out" / "teams").exists()


def _until_hanging(tmp_path: Path) -> None:
    """Wait until the kernel of T2 has started the process that it leaves behind."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for pid in left_over(tmp_path):
            try:
                if b"time.sleep(600)" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return
            except OSError:
                continue
    raise AssertionError("the team's notebook never got to its hanging cell")


@pytest.mark.slow
def test_a_killed_worker_costs_one_team(parts, tmp_path, monkeypatch):
    """The operating system may kill the worker instead of the kernel."""
    monkeypatch.setenv("FATE_T1", "hang")

    class Murder(engines.Local):
        def run(self, todo, timeout):
            import threading

            def kill():
                _until_hanging(tmp_path)
                for pid in left_over(tmp_path):
                    if b"salesdiag.batch.worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                        os.kill(pid, signal.SIGKILL)

            thread = threading.Thread(target=kill)
            thread.start()
            yield from super().run(todo, timeout)
            thread.join()

    result = go(with_teams(parts, "T1"), tmp_path, engine=Murder(1, stock=True), timeout=90)
    assert [o.team for o in result.failed] == ["T1"]
    assert str(result.failed[0].reason).startswith("killed by signal 9 after ")
    assert str(result.failed[0].reason).endswith("in cell 4")
    assert nobody_left(tmp_path)


# Rules of the folder, without kernels


def test_unknown_parameters_are_refused_before_anything_runs(parts, tmp_path):
    bare = notebook([TEAM_CELLS[0].replace("team: str", "team_id: str")])
    nbformat.write(bare, parts.notebooks / planning.TEAM)
    with pytest.raises(ValueError, match=r"team_report.ipynb has no parameter team in"):
        go(parts, tmp_path, engine=Instant())
    assert not (tmp_path / "out").exists()


def test_only_what_failed_is_made_again(parts, tmp_path):
    first = go(parts, tmp_path, engine=Instant("T2"))
    assert [(o.team, str(o.reason)) for o in first.failed] == [("T2", "bad luck")]
    assert len(list((tmp_path / "out" / "teams").iterdir())) == 1
    assert len(list((tmp_path / "out" / "failed").iterdir())) == 1
    index = (tmp_path / "out" / "index.html").read_text()
    assert "bad luck" in index
    assert "etc/&lt;script&gt;" in index
    assert len(re.findall('href="(teams/|company)', index)) == 2
    again = Instant()
    second = go(parts, tmp_path, engine=again, only_failed=True)
    assert again.ran == ["T2"]
    assert not second.failed
    assert len(list((tmp_path / "out" / "teams").iterdir())) == 2
    assert not list((tmp_path / "out" / "failed").iterdir())


def test_other_data_cannot_be_mixed_into_a_report(parts, tmp_path):
    go(parts, tmp_path, engine=Instant("T2"))
    with pytest.raises(ValueError, match="no report of the same data"):
        go(parts, tmp_path, engine=Instant(), only_failed=True, language="en")
    other = company(("T1", "One"), ("T2", "Two"))
    with pytest.raises(ValueError, match="no report of the same data"):
        go(replace(parts, load=lambda s: other), tmp_path, engine=Instant(), only_failed=True)


@pytest.mark.parametrize(
    ("change", "ran"),
    [({}, ["T2"]), ({"identify": True}, [None, "T1", "T2"]), ({"teams": ("T2",)}, [None, "T2"])],
)
def test_an_interrupted_run_goes_on_unless_something_else_is_asked(parts, tmp_path, change, ran):
    with pytest.raises(KeyboardInterrupt):
        go(parts, tmp_path, engine=Instant(stop_after=2))
    assert not (tmp_path / "out").exists()
    again = Instant()
    go(parts, tmp_path, engine=again, **change)
    assert again.ran == ran


def test_the_old_report_stays_until_the_new_one_is_whole(parts, tmp_path):
    go(parts, tmp_path, engine=Instant())
    before = (tmp_path / "out" / "manifest.json").read_text()
    with pytest.raises(KeyboardInterrupt):
        go(parts, tmp_path, engine=Instant(stop_after=1), identify=True)
    assert (tmp_path / "out" / "manifest.json").read_text() == before
    go(parts, tmp_path, engine=Instant(), identify=True)
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["parameters"]["identify"]


def test_a_run_that_died_between_its_two_renames_is_mended(parts, tmp_path):
    go(parts, tmp_path, engine=Instant())
    (tmp_path / "out").rename(tmp_path / ".out.old")
    with pytest.raises(ValueError, match="no report of the same data"):
        go(parts, tmp_path, engine=Instant(), only_failed=True, identify=True)
    assert (tmp_path / "out" / "manifest.json").exists()
    assert not (tmp_path / ".out.old").exists()


def test_folders_of_others_are_refused_or_moved_aside(parts, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="something else than a report"):
        go(parts, tmp_path, engine=Instant())
    assert [p.name for p in out.iterdir()] == ["thesis.txt"]
    result = go(parts, tmp_path, engine=Instant(), force=True)
    assert (tmp_path / "out.before-1" / "thesis.txt").read_text() == "years of work"
    assert str(result.notes[0]) == "What stood there before is now in out.before-1."
    with pytest.raises(ValueError, match="is a file"):
        go(parts, tmp_path, engine=Instant(), out=tmp_path / "toy_renderer.py")
    for around in (tmp_path / "data", tmp_path):
        with pytest.raises(ValueError, match="holds the data"):
            go(parts, tmp_path, engine=Instant(), out=around, force=True)


def test_a_whole_report_is_not_replaced_by_one_team_unasked(parts, tmp_path):
    go(parts, tmp_path, engine=Instant())
    with pytest.raises(ValueError, match=r"has 1 more team \(T2\)"):
        go(parts, tmp_path, engine=Instant(), teams=("T1",))
    assert len(list((tmp_path / "out" / "teams").iterdir())) == 2
    go(parts, tmp_path, engine=Instant(), teams=("T1",), force=True)
    assert len(list((tmp_path / "out" / "teams").iterdir())) == 1


def test_two_runs_cannot_write_one_folder(parts, tmp_path):
    class Second(Instant):
        def run(self, todo, timeout):
            with pytest.raises(
                ValueError, match=rf"\(process {os.getpid()}, since .* is writing out"
            ):
                go(parts, tmp_path, engine=Instant())
            yield from super().run(todo, timeout)

    assert not go(parts, tmp_path, engine=Second()).failed
    assert not folder.beside(tmp_path / "out", "lock").exists()


def test_a_lock_left_by_a_dead_run_does_not_hold(parts, tmp_path):
    folder.beside(tmp_path / "out", "lock").write_text('{"pid": 1, "since": "yesterday"}')
    assert not go(parts, tmp_path, engine=Instant()).failed


def test_a_dry_run_writes_nothing(parts, tmp_path):
    before = sorted(tmp_path.iterdir())
    result = go(parts, tmp_path, engine=Instant(), dry_run=True, teams=("T2",))
    assert [j.team for j in result.planned] == [None, "T2"]
    assert result.to_dict()["reports"] == []
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"teams": ("T3",)}, "There is no team T3. The nearest are T[12] and T[12]"),
        ({"timeout": 0}, "--timeout must be a positive"),
        ({"timeout": float("nan")}, "--timeout must be a positive"),
        ({"language": "tlh"}, "There is no language tlh; there are en"),
        ({"data": "postgresql://me:secret@db/sales"}, "holds a password"),
    ],
)
def test_wrong_requests_are_refused(parts, tmp_path, request_, message):
    with pytest.raises(ValueError, match=message):
        go(parts, tmp_path, engine=Instant(), **request_)
    assert not (tmp_path / "out").exists()


def test_wrong_engines_are_refused():
    with pytest.raises(ValueError, match="--jobs is 0"):
        engines.Local(0)


def test_findings_are_written_twice_and_agree(parts, tmp_path):
    go(parts, tmp_path, engine=Instant())
    document = json.loads((tmp_path / "out" / "findings.json").read_text())
    frame = pd.read_parquet(tmp_path / "out" / "findings.parquet")
    assert document["schema"] == 1
    assert [(f["claim"], f["team"]) for f in document["findings"]] == [
        ("a", None), ("b", None), ("a", "T1"), ("a", "T2"),
    ]  # fmt: skip
    assert document["findings"][0]["estimate"]["high"] is None
    assert len(frame) == 4
    for told, (_, row) in zip(document["findings"], frame.iterrows(), strict=True):
        for key, value in told.items():
            if isinstance(value, dict | list):
                assert json.loads(row[key]) == value
            else:
                assert (value is None and pd.isna(row[key])) or row[key] == value
    assert str(frame["p_value"].dtype) == "float64"
    assert str(frame["n"].dtype) == "Int64"


def test_findings_survive_the_way_to_a_notebook(tmp_path):
    job = jobs.Job(
        key="k", team=None, notebook="", parameters={"findings": str(tmp_path / "f.pickle")},
        work="", renderer="",
    )  # fmt: skip
    planning.hand_over(job, overview(company(), False), [finding("a", "T1")])
    (read,) = pickle.loads((tmp_path / "f.pickle").read_bytes())
    assert read.to_dict() == finding("a", "T1").to_dict()
