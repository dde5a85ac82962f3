"""Reads JSON that somebody else wrote: every question has an answer, a wrong type is the same as nothing."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

MOST_DIGITS = 30
"""Before the point and behind it. A few characters can name a number that takes gigabytes to write out."""


def parse_json(body: bytes) -> Any:
    """What a body says, or None if it is not JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # not UTF-8, not JSON, a number without end, brackets without end
        return None


def fields(value: Any, *path: str) -> dict[str, Any]:
    """The object at the end of a path of names; empty if there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str:
    """A string in one line, fit for any log and database; "" for anything else."""
    if not isinstance(value, str):
        return ""
    if not value.isprintable():
        value = "".join(char if char.isprintable() else " " for char in value)
    return " ".join(value.split())


def texts(value: Any) -> list[str]:
    """The strings of a list that say something; a lone string counts as a list of one."""
    found = (text(item) for item in (value if isinstance(value, list) else [value]))
    return [item for item in found if item]


def number(value: Any) -> Decimal | None:
    """A finite number of a size that means something, also one in quotes."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(value) if isinstance(value, int) else Decimal(str(value).strip())
    except InvalidOperation:
        return None
    exponent = found.as_tuple().exponent  # a letter for what is not finite
    return found if isinstance(exponent, int) and exponent >= -MOST_DIGITS and found.adjusted() < MOST_DIGITS else None
