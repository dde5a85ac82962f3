"""What a place offers: its presets and models, and what a request becomes with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.errors import Reason, Refused
from bot.moderation.lists import gather_presets
from bot.moderation.model import DIRECT_MESSAGES
from bot.presets import NUMBERS, find_preset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.jobs.model import Request
    from bot.moderation.policies import Policies
    from bot.moderation.policy import Policy
    from bot.presets import Preset
    from bot.provider import Model


@dataclass(frozen=True, slots=True)
class Offers:
    """Knows what the operator offers, and reads what a guild makes of it."""

    policies: Policies
    presets: tuple[Preset, ...]
    models: Mapping[str, Model]
    default_model: str

    async def list_names(self, guild_id: int | None, channel_id: int, parent_id: int | None) -> list[str]:
        """The presets that can be used in a place, the guild's own first."""
        policy, presets = await self._look_up(guild_id, channel_id, parent_id)
        return [each.name for each in presets if not each.model or self._is_open(each.model, policy)]

    async def apply(self, request: Request) -> Request:
        """The request with a model, and with the words and choices of the preset it names. Raises `Refused`.

        What began with an earlier job keeps that one's preset as it was then.
        """
        if not request.preset or request.template:
            return replace(request, model=request.model or self.default_model)
        policy, presets = await self._look_up(request.guild_id, request.channel_id, request.parent_id)
        preset = find_preset(presets, request.preset)
        if preset is None:
            raise Refused(Reason.PRESET_UNKNOWN, preset=request.preset)
        if preset.model and not request.model and not self._is_open(preset.model, policy):
            raise Refused(Reason.PRESET_MODEL, preset=preset.name, model=preset.model)
        return self._dress(request, preset, policy)

    async def strays(self, request: Request) -> bool:
        """Whether a settled request says or chooses anything else than its preset does, as that is offered now."""
        if not request.preset:
            return False
        policy, presets = await self._look_up(request.guild_id, request.channel_id, request.parent_id)
        preset = find_preset(presets, request.preset)
        if preset is None:
            return False
        own = self._dress(replace(request, model="", strength=None, guidance=None), preset, policy)
        return any(getattr(own, each) != getattr(request, each) for each in ("template", "model", *NUMBERS))

    async def _look_up(
        self, guild_id: int | None, channel_id: int, parent_id: int | None
    ) -> tuple[Policy, tuple[Preset, ...]]:
        policy = (await self.policies.get(guild_id or DIRECT_MESSAGES)).at(channel_id, parent_id)
        return policy, gather_presets(policy, self.presets)

    def _dress(self, request: Request, preset: Preset, policy: Policy) -> Request:
        """The request in a preset's words, with its choices where the member made none, as far as they go there."""
        name = request.model or preset.model or self._find_usual(policy)
        options = self.models[name].options if name in self.models else {}
        chosen: dict[str, Any] = {}
        for each in NUMBERS:
            if each in options and getattr(request, each) is None:
                own = getattr(preset, each)
                chosen[each] = options[each].default if own is None else own
        if chosen.get("strength") is not None:
            chosen["strength"] = min(max(chosen["strength"], policy.least_strength), policy.most_strength)
        return replace(request, preset=preset.name, template=preset.template, model=name, **chosen)

    def _is_open(self, model: str, policy: Policy) -> bool:
        return model in self.models and (not policy.models or model in policy.models)

    def _find_usual(self, policy: Policy) -> str:
        """The default model, or where that is closed the first that is open."""
        usual = (self.default_model, *self.models)
        return next((each for each in usual if self._is_open(each, policy)), self.default_model)
