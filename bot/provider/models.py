"""The models we offer, one row each. A new model or task type is a new row."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Model:
    """One way to repaint. `usual_seconds` is a prior, good until our own jobs have been measured."""

    name: str
    wire_model: str
    task_type: str
    price_usd: Decimal
    """List price of one picture."""
    most_pictures: int
    usual_seconds: float


# Prices: piapi.ai/flux-api, 2026-09-22. Several pictures: piapi.ai/docs/flux-api/image-to-image, batch_size
_ROWS = (
    Model("schnell", "Qubico/flux1-schnell", "img2img", Decimal("0.0015"), most_pictures=4, usual_seconds=6),
    Model("dev", "Qubico/flux1-dev", "img2img", Decimal("0.015"), most_pictures=1, usual_seconds=20),
    Model("dev-advanced", "Qubico/flux1-dev-advanced", "img2img", Decimal("0.02"), most_pictures=1, usual_seconds=30),
)

MODELS: Mapping[str, Model] = MappingProxyType({row.name: row for row in _ROWS})
"""Every model by the name we call it."""


def price(model: str, count: int) -> Decimal:
    """What `count` pictures of a model cost, in USD at list price."""
    return MODELS[model].price_usd * count
