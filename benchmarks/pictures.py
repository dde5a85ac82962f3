"""The pictures of the measurements, the same each time."""

from __future__ import annotations

import io
import random

from PIL import Image

from sandbox.sample import paint_sample


def paint_photo(side: int, grain: float = 0.25) -> Image.Image:
    """A lake in the evening, square, with so much noise over it: a photo then weighs what photos weigh."""
    chance = random.Random(side)  # noqa: S311 (a seed, not a secret)
    noise = Image.frombytes("L", (side, side), chance.randbytes(side * side))
    with Image.open(io.BytesIO(paint_sample(1))) as lake:
        return Image.blend(lake.convert("RGB").resize((side, side)), noise.convert("RGB"), grain)


def encode(picture: Image.Image, quality: int) -> bytes:
    """A JPEG's bytes."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def make_small() -> bytes:
    """A picture that costs next to nothing, so that it is the bot that is measured."""
    return encode(paint_photo(64), quality=75)


def make_photo() -> bytes:
    """What a member attaches: 768 x 768."""
    return encode(paint_photo(768), quality=75)


def make_result() -> bytes:
    """What comes back: a megapixel in about 200 kB."""
    return encode(paint_photo(1024, grain=0.06), quality=85)
