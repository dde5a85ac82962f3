"""A picture that comes out: proved to be one, else untouched; made lighter only where it must be."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.pictures.decode import (
    MULTI_PICTURE,
    UNDECODABLE,
    encode,
    has_transparency,
    make_plain,
    open_picture,
    put_on_white,
    shrink,
)
from bot.pictures.limits import PictureLimits, has_too_many_pixels

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/avif": "avif",
}

SHARES, QUALITIES = (1.0, 0.5, 0.25, 0.1), (95, 90, 80, 70)
"""How a result is made lighter: less and less quality at its own size, then less and less of its area."""


class PictureUnusable(Exception):
    """These bytes are not a picture we can show. The message is for the log."""


@dataclass(frozen=True, slots=True)
class Result:
    """A finished picture: `data` as the provider made it, unless `fitted` says that it was encoded again."""

    data: bytes = field(repr=False)
    media_type: str
    width: int
    height: int
    fitted: bool = False

    @property
    def extension(self) -> str:
        """For a file's name, without dot."""
        return EXTENSIONS[self.media_type]


def parse_result(data: bytes, limits: PictureLimits) -> Result:
    """Prove by decoding that it is a picture. Raises PictureUnusable; takes long, so call it in a thread."""
    try:
        return _prove(data, limits)
    except UNDECODABLE as error:
        unusable = _unusable(data, error)
    # Out here for the reason given in `parse_source`.
    raise unusable


def fit(result: Result, most_bytes: int) -> Result:
    """The same picture in at most that many bytes: JPEG, or WebP where it is transparent.

    Raises PictureUnusable; takes long, so call it in a thread.
    """
    try:
        return _lighten(result, most_bytes)
    except UNDECODABLE as error:
        unusable = _unusable(result.data, error)
    raise unusable


def _prove(data: bytes, limits: PictureLimits) -> Result:
    picture = open_picture(data)
    if has_too_many_pixels(picture.width, picture.height, limits):
        raise ValueError(f"{picture.width} x {picture.height} pixels")
    picture.load()
    file_format = "JPEG" if picture.format == MULTI_PICTURE else picture.format
    return Result(data, f"image/{str(file_format).lower()}", picture.width, picture.height)


def _lighten(result: Result, most_bytes: int) -> Result:
    picture = make_plain(open_picture(result.data))
    media_type = "image/webp" if has_transparency(picture) else "image/jpeg"
    if media_type == "image/jpeg":
        picture = put_on_white(picture)
    area = picture.width * picture.height
    for share in SHARES:
        shrink(picture, area * share)
        for quality in QUALITIES:
            data = encode(picture, media_type.removeprefix("image/"), quality=quality)
            if len(data) <= most_bytes:
                return Result(data, media_type, picture.width, picture.height, fitted=True)
    raise ValueError(f"does not fit into {most_bytes} bytes")


def _unusable(data: bytes, error: BaseException) -> PictureUnusable:
    return PictureUnusable(f"{len(data)} bytes: {type(error).__name__}: {error!s:.200}")
