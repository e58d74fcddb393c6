"""Absences of managers: what is 0 and what stays unknown, what is asked, what is planted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import salesdiag as sd
from salesdiag.panel import absence_spells, away, rep_months, silent_months, team_months
from salesdiag.settings import Settings
from salesdiag.simulate import DEMO_EFFECTS, WORLDS, plant, simulate

BUSY = replace(
    WORLDS["demo"], teams=6, months=14, manager_exit=0.06, exit_rate=0.05, transfer=0.4,
    shared_managers=0.5, unbalanced=0.3,
)  # fmt: skip
WINDOW = Settings(data_from="2024-11-01", data_to="2025-12-31")


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def tables(absences: list[tuple[str, str, str]], contacts: list[tuple[str, str, str]]):
    """Return two teams, A led by m and B by n with a rep each, from January to June 2024."""
    people = ["m", "n", "a", "b"]
    found = {
        "people": pd.DataFrame({"person_id": people, "name": people}),
        "assignments": pd.DataFrame(
            {
                "person_id": people, "team_id": ["A", "B", "A", "B"],
                "role": ["manager", "manager", "rep", "rep"], "start_on": day("2023-01-01"),
                "end_on": pd.NaT,
            }
        ),
        "orders": pd.DataFrame(
            {
                "order_id": [str(i) for i in range(24)], "account_id": "c",
                "owner_id": ["a", "b"] * 12, "amount": 100.0,
                "ordered_on": [day(f"2024-{m:02d}-{d}") for m in range(1, 7) for d in
                               ("01", "02", "28", "29") ],
            }
        ),
        "coaching": pd.DataFrame(
            [(m, r, day(d), 60.0, "one_on_one") for m, r, d in contacts],
            columns=["manager_id", "rep_id", "held_on", "minutes", "kind"],
        ),
    }  # fmt: skip
    if absences:
        found["absences"] = pd.DataFrame(
            [(p, day(s), day(e), "leave") for p, s, e in absences],
            columns=["person_id", "start_on", "end_on", "kind"],
        )
    return found


CONTACTS = [("m", "a", "2024-01-10"), ("m", "a", "2024-06-10"), ("n", "b", "2024-01-10")]


def hours(absences, contacts=CONTACTS, rep="a"):
    panel = rep_months(tables(absences, contacts), Settings())
    return panel[panel["rep_id"] == rep].set_index("month_index")["coaching_hours"].tolist()


def test_without_a_word_silence_is_unknown():
    np.testing.assert_equal(hours([]), [1, np.nan, np.nan, np.nan, np.nan, 1])


@pytest.mark.parametrize(
    ("absences", "known"),
    [
        ([("m", "2024-03-01", "2024-05-01")], [1, np.nan, 0, 0, np.nan, 1]),
        # 23 of March's 31 days are not three quarters, 24 are
        ([("m", "2024-03-08", "2024-03-31")], [1, np.nan, np.nan, np.nan, np.nan, 1]),
        ([("m", "2024-03-08", "2024-04-01")], [1, np.nan, 0, np.nan, np.nan, 1]),
        # overlaps count once: 1 to 20 April
        (
            [("m", "2024-04-01", "2024-04-15"), ("m", "2024-04-05", "2024-04-21")],
            [1, np.nan, np.nan, np.nan, np.nan, 1],
        ),
        ([("m", "2024-04-01", "2024-04-15"), ("m", "2024-04-14", "2024-05-01")],
         [1, np.nan, np.nan, 0, np.nan, 1]),
        # somebody else's absence says nothing
        ([("n", "2024-03-01", "2024-05-01")], [1, np.nan, np.nan, np.nan, np.nan, 1]),
        ([("a", "2024-03-01", "2024-05-01")], [1, np.nan, np.nan, np.nan, np.nan, 1]),
    ],
)  # fmt: skip
def test_only_months_that_an_absence_covers_are_zero(absences, known):
    np.testing.assert_equal(hours(absences), known)


def test_who_stands_in_is_counted():
    stood_in = [*CONTACTS, ("n", "a", "2024-03-20")]
    found = hours([("m", "2024-03-01", "2024-05-01")], stood_in)
    np.testing.assert_equal(found, [1, np.nan, 1, 0, np.nan, 1])


def test_shares_and_spells_by_hand():
    found = tables([("m", "2024-02-20", "2024-04-10"), ("n", "2024-02-01", "2024-02-10")], CONTACTS)
    share = away(found).set_index(["person_id", "month"])["share"]
    months = [12 * 54 + k for k in (1, 2, 3)]
    expected = [10 / 29, 1.0, 9 / 30, 9 / 29]
    at = [("m", months[0]), ("m", months[1]), ("m", months[2]), ("n", months[0])]
    np.testing.assert_allclose(share.loc[at], expected)
    spells = absence_spells(found)
    assert spells.values.tolist() == [["m", months[0], months[2]]]
    assert not len(absence_spells(tables([], CONTACTS)))


def test_silence_between_two_contacts_is_asked_about_unless_explained():
    def asked(absences, contacts=CONTACTS):
        found = silent_months(tables(absences, contacts))
        return [(who, int(m) - 12 * 54) for who, m in found.itertuples(index=False)]

    assert asked([]) == [("m", 1), ("m", 2), ("m", 3), ("m", 4)]
    assert asked([("m", "2024-03-01", "2024-05-01")]) == [("m", 1), ("m", 4)]
    assert asked([], []) == []


def write(folder, found):
    for name, frame in found.items():
        frame.to_csv(folder / f"{name}.csv", index=False, date_format="%Y-%m-%d")


def test_check_asks_and_reads_the_answer(tmp_path):
    write(tmp_path, tables([], CONTACTS))
    said = sd.company.check(tmp_path)
    question = said[said["column"].eq("manager_id")]
    assert question["severity"].tolist() == ["note"]
    assert "In 4 months" in question["problem"].iloc[0]
    assert "m 2024-02" in question["problem"].iloc[0]
    assert "`absences`" in question["remedy"].iloc[0]
    write(tmp_path, tables([("m", "2024-02-01", "2024-06-01")], CONTACTS))
    assert not sd.company.check(tmp_path)["column"].eq("manager_id").any()
    assert sd.load(tmp_path)["absences"]["kind"].tolist() == ["leave"]


def test_an_absence_that_ends_before_it_starts_or_of_nobody_is_left_out(tmp_path):
    wrong = [("m", "2024-05-01", "2024-03-01"), ("zz", "2024-03-01", "2024-05-01")]
    write(tmp_path, tables(wrong, CONTACTS))
    company = sd.load(tmp_path)
    lost = company.dropped[company.dropped["table"] == "absences"]
    assert lost["rows"].sum() == 2
    assert not company.has("absences")


# --- planted -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_absences_show_alike_in_panels_and_tables(seed):
    made = simulate(plant(DEMO_EFFECTS), replace(BUSY, absence=0.06), seed)
    found = made.tables()
    assert len(found["absences"])
    panel = rep_months(found, WINDOW)
    pd.testing.assert_frame_equal(made.panel(), panel, rtol=1e-9, atol=1e-6)
    teams = team_months(panel, found, WINDOW)
    pd.testing.assert_frame_equal(made.team_panel(), teams, rtol=1e-9, atol=1e-6)


def test_worlds_without_absences_stay_what_they_were():
    plain, rare = (simulate(plant(DEMO_EFFECTS), replace(BUSY, absence=a), 5) for a in (0.0, 1e-12))
    ours, theirs = plain.tables(), rare.tables()
    assert "absences" not in ours
    assert not len(theirs.pop("absences"))
    for name, frame in ours.items():
        pd.testing.assert_frame_equal(frame, theirs[name])


def test_managers_who_are_away_coach_and_sell_nothing():
    made = simulate(plant(DEMO_EFFECTS), replace(BUSY, absence=0.06), 2)
    found, gone = made.tables(), made.course.setup.away
    assert gone.any() and not made.course.own[gone].any()  # noqa: PT018 -- one thing
    held = found["coaching"].merge(found["absences"], left_on="manager_id", right_on="person_id")
    assert not held["held_on"].between(held["start_on"], held["end_on"], inclusive="left").any()
