"""The pictures of the measurements, the same each time."""

from __future__ import annotations

import io
import random

from PIL import Image

GRAIN = 0.25
"""How much of a photo is noise: a photo of a megapixel then weighs what photos weigh."""


def paint_photo(side: int, grain: float = GRAIN) -> Image.Image:
    """A square picture: gradients, and noise over them."""
    chance = random.Random(side)  # noqa: S311 (a seed, not a secret)
    ground = Image.linear_gradient("L").resize((side, side))
    noise = Image.frombytes("L", (side, side), chance.randbytes(side * side))
    bands = [Image.blend(band, noise, grain) for band in (ground, ground.rotate(90), ground.rotate(180))]
    return Image.merge("RGB", bands)


def encode(picture: Image.Image, file_format: str = "JPEG", quality: int = 75) -> bytes:
    """A file's bytes."""
    buffer = io.BytesIO()
    picture.save(buffer, file_format, quality=quality)
    return buffer.getvalue()


def make_small() -> bytes:
    """A picture that costs next to nothing, so that it is the bot that is measured."""
    return encode(paint_photo(64))


def make_photo() -> bytes:
    """What a member attaches: 768 x 768."""
    return encode(paint_photo(768))


def make_result() -> bytes:
    """What comes back: a megapixel in about 200 kB."""
    return encode(paint_photo(1024, grain=0.05), quality=90)
