"""The row of the table ``answers``: one answer to a question for a MAC."""

from __future__ import annotations

from array import array

from msgspec import Struct

from pcapcheck.brief import Brief
from pcapcheck.capture.record import AddressOf
from pcapcheck.decode.frame_group import absent
from pcapcheck.exchanges import resolving_layout as layout
from pcapcheck.exchanges.arp_row import OUTCOMES, PROTOCOLS, time_of


class AnswerRow(Brief, Struct):
    """One answer to a resolution; ``reply_mac`` is the MAC in it, ``reply_eth_src`` the sender of its frame.

    ``group`` is the asker's frame group; ``latency`` counts nanoseconds from the latest request before it.
    """

    group: int
    family: int
    asker_ip: int
    asker_mac: int | None
    target: int
    number: int
    time: int | None
    latency: int | None
    reply_mac: int | None
    reply_eth_src: int | None

    @property
    def outcome(self) -> str:
        return OUTCOMES[layout.ANSWERED]

    @property
    def protocol(self) -> str:
        return PROTOCOLS[self.family]

    @property
    def frames(self) -> list[int]:
        return [self.number]


def answer_row(rows: array[int], start: int, address_of: AddressOf) -> AnswerRow:
    """The answer whose numbers (``resolving_layout``) begin at ``start``."""
    return AnswerRow(
        group=rows[start + layout.ANSWER_GROUP],
        family=rows[start + layout.ANSWER_FAMILY],
        asker_ip=address_of(rows[start + layout.ANSWER_ASKER_HIGH], rows[start + layout.ANSWER_ASKER_LOW]),
        asker_mac=absent(rows[start + layout.ANSWER_ASKER_MAC]),
        target=address_of(rows[start + layout.ANSWER_TARGET_HIGH], rows[start + layout.ANSWER_TARGET_LOW]),
        number=rows[start + layout.ANSWER_NUMBER],
        time=time_of(rows[start + layout.ANSWER_TIME]),
        latency=absent(rows[start + layout.ANSWER_LATENCY]),
        reply_mac=absent(rows[start + layout.ANSWER_REPLY_MAC]),
        reply_eth_src=absent(rows[start + layout.ANSWER_REPLY_ETH_SRC]),
    )
