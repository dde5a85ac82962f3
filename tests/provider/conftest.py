"""What the tests of the image service share: recorded bodies, and a web server that plays every fault."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.provider.verdicts import Answer

Act = Callable[[asyncio.StreamWriter], Awaitable[None]]
"""What the server does once it has read a request."""

BODIES = Path(__file__).parent / "bodies"
TASK_ID = "6f1c2a0e-3d1b-4b8e-9a55-0c7f2d9e4b11"
SECRET = "s3cret-of-this-job"


def answer(status: int, body: object = b"", **headers: str) -> Answer:
    """An answer with these bytes, or with this as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, raw, headers)


def refused(status: int, message: str = "no", code: int | None = None) -> Answer:
    """An answer that says no in the service's envelope."""
    return answer(status, {"code": status if code is None else code, "message": message, "data": None})


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came over the wire; header names in lower case."""

    line: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class StandIn:
    """A server on a real socket: writes down what it is asked, and plays its acts in turn, the last one for ever."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.connections = 0
        self.deaf = False
        """Hangs up on everybody before reading a byte."""
        self.forgetful = False
        """Hangs up on the second request over one connection, as a server does that was about to close it."""
        self.url = ""
        self._acts: list[Act] = []
        self._open: set[asyncio.Task[None]] = set()

    def plays(self, *acts: Act) -> None:
        """Play these from now on."""
        self._acts = list(acts)

    @staticmethod
    def answers(status: int = 200, body: bytes | str | object = b"", **headers: str) -> Act:
        """Answer in full and stay connected. A header's name is written with underscores."""
        if not isinstance(body, bytes):
            body = (body if isinstance(body, str) else json.dumps(body)).encode()
        named = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
        return StandIn.sends(f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + body, hang_up=False)

    @staticmethod
    def sends(data: bytes, *, hang_up: bool = True) -> Act:
        """Send these very bytes."""

        async def act(writer: asyncio.StreamWriter) -> None:
            with suppress(ConnectionError):  # whoever asked may have heard enough
                writer.write(data)
                await writer.drain()
            if hang_up:
                writer.close()

        return act

    @staticmethod
    def falls_silent(data: bytes = b"") -> Act:
        """Send these bytes, then nothing, for ever."""

        async def act(writer: asyncio.StreamWriter) -> None:
            writer.write(data)
            await asyncio.Event().wait()

        return act

    @staticmethod
    async def hangs_up(writer: asyncio.StreamWriter) -> None:
        """Reset the connection without a word."""
        writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its first byte to its last."""
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            if not self.deaf:
                await self._converse(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # they left, or never spoke HTTP
        except asyncio.CancelledError:
            pass  # the end of the test
        finally:
            writer.transport.abort()
            self._open.discard(task)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = True
        while not writer.is_closing():
            asked = await _read(reader)
            self.asked.append(asked)
            if self.forgetful and not first:
                return
            first = False
            act = self._acts.pop(0) if len(self._acts) > 1 else self._acts[0]
            await act(writer)

    async def stop(self) -> None:
        """Drop everybody who is still connected."""
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> Asked:
    line, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = dict(header.split(": ", 1) for header in rest if header)
    lowered = {name.lower(): value for name, value in headers.items()}
    body = await reader.readexactly(int(lowered.get("content-length", "0")))
    return Asked(line.removesuffix(" HTTP/1.1"), lowered, body)


@pytest.fixture
async def stand_in() -> AsyncIterator[StandIn]:
    """One server; it must be told what to play."""
    async for played in _open():
        yield played


@pytest.fixture
async def bystander() -> AsyncIterator[StandIn]:
    """A second server on this machine, which nobody should ever ask."""
    async for played in _open():
        yield played


async def _open() -> AsyncIterator[StandIn]:
    played = StandIn()
    server = await asyncio.start_server(played.serve, "127.0.0.1", 0)
    played.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield played
    server.close()
    await played.stop()
    await server.wait_closed()


@pytest.fixture
def body() -> Callable[[str], bytes]:
    """The recorded body of a name."""
    return lambda name: (BODIES / name).read_bytes()
