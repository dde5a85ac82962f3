"""The room's door."""

import asyncio
import hashlib
import threading

import pytest
from PIL import Image

from bot.errors import Reason, Refused
from bot.pictures import PictureLimits, PictureUnusable, Provenance, Result, Source, Studio
from bot.pictures import studio as room
from bot.pictures.decode import encode


@pytest.fixture
def studio(limits: PictureLimits) -> Studio:
    """A studio as it is shipped."""
    return Studio(limits)


async def test_a_picture_goes_through(studio: Studio, photo: Image.Image) -> None:
    """In as a PNG, out as a source; in as a result, out the same."""
    data = encode(photo, "PNG")
    source = await studio.check_source(data)
    result = await studio.check_result(data)
    assert (source.width, source.height, source.media_type) == (160, 120, "image/jpeg")
    assert result == Result(data, "image/png", 160, 120)


async def test_an_operator_may_keep_results_silent(limits: PictureLimits, photo: Image.Image) -> None:
    """By itself a studio lets a result say where it comes from; told not to, it changes not a byte."""
    data, provenance = encode(photo, "PNG"), Provenance(1, "a model")
    assert b"a model" in (await Studio(limits).check_result(data, provenance)).data
    assert (await Studio(limits, stamps=False).check_result(data, provenance)).data is data


async def test_both_kinds_of_no(studio: Studio) -> None:
    """A member is told a reason; the machine is told that it cannot use this."""
    with pytest.raises(Refused) as caught:
        await studio.check_source(b"<html>")
    assert caught.value.reason is Reason.PICTURE_NOT_A_PICTURE
    with pytest.raises(PictureUnusable):
        await studio.check_result(b"<html>")


async def test_a_heavy_picture_never_gets_a_thread(limits: PictureLimits, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes are counted before anything looks at them; one byte less is looked at."""
    seen: list[int] = []
    monkeypatch.setattr(room, "parse_source", lambda data, _limits: seen.append(len(data)))
    studio = Studio(limits, at_once=1)
    with pytest.raises(Refused) as caught:
        await studio.check_source(bytes(limits.most_bytes + 1))
    assert caught.value.reason is Reason.PICTURE_TOO_HEAVY
    await studio.check_source(bytes(limits.most_bytes))
    assert seen == [limits.most_bytes]


async def test_a_light_result_is_left_alone(studio: Studio) -> None:
    """What fits is the very same value, at the last allowed byte; what does not is made to."""
    noise = Image.frombytes("RGB", (128, 128), hashlib.shake_256().digest(3 * 128 * 128))
    result = await studio.check_result(encode(noise, "PNG"))
    assert await studio.fit_result(result, len(result.data)) is result
    fitted = await studio.fit_result(result, len(result.data) - 1)
    assert fitted.fitted
    assert len(fitted.data) < len(result.data)


async def test_a_thumbnail_is_made_here_too(studio: Studio, photo: Image.Image) -> None:
    """Off the loop, and broken bytes are said to be."""
    result = await studio.check_result(encode(photo, "PNG"))
    assert (await studio.make_thumbnail(result)).startswith(b"\xff\xd8")
    with pytest.raises(PictureUnusable):
        await studio.make_thumbnail(Result(b"rotten", "image/png", 1, 1))


async def test_a_slow_picture_is_refused_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The person hears that it took too long; the thread ends on its own."""
    let_go = threading.Event()
    monkeypatch.setattr(room, "parse_source", lambda _data, _limits: let_go.wait(30))
    monkeypatch.setattr(room, "parse_result", lambda _data, _limits, _provenance: let_go.wait(30))
    studio = Studio(PictureLimits(seconds=0.02))
    with pytest.raises(Refused) as caught:
        await studio.check_source(b"")
    with pytest.raises(PictureUnusable):
        await studio.check_result(b"")
    let_go.set()
    assert caught.value.reason is Reason.PICTURE_TOO_SLOW
    assert set(caught.value.values) == {"seconds"}


async def test_the_loop_keeps_turning_while_a_big_picture_is_decoded(studio: Studio) -> None:
    """Twelve megapixels are decoded, and hundreds of other things happen meanwhile."""
    data = encode(Image.new("RGB", (4000, 3000), "teal"), "WEBP", method=0)
    checking = asyncio.create_task(studio.check_source(data))
    turns = 0
    while not checking.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert isinstance(await checking, Source)
    assert turns > 10


async def test_many_at_once_are_all_served(studio: Studio, photo: Image.Image) -> None:
    """A crowd waits; nobody is turned away."""
    data = encode(photo, "WEBP")
    sources = await asyncio.gather(*(studio.check_source(data) for _ in range(12)))
    assert len(set(sources)) == 1
