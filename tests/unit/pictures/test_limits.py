"""What is refused before a byte is decoded."""

import pytest

from bot.errors import Reason, Refused
from bot.pictures.limits import PictureLimits, judge_declared, judge_sides, judge_weight

ALLOWED = [(12_000, 2_500), (2_500, 12_000), (6_000, 5_000), (64, 64), (512, 64), (64, 512)]
REFUSED = [
    (12_001, 2_000, Reason.PICTURE_TOO_LARGE),
    (2_000, 12_001, Reason.PICTURE_TOO_LARGE),
    (12_000, 2_501, Reason.PICTURE_TOO_LARGE),
    (63, 64, Reason.PICTURE_TOO_SMALL),
    (64, 63, Reason.PICTURE_TOO_SMALL),
    (0, 0, Reason.PICTURE_TOO_SMALL),
    (513, 64, Reason.PICTURE_TOO_NARROW),
    (64, 513, Reason.PICTURE_TOO_NARROW),
]
VALUES = {
    Reason.PICTURE_TOO_LARGE: {"limit_megapixels", "limit_side"},
    Reason.PICTURE_TOO_SMALL: {"width", "height", "least"},
    Reason.PICTURE_TOO_NARROW: {"width", "height", "most"},
}


@pytest.mark.parametrize(("width", "height"), ALLOWED)
def test_sides_at_the_limit_are_taken(width: int, height: int, limits: PictureLimits) -> None:
    """A limit is the last allowed value."""
    judge_sides(width, height, limits)


@pytest.mark.parametrize(("width", "height", "reason"), REFUSED)
def test_sides_past_the_limit_are_refused(width: int, height: int, reason: Reason, limits: PictureLimits) -> None:
    """One pixel more is refused, with everything its sentence needs."""
    with pytest.raises(Refused) as caught:
        judge_sides(width, height, limits)
    assert caught.value.reason is reason
    assert set(caught.value.values) == VALUES[reason]


def test_a_sentence_gets_the_numbers_it_shows(limits: PictureLimits) -> None:
    """Megabytes and megapixels, whole where they are whole."""
    with pytest.raises(Refused) as heavy:
        judge_weight(20_000_000, limits)
    with pytest.raises(Refused) as light:
        judge_weight(20_000_000, PictureLimits(most_bytes=512 * 1024))
    with pytest.raises(Refused) as large:
        judge_sides(20_000, 20_000, limits)
    assert f"{heavy.value.values}" == "{'limit_mb': 10}"
    assert light.value.values == {"limit_mb": 0.5}
    assert f"{large.value.values}" == "{'limit_megapixels': 30, 'limit_side': 12000}"


def test_weight_at_the_limit(limits: PictureLimits) -> None:
    """The last allowed byte is taken, the next one refused."""
    judge_weight(limits.most_bytes, limits)
    with pytest.raises(Refused) as caught:
        judge_weight(limits.most_bytes + 1, limits)
    assert caught.value.reason is Reason.PICTURE_TOO_HEAVY


def test_what_discord_declares_is_judged_alike(limits: PictureLimits) -> None:
    """Declared size and sides meet the same limits as the real ones."""
    judge_declared(limits.most_bytes, 1_000, 1_000, limits)
    with pytest.raises(Refused, match="too_heavy"):
        judge_declared(limits.most_bytes + 1, 1_000, 1_000, limits)
    with pytest.raises(Refused, match="too_large"):
        judge_declared(1, 12_001, 1_600, limits)


@pytest.mark.parametrize(("width", "height"), [(None, None), (10, None), (None, 10)])
def test_undeclared_sides_are_left_to_the_bytes(width: int | None, height: int | None, limits: PictureLimits) -> None:
    """Discord says no sides for what it cannot read: no reason to refuse."""
    judge_declared(1_000, width, height, limits)
