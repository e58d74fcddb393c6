"""A part of a report: shown as HTML in a notebook or page, as plain text anywhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from salesdiag.text import findings as finding_words
from salesdiag.text import pages as words

METADATA = "salesdiag"
"""Key of the output metadata by which a page knows a block."""

JOINER = "\N{WORD JOINER}"
SIGNED_MONEY = re.compile(r"(?<![^\s(>])([+\u2212])(?=[^\s\d<]{1,4}\d)")
"""A sign before a currency, between which a line could break."""

SHAPES: Mapping[str, str] = {
    "supported": "▲",
    "contradicted": "▼",
    "negligible": "◆",
    "inconclusive": "?",
    "not_testable": "○",
    "measured": "▪",
}
"""A verdict's shape, for those who do not see its colour."""


@cache
def environment() -> Environment:
    """Return the templates of all blocks and pages; everything filled in is escaped."""
    env = Environment(
        loader=PackageLoader("salesdiag.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals |= {"words": words, "verdicts": finding_words.VERDICTS, "shapes": SHAPES}
    return env


@dataclass(frozen=True, kw_only=True)
class Block:
    """A finished part of a report.

    Attributes
    ----------
    name : str
        Identifier, which is also its anchor on the page.
    title : str
        Its heading, in the report's language; for the header, the title of the page.
    markup : Markup
        HTML without scripts or outside addresses.
    team : str or None
        Team id of the dossier; None for the company's.
    language, direction : str
        For the attributes of the page.
    """

    name: str
    title: str
    markup: Markup
    team: str | None = None
    language: str = "en"
    direction: str = "ltr"

    def html(self) -> Markup:
        """Return the block as HTML."""
        return self.markup

    __html__ = html

    def __str__(self) -> str:
        """Return the same content as plain text."""
        return plain_text(self.markup)

    __repr__ = __str__

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        about = {
            "block": self.name,
            "title": self.title,
            "team": self.team,
            "language": self.language,
            "direction": self.direction,
        }
        return {"text/plain": str(self), "text/html": str(self.markup)}, {METADATA: about}


@dataclass(frozen=True)
class Style:
    """The style sheet of pages, made to fit blocks inside a notebook and nothing else there."""

    def _repr_html_(self) -> str:
        rules = str(style()).replace(":root", "&")
        return f"<style>.salesdiag.salesdiag {{ {NOTEBOOK} {rules} }}</style>"

    def __str__(self) -> str:
        """Say what it is where there is no HTML."""
        return "Style of the blocks below"

    __repr__ = __str__


NOTEBOOK = (
    "max-width: 46rem; padding-inline: .2rem; background: var(--paper); color: var(--ink); "
    "font: 16px/1.55 system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; "
    "h1, h2, h3, h4 { font-weight: 700; } tr, tr:nth-child(odd), tr:hover { background: none; }"
)


@cache
def style() -> Markup:
    """Return the style sheet of every page."""
    return Markup(resources.files("salesdiag.report").joinpath("style.css").read_text("utf-8"))


def fill(name: str, **values: Any) -> Markup:
    """Return a block's template filled with values."""
    made = environment().get_template(f"{name}.html.j2").render(block=name, **values)
    return Markup(SIGNED_MONEY.sub(rf"\1{JOINER}", made))


class _PlainText(HTMLParser):
    """Collects what a reader hears: headings, sentences, list numbers, cells, drawings in words."""

    PARAGRAPHS = frozenset(
        {"p", "li", "div", "tr", "ul", "ol", "header", "section", "h1", "h2", "h3", "h4"}
        | {"table", "caption", "details", "summary", "figure", "figcaption"}
    )

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = [""]
        self._lists: list[int | None] = []
        self._silent = 0

    def _break(self) -> None:
        line = self.lines[-1].strip()
        if line and not re.fullmatch(r"-|\d+\.", line):
            self.lines.append("")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = dict(attrs)
        if self._silent:
            self._silent += tag == "svg"
            return
        classes = (about.get("class") or "").split()
        if tag in self.PARAGRAPHS or "line" in classes:
            self._break()
        if tag == "svg":
            self.lines[-1] += f"[{about.get('aria-label') or ''}] "
            self._silent = 1
        elif tag in ("ol", "ul"):
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self.lines[-1] += self._marker()
        elif tag in ("td", "th") and self.lines[-1].strip():
            self.lines[-1] = self.lines[-1].rstrip() + " | "
        elif "chip" in classes:
            self.lines[-1] += " "

    def _marker(self) -> str:
        number = self._lists[-1] if self._lists else None
        if number is None:
            return "- "
        self._lists[-1] = number + 1
        return f"{number + 1}. "

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            self._silent -= tag == "svg"
            return
        if tag in ("ol", "ul"):
            self._lists.pop()
        if tag in ("h1", "h2", "h3"):
            title = " ".join(self.lines[-1].split())
            rule = {"h1": "=", "h2": "-"}.get(tag)
            self.lines += [rule * len(title)] if rule else []
            self.lines.append("")
        elif tag in self.PARAGRAPHS:
            self._break()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.lines[-1] += data


def plain_text(markup: str) -> str:
    """Return the content of a block as plain text, one paragraph a line.

    Examples
    --------
    >>> print(plain_text("<h2>Found</h2><ol><li>One &amp; two</li></ol>"))
    Found
    -----
    1. One & two
    """
    parser = _PlainText()
    parser.feed(str(markup).replace(JOINER, ""))
    parser.close()
    lines = (" ".join(line.split()) for line in parser.lines)
    return "\n".join(line for line in lines if line)
