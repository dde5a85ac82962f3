"""Promises of the download: what is fetched, from where, and what it may cost us."""

from __future__ import annotations

import asyncio
import gzip
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from bot.provider import PictureDownload, PictureForbidden, PictureGone, PictureNotFetched, PictureUnreachable
from bot.provider import download as download_module
from bot.provider.download import DownloadLimits, _parse_place, is_public
from tests.provider.conftest import StandIn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.provider.conftest import Act

PNG = b"\x89PNG\r\n\x1a\n" + b"p" * 92
LIMITS = DownloadLimits(most_bytes=200_000)
HASTY = DownloadLimits(seconds=0.2)
LOOPBACK = ["127.0.0.1"]


class Names(AbstractResolver):
    """The DNS of a test: every name means the same few addresses."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Answer for any name."""
        self.asked.append(host)
        if not self.addresses:
            raise OSError(None, "no such name")
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in self.addresses
        ]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def names() -> Names:
    """No name is known until a test says so."""
    return Names()


@pytest.fixture
async def download(stand_in: StandIn, names: Names) -> AsyncIterator[PictureDownload]:
    """A download that trusts the stand-in's origin and has small limits."""
    async with PictureDownload(base_url=stand_in.url, limits=LIMITS, resolver=names) as opened:
        yield opened


def picture(data: bytes = PNG, **headers: str) -> Act:
    """Answer with a picture."""
    return StandIn.answers(200, data, **({"Content_Type": "image/png"} | headers))


def redirect(location: str, status: int = 302) -> Act:
    """Send the client elsewhere."""
    return StandIn.answers(status, b"", Location=location)


def chunks(count: int) -> bytes:
    """A body of no declared length, 64 KiB a chunk."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + (b"10000\r\n" + b"p" * 0x10000 + b"\r\n") * count + b"0\r\n\r\n"


# -- what is fetched -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["image/png", "image/webp; q=1", "application/octet-stream", ""])
async def test_picture_is_fetched(download: PictureDownload, stand_in: StandIn, kind: str) -> None:
    """The bytes as they are; a store that says nothing of their type is believed."""
    stand_in.plays(picture(Content_Type=kind))
    assert await download.fetch(f"{stand_in.url}/temp/1.png") == PNG
    assert [asked.line for asked in stand_in.asked] == ["GET /temp/1.png"]


async def test_nothing_of_ours_goes_along(download: PictureDownload, stand_in: StandIn) -> None:
    """No key, and no cookie of an earlier answer."""
    stand_in.plays(picture(Set_Cookie="who=you; Path=/"))
    await download.fetch(f"{stand_in.url}/1.png")
    await download.fetch(f"{stand_in.url}/2.png")
    for asked in stand_in.asked:
        assert asked.headers.keys() <= {"host", "accept", "accept-encoding", "user-agent", "connection"}


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_expired_address(download: PictureDownload, stand_in: StandIn, status: int) -> None:
    """An address that has run out will not come back."""
    stand_in.plays(StandIn.answers(status, b"<Error>"))
    with pytest.raises(PictureGone):
        await download.fetch(f"{stand_in.url}/1.png")


CUT = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 1000\r\n\r\n" + PNG

FAULTS: dict[str, tuple[Act, type[PictureNotFetched]]] = {
    "server error": (StandIn.answers(500, b"", Content_Type="image/png"), PictureUnreachable),
    "busy": (StandIn.answers(429, b"", Content_Type="image/png"), PictureUnreachable),
    "redirect to nowhere": (StandIn.answers(302, b""), PictureUnreachable),
    "not modified": (StandIn.sends(b"HTTP/1.1 304 Not Modified\r\n\r\n"), PictureUnreachable),
    "empty": (picture(b""), PictureUnreachable),
    "web page": (picture(b"<html>", Content_Type="text/html; charset=utf-8"), PictureForbidden),
    "film": (picture(Content_Type="video/mp4"), PictureForbidden),
    "declared too large": (StandIn.falls_silent(CUT.replace(b"1000", b"200001")), PictureForbidden),
    "too large by chunks": (StandIn.sends(chunks(4)), PictureForbidden),
    "shorter than declared": (StandIn.sends(CUT), PictureUnreachable),
    "hung up": (StandIn.hangs_up, PictureUnreachable),
    "not HTTP": (StandIn.sends(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), PictureUnreachable),
    "not the encoding it says": (picture(Content_Encoding="gzip"), PictureUnreachable),
}


@pytest.mark.parametrize(("act", "expected"), FAULTS.values(), ids=FAULTS)
async def test_faults(
    download: PictureDownload, stand_in: StandIn, act: Act, expected: type[PictureNotFetched]
) -> None:
    """What may be better later is told apart from what we will never take."""
    stand_in.plays(act)
    with pytest.raises(PictureNotFetched) as caught:
        await download.fetch(f"{stand_in.url}/1.png")
    assert type(caught.value) is expected, caught.value


async def test_limit_itself_is_allowed(download: PictureDownload, stand_in: StandIn) -> None:
    """A picture of exactly the most bytes is taken, one of a byte more is not, however it is declared."""
    stand_in.plays(picture(b"p" * LIMITS.most_bytes), picture(b"p" * (LIMITS.most_bytes + 1)))
    assert len(await download.fetch(f"{stand_in.url}/1.png")) == LIMITS.most_bytes
    with pytest.raises(PictureForbidden):
        await download.fetch(f"{stand_in.url}/2.png")


async def test_more_than_declared(download: PictureDownload, stand_in: StandIn) -> None:
    """What comes after the declared length is never part of the picture."""
    stand_in.plays(StandIn.sends(CUT.replace(b"1000", b"8")))
    with suppress(PictureUnreachable):
        assert await download.fetch(f"{stand_in.url}/1.png") == PNG[:8]


async def test_bomb(download: PictureDownload, stand_in: StandIn) -> None:
    """What counts is the size in our memory, not on the wire."""
    stand_in.plays(picture(gzip.compress(b"p" * 10_000_000), Content_Encoding="gzip"))
    with pytest.raises(PictureForbidden):
        await download.fetch(f"{stand_in.url}/1.png")


# -- redirects -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed(download: PictureDownload, stand_in: StandIn, status: int) -> None:
    """Within the origin, up to three of them, relative ones too."""
    stand_in.plays(redirect("/b", status), redirect(f"{stand_in.url}/c", status), redirect("d", status), picture())
    assert await download.fetch(f"{stand_in.url}/a") == PNG
    assert [asked.line for asked in stand_in.asked] == ["GET /a", "GET /b", "GET /c", "GET /d"]


async def test_redirects_end(download: PictureDownload, stand_in: StandIn) -> None:
    """A circle is left after the third redirect."""
    stand_in.plays(redirect("/a"))
    with pytest.raises(PictureForbidden, match="too many redirects"):
        await download.fetch(f"{stand_in.url}/a")
    assert len(stand_in.asked) == 4


@pytest.mark.parametrize("act", [StandIn.falls_silent(), StandIn.falls_silent(CUT)], ids=["at once", "half-way"])
async def test_one_clock_for_the_whole_way(stand_in: StandIn, act: Act) -> None:
    """Who does not answer is left alone in time, and a redirect does not buy more of it."""
    stand_in.plays(redirect("/b"), act)
    async with PictureDownload(base_url=stand_in.url, limits=HASTY) as hasty, asyncio.timeout(HASTY.seconds * 20):
        with pytest.raises(PictureUnreachable):
            await hasty.fetch(f"{stand_in.url}/a")


PRIVATE = [
    "http://127.0.0.1:{port}/1.png",
    "https://127.0.0.1:{port}/1.png",
    "https://localhost:{port}/1.png",
    "https://[::1]:{port}/1.png",
    "https://[::ffff:127.0.0.1]:{port}/1.png",
    "https://2130706433:{port}/1.png",
    "https://0x7f000001:{port}/1.png",
    "https://127.1:{port}/1.png",
    "https://0.0.0.0:{port}/1.png",
    "https://name.example:{port}/1.png",
    "http://169.254.169.254/latest/meta-data/",
    "https://169.254.169.254/latest/meta-data/",
    "https://10.0.0.1/",
    "https://[fe80::1]/",
    "//169.254.169.254/latest/meta-data/",
    "http://pictures.example/1.png",
    "ftp://pictures.example/1.png",
    "file:///etc/passwd",
    "data:image/png;base64,AAAA",
    "https://user:password@pictures.example/1.png",
    "https://:@pictures.example/1.png",
    "https://",
    "https:///1.png",
]


@pytest.mark.parametrize("place", PRIVATE)
async def test_redirect_into_the_house(
    download: PictureDownload, stand_in: StandIn, bystander: StandIn, names: Names, place: str
) -> None:
    """Even the service's own host cannot send us to this machine, its network or its cloud: nobody is even dialled."""
    names.addresses = LOOPBACK
    port = bystander.url.rpartition(":")[2]
    stand_in.plays(redirect(place.format(port=port)))
    with pytest.raises(PictureForbidden):
        await download.fetch(f"{stand_in.url}/1.png")
    assert len(stand_in.asked) == 1
    assert bystander.connections == 0


@pytest.mark.parametrize("place", PRIVATE)
async def test_address_in_the_house(
    download: PictureDownload, stand_in: StandIn, bystander: StandIn, names: Names, place: str
) -> None:
    """The same for an address that comes straight out of an answer."""
    names.addresses = LOOPBACK
    with pytest.raises(PictureForbidden):
        await download.fetch(place.format(port=bystander.url.rpartition(":")[2]))
    assert (stand_in.connections, bystander.connections) == (0, 0)


async def test_way_back_is_not_trusted(
    download: PictureDownload, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A public host cannot use our trust in the origin: the way through it goes on by the public door."""
    home, elsewhere = URL(f"{stand_in.url}/1.png"), URL("https://pictures.example/1.png")
    visits: list[tuple[URL, bool]] = []

    async def visit(_: PictureDownload, place: URL, *, at_origin: bool) -> bytes | URL:
        visits.append((place, at_origin))
        return {1: elsewhere, 2: home}.get(len(visits), PNG)

    with monkeypatch.context() as patched:
        patched.setattr(PictureDownload, "_visit", visit)
        await download.fetch(str(home))
    assert visits == [(home, True), (elsewhere, False), (home, False)]
    with pytest.raises(PictureForbidden):  # and that door is closed to it
        await download._visit(home, at_origin=False)
    assert stand_in.connections == 0


async def test_no_credentials(download: PictureDownload, stand_in: StandIn) -> None:
    """An address with a user in it is somebody's login, or a trick: not even the origin is asked."""
    with pytest.raises(PictureForbidden):
        await download.fetch(stand_in.url.replace("://", "://user:password@"))
    assert stand_in.connections == 0


@pytest.mark.parametrize(
    "other", ["https://{host}", "http://localhost:{port}", "http://{host}:1", "http://{host}.example"]
)
async def test_origin_is_scheme_host_and_port(download: PictureDownload, stand_in: StandIn, other: str) -> None:
    """What only resembles the origin is not it."""
    own = URL(stand_in.url)
    with pytest.raises(PictureNotFetched):
        await download.fetch(other.format(host=own.host, port=own.port) + "/1.png")
    assert stand_in.connections == 0


# -- names and addresses ---------------------------------------------------------------------------------------


async def test_name_is_judged_by_where_it_leads(
    download: PictureDownload, bystander: StandIn, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the gate that refuses: with it open, the same name does reach the neighbour (who has no TLS to offer)."""
    names.addresses = ["127.0.0.1", "::1", "10.0.0.1"]
    bystander.deaf = True
    place = f"https://pictures.example:{bystander.url.rpartition(':')[2]}/1.png"
    with pytest.raises(PictureForbidden, match="not a public address"):
        await download.fetch(place)
    assert (names.asked, bystander.connections) == (["pictures.example"], 0)
    monkeypatch.setattr(download_module, "is_public", lambda address: address == "127.0.0.1")
    with pytest.raises(PictureUnreachable):
        await download.fetch(place)
    assert bystander.connections > 0


async def test_unknown_name(download: PictureDownload, names: Names) -> None:
    """A name may be known again later."""
    names.addresses = []
    with pytest.raises(PictureUnreachable):
        await download.fetch("https://pictures.example/1.png")


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".example", "[::1", "[1.2.3.4]", "127.0.0.1."])
async def test_impossible_name(host: str) -> None:
    """Whatever stands where a host should be, the error is one of ours: here with the system's own resolver."""
    async with PictureDownload(base_url="https://api.example", limits=LIMITS) as opened:
        with pytest.raises(PictureNotFetched):
            await opened.fetch(f"https://{host}/1.png")


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104 (not bound to: refused)
        "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "192.0.0.8",
        "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
        "255.255.255.255",
        "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:808::",
        "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1",
        "", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1",
    ],
)  # fmt: skip
def test_not_public(address: str) -> None:
    """Everything that is, or may lead to, this machine, its network, a tunnel or many hosts at once."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "104.16.0.1", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public(address: str) -> None:
    """The rest of the world, also as seen from a network that has IPv6 only."""
    assert is_public(address)


@settings(deadline=None, derandomize=True)
@given(st.text() | st.text().map("https://{}".format) | st.ip_addresses().map(str))
def test_no_address_surprises(text: str) -> None:
    """Any text is a web address with a host, or refused."""
    is_public(text)
    with suppress(PictureForbidden):
        place = _parse_place(text)
        assert place.host
        assert place.user is place.password is None
        assert place.scheme in ("http", "https")
