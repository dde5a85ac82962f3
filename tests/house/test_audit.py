"""The audit of what we are built on: a hole ends the check, silence does not."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from tests.house.audit import COMMAND, audit

SOUND = {"name": "yarl", "version": "1.0", "vulns": []}
HOLE = {"id": "GHSA-1", "aliases": ["CVE-1"], "fix_versions": ["1.1", "2.0"], "description": "x"}
HOLED = {"name": "pillow", "version": "1.0", "vulns": [HOLE]}
LEFT_OUT = {"name": "repaint", "skip_reason": "not on a registry"}


def say(*packages: dict[str, Any], code: int = 0) -> list[str]:
    """A command that answers this."""
    answer = json.dumps({"dependencies": packages, "fixes": []})
    return [sys.executable, "-c", f"import sys; print({answer!r}); sys.exit({code})"]


def test_nothing_known_passes() -> None:
    """And says how much was asked about."""
    verdict = audit(say(SOUND, LEFT_OUT))
    assert verdict.passed
    assert verdict.lines == ("no known hole in 2 packages",)


def test_a_hole_ends_the_check() -> None:
    """With what has it, and where it is mended."""
    verdict = audit(say(SOUND, HOLED, code=1))
    assert not verdict.passed
    assert verdict.lines == ("pillow 1.0 has a known hole: GHSA-1, mended in 1.1, 2.0",)


@pytest.mark.parametrize("number", ["GHSA-1", "CVE-1"])
def test_a_hole_that_does_not_concern_us_passes(number: str) -> None:
    """By any of its numbers, and no other hole with it."""
    assert audit(say(HOLED, code=1), [number]).passed
    other = {"name": "aiohttp", "version": "1.0", "vulns": [{"id": "GHSA-2"}]}
    assert audit(say(HOLED, other, code=1), [number]).lines == (
        "aiohttp 1.0 has a known hole: GHSA-2, mended in nothing yet",
    )


SILENT = {
    "no network": [sys.executable, "-c", "import sys; sys.exit('requests.ConnectionError: name not known')"],
    "not installed": [sys.executable, "-m", "there_is_no_such_audit"],
    "not there": ["/no/such/program"],
    "nonsense": [sys.executable, "-c", "print('[1]')"],
    "never done": [sys.executable, "-c", "import time; time.sleep(60)"],
}


@pytest.mark.parametrize("command", SILENT.values(), ids=SILENT)
def test_silence_is_said_aloud_and_passes(command: list[str]) -> None:
    """A machine without a network can still check everything else."""
    verdict = audit(command, seconds=2)
    assert verdict.passed
    assert "NOT AUDITED" in verdict.lines[1]
    assert verdict.lines[2]


def test_what_is_asked_about_is_what_is_pinned() -> None:
    """Every package to the version, and none is installed for it."""
    assert {"--no-deps", "--disable-pip"} < set(COMMAND)
    assert COMMAND[COMMAND.index("--requirement") + 1].endswith("constraints.txt")
