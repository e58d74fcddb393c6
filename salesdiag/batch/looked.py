"""Which look a run is, and where that is written down."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from salesdiag.text import Message
from salesdiag.text import looks as words

if TYPE_CHECKING:
    from salesdiag.company import Company


def opened(company: Company, source: str, folder: Path) -> tuple[Company, Path | None]:
    """Return a company as the look that it is, and the ledger in which a run writes it down.

    Beside the data where something can be written; otherwise beside the folder of the report,
    which each run puts in the place of the one before.

    Raises
    ------
    DataError
        The ledger is damaged.
    """
    from salesdiag import looks
    from salesdiag.company import ledger

    if company.state is None:
        return company, None
    beside = ledger(source)
    if beside is not None and os.access(beside.parent, os.W_OK):
        return company, beside
    elsewhere = folder.with_name(f"{folder.name}.{looks.NAME}")
    return company.looked([*looks.read(beside), *looks.read(elsewhere)]), elsewhere


def record(book: Path | None, company: Any, source: str) -> list[Message]:
    """Write down that a company was tested; return what is to be told of it."""
    from salesdiag import looks
    from salesdiag.company import ledger

    if book is None:
        return []
    book.parent.mkdir(parents=True, exist_ok=True)
    looks.record(book, company.state)
    return [] if book == ledger(source) else [words.ELSEWHERE(file=str(book))]
