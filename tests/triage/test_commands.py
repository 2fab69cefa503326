"""A cause's commands with some of the columns unknown: widened, or said in words, never with a placeholder."""

from __future__ import annotations

import re

import pytest

from pcapcheck.ruleset.files import PACKS, pack
from pcapcheck.ruleset.load import load_ruleset
from pcapcheck.ruleset.rule import placeholders
from pcapcheck.triage.catalogue import load_catalogue
from pcapcheck.triage.cause import QUESTIONS, Cause
from pcapcheck.triage.commands import PROGRAMS, to_look, to_mend, typed_columns
from pcapcheck.values import parse_address

RULESET = load_ruleset(map(pack, PACKS))
CATALOGUE = load_catalogue({*(rule.id for rule in RULESET.rules), *QUESTIONS}, RULESET.settings)
POD = {"pod": parse_address("10.244.1.10")}
PLACEHOLDER = re.compile(r"[{<][a-z]|\b[A-Z]{2,}-[A-Z]{4,}|\b(?:NAME|FILE|NODE|INTERFACE|ADDRESS)\b|cali[xX]{3}|…")


def looked(text: str, **known: str | int) -> str:
    (command,) = to_look((text,), typed_columns(known, absent=""))
    return command


@pytest.mark.parametrize(
    ("text", "widened"),
    [
        ("ip neigh show dev {dst.interface}", "ip neigh show"),
        ("ip -d link show dev {interface}; bridge link show", "ip -d link show; bridge link show"),
        ("tc -s qdisc show dev {interface}", "tc -s qdisc show"),
        ("tc filter show dev {interface} egress; ip rule show", "ip rule show"),
        ("kubectl get pods -A | grep -w {dst}  # STATUS Running?", "kubectl get pods -A  # STATUS Running?"),
        ("ip addr show dev eth0  # in the pod {dst}", "ip addr show dev eth0  # in the pod"),
        ("nft list ruleset  # on {refused.from}", "nft list ruleset"),
        ("tcpdump -nn -vv -i {nic} udp port 4789", "tcpdump -nn -vv -i any udp port 4789"),
        ("ip route get {pod} from {dst} iif {interface}", "ip route get 10.244.1.10"),
        (
            "sysctl net.ipv4.conf.all.proxy_arp net.ipv4.conf.{interface}.proxy_arp",
            "grep . /proc/sys/net/ipv4/conf/*/proxy_arp",
        ),
        (
            "sysctl net.ipv4.ip_forward net.ipv4.conf.{interface}.forwarding",
            "sysctl net.ipv4.ip_forward; grep . /proc/sys/net/ipv4/conf/*/forwarding",
        ),
    ],
)
def test_what_only_looks_is_widened(text: str, widened: str) -> None:
    assert looked(text, **POD) == widened


@pytest.mark.parametrize("text", ["ip route get {dst}", "tcpdump -nn -e -i {nic} ether dst ee:ee:ee:ee:ee:ee"])
def test_what_cannot_be_widened_is_left_out(text: str) -> None:
    assert to_look((text,), {}) == ()


def test_what_is_known_is_typed() -> None:
    assert looked("ip neigh show dev {interface}", interface="cali14e7d81007d") == "ip neigh show dev cali14e7d81007d"


def test_words_in_a_remark_are_not_quoted() -> None:
    """Unless a shell might take them for more than words."""
    at = {"dst.at": "in the pod 10.244.1.11"}
    assert looked("ip link show dev eth0  # {dst.at}", **at) == "ip link show dev eth0  # in the pod 10.244.1.11"
    at = {"dst.at": "in $(reboot)\nreboot"}
    assert looked("ip link show dev eth0  # {dst.at}", **at).startswith("ip link show dev eth0  # 'in $(reboot)")


def test_a_fix_is_never_widened() -> None:
    text = "ip route add {pod}/32 dev {interface} scope link  # a healthy calico-node does this"
    assert to_mend((text,), typed_columns(POD, absent=""), {}) == (
        "find out the pod's interface first: what to type names it",
        "a healthy calico-node does this",
    )
    assert to_mend(("take {interface} out of the bridge",), {}, {}) == ("take the pod's interface out of the bridge",)


@pytest.mark.parametrize("cause", CATALOGUE, ids=lambda cause: cause.id)
def test_no_cause_prints_a_placeholder(cause: Cause) -> None:
    """Whatever is unknown of a case: all of it, or a column at a time."""
    named = sorted({name for text in (*cause.confirm, *cause.fix) for name in placeholders(text)})
    values: dict[str, str | int] = {
        name: "eth9" if "interface" in name or name == "nic" else 0x0A000001 for name in named if name != "gateway.mac"
    }
    for unknown in [*named, ""]:
        known = {name: value for name, value in values.items() if unknown and name != unknown}
        typed = typed_columns(known, absent="")
        for line in (*to_look(cause.confirm, typed), *to_mend(cause.fix, typed, {})):
            assert not PLACEHOLDER.search(line) or not PROGRAMS.match(line), line
