"""Claims about the manager who sells: signs, gates, margins and refusals."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from salesdiag import claims as cl
from salesdiag.claims.designs import dose_checks
from salesdiag.claims.designs.dose import taken_from_reps
from salesdiag.company import Company
from salesdiag.estimate import dose_doubts
from salesdiag.estimate.dose import fit_curve
from salesdiag.estimate.team_quarters import team_quarters
from salesdiag.finding import Estimate
from salesdiag.settings import Foresight, Settings
from salesdiag.simulate import WORLDS, Truth, plant, simulate
from salesdiag.text import checks as words
from salesdiag.text import claims as claim_words
from salesdiag.text import findings as reasons
from tests.claim_cases import company_of, finding_of
from tests.quarter_cases import quarters_by_loop, team_months
from tests.small_company import frame

SLUGS = ("selling-helps", "selling-hurts", "one-deal-a-quarter")


def company(start="2024-01-01", settings=None, **given):
    """Return a company that has nothing but team-months, and reps who sell what they say."""
    teams = team_months(**given)
    month = pd.Timestamp(start) + pd.to_timedelta(0, "D")
    teams["month"] = [month + pd.DateOffset(months=int(m)) for m in teams["month_index"]]
    reps = pd.concat(
        [teams.assign(rep_id=teams["team_id"] + str(k), days_present=1.0) for k in range(8)]
    )
    reps["revenue"] /= 8
    made = Company(name="x", settings=settings or Settings(name="x"), tables={})
    vars(made).update(panel=reps, team_panel=teams.drop(columns="place"))
    return made


def decided(made, slugs=SLUGS):
    found = [cl.CLAIM[slug].design.company(cl.CLAIM[slug], made) for slug in slugs]
    return dict(zip(slugs, cl.correct(found), strict=True))


def check_of(finding, name):
    return next(c for c in finding.checks if c.name == name)


# truth that was planted


@pytest.mark.parametrize("high", [-0.15, 0.15])
def test_harm_and_help_of_the_same_quarter_have_their_sign_and_size(high):
    found = decided(company(teams=40, low=high, high=high))
    mean, beyond = found["selling-hurts"].estimate, found["one-deal-a-quarter"].estimate
    for interval in (mean, beyond):
        assert interval.low <= high <= interval.high
        assert interval.value * high > 0
    harm = high < 0
    assert found["selling-hurts"].verdict == ("supported" if harm else "contradicted")
    assert found["selling-helps"].verdict == ("contradicted" if harm else "supported")
    # harm from the first deal on is harm, but no limit
    limit = found["one-deal-a-quarter"]
    assert limit.verdict == ("inconclusive" if harm else "contradicted")
    assert check_of(limit, "up_to_limit").passed is not harm


def test_harm_beyond_the_limit_alone_is_a_limit():
    found = decided(company(teams=40, high=-0.15))
    assert found["one-deal-a-quarter"].verdict == "supported"
    assert check_of(found["one-deal-a-quarter"], "up_to_limit").passed is not False


def test_where_nothing_is_true_hardly_anything_is_decided():
    found = [decided(company(seed=seed, high=0.0)) for seed in range(20)]
    for slug in SLUGS:
        wrong = sum(f[slug].verdict in ("supported", "contradicted") for f in found)
        assert wrong <= 3  # more than that in one of sixty such tests, were nothing barred


@pytest.mark.slow
def test_a_simulated_company_read_from_its_tables_gives_the_sign_of_its_harm():
    world = replace(WORLDS["random"], teams=24)
    for truth, side in (
        (plant({"one-deal-a-quarter": 0.15}), -1),
        (plant({"selling-helps": 0.1}), 1),
    ):
        made = company_of(simulate(truth, world, 2).tables())
        found = {slug: finding_of(made, slug) for slug in SLUGS}
        for finding in found.values():
            assert finding.estimate.value * side > 0
        beyond = found["one-deal-a-quarter"].evidence
        assert abs(beyond.value - truth.own_deal_high) < 4 * beyond.se


# one curve


def test_what_is_drawn_and_what_is_decided_are_one_estimate():
    made = company()
    found = decided(made)
    table = found["selling-hurts"].table.set_index("dose")
    assert found["one-deal-a-quarter"].table is found["selling-helps"].table
    beyond = found["one-deal-a-quarter"].estimate.value
    assert table.loc[3.0, "value"] - table.loc[2.0, "value"] == pytest.approx(beyond)
    panel = made.team_panel
    sold = panel.groupby(["team_id", panel["month_index"] // 3])["manager_deals"].sum()
    first = table.loc[1.0, "value"]
    total = sum(first * min(d, 1) + beyond * max(d - 1, 0) for d in sold)
    for slug in ("selling-helps", "selling-hurts"):
        assert found[slug].estimate.value == pytest.approx(total / sold.sum())
    assert found["selling-helps"].estimate == found["selling-hurts"].estimate


def test_quarters_are_the_companys_own():
    fiscal = Settings(name="x", fiscal_year_start_month=2)
    frame = team_months().assign(month_index=lambda f: f["month_index"] + 2)  # from January: a 2nd
    rows = quarters_by_loop(frame)
    assert len(rows) == 24 * 6
    made = company(settings=fiscal)
    dose = rows["dose"]
    rows = rows.assign(below=dose.clip(upper=1), beyond=(dose - 1).clip(lower=0))
    ols = smf.ols("y ~ below + beyond + b1 + b2 + b3 + C(team) + C(quarter)", rows).fit()
    found = decided(made)["one-deal-a-quarter"]
    assert found.estimate.value == pytest.approx(ols.params["beyond"], rel=1e-8)
    assert found.estimate.value != decided(company())["one-deal-a-quarter"].estimate.value


def test_the_margin_is_that_of_a_realistic_change():
    made = company()
    rows = quarters_by_loop(team_months())
    away = rows["dose"] - rows.groupby("team")["dose"].transform("mean")
    sd = np.sqrt((away**2).sum() / (len(rows) - 24))
    for slug, finding in decided(made).items():
        assert finding.margin * sd == pytest.approx(cl.CLAIM[slug].margin)


def test_a_limit_that_few_teams_crossed_is_refused_and_the_mean_effect_is_not():
    made = company(own=[0.5] * 4 + [0.0] * 20)
    panel = made.team_panel
    once = panel["month_index"].isin([6, 12]) & (panel["team_id"] > "T05")
    panel.loc[once, "manager_deals"] = 1.0
    found = decided(made)
    assert found["one-deal-a-quarter"].verdict == "not_testable"
    assert found["one-deal-a-quarter"].reason.template is claim_words.NO_DOSE
    assert found["selling-hurts"].estimate is not None


# gates


def reacting(sign, p=0.001):
    """Return a reaction that is clear, or not, and too weak to move anything."""
    t = {0.001: 6.0, 0.5: 0.6}[p]
    return Estimate(
        value=sign * 1e-6, se=1e-6 / t, df=30, unit="ratio", n=100, groups=24, method="",
        leave_one_out={},
    )  # fmt: skip


@pytest.mark.parametrize("reaction", [-1, 1])
@pytest.mark.parametrize("effect", [-0.15, 0.15])
def test_a_verdict_on_the_side_to_which_a_reaction_bends_is_barred(monkeypatch, reaction, effect):
    monkeypatch.setattr(dose_doubts, "reaction", lambda _: reacting(reaction))
    found = decided(company(teams=40, low=0.0 if effect < 0 else effect, high=effect))
    for slug, finding in found.items():
        gate = check_of(finding, "bias_direction")
        towards = "supported" if cl.CLAIM[slug].direction == reaction else "contradicted"
        assert gate.bars == (towards,)
        assert gate.passed is (reaction * effect < 0)
        told = "supported" if cl.CLAIM[slug].direction * effect > 0 else "contradicted"
        assert finding.verdict == ("inconclusive" if reaction * effect > 0 else told)
    monkeypatch.setattr(dose_doubts, "reaction", lambda _: reacting(reaction, p=0.5))
    calm = decided(company(teams=40, low=0.0 if effect < 0 else effect, high=effect))
    assert all(f.verdict in ("supported", "contradicted") for f in calm.values())


def test_a_reaction_is_forgiven_only_where_changes_of_manager_reject_alone(monkeypatch):
    monkeypatch.setattr(dose_doubts, "reaction", lambda _: reacting(-1))
    made = company(teams=40, high=-0.15)
    own = decided(company(teams=40, high=-0.15))["one-deal-a-quarter"].evidence
    for sign, verdict in ((1, "supported"), (-1, "inconclusive"), (0.01, "inconclusive")):
        second = replace(own, value=own.value * sign)
        monkeypatch.setattr(dose_doubts, "by_manager", lambda *_, second=second: second)
        made = company(teams=40, high=-0.15)
        assert decided(made)["one-deal-a-quarter"].verdict == verdict


def test_managers_who_sell_because_the_team_fails_are_not_read_as_harm():
    harmful = [
        decided(company(seed=s, teams=40, high=0.0, reacts=8.0, sd=0.12))["selling-hurts"]
        for s in range(10)
    ]
    assert np.mean([f.estimate.value for f in harmful]) < -0.02  # what a regression says
    assert sum(f.verdict == "supported" for f in harmful) == 0


def estimate(value, se=0.01, df=20):
    return Estimate(
        value=value, se=se, df=df, unit="log_points", n=100, groups=21, method="", leave_one_out={}
    )


@pytest.mark.parametrize(
    ("value", "corrected", "direction", "passed", "bars"),
    [
        (-0.05, -0.05, -1, True, {"contradicted", "negligible"}),
        (-0.05, -0.01, -1, False, {"supported", "contradicted", "negligible"}),
        (-0.05, -0.01, 1, False, {"supported", "contradicted", "negligible"}),
        (0.05, 0.05, 1, True, {"contradicted", "negligible"}),
        (0.05, -0.05, 1, False, {"supported", "negligible"}),
        (0.0, 0.0, 1, True, {"supported", "contradicted"}),
        (0.0, 0.03, 1, False, {"contradicted", "negligible"}),
        (0.02, 0.02, 1, True, {"supported", "contradicted", "negligible"}),
    ],
)  # fmt: skip
def test_a_verdict_must_stand_without_what_a_reaction_would_add(
    value, corrected, direction, passed, bars
):
    check = dose_checks.reaction_within(estimate(value), estimate(corrected), direction, 0.02)
    assert check.passed is passed
    assert set(check.bars) == bars
    unknown = dose_checks.reaction_within(estimate(value), None, direction, 0.02)
    assert (unknown.passed, set(unknown.bars)) == (
        False, {"supported", "contradicted", "negligible"},
    )  # fmt: skip


@pytest.mark.parametrize("make", [
    lambda e, asked: dose_checks.at_high_dose(e, 0.02, 3.0, asked=asked),
    lambda e, asked: dose_checks.quarter_after(e, 0.02, asked=asked),
])  # fmt: skip
def test_too_small_is_said_only_where_it_is_so_at_high_doses_and_in_the_quarter_after(make):
    small, open_ = make(estimate(0.0), True), make(estimate(0.01), True)
    assert (small.passed, open_.passed) == (True, False)
    assert small.bars == open_.bars == ("negligible",)
    assert make(estimate(0.01), False).passed is None


def test_the_high_dose_is_one_that_one_quarter_in_ten_exceeds():
    made = company()
    panel = made.team_panel
    sold = panel.groupby(["team_id", panel["month_index"] // 3])["manager_deals"].sum()
    high = np.quantile(sold, 0.9)
    found = decided(made)
    told = check_of(found["selling-hurts"], "negligible_at_high_dose").text.values
    table = found["selling-hurts"].table.set_index("dose")
    assert told["dose"] == pytest.approx(high)
    first, beyond = table.loc[1.0, "value"], found["one-deal-a-quarter"].estimate.value
    middle = (math.log1p(told["low"]) + math.log1p(told["high"])) / 2
    assert middle == pytest.approx(first + beyond * (high - 1))


# a plain comparison


def test_why_a_plain_comparison_has_the_other_sign_is_shown():
    rng = np.random.default_rng(2)
    own = rng.uniform(0.1, 1.0, 30)
    made = company(teams=30, own=own, low=-0.05, high=-0.05)
    strong = made.team_panel["team_id"].map(
        dict(zip(sorted(made.team_panel["team_id"].unique()), own, strict=True))
    )
    made.team_panel["revenue"] *= np.exp(
        4 * strong - made.team_panel["team_id"].str[1:].astype(int) / 10
    )
    finding = decided(made)["selling-hurts"]
    check = check_of(finding, "plain_sign")
    assert finding.naive.value > 0 > finding.estimate.value
    assert check.text.template is words.PLAIN_TURNS["within", 1]
    assert check.text.values["within"] < 0 < check.text.values["plain"]
    assert math.expm1(finding.naive.value) == pytest.approx(check.text.values["plain"])
    assert math.expm1(finding.estimate.value) == pytest.approx(check.text.values["estimate"])


@pytest.mark.parametrize(
    ("steps", "turned"),
    [
        ((0.1, -0.1, -0.1, -0.1), ("within", 1)),
        ((-0.1, -0.1, 0.1, 0.1), ("quarters", -1)),
        ((0.1, 0.1, 0.1, -0.1), ("estimate", 1)),
        ((0.1, -0.1, 0.1, -0.1), ("estimate", 1)),
        ((0.0, 0.1, 0.1, 0.1), ("within", -1)),
    ],
)
def test_the_last_step_that_turns_the_sign_is_the_reason(steps, turned):
    made = dict(zip(("plain", "within", "quarters", "estimate"), steps, strict=True))
    check = dose_checks.plain_sign(made)
    assert check.passed
    assert check.text.template is words.PLAIN_TURNS[turned]
    assert str(check.text)


def test_a_plain_sign_that_is_not_understood_bars_an_effect():
    same = dose_checks.plain_sign(dict.fromkeys(("plain", "within", "quarters", "estimate"), 0.1))
    assert same.text.template is words.PLAIN_SAME
    for unknown in (None, {"plain": 0.1, "within": math.nan, "quarters": 0.1, "estimate": 0.1}):
        check = dose_checks.plain_sign(unknown)
        assert (check.passed, check.bars) == (False, ("supported", "contradicted"))


def test_what_would_overturn_an_effect_is_told_in_deals():
    assert dose_checks.tipping(1.2).text.template is words.TIPPING_SHORT
    over = dose_checks.tipping(-1.2)
    assert over.text.template is words.TIPPING_OVER
    assert over.text.values["deals"] == pytest.approx(1.2)
    assert dose_checks.tipping(0.0).text.template is words.TIPPING_NONE
    assert dose_checks.tipping(math.nan).text.template is words.TIPPING_UNKNOWN


@pytest.mark.parametrize("end", [0.05, -0.03, 0.2, -0.6])
@pytest.mark.parametrize("bends", [0.004, 0.01, 0.3])
def test_a_side_survives_a_reaction_that_is_weaker_than_what_overturns_it(end, bends):
    value = end + math.copysign(1.959964 * abs(end) / 10, end)
    found = estimate(value, abs(end) / 10, df=10**9)
    told = abs(dose_doubts.tipping(found, bends))
    assert dose_doubts.moved(found, 0.999 * told, bends) < abs(end)
    assert dose_doubts.moved(found, 1.001 * told, bends) > abs(end)
    assert dose_doubts.moved(found, 0.0, bends) == 0


def test_a_verdict_survives_the_reaction_that_a_company_declares():
    strict, free = (
        Settings(name="x", foresight=Foresight(floor_own_deals=deals)) for deals in (5.0, 0.0)
    )
    given = {"teams": 40, "low": -0.15, "high": -0.15}
    slugs = ("selling-hurts",)
    assert decided(company(settings=free, **given), slugs)["selling-hurts"].verdict == "supported"
    found = decided(company(settings=strict, **given), slugs)["selling-hurts"]
    assert found.verdict == "inconclusive"
    assert found.reason.template is reasons.UNGUARDED["reaction", "supported"]


def test_a_short_history_decides_nothing():
    found = decided(company(teams=40, months=18, high=-0.2))
    assert check_of(found["one-deal-a-quarter"], "enough_quarters").passed is False
    assert {f.verdict for f in found.values()} == {"inconclusive"}


def test_effects_of_other_timings_are_not_called_too_small():
    after = Truth(own_deal_low=-0.1, own_deal_high=-0.1, own_deal_timing="quarter_after")
    made = simulate(after, replace(WORLDS["random"], teams=30), 1)
    short = company_of({})
    vars(short).update(panel=made.panel(), team_panel=made.team_panel())
    finding = decided(short)["selling-hurts"]
    check = check_of(finding, "quarter_after")
    assert check.passed is not True
    assert check.text.values["high"] < 0
    assert finding.verdict == "inconclusive"


def test_harm_of_every_deal_is_no_limit():
    harm, small = estimate(-0.05), estimate(0.0, se=0.005)
    ask = dose_checks.begins_at_limit
    assert ask(harm, estimate(-0.03, se=0.02), estimate(-0.04), 0.02).passed  # steeper beyond
    assert ask(harm, small, estimate(-0.01), 0.02).passed  # nothing up to it
    for up_to, kink in ((estimate(-0.03), estimate(-0.01)), (estimate(0.0, se=0.02), None)):
        check = ask(harm, up_to, kink, 0.02)
        assert (check.passed, check.bars) == (False, ("supported",))
        assert ask(estimate(0.05), up_to, kink, 0.02).passed is None
    found = fit_curve(team_quarters(team_months()), 1.0)
    slopes = found.slope_beyond().value - found.up_to().value
    assert found.kink().value == pytest.approx(slopes)


# deals taken from reps


def taken_company(**owners):
    """Return a team of a manager and two reps, and four deals that the manager won."""
    day = pd.Timestamp
    tables = {
        "people": frame("person_id name", [(p, p) for p in ("M", "N", "R", "S")]),
        "teams": frame("team_id name", [("T", "T"), ("U", "U")]),
        "assignments": frame("person_id team_id role start_on end_on", [
            ("M", "T", "manager", day("2024-01-01"), pd.NaT),
            ("N", "U", "manager", day("2024-01-01"), pd.NaT),
            ("R", "T", "rep", day("2024-01-01"), pd.NaT),
            ("S", "U", "rep", day("2024-01-01"), pd.NaT)]),
        "opportunities": frame(
            "opportunity_id owner_id created_on outcome closed_on amount account_id", [
                ("D1", "M", day("2024-02-01"), "won", day("2024-04-01"), 9.0, "A"),  # R's then
                ("D2", "M", day("2024-03-02"), "won", day("2024-04-01"), 9.0, "A"),  # M's by then
                ("D3", "M", day("2024-02-01"), "won", day("2024-04-01"), 9.0, "B"),  # another team
                ("D4", "M", day("2024-02-01"), "lost", day("2024-04-01"), 9.0, "A"),
                ("D5", "M", pd.NaT, "won", day("2024-04-01"), 9.0, "A"),
                ("D6", "R", day("2024-02-01"), "won", day("2024-04-01"), 9.0, "A"),
                ("D7", "N", day("2024-02-01"), "won", day("2024-06-28"), 9.0, "C")]),
        "account_owners": frame("account_id owner_id start_on end_on", [
            ("A", "R", day("2024-01-01"), day("2024-03-01")),
            ("A", "M", day("2024-03-01"), pd.NaT), ("B", "S", day("2024-01-01"), pd.NaT),
            ("C", "N", day("2024-01-01"), pd.NaT)]),
    }  # fmt: skip
    return company_of({name: t for name, t in tables.items() if name not in owners})


def test_own_deals_taken_from_reps_are_counted():
    assert taken_from_reps(taken_company()) == (1, 4)
    assert taken_from_reps(taken_company(account_owners=None)) == (0, 0)


@pytest.mark.parametrize(("taken", "passed"), [(0, True), (2, True), (3, False)])
def test_many_deals_taken_from_reps_bar_harm_only(taken, passed):
    hurts = dose_checks.taken_from_reps(taken, 10, -1)
    helps = dose_checks.taken_from_reps(taken, 10, 1)
    assert hurts.passed is helps.passed is passed
    assert (hurts.bars, helps.bars) == (("supported",), ("contradicted",))
    assert dose_checks.taken_from_reps(0, 0, 1).passed is None
