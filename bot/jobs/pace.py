"""When to look next, when to give up, and how long a wait usually is. Pure arithmetic on seconds."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

FIRST_LOOK = 0.8
"""Look for the first time when this share of the usual duration has passed."""
LOOK_EVERY = 0.2
"""After that, each further share of it."""
BACKSTOP_SECONDS = 50.0
"""With callbacks: one that is lost costs less than a minute."""
FIRST_SEARCH_SECONDS = 5.0
"""When an order whose answer was lost is looked for first; then ever less often."""
LEAST_WAIT_SECONDS = 1.0
MOST_WAIT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How long we go on with what does not come."""

    running_seconds: float = 900.0
    """A task that the provider says is not finished by then is not waited for any longer."""
    unknown_seconds: float = 900.0
    """An order whose answer was lost is waited for this long."""
    waiting_seconds: float = 86_400.0
    """A job that cannot be submitted, or whose task cannot be asked for, waits for this long. A day: no daily limit
    ends what it only puts off, and the address of a picture at Discord lives no longer."""
    delivering_seconds: float = 3600.0
    """A finished picture is brought into the message for this long."""
    telling_seconds: float = 600.0
    """A card that cannot be reached is tried for this long, so that it says how its job ended."""
    arriving_seconds: float = 120.0
    """A picture that Discord does not hand over is asked for this long."""


@dataclass(frozen=True, slots=True)
class Span:
    """Half of all tasks are done after `half_seconds`, nine in ten after `most_seconds`."""

    half_seconds: float
    most_seconds: float


def seconds_since(at: datetime | None, now: datetime) -> float:
    """How long ago that was; 0 for what has not been yet."""
    return 0.0 if at is None else (now - at).total_seconds()


def next_look_seconds(elapsed_seconds: float, usual_seconds: float, *, called_back: bool = False) -> float:
    """How long to wait before asking about a running task again.

    Who is called back only looks because a callback may be lost. Otherwise: sparse before it can be done, then each
    fifth of the usual duration, then ever slower: about four looks for a task that takes its usual time.
    """
    if called_back:
        return BACKSTOP_SECONDS
    first = usual_seconds * FIRST_LOOK
    if elapsed_seconds < first:
        return max(LEAST_WAIT_SECONDS, first - elapsed_seconds)
    overdue = max(0.0, elapsed_seconds - 2 * usual_seconds)
    return min(MOST_WAIT_SECONDS, max(LEAST_WAIT_SECONDS, usual_seconds * LOOK_EVERY, overdue * LOOK_EVERY))


def back_off_seconds(attempts: int, base_seconds: float = 2.0, most_seconds: float = 60.0) -> float:
    """How long to wait before doing again what went wrong `attempts` times."""
    return float(min(most_seconds, base_seconds * 2 ** min(attempts, 10)))


def jittered(seconds: float, chance: float) -> float:
    """A wait a tenth longer or shorter, by a chance from 0 to 1: what began together need not ask together."""
    return seconds * (0.9 + 0.2 * chance)


def wait_in_queue(place: int, concurrency: int, usual: Span, waited_seconds: float = 0.0) -> Span:
    """How long a job at this place usually waits until its picture is done, with what it has waited already.

    Slow tasks and quick ones even out: of several in a row, the spread grows with the root of their number only.
    """
    in_a_row = ceil(place / concurrency) + 1
    half = waited_seconds + in_a_row * usual.half_seconds
    return Span(half, half + sqrt(in_a_row) * (usual.most_seconds - usual.half_seconds))


def worth_telling(place: int) -> bool:
    """Whether a waiting card is brought up to date at this place: the last ones each, far ones sparsely."""
    return place <= 3 or place in {5, 10, 20, 50, 100}  # noqa: PLR2004 (a scale that thins out)
