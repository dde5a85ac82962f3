"""What a member lives through with `/img2img`, from command to finished picture."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from bot.jobs import JobStatus

if TYPE_CHECKING:
    import discord
    import simcord

    from sandbox.world import World

LONG_ENOUGH = 60


def card(message: discord.Message | None) -> discord.Embed:
    """The card a message shows."""
    assert message is not None
    return message.embeds[0]


def field(message: discord.Message | None, name: str) -> str | None:
    """One of its fields."""
    return next((each.value for each in card(message).fields if each.name == name), None)


async def ask(
    world: World, photo: bytes, member: simcord.MemberActor | None = None, **options: object
) -> tuple[int, simcord.InteractionResult]:
    """Run `/img2img`, and return the job it became."""
    given = {"image": ("cat.jpg", photo), "prompt": "a cat in watercolour"} | options
    result = await (member or world.artist).slash(world.channel, "img2img", **given)
    assert not result.ephemeral
    return world.job_id(result), result


async def test_from_command_to_picture(world: World, photo: bytes) -> None:
    """One message: looked at, painted, and in the end with the picture, its alt text and a name of ours."""
    job_id, result = await ask(world, photo)
    assert result.response is not None
    assert "Looking at your picture" in str(card(result.response.message).title)
    await world.settle()
    await world.advance(1)
    message = world.channel.last_message
    assert "Painting" in str(card(message).title)
    assert "Show result" not in str(message and message.components)
    assert field(world.channel.last_message, "Usually done")
    await world.advance(LONG_ENOUGH)
    message = world.channel.last_message
    assert message is not None
    assert len(world.channel.history()) == 1
    assert "Here it is" in str(card(message).title)
    (picture,) = message.attachments
    assert picture.filename == f"repaint-sandbox-{job_id}-1.png"
    assert picture.description == "a cat in watercolour (a picture repainted by AI from an attached one)"
    assert Image.open(io.BytesIO(await picture.read())).size == (160, 120)
    assert "Report" in str(message.components)
    assert "Cancel" not in str(message.components)
    assert card(message).author.name == "Mira"
    assert (await world.job(job_id)).status is JobStatus.DONE


async def test_the_photo_leaves_without_its_secrets(world: World, photo: bytes) -> None:
    """What PiAPI fetches from us is our own JPEG, without a word about where it was taken."""
    job_id, _ = await ask(world, photo)
    await world.settle()
    (order,) = world.standin.created
    source = await world.house.store.get_source(job_id)
    assert source is not None
    assert order.source_sha256 == source.sha256
    assert Image.open(io.BytesIO(source.data)).format == "JPEG"
    assert b"taken at home" in photo
    assert b"taken at home" not in source.data


async def test_every_option_reaches_piapi(world: World, photo: bytes) -> None:
    """Model, strength, negative prompt and guidance are what was asked for."""
    await ask(world, photo, prompt="a fox", model="dev", strength=0.35, negative_prompt="snow", guidance=3.5)
    await world.settle()
    (order,) = world.standin.created
    assert order.body["model"] == "Qubico/flux1-dev"
    assert order.body["task_type"] == "img2img"
    sent = order.body["input"]
    assert (sent["prompt"], sent["negative_prompt"]) == ("a fox", "snow")
    assert (sent["denoise"], sent["guidance_scale"]) == (0.35, 3.5)


async def test_a_character_that_no_database_keeps_is_left_out(world: World, photo: bytes) -> None:
    """U+0000 in a prompt is no reason to fail."""
    await ask(world, photo, prompt="a\0 fox", negative_prompt="\0snow")
    await world.settle()
    (order,) = world.standin.created
    assert (order.input["prompt"], order.input["negative_prompt"]) == ("a fox", "snow")


async def test_all_pictures_of_a_batch_come(world: World, photo: bytes) -> None:
    """Four pictures, each with its own name and alt text, in one message."""
    await ask(world, photo, count=4)
    await world.settle()
    await world.advance(LONG_ENOUGH)
    message = world.channel.last_message
    assert message is not None
    assert [each.filename[-5:] for each in message.attachments] == ["1.png", "2.png", "3.png", "4.png"]
    assert message.attachments[2].description == (
        "a cat in watercolour (picture 3 of 4, repainted by AI from an attached one)"
    )
    assert field(message, "Pictures") == "4"
    assert field(message, "Cost") == "$0.006"


async def test_a_prompt_full_of_tricks_is_only_text(world: World, photo: bytes) -> None:
    """Mentions, markup, backticks and hidden direction are shown as they were typed; nobody is pinged."""
    await ask(world, photo, prompt="@everyone **x** `y` \u202egnp <@1> " + "😀" * 900)
    await world.settle()
    await world.advance(LONG_ENOUGH)
    message = world.channel.last_message
    assert message is not None
    assert message.attachments
    assert not message.mention_everyone
    assert not message.mentions
    text = str(card(message).description)
    assert r"\@everyone \*\*x\*\* \`y\`" in text
    assert "\u202e" not in text
    assert len(str(message.attachments[0].description)) <= 1024


async def test_two_members_at_once_both_get_theirs(world: World, photo: bytes) -> None:
    """Jobs do not wait for each other, and none swallows another."""
    jobs = [
        (await ask(world, photo, member, prompt=f"picture of {member.name}"))[0]
        for member in (world.artist, world.friend, world.artist, world.friend)
    ]
    await world.settle()
    for _ in range(4):
        await world.advance(30)
    messages = world.channel.history()
    assert len(messages) == 4
    assert all(message.attachments for message in messages)
    assert [(await world.job(job)).status for job in jobs] == [JobStatus.DONE] * 4


async def test_waiting_cards_say_their_place(world: World, photo: bytes) -> None:
    """Three are at PiAPI, the rest see where they stand, and move up."""
    for _ in range(3):
        await ask(world, photo)
        await world.settle()
    waiting, _ = await ask(world, photo)
    await world.settle()
    behind, _ = await ask(world, photo)
    await world.settle()
    await world.advance(1)
    messages = {world_message.id: world_message for world_message in world.channel.history()}
    first, second = (await world.job(waiting)).message_id, (await world.job(behind)).message_id
    assert first is not None
    assert second is not None
    assert field(messages[first], "Place in line") == "You are next"
    assert field(messages[second], "Place in line") == "2"
    assert len(world.standin.created) == 3
    for _ in range(4):
        await world.advance(30)
    assert len(world.standin.created) == 5


async def test_an_animation_says_that_its_first_frame_was_used(world: World) -> None:
    """A moving picture is repainted from its first frame, and the card says so."""
    frames = [Image.new("RGB", (80, 80), color) for color in ("red", "blue")]
    data = io.BytesIO()
    frames[0].save(data, "GIF", save_all=True, append_images=frames[1:])
    await ask(world, data.getvalue(), image=("moving.gif", data.getvalue()))
    await world.settle()
    await world.advance(1)
    assert "first frame" in str(card(world.channel.last_message).description)


@pytest.mark.parametrize("word", ["fail", "refuse"])
async def test_a_failure_says_what_it_is(world: World, photo: bytes, word: str) -> None:
    """Failed there, picture refused: each in its own words, none of them PiAPI's."""
    job_id, _ = await ask(world, photo, prompt=f"{word} please")
    await world.settle()
    await world.advance(LONG_ENOUGH)
    message = world.channel.last_message
    expected = {"fail": "could not finish it", "refuse": "could not use this picture"}
    assert expected[word] in str(card(message).description)
    assert "Cancel" not in str(message and message.components)
    assert (await world.job(job_id)).status is JobStatus.FAILED


async def test_a_busy_provider_is_waited_for(world: World, photo: bytes) -> None:
    """Too many requests: nothing is lost, the job goes when it can, and is ordered once."""
    job_id, _ = await ask(world, photo, prompt="busy street")
    await world.settle()
    assert (await world.job(job_id)).status is JobStatus.QUEUED
    for _ in range(4):
        await world.advance(10)
    assert (await world.job(job_id)).status is JobStatus.DONE
    assert len(world.standin.created) == 1


async def test_a_slow_task_is_waited_for(world: World, photo: bytes) -> None:
    """Longer than usual is not failed."""
    job_id, _ = await ask(world, photo, prompt="slow river")
    await world.settle()
    await world.advance(20)
    assert (await world.job(job_id)).status is JobStatus.RUNNING
    for _ in range(6):
        await world.advance(10)
    assert (await world.job(job_id)).status is JobStatus.DONE


@pytest.mark.story(durations={"Qubico/flux1-schnell": 10_000})
async def test_a_task_that_never_ends_is_given_up_honestly(world: World, photo: bytes) -> None:
    """After our own deadline the card says that it may still be charged, and does not say failed."""
    job_id, _ = await ask(world, photo)
    await world.settle()
    await world.advance(16 * 60)
    job = await world.job(job_id)
    assert job.reason is not None
    assert job.reason.value == "took_too_long"
    assert "may still be charged" in str(card(world.channel.last_message).description)


@pytest.mark.story(durations={"Qubico/flux1-schnell": 14.5 * 60}, settings={"GIVE_UP_MINUTES": "20"})
async def test_the_token_dies_and_the_picture_comes_all_the_same(world: World, photo: bytes) -> None:
    """After fourteen minutes the same message is edited with the bot's own token."""
    job_id, _ = await ask(world, photo)
    await world.settle()
    await world.advance(14 * 60 + 30)
    await world.advance(30)
    job = await world.job(job_id)
    message = next(each for each in world.channel.history() if each.id == job.message_id)
    assert job.status is JobStatus.DONE
    assert message.attachments
    patched = [entry.path for entry in world.env.http_requests if entry.method == "PATCH"]
    assert f"/channels/{world.channel.id}/messages/{message.id}" in patched
