"""Mapping: public sets give their published figures; rows are accounted for; DEST is safe."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from salesdiag.company import check, load
from salesdiag.errors import DataError
from salesdiag.mapping import convert, shipped
from salesdiag.mapping import plan as plans
from salesdiag.mapping import write as writing

MONEY = 1e-6  # relative
RATE = 1e-9  # absolute; the published figures are rounded to ten decimals


@pytest.fixture(scope="module")
def public(shared_data, tmp_path_factory):
    """Return company, answers and report of each public set, imported once."""
    found = {}

    def of(name):
        if name not in found:
            dest = tmp_path_factory.mktemp("imported") / name
            report = convert(shared_data / name, dest).report
            answers = json.loads((shared_data / name / "answers.json").read_text())["answers"]
            found[name] = load(dest), answers, report
        return found[name]

    return of


def near(value, wanted):
    assert value == pytest.approx(wanted, rel=MONEY)


def closed_by(deals, by):
    closed = deals[deals["outcome"] != "open"]
    won = closed[closed["outcome"] == "won"]
    return pd.DataFrame(
        {
            "closed": closed.groupby(by).size(),
            "won": won.groupby(by).size(),
            "won_revenue": won.groupby(by)["amount"].sum(),
        }
    )


def reports(company):
    """Return who reports to whom, by name, from the canonical tables."""
    places = company["assignments"].merge(company["people"][["person_id", "name"]], on="person_id")
    bosses = places[places["role"] == "manager"].set_index("team_id")["name"]
    reps = places[places["role"] == "rep"]
    return dict(zip(reps["name"], reps["team_id"].map(bosses), strict=True))


@pytest.mark.parametrize("name", ["maven_crm", "northwind", "adventureworks_pbi"])
def test_a_public_set_arrives_whole(name, public):
    company, _, report = public(name)
    # the published targets of one set are far above its sales, and that is told
    doubted = company.problems[["table", "severity"]].drop_duplicates().to_numpy().tolist()
    assert doubted == ([["quotas", "note"]] if name == "adventureworks_pbi" else [])
    assert len(company.dropped) == 0
    arrived = report[report["outcome"] == "arrived"].set_index("table")["rows"].to_dict()
    assert arrived == {t: len(f) for t, f in company.tables.items()}
    assert not report["outcome"].str.startswith("left out").any()


def test_maven_overall(public):
    company, answers, _ = public("maven_crm")
    deals = company["opportunities"]
    won = deals[deals["outcome"] == "won"]
    closed = deals[deals["outcome"] != "open"]
    assert len(deals) == answers["rows"]["pipeline"]
    assert len(closed) == answers["overall"]["closed"]
    assert len(won) == answers["overall"]["won"]
    near(won["amount"].sum(), answers["overall"]["won_revenue"])
    assert len(won) / len(closed) == pytest.approx(answers["overall"]["win_rate"], abs=RATE)
    missing = answers["missing"]
    assert deals["created_on"].isna().sum() == missing["engage_date"]
    assert deals["closed_on"].isna().sum() == missing["close_date"]
    assert deals["account_id"].isna().sum() == missing["account"]
    dates = answers["date_range"]
    assert str(deals["closed_on"].max().date()) == dates["close_max"]
    assert str(company["assignments"]["start_on"].unique()[0].date()) == dates["engage_min"]


def test_maven_product_names_are_joined_under_their_right_name(public):
    company, answers, _ = public("maven_crm")
    deals = company["opportunities"]
    won = deals[deals["outcome"] == "won"]
    wanted = answers["won_after_product_name_fix"]
    assert won["list_amount"].notna().sum() == wanted["rows"]
    near(won["list_amount"].sum(), wanted["list_value"])
    realised = won["amount"].sum() / won["list_amount"].sum()
    assert realised == pytest.approx(wanted["realised_over_list"], abs=RATE)
    assert (deals["segment"] == "GTX Pro").sum() == answers["product_names_not_in_products"][
        "GTXPro"
    ]


def test_maven_by_agent_manager_and_region(public):
    company, answers, _ = public("maven_crm")
    deals = company["opportunities"].assign(agent=lambda d: d["owner_id"])
    deals["manager"] = deals["owner_id"].map(reports(company))
    regions = company["assignments"].merge(company["teams"].set_index("team_id"), on="team_id")
    region = regions[regions["role"] == "rep"].set_index("person_id")["region"]
    deals["region"] = deals["owner_id"].map(region)
    for by, key, name in (
        ("agent", "by_agent", "sales_agent"),
        ("manager", "by_manager", "manager"),
        ("region", "by_region", "regional_office"),
    ):
        got = closed_by(deals, by)
        assert set(got.index) == {row[name] for row in answers[key]}
        for row in answers[key]:
            line = got.loc[row[name]]
            assert line["closed"] == row["closed"]
            assert line["won"] == row["won"]
            near(line["won_revenue"], row["won_revenue"])
            assert line["won"] / line["closed"] == pytest.approx(row["win_rate"], abs=RATE)


def test_maven_cycle_days(public):
    company, answers, _ = public("maven_crm")
    deals = company["opportunities"]
    days = (deals["closed_on"] - deals["created_on"]).dt.days
    for state, wanted in answers["median_cycle_days"].items():
        chosen = deals["outcome"] != "open" if state == "closed" else deals["outcome"] == state
        assert days[chosen].median() == wanted
    manager = deals["owner_id"].map(reports(company))[deals["outcome"] == "won"]
    mean, median = (days.groupby(manager).agg(how).to_dict() for how in ("mean", "median"))
    assert mean == pytest.approx(answers["mean_cycle_days_won_by_manager"], rel=RATE)
    assert median == answers["median_cycle_days_won_by_manager"]


def test_maven_agents_without_deals_are_people_with_a_place(public):
    company, answers, _ = public("maven_crm")
    idle = set(answers["team_members_without_any_opportunity"])
    reps = company["assignments"].query("role == 'rep'")
    assert set(reps["person_id"]) - set(company["opportunities"]["owner_id"]) == idle
    assert len(reps) == answers["rows"]["teams"]
    assert company["assignments"].query("role == 'manager'")["team_id"].nunique() == 6


def test_northwind_revenue(public):
    company, answers, _ = public("northwind")
    orders = company["orders"].merge(
        company["people"], left_on="owner_id", right_on="person_id", validate="m:1"
    )
    last = orders["name"].str.split().str[-1]
    assert len(orders) == answers["rows"]["orders"]
    near(orders["amount"].sum(), answers["revenue_net"])
    near(orders["list_amount"].sum(), answers["revenue_gross"])
    near(orders.groupby(last)["amount"].sum().to_dict(), answers["net_by_employee"])
    sums = orders.groupby(last)[["amount", "list_amount"]].sum()
    discount = (1 - sums["amount"] / sums["list_amount"]).to_dict()
    assert discount == pytest.approx(answers["effective_discount_by_employee"], abs=RATE)
    year = orders["ordered_on"].dt.year
    yearly = orders.groupby([last, year])["amount"].agg(["sum", "size"])
    for row in answers["net_by_employee_year"]:
        near(yearly.loc[(row["lastName"], row["y"]), "sum"], row["net"])
    for row in answers["orders_by_employee_year"]:
        assert yearly.loc[(row["lastName"], row["y"]), "size"] == row["orders"]
    days = orders["ordered_on"].agg(["min", "max"]).dt.strftime("%Y-%m-%d")
    assert days.tolist() == answers["date_range"]
    absent = set(company["accounts"]["account_id"]) - set(orders["account_id"])
    assert sorted(absent) == answers["customers_without_orders"]


def own_shares(company, period):
    """Return own and direct reports' revenue by manager and period, from canonical tables."""
    orders = company["orders"]
    name = company["people"].set_index("person_id")["name"]
    by = orders.assign(
        seller=orders["owner_id"].map(name), period=period(orders["ordered_on"])
    ).pivot_table(index="seller", columns="period", values="amount", aggfunc="sum", fill_value=0.0)
    boss = reports(company)
    rows = {}
    for manager in set(boss.values()):
        team = [r for r, m in boss.items() if m == manager and r in by.index]
        for p in by.columns:
            own = by.loc[manager, p] if manager in by.index else 0.0
            rows[manager, p] = (own, by.loc[team, p].sum())
    return rows


def test_northwind_managers_own_share(public):
    company, answers, _ = public("northwind")
    shares = own_shares(company, lambda d: d.dt.year)
    last = {(m.split()[-1], y): v for (m, y), v in shares.items()}
    assert len(answers["manager_own_share"]) == len(last) == 6
    for row in answers["manager_own_share"]:
        own, direct = last[row["manager"], row["y"]]
        near(own, row["own"])
        near(direct, row["direct"])
        assert own / (own + direct) == pytest.approx(row["share_direct"], abs=RATE)


@pytest.mark.parametrize("name", ["northwind", "adventureworks_pbi"])
def test_who_reports_to_whom(name, public):
    company, answers, _ = public(name)
    wanted = {r: m for r, m in answers["reports_to"].items() if m}
    got = reports(company)
    if name == "northwind":
        got = {r.split()[-1]: m.split()[-1] for r, m in got.items()}
    assert got == wanted


def test_adventureworks_sales_by_person_and_fiscal_year(public):
    company, answers, _ = public("adventureworks_pbi")
    orders = company["orders"]
    assert len(orders) == answers["rows"]["orders"]
    near(orders["amount"].sum(), answers["total_sales"])
    share = orders["margin"].sum() / orders["amount"].sum()
    assert share == pytest.approx(answers["total_margin_share"], abs=RATE)
    assert orders["account_id"].nunique() == answers["rows"]["resellers_with_sales"]
    name = company["people"].set_index("person_id")["name"]
    fiscal = "FY" + (orders["ordered_on"] + pd.DateOffset(months=6)).dt.year.astype("str")
    sales = orders.groupby([orders["owner_id"].map(name), fiscal])["amount"].sum()
    assert len(sales) == len(answers["sales_by_person_fy"])
    for row in answers["sales_by_person_fy"]:
        near(sales[row["name"], row["FY"]], row["Sales"])
    shares = own_shares(
        company, lambda d: "FY" + (d + pd.DateOffset(months=6)).dt.year.astype("str")
    )
    for row in answers["manager_own_share_by_fy"]:
        own, direct = shares[row["manager"], row["FY"]]
        near(own, row["own"])
        near(direct, row["direct_reports"])
        assert own / (own + direct) == pytest.approx(row["own_share"], abs=RATE)


def test_adventureworks_attainment(public):
    company, answers, _ = public("adventureworks_pbi")
    name = company["people"].set_index("person_id")["name"]
    orders, quotas = company["orders"], company["quotas"]
    assert len(quotas) == answers["rows"]["targets"]
    assert set(quotas["period_kind"]) == {"month"}
    won = orders.groupby(
        [orders["owner_id"].map(name), orders["ordered_on"].dt.to_period("Q").astype("str")]
    )["amount"].sum()
    target = quotas.groupby(
        [quotas["owner_id"].map(name), quotas["period"].dt.to_period("Q").astype("str")]
    )["amount"].sum()
    rows = answers["attainment_by_person_quarter_to_2020Q1"]
    assert len(rows) == 162
    for row in rows:
        key = row["Salesperson"], row["q"]
        near(target[key], row["target"])
        near(won.get(key, 0.0), row["sales"])
        assert won.get(key, 0.0) / target[key] == pytest.approx(row["attainment"], abs=RATE)


def test_adventureworks_people_start_before_their_first_sale(public):
    company, answers, _ = public("adventureworks_pbi")
    start = company["people"].set_index("name")["hired_on"]
    for person, day in answers["first_sale"].items():
        wait = pd.Timestamp(day) - start[person]
        assert pd.Timedelta(0) <= wait <= pd.Timedelta(184, "D")


def test_importing_twice_gives_the_same_company(shared_data, tmp_path):
    reports_ = [
        convert(shared_data / "northwind", tmp_path / d, "northwind").report for d in ("a", "b")
    ]
    pd.testing.assert_frame_equal(*reports_)
    assert load(tmp_path / "a").fingerprint == load(tmp_path / "b").fingerprint
    names = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert names == ["accounts.parquet", "assignments.parquet", "company.toml", "import.json",
                     "orders.parquet", "people.parquet", "teams.parquet"]  # fmt: skip
    assert (tmp_path / "a" / "import.json").read_bytes() == (
        tmp_path / "b" / "import.json"
    ).read_bytes()


# --- the language of mappings, on files made here ---------------------------------------------

PLAN = """
[company]
name = "Ä \\"quoted\\" \\\\ name"
min_group = 3
[company.limits]
coaching_share = 0.4
[sources.staff]
file = ["staff1.csv", "staff2.csv"]
delimiter = ";"
encoding = "cp1252"
null = ["NULL"]
columns = ["id", "who", "boss"]
[sources.prices]
file = "prices.csv"
[sources.sales]
file = "sales.csv"
[tables.people]
from = "staff"
[tables.people.columns]
person_id = "id"
name = "who"
[tables.assignments]
from = "staff"
[tables.assignments.columns]
person_id = "id"
team_id = "coalesce(boss, id)"
role = "CASE WHEN boss IS NULL THEN 'manager' ELSE 'rep' END"
start_on = "'2020-01-01'"
[tables.orders]
from = "sales"
join = "LEFT JOIN prices USING (product)"
group_by = ["nr", "who", "day"]
[tables.orders.leave_out]
"test orders" = "who = 'TEST'"
"cancelled" = "qty = '0'"
[tables.orders.columns]
order_id = "nr"
account_id = "NULL::VARCHAR"
owner_id = "who"
ordered_on = "strptime(day, '%d.%m.%Y')::DATE"
amount = "sum(qty::INT * price::DOUBLE)"
"""
FILES = {
    "staff1.csv": "1;Zoë;NULL\n2;Bob;1\n",
    "staff2.csv": "3;Éva;1\n4;x\n",
    "prices.csv": "product,price\nA,10\nB,2.5\n",
    "sales.csv": "nr,who,day,product,qty\n"
    "1,2,31.12.2023,A,1\n1,2,31.12.2023,B,2\n2,3,01.01.2024,B,4\n3,TEST,01.01.2024,A,1\n"
    "4,2,01.01.2024,A,0\n5,9,01.01.2024,A,1\n6,3,02.01.2024,C,1\n7,3,03.01.2024,A,3\n8,,03.01.2024,A,0\n",
    "more.csv": "x\n1\n",
}


@pytest.fixture
def foreign(tmp_path):
    """Return a folder of foreign files and a mapping for them."""
    folder = tmp_path / "foreign"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content.encode("cp1252"))
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN, encoding="utf-8")
    return folder, plan


def test_every_source_row_is_accounted_for(foreign, tmp_path):
    folder, plan = foreign
    report = convert(folder, tmp_path / "out", plan, accept_losses=True).report
    lines = [(t, o, None if pd.isna(n) else n) for t, o, n in report.itertuples(index=False)]
    assert lines == [
        ("staff1.csv", "read", 2),
        ("staff2.csv", "read", 1),
        ("staff2.csv", "left out: more or fewer cells than columns", 1),
        ("prices.csv", "read", 2),
        ("sales.csv", "read", 9),
        ("orders", "left out: test orders", 1),
        ("orders", "left out: cancelled", 2),
        ("orders", "added up with other rows", 1),
        ("more.csv", "not used by the mapping", None),
        ("orders", "left out: `amount` is empty.", 1),
        ("orders", "left out: `owner_id` is not in people.person_id.", 1),
        ("people", "arrived", 3),
        ("assignments", "arrived", 3),
        ("orders", "arrived", 3),
    ]
    orders = report[report["table"] == "orders"]["rows"].sum()
    assert orders == 9
    company = load(tmp_path / "out")
    assert company.name == 'Ä "quoted" \\ name'
    assert company.settings.limits["coaching_share"] == 0.4
    assert company.settings.min_group == 3
    got = company["orders"].set_index("order_id")["amount"].to_dict()
    assert got == {"1": 15.0, "2": 10.0, "7": 30.0}
    assert company["people"]["name"].tolist() == ["Zoë", "Bob", "Éva"]
    told = check(tmp_path / "out")
    assert sorted(zip(told["table"], told["severity"], told["rows"], strict=True)) == [
        ("orders", "dropped", 1),
        ("orders", "dropped", 1),
        ("orders", "note", 1),
        ("orders", "note", 2),
        ("staff2.csv", "dropped", 1),
    ]
    assert company.dropped["rows"].sum() == told["rows"].sum()


CHANGES = [
    ('person_id = "id"', "", "tables.people.columns.person_id"),
    ('person_id = "id"\nname', 'person_id = "idd"\nname', "tables.people.columns.person_id"),
    ("[tables.people]", "[tables.peple]", "peple"),
    ('name = "who"', 'name = "who"\nshoe_size = "1"', "people.shoe_size"),
    ('from = "sales"', "", "tables.orders.from"),
    ('from = "sales"', 'from = "sales"\nwhere = "true"', "tables.orders.where"),
    ("[sources.sales]", "[extra]\nx = 1\n[sources.sales]", "extra"),
    ('file = "sales.csv"', 'file = "absent.csv"', "absent.csv"),
    ('file = "sales.csv"', 'file = "../plan.toml"', "plan.toml"),
    ('encoding = "cp1252"', 'encoding = "utf-8"', "UTF-8"),
    ("LEFT JOIN prices USING (product)", "LEFT JOIN prices ON true", "makes 18 rows out of 9"),
    ("LEFT JOIN prices USING (product)", "JOIN prices USING (product)", "makes 8 rows out of 9"),
    ("sum(qty::INT * price::DOUBLE)", "sum(qty::DATE)", "tables.orders.columns.amount"),
    ("sum(qty::INT * price::DOUBLE)", "(SELECT count(*) FROM '/etc/passwd')", "amount"),
    ("'2020-01-01'", "'nonsense'", "assignments"),
    ("min_group = 3", "min_grop = 3", "min_grop"),
    ("[company]", "[company", "plan.toml"),
]


@pytest.mark.parametrize(("old", "new", "words"), CHANGES)
def test_what_is_wrong_with_a_mapping_is_said_and_nothing_is_written(
    old, new, words, foreign, tmp_path
):
    folder, plan = foreign
    assert old in PLAN
    plan.write_text(PLAN.replace(old, new, 1), encoding="utf-8")
    before = sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(ValueError, match=r"(?s).+") as caught:
        convert(folder, tmp_path / "out", plan)
    assert words in str(caught.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_a_mapping_that_is_not_there_and_files_that_none_fits(foreign, tmp_path):
    folder, _ = foreign
    with pytest.raises(ValueError, match=r"northwind"):
        convert(folder, tmp_path / "out", "nortwind")
    with pytest.raises(DataError, match=r"No shipped mapping"):
        convert(folder, tmp_path / "out")
    with pytest.raises(DataError, match=r"no data"):
        convert(tmp_path / "absent", tmp_path / "out")


@pytest.mark.parametrize("name", shipped())
def test_shipped_mappings_are_well_formed(name):
    plan = plans.load(shipped()[name])
    assert {"people", "assignments"} <= set(plan["tables"])


def test_a_destination_with_other_files_is_left_alone(foreign, tmp_path):
    folder, plan = foreign
    dest = tmp_path / "out"
    dest.mkdir()
    (dest / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="did not write"):
        convert(folder, dest, plan)
    assert [p.name for p in dest.iterdir()] == ["thesis.txt"]
    (dest / "import.json").write_text("{}")
    with pytest.raises(ValueError, match="did not write"):
        convert(folder, dest, plan)
    convert(folder, dest, plan, force=True, accept_losses=True)
    assert not (dest / "thesis.txt").exists()
    (tmp_path / "file").write_text("x")
    with pytest.raises(ValueError, match="did not write"):
        convert(folder, tmp_path / "file", plan, force=True)


def test_importing_again_replaces_the_tables_and_keeps_the_settings(foreign, tmp_path):
    folder, plan = foreign
    dest = tmp_path / "out"
    convert(folder, dest, plan, accept_losses=True)
    (dest / "company.toml").write_text('name = "Mine"\n')
    sales = (folder / "sales.csv").read_text()
    (folder / "sales.csv").write_text(sales + "9,2,04.01.2024,A,1\n")
    convert(folder, dest, plan, accept_losses=True)
    company = load(dest)
    assert company.name == "Mine"
    assert len(company["orders"]) == 4
    (folder / "sales.csv").write_text("nr\n1\n")
    with pytest.raises(DataError):
        convert(folder, dest, plan, accept_losses=True)
    assert len(load(dest)["orders"]) == 4
    assert sorted(p.name for p in tmp_path.iterdir()) == ["foreign", "out", "plan.toml"]


def test_source_and_destination_must_lie_apart(foreign):
    folder, plan = foreign
    before = sorted(p.name for p in folder.iterdir())
    for dest in (folder, folder / "out", folder.parent, folder / ".." / "foreign"):
        with pytest.raises(ValueError, match="within each other"):
            convert(folder, dest, plan, force=True)
    assert sorted(p.name for p in folder.iterdir()) == before


def test_a_failure_while_moving_brings_the_old_company_back(foreign, tmp_path, monkeypatch):
    folder, plan = foreign
    dest = tmp_path / "out"
    convert(folder, dest, plan, accept_losses=True)
    before = load(dest).fingerprint
    rename = writing.Path.rename

    def broken(self, target):
        if self.name == "new":
            raise OSError("disk full")
        return rename(self, target)

    monkeypatch.setattr(writing.Path, "rename", broken)
    with pytest.raises(OSError, match="disk full"):
        convert(folder, dest, plan, accept_losses=True)
    assert load(dest).fingerprint == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["foreign", "out", "plan.toml"]
