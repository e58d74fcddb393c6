"""What an analysis said of a planted company, and how right that was."""

from __future__ import annotations

import math
from dataclasses import dataclass

SIGNIFICANCE = 0.05
VERDICTS = ("supported", "contradicted", "negligible", "inconclusive")


@dataclass(frozen=True, kw_only=True)
class Said:
    """What an analysis said of a claim in one company, or in one team.

    Attributes
    ----------
    value, low, high, p : float
        NaN where the analysis could not be made.
    truth : float
        What it should have said; NaN where that is not one number in the value's unit.
    verdict : str
        Of a finding; else empty.
    direction : int
        Sign that the claim expects; 0 where there is no verdict.
    """

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    p: float = math.nan
    truth: float = math.nan
    verdict: str = ""
    direction: int = 0

    def judged(self) -> dict[str, float]:
        """Return how right it was, as numbers to be averaged; NaN where that is not known."""
        known, true = math.isfinite(self.value), math.isfinite(self.truth)
        if not known:
            return dict.fromkeys(JUDGED, math.nan)
        p = self.p if math.isfinite(self.p) else float(self.low <= 0 <= self.high)
        rejected = p < SIGNIFICANCE
        said = {v: float(self.verdict == v) if self.verdict else math.nan for v in VERDICTS}
        decided = self.verdict in ("supported", "contradicted") if self.verdict else rejected
        side = math.copysign(1, self.value)
        if self.verdict:
            side = self.direction if self.verdict == "supported" else -self.direction
        error = self.value - self.truth
        return {
            "rejected": float(rejected),
            "rejected_up": float(rejected and self.value > 0),
            "rejected_down": float(rejected and self.value < 0),
            "covered": float(self.low <= self.truth <= self.high) if true else math.nan,
            "error": error,
            "square": error**2,
            **said,
            "decided": float(decided),
            # where nothing is true, whatever is decided is wrong, but has no wrong sign
            "wrong_sign": float(decided and side * self.truth < 0) if true else math.nan,
        }


JUDGED = (
    "rejected", "rejected_up", "rejected_down", "covered", "error", "square", *VERDICTS,
    "decided", "wrong_sign",
)  # fmt: skip
