"""`python -m bot check`: what is right and what is not, in one table, without starting the bot."""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp

from bot.client import fetch_bot_name
from bot.config import Settings, read_settings
from bot.database import need_file, open_database
from bot.errors import Misconfigured
from bot.jobs.ports import ReplyNotReached
from bot.logs import set_up_logging
from bot.provider import KeyRefused, ProviderError
from bot.wiring import open_provider

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

DEADLINE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table."""

    what: str
    right: bool
    detail: str


async def check() -> int:
    """Print the table. 0 where everything is right, 1 otherwise."""
    set_up_logging("error", "text")  # what was tried again is not what was asked for
    try:
        settings = read_settings()
    except Misconfigured as error:
        findings = [Finding("settings", right=False, detail=problem) for problem in error.problems]
    else:
        findings = await find(settings)
    print(format_findings(findings))  # noqa: T201 (the table is what was asked for)
    return 0 if all(finding.right for finding in findings) else 1


async def find(settings: Settings) -> list[Finding]:
    """Try everything the bot will need."""
    return [
        Finding("settings", right=True, detail="read"),
        *await asyncio.gather(
            _try("Discord", lambda: _find_token(settings)),
            _try("PiAPI", lambda: _find_key(settings)),
            _try("database", lambda: _find_database(settings)),
        ),
        judge_public_url(settings.public_url),
    ]


def format_findings(findings: Sequence[Finding]) -> str:
    """The table as text."""
    width = max(len(finding.what) for finding in findings)
    return "\n".join(
        f"{'ok ' if finding.right else 'NO '} {finding.what:<{width}}  {finding.detail}" for finding in findings
    )


def judge_public_url(url: str) -> Finding:
    """Whether PiAPI could reach this address in principle. None is fine: there are other ways, only slower ones."""
    what = "public URL"
    if not url:
        return Finding(what, right=True, detail="none: pictures go by Discord or PiAPI's upload host, no callbacks")
    parts = urlsplit(url)
    if parts.scheme != "https":
        return Finding(what, right=False, detail=f"PUBLIC_URL must begin with https:// ({url})")
    if _is_private(parts.hostname or ""):
        return Finding(what, right=False, detail=f"PUBLIC_URL cannot be reached from outside ({url})")
    return Finding(what, right=True, detail=url)


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


async def _try(what: str, attempt: Callable[[], Awaitable[str]]) -> Finding:
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            return Finding(what, right=True, detail=await attempt())
    except Misconfigured as error:
        return Finding(what, right=False, detail=str(error))
    except KeyRefused as error:
        return Finding(what, right=False, detail=f"PIAPI_API_KEY is not accepted ({error})")
    except (ProviderError, ReplyNotReached) as error:
        return Finding(what, right=False, detail=f"not reached ({error})")
    except TimeoutError:
        return Finding(what, right=False, detail=f"not reached (no answer within {DEADLINE_SECONDS:.0f} seconds)")
    except (aiohttp.ClientError, OSError) as error:
        return Finding(what, right=False, detail=f"not reached ({type(error).__name__})")


async def _find_token(settings: Settings) -> str:
    name = await fetch_bot_name(settings.discord_token)
    if name is None:
        raise Misconfigured(["DISCORD_TOKEN is not accepted by Discord"])
    return f"the token is accepted; the bot is {name}"


async def _find_key(settings: Settings) -> str:
    async with open_provider(settings) as provider:
        account = await provider.fetch_account()
    balance = "unknown" if account.balance_usd is None else f"${account.balance_usd}"
    return f"the key is accepted; balance {balance}"


async def _find_database(settings: Settings) -> str:
    need_file(settings.database_url)
    async with open_database(settings.database_url):
        return "opened, and its tables are up to date"
