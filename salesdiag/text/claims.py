"""Sentences shared by the claims: what records they need, what was measured, what may be wrong."""

from salesdiag.text import N_

NEEDS = N_("It needs {needs:list}, which these data do not have.")
NOT_YET = N_("This version has no test for the claim yet.")
TOO_SMALL_A_GROUP = N_(
    "Withheld: the figure would be about fewer than {minimum:int} reps of the team."
)
TOO_FEW = {
    "people": N_(
        "Withheld: the figure would be about {count:int} person; at least {minimum:int} are "
        "needed, so that nobody can be recognised.",
        "Withheld: the figure would be about {count:int} people; at least {minimum:int} are "
        "needed, so that nobody can be recognised.",
        count="count",
    ),
    "managers": N_(
        "Withheld: the figure would be about {count:int} manager; at least {minimum:int} are "
        "needed, so that nobody can be recognised.",
        "Withheld: the figure would be about {count:int} managers; at least {minimum:int} are "
        "needed, so that nobody can be recognised.",
        count="count",
    ),
}

RECORDS = {
    "people": N_("a list of people"),
    "teams": N_("a list of teams"),
    "assignments": N_("who was in which team when"),
    "quotas": N_("quotas"),
    "accounts": N_("a list of clients with their owners"),
    "account_owners": N_("who had which client when"),
    "orders": N_("orders"),
    "orders|opportunities.amount": N_("orders or deals won"),
    "opportunities": N_("deals"),
    "opportunities.manager_joined_on": N_("the day the manager joined a deal"),
    "opportunities.pre_call_on": N_("the day a deal was prepared with the manager"),
    "opportunities.debriefed_on": N_("the day a deal was talked over afterwards"),
    "stage_events": N_("the history of deal stages"),
    "activities": N_("a log of meetings and calls"),
    "coaching": N_("a log of coaching contacts"),
    "coaching.minutes": N_("a log of coaching contacts with their minutes"),
    "team_meetings": N_("a log of team meetings"),
    "time_log": N_("a log of managers' working time"),
    "skills": N_("assessments of skills"),
    "surveys": N_("surveys"),
    "programmes": N_("which team took part in which programme"),
    "market": N_("the size of the market"),
    "absences": N_("a record of who was away when"),
    "prior_record": N_("managers' sales before they were promoted"),
}

NO_COMPLETE_MONTH = N_("There is no complete month in these data.")
NO_TIME_LOGGED = N_("No manager's working time was logged in the last twelve complete months.")
NO_QUOTA = N_("No complete quarter has both quotas and results.")
NO_OWN_SALES = N_("No team had a manager in the last twelve complete months.")
TEAM_WITHOUT_MANAGER = N_("The team had no manager in the last twelve complete months.")
OWN_DEALS_ELSEWHERE = N_(
    "Managers won {deals:int} deal themselves, but no order stands under their names; so their "
    "share of sales cannot be told. Orders seem to be credited to somebody else.",
    "Managers won {deals:int} deals themselves, but no order stands under their names; so their "
    "share of sales cannot be told. Orders seem to be credited to somebody else.",
    count="deals",
)
ONLY_ONE_CATEGORY = N_(
    "Only one category of time was logged, so its share of the time cannot be told: all other "
    "working time is missing, not 0. Log it as well."
)
NO_TWO_PERIODS = N_("There are no two complete quarters with results to compare.")
NOTHING_SOLD = N_("There is no revenue in the months that this looks at.")
NO_CLIENT_OWNERS = N_("The data do not say whose clients are whose.")

METHOD_MEAN_SHARES = N_("Mean of the managers' shares over twelve months, t interval over managers")
METHOD_HOURS = N_("Hours over all hours that the team's manager logged in twelve months")
METHOD_WILSON = N_("Share of managers over twelve months, Wilson interval")
METHOD_COUNT = N_("Sum over sum; everything there is was counted, so there is no sampling interval")
METHOD_OWN_SHARE = N_(
    "Sum over sum in twelve months; t interval over managers by linearising the ratio"
)
METHOD_BRIDGE = N_(
    "Logarithmic mean Divisia decomposition per rep, summed; intervals by resampling groups of "
    "teams"
)

MONTHS = N_("{months:int} month", "{months:int} months", count="months")
NO_SUCH_CLAIM = N_("The register has no claim {name:name}; near it are {near:list}.")
NO_SUCH_TEAM = N_("The company has no team {name:name}; near it are {near:list}.")

TEAM_NOT_SEEN = N_("The team has no months that could be used.")
NO_DOSE = N_("Too few teams moved across the limit of {limit:num} to compare both sides of it.")
NO_CONTROL_ORDERS = N_("There are no orders of {products:list}.")
MORE_TEAMS = N_("Would tell it: at least {least:int} teams that never shared a manager.")
LEANS = {
    1: N_("The figures lean towards the claim, but they do not settle it. {reason}"),
    -1: N_("The figures lean against the claim, but they do not settle it. {reason}"),
}
NO_ANSWER = N_("Whether the claim holds cannot be told here. {reason}")
TIPPED = {
    1: N_(
        "It is an effect only if nothing unrecorded moves both: it would be overturned if managers "
        "gave more than {tipping:num1} minutes more a month to a rep about to sell 10% more."
    ),
    -1: N_(
        "It is an effect only if nothing unrecorded moves both: it would be overturned if managers "
        "took more than {tipping:num1} minutes a month from a rep about to sell 10% more."
    ),
}
TIPPED_BY_DESIGN = N_(
    "It is an effect as far as hours were set beforehand, as declared, and not by how a rep was "
    "doing."
)
SMALLEST_SEEN = N_(
    "By a single look these data would show an effect of {mde:pct1} or more in four cases out of "
    "five; {margin:pct1} would be enough to act on."
)
ONLY_IF_NOTHING_HIDDEN = N_(
    "It is an effect only if nothing unrecorded moves both in the same months."
)
PLAIN_NEXT_MONTH = N_("A plain regression of the next month's sales")
PLAIN_SAME_QUARTER = N_("A plain regression of the same quarter's sales")
PLAIN_AGREES = N_(
    "{plain:text} says about the same here ({value:+pct1}, {low:+pct1} to {high:+pct1}); "
    "elsewhere it goes wrong easily, so it is not the answer."
)
PLAIN_UNSETTLED = N_(
    "{plain:text} would have said {value:+pct1} ({low:+pct1} to {high:+pct1}), but it "
    "compares different people, teams and months and does not settle the question."
)
PLAIN_DIFFERS = {
    -1: N_(
        "{plain:text} would have said {value:+pct1} ({low:+pct1} to {high:+pct1}) and "
        "misleads: managers do more of it after weak results, so it stands beside weaker results "
        "whatever it does. The answer compares like with itself, given how the months before went."
    ),
    1: N_(
        "{plain:text} would have said {value:+pct1} ({low:+pct1} to {high:+pct1}) and "
        "misleads: managers do more of it after strong results, so it stands beside stronger "
        "results whatever it does. The answer compares like with itself, given how the months "
        "before went."
    ),
    0: N_(
        "{plain:text} would have said {value:+pct1} ({low:+pct1} to {high:+pct1}) and "
        "misleads: it compares different people, teams and months. The answer compares like with "
        "itself, given how the months before went."
    ),
}

OVER_PLAN = N_("{gap:money} over")
SHORT_OF_PLAN = N_("{gap:money} short")
ON_PLAN = N_("neither over nor short")
NOBODY_BELOW = N_("none of {reps:int} reps with a quota was below it")
BELOW = N_(
    "{below:int} of {reps:int} reps with a quota was below it",
    "{below:int} of {reps:int} reps with a quota were below it",
    count="below",
)
QUARTER = N_("{day:quarter}")
QUARTER_FROM = N_("the quarter from {day:month}")
LEVERS = {
    "clients": N_("the number of clients"),
    "active_share": N_("the share of clients who bought"),
    "per_active_client": N_("sales per client who bought"),
}

STAYED = {
    1: N_(
        "Reps who stayed sold {amount:money} more, the largest part through {lever:text} "
        "({moved:+money})."
    ),
    -1: N_(
        "Reps who stayed sold {amount:money} less, the largest part through {lever:text} "
        "({moved:+money})."
    ),
}
STAYED_AND_MOVED = N_(
    "{stayed:text} Reps who joined make {joined:+money}, reps who left {left:+money}."
)

RUNNING_QUARTER = N_(
    "For {quarter:text}, which is not over, the shape of past quarters and its drift give "
    "{value:money} ({low:money} to {high:money}); the pace so far would give {pace:money}."
)
