"""The refusal to estimate, with its reason in words."""

from __future__ import annotations

from salesdiag.text import Message


class NotEstimable(ValueError):  # noqa: N818 -- an answer ("not testable, because"), not a fault
    """These data cannot carry this estimate.

    Attributes
    ----------
    reason : Message
        One sentence for the reader.
    """

    def __init__(self, reason: Message):
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        """Return the reason in the language in force."""
        return str(self.reason)
