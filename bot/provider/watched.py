"""Any image service, with somebody beside it who notes how each call went, and whether it answers at all."""

from __future__ import annotations

from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from bot.provider.errors import KeyRefused, OutcomeUnknown, ProviderError, ReadFailed, TaskMissing, Unreachable
from bot.provider.protocol import Provider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from bot.provider.protocol import Account, Order, Task

OK = "ok"


class Watched(Provider):
    """The same service. `tell` hears of each call: what was asked, what came of it, and how many seconds it took."""

    def __init__(self, provider: Provider, tell: Callable[[str, str, float], None]) -> None:
        self._provider = provider
        self._tell = tell
        self.trouble = ""
        """Why it would not be of use now, by its last word; empty where it would."""
        self.heard_at: float | None = None
        """When that was, on the monotonic clock; None: never."""

    async def submit(self, order: Order) -> Task:
        """As the service does."""
        with self._watching("submit", counts=True):
            return await self._provider.submit(order)

    async def fetch_task(self, task_id: str) -> Task:
        """As the service does."""
        with self._watching("fetch_task", counts=True):
            return await self._provider.fetch_task(task_id)

    async def fetch_history(self, since: datetime, until: datetime) -> tuple[str, ...]:
        """As the service does."""
        with self._watching("fetch_history", counts=True):
            return await self._provider.fetch_history(since, until)

    async def fetch_account(self) -> Account:
        """As the service does."""
        with self._watching("fetch_account", counts=True):
            return await self._provider.fetch_account()

    async def upload(self, picture: bytes, name: str) -> str:
        """As the service does. Says nothing about trouble: not every key may do it, and the host is another one."""
        with self._watching("upload"):
            return await self._provider.upload(picture, name)

    async def fetch_picture(self, url: str) -> bytes:
        """As the service does. The same: the pictures are elsewhere."""
        with self._watching("fetch_picture"):
            return await self._provider.fetch_picture(url)

    def note(self, trouble: str) -> None:
        """Its last word, or what somebody made of its silence."""
        self.trouble, self.heard_at = trouble, monotonic()

    @contextmanager
    def _watching(self, operation: str, *, counts: bool = False) -> Iterator[None]:
        began, outcome, trouble = monotonic(), OK, ""
        try:
            yield
        except ProviderError as error:
            outcome, trouble = type(error).__name__, _find_trouble(error)
            raise
        except BaseException:
            outcome, counts = "broke", False  # given up by whoever asked, most likely: that is not the service's word
            raise
        finally:
            self._tell(operation, outcome, monotonic() - began)
            if counts:
                self.note(trouble)


def _find_trouble(error: ProviderError) -> str:
    """What an error says about the service itself; empty where it is about this one call."""
    if isinstance(error, KeyRefused):
        return "it does not accept the key"
    if isinstance(error, TaskMissing):
        return ""
    if isinstance(error, (Unreachable, OutcomeUnknown, ReadFailed)):
        return "it does not answer as it should"
    return ""
