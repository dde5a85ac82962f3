"""Results that wait for a moderator, as artist, moderator and outsider live them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import discord
import pytest

from bot.jobs import JobStatus

if TYPE_CHECKING:
    import simcord

    from sandbox.world import World

MODERATOR_WORDS = {"reason": ["people"], "words": "Ask her first."}
WEEK = 7 * 24 * 3600


@dataclass(frozen=True)
class Court:
    """A world in which everything is reviewed before it is shown."""

    world: World
    room: simcord.ChannelHandle

    async def ask(self, photo: bytes, **options: Any) -> int:
        """The artist asks; what comes out waits for a moderator."""
        given = {"image": ("cat.jpg", photo), "prompt": "a cat in a hat"} | options
        result = await self.world.artist.slash(self.world.channel, "img2img", **given)
        await self.finish()
        return self.world.job_id(result)

    async def finish(self) -> None:
        """Let PiAPI paint, and everything happen that is due."""
        for _ in range(3):
            await self.world.advance(20)

    def reply(self) -> discord.Message:
        """What everybody sees."""
        (message,) = (each for each in self.world.channel.history() if each.author.bot and each.embeds)
        return message

    def case(self) -> discord.Message:
        """What the moderators see, the newest."""
        message = self.room.last_message
        assert message is not None
        return message

    async def press(self, who: simcord.MemberActor, label: str, message: discord.Message | None = None) -> Any:
        """Click a button of the newest case."""
        result = await who.click(message or self.case(), label=label)
        await self.finish()
        return result

    async def reject(self, who: simcord.MemberActor) -> None:
        """Reject the newest case, with a reason."""
        shown = await who.click(self.case(), label="Reject")
        await who.submit_modal(shown, MODERATOR_WORDS)
        await self.finish()


@pytest.fixture
async def court(world: World) -> Court:
    """Everything is reviewed, in a channel of its own."""
    room = world.guild.create_text_channel("review")
    policies, by = world.house.client.rooms.policies, world.moderator.id
    with world.env.time_context():
        await policies.change(world.guild.id, by, "review_channel_id", room.id)
        await policies.change(world.guild.id, by, "review", "everything")
    return Court(world, room)


def labels(message: discord.Message) -> set[str]:
    """The buttons of a message."""
    rows = (row for row in message.components if isinstance(row, discord.ActionRow))
    return {str(getattr(each, "label", "")) for row in rows for each in row.children}


def says(message: discord.Message) -> str:
    """All words of a message."""
    parts = [message.content]
    for embed in message.embeds:
        parts += [str(embed.title), str(embed.description), *(f"{field.name}: {field.value}" for field in embed.fields)]
    return "\n".join(parts)


def answer(result: simcord.InteractionResult) -> simcord.ResponseMessage:
    """What whoever acted was told."""
    assert result.response is not None
    return result.response


async def test_nothing_is_shown_before_a_moderator_approves(court: Court, photo: bytes) -> None:
    """Everybody reads that it waits; the moderators see both pictures blurred; approval brings the bytes themselves."""
    job_id = await court.ask(photo)
    assert "Waiting for a moderator" in says(court.reply())
    assert not court.reply().attachments
    assert [each.filename for each in court.case().attachments] == ["SPOILER_source.jpg", "SPOILER_result-1.png"]
    shown = says(court.case())
    assert "a cat in a hat" in shown
    assert f"<@{court.world.artist.id}>" in shown
    assert "$0.0015" in shown
    assert labels(court.case()) == {"Approve", "Approve as spoiler", "Reject", "Block member", "Ban picture"}
    await court.press(court.world.moderator, "Approve")
    (picture,) = court.reply().attachments
    (kept,) = await court.world.house.store.get_results(job_id)
    assert await picture.read() == kept.data
    assert not picture.is_spoiler()
    assert f"Approved by <@{court.world.moderator.id}>" in says(court.case())
    assert not labels(court.case())
    assert len(court.case().attachments) == 2
    assert (await court.world.job(job_id)).status is JobStatus.DONE


async def test_approved_as_a_spoiler_stays_one(court: Court, photo: bytes) -> None:
    """Blurred until it is clicked, also when it is shown again."""
    job_id = await court.ask(photo)
    await court.press(court.world.moderator, "Approve as spoiler")
    (picture,) = court.reply().attachments
    assert picture.is_spoiler()
    assert (await court.world.job(job_id)).spoiler


async def test_a_rejection_tells_the_member_why_and_others_nothing(court: Court, photo: bytes) -> None:
    """The reply says only that it is not shown; its member gets the reason, by direct message and behind Why."""
    await court.ask(photo)
    await court.reject(court.world.moderator)
    assert "decided not to show" in says(court.reply())
    assert "Ask her first" not in says(court.reply())
    assert not court.reply().attachments
    (told,) = court.world.artist.user.dm_channel.history()
    assert "Ask her first" in says(told)
    assert "Appeal" in labels(told)
    mine = await court.world.artist.click(court.reply(), label="Why?")
    assert mine.ephemeral
    assert "Ask her first" in str(answer(mine).embeds[0].description)
    others = await court.world.friend.click(court.reply(), label="Why?")
    assert others.ephemeral
    assert "Only the member" in answer(others).content


async def test_a_rejected_picture_is_never_shown_again(court: Court, photo: bytes) -> None:
    """Not by the command that shows the last result, either."""
    await court.ask(photo)
    await court.reject(court.world.moderator)
    again = await court.world.artist.slash(court.world.channel, "img2img-result")
    assert "no finished picture" in answer(again).content


async def test_one_appeal_is_heard_and_can_change_the_decision(court: Court, photo: bytes) -> None:
    """A new case with the member's words; approved, the picture comes after all. A second appeal is not taken."""
    job_id = await court.ask(photo)
    await court.reject(court.world.moderator)
    shown = await court.world.artist.click(court.reply(), label="Why?")
    form = await court.world.artist.click(answer(shown), label="Appeal")
    await court.world.artist.submit_modal(form, {"words": "It is me in that picture."})
    await court.finish()
    assert "Waiting for a moderator" in says(court.reply())
    assert "It is me in that picture" in says(court.case())
    await court.reject(court.world.moderator)
    shown = await court.world.artist.click(court.reply(), label="Why?")
    form = await court.world.artist.click(answer(shown), label="Appeal")
    once_more = await court.world.artist.submit_modal(form, {"words": "Please!"})
    assert "appealed already" in answer(once_more).content
    assert (await court.world.job(job_id)).status is JobStatus.REJECTED


async def test_the_first_decision_wins(court: Court, photo: bytes) -> None:
    """The second moderator is told, and changes nothing, however their click was prepared."""
    job_id = await court.ask(photo)
    case = court.case()
    form = await court.world.moderator.click(case, label="Reject")
    second = court.world.guild.add_member(
        court.world.env.create_user("kim"), roles=[court.world.guild.roles["Moderators"]]
    )
    await court.press(second, "Approve", case)
    late = await court.world.moderator.submit_modal(form, MODERATOR_WORDS)
    await court.finish()
    assert "decided already" in "".join(each.content for each in late.followups)
    assert (await court.world.job(job_id)).status is JobStatus.DONE
    assert f"Approved by <@{second.id}>" in says(court.case())
    forged = await forge(court.world, second, court.room, "case:1:approve")
    assert "no such case" in answer(forged).content


async def test_who_may_not_review_changes_nothing(court: Court, photo: bytes) -> None:
    """A member who sees the channel, and a moderator who is none any more, are refused alone."""
    job_id = await court.ask(photo)
    case, moderator = court.case(), court.world.moderator
    for label in ("Approve", "Approve as spoiler", "Reject", "Ban picture", "Block member"):
        result = await court.press(court.world.friend, label, case)
        assert result.ephemeral
        assert result.modal is None
    form = await moderator.click(case, label="Reject")
    await demote(court.world)
    late = await moderator.submit_modal(form, MODERATOR_WORDS)
    assert late.ephemeral
    assert (await court.press(moderator, "Approve", case)).ephemeral
    assert (await court.world.job(job_id)).status is JobStatus.REVIEWING
    assert not court.reply().attachments


async def demote(world: World) -> None:
    """Take the moderator's role away."""
    guild = world.house.client.get_guild(world.guild.id)
    assert guild is not None
    with world.env.time_context():
        await world.house.client.http.remove_role(
            guild.id, world.moderator.id, world.guild.roles["Moderators"].id, reason=None
        )
    await world.env.settle()


async def test_another_guild_has_no_say(court: Court, photo: bytes) -> None:
    """A moderator elsewhere who forges the button reaches only their own guild's cases."""
    job_id = await court.ask(photo)
    world = court.world
    other = world.env.create_guild("Elsewhere")
    role = other.create_role("Boss", permissions=discord.Permissions.all())
    channel = other.create_text_channel("general")
    boss = other.add_member(world.env.create_user("boss"), roles=[role])
    asked = await boss.slash(channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    assert asked.response is not None
    for action in ("approve", "spoiler", "reject", "ban", "block", "note"):
        interaction = await forge(world, boss, channel, f"case:1:{action}")
        assert "There is no" in interaction.response.content or "no such case" in interaction.response.content
    for action in ("why", "appeal", "report"):
        interaction = await forge(world, boss, channel, f"job:{job_id}:{action}")
        assert interaction.ephemeral
        assert interaction.modal is None
    assert (await world.job(job_id)).status is JobStatus.REVIEWING


async def forge(world: World, who: simcord.MemberActor, channel: simcord.ChannelHandle, custom_id: str) -> Any:
    """Click a button that a bot's message here never had."""
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="x", custom_id=custom_id))
    with world.env.time_context():
        found = world.house.client.get_channel(channel.id)
        assert isinstance(found, discord.TextChannel)
        message = await found.send("forged", view=view)
    view.stop()
    return await who.click(message, custom_id=custom_id)


async def test_a_decision_weeks_later_and_after_a_restart(court: Court, photo: bytes) -> None:
    """Nothing is remembered but rows: the buttons work, the pictures are there, the reply is edited."""
    job_id = await court.ask(photo)
    await court.world.restart()
    await court.world.advance(3 * WEEK)
    await court.press(court.world.moderator, "Approve")
    assert court.reply().attachments
    assert (await court.world.job(job_id)).status is JobStatus.DONE
    mention = court.world.channel.last_message
    assert mention is not None
    assert mention.content == f"<@{court.world.artist.id}> your picture is ready: {court.reply().jump_url}"


async def test_nobody_decides_and_the_policy_does(court: Court, photo: bytes) -> None:
    """After the hours the guild chose, the picture is rejected, which both messages say."""
    policies, by = court.world.house.client.rooms.policies, court.world.moderator.id
    with court.world.env.time_context():
        await policies.change(court.world.guild.id, by, "review_then", "reject")
        await policies.change(court.world.guild.id, by, "review_hours", 2)
    job_id = await court.ask(photo)
    await court.world.advance(2 * 3600 + 60)
    await court.finish()
    assert (await court.world.job(job_id)).status is JobStatus.REJECTED
    assert "No moderator decided in time" in says(court.reply())
    assert "nobody, in time" in says(court.case())
    assert not labels(court.case())


async def test_by_default_a_case_waits_as_long_as_it_takes(court: Court, photo: bytes) -> None:
    """A month later it is still there to be decided."""
    job_id = await court.ask(photo)
    await court.world.advance(4 * WEEK)
    assert (await court.world.job(job_id)).status is JobStatus.REVIEWING
    assert "Approve" in labels(court.case())


async def test_a_block_and_a_ban_come_from_the_case(court: Court, photo: bytes) -> None:
    """The member is refused from then on, and so is the picture, whoever brings it."""
    await court.ask(photo)
    moderator = court.world.moderator
    form = await moderator.click(court.case(), label="Ban picture")
    banned = await moderator.submit_modal(form, {"picture": ["source"], "days": "", "words": "stolen"})
    assert "number 1" in answer(banned).content
    form = await moderator.click(court.case(), label="Block member")
    await moderator.submit_modal(form, {"days": "3", "words": "Enough for now."})
    refused = await court.world.artist.slash(court.world.channel, "img2img", image=("a.jpg", photo), prompt="a cat")
    assert refused.ephemeral
    assert "Enough for now" in answer(refused).content
    brought = await court.world.friend.slash(court.world.channel, "img2img", image=("b.jpg", photo), prompt="a dog")
    await court.finish()
    assert "do not want this picture" in brought.followups[0].content
    assert len(court.world.standin.created) == 1


async def test_a_channel_that_cannot_be_reached_loses_nothing(court: Court, photo: bytes) -> None:
    """The result stays unseen and waits; when the channel is back, the case comes."""
    court.world.env.inject_error("POST", "/channels/*/messages", status=403, code=50001, times=2)
    job_id = await court.ask(photo)
    assert not court.room.history()
    assert (await court.world.job(job_id)).status is JobStatus.REVIEWING
    assert not court.reply().attachments
    for _ in range(3):
        await court.world.advance(700)
    await court.press(court.world.moderator, "Approve")
    assert court.reply().attachments


async def test_no_guild_writes_into_anothers_channel(court: Court, photo: bytes) -> None:
    """A policy that names a foreign channel reaches nobody there; the result waits, unseen."""
    world = court.world
    other = world.env.create_guild("Elsewhere")
    channel = other.create_text_channel("general")
    member = other.add_member(world.env.create_user("mallory"))
    policies = world.house.client.rooms.policies
    with world.env.time_context():
        await policies.change(other.id, member.id, "review_channel_id", court.room.id)
        await policies.change(other.id, member.id, "review", "everything")
    result = await member.slash(channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    await court.finish()
    assert (await world.job(world.job_id(result))).status is JobStatus.REVIEWING
    assert not court.room.history()


async def test_nobody_decides_about_their_own_picture(court: Court, photo: bytes) -> None:
    """A reviewer who asked for it leaves it to others; who manages the server may."""
    world = court.world
    reviewers = world.guild.create_role("Reviewers", permissions=discord.Permissions(manage_messages=True))
    kim = world.guild.add_member(world.env.create_user("kim"), roles=[reviewers])
    asked = await kim.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    await court.finish()
    refused = await court.press(kim, "Approve")
    assert "another moderator" in answer(refused).content
    await court.press(world.moderator, "Approve")
    assert (await world.job(world.job_id(asked))).status is JobStatus.DONE


async def test_a_case_follows_the_moderators(court: Court, photo: bytes) -> None:
    """Where its message was deleted, or another channel was chosen, it comes again; the old buttons do nothing."""
    job_id = await court.ask(photo)
    old = court.case()
    new = court.world.guild.create_text_channel("new-review")
    with court.world.env.time_context():
        await court.world.house.client.rooms.policies.change(
            court.world.guild.id, court.world.moderator.id, "review_channel_id", new.id
        )
    await court.world.advance(7 * 3600)
    assert new.last_message is not None
    stale = await court.press(court.world.moderator, "Approve", old)
    assert "no such case" in answer(stale).content
    with court.world.env.time_context():
        await court.world.house.client.http.delete_message(new.id, new.last_message.id)
    await court.world.advance(7 * 3600)
    assert new.last_message is not None
    await court.press(court.world.moderator, "Approve", new.last_message)
    assert (await court.world.job(job_id)).status is JobStatus.DONE


async def test_what_is_always_blurred_stays_blurred_when_approved(court: Court, photo: bytes) -> None:
    """Approve means that it may be shown, as everything is shown there."""
    with court.world.env.time_context():
        await court.world.house.client.rooms.policies.change(
            court.world.guild.id, court.world.moderator.id, "spoiler", value=True
        )
    await court.ask(photo)
    await court.press(court.world.moderator, "Approve")
    assert court.reply().attachments[0].is_spoiler()


async def test_a_block_holds_what_is_on_its_way(court: Court, photo: bytes) -> None:
    """Also where nothing else would be reviewed, a moderator looks first."""
    world, rooms = court.world, court.world.house.client.rooms
    with world.env.time_context():
        await rooms.policies.change(world.guild.id, world.moderator.id, "review", "flagged")
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    await world.settle()
    with world.env.time_context():
        await rooms.blocks.block(world.guild.id, world.artist.id, world.moderator.id, "enough")
    await court.finish()
    assert (await world.job(world.job_id(result))).status is JobStatus.REVIEWING
    assert "blocked while it was made" in says(court.case())


async def test_the_worst_words_come_before_the_moderators(court: Court, photo: bytes) -> None:
    """One case for a member, however often they try, with a button to say that it was seen."""
    for _ in range(3):
        await court.world.artist.slash(
            court.world.channel, "img2img", image=("a.jpg", photo), prompt="a naked 12 year old"
        )
    (case,) = court.room.history()
    assert "something sexual with minors" in says(case)
    assert labels(case) == {"Noted", "Block member"}
    await court.press(court.world.moderator, "Noted")
    assert "Seen by" in says(court.case())


@pytest.mark.story(settings={"PUBLIC_URL": "", "SOURCE_HANDOVER": "discord"})
async def test_the_source_is_not_shown_either(court: Court, photo: bytes) -> None:
    """Where Discord holds it for PiAPI, it is in the moderators' channel, not in the reply."""
    await court.world.artist.slash(court.world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    await court.world.settle()
    assert not court.reply().attachments
    (source,) = court.case().attachments
    assert source.is_spoiler()


async def test_a_shown_picture_is_banned_from_its_menu(court: Court, photo: bytes) -> None:
    """By who may review, also long after our copy is gone; a member's click does nothing."""
    await court.ask(photo)
    await court.press(court.world.moderator, "Approve")
    await court.world.advance(80 * 3600)
    await court.world.house.client.rooms.retention.sweep()
    refused = await court.world.friend.context_menu(court.world.channel, "Report picture", court.reply())
    assert refused.modal is not None
    form = await court.world.moderator.context_menu(court.world.channel, "Ban picture", court.reply())
    told = await court.world.moderator.submit_modal(form, {"picture": ["1"], "days": "many", "words": ""})
    assert "whole number" in answer(told).content
    form = await court.world.moderator.context_menu(court.world.channel, "Ban picture", court.reply())
    told = await court.world.moderator.submit_modal(form, {"picture": ["1"], "days": "30", "words": "not here"})
    assert "number 1" in answer(told).content
    form = await court.world.moderator.context_menu(court.world.channel, "Ban picture", court.reply())
    told = await court.world.moderator.submit_modal(form, {"picture": ["source"], "days": "", "words": ""})
    assert "no longer kept" in answer(told).content
    form = await court.world.moderator.context_menu(court.world.channel, "Ban picture", court.reply())
    await demote(court.world)
    late = await court.world.moderator.submit_modal(form, {"picture": ["1"], "days": "", "words": ""})
    assert late.ephemeral
    assert "Manage Messages" in answer(late).content
