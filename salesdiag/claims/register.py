"""The register: what five articles about sales managers claim, each in our own words.

Sources: A "does your sales manager also sell?" (Polish), B "what is a sales manager responsible
for?" (Polish), C "the head of sales has one task: the plan" (Russian), D "do sales managers
actually manage?" (Italian), E "sales management and sales leadership" (Persian).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from salesdiag.text import N_, Template

ClaimKind = Literal["effect", "level", "bridge", "plan"]

TOPICS: Mapping[str, Template] = {
    "coaching": N_("Coaching"),
    "manager_time": N_("The manager's time"),
    "selling_manager": N_("The manager who sells"),
    "handover": N_("Handing over"),
    "deal_help": N_("Help with deals"),
    "imitation": N_("Following the boss"),
    "promotion": N_("From seller to manager"),
    "manager_value": N_("What a manager is worth"),
    "plan_and_growth": N_("Plan and growth"),
    "climate_and_roles": N_("Climate, roles and goals"),
    "tenure": N_("Who leaves and when"),
    "top_performers": N_("What the best do differently"),
    "kpi_rhythm": N_("Reviews and leading figures"),
    "programmes": N_("Programmes"),
    "clients": N_("Clients"),
    "segments_and_price": N_("Segments, price and competitors"),
}
"""Topics in the order of a report; each has a notebook of the same name once it has a test."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A row of the register.

    Attributes
    ----------
    slug : str
        Identifier, a promise to users.
    sources : str
        Letters of the articles that make the claim.
    kind : str
        ``effect`` (cause and effect), ``level`` (a measured state), ``bridge`` (an exact
        decomposition) or ``plan`` (actions derived from the others).
    topic : str
        Key of :data:`TOPICS`.
    title : Template
        The claim in a few words.
    statement : Template
        The claim in a sentence.
    """

    slug: str
    sources: str
    kind: ClaimKind
    topic: str
    title: Template
    statement: Template


def _row(
    slug: str, sources: str, kind: ClaimKind, topic: str, title: Template, statement: Template
) -> Entry:
    return Entry(
        slug=slug, sources=sources, kind=kind, topic=topic, title=title, statement=statement
    )


ENTRIES: tuple[Entry, ...] = (
    _row(
        "coaching-hours", "ED", "effect", "coaching",
        N_("More coaching makes reps grow"),
        N_("Too little coaching is the first reason why teams miss; more of it makes reps grow."),
    ),
    _row(
        "coaching-first-reason", "E", "effect", "coaching",
        N_("Lack of coaching is the first reason"),
        N_("Lack of coaching explains missed results better than any other cause."),
    ),
    _row(
        "coaching-quality", "DE", "effect", "coaching",
        N_("What is coached, and how well, is what counts"),
        N_("The content and the quality of coaching matter, not only its hours."),
    ),
    _row(
        "weekly-one-on-one", "E", "effect", "coaching",
        N_("A one-on-one with every rep, every week"),
        N_("Every rep should have a one-on-one with the manager every week."),
    ),
    _row(
        "precall-postcall", "E", "effect", "coaching",
        N_("Prepare calls before, debrief after"),
        N_("Deals prepared with the manager and talked over afterwards are won more often."),
    ),
    _row(
        "coaching-half-time", "E", "level", "manager_time",
        N_("Half the time on coaching"),
        N_("A manager should coach half of the time, and hardly anybody does."),
    ),
    _row(
        "manager-time-split", "D", "level", "manager_time",
        N_("Managers sell, then sit in meetings"),
        N_("Managers mostly sell themselves; meetings and administration take the rest."),
    ),
    _row(
        "senior-rep-with-title", "D", "level", "manager_time",
        N_("A senior rep with a better title"),
        N_("Too many managers work as senior reps under another title."),
    ),
    _row(
        "own-revenue", "A", "level", "selling_manager",
        N_("Ask what the manager turns over"),
        N_("What the manager personally turns over a month says whether the manager sells."),
    ),
    _row(
        "selling-helps", "A", "effect", "selling_manager",
        N_("A manager who sells has a better team"),
        N_("A manager who looks after a few big clients personally has a better team."),
    ),
    _row(
        "selling-hurts", "CDE", "effect", "selling_manager",
        N_("A manager who sells cannot manage"),
        N_("A manager who sells cannot manage at the same time, and both suffer."),
    ),
    _row(
        "one-deal-a-quarter", "C", "effect", "selling_manager",
        N_("One own deal a quarter at most"),
        N_("One own deal in two to three months is the most that does no harm."),
    ),
    _row(
        "three-month-handover", "C", "effect", "handover",
        N_("Hand everything over within three months"),
        N_("Selling while managing is fine for three months at most; then all clients go over."),
    ),
    _row(
        "handover-keeps-clients", "C", "effect", "handover",
        N_("Clients of a selling manager lose attention"),
        N_("Clients of an overloaded selling manager lose attention until they are handed over."),
    ),
    _row(
        "deal-rescue", "A", "effect", "deal_help",
        N_("The manager's help saves deals"),
        N_("A manager's help in the field saves deals that the rep cannot close."),
    ),
    _row(
        "no-doing-it-for-them", "A", "effect", "deal_help",
        N_("Do not do the reps' work for them"),
        N_("A manager must not do the work of the reps."),
    ),
    _row(
        "reps-copy-boss", "A", "effect", "imitation",
        N_("Reps copy their boss"),
        N_("Reps work the way their manager works."),
    ),
    _row(
        "respect", "A", "effect", "imitation",
        N_("A manager who sells has respect"),
        N_("A manager who sells has the respect of the reps."),
    ),
    _row(
        "seller-coaches-better", "A", "effect", "selling_manager",
        N_("Who sells, coaches better"),
        N_("A manager who sells is up to date and therefore trains better."),
    ),
    _row(
        "bold-goals", "A", "effect", "selling_manager",
        N_("Who sells, sets bold goals"),
        N_("A manager who sells sets goals that are bold and within reach."),
    ),
    _row(
        "star-to-manager", "DE", "effect", "promotion",
        N_("A star seller is no star manager"),
        N_("Star sellers do not become star managers."),
    ),
    _row(
        "manager-fit", "E", "level", "manager_value",
        N_("One manager in six should not be one"),
        N_("Eighteen percent of managers should not be in the role."),
    ),
    _row(
        "plan-first", "C", "level", "plan_and_growth",
        N_("The only task is the plan"),
        N_("The one task of a head of sales is that the plan is met."),
    ),
    _row(
        "two-focuses", "C", "bridge", "plan_and_growth",
        N_("Grow the total, and grow each rep"),
        N_("Growth has two sides: that of the total and that of each rep."),
    ),
    _row(
        "base-and-depth", "C", "bridge", "plan_and_growth",
        N_("More clients active, more from each"),
        N_("A rep grows by a larger active share of the client base and by more from each client."),
    ),
    _row(
        "friendly-is-not-effective", "C", "effect", "climate_and_roles",
        N_("A friendly team may sell nothing"),
        N_("A nice and close team may sell nothing."),
    ),
    _row(
        "reps-leave-at-a-point", "C", "effect", "tenure",
        N_("Reps leave at a certain point"),
        N_("Reps leave after a certain time in the job."),
    ),
    _row(
        "manager-goal-and-pay", "C", "effect", "climate_and_roles",
        N_("Look at the manager's goal and pay"),
        N_("If a team does not sell, look at the goal and the pay of its manager."),
    ),
    _row(
        "means-not-ends", "D", "effect", "kpi_rhythm",
        N_("Manage the means, not the ends"),
        N_("Managers watch results instead of how results come about."),
    ),
    _row(
        "top-versus-average", "D", "effect", "top_performers",
        N_("The secret is what the best do differently"),
        N_("What top reps do differently from average ones is the secret of results."),
    ),
    _row(
        "transfer-skills", "D", "plan", "top_performers",
        N_("Move skills from the top to the rest"),
        N_("Small gains by everyone, taken over from the best, lift the whole."),
    ),
    _row(
        "development-plan", "D", "plan", "top_performers",
        N_("A development plan for each rep"),
        N_("Each rep needs a development plan."),
    ),
    _row(
        "role-clarity", "E", "effect", "climate_and_roles",
        N_("Undefined roles make managers fail"),
        N_("Roles and expectations that nobody defined set managers up to fail."),
    ),
    _row(
        "kpi-rhythm", "E", "effect", "kpi_rhythm",
        N_("Review the figures every week"),
        N_("Meetings, proposals, wins and pipeline should be reviewed every week."),
    ),
    _row(
        "leading-indicators", "E", "effect", "kpi_rhythm",
        N_("Activity leads sales"),
        N_("Figures of activity run ahead of sales."),
    ),
    _row(
        "grow-people-grow-sales", "E", "effect", "manager_value",
        N_("Grow people and sales grow"),
        N_("The job of a manager is to grow people; sales grow with them."),
    ),
    _row(
        "lead-and-manage", "E", "effect", "manager_value",
        N_("Lead people and manage tasks"),
        N_("The best lead people and manage tasks; one without the other is not enough."),
    ),
    _row(
        "programme-beats-market", "E", "effect", "programmes",
        N_("A programme beats the market"),
        N_("A leadership and coaching programme made a firm grow far beyond its market."),
    ),
    _row(
        "scorecard", "B", "level", "clients",
        N_("The manager answers for five results"),
        N_("A manager answers for plan, satisfaction, clients kept, reps kept and finances."),
    ),
    _row(
        "know-the-client", "B", "level", "clients",
        N_("Check whether we know our clients"),
        N_("We may only think that we know what clients want."),
    ),
    _row(
        "satisfaction-keeps-clients", "B", "effect", "clients",
        N_("Satisfied clients stay"),
        N_("Satisfied clients stay and buy."),
    ),
    _row(
        "focus-on-segments", "B", "effect", "segments_and_price",
        N_("Choose target clients, say no to some"),
        N_("A firm without target clients has no strategy."),
    ),
    _row(
        "dream-clients", "B", "level", "segments_and_price",
        N_("The best resources to the best clients"),
        N_("The best resources belong to the clients that need you most."),
    ),
    _row(
        "compete-on-price", "B", "effect", "segments_and_price",
        N_("With nothing special only price is left"),
        N_("Who has nothing distinctive can compete on price only."),
    ),
    _row(
        "price-to-value", "B", "effect", "segments_and_price",
        N_("Work out what it is worth to the client"),
        N_("Working out the value and the price a client accepts is time well spent."),
    ),
    _row(
        "know-competitors", "B", "level", "segments_and_price",
        N_("Watch competitors"),
        N_("Competitors should be watched and respected."),
    ),
    _row(
        "strategy-before-tactics", "B", "bridge", "segments_and_price",
        N_("Wrong targets sink the best tactics"),
        N_("The best tactics fail in the wrong target markets."),
    ),
)  # fmt: skip

ENTRY: Mapping[str, Entry] = {e.slug: e for e in ENTRIES}
