"""Count how often verdicts are wrong on planted companies, and write down what came out.

The counts go to ``salesdiag/claims/error_rates.csv``, which pages read, and ``docs/calibration.md``
tells them. A count that was interrupted goes on where it stopped; ``--write`` counts nothing and
writes the document from the table that is there.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from salesdiag import text
from salesdiag.calibrate import CELLS, calibrate
from salesdiag.claims import error_rates as rates
from salesdiag.claims.register import ENTRY
from salesdiag.report.calibration import MAIN, analysis
from salesdiag.report.reliability import kind
from salesdiag.simulate import Truth

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "salesdiag" / "claims" / rates.FILE
DOCUMENT = ROOT / "docs" / "calibration.md"
CIRCUMSTANCES = ROOT / "docs" / "calibration.json"
"""Seed and versions of the last count, which the table does not hold."""
KEPT = ROOT / "build" / "calibration"

COMPANIES = {"bounded": 1000, "null": 200, "planted": 200, "others": 300}
"""Of each kind: W0 to W9, for which bounds were set; others in which coaching does nothing;
those in which it does something; those in which only other claims are tested."""
SEED = 1
DIGITS = 5
LIBRARIES = ("salesdiag", "numpy", "pandas", "scipy")

BREAKING = (
    "heavy-tails", "zero-inflated", "invoice-lag", "region-shocks", "huge-team", "few-switches",
    "unbalanced", "heaped-logs", "strugglers-hidden", "winners-hidden",
)  # fmt: skip
WHAT_BREAKS_IT = """\
Each of these kinds is W2 (managers coach last month's strugglers) with one adversity more, strong
but plausible. Nothing is true in them.
"""

HEAD = """\
# How often verdicts are wrong

Made by `make calibration` from `salesdiag/claims/error_rates.csv`; not edited by hand.

Companies are simulated in which it is known what is true. Each is tested as a run would test it,
and beside it stand the analyses that are made of such data today. A kind of company ("world") is a
row of `salesdiag/calibrate/cells.py`.
"""
READING = """\
R is the number of companies in which the finding could be made. Figures after ± are Monte Carlo
standard errors; where a share is 0 or 1 they say nothing, and up to 3/R is still possible. *Size*
is the share of companies with p < .05 where nothing is true, *power* the same where something is.
*Coverage* is the share of 95 % intervals that hold the truth. A *sign error* is a verdict with the
wrong sign, counted among the decided ones. Effects are in log points per hour of coaching, per own
deal of three months, between both sides of the limit, or per SD of a behaviour; of leaving they are
log hazard ratios. A dash stands where there is no figure: the truth is not one number in the unit
of the analysis, nothing was decided, or the claim has a test but no verdict yet.
"""
JUDGED = """\
The bounds were set before anything was counted. A bound counts as missed when the figure lies
beyond it by more than two Monte Carlo errors; how many figures lie beyond it at all stands beside
it. Size under {low} and coverage over {high} err on the safe side and miss nothing.
"""
TEAMS = """\
A team's interval: given all teams (what pages show), from its own rows alone, and by plug-in
empirical Bayes. Beside each coverage stands the share decided wrongly: where nothing is true, of
all teams; elsewhere, with the wrong sign, of the decided ones.
"""
BOUNDS = (
    # words, analyses, column, bound, whether the most is asked
    ("wrongly supported", MAIN, "supported", rates.MOST_FALSE, True),
    ("wrongly contradicted", MAIN, "contradicted", rates.MOST_FALSE, True),
    ("size", MAIN, "rejected", rates.SIZE[1], True),
    ("size of randomisation", ("randomisation",), "rejected", rates.SIZE[1], True),
    ("coverage", MAIN, "covered", rates.COVERAGE[0], False),
    ("sign errors", MAIN, "sign_error", rates.MOST_SIGN_ERRORS, True),
    ("coverage of teams", ("team",), "covered", rates.TEAM_COVERAGE, False),
)
FALSE_ONLY = frozenset({"supported", "contradicted", "rejected"})
"""Columns that are errors only where nothing is true."""
VERDICTS = ("supported", "contradicted", "negligible", "inconclusive")
OF_TEAMS = {"team": "all teams", "team_alone": "alone", "team_plug_in": "plug-in"}


# counting


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
    return {"seed": SEED, "versions": {name: version(name) for name in LIBRARIES}}


# telling


def share(row: pd.Series, column: str) -> str:
    """Return a share with its Monte Carlo error, such as ``.047 (±.007)``."""
    if not math.isfinite(row[column]):
        return "–"
    return f"{_short(row[column])} (±{_short(row[f'{column}_se'])})"


def _short(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def _effect(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) else "–"


def grid(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown; columns of figures are aligned right."""
    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    spoken = [any(c.isalpha() for row in cells for c in row[n]) for n in range(len(head))]
    rule = ["---" if said else "---:" for said in spoken]
    return "\n".join("| " + " | ".join(row) + " |" for row in [[*head], rule, *cells]) + "\n"


def render(table: pd.DataFrame, made: Mapping[str, Any]) -> str:
    """Return the document on a table of counts.

    Parameters
    ----------
    table : DataFrame
        As :func:`salesdiag.claims.error_rates.measured` returns it.
    made : mapping
        Of :func:`circumstances`.
    """
    with text.speaking("en", "EUR"):
        counted = table[table["companies"] > 0]
        parts = [HEAD, _done(table, made), READING, _bounds(counted)]
        parts += [_claim(counted, str(claim)) for claim in counted["claim"].unique()]
        parts.append(_breaking(counted))
    return "\n".join(parts)


def _done(table: pd.DataFrame, made: Mapping[str, Any]) -> str:
    of = table[table["analysis"].isin(MAIN)].groupby("world", sort=False)["companies"].max()
    least, most, first = of.min(), of.max(), made["seed"]
    of_each = f"{least} to {most}" if least < most else str(most)
    versions = ", ".join(f"{name} {number}" for name, number in made["versions"].items())
    said = [
        "## What was done",
        f"{of.sum()} companies of {len(of)} kinds, {of_each} of each; seeds from {first} on.",
        f"Made with {versions}.",
    ]
    if absent := [world for world in CELLS if world not in of.index]:
        said.append(f"Declared, but not part of this count: {', '.join(absent)}.")
    return "\n\n".join(said) + "\n"


def _bounds(table: pd.DataFrame) -> str:
    rows, missed = [], []
    for name, analyses, column, bound, most in BOUNDS:
        known = table[table["analysis"].isin(analyses) & table[column].notna()]
        if column in FALSE_ONLY:
            known = known[known["truth"] == 0]
        beyond = known[known[column] > bound] if most else known[known[column] < bound]
        failed = known[[column in rates.misses(row) for _, row in known.iterrows()]]
        asked = f"{'≤' if most else '≥'} {_short(bound)}"
        verdict = "not counted" if known.empty else "pass" if failed.empty else "miss"
        rows.append([name, asked, len(known), len(beyond), len(failed), verdict])
        missed += [
            f"- {name}, {row['claim']}, {row['world']} ({kind(row['world'])}): "
            f"{share(row, column)}, asked {asked}"
            for _, row in failed.iterrows()
        ]
    low, high = _short(rates.SIZE[0]), _short(rates.COVERAGE[1])
    head = ["bound", "asked", "figures", "beyond it", "missed", "holds"]
    told = "\n".join(["Missed:\n", *missed]) if missed else "No bound is missed."
    about = JUDGED.format(low=low, high=high)
    return f"## Bounds\n\n{about}\n{grid(head, rows)}\n{told}\n"


def _claim(table: pd.DataFrame, claim: str) -> str:
    mine = table[table["claim"] == claim]
    found = mine[mine["analysis"].isin(MAIN)]
    title = f"{ENTRY[claim].title} (`{claim}`)" if claim in ENTRY else f"`{claim}`"
    parts = [f"## {title}\n"]
    for title, rows, tell in (
        ("Nothing is true", found[found["truth"] == 0], _null),
        ("Something is true", found[found["truth"] != 0], _planted),
        ("Teams", mine[mine["analysis"] == "team"], _teams),
    ):
        if len(rows):
            parts += [f"### {title}\n", tell(mine, rows)]
    return "\n".join(parts)


def _of(mine: pd.DataFrame, world: str, name: str, column: str) -> str:
    rows = mine[(mine["world"] == world) & (mine["analysis"] == name)]
    return share(rows.iloc[0], column) if len(rows) else "–"


def _null(mine: pd.DataFrame, found: pd.DataFrame) -> str:
    ours = {*MAIN, *OF_TEAMS}
    others = [name for name in mine["analysis"].unique() if name not in ours]
    head = ["kind", "what it is like", "R", "size", "supported", "contradicted", "coverage"]
    head += [f"{analysis(name)}: size" for name in others]
    return grid(
        head,
        (
            [row["world"], kind(row["world"]), row["companies"]]
            + [share(row, c) for c in ("rejected", "supported", "contradicted", "covered")]
            + [_of(mine, row["world"], name, "rejected") for name in others]
            for _, row in found.iterrows()
        ),
    )


def _planted(mine: pd.DataFrame, found: pd.DataFrame) -> str:
    head = ["kind", "what it is like", "R", "truth", "bias", "RMSE", "power", *VERDICTS]
    return grid(
        [*head, "sign errors", "coverage"],
        (
            [row["world"], kind(row["world"]), row["companies"]]
            + [_effect(row[c]) for c in ("truth", "bias", "rmse")]
            + [share(row, c) for c in ("rejected", *VERDICTS, "sign_error", "covered")]
            for _, row in found.iterrows()
        ),
    )


def _teams(mine: pd.DataFrame, found: pd.DataFrame) -> str:
    head = ["kind", "R", "truth"]
    head += [f"{name}: {what}" for name in OF_TEAMS.values() for what in ("coverage", "wrong")]
    rows = []
    for _, row in found.iterrows():
        wrong = "decided" if row["truth"] == 0 else "sign_error"
        cells = [
            _of(mine, row["world"], name, column)
            for name in OF_TEAMS
            for column in ("covered", wrong)
        ]
        rows.append([row["world"], row["companies"], _effect(row["truth"]), *cells])
    return f"{TEAMS}\n{grid(head, rows)}"


def _breaking(table: pd.DataFrame) -> str:
    found = table[table["world"].isin(BREAKING) & table["analysis"].isin(MAIN)]
    columns = ("rejected", "supported", "contradicted", "covered")
    rows = [
        [row["world"], kind(row["world"]), row["claim"], row["companies"]]
        + [share(row, c) for c in columns]
        + [", ".join(rates.misses(row)) or "none"]
        for _, row in found.iterrows()
    ]
    head = ["kind", "what it is like", "claim", "R", "size", "supported", "contradicted"]
    told = grid([*head, "coverage", "bounds missed"], rows) if rows else "None was counted.\n"
    return f"## What breaks it\n\n{WHAT_BREAKS_IT}\n{told}"


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
