"""What the two databases say differently: who may count now, and who is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Boolean, Integer, bindparam, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler

MIGRATING = 1
"""The gate of schema changes."""
ADMITTING = 2
"""The gate of the room at the provider. A member's own gate is their id, which is far larger."""
KEEPING = 3
"""The gate of small facts."""

YOUNG_SECONDS = 15
"""A PostgreSQL that has just started sees nobody yet: for so long, nobody is called gone."""


class gate(FunctionElement[int]):  # noqa: N801 (reads as SQL does)
    """Nobody else passes the gate of this number before our transaction ends.

    A statement sees what was committed before it began, so the gate is a statement of its own (`PASS`), and what
    counts and writes comes after it. On SQLite whole transactions take turns anyway.
    """

    type = Integer()
    inherit_cache = True


@compiles(gate, "sqlite")
def _gate_on_sqlite(element: gate, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(gate, "postgresql")
def _gate_on_postgresql(element: gate, compiler: SQLCompiler, **options: Any) -> str:
    return f"pg_advisory_xact_lock({compiler.process(element.clauses, **options)})"


PASS = select(gate(bindparam("gate", type_=BigInteger())))


class gone(FunctionElement[bool]):  # noqa: N801 (reads as SQL does)
    """`gone(owner, me)`: whether the process of that name does not live any more.

    PostgreSQL has a list of who is connected: each of our connections carries its process's name. SQLite is for one
    process at a time, so whoever is not us is gone.
    """

    type = Boolean()
    inherit_cache = True


@compiles(gone, "sqlite")
def _gone_on_sqlite(element: gone, compiler: SQLCompiler, **options: Any) -> str:
    owner, me = (compiler.process(each, **options) for each in element.clauses)
    return f"({owner} != {me})"


@compiles(gone, "postgresql")
def _gone_on_postgresql(element: gone, compiler: SQLCompiler, **options: Any) -> str:
    # An array is made once, when the statement begins: a row that changes hands meanwhile is judged by the same list.
    owner, me = (compiler.process(each, **options) for each in element.clauses)
    living = "SELECT application_name FROM pg_stat_activity WHERE application_name IS NOT NULL"
    young = f"pg_postmaster_start_time() > clock_timestamp() - interval '{YOUNG_SECONDS} seconds'"
    return f"({owner} != {me} AND {owner} <> ALL (ARRAY({living})) AND NOT ({young}))"
