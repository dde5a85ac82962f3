"""One bot in its own process, and everything that goes wrong around it: each picture comes, or its card says why."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.wire.faulty_piapi import FaultyPiAPI, answers, breaks_off, dribbles, never_answers, redirects
from tests.wire.processes import play_discord, run_bot
from tests.wire.test_discord_bot import is_done, paint_photo
from tests.wire.test_kills import build_piapi, one_address

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from sandbox.discord_wire import Control, SeenMessage

pytestmark = pytest.mark.asyncio(loop_scope="module")

TASK, RESULT = "/api/v1/task", "/temp/"
TOO_BIG = b"\x89PNG" + b"x" * (31 * 1024 * 1024)


class Scene:
    """Members ask; what becomes of it is seen in Discord."""

    def __init__(self, control: Control, piapi: FaultyPiAPI, picture: int) -> None:
        self.control = control
        self.piapi = piapi
        self.picture = picture

    async def ask(self, prompt: str = "a cat", model: str = "schnell") -> int:
        """A command."""
        return await self.control.slash("img2img", {"image": self.picture, "prompt": prompt, "model": model})

    async def see(self, interaction_id: int, like: Callable[[SeenMessage], object], within: float = 15) -> SeenMessage:
        """The command's message, once it is like this."""
        return await self.control.see_message(lambda it: it.interaction_id == interaction_id and like(it), within)

    def orders(self) -> int:
        """How many tasks there are."""
        return len(self.piapi.standin.created)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """The bot, with Discord and PiAPI in other processes and rooms."""
    folder = tmp_path_factory.mktemp("troubles")
    piapi = FaultyPiAPI(build_piapi())
    async with AsyncExitStack() as stack:
        piapi_url = await stack.enter_async_context(piapi.serve())
        discord_url, control = await stack.enter_async_context(play_discord(folder))
        await stack.enter_async_context(run_bot(folder, discord_url, piapi_url, one_address()))
        await control.see_sessions(1)
        yield Scene(control, piapi, await control.attach("cat.jpg", paint_photo()))
        assert await control.violations() == []


@pytest.fixture(autouse=True)
def calm(scene: Scene) -> None:
    """What one test broke is whole again in the next."""
    scene.piapi.troubles.clear()


def says(words: str) -> Callable[[SeenMessage], object]:
    """A message whose card has these words."""
    return lambda message: words in str(message.now.embeds)


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(answers(502, b"<html>bad gateway</html>"), id="html"),
        pytest.param(answers(200, b'{"code": 200, "data": {"sta', "application/json"), id="truncated"),
        pytest.param(answers(200, b'{"code": 500, "data": null}', "application/json"), id="code"),
        pytest.param(breaks_off, id="broken"),
    ],
)
async def test_a_look_that_is_answered_badly_changes_nothing(scene: Scene, trouble: object) -> None:
    """HTML, half an answer, a code that is none: it is asked again, and the picture comes."""
    for _ in range(2):
        scene.piapi.trouble("GET", TASK, trouble)  # type: ignore[arg-type]  # a trouble
    asked = await scene.ask()
    assert len((await scene.see(asked, is_done)).now.files) == 1


@pytest.mark.parametrize("trouble", [pytest.param(breaks_off, id="broken"), pytest.param(answers(500, b""), id="500")])
async def test_an_order_whose_answer_is_lost_is_found_again(scene: Scene, trouble: object) -> None:
    """It was made, nobody said so: the callback tells, and it is not ordered twice."""
    before = scene.orders()
    scene.piapi.trouble("POST", TASK, trouble)  # type: ignore[arg-type]  # a trouble
    asked = await scene.ask()
    await scene.see(asked, is_done)
    assert scene.orders() == before + 1


async def test_an_order_that_is_never_answered_does_not_hold_up_the_others(scene: Scene) -> None:
    """PiAPI took it and says nothing: its callback ends the wait, and meanwhile everybody else is served."""
    before = scene.orders()
    scene.piapi.trouble("POST", TASK, never_answers)
    silent = await scene.ask("silence")
    async with asyncio.timeout(15):
        while scene.orders() == before:
            await asyncio.sleep(0.05)
    other = await scene.ask("speech")
    await scene.see(other, is_done)
    await asyncio.sleep(0)
    assert scene.orders() == before + 2
    assert silent != other


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        pytest.param(answers(404, b"gone"), "no longer hands it out", id="404"),
        pytest.param(answers(200, TOO_BIG, "image/png"), "not a usable picture", id="31-MB"),
        pytest.param(redirects("http://127.0.0.1:22/secret.png"), "not a usable picture", id="loopback"),
        pytest.param(redirects("https://169.254.169.254/latest/meta-data"), "not a usable picture", id="metadata"),
        pytest.param(answers(200, b"<html>", "text/html"), "not a usable picture", id="html"),
    ],
)
async def test_a_result_we_will_not_take_is_said(scene: Scene, trouble: object, words: str) -> None:
    """Gone, too big, or at an address where nobody's picture is."""
    scene.piapi.trouble("GET", RESULT, trouble)  # type: ignore[arg-type]  # a trouble
    asked = await scene.ask()
    await scene.see(asked, says(words))


@pytest.mark.parametrize("trouble", [pytest.param(dribbles, id="slow"), pytest.param(answers(503, b""), id="503")])
async def test_a_result_host_in_trouble_is_waited_for(scene: Scene, trouble: object) -> None:
    """Slow, or not this time: it comes later."""
    scene.piapi.trouble("GET", RESULT, trouble)  # type: ignore[arg-type]  # a trouble
    asked = await scene.ask()
    await scene.see(asked, is_done)


async def test_a_token_that_dies_early_is_no_loss(scene: Scene) -> None:
    """The interaction's token is dead before the first edit: the bot goes on with its own."""
    asked = await scene.ask()
    await scene.control.see_answer(asked)
    await scene.control.expire(asked)
    message = await scene.see(asked, is_done)
    assert message.routes[-1] == "bot"


async def test_a_channel_hidden_meanwhile_reaches_its_member_directly(scene: Scene) -> None:
    """The token is dead and the channel out of the bot's sight: the picture comes as a direct message."""
    before = len([message for message in await scene.control.messages() if message.interaction_id is None])
    asked = await scene.ask("hide and seek", model="dev")
    await scene.control.see_answer(asked)
    await scene.control.expire(asked)
    await scene.control.hide("repaint")

    def direct(messages: list[SeenMessage]) -> SeenMessage | None:
        found = [message for message in messages if message.interaction_id is None and is_done(message)]
        return found[-1] if len(found) > before else None

    assert (await scene.control.see(direct, 30)).now.files
    await scene.control.hide("repaint", hidden=False)


async def test_a_message_deleted_meanwhile_reaches_its_member_directly(scene: Scene) -> None:
    """A moderator deletes the reply: the picture comes as a direct message."""
    asked = await scene.ask("goodbye", model="dev")
    answer = await scene.control.see_answer(asked)
    assert answer.message_id is not None
    await scene.control.delete(answer.message_id)
    await scene.control.see_message(lambda it: it.interaction_id is None and is_done(it), 60)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"status": 429, "retry_after": 0.3, "times": 3}, id="429"),
        pytest.param({"status": 500, "times": 2}, id="500"),
        pytest.param({"reset": True, "times": 2}, id="reset"),
        pytest.param({"reset": True, "after_bytes": 500, "times": 1}, id="reset-in-the-upload"),
        pytest.param({"reset": True, "processed": True, "times": 1}, id="answer-lost"),
    ],
)
async def test_discord_in_trouble_gets_the_picture_all_the_same(scene: Scene, fault: dict[str, object]) -> None:
    """Limits, errors, broken connections on every edit: one message, one picture, the whole of it."""
    await scene.control.add_fault("PATCH /webhooks/*", **fault)
    asked = await scene.ask()
    message = await scene.see(asked, is_done, 40)
    assert len(message.now.files) == 1
    assert message.now.files[0].size > 100
    await scene.control.clear_faults()


async def test_an_answer_that_was_lost_is_found(scene: Scene) -> None:
    """Discord took the first answer and the connection broke: the message is found, and goes on."""
    await scene.control.add_fault("POST /interactions/*", reset=True, processed=True)
    asked = await scene.ask()
    await scene.see(asked, is_done, 40)


async def test_a_gateway_that_drops_loses_nobody(scene: Scene) -> None:
    """Dropped in the middle of a job: it resumes, and what was asked meanwhile is answered."""
    asked = await scene.ask()
    await scene.control.drop()
    await scene.see(asked, is_done)
    await scene.control.see_sessions(1)
    again = await scene.ask()
    await scene.see(again, is_done)
