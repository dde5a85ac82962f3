"""Color grades for prompts that name no style: one color for the shadows, one for the lights, something in the air.

A prompt with a word of weather, season or hour has the mood of that word; any other has one of its own, by chance.
"""

from __future__ import annotations

import colorsys
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from sandbox.painting.grounds import Color, Size, clouds, glow, grain, levels, ramp, scale, soften

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random


@dataclass(frozen=True, slots=True)
class Mood:
    """The color of the shadows and of the lights, and what is in the air."""

    shadow: Color
    light: Color
    air: Callable[[Image.Image, Color, Random], Image.Image]


def find_mood(prompt: str) -> Mood | None:
    """The mood of the first word that has one."""
    words = re.findall(r"\w+", prompt.casefold())
    return next((_MOODS[word] for word in words if word in _MOODS), None)


def draw_mood(random: Random) -> Mood:
    """Any mood: the color of the lights lies far from that of the shadows."""
    hue = random.random()
    shadow = _color(hue, random.uniform(0.55, 0.9), random.uniform(0.16, 0.34))
    light = _color(hue + random.uniform(0.3, 0.7), random.uniform(0.25, 0.55), 1.0)
    return Mood(shadow, light, random.choice((bloom, leak, mist, sparks)))


def grade(picture: Image.Image, mood: Mood, random: Random) -> Image.Image:
    """The picture in a mood."""
    grey = ImageOps.autocontrast(picture.convert("L"), cutoff=1)
    tones = ImageOps.colorize(grey, mood.shadow, mood.light)
    toned = Image.blend(ImageChops.soft_light(picture, tones), tones, 0.42)
    toned = ImageEnhance.Color(toned).enhance(random.uniform(1.05, 1.35))
    return mood.air(ImageEnhance.Contrast(toned).enhance(random.uniform(1.0, 1.15)), mood.light, random)


def bloom(picture: Image.Image, light: Color, random: Random) -> Image.Image:
    """Lights that spill over, as through a soft lens."""
    bright = soften(picture, random.uniform(14, 26) * scale(picture.size)).point(ramp(90, 255) * 3)
    return ImageChops.screen(picture, ImageChops.multiply(bright, Image.new("RGB", picture.size, light)))


def leak(picture: Image.Image, light: Color, random: Random) -> Image.Image:
    """Light that came in at the edges of the camera, and the grain of film."""
    width, height = picture.size
    for side in (0, width):
        shine = glow(picture.size, (side, random.randint(0, height)), max(picture.size) * random.uniform(0.3, 0.7))
        picture = ImageChops.screen(picture, _lit(shine, light))
    film = grain(picture.size, random).filter(ImageFilter.GaussianBlur(0.7))
    return ImageChops.overlay(picture, film.point(levels(108, 150)).convert("RGB"))


def mist(picture: Image.Image, light: Color, random: Random) -> Image.Image:
    """Banks of fog, thicker towards the ground."""
    width, height = picture.size
    banks = clouds(picture.size, (max(1, width // 2), max(1, height // 7)), random).point(ramp(96, 190))
    ground = Image.linear_gradient("L").resize(picture.size).point(levels(40, 193))
    return Image.composite(Image.new("RGB", picture.size, light), picture, ImageChops.multiply(banks, ground))


def sparks(picture: Image.Image, light: Color, random: Random) -> Image.Image:
    """Lights out of focus, close before the lens."""
    air = Image.new("L", picture.size)
    for count, radius, brightest in ((16, 34, 70), (22, 16, 110), (30, 5, 190)):
        air = ImageChops.screen(air, _specks(picture.size, count, radius, random).point(ramp(0, 65025 // brightest)))
    air = air.filter(ImageFilter.GaussianBlur(1.2 * scale(picture.size)))
    return ImageChops.screen(bloom(picture, light, random), _lit(air, light))


def snow(picture: Image.Image, light: Color, random: Random) -> Image.Image:
    """Flakes: many small ones far away, a few large ones close by."""
    falling = Image.new("L", picture.size)
    for count, radius in ((480, 1.8), (140, 3.6), (34, 8)):
        flakes = _specks(picture.size, count, radius, random)
        falling = ImageChops.lighter(falling, flakes.filter(ImageFilter.GaussianBlur(radius / 2 * scale(picture.size))))
    return Image.composite(Image.new("RGB", picture.size, light), picture, falling)


def stars(picture: Image.Image, light: Color, random: Random) -> Image.Image:
    """Night: what was bright stays visible, the rest sinks, and stars come out above."""
    night = picture.point([round(255 * (value / 255) ** 1.5 * 0.8) for value in range(256)] * 3)
    above = Image.linear_gradient("L").resize(picture.size).point(ramp(150, 40))
    sky = ImageChops.multiply(_specks(picture.size, 260, 1.5, random), above)
    return ImageChops.screen(night, _lit(ImageChops.screen(sky, soften(sky, 3 * scale(picture.size))), light))


def _color(hue: float, saturation: float, value: float) -> Color:
    red, green, blue = (round(part * 255) for part in colorsys.hsv_to_rgb(hue % 1, saturation, value))
    return red, green, blue


def _lit(mask: Image.Image, light: Color) -> Image.Image:
    """Light of one color on black, where the mask is."""
    lit = Image.new("RGB", mask.size)
    lit.paste(light, mask=mask)
    return lit


def _specks(size: Size, count: int, radius: float, random: Random) -> Image.Image:
    """Round white specks on black, of `radius` pixels in a picture of 1024, some larger, some smaller and fainter."""
    specks = Image.new("L", size)
    draw = ImageDraw.Draw(specks)
    for _ in range(count):
        x, y = random.uniform(0, size[0]), random.uniform(0, size[1])
        wide = radius * scale(size) * random.uniform(0.5, 1.2)
        draw.ellipse([x - wide, y - wide, x + wide, y + wide], fill=random.randint(110, 255))
    return specks


_WORDS = {
    "sunset sunrise dusk dawn sonnenuntergang abendrot crépuscule": Mood((72, 18, 66), (255, 184, 104), bloom),
    "night midnight moonlight moonlit starry nacht nuit": Mood((2, 5, 30), (132, 166, 240), stars),
    "winter snow snowy ice frozen frost schnee eis hiver neige": Mood((44, 76, 118), (244, 250, 255), snow),
    "autumn autumnal herbst automne": Mood((74, 24, 10), (255, 196, 96), leak),
    "forest jungle wald forêt mist misty fog foggy nebel brume": Mood((10, 46, 34), (226, 244, 190), mist),
    "fire lava burning flames volcano feuer feu": Mood((56, 4, 2), (255, 176, 48), sparks),
    "ocean underwater sea meer mer aquarium": Mood((0, 36, 72), (150, 240, 232), bloom),
    "dream dreamy magic magical fairy traum magie": Mood((58, 18, 96), (255, 178, 236), sparks),
}
_MOODS = {word: mood for words, mood in _WORDS.items() for word in words.split()}
