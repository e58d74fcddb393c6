"""What a page says about one finding: title, line, sentences, checks, table, notes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from salesdiag.claims import CLAIM
from salesdiag.claims.register import ENTRY
from salesdiag.finding import Finding
from salesdiag.report import figures, svg, units
from salesdiag.report.dossier import Dossier
from salesdiag.text import Message, join
from salesdiag.text import claims as claim_words
from salesdiag.text import methods as method_words
from salesdiag.text import pages as words

PLAN, BRIDGE = "plan-first", "base-and-depth"
SHORTEST, LONGEST = 3, 5
"""How many findings open a page."""
STANDS_BACK = {"coaching-half-time": "manager-time-split", "two-focuses": BRIDGE}
"""Measured claims that say nearly the same as another one, which opens a page in their place."""
DECIDED = ("supported", "contradicted", "negligible")
FAILED_FIRST = (False, True, None)
"""Order in which checks are told."""

SMALL_PROBABILITY = 0.001
CURVE_COLUMNS = ("label", "value", "low", "high", "n", "groups")
TABLE_ROWS = 12
TOLD_BY_DRAWING = (figures.plot_shares, figures.plot_bridge, figures.plot_attainment)
"""Drawings that print every number they show, so that no table is needed beside them."""

AMOUNTS = ("amount", "won", "quota", "revenue", "gap", "money", "target")
SHARES = ("share", "rate", "attainment")
"""Endings of the names of columns that hold money, and shares."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table ready to be shown: headings, rows of words, and which columns are numbers."""

    head: Sequence[object]
    rows: Sequence[Sequence[object]]
    numeric: Sequence[bool]
    more: Message | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the chapter of all claims says about one of them."""

    slug: str
    title: object
    finding: Finding
    line: object
    size: object
    said: object
    statement: object
    sentences: Sequence[object]
    drawing: object
    caption: object
    checks: Sequence[dict[str, object]] = field(default_factory=tuple)
    threats: Sequence[object] = field(default_factory=tuple)
    table: Table | None = None
    table_caption: object = ""
    notes: Sequence[object] = field(default_factory=tuple)
    facts: Sequence[dict[str, object]] = field(default_factory=tuple)


def untested(finding: Finding) -> bool:
    """Say whether this version has no test for the claim."""
    return getattr(finding.reason, "template", None) == claim_words.NOT_YET


def title(finding: Finding) -> object:
    """Return the claim in a few words."""
    return ENTRY[finding.claim].title if finding.claim in ENTRY else finding.claim


def headline(finding: Finding) -> Message | str:
    """Return the sentence that answers the claim."""
    return finding.words.get("headline") or finding.reason


NOTES = ("naive", "doubt", "change")
OPENING = {True: ("naive", "doubt"), False: ("doubt", "change")}
"""Which notes open a page, by whether an effect was told: a plain look at what was not says
nothing, and what would change a mind stands with the claim."""


def notes(finding: Finding, roles: Sequence[str] = NOTES) -> list[Message | str]:
    """Return what a plain look would have said, what is doubtful, what would change our mind."""
    return [finding.words[role] for role in roles if role in finding.words]


def opening_notes(finding: Finding) -> list[Message | str]:
    """Return the notes of a finding that opens a page, which is read in a minute."""
    return notes(finding, OPENING[finding.verdict != "inconclusive"])


def weight(finding: Finding) -> float:
    """Return how much a decided finding matters: money a month, else multiples of its margin."""
    money = finding.effect_sizes.get("money_per_month")
    if money is not None and math.isfinite(money.value):
        return abs(money.value)
    if finding.estimate is None or not finding.margin > 0:
        return 0.0
    return min(abs(finding.estimate.value) / finding.margin, 1.0)


def _rank(finding: Finding) -> tuple[int, float]:
    places = {"supported": 1, "contradicted": 1, "negligible": 2, "measured": 4}
    if finding.verdict == "measured" and finding.claim in (PLAN, BRIDGE):
        return {PLAN: 0, BRIDGE: 3}[finding.claim], 0.0
    place = places.get(finding.verdict, 5)
    against = (
        0.5 if finding.verdict == "contradicted" else 0.0
    )  # of two readings, the one that holds
    return place, against - weight(finding) if place == 1 else 0.0


def foremost(answers: Iterable[Finding]) -> list[Finding]:
    """Return the findings that open a page: the plan, decided effects, growth, other states.

    There are three to five. Two claims that read one estimate from opposite sides take one place.
    Findings that could not be decided only fill up to three; claims that could not be tested never
    open a page.
    """
    told = [f for f in answers if f.verdict != "not_testable"]
    measured = {f.claim for f in told if f.verdict == "measured"}
    seen: set[object] = set()
    chosen: list[Finding] = []
    for f in sorted((f for f in told if STANDS_BACK.get(f.claim) not in measured), key=_rank):
        e = f.estimate
        key = (e.value, e.low, e.high) if e is not None and f.verdict != "measured" else f.claim
        enough = len(chosen) >= (SHORTEST if f.verdict == "inconclusive" else LONGEST)
        if key not in seen and not enough:
            seen.add(key)
            chosen.append(f)
    return chosen


def leading(dossier: Dossier) -> tuple[Finding, ...]:
    """Return the finding that leads on each claim: the company's where only it was decided."""
    whole = {f.claim: f for f in dossier.findings if f.team is None and f.verdict in DECIDED}
    return tuple(
        whole.get(f.claim, f) if f.verdict == "inconclusive" else f for f in dossier.answers
    )


def own_part(dossier: Dossier, finding: Finding) -> Message | str:
    """Return what the page's team has to do with a finding on an effect, empty where nothing."""
    own = dossier.answer(finding.claim)
    if dossier.team is None or own is None or own.verdict in ("measured", "not_testable"):
        return ""
    if own.team is None:
        return words.OF_ALL_TEAMS()
    team = own.team_estimate
    if team is None or not figures.stands_apart(own):
        return words.WHOLE_COMPANY_ANSWER()
    said = {
        "team": units.spoken(team.shrunken),
        "company": units.spoken(team.pooled),
        "weight": team.weight,
    }
    if finding.team is None:
        return words.TEAM_UNTOLD(**said)
    if team.own is None:
        return words.TEAM_WEIGHT(**said)
    return words.TEAM_ALONE(**said, own=units.spoken(team.own))


def size(finding: Finding) -> Message | str:
    """Return the estimate with its range in words; a team's beside that of all teams.

    The headline of an effect that is all teams' says them already.
    """
    if finding.verdict in ("not_testable", "measured") or finding.estimate is None:
        return ""
    team = finding.team_estimate
    if team is None or not figures.stands_apart(finding):
        return "" if "headline" in finding.words else units.spoken(finding.estimate)
    return words.TEAM_LINE(team=units.spoken(team.shrunken), company=units.spoken(team.pooled))


def answer(dossier: Dossier, finding: Finding, before: Finding | None = None) -> Answer:
    """Return everything the chapter of all claims says about a finding.

    ``before`` is an earlier finding with the same table: it is referred to, not drawn again.
    """
    entry = ENTRY.get(finding.claim)
    said = [finding.words["size"]] if "size" in finding.words else []
    why = (
        [finding.reason] if finding.verdict != "measured" and finding.reason in finding.said else []
    )
    rest = [own_part(dossier, finding), *said, *notes(finding), *why]
    line = headline(finding)
    name, tested = f"draw-{finding.claim}", finding.verdict != "not_testable"
    return Answer(
        slug=finding.claim,
        title=title(finding),
        finding=finding,
        line=line,
        size=size(finding),
        said=words.SAYS(sources=list(entry.sources), n=len(entry.sources)) if entry else "",
        statement=entry.statement if entry else "",
        sentences=[s for s in rest if str(s) and str(s) != str(line)],
        drawing=svg.drawing(finding, name) if before is None and _worth(finding) else "",
        caption=_caption(finding),
        checks=[
            {"mark": _mark(c.passed), "text": c.text}
            for c in sorted(finding.checks, key=lambda c: FAILED_FIRST.index(c.passed))
        ],
        threats=CLAIM[finding.claim].threats if tested and finding.claim in CLAIM else (),
        table=table(finding) if before is None else None,
        table_caption=words.TABLE_CAPTION(claim=title(finding)),
        notes=[
            *([words.DRAWN_BEFORE(claim=str(title(before)))] if before else []),
            *[
                words.PUBLISHED(value=_published(b.value, b.unit), source=b.source, grade=b.grade)
                for b in finding.benchmarks
            ],
        ],
        facts=[{"name": n, "value": v} for n, v in _facts(finding)] if tested else (),
    )


def _worth(finding: Finding) -> bool:
    """Say whether a drawing shows more than one bar with its ends, which the words say too."""
    return finding.verdict != "measured" or figures.kind(finding) is not figures.plot_interval


def _caption(finding: Finding) -> object:
    """Return what a drawing shows, and that it is no answer where a check takes the answer away."""
    function = figures.kind(finding)
    if function is None:
        return ""
    captions: dict[object, object] = {
        figures.plot_bridge: words.BRIDGE_CAPTION,
        figures.plot_attainment: words.ATTAINMENT_CAPTION,
        figures.plot_curve: words.CURVE_CAPTION,
    }
    if function is figures.plot_interval and finding.claim in CLAIM:
        captions[function] = CLAIM[finding.claim].words.get("drawn", "")
    barred = finding.verdict == "inconclusive" and any(
        c.passed is False and set(c.bars) & set(DECIDED) for c in finding.checks
    )
    said = captions.get(function, "")
    return join([str(said), str(words.UNSETTLED)]) if barred else said


def _mark(passed: bool | None) -> object:
    if passed is None:
        return words.CHECK_INFORMS
    return words.CHECK_PASSED if passed else words.CHECK_FAILED


def _facts(finding: Finding) -> Iterable[tuple[object, object]]:
    """Yield how a finding was calculated: name and value of each fact."""
    evidence, estimate, plain = finding.evidence, finding.estimate, finding.naive
    if finding.method:
        yield words.METHOD, finding.method
    if evidence is not None:
        interval = units.spoken(evidence.interval())
        yield words.ALL_POOLED, words.INTERVAL(interval=interval, df=evidence.df)
        yield (
            words.CHANCE,
            words.P_AND_Q(p=probability(evidence.p_value), q=probability(finding.q_value))
            if math.isfinite(finding.q_value)
            else words.NOT_CORRECTED,
        )
    if estimate is not None and math.isfinite(finding.margin):
        yield words.MARGIN, units.size(finding.margin, estimate.unit)
    if estimate is not None and math.isfinite(finding.mde):
        yield words.SMALLEST, words.OR_MORE(mde=units.size(finding.mde, estimate.unit))
    if plain is not None:
        yield words.PLAIN, plain.method
    if evidence is not None and finding.n is not None and finding.groups is not None:
        yield words.ROWS_USED, words.RESTS_ON(n=finding.n, groups=finding.groups)
    if left_out := causes(finding):
        yield words.ROWS_DROPPED, words.LISTED(items=left_out)


def causes(finding: Finding) -> list[Message]:
    """Return how many rows a test left out, by cause."""
    return [
        words.CAUSE_ROWS(cause=str(cause(c)), n=rows) for c, rows in finding.dropped.items() if rows
    ]


def cause(name: object) -> object:
    """Return why a test left rows out, in words where we have them."""
    return method_words.CAUSES.get(str(name), str(name).replace("_", " "))


def probability(value: float) -> Message:
    """Return a p- or q-value in words."""
    if value < SMALL_PROBABILITY:
        return words.LESS_THAN(value=SMALL_PROBABILITY)
    return words.IS(value=round(value, 3))


def _published(value: float, unit: str) -> Message:
    if unit != "share":
        return words.SINGLES["number"](value=value)
    whole = math.isclose(100 * value, round(100 * value))
    return words.SINGLES["share" if whole else "exact_share"](value=value)


def table(finding: Finding) -> Table | None:
    """Return the rows behind a finding, None where there are none to show."""
    frame = finding.table
    if frame.empty or figures.kind(finding) in TOLD_BY_DRAWING:
        return None
    frame = frame.drop(columns="team_id", errors="ignore")
    if figures.has_curve(finding) and "label" in frame:
        frame = frame[[c for c in CURVE_COLUMNS if c in frame]]
    if frame.empty or not len(frame.columns):
        return None
    unit = finding.estimate.unit if finding.estimate else ""
    rows = [
        [_cell(column, value, unit) for column, value in row.items()]
        for row in frame.head(TABLE_ROWS).to_dict("records")
    ]
    more = len(frame) - TABLE_ROWS
    return Table(
        head=[words.HEADS.get(c, str(c).replace("_", " ")) for c in frame.columns],
        rows=rows,
        numeric=[pd.api.types.is_numeric_dtype(frame[c]) for c in frame.columns],
        more=words.ROWS_LEFT_OUT(n=more) if more > 0 else None,
    )


def _cell(column: object, value: Any, unit: str) -> object:
    if isinstance(value, str):
        return words.SINGLES["name"](value=value)
    if value is None or pd.isna(value):
        return "–"
    if isinstance(value, bool):
        return words.YES if value else words.NO
    if isinstance(value, pd.Timestamp):
        return words.SINGLES["month" if value.day == 1 else "day"](value=value)
    if column in ("value", "low", "high", "summed") and unit:
        return units.one(value, unit)
    name = str(column)
    if name.endswith(AMOUNTS):
        return words.SINGLES["amount"](value=value)
    if name.endswith(SHARES):
        return words.SINGLES["share"](value=value)
    return words.SINGLES["count" if float(value).is_integer() else "number"](value=value)
