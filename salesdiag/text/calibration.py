"""Sentences of the calibration."""

from collections.abc import Callable

from salesdiag.text import N_, Message, weeks

NO_SUCH_WORLD = N_("There is no world {names:list}; known are {known:list}.")
NOT_POSITIVE = N_("The number of companies and of jobs must be 1 or more.")
OTHER_CODE = N_(
    "The folder {folder:text} holds counts made by another version of the code; nothing was "
    "changed. Choose another folder, or remove this one."
)

# What stands on a page

TRIED = N_(
    "The same tests were run on planted companies: invented ones of many kinds, whose truth is "
    "known. So wrong verdicts can be counted."
)
NOT_THIS_VERDICT = N_(
    "These are shares of planted companies, of those without an effect or of those with one. They "
    "are not the probability that a verdict on this page is wrong: that also depends on how common "
    "such effects are, and on how much this company is like the planted ones."
)
FALSE = N_(
    "In {companies:int} planted company of {kinds:text} without any such effect, {supported:pct1} "
    "was told “supported” (in the worst kind {supported_worst:pct1}) and {contradicted:pct1} "
    "“contradicted” (in the worst kind {contradicted_worst:pct1}).",
    "Of {companies:int} planted companies of {kinds:text} without any such effect, "
    "{supported:pct1} were told “supported” (in the worst kind {supported_worst:pct1}) and "
    "{contradicted:pct1} “contradicted” (in the worst kind {contradicted_worst:pct1}).",
    count="companies",
)
KIND_COUNT = N_("{n:int} kind", "{n:int} kinds", count="n")
PLAIN_FOUND = N_(
    "At p below 5% our test would have “found” an effect in {ours:pct1} of them, and "
    "{analysis:text} in {share:pct1}."
)
BEST_FOUND = N_("The best of {n:int} usual analyses would have in {least:pct1}.")
FOUND = N_(
    "Where an effect of {effect:text} was planted, the verdict said so in {found:pct1} of "
    "{planted:int} company.",
    "Where an effect of {effect:text} was planted, the verdict said so in {found:pct1} of "
    "{planted:int} companies.",
    count="planted",
)
CALLED_SMALL = N_("In {share:pct1} it wrongly said that the effect is too small to matter.")
WRONG_SIDE = N_("Of the verdicts for or against it there, {share:pct1} named the wrong direction.")
RESOLUTION = N_(
    "Of the kind that was counted least there was {least:int} company: a share of 0 can still hide "
    "up to {most:pct1}.",
    "Of the kind that was counted least there were {least:int} companies: a share of 0 can still "
    "hide up to {most:pct1}.",
    count="least",
)
SLACK = N_(
    "A warning stands where a figure lies beyond what was asked by more than two of its own "
    "standard errors; smaller excesses are in the project's calibration document."
)
NOT_COUNTED = N_("How often verdicts on this are wrong was not counted.")
NONE_COUNTED = N_("No claim on this page is one whose wrong verdicts were counted.")
CAPTION = N_("Mean over the kinds; in brackets how far the worst kind may reach")
CLAIM_HEAD = N_("Claim")
FALSE_SUPPORT_HEAD = N_("No effect: wrongly supported")
FALSE_CONTRADICTION_HEAD = N_("No effect: wrongly contradicted")
HELD_HEAD = N_("95% range held the truth, by kind")
FOUND_HEAD = N_("Effect planted: found")
SIGN_HEAD = N_("Wrong direction")
WITH_WORST = N_("{share:pct1} (≤ {high:pct1})")
WITH_LEAST = N_("{share:pct1} (≥ {least:pct1})")
SPAN = N_("{least:text} to {most:text}")
SHARE = N_("{share:pct1}")

OF_COMPANIES = {
    "supported": N_(
        "Of {n:int} planted company without such an effect, {share:pct1} was told “supported”.",
        "Of {n:int} planted companies without such an effect, {share:pct1} were told “supported”.",
        count="n",
    ),
    "contradicted": N_(
        "Of {n:int} planted company without such an effect, {share:pct1} was told “contradicted”.",
        "Of {n:int} planted companies without such an effect, {share:pct1} were told "
        "“contradicted”.",
        count="n",
    ),
    "negligible": N_(
        "Of {n:int} planted company with an effect of {effect:text}, {share:pct1} was told that it "
        "is too small to matter.",
        "Of {n:int} planted companies with an effect of {effect:text}, {share:pct1} were told that "
        "it is too small to matter.",
        count="n",
    ),
    "found": N_(
        "Of {n:int} planted company with an effect of {effect:text}, {share:pct1} was told so; "
        "“cannot be told” is no evidence that there is none.",
        "Of {n:int} planted companies with an effect of {effect:text}, {share:pct1} were told so; "
        "“cannot be told” is no evidence that there is none.",
        count="n",
    ),
}
OF_TEAMS = {
    "supported": N_(
        "Of the teams of {n:int} planted company without such an effect, {share:pct1} were told "
        "“supported”.",
        "Of the teams of {n:int} planted companies without such an effect, {share:pct1} were told "
        "“supported”.",
        count="n",
    ),
    "contradicted": N_(
        "Of the teams of {n:int} planted company without such an effect, {share:pct1} were told "
        "“contradicted”.",
        "Of the teams of {n:int} planted companies without such an effect, {share:pct1} were told "
        "“contradicted”.",
        count="n",
    ),
    "negligible": N_(
        "Of the teams of {n:int} planted company with an effect of {effect:text}, {share:pct1} "
        "were told that it is too small to matter.",
        "Of the teams of {n:int} planted companies with an effect of {effect:text}, {share:pct1} "
        "were told that it is too small to matter.",
        count="n",
    ),
    "found": N_(
        "Of the teams of {n:int} planted company with an effect of {effect:text}, {share:pct1} "
        "were told so; “cannot be told” is no evidence that there is none.",
        "Of the teams of {n:int} planted companies with an effect of {effect:text}, {share:pct1} "
        "were told so; “cannot be told” is no evidence that there is none.",
        count="n",
    ),
}
"""Of companies or teams without an effect, those told a verdict; with one, those told of it."""

WARNING = N_("Warning: {failures:list}.")
FAILED = {
    "false": N_(
        "false verdicts came too often in planted companies of the kind {kinds:list}",
        "false verdicts came too often in planted companies of the kinds {kinds:list}",
        count="n",
    ),
    "small": N_(
        "effects that matter were called too small in planted companies of the kind {kinds:list}",
        "effects that matter were called too small in planted companies of the kinds {kinds:list}",
        count="n",
    ),
    "ranges": N_(
        "the 95% range missed the truth too often in planted companies of the kind {kinds:list}",
        "the 95% range missed the truth too often in planted companies of the kinds {kinds:list}",
        count="n",
    ),
    "signs": N_(
        "the wrong direction was named too often in planted companies of the kind {kinds:list}",
        "the wrong direction was named too often in planted companies of the kinds {kinds:list}",
        count="n",
    ),
}
QUOTED = N_("“{kind:text}” ({share:pct1}; asked {allowed:pct1})")

PLAIN = {
    "growth_correlation": N_("a correlation of {driver:text} with growth"),
    "level_correlation": N_("a correlation of {driver:text} with sales"),
    "before_after": N_("a comparison before and after the month with most {driver:text}"),
    "pooled_regression": N_("a plain regression of sales on {driver:text}"),
    "two_way_fixed_effects": N_("a regression of sales on {driver:text} with fixed effects"),
}
"""What is done with such data today."""
OTHER_PLAIN = N_("a plain analysis of {driver:text} ({name:name})")
DRIVERS = {
    "coaching_hours": N_("coaching hours"),
    "manager_deals_quarter": N_("the manager's own deals"),
}
OTHER_DRIVER = N_("what was tried")

# Kinds of planted company

KINDS: dict[str, Callable[..., Message]] = {
    "null": N_("like the bundled example, with none of its effects"),
    "random": N_("nothing misleads: managers coach at random"),
    "strugglers": N_("managers coach reps in a bad spell"),
    "strugglers-hidden": N_("managers coach strugglers by much that the data do not show"),
    "winners-hidden": N_("managers coach winners by much that the data do not show"),
    "winners": N_("managers coach reps in a good spell"),
    "adverse": N_("weak reps are coached, and the logs have gaps and guesses"),
    "W0": N_("clean figures, and managers coach at random"),
    "W1": N_("managers coach their weakest reps"),
    "W2": N_("managers coach last month's strugglers"),
    "W2b": N_("managers coach last month's strugglers, and a bad month lasts"),
    "W3": N_("strong teams are coached more, and in them the weakest reps"),
    "W3b": N_("managers coach more when their whole team struggles"),
    "W4": N_("five teams"),
    "W4b": N_("five teams, and managers coach last month's strugglers"),
    "W5": N_("managers coach last month's strugglers, and weak reps leave"),
    "W6": N_("managers coach last month's strugglers, and short coaching is not logged"),
    "W7": N_("a team's bad spell lasts for months, and so do coaching habits"),
    "W8": N_("everything misleads at once"),
    "W9": N_("managers coach reps who are on the rise"),
    "heavy-tails": N_("a few huge months and orders"),
    "zero-inflated": N_("nothing is invoiced in one month of seven"),
    "invoice-lag": N_("a third of sales is booked a month late"),
    "region-shocks": N_("slumps that hit a whole region"),
    "huge-team": N_("one team as large as the next six"),
    "few-switches": N_("coaching is changed only twice a year"),
    "unbalanced": N_("two teams of five are known for part of the time only"),
    "promotions": N_(
        "managers change often, each a promoted rep who keeps old clients for a while"
    ),
    "heaped-logs": N_("logs filled in from memory, to the hour"),
    "selling-reacts": N_("managers sell more when their team struggles"),
    "selling-loads": N_("managers sell more when their team does well"),
    "planted-W0": N_("clean figures, and an hour of coaching adds 1%"),
    "planted-W2": N_("managers coach last month's strugglers, and an hour adds 1%"),
    "planted-W2b": N_("managers coach last month's strugglers, a bad month lasts, an hour adds 1%"),
    "planted-W4b": N_("five teams, managers coach last month's strugglers, an hour adds 1%"),
    "planted-W5": N_("managers coach last month's strugglers, weak reps leave, an hour adds 1%"),
    "planted-W6": N_(
        "managers coach last month's strugglers, short coaching is not logged, an hour adds 1%"
    ),
    "planted": N_("nothing misleads, and an hour of coaching adds 1%"),
    "planted-adverse": N_("weak reps are coached, logs have gaps and guesses, an hour adds 1%"),
    "planted-strugglers": N_("managers coach reps in a bad spell, and an hour adds 1%"),
    "planted-winners": N_("managers coach reps in a good spell, and an hour adds 1%"),
    "planted-demo": N_("like the bundled example, and an hour of coaching adds 2%"),
    "margin-W2": N_("managers coach last month's strugglers, and an hour adds just what matters"),
    "margin-W6": N_("short coaching is not logged, and an hour adds just what matters"),
    "margin-heaped": N_("logs filled in from memory, and an hour adds more than what matters"),
    "unequal": N_("managers coach last month's strugglers, and some of them coach much better"),
    "harmful": N_("nothing misleads, and an hour of coaching costs 1%"),
    "harmful-strugglers": N_("managers coach reps in a bad spell, and an hour costs 1%"),
    "selling": N_("each own deal of the manager costs the others 3% of the same quarter"),
    "selling-demo": N_("like the bundled example, and each own deal costs the others 3%"),
    "one-deal": N_("each own deal beyond the first costs the others 6%"),
    "one-deal-demo": N_(
        "like the bundled example, and each own deal beyond the first costs the others 6%"
    ),
    "selling-helping": N_("each own deal adds 3% to what the others sell in the same quarter"),
    "selling-after": N_(
        "each own deal costs the others 5% in the quarter after, and nothing before"
    ),
    "selling-months": N_("each own deal costs the others 3% in each of the three months after it"),
    "leaving": N_("reps leave at no special point"),
    "leaving-demo": N_("like the bundled example, and reps leave at no special point"),
    "leaving-point": N_("at one point three times as many reps leave"),
    "review": N_("a weekly review starts in some teams, and does nothing"),
    "review-dip": N_("a weekly review starts after a bad spell, and does nothing"),
    "review-planted": N_("a weekly review adds 10% to meetings"),
    "behaviours": N_("no behaviour makes a difference"),
    "behaviours-halo": N_("no behaviour makes a difference, and managers rate by results"),
    "behaviours-one": N_("one behaviour makes a difference"),
} | weeks.KINDS
OTHER_KIND = N_("{name:name}")

# Drawings of the counts

ANALYSES = {
    "randomisation": N_("randomisation inference"),
    "finding": N_("the finding"),
    "test": N_("the test"),
    "second_design": N_("the second design"),
    "team": N_("teams, given all teams"),
    "team_alone": N_("teams alone"),
    "team_plug_in": N_("teams, plug-in Bayes"),
    "growth_correlation": N_("correlation with growth"),
    "level_correlation": N_("correlation with sales"),
    "before_after": N_("before and after"),
    "pooled_regression": N_("pooled regression"),
    "two_way_fixed_effects": N_("two-way fixed effects"),
    "month_by_month": N_("month by month"),
    "gap_by_gap": N_("gap by gap"),
    "twelve_looks": N_("the finding, looked at twelve times"),
    "tipping_foresight": N_("the foresight that would overturn it, at most what there is"),
}
NULL_KINDS = N_("nothing is true")
PLANTED_KINDS = N_("an effect is planted")
FALSE_AXIS = N_("share that found something; grey: what is allowed; line: 5%")
COVERED_AXIS = N_("95% ranges that hold the truth; grey: what is allowed")
NOTHING_COUNTED = N_("Nothing was counted of the claim {claim:name} that this drawing shows.")
