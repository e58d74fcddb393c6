"""From an executed notebook to one HTML file that needs nothing but a browser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import nbformat
from markupsafe import Markup
from nbformat import NotebookNode

from salesdiag import text
from salesdiag.claims import CLAIM
from salesdiag.claims.error_rates import FINDING, TEAM
from salesdiag.company import Company
from salesdiag.finding import Finding
from salesdiag.report import answers, reliability, svg
from salesdiag.report.block import METADATA, SHAPES, environment, style
from salesdiag.text import Message
from salesdiag.text import pages as words

HIDDEN_TAG = "notebook-only"
ANY = "*"
"""Stands for whatever team a page turns out to be about."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A block as it is found in a notebook's output."""

    name: str
    title: str
    markup: Markup
    team: str | None
    language: str
    direction: str


def parts(nb: NotebookNode) -> list[Part]:
    """Return the blocks that a notebook shows, in order; nothing of cells for its readers alone.

    Raises
    ------
    ValueError
        There is no header, or a block is shown twice.
    """
    found = [
        Part(
            name=about["block"],
            title=about["title"],
            markup=Markup(output["data"]["text/html"]),
            team=about["team"],
            language=about["language"],
            direction=about["direction"],
        )
        for cell in nb.cells
        if HIDDEN_TAG not in cell.metadata.get("tags", ())
        for output in cell.get("outputs", ())
        if (about := output.get("metadata", {}).get(METADATA))
    ]
    names = [p.name for p in found]
    if "header" not in names:
        raise ValueError(str(words.REFUSE_NO_HEADER()))
    for name in names:
        if names.count(name) > 1:
            raise ValueError(str(words.REFUSE_TWICE(block=name)))
    return found


def render(nb: NotebookNode | str | Path, team: str | None = ANY) -> str:
    """Return an executed notebook's blocks as one self-contained HTML page.

    Parameters
    ----------
    nb : NotebookNode or path
        Executed; cells tagged ``notebook-only`` are left out, and so is every output that is not
        a block of this package.
    team : str or None
        Team id that the page must be about, None for the company; not checked by default.

    Returns
    -------
    str
        HTML without scripts, outside addresses or paths.

    Raises
    ------
    ValueError
        A cell ended in an error or was not run, there is no header, a block is shown twice, or the
        page is about another team than it should be.
    """
    node = nb if isinstance(nb, NotebookNode) else nbformat.read(nb, as_version=4)
    refuse(node)
    shown = parts(node)
    for part in shown:
        if team != ANY and part.team != team:
            raise ValueError(str(words.REFUSE_OTHER(shown=part.team, wanted=team)))
    return environment().get_template("page.html.j2").render(shown=shown, style=style())


def refuse(nb: NotebookNode) -> None:
    """Raise ``ValueError`` where a notebook failed or was not run to its end."""
    for number, cell in enumerate(nb.cells, start=1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        for output in cell.outputs:
            if output.output_type == "error":
                raise ValueError(str(words.REFUSE_ERROR(cell=number, error=output.ename)))
        if cell.execution_count is None:
            raise ValueError(str(words.REFUSE_NOT_RUN(cell=number)))


def warm() -> None:
    """Prepare what every page uses, once for all processes that are forked from here on."""
    style()
    svg.warm()
    for language in text.languages():
        with text.speaking(language, "EUR"):
            for term in ("number", "amount", "share"):
                str(words.SINGLES[term](value=1.5))
    for name in environment().list_templates():
        environment().get_template(name)
    for claim in CLAIM:
        for analysis in (FINDING, TEAM):
            reliability.rates(claim, analysis)
            reliability.warning(claim, analysis)


class Outcome(Protocol):
    """What became of one report of a run."""

    @property
    def key(self) -> str:
        """File name without ending."""

    @property
    def team(self) -> str | None:
        """Team id; None for the company's report."""

    @property
    def done(self) -> bool:
        """Whether there is a page."""

    @property
    def reason(self) -> Message | str | None:
        """Why there is none."""


def index(
    company: Company,
    findings: Iterable[Finding],
    outcomes: Sequence[Outcome],
    options: Mapping[str, Any] = MappingProxyType({}),
) -> str:
    """Return the page that lists the reports of a run.

    Parameters
    ----------
    company : Company
    findings : iterable of Finding
        Those of company scope are counted by verdict.
    outcomes : sequence of Outcome
        The pages, which lie beside this one (the company's) or in ``teams/``.
    options : mapping
        ``language``, an ISO 639-1 code; empty for the company's.
    """
    language = options.get("language") or company.settings.language
    names = dict(zip(company.teams["team_id"], company.teams["name"], strict=True))
    told = [f for f in findings if f.team is None]
    tested = [f for f in told if not answers.untested(f)]
    with text.speaking(language, company.settings.currency) as speech:
        template = environment().get_template("index.html.j2")
        return template.render(
            title=words.INDEX_TITLE(company=company.name),
            company=words.SINGLES["name"](value=company.name),
            losses=company.losses.lines,
            language=speech.language,
            direction=speech.direction,
            company_page=any(o.done and o.team is None for o in outcomes),
            teams=[
                {"name": words.SINGLES["name"](value=names[o.team]), "href": f"teams/{o.key}.html"}
                for o in outcomes
                if o.done and o.team is not None
            ],
            failed=[
                words.FAILED_TEAM(
                    team=company.name if o.team is None else names[o.team], reason=o.reason
                )
                for o in outcomes
                if not o.done
            ],
            answers=[
                {"verdict": v, "titles": words.LISTED(items=titles)}
                for v in SHAPES
                if (titles := [str(answers.title(f)) for f in tested if f.verdict == v])
            ],
            untested=words.UNTESTED(n=len(told) - len(tested)) if len(told) > len(tested) else "",
            style=style(),
        )
