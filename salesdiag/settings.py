"""What a company says of itself in ``company.toml``: name, calendar, money, limits, how to read."""

from __future__ import annotations

import math
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType, UnionType
from typing import Any

from babel.numbers import is_currency

from salesdiag import text
from salesdiag.schema import TABLE
from salesdiag.text import Message
from salesdiag.text import data as words

PLANNED = 13
"""Looks that share the error by default: the first, and one a month for a year."""
MOST_LOOKS = 200

LIMITS: Mapping[str, float] = MappingProxyType(
    {
        "coaching_share": 0.5,  # E: half of a manager's time on coaching
        "own_deals_per_quarter": 1.0,  # C: one own deal in two to three months
        "handover_months": 3.0,  # C: selling while managing for at most three months
    }
)
"""The articles' own numbers, as parameters that a company may override under ``[limits]``."""

HOURS_SET_BY = ("roster", "trial", "cadence")
"""What else than results may have fixed coaching hours beforehand."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How files are to be read; declared, never guessed.

    Attributes
    ----------
    decimal, thousands : str
        Decimal mark and grouping mark of numbers.
    date_format : str
        ``strptime`` pattern; ISO by default.
    time_zone : str or None
        IANA name of the zone whose calendar days count, where times carry an offset.
    delimiter : str
        What stands between the cells of a line: one character or several.
    encoding : str
        Of text files, as Python names it.
    quote : str
        What stands around a cell that holds the delimiter.
    null : str or list of str
        Words that stand for a missing value, beside an empty cell.
    most_lost : float
        Share of sales, 0 to 1, that rows which cannot be used may carry before a run stops.
    quarter_dates : str or None
        What the date of a quarter's target is when it lies at the end of a month: ``"end"`` of the
        quarter, ``"before"`` its first day, or in its first month (``"start"``); None asks.
    cache : str or None
        Folder, from that of the data, in which the sums of an activity log are kept that is too
        large for memory, so that it is not added up at each reading. It may be emptied at any time.
    """

    decimal: str = "."
    thousands: str = ""
    date_format: str = "ISO8601"
    time_zone: str | None = None
    delimiter: str = ","
    encoding: str = "utf-8"
    quote: str = '"'
    null: str | list[str] = ""
    most_lost: float = 0.01
    quarter_dates: str | None = None
    cache: str | None = None


GROUP_KINDS = ("training", "pipeline_review")
"""Kinds of coaching contact that are held with several reps at once, unless declared otherwise."""


@dataclass(frozen=True, kw_only=True)
class Coaching:
    """What the log of coaching contacts means, and how hours come about.

    Attributes
    ----------
    shared_kinds : list of str or None
        Kinds of which contacts with one manager, day and length are one session of several reps;
        None where the company does not say. A one-on-one never is.
    hours_set_by : str or None
        ``"roster"``, ``"trial"`` or ``"cadence"`` where who gets how many hours was fixed
        beforehand by something other than results: foresight then plays no part.
    """

    shared_kinds: list[str] | None = None
    hours_set_by: str | None = None

    @property
    def group_kinds(self) -> tuple[str, ...]:
        """Kinds that are held with groups, as declared, else :data:`GROUP_KINDS`."""
        return GROUP_KINDS if self.shared_kinds is None else tuple(self.shared_kinds)


@dataclass(frozen=True, kw_only=True)
class Control:
    """Totals that the company knows from elsewhere.

    Attributes
    ----------
    revenue : mapping
        Money by calendar year (``"2025"``), or all of it (``"total"``).
    tolerance : float
        Largest difference allowed, as a share of the total.
    """

    revenue: Mapping[str, float] = field(default_factory=dict)
    tolerance: float = 0.005


@dataclass(frozen=True, kw_only=True)
class Looks:
    """How often the company's growing data are to be reported on.

    Attributes
    ----------
    planned : int
        Looks that share the error permitted; 1 gives all of it to the first.
    since : str or None
        Day (ISO) from which looks are counted: those at data that end before it had their own.
    """

    planned: int = PLANNED
    since: str | None = None


@dataclass(frozen=True, kw_only=True)
class Effects:
    """What an effect is read over; declared before data are seen.

    Attributes
    ----------
    horizon_months : int or None
        Months after the hour over which its effect is added up; None takes the sales cycle.
    change_hours : float or None
        A realistic change of a rep's coaching, hours a month; None takes one standard deviation
        of the same rep's hours from month to month.
    """

    horizon_months: int | None = None
    change_hours: float | None = None


@dataclass(frozen=True, kw_only=True)
class Foresight:
    """How much managers are taken to foresee at least, whatever the data show.

    Attributes
    ----------
    floor_hours_per_log_point : float
        Hours a month more to a rep per log point by which the rep's next month will turn out
        above what the data foretell. Every verdict must survive it.
    floor_own_deals : float
        Own deals that managers close more (or fewer) in a quarter in which the others fall 10 %
        short of what the data foretell. Every verdict on own selling must survive it: a shock that
        lasts one quarter leaves no other trace. With half a deal, 1 of 25 companies was decided
        wrongly in which managers answered that strongly (6 without), and at most 1 of 8 in which
        demand common to manager and team made .7 deals (5 at a quarter of a deal); 10 of 10 harms
        of 15 % a deal beyond the limit survived, 1 of 10 of 5 %.
    """

    floor_hours_per_log_point: float = 0.2
    floor_own_deals: float = 0.5


@dataclass(frozen=True, kw_only=True)
class NegativeControl:
    """Orders that coaching cannot move, such as renewals by contract; empty where there are none.

    Attributes
    ----------
    products : list of str
        Values of ``orders.product``.
    """

    products: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of a company.

    Attributes
    ----------
    name : str
    currency : str
        ISO 4217 code.
    fiscal_year_start_month : int
        1 to 12.
    language : str
        ISO 639-1 code.
    min_group : int
        Groups of fewer people are never shown.
    revenue_source : str or None
        ``"orders"`` or ``"opportunities"``; None takes orders where there are any.
    gross_margin : float or None
        Share of revenue left after cost of sales; with ``manager_hour_cost`` it sets the smallest
        effect worth acting on.
    manager_hour_cost : float or None
        Money an hour.
    data_from, data_to : str or None
        First and last day the data are complete for (ISO); None reads them off the data.
    limits : mapping
        The articles' limits, :data:`LIMITS` where not overridden.
    benchmarks : mapping
        Reference figures that replace the published ones, by benchmark id.
    reading : Reading
    looks : Looks
    coaching : Coaching
    control : Control
    effects : Effects
    foresight : Foresight
    negative_control : NegativeControl
    """

    name: str = ""
    currency: str = "EUR"
    fiscal_year_start_month: int = 1
    week_start: str = "monday"
    language: str = "en"
    min_group: int = 5
    revenue_source: str | None = None
    gross_margin: float | None = None
    manager_hour_cost: float | None = None
    data_from: str | None = None
    data_to: str | None = None
    limits: Mapping[str, float] = field(default_factory=lambda: dict(LIMITS))
    benchmarks: Mapping[str, float] = field(default_factory=dict)
    reading: Reading = field(default_factory=Reading)
    looks: Looks = field(default_factory=Looks)
    coaching: Coaching = field(default_factory=Coaching)
    control: Control = field(default_factory=Control)
    effects: Effects = field(default_factory=Effects)
    foresight: Foresight = field(default_factory=Foresight)
    negative_control: NegativeControl = field(default_factory=NegativeControl)


PARTS: Mapping[str, type] = MappingProxyType(
    {
        "reading": Reading,
        "looks": Looks,
        "coaching": Coaching,
        "control": Control,
        "effects": Effects,
        "foresight": Foresight,
        "negative_control": NegativeControl,
    }
)
"""Tables of ``company.toml`` with settings of their own."""


def read(path: Path) -> dict[str, Any]:
    """Return the content of a ``company.toml``, empty where there is none."""
    # editors on Windows put a mark before the first byte
    return tomllib.loads(path.read_text(encoding="utf-8-sig")) if path.exists() else {}


def parse(raw: Mapping[str, Any], name: str) -> tuple[Settings, list[Message]]:
    """Return the settings of a ``company.toml``, and everything that is wrong with it.

    Parameters
    ----------
    raw : mapping
        Content of the file.
    name : str
        Used where the file gives the company none.

    Returns
    -------
    Settings
        Those that can be used; the others as by default.
    list of Message
        A sentence for each that cannot.
    """
    content: dict[str, Any] = {k: _plain(v) for k, v in raw.items()}
    faults = _unknown(content) + _mistyped(content, Settings, "")
    for head in ("limits", "benchmarks"):
        values = content.get(head)
        if isinstance(values, dict):
            faults += [
                _Fault(f"{head}.{k}", _type_fault(f"{head}.{k}", v, "number"))
                for k, v in values.items()
                if not _number(v)
            ]
    control = content.get("control")
    if isinstance(control, dict) and _number(control.get("revenue")):
        control["revenue"] = {"total": control["revenue"]}
    for head, kind in PARTS.items():
        if isinstance(content.get(head), dict):
            content[head] = {k: _plain(v) for k, v in content[head].items()}
            faults += _mistyped(content[head], kind, f"{head}.")
    bad = {f.setting for f in faults}
    faults += [f for f in _disallowed(content) if f.setting not in bad]
    for fault in faults:
        head, _, key = fault.setting.partition(".")
        if fault.setting in content:  # a quoted name may hold a point
            content.pop(fault.setting)
        elif isinstance(content.get(head), dict):
            content[head].pop(key, None)
    content["limits"] = {**LIMITS, **content.get("limits", {})}
    for head, kind in PARTS.items():
        content[head] = kind(**content.get(head, {}))
    content.setdefault("name", name)
    return Settings(**content), [f.message for f in faults]


def _plain(value: Any) -> Any:
    """Return a copy of a table, and a date, which TOML reads without quotes, as its ISO text."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return dict(value) if isinstance(value, dict) else value


@dataclass(frozen=True)
class _Fault:
    setting: str
    message: Message


def _unknown(content: Mapping[str, Any]) -> list[_Fault]:
    known = {
        "": {f.name for f in fields(Settings)},
        "limits.": set(LIMITS),
        **{f"{head}.": {f.name for f in fields(kind)} for head, kind in PARTS.items()},
    }
    found = []
    for head, names in known.items():
        given = content.get(head.rstrip("."), {}) if head else content
        for key in given if isinstance(given, dict) else ():
            if key not in names:
                found.append(_Fault(head + key, words.UNKNOWN_SETTING(setting=head + key)))
    return found


def _mistyped(content: Mapping[str, Any], kind: type, head: str) -> list[_Fault]:
    hints = typing.get_type_hints(kind)
    return [
        _Fault(
            head + f.name,
            _type_fault(head + f.name, content[f.name], _type_name(hints[f.name])),
        )
        for f in fields(kind)
        if f.name in content and not _fits(content[f.name], hints[f.name])
    ]


def _type_fault(name: str, value: object, expected: str) -> Message:
    return words.WRONG_TYPE_SETTING(setting=name, value=value, expected=expected)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _fits(value: Any, hint: Any) -> bool:
    options = typing.get_args(hint) if isinstance(hint, UnionType) else (hint,)
    if float in options:
        return _number(value)
    if int in options:
        return isinstance(value, int) and not isinstance(value, bool)
    if list[str] in options and isinstance(value, list):
        return all(isinstance(v, str) for v in value)
    return isinstance(value, str if str in options else dict)


def _type_name(hint: Any) -> str:
    names = {float: "number", int: "whole number", str: "text"}
    options = typing.get_args(hint) if isinstance(hint, UnionType) else (hint,)
    kind = "list of texts" if list[str] in options else "table"
    return next((names[o] for o in options if o in names), kind)


def _disallowed(content: Mapping[str, Any]) -> list[_Fault]:
    """Return settings of the right type whose value is not among those allowed."""
    choices: dict[str, tuple[object, ...]] = {
        "fiscal_year_start_month": tuple(range(1, 13)),
        "week_start": ("monday",),
        "revenue_source": ("orders", "opportunities"),
        "language": text.languages(),
    }
    found = [
        (key, [str(v) for v in values])
        for key, values in choices.items()
        if key in content and content[key] not in values
    ]
    ranges = {
        "min_group": (1, math.inf),
        "gross_margin": (0, 1),
        "manager_hour_cost": (0, math.inf),
    }
    found += [
        (key, [f"{low} – {high:g}" if math.isfinite(high) else f"≥ {low}"])
        for key, (low, high) in ranges.items()
        if _number(content.get(key)) and not low <= content[key] <= high
    ]
    found += _out_of_part(content)
    limits = content.get("limits")
    found += [
        (f"limits.{key}", ["0 – 1" if key == "coaching_share" else "> 0"])
        for key, value in (limits.items() if isinstance(limits, dict) else ())
        if _number(value) and not 0 < value <= (1 if key == "coaching_share" else math.inf)
    ]
    if isinstance(content.get("currency"), str) and not is_currency(content["currency"]):
        found.append(("currency", ["ISO 4217"]))
    days = {key: content.get(key) for key in ("data_from", "data_to")}
    days["looks.since"] = _part(content, "looks").get("since")
    found += [
        (key, ["YYYY-MM-DD"])
        for key, day in days.items()
        if isinstance(day, str) and not _is_date(day)
    ]
    first, last = content.get("data_from"), content.get("data_to")
    if isinstance(first, str) and isinstance(last, str) and _is_date(first) and _is_date(last):
        found += [("data_to", [f"≥ {first}"])] if last < first else []
    return [
        _Fault(key, words.WRONG_SETTING(setting=key, value=_value(content, key), allowed=allowed))
        for key, allowed in found
    ]


def _out_of_part(content: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Return settings within parts that lie outside their range, with what is allowed."""
    ranges: dict[str, tuple[float, float]] = {
        "reading.most_lost": (0, 1),
        "looks.planned": (1, MOST_LOOKS),
        "effects.horizon_months": (1, 12),
        "effects.change_hours": (0.01, 100),
        "foresight.floor_hours_per_log_point": (0, 100),
        "foresight.floor_own_deals": (0, 100),
        "control.tolerance": (0, 0.999),
    }
    found = []
    for setting, (low, high) in ranges.items():
        head, _, key = setting.partition(".")
        value = _part(content, head).get(key)
        if isinstance(value, int | float) and _number(value) and not low <= value <= high:
            found.append((setting, [f"{low:g} – {high:g}"]))
    kinds = _part(content, "coaching").get("shared_kinds")
    allowed = [k for k in TABLE["coaching"]["kind"].choices if k != "one_on_one"]
    if isinstance(kinds, list) and not set(map(str, kinds)) <= set(allowed):
        found.append(("coaching.shared_kinds", allowed))
    design = _part(content, "coaching").get("hours_set_by")
    if isinstance(design, str) and design not in HOURS_SET_BY:
        found.append(("coaching.hours_set_by", list(HOURS_SET_BY)))
    revenue = _part(content, "control").get("revenue")
    good = (
        (k == "total" or (len(k) == 4 and k.isdigit())) and _number(v)
        for k, v in (revenue.items() if isinstance(revenue, dict) else ())
    )
    if not all(good):
        found.append(("control.revenue", ['"total" = 1234.56', '"2025" = 1234.56']))
    return found


def _part(content: Mapping[str, Any], head: str) -> Mapping[str, Any]:
    given = content.get(head)
    return given if isinstance(given, dict) else {}


def _value(content: Mapping[str, Any], setting: str) -> object:
    head, _, key = setting.partition(".")
    return content[head][key] if key else content[head]


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value  # weeks (2024-W01-1) would pass too
    except ValueError:
        return False
