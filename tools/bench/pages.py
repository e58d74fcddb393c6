"""What it takes to make a page from an executed notebook, beside nbconvert's own HTML exporter.

``python -m tools.bench.pages`` prints the rows. Both sides are given the same notebooks and the
same template, and are reused from page to page; their pages are compared before anything is timed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

import nbformat
from bs4 import BeautifulSoup
from jinja2 import DictLoader, PackageLoader
from nbconvert import HTMLExporter
from nbformat import NotebookNode

from salesdiag import load, report
from salesdiag.claims import test_all
from salesdiag.report import page
from salesdiag.report.block import environment, style
from salesdiag.report.overview import Overview
from tools.bench.rows import Row, spent

REPETITIONS = 15
LEAST = 5.0
NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
WRAPPED = "{% set shown = page_parts(nb) %}{% set style = page_style %}{% include 'page.html.j2' %}"


def stock() -> Callable[[NotebookNode], str]:
    """Return nbconvert's HTML exporter with our page for its template, ready to be reused."""
    exporter = HTMLExporter(
        template_file="wrapped.html.j2",
        extra_loaders=[DictLoader({"wrapped.html.j2": WRAPPED}), PackageLoader("salesdiag.report")],
    )
    ours, theirs = environment(), exporter.environment
    for option in ("autoescape", "undefined", "trim_blocks", "lstrip_blocks"):
        setattr(theirs, option, getattr(ours, option))
    theirs.globals |= {**ours.globals, "page_parts": page.parts, "page_style": style()}
    return lambda nb: exporter.from_notebook_node(nb)[0]


def executed(dossier: report.Dossier) -> NotebookNode:
    """Return the shipped notebook with what its cells show of a dossier."""
    name = "company_report.ipynb" if dossier.team is None else "team_report.ipynb"
    nb = nbformat.read(NOTEBOOKS / name, as_version=4)
    blocks = report.COMPANY_PAGE if dossier.team is None else report.TEAM_PAGE
    makes = {f"report.{block.__name__}(page)": block for block in blocks}
    for number, cell in enumerate((c for c in nb.cells if c.cell_type == "code"), start=1):
        cell.execution_count, cell.outputs = number, []
        if cell.source in makes:
            data, about = makes[cell.source](dossier)._repr_mimebundle_()
            cell.outputs.append(
                nbformat.v4.new_output(
                    "execute_result", data, metadata=about, execution_count=number
                )
            )
    return nb


def same(one: str, other: str) -> bool:
    """Say whether two pages are the same to whoever parses them."""
    return BeautifulSoup(one, "html.parser") == BeautifulSoup(other, "html.parser")


def rows(scratch: Path) -> list[Row]:
    """Return how much faster a page is made than by the stock exporter.

    Parameters
    ----------
    scratch : Path
        Folder; the pages are left in it.

    Raises
    ------
    ValueError
        The two make different pages.
    """
    company = load("data/demo")
    team = str(company.teams["team_id"].iloc[0])
    results = test_all(company, [team])
    overview = Overview.of(company)
    subjects = {"team": team, "company": None}
    notebooks = {
        kind: executed(overview.dossier(of, results.all())) for kind, of in subjects.items()
    }
    theirs = stock()
    for kind, nb in notebooks.items():
        made = page.render(nb, subjects[kind])
        (scratch / f"{kind}.html").write_text(made, encoding="utf-8")
        if not same(made, theirs(nb)):
            raise ValueError(f"the page of the {kind} is not what the stock exporter makes")
    return [_row(kind, nb, theirs) for kind, nb in notebooks.items()]


def _row(kind: str, nb: NotebookNode, theirs: Callable[[NotebookNode], str]) -> Row:
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(REPETITIONS):
        for made, times in zip((theirs, page.render), taken, strict=True):
            with spent() as time:
                made(nb)
            times.append(time.cpu)
    slow, fast = (median(times) * 1e3 for times in taken)
    return Row(
        what=f"page of the {kind} from its executed notebook, beside a reused HTMLExporter",
        measured=slow / fast,
        bound=LEAST,
        at_least=True,
        detail=f"{slow:.1f} ms to {fast:.1f} ms of processor time; parsed pages equal",
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for row in rows(Path(folder)):
            print(row)
