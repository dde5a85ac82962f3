"""An order becomes a body: piapi.ai/docs/flux-api/image-to-image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.provider.errors import RequestRefused
from bot.provider.models import MODELS, Mismatch, pick_chosen

if TYPE_CHECKING:
    from datetime import datetime

    from bot.provider.models import Model
    from bot.provider.protocol import Order

HISTORY_PAGE = 100
"""Tasks on one page of the history: more is refused."""


def build_history_query(since: datetime, until: datetime, page: int) -> str:
    """Build the query of GET /api/open/tasks/histories; pages count from 1."""
    seconds = int(since.timestamp()), int(until.timestamp()) + 1
    return f"page={page}&page_size={HISTORY_PAGE}&model=flux&start_time={seconds[0]}&end_time={seconds[1]}"


def build_order(order: Order) -> dict[str, Any]:
    """Build the JSON of POST /api/v1/task. Raises `RequestRefused` for what no model of ours can do."""
    model = MODELS.get(order.model)
    if model is None:
        raise RequestRefused(f"no model is called {order.model!r}")
    # always "public": unset means whatever the workspace is set to, which may be somebody's own machines
    config: dict[str, Any] = {"service_mode": "public"}
    if order.callback is not None:
        config["webhook_config"] = {"endpoint": order.callback.url, "secret": order.callback.secret}
    return {
        "model": model.wire_model,
        "task_type": model.task_type,
        "input": _build_input(order, model),
        "config": config,
    }


def _build_input(order: Order, model: Model) -> dict[str, Any]:
    """What is given and what is asked for. The docs require control_net_settings; their own example leaves it out."""
    try:
        settled = model.settle(pick_chosen(order))
    except Mismatch as mismatch:
        raise RequestRefused(f"not for {order.model}: {mismatch}") from None
    written = [(path, getattr(order, name)) for name, path in model.given]
    written += [(model.options[name].field, value) for name, value in settled.items()]
    wanted: dict[str, Any] = dict(model.always)
    for path, value in written:
        group, _, name = path.rpartition(".")
        place = wanted.setdefault(group, [{}])[0] if group else wanted
        place[name] = value
    return wanted
