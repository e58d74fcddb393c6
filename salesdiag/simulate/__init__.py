"""Companies whose truth is planted.

>>> company = simulate(Truth(coach=0.02), WORLDS["demo"], seed=1)
>>> panel, tables = company.panel(), company.tables()

The grain: people, teams, decisions and results move by the month. Tables are dated by the day:
orders, deals, coaching contacts and stages as they fall, meetings and calls on four days of a
month with a count each, KPI reviews every Monday, managers' time by the week.

The truth of an estimand is had by simulating twice with the same random numbers, see
:func:`true_effect` and :func:`true_review_effect`.
"""

from salesdiag.simulate.effects import DEMO_EFFECTS, EFFECTS, plant
from salesdiag.simulate.paired import true_effect, true_review_effect
from salesdiag.simulate.simulation import Simulation, simulate
from salesdiag.simulate.truth import Truth
from salesdiag.simulate.world import World
from salesdiag.simulate.worlds import WORLDS, find_world
from salesdiag.simulate.writer import demo

__all__ = [
    "DEMO_EFFECTS",
    "EFFECTS",
    "WORLDS",
    "Simulation",
    "Truth",
    "World",
    "demo",
    "find_world",
    "plant",
    "simulate",
    "true_effect",
    "true_review_effect",
]
