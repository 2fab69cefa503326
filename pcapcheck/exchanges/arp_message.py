"""ARP and neighbour discovery packets, in the words of ARP (RFC 826, RFC 4861)."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.decode import frame_layout
from pcapcheck.decode.decoder import FrameBatch, absent
from pcapcheck.protocols import ARP_REPLY, ARP_REQUEST, NEIGHBOR_ADVERTISEMENT, NEIGHBOR_SOLICITATION
from pcapcheck.values import MAPPED

BROADCAST = 0xFFFFFFFFFFFF


@dataclass(slots=True)
class ArpMessage:
    """An ARP or neighbour discovery packet, in the words of ARP."""

    number: int
    time: int | None
    point: tuple[int, int | None]
    group: int
    family: int
    is_request: bool
    is_reply: bool
    sender_ip: int | None
    sender_mac: int | None
    target_ip: int | None
    target_mac: int | None
    eth_src: int | None
    unicast: bool | None
    is_announcement: bool = False
    # Read from a text, where a reply does not name the asker.
    printed: bool = False

    @property
    def is_probe(self) -> bool:
        """Whether the sender has no address: it asks whether the target is free, and claims nothing."""
        return self.sender_ip in (0, MAPPED)


def messages(batch: FrameBatch) -> Iterator[ArpMessage]:
    """The ARP and neighbour discovery packets among the rows of a batch."""
    for row, carries in enumerate(batch.field(frame_layout.CARRIES)):
        if carries == frame_layout.ARP:
            yield _arp(batch, row)
        elif carries == frame_layout.ND:
            message = _neighbour_discovery(batch, row)
            if message is not None:
                yield message


def _arp(batch: FrameBatch, row: int) -> ArpMessage:
    rows, capacity = batch.rows, batch.capacity

    def get(number: int) -> int | None:
        return absent(rows[number * capacity + row])

    opcode = get(frame_layout.ARP_OPCODE)
    sender_ip, target_ip = get(frame_layout.ARP_SRC_IP), get(frame_layout.ARP_DST_IP)
    sender_mac, target_mac = get(frame_layout.ARP_SRC_MAC), get(frame_layout.ARP_DST_MAC)
    printed = is_printed(rows, capacity, row)
    if printed:
        # Only text has names.
        sender_ip = None if sender_ip is None else batch.address_of(0, sender_ip)
        target_ip = None if target_ip is None else batch.address_of(0, target_ip)
    if printed and opcode == ARP_REQUEST and sender_mac is None:
        sender_mac = get(frame_layout.ETH_SRC)
    if printed and opcode == ARP_REPLY:
        target_mac = get(frame_layout.ETH_DST)
    # A reply to a host about that host's own address comes from proxy ARP; an announcement is meant for all.
    to_somebody = opcode == ARP_REPLY and target_mac not in (None, 0, BROADCAST, sender_mac)
    announcement = sender_ip is not None and sender_ip == target_ip and not to_somebody
    if printed and opcode == ARP_REPLY:
        announcement = target_mac == BROADCAST
    return ArpMessage(
        number=rows[frame_layout.NUMBER * capacity + row],
        time=time_of(rows[frame_layout.TIME * capacity + row]),
        point=(rows[frame_layout.INTERFACE * capacity + row], get(frame_layout.IFINDEX)),
        group=rows[frame_layout.GROUP * capacity + row],
        family=4,
        is_request=opcode == ARP_REQUEST,
        is_reply=opcode == ARP_REPLY and not announcement,
        sender_ip=sender_ip,
        sender_mac=sender_mac,
        target_ip=target_ip,
        target_mac=target_mac,
        eth_src=get(frame_layout.ETH_SRC),
        unicast=_unicast(rows[frame_layout.CAST * capacity + row]),
        is_announcement=announcement,
        printed=printed,
    )


def is_printed(rows: array[int], capacity: int, row: int) -> bool:
    """Whether a row comes from a printed frame: only such rows lack the captured length."""
    return rows[frame_layout.CAPTURED * capacity + row] == frame_layout.ABSENT


def _unicast(cast: int) -> bool | None:
    return None if cast == frame_layout.ABSENT else cast == frame_layout.TO_ONE


def _neighbour_discovery(batch: FrameBatch, row: int) -> ArpMessage | None:
    """A solicitation or advertisement in the words of ARP: the target of an advertisement is its sender."""
    rows, capacity, address_of = batch.rows, batch.capacity, batch.address_of

    def get(number: int) -> int | None:
        return absent(rows[number * capacity + row])

    kind = get(frame_layout.ICMP_TYPE)
    if (
        kind not in (NEIGHBOR_SOLICITATION, NEIGHBOR_ADVERTISEMENT)
        or not rows[frame_layout.HAS * capacity + row] & frame_layout.HAS_TARGET
    ):
        return None
    source = address_of(rows[frame_layout.IP_SRC_HIGH * capacity + row], rows[frame_layout.IP_SRC_LOW * capacity + row])
    destination = address_of(
        rows[frame_layout.IP_DST_HIGH * capacity + row], rows[frame_layout.IP_DST_LOW * capacity + row]
    )
    target = address_of(
        rows[frame_layout.ND_TARGET_HIGH * capacity + row], rows[frame_layout.ND_TARGET_LOW * capacity + row]
    )
    eth_src = get(frame_layout.ETH_SRC)
    mac = get(frame_layout.ND_MAC)
    asks = kind == NEIGHBOR_SOLICITATION
    return ArpMessage(
        number=rows[frame_layout.NUMBER * capacity + row],
        time=time_of(rows[frame_layout.TIME * capacity + row]),
        point=(rows[frame_layout.INTERFACE * capacity + row], get(frame_layout.IFINDEX)),
        group=rows[frame_layout.GROUP * capacity + row],
        family=6,
        is_request=asks,
        is_reply=not asks and destination >> 120 != 0xFF,
        sender_ip=source if asks else target,
        # The option may be left out if the frame's source says the same (RFC 4861, section 4.4).
        sender_mac=(eth_src if asks else (eth_src if mac is None else mac)),
        target_ip=target if asks else destination,
        target_mac=None,
        eth_src=eth_src,
        unicast=destination >> 120 != 0xFF,
    )


def time_of(value: int) -> int | None:
    return None if value == ABSENT_TIME else value
