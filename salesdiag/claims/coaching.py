"""Claims about coaching."""

from __future__ import annotations

from salesdiag.claims.base import Claim
from salesdiag.claims.effects import RepEffect
from salesdiag.text import N_

CLAIMS = (
    Claim(
        slug="coaching-hours",
        needs=("coaching.minutes", "orders|opportunities.amount", "assignments"),
        design=RepEffect(driver="coaching_hours", break_even=True),
        direction=1,
        margin=0.005,
        words={
            "headline": N_(
                "One more hour of coaching a month goes with {percent:+pct1} sales in the month "
                "after."
            ),
            "small": N_(
                "One more hour of coaching a month changes next month's sales by too little to "
                "matter ({low:+pct1} to {high:+pct1})."
            ),
            "untold": N_(
                "Whether more coaching makes reps sell more cannot be told: one more hour a month "
                "goes with anything from {low:+pct1} to {high:+pct1} sales in the month after."
            ),
            "size": N_(
                "For the company that is {money:+money} a month for one more hour with each rep "
                "({low:+money} to {high:+money})."
            ),
            "team_size": N_(
                "For this team that is {money:+money} a month for one more hour with each rep "
                "({low:+money} to {high:+money})."
            ),
            "change": N_(
                "Would change our mind: months in which coaching was set by something other than "
                "results, such as a manager's leave, that did not show it."
            ),
        },
        threats=(
            N_("Managers may see trouble coming before the figures show it."),
            N_("Logged hours are rounded and sometimes missing, which makes effects look smaller."),
        ),
    ),
)
