"""What PiAPI accepts, as far as its documentation goes, and how it echoes it.

Written from the contract (piapi.ai/docs: flux-api/image-to-image, tools/file-upload), not from what the bot sends.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

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
_LONGEST_NAME = 128
_LEAST_DENOISE = 1e-9  # "greater than 0"
_RANGES = {"denoise": (_LEAST_DENOISE, 1), "guidance_scale": (1.5, 5), "batch_size": (1, 4)}
_GO_TYPES: dict[type, str] = {str: "string", float: "float64", int: "int", dict: "struct"}


def find_fault(body: Any) -> str | None:
    """Why this is no task, in the way of the service; None if it is one."""
    if not isinstance(body, dict):
        return _mismatch(body, "request", dict)
    if body.get("model") not in MODELS:
        return f"invalid model: {body.get('model')!r}"
    if body.get("task_type") != "img2img":
        return f"invalid task_type: {body.get('task_type')!r}"
    return _find_input_fault(body.get("input"), body["model"]) or _find_config_fault(body.get("config"))


def _find_input_fault(sent: Any, model: str) -> str | None:
    if not isinstance(sent, dict):
        return _mismatch(sent, "input", dict)
    for name, zero in _INPUT.items():
        if name in sent and not _fits(sent[name], type(zero)):
            return _mismatch(sent[name], f"input.{name}", type(zero))
    for name in ("prompt", "image"):
        if not sent.get(name, "").strip():
            return f"input.{name} is required"
    if "batch_size" in sent and model != SCHNELL:
        return f"input.batch_size is not supported by {model}"
    for name, (least, most) in _RANGES.items():
        if name in sent and not least <= sent[name] <= most:
            return f"input.{name} is out of range"
    return None


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
    if isinstance(value, bool):
        return False
    return isinstance(value, (int, float) if kind is float else kind)


def _mismatch(value: Any, name: str, kind: type) -> str:
    found = {str: "string", bool: "bool", int: "number", float: "number", list: "array", dict: "object"}
    word = found.get(type(value), "null")
    return f"json: cannot unmarshal {word} into Go struct field {name} of type {_GO_TYPES[kind]}"


def echo_input(sent: dict[str, Any]) -> dict[str, Any]:
    """The input as answers repeat it: every field that is known, with zero where nothing was sent."""
    return {name: sent.get(name, zero) for name, zero in _INPUT.items()}


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
