"""Opening a dossier: from what a run left for a page, or from the company itself."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from salesdiag import text
from salesdiag.claims import test_all
from salesdiag.company import Company, load
from salesdiag.errors import Refusal
from salesdiag.finding import Finding
from salesdiag.report.dossier import Dossier
from salesdiag.report.overview import Overview
from salesdiag.settings import Settings
from salesdiag.text import Speech, near
from salesdiag.text import pages as words


def open(
    company: Company | str | Path,
    findings: Iterable[Finding] | str | Path = "",
    team: str | None = None,
    identify: bool = False,
    language: str | None = None,
) -> Dossier:
    """Open the dossier of a company or of one of its teams, and speak its language from here on.

    Parameters
    ----------
    company : Company or path
        A path or database URL is loaded, unless a run left the dossier.
    findings : iterable of Finding, or path
        A path is that of a file in which a run left the dossier (a pickle of our own making): then
        nothing is read or counted. An empty one has the findings computed.
    team : str, optional
        Team id; none, or an empty one, for the company.
    identify : bool
        Call people by their names.
    language : str, optional
        ISO 639-1 code; the company's where not given.

    Raises
    ------
    ValueError
        The company has no such team, the run left the dossier of another, or there are no texts
        in the language.
    DataError
        The data cannot be used.
    """
    team, language = team or None, language or None
    if isinstance(findings, str | Path) and str(findings):
        dossier = _handed(Path(findings), team)
        return replace(dossier, speech=_speak(language, dossier.settings))
    company = load(company) if isinstance(company, str | Path) else company
    teams = list(company.teams["team_id"])
    if team is not None and team not in teams:
        raise Refusal(words.REFUSE_TEAM(team=team, near=near(team, teams)))
    speech = _speak(language, company.settings)
    if isinstance(findings, str | Path):
        findings = test_all(company, [team] if team else []).all()
    return replace(Overview.of(company, identify).dossier(team, findings), speech=speech)


def _handed(path: Path, team: str | None) -> Dossier:
    """Return the dossier that a run left for the page of a team."""
    dossier: Dossier = pickle.loads(path.read_bytes())
    if dossier.team != team:
        raise Refusal(words.REFUSE_HANDED(left=dossier.team, wanted=team))
    return dossier


def _speak(language: str | None, settings: Settings) -> Speech:
    """Speak a language, or that of the company, from here on."""
    chosen = language or settings.language
    if chosen not in text.languages():
        raise Refusal(words.REFUSE_LANGUAGE(language=chosen, known=text.languages()))
    text.speak(chosen, settings.currency)
    return text.current()
