"""The models beside plain image-to-image, where the operator offers them: each from command to finished picture."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

if TYPE_CHECKING:
    from sandbox.world import World

EVERYTHING = {"MODELS": "schnell,dev,dev-advanced,img2img-lora,controlnet-lora,kontext"}
LONG_ENOUGH = 60


async def paint(world: World, photo: bytes, **options: Any) -> tuple[Any, dict[str, str]]:
    """Run `/img2img` to its end: the order at PiAPI, and the fields of the finished card."""
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a fox", **options)
    assert not result.ephemeral
    await world.settle()
    await world.advance(LONG_ENOUGH)
    (order,) = world.standin.created
    message = world.channel.last_message
    assert message is not None
    assert "Here it is" in str(message.embeds[0].title)
    return order, {str(each.name): str(each.value) for each in message.embeds[0].fields}


async def refusal(world: World, photo: bytes, **options: Any) -> str:
    """What a member alone is told, before anything is ordered."""
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a fox", **options)
    assert result.ephemeral
    assert world.standin.posts == 0
    assert result.response is not None
    return str(result.response.content)


def listed(world: World) -> dict[str, Any]:
    """The options of `/img2img` as Discord was told them."""
    puts = [each for each in world.env.http_requests if each.method == "PUT" and each.path.endswith("/commands")]
    (command,) = [each for each in puts[-1].json or [] if each["name"] == "img2img"]
    return {option["name"]: option for option in command["options"]}


@pytest.mark.story(settings=EVERYTHING)
async def test_in_a_style(world: World, photo: bytes) -> None:
    """The style goes to PiAPI by its name, and stands on the card."""
    order, shown = await paint(world, photo, model="img2img-lora", lora="anime", lora_strength=0.8)
    assert (order.model, order.body["task_type"]) == ("Qubico/flux1-dev-advanced", "img2img-lora")
    assert order.input["lora_settings"] == [{"lora_type": "anime", "lora_strength": 0.8}]
    assert order.input["denoise"] == 0.7
    assert (shown["Model"], shown["Style"], shown["Strength"]) == ("Flux img2img-lora", "anime 80%", "70%")
    assert shown["Cost"] == "$0.02"


@pytest.mark.story(settings=EVERYTHING)
async def test_with_a_control(world: World, photo: bytes) -> None:
    """What stays in its place is depth unless the member says otherwise; their picture is what it is taken from."""
    order, shown = await paint(world, photo, model="controlnet-lora")
    assert order.body["task_type"] == "controlnet-lora"
    (control,) = order.input["control_net_settings"]
    assert control == {"control_type": "depth", "control_image": order.input["image"]}
    assert "lora_settings" not in order.input
    assert (shown["Kept in place"], shown["Guidance"]) == ("depth", "2.5")
    assert "Style" not in shown


@pytest.mark.story(settings=EVERYTHING)
async def test_by_instruction(world: World, photo: bytes) -> None:
    """What comes back has the shape of what was attached, which PiAPI would not do by itself; there is no strength."""
    order, shown = await paint(world, photo, model="kontext")
    assert order.body["task_type"] == "kontext"
    assert order.input == {"prompt": "a fox", "image": order.input["image"], "width": 160, "height": 120}
    message = world.channel.last_message
    assert message is not None
    (picture,) = message.attachments
    assert Image.open(io.BytesIO(await picture.read())).size == (160, 120)
    assert "Strength" not in shown


@pytest.mark.story(settings=EVERYTHING)
async def test_what_a_model_does_not_take_is_said_before_it_costs(world: World, photo: bytes) -> None:
    """One sentence that says what to do, naming the models that could."""
    assert await refusal(world, photo, model="kontext", strength=0.4) == (
        "The model kontext has no `strength`. Leave it out, or choose the model schnell, dev, dev-advanced,"
        " img2img-lora, controlnet-lora."
    )
    assert await refusal(world, photo, lora="anime") == (
        "The model schnell has no `lora`. Leave it out, or choose the model img2img-lora, controlnet-lora."
    )
    assert await refusal(world, photo, model="img2img-lora") == (
        "The model img2img-lora needs a `lora` from its list. Please choose one of them."
    )
    assert await refusal(world, photo, model="controlnet-lora", lora_strength=0.5) == (
        "The model controlnet-lora needs a `lora` from its list. Please choose one of them."
    )


@pytest.mark.story(settings=EVERYTHING)
async def test_a_guild_that_bounds_the_strength_can_still_edit(world: World, photo: bytes) -> None:
    """Bounds of a strength say nothing about a model that has none; to close it, a guild names its models."""
    policies = world.house.client.rooms.policies
    await policies.change(world.guild.id, world.moderator.id, "most_strength", 0.3)
    assert "between 0.05 and 0.3" in await refusal(world, photo, model="dev")
    await paint(world, photo, model="kontext")
    await policies.change(world.guild.id, world.moderator.id, "models", frozenset({"dev"}))
    result = await world.artist.slash(
        world.channel, "img2img", image=("cat.jpg", photo), prompt="a fox", model="kontext"
    )
    assert result.ephemeral
    assert result.response is not None
    assert "Please choose dev" in result.response.content


@pytest.mark.story(settings=EVERYTHING)
async def test_discord_lists_what_is_on_offer(world: World) -> None:
    """Models with what they are good for, styles and controls by name."""
    options = listed(world)
    assert [each["value"] for each in options["model"]["choices"]] == EVERYTHING["MODELS"].split(",")
    assert options["model"]["choices"][-1]["name"].startswith("kontext: ")
    assert options["model"]["choices"][-1]["name_localizations"]["en-US"]
    assert len(options["lora"]["choices"]) == 23
    assert [each["value"] for each in options["control"]["choices"]] == ["depth", "canny", "soft_edge", "openpose"]
    assert (options["lora_strength"]["min_value"], options["lora_strength"]["max_value"]) == (0.1, 1.0)


@pytest.mark.story(settings={"MODELS": "kontext", "DEFAULT_MODEL": "kontext", "PRICES_USD": "kontext=0.5"})
async def test_what_no_model_takes_is_not_listed(world: World, photo: bytes) -> None:
    """An operator who offers one model has a command that fits it, at their own price."""
    assert list(listed(world)) == ["image", "prompt", "preset", "model", "visibility"]
    result = await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a fox")
    job = await world.job(world.job_id(result))
    assert (job.request.model, job.price_usd) == ("kontext", Decimal("0.5"))
