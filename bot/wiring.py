"""Opens every room and connects them: the one place where the house is put together.

The front door uses it with Discord and PiAPI, the sandbox and the journeys with their stand-ins; nothing differs but
what is passed in.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import aiohttp
from aiolimiter import AsyncLimiter

from bot.client import Repaint, Rooms
from bot.database import Clock, Database, Kept, open_database, system_clock
from bot.intake import Intake
from bot.jobs import Job, JobStatus, Store
from bot.jobs.estimates import Estimates
from bot.jobs.handover import Handover
from bot.jobs.pace import Limits
from bot.jobs.runner import Runner
from bot.jobs.search import Search
from bot.jobs.steps import Steps
from bot.jobs.telling import Telling
from bot.pictures import PictureLimits, Studio
from bot.provider import Callback, PiAPI, PictureDownload
from bot.replies import Editor
from bot.web import WebServer, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.config import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class House:
    """What was opened, for who runs it."""

    client: Repaint
    runner: Runner
    editor: Editor
    store: Store
    web_port: int = 0


def build_process_name() -> str:
    """A name no other process has, in leases, logs and PostgreSQL's list of sessions, which cuts it at 63 bytes."""
    host = socket.gethostname().encode("ascii", "replace").decode()
    return f"{host[:40]}-{os.getpid()}-{secrets.token_hex(3)}"


@asynccontextmanager
async def open_provider(settings: Settings) -> AsyncIterator[PiAPI]:
    """PiAPI, with its connections."""
    async with (
        aiohttp.ClientSession() as session,
        PictureDownload(base_url=settings.piapi_base_url) as download,
    ):
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
        database = await stack.enter_async_context(open_database(settings.database_url, clock, me))
        provider = await stack.enter_async_context(open_provider(settings))
        house, server = _connect(settings, clock, database, provider, me)
        port = await stack.enter_async_context(serve(server, settings.web_host, settings.web_port))
        log.info("%s is open", house.store.me)
        yield replace(house, web_port=port)


def _connect(settings: Settings, clock: Clock, database: Database, provider: PiAPI, me: str) -> tuple[House, WebServer]:
    client = Repaint(settings.shard_count, settings.shard_ids)
    store = Store(database, me)
    picture_limits = PictureLimits()
    studio = Studio(picture_limits)
    editor = Editor(client, studio, clock, settings.label)
    estimates = Estimates(store, clock, settings.piapi_concurrency)
    limits = Limits(running_seconds=settings.give_up_minutes * 60, unknown_seconds=settings.give_up_minutes * 60)
    handover = Handover(settings.source_handover, settings.public_url, provider, editor)

    def callback(job: Job) -> Callback | None:
        if not settings.callbacks:
            return None
        return Callback(f"{settings.public_url}/piapi/{job.key}", settings.webhook_secret)

    telling = Telling(store, editor, clock, limits)
    reads = AsyncLimiter(settings.piapi_reads_per_minute, time_period=60)
    search = Search(store, provider)
    steps = Steps(store, provider, studio, editor, estimates, clock, callback, limits, telling, search, reads)
    intake = Intake(
        store, studio, editor, handover, estimates, telling, clock, settings.prices_usd, limits, picture_limits
    )
    at_status = {
        JobStatus.ARRIVING: intake.accept,
        JobStatus.SUBMITTING: steps.doubt,
        JobStatus.UNKNOWN: steps.look,
        JobStatus.RUNNING: steps.look,
        JobStatus.DELIVERING: steps.deliver,
        JobStatus.FAILED: telling.tell,
        JobStatus.REFUSED: telling.tell,
        JobStatus.CANCELLED: telling.tell,
    }
    retention_seconds = settings.retention_hours * 3600.0
    runner = Runner(
        store, at_status, steps.submit, estimates, editor, clock, settings.piapi_concurrency, retention_seconds
    )
    client.rooms = Rooms(intake, steps, editor, runner.wake, Kept(database), settings.default_model, settings.label)
    secret = settings.webhook_secret if settings.callbacks else ""
    server = WebServer(store, secret, runner.wake, lambda: runner.trouble)
    return House(client, runner, editor, store), server
