"""Raw rows of captures that are held in memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from pcapcheck.decode.decoder import Decoder
from pcapcheck.decode.frame_fields import raw_frames
from pcapcheck.exchanges.conversations import Conversations
from pcapcheck.exchanges.paired_exchanges import PairedExchanges
from pcapcheck.exchanges.resolutions import Resolutions
from pcapcheck.raw_rows import RawRows
from tests.support.captures import CALICO, LAB, MADE, TEXTS
from tests.support.reading import open_bytes

WAIT = 10**9
# A text with names of hosts and ports.
NAMES = b"""\
15:36:20.827 IP web-1.45942 > kube-dns.kube-system.svc.cluster.local.53: 27464+ A? example.org. (29)
15:36:20.828 IP web-1 > 10.0.0.7: ICMP echo request, id 3, seq 1, length 64
15:36:20.829 IP web-2 > web-1: ICMP web-3 unreachable - admin prohibited, length 92
\tIP web-1 > 10.0.0.7: ICMP echo request, id 3, seq 1, length 64
15:36:20.830 ARP, Request who-has 169.254.1.1 tell bogon, length 28
15:36:20.831 IP web-1.http > web-2.nosuchport: Flags [S], seq 1, win 64240, length 0
"""


def all_data() -> list[bytes]:
    """All fixtures that hold frames, and NAMES."""
    return [*(path.read_bytes() for path in (*MADE, *LAB, *CALICO, *TEXTS)), NAMES]


def batches(data: bytes, batch_frames: int = 64) -> Iterator[RawRows]:
    """All frames and finished exchanges of a capture, each batch valid until the next is asked for."""
    reader = open_bytes(data, batch_frames)
    decoder = Decoder(keep_all=True)
    resolutions, paired = Resolutions(WAIT), PairedExchanges(WAIT, WAIT, True, decoder.macs)
    conversations = Conversations(every=True)
    for records in reader.batches():
        frames = decoder.decode(records)
        yield raw_frames(frames)
        for resolved in resolutions.feed(frames):
            yield from (resolved.resolutions, resolved.answers)
        yield from paired.feed(frames)
        yield from conversations.feed(frames)
    conversations.close()
    groups = decoder.groups()
    last = max((group.last for group in groups if group.last is not None), default=0)
    last_seen = array("q", [last] * len(groups))
    for resolved in resolutions.finish(groups, last_seen):
        yield from (resolved.resolutions, resolved.answers)
    yield from paired.finish(last_seen, reader.frames)
    yield from conversations.finish(last_seen)
