"""Which presets a place offers."""

from __future__ import annotations

import pytest

from bot.moderation.edits import with_value
from bot.moderation.lists import gather_presets
from bot.moderation.policy import SETTINGS, Policy
from bot.moderation.shapes import Unfit
from bot.presets import MOST_OF_GUILD, Preset

OWN, SHARED = Preset("Oil", "{prompt}, our oil"), Preset("OIL", "{prompt}, their oil")
INK, GLASS = Preset("Ink", "{prompt}, ink"), Preset("Glass", "{prompt}, glass")
CHANNEL = 100


def test_a_guilds_own_come_first_and_before_others_of_the_same_name() -> None:
    """However the name is written; an operator's own order stays."""
    assert gather_presets(Policy(presets=(OWN, INK)), (SHARED, GLASS)) == (OWN, INK, GLASS)
    assert gather_presets(Policy(), (SHARED, GLASS)) == (SHARED, GLASS)
    assert gather_presets(Policy(), ()) == ()


def test_an_operators_can_be_left_out_also_in_one_channel() -> None:
    """The guild's own stay."""
    policy = with_value(Policy(presets=(OWN,)), "operator_presets", False, CHANNEL)
    assert gather_presets(policy.at(CHANNEL), (GLASS,)) == (OWN,)
    assert gather_presets(policy, (GLASS,)) == (OWN, GLASS)


def test_a_guild_has_so_many_and_no_more() -> None:
    """Fifty; one more is a mistake."""
    shape = SETTINGS["presets"].shape
    given = [{"name": f"Oil {number}", "template": "oil"} for number in range(MOST_OF_GUILD + 1)]
    assert len(shape.parse(given[1:])) == MOST_OF_GUILD
    with pytest.raises(Unfit, match="too_many"):
        shape.parse(given)
    with pytest.raises(Unfit, match="presets"):
        shape.load([{"title": "Oil"}])
