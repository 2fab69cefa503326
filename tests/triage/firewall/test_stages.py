"""Through which chains of a node lost packets went: its own address, what it translates, what conntrack did not see."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.node_facts import Address, Route
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.triage.firewall.answer import DROPS, REJECTS, Answers
from pcapcheck.triage.firewall.lost import LostPackets
from pcapcheck.triage.firewall.stage import End, StageSeen
from pcapcheck.triage.firewall.stages import stages_on_nodes
from pcapcheck.triage.firewall.translated_packet import Carried
from pcapcheck.values import parse_address
from tests.triage.firewall.test_kernel import firewall_of

NODE, POD, PEER, OUTSIDE = (parse_address(text) for text in ("10.0.0.11", "10.244.1.10", "10.244.1.11", "203.0.113.7"))
A, B = "cali14e7d81007d", "calieabe7761b00"
LINE = Line("state.txt", 1, "")
ON_RETURN = StageSeen("on-return", "in-node", B, None)


def lost(src: int, dst: int, port: int = 80) -> LostPackets:
    return LostPackets("tcp", src, dst, 3, 3, None, None, False, False, frozenset((40000,)), frozenset((port,)))


def node(rules: str, *addresses: int) -> Host:
    """A node with these rules; ``addresses`` are those that it shows."""
    host = Host("n1", role="node", firewall=firewall_of("nft list ruleset", rules))
    host.addresses = [Address(address, 24, "eth0", LINE) for address in addresses]
    host.routes = [Route(PEER, 32, 4, LINE, dev=B)]
    return host


def said(host: Host, loss: LostPackets, here: End, there: End, seen: StageSeen) -> str | None:
    found = Answers(loss, stages_on_nodes(loss, here, there, seen)).of(DROPS)
    return str(found[0]) if found else None


def chain(hook: str, *rules: str, kind: str = "filter", priority: int | str = 0) -> str:
    lines = "".join(f"\t\t{rule}\n" for rule in rules)
    base = f"type {kind} hook {hook} priority {priority}; policy accept;"
    return f"table ip {hook}{kind} {{\n\tchain c {{\n\t\t{base}\n{lines}\t}}\n}}\n"


DROP = "counter packets 3 bytes 180 drop"


@pytest.mark.parametrize(("hook", "wanted"), [("input", "fits"), ("forward", "none-shown-fits")])
@pytest.mark.parametrize("shown", [True, False])
def test_what_is_for_the_node_itself_passes_input(hook: str, wanted: str, shown: bool) -> None:
    """By the addresses that it shows, else by its ARP on the asker's link."""
    host = node(chain(hook, f"tcp dport 9100 {DROP}"), *([NODE] if shown else []))
    seen = StageSeen(None, None, A, None, spoken=frozenset() if shown else frozenset((NODE,)))
    assert said(host, lost(POD, NODE, 9100), End(host, None, A), End(None, None, None), seen) == wanted


@pytest.mark.parametrize(("hook", "wanted"), [("input", "fits"), ("forward", "none-shown-fits")])
def test_the_same_of_what_comes_in_by_the_card(hook: str, wanted: str) -> None:
    host = node(chain(hook, f"fib daddr type local tcp dport 31080 {DROP}"), NODE)
    seen = StageSeen("to-pod-link", "to-pod-link", "eth0", None)
    assert said(host, lost(OUTSIDE, NODE, 31080), End(None, None, None), End(host, None, None), seen) == wanted


@pytest.mark.parametrize(("port", "wanted"), [(8080, "fits"), (30080, "none-shown-fits")])
def test_a_nodes_port_that_is_translated_is_forwarded_to_the_back_end(port: int, wanted: str) -> None:
    rules = chain(
        "prerouting", "tcp dport 30080 counter packets 3 bytes 180 dnat to 10.244.1.11:8080", kind="nat", priority=-100
    ) + chain("forward", f'iifname "eth0" oifname "{B}" tcp dport {port} {DROP}')
    host = node(rules, NODE)
    seen = StageSeen("to-pod-link", "to-pod-link", "eth0", None)
    assert said(host, lost(OUTSIDE, NODE, 30080), End(None, None, None), End(host, None, None), seen) == wanted


@pytest.mark.parametrize(
    ("untracked", "rule", "wanted"),
    [
        ("tcp dport 80 notrack", f"ct state invalid {DROP}", "fits"),
        ("tcp dport 81 notrack", f"ct state invalid {DROP}", "none-shown-fits"),
        ("tcp dport 80 notrack", f"ct state established {DROP}", "none-shown-fits"),
    ],
)
def test_the_answer_to_what_was_not_tracked_is_invalid(untracked: str, rule: str, wanted: str) -> None:
    rules = chain("prerouting", untracked, priority=-300) + chain("forward", rule)
    host = node(rules, NODE)
    assert said(host, lost(POD, PEER), End(host, None, A), End(host, None, B), ON_RETURN) == wanted


@pytest.mark.parametrize(
    ("answer", "error", "wanted"),
    [
        ("admin-prohibited", (4, 3, 13), "fits"),
        ("admin-prohibited", (4, 3, 10), "none-shown-fits"),
        # So does a port on which nothing listens.
        ("port-unreachable", (4, 3, 3), "may-fit"),
    ],
)
def test_the_error_that_came_is_witness_for_a_rule_without_counter(
    answer: str, error: tuple[int, int, int], wanted: str
) -> None:
    host = node(chain("forward", "ct status dnat accept", f"reject with icmpx {answer}"), NODE)
    refused = replace(lost(POD, PEER), error=error, error_from=NODE)
    stages = stages_on_nodes(refused, End(host, None, A), End(host, None, B), StageSeen("in-node", "in-node", A, None))
    found = Answers(refused, stages).of(REJECTS)
    assert found is not None
    assert found[0] == wanted


OTHER_NODE = parse_address("10.0.0.12")


@pytest.mark.parametrize(
    ("sender", "by", "listed", "wanted"),
    [
        (NODE, "node", True, "fits"),
        (NODE, "other", True, "fits"),
        (OTHER_NODE, "other", True, "none-shown-fits"),
        # Who it is that answered is not known, but where the asker's own node did.
        (OTHER_NODE, "other", False, "may-fit"),
        (NODE, "node", False, "fits"),
    ],
)
def test_only_the_host_that_answered_has_rejected(sender: int, by: str, listed: bool, wanted: str) -> None:
    host = node(chain("forward", "counter packets 3 bytes 180 reject with icmp type host-unreachable"))
    if listed:
        host.addresses = [Address(NODE, 24, "eth0", LINE)]
        host.whole |= {"addresses4"}
    refused = replace(lost(POD, PEER), error=(4, 3, 1), error_from=sender, error_by=by)
    stages = stages_on_nodes(refused, End(host, None, A), End(host, None, B), StageSeen("in-node", "in-node", A, None))
    found = Answers(refused, stages).of(REJECTS)
    assert found is not None
    assert found[0] == wanted


@pytest.mark.parametrize(("code", "wanted"), [(2, "fits"), (1, "may-fit"), (0, "may-fit")])
def test_without_a_counter_only_an_answer_that_rules_alone_give_is_a_witness(code: int, wanted: str) -> None:
    name = {0: "net-unreachable", 1: "host-unreachable", 2: "prot-unreachable"}[code]
    host = node(chain("forward", f"reject with icmp type {name}"), NODE)
    refused = replace(lost(POD, PEER), error=(4, 3, code), error_from=NODE, error_by="node")
    stages = stages_on_nodes(refused, End(host, None, A), End(host, None, B), StageSeen("in-node", "in-node", A, None))
    found = Answers(refused, stages).of(REJECTS)
    assert found is not None
    assert found[0] == wanted


@pytest.mark.parametrize(("spoken", "wanted"), [(True, "fits"), (False, "may-fit")])
def test_the_node_that_speaks_arp_with_the_errors_address_sent_it(spoken: bool, wanted: str) -> None:
    """Its rules alone were pasted, so nothing else shows which addresses it has."""
    rule = "ip daddr 10.244.1.11 tcp dport 80 counter packets 3 bytes 180 reject with icmp net-prohibited"
    host = node(chain("forward", rule))
    refused = replace(lost(POD, PEER), error=(4, 3, 9), error_from=OTHER_NODE, error_by="other")
    seen = StageSeen("to-pod-link", "to-pod-link", "eth0", None)
    seen = replace(seen, spoken_there=frozenset((OTHER_NODE,)) if spoken else frozenset())
    stages = stages_on_nodes(refused, End(None, None, A), End(host, None, B), seen)
    found = Answers(refused, stages).of(REJECTS)
    assert found is not None
    assert found[0] == wanted


SERVICE = parse_address("10.96.0.10")
AT_FAR = StageSeen("to-pod-link", "to-pod-link", "eth0", None)


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        (f'ip daddr 10.244.1.11 oifname "{B}" tcp dport 8080 {DROP}', "fits"),
        (f"ip saddr 10.0.0.12 tcp dport 8080 {DROP}", "fits"),
        # What the pod sent is not what came here.
        (f"ip daddr 10.96.0.10 {DROP}", "none-shown-fits"),
        (f"tcp dport 80 {DROP}", "none-shown-fits"),
        (f"ip saddr 10.244.1.10 {DROP}", "none-shown-fits"),
    ],
)
def test_the_far_node_sees_the_addresses_that_the_first_one_gave(rule: str, wanted: str) -> None:
    host = node(chain("forward", rule))
    ports = frozenset((61001,)), frozenset((8080,))
    seen = replace(AT_FAR, carried=Carried(OTHER_NODE, PEER, *ports, B))
    assert said(host, lost(POD, SERVICE), End(None, None, A), End(host, None, B), seen) == wanted


@pytest.mark.parametrize(("port", "wanted"), [(8080, "fits"), (80, "none-shown-fits")])
def test_where_nobody_looked_the_first_nodes_rules_say_whom_the_far_one_sees(port: int, wanted: str) -> None:
    first = node(chain("prerouting", "ip daddr 10.96.0.10 tcp dport 80 dnat to 10.244.1.11:8080", kind="nat"), NODE)
    first.routes = [Route(PEER, 32, 4, LINE, dev="eth0", via=OTHER_NODE)]
    host = node(chain("forward", f"ip daddr 10.244.1.11 tcp dport {port} {DROP}"), OTHER_NODE)
    nowhere = StageSeen(None, None, A, None)
    assert said(host, lost(POD, SERVICE), End(first, None, A), End(host, None, B), nowhere) == wanted


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        (f"ip saddr 10.244.1.11 tcp sport 8080 {DROP}", "fits"),
        (f"ip daddr 10.0.0.12 {DROP}", "fits"),
        (f"ip saddr 10.96.0.10 {DROP}", "none-shown-fits"),
    ],
)
def test_the_far_nodes_rules_see_replies_from_the_back_end_to_whom_it_knows(rule: str, wanted: str) -> None:
    host = node(chain("forward", rule), NODE)
    ports = frozenset((61001,)), frozenset((8080,))
    seen = replace(ON_RETURN, carried=Carried(OTHER_NODE, PEER, *ports, B))
    assert said(host, lost(POD, SERVICE), End(None, None, A), End(host, None, B), seen) == wanted
