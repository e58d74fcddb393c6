"""The parts of a report. Each takes a dossier and returns a :class:`Block`; none estimates.

A page of a team shows ``header``, ``found``, ``actions``, ``beside``, ``curve``, ``claims``,
``untold`` and ``methods``; that of the company has ``teams`` in place of ``actions`` and
``beside``, and ``error_rates`` at its end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial, wraps
from typing import Any

import pandas as pd

import salesdiag
from salesdiag import text
from salesdiag.claims.register import ENTRY, TOPICS
from salesdiag.finding import Finding
from salesdiag.report import answers, comparison, doing, figures, reliability, svg
from salesdiag.report.answers import Table
from salesdiag.report.block import Block, fill
from salesdiag.report.dossier import Dossier
from salesdiag.text import Message, Template, join, terms
from salesdiag.text import calibration as calibration_words
from salesdiag.text import claims as claim_words
from salesdiag.text import methods as method_words
from salesdiag.text import pages as words

SELLING = (("selling-helps", words.READS_HELPS), ("selling-hurts", words.READS_HURTS))
LIMIT = "one-deal-a-quarter"
MAX_ACTIONS = 5


def _part(name: str, title: Template) -> Callable[..., Callable[[Dossier], Block]]:
    """Make a block function of one that returns the values of its template."""

    def decorate(values: Callable[[Dossier], dict[str, Any]]) -> Callable[[Dossier], Block]:
        @wraps(values)
        def block(dossier: Dossier) -> Block:
            with text.speaking(dossier.speech.language, dossier.speech.currency) as speech:
                filled = {"title": title, **values(dossier)}
                return Block(
                    name=name,
                    title=str(filled["title"]),
                    markup=fill(name, **filled),
                    team=dossier.team,
                    language=speech.language,
                    direction=speech.direction,
                )

        return block

    return decorate


@_part("header", words.DIAGNOSIS)
def header(dossier: Dossier) -> dict[str, Any]:
    """Say what the page is about: team or company, period, people, how far the data reach."""
    team, period = dossier.team, dossier.period
    subject = dossier.people.team(team) if team else dossier.company
    span = words.PERIOD(start=period[0], end=period[1]) if period else ""
    facts: list[object] = [span] if period else []
    if team is None:
        facts.append(words.TEAM_COUNT(teams=dossier.teams))
    elif not dossier.withheld:
        reps, managers = dossier.reps, dossier.managers
        facts.append(
            words.TEAM_PEOPLE(reps=reps, managers=managers)
            if managers
            else words.TEAM_REPS(reps=reps)
        )
    if period:
        facts.append(words.DATA_TO(end=period[1] + pd.offsets.MonthEnd(0)))
    facts += [look.said for look in {f.look for f in dossier.findings} if look.said is not None]
    facts.append(words.NAMED if dossier.people.identify else words.PSEUDONYMS)
    return {
        "title": words.PAGE_TITLE(subject=subject, period=span),
        "over": words.OVER(company=dossier.company) if team else words.DIAGNOSIS,
        "subject": words.SINGLES["name"](value=subject),
        "facts": facts,
        "notes": [words.TEAM_WITHHELD(n=dossier.min_group)] if dossier.withheld else [],
        "losses": dossier.losses.lines,
    }


@_part("found", words.FOUND)
def found(dossier: Dossier) -> dict[str, Any]:
    """Tell the three to five findings that matter most."""
    led = answers.leading(dossier)
    chosen = answers.foremost(led)
    told: set[str] = set()
    undecided = [f for f in led if f.verdict == "inconclusive" and f not in chosen]
    return {
        "items": [
            {
                "finding": f,
                "title": answers.title(f),
                "headline": answers.headline(f),
                "size": f.words.get("size", ""),
                "notes": _unsaid(
                    [
                        n
                        for n in (answers.own_part(dossier, f), *answers.opening_notes(f))
                        if str(n)
                    ],
                    told,
                ),
            }
            for f in chosen
        ],
        "more": words.MORE_UNDECIDED(n=len(undecided)) if undecided else "",
    }


def _unsaid(sentences: list[Message | str], told: set[str]) -> list[Message | str]:
    """Return the sentences that were not told before, and remember them."""
    fresh = [s for s in sentences if str(s) not in told]
    told.update(map(str, fresh))
    return fresh


@_part("actions", words.ACTIONS)
def actions(dossier: Dossier) -> dict[str, Any]:
    """Say what follows for the team's work, from decided and measured findings only."""
    return {"items": doing.actions(dossier)[:MAX_ACTIONS]}


@_part("beside", words.BESIDE)
def beside(dossier: Dossier) -> dict[str, Any]:
    """Lay the team beside the company: positions among all teams, never a rank."""
    return comparison.values(dossier)


@_part("teams", words.TEAMS)
def teams(dossier: Dossier) -> dict[str, Any]:
    """Show how the company's teams spread, without names."""
    return comparison.values(dossier)


@_part("curve", words.CURVE)
def curve(dossier: Dossier) -> dict[str, Any]:
    """Answer whether the manager should sell: one curve, read from both sides, and a limit."""
    pairs = [(who, dossier.answer(slug)) for slug, who in SELLING]
    asked = [(who, f) for who, f in pairs if f is not None]
    said = list(dict.fromkeys(str(answers.headline(f)) for _, f in asked))
    limit = dossier.answer(LIMIT)
    drawn = next((f for _, f in asked if figures.kind(f) is figures.plot_curve), None)
    drawn = drawn or next((f for f in _company_curves(dossier)), None)
    mark = dossier.own_deals
    return {
        "readings": [_reading(dossier, who, f, alone=len(said) > 1) for who, f in asked],
        "shared": answers.headline(asked[0][1]) if len(said) == 1 else "",
        "limit": _reading(dossier, words.READS_LIMIT, limit)
        if limit is not None and limit.verdict != "not_testable"
        else None,
        "unsettled": words.CURVE_UNSETTLED
        if asked and all(f.verdict == "inconclusive" for _, f in asked)
        else "",
        "drawing": svg.drawing(drawn, "curve-drawing", partial(figures.plot_curve, mark=mark))
        if drawn is not None
        else "",
    }


def _reading(
    dossier: Dossier, who: Template, finding: Finding, alone: bool = True
) -> dict[str, Any]:
    """Return what one side says and what the data say; ``alone`` where no other says the same."""
    return {
        "who": who,
        "statement": ENTRY[finding.claim].statement,
        "finding": finding,
        "answer": answers.headline(finding) if alone else "",
    }


def _company_curves(dossier: Dossier) -> list[Finding]:
    """Return the company's findings that hold the curve, for a team whose own holds none."""
    slugs = {slug for slug, _ in SELLING}
    return [
        f for f in dossier.findings if f.team is None and f.claim in slugs and figures.has_curve(f)
    ]


@_part("claims", words.CLAIMS)
def claims(dossier: Dossier) -> dict[str, Any]:
    """List every claim as one line that opens, by topic."""
    by_topic: dict[str, list[answers.Answer]] = {topic: [] for topic in TOPICS}
    planned = _planned(dossier)
    for place, f in enumerate(dossier.answers):
        if f in planned:
            continue
        topic = ENTRY[f.claim].topic if f.claim in ENTRY else "other"
        before = next((e for e in dossier.answers[:place] if _same_table(e, f)), None)
        by_topic.setdefault(topic, []).append(answers.answer(dossier, f, before))
    return {
        "topics": [
            {"title": TOPICS.get(topic, topic), "items": items}
            for topic, items in by_topic.items()
            if items
        ],
        "untested": words.UNTESTED(n=len(planned)) if planned else "",
        "untested_titles": [answers.title(f) for f in planned],
    }


def _planned(dossier: Dossier) -> list[Finding]:
    """Return the claims that this version has no test for."""
    return [f for f in dossier.answers if answers.untested(f)]


def _same_table(one: Finding, other: Finding) -> bool:
    return not one.table.empty and one.table.equals(other.table)


@_part("untold", words.UNTOLD)
def untold(dossier: Dossier) -> dict[str, Any]:
    """Say what cannot be told and which record, kept from now on, would tell it."""
    closed = [f for f in dossier.answers if f.verdict == "not_testable"]
    planned = _planned(dossier)
    lacking = [f for f in closed if f not in planned]
    open_ = [f for f in dossier.answers if f.verdict == "inconclusive"]
    counts = (
        (words.COUNT_UNTESTABLE, len(lacking)),
        (words.COUNT_UNDECIDED_HERE if dossier.team else words.COUNT_UNDECIDED, len(open_)),
        (words.COUNT_PLANNED, len(planned)),
    )
    groups = (
        {
            "title": words.LACK_RECORDS,
            "items": _grouped((str(f.reason), f) for f in lacking),
        },
        {
            "title": words.LACK_EVIDENCE,
            "items": _grouped((join(_what_would_tell(f)), f) for f in open_),
        },
    )
    return {
        "summary": [said(n=n) for said, n in counts if n]
        + ([] if lacking or open_ else [words.ALL_TOLD]),
        "cheapest": _cheapest(lacking),
        "groups": [g for g in groups if g["items"]],
    }


def _what_would_tell(finding: Finding) -> list[Message | str]:
    """Return how far the evidence reaches, or why it does not, and what would take it further."""
    return [finding.words.get("size", finding.reason), finding.words.get("change", "")]


def _grouped(said: Iterable[tuple[str, Finding]]) -> list[dict[str, object]]:
    """Return each sentence once with the claims it is said of, the most said first."""
    of: dict[str, list[str]] = {}
    for sentence, finding in said:
        of.setdefault(sentence, []).append(str(answers.title(finding)))
    return [
        {"lead": words.LISTED(items=titles), "text": sentence}
        for sentence, titles in sorted(of.items(), key=lambda pair: -len(pair[1]))
    ]


def _cheapest(lacking: list[Finding]) -> Message | str:
    """Return the single missing record that would open most claims by itself."""
    reasons = [
        f.reason for f in lacking if getattr(f.reason, "template", None) == claim_words.NEEDS
    ]
    alone = [r.values["needs"][0] for r in reasons if len(r.values["needs"]) == 1]
    if not alone:
        return ""
    name, n = Counter(map(str, alone)).most_common(1)[0]
    return words.CHEAPEST(record=next(a for a in alone if str(a) == name), n=n)


@_part("methods", words.METHODS)
def methods(dossier: Dossier) -> dict[str, Any]:
    """Say how it was estimated and what was left out; of a team, how often it would be wrong."""
    used: dict[str, list[object]] = {}
    for f in dossier.answers:
        if f.method and f.verdict != "not_testable":
            used.setdefault(str(f.method), []).append(answers.title(f))
    months = dossier.months
    data: list[object] = [words.DATA_PERIOD(start=months[0], end=months[-1])] if months else []
    data += [
        words.FINGERPRINT(fingerprint=dossier.fingerprint[:12], version=salesdiag.__version__),
        words.MIN_GROUP(n=dossier.min_group),
    ]
    tests = {
        (f.evidence.value, f.p_value)
        for f in dossier.findings
        if f.team is None and f.evidence is not None and f.q_value >= 0
    }
    explained: list[object] = []
    if any(f.evidence is not None for f in dossier.answers):
        explained += [words.VERDICT_SAID, *_stricter(dossier)]
        explained += [words.CAUSES_SAID, words.GROUPS_SAID]
    if tests:
        explained.append(words.CORRECTION_SAID(n=len(tests)))
    pooled = any(f.team_estimate is not None for f in dossier.answers)
    if pooled:
        explained.append(words.POOLING_SAID)
        used[str(method_words.POOLING)] = [
            answers.title(f) for f in dossier.answers if figures.stands_apart(f)
        ]
    return {
        "explained": explained,
        "methods": [
            {"method": m, "claims": words.LISTED(items=[str(t) for t in titles])}
            for m, titles in used.items()
        ],
        "errors": reliability.short(dossier) if dossier.team else [],
        "caution": calibration_words.NOT_THIS_VERDICT,
        "dropped": _dropped(dossier),
        "data": data,
    }


def _stricter(dossier: Dossier) -> list[Message]:
    """Return what verdicts had to survive beside their printed intervals: foresight and looks."""
    rules = dict.fromkeys(f.look for f in dossier.answers if f.evidence is not None)
    said = [look.rule for look in rules if look.rule is not None]
    floors = {f.sensitivity.floor_minutes for f in dossier.answers if f.sensitivity is not None}
    return [words.FORESIGHT_SAID(floor=floor) for floor in sorted(floors) if floor > 0] + said


@_part("error_rates", words.HOW_OFTEN_WRONG)
def error_rates(dossier: Dossier) -> dict[str, Any]:
    """Say how often verdicts on the claims of the page are wrong where the truth is known."""
    return reliability.values(dossier)


def _dropped(dossier: Dossier) -> Table:
    """Return the rows left out while reading, while counting and by each test, with causes."""
    rows: list[list[object]] = []
    for left in dossier.left_out:
        name = words.TABLES.get(left.table, left.table)
        if left.when == "read":  # causes of reading are words already
            rows.append([words.WHEN_READ, name, left.cause, left.rows])
        else:
            cause = terms.CAUSES.get(left.cause, left.cause)
            rows.append([words.WHEN_COUNTED, name, cause, left.rows])
    tests: dict[tuple[tuple[str, int], ...], list[str]] = {}
    for f in dossier.answers:
        tests.setdefault(tuple(f.dropped.items()), []).append(str(answers.title(f)))
    rows += [
        [words.WHEN_TESTED, words.LISTED(items=titles), answers.cause(cause), n]
        for dropped, titles in tests.items()
        for cause, n in dropped
        if n
    ]
    return Table(
        head=[words.STEP_HEAD, words.TABLE_HEAD, words.CAUSE_HEAD, words.ROWS_HEAD],
        rows=[[*row[:3], words.SINGLES["count"](value=row[3])] for row in rows],
        numeric=[False, False, False, True],
    )
