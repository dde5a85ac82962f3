"""The rules of AutoMod, as moderators write them. Kept as Discord's JSON; what they forbid is not played.

https://discord.com/developers/docs/resources/auto-moderation
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.discord_wire.state import Guild, State

KEYWORD, BLOCK_MESSAGE, MESSAGE_SENT = 1, 1, 1


def write(state: State, guild: Guild, name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Write the rule of this name, or change it: the event's name, and the rule. `given` are fields of its JSON."""
    known = guild.rules.get(name)
    standard = {
        "id": str(state.make_id()),
        "guild_id": str(guild.id),
        "creator_id": str(state.find_user("jo").id),
        "name": name,
        "event_type": MESSAGE_SENT,
        "trigger_type": KEYWORD,
        "trigger_metadata": {"keyword_filter": [], "regex_patterns": [], "allow_list": []},
        "actions": [{"type": BLOCK_MESSAGE, "metadata": {}}],
        "enabled": True,
        "exempt_roles": [],
        "exempt_channels": [],
    }
    guild.rules[name] = {**(known or standard), **given}
    return f"AUTO_MODERATION_RULE_{'UPDATE' if known else 'CREATE'}", guild.rules[name]


def erase(guild: Guild, name: str) -> tuple[str, dict[str, Any]]:
    """Take a rule away: the event's name, and the rule. Raises `KeyError`."""
    return "AUTO_MODERATION_RULE_DELETE", guild.rules.pop(name)
