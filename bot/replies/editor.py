"""Gets cards and pictures to their member: one message per job, edited to its end.

Status edits of a message are at least three seconds apart, the latest wins, and none is ever in front of the result.
A result goes by the interaction's token while that lives, then by the bot's own, then as a new message, then as a
direct one; where nothing works it is kept, for the button on the reply and for `/img2img-result`.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.jobs.model import Job, JobStatus, Outlook
from bot.jobs.ports import ReplyLost, ReplyNotReached
from bot.pictures import PictureUnusable
from bot.replies.asking import ChannelClosed, MessageGone, MessageStuck, TokenDead, TooLarge, UploadsClosed
from bot.replies.card import (
    Card,
    Note,
    build_aside,
    build_card,
    build_rejection,
    format_alt,
    format_file_name,
    format_source_alt,
)
from bot.replies.drafts import build_farewell
from bot.replies.files import Picture, build_pictures
from bot.replies.mention import build_button, format_mention
from bot.replies.statuses import Statuses
from bot.replies.texts import say_refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    import discord

    from bot.database import Clock
    from bot.errors import Refused
    from bot.pictures import Result, Source, Studio
    from bot.replies.post import Post

log = logging.getLogger(__name__)

MOST_REQUEST_BYTES = 24 * 1024 * 1024
"""Discord takes 25 MiB in one request, all files together."""
MOST_BYTES_BY_BOT = 10 * 1024 * 1024


class Editor:
    """Does what `bot.jobs.ports.Replies` asks for. `run` sends the status edits that `show` was told of."""

    def __init__(self, post: Post, studio: Studio, clock: Clock, label: str = "") -> None:
        self._post = post
        self._studio = studio
        self._label = label
        self._statuses = Statuses(post, clock, label)

    # -- status: soon, and the latest wins -----------------------------------------------------------------------

    def show(self, job: Job, outlook: Outlook) -> None:
        """Bring the reply up to date soon."""
        self._statuses.show(job, outlook)

    def is_shown(self, job_id: int) -> bool:
        """Whether the last thing to show of a job is on its way no longer."""
        return self._statuses.is_shown(job_id)

    async def run(self) -> None:
        """Send status edits for ever."""
        await self._statuses.run()

    async def flush(self) -> None:
        """Send the status edits that are due now, and return when Discord has them. For tests, instead of `run`."""
        await self._statuses.flush()

    def forget(self, job_id: int) -> None:
        """Nothing more is to be shown of this job but what the caller shows now."""
        self._statuses.forget(job_id)

    # -- the end -------------------------------------------------------------------------------------------------

    async def close(self, job: Job) -> int | None:
        """Show how it ended, now. Returns the id of the message that does."""
        await self._statuses.quiet(job.id)
        if job.status is JobStatus.REJECTED and not job.request.draft:  # what a moderator does not want shown must go
            return await self._replace(job, [])
        card = build_card(job, Outlook(), self._label)
        try:
            return (await self._post.edit(job, card, [])).id
        except ReplyLost:
            if not job.request.draft:
                raise
        if job.status is not JobStatus.REJECTED:  # of that, its member is told directly in any case
            await self._post.send_direct(job, card, [])
        return None

    async def refuse(self, job: Job, refused: Refused) -> None:
        """Take the public reply away and tell the member alone why."""
        await self._statuses.quiet(job.id)
        if not self._post.token_lives(job):  # only the token can speak to one member alone
            await self.close(job)
            return
        await self._post.tell_alone(job, say_refused(job.request.locale, refused))
        await self._post.remove(job)

    async def hold(self, job: Job, results: Sequence[Result] | None) -> int | None:
        """Show that a moderator will decide. `results` stay behind a spoiler; empty: nothing does; None: what is there.

        Returns the id of the message that says so now.
        """
        await self._statuses.quiet(job.id)
        with contextlib.suppress(MessageGone):  # then nothing of it is to be seen
            if results is None:
                return (await self._post.edit(job, build_card(job, Outlook(), self._label))).id
            fitted = await self._fit(results, self._most_bytes(job))
            return await self._replace(job, build_pictures(replace(job, spoiler=True), fitted, self._label))
        return None

    async def restore(self, job: Job) -> int | None:
        """Show it as finished with what is attached already: nobody else has the pictures any more."""
        await self._statuses.quiet(job.id)
        done = replace(job, status=JobStatus.DONE, reason=None)
        return (await self._post.edit(done, build_card(done, Outlook(), self._label))).id

    async def _replace(self, job: Job, pictures: Sequence[Picture]) -> int:
        """Let the reply show these pictures and no others, if need be in a new message in the place of a stuck one.

        A new message also wakes an archived thread, without which the old one could not be deleted.
        """
        card = build_card(job, Outlook(), self._label)
        try:
            return (await self._post.edit(job, card, pictures)).id
        except MessageStuck as error:
            if job.request.draft:
                raise
            log.info("job %s: its message cannot be edited, and is replaced: %s", job.id, error)
        message = await self._post.send_anew(job, card, pictures, nonce=f"{job.id}-{job.turn % 1000}")
        await self._post.delete(job)
        return message.id

    async def tell_rejected(self, job: Job) -> None:
        """Tell the member in a direct message that a moderator did not let the pictures through, and why."""
        ended = 0 if job.ended_at is None else int(job.ended_at.timestamp()) % 100_000  # one nonce for each rejection
        await self._post.send_direct(job, build_rejection(job), [], nonce=f"{job.id}-{ended}")

    async def fetch_published(self, job: Job) -> list[bytes]:
        """The pictures as the reply shows them."""
        return await self._post.fetch_pictures(job)

    async def prepare(self, job: Job, results: Sequence[bytes], most_bytes: int) -> list[Picture]:
        """A job's pictures as files for another message than its own; none where they cannot be used."""
        try:
            checked = [await self._studio.check_result(data) for data in results]
            return build_pictures(job, await self._fit(checked, most_bytes), self._label)
        except PictureUnusable as error:
            log.warning("job %s: its pictures cannot be shown again: %s", job.id, error)
            return []

    async def compare(
        self, job: Job, source: Source | None, results: Sequence[bytes], most_bytes: int
    ) -> list[Picture]:
        """What a job started from and what came out, each with its alt text; empty where one of them is gone."""
        room = min(most_bytes, MOST_REQUEST_BYTES // (len(results) + 1))
        after = await self.prepare(replace(job, spoiler=False), results, room)
        if source is None or not after:
            return []
        before = Picture(format_file_name(job, 0, "jpg", self._label), source.data, format_source_alt(job))
        return [before, *after]

    async def describe(self, job: Job) -> None:
        """Let the pictures of the reply be read out as the job says now."""
        count = job.request.count
        await self._post.describe(job, [format_alt(job, number, count) for number in range(1, count + 1)])

    async def delete(self, job: Job) -> None:
        """Take the reply away. Who finds that it is gone already has nothing left to do."""
        self.forget(job.id)
        with contextlib.suppress(MessageGone):
            await self._post.delete(job)

    async def announce(self, job: Job) -> int:
        """Give a draft that is published its message before others, without a picture yet."""
        return (await self._post.send_first(job, build_card(job, Outlook(), self._label))).id

    async def bid_farewell(self, job: Job) -> None:
        """Let the message that showed a job as a draft say what became of it. Others have none. Never raises."""
        if job.token_id is None or not self._post.token_lives(job):
            return
        try:  # the message that the token belongs to, and that is not the job's: on that one it was published
            if await self._post.find(job) not in {None, job.message_id}:
                await self._post.edit_original(job, build_farewell(job))
        except (ReplyLost, ReplyNotReached) as error:
            log.info("job %s: its draft does not say what became of it: %s", job.id, error)

    async def deliver(self, job: Job, results: Sequence[Result]) -> int | None:
        """Bring the finished pictures to the member. Returns the message that has them, None for a direct one."""
        await self._statuses.quiet(job.id)
        done = replace(job, status=JobStatus.DONE, reason=None)  # the row follows once the member has them
        try:
            return await self._into_reply(done, results)
        except UploadsClosed:
            await self._say_uploads_closed(done)
        except MessageStuck as error:
            log.info("job %s: its message cannot be edited: %s", job.id, error)
            with contextlib.suppress(ChannelClosed, MessageStuck, UploadsClosed):
                return await self._into_new_message(done, results)
        except (MessageGone, ChannelClosed, TokenDead) as error:  # who deleted the message does not want it here again
            log.info("job %s: its message cannot be reached: %s", job.id, error)
        await self._directly(done, results)
        return None

    async def mention(self, job: Job) -> None:
        """Call the member back to their pictures, once. They can say right there that they want no more of that."""
        button = build_button(job.request.member_id, job.request.locale, wanted=True)
        await self._post.mention(job, format_mention(job), button)

    async def _into_reply(self, job: Job, results: Sequence[Result]) -> int:
        most = self._most_bytes(job)
        try:
            message = await self._put(job, results, most)
        except TooLarge:  # Discord's own word on its limit is newer than ours
            message = await self._put(job, results, most // 2)
        return message.id

    async def _put(self, job: Job, results: Sequence[Result], most_bytes: int) -> discord.Message:
        fitted = await self._fit(results, most_bytes)
        return await self._post.edit(job, self._done_card(job, fitted), build_pictures(job, fitted, self._label))

    async def _into_new_message(self, job: Job, results: Sequence[Result]) -> int:
        if job.request.draft:
            raise ChannelClosed("only its member sees a draft")
        fitted = await self._fit(results, MOST_BYTES_BY_BOT)
        message = await self._post.send_anew(
            job, self._done_card(job, fitted), build_pictures(job, fitted, self._label)
        )
        return message.id

    async def _directly(self, job: Job, results: Sequence[Result]) -> None:
        fitted = await self._fit(results, MOST_BYTES_BY_BOT)
        await self._post.send_direct(job, self._done_card(job, fitted), build_pictures(job, fitted, self._label))

    async def _say_uploads_closed(self, job: Job) -> None:
        card = build_card(job, Outlook(), self._label, notes=[Note.UPLOADS_CLOSED])
        with contextlib.suppress(ReplyLost):
            await self._post.edit(job, card, [])

    def _done_card(self, job: Job, results: Sequence[Result]) -> Card:
        notes = [Note.FITTED] if any(result.fitted for result in results) else []
        return build_card(job, Outlook(), self._label, notes=notes)

    async def _fit(self, results: Sequence[Result], most_bytes: int) -> list[Result]:
        """Every picture small enough for itself and for all of them together."""
        each = min(most_bytes, MOST_REQUEST_BYTES // max(1, len(results)))
        return [await self._studio.fit_result(result, each) for result in results]

    def _most_bytes(self, job: Job) -> int:
        return job.request.most_upload_bytes if self._post.token_lives(job) else MOST_BYTES_BY_BOT

    # -- the source ----------------------------------------------------------------------------------------------

    async def fetch_attachment(self, job: Job) -> bytes:
        """The picture as it was attached, from Discord."""
        return await self._post.fetch_attachment(job.request.attachment_url)

    async def find_message(self, job: Job) -> int | None:
        """The reply that a process sent and did not write down."""
        return await self._post.find(job)

    async def host(self, job: Job, source: Source, aside: int | None = None) -> str:
        """Attach the checked picture, blurred, to the reply and return Discord's address for it.

        `aside`: a channel of the guild to put it into instead, where others may not see it.
        """
        await self._statuses.quiet(job.id)
        picture = Picture(format_file_name(job, 0, "jpg", self._label, spoiler=True), source.data)
        if aside is None:
            message = await self._post.edit(job, build_card(job, Outlook(), self._label), [picture])
        else:
            card, guild_id = build_aside(job), job.request.guild_id or 0
            message = await self._post.send_to(guild_id, aside, card, [picture], nonce=f"{job.id}s")
        if not message.attachments:
            raise ReplyNotReached("Discord did not return the attachment")
        return message.attachments[0].url
