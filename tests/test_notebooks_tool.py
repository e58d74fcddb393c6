"""The tool that keeps notebooks lean, on small notebooks and on those of the project."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("notebooks_tool", ROOT / "tools/notebooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write(path: Path, *code: str, heading: str = "# One", tags: tuple[str, ...] = ("parameters",)):
    """Write a notebook that was executed, as far as can be seen."""
    cells = [nbformat.v4.new_markdown_cell(heading)]
    cells += [nbformat.v4.new_code_cell(c, execution_count=n) for n, c in enumerate(code, 1)]
    cells[1].metadata["tags"] = list(tags)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


@pytest.mark.slow
def test_refresh_stores_text_only_and_is_stable(tool, tmp_path):
    path = write(
        tmp_path / "a.ipynb",
        "x = 1",
        "from pathlib import Path\nPath('beside.txt').read_text()",
        "import base64, sys\nfrom IPython.display import HTML, Image, display\n"
        f"print('out')\nImage(base64.b64decode('{PNG}'))",
        "display(HTML('<b>bold</b>'))",
        "display({'text/html': 'only html'}, raw=True)",
    )
    (tmp_path / "beside.txt").write_text("found in its own folder")
    tool.refresh([path])
    first = path.read_text()
    made = json.loads(first)
    assert [c["execution_count"] for c in made["cells"][1:]] == [1, 2, 3, 4, 5]
    outputs = [o for c in made["cells"][1:] for o in c["outputs"]]
    assert [o["output_type"] for o in outputs] == [
        "execute_result", "stream", "execute_result", "display_data",
    ]  # fmt: skip
    assert outputs[0]["data"] == {"text/plain": ["'found in its own folder'"]}
    assert all(set(o.get("data", {})) <= {"text/plain"} for o in outputs)
    assert made["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert made["cells"][1]["metadata"] == {"tags": ["parameters"]}
    assert all(not c["metadata"] for c in made["cells"][2:])
    tool.refresh([path])
    assert path.read_text() == first
    (tmp_path / "README.md").write_text("a.ipynb")
    assert tool.check([path]) == 0


@pytest.mark.slow
def test_a_notebook_that_fails_stays_as_it_was(tool, tmp_path):
    path = write(tmp_path / "a.ipynb", "1 / 0")
    before = path.read_bytes()
    with pytest.raises(Exception, match="ZeroDivisionError"):
        tool.refresh([path])
    assert path.read_bytes() == before


def unexecuted(notebook):
    notebook.cells[1].execution_count = None


def with_image(notebook):
    output = nbformat.v4.new_output("display_data", {"image/png": PNG, "text/plain": "x"})
    notebook.cells[1].outputs = [output]


def with_error(notebook):
    output = nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])
    notebook.cells[1].outputs = [output]


def with_warning(notebook):
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", name="stderr", text="hm")]


def with_source(source):
    def change(notebook):
        notebook.cells[1].source = source

    return change


def with_two_titles(notebook):
    notebook.cells.append(nbformat.v4.new_markdown_cell("# Two"))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (unexecuted, "a code cell was never executed"),
        (with_error, "a cell ended in an error"),
        (with_warning, "a cell warned: what it says names a folder of this machine"),
        (with_source("x = 1\n" * 61), "it has 61 lines of code, more than 60"),
        (with_source("def f():\n    return 1"), "it defines a function or class"),
        (with_source("if True:\n    class A: pass"), "it defines a function or class"),
        (with_two_titles, "it has 2 top headings instead of one"),
        (
            lambda n: n.cells[1].metadata.update(tags=[]),
            "0 cells are tagged parameters instead of one",
        ),
        (with_image, "it stores outputs that are not text: ['image/png']"),
    ],
)
def test_check_names_what_is_wrong(tool, tmp_path, change, problem):
    path = write(tmp_path / "a.ipynb", "x = 1\n\n# a comment is not a line of code")
    assert tool.problems(path, "a.ipynb") == []
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    nbformat.write(notebook, path)
    assert tool.problems(path, "a.ipynb") == [problem]


def test_a_notebook_must_be_listed(tool, tmp_path, capsys):
    path = write(tmp_path / "a.ipynb", "x = 1")
    assert tool.check([path]) == 1
    assert capsys.readouterr().out == "a.ipynb: it is not listed in README.md\n"


def test_the_projects_notebooks_pass(tool):
    paths = sorted(tool.FOLDER.glob("*.ipynb"))
    assert paths
    assert tool.check(paths) == 0
