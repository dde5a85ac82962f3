"""What a picture's file says besides its pixels, said anew without decoding them: JPEG, PNG and WebP.

Only what it takes to show the picture stays: pixels, palette, transparency, color, resolution, frames. All the rest
goes, because it may say anything about anybody: EXIF, XMP, IPTC, text, comments, what stands behind the picture's end,
and credentials (C2PA), which no longer hold once a byte of their file has changed.

The same labels make the same bytes, also of a file that has them already.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class Labels:
    """What a file is to say: an XMP packet, and EXIF (from its byte order on) where it must be turned to be upright."""

    xmp: bytes
    exif: bytes = b""


def relabel(data: bytes, media_type: str, labels: Labels) -> bytes:
    """The same picture with these labels and no others. Raises what is `UNDECODABLE` where it cannot be done."""
    if media_type not in _RELABEL:
        raise ValueError(f"no labels for {media_type}")
    return _RELABEL[media_type](data, labels)


# -- JPEG: segments, numbers big-endian (ITU-T T.81, annex B) ----------------------------------------------------

_SOI, _SOS, _EOI, _COM = b"\xff\xd8", 0xDA, 0xD9, 0xFE
_APP0, _APP1 = 0xE0, 0xE1
_APPS = range(0xE0, 0xF0)
_SHOWING_APPS = {_APP0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
_MARKER = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])")
"""Amid the pixels too, where 0xFF is followed by zero or a restart unless it ends them."""


def _relabel_jpeg(data: bytes, labels: Labels) -> bytes:
    segments = [(kind, segment) for kind, segment in _split_jpeg(data) if _shows(kind, segment)]
    jfif = [segment for kind, segment in segments if kind == _APP0]  # which has to come first
    others = [segment for kind, segment in segments if kind != _APP0]
    ours = [_segment(b"Exif\0\0" + labels.exif)] if labels.exif else []
    ours.append(_segment(b"http://ns.adobe.com/xap/1.0/\0" + labels.xmp))
    return b"".join([_SOI, *jfif, *ours, *others])


def _split_jpeg(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each segment with its marker, a scan with its pixels, until the picture ends."""
    position, kind = len(_SOI), 0
    while position < len(data) and kind != _EOI:
        marker = _MARKER.match(data, position)
        if marker is None:
            raise ValueError(f"no JPEG segment at {position}")
        kind, end = marker[1][0], marker.end()
        if kind != _EOI:
            end += int.from_bytes(data[end : end + 2], "big")
        if kind == _SOS:
            after = _MARKER.search(data, end)
            end = len(data) if after is None else after.start()
        yield kind, data[marker.end() - 2 : end]
        position = end


def _shows(kind: int, segment: bytes) -> bool:
    if kind in _APPS:
        return kind in _SHOWING_APPS and segment[4:].startswith(_SHOWING_APPS[kind])
    return kind != _COM


def _segment(content: bytes) -> bytes:
    return bytes([0xFF, _APP1]) + (len(content) + 2).to_bytes(2, "big") + content


# -- PNG: chunks, numbers big-endian (https://www.w3.org/TR/png-3/#5Chunk-layout) ---------------------------------

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SHOWING_CHUNKS = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT acTL fcTL fdAT".split()
)
_XMP_KEYWORD = b"XML:com.adobe.xmp\0" + b"\0\0\0\0"
"""Then: not compressed, by no method, in no language, translated to nothing."""


def _relabel_png(data: bytes, labels: Labels) -> bytes:
    header, *others = (chunk for kind, chunk in _split_png(data) if kind in _SHOWING_CHUNKS)
    ours = [_chunk(b"iTXt", _XMP_KEYWORD + labels.xmp)]
    if labels.exif:
        ours.append(_chunk(b"eXIf", labels.exif))
    return b"".join([_SIGNATURE, header, *ours, *others])


def _split_png(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk whole, by its name, until the picture ends."""
    position, kind = len(_SIGNATURE), b""
    while position < len(data) and kind != b"IEND":
        kind, end = (
            data[position + 4 : position + 8],
            position + 12 + int.from_bytes(data[position : position + 4], "big"),
        )
        yield kind, data[position:end]
        position = end


def _chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


# -- WebP: chunks, numbers little-endian (RFC 9649, section 2) ----------------------------------------------------

_ALPHA, _EXIF, _XMP = 0x10, 0x08, 0x04
_SHOWING_PARTS = frozenset({b"ICCP", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L"})


def _relabel_webp(data: bytes, labels: Labels) -> bytes:
    parts = list(_split_webp(data))
    flags, canvas = _canvas(*parts[0])
    flags = flags & ~_EXIF | _XMP | (_EXIF if labels.exif else 0)
    chunks = [_part(b"VP8X", bytes([flags, 0, 0, 0]) + canvas)]
    chunks += [_part(kind, content) for kind, content in parts if kind in _SHOWING_PARTS]
    chunks += [_part(b"EXIF", labels.exif)] if labels.exif else []
    content = b"WEBP" + b"".join([*chunks, _part(b"XMP ", labels.xmp)])
    return _part(b"RIFF", content)


def _split_webp(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """What each chunk holds, by its name, as far as the file says that it goes."""
    position, end = 12, min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    while position < end:
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        yield data[position : position + 4], data[position + 8 : min(end, position + 8 + size)]
        position += 8 + size + size % 2


def _canvas(kind: bytes, content: bytes) -> tuple[int, bytes]:
    """The flags of an extended file, and its size as it is written there: three bytes a side, less one."""
    if kind == b"VP8X":
        return content[0], content[4:10]
    if kind == b"VP8L":
        bits = int.from_bytes(content[1:5], "little")
        flags, width, height = _ALPHA if bits >> 28 & 1 else 0, bits & 0x3FFF, bits >> 14 & 0x3FFF
    elif kind == b"VP8 ":
        width, height = (int.from_bytes(content[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        flags, width, height = 0, width - 1, height - 1
    else:
        raise ValueError(f"a WebP that begins with {kind!r}")
    return flags, width.to_bytes(3, "little") + height.to_bytes(3, "little")


def _part(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


_RELABEL: dict[str, Callable[[bytes, Labels], bytes]] = {
    "image/jpeg": _relabel_jpeg,
    "image/png": _relabel_png,
    "image/webp": _relabel_webp,
}
