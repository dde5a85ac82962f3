"""Paints a picture after a prompt, on this machine, without a model: what the sandbox has in place of Flux.

The prompt chooses a style by its words; where it names none, it gets a color grade of its own. The result depends on
the picture, the prompt, the strength, the seed and the label, and on nothing else.
"""

from __future__ import annotations

import io
import math
import re
import unicodedata
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageDraw, ImageFont, PngImagePlugin

from sandbox.painting import brushes
from sandbox.painting.glass import glass
from sandbox.painting.moods import draw_mood, find_mood, grade
from sandbox.painting.oils import oil

if TYPE_CHECKING:
    from collections.abc import Callable

LABEL = "SANDBOX: local filter, not Flux"

_LONGEST_SIDE = 1024
_MOST_PIXELS = 25_000_000
_FORMATS = ("JPEG", "PNG", "WEBP")


@dataclass(frozen=True, slots=True)
class Style:
    """A way to paint, and the words that ask for it, in lower case."""

    name: str
    brush: Callable[[Image.Image, Random], Image.Image]
    words: tuple[str, ...]


_WORDS = {
    "sketch": "sketch, sketched, pencil, charcoal, drawing, line art, graphite, bleistift, skizze, croquis",
    "watercolour": "watercolour, watercolours, watercolor, watercolors, gouache, aquarell, aquarelle",
    "oil": "oil, oils, painting, painterly, impressionist, impasto, van gogh, monet, gemälde, ölgemälde, peinture",
    "neon": "neon, cyberpunk, synthwave, glowing, tron, leuchtreklame, néon",
    "stained glass": "stained glass, mosaic, low poly, voronoi, glasfenster, mosaik, mosaïque, vitrail",
    "pixel art": "pixel, pixels, pixelart, 8 bit, 8bit, 16 bit, 16bit, game boy, retro game",
    "comic": "comic, comics, halftone, cartoon, manga, anime, graphic novel, bande dessinée",
    "pop art": "pop art, popart, warhol, screen print, silkscreen, siebdruck, sérigraphie",
    "vintage": "vintage, sepia, old, antique, daguerreotype, 1900s, 1920s, sépia, ancien, ancienne",
}
_BRUSHES = (
    *(brushes.sketch, brushes.watercolour, oil, brushes.neon, glass),
    *(brushes.pixels, brushes.comic, brushes.pop, brushes.vintage),
)
STYLES = tuple(
    Style(name, brush, tuple(words.split(", "))) for (name, words), brush in zip(_WORDS.items(), _BRUSHES, strict=True)
)


def paint(source: bytes, prompt: str, strength: float, seed: int, label: str) -> bytes:
    """A PNG with `label` written on it: the source repainted after the prompt, at most 1024 pixels wide or high.

    `strength` runs from 0 (the source) to 1 (nothing but the style). Raises `OSError`, `SyntaxError` or `ValueError`
    where the source is not a JPEG, PNG or WebP picture that can be read.
    """
    picture = _read(source)
    random = Random(f"{seed} {prompt}")  # noqa: S311 - for paint, not for secrets
    painted = Image.blend(picture, _repaint(picture, prompt, random), _share(strength))
    _put_ribbon(painted, label)
    note = PngImagePlugin.PngInfo()
    note.add_text("Comment", label)
    out = io.BytesIO()
    painted.save(out, "PNG", pnginfo=note, compress_level=3)
    return out.getvalue()


def find_style(prompt: str) -> Style | None:
    """The style that the prompt names first. Whole words only: "golden retriever" is not "old"."""
    text = " ".join(re.findall(r"\w+", unicodedata.normalize("NFC", prompt).casefold()))
    named = [(f" {text} ".find(f" {word} "), style) for style in STYLES for word in style.words]
    first = min((place for place, _ in named if place >= 0), default=None)
    return next((style for place, style in named if place == first), None)


def _read(source: bytes) -> Image.Image:
    """The picture in RGB, scaled down if it is large."""
    try:
        with Image.open(io.BytesIO(source), formats=_FORMATS) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                raise ValueError(f"{opened.width} x {opened.height} pixels are too many")
            opened.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
            return opened.convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise ValueError("far too many pixels") from bomb


def _repaint(picture: Image.Image, prompt: str, random: Random) -> Image.Image:
    """The picture in the style and the mood of the prompt."""
    style, mood, chance = find_style(prompt), find_mood(prompt), draw_mood(random)
    if style is None:
        return grade(picture, mood or chance, random)
    if mood is not None:
        return style.brush(grade(picture, mood, random), random)
    painted = style.brush(picture, random)
    # A breath of one color, so that two prompts for one style are not alike.
    return Image.blend(painted, ImageChops.multiply(painted, Image.new("RGB", picture.size, chance.light)), 0.25)


def _share(strength: float) -> float:
    """How much of the style is seen: little at first, nearly all of it from 0.8 on, where a ghost would disturb."""
    eager = 1 - math.pow(1 - min(1.0, max(0.0, strength)), 1.5)
    return eager * eager * (3 - 2 * eager)


def _put_ribbon(picture: Image.Image, label: str) -> None:
    """A dark, half transparent ribbon along the bottom, with the label in it."""
    size = max(5.0, min(picture.width / max(1, len(label)) * 1.7, max(picture.size) * 0.021))
    font = ImageFont.load_default(size)
    height = min(picture.height, round(size * 1.7))
    box = 0, picture.height - height, picture.width, picture.height
    picture.paste(Image.blend(picture.crop(box), Image.new("RGB", (picture.width, height), "#0b0b10"), 0.62), box)
    middle = picture.width / 2, picture.height - height / 2
    ImageDraw.Draw(picture).text(middle, label, fill="#f2efe6", font=font, anchor="mm")
