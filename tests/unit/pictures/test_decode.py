"""Which decoders may see a byte, and what they leave for others."""

import subprocess
import sys

import pytest
from PIL import Image

from bot.pictures.decode import FORMATS, encode, has_transparency, make_plain, open_picture
from bot.pictures.limits import PictureLimits


def test_five_formats_are_read() -> None:
    """The other readers of Pillow stay shut."""
    assert set(FORMATS) == {"JPEG", "PNG", "WEBP", "GIF", "AVIF"}


def test_pillow_s_own_ceiling_is_ours() -> None:
    """It is what keeps a decoder from asking for memory when it opens a picture."""
    assert PictureLimits().most_pixels == Image.MAX_IMAGE_PIXELS


def test_no_further_reader_is_loaded() -> None:
    """Opening a picture does not wake up the forty readers that are not asked."""
    program = (
        "import sys\n"
        "from PIL import Image\n"
        "from bot.pictures.decode import encode, open_picture\n"
        "for one in ('JPEG', 'PNG', 'WEBP', 'GIF', 'AVIF'):\n"
        "    open_picture(encode(Image.new('RGB', (64, 64)), one)).load()\n"
        "print([name for name in sys.modules if name in ('PIL.EpsImagePlugin', 'PIL.PsdImagePlugin')])\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 (our own words)
    assert ran.stdout.strip() == "[]"


def test_nothing_is_decoded_when_a_picture_is_opened() -> None:
    """A head is enough to judge the sides."""
    data = encode(Image.new("RGB", (300, 200)), "PNG")
    assert open_picture(data[:60]).size == (300, 200)


@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "GIF", "AVIF"])
def test_an_opaque_alpha_channel_is_no_transparency(file_format: str) -> None:
    """What lets nothing through is not worth a word."""
    data = encode(Image.new("RGBA", (64, 64), "red"), file_format)
    assert not has_transparency(make_plain(open_picture(data)))
