"""Promises of what goes out: an order says what was asked, and no more."""

from __future__ import annotations

from typing import Any

import pytest

from bot.provider import Callback, Order, RequestRefused
from bot.provider.orders import build_order
from tests.provider.conftest import SECRET


def test_order_says_only_what_is_asked() -> None:
    """Fields that were not chosen are left out, so that the service's own defaults hold."""
    order = Order("dev", "a fox", "https://pictures.example/1.jpg", 640, 480, 0.7)
    assert build_order(order) == {
        "model": "Qubico/flux1-dev",
        "task_type": "img2img",
        "input": {"prompt": "a fox", "image": "https://pictures.example/1.jpg", "denoise": 0.7},
        "config": {"service_mode": "public"},
    }


def test_order_says_all_that_is_asked() -> None:
    """Every choice has its field, numbers as numbers, and the callback goes into the configuration."""
    order = Order(
        "schnell", "a fox", "https://pictures.example/1.jpg", 640, 480, 0.5,
        negative_prompt="snow", guidance=3.5, count=4, callback=Callback("https://bot.example/c/1", SECRET),
    )  # fmt: skip
    body = build_order(order)
    assert body["input"] == {
        "prompt": "a fox",
        "image": "https://pictures.example/1.jpg",
        "denoise": 0.5,
        "negative_prompt": "snow",
        "guidance_scale": 3.5,
        "batch_size": 4,
    }
    assert body["config"] == {
        "service_mode": "public",
        "webhook_config": {"endpoint": "https://bot.example/c/1", "secret": SECRET},
    }


def build_input(model: str, **chosen: Any) -> tuple[Any, Any]:
    """The type of the task and the input of an order in a style, with a control, or by instruction."""
    body = build_order(Order(model, "a fox", "https://pictures.example/1.jpg", 640, 480, **chosen))
    assert body["model"] == "Qubico/flux1-dev-advanced"
    return body["task_type"], body["input"]


def test_order_in_a_style() -> None:
    """Exactly one LoRA, by the service's own name, beside what every image-to-image takes."""
    image = {"prompt": "a fox", "image": "https://pictures.example/1.jpg", "denoise": 0.7}
    assert build_input("img2img-lora", lora="anime") == (
        "img2img-lora",
        image | {"lora_settings": [{"lora_type": "anime"}]},
    )
    assert build_input("img2img-lora", lora="art", lora_strength=0.4, guidance=2.0) == (
        "img2img-lora",
        image | {"guidance_scale": 2.0, "lora_settings": [{"lora_type": "art", "lora_strength": 0.4}]},
    )


def test_order_with_a_control() -> None:
    """The picture is what is repainted and what guides; steps and guidance are the examples'."""
    image = {"prompt": "a fox", "image": "https://pictures.example/1.jpg", "denoise": 0.7, "steps": 28}
    control = {"control_type": "depth", "control_image": "https://pictures.example/1.jpg"}
    assert build_input("controlnet-lora") == (
        "controlnet-lora",
        image | {"guidance_scale": 2.5, "control_net_settings": [control]},
    )
    _, wanted = build_input("controlnet-lora", control="canny", lora="art", guidance=4.0, strength=0.5)
    assert wanted == image | {
        "denoise": 0.5,
        "guidance_scale": 4.0,
        "control_net_settings": [control | {"control_type": "canny"}],
        "lora_settings": [{"lora_type": "art"}],
    }


def test_order_by_instruction() -> None:
    """Kontext is told the size of its source, which it would not follow, and nothing that it does not know."""
    assert build_input("kontext") == (
        "kontext",
        {"prompt": "a fox", "image": "https://pictures.example/1.jpg", "width": 640, "height": 480},
    )


def test_orders_share_nothing() -> None:
    """What one order holds does not get into the next one."""
    build_input("controlnet-lora", lora="art")
    assert "lora_settings" not in build_input("controlnet-lora")[1]


@pytest.mark.parametrize(("model", "count"), [("dev", 2), ("schnell", 5), ("schnell", 0), ("flux2", 1)])
def test_order_no_model_can_take(model: str, count: int) -> None:
    """What would be refused, or charged for something else, is not sent at all."""
    with pytest.raises(RequestRefused):
        build_order(Order(model, "a fox", "https://pictures.example/1.jpg", 640, 480, 0.7, count=count))
