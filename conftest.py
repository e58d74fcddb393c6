"""What all test runs share, those that replay the notebooks among them."""

from __future__ import annotations

import pytest

NOT_STORED = ("text/html", "image/svg+xml")
"""Outputs that committed notebooks leave out (``tools/notebooks.py``), so nothing to compare."""


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Let nbval compare what is stored, which is text."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += NOT_STORED
