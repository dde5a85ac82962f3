"""How long it usually is: from our own jobs where there are enough, and for one place in the queue."""

from __future__ import annotations

import pytest

from bot.jobs.estimates import measure
from bot.jobs.pace import Span, wait_in_queue


def test_too_few_jobs_say_less_than_what_was_known() -> None:
    """Two lucky ones are no rule; a slow one may take twice as long."""
    assert measure([1.0, 1.0], 6.0) == Span(6.0, 12.0)


def test_the_median_and_the_ninetieth_percentile() -> None:
    """A few slow ones do not move the middle, and are not hidden either."""
    seconds = [5.0] * 8 + [50.0] * 2
    span = measure(seconds, 1.0)
    assert span.half_seconds == 5.0
    assert 5.0 < span.most_seconds <= 50.0
    assert measure([float(each) for each in range(1, 12)], 1.0) == Span(6.0, 10.0)


@pytest.mark.parametrize("count", [3, 4, 50])
def test_where_all_are_alike_the_span_is_a_point(count: int) -> None:
    """No false modesty."""
    assert measure([7.0] * count, 1.0) == Span(7.0, 7.0)


def test_a_wait_is_so_many_in_a_row() -> None:
    """Place 4 of 3 at once: two before it and its own; the slow and the quick even out."""
    span = wait_in_queue(4, 3, Span(10.0, 20.0))
    assert span.half_seconds == 30.0
    assert span.most_seconds == pytest.approx(30.0 + 10.0 * 3**0.5)
    assert wait_in_queue(1, 3, Span(10.0, 20.0)).half_seconds == 20.0


def test_what_was_waited_already_counts() -> None:
    """The card counts from the beginning of the wait, so the span does, too."""
    assert wait_in_queue(1, 1, Span(10.0, 10.0), 35.0) == Span(55.0, 55.0)
