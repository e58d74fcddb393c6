"""The whole product on public, hostile and degenerate companies, as a user meets it."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from salesdiag import batch, cli, report
from salesdiag.batch import engines, planning, write
from salesdiag.claims import test_all as every_test
from salesdiag.company import load
from salesdiag.report.block import plain_text
from salesdiag.simulate import demo
from salesdiag.text import clean_name


@pytest.fixture(scope="module")
def toy(tmp_path_factory) -> Path:
    """A planted company of four teams over fourteen months."""
    folder = tmp_path_factory.mktemp("companies") / "toy"
    demo(folder, teams=4, reps=6, months=14)
    return folder


@pytest.fixture
def say(capsys):
    """Run a command in this process; return exit code, stdout and stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        code = cli.main([str(a) for a in arguments])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def strict(text: str) -> dict:
    """Return JSON that holds neither NaN nor infinities."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    return json.loads(text, parse_constant=refuse)


class Page(HTMLParser):
    """What a page holds for a browser: tags, attributes, and text outside its style sheet."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.pieces: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(k, v or "") for k, v in attrs]

    def handle_data(self, data):
        if self.lasttag != "style":
            self.pieces.append(data)

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def words_of(path: Path) -> str:
    return plain_text(re.sub(r"<style.*?</style>", "", path.read_text("utf-8"), flags=re.S))


# Public data


@pytest.mark.slow
def test_managers_of_the_public_crm_get_the_published_figures(say, shared_data, tmp_path):
    source, dest, out = shared_data / "maven_crm", tmp_path / "maven", tmp_path / "out"
    assert say("import", "table", source, dest)[0] == 0
    named = tmp_path / "named"
    assert say("import", "table", source, named, "--mapping", "maven_crm")[0] == 0
    assert load(dest).fingerprint == load(named).fingerprint
    code, told, _ = say("run", dest, "--out", out, "--json")
    assert code == 0
    pages = {r["team"]: out / r["page"] for r in strict(told)["reports"]}
    answers = strict((source / "answers.json").read_text())["answers"]
    managers = [row["manager"] for row in answers["by_manager"]]
    assert set(pages) == {None, *(f"Team {m}" for m in managers)}

    findings = strict((out / "findings.json").read_text())["findings"]
    got = {}
    for finding in findings:
        if finding["claim"] == "own-revenue" and finding["team"]:
            frame = pd.DataFrame(finding["table"])
            quarter = pd.to_datetime(frame["month"]).dt.to_period("Q").astype("str")
            for q, won in frame.groupby(quarter)["revenue"].sum().items():
                got[finding["team"].removeprefix("Team "), q] = won
    expected = {
        (r["manager"], r["q"]): r["won_revenue"] for r in answers["won_revenue_by_manager_quarter"]
    }
    assert got == expected

    deals = pd.read_csv(source / "sales_pipeline.csv").merge(
        pd.read_csv(source / "sales_teams.csv"), on="sales_agent"
    )
    last = deals[deals["close_date"].between("2017-10-01", "2017-12-31")]
    won = last["deal_stage"].eq("Won").groupby(last["manager"]).agg(["sum", "mean"])
    published = {(r["manager"], r["q"]): r["won"] for r in answers["won_deals_by_manager_quarter"]}
    for manager, (wins, rate) in won.iterrows():
        assert wins == published[manager, "2017Q4"]
        lines = words_of(pages[f"Team {manager}"]).splitlines()
        (row,) = [line for line in lines if line.startswith("Win rate | ")]
        assert row.split(" | ")[1] == f"{rate:.0%}"

    for r in answers["by_manager"]:
        told = words_of(pages[f"Team {r['manager']}"])
        assert f"sales came to ${r['won_revenue']:,.0f}; what managers" in told
        counted = f"{r['won']:,} of {r['closed']:,} were won: {r['win_rate']:.1%}."
        assert counted in told

    # managers do not differ in win rate (chi-squared p = .79): a figure stands there, no sentence
    assert answers["chi2_win_by_manager"]["p"] > 0.5
    for page in pages.values():
        for line in words_of(page).splitlines():
            if "win rate" in line.lower():
                assert line.startswith(("Win rate | ", "[Win rate: ", "Not shown")), line


@pytest.mark.parametrize("name", ["northwind", "adventureworks_pbi"])
def test_small_teams_of_public_companies_are_withheld(shared_data, tmp_path, say, name):
    assert say("import", "table", shared_data / name, tmp_path / "data")[0] == 0
    company = load(tmp_path / "data")
    teams = planning.team_ids(company)
    results = every_test(company, teams)
    withheld = 0
    for team in teams:
        dossier = report.open(company, (*results.company, *results.team(team)), team=team)
        beside = str(report.beside(dossier))
        withheld += dossier.withheld
        if dossier.withheld:
            assert "own figures are withheld" in str(report.header(dossier))
            rows = [r.split(" | ")[1] for r in beside.splitlines() if " | " in r]
            assert set(rows[1:]) == {"–"}
        # fewer than five managers: the others' figure could be worked out from the company's
        shares = [r for r in beside.splitlines() if r.startswith("Share of sales that is the man")]
        assert [r.split(" | ")[2] for r in shares] == ["–"]
        assert "Observed 26 times in all" not in str(report.curve(dossier))  # a curve of one dose
    assert 0 < withheld < len(teams)


# A hostile company

NASTY = (
    "<script>alert(1)</script>", "../../x", "=cmd|' /C calc'!A0", "{{ 7*7 }}", "{% raise %}",
    "\u202eabc\u202d", "L" * 300, "$x^2$", '"onmouseover=alert(1) x="', "a\nb\x01\x1b[31m\x07",
    "CON", "\U0001f600", "", "<img src=x onerror=alert(1)>", "%s%d{x:int}", "]]></style><script>",
)  # fmt: skip
PEOPLE = ("person_id", "owner_id", "manager_id", "rep_id", "respondent_id", "about_id")


def poisoned(source: Path, dest: Path) -> Path:
    """Copy a company with every id and name replaced by something nasty, each still unique."""
    shutil.copytree(source, dest)
    tables = {p.stem: pd.read_parquet(p) for p in dest.glob("*.parquet")}

    def nasty(values: pd.Series, mark: str) -> dict[str, str]:
        ids = sorted(values.dropna().unique())
        return {old: f"{NASTY[i % len(NASTY)]}{mark}{i}" for i, old in enumerate(ids)}

    people = nasty(tables["people"]["person_id"], "~")
    teams = nasty(tables["assignments"]["team_id"], "^")
    clients = nasty(tables["accounts"]["account_id"], "#")
    columns = dict.fromkeys(PEOPLE, people | teams | clients)
    columns |= dict.fromkeys(("team_id", "parent_team_id"), teams) | {"account_id": clients}
    for name, frame in tables.items():
        for column, new in columns.items():
            if column in frame:
                frame[column] = frame[column].map(lambda v, new=new: new.get(v, v))
        for column in ("segment", "product", "competitor", "lost_reason", "focus", "stage"):
            if column in frame:
                frame[column] = [NASTY[i % len(NASTY)] for i in range(len(frame))]
        if name in ("people", "teams", "accounts"):
            names = [NASTY[(i + 3) % len(NASTY)] for i in range(len(frame))]
            frame["name"] = [f"{n}!{i}" if n else n for i, n in enumerate(names)]
        frame.to_parquet(dest / f"{name}.parquet", index=False)
    toml = (dest / "company.toml").read_text()
    hostile = json.dumps('<script>alert(3)</script>{{7*7}}\u202e../../"onload="x')
    settings = re.sub(r"(?m)^name = .*$", lambda _: f"name = {hostile}", toml)
    (dest / "company.toml").write_text(settings)
    return dest


def harmless(html: str) -> str:
    """Return a page's text after checking that nothing in it runs, loads or turns text round."""
    page = Page(html)
    assert not page.tags & {"script", "img", "iframe", "object", "embed", "link", "base", "form"}
    assert not [k for k, _ in page.attributes if k.startswith("on")]
    assert not [v for _, v in page.attributes if re.match(r"(javascript|https?|file):", v)]
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202a-\u202e]", page.text)
    assert "alert(" in page.text  # the company's name stands there, as text
    return page.text


@pytest.mark.slow
def test_hostile_names_are_text_and_stay_inside_the_folder(toy, tmp_path, say):
    data = poisoned(toy, tmp_path / "data")
    people = pd.read_parquet(data / "people.parquet")
    teams = sorted(pd.read_parquet(data / "assignments.parquet")["team_id"].unique())
    assert say("check", data)[0] == 0
    assert say("claims", data)[0] == 0
    assert say("test", "plan-first", data, "--team", teams[0], "--json")[0] == 0
    before = {p.name for p in tmp_path.iterdir()}
    chosen = [x for team in teams[:2] for x in ("--team", team)]
    code, told, _ = say("run", data, "--out", tmp_path / "out", "--json", *chosen)
    assert code == 0
    assert {p.name for p in tmp_path.iterdir()} - before == {"out"}
    document = strict(told)
    assert [r["team"] for r in document["reports"]] == [None, *teams[:2]]
    out = tmp_path / "out"
    found = strict((out / "findings.json").read_text())["findings"]
    frame = pd.read_parquet(out / "findings.parquet")
    assert len(frame) == len(found)
    everything = json.dumps(found, ensure_ascii=False)
    for person in filter(None, [*people["person_id"], *people["name"]]):
        assert json.dumps(person, ensure_ascii=False)[1:-1] not in everything
    for path in out.rglob("*.html"):
        assert path.resolve().is_relative_to(out)
        assert re.fullmatch(r"[a-z0-9-]+\.html", path.name)
        text = harmless(path.read_text("utf-8"))
        shown = [p for p in people["person_id"] if len(p) > 4 and clean_name(p) in text]
        assert not shown
    for path in out.glob("notebooks/*.ipynb"):
        nbformat.validate(nbformat.read(path, as_version=4))


@pytest.mark.parametrize("identify", [False, True])
def test_a_hostile_teams_page_holds_nobody_of_another_team(toy, tmp_path, identify):
    company = load(poisoned(toy, tmp_path / "data"))
    places, people = company["assignments"], company["people"]
    teams = planning.team_ids(company)
    results = every_test(company, teams)
    for team in teams:
        found = (*results.company, *results.team(team))
        dossier = report.open(company, found, team=team, identify=identify)
        html = "".join(str(block(dossier).html()) for block in report.TEAM_PAGE)
        text = harmless(html)
        own = set(places.loc[places["team_id"] == team, "person_id"])
        others = people[~people["person_id"].isin(own)]
        marked = [p for p in others["person_id"] if re.search(rf"~{p.rpartition('~')[2]}\b", text)]
        assert not marked
        foreign = [t for t in teams if t != team and clean_name(t) in text]
        assert not foreign
        managers = places[(places["team_id"] == team) & (places["role"] == "manager")]
        told = [dossier.people.person(p) for p in managers["person_id"]]
        assert any(name and name in text for name in told)


def test_people_in_the_tables_of_findings_have_pseudonyms(toy, tmp_path):
    company = load(toy)
    (finding, *rest) = every_test(company, []).company
    ids = list(company["people"]["person_id"][:3])
    table = pd.DataFrame({"rep_id": [*ids[:2], None], "manager_id": ids, "value": [1.0, 2, 3]})
    given = [write.replace(finding, table=table), *rest]
    codes = report.Names(company).people
    for identify, expected in ((False, codes), (True, {p: p for p in ids})):
        write.findings(tmp_path, given, company, {"identify": identify})
        first = strict((tmp_path / "findings.json").read_text())["findings"][0]
        assert [r["manager_id"] for r in first["table"]] == [expected[p] for p in ids]
        assert [r["rep_id"] for r in first["table"]] == [*(expected[p] for p in ids[:2]), None]
        flat = pd.read_parquet(tmp_path / "findings.parquet")["table"].iloc[0]
        assert json.loads(flat) == first["table"]
    assert list(table["manager_id"]) == ids


# Wrong arguments and data that cannot be read: nothing is written, the reason is told

HERE, TOY = "HERE", "TOY"
REFUSED = [
    (("check", "missing"), 3, "no data at missing"),
    (("check", "empty"), 3, "cannot be used until"),
    (("check", "orders_only"), 3, "cannot be used until"),
    (("check", "headers"), 3, "cannot be used until"),
    (("check", "semicolons"), 3, "cannot be used until"),
    (("check", "utf16"), 3, "cannot be used until"),
    (("check", "folder_as_table"), 3, "cannot be used until"),
    (("check", "broken"), 3, "cannot be used until"),
    (("check", "file"), 3, "neither a folder of tables nor"),
    (("check", "settings"), 3, "cannot be used until"),
    (("claims", "missing"), 3, "no data at missing"),
    (("test", "nope", TOY), 2, "no claim nope"),
    (("test", "plan-first", TOY, "--team", "T99"), 2, "no team T99"),
    (("test", "plan-first", "headers"), 3, "has no rows"),
    (("run", TOY, "--out", "o", "--jobs", "-1"), 2, "must be 1 or more"),
    (("run", TOY, "--out", "o", "--timeout", "inf"), 2, "positive number of seconds"),
    (("run", TOY, "--out", "o", "--timeout", "nan"), 2, "positive number of seconds"),
    (("run", TOY, "--out", "o", "--team", "T99"), 2, "no team T99"),
    (("run", TOY, "--out", "o", "--language", "xx"), 2, "no language xx"),
    (("run", TOY, "--out", "o", "--only-failed"), 2, "Run again without --only-failed"),
    (("run", TOY, "--out", "foreign"), 2, "Nothing was changed"),
    (("run", TOY, "--out", "file"), 2, "Nothing was changed"),
    (("run", TOY, "--out", "file/below"), 2, "Choose another folder with --out"),
    (("run", TOY, "--out", TOY), 2, "holds the data"),
    (("run", "semicolons", "--out", "o"), 3, "Nothing was changed"),
    (("demo", "foreign"), 2, "stays as it is"),
    (("demo", "o", "--world", "nope"), 2, "no world nope"),
    (("demo", "o", "--teams", "0"), 2, "Nothing was written"),
    (("demo", "file/below", "--teams", "1", "--months", "4"), 2, "correct the path"),
    (("import", "salesforce", "a", "b"), 2, "--mapping FILE"),
    (("import", "table", "missing", "o"), 3, "no data at missing"),
    (("import", "table", "empty", "o"), 3, "Name one with --mapping"),
    (("import", "table", "empty", "o", "--mapping", "nope"), 2, "no mapping nope"),
    (("import", "table", "empty", "foreign"), 2, "Nothing was changed"),
    (("import", "table", "empty", "file"), 2, "Nothing was changed"),
    (("import", "table", "empty", "empty"), 2, "name a folder elsewhere"),
    (("calibrate", "--world", "nope"), 2, "no world nope"),
    (("calibrate", "--companies", "0"), 2, "must be 1 or more"),
]


@pytest.fixture
def bad(toy, tmp_path, monkeypatch):
    """A working directory full of data that cannot be used."""

    def company(name: str, **how: object) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for table in ("people", "assignments", "orders"):
            frame = pd.read_parquet(toy / f"{table}.parquet").head(20)
            frame.to_csv(folder / f"{table}.csv", index=False, **how)
        return folder

    (tmp_path / "empty").mkdir()
    company("semicolons", sep=";")
    company("utf16", encoding="utf-16")
    for table in ("people", "assignments"):
        (company(f"no_{table}") / f"{table}.csv").unlink()
    (tmp_path / "no_people").rename(tmp_path / "orders_only")
    headers = company("headers")
    for path in headers.iterdir():
        path.write_text(path.read_text().splitlines()[0] + "\n")
    as_table = company("folder_as_table")
    (as_table / "orders.csv").unlink()
    (as_table / "orders.csv").mkdir()
    broken = company("broken")
    (broken / "orders.csv").unlink()
    (broken / "orders.parquet").write_bytes((toy / "orders.parquet").read_bytes()[:4000])
    (company("settings") / "company.toml").write_text('name = 3\nmin_group = "five"\nnonsense = 1')
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.txt").write_text("years of work")
    (tmp_path / "file").write_text("not data")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def listing(folder: Path) -> set[tuple[str, int]]:
    return {(str(p), p.stat().st_size) for p in folder.rglob("*") if p.is_file()}


@pytest.mark.slow
def test_what_cannot_be_done_is_refused_in_words_and_changes_nothing(bad, toy, say):
    before = listing(bad) | listing(toy)
    for arguments, expected, words in REFUSED:
        command = [str(toy) if a == TOY else a for a in arguments]
        code, out, err = say(*command)
        assert (code, words in err) == (expected, True), (arguments, code, err)
        assert "Traceback" not in err + out
        if command[0] not in ("demo", "import"):
            code, out, _ = say(*command, "--json")
            assert code == expected
            assert strict(out)["schema"] == 1
    assert listing(bad) | listing(toy) == before


def test_every_way_to_make_data_unusable_is_told_with_table_and_remedy(bad, say):
    for name, table, said in (
        ("semicolons", "people", 'delimiter = ";"'),
        ("utf16", "orders", "not UTF-8"),
        ("headers", "people", "has no rows"),
        ("folder_as_table", "orders", "is a folder, not a file"),
        ("broken", "orders", "cannot be read"),
        ("settings", "company.toml", "`min_group` is five"),
    ):
        out = say("check", name)[1]
        assert any(line.startswith(table) and said in line for line in out.splitlines()), name


# Degenerate companies


def _keep(tables: dict[str, pd.DataFrame], team: str, reps: int = 99) -> None:
    """Keep one team with its managers and some of its reps."""
    places = tables["assignments"]
    places = places[places["team_id"] == team]
    chosen = set(places.loc[places["role"] == "rep", "person_id"].unique()[:reps])
    chosen |= set(places.loc[places["role"] == "manager", "person_id"])
    tables["assignments"] = places[places["person_id"].isin(chosen)]
    for name, frame in tables.items():
        for column in {"person_id", "owner_id", "rep_id", "manager_id"} & set(frame):
            tables[name] = tables[name][tables[name][column].isin(chosen)]


def _amounts(tables: dict[str, pd.DataFrame], factor: float) -> None:
    for name in ("orders", "opportunities"):
        tables[name]["amount"] *= factor


def _roles(tables: dict[str, pd.DataFrame], role: str) -> None:
    places = tables["assignments"]
    tables["assignments"] = places[places["role"] == role]


def _times(tables: dict[str, pd.DataFrame], start: str, end: str) -> None:
    tables["assignments"]["start_on"] = pd.Timestamp(start)
    tables["assignments"]["end_on"] = pd.Timestamp(end)


def _absent_team(tables: dict[str, pd.DataFrame]) -> None:
    places = tables["assignments"]
    places.loc[places["team_id"] == "T01", "start_on"] = pd.Timestamp("2030-01-01")


def _only(tables: dict[str, pd.DataFrame], *names: str) -> None:
    for name in set(tables) - set(names):
        del tables[name]


def _older(tables: dict[str, pd.DataFrame]) -> None:
    for frame in tables.values():
        for column in frame.select_dtypes("datetime"):
            frame[column] -= pd.DateOffset(years=20)


def _twice(tables: dict[str, pd.DataFrame]) -> None:
    tables |= {name: pd.concat([frame, frame]) for name, frame in tables.items()}


def _outcomes(tables: dict[str, pd.DataFrame], outcome: str) -> None:
    del tables["orders"]
    tables["opportunities"]["outcome"] = outcome


DEGENERATE = {
    "one team": lambda t: _keep(t, "T01"),
    "one rep": lambda t: _keep(t, "T01", reps=1),
    "no manager ever": lambda t: _roles(t, "rep"),
    "managers only": lambda t: _roles(t, "manager"),
    "a team without months": _absent_team,
    "one month of reps": lambda t: _times(t, "2025-06-01", "2025-07-01"),
    "no orders": lambda t: t.pop("orders"),
    "revenue zero": lambda t: _amounts(t, 0.0),
    "returns only": lambda t: _amounts(t, -1.0),
    "everything twice": _twice,
    "twenty years ago": _older,
    "the smallest useful": lambda t: _only(t, "people", "assignments", "opportunities", "quotas"),
    "weekly logs": lambda t: _only(t, "people", "assignments", "time_log"),
    "all deals lost": lambda t: _outcomes(t, "lost"),
    "one order": lambda t: t.update(
        orders=t["orders"].head(1), opportunities=t["opportunities"].head(1).assign(amount=1.0)
    ),
    "all orders one day": lambda t: t.update(
        orders=t["orders"].assign(ordered_on=pd.Timestamp("2025-06-15"))
    ),
}


@pytest.mark.parametrize("case", DEGENERATE)
def test_degenerate_companies_get_honest_pages(toy, tmp_path, case):
    """Warnings are errors here; whatever cannot be tested says why."""
    tables = {p.stem: pd.read_parquet(p) for p in toy.glob("*.parquet")}
    DEGENERATE[case](tables)
    for name, frame in tables.items():
        frame.to_parquet(tmp_path / f"{name}.parquet", index=False)
    if case != "twenty years ago":
        shutil.copy(toy / "company.toml", tmp_path)
    company = load(tmp_path)
    teams = planning.team_ids(company)
    results = every_test(company, teams)
    for finding in results.all():
        json.dumps(finding.to_dict(), allow_nan=False)
        assert str(finding.reason)
        if finding.estimate is None:
            assert finding.verdict == "not_testable"
        assert finding.verdict in ("inconclusive", "measured", "not_testable", "negligible")
    for team in [None, *teams[:1]]:
        found = results.company if team is None else (*results.company, *results.team(team))
        dossier = report.open(company, found, team=team)
        blocks = report.COMPANY_PAGE if team is None else report.TEAM_PAGE
        told = "\n".join(str(block(dossier)) for block in blocks)
        assert not re.search(r"\b(nan|NaN|NaT|inf|None|<NA>)\b(?! of the claims)", told)


# A notebook that dies, and one that is handed everything


@pytest.mark.slow
def test_a_killed_kernel_costs_its_team_and_nobody_reads_the_data_again(toy, tmp_path, say):
    """The shipped notebooks, with one cell more: T02's kernel dies, and reading is forbidden."""
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    for name in (planning.TEAM, planning.COMPANY):
        made = nbformat.read(planning.notebooks_folder() / name, as_version=4)
        first = next(
            i for i, c in enumerate(made.cells) if "parameters" in c.metadata.get("tags", ())
        )
        source = (
            "import os\nfrom salesdiag.report import opening\n"
            "opening.load = opening.test_all = None\n"
            "if globals().get('team') == 'T02':\n    os.kill(os.getpid(), 9)"
        )
        made.cells.insert(first + 1, nbformat.v4.new_code_cell(source, id="hostile"))
        nbformat.write(made, notebooks / name)
    out = tmp_path / "out"
    request = batch.Request(data=toy, out=out, teams=("T01", "T02"), timeout=300)
    result = batch.run_with(
        planning.Parts(notebooks=notebooks), engines.Local(2), request, lambda *_: None
    )
    assert [(o.team, o.done) for o in result.outcomes] == [
        (None, True), ("T01", True), ("T02", False),
    ]  # fmt: skip
    reason = str(result.failed[0].reason)
    assert re.fullmatch(r"killed by signal 9 after \d+ s in cell \d+", reason)
    assert len(list((out / "teams").iterdir())) == 1
    assert [p.stem for p in (out / "failed").iterdir()] == [result.failed[0].key]
    assert reason in words_of(out / "index.html")
    assert strict((out / "manifest.json").read_text())["reports"][2]["reason"] == reason
    assert not [p for p in out.rglob("*") if "pickle" in p.name or p.name == "run.company"]
