"""What commands are called, in the words of the catalogue, and what is suggested while they are typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from discord import app_commands
from discord.app_commands import locale_str

from bot.replies.texts import DEFAULT_LOCALE, get_catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")
MOST_SUGGESTED = 25


def words(key: str) -> locale_str:
    """A name or description from the catalogue, in every language it has."""
    return locale_str(get_catalogue(DEFAULT_LOCALE)[key], key=key)


def choices(**options: Sequence[str]) -> Callable[[T], T]:
    """Let options of a command be one of some words each, which the catalogue has under `pick`."""
    return app_commands.choices(
        **{
            option: [app_commands.Choice(name=words(f"pick.{value}"), value=value) for value in values]
            for option, values in options.items()
        }
    )


def command(
    group: app_commands.Group, at: str, /, **options: str
) -> Callable[[Callable[..., Any]], app_commands.Command[Any, ..., Any]]:
    """Make a function a command of a group; the keys of its words begin with `at`. `options`: those of parameters."""

    def decorate(callback: Callable[..., Any]) -> app_commands.Command[Any, ..., Any]:
        made: app_commands.Command[Any, ..., Any]
        made = group.command(name=words(f"{at}.name"), description=words(f"{at}.description"))(callback)
        app_commands.rename(**{it: words(f"{at}.{option}.name") for it, option in options.items()})(made)
        app_commands.describe(**{it: words(f"{at}.{option}.description") for it, option in options.items()})(made)
        return made

    return decorate


def suggest(current: str, offered: Mapping[str, str]) -> list[app_commands.Choice[str]]:
    """Those that what was typed so far can become, as many as Discord shows. `offered`: what it says, by value."""
    typed = current.strip().casefold()
    fitting = [(value, says) for value, says in offered.items() if typed in f"{value}\n{says}".casefold()]
    return [app_commands.Choice(name=says, value=value) for value, says in fitting[:MOST_SUGGESTED]]
