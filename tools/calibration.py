"""Count how often verdicts are wrong on planted companies, and write down what came out.

The counts go to ``salesdiag/claims/error_rates.csv``, which pages read, and ``docs/calibration.md``
tells them. A count that was interrupted goes on where it stopped; ``--write`` counts nothing and
writes the document from the table that is there.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from calibration_page import render

from salesdiag.calibrate import CELLS, COUNTED, calibrate, trial
from salesdiag.calibrate.store import fingerprint
from salesdiag.calibrate.subjects import FILES
from salesdiag.claims import error_rates as rates

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "salesdiag" / "claims" / rates.FILE
DOCUMENT = ROOT / "docs" / "calibration.md"
CIRCUMSTANCES = ROOT / "docs" / "calibration.json"
"""Seed and versions of the last count, which the table does not hold."""
KEPT = ROOT / "build" / "calibration"

SEED = 1
DIGITS = 5
LIBRARIES = ("salesdiag", "numpy", "pandas", "scipy")


def count(companies: int | None, out: Path, jobs: int | None) -> pd.DataFrame:
    """Count every kind, at most ``companies`` of each, going on from what ``out`` holds."""
    found = []
    for asked in sorted(set(COUNTED.values()), reverse=True):
        worlds = [w for w in CELLS if COUNTED.get(w) == asked]

        def tell(done: int, total: int, asked: int = asked) -> None:
            print(f"\rkinds of {asked}: {done} of {total} companies", end="", file=sys.stderr)

        of_each = min(asked, companies or asked)
        found.append(calibrate(worlds, of_each, SEED, jobs, out, tell))
        print(file=sys.stderr)
    frame = pd.concat(found, ignore_index=True)
    place = {world: n for n, world in enumerate(CELLS)}
    frame = frame.sort_values("world", key=lambda w: w.map(place), kind="stable")
    return frame.round(DIGITS).reset_index(drop=True)


def budget() -> pd.DataFrame:
    """Return what a full count costs, from three companies of each kind, one of them by files."""
    rows = []
    for world, companies in COUNTED.items():
        trial(world, 1)  # what is worked out once a kind and process
        spent = []
        for seed in (2, FILES):
            start = time.process_time()
            trial(world, seed)
            spent.append(time.process_time() - start)
        each = spent[0] + (spent[1] - spent[0]) / FILES
        rows.append((world, companies, *spent, companies * each / 3600))
        print(f"\r{world:50s}", end="", file=sys.stderr)
    print(file=sys.stderr)
    return pd.DataFrame(rows, columns=["kind", "companies", "seconds", "by files", "core hours"])


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
    parser.add_argument("--budget", action="store_true", help="tell what it would cost, and stop")
    asked = parser.parse_args(argv)
    if asked.budget:
        found = budget()
        print(found.round(2).to_string(index=False))
        print(f"{found['companies'].sum()} companies, {found['core hours'].sum():.1f} core hours")
        return 0
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
