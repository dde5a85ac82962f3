"""A line of the book in words: what was decided, short enough for a log. Pure.

Members' own words are left out unless asked for: a log channel keeps what it was told, and words must stay erasable.
"""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from bot.moderation.chain import EntryKind
from bot.moderation.documents import load_policy
from bot.moderation.export import format_who
from bot.moderation.policies import Versioned, parse_change
from bot.moderation.pots import LEVELS
from bot.replies.panel import describe_change
from bot.replies.plain import format_safe, format_time
from bot.replies.texts import DEFAULT_LOCALE, get_catalogue, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.jobs.model import Job
    from bot.moderation.chain import Entry

MOST_NAME = 40
MOST_WORDS = 150
MOST_SUBJECT_WORDS = 6
LONGEST_LINE = 1500
RULES = ("automod", "own")
"""The kinds of rules that people wrote and named."""
SPOKEN = ("prompt", "words", "note", "reason")
"""Where a line's content holds what somebody wrote."""
BUDGET = ("pot", "period", "level", "used_usd", "limit_usd")
"""What the content of a line about a budget holds, unless somebody tampered with it."""


def format_entry(entry: Entry, locale: str, job: Job | None = None, *, words: bool = False) -> str:
    """The entry on one line of at most `LONGEST_LINE` characters. `job`: the one it is about, where it still is."""
    parts = (_sentence(entry, locale), *_details(entry, locale, job, words=words))
    return say(locale, "entry.line", number=entry.number, at=format_time(entry.written_at), text=" · ".join(parts))


def format_seal(entry: Entry, locale: str) -> str:
    """What lets anybody see later that this line and all before it are still the same."""
    return say(locale, "entry.seal", number=entry.number, digest=entry.digest[:16])


def format_label(word: str, locale: str) -> str:
    """A word that rows use, as people say it; another one as it is, made safe."""
    if f"label.{word}" in get_catalogue(DEFAULT_LOCALE):
        return say(locale, f"label.{word}")
    return format_safe(word.replace("_", " "), MOST_NAME)


def format_link(guild_id: int | None, channel_id: int, message_id: int) -> str:
    """The address of a message; None: in direct messages, which lead each reader to their own."""
    return f"https://discord.com/channels/{guild_id or '@me'}/{channel_id}/{message_id}"


def format_job_link(job: Job) -> str | None:
    """The address of a job's reply; None where it has none, or is a draft, which nobody else can go to."""
    if job.message_id is None or job.request.draft:
        return None
    return format_link(job.request.guild_id, job.request.channel_id, job.message_id)


def _sentence(entry: Entry, locale: str) -> str:
    values = {
        "kind": format_safe(entry.kind, MOST_NAME),
        "member": format_who(entry.member_id) or say(locale, "entry.nobody"),
        "actor": format_who(entry.actor_id) or say(locale, "entry.rules"),
        "subject": ", ".join(format_label(word, locale) for word in entry.subject.split()[:MOST_SUBJECT_WORDS]),
    }
    if entry.kind == EntryKind.BUDGET and entry.content is not None:
        values |= {key: format_safe(str(entry.content.get(key)), MOST_NAME) for key in BUDGET}
        values |= {"pot": _pot(entry, locale), "period": format_label(str(entry.content.get("period")), locale)}
    if entry.kind == EntryKind.SETTINGS:
        values["subject"] = _change(entry, locale)
    if key := _variant(entry):
        return say(locale, f"entry.{key}", **values, until=_until(entry.subject))
    return say(locale, "entry.other", **values)


def _variant(entry: Entry) -> str | None:
    """Which sentence says it; None where there is none for it."""
    content = entry.content or {}
    special = (
        (EntryKind.REVIEW, not entry.subject, "review_all"),
        (EntryKind.REPORT, entry.case_number is not None, "report_case"),
        (EntryKind.DECISION, entry.subject == "expire", "expire"),
        (EntryKind.BLOCK, bool(entry.subject), "block_until"),
        (EntryKind.BUDGET, not content.keys() >= set(BUDGET), None),
        (EntryKind.BUDGET, content.get("level") == LEVELS[0], "budget_full"),
    )
    usual = entry.kind if entry.kind in set(EntryKind) else None
    return next((key for kind, fits, key in special if entry.kind == kind and fits), usual)


def _until(subject: str) -> str:
    """A time that the book has in ISO 8601, for the reader's own zone."""
    try:
        return format_time(datetime.fromisoformat(subject))
    except ValueError:
        return format_safe(subject, MOST_NAME)


def _pot(entry: Entry, locale: str) -> str:
    """Whose budget it is."""
    content = entry.content or {}
    whose, number = str(content.get("pot")), str(content.get("id"))[:MOST_NAME]
    mentions = {"role": f"<@&{number}>", "member": f"<@{number}>"}
    return mentions[whose] if whose in mentions and number.isdecimal() else format_label(whose, locale)


def _details(entry: Entry, locale: str, job: Job | None, *, words: bool) -> Iterator[str]:
    content = entry.content or {}
    kind, _, name = str(content.get("rule", "")).partition(": ")
    if kind in RULES and name:  # of the others, the reason says enough
        yield say(locale, f"entry.rule_{kind}", rule=format_safe(name, MOST_NAME))
    if words and entry.erased:
        yield say(locale, "entry.words_erased")
    elif words:
        said = (format_safe(str(content[key]), MOST_WORDS) for key in SPOKEN if content.get(key))
        yield from (say(locale, "entry.words", words=each) for each in islice(said, 1))
    if entry.case_number is not None:
        yield say(locale, "entry.case", number=entry.case_number)
    if job is not None and (link := format_job_link(job)):
        yield say(locale, "entry.picture", link=link)
    elif entry.job_id is not None:
        yield say(locale, "entry.job", id=entry.job_id)


def _change(entry: Entry, locale: str) -> str:
    """What was set, in the panel's words: the line has what became of each setting."""
    try:
        document = {key: change["is"] for key, change in (entry.content or {}).items()}
        return describe_change(Versioned(load_policy(document), change=parse_change(entry.subject)), locale)
    except (AttributeError, LookupError, TypeError, ValueError):  # somebody tampered with it; the book will say so
        return format_safe(entry.subject, MOST_NAME)
