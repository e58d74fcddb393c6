"""A company: its canonical tables, what was left out of them, and the panels made from them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup, escape

from salesdiag import looks
from salesdiag import panel as panels
from salesdiag import settings as setting
from salesdiag.errors import DataError, Problem, as_frame, lines
from salesdiag.ingest import Raw, read
from salesdiag.ingest.losses import Losses
from salesdiag.ingest.read import URL
from salesdiag.looks import Look
from salesdiag.plausible import doubted
from salesdiag.schema import ROWS, TABLE, lookup
from salesdiag.settings import Settings
from salesdiag.text import Message
from salesdiag.text import data as words
from salesdiag.validate import Validated, validate

PACKAGE = Path(__file__).resolve().parent
HOMES = (PACKAGE.parent, PACKAGE / "share")
"""Where bundled data lie: the project's folder, or the shared files of an installed package."""

NOTHING_LOST = Losses()


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Company:
    """A company's data, checked, with the panels that all tests read.

    Attributes
    ----------
    name : str
    settings : Settings
    tables : mapping
        Canonical frames by table; only tables with rows. Every column of the contract is there,
        without values where the company does not bring it. An activity log that is too large for
        memory is here as its sums, see :func:`salesdiag.ingest.large.condense`.
    dropped : pandas.DataFrame
        ``table``, ``cause``, ``rows``: rows left out while reading and checking.
    problems : pandas.DataFrame
        All that was found, as :func:`check` gives it.
    losses : Losses
        What of the tables and of sales could not be used, while importing or reading.
    source : str
        Where the data were read.
    fingerprint : str
        SHA-256 of content and settings in hexadecimal; the same for the same tables in any storage
        format and row order.
    look : Look
        Which look at the growing data this is, by the ledger beside them; the only one where a
        company was not loaded.
    """

    name: str
    settings: Settings
    tables: Mapping[str, pd.DataFrame]
    dropped: pd.DataFrame = field(default_factory=pd.DataFrame)
    problems: pd.DataFrame = field(default_factory=lambda: as_frame(()))
    losses: Losses = field(default_factory=Losses)
    source: str = ""
    fingerprint: str = ""
    look: Look = field(default_factory=Look)

    def __getitem__(self, table: str) -> pd.DataFrame:
        """Return a table.

        Raises
        ------
        KeyError
            The company does not bring it.
        """
        return self.tables[table]

    def has(self, *needs: str) -> bool:
        """Say whether tables (``"orders"``) and columns (``"orders.margin"``) have values.

        Raises
        ------
        ValueError
            The contract does not know a table or column.
        """
        return not self.missing(*needs)

    def missing(self, *needs: str) -> list[str]:
        """Return those of the needs that the company does not bring; see :meth:`has`."""
        return [need for need in needs if not self._brings(need)]

    def _brings(self, need: str) -> bool:
        lookup(need)
        table, _, column = need.partition(".")
        frame = self.tables.get(table)
        if frame is None or frame.empty:
            return False
        return not column or (column in frame and bool(frame[column].notna().any()))

    @cached_property
    def records(self) -> panels.Records:
        """Whose result everything is; worked out anew in another process."""
        return panels.Records(tables=self.tables, settings=self.settings)

    @property
    def state(self) -> looks.Entry | None:
        """What a ledger of looks keeps of these data; None where they have no complete month."""
        whole = panels.complete_months(self.tables, self.settings)
        if not len(whole):
            return None
        last = pd.Timestamp(1970, 1, 1) + pd.DateOffset(months=int(whole[-1]) + 1)
        return looks.Entry(
            fingerprint=self.fingerprint,
            months=len(whole),
            data_to=(last - pd.Timedelta(days=1)).date().isoformat(),
            reported=date.today().isoformat(),
        )

    def looked(self, entries: Sequence[looks.Entry]) -> Company:
        """Return the same company as the look that it is after those of a ledger."""
        state = self.state
        if state is None:
            return self
        return replace(self, look=looks.at(entries, state, self.settings.looks))

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: records are as large as the tables that they come from."""
        return {name: value for name, value in vars(self).items() if name != "records"}

    @cached_property
    def panel(self) -> pd.DataFrame:
        """One row per rep and month; see :func:`salesdiag.panel.rep_months`."""
        return panels.rep_months(self.tables, self.settings, self.records)

    def write_panel(self, path: str | Path) -> None:
        """Write the panel as Parquet, one row group for each team.

        One team's rows are read by :func:`salesdiag.panel.read_team`, without the others.
        """
        panels.write_by_team(self.panel, path)

    @cached_property
    def team_panel(self) -> pd.DataFrame:
        """One row per team and month; see :func:`salesdiag.panel.team_months`."""
        return panels.team_months(self.panel, self.tables, self.settings, self.records)

    @cached_property
    def unplaced(self) -> pd.DataFrame:
        """Rows that are in no panel, by cause; see :func:`salesdiag.panel.dropped`."""
        return panels.dropped(self.tables, self.settings, self.records)

    @cached_property
    def teams(self) -> pd.DataFrame:
        """Teams that ever had someone: ``team_id``, ``name`` (the id where it has none)."""
        ids = sorted(self.tables["assignments"]["team_id"].dropna().unique())
        named = self.tables.get("teams", pd.DataFrame({"team_id": [], "name": []}))
        names = named.dropna(subset=["name"]).set_index("team_id")["name"].to_dict()
        return pd.DataFrame({"team_id": ids, "name": [names.get(t, t) for t in ids]}, dtype="str")

    def _lines(self) -> list[Message]:
        number = {t: f[ROWS].sum() if ROWS in f else len(f) for t, f in self.tables.items()}
        rows = [words.COMPANY_ROWS(table=t, rows=int(n)) for t, n in number.items()]
        people = len(self.tables.get("people", ()))
        lines = [words.COMPANY(name=self.name, teams=len(self.teams), people=people, tables=rows)]
        return [*lines, *self.losses.lines]

    def __repr__(self) -> str:
        """Return name, size, tables and how many rows were left out."""
        return "\n".join(map(str, self._lines()))

    def _repr_html_(self) -> str:
        lines = Markup("").join(Markup("<p>{}</p>").format(line.html()) for line in self._lines())
        head = (words.COLUMN_TABLE, words.COLUMN_CAUSE, words.COLUMN_ROWS)
        cells = Markup("").join(Markup("<th>{}</th>").format(h().html()) for h in head)
        body = Markup("").join(
            Markup("<tr><td>{}</td><td>{}</td><td>{}</td></tr>").format(*map(escape, row))
            for row in self.dropped.itertuples(index=False)
        )
        table = Markup("<table><tr>{}</tr>{}</table>").format(cells, body) if body else ""
        return str(lines + table)


def load(source: str | Path = "data/demo") -> Company:
    """Read and check a company.

    Parameters
    ----------
    source : str or Path
        Folder, DuckDB or SQLite file, or database URL; ``env:NAME`` reads it from an environment
        variable. A relative path is looked for in the working directory, then among the data that
        come with the project.

    Raises
    ------
    DataError
        The data cannot be used; every reason is listed. Nothing is changed.

    Examples
    --------
    >>> load("data/demo").has("orders", "coaching")  # doctest: +SKIP
    True
    """
    raw, settings, found = examine(source)
    problems = found.problems
    errors = problems[problems["severity"] == "error"]
    if len(errors):
        head = words.UNUSABLE(source=raw.source, count=len(errors))
        raise DataError("\n".join([str(head), *lines(problems)]), problems)
    company = Company(
        name=settings.name,
        settings=settings,
        tables=found.tables,
        dropped=found.dropped,
        problems=problems,
        losses=found.losses,
        source=raw.source,
        fingerprint=fingerprint(found.tables, raw.settings_raw, found.losses),
    )
    return company.looked(looks.read(ledger(source)))


def ledger(source: str | Path) -> Path | None:
    """Return where looks at a data source are counted; None for databases and bundled data."""
    return looks.place(_located(source), HOMES)


def check(source: str | Path) -> pd.DataFrame:
    """Return every problem of a company's data at once.

    Parameters
    ----------
    source : str or Path
        As for :func:`load`.

    Returns
    -------
    pandas.DataFrame
        ``table``, ``column``, ``row`` (as a spreadsheet counts), ``value``, ``problem``,
        ``remedy``, ``severity`` (``error``: the company cannot be used, ``dropped``: a row is left
        out, ``note``), ``rows``. Empty where all is well.

    Raises
    ------
    DataError
        The source itself cannot be read.
    """
    return examine(source)[2].problems


def examine(source: str | Path) -> tuple[Raw, Settings, Validated]:
    """Read and check a company; return it as it stands, its settings, and what was found.

    Parameters
    ----------
    source : str or Path
        As for :func:`load`.

    Raises
    ------
    DataError
        The source itself cannot be read.
    """
    raw = read(_located(source))
    settings, faults = _settings(raw)
    faults += looks.problems(ledger(source))
    found = doubted(validate(raw, settings), settings)
    problems = pd.concat([as_frame(faults), found.problems], ignore_index=True) if faults else None
    return raw, settings, found if problems is None else _with(found, problems)


def _with(found: Validated, problems: pd.DataFrame) -> Validated:
    return replace(found, problems=problems)


def _located(source: str | Path) -> str | Path:
    if isinstance(source, str) and source.startswith("env:"):
        # a database URL holds a password, which must not stand in a notebook's parameters
        name = source.removeprefix("env:")
        if name not in os.environ:
            raise DataError(str(words.NO_VARIABLE(name=name)))
        source = os.environ[name]
    if isinstance(source, str) and URL.match(source):
        return source
    path = Path(source).expanduser()
    if path.is_absolute() or path.exists():
        return path
    return next((home / path for home in HOMES if (home / path).exists()), path)


def _settings(raw: Raw) -> tuple[Settings, list[Problem]]:
    """Return the settings that can be used, and what is wrong with the others."""
    usable, faults = setting.parse(raw.settings_raw, raw.name)
    remedy = words.SETTING_REMEDY()
    return usable, [
        Problem(table="company.toml", problem=m, remedy=remedy, severity="error", rows=0)
        for m in faults
    ]


def fingerprint(
    tables: Mapping[str, pd.DataFrame],
    settings_raw: Mapping[str, Any],
    losses: Losses = NOTHING_LOST,
) -> str:
    """Return the SHA-256 of a company's content, in hexadecimal.

    How the tables are stored does not matter: neither format, nor order of rows, nor columns
    without values, nor the ``[reading]`` part of the settings.

    Parameters
    ----------
    tables : mapping
        Canonical frames by table.
    settings_raw : mapping
        Content of ``company.toml``.
    losses : Losses
        They stand on pages, so that the same tables with other losses make other pages.
    """
    digest = hashlib.sha256()
    said = {k: v for k, v in settings_raw.items() if k != "reading"}
    digest.update(json.dumps(said, sort_keys=True, default=str).encode())
    for name in (t for t in TABLE if t in tables):
        frame = tables[name].dropna(axis=1, how="all")
        digest.update(f"\n{name} {list(frame.columns)}\n".encode())
        rows = pd.util.hash_pandas_object(frame, index=False, categorize=True).to_numpy()
        digest.update(np.sort(rows).tobytes())
    if losses:
        digest.update(json.dumps(losses.to_dict(), sort_keys=True).encode())
    return digest.hexdigest()
