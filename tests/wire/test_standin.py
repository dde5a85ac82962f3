"""What PiAPI's stand-in promises over a real socket, against the contract and not against our own parser."""

from __future__ import annotations

import ast
import asyncio
import base64
import hashlib
import io
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web
from PIL import Image

import sandbox
from sandbox.piapi import PROVOCATIONS, StandIn
from sandbox.schema import ADVANCED, DEV, SCHNELL
from sandbox.tasks import Shelf

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

KEY = "the-key"
SECRET = "s3cret"
NOON = 1_770_000_000.0
UNSET = "0001-01-01T00:00:00Z"
CLOSED = "http://127.0.0.1:9/nobody.png"


def encoded(size: tuple[int, int] = (24, 16), color: str = "teal") -> bytes:
    """A small JPEG."""
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, "JPEG")
    return out.getvalue()


SOURCE = encoded()


@dataclass
class Bot:
    """The other side: it serves sources, takes callbacks, and asks. `now` is the time of all."""

    session: aiohttp.ClientSession
    address: str = ""
    now: float = NOON
    base: str = ""
    answers: list[int] = field(default_factory=list)
    called: list[tuple[dict[str, Any], str | None]] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, path: str, key: str = KEY, **params: Any) -> tuple[int, Any]:
        """GET of a path: status and JSON."""
        async with self.session.get(self.base + path, params=params, headers={"x-api-key": key}) as answer:
            return answer.status, await answer.json()

    async def send(self, path: str, body: Any, key: str = KEY) -> tuple[int, Any, Any]:
        """POST to a path: status, JSON and headers."""
        sent = io.BytesIO(json.dumps(body).encode())
        headers = {"X-API-Key": key, "Content-Type": "application/json"}
        async with self.session.post(self.base + path, data=sent, headers=headers) as answer:
            return answer.status, await answer.json(), answer.headers

    async def order(self, **given: Any) -> dict[str, Any]:
        """Make a task and return its data."""
        status, said, _ = await self.send("/api/v1/task", self.body(**given))
        assert (status, said["code"], said["message"]) == (200, 200, "success")
        data: dict[str, Any] = said["data"]
        return data

    async def look(self, task_id: str) -> dict[str, Any]:
        """Read a task and return its data."""
        status, said = await self.ask(f"/api/v1/task/{task_id}")
        assert (status, said["code"]) == (200, 200)
        data: dict[str, Any] = said["data"]
        return data

    async def load(self, url: str) -> tuple[int, bytes, str]:
        """Download without a key."""
        async with self.session.get(url) as answer:
            return answer.status, await answer.read(), answer.content_type

    def body(
        self, model: str = SCHNELL, config: Any = None, task_type: str = "img2img", **given: Any
    ) -> dict[str, Any]:
        """What is posted; values of None are left out."""
        sent = {"prompt": "a cat in a hat", "image": f"{self.address}/source.jpg", **given}
        body = {"model": model, "task_type": task_type, "input": {k: v for k, v in sent.items() if v is not None}}
        return body | ({"config": config} if config is not None else {})

    def webhook(self, secret: str = SECRET) -> dict[str, Any]:
        """A config that asks to be called back here."""
        return {"service_mode": "public", "webhook_config": {"endpoint": f"{self.address}/hook", "secret": secret}}

    async def give(self, request: web.Request) -> web.Response:
        """Serve sources: good ones, wrong ones and too large ones."""
        self.fetched.append(request.path)
        bodies = {"/source.jpg": SOURCE, "/text.jpg": b"not a picture", "/large.jpg": bytes(10_000_001)}
        if request.path not in bodies:
            raise web.HTTPNotFound
        return web.Response(body=bodies[request.path])

    async def hear(self, request: web.Request) -> web.Response:
        """Take a callback, and answer what the test wants."""
        self.called.append((await request.json(), request.headers.get("x-webhook-secret")))
        self.heard.set()
        return web.Response(status=self.answers.pop(0) if self.answers else 204)


def brush(source: bytes, prompt: str, strength: float, seed: int, label: str) -> bytes:
    """A painter that costs nothing and tells what it was given."""
    Image.open(io.BytesIO(source)).load()
    return f"{prompt}|{strength}|{seed}|{label}".encode()


@asynccontextmanager
async def opened(**rules: Any) -> AsyncIterator[tuple[Bot, StandIn]]:
    """A bot and a stand-in on two sockets, with one clock."""
    async with aiohttp.ClientSession() as session:
        bot = Bot(session)
        app = web.Application()
        app.add_routes([web.post("/hook", bot.hear), web.get("/{name}", bot.give)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        bot.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        standin = StandIn(clock=lambda: bot.now, **{"api_key": KEY, "brush": brush, **rules})
        try:
            async with standin.serve() as bot.base:
                yield bot, standin
        finally:
            await runner.cleanup()


async def test_the_life_of_a_task() -> None:
    """Pending, processing, completed: as the clock says, with output, dates and cost when they are due."""
    async with opened() as (bot, standin):
        data = await bot.order(denoise=0.4)
        assert (data["status"], data["output"], data["detail"], data["logs"]) == ("pending", None, None, [])
        assert data["error"] == {"code": 0, "raw_message": "", "message": "", "detail": None}
        assert data["meta"] == {
            "created_at": "2026-02-02T02:40:00.000000000Z",
            "started_at": UNSET,
            "ended_at": UNSET,
            "usage": {"type": "point", "frozen": 15_000, "consume": 0},
            "is_using_private_pool": False,
        }
        await standin.settle()
        assert (await bot.look(data["task_id"]))["status"] == "pending"
        bot.now += 2
        data = await bot.look(data["task_id"])
        assert (data["status"], data["output"], data["meta"]["ended_at"]) == ("processing", None, UNSET)
        assert data["meta"]["started_at"] == "2026-02-02T02:40:01.250000000Z"
        bot.now += 3
        data = await bot.look(data["task_id"])
        assert (data["status"], data["meta"]["ended_at"]) == ("completed", "2026-02-02T02:40:05.000000000Z")
        assert data["meta"]["usage"] == {"type": "point", "frozen": 0, "consume": 15_000}
        assert data["output"]["image_base64"] == ""
        assert await bot.load(data["output"]["image_url"]) == (
            200,
            b"a cat in a hat|0.4|4|SANDBOX: local filter, not Flux",
            "image/png",
        )
        assert [(task.reads, task.source_sha256) for task in standin.created] == [
            (3, hashlib.sha256(SOURCE).hexdigest())
        ]


async def test_a_task_is_not_completed_before_it_is_painted() -> None:
    """However late it is: without a picture it is still processing."""
    allowed = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(*_: Any) -> bytes:
        asyncio.run_coroutine_threadsafe(allowed.wait(), loop).result()
        return b"late"

    async with opened(brush=slow) as (bot, standin):
        task_id = (await bot.order())["task_id"]
        bot.now += 60
        assert (await bot.look(task_id))["status"] == "processing"
        allowed.set()
        await standin.settle()
        assert (await bot.look(task_id))["status"] == "completed"


async def test_the_real_painter_paints() -> None:
    """Without another brush the result is a labelled PNG of the source's size."""
    async with opened(brush=StandIn.brush) as (bot, standin):
        task_id = (await bot.order())["task_id"]
        await standin.settle()
        bot.now += 5
        _, picture, _ = await bot.load((await bot.look(task_id))["output"]["image_url"])
        painted = Image.open(io.BytesIO(picture))
        assert (painted.format, painted.size) == ("PNG", (24, 16))
        assert "SANDBOX" in painted.info["Comment"]


@pytest.mark.parametrize(("model", "units"), [(SCHNELL, 15_000), (DEV, 150_000), (ADVANCED, 200_000)])
async def test_models_take_their_time_and_price(model: str, units: int) -> None:
    """Every model has its own duration, which can be given, and the price of the list."""
    async with opened(durations={DEV: 1}) as (bot, standin):
        task = await bot.order(model=model)
        assert (task["model"], task["meta"]["usage"]["frozen"]) == (model, units)
        made = standin.created[0]
        assert made.ended_at - made.created_at == {SCHNELL: 5, DEV: 1, ADVANCED: 12}[model]


async def test_a_batch_has_several_pictures() -> None:
    """Schnell makes up to four, each its own, each paid for."""
    async with opened() as (bot, standin):
        task = await bot.order(batch_size=4)
        assert task["meta"]["usage"]["frozen"] == 60_000
        await standin.settle()
        bot.now += 5
        output = (await bot.look(task["task_id"]))["output"]
        assert list(output) == ["image_urls"]
        assert len({(await bot.load(url))[1] for url in output["image_urls"]}) == 4


async def test_what_was_sent_is_echoed() -> None:
    """The config comes back with its secret, the input with zeros for what was not sent, the unknown not at all."""
    async with opened() as (bot, _):
        task = await bot.order(config=bot.webhook(), denoise=0.5, seed=7)
        assert task["config"] == bot.webhook()
        assert task["input"] == {
            "prompt": "a cat in a hat",
            "image": f"{bot.address}/source.jpg",
            "negative_prompt": "",
            "denoise": 0.5,
            **dict.fromkeys(("guidance_scale", "batch_size", "width", "height", "steps"), 0),
        }
        bare = await bot.order()
        assert bare["config"] == {"service_mode": "", "webhook_config": {"endpoint": "", "secret": ""}}


LORA = {"model": ADVANCED, "task_type": "img2img-lora", "lora_settings": [{"lora_type": "anime"}]}
CONTROL = {
    "model": ADVANCED,
    "task_type": "controlnet-lora",
    "control_net_settings": [{"control_type": "canny", "control_image": "http://127.0.0.1:1/"}],
}
KONTEXT = {"model": ADVANCED, "task_type": "kontext"}


async def test_other_types_of_tasks_are_painted() -> None:
    """A style is part of the words; a control is enough of a picture; the answer repeats the lists as sent."""
    async with opened() as (bot, standin):
        styled = await bot.order(**LORA)
        control = [{"control_type": "depth", "control_image": f"{bot.address}/source.jpg"}]
        guided = await bot.order(**{**CONTROL, "control_net_settings": control}, image=None)
        assert styled["input"]["lora_settings"] == LORA["lora_settings"]
        assert guided["input"]["control_net_settings"] == control
        bot.now += 60
        await standin.settle()
        output = (await bot.look(styled["task_id"]))["output"]
        assert (await bot.load(output["image_url"]))[1].startswith(b"a cat in a hat anime|0.7|")
        assert (await bot.look(guided["task_id"]))["status"] == "completed"


@pytest.mark.parametrize(("size", "made"), [({}, (1024, 1024)), ({"width": 300, "height": 200}, (300, 200))])
async def test_kontext_makes_the_size_it_is_told(size: dict[str, int], made: tuple[int, int]) -> None:
    """It does not follow the picture; untold, it is 1024 a side. Its echo has its own fields only."""
    async with opened(brush=lambda source, *_: source) as (bot, standin):
        task = await bot.order(**KONTEXT, **size)
        assert task["input"].keys() == {"prompt", "image", "width", "height", "seed", "steps"}
        bot.now += 60
        await standin.settle()
        url = (await bot.look(task["task_id"]))["output"]["image_url"]
        assert Image.open(io.BytesIO((await bot.load(url))[1])).size == made


@pytest.mark.parametrize(
    "given",
    [
        {"lora_settings": [{"lora_type": "anime"}]},
        {"control_net_settings": CONTROL["control_net_settings"]},
        {**LORA, "model": DEV},
        {**LORA, "lora_settings": None},
        {**LORA, "lora_settings": []},
        {**LORA, "lora_settings": [{"lora_type": "anime"}, {"lora_type": "art"}]},
        {**LORA, "lora_settings": {"lora_type": "anime"}},
        {**LORA, "lora_settings": ["anime"]},
        {**LORA, "lora_settings": [{"lora_strength": 1}]},
        {**LORA, "lora_settings": [{"lora_type": 1}]},
        {**LORA, "lora_settings": [{"lora_type": "anime", "lora_strength": 1.1}]},
        {**LORA, "control_net_settings": CONTROL["control_net_settings"]},
        {**LORA, "batch_size": 1},
        {**CONTROL, "control_net_settings": None},
        {**CONTROL, "control_net_settings": [{"control_type": "canny"}]},
        {**CONTROL, "control_net_settings": [{"control_type": "hed", "control_image": "http://127.0.0.1:1/"}]},
        {**CONTROL, "control_net_settings": [{"control_image": "http://127.0.0.1:1/", "control_strength": 5.1}]},
        {**CONTROL, "control_net_settings": [{"control_image": "x", "return_preprocessed_image": 1}]},
        {**KONTEXT, "model": SCHNELL},
        {**KONTEXT, "image": None},
        {**KONTEXT, "width": "1024"},
        {**KONTEXT, "steps": 41},
        {**KONTEXT, "seed": 1.5},
        {**KONTEXT, "denoise": 0.7},
        {**KONTEXT, "guidance_scale": 2.5},
        {**KONTEXT, "negative_prompt": "dogs"},
        {**KONTEXT, "lora_settings": [{"lora_type": "anime"}]},
    ],
    ids=str,
)
async def test_what_a_type_of_task_does_not_take(given: dict[str, Any]) -> None:
    """Fields of another type, lists of the wrong length and what stands in them: 400, and no task."""
    async with opened() as (bot, standin):
        status, said, _ = await bot.send("/api/v1/task", bot.body(**given))
        assert (status, said["code"], said["data"]) == (400, 400, None)
        assert standin.created == []


async def test_results_expire() -> None:
    """A result is there for three days, or for as long as was said; the task is remembered."""
    async with opened(result_life_seconds=100) as (bot, standin):
        task_id = (await bot.order())["task_id"]
        await standin.settle()
        bot.now += 99
        url = (await bot.look(task_id))["output"]["image_url"]
        assert (await bot.load(url))[0] == 200
        bot.now += 1
        assert (await bot.load(url))[0] == 404
        assert (await bot.look(task_id))["status"] == "completed"


@pytest.mark.parametrize(
    "given",
    [
        {"model": "flux1-schnell"},
        {"model": None},
        {"task_type": "txt2img"},
        {"prompt": None},
        {"prompt": " "},
        {"prompt": 7},
        {"image": None},
        {"image": ""},
        {"negative_prompt": ["x"]},
        {"denoise": "0.5"},
        {"denoise": 0},
        {"denoise": 1.01},
        {"denoise": True},
        {"guidance_scale": 1.4},
        {"guidance_scale": 5.1},
        {"guidance_scale": "3"},
        {"batch_size": 0},
        {"batch_size": 5},
        {"batch_size": 2.0},
        {"batch_size": "2"},
        {"batch_size": 1, "model": DEV},
        {"batch_size": 2, "model": ADVANCED},
        {"steps": "4"},
        {"config": "x"},
        {"config": {"service_mode": "dedicated"}},
        {"config": {"webhook_config": "x"}},
        {"config": {"webhook_config": {"endpoint": 1}}},
        {"config": {"webhook_config": {"secret": 1}}},
    ],
    ids=str,
)
async def test_schema_errors(given: dict[str, Any]) -> None:
    """What the schema does not know is 400 in the envelope, and makes no task."""
    async with opened() as (bot, standin):
        status, said, _ = await bot.send("/api/v1/task", bot.body(**given))
        assert (status, said["code"], said["data"]) == (400, 400, None)
        assert said["message"]
        assert (standin.created, standin.posts) == ([], 1)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b'{"model": "\xff"}', b"[]", b'"x"', b'{"denoise": 1e999}'),
        b'{"model": "Qubico/flux1-dev", "task_type": "img2img", "input": []}',
    ],
)
async def test_what_is_no_task_at_all(body: bytes) -> None:
    """Whatever is posted, the answer is 400 in the envelope."""
    async with opened() as (bot, _):
        headers = {"X-API-Key": KEY, "Content-Type": "application/json"}
        async with bot.session.post(bot.base + "/api/v1/task", data=body, headers=headers) as answer:
            assert (answer.status, (await answer.json())["code"]) == (400, 400)


@pytest.mark.parametrize(
    "given", [{"denoise": 1}, {"guidance_scale": 1.5}, {"guidance_scale": 5}, {"batch_size": 1}, {"steps": 4}], ids=str
)
async def test_the_edges_are_inside(given: dict[str, Any]) -> None:
    """Ends of the ranges are accepted."""
    async with opened() as (bot, _):
        assert (await bot.order(**given))["status"] == "pending"


@pytest.mark.parametrize(
    "path", ["/api/v1/task/x", "/account/info", "/account/active_tasks", "/api/open/tasks/histories"]
)
async def test_the_key_is_asked_for(path: str) -> None:
    """Without the key, or with another, everything but pictures is 401."""
    async with opened() as (bot, standin):
        for key in ("", "another"):
            assert await bot.ask(path, key=key) == (401, {"code": 401, "message": "invalid api key", "data": None})
        assert (await bot.send("/api/v1/task", bot.body(), key="another"))[0] == 401
        assert standin.posts == 0


async def test_any_key_will_do_where_none_is_set() -> None:
    """A stand-in without a key takes every key but the empty one."""
    async with opened(api_key=None) as (bot, _):
        assert (await bot.ask("/account/info", key="whatever"))[0] == 200
        assert (await bot.ask("/account/info", key=""))[0] == 401


async def test_unknown_places() -> None:
    """Tasks and paths that are not there are 404, in the envelope; a task cannot be cancelled."""
    async with opened() as (bot, _):
        for path in ("/api/v1/task/nothing", "/temp/nothing.png", "/uploads/nothing.jpg", "/elsewhere"):
            status, said = await bot.ask(path)
            assert (status, said["code"], said["data"]) == (404, 404, None)
        async with bot.session.delete(f"{bot.base}/api/v1/task/x", headers={"X-API-Key": KEY}) as answer:
            assert answer.status == 405


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("/missing.jpg", "failed to download image"),
        (CLOSED, "failed to download image"),
        ("data:image/png;base64,AAAA", "failed to download image"),
        ("not a url", "failed to download image"),
        ("/text.jpg", "unsupported image format"),
        ("/large.jpg", "task input too large"),
    ],
)
async def test_sources_that_cannot_be_used(image: str, message: str) -> None:
    """The task is accepted and fails at its end, with words and without a charge."""
    async with opened() as (bot, standin):
        task_id = (await bot.order(image=bot.address + image if image.startswith("/") else image))["task_id"]
        await standin.settle()
        assert (await bot.look(task_id))["status"] == "pending"
        bot.now += 5
        data = await bot.look(task_id)
        assert (data["status"], data["output"], data["error"]["code"]) == ("failed", None, 10000)
        assert message in data["error"]["message"]
        assert data["meta"]["usage"] == {"type": "point", "frozen": 0, "consume": 0}


async def test_a_callback_comes_at_the_end() -> None:
    """Once, when the task has ended: time and data without an envelope, the secret in its header."""
    async with opened() as (bot, standin):
        task_id = (await bot.order(config=bot.webhook()))["task_id"]
        await standin.settle()
        assert bot.called == []
        bot.now += 5
        await standin.settle()
        await standin.settle()
        assert bot.called == [({"timestamp": int(NOON) + 5, "data": await bot.look(task_id)}, SECRET)]
        assert standin.created[0].callbacks == [204]


async def test_a_callback_of_a_failure() -> None:
    """A failed task is called back too; without a secret there is no header."""
    async with opened() as (bot, standin):
        await bot.order(image=CLOSED, config=bot.webhook(secret=""))
        bot.now += 5
        await standin.settle()
        [(said, secret)] = bot.called
        assert (said["data"]["status"], secret) == ("failed", None)


async def test_callbacks_come_without_being_asked_for() -> None:
    """Nobody has to settle anything: the stand-in looks at the clock by itself."""
    async with opened() as (bot, _):
        await bot.order(config=bot.webhook())
        bot.now += 5
        async with asyncio.timeout(5):
            await bot.heard.wait()


@pytest.mark.parametrize(
    ("answers", "heard"), [([500, 500, 204], [500, 500, 204]), ([404, 200], [404, 200]), ([500] * 9, [500] * 3)]
)
async def test_callbacks_are_tried_three_times(answers: list[int], heard: list[int]) -> None:
    """Five seconds apart, until one is answered with 2xx, three times in all."""
    async with opened() as (bot, standin):
        bot.answers = list(answers)
        await bot.order(config=bot.webhook())
        bot.now += 5
        await standin.settle()
        for _ in range(5):
            before = len(bot.called)
            bot.now += 4.9
            await standin.settle()
            assert len(bot.called) == before
            bot.now += 0.1
            await standin.settle()
        assert standin.created[0].callbacks == heard
        assert [said["timestamp"] - int(NOON) for said, _ in bot.called] == [5, 10, 15][: len(heard)]


async def test_a_callback_to_nobody() -> None:
    """An endpoint that is not there costs three attempts and nothing else."""
    async with opened() as (bot, standin):
        task_id = (await bot.order(config={"webhook_config": {"endpoint": CLOSED}}))["task_id"]
        for _ in range(5):
            bot.now += 5
            await standin.settle()
        assert standin.created[0].callbacks == [0, 0, 0]
        assert (await bot.look(task_id))["status"] == "completed"


async def test_no_callback_where_none_is_wanted() -> None:
    """Without an endpoint nobody is called."""
    async with opened() as (bot, standin):
        await bot.order()
        bot.now += 60
        await standin.settle()
        assert (bot.called, standin.created[0].callbacks) == ([], [])


@pytest.mark.parametrize(("word", "says"), [("fail", "task failed"), ("refuse", "image refused")])
async def test_words_that_end_badly(word: str, says: str) -> None:
    """The task is accepted, its source is fetched, and it fails at its end."""
    async with opened() as (bot, standin):
        task_id = (await bot.order(prompt=f"A cat, {word.upper()}!"))["task_id"]
        await standin.settle()
        bot.now += 5
        data = await bot.look(task_id)
        assert (data["status"], bot.fetched) == ("failed", ["/source.jpg"])
        assert says in data["error"]["message"]


@pytest.mark.parametrize(("model", "seconds"), [(SCHNELL, 30), (ADVANCED, 48)])
async def test_slow(model: str, seconds: float) -> None:
    """A slow task takes four times as long, and half a minute at least."""
    async with opened() as (bot, standin):
        await bot.order(prompt="a slow cat", model=model)
        assert standin.created[0].ended_at == NOON + seconds


async def test_busy() -> None:
    """Twice 429 with a time to wait, then accepted; every prompt is counted for itself."""
    async with opened() as (bot, standin):
        for prompt in ("busy bees", "a busy street"):
            for _ in range(2):
                status, said, headers = await bot.send("/api/v1/task", bot.body(prompt=prompt))
                assert (status, said["code"], said["data"], headers["Retry-After"]) == (429, 429, None, "2")
            assert (await bot.order(prompt=prompt))["status"] == "pending"
        assert (len(standin.created), standin.posts) == (2, 6)


async def test_nocredit() -> None:
    """An empty account is 402, in words, four times; then there is credit again."""
    async with opened() as (bot, standin):
        for _ in range(4):
            status, said, _ = await bot.send("/api/v1/task", bot.body(prompt="nocredit"))
            assert (status, said["code"], standin.created) == (402, 402, [])
            assert "insufficient credits" in said["message"]
        assert (await bot.order(prompt="nocredit"))["status"] == "pending"


async def test_lost() -> None:
    """The task is made and goes its way, but the connection breaks before the answer."""
    async with opened() as (bot, standin):
        with pytest.raises(aiohttp.ClientConnectionError):
            await bot.order(prompt="lost in space", config=bot.webhook())
        bot.now += 5
        await standin.settle()
        [task] = standin.created
        assert (await bot.look(task.id))["status"] == "completed"
        assert [said["data"]["task_id"] for said, _ in bot.called] == [task.id]


@pytest.mark.parametrize("prompt", ["slowly", "business", "failure", "refused", "no credit", "lostwood"])
async def test_only_whole_words_provoke(prompt: str) -> None:
    """A part of a word is not the word."""
    async with opened() as (bot, standin):
        task_id = (await bot.order(prompt=prompt))["task_id"]
        await standin.settle()
        bot.now += 5
        assert (await bot.look(task_id))["status"] == "completed"


def test_every_provocation_has_its_sentence() -> None:
    """What the sandbox's first message lists is complete."""
    assert set(PROVOCATIONS) == {"fail", "refuse", "slow", "busy", "nocredit", "lost"}
    assert all(sentence.endswith(".") and sentence[0].isupper() for sentence in PROVOCATIONS.values())


async def test_more_tasks_than_places_are_staged() -> None:
    """Beyond the concurrency tasks wait their turn, in order; the waiting room is not endless."""
    async with opened(concurrency=2) as (bot, standin):
        for _ in range(5):
            await bot.order()
            bot.now += 1
        # two places, five seconds each: 0-5, 1-6, 5-10, 6-11, 10-15
        assert [task.ended_at - NOON for task in standin.created] == [5, 6, 10, 11, 15]
        bot.now = NOON + 4
        assert [task.status(bot.now) for task in standin.created] == ["processing", "processing", *["staged"] * 3]
        counts = (await bot.ask("/account/active_tasks"))[1]["data"]["flux"]
        assert counts == {"staged_count": 3, "pending_count": 0, "processing_count": 2, "active_tasks": []}
        for _ in range(47):
            await bot.order()
        status, said, headers = await bot.send("/api/v1/task", bot.body())
        assert (status, said["code"], headers["Retry-After"]) == (429, 429, "2")


async def test_the_account() -> None:
    """What was consumed is missing from the balance; a failure costs nothing."""
    async with opened() as (bot, standin):
        await bot.order(model=DEV)
        await bot.order(model=DEV, prompt="fail")
        assert (await bot.ask("/account/info"))[1]["data"]["equivalent_in_usd"] == 100.0
        await standin.settle()
        bot.now += 9
        status, said = await bot.ask("/account/info")
        assert (status, said["code"], said["data"]["equivalent_in_usd"]) == (200, 200, 99.985)
        assert said["data"]["credit_pack_info"]["available_credits"] == pytest.approx(49_992.5)
        assert {"id", "name", "plan", "type", "is_enable"} <= said["data"].keys()


async def test_the_history() -> None:
    """Newest first, in pages from 1, by model and time; with or without what was ordered."""
    async with opened() as (bot, standin):
        for number in range(12):
            await bot.order(prompt=f"cat {number}", config=bot.webhook())
            bot.now += 100
        await standin.settle()
        said = (await bot.ask("/api/open/tasks/histories"))[1]["data"]
        assert (said["page"], said["size"], said["total"]) == (1, 10, 12)
        assert [row["input"]["prompt"] for row in said["data"]] == [f"cat {number}" for number in range(11, 1, -1)]
        first = said["data"][0]
        assert first["config"] == bot.webhook()
        assert (first["task_id"], first["status"], first["usage"]) == (standin.created[-1].id, "completed", 15_000)
        second = (await bot.ask("/api/open/tasks/histories", page=2))[1]["data"]["data"]
        assert [row["input"]["prompt"] for row in second] == ["cat 1", "cat 0"]
        window: dict[str, Any] = {
            "start_time": int(NOON) + 100,
            "end_time": int(NOON) + 300,
            "page_size": 100,
            "model": "flux",
        }
        found = (await bot.ask("/api/open/tasks/histories", **window))[1]["data"]["data"]
        assert [row["input"]["prompt"] for row in found] == ["cat 3", "cat 2", "cat 1"]
        assert (await bot.ask("/api/open/tasks/histories", model="kling"))[1]["data"]["total"] == 0


async def test_a_history_without_echo() -> None:
    """As the real rows were seen: who and how, but not what was ordered."""
    async with opened(history_echoes=False) as (bot, _):
        task = await bot.order()
        [row] = (await bot.ask("/api/open/tasks/histories"))[1]["data"]["data"]
        assert (row["task_id"], row["status"], row["action"]) == (task["task_id"], "pending", "img2img")
        assert not row.keys() & {"config", "input"}


@pytest.mark.parametrize(
    "asked", [{"page": 0}, {"page_size": 101}, {"page_size": 0}, {"page": "x"}, {"end_time": "now"}]
)
async def test_a_history_that_cannot_be(asked: dict[str, Any]) -> None:
    """Pages that are not there and numbers that are none are 400."""
    async with opened() as (bot, _):
        status, said = await bot.ask("/api/open/tasks/histories", **asked)
        assert (status, said["code"], said["data"]) == (400, 400, None)


async def test_an_upload() -> None:
    """Where the plan allows it, a picture is stored for a day and can be painted."""
    async with opened(uploads_allowed=True) as (bot, standin):
        file = {"file_name": "My cat.JPG", "file_data": base64.b64encode(SOURCE).decode()}
        status, said, _ = await bot.send("/api/ephemeral_resource", file)
        assert (status, said["code"]) == (200, 200)
        url = said["data"]["url"]
        assert await bot.load(url) == (200, SOURCE, "image/jpeg")
        task_id = (await bot.order(image=url))["task_id"]
        await standin.settle()
        bot.now += 5
        assert (await bot.look(task_id))["status"] == "completed"
        bot.now = NOON + 86_400
        assert (await bot.load(url))[0] == 404


async def test_an_upload_beyond_the_plan() -> None:
    """By default uploads are refused, in words about the plan."""
    async with opened() as (bot, _):
        file = {"file_name": "cat.jpg", "file_data": base64.b64encode(SOURCE).decode()}
        status, said, _ = await bot.send("/api/ephemeral_resource", file)
        assert (status, said["code"], said["data"]) == (403, 403, None)
        assert "plan" in said["message"]


@pytest.mark.parametrize(
    "file",
    [
        {},
        [],
        {"file_name": "cat.jpg"},
        {"file_name": "cat.jpg", "file_data": "not base64!"},
        {"file_name": "cat.jpg", "file_data": ""},
        {"file_name": "cat.gif", "file_data": "AAAA"},
        {"file_name": "cat", "file_data": "AAAA"},
        {"file_name": "c" * 125 + ".jpg", "file_data": "AAAA"},
        {"file_name": "cat.jpg", "file_data": base64.b64encode(bytes(10_000_001)).decode()},
    ],
    ids=["empty", "list", "no data", "no base64", "no bytes", "gif", "no ending", "long name", "too large"],
)
async def test_uploads_that_are_refused(file: Any) -> None:
    """What is no picture of a known type and size is 400."""
    async with opened(uploads_allowed=True) as (bot, _):
        status, said, _ = await bot.send("/api/ephemeral_resource", file)
        assert (status, said["code"], said["data"]) == (400, 400, None)


async def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest tasks are forgotten, but what they cost is not."""
    monkeypatch.setattr("sandbox.piapi._KEPT", 3)
    async with opened(concurrency=1) as (bot, standin):
        for _ in range(6):
            await bot.order()
            await standin.settle()
            bot.now += 5
        assert [task.number for task in standin.created] == [3, 4, 5, 6]
        assert (await bot.ask("/account/info"))[1]["data"]["equivalent_in_usd"] == 99.991


def test_pictures_are_bounded() -> None:
    """Beyond its bytes a shelf gives up the oldest pictures first."""
    shelf = Shelf(life_seconds=60, most_bytes=10)
    for name in "abc":
        shelf.put(name, name.encode() * 4, NOON)
    assert [shelf.get(name, NOON) for name in "abc"] == [None, b"bbbb", b"cccc"]


async def test_secrets_are_not_in_the_repr() -> None:
    """Key and webhook secret stay out of logs."""
    async with opened() as (bot, standin):
        await bot.order(config=bot.webhook())
        assert KEY not in repr(standin)
        assert SECRET not in repr(standin.created)


async def test_stopping_does_not_wait_for_work() -> None:
    """A stand-in that is closed with tasks in hand leaves nothing behind."""
    async with opened() as (bot, _):
        for _ in range(3):
            await bot.order(config=bot.webhook())
        before = bot.base
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(before)
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_it_knows_nothing_of_the_bot() -> None:
    """The other side of the wire is written from the contract: none of its modules imports the bot."""
    room = Path(sandbox.__file__).parent
    files = [room / f"{name}.py" for name in ("piapi", "tasks", "schema", "workshop", "painter", "sample")]
    for file in [*files, *(room / "painting").glob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] in {"bot", "cogs", "discord"}], file.name
