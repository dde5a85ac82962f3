"""The settings: one frozen value, read once from the environment and `.env`.

Each field carries the name of its variable and the sentence that `.env.example` and the README show. Secrets are never
in `repr`. Every mistake is reported at once, with the variable's name and what would be right.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dotenv import dotenv_values

from bot.config.values import (
    database_url,
    http_url,
    label,
    model_names,
    on_or_off,
    one_of,
    optional_dollars,
    optional_http_url,
    prices,
    secret,
    shard_ids,
    whole,
)
from bot.errors import Misconfigured
from bot.presets import read_presets
from bot.provider.models import ADVANCED, MODELS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from bot.presets import Preset
    from bot.provider.models import Model

T = TypeVar("T")
_CREATOR = [model.name for model in MODELS.values() if model.wire_model == ADVANCED]


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
        str,
        None,
        "The bot's token: Developer Portal, your application, Bot, Reset Token.",
        secret=True,
    )
    piapi_api_key: str = _setting(
        "PIAPI_API_KEY",
        str,
        None,
        "The key of your PiAPI account. Pictures are charged to it.",
        secret=True,
    )
    piapi_base_url: str = _setting("PIAPI_BASE_URL", http_url, "https://api.piapi.ai", "Where PiAPI answers.")
    piapi_upload_url: str = _setting(
        "PIAPI_UPLOAD_URL",
        http_url,
        "https://upload.theapi.app/api/ephemeral_resource",
        "Where PiAPI takes pictures, for accounts that may upload.",
    )
    piapi_concurrency: int = _setting(
        "PIAPI_CONCURRENCY",
        whole(1, 1000),
        "3",
        "How many tasks may be at PiAPI at once; the rest wait in turns.",
    )
    piapi_reads_per_minute: int = _setting(
        "PIAPI_READS_PER_MINUTE",
        whole(1, 100000),
        "120",
        "How often PiAPI is asked how tasks stand, all jobs of this process together.",
    )
    database_url: str = _setting(
        "DATABASE_URL",
        database_url,
        "sqlite:///data/repaint.db",
        "Where jobs and their pictures are kept: a file, or postgresql+asyncpg://user:password@host/database,"
        " which several processes may share.",
        secret=True,
    )
    shard_count: int = _setting(
        "SHARD_COUNT",
        whole(0, 10000),
        "1",
        "How many shards the bot has, over all its processes; 0 lets Discord decide.",
    )
    shard_ids: tuple[int, ...] = _setting(
        "SHARD_IDS",
        shard_ids,
        "",
        "Which of them this process runs, such as 0,1. Empty: all.",
    )
    public_url: str = _setting(
        "PUBLIC_URL",
        optional_http_url,
        "",
        "Where the internet reaches this bot's web server, such as https://repaint.example.org."
        " PiAPI then fetches pictures from it and calls back when one is done. Empty: neither.",
    )
    web_host: str = _setting("WEB_HOST", str, "127.0.0.1", "The address the web server listens on.")
    web_port: int = _setting("WEB_PORT", whole(0, 65535), "8080", "Its port; 0 takes a free one.")
    webhook_secret: str = _setting(
        "WEBHOOK_SECRET",
        secret,
        "",
        "What PiAPI proves itself with when it calls back, at least 16 characters. Empty: no callbacks.",
        secret=True,
    )
    source_handover: str = _setting(
        "SOURCE_HANDOVER",
        one_of("auto", "host", "upload", "discord"),
        "auto",
        "How a checked picture reaches PiAPI: host (our web server), upload (PiAPI's upload host, paid plans),"
        " discord (attached to the reply). auto takes the first that works.",
    )
    model_names: tuple[str, ...] = _setting(
        "MODELS",
        model_names,
        ",".join(model.name for model in MODELS.values() if model.enabled),
        f"The models that members may choose, of {', '.join(MODELS)}."
        f" PiAPI's Creator plan is needed for {', '.join(_CREATOR)}.",
    )
    default_model: str = _setting(
        "DEFAULT_MODEL",
        one_of(*MODELS),
        next(iter(MODELS)),
        "The model when a member names none. PiAPI marks dev as non-commercial.",
    )
    prices_usd: Mapping[str, Decimal] = _setting(
        "PRICES_USD",
        prices,
        ",".join(f"{model.name}={model.price_usd}" for model in MODELS.values()),
        "What PiAPI charges for one picture, by model; those left out have the price shown here.",
    )
    daily_cap_usd: Decimal | None = _setting(
        "DAILY_CAP_USD",
        optional_dollars,
        "",
        "What all orders of a day (UTC) may cost, in dollars; then they wait. Empty: no cap.",
    )
    monthly_cap_usd: Decimal | None = _setting(
        "MONTHLY_CAP_USD", optional_dollars, "", "The same for a calendar month."
    )
    presets: tuple[Preset, ...] = _setting(
        "PRESETS_FILE",
        read_presets,
        "",
        "A file in TOML with the presets that every server is offered, written like bot/presets.toml."
        " Empty: those of bot/presets.toml; off: none.",
    )
    give_up_minutes: int = _setting("GIVE_UP_MINUTES", whole(1, 1440), "15", "How long a task at PiAPI is waited for.")
    retention_hours: int = _setting(
        "RETENTION_HOURS", whole(0, 87600), "72", "How long pictures are kept after their job is over."
    )
    outside: bool = _setting(
        "OUTSIDE",
        on_or_off,
        "on",
        "Whether pictures are made where no server has invited the bot: in direct messages, in group chats, and in"
        " other servers by those who installed it to their account. off: only in servers that have.",
    )
    outside_daily_pictures: int = _setting(
        "OUTSIDE_DAILY_PICTURES",
        whole(0, 10000),
        "20",
        "How many pictures a day each member may have made there; 0 for no limit.",
    )
    outside_member_day_usd: Decimal | None = _setting(
        "OUTSIDE_MEMBER_DAY_USD",
        optional_dollars,
        "",
        "For how many dollars a day each member may have pictures made there. Empty: no limit.",
    )
    provenance: bool = _setting(
        "PROVENANCE",
        on_or_off,
        "on",
        "Whether finished pictures say in their metadata (XMP, IPTC) that a model made them, which one, and for which"
        " job; never for whom. off leaves PiAPI's files as they came.",
    )
    label: str = _setting(
        "LABEL", label, "", "A word on every card and in file names, such as staging. Empty for none."
    )
    log_level: str = _setting("LOG_LEVEL", one_of("debug", "info", "warning", "error"), "info", "How much is logged.")
    log_format: str = _setting("LOG_FORMAT", one_of("text", "json"), "text", "For people or for machines.")

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
