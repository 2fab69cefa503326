"""The columns of the tables of questions to a port: connections, associations, datagrams."""

from __future__ import annotations

from pcapcheck.column import ADDRESS, BOOL, DURATION, ENUM, MAC, NUMBER, TEXT, TIME, Column, columns_of
from pcapcheck.column_words import DATAGRAM_OUTCOMES, ERRORS, OUTCOMES
from pcapcheck.exchange_columns import NO_ERROR
from pcapcheck.table_names import ASSOCIATIONS, CONNECTIONS, DATAGRAMS

_PORT_NAME = "the text names the port by a service that is not known here; print it again with tcpdump -nn"


def _columns(
    table: str, question: str, answer: str, outcome: str, outcomes: tuple[str, ...] = OUTCOMES
) -> list[Column]:
    """The columns of one table, in which a ``question`` asks and ``answer`` answers."""
    return [
        *columns_of(table, "family", NUMBER, "4 or 6", shared=True),
        *columns_of(table, "time", TIME, f"time of the first {question}"),
        *columns_of(table, "src", ADDRESS, "address of the asker"),
        *columns_of(table, "dst", ADDRESS, "address that was asked"),
        *columns_of(table, "src_port", NUMBER, "asker's port", why_absent=_PORT_NAME),
        *columns_of(table, "dst_port", NUMBER, "destination port", why_absent=_PORT_NAME),
        *columns_of(table, "outcome", ENUM, outcome, words=outcomes, shared=True),
        *columns_of(
            table, "answered", BOOL, f"whether {answer} came back; absent if silence proves nothing", late=True
        ),
        *columns_of(
            table,
            "latency",
            DURATION,
            f"time from the first {question} to the answer",
            "rtt",
            why_absent="no answer came",
        ),
        *columns_of(table, "attempts", NUMBER, f"number of {question}s until the answer", "requests"),
        *columns_of(table, "ttl", NUMBER, f"TTL of the first {question}"),
        *columns_of(table, "eth_src", MAC, f"source MAC of the first {question}"),
        *columns_of(table, "eth_dst", MAC, f"destination MAC of the first {question}"),
        *columns_of(table, "error", ENUM, "ICMP error that ended it", words=ERRORS, shared=True, why_absent=NO_ERROR),
        *columns_of(table, "refusal", TEXT, "ICMP error in words, with its type, code and sender"),
        *columns_of(table, "error_type", NUMBER, "ICMP type of that error"),
        *columns_of(table, "error_code", NUMBER, "ICMP code of that error"),
        *columns_of(table, "error_from", ADDRESS, "sender of that error"),
    ]


PORT_COLUMNS: list[Column] = [
    *_columns(CONNECTIONS, "SYN", "a SYN-ACK or an RST", "outcome; an RST counts as a reply"),
    *_columns(ASSOCIATIONS, "INIT", "an INIT-ACK or an ABORT", "outcome; an ABORT counts as a reply"),
    *_columns(
        DATAGRAMS,
        "datagram",
        "a datagram",
        "outcome; one-way: nothing came back, and it is no question: sent fewer than three times, of several "
        "sizes, or as a stream, and not to a port of Kerberos, NTP, SNMP or RADIUS",
        DATAGRAM_OUTCOMES,
    ),
]
