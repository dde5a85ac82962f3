"""What a request becomes with a preset, and when it strays from one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bot.errors import Reason, Refused
from bot.jobs.offers import Offers
from bot.moderation.policies import Policies
from bot.presets import Preset
from bot.provider import MODELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.database import Database
    from bot.jobs import Request

GUILD, CHANNEL, MODERATOR = 2, 3, 8
OFFERED = {name: MODELS[name] for name in ("schnell", "dev", "kontext")}
OIL = Preset("Oil", "{prompt}, oil", "dev", 0.6, 3.5)
SOFT = Preset("Soft", "{prompt}", strength=0.3)
PLAIN = Preset("Plain", "{prompt}, plain")
LOST = Preset("Lost", "{prompt}, lost", "dev-advanced")
CHOICES = ("preset", "template", "model", "strength", "guidance")


@pytest.fixture
def offers(database: Database) -> Offers:
    """An operator with four presets, one of which chooses a model that is not offered."""
    return Offers(Policies(database), (OIL, SOFT, PLAIN, LOST), OFFERED, "schnell")


@pytest.fixture
def build(build_request: Callable[..., Request]) -> Callable[..., Request]:
    """A request with nothing chosen but what is given."""

    def build(preset: str = "", **given: Any) -> Request:
        return build_request(**{"model": "", "strength": None, "preset": preset} | given)

    return build


async def decide(offers: Offers, **policy: Any) -> None:
    """Change the policy of the guild."""
    for key, value in policy.items():
        await offers.policies.change(GUILD, MODERATOR, key, value)


async def choose(offers: Offers, request: Request) -> tuple[Any, ...]:
    """What the request chooses then."""
    applied = await offers.apply(request)
    return tuple(getattr(applied, each) for each in CHOICES)


async def refusal(offers: Offers, request: Request) -> tuple[Reason, dict[str, Any]]:
    """Why not."""
    with pytest.raises(Refused) as caught:
        await offers.apply(request)
    return caught.value.reason, caught.value.values


async def test_without_a_preset_the_model_is_the_default(offers: Offers, build: Callable[..., Request]) -> None:
    """And everything else as it was chosen."""
    assert await choose(offers, build()) == ("", "", "schnell", None, None)
    assert await choose(offers, build(model="dev", strength=0.2)) == ("", "", "dev", 0.2, None)


async def test_a_preset_chooses_where_the_member_did_not(offers: Offers, build: Callable[..., Request]) -> None:
    """What was typed counts before; its name is the preset's own, however it was typed."""
    assert await choose(offers, build(" oil")) == ("Oil", OIL.template, "dev", 0.6, 3.5)
    typed = build("Oil", model="schnell", strength=0.9, guidance=2.0)
    assert await choose(offers, typed) == ("Oil", OIL.template, "schnell", 0.9, 2.0)
    assert await choose(offers, build("Plain")) == ("Plain", PLAIN.template, "schnell", 0.7, None)


async def test_what_a_model_does_not_take_a_preset_does_not_choose(
    offers: Offers, build: Callable[..., Request]
) -> None:
    """Kontext has neither strength nor guidance, and the member typed none."""
    assert await choose(offers, build("Oil", model="kontext")) == ("Oil", OIL.template, "kontext", None, None)


async def test_a_presets_choices_keep_to_the_place(offers: Offers, build: Callable[..., Request]) -> None:
    """A strength within the guild's bounds, and an open model where the preset leaves that open."""
    await decide(offers, least_strength=0.4, most_strength=0.5, models=frozenset({"dev", "kontext"}))
    assert await choose(offers, build("Oil")) == ("Oil", OIL.template, "dev", 0.5, 3.5)
    assert await choose(offers, build("Soft")) == ("Soft", SOFT.template, "dev", 0.4, None)
    assert await choose(offers, build("Plain")) == ("Plain", PLAIN.template, "dev", 0.5, None)
    assert await choose(offers, build("Plain", strength=0.9)) == ("Plain", PLAIN.template, "dev", 0.9, None)


async def test_a_guilds_own_comes_before_the_operators(offers: Offers, build: Callable[..., Request]) -> None:
    """In that guild only."""
    await decide(offers, presets=(Preset("OIL", "{prompt}, our oil"),))
    assert await choose(offers, build("oil")) == ("OIL", "{prompt}, our oil", "schnell", 0.7, None)
    for elsewhere in (None, GUILD + 1):
        assert (await choose(offers, build("oil", guild_id=elsewhere)))[1] == OIL.template


async def test_a_thread_offers_what_its_channel_does(offers: Offers, build: Callable[..., Request]) -> None:
    """Where a channel leaves the operator's out, so do its threads; the rest of the guild does not."""
    await offers.policies.change(GUILD, MODERATOR, "operator_presets", False, CHANNEL)
    thread = CHANNEL + 1
    assert await offers.list_names(GUILD, thread, CHANNEL) == []
    inside = build("Oil", channel_id=thread, parent_id=CHANNEL)
    assert await refusal(offers, inside) == (Reason.PRESET_UNKNOWN, {"preset": "Oil"})
    assert await offers.list_names(GUILD, thread, None) == ["Oil", "Soft", "Plain"]


async def test_what_is_not_there_is_refused(offers: Offers, build: Callable[..., Request]) -> None:
    """An unknown name; a model that is not offered, or closed here, unless the member chose another one."""
    assert await refusal(offers, build("Ink")) == (Reason.PRESET_UNKNOWN, {"preset": "Ink"})
    gone = Reason.PRESET_MODEL, {"preset": "Lost", "model": "dev-advanced"}
    assert await refusal(offers, build("lost")) == gone
    assert await choose(offers, build("Lost", model="dev")) == ("Lost", LOST.template, "dev", 0.7, None)
    await decide(offers, models=frozenset({"schnell"}))
    assert await refusal(offers, build("Oil")) == (Reason.PRESET_MODEL, {"preset": "Oil", "model": "dev"})
    assert await offers.list_names(GUILD, CHANNEL, None) == ["Soft", "Plain"]
    assert await offers.list_names(None, CHANNEL, None) == ["Oil", "Soft", "Plain"]


async def test_an_earlier_jobs_preset_stays_as_it_was(offers: Offers, build: Callable[..., Request]) -> None:
    """Though its name means something else now, or nothing."""
    for name in ("Oil", "Ink"):
        old = build(name, template="{prompt}, as it was", model="schnell", strength=0.8, guidance=None)
        assert await offers.apply(old) == old


async def test_what_strays_from_a_preset(offers: Offers, build: Callable[..., Request]) -> None:
    """Other words, another model, strength or guidance than it has now; the rest is the member's own."""
    assert not await offers.strays(build())
    assert not await offers.strays(build("Ink", template="{prompt}, ink"))
    for name in ("Oil", "Soft", "Plain"):
        own = await offers.apply(build(name))
        assert not await offers.strays(replace(own, prompt="a dog", negative_prompt="cats", count=4))
        for change in (
            {"template": "{prompt}, other words"},
            {"model": "kontext"},
            {"strength": 0.35},
            {"guidance": 2.0},
        ):
            assert await offers.strays(replace(own, **change)), change
    assert not await offers.strays(await offers.apply(build("Oil", strength=0.6)))
