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
CUMULATIVE = N_(
    "Dynamic panel of log revenue with fixed effects of rep (or team) and month, {lags:int} "
    "months of earlier driver and results, bias of fixed effects taken out; effects of months 1 to "
    "{months:int} added up by its dynamic multipliers; leave-one-group-out jackknife (CV3), "
    "t({df:int})"
)
CUMULATIVE_POISSON = N_(
    "Poisson panel of revenue (months without revenue are many) with fixed effects of rep (or "
    "team) and month, {lags:int} months of earlier driver and results; effects of months 1 to "
    "{months:int} added up by its dynamic multipliers; leave-one-group-out jackknife (CV3), "
    "t({df:int})"
)
REACTION = N_(
    "Dynamic panel of the driver: does it react to last month's result? Jackknife over groups"
)
HALF_PANEL = N_(
    "Half-panel jackknife of the dynamic panel, which takes out the bias of short panels"
)
ABSENCES = N_(
    "Difference in differences around the start of managers' absences, each against teams whose "
    "managers were there (stacked events), per hour lost; Anderson-Rubin interval, jackknife over "
    "groups, t({df:int})"
)
QUARTER_LINE = N_(
    "Log revenue of the others per rep-month on the manager's own deals of the same quarter, a "
    "line broken at {knot:num}, with fixed effects of team and quarter and the results of the "
    "three months before; leave-one-group-out jackknife (CV3) over {groups:int} groups"
)
QUARTER_POISSON = N_(
    "Poisson panel of the others' revenue per rep-month (quarters without revenue are many) on the "
    "manager's own deals of the same quarter, a line broken at {knot:num}, with fixed effects of "
    "team and quarter and the results of the three months before; leave-one-group-out jackknife "
    "(CV3) over {groups:int} groups"
)
QUARTER_BINS = N_("The same with quarters of no, one, two, and three or more own deals apart")
QUARTER_REACTION = N_(
    "Own deals of the month after a quarter on the others' result of its last month, given its "
    "other months and its own deals; jackknife over groups"
)
QUARTER_MANAGERS = N_(
    "Only changes of manager: each manager's mean own deals in a team, with effects of team and "
    "quarter; jackknife over groups"
)
QUARTER_AFTER = N_(
    "Own deals of the quarter before, given those of the quarter; jackknife over groups"
)
QUARTER_OTHER = N_("The same with other controls")
ADOPTION = N_(
    "Difference from what unit and month effects of the months without the measure predict "
    "(imputation, staggered differences in differences); leave-one-group-out jackknife, t with "
    "{df:num} degrees of freedom (Welch: groups with the measure and others apart)"
)
ADOPTION_PLACEBO = N_(
    "The same for the last {months:int} months before the start, predicted from those before them"
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
    "same point (chain ladder), the latest weighing most, carried on with its drift; interval from "
    "the errors the rule made in them, each forecast from those before it"
)
AVERAGE_PERIOD = N_(
    "Level of {n:int} past periods, the latest weighing most, carried on with its drift, as "
    "nothing has come in yet; interval from the errors the rule made in them, each forecast from "
    "those before it"
)
PERIOD_OVER = N_("The period is over: its revenue is known")
KAPLAN_MEIER = N_("Kaplan-Meier curve with late entry; Greenwood interval")
HAZARD_REGRESSION = N_(
    "Complementary log-log regression of person-months on log tenure and what is tested; "
    "leave-one-group-out jackknife (CV3), t({df:int})"
)
HAZARD_SCAN = N_(
    "Largest excess of leavers over smooth hazards (Weibull, natural cubic splines of log tenure) "
    "in {windows:int} windows of {shortest:int} to {longest:int} months of tenure; p-value the "
    "largest from {draws:int} companies drawn from each smooth hazard and scanned alike"
)

MAX_T = N_(
    "Slopes of the result on {k:int} behaviours within team, standard errors robust to unequal "
    "scatter (HC3); p-values and intervals hold for all together, from {n:int} arrangements of the "
    "results within teams (Westfall-Young max-T)"
)
MAX_T_EXACT = N_(
    "Slopes of the result on {k:int} behaviours within team, standard errors robust to unequal "
    "scatter (HC3); p-values and intervals hold for all together, from all {n:int} arrangements of "
    "the results within teams (Westfall-Young max-T)"
)
CALENDAR = N_(
    "Exploratory, this team alone: slope of log results on the month before with effects of rep "
    "and month and earlier results ({reps:int} reps, {months:int} months), compared with {n:int} "
    "calendars in which each rep's months are turned in a circle"
)

NAIVE_TOP_GAP = N_(
    "Top fifth of people less the middle three fifths, in SD; Welch's t-test for each behaviour, "
    "as if it were the only one"
)
NAIVE_GROWTH = N_("Pearson correlation of a quarter's hours with growth in the next quarter")
NAIVE_LEVEL = N_("Pearson correlation of mean hours with log mean revenue over reps")
NAIVE_POOLED = N_("Least squares of log revenue on the driver of the month before, over all rows")
NAIVE_QUARTERS = N_(
    "Least squares of the others' log revenue on the manager's own deals of the same quarter, over "
    "all team-quarters"
)
NAIVE_TWO_WAY = N_(
    "Fixed effects of rep and month, last month's hours, clustered standard errors, normal "
    "reference"
)
NAIVE_BEFORE_AFTER = N_("Mean log revenue after the start less before it, over teams")
NAIVE_TENURE_MONTHS = N_(
    "Each month of tenure tested against all others; month {month:int} stands out most"
)
NAIVE_TENURE_HISTOGRAM = N_(
    "Histogram of the tenure of leavers by half-years; most left in months {first:int} to "
    "{last:int}"
)

# rows left out, by cause -----------------------------------------------------------------------

CAUSES = {
    "incomplete_month": N_("month not complete"),
    "incomplete_quarter": N_("quarter not complete"),
    "no_manager": N_("no manager for a part of the quarter"),
    "short_presence": N_("present for less than half of the month"),
    "no_result": N_("no result recorded"),
    "no_earlier_months": N_("earlier months missing"),
    "driver_missing": N_("what is tested was not logged"),
    "earlier_result_missing": N_("earlier result missing"),
    "no_team": N_("team not known"),
    "no_peers": N_("no other rep in the team then"),
    "control_missing": N_("a control is missing"),
    "zero_result": N_("month without revenue"),
    "negative_result": N_("negative revenue"),
    "never_sold": N_("no revenue in any month"),
    "single_row": N_("only one usable month"),
    "tenure_unknown": N_("tenure or leaving not known"),
    "before_hiring": N_("there before being hired"),
    "no_month_at_risk": N_("no whole month of tenure in the data"),
    "later_tenure": N_("tenure beyond the months looked at"),
    "always_treated": N_("no month without the measure to compare with"),
    "few_months_before": N_("too few months before the measure"),
    "one_category": N_("month in which one category of time alone was logged"),
    "no_quota": N_("sales without a quota for the month"),
    "nobody_without": N_("nobody without the measure left to compare with"),
}

# refusals --------------------------------------------------------------------------------------

TOO_FEW_PERIODS = N_(
    "There is only {n:int} usable month after earlier months are set aside; {needed:int} are "
    "needed.",
    "There are only {n:int} usable months after earlier months are set aside; {needed:int} are "
    "needed.",
    count="n",
)
TOO_FEW_PERIODS_QUARTERS = N_(
    "{n:int} usable quarter is left once earlier months are set aside; needed: {needed:int}.",
    "{n:int} usable quarters are left once earlier months are set aside; needed: {needed:int}.",
    count="n",
)
DOSE_STAYS = N_(
    "In {groups:int} independent team managers sold more in one quarter than in another; "
    "{needed:int} are needed.",
    "In {groups:int} independent teams managers sold more in one quarter than in another; "
    "{needed:int} are needed.",
    count="groups",
)
TOO_FEW_CHANGES = N_(
    "{n:int} independent team had two managers of two quarters each; {needed:int} are needed.",
    "{n:int} independent teams had two managers of two quarters each; {needed:int} are needed.",
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
TOO_FEW_ABSENCES = N_(
    "{n:int} independent team had a manager away for a month or more, with six months before it "
    "in which nobody was, and other teams to compare with; {needed:int} are needed.",
    "{n:int} independent teams had a manager away for a month or more, with six months before it "
    "in which nobody was, and other teams to compare with; {needed:int} are needed.",
    count="n",
)
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
RANGE_ABOVE = N_("above {above:num}")
TOO_FEW_PAST_PERIODS = N_(
    "{n:int} past period is too few for a forecast; {needed:int} are needed.",
    "{n:int} past periods are too few for a forecast; {needed:int} are needed.",
    count="n",
)
TOO_FEW_PAIRS = N_("{n:int} pairs are too few for a comparison.")
TOO_FEW_ADOPTERS = N_(
    "{n:int} group has months both without and with the measure; {needed:int} are needed.",
    "{n:int} groups have months both without and with the measure; {needed:int} are needed.",
    count="n",
)
TOO_FEW_MONTHS_BEFORE = N_(
    "{n:int} group has {months:int} months or more on record before it took the measure up; "
    "{needed:int} are needed.",
    "{n:int} groups have {months:int} months or more on record before they took the measure up; "
    "{needed:int} are needed.",
    count="n",
)
NOBODY_WITHOUT = N_(
    "{n:int} group took the measure up while others were without it; {needed:int} are needed: with "
    "nobody left without the measure there is nothing to compare with.",
    "{n:int} groups took the measure up while others were without it; {needed:int} are needed: "
    "with nobody left without the measure there is nothing to compare with.",
    count="n",
)
TOO_MANY_ZEROS = N_(
    "{share:pct} of the months have nothing to take a logarithm of; more than {most:pct} mislead."
)
TOO_FEW_PEOPLE = N_(
    "{n:int} person has results and colleagues to compare with; {needed:int} are needed.",
    "{n:int} people have results and colleagues to compare with; {needed:int} are needed.",
    count="n",
)
TOO_FEW_ARRANGEMENTS = N_(
    "Only {n:int} arrangements of these data are possible; {needed:int} are needed to tell an "
    "effect from chance."
)
NONE_HELD_OUT = N_(
    "There are too few people to hold half of them out: the smaller half has {n:int}, and "
    "{needed:int} are needed."
)
RESULTS_ALIKE = N_("Results do not differ between the members of any team.")
NO_BEHAVIOUR = N_("None of these can be tested: {names:list}.")
BEHAVIOUR_ALIKE = N_("{name:name} does not differ enough between members of one team.")
BEHAVIOUR_UNKNOWN = N_(
    "{name:name} is known of {n:int} person with colleagues; {needed:int} are needed.",
    "{name:name} is known of {n:int} people with colleagues; {needed:int} are needed.",
    count="n",
)
ONE_REP = N_("Only one rep has usable months; months can only be allowed for with two or more.")
TOO_FEW_LEAVERS = N_(
    "{n:int} leaver is too few; {needed:int} are needed.",
    "{n:int} leavers are too few; {needed:int} are needed.",
    count="n",
)
TENURE_NOT_COVERED = N_(
    "Fewer than {needed:int} reps were watched from their hiring on, so that the share still "
    "there cannot be counted from the start."
)
TENURE_TOO_SHORT = N_(
    "Enough reps were watched in only {n:int} month of tenure; {needed:int} are needed.",
    "Enough reps were watched in only {n:int} months of tenure; {needed:int} are needed.",
    count="n",
)
