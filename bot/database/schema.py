"""The tables, in types that SQLite's STRICT mode and PostgreSQL both keep.

Money is whole micro-dollars, a time is seconds since 1970 (UTC) on the database's own clock, ids are Discord's.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    literal,
    literal_column,
    text,
    type_coerce,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Dialect
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.types import TypeEngine

Id = BigInteger().with_variant(sqlite.INTEGER(), "sqlite")
Micros = Id
MICROS = Decimal(1_000_000)
"""In a dollar."""
DAY_SECONDS = 86_400.0
Real: TypeEngine[float] = Double().with_variant(sqlite.REAL(), "sqlite")
Bytes = LargeBinary().with_variant(sqlite.BLOB(), "sqlite")


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as seconds since 1970."""

    impl = Double
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """SQLite's STRICT tables know REAL and nothing longer."""
        return dialect.type_descriptor(sqlite.REAL() if dialect.name == "sqlite" else Double())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> float | None:  # noqa: ARG002 (given)
        """Seconds since 1970."""
        return None if value is None else value.timestamp()

    def process_result_value(self, value: float | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (given)
        """An aware datetime."""
        return None if value is None else datetime.fromtimestamp(value, UTC)


class now(FunctionElement[datetime]):  # noqa: N801 (reads as SQL does)
    """The database's own clock: processes may disagree about the time, rows must not."""

    type = Instant()
    inherit_cache = True


@compiles(now, "sqlite")
def _now_on_sqlite(element: now, compiler: SQLCompiler, **_: Any) -> str:  # noqa: ARG001 (SQLAlchemy's signature)
    return "clock()"  # a function that the engine gives each connection, so that time can be moved


@compiles(now, "postgresql")
def _now_on_postgresql(element: now, compiler: SQLCompiler, **_: Any) -> str:  # noqa: ARG001 (SQLAlchemy's signature)
    return "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"


def later(seconds: ColumnElement[float]) -> ColumnElement[datetime]:
    """That many seconds from now, on the database's clock."""
    return type_coerce(type_coerce(now(), Real) + seconds, Instant())


def ago(seconds: float) -> ColumnElement[datetime]:
    """That long ago, on the database's clock."""
    return later(literal(-seconds, Real))


def spell(word: str | int) -> ColumnElement[Any]:
    """A word of our own in the SQL itself, where SQLite looks for what its small indexes are made of.

    Not bound, and not `literal_execute` either: then SQLAlchemy would write the statement anew each time.
    """
    return literal_column(repr(word))


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

STATUSES = (
    "arriving",
    "queued",
    "submitting",
    "unknown",
    "running",
    "delivering",
    "reviewing",
    "done",
    "failed",
    "refused",
    "rejected",
    "cancelled",
)
CHARGE_STATES = ("ordering", "none", "unknown", "expected", "settled")
_AWAKE = text("wake_at IS NOT NULL")
OPEN = ("arriving", "queued", "submitting", "unknown", "running", "delivering")
"""What we work on. A job that waits for a moderator, perhaps for weeks, is nobody's work."""
_OPEN = text(f"status IN {OPEN}")
_WAITING = text("status = 'queued'")
_ERASED = text("reason = 'erased'")
_DESCENDED = text("from_job_id IS NOT NULL")

jobs = Table(
    "jobs",
    metadata,
    # The interaction that asked: unique, and it carries its own time.
    Column("id", Id, primary_key=True, autoincrement=False),
    # where it stands
    Column("status", Text, CheckConstraint(f"status IN {STATUSES}", name="status"), nullable=False),
    Column("reason", Text),
    Column("reason_values", Text, nullable=False, server_default="{}"),
    Column("wake_at", Instant),
    Column("owner", Text),
    Column("turn", Integer, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("round", Integer),
    # who asked, and where the reply is
    Column("application_id", Id, nullable=False),
    Column("guild_id", Id),
    Column("channel_id", Id, nullable=False),
    Column("member_id", Id, nullable=False),
    Column("member_name", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("message_id", Id),
    Column("most_upload_bytes", Id, nullable=False),
    # The interaction the token belongs to, once a click renewed it; and whether the bot's own token reaches the reply.
    Column("token_id", Id),
    Column("reachable", Integer, nullable=False, server_default="1"),
    # The channel that a thread belongs to, and whether it is for adults: a result is judged by the policy of its place.
    Column("parent_id", Id),
    Column("age_restricted", Integer, nullable=False, server_default="0"),
    # what was asked
    Column("attachment_url", Text, nullable=False),
    # The job whose source this one starts from, too; or its result at this position.
    Column("from_job_id", Id),
    Column("from_position", Integer),
    Column("draft", Integer, nullable=False, server_default="0"),
    # The member's own words, and the preset's that they are put into.
    Column("prompt", Text, nullable=False),
    Column("preset", Text, nullable=False, server_default=""),
    Column("template", Text, nullable=False, server_default=""),
    Column("negative_prompt", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("strength", Real),
    Column("guidance", Real),
    Column("count", Integer, nullable=False),
    Column("lora", Text, nullable=False, server_default=""),
    Column("lora_strength", Real),
    Column("control", Text, nullable=False, server_default=""),
    Column("source_notes", Text, nullable=False, server_default=""),
    # what the rules said: flags for a moderator, whether it is shown behind a spoiler, and when a moderator agreed
    Column("flags", Text, nullable=False, server_default="[]"),
    Column("spoiler", Integer, nullable=False, server_default="0"),
    Column("approved_at", Instant),
    # the member's own words for who cannot see the results
    Column("alts", Text, nullable=False, server_default="[]"),
    # at the provider
    Column("key", Text, nullable=False, unique=True),
    Column("image_url", Text),
    Column("task_id", Text),
    Column("result_urls", Text, nullable=False, server_default=""),
    Column("price_usd_micros", Micros, nullable=False),
    Column("cost_usd_micros", Micros),
    # when
    Column("created_at", Instant, nullable=False),
    Column("queued_at", Instant),
    Column("submitted_at", Instant),
    Column("painted_at", Instant),
    Column("ended_at", Instant),
    sqlite_strict=True,
)
# Whoever is open has a time to wake, but for who waits for room at the provider: that has an index of its own, and may
# be many. And so has who ended and whose member does not know it yet.
Index("ix_jobs_due", jobs.c.wake_at, sqlite_where=_AWAKE, postgresql_where=_AWAKE)
Index("ix_jobs_open", jobs.c.status, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("ix_jobs_queue", jobs.c.round, jobs.c.id, sqlite_where=_WAITING, postgresql_where=_WAITING)
Index("ix_jobs_turns", jobs.c.member_id, jobs.c.round, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("ix_jobs_ended", jobs.c.ended_at)
Index("ix_jobs_erased", jobs.c.ended_at, sqlite_where=_ERASED, postgresql_where=_ERASED)
Index("ix_jobs_members", jobs.c.member_id, jobs.c.ended_at)
Index("ix_jobs_made", jobs.c.member_id, jobs.c.id)
Index("ix_jobs_descent", jobs.c.from_job_id, sqlite_where=_DESCENDED, postgresql_where=_DESCENDED)
Index("ix_jobs_tasks", jobs.c.task_id)
# All that budgets ask for: a month of 30 000 jobs is added up in 6 ms instead of 58, for 23 µs more on each move.
Index(
    "ix_jobs_guilds",
    jobs.c.guild_id,
    jobs.c.created_at,
    jobs.c.member_id,
    jobs.c.status,
    jobs.c.submitted_at,
    jobs.c.price_usd_micros,
    jobs.c.cost_usd_micros,
)
Index("ix_jobs_messages", jobs.c.message_id)
Index("ix_jobs_painted", jobs.c.model, jobs.c.painted_at)

# Word for word as in the small indexes of open jobs: only so does SQLite see that they do.
IS_OPEN = jobs.c.status.in_([spell(each) for each in OPEN])

pictures = Table(
    "pictures",
    metadata,
    Column("job_id", Id, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("role", Text, CheckConstraint("role IN ('source', 'result')", name="role"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("data", Bytes, nullable=False),
    sqlite_strict=True,
)

# The money ledger: one row for each order that was about to go out, saying what is known about its charge.
charges = Table(
    "charges",
    metadata,
    Column("job_id", Id, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("turn", Integer, primary_key=True),
    Column("state", Text, CheckConstraint(f"state IN {CHARGE_STATES}", name="state"), nullable=False),
    Column("model", Text, nullable=False),
    Column("usd_micros", Micros, nullable=False),
    Column("task_id", Text),
    Column("ordered_at", Instant, nullable=False),
    Column("known_at", Instant),
    sqlite_strict=True,
)
Index("ix_charges_ordered", charges.c.ordered_at)

# Small facts that outlive a process, such as the hash of the commands last synced.
kept = Table(
    "kept",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_strict=True,
)
