"""What is counted and timed, by Prometheus' custom: one registry, base units, labels that cannot grow.

It stands beside the log, at the bottom of the house: whoever knows that something happened says so here, as it would
say it to the log, and nobody depends on who listens. What is counted is this process's own. The last part is set when
somebody asks (`bot.watch`); what it reads from rows is the same in every process. No label says who asked, where, or
for what.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, which nobody asks for
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

UNKNOWN = float("nan")
"""What a gauge without labels shows while it is not known: it cannot be missing."""

TO_AN_HOUR = (1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1800, 3600)
TO_A_MINUTE = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60)
TO_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


def _counter(name: str, about: str, *labels: str) -> Counter:
    return Counter(f"repaint_{name}", about, labels, registry=REGISTRY)


def _histogram(name: str, about: str, buckets: Sequence[float], *labels: str) -> Histogram:
    return Histogram(f"repaint_{name}", about, labels, buckets=buckets, registry=REGISTRY)


def _gauge(name: str, about: str, *labels: str) -> Gauge:
    return Gauge(f"repaint_{name}", about, labels, registry=REGISTRY)


def format_metrics() -> bytes:
    """Everything in Prometheus' text format."""
    return generate_latest(REGISTRY)


# -- jobs, where they move -------------------------------------------------------------------------------------------

JOB_MOVES = _counter("job_moves_total", "Moves of jobs, by the status they came to, and why.", "status", "reason")
REQUESTS_REFUSED = _counter("requests_refused_total", "Requests that never became a job, by why.", "reason")
WAITING_SECONDS = _histogram("job_waiting_seconds", "From the queue to an order that was accepted.", TO_AN_HOUR)
PROVIDER_SECONDS = _histogram("job_provider_seconds", "From the order to the pictures.", TO_AN_HOUR, "model")
DELIVERY_SECONDS = _histogram(
    "job_delivery_seconds", "From the pictures, or a moderator's yes to them, to the member.", TO_A_MINUTE
)
WHOLE_SECONDS = _histogram(
    "job_whole_seconds", "From the command to the pictures, where no moderator looked at them.", TO_AN_HOUR
)
STEP_SECONDS = _histogram(
    "step_seconds", "What one taking-up of a job took, by the status it was taken up at.", TO_A_MINUTE, "status"
)
LEASE_TAKEOVERS = _counter(
    "lease_takeovers_total", "Jobs taken from another process: it was gone, or its lease had expired.", "cause"
)

# -- the services around us ------------------------------------------------------------------------------------------

PROVIDER_REQUESTS = _counter(
    "provider_requests_total", "Calls of the image service, by what came of them.", "operation", "outcome"
)
PROVIDER_REQUEST_SECONDS = _histogram(
    "provider_request_seconds", "What a call of the image service took, repetitions included.", TO_A_MINUTE, "operation"
)
CALLBACKS = _counter("callbacks_total", "Callbacks, taken or refused: without the secret, or of no job.", "outcome")
DISCORD_RESPONSES = _counter(
    "discord_responses_total", "Discord's answers, by HTTP status; none where there was no answer.", "method", "status"
)
DISCORD_REQUEST_SECONDS = _histogram(
    "discord_request_seconds", "From a request to the beginning of Discord's answer.", TO_A_MINUTE, "method"
)
DISCORD_ERRORS = _counter("discord_errors_total", "What Discord refused about replies, by its own error code.", "code")


def count_provider_request(operation: str, outcome: str, seconds: float) -> None:
    """A call of the image service, whose room knows none of ours."""
    PROVIDER_REQUESTS.labels(operation, outcome).inc()
    PROVIDER_REQUEST_SECONDS.labels(operation).observe(seconds)


# -- this process ----------------------------------------------------------------------------------------------------

DATABASE_SECONDS = _histogram(
    "database_seconds",
    "From handing in a statement or transaction to its answer, waiting included.",
    TO_SECONDS,
    "kind",
)
DATABASE_ERRORS = _counter("database_errors_total", "Statements and transactions that failed.", "kind")
LOOP_LAG_SECONDS = _histogram(
    "event_loop_lag_seconds", "How much later than asked for the event loop came back.", TO_SECONDS
)

# -- set when somebody asks: what stands in rows ---------------------------------------------------------------------

JOBS = _gauge("jobs", "Jobs that are not over, by where they stand.", "status")
OLDEST_JOB_SECONDS = _gauge("oldest_job_seconds", "How long ago the oldest of them was asked for.", "status")
CASES = _gauge("undecided_cases", "Cases that wait for a moderator.")
OLDEST_CASE_SECONDS = _gauge("oldest_undecided_case_seconds", "How long ago the oldest of them was opened.")
CHARGES_USD = _gauge(
    "charges_last_day_usd", "The ledger's orders of the last 24 hours, by what is known of them.", "model", "state"
)
ROWS_READ = _gauge("rows_read", "Whether the database answered for the five above, which say nothing else: 1, or 0.")

# -- set when somebody asks: this process ----------------------------------------------------------------------------

BUILD = _gauge("build_info", "Always 1; the labels say which Repaint it is.", "version")
DISCORD_CONNECTED = _gauge("discord_connected", "Whether all shards of this process are connected: 1, or 0.")
DISCORD_LATENCY_SECONDS = _gauge("discord_latency_seconds", "A heartbeat to Discord and back, the mean of the shards.")
ORDERS_PAUSED = _gauge("orders_paused", "Whether nothing is ordered for now, by why: 1, or 0.", "reason")
DATABASE_IN_TROUBLE = _gauge("database_in_trouble", "Whether nothing is taken up because of the database: 1, or 0.")
JOBS_IN_HAND = _gauge("jobs_in_hand", "Jobs that this process works on.")

# -- set now and then ------------------------------------------------------------------------------------------------

PROVIDER_BALANCE_USD = _gauge("provider_balance_usd", "What is left at the image service, as it last said.")
PROVIDER_BALANCE_USD.set(UNKNOWN)
