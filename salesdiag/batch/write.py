"""What stands in a run's folder beside the pages: findings, index, manifest."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from salesdiag.batch.folder import MANIFEST, SCHEMA, page_name
from salesdiag.batch.jobs import Outcome

if TYPE_CHECKING:
    import pandas as pd

    from salesdiag.company import Company
    from salesdiag.finding import Finding

PACKAGES = (
    "salesdiag", "numpy", "pandas", "scipy", "statsmodels", "matplotlib", "seaborn", "papermill",
    "nbconvert", "ipykernel",
)  # fmt: skip
NESTED = (
    "estimate", "effect_sizes", "naive", "dropped", "checks", "table", "team_estimate",
    "benchmarks", "look",
)  # fmt: skip
KINDS: Mapping[str, str] = {
    **dict.fromkeys(("p_value", "q_value", "margin", "mde"), "float64"),
    **dict.fromkeys(("n", "groups"), "Int64"),
}
"""Columns of ``findings.parquet`` that are not text; fixed, however few findings there are."""


def findings(
    folder: Path, found: Sequence[Finding], company: Company, options: Mapping[str, Any]
) -> None:
    """Write ``findings.json`` and ``findings.parquet``, which holds nested parts as JSON.

    Unless ``options["identify"]`` is set, people stand there under their pseudonyms, not their ids.
    """
    import pandas as pd

    shown = found if options["identify"] else under_pseudonyms(found, company)
    records = [f.to_dict() for f in shown]
    _json(folder / "findings.json", {"schema": SCHEMA, "findings": records})
    frame = pd.DataFrame([{k: _flat(k, v) for k, v in r.items()} for r in records])
    frame = frame.astype({c: KINDS.get(c, "str") for c in frame.columns})
    frame.to_parquet(folder / "findings.parquet", index=False)


def under_pseudonyms(found: Sequence[Finding], company: Company) -> list[Finding]:
    """Return findings whose tables hold pseudonyms in the place of ids of people."""
    from salesdiag.report.people import PERSON_COLUMNS, Names

    columns = [tuple(c for c in PERSON_COLUMNS if c in f.table) for f in found]
    if not any(columns):
        return list(found)
    people = Names(company)

    def covered(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
        return table.assign(**{c: table[c].map(people.person, na_action="ignore") for c in names})

    return [
        replace(f, table=covered(f.table, names)) if names else f
        for f, names in zip(found, columns, strict=True)
    ]


def _flat(key: str, value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if key in NESTED and value is not None else value


def index(
    folder: Path,
    company: Company,
    found: Sequence[Finding],
    outcomes: Sequence[Outcome],
    options: Mapping[str, Any],
) -> None:
    """Write ``index.html``: links to the pages, and why some are missing."""
    from salesdiag.report import page

    html = page.index(company, found, outcomes, options)
    (folder / "index.html").write_text(html, encoding="utf-8")


def manifest(
    folder: Path, company: str, identity: Mapping[str, Any], outcomes: Sequence[Outcome]
) -> None:
    """Write ``manifest.json``: how the report came about, and what became of each team."""
    content = {
        "schema": SCHEMA,
        "company": company,
        "versions": {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}},
        **identity,
        "reports": [told(o) for o in outcomes],
    }
    _json(folder / MANIFEST, content)


def told(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as the manifest tells it, with its page."""
    return {**outcome.to_dict(), "page": page_name(outcome) if outcome.done else None}


def _json(path: Path, content: Any) -> None:
    document = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(document + "\n", encoding="utf-8")
