"""Speaks to a stand-in from wherever one is, over HTTP. What each method does stands at `DiscordStandIn`'s."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self, TypeVar

import aiohttp

from sandbox.discord_wire.faults import Fault
from sandbox.discord_wire.seen import SeenInteraction, SeenMessage, parse_interaction, parse_message

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

T = TypeVar("T")
Ref = str | int
LOOK_SECONDS = 0.02
PATIENCE_SECONDS = 10.0
OK = 200


class Control:
    """Use it with `async with`. Ids are numbers; members and channels may be named instead."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def ask(self, verb: str, **given: Any) -> Any:
        """Do any verb. Raises `ValueError` with the stand-in's reason."""
        async with self._session.post(f"{self._address}/control/{verb}", json=given) as answer:
            said = await answer.json()
            if answer.status != OK:
                raise ValueError(said["error"])
            return said

    async def fetch(self, url: str) -> tuple[int, bytes]:
        """Status and body of an address, such as a file's."""
        async with self._session.get(url) as answer:
            return answer.status, await answer.read()

    # -- what members do -------------------------------------------------------------------------------------------

    async def attach(self, name: str, data: bytes) -> int:
        """A file, to be used as an option's value as often as one likes."""
        url = f"{self._address}/control/attach"
        async with self._session.post(url, params={"name": name}, data=data) as answer:
            return int(await answer.text())

    async def slash(
        self, command: str, options: Mapping[str, Any] | None = None, member: Ref = "mira", channel: Ref = "repaint"
    ) -> int:
        """Use a command."""
        return int(await self.ask("slash", command=command, options=options, member=member, channel=channel))

    async def menu(self, command: str, message_id: int, member: Ref = "mira") -> int:
        """Use a command in the menu of a message."""
        return int(await self.ask("menu", command=command, message_id=message_id, member=member))

    async def write(self, files: Iterable[int], member: Ref = "mira", channel: Ref = "repaint") -> int:
        """Send a message with attached files."""
        return int(await self.ask("write", files=list(files), member=member, channel=channel))

    async def complete(self, command: str, focused: str, options: Mapping[str, Any], **who: Ref) -> int:
        """Be typing a command."""
        return int(await self.ask("complete", command=command, focused=focused, options=options, **who))

    async def click(
        self, message_id: int, custom_id: str, member: Ref = "mira", values: Iterable[str] | None = None
    ) -> int:
        """Press a button, or choose."""
        chosen = None if values is None else list(values)
        return int(await self.ask("click", message_id=message_id, custom_id=custom_id, member=member, values=chosen))

    async def submit(self, interaction_id: int, values: Mapping[str, Any]) -> int:
        """Send a form."""
        return int(await self.ask("submit", interaction_id=interaction_id, values=values))

    # -- what can be seen ------------------------------------------------------------------------------------------

    async def messages(self) -> list[SeenMessage]:
        """Every message there ever was."""
        return [parse_message(shown) for shown in await self.ask("messages")]

    async def interactions(self) -> list[SeenInteraction]:
        """Everything members did."""
        return [parse_interaction(shown) for shown in await self.ask("interactions")]

    async def interaction(self, interaction_id: int) -> SeenInteraction:
        """One thing that somebody did."""
        return next(each for each in await self.interactions() if each.id == interaction_id)

    async def requests(self) -> dict[str, int]:
        """How often what was asked."""
        return dict(await self.ask("requests"))

    async def violations(self) -> list[str]:
        """What broke the rules."""
        return list(await self.ask("violations"))

    async def commands(self) -> list[dict[str, Any]]:
        """The commands that were told."""
        return list(await self.ask("commands"))

    async def sessions(self) -> list[dict[str, Any]]:
        """The gateway's sessions."""
        return list(await self.ask("sessions"))

    async def see(self, look: Callable[[list[SeenMessage]], T | None], within_seconds: float = PATIENCE_SECONDS) -> T:
        """Look at the messages again and again until `look` finds something."""
        return await self.until(self.messages, look, within_seconds)

    async def see_message(
        self, like: Callable[[SeenMessage], object], within_seconds: float = PATIENCE_SECONDS
    ) -> SeenMessage:
        """Wait for a message that is like this."""
        return await self.see(lambda them: next((each for each in them if like(each)), None), within_seconds)

    async def see_answer(self, interaction_id: int, within_seconds: float = PATIENCE_SECONDS) -> SeenInteraction:
        """Wait until an interaction is answered."""

        def look(them: list[SeenInteraction]) -> SeenInteraction | None:
            return next((each for each in them if each.id == interaction_id and each.answer_type), None)

        return await self.until(self.interactions, look, within_seconds)

    async def see_sessions(self, count: int, within_seconds: float = PATIENCE_SECONDS) -> list[dict[str, Any]]:
        """Wait until so many sessions have a socket."""

        def look(them: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
            connected = [each for each in them if each["connected"]]
            return connected if len(connected) == count else None

        return await self.until(self.sessions, look, within_seconds)

    async def until(
        self,
        fetch: Callable[[], Awaitable[list[Any]]],
        look: Callable[[list[Any]], T | None],
        within_seconds: float,
    ) -> T:
        """Fetch until `look` finds something. Raises `TimeoutError` with what was there instead."""
        seen: list[Any] = []
        try:
            async with asyncio.timeout(within_seconds):
                while (found := look(seen := await fetch())) is None:  # noqa: ASYNC110 (another process is asked)
                    await asyncio.sleep(LOOK_SECONDS)
                return found
        except TimeoutError:
            raise TimeoutError(f"not seen within {within_seconds} s; there was {seen}") from None

    # -- what can be done to it ------------------------------------------------------------------------------------

    async def shift(self, seconds: float) -> None:
        """Move Discord's time."""
        await self.ask("shift", seconds=seconds)

    async def expire(self, interaction_id: int) -> None:
        """Let a token die now."""
        await self.ask("expire", interaction_id=interaction_id)

    async def hide(self, channel: Ref, *, hidden: bool = True) -> None:
        """Take a channel out of the bot's sight."""
        await self.ask("hide", channel=channel, hidden=hidden)

    async def permit(self, channel: Ref, permissions: int) -> None:
        """Set what the bot may do."""
        await self.ask("permit", channel=channel, permissions=permissions)

    async def delete(self, message_id: int) -> None:
        """Delete a message, as a moderator does."""
        await self.ask("delete", message_id=message_id)

    async def close_dms(self, member: Ref, *, closed: bool = True) -> None:
        """Let a member take no direct messages."""
        await self.ask("close_dms", member=member, closed=closed)

    async def speak(self, member: Ref, locale: str) -> None:
        """Set a member's language."""
        await self.ask("speak", member=member, locale=locale)

    async def limit_uploads(self, **most_bytes: int) -> None:
        """Set `claimed`, `by_token`, `by_bot`."""
        await self.ask("limit_uploads", **most_bytes)

    async def add_guild(self, name: str, channels: Iterable[str] = ("general",), **given: bool) -> int:
        """A guild that the bot joins, unless it is not `invited`."""
        return int(await self.ask("add_guild", name=name, channels=list(channels), **given))

    async def add_chat(self, name: str) -> int:
        """A group chat of members."""
        return int(await self.ask("add_chat", name=name))

    async def add_thread(self, name: str, channel: Ref) -> int:
        """A thread in a channel."""
        return int(await self.ask("add_thread", name=name, channel=channel))

    async def archive(self, thread: Ref, *, locked: bool = False) -> None:
        """Close a thread."""
        await self.ask("archive", thread=thread, locked=locked)

    async def empower(self, permissions: int) -> None:
        """Set what the bot may do in every guild."""
        await self.ask("empower", permissions=permissions)

    async def write_rule(self, name: str, **given: Any) -> None:
        """Write a rule of AutoMod, or change it."""
        await self.ask("write_rule", name=name, **given)

    async def erase_rule(self, name: str, **given: Ref) -> None:
        """Take a rule of AutoMod away."""
        await self.ask("erase_rule", name=name, **given)

    async def add_fault(self, route: str, **fault: Any) -> None:
        """Let something go wrong; the names are those of `Fault`."""
        Fault(route=route, **fault)  # a misspelled name is found here
        await self.ask("add_fault", fault={"route": route, **fault})

    async def clear_faults(self) -> None:
        """Nothing more goes wrong."""
        await self.ask("clear_faults")

    async def drop(self, code: int | None = None, away_seconds: float = 0.0) -> int:
        """Break every gateway socket."""
        return int(await self.ask("drop", code=code, away_seconds=away_seconds))

    async def invalidate(self, *, resumable: bool = False) -> None:
        """Send INVALID_SESSION."""
        await self.ask("invalidate", resumable=resumable)

    async def ask_to_reconnect(self) -> None:
        """Send RECONNECT."""
        await self.ask("ask_to_reconnect")

    async def forget(self) -> None:
        """Drop messages, interactions, files and counts."""
        await self.ask("forget")
