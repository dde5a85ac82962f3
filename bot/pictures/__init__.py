"""Untrusted bytes become a checked, upright, stripped picture; results become something Discord will take."""

from bot.pictures.limits import PictureLimits, judge_declared
from bot.pictures.provenance import Provenance
from bot.pictures.result import PictureUnusable, Result
from bot.pictures.source import Source, SourceNote
from bot.pictures.studio import Studio

__all__ = [
    "PictureLimits",
    "PictureUnusable",
    "Provenance",
    "Result",
    "Source",
    "SourceNote",
    "Studio",
    "judge_declared",
]
