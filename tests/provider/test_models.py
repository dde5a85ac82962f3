"""Promises of the table of models."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.provider import MODELS, price


def test_names_are_the_keys() -> None:
    """A model is found by the name it calls itself."""
    assert {name: model.name for name, model in MODELS.items()} == {name: name for name in MODELS}
    assert set(MODELS) == {"schnell", "dev", "dev-advanced"}


def test_wire_names_carry_the_prefix() -> None:
    """PiAPI knows its models with the vendor's prefix only."""
    assert all(model.wire_model.startswith("Qubico/flux1-") for model in MODELS.values())


def test_only_schnell_makes_several() -> None:
    """No other model takes a batch size."""
    assert {name: model.most_pictures for name, model in MODELS.items() if model.most_pictures > 1} == {"schnell": 4}


@pytest.mark.parametrize(
    ("model", "count", "expected"),
    [("schnell", 1, "0.0015"), ("schnell", 4, "0.0060"), ("dev", 1, "0.015"), ("dev-advanced", 1, "0.02")],
)
def test_price_is_per_picture(model: str, count: int, expected: str) -> None:
    """Money is exact."""
    assert price(model, count) == Decimal(expected)


def test_table_cannot_be_changed() -> None:
    """Nobody adds a model but here."""
    with pytest.raises(TypeError):
        MODELS["other"] = MODELS["dev"]  # type: ignore[index]  # the very thing that must not work
