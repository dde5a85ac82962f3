"""A collection of pictures that somebody made to do harm: each is a picture within limits, or refused, in time."""

from __future__ import annotations

import contextlib
import resource
import struct
import time
import zlib
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from bot.errors import Reason, Refused
from bot.pictures import Provenance
from bot.pictures.decode import encode
from bot.pictures.result import PictureUnusable, fit, parse_result
from bot.pictures.source import MOST_PIXELS, Source, parse_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.pictures import PictureLimits

SECRET = b"a portrait of Mira"
SECONDS, MEBIBYTES = 8.0, 700
"""What one of them may take on a busy machine. Each frame of 30 megapixels has 120 MB, and WebP wants four of them."""
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
REASONS = {reason for reason in Reason if reason.startswith("picture_")}
PROVENANCE = Provenance(1, "a model")


def photo(width: int = 96, height: int = 80) -> Image.Image:
    """A picture with something in it."""
    return Image.merge(
        "RGB", [Image.linear_gradient("L"), Image.radial_gradient("L"), Image.linear_gradient("L")]
    ).resize((width, height))


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG."""
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


def part(kind: bytes, content: bytes) -> bytes:
    """A chunk of a WebP."""
    return kind + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


def segment(kind: int, content: bytes) -> bytes:
    """A segment of a JPEG."""
    return bytes([0xFF, kind]) + (len(content) + 2).to_bytes(2, "big") + content


def tiff(*tags: tuple[int, int, int, bytes], more: bytes = b"") -> bytes:
    """EXIF of these tags: number, type, count, and four bytes of value or offset."""
    rows = b"".join(struct.pack("<HHI", *tag[:3]) + tag[3].ljust(4, b"\0") for tag in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + rows + bytes(4) + more


PNG, JPEG, WEBP, GIF, AVIF = (
    encode(photo(), "PNG"),
    encode(photo(), "JPEG"),
    encode(photo(), "WEBP"),
    encode(photo(), "GIF"),
    encode(photo(), "AVIF"),
)
ZEROS = zlib.compress(bytes(60_000_000), 9)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


NASTY = (
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    bytes(4),
    b"\x80" + bytes(3),
    b"\xff\xda",
    b"\xff\xd9",
)
LOADED = {
    "JPEG": {"comment": SECRET, "xmp": SECRET, "exif": b"Exif\0\0" + SECRET},
    "PNG": {"exif": b"Exif\0\0" + SECRET},
    "WEBP": {"xmp": SECRET, "exif": SECRET},
    "GIF": {"comment": SECRET},
    "AVIF": {"xmp": SECRET},
}
UNLABELLED = ("GIF", "AVIF")
"""Results in these stay as they came."""


def with_chunks(*chunks: bytes) -> bytes:
    """A PNG with these chunks before its pixels."""
    return PNG[:33] + b"".join(chunks) + PNG[33:]


def with_segments(*segments: bytes) -> bytes:
    """A JPEG with these segments first."""
    return JPEG[:2] + b"".join(segments) + JPEG[2:]


def with_parts(*parts: bytes, flags: int, size: tuple[int, int] = (96, 80)) -> bytes:
    """An extended WebP of these parts."""
    canvas = b"".join((side - 1).to_bytes(3, "little") for side in size)
    return part(b"RIFF", b"WEBP" + part(b"VP8X", bytes([flags, 0, 0, 0]) + canvas) + b"".join(parts))


def write_header(width: int, height: int, depth: int = 8, color: int = 2, interlaced: int = 0) -> bytes:
    """The head of a PNG."""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced))


def write_frame(left: int, top: int, width: int, height: int, pixels: bytes) -> bytes:
    """A frame of an animated WebP."""
    place = b"".join(number.to_bytes(3, "little") for number in (left // 2, top // 2, width - 1, height - 1, 50))
    return part(b"ANMF", place + b"\0" + pixels)


# -- bombs ---------------------------------------------------------------------------------------------------------


def make_bombs() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Small files that want much: pixels, frames, chunks, profiles, metadata."""
    yield "idat of 60 MB for 64 pixels", lambda: write_header(64, 64) + chunk(b"IDAT", ZEROS) + chunk(b"IEND", b"")
    yield (
        "idat of nothing for 29 megapixels",
        lambda: write_header(5400, 5400, 16, 6) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""),
    )
    yield "a hundred thousand empty idat", lambda: PNG[:33] + chunk(b"IDAT", b"") * 100_000 + PNG[33:]
    yield (
        "9 interlaced megapixels",
        lambda: (
            write_header(3000, 3000, 8, 0, 1) + chunk(b"IDAT", zlib.compress(bytes(9_100_000))) + chunk(b"IEND", b"")
        ),
    )
    yield "text of 60 MB", lambda: with_chunks(chunk(b"zTXt", b"note\0\0" + ZEROS))
    yield "text of 60 MB a hundred times", lambda: with_chunks(*[chunk(b"zTXt", b"note\0\0" + ZEROS)] * 100)
    yield "international text of 60 MB", lambda: with_chunks(chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + ZEROS))
    yield "a profile of 60 MB", lambda: with_chunks(chunk(b"iCCP", b"p\0\0" + ZEROS))
    yield "a chunk longer than the file", lambda: PNG[:33] + b"\x7f\xff\xff\xffzTXt" + PNG[33:]
    yield "a chunk of 4 GB", lambda: PNG[:33] + b"\xff\xff\xff\xffIDAT" + PNG[33:]
    yield "a billion frames", lambda: with_chunks(chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)))
    yield "frames that are not there", lambda: with_chunks(chunk(b"acTL", struct.pack(">II", 9, 0))) + bytes(1000)
    yield "a palette of 2000 colors", lambda: with_chunks(chunk(b"PLTE", bytes(6000)))
    yield (
        "a frame beyond its screen",
        lambda: (
            GIF[:6]
            + b"\x40\0\x40\0"
            + GIF[10:].replace(b"\x2c\0\0\0\0\x60\0\x50\0", b"\x2c\xff\xff\xff\xff\xff\xff\xff\xff")
        ),
    )
    yield "a screen of 65535 x 65535", lambda: GIF[:6] + b"\xff\xff\xff\xff" + GIF[10:]
    yield "comments of 5 MB", lambda: GIF[:-1] + (b"\x21\xfe" + (b"\xff" + b"c" * 255) * 4 + b"\0") * 5000 + b";"
    yield "fifty thousand frames", lambda: GIF[:-1] + b"\x2c" + bytes(4) + b"\1\0\1\0\0\2\2\x4c\1\0" * 50_000 + b";"
    yield (
        "a canvas for 29 megapixels",
        lambda: with_parts(
            part(b"ANIM", bytes(6)), *[write_frame(0, 0, 96, 80, WEBP[12:])] * 2, flags=2, size=(5400, 5400)
        ),
    )
    yield (
        "a canvas of 16383 x 16383",
        lambda: with_parts(part(b"ANIM", bytes(6)), write_frame(0, 0, 96, 80, WEBP[12:]), flags=2, size=(16383, 16383)),
    )
    yield (
        "ten thousand frames of a WebP",
        lambda: with_parts(part(b"ANIM", bytes(6)), *[write_frame(0, 0, 96, 80, WEBP[12:])] * 10_000, flags=2),
    )
    yield (
        "a frame beyond its canvas",
        lambda: with_parts(part(b"ANIM", bytes(6)), write_frame(64, 64, 96, 80, WEBP[12:]), flags=2, size=(100, 100)),
    )
    yield "a WebP that says it is larger", lambda: with_parts(WEBP[12:], flags=0, size=(4000, 4000))
    yield (
        "an AVIF that says it is larger",
        lambda: AVIF.replace(b"\0\0\0\x60\0\0\0\x50", struct.pack(">II", 5400, 5400)),
    )
    yield "scans without end", lambda: make_scans(400)
    yield "a JPEG that says it is larger", lambda: JPEG.replace(b"\x08\0\x50\0\x60", b"\x08" + b"\x15\x18" * 2)
    yield "a JPEG of no height", lambda: JPEG.replace(b"\x08\0\x50\0\x60", b"\x08\0\0\0\x60")
    yield "two frame headers", lambda: with_segments(segment(0xC0, b"\x08\xff\xf0\xff\xf0\x01\x01\x11\0"))
    yield "exif of a megabyte", lambda: with_segments(*[segment(0xE1, b"Exif\0\0" + bytes(65000))] * 16)
    yield (
        "a profile in 255 parts",
        lambda: with_segments(
            *(segment(0xE2, b"ICC_PROFILE\0" + bytes([number, 255]) + bytes(65000)) for number in range(1, 101))
        ),
    )
    yield (
        "five thousand tags that share their bytes",
        lambda: with_segments(
            segment(0xE1, b"Exif\0\0" + tiff(*((tag, 7, 60_000, b"\x0a") for tag in range(5000)), more=bytes(5000)))
        ),
    )
    yield (
        "tags that share a megabyte",
        lambda: with_chunks(
            chunk(b"eXIf", tiff(*((tag, 7, 900_000, b"\x0a") for tag in range(60_000)), more=bytes(900_000)))
        ),
    )
    yield "xmp of 5 MB", lambda: with_chunks(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b"<a>" * 1_700_000))


def make_scans(count: int) -> bytes:
    """A large progressive JPEG with its last scan over and over."""
    data = encode(Image.new("L", (3000, 3000)), "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + scan * (count - data.count(b"\xff\xda")) + data[-2:]


# -- tricks --------------------------------------------------------------------------------------------------------


def make_tricks() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Orientations that are none, profiles that are none, files that are two things at once."""
    for name, tag in {
        "of 0": (0x0112, 3, 1, b"\0"),
        "of 9": (0x0112, 3, 1, b"\x09"),
        "of 65535": (0x0112, 3, 1, b"\xff\xff"),
        "as a word": (0x0112, 2, 4, b"six"),
        "as a fraction": (0x0112, 5, 1, b"\x08"),
        "as a float": (0x0112, 11, 1, b"\0\0\xc0\x40"),
        "as a list": (0x0112, 3, 2, b"\x06\0\x03\0"),
        "of no count": (0x0112, 3, 0, b"\x06"),
        "of no type": (0x0112, 99, 1, b"\x06"),
        "far away": (0x0112, 3, 2**31, b"\xff\xff\xff\x7f"),
        "below zero": (0x0112, 8, 1, b"\xfa\xff"),
        "in a loop": (0x8769, 4, 1, b"\x08"),
    }.items():
        yield f"orientation {name}", partial(with_segments, segment(0xE1, b"Exif\0\0" + tiff(tag)))
        yield f"orientation {name} in a PNG", partial(with_chunks, chunk(b"eXIf", tiff(tag)))
    for said in (b'"6"', b'"9"', b'"66666666"', b">6<", b'"\xff"'):
        packet = b"<x:xmpmeta tiff:Orientation=" + said + b"/>"
        yield f"orientation {said!r} in XMP", partial(encode, photo(), "JPEG", xmp=packet)
    for name, profile in {
        "of another size": struct.pack(">I", 2**31) + SRGB[4:],
        "of many tags": SRGB[:128] + struct.pack(">I", 2**31) + SRGB[132:],
        "for gray": SRGB[:16] + b"GRAY" + SRGB[20:],
        "for ink": SRGB[:16] + b"CMYK" + SRGB[20:],
        "that is a link": SRGB[:12] + b"link" + SRGB[16:],
        "to lab": SRGB[:20] + b"Lab " + SRGB[24:],
        "of zeros": SRGB[:128] + bytes(len(SRGB) - 128),
        "of ones": SRGB[:132] + b"\xff" * (len(SRGB) - 132),
    }.items():
        yield f"a profile {name}", partial(encode, photo(), "JPEG", icc_profile=profile)
    script = b"=1;alert(document.cookie)//"
    yield (
        "GIF and script",
        lambda: GIF[:6] + b"/*" + GIF[8:-1] + b"\x21\xfe" + bytes([len(script)]) + script + b"\0;*/" + script,
    )
    yield "GIF as script", lambda: b"GIF89a=1;alert(1)//" + bytes(100)
    yield (
        "PNG and page",
        lambda: with_chunks(chunk(b"tEXt", b"c\0<script>alert(1)</script>")) + b"<script>alert(1)</script>",
    )
    yield "JPEG and archive", lambda: JPEG + b"PK\3\4" + bytes(26) + b"evil.exe" + b"PK\5\6" + bytes(18)
    yield "JPEG and program", lambda: JPEG + b"MZ" + bytes(58) + b"\x40\0\0\0PE\0\0"
    yield "JPEG and JPEG", lambda: JPEG + JPEG
    yield "PNG in JPEG", lambda: with_segments(segment(0xE1, PNG[:60000]))
    yield "WebP and more", lambda: WEBP + PNG
    yield "archive and JPEG", lambda: b"PK\3\4" + bytes(26) + JPEG
    yield "AVIF as HEIC", lambda: AVIF.replace(b"ftypavif", b"ftypheic")
    yield "PNG as AVIF", lambda: AVIF[:32] + PNG
    yield "an unknown critical chunk", lambda: with_chunks(chunk(b"SECR", SECRET))
    yield "PNG without an end", lambda: PNG[:-12]
    yield (
        "PNG of two heads",
        lambda: with_chunks(PNG[8:33].replace(b"\0\0\0\x60\0\0\0\x50", struct.pack(">II", 9999, 9999))),
    )
    yield "page", lambda: b"<!doctype html><img src=x onerror=alert(1)>"
    yield "address", lambda: b"https://169.254.169.254/latest/meta-data/"


OTHERS = {
    "BMP", "DDS", "DIB", "EPS", "ICO", "JPEG2000", "MSP", "PALM", "PCX", "PDF", "PPM", "SGI", "SPIDER",
    "TGA", "TIFF", "XBM", "QOI",
}  # fmt: skip


def make_others() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """What Pillow reads, and nobody else here does."""
    for name in sorted(OTHERS):
        mode = {"MSP": "1", "PALM": "P", "XBM": "1", "SPIDER": "F"}.get(name, "RGB")
        yield f"a picture in {name}", partial(encode, photo().convert(mode), name)
    yield "svg", lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
    yield "wmf", lambda: b"\xd7\xcd\xc6\x9a" + bytes(100)
    yield "fits", lambda: b"SIMPLE  =                    T" + b" " * 3000
    yield "gbr", lambda: b"\0\0\0\x1c\0\0\0\2\0\0\0\x40\0\0\0\x40\0\0\0\4GIMP" + bytes(20000)
    yield "film", lambda: b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(200)


# -- what becomes of them ------------------------------------------------------------------------------------------


def judge(data: bytes, limits: PictureLimits) -> Source | Reason:
    """What comes of it from a member."""
    try:
        source = parse_source(data, limits)
    except Refused as refused:
        reason = refused.reason
    else:
        check_source(source)
        return source
    assert reason in REASONS
    return reason


def check_source(source: Source) -> None:
    """A small plain JPEG that says nothing."""
    assert 0 < source.width * source.height <= MOST_PIXELS
    assert len(source.data) < 2_000_000
    assert set(Image.open(BytesIO(source.data), formats=["JPEG"]).info) == {
        "jfif", "jfif_version", "jfif_unit", "jfif_density",
    }  # fmt: skip


def prove(data: bytes, limits: PictureLimits) -> bytes | None:
    """What comes of it from PiAPI, and of that if it has to be lighter."""
    try:
        result = parse_result(data, limits, PROVENANCE)
    except PictureUnusable:
        return None
    assert 0 < result.width * result.height <= limits.most_pixels
    if len(result.data) > 3000:
        with contextlib.suppress(PictureUnusable):
            assert len(fit(result, 3000).data) <= 3000
    return result.data


CORPUS = dict([*make_bombs(), *make_tricks()])
QUIET = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::PIL.Image.DecompressionBombWarning")
"""What Pillow thinks of odd metadata."""


@QUIET
@pytest.mark.parametrize("make", CORPUS.values(), ids=CORPUS)
def test_a_hostile_picture_is_a_picture_or_refused(make: Callable[[], bytes], limits: PictureLimits) -> None:
    """In bounded time and memory, from both sides, and with no word of what it carried."""
    data = make()
    assert len(data) <= limits.most_bytes, "Discord and we look at the weight first"
    most, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    source, result = judge(data, limits), prove(data, limits)
    assert time.monotonic() - began < SECONDS
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - most) / 1024 < MEBIBYTES
    assert SECRET not in (source.data if isinstance(source, Source) else b"")
    assert SECRET not in (result or b"")


OTHER = dict(make_others())


@QUIET
@pytest.mark.parametrize("make", OTHER.values(), ids=OTHER)
def test_what_else_pillow_could_read_is_no_picture(make: Callable[[], bytes], limits: PictureLimits) -> None:
    """Its other readers, where most of its holes were, never see a byte; hidden behind a known head neither."""
    assert judge(make(), limits) is Reason.PICTURE_NOT_A_PICTURE
    assert prove(make(), limits) is None
    for head in (JPEG[:2], PNG[:8], GIF[:6], WEBP[:12], AVIF[:32]):
        assert isinstance(judge(head + make(), limits), Reason)


@QUIET
@pytest.mark.parametrize("file_format", FORMATS)
def test_a_picture_cut_anywhere_is_a_picture_or_refused(file_format: str, limits: PictureLimits) -> None:
    """At every byte of its head, and at every hundredth of the rest."""
    data = encode(photo(), file_format, **LOADED.get(file_format, {}))
    assert SECRET in data
    for end in [*range(min(len(data), 120)), *range(120, len(data), len(data) // 60)]:
        source, result = judge(data[:end], limits), prove(data[:end], limits)
        assert SECRET not in (source.data if isinstance(source, Source) else b"")
        assert file_format in UNLABELLED or SECRET not in (result or b"")


@QUIET
@settings(
    deadline=None, derandomize=True, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.sampled_from([JPEG, PNG, WEBP, GIF, AVIF]), draw=st.data())
def test_a_picture_with_anything_in_it_is_a_picture_or_refused(
    data: bytes, draw: st.DataObject, limits: PictureLimits
) -> None:
    """Some bytes of it in the place of others, or others in theirs."""
    at, end, source = (draw.draw(st.integers(0, len(data))) for _ in range(3))
    new = draw.draw(st.binary(max_size=8) | st.sampled_from(NASTY) | st.just(data[source : source + 40]))
    spoilt = data[:at] + new + data[max(at, min(end, at + 8)) :]
    judge(spoilt, limits)
    prove(spoilt, limits)
