"""The folder of a run: claimed by one runner, written beside the old one, put in place when whole.

For a report in ``reports/demo`` these stand beside it, and only while a run is under way or was
interrupted::

    .demo.lock      held by the runner; the system lets go of it when the runner is gone
    .demo.partial   what is being written; ``.work`` in it holds the jobs and goes at the end
    .demo.old       the report before, for the moment between two renames
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from salesdiag.batch.files import NOTEBOOK, PAGE
from salesdiag.batch.jobs import Job, Outcome
from salesdiag.text import commands as words

MANIFEST = "manifest.json"
SCHEMA = 1
WORK = ".work"
"""Subfolder of the jobs while a run is under way."""


def manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a report; None where the folder is not one of ours."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    ours = isinstance(content, dict) and "salesdiag" in content.get("versions", {})
    return content if ours else None


def beside(out: Path, kind: str) -> Path:
    """Return a sibling of the report's folder: its ``lock``, ``partial`` or ``old``."""
    return out.with_name(f".{out.name}.{kind}")


@contextmanager
def claimed(out: Path) -> Iterator[None]:
    """Hold a report's folder against other runs.

    Raises
    ------
    ValueError
        Another run holds it, or nothing can be written there.
    """
    path = beside(out, "lock")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        lock = _lock(path, out)
    except OSError as error:
        raise ValueError(str(words.NO_PLACE(folder=str(out), reason=error.strerror))) from error
    try:
        os.ftruncate(lock, 0)
        since = datetime.now().isoformat(" ", "seconds")
        os.write(lock, json.dumps({"pid": os.getpid(), "since": since}).encode())
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(lock)


def _lock(path: Path, out: Path) -> int:
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 1000).decode(errors="replace")
            os.close(lock)
            raise ValueError(str(_busy(out, holder))) from None
        # The run before may have removed the file between our opening and locking it.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(lock), os.stat(path)):
                return lock
        os.close(lock)


def _busy(out: Path, holder: str) -> Any:
    try:
        known = json.loads(holder)
    except ValueError:
        known = {"pid": "?", "since": "?"}
    return words.BUSY(folder=out.name, pid=str(known["pid"]), since=known["since"])


def recover(out: Path) -> None:
    """Put back the report before, if a run died while putting its own in place."""
    old = beside(out, "old")
    if old.exists():
        if out.exists():
            shutil.rmtree(old)
        else:
            old.rename(out)
    if manifest(out) is not None:
        shutil.rmtree(out / WORK, ignore_errors=True)


def refuse_foreign(out: Path, force: bool) -> None:
    """Refuse a folder that holds something else than a report.

    Raises
    ------
    ValueError
        It is a file, or a folder of something else and ``force`` is not set.
    """
    if out.exists() and not out.is_dir():
        raise ValueError(str(words.OUT_IS_FILE(folder=str(out))))
    if out.exists() and manifest(out) is None and any(out.iterdir()) and not force:
        raise ValueError(str(words.FOREIGN_FOLDER(folder=str(out))))


class Partial:
    """A report being written.

    Parameters
    ----------
    out : Path
        Where it will stand.
    identity : mapping
        Data, parameters and code; a partial report of another identity is thrown away.
    """

    def __init__(self, out: Path, identity: Mapping[str, Any]):
        self.out, self.path = out, beside(out, "partial")
        self.work = self.path / WORK
        mark = self.work / "identity.json"
        if not mark.exists() or json.loads(mark.read_text(encoding="utf-8")) != identity:
            shutil.rmtree(self.path, ignore_errors=True)
        for folder in ("teams", "notebooks", "failed", f"{WORK}/done", f"{WORK}/findings"):
            (self.path / folder).mkdir(parents=True, exist_ok=True)
        mark.write_text(json.dumps(identity), encoding="utf-8")

    def adopt(self, outcome: Outcome) -> None:
        """Take over a report from the finished folder of the same identity."""
        for name in (page_name(outcome), f"notebooks/{outcome.key}.ipynb"):
            shutil.copyfile(self.out / name, self.path / name)
        self._record(outcome)

    def finished(self) -> dict[str, Outcome]:
        """Return what is there already, by key."""
        records = [
            Outcome.from_dict(json.loads(p.read_text(encoding="utf-8")))
            for p in sorted((self.work / "done").glob("*.json"))
        ]
        return {o.key: o for o in records if (self.path / page_name(o)).exists()}

    def deliver(self, job: Job, outcome: Outcome) -> None:
        """Put a job's page and notebook in their places; of a failed one only the notebook."""
        work = Path(job.work)
        (self.path / "failed" / f"{job.key}.ipynb").unlink(missing_ok=True)
        if outcome.done:
            (work / NOTEBOOK).replace(self.path / "notebooks" / f"{job.key}.ipynb")
            (work / PAGE).replace(self.path / page_name(job))
        elif (work / NOTEBOOK).exists():
            (work / NOTEBOOK).replace(self.path / "failed" / f"{job.key}.ipynb")
        shutil.rmtree(work, ignore_errors=True)
        if outcome.done:  # last, when on a full disk there is room for it
            self._record(outcome)

    def _record(self, outcome: Outcome) -> None:
        path = self.work / "done" / f"{outcome.key}.json"
        path.with_suffix(".tmp").write_text(json.dumps(outcome.to_dict()), encoding="utf-8")
        path.with_suffix(".tmp").replace(path)

    def promote(self) -> Path | None:
        """Put the report in place of the one before.

        Returns
        -------
        Path or None
            Where a folder that was not ours has been moved to.
        """
        old, kept = beside(self.out, "old"), None
        if self.out.exists():
            if manifest(self.out) is None and any(self.out.iterdir()):
                old = kept = _free(self.out)
            self.out.rename(old)
        self.path.rename(self.out)
        shutil.rmtree(self.out / WORK, ignore_errors=True)
        if kept is None:
            shutil.rmtree(old, ignore_errors=True)
        return kept


def page_name(report: Job | Outcome) -> str:
    """Return a report's page relative to the run's folder."""
    return f"{report.key}.html" if report.team is None else f"teams/{report.key}.html"


def _free(out: Path) -> Path:
    number = 1
    while (path := out.with_name(f"{out.name}.before-{number}")).exists():
        number += 1
    return path
