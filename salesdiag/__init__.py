"""Tests what is said about sales managers on a company's own data.

>>> import salesdiag as sd
>>> company = sd.load("data/demo")
>>> finding = sd.test("coaching-hours", company)
>>> finding.verdict
'supported'

Names are imported when they are first used, so that ``import salesdiag`` is light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from salesdiag import claims as claims
    from salesdiag.claims import test as test
    from salesdiag.company import Company as Company
    from salesdiag.company import check as check
    from salesdiag.company import load as load
    from salesdiag.finding import Finding as Finding
    from salesdiag.notebook import parameters as parameters
    from salesdiag.report import plot as plot
    from salesdiag.simulate import demo as demo

__version__ = "0.1.0"

_HOMES = {
    "Company": "company",
    "Finding": "finding",
    "check": "company",
    "demo": "simulate",
    "load": "company",
    "parameters": "notebook",
    "plot": "report",
    "test": "claims",
}

__all__ = [
    "Company", "Finding", "check", "claims", "demo", "load", "parameters", "plot", "test",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name == "claims":  # a module that can be called, so that sd.claims(company) works
        return import_module("salesdiag.claims")
    if name in _HOMES:
        return getattr(import_module(f"salesdiag.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'salesdiag' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names too."""
    return sorted({*globals(), *__all__})
