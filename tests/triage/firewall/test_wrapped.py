"""Rules that stop the tunnel's packets with lost ones inside: on the node that sends them or takes them in."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.node_facts import Address, Device, Route
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.triage.firewall.answer import DROPS, Answers
from pcapcheck.triage.firewall.lost import LostPackets
from pcapcheck.triage.firewall.other_node import owner_of
from pcapcheck.triage.firewall.stage import End, StageSeen
from pcapcheck.triage.firewall.stages import stages_on_nodes
from pcapcheck.values import format_address, parse_address
from tests.triage.firewall.test_kernel import firewall_of

NEAR, FAR, POD, PEER, VIA = (
    parse_address(text) for text in ("10.0.0.11", "10.0.0.12", "10.244.1.10", "10.244.2.20", "10.244.2.0")
)
NEAR6, POD6, PEER6, VIA6 = (parse_address(f"fd00::{text}") for text in ("11", "1:10", "2:20", "2:0"))
A, B = "cali14e7d81007d", "calieabe7761b00"
LINE = Line("state.txt", 1, "")
DEVICES = {"vxlan": "vxlan.calico", "ipip": "tunl0", "wireguard": "wireguard.cali"}
RULES = {"vxlan": "udp dport 4789", "ipip": "meta l4proto 4", "wireguard": "udp dport 51820"}
LOSS = LostPackets("request", POD, PEER, 3, 3, None, None, False, False, frozenset(), frozenset())
SENT = StageSeen(None, None, "vxlan.calico", None, direction="request")


def node(
    hook: str, rule: str, own: int = NEAR, device: str = "vxlan.calico", packets: int = 3, family: str = "ip"
) -> Host:
    rules = (
        f"table {family} edge {{\n\tchain c {{\n\t\ttype filter hook {hook} priority 0; policy accept;\n"
        f"\t\t{rule} counter packets {packets} bytes 300 drop\n\t}}\n}}\n"
    )
    host = Host("n1", role="node", firewall=firewall_of("nft list ruleset", rules))
    host.addresses = [Address(own, 24, "eth0", LINE)]
    via = FAR if device == "tunl0" else VIA
    host.routes = [Route(VIA, 26, 4, LINE, dev=device, via=via), Route(0xFFFF00000000, 0, 4, LINE, dev="eth0", via=1)]
    host.links = {device: Device(device, LINE)}
    return host


def said(near: Host | None, far: Host | None, seen: StageSeen, loss: LostPackets = LOSS) -> str | None:
    here, there = End(near, None, A), End(far, None, B)
    found = Answers(loss, stages_on_nodes(loss, here, there, seen)).of(DROPS)
    return str(found[0]) if found else None


@pytest.mark.parametrize("kind", ["vxlan", "ipip", "wireguard"])
@pytest.mark.parametrize("hook", ["output", "postrouting"])
def test_the_senders_node_stops_what_it_wraps(kind: str, hook: str) -> None:
    """They were seen on the tunnel's device, and not on the card."""
    seen = replace(SENT, interface=DEVICES[kind])
    assert said(node(hook, RULES[kind], device=DEVICES[kind]), None, seen) == "fits"
    assert said(node(hook, RULES[kind], device=DEVICES[kind], packets=2), None, seen) == "may-fit"
    other = RULES["ipip" if kind != "ipip" else "vxlan"]
    assert said(node(hook, other, device=DEVICES[kind]), None, seen) == "none-shown-fits"


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("ip daddr 10.0.0.12 udp dport 4789", "fits"),
        ("ip daddr 10.0.0.13 udp dport 4789", "none-shown-fits"),
        ("ip saddr 10.0.0.12 udp dport 4789", "none-shown-fits"),
        ('oifname "eth1" udp dport 4789', "none-shown-fits"),
    ],
)
def test_its_addresses_are_the_nodes(rule: str, wanted: str) -> None:
    """The other node's by its ARP on the link of the pod that was asked."""
    seen = replace(SENT, spoken_there=frozenset((FAR,)))
    assert said(node("output", rule), None, seen) == wanted


@pytest.mark.parametrize(
    ("device", "family", "port"),
    [
        ("vxlan.calico", "ip", 4789),
        ("vxlan-v6.calico", "ip6", 4789),
        ("wireguard.cali", "ip", 51820),
        ("wg-v6.cali", "ip6", 51821),
        # flannel does not set the kernel's port of VXLAN, and numbers WireGuard's as Calico does.
        ("flannel.1", "ip", 8472),
        ("flannel-v6.1", "ip6", 8472),
        ("flannel-wg", "ip", 51820),
        ("flannel-wg-v6", "ip6", 51821),
    ],
)
def test_a_device_shows_the_port_and_the_ip_version_outside(device: str, family: str, port: int) -> None:
    """By its name alone: the listing does not show what kind of tunnel it is."""
    src, loss = (NEAR, LOSS) if family == "ip" else (NEAR6, replace(LOSS, src=POD6, dst=PEER6))
    seen = replace(SENT, interface=device)

    def answer(family: str, port: int) -> str | None:
        sender = node("output", f"{family} saddr {format_address(src)} udp dport {port}", src, device, family=family)
        sender.routes.append(Route(VIA6, 122, 6, LINE, dev=device, via=VIA6))
        return said(sender, None, seen, loss)

    assert answer(family, port) == "fits"
    assert {answer(family, other) for other in {4789, 8472, 51820, 51821} - {port}} == {"none-shown-fits"}


@pytest.mark.parametrize("kind", ["vxlan", "ipip", "wireguard"])
def test_the_receivers_node_does_not_take_it_in(kind: str) -> None:
    seen = StageSeen("decapsulation", "decapsulation", "eth0", kind, (NEAR, FAR), direction="request")
    rule = f'iifname "eth0" ip saddr 10.0.0.11 {RULES[kind]}'
    assert said(None, node("input", rule, FAR, DEVICES[kind]), seen) == "fits"
    assert said(None, node("forward", rule, FAR, DEVICES[kind]), seen) == "none-shown-fits"


def test_a_card_that_showed_nothing_clears_the_receivers_node() -> None:
    far = node("input", "udp dport 4789", FAR)
    assert said(node("output", "udp dport 9999"), far, SENT) == "fits"
    assert said(node("output", "udp dport 9999"), far, replace(SENT, empty=frozenset(("host-nic",)))) != "fits"


def test_what_was_seen_wrapped_has_passed_the_senders_rules() -> None:
    seen = StageSeen("between-nodes", "between-nodes", "eth0", "vxlan", (NEAR, FAR), direction="request")
    assert said(node("output", "udp dport 4789"), None, seen) == "none-shown-fits"


@pytest.mark.parametrize(
    ("names", "rule", "wanted"),
    [
        (["n1", "n2"], "udp dport 1", "pod"),
        (["n0", "n1.example.org"], "udp dport 1", "dst"),
        (["n0", "n2"], f'iifname "{B}"', "dst"),
        ([None, None], f'oifname "{A}"', "pod"),
        ([None, None], "udp dport 1", None),
    ],
)
def test_whose_rules_they_are(names: list[str | None], rule: str, wanted: str | None) -> None:
    assert owner_of(node("forward", rule), names, [A, B]) == wanted
