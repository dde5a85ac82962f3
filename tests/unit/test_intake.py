"""What a request becomes before it is judged."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from bot.errors import Reason, Refused
from bot.intake import LONGEST_PROMPT, LONGEST_WORDS, Intake
from bot.jobs.offers import Offers
from bot.moderation.model import Standing
from bot.presets import LONGEST_TEMPLATE, PROMPT
from bot.provider import MODELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.jobs import Request

OFFERED = {name: MODELS[name] for name in ("schnell", "img2img-lora", "kontext")}


@pytest.fixture
def intake() -> Intake:
    """One that settles, and has no other room."""
    rooms: dict[str, Any] = dict.fromkeys(each.name for each in fields(Intake))
    policies: Any = None
    return Intake(**rooms | {"models": OFFERED, "offers": Offers(policies, (), OFFERED, "schnell")})


async def test_a_model_does_what_it_usually_does(intake: Intake, build_request: Callable[..., Request]) -> None:
    """Where nothing was chosen, the request says what will be ordered; settling it again changes nothing."""
    settled = await intake.settle(build_request(model="", strength=None))
    assert (settled.model, settled.strength, settled.guidance, settled.count) == ("schnell", 0.7, None, 1)
    assert await intake.settle(settled) == settled
    assert (await intake.settle(build_request(model="kontext", strength=None))).strength is None


@pytest.mark.parametrize(
    ("given", "reason", "values"),
    [
        ({"model": "dev"}, Reason.MODEL_NOT_OFFERED, {"model": "dev", "models": "schnell, img2img-lora, kontext"}),
        (
            {"model": "kontext", "guidance": 2.0, "strength": None},
            Reason.OPTION_NOT_TAKEN,
            {"model": "kontext", "option": "guidance", "models": "schnell, img2img-lora"},
        ),
        ({"count": 5}, Reason.OPTION_RANGE, {"model": "schnell", "option": "count", "least": 1, "most": 4}),
        ({"model": "img2img-lora"}, Reason.OPTION_CHOICE, {"model": "img2img-lora", "option": "lora"}),
    ],
)
async def test_what_cannot_be_ordered_is_refused_in_words(
    intake: Intake, build_request: Callable[..., Request], given: dict[str, Any], reason: Reason, values: dict[str, Any]
) -> None:
    """With all that its sentence needs. A model that is no longer offered can be asked for by an old button."""
    with pytest.raises(Refused) as caught:
        await intake.settle(build_request(**given))
    assert (caught.value.reason, caught.value.values) == (reason, values)


async def test_what_the_provider_is_told_has_an_end(intake: Intake, build_request: Callable[..., Request]) -> None:
    """A template that repeats the prompt leaves room for a shorter one, and says how short; once, for the longest."""
    once = PROMPT + "x" * (LONGEST_TEMPLATE - len(PROMPT))
    assert len(build_request(prompt="a" * LONGEST_PROMPT, template=once).words) <= LONGEST_WORDS
    often = " ".join([PROMPT] * 10)
    with pytest.raises(Refused) as caught:
        await intake.judge(build_request(prompt="a" * LONGEST_PROMPT, template=often), None, Standing())
    assert caught.value.reason is Reason.PROMPT_TOO_LONG
    room = int(caught.value.values["most"])
    assert 1 <= room < LONGEST_PROMPT
    assert len(build_request(prompt="a" * room, template=often).words) <= LONGEST_WORDS
