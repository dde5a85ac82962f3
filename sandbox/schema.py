"""What PiAPI accepts, as far as its documentation goes, and how it echoes it.

Written from the contract (piapi.ai/docs: flux-api/image-to-image, flux-api/kontext, flux-with-lora-and-controlnet,
tools/file-upload), not from what the bot sends. A field that is known nowhere is passed over, and one that belongs to
another type of task is refused.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHNELL, DEV, ADVANCED = "Qubico/flux1-schnell", "Qubico/flux1-dev", "Qubico/flux1-dev-advanced"
MODELS = SCHNELL, DEV, ADVANCED
PICTURE_TYPES = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
MOST_BYTES = 10_000_000  # of one picture

# The zero value of each field is also what stands in the echo of a field that was not sent.
_INPUT: dict[str, str | float | int] = {
    "prompt": "",
    "image": "",
    "negative_prompt": "",
    "denoise": 0.0,
    "guidance_scale": 0.0,
    "batch_size": 0,
    "width": 0,
    "height": 0,
    "steps": 0,
}
_KONTEXT: dict[str, str | float | int] = {"prompt": "", "image": "", "width": 0, "height": 0, "seed": 0, "steps": 0}
_LONGEST_NAME = 128
_LEAST_DENOISE = 1e-9  # "greater than 0"
_RANGES = {
    "denoise": (_LEAST_DENOISE, 1),
    "guidance_scale": (1.5, 5),
    "batch_size": (1, 4),
    "lora_strength": (0.1, 1),
    "control_strength": (0, 5),
    "steps": (0, 40),  # stated for kontext only; no vendor's tool sends more to the others
}
_GO_TYPES: dict[type, str] = {str: "string", float: "float64", int: "int", bool: "bool", list: "slice", dict: "struct"}
_SETTINGS: dict[str, dict[str, type]] = {
    "lora_settings": {"lora_type": str, "lora_strength": float, "lora_image": str},
    "control_net_settings": {
        "control_type": str,
        "control_image": str,
        "control_strength": float,
        "return_preprocessed_image": bool,
    },
}
_NEEDED_SETTINGS = {"lora_settings": "lora_type", "control_net_settings": "control_image"}
_CONTROL_TYPES = {"depth", "canny", "soft_edge", "openpose"}


@dataclass(frozen=True, slots=True)
class _TaskType:
    """What a type of task takes. `settings`: how many of a list there are, at least and at most."""

    models: tuple[str, ...] = (ADVANCED,)
    fields: Mapping[str, str | float | int] = field(default_factory=lambda: _INPUT)
    needed: tuple[str, ...] = ("prompt", "image")
    settings: Mapping[str, tuple[int, int]] = field(default_factory=dict)


# The page of controlnet-lora shows it without an image, which the page of image-to-image requires.
TASK_TYPES: Mapping[str, _TaskType] = {
    "img2img": _TaskType(MODELS),
    "img2img-lora": _TaskType(settings={"lora_settings": (1, 1)}),
    "controlnet-lora": _TaskType(
        needed=("prompt",), settings={"control_net_settings": (1, 1), "lora_settings": (0, 1)}
    ),
    "kontext": _TaskType(fields=_KONTEXT),
}


def find_fault(body: Any) -> str | None:
    """Why this is no task, in the way of the service; None if it is one."""
    if not isinstance(body, dict):
        return _mismatch(body, "request", dict)
    if body.get("model") not in MODELS:
        return f"invalid model: {body.get('model')!r}"
    named = body.get("task_type")
    kind = TASK_TYPES.get(named) if isinstance(named, str) else None
    if kind is None or body["model"] not in kind.models:
        return f"invalid task_type: {named!r}"
    return _find_input_fault(body.get("input"), body["model"], kind) or _find_config_fault(body.get("config"))


def _find_input_fault(sent: Any, model: str, kind: _TaskType) -> str | None:
    if not isinstance(sent, dict):
        return _mismatch(sent, "input", dict)
    return (
        _find_foreign_fault(sent, model, kind)
        or _find_type_fault(sent, "input", {name: type(zero) for name, zero in kind.fields.items()})
        or next((f"input.{name} is required" for name in kind.needed if not sent.get(name, "").strip()), None)
        or _find_range_fault(sent, "input")
        or _find_settings_fault(sent, kind)
    )


def _find_foreign_fault(sent: dict[str, Any], model: str, kind: _TaskType) -> str | None:
    for name in sorted((_INPUT.keys() | _SETTINGS.keys()) & sent.keys() - kind.fields.keys() - kind.settings.keys()):
        return f"input.{name} is not supported by this task_type"
    if "batch_size" in sent and model != SCHNELL:
        return f"input.batch_size is not supported by {model}"
    return None


def _find_settings_fault(sent: dict[str, Any], kind: _TaskType) -> str | None:
    for name, (least, most) in kind.settings.items():
        rows = sent.get(name, [])
        if not isinstance(rows, list):
            return _mismatch(rows, f"input.{name}", list)
        if not least <= len(rows) <= most:
            return f"input.{name} must have {least} to {most} items"
        for row in rows:
            if fault := _find_row_fault(row, name):
                return fault
    return None


def _find_row_fault(row: Any, name: str) -> str | None:
    place = f"input.{name}"
    if not isinstance(row, dict):
        return _mismatch(row, place, dict)
    if fault := _find_type_fault(row, place, _SETTINGS[name]) or _find_range_fault(row, place):
        return fault
    if not row.get(_NEEDED_SETTINGS[name], "").strip():
        return f"{place}.{_NEEDED_SETTINGS[name]} is required"
    if row.get("control_type", "depth") not in _CONTROL_TYPES:
        return f"{place}.control_type is unknown"
    return None


def _find_type_fault(sent: dict[str, Any], place: str, kinds: Mapping[str, type]) -> str | None:
    wrong = (name for name, kind in kinds.items() if name in sent and not _fits(sent[name], kind))
    return next((_mismatch(sent[name], f"{place}.{name}", kinds[name]) for name in wrong), None)


def _find_range_fault(sent: dict[str, Any], place: str) -> str | None:
    wrong = (name for name, (least, most) in _RANGES.items() if name in sent and not least <= sent[name] <= most)
    return next((f"{place}.{name} is out of range" for name in wrong), None)


def _find_config_fault(config: Any) -> str | None:
    if config is None:
        return None
    if not isinstance(config, dict):
        return _mismatch(config, "config", dict)
    if config.get("service_mode", "") not in {"", "public", "private"}:
        return f"invalid service_mode: {config['service_mode']!r}"
    webhook = config.get("webhook_config") or {}
    if not isinstance(webhook, dict):
        return _mismatch(webhook, "config.webhook_config", dict)
    wrong = (name for name in ("endpoint", "secret") if not isinstance(webhook.get(name, ""), str))
    return next((_mismatch(webhook[name], f"config.webhook_config.{name}", str) for name in wrong), None)


def _fits(value: Any, kind: type) -> bool:
    """As Go decodes: a whole number fits a float, nothing else fits anything else; a truth is not a number."""
    if isinstance(value, bool) or kind is bool:
        return isinstance(value, bool) and kind is bool
    return isinstance(value, (int, float) if kind is float else kind)


def _mismatch(value: Any, name: str, kind: type) -> str:
    found = {str: "string", bool: "bool", int: "number", float: "number", list: "array", dict: "object"}
    word = found.get(type(value), "null")
    return f"json: cannot unmarshal {word} into Go struct field {name} of type {_GO_TYPES[kind]}"


def echo_input(sent: dict[str, Any], task_type: str) -> dict[str, Any]:
    """The input as answers repeat it: every field of this type, with zero where nothing was sent; lists as sent."""
    kind = TASK_TYPES[task_type]
    lists = {name: sent[name] for name in kind.settings if name in sent}
    return {name: sent.get(name, zero) for name, zero in kind.fields.items()} | lists


def echo_config(sent: dict[str, Any] | None) -> dict[str, Any]:
    """The config as answers repeat it, the secret in clear."""
    sent = sent or {}
    webhook = sent.get("webhook_config") or {}
    return {
        "service_mode": sent.get("service_mode", ""),
        "webhook_config": {"endpoint": webhook.get("endpoint", ""), "secret": webhook.get("secret", "")},
    }


def parse_upload(body: Any) -> tuple[str, bytes]:
    """The ending and the bytes of an uploaded picture. Raises `ValueError` with what the service would say."""
    name, data = (body.get(key) if isinstance(body, dict) else None for key in ("file_name", "file_data"))
    if not isinstance(name, str) or not isinstance(data, str):
        raise ValueError("file_name and file_data are required")  # noqa: TRY004 (a fault of the body, not of the code)
    ending = name.rpartition(".")[2].lower()
    if len(name) > _LONGEST_NAME or ending not in PICTURE_TYPES:
        raise ValueError("unsupported file name or type")
    try:
        picture = base64.b64decode(data, validate=True)
    except binascii.Error:
        raise ValueError("file_data is not base64") from None
    if not 0 < len(picture) <= MOST_BYTES:
        raise ValueError("file too large or empty")
    return ending, picture
