"""What a picture may be before it is decoded.

Every refusal carries the values its sentence needs:

PICTURE_TOO_HEAVY   limit_mb
PICTURE_TOO_LARGE   limit_megapixels, limit_side
PICTURE_TOO_SMALL   width, height, least
PICTURE_TOO_NARROW  width, height, most
PICTURE_TOO_SLOW    seconds
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import Reason, Refused

MIB = 1024 * 1024
MEGAPIXEL = 1_000_000


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """Bytes, pixels and sides of a picture as it comes; `widest_aspect` is the long side over the short one.

    `seconds` is for the decoding itself, `waiting_seconds` for the wait until decoding can begin.
    """

    most_bytes: int = 10 * MIB
    most_pixels: int = 30 * MEGAPIXEL
    longest_side: int = 12_000
    shortest_side: int = 64
    widest_aspect: float = 8.0
    seconds: float = 15.0
    waiting_seconds: float = 60.0


def judge_declared(size_bytes: int, width: int | None, height: int | None, limits: PictureLimits) -> None:
    """Refuse by what Discord says of an attachment, before a byte is fetched.

    It says no sides of what it cannot read itself; then the bytes will tell.
    """
    judge_weight(size_bytes, limits)
    if width is not None and height is not None:
        judge_sides(width, height, limits)


def judge_weight(size_bytes: int, limits: PictureLimits) -> None:
    """Refuse too many bytes."""
    if size_bytes > limits.most_bytes:
        raise Refused(Reason.PICTURE_TOO_HEAVY, limit_mb=shown(limits.most_bytes / MIB))


def judge_sides(width: int, height: int, limits: PictureLimits) -> None:
    """Refuse too many pixels, a side too long or too short, or a strip."""
    if has_too_many_pixels(width, height, limits) or max(width, height) > limits.longest_side:
        raise too_large(limits)
    if min(width, height) < limits.shortest_side:
        raise Refused(Reason.PICTURE_TOO_SMALL, width=width, height=height, least=limits.shortest_side)
    if max(width, height) > limits.widest_aspect * min(width, height):
        raise Refused(Reason.PICTURE_TOO_NARROW, width=width, height=height, most=shown(limits.widest_aspect))


def has_too_many_pixels(width: int, height: int, limits: PictureLimits) -> bool:
    """Whether decoding would take more memory than a picture may have."""
    return width * height > limits.most_pixels


def too_large(limits: PictureLimits) -> Refused:
    """The refusal of a picture whose sides may not even be known."""
    megapixels = shown(limits.most_pixels / MEGAPIXEL)
    return Refused(Reason.PICTURE_TOO_LARGE, limit_megapixels=megapixels, limit_side=limits.longest_side)


def too_slow(limits: PictureLimits) -> Refused:
    """The refusal of a picture that took too long, or whose turn did not come."""
    return Refused(Reason.PICTURE_TOO_SLOW, seconds=shown(limits.seconds))


def shown(number: float) -> float:
    """A number as a sentence wants it: 10 rather than 10.0, and one decimal at most."""
    return int(number) if number == int(number) else round(number, 1)
