"""What a request tells the provider."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.jobs import Request


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("", "a {prompt} cat"),
        ("{prompt}, oil on canvas", "a {prompt} cat, oil on canvas"),
        ("{prompt} and {prompt}", "a {prompt} cat and a {prompt} cat"),
        ("{other} {prompt}", "{other} a {prompt} cat"),
    ],
)
def test_a_preset_puts_its_words_around_the_members(
    build_request: Callable[..., Request], template: str, told: str
) -> None:
    """Only its own `{prompt}` is filled; the rules judge what the provider is told."""
    request = build_request(prompt="a {prompt} cat", template=template)
    assert request.words == told
    assert request.as_ask(Decimal(0)).prompt == told
