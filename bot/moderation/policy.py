"""The policy of a guild: one frozen value. Panel, typed commands, JSON and plain words come from its table of fields.

Each field carries the section it is shown in, the shape of its value, and whether a channel may have its own. Nothing
needs to be set up: the defaults are a policy that works.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from bot.config import MODEL_NAMES
from bot.moderation.lists import Budgets, Presets, RoleBudget, Words
from bot.moderation.pack import LANGUAGES
from bot.moderation.shapes import Channel, Choice, Choices, Dollars, Ids, Locale, Shape, Share, Switch, Whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from bot.moderation.words import WordRule
    from bot.presets import Preset

T = TypeVar("T")
MOST_CHANNELS = 200
MOST_ROLES = 100
FORMAT = 1
"""Of the JSON document."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A row of the table: one thing a guild may decide."""

    key: str
    section: str
    shape: Shape
    default: Any
    per_channel: bool


def _setting(section: str, shape: Shape, default: T, *, per_channel: bool = False) -> T:
    value: T = field(default=default, metadata={"section": section, "shape": shape, "per_channel": per_channel})
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything a guild may decide. An empty set or None means: no such rule."""

    channels: frozenset[int] = _setting("where", Ids("channels", MOST_CHANNELS), frozenset())
    """Where pictures may be made; empty: everywhere. A channel stands for its threads, a category for its channels."""
    closed_channels: frozenset[int] = _setting("where", Ids("channels", MOST_CHANNELS), frozenset())

    roles_required: frozenset[int] = _setting("who", Ids("roles", MOST_ROLES), frozenset())
    """One of them is enough."""
    roles_excluded: frozenset[int] = _setting("who", Ids("roles", MOST_ROLES), frozenset())
    newcomer_days: int = _setting("who", Whole(0, 3650), 0)
    """Members who joined less than so many days ago have to wait."""

    models: frozenset[str] = _setting("what", Choices(MODEL_NAMES), frozenset(), per_channel=True)
    """Empty: all."""
    least_strength: float = _setting("what", Share(0.05, 1.0), 0.05, per_channel=True)
    most_strength: float = _setting("what", Share(0.05, 1.0), 1.0, per_channel=True)
    most_count: int = _setting("what", Whole(1, 4), 4, per_channel=True)
    presets_only: bool = _setting("what", Switch(), default=False, per_channel=True)
    """Whether nothing is made without a preset, and each is used as it is."""
    operator_presets: bool = _setting("what", Switch(), default=True, per_channel=True)
    """Whether those of whoever runs the bot are offered, too."""
    presets: tuple[Preset, ...] = _setting("what", Presets(), ())
    drafts: bool = _setting("what", Switch(), default=True, per_channel=True)

    daily_pictures: int = _setting("limits", Whole(0, 10_000), 0, per_channel=True)
    """For each member; 0: no limit."""
    most_open: int = _setting("limits", Whole(0, 100), 0, per_channel=True)
    """Jobs of one member at the same time; 0: no limit."""
    cooldown_minutes: int = _setting("limits", Whole(0, 10_080), 0, per_channel=True)
    """How long a member waits after a refusal by a rule."""

    guild_day_usd: Decimal | None = _setting("budget", Dollars(), None)
    guild_month_usd: Decimal | None = _setting("budget", Dollars(), None)
    member_day_usd: Decimal | None = _setting("budget", Dollars(), None)
    member_month_usd: Decimal | None = _setting("budget", Dollars(), None)
    role_budgets: tuple[RoleBudget, ...] = _setting("budget", Budgets(), ())

    automod: bool = _setting("prompts", Switch(), default=True)
    """Whether the guild's own AutoMod rules apply to prompts."""
    undress: bool = _setting("prompts", Switch(), default=True)
    """Whether undressing and sexualising people in photos is refused."""
    sexual: bool = _setting("prompts", Switch(), default=False, per_channel=True)
    """Whether sexual content is allowed, in age-restricted channels only."""
    languages: frozenset[str] = _setting("prompts", Choices(tuple(sorted(LANGUAGES))), frozenset())
    """The languages of the pack that are looked for; empty: all."""
    words: tuple[WordRule, ...] = _setting("prompts", Words(), ())

    spoiler: bool = _setting("showing", Switch(), default=False, per_channel=True)
    review: str = _setting("showing", Choice(("never", "flagged", "everything")), "flagged", per_channel=True)
    review_channel_id: int | None = _setting("showing", Channel(), None, per_channel=True)
    review_roles: frozenset[int] = _setting("showing", Ids("roles", MOST_ROLES), frozenset())
    """Who may review, besides everybody with Manage Messages."""
    review_hours: int = _setting("showing", Whole(1, 8760), 72, per_channel=True)
    review_then: str = _setting("showing", Choice(("stay", "reject")), "stay", per_channel=True)
    """What happens when nobody has decided by then."""
    mention_minutes: int = _setting("showing", Whole(0, 1440), 5, per_channel=True)
    """Who has waited so long is mentioned when the picture is there; 0: nobody is."""

    explicit_check: bool = _setting("pictures", Switch(), default=True)
    """The local check for explicit pictures, where it is installed."""
    explicit_spoiler_at: float | None = _setting("pictures", Share(0.01, 1.0, optional=True), 0.5)
    explicit_hold_at: float | None = _setting("pictures", Share(0.01, 1.0, optional=True), 0.8)
    explicit_skip_restricted: bool = _setting("pictures", Switch(), default=False)
    """Whether age-restricted channels are left alone by it."""
    explicit_closed: bool = _setting("pictures", Switch(), default=False)
    """Whether a result is held when the check could not run."""

    report_count: int = _setting("reports", Whole(1, 100), 3)
    report_then: str = _setting("reports", Choice(("spoiler", "remove")), "spoiler")

    log_channel_id: int | None = _setting("record", Channel(), None)
    retention_hours: int | None = _setting("record", Whole(0, 87_600, optional=True), None)
    """How long pictures are kept after their job is over, never longer than the operator says; None: so long."""
    record_days: int = _setting("record", Whole(1, 3650), 90)
    """How long prompts and refused words are kept."""
    language: str = _setting("record", Locale(), "")
    """Of the public cards; empty: the member's own."""

    overrides: Mapping[int, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    """By channel, thread or forum: the settings that are different there."""

    @property
    def desk_channel_id(self) -> int | None:
        """Where moderators decide. None: nowhere, so a flagged result is hidden behind a spoiler instead of held."""
        return self.review_channel_id or self.log_channel_id

    def at(self, channel_id: int, parent_id: int | None = None) -> Policy:
        """The policy of one place: a thread's own settings before its channel's, and those before the guild's."""
        own: dict[str, Any] = {}
        for place in (parent_id, channel_id):
            own |= self.overrides.get(place or 0, {})
        return replace(self, **own) if own else self

    def dump(self) -> dict[str, Any]:
        """The policy as JSON, with every setting."""
        return {
            "format": FORMAT,
            **{key: setting.shape.dump(getattr(self, key)) for key, setting in SETTINGS.items()},
            "overrides": {
                str(channel_id): {key: SETTINGS[key].shape.dump(value) for key, value in own.items()}
                for channel_id, own in sorted(self.overrides.items())
            },
        }


def _build_setting(each: Field[Any]) -> Setting:
    told = each.metadata
    return Setting(each.name, told["section"], told["shape"], each.default, told["per_channel"])


SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {each.name: _build_setting(each) for each in fields(Policy) if each.metadata}
)
"""The table, in the order it is shown."""
SECTIONS = tuple(dict.fromkeys(setting.section for setting in SETTINGS.values()))
