"""Opens everything but the connection to Discord, and closes it in order. Which room asks which is in `bot/plan.py`.

The front door uses it with Discord and PiAPI, the sandbox and the journeys with their stand-ins; nothing differs but
what is passed in.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp

from bot.database import Clock, Timed, build_process_name, open_database, system_clock
from bot.metrics import count_provider_request
from bot.moderation.pack import judge_pack
from bot.plan import Plan
from bot.provider import PiAPI, PictureDownload, Watched
from bot.web import serve, serve_watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.client import Repaint
    from bot.config import Settings
    from bot.jobs import Store
    from bot.jobs.runner import Runner
    from bot.replies import Editor
    from bot.replies.logbook import LogPoster
    from bot.watch import Watch

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class House:
    """What was opened, for who runs it."""

    client: Repaint
    runner: Runner
    editor: Editor
    log_poster: LogPoster
    store: Store
    watch: Watch
    web_port: int = 0
    metrics_port: int = 0


@asynccontextmanager
async def open_provider(settings: Settings) -> AsyncIterator[PiAPI]:
    """PiAPI, with its connections."""
    async with aiohttp.ClientSession() as session, PictureDownload(base_url=settings.piapi_base_url) as download:
        yield PiAPI(
            session=session,
            base_url=settings.piapi_base_url,
            api_key=settings.piapi_api_key,
            upload_url=settings.piapi_upload_url,
            download=download,
        )


@asynccontextmanager
async def open_house(settings: Settings, clock: Clock = system_clock) -> AsyncIterator[House]:
    """Everything but the connection to Discord, open. What was opened first is closed last: the database."""
    async with AsyncExitStack() as stack:
        me = build_process_name()
        database = Timed(await stack.enter_async_context(open_database(settings.database_url, clock, me)))
        provider = Watched(await stack.enter_async_context(open_provider(settings)), count_provider_request)
        # What the pack looks for is compiled while Discord is being connected to.
        ready = asyncio.create_task(asyncio.to_thread(judge_pack, ""))
        stack.push_async_callback(asyncio.wait, [ready])
        plan = Plan(settings, clock, database, provider, me)
        port = await stack.enter_async_context(serve(plan.server, settings.web_host, settings.web_port))
        watched = serve_watch(plan.watch, settings.metrics_host, settings.metrics_port)
        metrics_port = await stack.enter_async_context(watched)
        plan.client.rooms = plan.rooms
        log.info("%s is open", me)
        yield House(plan.client, plan.runner, plan.editor, plan.logbook, plan.store, plan.watch, port, metrics_port)
