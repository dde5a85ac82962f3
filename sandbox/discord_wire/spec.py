"""Bodies against Discord's own description of its API, where a copy of that file is at hand.

https://github.com/discord/discord-api-spec, specs/openapi.json. It is a preview and lags behind: its objects are open,
so what it does not know passes. Two things are loosened: it writes ids as strings only, and the API takes numbers too;
and it does not know media channels (16).
"""

from __future__ import annotations

import json
from importlib import import_module
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sandbox.discord_wire.codes import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

URN = "urn:discord"
SNOWFLAKE = {"anyOf": [{"type": "string", "pattern": "^(0|[1-9][0-9]*)$"}, {"type": "integer", "minimum": 0}]}
CHANNEL_TYPE = {"type": "integer", "minimum": 0}
JSON = "application/json"
LONGEST_MESSAGE = 300


class Spec:
    """Knows the schema of every request and answer. Routes are written as the file writes them."""

    def __init__(self, path: Path) -> None:
        # Only who has the file needs these libraries; the sandbox runs without them.
        jsonschema, referencing = import_module("jsonschema"), import_module("referencing")
        dialect = import_module("referencing.jsonschema").DRAFT202012
        document = json.loads(path.read_text(encoding="utf-8"))
        document["components"]["schemas"] |= {"SnowflakeType": SNOWFLAKE, "ChannelTypes": CHANNEL_TYPE}
        self._paths = document["paths"]
        self._registry = referencing.Registry().with_resource(URN, dialect.create_resource(document))
        self._validator = jsonschema.Draft202012Validator
        self._ready: dict[str, Any] = {}

    def check_request(self, method: str, route: str, payload: Any) -> list[Problem]:
        """What is wrong with a request's JSON; `payload` None means that it has none."""
        at = (route, method.lower(), "requestBody")
        if self._get(*at) is None:
            return []
        return self._check((*at, "content", JSON, "schema"), payload)

    def check_answer(self, method: str, route: str, status: int, body: Any) -> list[Problem]:
        """What is wrong with an answer of ours."""
        return self._check((route, method.lower(), "responses", str(status), "content", JSON, "schema"), body)

    def _get(self, *parts: str) -> Any:
        found: Any = self._paths
        for part in parts:
            found = found.get(part) if isinstance(found, dict) else None
        return found

    def _check(self, parts: tuple[str, ...], value: Any) -> list[Problem]:
        if self._get(*parts) is None:
            return []
        pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in ("paths", *parts))
        if pointer not in self._ready:
            reference = {"$ref": f"{URN}#/{pointer}"}
            self._ready[pointer] = self._validator(reference, registry=self._registry)
        return [problem for error in self._ready[pointer].iter_errors(value) for problem in _explain(error)]


def _explain(error: Any) -> Iterator[Problem]:
    """The error, or where it is a union's, those of the branch that was most likely meant."""
    if not error.context:
        path = ".".join(map(str, error.absolute_path))
        yield Problem(path, str(error.validator), str(error.message)[:LONGEST_MESSAGE])
        return
    branches = [list(errors) for _, errors in groupby(error.context, key=lambda each: each.schema_path[0])]
    for inner in min(branches, key=_measure_distance):
        yield from _explain(inner)


def _measure_distance(errors: list[Any]) -> tuple[bool, int]:
    """Discord tells the branches of a union apart by `type`: one with another type was not meant."""
    return any(list(error.path) == ["type"] for error in errors), len(errors)
