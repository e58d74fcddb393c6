"""The ledger of looks: how often a company's data have been reported on, kept beside its tables.

Who looks every month and stops where something is found finds something sooner or later. So each
report on data that hold a later complete month than before, or more of them, counts as a look, and
all planned looks share one error (:mod:`salesdiag.spending`). A report on the same data again is
the same look, and so is one on corrected data of the same months, or on a part of them (they hold
nothing new; each is listed all the same).

Where the first months leave as new ones come (a CRM that gives out the last two years), looks have
less in common than looks at growing data, so that each is a newer chance to be wrong. Their months
are therefore counted as more (:data:`ROLLED`).

Only ``salesdiag run`` writes: what it makes is published. :func:`salesdiag.load` reads, so that
``sd.test`` and ``salesdiag test`` say what a report of today would say, and write nothing: an
analyst who replays a notebook must not change what stands beside the data.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from salesdiag.errors import DataError, Problem
from salesdiag.settings import Looks
from salesdiag.text import Message
from salesdiag.text import looks as words

NAME = "looks.json"
SCHEMA = 1
TOTAL = 0.05
ROLLED = 4
"""What a new month counts where another one left for it.

Thirteen looks, one a month, at the last 12, 24 and 36 months are wrong at any of them in .059, .051
and .046 by a count of 4, in .083, .074 and .067 by one of 1 (150,000 runs of a mean of independent
months each, seed 1: ``rolled`` of tests/test_looks.py).
"""


@dataclass(frozen=True, kw_only=True)
class Look:
    """Which look at growing data a finding comes from.

    Attributes
    ----------
    months : tuple of int
        Complete months of data at each look so far, those that left counted too (:func:`at`); the
        last is that of this one.
    planned : int
        Looks that share the error; one is a test at its full level.
    """

    months: tuple[int, ...] = (1,)
    planned: int = 1

    @property
    def number(self) -> int:
        """Which look it is, from 1."""
        return len(self.months)

    def level(self, total: float = TOTAL) -> float:
        """Return the two-sided level to test at here, so that all looks together keep to a total.

        0 after the planned looks: then nothing new is decided.
        """
        if self.planned == 1:
            return total if self.number == 1 else 0.0
        from salesdiag.spending import nominal  # nobody else who loads a company needs numerics

        return nominal(total, self.months, self.planned)

    def over_looks(self, p_value: float) -> float:
        """Return a p-value as it counts over all looks; :func:`salesdiag.spending.over_looks`."""
        if self.planned == self.number == 1:
            return p_value
        from salesdiag.spending import over_looks

        return over_looks(p_value, self.months, self.planned)

    @property
    def said(self) -> Message | None:
        """The look in a sentence; None where only one was ever planned and this is it."""
        if self.planned == self.number == 1:
            return None
        said = words.LOOK if self.number <= self.planned else words.LOOK_TOO_MANY
        return said(number=self.number, planned=self.planned)

    @property
    def rule(self) -> Message | None:
        """What a look asks of an interval; None where it is the only one, or decides nothing."""
        if self.planned == 1 or self.number > self.planned:
            return None
        return words.LOOK_RULE(
            number=self.number, planned=self.planned, sure=1 - self.level(), total=TOTAL
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"number": self.number, "planned": self.planned, "level": self.level()}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One state of the data that was reported on.

    Attributes
    ----------
    fingerprint : str
        Of content and settings.
    months : int
        Complete months.
    data_to, reported : str
        Last day of the last complete month, and day of the report (ISO).
    """

    fingerprint: str
    months: int
    data_to: str
    reported: str


def at(entries: Sequence[Entry], now: Entry, settings: Looks) -> Look:
    """Return the look that a state of the data is.

    Parameters
    ----------
    entries : sequence of Entry
        Those of the ledger, in the order in which they were written.
    now : Entry
    settings : Looks
        Looks at data that end before its ``since`` belong to an earlier series, which had an error
        of its own.
    """
    known = [e for e in entries if settings.since is None or e.data_to >= settings.since]
    counted: list[Entry] = []
    months: list[int] = []
    for entry in (*known, now):
        new = _new(counted, entry)
        if new:
            counted.append(entry)
            months.append((months or [0])[-1] + new)
    ends = [entry.data_to for entry in counted]
    if not new and now.data_to in ends:
        months = months[: ends.index(now.data_to) + 1]
    return Look(months=tuple(months), planned=settings.planned)


def _new(before: Sequence[Entry], now: Entry) -> int:
    """Return what data hold beyond those of earlier looks, in months; 0 where it is nothing."""
    if not before:
        return now.months
    later = _month(now) - max(map(_month, before))
    if later <= 0:
        return max(now.months - max(entry.months for entry in before), 0)
    grown = now.months - before[-1].months
    left = max(later - grown, 0)
    return max(later, grown) + (ROLLED - 1) * left


def _month(entry: Entry) -> int:
    year, month, _ = map(int, entry.data_to.split("-"))
    return 12 * year + month


def place(source: str | Path, bundled: Sequence[Path] = ()) -> Path | None:
    """Return where the ledger of a data source stands; None for a database and bundled data."""
    if "://" in str(source):
        return None
    path = Path(source)
    if any(path.resolve().is_relative_to(home.resolve() / "data") for home in bundled):
        return None
    return path / NAME if path.is_dir() else path.with_name(f"{path.name}.{NAME}")


def read(path: Path | None) -> list[Entry]:
    """Return the entries of a ledger, none where there is no ledger yet.

    Raises
    ------
    DataError
        It is damaged. It is never begun anew by itself: that would give the same error twice.
    """
    if path is None:
        return []
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        entries = [Entry(**entry) for entry in content["looks"]]
        if content["schema"] != SCHEMA or not all(map(_sound, entries)):
            raise ValueError(content["schema"])
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(
            words.DAMAGED(file=path.name, fault=words.UNREADABLE(), remedy=words.REMEDY())
        ) from error
    return entries


def problems(path: Path | None) -> list[Problem]:
    """Return what is wrong with a ledger, as a problem of the data."""
    try:
        read(path)
    except DataError:
        return [
            Problem(
                table=NAME, problem=words.UNREADABLE(), remedy=words.REMEDY(), severity="error",
                rows=0,
            )
        ]  # fmt: skip
    return []


def _sound(entry: Entry) -> bool:
    days = (entry.data_to, entry.reported)
    return (
        isinstance(entry.fingerprint, str)
        and type(entry.months) is int
        and entry.months > 0
        and all(date.fromisoformat(day).isoformat() == day for day in days)
    )


def record(path: Path, entry: Entry) -> None:
    """Add a look to a ledger, unless the same data stand in it; whole or not at all.

    Raises
    ------
    DataError
        The ledger is damaged; it stays as it is.
    OSError
        It cannot be written.
    """
    with _alone(path.parent):
        entries = read(path)
        known = {(e.fingerprint, e.data_to, e.months) for e in entries}
        if (entry.fingerprint, entry.data_to, entry.months) in known:
            return
        content = {"schema": SCHEMA, "looks": [asdict(e) for e in [*entries, entry]]}
        whole = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            whole.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
            whole.replace(path)
        finally:
            whole.unlink(missing_ok=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a folder against other runs that write a ledger there; they wait."""
    import fcntl  # only where a run can be: `load` must work without it

    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)
