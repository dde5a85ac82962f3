"""What the one message of a job shows at each status. Pure: a job in, words out; `editor` makes it Discord's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.errors import Reason
from bot.jobs.model import Job, JobStatus, Outlook
from bot.moderation.pots import format_usd
from bot.pictures import SourceNote
from bot.replies.buttons import Button, build_buttons, is_far
from bot.replies.plain import format_line, format_safe, format_share, format_ticking
from bot.replies.texts import say
from bot.replies.waiting import format_pause, format_usual

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

LONGEST_PROMPT_SHOWN = 300
LONGEST_ALT = 1000
LONGEST_NAME = 80
SPOILER = "SPOILER_"
"""A file whose name begins so is shown blurred until it is clicked."""
FILE_NAME = re.compile(
    rf"(?:{SPOILER})?repaint-(?:[a-z0-9]+-)?(?P<job>[0-9]{{1,20}})-(?P<number>[0-9]{{1,2}})\.[a-z0-9]+"
)
"""As `format_file_name` writes them."""
COLORS = {
    JobStatus.ARRIVING: 0x8E9AAF,
    JobStatus.QUEUED: 0x8E9AAF,
    JobStatus.SUBMITTING: 0xF4A259,
    JobStatus.UNKNOWN: 0xF2C14E,
    JobStatus.RUNNING: 0xF4A259,
    JobStatus.DELIVERING: 0x5B8E7D,
    JobStatus.REVIEWING: 0x7E6BB5,
    JobStatus.DONE: 0x4CB944,
    JobStatus.FAILED: 0xBC4B51,
    JobStatus.REFUSED: 0xBC4B51,
    JobStatus.REJECTED: 0x6C757D,
    JobStatus.CANCELLED: 0x6C757D,
}
PAUSED_COLOR = COLORS[JobStatus.UNKNOWN]


class Note(StrEnum):
    """What was done to the pictures on their way, as a key of the catalogue."""

    FITTED = "fitted"
    UPLOADS_CLOSED = "uploads_closed"


@dataclass(frozen=True, slots=True)
class Field:
    """A small labelled value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Card:
    """The words of one message."""

    author: str
    title: str
    text: str
    color: int
    fields: tuple[Field, ...]
    footer: str
    buttons: tuple[Button, ...]


def build_card(job: Job, outlook: Outlook, label: str = "", notes: Sequence[Note] = ()) -> Card:
    """The card for a job as it stands. `label` marks every card of this bot; `notes` say what else was done."""
    locale = job.request.locale
    paragraphs = (
        "> " + format_safe(job.request.prompt, LONGEST_PROMPT_SHOWN),
        _status_text(job, outlook),
        _draft_text(job),
        say(locale, "card.unreachable") if is_far(job) else "",
        say(locale, "card.first_frame") if SourceNote.FIRST_FRAME in job.source_notes else "",
        *(say(locale, f"card.{note}") for note in notes),
    )
    footer = say(locale, "card.footer_label" if label else "card.footer", label=label, id=job.id)
    return Card(
        author=format_line(job.request.member_name, LONGEST_NAME),
        title=say(locale, f"status.{job.status}.title" if outlook.paused is None else "waiting.title"),
        text="\n\n".join(paragraph for paragraph in paragraphs if paragraph),
        color=COLORS[job.status] if outlook.paused is None else PAUSED_COLOR,
        fields=tuple(Field(say(locale, f"card.{name}"), value) for name, value in _fields(job, outlook)),
        footer=footer,
        buttons=build_buttons(job),
    )


def build_rejection(job: Job) -> Card:
    """What the member alone is told about a rejection: the reason, and that one may appeal."""
    locale = job.request.locale
    return Card(
        author="",
        title=say(locale, "status.rejected.title"),
        text="\n\n".join(("> " + format_safe(job.request.prompt, LONGEST_PROMPT_SHOWN), format_why(job))),
        color=COLORS[JobStatus.REJECTED],
        fields=(),
        footer=say(locale, "card.footer", id=job.id),
        buttons=(Button(say(locale, "button.appeal"), f"job:{job.id}:appeal"),),
    )


def build_aside(job: Job) -> Card:
    """What moderators read above a source that Discord holds for the provider, where members may not see it yet."""
    locale = job.request.locale
    return Card(
        author=format_line(job.request.member_name, LONGEST_NAME),
        title=say(locale, "case.source"),
        text="",
        color=COLORS[JobStatus.REVIEWING],
        fields=(),
        footer=say(locale, "card.footer", id=job.id),
        buttons=(),
    )


def format_why(job: Job) -> str:
    """Why a moderator rejected it, in their own words where there are some."""
    locale, words = job.request.locale, format_safe(str(job.reason_values.get("words", "")), LONGEST_PROMPT_SHOWN)
    if job.reason is Reason.REVIEW_EXPIRED:
        return say(locale, "review.why_expired")
    return say(locale, "review.why_words", words=words) if words else say(locale, "review.why_silent")


def format_card(card: Card) -> str:
    """The card as plain text, for logs, terminals and the demo."""
    lines = [card.author, card.title, "", card.text, "", *(f"{field.name}: {field.value}" for field in card.fields)]
    lines += [f"[{button.label}]" for button in card.buttons]
    return "\n".join([*lines, card.footer])


def format_alt(job: Job, number: int, count: int) -> str:
    """The alt text of a finished picture, for who cannot see it: its member's own words, or else the prompt."""
    own = job.alts[number - 1] if number <= len(job.alts) else ""
    return format_line(own, LONGEST_ALT) or format_default_alt(job, number, count)


def format_default_alt(job: Job, number: int, count: int) -> str:
    """The alt text of a picture that nobody has described."""
    prompt = format_line(job.request.prompt, LONGEST_ALT - 100)
    key = "card.alt" if count == 1 else "card.alt_one_of"
    return say(job.request.locale, key, prompt=prompt, number=number, count=count)


def format_source_alt(job: Job) -> str:
    """The alt text of the picture that a job started from."""
    return say(job.request.locale, "card.alt_source")


def format_file_name(job: Job, number: int, extension: str, label: str = "", *, spoiler: bool = False) -> str:
    """An ASCII file name of ours: what a member typed never gets into one. Discord reads a spoiler from it, too."""
    parts = ["repaint", label.lower(), str(job.id), str(number)]
    return SPOILER * spoiler + "-".join(part for part in parts if part) + f".{extension}"


def parse_file_name(name: str) -> tuple[int, int] | None:
    """The job and the number of the picture in a file name of ours; the source has the number 0. None for others'."""
    found = FILE_NAME.fullmatch(name)
    return None if found is None else (int(found["job"]), int(found["number"]))


def _status_text(job: Job, outlook: Outlook) -> str:
    locale = job.request.locale
    if outlook.paused is not None:
        return format_pause(outlook.paused, outlook, locale)
    if job.status is JobStatus.CANCELLED and job.submitted_at is not None:
        return say(locale, "door.cancelled_late")
    if job.reason is not None:
        return say(locale, f"reason.{job.reason}", **job.reason_values)
    return say(locale, f"status.{job.status}.text")


def _draft_text(job: Job) -> str:
    """That nobody else sees it, and what that means now."""
    if not job.request.draft or (job.over and job.status is not JobStatus.DONE):
        return ""
    return say(job.request.locale, "card.draft_done" if job.over else "card.draft_waits")


def _fields(job: Job, outlook: Outlook) -> Iterator[tuple[str, str]]:
    """What is known, as (key of its name, value)."""
    if job.request.preset:
        yield "preset", format_safe(job.request.preset, LONGEST_NAME)
    yield "model", f"Flux {job.request.model}"
    if job.request.strength is not None:
        yield "strength", format_share(job.request.strength)
    if job.request.lora:
        share = job.request.lora_strength
        yield "lora", job.request.lora if share is None else f"{job.request.lora} {format_share(share)}"
    if job.request.control:
        yield "control", job.request.control
    if job.request.count > 1:
        yield "count", str(job.request.count)
    if job.request.guidance is not None:
        yield "guidance", f"{job.request.guidance:g}"
    if job.cost_usd is not None and job.status is not JobStatus.REJECTED:  # nobody is charged for it here
        yield "cost", format_dollars(job.cost_usd, job.request.locale)
    elif not job.over:
        yield "price", format_dollars(job.price_usd, job.request.locale)
    yield from _times(job, outlook)
    if without := format_safe(job.request.negative_prompt, LONGEST_PROMPT_SHOWN):
        yield "without", without


def _times(job: Job, outlook: Outlook) -> Iterator[tuple[str, str]]:
    if job.status is JobStatus.QUEUED:
        if outlook.place is not None:
            yield (
                "place",
                say(job.request.locale, "card.place_next") if outlook.place == 1 else str(outlook.place),
            )
        if job.queued_at is not None:
            yield "queued_at", format_ticking(job.queued_at)
    elif job.painted_at is not None and job.submitted_at is not None:
        yield "took", _span(job, (job.painted_at - job.submitted_at).total_seconds())
    elif job.submitted_at is not None and not job.over:
        yield "began_at", format_ticking(job.submitted_at)
    if outlook.usual is not None and not job.over:
        yield "usual", format_usual(outlook.usual, job.request.locale)


def _span(job: Job, seconds: float) -> str:
    minutes, rest = divmod(max(1, round(seconds)), 60)
    key = "card.minutes" if minutes else "card.seconds"
    return say(job.request.locale, key, minutes=minutes, seconds=rest)


def format_dollars(amount: Decimal, locale: str) -> str:
    """Dollars as a person reads them."""
    return say(locale, "card.usd", amount=format_usd(amount))
