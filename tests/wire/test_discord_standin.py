"""What Discord's stand-in promises, asked by the real discord.py over real sockets."""

from __future__ import annotations

import ast
import asyncio
import hashlib
import io
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import pytest
from PIL import Image

import sandbox.discord_wire
from sandbox.discord_wire.codes import Refused
from sandbox.discord_wire.limits import check
from sandbox.discord_wire.state import COMPONENTS_V2, Version
from tests.wire.tiny_bot import SPEC, Wire, file, hook, open_wire, refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ONE_ROW = {"type": 1, "components": [{"type": 2, "style": 2, "label": "x", "custom_id": "same"}]}
EDIT = "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"


@pytest.fixture
async def wire(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wire]:
    """A Discord that counts no limits."""
    async with open_wire(monkeypatch, rate_limits=False) as opened:
        yield opened


def sha256(data: bytes) -> str:
    """The hash of a file."""
    return hashlib.sha256(data).hexdigest()


async def test_from_command_to_picture(wire: Wire) -> None:
    """Login, a command with a picture, an answer, an edit with a file by token and one by the bot: all is seen."""
    bot = await wire.connect()
    data = io.BytesIO()
    Image.new("RGB", (7, 5)).save(data, "PNG")
    picture = await wire.control.attach("my cat.png", data.getvalue())
    begun_id = await wire.control.slash("draw", {"image": picture, "text": "a hat", "number": 2}, member="theo")
    interaction = await bot.hear()
    assert not bot.is_ready()  # two seconds early: interactions do not wait for READY
    assert (interaction.id, str(interaction.locale), interaction.user.name) == (begun_id, "de", "theo")
    given = interaction.namespace
    assert (given.text, given.number, given.image.width, given.image.height) == ("a hat", 2, 7, 5)
    assert await given.image.read() == data.getvalue()

    answered = await interaction.response.send_message(embed=discord.Embed(title="Waiting"))
    assert answered.message_id is not None
    edited = await hook(bot, interaction).edit_message(
        answered.message_id, embed=discord.Embed(title="Done"), attachments=[file("a.png", b"first", "a cat")]
    )
    partial = bot.reach(answered.message_id, interaction)
    await partial.edit(content="late", attachments=[edited.attachments[0], file("b.png", b"second")])

    seen = await wire.look(answered.message_id)
    assert (seen.routes, seen.interaction_id, seen.ephemeral) == (("callback", "token", "bot"), begun_id, False)
    assert [version.titles for version in seen.versions] == [("Waiting",), ("Done",), ("Done",)]
    assert [(each.name, each.size, each.sha256, each.description) for each in seen.now.files] == [
        ("a.png", 5, sha256(b"first"), "a cat"),
        ("b.png", 6, sha256(b"second"), None),
    ]
    assert await wire.control.fetch(seen.now.files[0].url) == (200, b"first")
    told = await wire.control.interaction(begun_id)
    assert (told.answer_type, told.message_id, told.refusals) == (4, answered.message_id, ())
    assert told.answered_after_seconds is not None
    assert (await wire.control.requests())[f"{EDIT} 200"] == 1
    assert await wire.control.violations() == []


async def test_three_seconds_and_one_answer(wire: Wire) -> None:
    """10062 for a late answer, 40060 for a second one, and both are told."""
    bot = await wire.connect()
    late_id = await wire.control.slash("draw")
    late = await bot.hear()
    await wire.control.shift(3.1)
    assert await refusal(late.response.send_message("too late")) == (404, 10062)
    await wire.control.shift(-3.1)
    interaction, _ = await wire.draw(bot)
    again: discord.InteractionResponse[discord.Client] = discord.InteractionResponse(interaction)
    assert await refusal(again.send_message("again")) == (400, 40060)
    assert (await wire.control.interaction(late_id)).refusals == (10062,)
    assert (await wire.control.interaction(interaction.id)).refusals == (40060,)


async def test_fifteen_minutes(wire: Wire) -> None:
    """Then the token answers 401 / 50027, and the bot's own still edits; before an answer there is no webhook."""
    bot = await wire.connect()
    await wire.control.slash("draw")
    unanswered = await bot.hear()
    assert await refusal(hook(bot, unanswered).send("early")) == (404, 10015)
    interaction, message_id = await wire.draw(bot)
    await wire.control.shift(15 * 60 + 1)
    assert await refusal(hook(bot, interaction).edit_message(message_id, content="x")) == (401, 50027)
    await bot.reach(message_id, interaction).edit(content="late")
    other, other_id = await wire.draw(bot)
    await wire.control.expire(other.id)
    assert await refusal(hook(bot, other).edit_message(other_id, content="x")) == (401, 50027)
    assert (await wire.look(message_id)).routes == ("callback", "bot")


async def test_what_the_bot_cannot_reach(wire: Wire) -> None:
    """50001 where it sees nothing, 10008 for deleted and ephemeral messages, 50013, 50007, 10003."""
    bot = await wire.connect()
    interaction, message_id = await wire.draw(bot)
    partial = bot.reach(message_id, interaction)
    await wire.control.hide("repaint")
    assert await refusal(partial.edit(content="x")) == (403, 50001)
    await hook(bot, interaction).edit_message(message_id, content="by token all the same")
    await wire.control.permit("repaint", 1 << 10)
    assert await refusal(partial.channel.send("x")) == (403, 50013)
    await wire.control.delete(message_id)
    assert await refusal(partial.edit(content="x")) == (404, 10008)
    assert await refusal(hook(bot, interaction).edit_message(message_id, content="x")) == (404, 10008)
    assert (await wire.look(message_id)).deleted_by == "a moderator"
    alone, alone_id = await wire.draw(bot, ephemeral=True)
    assert (await wire.look(alone_id)).ephemeral
    assert await refusal(bot.reach(alone_id, alone).edit(content="x")) == (404, 10008)
    await alone.edit_original_response(content="by token")
    path = f"/webhooks/{alone.application_id}/{alone.token}/messages/@original"
    await bot.http.request(discord.http.Route("PATCH", path), json={"flags": 4})
    assert (await wire.look(alone_id)).now.flags == 4 | 64  # no edit makes it public
    await wire.control.close_dms("mira")
    assert await refusal(interaction.user.send("hello")) == (403, 50007)
    await wire.control.close_dms("mira", closed=False)
    assert (await interaction.user.send("hello")).content == "hello"
    assert await refusal(bot.get_partial_messageable(1).send("x")) == (404, 10003)


async def test_what_is_too_large(wire: Wire) -> None:
    """413 / 40005 for a file over the limit of its route, and for a request over 25 MiB whatever the limits say."""
    bot = await wire.connect()
    await wire.control.limit_uploads(claimed=999, by_token=100, by_bot=10)
    interaction, message_id = await wire.draw(bot)
    assert interaction.filesize_limit == 999
    token, partial = hook(bot, interaction), bot.reach(message_id, interaction)
    await token.edit_message(message_id, attachments=[file("a.png", bytes(100))])
    assert await refusal(token.edit_message(message_id, attachments=[file("a.png", bytes(101))])) == (413, 40005)
    assert await refusal(partial.edit(attachments=[file("a.png", bytes(11))])) == (413, 40005)
    await wire.control.limit_uploads(by_token=100 << 20)
    halves = [file("a.png", bytes(13 << 20)), file("b.png", bytes(13 << 20))]
    assert await refusal(token.edit_message(message_id, attachments=halves)) == (413, 40005)
    assert len((await wire.look(message_id)).versions) == 2


async def test_attachments_of_an_edit(wire: Wire) -> None:
    """Unmentioned they stay and new ones join; listed, the list is all there is; empty, none. Who goes is gone."""
    bot = await wire.connect()
    interaction, message_id = await wire.draw(bot, file=file("a.png", b"a"))
    url = (await wire.look(message_id)).now.files[0].url
    with_two = await interaction.edit_original_response(content="x", attachments=discord.utils.MISSING)
    assert [each.filename for each in with_two.attachments] == ["a.png"]
    answer = await bot.http.request(
        discord.http.Route("PATCH", f"/channels/{interaction.channel_id}/messages/{message_id}"),
        form=[
            {"name": "payload_json", "value": "{}"},
            {"name": "files[7]", "value": b"b", "filename": "b.png", "content_type": "image/png"},
        ],
    )
    assert [each["filename"] for each in answer["attachments"]] == ["a.png", "b.png"]
    kept = [discord.Attachment(data=answer["attachments"][1], state=bot._connection)]
    await interaction.edit_original_response(attachments=[*kept, file("c.png", b"c", "the third")])
    assert [each.name for each in (await wire.look(message_id)).now.files] == ["b.png", "c.png"]
    assert (await wire.control.fetch(url))[0] == 404
    assert await refusal(interaction.edit_original_response(attachments=[with_two.attachments[0]])) == (400, 50035)
    assert "there is no attachment" in (await wire.control.violations())[0]
    await interaction.edit_original_response(attachments=[])
    assert (await wire.look(message_id)).now.files == ()


async def test_addresses_run_out(wire: Wire) -> None:
    """A file's address needs its whole query, and works for a day; the message has a fresh one."""
    bot = await wire.connect()
    _, message_id = await wire.draw(bot, file=file("a.png", b"a"))
    url = (await wire.look(message_id)).now.files[0].url
    assert (await wire.control.fetch(url.replace("hm=", "hm=0")))[0] == 404
    assert (await wire.control.fetch(url.partition("?")[0]))[0] == 404
    await wire.control.shift(86_400)
    assert (await wire.control.fetch(url))[0] == 404
    assert await wire.control.fetch((await wire.look(message_id)).now.files[0].url) == (200, b"a")


async def test_buttons_and_forms(wire: Wire) -> None:
    """A click updates its message, a form opens and comes back filled in, suggestions are made while typing."""
    bot = await wire.connect()
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="More", custom_id="more"))
    _, message_id = await wire.draw(bot, view=view)
    assert (await wire.look(message_id)).now.custom_ids == ("more",)
    await wire.control.click(message_id, "more", member="theo")
    click = await bot.hear()
    assert click.message is not None
    assert (click.message.id, click.user.name) == (message_id, "theo")
    await click.response.edit_message(content="updated", view=None)
    assert (await wire.look(message_id)).now.content == "updated"
    with pytest.raises(ValueError, match="to click on"):
        await wire.control.click(message_id, "more")

    asked_id = await wire.control.slash("draw")
    form = discord.ui.Modal(title="Form", custom_id="form")
    field: discord.ui.TextInput[discord.ui.Modal] = discord.ui.TextInput(custom_id="field")
    form.add_item(discord.ui.Label(text="Say", component=field))
    await (await bot.hear()).response.send_modal(form)
    await wire.control.submit(asked_id, {"field": "a bear"})
    filled = await bot.hear()
    assert filled.type is discord.InteractionType.modal_submit
    await filled.response.send_message("thanks", ephemeral=True)
    assert field.value == "a bear"

    typing_id = await wire.control.complete("draw", "text", {"text": "be"})
    assert (await wire.control.see_answer(typing_id)).choices == ({"name": "be!", "value": "be"},)


async def test_deferring(wire: Wire) -> None:
    """A "thinking" reply has an id at once; a follow-up takes its place; what is hidden stays hidden."""
    bot = await wire.connect()
    await wire.control.slash("draw")
    interaction = await bot.hear()
    deferred = await interaction.response.defer(ephemeral=True, thinking=True)
    assert deferred is not None
    message = await interaction.followup.send("done", ephemeral=False, wait=True)
    assert (message.id, message.flags.ephemeral, message.flags.loading) == (deferred.message_id, True, False)
    second = await interaction.followup.send("more", ephemeral=True, wait=True)
    assert second.id != message.id
    await interaction.delete_original_response()
    assert await refusal(interaction.original_response()) == (404, 10008)


async def test_a_command_that_no_client_would_send(wire: Wire) -> None:
    """Unknown commands and options, and values out of range, are the test's own mistakes."""
    await wire.connect()
    for options in ({"size": 3}, {"number": 5}, {"text": ""}, {"text": "x" * 51}):
        with pytest.raises(ValueError, match="ValueError"):
            await wire.control.slash("draw", options)
    with pytest.raises(ValueError, match="no bot has told us"):
        await wire.control.slash("paint")


async def test_a_message_is_sent_once_for_its_nonce(wire: Wire) -> None:
    """A repeated send with the same enforced nonce brings back the first message."""
    bot = await wire.connect()
    interaction, _ = await wire.draw(bot)
    channel = bot.get_partial_messageable(interaction.channel_id or 0)
    sent = [await channel.send("x", nonce=nonce) for nonce in ("1", "1", "2")]
    assert sent[0].id == sent[1].id != sent[2].id


async def test_limits_by_script(wire: Wire) -> None:
    """429 with Via is waited out and tried again; without it discord.py takes it for a ban."""
    bot = await wire.connect()
    interaction, message_id = await wire.draw(bot)
    await wire.control.add_fault("PATCH /webhooks/*", status=429, retry_after=0.15)
    begun = time.monotonic()
    await hook(bot, interaction).edit_message(message_id, content="at last")
    assert time.monotonic() - begun >= 0.15
    await wire.control.add_fault("PATCH /webhooks/*", status=429, via=False)
    assert (await refusal(hook(bot, interaction).edit_message(message_id, content="x")))[0] == 429
    requests = await wire.control.requests()
    assert (requests[f"{EDIT} 429"], requests[f"{EDIT} 200"]) == (2, 1)


async def test_limits_by_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fifth edit within two seconds uses the token's allowance up, and discord.py holds it back until then."""
    async with open_wire(monkeypatch) as wire:
        bot = await wire.connect()
        interaction, message_id = await wire.draw(bot)
        route = discord.http.Route.BASE + f"/webhooks/{interaction.application_id}/{interaction.token}"
        async with aiohttp.ClientSession() as session:
            remaining, statuses = [], []
            for _ in range(6):
                async with session.get(f"{route}/messages/{message_id}") as answer:
                    remaining.append(answer.headers["X-RateLimit-Remaining"])
                    statuses.append(answer.status)
                    said = await answer.json()
        assert (remaining, statuses) == (list("432100"), [200] * 5 + [429])
        assert 0 < said["retry_after"] <= 2


async def test_what_is_lost_on_the_way(wire: Wire) -> None:
    """Broken before, in the middle and after: only the last was done, and discord.py raises each time."""
    bot = await wire.connect()
    interaction, message_id = await wire.draw(bot)
    token = hook(bot, interaction)
    for fault in ({}, {"after_bytes": 1000}, {"processed": True}):
        await wire.control.add_fault("PATCH /webhooks/*", reset=True, **fault)
        with pytest.raises(aiohttp.ClientOSError):
            await token.edit_message(message_id, content=str(fault), attachments=[file("a.png", bytes(3_000_000))])
    seen = await wire.look(message_id)
    assert [version.content for version in seen.versions] == ["one moment", "{'processed': True}"]
    assert (await wire.control.requests())[f"{EDIT} 0"] == 3


async def test_who_dies_while_speaking(wire: Wire) -> None:
    """A request that breaks off, as of a process that is killed, is counted and breaks no rule."""
    _, port = wire.standin.state.files.address.rsplit(":", 1)
    _, writer = await asyncio.open_connection("127.0.0.1", int(port))
    writer.write(b"POST /api/v10/channels/1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
    await writer.drain()
    writer.close()
    lost = "POST /channels/{channel_id}/messages 0"
    async with asyncio.timeout(5):
        while lost not in await wire.control.requests():
            await asyncio.sleep(0.01)
    assert await wire.control.violations() == []


@pytest.mark.parametrize("name", ["plain.png", 'my "cat" - été.png', "a;filename=b.png"])
async def test_names_of_files(wire: Wire, name: str) -> None:
    """A form is read as discord.py writes it, whatever a file is called, byte by byte."""
    bot = await wire.connect()
    data = b"\r\n--\r\n\r\n--x--\r\n" + bytes(range(256))
    interaction, message_id = await wire.draw(bot)
    await bot.http.request(
        discord.http.Route("PATCH", f"/channels/{interaction.channel_id}/messages/{message_id}"),
        form=[
            {"name": "payload_json", "value": "{}"},
            {"name": "files[0]", "value": data, "filename": name, "content_type": "application/octet-stream"},
        ],
    )
    (seen,) = (await wire.look(message_id)).now.files
    assert (seen.name, seen.sha256) == (name, sha256(data))
    assert await wire.control.fetch(seen.url) == (200, data)


async def test_slowness_and_refusals_by_script(wire: Wire) -> None:
    """An answer may be slow, a server broken, a token gone early; `skip` and `times` say when."""
    bot = await wire.connect()
    interaction, message_id = await wire.draw(bot)
    await wire.control.add_fault("GET /channels/*", delay_seconds=5, processed=True)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await bot.reach(message_id, interaction).fetch()
    await wire.control.add_fault("GET /channels/*", status=503, skip=1, times=2)
    assert (await bot.reach(message_id, interaction).fetch()).id == message_id
    assert (await refusal(bot.reach(message_id, interaction).fetch()))[0] == 503
    await wire.control.clear_faults()
    assert (await bot.reach(message_id, interaction).fetch()).id == message_id
    await wire.control.add_fault("PATCH /webhooks/*", status=404, code=10015)
    assert await refusal(hook(bot, interaction).edit_message(message_id, content="x")) == (404, 10015)


async def test_gaps_are_loud(wire: Wire) -> None:
    """A route that is not played is 501 and a violation that names it; a wrong token is 401."""
    bot = await wire.connect()
    assert (await refusal(bot.http.request(discord.http.Route("GET", "/guilds/1/emojis"))))[0] == 501
    assert await wire.control.violations() == ["GET /guilds/1/emojis: the stand-in does not play this"]
    with pytest.raises(discord.LoginFailure):
        async with discord.Client(intents=discord.Intents.none()) as stranger:
            await stranger.login("another-token")


async def test_forms_are_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Held against a description of the API, a wrong body is refused with 50035, and is a violation with its place."""
    body = {"type": "object", "properties": {"embeds": {"type": "array", "items": {"$ref": "#/components/schemas/E"}}}}
    description = {
        "paths": {
            "/channels/{channel_id}/messages": {
                "post": {"requestBody": {"content": {"application/json": {"schema": body}}}, "responses": {}}
            }
        },
        "components": {
            "schemas": {"SnowflakeType": {}, "E": {"properties": {"title": {"type": "string", "maxLength": 256}}}}
        },
    }
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(description))
    async with open_wire(monkeypatch, spec=SPEC or path, rate_limits=False) as wire:
        bot = await wire.connect()
        interaction, _ = await wire.draw(bot)
        channel = bot.get_partial_messageable(interaction.channel_id or 0)
        await channel.send(embed=discord.Embed(title="x" * 256))
        assert await wire.control.violations() == []
        wrong = discord.Embed(title="x" * 257)
        with pytest.raises(discord.HTTPException, match=r"embeds\.0\.title") as raised:
            await channel.send(embed=wrong, file=file("a.png", b"a"))  # a form with files is held against it too
        assert (raised.value.status, raised.value.code) == (400, 50035)
        (violation,) = await wire.control.violations()
        assert violation.startswith("POST /channels/{channel_id}/messages: embeds.0.title:")


def text(number: int = 1) -> dict[str, Any]:
    """A component that only the second version has."""
    return {"type": 10, "content": "x", "id": number}


@pytest.mark.parametrize(
    ("look", "problem"),
    [
        ({"content": "x", "components": (text(),), "flags": COMPONENTS_V2}, "IS_COMPONENTS_V2"),
        ({"embeds": ({"title": "x"},), "components": (text(),), "flags": COMPONENTS_V2}, "IS_COMPONENTS_V2"),
        ({"components": (text(),)}, "must be one of"),
        ({"components": ({"type": 17, "components": [text()] * 40},), "flags": COMPONENTS_V2}, "at most 40"),
        ({"components": ({"type": 17, "components": [ONE_ROW, ONE_ROW]},), "flags": COMPONENTS_V2}, "duplicated: same"),
        ({"embeds": ({"description": "x" * 4000}, {"fields": [{"name": "n", "value": "x" * 2000}]})}, "6000"),
        ({"content": "x" * 2001}, "2000"),
        ({"embeds": ({"image": {"url": "attachment://a.png"}},)}, "'a.png' was not found"),
        ({}, "empty message"),
    ],
)
def test_what_no_description_says(look: dict[str, Any], problem: str) -> None:
    """Limits that hold between the parts of a message are known without any file."""
    with pytest.raises(Refused, match=problem):
        check(Version(0, "bot", **look))


def test_it_knows_nothing_of_the_bot() -> None:
    """The other side of the wire imports neither the bot nor discord.py; only the launcher brings them together."""
    for path in Path(sandbox.discord_wire.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            knows = {name.partition(".")[0] for name in names} & {"bot", "cogs", "discord"}
            assert not knows or path.name == "launch.py", path.name
