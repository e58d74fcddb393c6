"""A second kind of planted company, written from a description of how a sales company works.

The other simulator plants what the estimators assume. This one was written without looking at
either, from the description below, and shares no code with them: a method is right only if it is
right about companies that were not made for it.

**Time.** A month has four working weeks. Everything that happens has a working day.

**Territories and people.** A territory has clients and, most of the time, a rep. A rep has a
skill, needs half a year to become as good as that, goes on holiday and falls ill. Reps leave; the
territory is empty for a while, and what would have fallen into that time is lost; then somebody
new comes. In a reorganisation territories change teams, with their reps. A team has a manager;
managers leave too, take holidays, fall ill, and sometimes are away for two months.

**Money.** Clients order again every one, two or three months; how much depends on the rep and the
times. New business is deals. A deal is created, goes through stages and is decided after a cycle,
the longer the larger it is. The day on which it should close is written down at the start, and
often missed. How likely it is won depends on the rep and the times. Invoices of won deals and
repeat orders are the revenue. A month of one rep therefore holds few deals and varies much.

**Times.** There are seasons, a market per region, shocks of reps, of teams and of regions, of
normal or of heavy tails; some reps fetch results at quarters' ends that are missing afterwards.
Closing may move later in the month, or in the quarter, from year to year, and the market may
turn.

**Managers.** A manager has so many hours a week. His own deals and administration take theirs
first; what he plans to coach beyond the rest is cut in proportion. He meets a rep once a working
week, on a fixed day; if one of them is away it does not take place. How long they talk he decides
at the end of the month before: by habit, by last month's results, by skill, by what the pipeline
shows, by what will come true (foresight), by the state of his region or team, before a quarter
ends; in the second half of a month by how the first half went. Or a roster says it, and nobody
chooses. What he sells himself differs by quarter; he may sell more in quarters in which the team
fails.

**What coaching does.** An hour makes the rep better in the same month, in later ones, or as a
stock that decays: clients order more and deals are won more often. It stays with the rep, not
with the territory. **What own deals do.** They take, or give, in the quarter in which they are
closed (they were worked on throughout it) or in the next: the whole team is better or worse at
both.

An effect is planted as log points of expected revenue. What it comes to in log points of actual
revenue is had by simulating twice with the same random numbers
(:mod:`~salesdiag.calibrate.field.truth`). No random number depends on an effect, so a company in
which nothing is true differs from itself with more coaching by exactly nothing.

>>> made = make(Firm(), Planted(hour=0.02), seed=1)
>>> company = to_company(made)
"""

from salesdiag.calibrate.field.company import to_company, write
from salesdiag.calibrate.field.course import Made, make
from salesdiag.calibrate.field.firm import Firm, Planted
from salesdiag.calibrate.field.tables import tables
from salesdiag.calibrate.field.truth import hour_effect, own_deal_effect

__all__ = [
    "Firm",
    "Made",
    "Planted",
    "hour_effect",
    "make",
    "own_deal_effect",
    "tables",
    "to_company",
    "write",
]
