"""The judge: what is refused and written down, what becomes a flag, and how pictures come before others."""

from __future__ import annotations

import io
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from bot.errors import Reason, Refused
from bot.moderation import likeness
from bot.moderation.automod_rules import AutoModRules
from bot.moderation.bans import Bans
from bot.moderation.blocks import Blocks
from bot.moderation.book import Book
from bot.moderation.cases import Cases
from bot.moderation.chain import EntryKind
from bot.moderation.model import DIRECT_MESSAGES, Ask, Flag, Standing
from bot.moderation.patterns import Patterns
from bot.moderation.policies import Policies
from bot.moderation.rules import Rules, Seen, Showing
from bot.moderation.safety import Safety
from bot.moderation.traces import Traces
from bot.moderation.words import WordRule
from tests.unit.moderation.gallery import draw, encode, shapes

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.database import Database
    from tests.conftest import MovedClock

GUILD, CHANNEL, MODERATOR = 2, 3, 8
ASK = Ask(
    guild_id=GUILD,
    channel_id=CHANNEL,
    parent_id=None,
    member_id=4,
    job_id=9,
    prompt="a cat in a hat",
    negative_prompt="",
    model="schnell",
    strength=0.7,
    count=1,
    price_usd=Decimal("0.0015"),
    age_restricted=False,
)
KEYWORD_RULE = {
    "id": "77",
    "name": "No dragons",
    "enabled": True,
    "event_type": 1,
    "trigger_type": 1,
    "trigger_metadata": {"keyword_filter": ["dragon*"], "regex_patterns": [], "allow_list": []},
    "actions": [{"type": 1, "metadata": {"custom_message": "Dragons are *resting*."}}],
    "exempt_roles": [],
    "exempt_channels": [],
}


@pytest.fixture
def build_rules(database: Database, clock: MovedClock) -> Callable[..., Rules]:
    """The judge of one process, with what Discord says of AutoMod, and with or without the local check."""

    async def fetch(guild_id: int) -> list[dict[str, Any]]:
        return [KEYWORD_RULE] if guild_id == GUILD else []

    def build(safety: Safety | None = None) -> Rules:
        return Rules(
            database=database,
            clock=clock,
            policies=Policies(database),
            blocks=Blocks(database),
            bans=Bans(database),
            traces=Traces(database),
            patterns=Patterns(),
            automod=AutoModRules(fetch, clock),
            safety=safety,
        )

    return build


@pytest.fixture
def rules(build_rules: Callable[..., Rules]) -> Rules:
    """The judge, without the local check."""
    return build_rules()


async def refuse(rules: Rules, ask: Ask, standing: Standing = Standing()) -> Refused:  # noqa: B008 (frozen)
    """What a request is refused with."""
    with pytest.raises(Refused) as refused:
        await rules.judge_request(ask, standing)
    return refused.value


async def test_without_any_policy_a_harmless_request_passes(rules: Rules) -> None:
    """Nothing needs to be set up, and nothing is written down."""
    allowed = await rules.judge_request(ASK, Standing())
    assert allowed.flags == ()
    assert await Book(rules.database).read(GUILD) == []


async def test_an_operator_may_close_what_is_no_guilds(rules: Rules) -> None:
    """Words about children come first, as everywhere: of those every moderator is to hear. Guilds stay open."""
    policies = Policies(rules.database, outside=None)
    closed = replace(rules, policies=policies)
    assert (await refuse(closed, replace(ASK, guild_id=DIRECT_MESSAGES))).reason is Reason.OUTSIDE_CLOSED
    minors = replace(ASK, guild_id=DIRECT_MESSAGES, prompt="a naked child")
    assert (await refuse(closed, minors)).reason is Reason.PROMPT_MINORS
    assert (await closed.judge_request(ASK, Standing())).flags == ()


@pytest.mark.parametrize(
    ("prompt", "reason", "shown"),
    [
        ("a green dragonfly", Reason.PROMPT_SAID, "Dragons are *resting*."),
        ("undress her", Reason.PROMPT_UNDRESS, None),
        ("a blowjob in the park", Reason.PROMPT_SEXUAL, None),
        ("a naked 12 year old", Reason.PROMPT_MINORS, None),
    ],
)
async def test_refused_words_have_their_reason_and_a_line_in_the_book(
    rules: Rules, prompt: str, reason: Reason, shown: str | None
) -> None:
    """The member reads the guild's own words where it has some; the book has the prompt and the rule."""
    refused = await refuse(rules, replace(ASK, prompt=prompt))
    assert refused.reason is reason
    assert refused.values.get("message") == shown
    line = await Book(rules.database).last(GUILD, EntryKind.REFUSED, ASK.member_id)
    assert line is not None
    assert (line.subject, line.job_id) == (reason.value, ASK.job_id)
    assert line.content is not None
    assert line.content["prompt"] == prompt
    assert line.content["rule"]


async def test_only_minors_open_a_case(rules: Rules) -> None:
    """It has the prompt, so that moderators can act, and it cannot be switched off."""
    await rules.policies.change(GUILD, MODERATOR, "undress", value=False)
    await rules.policies.change(GUILD, MODERATOR, "sexual", value=True)
    await refuse(rules, replace(ASK, prompt="undress this 12 year old", age_restricted=True))
    (case,) = await Cases(rules.database).undecided(GUILD, 9)
    assert (case.kind, case.member_id, case.words) == ("minors", ASK.member_id, "undress this 12 year old")


async def test_sexual_content_needs_the_guild_and_the_channel(rules: Rules) -> None:
    """One alone is not enough."""
    lewd = replace(ASK, prompt="a blowjob in the park")
    await refuse(rules, replace(lewd, age_restricted=True))
    await rules.policies.change(GUILD, MODERATOR, "sexual", value=True)
    await refuse(rules, lewd)
    assert (await rules.judge_request(replace(lewd, age_restricted=True), Standing())).flags == ()


async def test_a_block_hides_no_case(rules: Rules) -> None:
    """Who is blocked and asks for something sexual with minors is told of to the moderators all the same."""
    await rules.blocks.block(GUILD, ASK.member_id, MODERATOR, "spam")
    refused = await refuse(rules, replace(ASK, prompt="a naked 12 year old"))
    assert refused.reason is Reason.PROMPT_MINORS
    assert len(await Cases(rules.database).undecided(GUILD, 9)) == 1


async def test_trying_again_fills_nothing(rules: Rules, clock: MovedClock) -> None:
    """What says nothing about words is written once an hour; each refused prompt is, and minors are one case."""
    await rules.policies.change(GUILD, MODERATOR, "closed_channels", frozenset({CHANNEL}))
    for _ in range(3):
        await refuse(rules, ASK)
        await refuse(rules, replace(ASK, prompt="a naked 12 year old"))
    book = Book(rules.database)
    lines = [line.subject for line in await book.read(GUILD) if line.kind == EntryKind.REFUSED]
    assert (lines.count("channel_closed"), lines.count("prompt_minors")) == (1, 3)
    assert len(await Cases(rules.database).undecided(GUILD, 9)) == 1
    clock.move(3601)
    await refuse(rules, ASK)
    lines = [line.subject for line in await book.read(GUILD) if line.kind == EntryKind.REFUSED]
    assert lines.count("channel_closed") == 2


async def test_a_block_counts_for_what_is_on_its_way(rules: Rules) -> None:
    """A picture that has not been queued is refused; one that is made is for a moderator."""
    await rules.blocks.block(GUILD, ASK.member_id, MODERATOR, "spam")
    with pytest.raises(Refused) as refused:
        await rules.judge_source(ASK, flat_picture())
    assert refused.value.reason is Reason.BLOCKED
    line = await Book(rules.database).last(GUILD, EntryKind.REFUSED, ASK.member_id)
    assert line is not None
    assert line.subject == Reason.BLOCKED.value
    assert (await rules.judge_results(ASK, [flat_picture()])).flags == (Flag("blocked"),)


@pytest.mark.parametrize(
    ("policy", "flags", "aside"),
    [
        ({}, (), None),
        ({"review_channel_id": 5}, (), None),
        ({"review_channel_id": 5}, (Flag("own"),), 5),
        ({"review_channel_id": 5, "review": "everything"}, (), 5),
    ],
)
async def test_where_a_source_may_be_seen(
    rules: Rules, policy: dict[str, Any], flags: tuple[Flag, ...], aside: int | None
) -> None:
    """In the reply, except where a moderator looks first. The reply of a draft is seen by who brought it alone."""
    for key, value in policy.items():
        await rules.policies.change(GUILD, MODERATOR, key, value)
    assert await rules.find_aside(ASK, flags) == aside
    assert await rules.find_aside(replace(ASK, draft=True), flags) is None


async def test_everything_is_held_even_without_a_desk(rules: Rules) -> None:
    """A thread and its channel can contradict each other: then nothing is shown."""
    await rules.policies.change(GUILD, MODERATOR, "review_channel_id", 5)
    await rules.policies.change(GUILD, MODERATOR, "review_channel_id", None, channel_id=CHANNEL)
    await rules.policies.change(GUILD, MODERATOR, "review", "everything", channel_id=33)
    thread = replace(ASK, channel_id=33, parent_id=CHANNEL)
    assert await rules.showing(thread, (), spoiler=False) is Showing.HOLD


async def test_an_own_rule_refuses_or_flags(rules: Rules) -> None:
    """As the guild chose; what is flagged goes on."""
    words = (WordRule("weapons", "gun*", "words", "refuse", "No weapons."), WordRule("wings", "wing*", "words", "hold"))
    await rules.policies.change(GUILD, MODERATOR, "words", words)
    refused = await refuse(rules, replace(ASK, prompt="a gunslinger"))
    assert refused.values["message"] == "No weapons."
    allowed = await rules.judge_request(replace(ASK, prompt="wings"), Standing())
    assert allowed.flags == (Flag("own", "wings"),)


async def test_automod_can_be_left_to_discord(rules: Rules) -> None:
    """The guild decides whether its AutoMod rules hold here, and who manages it is exempt as in Discord."""
    ask = replace(ASK, prompt="a dragon")
    assert (await rules.judge_request(ask, Standing(manages=True))).flags == ()
    await refuse(rules, ask)
    await rules.policies.change(GUILD, MODERATOR, "automod", value=False)
    assert (await rules.judge_request(ask, Standing())).flags == ()


async def test_a_blocked_member_and_a_closed_place_are_refused(rules: Rules) -> None:
    """And it is written down."""
    await rules.blocks.block(GUILD, ASK.member_id, MODERATOR, "spam", 1)
    assert (await refuse(rules, ASK)).reason is Reason.BLOCKED_UNTIL
    await rules.policies.change(GUILD, MODERATOR, "closed_channels", frozenset({CHANNEL}))
    assert (await refuse(rules, replace(ASK, member_id=5))).reason is Reason.CHANNEL_CLOSED
    lines = await Book(rules.database).read(GUILD)
    assert {line.subject for line in lines} >= {"blocked_until", "channel_closed"}


async def test_a_banned_picture_is_refused_and_its_likeness_flagged(
    rules: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Saved again it is the same; what is only very similar goes to a moderator; in another guild it is nothing."""
    data = draw(shapes, 1)
    await rules.bans.ban(GUILD, likeness.look(encode(data)), "stolen", MODERATOR)
    again = encode(data, "JPEG", quality=40)
    with pytest.raises(Refused) as refused:
        await rules.judge_source(ASK, again)
    assert refused.value.reason is Reason.PICTURE_BANNED
    assert await rules.judge_source(replace(ASK, guild_id=7), again) == Seen()
    assert (await rules.judge_results(ASK, [again])).flags == (Flag("near_ban", "1"),)
    monkeypatch.setattr(likeness, "SAME", -1)
    assert (await rules.judge_source(ASK, again)).flags == (Flag("near_ban", "1"),)


@pytest.mark.parametrize(
    ("score", "flags", "spoiler"),
    [(0.1, (), False), (0.6, (), True), (0.9, (Flag("explicit_result", "0.90"),), True)],
)
async def test_the_local_check_only_flags(
    build_rules: Callable[..., Rules], score: float, flags: tuple[Flag, ...], *, spoiler: bool
) -> None:
    """Below nothing, between a spoiler, above a moderator's look: never a refusal."""
    rules = build_rules(Safety("test 1", lambda: lambda _: score))
    assert await rules.judge_results(ASK, [flat_picture()]) == Seen(flags, spoiler)


async def test_a_broken_check_loses_nothing(build_rules: Callable[..., Rules]) -> None:
    """The policy says whether a moderator has to look then."""

    def broken() -> Callable[[bytes], float]:
        raise RuntimeError("no weights")

    rules = build_rules(Safety("test 1", broken))
    assert await rules.judge_results(ASK, [flat_picture()]) == Seen()
    await rules.policies.change(GUILD, MODERATOR, "explicit_closed", value=True)
    assert (await rules.judge_results(ASK, [flat_picture()])).flags == (Flag("explicit_result", "?"),)


def flat_picture() -> bytes:
    """The plainest picture there is."""
    data = io.BytesIO()
    Image.new("RGB", (64, 64), "gray").save(data, "PNG")
    return data.getvalue()


@pytest.mark.parametrize(
    ("policy", "flags", "spoiler", "showing"),
    [
        ({}, (), False, Showing.PLAIN),
        ({}, (), True, Showing.SPOILER),
        ({}, (Flag("own"),), False, Showing.SPOILER),
        ({"log_channel_id": 5}, (Flag("own"),), False, Showing.HOLD),
        ({"review_channel_id": 5}, (Flag("own"),), False, Showing.HOLD),
        ({"review_channel_id": 5}, (), True, Showing.SPOILER),
        ({"review_channel_id": 5, "review": "everything"}, (), False, Showing.HOLD),
        ({"review_channel_id": 5, "review": "never"}, (Flag("own"),), False, Showing.PLAIN),
        ({"spoiler": True}, (), False, Showing.SPOILER),
    ],
)
async def test_how_pictures_come_before_others(
    rules: Rules, policy: dict[str, Any], flags: tuple[Flag, ...], showing: Showing, *, spoiler: bool
) -> None:
    """Held where somebody is there to look, else behind a spoiler where there is doubt, as the guild chose."""
    for key, value in policy.items():
        await rules.policies.change(GUILD, MODERATOR, key, value)
    assert await rules.showing(ASK, flags, spoiler=spoiler) is showing
    everything = policy.get("review") == "everything"
    draft = await rules.showing(replace(ASK, draft=True), flags, spoiler=spoiler)
    assert draft is (Showing.PLAIN if everything else showing)  # what only its member sees, nobody has to see first


async def test_a_channels_own_policy_counts_for_its_threads(rules: Rules) -> None:
    """A thread is judged as the channel it belongs to, unless it has a policy of its own."""
    await rules.policies.change(GUILD, MODERATOR, "spoiler", value=True, channel_id=CHANNEL)
    thread = replace(ASK, channel_id=33, parent_id=CHANNEL)
    assert await rules.showing(thread, (), spoiler=False) is Showing.SPOILER
    assert await rules.showing(replace(ASK, channel_id=34), (), spoiler=False) is Showing.PLAIN
