"""Members who find that a picture should not be shown, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.jobs import JobStatus
from tests.journeys.test_review import Court, answer, labels, says

if TYPE_CHECKING:
    import simcord

    from sandbox.world import World


@pytest.fixture
async def court(world: World) -> Court:
    """A guild whose moderators are told in a channel of their own; two reports are enough."""
    room = world.guild.create_text_channel("review")
    policies, by = world.house.client.rooms.policies, world.moderator.id
    with world.env.time_context():
        await policies.change(world.guild.id, by, "review_channel_id", room.id)
        await policies.change(world.guild.id, by, "report_count", 2)
    return Court(world, room)


async def report(court: Court, who: simcord.MemberActor, words: str = "") -> str:
    """Press Report and send the form. Returns what is answered."""
    shown = await who.click(court.reply(), label="Report")
    if shown.modal is None:
        return str(answer(shown).content)
    sent = await who.submit_modal(shown, {"words": words})
    await court.finish()
    return str(answer(sent).content)


async def test_enough_reports_hide_it_and_a_moderator_shows_it_again(court: Court, photo: bytes) -> None:
    """One member is not enough, however often; the second one's report blurs it and opens one case."""
    job_id = await court.ask(photo)
    assert "when more members report it" in await report(court, court.world.friend)
    assert "already" in await report(court, court.world.friend)
    assert not court.reply().attachments[0].is_spoiler()
    assert "hidden" in await report(court, court.world.moderator, "That is my sister!")
    assert court.reply().attachments[0].is_spoiler()
    assert "should not be shown" in says(court.reply())
    (case,) = court.room.history()
    assert "reported by 2 members" in says(case)
    assert "That is my sister" in says(case)
    assert len(case.attachments) == 2
    await court.press(court.world.moderator, "Approve")
    assert not court.reply().attachments[0].is_spoiler()
    assert (await court.world.job(job_id)).status is JobStatus.DONE


async def test_after_a_decision_it_takes_new_reporters(court: Court, photo: bytes) -> None:
    """The reports that moderators have answered do not count again."""
    job_id = await court.ask(photo)
    await report(court, court.world.friend)
    await report(court, court.world.moderator)
    await court.press(court.world.moderator, "Approve")
    third = court.world.guild.add_member(court.world.env.create_user("noa"))
    assert "when more members" in await report(court, third)
    assert (await court.world.job(job_id)).status is JobStatus.DONE


async def test_removed_where_the_policy_says_so(court: Court, photo: bytes) -> None:
    """Nothing is left to see until a moderator has decided; rejected, it stays away."""
    with court.world.env.time_context():
        await court.world.house.client.rooms.policies.change(
            court.world.guild.id, court.world.moderator.id, "report_then", "remove"
        )
    await court.ask(photo)
    await report(court, court.world.friend)
    await report(court, court.world.moderator)
    assert not court.reply().attachments
    await court.reject(court.world.moderator)
    assert not court.reply().attachments
    assert labels(court.reply()) == {"Why?"}


async def test_the_evidence_is_kept_when_our_copy_is_gone(court: Court, photo: bytes) -> None:
    """Long after the pictures were forgotten here, a report reads them from the reply and keeps them."""
    job_id = await court.ask(photo)
    await court.world.advance(80 * 3600)
    await court.world.house.client.rooms.retention.sweep()
    assert not await court.world.house.store.get_results(job_id)
    await report(court, court.world.friend)
    await report(court, court.world.moderator)
    assert await court.world.house.store.get_results(job_id)
    assert [each.filename for each in court.case().attachments] == ["SPOILER_result-1.png"]
    await court.press(court.world.moderator, "Approve")
    assert court.reply().attachments


async def test_the_menu_of_a_message_reports_too(court: Court, photo: bytes) -> None:
    """On Repaint's own results, and on nothing else."""
    await court.ask(photo)
    other = await court.world.friend.send(court.world.channel, "hello")
    nothing = await court.world.friend.context_menu(court.world.channel, "Report picture", other)
    assert "no picture of Repaint" in answer(nothing).content
    shown = await court.world.friend.context_menu(court.world.channel, "Report picture", court.reply())
    sent = await court.world.friend.submit_modal(shown, {"words": "no"})
    assert "Thank you" in answer(sent).content


async def test_ones_own_picture_is_not_reported(court: Court, photo: bytes) -> None:
    """A moderator can take it away; reports are for what others made."""
    await court.ask(photo)
    assert "your own picture" in await report(court, court.world.artist)


async def test_without_a_copy_the_only_one_is_left(court: Court, photo: bytes) -> None:
    """Neither hidden away for ever nor lost: moderators are told to act, and approval shows it as it was."""
    job_id = await court.ask(photo)
    await court.world.advance(80 * 3600)
    await court.world.house.client.rooms.retention.sweep()
    court.world.env.inject_error("GET", "/channels/*/messages/*", status=403, code=50001, times=None)
    await report(court, court.world.friend)
    await report(court, court.world.moderator)
    assert court.reply().attachments
    assert "should not be shown" in says(court.reply())
    assert "take the message away yourself" in says(court.case())
    await court.press(court.world.moderator, "Approve")
    assert court.reply().attachments
    assert "Here it is" in says(court.reply())
    assert (await court.world.job(job_id)).status is JobStatus.DONE


async def test_a_message_that_cannot_be_edited_is_replaced(court: Court, photo: bytes) -> None:
    """In an archived thread, say: the new one hides the picture, and the old one goes."""
    job_id = await court.ask(photo)
    old = court.reply().id
    court.world.env.inject_error("PATCH", "/webhooks/*", status=400, code=50083, times=None)
    court.world.env.inject_error("PATCH", f"/channels/{court.world.channel.id}/*", status=400, code=50083, times=None)
    await report(court, court.world.friend)
    await report(court, court.world.moderator)
    assert court.reply().id != old
    assert court.reply().attachments[0].is_spoiler()
    assert (await court.world.job(job_id)).message_id == court.reply().id
