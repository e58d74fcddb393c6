"""A team beside the company, and the spread of all teams, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from salesdiag.panel.usable import LEAST_USABLE
from salesdiag.report.dossier import Dossier, Totals
from salesdiag.report.standing import MOST_DOTS, Standing
from salesdiag.text import Message, Template
from salesdiag.text import pages as words


@dataclass(frozen=True, kw_only=True)
class Row:
    """A figure as a row: cells in words, dots on a strip, what the strip shows."""

    label: Template
    cells: Sequence[object]
    dots: Sequence[float]
    mark: float | None
    alt: Message | str


def values(dossier: Dossier) -> dict[str, Any]:
    """Return what the template of ``beside`` and ``teams`` shows."""
    missing = [s.figure.label for s in dossier.standings if not s.known]
    known = [s for s in dossier.standings if s.known]
    rows = [row for s in known if (row := _row(dossier, s)) is not None]
    few = words.FEW_TEAMS(n=dossier.min_group)
    notes: list[object] = []
    hidden = [s.figure.label() for s in known if s.hidden]
    if dossier.withheld:
        notes.append(words.WITHHELD(n=dossier.min_group))
    elif dossier.team and hidden:
        notes.append(words.TOTAL_HIDDEN(n=dossier.min_group, figures=hidden))
    if rows:
        notes += [_dots(known)] if dossier.shown else [few]
    if rows and missing:
        notes.append(words.PART_MISSING(figures=[m() for m in missing]))
    notes += _overall(dossier)
    period = words.PERIOD(start=dossier.period[0], end=dossier.period[1]) if dossier.period else ""
    quarters = [words.LOWER_QUARTER, words.MIDDLE, words.UPPER_QUARTER]
    return {
        "rows": rows,
        "absent": few if known else words.NO_FIGURES,
        "heads": quarters if dossier.team is None else [words.THIS_TEAM, words.COMPANY],
        "drawn": words.TEAMS_DRAWN(n=dossier.shown) if dossier.shown else "",
        "caption": (words.TEAMS_CAPTION if dossier.team is None else words.BESIDE_CAPTION)(
            period=period
        ),
        "notes": notes,
    }


def _dots(known: Sequence[Standing]) -> Message:
    """Say what a dot stands for, and that the teams may differ by luck."""
    many = any(s.teams > len(s.dots) for s in known)
    return words.LUCK_OF_MANY(most=MOST_DOTS) if many else words.LUCK()


def _overall(dossier: Dossier) -> list[object]:
    """Say what the whole of the data holds: sales, and deals won."""
    total, said = dossier.totals, list[object]()
    if total is not None and not total.usable.enough:
        known, rows, share = total.usable.known, total.usable.rows, total.usable.share
        said.append(
            words.ALL_SALES_UNKNOWN(known=known, rows=rows, share=share, least=LEAST_USABLE)
        )
    elif total is not None and math.isfinite(total.revenue):
        said.append(_sales(total, company=dossier.team is None))
    if total is not None and total.closed > 0:
        said.append(words.ALL_DEALS(won=total.won, closed=total.closed, rate=total.rate))
    return said


def _sales(total: Totals, *, company: bool) -> Message:
    """Say what reps sold; a manager who is a rep of another team counts once in the company."""
    about = {"start": total.start, "end": total.end, "managing": total.managing}
    if not total.managing:
        return words.ALL_SALES(revenue=total.revenue, **about)
    if company:
        return words.ALL_SALES_BUT(revenue=total.revenue - total.managing, **about)
    return words.TEAM_SALES_WITH(revenue=total.revenue, **about)


def _row(dossier: Dossier, standing: Standing) -> Row | None:
    if dossier.team is None and not standing.quartiles:
        return None
    spread = dossier.team is None
    shown = standing.quartiles if spread else (standing.own, standing.total)
    say = words.SINGLES[standing.figure.term]
    return Row(
        label=standing.figure.label,
        cells=[say(value=v) for v in shown],
        dots=standing.dots,
        mark=standing.mark,
        alt=_spread(standing) if spread else _position(standing),
    )


def _spread(standing: Standing) -> Message:
    say = words.SINGLES[standing.figure.term]
    low, _, high = standing.quartiles
    return words.SPREAD(
        figure=standing.figure.label(),
        n=standing.teams,
        low=say(value=low),
        high=say(value=high),
    )


def _position(standing: Standing) -> Message:
    figure, own = standing.figure, standing.own
    if not standing.quartiles or not math.isfinite(own):
        return words.NO_POSITION(figure=figure.label())
    low, _, high = standing.quartiles
    place = "low" if own < low else "high" if own > high else "middle"
    value = words.SINGLES[figure.term](value=own)
    return words.POSITION[place](figure=figure.label(), value=value)


def own_figure(dossier: Dossier, label: Template) -> float | None:
    """Return one of the team's own figures, None where unknown or not to be shown."""
    own = next(s.own for s in dossier.standings if s.figure.label == label)
    return own if math.isfinite(own) else None
