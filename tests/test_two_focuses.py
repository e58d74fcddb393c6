"""Growth split over reps who stayed, joined and left, and how many grew, against plain loops."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import combinations

import pandas as pd
import pytest
from brute import Ledger
from small_company import frame, random_company

from salesdiag.claims import CLAIM
from salesdiag.claims.plan_and_growth import HALF, NOBODY_GREW, two_focuses
from salesdiag.company import Company
from salesdiag.estimate.decompose import fewest
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.settings import Settings

EXACT = 1e-9  # relative; sums of floats in another order
YEAR = pd.date_range("2023-10-01", "2024-12-01", freq="MS")
SPELLS = {
    **{f"R{k}": [("T1", "2023-01-01", None)] for k in range(1, 6)},
    "joiner": [("T1", "2024-07-01", None)],
    "leaver": [("T1", "2023-01-01", "2024-05-01")],
    "mover": [("T1", "2023-01-01", "2024-07-01"), ("T2", "2024-07-01", None)],
    "late": [("T1", "2023-12-01", None)],  # there for one month of the first quarter
}
MONTHLY = {
    "R1": 100, "R2": 110, "R3": 120, "R4": 130, "R5": 140,
    "joiner": 50, "leaver": 70, "mover": 80, "late": 90,
}  # fmt: skip


def made(factor=None, extra=(), months=YEAR, **settings) -> Company:
    """Return reps who sell the same every month, times a factor in the last three months."""
    sold = [("R1", months[0], 0.0), ("R1", months[-1] + pd.offsets.MonthEnd(), 0.0), *extra]
    for rep, spells in SPELLS.items():
        for month in months:
            day = month + pd.Timedelta(days=14)
            if any(a <= str(day) < (b or "9") for _, a, b in spells):
                late = month >= months[-3]
                sold.append((rep, day, MONTHLY[rep] * ((factor or {}).get(rep, 1) if late else 1)))
    places = [(r, t, "rep", a, b) for r, spells in SPELLS.items() for t, a, b in spells]
    tables = {
        "people": frame("person_id", [(r,) for r in SPELLS]),
        "assignments": frame("person_id team_id role start_on end_on", places),
        "orders": frame(
            "order_id owner_id ordered_on amount",
            [(f"O{k}", rep, day, float(x)) for k, (rep, day, x) in enumerate(sold)],
        ),
    }
    return Company(name="x", settings=Settings(name="x", **settings), tables=tables)


def found(company, team=None):
    design, claim = CLAIM["two-focuses"].design, CLAIM["two-focuses"]
    return design.company(claim, company) if team is None else design.team(claim, company, 0, team)


def steps(table: pd.DataFrame) -> dict[str, float]:
    return table.set_index("step")["value"].to_dict()


def loop(ledger: Ledger, team: str | None) -> dict:
    """Return the split of the second quarter of 2024 against the first, day by day."""
    place = defaultdict(Counter)
    for (rep, day), where in ledger.team.items():
        place[rep, day.replace(day=1)][where] += 1
    home = {}
    for (rep, month), days in place.items():
        last = {where: d for d in ledger.month_days(month) for where in [ledger.team.get((rep, d))]}
        home[rep, month] = max(days, key=lambda w: (days[w], last[w]))  # of equals, the last held
    sold, worked = (defaultdict(lambda: [0.0, 0.0]) for _ in range(2))
    for (rep, month), where in home.items():
        if month.month > 6 or team not in (None, where):
            continue
        quarter = (month.month - 1) // 3
        worked[rep][quarter] += sum(place[rep, month].values()) / month.days_in_month
        for o in ledger.tables["orders"].itertuples():
            same = o.owner_id == rep and o.ordered_on.replace(day=1) == month
            if same and (rep, o.ordered_on) in ledger.team:
                sold[rep][quarter] += o.amount
    both = [r for r in worked if all(worked[r])]
    gain = {}
    for r in both:
        (a, b), (m, n) = sold[r], worked[r]
        mean = a if a == b else (b - a) / math.log(b / a) if a > 0 and b > 0 else 0
        gain[r] = mean * math.log((b / n) / (a / m)) if a > 0 and b > 0 else b - a
    return {
        "before": sum(sold[r][0] for r in worked),
        "after": sum(sold[r][1] for r in worked),
        "joined": sum(sold[r][1] for r in worked if not worked[r][0]),
        "left": -sum(sold[r][0] for r in worked if not worked[r][1]),
        "per_month": sum(gain.values()),
        "there": [sum(worked[r][k] > 0 for r in worked) for k in (0, 1)],
        "reps": len(both),
        "grew": sum(sold[r][1] / worked[r][1] > sold[r][0] / worked[r][0] for r in both),
    }


@pytest.mark.parametrize("seed", [1, 4, 9])
@pytest.mark.parametrize("team", [None, "T0", "T1", "T2"])
def test_it_equals_a_loop_over_days_and_adds_up(seed, team):
    company = random_company(seed)
    theirs = loop(Ledger(company.tables), team)
    if 0 in theirs["there"]:
        with pytest.raises(NotEstimable):
            two_focuses(company, team)
        return
    seen = two_focuses(company, team)
    ours = steps(seen.table)
    for step in ("before", "per_month", "joined", "left", "after"):
        assert ours[step] == pytest.approx(theirs[step], rel=EXACT, abs=1e-6)
    assert (seen.values["grew"], seen.values["reps"]) == (theirs["grew"], theirs["reps"])
    assert sum(seen.table["value"][:-1]) == pytest.approx(ours["after"], rel=EXACT)
    said = seen.more.values
    change = said["stayed"] + said["joined"] + said["left"]
    assert change == pytest.approx(ours["after"] - ours["before"], rel=EXACT)


@pytest.mark.parametrize(
    ("team", "split", "reps"),
    [
        (None, {"before": 2340, "joined": 150, "left": -210, "after": 2790}, 7),
        ("T1", {"before": 2340, "joined": 150, "left": -450, "after": 2550}, 6),
    ],
)
def test_the_growth_of_one_rep_is_found_and_time_worked_is_not_growth(team, split, reps):
    finding = found(made({"R2": 2}), team)
    assert steps(finding.table) == pytest.approx(
        split | {"per_month": 330, "months_worked": 180}, rel=EXACT
    )
    figure = finding.estimate
    assert figure.value == pytest.approx(1 / reps)
    assert math.isnan(figure.low)  # two teams, or one: counted
    assert math.isnan(figure.high)
    headline, more = finding.words["headline"].values, finding.words["size"].values
    assert (headline["grew"], headline["reps"]) == (1, reps)
    assert headline["growth"] == pytest.approx(split["after"] / split["before"] - 1)
    assert more == pytest.approx(
        {"stayed": 510, "joined": 150, "left": split["left"], "half": HALF(few=1)}
    )
    for said in ("Q4 2023", "Q4 2024", "+€510", "+€150", f"−€{-split['left']}"):
        assert said in finding.text
    assert finding.verdict == "measured"


@pytest.mark.parametrize("factor", [1, 0.5, 0])
def test_where_nobody_grows_it_says_so(factor):
    finding = found(made(dict.fromkeys(MONTHLY, factor)))
    assert finding.estimate.value == 0
    assert finding.words["headline"].values["grew"] == 0
    assert str(NOBODY_GREW) in finding.text


def test_returns_above_sales_are_part_of_the_split():
    back = ("R1", pd.Timestamp("2023-11-20"), -1000.0)
    ours = steps(two_focuses(made(extra=[back]), None).table)
    # R1 goes from 300 - 1000 to 300
    assert ours == pytest.approx(
        {"before": 1340, "months_worked": 180, "per_month": 1000, "joined": 150, "left": -210,
         "after": 2460}, rel=EXACT,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("months", "first"), [(YEAR, "Q4 2023"), (YEAR[3:], "Q3 2024"), (YEAR[10:], None)]
)
def test_quarters_are_a_year_apart_where_they_can_be(months, first):
    finding = found(made(months=months))
    if first is None:
        assert finding.verdict == "not_testable"
    else:
        assert str(finding.words["headline"].values["first"]) == first


@pytest.mark.parametrize(("minimum", "verdict"), [(6, "measured"), (7, "not_testable")])
def test_a_team_is_withheld_by_those_whom_the_share_is_about(minimum, verdict):
    company = made()
    assert found(replace(company, settings=Settings(min_group=minimum)), "T1").verdict == verdict


def test_a_team_that_was_not_there_cannot_be_compared():
    assert found(made(), "T2").verdict == "not_testable"


@pytest.mark.parametrize("gains", [[5], [50, 30, 10, 10], [0.1] * 10, [3, 1, 2, 2], [1, 1, 1]])
@pytest.mark.parametrize("part", [0.5, 0.8, 1])
def test_fewest_equals_trying_all_subsets(gains, part):
    sizes = range(1, len(gains) + 1)
    enough = part * sum(gains) - 1e-9
    assert fewest(gains, part) == min(
        k for k in sizes if any(sum(c) >= enough for c in combinations(gains, k))
    )


@pytest.mark.parametrize(("gains", "part"), [([], 0.5), ([1, 0], 0.5), ([1], 0), ([1], 1.5)])
def test_fewest_needs_gains(gains, part):
    with pytest.raises(ValueError, match="gains must be positive"):
        fewest(gains, part)
