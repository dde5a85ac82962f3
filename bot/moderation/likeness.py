"""What a picture looks like, in 256 bits that survive being saved again, scaled, turned, and cropped a little.

A fingerprint says of each of the 16 x 16 lowest frequencies of the picture, in 64 x 64 gray, whether it is above their
median: the layout of PDQ, https://github.com/facebook/ThreatExchange/tree/main/pdq. Two things are different, because
in a symmetrical picture, as emblems are, half of the frequencies or more are nothing but noise, and noise would make
their bits: a bit says *clearly* above, and a picture is looked at once more with two sides cut off.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import threading
from array import array
from dataclasses import dataclass
from io import BytesIO
from operator import mul
from statistics import median
from typing import TYPE_CHECKING, Self

from PIL import Image, ImageChops, ImageMath
from PIL.AvifImagePlugin import AvifImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMATS = tuple(plugin.format for plugin in (JpegImageFile, PngImageFile, WebPImageFile, GifImageFile, AvifImageFile))
"""The decoders that may see a byte."""
BITS = 256
SAME = 31
"""Up to so many different bits it is the same picture: block."""
NEAR = 48
"""Up to so many it is very similar: a moderator decides."""

LOOKED_AT = 512
"""The longest side, in pixels, of what is looked at."""
PLAIN = 12
"""By how many gray levels the pixels of a border may differ from its corner."""
WHOLE = (0, 0, 0, 0)
"""Percent cut off left, above, right and below: nothing."""
OFF_CENTER = (8, 8, 0, 0)
"""So that no view of it is symmetrical."""
PARTS = ((4, 4, 4, 4), (7, 0, 0, 0), (0, 7, 0, 0), (0, 0, 7, 0), (0, 0, 0, 7))
"""One of these is close to a crop by a tenth, all around or at one side."""

SIDE = 64
COUNT = math.isqrt(BITS)
WAVES = array(
    "f",
    (
        SIDE * math.sqrt(2 / SIDE) * math.cos(math.pi * wave * (2 * x + 1) / (2 * SIDE))
        for wave in range(1, COUNT + 1)
        for x in range(SIDE)
    ),
)
"""The cosines whose strengths are measured, one behind the other. That of wave 0, the brightness, says nothing."""
ACROSS = Image.frombytes("F", (COUNT * SIDE, 1), WAVES.tobytes()).resize((COUNT * SIDE, SIDE), Image.Resampling.NEAREST)
DOWN = Image.frombytes("F", (1, COUNT * SIDE), WAVES.tobytes()).resize((COUNT, COUNT * SIDE), Image.Resampling.NEAREST)
"""The same side by side for each row of a picture, and one below the other for each column."""
CLEARLY = 0.5
"""How far above the median is clearly above, in parts of the median strength."""
FLAT = 1.5
"""Below this share in the picture, as a standard deviation in gray levels, noise decides about the bits."""

_decoding = threading.Lock()
"""One large picture in memory at a time."""

Box = tuple[float, float, float, float]
Strengths = list[list[float]]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The bits; as text, 64 hex digits."""

    bits: int

    @classmethod
    def parse(cls, digits: str) -> Self:
        """From its text."""
        return cls(int(digits, 16))

    def __str__(self) -> str:
        return f"{self.bits:0{BITS // 4}x}"


@dataclass(frozen=True, slots=True)
class Glance:
    """What is kept of every picture; all of it as a look says."""

    sha256: str
    fingerprint: Fingerprint
    flat: bool


@dataclass(frozen=True, slots=True)
class Look:
    """What one picture looks like; `sha256` is of its bytes, in hex.

    `crops` are what to keep of a picture that should be recognized: the whole, what is inside its border, and parts;
    7 or 8. `turns` are what to ask with: the first of these, turned by quarters and mirrored; 16 or 24.
    """

    sha256: str
    fingerprint: Fingerprint
    crops: tuple[Fingerprint, ...]
    turns: tuple[Fingerprint, ...]

    @property
    def flat(self) -> bool:
        """Whether nothing but its bytes tells it from others: one color, or stripes alone. Such have no crops."""
        return not self.crops


async def look_at(data: bytes) -> Look:
    """The same as `look`, in a thread."""
    return await asyncio.to_thread(look, data)


async def glance_at(data: bytes) -> Glance:
    """The same as `glance`, in a thread."""
    return await asyncio.to_thread(glance, data)


def glance(data: bytes) -> Glance:
    """What is kept of a picture that is compared with nothing. Raises as `look` does."""
    with _decoding:
        gray = _open_gray(data)
    whole = _measure(gray, _cut(gray, WHOLE))
    flat = _is_flat(whole) and look(data).flat  # there may be something in its middle
    return Glance(hashlib.sha256(data).hexdigest(), _fingerprint(whole), flat)


def look(data: bytes) -> Look:
    """Look at a picture that was checked before. Works for some 10 ms at 1024 x 1024, so call it in a thread.

    Raises what Pillow does where it is no picture after all, mostly OSError.
    """
    with _decoding:
        gray = _open_gray(data)
    boxes = (_cut(gray, WHOLE), _find_inside(gray), _cut(gray, OFF_CENTER))
    asked = [_measure(gray, box) for box in dict.fromkeys(boxes)]
    kept = [*asked, *(_measure(gray, _cut(gray, percents)) for percents in PARTS)]
    return Look(
        sha256=hashlib.sha256(data).hexdigest(),
        fingerprint=_fingerprint(asked[0]),
        crops=_gather(view for view in kept if not _is_flat(view)),
        turns=_gather(turned for view in asked if not _is_flat(view) for turned in _turn(view)),
    )


def distance(one: Fingerprint, other: Fingerprint) -> int:
    """How many bits differ: 0 to 256, and about 115 between pictures that have nothing in common."""
    return (one.bits ^ other.bits).bit_count()


def get_nearest(asked: Look, kept: Iterable[str]) -> int:
    """The least distance of a look from any of these fingerprints, which are given as text; `BITS` where there is none.

    25,000 of them take about 40 ms.
    """
    turns = [turn.bits for turn in asked.turns]
    return min(
        ((turn ^ bits).bit_count() for bits in (int(digits, 16) for digits in kept) for turn in turns), default=BITS
    )


def open_on_white(data: bytes) -> Image.Image:
    """The first frame, without transparency. Not decoded yet where it has none."""
    picture = Image.open(BytesIO(data), formats=FORMATS)
    if not picture.has_transparency_data:
        return picture
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture.convert("RGBA"))


def _open_gray(data: bytes) -> Image.Image:
    picture = open_on_white(data)
    picture.draft("L", (2 * LOOKED_AT, 2 * LOOKED_AT))  # a JPEG can be decoded at a fraction of its size
    gray = picture.convert("L")
    gray.thumbnail((LOOKED_AT, LOOKED_AT), Image.Resampling.BOX, reducing_gap=2.0)
    return gray


def _find_inside(gray: Image.Image) -> Box:
    """What is left without borders, bars and empty ground; everything, where that would be next to nothing.

    Two opposite corners touch every side, so between them they know the color of each border; the first is asked again
    when what the second knew is gone.
    """
    left, top, right, bottom = 0, 0, *gray.size
    for corner in ((0, 0), (-1, -1), (0, 0)):
        part = gray.crop((left, top, right, bottom))
        ground = Image.new("L", part.size, part.getpixel((corner[0] % part.width, corner[1] % part.height)))
        box = ImageChops.difference(part, ground).point([0] * PLAIN + [255] * (256 - PLAIN)).getbbox()
        if box is not None and min(box[2] - box[0], box[3] - box[1]) >= SIDE:
            left, top, right, bottom = left + box[0], top + box[1], left + box[2], top + box[3]
    return left, top, right, bottom


def _cut(gray: Image.Image, percents: tuple[int, int, int, int]) -> Box:
    """The box that remains when so much is cut off left, above, right and below."""
    left, top, right, bottom = percents
    width, height = gray.width / 100, gray.height / 100
    return left * width, top * height, (100 - right) * width, (100 - bottom) * height


def _measure(gray: Image.Image, box: Box) -> Strengths:
    """How strong each wave is in a part of the picture: rows are waves down, columns are waves across.

    By Pillow, ten times as fast as in Python: as many copies of the part as there are waves, times the waves, and of
    each copy what its rows come to on average; of that the same in the other direction.
    """
    pixels = gray.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=box).convert("F")
    across = _multiply(_repeat(pixels, (SIDE, 0)), ACROSS).reduce((SIDE, 1))
    strengths = _multiply(_repeat(across, (0, SIDE)), DOWN).reduce((1, SIDE))
    values = array("f", strengths.tobytes()).tolist()
    return [values[start : start + COUNT] for start in range(0, BITS, COUNT)]


def _repeat(picture: Image.Image, step: tuple[int, int]) -> Image.Image:
    """As many copies as there are waves, each one step beside or below the last."""
    width, height = (picture.size[way] + (COUNT - 1) * step[way] for way in (0, 1))
    copies = Image.new("F", (width, height))
    for number in range(COUNT):
        copies.paste(picture, (number * step[0], number * step[1]))
    return copies


def _multiply(one: Image.Image, other: Image.Image) -> Image.Image:
    product: Image.Image = ImageMath.lambda_eval(lambda given: given["one"] * given["other"], one=one, other=other)
    return product


def _turn(view: Strengths) -> list[Strengths]:
    """The same view as the picture mirrored and turned by quarters would have it, all 8.

    Mirroring turns every second wave upside down, and a turn by a quarter swaps down and across besides.
    """
    turned = []
    for across in (1, -1):
        for down in (1, -1):
            signs = [[across ** (x + 1) * down ** (y + 1) for x in range(len(view))] for y in range(len(view))]
            mirrored = [list(map(mul, *pair)) for pair in zip(signs, view, strict=True)]
            turned += [mirrored, [list(column) for column in zip(*mirrored, strict=True)]]
    return turned


def _fingerprint(view: Strengths) -> Fingerprint:
    strengths = [strength for row in view for strength in row]
    limit = median(strengths) + CLEARLY * median(map(abs, strengths))
    return Fingerprint(int("".join("1" if strength > limit else "0" for strength in strengths), 2))


def _is_flat(view: Strengths) -> bool:
    return math.hypot(*(strength for row in view for strength in row)) / SIDE < FLAT


def _gather(views: Iterable[Strengths]) -> tuple[Fingerprint, ...]:
    """Their fingerprints, each once: those of a symmetrical picture repeat."""
    return tuple(dict.fromkeys(map(_fingerprint, views)))
