"""Render the counts on planted companies as a document in Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from textwrap import fill
from typing import Any

import pandas as pd

from salesdiag import text
from salesdiag.calibrate import CELLS
from salesdiag.calibrate.trials import PLAIN
from salesdiag.claims import error_rates as rates
from salesdiag.claims.register import ENTRY
from salesdiag.report.calibration import MAIN, analysis
from salesdiag.report.reliability import kind

BREAKING = (
    "heavy-tails", "zero-inflated", "invoice-lag", "region-shocks", "huge-team", "few-switches",
    "unbalanced", "promotions", "heaped-logs", "strugglers-hidden", "winners-hidden",
)  # fmt: skip

HEAD = """\
# Error rates on planted companies

Made by `make calibration` from `salesdiag/claims/error_rates.csv`; not edited by hand.

Companies are simulated in which it is known what is true. Each is tested as a run would test it,
and beside it stand the analyses that are made of such data today. A kind of company ("world") is a
row of `salesdiag/calibrate/catalogue.py`. Kinds called `weeks-...` are made by a second generator,
which shares nothing with the first or with the estimators.
"""
READING = """\
## How to read it

These are shares of planted companies, of those without an effect or of those with one. They are
not the probability that a given verdict is wrong: that also depends on how common effects are, and
on how much a company is like the planted ones.

Every kind is simulated with the same seeds, so kinds share their chance: ten kinds that hold are
not ten independent proofs. Seeds and kinds were also looked at while the methods were built. In a
run with more claims the correction over all tests is stricter: fewer false verdicts, and fewer
effects found, than in kinds where one claim is tested.

R is the number of companies in which the finding could be made, of those simulated where these are
more. Figures after ± are Monte Carlo standard errors; where a share is 0 or 1 they say nothing, and
up to 3/R is still possible. *Size* is the share of companies with p < .05 where nothing is true,
*power* the same where something is. *Coverage* is the share of 95 % intervals that hold the truth.
A *sign error* is a verdict with the wrong sign, counted among the decided ones; of an analysis that
has no verdicts, an estimate with p < .05 and the wrong sign, among those with p < .05. Effects are
in log points per hour of coaching, per own deal of three months, between both sides of the limit,
or per SD of a behaviour; of leaving they are log hazard ratios. A dash stands where there is no
figure: the truth is not one number in the unit of the analysis, nothing was decided, or the claim
has a test but no verdict yet. Claims that read one curve have the usual analyses of it under the
first of them.
"""
JUDGED = """\
Asked were size {size[0]} to {size[1]} and coverage {coverage[0]} to {coverage[1]}. Only the
dangerous side is judged; {narrow} of {sizes} figures of size and {wide} of {coverages} of coverage
lie beyond the other side, which costs power.

A bound holds when the figure lies within it, is not settled when the figure lies beyond it by at
most two Monte Carlo errors, and is missed when it lies further. A figure that holds can still hide
a share beyond the bound, as far as its own error reaches.
"""
TEAMS = """\
A team's interval: given all teams (what pages show), from its own rows alone, and by plug-in
empirical Bayes. Beside each coverage stands the share decided wrongly: where nothing is true, of
all teams; elsewhere, with the wrong sign, of the decided ones. Where plug-in's estimate of the
spread of teams is 0, its interval has no length and every team is decided. Teams are not counted in
W0 to W9.
"""
USUAL_NULL = """\
Size; after ↑ the share of companies in which the analysis errs upward: p < .05 and an estimate
above 0. Where an analysis could be made in another number of companies than the finding, its R is
told.
"""
USUAL_PLANTED = """\
Analyses whose estimate is in the unit of the truth, the finding (or test) first.
"""
WHAT_BREAKS_IT = """\
Most are W2 (managers coach last month's strugglers) with an adversity more; strugglers-hidden and
winners-hidden are strugglers and winners with twice the reaction, promotions is the bundled example
with much turnover of managers. Nothing is true in them.
"""
WHAT_WAS_DONE = """\
What reports do about it:

- With one claim tested the correction over all tests does nothing. With five teams (`W4`) 30 of
  1,000 companies were wrongly contradicted and 15 wrongly supported; with the three claims about
  own selling tested beside it, as in a run, 14 and 8 remain (counted apart, on these companies).
- Managers who answer to what the data lack (`strugglers`, `winners` and their `-hidden` forms)
  bend the estimate towards what they react to, and the interval with it. It cannot be mended
  from the data. Reports ask whether coaching follows last month's results, say to which side
  that bends the answer, and give no verdict on that side unless the second design bears it out
  alone. The price is power: where harm is true and strugglers are coached, most verdicts stay
  open.
- Hours logged from memory and rounded (`heaped-logs`) make an effect look smaller than it is:
  where 1.5 margins were planted, intervals are centred too low. Reports say when hours are
  mostly whole or half ones; by how much the effect is understated cannot be seen from the log.
- Teams that differ in what coaching does to them (`unequal`) had intervals that were too short
  while teams were assumed to lie within two margins of each other; the prior is nearly flat
  now. Where effects of both signs occur, some teams are still told the company's sign.
- Ratings by managers who know the results (`behaviours-halo`) find differences where there are
  none, later and in held-out teams too: a claim about behaviours must take them from logs.
- A review that starts after a bad spell (`review-dip`) has part of the recovery counted as its
  effect, by imputation and randomisation alike; the dip is tested, and a claim must not be
  called supported where there is one.
"""
"""What followed from what broke; stands after the table."""

NAMES = {
    "supported": "wrongly supported",
    "contradicted": "wrongly contradicted",
    "negligible": "called negligible at or above the margin",
    "size": "size",
    "coverage": "coverage",
    "sign_error": "sign errors",
    "team_coverage": "coverage of teams",
    "team_supported": "teams wrongly supported",
    "team_contradicted": "teams wrongly contradicted",
    "team_sign_error": "sign errors of teams",
}
"""What bounds are called."""
OUTCOMES = {"holds": "holds", "unsettled": "not settled", "missed": "missed"}
VERDICTS = ("supported", "contradicted", "negligible", "inconclusive")
OF_TEAMS = {"team": "all teams", "team_alone": "alone", "team_plug_in": "plug-in"}
USUAL = "#### The usual analyses in the same companies\n"


def render(table: pd.DataFrame, made: Mapping[str, Any]) -> str:
    """Return the document on a table of counts.

    Parameters
    ----------
    table : DataFrame
        As :func:`salesdiag.claims.error_rates.measured` returns it.
    made : mapping
        ``seed``, ``versions`` and ``code`` of the count; ``remark``, if there is one to make on it.
    """
    with text.speaking("en", "EUR"):
        counted = table[table["companies"] > 0]
        parts = [HEAD, _done(table, made), READING, _bounds(counted)]
        parts += [_claim(table, str(claim)) for claim in table["claim"].unique()]
        parts.append(_breaking(counted))
    return "\n".join(parts)


# figures


def share(row: pd.Series, column: str) -> str:
    """Return a share with its Monte Carlo error, such as ``.047 (±.007)``."""
    if not math.isfinite(row[column]):
        return "–"
    return f"{_short(row[column])} (±{_short(row[f'{column}_se'])})"


def _short(value: float) -> str:
    """Return a share in three digits, without the zero before the point."""
    return f"{value:.3f}".removeprefix("0")


def _effect(value: float) -> str:
    """Return an effect in four digits, or a dash."""
    return f"{value:.4f}" if math.isfinite(value) else "–"


def _bias(row: pd.Series) -> str:
    """Return the bias with its Monte Carlo error."""
    known = math.isfinite(row["bias"])
    return f"{_effect(row['bias'])} (±{_effect(row['bias_se'])})" if known else "–"


def _made_in(row: pd.Series) -> str:
    """Return R, of the companies simulated where these are more."""
    tested, asked = int(row["companies"]), row.get("asked", math.nan)
    differs = math.isfinite(asked) and asked != tested
    return f"{tested} of {int(asked)}" if differs else str(tested)


def grid(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown; columns of figures are aligned right."""
    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    spoken = [any(row[n][:1].isalpha() for row in cells) for n in range(len(head))]
    rule = ["---" if said else "---:" for said in spoken]
    return "\n".join("| " + " | ".join(row) + " |" for row in [[*head], rule, *cells]) + "\n"


# parts


def _done(table: pd.DataFrame, made: Mapping[str, Any]) -> str:
    """Tell how many companies were simulated, with what, and which kinds were left out."""
    simulated = "asked" if "asked" in table else "companies"
    of = table[table["analysis"].isin(MAIN)].groupby("world", sort=False)[simulated].max()
    least, most, first = of.min(), of.max(), made["seed"]
    of_each = f"{least} to {most}" if least < most else str(most)
    code = [f"code {made['code']}"] if "code" in made else []
    libraries = [f"{name} {number}" for name, number in made["versions"].items()]
    said = [
        "## What was done",
        f"{of.sum()} companies of {len(of)} kinds, {of_each} of each; seeds from {first} on.",
        f"Made with {', '.join(code + libraries)}.",
        *([made["remark"]] if "remark" in made else []),
    ]
    if absent := [world for world in CELLS if world not in of.index]:
        said.append(f"Declared, but not part of this count: {', '.join(absent)}.")
    return "\n\n".join(said) + "\n"


def _bounds(table: pd.DataFrame) -> str:
    """Tell each bound with how many figures hold it, and list the others."""
    counted = [row for _, row in table.iterrows()]
    rows, listed = [], {"missed": [], "unsettled": []}
    for bound in rates.BOUNDS:
        found = [(row, outcome) for row in counted if (outcome := bound.outcome(row))]
        asked = f"{'≤' if bound.most else '≥'} {_short(bound.allowed)}"
        each = [sum(outcome == o for _, outcome in found) for o in OUTCOMES]
        rows.append([NAMES[bound.name], asked, len(found), *each])
        for outcome, lines in listed.items():
            lines += [_line(bound, row, asked) for row, o in found if o == outcome]
    parts = ["## Bounds\n", _other_side(counted)]
    parts.append(grid(["bound", "asked", "figures", *OUTCOMES.values()], rows))
    for outcome, lines in listed.items():
        title = OUTCOMES[outcome].capitalize()
        parts.append("\n".join([f"{title}:\n", *lines]) + "\n" if lines else f"{title}: none.\n")
    return "\n".join(parts)


def _line(bound: rates.Bound, row: pd.Series, asked: str) -> str:
    """Return an item on a figure beyond its bound."""
    ours = row["analysis"] in (*MAIN, rates.TEAM)
    name = NAMES[bound.name] if ours else f"{NAMES[bound.name]} of {analysis(row['analysis'])}"
    about = f"{row['claim']}, {row['world']} ({kind(row['world'])})"
    return f"- {name}, {about}: {share(row, bound.column)}, asked {asked}"


def _other_side(counted: Sequence[pd.Series]) -> str:
    """Tell what was asked, and how many figures lie beyond the side that misleads nobody."""
    named = {bound.name: bound for bound in rates.BOUNDS}
    size, coverage = (
        [row[named[n].column] for row in counted if named[n].outcome(row)]
        for n in ("size", "coverage")
    )
    said = JUDGED.format(
        size=[_short(end) for end in rates.SIZE],
        coverage=[_short(end) for end in rates.COVERAGE],
        narrow=sum(value < rates.SIZE[0] for value in size),
        sizes=len(size),
        wide=sum(value > rates.COVERAGE[1] for value in coverage),
        coverages=len(coverage),
    )
    return "\n\n".join(fill(part, 100) for part in said.split("\n\n")) + "\n"


def _claim(table: pd.DataFrame, claim: str) -> str:
    """Tell all counts of a claim."""
    every = table[table["claim"] == claim]
    mine = every[every["companies"] > 0]
    found = mine[mine["analysis"].isin(MAIN)]
    title = f"{ENTRY[claim].title} (`{claim}`)" if claim in ENTRY else f"`{claim}`"
    parts = [f"## {title}\n"]
    never = every[every["analysis"].isin(MAIN) & (every["companies"] == 0)]
    if len(never):
        parts.append(f"It could be tested in no company of: {', '.join(never['world'])}.\n")
    null, planted = found[found["truth"] == 0], found[found["truth"] != 0]
    for heading, rows, tables in (
        ("Nothing is true", null, (_null, _usual_null)),
        ("Something is true", planted, (_planted, _usual_planted)),
        ("Teams", mine[mine["analysis"] == rates.TEAM], (_teams,)),
    ):
        if len(rows):
            parts += [f"### {heading}\n", *(tell(mine, rows) for tell in tables)]
    return "\n".join(part for part in parts if part)


def _row(mine: pd.DataFrame, world: str, name: str) -> pd.Series | None:
    """Return the counts of an analysis in a kind, if there are any."""
    rows = mine[(mine["world"] == world) & (mine["analysis"] == name)]
    return rows.iloc[0] if len(rows) else None


def _others(mine: pd.DataFrame) -> list[str]:
    """Return the analyses of companies other than the finding or test."""
    return [name for name in mine["analysis"].unique() if name not in {*MAIN, *OF_TEAMS}]


def _null(mine: pd.DataFrame, found: pd.DataFrame) -> str:
    """Tell how often something is found where nothing is true."""
    columns = ("rejected", "supported", "contradicted", "covered")
    rows = [
        [row["world"], kind(row["world"]), _made_in(row), *(share(row, c) for c in columns)]
        for _, row in found.iterrows()
    ]
    head = ["kind", "what it is like", "R", "size", "supported", "contradicted", "coverage"]
    return grid(head, rows)


def _usual_null(mine: pd.DataFrame, found: pd.DataFrame) -> str:
    """Tell how often the usual analyses find something in the same companies."""
    names = _others(mine[mine["world"].isin(found["world"])])
    if not names:
        return ""
    rows = [
        [row["world"], *(_size(_row(mine, row["world"], name), row) for name in names)]
        for _, row in found.iterrows()
    ]
    head = [f"{'ours: ' if n in rates.OURS else ''}{analysis(n)}" for n in names]
    return "\n".join([USUAL, USUAL_NULL, grid(["kind", *head], rows)])


def _size(row: pd.Series | None, finding: pd.Series) -> str:
    """Return the size of an analysis, and how much of it errs upward."""
    if row is None:
        return "–"
    up = f" ↑ {_short(row['rejected_up'])}" if row["analysis"] in PLAIN else ""
    own = f", R {_made_in(row)}" if row["companies"] != finding["companies"] else ""
    return share(row, "rejected") + up + own


def _planted(mine: pd.DataFrame, found: pd.DataFrame) -> str:
    """Tell what is found where something is true."""
    columns = ("rejected", *VERDICTS, "sign_error", "covered")
    rows = [
        [row["world"], kind(row["world"]), _made_in(row)]
        + [_effect(row["truth"]), _bias(row), _effect(row["rmse"])]
        + [share(row, c) for c in columns]
        for _, row in found.iterrows()
    ]
    head = ["kind", "what it is like", "R", "truth", "bias", "RMSE", "power", *VERDICTS]
    return grid([*head, "sign errors", "coverage"], rows)


def _usual_planted(mine: pd.DataFrame, found: pd.DataFrame) -> str:
    """Tell how far analyses in the unit of the truth are from it, in the same companies."""
    known = mine[mine["bias"].notna() & ~mine["analysis"].isin(OF_TEAMS)]
    rows = []
    for world in found["world"]:
        beside = known[known["world"] == world]
        if beside["analysis"].isin(MAIN).all():
            continue
        rows += [
            [world, analysis(row["analysis"]), _made_in(row), _bias(row), _effect(row["rmse"])]
            + [share(row, c) for c in ("rejected", "covered", "sign_error")]
            for _, row in beside.iterrows()
        ]
    head = ["kind", "analysis", "R", "bias", "RMSE", "power", "coverage", "sign errors"]
    return "\n".join([USUAL, USUAL_PLANTED, grid(head, rows)]) if rows else ""


def _teams(mine: pd.DataFrame, found: pd.DataFrame) -> str:
    """Tell how three intervals for teams do."""
    head = ["kind", "R", "truth"]
    head += [f"{name}: {what}" for name in OF_TEAMS.values() for what in ("coverage", "wrong")]
    rows = []
    for _, row in found.iterrows():
        wrong = "decided" if row["truth"] == 0 else "sign_error"
        of = [_row(mine, row["world"], name) for name in OF_TEAMS]
        cells = ["–" if r is None else share(r, c) for r in of for c in ("covered", wrong)]
        rows.append([row["world"], _made_in(row), _effect(row["truth"]), *cells])
    return f"{TEAMS}\n{grid(head, rows)}"


def _breaking(table: pd.DataFrame) -> str:
    """Tell how the kinds did that were searched for what breaks us."""
    found = table[table["world"].isin(BREAKING) & table["analysis"].isin(MAIN)]
    columns = ("rejected", "supported", "contradicted", "covered")
    rows = [
        [row["world"], kind(row["world"]), row["claim"], _made_in(row)]
        + [share(row, c) for c in columns]
        + [_beyond(table, row)]
        for _, row in found.iterrows()
    ]
    head = ["kind", "what it is like", "claim", "R", "size", "supported", "contradicted"]
    told = grid([*head, "coverage", "beyond a bound"], rows) if rows else "None was counted.\n"
    parts = ["## What breaks it\n", WHAT_BREAKS_IT, told]
    return "\n".join(parts + [WHAT_WAS_DONE] * bool(WHAT_WAS_DONE))


def _beyond(table: pd.DataFrame, found: pd.Series) -> str:
    """Return the bounds beyond which figures of a claim lie in a kind, teams included."""
    mine = table[(table["claim"] == found["claim"]) & (table["world"] == found["world"])]
    beyond = [
        f"{NAMES[bound.name]} ({OUTCOMES[outcome]})"
        for _, row in mine.iterrows()
        for bound in rates.BOUNDS
        if (outcome := bound.outcome(row)) in ("unsettled", "missed")
    ]
    return ", ".join(beyond) or "none"
