"""The threat model speaks of what is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_what_the_threat_model_names_is_there() -> None:
    """A file that moved takes its line of SECURITY.md along."""
    named = re.findall(r"`((?:bot|cogs|docs)/[\w/.]+)`", (ROOT / "SECURITY.md").read_text(encoding="utf-8"))
    assert len(named) > 10
    assert [path for path in named if not (ROOT / path).exists()] == []
