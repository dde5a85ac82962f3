"""What `make bench` stands on: both bots bring pictures, and each prebuilt statement can be tried on a long history."""

from __future__ import annotations

import logging
import re
import time
from functools import partial
from typing import TYPE_CHECKING

from benchmarks import bots
from benchmarks.bots import Bot, alternate
from benchmarks.growth import time_all
from benchmarks.history import fill
from benchmarks.pictures import make_small
from benchmarks.stage import NEVER, Stage
from benchmarks.table import Row, format_table, take_ratio, take_share
from benchmarks.way import open_way
from bot.database import open_database

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from benchmarks.growth import Growth

ROWS = 2000
SCANNED = re.compile(r"SCAN (jobs|pictures|charges)(;|$)")


async def test_both_bots_answer_and_bring_what_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """Side by side on one stage: nothing is brought before it is ready, and then everything."""
    monkeypatch.setattr(bots, "QUIET_SECONDS", 0.1)

    async def bring(stage: Stage, bot: Bot) -> list[float]:
        stage.hold()
        asked = await stage.ask(make_small(), 3)
        await stage.until(lambda: stage.count_waiting() == 3, 10)
        assert NEVER not in stage.acknowledged(asked)
        assert stage.count_delivered(asked) == 0
        ready_at = await stage.let_go()
        await stage.see_delivered(asked, 10)
        assert bot.rss_mib() > 1
        return [stage.delivered_at(each) - ready_at for each in asked]

    stage = Stage(picture=make_small(), seconds=0.2)
    async with stage.serve():
        ((bare, ours),) = await alternate(stage, 1, bring)
    assert len(bare) == len(ours) == 3
    assert min(*bare, *ours) >= 0


async def test_the_measured_way_is_walked_without_a_stumble(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A step that breaks would be measured as well, and its traceback with it."""
    async with open_way(f"sqlite:///{tmp_path / 'repaint.db'}") as way:
        await way.walk()
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_every_prebuilt_statement_can_be_tried(tmp_path: Path) -> None:
    """Whoever builds a new one says in `benchmarks/statements.py` with what; those about jobs read no whole table."""
    found: dict[str, Growth] = {}
    async with open_database(f"sqlite:///{tmp_path / 'repaint.db'}") as database:
        await database.transact(partial(fill, total=ROWS, now=time.time()))
        await time_all(database, ROWS, found)
    assert len(found) > 100
    assert not {
        name: each.plan
        for name, each in found.items()
        if name.startswith(("jobs.statements", "jobs.hands", "jobs.docket")) and SCANNED.search(each.plan)
    }


def test_what_was_measured_is_a_table() -> None:
    """Ratios are medians over rounds; what was aimed at and missed is said loudly."""
    table = format_table(
        [Row("speed", ">= 1", "2", met=True), Row("weight", "<= 1", "2", met=False), Row("age", "", "3")]
    )
    assert [line.rsplit("|", 2)[1].strip() for line in table.splitlines()[2:]] == ["yes", "**no**", ""]
    assert take_ratio([(1.0, 2.0), (2.0, 2.0), (1.0, 9.0)]) == 2.0
    assert take_share([3.0, 1.0, 2.0, NEVER], 0.5) == 3.0
