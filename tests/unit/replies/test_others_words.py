"""Wherever other people's words are shown, they stay in their place: the rest of a message is as it is without them."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import Reason, Refused
from bot.jobs import Job, JobStatus, Request
from bot.jobs.history import Family, Page, Shelf
from bot.jobs.model import Outlook
from bot.jobs.tracing import Record
from bot.moderation.bans import BannedPicture
from bot.moderation.blocks import Block
from bot.moderation.cases import Case, History
from bot.moderation.chain import Entry, EntryKind
from bot.moderation.documents import Mistake
from bot.moderation.model import Flag
from bot.moderation.policy import Policy
from bot.moderation.prompts import Match
from bot.moderation.rehearsal import DryRun, Example
from bot.moderation.words import WordRule
from bot.replies.blocked import format_ban, format_block
from bot.replies.card import Card, build_card, build_rejection, format_alt, format_file_name
from bot.replies.desk import build_case
from bot.replies.embed import build_embed
from bot.replies.history import build_detail, build_entries, build_family
from bot.replies.lines import format_entry
from bot.replies.panel import format_mistake, format_setting
from bot.replies.rehearsal import format_dry_run, format_matches, format_rules
from bot.replies.texts import DEFAULT_LOCALE, say_refused
from bot.replies.traced import build_trace
from tests.conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EN = DEFAULT_LOCALE
ESCAPED = re.compile(r"\\[!-/:-@\[-`{-~]")
MARKS = re.compile(r"[!-/:-@\[-`{-~\n]")
JOINERS = {"\u200c", "\u200d"}
FRAGMENTS = [
    "@everyone", "@here", "<@1>", "<@&1>", "<#1>", "</img2img:1>", "<t:1:R>", "<a:b:1>", "<id:guide>", "**", "__", "~~",
    "||", "`", "```\n", "\n# ", "\n-# ", "\n> ", "\n>>> ", "\n- ", "\n1. ", "[a](https://evil.example)", "\\", "\\\\",
    "https://evil.example/", "discord.gg/evil", "{0.__class__}", "{prompt}", "%s", "$1", "\u202e", "\u2066", "\u200b",
    "\u2028", "\u0085", "\x00", "\x1b[31m", "\r", "\ud800", "\u0301" * 9, "\ufeff", "\U000e0041", "*" * 200,
]  # fmt: skip
WORDS = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=12), max_size=12).map("".join)
STEADY = settings(
    deadline=None, derandomize=True, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def build_job(words: str, status: JobStatus = JobStatus.DONE) -> Job:
    """A job of somebody who writes such words everywhere."""
    request = Request(
        id=1, application_id=1, guild_id=2, channel_id=3, member_id=4, member_name=words, locale=EN, token="t",
        attachment_url="", prompt=words, negative_prompt=words, model="schnell", strength=0.7,
    )  # fmt: skip
    return Job(
        request=request, status=status, turn=1, attempts=0, key="key", price_usd=Decimal(0), created_at=NOON,
        message_id=5, reason=Reason.REJECTED, reason_values={"words": words}, flags=(Flag("own", words),),
    )  # fmt: skip


def build_entry(words: str, kind: EntryKind) -> Entry:
    """A line of the book with such words in it."""
    said = dict.fromkeys(("prompt", "pot", "id", "period", "level", "used_usd", "limit_usd"), words)
    content = {"rule": f"own: {words}", **said}
    return Entry(2, 1, kind, NOON, 3, 4, 1, 7, "".join(words.split())[:100], content, "s", "c", "d" * 64)


def read(card: Card) -> str:
    """What of a card Discord reads markdown in."""
    return "\n".join([card.title, card.text, *(field.value for field in card.fields)])


def list_places() -> Mapping[str, Callable[[str], str]]:
    """Everything that shows what somebody wrote."""
    history = History(1, 2, 3, 4, 5)
    match: dict[str, Any] = {"rule_kind": "own", "action": "refuse"}
    return {
        "card": lambda words: read(build_card(build_job(words), Outlook())),
        "rejection": lambda words: read(build_rejection(build_job(words, JobStatus.REJECTED))),
        "case": lambda words: read(
            build_case(
                Case(2, 7, "appeal", 4, 1, (Flag("own", words),), words, NOON, NOON, "reject", 5, words, 6, 8),
                build_job(words),
                history,
                EN,
            )
        ),
        "line of a refusal": lambda words: format_entry(build_entry(words, EntryKind.REFUSED), EN, words=True),
        "line of a budget": lambda words: format_entry(build_entry(words, EntryKind.BUDGET), EN, words=True),
        "line of a setting": lambda words: format_entry(build_entry(words, EntryKind.SETTINGS), EN, words=True),
        "trace": lambda words: read(
            build_trace(Record(1, build_job(words), (), (build_entry(words, EntryKind.REFUSED),), ()), EN)
        ),
        "block": lambda words: format_block(Block(2, 4, words, 5, NOON, None), EN),
        "ban": lambda words: format_ban(BannedPicture(2, 7, words, 5, NOON, None), EN),
        "matches": lambda words: format_matches([Match(**match, name=words, message=words, matched=words)], EN),
        "dry run": lambda words: format_dry_run(
            DryRun(1, 1, 0, True, (Example(words, Match(**match, name=words, message="", matched=words)),)), 7, EN
        ),
        "rules": lambda words: "\n".join(format_rules([WordRule(words, words, "words", "hold", words)], [words], EN)),
        "mistake": lambda words: format_mistake(Mistake("unknown", values={"name": words}), EN),
        "setting": lambda words: format_setting(Policy(words=(WordRule(words, "a", "words", "hold"),)), "words", EN),
        "refusal": lambda words: say_refused(EN, Refused(Reason.PROMPT_SAID, message=words)),
        "own pictures": lambda words: "\n".join(
            entry.text for entry in build_entries(Page(Shelf.ALL, False, (build_job(words),), None, None, {}), EN)
        ),
        "one of them": lambda words: read(build_detail(build_job(words), Outlook(), Shelf.ALL, missing=True)),
        "its family": lambda words: "\n".join(
            entry.text for entry in build_family(Family(build_job(words), (), (build_job(words),), more=True), EN)
        ),
        "blocked": lambda words: say_refused(EN, Refused(Reason.BLOCKED, message=words)),
    }


PLACES = list_places()


def strip(shown: str) -> str:
    """Every mark that Discord would read, and every new line."""
    return "".join(MARKS.findall(ESCAPED.sub("", shown)))


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@STEADY
@given(words=WORDS)
def test_words_change_nothing_but_themselves(place: Callable[[str], str], words: str) -> None:
    """No mention, no markup, no line of their own, nothing hidden: the marks of the message are those it has anyway."""
    shown = place("x" + words)
    assert strip(shown) == strip(place("x"))
    assert not [one for one in shown if unicodedata.category(one)[0] == "C" and one not in {"\n", *JOINERS}]


@STEADY
@given(words=WORDS)
def test_words_in_places_without_markup_stay_on_their_line(words: str) -> None:
    """Names and alt texts: one line, bounded, nothing hidden. File names never have any of it."""
    job = build_job("x" + words)
    author = build_embed(build_card(job, Outlook())).author.name or ""
    for shown, most in ((author, 80), (format_alt(job, 1, 1), 1024)):
        assert 0 < len(shown) <= most
        assert not [one for one in shown if unicodedata.category(one)[0] in "CZ" and one not in {" ", *JOINERS}]
    assert format_file_name(job, 1, "png") == format_file_name(build_job("x"), 1, "png")
