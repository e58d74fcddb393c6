"""Sentences shared by the claims: what records they need, what was measured, what may be wrong."""

from salesdiag.text import N_

NEEDS = N_("It needs {needs:list}, which these data do not have.")
NOT_YET = N_("This version has no test for the claim yet.")
TOO_SMALL_A_GROUP = N_(
    "Withheld: the team has fewer than {minimum:int} people.",
)

RECORDS = {
    "people": N_("a list of people"),
    "teams": N_("a list of teams"),
    "assignments": N_("who was in which team when"),
    "quotas": N_("quotas"),
    "accounts": N_("a list of clients with their owners"),
    "account_owners": N_("who had which client when"),
    "orders": N_("orders or deals won"),
    "opportunities": N_("deals"),
    "opportunities.manager_joined_on": N_("the day the manager joined a deal"),
    "opportunities.pre_call_on": N_("the day a deal was prepared with the manager"),
    "opportunities.debriefed_on": N_("the day a deal was talked over afterwards"),
    "stage_events": N_("the history of deal stages"),
    "activities": N_("a log of meetings and calls"),
    "coaching": N_("a log of coaching contacts"),
    "team_meetings": N_("a log of team meetings"),
    "time_log": N_("a log of managers' working time"),
    "skills": N_("assessments of skills"),
    "surveys": N_("surveys"),
    "programmes": N_("which team took part in which programme"),
    "market": N_("the size of the market"),
    "prior_record": N_("managers' sales before they were promoted"),
}

NO_COMPLETE_MONTH = N_("There is no complete month in these data.")
NO_TIME_LOGGED = N_("No manager's working time was logged in the last twelve complete months.")
NO_QUOTA = N_("No complete quarter has both quotas and results.")
NO_OWN_SALES = N_("No team had a manager in the last twelve complete months.")
NO_TWO_PERIODS = N_("There are no two complete quarters to compare.")

METHOD_MEAN_SHARES = N_("mean of the managers' shares over twelve months, t interval over managers")
METHOD_WILSON = N_("share of managers over twelve months, Wilson interval")
METHOD_COUNT = N_("sum over sum; everything there is was counted, so there is no sampling interval")
METHOD_OWN_SHARE = N_(
    "mean of the managers' own shares over twelve months, t interval over managers"
)
METHOD_BRIDGE = N_(
    "logarithmic mean Divisia decomposition per rep, summed; intervals by resampling reps"
)

NO_SUCH_CLAIM = N_("The register has no claim {name:name}; near it are {near:list}.")
NO_SUCH_TEAM = N_("The company has no team {name:name}; near it are {near:list}.")

TEAM_NOT_SEEN = N_("The team has no months that could be used.")
NO_DOSE = N_("Too few teams moved across the limit of {limit:num} to compare both sides of it.")
SMALLEST_SEEN = N_("The smallest effect that these data could have shown is {mde:pct1}.")
ONLY_IF_NOTHING_HIDDEN = N_(
    "It is an effect only if nothing unrecorded moves both in the same months."
)
PLAIN_AGREES = N_(
    "A plain regression says about the same here ({value:+pct1}, {low:+pct1} to {high:+pct1}); "
    "elsewhere it goes wrong easily, so it is not the answer."
)
PLAIN_UNSETTLED = N_(
    "A plain regression would have said {value:+pct1} ({low:+pct1} to {high:+pct1}); it compares "
    "different people, teams and months, which differ for reasons of their own, so it does not "
    "settle the question."
)
PLAIN_DIFFERS = {
    -1: N_(
        "A plain regression would have said {value:+pct1} ({low:+pct1} to {high:+pct1}), and it is "
        "wrong: managers turn to those who are behind, so more of it stands beside weaker results "
        "whatever it does. The answer compares the same people with themselves, given how "
        "the months before went."
    ),
    1: N_(
        "A plain regression would have said {value:+pct1} ({low:+pct1} to {high:+pct1}), and it is "
        "wrong: managers turn to those who are ahead, so more of it stands beside stronger results "
        "whatever it does. The answer compares the same people with themselves, given how "
        "the months before went."
    ),
    0: N_(
        "A plain regression would have said {value:+pct1} ({low:+pct1} to {high:+pct1}), and it is "
        "wrong: it compares different people, teams and months, which differ for reasons of their "
        "own. The answer compares the same people with themselves, given how the months "
        "before went."
    ),
}

ABOVE_PLAN = N_("over")
BELOW_PLAN = N_("short")
LEVERS = {
    "clients": N_("the number of clients"),
    "active_share": N_("the share of clients who bought"),
    "per_active_client": N_("sales per client who bought"),
    "joined": N_("reps who joined"),
    "left": N_("reps who left"),
}

RUNNING_QUARTER = N_(
    "The quarter from {quarter:month} is not over: by the shape of past quarters it will end at "
    "{value:money} ({low:money} to {high:money}); at the pace so far it would be {pace:money}."
)
