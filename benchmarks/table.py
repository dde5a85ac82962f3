"""What was measured, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

HEAD = ("what", "aim", "Repaint", "bare bot", "ratio", "met")


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what was measured, what it should be, and what it is. `met` None: nothing was aimed at."""

    what: str
    aim: str
    ours: str
    bare: str = ""
    ratio: str = ""
    met: bool | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """As they stand in the table."""
        verdict = {True: "yes", False: "**no**", None: ""}[self.met]
        return self.what, self.aim, self.ours, self.bare, self.ratio, verdict


def format_table(rows: Iterable[Row]) -> str:
    """The rows in markdown."""
    return "\n".join(_format_lines([HEAD, *(row.cells for row in rows)])) + "\n"


def _format_lines(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    for number, cells in enumerate(rows):
        yield f"| {' | '.join(cells)} |"
        if number == 0:
            yield "|" + "---|" * len(cells)


def take_share(values: Sequence[float], share: float) -> float:
    """The value that this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def take_ratio(pairs: Sequence[tuple[float, float]]) -> float:
    """Ours to the bare bot's: the median of rounds, each of which met the same machine."""
    return median(ours / bare for bare, ours in pairs)


def take_medians(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The bare bot's and ours, over all rounds."""
    return median(bare for bare, _ in pairs), median(ours for _, ours in pairs)


def format_ms(seconds: float) -> str:
    """A time."""
    return "never" if seconds == float("inf") else f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.2f} s"
