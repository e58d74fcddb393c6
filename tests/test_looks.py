"""The ledger of looks: what counts as a look, that nothing is lost, and where it is told."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from salesdiag import looks
from salesdiag.batch import looked
from salesdiag.claims import test as answer
from salesdiag.company import HOMES, check, ledger, load
from salesdiag.errors import DataError
from salesdiag.looks import Entry, Look
from salesdiag.settings import Looks, parse


def entry(months: int, fingerprint: str = "", data_to: str = "") -> Entry:
    end = pd.Timestamp("2024-01-31") + pd.offsets.MonthEnd(months - 1)
    return Entry(
        fingerprint=fingerprint or f"data of {months}",
        months=months,
        data_to=data_to or end.date().isoformat(),
        reported="2026-11-27",
    )


def at(*months: int, now: int, planned: int = 13, since: str | None = None) -> tuple[int, ...]:
    found = looks.at(list(map(entry, months)), entry(now), Looks(planned=planned, since=since))
    assert found.planned == planned
    return found.months


@pytest.mark.parametrize(
    ("before", "now", "seen"),
    [
        ((), 24, (24,)),
        ((24,), 24, (24,)),  # the same data again
        ((24,), 25, (24, 25)),
        ((24, 24, 25), 27, (24, 25, 27)),  # corrected data of the same months
        ((24, 25, 26), 25, (24, 25)),  # an older report again
        ((24, 26), 25, (24, 26)),  # fewer months hold nothing new
        ((24, 26, 20), 27, (24, 26, 27)),
    ],
)
def test_a_look_is_counted_by_months_of_data(before, now, seen):
    assert at(*before, now=now) == seen


def test_the_last_two_years_every_month_are_looks_too():
    """A window that rolls on has as many months as before and is another one all the same."""
    window = [entry(24, f"to {end}", str(end.date())) for end in
              pd.date_range("2025-12-31", periods=5, freq="ME")]  # fmt: skip
    assert looks.at(window[:4], window[4], Looks()).months == (24, 28, 32, 36, 40)
    assert looks.at(window, window[2], Looks()).months == (24, 28, 32)  # an older report again
    shorter = entry(12, "cut", "2026-01-31")  # a month more, thirteen less
    assert looks.at(window[:1], shorter, Looks()).months == (24, 24 + 1 + 3 * 13)
    longer = entry(36, "archive", "2025-12-31")
    assert looks.at(window[:1], longer, Looks()).months == (24, 36)
    assert looks.at([*window[:1], shorter], window[2], Looks()).months == (24, 64, 76)


def rolled(window: int, count: int, runs: int) -> float:
    """Return how often a mean of the last months, none of them moved, is told at any look."""
    rng = np.random.default_rng(1)
    total = rng.normal(size=(runs, window + 12)).cumsum(axis=1)
    total = np.pad(total, ((0, 0), (1, 0)))
    z = (total[:, window:] - total[:, :13]) / np.sqrt(window)
    counted = [tuple(range(window, window + count * k + 1, count)) for k in range(13)]
    levels = np.array([Look(months=m, planned=13).level() for m in counted])
    return float((np.abs(z) > stats.norm.isf(levels / 2)).any(axis=1).mean())


def test_a_rolling_window_is_wrong_about_as_often_as_permitted():
    assert rolled(24, looks.ROLLED, 20_000) == pytest.approx(0.051, abs=0.006)
    assert rolled(24, 1, 20_000) > 0.065


def test_a_new_series_is_declared_by_the_day_from_which_it_counts():
    assert entry(24).data_to == "2025-12-31"
    assert at(24, 25, 26, now=27, since="2026-03-01") == (27,)
    assert at(24, 25, 26, now=27, since="2026-01-31") == (25, 26, 27)


def test_planned_looks_share_the_error():
    assert Look().level() == 0.05
    assert Look().said is None
    assert Look(months=(24,), planned=13).level() == pytest.approx(0.025)
    assert Look(months=(24, 25), planned=1).level() == 0.0
    assert str(Look(months=(24,), planned=13).said) == "look 1 of 13 planned"
    assert "an interval of 97.5% allows it" in str(Look(months=(24,), planned=13).rule)
    late = Look(months=(24, 25), planned=1)
    assert str(late.said).startswith("look 2, one too many (1 planned)")
    assert late.rule is None


def test_settings_say_how_many_and_from_when():
    given, faults = parse({"looks": {"planned": 5, "since": "2026-01-01"}}, "x")
    assert (given.looks, faults) == (Looks(planned=5, since="2026-01-01"), [])
    wrong = {"planned": 0, "since": "soon", "plan": 3}
    given, faults = parse({"looks": wrong}, "x")
    assert given.looks == Looks()
    assert sorted(w for w in ("planned", "since", "plan ") for f in faults if w in f"{f} ")
    assert len(faults) == 3
    assert len(parse({"looks": {"planned": "many"}}, "x")[1]) == 1


# The file


def test_the_same_data_are_written_down_once(tmp_path):
    path = tmp_path / looks.NAME
    assert looks.read(path) == []
    for one in (entry(24), entry(25), entry(24), replace(entry(24), reported="2027-01-01")):
        looks.record(path, one)
    looks.record(path, entry(25, "corrected"))
    assert looks.read(path) == [entry(24), entry(25), entry(25, "corrected")]
    assert [p.name for p in tmp_path.iterdir()] == [looks.NAME]


def _write(path: Path, first: int) -> None:
    for months in range(first, first + 20):
        looks.record(path, entry(months, f"{first} {months}"))


def test_runs_at_the_same_time_lose_nothing(tmp_path):
    path = tmp_path / looks.NAME
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=_write, args=(path, first)) for first in (1, 101, 201)]
    for process in both:
        process.start()
    for process in both:
        process.join()
        assert process.exitcode == 0
    assert len(looks.read(path)) == 60
    assert [p.name for p in tmp_path.iterdir()] == [looks.NAME]


DAMAGED = {
    "empty": "",
    "half": '{"schema": 1, "looks": [{"fing',
    "no list": '{"schema": 1}',
    "a list": "[]",
    "another schema": json.dumps({"schema": 2, "looks": []}),
    "no months": json.dumps({"schema": 1, "looks": [{"fingerprint": "x"}]}),
    "months as text": json.dumps({"schema": 1, "looks": [{**asdict(entry(3)), "months": "3"}]}),
    "no day": json.dumps({"schema": 1, "looks": [{**asdict(entry(3)), "data_to": "soon"}]}),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_ledger_is_an_error_and_stays_as_it_is(tmp_path, content):
    path = tmp_path / looks.NAME
    path.write_text(content)
    with pytest.raises(DataError, match=r"looks\.json: The count of looks at these data cannot be"):
        looks.record(path, entry(24))
    with pytest.raises(DataError):
        looks.read(path)
    assert path.read_text() == content
    assert [p.name for p in tmp_path.iterdir()] == [looks.NAME]


# With a company


@pytest.fixture(scope="module")
def company(tmp_path_factory) -> Path:
    """Return a folder with the demo company's tables."""
    folder = tmp_path_factory.mktemp("own") / "acme"
    shutil.copytree(HOMES[0] / "data" / "demo", folder)
    return folder


@pytest.fixture
def book(company):
    path = company / looks.NAME
    yield path
    path.unlink(missing_ok=True)


def test_loading_and_asking_read_the_ledger_and_do_not_write(company, book):
    found = load(company)
    assert found.state.months == 24
    assert found.look == Look(months=(24,), planned=13)
    assert answer("plan-first", found).look.number == 1
    assert not book.exists()
    print_before = found.fingerprint
    for months in (20, 21, 24):
        looks.record(book, entry(months))
    later = load(company)
    assert later.look == Look(months=(20, 21, 24), planned=13)
    assert later.fingerprint == print_before
    assert looks.NAME not in set(check(company)["table"])
    finding = answer("coaching-hours", later)
    assert finding.look.number == 3
    assert finding.q_value == pytest.approx(later.look.over_looks(finding.p_value))
    assert answer("coaching-hours", later, "T03").look.number == 3


def test_a_damaged_ledger_stops_and_is_listed(company, book):
    book.write_text("{")
    with pytest.raises(DataError, match="count of looks at these data cannot be read"):
        load(company)
    line = check(company).iloc[0]
    assert (line["table"], line["severity"]) == (looks.NAME, "error")
    assert book.read_text() == "{"


def test_places_of_ledgers(tmp_path):
    assert ledger("data/demo") is None  # what comes with the project is not written to
    assert ledger("postgresql://host/base") is None
    assert ledger(tmp_path) == tmp_path / looks.NAME
    file = tmp_path / "acme.duckdb"
    file.touch()
    assert ledger(file) == tmp_path / "acme.duckdb.looks.json"


def test_a_run_writes_its_look_beside_the_data(company, book, tmp_path):
    found, path = looked.opened(load(company), str(company), tmp_path / "out")
    assert path == book
    assert looked.record(path, found, str(company)) == []
    assert looks.read(book) == [found.state]
    assert load(company).look.number == 1


def test_a_run_that_may_not_write_there_counts_beside_its_report_and_says_so(
    company, book, tmp_path, monkeypatch
):
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != company)
    out = tmp_path / "out"
    looks.record(out.with_name("out.looks.json"), entry(20))
    found, path = looked.opened(load(company), str(company), out)
    assert found.look.months == (20, 24)
    (told,) = looked.record(path, found, str(company))
    assert "out.looks.json" in str(told)
    assert len(looks.read(path)) == 2
    assert not book.exists()


def test_an_import_again_goes_on_counting(shared_data, tmp_path):
    from salesdiag.mapping import convert

    convert(shared_data / "northwind", tmp_path / "own")
    looks.record(tmp_path / "own" / looks.NAME, entry(12))
    convert(shared_data / "northwind", tmp_path / "own")
    assert looks.read(tmp_path / "own" / looks.NAME) == [entry(12)]
