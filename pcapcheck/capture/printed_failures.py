"""What clients print when nobody answers them: evidence that something was lost, but not of where.

Sources: curl (lib/connect.c, lib/strerror.c), wget (src/connect.c), busybox (libbb/xconnect.c, networking/wget.c),
bind (bin/dig/dighost.c), netcat-openbsd (netcat.c), ncat (ncat_connect.c), inetutils (telnet/commands.c).
"""

from __future__ import annotations

import re

_SILENCE = (
    r"(?:connection timed out|operation timed out|timed out|timeout was reached|no route to host|host is unreachable)"
)
_FAILED = re.compile(
    r"curl: \((?:7|28)\) .*" + _SILENCE + r".*"
    r"|(?:wget|nc|ncat|telnet|ssh): .*" + _SILENCE + r"\.?"
    r"|;; (?:connection timed out; no servers could be reached|communications error to \S+: timed out)",
    re.IGNORECASE,
)
MOST = 100


def is_failure(line: str) -> bool:
    """Whether a client printed this line after it waited for an answer in vain."""
    return bool(_FAILED.fullmatch(line.strip()[: 2 * MOST]))


def shown(line: str) -> str:
    """The line, cut to what a report has room for."""
    return line.strip()[:MOST]
