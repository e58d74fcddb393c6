"""A forked kernel beside a stock one: from being asked for to having imported what is needed."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

from jupyter_client.manager import start_new_kernel

from tools.bench.rows import Row, spent

IMPORTS = (
    "import numpy, pandas, scipy.stats, matplotlib.pyplot, seaborn, statsmodels.formula.api\n"
    "import salesdiag.claims, salesdiag.report"
)
ROUNDS = 5


def rows(scratch: Path) -> Iterator[Row]:
    """Yield how much sooner a forked kernel is ready; the shared warm process runs already."""
    taken: dict[str, list[float]] = {"salesdiag": [], "python3": []}
    _ready("salesdiag")
    for _ in range(ROUNDS):
        for name, seconds in taken.items():
            seconds.append(_ready(name))
    warm, stock = (statistics.median(taken[name]) for name in taken)
    yield Row(
        what="a kernel ready with its imports, as JupyterLab and nbval start it: stock / ours",
        measured=stock / warm,
        bound=5,
        at_least=True,
        detail=f"{stock:.2f} s and {warm:.2f} s of wall time; both then answer alike",
    )


def _ready(name: str) -> float:
    with spent() as taken:
        manager, client = start_new_kernel(kernel_name=name, startup_timeout=120)
        reply = client.execute_interactive(IMPORTS, timeout=120)
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    if reply["content"]["status"] != "ok":
        raise ValueError(str(reply["content"]))
    return taken.wall
