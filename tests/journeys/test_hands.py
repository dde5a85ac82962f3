"""What a finished picture invites to: again, differently, on from it, beside its source, described, gone."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from bot.errors import Reason
from bot.jobs import JobStatus
from bot.moderation.chain import EntryKind
from tests.journeys.test_blocks import said
from tests.journeys.test_img2img import ask
from tests.journeys.test_review import answer

if TYPE_CHECKING:
    import discord
    import simcord

    from bot.jobs import Job
    from sandbox.world import World

LONG = 60
WEEKS = 21 * 24 * 3600
MORE = ("Stronger", "Gentler", "Compare", "Alt text", "Where it came from", "Delete")


async def paint(world: World, photo: bytes, **options: Any) -> Job:
    """A finished picture."""
    job_id, _ = await ask(world, photo, **options)
    await finish(world)
    job = await world.job(job_id)
    assert job.status is JobStatus.DONE
    return job


async def finish(world: World) -> None:
    """Let what is on its way come to its end."""
    await world.settle()
    await world.advance(LONG)
    await world.settle()


def message(world: World, job: Job) -> discord.Message:
    """The reply of a job."""
    return next(each for each in world.channel.history() if each.id == job.message_id)


def labels(shown: discord.Message) -> list[str]:
    """The buttons under a message, in order."""
    return [str(getattr(button, "label", "")) for row in shown.components for button in getattr(row, "children", ())]


async def press(world: World, job: Job, label: str, who: simcord.MemberActor | None = None) -> Any:
    """Click a button of a job's reply."""
    return await (who or world.artist).click(message(world, job), label=label)


async def press_more(world: World, job: Job, label: str, who: simcord.MemberActor | None = None) -> Any:
    """Click a button behind More."""
    opened = await press(world, job, "More", who)
    assert opened.response is not None
    return await (who or world.artist).click(opened.response.message, label=label)


async def newest(world: World, result: simcord.InteractionResult) -> Job:
    """The job that a click began, finished."""
    job_id = world.job_id(result)
    await finish(world)
    return await world.job(job_id)


async def colour(shown: discord.Message) -> Any:
    """The colour in the corner of the picture a message shows."""
    picture = Image.open(io.BytesIO(await shown.attachments[0].read())).convert("RGB")
    return picture.getpixel((2, 2))


async def test_one_row_is_in_view_and_the_rest_behind_more(world: World, photo: bytes) -> None:
    """Five buttons at most; its member finds six more, shown to them alone."""
    job = await paint(world, photo)
    assert labels(message(world, job)) == ["Again", "Edit", "Use as source", "Report", "More"]
    opened = await press(world, job, "More")
    assert opened.ephemeral
    assert labels(opened.response.message) == list(MORE)


async def test_again_is_the_same_request_and_a_new_job(world: World, photo: bytes) -> None:
    """Same picture, same words, same numbers; the first picture stays where it is."""
    job = await paint(world, photo, strength=0.4, negative_prompt="snow")
    again = await newest(world, await press(world, job, "Again"))
    assert again.id != job.id
    assert (again.request.prompt, again.request.strength, again.request.negative_prompt) == (
        "a cat in watercolour",
        0.4,
        "snow",
    )
    assert again.request.from_job_id == job.id
    first, second = world.standin.created
    assert first.source_sha256 == second.source_sha256
    assert len([each for each in world.channel.history() if each.attachments]) == 2


async def test_edit_asks_with_what_was_there_and_paints_what_is_typed(world: World, photo: bytes) -> None:
    """Numbers as people write them; what is left as it was stays."""
    job = await paint(world, photo, strength=0.4, guidance=2.5)
    form = await press(world, job, "Edit")
    typed = {"prompt": "a dog in oil", "strength": "85 %", "negative_prompt": "", "guidance": "3,5"}
    edited = await newest(world, await world.artist.submit_modal(form, typed))
    assert (edited.request.prompt, edited.request.strength, edited.request.guidance) == ("a dog in oil", 0.85, 3.5)
    assert world.standin.created[-1].input["prompt"] == "a dog in oil"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"strength": "a lot"}, "is a number such as 0.7"),
        ({"strength": "7"}, "goes from 0.05 to 1"),
        ({"prompt": "  "}, "prompt is empty"),
    ],
)
async def test_what_was_typed_wrongly_is_given_back(
    world: World, photo: bytes, typed: dict[str, str], sentence: str
) -> None:
    """A form is gone when it is sent: the sentence says what to do, and the words are not lost."""
    job = await paint(world, photo)
    form = await press(world, job, "Edit")
    given = {"prompt": "a long and *careful* prompt", "strength": "0.7", "negative_prompt": "", "guidance": ""} | typed
    told = said(await world.artist.submit_modal(form, given))
    assert sentence in told
    assert "prompt" in typed or r"a long and \*careful\* prompt" in told
    assert len(world.standin.created) == 1


async def test_stronger_and_gentler_are_one_step(world: World, photo: bytes) -> None:
    """And say so where there is no further step."""
    job = await paint(world, photo, strength=0.7)
    stronger = await newest(world, await press_more(world, job, "Stronger"))
    assert stronger.request.strength == 0.85
    gentler = await newest(world, await press_more(world, job, "Gentler"))
    assert gentler.request.strength == 0.55
    top = await newest(world, await press_more(world, stronger, "Stronger"))
    assert top.request.strength == 1.0
    assert "as strong as it gets" in said(await press_more(world, top, "Stronger"))
    assert len(world.standin.created) == 4


async def test_a_result_becomes_the_next_source(world: World, photo: bytes) -> None:
    """What came out goes in: turned into its negative twice, the picture is as it was."""
    job = await paint(world, photo)
    form = await press(world, job, "Use as source")
    typed = {"prompt": "once more", "strength": "", "negative_prompt": "", "guidance": ""}
    onward = await newest(world, await world.artist.submit_modal(form, typed))
    assert (onward.request.from_job_id, onward.request.from_position) == (job.id, 0)
    first, second = await colour(message(world, job)), await colour(message(world, onward))
    assert all(abs(one + other - 255) < 12 for one, other in zip(first, second, strict=True))


async def test_of_several_results_one_is_chosen(world: World, photo: bytes) -> None:
    """The form asks which."""
    job = await paint(world, photo, count=3)
    form = await press(world, job, "Use as source")
    typed = {"prompt": "on", "picture": ["2"], "strength": "", "negative_prompt": "", "guidance": ""}
    onward = await newest(world, await world.artist.submit_modal(form, typed))
    assert onward.request.from_position == 2
    results = await world.house.store.get_results(job.id)
    kept = await world.house.store.get_source(onward.id)
    assert kept is not None
    assert (kept.width, kept.height) == (results[2].width, results[2].height)


async def test_weeks_later_discords_copy_of_a_result_is_enough(world: World, photo: bytes) -> None:
    """Our bytes are gone, the message still has its picture: on from it; Again has nothing to begin from."""
    job = await paint(world, photo)
    await world.advance(WEEKS)
    await world.house.client.rooms.retention.sweep()
    assert not await world.house.store.get_results(job.id)
    form = await press(world, job, "Use as source")
    onward = await newest(world, await world.artist.submit_modal(form, {"prompt": "on", "strength": ""}))
    assert onward.status is JobStatus.DONE
    compared = await press_more(world, job, "Compare")
    assert "no longer kept" in said(compared)


async def test_before_and_after_stand_side_by_side(world: World, photo: bytes) -> None:
    """Both with alt text, to who asked alone."""
    job = await paint(world, photo)
    compared = await press_more(world, job, "Compare")
    assert compared.ephemeral
    before, after = answer(compared).attachments
    assert before.description == "Before: the picture that was repainted"
    assert "a cat in watercolour" in str(after.description)
    source = await world.house.store.get_source(job.id)
    assert source is not None
    assert await before.read() == source.data


async def test_an_alt_text_in_ones_own_words(world: World, photo: bytes) -> None:
    """It takes the place of the prompt's, on the message and wherever the picture is shown again."""
    job = await paint(world, photo)
    form = await press_more(world, job, "Alt text")
    told = await world.artist.submit_modal(form, {"0": "My cat Minka,\nasleep"})
    assert "read out" in said(told)
    (picture,) = message(world, job).attachments
    assert picture.description == "My cat Minka, asleep"
    shown = await world.artist.slash(world.channel, "img2img-result")
    assert answer(shown).attachments[0].description == "My cat Minka, asleep"


async def test_deleted_is_gone_for_good_after_two_clicks(world: World, photo: bytes) -> None:
    """The message goes, the pictures are forgotten, and the book says who did it."""
    job = await paint(world, photo)
    asked = await press_more(world, job, "Delete")
    assert message(world, job).attachments
    await world.artist.click(asked.response.message, label="Delete it for good")
    assert job.message_id not in {each.id for each in world.channel.history()}
    assert not await world.house.store.get_results(job.id)
    gone = await world.job(job.id)
    assert (gone.status, gone.reason) == (JobStatus.DONE, Reason.DELETED)
    (line,) = await world.house.client.rooms.book.read(world.guild.id)
    assert (line.kind, line.actor_id, line.job_id) == (EntryKind.DELETED, world.artist.id, job.id)
    nothing = await world.artist.slash(world.channel, "img2img-result")
    assert "no finished picture" in said(nothing)


async def test_a_moderator_may_delete_and_compare_and_nothing_else(world: World, photo: bytes) -> None:
    """Who has Manage Messages sees what was made of what, and takes it away."""
    job = await paint(world, photo)
    opened = answer(await press(world, job, "More", world.moderator)).message
    assert labels(opened) == ["Compare", "Delete"]
    asked = await world.moderator.click(opened, label="Delete")
    await world.moderator.click(answer(asked).message, label="Delete it for good")
    assert (await world.job(job.id)).reason is Reason.DELETED
    assert "deleted" not in said(await world.artist.slash(world.channel, "img2img-result")).lower()


@pytest.mark.parametrize("label", ["Again", "Edit", "Use as source", "More"])
async def test_other_members_get_a_sentence(world: World, photo: bytes, label: str) -> None:
    """The buttons are its member's; nothing is ordered by somebody else's click."""
    job = await paint(world, photo)
    assert "Only the member who asked" in said(await press(world, job, label, world.friend))
    assert len(world.standin.created) == 1


async def test_they_all_work_after_a_restart(world: World, photo: bytes) -> None:
    """Nothing is remembered but the row and the id on the button."""
    job = await paint(world, photo)
    await world.restart()
    again = await newest(world, await press(world, job, "Again"))
    assert again.status is JobStatus.DONE
    stronger = await newest(world, await press_more(world, again, "Stronger"))
    assert stronger.status is JobStatus.DONE
