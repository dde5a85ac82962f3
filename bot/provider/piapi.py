"""PiAPI over the wire: what `Provider` promises, kept with aiohttp.

Questions may be asked again; an order may not, for it costs money and PiAPI knows no idempotency key. So it
goes out once, over a connection made for it alone: what fails before that connection stands was surely not
sent, and no pooled connection that died in its sleep can turn an order that nobody saw into a lost one.
(aiohttp itself sends a GET twice over such a connection, but never a POST: `IDEMPOTENT_METHODS` in
aiohttp/client.py.)
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import aiohttp
import stamina

from bot.provider.download import read_at_most
from bot.provider.errors import OutcomeUnknown, ReadFailed, Unreachable
from bot.provider.orders import HISTORY_PAGE, build_history_query, build_order
from bot.provider.protocol import Provider
from bot.provider.verdicts import Answer, AskAgain
from bot.provider.wire import parse_account, parse_history, parse_submit, parse_task, parse_upload
from bot.provider.words import format_for_log, shorten

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.provider.download import PictureDownload
    from bot.provider.protocol import Account, Order, Task

T = TypeVar("T")

log = logging.getLogger(__name__)

MOST_ANSWER_BYTES = 1024 * 1024
MOST_HISTORY_PAGES = 5
MOST_WAIT_SECONDS = 10.0
"""Who asks us to stay away for longer is not asked again within this call."""
SHORTEST_SECRET = 12
"""Shorter ones would be found, and taken out, in innocent text."""

NOTHING_SENT = (
    aiohttp.ClientConnectorError,  # DNS, TCP and TLS
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)
"""What aiohttp raises only while there is no connection yet."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long things may take. A read is one question of several; `read_total_seconds` ends them all."""

    connect_seconds: float = 10
    submit_seconds: float = 60
    read_seconds: float = 12
    read_total_seconds: float = 45
    upload_seconds: float = 60


STANDARD_TIMEOUTS = Timeouts()


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `secret` must not come back in anything we say."""

    method: str
    url: str
    seconds: float
    body: bytes | None = field(default=None, repr=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Silence:
    """No whole answer came."""

    detail: str
    nothing_sent: bool


class PiAPI(Provider):
    """An account at PiAPI. The session and the download are the caller's, who closes them."""

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        base_url: str,
        api_key: str,
        download: PictureDownload,
        upload_url: str = "https://upload.theapi.app/api/ephemeral_resource",
        timeouts: Timeouts = STANDARD_TIMEOUTS,
    ) -> None:
        self._session = session
        self._base_url = base_url.rstrip("/")
        self._api_key = api_key
        self._download = download
        self._upload_url = upload_url
        self._timeouts = timeouts
        self._ask_again = stamina.AsyncRetryingCaller(
            attempts=3, timeout=None, wait_initial=0.5, wait_max=4.0, wait_jitter=0.5
        )

    async def submit(self, order: Order) -> Task:
        """Make one task, or raise a `NotSubmitted` or `OutcomeUnknown`. Sent once, whatever happens."""
        secret = order.callback.secret if order.callback is not None else ""
        body = _dump(build_order(order))
        call = Call("POST", f"{self._base_url}/api/v1/task", self._timeouts.submit_seconds, body, secret)
        connector = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(connector=connector, trust_env=self._session.trust_env) as fresh:
            answer = await self._send(call, fresh)
        if isinstance(answer, Answer):
            return parse_submit(answer)
        raise Unreachable(answer.detail) if answer.nothing_sent else OutcomeUnknown(answer.detail)

    async def fetch_task(self, task_id: str) -> Task:
        """Read how a task stands. Raises `KeyRefused` or `ReadFailed`."""
        task = await self._read(f"/api/v1/task/{quote(task_id, safe='')}", parse_task)
        if task.id not in ("", task_id):
            raise ReadFailed("the answer speaks of another task")
        return replace(task, id=task_id)

    async def fetch_history(self, since: datetime, until: datetime) -> tuple[str, ...]:
        """Read the ids of the tasks made in that time. Raises `KeyRefused` or `ReadFailed`."""
        found: dict[str, None] = {}
        for page in range(1, MOST_HISTORY_PAGES + 1):
            query = build_history_query(since, until, page)
            ids = await self._read(f"/api/open/tasks/histories?{query}", parse_history)
            found |= dict.fromkeys(ids)
            if len(ids) < HISTORY_PAGE:
                break
        return tuple(found)

    async def fetch_account(self) -> Account:
        """Read the account behind the key: costs nothing. Raises `KeyRefused` or `ReadFailed`."""
        return await self._read("/account/info", parse_account)

    async def upload(self, picture: bytes, name: str) -> str:
        """Put a picture on PiAPI's own host for a day. Raises `KeyRefused` or `ReadFailed`."""
        body = _dump({"file_name": name, "file_data": base64.b64encode(picture).decode()})
        return await self._ask(Call("POST", self._upload_url, self._timeouts.upload_seconds, body), parse_upload)

    async def fetch_picture(self, url: str) -> bytes:
        """Download one result. Raises a `PictureNotFetched`."""
        return await self._download.fetch(url)

    async def _read(self, path: str, parse: Callable[[Answer], T]) -> T:
        """Ask until there is an answer, a few times and not for long."""
        call = Call("GET", f"{self._base_url}{path}", self._timeouts.read_seconds)
        try:
            async with asyncio.timeout(self._timeouts.read_total_seconds):
                return await self._ask_again(_is_worth_asking_again, self._ask, call, parse)
        except TimeoutError:
            raise ReadFailed(f"no answer in {self._timeouts.read_total_seconds} s") from None

    async def _ask(self, call: Call, parse: Callable[[Answer], T]) -> T:
        answer = await self._send(call, self._session)
        if isinstance(answer, Silence):
            raise AskAgain(answer.detail)
        return parse(answer)

    async def _send(self, call: Call, session: aiohttp.ClientSession) -> Answer | Silence:
        """One request, one answer: text first, whatever it may be.

        Errors become values here and leave no trace: aiohttp's carry our headers with them, and so the key.
        """
        try:
            answer = await self._exchange(call, session)
        except NOTHING_SENT as error:
            answer = Silence(_describe(error), nothing_sent=True)
        except (aiohttp.ClientError, OSError) as error:  # OSError: TimeoutError is one
            answer = Silence(_describe(error), nothing_sent=False)
        log.debug("%s %s: %s", call.method, call.url, _format(answer))
        return answer

    async def _exchange(self, call: Call, session: aiohttp.ClientSession) -> Answer | Silence:
        timeouts = aiohttp.ClientTimeout(total=call.seconds, connect=self._timeouts.connect_seconds)
        headers = {"X-API-Key": self._api_key, "Content-Type": "application/json"}
        # A file, because aiohttp warns of large bodies in one piece: they would hold up the loop.
        body = None if call.body is None else io.BytesIO(call.body)
        async with session.request(
            call.method, call.url, data=body, headers=headers, timeout=timeouts, allow_redirects=False
        ) as response:
            said = await read_at_most(response, MOST_ANSWER_BYTES)
            if said is None:
                return Silence(f"answered {response.status} with more than we read", nothing_sent=False)
            found = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, _hide(said, self._api_key, call.secret), found)


def _is_worth_asking_again(error: Exception) -> bool | float:
    """No, yes, or yes after so many seconds."""
    if not isinstance(error, AskAgain):
        return False
    wait = error.retry_after_seconds
    if wait is None:
        return True
    return wait if wait <= MOST_WAIT_SECONDS else False


def _dump(body: dict[str, Any]) -> bytes:
    return json.dumps(body).encode()


def _hide(body: bytes, *secrets: str) -> bytes:
    """Take our own secrets out of a body: who refuses a key may well repeat it."""
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            body = body.replace(secret.encode(), b"***")
    return body


def _describe(error: Exception) -> str:
    return shorten(f"{type(error).__name__}: {error}")


def _format(answer: Answer | Silence) -> str:
    if isinstance(answer, Silence):
        return answer.detail
    return f"{answer.status} {format_for_log(answer.body)}"
