"""Presets as members choose them, as moderators make them, and where nothing else is allowed."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from bot.jobs import JobStatus
from bot.moderation.policies import Policies
from cogs import img2img as door
from tests.journeys.test_settings import DOOR, get_policy, open_panel, run, says

if TYPE_CHECKING:
    from pathlib import Path

    import simcord

    from sandbox.world import World

LONG_ENOUGH = 60
OIL: dict[str, Any] = {
    "name": "Oil",
    "template": "{prompt}, oil on canvas",
    "model": "dev",
    "strength": 0.6,
    "guidance": 3.5,
}
FILE = """
    [[presets]]
    name = "Ink"
    template = "ink drawing of {prompt}"
    [[presets]]
    name = "Fine"
    template = "{prompt}, fine"
    model = "dev"
"""


@pytest.fixture
def story(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """The operator of this world has a file with two presets of their own."""
    (tmp_path / "presets.toml").write_text(FILE)
    mark = request.node.get_closest_marker("story")
    told = dict(mark.kwargs) if mark else {}
    return told | {"settings": {"PRESETS_FILE": str(tmp_path / "presets.toml")} | told.get("settings", {})}


async def decide(world: World, **policy: Any) -> None:
    """Change this server's policy."""
    for key, value in policy.items():
        await world.house.client.rooms.policies.change(world.guild.id, world.moderator.id, key, value)


async def ask(world: World, photo: bytes, **options: Any) -> simcord.InteractionResult:
    """Ask for a picture."""
    given = {"image": ("cat.jpg", photo), "prompt": "a fox"} | options
    return await world.artist.slash(world.channel, "img2img", **given)


async def refusal(world: World, photo: bytes, **options: Any) -> str:
    """What a member alone is told, before anything is ordered."""
    result = await ask(world, photo, **options)
    assert result.ephemeral
    assert result.response is not None
    return str(result.response.content)


async def paint(world: World, photo: bytes, **options: Any) -> tuple[dict[str, Any], Any]:
    """Run `/img2img` to its end: what PiAPI was told, and the finished card."""
    result = await ask(world, photo, **options)
    assert not result.ephemeral, says(result.response)
    await world.settle()
    await world.advance(LONG_ENOUGH)
    assert (await world.job(world.job_id(result))).status is JobStatus.DONE
    message = world.channel.last_message
    assert message is not None
    return world.standin.created[-1].body, message.embeds[0]


async def suggestions(world: World, typed: str = "", channel: simcord.ChannelHandle | None = None) -> list[str]:
    """What is suggested to a member who types into `preset`."""
    found = await world.artist.autocomplete(channel or world.channel, "img2img", "preset", typed)
    assert all(each["name"] == each["value"] for each in found)
    return [each["value"] for each in found]


def fields(embed: Any) -> dict[str, str]:
    """A card's fields by name."""
    return {str(each.name): str(each.value) for each in embed.fields}


# -- members ---------------------------------------------------------------------------------------------------------


async def test_a_preset_does_the_rest(world: World, photo: bytes) -> None:
    """PiAPI gets the member's words in the preset's, and its model, strength and guidance; the card shows theirs."""
    await run(world, "presets add", **OIL)
    told, card = await paint(world, photo, preset="oil")
    assert told["model"] == "Qubico/flux1-dev"
    assert told["input"]["prompt"] == "a fox, oil on canvas"
    assert (told["input"]["denoise"], told["input"]["guidance_scale"]) == (0.6, 3.5)
    shown = fields(card)
    assert (shown["Preset"], shown["Model"], shown["Strength"]) == ("Oil", "Flux dev", "60%")
    assert card.description.startswith("> a fox")
    assert "canvas" not in card.description


async def test_what_is_typed_counts_before_a_presets_choice(world: World, photo: bytes) -> None:
    """Each of the three by itself."""
    await run(world, "presets add", **OIL)
    told, _ = await paint(world, photo, preset="Oil", model="schnell", strength=0.9)
    assert told["model"] == "Qubico/flux1-schnell"
    assert (told["input"]["denoise"], told["input"]["guidance_scale"]) == (0.9, 3.5)


async def test_presets_are_suggested(world: World) -> None:
    """The guild's own, then the operator's; those that what is typed can become; those that can be used here."""
    assert await suggestions(world) == ["Ink", "Fine"]
    await run(world, "presets add", name="Oil", template="oil")
    await run(world, "presets add", name="INK", template="our ink")
    assert await suggestions(world) == ["Oil", "INK", "Fine"]
    assert await suggestions(world, " iN") == ["INK", "Fine"]
    assert await suggestions(world, "nothing like it") == []
    await decide(world, models=frozenset({"schnell"}))
    assert await suggestions(world) == ["Oil", "INK"]
    elsewhere = world.guild.create_text_channel("elsewhere")
    await run(world, "set", setting="operator_presets", value="off", channel=elsewhere)
    await decide(world, models=frozenset())
    assert await suggestions(world, channel=elsewhere) == ["Oil", "INK"]
    for number in range(30):
        await run(world, "presets add", name=f"Number {number}", template="x")
    assert len(await suggestions(world)) == 25
    assert await suggestions(world, "number 29") == ["Number 29"]


async def test_suggestions_that_fail_are_none(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A database that is away is in the log, and the member can type on."""

    async def fail(*_: object) -> None:
        raise OSError("the database is away")

    monkeypatch.setattr(Policies, "get", fail)
    assert await suggestions(world) == []
    assert "no presets could be suggested" in caplog.text


async def test_suggestions_that_would_come_too_late_are_none(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Discord does not wait for them, so neither do we."""

    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Policies, "get", hang)
    monkeypatch.setattr(door, "SUGGEST_SECONDS", 0.0)
    typing: Any = SimpleNamespace(id=1, guild_id=world.guild.id, channel_id=world.channel.id, channel=None)
    img2img: Any = door.Img2Img(world.house.client)
    async with asyncio.timeout(5):
        assert await img2img.suggest_presets(typing, "") == []


async def test_any_name_can_arrive(world: World, photo: bytes) -> None:
    """What is no preset is refused in a sentence that repeats it harmlessly; nothing is ordered."""
    for name in ("oil", "@everyone **bold** " + "x" * 3000, "{prompt}", "a\0b"):
        said = await refusal(world, photo, preset=name)
        assert said.startswith("There is no preset called “")
        assert len(said) < 600
        assert "**" not in said
    assert world.standin.posts == 0
    told, card = await paint(world, photo, preset="  ")
    assert told["input"]["prompt"] == "a fox"
    assert "Preset" not in fields(card)


async def test_the_rules_read_what_piapi_would(world: World, photo: bytes) -> None:
    """A preset's words and the member's are judged together, and a moderator sees them together."""
    await decide(world, review_channel_id=world.guild.create_text_channel("review").id)
    await run(world, "presets add", name="Fight *club*", template="{prompt} with a sword")
    await run(world, "words add", name="swords", pattern="fox with a sword", action="hold")
    await ask(world, photo, preset="Fight *club*")
    await world.settle()
    await world.advance(LONG_ENOUGH)
    (case,) = world.guild.channels["review"].history()
    assert "a fox with a sword" in str(case.embeds[0].description)
    assert fields(case.embeds[0])["Preset"] == r"Fight \*club\*"
    await run(world, "words add", name="swords", pattern="fox with a sword", message="No swords.")
    assert "No swords" in await refusal(world, photo, preset="Fight *club*")
    assert not (await ask(world, photo)).ephemeral


@pytest.mark.story(settings={"MODELS": "schnell", "PRESETS_FILE": "off"})
async def test_a_preset_whose_model_is_gone_says_so(world: World, photo: bytes) -> None:
    """Neither suggested nor used, and marked in the moderators' list; with another model it works."""
    await run(world, "presets add", **OIL)
    assert await suggestions(world) == []
    assert "needs the model dev, which is not offered here" in await refusal(world, photo, preset="Oil")
    assert "model dev is not offered any more" in await run(world, "presets list")
    told, _ = await paint(world, photo, preset="Oil", model="schnell")
    assert told["input"]["prompt"] == "a fox, oil on canvas"


async def test_an_old_jobs_preset_stays_as_it_was(world: World, photo: bytes) -> None:
    """Again asks for the very same after the preset was changed, and after it is gone, on any process."""
    await run(world, "presets add", **OIL)
    for _ in range(2):
        world.standin._workshop._brush = lambda *_: b"no picture"
        await ask(world, photo, preset="Oil")
        await world.settle()
        await world.advance(LONG_ENOUGH)
        failed = world.channel.last_message
        assert failed is not None
        await run(world, "presets add", **OIL | {"template": "{prompt}, changed", "strength": 0.2})
        await run(world, "presets remove", name="Oil")
        await world.restart()
        result = await world.artist.click(failed, label="Again")
        await world.settle()
        job = await world.job(world.job_id(result))
        assert (job.request.words, job.request.strength, job.request.preset) == ("a fox, oil on canvas", 0.6, "Oil")
        await run(world, "presets add", **OIL)


# -- where nothing else is allowed -----------------------------------------------------------------------------------


async def test_a_channel_can_offer_presets_only(world: World, photo: bytes) -> None:
    """Without one, or with choices of one's own, a sentence says what to do; elsewhere nothing changes."""
    await run(world, "presets add", **OIL)
    await run(world, "set", setting="presets_only", value="on", channel=world.channel)
    told = await refusal(world, photo)
    assert "Please choose one with `preset`, such as Oil\\, Ink\\, Fine." in told
    for option in ({"model": "schnell"}, {"strength": 0.9}, {"guidance": 2.0}):
        assert "leave those three out" in await refusal(world, photo, preset="Oil", **option)
    assert "leave those three out" in await refusal(world, photo, preset="Ink", model="dev")
    assert world.standin.posts == 0
    order, _ = await paint(world, photo, preset="Oil", prompt="a dog", negative_prompt="cats")
    assert order["input"]["prompt"] == "a dog, oil on canvas"
    elsewhere = world.guild.create_text_channel("elsewhere")
    result = await world.artist.slash(elsewhere, "img2img", image=("cat.jpg", photo), prompt="a fox")
    assert not result.ephemeral


async def test_presets_only_leaves_a_way(world: World, photo: bytes) -> None:
    """Also where the default model is closed and the usual strength too much: nobody could type another one."""
    await decide(world, presets_only=True, models=frozenset({"dev"}), most_strength=0.4)
    order, card = await paint(world, photo, preset="Ink")
    assert (order["model"], order["input"]["denoise"]) == ("Qubico/flux1-dev", 0.4)
    assert fields(card)["Strength"] == "40%"


async def test_presets_only_is_judged_anew(world: World, photo: bytes) -> None:
    """Again does not bring back what was asked for without a preset, or with one that is other now, or gone."""
    world.standin._workshop._brush = lambda *_: b"no picture"
    await run(world, "presets add", **OIL)
    failed = []
    for options in ({}, {"preset": "Oil"}):
        await ask(world, photo, **options)
        await world.settle()
        await world.advance(LONG_ENOUGH)
        failed.append(world.channel.last_message)
    free, styled = failed
    assert free is not None
    assert styled is not None

    async def again(message: Any) -> str:
        result = await world.artist.click(message, label="Again")
        assert result.response is not None
        return str(result.response.content) if result.ephemeral else ""

    await decide(world, presets_only=True)
    assert "Please choose one with `preset`" in await again(free)
    assert await again(styled) == ""
    await run(world, "presets add", **OIL | {"strength": 0.2})
    assert "Please choose Oil with `/img2img`" in await again(styled)
    await run(world, "presets remove", name="Oil")
    assert "such as Ink" in await again(styled)


@pytest.mark.story(settings={"PRESETS_FILE": "off"})
async def test_nothing_can_be_made_with_presets_that_are_not_there(world: World, photo: bytes) -> None:
    """The operator's do not exist, so the server has to make some; its last one cannot be taken away by mistake."""
    await decide(world, presets_only=True)
    assert "Please tell a moderator" in await refusal(world, photo)
    assert await suggestions(world) == []
    assert "there are none" in await run(world, "set", setting="operator_presets", value="off")
    await run(world, "presets add", **OIL)
    await run(world, "set", setting="operator_presets", value="off")
    assert "there are none" in await run(world, "presets remove", name="Oil")
    assert [preset.name for preset in (await get_policy(world)).presets] == ["Oil"]


# -- moderators ------------------------------------------------------------------------------------------------------


async def test_presets_are_typed_listed_and_removed(world: World) -> None:
    """With what is wrong in a sentence; undone like every change."""
    assert "You have no presets of your own" in await run(world, "presets list")
    assert "Members can choose your preset Oil" in await run(world, "presets add", **OIL)
    assert "Oil cannot have a guidance" not in await run(world, "presets add", **OIL | {"name": "@here"})
    assert "takes none" in await run(world, "presets add", **OIL | {"model": "kontext"})
    assert "goes from 0\\.05 to 1" in await run(world, "presets add", **OIL | {"strength": 7.0})
    assert "is one of these, or none: schnell" in await run(world, "presets add", **OIL | {"model": "flux"})
    listed = await run(world, "presets list")
    assert "- **Oil** (Model dev · Strength 60% · Guidance 3.5): \\{prompt\\}\\, oil on canvas" in listed
    assert "- **\\@here**" in listed
    assert listed.index("From whoever runs the bot") < listed.index("**Ink**")
    await run(world, "set", setting="operator_presets", value="off")
    assert "Ink" not in await run(world, "presets list")
    assert "no preset of that name" in await run(world, "presets remove", name="Ink")
    assert "Your preset oil is removed" in await run(world, "presets remove", name="oil")
    assert [preset.name for preset in (await get_policy(world)).presets] == ["@here"]
    await run(world, "undo")
    assert [preset.name for preset in (await get_policy(world)).presets] == ["Oil", "@here"]
    assert "Your own presets: Oil, \\@here." in await run(world, "history")


async def test_a_list_that_is_too_long_says_so(world: World) -> None:
    """As many as fit, and how many there are besides."""
    for number in range(30):
        await run(world, "presets add", name=f"Number {number}", template="x " * 200)
    listed = await run(world, "presets list")
    shown = listed.count("- **Number")
    assert 10 < shown < 30
    assert listed.endswith(f"and {33 - shown} more")


async def test_typing_a_preset_is_helped(world: World) -> None:
    """The models on offer, and the presets to remove."""
    models = await world.moderator.autocomplete(world.channel, f"{DOOR} presets add", "model", "de")
    assert [each["value"] for each in models] == ["dev", "dev-advanced"]
    await run(world, "presets add", **OIL)
    names = await world.moderator.autocomplete(world.channel, f"{DOOR} presets remove", "name", "")
    assert [each["value"] for each in names] == ["Oil"]


async def test_a_preset_is_added_and_removed_in_the_panel(world: World) -> None:
    """By a form with everything in it; what cannot be is said, and nothing changes."""
    panel = await open_panel(world)
    await panel.open("what", "presets")
    typed = {"name": "Oil", "template": "oil on canvas", "model": ["dev"], "strength": "60 %", "guidance": "3,5"}
    result = await panel.type(**typed | {"strength": "much"})
    assert "strength of Oil goes from 0\\.05 to 1" in result.followups[0].content
    assert (await get_policy(world)).presets == ()
    await panel.type(**typed)
    assert "▸ Your own presets: Oil." in panel.text
    (oil,) = (await get_policy(world)).presets
    assert (oil.template, oil.model, oil.strength, oil.guidance) == ("{prompt}, oil on canvas", "dev", 0.6, 3.5)
    await panel.type(name="Ink", template="ink", model=[], strength="", guidance="")
    await panel.choose("value", "Oil")
    assert [preset.name for preset in (await get_policy(world)).presets] == ["Ink"]


async def test_a_trace_names_the_preset(world: World, photo: bytes) -> None:
    """With the words that PiAPI was told."""
    await run(world, "presets add", **OIL)
    result = await ask(world, photo, preset="Oil")
    traced = await world.moderator.slash(world.channel, "repaint-moderation trace", job=str(world.job_id(result)))
    assert traced.response is not None
    told = says(traced.response)
    assert "Preset\nOil" in told
    assert "a fox\\, oil on canvas" in told
