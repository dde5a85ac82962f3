"""Why Discord says no: statuses, codes and words.

https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Code:
    """One way to say no."""

    status: int
    number: int
    message: str


UNAUTHORIZED = Code(401, 0, "401: Unauthorized")
UNKNOWN_CHANNEL = Code(404, 10003, "Unknown Channel")
UNKNOWN_GUILD = Code(404, 10004, "Unknown Guild")
UNKNOWN_MESSAGE = Code(404, 10008, "Unknown Message")
UNKNOWN_USER = Code(404, 10013, "Unknown User")
UNKNOWN_WEBHOOK = Code(404, 10015, "Unknown Webhook")
UNKNOWN_INTERACTION = Code(404, 10062, "Unknown interaction")
TOO_MANY_FILES = Code(400, 30015, "Maximum number of attachments in a message reached (10)")
TOO_LARGE = Code(413, 40005, "Request entity too large")
TOO_MANY_FOLLOW_UPS = Code(400, 40094, "This interaction has reached the maximum number of follow up messages")
ALREADY_ANSWERED = Code(400, 40060, "Interaction has already been acknowledged.")
MISSING_ACCESS = Code(403, 50001, "Missing Access")
NOT_ITS_AUTHOR = Code(403, 50005, "Cannot edit a message authored by another user")
EMPTY_MESSAGE = Code(400, 50006, "Cannot send an empty message")
DMS_CLOSED = Code(403, 50007, "Cannot send messages to this user")
MISSING_PERMISSIONS = Code(403, 50013, "Missing Permissions")
DEAD_TOKEN = Code(401, 50027, "Invalid Webhook Token")
INVALID_FORM = Code(400, 50035, "Invalid Form Body")
ARCHIVED = Code(400, 50083, "Thread is archived")
INVALID_JSON = Code(400, 50109, "The request body contains invalid JSON.")
UNPLAYED = Code(501, 0, "the stand-in does not play this")

VIOLATIONS = frozenset({EMPTY_MESSAGE, INVALID_FORM, INVALID_JSON, UNPLAYED, TOO_MANY_FILES})
"""No world, however it stands, would take such a request: a mistake of the one who sent it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one place of a body. `path` is written with dots."""

    path: str
    name: str
    message: str

    def __str__(self) -> str:
        return f"{self.path or 'body'}: {self.message} ({self.name})"


class Refused(Exception):
    """Discord says no."""

    def __init__(self, code: Code, problems: Iterable[Problem] = ()) -> None:
        super().__init__(code.message)
        self.code = code
        self.problems = tuple(problems)

    def show(self) -> dict[str, Any]:
        """The body of the answer."""
        shown: dict[str, Any] = {"message": self.code.message, "code": self.code.number}
        if self.problems:
            shown["errors"] = _nest(self.problems)
        return shown

    def __str__(self) -> str:
        return "; ".join(map(str, self.problems)) or self.code.message


def _nest(problems: Iterable[Problem]) -> dict[str, Any]:
    """Discord's tree of errors: one level for each part of the path."""
    tree: dict[str, Any] = {}
    for problem in problems:
        place = tree
        for part in filter(None, problem.path.split(".")):
            place = place.setdefault(part, {})
        place.setdefault("_errors", []).append({"code": problem.name, "message": problem.message})
    return tree
