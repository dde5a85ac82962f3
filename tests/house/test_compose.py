"""Container and compose: what is open to whom, and that every setting in them exists."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.__main__ import ANSWER_SECONDS, STOP_SECONDS
from bot.config import Settings

ROOT = Path(__file__).parents[2]
NAMES = {each.metadata["name"] for each in fields(Settings)}
HADOLINT = Path(sys.executable).with_name("hadolint")
OTHERS = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONSAFEPATH"}


def read_services() -> dict[str, dict[str, Any]]:
    """What compose starts."""
    services: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))[
        "services"
    ]
    return services


BOTS = {name: service for name, service in read_services().items() if "build" in service}


@pytest.mark.parametrize("service", BOTS.values(), ids=BOTS)
def test_each_bot_is_shut_in(service: dict[str, Any]) -> None:
    """It writes to its volume alone, gains no rights, and is given the time that it takes to stop."""
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert float(service["stop_grace_period"].removesuffix("s")) > ANSWER_SECONDS + STOP_SECONDS
    assert service["environment"].keys() <= NAMES


@pytest.mark.parametrize("service", BOTS.values(), ids=BOTS)
def test_what_is_for_operators_stays_inside(service: dict[str, Any]) -> None:
    """Prometheus finds it in compose's own network; no port of the machine leads there."""
    port = service["environment"]["METRICS_PORT"]
    assert not [published for published in service.get("ports", []) if published.endswith(f":{port}")]
    assert all(published.startswith("127.0.0.1:") for published in service.get("ports", []))
    assert f"EXPOSE {port}" not in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_one_profile_is_one_world() -> None:
    """One process with a file, or several that share a PostgreSQL; each shard is somebody's."""
    single = [name for name, service in BOTS.items() if service["profiles"] == ["single"]]
    cluster = [service["environment"] for service in BOTS.values() if service["profiles"] == ["cluster"]]
    assert len(single) == 1
    assert sorted(each["SHARD_IDS"] for each in cluster) == [str(n) for n in range(len(cluster))]
    assert {int(each["SHARD_COUNT"]) for each in cluster} == {len(cluster)}
    assert all(each["DATABASE_URL"].startswith("postgresql") for each in cluster)


def test_the_front_passes_on_what_piapi_needs_and_nothing_else() -> None:
    """Every process behind it is one that compose starts, asked whether it lives; the rest of the world gets 404."""
    front = (ROOT / "docs/Caddyfile").read_text(encoding="utf-8")
    assert re.findall(r"path (.*)", front) == ["/piapi/* /pictures/*"]
    (upstreams,) = re.findall(r"reverse_proxy (.*) \{", front)
    assert {upstream.partition(":")[0] for upstream in upstreams.split()} == {
        name for name, service in BOTS.items() if service["profiles"] == ["cluster"]
    }
    assert "health_uri /healthz" in front
    assert "respond 404" in front


@pytest.mark.skipif(not HADOLINT.is_file(), reason="there is no hadolint here")
def test_the_image_is_built_by_custom(tmp_path: Path) -> None:
    """Not one of hadolint's rules has anything to say; what it is asked for, it would find."""
    careless = tmp_path / "Dockerfile"
    careless.write_text("FROM python\nRUN cd /src && pip install repaint\n", encoding="utf-8")
    done = [
        subprocess.run(  # noqa: S603 (our words)
            [HADOLINT, "--no-color", "--failure-threshold=style", file],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        for file in (ROOT / "Dockerfile", careless)
    ]
    assert (done[0].returncode, done[0].stdout, done[0].stderr) == (0, "", "")
    assert all(rule in done[1].stdout for rule in ("DL3003", "DL3006", "DL3042"))


def test_the_image_sets_what_exists() -> None:
    """A misspelled setting would be silence."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    (said,) = re.findall(r"^ENV (.*)$", text, re.MULTILINE)
    assert {each.partition("=")[0] for each in said.split()} <= NAMES | OTHERS


def test_what_operators_are_told_to_type_is_there() -> None:
    """Each `docker compose` on their page names a service of the profile it names, and PostgreSQL's own user."""
    page, services = (ROOT / "docs/operations.md").read_text(encoding="utf-8"), read_services()
    typed = re.findall(r"docker compose --profile (\w+) (?:exec|kill)((?: -\S+(?: USR1)?)*) ([\w-]+)(.*)", page)
    assert len(typed) >= 5
    for profile, _, service, rest in typed:
        assert services[service]["profiles"] == [profile]
        if service == "postgres":
            named = services[service]["environment"]
            assert f"--username={named['POSTGRES_USER']} " in rest
            assert re.search(rf"(?:--dbname=| ){named['POSTGRES_DB']} [<>]", rest)
    assert not re.search(r"docker compose (?:exec|kill|up)", page)
    assert BOTS["repaint"]["environment"]["METRICS_PORT"] == "9464"
    assert {f"{name}:9464" for name in BOTS} == set(re.findall(r"`([\w-]+:9464)`", page))
