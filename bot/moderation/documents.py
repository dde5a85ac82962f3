"""A policy out of JSON, rows and typed words: every mistake at once."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.moderation.policy import FORMAT, SETTINGS, Policy
from bot.moderation.shapes import Channel, Unfit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

log = logging.getLogger(__name__)
MOST_OVERRIDES = 100


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something in a policy that cannot be, as a key of the catalogue with the values of its sentence.

    `key`: the setting, "" where it is about the whole; `channel_id`: in the overrides of this channel.
    """

    problem: str
    key: str = ""
    channel_id: int | None = None
    values: Mapping[str, object] = field(default_factory=dict)


class PolicyWrong(ValueError):
    """A policy that cannot be. Every mistake at once."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__(", ".join(f"{each.key}: {each.problem}" for each in mistakes))
        self.mistakes = mistakes


def read_value(key: str, text: str) -> Any:
    """The value of a setting that somebody typed. Raises `PolicyWrong`."""
    shape = SETTINGS[key].shape
    try:
        return shape.parse(shape.read(text))
    except Unfit as unfit:
        raise PolicyWrong([Mistake(unfit.problem, key, values=unfit.values)]) from unfit


def parse_policy(document: object) -> Policy:
    """The policy in a JSON document; what it does not say is as by default. Raises `PolicyWrong` with every mistake."""
    if not isinstance(document, dict):
        raise PolicyWrong([Mistake("not_a_policy")])
    mistakes: list[Mistake] = []
    if document.get("format", FORMAT) != FORMAT:
        mistakes.append(Mistake("other_format", values={"format": FORMAT}))
    policy = _parse_all(document, mistakes)
    if mistakes:
        raise PolicyWrong(mistakes)
    check(policy)
    return policy


def load_policy(document: Mapping[str, Any]) -> Policy:
    """The policy in a row, which was checked when it was written: a guild's rules never stop being readable.

    What does not fit any more, because the bot has changed since, is as by default, and in the log.
    """
    mistakes: list[Mistake] = []
    policy = _parse_all(document, mistakes, stored=True)
    for mistake in mistakes:
        log.warning("a stored policy says something that is no longer possible, so the default counts: %s", mistake)
    return policy


def _parse_all(document: Mapping[str, Any], mistakes: list[Mistake], *, stored: bool = False) -> Policy:
    """What fits of a document; the rest is added to `mistakes`."""
    given = {key: value for key, value in document.items() if key not in {"format", "overrides"}}
    values = parse_values(given, None, mistakes, stored=stored)
    return Policy(**values, overrides=_parse_overrides(document.get("overrides", {}), mistakes, stored=stored))


def parse_values(
    given: Mapping[str, object], channel_id: int | None, mistakes: list[Mistake], *, stored: bool = False
) -> dict[str, Any]:
    """The values of settings in a piece of JSON; what does not fit is added to `mistakes`."""
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key not in SETTINGS:
            mistakes.append(Mistake("unknown", values={"name": key}, channel_id=channel_id))
        elif channel_id is not None and not SETTINGS[key].per_channel:
            mistakes.append(Mistake("not_per_channel", key, channel_id))
        else:
            try:
                shape = SETTINGS[key].shape
                values[key] = shape.load(value) if stored else shape.parse(value)
            except Unfit as unfit:
                mistakes.append(Mistake(unfit.problem, key, channel_id, unfit.values))
    return values


def _parse_overrides(given: object, mistakes: list[Mistake], *, stored: bool = False) -> dict[int, dict[str, Any]]:
    if not isinstance(given, dict) or not all(isinstance(own, dict) for own in given.values()):
        mistakes.append(Mistake("overrides"))
        return {}
    overrides = {}
    channel = Channel()
    for place, own in given.items():
        try:
            channel_id = channel.parse(place)
        except Unfit:
            mistakes.append(Mistake("overrides"))
            continue
        if channel_id is not None and own:
            overrides[channel_id] = parse_values(own, channel_id, mistakes, stored=stored)
    return overrides


def check(policy: Policy) -> None:
    """Raise `PolicyWrong` for what is right alone and wrong together, in the guild or in a channel."""
    mistakes = list(_find_contradictions(policy, None))
    for channel_id in policy.overrides:
        mistakes += _find_contradictions(policy.at(channel_id), channel_id)
    if len(policy.overrides) > MOST_OVERRIDES:
        mistakes.append(Mistake("too_many_overrides", values={"most": MOST_OVERRIDES}))
    if mistakes:
        raise PolicyWrong(mistakes)


def _find_contradictions(policy: Policy, channel_id: int | None) -> Iterator[Mistake]:
    if policy.least_strength > policy.most_strength:
        yield Mistake("strengths", "least_strength", channel_id)
    if policy.review == "everything" and policy.review_channel_id is None:
        yield Mistake("nowhere_to_review", "review", channel_id)
    if policy.presets_only and not policy.presets and not policy.operator_presets:
        yield Mistake("no_presets", "presets_only", channel_id)
