"""The settings, their example and their table say the same."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from bot.config import read_settings
from bot.config.table import format_example, format_table
from bot.errors import Misconfigured
from bot.presets import read_presets

ROOT = Path(__file__).parents[2]
LEAST = {"DISCORD_TOKEN": "a-token", "PIAPI_API_KEY": "a-key"}


def test_the_example_has_every_setting_in_order() -> None:
    """`.env.example` is what `bot/config/` says."""
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == format_example()


def test_the_readme_has_every_setting_in_order() -> None:
    """The README's table is what `bot/config/` says."""
    assert format_table() in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_example_loads_once_its_two_blanks_are_filled(tmp_path: Path) -> None:
    """The example is a working `.env`, also with every default spelled out."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    for name, value in LEAST.items():
        text = text.replace(f"{name}=\n", f"{name}={value}\n")
    spelled_out = re.sub(r"(?m)^# ([A-Z_]+=)", r"\1", text)
    for content in (text, spelled_out):
        file = tmp_path / "env"
        file.write_text(content, encoding="utf-8")
        assert read_from(file) == read_settings(LEAST)


def read_from(file: Path) -> object:
    """Settings of a file, as if nothing were in the environment."""
    kept = dict(os.environ)
    os.environ.clear()
    try:
        return read_settings(env_file=file)
    finally:
        os.environ.update(kept)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a supervisor sets is not overruled by a forgotten file."""
    file = tmp_path / "env"
    file.write_text("DISCORD_TOKEN=file\nPIAPI_API_KEY=file\nWEB_PORT=1\n", encoding="utf-8")
    monkeypatch.setenv("DISCORD_TOKEN", "environment")
    settings = read_settings(env_file=file)
    assert (settings.discord_token, settings.piapi_api_key, settings.web_port) == ("environment", "file", 1)


def test_all_mistakes_are_reported_at_once() -> None:
    """Each with the variable's name and what would be right; no value is repeated, it could be a secret."""
    wrong = {
        "PIAPI_API_KEY": "a-key",
        "PIAPI_BASE_URL": "ftp://x",
        "PIAPI_CONCURRENCY": "0",
        "DATABASE_URL": "mysql://user:hunter2@host/db",
        "SHARD_COUNT": "-1",
        "SHARD_IDS": "0;1",
        "PUBLIC_URL": "repaint.example.org",
        "WEB_PORT": "70000",
        "WEBHOOK_SECRET": "short-secret",
        "MODELS": "schnell,flux",
        "DEFAULT_MODEL": "flux",
        "PRICES_USD": "dev=NaN",
        "DAILY_CAP_USD": "five",
        "MONTHLY_CAP_USD": "-1",
        "PRESETS_FILE": "nowhere.toml",
        "OUTSIDE": "yes",
        "OUTSIDE_DAILY_PICTURES": "many",
        "OUTSIDE_MEMBER_DAY_USD": "-1",
        "PROVENANCE": "yes",
        "LABEL": "no spaces",
        "LOG_LEVEL": "loud",
    }
    with pytest.raises(Misconfigured) as caught:
        read_settings(wrong)
    problems = caught.value.problems
    named = {problem.split(" ")[0] for problem in problems}
    assert named == (wrong.keys() | {"DISCORD_TOKEN"}) - {"PIAPI_API_KEY"}
    assert "hunter2" not in str(caught.value)
    assert "short-secret" not in str(caught.value)


def test_secrets_do_not_show() -> None:
    """Neither token nor key nor secret nor the database's password is in the settings' repr."""
    settings = read_settings(LEAST | {"WEBHOOK_SECRET": "sixteen-characters", "DATABASE_URL": "sqlite:///hunter2"})
    for secret in ("a-token", "a-key", "sixteen-characters", "hunter2"):
        assert secret not in repr(settings)


def test_defaults_work() -> None:
    """With the two required ones alone, everything else is sensible."""
    settings = read_settings(LEAST)
    assert settings.default_model == "schnell"
    assert settings.piapi_concurrency == 3
    assert list(settings.models) == ["schnell", "dev", "dev-advanced"]
    assert settings.models["schnell"].price_usd == Decimal("0.0015")
    assert settings.provenance
    assert not settings.callbacks
    assert settings.daily_cap_usd is settings.monthly_cap_usd is None


def test_an_operator_says_which_models_there_are_and_what_they_cost() -> None:
    """In the table's order; a price that is not named is the list price."""
    settings = read_settings(LEAST | {"MODELS": "kontext, schnell", "PRICES_USD": "kontext = 0.03"})
    assert {name: model.price_usd for name, model in settings.models.items()} == {
        "schnell": Decimal("0.0015"),
        "kontext": Decimal("0.03"),
    }


def test_an_operator_says_what_may_be_spent() -> None:
    """Nothing at all is a cap, too."""
    settings = read_settings(LEAST | {"DAILY_CAP_USD": "0.50", "MONTHLY_CAP_USD": "0"})
    assert (settings.daily_cap_usd, settings.monthly_cap_usd) == (Decimal("0.5"), Decimal(0))


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1000001", "5 dollars", "-0.01"])
def test_a_cap_that_is_none_is_a_mistake(amount: str) -> None:
    """Nobody's money is left open because a cap was mistyped."""
    with pytest.raises(Misconfigured, match="DAILY_CAP_USD must be dollars"):
        read_settings(LEAST | {"DAILY_CAP_USD": amount})


def test_an_operator_limits_what_is_made_outside_of_servers() -> None:
    """Twenty pictures a day unless they say otherwise; nothing is a limit only where it was left out."""
    settings = read_settings(LEAST)
    assert (settings.outside, settings.outside_daily_pictures, settings.outside_member_day_usd) == (True, 20, None)
    assert read_settings(LEAST | {"OUTSIDE_MEMBER_DAY_USD": "0"}).outside_member_day_usd == 0


@pytest.mark.parametrize("prices", ["flux=0.1", "dev", "dev=", "dev=-1", "dev=101", "dev=1,"])
def test_a_price_that_is_none_is_a_mistake(prices: str) -> None:
    """Nobody's budget is counted at a price that was mistyped."""
    with pytest.raises(Misconfigured, match="PRICES_USD must be models with dollars"):
        read_settings(LEAST | {"PRICES_USD": prices})


def test_the_usual_model_is_on_offer() -> None:
    """Else every member who names none would be refused."""
    with pytest.raises(Misconfigured, match="DEFAULT_MODEL must be one of MODELS"):
        read_settings(LEAST | {"MODELS": "dev"})


def test_an_operators_presets_are_read_with_the_settings(tmp_path: Path) -> None:
    """Ours unless they say otherwise; every mistake in their file is a line, as with any setting."""
    assert read_settings(LEAST).presets == read_presets("")
    file = tmp_path / "presets.toml"
    file.write_text("[[presets]]\nname = 'Oil'\n[[presets]]\ntemplate = 'ink'\nstrength = 9\n")
    with pytest.raises(Misconfigured) as caught:
        read_settings(LEAST | {"PRESETS_FILE": str(file), "WEB_PORT": "70000"})
    assert sorted(problem.split(",")[0] for problem in caught.value.problems) == [
        "PRESETS_FILE has preset 1",
        "PRESETS_FILE has preset 2",
        "PRESETS_FILE has preset 2",
        "WEB_PORT must be a whole number from 0 to 65535",
    ]


def test_an_operators_presets_choose_among_the_models_on_offer(tmp_path: Path) -> None:
    """Else nobody could ever use them."""
    file = tmp_path / "presets.toml"
    file.write_text("[[presets]]\nname = 'Oil'\ntemplate = 'oil'\nmodel = 'dev'\n")
    assert read_settings(LEAST | {"PRESETS_FILE": str(file)}).presets[0].model == "dev"
    with pytest.raises(Misconfigured, match="preset Oil, whose model dev is not one of MODELS"):
        read_settings(LEAST | {"PRESETS_FILE": str(file), "MODELS": "schnell"})


def test_hosting_needs_an_address() -> None:
    """A choice that cannot work is a mistake at the start, not at the first picture."""
    with pytest.raises(Misconfigured, match="PUBLIC_URL"):
        read_settings(LEAST | {"SOURCE_HANDOVER": "host"})


@pytest.mark.parametrize("url", ["postgresql+asyncpg://u:p@h/d", "postgresql://u:p@h/d", "postgres://u:p@h/d"])
def test_postgresql_is_written_in_several_ways(url: str) -> None:
    """As SQLAlchemy, PostgreSQL and hosts write it."""
    assert read_settings(LEAST | {"DATABASE_URL": url}).database_url == url


def test_a_process_runs_all_shards_or_those_it_is_told() -> None:
    """None named: all. Several processes have their own each."""
    assert read_settings(LEAST | {"SHARD_COUNT": "4"}).shard_ids == ()
    several = {"SHARD_COUNT": "4", "SHARD_IDS": " 0, 3", "DATABASE_URL": "postgresql://h/d"}
    assert read_settings(LEAST | several).shard_ids == (0, 3)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"SHARD_IDS": "2", "SHARD_COUNT": "2"}, "below SHARD_COUNT"),
        ({"SHARD_IDS": "0", "SHARD_COUNT": "0"}, "below SHARD_COUNT"),
        ({"SHARD_IDS": "0,0", "SHARD_COUNT": "2"}, "each once"),
        ({"SHARD_IDS": "0", "SHARD_COUNT": "2"}, "several processes need PostgreSQL"),
    ],
)
def test_shards_have_to_fit(wrong: dict[str, str], why: str) -> None:
    """A shard that does not exist, or one that nobody could run, is a mistake at the start."""
    with pytest.raises(Misconfigured, match=why) as caught:
        read_settings(LEAST | wrong)
    assert len(caught.value.problems) == 1


def test_a_wrong_start_is_one_clear_message() -> None:
    """`python -m bot` without settings says what is missing, without a traceback, and exits with EX_CONFIG."""
    environment = {key: value for key, value in os.environ.items() if key not in LEAST}
    done = subprocess.run(
        [sys.executable, "-m", "bot"],
        cwd=ROOT / "tests",
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 78
    assert "DISCORD_TOKEN is missing" in done.stderr
    assert "Traceback" not in done.stderr
