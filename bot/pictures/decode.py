"""Opening pictures that nobody vouches for, and making them plain: upright, sRGB, without metadata.

Pillow reads only the head when it opens a picture. Its errors come out of here as they are, all of them
in `UNDECODABLE`.
"""

from __future__ import annotations

import math
import re
import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import ExifTags, Image, ImageCms
from PIL.AvifImagePlugin import AvifImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from bot.pictures.av1 import count_pixels
from bot.pictures.limits import PictureLimits

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

FORMATS = tuple(plugin.format for plugin in (JpegImageFile, PngImageFile, WebPImageFile, GifImageFile, AvifImageFile))
"""The decoders that may see a byte. The other forty of Pillow are where most of its holes were."""

BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
"""Pillow's own ceiling was met; a warning only where warnings are errors."""

UNDECODABLE = (
    *BOMBS,
    *(OSError, ValueError, SyntaxError, EOFError, RuntimeError, MemoryError, struct.error, zlib.error),
    *(LookupError, ArithmeticError, AttributeError, TypeError, AssertionError),
)
"""What broken or hostile bytes make Pillow raise. The last line are slips of its readers, found by flipping bits."""

MULTI_PICTURE = "MPO"
"""What Pillow calls a JPEG with further pictures behind it, as phones write them. Not an animation."""

MOST_SCANS = 100
"""A progressive JPEG needs about ten; each scan visits every pixel, so hundreds of tiny ones mean half a minute."""

START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9
MARKER = re.compile(rb"\xff+([^\x00\x01\xd0-\xd7\xff])")
"""As libjpeg looks for one, across whatever else there is. Those left out here have nothing to skip behind them."""

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation -> what makes it upright."""

MOST_PIXELS = PictureLimits().most_pixels
# At twice this Pillow refuses before a decoder asks for memory; up to there our own check of the sides does.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS


def open_picture(data: bytes) -> ImageFile:
    """Read the head of a picture, judged by its bytes alone. Pixels come later, with their own errors."""
    picture = Image.open(BytesIO(data), formats=FORMATS)
    if picture.format in (JpegImageFile.format, MULTI_PICTURE) and count_scans(data) > MOST_SCANS:
        raise ValueError("a JPEG with far too many scans")
    if picture.format == AvifImageFile.format and count_pixels(data) > MOST_PIXELS:
        raise Image.DecompressionBombError("an AVIF that is larger than it says")
    return picture


def count_scans(data: bytes) -> int:
    """How often a decoder goes over the pixels of a JPEG. What stands behind its end, as a film may, does not count."""
    scans, position = 0, 2
    while (marker := MARKER.search(data, position)) is not None and marker[1][0] != END_OF_IMAGE:
        scans += marker[1][0] == START_OF_SCAN
        position = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
    return scans


def is_animation(picture: ImageFile) -> bool:
    """Whether frames follow the first. Ask before the pixels are loaded: it rewinds a GIF."""
    return picture.format != MULTI_PICTURE and bool(getattr(picture, "is_animated", False))


def make_plain(picture: Image.Image, most_pixels: float = math.inf) -> Image.Image:
    """The first frame, upright, in sRGB, scaled down to an area. RGBA where it has an alpha, else RGB."""
    picture = _resizable(picture)
    shrink(picture, most_pixels)
    turn = TURNS.get(read_orientation(picture))
    return _to_srgb(picture if turn is None else picture.transpose(turn))


def shrink(picture: Image.Image, most_pixels: float) -> None:
    """Scale down in place until the area fits; never enlarge."""
    share = math.sqrt(most_pixels / (picture.width * picture.height))
    if share < 1:
        size = int(picture.width * share), int(picture.height * share)
        picture.thumbnail(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def read_orientation(picture: Image.Image) -> int:
    """EXIF's orientation; unreadable EXIF leaves a picture as it is."""
    picture.load()  # a PNG may say it behind its pixels
    try:
        orientation = picture.getexif().get(ExifTags.Base.Orientation)
    except UNDECODABLE:
        return 1
    return orientation if isinstance(orientation, int) else 1


def has_transparency(picture: Image.Image) -> bool:
    """Whether any pixel lets something through; an alpha channel alone does not say so."""
    return picture.mode == "RGBA" and picture.getchannel("A").getextrema() != (255, 255)


def put_on_white(picture: Image.Image) -> Image.Image:
    """The same picture without alpha channel."""
    if picture.mode == "RGB":
        return picture
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")


def encode(picture: Image.Image, file_format: str, **options: Any) -> bytes:
    """A file's bytes."""
    buffer = BytesIO()
    picture.save(buffer, file_format, **options)
    return buffer.getvalue()


def _resizable(picture: Image.Image) -> Image.Image:
    """The picture in L, RGB, RGBA or CMYK. Palettes and single bits would be resized without smoothing."""
    if picture.mode.startswith("I"):  # 16 bits of gray, which Pillow would clip at 255
        picture = picture.point(lambda value: value * (1 / 256)).convert("L")
        picture.info.pop("transparency", None)
    if picture.mode == "RGBA" or picture.has_transparency_data:
        return picture if picture.mode == "RGBA" else picture.convert("RGBA")
    if picture.mode in ("L", "RGB", "CMYK"):
        return picture  # not loaded yet: a JPEG can be decoded at a fraction of its size
    return picture.convert("L" if picture.mode == "1" else "RGB")


def _to_srgb(picture: Image.Image) -> Image.Image:
    """A new picture in RGB or RGBA without any metadata.

    A profile that is broken, or made for another mode, is ignored: the picture is still one.
    """
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(picture.info["icc_profile"]))
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        converted = ImageCms.ImageCmsTransform(profile, srgb, picture.mode, mode).apply(picture)
    except (KeyError, OSError, ValueError, TypeError):
        converted = picture.convert(mode)
    converted.info.clear()
    return converted
