"""The warm process, started by ``client.start`` and told on standard input what to load.

It listens on a Unix socket. A request is a line of JSON, see :class:`Request`; the answer is a line
``{"pid": N}`` and, when that process has ended, a line with its status, processor time and peak
memory. Who closes the connection earlier ends the process and its group. The server ends, with
all it forked, when its standard input is closed or, if told so, when nobody has needed it for a
while.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from salesdiag.warm import preload

PR_SET_PDEATHSIG = 1
FIRST_TO_GO = "700"
"""How gladly the system may kill a child when memory runs out: before the runner and the server."""

LONGEST_REQUEST = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a forked process is to do.

    Attributes
    ----------
    call : str
        ``"module:function"``.
    arguments : list
        Of the function.
    cwd : str
    environment : mapping, optional
        In the place of the server's.
    argv : list of str, optional
        ``sys.argv``.
    log : str, optional
        File for standard output and error.
    memory : int, optional
        Bytes that it may allocate; beyond them Python raises ``MemoryError``.
    """

    call: str
    arguments: list[Any] = field(default_factory=list)
    cwd: str = "/"
    environment: Mapping[str, str] | None = None
    argv: list[str] | None = None
    log: str | None = None
    memory: int | None = None


@dataclass
class _Asker:
    """A connection: what it has sent, and the process that it asked for."""

    connection: socket.socket
    sent: bytes = b""
    pid: int | None = None


class Server:
    """Forks on request and tells how it ended.

    Parameters
    ----------
    listener : socket
    idle : float or None
        Seconds without any child after which to end; None ends when standard input does.
    """

    def __init__(self, listener: socket.socket, idle: float | None):
        self._listener, self._idle = listener, idle
        self._select = selectors.DefaultSelector()
        self._children: dict[int, _Asker] = {}
        self._select.register(listener, selectors.EVENT_READ, self._accept)
        if idle is None:
            self._select.register(0, selectors.EVENT_READ, self._end)
        # only the parent tells it, so children that outlive us are rare, and end with us
        self._libc = ctypes.CDLL(None)

    def run(self) -> NoReturn:
        """Serve until the end."""
        while True:
            ready = self._select.select(None if self._children else self._idle)
            if not ready and not self._children:
                self._end()
            for key, _ in ready:
                if key in self._select.get_map().values():  # an earlier one may have closed it
                    key.data() if not isinstance(key.data, tuple) else key.data[0](*key.data[1:])

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.setblocking(False)
        asker = _Asker(connection)
        self._select.register(connection, selectors.EVENT_READ, (self._hear, asker))

    def _hear(self, asker: _Asker) -> None:
        with suppress(BlockingIOError):
            try:
                piece = asker.connection.recv(65536)
            except ConnectionError:
                piece = b""
            asker.sent += piece
            if not piece or len(asker.sent) > LONGEST_REQUEST:
                self._leave(asker)
            elif asker.pid is None and asker.sent.endswith(b"\n"):
                self._fork(asker)

    def _leave(self, asker: _Asker) -> None:
        """Let go of whoever closed a connection; end what it asked for."""
        self._select.unregister(asker.connection)
        asker.connection.close()
        if asker.pid is not None:
            end_group(asker.pid)

    def _fork(self, asker: _Asker) -> None:
        parent, (begun, begin) = os.getpid(), os.pipe()
        try:
            request = Request(**json.loads(asker.sent))
            pid = os.fork()
        except (TypeError, ValueError, RecursionError, OSError):
            pid = -1
        if pid == 0:
            self._become(request, parent, begin)
        os.close(begin)
        os.read(begun, 1)  # nothing, as soon as it leads its group, which then can be killed
        os.close(begun)
        if pid < 0:
            self._leave(asker)  # who takes an ordinary process
            return
        asker.pid = pid
        self._children[pid] = asker
        ended = os.pidfd_open(pid)
        self._select.register(ended, selectors.EVENT_READ, (self._reap, pid, ended))
        self._tell(asker, {"pid": pid})

    def _become(self, request: Request, parent: int, begin: int) -> NoReturn:
        """Be the child: clean, in its own group, and gone when the server is."""
        code, leave = 1, os._exit  # whatever becomes of the name in os
        try:
            os.setsid()
            self._libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                leave(1)
            os.close(begin)
            _settle(request)
            module, _, function = request.call.partition(":")
            getattr(import_module(module), function)(*request.arguments)
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            with suppress(OSError), open(request.log or os.devnull, "a") as log:
                traceback.print_exc(file=log)
        finally:
            for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
                with suppress(Exception):
                    stream.flush()  # type: ignore[union-attr]
            leave(code)

    def _reap(self, pid: int, ended: int) -> None:
        self._select.unregister(ended)
        os.close(ended)
        end_group(pid)  # what it left behind, while nobody else can have its number
        _, status, used = os.wait4(pid, 0)
        asker = self._children.pop(pid)
        if asker.connection.fileno() >= 0:
            self._select.unregister(asker.connection)
            told = {
                "code": os.waitstatus_to_exitcode(status),
                "cpu": used.ru_utime + used.ru_stime,
                "peak_kb": used.ru_maxrss,
            }
            self._tell(asker, told)
            asker.connection.close()

    @staticmethod
    def _tell(asker: _Asker, said: Mapping[str, Any]) -> None:
        with suppress(OSError):
            asker.connection.send(json.dumps(said).encode() + b"\n")

    def _end(self) -> NoReturn:
        for pid in self._children:
            end_group(pid)
        remove(self._listener.getsockname())
        os._exit(0)


def _settle(request: Request) -> None:
    """Make a child forget the server and take on what it is to be."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # as Python does at its start
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2:
            with suppress(OSError):
                os.close(int(name))
    _redirect(os.devnull, os.O_RDONLY, 0)
    log = request.log or os.devnull
    _redirect(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 1, 2)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_GO)
    if request.memory is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (request.memory, request.memory))
    if request.environment is not None:
        os.environ.clear()
        os.environ.update(request.environment)
    if request.argv is not None:
        sys.argv[:] = request.argv
    os.chdir(request.cwd)
    preload.reseed()


def _redirect(path: str, flags: int, *numbers: int) -> None:
    file = os.open(path, flags, 0o600)
    for number in numbers:
        os.dup2(file, number)
    if file > 2:
        os.close(file)


def end_group(leader: int) -> None:
    """Kill a process group, if it is still there."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def remove(path: str) -> None:
    """Remove a socket, and the folder that was made for it alone."""
    with suppress(OSError):
        os.unlink(path)
    with suppress(OSError):
        os.rmdir(os.path.dirname(path))


def main(path: str) -> NoReturn:
    """Load what standard input says, then serve; say on standard output how it went."""
    try:
        serve(path)
    except BaseException:
        traceback.print_exc()
    finally:  # threads that a module has started are not waited for
        remove(path)
        os._exit(1)


def serve(path: str) -> None:
    """Load and serve; return where there is more than one thread."""
    wanted = json.loads(sys.stdin.readline())
    preload.load(wanted["modules"])
    for name in wanted["prepare"]:
        module, _, function = name.partition(":")
        getattr(import_module(module), function)()
    preload.freeze()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    previous = os.umask(0o177)
    listener.bind(path)
    os.umask(previous)
    listener.listen(64)
    count = preload.threads()
    print(json.dumps({"threads": count}), flush=True)  # noqa: T201 -- the answer to who started us
    if count == 1:
        Server(listener, wanted["idle"]).run()
