"""Bodies of requests: JSON, or `payload_json` with `files[n]` beside it.

https://discord.com/developers/docs/reference#uploading-files
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.discord_wire.cdn import Upload
from sandbox.discord_wire.codes import INVALID_FORM, INVALID_JSON, TOO_LARGE, Problem, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_BYTES = 25 * 1024 * 1024
FILE = re.compile(r"files\[(\d+)\]")
FIELD = re.compile(rb'[; ](name|filename)="((?:[^"\\]|\\.)*)"', re.IGNORECASE)
ESCAPED = re.compile(rb"\\(.)")


@dataclass(frozen=True, slots=True)
class Body:
    """What a request says. `payload` is None where it has no body."""

    payload: Any = None
    uploads: Mapping[int, Upload] = field(default_factory=dict)


BODY = web.RequestKey("body", Body)


async def read_body(request: web.Request) -> Body:
    """Read it, whole. Raises `Refused`."""
    if not request.body_exists:
        return Body()
    if (request.content_length or 0) > MOST_BYTES:
        await drain(request)
        raise Refused(TOO_LARGE)
    kind, _, boundary = request.headers.get("Content-Type", "").partition("; boundary=")
    if kind == "multipart/form-data":
        return _parse_form(await _read(request), boundary.strip('"'))
    if kind == "application/json":
        return Body(_parse(await _read(request)))
    await drain(request)
    raise Refused(INVALID_FORM, [Problem("", "CONTENT_TYPE_INVALID", f"what is {kind!r}?")])


async def drain(request: web.Request) -> None:
    """Read and forget, so that who is sending gets to the end."""
    async for _ in request.content.iter_any():
        pass


async def read_some(request: web.Request, most_bytes: int) -> None:
    """Read and forget about this much."""
    taken = 0
    while taken < most_bytes and (chunk := await request.content.readany()):
        taken += len(chunk)


async def _read(request: web.Request) -> bytes:
    """The bytes, but not more than Discord takes, where no length was declared either."""
    taken = bytearray()
    async for chunk in request.content.iter_any():
        taken += chunk[: MOST_BYTES + 1 - len(taken)]
    if len(taken) > MOST_BYTES:
        raise Refused(TOO_LARGE)
    return bytes(taken)


def _parse_form(body: bytes, boundary: str) -> Body:
    """The parts of a form. By hand: aiohttp's own reader takes more time for an upload than the whole bot."""
    payload = b"{}"
    uploads: dict[int, Upload] = {}
    problems = []
    _, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode())
    if not parts or not parts.pop().startswith(b"--"):
        raise Refused(INVALID_FORM, [Problem("", "FORM_CUT_SHORT", "the form does not end")])
    for part in parts:
        head, _, data = part.partition(b"\r\n\r\n")
        said = {key.lower(): _unquote(value) for key, value in FIELD.findall(head)}
        name = said.get(b"name", "")
        if name == "payload_json":
            payload = data
        elif match := FILE.fullmatch(name):
            uploads[int(match[1])] = Upload(said.get(b"filename", "unknown"), data)
        else:
            problems.append(Problem(name, "FORM_FIELD_UNKNOWN", "neither payload_json nor files[n]"))
    if problems:
        raise Refused(INVALID_FORM, problems)
    return Body(_parse(payload), uploads)


def _unquote(text: bytes) -> str:
    return ESCAPED.sub(rb"\1", text).decode("utf-8", "replace")


def _parse(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise Refused(INVALID_JSON) from None
