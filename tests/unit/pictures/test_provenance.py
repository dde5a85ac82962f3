"""What a finished picture says about where it comes from."""

from io import BytesIO

import pytest
from PIL import Image

from bot.pictures.decode import encode
from bot.pictures.provenance import Provenance, format_packet, read_packet
from tests.packets import read_fields

IPTC, PHOTOSHOP, XMP = (
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "http://ns.adobe.com/photoshop/1.0/",
    "http://ns.adobe.com/xap/1.0/",
)


@pytest.mark.parametrize("model", ["Qubico/flux1-schnell img2img", "a <b> & c", "花"])
def test_a_packet_says_four_things(model: str) -> None:
    """Type, model, job and tool under the names that IPTC and Adobe gave them, whatever a model is called."""
    data = encode(Image.new("RGB", (9, 9)), "PNG")
    packet = format_packet(Provenance(1234567890123456789, model))
    assert read_fields(encode(Image.open(BytesIO(data)), "JPEG", xmp=packet)) == {
        f"{IPTC}DigitalSourceType": (
            "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
        ),
        f"{IPTC}AISystemUsed": model,
        f"{PHOTOSHOP}TransmissionReference": "1234567890123456789",
        f"{XMP}CreatorTool": "Repaint",
    }
    assert packet == format_packet(Provenance(1234567890123456789, model))


@pytest.mark.parametrize("file_format", ["JPEG", "WEBP"])
def test_only_our_own_packet_is_read(file_format: str) -> None:
    """What others wrote may say anything."""
    packet = format_packet(Provenance(1, "a model"))
    picture = Image.new("RGB", (9, 9))

    def reread(xmp: bytes) -> bytes:
        return read_packet(Image.open(BytesIO(encode(picture, file_format, xmp=xmp))))

    assert reread(packet) == packet
    assert reread(b"<x:xmpmeta>theirs</x:xmpmeta>") == reread(b"") == b""
