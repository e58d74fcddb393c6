"""What check tells of data that can be read and are hardly meant so; currencies and quarters."""

from __future__ import annotations

import pandas as pd
import pytest
from test_meaning import told
from tiny import REPS, tables, write

import salesdiag as sd
from salesdiag.errors import DataError

RATES = ["currency,period,rate", "USD,2025-01-01,0.9", "USD,2025-02-01,0.8", "usd,2025-03-15,0.5"]


def foreign(table: str = "orders", rows: tuple[int, ...] = (1, 2, 3)) -> dict[str, list[str]]:
    """Return the small company with some rows of a table in dollars."""
    content = tables()
    content[table] = [content[table][0] + ",currency"] + [
        row + (",usd " if k in rows else ",EUR" if k % 2 else ",")
        for k, row in enumerate(content[table][1:], 1)
    ]
    return content


def test_mixed_currencies_are_refused_naming_them_and_the_rows(tmp_path):
    folder = write(tmp_path, foreign())
    with pytest.raises(DataError, match="Amounts are in USD, the company's currency is EUR"):
        sd.load(folder)
    lines = told(folder)
    assert [f"orders.currency {row} USD [error 1]" in lines for row in (2, 3, 4, 5)] == [
        True, True, True, False
    ]  # fmt: skip
    assert "Add a table `rates`" in lines


def test_amounts_are_converted_by_the_rate_of_their_month(tmp_path):
    folder = write(tmp_path, {**foreign(), "rates": RATES})
    company = sd.load(folder)
    expected = 1000.5 * (15 + 0.9 + 0.8 + 0.5)
    assert company.panel["revenue"].sum() == pytest.approx(expected)
    assert set(company["orders"]["currency"].dropna()) == {"EUR"}
    assert "orders.currency   [note 3] Amounts in other currencies were converted" in told(folder)


def test_a_missing_rate_is_an_error(tmp_path):
    folder = write(tmp_path, {**foreign(), "rates": RATES[:3]})
    with pytest.raises(DataError, match=r"orders.currency, row 4: The table `rates` has no rate"):
        sd.load(folder)


def test_deals_and_quotas_are_converted_too(tmp_path):
    content = {**foreign("opportunities", (1, 2, 3)), "rates": RATES}
    content["opportunities"].append("D9,R1,2025-01-02,open,,200,USD")  # the latest rate
    content["quotas"] = ["owner_id,period,period_kind,amount,currency",
                         "R1,2025-01-01,month,100,USD", "R2,2025-01-01,month,100,"]  # fmt: skip
    company = sd.load(write(tmp_path, content))
    # D1 closes in February, D2 in March, D3 in January
    assert company["opportunities"]["amount"].tolist() == pytest.approx(
        [100.5 * x for x in (0.8, 0.5, 0.9, 1, 1, 1)] + [100]
    )
    assert company["quotas"]["amount"].tolist() == pytest.approx([90, 100])


# targets of quarters


def quotas(*dates: str, kind: str = "quarter") -> dict[str, list[str]]:
    rows = [f"R{k},{day},{kind},3000" for k, day in enumerate(dates, 1)]
    return {**tables(), "quotas": ["owner_id,period,period_kind,amount", *rows]}


def test_a_quarter_dated_at_the_end_of_a_month_is_a_question(tmp_path):
    folder = write(tmp_path, quotas("2024-12-31", "2024-12-29", "2025-01-01"))
    with pytest.raises(DataError, match=r"quotas.period, row 2: The target of a quarter is dated"):
        sd.load(folder)
    assert told(folder).count("reading.quarter_dates") == 2


@pytest.mark.parametrize(
    ("said", "months"),
    [("before", "2025-01-01"), ("end", "2024-10-01"), ("start", "2024-12-01")],
)
def test_it_is_read_as_declared(tmp_path, said, months):
    setting = f'[reading]\nquarter_dates = "{said}"\n'
    folder = write(tmp_path, quotas("2024-12-31", "2024-12-29", "2025-01-01"), setting)
    periods = sd.load(folder)["quotas"]["period"].dt.strftime("%Y-%m-%d").tolist()
    assert periods == [months, months, "2025-01-01"]
    if said == "before":
        assert sd.load(folder).panel.groupby("rep_id")["quota"].sum()["R1"] == pytest.approx(3000)
    assert "quotas.period   [note" in told(folder)


def test_months_dated_at_their_end_are_those_months(tmp_path):
    company = sd.load(write(tmp_path, quotas("2025-01-31", "2025-02-28", kind="month")))
    assert company["quotas"]["period"].dt.month.tolist() == [1, 2]


def test_an_unknown_word_for_it_is_an_error(tmp_path):
    folder = write(tmp_path, tables(), '[reading]\nquarter_dates = "middle"\n')
    assert 'Allowed are "start", "before" and "end"' in told(folder)


# control totals


@pytest.mark.parametrize(
    ("control", "fine"),
    [
        ("revenue = 18009", True),
        ("revenue = 18090", True),  # within half a percent
        ("revenue = 18200", False),
        ("revenue = 18200\ntolerance = 0.02", True),
        ("revenue = { 2025 = 18009.0 }", True),
        ("revenue = { 2024 = 100 }", False),
    ],
)
def test_revenue_is_compared_with_the_control_total(tmp_path, control, fine):
    folder = write(tmp_path, tables(), f"[control]\n{control}\n")
    assert (told(folder) == "") == fine
    if not fine:
        with pytest.raises(DataError, match="the control total is"):
            sd.load(folder)


def test_the_gap_to_the_control_total_is_told(tmp_path):
    content = tables()
    del content["orders"][5]
    folder = write(tmp_path, content, "[control]\nrevenue = 18009\n")
    expected = "Revenue of total comes to 17,009, the control total is 18,009 (−5.6%)"
    assert expected in told(folder) or expected.replace("17,009", "17,008") in told(folder)


# each of the other doubts


def year(content: dict[str, list[str]], quota: float) -> dict[str, list[str]]:
    """Return a company of twelve months with monthly sales of 100 and targets."""
    months = pd.date_range("2024-01-01", periods=12, freq="MS")
    rows = [f"O{r}{m:%m},{r},{m:%Y-%m}-02,100" for r in REPS for m in months]
    content["orders"] = [content["orders"][0], *rows, "OL,R1,2024-12-30,0"]
    content["assignments"] = [x.replace("2024-12-01", "2023-12-01") for x in content["assignments"]]
    del content["opportunities"]
    content["quotas"] = ["owner_id,period,period_kind,amount",
                         *(f"{r},{m:%Y-%m-%d},month,{quota}" for r in REPS for m in months),
                         ]  # fmt: skip
    return content


@pytest.mark.parametrize(("quota", "seen"), [(300, False), (301, True), (30_000, True)])
def test_a_plan_of_three_times_sales_is_doubted(tmp_path, quota, seen):
    lines = told(write(tmp_path, year(tables(), quota)))
    assert ("In 2024 targets come to" in lines) == seen
    assert lines.count("\n") == 0


def test_a_manager_without_reps_and_people_in_no_team_are_told(tmp_path):
    content = tables()
    content["people"] += ["X1,Nobody", "M2,Lone"]
    content["teams"].append("T2,Two")
    content["assignments"].append("M2,T2,manager,2025-01-01,")
    lines = told(write(tmp_path, content))
    assert "assignments.person_id 9 M2 [note 1] The manager's team has no rep" in lines
    assert "people.person_id 9 X1 [note 1] The person is in no team" in lines
    assert lines.count("\n") == 1


def test_a_table_that_covers_less_time_is_told(tmp_path):
    content = year(tables(), 100)
    content["coaching"] = ["manager_id,rep_id,held_on,minutes,kind",
                           *(f"M1,R1,2024-{m:02d}-0{d},30,one_on_one" for m in (2, 3, 4)
                             for d in range(1, 6))]  # fmt: skip
    lines = told(write(tmp_path, content))
    assert "coaching.held_on  2024-04 [note 0] The table ends 8 months before the others" in lines
    content["coaching"] = [x.replace("2024-0", "2024-1").replace("2024-14", "2024-12")
                           .replace("2024-13", "2024-11") for x in content["coaching"]]  # fmt: skip
    lines = told(write(tmp_path / "late", content))
    assert "coaching.held_on  2024-11 [note 0] The table starts 10 months after" in lines


def test_contacts_longer_than_a_day_are_told(tmp_path):
    content = tables()
    content["coaching"] = ["manager_id,rep_id,held_on,minutes,kind",
                           "M1,R1,2025-01-10,1441,one_on_one",
                           "M1,R1,2025-01-11,1440,debrief"]  # fmt: skip
    lines = told(write(tmp_path, content))
    assert "coaching.minutes 2 1441.0 [note 1] The contact is longer than a day" in lines
    assert lines.count("\n") == 0


def test_nothing_is_doubted_where_the_tables_cannot_be_used(tmp_path):
    content = foreign()
    content["people"].append("X1,Nobody")
    assert "in no team" not in told(write(tmp_path, content))


def test_dates_of_other_tables_far_from_the_rest_are_told(tmp_path):
    content = tables()
    days = [f"M1,R1,2025-01-{d},30,one_on_one" for d in range(10, 25)]
    content["coaching"] = ["manager_id,rep_id,held_on,minutes,kind", *days,
                           "M1,R1,1901-01-01,30,one_on_one"]  # fmt: skip
    content["opportunities"] += [f"E{k},R1,2025-01-02,open,,1" for k in range(9)]
    content["opportunities"].append("E9,R1,2150-01-02,open,,1")
    lines = told(write(tmp_path, content))
    assert "coaching.held_on 17 1901-01-01 [note 1] The date is far" in lines
    assert "opportunities.created_on 17 2150-01-02 [note 1] The date is far" in lines
