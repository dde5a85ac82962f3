"""A picture that is there already: whoever sees it in a message has it repainted, if whoever posted it lets them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
import pytest
from sqlalchemy import update

from bot.database import jobs
from bot.jobs import JobStatus
from tests.journeys.test_img2img import LONG_ENOUGH, ask
from tests.journeys.test_review import Court, answer, says

if TYPE_CHECKING:
    import simcord

    from bot.jobs import Job
    from sandbox.world import World

MENU = "Repaint this"


async def show(world: World, message: discord.Message, who: simcord.MemberActor | None = None) -> Any:
    """Choose Repaint this in the menu of a message."""
    channel = next(each for each in world.guild.channels.values() if each.id == message.channel.id)
    return await (who or world.artist).context_menu(channel, MENU, message)


async def refusal(world: World, message: discord.Message, who: simcord.MemberActor | None = None) -> str:
    """Why the form does not open."""
    told = await show(world, message, who)
    assert told.ephemeral
    return str(answer(told).content)


async def send(shown: Any, who: simcord.MemberActor, **typed: str) -> Any:
    """Fill the form in and send it. What is chosen already stays chosen."""
    choices = {name: asked["options"] for name, asked in questions(shown).items() if "options" in asked}
    chosen = {name: [typed.pop(name, _usual(options))] for name, options in choices.items()}
    return await who.submit_modal(shown, {"prompt": "a cat in oil"} | typed | chosen)


def _usual(options: list[dict[str, Any]]) -> str:
    return next(str(each["value"]) for each in options if each.get("default"))


def questions(shown: Any) -> dict[str, dict[str, Any]]:
    """What a form asks, by name."""
    parts = [part["component"] | {"label": part["label"]} for part in shown.modal["components"]]
    return {part["custom_id"]: part for part in parts}


async def finish(world: World, sent: Any) -> Job:
    """Let the job that a form became come to its end."""
    await world.settle()
    await world.advance(LONG_ENOUGH)
    return await world.job(world.job_id(sent))


async def test_a_picture_of_ones_own(world: World, photo: bytes) -> None:
    """From the menu to the finished picture: a public reply of whoever asked, from what the message shows."""
    message = await world.artist.send(world.channel, "look", attachments=[("cat.jpg", photo)])
    shown = await show(world, message)
    assert shown.modal["title"] == "Repaint this picture"
    assert list(questions(shown)) == ["prompt", "model", "strength", "negative_prompt", "guidance"]
    sent = await send(shown, world.artist, model="dev", strength="35 %", negative_prompt="snow", guidance="3,5")
    assert not sent.ephemeral
    job = await finish(world, sent)
    reply = world.channel.last_message
    assert reply is not None
    assert (job.status, job.request.member_id, job.message_id) == (JobStatus.DONE, world.artist.id, reply.id)
    assert reply.attachments
    (order,) = world.standin.created
    assert order.body["model"] == "Qubico/flux1-dev"
    assert (order.input["prompt"], order.input["negative_prompt"]) == ("a cat in oil", "snow")
    assert (order.input["denoise"], order.input["guidance_scale"]) == (0.35, 3.5)


@pytest.mark.story(settings={"MODELS": "dev,img2img-lora,kontext", "DEFAULT_MODEL": "dev"})
async def test_models_that_need_more_than_a_form_asks_are_left_out(world: World, photo: bytes) -> None:
    """What needs a style cannot be chosen; neither can what the moderators do not want."""
    message = await world.artist.send(world.channel, "", attachments=[("cat.jpg", photo)])
    offered = questions(await show(world, message))["model"]["options"]
    assert [(each["value"], each.get("default", False)) for each in offered] == [("dev", True), ("kontext", False)]
    policies = world.house.client.rooms.policies
    await policies.change(world.guild.id, world.moderator.id, "models", frozenset({"kontext"}))
    assert list(questions(await show(world, message))) == ["prompt"]


async def test_somebody_elses_with_their_consent(world: World, photo: bytes) -> None:
    """Who has said nothing allows it; who refuses keeps everybody out but themselves."""
    message = await world.friend.send(world.channel, "", attachments=[("cat.jpg", photo)])
    job = await finish(world, await send(await show(world, message), world.artist))
    assert (job.status, job.request.member_id) == (JobStatus.DONE, world.artist.id)
    await world.friend.slash(world.channel, "repaint-privacy sources refuse")
    assert "lets nobody start from their pictures" in await refusal(world, message)
    assert (await show(world, message, world.friend)).modal


async def test_consent_is_asked_again_when_the_form_is_sent(world: World, photo: bytes) -> None:
    """A form that is open for minutes knows nothing of what was decided meanwhile; what was typed comes back."""
    message = await world.friend.send(world.channel, "", attachments=[("cat.jpg", photo)])
    shown = await show(world, message)
    await world.friend.slash(world.channel, "repaint-privacy sources refuse")
    sent = await send(shown, world.artist)
    assert sent.ephemeral
    assert "lets nobody start from their pictures" in answer(sent).content
    assert "a cat in oil" in answer(sent).content
    assert world.standin.posts == 0


async def test_several_pictures(world: World, photo: bytes) -> None:
    """The form asks which; a text file is no choice, and neither is what Discord already says is too big."""
    files = [("notes.txt", b"a cat"), ("huge.png", b"0" * (11 * 1024 * 1024)), ("a.jpg", photo), ("b.WEBP", photo)]
    message = await world.artist.send(world.channel, "", attachments=files)
    shown = await show(world, message)
    asked = questions(shown)
    assert list(asked) == ["prompt", "model", "picture", "strength", "negative_prompt"]
    assert [each["label"] for each in asked["picture"]["options"]] == ["2. a.jpg", "3. b.WEBP"]
    sent = await send(shown, world.artist, picture="3")
    await world.settle()
    assert (await world.job(world.job_id(sent))).request.attachment_url == message.attachments[3].url


async def test_what_discord_says_of_it_is_judged_before_anything_is_asked(world: World) -> None:
    """Too big, or no picture at all: a sentence, and no form to type into for nothing."""
    heavy = await world.artist.send(world.channel, "", attachments=[("huge.png", b"0" * (11 * 1024 * 1024))])
    assert "at most 10 MB" in await refusal(world, heavy)
    other = await world.artist.send(world.channel, "no picture", attachments=[("notes.txt", b"a cat")])
    assert "no picture in that message" in await refusal(world, other)


async def test_a_message_that_was_passed_on(world: World, photo: bytes) -> None:
    """Its picture counts as that of whoever passed it on: Discord does not tell whose it was."""
    lounge = world.guild.create_text_channel("lounge")
    first = await world.friend.send(lounge, "", attachments=[("cat.jpg", photo)])
    message = await world.moderator.forward(first, world.channel)
    job = await finish(world, await send(await show(world, message), world.artist))
    assert job.status is JobStatus.DONE
    await world.moderator.slash(world.channel, "repaint-privacy sources refuse")
    assert "lets nobody" in await refusal(world, message)


async def test_another_bots_picture_in_an_embed(world: World, photo: bytes) -> None:
    """It is fetched from Discord's own address for it, never from where it really is."""
    proxied = "https://images-ext-1.discordapp.net/external/x/https/art.example/cat.jpg"
    world.env.backend.cdn._blobs[proxied] = photo
    hook = world.guild.create_webhook(world.channel, "Art")
    message = await hook.send(embed=discord.Embed().set_image(url="https://art.example/cat.jpg"))
    assert "no picture" in await refusal(world, message)
    stored = world.env.backend.get_message(world.channel.id, message.id)
    stored.embeds[0]["image"]["proxy_url"] = proxied
    job = await finish(world, await send(await show(world, message), world.artist))
    assert (job.status, job.request.attachment_url) == (JobStatus.DONE, proxied)


async def test_the_answer_of_another_app_is_whose_who_asked_for_it(world: World, photo: bytes) -> None:
    """Consent is theirs: the app has nothing to say about it."""
    painter = world.guild.add_member(world.env.create_user("painter", bot=True))
    message = await painter.send(world.channel, "", attachments=[("cat.jpg", photo)])
    stored = world.env.backend.get_message(world.channel.id, message.id)
    user = {"id": str(world.friend.id), "username": "theo", "discriminator": "0", "avatar": None}
    stored.interaction_metadata = {"id": "1", "type": 2, "user": user, "authorizing_integration_owners": {}}
    assert (await show(world, message)).modal
    await world.friend.slash(world.channel, "repaint-privacy sources refuse")
    assert "lets nobody" in await refusal(world, message)
    assert (await show(world, message, world.friend)).modal


# -- our own results ---------------------------------------------------------------------------------------------------


async def make(world: World, photo: bytes, **options: Any) -> tuple[Job, discord.Message]:
    """A finished picture of the artist's, and its message."""
    job_id, _ = await ask(world, photo, **options)
    await world.settle()
    await world.advance(LONG_ENOUGH)
    message = world.channel.last_message
    assert message is not None
    return await world.job(job_id), message


async def test_a_result_is_a_source_with_a_known_origin(world: World, photo: bytes) -> None:
    """The very bytes that are kept, and the new job says which picture it was made from."""
    job, message = await make(world, photo, count=2)
    shown = await show(world, message, world.friend)
    assert [each["label"] for each in questions(shown)["picture"]["options"]] == ["Result 1", "Result 2"]
    world.env.backend.cdn._blobs.clear()
    made = await finish(world, await send(shown, world.friend, picture="2"))
    assert (made.request.from_job_id, made.request.from_position) == (job.id, 1)
    assert (made.status, made.request.member_id) == (JobStatus.DONE, world.friend.id)


async def test_a_result_whose_bytes_are_forgotten_is_taken_from_discord(world: World, photo: bytes) -> None:
    """Weeks later the message still has the picture; when it has not, a sentence says so."""
    job, message = await make(world, photo)
    await world.advance(80 * 3600)
    await world.house.client.rooms.retention.sweep()
    assert not await world.house.store.get_results(job.id)
    made = await finish(world, await send(await show(world, message), world.artist))
    assert (made.status, made.request.from_job_id) == (JobStatus.DONE, job.id)
    shown = await show(world, message)
    world.env.backend.cdn._blobs.pop(message.attachments[0].url)
    sent = await send(shown, world.artist)
    await world.settle()
    assert "no longer kept" in str([each.content for each in sent.followups])


async def test_a_results_member_has_the_say(world: World, photo: bytes) -> None:
    """Also when somebody else passed the message on."""
    _, message = await make(world, photo)
    passed_on = await world.moderator.forward(message, world.channel)
    job = await finish(world, await send(await show(world, passed_on, world.friend), world.friend))
    assert job.request.from_position == 0
    await world.artist.slash(world.channel, "repaint-privacy sources refuse")
    for each in (message, passed_on):
        assert "lets nobody" in await refusal(world, each, world.friend)
        assert (await show(world, each)).modal


async def test_a_picture_in_the_making_is_none_yet(world: World, photo: bytes) -> None:
    """There is nothing in the message, or only the source on its way to PiAPI."""
    await ask(world, photo)
    message = world.channel.last_message
    assert message is not None
    assert "no picture" in await refusal(world, message)


@pytest.mark.story(settings={"SOURCE_HANDOVER": "discord"})
async def test_the_source_on_its_way_is_not_for_everybody(world: World, photo: bytes) -> None:
    """It hangs on the reply for PiAPI's sake only; who passed the message on has not got hold of it either."""
    job_id, _ = await ask(world, photo)
    await world.settle()
    message = world.channel.last_message
    assert message is not None
    assert message.attachments
    passed_on = await world.friend.forward(message, world.channel)
    assert "not finished" in await refusal(world, message)
    done = update(jobs).where(jobs.c.id == job_id).values(status="done")  # PiAPI cannot fetch from this Discord
    await world.house.store._database.run(done)
    assert "not finished" in await refusal(world, passed_on, world.friend)


@pytest.fixture
async def court(world: World) -> Court:
    """A guild whose moderators see what was reported; one report is enough."""
    room = world.guild.create_text_channel("review")
    policies, by = world.house.client.rooms.policies, world.moderator.id
    with world.env.time_context():
        await policies.change(world.guild.id, by, "review_channel_id", room.id)
        await policies.change(world.guild.id, by, "report_count", 1)
    return Court(world, room)


async def test_what_moderators_look_at_cannot_be_used(court: Court, photo: bytes) -> None:
    """Neither behind its spoiler, nor from the case, nor by a form that was open before, until they let it through."""
    world, (_, message) = court.world, await make(court.world, photo)
    shown = await show(world, message)
    reporting = await world.friend.click(message, label="Report")
    await world.friend.submit_modal(reporting, {"words": ""})
    await court.finish()
    assert court.reply().attachments[0].is_spoiler()
    assert "moderators have not let it through" in await refusal(world, court.reply())
    assert "moderators have not let it through" in await refusal(world, court.case(), world.moderator)
    sent = await send(shown, world.artist)
    assert "moderators have not let it through" in answer(sent).content
    await court.press(world.moderator, "Approve")
    assert (await show(world, court.reply())).modal
    assert "moderators" in await refusal(world, court.case(), world.moderator)


async def test_a_rejected_picture_is_gone_for_good(court: Court, photo: bytes) -> None:
    """Also where somebody had passed it on before."""
    world, (_, message) = court.world, await make(court.world, photo)
    passed_on = await world.friend.forward(message, world.channel)
    reporting = await world.friend.click(message, label="Report")
    await world.friend.submit_modal(reporting, {"words": ""})
    await court.finish()
    await court.reject(world.moderator)
    assert "moderators have not let it through" in await refusal(world, passed_on, world.friend)


async def test_a_copy_with_a_borrowed_name_is_only_a_picture(world: World, photo: bytes) -> None:
    """Who calls their file like one of ours gets nothing of that job's."""
    job, _ = await make(world, photo)
    await world.artist.slash(world.channel, "repaint-privacy sources refuse")
    name = f"repaint-sandbox-{job.id}-1.png"
    message = await world.friend.send(world.channel, "", attachments=[(name, photo)])
    made = await finish(world, await send(await show(world, message, world.friend), world.friend))
    assert (made.status, made.request.from_job_id) == (JobStatus.DONE, None)


async def test_the_rules_of_the_place_hold(world: World, photo: bytes) -> None:
    """It is a job like every other: what the policy refuses is refused, and the prompt comes back."""
    await world.house.client.rooms.policies.change(
        world.guild.id, world.moderator.id, "closed_channels", frozenset({world.channel.id})
    )
    message = await world.artist.send(world.channel, "", attachments=[("cat.jpg", photo)])
    sent = await send(await show(world, message), world.artist)
    assert "not used in this channel" in answer(sent).content
    assert "a cat in oil" in answer(sent).content
    assert "a cat in oil" not in says(message)


async def test_where_presets_are_all_there_is_the_form_asks_for_one(world: World, photo: bytes) -> None:
    """Its words and numbers come from the preset; a channel of presets is no dead end for the menu."""
    with world.env.time_context():
        await world.house.client.rooms.policies.change(world.guild.id, world.moderator.id, "presets_only", True)
    message = await world.friend.send(world.channel, "look", attachments=[("cat.jpg", photo)])
    form = await world.artist.context_menu(world.channel, "Repaint this", message)
    sent = await world.artist.submit_modal(form, {"prompt": "a fox", "preset": ["Oil painting"]})
    await world.settle()
    job = await world.job(world.job_id(sent))
    assert (job.request.preset, job.request.strength) == ("Oil painting", 0.75)
    assert "oil painting on canvas" in world.standin.created[-1].input["prompt"]
