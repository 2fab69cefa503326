"""``ip netconf``: an interface's settings in words, as the kernel announces them (iproute2, ip/ipnetconf.c)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.readers.sysctls import parse_sysctl
from pcapcheck.nodestate.source_lines import Line

SETTINGS = re.compile(
    r"(?:(?P<family>ipv[46]|inet6?) )?(?:dev )?(?P<dev>\S+) (?P<settings>(?:forwarding|rp_filter|mc_forwarding) .+)"
)
VALUES = {"on": "1", "off": "0", "strict": "1", "loose": "2"}
# The words that are called otherwise below /proc/sys/net/ipv4/conf.
NAMES = {"forwarding": "forwarding", "rp_filter": "rp_filter", "proxy_neigh": "proxy_arp"}


def read_netconf(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """Read settings, under the names that sysctl has for them; returns the other lines."""
    strange = []
    for line in lines:
        match = SETTINGS.fullmatch(line.text.strip())
        if match is None:
            strange += [line] if line.text.strip() else []
            continue
        family = "ipv6" if (match["family"] or "").endswith("6") else "ipv4"
        words = match["settings"].split()
        for word, value in zip(words[::2], words[1::2], strict=False):
            if word in NAMES and value in VALUES and (family == "ipv4" or word == "forwarding"):
                setting = parse_sysctl(f"net.{family}.conf.{match['dev']}.{NAMES[word]}", VALUES[value], line)
                into.sysctls[setting.name] = setting
    return strange


NETCONF_READER = StateReader(
    name="netconf",
    looks_like=lambda text, _: SETTINGS.fullmatch(text) is not None and text.startswith(("ipv", "inet")),
    read_host=read_netconf,
    expected="settings, as in ipv4 dev eth0 forwarding on rp_filter strict",
)
