"""How a checked picture gets to PiAPI: our web server, PiAPI's upload host, or Discord."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.jobs import JobStatus

if TYPE_CHECKING:
    from sandbox.world import World

NO_ADDRESS = {"PUBLIC_URL": "", "WEBHOOK_SECRET": ""}


async def start(world: World, photo: bytes) -> int:
    """A job whose order has gone out."""
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    await world.settle()
    return world.job_id(result)


async def image_url(world: World, job_id: int) -> str:
    """The address PiAPI was given."""
    url = (await world.job(job_id)).image_url
    assert url is not None
    assert world.standin.created[-1].input["image"] == url
    return url


async def test_with_a_public_address_piapi_fetches_it_from_us(world: World, photo: bytes) -> None:
    """Under a path that nobody can guess."""
    job_id = await start(world, photo)
    key = (await world.job(job_id)).key
    assert len(key) >= 32
    assert (await image_url(world, job_id)).endswith(f"/pictures/{key}.jpg")


@pytest.mark.story(settings=NO_ADDRESS, uploads_allowed=True)
async def test_without_one_it_is_uploaded_if_the_account_may(world: World, photo: bytes) -> None:
    """And the trip is the same, only without callbacks."""
    job_id = await start(world, photo)
    assert (await image_url(world, job_id)).startswith(f"{world.standin.address}/uploads/")
    await world.advance(30)
    assert (await world.job(job_id)).status is JobStatus.DONE


@pytest.mark.story(settings=NO_ADDRESS)
async def test_otherwise_discord_hosts_our_copy(world: World, photo: bytes) -> None:
    """The checked picture is attached to the reply, and PiAPI gets its address; a refusal to upload is remembered."""
    job_id = await start(world, photo)
    url = await image_url(world, job_id)
    message = world.channel.last_message
    assert message is not None
    assert message.attachments[0].url == url
    assert b"taken at home" not in await message.attachments[0].read()
    again = await start(world, photo)
    assert (await world.job(again)).status is JobStatus.RUNNING


@pytest.mark.story(settings={"SOURCE_HANDOVER": "discord"})
async def test_one_setting_overrides_the_choice(world: World, photo: bytes) -> None:
    """Discord hosts it although we could; when the job fails, its picture is taken away again."""
    job_id = await start(world, photo)
    assert "/pictures/" not in await image_url(world, job_id)
    await world.advance(30)
    assert (await world.job(job_id)).status is JobStatus.FAILED  # the stand-in cannot reach this Discord
    message = world.channel.last_message
    assert message is not None
    assert not message.attachments


@pytest.mark.story(settings=NO_ADDRESS | {"SOURCE_HANDOVER": "upload"})
async def test_a_choice_that_is_closed_to_us_is_said(world: World, photo: bytes) -> None:
    """The account may not upload and nothing else is allowed: the member is told whom to tell."""
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    await world.settle()
    (told,) = result.followups
    assert "tell whoever runs the bot" in told.content
    assert world.standin.created == []
