"""The places of Discord's stand-in, asked by the real discord.py: threads, group chats, guilds that invited nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
import pytest

from tests.wire.tiny_bot import Wire, file, hook, open_wire, refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MOST_FOLLOW_UPS = 5


@pytest.fixture
async def wire(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wire]:
    """A Discord with a group chat and a guild that has not invited the bot."""
    async with open_wire(monkeypatch, rate_limits=False) as opened:
        await opened.control.add_chat("friends")
        await opened.control.add_guild("Elsewhere", ["plaza"], invited=False)
        yield opened


async def test_where_a_member_brings_the_bot_along(wire: Wire) -> None:
    """The interaction says by whom, and the token is all there is: the bot's own reaches nothing there."""
    bot = await wire.connect()
    for place, in_guild in (("friends", False), ("plaza", True)):
        interaction, message_id = await wire.draw(bot, channel=place)
        assert interaction.is_user_integration()
        assert not interaction.is_guild_integration()
        assert (interaction.guild_id is not None, interaction.context.private_channel) == (in_guild, not in_guild)
        assert bot.get_guild(interaction.guild_id or 0) is None
        assert await refusal(bot.reach(message_id, interaction).edit(content="x")) == (403, 50001)
        await hook(bot, interaction).edit_message(message_id, content="by token")
    at_home, _ = await wire.draw(bot)
    assert at_home.is_guild_integration()
    directly, _ = await wire.draw(bot, channel="dm")
    assert directly.context.dm_channel


async def test_a_click_is_by_the_installation_of_whoever_asked(wire: Wire) -> None:
    """Who clicks on what somebody else's app said there has not installed anything."""
    bot = await wire.connect()
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="More", custom_id="more"))
    asked, message_id = await wire.draw(bot, channel="plaza", view=view)
    await wire.control.click(message_id, "more", member="theo")
    click = await bot.hear()
    assert (click.user.name, click.is_user_integration(), click.is_guild_integration()) == ("theo", False, False)
    assert click._integration_owners == {1: asked.user.id}


async def test_five_follow_ups(wire: Wire) -> None:
    """Where the bot is not, the sixth is 40094; edits are not counted. Where it is, nobody counts."""
    bot = await wire.connect()
    interaction, message_id = await wire.draw(bot, channel="plaza")
    for _ in range(MOST_FOLLOW_UPS):
        await interaction.followup.send("more")
    assert await refusal(interaction.followup.send("too much")) == (400, 40094)
    await hook(bot, interaction).edit_message(message_id, content="still")
    at_home, _ = await wire.draw(bot)
    for _ in range(MOST_FOLLOW_UPS + 1):
        await at_home.followup.send("more")


async def test_a_guild_that_wants_nothing_of_it_to_be_heard(wire: Wire) -> None:
    """What was meant for all is seen by one: the answer says so, and it has an id like any other."""
    bot = await wire.connect()
    await wire.control.add_guild("Quiet", ["library"], invited=False, external_apps=False)
    await wire.control.slash("draw", channel="library")
    interaction = await bot.hear()
    assert not interaction.permissions.use_external_apps
    answered = await interaction.response.send_message("for all")
    assert answered.is_ephemeral()
    assert answered.message_id is not None
    assert (await wire.look(answered.message_id)).ephemeral
    await hook(bot, interaction).edit_message(answered.message_id, content="by token")


async def test_what_is_not_offered_cannot_be_used(wire: Wire) -> None:
    """A command of guilds is not in the list of a chat."""
    bot = await wire.connect()
    command = bot.tree.get_command("draw")
    assert command is not None
    command.allowed_installs = discord.app_commands.AppInstallationType(guild=True, user=False)
    await bot.tree.sync()
    for place in ("friends", "plaza"):
        with pytest.raises(ValueError, match="not offered"):
            await wire.control.slash("draw", channel=place)


async def test_the_menu_of_a_message(wire: Wire) -> None:
    """It brings the whole message, also one that no bot could ever fetch."""
    bot = await wire.connect()
    picture = await wire.control.attach("cat.png", b"a cat")
    message_id = await wire.control.write([picture], member="theo", channel="friends")
    await wire.control.menu("Look", message_id)
    interaction = await bot.hear()
    message = interaction.extras["message"]
    assert (message.id, message.author.name, message.attachments[0].filename) == (message_id, "theo", "cat.png")
    assert await message.attachments[0].read() == b"a cat"


async def test_threads_are_closed_and_opened(wire: Wire) -> None:
    """No edit by the bot's token in an archived one; a new message wakes it, unless it is locked."""
    bot = await wire.connect()
    await wire.control.add_thread("cats", "repaint")
    interaction, message_id = await wire.draw(bot, channel="cats")
    assert isinstance(interaction.channel, discord.Thread)
    assert interaction.channel.parent is not None
    assert interaction.channel.parent.name == "repaint"
    await wire.control.archive("cats")
    partial = bot.reach(message_id, interaction)
    assert await refusal(partial.edit(content="x")) == (400, 50083)
    await hook(bot, interaction).edit_message(message_id, content="by token")
    await partial.channel.send("awake", file=file("a.png", b"a"))
    await partial.edit(content="by the bot")
    await wire.control.archive("cats", locked=True)
    assert await refusal(partial.channel.send("x")) == (400, 50083)
    assert await refusal(partial.delete()) == (400, 50083)
