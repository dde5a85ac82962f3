"""What a delivered picture tells whoever saves it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.journeys.conftest import invert
from tests.packets import read_fields

if TYPE_CHECKING:
    from bot.jobs import Job
    from sandbox.world import World

PROMPT = "a cat called Fridolin"


def paint(source: bytes, prompt: str, strength: float, seed: int, label: str) -> bytes:
    """A brush that writes into the picture what it was told, as many do."""
    text, data = PngInfo(), io.BytesIO()
    text.add_text("parameters", prompt)
    Image.open(io.BytesIO(invert(source, prompt, strength, seed, label))).save(data, "PNG", pnginfo=text)
    return data.getvalue()


async def deliver(world: World, photo: bytes) -> tuple[Job, bytes]:
    """A job that is done, and its picture as it is saved from Discord."""
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt=PROMPT)
    await world.settle()
    await world.advance(60)
    message = world.channel.last_message
    assert message is not None
    (picture,) = message.attachments
    return await world.job(world.job_id(result)), await picture.read()


@pytest.mark.story(brush=paint)
async def test_a_saved_picture_says_that_a_model_made_it(world: World, photo: bytes) -> None:
    """Type, model and job, for machines; nothing of the member, and the very bytes that are kept to be traced."""
    job, saved = await deliver(world, photo)
    fields = {name.rsplit("/", 1)[1]: text for name, text in read_fields(saved).items()}
    assert fields == {
        "DigitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia",
        "AISystemUsed": "Qubico/flux1-schnell img2img",
        "TransmissionReference": str(job.id),
        "CreatorTool": "Repaint",
    }
    for secret in (str(world.artist.id), "mira", "Mira", PROMPT, "Fridolin"):
        assert secret.encode() not in saved
    (kept,) = await world.house.store.get_results(job.id)
    assert kept.data == saved
    traced = await world.moderator.slash(world.channel, "repaint-moderation trace", picture=("copy.png", saved))
    assert traced.response is not None
    told = "".join(str(embed.to_dict()) for embed in traced.response.embeds)
    assert f"This is the same picture: a result of job {job.id}" in told


@pytest.mark.story(brush=paint, settings={"PROVENANCE": "off"})
async def test_an_operator_can_switch_it_off(world: World, photo: bytes) -> None:
    """Then the file is as the provider made it."""
    _, saved = await deliver(world, photo)
    assert not read_fields(saved)
    assert PROMPT.encode() in saved
