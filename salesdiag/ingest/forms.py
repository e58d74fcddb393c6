"""What a file is, by its name, and its bytes, unpacked where it is packed."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

READ = frozenset({".csv", ".tsv", ".parquet"})
PACKED = frozenset({".gz", ".zip"})
OTHER = frozenset(
    {".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers", ".txt", ".json", ".jsonl", ".xml"}
    | {".feather", ".arrow", ".orc", ".avro", ".7z", ".rar", ".bz2", ".xz", ".zst", ".tar", ".tgz"}
)
"""Formats that tables are kept in and that are not read."""

UNPACKING = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError)
"""What goes wrong while unpacking: a damaged file, a password, an unknown method."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """A file's name, taken apart; upper and lower case are alike.

    Attributes
    ----------
    stem : str
        Name without endings, in lower case.
    ending : str
        One of :data:`READ` or :data:`OTHER`, ``""`` for any other. A packed file without an
        ending of its own (``orders.zip``) is a CSV.
    packed : str
        One of :data:`PACKED`, or ``""``.
    """

    stem: str
    ending: str
    packed: str = ""

    @property
    def read(self) -> bool:
        """Whether files of this form are read."""
        return self.ending in READ


def form(path: Path) -> Form:
    """Return the form of a file.

    Examples
    --------
    >>> form(Path("Orders.CSV.gz"))
    Form(stem='orders', ending='.csv', packed='.gz')
    """
    name = path.name.lower()
    packed = next((p for p in PACKED if name.endswith(p)), "")
    stem, point, ending = name.removesuffix(packed).rpartition(".")
    if packed and f".{ending}" not in READ | OTHER:
        return Form(stem=name.removesuffix(packed), ending=".csv", packed=packed)
    if not point or f".{ending}" not in READ | OTHER:
        return Form(stem=name, ending="")
    if packed and ending == "parquet":  # packed already; nobody packs it again
        return Form(stem=stem, ending=packed)
    return Form(stem=stem, ending=f".{ending}", packed=packed)


def content(path: Path) -> bytes:
    """Return the bytes of a file, unpacked.

    Raises
    ------
    ValueError
        An archive does not hold exactly one file; the names of those in it are its arguments.
    Exception
        One of :data:`UNPACKING`.
    """
    packed = form(path).packed
    if packed == ".gz":
        with gzip.open(path) as file:
            return file.read()
    if packed == ".zip":
        with zipfile.ZipFile(path) as archive:
            inside = [
                n
                for n in archive.namelist()
                if not n.endswith("/") and not n.startswith("__MACOSX/")
            ]
            if len(inside) != 1:
                raise ValueError(*inside)
            return archive.read(inside[0])
    return path.read_bytes()
