"""How often verdicts are wrong, counted on companies whose truth was planted.

Each company is simulated, tested as a run would test it, and compared with what is true in it;
beside it stand the analyses that are made of such data today. Rates carry their Monte Carlo error,
so that nobody reads more into them than was computed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import pandas as pd

from salesdiag.calibrate.catalogue import CELLS, COUNTED
from salesdiag.calibrate.cells import Cell
from salesdiag.calibrate.rates import rates
from salesdiag.calibrate.store import Store
from salesdiag.calibrate.trials import trial
from salesdiag.text import calibration as words

__all__ = ["CELLS", "COUNTED", "SUMMARY", "Cell", "calibrate", "rates", "trial"]

SUMMARY = (
    "world", "claim", "analysis", "companies", "truth", "bias", "rejected", "rejected_se",
    "covered", "supported", "contradicted", "negligible", "inconclusive", "sign_error",
)  # fmt: skip
"""The columns of a count that fit on a screen."""

DEFAULT = ("null", "planted-demo")
BLOCK = 20
Block = tuple[str, int, int]  # cell, first seed, companies


def calibrate(
    worlds: Sequence[str] | None = None,
    companies: int = 60,
    seed: int = 1,
    jobs: int | None = None,
    out: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Count how often findings are right on companies whose truth is known.

    Parameters
    ----------
    worlds : sequence of str, optional
        Names of :data:`CELLS`; a null world and a planted one by default.
    companies : int
        Companies in each.
    seed : int
        Of the first company; the next ones count on, so that the result is the same every time.
    jobs : int, optional
        Processes; one a core by default.
    out : path, optional
        Folder in which the companies counted are kept: an interrupted count goes on from there,
        and more companies are added to those counted.
    progress : callable, optional
        Called with companies done and companies in all.

    Returns
    -------
    DataFrame
        One row a world, claim and analysis, see :func:`rates`.

    Raises
    ------
    ValueError
        A world is not known, a number is not positive, or the folder holds counts of other code.
    """
    names = list(dict.fromkeys(worlds)) if worlds else list(DEFAULT)
    unknown = [n for n in names if n not in CELLS]
    if unknown:
        raise ValueError(str(words.NO_SUCH_WORLD(names=unknown, known=list(CELLS))))
    if companies < 1 or (jobs is not None and jobs < 1):
        raise ValueError(str(words.NOT_POSITIVE()))
    store = Store(Path(out) if out is not None else None)
    blocks = [block for name in names for block in _blocks(name, seed, companies)]
    counted = {block: store.get(block) for block in blocks}
    missing = [block for block, rows in counted.items() if rows is None]
    done = sum(n for (_, _, n), rows in counted.items() if rows is not None)
    total = len(names) * companies

    def tell() -> None:
        if progress is not None:
            progress(done, total)

    tell()
    for block, rows in _counted(missing, jobs):
        store.put(block, rows)
        counted[block] = rows
        done += block[2]
        tell()
    return rates(pd.concat([counted[block] for block in blocks], ignore_index=True))


def _blocks(cell: str, seed: int, companies: int) -> list[Block]:
    """Return a cell's blocks; those of a longer count begin with those of a shorter one."""
    stop = seed + companies
    return [(cell, first, min(BLOCK, stop - first)) for first in range(seed, stop, BLOCK)]


def _counted(blocks: list[Block], jobs: int | None) -> Iterator[tuple[Block, pd.DataFrame]]:
    """Yield each block with its rows, in the order in which they are done."""
    if not blocks:
        return
    # the workers' numerical libraries read it when they start: processes share the cores already
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    pool = ProcessPoolExecutor(jobs or os.cpu_count(), mp_context=get_context("spawn"))
    try:
        waiting = {pool.submit(_block, block): block for block in blocks}
        for future in as_completed(waiting):
            yield waiting[future], future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _block(block: Block) -> pd.DataFrame:
    cell, first, companies = block
    rows = [row for seed in range(first, first + companies) for row in trial(cell, seed)]
    return pd.DataFrame(rows)
