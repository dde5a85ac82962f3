"""The picture that the sandbox starts with."""

from __future__ import annotations

import io

from PIL import Image, ImageStat

from sandbox.sample import paint_sample


def test_the_sample_is_a_picture() -> None:
    """It is a JPEG of 1024 x 768, and the same every time."""
    picture = Image.open(io.BytesIO(paint_sample()))
    assert (picture.format, picture.size, picture.mode) == ("JPEG", (1024, 768), "RGB")
    assert paint_sample() == paint_sample()


def test_another_seed_is_another_landscape() -> None:
    """Seeds give different landscapes, none of them flat."""
    pictures = {paint_sample(seed) for seed in (7, 8)}
    assert len(pictures) == 2
    assert all(min(ImageStat.Stat(Image.open(io.BytesIO(picture))).stddev) > 25 for picture in pictures)
