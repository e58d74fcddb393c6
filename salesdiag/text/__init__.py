"""Words: the machinery behind every sentence a user reads.

A sentence is declared once, as a :class:`Template` made by :func:`N_`, in one of the sibling
modules (``data``, ``findings``, ``pages``, ``commands``, ...). Filling a template gives a
:class:`Message`: template plus values, nothing rendered yet. A message becomes words when it is
shown, in the language and currency in force then, so that one finding can be told in several
languages:

>>> GREETING = N_("{who:name} sold {amount:money}.")
>>> with speaking(currency="EUR"):
...     str(GREETING(who="Ann", amount=1250))
'Ann sold €1,250.'

Nothing here computes: values arrive ready, and a format after the colon says how they are spoken.

==============  ======================================================================
format          what it is for
==============  ======================================================================
``int``         whole number, grouped
``num``         number, three significant digits; ``+num`` always signed
``num1``        number, one decimal
``pct``         share 0..1 as whole percent; ``pct1`` one decimal, ``pct2`` two; ``+pct1`` signed
``money``       currency, at most three significant digits; ``+money`` signed; ``exact`` in full
``date``        day; ``quarter`` quarter and year
``month``       month and year standing alone or in a range; ``month_of`` the same in the case that
                languages with cases use within a date ("of March 2025")
``name``        text that came from data: cleaned, shortened, and escaped in HTML
``text``        a message, or a word of ours that needs no translation (an id, a file name)
``list``        a list of any of these
==============  ======================================================================
"""

from __future__ import annotations

import difflib
import gettext as _gettext
import math
import re
import string
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale, dates, lists, numbers
from markupsafe import Markup, escape

LOCALE_DIR = Path(__file__).parent / "locale"
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})
NAME_LENGTH = 60
MINUS = "\N{MINUS SIGN}"  # unlike a hyphen, lines do not break after it
UNKNOWN = "–"
JOINERS = frozenset("\u200c\u200d")  # format characters that are part of Persian and Hindi spelling


@dataclass(frozen=True)
class Speech:
    """The language and currency in force.

    Attributes
    ----------
    language : str
        ISO 639-1 code.
    currency : str
        ISO 4217 code; amounts of money are spoken in it.
    """

    language: str = "en"
    currency: str = "EUR"

    @property
    def direction(self) -> str:
        """``"rtl"`` or ``"ltr"``, for the ``dir`` attribute of a page."""
        return "rtl" if self.language in RIGHT_TO_LEFT else "ltr"


_speech: ContextVar[Speech] = ContextVar("salesdiag_speech", default=Speech())  # noqa: B039 -- frozen


def current() -> Speech:
    """Return the language and currency in force."""
    return _speech.get()


@contextmanager
def speaking(language: str | None = None, currency: str | None = None) -> Iterator[Speech]:
    """Speak a language and count in a currency within a ``with`` block."""
    now = current()
    token = _speech.set(Speech(language or now.language, currency or now.currency))
    try:
        yield _speech.get()
    finally:
        _speech.reset(token)


def speak(language: str | None = None, currency: str | None = None) -> None:
    """Speak a language and count in a currency from here on (for notebooks)."""
    now = current()
    _speech.set(Speech(language or now.language, currency or now.currency))


def languages() -> tuple[str, ...]:
    """Return the codes of the languages that have a catalogue, English first."""
    found = sorted(p.parent.parent.name for p in LOCALE_DIR.glob("*/LC_MESSAGES/salesdiag.mo"))
    return ("en", *(code for code in found if code != "en"))


@lru_cache
def _catalogue(language: str) -> _gettext.NullTranslations:
    return _gettext.translation("salesdiag", LOCALE_DIR, [language], fallback=True)


@lru_cache
def _locale(language: str) -> Locale:
    return Locale.parse(language)


def clean_name(value: object, length: int = NAME_LENGTH) -> str:
    r"""Return text from data fit to be shown: one line, no control or direction marks, shortened.

    Parameters
    ----------
    value : object
        A name as it stands in the data.
    length : int
        Longest result in characters; a cut is shown by an ellipsis.

    Examples
    --------
    >>> clean_name("Ann\u202egnp.exe\n")
    'Anngnp.exe'
    """
    text = unicodedata.normalize("NFC", str(value))
    text = " ".join(
        "".join(c for c in text if c.isspace() or c in JOINERS or unicodedata.category(c)[0] != "C")
        .strip("".join(JOINERS))
        .split()
    )
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _significant(value: float, digits: int) -> float:
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def _number(value: float, spec: str, locale: Locale, currency: str) -> str:
    kind = spec.lstrip("+")
    if kind == "int":
        shown = round(value) + 0.0
        text = numbers.format_decimal(shown, format="#,##0", locale=locale)
    elif kind == "num":
        shown = round(_significant(value, 3), 15) + 0.0
        digits = "" if abs(shown) >= 100 else "." + "#" * (7 if abs(shown) >= 1e-4 else 15)
        text = numbers.format_decimal(shown, format="#,##0" + digits, locale=locale)
    elif kind == "num1":
        shown = round(value, 1) + 0.0
        text = numbers.format_decimal(shown, format="#,##0.0", locale=locale)
    elif kind in {"pct", "pct1", "pct2"}:
        places = int(kind[3:] or 0)
        shown = round(value, places + 2) + 0.0
        pattern = locale.percent_formats[None].pattern
        decimals = "0." + "0" * places if places else "0"
        text = numbers.format_percent(
            shown, format=pattern.replace("#,##0", "#,##" + decimals), locale=locale
        )
    elif kind in {"money", "exact"}:
        shown = round(_significant(value, 3)) if kind == "money" else round(value, 2)
        places = 2 if shown != round(shown) else 0
        pattern = locale.currency_formats["standard"].pattern.split(";")[0]
        pattern = pattern.replace("#,##0.00", "#,##0" + (".00" if places else ""))
        text = numbers.format_currency(
            shown + 0.0, currency, format=pattern, locale=locale, currency_digits=False
        )
    else:
        raise ValueError(f"unknown format {spec!r} in a sentence")
    # the sign is that of the number shown: what rounds to nothing has none
    sign = "+" if spec.startswith("+") and shown > 0 else ""
    return sign + text.replace("-", MINUS)


def _missing(value: object) -> bool:
    """Say whether a value is unknown: None, NaN, NaT, NA, or a number without end."""
    if value is None:
        return True
    try:
        return bool(value != value) or (isinstance(value, float) and math.isinf(value))
    except TypeError:  # pandas.NA is neither equal nor unequal to itself
        return True


class _Formatter(string.Formatter):
    """Fills a template's fields; ``html`` decides how text from data is made safe."""

    def __init__(self, speech: Speech, html: bool):
        self.speech, self.html = speech, html
        self.locale = _locale(speech.language)

    def format_field(self, value: Any, spec: str) -> str:
        """Return one value as words."""
        if isinstance(value, Message):
            return str(value.html()) if self.html else str(value)
        if spec == "list":
            return lists.format_list(
                [self.format_field(v, "text") for v in value], locale=self.locale
            )
        if _missing(value):
            return UNKNOWN
        if spec == "name":
            name = clean_name(value)
            return f"<bdi>{escape(name)}</bdi>" if self.html else name
        if spec in {"date", "month", "month_of", "quarter"}:
            text = self._moment(value, spec)
        elif spec in {"", "text"}:
            text = clean_name(value, 400)
        else:
            text = _number(float(value), spec, self.locale, self.speech.currency)
        return str(escape(text)) if self.html else text

    def _moment(self, value: Any, spec: str) -> str:
        if spec == "date":
            return dates.format_date(value, "long", locale=self.locale)
        skeletons = self.locale.datetime_skeletons
        pattern = skeletons["yQQQ" if spec == "quarter" else "yMMMM"].pattern
        if spec in {"month", "month_of"}:  # L is the name of a month that stands alone
            pattern = re.sub("[LM]{3,}", "MMMM" if spec == "month_of" else "LLLL", pattern)
        return dates.format_date(value, pattern, locale=self.locale)


@dataclass(frozen=True)
class Template:
    """A sentence with gaps; calling it with values gives a :class:`Message`.

    Attributes
    ----------
    one, many : str
        The English sentence, which is also its key in the catalogues; ``many`` for a plural.
    count : str
        The field whose value chooses between ``one`` and ``many``.
    context : str
        Tells translators, and catalogues, which of several meanings a short word has.
    """

    one: str
    many: str | None = None
    count: str | None = None
    context: str | None = None

    def __call__(self, **values: Any) -> Message:
        """Fill the gaps."""
        return Message(self, values)

    def __str__(self) -> str:
        """Return the sentence in the current language, for one that has no gaps."""
        return str(self())


@dataclass(frozen=True)
class Message:
    """A sentence and its values, rendered when it is shown."""

    template: Template
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Render as plain text in the language in force."""
        return self._render(html=False)

    def html(self) -> Markup:
        """Render as HTML: names are escaped and isolated, everything else is escaped."""
        return Markup(self._render(html=True))

    __html__ = html

    def _render(self, html: bool) -> str:
        speech, t = current(), self.template
        words = _catalogue(speech.language)
        if t.many is not None and t.count is not None:
            n = _for_plural(self.values[t.count])
            text = (
                words.ngettext(t.one, t.many, n)
                if t.context is None
                else words.npgettext(t.context, t.one, t.many, n)
            )
        else:
            text = words.gettext(t.one) if t.context is None else words.pgettext(t.context, t.one)
        if html:
            text = str(escape(text))
        return _Formatter(speech, html).vformat(text, (), dict(self.values))


def _for_plural(value: float) -> int:
    """Return the whole number whose plural form a count takes.

    Fractions take that of two, as in English ("1.5 deals"), Italian, Polish and Russian, where it
    is the genitive singular.
    """
    return int(value) if float(value).is_integer() else 2


def N_(  # noqa: N802 -- the name that message extraction looks for
    one: str, many: str | None = None, *, count: str | None = None, context: str | None = None
) -> Template:
    """Declare a sentence, with a plural form where ``count`` names a field that counts."""
    if (many is None) != (count is None):
        raise ValueError("a plural needs both forms and the field that counts")
    return Template(one, many, count, context)


def near(name: object, known: Sequence[str], most: int = 3) -> list[str]:
    """Return the names nearest to one that is not known, or the first ones where none is near."""
    return difflib.get_close_matches(str(name), known, n=most, cutoff=0.4) or list(known[:5])


def join(parts: Sequence[Message | str]) -> str:
    """Return sentences one after the other, as a paragraph of plain text."""
    return " ".join(str(p) for p in parts if str(p))
