"""The columns of the tables of exchanges other than those to a port: ARP with its answers, echo, DNS."""

from __future__ import annotations

from pcapcheck.column import ADDRESS, BOOL, DURATION, ENUM, MAC, NUMBER, TEXT, TIME, Column, columns_of
from pcapcheck.column_words import CASTS, ERRORS, OUTCOMES, PROMPTNESS, RCODES, TRANSPORTS
from pcapcheck.table_names import ANSWERS, ARP, ASKED_BY_PORT, DNS, ECHO, PAIRED

_NO_QUESTION = "the query was cut, or many thousand different ones were asked"
_ANNOUNCED = "two answers give different MACs, and in a text without -e either may be an announcement; print it with -e"
NO_ERROR = "neither a reply nor an error came; whether one would have been recorded is not known"

EXCHANGE_COLUMNS: list[Column] = [
    *columns_of(f"{ARP} {ANSWERS}", "family", NUMBER, "4: ARP, 6: neighbour discovery"),
    *columns_of(f"{ARP} {ANSWERS}", "protocol", TEXT, "protocol in words: ARP or neighbour solicitation"),
    *columns_of(f"{ARP} {ANSWERS}", "asker_ip", ADDRESS, "address of the asker"),
    *columns_of(f"{ARP} {ANSWERS}", "asker_mac", MAC, "MAC of the asker"),
    *columns_of(f"{ARP} {ANSWERS}", "target", ADDRESS, "address asked for"),
    *columns_of(ARP, "first_time", TIME, "time of the first request"),
    *columns_of(ARP, "attempts", NUMBER, "number of requests"),
    *columns_of(
        ARP,
        "cast",
        ENUM,
        "how the latest request was sent; solicited-node multicast counts as broadcast",
        words=CASTS,
        why_absent="a cooked capture (-i any) does not say it of outgoing requests, nor does tcpdump's text without "
        "-e; "
        "capture on the pod's link itself, printed with -e",
    ),
    *columns_of(ARP, "answered", BOOL, "whether an answer came; absent if silence proves nothing", late=True),
    *columns_of(ARP, "outcome", ENUM, "outcome", words=("answered", *OUTCOMES[2:5])),
    *columns_of(
        ARP,
        "latency_first",
        DURATION,
        "time from the first request to the first answer",
        why_absent="no answer came, or the text shows no times (-t)",
    ),
    *columns_of(
        ARP,
        "latency",
        DURATION,
        "time from the latest request to the first answer",
        why_absent="no answer came, or two requests were under way so that it may belong to either",
    ),
    *columns_of(ARP, "reply_mac", MAC, "MACs in the answers", why_absent=_ANNOUNCED),
    *columns_of(ARP, "reply_eth_src", MAC, "source MACs of the frames that carried the answers"),
    *columns_of(ARP, "answering_macs", NUMBER, "number of different MACs in the answers", why_absent=_ANNOUNCED),
    *columns_of(ARP, "answers", NUMBER, "number of answers", "answer_count"),
    *columns_of(ANSWERS, "time", TIME, "time of the answer"),
    *columns_of(ANSWERS, "latency", DURATION, "time since the latest request"),
    *columns_of(ANSWERS, "reply_mac", MAC, "MAC in the answer"),
    *columns_of(ANSWERS, "reply_eth_src", MAC, "source MAC of the frame that carried the answer"),
    *columns_of(ECHO, "family", NUMBER, "4: ICMP, 6: ICMPv6", shared=True),
    *columns_of(ECHO, "time", TIME, "time of the request"),
    *columns_of(ECHO, "src", ADDRESS, "address of the asker"),
    *columns_of(ECHO, "dst", ADDRESS, "address that was asked"),
    *columns_of(ECHO, "ident", NUMBER, "identifier"),
    *columns_of(ECHO, "seq", NUMBER, "sequence number"),
    *columns_of(
        ECHO,
        "unicast",
        BOOL,
        "whether a single host was asked: no multicast or broadcast address, nor, without a reply, the gateway, "
        "whose address no host has",
        shared=True,
    ),
    *columns_of(ECHO, "outcome", ENUM, "outcome of the request", words=OUTCOMES, shared=True),
    *columns_of(ECHO, "replied", BOOL, "whether a reply came; absent if silence proves nothing", late=True),
    *columns_of(ECHO, "rtt", DURATION, "time from the request to its first reply", why_absent="no reply came"),
    *columns_of(ECHO, "replies", NUMBER, "number of replies"),
    *columns_of(ECHO, "requests", NUMBER, "number of times that this request was recorded"),
    *columns_of(ECHO, "ttl", NUMBER, "TTL of the request"),
    *columns_of(
        ECHO, "ttl_whole", BOOL, "whether the request's TTL is an initial TTL of hosts (64, 128, 255)", late=True
    ),
    *columns_of(ECHO, "reply_ttl", NUMBER, "TTL of the first reply", why_absent="no reply came"),
    *columns_of(ECHO, "eth_src", MAC, "source MAC of the request"),
    *columns_of(ECHO, "eth_dst", MAC, "destination MAC of the request"),
    *columns_of(ECHO, "reply_eth_src", MAC, "source MAC of the first reply"),
    *columns_of(ECHO, "reply_eth_dst", MAC, "destination MAC of the first reply"),
    *columns_of(
        ECHO,
        "error",
        ENUM,
        "ICMP error that ended it",
        words=ERRORS,
        shared=True,
        why_absent=NO_ERROR,
    ),
    *columns_of(ECHO, "refusal", TEXT, "ICMP error in words, with its type, code and sender"),
    *columns_of(ECHO, "error_type", NUMBER, "ICMP type of that error"),
    *columns_of(ECHO, "error_code", NUMBER, "ICMP code of that error"),
    *columns_of(ECHO, "error_from", ADDRESS, "sender of that error"),
    *columns_of(ECHO, "error_mtu", NUMBER, "MTU in that error"),
    *columns_of(
        " ".join((ECHO, *ASKED_BY_PORT)),
        "fate",
        TEXT,
        "outcome as the end of a sentence: get no reply, is refused by 10.0.0.1",
    ),
    *columns_of(
        " ".join(PAIRED),
        "ending",
        TEXT,
        "what came instead of an answer: no reply, refused by 10.0.0.1 (port unreachable, 3/3)",
    ),
    *columns_of(DNS, "family", NUMBER, "4 or 6", shared=True),
    *columns_of(DNS, "time", TIME, "time of the first query"),
    *columns_of(DNS, "src", ADDRESS, "address of the asker"),
    *columns_of(DNS, "dst", ADDRESS, "address of the server"),
    *columns_of(
        DNS,
        "src_port",
        NUMBER,
        "asker's port in the latest attempt",
        why_absent="the text shows no port number",
    ),
    *columns_of(
        DNS,
        "transport",
        ENUM,
        "protocol that carried it; over TCP a message may be in several segments, and several in one",
        words=TRANSPORTS,
    ),
    *columns_of(DNS, "name", TEXT, "name that was asked for", why_absent=_NO_QUESTION),
    *columns_of(DNS, "type", TEXT, "type of record that was asked for: A, AAAA, SRV", why_absent=_NO_QUESTION),
    *columns_of(DNS, "dns.id", NUMBER, "message identifier in the latest attempt", "ident"),
    *columns_of(DNS, "outcome", ENUM, "outcome", words=OUTCOMES, shared=True),
    *columns_of(DNS, "answered", BOOL, "whether a response came; absent if silence proves nothing", late=True),
    *columns_of(
        DNS, "rcode", ENUM, "response code", words=RCODES, shared=True, why_absent="no response came, or it was cut"
    ),
    *columns_of(
        DNS, "latency", DURATION, "time from the first query to the response", "rtt", why_absent="no response came"
    ),
    *columns_of(
        DNS,
        "latency_p95",
        DURATION,
        "latency that 95 of 100 responses to the same asker do not exceed",
        late=True,
    ),
    *columns_of(
        DNS,
        "promptness",
        ENUM,
        "at-once: the response came within a second of the first query; late: it came later; to-a-repeat: "
        "it came later, "
        "and the query had been repeated",
        words=PROMPTNESS,
        shared=True,
        why_absent="no response came, or the text shows no times",
    ),
    *columns_of(DNS, "attempts", NUMBER, "number of queries", "requests"),
    *columns_of(DNS, "fate", TEXT, "outcome in words, with the ICMP error that ended it"),
    *columns_of(DNS, "ttl", NUMBER, "TTL of the first query"),
    *columns_of(DNS, "eth_src", MAC, "source MAC of the first query"),
    *columns_of(DNS, "eth_dst", MAC, "destination MAC of the first query"),
    *columns_of(DNS, "error", ENUM, "ICMP error that ended it", words=ERRORS, shared=True, why_absent=NO_ERROR),
    *columns_of(DNS, "refusal", TEXT, "ICMP error in words, with its type, code and sender"),
    *columns_of(DNS, "error_type", NUMBER, "ICMP type of that error"),
    *columns_of(DNS, "error_code", NUMBER, "ICMP code of that error"),
    *columns_of(DNS, "error_from", ADDRESS, "sender of that error"),
]
