"""Sentences about repeated looks at growing data."""

from salesdiag.text import N_

LOOK = N_(
    "Look {number:int} of {planned:int} planned: an effect is decided here at a level of "
    "{level:pct1}, so that all looks together are wrong in at most {total:pct}."
)
LOOK_TOO_MANY = N_(
    "Look {number:int}, where {planned:int} were planned: it describes, and decides nothing about "
    "effects. A new series of looks is declared in company.toml: [looks] since = the day from "
    "which it counts."
)
NOT_AT_THIS_LOOK = N_(
    "Looked at once, it would have been decided; as look {number:int} of {planned:int} it takes an "
    "error probability below {level:pct1}."
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
