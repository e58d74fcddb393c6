"""Pseudonyms and file names."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest
from report_cases import HOSTILE, company

from salesdiag.report import Names, file_name, people


def joined(made, rows: pd.DataFrame):
    return replace(made, tables={**made.tables, "people": rows})


def test_pseudonyms_hide_names_and_are_unique():
    names = Names(company())
    called = list(names.people.values())
    assert len(set(called)) == len(called) == 12 * 8
    assert all(re.fullmatch(r"[RM]-[2-9B-Z]{4,}", c) for c in called)
    assert not any(real in c for c in called for real in ("Rep", "Boss"))


def test_prefix_tells_managers_from_reps():
    names = Names(company())
    assert names.person("B03").startswith("M-")
    assert names.person("P031").startswith("R-")


def test_pseudonyms_stay_when_people_join_leave_or_are_shuffled():
    made = company()
    before = Names(made).people
    rows = made.tables["people"]
    newcomer = pd.DataFrame(
        {"person_id": ["A-first"], "name": ["New"], "hired_on": [pd.Timestamp("2026-10-01")]}
    )
    more = pd.concat([newcomer, rows]).sample(frac=1, random_state=3)
    after = Names(joined(made, more)).people
    assert {p: after[p] for p in before} == before
    fewer = Names(joined(made, rows.iloc[10:])).people
    assert all(fewer[p] == before[p] for p in fewer)


def test_two_companies_do_not_share_pseudonyms():
    made = company()
    other = Names(replace(made, name="Another"))
    assert other.person("P031") != Names(made).person("P031")


def test_a_collision_lengthens_the_later_hired_only(monkeypatch):
    digests = {"old": "XXXXA", "young": "XXXXB"}
    monkeypatch.setattr(people, "_digest", lambda person, key: digests[person])
    assert people._codes(["old", "young"], "key") == {"old": "XXXX", "young": "XXXXB"}


def test_identify_gives_cleaned_names():
    names = Names(company(), identify=True)
    assert names.person("P031") == "Rep 3-1"
    assert names.person("P005") == "gnp.exe"  # without the mark that turns the direction


@pytest.mark.parametrize("name", [*HOSTILE, "", "CON", "a/b\\c:d", "..", "x" * 500])
def test_file_names_are_harmless(name):
    made = file_name("T01", name)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*-[0-9a-f]{8}\.html", made)
    assert len(made) <= 60


def test_file_names_differ_by_team_not_by_name_alone():
    assert file_name("T01", "North") != file_name("T02", "North")
    assert file_name("T01", "North") == file_name("T01", "North")
