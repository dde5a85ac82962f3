"""Pictures as the files of a message."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import discord
from yarl import URL

from bot.replies.card import format_alt, format_file_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.jobs.model import Job
    from bot.pictures import Result

FILE_DOMAINS = (".discordapp.com", ".discordapp.net")
"""Where Discord keeps files, and shows those of others: cdn, media and images-ext-N are below these."""
HTTPS_PORT = 443


@dataclass(frozen=True, slots=True)
class Picture:
    """A file of a message, as values: each attempt makes its own `discord.File` of it."""

    name: str
    data: bytes
    alt: str | None = None


def build_pictures(job: Job, results: Sequence[Result], label: str) -> list[Picture]:
    """A job's results as files, in their order."""
    return [
        Picture(
            format_file_name(job, number, result.extension, label, spoiler=job.spoiler),
            result.data,
            format_alt(job, number, len(results)),
        )
        for number, result in enumerate(results, start=1)
    ]


def is_at_discord(url: str) -> bool:
    """Whether Discord itself keeps the file behind an address: scheme, host and port say so."""
    try:
        origin = URL(url).origin()
    except ValueError:
        return False
    theirs = origin.scheme == "https" and origin.port == HTTPS_PORT and (origin.host or "").endswith(FILE_DOMAINS)
    return theirs or origin == URL(discord.Asset.BASE)


@contextlib.contextmanager
def open_files(pictures: Sequence[Picture]) -> Iterator[list[discord.File]]:
    """Files for one request. discord.py leaves buffers in a reference cycle, so they are closed by hand."""
    buffers = [io.BytesIO(picture.data) for picture in pictures]
    try:
        yield [
            discord.File(buffer, filename=picture.name, description=picture.alt)
            for buffer, picture in zip(buffers, pictures, strict=True)
        ]
    finally:
        for buffer in buffers:
            buffer.close()


@contextlib.contextmanager
def name_files(pictures: Sequence[Picture] | None, key: str) -> Iterator[dict[str, Any]]:
    """The files of one attempt, as an argument."""
    if pictures is None:
        yield {}
        return
    with open_files(pictures) as files:
        yield {key: files}
