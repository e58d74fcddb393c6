"""company.toml: everything wrong with it is told, and what is right is used."""

from __future__ import annotations

import copy
import tomllib
from dataclasses import fields
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesdiag.settings import (
    LIMITS,
    PARTS,
    Control,
    Effects,
    Foresight,
    Looks,
    NegativeControl,
    Reading,
    Settings,
    parse,
    read,
)


def _parse(toml):
    found, faults = parse(tomllib.loads(toml), "Folder")
    return found, [str(f) for f in faults]


def test_without_a_file_everything_is_as_documented(tmp_path):
    found, faults = parse(read(tmp_path / "company.toml"), "Folder")
    assert not faults
    assert found == Settings(name="Folder")
    assert found.limits == {
        "coaching_share": 0.5,
        "own_deals_per_quarter": 1.0,
        "handover_months": 3.0,
    }
    assert (found.currency, found.language, found.min_group) == ("EUR", "en", 5)
    assert found.reading == Reading()


def test_everything_can_be_set(tmp_path):
    path = tmp_path / "company.toml"
    path.write_text(
        """
        name = "Söhne"
        currency = "PLN"
        fiscal_year_start_month = 4
        week_start = "monday"
        language = "en"
        min_group = 8
        revenue_source = "opportunities"
        gross_margin = 0.4
        manager_hour_cost = 60
        data_from = "2024-01-01"
        data_to = "2024-01-01"
        [limits]
        own_deals_per_quarter = 2
        [benchmarks]
        wage = 3
        [reading]
        decimal = ","
        thousands = "."
        date_format = "%d.%m.%Y"
        time_zone = "Europe/Warsaw"
        delimiter = ";"
        [coaching]
        shared_kinds = ["observation"]
        hours_set_by = "roster"
        [control]
        revenue = { 2024 = 12.5, total = 20 }
        tolerance = 0.01
        [looks]
        planned = 5
        since = "2026-01-01"
        [effects]
        horizon_months = 5
        change_hours = 2
        [foresight]
        floor_hours_per_log_point = 0.5
        [negative_control]
        products = ["Renewal", "Licence"]
        """,
        encoding="utf-8",
    )
    found, faults = parse(read(path), "Folder")
    assert not faults
    assert found.name == "Söhne"
    assert found.effects == Effects(horizon_months=5, change_hours=2)
    assert found.foresight == Foresight(floor_hours_per_log_point=0.5)
    assert found.coaching.hours_set_by == "roster"
    assert found.negative_control == NegativeControl(products=["Renewal", "Licence"])
    assert found.limits == {**LIMITS, "own_deals_per_quarter": 2}
    assert found.benchmarks == {"wage": 3}
    assert found.reading == Reading(
        decimal=",", thousands=".", date_format="%d.%m.%Y", time_zone="Europe/Warsaw",
        delimiter=";",
    )  # fmt: skip
    assert found.looks == Looks(planned=5, since="2026-01-01")
    assert found.coaching.group_kinds == ("observation",)
    assert found.control == Control(revenue={"2024": 12.5, "total": 20}, tolerance=0.01)
    set_by_hand = {f.name for f in fields(Settings)} - {"limits", "benchmarks", *PARTS}
    raw = read(path)
    assert {name: getattr(found, name) for name in set_by_hand} == {n: raw[n] for n in set_by_hand}


@pytest.mark.parametrize(
    ("toml", "setting", "told"),
    [
        ("curency = 'USD'", "curency", "not known"),
        ("currency = 'usd'", "currency", "ISO 4217"),
        ("currency = 'XYZ'", "currency", "ISO 4217"),
        ("currency = 3", "currency", "must be text"),
        ("name = 3", "name", "must be text"),
        ("fiscal_year_start_month = 0", "fiscal_year_start_month", "1, 2, 3"),
        ("fiscal_year_start_month = 13", "fiscal_year_start_month", "11, and 12"),
        ("fiscal_year_start_month = 1.5", "fiscal_year_start_month", "whole number"),
        ("fiscal_year_start_month = true", "fiscal_year_start_month", "whole number"),
        ("week_start = 'sunday'", "week_start", "monday"),
        ("language = 'xx'", "language", "en"),
        ("min_group = 0", "min_group", "≥ 1"),
        ("min_group = 5.0", "min_group", "whole number"),
        ("revenue_source = 'invoices'", "revenue_source", "orders and opportunities"),
        ("gross_margin = 40", "gross_margin", "0 – 1"),
        ("gross_margin = -0.1", "gross_margin", "0 – 1"),
        ("gross_margin = nan", "gross_margin", "must be number"),
        ("gross_margin = true", "gross_margin", "must be number"),
        ("[effects]\nhorizon_months = 0", "effects.horizon_months", "1 – 12"),
        ("[effects]\nhorizon_months = 2.5", "effects.horizon_months", "whole number"),
        ("[effects]\nhorizont = 3", "effects.horizont", "not known"),
        ("[foresight]\nfloor_hours_per_log_point = -1", "foresight.floor_hours_per_log_point", "0"),
        ("[coaching]\nhours_set_by = 'mood'", "coaching.hours_set_by", "roster, trial"),
        ("[coaching]\nhours_set_by = 3", "coaching.hours_set_by", "must be text"),
        ("[negative_control]\nproducts = 'x'", "negative_control.products", "list of texts"),
        ("[negative_control]\nproducts = [3]", "negative_control.products", "list of texts"),
        ("manager_hour_cost = -1", "manager_hour_cost", "≥ 0"),
        ("manager_hour_cost = inf", "manager_hour_cost", "must be number"),
        ("manager_hour_cost = '60'", "manager_hour_cost", "must be number"),
        ("data_from = 2024-01-01T08:00:00", "data_from", "must be text"),
        ("data_from = '01.02.2024'", "data_from", "YYYY-MM-DD"),
        ("data_to = '20240101'", "data_to", "YYYY-MM-DD"),
        ("data_to = '2024-W01-1'", "data_to", "YYYY-MM-DD"),
        ("data_to = '2024-02-30'", "data_to", "YYYY-MM-DD"),
        ("data_from = '2024-02-01'\ndata_to = '2024-01-31'", "data_to", "≥ 2024-02-01"),
        ("limits = 3", "limits", "must be table"),
        ("[limits]\nhandover = 3", "limits.handover", "not known"),
        ("[limits]\ncoaching_share = 'half'", "limits.coaching_share", "must be number"),
        ("[limits]\ncoaching_share = 50", "limits.coaching_share", "0 – 1"),
        ("[limits]\nown_deals_per_quarter = 0", "limits.own_deals_per_quarter", "> 0"),
        ("[limits]\nown_deals_per_quarter = inf", "limits.own_deals_per_quarter", "number"),
        ("[limits]\nhandover_months = -3", "limits.handover_months", "> 0"),
        ("[benchmarks]\nx = 'high'", "benchmarks.x", "must be number"),
        ("[reading]\ndecimal = 1", "reading.decimal", "must be text"),
        ("[reading]\nseparator = ';'", "reading.separator", "not known"),
        ("'limits.x' = 3", "limits.x", "not known"),
        ("'a.b' = 3", "a.b", "not known"),
    ],
)
def test_a_fault_is_told_and_the_default_used(toml, setting, told):
    found, faults = _parse(toml)
    (fault,) = faults
    assert setting in fault
    assert told in fault
    kept, _ = _parse("data_from = '2024-02-01'" if "≥ 2024" in told else "")
    assert found == kept


def test_all_faults_are_told_at_once():
    found, faults = _parse(
        "a = 1\nmin_group = 'x'\ncurrency = 'X'\nname = 'Acme'\n[limits]\ny = 1\nz = 2\n"
        "[reading]\ndecimal = 1\ndelimiter = ';'"
    )
    assert len(faults) == 6
    assert found == Settings(name="Acme", reading=Reading(delimiter=";"))


names = st.sampled_from(
    [f.name for f in fields(Settings)] + ["x", "limits.x", "a.b", "reading.decimal", ""]
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 60), st.floats(), st.text(max_size=5),
    st.dates(), st.lists(st.integers(), max_size=2),
)  # fmt: skip
inner = st.dictionaries(
    st.sampled_from([*LIMITS, *(f.name for f in fields(Reading)), "x", "x.y"]), scalars, max_size=4
)


@given(st.dictionaries(names, st.one_of(scalars, inner), max_size=6))
@settings(max_examples=300, deadline=None)
def test_no_content_breaks_it_and_what_is_kept_is_sound(content):
    before = copy.deepcopy(content)
    found, faults = parse(content, "Folder")
    assert repr(content) == repr(before)  # by repr, as NaN is not equal to itself
    assert all(str(f) for f in faults)
    assert 1 <= found.fiscal_year_start_month <= 12
    assert found.min_group >= 1
    assert set(found.limits) == set(LIMITS)
    assert all(v > 0 for v in found.limits.values())
    assert found.gross_margin is None or 0 <= found.gross_margin <= 1
    for f in fields(Reading):
        assert isinstance(getattr(found.reading, f.name), str | float | int | list | None)
    # what is kept was given, a date as its text, or is the default
    plain = {k: v.isoformat() if isinstance(v, date) else v for k, v in content.items()}
    assert bool(faults) or all(
        getattr(found, k) == v for k, v in plain.items() if k not in ("limits", *PARTS)
    )


def test_a_date_without_quotes_is_read_as_its_text():
    kept, faults = _parse("data_from = 2024-01-01")
    assert kept.data_from == "2024-01-01"
    assert not faults
