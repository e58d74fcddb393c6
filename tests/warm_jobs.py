"""What processes forked from a warm one do in tests, and how tests look at processes."""

from __future__ import annotations

import os
import select
import threading
import time
from pathlib import Path

HERE = str(Path(__file__).parent)


def run(source: str) -> None:
    """Execute a program."""
    exec(source, {"__name__": "job"})


def start_thread() -> None:
    """Start a thread that never ends."""
    threading.Thread(target=threading.Event().wait).start()


def cannot_fork() -> None:
    """Have the system refuse new processes."""

    def fork() -> int:
        raise BlockingIOError("no more processes")

    os.fork = fork


def gone(*pids: int, seconds: float = 20) -> bool:
    """Wait until processes have ended."""
    for pid in pids:
        try:
            watched = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ended = bool(select.select([watched], [], [], seconds)[0])
        os.close(watched)
        if not ended:
            return False
    return True


class Word:
    """A named pipe through which a process says one thing."""

    def __init__(self, folder: Path, name: str = "word"):
        self.path = folder / name
        os.mkfifo(self.path)
        self._end = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)

    def heard(self, seconds: float = 60) -> str:
        """Wait for it."""
        said, until = b"", time.monotonic() + seconds
        while not said.endswith(b"\n"):
            ready = select.select([self._end], [], [], max(until - time.monotonic(), 0))[0]
            if not ready:
                raise TimeoutError
            said += os.read(self._end, 10_000)
        os.close(self._end)
        return said.decode().strip()


def pythonpath(environ: dict[str, str], *more: str) -> str:
    """Return a ``PYTHONPATH`` with the tests in it."""
    return os.pathsep.join(filter(None, [HERE, *more, environ.get("PYTHONPATH")]))


def no_page(notebook: object, team: str | None) -> str:
    """Make an empty page."""
    return ""
