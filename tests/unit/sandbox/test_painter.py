"""What the local painter promises: picture and prompt are both seen in the result, and nobody takes it for Flux."""

from __future__ import annotations

import io
import random
import time
from itertools import combinations

import pytest
from PIL import Image, ImageChops, ImageStat

from sandbox.painter import LABEL, STYLES, find_style, paint
from sandbox.sample import paint_sample

SAMPLE = paint_sample()
NAMES = [style.name for style in STYLES]
SMALL = (128, 96)
VISIBLE = 4.0
"""Of 255, the mean difference of a channel from which on two pictures look different side by side."""


def opened(data: bytes) -> Image.Image:
    """A picture, decoded."""
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def encoded(picture: Image.Image) -> bytes:
    """A picture as PNG."""
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def difference(one: bytes, other: bytes) -> float:
    """The mean difference of a channel above the ribbon, 0 to 255."""
    pictures = [opened(data).convert("RGB") for data in (one, other)]
    assert pictures[0].size == pictures[1].size
    above = 0, 0, pictures[0].width, round(pictures[0].height * 0.9)
    return sum(ImageStat.Stat(ImageChops.difference(*(picture.crop(above) for picture in pictures))).mean) / 3


@pytest.fixture(scope="module")
def lake() -> bytes:
    """The sample, small."""
    return encoded(opened(SAMPLE).resize(SMALL, Image.Resampling.LANCZOS))


@pytest.fixture(scope="module")
def noon() -> bytes:
    """Another picture of the same size: hard shapes, light colors."""
    dice = random.Random(1)  # noqa: S311 (for a picture)
    picture = Image.new("RGB", SMALL, (230, 220, 190))
    for _ in range(30):
        color = (dice.randrange(256), dice.randrange(256), dice.randrange(256))
        left, top = dice.randrange(SMALL[0]), dice.randrange(SMALL[1])
        picture.paste(color, (left, top, left + dice.randrange(8, 70), top + dice.randrange(8, 70)))
    return encoded(picture)


@pytest.fixture(scope="module")
def painted(lake: bytes) -> dict[str, bytes]:
    """The lake in every style."""
    return {name: paint(lake, name, 1.0, 0, LABEL) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_style_is_seen(name: str, lake: bytes, painted: dict[str, bytes]) -> None:
    """A painted picture keeps its size and does not look like its source."""
    assert (opened(painted[name]).format, opened(painted[name]).mode) == ("PNG", "RGB")
    assert opened(painted[name]).size == SMALL
    assert difference(lake, painted[name]) > VISIBLE


@pytest.mark.parametrize(("one", "other"), list(combinations(NAMES, 2)))
def test_no_two_styles_look_alike(one: str, other: str, painted: dict[str, bytes]) -> None:
    """Every style is told from every other."""
    assert difference(painted[one], painted[other]) > VISIBLE


@pytest.mark.parametrize("name", [*NAMES, "a castle of glass"])
def test_the_same_is_painted_twice(name: str, lake: bytes) -> None:
    """Painting is pure: the same five things give the same bytes."""
    assert paint(lake, name, 0.7, 3, LABEL) == paint(lake, name, 0.7, 3, LABEL)


@pytest.mark.parametrize("name", [*NAMES, "a castle of glass"])
def test_the_picture_is_seen(name: str, noon: bytes, lake: bytes) -> None:
    """Two pictures with one prompt stay two pictures."""
    assert difference(paint(noon, name, 1.0, 0, LABEL), paint(lake, name, 1.0, 0, LABEL)) > VISIBLE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("my cat as a king", "my dog as a queen"),
        ("a lake at sunset", "a lake in winter"),
        ("watercolour of a cat", "watercolour of a dog"),
        ("an oil painting", "an oil painting in autumn"),
        ("a cat", "a cat "),
    ],
)
def test_the_prompt_is_seen(one: str, other: str, lake: bytes) -> None:
    """Two prompts for one picture give two pictures, within one style and without any."""
    assert difference(paint(lake, one, 1.0, 0, LABEL), paint(lake, other, 1.0, 0, LABEL)) > 1.5


@pytest.mark.parametrize("name", [*NAMES, "a castle of glass"])
def test_the_pictures_of_a_batch_differ(name: str, lake: bytes) -> None:
    """Three seeds give three pictures."""
    batch = [paint(lake, name, 1.0, seed, LABEL) for seed in range(3)]
    assert min(difference(one, other) for one, other in combinations(batch, 2)) > 0.5


@pytest.mark.parametrize("name", [*NAMES, "a castle of glass"])
def test_strength_leads_away_from_the_source(name: str, lake: bytes) -> None:
    """At 0.05 it is almost the source; the stronger, the further away."""
    away = [difference(lake, paint(lake, name, strength, 0, LABEL)) for strength in (0.05, 0.7, 1.0)]
    assert away == sorted(away)
    assert away[0] < VISIBLE / 2
    assert away[1] > 0.85 * away[2]


@pytest.mark.parametrize("name", [*NAMES, "a castle of glass"])
@pytest.mark.parametrize("strength", [0.05, 1.0])
def test_the_ribbon_is_there(name: str, strength: float, lake: bytes) -> None:
    """Whatever was asked for, light letters stand on a dark ribbon, and the file says it too."""
    picture = opened(paint(lake, name, strength, 0, LABEL))
    assert picture.info["Comment"] == LABEL
    ribbon = picture.convert("L").crop((0, SMALL[1] - 6, SMALL[0], SMALL[1]))
    darkest, lightest = ribbon.getextrema()
    assert isinstance(lightest, int | float)
    assert isinstance(darkest, int | float)
    assert lightest - darkest > 90
    assert ImageStat.Stat(ribbon).median[0] < 120


def test_the_label_is_what_is_written(lake: bytes) -> None:
    """Another label is another ribbon, and nothing else."""
    one, other = (paint(lake, "a cat", 0.7, 0, label) for label in (LABEL, "SANDBOX"))
    assert difference(one, other) == 0
    assert one != other


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("a pencil sketch of my cat", "sketch"),
        ("Als AQUARELL, bitte", "watercolour"),
        ("in the style of Van Gogh", "oil"),
        ("8-bit castle", "pixel art"),
        ("comme un vitrail", "stained glass"),
        ("une mosaïque", "stained glass"),
        ("une mosai\N{COMBINING DIAERESIS}que", "stained glass"),
        ("Warhol, please", "pop art"),
        ("an old photo", "vintage"),
        ("neon sign, watercolour background", "neon"),
        ("watercolour of a neon sign", "watercolour"),
        ("a golden retriever", None),
        ("oilskin and foil", None),
        ("sketchy", None),
        ("", None),
    ],
)
def test_words_choose_the_style(prompt: str, name: str | None) -> None:
    """Synonyms count in any case and a few languages, whole words only, the first one wins."""
    style = find_style(prompt)
    assert (style and style.name) == name


@pytest.mark.parametrize("name", [*NAMES, "night"])
def test_a_large_picture_is_painted_in_time(name: str) -> None:
    """1024 pixels take well under five seconds, even on a busy machine."""
    begun = time.perf_counter()
    paint(SAMPLE, name, 1.0, 0, LABEL)
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize("size", [(1, 1), (2, 90), (90, 2), (16, 16)])
@pytest.mark.parametrize("name", [*NAMES, "night", "winter", "a", "b", "c", "d"])
def test_tiny_pictures_are_painted(name: str, size: tuple[int, int]) -> None:
    """No picture is too small to be painted."""
    assert opened(paint(encoded(Image.new("RGB", size, "teal")), name, 0.7, 0, LABEL)).size == size


def test_large_pictures_shrink() -> None:
    """More than 1024 pixels are never painted; the shape stays."""
    assert opened(paint(encoded(Image.new("RGB", (2048, 512))), "a cat", 0.7, 0, LABEL)).size == (1024, 256)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "1"])
def test_every_mode_is_read(mode: str) -> None:
    """Grey, palette and transparent pictures are painted like any other."""
    assert opened(paint(encoded(Image.new(mode, (40, 30))), "comic", 0.7, 0, LABEL)).mode == "RGB"


@pytest.mark.parametrize("source", [b"", b"not a picture", SAMPLE[:20_000]], ids=["empty", "text", "cut off"])
def test_what_is_no_picture_is_said(source: bytes) -> None:
    """A source that cannot be read raises what the docstring says."""
    with pytest.raises((OSError, SyntaxError, ValueError)):
        paint(source, "a cat", 0.7, 0, LABEL)


@pytest.mark.parametrize("side", [5_100, 9_500, 13_500])
def test_far_too_many_pixels_are_refused(side: int) -> None:
    """A small file that claims a huge picture is refused before it is decoded."""
    out = io.BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    with pytest.raises(ValueError, match="too many"):
        paint(out.getvalue(), "a cat", 0.7, 0, LABEL)
