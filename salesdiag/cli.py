"""The commands. Data go to stdout, talk to stderr; what takes long to import waits until used."""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from salesdiag import __version__, text
from salesdiag.text import Message
from salesdiag.text import commands as words

if TYPE_CHECKING:
    import pandas as pd

DONE, SOME_FAILED, WRONG_ARGUMENTS, UNUSABLE_DATA, BUG, INTERRUPTED = 0, 1, 2, 3, 70, 130
KINDS = ("salesforce", "hubspot", "pipedrive", "table")
SCHEMA = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the process where not given.
    """
    arguments = argparse.Namespace()
    try:
        arguments = parser().parse_args(argv)
        code = arguments.command(arguments)
        sys.stdout.flush()
    except SystemExit as stop:  # argparse, which has said why
        return int(stop.code or 0)
    except KeyboardInterrupt:
        _talk(words.INTERRUPTED())
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (ValueError, OSError) as error:
        return _refused(error, as_json=getattr(arguments, "json", False))
    except Exception:
        traceback.print_exc()
        _talk(words.BUG())
        return BUG
    return code


def _refused(error: Exception, *, as_json: bool = False) -> int:
    from salesdiag.errors import DataError

    if os.environ.get("SALESDIAG_DEBUG"):
        traceback.print_exc()
    print(f"salesdiag: {_lines(error)}", file=sys.stderr)
    if as_json:
        _document({"schema": SCHEMA, "error": _lines(error)})
    return UNUSABLE_DATA if isinstance(error, DataError) else WRONG_ARGUMENTS


def _lines(error: Exception) -> str:
    """Return an error's words, each line cleaned of what a terminal would obey."""
    if isinstance(error, OSError) and error.strerror:
        place = text.clean_name(error.filename or "", 400)
        return str(words.SYSTEM(place=place, reason=error.strerror)).lstrip(": ")
    return "\n".join(text.clean_name(line, 1000) for line in str(error).splitlines())


def _talk(*messages: Message) -> None:
    for message in messages:
        print(message, file=sys.stderr)


def _document(content: Any) -> None:
    print(json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False))


def _table(frame: pd.DataFrame, columns: Iterable[str]) -> None:
    """Print a frame as aligned columns, all of it."""
    lines = [list(columns)]
    known = frame[lines[0]].astype(object).where(frame[lines[0]].notna(), "")
    lines += [[text.clean_name(v, 200) for v in row] for row in known.itertuples(index=False)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        print("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip())


def _demo(a: argparse.Namespace) -> int:
    from salesdiag.simulate import demo

    asked = {"world": a.world, "teams": a.teams, "reps": a.reps, "months": a.months, "seed": a.seed}
    demo(a.dest, effects=_effects(a.effect), **{k: v for k, v in asked.items() if v is not None})
    _talk(words.DEMO_WRITTEN(folder=a.dest))
    return DONE


def _effects(given: Iterable[str]) -> dict[str, float]:
    effects: dict[str, float] = {}
    for effect in given:
        slug, _, value = effect.partition("=")
        try:
            number = float(value)
        except ValueError:
            raise ValueError(str(words.BAD_EFFECT(effect=effect))) from None
        if slug in effects:
            raise ValueError(str(words.EFFECT_TWICE(slug=slug)))
        effects[slug] = number
    return effects


def _import(a: argparse.Namespace) -> int:
    if a.kind != "table":
        raise ValueError(str(words.KIND_BY_TABLE(kind=a.kind)))
    from salesdiag.mapping import convert

    done = convert(a.source, a.dest, a.mapping, accept_losses=a.accept_losses)
    _table(done.report, done.report.columns)
    _talk(words.IMPORTED(folder=a.dest), *done.losses.lines)
    return DONE


def _check(a: argparse.Namespace) -> int:
    from salesdiag.company import examine
    from salesdiag.finding import rows

    _, settings, found = examine(a.data)
    problems, losses = found.problems, found.losses
    usable = not (problems["severity"] == "error").any()
    if a.json:
        told = {"usable": usable, "problems": rows(problems), "losses": losses.to_dict()}
        _document({"schema": SCHEMA, **told})
    elif len(problems):
        _table(problems, [c for c in problems.columns if c != "rows"])
    if not usable:
        _talk(words.UNUSABLE())
    elif not len(problems):
        _talk(words.NO_PROBLEMS())
    refusal = losses.refusal(settings.reading.most_lost)
    _talk(*losses.lines, *([refusal] if refusal and usable else ()))
    return DONE if usable else UNUSABLE_DATA


def _claims(a: argparse.Namespace) -> int:
    from salesdiag import claims
    from salesdiag.company import load
    from salesdiag.finding import rows

    company = None if a.data is None else load(a.data)
    frame = claims.claims(company)
    if a.json:
        _document({"schema": SCHEMA, "claims": rows(frame)})
    else:
        _table(frame, ["slug", "status", "missing", "title"])
    if company is not None:
        _talk(*company.losses.lines)
    return DONE


def _test(a: argparse.Namespace) -> int:
    from salesdiag import claims
    from salesdiag.company import load

    company = load(a.data)
    with text.speaking(company.settings.language, company.settings.currency):
        finding = claims.test(a.slug, company, team=a.team)
        if a.json:
            _document(finding.to_dict())
        else:
            print(finding)
        _talk(*company.losses.lines)
    return DONE


def _run(a: argparse.Namespace) -> int:
    from salesdiag import batch
    from salesdiag.batch.progress import Follow

    follow = Follow(sys.stderr)
    try:
        result = batch.run(
            a.data,
            a.out,
            teams=a.team,
            jobs=a.jobs,
            cluster=a.cluster,
            engine=a.engine,
            language=a.language,
            identify=a.identify,
            only_failed=a.only_failed,
            force=a.force,
            timeout=a.timeout,
            dry_run=a.dry_run,
            accept_losses=a.accept_losses,
            progress=follow,
        )
    finally:
        follow.close()
    if a.json:
        _document(result.to_dict())
    elif a.dry_run:
        for job in result.planned:
            print(job.team or words.COMPANY(), job.key, sep="\t")
    _talk(*result.notes)
    if not a.dry_run:
        _talk(words.DELIVERED(folder=str(result.folder)))
    if result.failed:
        _talk(words.SOME_FAILED(n=len(result.failed)))
    _talk(*result.losses.lines)
    return SOME_FAILED if result.failed else DONE


def _calibrate(a: argparse.Namespace) -> int:
    from salesdiag.calibrate import CELLS, SUMMARY, calibrate
    from salesdiag.finding import rows

    every = list(CELLS) if a.world == ["all"] else a.world
    asked = {"companies": a.companies, "seed": a.seed, "jobs": a.jobs, "out": a.out}
    given = {k: v for k, v in asked.items() if v is not None}
    frame = calibrate(every, **given, progress=_Companies())
    if a.json:
        _document({"schema": SCHEMA, "rates": rows(frame)})
    else:
        _table(frame[list(SUMMARY)].round(4), SUMMARY)
    return DONE


class _Companies:
    """Tells how many companies are counted: a bar on a terminal, else a line for each tenth."""

    def __init__(self) -> None:
        self._told = -1
        self._bar: Any = None

    def __call__(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = self._bar or tqdm(total=total, initial=done, leave=False)
            self._bar.update(done - self._bar.n)
        elif 10 * done // total > self._told:
            self._told = 10 * done // total
            _talk(words.COUNTED(done=done, total=total))
        if done == total and self._bar is not None:
            self._bar.close()


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; each sets ``command``, the function that runs it."""
    top = argparse.ArgumentParser(
        prog="salesdiag", description=str(words.ABOUT), epilog=str(words.EXIT_CODES)
    )
    top.add_argument("--version", action="version", version=f"salesdiag {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    demo = _command(commands, "demo", _demo, "DEST")
    _options(demo, str, "--world")
    _options(demo, int, "--teams", "--reps", "--months", "--seed")
    demo.add_argument(
        "--effect", action="append", default=[], metavar="SLUG=VALUE", help=_help("--effect")
    )

    importing = commands.add_parser("import", help=_help("import"), description=_help("import"))
    importing.set_defaults(command=_import)
    importing.add_argument("kind", choices=KINDS, metavar="KIND", help=_help("KIND"))
    _positional(importing, "SRC", "DEST")
    _options(importing, str, "--mapping")
    _flags(importing, "--accept-losses")

    check = _command(commands, "check", _check, "DATA")
    claims = _command(commands, "claims", _claims)
    claims.add_argument("data", nargs="?", metavar="DATA", help=_help("DATA"))
    test = _command(commands, "test", _test, "SLUG", "DATA")
    _options(test, str, "--team")

    run = _command(commands, "run", _run, "DATA")
    run.add_argument("--team", action="append", metavar="TEAM_ID", help=_help("--team"))
    _options(run, str, "--out", "--cluster", "--language")
    _options(run, int, "--jobs")
    run.add_argument(
        "--timeout", type=float, default=600, metavar="SECONDS", help=_help("--timeout")
    )
    run.add_argument("--engine", default="forked", metavar="ENGINE", help=_help("--engine"))
    _flags(run, "--identify", "--only-failed", "--force", "--dry-run", "--accept-losses")

    calibrate = _command(commands, "calibrate", _calibrate)
    calibrate.add_argument("--world", action="append", metavar="NAME", help=_help("--cell"))
    _options(calibrate, int, "--companies", "--seed", "--jobs")
    calibrate.add_argument("--out", metavar="DIR", help=_help("--keep"))

    for command in (check, claims, test, run, calibrate):
        _flags(command, "--json")
    return top


DESTINATIONS = {"SRC": "source"}


def _help(name: str) -> str:
    return str(words.HELP[name])


def _command(
    commands: Any, name: str, function: Callable[[argparse.Namespace], int], *positional: str
) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(
        name, help=_help(name), description=_help(name)
    )
    made.set_defaults(command=function)
    _positional(made, *positional)
    return made


def _positional(command: argparse.ArgumentParser, *names: str) -> None:
    for name in names:
        command.add_argument(DESTINATIONS.get(name, name.lower()), metavar=name, help=_help(name))


def _options(command: argparse.ArgumentParser, kind: type, *names: str) -> None:
    for name in names:
        metavar = "N" if kind is int else name.strip("-").upper()
        command.add_argument(name, type=kind, metavar=metavar, help=_help(name))


def _flags(command: argparse.ArgumentParser, *names: str) -> None:
    for name in names:
        command.add_argument(name, action="store_true", help=_help(name))
