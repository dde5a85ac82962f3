"""What moderators see of a case: its words, its pictures behind spoilers, and its buttons. One message, once.

The words are pure (`build_case`); `Desk` brings them into the moderators' channel, with the bot's own token.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.jobs.ports import ReplyLost
from bot.replies.buttons import Button
from bot.replies.card import LONGEST_NAME, SPOILER, Card, Field, format_dollars
from bot.replies.files import Picture
from bot.replies.lines import format_job_link
from bot.replies.plain import format_safe, format_share
from bot.replies.texts import DEFAULT_LOCALE, get_catalogue, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.jobs import Job, Store
    from bot.moderation.cases import Case, Cases, History
    from bot.moderation.policies import Policies
    from bot.pictures import Result, Studio
    from bot.replies.post import Post

MOST_PICTURE_BYTES = 4 * 1024 * 1024
"""Each, so that a source and four results fit into one message."""
LONGEST_PROMPT, LONGEST_WORDS, LONGEST_DETAIL = 1000, 420, 40
MOST_FLAGS = 5
OPEN_COLOR, CLOSED_COLOR = 0x7E6BB5, 0x6C757D
ABOUT_PICTURES = ("approve", "spoiler", "reject", "block", "ban")
ABOUT_WORDS = ("note", "block")
"""What can be done about a case that has no pictures."""


def build_case(case: Case, job: Job | None, history: History, locale: str) -> Card:
    """The words of a case, with buttons while it is open."""
    actions = (ABOUT_PICTURES if case.job_id is not None else ABOUT_WORDS) if case.open else ()
    return Card(
        author="",
        title=say(locale, f"case.{case.kind}.title", number=case.number),
        text="\n\n".join(_paragraphs(case, job, locale)),
        color=OPEN_COLOR if case.open else CLOSED_COLOR,
        fields=tuple(Field(say(locale, f"case.{key}"), value) for key, value in _fields(case, job, history, locale)),
        footer=say(locale, "card.footer", id=case.job_id) if case.job_id else say(locale, "case.footer"),
        buttons=tuple(Button(say(locale, f"button.{each}"), f"case:{case.number}:{each}") for each in actions),
    )


def _paragraphs(case: Case, job: Job | None, locale: str) -> Iterator[str]:
    if not case.open:
        who = f"<@{case.decided_by}>" if case.decided_by else say(locale, "case.nobody")
        yield say(locale, f"case.decided_{case.decision}", who=who)
        if case.note:
            yield say(locale, "case.reason", words=format_safe(case.note, LONGEST_WORDS))
    if job is not None:
        yield "> " + format_safe(job.request.words, LONGEST_PROMPT)
    if case.words:
        yield say(locale, f"case.{case.kind}.words", words=format_safe(case.words, LONGEST_WORDS))


def _fields(case: Case, job: Job | None, history: History, locale: str) -> Iterator[tuple[str, str]]:
    name = "" if job is None else format_safe(job.request.member_name, LONGEST_NAME)
    yield "member", f"{name} <@{case.member_id}>"
    if job is not None and job.request.preset:
        yield "preset", format_safe(job.request.preset, LONGEST_NAME)
    if job is not None:
        made_with = {"model": job.request.model, "strength": format_share(job.request.strength)}
        yield "model", say(locale, "case.made_with", **made_with)
        yield "cost", format_dollars(job.price_usd if job.cost_usd is None else job.cost_usd, locale)
    if case.flags:
        yield "flags", "\n".join(format_flag(flag.kind, flag.detail, locale) for flag in case.flags[:MOST_FLAGS])
    if job is not None and job.request.negative_prompt:
        yield "without", format_safe(job.request.negative_prompt, LONGEST_WORDS)
    if job is not None and job.request.draft:
        yield "draft", say(locale, "case.draft_text")
    if job is not None and (url := format_job_link(job)):
        yield "where", say(locale, "case.link", url=url)
    counts = {name: getattr(history, name) for name in ("made", "refused", "rejected", "reported", "blocked")}
    yield "history", say(locale, "case.counts", **counts)


def format_flag(kind: str, detail: str, locale: str) -> str:
    """What flagged it, in words."""
    key = f"flag.{kind}"
    known = key in get_catalogue(DEFAULT_LOCALE)
    return say(locale, key if known else "flag.other", detail=format_safe(detail, LONGEST_DETAIL), kind=kind)


class Desk:
    """Does what `bot.jobs.ports.Bench` asks for."""

    def __init__(self, post: Post, studio: Studio, store: Store, cases: Cases, policies: Policies) -> None:
        self._post = post
        self._studio = studio
        self._store = store
        self._cases = cases
        self._policies = policies

    async def build(self, case: Case) -> Card:
        """The words of a case as it stands."""
        job = None if case.job_id is None else await self._store.get(case.job_id)
        history = await self._cases.history(case.guild_id, case.member_id)
        return build_case(case, job, history, await self._locale(case.guild_id))

    async def _locale(self, guild_id: int) -> str:
        return (await self._policies.get(guild_id)).language or DEFAULT_LOCALE

    async def gather(self, job: Job, results: Sequence[Result]) -> list[Picture]:
        """Source and results behind spoilers, small enough to go into one message together."""
        source = await self._store.get_source(job.id)
        pictures = [] if source is None else [Picture(f"{SPOILER}source.jpg", source.data)]
        for number, result in enumerate(results, start=1):
            fitted = await self._studio.fit_result(result, MOST_PICTURE_BYTES)
            pictures.append(Picture(f"{SPOILER}result-{number}.{fitted.extension}", fitted.data))
        return pictures

    async def bring(
        self, channel_id: int, case: Case, job: Job | None, results: Sequence[Result], *, visible: bool = False
    ) -> int:
        """Show an undecided case with its pictures in this channel, and return the message's id. Twice is once.

        `visible`: what was reported could not be hidden, so the moderators have to do it themselves.
        """
        card = await self.build(case)
        if visible:
            note = say(await self._locale(case.guild_id), "case.still_visible")
            card = replace(card, text=f"{note}\n\n{card.text}")
        pictures = [] if job is None else await self.gather(job, results)
        about = case.guild_id % 10**12 if job is None else job.id
        nonce = f"{about}c{case.number % 1000}v{channel_id % 10}"
        return (await self._post.send_to(case.guild_id, channel_id, card, pictures, nonce)).id

    async def refresh(self, case: Case) -> None:
        """Show on a case's message how it stands."""
        if case.channel_id is None or case.message_id is None:
            raise ReplyLost("nobody was shown this case")
        await self._post.edit_at(case.channel_id, case.message_id, await self.build(case))
