"""Which guild a channel belongs to. A policy can name any channel; Discord knows whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.jobs.ports import ReplyLost

if TYPE_CHECKING:
    from collections.abc import Mapping

    import discord


class Homes:
    """Asks Discord once for each channel: a channel never moves to another guild."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._known: dict[int, int] = {}

    async def check(self, guild_id: int, channel_id: int) -> None:
        """Raise `ReplyLost` where the channel is not this guild's. Otherwise what the request to Discord raises."""
        if channel_id not in self._known:
            channel: Mapping[str, Any] = await self._client.http.get_channel(channel_id)
            self._known[channel_id] = int(channel.get("guild_id", 0))
        if self._known[channel_id] != guild_id:
            raise ReplyLost("the channel is not in this guild")
