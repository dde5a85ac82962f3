"""What the rules about words say, for the moderators who wrote them: matches, dry runs, the rules themselves. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.replies.plain import fit_lines, format_safe
from bot.replies.texts import DEFAULT_LOCALE, get_catalogue, say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from bot.moderation.prompts import Match
    from bot.moderation.rehearsal import DryRun
    from bot.moderation.words import WordRule

LONGEST_NAME = 40
LONGEST_MATCHED = 60
LONGEST_PROMPT = 100
LONGEST_PATTERN = 260
LONGEST_MESSAGE = 150
MOST_CHARACTERS = 2000
"""https://discord.com/developers/docs/resources/message#create-message"""


def format_matches(matches: Sequence[Match], locale: str) -> str:
    """Which rules a prompt meets, and why."""
    if not matches:
        lines = [say(locale, "test.nothing")]
    else:
        lines = [say(locale, "test.matches"), *(line for match in matches for line in _match(match, locale))]
    note = say(locale, "test.note")
    return "\n".join([*fit_lines(lines, MOST_CHARACTERS - len(note)), note])


def format_dry_run(run: DryRun, days: int, locale: str) -> str:
    """How many prompts would have met a rule, and some of them."""
    if not run.count:
        return say(locale, "test.no_prompts", days=days)
    key = "test.counted" if run.whole else "test.counted_most"
    counted = say(locale, key, count=run.count, days=days, refused=run.refused, held=run.held)
    examples = [
        say(
            locale,
            "test.example",
            prompt=format_safe(example.prompt, LONGEST_PROMPT),
            rule=_rule(example.match, locale),
            matched=_matched(example.match, locale),
        )
        for example in run.examples
    ]
    return "\n".join(fit_lines([counted, *examples], MOST_CHARACTERS))


def format_rules(rules: Sequence[WordRule], unusable: Collection[str], locale: str) -> list[str]:
    """The guild's own rules, a text for each. `unusable`: names of those that are not looked for."""
    return [
        say(
            locale,
            "settings.rule_line_said" if rule.message else "settings.rule_line",
            name=format_safe(rule.name, LONGEST_NAME),
            kind=say(locale, f"choice.{rule.kind}"),
            action=say(locale, f"choice.{rule.action}"),
            pattern=format_safe(rule.pattern, LONGEST_PATTERN),
            message=format_safe(rule.message, LONGEST_MESSAGE),
        )
        + (say(locale, "settings.rule_unusable") if rule.name in unusable else "")
        for rule in rules
    ]


def _matched(match: Match, locale: str) -> str:
    """The words a rule met; where it met none, its pattern was not done in time."""
    if not match.matched:
        return say(locale, "test.unfinished")
    return say(locale, "test.matched", words=format_safe(match.matched, LONGEST_MATCHED))


def _match(match: Match, locale: str) -> Iterator[str]:
    yield say(locale, f"test.{match.action}", rule=_rule(match, locale), matched=_matched(match, locale))
    if match.message:
        yield say(locale, "test.said", message=format_safe(match.message, LONGEST_MESSAGE))


def _rule(match: Match, locale: str) -> str:
    """Which one: by the name that people gave it, or the language of ours."""
    language = f"language.{match.name}"
    ours = match.rule_kind not in {"automod", "own"} and language in get_catalogue(DEFAULT_LOCALE)
    name = say(locale, language) if ours else format_safe(match.name, LONGEST_NAME)
    return say(locale, f"test.rule_{match.rule_kind}", name=name)
