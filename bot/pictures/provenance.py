"""What a finished picture says about where it comes from, for machines: an XMP packet of four sentences.

It names the job, the model and that a generative model made the picture out of another one. Nothing in it leads to a
member but through us: who asked, and for what, only our rows know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from PIL.Image import Image

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's "Edited using Generative AI": every picture of ours is made out of one that a member brought.

Its neighbor `trainedAlgorithmicMedia` is for what was made out of words alone (https://cv.iptc.org/newscodes/digitalsourcetype/).
"""

TOOL = "Repaint"

_HEAD = (
    f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="{TOOL}">\n'
)
# "Job Id" and "AI System Used" of https://www.iptc.org/std/photometadata/specification/IPTC-PhotoMetadata (2025.1)
_BODY = """\
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/">
   <Iptc4xmpExt:DigitalSourceType>{source_type}</Iptc4xmpExt:DigitalSourceType>
   <Iptc4xmpExt:AISystemUsed>{model}</Iptc4xmpExt:AISystemUsed>
   <photoshop:TransmissionReference>{job_id}</photoshop:TransmissionReference>
   <xmp:CreatorTool>{tool}</xmp:CreatorTool>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a result comes from. `model` is as its maker calls it."""

    job_id: int
    model: str


def format_packet(provenance: Provenance) -> bytes:
    """The XMP packet, in UTF-8; the same for the same provenance."""
    body = _BODY.format(source_type=SOURCE_TYPE, model=escape(provenance.model), job_id=provenance.job_id, tool=TOOL)
    return (_HEAD + body).encode()


def read_packet(picture: Image) -> bytes:
    """The packet that we wrote into a picture, empty if there is none. Anybody else's is not repeated."""
    packet = picture.info.get("xmp", b"")
    return packet if isinstance(packet, bytes) and packet.startswith(_HEAD.encode()) else b""
