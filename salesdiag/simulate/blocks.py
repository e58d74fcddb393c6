"""The random numbers of a company's course, in blocks whose shapes never depend on what happens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesdiag.simulate.accounts import revenue_noise, tails
from salesdiag.simulate.draws import stream
from salesdiag.simulate.truth import BEHAVIOURS
from salesdiag.simulate.world import World


@dataclass(frozen=True, kw_only=True)
class Blocks:
    """Blocks by (months, seats) or (months, teams); ``z`` is normal, ``u`` uniform.

    Those with one month more than there are begin with the state before the first.
    """

    z_supply: np.ndarray
    z_alloc: np.ndarray
    z_own: np.ndarray
    u_own: np.ndarray
    z_shock: np.ndarray
    z_team_shock: np.ndarray
    z_region: np.ndarray
    z_climate: np.ndarray
    u_exit: np.ndarray
    u_hire: np.ndarray
    u_manager: np.ndarray
    u_transfer: np.ndarray
    u_kpi: np.ndarray
    z_kpi: np.ndarray
    z_ability: np.ndarray
    z_behaviours: np.ndarray
    mix: np.ndarray
    u_tenure: np.ndarray
    u_active: np.ndarray
    z_ticket: np.ndarray
    whale: np.ndarray
    u_switch: np.ndarray
    u_plan: np.ndarray
    u_handover: np.ndarray


def blocks(world: World, seed: int, seats: int) -> Blocks:
    """Draw the blocks of a company."""
    g, n, m = world.teams, seats, world.months + world.burn

    def normal(mechanism: str, *shape: int) -> np.ndarray:
        return stream(seed, mechanism).standard_normal(shape)

    def uniform(mechanism: str, *shape: int) -> np.ndarray:
        return stream(seed, mechanism).random(shape)

    hours, selling = stream(seed, "hours"), stream(seed, "selling")
    programme = stream(seed, "programme")
    u_active, z_ticket, whale = revenue_noise(world, seed, (m, n))
    return Blocks(
        z_supply=hours.standard_normal((m, g)),
        z_alloc=hours.standard_normal((m, n)),
        z_own=selling.standard_normal((m, g)),
        u_own=selling.random((m, g)),
        z_shock=normal("shocks", m + 1, n) * tails(world, seed, (m + 1, n))[0],
        z_team_shock=normal("team_shocks", m + 1, g),
        z_region=normal("regions", m + 1, world.regions),
        z_climate=normal("climate", m, g),
        u_exit=uniform("exits", m, n),
        u_hire=uniform("hires", m, n),
        u_manager=uniform("manager_exits", m, g, 2),
        u_transfer=uniform("transfers", m, n, 2),
        u_kpi=programme.random((2, g)),
        z_kpi=programme.standard_normal((3, g)),
        z_ability=normal("ability", m + 1, n, 2),
        z_behaviours=normal("behaviours", m + 1, n, len(BEHAVIOURS)),
        mix=stream(seed, "mixes").dirichlet([4, 3, 3], (m + 1, n)),
        u_tenure=uniform("careers", n + g),
        u_active=u_active,
        z_ticket=z_ticket,
        whale=whale,
        u_switch=uniform("switches", g),
        u_plan=uniform("plans", m, n),
        u_handover=uniform("handover", m, g),
    )
