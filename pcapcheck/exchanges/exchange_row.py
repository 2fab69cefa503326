"""Rows of the tables of paired exchanges, from the numbers of the pairing loop."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from functools import partial

from pcapcheck.asked_question import AskedOf, nothing_asked
from pcapcheck.capture.record import AddressOf
from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.column_words import DATAGRAM_OUTCOMES, ERRORS, TRANSPORTS
from pcapcheck.decode.frame_group import absent
from pcapcheck.decode.frame_layout import ABSENT_IDENT, OVER_TCP
from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges.association_row import AssociationRow
from pcapcheck.exchanges.connection_row import ConnectionRow
from pcapcheck.exchanges.datagram_row import DatagramRow
from pcapcheck.exchanges.dns_row import DnsRow, promptness_of, rcode_of
from pcapcheck.exchanges.echo_row import EchoRow
from pcapcheck.exchanges.port_row import PortRow
from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.values import is_ipv4

PORT_ROWS: dict[int, type[PortRow]] = {
    layout.KIND_CONNECTION: ConnectionRow,
    layout.KIND_ASSOCIATION: AssociationRow,
    layout.KIND_DATAGRAM: DatagramRow,
}
# The source and destination MAC of a frame group.
Macs = Callable[[int], tuple[int | None, int | None]]


def exchange_row(
    rows: array[int], number: int, macs: Macs, address_of: AddressOf, asked_of: AskedOf = nothing_asked
) -> QuestionRow:
    """An exchange as a row of its table; ``rows`` are the loop's pool, samples or finished exchanges."""
    row = rows[number * layout.FIELDS : (number + 1) * layout.FIELDS]
    src = address_of(row[layout.SRC_HIGH], row[layout.SRC_LOW])
    replied = row[layout.REPLIES] > 0
    failed = row[layout.OUTCOME] == layout.ERRED
    eth_src, eth_dst = macs(row[layout.GROUP])
    reply_src, reply_dst = macs(row[layout.REPLY_GROUP]) if replied else (None, None)
    frames = [row[layout.NUMBER]]
    if replied or failed:
        frames.append(row[layout.REPLY_NUMBER if replied else layout.ERROR_NUMBER])
    number = row[layout.IDENT_SEQ]
    high, low = number >> 16 & 0xFFFF, number & 0xFFFF
    made: Callable[..., QuestionRow]
    # No host has port 0 (RFC 6335, section 6): a text shows a name instead.
    if row[layout.KIND] in PORT_ROWS:
        latest = row[layout.LATEST] if row[layout.REQUESTS] > 1 and row[layout.LATEST] != ABSENT_TIME else None
        made = partial(PORT_ROWS[row[layout.KIND]], src_port=high or None, dst_port=low or None, latest=latest)
        if row[layout.KIND] == layout.KIND_DATAGRAM and row[layout.REQUESTS] > 1 and not replied:
            frames.insert(1, row[layout.REPLY_NUMBER])
    elif row[layout.KIND] == layout.KIND_DNS:
        asked = asked_of(row[layout.QUESTION])
        made = partial(
            DnsRow,
            name=asked.name,
            type=asked.type,
            transport=TRANSPORTS[bool(number & OVER_TCP)],
            ident=low,
            src_port=high or None,
            rcode=rcode_of(row) if replied else None,
            promptness=promptness_of(row) if replied else None,
        )
        if row[layout.REQUESTS] > 1 and not replied:
            frames.insert(1, row[layout.REPLY_NUMBER])
    else:
        ident = None if number & ABSENT_IDENT else high
        unicast = row[layout.KIND] != layout.KIND_ECHO_TO_MANY
        made = partial(EchoRow, ident=ident, seq=low, unicast=unicast)
    return made(
        group=row[layout.GROUP],
        family=4 if is_ipv4(src) else 6,
        src=src,
        dst=address_of(row[layout.DST_HIGH], row[layout.DST_LOW]),
        time=None if row[layout.TIME] == ABSENT_TIME else row[layout.TIME],
        ttl=absent(row[layout.TTL]),
        eth_src=eth_src,
        eth_dst=eth_dst,
        frames=frames,
        outcome=DATAGRAM_OUTCOMES[row[layout.OUTCOME]],
        requests=row[layout.REQUESTS],
        replies=row[layout.REPLIES],
        rtt=absent(row[layout.RTT]),
        reply_ttl=absent(row[layout.REPLY_TTL]) if replied else None,
        reply_eth_src=reply_src,
        reply_eth_dst=reply_dst,
        error=ERRORS[row[layout.ERROR] >> 16] if failed else ERRORS[0] if replied else None,
        error_type=row[layout.ERROR] >> 8 & 0xFF if failed else None,
        error_code=row[layout.ERROR] & 0xFF if failed else None,
        error_from=address_of(row[layout.ERROR_HIGH], row[layout.ERROR_LOW]) if failed else None,
        error_mtu=absent(row[layout.ERROR_MTU]) if failed else None,
        # 0 where a text does not show it.
        error_ttl=(absent(row[layout.ERROR_TTL]) or None) if failed else None,
    )
