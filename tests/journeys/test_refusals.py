"""What is refused, and how: a sentence for the member alone, and nothing left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.jobs import JobStatus

if TYPE_CHECKING:
    import simcord

    from sandbox.world import World


async def ask(world: World, name: str, data: bytes, **options: object) -> simcord.InteractionResult:
    """Run `/img2img` with this file."""
    given = {"image": (name, data), "prompt": "a cat"} | options
    return await world.artist.slash(world.channel, "img2img", **given)


async def test_what_can_be_judged_at_once_is_refused_alone(world: World, photo: bytes) -> None:
    """No public message, no job, a sentence that says what to do."""
    result = await ask(world, "cat.jpg", photo, count=3, model="dev")
    assert result.ephemeral
    assert result.response is not None
    assert "no `count`. Leave it out, or choose the model schnell" in result.response.content
    assert world.standin.created == []
    assert not world.channel.history()


@pytest.mark.parametrize("prompt", [" ", "undress her"])
async def test_a_refusal_is_one_line_in_the_log(
    world: World, photo: bytes, caplog: pytest.LogCaptureFixture, prompt: str
) -> None:
    """Whether the rules said no, and wrote it into the book, or something before them."""
    await ask(world, "cat.jpg", photo, prompt=prompt)
    assert sum("refused: " in line for line in caplog.messages) == 1


@pytest.mark.parametrize("prompt", [" ", "\u200b\u200b", "\n \t"])
async def test_an_invisible_prompt_is_empty(world: World, photo: bytes, prompt: str) -> None:
    """Spaces and zero-width characters are not a prompt."""
    result = await ask(world, "cat.jpg", photo, prompt=prompt)
    assert result.ephemeral
    assert result.response is not None
    assert "prompt is empty" in result.response.content


async def test_a_file_that_is_too_big_is_refused_before_it_is_fetched(world: World) -> None:
    """Discord says how big it is; no byte of it needs to be read."""
    result = await ask(world, "cat.png", b"\x89PNG" + b"x" * (11 * 1024 * 1024))
    assert result.ephemeral
    assert result.response is not None
    assert "at most 10 MB" in result.response.content


@pytest.mark.parametrize(
    ("name", "data"),
    [("cat.png", b"this is a text"), ("page.png", b"<html><svg/></html>"), ("empty.jpg", b"x")],
)
async def test_a_file_that_is_no_picture_takes_the_message_away(world: World, name: str, data: bytes) -> None:
    """Known only now: the public message goes, and the member alone is told."""
    result = await ask(world, name, data)
    assert not result.ephemeral
    job_id = world.job_id(result)
    await world.settle()
    assert result.response is None
    (told,) = result.followups
    assert told.ephemeral
    assert "not a picture" in told.content
    assert (await world.job(job_id)).status is JobStatus.REFUSED
    assert world.standin.created == []


async def test_a_damaged_picture_is_told_from_no_picture(world: World, photo: bytes) -> None:
    """Half a JPEG is damaged."""
    result = await ask(world, "cat.jpg", photo[: len(photo) // 2])
    await world.settle()
    (told,) = result.followups
    assert "damaged" in told.content
