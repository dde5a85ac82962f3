"""A picture that comes out: proved to be one, labelled, its pixels untouched; made lighter only where it must be."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from PIL import ExifTags, Image

from bot.pictures.decode import (
    MULTI_PICTURE,
    TURNS,
    UNDECODABLE,
    encode,
    has_transparency,
    make_plain,
    open_picture,
    put_on_white,
    read_orientation,
    shrink,
)
from bot.pictures.envelope import Labels, relabel
from bot.pictures.limits import PictureLimits, has_too_many_pixels
from bot.pictures.provenance import format_packet, read_packet

if TYPE_CHECKING:
    from bot.pictures.provenance import Provenance

log = logging.getLogger(__name__)

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/avif": "avif",
}

SHARES, QUALITIES = (1.0, 0.5, 0.25, 0.1), (95, 90, 80, 70)
"""How a result is made lighter: less and less quality at its own size, then less and less of its area."""


THUMBNAIL_PIXELS, THUMBNAIL_QUALITY = 240 * 240, 80
"""In a list Discord shows 80 pixels a side; screens have up to three for each of them."""


class PictureUnusable(Exception):
    """These bytes are not a picture we can show. The message is for the log."""


@dataclass(frozen=True, slots=True)
class Result:
    """A finished picture: the pixels as the provider made them, unless `fitted` says that it was encoded again."""

    data: bytes = field(repr=False)
    media_type: str
    width: int
    height: int
    fitted: bool = False

    @property
    def extension(self) -> str:
        """For a file's name, without dot."""
        return EXTENSIONS[self.media_type]


def parse_result(data: bytes, limits: PictureLimits, provenance: Provenance | None = None) -> Result:
    """Prove by decoding that it is a picture, and let it say where it comes from instead of whatever it said.

    Without provenance not a byte is touched. Raises PictureUnusable; takes long, so call it in a thread.
    """
    try:
        return _prove(data, limits, provenance)
    except UNDECODABLE as error:
        unusable = _unusable(data, error)
    # Out here for the reason given in `parse_source`.
    raise unusable


def fit(result: Result, most_bytes: int) -> Result:
    """The same picture in at most that many bytes: JPEG, or WebP where it is transparent. It keeps our labels.

    Raises PictureUnusable; takes long, so call it in a thread.
    """
    try:
        return _lighten(result, most_bytes)
    except UNDECODABLE as error:
        unusable = _unusable(result.data, error)
    raise unusable


def make_thumbnail(result: Result) -> bytes:
    """The same picture as small as a list shows it: a JPEG without labels.

    Raises PictureUnusable; takes long, so call it in a thread.
    """
    try:
        picture = make_plain(open_picture(result.data), THUMBNAIL_PIXELS)
        return encode(put_on_white(picture), "JPEG", quality=THUMBNAIL_QUALITY)
    except UNDECODABLE as error:
        unusable = _unusable(result.data, error)
    raise unusable


def _prove(data: bytes, limits: PictureLimits, provenance: Provenance | None) -> Result:
    picture = open_picture(data)
    if has_too_many_pixels(picture.width, picture.height, limits):
        raise ValueError(f"{picture.width} x {picture.height} pixels")
    picture.load()
    file_format = "JPEG" if picture.format == MULTI_PICTURE else picture.format
    result = Result(data, f"image/{str(file_format).lower()}", picture.width, picture.height)
    return result if provenance is None else _stamp(result, provenance, read_orientation(picture))


def _stamp(result: Result, provenance: Provenance, orientation: int) -> Result:
    """The result with its provenance; as it came where its file has no place for it, which the log tells."""
    packet = format_packet(provenance)
    try:
        labels = Labels(packet, _format_exif(orientation) if orientation in TURNS else b"")
        data = relabel(result.data, result.media_type, labels)
        if read_packet(open_picture(data)) != packet:
            raise ValueError("nobody would find it")
    except UNDECODABLE as error:
        log.warning("job %s: a picture without provenance: %s: %.200s", provenance.job_id, type(error).__name__, error)
        return result
    return replace(result, data=data)


def _format_exif(orientation: int) -> bytes:
    """EXIF that says which way up, and nothing else."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return exif.tobytes().removeprefix(b"Exif\0\0")


def _lighten(result: Result, most_bytes: int) -> Result:
    opened = open_picture(result.data)
    picture, packet = make_plain(opened), read_packet(opened)
    media_type = "image/webp" if has_transparency(picture) else "image/jpeg"
    if media_type == "image/jpeg":
        picture = put_on_white(picture)
    area = picture.width * picture.height
    for share in SHARES:
        shrink(picture, area * share)
        for quality in QUALITIES:
            data = encode(picture, media_type.removeprefix("image/"), quality=quality, xmp=packet)
            if len(data) <= most_bytes:
                return Result(data, media_type, picture.width, picture.height, fitted=True)
    raise ValueError(f"does not fit into {most_bytes} bytes")


def _unusable(data: bytes, error: BaseException) -> PictureUnusable:
    return PictureUnusable(f"{len(data)} bytes: {type(error).__name__}: {error!s:.200}")
