"""What a request and a job are, and which moves a job may make. Values only.

                                                  .------------.  a draft is published
                                                  v            |
arriving -> queued -> submitting -> running -> delivering -> done
                           |           ^        |       ^      |
                           `-> unknown-'        v       |      |
                                             reviewing -+- <---'  reported
                                                 |
                                                 `-> rejected --> reviewing again, when its member appeals
Other ends: failed, refused, cancelled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bot.errors import Reason
from bot.moderation.model import DIRECT_MESSAGES, Ask
from bot.presets import fill

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from bot.jobs.pace import Span
    from bot.moderation.model import Flag

DISCORD_EPOCH_MILLISECONDS = 1_420_070_400_000


class JobStatus(StrEnum):
    """Where a job stands. Stored in rows: never rename one."""

    ARRIVING = "arriving"
    """Written down and answered; the picture is being fetched and checked."""
    QUEUED = "queued"
    """Accepted; waits for its turn at the provider."""
    SUBMITTING = "submitting"
    """The order is going out right now. Found in this status after a crash, it becomes `unknown`."""
    UNKNOWN = "unknown"
    """The order may have gone out; its answer never came."""
    RUNNING = "running"
    """The provider works on it. The row belongs to nobody."""
    DELIVERING = "delivering"
    """The pictures are made; they are on their way into the message."""
    REVIEWING = "reviewing"
    """The pictures are made; a moderator decides whether they are shown."""
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    """The request never became an order."""
    REJECTED = "rejected"
    """A moderator decided not to show the pictures."""
    CANCELLED = "cancelled"


ENDS = frozenset({JobStatus.DONE, JobStatus.FAILED, JobStatus.REFUSED, JobStatus.REJECTED, JobStatus.CANCELLED})

_S = JobStatus
MOVES: dict[JobStatus, frozenset[JobStatus]] = {
    _S.ARRIVING: frozenset({_S.QUEUED, _S.REFUSED, _S.CANCELLED}),
    _S.QUEUED: frozenset({_S.SUBMITTING, _S.FAILED, _S.CANCELLED}),
    _S.SUBMITTING: frozenset({_S.QUEUED, _S.RUNNING, _S.UNKNOWN, _S.FAILED, _S.CANCELLED}),
    _S.UNKNOWN: frozenset({_S.RUNNING, _S.DELIVERING, _S.FAILED, _S.CANCELLED}),
    _S.RUNNING: frozenset({_S.DELIVERING, _S.FAILED, _S.CANCELLED}),
    _S.DELIVERING: frozenset({_S.DONE, _S.FAILED, _S.REVIEWING}),
    _S.REVIEWING: frozenset({_S.DELIVERING, _S.REJECTED}),
    **{end: frozenset() for end in ENDS},
    _S.DONE: frozenset({_S.REVIEWING, _S.DELIVERING}),
    _S.REJECTED: frozenset({_S.REVIEWING}),
}
CANCELLABLE = frozenset(status for status in JobStatus if JobStatus.CANCELLED in MOVES[status])
"""Where a member can still stop waiting."""


def opened_at(snowflake: int) -> datetime:
    """When Discord made this id (https://discord.com/developers/docs/reference#snowflakes)."""
    return datetime.fromtimestamp(((snowflake >> 22) + DISCORD_EPOCH_MILLISECONDS) / 1000, UTC)


@dataclass(frozen=True, slots=True)
class Request:
    """What a member asked for: who, where, with which picture. `id` is the interaction's."""

    id: int
    application_id: int
    guild_id: int | None
    channel_id: int
    member_id: int
    member_name: str
    locale: str
    token: str = field(repr=False)
    attachment_url: str = field(repr=False)
    prompt: str
    model: str
    """Empty where none was chosen, until it is settled."""
    strength: float | None = None
    """None where the model knows none."""
    negative_prompt: str = ""
    guidance: float | None = None
    count: int = 1
    lora: str = ""
    lora_strength: float | None = None
    control: str = ""
    most_upload_bytes: int = 10 * 1024 * 1024
    """What Discord lets us upload in answer to this very interaction."""
    reachable: bool = True
    """Whether the bot's own token can edit the reply when the interaction's is dead."""
    from_job_id: int | None = None
    """The job whose source this one starts from, too, or one of whose results; what is attached is then a copy."""
    from_position: int | None = None
    """Which of that job's results; None: its source."""
    draft: bool = False
    """Whether its member alone sees it, until they publish it."""
    preset: str = ""
    """The name of the preset, and its words, in which `{prompt}` stands for the member's."""
    template: str = ""
    parent_id: int | None = None
    """The channel that a thread belongs to."""
    age_restricted: bool = False
    """Whether Discord shows this place to adults only."""

    @property
    def words(self) -> str:
        """What the provider is told: the member's prompt, in the words of the preset where one was chosen."""
        return fill(self.template, self.prompt)

    def as_ask(self, price_usd: Decimal) -> Ask:
        """The request as the rules see it."""
        return Ask(
            guild_id=self.guild_id or DIRECT_MESSAGES,
            channel_id=self.channel_id,
            parent_id=self.parent_id,
            member_id=self.member_id,
            job_id=self.id,
            prompt=self.words,
            negative_prompt=self.negative_prompt,
            model=self.model,
            strength=self.strength,
            count=self.count,
            price_usd=price_usd,
            age_restricted=self.age_restricted,
            preset=self.preset,
            draft=self.draft,
        )


@dataclass(frozen=True, slots=True)
class Job:
    """Our durable row for one request. `turn` guards every later write: who holds an older one is late."""

    request: Request
    status: JobStatus
    turn: int
    attempts: int
    key: str = field(repr=False)
    price_usd: Decimal
    created_at: datetime
    reason: Reason | None = None
    reason_values: Mapping[str, Any] = field(default_factory=dict)
    message_id: int | None = None
    token_id: int | None = None
    source_notes: frozenset[str] = frozenset()
    image_url: str | None = field(default=None, repr=False)
    task_id: str | None = None
    result_urls: tuple[str, ...] = field(default=(), repr=False)
    cost_usd: Decimal | None = None
    queued_at: datetime | None = None
    submitted_at: datetime | None = None
    painted_at: datetime | None = None
    ended_at: datetime | None = None
    flags: tuple[Flag, ...] = ()
    spoiler: bool = False
    approved_at: datetime | None = None
    """When a moderator let the pictures through: they are not judged again."""
    alts: tuple[str, ...] = ()
    """The member's own words for who cannot see the results, by position."""

    @property
    def id(self) -> int:
        """The interaction's id: unique for ever, and it says when the member asked."""
        return self.request.id

    @property
    def ask(self) -> Ask:
        """What was asked, as the rules see it."""
        return self.request.as_ask(self.price_usd)

    @property
    def token_at(self) -> datetime:
        """When the token was given out: with the command, or with the click that renewed it."""
        return opened_at(self.token_id or self.id)

    @property
    def over(self) -> bool:
        """Whether it stands at one of its ends."""
        return self.status in ENDS

    @property
    def shown(self) -> bool:
        """Whether its pictures may be seen: finished, not held or rejected by anybody, and not taken away."""
        return self.status is JobStatus.DONE and self.reason not in {Reason.DELETED, Reason.ERASED}


@dataclass(frozen=True, slots=True)
class Outlook:
    """What can be said about the wait. `place` 1 is the next to be submitted."""

    place: int | None = None
    usual: Span | None = None
    """When it is usually done, counted from the beginning that the card shows: of the wait, or of the work."""
    paused: Reason | None = None
    """Why nothing goes to the provider now."""
    opens_at: datetime | None = None
    """When that is over, where it is known."""
