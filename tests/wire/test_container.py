"""The image without a container engine: its steps in an empty folder, and what they made, run as the image runs it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.discord_wire.launch import VARIABLE
from sandbox.piapi import StandIn
from sandbox.world import build_environment, find_free_port
from tests.wire.processes import play_discord
from tests.wire.test_discord_bot import invert, is_done, paint_photo

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
NOBODY = 10001
EXIT_MISCONFIGURED = 78


def parse_dockerfile() -> list[list[tuple[str, str]]]:
    """Each stage as its instructions, in the order they are done."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    stages: list[list[tuple[str, str]]] = []
    for word, _, rest in (line.partition(" ") for line in lines):
        if word == "FROM":
            stages.append([])
        stages[-1].append((word, rest.strip()))
    return stages


@dataclass(frozen=True, slots=True)
class Image:
    """What the steps made, under a folder of this machine in the place of `/`."""

    root: Path
    stages: list[list[tuple[str, str]]] = field(default_factory=parse_dockerfile)

    def find(self, word: str) -> str:
        """What the last stage says by this word."""
        (said,) = [rest for each, rest in self.stages[-1] if each == word]
        return said

    def move(self, text: str) -> str:
        """Paths of the image, as they are here."""
        return re.sub(r"/(venv|data|src)\b", rf"{self.root}/\1", text)

    def build(self) -> None:
        """Do the first stage: what is copied, and what is run. Nothing else of the project is there."""
        allowed = {
            line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[0] == "!"
        }
        source = self.root / "src"
        for word, rest in self.stages[0]:
            if word == "COPY":
                for name in rest.split()[:-1]:
                    assert name in allowed, f"{name} is not sent to the builder"
                    copy(ROOT / name, source / name)
            if word == "RUN":
                run(["sh", "-ec", self.move(rest)], cwd=source)
        (self.root / "data").mkdir(mode=0o700)
        if can_be_nobody():
            os.chown(self.root / "data", NOBODY, NOBODY)

    def environment(self) -> dict[str, str]:
        """What the image sets, and nothing of this machine."""
        said = dict(part.split("=", 1) for part in self.move(self.find("ENV")).split())
        return said | {"PATH": said["PATH"].replace("$PATH", os.defpath), "WEB_PORT": str(find_free_port())}

    def command(self, word: str) -> list[str]:
        """What ENTRYPOINT or HEALTHCHECK starts, with the Python of the image."""
        words: list[str] = json.loads(self.find(word)[self.find(word).index("[") :])
        assert words[0] == "python"
        return [str(self.root / "venv/bin/python"), *words[1:]]

    async def start(self, command: list[str], settings: dict[str, str]) -> Process:
        """Start something in it, as nobody of importance if we may choose."""
        who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if can_be_nobody() else {}
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            *command,
            cwd=self.root / "data",
            env=settings,
            stdout=pipe,
            stderr=pipe,
            **who,  # type: ignore[arg-type]  # subprocess's own names
        )

    async def ends(self, command: list[str], settings: dict[str, str]) -> tuple[int | None, str]:
        """Run something in it to its end: what it exits with, and what it said."""
        process = await self.start(command, settings)
        _, said = await asyncio.wait_for(process.communicate(), 30)
        return process.returncode, said.decode()


def can_be_nobody() -> bool:
    """Whether we may choose who runs it, and others may use this Python."""
    python = Path(sys.executable).resolve()
    return os.geteuid() == 0 and all(part.stat().st_mode & 0o001 for part in (python, *python.parents))


def copy(source: Path, target: Path) -> None:
    """A file or a folder, as a builder gets it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def run(command: list[str], cwd: Path) -> None:
    """A step of the build, with the Python of the tests in the place of the image's."""
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(cwd)}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=540)  # noqa: S603 (the Dockerfile's words)
    assert done.returncode == 0, done.stdout + done.stderr


def reaches_packages(folder: Path) -> bool:
    """Whether packages can be had from here."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--retries",
        "0",
        "--dest",
        str(folder),
        "aiosignal",
    ]
    return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 0  # noqa: S603 (our words)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """The image's first stage, done in a folder that everybody may read."""
    if not reaches_packages(tmp_path_factory.mktemp("package")):
        pytest.skip("no packages can be had from here")
    with tempfile.TemporaryDirectory(prefix="repaint-image-") as name:
        Path(name).chmod(0o755)
        made = Image(Path(name))
        made.build()
        yield made


async def test_it_says_what_is_missing(image: Image) -> None:
    """Without settings it ends at once with the code that keeps supervisors from trying again."""
    code, said = await image.ends(image.command("ENTRYPOINT"), image.environment())
    assert code == EXIT_MISCONFIGURED
    assert "DISCORD_TOKEN is missing" in said


async def test_it_repaints_is_healthy_and_stops(image: Image, tmp_path: Path) -> None:
    """As somebody who may write to /data alone: a picture from command to result, the health check, and SIGTERM."""
    piapi = StandIn(api_key="sandbox-key-of-nobody", brush=invert, durations={"Qubico/flux1-schnell": 0.3})
    async with piapi.serve() as piapi_url, play_discord(tmp_path) as (discord_url, control):
        own = image.environment()
        settings = build_environment("", piapi_url, int(own["WEB_PORT"])) | own | {VARIABLE: discord_url}
        assert settings["DATABASE_URL"].endswith(f"{image.root}/data/repaint.db")
        healthy = image.command("HEALTHCHECK")
        assert (await image.ends(healthy, settings))[0] != 0
        bot = await image.start([*image.command("ENTRYPOINT")[:2], "sandbox.discord_wire.launch"], settings)
        try:
            await control.see_sessions(1)
            assert (await image.ends(healthy, settings))[0] == 0
            picture = await control.attach("cat.jpg", paint_photo())
            await control.slash("img2img", {"image": picture, "prompt": "a cat"})
            await control.see_message(is_done)
            bot.terminate()
            _, said = await asyncio.wait_for(bot.communicate(), 10)
        finally:
            if bot.returncode is None:
                bot.kill()
    assert bot.returncode == 0, said.decode()
    assert {json.loads(line)["level"] for line in said.splitlines()} <= {"INFO"}
    written = {path.name for path in (image.root / "data").iterdir()}
    assert {name.partition("-")[0] for name in written} == {"repaint.db"}
