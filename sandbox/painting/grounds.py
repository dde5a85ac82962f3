"""What several pictures are built on: gradients, noise and light. Pillow only, and the same for the same `Random`."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

Size = tuple[int, int]
Color = tuple[int, int, int]

_FALLOFF = [0] * 75 + [round(255 * (value / 180) ** 2) for value in range(181)]


def gradient(size: Size, stops: Sequence[tuple[float, Color]]) -> Image.Image:
    """Colors running from the top down. A stop is (height from 0 to 1, color); the first is at 0, the last at 1."""
    column = Image.new("RGB", (1, 256))
    for (top, upper), (bottom, lower) in pairwise(stops):
        for y in range(round(top * 255), round(bottom * 255) + 1):
            share = (y / 255 - top) / (bottom - top)
            column.putpixel((0, y), mix(upper, lower, min(1.0, max(0.0, share))))
    return column.resize(size, Image.Resampling.BICUBIC)


def mix(one: Color, other: Color, share: float) -> Color:
    """`one` with a share of `other`, 0 to 1."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def grain(size: Size, random: Random) -> Image.Image:
    """Grey noise, pixel by pixel. `Image.effect_noise` would differ from run to run."""
    width, height = size
    return Image.frombytes("L", size, random.randbytes(width * height))


def clouds(size: Size, cell: Size, random: Random) -> Image.Image:
    """Soft grey noise of three octaves around 128; `cell` is the size in pixels of its largest shapes."""
    wide, middle, fine = (_octave(size, (cell[0] / part, cell[1] / part), random) for part in (1, 2.3, 5.1))
    return Image.blend(Image.blend(middle, fine, 0.35), wide, 0.5)


def _octave(size: Size, cell: tuple[float, float], random: Random) -> Image.Image:
    """One layer of noise with shapes of one size."""
    coarse = max(3, round(size[0] / cell[0]) + 2), max(3, round(size[1] / cell[1]) + 2)
    return grain(coarse, random).resize(size, Image.Resampling.BICUBIC)


def glow(size: Size, center: Size, radius: float) -> Image.Image:
    """A round light in an "L" picture: 255 at `center`, 0 from `radius` pixels on."""
    wide = max(1, round(radius))
    light = Image.radial_gradient("L").point([_FALLOFF[255 - value] for value in range(256)])
    canvas = Image.new("L", size)
    canvas.paste(light.resize((2 * wide, 2 * wide), Image.Resampling.BICUBIC), (center[0] - wide, center[1] - wide))
    return canvas


def soften(picture: Image.Image, radius: float) -> Image.Image:
    """A wide blur that stays cheap: done small, scaled back up. `radius` in pixels."""
    part = max(1, round(radius / 3))
    small = picture.resize(
        (max(1, picture.width // part), max(1, picture.height // part)), Image.Resampling.BOX
    ).filter(ImageFilter.GaussianBlur(radius / part))
    return small.resize(picture.size, Image.Resampling.BICUBIC)


def scale(size: Size) -> float:
    """How large a picture is beside one of 1024 pixels: what is measured in pixels is multiplied by it."""
    return max(size) / 1024


def levels(low: int, high: int) -> list[int]:
    """A table for `Image.point` that squeezes everything between `low` and `high`."""
    return [round(low + (high - low) * value / 255) for value in range(256)]


def ramp(low: int, high: int, floor: int = 0) -> list[int]:
    """A table for `Image.point`: `floor` up to `low`, 255 from `high` on, a line between; falling if `low` > `high`."""
    span = high - low
    return [round(floor + (255 - floor) * min(1.0, max(0.0, (value - low) / span))) for value in range(256)]
