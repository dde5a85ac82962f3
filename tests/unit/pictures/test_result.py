"""What becomes of a finished picture."""

import hashlib
from io import BytesIO

import pytest
from PIL import Image

from bot.pictures import result as room
from bot.pictures.decode import UNDECODABLE, encode
from bot.pictures.limits import PictureLimits
from bot.pictures.provenance import Provenance, format_packet
from bot.pictures.result import THUMBNAIL_PIXELS, PictureUnusable, Result, fit, make_thumbnail, parse_result

KINDS = {
    "JPEG": ("image/jpeg", "jpg"),
    "MPO": ("image/jpeg", "jpg"),
    "PNG": ("image/png", "png"),
    "WEBP": ("image/webp", "webp"),
    "GIF": ("image/gif", "gif"),
    "AVIF": ("image/avif", "avif"),
}

PROVENANCE = Provenance(42, "a model")


def noise(mode: str = "RGB", side: int = 256) -> Image.Image:
    """What no encoder can shrink."""
    return Image.frombytes(mode, (side, side), hashlib.shake_256().digest(len(mode) * side * side))


def opened(result: Result) -> Image.Image:
    """The picture in a result."""
    return Image.open(BytesIO(result.data))


@pytest.mark.parametrize("file_format", KINDS)
def test_a_result_stays_as_it_came(file_format: str, photo: Image.Image, limits: PictureLimits) -> None:
    """Proved, named by its bytes, and not touched."""
    options = {"save_all": True, "append_images": [photo.rotate(180)]} if file_format == "MPO" else {}
    data = encode(photo, file_format, **options)
    result = parse_result(data, limits)
    assert result.data is data
    assert (result.media_type, result.extension) == KINDS[file_format]
    assert (result.width, result.height, result.fitted) == (160, 120, False)
    assert "data" not in repr(result)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>expired</html>",
        encode(Image.new("RGB", (64, 64)), "TIFF"),
        encode(noise(), "PNG")[:-4000],
        encode(noise(), "JPEG")[:-4000],
    ],
    ids=["nothing", "html", "tiff", "cut png", "cut jpeg"],
)
def test_what_does_not_decode_is_unusable(data: bytes, limits: PictureLimits) -> None:
    """Nobody gets half a picture; nothing but the one error comes out, and nothing hangs on it."""
    with pytest.raises(PictureUnusable) as caught:
        parse_result(data, limits)
    assert caught.value.__context__ is None
    assert len(str(caught.value)) < 300


def test_a_result_has_no_limits_but_pixels(limits: PictureLimits) -> None:
    """A strip that we made is as good as any; too many pixels are still too many."""
    strip = encode(Image.new("L", (1_000, 10)), "PNG")
    assert parse_result(strip, PictureLimits(most_pixels=10_000)).width == 1_000
    with pytest.raises(PictureUnusable):
        parse_result(strip, PictureLimits(most_pixels=9_999))
    assert parse_result(strip, limits).height == 10


def test_fitting_keeps_the_size_of_an_opaque_picture(limits: PictureLimits) -> None:
    """A PNG that is too heavy becomes the best JPEG that is not."""
    result = parse_result(encode(noise(), "PNG"), limits)
    fitted = fit(result, 100_000)
    assert len(fitted.data) <= 100_000
    assert (fitted.media_type, fitted.extension, fitted.fitted) == ("image/jpeg", "jpg", True)
    assert (fitted.width, fitted.height) == opened(fitted).size == (256, 256)
    assert fitted.data == encode(noise(), "JPEG", quality=95)


def test_an_opaque_alpha_channel_is_dropped(limits: PictureLimits) -> None:
    """Only what shines through is worth a WebP."""
    picture = noise()
    picture.putalpha(255)
    assert fit(parse_result(encode(picture, "PNG"), limits), 100_000).media_type == "image/jpeg"


def test_fitting_keeps_transparency(limits: PictureLimits) -> None:
    """What shines through still does."""
    picture = noise()
    picture.putalpha(Image.linear_gradient("L"))
    fitted = fit(parse_result(encode(picture, "PNG"), limits), 100_000)
    assert (fitted.media_type, fitted.width, fitted.height) == ("image/webp", 256, 256)
    assert opened(fitted).mode == "RGBA"


def test_quality_goes_before_size(limits: PictureLimits) -> None:
    """Less quality first; when that is used up, a smaller picture at the best quality again."""
    result = parse_result(encode(noise(), "PNG"), limits)
    least = len(encode(noise(), "JPEG", quality=room.QUALITIES[-1]))
    assert fit(result, least).width == 256
    smaller = fit(result, least - 1)
    assert 150 < smaller.width == smaller.height < 256
    assert smaller.data[:2] == b"\xff\xd8"


def test_what_cannot_be_made_to_fit_is_unusable(limits: PictureLimits) -> None:
    """No end of trying, and no picture of three pixels."""
    with pytest.raises(PictureUnusable, match="100 bytes"):
        fit(parse_result(encode(noise(), "PNG"), limits), 100)


def test_a_fitted_result_is_upright_and_says_nothing_else(photo: Image.Image, limits: PictureLimits) -> None:
    """What is encoded again takes its looks along, not its metadata."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "SECRET"
    fitted = fit(parse_result(encode(photo, "PNG", exif=exif), limits), 100_000)
    assert (fitted.width, fitted.height) == (120, 160)
    assert b"SECRET" not in fitted.data


@pytest.mark.parametrize("file_format", ["JPEG", "MPO", "PNG", "WEBP"])
def test_a_result_says_where_it_comes_from(file_format: str, photo: Image.Image, limits: PictureLimits) -> None:
    """Instead of what it said; checked again with the same provenance, it is the same to the last byte."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "SECRET"
    options = {"save_all": True, "append_images": [photo.rotate(180)]} if file_format == "MPO" else {}
    came = parse_result(encode(photo, file_format, exif=exif, **options), limits)
    result = parse_result(came.data, limits, PROVENANCE)
    assert (result.media_type, result.width, result.height, result.fitted) == (came.media_type, 160, 120, False)
    assert opened(result).info["xmp"] == format_packet(PROVENANCE)
    assert opened(result).tobytes() == opened(came).tobytes()
    assert dict(opened(result).getexif()) == {0x0112: 6}
    assert parse_result(result.data, limits, PROVENANCE) == result


@pytest.mark.parametrize(("mode", "media_type"), [("RGB", "image/jpeg"), ("RGBA", "image/webp")])
def test_fitting_keeps_where_it_comes_from(mode: str, media_type: str, limits: PictureLimits) -> None:
    """Within the bytes that it may have; what somebody else wrote is not taken along."""
    packet = format_packet(PROVENANCE)
    came = parse_result(encode(noise(mode), "WEBP", lossless=True, xmp=b"<x>SECRET</x>"), limits)
    unlabelled = fit(came, 100_000)
    assert "xmp" not in opened(unlabelled).info
    fitted = fit(parse_result(came.data, limits, PROVENANCE), len(unlabelled.data) + len(packet) + 100)
    assert (fitted.media_type, fitted.fitted) == (media_type, True)
    assert opened(fitted).info["xmp"] == packet
    tight = fit(parse_result(came.data, limits, PROVENANCE), len(unlabelled.data))
    assert len(tight.data) <= len(unlabelled.data)
    assert opened(tight).info["xmp"] == packet


def test_a_file_without_a_place_for_it_stays_as_it_came(
    photo: Image.Image, limits: PictureLimits, caplog: pytest.LogCaptureFixture
) -> None:
    """It was paid for; the log names the job."""
    data = encode(photo, "GIF")
    assert parse_result(data, limits, PROVENANCE).data is data
    assert "job 42: a picture without provenance" in caplog.text


@pytest.mark.parametrize("error", UNDECODABLE)
def test_labels_that_fail_cost_no_picture(
    error: type[Exception], photo: Image.Image, limits: PictureLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is raised, and also where nobody would find what was written."""
    data = encode(photo, "PNG")

    def fail(*_: object) -> bytes:
        raise error("no")

    for broken in (fail, lambda *_: data, lambda *_: b""):
        monkeypatch.setattr(room, "relabel", broken)
        assert parse_result(data, limits, PROVENANCE).data is data


@pytest.mark.parametrize("error", UNDECODABLE)
def test_whatever_an_encoder_raises_is_unusable(
    error: type[Exception], photo: Image.Image, limits: PictureLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when there is no memory left."""

    def fail(_picture: Image.Image, _file_format: str, **_options: object) -> bytes:
        raise error("no")

    result = parse_result(encode(photo, "PNG"), limits)
    monkeypatch.setattr(room, "encode", fail)
    with pytest.raises(PictureUnusable):
        fit(result, 10)


@pytest.mark.parametrize(("mode", "size"), [("RGB", (1024, 1024)), ("RGBA", (1600, 200)), ("RGB", (64, 64))])
def test_a_thumbnail_is_small_and_says_nothing(mode: str, size: tuple[int, int]) -> None:
    """A JPEG of the same shape, never enlarged, transparent parts white, without what the result says of itself."""
    see_through = (0, 0, 0, 0)[: len(mode)] if mode == "RGBA" else (0, 128, 128)
    stamped = parse_result(encode(Image.new(mode, size, see_through), "PNG"), PictureLimits(), PROVENANCE)
    data = make_thumbnail(stamped)
    small = Image.open(BytesIO(data))
    assert small.format == "JPEG"
    assert len(data) < 10_000
    assert small.width * small.height <= min(THUMBNAIL_PIXELS, size[0] * size[1])
    assert small.width / small.height == pytest.approx(size[0] / size[1], rel=0.02)
    assert b"a model" in stamped.data
    assert b"a model" not in data
    white = (255, 255, 255) if mode == "RGBA" else (0, 128, 128)
    assert small.getpixel((0, 0)) == pytest.approx(white, abs=4)


def test_what_rotted_has_no_thumbnail() -> None:
    """A row whose bytes do not decode any more is no reason to break."""
    with pytest.raises(PictureUnusable):
        make_thumbnail(Result(encode(noise(), "PNG")[:-4000], "image/png", 256, 256))
