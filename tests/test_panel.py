"""Panels against day-by-day loops, worked examples and the traps of the data contract."""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict

import numpy as np
import pandas as pd
import pytest
from brute import Ledger
from small_company import Small, frame, random_company

from salesdiag import panel as panels
from salesdiag.panel.credit import place, revenue_lines, roster
from salesdiag.settings import Settings

SEEDS = [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3, 4))]
NAN = math.nan


@pytest.fixture(scope="module", params=SEEDS)
def company(request) -> Small:
    return random_company(request.param)


@pytest.fixture(scope="module")
def ledger(company) -> Ledger:
    return Ledger(company.tables)


def in_loop(ledger: Ledger, table: str, owner: str, date: str, by: str):
    """Yield rows of a table with their unit and month, as the ledger has them."""
    for row in ledger.tables[table].itertuples():
        day = getattr(row, date)
        if not pd.isna(day) and ledger.unit(by, getattr(row, owner), day) is not None:
            yield row, ledger.unit(by, getattr(row, owner), day), day.replace(day=1)


def coaching_in_loop(ledger: Ledger) -> tuple[dict, set, set, Counter]:
    contacts = ledger.tables["coaching"]
    hours, unknown, weekly = defaultdict(float), set(), Counter()
    logged = {(c.manager_id, c.held_on.replace(day=1)) for c in contacts.itertuples()}
    for c in contacts.itertuples():
        key = (c.rep_id, c.held_on.replace(day=1))
        same = contacts[
            (contacts["manager_id"] == c.manager_id)
            & (contacts["held_on"] == c.held_on)
            & (contacts["kind"] == c.kind)
            & (contacts["minutes"] == c.minutes)
        ]
        if pd.isna(c.minutes):
            unknown.add(key)
        elif c.kind == "training":
            hours[key] += c.minutes / 60 / same["rep_id"].nunique()
        else:
            hours[key] += c.minutes / 60
        weekly[key] += c.kind == "one_on_one"
    return hours, unknown, logged, weekly


def test_rep_months_equal_a_loop_over_days(company, ledger):
    expected = {}
    hours, unknown, logged, weekly = coaching_in_loop(ledger)
    people = company.tables["people"].set_index("person_id")
    began = company.tables["assignments"].groupby("person_id")["start_on"].min()
    sums, amounts = defaultdict(float), defaultdict(list)
    for order, rep, month in in_loop(ledger, "orders", "owner_id", "ordered_on", "rep"):
        sums[rep, month, "revenue"] += order.amount
    for deal, rep, month in in_loop(ledger, "opportunities", "owner_id", "closed_on", "rep"):
        sums[rep, month, {"won": "wins", "lost": "losses"}.get(deal.outcome, "-")] += 1
        if deal.outcome == "won":
            amounts[rep, month].append(deal.amount)
    for (rep, month), found in amounts.items():
        known = [x for x in found if not pd.isna(x)]
        sums[rep, month, "won_amount"] = sum(known) if known else NAN
    for act, rep, month in in_loop(ledger, "activities", "person_id", "done_on", "rep"):
        sums[rep, month, act.kind + "s"] += 1 if pd.isna(act.count) else act.count
    for month in ledger.months:
        days = ledger.month_days(month)
        for rep in people.index:
            there = [d for d in days if (rep, d) in ledger.team]
            present = set(there)
            if not there:
                continue
            share = len(there) / len(days)
            spent = Counter(ledger.team[rep, d] for d in there)
            last = {ledger.team[rep, d]: d for d in there}
            team = max(spent, key=lambda t: (spent[t], last[t]))
            led = [ledger.boss[team, d] for d in there
                   if ledger.team[rep, d] == team and (team, d) in ledger.boss]  # fmt: skip
            boss = (
                max(Counter(led), key=lambda b: (led.count(b), len(led) - led[::-1].index(b)))
                if led
                else None
            )
            hired = people["hired_on"][rep]
            hired = began[rep] if pd.isna(hired) else hired
            tenure = max(0, (month.year - hired.year) * 12 + month.month - hired.month
                         - (hired.day > 1))  # fmt: skip
            mine = {a for a in {k[0] for k in ledger.owner} for d in there
                    if ledger.owner.get((a, d)) == rep}  # fmt: skip
            bought = {
                o.account_id
                for o in ledger.tables["orders"].itertuples()
                if o.ordered_on in present and ledger.owner.get((o.account_id, o.ordered_on)) == rep
            }
            known = (boss, month) in logged
            expected[rep, month] = {
                "team_id": team,
                "manager_id": boss,
                "days_present": share,
                "tenure_months": tenure,
                **{k: sums[rep, month, k] for k in ("revenue", "wins", "losses", "won_amount",
                                                    "discovery_meetings", "proposal_meetings")},
                "coaching_hours": hours[rep, month]
                if known and (rep, month) not in unknown else NAN,
                "one_on_ones": weekly[rep, month] if known else NAN,
                "accounts_assigned": len(mine),
                "accounts_active": len(bought),
                "active_share": len(bought) / len(mine) if mine else NAN,
                "quota": quota_in_loop(company, rep, month) * share,
            }  # fmt: skip
    wanted = pd.DataFrame.from_dict(expected, orient="index").sort_index()
    got = company.panel.set_index(["rep_id", "month"])
    assert list(got.index) == list(wanted.index)
    for name in wanted:
        if name.endswith("_id"):
            assert got[name].fillna("").tolist() == wanted[name].fillna("").tolist(), name
        else:
            np.testing.assert_allclose(
                got[name].astype(float), wanted[name].astype(float), atol=1e-9, err_msg=name
            )
    following = {
        key: wanted["revenue"].get((key[0], key[1] + pd.offsets.MonthBegin(1)), NAN)
        if key[1] + pd.offsets.MonthBegin(1) in complete_in_loop(ledger)
        else NAN
        for key in wanted.index
    }
    np.testing.assert_allclose(got["revenue_next"], list(following.values()))


def complete_in_loop(ledger: Ledger) -> list[pd.Timestamp]:
    deals = ledger.tables["opportunities"]
    seen = {*ledger.tables["orders"]["ordered_on"], *deals["created_on"], *deals["closed_on"]}
    found = list(ledger.months)
    if not any(d in seen for d in ledger.month_days(found[-1])[-3:]):
        found = found[:-1]
    if not any(d in seen for d in ledger.month_days(found[0])[:3]):
        found = found[1:]
    return found


def quota_in_loop(company: Small, rep: str, month: pd.Timestamp) -> float:
    quotas = company.tables["quotas"]
    quotas = quotas[quotas["owner_id"] == rep]
    own = quotas[(quotas["period_kind"] == "month") & (quotas["period"] == month)]
    if len(own):
        return float(own["amount"].iloc[0])
    for q in quotas[quotas["period_kind"] == "quarter"].itertuples():
        if q.period <= month < q.period + pd.DateOffset(months=3):
            return q.amount / 3
    return NAN


def hours_in_loop(ledger: Ledger) -> dict:
    """Return hours by team, month and category, week by week and day by day."""
    log = ledger.tables["time_log"]
    found = defaultdict(float)
    order = {"self": 0, "calendar": 1, "reports": 2}
    for (person, week), rows in log.groupby(["person_id", "week"]):
        best = min(rows["source"], key=order.get)
        for k in range(7):
            day = week + pd.Timedelta(days=k)
            teams = ledger.manages.get((person, day), ())
            for team in teams:
                found[team, day.replace(day=1), ""] += 1
                for row in rows[rows["source"] == best].itertuples():
                    key = (team, day.replace(day=1), f"manager_hours_{row.category}")
                    found[key] += row.hours / 7 / len(teams)
    return found


def test_team_months_equal_a_loop_over_days(company, ledger):
    sums = defaultdict(float)
    for order, team, month in in_loop(ledger, "orders", "owner_id", "ordered_on", "team"):
        sums[team, month, "revenue"] += order.amount
        if ledger.manages.get((order.owner_id, order.ordered_on)):
            sums[team, month, "revenue_of_managers"] += order.amount
    for deal, team, month in in_loop(ledger, "opportunities", "owner_id", "closed_on", "team"):
        sums[team, month, {"won": "wins", "lost": "losses"}.get(deal.outcome, "-")] += 1
    for order in company.tables["orders"].itertuples():
        teams = ledger.manages.get((order.owner_id, order.ordered_on), ())
        for team in teams:
            sums[team, order.ordered_on.replace(day=1), "manager_revenue"] += order.amount / len(
                teams
            )
    for deal in company.tables["opportunities"].itertuples():
        if deal.outcome == "won" and deal.closed_on <= ledger.days[-1]:
            teams = ledger.manages.get((deal.owner_id, deal.closed_on), ())
            for team in teams:
                sums[team, deal.closed_on.replace(day=1), "manager_deals"] += 1 / len(teams)
    hours = hours_in_loop(ledger)
    staff = company.tables["people"]["person_id"]
    got = company.team_panel.set_index(["team_id", "month"])
    rows = 0
    for team in company.tables["teams"]["team_id"]:
        for month in ledger.months:
            days = ledger.month_days(month)
            here = {(p, d) for p in staff for d in days if ledger.team.get((p, d)) == team}
            led = [ledger.boss[team, d] for d in days if (team, d) in ledger.boss]
            if not here and not led:
                assert (team, month) not in got.index
                continue
            row, rows = got.loc[(team, month)], rows + 1
            reps = company.panel[
                (company.panel["team_id"] == team) & (company.panel["month"] == month)
            ]
            quota = [quota_in_loop(company, p, month) / len(days) for p, _ in here]
            clients = {a for (a, d), p in ledger.owner.items() if (p, d) in here}
            bought = {
                o.account_id
                for o in ledger.tables["orders"].itertuples()
                if (ledger.owner.get((o.account_id, o.ordered_on)), o.ordered_on) in here
            }
            logged = hours.get((team, month, ""), 0) > 0
            expected = {
                "reps": len(here) / len(days),
                "revenue": sums[team, month, "revenue"],
                "wins": sums[team, month, "wins"],
                "losses": sums[team, month, "losses"],
                "quota": np.nansum(quota) if np.isfinite(quota).any() else NAN,
                "coaching_hours": reps["coaching_hours"].mean(),
                "manager_revenue": sums[team, month, "manager_revenue"] if led else NAN,
                "manager_deals": sums[team, month, "manager_deals"] if led else NAN,
                "revenue_of_managers": sums[team, month, "revenue_of_managers"],
                "accounts_assigned": len(clients),
                "accounts_active": len(bought),
                **{
                    f"manager_hours_{c}": hours.get((team, month, f"manager_hours_{c}"), 0)
                    if logged
                    else NAN
                    for c in ("coaching", "own_selling", "admin", "strategy")
                },
            }
            for name, value in expected.items():
                assert row[name] == pytest.approx(value, nan_ok=True, abs=1e-9), (team, month, name)
            if led:
                counts = Counter(led)
                assert counts[row["manager_id"]] == max(counts.values())
            else:
                assert pd.isna(row["manager_id"])
            before = [month - pd.DateOffset(months=k) for k in (1, 2)]
            there = all(
                (team, m) in got.index
                and any((team, d) in ledger.boss for d in ledger.month_days(m))
                for m in [month, *before]
            )
            three = sum(sums[team, m, "manager_deals"] for m in [month, *before])
            assert row["manager_deals_quarter"] == pytest.approx(
                three if there else NAN, nan_ok=True
            )
    assert rows == len(got)


def test_groups_are_teams_linked_by_managers(company, ledger):
    linked = {t: {t} for t in company.tables["teams"]["team_id"]}
    by_person = defaultdict(set)
    for (person, _), teams in ledger.manages.items():
        by_person[person] |= teams
    for teams in by_person.values():
        merged = set().union(*(linked[t] for t in teams)) if teams else set()
        for t in merged:
            linked[t] = merged
    got = company.team_panel.drop_duplicates("team_id").set_index("team_id")["group_id"]
    for a in got.index:
        assert got[a] in linked[a]
        for b in got.index:
            assert (got[a] == got[b]) == (b in linked[a])


def test_lookups_equal_a_loop_and_ends_are_exclusive(company, ledger):
    people = list(company.tables["people"]["person_id"])
    rows = pd.DataFrame([(p, d) for p in people for d in ledger.days], columns=["person", "day"])
    got = panels.team_at(company.tables, rows["person"], rows["day"])
    assert got.fillna("").tolist() == [
        ledger.team.get((p, d), "") for p, d in rows.itertuples(index=False)
    ]
    teams = [*company.tables["teams"]["team_id"], "T9", "nowhere"]
    rows = pd.DataFrame([(t, d) for t in teams for d in ledger.days], columns=["team", "day"])
    got = panels.manager_at(company.tables, rows["team"], rows["day"])
    assert got.fillna("").tolist() == [
        ledger.boss.get((t, d), "") for t, d in rows.itertuples(index=False)
    ]


@pytest.mark.parametrize("source", ["orders", "opportunities"])
@pytest.mark.parametrize("edges", [{}, {"data_from": "2024-02-01", "data_to": "2024-05-31"}])
def test_revenue_reconciles_to_the_cent(company, source, edges):
    settings = Settings(revenue_source=source, **edges)
    tables = company.tables
    if source == "orders":
        total = tables["orders"]["amount"].sum()
    else:
        deals = tables["opportunities"]
        total = deals.loc[deals["outcome"] == "won", "amount"].sum()
    panel = panels.rep_months(tables, settings)
    teams = panels.team_months(panel, tables, settings)
    lines = place(revenue_lines(tables, settings), roster(tables, settings))
    own = lines.loc[lines["status"] == "manager", "amount"].sum()
    both = lines.loc[(lines["status"] == "rep") & lines["manages"], "amount"].sum()
    lost = panels.dropped(tables, settings)
    gone = lost.loc[lost["table"] == source, "amount"].sum()
    assert panel["revenue"].sum() + own + gone == total
    assert teams["revenue"].sum() == pytest.approx(panel["revenue"].sum())
    assert teams["manager_revenue"].sum() == pytest.approx(own + both)


def test_dropped_counts_every_row_that_is_not_in_the_panel(company, ledger):
    lost = panels.dropped(company.tables, company.settings).set_index(["table", "cause"])["rows"]
    for table, owner, date in (
        ("orders", "owner_id", "ordered_on"),
        ("activities", "person_id", "done_on"),
        ("coaching", "rep_id", "held_on"),
    ):
        rows = company.tables[table]
        kept = [
            (getattr(r, owner), getattr(r, date)) in ledger.team
            or (table == "orders" and bool(ledger.manages.get((r.owner_id, r.ordered_on))))
            for r in rows.itertuples()
        ]
        assert lost.get(table, pd.Series(dtype=int)).sum() == len(rows) - sum(kept)


def test_inputs_stay_as_they_were(company):
    before = {k: v.copy(deep=True) for k, v in company.tables.items()}
    panel = panels.rep_months(company.tables, company.settings)
    kept = panel.copy(deep=True)
    panels.team_months(panel, company.tables, company.settings)
    panels.dropped(company.tables, company.settings)
    pd.testing.assert_frame_equal(panel, kept)
    for name, table in before.items():
        pd.testing.assert_frame_equal(company.tables[name], table)


@pytest.mark.parametrize(
    "missing",
    ["orders", "opportunities", "quotas", "accounts", "account_owners", "coaching", "time_log",
     "activities", "teams"],
)  # fmt: skip
def test_a_missing_table_gives_missing_columns_and_nothing_else_changes(missing):
    full = random_company(3)
    part = Small({k: v for k, v in full.tables.items() if k != missing})
    gone = {
        "orders": {"revenue", "accounts_active", "active_share", "revenue_next"},
        "opportunities": {"wins", "losses", "won_amount"},
        "quotas": {"quota"},
        "coaching": {"coaching_hours", "one_on_ones"},
        "activities": {"discovery_meetings", "proposal_meetings"},
    }.get(missing, set())
    if missing == "orders":
        part = Small(part.tables, Settings(revenue_source="orders", data_from="2024-01-01",
                                           data_to="2024-07-31"))  # fmt: skip
    if missing in ("accounts", "account_owners", "teams"):
        assert set(part.panel.columns) == set(full.panel.columns)
        return
    assert part.panel[list(gone)].isna().all().all()
    same = [c for c in full.panel if c not in gone | {"complete"}]
    pd.testing.assert_frame_equal(part.panel[same], full.panel[same])
    if missing == "time_log":
        assert part.team_panel.filter(like="manager_hours").isna().all().all()


@pytest.mark.parametrize("keep", [("people", "assignments"), ()])
def test_nothing_but_people_or_nothing_at_all(keep):
    full = random_company(1)
    tables = {k: v if k in keep else v.iloc[:0] for k, v in full.tables.items()}
    bare = Small(tables)
    assert bool(len(bare.panel)) is bool(keep)
    assert tuple(bare.panel) == panels.REP_MONTH
    assert tuple(bare.team_panel) == panels.TEAM_MONTH
    assert bare.panel["revenue"].isna().all()


def two_teams(orders: list[tuple], assignments: list[tuple], **more: pd.DataFrame) -> Small:
    people = sorted({a[0] for a in assignments})
    return Small(
        {
            "people": frame("person_id name", [(p, p) for p in people]),
            "assignments": frame("person_id team_id role start_on end_on", assignments),
            "orders": frame("order_id owner_id ordered_on amount account_id", orders),
            **more,
        }
    )


OPEN = pd.NaT
PLACES = [
    ("boss", "T1", "manager", "2024-01-01", "2024-02-10"),
    ("next", "T1", "manager", "2024-02-10", OPEN),
    ("ann", "T1", "rep", "2024-01-01", "2024-02-11"),
    ("ann", "T2", "rep", "2024-02-11", OPEN),
    ("bob", "T1", "rep", "2024-01-16", OPEN),
]
ORDERS = [
    ("1", "ann", "2024-01-01", 100.0, "a"),
    ("2", "ann", "2024-02-10", 10.0, "a"),
    ("3", "ann", "2024-02-11", 1.0, "a"),
    ("4", "bob", "2024-02-29", 1000.0, "b"),
    ("5", "boss", "2024-02-09", 7.0, "b"),
    ("6", "boss", "2024-02-10", 70.0, "b"),
    ("7", "nobody", "2024-02-01", 3.0, "b"),
]


def test_a_mover_sells_for_the_team_of_the_day_and_has_the_month_where_most_days_were():
    company = two_teams(ORDERS, PLACES)
    reps = company.panel.set_index(["rep_id", "month"])
    february, january = pd.Timestamp("2024-02-01"), pd.Timestamp("2024-01-01")
    assert reps.loc[("ann", february), "team_id"] == "T2"
    assert pd.isna(reps.loc[("ann", february), "manager_id"])
    assert reps.loc[("ann", february), "revenue"] == 11
    assert reps.loc[("bob", january), "days_present"] == pytest.approx(16 / 31)
    assert reps.loc[("bob", january), "tenure_months"] == 0
    assert reps.loc[("bob", february), "manager_id"] == "next"
    teams = company.team_panel.set_index(["team_id", "month"])
    assert teams.loc[("T1", february), "revenue"] == 1010
    assert teams.loc[("T2", february), "revenue"] == 1
    assert teams.loc[("T1", february), "reps"] == pytest.approx(10 / 29 + 1)
    assert teams.loc[("T1", february), "manager_id"] == "next"
    assert teams.loc[("T1", february), "manager_revenue"] == 7
    assert teams.loc[("T1", february), "manager_deals"] == 1
    lost = panels.dropped(company.tables, company.settings).set_index("cause")
    assert lost.loc["no_assignment", "amount"] == 73
    assert company.panel["complete"].all()


def test_a_manager_who_is_a_rep_elsewhere_counts_there_and_never_in_his_own_team():
    places = [
        ("fuller", "TF", "manager", "2024-01-01", OPEN),
        ("buchanan", "TF", "rep", "2024-01-01", OPEN),
        ("buchanan", "TB", "manager", "2024-01-01", OPEN),
        ("buchanan", "TB", "rep", "2024-01-01", OPEN),
        ("king", "TB", "rep", "2024-01-01", OPEN),
    ]
    orders = [
        ("1", "buchanan", "2024-01-01", 40.0, "a"),
        ("2", "king", "2024-01-31", 100.0, "a"),
        ("3", "fuller", "2024-01-10", 5.0, "a"),
    ]
    company = two_teams(orders, places)
    teams = company.team_panel.set_index("team_id")
    assert teams.loc["TF", ["revenue", "manager_revenue"]].tolist() == [40, 5]
    assert teams.loc["TB", ["revenue", "manager_revenue"]].tolist() == [100, 40]
    assert company.panel.set_index("rep_id")["team_id"].to_dict() == {
        "buchanan": "TF",
        "king": "TB",
    }
    assert company.team_panel["group_id"].tolist() == ["TB", "TF"]


def test_a_manager_of_two_teams_links_them_and_shares_out_what_he_sells():
    places = [
        ("m", "T1", "manager", "2024-01-01", OPEN),
        ("m", "T2", "manager", "2024-01-01", OPEN),
        ("a", "T1", "rep", "2024-01-01", OPEN),
        ("b", "T2", "rep", "2024-01-01", OPEN),
        ("c", "T3", "rep", "2024-01-01", OPEN),
    ]
    orders = [("1", "m", "2024-01-01", 30.0, "x"), ("2", "a", "2024-01-31", 1.0, "x")]
    teams = two_teams(orders, places).team_panel.set_index("team_id")
    # without a manager there is nothing that he could have sold
    np.testing.assert_equal(teams["manager_revenue"].to_numpy(), [15, 15, NAN])
    np.testing.assert_equal(teams["manager_deals"].to_numpy(), [0.5, 0.5, NAN])
    assert teams["group_id"].tolist() == ["T1", "T1", "T3"]


def test_contacts_group_sessions_and_silence():
    places = [
        ("m", "T1", "manager", "2024-01-01", OPEN),
        *((r, "T1", "rep", "2024-01-01", OPEN) for r in ("a", "b", "c")),
    ]
    orders = [("1", "a", "2024-01-01", 1.0, "x"), ("2", "a", "2024-03-31", 1.0, "x")]
    contacts = [
        *(("m", r, "2024-01-10", 60.0, "training") for r in ("a", "b")),
        *(("m", r, "2024-01-11", 30.0, "one_on_one") for r in ("a", "b")),
        ("m", "b", "2024-01-12", NAN, "debrief"),
        ("m", "a", "2024-03-01", 120.0, "pre_call"),
    ]
    coaching = frame("manager_id rep_id held_on minutes kind", contacts)
    panel = two_teams(orders, places, coaching=coaching).panel
    hours = panel.pivot_table(index="rep_id", columns="month_index", values="coaching_hours",
                              dropna=False).reindex(columns=[0, 1, 2])  # fmt: skip
    np.testing.assert_equal(hours.to_numpy(), [[1.0, NAN, 2.0], [NAN, NAN, 0.0], [0.0, NAN, 0.0]])
    meetings = panel.loc[panel["month_index"] == 0, "one_on_ones"]
    assert meetings.tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("dates", "settings", "complete"),
    [
        (["2024-01-03", "2024-03-29"], {}, [1, 1, 1]),
        (["2024-01-04", "2024-03-28"], {}, [0, 1, 0]),
        (["2024-01-20"], {}, [0]),
        (["2024-01-20", "2024-03-10"], {"data_from": "2024-01-01"}, [1, 1, 0]),
        (["2024-01-20", "2024-03-10"], {"data_to": "2024-03-30"}, [0, 1, 0]),
        (["2024-02-20"], {"data_from": "2024-01-02", "data_to": "2024-03-31"}, [0, 1, 1]),
    ],
)
def test_edge_months_are_complete_only_with_records_at_the_edge(dates, settings, complete):
    orders = [(str(k), "a", d, 5.0, "x") for k, d in enumerate(dates)]
    places = [("a", "T1", "rep", "2020-01-01", OPEN), ("m", "T1", "manager", "2020-01-01", OPEN)]
    company = two_teams(orders, places)
    company.settings = Settings(**settings)
    assert company.panel["complete"].tolist() == [bool(c) for c in complete]
    assert company.panel["revenue"].sum() == 5.0 * len(dates)


def test_months_before_the_first_log_are_unknown_not_zero():
    orders = [("1", "a", "2024-01-01", 1.0, "x"), ("2", "a", "2024-03-31", 1.0, "x")]
    places = [("a", "T1", "rep", "2024-01-01", OPEN)]
    activities = frame("person_id done_on kind", [("a", "2024-02-05", "discovery_meeting")])
    deals = frame(
        "opportunity_id owner_id created_on outcome closed_on amount",
        [("1", "a", "2024-01-05", "won", "2024-02-07", 5.0)],
    )
    panel = two_teams(orders, places, activities=activities, opportunities=deals).panel
    np.testing.assert_equal(panel["discovery_meetings"].to_numpy(), [NAN, 1.0, NAN])
    np.testing.assert_equal(panel["wins"].to_numpy(), [NAN, 1.0, NAN])


def test_a_reopened_deal_counts_once_and_an_open_one_not_at_all():
    orders = [("1", "a", "2024-01-01", 1.0, "x"), ("2", "a", "2024-01-31", 1.0, "x")]
    places = [("a", "T1", "rep", "2024-01-01", OPEN)]
    deals = frame(
        "opportunity_id owner_id created_on outcome closed_on amount",
        [("d", "a", "2024-01-02", "won", "2024-01-20", 5.0),
         ("e", "a", "2024-01-02", "open", "2024-01-20", 5.0)],
    )  # fmt: skip
    stages = frame(
        "opportunity_id stage entered_on",
        [("d", "Won", "2024-01-10"), ("d", "Talks", "2024-01-12"), ("d", "Won", "2024-01-20")],
    )
    panel = two_teams(orders, places, opportunities=deals, stage_events=stages).panel
    assert panel[["wins", "losses", "won_amount"]].iloc[0].tolist() == [1, 0, 5]


def test_quarter_quotas_are_spread_and_a_joiner_has_his_days():
    orders = [("1", "a", "2024-01-01", 1.0, "x"), ("2", "a", "2024-03-31", 1.0, "x")]
    places = [
        ("a", "T1", "rep", "2024-01-16", "2024-03-21"),
        ("b", "T1", "rep", "2024-01-01", OPEN),
    ]
    quotas = frame(
        "owner_id period period_kind amount",
        [("a", "2024-01-01", "quarter", 300.0), ("b", "2024-02-01", "month", 80.0),
         ("b", "2024-01-01", "quarter", 90.0)],
    )  # fmt: skip
    company = two_teams(orders, places, quotas=quotas)
    quota = company.panel.set_index(["rep_id", "month_index"])["quota"]
    expected = [100 * 16 / 31, 100, 100 * 20 / 31, 30, 80, 30]
    np.testing.assert_allclose(quota.to_numpy(), expected)
    np.testing.assert_allclose(
        company.team_panel["quota"], [expected[0] + 30, 180, expected[2] + 30]
    )


def many(teams: int, months: int = 24, reps: int = 8) -> Small:
    """Return a company of a size: 4 orders per rep and month, weekly logs, ten clients a rep."""
    rng = np.random.default_rng(0)
    people = [(f"R{t}-{r}", f"T{t}", "rep") for t in range(teams) for r in range(reps)]
    bosses = [(f"M{t}", f"T{t}", "manager") for t in range(teams)]
    places = pd.DataFrame(people + bosses, columns=["person_id", "team_id", "role"])
    places["start_on"] = pd.Timestamp("2020-01-01").as_unit("us")
    places["end_on"] = pd.Series(pd.NaT, index=places.index, dtype="datetime64[us]")
    n = len(people) * months * 4
    owner = np.array([p[0] for p in people])[rng.integers(0, len(people), n)]
    days = pd.Series(
        np.datetime64("2022-01-01", "us") + rng.integers(0, months * 30, n).astype("m8[D]")
    )
    account = pd.Series(owner) + "-" + pd.Series(rng.integers(0, 10, n)).astype("str")
    order = pd.Series(np.arange(n)).astype("str")
    known = account.drop_duplicates()
    won = rng.random(n) < 0.5
    weeks = pd.date_range("2022-01-03", periods=months * 4, freq="W-MON").as_unit("us")
    log = pd.MultiIndex.from_product(
        [[b[0] for b in bosses], weeks, ["coaching", "admin"]],
        names=["person_id", "week", "category"],
    ).to_frame(index=False)
    return Small(
        {
            "people": pd.DataFrame({"person_id": places["person_id"], "name": "x"}),
            "assignments": places,
            "orders": pd.DataFrame({"order_id": order, "account_id": account, "owner_id": owner,
                                    "ordered_on": days, "amount": rng.random(n)}),
            "opportunities": pd.DataFrame(
                {"opportunity_id": order, "owner_id": owner, "created_on": days, "closed_on": days,
                 "outcome": np.where(won, "won", "lost"), "amount": 1.0}),
            "accounts": pd.DataFrame(
                {"account_id": known, "owner_id": known.str.rsplit("-", n=1).str[0]}),
            "coaching": pd.DataFrame(
                {"manager_id": "M" + pd.Series(owner).str.extract(r"R(\d+)-")[0], "rep_id": owner,
                 "held_on": days, "minutes": 30.0, "kind": "one_on_one"}),
            "activities": pd.DataFrame(
                {"person_id": owner, "done_on": days, "kind": "discovery_meeting"}),
            "time_log": log.assign(hours=10.0),
        }
    )  # fmt: skip


@pytest.mark.slow
def test_time_grows_with_the_company_and_no_faster():
    """Ten times the teams may take little more than ten times as long: no loop over pairs."""

    def seconds(teams):
        company = many(teams)
        started = time.perf_counter()
        rows = len(company.panel) + len(company.team_panel)
        assert rows == teams * 24 * 9
        return time.perf_counter() - started

    seconds(20)  # first use of what pandas imports late
    assert seconds(200) < 20 * seconds(20)
