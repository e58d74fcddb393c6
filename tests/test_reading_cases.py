"""What goes wrong on the way in is refused or told: on the console, by check, and on the page."""

from __future__ import annotations

import json
import tomllib

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_company import DEALS, ROWS, TOTAL, company, mapping, orders, text

from salesdiag import cli, report
from salesdiag.batch import planning
from salesdiag.company import check, load
from salesdiag.errors import DataError
from salesdiag.ingest.losses import Losses, Sales
from salesdiag.mapping import convert

PLAIN = text(orders())
NOBODY = text(orders({3: {"owner_id": "R99"}}))
SHARE = 1 / ROWS


@pytest.fixture
def say(capsys):
    """Run a command; return exit code, stdout and stderr."""

    def run(*arguments):
        code = cli.main([str(a) for a in arguments])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


# --- what a deal's cells say --------------------------------------------------------------------


def deals(folder, *rows):
    """Write a company without orders, of these deals."""
    company(folder, None)
    head = "opportunity_id,owner_id,created_on,outcome,closed_on,amount\n"
    (folder / "opportunities.csv").write_text(head + "".join(f"{r}\n" for r in rows))
    return folder


RIGHT = "D1,R1,2025-01-02,won,2025-02-03,950.00"


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ('D2,R2,2025-01-02,won,2025-02-03,"1,963.10"', "amount", "more than one way"),
        ("D2,R2,2025-01-02,won,2025-02-03,$500", "amount", "something beside it"),
        ("D2,R2,2025-01-02,won,2025-02-03,12.000", "amount", "three digits"),
        ("D2,R2,2025-01-02,won,05/03/2025,5", "closed_on", "order of day, month"),
        ("D2,R2,01/02/2025,won,2025-03-05,5", "created_on", "order of day, month"),
        ("D2,R2,2025-01-02,won,2025-03-05T10:00:00Z,5", "closed_on", "time_zone"),
    ],
)
def test_a_question_about_a_deal_stops_and_is_asked_once(row, column, words, tmp_path):
    problems = check(deals(tmp_path / "c", RIGHT, row, RIGHT.replace("D1", "D3")))
    (found,) = problems.itertuples()
    assert (found.table, found.column, found.row, found.severity) == (
        "opportunities", column, 3, "error",
    )  # fmt: skip
    assert words in found.problem + found.remedy


def test_a_day_of_closing_that_is_none_is_told_as_that_and_not_as_missing(tmp_path):
    found = load(deals(tmp_path / "c", RIGHT, RIGHT.replace("D1", "D2").replace("02-03", "02-33")))
    assert found.problems["problem"].tolist() == ["`closed_on` is not a date."]
    assert found.losses.unused == Sales(rows=1, amount=950.0, size=950.0)
    assert found.losses.share == 0.5


def test_an_amount_of_a_won_deal_that_is_none_is_a_loss_and_an_empty_one_is_told(tmp_path):
    rows = [RIGHT.replace("D1", f"D{i}") for i in range(2, 5)]
    rows += ["D8,R1,2025-01-02,won,2025-02-03,?", "D9,R1,2025-01-02,won,2025-02-03,"]
    rows += ["D7,R1,2025-01-02,lost,2025-02-03,?"]
    losses = load(deals(tmp_path / "c", *rows)).losses
    assert (losses.used.rows, losses.unused.rows, losses.unused.unread) == (3, 1, 1)
    assert losses.share == pytest.approx(0.25)  # it counts like the mean of the others
    assert losses.blank == 1
    assert "1 sale has no amount" in str(losses.lines[-1])


# --- where revenue comes from -------------------------------------------------------------------


def test_orders_without_a_row_are_told_and_so_is_the_switch_to_deals(tmp_path, say):
    folder = company(tmp_path / "c", PLAIN.splitlines()[0] + "\n")
    found = load(folder)
    assert found.panel["revenue"].sum() == DEALS
    told = found.problems.query("table == 'orders'")["problem"].tolist()
    assert told[0] == "The table has no rows."
    assert "won deals instead" in told[1]
    assert found.losses.switched
    assert "counted from won deals instead" in say("check", folder)[2].splitlines()[-1]
    (folder / "company.toml").write_text('revenue_source = "opportunities"')
    assert not load(folder).losses.switched


@pytest.mark.parametrize("name", ["orders.xlsx", "Orders.xls", "orders.ods", "orders.txt"])
def test_orders_in_a_form_that_is_not_read_never_make_way_for_deals(name, tmp_path):
    folder = company(tmp_path / "c", b"x", name)
    with pytest.raises(DataError, match=r"(?s)orders: .*Save the table as CSV UTF-8"):
        load(folder)
    (folder / "orders.csv").write_text(PLAIN)  # then the other file is left over
    assert load(folder)["orders"]["amount"].sum() == TOTAL
    assert check(folder)["severity"].tolist() == ["note"]


# --- losses: counted once, told everywhere, above a limit a run stops ----------------------------


def test_what_is_lost_is_the_last_word_of_check_and_stops_a_run(tmp_path, say, monkeypatch):
    folder = company(tmp_path / "c", NOBODY)
    code, out, err = say("check", folder)
    assert code == 0
    assert "R99" in out
    assert "Not used: 1 of 39 rows. Rows of sales among them: 1, with about 5.56%" in err
    assert "--accept-losses" in err.splitlines()[-1]
    document = json.loads(say("check", folder, "--json")[1])
    assert document["losses"]["share"] == pytest.approx(SHARE)
    out_folder = tmp_path / "report"
    code, out, err = say("run", folder, "--out", out_folder)
    assert (code, out) == (3, "")
    assert "5.56%" in err
    assert "Nothing was changed" in err
    assert not out_folder.exists()
    code, out, err = say("run", folder, "--out", out_folder, "--dry-run", "--accept-losses")
    assert code == 0
    assert "with about 5.56%" in err.splitlines()[-1]


def test_the_limit_is_the_companys(tmp_path):
    folder = company(tmp_path / "c", NOBODY, most_lost=0.06)
    found = load(folder)
    planning.refuse_losses(found, accepted=False)
    (folder / "company.toml").write_text("[reading]\nmost_lost = 2")
    with pytest.raises(DataError, match="most_lost"):
        load(folder)


def test_pages_and_the_index_tell_the_losses_at_their_top(tmp_path):
    found = load(company(tmp_path / "c", NOBODY))
    for team in (None, "T1"):
        dossier = report.open(found, [], team=team)
        assert "with about 5.56% of all sales" in str(report.header(dossier).markup)
    from salesdiag.report import page

    assert "with about 5.56% of all sales" in page.index(found, [], ())
    whole = load(company(tmp_path / "whole", PLAIN))
    assert "Not used" not in str(report.header(report.open(whole, [])).markup)


def test_other_losses_make_another_fingerprint_and_none_the_same(tmp_path):
    whole = load(company(tmp_path / "a", PLAIN))
    more = load(company(tmp_path / "b", PLAIN + "O99,,R99,2025-01-15,1\n"))
    assert whole["orders"].equals(more["orders"])
    assert whole.fingerprint != more.fingerprint


@given(
    used=st.lists(st.floats(-1e6, 1e6), max_size=5),
    lost=st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), max_size=5),
)
def test_the_share_of_sales_is_that_of_a_loop(used, lost):
    losses = Losses(
        used=Sales.of(pd.Series(used, dtype="float64")),
        unused=Sales.of(pd.Series(lost, dtype="float64")),
    )
    known = [abs(v) for v in [*used, *lost] if v is not None]
    mean = sum(known) / len(known) if known else 0.0
    missed = sum(mean if v is None else abs(v) for v in lost)
    whole = missed + sum(map(abs, used))
    wanted = missed / whole if whole else len(lost) / max(len(lost) + len(used), 1)
    assert losses.share == pytest.approx(wanted, abs=1e-9)
    assert 0 <= losses.share <= 1
    assert Losses.from_dict(json.loads(json.dumps(losses.to_dict()))) == losses


# --- import -------------------------------------------------------------------------------------


def imported(tmp_path, content, **reading):
    folder = company(tmp_path / "src", content)
    return folder, mapping(tmp_path / "plan.toml", **reading), tmp_path / "out"


def test_what_an_import_does_not_use_is_told_by_all_that_comes_after(tmp_path, say):
    content = NOBODY.replace("O7,,", "O7,,unquoted,")
    folder, plan, dest = imported(tmp_path, content)
    code, _, err = say("import", "table", folder, dest, "--mapping", plan)
    assert code == 3
    assert "orders.owner_id, row 3" in err
    assert not dest.exists()
    code, _, err = say("import", "table", folder, dest, "--mapping", plan, "--accept-losses")
    assert code == 0
    assert "Rows of sales among them: 2, with about 11.11%" in err
    company_ = load(dest)
    assert company_.dropped["rows"].tolist() == [1, 1]
    assert company_.losses.unused == Sales(rows=2, unread=1, amount=1000.5, size=1000.5)
    problems = check(dest).set_index("table")
    assert problems.loc["orders.csv", "row"] == 8
    assert problems.loc["orders", "row"] == 3
    assert say("run", dest, "--out", tmp_path / "r")[0] == 3
    assert "11.11%" in say("check", dest)[2]


def test_rows_that_a_mapping_leaves_out_are_told_and_are_no_loss(tmp_path):
    folder, plan, dest = imported(tmp_path, PLAIN)
    left = '[tables.orders.leave_out]\n"test orders" = "order_id = \'O1\'"\n'
    plan.write_text(
        plan.read_text().replace("[tables.orders.columns]", left + "[tables.orders.columns]")
    )
    convert(folder, dest, plan)
    found = load(dest)
    assert found.dropped.to_dict("records") == [
        {"table": "orders", "cause": "Left out as the mapping declares: test orders.", "rows": 1}
    ]
    assert found.losses.share == 0
    assert found.losses.rows == 1


def test_an_import_again_brings_new_settings_unless_they_were_changed_by_hand(tmp_path):
    folder, plan, dest = imported(tmp_path, PLAIN)
    convert(folder, dest, plan)
    plan.write_text(plan.read_text().replace('"USD"', '"EUR"'))
    convert(folder, dest, plan)
    assert load(dest).settings.currency == "EUR"
    assert check(dest).empty
    settings = dest / "company.toml"
    settings.write_text('name = "Mine"\ncurrency = "EUR"\n')
    plan.write_text(plan.read_text().replace('"EUR"', '"CHF"'))
    convert(folder, dest, plan)
    assert tomllib.loads(settings.read_text()) == {"name": "Mine", "currency": "EUR"}
    (told,) = check(dest).itertuples()
    assert told.table == "company.toml"
    assert "name, currency, and reading" in told.problem


def test_an_account_of_an_import_that_cannot_be_read_is_refused(tmp_path):
    folder, plan, dest = imported(tmp_path, PLAIN)
    convert(folder, dest, plan)
    for broken in ("{", "[]", '{"losses": 5}', '{"problems": [{"row": "x"}]}'):
        (dest / "import.json").write_text(broken)
        with pytest.raises(DataError, match=r"import\.json"):
            load(dest)
    (dest / "import.json").write_text('{"mapping": "plan", "rows": []}')  # of an older version
    assert load(dest)["orders"]["amount"].sum() == TOTAL


VALUES = [
    ("encoding", '"cp9999"', "`sources.s_orders.encoding` is 'cp9999'"),
    ("encoding", "5", "`sources.s_orders.encoding` is 5"),
    ("delimiter", "5", "`sources.s_orders.delimiter` is 5"),
    ("delimiter", '""', "`sources.s_orders.delimiter` is ''"),
    ("quote", '"ab"', "`sources.s_orders.quote` is 'ab'"),
    ("null", "5", "`sources.s_orders.null` is 5"),
    ("null", "[5]", "`sources.s_orders.null` is [5]"),
    ("columns", "5", "`sources.s_orders.columns` is 5"),
    ("delimiter", '"+|"', "`sources.s_orders.delimiter` is '+|'"),
]


@pytest.mark.parametrize(("key", "value", "words"), VALUES)
def test_a_dialect_that_cannot_be_used_is_refused_with_key_and_value(key, value, words, tmp_path):
    folder, plan, dest = imported(tmp_path, PLAIN)
    declared = plan.read_text()
    plan.write_text(
        declared.replace('file = "orders.csv"', f'file = "orders.csv"\n{key} = {value}')
    )
    with pytest.raises(DataError) as caught:
        convert(folder, dest, plan)
    assert words in str(caught.value)
    assert not dest.exists()


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("[sources.s_orders]\nfile", "[sources]\ns_orders = 5\n[other]\nfile", "sources.s_orders"),
        ('file = "orders.csv"', "file = 5", "sources.s_orders.file"),
        ('from = "s_orders"', "from = 5", "tables.orders.from"),
        ('amount = "amount"', "amount = 5", "tables.orders.columns.amount"),
        ('from = "s_orders"', 'from = "s_orders"\ngroup_by = 5', "tables.orders.group_by"),
        ('from = "s_orders"', 'from = "s_orders"\nleave_out = 5', "tables.orders.leave_out"),
    ],
)
def test_a_mapping_of_wrong_types_is_refused_with_the_key(old, new, key, tmp_path):
    folder, plan, dest = imported(tmp_path, PLAIN)
    if old.startswith("[sources"):
        declared = "views = 5\n" + plan.read_text()
        key = "views"
    else:
        declared = plan.read_text().replace(old, new)
    plan.write_text(declared)
    with pytest.raises(DataError) as caught:
        convert(folder, dest, plan)
    assert key in str(caught.value)


@pytest.mark.parametrize("null", ['"NULL"', '["NULL", "-"]'])
def test_a_word_for_no_value_is_one_word(null, tmp_path):
    content = text(orders({3: {"amount": "NULL"}, 4: {"account_id": "N"}}))
    folder, plan, dest = imported(tmp_path, content)
    declared = plan.read_text()
    plan.write_text(declared.replace('file = "orders.csv"', f'file = "orders.csv"\nnull = {null}'))
    convert(folder, dest, plan)
    found = load(dest)
    assert found["orders"]["account_id"].dropna().tolist() == ["N"]
    assert found["orders"]["amount"].sum() == TOTAL - 1000.5
    assert found.losses.blank == 1


# --- a whole run --------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_report_of_accepted_losses_says_so_on_every_page(tmp_path, say):
    folder, plan, dest = imported(tmp_path, NOBODY)
    convert(folder, dest, plan, accept_losses=True)
    out = tmp_path / "report"
    code, _, err = say("run", dest, "--out", out, "--accept-losses", "--jobs", "1")
    assert code == 0
    assert "with about 5.56%" in err.splitlines()[-1]
    pages = sorted(out.rglob("*.html"))
    assert len(pages) == 3
    for path in pages:
        assert "with about 5.56% of all sales" in path.read_text(), path.name
