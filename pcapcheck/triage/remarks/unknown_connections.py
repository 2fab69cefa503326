"""Remarks on connections that began before a printed text, and that one end resets as it does not know them.

An RST without an acknowledgement answers a segment for which a host has no connection (RFC 9293, section 3.10.7.1);
who gives up one that it has acknowledges with its RST (kernel: net/ipv4/tcp_output.c, tcp_send_active_reset).
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.errors import CaptureError
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.read_capture import Capture
from pcapcheck.protocols import TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import as_number, clean, format_address

# How many frames are looked at, and how many remarks there are.
NEAR, MOST = 500, 3

# Source with its port, destination with its port.
Way = tuple[int, int, int, int]


def unknown_connection_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per two hosts and port, the first few of them."""
    found: dict[tuple[int, int, int], Remark] = {}
    for capture in judgement.captures:
        for way, frame in _unknown(judgement, capture):
            src, _, dst, port = way
            found.setdefault((src, dst, port), _remark(capture, way, frame))
    return list(found.values())[:MOST]


def _unknown(judgement: Judgement, capture: Capture) -> Iterator[tuple[Way, int]]:
    """Who sent what is reset, to whom, and the frame of the first RST."""
    sent: set[Way] = set()
    known: set[Way] = set()
    try:
        for row in rows_of(capture, judgement.reading, set(range(1, NEAR + 1))):
            way, flags = _way(row), row.tcp_flags
            if way is None or row.encap is not None or not isinstance(flags, int):
                continue
            back = (*way[2:], *way[:2])
            if flags & (TCP_RST | TCP_ACK) == TCP_RST and back in sent and not known & {way, back}:
                yield back, row.frames[0]
            if flags & (TCP_SYN | TCP_FIN | TCP_RST):
                known.add(way)
            else:
                sent.add(way)
    except CaptureError:
        # A stream, or a file that is gone by now, cannot be read again.
        return


def _way(row: FrameRow) -> Way | None:
    src, dst = as_number(row.ip_src), as_number(row.ip_dst)
    src_port, dst_port = as_number(row.tcp_srcport), as_number(row.tcp_dstport)
    if src is None or dst is None or src_port is None or dst_port is None:
        return None
    return src, src_port, dst, dst_port


def _remark(capture: Capture, way: Way, frame: int) -> Remark:
    src, src_port, dst, dst_port = way
    asker, asked = format_address(src), format_address(dst)
    sentence = (
        f"{asked} resets what {asker} sends from port {src_port} to port {dst_port}, a connection it does not know"
    )
    return Remark(
        f"{sentence} (frame {frame} of {clean(capture.source.short_name)}): it began before this text; {asked} closed "
        f"or forgot it (its program or pod is another now, or it was idle for too long), or {asked} never had it: "
        "another back end of the service had it, or something in between answered the SYN (a SYN proxy, a load "
        "balancer)",
        short=sentence,
    )
