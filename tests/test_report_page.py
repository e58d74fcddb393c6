"""Pages: one file that needs nothing but a browser, made of blocks and of nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from urllib.request import pathname2url

import nbformat
import pytest
from bs4 import BeautifulSoup
from report_cases import COMPANY_NAME, company, findings

from salesdiag import report, text
from salesdiag.report import page

TEAM = "T00"
CHROMIUM = Path("/usr/bin/chromium")


def cell(*outputs, tags=(), source="show()", count=1):
    made = nbformat.v4.new_code_cell(source, execution_count=count, outputs=list(outputs))
    made.metadata["tags"] = list(tags)
    return made


def shown(block):
    data, metadata = block._repr_mimebundle_()
    return nbformat.v4.new_output("execute_result", data, metadata=metadata, execution_count=1)


def notebook(*cells):
    return nbformat.v4.new_notebook(cells=list(cells))


@pytest.fixture(scope="module")
def blocks():
    with text.speaking("en", "EUR"):
        dossier = report.open(company(), (*findings(), *findings(TEAM)), team=TEAM)
        return [b(dossier) for b in report.TEAM_PAGE]


@pytest.fixture(scope="module")
def whole(blocks):
    """The notebook of a team, with all that a page must leave out."""
    return notebook(
        nbformat.v4.new_markdown_cell("# Markdown <script>alert(1)</script>"),
        cell(
            nbformat.v4.new_output("stream", text="/home/somebody/data read"), source="SECRET = 1"
        ),
        *[cell(shown(b)) for b in blocks],
        cell(
            nbformat.v4.new_output("display_data", {"text/html": "<p>a frame</p>"}),
            nbformat.v4.new_output("display_data", {"text/plain": "<repr at 0x7f00>"}),
        ),
    )


@pytest.fixture(scope="module")
def html(whole):
    return page.render(whole, team=TEAM)


@pytest.fixture(scope="module")
def dom(html):
    return BeautifulSoup(html, "html.parser")


def test_page_holds_the_blocks_and_nothing_else(html, blocks):
    for block in blocks:
        assert str(block.html()).strip() in html
    for leak in ("Markdown", "SECRET", "show()", "somebody", "a frame", "0x7f00", "Out[", "In ["):
        assert leak not in html


def test_page_needs_nothing_from_outside(html, dom):
    assert "http" not in html.replace("http-equiv", "")
    assert "url(http" not in html
    assert not dom.find_all(["script", "iframe", "object", "embed", "link", "img", "form", "base"])
    assert not [e for e in dom.find_all(True) for a in e.attrs if a.startswith("on")]
    targets = [a["href"] for a in dom.find_all(href=True)]
    assert targets
    assert all(t.startswith("#") for t in targets)
    assert not re.search(r"/(home|tmp|root|work|Users)/|[A-Z]:\\", html)


def test_page_forbids_scripts_and_says_language_and_direction(dom):
    policy = dom.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert dom.html["lang"] == "en"
    assert dom.html["dir"] == "ltr"
    assert dom.title.get_text() == (
        "North-East · July 2026 to September 2026 · sales management diagnosis"
    )


def test_page_can_be_walked_by_headings_landmarks_and_anchors(dom):
    levels = [int(h.name[1]) for h in dom.find_all(re.compile("^h[1-6]$"))]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert [len(dom.find_all(n)) for n in ("header", "nav", "main")] == [1, 1, 1]
    ids = [e["id"] for e in dom.find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for a in dom.find_all("a")} <= set(ids)
    assert dom.body.find("a")["class"] == ["skip"]
    assert [a.get_text() for a in dom.nav.find_all("a")] == [
        h.get_text() for h in dom.main.find_all("h2")
    ]
    labels = [e["aria-labelledby"] for e in dom.find_all(attrs={"aria-labelledby": True})]
    assert set(labels) <= set(ids)


def test_tables_have_captions_and_scopes_and_drawings_have_words(dom):
    assert dom.find_all("table")
    for table in dom.find_all("table"):
        assert table.caption.get_text(strip=True)
        assert all(th.get("scope") in ("row", "col") for th in table.find_all("th"))
    drawings = dom.find_all("svg")
    assert drawings
    assert all(d["role"] == "img" and len(d["aria-label"]) > 10 for d in drawings)


def test_rendering_is_the_same_every_time(whole, html):
    assert page.render(whole, team=TEAM) == html


def test_notebook_only_cells_are_left_out(blocks):
    (header, found, *_) = blocks
    made = page.render(notebook(cell(shown(header)), cell(shown(found), tags=["notebook-only"])))
    assert "What we found" not in made


@pytest.mark.parametrize("team", [TEAM, None])
def test_page_is_what_the_stock_exporter_makes_of_the_same_template(team):
    from tools.bench import pages

    dossier = report.open(company(), (*findings(), *findings(TEAM)), team=team)
    nb, exporter = pages.executed(dossier), pages.stock()
    made = page.render(nb, team=team)
    assert pages.same(made, exporter(nb))
    assert not pages.same(made, exporter(nb).replace("supported", "contradicted", 1))
    named = made.count("<section")
    for cell in nb.cells:  # both leave out what is for readers of the notebook
        if cell.source == "report.untold(page)":
            cell.metadata["tags"] = [page.HIDDEN_TAG]
    fewer = page.render(nb, team=team)
    assert fewer.count("<section") == named - 1
    assert pages.same(fewer, exporter(nb))


def test_what_is_prepared_for_all_pages_changes_none(whole, html):
    page.warm()
    assert page.render(whole, team=TEAM) == html


def test_rendering_changes_no_notebook(whole):
    before = nbformat.writes(whole)
    page.render(whole)
    assert nbformat.writes(whole) == before


def test_a_notebook_can_be_read_from_a_file(whole, html, tmp_path):
    nbformat.write(whole, tmp_path / "n.ipynb")
    assert page.render(tmp_path / "n.ipynb", team=TEAM) == html


ERROR = nbformat.v4.new_output("error", ename="KeyError", evalue="x", traceback=["/secret"])


@pytest.mark.parametrize(
    ("extra", "match"),
    [
        ([cell(ERROR)], r"Cell 2 .* error \(KeyError\)"),
        ([cell(ERROR, tags=["notebook-only"])], "KeyError"),
        ([cell(count=None)], "Cell 2 .* was not run"),
    ],
)
def test_failed_or_unfinished_notebooks_are_refused(blocks, extra, match):
    with pytest.raises(ValueError, match=match):
        page.render(notebook(cell(shown(blocks[0])), *extra))


def test_a_page_of_another_team_is_refused(whole):
    with pytest.raises(ValueError, match="shows `T00` where the page of `T01`"):
        page.render(whole, team="T01")
    with pytest.raises(ValueError, match="shows `T00`"):
        page.render(whole, team=None)


def test_a_page_needs_a_header_and_each_block_once(blocks):
    with pytest.raises(ValueError, match="no report header"):
        page.render(notebook(cell(shown(blocks[1]))))
    with pytest.raises(ValueError, match="`found` twice"):
        page.render(notebook(*[cell(shown(b)) for b in (blocks[0], blocks[1], blocks[1])]))


@dataclass
class Outcome:
    key: str
    team: str | None
    done: bool
    reason: str | None = None


OUTCOMES = [
    Outcome("company", None, True),
    Outcome("north-east-aaaaaaaa", "T00", True),
    Outcome("x-bbbbbbbb", "T02", True),
    Outcome("script-cccccccc", "T01", False, "The kernel died <b>."),
]


def test_index_lists_pages_failures_and_answers():
    dom = BeautifulSoup(page.index(company(), findings(), OUTCOMES), "html.parser")
    assert [a["href"] for a in dom.main.find_all("a")] == [
        "company.html",
        "teams/north-east-aaaaaaaa.html",
        "teams/x-bbbbbbbb.html",
    ]
    (failed,) = dom.select("section[aria-labelledby=failed] li")
    assert failed.get_text() == "<script>alert(1)</script>: The kernel died <b>."
    assert "1 report could not be made" in dom.get_text()
    assert COMPANY_NAME in dom.h1.get_text()
    assert not dom.find_all("script")
    counts = dom.select("section[aria-labelledby=summary] li")
    assert [c.get_text(" ", strip=True) for c in counts] == [
        "▲ supported More coaching makes reps grow and A manager who sells cannot manage",
        "▼ contradicted A manager who sells has a better team",
        "◆ too small to matter A star seller is no star manager",
        "? cannot be told A one-on-one with every rep, every week",
        counts[4].get_text(" ", strip=True),
        "▪ measured The only task is the plan, More clients active, more from each, Managers sell, "
        "then sit in meetings, and A development plan for each rep",
    ]
    assert counts[4].get_text(" ", strip=True).startswith("○ not testable Lack of coaching is")


def test_index_of_a_run_without_reports_says_so():
    made = page.index(company(), (), [Outcome("company", None, False, "No.")])
    assert "No report was made in this run." in made


def luminance(colour: str) -> float:
    full = "".join(c * 2 for c in colour) if len(colour) == 3 else colour
    parts = [int(full[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_paper(theme):
    block = re.findall(r":root \{(.*?)\}", page.style(), re.S)[theme]
    colour = dict(re.findall(r"--(\w+): #([0-9a-f]+)", block))
    for paper in ("paper", "wash"):
        for ink in ("ink", "soft", "accent", "pos", "neg"):
            pair = sorted((luminance(colour[ink]), luminance(colour[paper])))
            assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, (ink, paper)


def test_layout_follows_the_direction_of_the_script():
    sides = re.findall(r"(?:margin|padding|border)-(?:left|right)|text-align: (?:left|right)",
                       page.style())  # fmt: skip
    assert sides == []


SMALL = """
from report_cases import company, findings
from salesdiag import report
page = report.open(company(), (*findings(), *findings("T00")), team="T00")
print("not for the page")
"""


@pytest.mark.slow
def test_a_notebook_executed_by_a_kernel_becomes_the_same_page(html, monkeypatch):
    from nbclient import NotebookClient

    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    cells = [SMALL, *[f"report.{b.__name__}(page)" for b in report.TEAM_PAGE]]
    nb = notebook(*[nbformat.v4.new_code_cell(c) for c in cells])
    NotebookClient(nb, timeout=120, kernel_name="python3").execute()
    assert page.render(nb, team=TEAM) == html


@pytest.fixture(scope="module")
def browser():
    sync = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not here; pages were not opened in a browser")
    with sync.sync_playwright() as playing:
        opened = playing.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def stored(html, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    (folder / "ltr.html").write_text(html, encoding="utf-8")
    (folder / "rtl.html").write_text(html.replace('dir="ltr"', 'dir="rtl"'), encoding="utf-8")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser(browser, stored, direction, width, scheme):
    view = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=True
    )
    tab = view.new_page()
    said, asked = [], []
    tab.on("console", lambda m: said.append(m.text))
    tab.on("pageerror", lambda e: said.append(str(e)))
    tab.on("request", lambda r: asked.append(r.url))
    address = "file://" + pathname2url(str(stored / f"{direction}.html"))
    tab.goto(address)
    tab.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    small = tab.evaluate(
        "[...document.querySelectorAll('figure text')].map(t => t.getBoundingClientRect().height)"
    )
    assert min(small) >= 10
    paper, ink = tab.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
    assert paper != ink
    assert said == []
    assert asked == [address]
    view.close()


@pytest.mark.slow
def test_details_open_without_scripts_by_keyboard(browser, stored):
    view = browser.new_context(java_script_enabled=False)
    tab = view.new_page()
    tab.goto("file://" + pathname2url(str(stored / "ltr.html")))
    body = tab.locator("#claim-coaching-hours .body")
    assert not body.is_visible()
    tab.locator("#claim-coaching-hours summary").focus()
    tab.keyboard.press("Enter")
    assert body.is_visible()
    view.close()


@pytest.mark.slow
def test_print_keeps_details_as_left_and_hides_navigation(browser, stored):
    tab = browser.new_page(color_scheme="dark")
    tab.goto("file://" + pathname2url(str(stored / "ltr.html")))
    tab.emulate_media(media="print", color_scheme="dark")
    assert not tab.locator("nav").is_visible()
    assert not tab.locator("#claim-coaching-hours .body").is_visible()
    ink = tab.evaluate("getComputedStyle(document.body).color")
    assert ink == "rgb(28, 36, 48)"  # dark ink on white paper, whatever the screen's theme
    assert len(tab.pdf(format="A4")) > 10_000
    tab.close()
