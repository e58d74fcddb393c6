"""Company: the same from every storage form, what it brings, how it is shown, how it is refused."""

from __future__ import annotations

import pickle

import pandas as pd
import pytest
from stored_company import NUMBERS, tables, write_csv, write_duckdb, write_parquet, write_sqlite

import salesdiag.company
from salesdiag.company import Company, check, fingerprint, load
from salesdiag.errors import DataError
from salesdiag.schema import DTYPES, TABLE
from salesdiag.settings import Settings

HOSTILE = [
    "<script>alert(1)</script>",
    "../../x",
    "=cmd|' /C calc'!A0",
    "{{ 7 * 7 }} {% x %} {name}",
    "Ann\u202egnp.exe\u2066",
    "N" * 300,
    'quote " and, comma',
    "line\nbreak",
    "' OR 1=1 --",
    "نام",
]


def forms(folder, frames):
    return {
        "csv": write_csv(folder / "csv", frames),
        "parquet": write_parquet(folder / "parquet", frames),
        "duckdb": write_duckdb(folder / "duckdb", frames),
        "sqlite": write_sqlite(folder / "sqlite", frames),
    }


def test_every_storage_form_gives_the_same_company(tmp_path):
    found = {}
    for form, source in forms(tmp_path, tables()).items():
        beside = source if source.is_dir() else source.parent
        (beside / "company.toml").write_text('name = "Acme"\ncurrency = "USD"\n')
        found[form] = load(source)
    sources = {str(c.source) for c in found.values()}
    assert len(sources) == 4
    first = found.pop("csv")
    assert set(first.problems["severity"]) <= {"note"}
    assert len(first.dropped) == 0
    for company in found.values():
        assert company.fingerprint == first.fingerprint
        assert company.tables.keys() == first.tables.keys()
        for name, frame in first.tables.items():
            pd.testing.assert_frame_equal(company[name], frame)


def test_rows_in_another_order_and_numbers_in_another_form_are_the_same_company(tmp_path):
    frames = tables()
    one = load(write_csv(tmp_path / "one", frames))
    german = {t: f.iloc[::-1].copy() for t, f in frames.items()}
    for frame in german.values():
        for column in frame.columns.intersection(sorted(NUMBERS)):
            frame[column] = frame[column].str.replace(".", ",")
    german["orders"]["product"] = ""
    folder = write_csv(tmp_path / "two", german, sep=";")
    (folder / "company.toml").write_text('[reading]\ndecimal = ","\ndelimiter = ";"\n')
    assert load(folder).fingerprint == one.fingerprint


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("orders", "amount", "100.01"),
        ("people", "name", "Anne"),
        ("quotas", "period", "2024-02-01"),
    ],
)
def test_every_change_of_content_changes_the_fingerprint(table, column, value, tmp_path):
    frames = tables()
    one = load(write_csv(tmp_path / "one", frames)).fingerprint
    frames[table].loc[0, column] = value
    assert load(write_csv(tmp_path / "two", frames)).fingerprint != one


def test_settings_are_part_of_the_fingerprint(tmp_path):
    found = load(write_csv(tmp_path, tables())).tables
    assert fingerprint(found, {}) != fingerprint(found, {"currency": "USD"})


def test_canonical_tables_have_the_contracts_columns_and_dtypes(tmp_path):
    for source in forms(tmp_path, tables()).values():
        for name, frame in load(source).tables.items():
            wanted = {c.name: DTYPES[c.kind] for c in TABLE[name].columns}
            assert {c: str(t) for c, t in frame.dtypes.items()} == wanted


def test_what_a_company_brings(tmp_path):
    company = load(write_csv(tmp_path, tables()))
    assert company.has("orders", "orders.margin", "opportunities.disqualified")
    asked = ("orders", "orders.product", "surveys", "coaching.focus", "coaching")
    assert company.missing(*asked) == ["orders.product", "surveys", "coaching.focus"]
    assert not company.has("surveys")
    with pytest.raises(ValueError, match=r"no 'orders.colour'"):
        company.has("orders.colour")
    with pytest.raises(KeyError):
        company["surveys"]


def test_teams_without_a_table_of_teams_are_named_by_their_ids(tmp_path):
    frames = tables()
    both = load(write_csv(tmp_path / "with", frames)).teams
    assert both.to_dict("list") == {"team_id": ["T1", "T2"], "name": ["North", "South"]}
    del frames["teams"]
    alone = load(write_csv(tmp_path / "without", frames)).teams
    assert alone.to_dict("list") == {"team_id": ["T1", "T2"], "name": ["T1", "T2"]}


def test_hostile_names_are_data_in_every_form_and_harmless_where_shown(tmp_path):
    frames = tables()
    ids = [f"X{i}" for i in range(len(HOSTILE))]
    frames["people"] = pd.concat(
        [frames["people"], pd.DataFrame({"person_id": ids, "name": HOSTILE}).fillna("")]
    ).fillna("")
    frames["teams"].loc[0, "name"] = HOSTILE[0]
    for form, source in forms(tmp_path, frames).items():
        (tmp_path / form / "company.toml").write_text('name = "<b>&{{ x }}"')
        company = load(source)
        assert company["people"]["name"].tolist()[-len(HOSTILE) :] == HOSTILE
        html = company._repr_html_()
        assert "<b>" not in html
        assert "&lt;b&gt;&amp;{{ x }}" in html
        assert "\n" not in repr(company)


def test_hostile_cells_are_harmless_among_the_problems(tmp_path):
    frames = tables()
    frames["orders"]["owner_id"] = HOSTILE[:5]
    with pytest.raises(DataError) as caught:
        load(write_csv(tmp_path, frames))
    assert caught.value.problems["value"].dropna().tolist()[:3] == HOSTILE[:3]
    frames = tables()
    frames["orders"] = frames["orders"].rename(columns={"margin": "<script>\u202e"})
    problems = check(write_csv(tmp_path, frames))
    assert sorted(problems["column"]) == ["<script>\u202e", "manager_id"]


def test_what_was_left_out_is_shown(tmp_path):
    frames = tables()
    frames["orders"].loc[0, "owner_id"] = "nobody"
    company = load(write_csv(tmp_path, frames))
    assert company.dropped.to_dict("records") == [
        {"table": "orders", "cause": "`owner_id` is not in people.person_id.", "rows": 1}
    ]
    assert "Not used: 1 of " in repr(company)
    assert "people.person_id" in company._repr_html_()


def test_unusable_data_are_refused_with_every_reason(tmp_path):
    frames = tables()
    del frames["people"]["name"], frames["assignments"]["role"]
    folder = write_csv(tmp_path, frames)
    (folder / "company.toml").write_text('curency = "USD"\nfiscal_year_start_month = 13\n')
    before = sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(DataError) as caught:
        load(folder)
    said = str(caught.value)
    for word in ("people.name", "assignments.role", "curency", "13", "Nothing was changed"):
        assert word in said
    assert (caught.value.problems["severity"] == "error").sum() == 4
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    assert len(check(folder)) >= 4


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("currency = 5", ["`currency` is 5, it must be text"]),
        ("min_group = 5.5", ["`min_group` is 5.5, it must be whole number"]),
        ("min_group = true", ["min_group"]),
        ("gross_margin = '0.3'", ["`gross_margin` is 0.3, it must be number"]),
        ("limits = 3", ["`limits` is 3, it must be table"]),
        ("[limits]\ncoaching_share = 'half'\nx = 1", ["limits.coaching_share", "limits.x"]),
        ("[benchmarks]\nb = []", ["benchmarks.b"]),
        ("reading = ','", ["reading"]),
        ("[reading]\ndecimal = 1\nthousands = '.'", ["reading.decimal", "reading.thousands"]),
        ("[reading]\ndecimal = ','\nthousands = ','", ["reading.thousands"]),
        ("[reading]\ntime_zone = 'Mars/Base'", ["reading.time_zone"]),
        ("[reading]\ntime_zone = '../../etc/passwd'", ["reading.time_zone"]),
        ("[reading]\ntime_zone = 'Europe'", ["reading.time_zone"]),
        ("[reading]\ndate_format = 'dd.mm.yyyy'", ["reading.date_format"]),
        ("[reading]\ndelimiter = ''", ["reading.delimiter"]),
        ("[reading]\nencoding = 'cp9999'", ["reading.encoding"]),
        ("[reading]\nencoding = 5\nnull = 5", ["reading.encoding", "reading.null"]),
        ("[reading]\nquote = 'ab'\nmost_lost = -1", ["reading.quote", "reading.most_lost"]),
    ],
)
def test_wrong_settings_are_told_and_never_crash(toml, words, tmp_path):
    folder = write_csv(tmp_path, tables())
    (folder / "company.toml").write_text(toml)
    problems = check(folder)
    errors = problems[problems["severity"] == "error"]
    errors = errors[errors["table"] == "company.toml"]  # cells may not be as declared, either
    assert len(errors) == len(words)
    for word in words:
        assert word in " ".join(errors["problem"])
    with pytest.raises(DataError):
        load(folder)


def test_relative_paths_are_looked_for_here_and_then_in_the_project(tmp_path, monkeypatch):
    home, here = tmp_path / "home", tmp_path / "here"
    here.mkdir()
    write_csv(home / "data" / "demo", tables())
    monkeypatch.setattr(salesdiag.company, "HOMES", (tmp_path / "absent", home))
    monkeypatch.chdir(here)
    assert load("data/demo").source == str(home / "data" / "demo")
    write_csv(here / "data" / "demo", tables())
    assert load("data/demo").source == "data/demo"
    with pytest.raises(DataError, match="nowhere"):
        load("nowhere/at/all")


def test_a_company_is_small_and_frozen_and_its_tables_can_travel(tmp_path):
    company = load(write_csv(tmp_path / "acme", tables()))
    assert company.name == "acme"
    with pytest.raises(AttributeError):
        company.name = "x"  # type: ignore[misc]
    assert len(repr(company)) < 200
    copy = pickle.loads(pickle.dumps(company.tables))
    assert fingerprint(copy, {}) == company.fingerprint


def test_a_company_without_rows_left_out_can_be_made_by_hand():
    frames = {"assignments": pd.DataFrame({"team_id": ["T1"]})}
    company = Company(name="x", settings=Settings(), tables=frames)
    assert "Teams: 1" in repr(company)
    assert "<table>" not in company._repr_html_()


def test_panels_are_made_once_from_the_tables(tmp_path):
    company = load(write_csv(tmp_path, tables()))
    assert company.panel is company.panel
    assert company.team_panel is company.team_panel
    revenue = company["orders"].set_index("order_id")["amount"]
    assert set(company.panel["team_id"].dropna()) <= {"T1", "T2"}
    assert company.panel["revenue"].sum() == pytest.approx(revenue.sum())
