"""`make check` asks whether anything we are built on has a known hole: `python -m tests.house.audit`.

Where the list of holes cannot be reached, it says so aloud and holds nobody up: a check that fails without a network
would teach people to leave it out.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

COMMAND = [sys.executable, "-m", "pip_audit"]
COMMAND += ["--requirement", str(Path(__file__).parents[2] / "constraints.txt"), "--no-deps", "--disable-pip"]
COMMAND += ["--vulnerability-service", "osv", "--timeout", "5", "--format", "json", "--progress-spinner", "off"]
SECONDS = 45.0
ACCEPTED: dict[str, str] = {}
"""What does not concern us, by its number, with the reason."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to say, and whether that ends the check."""

    lines: tuple[str, ...]
    passed: bool


def audit(command: Sequence[str], accepted: Collection[str] = (), seconds: float = SECONDS) -> Verdict:
    """Ask this command, which answers as pip-audit does."""
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)  # noqa: S603 (our own words)
        answer = json.loads(asked.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return _skip(f"no answer in {seconds:g} s")
    except OSError as error:
        return _skip(str(error))
    except (ValueError, KeyError, TypeError):
        return _skip((asked.stderr.strip() or "no answer").splitlines()[-1][:300])
    holes = tuple(_list_holes(answer, accepted))
    return Verdict(holes or (f"no known hole in {len(answer)} packages",), passed=not holes)


def _list_holes(packages: Sequence[dict[str, Any]], accepted: Collection[str]) -> Iterator[str]:
    for package in packages:
        for hole in package.get("vulns", ()):
            if accepted and not {hole["id"], *hole.get("aliases", ())}.isdisjoint(accepted):
                continue
            mended = ", ".join(hole.get("fix_versions", ())) or "nothing yet"
            yield f"{package['name']} {package['version']} has a known hole: {hole['id']}, mended in {mended}"


def _skip(why: str) -> Verdict:
    told = ("=" * 72, "NOT AUDITED: the list of known holes could not be reached.", why, "=" * 72)
    return Verdict(told, passed=True)


def main() -> int:
    """0 unless there is a hole."""
    verdict = audit(COMMAND, ACCEPTED)
    print("\n".join(verdict.lines), file=sys.stderr)  # noqa: T201 (that is what was asked for)
    return 0 if verdict.passed else 1


if __name__ == "__main__":
    sys.exit(main())
