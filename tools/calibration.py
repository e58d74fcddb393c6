"""Count how often verdicts are wrong on planted companies, and write down what came out.

The counts go to ``salesdiag/claims/error_rates.csv``, which pages read, and ``docs/calibration.md``
tells them. A count that was interrupted goes on where it stopped; ``--write`` counts nothing and
writes the document from the table that is there.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from calibration_page import render

from salesdiag.calibrate import CELLS, calibrate
from salesdiag.calibrate.store import fingerprint
from salesdiag.claims import error_rates as rates
from salesdiag.simulate import Truth

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "salesdiag" / "claims" / rates.FILE
DOCUMENT = ROOT / "docs" / "calibration.md"
CIRCUMSTANCES = ROOT / "docs" / "calibration.json"
"""Seed and versions of the last count, which the table does not hold."""
KEPT = ROOT / "build" / "calibration"

COMPANIES = {"bounded": 1000, "null": 120, "planted": 120, "others": 300}
"""Of each kind: W0 to W9, for which bounds were set; others in which coaching does nothing;
those in which it does something; those in which only other claims are tested."""
SEED = 1
DIGITS = 5
LIBRARIES = ("salesdiag", "numpy", "pandas", "scipy")


def group(world: str) -> str:
    """Return which of :data:`COMPANIES` a kind belongs to."""
    if "coaching-hours" not in CELLS[world].claims:
        return "others"
    if CELLS[world].truth != Truth():
        return "planted"
    return "bounded" if world.startswith("W") else "null"


def count(companies: int | None, out: Path, jobs: int | None) -> pd.DataFrame:
    """Count every kind, at most ``companies`` of each, going on from what ``out`` holds."""
    found = []
    for name, asked in COMPANIES.items():
        worlds = [w for w in CELLS if group(w) == name]

        def tell(done: int, total: int, name: str = name) -> None:
            print(f"\r{name}: {done} of {total} companies", end="", file=sys.stderr)

        if worlds:
            of_each = min(asked, companies or asked)
            found.append(calibrate(worlds, of_each, SEED, jobs, out, tell))
            print(file=sys.stderr)
    frame = pd.concat(found, ignore_index=True)
    place = {world: n for n, world in enumerate(CELLS)}
    frame = frame.sort_values("world", key=lambda w: w.map(place), kind="stable")
    return frame.round(DIGITS).reset_index(drop=True)


def circumstances() -> dict[str, object]:
    """Return what the table does not say of a count."""
    versions = {name: version(name) for name in LIBRARIES}
    return {"seed": SEED, "code": fingerprint(), "versions": versions}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, metavar="N", help="of each kind at most")
    parser.add_argument("--out", type=Path, default=KEPT, metavar="DIR", help="keeps what is done")
    parser.add_argument("--jobs", type=int, metavar="N", help="processes; one a core by default")
    parser.add_argument("--write", action="store_true", help="write the document, count nothing")
    asked = parser.parse_args(argv)
    if not asked.write:
        frame = count(asked.companies, asked.out, asked.jobs)
        frame.to_csv(TABLE, index=False)
        CIRCUMSTANCES.write_text(json.dumps(circumstances(), indent=1) + "\n", "utf-8")
    DOCUMENT.write_text(written(), "utf-8")
    return 0


def written() -> str:
    """Return the document as the files at hand make it."""
    rates.measured.cache_clear()
    return render(rates.measured(), json.loads(CIRCUMSTANCES.read_text("utf-8")))


if __name__ == "__main__":
    sys.exit(main())
