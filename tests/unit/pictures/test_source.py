"""What becomes of a picture that came from a member."""

import gc
import hashlib
import random
import warnings
import weakref
from io import BytesIO
from zlib import crc32

import pytest
from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from bot.errors import Reason, Refused
from bot.pictures import source as room
from bot.pictures.decode import BOMBS, UNDECODABLE, encode
from bot.pictures.limits import PictureLimits
from bot.pictures.source import Source, SourceNote, parse_source

PICTURE_REASONS = {
    Reason.PICTURE_NOT_A_PICTURE,
    Reason.PICTURE_BROKEN,
    Reason.PICTURE_TOO_LARGE,
    Reason.PICTURE_TOO_SMALL,
    Reason.PICTURE_TOO_NARROW,
}
FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "AVIF"]
ANIMATED = ["PNG", "WEBP", "GIF", "AVIF"]
MODES = {
    "1": ["PNG", "GIF", "WEBP"],
    "L": FORMATS,
    "LA": ["PNG", "WEBP", "AVIF"],
    "P": ["PNG", "GIF", "WEBP"],
    "RGB": FORMATS,
    "RGBA": ["PNG", "WEBP", "GIF", "AVIF"],
    "CMYK": ["JPEG"],
    "I;16": ["PNG"],
}


def opened(source: Source) -> Image.Image:
    """The picture in a source, all of it."""
    picture = Image.open(BytesIO(source.data), formats=["JPEG"])
    picture.load()
    return picture


def near(picture: Image.Image, where: tuple[int, int], color: tuple[int, int, int]) -> bool:
    """Whether a pixel has a color, as far as JPEG keeps one."""
    found = picture.getpixel(where)
    assert isinstance(found, tuple)
    return all(abs(one - other) < 12 for one, other in zip(found, color, strict=True))


def noise(side: int) -> Image.Image:
    """What no encoder can shrink."""
    return Image.frombytes("RGB", (side, side), hashlib.shake_256().digest(3 * side * side))


def refusal(data: bytes, limits: PictureLimits) -> Refused:
    """How some bytes are refused."""
    with pytest.raises(Refused) as caught:
        parse_source(data, limits)
    return caught.value


@pytest.mark.parametrize(("mode", "file_format"), [(mode, one) for mode, all_of in MODES.items() for one in all_of])
def test_every_mode_of_every_format(mode: str, file_format: str, limits: PictureLimits) -> None:
    """Whatever a format can hold comes out as the same gray in a baseline JPEG, with its own hash."""
    gray = Image.new("L", (100, 70), 192)
    if mode == "I;16":
        data = encode(gray.convert("I").point(lambda value: value * 257).convert("I;16"), file_format)
    elif mode == "1":
        data = encode(Image.new("1", (100, 70), 1), file_format)
    elif mode == "P":
        data = encode(gray.quantize(4), file_format)
    else:
        data = encode(gray.convert("RGB").convert(mode), file_format)
    source = parse_source(data, limits)
    picture = opened(source)
    level = 255 if mode == "1" else 192
    assert (picture.size, picture.mode) == ((100, 70), "RGB") == ((source.width, source.height), "RGB")
    assert near(picture, (50, 35), (level, level, level))
    assert "progressive" not in picture.info
    assert source.sha256 == hashlib.sha256(source.data).hexdigest()
    assert source.media_type == "image/jpeg"
    assert source.notes == frozenset()


def test_the_bytes_stay_out_of_logs(photo: Image.Image, limits: PictureLimits) -> None:
    """A source in a log line is a line."""
    assert "data" not in repr(parse_source(encode(photo, "PNG"), limits))


# -- size --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1024, 1024), (64, 64), (2048, 512)])
def test_up_to_a_megapixel_nothing_is_scaled(size: tuple[int, int], limits: PictureLimits) -> None:
    """What is small enough keeps its size, and is never enlarged."""
    source = parse_source(encode(Image.new("RGB", size), "PNG"), limits)
    assert (source.width, source.height) == size
    assert source.notes == frozenset()


@pytest.mark.parametrize("size", [(1025, 1024), (1024, 1025), (3000, 2000), (4000, 500), (500, 4000), (2049, 512)])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
def test_what_is_larger_is_scaled_to_a_megapixel(
    size: tuple[int, int], file_format: str, limits: PictureLimits
) -> None:
    """The area comes just under one megapixel, the aspect stays, and the owner is told."""
    source = parse_source(encode(Image.new("RGB", size), file_format), limits)
    assert 0.99 * room.MOST_PIXELS < source.width * source.height <= room.MOST_PIXELS
    assert source.width / source.height == pytest.approx(size[0] / size[1], rel=0.01)
    assert source.notes == {SourceNote.SCALED_DOWN}


def test_a_palette_is_scaled_smoothly(limits: PictureLimits) -> None:
    """Stripes of a palette's black and white melt into gray, not into other stripes."""
    stripes = Image.frombytes("L", (3000, 1500), b"\0\xff" * (1500 * 1500))
    source = parse_source(encode(stripes.convert("P"), "PNG"), limits)
    assert min(opened(source).convert("L").crop((100, 100, 300, 300)).tobytes()) > 100


def test_the_worst_case_is_well_below_four_megabytes(limits: PictureLimits) -> None:
    """Noise of the full area, which no JPEG can shrink."""
    assert len(parse_source(encode(noise(1024), "WEBP", quality=100, method=0), limits).data) < 2_000_000


# -- upright, colors, transparency -------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(orientation: int, photo: Image.Image, limits: PictureLimits) -> None:
    """However a camera was held, red is at the top left and yellow at the bottom right."""
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    turned = photo if orientation == 1 else photo.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    source = parse_source(encode(turned, "JPEG", exif=exif, quality=95), limits)
    picture = opened(source)
    assert (source.width, source.height) == (160, 120)
    assert near(picture, (20, 20), (255, 0, 0))
    assert near(picture, (140, 20), (0, 255, 0))
    assert near(picture, (20, 100), (0, 0, 255))
    assert near(picture, (140, 100), (255, 255, 0))


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_orientation_is_read_from_every_format(file_format: str, photo: Image.Image, limits: PictureLimits) -> None:
    """EXIF sits elsewhere in each format, and means the same."""
    exif = Image.Exif()
    exif[0x0112] = 6
    source = parse_source(encode(photo, file_format, exif=exif), limits)
    assert (source.width, source.height) == (120, 160)


def test_a_large_turned_photo(limits: PictureLimits) -> None:
    """Scaling and turning at once: what phones send."""
    exif = Image.Exif()
    exif[0x0112] = 8
    source = parse_source(encode(Image.new("RGB", (4000, 2000)), "JPEG", exif=exif), limits)
    assert source.width / source.height == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize("exif", [b"Exif\0\0nonsense", b"Exif\0\0II*\0", b"Exif\0\0MM\0*\xff\xff\xff\xff"])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_unreadable_exif_is_no_reason_to_refuse(
    exif: bytes, file_format: str, photo: Image.Image, limits: PictureLimits
) -> None:
    """Nobody is told to repair metadata that is thrown away."""
    assert parse_source(encode(photo, file_format, exif=exif), limits).width == 160


def swapped_profile() -> bytes:
    """An ICC profile (version 2, three primaries) in which red means sRGB's green, and green its red."""

    def fixed(*numbers: float) -> bytes:
        return b"".join(round(number * 65536).to_bytes(4, "big", signed=True) for number in numbers)

    green, red, blue = (0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)
    curve = b"curv\0\0\0\0\0\0\0\1\2\x33\0\0"
    tags = {b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1.0, 0.8249)}
    tags |= {b"rXYZ": b"XYZ \0\0\0\0" + fixed(*red), b"gXYZ": b"XYZ \0\0\0\0" + fixed(*green)}
    tags |= {b"bXYZ": b"XYZ \0\0\0\0" + fixed(*blue), b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    table, body = len(tags).to_bytes(4, "big"), b""
    for name, value in tags.items():
        offset = 128 + 4 + 12 * len(tags) + len(body)
        table += name + offset.to_bytes(4, "big") + len(value).to_bytes(4, "big")
        body += value
    head = b"\0\0\0\0lcms\2\x40\0\0mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28) + fixed(0.9642, 1.0, 0.8249)
    size = 128 + len(table) + len(body)
    return size.to_bytes(4, "big") + head[4:].ljust(124, b"\0") + table + body


@pytest.mark.parametrize(
    ("file_format", "mode"),
    [("JPEG", "RGB")] + [(one, mode) for one in ("PNG", "WEBP", "AVIF") for mode in ("RGB", "RGBA")],
)
def test_colors_mean_what_their_profile_says(file_format: str, mode: str, limits: PictureLimits) -> None:
    """A profile is carried out before it is dropped."""
    green = Image.new(mode, (80, 80), (255, 0, 0))
    picture = opened(parse_source(encode(green, file_format, icc_profile=swapped_profile()), limits))
    assert near(picture, (40, 40), (0, 255, 0))
    assert "icc_profile" not in picture.info


@pytest.mark.parametrize("profile", [b"", b"no profile at all", swapped_profile()[:150]])
@pytest.mark.parametrize("mode", ["RGB", "CMYK", "L"])
def test_an_unusable_profile_is_ignored(profile: bytes, mode: str, limits: PictureLimits) -> None:
    """Broken, or for another mode: the picture is still a picture."""
    white = Image.new("RGB", (80, 80), "white").convert(mode)
    assert near(opened(parse_source(encode(white, "JPEG", icc_profile=profile), limits)), (9, 9), (255, 255, 255))


def test_a_profile_for_another_mode_is_ignored(limits: PictureLimits) -> None:
    """An RGB profile in a gray picture changes nothing."""
    gray = Image.new("L", (80, 80), 100)
    source = parse_source(encode(gray, "JPEG", icc_profile=swapped_profile()), limits)
    assert near(opened(source), (9, 9), (100, 100, 100))


@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "AVIF"])
def test_transparency_becomes_white(file_format: str, photo: Image.Image, limits: PictureLimits) -> None:
    """What is behind a picture is white, half of it where half shines through, and the owner is told."""
    alpha = Image.new("L", photo.size, 0)
    alpha.paste(255, (0, 0, 80, 60))
    alpha.paste(128, (0, 60, 80, 120))
    photo.putalpha(alpha)
    source = parse_source(encode(photo, file_format, lossless=True, quality=100), limits)
    picture = opened(source)
    assert near(picture, (40, 30), (255, 0, 0))
    assert near(picture, (120, 30), (255, 255, 255))
    assert near(picture, (40, 90), (127, 127, 255))
    assert source.notes == {SourceNote.TRANSPARENCY_FLATTENED}


@pytest.mark.parametrize(
    ("mode", "color", "see_through"),
    [("P", 0, 0), ("P", 0, b"\0"), ("L", 0, 0), ("RGB", (0, 0, 0), (0, 0, 0)), ("1", 0, 0)],
)
def test_a_transparent_color_becomes_white(
    mode: str, color: int | tuple[int, int, int], see_through: object, limits: PictureLimits
) -> None:
    """PNG and GIF can name one color instead of an alpha channel."""
    source = parse_source(encode(Image.new(mode, (80, 80), color), "PNG", transparency=see_through), limits)
    assert near(opened(source), (40, 40), (255, 255, 255))
    assert source.notes == {SourceNote.TRANSPARENCY_FLATTENED}


# -- metadata and frames -----------------------------------------------------------------------------------------


def metadata(file_format: str) -> dict[str, object]:
    """Everything private that Pillow can write into a format."""
    exif = Image.Exif()
    exif[0x010E] = "SECRET description"
    exif.get_ifd(0x8825)[0x001D] = "SECRET 1999:12:31"
    text = PngInfo()
    text.add_text("note", "SECRET text")
    text.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>SECRET</x:xmpmeta>")
    every: dict[str, object] = {"exif": exif, "icc_profile": swapped_profile()}
    options: dict[str, dict[str, object]] = {
        "JPEG": {**every, "xmp": b"<x:xmpmeta>SECRET</x:xmpmeta>", "comment": b"SECRET comment"},
        "PNG": {**every, "pnginfo": text},
        "WEBP": {**every, "exif": exif.tobytes(), "xmp": b"<x:xmpmeta>SECRET</x:xmpmeta>"},
        "GIF": {"comment": b"SECRET comment"},
        "AVIF": {**every, "xmp": b"<x:xmpmeta>SECRET</x:xmpmeta>"},
    }
    return options[file_format]


@pytest.mark.parametrize("file_format", FORMATS)
def test_all_metadata_is_gone(file_format: str, photo: Image.Image, limits: PictureLimits) -> None:
    """No place, text, profile or comment goes to anybody else."""
    data = encode(photo, file_format, **metadata(file_format))
    assert b"SECRET" in data
    source = parse_source(data, limits)
    assert not [word for word in (b"SECRET", b"Exif", b"xmpmeta", b"ICC_PROFILE", b"acsp") if word in source.data]
    assert set(opened(source).info) == {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("file_format", ANIMATED)
def test_of_an_animation_the_first_frame_is_taken(file_format: str, photo: Image.Image, limits: PictureLimits) -> None:
    """The picture is the first frame, and the owner is told."""
    data = encode(photo, file_format, save_all=True, append_images=[Image.new("RGB", photo.size)] * 2, duration=100)
    source = parse_source(data, limits)
    assert near(opened(source), (20, 20), (255, 0, 0))
    assert source.notes == {SourceNote.FIRST_FRAME}


def test_further_pictures_in_a_jpeg_are_no_animation(photo: Image.Image, limits: PictureLimits) -> None:
    """Phones put depth maps and the like behind a photo; nobody calls that a frame."""
    source = parse_source(encode(photo, "MPO", save_all=True, append_images=[photo]), limits)
    assert source.notes == frozenset()


def test_later_frames_are_never_decoded(limits: PictureLimits) -> None:
    """299 frames of 16 megapixels and of nonsense cost nothing."""
    first = encode(Image.new("P", (4000, 4000)), "GIF")
    nonsense = b"\x2c" + bytes(4) + b"\xa0\x0f\xa0\x0f\0" + b"\x08" + b"\xff" + b"\xff" * 255 + b"\0"
    source = parse_source(first[:-1] + nonsense * 299 + b";", limits)
    assert source.notes == {SourceNote.FIRST_FRAME, SourceNote.SCALED_DOWN}


# -- refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<!doctype html><html><body>404</body></html>",
        b'<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"/>',
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200),
        b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(200),
        b"%PDF-1.7\n" + bytes(100),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n",
        *(encode(Image.new("RGB", (100, 100)), one) for one in ("TIFF", "BMP", "ICO", "TGA", "PPM", "JPEG2000")),
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_not_one_of_the_formats(data: bytes, limits: PictureLimits) -> None:
    """Bytes decide: no other decoder ever sees them."""
    assert refusal(data, limits).reason is Reason.PICTURE_NOT_A_PICTURE


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_picture_cut_short_is_refused(file_format: str, limits: PictureLimits) -> None:
    """The head alone does not make a picture."""
    data = encode(noise(256), file_format)
    reason = refusal(data[: len(data) * 6 // 10], limits).reason
    # An AVIF says in its head where its pixels end, and is not even opened when that is too far.
    assert reason is (Reason.PICTURE_NOT_A_PICTURE if file_format == "AVIF" else Reason.PICTURE_BROKEN)


def test_a_large_jpeg_cut_short_is_refused(limits: PictureLimits) -> None:
    """Also where only a fraction of its size is decoded."""
    data = encode(noise(256).resize((4000, 3000)), "JPEG")
    assert refusal(data[: len(data) * 6 // 10], limits).reason is Reason.PICTURE_BROKEN


def test_a_flipped_bit_in_a_png_is_refused(photo: Image.Image, limits: PictureLimits) -> None:
    """The checksums of a PNG are looked at."""
    data = bytearray(encode(photo, "PNG"))
    data[data.index(b"IDAT") + 20] ^= 1
    assert refusal(bytes(data), limits).reason is Reason.PICTURE_BROKEN


@pytest.mark.parametrize("second_frame", [b"\x2c", b"\x2c" + bytes(8)])
def test_a_gif_cut_in_its_second_frame_is_refused(
    second_frame: bytes, photo: Image.Image, limits: PictureLimits
) -> None:
    """Pillow trips over it with errors that it does not mean to raise."""
    assert refusal(encode(photo, "GIF")[:-1] + second_frame, limits).reason is Reason.PICTURE_BROKEN


def test_a_jpeg_of_endless_scans_is_refused(photo: Image.Image, limits: PictureLimits) -> None:
    """A few bytes each, and each a walk over all pixels: hours in ten megabytes."""
    data = encode(photo, "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    assert parse_source(data[:-2] + scan * 80 + data[-2:], limits).width == 160
    assert refusal(data[:-2] + scan * 100 + data[-2:], limits).reason is Reason.PICTURE_BROKEN
    hidden = b"\xff\x01\xff\xff" + b"nothing" + b"\xff\xfe\0\x04\xff\xd9"  # which libjpeg goes over
    assert refusal(data[:-2] + (hidden + scan) * 100 + data[-2:], limits).reason is Reason.PICTURE_BROKEN


def test_a_film_behind_a_jpeg_is_none_of_its_scans(photo: Image.Image, limits: PictureLimits) -> None:
    """Motion photos have megabytes there, in which any bytes turn up."""
    film = b"ftypmp42" + b"\xff\xda\0\x08" * 10_000
    exif = Image.Exif()
    exif[0x010E] = "\u00ff\u00da" * 1000
    assert parse_source(encode(photo, "JPEG", exif=exif) + film, limits).width == 160


def claimed(file_format: str, width: int, height: int) -> bytes:
    """The head of a picture that claims a size, with nothing behind it."""
    if file_format == "PNG":
        data = encode(Image.new("1", (64, 64)), "PNG")
        head = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + data[24:29]
        return data[:12] + head + crc32(head).to_bytes(4, "big") + data[33:]
    if file_format == "GIF":
        data = encode(Image.new("1", (64, 64)), "GIF")
        return data[:6] + width.to_bytes(2, "little") + height.to_bytes(2, "little") + data[10:]
    if file_format == "WEBP":
        bits = (width - 1) | (height - 1) << 14
        return b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0/" + bits.to_bytes(4, "little") + bytes(9)
    data = encode(Image.new("L", (64, 64)), "JPEG")
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + data[at + 4 :]


@pytest.mark.parametrize("file_format", ["PNG", "GIF", "WEBP", "JPEG"])
@pytest.mark.parametrize("size", [(16_000, 16_000), (6_400, 6_250), (6_000, 5_001), (12_001, 1_600)])
@pytest.mark.parametrize("loud", [True, False])
def test_a_bomb_is_refused_by_its_head(
    file_format: str, size: tuple[int, int], loud: bool, limits: PictureLimits
) -> None:
    """Far over the limit and just over it, whether Pillow's warnings are errors or not."""
    with warnings.catch_warnings():
        warnings.simplefilter("error" if loud else "ignore")
        assert refusal(claimed(file_format, *size), limits).reason is Reason.PICTURE_TOO_LARGE


def test_famous_bombs(limits: PictureLimits) -> None:
    """A one-bit PNG of 177 megapixels; an AVIF and a canvas of WebP that no machine could hold."""
    canvas = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff\xff\xff" * 2 + bytes(4)
    avif = encode(Image.new("L", (64, 64)), "AVIF")
    side = (16_000).to_bytes(4, "big")
    avif = avif.replace(b"ispe" + bytes(4) + (64).to_bytes(4, "big") * 2, b"ispe" + bytes(4) + side * 2)
    assert refusal(claimed("PNG", 30_000, 5_900), limits).reason is Reason.PICTURE_TOO_LARGE
    assert refusal(canvas, limits).reason is Reason.PICTURE_TOO_LARGE
    assert refusal(avif, limits).reason is Reason.PICTURE_TOO_LARGE


def test_sides_are_judged_by_the_bytes(limits: PictureLimits) -> None:
    """What Discord declared is not believed."""
    assert refusal(encode(Image.new("L", (63, 200)), "PNG"), limits).reason is Reason.PICTURE_TOO_SMALL
    assert refusal(encode(Image.new("L", (64, 513)), "PNG"), limits).reason is Reason.PICTURE_TOO_NARROW


def test_limits_are_the_caller_s(photo: Image.Image) -> None:
    """An operator's stricter limits hold."""
    parse_source(encode(photo, "PNG"), PictureLimits(most_pixels=160 * 120))
    strict = refusal(encode(photo, "PNG"), PictureLimits(most_pixels=160 * 120 - 1))
    assert strict.reason is Reason.PICTURE_TOO_LARGE


@pytest.mark.parametrize("error", UNDECODABLE)
def test_whatever_a_decoder_raises_is_told_as_one_sentence(
    error: type[Exception], photo: Image.Image, limits: PictureLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory that ran out, too; and no decoded pixels hang on the refusal while somebody holds it."""
    decoded: list[weakref.ref[Image.Image]] = []

    def fail(picture: Image.Image, _most_pixels: float) -> Image.Image:
        decoded.append(weakref.ref(picture))
        raise error("no")

    monkeypatch.setattr(room, "make_plain", fail)
    refused = refusal(encode(photo, "PNG"), limits)
    gc.collect()
    assert refused.reason is (Reason.PICTURE_TOO_LARGE if error in BOMBS else Reason.PICTURE_BROKEN)
    assert [picture() for picture in decoded] == [None]


# -- fuzz --------------------------------------------------------------------------------------------------------


def spoilt(data: bytes, chance: random.Random) -> bytes:
    """The same bytes, cut short or with a few of them changed; half of that near the head, where meaning is."""
    if chance.random() < 0.25:
        return data[: chance.randrange(len(data))]
    changed = bytearray(data)
    reach = len(data) if chance.random() < 0.5 else min(len(data), 300)
    for _ in range(chance.choice((1, 2, 8))):
        changed[chance.randrange(reach)] = chance.randrange(256)
    return bytes(changed)


def judged(data: bytes, limits: PictureLimits) -> Source | Reason:
    """What comes out, either way."""
    try:
        return parse_source(data, limits)
    except Refused as refused:
        return refused.reason


@pytest.mark.parametrize(
    ("file_format", "animated"),
    [(one, False) for one in FORMATS] + [(one, True) for one in [*ANIMATED, "MPO"]],
)
@pytest.mark.filterwarnings("ignore::UserWarning")  # what Pillow thinks of odd metadata
def test_hostile_bytes_end_in_a_source_or_a_refusal(
    file_format: str, animated: bool, photo: Image.Image, limits: PictureLimits
) -> None:
    """Nothing else comes out, whatever goes in."""
    chance = random.Random(f"{file_format} {animated}")  # noqa: S311 (dice, not secrets)
    options: dict[str, object] = metadata(file_format if file_format in FORMATS else "JPEG")
    if animated:
        options |= {"save_all": True, "append_images": [photo.rotate(90)]}
    data = encode(photo, file_format, **options)
    for _ in range(40):
        outcome = judged(spoilt(data, chance), limits)
        assert isinstance(outcome, Source) or outcome in PICTURE_REASONS


def test_an_unknown_file_is_an_oserror() -> None:
    """`UNDECODABLE` covers it without naming it."""
    assert issubclass(UnidentifiedImageError, UNDECODABLE)
