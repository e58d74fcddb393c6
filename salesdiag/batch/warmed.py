"""What a warm process has ready for reports, and the report that a process forked from it makes."""

from __future__ import annotations

from pathlib import Path

from salesdiag.batch.execution import Execution, nbformat
from salesdiag.report import page
from salesdiag.warm.inprocess import Manager

_KERNELS: list[Manager] = []


def prepare() -> None:
    """Make the kernel that each child takes for its own, and what all pages share."""
    _KERNELS.append(Manager())
    nbformat.validate(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("0")]))
    page.warm()


def report(work: str) -> None:
    """Do the job in a folder; in a process of its own, which ends afterwards."""
    (kernel,) = _KERNELS
    kernel.begin()
    execution = Execution(Path(work), kernel)
    result = execution.run()
    if result["kind"] == "done":
        result = execution.page()
    execution.tell(result)
