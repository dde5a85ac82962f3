"""What a file says besides its pixels."""

from __future__ import annotations

import contextlib
import random
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageCms, ImageSequence
from PIL.PngImagePlugin import PngInfo

from bot.pictures.decode import UNDECODABLE, encode
from bot.pictures.envelope import Labels, relabel

PACKET = b"<x:xmpmeta>" + b"!" * 290
"""301 bytes: odd, and more than one byte can count."""
SECRET = b"a portrait of Mira"
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def make_picture(mode: str) -> Image.Image:
    """Smooth enough for JPEG, different at every pixel."""
    picture = Image.merge("RGBA", [Image.linear_gradient("L"), Image.radial_gradient("L")] * 2).resize((70, 51))
    return picture.quantize(40) if mode == "P" else picture.convert(mode)


def make_exif(orientation: int = 1) -> bytes:
    """EXIF with a secret."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = orientation, SECRET.decode()
    return exif.tobytes()


def make_text() -> PngInfo:
    """What painting programs write into a PNG."""
    text = PngInfo()
    text.add_text("parameters", SECRET.decode())
    text.add_itxt("prompt", SECRET.decode())
    text.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    return text


MET = {"exif": make_exif(), "xmp": SECRET, "icc_profile": SRGB}
FRAMES = {"save_all": True, "append_images": [make_picture("RGBA").rotate(90), make_picture("RGBA").rotate(180)]}
FILES = {
    "jpeg": encode(make_picture("RGB"), "JPEG"),
    "jpeg progressive": encode(make_picture("RGB"), "JPEG", progressive=True, restart_marker_rows=1),
    "jpeg with everything": encode(
        make_picture("RGB"), "JPEG", comment=SECRET + b"\xff\xd9\xff\xda", dpi=(96, 96), **MET
    ),
    "jpeg cmyk": encode(make_picture("CMYK"), "JPEG", comment=SECRET),
    "jpeg of several": encode(
        make_picture("RGB"), "MPO", save_all=True, append_images=[make_picture("RGB")], dpi=(96, 96), **MET
    ),
    "png": encode(make_picture("RGB"), "PNG"),
    "png with everything": encode(
        make_picture("RGBA"), "PNG", pnginfo=make_text(), exif=make_exif(), icc_profile=SRGB, dpi=(96, 96)
    ),
    "png palette": encode(make_picture("P"), "PNG", transparency=3, pnginfo=make_text()),
    "png animated": encode(make_picture("RGBA"), "PNG", duration=80, pnginfo=make_text(), **FRAMES),
    "webp": encode(make_picture("RGB"), "WEBP"),
    "webp lossless": encode(make_picture("RGB"), "WEBP", lossless=True),
    "webp transparent": encode(make_picture("RGBA"), "WEBP"),
    "webp lossless transparent": encode(make_picture("RGBA"), "WEBP", lossless=True),
    "webp with everything": encode(make_picture("RGBA"), "WEBP", **MET),
    "webp animated": encode(make_picture("RGBA"), "WEBP", duration=80, **FRAMES, **MET),
}


def opened(data: bytes) -> Image.Image:
    """The picture in a file."""
    return Image.open(BytesIO(data))


def label(name: str, data: bytes, labels: Labels | None = None) -> bytes:
    """A file with our labels."""
    return relabel(data, f"image/{name.split(maxsplit=1)[0]}", labels or Labels(PACKET))


def look(data: bytes) -> list[tuple[str, bytes]]:
    """The pixels of every frame; of a JPEG only the first picture counts."""
    picture = opened(data)
    frames = [picture] if picture.format == "MPO" else list(ImageSequence.Iterator(picture))
    return [(frame.mode, frame.convert("RGBA").tobytes()) for frame in frames]


@pytest.mark.parametrize("name", FILES)
def test_labels_change_nothing_that_is_seen(name: str) -> None:
    """Every pixel of every frame, transparency, profile and resolution are the same."""
    before, after = opened(FILES[name]), opened(label(name, FILES[name]))
    assert look(label(name, FILES[name])) == look(FILES[name])
    for key in ("icc_profile", "transparency", "adobe", "duration", "dpi", "jfif_density"):
        assert after.info.get(key) == before.info.get(key)
    assert after.size == before.size


@pytest.mark.parametrize("name", FILES)
def test_labels_are_found_where_readers_look(name: str) -> None:
    """Ours, and nothing that was there before."""
    picture = opened(label(name, FILES[name]))
    assert picture.info["xmp"] == PACKET
    assert not picture.getexif()
    assert SECRET not in label(name, FILES[name])


@pytest.mark.parametrize("name", FILES)
def test_the_same_labels_make_the_same_bytes(name: str) -> None:
    """Twice is once; and other labels take the place of the first."""
    once = label(name, FILES[name])
    assert label(name, once) == once == label(name, FILES[name])
    other = label(name, once, Labels(b"<other/>"))
    assert other == label(name, FILES[name], Labels(b"<other/>"))
    assert PACKET not in other


@pytest.mark.parametrize("name", FILES)
def test_what_follows_the_picture_goes(name: str) -> None:
    """A file may hold more than its picture, also what looks like a part of it."""
    for more in (SECRET, b"\0\0\0\4BACKdata\0\0\0\0", b"ALPH\4\0\0\0data"):
        assert label(name, FILES[name] + more) == label(name, FILES[name])


def test_a_jpeg_of_several_becomes_one_of_its_first() -> None:
    """What points at the others goes with them."""
    assert opened(FILES["jpeg of several"]).format == "MPO"
    assert opened(label("jpeg", FILES["jpeg of several"])).format == "JPEG"


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "webp lossless"])
def test_exif_says_which_way_up(name: str) -> None:
    """It is read where it is written."""
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = opened(label(name, FILES[name], Labels(PACKET, exif.tobytes().removeprefix(b"Exif\0\0"))))
    assert dict(picture.getexif()) == {0x0112: 6}
    assert picture.info["xmp"] == PACKET


def test_a_jpeg_counts_from_the_big_end() -> None:
    """JFIF stays first; the segment's length counts itself; every scan is there byte by byte."""
    data = label("jpeg", FILES["jpeg progressive"])
    assert data[:4] == b"\xff\xd8\xff\xe0"
    at = data.index(b"http://ns.adobe.com/xap/1.0/\0" + PACKET)
    assert data[at - 4 : at] == b"\xff\xe1" + (2 + 29 + 301).to_bytes(2, "big")
    tables = FILES["jpeg progressive"].index(b"\xff\xdb")
    assert data.endswith(FILES["jpeg progressive"][tables:])


def test_a_png_counts_from_the_big_end() -> None:
    """The chunk follows the header, has its length and its checksum, and everything else is as it was."""
    data = label("png", FILES["png"])
    content = b"iTXtXML:com.adobe.xmp\0\0\0\0\0" + PACKET
    chunk = (len(content) - 4).to_bytes(4, "big") + content + zlib.crc32(content).to_bytes(4, "big")
    assert data == FILES["png"][:33] + chunk + FILES["png"][33:]


@pytest.mark.parametrize(("name", "flags"), [("webp", 0x04), ("webp lossless transparent", 0x14)])
def test_a_webp_counts_from_the_little_end(name: str, flags: int) -> None:
    """A simple file becomes an extended one of the same size; what is odd is padded, and not counted as longer."""
    data = label(name, FILES[name])
    header = b"VP8X\x0a\0\0\0" + bytes([flags, 0, 0, 0]) + b"\x45\0\0\x32\0\0"
    packet = b"XMP " + (301).to_bytes(4, "little") + PACKET + b"\0"
    assert data == b"RIFF" + (len(data) - 8).to_bytes(4, "little") + b"WEBP" + header + FILES[name][12:] + packet


def test_an_extended_webp_says_what_it_still_has() -> None:
    """Profile, alpha and packet; no EXIF any more."""
    assert FILES["webp with everything"][20] == 0x3C
    assert label("webp", FILES["webp with everything"])[20] == 0x34


@pytest.mark.parametrize("media_type", ["image/gif", "image/avif"])
def test_some_files_take_no_labels(media_type: str) -> None:
    """Formats that nobody sends us."""
    with pytest.raises(ValueError, match=media_type):
        relabel(b"", media_type, Labels(PACKET))


@pytest.mark.parametrize("name", FILES)
def test_broken_files_raise_only_what_is_expected(name: str) -> None:
    """Cut anywhere, or with any bits flipped: it ends, with bytes or with an error we know."""
    chance = random.Random(name)  # noqa: S311 (repeatable)
    for _ in range(300):
        data = bytearray(FILES[name][: chance.randrange(len(FILES[name]))])
        for _ in range(chance.randrange(4) if data else 0):
            data[chance.randrange(len(data))] = chance.choice([0, 1, 0xFF, 0xD9, 0xDA, chance.randrange(256)])
        with contextlib.suppress(*UNDECODABLE):
            label(name, bytes(data))
