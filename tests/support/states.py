"""Reading texts as states, and what the lab's states must come to, rule by rule."""

from __future__ import annotations

from pathlib import Path

from pcapcheck.analysis import Analysis
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.read_state import read_state
from pcapcheck.nodestate.state import State
from pcapcheck.values import format_address
from tests.support.lab import CAPTURES, FIXTURES, LETTERS

PASTES = FIXTURES / "pastes"
RULES = (
    "pod-has-host-address",
    "pod-default-via-gateway",
    "pod-gateway-scope-link",
    "pod-gateway-neighbour-proxy-mac",
    "node-neighbour-pod-mac",
    "veth-ends-match",
    "veth-mtus-match",
    "mtu-fits-tunnel",
    "cali-has-proxy-mac",
    "cali-named-after-pod",
    "proxy-arp-on",
    "forwarding-on",
    "proxy-delay-zero",
    "gateway-routable",
    "reverse-path-passes",
    "host-route-to-pod",
    "cali-has-gateway6",
)

# P holds, F fails, - not known, in the order of RULES: inside the pod and the node's entry for it; the link's ends; the
# cali's MAC and name (no scenario names pods); its sysctls; routes; the IPv6 gateway. Derived from what
# each scenario breaks.
HEALTHY = "PPPPP PP- P- PPP PPP -"
# A pod that gets no answer holds no MAC for its gateway, nor the node one for a pod that it did not have to ask for.
SILENT = "PPP-- PP- P- PPP PPP -"
EXPECTED = {
    "any-proxy-arp-off": "PPP-- PP- P- FPP PPP -",
    "blackhole-default": "PPP-- PP- P- PPP FPP -",
    # Addresses of a subnet, no gateway, no host routes.
    "bridged": "FFF-- PP- P- PPP PFF -",
    # The gateway's MAC is the bridge's; host routes lead to the bridge.
    "bridged-gateway": "PPPF- PP- P- PPP PPF -",
    "duplicate-ip": "PPPPP PP- P- PPP PFF -",
    "cali-not-configured": "PPP-- PP- P- FFP PFF -",
    "keep-alives-lost": "PPPPP PP- P- PPP PFF -",
    "receiver-gone-midway": "PPPPP PP- P- PPP PFF -",
    # A hub between pod and cali: neither names the other, so nothing else is concluded from the pod's inside.
    "duplicate-ip-one-link": "PPPPP FP- P- PPP PPP -",
    "forwarding-off": "PPP-- PP- P- PFP PPP -",
    "forwarding-off-pod-b": "PPPPP PP- P- PFP PPP -",
    "dns-ipv6-refuses": "PPPPP PP- P- PPP PPP P",
    "ipv6-dropped-midway": "PPPPP PP- P- PPP PPP P",
    "ipv6": "PPPPP PP- P- PPP PPP P",
    "ipv6-egress-not-translated": "PPPPP PP- P- PPP PPP P",
    "ipv6-questions-answered": "PPPPP PP- P- PPP PPP P",
    "ipv6-questions-dropped": "PPPPP PP- P- PPP PPP P",
    "ipv6-service-untracked": "PPPPP PP- P- PPP PPP P",
    "ipv6-random-mac": "PPP-- PP- F- PPP PPP F",
    "link-local-on-cali": "PPP-- PP- P- PPP FPP -",
    # Pods find each other through the bridge, and nobody asks for the gateway.
    "macs-not-rewritten": SILENT,
    "missing-host-route": "PPPPP PP- P- PPP PFF -",
    "missing-host-route-unreachable": "PPPPP PP- P- PPP PFF -",
    "missing-own-route": "PPP-- PP- P- PPP PFF -",
    "missing-own-route-no-rp-filter": "PPPPP PP- P- PPP PPF -",
    "mtu-mismatch": "PPPPP PF- P- PPP PPP -",
    "no-default-route": "PPP-- PP- P- PPP FPP -",
    # What asks as the pod would meets the rule; ip route get without a source does not.
    "prohibit-rule": SILENT,
    # With the link its routes are gone, the address stays.
    "pod-link-down": "PFFPP PP- P- PPP PPP -",
    "prohibited": "PPPPP PP- P- PPP PFF -",
    "node-drops-arp": SILENT,
    "ipv6-forwarding-off": "PPPPP PP- P- PPP PPP P",
    "proxy-arp-off": "PPP-- PP- P- FPP PPP -",
    "proxy-arp-off-cached": "PPPPP PP- P- FFP PPP -",
    "proxy-delay-80": "PPPPP PP- P- PPF PPP -",
    "healthy-dual-stack": "PPPPP PP- P- PPP PPP P",
    # The pod holds the cali's MAC, whatever it is.
    "random-cali-mac": "PPPPP PP- F- PPP PPP -",
    "recorded-in-pod-proxy-arp-off": "PPP-- PP- P- FPP PPP -",
    "reply-lost-midway": "PPPPP PP- P- PPP PPF -",
    "route-lost-midway": "PPPPP PP- P- PPP PFF -",
    "route-taken-away": "PPPPP PP- P- PPP PFF -",
    "route-to-wrong-pod": "PPPPP PP- P- PPP PFF -",
    "second-node-drops": "PPPPP PP- P- PPP PFF -",
    "stale-neighbour-node": "PPPPF PP- P- PPP PPP -",
    "stale-neighbour-node-known": "PPPPF PP- P- PPP PPP -",
    "stale-neighbour-pod": "PPPF- PP- P- PPP PPP -",
    # A hub again; the pod's entries were flushed at the end.
    "two-answers": "PPP-- FP- P- PPP PPP -",
    # B's cali takes less than its eth0, and the node has no tunnel.
    "mtu-black-hole": "PPPPP PF- P- PPP PPP -",
    # The lab's links have 1500 in front of a tunnel with less.
    "other-node-silent": "PPPPP PPF P- PPP PPP -",
    "tunnel-device-down": "PPPPP PPF P- PPP PPP -",
    "tunnel-source-unknown": "PPPPP PPF P- PPP PPP -",
    "vxlan-port-differs": "PPPPP PPF P- PPP PPP -",
    "two-nodes-ipip": "PPPPP PPF P- PPP PPP -",
    "dns-vxlan-slow": "PPPPP PPF P- PPP PPP -",
    "two-nodes-vxlan-8472": "PPPPP PPF P- PPP PPP -",
    "two-nodes-vxlan": "PPPPP PPF P- PPP PPP -",
    "vtep-entry-missing": "PPPPP PPF P- PPP PPP -",
    "vxlan-blocked": "PPPPP PPF P- PPP PPP -",
    "vxlan-blocked-one-way": "PPPPP PPF P- PPP PPP -",
    "vxlan-mtu-black-hole": "PPPPP PPF P- PPP PPP -",
    "vxlan-questions-answered": "PPPPP PPF P- PPP PPP -",
    "vxlan-questions-dropped": "PPPPP PPF P- PPP PPP -",
    "vxlan-service-untracked": "PPPPP PPF P- PPP PPP -",
    "vxlan-tcp-lost": "PPPPP PPF P- PPP PPP -",
    "vxlan-checksum-wrong": "PPPPP PPF P- PPP PPP -",
    "vxlan-vni-differs": "PPPPP PPF P- PPP PPP -",
    # With the address go the routes.
    "unreachable": "FFFPP PP- P- PPP PPP -",
}
SCENARIOS = sorted(path.parent.name for path in CAPTURES.glob("*/state.txt"))


def statuses(analysis: Analysis) -> str:
    """A result in the shape of EXPECTED."""
    by_id = {finding.rule.id: LETTERS[finding.status] for finding in analysis.findings}
    letters = "".join(by_id[name] for name in RULES)
    return " ".join((letters[:5], letters[5:8], letters[8:10], letters[10:13], letters[13:16], letters[16:]))


def state_of(text: str, folder: Path) -> State:
    """A text as a state."""
    path = folder / "paste.txt"
    path.write_text(text)
    return read_state([path])


def only(state: State) -> Host:
    """The only host of a state."""
    (host,) = state.hosts
    return host


def routes(host: Host, table: str = "main") -> list[str]:
    """Routes in a few words: kind, destination, where to."""
    return [
        " ".join(
            str(word)
            for word in (
                route.kind if route.kind != "unicast" else None,
                "default" if route.is_default else f"{format_address(route.destination)}/{route.prefix}",
                f"via {format_address(route.via)}" if route.via is not None else None,
                f"dev {route.dev}" if route.dev else None,
                f"scope {route.scope}" if route.scope else None,
            )
            if word
        )
        for route in host.routes
        if route.table == table
    ]
