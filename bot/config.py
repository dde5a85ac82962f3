"""The settings: one frozen value, read once from the environment and `.env`.

Each field carries the name of its variable and the sentence that `.env.example` and the README show. Secrets are never
in `repr`. Every mistake is reported at once, with the variable's name and what would be right.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from dotenv import dotenv_values
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import Misconfigured
from bot.presets import read_presets
from bot.provider.models import ADVANCED, MODELS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.presets import Preset
    from bot.provider.models import Model

T = TypeVar("T")
MODEL_NAMES = tuple(MODELS)
"""All that can be offered, for rooms that do not know the provider."""
_CREATOR = [model.name for model in MODELS.values() if model.wire_model == ADVANCED]
LEAST_SECRET = 16
LONGEST_LABEL = 20
MOST_DOLLARS = 100


def _text(value: str) -> str:
    return value


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value

    return parse


def _on_or_off(value: str) -> bool:
    if value not in {"on", "off"}:
        raise ValueError("must be on or off")
    return value == "on"


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not value.isdecimal() or not least <= int(value) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(value)

    return parse


def _model_names(value: str) -> tuple[str, ...]:
    names = {part.strip() for part in value.split(",")}
    if not names <= MODELS.keys():
        raise ValueError(f"must be some of {','.join(MODELS)}")
    return tuple(name for name in MODELS if name in names)


def _prices(value: str) -> dict[str, Decimal]:
    """By model; those that are not named have their list price."""
    prices = {model.name: model.price_usd for model in MODELS.values()}
    for part in value.split(","):
        name, _, amount = (piece.strip() for piece in part.partition("="))
        try:
            dollars = Decimal(amount)
            sensible = name in MODELS and 0 <= dollars <= MOST_DOLLARS
        except InvalidOperation:  # not a number, or NaN compared
            sensible = False
        if not sensible:
            raise ValueError(f"must be models with dollars for one picture, such as {MODEL_NAMES[0]}=0.0015")
        prices[name] = dollars
    return prices


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be a plain address such as https://repaint.example.org")
    return value.rstrip("/")


def _optional_http_url(value: str) -> str:
    return _http_url(value) if value else ""


def _database_url(value: str) -> str:
    try:
        driver = make_url(value).drivername
    except ArgumentError:
        driver = ""
    if driver not in {"sqlite", "postgresql", "postgresql+asyncpg", "postgres"}:
        raise ValueError(
            "must be a file such as sqlite:///data/repaint.db, or postgresql+asyncpg://user:password@host/database"
        )
    return value


def _shard_ids(value: str) -> tuple[int, ...]:
    parts = [part.strip() for part in value.split(",")] if value else []
    if not all(part.isdecimal() for part in parts) or len({int(part) for part in parts}) < len(parts):
        raise ValueError("must be numbers such as 0,1, each once, or empty")
    return tuple(int(part) for part in parts)


def _secret(value: str) -> str:
    if value and (len(value) < LEAST_SECRET or not value.isascii() or not value.isprintable()):
        raise ValueError(f"must be at least {LEAST_SECRET} plain characters, or empty")
    return value


def _label(value: str) -> str:
    if value and not (value.isascii() and value.isalnum() and len(value) <= LONGEST_LABEL):
        raise ValueError(f"must be at most {LONGEST_LABEL} letters and digits, or empty")
    return value


def _setting(name: str, parse: Callable[[str], T], default: str | None, about: str, *, secret: bool = False) -> T:
    """A field read from the variable `name`; no default means that it must be given."""
    metadata = {"name": name, "parse": parse, "default": default, "about": about, "secret": secret}
    value: T = field(repr=not secret, metadata=metadata)
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an operator may decide."""

    discord_token: str = _setting(
        "DISCORD_TOKEN",
        _text,
        None,
        "The bot's token: Developer Portal, your application, Bot, Reset Token.",
        secret=True,
    )
    piapi_api_key: str = _setting(
        "PIAPI_API_KEY",
        _text,
        None,
        "The key of your PiAPI account. Pictures are charged to it.",
        secret=True,
    )
    piapi_base_url: str = _setting("PIAPI_BASE_URL", _http_url, "https://api.piapi.ai", "Where PiAPI answers.")
    piapi_upload_url: str = _setting(
        "PIAPI_UPLOAD_URL",
        _http_url,
        "https://upload.theapi.app/api/ephemeral_resource",
        "Where PiAPI takes pictures, for accounts that may upload.",
    )
    piapi_concurrency: int = _setting(
        "PIAPI_CONCURRENCY",
        _whole(1, 1000),
        "3",
        "How many tasks may be at PiAPI at once; the rest wait in turns.",
    )
    piapi_reads_per_minute: int = _setting(
        "PIAPI_READS_PER_MINUTE",
        _whole(1, 100000),
        "120",
        "How often PiAPI is asked how tasks stand, all jobs of this process together.",
    )
    database_url: str = _setting(
        "DATABASE_URL",
        _database_url,
        "sqlite:///data/repaint.db",
        "Where jobs and their pictures are kept: a file, or postgresql+asyncpg://user:password@host/database,"
        " which several processes may share.",
        secret=True,
    )
    shard_count: int = _setting(
        "SHARD_COUNT",
        _whole(0, 10000),
        "1",
        "How many shards the bot has, over all its processes; 0 lets Discord decide.",
    )
    shard_ids: tuple[int, ...] = _setting(
        "SHARD_IDS",
        _shard_ids,
        "",
        "Which of them this process runs, such as 0,1. Empty: all.",
    )
    public_url: str = _setting(
        "PUBLIC_URL",
        _optional_http_url,
        "",
        "Where the internet reaches this bot's web server, such as https://repaint.example.org."
        " PiAPI then fetches pictures from it and calls back when one is done. Empty: neither.",
    )
    web_host: str = _setting("WEB_HOST", _text, "127.0.0.1", "The address the web server listens on.")
    web_port: int = _setting("WEB_PORT", _whole(0, 65535), "8080", "Its port; 0 takes a free one.")
    webhook_secret: str = _setting(
        "WEBHOOK_SECRET",
        _secret,
        "",
        "What PiAPI proves itself with when it calls back, at least 16 characters. Empty: no callbacks.",
        secret=True,
    )
    source_handover: str = _setting(
        "SOURCE_HANDOVER",
        _one_of("auto", "host", "upload", "discord"),
        "auto",
        "How a checked picture reaches PiAPI: host (our web server), upload (PiAPI's upload host, paid plans),"
        " discord (attached to the reply). auto takes the first that works.",
    )
    model_names: tuple[str, ...] = _setting(
        "MODELS",
        _model_names,
        ",".join(model.name for model in MODELS.values() if model.enabled),
        f"The models that members may choose, of {', '.join(MODELS)}."
        f" PiAPI's Creator plan is needed for {', '.join(_CREATOR)}.",
    )
    default_model: str = _setting(
        "DEFAULT_MODEL",
        _one_of(*MODELS),
        next(iter(MODELS)),
        "The model when a member names none. PiAPI marks dev as non-commercial.",
    )
    prices_usd: Mapping[str, Decimal] = _setting(
        "PRICES_USD",
        _prices,
        ",".join(f"{model.name}={model.price_usd}" for model in MODELS.values()),
        "What PiAPI charges for one picture, by model; those left out have the price shown here.",
    )
    presets: tuple[Preset, ...] = _setting(
        "PRESETS_FILE",
        read_presets,
        "",
        "A file in TOML with the presets that every server is offered, written like bot/presets.toml."
        " Empty: those of bot/presets.toml; off: none.",
    )
    give_up_minutes: int = _setting("GIVE_UP_MINUTES", _whole(1, 1440), "15", "How long a task at PiAPI is waited for.")
    retention_hours: int = _setting(
        "RETENTION_HOURS", _whole(0, 87600), "72", "How long pictures are kept after their job is over."
    )
    provenance: bool = _setting(
        "PROVENANCE",
        _on_or_off,
        "on",
        "Whether finished pictures say in their metadata (XMP, IPTC) that a model made them, which one, and for which"
        " job; never for whom. off leaves PiAPI's files as they came.",
    )
    label: str = _setting(
        "LABEL", _label, "", "A word on every card and in file names, such as staging. Empty for none."
    )
    log_level: str = _setting("LOG_LEVEL", _one_of("debug", "info", "warning", "error"), "info", "How much is logged.")
    log_format: str = _setting("LOG_FORMAT", _one_of("text", "json"), "text", "For people or for machines.")

    @property
    def models(self) -> Mapping[str, Model]:
        """What members may choose from, at this operator's prices."""
        return {name: replace(MODELS[name], price_usd=self.prices_usd[name]) for name in self.model_names}

    @property
    def callbacks(self) -> bool:
        """Whether PiAPI is asked to call back."""
        return bool(self.public_url and self.webhook_secret)


def read_settings(environment: Mapping[str, str] | None = None, env_file: Path = Path(".env")) -> Settings:
    """The settings from the environment, and from `.env` where the environment is silent.

    Raises `Misconfigured` with one line for each mistake.
    """
    if environment is None:
        environment = {name: value for name, value in dotenv_values(env_file).items() if value} | dict(os.environ)
    values: dict[str, Any] = {}
    problems: list[str] = []
    for each in fields(Settings):
        name, default = each.metadata["name"], each.metadata["default"]
        given = environment.get(name, "").strip() or default
        if given is None:
            problems.append(f"{name} is missing. {each.metadata['about']}")
            continue
        try:
            values[each.name] = each.metadata["parse"](given)
        except ValueError as error:
            problems += [f"{name} {problem}" for problem in error.args]
    problems += _find_contradictions(values)
    if problems:
        raise Misconfigured(problems)
    return Settings(**values)


def _find_contradictions(values: Mapping[str, Any]) -> list[str]:
    """What is right alone and wrong together. Values that were wrong alone are missing."""
    problems = []
    if values.get("source_handover") == "host" and not values.get("public_url"):
        problems.append("SOURCE_HANDOVER=host needs PUBLIC_URL")
    if {"default_model", "model_names"} <= values.keys() and values["default_model"] not in values["model_names"]:
        problems.append("DEFAULT_MODEL must be one of MODELS")
    asked = {preset.model: preset.name for preset in values.get("presets", ()) if preset.model}
    problems += [
        f"PRESETS_FILE has the preset {asked[model]}, whose model {model} is not one of MODELS"
        for model in sorted(asked.keys() - values.get("model_names", asked))
    ]
    ids, count = values.get("shard_ids"), values.get("shard_count")
    if not ids or count is None:
        return problems
    if max(ids) >= count:
        problems.append("SHARD_IDS must be below SHARD_COUNT, which says how many there are in all")
    elif len(ids) < count and values.get("database_url", "").startswith("sqlite"):
        problems.append("SHARD_IDS leaves shards to other processes, and several processes need PostgreSQL")
    return problems


def format_example() -> str:
    """What `.env.example` says: each setting with its sentence and default, in this order."""
    parts = ["# Copy to .env and fill in the first two. Everything else has a default that works.\n"]
    for each in fields(Settings):
        about, name, default = (each.metadata[key] for key in ("about", "name", "default"))
        comment = "" if default is None else "# "
        parts.append(f"# {about}\n{comment}{name}={default or ''}\n")
    return "\n".join(parts)


def format_table() -> str:
    """The same as the README's table."""
    lines = ["| setting | default | what it is |", "|---|---|---|"]
    for each in fields(Settings):
        about, name, default = (each.metadata[key] for key in ("about", "name", "default"))
        shown = "*required*" if default is None else f"`{default}`" if default else ""
        lines.append(f"| `{name}` | {shown} | {about} |")
    return "\n".join(lines) + "\n"
