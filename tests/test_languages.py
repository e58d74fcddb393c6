"""No page keeps an English word: every sentence users read is in the catalogue."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import matplotlib.text
import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup, NavigableString
from test_text import SENTENCES

import salesdiag as sd
from salesdiag import claims as cl
from salesdiag import report, text
from salesdiag.batch.jobs import Outcome
from salesdiag.report import figures, page
from salesdiag.text import commands, speaking

ROOT = Path(__file__).resolve().parent.parent
PSEUDO = "eo"
"""Spoken by no catalogue of ours, known to Babel: its own names of months count as data."""
OPEN, CLOSE = "⟦", "⟧"
LETTERS = re.compile(r"[A-Za-z]{3,}")
TEAM = "T03"


def disguised(sentence: str) -> str:
    """Return a sentence whose words are marked as translated."""
    return f"{OPEN}{sentence}{CLOSE}"


@pytest.fixture(scope="module")
def messages():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT)
        return import_module("tools.messages")


@pytest.fixture(scope="module")
def demo():
    return sd.load("data/demo")


@pytest.fixture(scope="module")
def results(demo):
    return cl.test_all(demo, [TEAM])


@pytest.fixture(scope="module")
def pseudo(messages, tmp_path_factory):
    """Speak a language in which every sentence stands between brackets."""
    found = messages.catalogue()
    for message in messages.sentences(found):
        both = isinstance(message.id, tuple)
        message.string = tuple(map(disguised, message.id)) if both else disguised(message.id)
    folder = tmp_path_factory.mktemp("locale")
    where = folder / PSEUDO / "LC_MESSAGES"
    where.mkdir(parents=True)
    with (where / "salesdiag.mo").open("wb") as file:
        write_mo(file, found)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "LOCALE_DIR", folder)
        text._catalogue.cache_clear()
        with speaking(PSEUDO, "EUR"):
            yield folder
    text._catalogue.cache_clear()


def outside(said: list[str]) -> str:
    """Return what stands outside all brackets, which may open and close in several pieces."""
    kept, depth = [], 0
    for c in "\n".join(said):
        depth += (c == OPEN) - (c == CLOSE)
        kept.append(c if depth == 0 else " ")
    assert depth == 0, said
    return "".join(kept)


def english(html: str) -> set[str]:
    """Return words of a page that are in no catalogue and not from data."""
    page = BeautifulSoup(html, "html.parser")
    for data in page.find_all(["bdi", "style", "script", "code"]):
        data.decompose()
    words = set(
        LETTERS.findall(
            outside([str(t) for t in page.find_all(string=True) if type(t) is NavigableString])
        )
    )
    for name in ("alt", "title", "aria-label", "aria-description"):
        for tag in page.find_all(attrs={name: True}):
            words |= set(LETTERS.findall(outside([tag[name]])))
    return words


def test_the_catalogue_holds_every_sentence(messages):
    found = {m.id[0] if isinstance(m.id, tuple) else m.id: m for m in messages.catalogue() if m.id}
    assert len(found) > 900
    assert {t.one for _, t in SENTENCES} <= set(found)
    for _, t in SENTENCES:
        assert found[t.one].id == ((t.one, t.many) if t.many else t.one)


def test_translators_are_told_what_stands_in_each_gap(tmp_path):
    path = tmp_path / "salesdiag.pot"
    command = [sys.executable, "tools/messages.py", str(path)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    with path.open("rb") as file:
        made = read_po(file)
    assert int(said.split()[0]) == len([m for m in made if m.id])
    for message in made:
        first = message.id[0] if isinstance(message.id, tuple) else message.id
        for gap in re.findall(r"\{(\w+)", first):
            assert any(c.startswith(f"{{{gap}}}: ") for c in message.auto_comments), first
    plural = next(m for m in made if m.id and m.id[0] == "{reps:int} rep")
    assert plural.auto_comments == ["{reps}: a whole number; chooses the plural"]


@pytest.mark.parametrize("team", [None, TEAM])
def test_no_page_keeps_an_english_word(team, pseudo, demo, results):
    found = (*results.company, *(results.team(team) if team else ()))
    dossier = report.open(demo, found, team=team, language=PSEUDO)
    for block in report.TEAM_PAGE if team else report.COMPANY_PAGE:
        said = str(block(dossier).html())
        assert OPEN in said
        assert not english(said), block.__name__


def test_neither_index_nor_errors_keep_an_english_word(pseudo, demo, results):
    outcomes = [
        Outcome(key="company", team=None, done=True, seconds=1),
        Outcome(key="a", team=TEAM, done=True, seconds=1),
        Outcome(key="b", team="T01", done=False, seconds=1, reason=commands.UNEXECUTED(cell=3)),
    ]
    html = page.index(demo, results.company, outcomes, {"language": PSEUDO})
    assert OPEN in html
    assert not english(html)


def test_no_plot_and_no_paragraph_keeps_an_english_word(pseudo, results):
    for finding in results.all():
        _, *said = str(finding).split("\n", 1)
        assert not LETTERS.findall(outside(said)), finding.claim
        if figures.kind(finding) is not None:
            drawn = sd.plot(finding).figure.findobj(matplotlib.text.Text)
            assert not LETTERS.findall(outside([t.get_text() for t in drawn])), finding.claim
