"""A guild's own presets in its policy, and which ones a place offers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from bot.moderation.shapes import Shape, Unfit
from bot.presets import MOST_OF_GUILD, Preset, PresetWrong, find_preset, parse_preset

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.moderation.policy import Policy


@dataclass(frozen=True, slots=True)
class Presets(Shape):
    """Presets, each with a name of its own. They have commands of their own to type them."""

    def parse(self, given: object) -> tuple[Preset, ...]:
        """A list of objects, as `bot.presets` knows them."""
        if not isinstance(given, list):
            raise Unfit("presets")
        if len(given) > MOST_OF_GUILD:
            raise Unfit("too_many", most=MOST_OF_GUILD)
        presets: list[Preset] = []
        for each in given:
            try:
                preset = parse_preset(each)
            except PresetWrong as wrong:
                raise Unfit(wrong.mistakes[0].problem, **wrong.mistakes[0].values) from wrong
            if find_preset(presets, preset.name) is not None:
                raise Unfit("presets_twice", name=preset.name)
            presets.append(preset)
        return tuple(presets)

    def load(self, given: Any) -> tuple[Preset, ...]:
        """As they were written: one whose model is no longer there is listed, not lost."""
        try:
            return tuple(Preset(**each) for each in given)
        except TypeError as error:
            raise Unfit("presets") from error

    def dump(self, value: tuple[Preset, ...]) -> object:
        """As objects."""
        return [asdict(preset) for preset in value]


def gather_presets(policy: Policy, operators: Sequence[Preset]) -> tuple[Preset, ...]:
    """What a place with this policy offers: the guild's own, then the operator's of other names."""
    own = {preset.key for preset in policy.presets}
    return (*policy.presets, *(each for each in operators if policy.operator_presets and each.key not in own))
