"""The packet of a referral as PDF/A-3: made from its JSON alone, which is attached to it.

The same JSON gives the same bytes: fonts are our own, the date is that of the draft, nothing of the machine
comes in.
"""

from datetime import datetime
from importlib import resources
from typing import Any

import msgspec
import typst

from tenfold.store import holds
from tenfold.threats import packet_blocks
from tenfold.threats.packet import words_of


def render(text: str) -> bytes:
    """The PDF of a packet, given as canonical JSON."""
    packet: dict[str, Any] = msgspec.json.decode(text)
    words = words_of(packet)
    drafted = datetime.fromisoformat(packet["drafted"]["at"])
    page = {
        "title": words.say("packet.title"),
        "language": words.language,
        "direction": words.direction,
        "date": [drafted.year, drafted.month, drafted.day, drafted.hour, drafted.minute, drafted.second],
        "draft": None if packet["approved"] else words.say("packet.draft"),
        "foot": words.say("packet.foot", referral=packet["referral"], threat=packet["threat"]),
        "digest": f"referral.json SHA-256 {holds.digest(text)}",
        "page": words.messages["packet.page"],
        "blocks": packet_blocks.blocks(packet, words),
    }
    with (
        resources.as_file(resources.files("tenfold.threats") / "packet.typ") as template,
        resources.as_file(resources.files("tenfold.threats") / "fonts") as fonts,
    ):
        made = typst.compile(
            template,
            font_paths=[fonts],
            ignore_system_fonts=True,
            sys_inputs={"data": msgspec.json.encode(page).decode(), "packet": text},
            pdf_standards="a-3b",
        )
    assert isinstance(made, bytes)
    return made
