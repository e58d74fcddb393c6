"""Forked kernels for JupyterLab, papermill and nbval: the kernel ``salesdiag``.

A kernelspec names this provisioner, and jupyter_client asks it for a kernel. All of a user's
kernels come from one shared warm process, which the first of them starts and which ends when
none has run for a while. Where there can be none, an ordinary kernel is started.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_core.paths import jupyter_runtime_dir

from salesdiag.warm.client import ColdError, Fork, start, wait_for
from salesdiag.warm.preload import STACK
from salesdiag.warm.server import Request

MODULES = (*STACK, "salesdiag", "salesdiag.claims", "salesdiag.report")
IDLE = 900.0
"""Seconds without a kernel after which the shared warm process ends."""

PACKAGE = Path(__file__).parents[1]


class WarmProvisioner(LocalProvisioner):
    """Has a kernel forked; in all else jupyter_client's own provisioner of local kernels."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Launch a kernel; by a new process where nothing can be forked."""
        request = Request(
            call="salesdiag.warm.provisioner:kernel",
            arguments=[cmd[cmd.index("-f") :]],
            cwd=str(kwargs.get("cwd") or os.getcwd()),
            environment=dict(kwargs.get("env") or os.environ),
            argv=["ipykernel_launcher.py", *cmd[cmd.index("-f") :]],
        )
        try:
            fork = await asyncio.to_thread(shared, request)
        except ColdError as reason:
            self.log.warning("No kernel could be forked (%s); an ordinary one is started.", reason)
            return await super().launch_kernel(cmd, **kwargs)
        self.process = _Process(fork)  # type: ignore[assignment]
        self.pid = self.pgid = fork.pid
        self.cwd = request.cwd
        return self.connection_info


class _Process:
    """What jupyter_client needs of ``subprocess.Popen``."""

    stdin = stdout = stderr = None

    def __init__(self, fork: Fork):
        self._fork = fork

    def poll(self) -> int | None:
        return self.wait(0)

    def wait(self, timeout: float | None = None) -> int | None:
        try:
            ended = self._fork.wait(timeout)
        except ColdError:
            return -signal.SIGKILL
        return None if ended is None else ended.code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self._fork.pid, number)

    def kill(self) -> None:
        self._fork.kill()

    terminate = kill


def kernel(argv: list[str]) -> None:
    """Be an ordinary kernel; in a process that was forked for it."""
    # the kernel ends when its parent does, which is the warm process
    os.environ["JPY_PARENT_PID"] = str(os.getppid())
    if backend := os.environ.get("MPLBACKEND"):
        import matplotlib

        matplotlib.rcParams["backend"] = backend
    from ipykernel.kernelapp import IPKernelApp

    IPKernelApp.launch_instance(argv=argv)


def shared(request: Request) -> Fork:
    """Fork from the user's shared warm process, which is started where there is none.

    Raises
    ------
    ColdError
        There can be none.
    """
    path = address()
    with suppress(ColdError):
        return Fork(str(path), request)
    with _alone(path):
        with suppress(ColdError):  # another one may have started it meanwhile
            return Fork(str(path), request)
        path.unlink(missing_ok=True)
        with path.with_suffix(".log").open("wb") as log:
            process = start(str(path), MODULES, idle=IDLE, log=log)
        _STARTED.append(process)  # it outlives us, so nobody waits for it
        wait_for(process)
    return Fork(str(path), request)


_STARTED: list[subprocess.Popen[bytes]] = []


def address() -> Path:
    """Return where the shared warm process listens: another for other code or another Python."""
    python = (sys.executable, sys.version, os.environ.get("PYTHONPATH"))
    digest = hashlib.sha256(repr(python).encode())
    for source in sorted(PACKAGE.rglob("*.py")):
        digest.update(f"{source} {source.stat().st_mtime_ns}".encode())
    folder = Path(jupyter_runtime_dir())
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"salesdiag-{digest.hexdigest()[:12]}"


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one process at a time start the warm one."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
