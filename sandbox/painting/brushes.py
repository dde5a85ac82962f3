"""Seven quick ways to repaint a picture, with Pillow alone; the two others are `oils` and `glass`.

Each takes an RGB picture and gives one of the same size. `random` is the hand: where strokes begin, which palette is
taken; the same hand paints the same picture.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageMath, ImageOps

from sandbox.painting.grounds import Size, clouds, glow, grain, levels, ramp, scale, soften

if TYPE_CHECKING:
    from random import Random


def sketch(picture: Image.Image, random: Random) -> Image.Image:
    """Pencil: contours, three layers of hatching where it is dark, and the tooth of the paper."""
    unit = scale(picture.size)
    grey = ImageOps.autocontrast(picture.convert("L"), cutoff=1)
    page = _dodge(grey, ImageOps.invert(grey).filter(ImageFilter.GaussianBlur(8 * unit)))
    page = page.point([round(255 * (value / 255) ** 2.2) for value in range(256)])
    tone = grey.filter(ImageFilter.GaussianBlur(2 * unit))
    for limit, angle in ((158, 0.9), (104, 0.5), (58, 1.3)):
        strokes = _hatching(picture.size, angle, random)
        page = ImageChops.multiply(page, ImageChops.lighter(strokes, tone.point(ramp(limit - 26, limit + 26))))
    tooth = grain(picture.size, random).filter(ImageFilter.GaussianBlur(0.9)).point(ramp(190, 96, 0))
    page = ImageChops.screen(page, tooth.point(levels(0, 64)))
    return ImageOps.colorize(page, "#2b2a31", "#fcf9f1")


def _dodge(page: Image.Image, light: Image.Image) -> Image.Image:
    """Color dodge of two "L" pictures: what is evenly lit becomes paper, what changes becomes a line."""
    bright: Image.Image = ImageMath.lambda_eval(
        lambda args: args["min"](args["page"] * 256 / (257 - args["light"]), 255), page=page, light=light
    )
    return bright.convert("L")


def _hatching(size: Size, angle: float, random: Random) -> Image.Image:
    """Pencil strokes side by side over a whole page, dark on white."""
    reach = math.ceil(math.hypot(*size))
    page = Image.new("L", (reach, reach), 255)
    draw = ImageDraw.Draw(page)
    gap = max(2.5, reach / 240)
    for row in range(int(reach / gap) + 1):
        x = -random.uniform(0, reach / 12)
        while x < reach:
            end = x + reach * random.uniform(0.03, 0.1)
            y = row * gap + random.uniform(-0.4, 0.4) * gap
            draw.line([x, y, end, y + random.uniform(-0.5, 0.5) * gap], fill=random.randint(90, 170), width=1)
            x = end + reach * 0.008 * random.random()
    return _turned(page, math.degrees(angle), size)


def _turned(page: Image.Image, degrees: float, size: Size) -> Image.Image:
    """The middle of a larger page after turning it."""
    left, top = (page.width - size[0]) // 2, (page.height - size[1]) // 2
    return page.rotate(degrees, Image.Resampling.BICUBIC).crop((left, top, left + size[0], top + size[1]))


def watercolour(picture: Image.Image, random: Random) -> Image.Image:
    """Washes that bleed, pool at their edges and leave a ragged margin of rough paper."""
    unit = scale(picture.size)
    wash = _simple(ImageEnhance.Color(picture).enhance(1.5), 7)
    wash = _warped(wash, 30 * unit, 7 * unit, random)
    flat = wash.quantize(20, dither=Image.Dither.NONE).convert("RGB")
    wash = Image.blend(wash, flat.filter(ImageFilter.GaussianBlur(1.2 * unit)), 0.45)
    pools = flat.filter(ImageFilter.FIND_EDGES).convert("L").filter(ImageFilter.GaussianBlur(1.4 * unit))
    wash = ImageChops.multiply(wash, pools.point(ramp(90, 4, 165)).convert("RGB"))
    wash = wash.point([round(255 * (0.13 + 0.87 * (value / 255) ** 0.72)) for value in range(256)] * 3)
    drying = clouds(picture.size, (200, 200), random).point(levels(40, 210))
    wash = ImageChops.overlay(wash, drying.convert("RGB"))
    rough = grain(picture.size, random).filter(ImageFilter.GaussianBlur(1.1)).filter(ImageFilter.EMBOSS)
    paper = rough.point([max(0, min(255, 246 + (value - 128) // 2)) for value in range(256)]).convert("RGB")
    paper = ImageChops.multiply(paper, Image.new("RGB", picture.size, "#fdfaf3"))
    return Image.composite(ImageChops.multiply(wash, paper), paper, _painted(picture.size, random))


def _painted(size: Size, random: Random) -> Image.Image:
    """Where a wet brush has been: everywhere but a ragged margin."""
    margin = max(1, round(min(size) * 0.04))
    inside = Image.new("L", size)
    inside.paste(255, (margin, margin, size[0] - margin, size[1] - margin))
    inside = inside.filter(ImageFilter.BoxBlur(margin))
    ragged = clouds(size, (70, 70), random).point(levels(64, 192))
    return ImageChops.add(inside, ragged, offset=-128).point(ramp(112, 140))


def _warped(picture: Image.Image, cell: float, most: float, random: Random) -> Image.Image:
    """The picture as if it had run: a grid of `cell` pixels with every knot moved by `most` pixels at most."""
    across, down = (_marks(length, cell) for length in picture.size)
    knots = {(x, y): (x + random.uniform(-most, most), y + random.uniform(-most, most)) for y in down for x in across}
    mesh = [
        (
            (left, top, right, bottom),
            (*knots[left, top], *knots[left, bottom], *knots[right, bottom], *knots[right, top]),
        )
        for top, bottom in pairwise(down)
        for left, right in pairwise(across)
    ]
    return picture.transform(picture.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)


def _marks(length: int, cell: float) -> list[int]:
    """Where a grid line runs, from 0 to `length`."""
    count = max(1, round(length / max(1.0, cell)))
    return [round(length * number / count) for number in range(count + 1)]


def _simple(picture: Image.Image, size: int) -> Image.Image:
    """The picture without its small things. Done at 640 pixels: a rank filter is slow."""
    small = picture.copy()
    small.thumbnail((640, 640), Image.Resampling.BOX)
    return small.filter(ImageFilter.MedianFilter(size)).resize(picture.size, Image.Resampling.BICUBIC)


def neon(picture: Image.Image, random: Random) -> Image.Image:
    """Glowing tubes along the edges, in a dark street."""
    unit = scale(picture.size)
    grey = ImageOps.autocontrast(_simple(picture, 5).convert("L"), cutoff=1)
    fine, wide = (grey.filter(ImageFilter.GaussianBlur(radius * unit)) for radius in (1.6, 4.4))
    tubes = ImageChops.difference(fine, wide).point(ramp(7, 40))
    low, middle, high = random.choice(_TUBES)
    sway = ImageOps.autocontrast(clouds(picture.size, (380, 380), random), cutoff=12)
    hue = ImageOps.colorize(Image.blend(grey, sway, 0.75), low, high, middle, blackpoint=50, whitepoint=205)
    lines = ImageChops.multiply(hue, tubes.convert("RGB"))
    night = ImageChops.multiply(picture, Image.new("RGB", picture.size, "#43307c"))
    for radius, strength in ((34, 1.5), (10, 1.2), (3, 0.8)):
        halo = soften(lines, radius * unit).point([min(255, round(value * strength)) for value in range(256)] * 3)
        night = ImageChops.screen(night, halo)
    night = ImageChops.screen(night, lines)
    core = tubes.point(ramp(190, 290)).point(levels(0, 170))
    return ImageChops.screen(night, core.convert("RGB"))


_TUBES = (("#ff1e8a", "#a23bff", "#25e6ff"), ("#00e0ff", "#ff2fd0", "#ffd23f"), ("#7b2cff", "#ff3864", "#3dffb0"))


def pixels(picture: Image.Image, random: Random) -> Image.Image:
    """An old game: large pixels, few colors, ordered dithering."""
    cell = max(1, round(max(picture.size) / random.choice((128, 144, 160))))
    size = max(1, round(picture.width / cell)), max(1, round(picture.height / cell))
    small = picture.resize(size, Image.Resampling.BOX).filter(ImageFilter.UnsharpMask(1, 120, 2))
    small = ImageOps.autocontrast(ImageEnhance.Color(small).enhance(1.5), cutoff=1)
    tile = Image.new("L", (4, 4))
    tile.putdata([128 + value - 8 for value in (0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5)])
    dither = _tiled(tile, size).convert("RGB")
    small = ImageChops.add(small, dither, offset=-128)
    few = small.quantize(28, Image.Quantize.MEDIANCUT, kmeans=2, dither=Image.Dither.NONE).convert("RGB")
    return few.resize(picture.size, Image.Resampling.NEAREST)


def _tiled(tile: Image.Image, size: Size) -> Image.Image:
    """A picture of `size` covered with the tile."""
    whole = Image.new(tile.mode, size)
    for y in range(0, size[1], tile.height):
        for x in range(0, size[0], tile.width):
            whole.paste(tile, (x, y))
    return whole


def comic(picture: Image.Image, random: Random) -> Image.Image:
    """Ink lines, flat colors and dots in the shadows, on cheap paper."""
    unit = scale(picture.size)
    calm = _simple(picture, 5)
    flat = ImageOps.autocontrast(ImageEnhance.Color(calm).enhance(1.8), cutoff=2)
    flat = flat.point(_steps(5, 10) * 3)
    grey = ImageOps.autocontrast(calm.convert("L"), cutoff=1)
    dots = _screen(picture.size, max(4.0, 8 * unit), random.uniform(20, 70))
    shade = ImageChops.add(grey.filter(ImageFilter.GaussianBlur(3 * unit)), dots, offset=-128).point(ramp(62, 92, 118))
    page = ImageChops.multiply(flat, ImageOps.colorize(shade, "#1d1440", "#ffffff"))
    page = ImageChops.multiply(page, _ink(grey, unit).convert("RGB"))
    return ImageChops.multiply(page, Image.new("RGB", picture.size, "#fff6e2"))


def _ink(grey: Image.Image, unit: float) -> Image.Image:
    """Brush lines where dark meets light, and solid black where it is very dark."""
    fine, wide = (grey.filter(ImageFilter.GaussianBlur(radius * unit)) for radius in (1.1, 3.6))
    lines = ImageChops.subtract(wide, fine).point(ramp(16, 7))
    return ImageChops.darker(lines, fine.point(ramp(8, 22)))


def _steps(count: int, soft: int) -> list[int]:
    """A table for `Image.point` that leaves `count` levels, with a passage `soft` values wide between two."""
    wide = 256 / count
    places = [max(0.0, value // wide - 1 + min(1.0, value % wide / soft)) for value in range(256)]
    return [round(255 * (place / (count - 1)) ** 0.8) for place in places]


def _screen(size: Size, pitch: float, degrees: float) -> Image.Image:
    """A printer's screen: round dots `pitch` pixels apart on a turned grid, 0 in their middle, 255 between them."""
    fine = 16
    wave = [math.cos(math.tau * (number + 0.5) / fine) for number in range(fine)]
    dot = Image.new("L", (fine, fine))
    dot.putdata([round(127.5 - 63.75 * (across + down)) for down in wave for across in wave])
    count = math.ceil(math.hypot(*size) / pitch)
    page = _tiled(dot, (fine * count, fine * count)).resize((math.ceil(count * pitch),) * 2, Image.Resampling.BOX)
    return _turned(page, degrees, size)


def pop(picture: Image.Image, random: Random) -> Image.Image:
    """Four prints of the same picture, each in four loud inks."""
    grey = _simple(picture, 3).convert("L")
    grey = Image.blend(ImageOps.autocontrast(grey, cutoff=2), ImageOps.equalize(grey), 0.5)
    page = Image.new("RGB", picture.size)
    middle = picture.width // 2, picture.height // 2
    for number, colors in enumerate(random.sample(_INKS, 4)):
        left, top = (number % 2) * middle[0], (number // 2) * middle[1]
        size = picture.width - middle[0] if left else middle[0], picture.height - middle[1] if top else middle[1]
        if min(size) > 0:
            page.paste(_print(grey.resize(size, Image.Resampling.LANCZOS), colors, random), (left, top))
    return page


_INKS: tuple[tuple[str, str, str, str], ...] = (
    ("#1b0b3b", "#e4007c", "#ff8a00", "#fff35c"),
    ("#07224f", "#0077ff", "#35d6c3", "#f8ffb0"),
    ("#3a0519", "#e4002b", "#ff86b5", "#fdf0d5"),
    ("#062a1a", "#00a651", "#f7d417", "#ff5fa2"),
    ("#26004d", "#7a28d9", "#29d3ff", "#f6f930"),
    ("#0b0b0b", "#ff4b1f", "#1fd1a5", "#ffe9c7"),
)


def _print(grey: Image.Image, colors: tuple[str, str, str, str], random: Random) -> Image.Image:
    """One print: the inks one above the other, from the lightest to the darkest, none quite in its place."""
    page = Image.new("RGB", grey.size, colors[3])
    edges = 172, 112, 56
    for edge, color in zip(edges, colors[2::-1], strict=True):
        ink = grey.point(ramp(edge + 8, edge - 8))
        left, top = (round(random.uniform(-0.006, 0.006) * side) for side in grey.size)
        page.paste(color, (left, top, left + grey.width, top + grey.height), ink)
    return page


def vintage(picture: Image.Image, random: Random) -> Image.Image:
    """A print from an album: sepia, faded, scratched, with the light falling off and a white border."""
    unit = scale(picture.size)
    grey = ImageOps.autocontrast(picture.convert("L"), cutoff=1)
    grey = Image.blend(grey, soften(grey, 8 * unit), 0.3)
    film = grain(grey.size, random).filter(ImageFilter.GaussianBlur(0.6))
    fading = clouds(grey.size, (500, 500), random)
    for flaw in (film, fading):
        grey = ImageChops.overlay(grey, flaw.point(levels(98, 161)))
    light = glow(grey.size, (grey.width // 2, grey.height // 2), max(grey.size) * 1.05)
    grey = ImageChops.multiply(grey, light.point(ramp(0, 120, 90)))
    _scratch(grey, random)
    return _framed(ImageOps.colorize(grey, "#2e1c0e", "#f8e6c0", "#a67c4e", midpoint=120))


def _framed(page: Image.Image) -> Image.Image:
    """The print with its border of bare paper, rounded inside."""
    border = max(1, round(min(page.size) * 0.035))
    inside = Image.new("L", page.size)
    if min(page.size) > 3 * border:
        box = border, border, page.width - border - 1, page.height - border - 1
        ImageDraw.Draw(inside).rounded_rectangle(box, radius=border, fill=255)
    inside = inside.filter(ImageFilter.GaussianBlur(1))
    return Image.composite(page, Image.new("RGB", page.size, "#efe3c6"), inside)


def _scratch(grey: Image.Image, random: Random) -> None:
    """What happens to a print in a drawer: dust and a few long scratches."""
    width, height = grey.size
    draw = ImageDraw.Draw(grey)
    for _ in range(70):
        x, y, wide = random.uniform(0, width), random.uniform(0, height), random.uniform(0.3, 1.6)
        draw.ellipse([x, y, x + wide, y + wide], fill=random.choice((235, 215, 60)))
    for _ in range(7):
        x, y, long = random.uniform(0, width), random.uniform(0, height), random.uniform(0.1, 0.5) * height
        draw.line([x, y, x + random.uniform(-9, 9), y + long], fill=random.randint(170, 235), width=1)
