"""Every team's report in one run: findings once, notebooks side by side, one folder at the end.

A team whose notebook fails, hangs or is killed is told of in words and costs the others nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from salesdiag import text
from salesdiag.batch import looked, planning, write
from salesdiag.batch.engines import Cluster, Engine, Local
from salesdiag.batch.folder import (
    SCHEMA,
    WORK,
    Partial,
    beside,
    claimed,
    manifest,
    page_name,
    recover,
    refuse_foreign,
)
from salesdiag.batch.jobs import Job, Outcome
from salesdiag.ingest.losses import Losses
from salesdiag.text import Message
from salesdiag.text import commands as words

if TYPE_CHECKING:
    from salesdiag.company import Company

__all__ = ["Outcome", "RunResult", "run"]

Progress = Callable[[int, int, Outcome | None], object]

ENGINES = ("forked", "stock")

LONGEST = 10_000_000
"""Most seconds that a notebook may be given; clocks of the system overflow somewhere beyond."""


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """What a run delivered.

    Attributes
    ----------
    folder : Path
        Of the report.
    outcomes : tuple of Outcome
        The company's first, then the teams in their order.
    planned : tuple of Job
        What would run; only for a dry run.
    notes : tuple of Message
        What else there is to say.
    losses : Losses
        What of the data could not be used.
    """

    folder: Path
    outcomes: tuple[Outcome, ...] = ()
    planned: tuple[Job, ...] = ()
    notes: tuple[Message, ...] = ()
    losses: Losses = field(default_factory=Losses)

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """What could not be delivered."""
        return tuple(o for o in self.outcomes if not o.done)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "schema": SCHEMA,
            "folder": str(self.folder),
            "planned": [{"report": j.key, "team": j.team} for j in self.planned],
            "reports": [write.told(o) for o in self.outcomes],
            "losses": self.losses.to_dict(),
        }


def run(
    data: str | Path,
    out: str | Path | None = None,
    *,
    teams: Iterable[str] | None = None,
    jobs: int | None = None,
    cluster: str | None = None,
    engine: str = "forked",
    language: str | None = None,
    identify: bool = False,
    only_failed: bool = False,
    force: bool = False,
    timeout: float = 600,
    dry_run: bool = False,
    accept_losses: bool = False,
    progress: Progress = lambda done, total, outcome: None,
) -> RunResult:
    """Make the report of a company: a page for each team, one for the company, an index.

    Parameters
    ----------
    data : str or Path
        Folder, file or URL of the company.
    out : str or Path, optional
        Folder of the report; ``reports/<company>`` where not given.
    teams : iterable of str, optional
        Team ids; all teams where not given.
    jobs : int, optional
        Notebooks at a time; one per processor where not given.
    cluster : str, optional
        Address of a Dask scheduler whose workers see the same files.
    engine : {"forked", "stock"}
        Whether reports come from processes forked from a warm one, or each from a fresh Python
        with an ordinary kernel. Where nothing can be forked, the ordinary ones are used.
    language : str, optional
        ISO 639-1 code; the company's where not given.
    identify : bool
        Call people by their names.
    only_failed : bool
        Run again only what failed in the report that is there.
    force : bool
        Replace a report of more teams; move a folder that is no report aside.
    timeout : float
        Seconds that one notebook may take.
    dry_run : bool
        Only say what would run.
    accept_losses : bool
        Make the report also where more of sales cannot be used than ``reading.most_lost`` allows.
    progress : callable
        Called with reports done, reports in all, and the latest outcome (None at the start).

    Returns
    -------
    RunResult

    Raises
    ------
    ValueError
        An argument is wrong, the data cannot be used (:class:`salesdiag.errors.DataError`), or
        the folder is not ours or in use. The folder is unchanged then.

    Notes
    -----
    The report before stays in its place until the new one is whole. A run that was interrupted
    goes on with what is missing when called again with the same data, parameters and code.
    """
    request = Request(
        data=data,
        out=out,
        teams=teams if teams is None else tuple(teams),
        language=language or "",
        identify=identify,
        only_failed=only_failed,
        force=force,
        timeout=timeout,
        dry_run=dry_run,
        accept_losses=accept_losses,
    )
    if engine not in ENGINES:
        raise ValueError(str(words.NO_SUCH_ENGINE(engine=engine, known=list(ENGINES))))
    stock = engine == "stock"
    chosen: Engine = Cluster(cluster, stock=stock) if cluster else Local(jobs, stock=stock)
    return run_with(
        planning.Parts(notebooks=planning.notebooks_folder()), chosen, request, progress
    )


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked of a run; see :func:`run`."""

    data: str | Path
    out: str | Path | None = None
    teams: tuple[str, ...] | None = None
    language: str = ""
    identify: bool = False
    only_failed: bool = False
    force: bool = False
    timeout: float = 600
    dry_run: bool = False
    accept_losses: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.timeout <= LONGEST:
            raise ValueError(str(words.BAD_TIMEOUT(longest=LONGEST)))
        if self.language and self.language not in text.languages():
            raise ValueError(
                str(words.UNKNOWN_LANGUAGE(language=self.language, known=text.languages()))
            )

    @property
    def options(self) -> dict[str, str | bool]:
        """What notebooks are given of it."""
        return {"identify": self.identify, "language": self.language}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run will do.

    Attributes
    ----------
    company : Company
    folder : Path
        Of the report, absolute.
    teams : tuple of str
        Team ids.
    identity : mapping
        Data, parameters and code; two runs of one identity make the same report.
    jobs : tuple of Job
        The company's first.
    source : str
        Where the data are, absolute.
    book : Path or None
        Ledger in which the run is counted as a look.
    """

    company: Company
    folder: Path
    teams: tuple[str, ...]
    identity: Mapping[str, Any]
    jobs: tuple[Job, ...]
    source: str
    book: Path | None


def run_with(
    parts: planning.Parts, engine: Engine, request: Request, progress: Progress
) -> RunResult:
    """Make a report from given parts on a given engine; see :func:`run`."""
    # the engine gets ready while the data are read
    with nullcontext() if request.dry_run else engine:
        plan = _plan(parts, request)
        settings = plan.company.settings
        with text.speaking(request.language or settings.language, settings.currency):
            if request.dry_run:
                kept = _kept(plan, request)
                planned = tuple(j for j in plan.jobs if j.key not in kept)
                losses = plan.company.losses
                return RunResult(folder=plan.folder, planned=planned, losses=losses)
            with claimed(plan.folder):
                recover(plan.folder)
                return _execute(parts, engine, request, plan, progress)


def _plan(parts: planning.Parts, request: Request) -> Plan:
    source = planning.absolute(request.data)
    company = parts.load(source)
    planning.refuse_losses(company, request.accept_losses)
    known = planning.team_ids(company)
    teams = planning.choose(request.teams, known) if request.teams is not None else known
    out = request.out if request.out is not None else planning.default_out(source, company.name)
    folder = Path(out).resolve()
    if "://" not in source and Path(source).resolve().is_relative_to(folder):
        raise ValueError(str(words.OUT_HOLDS_DATA(folder=str(folder))))
    company, book = looked.opened(company, source, folder)
    identity = {
        "data": company.fingerprint,
        "parameters": {**request.options, "teams": teams},
        "code": planning.code_fingerprint(parts.notebooks),
    }
    work = beside(folder, "partial") / WORK
    jobs = planning.make_jobs(company, teams, source, parts, work, request.options)
    planning.refuse_unknown_parameters(jobs)
    return Plan(
        company=company,
        folder=folder,
        teams=tuple(teams),
        identity=identity,
        jobs=tuple(jobs),
        source=source,
        book=book,
    )


def _kept(plan: Plan, request: Request) -> dict[str, Outcome]:
    """Return what of the finished report is kept; refuse what would lose something unasked."""
    refuse_foreign(plan.folder, request.force)
    known = manifest(plan.folder)
    if known is not None and request.teams is not None and not request.force:
        lost = sorted(set(known["parameters"]["teams"]) - set(plan.teams))
        if lost:
            raise ValueError(
                str(words.WOULD_SHRINK(folder=str(plan.folder), teams=lost[:5], n=len(lost)))
            )
    if not request.only_failed:
        return {}
    if known is None or any(known[k] != plan.identity[k] for k in plan.identity):
        raise ValueError(str(words.NOTHING_TO_REPEAT(folder=str(plan.folder))))
    outcomes = [Outcome.from_dict(r) for r in known["reports"]]
    return {o.key: o for o in outcomes if o.done and (plan.folder / page_name(o)).exists()}


def _execute(
    parts: planning.Parts, engine: Engine, request: Request, plan: Plan, progress: Progress
) -> RunResult:
    kept = _kept(plan, request)
    partial = Partial(plan.folder, plan.identity)
    for outcome in kept.values():
        partial.adopt(outcome)
    done = partial.finished()
    results = parts.test_all(plan.company, list(plan.teams))
    counted = looked.record(plan.book, plan.company, plan.source)
    missing = {j.key: j for j in plan.jobs if j.key not in done}
    progress(len(done), len(plan.jobs), None)
    overview = parts.overview(plan.company, request.identify)
    for job in missing.values():
        own = () if job.team is None else results.team(job.team)
        planning.hand_over(job, overview, (*results.company, *own))
    with closing(engine.run(tuple(missing.values()), request.timeout)) as outcomes:
        for outcome in outcomes:
            partial.deliver(missing[outcome.key], outcome)
            done[outcome.key] = outcome
            progress(len(done), len(plan.jobs), outcome)
    told = tuple(done[j.key] for j in plan.jobs)
    findings = (*results.company, *(f for t in plan.teams for f in results.team(t)))
    write.findings(partial.path, findings, plan.company, request.options)
    write.index(partial.path, plan.company, findings, told, request.options)
    write.manifest(partial.path, plan.company.name, plan.identity, told)
    moved = partial.promote()
    notes = [] if moved is None else [words.KEPT_ASIDE(folder=moved.name)]
    losses = plan.company.losses
    notes = [*engine.notes, *counted, *notes]
    return RunResult(folder=plan.folder, outcomes=told, notes=tuple(notes), losses=losses)
