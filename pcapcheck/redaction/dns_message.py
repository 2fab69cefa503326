"""DNS messages: names label by label, addresses in answers, and zeros for all other data (RFC 1035, section 4)."""

from __future__ import annotations

from pcapcheck.redaction.frame_draft import FrameDraft

HEADER = 12
_MOST_RECORDS = 4096
_LONGEST_LABEL = 63
_A, _NS, _CNAME, _SOA, _PTR, _MX, _AAAA, _SRV, _DNAME = 1, 2, 5, 6, 12, 15, 28, 33, 39
# Where a name stands in the data of a record, by type.
_NAMES_AT = {_NS: 0, _CNAME: 0, _PTR: 0, _DNAME: 0, _SOA: 0, _MX: 2, _SRV: 6}


class _Cut(Exception):
    """The message ends, or is none: what follows cannot be distinguished."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at


def map_message(draft: FrameDraft, start: int, end: int) -> None:
    """Map the names and addresses of the message between two positions; from where it is none, zeros follow."""
    if end - start < HEADER:
        return
    counts = [draft.u16(start + field) for field in (4, 6, 8, 10)]
    try:
        at = start + HEADER
        for _ in range(min(counts[0], _MOST_RECORDS)):
            at = _map_name(draft, at, end) + 4
        for _ in range(min(sum(counts[1:]), _MOST_RECORDS)):
            at = _map_record(draft, at, end)
        draft.wipe(at, end)
    except _Cut as cut:
        draft.wipe(cut.at, end)


def _map_name(draft: FrameDraft, at: int, end: int) -> int:
    """Map the labels of a name, in place, and return where it ends."""
    while True:
        if at >= end:
            raise _Cut(end)
        size = draft.old[at]
        if size == 0:
            return at + 1
        if size >= 0xC0:
            # The labels elsewhere are mapped where they stand.
            return at + 2
        if size > _LONGEST_LABEL or at + 1 + size > end:
            raise _Cut(at + 1)
        label = draft.old[at + 1 : at + 1 + size].decode("latin-1")
        draft.new[at + 1 : at + 1 + size] = map_label(draft, label)
        at += 1 + size


def map_label(draft: FrameDraft, label: str) -> bytes:
    """The bytes of a label, as many as before."""
    return draft.mapping.name(label).encode("ascii")


def _map_record(draft: FrameDraft, at: int, end: int) -> int:
    at = _map_name(draft, at, end)
    if at + 10 > end:
        raise _Cut(at)
    kind, size = draft.u16(at), draft.u16(at + 8)
    data = at + 10
    after = data + size
    if after > end:
        raise _Cut(data)
    if kind == _A and size == 4:
        draft.map_ipv4(data, after)
    elif kind == _AAAA and size == 16:
        draft.map_ipv6(data, after)
    elif kind in _NAMES_AT and _NAMES_AT[kind] < size:
        at = _map_name(draft, data + _NAMES_AT[kind], after)
        if kind == _SOA:
            _map_name(draft, at, after)
    else:
        draft.wipe(data, after)
    return after
