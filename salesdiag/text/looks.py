"""Sentences about repeated looks at growing data."""

from salesdiag.text import N_

LOOK = N_("look {number:int} of {planned:int} planned")
LOOK_RULE = N_(
    "These data are to be looked at {planned:int} times as they grow, and this is look "
    "{number:int}. So that all looks together are wrong in at most {total:pct}, an effect is "
    "decided here only where an interval of {sure:pct1} allows it, which is wider than the 95% "
    "interval that is printed."
)
LOOK_TOO_MANY = N_(
    "look {number:int}, one too many ({planned:int} planned): it describes, and decides nothing "
    "about effects. A new series of looks is declared in company.toml: [looks] since = the day "
    "from which it counts."
)
NOT_AT_THIS_LOOK = N_(
    "By a single look the interval would be enough; as look {number:int} of {planned:int} it has "
    "to hold at {sure:pct1} in place of 95%, and it does not."
)
USED_UP = N_(
    "All {planned:int} planned looks have been taken, so this one describes and decides nothing."
)
DAMAGED = N_("{file:text}: {fault:text} {remedy:text} Nothing was changed.")
UNREADABLE = N_(
    "The count of looks at these data cannot be read, and it is not begun anew by itself, as that "
    "would permit the same error twice."
)
REMEDY = N_("Put back a copy of the file, or move it away if the count is to begin anew.")
ELSEWHERE = N_("Looks at these data are counted in {file:text}, as nothing is written beside them.")
