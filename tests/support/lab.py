"""What the lab's recordings must come to, rule by rule."""

from __future__ import annotations

from pathlib import Path

from pcapcheck.analysis import Analysis

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
CAPTURES = FIXTURES / "lab" / "captures"

RULES = (
    "gateway-arp-answered",
    "gateway-arp-proxy-mac",
    "gateway-arp-prompt",
    "gateway-arp-single-answer",
    "pod-frames-to-proxy-mac",
    "node-frames-from-proxy-mac",
    "node-frames-to-pod-mac",
    "echo-answered",
    "address-has-one-mac",
    "hop-ttl-decremented",
    "hop-macs-rewritten",
    "request-leaves-node",
    "request-reaches-pod",
    "reply-delivered",
    "pod-answers-echo",
    "tcp-answered",
    "pod-answers-arp",
)

# P pass, F fail, - not checked, in the order of RULES: the gateway's ARP, the frames' MACs, echoes, addresses, hops,
# where packets were lost, the pod asked, TCP, the node's ARP for a pod.
# Derived from what each fault does on the wire (fixtures/lab/README.md says what was seen), not from a run.
EXPECTED = {
    "any": "PPPP -P- P P P- PPP P- P",
    "any-proxy-arp-off": "F--- --- - P -- --- -- -",
    "any-sll": "PPPP -P- P P -- --- -- P",
    "blackhole-default": "F--- --- - P -- --- -- -",
    "block-route-missing": "PPPP PPP F P -- P-- -- -",
    "bridged": "---- FFP P P FF -P- P- P",
    "bridged-gateway": "PFPP FFP P P FF PP- -- -",
    "dns-answered": "PPPP PPP P P PP PPP P- P",
    "dns-dropped": "PPPP PPP P P PP PPP P- P",
    "dns-refused": "PPPP PPP P P PP PPP P- P",
    "dns-no-endpoints": "PPPP PPP - P -- --- -- -",
    "direction-in": "---- P-- - P -- P-- -- -",
    "direction-out": "---- -P- - P -- --- -- -",
    "duplicate-ip": "FPPP PPP P F PP PPP P- P",
    "duplicate-ip-one-link": "PPPP PPP P F PP PPP P- P",
    "duplicates": "PPPP PPP P P PP PPP P- P",
    "far-way-back-missing": "PPPP PPP F P PP PPF P- P",
    "forwarding-off": "F--- --- - P -- --- -- -",
    "forwarding-off-pod-b": "FPPP PPP F P PP PP- F- P",
    "frag-needed": "PPPP PPP F P PP PPP P- P",
    "fragments": "PPPP PPP P P PP PPP P- P",
    "gateway-announced-by-pod": "PPPP PPP P F PP PPP P- P",
    "gateway-route-only": "PPPP PPP P P PP PPP P- P",
    "hairpin": "PPPP PPP P P -- --- -P -",
    "hairpin-not-masqueraded": "PPPP PPP P P -- --- -F -",
    "healthy": "PPPP PPP P P PP PPP P- P",
    "healthy-cached-arp": "---- PPP P - PP PPP P- -",
    "healthy-dual-stack": "PPPP PPP P P PP PPP P- P",
    "ipv6": "PPPP PPP P P PP PPP P- P",
    "ipv6-random-mac": "F--- --- - P -- --- -- -",
    "late-replies": "FPPP PPP P P PP PPP P- P",
    "link-local-on-cali": "F--- --- - P -- --- -- -",
    "loss": "PPPP PPP F P PP FPF P- P",
    "conntrack-full": "PPPP PPP F P PP FPP P- P",
    "loss-burst": "PPPP PPP F P PP FPP P- P",
    "loss-by-size": "PPPP PPP F P PP FPP P- P",
    "loss-one-peer": "PPPP PPP F P PP FPP P- P",
    "qdisc-drops": "PPPP PPP F P PP FPP P- P",
    "macs-not-rewritten": "---- FFP P P PF PPP P- P",
    "merged": "PPPP PPP P P -- --- -- P",
    "merged-apart": "PPPP PPP P P PP PPP P- P",
    "missing-host-route": "PPPP P-- F P -- --- -- -",
    "missing-host-route-unreachable": "PPPP PPP F P -- --- -- -",
    "missing-own-route": "F--- --- - P -- --- -- -",
    "missing-own-route-no-rp-filter": "PPPP PPP F P PP PPF P- P",
    "mtu-mismatch": "PPPP PPP F P PP PP- F- P",
    "nanosecond": "PPPP PPP P P PP PPP P- P",
    "next-hop-dead": "PPPP PPP F P -- --- -- -",
    "nic-forwarding-off": "PPPP PPP - P -- -F- P- P",
    "nic-rp-filter": "PPPP PPP - P -- -F- P- P",
    "no-default-route": "F--- --- - P -- --- -- -",
    "no-reply-in-flight": "PPPP PPP P P PP PPP P- P",
    "node-pings-pod": "PPPP PPP - P -- --- P- P",
    "node-port": "PPPP PPP - P -- --- -P P",
    "other-node-silent": "PPPP PPP F P -- P-- -- -",
    "outside-prohibits": "PPPP PPP F P -- P-- -- -",
    "outside-silent": "PPPP PPP F P -- P-- -- -",
    "own-address-probe": "PPPP PPP P P PP PPP P- P",
    "pcapng-two-interfaces": "PPPP PPP P P PP PPP P- P",
    "pod-arp-ignore-2": "PPPP PPP F P -- F-- -- F",
    "pod-drops-icmp": "PPPP PPP F P PP PP- F- P",
    "pod-link-down": "PPPP PPP F P -- --- -- P",
    "pod-pings-router": "PPPP PPP P P -- PPP -- -",
    "pod-recreated": "PPPP PPP P P -- --- -- -",
    "prohibited": "PPPP PPP F P -- --- -- -",
    "pod-second-interface": "PPPP PPP F P -- F-- -- F",
    "proxy-arp-all": "PPPP PPP P P PP PPP P- P",
    "proxy-arp-off": "F--- --- - P -- --- -- -",
    "proxy-arp-off-cached": "---- P-- F - -- --- -- -",
    "proxy-delay-80": "PPFP PPP P P PP PPP P- P",
    "random-cali-mac": "PFPP FFP P P PP PPP P- P",
    "recorded-at-both-ends": "PPPP PPP P P PP PPP P- P",
    "recorded-in-pod": "PPPP PPP P P -- --- -- -",
    "recorded-in-pod-any": "PP-P -P- P P -- --- -- -",
    "recorded-in-pod-proxy-arp-off": "F--- --- - P -- --- -- -",
    "reply-lost-midway": "PPPP PPP F P PP PPF P- P",
    "revalidation": "PPPP PPP P P PP PPP P- P",
    "route-lost-midway": "PPPP PPP F P PP FPP P- P",
    "route-to-wrong-pod": "PPPP PPP F P -- F-- -- F",
    "rule-diverts-to-nic": "PPPP PPP F P -- PF- P- P",
    "second-node-drops": "PPPP PPP F P PP PFP P- P",
    "service-no-endpoints": "PPPP PPP P P -- --- -F -",
    "service-pinged": "PPPP PPP F P P- P-- -P P",
    "snaplen-64": "PPPP PPP P P PP PPP P- P",
    "snat": "PPPP PPP P P -- PPP -- -",
    "stale-neighbour-node": "PPPP PP- F P PP PP- -- -",
    "stale-neighbour-node-known": "PPPP PPF F P PP PPP F- P",
    "stale-neighbour-pod": "---- F-- F - -- --- -- -",
    "tcp-busy": "PPPP PPP P P PP PPP PP P",
    "tcp-dropped": "PPPP PPP P P PP PPP PF P",
    "tcp-refused": "PPPP PPP P P PP PPP PP P",
    "traceroute": "PPPP PPP P P PP PPP P- P",
    "ttl-not-decremented": "PPPP PPP P P FP PPP P- P",
    "tunnel-mtu": "PPPP PPP F P PP PPP P- P",
    "two-answers": "PFPF F-- F F -- --- -- -",
    "two-clocks": "PPPP PPP P P PP PPP P- P",
    "two-nodes-ipip": "PPPP PPP P P PP PPP P- P",
    "two-nodes-plain": "PPPP PPP P P PP PPP P- P",
    "two-nodes-pod-links": "PPPP PPP P P PP PPP P- P",
    "two-nodes-vxlan": "PPPP PPP P P PP PPP P- P",
    "unreachable": "PPPP PPP F P -- F-- -- F",
    "vtep-entry-missing": "PPPP PPP F P PP PFP P- P",
    "vxlan-blocked": "PPPP PPP F P PP PFP P- P",
    "vxlan-blocked-one-way": "PPPP PPP F P PP PPF P- P",
    "vxlan-tcp-lost": "PPPP PPP P P PP PPP PF P",
    "vxlan-checksum-wrong": "PPPP PPP P P PP PPP PF P",
    "checksum-wrong": "PPPP PPP P P PP PPP PF P",
    "answer-dies-on-node-snat": "PPPP PPP P P -- PPP -F P",
    "outside-tcp-dies": "PPPP PPP P P -- PPP P- P",
    "outside-to-pod-dies": "PPPP PPP P P -- PFP P- P",
    "reply-dies-on-node": "PPPP PPP F P -- PPF P- P",
    "reply-dies-on-node-snat": "PPPP PPP F P -- PPF P- P",
    "vxlan-vni-differs": "PPPP PPP F P -- PF- -- -",
    "walkthrough": "PPPP PPP P P PP PPP P- -",
    "dns-endpoint-gone": "PPPP PPP P P PP PPP P- F",
    "frag-needed-filtered": "PPPP PPP F P PP FPP P- P",
    "routing-loop": "PPPP PPP F P -- P-- -- -",
    "service-endpoint-gone": "PPPP PPP P P PP PPP PF P",
    "tcp-two-links": "PPPP PPP - P PP --- -P P",
    "two-nodes-loop": "PPPP PPP F P -- P-- -- -",
}
# The same of DNS; elsewhere nothing is asked of it.
DNS = {"dns-answered": "P", "dns-dropped": "F", "dns-endpoint-gone": "F", "dns-no-endpoints": "F", "dns-refused": "F"}
LETTERS = {"pass": "P", "fail": "F", "not-checked": "-"}


def captures(scenario: str, folder: Path = CAPTURES) -> list[Path]:
    """The files of a scenario, by name."""
    return sorted(path for path in (folder / scenario).iterdir() if path.suffix in (".pcap", ".pcapng"))


def statuses(analysis: Analysis) -> str:
    """A result in the shape of EXPECTED."""
    by_id = {finding.rule.id: LETTERS[finding.status] for finding in analysis.findings}
    letters = "".join(by_id[name] for name in RULES)
    ends = (4, 7, 8, 9, 11, 14, 16, 17)
    return " ".join(letters[begin:end] for begin, end in zip((0, *ends), ends, strict=False))
