"""The policy of a guild, as moderators change it and as nobody else can."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import discord
import pytest
from simcord.actors import _component_interaction

from bot.moderation.policy import Policy
from tests.journeys.test_automod import let_bot
from tests.journeys.test_commands import synced

if TYPE_CHECKING:
    import simcord

    from sandbox.world import World

DOOR = "repaint-settings"
OPTIONS: dict[str, dict[str, Any]] = {
    "set": {"setting": "spoiler", "value": "on"},
    "import": {"file": ("policy.json", b"{}")},
    "words add": {"name": "x", "pattern": "y"},
    "words remove": {"name": "x"},
    "presets add": {"name": "x", "template": "y"},
    "presets remove": {"name": "x"},
    "test": {"prompt": "a cat"},
}
"""What the commands need that do not go without."""


def says(message: Any) -> str:
    """All words of a message."""
    fields = [field for embed in message.embeds for field in embed.fields]
    heads = [f"{embed.title}\n{embed.description}" for embed in message.embeds]
    return "\n".join([message.content, *heads, *(f"{field.name}\n{field.value}" for field in fields)])


@dataclass
class Panel:
    """An open panel, and whoever opened it."""

    who: simcord.MemberActor
    opened: simcord.InteractionResult

    @property
    def message(self) -> simcord.ResponseMessage:
        """The one message, as it is now."""
        assert self.opened.response is not None
        return self.opened.response

    @property
    def text(self) -> str:
        """Its words."""
        return says(self.message)

    def find(self, act: str) -> str:
        """The custom id of the control that does this."""
        ids = [each["custom_id"] for row in self.message.components for each in row["components"]]
        return next(str(each) for each in ids if each.startswith(f"policy:{act}:"))

    def forge(self, act: str, custom_id: str) -> None:
        """Have a control say something else than it was sent with."""
        old = self.find(act)
        for row in self.message._message.components:
            for each in row["components"]:
                each["custom_id"] = custom_id if each["custom_id"] == old else each["custom_id"]

    async def choose(self, act: str, *values: Any) -> simcord.InteractionResult:
        """Choose in a select."""
        return await self.who.select(self.message, values, custom_id=self.find(act))

    async def press(self, label: str) -> simcord.InteractionResult:
        """Press a button."""
        return await self.who.click(self.message, label=label)

    async def open(self, section: str, key: str) -> None:
        """Turn to a setting."""
        await self.choose("section", section)
        await self.choose("key", key)

    async def type(self, **answers: Any) -> simcord.InteractionResult:
        """Press the button that opens a form, and send it."""
        shown = await self.who.click(self.message, custom_id=self.find("write"))
        return await self.who.submit_modal(shown, answers)


async def open_panel(world: World, who: simcord.MemberActor | None = None) -> Panel:
    """Open a panel."""
    moderator = who or world.moderator
    return Panel(moderator, await moderator.slash(world.channel, f"{DOOR} panel"))


async def get_policy(world: World) -> Policy:
    """The policy in force."""
    with world.env.time_context():
        return await world.house.client.rooms.policies.get(world.guild.id)


async def run(world: World, name: str, /, who: simcord.MemberActor | None = None, **options: Any) -> str:
    """Type a command. Returns all that is answered, to whoever typed it alone."""
    result = await (who or world.moderator).slash(world.channel, f"{DOOR} {name}", **options)
    assert result.ephemeral
    messages = [result.response, *result.followups]
    return "\n".join(says(message) for message in messages if message is not None)


def add_moderator(world: World, name: str) -> simcord.MemberActor:
    """Somebody else with Manage Server."""
    role = world.guild.create_role(f"{name}'s", permissions=discord.Permissions(manage_guild=True))
    return world.guild.add_member(world.env.create_user(name), roles=[role])


def demote(world: World, who: simcord.MemberActor) -> None:
    """Take all roles away."""
    world.env.backend.edit_member(world.guild.id, who.id, {"role_ids": []})


# -- the panel -------------------------------------------------------------------------------------------------------


async def test_without_set_up_the_panel_shows_a_policy_that_works(world: World) -> None:
    """In plain words, as defaults, to the moderator alone; and what the bot can and cannot do here."""
    panel = await open_panel(world)
    assert panel.message.ephemeral
    assert "Nobody has changed anything yet" in panel.text
    assert "· Pictures may be made in every channel." in panel.text
    assert "▸" not in panel.text
    assert "Server Settings > Integrations" in panel.text
    assert "can read this server's AutoMod rules" in panel.text
    await let_bot(world, manage=False)
    assert "cannot read this server's AutoMod rules" in (await open_panel(world)).text
    assert await get_policy(world) == Policy()


async def test_a_choice_is_changed_in_place(world: World) -> None:
    """Section, setting, value: one message, edited; then undone."""
    panel = await open_panel(world)
    before = panel.message.id
    await panel.open("showing", "review")
    await panel.choose("value", "never")
    assert panel.message.id == before
    assert "▸ No picture waits for review" in panel.text
    assert f"changed by <@{world.moderator.id}>" in panel.text
    assert (await get_policy(world)).review == "never"
    await panel.press("Undo")
    assert await get_policy(world) == Policy()
    assert "· Pictures that something flagged wait" in panel.text


async def test_what_cannot_be_is_said_and_nothing_changes(world: World) -> None:
    """A review of everything without a place for it: one sentence to the moderator, and the panel as it is."""
    panel = await open_panel(world)
    await panel.open("showing", "review")
    result = await panel.choose("value", "everything")
    (told,) = result.followups
    assert told.ephemeral
    assert "Choose a review channel first" in told.content
    assert await get_policy(world) == Policy()
    assert "Pictures that something flagged wait" in panel.text


async def test_a_number_is_typed(world: World) -> None:
    """With a hint of what can be; what cannot be is said; the button puts it back."""
    panel = await open_panel(world)
    await panel.open("limits", "daily_pictures")
    await panel.type(value="12")
    assert "▸ Pictures a day for each member: at most 12." in panel.text
    result = await panel.type(value="a dozen")
    assert "whole number from 0 to 10000" in result.followups[0].content
    assert (await get_policy(world)).daily_pictures == 12
    await panel.press("As Repaint comes")
    assert await get_policy(world) == Policy()


async def test_a_role_gets_a_budget(world: World) -> None:
    """Choosing the role asks for its dollars; none of both takes it away."""
    role = world.guild.create_role("Painters")
    panel = await open_panel(world)
    await panel.open("budget", "role_budgets")
    shown = await panel.choose("value", role)
    await panel.who.submit_modal(shown, {"day": "$1.50", "month": "none"})
    (budget,) = (await get_policy(world)).role_budgets
    assert (budget.role_id, budget.day_usd, budget.month_usd) == (role.id, Decimal("1.50"), None)
    assert f"<@&{role.id}> $1.50 a day, no limit a month" in panel.text
    shown = await panel.choose("value", role)
    await panel.who.submit_modal(shown, {"day": "none", "month": "none"})
    assert await get_policy(world) == Policy()


async def test_a_rule_about_words_is_added_and_removed(world: World) -> None:
    """A bad pattern is refused with a sentence; a good one is listed by its name."""
    panel = await open_panel(world)
    await panel.open("prompts", "words")
    rule = {"name": "cats", "pattern": "(cat", "kind": ["regex"], "action": ["refuse"], "message": ""}
    result = await panel.type(**rule)
    assert "regular expression" in result.followups[0].content
    assert await get_policy(world) == Policy()
    await panel.type(**rule | {"pattern": "cats?"})
    assert "▸ Your own rules: cats." in panel.text
    await panel.choose("value", "cats")
    assert await get_policy(world) == Policy()


async def test_one_channel_has_rules_of_its_own(world: World) -> None:
    """Only what a channel can have is offered; its setting counts there, and can be given up again."""
    panel = await open_panel(world)
    await panel.choose("place", world.channel)
    assert "in one channel" in panel.text
    assert "Budget" not in panel.text
    await panel.open("showing", "spoiler")
    await panel.choose("value", "on")
    assert "▸ Every picture is shown behind a spoiler." in panel.text
    policy = await get_policy(world)
    assert (policy.spoiler, policy.at(world.channel.id).spoiler) == (False, True)
    await panel.choose("place")
    assert "· Pictures are shown openly." in panel.text
    await panel.choose("section", "overview")
    assert f"Channels with rules of their own: <#{world.channel.id}>" in panel.text
    await panel.choose("place", world.channel)
    await panel.open("showing", "spoiler")
    await panel.press("As on the whole server")
    assert await get_policy(world) == Policy()


async def test_a_channels_list_begins_with_the_channels_own(world: World) -> None:
    """What is chosen is added to what the channel has, not to what the server has."""
    await run(world, "set", setting="models", value="dev")
    await run(world, "set", setting="models", value="schnell", channel=world.channel)
    panel = await open_panel(world)
    await panel.choose("place", world.channel)
    await panel.open("what", "models")
    await panel.choose("value", "schnell", "dev-advanced")
    policy = await get_policy(world)
    assert policy.models == {"dev"}
    assert policy.at(world.channel.id).models == {"schnell", "dev-advanced"}


async def test_a_panel_that_was_left_open_overwrites_nothing(world: World) -> None:
    """Neither another setting that was changed meanwhile, nor what was added to the very same list."""
    hall, cellar = world.guild.create_text_channel("hall"), world.guild.create_text_channel("cellar")
    early, late = await open_panel(world), await open_panel(world, add_moderator(world, "kim"))
    for panel in (early, late):
        await panel.open("where", "channels")
    await late.choose("value", hall)
    await early.choose("value", cellar)
    assert (await get_policy(world)).channels == {hall.id, cellar.id}
    await late.open("limits", "most_open")
    await late.type(value="1")
    await early.choose("value", cellar)
    policy = await get_policy(world)
    assert (policy.channels, policy.most_open) == (frozenset({cellar.id}), 1)
    assert "▸ Pictures may only be made in" in early.text


async def test_a_panel_works_after_a_restart(world: World) -> None:
    """Its controls say everything; forms are opened anew."""
    panel = await open_panel(world)
    await panel.open("limits", "daily_pictures")
    await world.restart()
    await panel.type(value="3")
    assert (await get_policy(world)).daily_pictures == 3
    await world.restart(gently=False)
    await panel.press("Undo")
    assert await get_policy(world) == Policy()


async def test_the_budget_says_what_is_used(world: World, photo: bytes) -> None:
    """What was ordered counts from the moment it was asked for."""
    await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    panel = await open_panel(world)
    await panel.choose("section", "budget")
    assert "The whole server: $0.0015 today, $0.0015 this month." in panel.text


async def test_what_a_control_says_is_not_believed(world: World) -> None:
    """A forged custom id changes nothing that its panel could not, and nothing of another guild."""
    other_guild = world.env.create_guild("Elsewhere")
    elsewhere = other_guild.create_text_channel("hall")
    await world.env.settle()
    for forged in (f"value:{world.channel.id}:automod", "value:0:overrides", "write:0:dump", "clear:0:where"):
        panel = await open_panel(world)
        await panel.open("prompts", "automod")
        panel.forge("value", f"policy:{forged}")
        result = await panel.who.select(panel.message, ["off"], custom_id=f"policy:{forged}")
        assert result.modal is None
        assert await get_policy(world) == Policy()
    panel = await open_panel(world)
    await panel.open("showing", "spoiler")
    panel.forge("value", f"policy:value:{elsewhere.id}:spoiler")
    await panel.who.select(panel.message, ["on"], custom_id=f"policy:value:{elsewhere.id}:spoiler")
    with world.env.time_context():
        there = await world.house.client.rooms.policies.get(other_guild.id)
    assert there == Policy()
    assert (await get_policy(world)).at(world.channel.id) == (await get_policy(world))


async def test_clicks_come_from_anyone(world: World) -> None:
    """Somebody else's panel, as far as Discord would ever let it through, does nothing for a member."""
    panel = await open_panel(world)
    await panel.open("showing", "review")
    data = {"custom_id": panel.find("value"), "component_type": 3, "values": ["never"]}
    result = await _component_interaction(world.artist, panel.message._message, data)
    assert result.response is not None
    assert "Manage Server" in result.response.content
    assert await get_policy(world) == Policy()


# -- who may ---------------------------------------------------------------------------------------------------------


async def allow_everybody(world: World) -> None:
    """What an admin can do in Server Settings > Integrations: show the commands to every member."""
    with world.env.time_context():
        commands = await world.house.client.tree.fetch_commands()
    for command in commands:
        world.guild.set_command_permissions(command, {world.guild.default_role: True})


async def test_members_are_not_even_offered_it(world: World) -> None:
    """By Discord's own default; a moderator without Manage Server neither."""
    offered = [name for name in world.artist.available_commands(world.channel) if name.startswith(DOOR)]
    assert offered == []
    assert f"{DOOR} panel" in world.moderator.available_commands(world.channel)


async def test_who_may_not_is_told_so_whatever_discord_lets_them_type(world: World) -> None:
    """Every command is checked by itself: the sentence, and nothing else."""
    await run(world, "set", setting="most_count", value="2")
    await allow_everybody(world)
    offered = [name for name in world.artist.available_commands(world.channel) if name.startswith(f"{DOOR} ")]
    assert len(offered) == 15
    for name in offered:
        command = name.removeprefix(f"{DOOR} ")
        told = await run(world, command, world.artist, **OPTIONS.get(command, {}))
        assert told == "Only members with the permission Manage Server can do that.", name
    assert await get_policy(world) == Policy(most_count=2)


async def test_nothing_is_suggested_to_who_may_not(world: World) -> None:
    """The names of a guild's own rules are not given away while typing."""
    await run(world, "words add", name="secret", pattern="y")
    await allow_everybody(world)
    for option in ({"name": "words remove", "option": "name"}, {"name": "set", "option": "setting"}):
        typed = (f"{DOOR} {option['name']}", option["option"], "")
        assert await world.artist.autocomplete(world.channel, *typed) == []
        assert await world.moderator.autocomplete(world.channel, *typed) != []


async def test_a_demoted_moderators_panel_is_dead(world: World) -> None:
    """Each click, and a form that was open already, is judged by what they may do at that moment."""
    panel = await open_panel(world)
    await panel.open("limits", "daily_pictures")
    form = await panel.press("Type it")
    demote(world, world.moderator)
    for result in (
        await panel.who.submit_modal(form, {"value": "3"}),
        await panel.choose("section", "overview"),
        await panel.press("Type it"),
    ):
        assert result.modal is None
        assert result.response is not None
        assert "Manage Server" in result.response.content
    assert await get_policy(world) == Policy()


async def test_one_guild_knows_nothing_of_another(world: World) -> None:
    """A moderator there is a stranger here; what is changed there is not changed here."""
    await run(world, "set", setting="most_count", value="2")
    elsewhere = world.env.create_guild("Elsewhere")
    channel = elsewhere.create_text_channel("hall")
    bosses = elsewhere.create_role("Bosses", permissions=discord.Permissions(manage_guild=True))
    boss = elsewhere.add_member(world.env.create_user("boss"), roles=[bosses])
    await world.env.settle()
    opened = await boss.slash(channel, f"{DOOR} panel")
    panel = Panel(boss, opened)
    assert "Nobody has changed anything yet" in panel.text
    await panel.open("limits", "daily_pictures")
    await panel.type(value="3")
    assert await get_policy(world) == Policy(most_count=2)
    history = await boss.slash(channel, f"{DOOR} history")
    assert history.response is not None
    assert "most" in says(history.response)
    assert "Pictures in one go" not in says(history.response)


# -- typed -----------------------------------------------------------------------------------------------------------


async def test_the_same_can_be_typed(world: World) -> None:
    """For the server or one channel; `default` puts it back; what cannot be is said in one sentence."""
    assert "at most 2." in await run(world, "set", setting="most_count", value="2")
    assert "at most 1." in await run(world, "set", setting="most_count", value="1", channel=world.channel)
    policy = await get_policy(world)
    assert (policy.most_count, policy.at(world.channel.id).most_count) == (2, 1)
    assert "at most 1." in await run(world, "show", channel=world.channel)
    assert "at most 2." in await run(world, "show")
    await run(world, "set", setting="most_count", value="default", channel=world.channel)
    assert await get_policy(world) == Policy(most_count=2)
    assert "from 1 to 4" in await run(world, "set", setting="most_count", value="many")
    assert "no setting of that name" in await run(world, "set", setting="colour", value="red")
    assert "a channel cannot" in await run(world, "set", setting="automod", value="off", channel=world.channel)
    assert "`/repaint-settings words`" in await run(world, "set", setting="words", value="cat")
    assert await get_policy(world) == Policy(most_count=2)


async def test_typing_is_helped(world: World) -> None:
    """Settings by their names, and the words a setting can have."""
    found = await world.moderator.autocomplete(world.channel, f"{DOOR} set", "setting", "spoiler")
    assert {"name": "Spoiler by default", "value": "spoiler"} in [
        {"name": each["name"], "value": each["value"]} for each in found
    ]
    values = await world.moderator.autocomplete(world.channel, f"{DOOR} set", "value", "", setting="review")
    assert [each["value"] for each in values] == ["never", "flagged", "everything", "default"]


async def test_history_and_undo(world: World) -> None:
    """Who changed what, the newest first; undo goes back until there is nothing left."""
    assert "Nobody has changed anything" in await run(world, "history")
    await run(world, "set", setting="most_count", value="2")
    await run(world, "set", setting="spoiler", value="on", channel=world.channel)
    told = await run(world, "history")
    assert told.index(f"<#{world.channel.id}>: Every picture") < told.index("Pictures in one go: at most 2.")
    assert f"<@{world.moderator.id}>" in told
    assert "as they were in version 1" in await run(world, "undo")
    assert "as Repaint comes" in await run(world, "undo")
    assert "nothing to undo" in await run(world, "undo")
    assert await get_policy(world) == Policy()


async def test_a_policy_travels_as_a_file(world: World) -> None:
    """What is exported can be changed and imported, here or on another server, and undone."""
    await run(world, "set", setting="most_count", value="2")
    exported = await world.moderator.slash(world.channel, f"{DOOR} export")
    assert exported.response is not None
    (file,) = exported.response.attachments
    document = json.loads(await file.read())
    assert document["most_count"] == 2
    document["spoiler"] = True
    data = json.dumps(document).encode()
    assert "Taken over" in await run(world, "import", file=("policy.json", data))
    assert await get_policy(world) == Policy(most_count=2, spoiler=True)
    assert "says what the rules are already" in await run(world, "import", file=("policy.json", data))
    await run(world, "undo")
    assert await get_policy(world) == Policy(most_count=2)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x89PNG\r\n", ["not JSON"]),
        (b"[" * 60_000, ["not JSON"]),
        (b"[]", ["holds no settings"]),
        (b" " * 262_145, ["at most 256 kB"]),
        (
            json.dumps({"most_count": 9, "color": "@everyone", "overrides": {"5": {"spoiler": "no"}}}).encode(),
            ["one go: Give a whole number from 1 to 4.", "no setting called color", "default in <#5>: Say on or off."],
        ),
    ],
)
async def test_a_wrong_file_changes_nothing(world: World, data: bytes, said: list[str]) -> None:
    """Each mistake in one sentence, all at once."""
    told = await run(world, "import", file=("policy.json", data))
    assert all(each in told for each in said), told
    assert await get_policy(world) == Policy()


# -- words -----------------------------------------------------------------------------------------------------------


async def test_own_rules_are_typed_listed_and_removed(world: World) -> None:
    """A pattern is shown as it was typed, without markup; a bad one is refused with a sentence."""
    assert "no rules of your own" in await run(world, "words list")
    assert "counts from now on" in await run(world, "words add", name="cats", pattern="cat*", message="No *cats*.")
    assert "regular expression" in await run(world, "words add", name="x", pattern="(", kind="regex")
    listed = await run(world, "words list")
    assert "**cats** (Words, Refuse): cat\\*" in listed
    assert "No \\*cats\\*\\." in listed
    assert "no rule of that name" in await run(world, "words remove", name="dogs")
    assert "removed" in await run(world, "words remove", name="cats")
    assert await get_policy(world) == Policy()


async def test_a_prompt_is_tried(world: World) -> None:
    """Which rule would say no, because of what, and what the member would read; nothing is written down."""
    assert "No rule minds this prompt" in await run(world, "test", prompt="a dog in a hat")
    await run(world, "words add", name="cats", pattern="cat*", message="No cats here.")
    told = await run(world, "test", prompt="a Cat in a hat")
    assert "refused** by your own rule cats, because of “cat”" in told.replace("Cat", "cat")
    assert "No cats here" in told
    assert "undressing" in await run(world, "test", prompt="undress her")
    with world.env.time_context():
        lines = await world.house.client.rooms.book.read(world.guild.id)
    assert {line.kind for line in lines} == {"settings"}


async def test_a_dry_run_counts_what_members_wrote(world: World, photo: bytes) -> None:
    """A new rule over what this guild asked for in the last days, with examples that cannot shout."""
    assert "no prompts" in await run(world, "dry-run", pattern="cat")
    for prompt in ("a dog", "@everyone a **cat**", "another cat"):
        await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt=prompt)
        await world.settle()
    told = await run(world, "dry-run", pattern="cat")
    assert "Of 3 prompts of the last 7 days, 2 would have been refused and 0 held" in told
    assert "\\@everyone a \\*\\*cat\\*\\*" in told
    assert "0 would have been refused" in await run(world, "dry-run")
    await run(world, "words add", name="dogs", pattern="dog", action="hold")
    assert "0 would have been refused and 1 held" in await run(world, "dry-run")
    assert await get_policy(world) != Policy()
    await world.advance(8 * 24 * 3600)
    assert "no prompts" in await run(world, "dry-run", pattern="cat")


# -- on the wire -----------------------------------------------------------------------------------------------------


def count_characters(command: dict[str, Any]) -> int:
    """As Discord counts: names, descriptions and values of a command and all its options, the longest language each."""
    own = [
        max(len(each) for each in (command.get(key, ""), *(command.get(f"{key}_localizations") or {}).values()))
        for key in ("name", "description")
    ]
    values = [len(str(choice["value"])) + len(choice["name"]) for choice in command.get("choices") or ()]
    return sum(own) + sum(values) + sum(count_characters(each) for each in command.get("options") or ())


async def test_the_command_on_the_wire(world: World) -> None:
    """In guilds only, for Manage Server by default, within Discord's 8000 characters."""
    (commands,) = synced(world)
    (command,) = [each for each in commands if each["name"] == DOOR]
    assert command["contexts"] == [0]
    assert int(command["default_member_permissions"]) == discord.Permissions(manage_guild=True).value
    assert all(count_characters(each) <= 8000 for each in commands)
