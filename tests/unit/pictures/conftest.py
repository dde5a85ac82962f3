"""A picture whose every side is recognized."""

import pytest
from PIL import Image

from bot.pictures import PictureLimits

CORNERS = {(0, 0): "red", (80, 0): "lime", (0, 60): "blue", (80, 60): "yellow"}


@pytest.fixture
def photo() -> Image.Image:
    """160 x 120: red, lime, blue and yellow, each in its quarter."""
    picture = Image.new("RGB", (160, 120))
    for corner, color in CORNERS.items():
        picture.paste(color, (*corner, corner[0] + 80, corner[1] + 60))
    return picture


@pytest.fixture
def limits() -> PictureLimits:
    """The limits as they are shipped."""
    return PictureLimits()
