"""The settings as people read them: `.env.example`, and the table in the README. A test holds both to `bot.config`."""

from __future__ import annotations

from dataclasses import fields

from bot.config.settings import Settings


def format_example() -> str:
    """What `.env.example` says: each setting with its sentence and default, in this order."""
    parts = ["# Copy to .env and fill in the first two. Everything else has a default that works.\n"]
    for each in fields(Settings):
        about, name, default = (each.metadata[key] for key in ("about", "name", "default"))
        comment = "" if default is None else "# "
        parts.append(f"# {about}\n{comment}{name}={default or ''}\n")
    return "\n".join(parts)


def format_table() -> str:
    """The same as the README's table."""
    lines = ["| setting | default | what it is |", "|---|---|---|"]
    for each in fields(Settings):
        about, name, default = (each.metadata[key] for key in ("about", "name", "default"))
        shown = "*required*" if default is None else f"`{default}`" if default else ""
        lines.append(f"| `{name}` | {shown} | {about} |")
    return "\n".join(lines) + "\n"
