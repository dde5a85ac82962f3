"""Promises of the table of models."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from bot.jobs import Request
from bot.provider import MODELS, OPTIONS, Mismatch, Order
from bot.provider.orders import build_order
from sandbox.schema import find_fault

if TYPE_CHECKING:
    from bot.provider import Model


@pytest.fixture(params=list(MODELS.values()), ids=list(MODELS))
def model(request: pytest.FixtureRequest) -> Model:
    """Each of them."""
    row: Model = request.param
    return row


def test_names_are_the_keys() -> None:
    """A model is found by the name it calls itself."""
    assert [model.name for model in MODELS.values()] == list(MODELS)
    assert [model.name for model in MODELS.values() if model.enabled] == ["schnell", "dev", "dev-advanced"]


def test_wire_names_carry_the_prefix(model: Model) -> None:
    """PiAPI knows its models with the vendor's prefix only."""
    assert model.wire_model.startswith("Qubico/flux1-")


def test_only_schnell_makes_several() -> None:
    """No other model takes a batch size."""
    assert [model.name for model in MODELS.values() if "count" in model.options] == ["schnell"]


def test_what_can_be_chosen_can_be_asked_and_ordered() -> None:
    """Requests and orders know every option of the table, and mean the same where none was chosen."""
    asked, ordered = ({each.name: each.default for each in fields(kind)} for kind in (Request, Order))
    assert {name: asked[name] for name in OPTIONS} == {name: ordered[name] for name in OPTIONS}


def test_what_is_given_is_in_every_order(model: Model) -> None:
    """A row can name nothing that an order has not."""
    assert {name for name, _ in model.given} <= {each.name for each in fields(Order)} - set(OPTIONS)


def test_discord_can_list_every_choice(model: Model) -> None:
    """A list has 25 entries at most."""
    assert all(len(option.choices) <= 25 for option in model.options.values())


def test_defaults_are_allowed_and_hold_only_where_nothing_was_chosen(model: Model) -> None:
    """What the table orders by itself, a member could have ordered."""
    needed: dict[str, Any] = {name: each.choices[0] for name, each in model.options.items() if each.required}
    defaults = model.settle(needed)
    assert model.settle(defaults) == defaults
    for name, option in model.options.items():
        if option.most is not None and not option.needs:
            assert model.settle({**needed, name: option.most}) == {**defaults, name: option.most}


def test_what_a_member_can_choose_the_documentation_allows(model: Model) -> None:
    """Each bound and each choice makes an order that the stand-in's schema, written from the contract alone, takes."""
    needed: dict[str, Any] = {name: each.choices[0] for name, each in model.options.items() if each.required}
    for name, option in model.options.items():
        needed_too = {option.needs: model.options[option.needs].choices[0]} if option.needs else {}
        for value in (*option.choices, option.least, option.most, option.default):
            chosen = needed | needed_too | ({} if value is None else {name: value})
            assert find_fault(build_order(Order(model.name, "a fox", "https://here", 640, 480, **chosen))) is None
    assert find_fault(build_order(Order(model.name, "a fox", "https://here", 640, 480, **needed))) is None


@pytest.mark.parametrize(
    ("name", "chosen", "problem", "option"),
    [
        ("kontext", {"strength": 0.5}, "not_taken", "strength"),
        ("kontext", {"guidance": 2.0}, "not_taken", "guidance"),
        ("kontext", {"negative_prompt": "dogs"}, "not_taken", "negative_prompt"),
        ("dev", {"count": 2}, "not_taken", "count"),
        ("dev-advanced", {"lora": "anime"}, "not_taken", "lora"),
        ("img2img-lora", {}, "choice", "lora"),
        ("img2img-lora", {"lora": "watercolour"}, "choice", "lora"),
        ("img2img-lora", {"lora": "anime", "lora_strength": 1.1}, "range", "lora_strength"),
        ("img2img-lora", {"lora": "anime", "control": "canny"}, "not_taken", "control"),
        ("controlnet-lora", {"control": "hed"}, "choice", "control"),
        ("controlnet-lora", {"lora_strength": 0.5}, "choice", "lora"),
        ("schnell", {"count": 5}, "range", "count"),
        ("schnell", {"count": 0}, "range", "count"),
        ("schnell", {"strength": 0.0}, "range", "strength"),
        ("schnell", {"guidance": "3"}, "range", "guidance"),
    ],
)
def test_what_does_not_go_with_a_model(name: str, chosen: dict[str, Any], problem: str, option: str) -> None:
    """It is named, and what is wrong with it."""
    with pytest.raises(Mismatch) as caught:
        MODELS[name].settle(chosen)
    assert (caught.value.problem, caught.value.option) == (problem, option)


def test_table_cannot_be_changed() -> None:
    """Nobody adds a model but here."""
    with pytest.raises(TypeError):
        MODELS["other"] = MODELS["dev"]  # type: ignore[index]  # the very thing that must not work
