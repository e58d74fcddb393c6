"""Keep the notebooks thin, executed and free of bytes: ``refresh [FILE ...]`` and ``check``.

``refresh`` executes notebooks in their own folder, as JupyterLab and nbval do, and stores what can
be read as text: no images, no HTML, no times. ``check`` fails on a notebook that is not so, is too
long, or is not listed in ``notebooks/README.md``.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "notebooks"
KEPT = ("text/plain",)
MAX_LINES = 60
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def execute(path: Path) -> NotebookNode:
    """Return a notebook executed in its own folder."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        timeout=600,
    ).execute()
    return notebook


def lean(notebook: NotebookNode) -> NotebookNode:
    """Return a copy with text outputs only, minimal metadata and the cells' own ids."""
    cells = []
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        kept = NotebookNode(
            cell_type=cell.cell_type,
            id=cell.id,
            metadata=NotebookNode(tags=tags) if tags else NotebookNode(),
            source=cell.source,
        )
        if cell.cell_type == "code":
            kept.execution_count = cell.execution_count
            kept.outputs = [o for o in map(_text_only, cell.outputs) if o is not None]
        cells.append(kept)
    metadata = NotebookNode(kernelspec=KERNEL, language_info={"name": "python"})
    return NotebookNode(cells=cells, metadata=metadata, nbformat=4, nbformat_minor=5)


def _text_only(output: NotebookNode) -> NotebookNode | None:
    if output.output_type in ("stream", "error"):
        return output
    data = {kind: output.data[kind] for kind in KEPT if kind in output.data}
    if not data:
        return None
    return NotebookNode({**output, "data": data, "metadata": {}})


def problems(path: Path, listed: str) -> list[str]:
    """Return what is wrong with a notebook, one sentence each.

    Parameters
    ----------
    path : Path
    listed : str
        The text that must name the notebook.
    """
    notebook = nbformat.read(path, as_version=4)
    code = [c for c in notebook.cells if c.cell_type == "code" and c.source.strip()]
    lines = [line for c in code for line in c.source.splitlines() if _counts(line)]
    headings = [
        line
        for c in notebook.cells
        if c.cell_type == "markdown"
        for line in c.source.splitlines()
        if line.startswith("# ")
    ]
    outputs = [o for c in code for o in c.outputs]
    tags = [t for c in code for t in c.metadata.get("tags", [])]
    kinds = {k for o in outputs for k in o.get("data", {})}
    told = {
        "a code cell was never executed": any(c.execution_count is None for c in code),
        "a cell ended in an error": any(o.output_type == "error" for o in outputs),
        f"it has {len(lines)} lines of code, more than {MAX_LINES}": len(lines) > MAX_LINES,
        "it defines a function or class": any(
            re.match(r"\s*(async def|def|class)\s", line) for line in lines
        ),
        f"it has {len(headings)} top headings instead of one": len(headings) != 1,
        f"{tags.count('parameters')} cells are tagged parameters instead of one": (
            tags.count("parameters") != 1
        ),
        f"it stores outputs that are not text: {sorted(kinds - set(KEPT))}": bool(
            kinds - set(KEPT)
        ),
        "a cell warned: what it says names a folder of this machine": any(
            o.get("name") == "stderr" for o in outputs
        ),
        "it is not listed in README.md": path.name not in listed,
    }
    return [sentence for sentence, wrong in told.items() if wrong]


def _counts(line: str) -> bool:
    return bool(line.strip()) and not line.strip().startswith("#")


def refresh(paths: Iterable[Path]) -> None:
    """Execute notebooks and store them leanly; one that fails stays as it was."""
    for path in paths:
        print(path.name, file=sys.stderr)
        made = lean(execute(path))
        nbformat.validate(made)
        path.write_text(nbformat.writes(made), encoding="utf-8")


def check(paths: Sequence[Path]) -> int:
    """Print what is wrong with notebooks; return how many things."""
    count = 0
    for path in paths:
        index = path.with_name("README.md")
        listed = index.read_text(encoding="utf-8") if index.exists() else ""
        for problem in problems(path, listed):
            count += 1
            print(f"{path.name}: {problem}")
    return count


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("refresh", "check"))
    parser.add_argument("files", nargs="*", type=Path, help="default: all of notebooks/")
    arguments = parser.parse_args(argv)
    paths = arguments.files or sorted(FOLDER.glob("*.ipynb"))
    if arguments.action == "refresh":
        refresh(paths)
        return 0
    return 1 if check(paths) else 0


if __name__ == "__main__":
    sys.exit(main())
