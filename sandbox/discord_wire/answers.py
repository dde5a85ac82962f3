"""Answers in JSON, with the one content type that discord.py reads as such."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_CONTENT = 204


def give(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """JSON, without a charset in its content type: with one, discord.py takes it for text."""
    text = json.dumps(body, separators=(",", ":"))
    return web.Response(body=text.encode(), status=status, content_type="application/json", headers=headers)


def give_nothing() -> web.Response:
    """Done, and nothing to say."""
    return web.Response(status=NO_CONTENT)
