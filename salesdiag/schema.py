"""The data contract: every table and column a company may bring, declared once.

Everything that reads, checks, maps, simulates or documents data takes names, kinds and rules from
:data:`TABLES`. A column's kind fixes its canonical dtype (:data:`DTYPES`) and its range.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "id", "text", "choice", "date", "money", "number", "count", "hours", "minutes", "share",
    "score", "flag",
]  # fmt: skip

DTYPES: Mapping[Kind, str] = {
    "id": "str",
    "text": "str",
    "choice": "str",
    "date": "datetime64[us]",
    "money": "float64",
    "number": "float64",
    "count": "float64",
    "hours": "float64",
    "minutes": "float64",
    "share": "float64",
    "score": "float64",
    "flag": "boolean",
}
"""Canonical pandas dtype of each kind; dates are midnight without time zone."""

RANGES: Mapping[Kind, tuple[float, float]] = {
    "count": (0, float("inf")),
    "hours": (0, float("inf")),
    "minutes": (0, float("inf")),
    "share": (0, 1),
    "score": (0, 100),
}
"""Allowed closed range of each kind that has one."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : str
    kind : str
        See :data:`DTYPES`; money is in the company currency, hours and minutes are durations,
        a share is 0..1, a score 0..100.
    required : bool
        The table cannot be used without the column.
    filled : bool
        A row without a value in this column is dropped, with its cause. True for required
        columns unless said otherwise.
    choices : tuple of str
        Allowed values of a choice.
    refers_to : str or None
        ``"table.column"`` whose values these must be; several, separated by a space.
    """

    name: str
    kind: Kind
    required: bool = False
    filled: bool = False
    choices: tuple[str, ...] = ()
    refers_to: str | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table: what a row is, which columns identify it, which pairs of dates must be ordered."""

    name: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    ordered: tuple[tuple[str, str], ...] = ()

    def __getitem__(self, column: str) -> Column:
        """Return a column by name."""
        for c in self.columns:
            if c.name == column:
                return c
        raise KeyError(f"table {self.name!r} has no column {column!r}")

    def __contains__(self, column: str) -> bool:
        """Say whether the table declares a column."""
        return any(c.name == column for c in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns without which the table cannot be used."""
        return tuple(c.name for c in self.columns if c.required)


def _need(
    name: str, kind: Kind, refers_to: str | None = None, choices: tuple[str, ...] = (),
    filled: bool = True,
) -> Column:  # fmt: skip
    return Column(
        name=name, kind=kind, required=True, filled=filled, choices=choices, refers_to=refers_to
    )


def _may(
    name: str, kind: Kind, refers_to: str | None = None, choices: tuple[str, ...] = ()
) -> Column:
    return Column(name=name, kind=kind, choices=choices, refers_to=refers_to)


PERSON, TEAM, ACCOUNT, DEAL = (
    "people.person_id",
    "teams.team_id",
    "accounts.account_id",
    "opportunities.opportunity_id",
)

CURRENCY = _may("currency", "text")
"""Beside amounts: the currency they are in, empty for the company's."""

TABLES: tuple[Table, ...] = (
    Table(
        name="rates",
        row="an exchange rate of a month: company currency for one unit",
        key=("currency", "period"),
        columns=(
            _need("currency", "text"),
            _need("period", "date"),
            _need("rate", "number"),
        ),
    ),
    Table(
        name="people",
        row="one person, rep or manager",
        key=("person_id",),
        ordered=(("hired_on", "left_on"),),
        columns=(
            _need("person_id", "id"),
            _need("name", "text", filled=False),
            _may("hired_on", "date"),
            _may("left_on", "date"),
            _may("exit_reason", "choice", choices=("voluntary", "involuntary", "other")),
            _may("team_pay_share", "share"),
        ),
    ),
    Table(
        name="teams",
        row="one team",
        key=("team_id",),
        columns=(
            _need("team_id", "id"),
            _need("name", "text", filled=False),
            _may("region", "text"),
            _may("segment", "text"),
            _may("parent_team_id", "id", TEAM),
        ),
    ),
    Table(
        name="assignments",
        row="a person's place for a while; the end is exclusive, empty means still",
        key=("person_id", "team_id", "role", "start_on"),
        ordered=(("start_on", "end_on"),),
        columns=(
            _need("person_id", "id", PERSON),
            _need("team_id", "id", TEAM),
            _need("role", "choice", choices=("rep", "manager")),
            _need("start_on", "date"),
            _may("end_on", "date"),
        ),
    ),
    Table(
        name="quotas",
        row="a target of a person for a period",
        key=("owner_id", "period", "period_kind"),
        columns=(
            _need("owner_id", "id", PERSON),
            _need("period", "date"),
            _need("period_kind", "choice", choices=("month", "quarter")),
            _need("amount", "money"),
            CURRENCY,
        ),
    ),
    Table(
        name="accounts",
        row="one client",
        key=("account_id",),
        ordered=(("acquired_on", "lost_on"),),
        columns=(
            _need("account_id", "id"),
            _need("owner_id", "id", PERSON, filled=False),
            _may("name", "text"),
            _may("segment", "text"),
            _may("target_fit", "share"),
            _may("potential", "money"),
            CURRENCY,
            _may("acquired_on", "date"),
            _may("lost_on", "date"),
        ),
    ),
    Table(
        name="account_owners",
        row="who had a client when; the end is exclusive, empty means still",
        key=("account_id", "owner_id", "start_on"),
        ordered=(("start_on", "end_on"),),
        columns=(
            _need("account_id", "id", ACCOUNT),
            _need("owner_id", "id", PERSON),
            _need("start_on", "date"),
            _may("end_on", "date"),
        ),
    ),
    Table(
        name="orders",
        row="revenue that happened",
        key=("order_id",),
        columns=(
            _need("order_id", "id"),
            _need("account_id", "id", ACCOUNT, filled=False),
            _need("owner_id", "id", PERSON),
            _need("ordered_on", "date"),
            _need("amount", "money"),
            _may("list_amount", "money"),
            _may("quantity", "number"),
            _may("product", "text"),
            _may("margin", "money"),
            CURRENCY,
        ),
    ),
    Table(
        name="opportunities",
        row="a deal",
        key=("opportunity_id",),
        ordered=(("created_on", "closed_on"),),
        columns=(
            _need("opportunity_id", "id"),
            _need("owner_id", "id", PERSON),
            _need("created_on", "date", filled=False),
            _need("outcome", "choice", choices=("open", "won", "lost")),
            _may("closed_on", "date"),
            _may("amount", "money"),
            _may("list_amount", "money"),
            CURRENCY,
            _may("account_id", "id", ACCOUNT),
            _may("segment", "text"),
            _may("competitor", "text"),
            _may("lost_reason", "text"),
            _may("probability", "share"),
            _may("expected_close_on", "date"),
            _may("manager_joined_on", "date"),
            _may("pre_call_on", "date"),
            _may("debriefed_on", "date"),
            _may("value_assessed_on", "date"),
            _may("disqualified", "flag"),
        ),
    ),
    Table(
        name="splits",
        row="a person's share of an order or deal that several share; shares add up to 1",
        key=("order_id", "opportunity_id", "person_id"),
        columns=(
            _may("order_id", "id", "orders.order_id"),
            _may("opportunity_id", "id", DEAL),
            _need("person_id", "id", PERSON),
            _need("share", "share"),
        ),
    ),
    Table(
        name="stage_events",
        row="a deal entered a stage",
        columns=(
            _need("opportunity_id", "id", DEAL),
            _need("stage", "text"),
            _need("entered_on", "date"),
        ),
    ),
    Table(
        name="activities",
        row="something a person did",
        columns=(
            _need("person_id", "id", PERSON),
            _need("done_on", "date"),
            _need(
                "kind",
                "choice",
                choices=(
                    "discovery_meeting",
                    "proposal_meeting",
                    "demo",
                    "call",
                    "email",
                    "other",
                ),
            ),
            _may("account_id", "id", ACCOUNT),
            _may("opportunity_id", "id", DEAL),
            _may("minutes", "minutes"),
            _may("count", "count"),
        ),
    ),
    Table(
        name="coaching",
        row="a coaching contact of a manager with a rep; empty minutes mean held, length unknown",
        columns=(
            _need("manager_id", "id", PERSON),
            _need("rep_id", "id", PERSON),
            _need("held_on", "date"),
            _need("minutes", "minutes", filled=False),
            _need(
                "kind",
                "choice",
                choices=(
                    "one_on_one",
                    "pre_call",
                    "debrief",
                    "observation",
                    "pipeline_review",
                    "training",
                ),
            ),
            _may("quality", "share"),
            _may("focus", "text"),
            _may("about", "choice", choices=("result", "behaviour")),
            _may("session_id", "id"),
        ),
    ),
    Table(
        name="team_meetings",
        row="a team meeting",
        columns=(
            _need("team_id", "id", TEAM),
            _need("held_on", "date"),
            _need("kind", "choice", choices=("kpi_review", "other")),
            _may("minutes", "minutes"),
        ),
    ),
    Table(
        name="time_log",
        row="hours of a person in a week by category",
        key=("person_id", "week", "category", "source"),
        columns=(
            _need("person_id", "id", PERSON),
            _need("week", "date"),
            _need(
                "category",
                "choice",
                choices=(
                    "coaching",
                    "own_selling",
                    "admin",
                    "internal_meetings",
                    "strategy",
                    "other",
                ),
            ),
            _need("hours", "hours"),
            _may("source", "choice", choices=("self", "calendar", "reports")),
        ),
    ),
    Table(
        name="skills",
        row="an assessed skill of a person",
        columns=(
            _need("person_id", "id", PERSON),
            _need("assessed_on", "date"),
            _need("skill", "text"),
            _need("score", "share"),
        ),
    ),
    Table(
        name="surveys",
        row="one answer",
        columns=(
            _need("respondent_id", "id", f"{PERSON} {ACCOUNT}"),
            _need("about_id", "id", f"{PERSON} {TEAM} {ACCOUNT}"),
            _need("wave", "date"),
            _need(
                "item",
                "choice",
                choices=(
                    "climate",
                    "role_clarity",
                    "respect",
                    "engagement",
                    "satisfaction",
                    "expected_satisfaction",
                ),
            ),
            _need("score", "score"),
        ),
    ),
    Table(
        name="programmes",
        row="a team took part in a programme; the end is exclusive",
        ordered=(("start_on", "end_on"),),
        columns=(
            _need("team_id", "id", TEAM),
            _need("programme", "text"),
            _need("start_on", "date"),
            _may("end_on", "date"),
        ),
    ),
    Table(
        name="market",
        row="market size of a region (or `all`) in a month",
        key=("region", "period"),
        columns=(
            _need("region", "text"),
            _need("period", "date"),
            _need("amount", "money"),
            CURRENCY,
        ),
    ),
    Table(
        name="absences",
        row="a person was away; the end is exclusive: the first day back",
        key=("person_id", "start_on"),
        ordered=(("start_on", "end_on"),),
        columns=(
            _need("person_id", "id", PERSON),
            _need("start_on", "date"),
            _need("end_on", "date"),
            _may("kind", "text"),
        ),
    ),
    Table(
        name="absences",
        row="a person was away; the end is exclusive: the first day back",
        key=("person_id", "start_on"),
        ordered=(("start_on", "end_on"),),
        columns=(
            _need("person_id", "id", PERSON),
            _need("start_on", "date"),
            _need("end_on", "date"),
            _may("kind", "text"),
        ),
    ),
    Table(
        name="prior_record",
        row="a manager's own selling before promotion",
        key=("person_id",),
        columns=(
            _need("person_id", "id", PERSON),
            _need("promoted_on", "date"),
            _need("sales_index", "number"),
        ),
    ),
)

TABLE: Mapping[str, Table] = {t.name: t for t in TABLES}

CORE = ("people", "assignments")
"""Tables without which nothing can be said; revenue needs ``orders`` or ``opportunities`` too."""
REVENUE = ("orders", "opportunities")

ROWS = "rows"
"""Column, beside those of the contract, of a table that was added up while reading
(:mod:`salesdiag.ingest.large`): how many rows of the source a row stands for."""


def lookup(need: str) -> Column | Table:
    """Return the table ``"orders"`` or the column ``"orders.margin"`` of the contract.

    Raises
    ------
    ValueError
        The contract has no such table or column.

    Examples
    --------
    >>> lookup("orders.margin").kind
    'money'
    """
    table, _, column = need.partition(".")
    if table not in TABLE or (column and column not in TABLE[table]):
        raise ValueError(f"the data contract has no {need!r}")
    return TABLE[table][column] if column else TABLE[table]


def order(names: Iterable[str]) -> list[str]:
    """Return table names in the contract's order."""
    known = list(TABLE)
    return sorted(names, key=known.index)
