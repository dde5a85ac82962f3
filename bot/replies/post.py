"""One request to Discord about one reply: edit it, send it anew, tell one member, fetch what was attached.

Every request has a deadline, every attempt its own `discord.File`s; what was dropped on the way is sent again at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from functools import partial
from typing import TYPE_CHECKING, Any

import discord
import stamina

from bot.jobs.ports import ReplyLost, SourceGone
from bot.replies.asking import ChannelClosed, Dropped, TokenDead, asking
from bot.replies.embed import CardButton, build_embed, build_view
from bot.replies.files import is_at_discord, name_files
from bot.replies.homes import Homes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from bot.database import Clock
    from bot.jobs.model import Job
    from bot.replies.buttons import Button
    from bot.replies.card import Card
    from bot.replies.files import Picture

log = logging.getLogger(__name__)

TOKEN_SECONDS = 14 * 60
"""Discord's tokens live for 15 minutes; the last one is for clocks that disagree."""
DEADLINE_SECONDS = 10.0
UPLOAD_DEADLINE_SECONDS = 60.0
UPLOADS_AT_ONCE = 8
"""More at once make everything slower, and answers to new commands above all."""
EPHEMERAL = 64
SUPPRESS_EMBEDS = 4


class Post:
    """Requests to Discord. They raise `ReplyNotReached` where later may be better, else a `ReplyLost`."""

    def __init__(self, client: discord.Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._homes = Homes(client)
        self._uploads = asyncio.Semaphore(UPLOADS_AT_ONCE)
        self._again = stamina.AsyncRetryingCaller(attempts=3, timeout=None, wait_initial=0.2, wait_max=1.0).on(Dropped)

    def token_lives(self, job: Job) -> bool:
        """Whether the interaction's token can still be used, by the clock; one that was erased cannot."""
        return job.request.token != "" and (self._clock() - job.token_at).total_seconds() < TOKEN_SECONDS

    # -- the message ---------------------------------------------------------------------------------------------

    async def edit(self, job: Job, card: Card, pictures: Sequence[Picture] | None = None) -> discord.Message:
        """Edit the reply by the token, or by the bot's own where that is dead. `pictures` replace what is attached."""
        content = _content(card)
        try:
            return await self._send(self._by_token(job).edit_message, (_its_id(job),), content, pictures)
        except TokenDead:
            if job.request.draft:
                raise
            log.debug("job %s: the interaction's token is dead; going on as the bot", job.id)
        return await self._send(self._by_bot(job).edit, (), content, pictures)

    def _by_token(self, job: Job) -> discord.Webhook:
        """The interaction's own way to its messages, and the only one to what a single member sees."""
        if not self.token_lives(job):
            raise TokenDead("it is too old, or was erased")
        return discord.Webhook.partial(job.request.application_id, job.request.token, client=self._client)

    def _by_bot(self, job: Job) -> discord.PartialMessage:
        """The reply, for the bot's own token."""
        return self._client.get_partial_messageable(job.request.channel_id).get_partial_message(_its_id(job))

    async def send_first(self, job: Job, card: Card) -> discord.Message:
        """Send the message of a job that has none: by the token, or by the bot's own where that is dead."""
        try:
            webhook = self._by_token(job)
            content = {key: value for key, value in _content(card).items() if value is not None}
            message = await self._send(partial(webhook.send, wait=True), (), content, None)
        except TokenDead:
            log.info("job %s: the interaction's token is dead; going on as the bot", job.id)
            return await self.send_anew(job, card, [])
        if message.flags.ephemeral:  # as everything is where Use External Apps is denied
            async with asking(DEADLINE_SECONDS):
                await message.delete()
            raise ChannelClosed("Discord would show it to one member alone")
        return message

    async def send_anew(
        self, job: Job, card: Card, pictures: Sequence[Picture], nonce: str | None = None
    ) -> discord.Message:
        """Send a new message to the reply's channel, mentioning the member. Twice in a row it is one message."""
        channel = self._client.get_partial_messageable(job.request.channel_id)
        content = _addressed(job, card) | ({"nonce": nonce} if nonce else {})
        return await self._send(channel.send, (), content, pictures, key="files")

    async def send_direct(
        self, job: Job, card: Card, pictures: Sequence[Picture], nonce: str | None = None
    ) -> discord.Message:
        """Send it to the member as a direct message."""
        async with asking(DEADLINE_SECONDS):
            channel = await self._client.create_dm(discord.Object(job.request.member_id))
        content = _addressed(job, card) | ({"nonce": nonce} if nonce else {})
        return await self._send(channel.send, (), content, pictures, key="files")

    async def mention(self, job: Job, text: str, button: Button) -> None:
        """Say it to the member where the reply is, so that Discord tells them. Never twice.

        By the bot's own token, where the nonce makes two attempts one message; where that does not reach, by the
        interaction's, which knows no nonce and so is tried once.
        """
        view = discord.ui.View(timeout=None).add_item(CardButton(button))
        member = discord.Object(job.request.member_id)
        mentions = discord.AllowedMentions(everyone=False, roles=False, users=[member])
        if job.request.reachable:
            channel = self._client.get_partial_messageable(job.request.channel_id)
            content = {"content": text, "view": view, "suppress_embeds": True, "allowed_mentions": mentions}
            with contextlib.suppress(ChannelClosed):
                await self._send(channel.send, (), content | {"nonce": f"{job.id}m"}, None)
                return
        if not self.token_lives(job):
            raise ReplyLost("there is no way to mention its member")
        body = {"content": text, "components": view.to_components(), "allowed_mentions": mentions.to_dict()}
        async with asking(DEADLINE_SECONDS):
            await self._client.http.request(_route("POST", job, ""), json=body | {"flags": SUPPRESS_EMBEDS})

    async def delete(self, job: Job) -> None:
        """Take the reply away, by the bot's own token; a draft by the interaction's."""
        async with asking(DEADLINE_SECONDS):
            if job.request.draft:
                await self._by_token(job).delete_message(_its_id(job))
            else:
                await self._by_bot(job).delete()

    async def _fetch(self, job: Job) -> discord.Message:
        """The reply, by the bot's own token; a draft by the interaction's."""
        if job.request.draft:
            return await self._by_token(job).fetch_message(_its_id(job))
        return await self._by_bot(job).fetch()

    async def describe(self, job: Job, alts: Sequence[str]) -> None:
        """Change the alt texts of what is attached to the reply. What is attached stays."""
        async with asking(DEADLINE_SECONDS):
            message = await self._fetch(job)
            for attachment, alt in zip(message.attachments, alts, strict=False):
                attachment.description = alt
            await message.edit(attachments=message.attachments)

    # -- other messages ------------------------------------------------------------------------------------------

    async def send_to(
        self, guild_id: int, channel_id: int, card: Card, pictures: Sequence[Picture], nonce: str
    ) -> discord.Message:
        """Send a message to a channel of this guild. Twice in a row with the same nonce is one message."""
        async with asking(DEADLINE_SECONDS):
            await self._homes.check(guild_id, channel_id)
        channel = self._client.get_partial_messageable(channel_id)
        return await self._send(channel.send, (), _content(card) | {"nonce": nonce}, pictures, key="files")

    async def say_in(self, guild_id: int, channel_id: int, text: str, nonce: str) -> None:
        """Say something in a channel of this guild, pinging nobody. Twice in a row with the same nonce is once."""
        async with asking(DEADLINE_SECONDS):
            await self._homes.check(guild_id, channel_id)
        channel = self._client.get_partial_messageable(channel_id)
        content = {"content": text, "suppress_embeds": True, "nonce": nonce}
        await self._send(channel.send, (), content | {"allowed_mentions": discord.AllowedMentions.none()}, None)

    async def say_directly(self, user_id: int, text: str, nonce: str) -> None:
        """Say something to somebody in a direct message. Twice in a row with the same nonce is once."""
        async with asking(DEADLINE_SECONDS):
            channel = await self._client.create_dm(discord.Object(user_id))
        await self._send(channel.send, (), {"content": text, "nonce": nonce}, None)

    async def edit_at(self, channel_id: int, message_id: int, card: Card) -> None:
        """Change the words and buttons of a message of ours; what is attached stays."""
        message = self._client.get_partial_messageable(channel_id).get_partial_message(message_id)
        await self._send(message.edit, (), _content(card), None)

    async def tell_alone(self, job: Job, sentence: str) -> None:
        """Tell the member who asked, and nobody else: only the interaction's token can."""
        body = {"content": sentence, "flags": EPHEMERAL, "allowed_mentions": {"parse": []}}
        async with asking(DEADLINE_SECONDS):
            await self._client.http.request(_route("POST", job, ""), json=body)

    async def remove(self, job: Job) -> None:
        """Take the reply away, by the token."""
        async with asking(DEADLINE_SECONDS):
            await self._client.http.request(_route("DELETE", job, "/messages/@original"))

    async def find(self, job: Job) -> int | None:
        """The id of the reply, where it was not written down. None if there is none."""
        try:
            async with asking(DEADLINE_SECONDS):
                message = await self._client.http.request(_route("GET", job, "/messages/@original"))
        except ReplyLost:
            return None
        return int(message["id"])

    async def edit_original(self, job: Job, card: Card) -> None:
        """Change the message that the token's interaction was answered with, or was a click on. It loses its files."""
        words = {"embeds": [build_embed(card).to_dict()], "components": [], "attachments": []}
        async with asking(DEADLINE_SECONDS):
            await self._client.http.request(_route("PATCH", job, "/messages/@original"), json=words)

    async def fetch_pictures(self, job: Job) -> list[bytes]:
        """What is attached to the reply now."""
        async with asking(UPLOAD_DEADLINE_SECONDS):
            message = await self._fetch(job)
            return [await attachment.read() for attachment in message.attachments]

    async def fetch_attachment(self, url: str) -> bytes:
        """The bytes behind an attachment's address. Raises `SourceGone` or `ReplyNotReached`.

        Nowhere but at Discord's: rows can hold any address, and behind some there is somebody's own network.
        """
        if not is_at_discord(url):
            raise SourceGone("not an address of Discord's files")
        try:
            async with asking(UPLOAD_DEADLINE_SECONDS):
                return await self._client.http.get_from_cdn(url)
        except ReplyLost as error:
            raise SourceGone(str(error)) from error

    async def _send(
        self,
        request: Callable[..., Awaitable[discord.Message]],
        where: tuple[int, ...],
        content: dict[str, Any],
        pictures: Sequence[Picture] | None,
        key: str = "attachments",
    ) -> discord.Message:
        """Send one request, and again what was dropped. Uploads wait for each other, the rest for nobody."""

        async def attempt() -> discord.Message:
            with name_files(pictures, key) as files:
                async with asking(UPLOAD_DEADLINE_SECONDS if pictures else DEADLINE_SECONDS):
                    return await request(*where, **content, **files)

        if not pictures:
            return await self._again(attempt)
        async with self._uploads:
            return await self._again(attempt)


def _its_id(job: Job) -> int:
    if job.message_id is None:
        raise ReplyLost("there is no message")
    return job.message_id


def _content(card: Card) -> dict[str, Any]:
    return {
        "embed": build_embed(card),
        "view": build_view(card),
        "allowed_mentions": discord.AllowedMentions.none(),
    }


def _addressed(job: Job, card: Card) -> dict[str, Any]:
    """A message of its own: it mentions its member, and the nonce makes two attempts one message."""
    member = discord.Object(job.request.member_id)
    return _content(card) | {
        "content": f"<@{member.id}>",
        "allowed_mentions": discord.AllowedMentions(everyone=False, roles=False, users=[member]),
        "nonce": str(job.id),
    }


def _route(method: str, job: Job, rest: str) -> discord.http.Route:
    """An endpoint of the interaction, for what `discord.Webhook` offers only with the interaction at hand."""
    return discord.http.Route(
        method,
        "/webhooks/{webhook_id}/{webhook_token}" + rest,
        webhook_id=job.request.application_id,
        webhook_token=job.request.token,
    )
