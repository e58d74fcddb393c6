"""All benchmarks of one run: ``python -m tools.bench [NAME ...] [--scratch DIR]``.

Prints the figures and writes them to ``docs/benchmarks.md``; with names, prints only those.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import traceback
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from tools.bench.rows import Row

PARTS = {
    "large": "Data that do not fit into memory",
    "resampling": "Resampling",
    "pages": "Pages",
    "kernels": "Kernels for JupyterLab and nbval",
    "cluster": "Other machines",
    "batch": "The batch",
}
PACKAGES = ("papermill", "nbclient", "nbconvert", "ipykernel", "pandas", "duckdb", "distributed")
DOCUMENT = Path(__file__).parents[2] / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Made by `make bench` in one run on {cores} cores: {system}, Python {python},
{packages}.

Only ratios of one run are compared, and nothing is timed before the outputs of both sides were
found equal; where they are not, the run fails. Times are of this machine; ratios carry over
roughly.
"""


def main() -> int:
    """Measure, print and write; return 1 where a bound is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--scratch", help="folder for what is made on the way, kept")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(asked.scratch or folder).resolve()
        scratch.mkdir(parents=True, exist_ok=True)
        found: dict[str, list[Row]] = {}
        for name in asked.names or PARTS:
            found[name] = _measured(name, scratch)
            if not asked.names:
                DOCUMENT.write_text(document(found), encoding="utf-8")
    kept = [row.kept for rows in found.values() for row in rows]
    return 0 if kept and all(kept) and all(found.values()) else 1


def _measured(name: str, scratch: Path) -> list[Row]:
    """Return the rows of a part, printed as they come; an error ends the part, not the run."""
    print(f"# {PARTS[name]}", flush=True)
    rows: list[Row] = []
    try:
        for row in import_module(f"tools.bench.{name}").rows(scratch):
            print(f"{line(row)}\n    {row.detail}", flush=True)
            rows.append(row)
    except Exception:
        traceback.print_exc()
    return rows


def line(row: Row) -> str:
    """Return a figure with its bound and whether it is kept."""
    sign = "at least" if row.at_least else "at most"
    mark = "kept" if row.kept else "NOT KEPT"
    return (
        f"{row.what}: {said(row.measured, row.unit)} ({sign} {said(row.bound, row.unit)}, {mark})"
    )


def said(value: float, unit: str) -> str:
    """Return a figure with its unit."""
    digits = 2 if unit == "x" and value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f} {unit}"


def document(found: dict[str, list[Row]]) -> str:
    """Return the document of a whole run."""
    packages = ", ".join(f"{p} {version(p)}" for p in PACKAGES)
    text = HEAD.format(
        cores=len(os.sched_getaffinity(0)),
        system=platform.system(),
        python=platform.python_version(),
        packages=packages,
    )
    for name, rows in found.items():
        text += f"\n## {PARTS[name]}\n\n| compared | measured | bound | kept |\n|---|---|---|---|\n"
        for row in rows:
            sign = "≥" if row.at_least else "≤"
            text += (
                f"| {row.what} | {said(row.measured, row.unit)} | {sign} "
                f"{said(row.bound, row.unit)} | {'yes' if row.kept else '**no**'} |\n"
            )
        text += "".join(f"\n- {row.what}: {row.detail}" for row in rows if row.detail) + "\n"
        if not rows:
            text += "\nThis part could not be measured.\n"
    return text


if __name__ == "__main__":
    sys.exit(main())
