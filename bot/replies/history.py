"""A member's own pictures in words: the list, one of them, and its family. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.errors import Reason
from bot.jobs.history import MOST_ANCESTORS, Shelf
from bot.jobs.model import JobStatus
from bot.replies.buttons import Button
from bot.replies.card import COLORS, Card, Field, build_card
from bot.replies.lines import format_job_link
from bot.replies.plain import fit_lines, format_line, format_safe, format_ticking, format_time
from bot.replies.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.jobs.history import Family, Page
    from bot.jobs.model import Job, Outlook

LONGEST_PROMPT = 120
LONGEST_NAME = 60
LONGEST_OPTION = 100
LONGEST_ANCESTRY = 1500
LONGEST_OFFSPRING = 2300
"""Together they stay below the 4096 of an embed: https://discord.com/developers/docs/resources/message#embed-object."""
MOST_OPTIONS = 25
STEP, MOST_STEPS = "\u2003", 6
"""A space that Discord does not trim, for each generation; further to the right there is no room on a telephone."""
ELSEWHERE = frozenset({"cancel", "show", "report"})
"""Buttons of the reply itself."""
OF_PICTURES = frozenset({"source", "more", "publish", "discard"})


@dataclass(frozen=True, slots=True)
class Entry:
    """Some words, with a small picture beside them where `picture` names one that is attached."""

    text: str
    color: int
    picture: str = ""
    title: str = ""


# -- the list --------------------------------------------------------------------------------------------------------


def format_heading(page: Page, locale: str) -> str:
    """What is listed; where nothing is, what to do about it."""
    if page.jobs:
        return say(locale, "history.everywhere" if page.everywhere else "history.here")
    return say(locale, "history.none" if page.shelf is Shelf.ALL else "history.none_on_shelf")


def build_entries(page: Page, locale: str) -> tuple[Entry, ...]:
    """The jobs of a page, numbered from 1."""
    return tuple(
        Entry(
            _format_line(job, number, locale),
            COLORS[JobStatus.REJECTED if job.reason is Reason.DELETED else job.status],
            format_thumbnail_name(job.id) if job.id in page.thumbnails else "",
        )
        for number, job in enumerate(page.jobs, start=1)
    )


def build_numbers(page: Page) -> tuple[Button, ...]:
    """What opens the jobs of a page."""
    numbered = enumerate(page.jobs, start=1)
    return tuple(Button(str(number), f"job:{job.id}:open_{page.shelf}") for number, job in numbered)


def build_turns(page: Page, locale: str) -> tuple[Button, ...]:
    """What turns the page."""
    turns = {"newer": page.newer_at, "older": page.older_at}
    return tuple(
        Button(say(locale, f"button.{name}"), f"job:{at}:history_{page.shelf}")
        for name, at in turns.items()
        if at is not None
    )


def format_thumbnail_name(job_id: int) -> str:
    """A file name of ours."""
    return f"thumbnail-{job_id}.jpg"


def _format_line(job: Job, number: int, locale: str) -> str:
    values = {
        "number": number,
        "prompt": format_safe(job.request.prompt, LONGEST_PROMPT),
        "status": say(locale, f"history.status.{_name_status(job)}"),
        "model": job.request.model,
        "at": format_ticking(job.created_at),
    }
    link = _format_link(job, locale)
    return say(locale, "history.line_with_link" if link else "history.line", **values, link=link)


def _name_status(job: Job) -> str:
    if job.reason is Reason.DELETED:
        return "deleted"
    return "draft" if job.shown and job.request.draft else job.status


def _format_link(job: Job, locale: str, key: str = "history.link") -> str:
    """Where its message is; empty where there is none that anybody could go to."""
    lost = job.status is JobStatus.REFUSED or job.reason in {Reason.DELETED, Reason.REPLY_GONE, Reason.ERASED}
    link = None if lost else format_job_link(job)
    return say(locale, key, link=link) if link else ""


# -- one of them -----------------------------------------------------------------------------------------------------


def build_detail(job: Job, outlook: Outlook, shelf: Shelf, label: str = "", *, missing: bool = False) -> Card:
    """What its own card says in the request's locale, and when and where it was.

    `missing`: nobody has its pictures any more.
    """
    card, locale = build_card(job, outlook, label), job.request.locale
    fields = [Field(say(locale, "history.asked_at"), format_time(job.created_at))]
    if link := _format_link(job, locale):
        fields.append(Field(say(locale, "history.where"), link))
    text = f"{card.text}\n\n{say(locale, 'history.gone')}" if missing else card.text
    bare = missing or job.reason is Reason.DELETED
    title = say(locale, f"history.status.{_name_status(job)}") if bare else card.title
    buttons = (*_offer(card, pictures=job.shown and not missing), *_build_ways(job, shelf))
    return replace(card, author="", title=title, text=text, fields=(*card.fields, *fields), buttons=buttons)


def _offer(card: Card, *, pictures: bool) -> Iterator[Button]:
    """What the card offers, as far as that makes sense apart from its message."""
    left_out = ELSEWHERE if pictures else ELSEWHERE | OF_PICTURES
    for button in card.buttons:
        if button.custom_id.rpartition(":")[2] not in left_out:
            yield button


def _build_ways(job: Job, shelf: Shelf) -> Iterator[Button]:
    locale = job.request.locale
    yield Button(say(locale, "button.family"), f"job:{job.id}:family_{shelf}")
    yield Button(say(locale, "button.back"), f"job:{job.id}:history_{shelf}")


# -- its family ------------------------------------------------------------------------------------------------------


def build_family(family: Family, locale: str) -> tuple[Entry, Entry]:
    """What it was made from, step by step, and what was made from it."""
    offspring = [STEP * min(depth, MOST_STEPS) + _format_step(job, family, locale) for job, depth in _walk(family)]
    fitting = fit_lines(offspring, LONGEST_OFFSPRING)
    if family.more or len(fitting) < len(offspring):
        fitting.append(say(locale, "family.more"))
    color, picture = COLORS[family.job.status], format_thumbnail_name(family.job.id) if family.thumbnail else ""
    came_of_it = fitting or [say(locale, "family.childless")]
    return (
        Entry("\n".join(_format_ancestry(family, locale)), color, picture, say(locale, "family.ancestors")),
        Entry("\n".join(came_of_it), color, title=say(locale, "family.descendants")),
    )


def list_relatives(family: Family, locale: str) -> dict[int, tuple[str, str]]:
    """Of these, the member's own that can be opened: what they are called, and how they are related."""
    related = [(job, "family.before") for job in reversed(family.ancestors)]
    related += [(job, "family.after") for job, _ in _walk(family)]
    own = [(job, key) for job, key in related if _is_own(job, family) and job.reason is not Reason.ERASED]
    return {
        job.id: (format_line(job.request.prompt, LONGEST_OPTION), say(locale, key)) for job, key in own[:MOST_OPTIONS]
    }


def build_family_buttons(family: Family, locale: str, shelf: Shelf) -> tuple[Button, ...]:
    """The way back."""
    return (Button(say(locale, "button.back"), f"job:{family.job.id}:open_{shelf}"),)


def _is_own(job: Job, family: Family) -> bool:
    return job.request.member_id == family.job.request.member_id


def _format_ancestry(family: Family, locale: str) -> Iterator[str]:
    line = (*family.ancestors, family.job)
    steps = [_format_step(job, family, locale) for job in line]
    steps[-1] = say(locale, "family.this", line=steps[-1])
    nearest = fit_lines(steps[::-1], LONGEST_ANCESTRY)[::-1]
    if len(nearest) < len(steps) or len(line) > MOST_ANCESTORS:
        yield say(locale, "family.earlier")
    else:
        yield say(locale, "family.lost" if line[0].request.from_job_id else "family.attached")
    yield from nearest


def _walk(family: Family) -> Iterator[tuple[Job, int]]:
    """The descendants, each with those that were made from it right below, and how many generations down."""
    children: dict[int | None, list[Job]] = {}
    for job in family.descendants:
        children.setdefault(job.request.from_job_id, []).append(job)
    waiting = [(job, 0) for job in reversed(children.pop(family.job.id, []))]
    while waiting:
        job, depth = waiting.pop()
        yield job, depth
        waiting += [(child, depth + 1) for child in reversed(children.pop(job.id, []))]


def _format_step(job: Job, family: Family, locale: str) -> str:
    """How it was made from the one above, and what it is."""
    name, position = _format_name(job, family, locale), job.request.from_position
    if job.request.from_job_id is None:
        return say(locale, "family.first", name=name)
    if position is None:
        return say(locale, "family.again", name=name)
    parent = _find(job.request.from_job_id, (*family.ancestors, family.job, *family.descendants))
    several = position > 0 or (parent is not None and parent.request.count > 1)
    return say(locale, "family.result_of" if several else "family.result", name=name, number=position + 1)


def _find(job_id: int, among: Sequence[Job]) -> Job | None:
    return next((job for job in among if job.id == job_id), None)


def _format_name(job: Job, family: Family, locale: str) -> str:
    """One's own by its prompt; of others only that it is theirs, and where everybody sees it anyway."""
    if job.reason is Reason.ERASED:
        return say(locale, "family.erased")
    own = _is_own(job, family)
    name = format_safe(job.request.prompt, LONGEST_NAME) if own else say(locale, "family.others")
    here = job.request.guild_id is not None and job.request.guild_id == family.job.request.guild_id
    link = _format_link(job, locale, "family.link") if own or (here and job.shown) else ""
    return f"{name}\u00a0{link}" if link else name  # so that no link stands alone on a line
