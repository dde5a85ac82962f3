"""What a picture's file says about where it comes from, read as a stranger would."""

from __future__ import annotations

from io import BytesIO
from xml.etree import ElementTree as ET

from PIL import Image

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def read_fields(data: bytes) -> dict[str, str]:
    """Every property of the XMP packet in a picture, by namespace and name; none if it has no packet."""
    packet = Image.open(BytesIO(data)).info.get("xmp")
    if packet is None:
        return {}
    (described,) = ET.fromstring(packet).iter(f"{RDF}Description")  # noqa: S314 (our own)
    return {each.tag.strip("{").replace("}", ""): str(each.text) for each in described}
