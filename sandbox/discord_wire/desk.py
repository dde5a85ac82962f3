"""The control over HTTP: `POST /control/<verb>` with the verb's arguments as JSON is the method of that name."""

from __future__ import annotations

import dataclasses
import inspect
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from sandbox.discord_wire.standin import DiscordStandIn

VERBS = frozenset(
    (
        *("slash", "menu", "write", "complete", "click", "submit"),
        *("messages", "interactions", "requests", "violations", "commands", "sessions"),
        *("shift", "expire", "hide", "permit", "delete", "close_dms", "speak", "limit_uploads", "add_guild", "forget"),
        *("add_chat", "add_thread", "archive", "empower", "write_rule", "erase_rule"),
        *("add_fault", "clear_faults", "drop", "invalidate", "ask_to_reconnect"),
    )
)
NO_SUCH_VERB, MISTAKE = 404, 400


class Desk:
    """Takes wishes for a stand-in."""

    def __init__(self, standin: DiscordStandIn) -> None:
        self._standin = standin

    async def serve(self, request: web.Request) -> web.Response:
        """Do what the verb says. 400 with the reason where that cannot be done."""
        verb = request.match_info["verb"]
        if verb not in VERBS:
            return _answer({"error": f"{verb!r} is none of {sorted(VERBS)}"}, NO_SUCH_VERB)
        try:
            given = json.loads(await request.read() or b"{}")
            result = getattr(self._standin, verb)(**given)
            return _answer(await result if inspect.isawaitable(result) else result)
        except (TypeError, ValueError, KeyError) as error:
            return _answer({"error": f"{type(error).__name__}: {error}"}, MISTAKE)

    async def attach(self, request: web.Request) -> web.Response:
        """`POST /control/attach?name=cat.png` with the bytes: the id to use as an option's value."""
        return _answer(self._standin.attach(request.query["name"], await request.read()))


def _answer(result: Any, status: int = 200) -> web.Response:
    return web.json_response(result, status=status, dumps=lambda value: json.dumps(value, default=dataclasses.asdict))
