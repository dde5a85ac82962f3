"""Promises about the code itself."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(path for room in ("bot", "cogs", "sandbox", "benchmarks") for path in (ROOT / room).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION = 350, 50
EMPTY_WORDS = ("Manager", "Handler", "Helper", "Service", "Controller", "Factory", "Processor", "Util", "Mixin")


def name(path: Path) -> str:
    """A path as people say it."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SHIPPED, ids=name)
def test_rooms_are_small(path: Path) -> None:
    """No file beyond 350 lines, no function beyond 50, no name that says nothing."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and "versions" not in path.parts:
            body = node.body[1:] if ast.get_docstring(node) else node.body
            assert not body or (body[-1].end_lineno or 0) - body[0].lineno < LONGEST_FUNCTION, node.name
        if isinstance(node, ast.ClassDef):
            assert not node.name.endswith(EMPTY_WORDS)


@pytest.mark.parametrize("path", TESTS, ids=name)
def test_no_mock_without_a_spec(path: Path) -> None:
    """A mock that accepts every call proves nothing."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {
            "Mock",
            "MagicMock",
            "AsyncMock",
        }:
            assert any(keyword.arg in {"spec", "spec_set"} for keyword in node.keywords), ast.unparse(node)


def test_architecture_names_every_module() -> None:
    """Each module of `bot/` is told of where its room is, and what is told of there is there."""
    told = (
        (ROOT / "docs/architecture.md")
        .read_text(encoding="utf-8")
        .partition("## The rooms")[2]
        .partition("## Words")[0]
    )
    parts = re.split(r"^\*\*`(bot/\w+)/`\*\*", told, flags=re.MULTILINE)
    by_room = {"bot": parts[0], "bot/config": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}
    for room, words in by_room.items():
        stems = {path.stem for path in (ROOT / room).glob("*.py")} - {"__init__"}
        named = set(re.findall(rf"`{room}/(\w+)\.py`" if room == "bot" else r"`(\w+)`", words))
        assert stems <= named, (room, stems - named)
        if room not in {"bot", "bot/config"}:
            assert named <= stems | {"applying"}, (room, named - stems)


def test_no_registry_address_is_written_down() -> None:
    """Where packages come from is the machine's business."""
    registry = re.compile(r"(pypi\.org|pythonhosted\.org|registry\.npmjs|--index-url|--extra-index-url)")
    ours = [
        *SHIPPED,
        *ROOT.glob("*.toml"),
        *ROOT.glob("*.txt"),
        *ROOT.glob("*.md"),
        ROOT / "Makefile",
        ROOT / ".ci/run",
    ]
    for path in ours:
        assert not registry.search(path.read_text(encoding="utf-8")), path
