"""The process of one notebook on a stock kernel: ``salesdiag.batch.worker WORK PRIVATE SECONDS``.

It reads ``job.json`` in WORK and leaves there the executed notebook, the page and ``result.json``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from salesdiag.batch.execution import Execution
from salesdiag.warm.server import end_group

# after the import of papermill above, which leaves out what costs it a second
from jupyter_client import AsyncKernelManager  # isort: skip
from jupyter_client.kernelspec import KernelSpecManager  # isort: skip

SOCKET_PATH = 90
"""Longest path of a Unix socket that every system takes, less what the kernel appends."""


class Kernel(AsyncKernelManager):
    """A kernel of this very Python, whatever kernels are registered, on sockets of its own."""

    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def within(cls, folder: str) -> Kernel:
        """Return a kernel that talks through files in a folder."""
        by_file = sys.platform != "win32" and len(folder) < SOCKET_PATH
        return cls(
            kernel_name="python3",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            connection_file=str(Path(folder, "kernel.json")),
            transport="ipc" if by_file else "tcp",
        )

    async def _async_launch_kernel(self, kernel_cmd: list[str], **kw: Any) -> None:
        await super()._async_launch_kernel(kernel_cmd, **kw)
        self.process = getattr(self.provisioner, "process", None)

    @property
    def pid(self) -> int | None:
        """Process id; None where it never ran."""
        return self.process.pid if self.process else None

    @property
    def exit_code(self) -> int | None:
        """Exit code, negative for a signal; None while it runs or where it never did."""
        return None if self.process is None else self.process.poll()

    def end(self) -> None:
        """Kill the kernel and what its cells started."""
        if self.process is not None:
            end_group(self.process.pid)
            self.process.wait()


class Worker:
    """A job whose kernel is ended when its time is over, or when nobody waits for it.

    Parameters
    ----------
    work, private : str
        Folder of the job; folder for sockets and stray files.
    timeout : float
        Seconds until the kernel is ended.
    """

    def __init__(self, work: str, private: str, timeout: float):
        self.private, self.timeout = private, timeout
        self.kernel = Kernel.within(private)
        self.execution = Execution(Path(work), self.kernel)

    def run(self) -> None:
        """Do the job and leave word of what happened."""
        clock = threading.Timer(self.timeout, self._too_late)
        clock.daemon = True
        clock.start()
        try:
            result = self.execution.run()
        finally:
            clock.cancel()
            self.kernel.end()
        if result["kind"] == "done":
            result = self.execution.page()
        self.execution.tell(result)

    def _too_late(self) -> None:
        self.execution.late = True
        self.kernel.end()

    def watch(self) -> None:
        """End everything when the runner closes our input, or is gone."""
        while os.read(0, 1):
            pass
        self.kernel.end()
        shutil.rmtree(self.private, ignore_errors=True)
        os._exit(1)


def main(work: str, private: str, timeout: str) -> None:
    """Execute the job in a folder."""
    worker = Worker(work, private, float(timeout))
    threading.Thread(target=worker.watch, daemon=True).start()
    worker.run()


if __name__ == "__main__":
    code = 1
    try:
        main(*sys.argv[1:])
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        # The thread that watches our input never returns, so the interpreter is not waited for.
        sys.stderr.flush()
        os._exit(code)
