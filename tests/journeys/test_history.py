"""One's own pictures: page by page, one of them again, and where it came from. As the member, and as somebody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from bot.database import jobs
from tests.journeys.test_hands import WEEKS, finish, labels, message, newest, paint, press, press_more
from tests.journeys.test_privacy import forge, last, open_server, review_everything
from tests.journeys.test_review import MODERATOR_WORDS, answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import simcord

    from bot.jobs import Job
    from sandbox.world import World

KEPT_FOR_WEEKS = pytest.mark.story(settings={"RETENTION_HOURS": "2000"})


@dataclass
class Album:
    """The one message in which a member looks at their pictures."""

    who: Any
    shown: simcord.ResponseMessage

    @property
    def text(self) -> str:
        """Everything it says."""
        embeds = self.shown.embeds
        fields = [f"{field.name}: {field.value}" for embed in embeds for field in embed.fields]
        return "\n".join([self.shown.content, *(f"{each.title}\n{each.description}" for each in embeds), *fields])

    @property
    def prompts(self) -> list[str]:
        """What is listed, by prompt."""
        return [str(embed.description).split("\n")[0].partition(" · ")[2] for embed in self.shown.embeds]

    @property
    def thumbnails(self) -> list[bool]:
        """Which of the entries have a small picture beside them."""
        return [embed.thumbnail.url is not None for embed in self.shown.embeds]

    @property
    def files(self) -> list[str]:
        """What is attached."""
        return [attachment.filename for attachment in self.shown.attachments]

    @property
    def buttons(self) -> list[str]:
        """What can be pressed."""
        return [label for label in labels(self.shown.message) if label]

    async def press(self, label: str) -> Any:
        """Click a button. The answer is in this very message, if it is for the member who looks."""
        result = await self.who.click(self.shown, label=label)
        assert all(each.ephemeral for each in (result.response, *result.followups) if each is not None)
        return result

    async def choose(self, value: str) -> None:
        """Choose in the select."""
        await self.who.select(self.shown, [value])


async def look(who: Any, where: simcord.ChannelHandle | None = None) -> Album:
    """Open one's pictures; None: in direct messages."""
    arguments = ("img2img-history",) if where is None else (where, "img2img-history")
    result = await who.slash(*arguments)
    assert result.ephemeral
    return Album(who, answer(result))


async def paint_all(world: World, photo: bytes, prompts: Sequence[str]) -> list[Job]:
    """Finished pictures, one after the other."""
    return [await paint(world, photo, prompt=prompt) for prompt in prompts]


def numbered(*numbers: int) -> list[str]:
    """Prompts that are easily told apart."""
    return [f"cat {number}" for number in numbers]


# -- the list --------------------------------------------------------------------------------------------------------


async def test_pages_with_thumbnails_and_links(world: World, photo: bytes) -> None:
    """Five at a time with a small picture each; older and newer lead there and back, in the same message."""
    made = await paint_all(world, photo, numbered(1, 2, 3, 4, 5, 6, 7))
    album = await look(world.artist, world.channel)
    assert album.prompts == numbered(7, 6, 5, 4, 3)
    assert album.thumbnails == [True] * 5
    assert sorted(album.files) == [f"thumbnail-{job.id}.jpg" for job in made[2:]]
    assert album.buttons == ["1", "2", "3", "4", "5", "Older"]
    assert all(f"/{world.guild.id}/{world.channel.id}/{job.message_id}" in album.text for job in made[2:])
    assert "✨ Finished · schnell" in album.text
    await album.press("Older")
    assert (album.prompts, album.buttons) == (numbered(2, 1), ["1", "2", "Newer"])
    assert sorted(album.files) == [f"thumbnail-{job.id}.jpg" for job in made[:2]]
    await album.press("Newer")
    assert album.prompts == numbered(7, 6, 5, 4, 3)


async def test_it_is_told_what_is_listed(world: World, photo: bytes) -> None:
    """A filter by how it went, also empty; other people's words are shown as they were typed."""
    album = await look(world.artist, world.channel)
    assert "`/img2img` makes your first one" in album.text
    await paint(world, photo, prompt="a **bold** cat <@1>")
    await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="fail")
    await finish(world)
    await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="soon")
    await world.settle()
    album = await look(world.artist, world.channel)
    assert album.prompts == ["soon", "fail", r"a \*\*bold\*\* cat \<\@1\>"]
    assert album.thumbnails == [False, False, True]
    for shelf, prompts in {
        "finished": [r"a \*\*bold\*\* cat \<\@1\>"],
        "failed": ["fail"],
        "waiting": ["soon"],
        "drafts": [],
    }.items():
        await album.choose(shelf)
        assert album.prompts == prompts
        (chosen,) = [option for option in options(album) if option["default"]]
        assert chosen["value"] == shelf
    assert "nothing of yours like that" in album.text
    assert not album.files


def options(album: Album) -> list[dict[str, Any]]:
    """What can be chosen."""
    (select,) = [each for row in album.shown.components for each in row["components"] if each["type"] == 3]
    return [{"default": False} | option for option in select["options"]]


async def test_the_filter_holds_from_page_to_page_and_back_from_a_picture(world: World, photo: bytes) -> None:
    """Who looks at finished ones does not meet the others when turning the page."""
    await paint_all(world, photo, numbered(1, 2))
    await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="fail")
    await finish(world)
    await paint_all(world, photo, numbered(3, 4, 5, 6))
    album = await look(world.artist, world.channel)
    await album.choose("finished")
    await album.press("Older")
    assert album.prompts == numbered(1)
    await album.press("Newer")
    assert album.prompts == numbered(6, 5, 4, 3, 2)
    await album.press("5")
    await album.press("Where it came from")
    await album.press("Back")
    await album.press("Back")
    assert album.prompts == numbered(6, 5, 4, 3, 2)


async def test_everything_works_after_a_restart(world: World, photo: bytes) -> None:
    """The plug was pulled between two clicks: nothing had to be remembered."""
    await paint_all(world, photo, numbered(1, 2, 3, 4, 5, 6))
    album = await look(world.artist, world.channel)
    for click, then in {
        "Older": "cat 1",
        "1": "Here it is",
        "Where it came from": "The picture that was attached",
        "Back": "cat 1",
    }.items():
        await world.restart(gently=False)
        await album.press(click)
        assert then in album.text
    await album.press("Back")
    await world.restart(gently=False)
    await album.choose("failed")
    assert "nothing of yours like that" in album.text


async def test_a_server_shows_its_own_and_a_direct_message_shows_all(world: World, photo: bytes) -> None:
    """As `/repaint-privacy` does, with a link to each message, also to those between the two of them."""
    mine, there = open_server(world, world.artist)
    await paint(world, photo, prompt="here")
    await mine.slash(there, "img2img", image=("cat.jpg", photo), prompt="elsewhere")
    await finish(world)
    user = world.artist.user
    await user.slash("img2img", image=("cat.jpg", photo), prompt="between us")
    await finish(world)
    assert (await look(world.artist, world.channel)).prompts == ["here"]
    assert (await look(mine, there)).prompts == ["elsewhere"]
    album = await look(user)
    assert album.prompts == ["between us", "elsewhere", "here"]
    assert "discord.com/channels/@me/" in album.text
    await album.press("2")
    assert album.files
    assert "from everywhere" in (await look(user)).text


async def test_where_discord_takes_no_pictures_there_are_words(world: World, photo: bytes) -> None:
    """A server whose uploads are closed still shows the list."""
    await paint(world, photo, prompt="a cat")
    world.env.inject_error("PATCH", "/webhooks/*", status=400, code=400001, times=1)
    album = await look(world.artist, world.channel)
    assert album.prompts == ["a cat"]
    assert "takes no pictures here right now" in album.text
    assert (album.files, album.thumbnails) == ([], [False])


# -- one of them -----------------------------------------------------------------------------------------------------


async def test_a_picture_again_and_on_from_there(world: World, photo: bytes) -> None:
    """The picture itself with its words and what was paid, and the hands that its own message has."""
    first, second = await paint_all(world, photo, numbered(1, 2))
    album = await look(world.artist, world.channel)
    await album.press("2")
    assert album.files == [f"repaint-sandbox-{first.id}-1.png"]
    for words in ("> cat 1", "Cost: $0.0015", "Asked for: <t:", f"/{first.message_id})"):
        assert words in album.text
    assert album.buttons == ["Again", "Edit", "Use as source", "More", "Where it came from", "Back"]
    again = await newest(world, await world.artist.click(album.shown, label="Again"))
    assert (again.request.prompt, again.request.from_job_id) == ("cat 1", first.id)
    await album.press("Back")
    assert album.prompts == numbered(1, 2, 1)
    await album.press("2")
    form = await world.artist.click(album.shown, label="Use as source")
    onward = await newest(world, await world.artist.submit_modal(form, {"prompt": "on"}))
    assert (onward.request.from_job_id, onward.request.from_position) == (second.id, 0)


@KEPT_FOR_WEEKS
async def test_a_picture_after_weeks_while_it_is_kept(world: World, photo: bytes) -> None:
    """Its message is gone for long, the picture is not."""
    job = await paint(world, photo)
    await world.moderator.delete(message(world, job))
    await sweep(world, WEEKS)
    album = await look(world.artist, world.channel)
    assert album.thumbnails == [True]
    await album.press("1")
    assert album.files


async def test_a_picture_after_weeks_when_only_its_message_has_it(world: World, photo: bytes) -> None:
    """The list is without it, and asks nobody; who opens it gets it from the message."""
    job = await paint(world, photo)
    await sweep(world, WEEKS)
    assert not await world.house.store.get_results(job.id)
    album = await look(world.artist, world.channel)
    assert (album.prompts, album.thumbnails) == (["a cat in watercolour"], [False])
    await album.press("1")
    assert album.files
    assert "Use as source" in album.buttons


async def test_a_picture_when_nobody_has_it_any_more(world: World, photo: bytes) -> None:
    """It says so, and offers what still makes sense."""
    job = await paint(world, photo)
    await sweep(world, WEEKS)
    await world.moderator.delete(message(world, job))
    album = await look(world.artist, world.channel)
    await album.press("1")
    assert not album.files
    assert album.text.startswith("\n✨ Finished\n> a cat")
    assert "no longer kept" in album.text
    assert album.buttons == ["Again", "Edit", "Where it came from", "Back"]


async def sweep(world: World, seconds: float) -> None:
    """Time passes, and what is old enough is forgotten."""
    await world.advance(seconds)
    with world.env.time_context():
        await world.house.client.rooms.retention.sweep()


async def test_what_is_deleted_is_listed_without_its_picture(world: World, photo: bytes) -> None:
    """The words are still the member's, until they have them erased: then it is not listed at all."""
    job = await paint(world, photo, prompt="a cat")
    asked = await press_more(world, job, "Delete")
    await world.artist.click(asked.response.message, label="Delete it for good")
    album = await look(world.artist, world.channel)
    assert (album.prompts, album.thumbnails) == (["a cat"], [False])
    assert "🗑️ Deleted" in album.text
    assert "discord.com" not in album.text
    await album.press("1")
    assert not album.files
    assert album.text.startswith("\n🗑️ Deleted\n> a cat\n\nThis picture was taken away.")
    assert album.buttons == ["Again", "Edit", "Where it came from", "Back"]
    erased = await world.artist.slash(world.channel, "repaint-privacy delete")
    await world.artist.click(answer(erased), label="Delete it for good")
    assert (await look(world.artist, world.channel)).prompts == []
    assert "no longer kept" in str(answer(await album.press("Where it came from")).content)


async def test_what_a_moderator_holds_or_rejected_is_not_shown(world: World, photo: bytes) -> None:
    """One's own pictures are no way around a review."""
    room = await review_everything(world)
    job_id = world.job_id(await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat"))
    await finish(world)
    for words in ("With a moderator", "Not shown"):
        album = await look(world.artist, world.channel)
        assert album.thumbnails == [False]
        assert words in album.text
        await album.press("1")
        assert await world.house.store.get_results(job_id)
        assert not album.files
        form = await world.moderator.click(last(room), label="Reject") if words == "With a moderator" else None
        if form is not None:
            await world.moderator.submit_modal(form, MODERATOR_WORDS)
            await finish(world)
    assert album.buttons == ["Why?", "Where it came from", "Back"]


async def test_what_is_covered_stays_covered(world: World, photo: bytes) -> None:
    """What moderators put behind a spoiler has no thumbnail, and is opened by one more click."""
    room = await review_everything(world)
    await world.artist.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="a cat")
    await finish(world)
    await world.moderator.click(last(room), label="Approve as spoiler")
    await finish(world)
    album = await look(world.artist, world.channel)
    assert album.thumbnails == [False]
    await album.press("1")
    assert album.shown.attachments[0].is_spoiler()


# -- its family ------------------------------------------------------------------------------------------------------


async def go_on(world: World, job: Job, prompt: str, who: simcord.MemberActor | None = None) -> Job:
    """Use a result as source."""
    form = await press(world, job, "Use as source", who)
    return await newest(world, await (who or world.artist).submit_modal(form, {"prompt": prompt}))


async def test_three_generations(world: World, photo: bytes) -> None:
    """Up to the picture that was attached and down to the last, other tries told apart, each a click away."""
    first = await paint(world, photo, prompt="a lake")
    child = await go_on(world, first, "the lake in winter")
    await newest(world, await press(world, child, "Again"))
    grandchild = await go_on(world, child, "a comic of it")
    await go_on(world, grandchild, "pop art")
    opened = answer(await press(world, child, "More"))
    album = Album(world.artist, opened)
    await album.press("Where it came from")
    above, below = [str(embed.description).split("\n") for embed in album.shown.embeds]
    assert [line.partition("\u00a0[")[0] for line in above] == [
        "📎 The picture that was attached",
        "🖌️ a lake",
        "**🖼️ made from that: the lake in winter",
    ]
    assert [line.partition("\u00a0[")[0] for line in below] == [
        "🖼️ made from that: a comic of it",
        "\u2003🖼️ made from that: pop art",
        "🔁 another try at the same picture: the lake in winter",
    ]
    assert all(f"/{job.message_id})" in album.text for job in (first, child, grandchild))
    named = [option["label"] for option in options(album)]
    assert named == ["a lake", "a comic of it", "pop art", "the lake in winter"]
    await album.choose(str(grandchild.id))
    assert "> a comic of it" in album.text
    assert album.files
    await album.press("Where it came from")
    assert "**🖼️ made from that: a comic of it" in album.text
    assert "Nothing yet" not in album.text


async def test_other_members_in_the_family_are_named_as_such(world: World, photo: bytes) -> None:
    """Not their words; a link only to what everybody in this server sees anyway, and no way to open it here."""
    mine = await paint(world, photo, prompt="a lake")
    theirs = []
    for prompt in ("secret one", "secret two", "secret three"):
        result = await world.friend.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt=prompt)
        theirs.append(await newest(world, result))
    public, elsewhere, held = theirs
    for job, changes in (
        (public, {}),
        (elsewhere, {"guild_id": 1}),
        (held, {"status": "reviewing"}),
        (mine, {"from_job_id": public.id, "from_position": 0}),
    ):
        values = {"from_job_id": mine.id, "from_position": 0} if job is not mine and job is not public else {}
        if values | changes:
            statement = update(jobs).where(jobs.c.id == job.id).values(values | changes)
            await world.house.store._database.run(statement)
    album = Album(world.artist, answer(await press(world, mine, "More")))
    await album.press("Where it came from")
    assert "secret" not in album.text
    assert album.text.count("somebody else's picture") == 3
    assert f"/{public.message_id})" in album.text
    assert f"/{elsewhere.message_id})" not in album.text
    assert f"/{held.message_id})" not in album.text
    assert not [row for row in album.shown.components if row["components"][0]["type"] == 3]


# -- who may ---------------------------------------------------------------------------------------------------------


async def test_forged_clicks_show_nobody_elses_pictures(world: World, photo: bytes) -> None:
    """A button with another member's job opens nothing; a page is always the clicker's own, for them alone."""
    job = await paint(world, photo, prompt="mine alone")
    for action in ("open_all", "family_all", "family"):
        public = await forge(world, f"job:{job.id}:{action}")
        refused = answer(await world.friend.click(public, label="Press me"))
        assert refused.ephemeral
        assert "Only the member who asked" in refused.content
    for at in (job.id, 0, 2**63 - 1):
        public = await forge(world, f"job:{at}:history_all")
        theirs = Album(world.friend, answer(await world.friend.click(public, label="Press me")))
        assert theirs.shown.ephemeral
        assert "mine alone" not in theirs.text
        own = Album(world.artist, answer(await world.artist.click(public, label="Press me")))
        assert own.prompts == ["mine alone"]
        unchanged = last(world.channel)
        assert (unchanged.content, unchanged.embeds, unchanged.attachments) == ("look", [], [])


async def test_a_forged_choice_opens_nothing(world: World, photo: bytes) -> None:
    """What a select brings is not believed, either."""
    job = await paint(world, photo, prompt="mine alone")
    result = await world.friend.slash(world.channel, "img2img", image=("cat.jpg", photo), prompt="theirs")
    await newest(world, result)
    album = await look(world.friend, world.channel)
    stored = album.shown._message
    (select,) = [each for row in stored.components for each in row["components"] if each["type"] == 3]
    select["custom_id"], select["options"] = "history:open:all", [{"label": "x", "value": str(job.id)}]
    refused = answer(await world.friend.select(album.shown, [str(job.id)]))
    assert "Only the member who asked" in refused.content
    assert album.prompts == ["theirs"]
