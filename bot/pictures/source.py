"""The picture that goes in: what came from a member, checked and made into a small plain JPEG."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from PIL import UnidentifiedImageError

from bot.errors import Reason, Refused
from bot.pictures.decode import (
    BOMBS,
    UNDECODABLE,
    encode,
    has_transparency,
    is_animation,
    make_plain,
    open_picture,
    put_on_white,
)
from bot.pictures.limits import PictureLimits, judge_sides, too_large

log = logging.getLogger(__name__)

MOST_PIXELS = 1024 * 1024
"""The area of a source: more does not make a better result."""

QUALITY = 92
"""Of the JPEG. Pure noise of the full area comes to 1 MB."""


class SourceNote(StrEnum):
    """What was done to a picture that its owner may want to know."""

    FIRST_FRAME = "first_frame"
    SCALED_DOWN = "scaled_down"
    TRANSPARENCY_FLATTENED = "transparency_flattened"


@dataclass(frozen=True, slots=True)
class Source:
    """A checked picture: the bytes of a baseline JPEG without metadata. `sha256` is theirs, in hex."""

    media_type: ClassVar[str] = "image/jpeg"

    data: bytes = field(repr=False)
    width: int
    height: int
    sha256: str
    notes: frozenset[SourceNote] = frozenset()


def parse_source(data: bytes, limits: PictureLimits) -> Source:
    """Make the source of a picture as it came. Raises Refused; takes long, so call it in a thread."""
    try:
        return _develop(data, limits)
    except UNDECODABLE as error:
        log.info("%d bytes are no source: %s: %.200s", len(data), type(error).__name__, error)
        refused = _refusal(error, limits)
    # Out here, because a cause holds the decoded pixels in its traceback, for as long as the refusal is held.
    raise refused


def _develop(data: bytes, limits: PictureLimits) -> Source:
    picture = open_picture(data)
    judge_sides(picture.width, picture.height, limits)
    first_frame, came_with = is_animation(picture), picture.width * picture.height
    plain = make_plain(picture, MOST_PIXELS)
    applies = {
        SourceNote.FIRST_FRAME: first_frame,
        SourceNote.SCALED_DOWN: plain.width * plain.height < came_with,
        SourceNote.TRANSPARENCY_FLATTENED: has_transparency(plain),
    }
    jpeg = encode(put_on_white(plain), "JPEG", quality=QUALITY)
    return Source(
        data=jpeg,
        width=plain.width,
        height=plain.height,
        sha256=hashlib.sha256(jpeg).hexdigest(),
        notes=frozenset(note for note in applies if applies[note]),
    )


def _refusal(error: BaseException, limits: PictureLimits) -> Refused:
    if isinstance(error, BOMBS):
        return too_large(limits)
    if isinstance(error, UnidentifiedImageError):
        return Refused(Reason.PICTURE_NOT_A_PICTURE)
    return Refused(Reason.PICTURE_BROKEN)
