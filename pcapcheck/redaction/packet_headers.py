"""Options in the headers of IP and TCP: those that say how to carry a packet stay, all others become nothing."""

from __future__ import annotations

from pcapcheck.redaction.frame_draft import FrameDraft

# RFC 2113: router alert, as IGMP has it; RFC 791: nothing.
_ALERT4 = b"\x94\x04\0\0"
_NOTHING4 = 1
# RFC 8200 section 4.2, RFC 2711, RFC 2675: padding, router alert, jumbo payload.
_KEPT6 = (1, 5, 0xC2)
# RFC 9293, RFC 7323, RFC 2018: end, nothing, segment size, window scale, selective acknowledgements, timestamps.
_KEPT_TCP = (0, 1, 2, 3, 4, 5, 8)


def without_options4(draft: FrameDraft, start: int, end: int) -> None:
    """Options of IPv4 list the routers on a way; only an alert stays."""
    for at in range(start, end, 4):
        if draft.old[at : at + 4] != _ALERT4 and any(draft.old[at : min(end, at + 4)]):
            stop = min(end, at + 4)
            draft.new[at:stop] = bytes([_NOTHING4]) * (stop - at)


def keep_options6(draft: FrameDraft, start: int, end: int) -> None:
    """Options of hop-by-hop and destination headers of IPv6."""
    at = start
    while at < end:
        if draft.old[at] == 0:
            at += 1
            continue
        if at + 2 > end:
            break
        after = at + 2 + draft.old[at + 1]
        if draft.old[at] not in _KEPT6:
            draft.wipe(at + 2, min(after, end))
        at = after


def keep_tcp_options(draft: FrameDraft, start: int, end: int) -> None:
    """Options of TCP; of MPTCP, MD5 and others only kind and size."""
    at = start
    while at < end:
        kind = draft.old[at]
        if kind in (0, 1):
            at += 1
            continue
        size = draft.old[at + 1] if at + 2 <= end else 0
        if size < 2:
            draft.wipe(at, end)
            return
        if kind not in _KEPT_TCP:
            draft.wipe(at + 2, min(at + size, end))
        at += size
