"""What holds for the project as a whole: import order, one environment, nothing of one machine."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "salesdiag"
CONDA_NAMES = {"python-duckdb": "duckdb", "matplotlib-base": "matplotlib"}
SUFFIXES = frozenset(
    ("", "py", "md", "toml", "yml", "yaml", "lock", "ipynb", "jinja", "j2", "css", "po", "csv")
)
FOREIGN = re.compile(
    "|".join(
        (
            r"py" r"pi\.org",
            r"python" r"hosted",
            r"registry\.npm" r"js",
            r"deb\.debian" r"\.org",
            r"conda\.anaconda" r"\.org",
            r"--(extra-)?index" r"-url",
            r"(?<![\w.])/(root|work|(home|Users)/(?!somebody)\w+)/",
        )
    )
)


def table() -> list[str]:
    """Return the modules in the order of ARCHITECTURE.md."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    section = text.split("## Modules, in import order")[1].split("\n## ")[0]
    return re.findall(r"^\| `(\w+)/?`", section, flags=re.MULTILINE)


def modules() -> list[Path]:
    return sorted(p for p in PACKAGE.rglob("*.py") if p.parent != PACKAGE or p.stem != "__init__")


def name_of(path: Path) -> str:
    """Return the row of the table that a file belongs to."""
    name = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "cli" if name == "__main__" else name


def imported(path: Path) -> list[tuple[int, str]]:
    """Return the package's modules that a file imports when it runs, with their lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.body = [ast.Pass()]
    known, found = {name_of(p) for p in modules()}, []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, a.name) for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno} is a relative import"
            found += [(node.lineno, f"{node.module}.{a.name}") for a in node.names]
    parts = [(line, name.split(".")) for line, name in found]
    return [(n, p[1]) for n, p in parts if p[0] == "salesdiag" and len(p) > 1 and p[1] in known]


def test_every_module_is_in_the_table_and_the_other_way_round():
    assert {name_of(p) for p in modules()} == set(table())


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_up_the_table(path):
    order = table()
    own = order.index(name_of(path))
    down = [f"line {n}: {m}" for n, m in imported(path) if order.index(m) > own]
    assert not down


def dotted(path: Path) -> str:
    """Return the name by which a file is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def files_imported(path: Path, names: frozenset[str]) -> set[str]:
    """Return the package's files that a file imports, within functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            deeper = {f"{node.module}.{a.name}" for a in node.names}
            found |= {name if name in names else node.module for name in deeper}
    return (found & names) - {dotted(path)}


def test_no_two_files_import_each_other_not_even_by_way_of_others():
    """A package is left out: it gathers what its files hold, and they name it in no import."""
    paths = {dotted(p): p for p in PACKAGE.rglob("*.py") if p.stem != "__init__"}
    graph = {name: files_imported(p, frozenset(paths)) for name, p in paths.items()}
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as circle:
        pytest.fail(" imports ".join(reversed(circle.args[1])))


def requirement(text: str) -> tuple[str, str]:
    name, bounds = re.fullmatch(r"([\w-]+)(.*)", text.strip()).groups()
    return CONDA_NAMES.get(name, name), bounds


def test_conda_and_pip_users_get_the_same_environment():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = (ROOT / "environment.yml").read_text().splitlines()
    entries = [line.strip().removeprefix("- ") for line in lines if line.strip().startswith("- ")]
    own = {"conda-forge", "nodefaults", "pip", "pip:", "make"}
    by_conda = [requirement(e) for e in entries if e not in own and not e.startswith("-e")]
    assert by_conda[0] == ("python", project["requires-python"])
    assert sorted(by_conda[1:]) == sorted(map(requirement, project["dependencies"]))
    assert f"-e .[{','.join(project['optional-dependencies'])}]" in entries


def locked() -> dict[str, str]:
    """Return the lock's requirements by name, continuation lines joined."""
    text = (ROOT / "requirements.lock").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return {re.match(r"[\w.-]+", line)[0].lower().replace("_", "-"): line for line in lines}


def test_the_lock_pins_and_hashes_everything():
    assert locked()
    for name, line in locked().items():
        assert re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+", line), name
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), name


def test_the_lock_holds_what_the_project_asks_for():
    file = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = file["project"]
    asked = [*project["dependencies"], *file["build-system"]["requires"]]
    asked += [r for extra in project["optional-dependencies"].values() for r in extra]
    assert {re.match(r"[\w-]+", r)[0].lower() for r in asked} <= set(locked())


def test_nothing_tells_of_a_registry_or_of_one_machine():
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    told = []
    for name in files.split("\0"):
        path = ROOT / name
        if path.is_file() and path.suffix.removeprefix(".") in SUFFIXES:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            told += [f"{name}:{n}" for n, line in enumerate(lines, 1) if FOREIGN.search(line)]
    assert not told
