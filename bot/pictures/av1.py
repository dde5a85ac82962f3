"""How large a picture an AVIF makes its decoder build. Its AV1 says that, whatever the file around it claims.

Before decoding nothing is known but the file's own words; and what was decoded is scaled until it fits them. So a few
kB that call themselves a thumbnail can take gigabytes. Read here is only what it takes to find that out: boxes (ISO/IEC
14496-12), the places of items and of the first sample of each track, and the headers of their AV1
(https://aomediacodec.github.io/av1-spec/#sequence-header-obu-syntax). What does not fit raises what is `UNDECODABLE`.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_PARTS = 1000
"""Of a file, and of one picture in it. A grid has a hundred, an ordinary picture three."""
SEQUENCE_HEADER = 1
HAS_TIER = 8
"""Levels from here on say which tier they are of."""

_ONCE = {b"iinf", b"iloc", b"idat", b"stsd", b"stsz", b"stco", b"co64"}

Place = tuple[int, int]
"""Where bytes begin and end."""
Places = tuple[Place, ...]


def count_pixels(data: bytes) -> int:
    """The largest area that any AV1 in this file can ask a decoder for."""
    pictures = {*_find_items(data), *_find_samples(data)}
    if not 0 < len(pictures) <= MOST_PARTS:
        raise ValueError(f"an AVIF of {len(pictures)} pictures")
    if sum(end - start for places in pictures for start, end in places) > len(data):
        raise ValueError("an AVIF whose pictures overlap")
    return max(_measure(b"".join(data[start:end] for start, end in places)) for places in pictures)


class _Bits:
    """Numbers from the bytes at a place, bit by bit."""

    def __init__(self, data: bytes, place: Place) -> None:
        self._data = data
        self._position, self._end = (8 * byte for byte in place)

    def take(self, bits: int) -> int:
        """The next number of so many bits. Raises `EOFError`."""
        begin, self._position = self._position, self._position + bits
        if self._position > self._end:
            raise EOFError("an AVIF that ends too early")
        last = -(-self._position // 8)
        number = int.from_bytes(self._data[begin // 8 : last], "big") >> (8 * last - self._position)
        return number & ((1 << bits) - 1)


# -- where the AV1 is --------------------------------------------------------------------------------------------


def _split(data: bytes, place: Place) -> Iterator[tuple[bytes, Place]]:
    """Each box by its name, with the place of what it holds."""
    start, end = place
    found = 0
    while start < end:
        begin, size = start + 8, int.from_bytes(data[start : start + 4], "big")
        if size == 1:
            begin, size = start + 16, int.from_bytes(data[start + 8 : start + 16], "big")
        stop = end if size == 0 else start + size
        found += 1
        if not begin <= stop <= end or found > MOST_PARTS:
            raise ValueError(f"a box of {size} bytes at {start}")
        yield data[start + 4 : start + 8], (begin, stop)
        start = stop


def _open(data: bytes, *path: bytes) -> list[Place]:
    """What the boxes at the end of a path of names hold."""
    places = [(0, len(data))]
    for name in path:
        places = [inner for place in places for found, inner in _split(data, place) if found == name]
    return places


def _skip(place: Place, length: int = 4) -> Place:
    """The place without its beginning: the version and flags that many boxes begin with."""
    return place[0] + length, place[1]


def _find_items(data: bytes) -> Iterator[Places]:
    for meta in _open(data, b"meta"):
        boxes = _collect(data, _skip(meta))
        pictures = set(_list_pictures(data, boxes[b"iinf"]))
        located = _locate(data, boxes[b"iloc"], boxes.get(b"idat", (0, 0)))
        yield from (places for number, places in located if number in pictures)


def _collect(data: bytes, place: Place) -> dict[bytes, Place]:
    """What each box holds, by its name. Of none that matters there are two: who knows which one a decoder takes."""
    boxes = [(name, inner) for name, inner in _split(data, place) if name in _ONCE]
    if len(dict(boxes)) < len(boxes) or {name for name, _ in boxes} >= {b"stco", b"co64"}:
        raise ValueError("an AVIF that says the same thing twice")
    return dict(boxes)


def _list_pictures(data: bytes, place: Place) -> Iterator[int]:
    """The numbers of the items that are AV1."""
    wide = data[place[0]] > 0
    for name, entry in _split(data, _skip(place, 8 if wide else 6)):
        bits = _Bits(data, entry)
        version, _ = bits.take(8), bits.take(24)
        number, _, kind = bits.take(32 if version > 2 else 16), bits.take(16), bits.take(32)  # noqa: PLR2004
        if name == b"infe" and kind.to_bytes(4, "big") == b"av01":
            yield number


def _locate(data: bytes, place: Place, inside: Place) -> Iterator[tuple[int, Places]]:
    """Each item's number, with where its bytes are: in the file, or in the box that is `inside` the metadata."""
    bits = _Bits(data, place)
    version, _ = bits.take(8), bits.take(24)
    offset, length, base, index = (8 * bits.take(4) for _ in range(4))
    items = bits.take(32 if version > 1 else 16)
    if items > MOST_PARTS:
        raise ValueError(f"an AVIF of {items} items")
    for _ in range(items):
        number, method = bits.take(32 if version > 1 else 16), bits.take(16) & 15 if version else 0
        _, first, count = bits.take(16), bits.take(base), bits.take(16)
        if method > 1 or count > MOST_PARTS:
            raise ValueError("an item that is nowhere")
        start, end = inside if method else (0, len(data))
        places = []
        for _ in range(count):
            _, begin = bits.take(index if version else 0), start + first + bits.take(offset)
            size = bits.take(length)
            places.append((begin, begin + size if size else end))
        if any(not start <= one[0] <= one[1] <= end for one in places):
            raise ValueError("an item beyond the end")
        yield number, tuple(places)


def _find_samples(data: bytes) -> Iterator[Places]:
    """The first sample of each track that is AV1: no other one is ever decoded."""
    for table in _open(data, b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        boxes = _collect(data, table)
        if b"av01" not in (name for name, _ in _split(data, _skip(boxes[b"stsd"], 8))):
            continue
        wide = b"co64" in boxes
        start = _Bits(data, _skip(boxes[b"co64" if wide else b"stco"], 8)).take(64 if wide else 32)
        sizes = _Bits(data, _skip(boxes[b"stsz"]))
        size, _ = sizes.take(32), sizes.take(32)
        end = start + (size or sizes.take(32))
        if end > len(data):
            raise ValueError("a sample beyond the end")
        yield ((start, end),)


# -- what it says ------------------------------------------------------------------------------------------------


def _measure(stream: bytes) -> int:
    """The largest area that the frames of this AV1 can have."""
    areas = [_read_area(stream, place) for place in _find_headers(stream)]
    if not areas:
        raise ValueError("AV1 that does not say how large it is")
    return max(areas)


def _find_headers(stream: bytes) -> Iterator[Place]:
    parts = list(islice(_split_av1(stream), MOST_PARTS + 1))
    if len(parts) > MOST_PARTS:
        raise ValueError("AV1 of far too many parts")
    return (place for kind, place in parts if kind == SEQUENCE_HEADER)


def _split_av1(stream: bytes) -> Iterator[tuple[int, Place]]:
    """Each part (OBU) by its kind, with the place of what it holds."""
    position = 0
    while position < len(stream):
        head = stream[position]
        position += 1 + (head >> 2 & 1)
        size = len(stream) - position
        if head >> 1 & 1:
            size, position = _read_size(stream, position)
        if not 0 <= size <= len(stream) - position:
            raise ValueError("AV1 that ends too early")
        yield head >> 3 & 15, (position, position + size)
        position += size


def _read_size(stream: bytes, position: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    size = 0
    for shift in range(0, 56, 7):
        byte = stream[position]
        size, position = size | (byte & 127) << shift, position + 1
        if byte < 128:  # noqa: PLR2004 (the last one)
            return size, position
    raise ValueError("AV1 with a size beyond all")


def _read_area(stream: bytes, place: Place) -> int:
    """The area in a sequence header. Where frames may have another size, whatever its number of bits can say.

    That is divided by four: bits that are enough for both sides of an honest picture are enough for twice of each.
    """
    bits = _Bits(stream, place)
    _, _, reduced = bits.take(3), bits.take(1), bits.take(1)
    if reduced:
        bits.take(5)
    else:
        _skip_operation(bits)
    across, down = bits.take(4) + 1, bits.take(4) + 1
    area = (bits.take(across) + 1) * (bits.take(down) + 1)
    return area if reduced else max(area, (1 << (across + down)) // 4)


def _skip_operation(bits: _Bits) -> None:
    """What a header says of times and levels before it comes to sizes."""
    delay_bits = 0
    if bits.take(1):  # timing
        bits.take(64)
        if bits.take(1):
            bits.take(_count_zeros(bits))
        if bits.take(1):  # the decoder's model
            delay_bits, _, _, _ = bits.take(5) + 1, bits.take(32), bits.take(5), bits.take(5)
    delayed = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) >= HAS_TIER:
            bits.take(1)
        if delay_bits and bits.take(1):
            bits.take(2 * delay_bits + 1)
        if delayed and bits.take(1):
            bits.take(4)


def _count_zeros(bits: _Bits) -> int:
    """How many come before the next one; of so many that decoders stop counting there is no honest use."""
    for zeros in range(32):
        if bits.take(1):
            return zeros
    raise ValueError("AV1 with a number beyond all")
