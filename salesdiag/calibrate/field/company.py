"""From frames to a company, by way of the checks that files go through; and files themselves."""

from __future__ import annotations

from pathlib import Path

from salesdiag import settings
from salesdiag.calibrate.field import tables as of
from salesdiag.calibrate.field.course import Made
from salesdiag.company import Company
from salesdiag.ingest import Raw
from salesdiag.validate import validate


def to_company(made: Made) -> Company:
    """Return a company as it is loaded, except that its tables never were in files.

    Raises
    ------
    ValueError
        The tables break the contract.
    """
    content = of.settings(made)
    usable, faults = settings.parse(content, "planted")
    found = validate(Raw(tables=of.tables(made), settings_raw=content, name="planted"), usable)
    if faults or len(found.problems):
        told = [*map(str, faults), *map(str, found.problems["problem"])]
        raise ValueError(f"a planted company breaks the contract: {told}")
    return Company(name=usable.name, settings=usable, tables=found.tables, dropped=found.dropped)


def write(made: Made, folder: Path) -> None:
    """Write a company to a folder as Parquet, with its ``company.toml``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in of.tables(made).items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    lines = []
    for key, value in of.settings(made).items():
        parts = value if isinstance(value, dict) else None
        lines += [f'{key} = "{value}"'] if parts is None else [f"[{key}]"]
        lines += [f'{k} = "{v}"' for k, v in (parts or {}).items()]
    (folder / "company.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
