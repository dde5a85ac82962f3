"""What the message that showed a draft says once that was published: where it is now. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.jobs.model import JobStatus
from bot.replies.card import COLORS, LONGEST_PROMPT_SHOWN, Card
from bot.replies.lines import format_job_link
from bot.replies.plain import format_safe
from bot.replies.texts import say

if TYPE_CHECKING:
    from bot.jobs.model import Job

STATES = {JobStatus.DELIVERING: "on_its_way", JobStatus.REVIEWING: "waiting"}
"""What there is to say, by where the job stands; everything else is before others."""


def build_farewell(job: Job) -> Card:
    """The last words of a draft, to its member alone. It has nothing to press any more."""
    locale = job.request.locale
    state = "taken_back" if job.request.draft else STATES.get(job.status, "published")
    parts = ("> " + format_safe(job.request.prompt, LONGEST_PROMPT_SHOWN), say(locale, f"draft.{state}.text"))
    return Card(
        author="",
        title=say(locale, f"draft.{state}.title"),
        text="\n\n".join((*parts, _where(job, locale))).strip(),
        color=COLORS[job.status],
        fields=(),
        footer=say(locale, "card.footer", id=job.id),
        buttons=(),
    )


def say_published(job: Job, locale: str) -> str:
    """That it has another message now, to who clicked on one that was left behind."""
    return f"{say(locale, 'draft.elsewhere_now')} {_where(job, locale)}".strip()


def _where(job: Job, locale: str) -> str:
    """A link to the picture's message; nothing where there is none to go to."""
    link = format_job_link(job)
    return "" if link is None else say(locale, "draft.link", link=link)
