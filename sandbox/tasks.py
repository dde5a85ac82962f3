"""One task of PiAPI's stand-in: when it does what, what became of it, and how answers show it.

How a task stands follows from the time and from what was made: no timer moves it.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.schema import ADVANCED, DEV, SCHNELL, echo_config, echo_input

if TYPE_CHECKING:
    from collections.abc import Mapping

UNITS_PER_USD = 10_000_000
PRICES_UNITS: Mapping[str, int] = {SCHNELL: 15_000, DEV: 150_000, ADVANCED: 200_000}  # per picture
DURATIONS: Mapping[str, float] = {SCHNELL: 5.0, DEV: 9.0, ADVANCED: 12.0}  # seconds from accepted to completed

PROVOCATIONS: Mapping[str, str] = {
    "fail": "The task is accepted, and fails at its end.",
    "refuse": "The task is accepted, and then the picture is refused.",
    "slow": "The task takes four times as long, and half a minute at least.",
    "busy": "PiAPI says twice that it is busy, and then accepts.",
    "nocredit": "PiAPI says four times that the account is empty; then somebody has topped it up.",
    "lost": "The task is made, but PiAPI's answer gets lost.",
}

_SIDE = 1024  # of a picture whose size is not that of what goes in
_PENDING_SHARE = 0.25  # of the time a task takes, how much it waits before it is worked on
_NEVER = "0001-01-01T00:00:00Z"
_GENERAL_FAILURE = 10000


@dataclass(slots=True)
class Task:
    """A task. Times are unix seconds; `reads` counts how often it was asked for."""

    id: str
    number: int
    body: dict[str, Any] = field(repr=False)
    created_at: float
    pending_at: float
    ended_at: float
    source_sha256: str = ""
    picture_urls: tuple[str, ...] = ()
    failure: str = ""
    reads: int = 0
    callbacks: list[int] = field(default_factory=list)  # what each attempt was answered; 0 is nothing
    call_at: float | None = field(init=False)  # when to call back next
    made: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @property
    def model(self) -> str:
        """The model's name on the wire."""
        return str(self.body["model"])

    @property
    def input(self) -> dict[str, Any]:
        """What is to be painted, as it was sent."""
        sent: dict[str, Any] = self.body["input"]
        return sent

    @property
    def image(self) -> str:
        """The address of the picture that goes in, which may be there as a control only."""
        image: str = self.input.get("image", "")
        return image or str(self.input["control_net_settings"][0]["control_image"])

    @property
    def words(self) -> str:
        """What it is to become: the prompt, and the style if there is one."""
        return " ".join([self.input["prompt"], *(each["lora_type"] for each in self.input.get("lora_settings", []))])

    @property
    def size(self) -> tuple[int, int] | None:
        """The width and height of what comes out, where they do not follow from what goes in."""
        if self.body["task_type"] != "kontext":
            return None
        return self.input.get("width", _SIDE), self.input.get("height", _SIDE)

    @property
    def count(self) -> int:
        """How many pictures were ordered."""
        return int(self.input.get("batch_size", 1))

    @property
    def started_at(self) -> float:
        """When it stops to wait."""
        return self.pending_at + (self.ended_at - self.pending_at) * _PENDING_SHARE

    @property
    def webhook(self) -> dict[str, str]:
        """Endpoint and secret of the callback, both "" if none is wanted."""
        webhook: dict[str, str] = echo_config(self.body.get("config"))["webhook_config"]
        return webhook

    def __post_init__(self) -> None:
        self.call_at = self.ended_at if self.webhook["endpoint"] else None

    def has_ended(self, now: float) -> bool:
        """Whether it is completed or failed."""
        return now >= self.ended_at and self.made.is_set()

    def status(self, now: float) -> str:
        """How it stands: at its end only when the time has come and the picture is made."""
        if self.has_ended(now):
            return "failed" if self.failure else "completed"
        if now >= self.started_at:
            return "processing"
        return "pending" if now >= self.pending_at else "staged"

    def consumed(self, now: float) -> int:
        """What it has cost, in units: nothing before it is completed."""
        return self.price if self.status(now) == "completed" else 0

    @property
    def price(self) -> int:
        """What it will cost, in units."""
        return PRICES_UNITS[self.model] * self.count


def provoked(prompt: str) -> set[str]:
    """Which words of `PROVOCATIONS` are in the prompt, as whole words."""
    return PROVOCATIONS.keys() & set(re.findall(r"\w+", prompt.casefold()))


def show(task: Task, now: float) -> dict[str, Any]:
    """The task as `data` of answers and callbacks shows it."""
    status = task.status(now)
    return {
        "task_id": task.id,
        "model": task.model,
        "task_type": task.body["task_type"],
        "status": status,
        "config": echo_config(task.body.get("config")),
        "input": echo_input(task.input, task.body["task_type"]),
        "output": _show_output(task) if status == "completed" else None,
        "meta": _show_meta(task, now, status),
        "detail": None,
        "logs": [],
        "error": _show_error(task.failure if status == "failed" else ""),
    }


def _show_output(task: Task) -> dict[str, Any]:
    if len(task.picture_urls) == 1:
        return {"image_url": task.picture_urls[0], "image_base64": ""}
    return {"image_urls": list(task.picture_urls)}


def _show_meta(task: Task, now: float, status: str) -> dict[str, Any]:
    ended = status in {"completed", "failed"}
    return {
        "created_at": format_time(task.created_at),
        "started_at": format_time(task.started_at) if now >= task.started_at else _NEVER,
        "ended_at": format_time(task.ended_at) if ended else _NEVER,
        "usage": {"type": "point", "frozen": 0 if ended else task.price, "consume": task.consumed(now)},
        "is_using_private_pool": False,
    }


def _show_error(failure: str) -> dict[str, Any]:
    code = _GENERAL_FAILURE if failure else 0
    return {"code": code, "raw_message": failure, "message": failure, "detail": None}


def show_in_history(task: Task, now: float, *, echoes: bool) -> dict[str, Any]:
    """The task as a row of the history. With `echoes`, also what was ordered."""
    row = {
        "id": task.number,
        "account_id": 1,
        "api_key_id": 1,
        "task_id": task.id,
        "task_model": "flux",
        "action": task.body["task_type"],
        "status": task.status(now),
        "service_mode": echo_config(task.body.get("config"))["service_mode"],
        "usage": task.consumed(now),
        "usage_type": "point",
        "created_at": format_time(task.created_at),
        "updated_at": format_time(min(now, task.ended_at)),
        "detail": {"model": task.model, "task_id": task.id, "task_type": task.body["task_type"]},
    }
    return row | {name: show(task, now)[name] for name in ("config", "input") if echoes}


def format_time(seconds: float) -> str:
    """A time as the service writes it: with nine digits after the second."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


class Shelf:
    """Pictures under a name, for a time. Beyond `most_bytes` the oldest go first."""

    def __init__(self, life_seconds: float, most_bytes: int = 128_000_000) -> None:
        self._life_seconds = life_seconds
        self._most_bytes = most_bytes
        self._pictures: OrderedDict[str, tuple[float, bytes]] = OrderedDict()

    def put(self, name: str, picture: bytes, now: float) -> None:
        """Keep a picture from now on."""
        self._pictures[name] = now, picture
        while sum(len(kept) for _, kept in self._pictures.values()) > self._most_bytes:
            self._pictures.popitem(last=False)

    def get(self, name: str, now: float) -> bytes | None:
        """The picture, unless it has gone."""
        put_at, picture = self._pictures.get(name, (0.0, None))
        return picture if now < put_at + self._life_seconds else None
