"""``nft -j list ruleset`` says what ``nft list ruleset`` says: both of one kernel, rule by rule."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from fixtures.lab.namespace import Namespace
from pcapcheck.errors import StateError
from pcapcheck.nodestate.firewall.chains import UNKNOWN, Firewall, FirewallRule
from tests.support.states import only, state_of
from tests.triage.firewall.rulesets import Nft

ROUNDS = int(os.environ.get("PCAPCHECK_FIREWALL_ROUNDS", "60"))
Said = dict[str, list[tuple[object, ...]]]


def said(firewall: Firewall) -> Said:
    """What is understood, without where it stands and how it was written."""
    return {
        f"{table.title} {name} {chain.kind} {chain.hook} {chain.priority} {chain.policy} {table.whole}": [
            _rule(rule) for rule in chain.rules
        ]
        for table in firewall.tables
        for name, chain in table.chains.items()
    }


def _rule(rule: FirewallRule) -> tuple[object, ...]:
    matches = {replace(match, text="") if match.about != UNKNOWN else UNKNOWN for match in rule.matches}
    return matches, rule.verdict, rule.packets, rule.mark, rule.sets_ttl, rule.comment


def firewall_of(text: str, folder: Path) -> Firewall:
    found = only(state_of(text, folder)).firewall
    assert found is not None
    return found


RULES = """
table inet t {
  set hosts { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.168.1.1-192.168.1.5 } }
  map verdicts { type ipv4_addr . inet_service : verdict
    elements = { 10.0.0.1 . 80 : drop, 10.0.0.2 . 81 : jump other } }
  counter named { packets 5 bytes 9 }
  chain other {
    counter return
  }
  chain forward { type filter hook forward priority 10; policy drop;
    ct state established,related accept
    ct state { invalid, new } counter drop
    ip saddr 10.1.0.0/16 ip daddr @hosts tcp dport { 80, 443, 8000-8080 } counter packets 3 bytes 5 drop
    iifname "cali*" oifname != { "eth0", "eth1" } th dport 53 reject with icmpx type admin-prohibited
    meta l4proto { tcp, udp } th dport != 53 counter drop
    icmp type { echo-request, echo-reply } limit rate over 10/second burst 5 packets drop
    numgen random mod 100 < 20 counter name named drop
    ip daddr . tcp dport vmap @verdicts
    meta mark & 0xff == 0x10 jump other
    meta mark set meta mark or 0x10
    meta mark set meta mark and 0xfffeffff xor 0x10000
    ip6 daddr fd00::/8 icmpv6 type nd-neighbor-solicit accept
    tcp flags & (syn|ack) == syn counter drop
    tcp flags syn counter reject with tcp reset
    ip ttl set 64
    fib daddr type local counter accept
    ip protocol icmp icmp code 3 goto other
    ip dscp cs1 log prefix "lost: " counter drop
    ct direction reply ct mark 5 drop
    ip frag-off & 0x1fff != 0 drop
    ip saddr != 10.0.0.1-10.0.0.5 drop comment "of ops"
    meta iif "lo" accept
    tcp dport vmap { 80 : jump other, 81 : drop }
    tcp option maxseg size set rt mtu
  }
  chain leave { type nat hook postrouting priority 100;
    oifname "eth0" masquerade
    ip saddr 10.0.0.1 snat ip to 1.2.3.4
    ip saddr 10.0.0.2 tcp dport 80 snat ip to 1.2.3.4:1024-2048
  }
  chain enter { type nat hook prerouting priority -100;
    ip daddr 10.96.0.20 tcp dport 80 dnat ip to 10.0.0.1:8080
    ip daddr 10.96.0.21 dnat ip to 10.0.0.1
    ip6 daddr fd00::20 tcp dport 80 dnat ip6 to [fd00::1]:8080
  }
}
table ip kube-proxy {
  chain reject-chain {
    reject
  }
  map no-endpoints { type ipv4_addr . inet_proto . inet_service : verdict
    elements = { 10.96.0.20 . tcp . 80 comment "default/web:http" : goto reject-chain } }
  chain services { type filter hook forward priority -10;
    ip daddr . meta l4proto . th dport vmap @no-endpoints
  }
}
"""


@pytest.fixture(scope="module")
def space() -> Iterator[Namespace]:
    if os.geteuid() != 0 or shutil.which("nft") is None:
        pytest.skip("needs root and nft")
    made = Namespace("nft", 77)
    try:
        yield made
    finally:
        made.delete()


def listings(space: Namespace, rules: str) -> tuple[str, str]:
    space.run("sh", "-ec", f"nft flush ruleset; nft -f - <<'END'\n{rules}\nEND")
    return space.run("nft", "list", "ruleset"), space.run("nft", "-j", "list", "ruleset")


@pytest.mark.live
def test_every_kind_of_statement(space: Namespace, tmp_path: Path) -> None:
    text, document = listings(space, RULES)
    plain = firewall_of(f"# nft list ruleset\n{text}", tmp_path)
    assert said(firewall_of(f"# nft -j list ruleset\n{document}", tmp_path)) == said(plain)
    assert said(firewall_of(document, tmp_path)) == said(plain)
    assert said(firewall_of(json.dumps(json.loads(document), indent=2), tmp_path)) == said(plain)
    services = [(service.ip, service.name, service.empty) for service in state_of(document, tmp_path).services.listed]
    assert services == [
        (service.ip, service.name, service.empty) for service in state_of(text, tmp_path).services.listed
    ]


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.parametrize("doubtful", [False, True])
def test_random_rules(space: Namespace, doubtful: bool, tmp_path: Path) -> None:
    for seed in range(ROUNDS):
        text, document = listings(space, Nft(Random(seed), doubtful).text())
        wanted = said(firewall_of(f"# nft list ruleset\n{text}", tmp_path))
        assert said(firewall_of(f"# nft -j list ruleset\n{document}", tmp_path)) == wanted, seed


DROP = {
    "rule": {
        "family": "ip",
        "table": "fw",
        "chain": "forward",
        "handle": 4,
        "expr": [
            {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "daddr"}}, "right": "10.244.1.11"}},
            {"counter": {"packets": 4, "bytes": 336}},
            {"drop": None},
        ],
    }
}
FORWARD = {"type": "filter", "hook": "forward", "prio": 0, "policy": "accept"}
BASE = {"family": "ip", "table": "fw", "name": "forward", **FORWARD}
TABLE = {"table": {"family": "ip", "name": "fw"}}
DOCUMENT = json.dumps({"nftables": [{"metainfo": {}}, TABLE, {"chain": BASE}, DROP]})


def test_a_rule_is_quoted_as_text(tmp_path: Path) -> None:
    (table,) = firewall_of(f"# nft -j list ruleset\n{DOCUMENT}\n", tmp_path).tables
    (rule,) = table.chains["forward"].rules
    assert (rule.packets, rule.line.number) == (4, 2)
    assert rule.line.text == "ip daddr 10.244.1.11 counter packets 4 bytes 336 drop"
    assert table.whole


def test_what_is_left_of_a_listing_is_used_and_nothing_is_whole(tmp_path: Path) -> None:
    cut = f"# nft -j list ruleset\n{DOCUMENT[:-2]}"
    (table,) = firewall_of(cut, tmp_path).tables
    assert [rule.packets for rule in table.chains["forward"].rules] == [4]
    assert not table.whole
    for at in range(len(DOCUMENT)):
        with contextlib.suppress(StateError):
            state_of(f"# nft -j list ruleset\n{DOCUMENT[:at]}", tmp_path)


@pytest.mark.parametrize(
    "broken",
    [
        {"expr": "drop"},
        {"expr": [7, None, [], {"match": 3}, {"match": {"left": [[[]]], "right": {"set": 4}}}, {"drop": None}]},
        {"expr": [{"a": 1, "b": 2}, {"vmap": {"key": {"payload": None}, "data": {"set": [1, [2], [3, {"jump": 4}]]}}}]},
        {"expr": [{"limit": None}, {"log": []}, {"reject": 5}, {"counter": {"packets": "x"}}, {"mangle": {}}]},
    ],
)
def test_a_damaged_rule_is_never_one_without_conditions(broken: dict[str, object], tmp_path: Path) -> None:
    rule = {"rule": {**DROP["rule"], **broken}}
    document = json.dumps({"nftables": [{"chain": BASE}, rule]})
    (table,) = firewall_of(document, tmp_path).tables
    for entry in table.chains["forward"].rules:
        assert entry.verdict is None or entry.matches


def test_a_rule_of_another_age_has_conditions_that_are_not_known(tmp_path: Path) -> None:
    match = {"match": {"op": "==", "left": {"colour": {"of": "sky"}}, "right": "blue"}}
    rule = {"rule": {**DROP["rule"], "expr": [match, {"drop": None}]}}
    (table,) = firewall_of(json.dumps({"nftables": [{"chain": BASE}, rule]}), tmp_path).tables
    (read,) = table.chains["forward"].rules
    assert [match.about for match in read.matches] == [UNKNOWN]


def test_a_bottomless_expression_costs_only_its_rule(tmp_path: Path) -> None:
    deep: object = "x"
    for _ in range(200):
        deep = {"|": [deep, 1]}
    rule = {"rule": {**DROP["rule"], "expr": [{"match": {"op": "==", "left": deep, "right": 1}}, {"drop": None}]}}
    document = json.dumps({"nftables": [{"chain": BASE}, rule, DROP]})
    (table,) = firewall_of(document, tmp_path).tables
    assert [rule.packets for rule in table.chains["forward"].rules] == [4]
