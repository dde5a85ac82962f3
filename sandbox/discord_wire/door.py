"""The way of every request: script, body, token, pace, form, and then who it is for. And the count of them all."""

from __future__ import annotations

import hmac
import json
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.discord_wire.answers import give
from sandbox.discord_wire.bodies import BODY, read_body
from sandbox.discord_wire.codes import INVALID_FORM, UNAUTHORIZED, UNPLAYED, VIOLATIONS, Refused
from sandbox.discord_wire.faults import TOO_MANY_REQUESTS, VIA, strike

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from sandbox.discord_wire.faults import Faults
    from sandbox.discord_wire.ledger import Ledger
    from sandbox.discord_wire.paces import Paces
    from sandbox.discord_wire.spec import Spec

API = "/api/v10"
CONTROL = "/control/"
BY_TOKEN_IN_PATH = ("/interactions/", "/webhooks/")
ALL_ELSE = "all_else"
BROKEN = 500


async def refuse_unplayed(_: web.Request) -> web.Response:
    """For all that has no route: a loud gap."""
    raise Refused(UNPLAYED)


class Door:
    """A middleware. `paces` and `spec` may be None: then there are no limits, and forms are not looked at."""

    def __init__(self, ledger: Ledger, faults: Faults, token: str, paces: Paces | None, spec: Spec | None) -> None:
        self._ledger = ledger
        self._faults = faults
        self._token = token
        self._paces = paces
        self._spec = spec

    @web.middleware
    async def open(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request, or let go wrong what is to go wrong."""
        if request.path.startswith(CONTROL):
            return await handler(request)
        route = _name_route(request)
        answer = partial(self._answer, request, route, handler)
        fault = self._faults.take(f"{request.method} {request.path.removeprefix(API)}")
        try:
            response = await answer() if fault is None else await strike(fault, request, answer)
        except ConnectionError:  # who asked is gone in the middle of a sentence
            response = web.Response()
        except Exception as error:
            self._ledger.violate(f"{request.method} {route}", f"the stand-in itself broke: {error!r}")
            raise
        closed = request.transport is None or request.transport.is_closing()
        lost = closed and isinstance(response, web.Response)  # a gateway's socket is always closed in the end
        self._ledger.count(request.method, route, 0 if lost else response.status)
        return response

    async def _answer(self, request: web.Request, route: str, handler: Handler) -> web.StreamResponse:
        headers, early = self._pace(request)
        try:
            request[BODY] = await read_body(request)
            self._check_token(request)
            response = _slow_down(early) if early else await self._ask(request, route, handler)
        except Refused as refused:
            if refused.code in VIOLATIONS:
                self._ledger.violate(f"{request.method} {route}", refused)
            response = give(refused.show(), refused.code.status)
        response.headers.update(headers)
        return response

    def _pace(self, request: web.Request) -> tuple[dict[str, str], float]:
        if self._paces is None or not request.path.startswith(API):
            return {}, 0.0
        return self._paces.count(request.method, request.path.removeprefix(API))

    def _check_token(self, request: web.Request) -> None:
        path = request.path.removeprefix(API)
        if path == request.path or path.startswith(BY_TOKEN_IN_PATH):
            return
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bot {self._token}".encode()):
            raise Refused(UNAUTHORIZED)

    async def _ask(self, request: web.Request, route: str, handler: Handler) -> web.StreamResponse:
        """Check the form, ask whom it is for, and check the form of the answer: we too make mistakes."""
        if self._spec is None:
            return await handler(request)
        if problems := self._spec.check_request(request.method, route, request[BODY].payload):
            raise Refused(INVALID_FORM, problems)
        response = await handler(request)
        if isinstance(response, web.Response) and response.content_type == "application/json":
            body = json.loads(response.text or "null")
            for problem in self._spec.check_answer(request.method, route, response.status, body):
                self._ledger.violate(f"{request.method} {route}", f"the stand-in's own answer: {problem}")
        return response


def _name_route(request: web.Request) -> str:
    """The route as Discord's description writes it; the path itself where there is none."""
    route = request.match_info.route
    if route.resource is None or route.name == ALL_ELSE:
        return request.path.removeprefix(API)
    return route.resource.canonical.removeprefix(API)


def _slow_down(seconds: float) -> web.Response:
    body = {"message": "You are being rate limited.", "retry_after": round(seconds, 3), "global": False}
    headers = {**VIA, "Retry-After": f"{seconds:.3f}", "X-RateLimit-Scope": "user"}
    return give(body, TOO_MANY_REQUESTS, headers)
