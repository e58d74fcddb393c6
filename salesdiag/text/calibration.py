"""Sentences of the calibration."""

from salesdiag.text import N_

NO_SUCH_WORLD = N_("There is no world {names:list}; known are {known:list}.")
NOT_POSITIVE = N_("The number of companies and of jobs must be 1 or more.")
