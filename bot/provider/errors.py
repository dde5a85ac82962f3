"""What can go wrong at an image service, as one tree.

    ProviderError
    |-- NotSubmitted            no task was made: nothing is charged
    |   |-- Unreachable         nothing was sent; later may be better
    |   |-- Busy                too many requests or tasks; later will be better
    |   |-- RequestRefused      the service does not want this very request
    |   |-- KeyRefused          the key or its plan does not cover this
    |   `-- NoCredit            the account is empty
    |-- OutcomeUnknown          the request may have gone out: a task may exist and be charged
    |-- ReadFailed              a question was not answered; it says nothing about the task
    |   `-- TaskMissing         the service does not know this task (any more)
    `-- PictureNotFetched       a result could not be downloaded
        |-- PictureUnreachable  this time; later may be better
        |-- PictureGone         the address has expired
        `-- PictureForbidden    we will not take it: address, size or type

Messages are for the log, never for a member: they may hold the service's own text.
"""

from __future__ import annotations


class ProviderError(Exception):
    """Anything that went wrong at the image service."""


class NotSubmitted(ProviderError):
    """No task was made, and nothing is charged."""


class Unreachable(NotSubmitted):
    """Nothing was sent: the connection could not be made."""


class Busy(NotSubmitted):
    """The service asks us to come back later."""

    def __init__(self, detail: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class RequestRefused(NotSubmitted):
    """The service does not accept this very request."""


class KeyRefused(NotSubmitted):
    """The API key is wrong, or its plan does not cover this."""


class NoCredit(NotSubmitted):
    """The account at the service is empty."""


class OutcomeUnknown(ProviderError):
    """The request may have gone out and its answer never came: a task may exist and be charged."""


class ReadFailed(ProviderError):
    """A question was not answered. Says nothing about the task itself."""


class TaskMissing(ReadFailed):
    """The service does not know this task (any more)."""


class PictureNotFetched(ProviderError):
    """A result could not be downloaded."""


class PictureUnreachable(PictureNotFetched):
    """The host did not deliver it this time."""


class PictureGone(PictureNotFetched):
    """The address has expired."""


class PictureForbidden(PictureNotFetched):
    """We will not take it: a forbidden address, too many bytes, or not a picture's type."""
