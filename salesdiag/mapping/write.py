"""Writing an imported company: whole or not at all, and never over what a user changed."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from salesdiag import looks
from salesdiag.ingest.losses import MARKER
from salesdiag.schema import TABLE
from salesdiag.text import data as words

SETTINGS = "company.toml"


def refuse_unsafe(source: Path, dest: Path, force: bool) -> None:
    """Raise ``ValueError`` where writing would destroy what an import did not write."""
    here, there = source.resolve(), dest.resolve()
    if here == there or here in there.parents or there in here.parents:
        raise ValueError(str(words.DEST_OVERLAPS(dest=dest, source=source)))
    if not dest.exists():
        return
    content = {p.name for p in dest.iterdir()} if dest.is_dir() else {dest.name}
    ours = {MARKER, SETTINGS, looks.NAME, *(f"{t}.parquet" for t in TABLE)}
    written = MARKER in content and content <= ours
    if content and not written and not (force and dest.is_dir()):
        raise ValueError(str(words.DEST_IN_USE(dest=dest)))


def changed_settings(dest: Path, company: Mapping[str, Any]) -> list[str] | None:
    """Return in what a user's ``company.toml`` differs from what the mapping says.

    Returns
    -------
    list of str or None
        None where there is none, or it stands as an import wrote it: then it is written anew.
        A file that cannot be read differs in itself.
    """
    path = dest / SETTINGS
    if not path.is_file():
        return None
    try:
        text = path.read_text(encoding="utf-8")
        if text == _written_before(dest):
            return None
        there = tomllib.loads(text)
    except (OSError, UnicodeError, tomllib.TOMLDecodeError):
        return [SETTINGS]
    keys = [*company, *(k for k in there if k not in company)]
    return [k for k in keys if _plain(there.get(k)) != _plain(company.get(k))]


def _plain(value: Any) -> str:
    """Return a setting as text that is the same for a date with and without quotes."""
    return json.dumps(value, sort_keys=True, default=str)


def _written_before(dest: Path) -> str | None:
    """Return the settings as the last import into a folder wrote them, None where unknown."""
    try:
        marker = json.loads((dest / MARKER).read_text(encoding="utf-8"))
        return toml(marker["company"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def write(
    tables: Mapping[str, pd.DataFrame],
    company: Mapping[str, Any],
    dest: Path,
    marker: Mapping[str, Any],
    keep_settings: bool,
) -> None:
    """Write a company beside its destination and move it there when it is whole."""
    dest.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{dest.name}-", dir=dest.parent))
    try:
        fresh = work / "new"
        fresh.mkdir()
        for table, frame in tables.items():
            frame.dropna(axis=1, how="all").pipe(_with_required, frame, table).to_parquet(
                fresh / f"{table}.parquet", index=False
            )
        if keep_settings:
            shutil.copy(dest / SETTINGS, fresh / SETTINGS)
        else:
            (fresh / SETTINGS).write_text(toml(company), encoding="utf-8")
        if (dest / looks.NAME).is_file():  # how often these data were looked at goes on counting
            shutil.copy(dest / looks.NAME, fresh / looks.NAME)
        text = json.dumps({**marker, "company": company}, ensure_ascii=False, indent=1, default=str)
        (fresh / MARKER).write_text(text + "\n", encoding="utf-8")
        if dest.exists():
            dest.rename(work / "old")
        fresh.rename(dest)
    finally:
        if not dest.exists() and (work / "old").exists():
            (work / "old").rename(dest)
        shutil.rmtree(work)


def _with_required(some: pd.DataFrame, frame: pd.DataFrame, table: str) -> pd.DataFrame:
    return frame[[c for c in frame if c in some or c in TABLE[table].required]]


def toml(content: Mapping[str, Any], above: str = "") -> str:
    """Return settings as TOML: plain values first, then tables, whose heads name those above."""
    plain = {k: v for k, v in content.items() if not isinstance(v, dict)}
    parts = ["".join(f"{_key(k)} = {json.dumps(v, default=str)}\n" for k, v in plain.items())]
    for name, part in content.items():
        if name not in plain:
            head = f"{above}{_key(name)}"
            parts.append(f"[{head}]\n" + toml(part, f"{head}."))
    return "\n".join(parts).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if re.fullmatch(r"[\w-]+", name, re.ASCII) else json.dumps(name)
