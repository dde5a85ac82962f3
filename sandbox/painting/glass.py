"""A stained glass window: the picture in pieces, small where there is much to see, set in lead."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

from sandbox.painting.grounds import clouds, glow, levels, ramp, scale

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

Point = tuple[float, float]
Places = dict[tuple[int, int], list[Point]]

_FINE = 2  # set this much larger and scaled down, so that the lead has smooth edges
_PIECES = 28  # across the longer side, where there is little to see
_BUSY = 9  # from which difference to its surroundings, of 255, a place gets small pieces
_SMALL = 6  # how many of them


def glass(picture: Image.Image, random: Random) -> Image.Image:
    """Colored glass with light behind it."""
    side = max(picture.size) / _PIECES
    window = Image.new("RGB", (picture.width * _FINE, picture.height * _FINE))
    lead = Image.new("L", window.size)
    colors = ImageEnhance.Color(picture).enhance(1.7).filter(ImageFilter.BoxBlur(side / 9)).tobytes()
    width = max(2, round(5 * scale(picture.size)))
    for place, pane in _panes(_places(picture, side, random), side):
        light = random.uniform(0.86, 1.16)
        x, y = min(picture.width - 1, int(place[0])), min(picture.height - 1, int(place[1]))
        at = (y * picture.width + x) * 3
        red, green, blue = (min(255, round(20 + value * light)) for value in colors[at : at + 3])
        corners = [(x * _FINE, y * _FINE) for x, y in pane]
        ImageDraw.Draw(window).polygon(corners, fill=(red, green, blue))
        ImageDraw.Draw(lead).line([*corners, *corners[:2]], fill=255, width=width, joint="curve")
    window, lead = (layer.resize(picture.size, Image.Resampling.BOX) for layer in (window, lead))
    return _leaded(_lit(window, random), lead)


def _places(picture: Image.Image, side: float, random: Random) -> Places:
    """One place for a pane in every square of the grid, several where the picture is busy."""
    columns, rows = (math.ceil(length / side) for length in picture.size)
    rough = ImageChops.difference(picture, picture.filter(ImageFilter.GaussianBlur(side / 4))).convert("L")
    busy = rough.resize((columns, rows), Image.Resampling.BOX).tobytes()
    places: Places = {}
    for at, difference in enumerate(busy):
        x, y = at % columns, at // columns
        count = _SMALL if difference > _BUSY else 1
        places[x, y] = [((x + random.random()) * side, (y + random.random()) * side) for _ in range(count)]
    return places


def _panes(places: Places, side: float) -> Iterator[tuple[Point, list[Point]]]:
    """Each place with the outline of all that is nearer to it than to any other."""
    for (column, row), here in places.items():
        around = [
            other
            for x in range(column - 2, column + 3)
            for y in range(row - 2, row + 3)
            for other in places.get((x, y), ())
        ]
        for place in here:
            yield place, _pane(place, sorted(around, key=lambda other: math.dist(place, other)), side)


def _pane(place: Point, others: list[Point], side: float) -> list[Point]:
    """The outline of one pane: a large square, cut by the line halfway to each neighbor, the nearest first."""
    x, y = place
    pane = [
        (x - 2 * side, y - 2 * side),
        (x + 2 * side, y - 2 * side),
        (x + 2 * side, y + 2 * side),
        (x - 2 * side, y + 2 * side),
    ]
    for other in others[1:]:
        if math.dist(place, other) > 2 * max(math.dist(place, corner) for corner in pane):
            break
        pane = _cut(pane, place, other)
    return pane


def _cut(pane: list[Point], place: Point, other: Point) -> list[Point]:
    """What of the pane is nearer to `place` than to `other`."""
    away = other[0] - place[0], other[1] - place[1]
    border = (other[0] ** 2 + other[1] ** 2 - place[0] ** 2 - place[1] ** 2) / 2
    over = [x * away[0] + y * away[1] - border for x, y in pane]
    kept: list[Point] = []
    for at, (corner, beyond) in enumerate(zip(pane, over, strict=True)):
        before, previous = over[at - 1], pane[at - 1]
        if (beyond > 0) != (before > 0):
            share = before / (before - beyond)
            kept.append(
                (previous[0] + (corner[0] - previous[0]) * share, previous[1] + (corner[1] - previous[1]) * share)
            )
        if beyond <= 0:
            kept.append(corner)
    return kept


def _lit(window: Image.Image, random: Random) -> Image.Image:
    """Blown glass: streaks and bubbles in it, and a light behind its middle."""
    size = window.size
    streaks = clouds(size, (34, 120), random).point(levels(72, 184))
    window = ImageChops.overlay(window, streaks.convert("RGB"))
    light = glow(size, (size[0] // 2, size[1] // 3), max(size) * 0.9).point(levels(96, 160))
    return ImageChops.overlay(window, light.convert("RGB"))


def _leaded(window: Image.Image, lead: Image.Image) -> Image.Image:
    """The panes set in lead, which is round: a little light on its upper side, a shadow beside it."""
    shadow = lead.filter(ImageFilter.GaussianBlur(3 * scale(window.size) + 0.5)).point(ramp(255, 0, 120))
    window = ImageChops.multiply(window, shadow.convert("RGB"))
    shine = (
        lead.filter(ImageFilter.GaussianBlur(1))
        .filter(ImageFilter.EMBOSS)
        .point([max(0, value - 128) // 2 for value in range(256)])
    )
    window.paste((24, 22, 26), mask=lead)
    return ImageChops.add(window, ImageChops.multiply(shine, lead).convert("RGB"))
