"""The commands as a user and a script meet them: streams, documents, exit codes, refusals."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from salesdiag import batch, cli
from salesdiag.batch.progress import Follow

ROOT = Path(__file__).resolve().parent.parent
DEMO = str(ROOT / "data" / "demo")
COMMAND = [sys.executable, "-m", "salesdiag"]


@pytest.fixture
def say(capsys):
    """Run a command; return exit code, stdout and stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = cli.main(arguments)
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


@pytest.fixture
def broken(tmp_path) -> str:
    """Return a company that cannot be used: its people have no ids."""
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "people.csv").write_text("name\nAnn\n")
    return str(folder)


def test_help_waits_for_nothing_heavy():
    script = (
        "import sys; from salesdiag import cli; cli.main(['--help']); cli.main(['run', '--help']);"
        "import json; json.dump([m.split('.')[0] for m in sys.modules], sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"pandas", "numpy", "papermill", "nbformat", "scipy"} & set(json.loads(run.stderr))
    for command in ("demo", "import", "check", "claims", "test", "run", "calibrate"):
        assert f"\n    {command}" in run.stdout
    for option in (
        "--team", "--out", "--jobs", "--cluster", "--language", "--identify", "--only-failed",
        "--force", "--timeout", "--dry-run", "--json",
    ):  # fmt: skip
        assert option in run.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "usage:"),
        (("dance",), 2, "invalid choice"),
        (("run",), 2, "required: DATA"),
        (("run", DEMO, "--jobs", "0"), 2, "--jobs is 0"),
        (("run", DEMO, "--jobs", "many"), 2, "invalid int value"),
        (("run", DEMO, "--timeout", "-1"), 2, "--timeout must be"),
        (
            ("run", DEMO, "--team", "T99", "--dry-run"),
            2,
            "There is no team T99. The nearest are T09",
        ),
        (("run", DEMO, "--language", "xx"), 2, "There is no language xx"),
        (("run", DEMO, "--out", str(ROOT)), 2, "holds the data"),
        (("run", "nowhere"), 3, "nowhere"),
        (("test", "coachng-hours", DEMO), 2, "coaching-hours"),
        (("test", "coaching-hours", DEMO, "--team", "T99"), 2, "T09"),
        (("test", "coaching-hours", "nowhere"), 3, "nowhere"),
        (("check", "nowhere"), 3, "nowhere"),
        (("claims", "nowhere"), 3, "nowhere"),
        (("import", "hubspot", "a", "b"), 2, "salesdiag import table"),
        (("demo", "x", "--effect", "coaching-hours"), 2, "SLUG=VALUE"),
        (("demo", "x", "--effect", "a=1", "--effect", "a=2"), 2, "gives a twice"),
        (("demo", "x", "--world", "mars"), 2, "mars"),
    ],
)
def test_mistakes_are_told_without_a_traceback(
    say, tmp_path, monkeypatch, arguments, code, message
):
    monkeypatch.chdir(tmp_path)
    found, out, err = say(*arguments)
    assert found == code
    assert out == ""
    assert message in err
    assert "Traceback" not in err
    assert not list(tmp_path.iterdir())


def test_unusable_data_are_told_of_in_full(say, broken):
    code, out, err = say("check", broken, "--json")
    document = json.loads(out)
    assert code == 3
    assert document["usable"] is False
    assert any(p["severity"] == "error" and p["table"] == "people" for p in document["problems"])
    assert "cannot be used" in err
    code, out, err = say("run", broken)
    assert (code, out) == (3, "")
    assert "person_id" in err


def test_the_demo_company_has_no_errors(say):
    code, out, _ = say("check", DEMO, "--json")
    assert code == 0
    assert json.loads(out)["usable"] is True


def test_claims_are_listed_with_and_without_data(say):
    code, out, _ = say("claims", "--json")
    assert code == 0
    alone = json.loads(out)["claims"]
    assert len(alone) == 47
    code, out, _ = say("claims", DEMO)
    lines = out.splitlines()
    assert lines[0].split() == ["slug", "status", "missing", "title"]
    assert [line.split()[0] for line in lines[1:]] == [c["slug"] for c in alone]


def test_a_finding_is_one_document(say):
    code, out, err = say("test", "coaching-hours", DEMO, "--team", "T03", "--json")
    assert (code, err) == (0, "")
    finding = json.loads(out)
    assert (finding["claim"], finding["scope"], finding["team"]) == (
        "coaching-hours",
        "team",
        "T03",
    )
    assert set(finding) >= {
        "verdict", "reason", "estimate", "effect_sizes", "p_value", "q_value", "margin", "mde",
        "naive", "n", "groups", "dropped", "method", "checks", "table", "team_estimate",
        "benchmarks",
    }  # fmt: skip


def test_a_dry_run_lists_what_would_run(say, tmp_path):
    out_folder = str(tmp_path / "out")
    request = ("run", DEMO, "--out", out_folder, "--team", "T03", "--team", "T01", "--dry-run")
    code, out, _ = say(*request)
    assert code == 0
    assert [line.split("\t")[0] for line in out.splitlines()] == ["company", "T01", "T03"]
    code, out, _ = say(*request, "--json")
    assert [r["team"] for r in json.loads(out)["planned"]] == [None, "T01", "T03"]
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_demo_is_run_from_anywhere(say, tmp_path, monkeypatch):
    """Real data, real findings, real notebooks, real pages."""
    monkeypatch.chdir(tmp_path)
    code, out, _ = say("run", "data/demo", "--team", "T01", "--json")
    assert code == 0
    document = json.loads(out)
    folder = tmp_path / "reports" / "demo"
    assert document["folder"] == str(folder)
    assert [r["status"] for r in document["reports"]] == ["done", "done"]
    page = (folder / document["reports"][1]["page"]).read_text()
    people = pd.read_parquet(ROOT / "data" / "demo" / "people.parquet")["name"]
    assert not [name for name in people if name in page]
    for path in [*folder.rglob("*.html"), *folder.glob("*.json")]:
        assert str(tmp_path) not in path.read_text(), path.name
    findings = json.loads((folder / "findings.json").read_text())["findings"]
    assert {f["team"] for f in findings} == {None, "T01"}


def outcome(done: bool, key: str = "north-1") -> batch.Outcome:
    reason = None if done else "killed by signal 9"
    return batch.Outcome(key=key, team="T", done=done, seconds=1.25, reason=reason)


def test_a_run_with_failures_exits_with_1(say, monkeypatch, tmp_path):
    result = batch.RunResult(folder=tmp_path, outcomes=(outcome(True), outcome(False, "east-2")))
    monkeypatch.setattr(batch, "run", lambda *a, **k: result)
    code, out, err = say("run", DEMO, "--json")
    assert code == 1
    assert [r["reason"] for r in json.loads(out)["reports"]] == [None, "killed by signal 9"]
    assert "1 report failed" in err


@pytest.mark.parametrize(
    ("raised", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "The same command goes on"),
        (PermissionError(13, "Permission denied", "reports"), 2, "reports: Permission denied"),
        (ValueError("bad\x1b[31m\u202e\nworse"), 2, "salesdiag: bad[31m\nworse"),
        (KeyError("oops"), 70, "mistake in salesdiag"),
    ],
)
def test_what_stops_a_command_is_told(say, monkeypatch, raised, code, message):
    def stop(*arguments, **options):
        raise raised

    monkeypatch.setattr(batch, "run", stop)
    found, out, err = say("run", DEMO)
    assert (found, out) == (code, "")
    assert message in err
    assert ("Traceback" in err) == (code == 70)
    monkeypatch.setenv("SALESDIAG_DEBUG", "1")
    if code == 2:
        assert "Traceback" in say("run", DEMO)[2]


def test_a_reader_who_leaves_early_is_no_error():
    run = subprocess.Popen(
        [*COMMAND, "claims", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    run.stdout.close()
    with run.stderr:
        assert run.stderr.read() == b""
    assert run.wait() == 0


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def test_progress_is_a_line_each_where_nobody_watches():
    stream = io.StringIO()
    follow = Follow(stream)
    follow(0, 2, None)
    follow(1, 2, outcome(True))
    follow(2, 2, outcome(False))
    assert stream.getvalue().splitlines() == [
        "2 reports to make",
        "1/2 north-1: 1.2 s",
        "2/2 north-1: failed, killed by signal 9",
    ]


def test_progress_is_a_bar_on_a_terminal():
    stream = Terminal()
    follow = Follow(stream)
    follow(1, 3, None)
    follow(2, 3, outcome(True))
    follow(3, 3, outcome(False))
    shown = stream.getvalue()
    assert "1 of 3 reports are there already" in shown
    assert "3/3 north-1: failed, killed by signal 9" in shown
    assert "north-1: 1.2 s" not in shown
    assert "3/3" in shown


def test_the_package_runs_as_a_module():
    run = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("salesdiag ")
