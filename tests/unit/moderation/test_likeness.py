"""What is recognized again, and what is not taken for something else."""

from __future__ import annotations

import hashlib
from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageEnhance, ImageOps, UnidentifiedImageError

from bot.moderation.likeness import BITS, NEAR, SAME, Fingerprint, Look, distance, get_nearest, look, look_at
from tests.unit.moderation.gallery import CHANGED, KINDS, SAVED_AGAIN, draw, encode, fog, lake, page, shapes, star

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = "09c2cef6f91ff01411c48fd910100108a840e08444208604e00c600010000ce1"
FLAGS = {
    "white": Image.new("L", (300, 200), 255),
    "black": Image.new("L", (300, 200)),
    "flag": Image.frombytes("L", (1, 3), b"\x00\xff\x80").resize((300, 200), Image.Resampling.NEAREST),
    "evening sky": Image.linear_gradient("L").resize((300, 200)),
    "paper": ImageEnhance.Contrast(draw(fog).convert("L")).enhance(0.05),
}


def nearness(asked: Look, banned: Look) -> int:
    """How far the nearest of what is kept is from what is asked."""
    return get_nearest(asked, map(str, banned.crops))


@pytest.fixture(scope="module")
def banned() -> dict[Callable[..., Image.Image], Look]:
    """A picture of each kind, as it is kept."""
    return {kind: look(encode(draw(kind))) for kind in KINDS}


@pytest.mark.parametrize("name", SAVED_AGAIN)
def test_the_same_picture_is_recognized(banned: dict[Callable[..., Image.Image], Look], name: str) -> None:
    """Saved again, scaled, turned, in other light: whatever kind it is of, symmetrical ones among them."""
    found = {kind.__name__: nearness(look(SAVED_AGAIN[name](draw(kind))), banned[kind]) for kind in KINDS}
    assert max(found.values()) <= SAME, found


@pytest.mark.parametrize("name", CHANGED)
def test_a_changed_picture_is_at_least_very_similar(banned: dict[Callable[..., Image.Image], Look], name: str) -> None:
    """A moderator sees crops of up to a tenth, and what got a border, except where every mirror shows the same."""
    kinds = [kind for kind in KINDS if kind is not star]
    found = {kind.__name__: nearness(look(CHANGED[name](draw(kind))), banned[kind]) for kind in kinds}
    assert max(found.values()) <= NEAR, found


def test_a_border_taken_away_is_recognized() -> None:
    """What was banned with its border is recognized without."""
    framed = look(encode(ImageOps.expand(draw(shapes), 60, "white")))
    assert nearness(look(encode(draw(shapes))), framed) <= SAME


def test_different_pictures_are_different() -> None:
    """No two of 27, whether of one kind or of two."""
    looks = {(kind.__name__, seed): look(encode(draw(kind, seed))) for kind in KINDS for seed in range(3)}
    near = {pair: nearness(looks[pair[0]], looks[pair[1]]) for pair in permutations(looks, 2)}
    assert not {pair for pair, bits in near.items() if bits <= NEAR}


@pytest.mark.parametrize("name", FLAGS)
def test_what_has_nothing_to_be_recognized_by_is_flat(name: str) -> None:
    """One color, or stripes alone: there is nothing to keep and nothing to ask with."""
    seen = look(encode(FLAGS[name]))
    assert seen.flat
    assert (seen.crops, seen.turns) == ((), ())


def test_a_pale_picture_is_not_flat() -> None:
    """A tenth of the contrast is enough to recognize it by."""
    pale = ImageEnhance.Contrast(draw(lake)).enhance(0.1)
    assert not look(encode(pale)).flat
    assert nearness(look(encode(pale, quality=50)), look(encode(draw(lake)))) <= SAME


def test_what_was_kept_years_ago_is_still_recognized() -> None:
    """The bits of one picture never change, or all bans would be worth nothing."""
    assert distance(look(encode(draw(shapes), "PNG")).fingerprint, Fingerprint.parse(GOLDEN)) <= 2


def test_a_fingerprint_is_text_in_rows() -> None:
    """64 hex digits, zeros in front among them."""
    for bits in (0, 1, 2**BITS - 1):
        assert len(str(Fingerprint(bits))) == 64
        assert Fingerprint.parse(str(Fingerprint(bits))) == Fingerprint(bits)
    assert distance(Fingerprint(0b1100), Fingerprint(0b1010)) == 2


def test_transparent_is_white() -> None:
    """As Discord shows it on a bright theme, and as a source is made."""
    words = draw(page).convert("L")
    clear = Image.new("RGBA", words.size, (0, 0, 0, 0))
    clear.paste((30, 30, 30, 255), mask=ImageOps.invert(words))
    assert nearness(look(encode(clear, "PNG")), look(encode(words))) <= SAME


async def test_it_looks_in_a_thread_too() -> None:
    """The same comes out, with the digest of the bytes."""
    data = encode(draw(page))
    seen = await look_at(data)
    assert seen == look(data)
    assert seen.sha256 == hashlib.sha256(data).hexdigest()
    assert seen.fingerprint in seen.crops
    assert len(seen.turns) == len(set(seen.turns)) > 8


def test_nothing_kept_is_nothing_near() -> None:
    """An empty list is as far away as can be."""
    assert get_nearest(look(encode(draw(page))), []) == BITS


@pytest.mark.parametrize("form", ["BMP", "TIFF", "PPM"])
def test_no_other_decoder_sees_a_byte(form: str) -> None:
    """Only the formats that sources and results come in are opened."""
    with pytest.raises(UnidentifiedImageError):
        look(encode(draw(page), form))
