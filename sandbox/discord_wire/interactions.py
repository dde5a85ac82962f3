"""The routes of interactions: the first answer within three seconds, then a webhook for fifteen minutes.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.discord_wire import codes, messages
from sandbox.discord_wire.answers import give, give_nothing
from sandbox.discord_wire.bodies import BODY, Body
from sandbox.discord_wire.codes import Problem, Refused
from sandbox.discord_wire.limits import find_duplicates, walk
from sandbox.discord_wire.messages import CALLBACK, TOKEN, Draft
from sandbox.discord_wire.show import show_answer, show_message
from sandbox.discord_wire.state import AUTOCOMPLETE, COMMAND, COMPONENT, LOADING, MODAL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.discord_wire.state import Interaction, Message, State

ANSWER_SECONDS = 3.0
TOKEN_SECONDS = 15 * 60.0
MOST_FOLLOW_UPS = 5
"""Of an app that a member brought along: https://discord.com/developers/docs/change-log, 2024-06-27"""
SAY, DEFER, DEFER_UPDATE, UPDATE, SUGGEST, SHOW_FORM = 4, 5, 6, 7, 8, 9
TYPING = frozenset({SAY, DEFER, SHOW_FORM})
ALLOWED = {
    COMMAND: TYPING,
    COMPONENT: TYPING | {DEFER_UPDATE, UPDATE},
    AUTOCOMPLETE: frozenset({SUGGEST}),
    MODAL: frozenset({SAY, DEFER, DEFER_UPDATE, UPDATE}),
}
TRUE = frozenset({"1", "true", "True"})


class Interactions:
    """Answers, edits and follow-ups by interaction token."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._answers: dict[int, Callable[[Interaction, Body], None]] = {
            SAY: self._say,
            DEFER: self._defer,
            DEFER_UPDATE: self._defer_update,
            UPDATE: self._update,
            SUGGEST: self._suggest,
            SHOW_FORM: self._show_form,
        }

    def list_routes(self) -> list[web.RouteDef]:
        """Paths as Discord's description of the API writes them."""
        hook = "/webhooks/{webhook_id}/{webhook_token}"
        routes = [
            web.post("/interactions/{interaction_id}/{interaction_token}/callback", self._callback),
            web.post(hook, self._follow_up),
        ]
        for message in ("@original", "{message_id}"):
            path = f"{hook}/messages/{message}"
            routes += [web.patch(path, self._edit), web.delete(path, self._delete)]
            routes += [web.route("GET", path, self._get)]
        return routes

    # -- the first answer ------------------------------------------------------------------------------------------

    async def _callback(self, request: web.Request) -> web.Response:
        body = request[BODY]
        interaction = self._find_waiting(request.match_info)
        kind = body.payload.get("type") if isinstance(body.payload, dict) else None
        if kind not in ALLOWED[interaction.kind]:
            problem = Problem(
                "type", "BASE_TYPE_CHOICES", f"{kind} does not answer an interaction of {interaction.kind}"
            )
            raise Refused(codes.INVALID_FORM, [problem])
        self._answers[kind](interaction, body)
        interaction.answered_at, interaction.answer_type = self._state.clock(), kind
        if request.query.get("with_response") in TRUE:
            return give(show_answer(self._state, interaction))
        return give_nothing()

    def _find_waiting(self, named: Mapping[str, str]) -> Interaction:
        """The interaction, if it still may be answered."""
        interaction = self._state.by_token.get(named["interaction_token"])
        if interaction is None or str(interaction.id) != named["interaction_id"]:
            raise Refused(codes.UNKNOWN_INTERACTION)
        late = self._state.clock() - interaction.created_at > ANSWER_SECONDS
        for wrong, code in (
            (interaction.answered_at is not None, codes.ALREADY_ANSWERED),
            (late or interaction.expired, codes.UNKNOWN_INTERACTION),
        ):
            if wrong:
                interaction.refusals.append(code.number)
                raise Refused(code)
        return interaction

    def _say(self, interaction: Interaction, body: Body) -> None:
        draft = self._build_draft(body, CALLBACK, body.payload.get("data"))
        interaction.original = messages.create(self._state, interaction.channel, draft, interaction)

    def _defer(self, interaction: Interaction, body: Body) -> None:
        flags = (body.payload.get("data") or {}).get("flags") or 0
        interaction.original = messages.create_loading(self._state, interaction, flags)

    def _defer_update(self, interaction: Interaction, _: Body) -> None:
        interaction.original = _its_message(interaction)
        interaction.replies[interaction.original.id] = interaction.original

    def _update(self, interaction: Interaction, body: Body) -> None:
        draft = self._build_draft(body, CALLBACK, body.payload.get("data"))
        messages.edit(self._state, _its_message(interaction), draft)
        self._defer_update(interaction, body)

    def _suggest(self, interaction: Interaction, body: Body) -> None:
        interaction.choices = (body.payload.get("data") or {}).get("choices") or []

    def _show_form(self, interaction: Interaction, body: Body) -> None:
        form = body.payload.get("data") or {}
        if problems := list(find_duplicates(list(walk(form.get("components", ()))))):
            raise Refused(codes.INVALID_FORM, problems)
        interaction.modal = form

    # -- then the webhook ------------------------------------------------------------------------------------------

    async def _follow_up(self, request: web.Request) -> web.Response:
        interaction = self._find_open(request.match_info)
        interaction.followed += 1
        if interaction.followed > MOST_FOLLOW_UPS and not interaction.channel.has_bot:
            raise Refused(codes.TOO_MANY_FOLLOW_UPS)
        draft = self._build_draft(request[BODY], TOKEN)
        if (original := interaction.original) is not None and original.now.flags & LOADING:
            _existing(original)  # a follow-up of a "thinking" reply takes its place, ephemeral as that was
            messages.edit(self._state, original, draft)
            return give(show_message(self._state, original))
        return give(show_message(self._state, messages.create(self._state, interaction.channel, draft, interaction)))

    async def _get(self, request: web.Request) -> web.Response:
        return give(show_message(self._state, self._find_message(request.match_info)))

    async def _edit(self, request: web.Request) -> web.Response:
        message = self._find_message(request.match_info)
        messages.edit(self._state, message, self._build_draft(request[BODY], TOKEN))
        return give(show_message(self._state, message))

    async def _delete(self, request: web.Request) -> web.Response:
        messages.delete(self._state, self._find_message(request.match_info), TOKEN)
        return give_nothing()

    def _find_open(self, named: Mapping[str, str]) -> Interaction:
        """The interaction, if it was answered and its token lives."""
        interaction = self._state.by_token.get(named["webhook_token"])
        if interaction is None or named["webhook_id"] != str(self._state.application_id):
            raise Refused(codes.UNKNOWN_WEBHOOK)
        if interaction.expired or self._state.clock() - interaction.created_at > TOKEN_SECONDS:
            raise Refused(codes.DEAD_TOKEN)
        if interaction.answered_at is None:
            raise Refused(codes.UNKNOWN_WEBHOOK)
        return interaction

    def _find_message(self, named: Mapping[str, str]) -> Message:
        interaction = self._find_open(named)
        message_id = named.get("message_id")
        if message_id is None:
            return _existing(interaction.original)
        return _existing(interaction.replies.get(int(message_id)) if message_id.isdecimal() else None)

    def _build_draft(self, body: Body, route: str, data: Any = None) -> Draft:
        payload = data if route == CALLBACK else body.payload
        return Draft(payload or {}, body.uploads, route, self._state.limits.by_token)


def _existing(message: Message | None) -> Message:
    if message is None or message.deleted_at is not None:
        raise Refused(codes.UNKNOWN_MESSAGE)
    return message


def _its_message(interaction: Interaction) -> Message:
    """The message that was clicked on."""
    if interaction.message is None:
        raise Refused(codes.INVALID_FORM, [Problem("type", "BASE_TYPE_CHOICES", "there is no message to update")])
    return _existing(interaction.message)
