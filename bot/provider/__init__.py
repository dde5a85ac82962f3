"""The image service: what it must do for us, and PiAPI doing it. Imports nothing else of ours."""

from bot.provider.download import PictureDownload
from bot.provider.errors import (
    Busy,
    KeyRefused,
    NoCredit,
    NotSubmitted,
    OutcomeUnknown,
    PictureForbidden,
    PictureGone,
    PictureNotFetched,
    PictureUnreachable,
    ProviderError,
    ReadFailed,
    RequestRefused,
    TaskMissing,
    Unreachable,
)
from bot.provider.models import MODELS, OPTIONS, Mismatch, Model, pick_chosen
from bot.provider.piapi import PiAPI, Timeouts
from bot.provider.protocol import Account, Callback, FailureKind, Order, Provider, Task, TaskState
from bot.provider.watched import Watched
from bot.provider.wire import parse_callback
from bot.provider.words import format_for_log

__all__ = [
    "MODELS",
    "OPTIONS",
    "Account",
    "Busy",
    "Callback",
    "FailureKind",
    "KeyRefused",
    "Mismatch",
    "Model",
    "NoCredit",
    "NotSubmitted",
    "Order",
    "OutcomeUnknown",
    "PiAPI",
    "PictureDownload",
    "PictureForbidden",
    "PictureGone",
    "PictureNotFetched",
    "PictureUnreachable",
    "Provider",
    "ProviderError",
    "ReadFailed",
    "RequestRefused",
    "Task",
    "TaskMissing",
    "TaskState",
    "Timeouts",
    "Unreachable",
    "Watched",
    "format_for_log",
    "parse_callback",
    "pick_chosen",
]
