"""Reports: blocks, drawings and pages. Nothing here estimates.

A notebook opens a dossier and shows blocks; :func:`salesdiag.report.page.render` makes a page of
what it shows (it stands apart because a notebook has no need of what converts notebooks):

>>> from salesdiag import report
>>> dossier = report.open(company, results.all(), team="T03")  # doctest: +SKIP
>>> report.found(dossier)  # doctest: +SKIP
"""

from salesdiag.report.block import Block, Style
from salesdiag.report.blocks import (
    actions,
    beside,
    claims,
    curve,
    error_rates,
    found,
    header,
    methods,
    teams,
    untold,
)
from salesdiag.report.dossier import Dossier
from salesdiag.report.figures import (
    plot,
    plot_attainment,
    plot_bridge,
    plot_curve,
    plot_interval,
    plot_shares,
)
from salesdiag.report.opening import open
from salesdiag.report.people import Names, file_name

TEAM_PAGE = (header, found, actions, beside, curve, claims, untold, methods)
"""Blocks of a team's page, in order."""
COMPANY_PAGE = (header, found, teams, curve, claims, untold, methods, error_rates)
"""Blocks of the company's page, in order."""

__all__ = [
    "COMPANY_PAGE", "TEAM_PAGE", "Block", "Dossier", "Names", "Style", "actions", "beside",
    "claims", "curve", "error_rates", "file_name", "found", "header", "methods", "open", "plot",
    "plot_attainment", "plot_bridge", "plot_curve", "plot_interval", "plot_shares", "teams",
    "untold",
]  # fmt: skip
