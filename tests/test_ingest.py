"""Reading: every storage form, files that cannot be read, nothing changed, no secret told."""

from __future__ import annotations

import hashlib
import sqlite3
import sys

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from stored_company import tables, write_csv, write_duckdb, write_parquet, write_sqlite

from salesdiag.errors import DataError
from salesdiag.ingest import read
from salesdiag.ingest.dialect import Dialect
from salesdiag.ingest.files import as_frame, read_csv

FORMS = {
    "csv": write_csv,
    "parquet": write_parquet,
    "duckdb": write_duckdb,
    "sqlite": write_sqlite,
}


def digest(path):
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [(f.name, hashlib.sha256(f.read_bytes()).hexdigest()) for f in files if f.is_file()]


@pytest.mark.parametrize("form", FORMS)
def test_reading_gives_all_tables_and_changes_nothing(form, tmp_path):
    source = FORMS[form](tmp_path / "c", tables())
    before = digest(tmp_path)
    raw = read(source)
    assert {t: len(f) for t, f in raw.tables.items()} == {t: len(f) for t, f in tables().items()}
    assert list(raw.tables["people"]["person_id"]) == ["007", "7", "8", "9"]
    assert raw.problems == ()
    assert digest(tmp_path) == before
    assert raw.tables["orders"].index[0] == (2 if form == "csv" else 1)


def test_a_database_url_is_read_like_the_file(tmp_path):
    pytest.importorskip("sqlalchemy")
    path = write_sqlite(tmp_path, tables())
    by_url, by_file = read(f"sqlite+pysqlite:///{path}"), read(path)
    for table, frame in by_file.tables.items():
        pd.testing.assert_frame_equal(by_url.tables[table], frame)
    assert by_url.name == "company"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:hunter2@localhost:1/sales",
        "postgresql://ann:hunter2@/sales?password=hunter2&host=/nowhere",
        "nosuchdialect://ann:hunter2@host/db",
        "mysql+nodriver://ann:p%40hunter2@h/db",
    ],
)
def test_an_unreachable_database_is_told_without_its_password(url):
    pytest.importorskip("sqlalchemy")
    with pytest.raises(DataError) as caught:
        read(url)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert "Nothing was changed" in str(caught.value)


def test_a_file_by_its_url_is_never_made(tmp_path):
    with pytest.raises(DataError, match="no data"):
        read(f"sqlite:///{tmp_path}/absent.db")
    assert list(tmp_path.iterdir()) == []
    path = write_sqlite(tmp_path, tables())
    assert read(f"sqlite:///{path}").tables.keys() == tables().keys()


def test_without_sqlalchemy_the_optional_part_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(DataError, match=r"salesdiag\[database\]"):
        read("postgresql://u:secret@h/d")


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (None, "no data at"),
        (b"hello", "neither a folder"),
        (b"SQLite format 3\x00" + b"\x07" * 200, "cannot be read"),
        (b"\x00" * 8 + b"DUCK" + b"\x07" * 200, "cannot be read"),
    ],
)
def test_a_source_that_is_none(content, match, tmp_path):
    path = tmp_path / "x.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=match):
        read(path)


def test_settings_lie_in_the_folder_or_beside_the_file(tmp_path):
    folder = write_csv(tmp_path / "c", tables())
    (folder / "company.toml").write_text('name = "In"')
    assert read(folder).settings_raw == {"name": "In"}
    path = write_sqlite(tmp_path, tables())
    (tmp_path / "other.toml").write_text('name = "No"')
    assert read(path).settings_raw == {}
    path = path.rename(tmp_path / "acme.sqlite")
    (tmp_path / "company.toml").write_text('name = "Beside"')
    assert read(path).settings_raw == {"name": "Beside"}
    (tmp_path / "acme.toml").write_text('name = "Own"')
    assert read(path).settings_raw == {"name": "Own"}
    (tmp_path / "acme.toml").write_text('name = "Own')
    with pytest.raises(DataError, match=r"acme\.toml"):
        read(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf8_with_and_without_mark(encoding, tmp_path):
    (tmp_path / "people.csv").write_text("person_id,name\n1,Zoë Ø\n", encoding=encoding)
    frame = read(tmp_path).tables["people"]
    assert frame.to_dict("list") == {"person_id": ["1"], "name": ["Zoë Ø"]}


@pytest.mark.parametrize(
    ("name", "content", "severity", "words"),
    [
        ("people.csv", "person_id,name\n1,A\n2,Zoë\n".encode("cp1252"), "error", "line 3"),
        ("people.csv", "person_id,name\n1,A\n".encode("utf-16"), "error", "UTF-8"),
        ("people.csv", b"", "error", "empty"),
        ("people.csv", b"\n1,2\n", "error", "empty"),
        ("people.csv", b"person_id,name,name\n1,2,3\n", "error", "Two columns"),
        ("people.csv", b'person_id,name\n1,"A\n2,B\n3,C\n', "error", "quotation mark"),
        ("people.parquet", b"PAR1 not really", "error", "cannot be read"),
        ("people.xlsx", b"PK", "error", "Save the table as CSV"),
        ("oportunities.csv", b"a\n1\n", "note", "opportunities"),
        ("people.csv", b"person_id,name\n1,A,B\n2\n3,C\n", "dropped", "more or fewer cells"),
    ],
)
def test_a_file_that_is_not_as_it_should_be(name, content, severity, words, tmp_path):
    (tmp_path / name).write_bytes(content)
    raw = read(tmp_path)
    assert {p.severity for p in raw.problems} == {severity}
    assert words in " ".join(f"{p.problem} {p.remedy}" for p in raw.problems)
    assert ("people" in raw.tables) == (severity == "dropped")


def test_two_files_of_one_table_are_a_problem_and_neither_is_chosen(tmp_path):
    write_csv(tmp_path, tables())
    tables()["orders"].to_parquet(tmp_path / "orders.parquet")
    raw = read(tmp_path)
    assert "orders" not in raw.tables
    (problem,) = raw.problems
    assert problem.severity == "error"
    assert "orders.csv and orders.parquet" in str(problem.problem)


def test_other_files_are_left_alone(tmp_path):
    write_csv(tmp_path, tables())
    for name in ("README.md", "truth.json", ".people.csv", "people.csv.bak"):
        (tmp_path / name).write_text("x")
    (tmp_path / "teams.parquet.d").mkdir()
    assert read(tmp_path).problems == ()


def test_rows_are_numbered_as_in_a_spreadsheet(tmp_path):
    text = 'person_id,name\n1,"two\nlines"\n\n,\n2,B,extra\n3,"C, ""x"""\n'
    (tmp_path / "people.csv").write_text(text)
    raw = read(tmp_path)
    frame = raw.tables["people"]
    assert list(frame.index) == [2, 6]
    assert list(frame["name"]) == ["two\nlines", 'C, "x"']
    assert [(p.row, p.value) for p in raw.problems] == [(5, "2,B,extra")]
    assert raw.left_out == {"people": 1}


def test_long_cells_and_many_rows_survive(tmp_path):
    long = "x" * 3_000_000
    (tmp_path / "people.csv").write_text(f"person_id,name\n1,{long}\n2,B\n")
    assert list(read(tmp_path).tables["people"]["name"].str.len()) == [3_000_000, 1]


def test_nothing_is_missing_but_what_is_declared(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a|b\nNA|NULL\n|null\n")
    frame = read_csv(path, "x", Dialect(delimiter="|", null=("NULL",))).frame
    assert frame["a"].tolist()[0] == "NA"
    assert frame.isna().to_numpy().tolist() == [[False, True], [True, False]]


def test_declared_delimiter(tmp_path):
    write_csv(tmp_path, tables(), sep=";")
    (tmp_path / "company.toml").write_text('[reading]\ndelimiter = ";"')
    assert len(read(tmp_path).tables["orders"].columns) == 6


@pytest.mark.parametrize(
    ("column", "dtype", "values"),
    [
        (pa.array([1, None, 2**62], pa.int64()), "Int64", [1, pd.NA, 2**62]),
        (pa.array([2**63], pa.uint64()), "str", [str(2**63)]),
        (pa.array(["a", None]).dictionary_encode(), "str", ["a", np.nan]),
        (pa.array([True, None]), "boolean", [True, pd.NA]),
        (pa.array([None, None]), "str", [np.nan, np.nan]),
        (pa.array(["1.50"]).cast(pa.decimal128(9, 2)), "float64", [1.5]),
        (pa.array(["70"]).cast(pa.decimal128(38, 0)), "Int64", [70]),
        (pa.array([19723], pa.date32()), "datetime64[us]", [pd.Timestamp("2024-01-01")]),
        (pa.array([b"a"]), "str", ["b'a'"]),
    ],
)
def test_stored_types_are_kept_without_loss(column, dtype, values):
    frame = as_frame(pa.table({"x": column}))
    assert frame["x"].dtype == pd.api.types.pandas_dtype(dtype)
    pd.testing.assert_series_equal(
        frame["x"].reset_index(drop=True), pd.Series(values, dtype=dtype, name="x")
    )


def test_a_view_in_a_file_cannot_read_other_files(tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("person_id,name\n1,secret\n")
    path = tmp_path / "trap.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE VIEW people AS SELECT * FROM read_csv('{secret}')")
    with pytest.raises(DataError) as caught:
        read(path)
    assert "1,secret" not in str(caught.value)


def test_an_sqlite_file_of_mixed_types_and_a_foreign_table(tmp_path):
    path = tmp_path / "x.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE people (person_id, name)")
    connection.executemany("INSERT INTO people VALUES (?, ?)", [(7, "A"), ("007", 5), (None, None)])
    connection.execute("CREATE TABLE secrets (x)")
    connection.commit()
    connection.close()
    raw = read(path)
    assert raw.tables["people"]["person_id"].tolist()[:2] == ["7", "007"]
    assert [p.table for p in raw.problems] == ["secrets"]
