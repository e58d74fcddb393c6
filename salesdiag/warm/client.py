"""Starting a warm process and asking it to fork."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from salesdiag.warm.preload import environment
from salesdiag.warm.server import Request, end_group

PATIENCE = 120.0
"""Seconds that a warm process may take to load."""

LAST_WORDS = 5.0
"""Seconds that it has to end."""

SERVER = (
    "import sys; sys.path[:] = filter(None, sys.path); "
    "from salesdiag.warm import server; server.main(sys.argv[1])"
)
"""Its program; nothing in the folder that it is started in passes for a module."""


class ColdError(RuntimeError):
    """There is no warm process: it could not be made, may not fork, or has died."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a forked process ended.

    Attributes
    ----------
    code : int
        Exit code, negative for a signal.
    cpu : float
        Seconds of processor time.
    peak_kb : int
        Most memory that it held, in kilobytes, what it shared with the warm process included.
    """

    code: int
    cpu: float
    peak_kb: int


class Fork:
    """A process forked by a warm one; it ends when this is closed.

    Attributes
    ----------
    pid : int
        Process id, which is also that of its group and session.
    """

    def __init__(self, path: str, request: Request):
        self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._heard = b""
        self._ended: Ended | None = None
        try:
            self._connection.connect(path)
            self._connection.sendall(json.dumps(asdict(request)).encode() + b"\n")
            self.pid = int(self._line(PATIENCE)["pid"])
        except (OSError, ColdError) as error:
            self._connection.close()
            raise ColdError(str(error)) from error

    def wait(self, timeout: float | None = None) -> Ended | None:
        """Return how it ended, None where it still runs after ``timeout`` seconds.

        Raises
        ------
        ColdError
            The warm process died, and this one with it.
        """
        if self._ended is None:
            with suppress(TimeoutError):
                self._ended = Ended(**self._line(timeout))
                self._connection.close()
        return self._ended

    def kill(self) -> None:
        """End it and its group, now."""
        if self._ended is None:
            end_group(self.pid)

    def close(self) -> None:
        """Let go of it; it is ended if it still runs."""
        self._connection.close()

    def _line(self, timeout: float | None) -> dict[str, Any]:
        until = None if timeout is None else time.monotonic() + timeout
        while b"\n" not in self._heard:
            left = None if until is None else max(until - time.monotonic(), 0.0)
            if not select.select([self._connection], [], [], left)[0]:
                raise TimeoutError
            try:
                piece = self._connection.recv(65536)
            except OSError:
                piece = b""
            if not piece:
                raise ColdError("the warm process has died")
            self._heard += piece
        line, _, self._heard = self._heard.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer


class Warm:
    """A warm process of one's own, which ends with us.

    Parameters
    ----------
    modules : sequence of str
        What it imports.
    prepare : sequence of str
        ``"module:function"`` of what it then calls.

    Raises
    ------
    ColdError
        This is not Linux.
    """

    def __init__(self, modules: Sequence[str], prepare: Sequence[str] = ()):
        self._folder = tempfile.TemporaryDirectory(prefix="salesdiag-", ignore_cleanup_errors=True)
        self._path = str(Path(self._folder.name, "warm"))
        self._lock = threading.Lock()
        self._ready = False
        self._process = start(self._path, modules, prepare)

    def fork(self, request: Request) -> Fork:
        """Fork a process; the first time, wait until everything is loaded.

        Raises
        ------
        ColdError
            It could not load, has more than one thread, or has died.
        """
        self.wait()
        return Fork(self._path, request)

    def wait(self) -> None:
        """Wait until everything is loaded; see :meth:`fork`."""
        with self._lock:
            if not self._ready:
                wait_for(self._process)
                self._ready = True

    def close(self) -> None:
        """End it, with all that it forked."""
        if not self._ready:  # it loads and does not listen, and has forked nothing
            self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        try:
            self._process.wait(LAST_WORDS)
        except subprocess.TimeoutExpired:  # stopped
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()


def start(
    path: str,
    modules: Sequence[str],
    prepare: Sequence[str] = (),
    idle: float | None = None,
    log: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a warm process that listens at a path.

    It lives as long as its standard input or, where ``idle`` is given, until nobody has needed it
    for so many seconds.

    Raises
    ------
    ColdError
        This is not Linux.
    """
    if not sys.platform.startswith("linux") or not hasattr(os, "pidfd_open"):
        raise ColdError("a warm process needs Linux")
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env=environment(),
        start_new_session=True,
    )
    wanted = {"modules": list(modules), "prepare": list(prepare), "idle": idle}
    process.stdin.write(json.dumps(wanted).encode() + b"\n")  # type: ignore[union-attr]
    process.stdin.flush()  # type: ignore[union-attr]
    return process


def wait_for(process: subprocess.Popen[bytes]) -> None:
    """Wait until a warm process serves.

    Raises
    ------
    ColdError
        It could not load, or has more than one thread.
    """
    if not select.select([process.stdout.fileno()], [], [], PATIENCE)[0]:  # type: ignore[union-attr]
        raise ColdError("the warm process does not answer")
    line = process.stdout.readline()  # type: ignore[union-attr]
    if not line:
        raise ColdError("the warm process could not load")
    if (count := json.loads(line)["threads"]) != 1:
        raise ColdError(f"the warm process has {count} threads")
