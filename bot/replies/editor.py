"""Gets cards and pictures into Discord: one message per job, edited to its end.

Status edits of a message are at least three seconds apart, the latest wins, and none is ever in front of the result. An
edit goes by the interaction's token while that lives, then by the bot's own. Each request has a deadline, each attempt
its own `discord.File`s, and only a few uploads run at once, so that answers to new commands stay quick.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import discord

from bot.jobs.model import Job, JobStatus, Outlook, opened_at
from bot.jobs.ports import ReplyLost, ReplyNotReached, SourceGone
from bot.replies.asking import TokenDead, TooLarge, asking
from bot.replies.card import build_card, format_alt, format_file_name
from bot.replies.embed import build_embed, build_view
from bot.replies.texts import say_refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.database import Clock
    from bot.errors import Refused
    from bot.pictures import Result, Source, Studio

log = logging.getLogger(__name__)

TOKEN_SECONDS = 14 * 60
"""Discord's tokens live for 15 minutes; the last one is for clocks that disagree."""
REST_SECONDS = 3.0
GATHER_SECONDS = 0.7
"""A status waits this long for the next one: queued, submitting and running often follow each other at once."""
EDIT_DEADLINE_SECONDS = 10.0
UPLOAD_DEADLINE_SECONDS = 60.0
UPLOADS_AT_ONCE = 8
MOST_REQUEST_BYTES = 24 * 1024 * 1024
"""Discord takes 25 MiB in one request, all files together."""
MOST_BYTES_BY_BOT = 10 * 1024 * 1024
EPHEMERAL = 64
NO_OUTLOOK = Outlook(None, None)


@dataclass(frozen=True, slots=True)
class Picture:
    """A file of a message, as values: each attempt makes its own `discord.File` of it."""

    name: str
    data: bytes
    alt: str | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """What is to be shown of a job, and when."""

    job: Job
    outlook: Outlook
    due_at: datetime


class Editor:
    """Does what `bot.jobs.ports.Replies` asks for. `run` sends the status edits that `show` was told of."""

    def __init__(self, client: discord.Client, studio: Studio, clock: Clock, label: str = "") -> None:
        self._client = client
        self._studio = studio
        self._clock = clock
        self._label = label
        self._uploads = asyncio.Semaphore(UPLOADS_AT_ONCE)
        self._pending: dict[int, Status] = {}
        self._resting: dict[int, datetime] = {}
        self._in_flight: dict[int, asyncio.Task[None]] = {}
        self._moved = asyncio.Event()

    # -- status: soon, and the latest wins -----------------------------------------------------------------------

    def show(self, job: Job, outlook: Outlook) -> None:
        """Bring the reply up to date soon."""
        if job.message_id is not None:
            waiting = self._pending.get(job.id)
            due_at = waiting.due_at if waiting else self._clock() + timedelta(seconds=GATHER_SECONDS)
            self._pending[job.id] = Status(job, outlook, due_at)
            self._moved.set()

    async def run(self) -> None:
        """Send status edits for ever."""
        while True:
            self._moved.clear()
            wait = self._send_due()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._moved.wait()

    async def flush(self) -> None:
        """Send the status edits that are due now, and return when Discord has them. For tests, instead of `run`."""
        self._send_due()
        await asyncio.gather(*self._in_flight.values())

    def forget(self, job_id: int) -> None:
        """Nothing more is to be shown of this job but what the caller shows now."""
        self._pending.pop(job_id, None)

    def _send_due(self) -> float | None:
        """Start the status edits that are due. Returns the seconds until the next one, None if none waits."""
        now = self._clock()
        self._resting = {job_id: until for job_id, until in self._resting.items() if until > now}
        # One whose last edit is still on its way is woken when that has landed.
        waiting = [status for job_id, status in self._pending.items() if job_id not in self._in_flight]
        due = {status.job.id: max(status.due_at, self._resting.get(status.job.id, now)) for status in waiting}
        for job_id in [each for each, at in due.items() if at <= now]:
            del due[job_id]
            self._start_status(self._pending.pop(job_id), now)
        return min(((at - now).total_seconds() for at in due.values()), default=None)

    def _start_status(self, status: Status, now: datetime) -> None:
        job_id = status.job.id
        self._resting[job_id] = now + timedelta(seconds=REST_SECONDS)
        edit = asyncio.create_task(self._send_status(status), name=f"show job {job_id}")
        self._in_flight[job_id] = edit
        edit.add_done_callback(partial(self._landed, job_id))

    def _landed(self, job_id: int, _: asyncio.Task[None]) -> None:
        self._in_flight.pop(job_id, None)
        self._moved.set()

    async def _send_status(self, status: Status) -> None:
        try:
            await self._edit(status.job, status.outlook, None)
        except (ReplyLost, ReplyNotReached) as error:  # the next status, or the result, tries again
            log.info("job %s: its status was not shown: %s", status.job.id, error)

    async def _quiet(self, job_id: int) -> None:
        """Let no status of this job come after what the caller is about to send."""
        self.forget(job_id)
        if (edit := self._in_flight.get(job_id)) is not None:
            await asyncio.wait([edit])

    # -- the end -------------------------------------------------------------------------------------------------

    async def close(self, job: Job) -> None:
        """Show how it ended, now."""
        await self._quiet(job.id)
        await self._edit(job, NO_OUTLOOK, [])

    async def deliver(self, job: Job, results: Sequence[Result]) -> None:
        """Put the finished pictures into the reply."""
        await self._quiet(job.id)
        most = self._most_bytes(job)
        try:
            await self._put(job, await self._fit(results, most))
        except TooLarge:  # Discord's own word on its limit is newer than ours
            await self._put(job, await self._fit(results, most // 2))

    async def refuse(self, job: Job, refused: Refused) -> None:
        """Take the public reply away and tell the member alone why."""
        await self._quiet(job.id)
        if not self._token_lives(job):  # only the token can speak to one member alone
            await self.close(job)
            return
        sentence = say_refused(job.request.locale, refused)
        async with asking(EDIT_DEADLINE_SECONDS):
            await self._client.http.request(
                _route("POST", job, ""),
                json={"content": sentence, "flags": EPHEMERAL, "allowed_mentions": {"parse": []}},
            )
            await self._client.http.request(_route("DELETE", job, "/messages/@original"))

    async def _put(self, job: Job, results: Sequence[Result]) -> None:
        count = len(results)
        pictures = [
            Picture(
                format_file_name(job, number, result.extension, self._label),
                result.data,
                format_alt(job, number, count),
            )
            for number, result in enumerate(results, start=1)
        ]
        done = replace(job, status=JobStatus.DONE)  # the row follows once the message has them
        async with self._uploads:
            await self._edit(done, NO_OUTLOOK, pictures, fitted=any(result.fitted for result in results))

    async def _fit(self, results: Sequence[Result], most_bytes: int) -> list[Result]:
        """Every picture small enough for itself and for all of them together."""
        each = min(most_bytes, MOST_REQUEST_BYTES // max(1, len(results)))
        return [
            result if len(result.data) <= each else await self._studio.fit_result(result, each) for result in results
        ]

    # -- the source ----------------------------------------------------------------------------------------------

    async def fetch_attachment(self, job: Job) -> bytes:
        """The picture as it was attached, from Discord."""
        try:
            async with asking(UPLOAD_DEADLINE_SECONDS):
                return await self._client.http.get_from_cdn(job.request.attachment_url)
        except ReplyLost as error:
            raise SourceGone(str(error)) from error

    async def find_message(self, job: Job) -> int | None:
        """The reply that a process sent and did not write down."""
        try:
            async with asking(EDIT_DEADLINE_SECONDS):
                message = await self._client.http.request(_route("GET", job, "/messages/@original"))
        except ReplyLost:
            return None
        return int(message["id"])

    async def host(self, job: Job, source: Source) -> str:
        """Attach the checked picture to the reply and return Discord's address for it."""
        await self._quiet(job.id)
        picture = Picture(format_file_name(job, 0, "jpg", self._label), source.data)
        async with self._uploads:
            message = await self._edit(job, NO_OUTLOOK, [picture])
        if not message.attachments:
            raise ReplyNotReached("Discord did not return the attachment")
        return message.attachments[0].url

    # -- one request ---------------------------------------------------------------------------------------------

    async def _edit(
        self, job: Job, outlook: Outlook, pictures: Sequence[Picture] | None, *, fitted: bool = False
    ) -> discord.Message:
        """Edit the reply by the token, or by the bot where that is dead. `pictures` replace what is attached."""
        if job.message_id is None:
            raise ReplyLost("there is no message")
        card = build_card(job, outlook, self._label, fitted=fitted)
        content: dict[str, Any] = {
            "embed": build_embed(card),
            "view": build_view(card),
            "allowed_mentions": discord.AllowedMentions.none(),
        }
        if self._token_lives(job):
            try:
                return await self._send(job, content, pictures, by_token=True)
            except TokenDead:
                log.info("job %s: the interaction's token is dead; going on as the bot", job.id)
        return await self._send(job, content, pictures, by_token=False)

    async def _send(
        self, job: Job, content: dict[str, Any], pictures: Sequence[Picture] | None, *, by_token: bool
    ) -> discord.Message:
        message_id = job.message_id or 0
        deadline = UPLOAD_DEADLINE_SECONDS if pictures else EDIT_DEADLINE_SECONDS
        with _files(pictures) as files:
            async with asking(deadline):
                if by_token:
                    return await self._webhook(job).edit_message(message_id, **content, **files)
                channel = self._client.get_partial_messageable(job.request.channel_id)
                return await channel.get_partial_message(message_id).edit(**content, **files)

    def _webhook(self, job: Job) -> discord.Webhook:
        return discord.Webhook.partial(job.request.application_id, job.request.token, client=self._client)

    def _token_lives(self, job: Job) -> bool:
        return (self._clock() - opened_at(job.id)).total_seconds() < TOKEN_SECONDS

    def _most_bytes(self, job: Job) -> int:
        return job.request.most_upload_bytes if self._token_lives(job) else MOST_BYTES_BY_BOT


def _route(method: str, job: Job, rest: str) -> discord.http.Route:
    """An endpoint of the interaction, for what `discord.Webhook` offers only with the interaction at hand."""
    return discord.http.Route(
        method,
        "/webhooks/{webhook_id}/{webhook_token}" + rest,
        webhook_id=job.request.application_id,
        webhook_token=job.request.token,
    )


@contextlib.contextmanager
def _files(pictures: Sequence[Picture] | None) -> Iterator[dict[str, Any]]:
    """The `attachments` of one attempt. discord.py leaves buffers in a reference cycle, so they are closed by hand."""
    if pictures is None:
        yield {}
        return
    buffers = [io.BytesIO(picture.data) for picture in pictures]
    try:
        yield {
            "attachments": [
                discord.File(buffer, filename=picture.name, description=picture.alt)
                for buffer, picture in zip(buffers, pictures, strict=True)
            ]
        }
    finally:
        for buffer in buffers:
            buffer.close()
