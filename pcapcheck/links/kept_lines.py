"""Which of a capture's lines ``grep`` left in a text: some patterns keep or drop questions and their answers alike."""

from __future__ import annotations

import re
import shlex

# Both directions name both ends and the protocol; a port's name stands on both sides too.
_EVEN = re.compile(
    r"(?:\d{1,3}(?:\.\d{1,3}){1,3}\.?|[0-9a-f:]*::[0-9a-f:]*|ICMP6?|ARP|IP6?|Flags|ssh|22|STP|VRRP|LLDP|OSPF|BOOTP|DHCP"
    r"|bootpc?s?|oui|ethertype)",
    re.IGNORECASE,
)
# Of ARP, only the answer lacks the address of the asker.
_OF_ONE_END = re.compile(r"\d|::")
_OPTIONS = re.compile(r"-[viEFwe]{1,6}|--line-buffered|--color(?:=\w+)?")


def without_even_greps(filtered: str, arp: bool = False) -> str:
    """What was recorded and kept, without the calls of grep that keep questions and answers alike (of ARP: ``arp``)."""
    recorded, *pipes = filtered.split(" | ") if not filtered.startswith("| ") else ["", *filtered[2:].split(" | ")]
    return " | ".join([recorded, *(pipe for pipe in pipes if not _is_even(pipe, arp))])


def _is_even(pipe: str, arp: bool) -> bool:
    try:
        command, *words = shlex.split(pipe)
    except ValueError:
        return False
    if command not in ("grep", "egrep", "fgrep"):
        return False
    options = [word for word in words if word.startswith("-")]
    dropping = any("v" in option for option in options if not option.startswith("--"))
    patterns = [each for word in words if word not in options for each in re.split(r"\\?\|", word)]
    if not patterns or not all(_OPTIONS.fullmatch(option) for option in options):
        return False
    plain = [re.sub(r"\\(?=\.)|^\^|\$$", "", pattern).strip() for pattern in patterns]
    if not all(_EVEN.fullmatch(pattern) for pattern in plain):
        return False
    return dropping or not arp or not any(_OF_ONE_END.search(pattern) for pattern in plain)
