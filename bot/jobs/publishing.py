"""How a draft comes before others: judged as a request is, then moved in one statement, so that it happens once.

From there it is a job like any other, only without a message: `Delivering` gives it one, looks at its pictures by
the rules of that moment, and shows them or holds them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, null, update

from bot.database import jobs
from bot.jobs.moves import moved
from bot.jobs.rows import held, parse_job
from bot.jobs.statements import FREE, HAS_RESULTS, HELD, OVER
from bot.jobs.store import ARRIVAL_SECONDS
from bot.moderation.model import format_flags
from bot.moderation.rules import Seen

if TYPE_CHECKING:
    from bot.database import Database
    from bot.jobs.model import Job, Request
    from bot.jobs.offers import Offers
    from bot.jobs.store import Store
    from bot.moderation.model import Standing
    from bot.moderation.rules import Rules

ANEW = ("member_name", "locale", "token", "most_upload_bytes", "reachable", "parent_id", "age_restricted")
"""What of a request is as it was when its member published it, not as when they asked."""

PUBLISH = (
    update(jobs)
    .where(
        jobs.c.id == bindparam("job"), jobs.c.draft == 1, jobs.c.status == "done", jobs.c.wake_at.is_(None), HAS_RESULTS
    )
    .values(
        {name: bindparam(name) for name in ANEW}
        | FREE
        | {
            "status": "delivering",
            "reason": null(),
            "draft": 0,
            "message_id": null(),
            "token_id": bindparam("of"),
            "flags": bindparam("flagged"),
            "round": null(),
            "ended_at": null(),
            "attempts": 0,
            "turn": jobs.c.turn + 1,
        }
    )
    .returning(jobs)
)
TAKE_BACK = update(jobs).where(HELD).values(OVER | {"status": "done", "draft": 1}).returning(jobs)


@dataclass(frozen=True, slots=True)
class Publishing:
    """Brings drafts before others, and takes back what did not get there."""

    database: Database
    store: Store
    rules: Rules
    offers: Offers

    async def publish(self, job: Job, anew: Request, standing: Standing, token_id: int) -> Job | None:
        """Let a draft go before others, as `anew` has it; its step may begin once the click is answered, or soon.

        Raises `Refused` where today's rules would refuse it. Limits and budgets are not asked: it is paid for. None:
        it is no draft any more, or its pictures are not kept.
        """
        ask = replace(anew.as_ask(job.price_usd), strays=await self.offers.strays(anew))
        allowed = await self.rules.judge_request(ask, standing)
        source = await self.store.get_source(job.id)
        seen = Seen() if source is None else await self.rules.judge_look(allowed.ask, source.data)
        flags = dict.fromkeys((*job.flags, *allowed.flags, *seen.flags))
        values = {name: getattr(anew, name) for name in ANEW} | {"locale": allowed.policy.language or anew.locale}
        about = {"job": job.id, "of": token_id, "flagged": format_flags(flags), "wait": ARRIVAL_SECONDS}
        rows = await self.database.run(PUBLISH, **values, **about)
        return moved(parse_job(rows[0]) if rows else None)

    async def take_back(self, job: Job) -> Job | None:
        """It could not be brought into the channel: it is a draft again. None: the turn is over."""
        rows = await self.database.run(TAKE_BACK, **held(job))
        return moved(parse_job(rows[0]) if rows else None)
