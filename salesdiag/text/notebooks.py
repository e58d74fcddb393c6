"""Sentences with which a notebook refuses what it is given."""

from salesdiag.text import N_

UNDECLARED = N_(
    "This notebook has no parameter {name:name}; did you mean {near:list}? It has {known:list}."
)
WRONG_KIND = N_("The parameter {name:name} is to be {kind:text}, not {value:name}.")
TEXT = N_("text (papermill takes it as it is with -r instead of -p)")
WHOLE_NUMBER = N_("a whole number")
YES_OR_NO = N_("True or False")
NO_SUCH_TEAM = N_("The company has no team {name:name}; did you mean {near:list}?")
NOTHING_COMPUTED = N_("Nothing was computed.")
