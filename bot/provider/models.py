"""The models we offer, one row each, with what a member may choose for it and how each choice is written on the wire.

Everything that depends on a model reads this table, so a new model or task type is a new row. A field is written as
`lora_settings.lora_type` where it stands in the only object of a list.

Prices: piapi.ai/flux-api, 2026-09-22. Under piapi.ai/docs: flux-api/image-to-image (`img2img` and `img2img-lora`),
flux-api/kontext, flux-with-lora-and-controlnet, available-lora-and-controlnet. These pages leave some things open:

- `controlnet-lora` is a task type of image-to-image, whose schema requires `image` and knows `denoise`; its own page
  shows orders with `control_image` alone. The picture is sent as both, so that it is what is repainted and what guides.
- Steps and guidance of `controlnet-lora` have no stated default: those of all but one example are sent. So is no
  `control_strength`, which the examples change with the kind of control and which the first one leaves out.
- `lora_strength` has bounds in the guide for Make only (0.1 to 1); where it is left out, the service decides.
- `kontext` takes nothing but prompt, picture, size, seed and steps. Its size does not follow the picture by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _typeshed import DataclassInstance

Choice = str | float | None


class Mismatch(ValueError):
    """A choice that does not go with a model. `problem`: not_taken, out of its range, or none of its choice(s)."""

    def __init__(self, problem: str, option: str) -> None:
        super().__init__(f"{option}: {problem}")
        self.problem = problem
        self.option = option


@dataclass(frozen=True, slots=True)
class Option:
    """Something a member may choose: a number from `least` to `most`, one of some `choices`, or (neither) any words.

    `default` is ordered where nothing was chosen; None: nothing is, and the service decides. `needs`: another option,
    without which this one says nothing.
    """

    field: str
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    default: Choice = None
    required: bool = False
    needs: str = ""

    def allows(self, value: Choice) -> bool:
        """Whether this may be chosen."""
        if self.choices:
            return value in self.choices
        if self.least is None or self.most is None:
            return isinstance(value, str)
        return isinstance(value, int | float) and self.least <= value <= self.most


@dataclass(frozen=True, slots=True)
class Model:
    """One way to repaint. `usual_seconds` is a prior, good until our own jobs have been measured.

    `options` are by the name of the order's attribute; `given` are those that every order fills, with their fields;
    `always` is sent as it stands. `enabled`: offered unless the operator says otherwise.
    """

    name: str
    wire_model: str
    task_type: str
    price_usd: Decimal
    """List price of one picture."""
    usual_seconds: float
    options: Mapping[str, Option]
    given: tuple[tuple[str, str], ...] = (("prompt", "prompt"), ("image_url", "image"))
    always: Mapping[str, Choice] = field(default_factory=lambda: MappingProxyType({}))
    enabled: bool = True

    def settle(self, chosen: Mapping[str, Choice]) -> dict[str, Any]:
        """What is ordered where a member made these choices: they, and the defaults. Raises `Mismatch`."""
        for name, value in chosen.items():
            if name not in self.options:
                raise Mismatch("not_taken", name)
            option = self.options[name]
            if not option.allows(value):
                raise Mismatch("choice" if option.choices else "range", name)
            if option.needs and option.needs not in chosen:
                raise Mismatch("choice", option.needs)
        for name, option in self.options.items():
            if option.required and name not in chosen:
                raise Mismatch("choice", name)
        defaults = {name: option.default for name, option in self.options.items() if option.default is not None}
        return {**defaults, **chosen}


SCHNELL, DEV, ADVANCED = "Qubico/flux1-schnell", "Qubico/flux1-dev", "Qubico/flux1-dev-advanced"

LORAS = (
    "anime",
    "art",
    "disney",
    "furry",
    "mjv6",
    "realism",
    "scenery",
    "collage-artstyle",
    "creepcute",
    "cyberpunk-anime-style",
    "deco-pulse",
    "deep-sea-particle-enhencer",
    "faetastic-details",
    "fractal-geometry",
    "galactixy-illustrations-style",
    "geometric-woman",
    "graphic-portrait",
    "mat-miller-art",
    "moebius-style",
    "mystic-realism",
    "ob3d-isometric-3d-room",
    "paper-quilling-and-layering-style",
    "remes-abstract-poster-style",
)
"""As the service spells them. Two are in its examples and its own tools only: mystic-realism, remes-abstract-..."""
CONTROLS = ("depth", "canny", "soft_edge", "openpose")

_PLAIN = {
    # The contract says "greater than 0"; below 0.05 a picture comes back as it was.
    "strength": Option("denoise", least=0.05, most=1.0, default=0.7),
    "negative_prompt": Option("negative_prompt"),
    "guidance": Option("guidance_scale", least=1.5, most=5.0),
}
_COUNT = {"count": Option("batch_size", least=1, most=4)}
_LORA = {
    "lora": Option("lora_settings.lora_type", choices=LORAS),
    "lora_strength": Option("lora_settings.lora_strength", least=0.1, most=1.0, needs="lora"),
}
_CONTROL = {
    "guidance": Option("guidance_scale", least=1.5, most=5.0, default=2.5),
    "control": Option("control_net_settings.control_type", choices=CONTROLS, default="depth"),
}
_IMAGE, _GUIDE = ("image_url", "image"), ("image_url", "control_net_settings.control_image")
_SIZE = (("width", "width"), ("height", "height"))

_ROWS = (
    Model("schnell", SCHNELL, "img2img", Decimal("0.0015"), 6, _PLAIN | _COUNT),
    Model("dev", DEV, "img2img", Decimal("0.015"), 20, _PLAIN),
    Model("dev-advanced", ADVANCED, "img2img", Decimal("0.02"), 30, _PLAIN),
    Model(
        "img2img-lora",
        ADVANCED,
        "img2img-lora",
        Decimal("0.02"),
        30,
        _PLAIN | _LORA | {"lora": Option("lora_settings.lora_type", choices=LORAS, required=True)},
        enabled=False,
    ),
    Model(
        "controlnet-lora",
        ADVANCED,
        "controlnet-lora",
        Decimal("0.02"),
        30,
        _PLAIN | _LORA | _CONTROL,
        given=(("prompt", "prompt"), _IMAGE, _GUIDE),
        always={"steps": 28},
        enabled=False,
    ),
    Model(
        "kontext",
        ADVANCED,
        "kontext",
        Decimal("0.02"),
        35,
        {},
        given=(("prompt", "prompt"), _IMAGE, *_SIZE),
        enabled=False,
    ),
)

MODELS: Mapping[str, Model] = MappingProxyType({row.name: row for row in _ROWS})
"""Every model by the name we call it."""

OPTIONS = tuple(dict.fromkeys(name for row in _ROWS for name in row.options))
"""All that can be chosen for any of them."""


def pick_chosen(asked: DataclassInstance) -> dict[str, Any]:
    """The choices in an order or a request, by option: what has its field's default was not chosen."""
    return {
        each.name: getattr(asked, each.name)
        for each in fields(asked)
        if each.name in OPTIONS and getattr(asked, each.name) != each.default
    }
