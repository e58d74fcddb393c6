"""What reading could not use: rows, and the share of sales that they carried; counted once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from salesdiag.errors import as_frame
from salesdiag.text import Message
from salesdiag.text import data as words

MARKER = "import.json"
"""File in which an import keeps what it did, beside the tables that it wrote."""


@dataclass(frozen=True, kw_only=True)
class Sales:
    """Some rows of the table that sales are counted from.

    Attributes
    ----------
    rows : int
        Orders, or won deals (and those of which nobody can read whether they are).
    unread : int
        Of them, those whose amount cannot be read.
    amount : float
        Sum of the amounts that can be read.
    size : float
        The same, each without its sign.
    """

    rows: int = 0
    unread: int = 0
    amount: float = 0.0
    size: float = 0.0

    @classmethod
    def of(cls, amounts: pd.Series) -> Sales:
        """Return what rows of these amounts carry; missing ones cannot be read."""
        known = amounts.dropna().to_numpy("float64")
        with np.errstate(over="ignore"):
            return cls(
                rows=len(amounts),
                unread=len(amounts) - len(known),
                amount=float(known.sum()),
                size=float(np.abs(known).sum()),
            )

    def __add__(self, other: Sales) -> Sales:
        """Return both together."""
        return Sales(**{k: v + asdict(other)[k] for k, v in asdict(self).items()})


@dataclass(frozen=True, kw_only=True)
class Sold:
    """Sales of a table: those used, those not used, and how many have no amount at all.

    ``stayed`` is how many without a usable amount have a row in the table nevertheless.
    """

    used: Sales = field(default_factory=Sales)
    unused: Sales = field(default_factory=Sales)
    blank: int = 0
    stayed: int = 0


def sold(
    name: str, whole: pd.DataFrame, left: pd.DataFrame, kept: pd.DataFrame, unread: np.ndarray
) -> Sold:
    """Return the sales of a table of revenue: used, not used, and without an amount.

    Parameters
    ----------
    name : {"orders", "opportunities"}
    whole, left, kept : pandas.DataFrame
        All rows, those without a cause to leave them out, and one of each key of these.
    unread : ndarray of bool
        Rows of ``whole`` whose amount is filled and has no value.
    """
    deals = name == "opportunities"
    sale = whole["outcome"].isna() | (whole["outcome"] == "won") if deals else True
    # a copy and an earlier state of a deal carry nothing of their own
    doubled = left.index
    if not deals:
        doubled = left.index[left.duplicated()] if len(left) > len(kept) else left.index[:0]
    there = whole.index.isin(kept.index)
    out = ~there & ~whole.index.isin(doubled)
    amounts = whole["amount"]
    blank = amounts.isna() & ~unread
    return Sold(
        used=Sales.of(amounts[there & ~unread & ~blank & sale]),
        unused=Sales.of(amounts[(out | (there & unread)) & ~blank & sale]),
        blank=int(((there | out) & blank & sale).sum()),
        stayed=int((there & (unread | blank) & sale).sum()),
    )


@dataclass(frozen=True, kw_only=True)
class Losses:
    """What was not used of all that there was.

    Attributes
    ----------
    rows : int
        Rows of all tables that are not used.
    total : int
        Rows of all tables that there were.
    used, unused : Sales
        Of the table that sales are counted from.
    blank : int
        Sales of which nobody wrote an amount: they carry nothing that could be lost.
    switched : bool
        Whether sales are counted from won deals because no order can be used.
    stayed : int
        Sales without a usable amount that have a row in the table nevertheless: who reads what an
        import wrote finds them without an amount, and must not count them again.
    """

    rows: int = 0
    total: int = 0
    used: Sales = field(default_factory=Sales)
    unused: Sales = field(default_factory=Sales)
    blank: int = 0
    switched: bool = False
    stayed: int = 0

    @property
    def share(self) -> float:
        """Share of sales, 0 to 1, that the unused rows carried.

        A row whose amount cannot be read counts like the mean of those that can. Where none can,
        it is the share of rows.
        """
        used, lost = self.used, self.unused
        if not lost.rows:
            return 0.0
        readable = used.rows - used.unread + lost.rows - lost.unread
        size = used.size + lost.size
        if not readable or not size or not math.isfinite(size):
            return lost.rows / (used.rows + lost.rows)
        missed = lost.size + lost.unread * size / readable
        return missed / (missed + used.size)

    def __add__(self, other: Losses) -> Losses:
        """Return the losses of a step and of the one before it; used is what this one used."""
        return Losses(
            rows=self.rows + other.rows,
            total=self.total + other.rows,
            used=self.used,
            unused=self.unused + other.unused,
            blank=max(self.blank - other.stayed, 0) + other.blank,
            switched=self.switched or other.switched,
            stayed=self.stayed,
        )

    def less(self, sales: Sales) -> Losses:
        """Return the losses where some of the sales used stand in no result."""
        there = asdict(self.used)
        left = Sales(**{k: there[k] - v for k, v in asdict(sales).items()})
        return replace(self, rows=self.rows + sales.rows, used=left, unused=self.unused + sales)

    def __bool__(self) -> bool:
        """Say whether anything was lost."""
        return bool(self.rows or self.unused.rows or self.blank or self.switched)

    @property
    def lines(self) -> tuple[Message, ...]:
        """What to say of it where people look; nothing where nothing was lost."""
        told: list[Message] = []
        if self.unused.rows > self.rows:  # amounts that cannot be read, in rows that are used
            told.append(
                words.LOST_SALES(
                    n=self.unused.rows, share=self.share, rows=self.rows, total=self.total
                )
            )
        elif self.unused.rows:
            told.append(
                words.LOST(
                    rows=self.rows, total=self.total, sales=self.unused.rows, share=self.share
                )
            )
        elif self.rows:
            told.append(words.LOST_ROWS(rows=self.rows, total=self.total, share=0.0))
        if self.unused.unread:
            told.append(words.LOST_UNREAD(n=self.unused.unread))
        if self.blank:
            told.append(words.BLANK(n=self.blank))
        if self.switched:
            told.append(words.SWITCHED())
        return tuple(told)

    def refusal(self, limit: float) -> Message | None:
        """Return why a run must stop; None where less of sales is lost than the limit."""
        if self.share <= limit:
            return None
        return words.LOST_TOO_MUCH(share=self.share, limit=limit)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "share": self.share}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Losses:
        """Return what :meth:`to_dict` gave."""
        return cls(
            rows=int(plain["rows"]),
            total=int(plain["total"]),
            used=Sales(**plain["used"]),
            unused=Sales(**plain["unused"]),
            blank=int(plain["blank"]),
            switched=bool(plain["switched"]),
            stayed=int(plain.get("stayed", 0)),  # imports of an older version do not say
        )


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What an import could not use, as it is kept with the company.

    Attributes
    ----------
    problems : pandas.DataFrame
        As :func:`salesdiag.errors.as_frame` gives them, in the language of the import.
    dropped : pandas.DataFrame
        ``table``, ``cause``, ``rows``.
    losses : Losses
    """

    problems: pd.DataFrame
    dropped: pd.DataFrame
    losses: Losses

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Imported:
        """Return what :meth:`to_dict` gave; of an older import, nothing."""
        return cls(
            problems=_frame(as_frame(()), plain.get("problems", [])),
            dropped=_frame(dropped_frame(()), plain.get("dropped", [])),
            losses=Losses.from_dict(plain["losses"]) if "losses" in plain else Losses(),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "problems": _records(self.problems),
            "dropped": _records(self.dropped),
            "losses": self.losses.to_dict(),
        }


def dropped_frame(counts: Any) -> pd.DataFrame:
    """Return ``table``, ``cause`` and ``rows`` as a table."""
    found = list(counts)
    return pd.DataFrame(
        {
            "table": pd.Series([c[0] for c in found], dtype="str"),
            "cause": pd.Series([c[1] for c in found], dtype="str"),
            "rows": pd.Series([c[2] for c in found], dtype="int64"),
        }
    )


def _records(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    plain = frame.astype(object)
    return plain.where(frame.notna(), None).to_dict("records")


def _frame(like: pd.DataFrame, records: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(records, columns=like.columns).astype(like.dtypes.to_dict())
