"""Fetches finished pictures from addresses that somebody else wrote down, within limits.

Two doors. The service's own origin (scheme, host and port of our base URL) was chosen by the operator and is
taken as it is, a stand-in on this machine included. Every other address must be https on the public
internet, which is checked at the last moment, on the very address that a socket is about to be opened to: no
name can resolve its way around it. A redirect never inherits trust: a way that has left the origin goes
through the public door to its end, also where it leads back to the origin.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any, Self

import aiohttp
from yarl import URL

from bot.provider.errors import PictureForbidden, PictureGone, PictureNotFetched, PictureUnreachable

if TYPE_CHECKING:
    from aiohttp.abc import AbstractResolver

REDIRECTS = frozenset({301, 302, 303, 307, 308})
GONE = frozenset({403, 404, 410})
"""A signed address that has run out answers 403 at most stores, 404 or 410 at the others."""

CHUNK_BYTES = 64 * 1024

# What `is_global` of some Python versions lets through. See iana.org/assignments/iana-ipv6-special-registry
_NOT_PUBLIC_V4 = tuple(map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24")))
_PUBLIC_V6 = IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class DownloadLimits:
    """What one download may take, redirects included."""

    most_bytes: int = 30 * 1024 * 1024
    seconds: float = 60
    most_redirects: int = 3


STANDARD_LIMITS = DownloadLimits()


class PictureDownload:
    """Downloads with sessions of its own, so that no key goes along. Close it, or use `async with`."""

    def __init__(
        self, *, base_url: str, limits: DownloadLimits = STANDARD_LIMITS, resolver: AbstractResolver | None = None
    ) -> None:
        """Must be made in a running event loop. `resolver` stays the caller's."""
        self._origin = URL(base_url).origin()
        self._limits = limits
        self._at_origin = _session(aiohttp.TCPConnector(resolver=resolver))
        self._in_public = _session(aiohttp.TCPConnector(resolver=resolver, socket_factory=_open_public_socket))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close both doors."""
        await self._at_origin.close()
        await self._in_public.close()

    async def fetch(self, url: str) -> bytes:
        """Download the bytes behind an address. Raises a `PictureNotFetched`."""
        try:
            async with asyncio.timeout(self._limits.seconds):
                return await self._follow(_parse_place(url))
        except (aiohttp.ClientError, OSError, UnicodeError) as error:  # UnicodeError: not even a name
            problem = _understand(error)
        raise problem

    async def _follow(self, place: URL) -> bytes:
        """Go from redirect to redirect until there is a picture."""
        at_origin = True
        for _ in range(self._limits.most_redirects + 1):
            at_origin = at_origin and place.origin() == self._origin
            found = await self._visit(place, at_origin=at_origin)
            if isinstance(found, bytes):
                return found
            place = found
        raise PictureForbidden("too many redirects")

    async def _visit(self, place: URL, *, at_origin: bool) -> bytes | URL:
        """Find at one address the picture, or the next address."""
        if not at_origin and place.scheme != "https":
            raise PictureForbidden(f"not https: {place.scheme}://{place.host}")
        session = self._at_origin if at_origin else self._in_public
        async with session.get(place, allow_redirects=False) as response:
            location = response.headers.get("Location")
            if location and response.status in REDIRECTS:
                return _parse_place(location, place)
            _check_head(response, self._limits.most_bytes)
            body = await read_at_most(response, self._limits.most_bytes)
        if body is None:
            raise PictureForbidden(f"more than {self._limits.most_bytes} bytes")
        if not body:
            raise PictureUnreachable("nothing in it")
        return body


async def read_at_most(response: aiohttp.ClientResponse, most_bytes: int) -> bytes | None:
    """Read the body, but no further than that: None if there is more."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        body += chunk
        if len(body) > most_bytes:
            return None
    return bytes(body)


def is_public(address: str) -> bool:
    """Whether an IP address is of the public internet, and not of this machine, its network or a tunnel."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or (IPv4Address(ip.packed[-4:]) if ip in _NAT64 else None)
        if inner is None:
            return ip in _PUBLIC_V6 and ip.is_global and not any(ip in network for network in _NOT_PUBLIC_V6)
        ip = inner
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NOT_PUBLIC_V4)


class _NotPublicError(OSError):
    """A connection to an address that is not public was about to be made."""


def _open_public_socket(address: tuple[Any, ...]) -> socket.socket:
    """Open a socket for aiohttp, which asks right before it connects, to one resolved or literal address."""
    family, kind, protocol, _, (host, *_) = address
    if not is_public(host):
        raise _NotPublicError("not a public address")  # one text for all: aiohappyeyeballs merges unequal ones
    return socket.socket(family, kind, protocol)


def _session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Accept": "image/*", "Accept-Encoding": "identity"},
        timeout=aiohttp.ClientTimeout(total=None),  # one clock for the whole way, redirects included
    )


def _parse_place(url: str, seen_at: URL | None = None) -> URL:
    """Parse an absolute web address without credentials. Raises `PictureForbidden`."""
    try:
        place = URL(url) if seen_at is None else seen_at.join(URL(url))
        host = place.host
    except ValueError:
        raise PictureForbidden("not an address") from None
    if not url or place.scheme not in ("http", "https") or not host or "@" in place.raw_authority:
        raise PictureForbidden("not a plain web address")
    return place


def _check_head(response: aiohttp.ClientResponse, most_bytes: int) -> None:
    """Refuse by status, type and declared length, before a byte of the body is read."""
    if response.status in GONE:
        raise PictureGone(f"answered {response.status}")
    if response.status != HTTPStatus.OK:
        raise PictureUnreachable(f"answered {response.status}")
    kind = response.content_type
    if not kind.startswith("image/") and kind != "application/octet-stream":
        raise PictureForbidden(f"not a picture: {kind[:100]}")
    if (response.content_length or 0) > most_bytes:
        raise PictureForbidden(f"{response.content_length} bytes")


def _understand(error: Exception) -> PictureNotFetched:
    """One of our errors for one of aiohttp's."""
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, _NotPublicError):
        return PictureForbidden("not a public address")
    if isinstance(error, aiohttp.InvalidURL):
        return PictureForbidden("not an address")
    return PictureUnreachable(f"{type(error).__name__}: {error}"[:500])
