"""Effect of what a manager sells on the others' results of the same quarter: one curve."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import pandas as pd

from salesdiag import checks
from salesdiag.claims.base import Claim
from salesdiag.claims.designs import dose_checks as doubts_of
from salesdiag.claims.designs.base import BOOTSTRAP_DRAWS, Effect, Evidence, apart, attempt
from salesdiag.claims.keeping import kept
from salesdiag.company import Company
from salesdiag.estimate import dose, dose_doubts
from salesdiag.estimate.panel_ols import LinearFit, wild_bootstrap
from salesdiag.estimate.refusal import NotEstimable
from salesdiag.estimate.team_quarters import QUARTER, TeamQuarters, team_quarters
from salesdiag.finding import Check, Estimate, Guard, Naive, TeamEstimate
from salesdiag.panel.accounts import ownership
from salesdiag.panel.credit import own_teams
from salesdiag.panel.spells import FOREVER, value_at
from salesdiag.text import Template
from salesdiag.text import claims as words


@dataclass(frozen=True, kw_only=True)
class _Fits:
    """What is fitted once for all claims that read one curve."""

    rows: TeamQuarters
    curve: dose.Curve
    realistic: dose.Realistic
    reaction: Estimate | None
    bend: float | None
    after: Estimate | None
    taken: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """One reading of the curve, and what bears on it from whichever side it is read."""

    estimate: Estimate
    second: Estimate | None
    within: Estimate | None
    tipping: float
    at_high: Estimate
    others: list[float]
    steps: Mapping[str, float] | None
    plain: Naive | None
    checks: tuple[Check, ...]


@dataclass(frozen=True, kw_only=True)
class DoseEffect(Effect):
    """Effect of what a manager sells on the others' result of the same quarter.

    All claims about it read one curve, which is also what is drawn: log revenue of the others per
    rep-month on the manager's own deals of that fiscal quarter, a line that breaks at the articles'
    limit. Its margin is declared for a realistic change of the dose, one standard deviation within
    teams, and converted.

    Attributes
    ----------
    driver : str
        Column of the team-month panel that tells how many own deals a team's manager has now.
    limit : str
        Name of the articles' limit, a key of the company's limits.
    beyond : bool
        Whether the estimate is the slope beyond the limit; else it is the mean effect per own deal,
        over all own deals there were.
    """

    limit: str
    beyond: bool = False
    plain: ClassVar[Template] = words.PLAIN_SAME_QUARTER

    def evidence(self, company: Company, claim: Claim) -> Evidence:
        """Fit everything that the finding needs, once for all claims that read the curve."""
        return kept(company, (self, claim.slug), lambda: self._gather(company, claim))

    def fits(self, company: Company) -> _Fits:
        """Fit the curve and what bears on it, once."""
        limit = company.settings.limits[self.limit]
        return kept(company, ("own deals", limit), lambda: _fit(company, limit))

    def margin(self, claim: Claim, company: Company) -> float:
        """Return the smallest effect worth acting on, per own deal."""
        return claim.margin / self.fits(company).realistic.sd

    def _gather(self, company: Company, claim: Claim) -> Evidence:
        found, margin = self.fits(company), self.margin(claim, company)
        limit = company.settings.limits[self.limit]
        key = ("own deals", limit, self.beyond)
        read = kept(company, key, lambda: _read(found, beyond=self.beyond))
        estimate, small = read.estimate, doubts_of.inside(read.estimate, margin)
        doubts = [
            checks.enough_groups(estimate.groups),
            doubts_of.enough_quarters(found.rows.periods),
            checks.logged(found.rows.missing_dose),
            checks.bias_direction(estimate, found.reaction, read.second, claim.direction),
            doubts_of.reaction_within(estimate, read.within, claim.direction, margin),
            doubts_of.change_of_manager(
                estimate, read.second, apart(estimate, read.second), claim.direction
            ),
            doubts_of.tipping(read.tipping),
            doubts_of.taken_from_reps(*found.taken, claim.direction),
            doubts_of.at_high_dose(read.at_high, claim.margin, found.realistic.high, asked=small),
            doubts_of.quarter_after(found.after, margin, asked=small),
            checks.same_sign(estimate.value, read.others),
            doubts_of.plain_sign(read.steps),
            checks.one_team(estimate),
            *read.checks,
        ]
        if self.beyond:
            up_to, kink = attempt(found.curve.up_to), attempt(found.curve.kink)
            doubts.append(checks.up_to_limit(up_to, claim.margin))
            doubts.append(doubts_of.begins_at_limit(estimate, up_to, kink, claim.margin))
        return Evidence(
            estimate=estimate,
            reaction=found.reaction,
            plain=read.plain,
            checks=tuple(doubts),
            table=found.curve.table,
            guard=Guard(
                bias=dose_doubts.moved(
                    estimate, company.settings.foresight.floor_own_deals, found.bend or math.nan
                ),
                against="reaction",
            ),
        )

    def told(self, company: Company) -> Mapping[str, object]:
        """Return the limit, which the sentences name."""
        return {"limit": company.settings.limits[self.limit]}

    def team_estimate(self, seen: Evidence, team: str) -> TeamEstimate:
        """Return the company's estimate, as one team's quarters cannot tell its own."""
        whole, narrow = seen.estimate.interval(), seen.estimate.interval(0.90)
        return TeamEstimate(own=None, pooled=whole, shrunken=whole, narrow=narrow, weight=0.0)


def _read(found: _Fits, *, beyond: bool) -> _Reading:
    curve, reading = found.curve, "beyond" if beyond else "mean"
    if beyond and not curve.bent:
        raise NotEstimable(words.NO_DOSE(limit=curve.knot))
    estimate = curve.fitted.estimate(curve.weights(reading))
    within = None
    if found.reaction is not None and found.bend is not None:
        within = dose_doubts.corrected(estimate, found.reaction, found.bend)
    return _Reading(
        estimate=estimate,
        second=attempt(partial(dose_doubts.by_manager, curve, reading)),
        within=within,
        tipping=dose_doubts.tipping(estimate, found.bend or 0.0),
        at_high=_at_high(found, beyond=beyond),
        others=dose_doubts.others(curve, reading),
        steps=attempt(partial(dose_doubts.steps, curve, reading)),
        plain=attempt(partial(dose_doubts.plain, curve, reading)),
        checks=() if beyond else _bootstrap(curve),
    )


def _at_high(found: _Fits, *, beyond: bool) -> Estimate:
    """Return the effect of the deals that only one team-quarter in ten exceeds."""
    curve, high = found.curve, found.realistic.high
    if not beyond:
        return curve.at(high)
    over = max(high - curve.knot, found.realistic.sd)
    return curve.fitted.estimate({k: w * over for k, w in curve.weights("beyond").items()})


def _bootstrap(curve: dose.Curve) -> tuple[Check, ...]:
    """Return the wild cluster bootstrap's p-value, where there are cross products to draw from."""
    if not isinstance(curve.fitted.fit, LinearFit):
        return ()
    draws = wild_bootstrap(curve.fitted.fit, "dose", draws=BOOTSTRAP_DRAWS)
    return (checks.bootstrap(draws.p_value),)


def _fit(company: Company, limit: float) -> _Fits:
    rows = team_quarters(_team_months(company))
    curve = dose.fit_curve(rows, limit)
    return _Fits(
        rows=rows,
        curve=curve,
        realistic=dose.realistic(rows),
        reaction=attempt(partial(dose_doubts.reaction, rows)),
        bend=attempt(partial(dose_doubts.bend, rows)),
        after=attempt(partial(dose_doubts.next_quarter, curve)),
        taken=taken_from_reps(company),
    )


def taken_from_reps(company: Company) -> tuple[int, int]:
    """Count own deals with a client that was a rep's of the manager's team when the deal began.

    Returns
    -------
    taken, known : int
        Such deals, and all own deals won that have a client and a day of creation; 0 and 0 where
        it is not recorded whose clients are whose.
    """
    told = company.has("account_owners") or company.has("accounts.owner_id")
    if not told or not company.has("opportunities.created_on", "opportunities.account_id"):
        return 0, 0
    records = company.records
    own = own_teams(records.deals[records.deals["won"]], records.who)
    own = own[own["account_id"].notna() & (own["created"] > -FOREVER)]
    day = own["created"].to_numpy()
    holder = value_at(ownership(company.tables), "account_id", "person_id", own["account_id"], day)
    team = value_at(records.who.reps, "person_id", "team_id", holder, day)
    taken = team.eq(own["team_id"]) & holder.ne(own["person_id"])
    return int(own.loc[taken, "id"].nunique()), int(own["id"].nunique())


def _team_months(company: Company) -> pd.DataFrame:
    """Return team-months with their place in the fiscal quarter, and the team's region if known."""
    panel = company.team_panel
    starts = company.settings.fiscal_year_start_month
    panel = panel.assign(place=(panel["month"].dt.month - starts) % QUARTER)
    teams = company.tables.get("teams")
    if teams is None or "region" not in teams:
        return panel
    region = teams.drop_duplicates("team_id").set_index("team_id")["region"]
    return panel.assign(region=panel["team_id"].map(region))
