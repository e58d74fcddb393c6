"""How a run is followed: a bar on a terminal, a line for each report elsewhere."""

from __future__ import annotations

from typing import Any, TextIO

from salesdiag.batch.jobs import Outcome
from salesdiag.text import commands as words


class Follow:
    """Tells of a run as it goes; to be given to :func:`salesdiag.batch.run` as ``progress``.

    Parameters
    ----------
    stream : TextIO
        Where to; a terminal gets a bar.
    """

    def __init__(self, stream: TextIO):
        self.stream = stream
        self._bar: Any = None

    def __call__(self, done: int, total: int, outcome: Outcome | None) -> None:
        """Tell how far the run is."""
        if self.stream.isatty():
            self._draw(done, total)
        if outcome is None:
            begins = words.RESUMES(done=done, total=total) if done else words.BEGINS(total=total)
            self._say(str(begins))
        elif not outcome.done or not self.stream.isatty():
            said = words.MADE if outcome.done else words.FAILED
            self._say(
                str(
                    said(
                        done=done,
                        total=total,
                        report=outcome.key,
                        seconds=outcome.seconds,
                        reason=outcome.reason,
                    )
                )
            )
        if done == total:
            self.close()

    def _draw(self, done: int, total: int) -> None:
        from tqdm import tqdm

        if self._bar is None:
            self._bar = tqdm(total=total, initial=done, file=self.stream, leave=False)
        self._bar.update(done - self._bar.n)

    def _say(self, line: str) -> None:
        if self._bar is None:
            self.stream.write(line + "\n")
            self.stream.flush()
        else:
            self._bar.write(line, file=self.stream)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
