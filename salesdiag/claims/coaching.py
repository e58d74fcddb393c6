"""Claims about coaching."""

from __future__ import annotations

from salesdiag.claims.base import Claim
from salesdiag.claims.designs.rep_month import RepEffect
from salesdiag.text import N_

COACHING_HOURS = Claim(
    slug="coaching-hours",
    needs=("coaching.minutes", "orders|opportunities.amount", "assignments"),
    design=RepEffect(driver="coaching_hours", break_even=True),
    direction=1,
    margin=0.01,
    words={
        "more": N_(
            "One more hour of coaching a month, kept up, goes with {size:pct1} higher monthly "
            "sales after {months:int} months ({low:+pct1} to {high:+pct1})."
        ),
        "less": N_(
            "One more hour of coaching a month, kept up, goes with {size:pct1} lower monthly "
            "sales after {months:int} months ({low:+pct1} to {high:+pct1})."
        ),
        "small": N_(
            "One more hour of coaching a month, kept up, changes monthly sales by too little to "
            "matter within {months:int} months ({low:+pct1} to {high:+pct1})."
        ),
        "untold": N_(
            "Whether more coaching makes reps sell more cannot be told: one more hour a month, "
            "kept up, may change monthly sales within {months:int} months by anything between "
            "{low:+pct1} and {high:+pct1}."
        ),
        "size": N_(
            "For the company that is {money:+money} of sales a month for one more hour a month "
            "with each rep ({low:+money} to {high:+money})."
        ),
        "team_size": N_(
            "For this team that is {money:+money} of sales a month for one more hour a month "
            "with each rep ({low:+money} to {high:+money})."
        ),
        "drawn": N_(
            "Change in monthly sales by one more hour of coaching a month, kept up: what follows "
            "an hour in each of the next months, added up. The month of the hour itself is not in "
            "the sum."
        ),
        "change": N_(
            "Would change our mind: months in which coaching was set by something other than "
            "results, such as a manager's leave, that did not show it."
        ),
        "tell": N_(
            "Would tell it: more months in which hours were set by something other than results, "
            "such as a fixed rhythm or a manager's leave, and contacts logged with their minutes."
        ),
    },
    threats=(
        N_("Managers may see trouble coming before the figures show it."),
        N_("Logged hours are rounded and sometimes missing, which makes effects look smaller."),
    ),
)
