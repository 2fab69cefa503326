"""What clients print when nobody answers them: evidence that something was lost, but not of where.

Sources: curl (lib/connect.c, lib/strerror.c), wget (src/connect.c), busybox (libbb/xconnect.c, networking/wget.c),
bind (bin/dig/dighost.c), netcat-openbsd (netcat.c), ncat (ncat_connect.c), inetutils (telnet/commands.c),
CoreDNS (plugin/errors), which is a client of the resolvers that it forwards to; kube-proxy, which cannot send what a
service is asked to its pods if it cannot write its rules (``proxy_log``).
"""

from __future__ import annotations

import re

from pcapcheck.capture.proxy_log import unwritten

_SILENCE = (
    r"(?:connection timed out|operation timed out|timed out|timeout was reached|no route to host|host is unreachable)"
)
# The kernel says so of a host for which an ICMP error came that calls it unreachable or prohibited (net/ipv4/icmp.c,
# icmp_err_convert), or whose neighbour did not answer (net/ipv4/arp.c, arp_error_report).
_REFUSED = re.compile(r"no route to host|host is unreachable", re.IGNORECASE)
_FAILED = re.compile(
    # curl's meter may stand on the same line, before it.
    r"[\d\s:.%kMG-]*curl: \((?:7|28)\) .*" + _SILENCE + r".*"
    r"|.*Failed connect to \S{1,80};? .{0,9}" + _SILENCE + r".*"
    r"|(?:wget|nc|ncat|telnet|ssh): .*" + _SILENCE + r"\.?"
    r"|;; (?:connection timed out; no servers could be reached|communications error to \S+: timed out)",
    re.IGNORECASE,
)
# Whom CoreDNS asked in vain, and from where (Go: net/net.go, OpError).
_FORWARDED = re.compile(
    r".*plugin/errors: .{1,300}: (?:read|dial) (?:udp|tcp) (?P<asker>[^ ]{2,45}):\d+->(?P<asked>[^ ]{2,45}):\d+"
    r": i/o timeout.*"
)
# dig and nslookup drop an answer of another address than they asked (bind: bin/dig/dighost.c, recv_done).
_UNEXPECTED = re.compile(
    r";; reply from unexpected source: (?P<source>[^\s#]{2,60})#\d{1,5}, expected (?P<asked>[^\s#]{2,60})#\d{1,5}"
)
# Most lines of a long text hold none of these words, and need no closer look.
_HINT = re.compile(r"timed? ?out|no route to host|unreachable|unexpected source|proxier\.go", re.IGNORECASE)
_WORDS = re.compile(r"curl: |Failed connect")
MOST = 140
LONGEST = 1000


def is_failure(line: str) -> bool:
    """Whether a client printed this line after it waited for an answer in vain."""
    if not _HINT.search(line, 0, LONGEST):
        return False
    if unexpected(line) is not None or forwarded(line) is not None or unwritten(line) is not None:
        return True
    return bool(_FAILED.fullmatch(line.strip()[: 2 * MOST]))


def unexpected(line: str) -> tuple[str, str] | None:
    """Who answered dig or nslookup, and whom they had asked, if this line says that these are two."""
    match = _UNEXPECTED.fullmatch(line.strip()[: 2 * MOST]) if "unexpected source" in line else None
    return None if match is None else (match["source"], match["asked"])


def forwarded(line: str) -> tuple[str, str] | None:
    """From where CoreDNS asked, and whom, if this line of its log says that it got no answer."""
    match = _FORWARDED.fullmatch(line.strip()[:LONGEST]) if "plugin/errors" in line else None
    return None if match is None else (match["asker"], match["asked"])


def is_refusal(line: str) -> bool:
    """Whether such a line says that the host cannot be reached: an ICMP error, or its own ARP, says so."""
    return bool(_REFUSED.search(line))


def shown(line: str) -> str:
    """The line from the client's own words on, cut to what a report has room for."""
    found = _WORDS.search(line)
    return line[found.start() if found else 0 :].strip().rstrip('"')[:MOST]
