"""Drafts: seen by their member alone, published through every gate, or thrown away without a trace in the channel."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from bot.errors import Reason
from bot.jobs import JobStatus
from bot.moderation.chain import EntryKind
from bot.moderation.words import WordRule
from tests.journeys.test_blocks import said
from tests.journeys.test_hands import labels
from tests.journeys.test_review import forge, says
from tests.readings import read_metrics

if TYPE_CHECKING:
    import discord
    import simcord

    from bot.jobs import Job
    from sandbox.world import World

WEEK = 7 * 24 * 3600
PAST_TOKEN = 16 * 60
slow = pytest.mark.story(durations={"Qubico/flux1-schnell": PAST_TOKEN}, settings={"GIVE_UP_MINUTES": "30"})
"""PiAPI paints for longer than a token lives."""
ON_THE_BOTS_OWN = "/channels/*/messages"
PROMPT = "a cat in a hat"


@dataclass(frozen=True)
class Atelier:
    """A world in which the artist makes drafts. `room` is where moderators look."""

    world: World
    room: simcord.ChannelHandle

    async def draft(self, photo: bytes, **options: Any) -> int:
        """The artist asks for a draft. It is not painted yet."""
        given = {"image": ("cat.jpg", photo), "prompt": PROMPT, "visibility": "draft"} | options
        result = await self.world.artist.slash(self.world.channel, "img2img", **given)
        assert result.ephemeral
        return self.world.job_id(result)

    async def finished(self, photo: bytes, **options: Any) -> int:
        """A draft that is painted."""
        job_id = await self.draft(photo, **options)
        await self.finish()
        return job_id

    async def painting(self, photo: bytes) -> int:
        """A draft that PiAPI works on."""
        job_id = await self.draft(photo)
        await self.world.settle()
        await self.world.advance(1)
        return job_id

    async def outlive_token(self) -> None:
        """Let a quarter of an hour pass, and what comes after it."""
        await self.world.advance(PAST_TOKEN + 60)
        await self.finish()

    async def finish(self) -> None:
        """Let PiAPI paint, and everything happen that is due."""
        for _ in range(3):
            await self.world.advance(20)

    async def job(self, job_id: int) -> Job:
        """How it stands."""
        return await self.world.job(job_id)

    def public(self) -> list[discord.Message]:
        """What everybody sees."""
        return [each for each in self.world.channel.history() if each.author.bot]

    def alone(self, who: simcord.MemberActor | None = None) -> list[discord.Message]:
        """What a member sees and nobody else does."""
        seen = self.world.channel.history(viewer=who or self.world.artist)
        return [each for each in seen if each.flags.ephemeral]

    def mine(self) -> discord.Message:
        """The draft as its member sees it."""
        (message,) = self.alone()
        return message

    async def press(self, label: str, message: discord.Message | None = None) -> simcord.InteractionResult:
        """The artist clicks a button, of the draft if no other is named."""
        result = await self.world.artist.click(message or self.mine(), label=label)
        await self.finish()
        return result

    async def decide(self, **settings: Any) -> None:
        """The moderator changes the policy."""
        policies = self.world.house.client.rooms.policies
        with self.world.env.time_context():
            for key, value in settings.items():
                await policies.change(self.world.guild.id, self.world.moderator.id, key, value)

    async def moderate(self, label: str) -> None:
        """The moderator clicks on the newest case; a rejection is given a reason."""
        case = self.room.last_message
        assert case is not None
        shown = await self.world.moderator.click(case, label=label)
        if shown.modal is not None:
            await self.world.moderator.submit_modal(shown, {"reason": ["people"], "words": "Ask her first."})
        await self.finish()

    def close_direct_messages(self) -> None:
        """Nothing the bot sends by its own token arrives."""
        self.world.env.inject_error("POST", ON_THE_BOTS_OWN, status=403, code=50007, times=None)

    def told_directly(self) -> list[discord.Message]:
        """The artist's direct messages."""
        return self.world.artist.user.dm_channel.history()


@pytest.fixture
async def atelier(world: World) -> Atelier:
    """Moderators have a channel, and look only at what was flagged."""
    room = world.guild.create_text_channel("review")
    made = Atelier(world, room)
    await made.decide(review_channel_id=room.id)
    return made


# -- on the way ------------------------------------------------------------------------------------------------------


async def test_a_draft_is_seen_by_its_member_alone(atelier: Atelier, photo: bytes) -> None:
    """From the first word to the finished picture, the channel stays empty."""
    job_id = await atelier.draft(photo)
    assert labels(atelier.mine()) == ["Cancel", "Show result"]
    assert "only you see this" in says(atelier.mine())
    await atelier.world.settle()
    await atelier.world.advance(1)
    assert "Painting" in says(atelier.mine())
    await atelier.finish()
    draft = atelier.mine()
    assert labels(draft) == ["Publish", "Discard", "Again", "Edit", "More"]
    assert "Only you see this draft" in says(draft)
    (picture,) = draft.attachments
    (kept,) = await atelier.world.house.store.get_results(job_id)
    assert await picture.read() == kept.data
    assert not atelier.public()
    assert not atelier.alone(atelier.world.friend)
    assert not atelier.alone(atelier.world.moderator)
    assert (await atelier.job(job_id)).status is JobStatus.DONE


async def test_public_is_what_it_is_without_a_choice(atelier: Atelier, photo: bytes) -> None:
    """Who chooses it says what happens anyway."""
    given = {"image": ("cat.jpg", photo), "prompt": PROMPT, "visibility": "public"}
    result = await atelier.world.artist.slash(atelier.world.channel, "img2img", **given)
    assert not result.ephemeral
    assert not (await atelier.job(atelier.world.job_id(result))).request.draft


async def test_a_draft_on_its_way_is_cancelled(atelier: Atelier, photo: bytes) -> None:
    """Nothing is to be discarded yet; the message says that it was stopped."""
    job_id = await atelier.draft(photo)
    await atelier.press("Cancel")
    assert "Stopped" in says(atelier.mine())
    assert (await atelier.job(job_id)).status is JobStatus.CANCELLED


async def test_a_guild_or_a_channel_can_do_without_drafts(atelier: Atelier, photo: bytes) -> None:
    """Refused in a sentence, before anything is made; in public it still works."""
    policies, world = atelier.world.house.client.rooms.policies, atelier.world
    with world.env.time_context():
        await policies.change(world.guild.id, world.moderator.id, "drafts", False, world.channel.id)
    given = {"image": ("cat.jpg", photo), "prompt": PROMPT}
    refused = await world.artist.slash(world.channel, "img2img", **given, visibility="draft")
    assert "do not allow drafts here" in said(refused)
    assert not (await world.artist.slash(world.channel, "img2img", **given)).ephemeral
    elsewhere = world.guild.create_text_channel("elsewhere")
    assert (await world.artist.slash(elsewhere, "img2img", **given, visibility="draft")).response is not None
    assert len(await world.house.store.get_open()) == 2


async def test_a_draft_is_refused_by_the_same_rules(atelier: Atelier, photo: bytes) -> None:
    """It costs as much, and says as much, as any other."""
    await atelier.decide(daily_pictures=1)
    given = {"image": ("cat.jpg", photo), "visibility": "draft"}
    undressed = await atelier.world.artist.slash(atelier.world.channel, "img2img", prompt="undress her", **given)
    assert "does not undress people" in said(undressed)
    await atelier.finished(photo)
    second = await atelier.world.artist.slash(atelier.world.channel, "img2img", prompt=PROMPT, **given)
    assert "1 pictures a day" in said(second)


async def test_a_picture_that_is_none_is_refused_alone(atelier: Atelier) -> None:
    """The draft's message goes, and the sentence comes in its place."""
    job_id = await atelier.draft(b"not a picture")
    await atelier.world.settle()
    assert (await atelier.job(job_id)).status is JobStatus.REFUSED
    assert "not a picture" in says(atelier.mine())
    assert not atelier.public()


@pytest.mark.story(settings={"PUBLIC_URL": "", "SOURCE_HANDOVER": "discord"})
async def test_a_source_that_discord_holds_is_not_shown_to_others(atelier: Atelier, photo: bytes) -> None:
    """It is attached to what its member alone sees, also where everything is reviewed."""
    await atelier.decide(review="everything")
    job_id = await atelier.draft(photo)
    await atelier.world.settle()
    (source,) = atelier.mine().attachments
    assert (await atelier.job(job_id)).image_url == source.url
    assert not atelier.public()
    assert not atelier.room.history()


# -- when the token is dead ------------------------------------------------------------------------------------------


@slow
async def test_a_click_before_the_quarter_of_an_hour_lets_it_come_by_itself(atelier: Atelier, photo: bytes) -> None:
    """Near minute 14 there is a button, also after a restart, and it brings fifteen new minutes."""
    job_id = await atelier.painting(photo)
    await atelier.world.restart()
    await atelier.world.advance(13 * 60)
    await atelier.press("Show result")
    await atelier.world.advance(4 * 60)
    await atelier.finish()
    assert (await atelier.job(job_id)).status is JobStatus.DONE
    assert atelier.mine().attachments
    assert not atelier.told_directly()
    assert not atelier.public()


@slow
async def test_without_a_click_it_comes_as_a_direct_message(atelier: Atelier, photo: bytes) -> None:
    """Never into the channel. There it has its buttons, and Publish says where it can be published."""
    job_id = await atelier.painting(photo)
    await atelier.outlive_token()
    (direct,) = atelier.told_directly()
    assert direct.attachments
    assert labels(direct) == ["Publish", "Discard", "Again", "Edit", "More"]
    assert not atelier.public()
    assert (await atelier.job(job_id)).reason is None
    told = await atelier.world.artist.user.click(direct, label="Publish")
    assert told.response is not None
    assert f"<#{atelier.world.channel.id}>" in told.response.content
    assert not atelier.public()
    await atelier.world.artist.user.click(direct, label="Discard")
    assert not any(each.attachments for each in atelier.told_directly())
    assert not await atelier.world.house.store.get_results(job_id)


@slow
async def test_where_no_way_is_left_the_button_brings_it(atelier: Atelier, photo: bytes) -> None:
    """Direct messages are closed: it is kept, for the button, which brings it a day later."""
    job_id = await atelier.painting(photo)
    atelier.close_direct_messages()
    await atelier.outlive_token()
    assert (await atelier.job(job_id)).reason is Reason.REPLY_GONE
    await atelier.world.advance(24 * 3600)
    await atelier.press("Show result")
    assert atelier.mine().attachments
    assert "Publish" in labels(atelier.mine())
    assert not atelier.public()


@pytest.mark.story(settings={"GIVE_UP_MINUTES": "10"}, durations={"Qubico/flux1-schnell": 40 * 60})
async def test_how_it_ended_is_told_directly_where_the_token_is_dead(atelier: Atelier, photo: bytes) -> None:
    """An end without a picture is no secret from its member."""
    job_id = await atelier.painting(photo)
    await atelier.outlive_token()
    assert (await atelier.job(job_id)).status is JobStatus.FAILED
    (direct,) = atelier.told_directly()
    assert "has not finished in time" in says(direct)
    assert not atelier.public()


@pytest.mark.parametrize("code", [50083, 30046, 10008, 10003, 50001, 10015, 50027, 400001])
async def test_whatever_discord_says_nothing_of_a_draft_gets_into_the_channel(
    atelier: Atelier, photo: bytes, code: int
) -> None:
    """Archived, dismissed, closed: what would be a new message for others is a direct one here."""
    await atelier.painting(photo)
    atelier.world.env.inject_error("PATCH", "/webhooks/*", status=404, code=code, times=None)
    await atelier.finish()
    assert atelier.told_directly()[0].attachments
    assert not atelier.public()


async def test_the_last_result_is_shown_with_its_buttons(atelier: Atelier, photo: bytes) -> None:
    """A dismissed draft comes again with `/img2img-result`, and is published from there."""
    job_id = await atelier.finished(photo)
    await atelier.world.advance(3600)
    shown = await atelier.world.artist.slash(atelier.world.channel, "img2img-result")
    assert shown.ephemeral
    assert shown.response is not None
    await atelier.press("Publish", shown.response.message)
    (public,) = atelier.public()
    assert public.attachments
    assert (await atelier.job(job_id)).message_id == public.id


# -- published -------------------------------------------------------------------------------------------------------


async def test_a_draft_is_found_in_the_history_and_published_from_there(atelier: Atelier, photo: bytes) -> None:
    """Its buttons are those of the draft; the list is its member's."""
    await atelier.finished(photo)
    listed = (await atelier.world.artist.slash(atelier.world.channel, "img2img-history")).response
    assert listed is not None
    assert "Draft" in says(listed.message)
    await atelier.world.artist.click(listed.message, label="1")
    opened = next(each for each in atelier.alone() if each.id == listed.id)
    assert labels(opened)[:5] == ["Publish", "Discard", "Again", "Edit", "More"]
    await atelier.press("Publish", opened)
    assert atelier.public()[0].attachments
    said_now = next(each for each in atelier.alone() if each.id == listed.id)
    assert "Published" in says(said_now)
    assert not said_now.attachments


async def test_published_it_is_a_picture_like_any_other(atelier: Atelier, photo: bytes) -> None:
    """A message of its own, with everybody's buttons; the draft says where it is, and has none any more."""
    job_id = await atelier.finished(photo)
    draft = atelier.mine()
    (kept,) = await atelier.world.house.store.get_results(job_id)
    await atelier.world.artist.click(draft, label="Publish")
    await atelier.world.settle()
    (public,) = atelier.public()
    assert await public.attachments[0].read() == kept.data
    assert labels(public) == ["Again", "Edit", "Use as source", "Report", "More"]
    assert "only you" not in says(public).lower()
    gone = atelier.mine()
    assert gone.id == draft.id
    assert "Published" in says(gone)
    assert f"/{public.channel.id}/{public.id}" in says(gone)
    assert not gone.attachments
    assert not labels(gone)
    job = await atelier.job(job_id)
    assert (job.status, job.request.draft, job.message_id) == (JobStatus.DONE, False, public.id)
    assert len(atelier.world.standin.created) == 1
    form = await atelier.world.friend.click(public, label="Report")
    assert form.modal is not None
    form = await atelier.world.friend.context_menu(atelier.world.channel, "Report picture", public)
    assert form.modal is not None


async def test_clicked_twice_it_is_published_once(atelier: Atelier, photo: bytes) -> None:
    """The second click, on a copy of the draft that still has its buttons, is told so."""
    job_id = await atelier.finished(photo)
    copy = (await atelier.world.artist.slash(atelier.world.channel, "img2img-result")).response
    assert copy is not None
    await atelier.world.artist.click(next(each for each in atelier.alone() if each.id != copy.id), label="Publish")
    again = await atelier.world.artist.click(copy.message, label="Publish")
    assert "message of its own" in said(again)
    await atelier.finish()
    late = await atelier.press("Publish", copy.message)
    assert "Go to it" in said(late)
    assert "message of its own" in said(await atelier.press("Discard", copy.message))
    (public,) = atelier.public()
    assert public.attachments
    assert (await atelier.job(job_id)).status is JobStatus.DONE


@pytest.mark.parametrize("gently", [True, False])
async def test_a_restart_in_between_loses_nothing(atelier: Atelier, photo: bytes, *, gently: bool) -> None:
    """The click is in the row before anything is shown; the next process shows it, once."""
    job_id = await atelier.finished(photo)
    await atelier.world.artist.click(atelier.mine(), label="Publish")
    assert not atelier.public()
    await atelier.world.restart(gently=gently)
    await atelier.finish()
    (public,) = atelier.public()
    assert public.attachments
    assert "Published" in says(atelier.mine())
    assert (await atelier.job(job_id)).message_id == public.id


async def test_a_process_that_dies_with_the_click_unanswered_has_published_it(atelier: Atelier, photo: bytes) -> None:
    """Discord takes no answer to the click: the row has moved, so the picture comes."""
    await atelier.finished(photo)
    before = read_metrics()
    atelier.world.env.inject_error("POST", "/interactions/*", status=404, code=10062, times=1)
    await atelier.press("Publish")
    assert read_metrics().since(before).get("discord_errors_total", code="10062") == 1
    (public,) = atelier.public()
    assert public.attachments


async def test_a_message_that_was_sent_is_not_sent_again(atelier: Atelier, photo: bytes) -> None:
    """Discord does not take the picture for a while: it is brought into the message that is there."""
    await atelier.finished(photo)
    await atelier.world.artist.click(atelier.mine(), label="Publish")
    atelier.world.env.inject_error("PATCH", "/webhooks/*", status=500, code=0, times=3)
    await atelier.world.settle()
    (public,) = atelier.public()
    assert not public.attachments
    await atelier.finish()
    (public,) = atelier.public()
    assert public.attachments
    assert "Published" in says(atelier.mine())


async def test_a_channel_that_takes_no_message_leaves_a_draft(atelier: Atelier, photo: bytes) -> None:
    """Neither token can write there: it is a draft again, says so, and can be published when that is over."""
    job_id = await atelier.finished(photo)
    atelier.world.env.inject_error("POST", "/webhooks/*", status=401, code=50027, times=1)
    atelier.world.env.inject_error("POST", ON_THE_BOTS_OWN, status=403, code=50001, times=1)
    await atelier.press("Publish")
    assert not atelier.public()
    job = await atelier.job(job_id)
    assert (job.status, job.request.draft) == (JobStatus.DONE, True)
    assert "Not published" in says(atelier.mine())
    shown = await atelier.world.artist.slash(atelier.world.channel, "img2img-result")
    assert shown.response is not None
    await atelier.press("Publish", shown.response.message)
    assert len(atelier.public()) == 1


async def test_a_draft_is_published_days_later_and_not_when_it_is_forgotten(atelier: Atelier, photo: bytes) -> None:
    """While its picture is kept; afterwards it is said plainly, and nothing is shown."""
    first, second = await atelier.finished(photo), await atelier.finished(photo)
    messages = {(await atelier.job(each)).message_id: each for each in (first, second)}
    old, other = sorted(atelier.alone(), key=lambda each: messages[each.id])
    await atelier.world.advance(2 * 24 * 3600)
    await atelier.press("Publish", old)
    assert len(atelier.public()) == 1
    await atelier.world.advance(WEEK)
    await atelier.world.house.client.rooms.retention.sweep()
    assert "no longer kept" in said(await atelier.press("Publish", other))
    assert len(atelier.public()) == 1


# -- through every gate ----------------------------------------------------------------------------------------------


async def refuse(atelier: Atelier, job_id: int, sentence: str) -> None:
    """Publish is refused in this sentence, and the draft stays."""
    told = said(await atelier.press("Publish", atelier.alone()[0]))
    assert sentence in told
    assert "Your draft stays as it is" in told
    assert not atelier.public()
    job = await atelier.job(job_id)
    assert (job.status, job.request.draft) == (JobStatus.DONE, True)
    assert "Publish" in labels(atelier.alone()[0])


async def test_who_was_blocked_publishes_nothing(atelier: Atelier, photo: bytes) -> None:
    """As they can ask for nothing."""
    job_id, world = await atelier.finished(photo), atelier.world
    with world.env.time_context():
        await world.house.client.rooms.blocks.block(world.guild.id, world.artist.id, world.moderator.id, "enough")
    await refuse(atelier, job_id, "enough")
    lines = await world.house.client.rooms.book.read(world.guild.id)
    assert (EntryKind.REFUSED, job_id) in {(line.kind, line.job_id) for line in lines}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"models": frozenset({"dev"})}, "have chosen which models"),
        ({"most_strength": 0.3}, "how far pictures may change"),
        ({"newcomer_days": 30}, "new to this server"),
        ({"words": (WordRule("hats", "hat", "words", "refuse", "No hats here"),)}, "No hats here"),
    ],
)
async def test_what_the_guild_wants_now_counts(
    atelier: Atelier, photo: bytes, settings: dict[str, Any], sentence: str
) -> None:
    """Its rules may have changed since the draft was made."""
    job_id = await atelier.finished(photo)
    await atelier.decide(**settings)
    await refuse(atelier, job_id, sentence)


async def test_a_channel_that_was_closed_meanwhile(atelier: Atelier, photo: bytes) -> None:
    """Nothing new comes into it."""
    job_id = await atelier.finished(photo)
    await atelier.decide(closed_channels=frozenset({atelier.world.channel.id}))
    await refuse(atelier, job_id, "not used in this channel")


async def test_a_pause_after_a_refusal_holds_for_publishing(atelier: Atelier, photo: bytes) -> None:
    """Who was refused a moment ago waits with everything."""
    job_id = await atelier.finished(photo)
    await atelier.decide(cooldown_minutes=10)
    given = {"image": ("cat.jpg", photo), "prompt": "undress her"}
    await atelier.world.artist.slash(atelier.world.channel, "img2img", **given)
    await refuse(atelier, job_id, "short break")


async def test_limits_and_budgets_are_not_asked_twice(atelier: Atelier, photo: bytes) -> None:
    """It is paid for: publishing costs nothing. Nor does it matter that drafts are not allowed any more."""
    await atelier.finished(photo)
    await atelier.decide(daily_pictures=1, guild_day_usd=Decimal("0.0001"), most_open=1, drafts=False)
    await atelier.press("Publish")
    assert len(atelier.public()) == 1


async def test_a_source_that_was_banned_meanwhile_is_not_published(atelier: Atelier, photo: bytes) -> None:
    """Nor what was made from it."""
    from bot.moderation import likeness  # noqa: PLC0415 (the one story that looks at pictures)

    job_id, world = await atelier.finished(photo), atelier.world
    source = await world.house.store.get_source(job_id)
    assert source is not None
    with world.env.time_context():
        look = await likeness.look_at(source.data)
        await world.house.client.rooms.bans.ban(world.guild.id, look, "stolen", world.moderator.id, None)
    await refuse(atelier, job_id, "do not want this picture")


async def test_where_everything_is_reviewed_publishing_brings_it_before_the_moderators(
    atelier: Atelier, photo: bytes
) -> None:
    """The draft itself is seen by nobody else, so nobody looks first; then they do, and decide."""
    await atelier.decide(review="everything")
    job_id = await atelier.finished(photo)
    assert atelier.mine().attachments
    assert not atelier.room.history()
    await atelier.press("Publish")
    (public,) = atelier.public()
    assert "Waiting for a moderator" in says(public)
    assert not public.attachments
    assert "Waiting for a moderator" in says(atelier.mine())
    assert f"/{public.id}" in says(atelier.mine())
    assert not labels(atelier.mine())
    await atelier.moderate("Approve")
    (public,) = atelier.public()
    assert public.attachments
    assert (await atelier.job(job_id)).status is JobStatus.DONE


async def test_what_moderators_reject_is_not_published(atelier: Atelier, photo: bytes) -> None:
    """The message says so, its member reads why, and nothing brings it back."""
    await atelier.decide(review="everything")
    job_id = await atelier.finished(photo)
    await atelier.press("Publish")
    await atelier.moderate("Reject")
    (public,) = atelier.public()
    assert "decided not to show" in says(public)
    assert not public.attachments
    assert "Ask her first" in says(atelier.told_directly()[0])
    assert (await atelier.job(job_id)).status is JobStatus.REJECTED


async def test_words_that_are_held_now_bring_it_before_the_moderators(atelier: Atelier, photo: bytes) -> None:
    """A rule that was made since then counts, too."""
    await atelier.finished(photo)
    await atelier.decide(words=(WordRule("hats", "hat", "words", "hold", ""),))
    await atelier.press("Publish")
    (public,) = atelier.public()
    assert not public.attachments
    assert "hats" in says(atelier.room.history()[0])


async def test_a_flagged_draft_is_held_from_its_member_too(atelier: Atelier, photo: bytes) -> None:
    """They read that it waits. The moderators know that it is a draft; approved, it is the member's to publish."""
    await atelier.decide(words=(WordRule("hats", "hat", "words", "hold", ""),))
    job_id = await atelier.finished(photo)
    assert "Waiting for a moderator" in says(atelier.mine())
    assert not atelier.mine().attachments
    (case,) = atelier.room.history()
    assert "only its member sees it" in says(case)
    assert "Go to it" not in says(case)
    await atelier.moderate("Approve")
    assert atelier.mine().attachments
    assert not atelier.public()
    await atelier.press("Publish")
    (public,) = atelier.public()
    assert public.attachments
    assert (await atelier.job(job_id)).status is JobStatus.DONE
    assert len(atelier.room.history()) == 1


async def test_a_rejected_draft_is_shown_to_nobody(atelier: Atelier, photo: bytes) -> None:
    """Weeks later, when nothing but a direct message reaches its member."""
    await atelier.decide(words=(WordRule("hats", "hat", "words", "hold", ""),))
    job_id = await atelier.finished(photo)
    await atelier.world.advance(3 * WEEK)
    await atelier.moderate("Reject")
    (direct,) = atelier.told_directly()
    assert "Ask her first" in says(direct)
    assert not direct.attachments
    assert not atelier.public()
    assert (await atelier.job(job_id)).status is JobStatus.REJECTED
    shown = await atelier.world.artist.slash(atelier.world.channel, "img2img-result")
    assert "no finished picture" in said(shown)


async def test_a_held_draft_that_is_approved_late_comes_directly(atelier: Atelier, photo: bytes) -> None:
    """The token is long dead, and the channel is no way for a draft."""
    await atelier.decide(words=(WordRule("hats", "hat", "words", "hold", ""),))
    await atelier.finished(photo)
    await atelier.world.advance(WEEK)
    await atelier.moderate("Approve")
    (direct,) = atelier.told_directly()
    assert direct.attachments
    assert not atelier.public()


# -- thrown away -----------------------------------------------------------------------------------------------------


async def test_discarded_it_leaves_nothing(atelier: Atelier, photo: bytes) -> None:
    """No message, no picture, nothing to publish; a copy that still has its buttons says so."""
    job_id = await atelier.finished(photo)
    copy = (await atelier.world.artist.slash(atelier.world.channel, "img2img-result")).response
    assert copy is not None
    await atelier.press("Discard", next(each for each in atelier.alone() if each.id != copy.id))
    assert [each.id for each in atelier.alone()] == [copy.id]
    assert not await atelier.world.house.store.get_results(job_id)
    assert (await atelier.job(job_id)).reason is Reason.DELETED
    assert "thrown away" in said(await atelier.press("Publish", copy.message))
    await atelier.press("Discard", copy.message)
    assert not any(each.attachments for each in atelier.alone())
    assert not atelier.public()


async def test_discarded_where_it_is_shown_again_it_goes_there_and_here(atelier: Atelier, photo: bytes) -> None:
    """While the first message can still be reached."""
    await atelier.finished(photo)
    copy = (await atelier.world.artist.slash(atelier.world.channel, "img2img-result")).response
    assert copy is not None
    await atelier.press("Discard", copy.message)
    assert not atelier.alone()


async def test_a_draft_that_cannot_be_taken_away_says_that_it_is_gone(atelier: Atelier, photo: bytes) -> None:
    """Discord does not delete it: it loses its picture and its buttons."""
    await atelier.finished(photo)
    atelier.world.env.inject_error("DELETE", "/webhooks/*", status=403, code=50013, times=None)
    await atelier.press("Discard")
    assert "thrown away" in says(atelier.mine())
    assert not atelier.mine().attachments
    assert not labels(atelier.mine())


# -- who may, and what it is not -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "action", ["publish", "discard", "more", "delete", "compare", "alt", "again", "source", "show"]
)
async def test_somebody_elses_forged_click_does_nothing(atelier: Atelier, photo: bytes, action: str) -> None:
    """Not a member's, and not a moderator's: a draft is its member's."""
    job_id, world = await atelier.finished(photo), atelier.world
    for who in (world.friend, world.moderator):
        told = await forge(world, who, world.channel, f"job:{job_id}:{action}")
        assert "Only the member" in said(told)
    job = await atelier.job(job_id)
    assert (job.status, job.reason, job.request.draft) == (JobStatus.DONE, None, True)
    assert len(world.standin.created) == 1


@pytest.mark.parametrize("action", ["publish", "discard"])
async def test_no_message_of_others_decides_about_a_draft(atelier: Atelier, photo: bytes, action: str) -> None:
    """Its member's own click, on a button that was forged where everybody sees it, changes and shows nothing there."""
    job_id, world = await atelier.finished(photo), atelier.world
    told = await forge(world, world.artist, world.channel, f"job:{job_id}:{action}")
    assert "nothing to publish or to discard here" in said(told)
    await atelier.finish()
    (forged,) = atelier.public()
    assert (forged.content, forged.embeds) == ("forged", [])
    assert (await atelier.job(job_id)).request.draft


async def test_no_report_and_no_menu_reaches_a_draft(atelier: Atelier, photo: bytes) -> None:
    """Whoever forges a button, or names its message, finds nothing."""
    job_id, world = await atelier.finished(photo), atelier.world
    message_id = (await atelier.job(job_id)).message_id
    told = await forge(world, world.friend, world.channel, f"job:{job_id}:report")
    assert "no picture of Repaint to report" in said(told)
    assert await world.house.store.get_by_message(world.channel.id, message_id or 0) is None
    link = f"https://discord.com/channels/{world.guild.id}/{world.channel.id}/{message_id}"
    unknown = await world.moderator.slash(world.channel, "repaint-moderation trace", job=link)
    assert "Nothing here came from that" in said(unknown)


async def test_moderators_find_a_draft_as_every_job_and_without_its_link(atelier: Atelier, photo: bytes) -> None:
    """A trace says that it is one; neither it nor the log says where it is."""
    log_room = atelier.world.guild.create_text_channel("log")
    await atelier.decide(log_channel_id=log_room.id, words=(WordRule("hats", "hat", "words", "hold", ""),))
    job_id = await atelier.finished(photo)
    traced = said(
        await atelier.world.moderator.slash(atelier.world.channel, "repaint-moderation trace", job=str(job_id))
    )
    shown = await atelier.world.moderator.slash(atelier.world.channel, "repaint-moderation trace", job=str(job_id))
    assert shown.response is not None
    assert "only its member sees it" in says(shown.followups[0].message if shown.followups else shown.response.message)
    lines = "\n".join(each.content for each in log_room.history())
    assert "waits for a moderator" in lines
    message_id = str((await atelier.job(job_id)).message_id)
    assert message_id not in lines
    assert message_id not in traced


async def test_a_click_elsewhere_says_where_it_is_published(atelier: Atelier, photo: bytes) -> None:
    """What a member may do in a channel is known in that channel."""
    await atelier.finished(photo)
    elsewhere = atelier.world.guild.create_text_channel("elsewhere")
    shown = await atelier.world.artist.slash(elsewhere, "img2img-result")
    assert shown.response is not None
    told = said(await atelier.press("Publish", shown.response.message))
    assert f"<#{atelier.world.channel.id}>" in told
    assert not atelier.public()
    assert not [each for each in elsewhere.history() if each.author.bot]


async def test_on_from_a_draft_is_a_draft(atelier: Atelier, photo: bytes) -> None:
    """Again, Edit, and what is behind More; of its member's alone, and once published no longer."""
    job_id = await atelier.finished(photo)
    first = atelier.mine()
    again = await atelier.press("Again", first)
    assert again.ephemeral
    form = await atelier.world.artist.click(first, label="Edit")
    typed = {"prompt": "a dog", "strength": "0.5", "negative_prompt": "", "guidance": ""}
    edited = await atelier.world.artist.submit_modal(form, typed)
    assert edited.ephemeral
    more = (await atelier.press("More", first)).response
    assert more is not None
    assert labels(more.message) == ["Use as source", "Stronger", "Gentler", "Compare", "Alt text", "Where it came from"]
    form = await atelier.world.artist.click(more.message, label="Use as source")
    onward = await atelier.world.artist.submit_modal(form, typed)
    await atelier.finish()
    for result in (again, edited, onward):
        job = await atelier.job(atelier.world.job_id(result))
        assert (job.status, job.request.draft, job.request.from_job_id) == (JobStatus.DONE, True, job_id)
    assert not atelier.public()


async def test_an_alt_text_of_a_draft_goes_with_it(atelier: Atelier, photo: bytes) -> None:
    """On the draft while that can be reached, kept when it cannot, and on what is published."""
    await atelier.finished(photo)
    draft = atelier.mine()
    more = (await atelier.press("More", draft)).response
    assert more is not None
    form = await atelier.world.artist.click(more.message, label="Alt text")
    assert "read out" in said(await atelier.world.artist.submit_modal(form, {"0": "My cat Minka"}))
    (picture,) = next(each for each in atelier.alone() if each.id == draft.id).attachments
    assert picture.description == "My cat Minka"
    await atelier.world.advance(PAST_TOKEN)
    form = await atelier.world.artist.click(more.message, label="Alt text")
    told = said(await atelier.world.artist.submit_modal(form, {"0": "My cat Minka, asleep"}))
    assert "when you publish it" in told
    await atelier.press("Publish", draft)
    assert atelier.public()[0].attachments[0].description == "My cat Minka, asleep"


@slow
async def test_a_message_that_was_left_behind_knows_the_other_one(atelier: Atelier, photo: bytes) -> None:
    """A draft that came directly was published; the message that waited for a click says where it is."""
    await atelier.painting(photo)
    atelier.close_direct_messages()
    await atelier.outlive_token()
    waiting = atelier.mine()
    shown = await atelier.world.artist.slash(atelier.world.channel, "img2img-result")
    assert shown.response is not None
    await atelier.press("Publish", shown.response.message)
    (public,) = atelier.public()
    assert f"/{public.id}" in said(await atelier.press("Show result", waiting))
    assert not atelier.told_directly()


async def test_in_direct_messages_it_is_the_same(atelier: Atelier, photo: bytes) -> None:
    """Only that nobody else is there."""
    user = atelier.world.artist.user
    given = {"image": ("cat.jpg", photo), "prompt": PROMPT, "visibility": "draft"}
    result = await user.slash("img2img", **given)
    assert result.ephemeral
    await atelier.finish()
    assert result.response is not None
    await user.click(result.response.message, label="Publish")
    await atelier.finish()
    (public,) = user.dm_channel.history()
    assert public.attachments
    assert "Published" in says(result.response.message)
