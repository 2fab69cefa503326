"""What to do about the complaints of tcpdump, dumpcap, ssh, sudo and kubectl."""

from __future__ import annotations

import re

_CURES = (
    (
        r"permission|not permitted|CAP_NET_RAW|couldn't run dumpcap",
        "run as root, or give tcpdump the right: setcap cap_net_raw+ep $(command -v tcpdump)",
    ),
    (r"No such device|no such interface|SIOCGIFHWADDR", "see what ip link lists there"),
    (r"not found|executable file not found", "install it there, or name an image that has it: --image"),
    (r"syntax error|can't parse filter|expression", "see man pcap-filter"),
    (r"password is required|a terminal is required", "log in as root, or allow sudo without a password there"),
    (r"network is down|is not up", "set the interface up"),
    (r"No space left", "make room, or record less: --for, --filter"),
    (r"forbidden", "ask for the right to create jobs and to exec into pods, or use --via ssh"),
)


def cure_of(complaint: str) -> str:
    """What to do, as the end of a sentence; empty if nothing is known."""
    for pattern, cure in _CURES:
        if re.search(pattern, complaint, re.IGNORECASE):
            return f"; {cure}"
    return ""
