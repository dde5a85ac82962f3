"""Regular expressions by strangers."""

import asyncio
import time
from itertools import pairwise

import pytest

from bot.moderation.patterns import (
    FAIR_SECONDS,
    JUDGEMENT_SECONDS,
    LEAST_SECONDS,
    MOST_STATES,
    PATTERN_SECONDS,
    TIMEOUTS_UNTIL_SLOW,
    Budget,
    Patterns,
    PatternUnusable,
    Unusable,
    Why,
    compile_pattern,
    count_states,
    translate,
)

EVIL, VICTIM = r"(a|aa)+$", "a" * 100 + "!"
RUST = [
    (r"\x{41}\u{42}\U{43}", "ABC", "A{41}"),
    (r"[\x{430}-\x{44f}]", "ж", "z"),
    (r"\\x{2}", r"\xx", "AB"),
    (r"(?U)a+b", "aab", "b"),
    (r"(?iU:A)b", "ab", "b"),
    (r"(?i-U)ab", "AB", "b"),
    (r"(?R)a$", "a", "b"),
    (r"\bcat\b{end}", "a cat", "cats"),
    (r"\b{start}cat", "a cat", "bobcat"),
    (r"\<cat\>", "a cat", "bobcat"),
    (r"cat\b{end-half}", "bobcat", "cats"),
    (r"\b{start-half}cat", "cats", "bobcat"),
    (r"\bété\b", "un ÉTÉ chaud", "étés"),
    (r"\bслово\b", "одно слово", "слов"),
    (r"^\w+\z", "abc", "a b"),
    (r"[a-z&&[^aeiou]]{3}", "xyz", "aei"),
    (r"\p{Greek}\pL", "αb", "ab"),
    (r"(?x) a \s b # why", "a b", "ab"),
    (r"(?P<x>a)(?<y>b)", "ab", "ba"),
    (r"(b|c)at", "BAT", "rat"),
    (r"(?-i)Cat", "Cat", "cat"),
    (r"^(?:[0-9]{1,3}\.){3}[0-9]{1,3}$", "127.0.0.1", "127.0.0"),
]


def finds(pattern: str, text: str) -> bool:
    """Whether a pattern is in a text."""
    return next(Patterns().find("rule", pattern, text, Budget()), None) is not None


@pytest.mark.parametrize(("pattern", "found", "missed"), RUST)
def test_rust_s_patterns_mean_the_same(pattern: str, found: str, missed: str) -> None:
    """What Discord accepted is understood as Discord understands it, without regard to case."""
    assert finds(pattern, found)
    assert not finds(pattern, missed)


@pytest.mark.parametrize("pattern", ["(", r"\L<x>", r"(a(?1)?)b", r"(?P<x>a(?&x))", r"(?-Uz", r"\x{110000}", r"a**"])
def test_what_cannot_be_read_is_listed(pattern: str) -> None:
    """An administrator learns of it; a judgement goes on without it."""
    assert Patterns().list_unusable("rule", ["cat", pattern]) == (Unusable(pattern, Why.UNREADABLE),)
    assert not finds(pattern, "a(b)")


@pytest.mark.parametrize("pattern", ["a{1000000000}", "((a{99}){99}){99}", r"(\w{200}[xy]{100}){100,}", "[{]{20000}"])
def test_what_would_take_all_memory_is_not_compiled(pattern: str) -> None:
    """Repetitions are written out by the engine, so they are counted first."""
    with pytest.raises(PatternUnusable) as caught:
        compile_pattern(pattern)
    assert caught.value.why is Why.TOO_LARGE


@pytest.mark.parametrize(
    ("pattern", "states"),
    [
        ("abc", 3),
        ("a{3}", 3),
        ("(ab){3}c", 7),
        ("[a{99}]{2}", 2),
        (r"\{9{2}", 3),
        (r"\p{L}{4}", 4),
        ("a{2,9}", 2),
        ("a{,9}", 1),
    ],
)
def test_states_are_counted(pattern: str, states: int) -> None:
    """As many as the engine will make, near enough."""
    assert count_states(translate(pattern)) == states


def test_ordinary_patterns_are_small() -> None:
    """The bound is far from what people write: a token of Discord's, and a very long message."""
    assert count_states(r"[\w-]{24}\.[\w-]{6}\.[\w-]{27,38}") < 100
    assert count_states(r"(?s).{2000,}") < MOST_STATES


def test_a_pattern_without_end_is_cut_short() -> None:
    """It takes its share of the time and no more."""
    started = time.perf_counter()
    assert not finds(EVIL, VICTIM)
    assert time.perf_counter() - started < 40 * PATTERN_SECONDS


def test_all_patterns_share_one_budget() -> None:
    """Ten of the worst take little longer than two, and then there is still time for what is ordinary."""
    patterns, budget = Patterns(), Budget()
    for number in range(10):
        list(patterns.find(number, EVIL, VICTIM, budget))
    assert budget.seconds() == LEAST_SECONDS
    assert list(patterns.find("ordinary", r"\bforbidden\b", f"{VICTIM} forbidden", budget)) != []
    assert [budget.missed(rule) for rule in (0, 9, "ordinary")] == [True, True, False]


def test_three_times_too_slow_gets_little_time_until_the_rule_changes() -> None:
    """It is listed and still looked for. Another rule with the same pattern is another matter."""
    patterns = Patterns()
    for _ in range(TIMEOUTS_UNTIL_SLOW):
        assert patterns.list_unusable("rule", [EVIL]) == ()
        list(patterns.find("rule", EVIL, VICTIM, Budget()))
    assert patterns.list_unusable("rule", ["cat", EVIL]) == (Unusable(EVIL, Why.TOO_SLOW),)
    started, budget = time.process_time(), Budget()
    assert list(patterns.find("rule", EVIL, VICTIM, budget)) == []
    assert time.process_time() - started < PATTERN_SECONDS / 2
    assert budget.missed("rule")
    assert patterns.list_unusable("changed rule", [EVIL]) == ()


def test_nobody_can_switch_a_rule_off() -> None:
    """Whoever makes a pattern slow three times hides nothing by it afterwards."""
    patterns, pattern = Patterns(), r"(?:[a-z]+\.?)+@[a-z]+\.com"
    for _ in range(TIMEOUTS_UNTIL_SLOW):
        list(patterns.find("rule", pattern, "a" * 300 + " me@evil.com", Budget()))
    assert patterns.list_unusable("rule", [pattern]) == (Unusable(pattern, Why.TOO_SLOW),)
    assert list(patterns.find("rule", pattern, "me@evil.com", Budget())) == [(0, 11)]


def test_the_log_does_not_repeat_a_guilds_pattern(caplog: pytest.LogCaptureFixture) -> None:
    """What a guild looks for is its own; that one of its patterns is slow is said."""
    list(Patterns().find("rule", EVIL, VICTIM, Budget()))
    assert f"a pattern of {len(EVIL)} characters took too long" in caplog.text
    assert EVIL not in caplog.text


def test_few_culprits_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever changes slow rules all day does not fill the memory: the oldest is forgotten."""
    monkeypatch.setattr("bot.moderation.patterns.MOST_REMEMBERED", 1)
    monkeypatch.setattr("bot.moderation.patterns.TIMEOUTS_UNTIL_SLOW", 1)
    patterns = Patterns()
    for rule in ("older", "newer"):
        list(patterns.find(rule, EVIL, VICTIM, Budget()))
    assert patterns.list_unusable("older", [EVIL]) == ()
    assert patterns.list_unusable("newer", [EVIL]) == (Unusable(EVIL, Why.TOO_SLOW),)


def test_who_had_no_time_is_not_blamed() -> None:
    """A pattern that came last in a judgement cannot help what came before."""
    moments = iter([0.0] + [JUDGEMENT_SECONDS - FAIR_SECONDS / 2] * TIMEOUTS_UNTIL_SLOW)
    patterns, budget = Patterns(), Budget(lambda: next(moments))
    for _ in range(TIMEOUTS_UNTIL_SLOW):
        list(patterns.find("rule", EVIL, VICTIM, budget))
    assert patterns.list_unusable("rule", [EVIL]) == ()


async def test_the_loop_turns_meanwhile() -> None:
    """A thread that searches lets others go on: the engine gives up Python's lock."""

    def search() -> None:
        for number in range(4):
            list(Patterns().find(number, EVIL, VICTIM, Budget()))

    searching = asyncio.create_task(asyncio.to_thread(search))
    turns = [time.perf_counter()]
    while not searching.done():
        await asyncio.sleep(0)
        turns.append(time.perf_counter())
    stalls = [later - sooner for sooner, later in pairwise(turns) if later - sooner > 0.8 * PATTERN_SECONDS]
    assert len(stalls) < 2, "one may be the machine's; four would be the searches'"
