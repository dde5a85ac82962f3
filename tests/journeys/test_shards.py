"""One process with some of the shards, or all of them, is the same bot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.client import Repaint
from bot.jobs import JobStatus

if TYPE_CHECKING:
    from sandbox.world import World


@pytest.mark.story(settings={"SHARD_COUNT": "3", "SHARD_IDS": "0,1,2"})
async def test_a_member_does_not_notice_shards(world: World, photo: bytes) -> None:
    """Whichever shard a command comes by, its picture comes."""
    assert sorted(world.house.client.shards) == [0, 1, 2]
    for shard in range(3):
        guild = world.env.create_guild(f"Guild {shard}", shard_id=shard)
        member = guild.add_member(world.env.create_user(f"member{shard}"))
        result = await member.slash(guild.create_text_channel("art"), "img2img", image=("a.jpg", photo), prompt="a cat")
        await world.settle()
        await world.advance(30)
        assert (await world.job(world.job_id(result))).status is JobStatus.DONE


def test_settings_say_which_shards_are_run() -> None:
    """Some of several; all of them where none is named; as many as Discord says where no count is."""
    some, every = Repaint(4, (1, 3)), Repaint(4)
    assert (some.shard_count, some.shard_ids) == (4, [1, 3])
    assert (every.shard_count, every.shard_ids) == (4, None)
    assert not Repaint(0).shard_count
