"""Words: how numbers, money, dates and names are spoken, and that every sentence can be said."""

from __future__ import annotations

import datetime as dt
import importlib
import math
import pkgutil
import string
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

import numpy as np
import pandas as pd
import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from hypothesis import given
from hypothesis import strategies as st

from salesdiag import claims as claims_package
from salesdiag import text as text_package
from salesdiag.text import (
    N_,
    NAME_LENGTH,
    Message,
    Template,
    clean_name,
    current,
    join,
    speaking,
)

LANGUAGES = ("en", "pl", "fa")
NBSP, MINUS = "\xa0", "−"


def say(spec, value, language="en", currency="EUR"):
    with speaking(language=language, currency=currency):
        return str(N_(f"{{x:{spec}}}")(x=value))


@pytest.mark.parametrize(
    ("spec", "value", "en", "pl", "fa"),
    [
        ("int", 1234567, "1,234,567", "1 234 567", "1,234,567"),
        ("int", -2.6, "−3", "−3", "−3"),
        ("int", -0.4, "0", "0", "0"),
        ("num", 1234.5678, "1,230", "1 230", "1,230"),
        ("num", 0.00012345, "0.000123", "0,000123", "0.000123"),
        ("num", -0.5, "−0.5", "−0,5", "−0.5"),
        ("num", 999.9, "1,000", "1 000", "1,000"),
        ("num", 2e-9, "0.000000002", "0,000000002", "0.000000002"),
        ("num", 0.1 + 0.2, "0.3", "0,3", "0.3"),
        ("+num", 2.0, "+2", "+2", "+2"),
        ("+num", -0.0, "0", "0", "0"),
        ("num1", 1234.56, "1,234.6", "1 234,6", "1,234.6"),
        ("num1", -0.04, "0.0", "0,0", "0.0"),
        ("+num1", 0.04, "0.0", "0,0", "0.0"),
        ("+num1", 0.05001, "+0.1", "+0,1", "+0.1"),
        ("pct", 0.255, "26%", "26%", "26%"),
        ("pct", -0.5, "−50%", "−50%", "−50%"),
        ("pct", 12.0, "1,200%", "1 200%", "1,200%"),
        ("pct1", 0.0456, "4.6%", "4,6%", "4.6%"),
        ("pct2", 0.00123, "0.12%", "0,12%", "0.12%"),
        ("+pct1", 0.015, "+1.5%", "+1,5%", "+1.5%"),
        ("+pct1", -0.0001, "0.0%", "0,0%", "0.0%"),
        ("+pct1", 0.0001, "0.0%", "0,0%", "0.0%"),
        ("+pct", 0.3, "+30%", "+30%", "+30%"),
        ("money", 12345, "€12,300", "12 300 €", "\u200e€ 12,300"),
        ("money", -0.4, "€0", "0 €", "\u200e€ 0"),
        ("+money", 987.6, "+€988", "+988 €", "+\u200e€ 988"),
        ("+money", -1234567, "−€1,230,000", "−1 230 000 €", "−\u200e€ 1,230,000"),
        ("exact", 12345.5, "€12,345.50", "12 345,50 €", "\u200e€ 12,345.50"),
        ("exact", 12345.0, "€12,345", "12 345 €", "\u200e€ 12,345"),
        ("date", dt.date(2024, 3, 1), "March 1, 2024", "1 marca 2024", "1 مارس 2024"),
        ("month", pd.Timestamp("2024-03-01"), "March 2024", "marzec 2024", "مارس 2024"),
        ("quarter", dt.date(2024, 5, 1), "Q2 2024", "II kw. 2024", "سه\u200cماههٔ دوم 2024"),
        ("list", ["a", "b", "c"], "a, b, and c", "a, b i c", "a،\u200f b، و c"),
        ("list", [], "", "", ""),
        ("list", ["a", math.nan], "a and –", "a i –", "a و –"),
        ("text", "x", "x", "x", "x"),
    ],
)  # fmt: skip
def test_formats(spec, value, en, pl, fa):
    """What the Unicode locale data (CLDR) prescribe; minus signs do not break a line."""
    for language, expected in zip(LANGUAGES, (en, pl, fa), strict=True):
        assert say(spec, value, language).replace(NBSP, " ") == expected, language
    assert "-" not in say(spec, value).replace("€", "")


@pytest.mark.parametrize(
    "value",
    [None, math.nan, math.inf, -math.inf, np.float64("nan"), np.float32("nan"), pd.NA, pd.NaT],
)
@pytest.mark.parametrize(
    "spec", ["int", "num", "+num1", "pct", "+pct1", "money", "exact", "date", "month", "name", ""]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_unknown_is_said_to_be(value, spec, language):
    assert say(spec, value, language) == "–"


@given(st.floats(-1e20, 1e20), st.sampled_from(
    ["int", "num", "+num", "num1", "+num1", "pct", "+pct2", "+money", "exact"]))  # fmt: skip
def test_a_sign_is_that_of_the_number_shown(value, spec):
    said = say(spec, value)
    digits = {c for c in said if c.isdigit()}
    assert said.count(MINUS) + said.count("+") <= 1
    if digits == {"0"}:
        assert MINUS not in said
        assert "+" not in said
    else:
        assert (MINUS in said) == (value < 0)
        assert ("+" in said) == (value > 0 and spec.startswith("+"))


@given(st.floats(1e-9, 1e9))
def test_three_digits_are_within_half_a_percent(value):
    said = float(say("num", value).replace(",", ""))
    assert said == pytest.approx(value, rel=0.0051)


def test_an_unknown_format_is_a_mistake():
    with pytest.raises(ValueError, match="unknown format"):
        say("hex", 3)


def test_a_plural_needs_a_count():
    with pytest.raises(ValueError, match="plural"):
        N_("one", "many")
    with pytest.raises(ValueError, match="plural"):
        N_("one", count="n")


@pytest.mark.parametrize(
    ("n", "said"),
    [(0, "0 teams"), (1, "1 team"), (1.0, "1 team"), (1.5, "1.5 teams"), (2, "2 teams")],
)
def test_plurals(n, said):
    assert str(N_("{n:num} team", "{n:num} teams", count="n")(n=n)) == said


def test_a_month_within_a_date_has_its_own_case():
    """Genitive in Polish and Russian, as the Unicode locale data (CLDR) prescribe."""
    day = dt.date(2024, 3, 1)
    said = {f: [say(f, day, code) for code in ("pl", "ru")] for f in ("month", "month_of")}
    assert said["month"] == ["marzec 2024", "март 2024\u202fг."]
    assert said["month_of"] == ["marca 2024", "марта 2024\u202fг."]
    assert say("month_of", day) == say("month", day) == "March 2024"


def test_a_short_word_is_translated_by_its_context(tmp_path, monkeypatch):
    found = Catalog(locale="pl")
    for context, said in (("verb", "plan"), ("noun", "planuj")):
        found.add("Plan", said, context=context)
    found.add(("{n:int} plan", "{n:int} plans"), ("{n:int} a", "{n:int} b", "c"), context="noun")
    where = tmp_path / "pl" / "LC_MESSAGES"
    where.mkdir(parents=True)
    with (where / "salesdiag.mo").open("wb") as file:
        write_mo(file, found)
    monkeypatch.setattr(text_package, "LOCALE_DIR", tmp_path)
    text_package._catalogue.cache_clear()
    with speaking("pl"):
        assert [str(N_("Plan", context=c)) for c in ("verb", "noun")] == ["plan", "planuj"]
        assert str(N_("Plan")) == "Plan"
        counted = N_("{n:int} plan", "{n:int} plans", count="n", context="noun")
        assert [str(counted(n=n)) for n in (1, 2)] == ["1 a", "2 b"]
    text_package._catalogue.cache_clear()


# Names from data

HOSTILE = [
    ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ("a\x00b\x1b[31m\u202egnp", "ab[31mgnp"),
    ("  two\n\tlines\u2028x ", "two lines x"),
    ("{x!r} {0} %s", "{x!r} {0} %s"),
    ("e\u0301", "é"),
    ("\u2066isolated\u2069", "isolated"),
    ("می\u200cخواهم\u200c", "می\u200cخواهم"),
    ("", ""),
    (12, "12"),
]


@pytest.mark.parametrize(("name", "clean"), HOSTILE)
def test_names_are_cleaned(name, clean):
    assert clean_name(name) == clean
    assert say("name", name) == clean


@pytest.mark.parametrize(("name", "clean"), HOSTILE)
@pytest.mark.parametrize("spec", ["name", "text", "list"])
def test_names_are_escaped_and_isolated_in_html(name, clean, spec):
    value = [name] if spec == "list" else name
    page = str(N_("<i> & {x:%s}" % spec)(x=value).html())  # noqa: UP031 -- braces are the point
    escaped = clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    inside = f"<bdi>{escaped}</bdi>" if spec == "name" else escaped
    assert page == f"&lt;i&gt; &amp; {inside}"


def test_a_message_in_a_message_is_escaped_once():
    inner = N_("{n:name}")(n="<b>")
    assert str(N_("{m:text}")(m=inner).html()) == "<bdi>&lt;b&gt;</bdi>"
    assert str(N_("{m:list}")(m=[inner, "<"]).html()) == "<bdi>&lt;b&gt;</bdi> and &lt;"
    assert str(N_("{m:text}")(m=inner)) == "<b>"


@given(st.text(max_size=200))
def test_a_clean_name_is_one_short_line_and_stays_as_it_is(name):
    clean = clean_name(name)
    assert len(clean) <= NAME_LENGTH
    assert len(clean.splitlines()) <= 1
    assert clean_name(clean) == clean


def test_a_long_name_is_cut_visibly():
    assert clean_name("x" * 61) == "x" * 59 + "…"
    assert clean_name("x" * 60) == "x" * 60


# Speech


def test_speech_ends_with_its_block_and_messages_wait():
    message = N_("{a:money}")(a=1.0)
    before = current()
    with speaking(language="fa", currency="USD") as speech:
        assert (speech.language, speech.currency, speech.direction) == ("fa", "USD", "rtl")
        inside = str(message)
        with speaking(currency="PLN"):
            assert current().language == "fa"
    assert current() == before
    assert current().direction == "ltr"
    assert inside != str(message)


def test_join_skips_nothing_said():
    assert join([N_("A.")(), "", N_("{x:text}")(x="B.")]) == "A. B."


# Every sentence


def _modules():
    for package in (text_package, claims_package):
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            yield importlib.import_module(found.name)


def _templates(value, seen):
    """Yield every template within a module's values, declarations included."""
    if isinstance(value, Template):
        yield value
    elif isinstance(value, Mapping):
        for v in value.values():
            yield from _templates(v, seen)
    elif isinstance(value, list | tuple):
        for v in value:
            yield from _templates(v, seen)
    elif is_dataclass(value) and not isinstance(value, type) and id(value) not in seen:
        seen.add(id(value))
        for f in fields(value):
            yield from _templates(getattr(value, f.name), seen)


def _all():
    seen: set[int] = set()
    found = {}
    for module in _modules():
        for value in list(vars(module).values()):
            for template in _templates(value, seen):
                found.setdefault(template.one, (module.__name__, template))
    return list(found.values())


SENTENCES = _all()
VALUES = {
    "date": dt.date(2024, 2, 29), "month": dt.date(2024, 2, 1), "quarter": dt.date(2024, 2, 1),
    "list": ["a", N_("b")()], "name": "<Ann>", "text": N_("word")(), "": "word",
}  # fmt: skip


def _fields(sentence):
    parts = string.Formatter().parse(sentence)
    return {(name, spec or "") for _, name, spec, _ in parts if name is not None}


def _filled(template, number):
    every = _fields(template.one) | _fields(template.many or "")
    values = {name: VALUES.get(spec, number) for name, spec in every}
    if template.count:
        values[template.count] = number
    return template(**values)


def test_sentences_were_found():
    assert len(SENTENCES) > 300
    assert {name.rpartition(".")[2] for name, _ in SENTENCES} >= {
        "calibration", "checks", "claims", "commands", "data", "demo", "findings", "methods",
        "pages", "terms", "coaching", "register", "selling_manager", "plan_and_growth",
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_can_be_said(language):
    with speaking(language=language):
        for name, template in SENTENCES:
            for number in (0, 1, 2, 0.25, -3.5, math.nan, 12345.678):
                if template.count and math.isnan(number):
                    continue
                message = _filled(template, number)
                assert isinstance(message, Message)
                said, page = str(message), str(message.html())
                assert said, (name, template.one)
                assert "{" not in said, (name, template.one)
                assert "<Ann>" not in page, (name, template.one)
                assert "nan" not in said.lower().split(), (name, template.one)


def test_plural_forms_have_the_same_gaps():
    for name, t in SENTENCES:
        for _, spec in _fields(t.one):
            assert spec.lstrip("+") in {
                "", "int", "num", "num1", "pct", "pct1", "pct2", "money", "exact", "date", "month",
                "month_of", "quarter", "name", "text", "list",
            }, (name, t.one)  # fmt: skip
        if t.many:
            lost = _fields(t.one) ^ _fields(t.many)  # "one of them" needs no number
            assert {field for field, _ in lost} <= {t.count}, (name, t.one)
