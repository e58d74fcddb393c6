"""What was counted so far, kept in a folder so that an interrupted count goes on."""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pandas as pd

import salesdiag
from salesdiag.text import calibration as words

MADE_BY = "made_by.json"
SOURCES = (
    "simulate", "estimate", "claims", "calibrate", "checks.py", "verdict.py", "finding.py",
    "settings.py", "company.py", "schema.py", "validate.py", "ingest", "panel",
)  # fmt: skip
APART = ("claims/error_rates.py", "calibrate/rates.py")
LIBRARIES = ("numpy", "pandas", "scipy")
"""What the rows of a count depend on; a folder holds counts of one state of it. What is made of the
rows afterwards stands apart."""


class Store:
    """A folder of blocks; a block is some companies of one cell.

    Parameters
    ----------
    folder : Path or None
        None keeps nothing.

    Raises
    ------
    ValueError
        The folder holds counts made by other code.
    """

    def __init__(self, folder: Path | None):
        self.folder = folder
        if folder is None:
            return
        mark, made_by = folder / MADE_BY, {"code": fingerprint()}
        if mark.exists():
            if json.loads(mark.read_text("utf-8")) != made_by:
                raise ValueError(str(words.OTHER_CODE(folder=str(folder))))
            return
        folder.mkdir(parents=True, exist_ok=True)
        mark.write_text(json.dumps(made_by), "utf-8")

    def _path(self, block: tuple[str, int, int]) -> Path | None:
        cell, first, companies = block
        return self.folder / f"{cell}-{first}-{companies}.parquet" if self.folder else None

    def get(self, block: tuple[str, int, int]) -> pd.DataFrame | None:
        """Return a block's rows, or None if it has not been counted."""
        path = self._path(block)
        return pd.read_parquet(path) if path is not None and path.exists() else None

    def put(self, block: tuple[str, int, int], rows: pd.DataFrame) -> None:
        """Keep a block's rows; it is there whole or not at all."""
        path = self._path(block)
        if path is None:
            return
        draft = path.with_suffix(".part")
        rows.to_parquet(draft)
        os.replace(draft, path)


@cache
def fingerprint() -> str:
    """Return a short hash of the code and the libraries on which the counts depend."""
    root = Path(salesdiag.__file__).parent
    files = [root / name for name in SOURCES if name.endswith(".py")]
    files += sorted(f for name in SOURCES for f in (root / name).rglob("*.py"))
    apart = {root / name for name in APART}
    parts = [f.read_bytes() for f in files if f not in apart]
    parts += [f"{name} {version(name)}".encode() for name in LIBRARIES]
    return hashlib.sha256(b"".join(parts)).hexdigest()[:12]
