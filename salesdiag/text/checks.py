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
    "Only {share:pct} of {count:int} reasonable other ways to calculate give the same sign; "
    "{least:pct} were demanded."
)
ONE_TEAM = N_("Whichever team is left out, the answer keeps its sign.")
ONE_TEAM_DECIDES = N_("Without a single team the answer would have the opposite sign.")
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
    "Managers react to last month's result, the answer lies on the side to which this bends it, "
    "and no second design confirms it alone."
)
ROUNDED = N_(
    "{share:pct} of the logged months are whole or half hours: hours written down roughly make an "
    "effect look smaller than it is."
)
NOT_ROUNDED = N_(
    "{share:pct} of the logged months are whole or half hours, so rounding plays little part."
)
UNSEEN = N_("{foresight} {cause}")
OVERTURNED = N_(
    "It is overturned if managers gave more than {tipping:num1} minutes more a month to a rep "
    "about to sell 10% more than the records foretell; up to {floor:num1} minutes are allowed for."
)
NOT_OVERTURNED = N_(
    "The interval holds zero, so there is nothing for foresight to overturn; up to {floor:num1} "
    "minutes more a month to a rep about to sell 10% more are allowed for."
)
UNSEEN_CAUSE = N_(
    "What is tested explains {r2:pct1} of what is left of the result; one unseen cause would have "
    "to explain {value:pct1} of what is left of both to leave nothing."
)
UNSEEN_CAUSE_UNKNOWN = N_("How much an unseen cause would have to explain was not worked out.")
SAME_MONTH_SMALL = N_("The month of the hours itself leaves no room for an effect that matters.")
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
UP_TO_LIMIT_FREE = N_("Up to the limit no harm is seen.")
UP_TO_LIMIT_HARM = N_(
    "Even up to the limit the others sell less, so the limit is not where harm begins."
)
UP_TO_LIMIT_UNKNOWN = N_("Whether there is harm up to the limit cannot be told.")
