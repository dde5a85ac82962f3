"""What is left at the provider: looked at now and then, counted, and its owner is told once when it runs low."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.jobs.ports import ReplyLost, ReplyNotReached
from bot.metrics import PROVIDER_BALANCE_USD
from bot.provider import KeyRefused, ReadFailed

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from bot.database import Clock, Kept
    from bot.jobs.ports import Owner
    from bot.provider import Provider

log = logging.getLogger(__name__)

LOOK_SECONDS = 1800.0
TOLD = "low balance told"
"""Kept while it is low: neither a restart nor another process tells it again."""


class Balance:
    """`least_usd`: below that its owner is told. None: never."""

    def __init__(self, provider: Provider, kept: Kept, owner: Owner, clock: Clock, least_usd: Decimal | None) -> None:
        self._provider = provider
        self._kept = kept
        self._owner = owner
        self._clock = clock
        self._least_usd = least_usd
        self._looked_at: datetime | None = None

    async def watch(self) -> None:
        """Look, if the last look was long ago. Never raises for what the provider or Discord does."""
        now = self._clock()
        if self._looked_at is not None and now - self._looked_at < timedelta(seconds=LOOK_SECONDS):
            return
        self._looked_at = now
        balance_usd = await self._read()
        if balance_usd is None:
            return
        PROVIDER_BALANCE_USD.set(float(balance_usd))
        if self._least_usd is not None:
            await self._judge(balance_usd, self._least_usd)

    async def _read(self) -> Decimal | None:
        try:
            return (await self._provider.fetch_account()).balance_usd
        except (KeyRefused, ReadFailed) as error:
            log.info("the balance was not read: %s", error)
            return None

    async def _judge(self, balance_usd: Decimal, least_usd: Decimal) -> None:
        told = bool(await self._kept.get(TOLD))
        if balance_usd >= least_usd:
            if told:
                await self._kept.keep(TOLD, "")
            return
        if told:
            return
        log.warning("the balance at the provider is low: $%s", balance_usd)
        await self._kept.keep(TOLD, str(balance_usd))
        try:
            await self._owner.tell_low_balance(balance_usd)
        except ReplyLost as error:
            log.warning("its owner cannot be told that the balance is low: %s", error)
        except ReplyNotReached as error:
            log.warning("its owner could not be told this time that the balance is low: %s", error)
            await self._kept.keep(TOLD, "")  # a repetition of what came after all is one message, by its nonce
