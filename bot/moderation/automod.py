"""A guild's own AutoMod rules, read from Discord's JSON and held against text that Discord does not look at.

https://discord.com/developers/docs/resources/auto-moderation. Where the documentation is silent, the stricter reading
counts, never the laxer: punctuation ends a word, invisible characters neither hide one nor join two, and the allow-list
spares what it matches, not the whole message.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.moderation.folding import clean, part_hidden, plain
from bot.moderation.phrases import Phrase, find_all, parse_phrases

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.moderation.patterns import Budget, Patterns
    from bot.moderation.phrases import Span

SENDS_MESSAGE = 1
"""The event type of rules about what members write."""

KEYWORD, PRESET = 1, 4
"""The trigger types of rules that look at words."""
GLUE = "_"
"""Does not end a word for the allow-list: "cat" there does not spare "cat_fight"."""
ALERT = 2
"""The action that only tells the moderators."""
PRESETS = {1: "profanity", 2: "sexual_content", 3: "slurs"}
"""Word lists that Discord keeps to itself."""


@dataclass(frozen=True, slots=True)
class AutoModRule:
    """A rule that is on. `presets` are lists of Discord's that it names: nobody else can look for those.

    `blocks`: Discord would not let the message through. Otherwise it only tells the moderators.
    """

    id: int
    name: str
    keywords: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    allow_list: tuple[str, ...] = ()
    exempt_roles: frozenset[int] = frozenset()
    exempt_channels: frozenset[int] = frozenset()
    custom_message: str = ""
    blocks: bool = True
    presets: tuple[str, ...] = ()
    _sought: tuple[Phrase, ...] = field(init=False, repr=False, compare=False)
    _spared: tuple[Phrase, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_sought", parse_phrases(self.keywords, plain))
        object.__setattr__(self, "_spared", parse_phrases(self.allow_list, plain))

    @property
    def preset(self) -> bool:
        """Whether it is about lists that Discord does not show."""
        return bool(self.presets)

    def applies(self, channel_ids: frozenset[int], role_ids: frozenset[int]) -> bool:
        """Whether it counts in this place (a channel, its parent, its category) and for who has these roles."""
        return not self.exempt_channels & channel_ids and not self.exempt_roles & role_ids

    def find(self, text: str, patterns: Patterns, budget: Budget) -> str | None:
        """What in the text the rule is about, unless the allow-list spares it. Takes a while: call it in a thread."""
        text = text.strip()
        found = next(self._find_keywords(text), None)
        return next(self._find_patterns(text, patterns, budget), None) if found is None else found

    def _find_keywords(self, text: str) -> Iterator[str]:
        for seen in dict.fromkeys((plain(text), plain(part_hidden(text)))):
            yield from self._unspared(find_all(self._sought, seen), seen)

    def _find_patterns(self, text: str, patterns: Patterns, budget: Budget) -> Iterator[str]:
        """In the text as it is written, because patterns may be after odd characters, and in what can be seen of it."""
        for seen in dict.fromkeys((text, clean(text).strip())):
            for pattern in self.patterns:
                yield from self._unspared(patterns.find(self, pattern, seen, budget), seen)

    def _unspared(self, spans: Iterator[Span], text: str) -> Iterator[str]:
        spared: list[Span] | None = None
        for start, end in spans:
            spared = list(find_all(self._spared, _lower(text), GLUE)) if spared is None else spared
            if not any(first <= start and end <= last for first, last in spared):
                yield text[start:end]


def parse_rule(payload: Mapping[str, Any]) -> AutoModRule | None:
    """A rule that is on and looks at words in messages; None for any other."""
    if not payload.get("enabled") or payload.get("event_type") != SENDS_MESSAGE:
        return None
    if payload.get("trigger_type") not in {KEYWORD, PRESET}:
        return None
    actions = payload.get("actions") or []
    metadata = payload.get("trigger_metadata") or {}
    return AutoModRule(
        id=int(payload["id"]),
        name=str(payload.get("name") or ""),
        keywords=tuple(metadata.get("keyword_filter") or ()),
        patterns=tuple(metadata.get("regex_patterns") or ()),
        allow_list=tuple(metadata.get("allow_list") or ()),
        exempt_roles=frozenset(map(int, payload.get("exempt_roles") or ())),
        exempt_channels=frozenset(map(int, payload.get("exempt_channels") or ())),
        custom_message=next(filter(None, map(_custom_message, actions)), ""),
        blocks=any(action.get("type") != ALERT for action in actions),
        presets=tuple(PRESETS[number] for number in metadata.get("presets") or () if number in PRESETS),
    )


def _custom_message(action: Mapping[str, Any]) -> str:
    return str((action.get("metadata") or {}).get("custom_message") or "")


def _lower(text: str) -> str:
    """Without case, but as long as before: what is found has the same place in both."""
    return "".join(lower if len(lower := letter.casefold()) == 1 else letter for letter in text)
