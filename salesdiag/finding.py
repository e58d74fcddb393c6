"""What a test says: estimate, checks, verdict, and the finding that holds them.

Results are frozen and know their unit, their rows and their groups.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from textwrap import TextWrapper
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from salesdiag.looks import Look
from salesdiag.text import Message, join
from salesdiag.text import findings as words

Verdict = Literal[
    "supported", "contradicted", "negligible", "inconclusive", "not_testable", "measured"
]
LEVEL = 0.95
POWER = 0.80
MOST_GROWTH = math.log(1e6)
LINES = TextWrapper(
    width=100,
    initial_indent="  ",
    subsequent_indent="    ",
    break_long_words=False,
    break_on_hyphens=False,
)
"""How a finding's sentences stand below its verdict as plain text."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A number with the range it may have.

    Attributes
    ----------
    value, low, high : float
        Estimate and ends of the interval; NaN where unknown.
    unit : str
        ``log_points`` (of revenue, per hour, deal or step as the claim says), ``probability``,
        ``log_hazard_ratio``, ``sd``, ``share``, ``money``, ``ratio`` or ``months``.
    level : float
        Coverage.
    """

    value: float
    low: float
    high: float
    unit: str
    level: float = LEVEL

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; unknown numbers are None."""
        return {
            "value": plain(self.value),
            "low": plain(self.low),
            "high": plain(self.high),
            "level": self.level,
            "unit": self.unit,
        }

    def map(self, function: Any, unit: str) -> Interval:
        """Return the interval under an increasing function, in another unit."""
        ends = [float(function(x)) for x in (self.value, self.low, self.high)]
        return Interval(value=ends[0], low=ends[1], high=ends[2], unit=unit, level=self.level)


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A coefficient with the uncertainty that its design allows.

    Attributes
    ----------
    value, se : float
        Coefficient and standard error, in ``unit``.
    df : float
        Degrees of freedom of the t reference distribution.
    unit : str
        As in :class:`Interval`.
    n, groups : int
        Rows and independent groups used.
    method : Message or str
        Estimator and inference in the field's terms.
    leave_one_out : mapping
        Coefficient without each group, by group.
    dropped : mapping
        Rows left out, by cause.
    """

    value: float
    se: float
    df: float
    unit: str
    n: int
    groups: int
    method: Message | str
    leave_one_out: Mapping[str, float] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)

    def interval(self, level: float = LEVEL) -> Interval:
        """Return the two-sided t interval of a level."""
        if not (self.df > 0 and self.se > 0):
            return Interval(
                value=self.value, low=math.nan, high=math.nan, unit=self.unit, level=level
            )
        half = float(stats.t.ppf((1 + level) / 2, self.df)) * self.se
        return Interval(
            value=self.value,
            low=self.value - half,
            high=self.value + half,
            unit=self.unit,
            level=level,
        )

    @property
    def p_value(self) -> float:
        """Two-sided p-value of no effect; NaN where it cannot be had."""
        if not (self.df > 0 and self.se > 0):
            return math.nan
        return float(2 * stats.t.sf(abs(self.value) / self.se, self.df))

    @property
    def smallest_detectable(self) -> float:
        """Smallest effect that would be found at 5 % with 80 % power, in ``unit``."""
        if not (self.df > 0 and self.se > 0):
            return math.nan
        return float(
            (stats.t.ppf((1 + LEVEL) / 2, self.df) + stats.t.ppf(POWER, self.df)) * self.se
        )


@dataclass(frozen=True, kw_only=True)
class Guard:
    """What an interval must survive, beyond sampling error, before it decides anything.

    Attributes
    ----------
    bias : float
        How far managers' foresight (or reaction) at the declared floor may have moved the estimate,
        either way, in its unit. Both ends of both intervals are moved out by it.
    reach : float
        The largest dose that is often seen (90th percentile) in realistic changes of dose, at
        least 1: an effect is too small to matter only if it is so at that dose too.
    room : bool
        Whether an effect that matters may hide elsewhere (in the driver's own month): nothing is
        then too small to matter.
    against : str
        ``"foresight"`` of what comes, or ``"reaction"`` to the result of the same quarter.
    """

    bias: float = 0.0
    reach: float = 1.0
    room: bool = False
    against: Literal["foresight", "reaction"] = "foresight"

    def wide(self, interval: Interval) -> Interval:
        """Return the interval from which a side is read."""
        return replace(interval, low=interval.low - self.bias, high=interval.high + self.bias)

    def narrow(self, interval: Interval) -> Interval:
        """Return the interval that must lie within the margin: all its effects are too small."""
        ends = self.wide(interval)
        if self.room:
            return replace(ends, low=-math.inf, high=math.inf)
        return replace(ends, low=min(ends.low * self.reach, ends.low),
                       high=max(ends.high * self.reach, ends.high))  # fmt: skip


NO_GUARD = Guard()


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """How little unseen would overturn a side of zero, absolutely.

    Attributes
    ----------
    tipping_minutes : float
        Minutes a month by which managers' hours would have to differ, foreseeing it, for a rep who
        is about to sell 10 % more, for the interval to reach zero; NaN where it holds zero anyway,
        infinite where none would do.
    towards : {1, -1}
        Whether these would have to be more minutes for such a rep, which makes an effect above zero
        out of nothing, or fewer.
    floor_minutes : float
        The same for the declared floor of foresight, which the verdict survives.
    partial_r2 : float
        Share of what is left of the result that the driver explains.
    robustness_value : float
        Share of what is left of both driver and result that one unseen cause must explain to leave
        no effect (Cinelli and Hazlett 2020).
    """

    tipping_minutes: float
    floor_minutes: float
    partial_r2: float
    robustness_value: float
    towards: int = 1

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {f.name: plain(getattr(self, f.name)) for f in fields(self)}


@dataclass(frozen=True, kw_only=True)
class Check:
    """A doubt, examined.

    Attributes
    ----------
    name : str
        Identifier, stable over versions.
    passed : bool or None
        None where the check informs and cannot decide.
    text : Message
        One sentence saying what was seen.
    bars : tuple of str
        Verdicts that a failed check takes away; the finding is then inconclusive.
    """

    name: str
    passed: bool | None
    text: Message
    bars: tuple[Verdict, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"name": self.name, "passed": self.passed, "text": str(self.text)}


@dataclass(frozen=True, kw_only=True)
class Naive:
    """What a plain analysis would have said.

    Attributes
    ----------
    value, low, high, p_value : float
        Of the plain analysis, in its own unit.
    method : Message
        What was computed.
    """

    value: float
    low: float
    high: float
    p_value: float
    method: Message

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "value": plain(self.value),
            "low": plain(self.low),
            "high": plain(self.high),
            "p_value": plain(self.p_value),
            "method": str(self.method),
        }


@dataclass(frozen=True, kw_only=True)
class TeamEstimate:
    """One team's answer between its own data and the company's.

    Attributes
    ----------
    own : Interval or None
        From the team's rows alone; None where they do not suffice.
    pooled : Interval
        Mean over the company's teams.
    shrunken : Interval
        The team's answer given both; ``narrow`` is its 90 % interval.
    weight : float
        Weight of the team's own data in ``shrunken``, 0..1.
    """

    own: Interval | None
    pooled: Interval
    shrunken: Interval
    narrow: Interval
    weight: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "own": self.own.to_dict() if self.own else None,
            "pooled": self.pooled.to_dict(),
            "shrunken": self.shrunken.to_dict(),
            "weight": plain(self.weight),
        }


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A published figure: value, unit, where it comes from, and how good the evidence is (A-D)."""

    id: str
    value: float
    unit: str
    source: str
    grade: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "value": plain(self.value),
            "unit": self.unit,
            "source": self.source,
            "grade": self.grade,
        }


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Finding:
    """The answer to one claim, for a company or for one of its teams.

    Fields are those of the JSON interface; see ``to_dict``. ``words`` holds the sentences by role
    (``headline``, ``size``, ``naive``, ``doubt``, ``change``), ``evidence`` the estimate that the
    verdict was read from, ``direction`` the sign that the claim expects, ``look`` which of several
    looks at growing data it comes from, ``guard`` what the intervals had to survive.
    ``estimate`` is the sampling interval, never widened.
    """

    claim: str
    scope: Literal["company", "team"]
    verdict: Verdict
    reason: Message
    team: str | None = None
    estimate: Interval | None = None
    effect_sizes: Mapping[str, Interval | None] = field(default_factory=dict)
    p_value: float = math.nan
    q_value: float = math.nan
    margin: float = math.nan
    mde: float = math.nan
    naive: Naive | None = None
    n: int | None = None
    groups: int | None = None
    dropped: Mapping[str, int] = field(default_factory=dict)
    method: Message | str = ""
    checks: tuple[Check, ...] = ()
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    team_estimate: TeamEstimate | None = None
    benchmarks: tuple[Benchmark, ...] = ()
    words: Mapping[str, Message] = field(default_factory=dict)
    evidence: Estimate | None = None
    direction: int = 0
    look: Look = field(default_factory=Look)
    guard: Guard = NO_GUARD
    sensitivity: Sensitivity | None = None

    @property
    def said(self) -> list[Message | str]:
        """Its sentences, and its reason unless one of them has told it."""
        told = any(self.reason in m.values.values() for m in self.words.values())
        return [*self.words.values(), *([] if told else [self.reason])]

    @property
    def text(self) -> str:
        """The finding as a paragraph in the language in force."""
        return join(self.said)

    @property
    def doubts(self) -> pd.DataFrame:
        """The checks as a frame, one row each: name, passed, text, bars."""
        return pd.DataFrame(
            [{**c.to_dict(), "bars": " ".join(c.bars)} for c in self.checks],
            columns=["name", "passed", "text", "bars"],
        )

    def __str__(self) -> str:
        """Return claim and verdict, and below them one sentence a line."""
        where = self.claim if self.team is None else f"{self.claim} · {self.team}"
        said = [LINES.fill(str(s)) for s in self.said]
        return "\n".join([f"{where}: {words.VERDICTS[self.verdict]}", *filter(None, said)])

    __repr__ = __str__

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as the JSON interface promises it; unknown numbers are None."""
        return {
            "claim": self.claim,
            "scope": self.scope,
            "team": self.team,
            "verdict": self.verdict,
            "reason": str(self.reason),
            "estimate": self.estimate.to_dict() if self.estimate else None,
            "effect_sizes": {
                k: self.effect_sizes[k].to_dict() if self.effect_sizes.get(k) else None  # type: ignore[union-attr]
                for k in ("percent", "money_per_month", "per_manager_hour")
            },
            "p_value": plain(self.p_value),
            "q_value": plain(self.q_value),
            "margin": plain(self.margin),
            "mde": plain(self.mde),
            "naive": self.naive.to_dict() if self.naive else None,
            "n": self.n,
            "groups": self.groups,
            "dropped": dict(self.dropped),
            "method": str(self.method),
            "checks": [c.to_dict() for c in self.checks],
            "table": rows(self.table),
            "team_estimate": self.team_estimate.to_dict() if self.team_estimate else None,
            "benchmarks": [b.to_dict() for b in self.benchmarks],
            "look": self.look.to_dict(),
            "sensitivity": self.sensitivity.to_dict() if self.sensitivity else None,
            "text": self.text,
        }


def growth(log_points: float) -> float:
    """Return a change in log points as a share; infinite where it is a millionfold or more.

    An end of an interval that is as good as unbounded has no figure to be shown: it would have
    hundreds of digits, or overflow.

    Examples
    --------
    >>> round(growth(0.02), 4), growth(2000.0), growth(-2000.0)
    (0.0202, inf, -1.0)
    """
    share = math.expm1(min(log_points, MOST_GROWTH))
    return math.inf if log_points >= MOST_GROWTH else share


def plain(value: Any) -> Any:
    """Return a value that JSON can hold; NaN, infinities and missing values become None."""
    if value is None or value is pd.NaT:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return None if value is pd.NA else str(value)


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame as a list of plain rows."""
    return [{str(k): plain(v) for k, v in row.items()} for row in table.to_dict("records")]
