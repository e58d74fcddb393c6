"""What a page says about how often its verdicts are wrong, from the counts shipped with us."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType

import pandas as pd

from salesdiag.claims import CLAIM
from salesdiag.claims.error_rates import FINDING, TEAM, ErrorRates, error_rates, measured, misses
from salesdiag.finding import Finding
from salesdiag.report import answers, figures, units
from salesdiag.report.answers import Table
from salesdiag.report.dossier import Dossier
from salesdiag.text import Message
from salesdiag.text import calibration as words
from salesdiag.text import pages as page_words

TESTED = ("supported", "contradicted", "negligible", "inconclusive")
"""Verdicts of claims about cause and effect."""
Group = Sequence[tuple[Finding, ErrorRates]]  # claims with the same figures
FAILURES: Mapping[str, str] = MappingProxyType(
    {
        "supported": "false",
        "contradicted": "false",
        "team_supported": "false",
        "team_contradicted": "false",
        "negligible": "small",
        # p is below 5 % where the 95 % range leaves zero out
        "size": "ranges",
        "coverage": "ranges",
        "team_coverage": "ranges",
        "sign_error": "signs",
        "team_sign_error": "signs",
    }
)
"""Bounds that can be missed, by what a reader is told."""


def kind(world: str) -> Message:
    """Return what a kind of planted company is like; its name where we have no words."""
    return words.KINDS[world]() if world in words.KINDS else words.OTHER_KIND(name=world)


def tested(dossier: Dossier) -> list[Finding]:
    """Return the findings of a page whose verdicts can be wrong."""
    return [f for f in dossier.answers if f.verdict in TESTED]


def values(dossier: Dossier) -> dict[str, object]:
    """Return what the part on error rates shows: a table and sentences, by claim."""
    alike: dict[tuple[str, ...], list[tuple[Finding, ErrorRates]]] = {}
    silent: list[Finding] = []
    for finding in tested(dossier):
        counted = rates(finding.claim)
        if counted is None:
            silent.append(finding)
        else:
            alike.setdefault(_figures(counted), []).append((finding, counted))
    groups = list(alike.values())
    least = min((_fewest(f.claim) for group in groups for f, _ in group), default=0)
    items: list[dict[str, object]] = [
        {
            "verdict": "",
            "title": _titles(group),
            "sentences": _sentences(group),
            "warning": warning(f.claim),
        }
        for group in groups
        for f, _ in group[:1]
    ]
    if silent:
        title = page_words.LISTED(items=[str(answers.title(f)) for f in silent])
        silence = {"sentences": [words.NOT_COUNTED], "warning": ""}
        items.append({"verdict": "", "title": title} | silence)
    return {
        "tried": words.TRIED if groups else words.NONE_COUNTED,
        "caution": words.NOT_THIS_VERDICT if groups else "",
        "table": _table(groups) if groups else None,
        "caption": words.CAPTION,
        "slack": words.SLACK,
        "items": items,
        "resolution": words.RESOLUTION(least=least, most=min(3 / least, 1)) if least else "",
    }


def _figures(rates: ErrorRates) -> tuple[str, ...]:
    """Return what two claims that read one curve have in common, as words: NaN equals NaN."""
    return tuple(str(v) for k, v in vars(rates).items() if k not in ("claim", "plain"))


def _titles(group: Group) -> Message:
    return page_words.LISTED(items=[str(answers.title(f)) for f, _ in group])


def _sentences(group: Group) -> list[Message]:
    """Return the wrong verdicts where nothing is true, what others find there, and the power."""
    (finding, rates), said = group[0], []
    if rates.companies:
        said.append(
            words.FALSE(
                companies=rates.companies,
                kinds=words.KIND_COUNT(n=rates.worlds),
                supported=rates.supported,
                contradicted=rates.contradicted,
                supported_worst=rates.supported_worst,
                contradicted_worst=rates.contradicted_worst,
            )
        )
        # only the first of the claims that read one curve has the plain analyses beside it
        plain = next((r for _, r in group if r.plain), None)
        if plain is not None:
            shares = plain.plain
            name = max(shares, key=lambda n: shares[n])
            said.append(
                words.PLAIN_FOUND(
                    ours=rates.rejected, analysis=_plain(name, plain.claim), share=shares[name]
                )
            )
            if len(shares) > 1:
                said.append(words.BEST_FOUND(n=len(shares), least=min(shares.values())))
    if rates.planted:
        effect = _effects(finding, rates)
        said.append(words.FOUND(effect=effect, found=rates.found, planted=rates.planted))
        if math.isfinite(rates.negligible):
            said.append(words.CALLED_SMALL(share=rates.negligible))
        if math.isfinite(rates.sign_error):
            said.append(words.WRONG_SIDE(share=rates.sign_error))
    return said


def _effects(finding: Finding, rates: ErrorRates) -> Message:
    """Return how large the planted effects are."""
    unit = finding.estimate.unit if finding.estimate is not None else "log_points"
    return _span(*(units.size(x, unit) for x in (rates.effect_least, rates.effect_most)))


def _span(least: Message, most: Message) -> Message:
    return least if str(least) == str(most) else words.SPAN(least=least, most=most)


def _plain(name: str, claim: str) -> Message:
    """Return what a plain analysis is called, with what it relates to sales."""
    driver = getattr(CLAIM[claim].design, "driver", "") if claim in CLAIM else ""
    spoken = words.DRIVERS.get(driver, words.OTHER_DRIVER)()
    template = words.PLAIN.get(name)
    return template(driver=spoken) if template else words.OTHER_PLAIN(driver=spoken, name=name)


def _table(groups: Sequence[Group]) -> Table:
    heads = (
        words.CLAIM_HEAD, words.FALSE_SUPPORT_HEAD, words.FALSE_CONTRADICTION_HEAD,
        words.HELD_HEAD, words.FOUND_HEAD, words.SIGN_HEAD,
    )  # fmt: skip
    return Table(
        head=heads,
        rows=[[_titles(group), *_cells(group[0][1])] for group in groups],
        numeric=[False] + [True] * (len(heads) - 1),
    )


def _cells(rates: ErrorRates) -> list[Message]:
    held = [words.SHARE(share=x) for x in (rates.covered_least, rates.covered_most)]
    return [
        words.WITH_WORST(share=rates.supported, high=rates.supported_high),
        words.WITH_WORST(share=rates.contradicted, high=rates.contradicted_high),
        _span(*held),
        words.WITH_LEAST(share=rates.found, least=rates.found_least)
        if rates.planted
        else words.SHARE(share=rates.found),
        words.SHARE(share=rates.sign_error),
    ]


def short(dossier: Dossier) -> list[dict[str, object]]:
    """Return how often verdicts like those of this page are wrong, a sentence a claim."""
    said: dict[tuple[str, ...], dict[str, object]] = {}
    titles: dict[tuple[str, ...], list[str]] = {}
    for f in tested(dossier):
        analysis = TEAM if f.team is not None and figures.stands_apart(f) else FINDING
        sentence, doubt = _told(f, analysis), warning(f.claim, analysis)
        key = (f.verdict, str(sentence), str(doubt))
        said[key] = {"verdict": f.verdict, "sentences": [sentence], "warning": doubt}
        titles.setdefault(key, []).append(str(answers.title(f)))
    return [v | {"title": page_words.LISTED(items=titles[key])} for key, v in said.items()]


def _told(finding: Finding, analysis: str) -> Message:
    """Return how many were told a verdict wrongly; of one left open, how many were told rightly."""
    counted = rates(finding.claim, analysis)
    decided = finding.verdict in ("supported", "contradicted")
    name = "found" if finding.verdict == "inconclusive" else finding.verdict
    n = 0 if counted is None else counted.companies if decided else counted.planted
    if counted is None or not n or not math.isfinite(getattr(counted, name)):
        return words.NOT_COUNTED()
    template = (words.OF_TEAMS if analysis == TEAM else words.OF_COMPANIES)[name]
    effect = {} if decided else {"effect": _effects(finding, counted)}
    return template(n=n, share=getattr(counted, name), **effect)


@cache
def rates(claim: str, analysis: str = FINDING) -> ErrorRates | None:
    """Return how often a claim's test errs, counted once; see :func:`error_rates`."""
    return error_rates(claim, analysis)


@cache
def warning(claim: str, analysis: str = FINDING) -> Message | str:
    """Return which bounds a claim's test misses, and in which kinds; empty where none."""
    failed: dict[str, dict[str, Message]] = {}  # two kinds may have the same words
    for _, row in _rows(claim, analysis).iterrows():
        for bound in misses(row):
            told = words.QUOTED(
                kind=kind(str(row["world"])), share=row[bound.column], allowed=bound.allowed
            )
            failed.setdefault(FAILURES[bound.name], {})[str(told)] = told
    clauses = [
        told(kinds=list(failed[name].values()), n=len(failed[name]))
        for name, told in words.FAILED.items()
        if name in failed
    ]
    return words.WARNING(failures=clauses) if clauses else ""


def _rows(claim: str, analysis: str) -> pd.DataFrame:
    rows = measured()
    mine = (rows["claim"] == claim) & (rows["analysis"] == analysis) & (rows["companies"] > 0)
    return rows[mine]


def _fewest(claim: str) -> int:
    """Return in how few companies of a kind a claim was counted."""
    return int(_rows(claim, FINDING)["companies"].min())
