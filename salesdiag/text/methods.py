"""Sentences about methods: what was computed, which rows were left out, why it was refused."""

from salesdiag.text import N_

# what was computed -----------------------------------------------------------------------------

DYNAMIC = N_(
    "Dynamic panel of log revenue with fixed effects of rep (or team) and month, {lags:int} "
    "months of earlier driver and results; leave-one-group-out jackknife (CV3), t({df:int})"
)
DYNAMIC_POISSON = N_(
    "Poisson panel of revenue (months without revenue are many) with fixed effects of rep (or "
    "team) and month, {lags:int} months of earlier driver and results; leave-one-group-out "
    "jackknife (CV3), t({df:int})"
)
SUPPLY = N_("The same with the team's mean per rep in place of what each rep got")
LONG_RUN = N_("Long-run effect of the dynamic panel, carried forward through the rep's own results")
REACTION = N_(
    "Dynamic panel of the driver: does it react to last month's result? Jackknife over groups"
)
HALF_PANEL = N_(
    "Half-panel jackknife of the dynamic panel, which takes out the bias of short panels"
)
BINS = N_(
    "Difference between bins fixed beforehand, within team, given earlier results; "
    "leave-one-group-out jackknife (CV3), t({df:int})"
)
TWO_LINES = N_(
    "Two interrupted lines with the break at {knot:num}, fixed beforehand; jackknife over groups"
)
POOLING = N_(
    "Each team's own estimate drawn towards the company's, as far as the teams resemble each other "
    "(normal hierarchy, half-normal prior on their spread)"
)
WILSON = N_("Share with Wilson interval")
EXACT_SHARE = N_("Share with exact (Clopper-Pearson) interval")
MEAN_SHARE = N_("Mean share over {n:int} managers with t interval")
CHAIN_LADDER = N_(
    "Revenue to date times the ratio of final to revenue to date in {n:int} past periods at the "
    "same point (chain ladder); interval from the errors the rule would have made in them"
)
AVERAGE_PERIOD = N_(
    "Mean of {n:int} past periods, as nothing has come in yet; interval from their spread"
)
PERIOD_OVER = N_("The period is over: its revenue is known")

NAIVE_GROWTH = N_("Pearson correlation of a quarter's hours with growth in the next quarter")
NAIVE_LEVEL = N_("Pearson correlation of mean hours with log mean revenue over reps")
NAIVE_POOLED = N_("Least squares of log revenue on the driver of the month before, over all rows")
NAIVE_TWO_WAY = N_(
    "Fixed effects of rep and month, last month's hours, clustered standard errors, normal "
    "reference"
)
NAIVE_BEFORE_AFTER = N_("Mean log revenue after the start less before it, over teams")

# rows left out, by cause -----------------------------------------------------------------------

CAUSES = {
    "incomplete_month": N_("month not complete"),
    "short_presence": N_("present for less than half of the month"),
    "no_result": N_("no result recorded"),
    "no_earlier_months": N_("earlier months missing"),
    "driver_missing": N_("what is tested was not logged"),
    "earlier_result_missing": N_("earlier result missing"),
    "no_peers": N_("no other rep in the team then"),
    "control_missing": N_("a control is missing"),
    "zero_result": N_("month without revenue"),
    "negative_result": N_("negative revenue"),
    "never_sold": N_("no revenue in any month"),
    "single_row": N_("only one usable month"),
}

# refusals --------------------------------------------------------------------------------------

TOO_FEW_PERIODS = N_(
    "There is only {n:int} usable month after earlier months are set aside; {needed:int} are "
    "needed.",
    "There are only {n:int} usable months after earlier months are set aside; {needed:int} are "
    "needed.",
    count="n",
)
TOO_FEW_GROUPS = N_(
    "There is only {n:int} group of teams with usable months; {needed:int} are needed.",
    "There are only {n:int} groups of teams with usable months; {needed:int} are needed.",
    count="n",
)
TOO_FEW_ROWS = N_("There are {n:int} usable rows for {columns:int} coefficients.")
NO_VARIATION = N_(
    "The driver does not vary enough: nothing of it is left once each rep or team is compared with "
    "itself and months and controls are allowed for."
)
ONE_GROUP_DECIDES = N_("Without one of the groups the effect cannot be estimated.")
NO_CONVERGENCE = N_(
    "The Poisson panel does not settle on an answer: the revenue is in too few months."
)
TOO_FEW_TEAMS = N_(
    "{n:int} team has an estimate of its own; {needed:int} are needed.",
    "{n:int} teams have an estimate of their own; {needed:int} are needed.",
    count="n",
)
NO_SUPPORT = N_(
    "Too few teams ever were at this dose: {groups:int} of the {needed:int} needed moved into or "
    "out of the range {range:text}."
)
RANGE_UP_TO = N_("up to {to:num}")
RANGE_ABOVE = N_("above {above:num}")
RANGE_BETWEEN = N_("above {above:num}, up to {to:num}")
TOO_FEW_PAST_PERIODS = N_(
    "{n:int} past period is too few for a forecast; {needed:int} are needed.",
    "{n:int} past periods are too few for a forecast; {needed:int} are needed.",
    count="n",
)
TOO_FEW_PAIRS = N_("{n:int} pairs are too few for a comparison.")
