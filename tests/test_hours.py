"""Hours that managers log: weeks that cannot be, days of a week, one category, group sessions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from small_company import Small, frame
from test_meaning import SHARED, needs_cases, told
from tiny import REPS, tables, write

import salesdiag as sd
from salesdiag import metrics
from salesdiag.panel.effort import MOST_HOURS, contacts, manager_hours
from salesdiag.panel.records import Records
from salesdiag.settings import Coaching, Settings

SMALL = "min_group = 1\n"
NAN = np.nan


def logged(*rows: str) -> dict[str, list[str]]:
    return {**tables(), "time_log": ["person_id,week,category,hours,source", *rows]}


@needs_cases
def test_a_week_of_more_hours_than_exist_is_told_and_not_used():
    company = sd.load(SHARED / "tiny_168")
    assert company.team_panel["manager_hours_coaching"].isna().all()
    assert company.unplaced.query("table == 'time_log'")[["cause", "rows"]].to_numpy().tolist() == [
        ["impossible_week", 4]
    ]
    lines = told(SHARED / "tiny_168")
    assert "time_log.hours 2 168.0 [note 1] The person's week comes to 198.0 hours" in lines
    finding = sd.test("coaching-half-time", company, "T1")
    assert "No manager's working time was logged" in finding.text


@pytest.mark.parametrize(("hours", "used"), [((60, 40), 100), ((60, 40.5), NAN), ((2385, 1), NAN)])
def test_hours_of_a_week_have_a_limit(tmp_path, hours, used):
    assert MOST_HOURS == 100
    rows = [f"M1,2025-01-06,{c},{h}," for c, h in zip(("coaching", "admin"), hours, strict=True)]
    company = sd.load(write(tmp_path, logged(*rows)))
    columns = [c for c in company.team_panel if c.startswith("manager_hours_")]
    found = company.team_panel.loc[0, columns].sum(min_count=1)
    assert found == pytest.approx(used, nan_ok=True)


def test_the_limit_holds_for_each_source_alone(tmp_path):
    rows = ["M1,2025-01-06,coaching,60,self", "M1,2025-01-06,coaching,60,calendar",
            "M1,2025-01-06,admin,60,calendar", "M1,2025-01-06,admin,20,self"]  # fmt: skip
    company = sd.load(write(tmp_path, logged(*rows)))
    assert company.team_panel.loc[0, "manager_hours_coaching"] == 60


def test_hours_equal_a_loop_over_days(tmp_path):
    rng = np.random.default_rng(3)
    weeks = pd.date_range("2024-12-30", "2025-03-31", freq="7D")
    log = [
        (p, w, c, float(rng.integers(0, 70)))
        for p in ("m", "n")
        for w in weeks
        for c in ("coaching", "admin")
    ]
    company = Small(
        {
            "people": frame("person_id name", [(p, p) for p in "mnab"]),
            "teams": frame("team_id name", [("T1", "T1"), ("T2", "T2")]),
            "assignments": frame(
                "person_id team_id role start_on end_on",
                [
                    ("m", "T1", "manager", "2025-01-01", "2025-02-11"),
                    ("n", "T1", "manager", "2025-02-11", pd.NaT),
                    ("n", "T2", "manager", "2025-01-15", pd.NaT),
                    ("a", "T1", "rep", "2025-01-01", pd.NaT),
                    ("b", "T2", "rep", "2025-01-01", pd.NaT),
                ],
            ),
            "orders": frame(
                "order_id account_id owner_id ordered_on amount",
                [("1", "x", "a", "2025-01-01", 1.0), ("2", "x", "b", "2025-03-31", 1.0)],
            ),
            "time_log": frame("person_id week category hours", log),
        }
    )
    expected: dict[tuple, float] = {}
    total = pd.DataFrame(log, columns=["p", "w", "c", "h"]).groupby(["p", "w"])["h"].sum()
    for p, w, c, h in log:
        if total[p, w] > MOST_HOURS:
            continue
        for day in pd.date_range(w, periods=7):
            if not pd.Timestamp("2025-01-01") <= day <= pd.Timestamp("2025-03-31"):
                continue
            teams = {
                "m": ["T1"] if day < pd.Timestamp("2025-02-11") else [],
                "n": (["T1"] if day >= pd.Timestamp("2025-02-11") else [])
                + (["T2"] if day >= pd.Timestamp("2025-01-15") else []),
            }[p]
            for t in teams:
                key = (t, p, day.month, f"manager_hours_{c}")
                expected[key] = expected.get(key, 0) + h / 7 / len(teams)
    assert (total > MOST_HOURS).any()
    records = Records(tables=company.tables, settings=company.settings)
    found = manager_hours(company.tables, records.who)
    got = {
        (r["team_id"], r["manager_id"], int(r["month"]) % 12 + 1, c): r[c]
        for r in found.to_dict("records")
        for c in ("manager_hours_coaching", "manager_hours_admin")
    }
    assert got == pytest.approx(expected)


@needs_cases
def test_rows_of_days_are_added_up_to_the_week():
    company = sd.load(SHARED / "tiny_daily")
    assert company.tables["time_log"][["week", "category", "hours"]].to_numpy().tolist() == [
        [pd.Timestamp("2025-01-06"), "coaching", 10],
        [pd.Timestamp("2025-01-06"), "admin", 21],
    ]
    share = metrics.coaching_share_of_time(company, by="team", period="month")["value"].iloc[0]
    assert share == pytest.approx(10 / 31)
    lines = told(SHARED / "tiny_daily")
    assert "hours of the days of a week were added up (2 rows)" in lines
    assert "stands there twice" not in lines
    assert len(company.dropped) == 0
    finding = sd.test("coaching-half-time", company, "T1")
    assert "32% of the time as coaching" in finding.text


def test_a_day_that_stands_twice_is_a_copy_and_two_days_are_not(tmp_path):
    rows = ["M1,2025-01-07,coaching,2,", "M1,2025-01-07,coaching,2,", "M1,2025-01-08,coaching,2,",
            "M1,2025-01-08,admin,5,"]  # fmt: skip
    company = sd.load(write(tmp_path, logged(*rows)))
    assert company.tables["time_log"]["hours"].tolist() == [4, 5]
    assert company.dropped["rows"].tolist() == [1]


def test_a_log_of_coaching_alone_tells_no_share(tmp_path):
    rows = [
        f"M1,{w:%Y-%m-%d},coaching,5," for w in pd.date_range("2025-01-06", periods=12, freq="7D")
    ]
    folder = write(tmp_path, logged(*rows), SMALL)
    company = sd.load(folder)
    for slug in ("coaching-half-time", "manager-time-split"):
        for team in (None, "T1"):
            finding = sd.test(slug, company, team)
            assert finding.verdict == "not_testable"
            assert "Only one category of time was logged" in finding.text
    assert "one category of time only" in told(folder)


def test_months_of_coaching_alone_are_left_out_and_counted(tmp_path):
    mondays = pd.date_range("2025-01-06", periods=12, freq="7D")
    rows = [f"M1,{w:%Y-%m-%d},coaching,5," for w in mondays]
    rows += [f"M1,{w:%Y-%m-%d},admin,15," for w in mondays if w.month == 1]
    company = sd.load(write(tmp_path, logged(*rows), SMALL))
    finding = sd.test("coaching-half-time", company)
    # February has two days of the last week of January
    assert finding.dropped == {"one_category": 1}
    assert finding.verdict == "not_testable"
    assert "only 2 of 3 logged months of managers can be used" in finding.text


# group sessions


def coached(*rows: str, extra: str = "") -> dict[str, list[str]]:
    head = f"manager_id,rep_id,held_on,minutes,kind{extra}"
    return {**tables(), "coaching": [head, *rows]}


def hours(company: sd.Company) -> float:
    return float(company.panel["coaching_hours"].sum())


@pytest.mark.parametrize(
    ("kind", "read"),
    [("observation", 6.0), ("pre_call", 6.0), ("debrief", 6.0), ("one_on_one", 6.0),
     ("training", 1.0), ("pipeline_review", 1.0)],
)  # fmt: skip
def test_only_kinds_that_can_be_groups_are_shared_out(tmp_path, kind, read):
    rows = [f"M1,{r},2025-01-10,60,{kind}" for r in REPS]
    folder = write(tmp_path, coached(*rows))
    assert hours(sd.load(folder)) == pytest.approx(read)
    lines = told(folder)
    asked = kind in ("observation", "pre_call", "debrief")
    assert (f'[coaching] shared_kinds = ["{kind}"]' in lines) == asked
    if asked:
        assert "6 contacts of the kind" in lines
        assert "6.0 hours in all; as sessions of several reps they would be 1.0 hours" in lines


def test_the_company_declares_what_its_sessions_are(tmp_path):
    rows = [f"M1,{r},2025-01-10,60,{k}" for r in REPS for k in ("observation", "training")]
    folder = write(tmp_path, coached(*rows), '[coaching]\nshared_kinds = ["observation"]\n')
    assert hours(sd.load(folder)) == pytest.approx(1 + 6)
    assert told(folder) == ""
    folder = write(tmp_path / "bad", coached(*rows), '[coaching]\nshared_kinds = ["one_on_one"]\n')
    assert "`coaching.shared_kinds` is" in told(folder)


def test_a_session_id_says_which_contacts_are_one(tmp_path):
    rows = [f"M1,{r},2025-01-10,60,observation,{'S' if k < 3 else ''}" for k, r in enumerate(REPS)]
    rows.append("M1,R1,2025-01-11,30,one_on_one,S2")
    folder = write(tmp_path, coached(*rows, extra=",session_id"))
    assert hours(sd.load(folder)) == pytest.approx(1 + 3 + 0.5)


def test_contacts_equal_a_loop():
    rng = np.random.default_rng(5)
    kinds = ["one_on_one", "training", "observation", "pipeline_review"]
    rows = [
        (str(rng.choice(["m", "n"])), str(rng.choice(list("abc"))),
         f"2025-01-{rng.integers(1, 6):02d}", float(rng.choice([30, 60])), str(rng.choice(kinds)),
         str(rng.choice(["s1", "s2"])) if rng.random() < 0.3 else None)
        for _ in range(120)
    ]  # fmt: skip
    table = frame("manager_id rep_id held_on minutes kind", [r[:5] for r in rows])
    table["session_id"] = pd.Series([r[5] for r in rows], dtype="str")
    for kinds_said, groups in (
        (None, {"training", "pipeline_review"}),
        (["observation"], {"observation"}),
    ):
        settings = Settings(coaching=Coaching(shared_kinds=kinds_said))
        found = contacts({"coaching": table}, settings)["hours"].tolist()
        expected = []
        for row in rows:
            same = [r for r in rows if r[5] == row[5] and r[0] == row[0]]
            if row[5] is None:
                same = [r for r in rows if r[:1] == row[:1] and r[2:5] == row[2:5]]
                same = same if row[4] in groups else [row]
            expected.append(row[3] / 60 / len({r[1] for r in same}))
        assert found == pytest.approx(expected)
