"""Pictures of many kinds, and what people do to them before they upload them again."""

from __future__ import annotations

import io
import math
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from sandbox.painting.grounds import clouds, glow, grain
from sandbox.sample import paint_sample

if TYPE_CHECKING:
    from collections.abc import Callable

Turn = Image.Transpose
SIZE = (640, 480)


def encode(picture: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    """A file's bytes."""
    buffer = io.BytesIO()
    picture.save(buffer, form, **({"quality": 92} | options if form == "JPEG" else options))
    return buffer.getvalue()


def _color(random: Random) -> tuple[int, int, int]:
    return random.randrange(256), random.randrange(256), random.randrange(256)


def lake(random: Random) -> Image.Image:
    """The sample: mountains in the evening."""
    return Image.open(io.BytesIO(paint_sample(random.randrange(9999))))


def fog(random: Random) -> Image.Image:
    """Soft shapes without an edge, of little contrast."""
    soft = Image.merge("RGB", [clouds(SIZE, (180, 140), random) for _ in range(3)])
    return ImageEnhance.Contrast(soft).enhance(0.5)


def shapes(random: Random) -> Image.Image:
    """Flat colors with hard edges."""
    picture = Image.new("RGB", SIZE, _color(random))
    draw = ImageDraw.Draw(picture)
    for _ in range(24):
        x, y = random.uniform(-40, SIZE[0]), random.uniform(-40, SIZE[1])
        box = [x, y, x + random.uniform(20, 240), y + random.uniform(20, 240)]
        (draw.ellipse if random.random() < 0.5 else draw.rectangle)(box, fill=_color(random))
    return picture


def page(random: Random) -> Image.Image:
    """Words in lines, black on white."""
    picture = Image.new("RGB", (480, 640), "white")
    draw = ImageDraw.Draw(picture)
    for y in range(40, 590, 18):
        x = 40
        while x < random.randint(180, 440):
            wide = random.randint(10, 50)
            draw.rectangle([x, y, x + wide, y + 8], fill=(30, 30, 30))
            x += wide + 8
    return picture


def moon(random: Random) -> Image.Image:
    """A light in the dark, fading."""
    lit = clouds(SIZE, (60, 60), random).convert("RGB")
    place = random.randint(180, 460), random.randint(140, 340)
    return ImageChops.multiply(lit, glow(SIZE, place, random.randint(120, 260)).convert("RGB"))


def product(random: Random) -> Image.Image:
    """A thing on empty ground."""
    picture, mask = Image.new("RGB", SIZE, "white"), Image.new("L", SIZE)
    turns = [(math.cos(step), math.sin(step), random.uniform(60, 190)) for step in range(7)]
    ImageDraw.Draw(mask).polygon([(320 + far * x, 240 + far * y) for x, y, far in turns], fill=255)
    picture.paste(shapes(random), mask=mask.filter(ImageFilter.GaussianBlur(3)))
    return picture


def emblem(random: Random) -> Image.Image:
    """The same when it is turned by a quarter."""
    picture = Image.new("RGB", (512, 512), _color(random))
    draw = ImageDraw.Draw(picture)
    for _ in range(3):
        corners = [(random.uniform(20, 240), random.uniform(-1.5, 1.5)) for _ in range(5)]
        color = _color(random)
        for quarter in range(4):
            turned = [(far, angle + quarter * math.pi / 2) for far, angle in corners]
            draw.polygon([(256 + far * math.cos(a), 256 + far * math.sin(a)) for far, a in turned], fill=color)
    return picture


def crest(random: Random) -> Image.Image:
    """The same in a mirror."""
    picture = shapes(random)
    left = picture.crop((0, 0, SIZE[0] // 2, SIZE[1]))
    picture.paste(left.transpose(Turn.FLIP_LEFT_RIGHT), (SIZE[0] // 2, 0))
    return picture


def star(random: Random) -> Image.Image:
    """The same in every mirror."""
    picture = crest(random)
    upper = picture.crop((0, 0, SIZE[0], SIZE[1] // 2))
    picture.paste(upper.transpose(Turn.FLIP_TOP_BOTTOM), (0, SIZE[1] // 2))
    return picture


KINDS = (lake, fog, shapes, page, moon, product, emblem, crest, star)


@cache
def draw(kind: Callable[[Random], Image.Image], seed: int = 1) -> Image.Image:
    """A picture of a kind, the same for the same seed."""
    return kind(Random(f"{kind.__name__} {seed}"))  # noqa: S311 - for pictures, not for secrets


def crop(picture: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    """Without these shares of its sides."""
    width, height = picture.size
    return picture.crop(
        (round(width * left), round(height * top), round(width * (1 - right)), round(height * (1 - bottom)))
    )


def speckle(picture: Image.Image) -> Image.Image:
    """As from a bad camera."""
    noise = grain(picture.size, Random(1)).point([112 + value // 8 for value in range(256)])  # noqa: S311
    return ImageChops.add(picture, noise.convert("RGB"), 1, -128)


def caption(picture: Image.Image, above: float, below: float) -> Image.Image:
    """With white bars."""
    return ImageOps.expand(picture, (0, round(picture.height * above), 0, round(picture.height * below)), "white")


SAVED_AGAIN: dict[str, Callable[[Image.Image], bytes]] = {
    "JPEG q30": lambda picture: encode(picture, quality=30),
    "WebP q40": lambda picture: encode(picture, "WEBP", quality=40),
    "PNG": lambda picture: encode(picture, "PNG"),
    "half size": lambda picture: encode(picture.reduce(2)),
    "200 px": lambda picture: encode(ImageOps.contain(picture, (200, 200))),
    "gray": lambda picture: encode(picture.convert("L")),
    "squeezed": lambda picture: encode(picture.resize((picture.width, picture.height * 4 // 5))),
    "contrast": lambda picture: encode(ImageEnhance.Contrast(picture).enhance(1.4)),
    "pale": lambda picture: encode(ImageEnhance.Contrast(picture).enhance(0.6)),
    "brighter": lambda picture: encode(ImageEnhance.Brightness(picture).enhance(1.25)),
    "darker": lambda picture: encode(ImageEnhance.Brightness(picture).enhance(0.75)),
    "blurred": lambda picture: encode(picture.filter(ImageFilter.GaussianBlur(3))),
    "speckled": lambda picture: encode(speckle(picture)),
    "mirrored": lambda picture: encode(picture.transpose(Turn.FLIP_LEFT_RIGHT)),
    "quarter": lambda picture: encode(picture.transpose(Turn.ROTATE_90)),
    "half turn": lambda picture: encode(picture.transpose(Turn.ROTATE_180)),
    "three quarters": lambda picture: encode(picture.transpose(Turn.ROTATE_270)),
    "mirrored quarter": lambda picture: encode(picture.transpose(Turn.TRANSVERSE)),
    "crop 3 %": lambda picture: encode(crop(picture, 0.015, 0.015, 0.015, 0.015)),
}
"""What leaves it the same picture."""

CHANGED: dict[str, Callable[[Image.Image], bytes]] = {
    "crop 10 %": lambda picture: encode(crop(picture, 0.05, 0.05, 0.05, 0.05)),
    "crop 10 % mirrored": lambda picture: encode(ImageOps.mirror(crop(picture, 0.05, 0.05, 0.05, 0.05))),
    "left 7 %": lambda picture: encode(crop(picture, 0.07, 0, 0, 0)),
    "foot 7 %": lambda picture: encode(crop(picture, 0, 0, 0, 0.07)),
    "white border": lambda picture: encode(ImageOps.expand(picture, 50, "white")),
    "black border": lambda picture: encode(ImageOps.expand(picture, 50, "black"), quality=40),
    "letterbox": lambda picture: encode(ImageOps.pad(picture, (700, 700), color="black")),
    "bar above": lambda picture: encode(caption(picture, 0.15, 0)),
    "bar below": lambda picture: encode(caption(picture, 0, 0.15)),
}
"""What may be left for a moderator to decide."""
