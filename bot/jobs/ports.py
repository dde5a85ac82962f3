"""What the life of a job needs from the world of messages. `bot.replies` does it with Discord."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from bot.errors import Refused
    from bot.jobs.model import Job, Outlook
    from bot.moderation.cases import Case
    from bot.pictures import Result, Source


class ReplyLost(Exception):
    """The reply cannot be brought up to date any more: it, or the way to it, is gone for good."""


class ReplyNotReached(Exception):
    """The reply could not be reached this time; later may be better."""


class SourceGone(Exception):
    """The attached picture cannot be fetched any more."""


class Replies(Protocol):
    """The one message of each job. Calls raise `ReplyLost` or `ReplyNotReached` unless they say otherwise."""

    async def fetch_attachment(self, job: Job) -> bytes:
        """The picture as it was attached. Raises `SourceGone` or `ReplyNotReached`."""

    async def find_message(self, job: Job) -> int | None:
        """The id of the reply, where a process died before it could store it. None if there is none."""

    async def host(self, job: Job, source: Source, aside: int | None = None) -> str:
        """Attach the checked picture to the reply and return the address where others can read it.

        `aside`: a channel of the guild to put it into instead, where members may not see it.
        """

    def show(self, job: Job, outlook: Outlook) -> None:
        """Bring the reply up to date soon; later calls replace earlier ones. Never raises, never waits."""

    def is_shown(self, job_id: int) -> bool:
        """Whether the last thing to show of a job is on its way no longer. Never raises, never waits."""

    async def refuse(self, job: Job, refused: Refused) -> None:
        """Take the public reply away and tell the member alone why."""

    async def close(self, job: Job) -> int | None:
        """Show how it ended, now. Returns the id of the message that does."""

    async def hold(self, job: Job, results: Sequence[Result] | None) -> int | None:
        """Show that a moderator will decide. `results` stay behind a spoiler; empty: nothing does; None: what is there.

        Returns the id of the message that says so now.
        """

    async def restore(self, job: Job) -> int | None:
        """Show it as finished with what is attached already: nobody else has the pictures any more."""

    async def tell_rejected(self, job: Job) -> None:
        """Tell the member, and nobody else, why a moderator did not let the pictures through."""

    async def fetch_published(self, job: Job) -> list[bytes]:
        """The pictures that the reply shows now."""

    async def announce(self, job: Job) -> int:
        """Give a draft that is published its message before others, without a picture yet. Returns the message's id."""

    async def bid_farewell(self, job: Job) -> None:
        """Let the message that showed a job as a draft say what became of it. Others have none. Never raises."""

    async def deliver(self, job: Job, results: Sequence[Result]) -> int | None:
        """Bring the finished pictures to the member: into the reply, a new message, or a direct one.

        Returns the id of the channel's message that has them now; None if it was a direct one.
        """

    async def mention(self, job: Job) -> None:
        """Mention its member in a message that leads to the pictures, once however often it is asked for."""


class Owner(Protocol):
    """Whoever runs the bot. Calls raise `ReplyLost` or `ReplyNotReached`."""

    async def tell_low_balance(self, balance_usd: Decimal) -> None:
        """Say that little is left at the provider."""


class Bench(Protocol):
    """Where moderators see cases. Calls raise `ReplyLost` or `ReplyNotReached`."""

    async def bring(
        self, channel_id: int, case: Case, job: Job | None, results: Sequence[Result], *, visible: bool = False
    ) -> int:
        """Show an undecided case with its pictures in this channel, and return the message's id. Twice is once.

        `visible`: what was reported could not be hidden.
        """

    async def refresh(self, case: Case) -> None:
        """Show on a case's message how it stands."""
