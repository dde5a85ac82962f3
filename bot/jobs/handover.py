"""How a checked picture gets to where the provider can read it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot.errors import Reason, Refused
from bot.provider import KeyRefused, ReadFailed

if TYPE_CHECKING:
    from bot.jobs.model import Job
    from bot.jobs.ports import Replies
    from bot.pictures import Source
    from bot.provider import Provider

log = logging.getLogger(__name__)


class Handover:
    """Finds an address for a picture: our own web server, the provider's upload host, or Discord.

    `way` is `auto`, `host`, `upload` or `discord`; `auto` takes the first of them that works. Always the checked
    picture, never the one that was attached: that one may say where it was taken.
    """

    def __init__(self, way: str, public_url: str, provider: Provider, replies: Replies) -> None:
        self._way = way
        self._public_url = public_url
        self._provider = provider
        self._replies = replies
        self._upload_refused = False

    async def address(self, job: Job, source: Source, aside: int | None = None) -> str:
        """An address that works while the job is not over. `aside`: the channel for it if it comes to Discord's.

        Raises `ReadFailed`, `ReplyNotReached` or `ReplyLost`; `Refused` where the one allowed way is closed to us.
        """
        if self._way == "host" or (self._way == "auto" and self._public_url):
            return f"{self._public_url}/pictures/{job.key}.jpg"
        if self._way == "upload" or (self._way == "auto" and not self._upload_refused):
            url = await self._upload(job, source)
            if url is not None:
                return url
        return await self._replies.host(job, source, aside)

    async def _upload(self, job: Job, source: Source) -> str | None:
        """The address at the provider's upload host; None if another way should be tried."""
        try:
            return await self._provider.upload(source.data, f"{job.key}.jpg")
        except KeyRefused as error:
            log.warning("the provider does not take uploads with this key: %s", error)
            self._upload_refused = True
            if self._way == "upload":
                raise Refused(Reason.PROVIDER_KEY) from error
        except ReadFailed as error:
            log.warning("job %s: the picture was not uploaded: %s", job.id, error)
            if self._way == "upload":
                raise
        return None
