"""Rate limits: the headers on every answer, and 429 for who does not heed them. In real time, as its clients count.

The numbers are what others found (5 in 2 s for one interaction, 5 in 5 s for one channel): Discord documents none.
https://discord.com/developers/docs/topics/rate-limits
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BUCKETS = 10_000


@dataclass(frozen=True, slots=True)
class Rule:
    """So many requests in so many seconds, for each value of the path's parts up to `parts`."""

    prefix: str
    parts: int
    most: int
    seconds: float


RULES = (Rule("/webhooks/", 4, 5, 2.0), Rule("/channels/", 3, 5, 5.0))


@dataclass(eq=False, slots=True)
class Bucket:
    """How many requests came since when."""

    since: float
    used: int = 0


class Paces:
    """Counts requests by bucket."""

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        self._ticks = ticks
        self._buckets: dict[str, Bucket] = {}

    def count(self, method: str, path: str) -> tuple[dict[str, str], float]:
        """Count a request: the headers of its answer, and how many seconds too early it comes (0: in time)."""
        rule = next((rule for rule in RULES if path.startswith(rule.prefix)), None)
        if rule is None:
            return {}, 0.0
        key = "/".join([*path.split("/")[: rule.parts], method if rule.prefix == "/channels/" else ""])
        bucket, now = self._buckets.get(key), self._ticks()
        if bucket is None or now >= bucket.since + rule.seconds:
            bucket = self._open(key, now)
        wait = bucket.since + rule.seconds - now
        early = bucket.used >= rule.most
        bucket.used += not early
        headers = {
            "X-RateLimit-Limit": str(rule.most),
            "X-RateLimit-Remaining": str(rule.most - bucket.used),
            "X-RateLimit-Reset": f"{time.time() + wait:.3f}",
            "X-RateLimit-Reset-After": f"{wait:.3f}",
            "X-RateLimit-Bucket": f"{method} {rule.prefix}",
        }
        return headers, wait if early else 0.0

    def _open(self, key: str, now: float) -> Bucket:
        if len(self._buckets) >= MOST_BUCKETS:
            longest = max(rule.seconds for rule in RULES)
            self._buckets = {each: old for each, old in self._buckets.items() if now < old.since + longest}
        bucket = self._buckets[key] = Bucket(now)
        return bucket
