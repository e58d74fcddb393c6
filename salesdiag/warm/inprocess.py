"""A kernel in the process that asks it: ipykernel's own code, with queues in the place of sockets.

papermill and nbclient drive it unchanged, as ``km=``. It is made for a process that was forked for
one notebook and ends with it: whatever a cell does to the process, it does to nobody else.

What a cell writes to the file descriptors 1 and 2 (``os.system``, C libraries, child processes)
goes to two files that are read whenever Python's own text is sent, so no thread is needed and
nobody can block on a full pipe.
"""

from __future__ import annotations

import asyncio
import fcntl
import io
import logging
import os
import pickle
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from types import SimpleNamespace
from typing import Any, ClassVar

import zmq
from ipykernel.eventloops import enable_gui
from ipykernel.iostream import IOPubThread, OutStream
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from IPython.core.shellapp import InteractiveShellApp
from jupyter_client.session import Session
from jupyter_core.utils import ensure_event_loop
from traitlets import Any as AnyTrait
from traitlets.config import Config

HISTORY = Config({"HistoryManager": {"hist_file": ":memory:"}})


class Wire(IOPubThread):
    """Where a kernel sends: frames are handed to a function, at once and in this thread.

    A process that a cell forked leaves its frames in a file, from which ``collect`` hands them on.
    """

    def __init__(self, deliver: Callable[[list[bytes]], object]):
        self.io_loop: Any = None
        self.thread: Any = None
        self._deliver = deliver
        self._owner = os.getpid()
        self._left: Any = None
        self._read = 0

    def begin(self) -> None:
        """Belong to this process from here on."""
        self._owner = os.getpid()
        self._left = tempfile.TemporaryFile("ab", buffering=0)  # noqa: SIM115 -- kept

    def schedule(self, f: Callable[[], object]) -> None:
        """Call a function now."""
        f()

    def flush(self, *_: object) -> None:
        """Do nothing: whatever is sent has arrived."""

    def send_multipart(self, frames: list[bytes], *_: object, **__: object) -> None:
        """Hand frames on."""
        if os.getpid() == self._owner:
            self._deliver(frames)
        else:
            self._left.write(pickle.dumps([bytes(f) for f in frames]))

    def collect(self) -> None:
        """Hand on what forked processes left since the last time."""
        if self._left is None:
            return
        waiting = io.BytesIO(read_from(self._left.fileno(), self._read))
        self._read += waiting.getbuffer().nbytes
        with suppress(EOFError):
            while True:
                self._deliver(pickle.load(waiting))


def read_from(file: int, start: int) -> bytes:
    """Return a file's content from a place on; the offset, which processes share, stays."""
    size = os.fstat(file).st_size
    return os.pread(file, size - start, start) if size > start else b""


class Stream(OutStream):
    """Standard output or error of a cell, sent when a stock kernel would send it.

    A stock kernel's thread sends what was written a fifth of a second ago. Nothing needs to happen
    here before somebody writes again or the cell ends: what is due by then is sent first.
    """

    pair: ClassVar[list[Stream]] = []

    def __init__(self, session: Session, wire: Wire, name: str):
        super().__init__(session, wire, name, watchfd=False)
        self._number = {"stdout": 1, "stderr": 2}[name]
        self._file: int | None = None
        self._read = 0
        self._due = 0.0

    def capture(self) -> None:
        """Take over the file descriptor; what was there stays reachable by ``fileno``."""
        sys.__stdout__.flush()  # type: ignore[union-attr]
        self._original_stdstream_copy = os.dup(self._number)
        with tempfile.TemporaryFile() as file:
            self._file = os.dup(file.fileno())
        os.set_inheritable(self._file, False)
        fcntl.fcntl(self._file, fcntl.F_SETFL, os.O_APPEND)
        os.dup2(self._file, self._number)

    def write(self, string: str) -> int | None:  # type: ignore[override]
        """Write text, after what other processes wrote and what is due."""
        if not self._is_master_process():
            return super().write(string)
        now = time.monotonic()
        for stream in sorted(self.pair, key=lambda s: s._due):
            if stream._flush_pending and stream._due <= now:
                stream._flush()
        self._absorb()
        return super().write(string)

    def _schedule_flush(self) -> None:
        if not self._flush_pending:
            self._flush_pending, self._due = True, time.monotonic() + self.flush_interval

    def _flush(self) -> None:
        if self._is_master_process():
            self._absorb()
        super()._flush()
        if self._is_master_process():
            self.pub_thread.collect()

    def _flush_buffers(self) -> Iterator[tuple[Any, str]]:
        for header, text in super()._flush_buffers():
            yield header, text.encode(errors="replace").decode()  # half a surrogate is no text

    def _absorb(self) -> None:
        if self._file is None:
            return
        if os.fstat(self._file).st_size < self._read:
            self._read = 0  # a child process opened /dev/stdout, which empties it
        if written := read_from(self._file, self._read):
            self._read += len(written)
            super().write(written.decode(errors="replace"))


class Kernel(IPythonKernel):
    """ipykernel's kernel without threads, sockets and a queue to empty after an error."""

    io_loop = AnyTrait()
    shell_stream = AnyTrait()
    _supports_kernel_subshells = False

    def _abort_queues(self, subshell_id: str | None = None) -> None:
        pass


# libraries know them by these names
for own, name in ((Stream, "OutStream"), (Kernel, "IPythonKernel")):
    own.__name__ = own.__qualname__ = name


def _log() -> logging.Logger:
    """Return a log of the kernel's own that says nothing in notebooks, whatever cells log."""
    log = logging.getLogger("IPKernelApp")
    log.propagate = False
    log.setLevel(logging.DEBUG)  # of it, the handlers let warnings pass
    return log


class _Stopper:
    """Stands for the kernel's loop, which ``exit`` in a cell stops."""

    stopped = False

    def call_later(self, delay: float, callback: object) -> None:
        self.stopped = True

    def stop(self) -> None:
        pass


class Channel:
    """One direction of a client: messages wait here."""

    def __init__(self, session: Session):
        self._session = session
        self._waiting: asyncio.Queue[dict[str, Any] | BaseException] = asyncio.Queue()

    def put(self, frames: list[bytes]) -> None:
        """Unpack a message as if it had come over a wire."""
        _, parts = self._session.feed_identities(frames)
        self._waiting.put_nowait(self._session.deserialize(parts))

    def fail(self, error: BaseException) -> None:
        """Have whoever waits raise an error of the kernel itself."""
        self._waiting.put_nowait(error)

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        """Return the next message; nothing is ever late here."""
        message = await self._waiting.get()
        if isinstance(message, BaseException):
            raise message
        return message


class Client:
    """What nbclient needs of a client."""

    allow_stdin = False

    def __init__(self, manager: Manager):
        self._manager = manager
        self._session = Session(key=b"")
        self.shell_channel = Channel(self._session)
        self.iopub_channel = Channel(self._session)
        manager.connect(self)

    def start_channels(self) -> None:
        """Do nothing: they are there."""

    stop_channels = start_channels

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Do nothing: it is ready."""

    def execute(self, code: str, store_history: bool = True, stop_on_error: bool = True) -> str:
        """Ask for a cell; return the id of the request."""
        content = {
            "code": code,
            "silent": False,
            "store_history": store_history,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": stop_on_error,
        }
        return self._ask("execute_request", content)

    def kernel_info(self) -> str:
        """Ask what the kernel is; return the id of the request."""
        return self._ask("kernel_info_request", {})

    def _ask(self, kind: str, content: dict[str, Any]) -> str:
        request = self._session.msg(kind, content)
        frames = [zmq.Frame(part) for part in self._session.serialize(request, ident=b"client")]
        self._manager.dispatch(frames)
        return str(request["header"]["msg_id"])


class Manager:
    """What nbclient needs of a kernel's manager.

    Attributes
    ----------
    has_kernel : bool
        True: it is made with the manager.
    """

    has_kernel = True
    ipykernel = True
    pid = exit_code = None

    def __init__(self) -> None:
        self._client: Client | None = None
        self._stopper = _Stopper()
        self._requests: set[asyncio.Task[None]] = set()
        self._asked = self._answers = 0
        self._owner = os.getpid()
        self._session = Session(key=b"")
        self._session.check_pid = False  # made before the fork, used after it
        self._iopub = Wire(lambda frames: self._to("iopub_channel", frames))
        self._shell = Wire(lambda frames: self._to("shell_channel", frames))
        self.kernel = Kernel.instance(
            shell_channel_thread=SimpleNamespace(parent_thread=None),
            session=self._session, iopub_socket=self._iopub, shell_stream=self._shell,
            io_loop=self._stopper, config=HISTORY, log=_log(),
        )  # fmt: skip
        self.kernel._execute_sleep = 0.0
        shell: Any = self.kernel.shell
        self._shell_of_user = shell
        shell.enable_gui = partial(enable_gui, kernel=self.kernel)
        IPKernelApp.init_pdb(self)  # type: ignore[arg-type]
        shell.extension_manager.load_extension("storemagic")
        self._context = copy_context()

    def begin(self) -> None:
        """Take over standard streams and display; after the fork."""
        self._owner = os.getpid()
        self._iopub.begin()
        self._shell.begin()
        Stream.pair = [Stream(self._session, self._iopub, n) for n in ("stdout", "stderr")]
        for stream in Stream.pair:
            stream.capture()
        handler = logging.StreamHandler(os.fdopen(stream.fileno(), "w"))
        handler.setLevel(logging.WARNING)
        self.kernel.log.addHandler(handler)
        sys.stdout, sys.stderr = Stream.pair
        sys.displayhook = self._shell_of_user.displayhook
        settings: Any = SimpleNamespace(ignore_cwd=False)
        InteractiveShellApp.init_path(settings)

    def connect(self, client: Client) -> None:
        """Send to a client from here on."""
        self._client = client

    def client(self) -> Client:
        """Return a client of this kernel."""
        return Client(self)

    def dispatch(self, frames: list[zmq.Frame]) -> None:
        """Have the kernel handle a request, in the loop that waits for the reply."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            loop = ensure_event_loop()
        self._asked += 1
        # one context for all requests, as in a stock kernel: variables of the context stay set
        task = loop.create_task(self.kernel.dispatch_shell(frames), context=self._context)
        self._requests.add(task)
        task.add_done_callback(self._handled)

    def _handled(self, task: asyncio.Task[None]) -> None:
        if os.getpid() != self._owner:
            os._exit(0)  # a cell forked this process, which ends with the cell
        self._requests.discard(task)
        error = task.exception()
        if error is None and self._answers < self._asked:
            # the kernel logs what goes wrong in itself and says nothing
            error = RuntimeError("the kernel gave no answer")
        if error is not None and self._client is not None:
            self._client.shell_channel.fail(error)

    async def is_alive(self) -> bool:
        """Say whether no cell asked the kernel to end."""
        return not self._stopper.stopped

    def _to(self, channel: str, frames: list[bytes]) -> None:
        if self._client is not None:
            self._answers += channel == "shell_channel"
            getattr(self._client, channel).put(frames)
