"""One line of the benchmarks: what was compared, what came out, and the bound that it must keep."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """A measured figure.

    Attributes
    ----------
    what : str
        What was compared with what.
    measured : float
        The figure: a ratio of two measurements of this run, or an amount of memory or of
        processor time.
    bound : float
    at_least : bool
        Whether the figure must reach the bound, or must not exceed it.
    unit : str
        ``"x"`` for a ratio, else ``"MB"`` or ``"ms"``.
    detail : str
        The two sides of the ratio, and how the outputs were found to be equal.
    """

    what: str
    measured: float
    bound: float
    at_least: bool
    unit: str = "x"
    detail: str = ""

    @property
    def kept(self) -> bool:
        """Whether the bound is kept."""
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound


@dataclass
class Spent:
    """Time that something took, in seconds.

    Attributes
    ----------
    wall, cpu : float
        Wall time; processor time of this process and of its children that ended meanwhile.
    """

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def spent() -> Iterator[Spent]:
    """Measure what happens inside; the figures are there when it is left."""
    taken = Spent()
    wall, cpu = time.perf_counter(), _cpu()
    try:
        yield taken
    finally:
        taken.wall, taken.cpu = time.perf_counter() - wall, _cpu() - cpu


def _cpu() -> float:
    return sum(
        getattr(resource.getrusage(who), f"ru_{kind}time")
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        for kind in ("u", "s")
    )
