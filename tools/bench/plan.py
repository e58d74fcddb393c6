"""A plan of a large run, simulated: ``python -m tools.bench.plan --reports 50000 --slots 64``.

Reports are taken from one queue by the slots of all machines. Each takes a random time about the
one measured; the runner puts results in place one after the other; machines fail at random, and
what they were doing is done again. What comes out is when the last report is there, and how much
of the slots' time was lost to what.
"""

from __future__ import annotations

import argparse
import heapq
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run is made of; times in seconds.

    Attributes
    ----------
    reports, slots : int
    report : float
        Processor time of one report.
    spread : float
        Standard deviation of its logarithm.
    serial : float
        What the scheduler and the runner need for each report, one after the other.
    begin : float
        Until a warm process has loaded.
    between_failures : float
        Mean time until a slot's machine fails; the slot comes back after ``begin``.
    """

    reports: int
    slots: int
    report: float = 0.4
    spread: float = 0.25
    serial: float = 0.004
    begin: float = 6.0
    between_failures: float = 86_400.0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a simulated run came to.

    Attributes
    ----------
    wall : float
        Seconds until the last report is in its place.
    busy : float
        Part of the slots' time spent on reports that were delivered.
    again : int
        Reports begun anew because a machine failed.
    """

    wall: float
    busy: float
    again: int


def simulate(plan: Plan, seed: int = 0) -> Outcome:
    """Return what a run according to a plan comes to.

    Examples
    --------
    >>> simulate(Plan(reports=100, slots=2, spread=0, serial=0, begin=0)).wall
    12.5
    """
    rng = np.random.default_rng(seed)
    left = list(plan.report * np.exp(plan.spread * rng.normal(size=plan.reports)))
    work = sum(left)
    free = [plan.begin] * plan.slots
    runner, again = 0.0, 0
    while left:
        now, takes = heapq.heappop(free), left.pop()
        lasts = rng.exponential(plan.between_failures)
        if lasts < takes:
            left.append(takes)
            again += 1
            heapq.heappush(free, now + lasts + plan.begin)
            continue
        runner = max(runner, now + takes) + plan.serial
        heapq.heappush(free, now + takes)
    return Outcome(wall=float(runner), busy=float(work / (plan.slots * runner)), again=again)


def main() -> None:
    """Print the plan for several numbers of slots."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=50_000)
    parser.add_argument("--slots", type=int, nargs="*", default=[2, 8, 16, 64, 128])
    parser.add_argument("--report", type=float, default=Plan.report, help="seconds of a report")
    asked = parser.parse_args()
    print("| slots | hours | slots busy | begun anew |\n|---|---|---|---|")
    for slots in asked.slots:
        plan = Plan(reports=asked.reports, slots=slots, report=asked.report)
        found = simulate(plan)
        print(f"| {slots} | {found.wall / 3600:.2f} | {found.busy:.0%} | {found.again} |")


if __name__ == "__main__":
    main()
