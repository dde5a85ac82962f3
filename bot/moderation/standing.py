"""Where, who, what: the rules that are judged by looking at the request and at who makes it. Pure.

Where pictures are made and what may be made binds everybody, and so do limits, budgets and blocks: who tries out a rule
of their own sees what it does. Who may make them does not bind those who manage the server: the policy is theirs, and
roles and waiting times are there to keep others out.

Who is timed out cannot type commands, says Discord; but a form that was open before can still be sent, and buttons are
not spoken of.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.errors import Reason, Refused
from bot.presets import find_preset

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from bot.moderation.model import Ask, Standing
    from bot.moderation.policy import Policy
    from bot.presets import Preset

MOST_NAMED = 5
"""How many channels, roles or presets a sentence names."""


def judge_standing(policy: Policy, ask: Ask, standing: Standing, now: datetime, presets: Sequence[Preset]) -> None:
    """Raise `Refused` where this place, this member or this order is not what the policy of the place wants.

    `presets`: those that the place offers.
    """
    if standing.silent_until is not None and standing.silent_until > now:
        raise Refused(Reason.TIMED_OUT, opens=format_opening(standing.silent_until))
    _judge_place(policy, ask, standing)
    if not standing.manages:
        _judge_member(policy, standing, now)
    if policy.presets_only:
        _judge_preset(presets, ask)
    _judge_order(policy, ask)


def format_opening(at: datetime) -> str:
    """A time that Discord's client counts down to: https://discord.com/developers/docs/reference#message-formatting."""
    return f"<t:{math.ceil(at.timestamp())}:R>"


def _judge_place(policy: Policy, ask: Ask, standing: Standing) -> None:
    """The nearest word counts: of a thread before its channel's, and of that before its category's."""
    for place in _list_places(ask, standing):
        if place in policy.closed_channels:
            break
        if place in policy.channels:
            return
    else:
        if not policy.channels:
            return
    elsewhere = policy.channels - policy.closed_channels
    if elsewhere:
        raise Refused(Reason.CHANNEL_ELSEWHERE, channels=_format_mentions("#", elsewhere))
    raise Refused(Reason.CHANNEL_CLOSED)


def _list_places(ask: Ask, standing: Standing) -> Iterator[int]:
    yield ask.channel_id
    if ask.parent_id is not None:
        yield ask.parent_id
    yield from sorted(standing.channel_ids - {ask.channel_id, ask.parent_id})


def _judge_member(policy: Policy, standing: Standing, now: datetime) -> None:
    excluded = policy.roles_excluded & standing.role_ids
    if excluded:
        raise Refused(Reason.ROLE_EXCLUDED, roles=_format_mentions("@&", excluded))
    if policy.roles_required and not policy.roles_required & standing.role_ids:
        raise Refused(Reason.ROLE_MISSING, roles=_format_mentions("@&", policy.roles_required))
    opens_at = (standing.joined_at or now) + timedelta(days=policy.newcomer_days)  # a guest has never joined
    if opens_at > now:
        raise Refused(Reason.NEWCOMER, opens=format_opening(opens_at))


def _judge_preset(presets: Sequence[Preset], ask: Ask) -> None:
    """A preset that is still offered, also for what is asked for again, and nothing chosen besides."""
    if not presets:
        raise Refused(Reason.PRESETS_MISSING)
    if find_preset(presets, ask.preset) is None:
        raise Refused(Reason.PRESETS_ONLY, presets=", ".join(preset.name for preset in presets[:MOST_NAMED]))
    if ask.strays:
        raise Refused(Reason.PRESET_AS_IT_IS, preset=ask.preset)


def _judge_order(policy: Policy, ask: Ask) -> None:
    if policy.models and ask.model not in policy.models:
        raise Refused(Reason.MODEL_CLOSED, models=", ".join(sorted(policy.models)))
    if ask.strength is not None and not policy.least_strength <= ask.strength <= policy.most_strength:
        least, most = f"{policy.least_strength:g}", f"{policy.most_strength:g}"
        raise Refused(Reason.STRENGTH_RANGE, least=least, most=most)
    if ask.count > policy.most_count:
        raise Refused(Reason.COUNT_CLOSED, most=policy.most_count)
    if ask.draft and not policy.drafts:
        raise Refused(Reason.DRAFTS_CLOSED)


def _format_mentions(mark: str, ids: Iterable[int]) -> str:
    """The first of them, by age, as Discord shows them."""
    ordered = sorted(ids)
    shown = ", ".join(f"<{mark}{each}>" for each in ordered[:MOST_NAMED])
    return shown if len(ordered) <= MOST_NAMED else f"{shown} …"
