"""The book, the log channel and where pictures came from: as moderator, member, outsider and other server."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import discord
import pytest
from PIL import Image, ImageDraw
from sqlalchemy import update

from bot.database import entries
from bot.moderation.cases import Matter, close_case, open_case
from bot.moderation.chain import EntryKind, Line

if TYPE_CHECKING:
    import simcord

    from bot.jobs import Job
    from sandbox.world import World

LOG = "repaint-moderation log"
TRACE = "repaint-moderation trace"
VERIFY = "repaint-moderation verify"
CASES = "repaint-moderation cases"
NOT_FOR_YOU = "Manage Messages"


@pytest.fixture(scope="session")
def portrait() -> bytes:
    """A picture with enough in it to be recognized."""
    picture = Image.linear_gradient("L").resize((320, 240)).convert("RGB")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((40, 30, 160, 190), fill="orange")
    draw.rectangle((200, 90, 290, 220), fill="navy")
    draw.line((0, 0, 320, 150), fill="white", width=9)
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=92)
    return data.getvalue()


async def paint(world: World, photo: bytes, who: simcord.MemberActor | None = None, **options: Any) -> Job:
    """A finished picture."""
    given = {"image": ("cat.jpg", photo), "prompt": "a cat on a mat", **options}
    result = await (who or world.artist).slash(world.channel, "img2img", **given)
    job_id = world.job_id(result)
    for _ in range(3):
        await world.advance(30)
    return await world.job(job_id)


async def write(world: World, **given: Any) -> int:
    """A line in this server's book."""
    values: dict[str, Any] = {"guild_id": world.guild.id, "kind": EntryKind.REFUSED, "member_id": world.artist.id}
    return await world.house.client.rooms.book.add(Line(**(values | given)))


def said(result: simcord.InteractionResult) -> str:
    """Everything that was answered, to whoever asked alone."""
    messages = [message for message in (result.response, *result.followups) if message is not None]
    assert all(message.ephemeral for message in messages)
    embeds = [embed for message in messages for embed in message.embeds]
    fields = [f"{field.name}: {field.value}" for embed in embeds for field in embed.fields]
    texts = [f"{embed.title}\n{embed.description}\n{embed.footer.text}" for embed in embeds]
    return "\n".join([*(message.content for message in messages), *texts, *fields])


async def ask(
    world: World, command: str, who: simcord.MemberActor | None = None, **options: Any
) -> simcord.InteractionResult:
    """Run one of the commands, as the moderator unless somebody else is named."""
    return await (who or world.moderator).slash(world.channel, command, **options)


async def attached(result: simcord.InteractionResult) -> tuple[str, bytes]:
    """The file of an answer."""
    (file,) = [each for message in (result.response, *result.followups) if message for each in message.attachments]
    return file.filename, await file.read()


async def allow(world: World, role: simcord.RoleHandle) -> None:
    """Open the command to a role, as an administrator can in Discord's own settings."""
    with world.env.time_context():
        commands = await world.house.client.tree.fetch_commands()
    (command,) = [each for each in commands if each.name == "repaint-moderation"]
    world.guild.set_command_permissions(command, {role: True})


async def open_log(world: World) -> simcord.ChannelHandle:
    """A log channel, and the policy that names it."""
    channel = world.guild.create_text_channel("log")
    policies = world.house.client.rooms.policies
    await policies.change(world.guild.id, world.moderator.id, "log_channel_id", channel.id)
    return channel


# -- the list, the files --------------------------------------------------------------------------------------------


async def test_a_moderator_reads_what_was_decided(world: World) -> None:
    """The newest first, with the words, and only what was asked for."""
    await write(world, subject="prompt_own", content={"prompt": "a cat in a **hat**", "rule": "own: hats"})
    await write(world, kind=EntryKind.BLOCK, actor_id=world.moderator.id, member_id=world.friend.id)
    everything = said(await ask(world, LOG))
    assert everything.index("`#2`") < everything.index("`#1`")
    assert "“a cat in a \\*\\*hat\\*\\*”" in everything
    assert "own rule “hats”" in everything
    for options in (
        {"member": world.artist},
        {"kind": "refused"},
        {"member": world.artist, "kind": "refused", "days": 1},
    ):
        some = said(await ask(world, LOG, **options))
        assert "`#1`" in some
        assert "`#2`" not in some
    assert "`#2`" in said(await ask(world, LOG, by=world.moderator))
    assert "nothing like that" in said(await ask(world, LOG, kind="ban"))
    await world.advance(3 * 86_400)
    assert "nothing like that" in said(await ask(world, LOG, days=2))


async def test_a_long_book_says_that_there_is_more(world: World) -> None:
    """A list that does not hold everything says how to have it."""
    for number in range(45):
        await write(world, subject=f"prompt_own {'x' * 60}", content={"prompt": f"{'*' * 300} {number}"})
    result = await ask(world, LOG)
    assert "`#45`" in said(result)
    assert "`#1`" not in said(result)
    assert "There are older ones" in said(result)
    _, data = await attached(await ask(world, LOG, format="csv"))
    assert len(list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))) == 46


async def test_the_book_as_a_file(world: World) -> None:
    """CSV for a spreadsheet, JSON to check; the oldest first, and filters count."""
    await write(world, content={"prompt": "=1+1"})
    await write(world, kind=EntryKind.UNBLOCK)
    name, data = await attached(await ask(world, LOG, format="csv"))
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert name == "repaint-book.csv"
    assert [row[0] for row in rows] == ["number", "1", "2"]
    assert rows[1][-1] == "prompt: =1+1"
    name, data = await attached(await ask(world, LOG, format="json", kind="refused"))
    assert name == "repaint-book.json"
    (line,) = json.loads(data)["entries"]
    assert line["digest"]
    assert line["content"] == {"prompt": "=1+1"}


@pytest.mark.parametrize("command", [LOG, VERIFY, CASES, TRACE])
async def test_members_see_none_of_it(world: World, command: str) -> None:
    """Not even where somebody opened the command to everyone: they get a sentence, alone, and nothing else."""
    await write(world, content={"prompt": "a secret"})
    await allow(world, world.guild.default_role)
    result = await ask(world, command, world.artist)
    assert NOT_FOR_YOU in said(result)
    assert "secret" not in said(result)
    assert not result.followups


async def test_a_chosen_role_may_read(world: World) -> None:
    """Whoever has a role that the policy names for reviews, without Manage Messages."""
    role = world.guild.create_role("Reviewers")
    reviewer = world.guild.add_member(world.env.create_user("ada"), roles=[role])
    await allow(world, role)
    assert NOT_FOR_YOU in said(await ask(world, VERIFY, reviewer))
    await world.house.client.rooms.policies.change(
        world.guild.id, world.moderator.id, "review_roles", frozenset({role.id})
    )
    assert "whole" in said(await ask(world, VERIFY, reviewer))


async def test_the_command_is_for_moderators_of_servers(world: World) -> None:
    """Discord itself hides it from members and from direct messages."""
    synced: list[Any] = [each.json for each in world.env.http_requests if each.path.endswith("/commands")]
    (command,) = [each for each in synced[-1] if each["name"] == "repaint-moderation"]
    assert int(command["default_member_permissions"]) == discord.Permissions(manage_messages=True).value
    assert command["contexts"] == [0]
    (trace,) = [each for each in command["options"] if each["name"] == "trace"]
    assert {"image"} == {kind for option in trace["options"] for kind in option.get("file_types", [])}
    assert not any("repaint-moderation" in each for each in world.artist.available_commands(world.channel))


# -- the log channel ------------------------------------------------------------------------------------------------


async def test_the_log_channel_gets_a_line_each(world: World, photo: bytes) -> None:
    """In order, joined where they come together, pinging nobody, with the seal of the last; each once."""
    log = await open_log(world)
    job = await paint(world, photo)
    await write(world, subject="prompt_own", job_id=job.id, content={"prompt": "a secret", "rule": "own: hats"})
    await write(world, kind=EntryKind.BLOCK, actor_id=world.moderator.id)
    await world.settle()
    told = [message.content for message in log.history()]
    lines = "\n".join(told).splitlines()
    assert [line.split(" ")[0] for line in lines if line.startswith("`#")] == ["`#1`", "`#2`", "`#3`"]
    assert f"https://discord.com/channels/{world.guild.id}/{world.channel.id}/{job.message_id}" in told[-1]
    assert "secret" not in told[-1]
    last = await world.house.client.rooms.book.last(world.guild.id)
    assert last is not None
    assert told[-1].endswith(f"-# Line 3 is sealed with {last.digest[:16]}")
    assert last.digest[:16] in said(await ask(world, VERIFY))
    posts: list[Any] = [each.json for each in world.env.http_requests if each.path == f"/channels/{log.id}/messages"]
    assert all(post["allowed_mentions"] == {"parse": []} for post in posts)
    await world.settle()
    assert [message.content for message in log.history()] == told


async def test_lines_that_somebody_tampered_with_hide_no_others(world: World, photo: bytes) -> None:
    """In the log channel, in the list, in a trace and in the files; who asks is told which was the first."""
    channel = await open_log(world)
    job = await paint(world, photo)
    for content in ("no JSON", '["a list"]', '"a text"', '{"until": 1, "kind": 2}', "{}"):
        number = await write(world, kind=EntryKind.BUDGET, job_id=job.id, subject="guild day 80", content={"pot": "x"})
        which = (entries.c.guild_id == world.guild.id, entries.c.number == number)
        await world.house.client.rooms.tracing._database.run(update(entries).where(*which).values(content=content))
    await write(world, kind=EntryKind.BAN, subject="17")
    await world.house.log_poster.flush()
    posted = "\n".join(message.content for message in channel.history())
    listed, traced = said(await ask(world, LOG)), said(await ask(world, TRACE, job=str(job.id)))
    for told in (posted, listed):
        assert "number 17" in told
    for told in (posted, listed, traced):
        assert told.count("this server, day, 80") == 5
    for form in ("csv", "json"):
        assert await attached(await ask(world, LOG, format=form))
    assert "is not as it was written" in said(await ask(world, VERIFY))


async def test_many_lines_are_a_few_messages(world: World) -> None:
    """Never more than Discord takes in one, none left out."""
    log = await open_log(world)
    changes = {str(number): {"was": "*" * 300, "is": "*" * 300} for number in range(5)}
    for number in range(25):
        content = changes if number % 2 else {}
        await write(world, kind=EntryKind.SETTINGS, subject="import", content=content)
    await world.settle()
    messages = [message.content for message in log.history()]
    assert len(messages) < 13
    assert all(len(message) <= 2000 for message in messages)
    assert sum(message.count("`#") for message in messages) == 26


async def test_a_server_without_a_log_channel_is_told_nothing_later(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever opens one gets what is decided from then on, not the past."""
    await write(world, subject="before")
    await world.settle()
    log = await open_log(world)
    await world.settle()
    (message,) = log.history()
    assert "before" not in message.content
    assert "posted" not in caplog.text


async def test_a_log_channel_that_is_closed_stops_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """It is said once in our own log; other servers get theirs, and so does this one once it is open again."""
    log = await open_log(world)
    await world.settle()
    other, channel = make_other_guild(world)
    await world.house.client.rooms.policies.change(other.id, world.moderator.id, "log_channel_id", channel.id)
    world.env.inject_error("POST", f"/channels/{log.id}/messages", status=403, code=50013, times=2)
    for number in range(2):
        await write(world, subject=f"lost {number}")
        await write(world, subject="theirs", guild_id=other.id)
        await world.settle()
    await write(world, subject="open_again")
    await world.settle()
    assert caplog.text.count("cannot be posted to its log channel") == 1
    assert "lost" not in "".join(message.content for message in log.history())
    assert "open again" in log.history()[-1].content
    assert sum(message.content.count("theirs") for message in channel.history()) == 2


async def test_a_channel_of_another_server_gets_nothing(world: World) -> None:
    """A policy that names a foreign channel, imported or forged, brings nothing there."""
    other, channel = make_other_guild(world)
    await world.house.client.rooms.policies.change(world.guild.id, world.moderator.id, "log_channel_id", channel.id)
    await write(world)
    await world.settle()
    assert not channel.history()
    assert other.id != world.guild.id


async def test_lines_come_by_themselves(world: World) -> None:
    """With the log poster running as in the real bot."""
    log = await open_log(world)
    with world.env.time_context():
        part = asyncio.create_task(world.house.log_poster.run())
        async with asyncio.timeout(5):
            while not log.history():
                await asyncio.sleep(0.01)
        part.cancel()
        await asyncio.gather(part, return_exceptions=True)
    assert "`#1`" in log.history()[-1].content


async def test_a_dropped_connection_is_tried_again(world: World) -> None:
    """A line arrives although Discord was away for a moment."""
    log = await open_log(world)
    world.env.inject_error("POST", f"/channels/{log.id}/messages", status=503, times=1)
    await world.settle()
    assert "`#1`" in log.history()[-1].content


# -- trace ----------------------------------------------------------------------------------------------------------


def make_other_guild(world: World) -> tuple[simcord.GuildHandle, simcord.ChannelHandle]:
    """Another server that the bot is in."""
    guild = world.env.create_guild("Elsewhere")
    return guild, guild.create_text_channel("general")


async def test_a_job_is_traced_by_link_and_by_number(world: World, portrait: bytes) -> None:
    """Who, when, from what, with which words, what it cost, what was decided, and what came from the same picture."""
    job = await paint(world, portrait, negative_prompt="dogs", model="schnell")
    database = world.house.client.rooms.tracing._database
    matter = Matter(world.guild.id, EntryKind.REPORT, world.artist.id, job.id, words="that is me")
    number = await database.transact(lambda connection: open_case(connection, matter))
    await database.transact(
        lambda connection: close_case(connection, world.guild.id, number, "approve", world.moderator.id, "it is fine")
    )
    link = f"https://discord.com/channels/{world.guild.id}/{world.channel.id}/{job.message_id}"
    for text in (link, str(job.id), f"Repaint · {job.id}"):
        result = await ask(world, TRACE, job=text)
        told = said(result)
        for part in (
            f"Job {job.id}",
            f"<@{world.artist.id}>",
            "> a cat on a mat",
            "dogs",
            "Flux schnell, strength 70%",
            "Cost: $0.0015",
            link,
            f"{number} · reported · shown",
            f"<@{world.moderator.id}> decided",
        ):
            assert part in told
        name, data = await attached(result)
        assert name == "SPOILER_source.jpg"
        assert Image.open(io.BytesIO(data)).size == (320, 240)


@pytest.mark.parametrize("text", ["nothing", "123456789012345678", "99999999999999999999", "9223372036854775808"])
async def test_what_leads_nowhere_is_said_to(world: World, text: str) -> None:
    """Whatever was typed."""
    assert "Nothing here came from that" in said(await ask(world, TRACE, job=text))


async def test_a_trace_of_nothing_asks_for_something(world: World) -> None:
    """One of the two is needed."""
    assert "Please give me" in said(await ask(world, TRACE))


async def test_a_copy_of_a_picture_is_traced(world: World, portrait: bytes) -> None:
    """The very file, and one saved smaller; source and result alike."""
    job = await paint(world, portrait)
    (result_file,) = await world.house.store.get_results(job.id)
    exact = said(await ask(world, TRACE, picture=("copy.png", result_file.data)))
    assert f"Job {job.id}" in exact
    assert f"This is the same picture: a result of job {job.id}" in exact
    smaller = io.BytesIO()
    Image.open(io.BytesIO(portrait)).resize((200, 150)).save(smaller, "JPEG", quality=60)
    alike = said(await ask(world, TRACE, picture=("copy.jpg", smaller.getvalue())))
    assert f"Job {job.id}" in alike
    assert f"the picture that job {job.id} started from" in alike
    again = await paint(world, portrait, prompt="a dog")
    both = said(await ask(world, TRACE, picture=("copy.jpg", smaller.getvalue())))
    assert "2 pictures that were made here look like this one" in both
    assert str(again.id) in both


async def test_a_picture_of_one_color_is_known_by_its_bytes(world: World) -> None:
    """A source as it was attached, a result as it was saved: nothing else tells such pictures from each other."""
    data = io.BytesIO()
    Image.new("RGB", (320, 240), "teal").save(data, "JPEG")
    job = await paint(world, data.getvalue())
    (result_file,) = await world.house.store.get_results(job.id)
    assert f"a result of job {job.id}" in said(await ask(world, TRACE, picture=("copy.png", result_file.data)))
    source = said(await ask(world, TRACE, picture=("copy.jpg", data.getvalue())))
    assert f"the picture that job {job.id} started from" in source


async def test_a_file_that_is_no_picture_is_refused(world: World) -> None:
    """With the sentence that says why, and nothing is looked up."""
    assert "not a picture" in said(await ask(world, TRACE, picture=("copy.png", b"text")))
    assert "at most 10 MB" in said(await ask(world, TRACE, picture=("copy.png", b"\x89PNG" + b"x" * 11 * 1024 * 1024)))


async def test_a_refused_request_is_traced(world: World) -> None:
    """It never became a job; who asked and which rule it was is known all the same."""
    job_id = 1_234_567_890_123_456_789
    await write(world, job_id=job_id, subject="prompt_own", content={"prompt": "a hat", "rule": "own: hats"})
    told = said(await ask(world, TRACE, job=str(job_id)))
    assert "refused before it became a job" in told
    assert "“a hat”" in told


async def test_another_server_learns_nothing(world: World, portrait: bytes) -> None:
    """Neither by link, by number, by a copy, nor from its book: a foreign job is answered as one that never was."""
    job = await paint(world, portrait)
    await write(world, content={"prompt": "a secret"})
    other, channel = make_other_guild(world)
    chief = other.create_role("Chiefs", permissions=discord.Permissions.all())
    stranger = other.add_member(world.env.create_user("eve"), roles=[chief])
    unknown = said(await stranger.slash(channel, TRACE, job="123456789012345678"))
    ours = f"https://discord.com/channels/{world.guild.id}/{world.channel.id}/{job.message_id}"
    for text in (str(job.id), ours, ours.replace(str(world.guild.id), str(other.id))):
        assert said(await stranger.slash(channel, TRACE, job=text)) == unknown
    (result_file,) = await world.house.store.get_results(job.id)
    assert said(await stranger.slash(channel, TRACE, picture=("copy.png", result_file.data))) == unknown
    assert "nothing like that" in said(await stranger.slash(channel, LOG))
    assert "Nothing waits" in said(await stranger.slash(channel, CASES))
    assert "empty" in said(await stranger.slash(channel, VERIFY))


# -- verify, cases --------------------------------------------------------------------------------------------------


async def test_a_changed_book_is_found_out(world: World) -> None:
    """Whoever asks is told which line was tampered with."""
    for number in range(3):
        await write(world, subject=str(number))
    assert "none of its 3 lines" in said(await ask(world, VERIFY))
    database = world.house.client.rooms.tracing._database
    await database.run(update(entries).where(entries.c.number == 2).values(subject="forged"))
    assert "Line 2 is not as it was written" in said(await ask(world, VERIFY))


async def test_what_waits_is_listed_with_links(world: World) -> None:
    """The oldest first, to the moderators' message where there is one."""
    assert "Nothing waits" in said(await ask(world, CASES))
    rooms = world.house.client.rooms
    database = rooms.tracing._database
    for kind in (EntryKind.REVIEW, EntryKind.MINORS, EntryKind.REPORT):
        await database.transact(partial(open_case, matter=Matter(world.guild.id, kind, world.artist.id, 5)))
    await rooms.cases.posted(world.guild.id, 1, 21, 22)
    await database.transact(lambda connection: close_case(connection, world.guild.id, 3, "approve", world.moderator.id))
    told = said(await ask(world, CASES))
    assert "Waiting for a decision: 2" in told
    assert told.index("**Case 1** · before it is shown") < told.index("**Case 2** · minors")
    assert f"[decide](https://discord.com/channels/{world.guild.id}/21/22)" in told
    assert "Case 3" not in told
