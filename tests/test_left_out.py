"""What could be read and stands in no result all the same: told as rows and as a share of sales."""

from __future__ import annotations

import pytest
from tiny_company import ROWS, TOTAL, company, mapping, orders, text

from salesdiag import report
from salesdiag.company import check, load
from salesdiag.errors import DataError
from salesdiag.ingest.losses import Sales
from salesdiag.mapping import convert

PLAIN = text(orders())
HOUSE = "O99,,H1,2025-01-15,6003.00\n"
DEALS = "opportunity_id,owner_id,created_on,outcome,closed_on,amount\n"


def housed(folder):
    """Write a company whose house account, of people and in no team, sells a quarter."""
    company(folder, PLAIN + HOUSE)
    people = folder / "people.csv"
    people.write_text(people.read_text() + "H1,House\n")
    return folder


def unplaced(company_):
    return company_.unplaced.query("table == 'orders'")["amount"].sum()


# --- sales that no team has ----------------------------------------------------------------------


def test_sales_of_someone_in_no_team_are_a_loss_of_their_share(tmp_path):
    found = load(housed(tmp_path / "c"))
    assert found.losses.unused == Sales(rows=1, amount=6003.0, size=6003.0)
    assert found.losses.used.amount == found.panel["revenue"].sum() == TOTAL
    assert found.losses.share == pytest.approx(6003 / (TOTAL + 6003))
    assert found.losses.unused.amount == unplaced(found)
    assert found.losses.refusal(found.settings.reading.most_lost) is not None
    header = report.header(report.open(found, [])).markup
    assert "about 25.00% of all sales" in str(header)
    told = check(tmp_path / "c").query("table == 'orders'")
    assert told[["column", "row", "value"]].to_numpy().tolist() == [["owner_id", 20, "H1"]]
    assert "in no team" in told["problem"].item()


def test_a_part_of_a_sale_that_no_team_has_is_lost_and_the_rest_is_not(tmp_path):
    folder = housed(tmp_path / "c")
    (folder / "orders.csv").write_text(PLAIN)
    (folder / "splits.csv").write_text("order_id,person_id,share\nO1,R1,0.4\nO1,H1,0.6\n")
    found = load(folder)
    assert found.losses.unused.amount == pytest.approx(600.30)
    assert found.losses.used.amount == pytest.approx(found.panel["revenue"].sum())


@pytest.mark.parametrize(("line", "lost"), [("", 1), ('data_to = "2025-12-31"', 0)])
def test_a_date_far_from_the_rest_is_a_loss_unless_the_period_was_declared(line, lost, tmp_path):
    folder = company(tmp_path / "c", text(orders({3: {"ordered_on": "2099-12-31"}})))
    settings = folder / "company.toml"
    settings.write_text(f"{line}\n{settings.read_text()}")
    found = load(folder)
    assert found.losses.unused.rows == lost
    assert found.losses.share == pytest.approx(lost / ROWS)
    assert unplaced(found) == 1000.5


def test_what_an_import_brought_is_counted_once(tmp_path):
    folder, dest = housed(tmp_path / "src"), tmp_path / "out"
    plan = mapping(tmp_path / "plan.toml")
    with pytest.raises(DataError, match=r"25\.00% of all sales cannot be used"):
        convert(folder, dest, plan)
    convert(folder, dest, plan, accept_losses=True)
    assert load(dest).losses.unused == load(folder).losses.unused


# --- sales without an amount, in rows that are used ---------------------------------------------


def test_a_deal_without_a_usable_amount_is_counted_once_after_an_import(tmp_path):
    folder, dest = company(tmp_path / "src", None), tmp_path / "out"
    rows = [f"D{i},R{i},2025-01-02,won,2025-02-03,{a}\n" for i, a in enumerate(["", "?", 5, 5], 1)]
    (folder / "opportunities.csv").write_text(DEALS + "".join(rows))
    plan = mapping(tmp_path / "plan.toml").read_text()
    head = plan[: plan.index("[sources.s_orders]")]
    columns = "".join(f'{c} = "{c}"\n' for c in DEALS.strip().split(","))
    deals = '[sources.d]\nfile = "opportunities.csv"\n[tables.opportunities]\nfrom = "d"\n'
    (tmp_path / "plan.toml").write_text(f"{head}{deals}[tables.opportunities.columns]\n{columns}")
    done = convert(folder, dest, tmp_path / "plan.toml", accept_losses=True)
    direct, imported = load(folder), load(dest)
    for losses in (done.losses, direct.losses, imported.losses):
        assert (losses.blank, losses.unused.rows, losses.unused.unread) == (1, 1, 1)
        assert losses.share == pytest.approx(1 / 3)
    assert "Not used: 1 sale, which carried about 33.33%" in str(imported.losses.lines[0])
    assert "0 of" in str(imported.losses.lines[0])


# --- rates --------------------------------------------------------------------------------------


def converted(folder, rate):
    content = PLAIN.replace(",amount\n", ",amount,currency\n").replace("1000.50\n", "1000.50,EUR\n")
    company(folder, content)
    (folder / "rates.csv").write_text(f"currency,period,rate\nEUR,2025-01-01,{rate}\n")
    return folder


@pytest.mark.parametrize(
    ("rate", "words"),
    [("0", "0 or negative"), ("-1.1", "0 or negative"), ("1.125", "three digits"), ("1,1", "rate")],
)
def test_a_rate_that_would_make_sales_nothing_or_is_unclear_is_refused(rate, words, tmp_path):
    cell = f'"{rate}"'
    with pytest.raises(DataError) as caught:
        load(converted(tmp_path / "c", cell))
    assert "rates.rate, row 2" in str(caught.value)
    assert words in str(caught.value)
    assert "Add a table" not in str(caught.value)


def test_a_rate_is_used_as_declared(tmp_path):
    folder = converted(tmp_path / "c", "1.125")
    settings = folder / "company.toml"
    settings.write_text(settings.read_text() + 'decimal = "."\n')
    assert load(folder)["orders"]["amount"].sum() == pytest.approx(TOTAL * 1.125)


# --- folders, links, settings -------------------------------------------------------------------


@pytest.mark.parametrize("name", ["orders", "Orders", "export"])
def test_orders_in_a_folder_never_make_way_for_deals(name, tmp_path):
    folder = company(tmp_path / "c", None)
    (folder / name).mkdir()
    (folder / name / "orders.csv").write_text(PLAIN)
    with pytest.raises(DataError, match=rf"(?s)orders: .*{name}.*folder"):
        load(folder)
    (folder / "orders.csv").write_text(PLAIN)  # then the folder is left over
    assert load(folder)["orders"]["amount"].sum() == TOTAL
    assert check(folder)["severity"].tolist() == ["note"]


def test_a_folder_of_the_company_within_another_is_named(tmp_path):
    company(tmp_path / "outer" / "inner", PLAIN)
    with pytest.raises(DataError, match=r"folder inner holds people, .*orders"):
        load(tmp_path / "outer")


def test_a_link_to_nothing_is_told_as_that(tmp_path):
    folder = company(tmp_path / "c", None)
    (folder / "orders.csv").symlink_to(tmp_path / "gone.csv")
    with pytest.raises(DataError, match=r"orders\.csv is a link to a file that is not there"):
        load(folder)


def test_settings_as_windows_saves_them(tmp_path):
    folder = company(tmp_path / "c", PLAIN)
    (folder / "company.toml").write_text('name = "Mäx"\n', encoding="utf-8-sig")
    assert load(folder).name == "Mäx"
    (folder / "company.toml").write_text('name = "Mäx"\n', encoding="cp1252")
    with pytest.raises(DataError, match=r"company\.toml cannot be read: it is not saved as UTF-8"):
        load(folder)


def test_settings_of_tables_in_tables_survive_an_import(tmp_path):
    folder, plan, dest = company(tmp_path / "c", PLAIN), tmp_path / "plan.toml", tmp_path / "out"
    mapping(plan)
    plan.write_text(plan.read_text() + f"[company.control.revenue]\n2025 = {TOTAL}\n")
    convert(folder, dest, plan)
    assert load(dest).settings.control.revenue == {"2025": TOTAL}


@pytest.mark.parametrize(("name", "switched"), [("orders_2025", True), ("invoices", False)])
def test_orders_under_another_name_are_told_where_deals_take_their_place(name, switched, tmp_path):
    folder = company(tmp_path / "c", PLAIN, f"{name}.csv")
    found = load(folder)
    assert found.losses.switched == switched
    header = str(report.header(report.open(found, [])).markup)
    assert ("counted from won deals instead" in header) == switched
    (folder / "orders.csv").write_text(PLAIN)
    assert not load(folder).losses.switched


# --- one sale larger than all others ------------------------------------------------------------


@pytest.mark.parametrize(("amount", "told"), [("17008.51", True), ("17008.49", False)])
def test_a_sale_of_more_than_all_others_is_doubted(amount, told, tmp_path):
    found = check(company(tmp_path / "c", text(orders({3: {"amount": amount}}))))
    assert [(p.row, p.value) for p in found.itertuples()] == [(3, amount)] * told


def test_what_is_allowed_without_an_upper_end_is_said_in_words_of_people(tmp_path):
    folder = company(tmp_path / "c", PLAIN)
    (folder / "company.toml").write_text("min_group = 0")
    with pytest.raises(DataError, match=r"`min_group` is 0, allowed are ≥ 1"):
        load(folder)
