"""How the program speaks to its operator: text for people, one JSON object a line for machines."""

from __future__ import annotations

import logging
import sys

from pythonjsonlogger.json import JsonFormatter

TEXT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
JSON = "%(asctime)s %(levelname)s %(name)s %(message)s"
QUIET = ("discord", "aiohttp", "alembic", "stamina")
"""Libraries that say at info what is of interest at debug."""


def set_up_logging(level: str, form: str) -> None:
    """Log to standard error at this level (`debug` to `error`), as `text` or `json`."""
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(logging.Formatter(TEXT) if form == "text" else JsonFormatter(JSON))
    logging.basicConfig(level=level.upper(), handlers=[output], force=True)
    least = logging.DEBUG if level == "debug" else logging.WARNING
    for name in QUIET:
        logging.getLogger(name).setLevel(max(least, logging.getLogger().level))
