"""Files as they come: read to the cent, or refused with table, place and remedy; by both ways."""

from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import dataclass, field
from typing import Any

import pytest
from tiny_company import AMOUNT, HEADER, TOTAL, company, mapping, orders, text

from salesdiag.company import check, load
from salesdiag.errors import DataError
from salesdiag.mapping import convert


@dataclass(frozen=True, kw_only=True)
class Case:
    """A file of orders and what must become of it.

    ``total`` is the sum used; ``lost`` how many sales are not used (told, and a run stops);
    ``refused`` are words of the refusal.
    """

    content: bytes | str
    name: str = "orders.csv"
    reading: dict[str, Any] = field(default_factory=dict)
    total: float = TOTAL
    lost: int = 0
    refused: tuple[str, ...] = ()
    direct_only: bool = False


def one(**cells: str) -> str:
    """Return the orders with other cells in row 3."""
    return text(orders({3: cells}))


def every(sep: str = ",", **cells: str) -> str:
    return text(orders(**cells), sep)


def zipped(**members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.csv", content)
    return buffer.getvalue()


PLAIN = every()
LESS = TOTAL - float(AMOUNT)
DOT = {"date_format": "%d.%m.%Y"}
GERMAN = {"decimal": ",", "thousands": "."}
MARKS = ("orders.amount, row 3", "more than one way", "reading.thousands")
ORDER = ("orders.ordered_on, row 3", "order of day, month and year", "reading.date_format")
BESIDE = ("orders.amount, row 3", "something beside it", "1234.56")
MARK = "quotation mark"
PLUS = {"delimiter": "+|"}

CASES = {
    "plain": Case(content=PLAIN),
    # bytes
    "byte order mark": Case(content=PLAIN.encode("utf-8-sig")),
    "UTF-16 undeclared": Case(content=PLAIN.encode("utf-16"), refused=("UTF-8", "line 1")),
    "UTF-16 declared": Case(content=PLAIN, reading={"encoding": "utf-16"}),
    "UTF-16 without mark": Case(content=PLAIN.encode("utf-16-le"), refused=("orders", "UTF-8")),
    "cp1252 undeclared": Case(
        content=one(account_id="é").encode("cp1252"), refused=("UTF-8", "line 3", "encoding")
    ),
    "cp1252 declared": Case(content=one(account_id="é"), reading={"encoding": "cp1252"}),
    "encoding unknown": Case(
        content=PLAIN, reading={"encoding": "cp9999"}, refused=("encoding", "cp9999")
    ),
    "encoding of no text": Case(
        content=PLAIN, reading={"encoding": "rot13"}, refused=("encoding", "rot13")
    ),
    "encoding a number": Case(content=PLAIN, reading={"encoding": 5}, refused=("encoding", "5")),
    "a zero byte": Case(content=one(account_id="\0"), refused=("orders", "UTF-8", "line 3")),
    "no byte": Case(content="", refused=("orders", "empty")),
    # lines
    "CR only": Case(content=text(orders(), end="\r")),
    "CRLF": Case(content=text(orders(), end="\r\n")),
    "mixed newlines": Case(content=PLAIN.replace("\n", "\r\n", 9).replace("\n", "\r", 3)),
    "blank lines": Case(content=PLAIN.replace("\nO", "\n\nO")),
    "trailing delimiter": Case(content=text(orders(), end=",\n")),
    "trailing delimiter in rows": Case(
        content=text(orders()[:1]) + text(orders()[1:], end=",\n"),
        refused=("orders", "more or fewer cells"),
    ),
    "title line": Case(content="Orders of 2025\n" + PLAIN, refused=("orders", "column")),
    "footer": Case(content=PLAIN + "Total,,,,18009.00\n", lost=1),
    "no header": Case(content=text(orders()[1:]), refused=("orders", "required column")),
    "unquoted comma": Case(content=PLAIN.replace("O2,,", "O2,A,B,"), total=LESS, lost=1),
    "cell of two lines": Case(content=one(account_id="a\nb")),
    # header
    "capitals": Case(content=PLAIN.replace(",".join(HEADER), ",".join(HEADER).upper())),
    "padded header": Case(content=PLAIN.replace(",amount", ", Amount "), direct_only=True),
    "column twice": Case(
        content=PLAIN.replace("account_id", "amount"), refused=("orders", "Two columns")
    ),
    "column twice in another case": Case(
        content=PLAIN.replace("account_id", "Amount"), refused=("Amount",)
    ),
    # quotation marks
    "mark never closed": Case(content=PLAIN.replace("O2,,", 'O2,,"'), refused=(MARK, "line 3")),
    "two marks that eat rows": Case(
        content=PLAIN.replace("O2,,", 'O2,,"').replace("O9,,", 'O9,,"'), refused=(MARK, "line 3")
    ),
    "rows within marks": Case(
        content=PLAIN.replace("O2,,", 'O2,,"').replace("O9,,", 'O9,",'), refused=(MARK, "line 3")
    ),
    "mark within marks": Case(
        content=PLAIN.replace("O2,,", 'O2,"5" pipe, long",'), refused=(MARK, "line 3")
    ),
    "mark within a word": Case(content=PLAIN.replace("O2,,", 'O2,5" pipe,')),
    "other mark declared": Case(
        content=text(orders({3: {"account_id": "a,b"}}), quote="'"), reading={"quote": "'"}
    ),
    # delimiters
    "semicolons undeclared": Case(content=every(";"), refused=("whole header is one column",)),
    "semicolons declared": Case(content=every(";"), reading={"delimiter": ";"}),
    "sep= line": Case(content="sep=;\n" + every(";")),
    "tabs": Case(content=every("\t"), name="orders.tsv"),
    "two characters": Case(content=every("+|"), reading=PLUS),
    "two characters in a cell": Case(
        content=text(orders({3: {"account_id": "a+|b"}}), "+|"), reading=PLUS
    ),
    "no delimiter": Case(content=PLAIN, reading={"delimiter": ""}, refused=("delimiter",)),
    # packed, and other names
    "gz": Case(content=gzip.compress(PLAIN.encode()), name="orders.csv.gz"),
    "damaged gz": Case(
        content=gzip.compress(PLAIN.encode())[:60], name="orders.csv.gz", refused=("orders.csv.gz",)
    ),
    "zip": Case(content=zipped(export=PLAIN), name="orders.zip"),
    "csv.zip": Case(content=zipped(orders=PLAIN), name="Orders.csv.zip"),
    "zip of two": Case(
        content=zipped(a=PLAIN, b=PLAIN), name="orders.zip", refused=("orders.zip", "a.csv")
    ),
    "no zip": Case(content="x", name="orders.zip", refused=("orders.zip", "cannot be read")),
    "Orders.CSV": Case(content=PLAIN, name="Orders.CSV"),
    "xlsx": Case(
        content=b"PK", name="orders.xlsx", refused=("orders.xlsx", ".xlsx", "as CSV UTF-8")
    ),
    "json": Case(content="[]", name="Orders.json", refused=("Orders.json",), direct_only=True),
    # numbers
    "comma for thousands": Case(content=one(amount="1,000.50"), refused=MARKS),
    "comma for thousands declared": Case(
        content=one(amount="1,000.50"), reading={"thousands": ","}
    ),
    "no-break space": Case(content=one(amount="1\u00a0000.50"), refused=MARKS),
    "no-break space declared": Case(
        content=one(amount="1\u00a0000.50"), reading={"thousands": " "}
    ),
    "apostrophe": Case(content=one(amount="1'000.50"), refused=MARKS),
    "apostrophe declared": Case(content=one(amount="1'000.50"), reading={"thousands": "'"}),
    "Indian groups": Case(content=one(amount="1,00,000.50"), refused=MARKS),
    "Indian groups declared as others": Case(
        content=one(amount="1,00,000.50"),
        reading={"thousands": ","},
        refused=("orders.amount, row 3", "declared form", "thousands"),
    ),
    "12.000 among decimals": Case(
        content=one(amount="12.000"), refused=("orders.amount, row 3", "three digits", "decimal")
    ),
    "12.000 as decimals": Case(
        content=one(amount="12.000"), reading={"decimal": "."}, total=LESS + 12
    ),
    "12.000 as thousands": Case(
        content=text(orders({3: {"amount": "12.000"}}, amount="1000,50"), ";"),
        reading={**GERMAN, "delimiter": ";"},
        total=LESS + 12_000,
    ),
    "thousands undeclared": Case(
        content=text(orders({3: {"amount": "1.234,56"}}, amount="1000,50"), ";"),
        reading={"decimal": ",", "delimiter": ";"},
        refused=("orders.amount, row 3", "declared form"),
    ),
    "thousands declared": Case(
        content=text(orders({3: {"amount": "1.234,56"}}, amount="1000,50"), ";"),
        reading={**GERMAN, "delimiter": ";"},
        total=LESS + 1234.56,
    ),
    "parentheses": Case(content=one(amount="(1000.50)"), refused=BESIDE),
    "trailing minus": Case(content=one(amount="1000.50-"), refused=BESIDE),
    "dollar": Case(content=one(amount="$1000.50"), refused=BESIDE),
    "currency code": Case(content=one(amount="1000.50 EUR"), refused=BESIDE),
    "percent": Case(content=one(amount="10 %"), refused=BESIDE),
    "minus sign": Case(content=one(amount="\u22125"), refused=BESIDE),
    "exponent": Case(content=one(amount="1.0005E3")),
    "spaces around": Case(content=one(amount=" 1000.50 ", owner_id=" R2 ")),
    "word": Case(content=one(amount="n/a"), total=LESS, lost=1),
    "word declared": Case(content=one(amount="n/a"), reading={"null": "n/a"}, total=LESS),
    "NaN": Case(content=one(amount="NaN"), total=LESS, lost=1),
    "inf": Case(content=one(amount="inf"), total=LESS, lost=1),
    "1e999": Case(content=one(amount="1e999"), total=LESS, lost=1),
    "1e308": Case(content=every(amount="1e308"), refused=("orders.amount, row 2", "too large")),
    "digits of another script": Case(content=one(amount="١٠٠٠"), total=LESS, lost=1),
    # dates
    "day first": Case(content=one(ordered_on="15.01.2025"), refused=ORDER),
    "day first declared": Case(content=every(ordered_on="15.01.2025"), reading=DOT),
    "month first": Case(content=one(ordered_on="05/03/2025"), refused=ORDER),
    "month first declared": Case(
        content=every(ordered_on="01/15/2025"), reading={"date_format": "%m/%d/%Y"}
    ),
    "ISO where it is not declared": Case(
        content=text(orders({3: {"ordered_on": "2025-03-05"}}, ordered_on="15.01.2025")),
        reading=DOT,
        refused=("orders.ordered_on, row 3", "declared form"),
    ),
    "two digits of a year": Case(content=one(ordered_on="15.01.25"), refused=ORDER),
    "two digits declared": Case(
        content=every(ordered_on="15.01.25"), reading={"date_format": "%d.%m.%y"}
    ),
    "one digit of an hour": Case(content=every(ordered_on="2025-01-07 6:49:18")),
    "time zone": Case(
        content=one(ordered_on="2025-01-15T23:30:00Z"), refused=("row 3", "reading.time_zone")
    ),
    "time zone declared": Case(
        content=every(ordered_on="2025-01-15T23:30:00Z"), reading={"time_zone": "Europe/Berlin"}
    ),
    "24:00": Case(content=one(ordered_on="2025-01-15 24:00:00"), total=LESS, lost=1),
    "serial number": Case(content=one(ordered_on="45672"), total=LESS, lost=1),
    "leap day": Case(content=one(ordered_on="2024-02-29")),
    "no leap day": Case(content=one(ordered_on="2025-02-29"), total=LESS, lost=1),
    # rows
    "a copy": Case(content=PLAIN + "O1,,R1,2025-01-15,1000.50\n"),
    "the same key": Case(content=PLAIN + "O1,,R1,2025-01-15,700.25\n", lost=1),
    "nobody": Case(content=one(owner_id="R99"), total=LESS, lost=1),
}  # fmt: skip


def written(case, tmp_path):
    return company(tmp_path / "data", case.content, case.name, **case.reading)


@pytest.mark.parametrize("kind", CASES)
def test_a_file_is_read_to_the_cent_or_refused_with_its_place_and_remedy(kind, tmp_path):
    case = CASES[kind]
    folder = written(case, tmp_path)
    if case.refused:
        problems = check(folder)
        assert (problems["severity"] == "error").any()
        with pytest.raises(DataError) as caught:
            load(folder)
        told = str(caught.value)
        assert [w for w in case.refused if w not in told] == []
        assert "Nothing was changed" in told
        return
    found = load(folder)
    assert found["orders"]["amount"].sum() == pytest.approx(case.total, abs=1e-6)
    assert found.losses.used.amount == pytest.approx(case.total, abs=1e-6)
    assert found.losses.unused.rows == case.lost
    assert (found.losses.refusal(found.settings.reading.most_lost) is not None) == bool(case.lost)
    assert bool(found.losses.lines) >= bool(case.lost)
    lost = check(folder).query("severity == 'dropped'")
    assert (lost["remedy"].str.len() > 0).all()
    assert lost["rows"].sum() >= found.dropped["rows"].sum() >= case.lost


@pytest.mark.parametrize("kind", [k for k, c in CASES.items() if not c.direct_only])
def test_an_import_says_what_reading_says(kind, tmp_path):
    case = CASES[kind]
    folder = written(case, tmp_path)
    plan = mapping(tmp_path / "plan.toml", case.name, **case.reading)
    dest = tmp_path / "out"
    if case.refused or case.lost:
        with pytest.raises(DataError) as caught:
            convert(folder, dest, plan)
        assert "Nothing was changed" in str(caught.value)
        assert not dest.exists()
    if case.refused:
        place = [w for w in case.refused if "row" in w or "line" in w]
        assert [w for w in place if w not in str(caught.value)] == []
        return
    done = convert(folder, dest, plan, accept_losses=True)
    direct, imported = load(folder), load(dest)
    assert imported["orders"]["amount"].sum() == pytest.approx(case.total, abs=1e-6)
    assert imported.losses.unused == direct.losses.unused == done.losses.unused
    assert imported.losses.lines[1:] == direct.losses.lines[1:]
    columns = ["row", "value", "problem", "remedy", "severity", "rows"]
    told, kept = (
        c.problems.loc[c.problems["severity"] == "dropped", columns].reset_index(drop=True)
        for c in (direct, imported)
    )
    assert told.equals(kept)
    assert imported.dropped["rows"].tolist() == direct.dropped["rows"].tolist()
