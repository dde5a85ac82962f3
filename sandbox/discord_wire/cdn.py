"""The CDN: files under signed addresses that run out, in bounded memory.

https://discord.com/developers/docs/reference#signed-attachment-cdn-urls
"""

from __future__ import annotations

import hashlib
import hmac
import io
import mimetypes
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from aiohttp import web
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

URL_SECONDS = 86_400
MEASURED = ("PNG", "JPEG", "GIF", "WEBP", "AVIF")
NOT_HERE = "This content is no longer available."


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it is known. Its bytes may have been forgotten; size and hash are not."""

    id: int
    name: str
    path: str
    size: int
    sha256: str
    content_type: str
    width: int | None
    height: int | None
    description: str | None = None
    ephemeral: bool = False


class Files:
    """Keeps files and makes their addresses. `address` is the stand-in's own, once it is known."""

    def __init__(self, clock: Callable[[], float], make_id: Callable[[], int], kept_bytes: int) -> None:
        self.address = ""
        self.forgotten = 0
        self._clock = clock
        self._make_id = make_id
        self._kept_bytes = kept_bytes
        self._held = 0
        self._data: OrderedDict[str, bytes] = OrderedDict()
        self._known: dict[str, StoredFile] = {}
        self._secret = secrets.token_bytes(32)

    def add(
        self, upload: Upload, folder: str, description: str | None = None, *, ephemeral: bool = False
    ) -> StoredFile:
        """Store a file below `folder`, such as `attachments/<channel>`. The oldest bytes make room."""
        file_id = self._make_id()
        path = f"/{folder}/{file_id}/{upload.name}"
        size = _measure(upload.data)
        kind = mimetypes.guess_type(upload.name)[0] or "application/octet-stream"
        sha256 = hashlib.sha256(upload.data).hexdigest()
        given = (file_id, upload.name, path, len(upload.data), sha256, kind, *size)
        stored = StoredFile(*given, description=description, ephemeral=ephemeral)
        self._known[path] = stored
        self._data[path] = upload.data
        self._held += len(upload.data)
        while self._held > self._kept_bytes:
            self._held -= len(self._data.popitem(last=False)[1])
        return stored

    def reload(self, file: StoredFile) -> Upload:
        """The file once more, as it came."""
        return Upload(file.name, self._data[file.path])

    def drop(self, path: str) -> None:
        """From now on nobody gets this file."""
        self._known.pop(path, None)
        self._held -= len(self._data.pop(path, b""))

    def clear(self) -> None:
        """Drop all."""
        self._known.clear()
        self._data.clear()
        self._held = 0

    def sign(self, path: str) -> str:
        """An address for a day."""
        issued = int(self._clock())
        expires, issues = f"{issued + URL_SECONDS:x}", f"{issued:x}"
        return f"{self.address}{quote(path)}?ex={expires}&is={issues}&hm={self._seal(path, expires, issues)}&"

    def _seal(self, path: str, expires: str, issued: str) -> str:
        return hmac.new(self._secret, f"{path}|{expires}|{issued}".encode(), hashlib.sha256).hexdigest()

    def _opens(self, path: str, query: dict[str, str]) -> bool:
        expires, issued = query.get("ex", ""), query.get("is", "")
        sealed = hmac.compare_digest(self._seal(path, expires, issued).encode(), query.get("hm", "").encode())
        return sealed and self._clock() < int(expires, 16)

    async def serve(self, request: web.Request) -> web.Response:
        """The file, to whoever has the whole address in time."""
        path = request.path
        known = self._known.get(path)
        if known is None or not self._opens(path, dict(request.query)):
            return web.Response(status=404, text=NOT_HERE)
        if path not in self._data:
            self.forgotten += 1
            return web.Response(status=501, text="the stand-in forgot these bytes: give it more kept_bytes")
        return web.Response(body=self._data[path], content_type=known.content_type)


def _measure(data: bytes) -> tuple[int | None, int | None]:
    """Width and height, where it is a picture: only its head is read."""
    try:
        with Image.open(io.BytesIO(data), formats=MEASURED) as picture:
            return picture.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None, None
