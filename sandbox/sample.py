"""A picture to start with: a mountain lake in the evening, for who has no photo at hand. Pillow only."""

from __future__ import annotations

import io
import math
from itertools import pairwise
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from sandbox.painting.grounds import Color, clouds, glow, gradient, grain, mix

WIDTH, HEIGHT = 1024, 768
_SHORE = 452
_FINE = 2  # what has an edge is drawn this much larger and scaled down, so that the edge is smooth

_SKY = [(0.0, (38, 60, 118)), (0.4, (122, 120, 170)), (0.72, (240, 164, 134)), (1.0, (255, 216, 152))]
_DEEP: Color = (20, 32, 40)
_LEFT, _RIGHT = 430, 737  # between these the sun stands
_SNOW = 296  # snow lies above this height, in pixels from the top

# height above the shore and roughness in pixels, color of the crest and of the foot
_RIDGES: tuple[tuple[int, float, Color, Color], ...] = (
    (150, 260, (98, 104, 156), (240, 184, 160)),
    (92, 120, (80, 84, 130), (196, 148, 146)),
    (44, 60, (48, 62, 92), (124, 104, 118)),
)

Points = list[tuple[float, float]]
Spot = tuple[int, int]


def paint_sample(seed: int = 7) -> bytes:
    """A JPEG of 1024 x 768, the same for the same seed."""
    random = Random(seed)  # noqa: S311 - for mountains, not for secrets
    crests = [_crest(height, rough, random) for height, rough, _, _ in _RIDGES]
    sun = _gap([min(points, key=lambda point: point[1]) for points in zip(*crests, strict=True)])
    upper = _sky(sun, random)
    for crest, (_, _, high, low) in zip(crests, _RIDGES, strict=True):
        _mountains(upper, crest, (high, low), random)
    _far_shore(upper, random)
    _cabin(upper)
    picture = _lake(upper, sun[0], random)
    _near_shore(picture, random)
    speckle = grain(picture.size, random).point([124 + value // 32 for value in range(256)]).convert("RGB")
    out = io.BytesIO()
    ImageChops.overlay(picture, speckle).save(out, "JPEG", quality=92)
    return out.getvalue()


def _gap(skyline: Points) -> Spot:
    """Where the sun stands: just above the lowest place of the skyline, not too near the edges."""
    x, y = max((point for point in skyline if _LEFT < point[0] < _RIGHT), key=lambda point: point[1])
    return round(x), round(y) - 16


def _sky(sun: Spot, random: Random) -> Image.Image:
    """The evening sky with its sun, down to the shore."""
    size = WIDTH, _SHORE
    sky = gradient(size, _SKY)
    drift = clouds(size, (460, 60), random).point([max(0, min(255, (value - 122) * 5)) for value in range(256)])
    height = gradient(size, [(0.0, (60,) * 3), (0.5, (200,) * 3), (1.0, (30,) * 3)]).convert("L")
    lit = gradient(size, [(0.0, (150, 134, 176)), (0.5, (255, 172, 140)), (1.0, (255, 232, 190))])
    sky.paste(lit, mask=ImageChops.multiply(drift, height))
    for radius, color in ((480, (140, 84, 36)), (170, (255, 184, 104)), (46, (255, 250, 226))):
        sky = ImageChops.screen(sky, _light(size, sun, radius, color))
    return sky


def _light(size: tuple[int, int], center: Spot, radius: float, color: Color) -> Image.Image:
    """A round light of one color on black."""
    dark = Image.new("RGB", size)
    dark.paste(color, mask=glow(size, center, radius))
    return dark


def _mountains(upper: Image.Image, crest: Points, colors: tuple[Color, Color], random: Random) -> None:
    """One ridge from its crest down to the shore, hazy at its foot, with snow where it is high."""
    high, low = colors
    top = min(y for _, y in crest) / _SHORE
    rock = gradient(upper.size, [(0.0, high), (top, high), (1.0, low)])
    folds = clouds(upper.size, (90, 150), random).point([96 + value // 4 for value in range(256)]).convert("RGB")
    ridge = _mask(upper.size, [[(0, _SHORE), *crest, (WIDTH, _SHORE)]])
    upper.paste(ImageChops.overlay(rock, folds), mask=ridge)
    line = [(x, _SNOW + random.uniform(-34, 26)) for x, _ in crest[::2]]
    snow = ImageChops.darker(ridge, _mask(upper.size, [[(0, 0), *line, (WIDTH, 0)]]))
    upper.paste(mix(high, (255, 236, 226), 0.7), mask=snow)


def _crest(height: int, rough: float, random: Random) -> Points:
    """The line of a ridge by halving, from the left edge to the right."""
    line = [random.uniform(-0.5, 0.5) * rough for _ in range(6)]
    while len(line) < WIDTH // 4:
        rough *= 0.52
        middles = [(a + b) / 2 + random.uniform(-0.5, 0.5) * rough for a, b in pairwise(line)]
        line = [y for pair in zip(line, middles, strict=False) for y in pair] + line[-1:]
    step = WIDTH / (len(line) - 1)
    return [(number * step, _SHORE - height - y) for number, y in enumerate(line)]


def _mask(size: tuple[int, int], shapes: list[Points]) -> Image.Image:
    """The shapes in white on black, with smooth edges."""
    large = Image.new("L", (size[0] * _FINE, size[1] * _FINE))
    draw = ImageDraw.Draw(large)
    for shape in shapes:
        draw.polygon([(x * _FINE, y * _FINE) for x, y in shape], fill=255)
    return large.resize(size, Image.Resampling.BOX)


def _fir(x: float, foot: float, height: float, random: Random) -> Points:
    """The outline of one conifer: branches to the right on the way down, to the left on the way up."""
    right: Points = []
    left: Points = []
    tiers = max(5, round(height / 9))
    for tier in range(1, tiers + 1):
        y = foot - height * (1 - tier / tiers)
        reach = height * 0.19 * (tier / tiers) ** 0.9
        drop = height / tiers * 0.5
        right += [(x + reach * random.uniform(0.75, 1.15), y + drop), (x + reach * 0.45, y)]
        left += [(x - reach * random.uniform(0.75, 1.15), y + drop), (x - reach * 0.45, y)]
    return [(x, foot - height), *right, *reversed(left)]


def _far_shore(upper: Image.Image, random: Random) -> None:
    """Two rows of woods on the other side, the far one paler."""
    for color, tallest, count in (((62, 70, 92), 30, 150), ((26, 38, 52), 52, 95)):
        firs = []
        for number in range(count):
            x = (number + random.random()) * WIDTH / count
            dip = 0.4 + 0.6 * abs(math.cos(x / WIDTH * 2.2))
            firs.append(_fir(x, _SHORE, tallest * dip * random.uniform(0.6, 1.25), random))
        upper.paste(color, mask=_mask(upper.size, firs))
    bank: Points = [(0, _SHORE), (0, _SHORE - 8), (WIDTH * 0.4, _SHORE - 5), (WIDTH, _SHORE - 10), (WIDTH, _SHORE)]
    upper.paste((22, 32, 42), mask=_mask(upper.size, [bank]))


def _cabin(upper: Image.Image) -> None:
    """A red cabin with light in its window: somewhere for the eye to rest."""
    x, y = 268, _SHORE - 4
    wall: Points = [(x, y), (x, y - 22), (x + 20, y - 36), (x + 40, y - 22), (x + 40, y)]
    side: Points = [(x + 40, y), (x + 40, y - 22), (x + 78, y - 22), (x + 78, y)]
    roof: Points = [(x + 17, y - 37), (x + 60, y - 37), (x + 82, y - 20), (x + 41, y - 20)]
    chimney: Points = [(x + 56, y - 32), (x + 56, y - 46), (x + 63, y - 46), (x + 63, y - 32)]
    panes: list[Points] = [
        [(x + a, y - 16), (x + a + 8, y - 16), (x + a + 8, y - 7), (x + a, y - 7)] for a in (15, 48, 63)
    ]
    for shape, color in ((chimney, (70, 52, 56)), (wall, (138, 50, 44)), (side, (108, 38, 38)), (roof, (52, 44, 54))):
        upper.paste(color, mask=_mask(upper.size, [shape]))
    upper.paste((255, 214, 120), mask=_mask(upper.size, panes))
    upper.paste(ImageChops.screen(upper, _light(upper.size, (x + 40, y - 12), 60, (120, 76, 20))))


def _lake(upper: Image.Image, sun_x: int, random: Random) -> Image.Image:
    """The whole picture: the upper half, and its reflection broken by small waves."""
    depth = HEIGHT - _SHORE
    mirror = upper.transpose(Image.Transpose.FLIP_TOP_BOTTOM).crop((0, 0, WIDTH, depth))
    mirror = mirror.filter(ImageFilter.BoxBlur((0, 3)))
    water = Image.new("RGB", mirror.size)
    for y in range(depth):
        sway = (0.6 + y / 26) * (math.sin(y * 0.9 + 30 / (1 + y / 30)) + random.uniform(-0.7, 0.7))
        row = mirror.crop((0, y, WIDTH, y + 1))
        water.paste(ImageChops.offset(row, round(sway), 0), (0, y))
    tint = gradient(water.size, [(0.0, (226, 214, 216)), (0.5, (150, 158, 180)), (1.0, (64, 84, 112))])
    water = ImageChops.multiply(water, tint)
    water = ImageChops.screen(water, _glitter(water.size, sun_x, random))
    picture = Image.new("RGB", (WIDTH, HEIGHT))
    picture.paste(upper, (0, 0))
    picture.paste(water, (0, _SHORE))
    return picture


def _glitter(size: tuple[int, int], sun_x: int, random: Random) -> Image.Image:
    """The sun's path on the water, and a few calm streaks elsewhere."""
    shine = Image.new("RGB", (size[0] * _FINE, size[1] * _FINE))
    draw = ImageDraw.Draw(shine)
    for _ in range(900):
        y = size[1] * random.random() ** 1.4
        x = random.gauss(sun_x, 14 + y * 0.16)
        long = (3 + y / 12) * random.uniform(0.4, 1.6)
        color = mix((255, 190, 120), (120, 84, 66), min(1.0, y / size[1] + random.random() * 0.3))
        thick = 1 + round(y / 130)
        draw.line([((x - long) * _FINE, y * _FINE), ((x + long) * _FINE, y * _FINE)], fill=color, width=thick)
    return shine.resize(size, Image.Resampling.BOX)


def _near_shore(picture: Image.Image, random: Random) -> None:
    """Tall firs on the right, grass at our feet: the frame through which one looks."""
    firs = [
        _fir(x, HEIGHT + 10, height, random) for x, height in ((962, 560), (890, 380), (1018, 450), (52, 300), (4, 420))
    ]
    picture.paste(_DEEP, mask=_mask(picture.size, firs))
    ground: Points = [
        (0, HEIGHT),
        (0, 712),
        (160, 736),
        (420, 756),
        (640, 750),
        (860, 726),
        (WIDTH, 700),
        (WIDTH, HEIGHT),
    ]
    blades: list[Points] = [ground]
    for _ in range(520):
        x = random.uniform(0, WIDTH)
        foot = HEIGHT - 10 - 40 * abs(x / WIDTH - 0.45)
        tip = x + random.uniform(-12, 12), foot - random.uniform(8, 42)
        blades.append([(x - 1.4, foot + 16), tip, (x + 1.4, foot + 16)])
    picture.paste((16, 26, 32), mask=_mask(picture.size, blades))
