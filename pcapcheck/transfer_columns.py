"""The columns of the table of transfers: TCP after the handshake."""

from __future__ import annotations

from pcapcheck.column import ADDRESS, BOOL, DURATION, ENUM, MAC, NUMBER, TEXT, TIME, Column, columns_of
from pcapcheck.column_words import BEGUN, STUCK, TRANSFER_OUTCOMES, TRANSFER_SIDES
from pcapcheck.table_names import TRANSFERS

_PORT_NAME = "the text names the port by a service that is not known here; print it again with tcpdump -nn"
_WITHOUT_V = "tcpdump's text shows no TTLs without -v; print it with -v"
_WITHOUT_TIMES = "the text shows no times; print it without -t"
_TIMELESS = "the text shows no times, by which data that is sent again differs from a frame recorded twice"
# Connections with which something is wrong are never counted together.
_FINE = "it was neither stalled nor reset"
_STUCK = "no data got stuck"


def _of_side(side: str, who: str) -> list[Column]:
    """What was seen of one side."""
    return [
        *columns_of(TRANSFERS, f"{side}.segments", NUMBER, f"segments from {who}; a frame recorded twice counts twice"),
        *columns_of(TRANSFERS, f"{side}.bytes", NUMBER, f"bytes of data in segments from {who}, also those sent again"),
        *columns_of(
            TRANSFERS, f"{side}.resent", NUMBER, f"segments with data that {who} had sent before", why_absent=_TIMELESS
        ),
        *columns_of(TRANSFERS, f"{side}.resent_bytes", NUMBER, "bytes of data in them", why_absent=_TIMELESS),
        *columns_of(
            TRANSFERS,
            f"{side}.unacked",
            NUMBER,
            f"bytes from {who} that were never acknowledged",
            why_absent="nothing from the other side was recorded",
        ),
        *columns_of(
            TRANSFERS,
            f"{side}.largest_unacked",
            NUMBER,
            "bytes of data in the largest segment that was never acknowledged; larger than the MTU if it was recorded "
            "before a card or the kernel cut it into segments",
            why_absent="all was acknowledged, or the largest of it is not known",
        ),
        *columns_of(TRANSFERS, f"{side}.zero_windows", NUMBER, f"times that {who} had no room for more data"),
        *columns_of(
            TRANSFERS,
            f"{side}.mss",
            NUMBER,
            f"largest segment that {who} takes, as its SYN says",
            why_absent="its SYN was not recorded, or says nothing of it",
        ),
        *columns_of(
            TRANSFERS,
            f"{side}.ttl",
            NUMBER,
            f"TTL of the latest segment from {who} that is no RST",
            why_absent=_WITHOUT_V,
        ),
        *columns_of(TRANSFERS, f"{side}.finished", BOOL, f"whether {who} said that it has no more data (FIN)"),
    ]


TRANSFER_COLUMNS: list[Column] = [
    *columns_of(TRANSFERS, "family", NUMBER, "4 or 6", shared=True),
    *columns_of(TRANSFERS, "time", TIME, "time of the first segment recorded"),
    *columns_of(TRANSFERS, "src", ADDRESS, "address of the asker: who opened it, else who has the higher port"),
    *columns_of(TRANSFERS, "dst", ADDRESS, "address that was asked"),
    *columns_of(TRANSFERS, "src_port", NUMBER, "asker's port", why_absent=_PORT_NAME),
    *columns_of(TRANSFERS, "dst_port", NUMBER, "port that was asked", why_absent=_PORT_NAME),
    *columns_of(
        TRANSFERS, "eth_src", MAC, "source MAC of the asker's first segment, or of the other side's if there is none"
    ),
    *columns_of(TRANSFERS, "eth_dst", MAC, "destination MAC of that segment"),
    *columns_of(
        TRANSFERS,
        "outcome",
        ENUM,
        "stalled: data was sent four times or more over three seconds or more, and never acknowledged; missing: data "
        "was not recorded while later data was, and the receiver still lacks it three seconds later, or one second "
        "later when the connection ends; reset: an RST broke it off while data was under way, or before anything came "
        "back for it; in-flight: the latest data is not acknowledged; one-sided: one direction was not recorded; "
        "closed, or open: all data was acknowledged",
        words=TRANSFER_OUTCOMES,
        shared=True,
    ),
    *columns_of(TRANSFERS, "has_data", BOOL, "whether data was sent over it, in either direction", shared=True),
    *columns_of(TRANSFERS, "progresses", BOOL, "whether its data arrives; absent if that is not known", late=True),
    *columns_of(TRANSFERS, "begun", ENUM, "where the recording of it begins", words=BEGUN, shared=True),
    *columns_of(TRANSFERS, "duration", DURATION, "time from its first segment to its last", why_absent=_WITHOUT_TIMES),
    *_of_side("asker", "the asker"),
    *_of_side("asked", "whoever was asked"),
    *columns_of(
        TRANSFERS,
        "sender",
        ADDRESS,
        "whose data got stuck, or in whose name the RST that broke it off was sent",
        shared=True,
        why_absent=_FINE,
    ),
    *columns_of(TRANSFERS, "sender_port", NUMBER, "port of that address", shared=True, why_absent=_FINE),
    *columns_of(
        TRANSFERS, "receiver", ADDRESS, "address that this data, or this RST, was for", shared=True, why_absent=_FINE
    ),
    *columns_of(TRANSFERS, "receiver_port", NUMBER, "port of that address", shared=True, why_absent=_FINE),
    *columns_of(
        TRANSFERS,
        "sent_by",
        ENUM,
        "which of the two the sender is",
        words=TRANSFER_SIDES,
        shared=True,
        why_absent=_FINE,
    ),
    *columns_of(
        TRANSFERS,
        "attempts",
        NUMBER,
        "times that the data was sent that got stuck",
        shared=True,
        why_absent=f"{_STUCK}, or none of it was recorded",
    ),
    *columns_of(
        TRANSFERS,
        "lasted",
        DURATION,
        "time over which it was sent, or over which the receiver asked for it",
        shared=True,
        why_absent=_STUCK,
    ),
    *columns_of(
        TRANSFERS,
        "stuck",
        ENUM,
        "what got stuck: data, or the question whether the other side is still there",
        words=STUCK,
        shared=True,
        why_absent=_STUCK,
    ),
    *columns_of(TRANSFERS, "size", NUMBER, "bytes of it", shared=True, why_absent=_STUCK),
    *columns_of(TRANSFERS, "course", TEXT, "how it got stuck, in words", shared=True, why_absent=_STUCK),
    *columns_of(TRANSFERS, "fate", TEXT, "what became of it, in words", shared=True, why_absent=_STUCK),
    *columns_of(TRANSFERS, "resets", NUMBER, "number of RSTs"),
    *columns_of(
        TRANSFERS,
        "reset_midway",
        BOOL,
        "whether an RST broke it off while data was under way, or before whoever was asked sent anything back",
        shared=True,
        why_absent="only one direction of the connection was recorded; capture both (without -Q)",
    ),
    *columns_of(
        TRANSFERS,
        "reset_ttl",
        NUMBER,
        "TTL of that RST",
        shared=True,
        why_absent="no RST broke it off, or its text shows no TTL",
    ),
    *columns_of(
        TRANSFERS,
        "reset_forged",
        BOOL,
        "whether no other segment from the RST's address had its TTL: then a node or firewall sent it in that name",
        shared=True,
        why_absent="no RST broke it off, or there is no other TTL to compare its own with",
    ),
]
