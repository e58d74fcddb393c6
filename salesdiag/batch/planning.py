"""What a run is made of: its teams, its jobs, and what makes two runs the same."""

from __future__ import annotations

import hashlib
import os
import pickle
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from salesdiag.batch.jobs import Job
from salesdiag.text import commands as words
from salesdiag.text import near

if TYPE_CHECKING:
    from salesdiag.company import Company
    from salesdiag.finding import Finding
    from salesdiag.report.overview import Overview

PACKAGE = Path(__file__).parents[1]
TEAM, COMPANY = "team_report.ipynb", "company_report.ipynb"


def notebooks_folder() -> Path:
    """Return where the notebooks stand: in the installed package, or beside it in a checkout."""
    shared = PACKAGE / "share" / "notebooks"
    return shared if shared.is_dir() else PACKAGE.parent / "notebooks"


def later(name: str) -> Callable[..., Any]:
    """Return a function by ``"module:name"``, imported at its first call."""

    def call(*args: Any, **kwargs: Any) -> Any:
        module, _, function = name.partition(":")
        return attrgetter(function)(import_module(module))(*args, **kwargs)

    return call


_load = later("salesdiag.company:load")
_test_all = later("salesdiag.claims:test_all")
_overview = later("salesdiag.report.overview:Overview.of")


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a run is put together from; tests put in small ones.

    Attributes
    ----------
    load : callable
        Data source to Company.
    test_all : callable
        Company and team ids to findings, with ``company`` and ``team(team_id)``.
    overview : callable
        Company, and whether people are called by their names, to what its pages need of it.
    notebooks : Path
        Folder of the two report notebooks.
    renderer : str
        ``"module:function"``, executed notebook and team id to HTML.
    """

    load: Callable[..., Any] = _load
    test_all: Callable[..., Any] = _test_all
    overview: Callable[..., Any] = _overview
    notebooks: Path
    renderer: str = "salesdiag.report.page:render"


def absolute(data: str | Path) -> str:
    """Return a data source that means the same from any working directory.

    What is not here may be among the data that come with the project, and is left as it is.

    Raises
    ------
    ValueError
        It is a database URL with a password, which would stand in every executed notebook.
    """
    source = str(data)
    if "://" in source:
        if urlsplit(source).password:
            raise ValueError(str(words.PASSWORD_IN_URL()))
        return source
    here = os.path.abspath(os.path.expanduser(source))
    return here if os.path.exists(here) else source


def default_out(data: str | Path, name: str) -> Path:
    """Return ``reports/<company>``, by the name of the folder or file where there is one."""
    source = str(data)
    stem = (
        name if "://" in source or source.startswith("env:") else Path(os.path.abspath(source)).stem
    )
    return Path("reports", re.sub(r"[^\w-]+", "-", stem).strip("-") or "company")


def refuse_losses(company: Company, accepted: bool) -> None:
    """Raise ``DataError`` where more of sales cannot be used than the company allows."""
    from salesdiag.errors import DataError

    refusal = company.losses.refusal(company.settings.reading.most_lost)
    if refusal is not None and not accepted:
        raise DataError(refusal, company.problems)


def choose(asked: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return the teams asked for, in the order in which they are known, each once.

    Raises
    ------
    ValueError
        One is not known; the nearest ones are named.
    """
    for name in asked:
        if name not in known:
            raise ValueError(str(words.UNKNOWN_TEAM(name=name, near=near(name, known, 5))))
    return [name for name in known if name in asked]


def team_ids(company: Company) -> list[str]:
    """Return the teams that get a report: those that ever had a rep."""
    places = company.tables["assignments"]
    staffed = set(places.loc[places["role"] == "rep", "team_id"])
    return [t for t in company.teams["team_id"] if t in staffed]


def code_fingerprint(notebooks: Path) -> str:
    """Return a hash of the package's sources and of the report notebooks."""
    digest = hashlib.sha256()
    kinds = {".py", ".j2", ".css", ".csv", ".mo"}
    sources = sorted(p for p in PACKAGE.rglob("*") if p.suffix in kinds)
    for path in [*sources, notebooks / TEAM, notebooks / COMPANY]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def make_jobs(
    company: Company,
    teams: Iterable[str],
    data: str,
    parts: Parts,
    work: Path,
    options: Mapping[str, str | bool],
) -> list[Job]:
    """Return the jobs of a run, the company's first.

    Parameters
    ----------
    company : Company
    teams : iterable of str
        Team ids.
    data : str
        Absolute data source.
    parts : Parts
    work : Path
        Folder of the jobs.
    options : mapping
        ``identify`` and ``language``.
    """
    from salesdiag.report.people import file_name

    names = dict(zip(company.teams["team_id"], company.teams["name"], strict=True))
    keys: list[tuple[str, str | None]] = [("company", None)]
    keys += [(file_name(team, names[team]).removesuffix(".html"), team) for team in teams]
    jobs = []
    for key, team in keys:
        parameters = {"data": data, "findings": str(work / "findings" / f"{key}.pickle"), **options}
        if team is not None:
            parameters["team"] = team
        jobs.append(
            Job(
                key=key,
                team=team,
                notebook=str(parts.notebooks / (COMPANY if team is None else TEAM)),
                parameters=parameters,
                work=str(work / "jobs" / key),
                renderer=parts.renderer,
            )
        )
    return jobs


def refuse_unknown_parameters(jobs: Iterable[Job]) -> None:
    """Compare what notebooks are given with what they declare.

    papermill only warns of a parameter that a notebook does not declare, and goes on with its
    defaults: a typing error would send one team the report of another.

    Raises
    ------
    ValueError
        A notebook does not declare a parameter.
    """
    import papermill

    for notebook, names in {j.notebook: tuple(j.parameters) for j in jobs}.items():
        declared = papermill.inspect_notebook(notebook)
        unknown = sorted(n for n in names if n not in declared or not n.isidentifier())
        if unknown:
            raise ValueError(
                str(words.UNDECLARED(notebook=Path(notebook).name, parameters=unknown))
            )


def hand_over(job: Job, overview: Overview, findings: Sequence[Finding]) -> None:
    """Write what one notebook may know, and nothing of other teams; it has nothing left to count.

    Parameters
    ----------
    job : Job
    overview : Overview
        See :class:`salesdiag.report.overview.Overview`.
    findings : sequence of Finding
        Of company scope, and of the team's scope where there is a team.
    """
    dossier = overview.dossier(job.team, findings)
    Path(str(job.parameters["findings"])).write_bytes(pickle.dumps(dossier))
