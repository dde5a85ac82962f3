"""What came in: requests by route and status, and everything that Discord's own rules forbid."""

from __future__ import annotations

from collections import Counter

MOST_VIOLATIONS = 1000


class Ledger:
    """Counts. A violation is said once for each place and wording, with how often it happened."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self._violations: Counter[str] = Counter()

    def count(self, method: str, route: str, status: int) -> None:
        """A request was answered; status 0 where no answer got out."""
        self.requests[f"{method} {route} {status}"] += 1

    def violate(self, where: str, what: object) -> None:
        """Somebody broke a rule."""
        if len(self._violations) < MOST_VIOLATIONS:
            self._violations[f"{where}: {what}"] += 1

    def list_violations(self) -> list[str]:
        """Each with its count, where that is more than one."""
        return [f"{text} (x{count})" if count > 1 else text for text, count in self._violations.items()]

    def clear(self) -> None:
        """Begin anew."""
        self.requests.clear()
        self._violations.clear()
