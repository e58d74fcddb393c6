"""Companies whose truth is planted.

>>> company = simulate(Truth(coach=0.02), WORLDS["demo"], seed=1)
>>> panel, tables = company.panel(), company.tables()

The truth of an estimand is had by simulating twice with the same random numbers, see
:func:`true_effect`.
"""

from salesdiag.simulate.simulation import Simulation, simulate, true_effect
from salesdiag.simulate.world import (
    DEMO_EFFECTS,
    EFFECTS,
    WORLDS,
    Truth,
    World,
    find_world,
    plant,
)
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
]
