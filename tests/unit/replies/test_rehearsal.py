"""What moderators read about their rules: bounded, and never as somebody else's markup."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.moderation.prompts import Match
from bot.moderation.rehearsal import DryRun, Example
from bot.moderation.words import WordRule
from bot.replies.rehearsal import format_dry_run, format_matches, format_rules
from bot.replies.texts import DEFAULT_LOCALE

if TYPE_CHECKING:
    from typing import Any

LOUD = "@everyone **" + "x" * 2000


def match(**given: Any) -> Match:
    """A rule of the guild's own that was met."""
    return Match(**{"rule_kind": "own", "name": "cats", "action": "refuse", "message": "", "matched": "cat"} | given)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("own", "your own rule cats"),
        ("automod", "AutoMod rule cats"),
        ("undress", "undressing people (German)"),
        ("sexual", "sexual content (German)"),
        ("minors", "children and young people (German)"),
    ],
)
def test_a_match_says_which_rule_and_why(kind: str, said: str) -> None:
    """By its name, or its language where it is ours; and what the member would read."""
    name = "cats" if kind in {"own", "automod"} else "de"
    told = format_matches([match(rule_kind=kind, name=name, message="No cats!")], DEFAULT_LOCALE)
    assert said in told
    assert "“cat”" in told
    assert "No cats\\!" in told


def test_what_others_wrote_stays_theirs() -> None:
    """Names, messages, patterns and prompts are escaped and cut; every answer fits into a message."""
    loud = match(name=LOUD, matched=LOUD, message=LOUD)
    rules = format_rules([WordRule(LOUD, LOUD, "words", "hold", LOUD)], [LOUD], DEFAULT_LOCALE)
    run = DryRun(100, 90, 10, whole=False, examples=(Example(LOUD, loud),) * 10)
    for told in (format_matches([loud] * 60, DEFAULT_LOCALE), format_dry_run(run, 7, DEFAULT_LOCALE), *rules):
        assert "@everyone" not in told.replace("\\@everyone", "")
        assert "**x" not in told
        assert len(told) <= 2000
    assert "looked for briefly" in rules[0]
    assert "took too long to be sure" in format_matches([match(matched="", action="hold")], DEFAULT_LOCALE)


def test_a_dry_run_says_how_many() -> None:
    """Of all, or of the newest; or that there were none."""
    assert "Of 120 prompts" in format_dry_run(DryRun(120, 3, 1, whole=True, examples=()), 7, DEFAULT_LOCALE)
    assert "newest 120 prompts" in format_dry_run(DryRun(120, 3, 1, whole=False, examples=()), 7, DEFAULT_LOCALE)
    assert "no prompts" in format_dry_run(DryRun(0, 0, 0, whole=True, examples=()), 7, DEFAULT_LOCALE)
