"""Lines in which a program complains that it has nothing to show."""

from __future__ import annotations

import re

from pcapcheck.nodestate.readers.route_lookups import ANSWERS

LONGEST = 4096
COMPLAINTS = re.compile(
    r"command not found|: not found|[Pp]ermission denied|No such file or directory|Operation not permitted"
    r"|No such device|Cannot open netlink|Object \".*\" is unknown|invalid option|unrecognized option"
    r"|does not exist|Dump was interrupted|Dump terminated|Unable to use a TTY|Default(?:ed|ing) container"
    r"|[Cc]an(?:not|'t) find device|Operation not supported|is an unknown key|^Usage:|^BusyBox v"
    r"|^[Ee]rror(?: from server.*)?: "
)


def is_complaint(text: str) -> bool:
    """Whether a line is a program's complaint that it has nothing to show."""
    return ANSWERS in text or (len(text) <= LONGEST and COMPLAINTS.search(text.strip()) is not None)
