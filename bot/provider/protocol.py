"""What an image service must do for us, and the values that go in and out. No service's own words here."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal


class TaskState(StrEnum):
    """Where a task stands, as far as it matters to us."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class FailureKind(StrEnum):
    """Why a task that had been accepted failed, as far as its words let us tell."""

    PICTURE = "picture"
    NOT_FETCHED = "not_fetched"
    NO_CREDIT = "no_credit"
    BUSY = "busy"
    TIMEOUT = "timeout"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Callback:
    """Where the service may tell us that a task moved, and the secret that proves it is the service."""

    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Order:
    """What we ask for. `width` and `height` are the source's; what can be chosen is as the table of models says.

    `strength` 1 is far from the source. A choice that was not made has its default here.
    """

    model: str
    prompt: str
    image_url: str
    width: int
    height: int
    strength: float | None = None
    negative_prompt: str = ""
    guidance: float | None = None
    count: int = 1
    lora: str = ""
    lora_strength: float | None = None
    control: str = ""
    callback: Callback | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """The service's unit of work. `detail` is the service's own text: for the log, never for a member.

    `image_url` and `callback_url` are what it says it was ordered with, "" where it does not say.
    """

    id: str
    state: TaskState
    picture_urls: tuple[str, ...] = ()
    cost_usd: Decimal | None = None
    failure: FailureKind | None = None
    detail: str = ""
    image_url: str = ""
    callback_url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Account:
    """The account behind the key. `balance_usd` is what can still be spent, if the service tells."""

    name: str
    plan: str
    balance_usd: Decimal | None


class Provider(Protocol):
    """An image service. Every call has its own deadline; errors are those of `bot.provider.errors`."""

    async def submit(self, order: Order) -> Task:
        """Make one task. Never repeated by the provider itself: it costs money.

        Raises a `NotSubmitted` if surely nothing was made, `OutcomeUnknown` if something may have been.
        """

    async def fetch_task(self, task_id: str) -> Task:
        """Read one task. Raises `KeyRefused`, or `ReadFailed` after its own few tries."""

    async def fetch_history(self, since: datetime, until: datetime) -> tuple[str, ...]:
        """The ids of the tasks made in that time, to find one whose id never came. The same."""

    async def fetch_account(self) -> Account:
        """Read the account behind the key. Raises `KeyRefused` or `ReadFailed`."""

    async def upload(self, picture: bytes, name: str) -> str:
        """Put a picture where the service can read it, and return its URL.

        Raises `KeyRefused` where the plan does not include it, else `ReadFailed`.
        """

    async def fetch_picture(self, url: str) -> bytes:
        """Download one result within limits. Raises a `PictureNotFetched`."""
