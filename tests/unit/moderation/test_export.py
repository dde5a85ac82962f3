"""The book as a file: nothing in it calculates, nothing is rounded, and strangers can check the chain."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from bot.moderation.book import Book
from bot.moderation.chain import Entry, EntryKind, Line
from bot.moderation.export import COLUMNS, FORMATS, format_csv, format_json, format_newest
from tests.conftest import NOON

if TYPE_CHECKING:
    from bot.database import Database
    from tests.conftest import MovedClock

SNOWFLAKE = 1_234_567_890_123_456_789


def entry(**given: Any) -> Entry:
    """A line of the book."""
    values: dict[str, Any] = {
        "guild_id": SNOWFLAKE,
        "number": 1,
        "kind": "refused",
        "written_at": NOON,
        "actor_id": None,
        "member_id": SNOWFLAKE + 1,
        "job_id": SNOWFLAKE + 2,
        "case_number": None,
        "subject": "prompt_own",
        "content": {"prompt": "a cat, in a hat", "rule": "own: hats"},
        "salt": "salt",
        "content_digest": "c",
        "digest": "d",
    }
    return Entry(**(values | given))


def read_csv(data: bytes) -> list[list[str]]:
    """As a spreadsheet reads it."""
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def test_a_table() -> None:
    """A heading, a row for each line, and ids as texts, which no spreadsheet rounds."""
    heading, row = read_csv(format_csv([entry()]))
    assert tuple(heading) == COLUMNS
    assert row == [
        "1",
        "2026-03-01T12:00:00+00:00",
        "refused",
        "prompt_own",
        "",
        f"<@{SNOWFLAKE + 1}>",
        f"job {SNOWFLAKE + 2}",
        "",
        "prompt: a cat, in a hat | rule: own: hats",
    ]
    assert format_csv([]).startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_nothing_in_the_table_is_a_formula(first: str) -> None:
    """Whatever somebody typed is shown, with an apostrophe before it."""
    typed = f'{first}HYPERLINK("https://bad.example")'
    _, row = read_csv(format_csv([entry(subject=typed, content={typed: "x"}, kind=typed)]))
    assert [row[2], row[3], row[8]] == [f"'{typed}", f"'{typed}", f"'{typed}: x"]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


@pytest.mark.parametrize("form", FORMATS)
def test_half_a_character_is_no_reason_to_have_no_file(form: str) -> None:
    """Discord's JSON can hold one, and the book keeps it."""
    assert FORMATS[form]([entry(content={"prompt": "\ud800 a cat"})])


def test_erased_words_are_said_to_be() -> None:
    """Erased is not the same as never there."""
    _, erased, silent = read_csv(
        format_csv([entry(content=None, salt=None), entry(content=None, salt=None, content_digest="")])
    )
    assert [erased[8], silent[8]] == ["(erased)", ""]


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_is_no_larger_than_discord_takes(form: str) -> None:
    """The oldest lines are left out, and how many are in it is said; where everything fits, nothing is."""
    newest_first = [entry(number=number) for number in range(100, 0, -1)]
    everything, count = format_newest(newest_first, form, 1_000_000)
    assert (everything, count) == (FORMATS[form](newest_first[::-1]), 100)
    some, count = format_newest(newest_first, form, len(everything) // 3)
    assert 20 <= count < 34
    assert len(some) <= len(everything) // 3
    assert some == FORMATS[form](newest_first[count - 1 :: -1])
    assert format_newest(newest_first, form, 0)[1] == 0


async def test_the_json_proves_itself(database: Database, clock: MovedClock) -> None:
    """Who has the file alone can follow the chain as its own words describe it."""
    book = Book(database)
    for number in range(4):
        await book.add(Line(SNOWFLAKE, EntryKind.REFUSED, member_id=7, content={"z": 1, "prompt": f"é {number}"}))
        clock.move(0.123456)
    await book.add(Line(SNOWFLAKE, EntryKind.UNBLOCK, actor_id=SNOWFLAKE, case_number=3))
    exported = json.loads(format_json(list(reversed(await book.read(SNOWFLAKE)))))
    previous = ""
    for line in exported["entries"]:
        if line["content"] is not None:
            words = json.dumps(line["content"], sort_keys=True, separators=(",", ":"))
            assert line["content_digest"] == hashlib.sha256((line["salt"] + words).encode()).hexdigest()
        names = (
            "guild_id",
            "number",
            "kind",
            "written_at",
            "actor_id",
            "member_id",
            "job_id",
            "case_number",
            "subject",
        )
        decided = [previous, *(line[name] for name in names), line["content_digest"]]
        text = json.dumps(decided, separators=(",", ":"))
        assert line["digest"] == hashlib.sha256(text.encode()).hexdigest()
        previous = line["digest"]
    assert [line["number"] for line in exported["entries"]] == [1, 2, 3, 4, 5]
    assert exported["entries"][0]["guild_id"] == str(SNOWFLAKE)
    assert all(name in exported["chain"] for name in names)
