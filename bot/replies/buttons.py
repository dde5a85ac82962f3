"""What may be pressed under a job's message, and behind More. Whoever presses is judged by the door, not here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import Reason
from bot.jobs.model import CANCELLABLE, Job, JobStatus
from bot.replies.texts import say

if TYPE_CHECKING:
    from collections.abc import Mapping

RETRYABLE = frozenset(
    {
        Reason.OUTCOME_UNKNOWN,
        Reason.PROVIDER_BUSY,
        Reason.PROVIDER_DOWN,
        Reason.PROVIDER_FAILED,
        Reason.PROVIDER_KEY,
        Reason.PROVIDER_NO_CREDIT,
        Reason.PROVIDER_NOT_FETCHED,
        Reason.RESULT_GONE,
        Reason.RESULT_UNUSABLE,
        Reason.SPENDING_DAY,
        Reason.SPENDING_MONTH,
        Reason.TOOK_TOO_LONG,
    }
)


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press. `custom_id` says what for, and works after any restart."""

    label: str
    custom_id: str


def build_buttons(job: Job) -> tuple[Button, ...]:
    """One row: Cancel while that works, Show result where an edit may never come, and what a picture invites to.

    A draft can be published or discarded. In a guild, Report on what everybody sees, and Why on what nobody does.
    """
    done = job.status is JobStatus.DONE
    failed = job.status is JobStatus.FAILED
    draft = job.request.draft
    return _build(
        job,
        job.request.locale,
        {
            "cancel": job.status in CANCELLABLE,
            "show": is_far(job),
            "publish": done and draft,
            "discard": done and draft,
            "again": done or (failed and job.reason in RETRYABLE),
            "edit": done or (failed and job.reason in RETRYABLE | {Reason.PROVIDER_REFUSED_REQUEST}),
            "source": done and not draft,
            "report": done and not draft and job.request.guild_id is not None,
            "more": done,
            "why": job.status is JobStatus.REJECTED,
        },
    )


def is_far(job: Job) -> bool:
    """Whether the reply may be out of reach when there is something new to show."""
    return not job.over and not job.request.reachable


def build_more(job: Job, locale: str, *, mine: bool, moderates: bool) -> tuple[Button, ...]:
    """What else may be done with a finished picture, by its member and by a moderator of its guild."""
    strong, draft = mine and job.request.strength is not None, job.request.draft
    return _build(
        job,
        locale,
        {
            "source": mine and draft,  # of others, it is in view
            "stronger": strong,
            "gentler": strong,
            "compare": mine or moderates,
            "alt": mine,
            "family": mine,
            "delete": (mine or moderates) and not draft,  # that has Discard
        },
    )


def build_sure(job: Job, locale: str) -> tuple[Button, ...]:
    """The second of two clicks that take a picture away."""
    return _build(job, locale, {"delete_sure": True})


def _build(job: Job, locale: str, offered: Mapping[str, bool]) -> tuple[Button, ...]:
    return tuple(
        Button(say(locale, f"button.{action}"), f"job:{job.id}:{action}")
        for action, wanted in offered.items()
        if wanted
    )
