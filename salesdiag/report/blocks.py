"""The parts of a report. Each takes a dossier and returns a :class:`Block`; none estimates.

A page of a team shows ``header``, ``found``, ``actions``, ``beside``, ``curve``, ``claims``,
``untold`` and ``methods``; that of the company has ``teams`` in place of the middle three.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import pandas as pd

import salesdiag
from salesdiag import panel, text
from salesdiag.claims.register import ENTRY, TOPICS
from salesdiag.finding import Finding
from salesdiag.report import answers, comparison, figures, svg
from salesdiag.report.answers import Table
from salesdiag.report.block import Block, fill
from salesdiag.report.dossier import Dossier
from salesdiag.text import Message, Template
from salesdiag.text import claims as claim_words
from salesdiag.text import pages as words

SELLING = (("selling-helps", words.READS_HELPS), ("selling-hurts", words.READS_HURTS))
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
    company, team, period = dossier.company, dossier.team, dossier.period
    subject = dossier.people.team(team) if team else company.name
    span = words.PERIOD(start=period[0], end=period[1]) if period else ""
    facts: list[object] = [span] if period else []
    if team is None:
        facts.append(words.TEAM_COUNT(teams=len(dossier.people.teams)))
    elif not dossier.withheld:
        reps, managers = dossier.sizes[team], dossier.managers
        facts.append(
            words.TEAM_PEOPLE(reps=reps, managers=managers)
            if managers
            else words.TEAM_REPS(reps=reps)
        )
    if period:
        facts.append(words.DATA_TO(end=period[1] + pd.offsets.MonthEnd(0)))
    facts.append(words.NAMED if dossier.people.identify else words.PSEUDONYMS)
    return {
        "title": words.PAGE_TITLE(subject=subject, period=span),
        "over": words.OVER(company=company.name) if team else words.DIAGNOSIS,
        "subject": words.SINGLES["name"](value=subject),
        "facts": facts,
        "notes": [words.TEAM_WITHHELD(n=dossier.min_group)] if dossier.withheld else [],
    }


@_part("found", words.FOUND)
def found(dossier: Dossier) -> dict[str, Any]:
    """Tell the three to five findings that matter most."""
    chosen = answers.foremost(dossier.answers)
    told: set[str] = set()
    undecided = [f for f in dossier.answers if f.verdict == "inconclusive" and f not in chosen]
    return {
        "items": [
            {
                "finding": f,
                "headline": dossier.say(answers.headline(f)),
                "size": dossier.say(f.words.get("size", "")),
                "notes": _unsaid([dossier.say(n) for n in answers.notes(f)], told),
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
    ranked = answers.foremost(dossier.answers)
    rest = [f for f in dossier.answers if f not in ranked]
    told = {f.claim: answers.action(f) for f in (*ranked, *rest)}
    items = [
        {
            "what": dossier.say(what),
            "why": words.ACTIONS_FROM(claim=str(ENTRY[slug].title) if slug in ENTRY else slug),
        }
        for slug, what in told.items()
        if what is not None
    ]
    return {"items": items[:MAX_ACTIONS]}


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
    """Answer whether the manager should sell: one curve, read from both sides."""
    pairs = [(who, dossier.answer(slug)) for slug, who in SELLING]
    asked = [(who, f) for who, f in pairs if f is not None]
    drawn = next((f for _, f in asked if figures.kind(f) is figures.plot_curve), None)
    drawn = drawn or next((f for f in _company_curves(dossier)), None)
    mark = comparison.own_deals(dossier)
    return {
        "readings": [
            {
                "who": who,
                "statement": ENTRY[f.claim].statement,
                "finding": f,
                "answer": dossier.say(answers.headline(f)),
            }
            for who, f in asked
        ],
        "drawing": svg.drawing(drawn, "curve-drawing", partial(figures.plot_curve, mark=mark))
        if drawn is not None
        else "",
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
    for place, f in enumerate(dossier.answers):
        topic = ENTRY[f.claim].topic if f.claim in ENTRY else "other"
        before = next((e for e in dossier.answers[:place] if _same_table(e, f)), None)
        by_topic.setdefault(topic, []).append(answers.answer(dossier, f, before))
    return {
        "topics": [
            {"title": TOPICS.get(topic, topic), "items": items}
            for topic, items in by_topic.items()
            if items
        ]
    }


def _same_table(one: Finding, other: Finding) -> bool:
    return one.table is not None and other.table is not None and one.table.equals(other.table)


@_part("untold", words.UNTOLD)
def untold(dossier: Dossier) -> dict[str, Any]:
    """Say what cannot be told and which record, kept from now on, would tell it."""
    closed = [f for f in dossier.answers if f.verdict == "not_testable"]
    lacking = [f for f in closed if not _made_by(f.reason, claim_words.NOT_YET)]
    planned = [str(answers.title(f)) for f in closed if f not in lacking]
    open_ = [f for f in dossier.answers if f.verdict == "inconclusive"]
    why: dict[str, list[Finding]] = {}
    for f in lacking:
        why.setdefault(str(dossier.say(f.reason)), []).append(f)
    records = [
        {"lead": reason, "text": words.LISTED(items=[str(answers.title(f)) for f in of])}
        for reason, of in sorted(why.items(), key=lambda pair: -len(pair[1]))
    ]
    evidence = [
        {"lead": answers.title(f), "text": dossier.say(f.words.get("change") or f.reason)}
        for f in open_
    ]
    groups = [
        {"title": words.LACK_RECORDS, "items": records},
        {"title": words.LACK_EVIDENCE, "items": evidence},
        {"title": words.LACK_TEST, "items": [], "text": words.LISTED(items=planned)},
    ]
    groups = [g for g, some in zip(groups, (records, evidence, planned), strict=True) if some]
    if not groups:
        return {"summary": words.ALL_TOLD, "cheapest": "", "groups": []}
    return {
        "summary": words.UNTOLD_COUNTS(
            n=len(dossier.answers),
            untestable=len(lacking),
            undecided=len(open_),
            planned=len(planned),
        ),
        "cheapest": _cheapest(lacking),
        "groups": groups,
    }


def _made_by(reason: Message | str, template: Template) -> bool:
    return isinstance(reason, Message) and reason.template == template


def _cheapest(lacking: list[Finding]) -> Message | str:
    """Return the single missing record that would open most claims by itself."""
    reasons = [
        f.reason for f in lacking if getattr(f.reason, "template", None) is claim_words.NEEDS
    ]
    alone = [r.values["needs"][0] for r in reasons if len(r.values["needs"]) == 1]
    if not alone:
        return ""
    name, n = Counter(map(str, alone)).most_common(1)[0]
    return words.CHEAPEST(record=next(a for a in alone if str(a) == name), n=n)


@_part("methods", words.METHODS)
def methods(dossier: Dossier) -> dict[str, Any]:
    """Say how it was estimated, what was left out, how often such answers are wrong."""
    used: dict[str, list[object]] = {}
    for f in dossier.answers:
        if f.method and f.verdict != "not_testable":
            used.setdefault(str(f.method), []).append(answers.title(f))
    months, company = dossier.months, dossier.company
    data: list[object] = [words.DATA_PERIOD(start=months[0], end=months[-1])] if months else []
    data += [
        words.FINGERPRINT(fingerprint=company.fingerprint[:12], version=salesdiag.__version__),
        words.MIN_GROUP(n=dossier.min_group),
    ]
    rates = dossier.error_rates
    return {
        "methods": [
            {"method": m, "claims": words.LISTED(items=[str(t) for t in titles])}
            for m, titles in used.items()
        ],
        "errors": words.ERROR_RATES(**rates) if rates else words.NO_ERROR_RATES,
        "dropped": _dropped([company.dropped, panel.dropped(company.tables, company.settings)]),
        "data": data,
    }


def _dropped(frames: list[pd.DataFrame]) -> Table:
    """Return the rows left out, while reading and while counting, as table, cause and count."""
    known = [f[["table", "cause", "rows"]] for f in frames if not f.empty]
    if not known:
        return Table(head=[], rows=[], numeric=[])
    rows = pd.concat(known)
    left_out = rows.loc[rows["rows"] > 0]
    sums = left_out.groupby(["table", "cause"])["rows"].sum().reset_index()
    return Table(
        head=[words.TABLE_HEAD, words.CAUSE_HEAD, words.ROWS_HEAD],
        rows=[
            [words.TABLES.get(table, table), answers.cause(cause), words.SINGLES["count"](value=n)]
            for table, cause, n in sums.itertuples(index=False)
        ],
        numeric=[False, False, True],
    )
