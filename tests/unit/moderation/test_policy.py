"""The policy: what a channel changes of it, what it cannot be, and that a file says all of it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.moderation import lists
from bot.moderation.documents import PolicyWrong, load_policy, parse_policy, read_value
from bot.moderation.edits import add_budget, add_preset, add_rule, with_value, without_value
from bot.moderation.lists import RoleBudget
from bot.moderation.policy import SETTINGS, Policy
from bot.moderation.shapes import Choices
from bot.presets import Preset
from bot.provider import MODELS

CHANNEL, THREAD, OTHER = 100, 101, 102
PRESET = {"name": "Oil", "template": "{prompt}, oil on canvas", "model": "dev", "strength": 0.6, "guidance": 3.5}
RULE = {"name": "cats", "pattern": "cat*", "kind": "words", "action": "refuse", "message": "No cats."}


def mistakes(document: Any) -> list[tuple[str, str, int | None]]:
    """What is wrong with a document: problem, setting, channel."""
    with pytest.raises(PolicyWrong) as wrong:
        parse_policy(document)
    return [(each.problem, each.key, each.channel_id) for each in wrong.value.mistakes]


def build_full() -> Policy:
    """A policy in which somebody decided everything."""
    typed = {
        "channels": "<#100> <#101>",
        "closed_channels": "102",
        "roles_required": "<@&7>",
        "roles_excluded": "8, 9",
        "newcomer_days": "3",
        "models": "schnell dev",
        "least_strength": "20%",
        "most_strength": "0.9",
        "most_count": "2",
        "guild_day_usd": "$1.50",
        "role_budgets": "<@&7> 1.00 none, <@&8> 0.5 20",
        "automod": "off",
        "languages": "de",
        "review": "everything",
        "review_channel_id": "<#100>",
        "explicit_spoiler_at": "none",
        "retention_hours": "12",
        "language": "de",
        "presets_only": "on",
    }
    policy = Policy(review_channel_id=CHANNEL)
    for key, text in typed.items():
        policy = with_value(policy, key, read_value(key, text))
    policy = with_value(policy, "presets", add_preset(policy, PRESET))
    return with_value(with_value(policy, "words", add_rule(policy, RULE)), "most_count", 1, THREAD)


def test_models_are_those_that_the_provider_has() -> None:
    """What a policy can name is what members can choose."""
    assert SETTINGS["models"].shape == Choices(tuple(MODELS))


def test_a_place_has_its_own_before_its_channels_before_the_guilds() -> None:
    """A thread's word counts first, then its channel's, then the guild's."""
    policy = with_value(with_value(Policy(most_count=3), "most_count", 2, CHANNEL), "spoiler", True, CHANNEL)
    policy = with_value(policy, "most_count", 1, THREAD)
    assert (policy.at(OTHER).most_count, policy.at(OTHER, OTHER).spoiler) == (3, False)
    assert (policy.at(CHANNEL).most_count, policy.at(CHANNEL).spoiler) == (2, True)
    assert (policy.at(THREAD, CHANNEL).most_count, policy.at(THREAD, CHANNEL).spoiler) == (1, True)
    assert policy.at(THREAD).spoiler is False


def test_putting_back_leaves_nothing_behind() -> None:
    """A channel without settings of its own is no channel with settings."""
    policy = with_value(with_value(Policy(), "most_count", 2, CHANNEL), "spoiler", True, CHANNEL)
    once = without_value(policy, "most_count", CHANNEL)
    assert dict(once.overrides) == {CHANNEL: {"spoiler": True}}
    assert without_value(once, "spoiler", CHANNEL) == Policy()
    assert without_value(Policy(most_count=1), "most_count") == Policy()


def test_a_channel_has_its_own_only_where_that_makes_sense() -> None:
    """Budgets and word lists are the guild's."""
    with pytest.raises(PolicyWrong) as wrong:
        with_value(Policy(), "guild_day_usd", Decimal(1), CHANNEL)
    assert wrong.value.mistakes[0].problem == "not_per_channel"


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"least_strength": 0.8, "most_strength": 0.3}, "strengths"),
        ({"review": "everything"}, "nowhere_to_review"),
        ({"review": "everything", "log_channel_id": "5"}, "nowhere_to_review"),
        ({"presets_only": True, "operator_presets": False}, "no_presets"),
    ],
)
def test_what_is_right_alone_can_be_wrong_together(values: dict[str, Any], problem: str) -> None:
    """In the guild and in a channel alike."""
    assert [each[0] for each in mistakes(values)] == [problem]
    own = {key: value for key, value in values.items() if SETTINGS[key].per_channel}
    guild = {key: value for key, value in values.items() if key not in own}
    ((found, _, channel_id),) = mistakes(guild | {"overrides": {str(CHANNEL): own}})
    assert (found, channel_id) == (problem, CHANNEL)


def test_a_review_of_everything_keeps_its_channel() -> None:
    """The last place to decide cannot be taken away."""
    policy = with_value(with_value(Policy(), "review_channel_id", 5), "review", "everything")
    assert policy.desk_channel_id == 5
    with pytest.raises(PolicyWrong):
        without_value(policy, "review_channel_id")


def test_flagged_results_go_to_the_log_where_there_is_no_review_channel() -> None:
    """The desk is the review channel, else the log channel, else nowhere."""
    assert Policy().desk_channel_id is None
    assert Policy(log_channel_id=6).desk_channel_id == 6
    assert Policy(log_channel_id=6, review_channel_id=5).desk_channel_id == 5


def test_a_file_says_everything() -> None:
    """What is written and read again is the same, through real JSON."""
    for policy in (Policy(), build_full()):
        assert parse_policy(json.loads(json.dumps(policy.dump()))) == policy
    assert {key for key in Policy().dump() if key in SETTINGS} == set(SETTINGS)


def test_every_mistake_of_a_file_is_found_at_once() -> None:
    """Unknown names, wrong values, settings that no channel can have: all of them, each with its place."""
    assert set(
        mistakes(
            {
                "most_count": 9,
                "automod": "yes",
                "colour": "red",
                "channels": ["x"],
                "words": [RULE, RULE],
                "presets": [PRESET, PRESET | {"name": " oil "}],
                "overrides": {"100": {"spoiler": 1, "automod": True}, "here": {}},
            }
        )
    ) == {
        ("whole", "most_count", None),
        ("switch", "automod", None),
        ("unknown", "", None),
        ("id", "channels", None),
        ("words_twice", "words", None),
        ("presets_twice", "presets", None),
        ("switch", "spoiler", 100),
        ("not_per_channel", "automod", 100),
        ("overrides", "", None),
    }
    assert mistakes({"most_count": True, "most_strength": False}) == [
        ("whole", "most_count", None),
        ("share", "most_strength", None),
    ]
    assert mistakes([]) == [("not_a_policy", "", None)]
    assert mistakes({"format": 2}) == [("other_format", "", None)]


def test_what_was_stored_stays_readable(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever became of the bot since: unknown settings, values that are no more, patterns that cannot be judged."""
    policy = build_full()
    assert load_policy(policy.dump()) == policy
    older = policy.dump() | {"models": ["midjourney"], "colour": "red", "least_strength": 0.95}
    older["presets"] = [PRESET | {"model": "midjourney"}]
    older["overrides"] = {str(THREAD): {"most_count": 1, "spoiler": "perhaps"}}
    monkeypatch.setattr(lists, "parse_word_rule", None)
    loaded = load_policy(older)
    assert (loaded.models, loaded.least_strength, loaded.words) == (frozenset(), 0.95, policy.words)
    assert [preset.model for preset in loaded.presets] == ["midjourney"]
    assert dict(loaded.overrides) == {THREAD: {"most_count": 1}}
    assert caplog.text.count("no longer possible") == 3


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from([*SETTINGS, "overrides", "format"]), JSON, max_size=6))
def test_no_file_is_worse_than_wrong(document: dict[str, Any]) -> None:
    """Whatever JSON comes: a policy that can be written again, or `PolicyWrong`."""
    try:
        policy = parse_policy(document)
    except PolicyWrong:
        return
    assert parse_policy(policy.dump()) == policy


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("automod", " ON ", True),
        ("automod", "no", False),
        ("review", "Flagged", "flagged"),
        ("models", "dev, schnell", {"dev", "schnell"}),
        ("models", "none", set()),
        ("newcomer_days", "none", 0),
        ("retention_hours", "none", None),
        ("most_strength", "70%", 0.7),
        ("explicit_hold_at", ".9", 0.9),
        ("guild_day_usd", "$0.0015", Decimal("0.0015")),
        ("guild_day_usd", "1,50", Decimal("1.50")),
        ("most_strength", "0,7", 0.7),
        ("guild_day_usd", "None", None),
        ("log_channel_id", "<#5>", 5),
        ("log_channel_id", "none", None),
        ("channels", "<#5> 6,<#5>", {5, 6}),
        ("roles_required", "<@&5>", {5}),
        ("language", "pt-BR", "pt-BR"),
        ("language", "none", ""),
        ("role_budgets", "<@&5> 1 none", (RoleBudget(5, Decimal(1), None),)),
        ("role_budgets", "none", ()),
    ],
)
def test_what_people_type_is_understood(key: str, text: str, value: object) -> None:
    """Mentions, per cent, dollars, and `none`."""
    assert read_value(key, text) == value


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("automod", "perhaps"),
        ("review", "sometimes"),
        ("models", "dev, midjourney"),
        ("most_count", "none"),
        ("most_count", "5"),
        ("most_count", "9" * 5000),
        ("most_strength", "nan"),
        ("most_strength", "none"),
        ("most_strength", "7"),
        ("guild_day_usd", "-1"),
        ("guild_day_usd", "1,000"),
        ("guild_day_usd", "nan"),
        ("guild_day_usd", "1e9"),
        ("guild_day_usd", "0.00001"),
        ("log_channel_id", "general"),
        ("log_channel_id", "<#5> <#6>"),
        ("channels", "everywhere"),
        ("channels", "<@5>"),
        ("channels", "99999999999999999999"),
        ("language", "German"),
        ("role_budgets", "<@&5> 1"),
        ("role_budgets", "<@&5> 1 1, <@&5> 2 2"),
        ("words", "cat"),
        ("presets", "oil"),
    ],
)
def test_what_cannot_be_is_refused(key: str, text: str) -> None:
    """With the setting it is about, never with anything but `PolicyWrong`."""
    with pytest.raises(PolicyWrong) as wrong:
        read_value(key, text)
    assert [each.key for each in wrong.value.mistakes] == [key]


def test_a_rule_of_the_same_name_takes_its_place() -> None:
    """Adding changes one rule of a list and leaves the others."""
    first = with_value(Policy(), "words", add_rule(Policy(), RULE))
    second = with_value(first, "words", add_rule(first, RULE | {"name": "dogs", "pattern": "dog"}))
    third = with_value(second, "words", add_rule(second, RULE | {"pattern": "kitten"}))
    assert {rule.name: rule.pattern for rule in third.words} == {"dogs": "dog", "cats": "kitten"}
    with pytest.raises(PolicyWrong):
        add_rule(first, RULE | {"kind": "regex", "pattern": "(cat"})


def test_a_role_has_one_budget() -> None:
    """A new one takes the place of the old one; none of both takes it away."""
    policy = with_value(Policy(), "role_budgets", add_budget(Policy(), 7, "1", "none"))
    both = with_value(policy, "role_budgets", add_budget(policy, 8, "none", "20"))
    assert both.role_budgets == (RoleBudget(7, Decimal(1), None), RoleBudget(8, None, Decimal(20)))
    assert add_budget(both, 7, "none", "none") == both.role_budgets[1:]
    assert add_budget(both, 7, "2", "3")[0] == RoleBudget(7, Decimal(2), Decimal(3))


def test_a_preset_of_the_same_name_takes_its_place() -> None:
    """However the name is written; its numbers may be as they were typed, and nothing typed is none."""
    policy = with_value(Policy(), "presets", add_preset(Policy(), PRESET))
    policy = with_value(policy, "presets", add_preset(policy, {"name": "Ink", "template": "ink", "strength": ""}))
    typed = {"name": "OIL ", "template": "oil", "model": "", "strength": "65%", "guidance": "2,5"}
    ink, oil = add_preset(policy, typed)
    assert (ink, oil) == (Preset("Ink", "{prompt}, ink"), Preset("OIL", "{prompt}, oil", "", 0.65, 2.5))
    for wrong in ({"strength": "a lot"}, {"strength": "nan"}, {"guidance": "9"}):
        with pytest.raises(PolicyWrong) as caught:
            add_preset(policy, typed | wrong)
        assert [each.problem for each in caught.value.mistakes] == ["preset_range"]
