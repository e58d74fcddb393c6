"""Validation: every fault told, at the right row; nothing invented; nothing guessed."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stored_company import tables, typed

from salesdiag import text
from salesdiag.errors import LISTED
from salesdiag.ingest import Raw, cells
from salesdiag.schema import CORE, DTYPES, TABLE, Column
from salesdiag.settings import Reading, Settings
from salesdiag.validate import validate


def raw(frames, **settings):
    """Return tables as a folder of CSV would give them: the first row of data is row 2."""
    numbered = {}
    for name, frame in frames.items():
        frame = frame.mask(frame == "") if all(frame.dtypes == "str") else frame
        numbered[name] = frame.set_axis(pd.RangeIndex(2, len(frame) + 2), axis=0)
    return Raw(tables=numbered, settings_raw=settings)


def checked(frames, **reading):
    settings = Settings(reading=Reading(**reading))
    return validate(raw(frames, **({"reading": reading} if reading else {})), settings)


def faults(found):
    """Return (table, column, row, severity) of all problems."""
    return [
        (p.table, None if pd.isna(p.column) else p.column, None if pd.isna(p.row) else int(p.row),
         p.severity)
        for p in found.problems.itertuples()
    ]  # fmt: skip


def test_a_company_that_is_right_has_no_problem_and_loses_nothing():
    found = checked(tables())
    assert found.problems.empty
    assert found.dropped.empty
    assert {t: len(f) for t, f in found.tables.items()} == {t: len(f) for t, f in tables().items()}


def test_inputs_are_not_changed():
    frames = tables()
    frames["orders"].loc[0, "amount"] = "x"
    given_ = raw(frames)
    before = {t: f.copy(deep=True) for t, f in given_.tables.items()}
    validate(given_, Settings())
    for name, frame in before.items():
        pd.testing.assert_frame_equal(given_.tables[name], frame)


# One cell changed or row added: what is said, where, and what becomes of the row or the value.
# (table, row of the frame or None to add one, cells, column told of, row told of, severity)
PLANTED = [
    ("people", 0, {"hired_on": "31.12.2020"}, "hired_on", 2, "note"),
    ("people", 1, {"exit_reason": "Voluntary"}, "exit_reason", 3, "note"),
    ("people", 3, {"team_pay_share": "25"}, "team_pay_share", 5, "note"),
    ("people", 2, {"left_on": "2017-01-01"}, "left_on", 4, "note"),
    ("assignments", 0, {"end_on": "soon"}, "end_on", 2, "dropped"),
    ("assignments", 2, {"role": "boss"}, "role", 4, "dropped"),
    ("assignments", 3, {"end_on": "2019-12-31"}, "end_on", 5, "dropped"),
    ("assignments", 4, {"person_id": "99"}, "person_id", 6, "dropped"),
    ("assignments", None, {"person_id": "007", "team_id": "T1", "role": "rep",
                           "start_on": "2024-01-01"}, "person_id", 7, "note"),
    ("assignments", None, {"person_id": "7", "team_id": "T2", "role": "manager",
                           "start_on": "2024-01-01"}, "team_id", 7, "note"),
    ("assignments", 4, {"end_on": "9999-12-31"}, "end_on", 6, "note"),
    ("quotas", 0, {"period": "2024-01-15"}, "period", None, "note"),
    ("quotas", 1, {"period_kind": "year"}, "period_kind", 3, "dropped"),
    ("quotas", None, {"owner_id": "7", "period": "2024-01-01", "period_kind": "quarter",
                      "amount": "5"}, "owner_id", 5, "dropped"),
    ("accounts", 0, {"owner_id": "nobody"}, "owner_id", 2, "note"),
    ("orders", 0, {"amount": "1.234,56"}, "amount", 2, "error"),
    ("orders", 1, {"amount": ""}, "amount", 3, "dropped"),
    ("orders", 2, {"ordered_on": "2024-02-30"}, "ordered_on", 4, "dropped"),
    ("orders", 2, {"ordered_on": "2024-02-10T23:30:00Z"}, "ordered_on", 4, "error"),
    ("orders", 2, {"ordered_on": "2024-02-10 23:30"}, "ordered_on", None, "note"),
    ("orders", 3, {"account_id": "A9"}, "account_id", 5, "note"),
    ("orders", 4, {"margin": "nan"}, "margin", 6, "note"),
    ("orders", 4, {"order_id": " 5"}, "order_id", None, "note"),
    ("orders", None, {"order_id": "1", "account_id": "A1", "owner_id": "007",
                      "ordered_on": "2024-01-05", "amount": "1234.56"}, "order_id", 7, "dropped"),
    ("orders", None, {"order_id": "1", "owner_id": "7", "ordered_on": "2024-01-05",
                      "amount": "1"}, "order_id", 7, "dropped"),
    ("opportunities", 0, {"closed_on": ""}, "closed_on", 2, "dropped"),
    ("opportunities", 1, {"created_on": "2024-03-01"}, "closed_on", 3, "dropped"),
    ("opportunities", 2, {"closed_on": "2024-03-01"}, "closed_on", 4, "note"),
    ("opportunities", 1, {"disqualified": "perhaps"}, "disqualified", 3, "note"),
    ("coaching", 0, {"minutes": "-5"}, "minutes", 2, "note"),
    ("coaching", 1, {"quality": "1.2"}, "quality", 3, "note"),
    ("coaching", None, {"manager_id": "8", "rep_id": "7", "held_on": "2024-01-02", "minutes": "30",
                        "kind": "one_on_one", "quality": "0.5"}, None, None, "note"),
    ("time_log", 1, {"hours": "-3"}, "hours", 3, "dropped"),
    ("time_log", 0, {"week": "2024-01-03"}, "week", None, "note"),
]  # fmt: skip


def plant(frames, table, row, content):
    frame = frames[table]
    if row is None:
        added = pd.DataFrame([{c: content.get(c, "") for c in frame}], dtype="str")
        frames[table] = pd.concat([frame, added], ignore_index=True)
    else:
        for column, value in content.items():
            frame.loc[row, column] = value


@pytest.mark.parametrize(("table", "row", "content", "column", "told_row", "severity"), PLANTED)
def test_one_fault_is_told_once_and_in_its_place(table, row, content, column, told_row, severity):
    frames = tables()
    plant(frames, table, row, content)
    found = checked(frames)
    assert faults(found) == [(table, column, told_row, severity)]
    lost = len(frames[table]) - len(found.tables[table])
    assert lost == (severity != "note") == found.dropped["rows"].sum()
    (problem,) = found.problems.itertuples()
    assert problem.problem
    assert problem.remedy
    if told_row is not None and row is not None and severity == "note":
        assert problem.value == content.get(problem.column, problem.value)


def test_twenty_faults_in_one_company_are_all_found_and_none_invented():
    frames = tables()
    chosen = []
    for fault in PLANTED:  # one fault per row of the file, so that each is told apart
        taken = [f[:2] for f in chosen] + [("opportunities", 1)]
        if fault[1] is not None and fault[:2] not in taken:
            chosen.append(fault)
    assert len(chosen) >= 20
    for table, row, content, *_ in chosen:
        plant(frames, table, row, content)
    frames["surveys"] = pd.DataFrame({"respondent_id": ["7"], "about_id": ["8"]}, dtype="str")
    frames["teams"]["colour"] = "red"
    found = checked(frames)
    wanted = {(t, c, r, s) for t, _, _, c, r, s in chosen}
    wanted |= {("surveys", c, None, "dropped") for c in ("wave", "item", "score")}
    wanted |= {("teams", "colour", None, "note")}
    wanted |= {(t, None, None, "error") for t in ("orders", "assignments")}  # most rows are lost
    assert len(wanted) > 20
    assert set(faults(found)) == wanted
    lost = sum(len(f) for f in frames.values()) - sum(len(f) for f in found.tables.values())
    assert found.dropped["rows"].sum() == lost


@pytest.mark.parametrize("table", ["people", "assignments"])
def test_core_tables_must_be_there_filled_and_complete(table):
    frames = tables()
    whole = frames.pop(table)
    assert (table, None, None, "error") in faults(checked(frames))
    frames[table] = whole.iloc[:0]
    assert (table, None, None, "error") in faults(checked(frames))
    frames[table] = whole.drop(columns="person_id")
    assert (table, "person_id", None, "error") in faults(checked(frames))


@pytest.mark.parametrize("table", sorted(set(tables()) - set(CORE)))
def test_a_missing_optional_table_is_no_error(table):
    frames = tables()
    del frames[table]
    problems = checked(frames).problems
    assert not (problems["severity"] == "error").any()
    del frames["orders" if table != "orders" else "quotas"]
    frames.pop("opportunities", None)
    frames.pop("orders", None)
    assert "revenue" in checked(frames).problems["problem"].iloc[0]


@pytest.mark.parametrize("table", ["teams", "coaching"])
def test_an_optional_table_without_a_required_column_is_left_out_and_counted(table):
    frames = tables()
    column = TABLE[table].required[0]
    frames[table] = frames[table].drop(columns=column)
    found = checked(frames)
    assert table not in found.tables
    assert (table, column, None, "dropped") in faults(found)
    assert found.dropped.set_index("table")["rows"][table] == len(frames[table])


def test_losing_most_of_a_table_that_matters_is_an_error():
    frames = tables()
    frames["orders"].loc[:2, "amount"] = "?"
    found = checked(frames)
    assert ("orders", None, None, "error") in faults(found)
    frames = tables()
    frames["orders"].loc[:1, "amount"] = "?"
    assert not (checked(frames).problems["severity"] == "error").any()


def test_an_undeclared_delimiter_is_named():
    frames = tables()
    frames["orders"] = pd.DataFrame({"order_id;owner_id": ["1;2"]}, dtype="str")
    problem = checked(frames).problems.query("table == 'orders'").iloc[0]
    assert problem["severity"] == "error"
    assert 'delimiter = ";"' in problem["remedy"]


def test_a_name_that_is_nearly_right_is_suggested():
    frames = tables()
    frames["orders"] = frames["orders"].rename(columns={"ordered_on": "Ordered_at "})
    remedies = " ".join(checked(frames).problems["remedy"])
    assert "ordered_on" in remedies


def test_many_rows_with_one_problem_are_listed_and_counted():
    frames = tables()
    bad = pd.DataFrame(
        {"person_id": "8", "week": "2024-01-01", "category": "admin", "hours": "?"},
        index=range(LISTED + 15),
        dtype="str",
    )
    frames["time_log"] = pd.concat([frames["time_log"], bad], ignore_index=True)
    problems = checked(frames).problems
    assert len(problems) == LISTED + 1
    assert problems["rows"].sum() == len(bad)
    last = problems.iloc[-1]
    assert pd.isna(last["row"])
    assert last["rows"] == 15
    assert last["problem"].startswith("15 more rows")
    assert problems["row"].iloc[:LISTED].tolist() == list(range(4, 4 + LISTED))


# --- ids -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "wanted", "told"),
    [
        (pd.Series(["007", "7", "7.0"], dtype="str"), ["007", "7", "7.0"], set()),
        (pd.Series([7, 8, None], dtype="Int64"), ["7", "8", None], set()),
        (pd.Series([7.0, 2**53 - 1, np.nan]), ["7", str(2**53 - 1), None], set()),
        (pd.Series([7.5, float(2**53), np.inf]), [None] * 3, {"id"}),
        (pd.Series(["\u00a07", " ", "a b"], dtype="str"), ["7", None, "a b"], {"stripped"}),
        (pd.Series([True, False]), [None, None], {"wrong_type"}),
        (pd.Series(pd.to_datetime(["2024-01-01"])), [None], {"wrong_type"}),
    ],
)
def test_ids_are_text_and_7_is_not_007(stored, wanted, told):
    parsed = cells.parse(stored, Column(name="x", kind="id"), Reading(), False)
    assert [None if pd.isna(v) else v for v in parsed.values] == wanted
    assert set(parsed.faults) == told
    assert parsed.values.dtype == "str"


def test_ids_are_told_apart_over_tables():
    frames = tables()
    frames["orders"]["owner_id"] = pd.Series([7, 7, 7, 7, 7], dtype="Int64").astype("str")
    found = checked(frames)
    assert found.problems.empty
    names = found.tables["orders"].merge(
        found.tables["people"], left_on="owner_id", right_on="person_id"
    )["name"]
    assert set(names) == {"Bob"}


# --- numbers ---------------------------------------------------------------------------------

MONEY = Column(name="x", kind="money")
FORMS = [(".", ""), (",", "."), (",", " "), (".", ","), (".", "'"), (",", "")]


def grouped(value, decimal, thousands):
    """Write a number in another form, by plain string work."""
    sign, digits = ("-", repr(value)[1:]) if repr(value).startswith("-") else ("", repr(value))
    mantissa, exponent, power = digits.partition("e")
    whole, _, part = mantissa.partition(".")
    blocks = []
    while len(whole) > 3 and thousands and not exponent:
        whole, block = whole[:-3], whole[-3:]
        blocks.insert(0, block)
    return (
        sign
        + thousands.join([whole, *blocks])
        + (decimal + part if part else "")
        + exponent
        + power
    )


@pytest.mark.parametrize(("decimal", "thousands"), FORMS)
@given(values=st.lists(st.floats(-cells.LARGEST, cells.LARGEST), min_size=1, max_size=5))
def test_numbers_survive_the_declared_form_exactly(decimal, thousands, values):
    reading = Reading(decimal=decimal, thousands=thousands)
    written = pd.Series([grouped(v, decimal, thousands) for v in values], dtype="str")
    parsed = cells.parse(written, MONEY, reading, True)
    assert not parsed.faults
    assert parsed.values.tolist() == values


@given(value=st.floats(min_value=1000, max_value=1e12).map(lambda v: round(v, 2)))
def test_an_undeclared_german_number_is_never_read_as_another(value):
    written = pd.Series([grouped(value, ",", ".")], dtype="str")
    parsed = cells.parse(written, MONEY, Reading(), False)
    assert parsed.values.isna().all()
    assert set(parsed.faults) <= {"number_mark", "number_ambiguous"}
    assert parsed.faults


@pytest.mark.parametrize(
    ("texts", "reading", "wanted", "told"),
    [
        (["1.234", "2.500"], {}, [None, None], {"number_ambiguous"}),
        (["1.234", "2.5"], {}, [None, 2.5], {"number_ambiguous"}),
        (["1.234", "0.500"], {}, [None, 0.5], {"number_ambiguous"}),
        (["1.234", "7"], {}, [None, 7.0], {"number_ambiguous"}),
        (["1.234"], {"decimal": "."}, [1.234], set()),
        (["1.234"], {"decimal": ",", "thousands": "."}, [1234.0], set()),
        (["1.23"], {"decimal": ",", "thousands": "."}, [None], {"number_declared"}),
        (["1234,5"], {"decimal": ",", "thousands": "."}, [1234.5], set()),
        (["1,234"], {}, [None], {"number_mark"}),
        (["1 234", "1\u00a0234", "1\u202f234"], {"thousands": " "}, [1234.0] * 3, set()),
        (["1 234"], {}, [None], {"number_mark"}),
        (["1'234.5"], {"thousands": "'"}, [1234.5], set()),
        (["+5", "-.5", "1e-3", " 8 "], {}, [5.0, -0.5, 0.001, 8.0], set()),
        (["€5", "5 %", "(5)", "5-", "USD 5", "5 kr."], {}, [None] * 6, {"number_unit"}),
        (["five", "NULL"], {}, [None] * 2, {"number"}),
        (["O-5-A"], {}, [None], {"number_unit"}),
        (["1e15", "1e16"], {}, [1e15, None], {"number_large"}),
        (["1e999", "inf", "NaN"], {}, [None] * 3, {"number"}),
        (["٣", "１"], {}, [None] * 2, {"number"}),
        (["5\n6", "5;6"], {}, [None] * 2, {"number"}),
    ],
)
def test_numbers_are_read_as_declared_or_asked_about(texts, reading, wanted, told):
    stored = pd.Series(texts, dtype="str")
    parsed = cells.parse(stored, MONEY, Reading(**reading), bool(reading))
    assert [None if pd.isna(v) else v for v in parsed.values] == wanted
    assert set(parsed.faults) == told


def test_a_grouping_mark_equal_to_the_decimal_mark_is_an_error():
    problems = checked(tables(), thousands=".").problems
    errors = problems[problems["severity"] == "error"]
    assert errors["column"].tolist() == ["reading.thousands"]


def test_the_remedy_for_an_ambiguous_number_names_the_setting():
    frames = tables()
    frames["orders"]["amount"] = ["1.234,56", "2", "3", "4", "5"]
    assert "reading.decimal" in checked(frames).problems["remedy"].iloc[0]
    frames["orders"]["amount"] = ["1.234", "2.000", "3", "4", "5"]
    assert "reading.decimal" in checked(frames).problems["remedy"].iloc[0]


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("hours", "-1", {"negative"}),
        ("minutes", "-0.5", {"negative"}),
        ("count", "0", set()),
        ("share", "1.01", {"range"}),
        ("share", "1", set()),
        ("score", "100.5", {"range"}),
        ("score", "100", set()),
        ("money", "-1", set()),
        ("number", "-1", set()),
    ],
)
def test_ranges(kind, value, told):
    stored = pd.Series([value], dtype="str")
    parsed = cells.parse(stored, Column(name="x", kind=kind), Reading(), False)
    assert set(parsed.faults) == told
    assert parsed.values.isna().all() == bool(told)


# --- dates -----------------------------------------------------------------------------------

DATE = Column(name="x", kind="date")


@pytest.mark.parametrize("written", [[" ", None], [" "], ["", " ", "2024-02-03"]])
def test_blanks_are_dates_without_a_value(written):
    parsed = cells.parse(pd.Series(written, dtype="str"), DATE, Reading(), False)
    assert not parsed.faults
    days = [None if d is pd.NaT else str(d.date()) for d in parsed.values]
    assert days == [c.strip() or None if c else None for c in written]


@pytest.mark.parametrize(
    ("value", "reading", "wanted", "told"),
    [
        ("2024-02-29", {}, "2024-02-29", None),
        ("2023-02-29", {}, None, "date"),
        ("2024-02-29T00:00:00", {}, "2024-02-29", None),
        ("2024-02-29 00:00:00.000", {}, "2024-02-29", None),
        ("2024-02-29T00:00:00Z", {}, "2024-02-29", None),
        ("2024-02-29T00:00:00.000+0000", {}, "2024-02-29", None),
        ("2024-02-29 14:30", {}, "2024-02-29", "time_cut"),
        ("2024-02-29T23:30:00Z", {}, None, "time_zone"),
        ("2024-02-29T23:30:00Z", {"time_zone": "Europe/Berlin"}, "2024-03-01", None),
        ("2024-02-29 23:30:00+00", {"time_zone": "Europe/Berlin"}, "2024-03-01", None),
        ("2024-02-29T23:30:00.1234567Z", {"time_zone": "Europe/Berlin"}, "2024-03-01", None),
        ("2024-07-01T03:30:00+02:00", {"time_zone": "America/New_York"}, "2024-06-30", None),
        ("2024-02-29T23:30:00", {"time_zone": "Europe/Berlin"}, "2024-02-29", "time_cut"),
        ("31.12.2025", {}, None, "date_order"),
        ("12/31/2025", {}, None, "date_order"),
        ("01/02/25", {}, None, "date_order"),
        ("2025/12/31", {}, None, "date_order"),
        ("31.12.2025", {"date_format": "%d.%m.%Y"}, "2025-12-31", None),
        ("01.02.2025", {"date_format": "%d.%m.%Y"}, "2025-02-01", None),
        ("01.02.2025", {"date_format": "%m.%d.%Y"}, "2025-01-02", None),
        ("2025-12-31", {"date_format": "%d.%m.%Y"}, None, "date_declared"),
        ("31.12.2025 23:30 +0000", {"date_format": "%d.%m.%Y %H:%M %z"}, None, "time_zone"),
        ("20251231", {}, None, "date"),
        ("2025-W01-1", {}, None, "date"),
        ("45292", {}, None, "date"),
        ("2024-05", {}, None, "date"),
        ("0001-01-01", {}, None, "date_early"),
        ("9999-12-31", {}, None, "date_late"),
        ("٢٠٢٤-٠١-٠١", {}, None, "date"),
    ],
)
def test_dates_are_read_as_declared_or_asked_about(value, reading, wanted, told):
    parsed = cells.parse(pd.Series([value], dtype="str"), DATE, Reading(**reading), False)
    assert set(parsed.faults) == ({told} if told else set())
    assert parsed.values.dtype == "datetime64[us]"
    if wanted is None:
        assert parsed.values.isna().all()
    else:
        assert parsed.values[0] == pd.Timestamp(wanted)


@given(
    moment=st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)),
    offset=st.integers(-12 * 60, 14 * 60),
    zone=st.sampled_from(["Europe/Berlin", "Asia/Tokyo", "America/New_York", "UTC"]),
)
def test_text_and_stored_moments_fall_on_the_same_day(moment, offset, zone):
    aware = moment.replace(tzinfo=UTC)
    local = aware.astimezone(timezone(timedelta(minutes=offset)))
    written = local.isoformat(timespec="microseconds")
    reading = Reading(time_zone=zone)
    by_text = cells.parse(pd.Series([written], dtype="str"), DATE, reading, False)
    stored = pd.Series(pd.to_datetime([aware], utc=True)).astype("datetime64[us, UTC]")
    by_store = cells.parse(stored, DATE, reading, False)
    assert by_text.values[0] == by_store.values[0]
    assert by_text.values[0].date() == aware.astimezone(ZoneInfo(zone)).date()


@pytest.mark.parametrize(
    ("moments", "zone", "told"),
    [
        (["2024-01-01 00:00", "2024-01-02 00:00"], None, set()),
        (["2024-01-01 10:00", "2024-01-02 00:00"], None, {"time_zone"}),
        (["2024-01-01 10:00", "2024-01-02 00:00"], "Asia/Tokyo", set()),
    ],
)
def test_stored_moments_of_a_time_zone(moments, zone, told):
    stored = pd.Series(pd.to_datetime(moments, utc=True))
    parsed = cells.parse(stored, DATE, Reading(time_zone=zone), False)
    assert set(parsed.faults) == told
    assert parsed.values.notna().tolist() == [not told, True]


@pytest.mark.parametrize(
    ("stored", "kind"),
    [
        (pd.Series([45292, 45293]), "date"),
        (pd.Series([True, False]), "money"),
        (pd.Series(pd.to_datetime(["2024-01-01"])), "money"),
        (pd.Series(pd.to_datetime(["2024-01-01"])), "flag"),
        (pd.Series(pd.to_datetime(["2024-01-01"])), "text"),
    ],
)
def test_a_wrong_stored_type_is_told_for_the_column(stored, kind):
    parsed = cells.parse(stored, Column(name="x", kind=kind), Reading(), False)
    assert parsed.faults["wrong_type"].all()
    assert parsed.values.isna().all()


@pytest.mark.parametrize("kind", DTYPES)
@pytest.mark.parametrize("dtype", ["str", "float64", "Int64", "boolean", "datetime64[us]"])
def test_a_column_without_values_is_right_for_every_kind(kind, dtype):
    stored = pd.Series([None, None], dtype=dtype)
    parsed = cells.parse(stored, Column(name="x", kind=kind), Reading(), False)
    assert str(parsed.values.dtype) == DTYPES[kind]
    assert not parsed.faults


def test_flags_are_true_and_false_as_text_number_or_flag():
    column = Column(name="x", kind="flag")
    for stored in (
        pd.Series(["true", "FALSE", " 1 ", "0", None], dtype="str"),
        pd.Series([1, 0, 1, 0, None], dtype="Int64"),
        pd.Series([1.0, 0.0, 1.0, 0.0, np.nan]),
        pd.Series([True, False, True, False, None], dtype="boolean"),
    ):
        parsed = cells.parse(stored, column, Reading(), False)
        assert parsed.values.tolist() == [True, False, True, False, pd.NA]
        assert not parsed.faults


# --- rows ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "outcome", "closed"),
    [
        # lost in March, opened again and won in June
        ([("2024-01-01", "lost", "2024-03-01"), ("2024-01-01", "won", "2024-06-01")], "won", "06"),
        ([("2024-01-01", "won", "2024-06-01"), ("2024-01-01", "lost", "2024-03-01")], "won", "06"),
        # opened again in May and still open
        ([("2024-05-01", "open", ""), ("2024-01-01", "lost", "2024-03-01")], "open", None),
        # two snapshots of one deal
        ([("2024-01-01", "open", ""), ("2024-01-01", "lost", "2024-03-01")], "lost", "03"),
        # nothing tells them apart but their order
        ([("2024-01-01", "won", "2024-03-01"), ("2024-01-01", "lost", "2024-03-01")], "lost", "03"),
        # the very same row
        ([("2024-01-01", "won", "2024-03-01"), ("2024-01-01", "won", "2024-03-01")], "won", "03"),
    ],
)
def test_a_deal_that_was_opened_again_counts_once(rows, outcome, closed):
    frames = tables()
    content = [("O1", "7", created, state, on) for created, state, on in rows]
    columns = ["opportunity_id", "owner_id", "created_on", "outcome", "closed_on"]
    frames["opportunities"] = pd.concat(
        [
            pd.DataFrame(content, columns=columns, dtype="str"),
            pd.DataFrame([("O2", "7", "", "open", "")], columns=columns, dtype="str"),
        ],
        ignore_index=True,
    )
    found = checked(frames)
    deal = found.tables["opportunities"].query("opportunity_id == 'O1'")
    assert deal["outcome"].tolist() == [outcome]
    assert deal["closed_on"].dt.strftime("%m").tolist() == [closed] or closed is None
    assert found.dropped["rows"].tolist() == [1]


def test_a_time_log_with_a_source_is_keyed_by_it_and_without_one_is_not():
    frames = tables()
    double = pd.concat([frames["time_log"], frames["time_log"]], ignore_index=True)
    frames["time_log"] = double
    assert len(checked(frames).tables["time_log"]) == 2
    frames["time_log"] = double.assign(source=["self", "self", "calendar", "calendar"])
    assert len(checked(frames).tables["time_log"]) == 4


def test_the_first_of_conflicting_rows_is_kept_and_said():
    frames = tables()
    plant(frames, "people", None, {"person_id": "7", "name": "Impostor"})
    found = checked(frames)
    assert found.tables["people"].set_index("person_id")["name"]["7"] == "Bob"
    (problem,) = found.problems.itertuples()
    assert problem.row == 6
    assert "the first row is kept" in problem.problem


def test_a_row_with_several_faults_is_told_of_each_and_left_out_once():
    frames = tables()
    frames["orders"].loc[0, ["owner_id", "amount", "ordered_on"]] = ["x", "y", "z"]
    found = checked(frames)
    assert set(faults(found)) == {
        ("orders", c, 2, "dropped") for c in ("owner_id", "amount", "ordered_on")
    }
    assert found.dropped["rows"].tolist() == [1]


def test_references_to_a_table_that_is_absent_cannot_be_wrong():
    frames = tables()
    del frames["accounts"], frames["teams"]
    found = checked(frames)
    assert found.problems.empty
    assert found.tables["orders"]["account_id"].notna().sum() == 4


def test_rows_that_refer_to_a_row_left_out_are_left_out_too():
    frames = tables()
    frames["stage_events"] = pd.DataFrame(
        {"opportunity_id": ["O1", "O2"], "stage": "demo", "entered_on": "2024-01-03"}, dtype="str"
    )
    frames["opportunities"].loc[0, "closed_on"] = ""
    found = checked(frames)
    assert found.tables["stage_events"]["opportunity_id"].tolist() == ["O2"]
    assert found.dropped.groupby("table")["rows"].sum().to_dict() == {
        "opportunities": 1,
        "stage_events": 1,
    }


def test_a_survey_may_be_about_a_person_a_team_or_a_client():
    frames = tables()
    frames["surveys"] = pd.DataFrame(
        {
            "respondent_id": ["7", "A1", "T1", "7"],
            "about_id": ["8", "8", "8", "T1"],
            "wave": "2024-01-01",
            "item": "climate",
            "score": "50",
        },
        dtype="str",
    )
    found = checked(frames)
    assert faults(found) == [("surveys", "respondent_id", 4, "dropped")]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            [("7", "T1", "rep", "2020-01-01", "2021-01-01"), ("7", "T2", "rep", "2021-01-01", "")],
            [],
        ),
        ([("7", "T1", "rep", "2020-01-01", ""), ("7", "T2", "rep", "2021-01-01", "")], [3]),
        ([("7", "T1", "rep", "2020-01-01", ""), ("7", "T1", "rep", "2021-01-01", "")], []),
        ([("7", "T1", "rep", "2020-01-01", ""), ("7", "T2", "manager", "2021-01-01", "")], []),
        ([("7", "T1", "manager", "2020-01-01", ""), ("7", "T2", "manager", "2021-01-01", "")], []),
        ([("7", "T1", "manager", "2020-01-01", ""), ("8", "T1", "manager", "2021-01-01", "")], [3]),
        (
            [
                ("7", "T1", "rep", "2020-01-01", ""),
                ("7", "T2", "rep", "2020-02-01", "2020-03-01"),
                ("7", "T2", "rep", "2020-04-01", "2020-05-01"),
            ],
            [3, 4],
        ),
    ],
)
def test_places_that_exclude_each_other_are_told_of_and_kept(rows, told):
    frames = tables()
    columns = ["person_id", "team_id", "role", "start_on", "end_on"]
    frames["assignments"] = pd.DataFrame(rows, columns=columns, dtype="str")
    found = checked(frames)
    assert [f[2] for f in faults(found)] == told
    assert len(found.tables["assignments"]) == len(rows)
    assert all("began later counts" in p for p in found.problems["problem"])


@pytest.mark.parametrize(
    ("day", "period", "first"),
    [
        ("2024-02-29", "month", "2024-02-01"),
        ("2024-02-01", "month", "2024-02-01"),
        ("2024-01-03", "week", "2024-01-01"),
        ("2023-12-31", "week", "2023-12-25"),
        ("2024-01-01", "week", "2024-01-01"),
    ],
)
def test_a_period_is_named_by_its_first_day(day, period, first):
    parsed = cells.first_day(pd.Series(pd.to_datetime([day])), period)
    assert parsed.values[0] == pd.Timestamp(first)
    assert parsed.faults["moved"].tolist() == [day != first]


def test_stored_values_are_checked_like_written_ones():
    frames = typed(tables())
    frames["time_log"].loc[0, "hours"] = -1
    frames["orders"].loc[1, "amount"] = math.inf
    found = checked(frames)
    assert set(faults(found)) == {
        ("time_log", "hours", 2, "dropped"),
        ("orders", "amount", 3, "dropped"),
    }


def test_problems_speak_the_language_in_force_and_escape_nothing_by_themselves():
    frames = tables()
    frames["orders"].loc[0, "owner_id"] = "<script>"
    with text.speaking("en"):
        (problem,) = checked(frames).problems.itertuples()
    assert problem.value == "<script>"
    assert "<script>" not in problem.problem + problem.remedy


STRANGE = st.sampled_from(
    [
        *("", " ", "7", "007", "T1", "A1", "O1", "x", "-1", "1.234", "1,5", "1e309", "NaN", "٣"),
        *("2024-01-01", "2024-13-01", "9999-12-31", "0000-00-00", "2024-01-01T10:00:00Z"),
        *("1.2.2024", "true", "won", "rep", "month", "\u202e", "<b>", "\x00", "N" * 500),
        *("\ufeff7", "'; DROP", "{0}"),
    ]
)
CELLS = [(t, c) for t, f in tables().items() for c in f]


@settings(max_examples=40, deadline=None)
@given(
    changes=st.lists(st.tuples(st.sampled_from(CELLS), st.integers(0, 1), STRANGE), max_size=25),
    gone=st.sets(st.sampled_from(CELLS), max_size=2),
)
def test_whatever_stands_in_the_cells_the_promises_of_the_result_hold(changes, gone):
    frames = tables()
    for (table, column), row, value in changes:
        frames[table].loc[row, column] = value
    for table, column in gone:
        frames[table] = frames[table].drop(columns=column)
    found = checked(frames)
    lost = sum(len(f) for f in frames.values()) - sum(len(f) for f in found.tables.values())
    assert found.dropped["rows"].sum() == lost
    assert lost == 0 or (found.problems["severity"] != "note").any()
    for name, frame in found.tables.items():
        table = TABLE[name]
        assert {c: str(t) for c, t in frame.dtypes.items()} == {
            c.name: DTYPES[c.kind] for c in table.columns
        }
        assert not table.key or not frame.duplicated(list(table.key)).any()
        for column in table.columns:
            values = frame[column.name].dropna()
            assert not column.filled or len(values) == len(frame)
            assert not column.choices or set(values) <= set(column.choices)
            homes = [r.partition(".") for r in (column.refers_to or "").split()]
            if homes and all(h in found.tables for h, _, _ in homes):
                assert set(values) <= {v for h, _, k in homes for v in found.tables[h][k]}
        for start, end in table.ordered:
            assert not (frame[end] < frame[start]).any()
