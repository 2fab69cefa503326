"""Echo replies: which requests were answered, also behind address translation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pcapcheck.column_words import PACKETS
from pcapcheck.paths import gathering
from pcapcheck.paths.correlation import Packets
from pcapcheck.paths.gathering_layout import AGAIN, ANSWERED
from pcapcheck.paths.packet_classes import slots_for
from pcapcheck.paths.sighting_columns import Column, Mask, packet_type_of, pair_of


def answered_of(packets: Packets) -> Mask:
    """Whether a reply to a request was seen anywhere, even if addresses were rewritten on the path."""
    seen, begins = packets.seen, packets.begins
    if packets.rewritten.any():
        first, last = packets.rows[begins], packets.rows[begins + packets.lengths - 1]
        replies, requests = _kinds(packets, first)
        heard = np.concatenate((seen.echo[first[replies]], seen.echo[last[replies & packets.rewritten]]))
        either: Mask = requests & (_among(seen.echo[first], heard) | _among(seen.echo[last], heard))
        return either
    known, again = _said(packets)
    answered: Mask = known == ANSWERED
    if again:
        first = packets.rows[begins]
        replies, requests = _kinds(packets, first)
        # Identifier and sequence number were used again: the reply must come before the next request.
        some = np.flatnonzero(known == AGAIN)
        some = some[np.lexsort((seen.time[first[some]], seen.echo[first[some]]))]
        followed = replies[some[1:]] & (seen.echo[first[some[1:]]] == seen.echo[first[some[:-1]]])
        answered[some] = np.append(followed, False) & requests[some]
    return answered


def _kinds(packets: Packets, first: Column) -> tuple[Mask, Mask]:
    """Which packets are echo replies, and which are requests; ``first`` are their first rows."""
    kind = packet_type_of(packets.seen.what[first])
    return kind == PACKETS.index("reply"), kind == PACKETS.index("request")


def _said(packets: Packets) -> tuple[npt.NDArray[np.uint8], int]:
    """What the echoes of packets say of each, and how many do not say it by themselves."""
    count, seen = packets.count, packets.seen
    said = np.empty(count, np.uint8)
    again = gathering.answer(
        seen.what.data,
        seen.echo.data,
        packets.rows.data,
        packets.begins.data,
        np.zeros(slots_for(count), np.int32).data,
        np.empty(count, np.int64).data,
        np.empty(count, np.int32).data,
        np.empty(count, np.int32).data,
        said.data,
    )
    return said, again


def asked_pairs(packets: Packets) -> Column:
    """Of replies that were seen behind address translation only, the address pair (by number) of their request.

    0 for all others. Nodes translate replies back, so that the asker's link shows them to its own address.
    """
    seen, begins = packets.seen, packets.begins
    meant = np.zeros(packets.count, np.int64)
    if not packets.rewritten.any():
        return meant
    first = packets.rows[begins]
    kind = packet_type_of(seen.what[first])
    asked = np.flatnonzero((kind == PACKETS.index("request")) & packets.rewritten)
    back = np.flatnonzero((kind == PACKETS.index("reply")) & ~packets.rewritten)
    if not len(asked) or not len(back):
        return meant
    last = packets.rows[begins[asked] + packets.lengths[asked] - 1]
    order = np.argsort(seen.echo[last], kind="stable")
    known = seen.echo[last][order]
    place = np.minimum(np.searchsorted(known, seen.echo[first[back]]), len(known) - 1)
    fits = known[place] == seen.echo[first[back]]
    meant[back[fits]] = pair_of(seen.what[first[asked[order[place[fits]]]]])
    return meant


def _among(values: Column, known: Column) -> Mask:
    """Which values are among the known ones. Fast if nearly all of them are."""
    if not len(known):
        return np.zeros(len(values), np.bool_)
    known, ordered = np.sort(known), np.sort(values)
    place = np.minimum(np.searchsorted(known, ordered), len(known) - 1)
    missing = ordered[known[place] != ordered]
    found: Mask = ~np.isin(values, missing) if len(missing) else np.ones(len(values), np.bool_)
    return found
