"""An invented company with every kind of finding, and names that try to break a page."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from salesdiag import panel as panel_of
from salesdiag.claims.register import ENTRIES
from salesdiag.finding import (
    Benchmark,
    Check,
    Estimate,
    Finding,
    Interval,
    Naive,
    TeamEstimate,
)
from salesdiag.ingest.losses import Losses
from salesdiag.settings import Settings
from salesdiag.text import N_
from salesdiag.text import claims as claim_words
from salesdiag.text import findings as finding_words

HOSTILE = (
    "<script>alert(1)</script>",
    "../../x",
    "=cmd|' /C calc'!A0",
    "{{ 7*7 }}",
    "{% raise %}",
    "\u202egnp.exe",
    "ا" * 150 + "x" * 150,
    "$x^2$",
    '"onmouseover=alert(1) x="',
    "تیم شمال",
)
TEAMS = 12
REPS = 7
MONTHS = pd.date_range("2026-01-01", "2026-09-01", freq="MS")
COMPANY_NAME = "Acme <b>Industrial</b> & Söhne"


@dataclass(frozen=True, kw_only=True)
class Invented:
    """What a report uses of a company."""

    name: str
    settings: Settings
    tables: dict[str, pd.DataFrame]
    teams: pd.DataFrame
    team_panel: pd.DataFrame
    dropped: pd.DataFrame
    losses: Losses = field(default_factory=Losses)
    fingerprint: str = "9f2c" * 16
    panel: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def unplaced(self) -> pd.DataFrame:
        return panel_of.dropped(self.tables, self.settings)

    def has(self, need: str) -> bool:
        return need.split(".")[0] in self.tables


def company(sizes: dict[int, int] | None = None, teams: int = TEAMS, **settings) -> Invented:
    """Return a company of ``teams`` teams of ``REPS`` reps; ``sizes`` overrides by team number."""
    people, places = [], []
    for t in range(teams):
        team = f"T{t:02d}"
        for r in range((sizes or {}).get(t, REPS)):
            person = f"P{t:02d}{r}"
            name = HOSTILE[r] if t == 0 else f"Rep {t}-{r}"
            people.append((person, name, pd.Timestamp("2024-01-01") + pd.Timedelta(days=t + r)))
            places.append((person, team, "rep", pd.Timestamp("2024-02-01"), pd.NaT))
        boss = f"B{t:02d}"
        people.append((boss, f"Boss {t}", pd.Timestamp("2020-01-01")))
        places.append((boss, team, "manager", pd.Timestamp("2024-02-01"), pd.NaT))
    names = ["North-East", *HOSTILE, "South"]
    frame = pd.DataFrame(
        {"team_id": [f"T{t:02d}" for t in range(teams)], "name": names[:teams]}
    ).astype("str")
    return Invented(
        name=COMPANY_NAME,
        settings=Settings(name=COMPANY_NAME, **settings),
        tables={
            "people": pd.DataFrame(people, columns=["person_id", "name", "hired_on"]),
            "assignments": pd.DataFrame(
                places, columns=["person_id", "team_id", "role", "start_on", "end_on"]
            ),
        },
        teams=frame,
        team_panel=_team_panel(list(frame["team_id"])),
        dropped=pd.DataFrame(
            {
                "table": ["quotas", "orders"],
                "cause": ["outside_window", "no_date"],
                "rows": [29, 12],
                "amount": [math.nan, 0.0],
            }
        ),
    )


def _team_panel(teams: list[str]) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    rows = pd.MultiIndex.from_product([teams, MONTHS], names=["team_id", "month"]).to_frame(False)
    n = len(rows)
    hours = rng.dirichlet([4, 6, 2, 4, 2, 2], n) * 160
    for i, name in enumerate(
        ("coaching", "own_selling", "admin", "internal_meetings", "strategy", "other")
    ):
        rows[f"manager_hours_{name}"] = hours[:, i]
    return rows.assign(
        month_index=rows["month"].dt.month - 1,
        complete=True,
        reps=float(REPS),
        revenue=rng.normal(90e3, 9e3, n),
        quota=100e3,
        wins=rng.poisson(9, n).astype(float),
        losses=rng.poisson(19, n).astype(float),
        coaching_hours=rng.gamma(4, 0.5, n),
        manager_revenue=rng.gamma(2, 8e3, n),
        manager_deals=rng.poisson(1, n).astype(float),
        manager_deals_quarter=3.0,
        accounts_active=rng.integers(30, 50, n).astype(float),
        accounts_assigned=100.0,
    )


def interval(value: float, low: float, high: float, unit: str = "log_points") -> Interval:
    return Interval(value=value, low=low, high=high, unit=unit)


def curve_table() -> pd.DataFrame:
    dose = np.arange(6.0)
    value = np.array([0, 0.006, -0.017, -0.04, -0.063, -0.086])
    spread = 0.01 + 0.01 * dose
    return pd.DataFrame(
        {
            "dose": dose,
            "value": value,
            "low": value - spread,
            "high": value + spread,
            "n": [140, 118, 62, 27, 11, 5],
        }
    )


def reason(verdict: str):
    return finding_words.REASONS[verdict]()


def findings(team: str | None = None, verdict: str | None = None) -> tuple[Finding, ...]:
    """Return findings close to a real run's: of the company, and of a team where one is named."""
    own = dict(scope="company", team=None) if team is None else dict(scope="team", team=team)
    hour = TeamEstimate(
        own=interval(0.019, -0.016, 0.054),
        pooled=interval(0.010, 0.004, 0.016),
        shrunken=interval(0.011, 0.003, 0.019),
        narrow=interval(0.011, 0.004, 0.018),
        weight=0.2,
    )
    coaching = Finding(
        **own,
        claim="coaching-hours",
        verdict="supported",
        reason=reason("supported"),
        estimate=hour.shrunken if team else hour.pooled,
        effect_sizes={
            "money_per_month": interval(3100, 900, 5300, "money"),
            "percent": interval(0.011, 0.003, 0.019, "share"),
        },
        q_value=0.012,
        margin=0.005,
        mde=0.006,
        direction=1,
        n=4071,
        groups=20,
        method="Dynamic panel with rep and month effects; leave-one-manager-out jackknife.",
        naive=Naive(value=-0.31, low=-0.4, high=-0.2, p_value=0.001, method=N_("correlation")()),
        checks=(
            Check(name="one-team", passed=True, text=N_("No single team decides the answer.")()),
            Check(name="hidden", passed=None, text=N_("A hidden cause {x:num} times.")(x=1.8)),
        ),
        team_estimate=hour if team else None,
        benchmarks=(
            Benchmark(id="b", value=1.07, unit="share", source="vendor survey", grade="C"),
        ),
        evidence=Estimate(
            value=0.010, se=0.003, df=19, unit="log_points", n=4071, groups=20, method=""
        ),
        words={
            "headline": N_(
                "One more hour of coaching a month goes with {v:pct1} more sales later."
            )(v=0.011),
            "size": N_("For this team about {m:money} a month ({l:money} to {h:money}).")(
                m=3100, l=900, h=5300
            ),
            "naive": N_(
                "A plain correlation would have said the opposite (r = {r:num}): managers coach "
                "whoever is behind."
            )(r=-0.31),
            "doubt": N_("It is an effect only if nothing unrecorded moves both.")(),
            "change": N_("A quarter in which more coaching changed nothing.")(),
        },
    )
    selling = Finding(
        **own,
        claim="selling-hurts",
        verdict="supported",
        reason=reason("supported"),
        estimate=interval(-0.023, -0.04, -0.006),
        margin=0.005,
        direction=-1,
        n=240,
        groups=20,
        method="Dose bins within manager; leave-one-manager-out jackknife.",
        table=curve_table(),
        words={
            "headline": N_(
                "Beyond one own deal a quarter the manager's selling goes with less from "
                "everyone else."
            )(),
            "size": N_("{v:pct1} per further deal.")(v=-0.023),
        },
    )
    helps = replace(
        selling, claim="selling-helps", verdict="contradicted", reason=reason("contradicted"),
        direction=1,
    )  # fmt: skip
    plan = Finding(
        **own,
        claim="plan-first",
        verdict="measured",
        reason=reason("measured"),
        estimate=interval(0.93, math.nan, math.nan, "share"),
        n=3,
        groups=1,
        table=pd.DataFrame(
            {
                "quarter": ["2025 Q3", "2025 Q4", "2026 Q1", "2026 Q2"],
                "won": [100.0, 93, 107, 90],
                "quota": 100.0,
            }
        ),
        words={
            "headline": N_("The quarter closed at {a:pct} of plan, {g:money} short.")(
                a=0.93, g=63e3
            )
        },
    )
    bridge = Finding(
        **own,
        claim="base-and-depth",
        verdict="measured",
        reason=reason("measured"),
        table=pd.DataFrame(
            {
                "part": ["Q2", "clients assigned", "active share", "per active client", "Q3"],
                "value": [812e3, 12e3, -48e3, 62e3, 838e3],
                "kind": ["total", "part", "part", "part", "total"],
            }
        ),
        words={"headline": N_("Growth came from depth, not breadth.")()},
    )
    split = Finding(
        **own,
        claim="manager-time-split",
        verdict="measured",
        reason=reason("measured"),
        estimate=interval(0.34, 0.3, 0.38, "share"),
        table=pd.DataFrame(
            {
                "category": ["own_selling", "coaching", HOSTILE[0], HOSTILE[7]],
                "value": [0.34, 0.19, 0.27, 0.2],
            }
        ),
        words={"headline": N_("Managers spend {v:pct} of their time selling.")(v=0.34)},
    )
    nil = Finding(
        **own,
        claim="star-to-manager",
        verdict="negligible",
        reason=reason("negligible"),
        estimate=interval(-0.004, -0.019, 0.011),
        margin=0.02,
        direction=-1,
        words={"headline": N_("A manager's own record says nothing about the team.")()},
    )
    unclear = Finding(
        **own,
        claim="weekly-one-on-one",
        verdict="inconclusive",
        reason=reason("inconclusive"),
        estimate=interval(0.04, -0.14, 0.22),
        margin=0.02,
        direction=1,
        words={
            "headline": N_("Whether a weekly one-on-one helps cannot be told.")(),
            "change": N_("Two more quarters would settle it.")(),
        },
    )
    plans = Finding(
        **own,
        claim="development-plan",
        verdict="measured",
        reason=reason("measured"),
        table=pd.DataFrame(
            {
                "rep_id": ["P000", "P001", "P020"],
                "team_id": ["T00", "T00", "T02"],
                "behaviour": ["discovery meetings", HOSTILE[0], "demos"],
                "gap": [1200.0, 800.0, 500.0],
            }
        ),
        words={"headline": N_("{who:name} gains most.")(who="P000")},
    )
    known = [coaching, selling, helps, plan, bridge, split, nil, unclear, plans]
    slugs = {f.claim for f in known}
    lacking = [
        Finding(
            **own,
            claim=e.slug,
            verdict="not_testable",
            reason=claim_words.NEEDS(needs=[claim_words.RECORDS["surveys"]()]),
        )
        for e in ENTRIES
        if e.slug not in slugs
    ]
    every = [*known, *lacking]
    return tuple(replace(f, verdict=verdict) for f in every) if verdict else tuple(every)
