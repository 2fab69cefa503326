"""The row of the table ``answers``: one answer to a question for a MAC."""

from __future__ import annotations

from dataclasses import dataclass

from pcapcheck.exchanges.arp_message import ArpMessage
from pcapcheck.exchanges.arp_row import ArpRow


@dataclass(slots=True)
class AnswerRow:
    """One answer to a resolution; ``reply_mac`` is the MAC in it, ``reply_eth_src`` the sender of its frame."""

    resolution: ArpRow
    message: ArpMessage
    latency: int | None

    @property
    def number(self) -> int:
        return self.message.number

    @property
    def time(self) -> int | None:
        return self.message.time

    @property
    def reply_mac(self) -> int | None:
        return self.message.sender_mac

    @property
    def reply_eth_src(self) -> int | None:
        return self.message.eth_src

    @property
    def group(self) -> int:
        return self.resolution.group

    @property
    def outcome(self) -> str:
        return "answered"

    @property
    def family(self) -> int:
        return self.resolution.family

    @property
    def protocol(self) -> str:
        return self.resolution.protocol

    @property
    def asker_ip(self) -> int:
        return self.resolution.asker_ip

    @property
    def asker_mac(self) -> int | None:
        return self.resolution.asker_mac

    @property
    def target(self) -> int:
        return self.resolution.target

    @property
    def frames(self) -> list[int]:
        return [self.number]
