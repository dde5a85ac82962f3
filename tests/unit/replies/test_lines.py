"""Lines of the book in words: every kind has its sentence, nothing in them is markup, and they always fit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from bot.jobs import Job, JobStatus, Request
from bot.moderation.chain import Entry, EntryKind
from bot.replies.lines import LONGEST_LINE, format_entry, format_seal
from bot.replies.texts import DEFAULT_LOCALE, get_catalogue, say
from tests.conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

EN = DEFAULT_LOCALE
BUDGET = {"pot": "role", "id": "44", "period": "month", "level": 80, "used_usd": "4.00", "limit_usd": "5.00"}


def entry(**given: Any) -> Entry:
    """A line of the book."""
    values: dict[str, Any] = {
        "guild_id": 2,
        "number": 12,
        "kind": EntryKind.REFUSED,
        "written_at": NOON,
        "actor_id": None,
        "member_id": 7,
        "job_id": None,
        "case_number": None,
        "subject": "",
        "content": None,
        "salt": None,
        "content_digest": "",
        "digest": "0123456789abcdef" * 4,
    }
    return Entry(**(values | given))


@pytest.fixture
def job(build_request: Callable[..., Request]) -> Job:
    """A job whose reply is message 99."""
    return Job(build_request(), JobStatus.DONE, 1, 0, "key", Decimal(0), NOON, message_id=99)


@pytest.mark.parametrize("kind", EntryKind)
def test_every_kind_has_a_sentence(kind: EntryKind) -> None:
    """Of its own, and a name to choose it by."""
    catalogue = get_catalogue(EN)
    assert f"entry.{kind}" in catalogue
    assert f"kind.{kind}" in catalogue
    line = format_entry(entry(kind=kind, actor_id=9, content=BUDGET), EN)
    assert line.startswith("`#12` <t:1772366400:f> ")
    assert f"{kind}: <@9>" not in line


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"subject": "prompt_own", "content": {"rule": "own: hats"}},
            "🚫 <@7> was refused: own rule · own rule “hats”",
        ),
        (
            {"kind": "review", "subject": "own near_ban", "case_number": 3, "job_id": 5},
            "A picture of <@7> waits for a moderator: own rule, looks like a banned picture · case 3 · job 5",
        ),
        ({"kind": "report", "actor_id": 8}, "<@8> reported a picture of <@7>"),
        ({"kind": "report", "actor_id": 8, "case_number": 3}, "<@8> reported a picture of <@7>, and that was enough"),
        ({"kind": "decision", "actor_id": 9, "subject": "reject"}, "<@9> decided on <@7>: not shown"),
        ({"kind": "decision", "subject": "expire"}, "Nobody decided on <@7> in time"),
        ({"kind": "block", "actor_id": 9}, "<@9> blocked <@7>"),
        ({"kind": "block", "subject": "2026-03-02T12:00:00+00:00"}, "blocked <@7> until <t:1772452800:f>"),
        ({"kind": "block", "subject": "*soon*"}, "blocked <@7> until \\*soon\\*"),
        (
            {"kind": "settings", "actor_id": 9, "subject": "set review", "content": {"review": {"is": "everything"}}},
            "<@9> changed the settings: " + say(EN, "setting.review.everything"),
        ),
        (
            {
                "kind": "settings",
                "actor_id": 9,
                "subject": "set spoiler 33",
                "content": {"overrides": {"is": {"33": {"spoiler": True}}}},
            },
            "<@9> changed the settings: <#33>: " + say(EN, "setting.spoiler.on"),
        ),
        ({"kind": "settings", "actor_id": 9, "subject": "undo 3"}, "went back to version 3"),
        ({"kind": "settings", "actor_id": 9, "subject": "*odd* thing", "content": {"review": 5}}, "\\*odd\\* thing"),
        ({"kind": "review", "case_number": 3}, "waits for a moderator, as all do there · case 3"),
        (
            {"kind": "budget", "content": BUDGET},
            "<@&44>: 80 % of the budget for the month is used ($4\\.00 of $5\\.00)",
        ),
        (
            {"kind": "budget", "content": BUDGET | {"pot": "guild", "level": 100}},
            "the budget for the month is used up, or too little for a request is left ($4\\.00 of $5\\.00)",
        ),
        ({"kind": "budget", "subject": "guild day 80"}, "budget: Repaint, <@7>, this server, day, 80"),
        ({"kind": "budget", "subject": "guild day 80", "content": {}}, "budget: Repaint, <@7>, this server, day, 80"),
        (
            {"kind": "budget", "content": BUDGET | {"until": "x", "member": "y", "id": "7" * 5000}},
            f"<@&{'7' * 40}>: 80 % of the budget for the month is used ($4\\.00 of $5\\.00)",
        ),
        ({"kind": "settings", "actor_id": 9, "subject": "", "content": {}}, "<@9> changed the settings: "),
        ({"kind": "of_tomorrow", "subject": "*x* y", "actor_id": 8}, "of\\_tomorrow: <@8>, <@7>, \\*x\\*, y"),
    ],
)
def test_what_a_line_says(given: dict[str, Any], expected: str) -> None:
    """Who, whom, what, and where to look further; also what a newer version, or somebody else, wrote."""
    assert expected in format_entry(entry(**given), EN)


@pytest.mark.parametrize("missing", sorted(BUDGET.keys() - {"id"}))
@pytest.mark.parametrize("level", [80, 100])
def test_a_budget_without_its_figures_is_told_as_other_lines_are(missing: str, level: int) -> None:
    """Somebody took one out: what was decided is still said."""
    content = {key: value for key, value in (BUDGET | {"level": level}).items() if key != missing}
    told = format_entry(entry(kind="budget", subject="guild day 80", content=content), EN)
    assert "budget: Repaint, <@7>, this server, day, 80" in told


@pytest.mark.parametrize("key", ["prompt", "words", "note", "reason"])
def test_words_are_told_only_where_they_can_be_erased(key: str) -> None:
    """A log channel does not get them; who asks the book does, as long as they are there."""
    spoken = entry(content={key: "a secret"}, content_digest="c")
    assert "secret" not in format_entry(spoken, EN)
    assert "“a secret”" in format_entry(spoken, EN, words=True)
    assert "erased" in format_entry(replace(spoken, content=None), EN, words=True)
    assert "erased" not in format_entry(entry(), EN, words=True)


def test_nobody_is_pinged_and_nothing_is_markup() -> None:
    """What people typed is shown as they typed it, on one line."""
    typed = "@everyone **now**\n[free](https://bad.example) `x`"
    line = format_entry(entry(subject=typed, content={"rule": typed, "prompt": typed}), EN, words=True)
    assert "@everyone" not in line.replace("\\@everyone", "")
    assert "**now**" not in line
    assert "](https" not in line
    assert "\n" not in line


def test_the_picture_is_linked(job: Job) -> None:
    """Where the job has a message in the guild; else its number is said, to be traced."""
    about = entry(job_id=job.id)
    assert f"[picture](https://discord.com/channels/2/3/{99})" in format_entry(about, EN, job)
    assert f"job {job.id}" in format_entry(about, EN)
    assert f"job {job.id}" in format_entry(about, EN, replace(job, message_id=None))
    assert f"job {job.id}" in format_entry(about, EN, replace(job, request=replace(job.request, draft=True)))


def test_a_line_fits_whatever_is_in_it() -> None:
    """With everything in it at its longest, and everything in need of a backslash."""
    much = "*" * 5000
    content = dict.fromkeys(("rule", "prompt", "words", "note", *BUDGET), much)
    words = " ".join([much] * 50)
    for kind in EntryKind:
        line = format_entry(entry(kind=kind, subject=words, content=content), EN, words=True)
        assert len(line) <= LONGEST_LINE
    changes = {much + str(number): {"was": much, "is": much} for number in range(20)}
    assert len(format_entry(entry(kind="settings", subject=words, content=changes), EN)) <= LONGEST_LINE


def test_the_seal() -> None:
    """Names the line and enough of its digest to find out a forged one."""
    assert format_seal(entry(), EN) == "-# Line 12 is sealed with 0123456789abcdef"
