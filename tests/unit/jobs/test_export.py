"""The file of everything that is kept about a member: all of theirs, nothing of others, nothing that opens a door."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from bot.database import entries, jobs
from bot.jobs import JobStatus
from bot.jobs.export import DOCUMENT, Export, collect
from bot.moderation.blocks import Blocks
from bot.moderation.chain import EntryKind, Line
from bot.moderation.consent import Consent
from tests.unit.jobs.conftest import RESULT, SOURCE, Archive

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.jobs import Request

PLENTY = 10 * 1024 * 1024
MODERATOR = 777_000_777


def open_archive(export: Export) -> zipfile.ZipFile:
    """The archive as its member opens it."""
    return zipfile.ZipFile(io.BytesIO(export.data))


def read_document(export: Export) -> dict[str, Any]:
    """What the archive says."""
    document: dict[str, Any] = json.loads(open_archive(export).read(DOCUMENT))
    return document


async def test_every_line_about_oneself_is_in_it(archive: Archive) -> None:
    """Whatever is written about a member is handed out to them, but for what is about the server or a picture."""
    for kind in EntryKind:
        await archive.book.add(Line(2, kind, member_id=4))
    document = read_document(await archive.privacy.export(4, 2, PLENTY))
    left_out = {"settings", "ban", "unban"}
    assert {each["kind"] for each in document["book"]} == {kind.value for kind in EntryKind} - left_out


async def test_everything_about_oneself_is_in_it(archive: Archive, build_request: Callable[..., Request]) -> None:
    """A row for each thing that is kept, ids as text, amounts in dollars."""
    job = await archive.live_through(build_request(prompt="é 🎨"))
    await archive.report(job, by=4, words="my own report")
    await archive.close_case(2, await archive.open_case(job, EntryKind.APPEAL, "please"), note="not here")
    await archive.close_case(2, await archive.open_case(job, EntryKind.MINORS), "for us alone", decision="note")
    await archive.book.add(Line(2, EntryKind.REFUSED, member_id=4, content={"prompt": "no", "matched": "n"}))
    await Blocks(archive.database).block(2, 4, by=MODERATOR, reason="spam")
    await Consent(archive.database).refuse(4)
    await archive.open_case(await archive.live_through(build_request()))
    await archive.privacy.delete(4, 3)
    document = read_document(await archive.privacy.export(4, 2, PLENTY))
    (told,) = [each for each in document["jobs"] if each["id"] == str(job.id)]
    assert (told["prompt"], told["price_usd"], told["cost_usd"]) == ("é 🎨", "0.0015", "0.002")
    assert told["created_at"] == "2026-03-01T12:00:00+00:00"
    assert [(each["role"], each["width"]) for each in document["pictures"]] == [("result", 4), ("source", 4)] * 2
    assert [each["state"] for each in document["charges"]] == ["settled", "settled"]
    assert [each["fingerprint"] for each in document["fingerprints"]] == ["y", "y"]
    decided = document["cases"][0]
    assert (decided["decision"], decided["reason"], decided["words"]) == ("reject", "not here", "please")
    assert (document["cases"][1]["decision"], document["cases"][1]["reason"]) == ("note", "")
    assert [each["words"] for each in document["reports"]] == ["my own report"]
    assert [each["reason"] for each in document["blocks"]] == ["spam"]
    assert document["refuses_to_be_a_source"] == [{"since": "2026-03-01T12:00:00+00:00"}]
    (refused,) = [each for each in document["book"] if each["kind"] == "refused"]
    assert refused["content"] == {"prompt": "no"}


async def test_what_one_said_of_others_pictures_is_in_it(archive: Archive) -> None:
    """As long as the book has it, also when the picture is long gone; not what others said, nor about whom."""
    for actor_id in (4, 5):
        content = {"words": f"said by {actor_id}"}
        line = Line(2, EntryKind.REPORT, actor_id, member_id=MODERATOR, job_id=11, subject="near_ban", content=content)
        await archive.book.add(line)
    document = await collect(archive.database, 4, 2)
    assert [(each["job_id"], each["words"]) for each in document["said"]] == [("11", "said by 4")]
    assert not any(text in json.dumps(document) for text in ("said by 5", "near_ban", str(MODERATOR)))
    assert not (await collect(archive.database, 4, 3))["said"]


async def test_a_line_that_was_tampered_with_is_told_without_its_words(archive: Archive) -> None:
    """And keeps nobody from the rest."""
    for content in ("no JSON", "[1]"):
        await archive.book.add(Line(2, EntryKind.REPORT, 4, member_id=4, content={"words": "mine"}))
        await archive.database.run(update(entries).where(entries.c.content.contains("mine")).values(content=content))
    document = await collect(archive.database, 4, 2)
    assert [each["content"] for each in document["book"]] == [{}, {}]
    assert [each["words"] for each in document["said"]] == ["", ""]


async def test_what_waits_to_be_deleted_is_in_it(archive: Archive, build_request: Callable[..., Request]) -> None:
    """A wish that is not fulfilled yet is known about a member as well."""
    await archive.open_case(await archive.live_through(build_request()))
    await archive.privacy.delete(4, 2)
    document = await collect(archive.database, 4, 2)
    assert [each["guild_id"] for each in document["deletions_asked_for"]] == ["2"]


async def test_nothing_in_it_opens_a_door(archive: Archive, build_request: Callable[..., Request]) -> None:
    """No token, no key, no address; not who decided, reported or blocked, and not what the rules look for."""
    job = await archive.live_through(build_request(token="the-token"))
    await archive.database.run(update(jobs).values(flags='[["near_ban", "ban-seventeen"]]'))
    await archive.report(job, by=MODERATOR, words="what-a-reporter-said")
    await archive.open_case(job, EntryKind.REPORT, words="what-a-reporter-said")
    await Blocks(archive.database).block(2, 4, by=MODERATOR, reason="spam")
    content = {"rule": "rule-nineteen", "matched": "listed-word", "prompt": "mine"}
    await archive.book.add(Line(2, EntryKind.REFUSED, MODERATOR, member_id=4, content=content))
    text = json.dumps(await collect(archive.database, 4, None))
    (row,) = await archive.database.run(select(jobs))
    secrets = ["the-token", row.key, "https://", str(MODERATOR), "ban-seventeen", "what-a-reporter-said"]
    for secret in [*secrets, "rule-nineteen", "listed-word"]:
        assert secret not in text, secret
    assert "near_ban" in text


async def test_nothing_of_others_is_in_it(archive: Archive, build_request: Callable[..., Request]) -> None:
    """In a guild nothing from elsewhere; nowhere anything of another member."""
    await archive.live_through(build_request(prompt="mine here"))
    await archive.live_through(build_request(prompt="mine elsewhere", guild_id=3))
    await archive.live_through(build_request(prompt="mine alone", guild_id=None))
    theirs = await archive.live_through(build_request(prompt="theirs", member_id=5))
    await archive.open_case(theirs, EntryKind.APPEAL, "theirs")
    await archive.report(theirs, by=5, words="theirs")
    here = await archive.privacy.export(4, 2, PLENTY)
    everywhere = await archive.privacy.export(4, None, PLENTY)
    assert [job["prompt"] for job in read_document(here)["jobs"]] == ["mine here"]
    assert len(read_document(everywhere)["jobs"]) == 3
    assert b"theirs" not in open_archive(everywhere).read(DOCUMENT)
    assert len(open_archive(here).namelist()) == 3
    assert len(open_archive(everywhere).namelist()) == 7


async def test_the_pictures_are_in_it(archive: Archive, build_request: Callable[..., Request]) -> None:
    """Under the names that the document says."""
    await archive.live_through(build_request())
    export = await archive.privacy.export(4, 2, PLENTY)
    contents = {each["role"]: open_archive(export).read(each["file"]) for each in read_document(export)["pictures"]}
    assert contents == {"source": SOURCE.data, "result": RESULT.data}
    assert export.left_out == 0


@pytest.mark.parametrize("status", [JobStatus.REVIEWING, JobStatus.REJECTED, JobStatus.DELIVERING])
async def test_it_is_no_way_around_a_moderator(
    archive: Archive, build_request: Callable[..., Request], status: JobStatus
) -> None:
    """A result that was not let through is named, not handed out; what its member attached is theirs."""
    await archive.live_through(build_request())
    await archive.database.run(update(jobs).values(status=status.value))
    export = await archive.privacy.export(4, 2, PLENTY)
    assert {each["role"]: each["file"] is None for each in read_document(export)["pictures"]} == {
        "source": False,
        "result": True,
    }
    assert [name.split("-")[1] for name in open_archive(export).namelist()[1:]] == ["source"]
    assert export.left_out == 0


async def test_what_does_not_fit_is_left_out(archive: Archive, build_request: Callable[..., Request]) -> None:
    """The archive is never larger than asked for; the newest pictures come first, and the rest is counted."""
    old, new = [await archive.live_through(build_request()) for _ in range(2)]
    whole = await archive.privacy.export(4, 2, PLENTY)
    for tight in range(len(whole.data) - 500, len(whole.data), 50):
        assert len((await archive.privacy.export(4, 2, tight)).data) <= tight
    most_bytes = len(whole.data) * 2 // 3
    small = await archive.privacy.export(4, 2, most_bytes)
    assert len(small.data) <= most_bytes
    assert small.left_out == 2
    names = open_archive(small).namelist()[1:]
    assert [str(new.id) in name for name in names] == [True, True]
    assert [job["id"] for job in read_document(small)["jobs"]] == [str(old.id), str(new.id)]


async def test_who_is_not_known_gets_an_empty_one(archive: Archive) -> None:
    """Nothing is kept, and the file says so."""
    document = read_document(await archive.privacy.export(4, None, PLENTY))
    assert document.pop("member_id") == "4"
    assert not any(document.values())
