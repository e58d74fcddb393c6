"""Words about kinds of planted companies of the second generator."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from salesdiag.text import N_, Message

_FORESEEN = {
    ("up", "rep", "null"): N_(
        "managers give {hours:num} h more per log point to reps about to do better"
    ),
    ("up", "rep", "two"): N_(
        "managers give {hours:num} h more per log point to reps about to do better, and an hour "
        "adds 2%"
    ),
    ("up", "team", "null"): N_(
        "the same out of the team's other hours, {hours:num} h per log point"
    ),
    ("up", "team", "two"): N_(
        "the same out of the team's other hours, {hours:num} h per log point, and an hour adds 2%"
    ),
    ("down", "rep", "null"): N_(
        "managers give {hours:num} h more per log point to reps about to do worse"
    ),
    ("down", "rep", "two"): N_(
        "managers give {hours:num} h more per log point to reps about to do worse, and an hour "
        "adds 2%"
    ),
    ("down", "team", "null"): N_(
        "to reps about to do worse, out of the team's other hours, {hours:num} h per log point"
    ),
    ("down", "team", "two"): N_(
        "to reps about to do worse, out of the team's other hours, {hours:num} h per log point, "
        "and an hour adds 2%"
    ),
}
_SEEN = {
    ("up", "null"): N_(
        "hours follow what the recorded pipeline shows, {hours:num} h per log point"
    ),
    ("up", "two"): N_(
        "hours follow what the recorded pipeline shows, {hours:num} h per log point, and an hour "
        "adds 2%"
    ),
    ("down", "null"): N_(
        "hours go where the recorded pipeline is thin, {hours:num} h per log point"
    ),
}

KINDS: dict[str, Callable[..., Message]] = {
    "weeks-random": N_("deals and weeks; managers coach by habit"),
    "weeks-strugglers": N_("managers coach reps whose last month was bad"),
    "weeks-winners": N_("managers coach reps whose last month was good"),
    "weeks-pipeline": N_("managers coach where much is due"),
    "weeks-team-shocks": N_("a team's good and bad spells, answered by coaching"),
    "weeks-region-shocks": N_("a region's good and bad spells, answered by coaching"),
    "weeks-quarter-ends": N_("some reps sell at quarters' ends, and are coached before"),
    "weeks-heavy-tails": N_("huge months and deals, and managers answer to them"),
    "weeks-same-month": N_("managers answer to the first half of the same month"),
    "weeks-reorganised": N_("two reorganisations, and much coming and going"),
    "weeks-team-fails": N_("managers sell more in quarters in which their team fails"),
    "weeks-two": N_("an hour adds 2%; each own deal beyond the first costs the others 5%"),
    "weeks-four": N_("an hour adds 4%; each own deal beyond the first costs the others 15%"),
    "weeks-two-invoices": N_("no pipeline recorded; an hour adds 2%, each own deal 5%"),
    "weeks-two-rota": N_("hours are set by a rota, and an hour adds 2%"),
    "weeks-four-winners": N_("managers coach winners, and an hour adds 4%"),
    "weeks-two-same-month": N_(
        "an hour adds 2% in the same month; each own deal costs the others 5%"
    ),
    "weeks-two-third-month": N_(
        "an hour adds 2% three months later; own deals cost the others 15% in the next quarter"
    ),
    "weeks-two-stock": N_(
        "an hour adds 2% over half a year; own deals cost the others 5% in the next quarter"
    ),
    "weeks-sixty-five": N_("sixty teams; each own deal beyond the first costs the others 5%"),
    "weeks-sixty-fifteen": N_("sixty teams; each own deal beyond the first costs the others 15%"),
    "weeks-plan-steady": N_("two months into a quarter, closing as ever"),
    "weeks-plan-later-in-month": N_("closing moves later in the month from year to year"),
    "weeks-plan-later-in-quarter": N_("closing moves later in the quarter from year to year"),
    "weeks-plan-turn": N_("the market turns down in the last third of the time"),
    "weeks-looks": N_("three years, looked at in each month of the last one"),
    **{
        f"weeks-foresight-{hours * 10:.0f}-{'-'.join(way)}": partial(said, hours=hours)
        for hours in (0.2, 0.4, 0.8)
        for way, said in _FORESEEN.items()
    },
    **{
        f"weeks-seen-{hours * 10:.0f}-{'-'.join(way)}": partial(said, hours=hours)
        for hours in (0.4, 0.8)
        for way, said in _SEEN.items()
    },
}
