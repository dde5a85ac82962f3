"""Where, who, what: each rule says no to what it is about, says what to do, and to nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.errors import Reason, Refused
from bot.moderation.model import Ask, Standing
from bot.moderation.policy import Policy
from bot.moderation.standing import judge_standing
from bot.presets import Preset

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
THREAD, CHANNEL, CATEGORY, ELSEWHERE = 30, 20, 10, 99
HERE = frozenset({THREAD, CHANNEL, CATEGORY})
MEMBERS, MUTED = 70, 71


def judge(
    policy: Policy,
    *,
    roles: set[int] | None = None,
    manages: bool = False,
    silent_until: datetime | None = None,
    **given: Any,
) -> Refused | None:
    """What the rules say about a request in a thread, by somebody who joined a week ago."""
    values: dict[str, Any] = {"model": "schnell", "strength": 0.7, "count": 1} | given
    joined_at = values.pop("joined_at", NOW - timedelta(days=7))
    presets = values.pop("presets", ())
    ask = Ask(2, THREAD, CHANNEL, 4, 1, "a cat", "", price_usd=Decimal("0.0015"), age_restricted=False, **values)
    standing = Standing(frozenset(roles or ()), joined_at, HERE, manages, silent_until)
    try:
        judge_standing(policy, ask, standing, NOW, presets)
    except Refused as refused:
        return refused
    return None


def test_nothing_is_closed_by_default() -> None:
    """Who has set up nothing keeps nobody out."""
    assert judge(Policy()) is None
    assert judge(Policy(), joined_at=None, count=4, strength=0.05, model="dev-advanced") is None


def test_a_guild_can_do_without_drafts() -> None:
    """Whoever asks: what is made is made in public."""
    refused = judge(Policy(drafts=False), draft=True, manages=True)
    assert refused is not None
    assert refused.reason is Reason.DRAFTS_CLOSED
    assert judge(Policy(drafts=False)) is None
    assert judge(Policy(), draft=True) is None


def test_who_is_timed_out_waits_until_then() -> None:
    """Whoever they are; a time-out that is over is none."""
    soon = NOW + timedelta(minutes=10)
    refused = judge(Policy(), manages=True, silent_until=soon)
    assert refused is not None
    assert (refused.reason, refused.values["opens"]) == (Reason.TIMED_OUT, f"<t:{int(soon.timestamp())}:R>")
    assert judge(Policy(), silent_until=NOW) is None


@pytest.mark.parametrize(
    ("allowed", "closed", "fits"),
    [
        ({THREAD}, (), True),
        ({CHANNEL}, (), True),
        ({CATEGORY}, (), True),
        ({ELSEWHERE}, (), False),
        ((), {THREAD}, False),
        ((), {CHANNEL}, False),
        ((), {CATEGORY}, False),
        ((), {ELSEWHERE}, True),
        ({CATEGORY}, {CHANNEL}, False),
        ({CHANNEL}, {CATEGORY}, True),
        ({CHANNEL}, {THREAD}, False),
        ({THREAD}, {CHANNEL}, True),
        ({CHANNEL}, {CHANNEL}, False),
    ],
)
@pytest.mark.parametrize("manages", [False, True])
def test_the_nearest_word_about_a_place_counts(allowed: Any, closed: Any, fits: bool, manages: bool) -> None:
    """Of a thread before its channel's, of a channel before its category's; also for who manages the server."""
    policy = Policy(channels=frozenset(allowed), closed_channels=frozenset(closed))
    assert (judge(policy, manages=manages) is None) is fits


def test_who_is_in_the_wrong_channel_is_shown_the_right_one() -> None:
    """At most five, as mentions, and none that is closed; where there is none, another one has to be tried."""
    refused = judge(Policy(channels=frozenset(range(101, 109)), closed_channels=frozenset({102})))
    assert refused is not None
    assert refused.reason is Reason.CHANNEL_ELSEWHERE
    assert refused.values["channels"] == "<#101>, <#103>, <#104>, <#105>, <#106> …"
    closed = judge(Policy(closed_channels=frozenset({CHANNEL})))
    assert closed is not None
    assert closed.reason is Reason.CHANNEL_CLOSED


def test_roles_let_in_and_keep_out() -> None:
    """One of the required ones is enough, and one of the excluded ones, too."""
    required = Policy(roles_required=frozenset({MEMBERS, 72}))
    assert judge(required, roles={MEMBERS}) is None
    missing = judge(required, roles={MUTED})
    assert missing is not None
    assert (missing.reason, missing.values["roles"]) == (Reason.ROLE_MISSING, "<@&70>, <@&72>")
    excluded = judge(Policy(roles_excluded=frozenset({MUTED, 73})), roles={MEMBERS, MUTED})
    assert excluded is not None
    assert (excluded.reason, excluded.values["roles"]) == (Reason.ROLE_EXCLUDED, "<@&71>")


def test_newcomers_wait() -> None:
    """Until they have been there for so many days, to the second; who never joined is new for ever."""
    policy = Policy(newcomer_days=7)
    assert judge(policy) is None
    refused = judge(policy, joined_at=NOW - timedelta(days=7) + timedelta(seconds=1))
    assert refused is not None
    assert (refused.reason, refused.values["opens"]) == (Reason.NEWCOMER, f"<t:{int(NOW.timestamp()) + 1}:R>")
    guest = judge(policy, joined_at=None)
    assert guest is not None
    assert guest.reason is Reason.NEWCOMER


def test_who_manages_the_server_need_not_prove_themselves() -> None:
    """Roles and waiting times do not bind them."""
    policy = Policy(roles_required=frozenset({MEMBERS}), roles_excluded=frozenset({MUTED}), newcomer_days=30)
    assert judge(policy, roles={MUTED}) is not None
    assert judge(policy, roles={MUTED}, manages=True) is None


@pytest.mark.parametrize("manages", [False, True])
def test_what_is_asked_for_binds_everybody(manages: bool) -> None:
    """Models, strength and count, at their very bounds."""
    policy = Policy(models=frozenset({"schnell"}), least_strength=0.2, most_strength=0.6, most_count=2)
    assert judge(policy, strength=0.2, count=2, manages=manages) is None
    assert judge(policy, strength=0.6, manages=manages) is None
    wrong: dict[Reason, dict[str, Any]] = {
        Reason.MODEL_CLOSED: {"model": "dev", "strength": 0.5},
        Reason.STRENGTH_RANGE: {"strength": 0.61},
        Reason.COUNT_CLOSED: {"strength": 0.5, "count": 3},
    }
    for reason, given in wrong.items():
        refused = judge(policy, manages=manages, **given)
        assert refused is not None
        assert refused.reason is reason
    assert judge(policy, strength=0.1) is not None
    assert judge(policy, strength=None, manages=manages) is None


@pytest.mark.parametrize("manages", [False, True])
def test_where_only_presets_are_used_there_has_to_be_one_as_it_is(manages: bool) -> None:
    """One that is offered, by any spelling of its name, and nothing chosen besides; some are named to who has none."""
    policy = Policy(presets_only=True)
    offered = [Preset(f"Oil {number}", "{prompt}, oil") for number in range(7)]
    assert judge(policy, presets=offered, preset="OIL 3", manages=manages) is None
    for preset in ("", "Ink"):
        missing = judge(policy, presets=offered, preset=preset, manages=manages)
        assert missing is not None
        assert (missing.reason, missing.values) == (
            Reason.PRESETS_ONLY,
            {"presets": "Oil 0, Oil 1, Oil 2, Oil 3, Oil 4"},
        )
    strayed = judge(policy, presets=offered, preset="Oil 3", strays=True, manages=manages)
    assert strayed is not None
    assert (strayed.reason, strayed.values) == (Reason.PRESET_AS_IT_IS, {"preset": "Oil 3"})
    nothing = judge(policy, preset="Oil 3", manages=manages)
    assert nothing is not None
    assert nothing.reason is Reason.PRESETS_MISSING


def test_elsewhere_a_preset_is_a_choice_like_any_other() -> None:
    """One that was changed since, or is gone, may be asked for again."""
    assert judge(Policy()) is None
    assert judge(Policy(), preset="Ink", strays=True) is None
