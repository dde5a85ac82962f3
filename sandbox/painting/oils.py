"""An oil painting, stroke by stroke: broad strokes first, finer ones where the canvas still differs from the picture.

After A. Hertzmann, "Painterly rendering with curved brush strokes of multiple sizes" (1998), made small.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

from sandbox.painting.grounds import Color, Size, clouds, levels, scale

if TYPE_CHECKING:
    from random import Random

_FINE = 2  # painted this much larger and scaled down, so that strokes have smooth edges
_BRUSHES = 26, 13, 7  # widths in pixels of a picture of 1024
_TOLERANCE = 9  # how far, of 255, the canvas may stay from the picture
_OTHER_COLOR = 60  # from which difference, summed over the channels, a stroke ends
_CELLS = 96  # the directions of strokes are known on a grid of this many cells each way


@dataclass(frozen=True, slots=True)
class _Model:
    """What a layer of strokes is painted after: a picture, and for each cell where a brush would go."""

    size: Size
    pixels: bytes
    flow: list[tuple[float, float]]

    def color(self, x: float, y: float) -> Color:
        at = (int(y) * self.size[0] + int(x)) * 3
        return self.pixels[at], self.pixels[at + 1], self.pixels[at + 2]

    def along(self, x: float, y: float) -> tuple[float, float]:
        return self.flow[int(y * _CELLS / self.size[1]) * _CELLS + int(x * _CELLS / self.size[0])]


def oil(picture: Image.Image, random: Random) -> Image.Image:
    """Three layers of strokes that follow the shapes, with the relief of thick paint."""
    lively = ImageEnhance.Contrast(ImageEnhance.Color(picture).enhance(1.35)).enhance(1.08)
    canvas = Image.new("RGB", (picture.width * _FINE, picture.height * _FINE), "#705c46")
    relief = Image.new("L", canvas.size, 128)
    flow = _flow(picture, random)
    for width in _BRUSHES:
        brush = max(4.0, width * scale(picture.size))
        model = lively.filter(ImageFilter.GaussianBlur(brush / 6))
        missing = ImageChops.difference(canvas.resize(picture.size, Image.Resampling.BOX), model).convert("L")
        starts = _starts(missing.filter(ImageFilter.BoxBlur(brush / 3)), brush, random)
        _dab((canvas, relief), _Model(model.size, model.tobytes(), flow), starts, brush, random)
    canvas, relief = (layer.resize(picture.size, Image.Resampling.BOX) for layer in (canvas, relief))
    ridges = relief.filter(ImageFilter.GaussianBlur(0.6)).filter(ImageFilter.EMBOSS)
    return ImageChops.overlay(canvas, ridges.point(levels(85, 170)).convert("RGB"))


def _flow(picture: Image.Image, random: Random) -> list[tuple[float, float]]:
    """Where a brush would go from each cell of the grid: along edges, and in slow curves where there are none."""
    grid = _CELLS, _CELLS
    light = picture.convert("L").resize(grid, Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(1.6)).tobytes()
    last = _CELLS - 1
    directions = []
    for at, turn in enumerate(clouds(grid, (50, 50), random).tobytes()):
        x, y = at % _CELLS, at // _CELLS
        across = light[at + (x < last)] - light[at - (x > 0)]
        down = light[at + _CELLS * (y < last)] - light[at - _CELLS * (y > 0)]
        slow = turn / 255 * math.tau
        angle = math.atan2(across + 3 * math.sin(slow), -down + 3 * math.cos(slow))
        directions.append((math.cos(angle), math.sin(angle)))
    return directions


def _starts(missing: Image.Image, brush: float, random: Random) -> list[tuple[float, float]]:
    """Where strokes begin, in a random order: closer than the brush is wide, where something is missing."""
    width, height = missing.size
    different = missing.tobytes()
    step = brush * 0.7
    starts = []
    for row in range(math.ceil(height / step)):
        for column in range(math.ceil(width / step)):
            x, y = (column + random.random()) * step, (row + random.random()) * step
            if x < width and y < height and different[int(y) * width + int(x)] > _TOLERANCE:
                starts.append((x, y))
    random.shuffle(starts)
    return starts


def _dab(
    layers: tuple[Image.Image, Image.Image],
    model: _Model,
    starts: list[tuple[float, float]],
    brush: float,
    random: Random,
) -> None:
    """Put a stroke for each start on the canvas, nearly in the model's color, and its height into the relief."""
    canvas, relief = (ImageDraw.Draw(layer) for layer in layers)
    width = round(brush * _FINE)
    for start in starts:
        lighter = random.randint(-14, 14)
        red, green, blue = model.color(*start)
        path = _path(start, model, brush, random.randint(3, 6))
        canvas.line(path, fill=(red + lighter, green + lighter, blue + lighter), width=width)
        relief.line(path, fill=random.randint(40, 215), width=width)


def _path(start: tuple[float, float], model: _Model, brush: float, steps: int) -> list[tuple[float, float]]:
    """One stroke, as points of the larger canvas: along the flow, until the color there is another."""
    (x, y), color = start, model.color(*start)
    path = []
    for _ in range(steps):
        step_x, step_y = (part * brush for part in model.along(x, y))
        path.append(((x - step_x * 0.2) * _FINE, (y - step_y * 0.2) * _FINE))
        x, y = x + step_x * 0.8, y + step_y * 0.8
        path.append((x * _FINE, y * _FINE))
        if not (0 <= x < model.size[0] and 0 <= y < model.size[1]):
            break
        if sum(abs(a - b) for a, b in zip(model.color(x, y), color, strict=True)) > _OTHER_COLOR:
            break
    return path
