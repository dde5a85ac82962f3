"""What a setting may be: each function reads one from text, and raises `ValueError` with what would be right."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from bot.provider.models import MODELS

if TYPE_CHECKING:
    from collections.abc import Callable

MODEL_NAMES = tuple(MODELS)
"""All that can be offered, for rooms that do not know the provider."""
LEAST_SECRET = 16
LONGEST_LABEL = 20
MOST_DOLLARS = 100
MOST_CAP_DOLLARS = 1_000_000


def one_of(*choices: str) -> Callable[[str], str]:
    """One of some words."""

    def parse(value: str) -> str:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value

    return parse


def on_or_off(value: str) -> bool:
    """A switch."""
    if value not in {"on", "off"}:
        raise ValueError("must be on or off")
    return value == "on"


def whole(least: int, most: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def parse(value: str) -> int:
        if not value.isdecimal() or not least <= int(value) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(value)

    return parse


def model_names(value: str) -> tuple[str, ...]:
    """Some of the models, in the order of their table, whatever the order here."""
    names = {part.strip() for part in value.split(",")}
    if not names <= MODELS.keys():
        raise ValueError(f"must be some of {','.join(MODELS)}")
    return tuple(name for name in MODELS if name in names)


def _read_dollars(value: str, most: int) -> Decimal | None:
    """The amount; None where it is none."""
    try:
        return amount if 0 <= (amount := Decimal(value)) <= most else None
    except InvalidOperation:  # not a number, or NaN compared
        return None


def optional_dollars(value: str) -> Decimal | None:
    """An amount; None for nothing."""
    dollars = _read_dollars(value, MOST_CAP_DOLLARS)
    if value and dollars is None:
        raise ValueError(f"must be dollars such as 5 or 0.50, at most {MOST_CAP_DOLLARS}, or empty")
    return dollars


def prices(value: str) -> dict[str, Decimal]:
    """By model; those that are not named have their list price."""
    prices = {model.name: model.price_usd for model in MODELS.values()}
    for part in value.split(","):
        name, _, amount = (piece.strip() for piece in part.partition("="))
        dollars = _read_dollars(amount, MOST_DOLLARS)
        if name not in MODELS or dollars is None:
            raise ValueError(f"must be models with dollars for one picture, such as {MODEL_NAMES[0]}=0.0015")
        prices[name] = dollars
    return prices


def http_url(value: str) -> str:
    """A plain address, without a slash at its end."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be a plain address such as https://repaint.example.org")
    return value.rstrip("/")


def optional_http_url(value: str) -> str:
    """The same, or nothing."""
    return http_url(value) if value else ""


def database_url(value: str) -> str:
    """A file for SQLite, or a PostgreSQL."""
    try:
        driver = make_url(value).drivername
    except ArgumentError:
        driver = ""
    if driver not in {"sqlite", "postgresql", "postgresql+asyncpg", "postgres"}:
        raise ValueError(
            "must be a file such as sqlite:///data/repaint.db, or postgresql+asyncpg://user:password@host/database"
        )
    return value


def shard_ids(value: str) -> tuple[int, ...]:
    """Numbers, each once; none for nothing."""
    parts = [part.strip() for part in value.split(",")] if value else []
    if not all(part.isdecimal() for part in parts) or len({int(part) for part in parts}) < len(parts):
        raise ValueError("must be numbers such as 0,1, each once, or empty")
    return tuple(int(part) for part in parts)


def secret(value: str) -> str:
    """Something nobody guesses, or nothing."""
    if value and (len(value) < LEAST_SECRET or not value.isascii() or not value.isprintable()):
        raise ValueError(f"must be at least {LEAST_SECRET} plain characters, or empty")
    return value


def label(value: str) -> str:
    """A short word, or nothing."""
    if value and not (value.isascii() and value.isalnum() and len(value) <= LONGEST_LABEL):
        raise ValueError(f"must be at most {LONGEST_LABEL} letters and digits, or empty")
    return value
