"""How large a picture an AVIF really holds."""

from __future__ import annotations

import base64
import contextlib
import random
import zlib
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from bot.errors import Reason, Refused
from bot.pictures.av1 import count_pixels
from bot.pictures.decode import UNDECODABLE, encode
from bot.pictures.result import PictureUnusable, parse_result
from bot.pictures.source import parse_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.pictures import PictureLimits

BOMB = zlib.decompress(
    base64.b85decode(
        b"c-muNU{FXasVqn=%S>Yc0uY^>nP!-qnV9D5Xy^zOdYzkElE?r7iWw<6MNl?FL1uCZ0~+8f$SlbPvlxL`E;A=T8N_h`@fjhajKT~I"
        b"Jb!^~jm*rvG`LzRASaax%1bOWFm%q($p_n&m03_!0HnP$3zGAJv`A)gK`O*L<`)pmAW)E5kqH*z;NSpKJc(t7&W-k9MZ(GXIYoKN"
        b"ITb*Yc^TLmfI{M#1-URk0UgG|$kfcjz`)Czo03=}#K6UE|GobI|G!IEOr#u)UQ0>{|CzDS`v3nwkv|w1QqG^!JU&(VVxu~n;)B3z"
        b"8SaJ+!Si-&#>RG>Dvfc@_`5PT_Q-yAzWx(8KkU4gCTAG&bf?+OaIVAW%r^xdvYT{cpG@@UpQ^2DtorH#i&b{cOIY+Yb4I?!A5X2~"
        b"{=ccSdJ9^cN^_V}&!2LMc4%7fEk5<h;(6w0el1(MjPHV_=0(;e593-a*Jp0i@H+D4^w$2TkMloxl$J-#`5xtWZmaYc=B13U+3sH!"
        b"+%(rF;kKC4^v%h?($y|FtX{Krjo7gX>}snWWo6z=@9jI-Tx!L#W7L{aYeuaZwPw_sQENu68MS8Ano(;;tr?Wo(8m@405-<c"
    )
)
"""One color, 16384 x 16384, in 3600 bytes that say 1000 x 1000. Pillow makes a gigabyte of them, and shows no error."""

FULL = ((0, 3), (0, 1), (0, 1))
"""How a header begins whose frames may have sizes of their own."""


def write_bits(*numbers: tuple[int, int]) -> bytes:
    """Each number in so many bits."""
    bits = "".join(f"{number:0{length}b}" for number, length in numbers)
    return bytes(int(bits[at : at + 8].ljust(8, "0"), 2) for at in range(0, len(bits), 8))


def write_header(width: int, height: int, spare: int = 0, operation: Sequence[tuple[int, int]] | None = None) -> bytes:
    """A sequence header as AV1: of a still picture, or one that says something of times and levels as well."""
    across, down = width.bit_length() + spare, height.bit_length() + spare
    begin = ((0, 3), (1, 1), (1, 1), (0, 5)) if operation is None else (*FULL, *operation)
    said = write_bits(*begin, (across - 1, 4), (down - 1, 4), (width - 1, across), (height - 1, down))
    return bytes([0x12, 0, 0x0A, len(said)]) + said


PLAIN = ((0, 1), (0, 1), (0, 5), (0, 12), (0, 5))
OPERATIONS = {
    "plain": PLAIN,
    "several": ((0, 1), (0, 1), (1, 5), (1, 12), (7, 5), (2, 12), (8, 5), (1, 1)),
    "delayed": ((0, 1), (1, 1), (1, 5), (0, 12), (0, 5), (1, 1), (9, 4), (0, 12), (0, 5), (0, 1)),
    "timed": ((1, 1), (1, 32), (1, 32), (0, 1), (0, 1), *PLAIN[1:]),
    "timed evenly": ((1, 1), (1, 32), (1, 32), (1, 1), (0, 2), (1, 1), (3, 2), (0, 1), *PLAIN[1:]),
    "modelled": (
        *((1, 1), (1, 32), (1, 32), (0, 1), (1, 1), (9, 5), (1, 32), (3, 5), (3, 5)),
        *((0, 1), (0, 5), (0, 12), (0, 5), (1, 1), (1, 10), (2, 10), (1, 1)),
    ),
}


def box(name: bytes, *content: bytes, wide: bool = False) -> bytes:
    """A box with its size, in eight bytes if it is `wide`."""
    body = b"".join(content)
    if wide:
        return (1).to_bytes(4, "big") + name + (len(body) + 16).to_bytes(8, "big") + body
    return (len(body) + 8).to_bytes(4, "big") + name + body


def u16(*numbers: int) -> bytes:
    """Numbers of two bytes."""
    return b"".join(number.to_bytes(2, "big") for number in numbers)


def u32(*numbers: int) -> bytes:
    """Numbers of four bytes."""
    return b"".join(number.to_bytes(4, "big") for number in numbers)


def write_item(*parts: bytes, inside: bool = False, wide: bool = False) -> bytes:
    """A file of one item, in so many parts: among the metadata, or behind them."""
    entry = box(b"infe", u32(2 << 24), u16(1, 0), b"av01", b"\0")
    kinds = box(b"iinf", u32(0), u16(1), entry)

    def write(begin: int) -> bytes:
        places, at = b"", begin
        for part in parts:
            places += u32(at, len(part))
            at += len(part)
        where = box(b"iloc", u32(1 << 24), b"\x44\0", u16(1, 1, int(inside), 0, len(parts)), places)
        if inside:
            return box(b"meta", u32(0), kinds, where, box(b"idat", *parts), wide=wide)
        return box(b"meta", u32(0), kinds, where, wide=wide) + box(b"mdat", *parts)

    return write(0 if inside else len(write(0)) - sum(map(len, parts)))


def write_track(*places: bytes, sample: bytes, kind: bytes = b"av01") -> bytes:
    """A file of one track; `places` are further boxes of its table."""

    def write(begin: int) -> bytes:
        described = box(b"stsd", u32(0, 1), box(kind))
        where = box(b"stco", u32(0, 2, begin, 1))
        table = box(b"stbl", described, where, box(b"stsz", u32(0, 0, 2, len(sample), 1)), *places)
        return box(b"moov", box(b"trak", box(b"mdia", box(b"minf", table)))) + box(b"mdat", sample)

    return write(len(write(0)) - len(sample))


# -- what members have ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(64, 64), (100, 70), (1024, 512), (1023, 1025), (16, 3000)])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("frames", [1, 3])
def test_an_honest_picture_is_as_large_as_it_says(size: tuple[int, int], mode: str, frames: int) -> None:
    """Gray, colored, transparent or moving."""
    picture = Image.new(mode, size)
    data = encode(picture, "AVIF", save_all=frames > 1, append_images=[picture] * (frames - 1), speed=10)
    assert count_pixels(data) == size[0] * size[1]


def test_a_bomb_is_refused_by_its_head(limits: PictureLimits) -> None:
    """Before a pixel of it is decoded, from members and from PiAPI."""
    assert count_pixels(BOMB) == 16384**2
    with pytest.raises(Refused) as caught:
        parse_source(BOMB, limits)
    assert caught.value.reason is Reason.PICTURE_TOO_LARGE
    with pytest.raises(PictureUnusable, match="larger than it says"):
        parse_result(BOMB, limits)


# -- what an attacker could write ----------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
@pytest.mark.parametrize("size", [(64, 64), (1000, 333), (16384, 16384)])
def test_sizes_are_found_behind_times_and_levels(operation: Sequence[tuple[int, int]], size: tuple[int, int]) -> None:
    """However much a header says before it comes to them."""
    assert count_pixels(write_item(write_header(*size, operation=operation))) == size[0] * size[1]


def test_what_frames_may_choose_counts() -> None:
    """A header of 64 x 64 with 16 bits for each side lets its frames be 65536 x 65536; that of a still does not."""
    assert count_pixels(write_item(write_header(64, 64, spare=9, operation=PLAIN))) == 2**32 // 4
    assert count_pixels(write_item(write_header(64, 64, spare=9))) == 64 * 64


LARGE, SMALL = write_header(16384, 16384), write_header(64, 64)
HIDDEN = {
    "behind a small one": write_item(SMALL + LARGE),
    "behind other parts": write_item(b"\x7a\x02xx" + LARGE),
    "behind a long size": write_item(b"\x7a\x82\x80\0xx" + LARGE),
    "in a part of a layer": write_item(b"\x0e\x28" + LARGE[3:]),
    "in a part without a size": write_item(b"\x08" + LARGE[4:]),
    "in pieces": write_item(LARGE[:7], LARGE[7:9], LARGE[9:]),
    "in the metadata": write_item(LARGE, inside=True),
    "in a box of eight bytes": write_item(LARGE, wide=True),
    "in a second list": write_item(SMALL, inside=True) + write_item(LARGE, inside=True),
    "in a track": write_track(sample=LARGE),
    "in a track beside a small item": write_item(SMALL, inside=True) + write_item(LARGE, inside=True),
}


@pytest.mark.parametrize("data", HIDDEN.values(), ids=HIDDEN)
def test_a_large_one_is_found_wherever_a_decoder_would(data: bytes) -> None:
    """Every way to say it that the formats know."""
    assert count_pixels(data) == 16384**2


REFUSED = {
    "nothing": b"",
    "no picture": write_item(SMALL).replace(b"av01", b"mime"),
    "no header": write_item(b"\x32\x02xx"),
    "a header cut short": write_item(SMALL[:7]),
    "a part that ends too early": write_item(b"\x0a\x7f" + SMALL),
    "a size without end": write_item(b"\x0a" + b"\xff" * 9),
    "a number without end": write_item(
        write_header(1, 1, operation=((1, 1), (1, 32), (1, 32), (1, 1), (0, 40), (1, 1)))
    ),
    "parts without end": write_item(b"\x7a\0" * 2000 + SMALL),
    "pieces without end": write_item(*[SMALL[:1]] * 2000),
    "boxes without end": box(b"free") * 2000 + write_item(SMALL),
    "items without end": write_item(SMALL).replace(u16(1, 1, 0, 0, 1), u16(2000, 1, 0, 0, 1)),
    "an item that is nowhere": write_item(SMALL).replace(u16(1, 1, 0, 0, 1), u16(1, 1, 2, 0, 1)),
    "an item beyond the end": write_item(SMALL).replace(u32(len(SMALL)), u32(len(SMALL) + 1)),
    "a sample beyond the end": write_track(sample=SMALL).replace(u32(2, len(SMALL)), u32(2, len(SMALL) + 1)),
    "a track of two tables": write_track(box(b"stco", u32(0, 1, 1)), sample=SMALL),
    "a track of both tables": write_track(box(b"co64", u32(0, 1, 0, 1)), sample=SMALL),
    "a track that is a sound": write_track(sample=SMALL, kind=b"mp4a"),
    "a box that ends too early": write_item(SMALL)[:30],
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_measured_is_not_decoded(data: bytes) -> None:
    """Only with errors that every caller expects."""
    with pytest.raises(UNDECODABLE):
        count_pixels(data)


@pytest.mark.parametrize("data", [BOMB, write_item(LARGE[:7], LARGE[7:], inside=True), write_track(sample=LARGE)])
def test_broken_files_raise_only_what_is_expected(data: bytes) -> None:
    """Cut anywhere, or with any bits flipped: it ends, with a number or with an error we know."""
    chance = random.Random(len(data))  # noqa: S311 (repeatable)
    for _ in range(300):
        spoilt = bytearray(data[: chance.choice((len(data), chance.randrange(1, len(data))))])
        for _ in range(chance.randrange(4)):
            spoilt[chance.randrange(min(len(spoilt), 400))] = chance.choice([0, 1, 0xFF, 0x80, chance.randrange(256)])
        with contextlib.suppress(*UNDECODABLE):
            assert count_pixels(bytes(spoilt)) > 0
