"""What a column's cells mean: text to canonical values, as declared and never guessed.

:func:`parse` returns the values of a column and, by kind of fault, which rows have it. A cell
with a fault has no value, except for faults in :data:`KEPT`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from salesdiag.schema import DTYPES, RANGES, Column
from salesdiag.settings import Reading

KEPT = frozenset({"stripped", "time_cut", "moved"})
"""Faults whose cell keeps a value."""

QUESTIONS = frozenset(
    {"number_mark", "number_ambiguous", "number_declared", "number_unit", "number_large"}
    | {"date_order", "date_declared", "time_zone"}
)
"""Faults of cells that hold a value which nobody may guess: a declaration or the user answers."""

FIRST_YEAR, LAST_YEAR = 1900, 2199
EXACT_INTEGER = 2**53
ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?(Z|[+-]\d{2}(:?\d{2})?))?)?", re.ASCII
)
DAY_FIRST_OR_NOT = re.compile(
    r"\d{1,2}[./-]\d{1,2}[./-](\d{4}|\d{2})\b.*|\d{4}[./]\d{1,2}[./]\d{1,2}\b.*"
)
MARKS = r"[-+]?\d[\d.,'’ \x{a0}\x{202f}]*\d"
THREE_DIGITS = r"[-+]?[1-9]\d{0,2}\.\d{3}"
BESIDE = r"(?:\p{Sc}|\p{L}{1,4}[.]?\p{Sc}?|%|[-+(−–]|\s)"
UNIT = rf"{BESIDE}*\d[\d.,'’ \x{{a0}}\x{{202f}}]*(?:{BESIDE}|\))*"
LARGEST = 1e15
"""Numbers up to here add up to the cent; larger ones are slips."""
SPACES = " \u00a0\u202f"


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """A column's canonical values, and masks of the rows that have a fault, by its name."""

    values: pd.Series
    faults: Mapping[str, np.ndarray] = field(default_factory=dict)


def parse(cells: pd.Series, column: Column, reading: Reading, decimal_declared: bool) -> Parsed:
    """Return a column in its canonical dtype.

    Parameters
    ----------
    cells : pandas.Series
        As :class:`salesdiag.ingest.Raw` holds them.
    column : Column
        Of the contract; its kind decides how cells are read.
    reading : Reading
        Declared decimal mark, grouping mark, date format and time zone; they apply to text.
    decimal_declared : bool
        Whether the decimal mark was declared. Where it was not, a point followed by three digits
        is a fault, whatever else the column holds: it may stand between thousands.

    Returns
    -------
    Parsed
        ``wrong_type`` stands for the whole column.
    """
    if cells.isna().all():
        return Parsed(values=nothing(cells.index, column))
    if column.kind in ("id", "text", "choice"):
        parsed = _words(cells, column)
    elif column.kind == "date":
        parsed = _dates(cells, reading)
    elif column.kind == "flag":
        parsed = _flags(cells)
    else:
        bounded = np.isfinite(RANGES.get(column.kind, (0, np.inf))[1])
        # 1.000 of at most 1 or 100 cannot be a thousand
        parsed = _ranged(_numbers(cells, reading, decimal_declared, bounded), column)
    return Parsed(
        values=parsed.values.astype(pd.api.types.pandas_dtype(DTYPES[column.kind])),
        faults={name: mask for name, mask in parsed.faults.items() if mask.any()},
    )


def nothing(index: pd.Index, column: Column) -> pd.Series:
    """Return a column without values, in its canonical dtype."""
    return pd.Series(index=index, dtype=pd.api.types.pandas_dtype(DTYPES[column.kind]))


def kind_of(cells: pd.Series) -> str:
    """Return which of the five stored kinds a column has."""
    if pd.api.types.is_bool_dtype(cells):
        return "flag"
    if pd.api.types.is_numeric_dtype(cells):
        return "number"
    return "moment" if pd.api.types.is_datetime64_any_dtype(cells) else "text"


def _wrong(cells: pd.Series) -> Parsed:
    return Parsed(
        values=pd.Series(np.nan, index=cells.index), faults={"wrong_type": cells.notna().to_numpy()}
    )


def _words(cells: pd.Series, column: Column) -> Parsed:
    kind = kind_of(cells)
    if kind in ("moment", "flag"):
        return _wrong(cells)
    if kind == "number":
        return _numbered_words(cells)
    if column.kind == "text":
        return Parsed(values=cells.mask(cells == ""))
    stripped = cells.str.strip()
    values = stripped.mask(stripped == "")
    if column.kind == "id":
        return Parsed(
            values=values, faults={"stripped": (cells.notna() & (stripped != cells)).to_numpy()}
        )
    strange = values.notna() & ~values.isin(column.choices)
    return Parsed(values=values.mask(strange), faults={"choice": strange.to_numpy()})


def _numbered_words(cells: pd.Series) -> Parsed:
    """Write whole numbers as they are read aloud: 7 and 7.0 are ``7``."""
    values = cells.to_numpy(dtype="float64", na_value=np.nan)
    exact = pd.api.types.is_integer_dtype(cells)
    strange = np.zeros(len(cells), bool)
    if not exact:
        with np.errstate(invalid="ignore"):
            whole = np.isfinite(values) & (values == np.floor(values))
            strange = ~np.isnan(values) & ~(whole & (np.abs(values) < EXACT_INTEGER))
    whole_numbers = cells.mask(strange).astype("Int64")
    text = pa.array(whole_numbers, from_pandas=True).cast(pa.string()).to_pandas()
    return Parsed(values=pd.Series(text.to_numpy(), index=cells.index), faults={"id": strange})


def number_pattern(reading: Reading) -> str:
    """Return the regular expression of a number in the declared form."""
    digits = r"\d+"
    if reading.thousands:
        mark = SPACES if reading.thousands in SPACES else reading.thousands
        digits = rf"(?:\d{{1,3}}(?:[{re.escape(mark)}]\d{{3}})+|\d+)"
    point = re.escape(reading.decimal)
    return rf"[-+]?(?:{digits}(?:{point}\d+)?|{point}\d+)(?:[eE][-+]?\d+)?"


def _numbers(
    cells: pd.Series, reading: Reading, decimal_declared: bool, bounded: bool = False
) -> Parsed:
    kind = kind_of(cells)
    if kind in ("moment", "flag"):
        return _wrong(cells)
    if kind == "number":
        values = pd.Series(cells.to_numpy("float64", na_value=np.nan), index=cells.index)
        return _finite(values, {})
    text = cells.str.strip()
    filled = (text.notna() & (text != "")).to_numpy()
    fits = _matches(text, number_pattern(reading))
    asked = not decimal_declared and not bounded
    ambiguous = fits & _matches(text, THREE_DIGITS) if asked else np.zeros(len(cells), bool)
    marked = filled & ~fits & _matches(text, MARKS)
    beside = filled & ~fits & ~marked & _matches(text, UNIT)
    faults = {
        "number_ambiguous": ambiguous,
        "number_declared" if decimal_declared else "number_mark": marked,
        "number_unit": beside,
        "number": filled & ~fits & ~marked & ~beside,
    }
    return _finite(_floats(text.where(fits & ~ambiguous), reading), faults)


def _finite(values: pd.Series, faults: dict[str, np.ndarray]) -> Parsed:
    """Leave out numbers that are none, and those that are too large to be added up."""
    sizes = np.abs(values.to_numpy())
    infinite = np.isinf(sizes)
    with np.errstate(invalid="ignore"):
        large = (sizes > LARGEST) & ~infinite
    number = faults.get("number", np.zeros(len(values), bool)) | infinite
    return Parsed(
        values=values.mask(infinite | large),
        faults={**faults, "number": number, "number_large": large},
    )


def _matches(text: pd.Series, pattern: str) -> np.ndarray:
    """Say which texts fit a pattern; for Arrow a digit is 0 to 9, in no other script."""
    words = pa.array(text, pa.string(), from_pandas=True)
    fits = pc.match_substring_regex(words, f"^(?:{pattern})$")
    return pc.fill_null(fits, False).to_numpy(zero_copy_only=False)


def _floats(text: pd.Series, reading: Reading) -> pd.Series:
    for mark in SPACES if reading.thousands and reading.thousands in SPACES else reading.thousands:
        text = text.str.replace(mark, "", regex=False)
    if reading.decimal != ".":
        text = text.str.replace(reading.decimal, ".", regex=False)
    # Arrow's cast is correctly rounded, so text and stored numbers give equal companies
    plus = text.str.removeprefix("+")
    numbers = pc.cast(pa.array(plus, pa.string(), from_pandas=True), pa.float64())
    return pd.Series(numbers.to_numpy(zero_copy_only=False), index=text.index)


def _ranged(parsed: Parsed, column: Column) -> Parsed:
    if column.kind not in RANGES:
        return parsed
    low, high = RANGES[column.kind]
    values = parsed.values
    outside = (values.notna() & ~values.between(low, high)).to_numpy()
    fault = "negative" if np.isinf(high) else "range"
    return Parsed(values=values.mask(outside), faults={**parsed.faults, fault: outside})


def _flags(cells: pd.Series) -> Parsed:
    if kind_of(cells) == "moment":
        return _wrong(cells)
    text = cells.astype("str").str.strip().str.lower().mask(cells.isna())
    text = text.mask(text == "")
    known = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
    values = text.map(known).astype("boolean")
    return Parsed(values=values, faults={"flag": (text.notna() & values.isna()).to_numpy()})


def _dates(cells: pd.Series, reading: Reading) -> Parsed:
    kind = kind_of(cells)
    if kind in ("number", "flag"):
        return _wrong(cells)
    zone = ZoneInfo(reading.time_zone) if reading.time_zone else None
    if kind == "moment":
        return _stored(cells, zone)
    return _written(cells, reading, zone)


def _stored(cells: pd.Series, zone: ZoneInfo | None) -> Parsed:
    aware = cells.dt.tz is not None
    if aware and zone:
        cells = cells.dt.tz_convert(zone)
    local = cells.dt.tz_localize(None)
    days = local.dt.normalize()
    with_time = (local.notna() & (local != days)).to_numpy()
    early = (days.dt.year < FIRST_YEAR).to_numpy()
    late = (days.dt.year > LAST_YEAR).to_numpy()
    strange = early | late
    faults = {"date_early": early, "date_late": late}
    if not aware:
        faults["time_cut"] = with_time
    elif zone is None:
        faults["time_zone"] = with_time
        strange = strange | with_time
    return Parsed(values=days.mask(strange), faults=faults)


def _written(cells: pd.Series, reading: Reading, zone: ZoneInfo | None) -> Parsed:
    """Read dates from text; each different text once."""
    stripped = cells.str.strip()
    codes, texts = pd.factorize(stripped.mask(stripped == ""))
    read_one = _reader(reading)
    found = [_day(text, read_one, zone) for text in texts]
    # the last stands for empty cells, whose code is -1
    days = np.array([*(d for d, _ in found), np.datetime64("NaT")], dtype="datetime64[us]")
    by_row = np.array([*(f for _, f in found), ""], dtype="U20")[codes]
    if reading.date_format != "ISO8601":
        by_row = np.where(by_row == "date_order", "date_declared", by_row)
    return Parsed(
        values=pd.Series(days[codes], index=cells.index),
        faults={str(name): by_row == name for name in np.unique(by_row) if name},
    )


def _iso(text: str) -> datetime:
    if not ISO.fullmatch(text):
        raise ValueError(text)
    padded = re.sub(r"(?<=^.{10}[T ])(?=\d:)", "0", text)  # 6:49 is 06:49
    return datetime.fromisoformat(re.sub(r" (?=[Z+-])", "", padded))


def _in_other_order(text: str, read_one: Callable[[str], datetime]) -> bool:
    """Say whether a text is a date in another form than the declared one."""
    iso = read_one is not _iso and ISO.fullmatch(text) is not None
    return iso or DAY_FIRST_OR_NOT.fullmatch(text) is not None


def _reader(reading: Reading) -> Callable[[str], datetime]:
    if reading.date_format == "ISO8601":
        return _iso
    return lambda text: datetime.strptime(text, reading.date_format)


def _day(
    text: str, read_one: Callable[[str], datetime], zone: ZoneInfo | None
) -> tuple[np.datetime64, str]:
    nothing = np.datetime64("NaT", "us")
    try:
        moment = read_one(text)
    except ValueError:
        return nothing, "date_order" if _in_other_order(text, read_one) else "date"
    if moment.tzinfo is not None and zone is not None:
        try:
            moment = moment.astimezone(zone)
        except OverflowError:
            return nothing, "date_late" if moment.year > FIRST_YEAR else "date_early"
        cut = ""
    else:
        timed = moment.time() != datetime.min.time()
        if timed and moment.tzinfo is not None:
            return nothing, "time_zone"
        cut = "time_cut" if timed else ""
    if moment.year < FIRST_YEAR or moment.year > LAST_YEAR:
        return nothing, "date_early" if moment.year < FIRST_YEAR else "date_late"
    return np.datetime64(moment.date(), "us"), cut


def first_day(days: pd.Series, period: str) -> Parsed:
    """Return the first days of the weeks (Monday) or months that days lie in.

    Parameters
    ----------
    days : pandas.Series of datetime64
    period : {"week", "month"}
    """
    back = days.dt.day_of_week if period == "week" else days.dt.day - 1
    moved = days - pd.to_timedelta(back, unit="D")
    return Parsed(
        values=moved.astype(days.dtype),
        faults={"moved": (days.notna() & (days != moved)).to_numpy()},
    )
