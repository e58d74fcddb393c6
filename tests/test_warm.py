"""The warm process and who asks it: what it says, what ends with what, whom it refuses."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
import warm_jobs
from warm_jobs import Word, gone

from salesdiag.warm import client
from salesdiag.warm.client import ColdError, Fork, Warm
from salesdiag.warm.server import LONGEST_REQUEST, Request

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="a warm process needs Linux"
)
OPEN: list[Fork] = []
SLEEPER = """
import os, subprocess
inner = subprocess.Popen(["sleep", "1000"])
with open({word!r}, "w") as word:
    print(os.getpid(), inner.pid, file=word)
inner.wait()
"""


@pytest.fixture(scope="module")
def made():
    """Return what starts warm processes; they end with the module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", warm_jobs.pythonpath(dict(os.environ)))
        every: list[Warm] = []

        def make(*modules: str, prepare: tuple[str, ...] = ()) -> Warm:
            every.append(Warm(["warm_jobs", *modules], prepare))
            return every[-1]

        yield make
        for warm in every:
            warm.close()


@pytest.fixture(scope="module")
def warm(made) -> Warm:
    return made()


def ask(source: str, **more: object) -> Request:
    return Request(call="warm_jobs:run", arguments=[textwrap.dedent(source)], **more)


def sleeper(warm: Warm, tmp_path: Path) -> tuple[Fork, list[int]]:
    """Return a process that waits for its own child, and the ids of both."""
    word = Word(tmp_path)
    fork = warm.fork(ask(SLEEPER.format(word=str(word.path))))
    OPEN.append(fork)
    return fork, [int(n) for n in word.heard().split()]


def serves(warm: Warm) -> bool:
    return warm.fork(ask("pass")).wait(60).code == 0


@pytest.fixture(autouse=True)
def _hang_up():
    yield
    while OPEN:
        OPEN.pop().close()


def server(warm: Warm) -> int:
    return warm._process.pid


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("pass", 0),
        ("raise ValueError", 1),
        ("raise SystemExit", 0),
        ("raise SystemExit(3)", 3),
        ("raise SystemExit('words')", 1),
        ("raise KeyboardInterrupt", 1),
        ("import os; os._exit(7)", 7),
        ("import os; os.abort()", -signal.SIGABRT),
        ("import os; os.kill(os.getpid(), 9)", -signal.SIGKILL),
        ("import ctypes; ctypes.string_at(0)", -signal.SIGSEGV),
        ("import os; os.execvp('false', ['false'])", 1),
        ("import no_such_module", 1),
    ],
)
def test_how_a_process_ended_is_told(warm, source, code):
    assert warm.fork(ask(source)).wait(60).code == code


def test_processor_time_and_memory_are_told(warm):
    idle = warm.fork(ask("pass")).wait(60)
    busy = warm.fork(ask("import time\nwhile time.process_time() < 0.5: pass")).wait(60)
    large = warm.fork(ask("b'x' * 300_000_000")).wait(60)
    assert idle.cpu < 0.3 < 0.5 <= busy.cpu < 1
    assert large.peak_kb > idle.peak_kb + 250_000


def test_a_process_becomes_what_is_asked(warm, tmp_path):
    source = """
    import os, sys
    print(os.getcwd(), sys.argv, os.environ.get("WORD"), "HOME" in os.environ)
    print(os.getpid() == os.getsid(0) == os.getpgrp())
    print(sorted(os.listdir("/proc/self/fd"))[:-1], sys.stdin.read(), flush=True)
    os.write(2, b"the end\\n")
    """
    log = tmp_path / "log"
    asked = ask(source, cwd=str(tmp_path), environment={"WORD": "w"}, argv=["a"], log=str(log))
    assert warm.fork(asked).wait(60).code == 0
    said = f"{tmp_path} ['a'] w False\nTrue\n['0', '1', '2'] \nthe end\n"
    assert log.read_text() == said


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"call": "no_such_module:f"}, "No module named 'no_such_module'"),
        ({"call": "warm_jobs:no_such"}, "no attribute 'no_such'"),
        ({"call": "warm_jobs:run", "arguments": ["1 / 0"]}, "ZeroDivisionError"),
        ({"call": "warm_jobs:run", "cwd": "/no/such/folder"}, "FileNotFoundError"),
    ],
)
def test_what_goes_wrong_in_a_process_stands_in_its_log(warm, tmp_path, asked, said):
    assert warm.fork(Request(**asked, log=str(tmp_path / "log"))).wait(60).code == 1
    assert said in (tmp_path / "log").read_text()


def test_killing_ends_a_process_and_what_it_started(warm, tmp_path):
    fork, pids = sleeper(warm, tmp_path)
    assert fork.wait(0) is None
    fork.kill()
    assert fork.wait(60).code == -signal.SIGKILL
    assert gone(*pids)
    fork.kill()  # again, which does nothing


def test_a_process_can_be_ended_as_soon_as_it_is_known(warm):
    """It leads its group by then; a signal to a group that is not there yet would be lost."""
    for hang_up in (False, True) * 20:
        fork = warm.fork(ask("import time; time.sleep(600)"))
        if hang_up:
            fork.close()
            assert gone(fork.pid)
        else:
            fork.kill()
            assert fork.wait(20).code == -signal.SIGKILL


def test_who_hangs_up_ends_the_process(warm, tmp_path):
    fork, pids = sleeper(warm, tmp_path)
    fork.close()
    assert gone(*pids)


def test_a_stopped_process_can_be_ended(warm, tmp_path):
    fork, pids = sleeper(warm, tmp_path)
    os.kill(fork.pid, signal.SIGSTOP)
    fork.close()
    assert gone(*pids)


def test_what_a_process_leaves_behind_ends_with_it(warm, tmp_path):
    word = Word(tmp_path)
    source = SLEEPER.format(word=str(word.path)).replace("inner.wait()", "os._exit(0)")
    assert warm.fork(ask(source)).wait(60).code == 0
    assert gone(*(int(n) for n in word.heard().split()))


def test_everything_ends_with_the_warm_process(made, tmp_path):
    warm = made()
    _, pids = sleeper(warm, tmp_path)
    folder = Path(warm._path).parent
    assert Path(warm._path).is_socket()
    warm.close()
    assert gone(*pids, server(warm))
    assert not folder.exists()


def test_a_killed_warm_process_takes_its_own_with_it(made, tmp_path):
    warm = made()
    fork, (outer, inner) = sleeper(warm, tmp_path)
    os.kill(server(warm), signal.SIGKILL)
    assert gone(outer)
    with pytest.raises(ColdError, match="has died"):
        fork.wait(60)
    fork.kill()
    assert gone(inner)
    with pytest.raises(ColdError):
        warm.fork(ask("pass"))


def test_a_runner_killed_while_the_warm_process_loads_leaves_nothing(tmp_path):
    script = """
    import time
    from salesdiag.warm.client import Warm
    warm = Warm([])
    print(warm._process.pid, warm._folder.name, flush=True)
    time.sleep(600)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as runner:
        pid, folder = runner.stdout.readline().split()
        runner.kill()
    assert gone(int(pid))
    assert not Path(folder).exists()


def test_threads_may_ask_at_once(warm, tmp_path):
    codes: dict[int, int] = {}

    def ask_often(first: int) -> None:
        for number in range(first, 100, 4):
            codes[number] = warm.fork(ask(f"raise SystemExit({number})")).wait(60).code

    threads = [threading.Thread(target=ask_often, args=[k]) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == {k: k for k in range(100)}


def test_many_processes_leave_nothing_in_the_warm_one(warm):
    def held() -> tuple[int, int, int]:
        fork = warm.fork(ask("import time; time.sleep(600)"))  # all before it is put away now
        own = Path(f"/proc/{server(warm)}")
        children = (own / f"task/{server(warm)}/children").read_text().split()
        counts = [len(list((own / kind).iterdir())) for kind in ("fd", "task")]
        fork.kill()
        fork.wait(60)
        return *counts, len(children)

    before = held()
    assert all(serves(warm) for _ in range(200))
    assert held() == before
    assert before[1:] == (1, 1)


def test_a_module_that_starts_a_thread_is_refused(made):
    warm = made(prepare=("warm_jobs:start_thread",))
    with pytest.raises(ColdError, match="has 2 threads"):
        warm.fork(ask("pass"))
    assert gone(server(warm))


def test_a_module_that_cannot_be_imported_is_told_of(made, capfd):
    warm = made("no_such_module")
    for _ in range(2):
        with pytest.raises(ColdError, match="could not load"):
            warm.fork(ask("pass"))
    assert "No module named 'no_such_module'" in capfd.readouterr().err


def test_a_system_that_refuses_new_processes_is_told_of(made):
    warm = made(prepare=("warm_jobs:cannot_fork",))
    for _ in range(2):
        with pytest.raises(ColdError, match="has died"):
            warm.fork(ask("pass"))


@pytest.mark.parametrize(
    "sent",
    [
        b"\n", b"{}\n", b"[]\n", b"1\n", b"nonsense\n", b"\xff\xfe\n", b"{}\n{}\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b'{"call": "a:b", "no_such_field": 1}\n', b"[" * 100_000 + b"\n",
        b'"' + b"x" * LONGEST_REQUEST + b'"\n',
    ],
    ids=lambda sent: repr(sent[:20]),
)  # fmt: skip
def test_nonsense_is_not_answered_and_hurts_nobody(warm, sent):
    warm.wait()
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.settimeout(60)
        stranger.connect(warm._path)
        try:
            stranger.sendall(sent)
            assert stranger.recv(1000) == b""
        except (BrokenPipeError, ConnectionResetError):
            pass  # it hung up before it had heard all
    assert serves(warm)


def test_who_says_nothing_or_half_a_word_keeps_nobody_waiting(warm):
    warm.wait()
    strangers = [socket.socket(socket.AF_UNIX) for _ in range(20)]
    for stranger in strangers:
        stranger.connect(warm._path)
    strangers[0].send(b'{"call": "warm')
    assert serves(warm)
    for stranger in strangers:
        stranger.close()
    assert serves(warm)


def test_a_request_may_come_in_pieces(warm):
    warm.wait()
    with socket.socket(socket.AF_UNIX) as slow:
        slow.connect(warm._path)
        whole = json.dumps({"call": "warm_jobs:run", "arguments": ["pass"]}).encode() + b"\n"
        slow.send(whole[:20])
        assert serves(warm)
        slow.send(whole[20:])
        with slow.makefile("rb") as answer:
            assert set(json.loads(answer.readline())) == {"pid"}
            assert json.loads(answer.readline())["code"] == 0
            assert answer.readline() == b""


def test_a_process_may_end_while_its_asker_hangs_up(warm, tmp_path):
    """Both are seen at once by a warm process that was stopped meanwhile."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    fork = warm.fork(ask(f"open({str(gate)!r}).read()"))
    os.kill(server(warm), signal.SIGSTOP)
    try:
        gate.write_text("go")
        assert gone(fork.pid)
        fork.close()
    finally:
        os.kill(server(warm), signal.SIGCONT)
    assert serves(warm)


def test_a_stopped_warm_process_is_ended_all_the_same(made, monkeypatch, tmp_path):
    monkeypatch.setattr(client, "LAST_WORDS", 0.1)
    warm = made()
    fork, pids = sleeper(warm, tmp_path)
    os.kill(server(warm), signal.SIGSTOP)
    warm.close()
    fork.kill()
    assert gone(*pids, server(warm))


def test_a_warm_process_that_does_not_answer_is_given_up(made, monkeypatch):
    warm = made()
    warm.wait()
    monkeypatch.setattr(client, "PATIENCE", 0.1)
    os.kill(server(warm), signal.SIGSTOP)
    try:
        with pytest.raises(ColdError):
            warm.fork(ask("pass"))
    finally:
        os.kill(server(warm), signal.SIGCONT)


def test_an_idle_one_ends(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", warm_jobs.pythonpath(dict(os.environ)))
    (tmp_path / "own").mkdir()
    path = tmp_path / "own" / "warm"
    process = client.start(str(path), ["warm_jobs"], idle=0.5)
    client.wait_for(process)
    process.stdin.close()
    word = Word(tmp_path)
    fork = Fork(
        str(path),
        ask(f"import time; time.sleep(1); open({str(word.path)!r}, 'w').write('late\\n')"),
    )
    assert word.heard() == "late"  # it did not count as idle meanwhile
    assert fork.wait(60).code == 0
    assert process.wait(60) == 0
    process.stdout.close()
    assert not path.exists()


def test_nothing_in_the_folder_where_it_starts_passes_for_a_module(made, tmp_path, monkeypatch):
    for name in ("json", "socket", "salesdiag", "pandas"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong one')")
    monkeypatch.chdir(tmp_path)
    assert serves(made())
