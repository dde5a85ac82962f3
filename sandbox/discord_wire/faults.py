"""What goes wrong, by script: refusals, lost answers, broken connections, slowness, limits."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.discord_wire.answers import give
from sandbox.discord_wire.bodies import drain, read_some

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

TOO_MANY_REQUESTS = 429
VIA = {"Via": "1.1 google"}
RESET_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER on, for 0 seconds: the other side gets an RST


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong, `times` times, after `skip` requests of the kind went well.

    `route` is method and path without the API's prefix, with `*` for anything: `"PATCH /webhooks/*"`. With `status`
    that is the answer (429 with `retry_after`; without `via` it looks like a ban). With `reset` there is none: the
    connection breaks, after `after_bytes` of the body if that is given. `processed` says that Discord did what was
    asked all the same. `delay_seconds` pass before the request is looked at, or if `processed` before its answer goes
    out. `headers` are added to whatever is answered.
    """

    route: str
    status: int = 0
    code: int = 0
    message: str = "by script"
    retry_after: float = 1.0
    via: bool = True
    reset: bool = False
    after_bytes: int | None = None
    processed: bool = False
    delay_seconds: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    skip: int = 0

    @property
    def ends(self) -> bool:
        """Whether the true answer is never seen."""
        return bool(self.status) or self.reset or self.after_bytes is not None


@dataclass(eq=False, slots=True)
class Armed:
    """A fault and how often it still strikes."""

    fault: Fault
    skip: int
    times: int


class Faults:
    """The script. Of several faults for one request the oldest strikes."""

    def __init__(self) -> None:
        self._armed: list[Armed] = []

    def add(self, fault: Fault) -> None:
        """From now on."""
        self._armed.append(Armed(fault, fault.skip, fault.times))

    def clear(self) -> None:
        """Nothing more goes wrong."""
        self._armed.clear()

    def take(self, route: str) -> Fault | None:
        """The fault that strikes this request."""
        for armed in self._armed:
            if not fnmatchcase(route, armed.fault.route):
                continue
            if armed.skip:
                armed.skip -= 1
                continue
            armed.times -= 1
            if not armed.times:
                self._armed.remove(armed)
            return armed.fault
        return None


async def strike(
    fault: Fault, request: web.Request, answer: Callable[[], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Let it go wrong. `answer` does what was asked."""
    response: web.StreamResponse | None = None
    if not fault.processed:
        await asyncio.sleep(fault.delay_seconds)
    if fault.processed or not fault.ends:
        response = await answer()
    elif fault.after_bytes is not None:
        await read_some(request, fault.after_bytes)
    else:
        await drain(request)
    if fault.processed:
        await asyncio.sleep(fault.delay_seconds)
    if response is None or fault.ends:
        response = _break(request) if not fault.status else _answer(fault)
    response.headers.update(fault.headers)
    return response


def _break(request: web.Request) -> web.Response:
    """Reset the connection. What is returned reaches nobody."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_ONCE)
        request.transport.abort()
    return web.Response()


def _answer(fault: Fault) -> web.Response:
    body: dict[str, Any] = {"message": fault.message, "code": fault.code}
    if fault.status != TOO_MANY_REQUESTS:
        return give(body, fault.status)
    body |= {"retry_after": fault.retry_after, "global": False}
    headers = {"Retry-After": str(fault.retry_after), "X-RateLimit-Scope": "user", **(VIA if fault.via else {})}
    return give(body, fault.status, headers)
