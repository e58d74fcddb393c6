"""Every sentence of the project as a catalogue for translators (a ``.pot`` file).

    python tools/messages.py salesdiag.pot

Sentences are found where they are declared, by ``N_`` in the source. What a translator must know
of a gap (what stands there, and in which form) is written above each sentence.
"""

from __future__ import annotations

import argparse
import ast
import string
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import write_po

ROOT = Path(__file__).resolve().parent.parent
GAPS = {
    "int": "a whole number",
    "num": "a number",
    "num1": "a number with one decimal",
    "pct": "a percentage",
    "pct1": "a percentage with one decimal",
    "pct2": "a percentage with two decimals",
    "money": "an amount of money, rounded",
    "exact": "an amount of money",
    "date": "a day with month and year",
    "month": "month and year, nominative",
    "month_of": "month and year, as within a date",
    "quarter": "a quarter with its year",
    "name": "a name from the data, as it is",
    "text": "a sentence or label of ours, or a word that is not translated",
    "": "a sentence or label of ours, or a word that is not translated",
    "list": "a list of such",
}


def described(sentence: str, count: str | None) -> Iterator[str]:
    """Yield what stands in each gap of a sentence."""
    for _, name, spec, _ in string.Formatter().parse(sentence):
        if name is not None:
            kind = GAPS[(spec or "").lstrip("+")]
            sign = ", always with its sign" if (spec or "").startswith("+") else ""
            yield f"{{{name}}}: {kind}{sign}" + ("; chooses the plural" if name == count else "")


def declared(path: Path) -> Iterator[tuple[int, str, str | None, str | None, str | None]]:
    """Yield line, sentence, plural, counting field and context of each ``N_`` in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "N_":
            said = [ast.literal_eval(a) for a in node.args]
            named = {k.arg: ast.literal_eval(k.value) for k in node.keywords}
            one, many = said[0], said[1] if len(said) > 1 else named.get("many")
            yield node.lineno, one, many, named.get("count"), named.get("context")


def catalogue(root: Path = ROOT) -> Catalog:
    """Return all sentences of the package, each with where it stands and what its gaps hold."""
    found = Catalog(project="salesdiag", charset="utf-8")
    for path in sorted((root / "salesdiag").rglob("*.py")):
        for line, one, many, count, context in declared(path):
            found.add(
                one if many is None else (one, many),
                locations=[(path.relative_to(root).as_posix(), line)],
                auto_comments=list(dict.fromkeys(described(one, count))),
                flags=["python-brace-format"] if "{" in one else [],
                context=context,
            )
    return found


def sentences(found: Catalog) -> list[Message]:
    """Return a catalogue's messages without its head."""
    return [m for m in found if m.id]


def main() -> None:
    """Write the catalogue."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("path", type=Path)
    path = parser.parse_args().path
    found = catalogue()
    with path.open("wb") as file:
        write_po(file, found, sort_by_file=True)
    print(f"{len(sentences(found))} sentences in {path}")


if __name__ == "__main__":
    main()
