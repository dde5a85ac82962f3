"""The front door: read the settings, open the rooms, run until told to stop, close in order.

python -m bot                           run the bot
python -m bot check                     say what is right and what is not, without starting it
python -m bot move-database FROM TO     copy every row into an empty database
python -m bot spend                     what was ordered and what it cost, as CSV
python -m bot backup TARGET             copy the SQLite database while the bot runs
python -m bot migrate                   bring the tables up to date, or make them, as every start does
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import discord

from bot.check import check
from bot.config import Settings, read_settings
from bot.database.move import move_database
from bot.database.upkeep import back_up_database, migrate_database
from bot.errors import Misconfigured
from bot.logs import change_log_level, set_up_logging
from bot.spend import spend
from bot.wiring import House, open_house

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWER_SECONDS, STOP_SECONDS = 2.0, 6.0
"""Who has asked gets an answer this soon, and what is in hand this long; supervisors usually kill after 10."""
EXIT_MISCONFIGURED = 78
"""EX_CONFIG of sysexits.h: a supervisor that knows it does not start us again and again."""


async def run(settings: Settings) -> None:
    """Run the bot until SIGTERM, SIGINT, or the end of one of its parts."""
    stop = asyncio.Event()
    listen_to_signals(stop, settings.log_level)
    async with open_house(settings) as house, house.client:
        await house.client.login(settings.discord_token)
        await run_parts(house, stop)


def listen_to_signals(stop: asyncio.Event, log_level: str) -> None:
    """Stop when told to; log at debug on SIGUSR1, and as the settings say again on SIGUSR2."""
    answers: dict[str, Callable[[], object]] = {
        "SIGINT": stop.set,
        "SIGTERM": stop.set,
        "SIGUSR1": partial(change_log_level, "debug"),
        "SIGUSR2": partial(change_log_level, log_level),
    }
    for name, answer in answers.items():
        with contextlib.suppress(NotImplementedError, AttributeError):  # Windows: Ctrl-C comes as KeyboardInterrupt
            asyncio.get_running_loop().add_signal_handler(getattr(signal, name), answer)


async def run_parts(house: House, stop: asyncio.Event) -> None:
    """Run what never ends by itself; when one part does, all do, and its error is ours."""
    parts = [
        asyncio.create_task(house.client.connect(), name="discord"),
        asyncio.create_task(house.runner.run(), name="runner"),
        asyncio.create_task(house.editor.run(), name="editor"),
        asyncio.create_task(house.log_poster.run(), name="log poster"),
        asyncio.create_task(stop.wait(), name="stop"),
    ]
    try:
        done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await house.client.answer_all(ANSWER_SECONDS)
        await house.runner.stop(STOP_SECONDS)
        await house.client.close()
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)
    for part in done:
        part.result()


def spare_memory() -> bool:
    """Have glibc give back what was freed. False where another library gives out memory.

    Else each thread that opens pictures leaves holes in an arena of its own: 161 MiB after a thousand results, not 108.
    Values of malloc.h (https://man7.org/linux/man-pages/man3/mallopt.3.html).
    """
    most_arenas, trim_from, map_from = (-8, 1), (-1, 128 * 1024), (-3, 128 * 1024)
    try:
        set_option = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False
    return all(set_option(*option) for option in (most_arenas, trim_from, map_from))


def parse_arguments() -> argparse.Namespace:
    """What was asked for: `verb` is None where nothing was, which means to run."""
    parser = argparse.ArgumentParser(prog="python -m bot", description="Repaint, a Discord bot.")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    verbs.add_parser("run", help="run the bot; what happens without a verb")
    verbs.add_parser("check", help="say what is right and what is not, without starting it")
    move = verbs.add_parser("move-database", help="copy every row into an empty database; stop the bot first")
    move.add_argument("source", metavar="FROM", help="as in DATABASE_URL; stays as it is")
    move.add_argument("target", metavar="TO", help="the same")
    spent = verbs.add_parser("spend", help="what was ordered and what it cost, as CSV: this month, or these days")
    spent.add_argument("--since", metavar="DAY", help="such as 2026-11-01; days are those of UTC")
    spent.add_argument("--until", metavar="DAY", help="the last day")
    backup = verbs.add_parser("backup", help="copy the SQLite database into a new file, while the bot runs or not")
    backup.add_argument("target", metavar="TARGET", type=Path, help="a file that does not exist yet")
    verbs.add_parser("migrate", help="bring the database's tables up to date, or make them, as every start does")
    return parser.parse_args()


def look_after(asked: argparse.Namespace) -> str:
    """Do what was asked for with the database alone. Returns what came of it."""
    if asked.verb == "move-database":
        moved = asyncio.run(move_database(asked.source, asked.target))
        return "\n".join(f"{count:>9} {table}" for table, count in moved.items())
    if asked.verb == "spend":
        return asyncio.run(spend(asked.since, asked.until)).rstrip()
    url = read_settings().database_url
    if asked.verb == "backup":
        return f"{asked.target}: {back_up_database(url, asked.target):,} bytes"
    return f"the tables are at {asyncio.run(migrate_database(url))}, as this Repaint needs them"


def main() -> int:
    """What the process exits with."""
    asked = parse_arguments()
    try:
        if asked.verb == "check":
            return asyncio.run(check())
        if asked.verb not in {None, "run"}:
            print(look_after(asked))  # noqa: T201 (what was asked for)
            return 0
        spare_memory()
        settings = read_settings()
        set_up_logging(settings.log_level, settings.log_format, settings.secrets)
        asyncio.run(run(settings))
    except Misconfigured as error:
        print(f"Repaint cannot {asked.verb or 'start'}:", *error.problems, sep="\n  ", file=sys.stderr)  # noqa: T201 (its one reader is a person at a terminal)
        return EXIT_MISCONFIGURED
    except discord.LoginFailure:
        print("Repaint cannot start:\n  DISCORD_TOKEN is not accepted by Discord", file=sys.stderr)  # noqa: T201 (the same)
        return EXIT_MISCONFIGURED
    return 0


if __name__ == "__main__":
    sys.exit(main())
