"""An activity log too large for memory: the same company as if it had been read."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_company import random_company

import salesdiag as sd
from salesdiag.errors import DataError
from salesdiag.ingest import large, parts, sums
from salesdiag.panel import read_team, write_by_team
from salesdiag.schema import ROWS
from tools.bench.large import rows

ROWS_OF_LOG = 3000


def activity_log(seed: int, people: pd.Series) -> pd.DataFrame:
    """Return a log in which every cell may be wrong, one row in about three is."""
    rng = np.random.default_rng(seed)
    n = ROWS_OF_LOG

    def some(good: list, bad: list, share: float) -> np.ndarray:
        # one object at a time, or numpy makes text of all
        pick = [bad if rng.random() < share else good for _ in range(n)]
        return np.array([p[int(rng.integers(len(p)))] for p in pick] + [None], dtype=object)[:-1]

    days = [pd.Timestamp("2023-12-20") + pd.Timedelta(days=k) for k in range(240)]
    kinds = ["discovery_meeting", "proposal_meeting", "demo", "call", "email", "other"]
    log = pd.DataFrame(
        {
            "person_id": some(list(people), ["P99", " P01", "P02 ", "", None], 0.08),
            "done_on": some(days, [pd.NaT, *pd.to_datetime(["1850-01-01", "2250-05-05"])], 0.04),
            "kind": some(kinds, [" call", "Call", "meeting", "", None], 0.05),
            "account_id": some(["A01", "A02", None], ["A99", " A03", ""], 0.1),
            "opportunity_id": some(["D1", "D2", None], ["D999", "D3 "], 0.1),
            "minutes": some([30.0, 60.0, np.nan], [-5.0, np.inf], 0.03),
            "count": some([1.0, 2.0, np.nan, 0.5, 0.25], [-1.0, np.inf], 0.03),
        }
    ).astype({"done_on": "datetime64[us]", "minutes": "float64", "count": "float64"})
    return pd.concat([log, log.sample(40, random_state=seed)], ignore_index=True)


def as_texts(log: pd.DataFrame) -> pd.DataFrame:
    days = log["done_on"].dt.strftime("%Y-%m-%d")
    odd = pd.Series(np.arange(len(log)) % 50 == 0)
    return log.assign(done_on=days.mask(odd, "31.12.2023").mask(log["done_on"].isna()))


def with_times(log: pd.DataFrame, zone: str | None = None) -> pd.DataFrame:
    hours = pd.to_timedelta(np.resize([0, 5, 12, 23], len(log)), unit="h")
    sane = log["done_on"].dt.year.between(1900, 2199)
    moments = (log["done_on"] + hours).where(sane)
    return log.assign(done_on=moments if zone is None else moments.dt.tz_localize(zone))


STORED = {
    "days": lambda log: log.assign(done_on=log["done_on"].dt.date),
    "moments": with_times,
    "nanoseconds": lambda log: with_times(log).astype({"done_on": "datetime64[ns]"}),
    "offsets": lambda log: with_times(log, "Europe/Berlin"),
    "texts": as_texts,
    "categories": lambda log: log.astype({"person_id": "category", "kind": "category"}),
    "whole counts": lambda log: log.assign(count=np.arange(len(log), dtype="int32") % 3 - 1),
    "decimals": lambda log: log.assign(
        count=pd.array(
            [None if pd.isna(v) or np.isinf(v) else Decimal(str(v)) for v in log["count"]],
            pd.ArrowDtype(pa.decimal128(12, 2)),
        )
    ),
    "wrong types": lambda log: log.assign(minutes=log["done_on"], account_id=log["minutes"] > 30),
    "other columns": lambda log: log.drop(columns=["minutes", "opportunity_id"]).assign(
        owner="x", Kinds=1
    ),
    "only required": lambda log: log[["kind", "done_on", "person_id"]],
}


def both_ways(folder, monkeypatch, what=sd.load):
    read = what(folder)
    monkeypatch.setattr(parts, "MANY", 1)
    return read, what(folder)


def alike(left: pd.DataFrame, right: pd.DataFrame) -> None:
    """Compare as sets of rows: the order in which problems are told may differ."""
    by = list(left.columns)
    pd.testing.assert_frame_equal(
        left.sort_values(by, ignore_index=True), right.sort_values(by, ignore_index=True)
    )


def write(folder, tables, log, settings=""):
    for table, frame in tables.items():
        if table != "activities":
            frame.to_parquet(folder / f"{table}.parquet")
    log.to_parquet(folder / "activities.parquet")
    (folder / "company.toml").write_text(f'name = "C"\n{settings}')


QUICK = ("moments", "texts", "decimals", "other columns")
"""Forms that every run of the fast tests goes through; `make test` goes through all."""


@pytest.mark.parametrize(
    "form", [f if f in QUICK else pytest.param(f, marks=pytest.mark.slow) for f in STORED]
)
def test_a_dirty_log_gives_the_same_company_as_in_memory(form, tmp_path, monkeypatch):
    seed = 10 + list(STORED).index(form)
    tables = random_company(seed).tables
    log = STORED[form](activity_log(seed, tables["people"]["person_id"]))
    write(tmp_path, tables, log)
    monkeypatch.setattr(sums, "CHUNK", 397)
    read, condensed = both_ways(tmp_path, monkeypatch)
    assert ROWS not in read["activities"]
    assert len(condensed["activities"]) < len(read["activities"])
    assert condensed["activities"][ROWS].sum() == len(read["activities"])
    pd.testing.assert_frame_equal(read.panel, condensed.panel, check_exact=True)
    pd.testing.assert_frame_equal(read.team_panel, condensed.team_panel, check_exact=True)
    pd.testing.assert_frame_equal(read.unplaced, condensed.unplaced, check_exact=True)
    alike(read.dropped, condensed.dropped)
    assert len(read.dropped) > 2
    alike(read.problems, condensed.problems)
    assert repr(read) == repr(condensed)


@pytest.mark.parametrize(
    ("absent", "zone"),
    [
        ("accounts", ""),
        ("opportunities orders", ""),
        ("teams", ""),
        ("opportunities orders", '[reading]\ntime_zone = "America/New_York"'),
    ],
)
def test_the_window_and_ids_do_not_depend_on_the_way(absent, zone, tmp_path, monkeypatch):
    tables = {t: f for t, f in random_company(5).tables.items() if t not in absent.split()}
    log = activity_log(5, tables["people"]["person_id"])
    write(tmp_path, tables, with_times(log, "UTC") if zone else log, zone)
    read, condensed = both_ways(tmp_path, monkeypatch)
    pd.testing.assert_frame_equal(read.panel, condensed.panel, check_exact=True)
    alike(read.dropped, condensed.dropped)
    alike(read.problems, condensed.problems)
    ends = [(c["activities"]["done_on"].min(), c["activities"]["done_on"].max()) for c in
            (read, condensed)]  # fmt: skip
    assert ends[0] == ends[1]


def test_numbers_for_ids_are_read_as_ever(tmp_path, monkeypatch):
    tables = random_company(3).tables
    number = {p: str(k) for k, p in enumerate(tables["people"]["person_id"])}
    for table, column in (("people", "person_id"), ("assignments", "person_id")):
        tables[table][column] = tables[table][column].map(number)
    keep = {t: tables[t] for t in ("people", "assignments", "teams")}
    log = activity_log(3, tables["people"]["person_id"]).drop(columns="person_id")
    write(tmp_path, keep, log.assign(person_id=np.arange(len(log)) % 12))
    read, condensed = both_ways(tmp_path, monkeypatch)
    pd.testing.assert_frame_equal(read.panel, condensed.panel, check_exact=True)
    alike(read.problems, condensed.problems)


def test_a_folder_of_files_is_one_table(tmp_path):
    tables = random_company(4).tables
    log = activity_log(4, tables["people"]["person_id"])
    whole, cut = tmp_path / "whole", tmp_path / "it's [cut]*"
    for folder in (whole, cut):
        folder.mkdir()
        write(folder, tables, log)
    (cut / "activities.parquet").unlink()
    (cut / "activities.parquet").mkdir()
    for k, start in enumerate((0, 700, 2000)):
        part = log.iloc[start : (700, 2000, None)[k]]
        part.to_parquet(cut / "activities.parquet" / f"part-{k}.parquet", index=False)
    read, condensed = sd.load(whole), sd.load(cut)
    assert ROWS in condensed["activities"]
    pd.testing.assert_frame_equal(read.panel, condensed.panel, check_exact=True)
    alike(read.problems, condensed.problems)  # row numbers go through all files

    log.assign(more=1).to_parquet(cut / "activities.parquet" / "part-3.parquet", index=False)
    with pytest.raises(DataError, match=r"part-3\.parquet does not have the columns of part-0"):
        sd.load(cut)


def test_the_sums_are_those_of_a_loop(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "MANY", 1)
    tables = random_company(6).tables
    log = activity_log(6, tables["people"]["person_id"])
    log = log.assign(count=np.resize([0.1, 0.7, 3.0, np.nan, 1e6 + 0.3], len(log)))
    write(tmp_path, tables, log)
    expected: dict[tuple, list] = {}
    for row in log.itertuples(index=False):
        person = str(row.person_id).strip()
        kind = str(row.kind).strip()
        if person not in set(tables["people"]["person_id"]) or pd.isna(row.done_on):
            continue
        if not 1900 <= row.done_on.year <= 2199:
            continue
        if kind not in ("discovery_meeting", "proposal_meeting", "demo", "call", "email", "other"):
            continue
        sums = expected.setdefault((person, row.done_on.strftime("%Y-%m"), kind), [0, 0.0])
        sums[0] += 1
        sums[1] += 1 if np.isnan(row.count) else row.count
    found = sd.load(tmp_path)["activities"]
    keys = [found["person_id"], found["done_on"].dt.strftime("%Y-%m"), found["kind"]]
    found = found.groupby(keys)[[ROWS, "count"]].sum()
    assert {k: int(v) for k, v in found[ROWS].items()} == {k: v[0] for k, v in expected.items()}
    for key, (_, count) in expected.items():
        assert found["count"][key] == pytest.approx(count, rel=1e-13)


def test_the_order_of_rows_and_files_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "MANY", 1)
    tables = random_company(7).tables
    log = activity_log(7, tables["people"]["person_id"])
    log["count"] = np.resize([0.1, 0.7, 1e6 + 0.3], len(log))
    write(tmp_path, tables, log)
    first = sd.load(tmp_path)
    log.sample(frac=1, random_state=0).to_parquet(tmp_path / "activities.parquet")
    assert sd.load(tmp_path).fingerprint == first.fingerprint


def test_a_kept_result_is_the_same_and_taken_only_for_the_same_data(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "MANY", 1)
    tables = random_company(2).tables
    log = activity_log(2, tables["people"]["person_id"])
    write(tmp_path, tables, with_times(log))
    fresh = sd.load(tmp_path)
    (tmp_path / "company.toml").write_text('name = "C"\n[reading]\ncache = "kept/here"')
    first = sd.load(tmp_path)
    (kept,) = (tmp_path / "kept" / "here").iterdir()
    with monkeypatch.context() as without:
        without.setattr(large, "Sums", None)  # nothing is added up
        again = sd.load(tmp_path)
    for company in (first, again):
        pd.testing.assert_frame_equal(company["activities"], fresh["activities"])
        pd.testing.assert_frame_equal(company.problems, fresh.problems)
        pd.testing.assert_frame_equal(company.dropped, fresh.dropped)
        assert company.fingerprint == fresh.fingerprint
    kept.write_bytes(b"no Parquet")
    assert sd.load(tmp_path).fingerprint == fresh.fingerprint

    def changed(table: str, frame: pd.DataFrame) -> int:
        frame.to_parquet(tmp_path / f"{table}.parquet")
        sd.load(tmp_path)
        return len(list(kept.parent.iterdir()))

    moved = tables["assignments"].assign(
        start_on=tables["assignments"]["start_on"] - pd.Timedelta(days=1)
    )
    assert changed("assignments", moved) == 2
    assert changed("accounts", tables["accounts"].iloc[1:]) == 3
    assert changed("people", tables["people"].iloc[1:]) == 4
    assert changed("activities", with_times(log.iloc[:-1])) == 5
    (tmp_path / "company.toml").write_text(
        'name = "C"\n[reading]\ncache = "kept/here"\ntime_zone = "Asia/Tokyo"'
    )
    sd.load(tmp_path)
    assert len(list(kept.parent.iterdir())) == 6


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (lambda log: log.assign(count=log["count"].astype("str")), "holds numbers as text"),
        (lambda log: log.assign(KIND="call"), "Two columns have the name KIND"),
        (lambda log: log.drop(columns="kind"), "required column is missing"),
    ],
)
def test_what_cannot_be_used_is_told(log, words, tmp_path, monkeypatch):
    tables = random_company(8).tables
    write(tmp_path, tables, log(activity_log(8, tables["people"]["person_id"])))
    monkeypatch.setattr(parts, "MANY", 1)
    problems = sd.check(tmp_path)
    assert problems["problem"].str.contains(words).any()
    assert problems["severity"].ne("note").any()


def test_a_broken_file_is_told_with_the_reason(tmp_path, monkeypatch):
    tables = random_company(9).tables
    write(tmp_path, tables, activity_log(9, tables["people"]["person_id"]))
    path = tmp_path / "activities.parquet"
    content = bytearray(path.read_bytes())
    content[100 : len(content) // 2] = bytes(len(content) // 2 - 100)
    path.write_bytes(content)
    monkeypatch.setattr(parts, "MANY", 1)
    with pytest.raises(DataError, match=r"activities\.parquet cannot be read"):
        sd.load(tmp_path)


def test_nothing_is_written_to_stdout_and_no_folder_stays(tmp_path):
    # in a process of its own: a progress bar is drawn by the library, not by Python
    tables = random_company(2).tables
    log = activity_log(2, tables["people"]["person_id"])
    write(tmp_path, tables, pd.concat([log] * 20))
    spill = tmp_path / "spill"
    spill.mkdir()
    code = "import sys, salesdiag as sd; from salesdiag.ingest import parts; parts.MANY = 1;" \
        "print(len(sd.load(sys.argv[1]).dropped) > 2)"  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env={**os.environ, "TMPDIR": str(spill)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("True\n", "")
    assert list(spill.iterdir()) == []


def test_a_panel_is_read_one_team_at_a_time(tmp_path):
    company = small_load(tmp_path)
    path = tmp_path / "panel.parquet"
    company.write_panel(path)
    teams = sorted(company.panel["team_id"].unique())
    groups = pq.read_metadata(path)
    assert groups.num_row_groups == len(teams)
    for k, team in enumerate(teams):
        expected = company.panel[company.panel["team_id"].eq(team)].reset_index(drop=True)
        pd.testing.assert_frame_equal(read_team(path, team), expected)
        assert groups.row_group(k).num_rows == len(expected)

    # the bytes of all other row groups are destroyed, and the team is still read
    content = bytearray(path.read_bytes())
    kept = groups.row_group(0)
    start = min(
        kept.column(c).dictionary_page_offset or kept.column(c).data_page_offset
        for c in range(kept.num_columns)
    )
    size = sum(kept.column(c).total_compressed_size for c in range(kept.num_columns))
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    content[start + size : footer] = bytes(footer - start - size)
    path.write_bytes(content)
    assert len(read_team(path, teams[0])) == kept.num_rows
    with pytest.raises((OSError, pa.ArrowException)):
        read_team(path, teams[1])

    with pytest.raises(ValueError, match="no team 'T99'"):
        read_team(path, "T99")
    company.panel.to_parquet(tmp_path / "other.parquet")
    with pytest.raises(ValueError, match="not a panel written by team"):
        read_team(tmp_path / "other.parquet", teams[0])


def small_load(folder):
    tables = random_company(1).tables
    write(folder, tables, tables["activities"])
    return sd.load(folder)


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "p.parquet"
    rows = pd.DataFrame({"team_id": ["T2", None, "T1", "T2"], "n": [1, 2, 3, 4]})
    write_by_team(rows, path)
    assert list(read_team(path, "T2")["n"]) == [1, 4]
    monkeypatch.setattr(pq.ParquetWriter, "write_table", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_by_team(rows.assign(n=0), path)
    assert list(read_team(path, "T2")["n"]) == [1, 4]
    assert [p.name for p in tmp_path.iterdir()] == ["p.parquet"]


@pytest.mark.slow
def test_the_benchmark_compares_equal_tables(tmp_path):
    memory, _, part = rows(tmp_path, 200_000)
    assert memory.measured > 0
    assert part.kept


def test_a_small_file_is_read_into_memory(tmp_path):
    pq.write_table(pa.table({"kind": ["call"]}), tmp_path / "activities.parquet")
    assert parts.parts("activities", tmp_path / "activities.parquet") is None
