"""Remarks on ports of bridges that a pod's packets do not come back by: it cannot reach itself through its service.

A bridge sends nothing out of the port that it came in by, unless the port's hairpin mode is on (kernel: net/bridge/
br_forward.c, should_deliver). A veth that is no port of a bridge, as Calico's, needs none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapcheck.calico import kind_of_name
from pcapcheck.capture.printed_failures import is_failure, shown
from pcapcheck.nodestate.firewall.chains import FirewallRule
from pcapcheck.nodestate.host import POD, Host
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean

CHANGING = re.compile(r"MASQUERADE|SNAT|masquerade|snat")
ADDRESS = re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]{1,4}(?::[\da-f]{0,4}){2,7})(?![\w.])")
SETTING = (
    "set hairpinMode: true of the plugin bridge (below /etc/cni/net.d) for new pods, for the others bridge link set "
    "dev PORT hairpin on"
)
MOST = 3


def closed_hairpin_remarks(state: State) -> list[Remark]:
    """A remark per host with such ports, and per rule for pods that reach themselves that nothing came to."""
    found = [remark for host in state.hosts if host.role != POD for remark in (*_closed(host), *_idle(host, state))]
    return found[:MOST]


def _closed(host: Host) -> Iterator[Remark]:
    ports = [
        link
        for link in host.links.values()
        if link.hairpin is False and kind_of_name(link.name) not in ("host-nic", "tunnel")
    ]
    if ports:
        first = ports[0]
        more = f" and {len(ports) - 1} more port{'s' if len(ports) > 2 else ''}" if len(ports) > 1 else ""
        line = first.hairpin_line or first.line
        # Whoever looks at that file alone suspects it.
        is_asked = "hairpin_mode" in line.text
        sentence = f"hairpin mode of {clean(first.name)}{more} on {host.label} is off"
        yield Remark(
            f"{sentence}: a pod behind such a port cannot reach itself through its service, for the bridge does not "
            "send what came in by a port back out of it, unless the bridge is promiscuous (kubelet's "
            f"promiscuous-bridge); {SETTING}",
            lines=(quote(line),),
            short=sentence if is_asked else "",
        )


def _idle(host: Host, state: State) -> Iterator[Remark]:
    """Rules for pods that reach themselves, to which nothing came although a client waited for that address."""
    failed = [line for line in state.printed if is_failure(line.text)]
    sought = {address: line for line in failed for address in ADDRESS.findall(shown(line.text) or line.text)}
    for table in host.firewall.tables if host.firewall is not None and sought else ():
        for _, rule in table.rules(CHANGING):
            pod = _itself(rule)
            service = next((each for each in ADDRESS.findall(rule.line.text) if each in sought and each != pod), None)
            if pod and service and rule.packets == 0:
                sentence = f"nothing came to the rule on {host.label} for {pod} reaching itself through {service}"
                yield Remark(
                    f"{sentence}, and a client of {service} got no answer: if it is {pod} itself, its packets do not "
                    "come back out of the port of the bridge that they came in by (cat "
                    f"/sys/class/net/VETH/brport/hairpin_mode: 0); {SETTING}",
                    lines=(quote(rule.line), quote(sought[service])),
                    short=sentence,
                )
                return


def _itself(rule: FirewallRule) -> str | None:
    """The one address that a rule is for as source and as destination."""
    if rule.translates != "saddr":
        return None
    ends = {match.about: match.text.split()[-1].removesuffix("/32").removesuffix("/128") for match in rule.matches}
    return ends["saddr"] if ends.get("saddr") and ends.get("saddr") == ends.get("daddr") else None
