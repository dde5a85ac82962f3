"""The unit for systemd: it is one, it lets the bot do what it must and nothing else, and it knows how the bot ends."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.__main__ import ANSWER_SECONDS, EXIT_MISCONFIGURED, STOP_SECONDS

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "docs/repaint.service"
OPERATIONS = ROOT / "docs/operations.md"
PYTHON = "/opt/repaint/.venv/bin/python"
MOST_EXPOSED = 20
"""Of 100, by `systemd-analyze security`; a service that nobody hardened has 96."""

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")


def read_unit() -> dict[str, list[str]]:
    """What it says, by name; a name may come again."""
    said: dict[str, list[str]] = {}
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            said.setdefault(name, []).append(value)
    return said


def analyze(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What systemd says of it, with a Python that exists here."""
    here = tmp_path / UNIT.name
    here.write_text(UNIT.read_text(encoding="utf-8").replace(PYTHON, sys.executable), encoding="utf-8")
    command = ["systemd-analyze", *arguments, str(here)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 (our words)


@needs_systemd
def test_systemd_understands_it(tmp_path: Path) -> None:
    """Without a warning."""
    done = analyze(tmp_path, "verify")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@needs_systemd
def test_systemd_finds_it_well_shut(tmp_path: Path) -> None:
    """What it does not need, it cannot do."""
    done = analyze(tmp_path, "security", "--offline=true", f"--threshold={MOST_EXPOSED}")
    assert done.returncode == 0, done.stdout


def test_it_knows_how_the_bot_ends() -> None:
    """As it is told to, within its time; settings that cannot work are not tried again."""
    unit = read_unit()
    assert unit["KillSignal"] == [signal.SIGTERM.name]
    assert float(unit["TimeoutStopSec"][0]) > ANSWER_SECONDS + STOP_SECONDS
    assert (unit["Restart"], unit["RestartPreventExitStatus"]) == (["on-failure"], [str(EXIT_MISCONFIGURED)])


def test_it_writes_in_one_place_and_is_nobody_of_importance() -> None:
    """The database lies in its own folder; everything else is read-only to it."""
    unit = read_unit()
    assert unit["User"] == ["repaint"]
    assert (unit["ProtectSystem"], unit["StateDirectory"]) == (["strict"], ["repaint"])
    assert unit["WorkingDirectory"] == ["/var/lib/repaint"]
    said = re.findall(r"DATABASE_URL=(\S+) \| sudo tee --append (\S+)", OPERATIONS.read_text(encoding="utf-8"))
    assert said == [("sqlite:////var/lib/repaint/repaint.db", *unit["EnvironmentFile"])]
    assert "Environment" not in unit  # what is said here, no other command would know


@needs_systemd
def test_other_commands_run_as_the_service_does() -> None:
    """With its user, its settings and its Python, as the operators' page says it, so that they find its database."""
    unit = read_unit()
    (said,) = re.findall(
        r"^repaint\(\) \{ sudo systemd-run (.*); \}$", OPERATIONS.read_text(encoding="utf-8"), re.MULTILINE
    )
    options, program = said.split("/opt", maxsplit=1)
    assert f"/opt{program}" == f'{unit["ExecStart"][0]} "$@"'
    assert f"--uid={unit['User'][0]}" in options
    assert f"--property=EnvironmentFile={unit['EnvironmentFile'][0]}" in options
    known = subprocess.run(["systemd-run", "--help"], capture_output=True, text=True, check=True, timeout=30).stdout  # noqa: S607 (the one in the path)
    for option in options.split():
        assert option.partition("=")[0] in known


def test_its_command_starts_the_bot_and_nothing_that_lies_about(tmp_path: Path) -> None:
    """Where it works, anything could have been written: a `bot` in there is not ours."""
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "__main__.py").write_text("print('mine')", encoding="utf-8")
    program, *arguments = read_unit()["ExecStart"][0].split()
    assert program == PYTHON
    done = subprocess.run(  # noqa: S603 (our words)
        [sys.executable, *arguments],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == EXIT_MISCONFIGURED
    assert "DISCORD_TOKEN is missing" in done.stderr
    assert not done.stdout
