"""Sentences of the checks: each says what was looked at and what was seen."""

from salesdiag.text import N_

GROUPS_ENOUGH = N_(
    "The answer rests on {groups:int} independent teams; teams that ever shared a manager count as "
    "one."
)
GROUPS_FEW = N_(
    "Only {groups:int} independent team is there; with fewer than {least:int} no answer for the "
    "company can be told from chance.",
    "Only {groups:int} independent teams are there; with fewer than {least:int} no answer for the "
    "company can be told from chance.",
    count="groups",
)
PERIODS_ENOUGH = N_("{periods:int} months could be used.")
PERIODS_FEW = N_(
    "Only {periods:int} month could be used; fewer than {least:int} leave a rep's own past too "
    "little known.",
    "Only {periods:int} months could be used; fewer than {least:int} leave a rep's own past too "
    "little known.",
    count="periods",
)
LOGS = N_("{share:pct} of the months have no usable record of what is tested.")
LOGS_TOO_FEW = N_(
    "{share:pct} of the months have no usable record of what is tested; above {most:pct} the gaps "
    "themselves may make the answer."
)
SIGNS = N_("{share:pct} of {count:int} reasonable other ways to calculate give the same sign.")
SIGNS_NONE = N_("No other way to calculate could be tried on these data.")
SIGNS_DIFFER = N_(
    "Reasonable other ways to calculate do not agree whether it helps or hurts: only {share:pct} "
    "of {count:int} give the same sign, and {least:pct} were demanded."
)
ONE_TEAM = N_("Whichever team is left out, the answer keeps its sign.")
ONE_TEAM_DECIDES = N_("It hangs on one team: without it the answer would have the opposite sign.")
SHORT_PANEL = N_("The first and the second half of the time tell the same story.")
SHORT_PANEL_DIFFERS = N_(
    "The first and the second half of the time tell stories that differ by more than chance, so "
    "the short history may have bent the answer."
)
SHORT_PANEL_UNKNOWN = N_("The time is too short to compare its first half with its second.")
SECOND_AGREES = N_(
    "A second design, which uses only how much a manager coaches or sells in all and not with "
    "whom, does not disagree ({value:+pct1}, {low:+pct1} to {high:+pct1})."
)
SECOND_DISAGREES = N_(
    "A second design, which uses only how much a manager coaches or sells in all and not with "
    "whom, disagrees ({value:+pct1}, {low:+pct1} to {high:+pct1})."
)
SECOND_NONE = N_("There is too little to run a second design on.")
NO_REACTION = N_("Nothing shows that the manager reacts to last month's result.")
REACTION_UNKNOWN = N_("Whether the manager reacts to last month's result cannot be told.")
REACTS_TO_WEAK = N_(
    "Managers give more to those whose result was weak, which can only make the effect look worse "
    "than it is."
)
REACTS_TO_STRONG = N_(
    "Managers give more to those whose result was strong, which can only make the effect look "
    "better than it is."
)
REACTION_BARS = N_(
    "Managers react to last month's result, which by itself pushes the answer to this side, and "
    "no second design confirms it."
)
ROUNDED = N_(
    "{share:pct} of the logged months are whole or half hours: hours written down roughly make an "
    "effect look smaller than it is."
)
NOT_ROUNDED = N_(
    "{share:pct} of the logged months are whole or half hours, so rounding plays little part."
)
UNSEEN = N_("{foresight} {cause}")
OVERTURNED = {
    1: N_(
        "It is overturned if managers gave more than {tipping:num1} minutes more a month to a rep "
        "about to sell 10% more than the records foretell; up to {floor:num1} minutes are allowed "
        "for."
    ),
    -1: N_(
        "It is overturned if managers took more than {tipping:num1} minutes a month from a rep "
        "about to sell 10% more than the records foretell; up to {floor:num1} minutes are allowed "
        "for."
    ),
}
OVERTURNED_BY_NONE = N_(
    "No foresight that leaves hours and results apart would overturn it; up to {floor:num1} "
    "minutes more a month to a rep about to sell 10% more are allowed for."
)
NOT_OVERTURNED = N_(
    "The interval holds zero, so there is nothing for foresight to overturn; up to {floor:num1} "
    "minutes more a month, given to a rep about to sell 10% more, are allowed for."
)
UNSEEN_CAUSE = N_(
    "What is tested explains {r2:pct1} of what is left of the ups and downs of results; one unseen "
    "cause would have to explain {value:pct1} of what is left of both to leave no effect."
)
UNSEEN_CAUSE_UNKNOWN = N_("How much an unseen cause would have to explain was not worked out.")
SAME_MONTH_SMALL = N_("The month of the hours itself leaves no room for an effect that matters.")
SAME_MONTH_TURNS = N_(
    "With the month of the hours itself the sum is clearly on the other side of zero: what comes "
    "after may only be the way back from it."
)
SAME_MONTH_OPEN = N_(
    "In the month of the hours itself an effect that matters may hide, so nothing is called too "
    "small."
)
PIPELINE_AGREES = N_(
    "The answer stays about the same once the open deals at the end of the month are known."
)
PIPELINE_MOVES = N_(
    "Once the open deals at the end of the month are known, the answer is another: managers may "
    "have seen it coming."
)
CONTROL_STILL = N_("Orders that cannot be moved by it do not move with it, as it should be.")
CONTROL_MOVES = N_(
    "Orders that cannot be moved by it seem to move with it as well, so something else moves both."
)
CONTROL_UNKNOWN = N_("The orders declared as not movable are too few to look at.")
BOOTSTRAP = N_("A wild cluster bootstrap gives p = {p:num}.")
COMMON_ALONE = N_(
    "Whether what moves whole regions or segments makes the answer was not tried: none are known, "
    "or too many for months of their own."
)
COMMON_HELD = N_(
    "Regions or segments that rise and fall by themselves do not make the answer: within them it "
    "stays where it is."
)
COMMON_MOVES = N_(
    "Compared only within regions or segments in the same month, the answer moves from "
    "{value:+pct1} to {other:+pct1}: what moved whole regions or segments may have made it."
)
ENDS_HELD = N_(
    "Reps' own quarter ends do not make the answer: compared only with a rep's same months of "
    "other quarters, it stays where it is."
)
ENDS_MOVE = N_(
    "Compared only with a rep's same months of other quarters, the answer moves from "
    "{value:+pct1} to {other:+pct1}: reps who close at the end of quarters, and what goes before "
    "it, may have made it."
)
ENDS_SHORT = N_(
    "Whether reps' own quarter ends make the answer cannot be told from fewer than {least:int} "
    "months."
)
TAILS_HELD = N_("A few extreme months do not make the answer: it stays where it is without them.")
TAILS_MOVE = N_(
    "With extreme months drawn in, or money counted in place of logarithms, the answer moves from "
    "{value:+pct1} to {other:+pct1}: a few extreme months may have made it, and its size is not "
    "told."
)
TAILS_UNKNOWN = N_("Whether a few extreme months make the answer could not be worked out.")
ABSENCES_AGREE = N_(
    "Managers' absences bear it out: an hour lost changed results by {value:+pct1} ({low:+pct1} to "
    "{high:+pct1})."
)
ABSENCES_OPEN = N_(
    "Managers' absences do not speak against it, but tell little: an hour may do anything from "
    "{low:+pct1} to {high:+pct1}."
)
ABSENCES_SILENT = N_(
    "Managers' absences tell nothing about hours: too few hours were lost to divide by them."
)
ABSENCES_CONTRADICT = N_(
    "Managers' absences contradict it: by them an hour does {value:+pct1} ({low:+pct1} to "
    "{high:+pct1}), which has no value in common with the answer."
)
ABSENCES_BENT = N_("Managers' absences cannot be used: results had moved before they began.")
ABSENCES_FEW = N_("Managers' absences cannot be used yet: {reason:text}")
UP_TO_LIMIT_FREE = N_("Up to the limit no harm is seen.")
UP_TO_LIMIT_HARM = N_(
    "Even up to the limit the others sell less, so the limit is not where harm begins."
)
UP_TO_LIMIT_UNKNOWN = N_("Whether there is harm up to the limit cannot be told.")

# own deals of managers

QUARTERS_ENOUGH = N_("{quarters:int} quarters could be used.")
QUARTERS_FEW = N_(
    "Only {quarters:int} quarter could be used; fewer than {least:int} leave what is usual for a "
    "team too little known.",
    "Only {quarters:int} quarters could be used; fewer than {least:int} leave what is usual for a "
    "team too little known.",
    count="quarters",
)
WITHIN_STANDS = N_(
    "Managers may sell because of the team's result. If they sell in answer to each month of a "
    "quarter as much as to the month before it, an own deal still stands for {value:+pct1} "
    "({low:+pct1} to {high:+pct1})."
)
WITHIN_FALLS = N_(
    "The team's result may be the cause. If managers sell in answer to each month of a quarter as "
    "much as to the month before it, too little may be left of the effect ({value:+pct1} per own "
    "deal, {low:+pct1} to {high:+pct1})."
)
WITHIN_UNKNOWN = N_(
    "Whether managers sell in answer to their team's result cannot be told, so the team's result "
    "may be the cause."
)
MANAGERS_AGREE = N_(
    "Where another manager came, who sold more or less than the one before, the answer does not "
    "differ ({value:+pct1} per own deal, {low:+pct1} to {high:+pct1})."
)
MANAGERS_DISAGREE = N_(
    "Where another manager came, who sold more or less than the one before, the answer is another "
    "({value:+pct1} per own deal, {low:+pct1} to {high:+pct1})."
)
MANAGERS_NONE = N_(
    "Too few teams had two managers of at least two quarters each to see what happened where one "
    "sold more than the other."
)
TIPPING_SHORT = N_(
    "It would be overturned if managers closed {deals:num1} own deals more in a quarter in which "
    "the others fall 10% short."
)
TIPPING_OVER = N_(
    "It would be overturned if managers closed {deals:num1} own deals more in a quarter in which "
    "the others sell 10% more than usual."
)
TIPPING_NONE = N_("The interval holds zero, so there is nothing for a reaction to overturn.")
TIPPING_UNKNOWN = N_(
    "How strongly managers would have to answer the same quarter's result to explain the effect "
    "was not worked out."
)
TAKEN = N_(
    "{taken:int} of {known:int} own deal was with a client of a rep of the team when it began; "
    "such a deal would be missing in the others' sales because it was moved.",
    "{taken:int} of {known:int} own deals were with a client of a rep of the team when they began; "
    "such deals would be missing in the others' sales because they were moved.",
    count="known",
)
TAKEN_UNKNOWN = N_(
    "Whether own deals were taken from reps cannot be told: the data do not say whose clients are "
    "whose, or when deals began."
)
BEGINS_AT_LIMIT = N_(
    "A deal beyond the limit does more than one up to it, or one up to it nothing."
)
BEGINS_UNKNOWN = N_(
    "Whether a deal beyond the limit does more harm than one up to it cannot be told, so that "
    "harm, if there is any, may begin with the first deal."
)
HIGH_DOSE_SMALL = N_(
    "At {dose:num1} own deals a quarter, which one team-quarter in ten exceeds, the effect is too "
    "small to matter, too ({low:+pct1} to {high:+pct1})."
)
HIGH_DOSE_OPEN = N_(
    "At {dose:num1} own deals a quarter, which one team-quarter in ten exceeds, the effect may "
    "well matter ({low:+pct1} to {high:+pct1})."
)
AFTER = N_(
    "In the quarter after, an own deal stands for {value:+pct1} in the others' sales ({low:+pct1} "
    "to {high:+pct1})."
)
AFTER_UNKNOWN = N_("What happens in the quarter after cannot be told.")
PLAIN_SAME = N_(
    "A plain comparison of all team-quarters has the same sign ({plain:+pct1} per own deal; the "
    "answer is {estimate:+pct1})."
)
PLAIN_UNKNOWN = N_("How the answer differs from a plain comparison could not be worked out.")
PLAIN_TURNS = {
    ("within", 1): N_(
        "A plain comparison has the other sign ({plain:+pct1} per own deal), because managers who "
        "sell more lead teams that sell more anyway: within one team it is {within:+pct1}, and the "
        "answer {estimate:+pct1}."
    ),
    ("within", -1): N_(
        "A plain comparison has the other sign ({plain:+pct1} per own deal), because managers who "
        "sell more lead teams that sell less anyway: within one team it is {within:+pct1}, and the "
        "answer {estimate:+pct1}."
    ),
    ("quarters", 1): N_(
        "A plain comparison has the other sign ({plain:+pct1} per own deal), because managers sell "
        "more in quarters in which all teams sell more: within teams it is {within:+pct1}, within "
        "quarters too {quarters:+pct1}, and the answer {estimate:+pct1}."
    ),
    ("quarters", -1): N_(
        "A plain comparison has the other sign ({plain:+pct1} per own deal), because managers sell "
        "more in quarters in which all teams sell less: within teams it is {within:+pct1}, within "
        "quarters too {quarters:+pct1}, and the answer {estimate:+pct1}."
    ),
    ("estimate", 1): N_(
        "A plain comparison has the other sign ({plain:+pct1} per own deal), because managers sell "
        "more in quarters that follow good months: without these months it is {quarters:+pct1}, "
        "and the answer {estimate:+pct1}."
    ),
    ("estimate", -1): N_(
        "A plain comparison has the other sign ({plain:+pct1} per own deal), because managers sell "
        "more in quarters that follow bad months: without these months it is {quarters:+pct1}, and "
        "the answer {estimate:+pct1}."
    ),
}
"""Why a plain comparison has the other sign: by the step that turns it, and the plain sign."""
DIP_UNKNOWN = N_(
    "Too few had earlier months to compare the last ones before the start with; whether the "
    "measure followed a bad spell cannot be told."
)
DIP_NONE = N_(
    "In the last {months:int} months before the start, those who took it up stood no lower than "
    "others did ({value:+pct1})."
)
DIP = N_(
    "In the last {months:int} months before the start, those who took it up had fallen behind "
    "({value:+pct1}): part of what came after is recovery."
)
PATHS = N_(
    "Had those who took it up parted from the others after the start in steps of {whole:num} times "
    "the largest before it (each step three months; {first:num} times for the first three months "
    "alone), there need be no effect."
)
PATHS_UNKNOWN = N_(
    "Too few had nine months before the start; how far the paths may part until no effect is left "
    "cannot be told."
)
