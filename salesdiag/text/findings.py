"""Sentences about findings: verdicts, reasons, checks, methods."""

from salesdiag.text import N_

VERDICTS = {
    "supported": N_("supported"),
    "contradicted": N_("contradicted"),
    "negligible": N_("too small to matter"),
    "inconclusive": N_("cannot be told"),
    "not_testable": N_("not testable"),
    "measured": N_("measured"),
}

REASONS = {
    "supported": N_(
        "The whole interval lies on the side the claim expects, and the estimate is large enough "
        "to act on."
    ),
    "contradicted": N_(
        "The whole interval lies on the side opposite to the claim, and the estimate is large "
        "enough to matter."
    ),
    "negligible": N_(
        "Whatever effect there is, it is too small to act on: the whole 90% interval lies within "
        "the margin."
    ),
    "inconclusive": N_(
        "The interval leaves room both for an effect that matters and for one that does not."
    ),
    "measured": N_("This is a measured state, not a question of cause and effect."),
}

UNGUARDED = {
    ("foresight", "supported"): N_(
        "A little foresight, managers giving more time to those about to sell more, would be "
        "enough to make it."
    ),
    ("foresight", "contradicted"): N_(
        "A little foresight, managers giving more time to those about to sell less, would be "
        "enough to make it."
    ),
    ("foresight", "negligible"): N_(
        "One usual step more or less changes little, but the largest usual amount, the month of "
        "the hours itself, or a little foresight of the managers leaves room for an effect that "
        "matters."
    ),
    ("reaction", "supported"): N_(
        "Managers who close somewhat more or fewer deals because the same quarter goes badly would "
        "be enough to make it."
    ),
    ("reaction", "contradicted"): N_(
        "Managers who close somewhat more or fewer deals because the same quarter goes badly would "
        "be enough to make it."
    ),
    ("reaction", "negligible"): N_(
        "An own deal more or less seems to change little, but managers who sell because the same "
        "quarter goes badly leave room for an effect that matters."
    ),
}
"""Why an interval that decides by itself does not decide once it is guarded."""

NOT_AFTER_CORRECTION = N_(
    "One test alone would have found it, but among all the tests of this run such a result is "
    "expected by chance (q = {q:num})."
)
