"""What moderators are told about where a picture came from, and which cases wait for them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.replies.card import COLORS, LONGEST_NAME, Card, Field, format_dollars
from bot.replies.desk import format_flag
from bot.replies.lines import format_entry, format_job_link, format_label, format_link
from bot.replies.plain import fit_lines, format_line, format_safe, format_share, format_time
from bot.replies.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.jobs import Job
    from bot.jobs.tracing import Record
    from bot.moderation.cases import Case

LONGEST_PROMPT = 1000
LONGEST_WITHOUT = 400
LONGEST_TEXT = 3000
LONGEST_FIELD = 500
"""Together they stay below Discord's 6000: https://discord.com/developers/docs/resources/message#embed-object."""
LONGEST_LIST = 1900
REFUSED_COLOR = 0xBC4B51


def build_trace(trace: Record, locale: str, *notes: str) -> Card:
    """Everything about one job. `notes` say how it was found."""
    job = trace.job
    said = (*notes, _request(job, locale))
    decided = [format_entry(entry, locale, words=job is None) for entry in trace.entries]
    text = "\n\n".join(said)
    if decided:
        room = LONGEST_TEXT - len(text) - 100
        text = "\n".join([text, "", f"**{say(locale, 'trace.decided')}**", *fit_lines(decided, room)])
    return Card(
        author="" if job is None else format_line(job.request.member_name, 80),
        title=say(locale, "trace.title", id=trace.job_id),
        text=text,
        color=REFUSED_COLOR if job is None else COLORS[job.status],
        fields=tuple(
            Field(say(locale, f"trace.{name}"), value[:LONGEST_FIELD]) for name, value in _rows(trace, locale)
        ),
        footer=say(locale, "card.footer", id=trace.job_id),
        buttons=(),
    )


def format_cases(cases: Sequence[Case], locale: str) -> str:
    """The undecided cases, as many as one message holds."""
    if not cases:
        return say(locale, "cases.none")
    lines = [_format_open(case, locale) for case in cases]
    return "\n".join([say(locale, "cases.some", count=len(cases)), *fit_lines(lines, LONGEST_LIST)])


def _rows(trace: Record, locale: str) -> Iterator[tuple[str, str]]:
    if trace.job is not None:
        yield from _about_job(trace.job, locale)
    if trace.kin:
        yield "kin", _join(str(job_id) for job_id in trace.kin)
    if trace.cases:
        yield "cases", _join(_format_case(case, locale) for case in trace.cases)


def _request(job: Job | None, locale: str) -> str:
    """What was asked for, as far as it is still known."""
    if job is None:
        return say(locale, "trace.refused")
    prompt = format_safe(job.request.words, LONGEST_PROMPT)
    return f"> {prompt}" if prompt else say(locale, "entry.words_erased")


def _about_job(job: Job, locale: str) -> Iterator[tuple[str, str]]:
    request = job.request
    yield "who", f"<@{request.member_id}>"
    yield "asked_at", format_time(job.created_at)
    link = format_job_link(job)
    yield "where", f"<#{request.channel_id}>" + (" " + say(locale, "trace.link", link=link) if link else "")
    yield "status", say(locale, f"status.{job.status}.title")
    if request.preset:
        yield "preset", format_safe(request.preset, LONGEST_NAME)
    made_with = {"model": request.model, "strength": format_share(request.strength), "count": request.count}
    yield "model", say(locale, "trace.made_with", **made_with)
    if request.draft:
        yield "draft", say(locale, "trace.draft_text")
    if job.cost_usd is not None:
        yield "cost", format_dollars(job.cost_usd, locale)
    else:
        yield "price", format_dollars(job.price_usd, locale)
    if without := format_safe(request.negative_prompt, LONGEST_WITHOUT):
        yield "without", without
    if job.flags:
        yield "flags", _join(format_flag(flag.kind, flag.detail, locale) for flag in job.flags)


def _join(lines: Iterable[str]) -> str:
    """As many lines as a field holds."""
    return "\n".join(fit_lines(list(lines), LONGEST_FIELD))


def _format_case(case: Case, locale: str) -> str:
    decision = say(locale, "trace.case_open") if case.decision is None else format_label(case.decision, locale)
    return say(locale, "trace.case", number=case.number, kind=say(locale, f"about.{case.kind}"), decision=decision)


def _format_open(case: Case, locale: str) -> str:
    values = {"number": case.number, "member": f"<@{case.member_id}>", "at": format_time(case.opened_at)}
    line = say(locale, "cases.line", kind=say(locale, f"about.{case.kind}"), **values)
    if case.channel_id is None or case.message_id is None:
        return line
    link = format_link(case.guild_id, case.channel_id, case.message_id)
    return " · ".join([line, say(locale, "cases.link", link=link)])
