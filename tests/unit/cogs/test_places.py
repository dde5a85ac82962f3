"""What an interaction tells of its place, read by the real discord.py from the JSON that Discord sends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import discord
import pytest

from bot.client import Repaint
from bot.moderation.model import Standing
from cogs.beginning import get_standing, is_reachable, who_and_where
from cogs.powers import get_guild_id
from sandbox.discord_wire.show import show_channel, show_guild, show_interaction, show_me
from sandbox.discord_wire.state import COMMAND, COMPONENT, MANAGE_GUILD, VIEW_CHANNEL, Interaction, State

if TYPE_CHECKING:
    from sandbox.discord_wire.state import Channel

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRIVATE_THREAD = 12


class Place:
    """A Discord with places of every kind, and a bot that was told of the guilds it is in."""

    def __init__(self) -> None:
        self.state = State(NOW.timestamp, 0)
        mira = self.state.find_user("mira")
        home = self.state.find_guild("Atelier")
        elsewhere = self.state.add_guild("Elsewhere", ("plaza",), invited=False)
        self.channels: dict[str, Channel] = {
            "guild": home.channels[0],
            "thread": self.state.add_thread("cats", home.channels[0]),
            "elsewhere": elsewhere.channels[0],
            "direct": self.state.open_dm(mira),
            "chat": self.state.add_chat("friends"),
        }
        self.bot = Repaint()
        state = self.bot._connection
        state.user = discord.ClientUser(state=state, data=show_me(self.state.bot))  # type: ignore[arg-type]  # a dict
        state._add_guild_from_data(show_guild(self.state, home))  # type: ignore[arg-type]  # a dict

    def act(self, place: str, kind: int = COMMAND, **given: Any) -> discord.Interaction[Repaint]:
        """What Mira does there. `given` parts of the JSON are different."""
        made = Interaction(1, kind, "x", self.state.find_user("mira"), self.channels[place], NOW.timestamp())
        shown = show_interaction(self.state, made, {}) | given
        return discord.Interaction(data=shown, state=self.bot._connection)  # type: ignore[arg-type]  # a dict

    @property
    def home_id(self) -> int:
        """The guild that has invited the bot."""
        return self.state.find_guild("Atelier").id


@pytest.fixture
def place() -> Place:
    """All of them."""
    return Place()


@pytest.mark.parametrize(
    ("where", "at_home", "reachable"),
    [
        ("guild", True, True),
        ("thread", True, True),
        ("elsewhere", False, False),
        ("direct", False, True),
        ("chat", False, False),
    ],
)
def test_whose_rules_hold_and_what_the_bots_token_reaches(
    place: Place, where: str, at_home: bool, reachable: bool
) -> None:
    """A guild's own where it has invited the bot; its own token reaches those, and direct messages with it."""
    interaction = place.act(where)
    told = who_and_where(interaction)
    assert told["guild_id"] == get_guild_id(interaction) == (place.home_id if at_home else None)
    assert told["channel_id"] == place.channels[where].id
    assert told["reachable"] is is_reachable(interaction) is reachable
    assert told["parent_id"] == (place.channels["guild"].id if where == "thread" else None)


def test_a_click_by_somebody_else_is_not_taken_for_home(place: Place) -> None:
    """What a member's own app said in a guild can be clicked by people who installed nothing."""
    theo = str(place.state.find_user("theo").id)
    click = place.act("elsewhere", COMPONENT, authorizing_integration_owners={"1": theo})
    assert not click.is_user_integration()
    assert get_guild_id(click) is None
    assert not is_reachable(click)


def test_a_guild_may_invite_the_commands_alone(place: Place) -> None:
    """Its rules hold, and the bot is not there to edit anything."""
    guild_id = place.channels["elsewhere"].guild.id  # type: ignore[union-attr]  # it has one
    interaction = place.act("elsewhere", authorizing_integration_owners={"0": str(guild_id)})
    assert get_guild_id(interaction) == guild_id
    assert not is_reachable(interaction)


def test_a_guild_may_have_invited_the_bot_without_its_commands(place: Place) -> None:
    """Then a member brought the commands, and the guild has its say all the same."""
    mira = str(place.state.find_user("mira").id)
    interaction = place.act("guild", authorizing_integration_owners={"1": mira})
    assert get_guild_id(interaction) == place.home_id
    assert is_reachable(interaction)


def test_what_the_bot_cannot_see_it_cannot_reach(place: Place) -> None:
    """A hidden channel, and a private thread that it is not in."""
    assert not is_reachable(place.act("guild", app_permissions=str(~VIEW_CHANNEL & 0xFFFF)))
    private = show_channel(place.channels["thread"]) | {"type": PRIVATE_THREAD}
    assert not is_reachable(place.act("thread", channel=private))
    guild = place.bot.get_guild(place.home_id)
    assert guild is not None
    guild._add_thread(discord.Thread(guild=guild, state=place.bot._connection, data=private))  # type: ignore[arg-type]
    assert is_reachable(place.act("thread", channel=private))


def test_who_one_is_counts_at_home_only(place: Place) -> None:
    """Roles and rights of a guild that has not invited the bot open no door; whether one may speak counts anywhere."""
    silent_until = datetime(2026, 3, 1, 13, tzinfo=UTC)
    for where in ("guild", "elsewhere"):
        member = place.act(where, member=_member(place, silent_until, MANAGE_GUILD))
        standing = get_standing(member)
        assert standing.silent_until == silent_until
        assert (standing.manages, bool(standing.channel_ids)) == (where == "guild", where == "guild")
        assert (standing.role_ids == frozenset({7})) is (where == "guild")
        owner = place.act(where, member=_member(place, silent_until, 1 << 3))
        assert get_standing(owner).silent_until is None  # no time-out holds for administrators
    assert get_standing(place.act("chat")) == Standing()


def _member(place: Place, silent_until: datetime, permissions: int) -> dict[str, Any]:
    told = show_interaction(
        place.state,
        Interaction(2, COMMAND, "x", place.state.find_user("mira"), place.channels["guild"], NOW.timestamp()),
        {},
    )
    given = {"communication_disabled_until": silent_until.isoformat(), "roles": ["7"], "permissions": str(permissions)}
    return dict(told["member"]) | given
