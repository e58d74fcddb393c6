"""What notebooks ask before they compute: is each parameter one of theirs, is there such a team.

papermill only warns of a parameter that a notebook does not declare and goes on with the defaults,
so a typing error would give one team the report of another.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from salesdiag.errors import Refusal
from salesdiag.text import Message, join, near
from salesdiag.text import notebooks as words

if TYPE_CHECKING:
    from salesdiag.company import Company

INJECTED = "# Parameters"
"""First line of the cell that papermill puts after the one tagged ``parameters``."""

KINDS: Mapping[str, tuple[type, Message]] = {
    "str": (str, words.TEXT()),
    "int": (int, words.WHOLE_NUMBER()),
    "bool": (bool, words.YES_OR_NO()),
}


def parameters(company: Company | None = None, /, **declared: Any) -> None:
    """Refuse parameters that a notebook does not declare, and a team that the company lacks.

    It stands in the cell after the one tagged ``parameters`` and is told every parameter declared
    there. What else was assigned is read from the cells as they were executed, which any kernel of
    IPython keeps; outside of one only the values are looked at.

    Parameters
    ----------
    company : Company, optional
        Given, ``team`` must be one of its teams, or empty.
    **declared
        The notebook's parameters, each by its name.

    Raises
    ------
    Refusal
        One paragraph with all that is wrong.

    Examples
    --------
    >>> parameters(data="data/demo", team="")
    """
    cells = [cell for cell in map(assigned, _executed()) if cell is not None]
    faults = [*_undeclared(cells, declared), *_mistyped(cells, declared)]
    if company is not None and not faults and declared.get("team"):
        known, team = list(company.teams["team_id"]), declared["team"]
        if team not in known:
            faults.append(words.NO_SUCH_TEAM(name=team, near=near(team, known)))
    if faults:
        raise Refusal(join([*faults, words.NOTHING_COMPUTED()]))


class Cell(dict[str, ast.stmt]):
    """A cell that does nothing but assign: its statements by the names that they bind.

    Attributes
    ----------
    injected : bool
        Whether papermill wrote it.
    """

    injected = False


def assigned(source: str) -> Cell | None:
    r"""Return what a cell assigns, None for one that does anything else.

    Examples
    --------
    >>> sorted(assigned("data: str = 'here'  # folder\nteam = ''"))
    ['data', 'team']
    >>> assigned("print(1)") is None
    True
    """
    try:
        statements = ast.parse(source).body
    except SyntaxError:  # a magic
        return None
    cell = Cell()
    for statement in statements:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        target = statement.target if isinstance(statement, ast.AnnAssign) else [*targets, None][0]
        if not isinstance(target, ast.Name):
            return None
        cell[target.id] = statement
    cell.injected = source.lstrip().startswith(INJECTED)
    return cell


def _executed() -> Iterator[str]:
    """Yield the cells executed so far in this kernel, the latest first."""
    try:
        from IPython import get_ipython
    except ImportError:  # a script made from a notebook, where there is no IPython
        return
    shell = get_ipython()
    if shell is not None:
        yield from reversed(shell.history_manager.input_hist_raw)


def _undeclared(cells: Sequence[Cell], declared: Mapping[str, Any]) -> list[Message]:
    """Return what is wrong with the latest cell that sets parameters.

    That is papermill's, or, where somebody works by hand, the one that binds all those declared;
    an earlier one is what has been mended since.
    """
    latest = next((c for c in cells if c.injected or (c and declared.keys() <= c.keys())), Cell())
    return [
        words.UNDECLARED(name=name, near=near(name, list(declared)), known=list(declared))
        for name in latest
        if name not in declared
    ]


def _mistyped(cells: Sequence[Cell], declared: Mapping[str, Any]) -> list[Message]:
    """Return values that are not what the annotation in the parameters cell says.

    ``-p identify no`` gives the text "no", which Python takes for true.
    """
    faults = []
    for name, value in declared.items():
        marks = (getattr(c.get(name), "annotation", None) for c in cells)
        kind = KINDS.get(next((ast.unparse(mark) for mark in marks if mark is not None), ""))
        if kind is not None and type(value) is not kind[0]:
            faults.append(words.WRONG_KIND(name=name, value=str(value), kind=kind[1]))
    return faults
