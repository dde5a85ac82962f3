"""What a policy keeps from whom, as members live it: where, who, how many at once, and for how much money."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import discord

from bot.jobs import JobStatus
from bot.moderation.book import Filter
from bot.moderation.chain import EntryKind
from bot.moderation.lists import RoleBudget
from bot.moderation.words import WordRule

if TYPE_CHECKING:
    import simcord

    from sandbox.world import World

DAY = 86_400.0
LONG_ENOUGH = 60.0


async def decide(world: World, **policy: Any) -> None:
    """Change this server's policy."""
    for key, value in policy.items():
        await world.house.client.rooms.policies.change(world.guild.id, world.moderator.id, key, value)


async def ask(
    world: World,
    photo: bytes,
    who: simcord.MemberActor | None = None,
    channel: simcord.ChannelHandle | None = None,
    **options: Any,
) -> str:
    """Ask for a picture. Returns why not, which nobody else was told; empty where it is on its way."""
    given = {"image": ("cat.jpg", photo), "prompt": "a cat"} | options
    result = await (who or world.artist).slash(channel or world.channel, "img2img", **given)
    assert result.response is not None
    return result.response.content if result.ephemeral else ""


async def start_thread(world: World, channel: simcord.ChannelHandle) -> simcord.ChannelHandle:
    """A thread, or a post in a forum."""
    with world.env.time_context():
        found = world.house.client.get_channel(channel.id)
        if isinstance(found, discord.ForumChannel):
            await found.create_thread(name="cats", content="cats")
        elif isinstance(found, discord.TextChannel):
            await found.create_thread(name="cats", type=discord.ChannelType.public_thread)
    return channel.threads[0]


async def test_pictures_have_their_place(world: World, photo: bytes) -> None:
    """In what the policy names, with all channels, threads and posts in it; elsewhere everybody is shown the way."""
    category = world.guild.create_category("Art")
    studio = world.guild.create_text_channel("studio", category=category)
    forum = world.guild.create_forum_channel("gallery")
    await decide(world, channels=frozenset({category.id, forum.id}))
    answer = await ask(world, photo)
    assert f"Please come to <#{category.id}>, <#{forum.id}>" in answer
    assert await ask(world, photo, world.moderator) == answer
    assert await ask(world, photo, channel=await start_thread(world, world.channel)) == answer
    for place in (studio, await start_thread(world, studio), await start_thread(world, forum)):
        assert await ask(world, photo, channel=place) == ""
    await decide(world, channels=frozenset(), closed_channels=frozenset({studio.id}))
    assert "Please try it in another one" in await ask(world, photo, channel=studio)
    assert await ask(world, photo) == ""


async def test_newcomers_wait_and_are_told_how_long(world: World, photo: bytes) -> None:
    """Who joined today begins after so many days, by themselves; who manages the server does not wait."""
    await decide(world, newcomer_days=2)
    joined = world.guild.add_member(world.env.create_user("nia"))
    opens = int(world.env.now().timestamp() + 2 * DAY)
    assert f"You can begin <t:{opens}:R>" in await ask(world, photo, joined)
    assert await ask(world, photo, world.moderator) == ""
    await world.advance(2 * DAY)
    assert await ask(world, photo, joined) == ""


async def test_roles_open_the_door(world: World, photo: bytes) -> None:
    """The very next request counts, without waiting for anything."""
    painters = world.guild.create_role("Painters")
    await decide(world, roles_required=frozenset({painters.id}))
    assert f"for members with <@&{painters.id}>" in await ask(world, photo)
    painter = world.guild.add_member(world.env.create_user("pia"), roles=[painters])
    assert await ask(world, photo, painter) == ""


async def test_what_may_be_made_is_said_before_it_is_ordered(world: World, photo: bytes) -> None:
    """Models, strength and count; a channel can have its own."""
    await decide(world, models=frozenset({"schnell"}), least_strength=0.2, most_strength=0.6, most_count=2)
    assert "Please choose schnell" in await ask(world, photo, model="dev", strength=0.5)
    assert "between 0.2 and 0.6" in await ask(world, photo)
    assert "at most 2 at once" in await ask(world, photo, strength=0.5, count=3)
    policies, lab = world.house.client.rooms.policies, world.guild.create_text_channel("lab")
    await policies.change(world.guild.id, world.moderator.id, "most_strength", 1.0, lab.id)
    assert await ask(world, photo, channel=lab) == ""
    assert await ask(world, photo, strength=0.5, count=2) == ""
    await world.settle()
    assert len(world.standin.created) == 2


async def test_a_budget_is_reserved_settled_and_given_back(world: World, photo: bytes) -> None:
    """Two fit, the third is told what is left; one that fails makes room, and tomorrow there is a new budget."""
    await decide(world, member_day_usd=Decimal("0.0030"))
    assert await ask(world, photo) == ""
    assert await ask(world, photo, prompt="fail please") == ""
    answer = await ask(world, photo)
    assert "This would cost $0.0015, and $0.00 of your $0.003 are left" in answer
    assert await ask(world, photo, world.friend) == ""
    await world.settle()
    await world.advance(LONG_ENOUGH)
    assert await ask(world, photo) == ""
    assert await ask(world, photo) == answer
    await world.advance(DAY)
    assert await ask(world, photo) == ""


async def test_moderators_hear_of_a_budget_that_runs_out(world: World, photo: bytes) -> None:
    """At 80 per cent, and when it is used up, once each, in the log; the next member is told when it opens."""
    await decide(world, guild_month_usd=Decimal("0.0050"))
    for _ in range(3):
        assert await ask(world, photo) == ""
    for _ in range(2):
        assert "this server's budget" in await ask(world, photo, world.friend)
    lines = await world.house.client.rooms.book.read(world.guild.id, Filter(kind=EntryKind.BUDGET))
    assert [line.content and (line.content["level"], line.content["used_usd"]) for line in lines] == [
        (100, "0.0045"),
        (80, "0.0045"),
    ]
    result = await world.moderator.slash(world.channel, "repaint-moderation log", kind="budget")
    answers = [message for message in (result.response, *result.followups) if message is not None]
    (shown,) = [str(embed.description) for message in answers for embed in message.embeds]
    assert shown.count("this server: ") == 2
    assert "80 % of the budget for the month is used" in shown
    assert "is used up" in shown


async def test_those_with_a_role_share_its_budget(world: World, photo: bytes) -> None:
    """What one of them uses the other does not have; who is without the role is not concerned."""
    painters = world.guild.create_role("Painters")
    pia, max_ = (world.guild.add_member(world.env.create_user(name), roles=[painters]) for name in ("pia", "max"))
    await decide(world, role_budgets=(RoleBudget(painters.id, Decimal("0.0020"), None),))
    assert await ask(world, photo, pia) == ""
    assert f"the budget that <@&{painters.id}> shares" in await ask(world, photo, max_)
    assert await ask(world, photo) == ""


async def test_one_at_a_time_and_so_many_a_day(world: World, photo: bytes) -> None:
    """Who waits for a picture may not ask for the next; who has had theirs comes back tomorrow."""
    await decide(world, most_open=1, daily_pictures=3)
    assert await ask(world, photo, count=2) == ""
    assert "1 on the way at the same time" in await ask(world, photo)
    await world.settle()
    await world.advance(LONG_ENOUGH)
    job = await world.house.store.kept_result(world.artist.id)
    assert job is not None
    assert job.status is JobStatus.DONE
    assert "3 pictures a day here, and 1 of yours are left" in await ask(world, photo, count=2)
    assert await ask(world, photo) == ""


async def test_a_refusal_is_followed_by_a_break(world: World, photo: bytes) -> None:
    """After a prompt against the rules nothing can be tried out for a while, and then everything is as before."""
    rule = WordRule("hats", "hat", "words", "refuse", "No hats here.")
    await decide(world, words=(rule,), cooldown_minutes=5)
    assert await ask(world, photo, prompt="a cat in a hat") == r"No hats here\."
    opens = int(world.env.now().timestamp() + 300)
    for prompt in ("a cat", "another hat"):
        assert f"You can try again <t:{opens}:R>" in await ask(world, photo, prompt=prompt)
    assert await ask(world, photo, world.friend) == ""
    await world.advance(300)
    assert await ask(world, photo) == ""
