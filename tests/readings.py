"""What tests read: what Prometheus would, of the whole process, so that a test looks at what came; and the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import bindparam, select

from bot.database.schema import charges
from bot.jobs.ledger import ChargeState
from bot.jobs.rows import parse_usd
from bot.metrics import format_metrics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.database import Database

GET_CHARGES = select(charges).where(charges.c.job_id == bindparam("job")).order_by(charges.c.turn)
Series = tuple[str, frozenset[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Reading:
    """All series at one moment."""

    series: Mapping[Series, float]

    def get(self, name: str, **labels: str) -> float:
        """How high one series stands; 0 where it does not exist yet."""
        return self.series.get((f"repaint_{name}", frozenset(labels.items())), 0.0)

    def since(self, earlier: Reading) -> Reading:
        """What came to each series since then."""
        return Reading({key: value - earlier.series.get(key, 0.0) for key, value in self.series.items()})

    @property
    def names(self) -> set[str]:
        """Of all series."""
        return {name for name, _ in self.series}


def parse_reading(text: str) -> Reading:
    """What `/metrics` answered."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return Reading({(each.name, frozenset(each.labels.items())): each.value for each in samples})


def read_metrics() -> Reading:
    """What is counted in this process, without asking a house for what is read from rows."""
    return parse_reading(format_metrics().decode())


async def get_charges(database: Database, job_id: int) -> list[tuple[ChargeState, Decimal]]:
    """What is known about the charge of each of a job's orders, the first first."""
    rows = await database.run(GET_CHARGES, job=job_id)
    return [(ChargeState(row.state), parse_usd(row.usd_micros) or Decimal(0)) for row in rows]
